"""What sorting in more units does to the routes: predicted from the streets, then routed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from scenarios.city import City
from scenarios.coverage.choice import Chosen
from scenarios.coverage.units import CAUGHT, FOOD, KINDS, TAKE_PART, Unit, kitchen_share
from scenarios.day import DueStop
from scenarios.defaults import Used, default_number
from scenarios.edits.draft import Streets
from scenarios.edits.scenario import Edit, Scenario, apply_scenario
from scenarios.narrow import narrowed
from scenarios.problem import DayProblem
from solvers.problem import Problem, Vehicle

SORTED_FROM = ("kitchen", "other")
"""The streams whose waste changes when a unit sorts."""
NO_WAY = 1e9
"""Thousandths that a way costs which no truck can drive."""


def edits_of(units: Sequence[Unit], chosen: Chosen, used: Used) -> tuple[Edit, ...]:
    """Return the edits by which units begin to sort.

    Compounds have their kitchen waste collected apart; villages compost it, so that their bins
    hold less (one pit, two bins, three visits).
    """
    share = kitchen_share(used)
    of_kind = {kind: [units[k] for k in chosen if units[k].kind == kind] for kind in KINDS}
    edits = []
    # one edit for all units of a kind: an edit looks through the whole table of points
    if villages := _points(of_kind["village"]):
        given = {"points": villages, "composted": round(share, 6)}
        edits.append(Edit("rural_mode", given, "villages that begin to sort"))
    if compounds := _points(of_kind["compound"]):
        parts = {
            "points": compounds,
            "stream": "kitchen",
            "potential": default_number(FOOD),
            "participation": default_number(TAKE_PART),
            "capture": default_number(CAUGHT),
        }
        edits.append(Edit("set_sorting", parts, "compounds that begin to sort"))
    edits += [
        Edit("add_point", _new_point(one, share), f"unit {one.unit_id}")
        for one in of_kind["compound"]
        if not one.points
    ]
    return tuple(edits)


def _points(units: Iterable[Unit]) -> list[str]:
    return list(dict.fromkeys(point for one in units for point in one.points))


def _new_point(one: Unit, share: float) -> dict[str, object]:
    lon, lat = one.given_at
    return {
        "point_id": f"{one.unit_id}-K",
        "name": one.name,
        "lon": lon,
        "lat": lat,
        "district": one.district,
        "kind": one.kind,
        "stream": "kitchen",
        "demand_kg": round(one.waste_kg * share, 3),
    }


def sorted_city(
    city: City, units: Sequence[Unit], chosen: Chosen, streets: Streets, used: Used
) -> City:
    """Return the city in which more units sort.

    Raises
    ------
    InputError
        When the tables that result have faults.
    """
    edits = edits_of(units, chosen, used)
    return apply_scenario(city, Scenario("sorting", "sorting", edits), streets).city


def predicted_costs(
    before: DayProblem, after: DayProblem, units: Sequence[Unit], chosen: Chosen
) -> NDArray[np.float64]:
    """Return what each unit's sorting adds to the routes of a day, in thousandths.

    A stop that is new costs its service, the way from the nearest stop of its stream that is there
    already and back, and its share of a full load's way to the plant and back; waste that a stop
    loses saves its share of such a way.

    Parameters
    ----------
    before, after
        The day as it is, and that on which all the chosen units sort.
    """
    there = {s.stop_id for s in before.sources if isinstance(s, DueStop)}
    mass_before = {s.stop_id: s.mass_kg for s in before.sources if isinstance(s, DueStop)}
    places = {k: _places(before, units[k]) for k in chosen}
    costs = np.zeros(len(units))
    trucks = _trucks(after.problem)
    old = {
        stream: [
            t.modes[0].entry
            for t, s in zip(after.problem.tasks, after.sources, strict=True)
            if t.stream == stream and isinstance(s, DueStop) and s.stop_id in there
        ]
        for stream in trucks
    }
    of_place = {place: k for k in chosen for place in places[k]}
    for task, source in zip(after.problem.tasks, after.sources, strict=True):
        k = of_place.get((source.lon, source.lat)) if isinstance(source, DueStop) else None
        if k is None or not isinstance(source, DueStop) or task.stream not in trucks:
            continue
        truck, entry = trucks[task.stream], task.modes[0].entry
        change = task.mass_kg - mass_before.get(source.stop_id, 0)
        costs[k] += change * _haul_per_kg(after.problem, truck, task.stream, entry)
        if source.stop_id not in there:
            costs[k] += truck.cost_h * task.modes[0].service_s / 3600
            ways = [_both_ways(after.problem, truck, entry, place) for place in old[task.stream]]
            costs[k] += min(ways, default=0.0)
    return costs


def _places(posed: DayProblem, one: Unit) -> set[tuple[float, float]]:
    own = set(one.points)
    stops = [s for s in posed.day.stops if s.point_id in own]
    return {(s.lon, s.lat) for s in stops} | {one.at}


def _trucks(problem: Problem) -> dict[str, Vehicle]:
    """Return a truck for each stream: the first that carries it."""
    found: dict[str, Vehicle] = {}
    for vehicle in problem.vehicles:
        for stream in vehicle.capacity_l:
            found.setdefault(stream, vehicle)
    return found


def _both_ways(problem: Problem, truck: Vehicle, a: int, b: int) -> float:
    """Return the cost of driving to another location and back, `NO_WAY` where it is cut off."""
    time, length = problem.time_s[truck.profile], problem.length_m[truck.profile]
    if time[a, b] < 0 or time[b, a] < 0:
        return NO_WAY
    metres, seconds = int(length[a, b]) + int(length[b, a]), int(time[a, b]) + int(time[b, a])
    return truck.cost_km * metres / 1000 + truck.cost_h * seconds / 3600


def _haul_per_kg(problem: Problem, truck: Vehicle, stream: str, place: int) -> float:
    """Return a kilogram's share of a full load's way to the nearest facility and back."""
    ways = [
        _both_ways(problem, truck, place, f.location)
        for f in problem.facilities
        if stream in f.streams
    ]
    return min(ways, default=0.0) / max(1, truck.capacity_kg)


def what_sorting_touches(city: City) -> City:
    """Return the city without the work that sorting leaves as it is."""
    return narrowed(city, SORTED_FROM)
