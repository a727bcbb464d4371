"""Parts are even, compact and change from round to round; vehicles go where work is."""

from __future__ import annotations

import numpy as np

from solvers.parts.grouping import bisect, deal
from solvers.parts.places import place_on_plane
from tests.solvers.parts.towns import plain_town


def apart(points: np.ndarray) -> np.ndarray:
    """Distances among points."""
    return np.hypot(*(points[:, None] - points[None]).T)


def test_straight_lines_give_back_the_places():
    """Where travel is straight, points of the plane are as far from each other as the places."""
    town = plain_town(4, 200, 3)
    points, starts = place_on_plane(town)
    places = np.stack([town.travel.x, town.travel.y], axis=1)  # type: ignore[union-attr]
    found = apart(np.concatenate([starts[:1], points]))
    assert np.abs(found - apart(places)).max() < 5.0


def test_groups_are_even_and_compact():
    """Seven groups of equal weight, each far smaller than the whole."""
    points = np.random.default_rng(1).uniform(0, 1, (1000, 2))
    label = bisect(points, np.ones(1000), 7, 3)
    assert np.ptp(np.bincount(label)) <= 2
    mean = np.mean([apart(points[label == k]).mean() for k in range(7)])
    assert mean < 0.5 * apart(points).mean()


def test_borders_turn():
    """Of two neighbors that a border separates in one round most are together in the next."""
    points = np.random.default_rng(2).uniform(0, 1, (600, 2))
    near = np.argsort(apart(points), axis=1)[:, 1]
    first, second = (bisect(points, np.ones(600), 6, turn) for turn in (0, 1))
    cut = first != first[near]
    assert cut.any()
    assert np.mean(second[cut] == second[near][cut]) > 0.6


def test_a_long_strip_is_cut_across():
    """Places along a road are cut into stretches, whatever the direction of the round."""
    points = np.stack([np.arange(100.0), np.zeros(100)], axis=1)
    for turn in range(5):
        label = bisect(points, np.ones(100), 4, turn)
        assert sorted(np.ptp(np.flatnonzero(label == k)) for k in range(4)) == [24] * 4


def test_vehicles_go_to_the_nearest_group_that_lacks_them():
    """Two depots, two groups: each gets its own trucks, and what is too much goes across."""
    starts = np.asarray([[0.0, 0.0]] * 4 + [[10.0, 0.0]] * 2)
    centres = np.asarray([[1.0, 0.0], [9.0, 0.0]])
    dealt = deal(starts, np.ones(6), centres, np.asarray([1.0, 1.0]))
    assert np.bincount(dealt).tolist() == [3, 3]
    assert dealt[4:].tolist() == [1, 1]
