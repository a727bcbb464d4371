"""Rules of Kim, Kim and Sahoo: landfills, lunch, windows, daily load and stops; Manhattan miles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.campaign.plain import (
    FACILITY,
    MEAL,
    TINY,
    PlainRoute,
    Verdict,
    coverage_faults,
    fleet_faults,
)
from benchmarks.vrp.formats.kim import DEPOT, LANDFILL, STOP, KimFile, KimPlace, parse_kim

ELEVEN, NOON = 11 * 3600, 12 * 3600


@dataclass
class _Truck:
    """One truck on its way."""

    raw: KimFile
    route: PlainRoute
    place: KimPlace
    clock: float
    miles: float = 0.0
    aboard: float = 0.0
    collected: float = 0.0
    lunches: int = 0

    def __post_init__(self) -> None:
        self.faults: list[str] = []

    def fail(self, text: str) -> None:
        self.faults.append(f"vehicle {self.route.vehicle}: {text}")

    def drive(self, place: KimPlace) -> None:
        miles = (abs(place.x - self.place.x) + abs(place.y - self.place.y)) / 5280
        self.miles += miles
        self.clock += miles * 3600 / self.raw.miles_per_hour
        self.place = place

    def serve(self, place: KimPlace) -> None:
        self.drive(place)
        self.clock = max(self.clock, place.early)
        if self.clock > place.late + TINY:
            self.fail(f"at {place.place_id} after its window")
        self.clock += place.service
        if place.kind == LANDFILL:
            self.aboard = 0.0
            return
        self.aboard += place.load
        self.collected += place.load
        if self.aboard > self.raw.capacity + TINY:
            self.fail(f"{self.aboard:g} yards aboard at {place.place_id}")

    def lunch(self) -> None:
        self.clock = max(self.clock, ELEVEN)
        self.lunches += 1
        if self.clock > NOON + TINY:
            self.fail("lunch begins after noon")
        self.clock += self.raw.lunch

    def finish(self, depot: KimPlace, start: float) -> None:
        self.drive(depot)
        if self.clock > depot.late + TINY:
            self.fail("home after the depot closes")
        if self.aboard:
            self.fail("comes home with a load")
        if self.collected > self.raw.daily_load + TINY:
            self.fail(f"{self.collected:g} yards in a day")
        if len(self.route.tasks) > self.raw.daily_stops:
            self.fail(f"{len(self.route.tasks)} stops in a day")
        if not self.lunches and start < NOON < self.clock:
            self.fail("no lunch")


def check_kim(path: Path, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the miles, and the rules broken."""
    raw = parse_kim(path)
    stops = {place.place_id: place for place in raw.of_kind(STOP)}
    landfills = {place.place_id: place for place in raw.of_kind(LANDFILL)}
    (depot,) = raw.of_kind(DEPOT)
    used = [route for route in routes if route.visits]
    faults = coverage_faults(stops, used) + fleet_faults(used, (r.vehicle for r in used))
    if faults:
        return Verdict(math.nan, len(used), tuple(faults))
    miles = 0.0
    for route in used:
        truck = _travel(raw, route, depot, stops | landfills)
        miles += truck.miles
        faults += truck.faults
    return Verdict(miles, len(used), tuple(faults))


def _travel(
    raw: KimFile, route: PlainRoute, depot: KimPlace, places: dict[str, KimPlace]
) -> _Truck:
    """Return a truck after its day."""
    start = depot.early if route.start is None else route.start
    truck = _Truck(raw, route, depot, start)
    if start < depot.early:
        truck.fail("leaves before the depot opens")
    for visit in route.visits:
        if visit.kind == MEAL:
            truck.lunch()
        else:
            place = places[visit.name]
            if (place.kind == LANDFILL) != (visit.kind == FACILITY):
                truck.fail(f"{visit.name} is no {visit.kind}")
            truck.serve(place)
    truck.finish(depot, start)
    return truck
