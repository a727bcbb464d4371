"""Conventions of VRPLIB's capacity problems and of the sets in PyVRP's dialect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks.campaign.plain import (
    FACILITY,
    PlainRoute,
    Verdict,
    Window,
    coverage_faults,
    earliest_end,
    fleet_faults,
    latest_start,
    load_faults,
)
from benchmarks.vrp.formats.vrplib import VrplibFile, parse_vrplib

FACTOR = {"CVRP": 1, "HFVRP": 1000, "MDVRPTW": 1000, "MTVRPTWR": 10}
HUNDREDTHS = 100
"""Costs of HFVRP's vehicles are hundredths of the unit of its values."""


def check_vrplib(path: Path, routes: Sequence[PlainRoute], exact: bool = False) -> Verdict:
    """Return the cost as solution files state it, and the rules broken.

    Files of HFVRP are of two minds: most state real costs, some (with ``exact``) sums of distances
    that were rounded to thousandths first. The two differ by less than a millionth.
    """
    raw = parse_vrplib(path)
    expected = (str(k) for k in range(len(raw.x)) if k not in raw.depots)
    used = [route for route in routes if route.visits]
    faults = coverage_faults(expected, used)
    if raw.num_vehicles is not None:
        faults += fleet_faults(used, (str(k + 1) for k in range(raw.num_vehicles)))
    if faults:
        return Verdict(math.nan, len(used), tuple(faults))
    total = 0.0
    for route in used:
        cost, broken = _route(raw, route, exact)
        total += cost
        faults += broken
    return Verdict(total, len(used), tuple(faults))


def _route(raw: VrplibFile, route: PlainRoute, exact: bool) -> tuple[float, list[str]]:
    """Return the cost of a route and what it breaks."""
    k = int(route.vehicle) - 1 if raw.num_vehicles is not None else 0
    depot = int(raw.vehicle_depot[k])
    trips = _trips(route)
    loads = [sum(raw.demand[place] for place in trip) for trip in trips]
    faults = load_faults(route.vehicle, loads, raw.capacity[k])
    if len(trips) > 1 and not raw.reloads:
        faults.append(f"vehicle {route.vehicle}: {len(trips)} trips")
    tours = [[depot, *trip, depot] for trip in trips]
    length = sum(
        _distance(raw, a, b, exact) for tour in tours for a, b in zip(tour, tour[1:], strict=False)
    )
    if raw.has_windows and not _in_time(raw, tours, depot):
        faults.append(f"vehicle {route.vehicle}: late or too long under way")
    if raw.kind == "HFVRP":
        cost = raw.fixed_cost[k] + raw.unit_cost[k] * length / (FACTOR[raw.kind] if exact else 1)
        return float(cost) / HUNDREDTHS, faults
    return float(length), faults


def _trips(route: PlainRoute) -> list[list[int]]:
    """Return the customers between visits to the depot."""
    trips: list[list[int]] = [[]]
    for visit in route.visits:
        if visit.kind == FACILITY:
            trips.append([])
        else:
            trips[-1].append(int(visit.name))
    return trips


def _in_time(raw: VrplibFile, tours: list[list[int]], depot: int) -> bool:
    """Whether all trips, one after the other, keep windows, releases and the limit on duration."""
    factor = FACTOR[raw.kind]
    clock, in_time = raw.ready[depot] * factor, True
    for tour in tours:
        windows = [
            Window(
                raw.ready[b] * factor,
                raw.due[b] * factor,
                raw.service[b] * factor,
                _distance(raw, a, b),
            )
            for a, b in zip(tour, tour[1:], strict=False)
        ]
        clock = max(clock, max(raw.release[k] for k in tour) * factor)
        if not math.isinf(raw.max_duration):
            clock = max(clock, latest_start(windows, raw.due[depot] * factor))
        begin = clock
        clock, kept = earliest_end(begin, windows)
        in_time &= kept and clock - begin <= raw.max_duration * factor
    return in_time


def _distance(raw: VrplibFile, a: int, b: int, exact: bool = True) -> float:
    """Return the distance of two places as the type of problem rounds it."""
    real = math.hypot(raw.x[a] - raw.x[b], raw.y[a] - raw.y[b])
    if raw.kind == "HFVRP" and not exact:
        return real
    scaled = real * FACTOR[raw.kind]
    return math.floor(scaled + 1e-9) if raw.kind == "MTVRPTWR" else math.floor(scaled + 0.5)
