"""What belongs into one part: tasks at first, then whole routes, along borders that turn.

References
----------
A. Santini, M. Schneider, T. Vidal, D. Vigo, Decomposition strategies for vehicle routing
heuristics, INFORMS J. Computing 35(3), 2023 (doi 10.1287/ijoc.2023.1288): of the ways to decompose
by routes, barycentres did best.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solvers.parts.places import Points
from solvers.problem import Problem

GOLDEN_ANGLE = math.pi * (3 - math.sqrt(5))
"""Turns of this angle never come near an earlier direction for long."""
LONG = 2.0
"""A group that is so much longer than wide is cut across, whatever the direction."""


def bisect(points: Points, weights: NDArray[np.float64], num: int, turn: int) -> NDArray[np.int64]:
    """Return for each point the group it belongs to: ``num`` groups of about equal weight.

    Straight cuts, each across the one before, whose directions depend on ``turn``. O(n log n).
    """
    label = np.zeros(len(points), np.int64)
    _bisect(points, weights, np.arange(len(points)), (num, 0, turn * GOLDEN_ANGLE), label)
    return label


def _bisect(
    points: Points,
    weights: NDArray[np.float64],
    members: NDArray[np.int64],
    cut: tuple[int, int, float],
    label: NDArray[np.int64],
) -> None:
    num, first, angle = cut
    if num <= 1 or len(members) <= 1:
        label[members] = first
        return
    along = np.asarray([math.cos(angle), math.sin(angle)])
    across = np.asarray([-along[1], along[0]])
    here = points[members]
    if LONG * np.ptp(here @ along) < np.ptp(here @ across):
        along, angle = across, angle + math.pi / 2
    order = np.argsort(here @ along, kind="stable")
    half = num // 2
    filled = np.cumsum(weights[members][order])
    border = int(np.searchsorted(filled, filled[-1] * half / num + 1e-9, side="right"))
    border = min(max(border, 1), len(members) - 1)
    _bisect(points, weights, members[order[:border]], (half, first, angle + math.pi / 2), label)
    _bisect(
        points,
        weights,
        members[order[border:]],
        (num - half, first + half, angle + math.pi / 2),
        label,
    )


def deal(
    starts: Points, strength: NDArray[np.float64], centres: Points, needs: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the group that each vehicle is dealt to.

    Each goes in turn to the nearest group that still lacks at least half of it, or else to the one
    that lacks most.

    Parameters
    ----------
    starts, strength
        Where vehicles start, shape (n, 2), and their capacities, shape (n,).
    centres, needs
        Of the groups; all the strength is shared out in proportion to the needs.
    """
    dealt = np.zeros(len(starts), np.int64)
    if not len(starts):
        return dealt
    lacks = needs * (strength.sum() / max(1e-9, needs.sum()))
    for k in _in_turns(starts):
        open_to = np.flatnonzero(lacks >= strength[k] / 2)
        if len(open_to):
            far = np.hypot(*(centres[open_to] - starts[k]).T)
            dealt[k] = open_to[np.argmin(far)]
        else:
            dealt[k] = np.argmax(lacks)
        lacks[dealt[k]] -= strength[k]
    return dealt


def _in_turns(starts: Points) -> list[int]:
    """Return vehicles in an order in which all depots take turns."""
    queues: dict[tuple[float, float], list[int]] = defaultdict(list)
    for k, (x, y) in enumerate(starts.tolist()):
        queues[x, y].append(k)
    turn = [(place, k) for queue in queues.values() for place, k in enumerate(queue)]
    return [k for _, k in sorted(turn)]


def workloads(problem: Problem, tasks: Sequence[int]) -> NDArray[np.float64]:
    """Return each task's share of the work: of the number, the mass and the service time."""
    mass = np.asarray([problem.tasks[t].mass_kg for t in tasks], np.float64)
    busy = np.asarray([problem.tasks[t].modes[0].service_s for t in tasks], np.float64)
    share = np.full(len(tasks), 1 / max(1, len(tasks)))
    return share + mass / max(1.0, mass.sum()) + busy / max(1.0, busy.sum())
