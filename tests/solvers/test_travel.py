"""Blocks of travel, and problems cut out of larger ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solvers.checkpoint import fingerprint
from solvers.cut import cut
from solvers.evaluate import drive, evaluate
from solvers.plan import Route, Step
from solvers.problem import Facility
from solvers.solve import solve
from solvers.stop import MaxIterations
from solvers.travel import MatrixTravel, PlaneTravel
from tests.solvers.parts.towns import plain_town, whole_metres, with_matrices, without_matrices
from tests.solvers.problems import line_problem, random_problem, with_hours


def test_straight_lines_by_hand():
    """Three, four, five: metres are rounded, seconds come of metres."""
    travel = PlaneTravel(
        np.asarray([0.0, 3.0]), np.asarray([0.0, 4.0]), whole_metres, lambda metres: 2 * metres
    )
    time, length = travel.block(0, np.asarray([0]), np.asarray([0, 1]))
    assert length.tolist() == [[0, 5]]
    assert time.tolist() == [[0, 10]]


def test_blocks_of_matrices():
    """Rows and columns in the order asked for; one array where both matrices are one."""
    matrix = np.arange(9, dtype=np.int32).reshape(1, 3, 3)
    both = MatrixTravel(matrix, matrix).block(0, np.asarray([2, 0]), np.asarray([1]))
    assert both[0] is both[1]
    assert both[0].tolist() == [[7], [1]]
    apart = MatrixTravel(matrix, 2 * matrix).block(0, np.asarray([2]), np.asarray([1, 2]))
    assert [block.tolist() for block in apart] == [[[7, 8]], [[14, 16]]]


@pytest.mark.parametrize("seed", range(3))
def test_a_part_drives_like_the_whole(seed):
    """Each route of a plan has in a part of its own the times, loads and cost of the whole."""
    problem = random_problem(seed)
    plan = solve(problem, MaxIterations(50), 1)
    for route in plan.routes:
        tasks = [s.idx for s in route.steps if s.kind == "task"]
        part = cut(problem, tasks, [route.vehicle])
        part.problem.check()
        number = {t: k for k, t in enumerate(tasks)}
        steps = [replace(s, idx=number[s.idx]) if s.kind == "task" else s for s in route.steps]
        alone, known = (
            drive(part.problem, Route(0, route.start_s, tuple(steps))),
            drive(problem, route),
        )
        assert alone.cost == known.cost
        assert [(t.leg_s, t.leg_m, t.begin_s) for t in alone.timings] == [
            (t.leg_s, t.leg_m, t.begin_s) for t in known.timings
        ]


@pytest.mark.parametrize("by_the_hour", [False, True])
def test_the_judge_needs_no_matrices(by_the_hour: bool):
    """Without matrices the judge finds every time and every fault that it finds with them."""
    problem = random_problem(2)
    problem = with_hours(problem, 3) if by_the_hour else problem
    plan = solve(problem, MaxIterations(50), 1)
    wrong = replace(plan.routes[0], start_s=0, steps=plan.routes[0].steps[::-1])
    for routes in (plan.routes, (wrong, *plan.routes[1:])):
        known = evaluate(problem, routes, set())
        blind = evaluate(without_matrices(problem), routes, set())
        assert blind == known
    assert known.violations


def test_profiles_that_no_vehicle_of_a_part_has_are_left_out():
    """A part of the trucks of the second profile has that one alone."""
    problem = random_problem(1)
    two = replace(
        problem,
        time_s=np.concatenate([problem.time_s, 2 * problem.time_s]),
        length_m=np.concatenate([problem.length_m, problem.length_m]),
        vehicles=(replace(problem.vehicles[0], profile=1), *problem.vehicles[1:]),
    )
    part = cut(two, [0, 1], [0]).problem
    assert len(part.time_s) == 1
    assert part.vehicles[0].profile == 0
    a, b = (task.modes[0].entry for task in part.tasks)
    into, out = (problem.tasks[k].modes[0].entry for k in range(2))
    assert part.time_s[0, a, b] == 2 * problem.time_s[0, into, out]


def test_bays_that_others_have_booked_are_left_to_them():
    """The plant is taken when the truck would come first: it waits, and is judged so."""
    problem = line_problem()
    plan = solve(problem, MaxIterations(20), 1)
    begin = next(s.begin_s for s in plan.routes[0].steps if s.kind == "facility")
    taken = replace(problem.facilities[0], booked=(begin - 100,))
    later = replace(problem, facilities=(taken,))
    assert any("2 trucks inside" in v for v in evaluate(later, plan.routes, set()).violations)
    found = solve(later, MaxIterations(20), 1)
    begins = [s.begin_s for s in found.routes[0].steps if s.kind == "facility"]
    assert all(abs(b - (begin - 100)) >= taken.unload_s for b in begins)


def test_booked_bays_of_links_are_judged():
    """A visit that nobody booked is counted beside those that others have."""
    plant = Facility("p", 5, frozenset({"other"}), unload_s=600, booked=(7 * 3600,))
    problem = replace(line_problem(), facilities=(plant,))
    steps = (Step("task", 0), Step("facility", 0))
    early = Route(0, 7 * 3600 - 600, steps)
    faults = evaluate(problem, (early,), {1, 2, 3}).violations
    assert any("p: 2 trucks inside at" in fault for fault in faults)


def test_no_matrix_is_held():
    """A million places cost no memory but for their coordinates, and wrong use shows at once."""
    x = np.zeros(1_000_000)
    town = plain_town(1, 10, 2)
    problem = type(town).without_matrices(
        town.tasks, town.vehicles, (), PlaneTravel(x, x, whole_metres)
    )
    problem.check()
    assert problem.time_s.strides == (0, 0, 0)
    assert problem.time_s[0, 5, 999_999] == -1


def test_fingerprints_tell_travel_apart():
    """Places that moved are other data; equal ones are the same, with no matrix written out."""
    town, twin, other = plain_town(1, 30, 3), plain_town(1, 30, 3), plain_town(2, 30, 3)
    moved = replace(town, travel=other.travel)
    assert fingerprint(town) == fingerprint(twin)
    assert fingerprint(town) != fingerprint(moved)
    assert fingerprint(town) != fingerprint(with_matrices(town))
