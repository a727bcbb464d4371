"""Labels that are written outward from a gap are those of a route labelled as a whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from routing._kernels.jit import lean_kernel
from solvers._kernels import ground as g
from solvers._kernels.ground import Tables
from solvers._kernels.labels import relabel
from solvers._kernels.trips import replan_visits, ways_cost
from solvers.native import Search
from solvers.problem import Facility, Problem, Rules
from tests.solvers.problems import town
from tests.solvers.test_releases import released_problem

LABELS = [*range(g.EARLY_0, g.LATE_1 + 1), *range(g.KG_F, g.LATE_B + 1)]
MEAL = Rules(meal_break_s=1_800, meal_window=(8_000, 16_000), max_driving_s=10**9)


def halved(seed: int, most_s: int | None = None) -> Problem:
    """A town with each window in two, so that a stop reached between them waits."""
    problem = town(seed, most_s)
    tasks = []
    for task in problem.tasks:
        windows = tuple((w, w + 4_000) for early, _ in task.windows for w in (early, early + 5_000))
        tasks.append(replace(task, windows=windows))
    return replace(problem, tasks=tuple(tasks))


def unloading_town(seed: int) -> Problem:
    """The same, with trucks that unload on the way at one of two plants."""
    problem = halved(seed)
    fields = {"capacity_kg": 25, "ends_loaded": False, "max_trips": 99, "fixed_cost": 0}
    trucks = tuple(replace(v, **fields) for v in problem.vehicles[:4])
    plants = tuple(
        Facility(f"f{k}", k + 1, frozenset({"s"}), bays=4, unload_s=60) for k in range(2)
    )
    return replace(problem, vehicles=trucks, facilities=plants)


PROBLEMS = {
    "windows": halved,
    "meal": lambda seed: replace(halved(seed), rules=MEAL),
    "longest duration": lambda seed: halved(seed, 30_000),
    "unloading": unloading_town,
    "releases": lambda seed: released_problem(seed, 24),
}


@lean_kernel
def label_all(t: Tables) -> None:
    """Label all routes as a whole."""
    for r in range(t.tally[g.NUM_ROUTES]):
        relabel(t.link, t.node, t.route, t.tally, r, g.WHOLE, g.WHOLE)


@lean_kernel
def place_anew(t: Tables, r: int) -> bool:
    """Place the unloadings of a route anew; an entry from Python."""
    return replan_visits(t, r)


@lean_kernel
def cost_of(t: Tables, r: int) -> int:
    """Return the cost of the ways of a route."""
    return ways_cost(t.mode, t.link, t.node, t.route, t.tally, r)


def on_routes(search: Search) -> list[int]:
    """The stops and visits of all routes, without their ends."""
    link, tally, nodes = search.tables.link, search.tables.tally, []
    for r in range(tally[g.NUM_ROUTES]):
        x, end = link[tally[g.NUM_TASKS] + r, g.NEXT], tally[g.NUM_TASKS] + tally[g.NUM_ROUTES] + r
        while x != end:
            nodes.append(int(x))
            x = link[x, g.NEXT]
    return nodes


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("seed", range(4))
def test_labels_stay_those_of_whole_routes(name: str, seed: int):
    """After any steps, accepted or taken back, to label all anew changes nothing."""
    search = Search(PROBLEMS[name](seed), seed)
    tables = search.tables
    assert tables.tally[g.ONLY_CLOCK] == (name in ("windows", "meal"))
    for share in (0.0, 0.3, 0.6, 1.0):
        search.advance(100, share)
        nodes = on_routes(search)
        assert len(nodes) >= 20
        kept = tables.node[np.ix_(nodes, LABELS)].copy()
        label_all(tables)
        assert np.array_equal(kept, tables.node[np.ix_(nodes, LABELS)])


@pytest.mark.parametrize("seed", range(8))
def test_unloadings_are_placed_as_trying_all_places_would(seed: int):
    """Visits set down by chance give way to the cheapest ones for the order of the stops."""
    problem, rng = unloading_town(seed), np.random.default_rng(seed)
    tasks = tuple(replace(task, windows=()) for task in problem.tasks)
    problem = replace(problem, tasks=tasks)
    order = np.array_split(rng.permutation(len(tasks)), len(problem.vehicles))
    search = Search(problem, seed)
    search.link({vehicle: with_visits(problem, stops, rng) for vehicle, stops in enumerate(order)})
    tables = search.tables
    for r, vehicle in enumerate(tables.route[:, g.VEHICLE]):
        tables.tally[g.DELTA] = tables.tally[g.NUM_LOGGED] = 0
        before = cost_of(tables, r)
        changed = place_anew(tables, r)
        after = cost_of(tables, r)
        assert after - before == tables.tally[g.DELTA]
        assert after == cheapest(problem, order[vehicle].tolist())
        assert changed == (after < before)
        assert not place_anew(tables, r)


def with_visits(problem: Problem, stops: np.ndarray, rng: np.random.Generator) -> list[int]:
    """The stops of a route with an unloading wherever the next would not fit, and now and then."""
    codes, kg = [], 0
    for stop in stops.tolist():
        more = problem.tasks[stop].mass_kg
        if codes and (kg + more > problem.vehicles[0].capacity_kg or rng.random() < 0.3):
            codes.append(-1 - int(rng.integers(len(problem.facilities))))
            kg = 0
        codes.append(stop)
        kg += more
    return [*codes, -1 - int(rng.integers(len(problem.facilities)))]


def cheapest(problem: Problem, stops: list[int]) -> int:
    """The least way through stops in their order with unloading at the end, by plain recursion."""
    kg = [problem.tasks[s].mass_kg for s in stops]
    at = [problem.tasks[s].modes[0].entry for s in stops]
    far, most = problem.length_m[0], problem.vehicles[0].capacity_kg
    plants = [f.location for f in problem.facilities]
    best = {len(stops): 0}
    for first in range(len(stops) - 1, -1, -1):
        options = []
        for last in range(first, len(stops)):
            if sum(kg[first : last + 1]) > most:
                break
            onward = 0 if last + 1 == len(stops) else at[last + 1]
            along = sum(int(far[at[k], at[k + 1]]) for k in range(first, last))
            unload = min(int(far[at[last], p]) + int(far[p, onward]) for p in plants)
            options.append(along + unload + best[last + 1])
        best[first] = min(options)
    return best[0] + int(far[0, at[0]])
