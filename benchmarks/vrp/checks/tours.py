"""Real-data sets without stored solutions: trucks that collect and unload within their hours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.campaign.plain import (
    FACILITY,
    TINY,
    PlainRoute,
    Verdict,
    coverage_faults,
    fleet_faults,
)
from benchmarks.vrp.formats.montevideo import EARTH_M, all_seconds, parse_montevideo
from benchmarks.vrp.formats.qingdao import QingdaoSite, parse_qingdao


@dataclass(frozen=True)
class Place:
    """Where a truck stops: when service may begin, how long it takes, what is loaded there."""

    number: int
    open: float
    close: float
    service: float
    load: float = 0.0


@dataclass(frozen=True)
class Hauler:
    """A truck: where its day begins and ends, its hours and capacity."""

    start: int
    end: int
    begin: float
    finish: float
    capacity: float


@dataclass(frozen=True)
class Ground:
    """Customers, facilities and trucks by name, and travel between places by number."""

    customers: dict[str, Place]
    facilities: dict[str, Place]
    trucks: dict[str, Hauler]
    seconds: Callable[[int, int], float]
    cost: Callable[[int, int], float]


def check_montevideo(path: Path, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the seconds of driving, and the rules broken."""
    raw = parse_montevideo(path)
    table = all_seconds(raw)
    number = {site.number: k for k, site in enumerate(raw.sites)}
    sites = {site.number: site for site in raw.sites}
    customers = {
        str(c.number): Place(
            len(raw.sites) + k,
            round(c.open * 60),
            round(c.close * 60),
            round(c.service * 60),
            c.demand,
        )
        for k, c in enumerate(raw.containers)
    }
    dumps = {
        str(t.dump): Place(
            number[t.dump],
            sites[t.dump].open * 60,
            sites[t.dump].close * 60,
            t.dump_minutes * 60,
        )
        for t in raw.trucks
    }
    trucks = {
        str(t.number): Hauler(
            number[t.start], number[t.end], t.begin * 60, t.finish * 60, t.capacity
        )
        for t in raw.trucks
    }

    def seconds(a: int, b: int) -> float:
        return float(table[a, b])

    return judge(Ground(customers, dumps, trucks, seconds, seconds), routes)


def check_qingdao(path: Path, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the metres driven, and the rules broken."""
    raw = parse_qingdao(path.parent)
    places: list[QingdaoSite] = [*raw.depots, *raw.facilities, *raw.sites]
    middle = math.cos(math.radians(sum(p.lat for p in places) / len(places)))

    def metres(a: int, b: int) -> float:
        north = math.radians(places[a].lat - places[b].lat)
        east = math.radians(places[a].lon - places[b].lon) * middle
        return math.floor(1.3 * EARTH_M * math.hypot(north, east) + 0.5)

    num_depots, num_facilities = len(raw.depots), len(raw.facilities)
    customers = {
        str(k): Place(num_depots + num_facilities + k, s.open, s.close, s.service, s.load)
        for k, s in enumerate(raw.sites)
    }
    facilities = {
        str(k + 1): Place(num_depots + k, 0, math.inf, 900) for k in range(num_facilities)
    }
    trucks = {
        f"{d + 1}-{k + 1}": Hauler(d, d, 7 * 3600, 17 * 3600, 36_000)
        for d in range(num_depots)
        for k in range(30 * math.ceil(len(raw.sites) / 3_000))
    }
    return judge(
        Ground(customers, facilities, trucks, lambda a, b: metres(a, b) / 8, metres), routes
    )


def judge(ground: Ground, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the cost of all routes, and the rules broken."""
    used = [route for route in routes if route.visits]
    faults = coverage_faults(ground.customers, used) + fleet_faults(used, ground.trucks)
    if faults:
        return Verdict(math.nan, len(used), tuple(faults))
    total = 0.0
    for route in used:
        cost, broken = _route(ground, route)
        total += cost
        faults += [f"vehicle {route.vehicle}: {text}" for text in broken]
    return Verdict(total, len(used), tuple(faults))


def _route(ground: Ground, route: PlainRoute) -> tuple[float, list[str]]:
    """Return the cost of one truck's day, and what it breaks."""
    truck = ground.trucks[route.vehicle]
    clock = truck.begin if route.start is None else route.start
    here, cost, aboard = truck.start, 0.0, 0.0
    faults = ["leaves before its hours"] if clock < truck.begin else []
    for visit in route.visits:
        unloads = visit.kind == FACILITY
        place = (ground.facilities if unloads else ground.customers)[visit.name]
        cost += ground.cost(here, place.number)
        clock = max(clock + ground.seconds(here, place.number), place.open)
        if clock > place.close + TINY:
            faults.append(f"at {visit.name} after its window")
        clock += place.service
        aboard = 0.0 if unloads else aboard + place.load
        if aboard > truck.capacity + TINY:
            faults.append(f"{aboard:g} aboard at {visit.name}")
        here = place.number
    cost += ground.cost(here, truck.end)
    clock += ground.seconds(here, truck.end)
    if clock > truck.finish + TINY:
        faults.append("home after its hours")
    if aboard:
        faults.append("comes home with a load")
    return cost, faults
