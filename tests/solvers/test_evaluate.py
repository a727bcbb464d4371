"""The slow and obvious evaluation, against numbers worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing.errors import InfeasibleError
from solvers.evaluate import evaluate, evaluate_plan
from solvers.plan import Route, Step
from solvers.problem import Mode, Problem, Rules, Task, VisitGroup
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.solvers.problems import HOUR, line_problem, random_problem

TWO_TRIPS = tuple(
    Step(kind, idx)
    for kind, idx in [
        ("task", 0),
        ("task", 1),
        ("facility", 0),
        ("task", 2),
        ("task", 3),
        ("facility", 0),
    ]
)


def run(problem, steps=TWO_TRIPS, left=(), start=6 * HOUR):
    """Evaluate one route of the only truck."""
    return evaluate(problem, (Route(0, start, tuple(steps)),), set(left))


def test_two_trips_by_hand():
    """14 km, 1,400 s of driving, four services and two unloadings cost exactly this much."""
    result = run(line_problem())
    assert result.feasible, result.violations
    driven = result.driven[0]
    assert driven.length_m == 5000 + 2000 + 2000 + 5000
    assert driven.driving_s == 1400
    assert driven.end_s == 6 * HOUR + 1400 + 400 + 1200
    assert result.cost == 100_000 + 28_000 + 30_000


def test_loads_after_each_step():
    """The load grows by 400 kg a stop and is gone after unloading."""
    timings = run(line_problem()).driven[0].timings
    assert [sum(t.load_kg.values()) for t in timings] == [400, 800, 0, 400, 800, 0]
    assert timings[2].put_down_kg == {"other": 800}


@pytest.mark.parametrize(
    ("change", "steps", "words"),
    [
        ({"capacity_kg": 700}, TWO_TRIPS, "800 kg of other aboard"),
        ({"capacity_l": {"other": 1500}}, TWO_TRIPS, "2000 l of other aboard"),
        ({"capacity_l": {"kitchen": 9000}}, TWO_TRIPS, "may not serve stop1"),
        ({"max_trips": 1}, TWO_TRIPS, "2 trips"),
        ({"shift_end": 6 * HOUR + 2999}, TWO_TRIPS, "after shift and overtime"),
        ({}, TWO_TRIPS[:-1], "ends the day with a load aboard"),
        ({}, (*TWO_TRIPS, Step("facility", 0)), "nothing to put down"),
        ({}, TWO_TRIPS[1:], "stop1: served 0 times"),
        ({}, (*TWO_TRIPS[:1], *TWO_TRIPS), "stop1: served 2 times"),
        ({"shift_start": 6 * HOUR + 1}, TWO_TRIPS, "leaves before its shift"),
    ],
)
def test_each_broken_rule_is_named(change, steps, words):
    """One rule broken at a time gives a line that says which."""
    assert any(words in line for line in run(line_problem(**change), steps).violations)


def test_overtime_is_allowed_and_priced():
    """A quarter hour past the shift costs half a wage more at factor 1.5."""
    problem = line_problem(shift_end=6 * HOUR + 2100, max_overtime_s=900)
    result = run(problem)
    assert result.feasible, result.violations
    assert result.cost == 158_000 + 36_000 * 900 // 3600 // 2


def test_second_window_is_used():
    """A truck that misses the first window waits for the second; after both it is a fault."""
    problem = line_problem()
    task = replace(problem.tasks[0], windows=((0, 6 * HOUR), (7 * HOUR, 8 * HOUR)))
    changed = replace(problem, tasks=(task, *problem.tasks[1:]))
    assert run(changed).driven[0].timings[0].begin_s == 7 * HOUR
    missed = replace(problem, tasks=(replace(task, windows=((0, HOUR),)), *problem.tasks[1:]))
    assert "after its last window" in run(missed).violations[0]


def test_meal_and_rest():
    """The meal is due on a route that ends after its window; a rest resets the driving clock."""
    rules = Rules(meal_window=(6 * HOUR, 6 * HOUR + 1200), meal_break_s=1200, max_driving_s=1300)
    problem = replace(line_problem(), rules=rules)
    lines = run(problem).violations
    assert any("no meal break" in line for line in lines)
    assert any("s of driving without a rest" in line for line in lines)
    steps = (*TWO_TRIPS[:2], Step("meal"), *TWO_TRIPS[2:])
    assert run(problem, steps).feasible


def test_queue_and_tonnage():
    """Two trucks in one bay at once, and more than the day's tonnage, are faults."""
    problem = line_problem(capacity_kg=2000)
    truck = replace(problem.vehicles[0], vehicle_id="second")
    plant = replace(problem.facilities[0], capacity_kg=1500)
    both = replace(problem, vehicles=(*problem.vehicles, truck), facilities=(plant,))
    routes = (
        Route(0, 6 * HOUR, (Step("task", 0), Step("task", 1), Step("facility", 0))),
        Route(1, 6 * HOUR, (Step("task", 2), Step("task", 3), Step("facility", 0))),
    )
    lines = evaluate(both, routes, set()).violations
    assert lines == [
        "plant: 2 trucks inside at 22300 s",
        "plant: 1600 kg, more than its 1500 kg a day",
    ]
    later = (routes[0], Route(1, 6 * HOUR, (*routes[1].steps[:2], Step("facility", 0, 0, 22900))))
    assert evaluate(both, later, set()).violations == lines[1:]


