"""Travel times and lengths between many places, exact under turn costs and restrictions."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing._kernels.search import UNREACHED, SearchGraph, many_to_many
from routing.gates import GATE_MS
from routing.network import Network
from routing.profiles import Weights
from routing.snapping import Positions

CHUNK = 16
"""Sources that a thread searches from before it reports."""


@dataclass(frozen=True, eq=False)
class Matrix:
    """Travel from each source (row) to each target (column).

    Attributes
    ----------
    time_s, length_m
        Seconds and metres along the fastest path (the shorter one among equally fast), shape
        (num_sources, num_targets); -1 = unreachable.
    """

    time_s: NDArray[np.int64]
    length_m: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Ends:
    """What positions add to a path, in milliseconds and centimeters, each shape (n,).

    ``spent`` is the part of the arc before the position, ``rest`` the part behind it; ``drivable``
    tells whether the vehicle may be there at all.
    """

    arc: NDArray[np.int32]
    offset_cm: NDArray[np.int64]
    spent_ms: NDArray[np.int64]
    rest_ms: NDArray[np.int64]
    rest_cm: NDArray[np.int64]
    drivable: NDArray[np.bool_]


def position_ends(network: Network, weights: Weights, positions: Positions) -> Ends:
    """Partial times and lengths of positions on their arcs.

    Raises
    ------
    ValueError
        When an arc does not exist or is a copy, or an offset lies outside its arc.
    """
    arc = np.asarray(positions.arc, dtype=np.int32)
    offset = np.asarray(positions.offset_cm, dtype=np.int64)
    if len(arc) and (arc.min() < 0 or arc.max() >= network.num_arcs):
        raise ValueError(f"positions name arcs outside 0..{network.num_arcs - 1}")
    if (network.arc_base[arc] != arc).any():
        raise ValueError("positions must lie on real arcs, not on copies (see Network.arc_base)")
    length = network.arc_length_cm[arc].astype(np.int64)
    if (offset < 0).any() or (offset > length).any():
        raise ValueError("offset_cm must lie between 0 and the length of the arc")
    time = weights.arc_time_ms[arc].astype(np.int64)
    drivable = time >= 0
    time = np.maximum(time, 0)
    # Round half up of time * offset / length in whole numbers.
    spent = (2 * time * offset + length) // (2 * length)
    return Ends(arc, offset, spent, time - spent, length - offset, drivable)


def search_graph(network: Network, weights: Weights) -> SearchGraph:
    """Turns that the profile may use, with driving time and length packed into one weight."""
    time = weights.arc_time_ms.astype(np.int64)
    arc_weight = (np.maximum(time, 0) << 32) + network.arc_length_cm
    source = np.repeat(np.arange(network.num_arcs), np.diff(network.turn_first_out))
    usable = (weights.turn_cost_ms >= 0) & (time[source] >= 0) & (time[network.turn_head] >= 0)
    kept = source[usable]
    first_out = np.zeros(network.num_arcs + 1, dtype=np.int32)
    first_out[1:] = np.cumsum(np.bincount(kept, minlength=network.num_arcs))
    turn_ms = weights.turn_cost_ms.astype(np.int64)
    if weights.gates is not None:
        turn_ms = turn_ms + GATE_MS * weights.gates.astype(np.int64)
    weight = arc_weight[kept] + (turn_ms[usable] << 32)
    return SearchGraph(
        first_out,
        network.turn_head[usable].astype(np.int32),
        weight,
        arc_weight,
        np.array(network.arc_base, dtype=np.int32),
    )


def travel_matrix(
    network: Network,
    weights: Weights,
    sources: Positions,
    targets: Positions,
    threads: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Matrix:
    """Times and lengths from every source to every target.

    Parameters
    ----------
    network, weights
        The streets and what they cost the vehicle.
    sources, targets
        Places on the streets.
    threads
        Threads to search with, by default one for each core; the result does not depend on it.
    progress
        Called with a few words now and then.

    Returns
    -------
    Matrix
        Shapes (num_sources, num_targets).
    """
    start = position_ends(network, weights, sources)
    goal = position_ends(network, weights, targets)
    from_arcs, row = np.unique(start.arc, return_inverse=True)
    to_arcs, column = np.unique(goal.arc, return_inverse=True)
    graph = search_graph(network, weights)
    labels = _search_all(graph, from_arcs, to_arcs, threads or _num_cores(), progress)
    label = labels[row[:, None], column[None, :]]
    reached = (label != UNREACHED) & start.drivable[:, None] & goal.drivable[None, :]
    label[~reached] = 0
    time_ms = (label >> 32) + start.rest_ms[:, None] + goal.spent_ms[None, :]
    if weights.gates is not None:
        time_ms %= GATE_MS
    length_cm = (label & 0xFFFFFFFF) + start.rest_cm[:, None] + goal.offset_cm[None, :]
    _straight_on(start, goal, time_ms, length_cm, reached)
    return Matrix(
        np.where(reached, (time_ms + 500) // 1000, -1),
        np.where(reached, (length_cm + 50) // 100, -1),
    )


def _straight_on(
    start: Ends,
    goal: Ends,
    time_ms: NDArray[np.int64],
    length_cm: NDArray[np.int64],
    reached: NDArray[np.bool_],
) -> None:
    """Where the target lies ahead on the source's own arc, nothing is faster than to drive on."""
    same = start.arc[:, None] == goal.arc[None, :]
    ahead = same & (goal.offset_cm[None, :] >= start.offset_cm[:, None]) & start.drivable[:, None]
    i, j = np.nonzero(ahead)
    time_ms[i, j] = goal.spent_ms[j] - start.spent_ms[i]
    length_cm[i, j] = goal.offset_cm[j] - start.offset_cm[i]
    reached[i, j] = True


def _search_all(
    graph: SearchGraph,
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    threads: int,
    progress: Callable[[str], None] | None,
) -> NDArray[np.int64]:
    labels = np.empty((len(sources), len(targets)), dtype=np.int64)
    chunks = [slice(first, first + CHUNK) for first in range(0, len(sources), CHUNK)]
    done = 0
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        jobs = [pool.submit(many_to_many, graph, sources[c], targets, labels[c]) for c in chunks]
        for job, chunk in zip(jobs, chunks, strict=True):
            job.result()
            done += len(sources[chunk])
            if progress is not None:
                progress(f"travel times: {done} of {len(sources)} places")
    return labels


def _num_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
