"""Backends end to end: what they return holds every rule, and they agree with one another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from routing.errors import InputError
from solvers.evaluate import evaluate_plan
from solvers.problem import Facility, Mode, Problem, Task, Vehicle
from solvers.solve import solve
from solvers.stop import MaxIterations, MaxSeconds
from tests.solvers.problems import HOUR, NO_BREAKS, line_problem, random_problem

BOOKING = ("native", "ortools")
"""Backends that hold queues and breaks."""


@pytest.mark.parametrize("solver", BOOKING)
def test_line_is_solved_to_the_hand_optimum(solver):
    """Both backends find the two trips of the line, with a bound below their cost."""
    plan = solve(line_problem(), MaxIterations(20), 1, solver)
    assert plan.cost == 158_000
    assert 0 < plan.lower_bound <= plan.cost
    assert plan.unserved == ()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("solver", BOOKING)
def test_plans_hold_every_rule(solver, seed):
    """On random days with all rules on, the slow evaluation finds no fault and the same cost."""
    problem = random_problem(seed)
    plan = solve(problem, MaxIterations(60), seed, solver)
    judged = evaluate_plan(problem, plan)
    assert judged.violations == []
    assert judged.cost == plan.cost >= plan.lower_bound


@pytest.mark.parametrize("solver", BOOKING)
def test_same_seed_and_iterations_same_plan(solver):
    """The plan depends on problem, seed and iterations alone."""
    first, second = (solve(random_problem(9), MaxIterations(40), 3, solver) for _ in range(2))
    assert first == second


def test_time_limit_returns_a_plan():
    """A budget of no time at all still gives the first plan."""
    assert solve(line_problem(), MaxSeconds(0.0), 1, "native").cost == 158_000


def test_unknown_solver_is_refused():
    """The message names the solvers that exist."""
    with pytest.raises(InputError, match="native, ortools, pyvrp"):
        solve(line_problem(), MaxIterations(1), 1, "magic")


@pytest.mark.parametrize(
    ("change", "facility", "reason"),
    [
        ({"capacity_l": {"kitchen": 9000}}, {}, "no_vehicle"),
        ({"capacity_kg": 300}, {}, "too_heavy"),
        ({}, {"streams": frozenset({"kitchen"})}, "no_facility"),
        ({}, {"capacity_kg": 100}, "facility_full"),
        ({}, {"open_s": 20 * HOUR, "close_s": 21 * HOUR}, "facility_closed"),
        ({}, {"open_s": 0, "close_s": 60}, "facility_closed"),
        ({"shift_end": 6 * HOUR + 60}, {}, "shift"),
        ({"shift_end": 6 * HOUR + 2000}, {}, "fleet_busy"),
    ],
)
def test_each_reason_is_found_by_trying(change, facility, reason):
    """One obstacle at a time is the reason given, with the refusals counted as proof."""
    problem = line_problem(**change)
    place: Facility = replace(problem.facilities[0], **facility)
    plan = solve(replace(problem, facilities=(place,)), MaxIterations(5), 1, "native")
    assert {u.reason for u in plan.unserved} == {reason}
    assert all(sum(u.proof.values()) > 0 for u in plan.unserved)


def test_cheap_task_is_left_for_its_price():
    """A task that costs more to serve than to leave is left out, and the reason says so."""
    problem = line_problem()
    cheap = replace(problem.tasks[3], price=5_000)
    plan = solve(replace(problem, tasks=(cheap,)), MaxIterations(5), 1, "native")
    assert [u.reason for u in plan.unserved] == ["price"]
    assert plan.cost == 5_000


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(
    ("solver", "stage"),
    [
        pytest.param("native", "improving", marks=pytest.mark.compiled),
        ("ortools", "first plan"),
        ("ortools", "OR-Tools"),
    ],
)
def test_interrupt_keeps_the_best_plan(solver, stage, number):
    """Ctrl-C and a kill end the search at once, whatever is at work, and keep the best routes."""
    told = []

    def interrupt(now: str, used: float, cost: int, unserved: int) -> None:
        told.append(now)
        if now == stage and told.count(stage) == 1:
            signal.raise_signal(number)

    before = signal.getsignal(number)
    problem = random_problem(2)
    plan = solve(problem, MaxIterations(10**9), 1, solver, interrupt)
    assert evaluate_plan(problem, plan).feasible
    assert told[-1] == "stopped"
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("solver", BOOKING)
def test_compiled_and_plain_kernels_find_the_same_plan(solver):
    """With and without the compiler the same seed and steps give the same plan, to the letter."""
    program = (
        "from solvers.solve import solve; from solvers.stop import MaxIterations;"
        "from tests.solvers.problems import random_problem;"
        f"print(solve(random_problem(4), MaxIterations(60), 7, {solver!r}))"
    )
    plans = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "NUMBA_DISABLE_JIT": plain},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for plain in ("0", "1")
    ]
    assert plans[0] == plans[1]
    assert "Route(" in plans[0]


@pytest.mark.parametrize("cost_h", [0, 3600])
def test_trucks_go_out_though_no_single_task_pays_for_one(cost_h: int) -> None:
    """Twelve tasks that are worth 100 each pay together for a truck of 500; two far ones do not."""
    place = np.asarray([0, *range(500, 1100, 50), 1200, 150_000, 150_050])
    length = np.abs(place[:, None] - place[None, :]).astype(np.int32)[None]
    worth = [*range(1, 13), 14, 15]
    tasks = tuple(Task(f"t{i}", (Mode(i, i, 60),), "s", 20, 100, price=100_000) for i in worth)
    dump = Facility("dump", 13, frozenset({"s"}), bays=9)
    truck = Vehicle("v", "c", 0, 0, 0, 4000, {"s": 9000}, 4 * HOUR, 12 * HOUR, fixed_cost=500_000,
                    cost_km=1000, cost_h=cost_h)  # fmt: skip
    trucks = tuple(replace(truck, vehicle_id=f"v{k}") for k in range(3))
    plan = solve(
        Problem(tasks, trucks, (dump,), length // 8, length, NO_BREAKS), MaxIterations(300), 1
    )
    assert len(plan.routes) == 1
    assert [u.task for u in plan.unserved] == [12, 13]
