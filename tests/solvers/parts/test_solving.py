"""Whole problems solved in parts: every rule holds, and nothing but the steps decides."""

from __future__ import annotations

import os
import signal
from collections import Counter
from dataclasses import replace

import pytest

from routing.errors import InputError
from solvers import checkpoint
from solvers.evaluate import evaluate_plan
from solvers.ground import needs_booking
from solvers.parts.places import LANDMARKS
from solvers.parts.rounds import Scale
from solvers.plan import Plan
from solvers.problem import Facility, Problem, VisitGroup
from solvers.solve import Options, solve
from solvers.stop import MaxIterations, MaxSeconds
from tests.solvers.parts.towns import (
    CountingTravel,
    mixed_town,
    plain_town,
    scarce_town,
    with_matrices,
    without_matrices,
)
from tests.solvers.problems import line_problem, random_problem, with_hours

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"
STEPS = 2_000 if COMPILED else 60
SMALL = Scale(tasks=12, rounds=3)


def in_parts(problem: Problem, steps: int = STEPS, **options: object) -> Plan:
    """The plan found in small parts."""
    chosen = Options(**({"scale": SMALL, "threads": 1} | options))  # type: ignore[arg-type]
    return solve(problem, MaxIterations(steps), 3, options=chosen)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("town", [scarce_town, mixed_town, random_problem])
def test_every_rule_holds_across_parts(town, seed):
    """Queues, tonnage, meals, windows, reloads, sizes: the judge with full matrices agrees."""
    problem = town(seed)
    plan = in_parts(problem)
    judged = evaluate_plan(problem, plan)
    assert judged.violations == []
    assert judged.cost == plan.cost
    served = Counter(s.idx for r in plan.routes for s in r.steps if s.kind == "task")
    assert len(served) + len(plan.unserved) == len(problem.tasks)
    assert 0 <= plan.lower_bound <= plan.cost


def test_the_kinds_of_problems_are_what_they_are_said_to_be():
    """One town is booked and short of tonnage, the other is told by links and has two depots."""
    scarce, mixed = scarce_town(0), mixed_town(0)
    assert needs_booking(scarce)
    assert sum(t.mass_kg for t in scarce.tasks if t.stream == "s0") > 9_000
    assert not needs_booking(mixed)
    assert len({v.start for v in mixed.vehicles}) == 2


@pytest.mark.parametrize("seed", range(3))
def test_tonnage_that_parts_share_is_never_overrun(seed):
    """Each part would bring all it has to the one plant left; together they keep to its tonnage."""
    problem = random_problem(seed, 60, 10)
    only = Facility("only", problem.facilities[0].location, frozenset({"s0", "s1"}), bays=3)
    few = replace(only, capacity_kg=8_000)
    water = problem.facilities[3]
    plan = in_parts(replace(problem, facilities=(few, water)))
    served = {s.idx for r in plan.routes for s in r.steps if s.kind == "task"}
    brought = sum(problem.tasks[t].mass_kg for t in served)
    assert 5_000 < brought <= 8_000
    assert plan.unserved
    free = in_parts(replace(problem, facilities=(only, water)))
    assert sum(problem.tasks[u.task].mass_kg for u in free.unserved) < 2_000


@pytest.mark.parametrize("town", [scarce_town, mixed_town])
def test_threads_do_not_change_the_plan(town):
    """With steps as budget one thread and two give the same plan, to the letter."""
    problem = town(1)
    assert in_parts(problem, threads=1) == in_parts(problem, threads=2)


@pytest.mark.parametrize("by_the_hour", [False, True])
def test_plans_without_matrices_are_those_with_them(by_the_hour: bool):
    """Travel asked for in blocks leads to the same plan as matrices do, but for a weaker bound."""
    problem = scarce_town(2)
    problem = with_hours(problem, 2) if by_the_hour else problem
    plan = in_parts(without_matrices(problem))
    known = in_parts(problem)
    assert plan.routes == known.routes
    assert plan.unserved == known.unserved
    assert plan.lower_bound <= known.lower_bound


