"""Solomon's and Homberger's conventions: DIMACS truncation, or double precision."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.campaign.plain import (
    PlainRoute,
    Verdict,
    Window,
    coverage_faults,
    earliest_end,
    load_faults,
)
from benchmarks.vrp.formats.solomon import SolomonFile, parse_solomon

Distance = Callable[[int, int], float]


def check_solomon(path: Path, routes: Sequence[PlainRoute], objective: str) -> Verdict:
    """Return the distance in the unit of the file, and the rules broken."""
    raw = parse_solomon(path)
    decimals = 10 if objective == "distance" else None
    faults = coverage_faults((str(k) for k in range(1, len(raw.x))), routes)
    if faults:
        return Verdict(math.nan, len(routes), tuple(faults))
    used = [route for route in routes if route.tasks]
    if len(used) > raw.num_vehicles:
        faults.append(f"{len(used)} vehicles, {raw.num_vehicles} allowed")
    total = 0.0
    for route in used:
        length, broken = _route(raw, route, decimals)
        total += length
        faults += broken
    return Verdict(total / (decimals or 1), len(used), tuple(faults))


def _route(raw: SolomonFile, route: PlainRoute, decimals: int | None) -> tuple[float, list[str]]:
    """Return the length of a route, by 10 where decimals are cut off, and what it breaks."""
    factor = decimals or 1
    places = [0, *map(int, route.tasks), 0]
    faults = load_faults(route.vehicle, [raw.demand[places].sum()], raw.capacity)
    legs = [_distance(raw, a, b, decimals) for a, b in zip(places, places[1:], strict=False)]
    windows = [
        Window(raw.ready[k] * factor, raw.due[k] * factor, raw.service[k] * factor, leg)
        for k, leg in zip(places[1:], legs, strict=True)
    ]
    if not earliest_end(raw.ready[0] * factor, windows)[1]:
        faults.append(f"vehicle {route.vehicle}: late")
    return sum(legs), faults


def _distance(raw: SolomonFile, a: int, b: int, decimals: int | None) -> float:
    real = math.hypot(raw.x[a] - raw.x[b], raw.y[a] - raw.y[b])
    return real if decimals is None else math.floor(real * decimals + 1e-9)
