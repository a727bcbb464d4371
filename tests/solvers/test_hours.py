"""Travel that changes by the hour: legs, routes and whole plans."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing._kernels.jit import njit
from solvers._kernels import hours as kernel
from solvers._kernels.decode import IDLE_MATTERS_S
from solvers.arrays import build_model
from solvers.evaluate import evaluate, evaluate_plan
from solvers.hours import NO_BORDER, Hours, find_leg
from solvers.problem import Problem
from solvers.roster import Roster
from solvers.solve import solve
from solvers.stop import Interruptible, MaxIterations
from solvers.team import Run, polish
from tests.solvers.problems import HOUR, line_problem, random_problem, with_hours

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"

times = st.one_of(st.just(-1), st.integers(0, 40))


@st.composite
def small_hours(draw):
    """Two places, up to three borders within a hundred seconds, any layers.

    Further borders that never come may fill the row, as beside a profile with more of them.
    """
    borders = sorted(draw(st.sets(st.integers(1, 99), min_size=1, max_size=3)))
    inside = [draw(times) for _ in range(len(borders) + 1)]
    row, layers = [], []
    for k, now in enumerate(inside):
        row.append(1 + len(layers))
        layers.append(now)
        if k < len(borders):
            either = -1 if min(now, inside[k + 1]) < 0 else max(now, inside[k + 1])
            row.append(1 + len(layers))
            layers.append(either)
    blocks = np.zeros((len(layers), 2, 2), np.int32)
    blocks[:, 0, 1] = layers
    fast = np.zeros((1, 2, 2), np.int32)
    fast[0, 0, 1] = min((t for t in inside if t >= 0), default=-1)
    spare = draw(st.integers(0, 2))
    row += [0] * (2 * spare)
    borders += [NO_BORDER] * spare
    return Hours(
        np.asarray([borders], np.int64).reshape(1, -1), np.asarray([row]), blocks, blocks * 10
    ), fast


def arrival(hours: Hours, clock: int) -> int:
    """The earliest arrival by trying every second of departure, from the words of the rule."""
    borders = [b for b in hours.borders[0].tolist() if b < NO_BORDER]
    best = NO_BORDER
    for depart in range(clock, 200):
        first = sum(b <= depart for b in borders)
        for column in (2 * first, 2 * first + 1):
            if column > 2 * len(borders):
                continue
            seconds = int(hours.time_s[hours.layer[0, column] - 1, 0, 1])
            last_border = first + column % 2
            until = borders[last_border] if last_border < len(borders) else NO_BORDER
            if seconds >= 0 and depart + seconds <= until:
                best = min(best, depart + seconds)
    return best


@given(small_hours(), st.integers(0, 120))
def test_a_leg_arrives_as_early_as_any_departure_allows(case, clock):
    """Waiting for a border is tried as well as going at once; no other second does better."""
    hours, fast = case
    leg = find_leg(hours, fast, fast, 0, 0, 1, clock)
    best = arrival(hours, clock)
    assert (leg is None) == (best == NO_BORDER)
    if leg is not None:
        assert leg.arrive_s == best
        assert leg.depart_s >= clock


@given(small_hours(), st.integers(0, 120), st.integers(0, 60))
def test_who_leaves_later_never_arrives_earlier(case, clock, later):
    """First in, first out."""
    hours, fast = case
    one = find_leg(hours, fast, fast, 0, 0, 1, clock)
    two = find_leg(hours, fast, fast, 0, 0, 1, clock + later)
    assert two is None or (one is not None and one.arrive_s <= two.arrive_s)


@njit
def _leg(model, profile, place, target, clock):
    return kernel.find_leg(model, profile, place, target, clock)


@given(small_hours(), st.integers(0, 120), st.integers(0, 60))
def test_the_kernel_equals_its_twin_and_its_slack_holds(case, clock, later):
    """Same departure, seconds and layer; and within the slack a later start changes neither."""
    hours, fast = case
    problem = Problem((), line_problem().vehicles, (), fast, fast, hours=hours)
    model = build_model(replace(problem, vehicles=()))
    depart, seconds, layer, slack = _leg(model, 0, 0, 1, clock)
    leg = find_leg(hours, fast, fast, 0, 0, 1, clock)
    if leg is None:
        assert seconds < 0
        return
    assert (depart, seconds, layer) == (leg.depart_s, leg.time_s, leg.layer)
    assert slack >= 0
    waited = depart - clock
    if later <= waited + min(slack, 1000):
        again = find_leg(hours, fast, fast, 0, 0, 1, clock + later)
        assert again is not None
        assert (again.time_s, again.layer) == (leg.time_s, leg.layer)
        assert again.depart_s == max(depart, clock + later)


def test_two_stops_at_one_place_are_left_before_a_closure_begins():
    """A leg of no length takes no time, but from the border on there is none."""
    blocks = np.zeros((3, 2, 2), np.int32)
    blocks[:, 0, 1] = 0, -1, -1
    hours = Hours(np.asarray([[50]]), np.asarray([[1, 2, 3]]), blocks, blocks)
    fast = np.zeros((1, 2, 2), np.int32)
    problem = Problem((), line_problem().vehicles, (), fast, fast, hours=hours)
    model = build_model(replace(problem, vehicles=()))
    assert _leg(model, 0, 0, 1, 40) == (40, 0, 1, 9)
    assert find_leg(hours, fast, fast, 0, 0, 1, 49) is not None
    assert find_leg(hours, fast, fast, 0, 0, 1, 50) is None


@pytest.mark.parametrize("seed", range(20 if COMPILED else 2))
def test_plans_by_the_hour_are_exact(seed):
    """Greedy routes and searched routes hold, and cost what the slow twin says."""
    problem = with_hours(random_problem(seed), seed)
    roster = Roster(problem, seed)
    roster.insert_all(range(len(problem.tasks)))
    assert _checked_cost(roster) == roster.cost
    roster.keep_best()
    best = _polished(roster, 200 if COMPILED else 5)
    roster.restore_best()
    assert best == roster.cost == _checked_cost(roster)


@pytest.mark.parametrize("seed", range(6 if COMPILED else 1))
def test_borders_without_change_cost_little(seed):
    """Borders between equal periods: each route serves the same; later starts are found."""
    plain = random_problem(seed)
    same = Hours(
        np.asarray([[9 * HOUR, 12 * HOUR]]),
        np.zeros((1, 5), np.int64),
        np.zeros((0, *plain.time_s.shape[1:]), np.int32),
        np.zeros((0, *plain.time_s.shape[1:]), np.int32),
    )
    one, two = (Roster(p, seed) for p in (plain, replace(plain, hours=same)))
    one.insert_all(range(len(plain.tasks)))
    two.load(one.sequences())
    assert two.sequences() == one.sequences()
    most = max(v.cost_h for v in plain.vehicles)
    assert one.cost <= two.cost <= one.cost + most * IDLE_MATTERS_S * len(plain.vehicles) // HOUR


def test_a_route_that_waits_sets_out_after_the_border():
    """The only stop opens at half past nine; roads are slow until eight: leave late, not at six."""
    problem = line_problem()
    slow = (problem.time_s * 3).astype(np.int32)
    task = replace(problem.tasks[0], windows=((9 * HOUR + 1800, 10 * HOUR),))
    hours = Hours(np.asarray([[8 * HOUR]]), np.asarray([[1, 1, 0]]), slow, problem.length_m)
    truck = replace(problem.vehicles[0], shift_end=12 * HOUR)
    late = replace(problem, tasks=(task,), vehicles=(truck,), hours=hours)
    roster = Roster(late, 1)
    roster.insert_all([0])
    assert roster.to_routes()[0].start_s == 9 * HOUR + 1800 - 100
    assert _checked_cost(roster) == roster.cost


@pytest.mark.parametrize("solver", ["native", "ortools"])
def test_a_closed_morning_is_planned_around(solver):
    """Stops behind a street that opens at eight are served after eight, the others before."""
    problem = line_problem()
    shut = problem.time_s[0].copy()
    shut[:3, 3:] = shut[3:, :3] = -1
    hours = Hours(np.asarray([[8 * HOUR]]), np.asarray([[1, 1, 0]]), shut[None], problem.length_m)
    plan = solve(replace(problem, hours=hours), stop=MaxIterations(300), solver=solver, seed=1)
    judged = evaluate_plan(replace(problem, hours=hours), plan)
    assert judged.feasible, judged.violations
    assert not plan.unserved
    begins = {
        t.step.idx: t.begin_s for d in judged.driven for t in d.timings if t.step.kind == "task"
    }
    assert min(begins[2], begins[3]) > 8 * HOUR


def test_a_street_that_stays_closed_is_told_as_unreachable():
    """What can be reached in no hour that is left is left out; the plan holds without it."""
    problem = line_problem()
    shut = problem.time_s[0].copy()
    shut[:4, 4] = shut[4, :4] = shut[4, 5] = shut[5, 4] = -1
    hours = Hours(np.asarray([[5 * HOUR]]), np.asarray([[0, 1, 1]]), shut[None], problem.length_m)
    closed = replace(problem, hours=hours)
    plan = solve(closed, stop=MaxIterations(200), solver="native", seed=1)
    assert [u.task for u in plan.unserved] == [3]
    assert plan.unserved[0].reason == "unreachable"
    assert evaluate_plan(closed, plan).feasible


def test_hours_that_do_not_fit_are_refused():
    """Borders out of order, layers that do not exist, and other places are named."""
    problem = line_problem()
    bad = Hours(
        np.asarray([[9 * HOUR, 8 * HOUR]]),
        np.zeros((1, 5), np.int64),
        np.zeros((0, 2, 2), np.int32),
        np.zeros((0, 2, 2), np.int32),
    )
    faults = bad.faults(1, 6)
    assert any("order" in f for f in faults) and any("locations" in f for f in faults)
    missing = replace(bad, borders=np.asarray([[8 * HOUR, 9 * HOUR]]), layer=np.full((1, 5), 3))
    assert any("does not exist" in f for f in missing.faults(1, 2))
    with pytest.raises(Exception, match="hours"):
        replace(problem, hours=bad).check()


def _checked_cost(roster: Roster) -> int:
    result = evaluate(roster.problem, roster.to_routes(), set(roster.unserved))
    assert result.feasible, result.violations
    return result.cost


def _polished(roster: Roster, steps: int) -> int:
    polish(roster, Run(Interruptible(MaxIterations(steps)), 1), lambda *_: None)
    return roster.best_cost
