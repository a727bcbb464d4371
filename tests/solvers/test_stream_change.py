"""Trucks that take up another stream once they are empty and made ready."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from routing.errors import InputError
from solvers.backends import refuse_beyond
from solvers.evaluate import drive, evaluate_plan
from solvers.parts.rounds import Scale
from solvers.plan import Route, Step
from solvers.problem import Problem
from solvers.roster import Roster
from solvers.solve import Options, solve
from solvers.stop import MaxIterations
from tests.solvers.parts.towns import without_matrices
from tests.solvers.problems import HOUR, line_problem, random_problem

UNLOAD, CHANGE = Step("facility", 0), Step("change")
BOTH = frozenset({"kitchen", "other"})


def two_streams(**vehicle: object) -> Problem:
    """The stops on a line, the first and the third of another stream, for one truck."""
    fits = {"capacity_l": dict.fromkeys(BOTH, 10_000), "changes_stream": True}
    problem = line_problem(**(fits | vehicle))
    tasks = tuple(
        replace(t, stream="kitchen") if k % 2 == 0 else t for k, t in enumerate(problem.tasks)
    )
    plant = replace(problem.facilities[0], streams=BOTH)
    return replace(problem, tasks=tasks, facilities=(plant,))


def route(*steps: Step) -> Route:
    """A route of the one truck from the beginning of its shift."""
    return Route(0, 6 * HOUR, steps)


def test_streams_follow_each_other_only_through_an_unloading_and_a_change():
    """Kitchen waste, then other waste: neither together, nor without making the truck ready."""
    problem = two_streams()
    kitchen, other = Step("task", 0), Step("task", 1)
    assert drive(problem, route(kitchen, UNLOAD, CHANGE, other, UNLOAD)).violations == []
    assert drive(problem, route(kitchen, UNLOAD, other, UNLOAD)).violations == [
        "truck: streams ['kitchen', 'other'] in 1 compartment(s)"
    ]
    together = drive(problem, route(kitchen, CHANGE, other, UNLOAD)).violations
    assert "truck: changes its stream with ['kitchen'] aboard" in together
    fixed = two_streams(changes_stream=False)
    assert (
        "truck: may not change its stream"
        in drive(fixed, route(kitchen, UNLOAD, CHANGE, other, UNLOAD)).violations
    )


def test_a_change_takes_its_time_and_is_no_rest():
    """15 minutes at the plant before the drive to the next stop, counted as no break."""
    problem = two_streams()
    steps = (Step("task", 0), UNLOAD, CHANGE, Step("task", 1), UNLOAD)
    driven = drive(problem, route(*steps))
    change, after = driven.timings[2], driven.timings[3]
    assert change.end_s - change.begin_s == 15 * 60
    assert after.arrive_s == change.end_s + 300
    tight = replace(problem.rules, max_driving_s=driven.driving_s - 1, min_rest_s=60)
    broken = drive(replace(problem, rules=tight), route(*steps)).violations
    assert broken == [f"truck: {driven.driving_s} s of driving without a rest"]


def test_the_plan_changes_once_and_serves_both_streams():
    """Without the change two stops stay; with it one truck serves all four, in three loads."""
    plan = solve(two_streams(), MaxIterations(400), 1)
    assert plan.unserved == ()
    steps = [s.kind for s in plan.routes[0].steps]
    assert steps.count("change") == 1
    assert evaluate_plan(two_streams(), plan).violations == []
    fixed = solve(two_streams(changes_stream=False), MaxIterations(400), 1)
    assert len(fixed.unserved) == 2


@pytest.mark.parametrize("order", list(permutations(range(4))))
def test_every_order_decodes_as_it_is_evaluated(order):
    """Unloadings and changes that the order of stops needs are put in, at their true cost."""
    problem = two_streams(shift_end=20 * HOUR)
    roster = Roster(problem, 1)
    assert roster.decode(0, order) == 0
    roster.load({0: list(order)})
    routes = roster.to_routes()
    judged = drive(problem, routes[0])
    assert judged.violations == []
    assert judged.cost == roster.cost
    streams = [k % 2 for k in order]
    changes = sum(a != b for a, b in zip(streams, streams[1:], strict=False))
    assert [s.kind for s in routes[0].steps].count("change") == changes


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(1, 9))
def test_random_days_hold_all_rules(seed):
    """Queues, windows, breaks, water and compartments, all trucks able to change both streams."""
    fixed = random_problem(seed)
    trucks = tuple(
        replace(v, capacity_l={"s0": 15_000, "s1": 15_000}, compartments=1, changes_stream=True)
        for v in fixed.vehicles
    )
    problem = replace(fixed, vehicles=trucks)
    plan = solve(problem, MaxIterations(1500), seed)
    judged = evaluate_plan(problem, plan)
    assert judged.violations == []
    assert judged.cost == plan.cost
    options = Options(scale=Scale(tasks=8, rounds=2), threads=1)
    blind = solve(without_matrices(problem), MaxIterations(300), seed, options=options)
    assert evaluate_plan(problem, blind).violations == []
    assert len(blind.unserved) < len(problem.tasks) / 2


@pytest.mark.compiled
def test_some_random_day_gains_from_a_change():
    """Of a few days, one at least is planned with a truck that changes its stream."""
    changes = 0
    for seed in range(1, 5):
        fixed = random_problem(seed, num_vehicles=2)
        trucks = tuple(
            replace(v, capacity_l={"s0": 15_000, "s1": 15_000}, changes_stream=True)
            for v in fixed.vehicles
        )
        plan = solve(replace(fixed, vehicles=trucks), MaxIterations(1500), seed)
        changes += sum(s.kind == "change" for r in plan.routes for s in r.steps)
    assert changes > 0


def test_backends_without_changes_refuse_and_name_one_that_has_them():
    """OR-Tools and PyVRP keep a truck to its streams all day."""
    for solver in ("ortools", "pyvrp"):
        with pytest.raises(InputError, match=r"trucks that change their stream.*; use native"):
            refuse_beyond(two_streams(), solver)
