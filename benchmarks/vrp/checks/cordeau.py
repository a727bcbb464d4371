"""Cordeau's periodic problem: real distances over all days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks.campaign.plain import TINY, PlainRoute, Verdict, load_faults
from benchmarks.vrp.checks.periodic import customer_of, daily_fleet_faults, day_faults
from benchmarks.vrp.formats.cordeau import CordeauFile, PeriodicCustomer, parse_cordeau


def check_cordeau(path: Path, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the distance over all days, and the rules broken."""
    raw = parse_cordeau(path)
    customers = {str(c.number): c for c in raw.customers}
    used = [route for route in routes if route.visits]
    faults = day_faults(used, {name: c.patterns for name, c in customers.items()})
    faults += daily_fleet_faults(used, raw.num_vehicles)
    total = 0.0
    for route in used:
        length, broken = _route(raw, route, customers)
        total += length
        faults += broken
    return Verdict(total, len(used), tuple(faults))


def _route(
    raw: CordeauFile, route: PlainRoute, customers: dict[str, PeriodicCustomer]
) -> tuple[float, list[str]]:
    """Return the length of one day's route, and what it breaks."""
    visited = [customers[customer_of(name)] for name in route.tasks]
    points = [raw.depot, *((c.x, c.y) for c in visited), raw.depot]
    length = sum(math.dist(a, b) for a, b in zip(points, points[1:], strict=False))
    load = sum(c.demand for c in visited)
    faults = load_faults(f"{route.vehicle} on day {route.day}", [load], raw.capacity[route.day])
    limit = raw.max_duration[route.day] or math.inf
    if length + sum(c.service for c in visited) > limit + TINY:
        faults.append(f"vehicle {route.vehicle} on day {route.day}: too long under way")
    return length, faults
