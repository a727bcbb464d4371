"""Stretches of driving: how long each took, and how long it would take at the default speeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.matching import Driven, Matched
from routing.network import HIGHWAY_CLASSES, Network
from routing.profiles import Weights
from scenarios.gps.stands import Movement

ENOUGH_S, ENOUGH_M = 30.0, 250.0
"""Steps from fix to fix are joined until they would take, and are, so long; noise then is small."""
LEAST_M = 50.0
"""Shorter pieces between two stands tell nothing."""


@dataclass(frozen=True, eq=False)
class Stretches:
    """Driving without stands, in stretches of a few hundred metres.

    Attributes
    ----------
    taken_s
        Time taken less the cost of the turns, shape (n,).
    default_s
        Time at the default speeds by road class, shape (n, num_classes).
    length_m
        Shape (n,).
    day_s
        Local clock in the middle, seconds after midnight, shape (n,).
    truck, trip
        Whose, and on which trip, shape (n,).
    """

    taken_s: NDArray[np.float64]
    default_s: NDArray[np.float64]
    length_m: NDArray[np.float64]
    day_s: NDArray[np.float64]
    truck: NDArray[np.int64]
    trip: NDArray[np.int64]

    def __len__(self) -> int:
        """Return the number of stretches."""
        return len(self.taken_s)

    def where(self, kept: NDArray[np.bool_]) -> Stretches:
        """Return some of them."""
        return Stretches(
            self.taken_s[kept],
            self.default_s[kept],
            self.length_m[kept],
            self.day_s[kept],
            self.truck[kept],
            self.trip[kept],
        )


def stretches(
    network: Network, weights: Weights, moved: Movement, matched: Matched, driven: Driven
) -> Stretches:
    """Return the stretches of driving between stands.

    Steps from or to a stand are left out, since no one knows how much of them was standing, and so
    are those within a facility.
    """
    step_s, defaults, length_m, turns_s = _steps(network, weights, moved, matched, driven)
    before = matched.before
    end = np.flatnonzero(before >= 0)
    begin = before[end]
    drives = ~moved.standing[end] & ~moved.standing[begin]
    drives &= ~(moved.in_yard[end] & moved.in_yard[begin])
    end, begin = end[drives], begin[drives]
    follows = np.zeros(len(end), dtype=np.bool_)
    follows[1:] = (begin[1:] == end[:-1]) & (moved.trip[end][1:] == moved.trip[end][:-1])
    group = _join(follows, defaults[end].sum(axis=1), length_m[end])
    num = int(group.max()) + 1 if len(group) else 0

    def total(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.bincount(group, values, num), dtype=np.float64)

    joined = np.zeros((num, len(HIGHWAY_CLASSES)))
    np.add.at(joined, group, defaults[end])
    first = np.flatnonzero(np.diff(group, prepend=-1))
    last = np.append(first[1:], len(group)) - 1 if num else first
    # the moment halfway on the local clock, that of the first fix and half the time that passed
    clock = moved.tracks.time_s
    halfway = moved.day_s[begin[first]] + (clock[end[last]] - clock[begin[first]]) / 2
    found = Stretches(
        total(step_s[end] - turns_s[end]),
        joined,
        total(length_m[end]),
        halfway % 86_400,
        moved.truck[end[first]],
        moved.trip[end[first]],
    )
    return found.where((found.length_m >= LEAST_M) & (joined.sum(axis=1) > 0))


def _steps(
    network: Network, weights: Weights, moved: Movement, matched: Matched, driven: Driven
) -> tuple[NDArray[np.float64], ...]:
    """Of the way to each fix: seconds taken, default seconds by class, metres, seconds of turns."""
    n = len(matched.before)
    time_s = moved.tracks.time_s
    step_s = np.where(matched.before >= 0, time_s - time_s[matched.before], 0.0)
    share = driven.length_cm / network.arc_length_cm[driven.arc]
    default_s = weights.arc_time_ms[driven.arc] / 1000.0 * share
    num = len(HIGHWAY_CLASSES)
    cell = driven.fix * num + network.arc_class[driven.arc]
    defaults = np.bincount(cell, default_s, n * num).reshape(n, num)
    metres = np.bincount(driven.fix, driven.length_cm / 100.0, n)
    turns_s = np.bincount(driven.fix, driven.turn_ms / 1000.0, n)
    return step_s, *(np.asarray(a, dtype=np.float64) for a in (defaults, metres, turns_s))


def _join(
    follows: NDArray[np.bool_], default_s: NDArray[np.float64], length_m: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Number of the stretch of each step; what is left over at the end joins the one before.

    A stretch is cut by what was driven, never by the time that it took, so that slow ones are no
    likelier to be cut than fast ones.
    """
    group = np.zeros(len(follows), np.int64)
    number = -1
    firsts = np.flatnonzero(~follows).tolist()
    ends = [*firsts[1:], len(follows)] if firsts else []
    for first, end in zip(firsts, ends, strict=True):
        number += 1
        begin, seconds, metres = first, 0.0, 0.0
        for i in range(first, end):
            if seconds >= ENOUGH_S and metres >= ENOUGH_M:
                number += 1
                begin, seconds, metres = i, 0.0, 0.0
            seconds, metres = seconds + default_s[i], metres + length_m[i]
            group[i] = number
        if begin > first and not (seconds >= ENOUGH_S and metres >= ENOUGH_M):
            number -= 1
            group[begin:end] = number
    return group
