"""The pool of routes: its costs, its bounds, and its choices against trying everything."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from solvers._kernels.steps import full_cost
from solvers.evaluate import evaluate
from solvers.native import Search, write_routes
from solvers.pool import Pool, PooledRoute, holds_apart, recombine
from solvers.problem import DAY_END_S, Mode, Problem, Rules, Task, Vehicle, VisitGroup
from solvers.stop import MaxIterations
from solvers.team import Stage, Team
from tests.solvers.problems import line_problem

FREE_TIME = Rules(meal_break_s=0, max_driving_s=10 * DAY_END_S)


def plain_problem(seed: int, num_tasks: int = 7) -> Problem:
    """Stops on a plane and trucks of two kinds that bring their load home."""
    rng = np.random.default_rng(seed)
    xy = rng.integers(0, 1000, (num_tasks + 1, 2))
    length = np.abs(xy[:, None] - xy[None]).sum(axis=2).astype(np.int32)[None]
    tasks = tuple(
        Task(f"t{i}", (Mode(i, i, 0),), "other", int(rng.integers(1, 5)), price=1500)
        for i in range(num_tasks)
    )
    small = Vehicle("s", "collector", 0, num_tasks, num_tasks, 6, {"other": 9}, 0, DAY_END_S)
    small = replace(small, cost_km=1000, ends_loaded=True, fixed_cost=100)
    large = replace(small, vehicle_id="l", capacity_kg=12, fixed_cost=250)
    return Problem(tasks, (small, small, large), (), length, length, FREE_TIME)


def cheapest_by_trying(problem: Problem, routes: list[PooledRoute]) -> int:
    """The cost of the cheapest plan among all subsets of the routes."""
    trucks = {0: 2, 1: 1}
    best = sum(task.price for task in problem.tasks)
    for size in range(1, 4):
        for chosen in combinations(routes, size):
            tasks = [code for route in chosen for code in route.codes]
            kinds = [route.kind for route in chosen]
            if len(set(tasks)) < len(tasks) or any(kinds.count(k) > trucks[k] for k in trucks):
                continue
            left = sum(t.price for i, t in enumerate(problem.tasks) if i not in tasks)
            best = min(best, left + sum(route.cost for route in chosen))
    return best


def random_routes(search: Search, pool: Pool, seed: int, num: int) -> None:
    """Fill a pool with short routes of both kinds that hold the capacity."""
    rng = np.random.default_rng(seed)
    tasks = search.problem.tasks
    while len(pool.routes) < num:
        kind = int(rng.integers(0, 2))
        codes = rng.permutation(len(tasks))[: rng.integers(1, 5)].tolist()
        if sum(tasks[t].mass_kg for t in codes) <= (6, 12)[kind]:
            pool.add(kind, codes)


@pytest.mark.parametrize("seed", range(12))
def test_choice_is_the_cheapest_of_all(seed):
    """From nothing served, the plan recombined costs what the best of all subsets costs."""
    problem = plain_problem(seed)
    search = Search(problem, seed)
    pool = Pool(search.blank)
    random_routes(search, pool, seed, 24)
    best = cheapest_by_trying(problem, list(pool.routes.values()))
    before = search.cost
    assert recombine(pool, search) == (best < before)
    assert search.cost == best == full_cost(search.tables)
    routes = write_routes(problem, search.sequences())
    served = {step.idx for route in routes for step in route.steps}
    result = evaluate(problem, routes, set(range(len(problem.tasks))) - served)
    assert result.feasible, result.violations
    assert result.cost == best


def test_nothing_cheaper_changes_nothing():
    """A search that has the best plan of its pool keeps its arrays to the last bit."""
    search = Search(plain_problem(1), 1)
    team = Team(search, 1, 1, 1)
    team.run(MaxIterations(400), lambda *_: None, Stage("links"), lambda: None)
    pool = Pool(search.blank)
    pool.collect(search)
    before = {name: array.copy() for name, array in search.state().items()}
    assert not recombine(pool, search)
    assert all(np.array_equal(array, before[name]) for name, array in search.state().items())


@pytest.mark.parametrize("seed", range(4))
def test_cost_of_a_route_is_what_the_links_say(seed):
    """The routes of a search cost what its links cost, but for the prices of what is left out."""
    search = Search(plain_problem(seed, 20), seed)
    team = Team(search, 1, seed, 1)
    team.run(MaxIterations(50), lambda *_: None, Stage("links"), lambda: None)
    pool = Pool(search.blank)
    routes = [pool.route_of(row, codes) for row, codes in search.present_rows()]
    served = {code for route in routes for code in route.codes}
    left = sum(t.price for i, t in enumerate(search.problem.tasks) if i not in served)
    assert sum(route.cost for route in routes) + left == full_cost(search.tables)


def test_visits_to_facilities_are_priced():
    """Two trips on the line are 14 km at 2 a metre and the fixed cost, as worked out by hand."""
    problem = replace(line_problem(cost_h=0), rules=FREE_TIME)
    pool = Pool(Search(problem, 1).blank)
    assert pool.cost_of(0, np.asarray([0, 1, 4, 2, 3, 4])) == 100_000 + 2 * 14_000


def test_of_equal_tasks_the_cheapest_order_is_kept():
    """One set of tasks is one route of the pool, in its cheapest order, whichever came last."""
    problem = plain_problem(2)
    pool = Pool(Search(problem, 1).blank)
    orders = [(0, 1, 2), (1, 0, 2), (0, 2, 1)]
    for order in orders:
        pool.add(1, order)
    assert len(pool.routes) == 1
    (kept,) = pool.routes.values()
    assert kept.cost == min(pool.cost_of(1, np.asarray(order)) for order in orders)


def test_memory_is_bounded_and_the_oldest_goes_first():
    """Beyond its room a pool forgets the route met longest ago; meeting one again renews it."""
    pool = Pool(Search(plain_problem(3), 1).blank, most_visits=4)
    for codes in ((0, 1), (2, 3), (0, 1), (4,)):
        pool.add(0, codes)
    assert [r.codes for r in pool.routes.values()] == [(0, 1), (4,)]
    assert pool.visits == 3


def test_state_brings_back_the_same_pool():
    """A pool restored from its arrays holds the same routes in the same order."""
    search = Search(plain_problem(4), 1)
    pool, other = Pool(search.blank), Pool(search.blank)
    random_routes(search, pool, 4, 15)
    other.add(0, (0,))
    other.restore(pool.state())
    assert list(other.routes.items()) == list(pool.routes.items())
    assert other.visits == pool.visits


def test_routes_that_depend_on_each_other_are_not_recombined():
    """Booked bays, and the visits of one customer, tie routes together."""
    assert holds_apart(plain_problem(1))
    assert not holds_apart(line_problem())
    assert not holds_apart(replace(plain_problem(1), groups=(VisitGroup((0,), ((0,),)),)))
