"""Prices that rise for tasks that stay left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.campaign.library import library
from solvers import absence
from solvers._kernels import ground as g
from solvers._kernels.steps import full_cost
from solvers.evaluate import evaluate, evaluate_plan
from solvers.native import Search, write_routes
from solvers.problem import VisitGroup
from solvers.roster import Roster
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.solvers.problems import random_problem, town


def scarce(seed: int) -> Search:
    """A search of a town with half of its trucks, which leave tasks out."""
    problem = town(seed)
    trucks = tuple(replace(v, capacity_kg=v.capacity_kg // 2) for v in problem.vehicles[::2])
    search = Search(replace(problem, vehicles=trucks), seed)
    search.advance(50, 0.0)
    assert search.num_absent > 0
    return search


@pytest.mark.parametrize("seed", range(3))
def test_what_is_told_goes_by_true_prices(seed: int):
    """The present cost holds raised prices, the best one never; in the end there are none."""
    search = scarce(seed)
    tables, prices = search.tables, [task.price for task in search.problem.tasks]
    most = 0
    for k in range(21):
        search.advance(20, k / 20)
        left = tables.work[g.ABSENT, : search.num_absent]
        surplus = int(tables.rank[g.RAISED, left].sum())
        assert tables.tally[g.SURPLUS] == surplus
        assert tables.tally[g.COST_NOW] == full_cost(tables)
        assert search.cost <= full_cost(tables) - surplus
        rows = write_routes(search.problem, search.sequences())
        out = set(range(len(prices))) - {step.idx for route in rows for step in route.steps}
        assert evaluate(search.problem, rows, out).cost == search.cost
        most = max(most, surplus)
    assert most > 0
    assert tables.tally[g.SURPLUS] == 0
    assert tables.rank[g.PRICE, : len(prices)].tolist() == prices


def test_prices_rise_by_stages_to_a_limit():
    """A task that stays out is dearer at each stage, until its price is three times as high."""
    search = scarce(1)
    tables, own = search.tables, absence.Absence()
    left = tables.work[g.ABSENT, : search.num_absent].copy()
    true = tables.rank[g.PRICE, left] - tables.rank[g.RAISED, left]
    own.advance(tables, 0.1)
    first = tables.rank[g.PRICE, left].copy()
    own.advance(tables, 0.1)
    assert tables.rank[g.PRICE, left].tolist() == first.tolist()
    for k in range(10):
        own.advance(tables, 0.2 + k / 50)
    assert np.allclose(tables.rank[g.PRICE, left], absence.MOST * true, rtol=1e-3)
    assert tables.tally[g.COST_NOW] == full_cost(tables)
    own.advance(tables, 0.9)
    assert tables.rank[g.PRICE, left].tolist() == true.tolist()
    assert not tables.rank[g.RAISED].any()


def test_prices_stay_where_visits_belong_together():
    """With groups nothing is raised, however long their visits are left out."""
    problem = town(1)
    alone = tuple(VisitGroup((k,), ((0,),)) for k in range(len(problem.tasks)))
    trucks = tuple(replace(v, capacity_kg=v.capacity_kg // 2) for v in problem.vehicles[::2])
    search = Search(replace(problem, vehicles=trucks, groups=alone), 1)
    for k in range(20):
        search.advance(20, k / 25)
    assert search.num_absent > 0
    assert not search.tables.rank[g.RAISED].any()


@pytest.mark.parametrize("seed", range(4))
def test_booked_searches_end_with_true_prices(seed: int):
    """Exact timetables beside them: what is kept as the best is what it truly costs."""
    problem = random_problem(seed, num_tasks=16, num_vehicles=2)
    roster = Roster(problem, seed)
    roster.insert_all(roster.unserved)
    roster.keep_best()
    search = Search(problem, seed, roster)
    for k in range(21):
        search.advance(10, k / 20)
        left = search.tables.work[g.ABSENT, : search.tables.tally[g.NUM_ABSENT]]
        assert search.tables.tally[g.SURPLUS] == search.tables.rank[g.RAISED, left].sum()
    assert search.tables.tally[g.SURPLUS] == 0
    roster.restore(search.roster.state() if search.roster else {})
    roster.recount()
    roster.restore_best()
    assert roster.cost == search.cost


@pytest.mark.compiled
def test_a_tight_fleet_is_packed(shared_vrp: Path):
    """Loads of 98 % of all trucks: static prices leave one customer out, however long one tries."""
    problem = library("vrp").instance(shared_vrp / "X" / "X-n153-k22.vrp", "distance").problem
    tight = replace(problem, vehicles=problem.vehicles[:23])
    plan = solve(tight, MaxIterations(400_000), 1)
    assert plan.unserved == ()
    assert not evaluate_plan(tight, plan).violations
