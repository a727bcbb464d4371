"""Trips that change places and routes that change their truck leave everything true."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from routing._kernels.jit import lean_kernel
from solvers._kernels import ground as g
from solvers._kernels.chance import draw
from solvers._kernels.ground import Tables
from solvers._kernels.links import undo
from solvers._kernels.steps import full_cost
from solvers._kernels.trades import trade
from solvers.native import Search
from solvers.problem import Problem
from tests.solvers.test_labels import label_all, on_routes, unloading_town
from tests.solvers.test_releases import released_problem

PROBLEMS = {
    "unloading": unloading_town,
    "releases": lambda seed: released_problem(seed, 24),
}


@lean_kernel
def traded(t: Tables) -> bool:
    """Make one trade as a step of its own; an entry from Python."""
    t.tally[g.STEP] += 1
    t.tally[g.NUM_LOGGED] = t.tally[g.NUM_TOUCHED] = t.tally[g.DELTA] = 0
    return trade(t, int(draw(t.seed) * t.tally[g.NUM_TASKS]))


@lean_kernel
def taken_back(t: Tables) -> None:
    """Undo all that the log holds."""
    undo(t.travel, t.mode, t.facility, t.link, t.node, t.route, t.work, t.tally, g.ZERO)


def loads(search: Search, problem: Problem) -> list[int]:
    """Return the kilograms of each trip."""
    trips = []
    for _, codes in search.present_rows():
        kg = 0
        for code in codes:
            if code < len(problem.tasks):
                kg += problem.tasks[code].mass_kg
            else:
                trips.append(kg)
                kg = 0
        trips.append(kg)
    return trips


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("seed", range(3))
def test_trips_that_change_places_keep_cost_loads_and_stops(name: str, seed: int):
    """What a trade says it changes is what it changes; one that does not hold leaves no trace."""
    problem = PROBLEMS[name](seed)
    most_kg = max(v.capacity_kg for v in problem.vehicles)
    search = Search(problem, seed)
    search.advance(100, 0.3)
    tables, done = search.tables, Counter[bool]()
    for _ in range(300):
        before, rows = full_cost(tables), search.present_rows()
        sound = traded(tables)
        done[sound and bool(tables.tally[g.NUM_LOGGED])] += 1
        if sound:
            assert full_cost(tables) - before == tables.tally[g.DELTA]
            assert max(loads(search, problem)) <= most_kg
            stops = [x for x in on_routes(search) if x < len(problem.tasks)]
            assert len(set(stops)) == len(stops)
            assert len(stops) == len(problem.tasks) - search.num_absent
        else:
            taken_back(tables)
            assert search.present_rows() == rows
            assert full_cost(tables) == before
        kept = tables.node[:, g.ROUTE].copy()
        label_all(tables)
        assert np.array_equal(kept, tables.node[:, g.ROUTE])
    assert done[True] >= 3
    assert done[False] >= 3
