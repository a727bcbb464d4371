"""Trials without a truck: they spare what is not needed, and leave no trace where they fail."""

from __future__ import annotations

import numpy as np
import pytest

from solvers import sparing
from solvers.evaluate import evaluate
from solvers.native import Search
from solvers.plan import Plan
from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle
from solvers.roster import Roster
from solvers.solve import solve
from solvers.stop import MaxIterations

HOUR = 3600


def two_hamlets(stops: int, kg: int = 10, max_trips: int = 12) -> Problem:
    """Two groups of stops an hour's drive from each other and from the plant between them.

    A truck can serve both in one shift, which its price makes worth the way.
    """
    rng = np.random.default_rng(7)
    around = rng.integers(-300, 300, (2 * stops, 2))
    around[:, 0] += np.repeat([-9000, 9000], stops)
    xy = np.vstack([[0, 0], around])
    length = np.abs(xy[:, None] - xy[None]).sum(axis=2).astype(np.int32)[None]
    tasks = tuple(
        Task(f"t{k}", (Mode(k, k, 60),), "s", kg, 10, price=2_000_000) for k in range(1, len(xy))
    )
    trucks = tuple(
        Vehicle(
            f"v{k}",
            "truck",
            profile=0,
            start=0,
            end=0,
            capacity_kg=5000,
            capacity_l={"s": 10**6},
            shift_start=0,
            shift_end=20 * HOUR,
            max_trips=max_trips,
            fixed_cost=500_000,
            cost_km=1000,
            cost_h=30_000,
        )
        for k in range(2)
    )
    plant = Facility("p", 0, frozenset({"s"}), unload_s=300)
    return Problem(tasks, trucks, (plant,), length // 5, length, Rules())


def begun(problem: Problem) -> Search:
    """Return a search in which each hamlet has a truck of its own."""
    roster = Roster(problem, 1)
    half = len(problem.tasks) // 2
    roster.load({0: [*range(half), -1], 1: [*range(half, 2 * half), -1]})
    roster.keep_best()
    return Search(problem, 1, roster)


@pytest.fixture
def always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a trial begin in each round."""
    monkeypatch.setattr(sparing, "TRIED", 1.0)


@pytest.mark.compiled
def test_a_truck_that_is_not_needed_is_spared(always: None):
    """Eighty stops a truck: no step empties one, a trial does."""
    search = begun(two_hamlets(80))
    before = search.cost
    for _ in range(40):
        search.advance(300, 0.5)
    assert search.cost < before - 400_000


def test_a_trial_that_fails_leaves_no_trace(always: None):
    """Both trucks are full: all is as before, and the truck is tried less often afterwards."""
    problem = two_hamlets(30, kg=160, max_trips=1)
    search = begun(problem)
    before = {name: array.copy() for name, array in search.present().items()}
    assert search.num_absent == 0
    search.advance(100, 0.5)
    assert search.sparing.on
    assert search.num_absent == 0
    while search.sparing.on:
        search.advance(100, 0.5)
    after = search.present()
    assert search.sparing.failed.sum() > 0
    for name in ("link", "node", "route", "routes.cost", "bookings.taken"):
        assert np.array_equal(after[name], before[name]), name


@pytest.mark.compiled
def test_a_search_goes_on_in_the_midst_of_a_trial(always: None):
    """What is kept of a search holds the trial: both go on alike."""
    problem = two_hamlets(30)
    search = begun(problem)
    search.advance(300, 0.5)
    assert search.sparing.on
    other = Search(problem, 9, Roster(problem, 9))
    other.restore({name: array.copy() for name, array in search.state().items()})
    for _ in range(10):
        search.advance(300, 0.6)
        other.advance(300, 0.6)
    assert search.cost == other.cost
    assert search.present_rows() == other.present_rows()


@pytest.mark.compiled
def test_plans_with_trials_hold(always: None):
    """The whole way from nothing, judged by the slow evaluation."""
    problem = two_hamlets(20)
    plan: Plan = solve(problem, MaxIterations(20_000), 3)
    judged = evaluate(problem, plan.routes, {u.task for u in plan.unserved})
    assert not judged.violations
    assert judged.cost == plan.cost
    assert len(plan.routes) == 1
