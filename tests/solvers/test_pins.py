"""What is under way or promised holds in every plan, or is an error that names it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing.errors import InfeasibleError, InputError
from solvers.cut import cut
from solvers.evaluate import evaluate_plan
from solvers.ground import needs_booking
from solvers.pins import with_pins_laid_in
from solvers.plan import Plan
from solvers.problem import Pin, Problem, VisitGroup
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.solvers.problems import HOUR, NO_BREAKS, line_problem, random_problem


def tasks_of(plan: Plan, vehicle: int) -> list[int]:
    """The tasks of a vehicle's route, in order."""
    return [s.idx for r in plan.routes if r.vehicle == vehicle for s in r.steps if s.kind == "task"]


def begins_of(problem: Problem, plan: Plan) -> dict[int, int]:
    """When each served task is begun."""
    return {
        timing.step.idx: timing.begin_s
        for route in evaluate_plan(problem, plan).driven
        for timing in route.timings
        if timing.step.kind == "task"
    }


def test_an_order_is_kept_though_it_costs_more() -> None:
    """The farthest stop first and the nearest second, then the others on the way back."""
    free = line_problem(capacity_kg=1600)
    pinned = replace(free, pins=(Pin(3, 0, 0), Pin(0, 0, 1)))
    plan = solve(pinned, MaxIterations(200), 1)
    assert tasks_of(plan, 0) == [3, 0, 1, 2]
    assert plan.cost > solve(free, MaxIterations(200), 1).cost


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(k, marks=pytest.mark.compiled) for k in range(2, 8))]
)
def test_pins_of_any_kind_hold_in_random_days(seed: int) -> None:
    """Beginnings of the routes of one plan, trucks and moments of others, all hold in the next."""
    problem = random_problem(seed, 20, 4)
    before = solve(problem, MaxIterations(100), seed)
    rng = np.random.default_rng(seed)
    begins = begins_of(problem, before)
    pins: list[Pin] = []
    for route in before.routes:
        tasks = tasks_of(before, route.vehicle)
        first = int(rng.integers(0, len(tasks) + 1))
        pins += [Pin(task, route.vehicle, place) for place, task in enumerate(tasks[:first])]
        for task in tasks[first:]:
            kind = rng.random()
            if kind < 0.15:
                pins.append(Pin(task, route.vehicle))
            elif kind < 0.3:
                pins.append(Pin(task, None, None, (begins[task] - 600, begins[task] + 600)))
    pinned = replace(problem, pins=tuple(pins))
    # another seed and many steps: everything that may move does
    plan = solve(pinned, MaxIterations(300), seed + 100)
    assert evaluate_plan(pinned, plan).violations == []
    assert not {u.task for u in plan.unserved} & {pin.task for pin in pins}
    for pin in pins:
        if pin.place is not None:
            assert pin.vehicle is not None
            assert tasks_of(plan, pin.vehicle)[pin.place] == pin.task
    # the same by several searches, which exchange and recombine routes
    assert evaluate_plan(pinned, solve(pinned, MaxIterations(60), seed)).violations == []


def test_pins_hold_where_links_tell_all() -> None:
    """Without queues and paid hours nothing is booked: the search over links keeps the order."""
    problem = line_problem(capacity_kg=1600, cost_h=0)
    truck = problem.vehicles[0]
    problem = replace(
        problem,
        rules=NO_BREAKS,
        vehicles=(truck, replace(truck, vehicle_id="second")),
        facilities=(replace(problem.facilities[0], bays=9),),
    )
    assert not needs_booking(problem)
    pinned = replace(problem, pins=(Pin(2, 1, 0), Pin(1, 1, 1)))
    plan = solve(pinned, MaxIterations(300), 3)
    assert tasks_of(plan, 1)[:2] == [2, 1]
    assert evaluate_plan(pinned, plan).violations == []


def test_a_promise_is_judged_apart_from_the_search() -> None:
    """The slow evaluation names each pin that a plan does not hold."""
    problem = line_problem(capacity_kg=1600)
    plan = solve(problem, MaxIterations(50), 1)
    first, last = tasks_of(plan, 0)[0], tasks_of(plan, 0)[-1]
    begin = begins_of(problem, plan)[first]
    held = replace(problem, pins=(Pin(first, 0, 0, (begin, begin)), Pin(last, 0)))
    assert evaluate_plan(held, plan).violations == []
    broken = replace(
        problem,
        vehicles=(problem.vehicles[0], replace(problem.vehicles[0], vehicle_id="second")),
        pins=(Pin(last, 0, 0), Pin(first, 1)),
    )
    told = evaluate_plan(broken, plan).violations
    assert len(told) == 2
    assert "pinned as task 0" in told[0]
    assert "another vehicle" in told[1]
    late = replace(problem, pins=(Pin(first, None, None, (begin - 9, begin - 1)),))
    assert "pinned until" in evaluate_plan(late, plan).violations[0]
    left = replace(plan, routes=())
    assert "left out although it is pinned" in evaluate_plan(held, left).violations[-1]


