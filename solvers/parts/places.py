"""Where tasks and depots lie, as far as travel tells: points of a plane near in the same way.

References
----------
V. de Silva, J. B. Tenenbaum, Sparse multidimensional scaling using landmark points, technical
report, Stanford University, 2004, section 2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solvers.problem import Problem
from solvers.travel import Travel

LANDMARKS = 48

Points = NDArray[np.float64]
"""Coordinates, shape (n, 2)."""


def place_on_plane(problem: Problem) -> tuple[Points, Points]:
    """Return the points of all tasks' first entries, and of all vehicles' starts.

    Landmarks are spread over the tasks; where lines are straight the points are the places but for
    a turn. O(landmarks * places) travel is asked for.
    """
    if not problem.tasks:
        return np.empty((0, 2)), np.zeros((len(problem.vehicles), 2))
    entries = np.asarray([task.modes[0].entry for task in problem.tasks], np.int64)
    starts = np.asarray([vehicle.start for vehicle in problem.vehicles], np.int64)
    homes, home = np.unique(starts, return_inverse=True)
    spread = np.linspace(0, len(entries) - 1, min(LANDMARKS, len(entries))).round()
    landmarks = np.unique(entries[spread.astype(np.int64)])
    points = _scaled(
        _apart(problem.ways, landmarks, landmarks),
        _apart(problem.ways, landmarks, np.concatenate([entries, homes])),
    )
    return points[: len(entries)], points[len(entries) :][home]


def _apart(travel: Travel, origins: NDArray[np.int64], others: NDArray[np.int64]) -> Points:
    """Return metres from some locations to others; where there is no way, the most there are."""
    length = travel.block(0, origins, others)[1].astype(np.float64)
    length[length < 0] = max(1.0, length.max(initial=0.0))
    return length


def _scaled(among: Points, others: Points) -> Points:
    """Return points whose distances are those from landmarks to others, as nearly as they can be.

    Parameters
    ----------
    among, others
        Distances from each landmark to each landmark, and to each other place.
    """
    among = (among + among.T) / 2
    squares = among**2
    mean = squares.mean(axis=0)
    inner = -(squares - mean[:, None] - mean[None, :] + mean.mean()) / 2
    value, vector = np.linalg.eigh(inner)
    points = np.zeros((others.shape[1], 2))
    for column, k in enumerate(range(len(value) - 1, max(len(value) - 3, -1), -1)):
        if value[k] > 1e-9 * max(1.0, value[-1]):
            towards = vector[:, k] * np.sign(vector[np.argmax(np.abs(vector[:, k])), k])
            points[:, column] = towards @ (mean[:, None] - others**2) / (2 * np.sqrt(value[k]))
    return points
