"""Many-to-many labels by sweeps over a contraction hierarchy, 64 sources side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.contract import Topology
from routing._kernels.customize import Climb
from routing._kernels.jit import inner_kernel, kernel

LANES = 64
"""Sources in one sweep. A constant of the compiled loops: 32 took 1.2 times as long."""


MAX_INT32 = (1 << 31) - 1
TILE = 16
"""Targets whose results are turned over together: one cache line of int32."""


class Places(NamedTuple):
    """Sources or targets: each stands at some vertices with a weight to or from there."""

    first_out: NDArray[np.int32]  # (num_places + 1,)
    vertex: NDArray[np.int32]  # ranks
    weight: NDArray[np.int64]


class Exits(NamedTuple):
    """Targets seen from the vertices at which they stand, and what a sweep passes on the way."""

    chosen: NDArray[np.int32]  # (c,) vertices from which a target can be reached downward, rising
    vertex: NDArray[np.int32]  # (num_exits,) falling
    target: NDArray[np.int32]  # (num_exits,)
    weight: NDArray[np.int64]  # (num_exits,)
    is_first: NDArray[np.bool_]  # (num_exits,) whether the target has no exit before this one


class Table(NamedTuple):
    """Results of all pairs, -1 = unreachable, each shape (num_sources, num_targets)."""

    time: NDArray[np.int32]
    length: NDArray[np.int32]  # (0, 0) if only times were asked for


class SweepWork(NamedTuple):
    """Arrays that one thread's sweeps write."""

    local: NDArray[np.int32]  # (n,) row of a vertex above the batch, -1 before and after
    met: NDArray[np.int32]  # (n,) vertices by row
    rows: NDArray[np.int64]  # (depths, LANES)
    labels: NDArray[np.int64]  # (num_targets, LANES) far where a target has no exit


class Scale(NamedTuple):
    """How labels become results.

    Labels are int64 with times and lengths, or int32 with times alone (shift 0), which takes half
    the memory traffic and half the time; ``far`` is of the labels' type.
    """

    far: int  # label of what cannot be reached; twice as much does not overflow
    shift: int  # bits of the length
    time_unit: int  # 1 or 1000: results are rounded half up to it
    length_unit: int  # 1 or 100


@kernel
def above(climb: Climb, vertex: NDArray[np.int32]) -> NDArray[np.int32]:
    """All vertices that can be reached upward from some, rising; O(n + their edges)."""
    n = len(climb.first_out) - 1
    met = np.zeros(n, np.bool_)
    for v in vertex:
        met[v] = True
    count = 0
    for v in range(n):
        if met[v]:
            count += 1
            for e in range(climb.first_out[v], climb.first_out[v + 1]):
                met[climb.head[e]] = True
    chosen = np.empty(count, np.int32)
    count = 0
    for v in range(n):
        if met[v]:
            chosen[count] = v
            count += 1
    return chosen


@inner_kernel
def _meet_above(forward: Climb, sources: Places, batch: NDArray[np.int32], work: SweepWork) -> int:
    """Number the vertices above one batch of sources in ``local`` and ``met``; how many."""
    n = len(work.local)
    lowest = n
    for s in batch:
        for i in range(sources.first_out[s], sources.first_out[s + 1]):
            work.local[sources.vertex[i]] = 0
            lowest = min(lowest, sources.vertex[i])
    size = 0
    for v in range(lowest, n):
        if work.local[v] < 0:
            continue
        work.local[v] = size
        work.met[size] = v
        size += 1
        for e in range(forward.first_out[v], forward.first_out[v + 1]):
            work.local[forward.head[e]] = 0
    return size


@inner_kernel
def _climb(
    forward: Climb,
    sources: Places,
    batch: NDArray[np.int32],
    far: int,
    work: SweepWork,
    labels: NDArray[np.int64],
) -> None:
    """Labels of all vertices above one batch of sources, a row a vertex met."""
    for row in range(len(labels)):
        for q in range(LANES):
            labels[row, q] = far
    for q in range(len(batch)):
        for i in range(sources.first_out[batch[q]], sources.first_out[batch[q] + 1]):
            row = work.local[sources.vertex[i]]
            labels[row, q] = min(labels[row, q], sources.weight[i])
    for row in range(len(labels)):
        v = work.met[row]
        for e in range(forward.first_out[v], forward.first_out[v + 1]):
            into, weight = labels[work.local[forward.head[e]]], forward.weight[e]
            for q in range(LANES):
                reached = into.dtype.type(labels[row, q] + weight)
                into[q] = min(into[q], reached)


