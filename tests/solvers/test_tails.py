"""Routes that exchange their tails: labels, loads, costs and windows hold after every exchange."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solvers._kernels import ground as g
from solvers._kernels.steps import full_cost
from solvers._kernels.tails import swap_tails
from solvers.evaluate import evaluate
from solvers.native import Search, write_routes
from tests.solvers.problems import line_problem, town


def routes_of(search: Search) -> dict[int, list[int]]:
    """The present routes by vehicle."""
    vehicle = search.tables.route[:, g.VEHICLE]
    return {int(vehicle[row]): codes for row, codes in search.present_rows()}


@pytest.mark.parametrize("most_s", [None, 22_000])
@pytest.mark.parametrize("seed", range(6))
def test_every_exchange_holds_the_rules(seed: int, most_s: int | None):
    """Whatever the cost, the judge finds no fault, and the change is the one that was told."""
    search = Search(town(seed, most_s), seed)
    search.advance(200, 0.0)
    tables, made = search.tables, 0
    for _ in range(300):
        before, known = full_cost(tables), routes_of(search)
        change = swap_tails(tables, 1e12)
        if change == g.NEVER:
            assert routes_of(search) == known
            continue
        made += 1
        assert full_cost(tables) == before + change
        now = routes_of(search)
        assert sum(now[v] != known[v] for v in now) == 2
        assert sorted(now) == sorted(known)
        served = {code for codes in now.values() for code in codes}
        left = set(range(len(search.problem.tasks))) - served
        judged = evaluate(search.problem, write_routes(search.problem, now), left)
        assert judged.feasible, judged.violations
        assert judged.cost == full_cost(tables)
    assert made > 20


@pytest.mark.parametrize("seed", range(3))
def test_a_search_of_exchanges_keeps_count(seed: int):
    """The running cost is that of all links, and the best one is that of the routes kept."""
    search = Search(town(seed), seed)
    search.tables.knob[g.TAILS] = 0.5
    search.tables.knob[g.LONGEST] = 0.5
    for share in (0.0, 0.5, 1.0):
        search.advance(300, share)
        assert search.tables.tally[g.COST_NOW] == full_cost(search.tables)
        routes = write_routes(search.problem, search.sequences())
        left = set(range(24)) - {step.idx for route in routes for step in route.steps}
        judged = evaluate(search.problem, routes, left)
        assert judged.feasible, judged.violations
        assert judged.cost == search.cost


def test_only_what_costs_less_is_exchanged():
    """Below no cost at all nothing changes; below a bound the change is below it."""
    search = Search(town(1), 1)
    search.advance(200, 0.0)
    known = routes_of(search)
    assert all(swap_tails(search.tables, -1e12) == g.NEVER for _ in range(100))
    assert routes_of(search) == known
    changes = [swap_tails(search.tables, 2e6) for _ in range(300)]
    assert any(change < g.NEVER for change in changes)
    assert all(change < 2e6 or change == g.NEVER for change in changes)


def test_the_search_makes_exchanges_where_labels_tell_all():
    """Plain routes exchange tails; days with facilities, releases or several streams do not."""
    assert Search(town(1), 1).tables.knob[g.TAILS] > 0.0
    assert Search(line_problem(), 1).tables.knob[g.TAILS] == 0.0
    later = tuple(replace(t, release_s=500 * k) for k, t in enumerate(town(1).tasks))
    assert Search(replace(town(1), tasks=later), 1).tables.knob[g.TAILS] == 0.0
    two = replace(town(1).tasks[0], stream="other")
    mixed = replace(town(1), tasks=(two, *town(1).tasks[1:]))
    assert Search(mixed, 1).tables.knob[g.TAILS] == 0.0