def test_no_large_block_is_asked_for():
    """Never more is asked for at once than a part's places, or the landmarks, need."""
    num = 600 if COMPILED else 120
    town = plain_town(1, num, num // 4)
    travel = CountingTravel(town.travel)  # type: ignore[arg-type]
    scale = Scale(tasks=num // 12, rounds=2)
    plan = in_parts(replace(town, travel=travel), 500, scale=scale)
    assert plan.unserved == ()
    assert travel.largest <= max((num // 12 * 2) ** 2, LANDMARKS * (num + 2))
    assert travel.entries < num * num
    assert evaluate_plan(with_matrices(town), plan).feasible


def test_more_steps_cost_less():
    """What a long search finds is far cheaper than what a short one does."""
    num = 200 if COMPILED else 40
    town = plain_town(2, num, num // 4)
    short, long = (in_parts(town, steps, scale=Scale(50, 4)) for steps in (1, 20 * STEPS))
    assert long.cost < 0.95 * short.cost


def test_tasks_that_no_vehicle_may_serve_are_told_so():
    """A stream that nobody carries is left out with its reason, the rest is planned."""
    problem = random_problem(3, 30, 6)
    odd = replace(problem.tasks[0], stream="odd")
    plan = in_parts(replace(problem, tasks=(odd, *problem.tasks[1:])))
    assert [(u.task, u.proof) for u in plan.unserved if u.task == 0] == [
        (0, {plan.unserved[0].reason: 6})
    ]


def test_a_plan_of_nothing():
    """Problems without tasks have a plan."""
    assert in_parts(replace(line_problem(), tasks=())).routes == ()


@pytest.mark.parametrize("by_clock", [False, True])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_keeps_the_best_plan(number, by_clock):
    """Ctrl-C gives the routes of all parts, begun or not, and the handlers are back."""
    told = []

    def interrupt(stage: str, used: float, cost: int, unserved: int) -> None:
        told.append(stage)
        if len(told) == 1:
            signal.raise_signal(number)

    problem, before = scarce_town(3), signal.getsignal(number)
    options = Options(scale=Scale(12, 1000), threads=2)
    steps = MaxIterations(10**8 if COMPILED else 10**5)
    rule = MaxSeconds(10.0**6) if by_clock else steps
    plan = solve(problem, rule, 1, "native", interrupt, options)
    assert evaluate_plan(problem, plan).feasible
    assert len(plan.unserved) < len(problem.tasks) / 2
    assert told[-1] == "stopped"
    assert signal.getsignal(number) is before


class Over:
    """A budget in seconds that is used up before the search begins."""

    max_iterations, max_seconds = None, 1.0

    def used(self, iterations: int) -> float:
        """All of it, and never more."""
        return 1.0


def test_a_budget_that_is_over_already_gives_a_plan():
    """As when reading tables took all the time: each part is begun, and none is searched on."""
    problem = scarce_town(3)
    plan = solve(problem, Over(), 1, options=Options(scale=SMALL, threads=2))
    assert evaluate_plan(problem, plan).feasible
    assert len(plan.unserved) < len(problem.tasks) / 2


class KilledError(Exception):
    """Stands for the end of a process."""


@pytest.mark.parametrize("town", [scarce_town, mixed_town])
def test_resumed_search_ends_where_an_undisturbed_one_does(town, tmp_path, monkeypatch):
    """Killed after its second round, a search goes on to the same plan."""
    monkeypatch.setattr(checkpoint, "EVERY_S", 0.0)
    monkeypatch.setattr(checkpoint, "MOST_SHARE", 1e9)
    problem, file, told = town(2), tmp_path / "search.npz", []

    def kill(stage: str, used: float, cost: int, unserved: int) -> None:
        told.append(used)
        if used > 0.7:
            raise KilledError

    options = Options(scale=SMALL, threads=2, checkpoint=file)
    with pytest.raises(KilledError):
        solve(problem, MaxIterations(STEPS), 3, progress=kill, options=options)
    assert file.exists()
    assert in_parts(problem, checkpoint=file, resume=True) == in_parts(problem)
    assert not file.exists()


def test_what_needs_matrices_is_refused():
    """OR-Tools cannot do without them, nor can visits of one customer on several days."""
    town = plain_town(1, 10, 3)
    with pytest.raises(InputError, match=r"cannot hold: travel without matrices, .*; use native"):
        solve(town, MaxIterations(1), 1, "ortools")
    visits = replace(town, groups=(VisitGroup((0,), ((0,),)),))
    with pytest.raises(InputError, match="several visits"):
        solve(visits, MaxIterations(1), 1)
