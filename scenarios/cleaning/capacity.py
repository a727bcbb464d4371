"""What the street vehicles of a day can do: their crews, and how long a cell of runs takes them.

A crew is a convoy, or a vehicle that works alone. Its time goes into work at the pace of the
slowest pass, into refilling and unloading with the ways to and from, into driving on to the next
cell, and into the way from the depot and home. Ways are beelines, made longer by a factor; what
that misses is learned from the days that are planned (`Schedule`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from scenarios.cleaning.chains import Chain
from scenarios.cleaning.teams import form_teams
from scenarios.cleaning.week import WeekRun
from scenarios.day import Day, DueTruck
from scenarios.schema import SWEEPINGS
from solvers.problem import Mode, Problem, Rules, Task, Vehicle

Place = tuple[float, float]
"""East and north in metres."""
Sort = tuple[str, tuple[str, ...]]
"""Template and kinds of vehicle in the order of passes; without a template they work alone."""
SPEED_M_S = 25 / 3.6
"""How fast a street vehicle drives between its places of work."""
DETOUR = 1.3
"""How much longer a way is than the beeline."""
METRES_A_DEGREE = 111_195.0
USUAL_STOP_S = 600


@dataclass(frozen=True)
class Crew:
    """Vehicles that work the passes of the same runs on a day, the time that they have, and where.

    ``hours_s`` are the seconds of their common shift in which work may be under way.
    """

    sort: Sort
    trucks: tuple[DueTruck, ...]
    hours_s: int
    depot: Place


@dataclass(frozen=True)
class Sites:
    """Places at which tanks are filled and hoppers emptied, with the seconds that a stop takes."""

    water: tuple[Place, ...]
    stations: tuple[Place, ...]
    refill_s: int = USUAL_STOP_S
    unload_s: int = USUAL_STOP_S


def place_of(lon: float, lat: float) -> Place:
    """Return a place in metres; good for lengths within a city."""
    east = METRES_A_DEGREE * math.cos(math.radians(lat))
    return lon * east, lat * METRES_A_DEGREE


def way_s(one: Place, other: Place) -> float:
    """Return the seconds that a way between two places takes by rule of thumb."""
    return DETOUR * math.dist(one, other) / SPEED_M_S


def nearest_s(place: Place, sites: Sequence[Place]) -> float:
    """Return the seconds to the nearest of some sites; none where there are no sites."""
    return min((way_s(place, site) for site in sites), default=0.0)


def sort_of(run: WeekRun) -> Sort:
    """Return which crew works a run."""
    kinds = tuple(kind for kind, _ in run.passes)
    return (run.template if run.linked else "", kinds)


def sites_of(day: Day) -> Sites:
    """Return the water points and stations of a day."""
    water = [f for f in day.facilities if f.refills]
    stations = [f for f in day.facilities if SWEEPINGS in f.streams]
    return Sites(
        tuple(place_of(f.lon, f.lat) for f in water),
        tuple(place_of(f.lon, f.lat) for f in stations),
        min((f.unload_s for f in water), default=USUAL_STOP_S),
        min((f.unload_s for f in stations), default=USUAL_STOP_S),
    )


def crews_of(day: Day, runs: Sequence[WeekRun], rules: Rules) -> list[Crew]:
    """Return the crews that the vehicles of a day make up for these runs."""
    sketch, chains = _sketch(day, runs, rules)
    teams = form_teams(sketch, chains)
    found = [((t.template, tuple(day.trucks[v].kind for v in t.vehicles)), t.vehicles)
             for t in teams]  # fmt: skip
    busy = {v for team in teams for v in team.vehicles}
    alone = {kinds for template, kinds in map(sort_of, runs) if not template}
    found += [
        (("", (truck.kind,)), (v,))
        for v, truck in enumerate(day.trucks)
        if v not in busy and (truck.kind,) in alone
    ]
    depots = {f.facility_id: place_of(f.lon, f.lat) for f in day.facilities}
    return [
        Crew(
            sort,
            tuple(day.trucks[v] for v in members),
            _hours_s([sketch.vehicles[v] for v in members], sort, runs, rules),
            depots[day.trucks[members[0]].depot_id],
        )
        for sort, members in found
    ]


def _sketch(day: Day, runs: Sequence[WeekRun], rules: Rules) -> tuple[Problem, list[Chain]]:
    """Return the day as far as crews depend on it: vehicles and work, without streets."""
    depots = sorted({t.depot_id for t in day.trucks})
    vehicles = tuple(
        Vehicle(
            t.truck_id, t.kind, 0, depots.index(t.depot_id), 0, t.capacity_kg, t.capacity_l,
            t.shift_start, t.shift_end,
        )
        for t in day.trucks
    )  # fmt: skip
    tasks: list[Task] = []
    chains = []
    for run in runs:
        first = len(tasks)
        tasks += [Task("", (Mode(0, 0, s),), SWEEPINGS) for _, s in run.passes]
        idx = tuple(range(first, len(tasks)))
        none = (0,) * len(idx)
        bins = (run.linked and len(idx) == 1,) * len(idx)
        kinds = tuple(kind for kind, _ in run.passes)
        chains.append(Chain(run.template, idx, kinds, none, none, bins))
    way = np.zeros((1, len(depots), len(depots)), np.int32)
    return Problem(tuple(tasks), vehicles, (), way, way, rules), chains


def _hours_s(members: Sequence[Vehicle], sort: Sort, runs: Sequence[WeekRun], rules: Rules) -> int:
    """Return the time in which all of them are on shift and work may be under way."""
    begin = max(v.shift_start for v in members)
    end = min(v.shift_end for v in members)
    hours = {w for run in runs if sort_of(run) == sort for w in run.hours or ((begin, end),)}
    total, reached = 0, begin
    for a, b in sorted(hours):
        early, late = max(a, reached), min(b, end)
        if late > early:
            total += late - early
            reached = late
    meal = rules.meal_break_s if any(rules.meal_applies(v) for v in members) else 0
    return max(0, total - meal)


def effort_s(runs: Sequence[WeekRun], place: Place, crew: Crew, sites: Sites) -> float:
    """Return the seconds that runs at a place take a crew, ways between cells not counted."""
    work = float(sum(run.slowest_s for run in runs))
    refills = unloadings = 0.0
    for p, truck in enumerate(crew.trucks):
        water = sum(run.times_per_day * run.amounts[p][0] for run in runs if run.amounts)
        mass = sum(run.times_per_day * run.amounts[p][1] for run in runs if run.amounts)
        refills = max(refills, water / max(1, truck.tank_l) if water else 0.0)
        unloadings = max(unloadings, mass / max(1, truck.capacity_kg) if mass else 0.0)
    work += refills * (sites.refill_s + 2 * nearest_s(place, sites.water))
    return work + unloadings * (sites.unload_s + 2 * nearest_s(place, sites.stations))
