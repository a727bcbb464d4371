"""Travel between the tasks of a day and its facilities, without that among the tasks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solvers.problem import Mode, Problem

Ways = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Seconds and metres, one a place at the other end; -1 = unreachable."""


class Gateways:
    """Ways from all tasks to some places and back, asked for once for each profile.

    Parameters
    ----------
    gates
        Locations of the places, facilities for instance.
    """

    def __init__(self, problem: Problem, gates: NDArray[np.int64]) -> None:
        self.problem, self.gates = problem, gates
        modes = [mode for task in problem.tasks for mode in task.modes]
        self._exits = np.unique(np.asarray([m.exit for m in modes], np.int64))
        self._entries = np.unique(np.asarray([m.entry for m in modes], np.int64))
        self._tables: dict[int, tuple[Ways, Ways]] = {}

    def there(self, profile: int, mode: Mode) -> Ways:
        """Return the ways of a profile from a task to each of the places."""
        seconds, metres = self._of(profile)[0]
        row = np.searchsorted(self._exits, mode.exit)
        return seconds[row], metres[row]

    def back(self, profile: int, mode: Mode) -> Ways:
        """Return the ways of a profile from each of the places to a task."""
        seconds, metres = self._of(profile)[1]
        column = np.searchsorted(self._entries, mode.entry)
        return seconds[:, column], metres[:, column]

    def _of(self, profile: int) -> tuple[Ways, Ways]:
        if profile not in self._tables:
            ways = self.problem.ways
            out = ways.block(profile, self._exits, self.gates)
            home = ways.block(profile, self.gates, self._entries)
            self._tables[profile] = _as_floats(out), _as_floats(home)
        return self._tables[profile]


def longest_round_trip(problem: Problem, a: int, b: int) -> tuple[float, float]:
    """Return the most seconds and metres that any profile takes from one place to another and back.

    There and back may be of two profiles.
    """
    both = np.asarray([a, b], np.int64)
    blocks = [problem.ways.block(k, both, both) for k in range(len(problem.time_s))]
    seconds, metres = (np.stack(tables).max(axis=0) for tables in zip(*blocks, strict=True))
    return float(seconds[0, 1] + seconds[1, 0]), float(metres[0, 1] + metres[1, 0])


def _as_floats(block: tuple[NDArray[np.int32], NDArray[np.int32]]) -> Ways:
    return block[0].astype(np.float64), block[1].astype(np.float64)
