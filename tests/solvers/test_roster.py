"""The compiled decoding and search against their slow twin."""

from __future__ import annotations

import os

import numpy as np
import pytest

from solvers.evaluate import evaluate
from solvers.roster import Roster
from solvers.stop import Interruptible, MaxIterations
from solvers.team import Run, polish
from tests.solvers.problems import HOUR, line_problem, random_problem

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"


def checked_cost(roster: Roster) -> int:
    """Return the evaluated cost after asserting that no rule is broken."""
    result = evaluate(roster.problem, roster.to_routes(), set(roster.unserved))
    assert result.feasible, result.violations
    return result.cost


def polished(roster: Roster, steps: int) -> int:
    """Run native steps over the roster; return the best cost met."""
    polish(roster, Run(Interruptible(MaxIterations(steps)), 1), lambda *_: None)
    return roster.best_cost


def test_line_by_hand():
    """The four stops of the line cost what the hand calculation says: two trips, 14 km."""
    roster = Roster(line_problem(), seed=1)
    roster.insert_all(range(4))
    assert roster.unserved == []
    assert checked_cost(roster) == roster.cost == 158_000


@pytest.mark.parametrize("seed", range(12 if COMPILED else 3))
def test_insertion_costs_what_evaluation_says(seed):
    """After greedy insertion every route is feasible and the cost equal to the slow twin's."""
    roster = Roster(random_problem(seed), seed)
    roster.insert_all(range(len(roster.problem.tasks)))
    assert checked_cost(roster) == roster.cost


@pytest.mark.parametrize("seed", range(8 if COMPILED else 1))
def test_search_never_worsens_and_stays_exact(seed):
    """Ruin and recreate ends at or below the start, feasible, at the cost it claims."""
    roster = Roster(random_problem(seed), seed)
    roster.insert_all(range(len(roster.problem.tasks)))
    before = roster.cost
    roster.keep_best()
    best = polished(roster, 200 if COMPILED else 5)
    roster.restore_best()
    assert best == roster.cost <= before
    assert checked_cost(roster) == roster.cost <= before


def test_search_finds_better_plans():
    """On a day with room to improve, a few hundred steps lower the cost."""
    roster = Roster(random_problem(3), 3)
    roster.insert_all(range(len(roster.problem.tasks)))
    before = roster.cost
    roster.keep_best()
    assert polished(roster, 300 if COMPILED else 60) < before


def test_same_seed_same_routes():
    """Two searches from the same seed give equal routes; another seed is free to differ."""
    plans = []
    for _ in range(2):
        roster = Roster(random_problem(5), 5)
        roster.insert_all(range(len(roster.problem.tasks)))
        roster.keep_best()
        polished(roster, 50 if COMPILED else 5)
        roster.restore_best()
        plans.append(roster.to_routes())
    assert plans[0] == plans[1]


def test_explicit_visits_are_kept_or_skipped():
    """An explicit unloading with a load aboard is made; one without anything aboard is skipped."""
    roster = Roster(line_problem(), seed=1)
    roster.load({0: [0, -1, -1, 1, 2, 3]})
    kinds = [step.kind for step in roster.to_routes()[0].steps]
    assert kinds == ["task", "facility", "task", "task", "facility", "task", "facility"]


def test_load_takes_out_what_does_not_fit():
    """A sequence that outlasts the shift loses stops from its end, and stays feasible."""
    roster = Roster(line_problem(shift_end=6 * HOUR + 2000), seed=1)
    roster.load({0: [0, 1, 2, 3]})
    assert roster.unserved
    checked_cost(roster)


def test_tasks_without_vehicle_stay_out():
    """A stream that no truck carries is left out, and nothing else is touched."""
    roster = Roster(line_problem(capacity_l={"kitchen": 9000}), seed=1)
    roster.insert_all(range(4))
    assert roster.unserved == [0, 1, 2, 3]
    assert roster.cost == 4_000_000


def test_bookings_hold_every_facility_visit():
    """The bookings list each unloading of the routes once, at the moment that the route says."""
    roster = Roster(random_problem(1), 1)
    roster.insert_all(range(len(roster.problem.tasks)))
    routes = roster.to_routes()
    booked = sorted(
        (f, int(slot[0]), int(slot[1]))
        for f, count in enumerate(roster.bookings.taken)
        for slot in roster.bookings.slot[f, :count]
    )
    driven = sorted(
        (step.idx, step.begin_s, route.vehicle)
        for route in routes
        for step in route.steps
        if step.kind == "facility"
    )
    assert booked == driven
    assert np.all(roster.bookings.received >= 0)
