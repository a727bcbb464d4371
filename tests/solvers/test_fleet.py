"""Routes that change their truck: what that is said to cost is what it costs, at several depots."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solvers._kernels import ground as g
from solvers._kernels.steps import full_cost
from solvers.evaluate import evaluate
from solvers.native import Search, write_routes
from solvers.problem import Problem
from tests.solvers.problems import town


def depots(seed: int, *, prices: bool) -> Problem:
    """A town whose trucks start and end at places of their own, dearer by the truck or alike."""
    base, rng = town(seed), np.random.default_rng(seed)
    places = rng.integers(0, len(base.time_s[0]), (len(base.vehicles), 2)).tolist()
    return replace(
        base,
        vehicles=tuple(
            replace(
                truck,
                start=start,
                end=end,
                fixed_cost=1000 * k,
                cost_km=truck.cost_km + (1000 * k if prices else 0),
            )
            for k, (truck, (start, end)) in enumerate(zip(base.vehicles, places, strict=True))
        ),
    )


@pytest.mark.parametrize("prices", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_a_search_among_depots_keeps_count(seed: int, prices: bool):
    """The running cost is that of all links, the best one that of the routes kept."""
    search = Search(depots(seed, prices=prices), seed)
    tally = search.tables.tally
    assert tally[g.MIXED_FLEET]
    assert tally[g.UNIFORM] == (not prices)
    for share in (0.0, 0.5, 1.0):
        search.advance(150, share)
        assert tally[g.COST_NOW] == full_cost(search.tables)
    routes = write_routes(search.problem, search.sequences())
    done = {step.idx for route in routes for step in route.steps}
    judged = evaluate(search.problem, routes, set(range(len(search.problem.tasks))) - done)
    assert judged.feasible, judged.violations
    assert judged.cost == tally[g.COST_BEST]
