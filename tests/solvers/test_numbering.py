"""Places numbered along a walk: near ones side by side, and every table tells the same travel."""

from dataclasses import replace

import numpy as np
import pytest

from solvers import ground
from solvers._kernels import ground as g
from solvers.native import Search
from solvers.numbering import walk
from solvers.problem import Mode, Problem, Rules
from tests.solvers.problems import line_problem, random_problem


def test_a_walk_goes_to_the_nearest_task_not_yet_seen():
    """From 0 to 2, its nearest, and on to 1; 3 has no unseen neighbor left and is met last."""
    around = np.asarray([[2, 1], [0, 2], [0, 1], [2, -1]])
    assert walk(around) == [0, 2, 1, 3]


def test_a_walk_meets_every_task_once():
    """Tasks in two clusters of which neither knows the other are all met, cluster by cluster."""
    around = np.asarray([[2], [3], [0], [1]])
    assert walk(around) == [0, 2, 1, 3]


def as_stated(problem, monkeypatch):
    """Tables of a problem whose places keep the numbers that it states."""
    with monkeypatch.context() as patch:
        patch.setattr(ground, "side_by_side", lambda tables: tables)
        return ground.build_tables(problem, 1)


@pytest.mark.parametrize("seed", range(5))
def test_new_numbers_tell_the_same_travel(seed: int, monkeypatch: pytest.MonkeyPatch):
    """Between the ends of modes, facilities and routes each layer holds what it held before."""
    problem = random_problem(seed)
    length = problem.length_m.copy()
    old, new = as_stated(problem, monkeypatch), ground.build_tables(problem, 1)
    for table, columns in (
        ("mode", (g.ENTRY, g.EXIT)),
        ("facility", (g.AT,)),
        ("link", (g.IN_AT, g.OUT_AT, g.NEXT_AT, g.PREV_AT)),
    ):
        before, after = getattr(old, table), getattr(new, table)
        for column in columns:
            stated = old.travel[:, before[:, column, None], old.mode[None, :, g.ENTRY]]
            renumbered = new.travel[:, after[:, column, None], new.mode[None, :, g.ENTRY]]
            assert np.array_equal(stated, renumbered)
        rest = np.setdiff1d(np.arange(before.shape[1]), columns)
        assert np.array_equal(before[:, rest], after[:, rest])
    assert np.array_equal(problem.length_m, length)  # the problem's own numbers stay


def test_near_stops_get_near_numbers():
    """Depot first, then the stops of a line in its order, however the problem mixes them."""
    mixed = np.random.default_rng(3).permutation(60)
    length = np.abs(mixed[:, None] - mixed[None, :]).astype(np.int32)[None]
    first = int(np.argmin(mixed))
    truck = replace(line_problem().vehicles[0], start=first, end=first, cost_h=0)
    places = [first + 1, *(p for p in range(60) if p not in (first, first + 1))]
    tasks = tuple(
        replace(line_problem().tasks[0], task_id=f"t{p}", modes=(Mode(p, p, 0),)) for p in places
    )
    tables = ground.build_tables(Problem(tasks, (truck,), (), length, length), 1)
    numbers = tables.mode[:, g.ENTRY]
    assert tables.link[len(tasks), g.IN_AT] == 0
    apart = np.abs(numbers - numbers[tables.around[:, 0]])
    stated = np.abs(np.asarray(places) - np.asarray(places)[tables.around[:, 0]])
    assert apart.mean() < 3 < stated.mean()


def test_the_search_finds_the_same_under_any_numbers(monkeypatch: pytest.MonkeyPatch):
    """The numbers decide where travel is read, not what is found."""
    problem = replace(random_problem(2), rules=Rules(meal_break_s=0, max_driving_s=10**8))
    found = []
    for blank in (as_stated(problem, monkeypatch), ground.build_tables(problem, 1)):
        search = Search(problem, 1, blank=blank)
        search.advance(1, 0.0)
        search.advance(50, 0.5)
        found.append((search.cost, search.best_rows()))
    assert found[0] == found[1]
    assert found[0][1]
