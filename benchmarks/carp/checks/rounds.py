"""Rules that all arc routing sets have in common, for routes over any kind of place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from benchmarks.campaign.plain import (
    FACILITY,
    TINY,
    PlainRoute,
    Verdict,
    Visit,
    coverage_faults,
)
from benchmarks.carp.formats.streets import StreetFile, corner_name, ways

Place = TypeVar("Place")


@dataclass(frozen=True)
class Service(Generic[Place]):
    """A task as served: where it is entered and left, what it costs, what is loaded."""

    enter: Place
    leave: Place
    cost: float
    load: float
    volume: float = 0.0


@dataclass
class Ground(Generic[Place]):
    """A file as a checker sees it.

    Attributes
    ----------
    services
        Each task by name and way.
    places
        The depot, then the sites.
    way
        The cost of the cheapest way between places.
    """

    file: StreetFile
    services: dict[tuple[str, int], Service[Place]]
    places: list[Place]
    way: Callable[[Place, Place], float]
    known: dict[tuple[Place, Place], float] = field(default_factory=dict)

    def distance(self, a: Place, b: Place) -> float:
        """Return the cost of the cheapest way, which is searched once."""
        if (a, b) not in self.known:
            self.known[a, b] = self.way(a, b)
        return self.known[a, b]


def judge(ground: Ground[Place], routes: Sequence[PlainRoute]) -> Verdict:
    """Return the cost of all routes, and the rules broken."""
    file = ground.file
    used = [route for route in routes if route.visits]
    expected = [street.name for street in file.required] + [corner_name(n) for n in file.corners]
    faults = coverage_faults(expected, used)
    if file.num_vehicles is not None and len(used) > file.num_vehicles:
        faults.append(f"{len(used)} vehicles, {file.num_vehicles} allowed")
    faults += [f for route in used for visit in route.visits for f in _unknown(ground, visit)]
    if faults:
        return Verdict(math.nan, len(used), tuple(faults))
    total = 0.0
    for route in used:
        cost, broken = _route(ground, route)
        total += cost
        faults += [f"vehicle {route.vehicle}: {text}" for text in broken]
    return Verdict(total, len(used), tuple(faults))


def _unknown(ground: Ground[Place], visit: Visit) -> list[str]:
    """Return a line on a facility, or a way of serving a task, that is not in the file."""
    if visit.kind == FACILITY:
        known = [str(k) for k in range(len(ground.file.sites))]
        return [] if visit.name in known else [f"facility {visit.name}: unknown"]
    if (visit.name, visit.way) in ground.services:
        return []
    return [f"task {visit.name}: cannot be served in way {visit.way}"]


def _route(ground: Ground[Place], route: PlainRoute) -> tuple[float, list[str]]:
    """Return the cost of one vehicle's day, and what it breaks."""
    file, depot = ground.file, ground.places[0]
    here, cost, load, volume = depot, file.route_cost, 0.0, 0.0
    faults = []
    for visit in route.visits:
        if visit.kind == FACILITY:
            site = int(visit.name)
            cost += ground.distance(here, ground.places[1 + site]) + file.sites[site].cost
            here, load, volume = ground.places[1 + site], 0.0, 0.0
            continue
        service = ground.services[visit.name, visit.way]
        cost += ground.distance(here, service.enter) + service.cost
        here, load, volume = service.leave, load + service.load, volume + service.volume
        if load > file.capacity + TINY or volume > file.volume + TINY:
            faults.append(f"{load:g} aboard (second load {volume:g}) at {visit.name}")
    cost += ground.distance(here, depot)
    if file.sites and (load or volume):
        faults.append("comes home with a load")
    if cost > file.max_time + TINY:
        faults.append(f"{cost:g} of time over {file.max_time:g}")
    if math.isinf(cost):
        faults.append("drives where there is no way")
    return cost, faults


def ways_of(file: StreetFile) -> list[tuple[int, int]]:
    """Return (street, way) of all ways in which required streets may be served."""
    return [
        (k, way)
        for k, street in enumerate(file.streets)
        if street.serve is not None
        for way in range(ways(street))
    ]