def test_a_pinned_task_is_served_at_any_price() -> None:
    """What nobody would serve at its price is served when it is pinned."""
    problem = line_problem()
    cheap = replace(problem, tasks=tuple(replace(t, price=1) for t in problem.tasks))
    assert solve(cheap, MaxIterations(50), 1).routes == ()
    plan = solve(replace(cheap, pins=(Pin(2),)), MaxIterations(50), 1)
    assert tasks_of(plan, 0) == [2]
    assert plan.cost == evaluate_plan(cheap, plan).cost


@pytest.mark.parametrize(
    ("pins", "words"),
    [
        ((Pin(9),), "task number 9"),
        ((Pin(0, 5),), "vehicle number 5"),
        ((Pin(0), Pin(0, 0)), "pinned 2 times"),
        ((Pin(0, None, 0),), "without a vehicle"),
        ((Pin(0, 0, 1),), "expected each of 0 to 0"),
        ((Pin(0, 1),), "other may not serve it"),
        ((Pin(1, None, None, (7 * HOUR, 8 * HOUR)),), "none of its windows"),
    ],
)
def test_pins_that_contradict_the_tables_are_named(pins: tuple[Pin, ...], words: str) -> None:
    """Each fault of a pin is told before anything is searched."""
    problem = line_problem()
    other = replace(problem.vehicles[0], vehicle_id="other", capacity_l={"kitchen": 9})
    tasks = list(problem.tasks)
    tasks[1] = replace(tasks[1], windows=((6 * HOUR, 6 * HOUR + 60),))
    problem = replace(problem, vehicles=(*problem.vehicles, other), tasks=tuple(tasks))
    with pytest.raises(InfeasibleError, match=words):
        solve(replace(problem, pins=pins), MaxIterations(1), 1)


def test_all_faults_of_pins_come_at_once() -> None:
    """Two faults, two lines."""
    with pytest.raises(InfeasibleError) as error:
        solve(replace(line_problem(), pins=(Pin(9), Pin(0, None, 0))), MaxIterations(1), 1)
    assert len(str(error.value).split("\n")) == 2


def test_visits_chosen_together_cannot_be_pinned() -> None:
    """Their days are chosen by the plan."""
    problem = replace(line_problem(), groups=(VisitGroup((0,), ((0,),)),), pins=(Pin(0),))
    with pytest.raises(InfeasibleError, match="several visits"):
        with_pins_laid_in(problem)


def test_an_order_that_no_day_holds_is_refused() -> None:
    """A first task that opens after the second closes cannot be done by one truck."""
    problem = line_problem()
    tasks = list(problem.tasks)
    tasks[0] = replace(tasks[0], windows=((9 * HOUR, 9 * HOUR),))
    tasks[1] = replace(tasks[1], windows=((7 * HOUR, 7 * HOUR),))
    problem = replace(problem, tasks=tuple(tasks), pins=(Pin(0, 0, 0), Pin(1, 0, 1)))
    with pytest.raises(InfeasibleError, match="no way is found to serve stop1, stop2 in this"):
        solve(problem, MaxIterations(10), 1)


def test_a_pin_that_finds_no_place_is_an_error_with_its_reason() -> None:
    """A promised moment that no truck can reach is told, with what was tried."""
    problem = replace(line_problem(), pins=(Pin(3, None, None, (10, 20)),))
    with pytest.raises(InfeasibleError, match=r"pin of stop4 cannot be held: window"):
        solve(problem, MaxIterations(10), 1)


def test_a_backend_without_orders_says_who_has_them() -> None:
    """OR-Tools holds trucks and moments, and refuses orders."""
    problem = line_problem(capacity_kg=1600)
    truck = replace(problem.vehicles[0], vehicle_id="second")
    problem = replace(problem, vehicles=(*problem.vehicles, truck))
    plan = solve(replace(problem, pins=(Pin(1, 1),)), MaxIterations(20), 1, "ortools")
    assert 1 in tasks_of(plan, 1)
    with pytest.raises(InputError, match="pinned to the beginning of a route; use native"):
        solve(replace(problem, pins=(Pin(1, 1, 0),)), MaxIterations(20), 1, "ortools")


def test_a_part_keeps_the_pins_of_its_own_tasks_and_trucks() -> None:
    """Numbers of the part; pins whose truck is elsewhere stay there."""
    problem = replace(
        random_problem(1, 6, 3), pins=(Pin(2, 1, 0), Pin(4, 0), Pin(5, None, None, (1, 2)))
    )
    part = cut(problem, [2, 4, 5], [1, 2]).problem
    assert part.pins == (Pin(0, 0, 0), Pin(2, None, None, (1, 2)))
