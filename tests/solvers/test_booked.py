"""Bays that vehicles of another plan stand in: waited for by every search, counted by the judge."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solvers.evaluate import evaluate, evaluate_plan
from solvers.plan import Route, Step
from solvers.problem import Problem
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.solvers.problems import HOUR, line_problem, random_problem

ONE_TRIP = (*(Step("task", k) for k in range(4)), Step("facility", 0))
ARRIVAL = 6 * HOUR + 500 + 400
"""When a truck that drives down the line from 06:00, serving all four stops, is at the plant."""


def beside(problem: Problem, booked: dict[int, tuple[int, ...]]) -> Problem:
    """The problem with bays that others have booked."""
    facilities = tuple(
        replace(f, booked=booked.get(k, ())) for k, f in enumerate(problem.facilities)
    )
    return replace(problem, facilities=facilities)


def test_judge_counts_the_trucks_of_others():
    """One bay, another's truck inside for 300 s after the arrival: two inside is a fault."""
    problem = beside(line_problem(capacity_kg=2000), {0: (ARRIVAL - 300,)})
    result = evaluate(problem, (Route(0, 6 * HOUR, ONE_TRIP),), set())
    assert result.violations == [f"plant: 2 trucks inside at {ARRIVAL} s"]
    booked = (*ONE_TRIP[:-1], Step("facility", 0, begin_s=ARRIVAL + 300))
    assert evaluate(problem, (Route(0, 6 * HOUR, booked),), set()).feasible


def test_search_waits_for_the_bay():
    """The only bay is taken all morning but for one gap of 600 s; the truck unloads in the gap."""
    problem = line_problem(capacity_kg=2000, shift_end=9 * HOUR)
    gap = 8 * HOUR
    taken = tuple(begin for begin in range(gap % 600, 10 * HOUR, 600) if begin != gap)
    plan = solve(beside(problem, {0: taken}), MaxIterations(50), 1)
    steps = [step for route in plan.routes for step in route.steps if step.kind == "facility"]
    assert [step.begin_s for step in steps] == [gap]
    assert not plan.unserved


@pytest.mark.parametrize("seed", range(4))
def test_random_days_around_the_bays_of_others(seed):
    """Plans of random days hold the judge's rules beside visits of others at every facility."""
    problem = random_problem(seed, num_tasks=14, num_vehicles=3)
    taken = {f: tuple((7 + 2 * k) * HOUR + 500 * f for k in range(5)) for f in range(4)}
    posed = beside(problem, taken)
    plan = solve(posed, MaxIterations(150), seed)
    assert evaluate_plan(posed, plan).feasible
    assert plan == solve(posed, MaxIterations(150), seed)