def test_problem_check_names_what_does_not_fit():
    """A mode outside the matrix and a negative mass are both named."""
    problem = line_problem()
    bad = Task("bad", (Mode(9, 9, 1),), "other", -1)
    with pytest.raises(InfeasibleError, match=r"(?s)task bad: a mode.*task bad: mass"):
        replace(problem, tasks=(bad,)).check()
    heavy = Task("heavy", (Mode(0, 0, 1),), "other", 1 << 28)
    with pytest.raises(InfeasibleError, match=r"task heavy: mass.*below 268,435,456"):
        replace(problem, tasks=(heavy,)).check()


def shaped(problem: Problem, balance_h2: int = 0, compact_km: int = 0) -> Problem:
    """The same problem with prices of balance and compactness, its places on a line."""
    num = problem.time_s.shape[1]
    where = np.stack([np.arange(num) * 1000, np.zeros(num)], axis=1).astype(np.int64)
    rules = replace(problem.rules, balance_h2=balance_h2, compact_km=compact_km)
    return replace(problem, rules=rules, where=where)


def test_a_long_day_and_scattered_tasks_cost_their_price() -> None:
    """By hand: the square of the hours under way, and the metres between tasks and their middle."""
    plain = solve(line_problem(capacity_kg=1600), MaxIterations(50), 1)
    problem = shaped(line_problem(capacity_kg=1600), balance_h2=10_000, compact_km=3000)
    plan = solve(problem, MaxIterations(50), 1)
    assert len(plan.routes) == 1
    [driven] = evaluate_plan(problem, plan).driven
    hours = (driven.end_s - driven.route.start_s) / 3600
    # stops at 1 to 4 km, their middle at 2.5: 1.5 + 0.5 + 0.5 + 1.5 km
    assert plan.cost == pytest.approx(plain.cost + 10_000 * hours**2 + 3000 * 4.0, abs=2)


@pytest.mark.compiled
def test_prices_of_shape_even_out_days_and_gather_tasks() -> None:
    """With a price on long days the longest is shorter; with one on scatter tasks lie closer."""
    base = random_problem(5, 40, 4)
    rng = np.random.default_rng(3)
    where = rng.integers(0, 8000, (base.time_s.shape[1], 2))
    longest, scatter = {}, {}
    for name, prices in {
        "none": {},
        "balance": {"balance_h2": 300_000},
        "compact": {"compact_km": 300_000},
    }.items():
        problem = replace(base, where=where, rules=replace(base.rules, **prices))
        plan = solve(problem, MaxIterations(1500), 1)
        judged = evaluate_plan(problem, plan)
        assert judged.violations == []
        longest[name] = sum((d.end_s - d.route.start_s) ** 2 for d in judged.driven)
        alike = replace(problem, rules=replace(base.rules, compact_km=1000))
        bare = replace(problem, rules=base.rules)
        scatter[name] = evaluate_plan(alike, plan).cost - evaluate_plan(bare, plan).cost
    assert longest["balance"] < longest["none"]
    assert scatter["compact"] < scatter["none"]


def test_compact_routes_need_coordinates() -> None:
    """A price on scatter without places is refused."""
    problem = line_problem()
    problem = replace(problem, rules=replace(problem.rules, compact_km=1))
    with pytest.raises(InfeasibleError, match="coordinates of 6 locations"):
        problem.check()


@pytest.mark.parametrize("pattern", [(0, 0), (0,)])
def test_patterns_that_fit_no_days_are_refused(pattern: tuple[int, ...]):
    """A customer is called at once a day at most, and each visit has its day."""
    problem = replace(line_problem(), groups=(VisitGroup((0, 1), (pattern,)),))
    with pytest.raises(InfeasibleError, match="a day for each of 2 visits, none twice"):
        problem.check()
