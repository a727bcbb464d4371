"""Pins and given routes hold in parts as they do in one search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from solvers.estates import sole_servers
from solvers.evaluate import evaluate_plan
from solvers.given import VISIT
from solvers.parts.rounds import Scale
from solvers.pins import with_pins_laid_in
from solvers.plan import Plan
from solvers.problem import Pin, Problem
from solvers.solve import Options, solve
from solvers.stop import MaxIterations
from tests.solvers.parts.towns import mixed_town, plain_town, scarce_town, without_matrices
from tests.solvers.problems import random_problem

SCALE = Scale(tasks=10, rounds=3)
Town = Callable[[int], Problem]


def in_parts(problem: Problem, steps: int, **options: object) -> Plan:
    """The plan found in small parts."""
    chosen = Options(**({"scale": SCALE, "threads": 1} | options))  # type: ignore[arg-type]
    return solve(problem, MaxIterations(steps), 3, options=chosen)


def tasks_of(plan: Plan) -> dict[int, list[int]]:
    """The tasks of each vehicle, in order."""
    return {
        route.vehicle: [step.idx for step in route.steps if step.kind == "task"]
        for route in plan.routes
    }


def as_given(problem: Problem, plan: Plan) -> dict[str, list[tuple[str, int]]]:
    """A plan as routes from outside."""
    return {
        problem.vehicles[route.vehicle].vehicle_id: [
            (problem.tasks[step.idx].task_id, step.mode)
            if step.kind == "task"
            else (problem.facilities[step.idx].facility_id, VISIT)
            for step in route.steps
        ]
        for route in plan.routes
    }


def some_pins(problem: Problem, plan: Plan, seed: int) -> list[Pin]:
    """The beginning of every second route, and the truck of some tasks of all others."""
    rng = np.random.default_rng(seed)
    pins: list[Pin] = []
    for vehicle, tasks in tasks_of(plan).items():
        if vehicle % 2:
            pins += [Pin(task, vehicle) for task in tasks if rng.random() < 0.4]
        else:
            first = tasks[: int(rng.integers(0, len(tasks) + 1))]
            pins += [Pin(task, vehicle, place) for place, task in enumerate(first)]
    return pins


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("town", [scarce_town, mixed_town, random_problem])
def test_pins_hold_across_parts(town: Town, seed: int) -> None:
    """Another seed, other borders: what is pinned stays, and all rules hold."""
    problem = town(seed)
    before = solve(problem, MaxIterations(200), seed + 50)
    pins = some_pins(problem, before, seed)
    assert any(pin.place is not None for pin in pins)
    assert any(pin.place is None for pin in pins)
    pinned = replace(problem, pins=tuple(pins))
    plan = in_parts(pinned, 2_000)
    assert evaluate_plan(pinned, plan).violations == []
    found = tasks_of(plan)
    for pin in pins:
        assert pin.vehicle is not None
        assert pin.task in found[pin.vehicle]
        if pin.place is not None:
            assert found[pin.vehicle][pin.place] == pin.task
    # the judge with matrices agrees with a search that has none
    blind = replace(without_matrices(problem), pins=tuple(pins))
    assert in_parts(blind, 2_000).routes == plan.routes
    # with a given plan beside the pins
    both = in_parts(pinned, 300, begin=as_given(problem, before))
    assert evaluate_plan(pinned, both).violations == []


def begun_with_itself(problem: Problem) -> tuple[Plan, str, int, Plan]:
    """A plan, what is told of it as the beginning of another search, and what that finds."""
    told: list[tuple[str, int]] = []
    before = solve(problem, MaxIterations(300), 9)
    options = Options(scale=Scale(10, 1), threads=1, begin=as_given(problem, before))
    plan = solve(
        problem,
        MaxIterations(5),
        3,
        progress=lambda stage, used, cost, unserved: told.append((stage, cost)),
        options=options,
    )
    return before, *told[0], plan


@pytest.mark.parametrize("seed", range(3))
def test_a_given_plan_holds_until_something_better_is_found(seed: int) -> None:
    """Its stops and visits come out as they went in, though parts are cut through it."""
    problem = mixed_town(seed)
    before, stage, cost, plan = begun_with_itself(problem)
    assert stage == "48 of 48 stops as in the given plan"
    assert cost == before.cost
    assert plan.cost <= before.cost < in_parts(problem, 5).cost


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(3))
def test_most_of_a_given_plan_holds_where_bays_are_few(seed: int) -> None:
    """Who books first may differ, and then a queue breaks a shift; the rest holds."""
    problem = scarce_town(seed)
    before, stage, _, plan = begun_with_itself(problem)
    kept, wanted = int(stage.split()[0]), sum(map(len, tasks_of(before).values()))
    assert wanted >= kept >= 0.9 * wanted
    assert evaluate_plan(problem, plan).violations == []
    assert plan.cost < in_parts(problem, 5).cost


def test_a_given_plan_of_another_day_is_taken_as_far_as_it_goes() -> None:
    """Trucks and tasks that are gone are passed over; no matrices of the whole are needed."""
    town = without_matrices(mixed_town(1))
    before = in_parts(town, 500)
    given = {**as_given(town, before), "gone": [("t1", 0), ("nowhere", 0)]}
    fewer = replace(town, tasks=town.tasks[5:])
    told: list[str] = []
    options = Options(scale=SCALE, threads=1, begin=given)
    plan = solve(fewer, MaxIterations(60), 3, "native", lambda *now: told.append(now[0]), options)
    assert told[0] == "43 of 50 stops as in the given plan"
    assert not plan.unserved
    assert plan.cost <= before.cost


def test_a_task_goes_where_the_only_truck_that_may_serve_it_is() -> None:
    """However far apart they start: a pin to a truck holds in the first round already."""
    town = plain_town(2, 60, 20)
    pins = tuple(Pin(task, task % 20) for task in range(0, 60, 7))
    laid = with_pins_laid_in(replace(town, pins=pins))
    assert sole_servers(laid) == {pin.vehicle: [pin.task] for pin in pins}
    plan = solve(
        replace(town, pins=pins),
        MaxIterations(60),
        3,
        options=Options(scale=Scale(10, 1), threads=1),
    )
    for pin in pins:
        assert pin.vehicle is not None
        assert pin.task in tasks_of(plan)[pin.vehicle]


@pytest.mark.compiled
def test_a_resumed_search_does_not_begin_anew(tmp_path) -> None:
    """What is found in parts with pins and given routes depends on nothing but the steps."""
    problem = scarce_town(2)
    before = solve(problem, MaxIterations(100), 7)
    pins = tuple(some_pins(problem, before, 2))
    pinned = replace(problem, pins=pins)
    given = as_given(problem, before)
    one = in_parts(pinned, 120, begin=given, checkpoint=tmp_path / "a.npz")
    assert one == in_parts(pinned, 120, begin=given, threads=2)
