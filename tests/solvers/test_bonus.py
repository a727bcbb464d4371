"""Routes that cost less for a while, so that none is missing where routes are long."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solvers import bonus
from solvers._kernels import ground as g
from solvers._kernels.steps import full_cost
from solvers.evaluate import evaluate
from solvers.native import Search, write_routes
from tests.solvers.problems import town


def encouraged(seed: int, price: int = 0) -> Search:
    """A search of a town whose routes may have a bonus, with trucks of a price."""
    problem = town(seed)
    trucks = tuple(replace(truck, fixed_cost=price) for truck in problem.vehicles)
    search = Search(replace(problem, vehicles=trucks), seed)
    search.bonus.on = True
    search.advance(200, 0.0)
    return search


@pytest.mark.parametrize("seed", range(3))
def test_the_bonus_of_routes_falls_to_nothing(seed: int, monkeypatch: pytest.MonkeyPatch):
    """It falls by stages; the best routes are kept, and what is told is what they truly cost."""
    monkeypatch.setattr(bonus, "LONG_ROUTE", 1)
    monkeypatch.setattr(bonus, "MANY_ROUTES", 1)
    search = encouraged(seed)
    bonuses, costs = [], []
    for k in range(12):
        search.advance(50, k / 20)
        bonuses.append(search.bonus.amount)
        rows = write_routes(search.problem, search.sequences())
        left = set(range(24)) - {step.idx for route in rows for step in route.steps}
        costs.append(evaluate(search.problem, rows, left).cost)
        assert costs[-1] == search.cost
        assert search.tables.tally[g.COST_NOW] == full_cost(search.tables)
    assert bonuses[0] > 0
    assert bonuses == sorted(bonuses, reverse=True)
    assert bonuses[-2:] == [0, 0]
    assert costs == sorted(costs, reverse=True)


@pytest.mark.parametrize(("long", "price"), [(1, 10**9), (20, 0)])
def test_dear_trucks_and_short_routes_have_no_bonus(
    long: int, price: int, monkeypatch: pytest.MonkeyPatch
):
    """Trucks that are worth saving are not to be called out."""
    monkeypatch.setattr(bonus, "LONG_ROUTE", long)
    monkeypatch.setattr(bonus, "MANY_ROUTES", 1)
    search = encouraged(1, price)
    search.advance(50, 0.0)
    assert search.bonus.amount == 0
