"""How even and how compact the routes of a day are, by kind of truck.

Balance is told by the shortest, the mean and the longest time under way of trucks of one kind,
compactness by how far stops and streets lie from the middle of their route: the mean of the places
at which its work is entered, in metres east and north.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from dispatch.words import clock
from scenarios.problem import DayProblem
from solvers.evaluate import Driven

Route = Mapping[str, Any]


def scatter_m(posed: DayProblem, driven: Driven) -> list[int]:
    """Return how far each task of a route lies from the middle of them all, whole metres."""
    problem = posed.problem
    steps = [timing.step for timing in driven.timings if timing.step.kind == "task"]
    if problem.where is None or not steps:
        return [0] * len(steps)
    places = [problem.where[problem.tasks[s.idx].modes[s.mode].entry].tolist() for s in steps]
    east, north = (sum(p[k] for p in places) // len(places) for k in range(2))
    return [math.isqrt((x - east) ** 2 + (y - north) ** 2) for x, y in places]


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
