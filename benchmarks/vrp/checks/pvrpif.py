"""Periodic collection with intermediate facilities: minutes of driving over all days."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.campaign.plain import FACILITY, PlainRoute, Verdict, load_faults
from benchmarks.vrp.checks.periodic import customer_of, daily_fleet_faults, day_faults
from benchmarks.vrp.formats.pvrpif import PvrpifFile, parse_pvrpif, visit_patterns


def check_pvrpif(path: Path, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the minutes of driving, and the rules broken."""
    raw = parse_pvrpif(path)
    used = [route for route in routes if route.visits]
    patterns = {str(k): visit_patterns(raw.num_days, raw.frequency[k]) for k in raw.customers}
    faults = day_faults(used, patterns) + daily_fleet_faults(used, raw.num_vehicles)
    total = 0
    for route in used:
        minutes, broken = _route(raw, route)
        total += minutes
        faults += broken
    return Verdict(float(total), len(used), tuple(faults))


def _route(raw: PvrpifFile, route: PlainRoute) -> tuple[int, list[str]]:
    """Return the minutes of driving of one day, and what it breaks."""
    places = [int(customer_of(visit.name)) for visit in route.visits]
    tour = [raw.depot, *places, raw.depot]
    driving = sum(int(raw.minutes[a, b]) for a, b in zip(tour, tour[1:], strict=False))
    under_way = driving + sum(raw.service[place] for place in places)
    loads, aboard = [], 0
    for visit, place in zip(route.visits, places, strict=True):
        aboard = 0 if visit.kind == FACILITY else aboard + raw.demand[place]
        loads.append(aboard)
    faults = load_faults(f"{route.vehicle} on day {route.day}", loads, raw.capacity)
    if aboard:
        faults.append(f"vehicle {route.vehicle} on day {route.day}: comes home with a load")
    if under_way > raw.max_duration:
        faults.append(f"vehicle {route.vehicle} on day {route.day}: {under_way} minutes")
    return driving, faults
