"""How even and how compact the routes of a day are, by kind of truck.

Balance is told by the shortest, the mean and the longest time under way of trucks of one kind,
compactness by how far stops and streets lie from the middle of their route: the mean of the places
at which its work is entered, in metres east and north.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from dispatch.words import clock

Route = Mapping[str, Any]


def shape_record(
    routes: Sequence[Route], scatter: Sequence[Sequence[int]]
) -> dict[str, dict[str, int]]:
    """Return ``plan["shape"]``: figures by kind of truck.

    Parameters
    ----------
    routes
        As in the plan record.
    scatter
        For each route the metres between its tasks and their middle.
    """
    kinds: dict[str, list[int]] = defaultdict(list)
    for k, route in enumerate(routes):
        kinds[route["truck_kind"]].append(k)
    return {kind: _figures([routes[k] for k in own], [scatter[k] for k in own])
            for kind, own in sorted(kinds.items())}  # fmt: skip


def _figures(routes: Sequence[Route], scatter: Sequence[Sequence[int]]) -> dict[str, int]:
    days = [route["end_s"] - route["start_s"] for route in routes]
    metres = [m for own in scatter for m in own]
    return {
        "trucks": len(days),
        "shortest_s": min(days),
        "mean_s": round(sum(days) / len(days)),
        "longest_s": max(days),
        "scatter_m": round(sum(metres) / len(metres)) if metres else 0,
    }


def shape_lines(plan: Mapping[str, Any]) -> list[str]:
    """Return a line for each kind of truck of which several go out; none for plans without."""
    lines = []
    for kind, figures in plan.get("shape", {}).items():
        if figures["trucks"] > 1:
            shortest, mean, longest = (
                clock(figures[key]) for key in ("shortest_s", "mean_s", "longest_s")
            )
            lines.append(
                f"  {kind}: {mean} h under way ({shortest} to {longest}),"
                f" work {figures['scatter_m'] / 1000:.1f} km from the middle of its route"
            )
    return ["days", *lines] if lines else []
