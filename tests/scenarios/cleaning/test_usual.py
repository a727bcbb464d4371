"""Routes go to the vehicles that know them, among vehicles that are alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from scenarios.cleaning.usual import by_usual_vehicles, run_of
from solvers.plan import Plan, Route, Step
from tests.scenarios.cleaning.convoys import street_problem, truck

PROBLEM = street_problem(3)
FIRST, SECOND = Route(0, 0, (Step("task", 0), Step("task", 3))), Route(2, 0, (Step("task", 6),))


def posed(**values: Any) -> Any:
    """The problem of three runs with trucks that differ in their names only."""
    trucks = tuple(
        SimpleNamespace(truck_id=v.vehicle_id, energy="diesel", permits=frozenset(),
                        height_cm=0, width_cm=0, weight_kg=0)
        for v in PROBLEM.vehicles
    )  # fmt: skip
    return SimpleNamespace(problem=replace(PROBLEM, **values), trucks=trucks)


def day(*routes: Route) -> Any:
    """A planned day of these routes."""
    return SimpleNamespace(date=dt.date(2024, 11, 25), posed=posed(), plan=plan(*routes))


def plan(*routes: Route) -> Plan:
    """A plan of these routes."""
    return Plan(routes, (), 0, 0, 0, "")


def test_each_flusher_keeps_its_runs():
    """The routes of two equal flushers are exchanged, so that each has the runs of yesterday."""
    before = [day(FIRST, SECOND)]
    today = plan(replace(FIRST, vehicle=2), replace(SECOND, vehicle=0))
    found = by_usual_vehicles(posed(), today, before)
    assert [r.vehicle for r in found.routes] == [0, 2]
    assert found.routes[0].steps == FIRST.steps


def test_the_last_day_counts():
    """The truck that worked a run last is its usual one, not the one of the day before that."""
    before = [day(FIRST), day(replace(FIRST, vehicle=2))]
    assert [r.vehicle for r in by_usual_vehicles(posed(), plan(FIRST), before).routes] == [2]


def test_nothing_changes_without_a_past_or_between_unequal_vehicles():
    """On the first day routes stay; a flusher with a smaller tank takes no other's route."""
    today = plan(replace(FIRST, vehicle=2), replace(SECOND, vehicle=0))
    assert by_usual_vehicles(posed(), today, []) == today
    small = (*PROBLEM.vehicles[:2], replace(truck("F2", "flusher"), tank_l=900))
    kept = by_usual_vehicles(posed(vehicles=small), today, [day(FIRST, SECOND)])
    assert kept == today


def test_the_run_of_a_pass():
    """Second times and later passes belong to the same run."""
    assert {run_of(name) for name in ("W1-2R", "W1-2R#2", "W1-2R@3", "W1-2R#2@3")} == {"W1-2R"}
