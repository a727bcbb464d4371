"""Tours of loaders are changed for as long as plays haul more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from scenarios.cleaning.linked import Search
from scenarios.snow.in_step import Stage
from scenarios.snow.loading import best_played
from solvers.problem import Facility
from solvers.solve import Options
from solvers.stop import MaxIterations
from tests.scenarios.snow.test_in_step import H, heap, judged, load, night, truck


def searched(num: int, seed: int) -> tuple[Stage, Search]:
    """A night too short for all heaps, with two loaders, and a search of some plays."""
    heaps = [heap(load(f"a{k}"), load(f"b{k}")) for k in range(num)]
    at = [137 * (k * k % 11) for k in range(num)]
    hours = (20 * H, 23 * H)
    trucks = [truck(name, 0, hours) for name in ("L1", "L2")]
    trucks += [truck(f"T{k}", 20_000, hours) for k in range(3)]
    dump = Facility("X", 1, frozenset({"snow"}), unload_s=600, bays=2)
    stage = Stage(night(at, heaps, trucks, [dump]), heaps)
    quiet = Search(MaxIterations(20_000), seed, "native", _nobody, Options(), _nobody)
    return stage, quiet


def _nobody(*_: object) -> None:
    """Tell nobody."""


@pytest.mark.parametrize("seed", range(5))
def test_what_is_found_is_no_worse_than_any_beginning(seed):
    """Each heap is on one tour at most, all rules hold, and the same seed finds the same."""
    stage, search = searched(14, seed)
    begin = [[list(range(7)), list(range(7, 14))], [list(range(0, 14, 2)), list(range(1, 14, 2))]]
    played, steps = best_played(stage, begin, range(14), search)
    assert steps >= 20_000
    assert played.worth >= max(stage.play(tours).worth for tours in begin)
    visits = Counter(s.idx for r in played.tours for s in r.steps if s.kind == "task")
    assert set(visits.values()) == {1}
    assert judged(stage.problem, stage.heaps, played) == []
    assert best_played(*(stage, begin, range(14)), searched(14, seed)[1])[0] == played


def test_heaps_that_no_tour_had_are_found():
    """From empty tours on, what is worth most is hauled all the same."""
    stage, search = searched(6, 1)
    played, _ = best_played(stage, [[[], []]], range(6), search)
    assert len(played.slots) == 12


def test_a_signal_leaves_the_best_of_the_beginnings():
    """After a signal no play is tried any more."""
    stage, search = searched(6, 1)
    search.stopped = True
    played, steps = best_played(stage, [[[0], [1]], [[], []]], range(6), search)
    assert steps == 200
    assert len(played.slots) == 4


def test_a_higher_priority_goes_before_any_amount_of_a_lower_one():
    """A little that lies far away on a bridge is hauled, though much lies near the dump."""
    far = replace(heap(load("far", 500)), priority=1)
    near = replace(heap(*(load(f"n{k}") for k in range(6))), priority=2)
    hours = (20 * H, 21 * H + 900)
    trucks = [truck("L", 0, hours), truck("T", 20_000, hours)]
    dump = Facility("X", 1, frozenset({"snow"}), unload_s=600)
    stage = Stage(night([1500, 300], [far, near], trucks, [dump]), [far, near])
    search = Search(MaxIterations(20_000), 1, "native", _nobody, Options(), _nobody)
    assert "far" not in stage.play([[1, 0]]).slots
    played, _ = best_played(stage, [[[1, 0]]], range(2), search)
    assert "far" in played.slots
    assert sum(played.worth) < sum(stage.play([[1, 0]]).worth)
    assert judged(stage.problem, stage.heaps, played) == []