@inner_kernel
def _descend(
    topology: Topology,
    backward: Climb,
    exits: Exits,
    start: NDArray[np.int64],
    far: int,
    work: SweepWork,
) -> None:
    """Labels of all targets for one batch, shape (num_targets, LANES).

    ``rows`` holds one row for each depth of the elimination tree: ranks being a postorder, a walk
    down has left a whole subtree before it needs the row again. So the sweep stays in the cache.
    """
    next_exit = 0
    for i in range(len(exits.chosen) - 1, -1, -1):
        v = exits.chosen[i]
        row = work.rows[topology.depth[v]]
        at = work.local[v]
        e, end = backward.first_out[v], backward.first_out[v + 1]
        if at >= 0:
            for q in range(LANES):
                row[q] = start[at, q]
        elif e < end:
            one, weight = work.rows[topology.depth[backward.head[e]]], backward.weight[e]
            for q in range(LANES):
                reached = row.dtype.type(one[q] + weight)
                row[q] = min(far, reached)
            e += 1
        else:
            for q in range(LANES):
                row[q] = far
        if (end - e) & 1:
            one, weight = work.rows[topology.depth[backward.head[e]]], backward.weight[e]
            for q in range(LANES):
                reached = row.dtype.type(one[q] + weight)
                row[q] = min(row[q], reached)
            e += 1
        # Two edges at once take two thirds of the time; loops in functions of their own twice it.
        while e < end:
            one, weight = work.rows[topology.depth[backward.head[e]]], backward.weight[e]
            two, other = work.rows[topology.depth[backward.head[e + 1]]], backward.weight[e + 1]
            for q in range(LANES):
                # Without the casts sums of int32 are int64, and the loop half as fast.
                reached = min(row.dtype.type(one[q] + weight), row.dtype.type(two[q] + other))
                row[q] = min(row[q], reached)
            e += 2
        while next_exit < len(exits.vertex) and exits.vertex[next_exit] == v:
            into, weight = work.labels[exits.target[next_exit]], exits.weight[next_exit]
            if exits.is_first[next_exit]:
                for q in range(LANES):
                    reached = row.dtype.type(row[q] + weight)
                    into[q] = min(far, reached)
            else:
                for q in range(LANES):
                    reached = row.dtype.type(row[q] + weight)
                    into[q] = min(into[q], reached)
            next_exit += 1


@kernel
def _write(
    labels: NDArray[np.int64],
    batch: NDArray[np.int32],
    far: int,
    shift: int,
    mask: int,
    unit: int,
    out: NDArray[np.int32],
) -> bool:
    """Write one part of the labels of a batch into the rows of the results, rounded to a unit.

    Returns whether a value does not fit.

    Tiles of targets are converted lane by lane and turned over in the nearest cache: twice as
    fast as target by target. The quotients of whole numbers below 2^53 are exact when cut off.
    """
    num_targets = len(labels)
    tile = np.empty((TILE, LANES), np.int32)
    largest = np.int64(0)
    for begin in range(0, num_targets, TILE):
        end = min(begin + TILE, num_targets)
        for j in range(begin, end):
            for q in range(LANES):
                label = np.int64(labels[j, q])
                value = (label >> shift) & mask
                if unit > 1:
                    value = np.int64((value + (unit >> 1)) / unit)
                value = np.int64(-1) if label >= far else value
                largest = max(largest, value)
                tile[j - begin, q] = value if value <= MAX_INT32 else MAX_INT32
        for q in range(len(batch)):
            row = out[batch[q], begin:]
            if end - begin == TILE:
                # A number of rounds known beforehand is half the time.
                for j in range(TILE):
                    row[j] = tile[j, q]
            else:
                for j in range(end - begin):
                    row[j] = tile[j, q]
    return bool(largest >= 1 << 31)


@kernel
def sweep(
    topology: Topology,
    forward: Climb,
    backward: Climb,
    sources: Places,
    order: NDArray[np.int32],
    exits: Exits,
    scale: Scale,
    work: SweepWork,
    table: Table,
) -> bool:
    """Fill the rows of some sources; returns whether a result does not fit 32 bits.

    Parameters
    ----------
    topology, forward, backward
        The hierarchy.
    sources
        All sources.
    order
        The sources to do; neighbors in it should be neighbors on the map.
    exits
        All targets.
    scale, work, table
        Units, room, and the results: the rows of ``order`` are written.

    Notes
    -----
    A batch costs O(edges above its sources + edges above all targets), each for all lanes.

    References
    ----------
    D. Delling, A. Goldberg, R. Werneck (2011), Faster batched shortest paths in road networks,
    doi 10.4230/OASIcs.ATMOS.2011.52.
    """
    spilt = False
    for begin in range(0, len(order), LANES):
        batch = order[begin : begin + LANES]
        size = _meet_above(forward, sources, batch, work)
        labels = np.empty((size, LANES), work.rows.dtype)
        _climb(forward, sources, batch, scale.far, work, labels)
        _descend(topology, backward, exits, labels, scale.far, work)
        for part in range(1 + (len(table.length) > 0)):
            shift = scale.shift if part == 0 else 0
            mask = -1 if part == 0 else (1 << scale.shift) - 1
            unit = scale.time_unit if part == 0 else scale.length_unit
            spilt |= _write(
                work.labels,
                batch,
                scale.far,
                shift,
                mask,
                unit,
                table.time if part == 0 else table.length,
            )
        for row in range(size):
            work.local[work.met[row]] = -1
    return spilt
