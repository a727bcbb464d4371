"""Teams: the same at any number of threads, exchange, and no fault in what they find."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from solvers._kernels import ground as g
from solvers.evaluate import evaluate_plan
from solvers.native import Search
from solvers.pool import Pool
from solvers.problem import Problem
from solvers.roster import Roster
from solvers.solve import Options, solve
from solvers.stop import MaxIterations, MaxSeconds
from solvers.team import Stage, Team
from tests.solvers.problems import line_problem, random_problem
from tests.solvers.test_pool import plain_problem

KINDS = ("links", "booked")
pytestmark = pytest.mark.compiled


def solved(problem: Problem, searches: int, threads: int, steps: int = 300):
    """The plan of a team."""
    return solve(problem, MaxIterations(steps), 3, options=Options(searches, threads))


@pytest.mark.parametrize("searches", [2, 3])
@pytest.mark.parametrize(
    "problem", [plain_problem(1, 60), random_problem(5)], ids=("links", "booked")
)
def test_threads_do_not_change_the_plan(problem, searches):
    """One, two and more threads than searches give the same plan, to the letter."""
    plans = [repr(solved(problem, searches, threads)) for threads in (1, 2, 4)]
    assert plans[0] == plans[1] == plans[2]


@pytest.mark.parametrize(
    "problem", [plain_problem(2, 60), random_problem(6)], ids=("links", "booked")
)
def test_team_finds_no_less_than_its_first_search(problem):
    """Until they first exchange, a team's best is at most that of its first search alone."""
    seed, stage = 4, Stage("links", 0.0, 0.4)
    costs = []
    for size in (1, 2):
        team = Team(Search(problem, seed), size, seed, size)
        team.run(MaxIterations(200), lambda *_: None, stage, lambda: None)
        costs.append(team.best.cost)
    assert costs[1] <= costs[0]


@pytest.mark.parametrize("seed", range(5))
def test_plans_of_teams_hold_every_rule(seed):
    """On random days the slow evaluation finds no fault in a team's plan, at the same cost."""
    for problem in (random_problem(seed), plain_problem(seed, 40)):
        plan = solved(problem, 2, 2, 80)
        judged = evaluate_plan(problem, plan)
        assert judged.violations == []
        assert judged.cost == plan.cost


def test_twins_share_what_none_writes():
    """Twins have the same routes and another seed; their written tables are their own."""
    first = Search(plain_problem(1, 30), 1)
    first.advance(50, 0.5)
    other = first.twin(2)
    assert other.sequences() == first.sequences()
    assert other.tables.seed[0] != first.tables.seed[0]
    assert other.tables.travel is first.tables.travel
    before = first.tables.link.copy()
    other.advance(50, 0.5)
    assert np.array_equal(first.tables.link, before)


def test_booked_twins_keep_their_own_bookings():
    """A twin's steps change neither the routes nor the bays of the roster it came from."""
    roster = Roster(random_problem(3), 3)
    roster.insert_all(range(len(roster.problem.tasks)))
    roster.keep_best()
    first = Search(roster.problem, 3, roster)
    before = {name: array.copy() for name, array in first.state().items()}
    first.twin(4).advance(40, 0.5)
    assert all(np.array_equal(array, before[name]) for name, array in first.state().items())


def test_the_worst_goes_on_from_the_best():
    """At a mark the worst search takes over the best one's routes, but draws other numbers."""
    first = Search(plain_problem(5, 40), 5)
    team = Team(first, 2, 5, 1)
    first.advance(200, 0.9)
    team._meet(0.6)
    best, worst = team.searches
    assert worst.cost == best.cost
    assert worst.sequences() == best.sequences()
    assert worst.tables.seed[0] != best.tables.seed[0]


def test_pooled_team_is_restored_to_the_bit():
    """Going on from a state read back gives the very arrays of going on undisturbed."""
    problem, stop = plain_problem(6, 40), MaxIterations(400)

    def team() -> Team:
        first = Search(problem, 6)
        return Team(first, 2, 6, 2, Pool(first.blank))

    one, other = team(), team()
    one.run(stop, lambda *_: None, Stage("links", 0.0, 0.6), lambda: None)
    other.restore({name: array.copy() for name, array in one.state().items()})
    for some in (one, other):
        some.run(stop, lambda *_: None, Stage("links"), lambda: None)
    assert all(np.array_equal(a, other.state()[name]) for name, a in one.state().items())


def test_time_is_kept_by_several_threads():
    """A budget of no time gives a plan; one of some time makes equal steps in all searches."""
    assert solve(line_problem(), MaxSeconds(0.0), 1, options=Options(2, 2)).cost == 158_000
    plain = plain_problem(1, 40)
    alike = replace(plain, vehicles=plain.vehicles[:2])  # no trial of types, which makes steps
    team = Team(Search(alike, 1), 2, 1, 2)
    team.run(MaxSeconds(0.3), lambda *_: None, Stage("links"), lambda: None)
    assert {int(s.tables.tally[g.STEP]) for s in team.searches} == {team.done}


def test_target_ends_the_search():
    """The first plan at or below the target is returned, with most of the steps unused."""
    problem = plain_problem(3, 40)
    options = Options(target=sum(t.price for t in problem.tasks))
    plan = solve(problem, MaxIterations(10**7), 1, options=options)
    assert plan.iterations < 10**6
    assert plan.cost <= (options.target or 0)


def test_nothing_to_do_is_done_at_once():
    """A problem without tasks ends, whatever the team."""
    empty = replace(plain_problem(1), tasks=())
    assert solve(empty, MaxIterations(100), 1, options=Options(2, 2)).cost == 0


def test_team_starts_without_machine_code(tmp_path):
    """With a cold cache the kernels are compiled once, and both threads find the same plan."""
    program = (
        "from solvers.solve import Options, solve; from solvers.stop import MaxIterations;"
        "from tests.solvers.test_pool import plain_problem;"
        "print(solve(plain_problem(1, 60), MaxIterations(300), 3, options=Options(2, 2)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(solved(plain_problem(1, 60), 2, 1))
