"""Trucks that set out with a load aboard, such as that of the evening before."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from routing.errors import InfeasibleError, InputError
from solvers.backends import refuse_beyond
from solvers.evaluate import drive, evaluate, evaluate_plan
from solvers.parts.rounds import Scale
from solvers.plan import Route, Step
from solvers.problem import Problem
from solvers.solve import Options, solve
from solvers.stop import MaxIterations
from tests.solvers.parts.towns import mixed_town, scarce_town, without_matrices
from tests.solvers.problems import line_problem, random_problem

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"
ABOARD = {"loaded_stream": "other", "loaded_kg": 700, "loaded_l": 1500}
UNLOAD = Step("facility", 0)


def loaded(problem: Problem, *vehicles: int) -> Problem:
    """The same problem with loads aboard some trucks at the start."""
    trucks = list(problem.vehicles)
    for v in vehicles:
        stream = sorted(trucks[v].capacity_l)[0]
        trucks[v] = replace(trucks[v], loaded_stream=stream, loaded_kg=1200, loaded_l=2000)
    return replace(problem, vehicles=tuple(trucks))


def test_what_is_aboard_takes_room_until_it_is_put_down():
    """700 kg aboard leave no room for 400 kg in a truck of 1,000 kg; unloaded first, they fit."""
    problem = line_problem(**ABOARD)
    straight = drive(problem, Route(0, 6 * 3600, (Step("task", 0), UNLOAD)))
    assert straight.violations == ["truck: 1100 kg of other aboard"]
    first = drive(problem, Route(0, 6 * 3600, (UNLOAD, Step("task", 0), UNLOAD)))
    assert first.violations == []
    assert first.timings[0].put_down_kg == {"other": 700}
    assert evaluate(problem, (), {0, 1, 2, 3}).violations == [
        "truck: stays at home with 700 kg of other aboard"
    ]


def test_the_plan_unloads_before_it_collects_what_does_not_fit():
    """Four stops of 400 kg and 700 kg aboard: three loads are put down, and all is served."""
    problem = line_problem(**ABOARD)
    plan = solve(problem, MaxIterations(200), 1)
    judged = evaluate_plan(problem, plan)
    assert judged.violations == []
    assert plan.unserved == ()
    put_down = [sum(t.put_down_kg.values()) for t in judged.driven[0].timings if t.put_down_kg]
    assert sum(put_down) == 700 + 4 * 400
    assert put_down[0] == 700
    assert max(put_down) <= 1000


def test_a_truck_without_work_still_puts_its_load_down():
    """Of two trucks one would do; the one with a load aboard drives to the plant and home."""
    problem = replace(line_problem(**ABOARD), tasks=())
    plan = solve(problem, MaxIterations(10), 1)
    assert [[s.kind for s in r.steps] for r in plan.routes] == [["facility"]]
    assert evaluate_plan(problem, plan).violations == []


@pytest.mark.parametrize("seed", range(1, 5))
@pytest.mark.parametrize("town", [random_problem, mixed_town])
def test_random_days_hold_all_rules(town, seed):
    """Queues, refills, two compartments, breaks and types of truck: every load is put down."""
    problem = loaded(town(seed), 0, 2)
    plan = solve(problem, MaxIterations(600), seed)
    judged = evaluate_plan(problem, plan)
    assert judged.violations == []
    assert judged.cost == plan.cost
    assert {0, 2} <= {r.vehicle for r in plan.routes}


def test_who_has_to_unload_soon_goes_before_who_can_wait():
    """There is one bay, and the second truck has 1,700 s for a way that takes 1,600."""
    problem = line_problem(**ABOARD)
    patient = problem.vehicles[0]
    hasty = replace(patient, vehicle_id="hasty", shift_end=patient.shift_start + 1_700)
    both = replace(problem, vehicles=(patient, hasty))
    plan = solve(both, MaxIterations(50), 1)
    assert evaluate_plan(both, plan).violations == []
    assert {r.vehicle for r in plan.routes} == {0, 1}
    twins = replace(both, vehicles=(replace(hasty, vehicle_id="other"), hasty))
    words = "aboard at the start beside those that other trucks must: no facility takes them"
    with pytest.raises(InfeasibleError, match=words):
        solve(twins, MaxIterations(10), 1)


def test_a_load_that_no_facility_takes_is_told_of():
    """Where the plant is closed all shift the truck and its load are named."""
    problem = line_problem(**ABOARD)
    closed = replace(problem.facilities[0], open_s=20 * 3600)
    with pytest.raises(InfeasibleError, match=r"truck cannot put down the 700 kg of other"):
        solve(replace(problem, facilities=(closed,)), MaxIterations(10), 1)


@pytest.mark.parametrize(
    ("aboard", "said"),
    [
        ({"loaded_stream": "kitchen"}, "kitchen aboard, which it does not carry"),
        ({"loaded_kg": 1001}, "other of 1001 kg aboard, more than the 1000 kg"),
        ({"loaded_kg": 600, "compartments": 2}, "600 kg aboard, more than the 500 kg"),
        ({"loaded_l": 10_001}, "other of 10001 l aboard, more than the 10000 l"),
    ],
)
def test_loads_that_the_truck_cannot_hold_are_refused(aboard, said):
    """The stream must be one of the truck's, and the load must fit its compartment."""
    with pytest.raises(InfeasibleError, match=said):
        line_problem(**(ABOARD | aboard)).check()


def test_backends_that_begin_empty_refuse_and_name_one_that_does_not():
    """OR-Tools and PyVRP know of no load at the start, nor do links with their own rules."""
    problem = line_problem(**ABOARD)
    for solver in ("ortools", "pyvrp"):
        with pytest.raises(InputError, match=r"loads aboard at the start.*; use native"):
            refuse_beyond(problem, solver)
    truck = replace(problem.vehicles[0], max_day_tasks=3)
    with pytest.raises(InputError, match=r"most kilograms or tasks a day .* loads aboard"):
        refuse_beyond(replace(problem, vehicles=(truck,)), "native")


@pytest.mark.parametrize("seed", range(3))
def test_loads_aboard_are_put_down_in_parts(seed: int) -> None:
    """Also by a truck that serves none of the tasks, and so belongs to no part of them."""
    town = loaded(scarce_town(seed), 0, 3, 4)
    idle = replace(town.vehicles[3], vehicle_id="idle", kind="spare")
    problem = replace(town, vehicles=(*town.vehicles, idle))
    options = Options(scale=Scale(tasks=12, rounds=3), threads=1)
    plan = solve(problem, MaxIterations(300 if COMPILED else 30), 3, options=options)
    assert evaluate_plan(problem, plan).violations == []
    out = {route.vehicle for route in plan.routes}
    assert {0, 3, 4, len(town.vehicles)} <= out
    assert len(plan.unserved) < len(problem.tasks) / 2
    blind = without_matrices(problem)
    again = solve(blind, MaxIterations(300 if COMPILED else 30), 3, options=options)
    assert again.routes == plan.routes
