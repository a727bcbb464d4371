"""PyVRP as a backend: what it holds it plans, beside our own search; what it cannot it refuses."""

from __future__ import annotations

import signal
from dataclasses import replace

import numpy as np
import pytest

from routing.errors import InputError
from solvers.evaluate import evaluate_plan
from solvers.problem import DAY_END_S, Facility, Mode, Problem, Rules, Task, Vehicle
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.solvers.problems import HOUR, line_problem, random_problem

pytest.importorskip("pyvrp", reason="PyVRP is not installed; pip install 'huanwei[pyvrp]'")
pytestmark = pytest.mark.compiled

NO_BREAKS = Rules(meal_break_s=0, max_driving_s=DAY_END_S)


def holdable(seed: int, *, paid: bool, homes: int = 1, empty: bool = True) -> Problem:
    """A random day of two streams with own trucks, windows, sides, trips and prices."""
    rng = np.random.default_rng(seed)
    num = 20
    xy = rng.integers(0, 8000, (2 * num + 2 + homes, 2))
    length = np.abs(xy[:, None] - xy[None]).sum(axis=2).astype(np.int32)
    tasks = []
    for i in range(num):
        early = int(rng.integers(6, 10)) * HOUR
        sides = (2 * i, 2 * i + 1) if rng.random() < 0.4 else (2 * i,)
        tasks.append(
            Task(
                f"t{i}",
                tuple(Mode(place, place, 120) for place in sides),
                f"s{i % 2}",
                int(rng.integers(100, 900)),
                int(rng.integers(500, 4000)),
                windows=((early, early + 3 * HOUR),) if rng.random() < 0.5 else (),
                price=400_000,
            )
        )
    facilities = tuple(
        Facility(f"f{k}", 2 * num + k, frozenset({"s0", "s1"}), bays=99, unload_s=300)
        for k in range(2)
    )
    vehicles = tuple(
        Vehicle(
            f"v{k}",
            "collector",
            0,
            2 * num + 2 + k % homes,
            2 * num + 2,
            2500,
            {f"s{k % 2}": 12_000},
            5 * HOUR,
            13 * HOUR,
            cost_km=2000,
            cost_h=30_000 if paid else 0,
            ends_loaded=not empty,
        )
        for k in range(6)
    )
    time_s = (length / 6).round().astype(np.int32)[None]
    facilities = facilities if empty else ()
    return Problem(tuple(tasks), vehicles, facilities, time_s, length[None], NO_BREAKS)


@pytest.mark.parametrize(("paid", "empty"), [(True, True), (False, True), (False, False)])
@pytest.mark.parametrize("seed", range(3))
def test_its_plan_holds_and_is_near_ours(seed, paid, empty):
    """Every rule is held; two engines that share nothing agree on single trips."""
    problem = holdable(seed, paid=paid, homes=2, empty=empty)
    plans = [solve(problem, MaxIterations(k), 1, s) for s, k in (("pyvrp", 400), ("native", 2000))]
    for plan in plans:
        assert evaluate_plan(problem, plan).feasible
    theirs, ours = (plan.cost for plan in plans)
    assert plans[0].solver == "pyvrp"
    assert not plans[0].unserved
    assert ours <= theirs
    assert empty or theirs <= 1.03 * ours


def test_what_it_cannot_hold_is_refused_with_who_can():
    """A day with breaks, queues and two streams a truck names each, and the backends that can."""
    with pytest.raises(InputError) as error:
        solve(random_problem(1), MaxIterations(1), 1, "pyvrp")
    text = str(error.value)
    assert "queues at bays" in text
    assert "several streams a truck" in text
    assert text.endswith("use native or ortools")


def test_a_task_that_no_truck_may_serve_has_its_reason():
    """A stream without a truck is left out; all else is planned."""
    problem = holdable(4, paid=True)
    odd = replace(problem.tasks[0], stream="hazardous")
    plan = solve(replace(problem, tasks=(odd, *problem.tasks[1:])), MaxIterations(200), 1, "pyvrp")
    assert {u.task: u.reason for u in plan.unserved} == {0: "no_vehicle"}


def test_same_seed_same_plan_and_ctrl_c():
    """Iterations give the same plan again; a signal ends the search with a plan."""
    problem = holdable(5, paid=True)
    first, second = (solve(problem, MaxIterations(50), 3, "pyvrp") for _ in range(2))
    assert first == second

    class Signals(MaxIterations):
        def used(self, iterations: int) -> float:
            if iterations == 60:
                signal.raise_signal(signal.SIGINT)
            return 0.0

    plan = solve(problem, Signals(10**9), 3, "pyvrp")
    assert evaluate_plan(problem, plan).feasible
    assert len(plan.unserved) < len(problem.tasks)


def test_the_line_by_hand():
    """Two trips of the line, as by hand."""
    line = line_problem()
    plant = replace(line.facilities[0], bays=4)
    plan = solve(replace(line, facilities=(plant,), rules=NO_BREAKS), MaxIterations(50), 1, "pyvrp")
    assert plan.cost == 158_000
