"""Reasons: each rule alone on a hand-made case, and no idle truck beside what it could serve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dispatch.reasons import WORDS
from solvers.driven import DrivenBench
from solvers.evaluate import evaluate, evaluate_plan
from solvers.plan import Plan
from solvers.problem import DAY_END_S, Mode, Problem, Rules, Task, VisitGroup
from solvers.reasons import RosterBench, settle_unserved
from solvers.roster import Roster
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.solvers.problems import HOUR, line_problem, random_problem

FREE_TIME = Rules(meal_break_s=0, max_driving_s=10 * DAY_END_S)


def told_by_links(problem: Problem) -> Problem:
    """The same problem without paid hours, breaks and queues: its cost needs no booking."""
    trucks = tuple(replace(v, cost_h=0, cost_km=1000) for v in problem.vehicles)
    places = tuple(replace(f, bays=len(trucks), capacity_kg=None) for f in problem.facilities)
    return replace(problem, vehicles=trucks, facilities=places, rules=FREE_TIME)


def with_task(problem: Problem, **change: object) -> Problem:
    """The same problem with its first task alone, changed."""
    return replace(problem, tasks=(replace(problem.tasks[0], **change),))  # type: ignore[arg-type]


def with_facility(problem: Problem, **change: object) -> Problem:
    """The same problem with its plant changed."""
    return replace(problem, facilities=(replace(problem.facilities[0], **change),))  # type: ignore[arg-type]


def cut_off(problem: Problem) -> Problem:
    """No way leads to the first stop."""
    time_s, length_m = problem.time_s.copy(), problem.length_m.copy()
    time_s[:, :, 1] = length_m[:, :, 1] = -1
    return replace(with_task(problem), time_s=time_s, length_m=length_m)


BOTH = {
    "no_vehicle": lambda: with_task(line_problem(), stream="glass"),
    "too_heavy": lambda: with_task(line_problem(), mass_kg=1001),
    "no_facility": lambda: with_facility(line_problem(), streams=frozenset({"kitchen"})),
    "facility_closed": lambda: with_facility(line_problem(), open_s=0, close_s=60),
    "trips": lambda: with_task(line_problem(max_trips=0)),
    "water": lambda: with_task(line_problem(tank_l=50), water_l=60),
    "window": lambda: with_task(line_problem(), windows=((0, HOUR),)),
    "shift": lambda: with_task(line_problem(shift_end=6 * HOUR + 700)),
    "unreachable": lambda: cut_off(line_problem()),
    "price": lambda: with_task(line_problem(), price=5),
    "fleet_busy": lambda: line_problem(shift_end=6 * HOUR + 2000),
}
BOOKED = {
    **BOTH,
    "range": lambda: with_task(line_problem(max_length_m=9_999)),
    "facility_full": lambda: with_facility(line_problem(), capacity_kg=100),
    "meal_break": lambda: replace(
        with_task(
            line_problem(), modes=(Mode(1, 1, 3 * HOUR),), windows=((6 * HOUR, 6 * HOUR + 600),)
        ),
        rules=Rules(meal_window=(7 * HOUR, 7 * HOUR + 1800)),
    ),
}


def visits(problem: Problem) -> Problem:
    """The first two stops are the visits of one customer, but on the other day time is short."""
    group = VisitGroup((0, 1), ((0, 1),))
    short = replace(problem.vehicles[0], vehicle_id="b", day=1, shift_end=6 * HOUR + 60)
    trucks = (*problem.vehicles, short)
    return replace(problem, tasks=problem.tasks[:2], vehicles=trucks, groups=(group,))


LINKED = {
    **BOTH,
    "day_limit": lambda: with_task(line_problem(max_day_kg=399)),
    "duration": lambda: with_task(line_problem(max_duration_s=900)),
    "other_visits": lambda: visits(line_problem()),
}


def reasons_of(plan: Plan) -> set[str]:
    """The reasons of a plan, each with a proof."""
    assert plan.unserved
    assert all(sum(u.proof.values()) > 0 for u in plan.unserved)
    return {u.reason for u in plan.unserved}


@pytest.mark.parametrize("reason", BOOKED)
def test_each_rule_is_named_where_time_is_booked(reason):
    """With one obstacle, each task left out tells of it, with the refusals counted."""
    problem = BOOKED[reason]()
    assert reasons_of(solve(problem, MaxIterations(5), 1)) == {reason}


@pytest.mark.parametrize("reason", LINKED)
def test_each_rule_is_named_where_links_tell_the_cost(reason):
    """The same without booking, where the slow evaluation is the judge."""
    problem = told_by_links(LINKED[reason]())
    assert reasons_of(solve(problem, MaxIterations(5), 1)) == {reason}


def test_every_word_of_the_solver_has_a_case():
    """No reason that a dispatcher may read goes untried here; some are given outside the solver."""
    before = {"cut_off", "gated", "off_network", "stays_aboard"}
    convoys = {"convoy", "no_convoy", "bins"}
    snow = {"no_loader", "loader_barred"}
    assert {*BOOKED, *LINKED, *before, *convoys, *snow} == set(WORDS)


def test_the_rule_of_the_only_truck_that_fits_counts():
    """Two small trucks cannot lift it and the large one comes too late: both are in the proof."""
    problem = line_problem()
    truck = problem.vehicles[0]
    late = replace(truck, capacity_kg=5000, shift_start=20 * HOUR, shift_end=30 * HOUR)
    task = replace(problem.tasks[0], mass_kg=4000, windows=((7 * HOUR, 8 * HOUR),))
    one = replace(problem, tasks=(task,), vehicles=(truck, replace(truck, vehicle_id="b"), late))
    (left,) = settle_unserved(RosterBench(Roster(one, 1)))
    assert left.reason == "too_heavy"
    assert left.proof == {"too_heavy": 1, "window": 1}


@pytest.mark.parametrize("seed", range(6))
def test_no_idle_truck_could_serve_what_is_left(seed):
    """After a search of no steps at all, nothing left out fits an idle truck for its price."""
    problem = random_problem(seed)
    roster = Roster(problem, seed)
    unserved = settle_unserved(RosterBench(roster))
    assert {u.task for u in unserved} == set(roster.unserved)
    idle = set(range(len(problem.vehicles))) - set(roster.sequences())
    for left in unserved:
        task, first = problem.tasks[left.task], int(roster.model.task[left.task, 5])
        for vehicle in idle:
            if not problem.may_serve(problem.vehicles[vehicle], task):
                continue
            for mode in range(first, first + len(task.modes)):
                if roster.decode(vehicle, [mode]) == 0:
                    assert roster.scratch.result[0] > task.price
    result = evaluate(problem, roster.to_routes(), set(roster.unserved))
    assert result.feasible, result.violations


def test_an_idle_truck_is_tried_behind_any_number_of_cheaper_places(monkeypatch):
    """The full truck on the spot has four cheap places, all refused; one far away is still idle."""
    monkeypatch.setattr("solvers.reasons.FEWEST_TRIALS", 2)
    monkeypatch.setattr(RosterBench, "most_trials", 0)
    problem = line_problem(max_trips=1)
    (near,) = problem.vehicles
    far = replace(near, vehicle_id="far", start=5, end=5, fixed_cost=200_000, capacity_kg=400)
    roster = Roster(replace(problem, vehicles=(near, far)), 1)
    roster.load({0: [2, 3]})
    left = settle_unserved(RosterBench(roster))
    assert len(left) == 1
    assert set(roster.sequences()) == {0, 1}


def test_a_truck_that_one_task_opens_takes_another():
    """A stop not worth a truck of its own is served once a dear one has paid for the truck."""
    problem = told_by_links(line_problem(fixed_cost=100_000))
    tasks = (replace(problem.tasks[0], price=50_000), replace(problem.tasks[1], price=200_000))
    bench = DrivenBench(replace(problem, tasks=tasks), {})
    assert settle_unserved(bench) == ()
    result = evaluate(bench.problem, bench.routes(), set())
    assert result.feasible, result.violations
    assert result.cost == 110_000


def test_unloading_is_put_in_where_the_load_asks_for_it():
    """A third stop of 400 kg fits a truck of 1,000 kg by way of the plant."""
    problem = told_by_links(line_problem())
    bench = DrivenBench(replace(problem, tasks=problem.tasks[:3]), {0: [0, 1, -1]})
    assert settle_unserved(bench) == ()
    assert sum(x < 0 for x in bench.sequence(0)) == 2
    assert evaluate(bench.problem, bench.routes(), set()).feasible


def test_repaired_routes_hold_every_rule():
    """From nothing, the repair alone makes feasible plans of problems told by links."""
    for seed in range(4):
        problem = told_by_links(random_problem(seed))
        bench = DrivenBench(problem, {})
        left = settle_unserved(bench)
        cost = evaluate(problem, bench.routes(), {u.task for u in left})
        assert cost.feasible, cost.violations
        assert len(left) < len(problem.tasks)


def test_many_tasks_left_out_stay_affordable():
    """With many tasks left out each is tried at few places, and all have their reason."""
    places = np.zeros((1, 1, 1), np.int32)
    truck = replace(line_problem(max_day_tasks=3).vehicles[0], start=0, end=0)
    tasks = tuple(Task(str(i), (Mode(0, 0, 1),), "other", 1, 1) for i in range(300))
    problem = told_by_links(Problem(tasks, (truck,), (), places, places))
    loose = replace(problem, vehicles=(replace(problem.vehicles[0], ends_loaded=True),))
    plan = solve(loose, MaxIterations(20), 1)
    assert len(plan.unserved) == 297
    assert reasons_of(plan) == {"fleet_busy"}
    assert evaluate_plan(loose, plan).feasible


@pytest.mark.parametrize("solver", ["native", "ortools"])
@pytest.mark.parametrize("seed", range(4))
def test_no_route_is_longer_than_its_range(seed, solver):
    """With ranges that bind, every route of the plan stays within that of its truck."""
    problem = random_problem(seed)
    free = evaluate_plan(problem, solve(problem, MaxIterations(60), 1, solver)).driven
    limit = max(d.length_m for d in free) * 2 // 3
    bound = tuple(replace(v, max_length_m=limit) for v in problem.vehicles)
    limited = replace(problem, vehicles=bound)
    judged = evaluate_plan(limited, solve(limited, MaxIterations(60), 1, solver))
    assert judged.feasible
    assert judged.driven
    assert max(d.length_m for d in judged.driven) <= limit
