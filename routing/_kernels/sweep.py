"""Many-to-many labels by sweeps over a contraction hierarchy, 64 sources side by side."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.contract import Topology
from routing._kernels.customize import Climb
from routing._kernels.jit import lean_inner_kernel, lean_kernel

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


class Descent(NamedTuple):
    """The vertices that a sweep passes on its way down and the edges to them, in its order.

    A map's edges lie far apart; laid out once they are read as a stream by every batch. They are
    read in pairs: where there is an odd number of them, the last one stands twice.
    """

    vertex: NDArray[np.int32]  # (c,) falling
    depth: NDArray[np.int32]  # (c,)
    first_out: NDArray[np.int32]  # (c + 1,)
    above: NDArray[np.int32]  # (m,) depth of the vertex that an edge comes from
    weight: NDArray[np.int64]  # (m,)


class Table(NamedTuple):
    """Results of all pairs, -1 = unreachable, each shape (num_sources, num_targets)."""

    time: NDArray[np.int32]
    length: NDArray[np.int32]  # (0, 0) if only times were asked for


class Marks(NamedTuple):
    """Marks of vertices, none before and after; most of a map is passed eight at a time."""

    flag: NDArray[np.uint8]  # (n,) filled up to whole words
    words: NDArray[np.uint64]  # the same memory


class SweepWork(NamedTuple):
    """Arrays that one thread's sweeps write; one table after the other may use them."""

    marks: Marks
    local: NDArray[np.int32]  # (n,) row of a vertex above the batch
    met: NDArray[np.int32]  # (n,) vertices by row
    start: NDArray[np.int64]  # (max_rows, LANES) labels of the vertices above the batch
    rows: NDArray[np.int64]  # (depths, LANES)
    tile: NDArray[np.int32]  # (TILE, LANES)


class Scale(NamedTuple):
    """How labels become results.

    Labels are int64 with times and lengths, or int32 with times alone (shift 0), which takes half
    the memory traffic and half the time; ``far`` is of the labels' type.
    """

    far: int  # label of what cannot be reached; twice as much does not overflow
    shift: int  # bits of the length
    time_unit: int  # 1 or 1000: results are rounded half up to it
    length_unit: int  # 1 or 100


@lean_inner_kernel
def _rise(climb: Climb, lowest: int, marks: Marks, met: NDArray[np.int32]) -> int:
    """Write all vertices upward of those marked into ``met``, rising; how many."""
    size = 0
    for word in range(lowest >> 3, len(marks.words)):
        if marks.words[word] == 0:
            continue
        for v in range(word << 3, (word + 1) << 3):
            if marks.flag[v] == 0:
                continue
            marks.flag[v] = 0
            met[size] = v
            size += 1
            for e in range(climb.first_out[v], climb.first_out[v + 1]):
                marks.flag[climb.head[e]] = 1
    return size


@lean_kernel
def above(climb: Climb, vertex: NDArray[np.int32], marks: Marks, met: NDArray[np.int32]) -> int:
    """Write all vertices that can be reached upward from some into ``met``, rising; how many.

    O(n / 8 + edges of the vertices met); ``met`` has room for all vertices.
    """
    lowest = len(marks.flag)
    for v in vertex:
        marks.flag[v] = 1
        lowest = min(lowest, v)
    return _rise(climb, lowest, marks, met)


@lean_kernel
def lay_descent(
    topology: Topology, backward: Climb, chosen: NDArray[np.int32], descent: Descent
) -> None:
    """Fill a descent to the vertices chosen, which rise; O(their edges)."""
    descent.first_out[0] = 0
    size = 0
    for i in range(len(chosen)):
        v = chosen[len(chosen) - 1 - i]
        descent.vertex[i] = v
        descent.depth[i] = topology.depth[v]
        begin, end = backward.first_out[v], backward.first_out[v + 1]
        for k in range((end - begin + 1) >> 1 << 1):
            e = min(begin + k, end - 1)
            descent.above[size] = backward.depth[e]
            descent.weight[size] = backward.weight[e]
            size += 1
        descent.first_out[i + 1] = size


@lean_inner_kernel
def _meet_above(forward: Climb, sources: Places, batch: NDArray[np.int32], work: SweepWork) -> int:
    """Number the vertices above one batch of sources in ``local`` and ``met``; how many."""
    marks = work.marks
    lowest = len(marks.flag)
    for s in batch:
        for i in range(sources.first_out[s], sources.first_out[s + 1]):
            marks.flag[sources.vertex[i]] = 1
            lowest = min(lowest, sources.vertex[i])
    size = _rise(forward, lowest, marks, work.met)
    for row in range(size):
        work.local[work.met[row]] = row
    return size


@lean_inner_kernel
def _climb(
    forward: Climb,
    sources: Places,
    batch: NDArray[np.int32],
    far: int,
    work: SweepWork,
    size: int,
) -> None:
    """Labels of all vertices above one batch of sources, a row a vertex met."""
    labels = work.start
    for row in range(size):
        for q in range(LANES):
            labels[row, q] = far
    for q in range(len(batch)):
        for i in range(sources.first_out[batch[q]], sources.first_out[batch[q] + 1]):
            row = work.local[sources.vertex[i]]
            labels[row, q] = min(labels[row, q], sources.weight[i])
    for row in range(size):
        v = work.met[row]
        for e in range(forward.first_out[v], forward.first_out[v + 1]):
            into, weight = labels[work.local[forward.head[e]]], forward.weight[e]
            for q in range(LANES):
                reached = into.dtype.type(labels[row, q] + weight)
                into[q] = min(into[q], reached)


@lean_inner_kernel
def _descend(
    descent: Descent,
    exits: Exits,
    size: int,
    far: int,
    work: SweepWork,
    labels: NDArray[np.int64],
) -> None:
    """Labels of all targets for one batch, shape (num_targets, LANES).

    ``rows`` holds one row for each depth of the elimination tree: ranks being a postorder, a walk
    down has left a whole subtree before it needs the row again. So the sweep stays in the cache.
    """
    next_exit = 0
    at = size - 1
    for i in range(len(descent.vertex)):
        v = descent.vertex[i]
        row = work.rows[descent.depth[i]]
        e, end = descent.first_out[i], descent.first_out[i + 1]
        while at >= 0 and work.met[at] > v:
            at -= 1
        if at >= 0 and work.met[at] == v:
            for q in range(LANES):
                row[q] = work.start[at, q]
        elif e < end:
            one, weight = work.rows[descent.above[e]], descent.weight[e]
            two, other = work.rows[descent.above[e + 1]], descent.weight[e + 1]
            for q in range(LANES):
                reached = min(row.dtype.type(one[q] + weight), row.dtype.type(two[q] + other))
                row[q] = min(far, reached)
            e += 2
        else:
            for q in range(LANES):
                row[q] = far
        # Two edges at once take two thirds of the time; loops in functions of their own twice it.
        while e < end:
            one, weight = work.rows[descent.above[e]], descent.weight[e]
            two, other = work.rows[descent.above[e + 1]], descent.weight[e + 1]
            for q in range(LANES):
                # Without the casts sums of int32 are int64, and the loop half as fast.
                reached = min(row.dtype.type(one[q] + weight), row.dtype.type(two[q] + other))
                row[q] = min(row[q], reached)
            e += 2
        while next_exit < len(exits.vertex) and exits.vertex[next_exit] == v:
            into, weight = labels[exits.target[next_exit]], exits.weight[next_exit]
            if exits.is_first[next_exit]:
                for q in range(LANES):
                    reached = row.dtype.type(row[q] + weight)
                    into[q] = min(far, reached)
            else:
                for q in range(LANES):
                    reached = row.dtype.type(row[q] + weight)
                    into[q] = min(into[q], reached)
            next_exit += 1


@lean_inner_kernel
def _write(
    labels: NDArray[np.int64],
    tile: NDArray[np.int32],
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
    is_result = shift == 0 and mask == -1 and unit == 1
    largest = np.int64(0)
    for begin in range(0, num_targets, TILE):
        end = min(begin + TILE, num_targets)
        for j in range(begin, end):
            if is_result:
                for q in range(LANES):
                    tile[j - begin, q] = -1 if labels[j, q] >= far else labels[j, q]
                continue
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


@lean_kernel
def sweep(
    forward: Climb,
    descent: Descent,
    sources: Places,
    order: NDArray[np.int32],
    exits: Exits,
    scale: Scale,
    work: SweepWork,
    labels: NDArray[np.int64],
    table: Table,
) -> bool:
    """Fill the rows of some sources; returns whether a result does not fit 32 bits.

    Parameters
    ----------
    forward, descent
        The ways up from all vertices, and down to the targets.
    sources
        All sources.
    order
        The sources to do; neighbors in it should be neighbors on the map.
    exits
        All targets.
    scale, work
        Units and room.
    labels
        Room for the targets, shape (num_targets, LANES), far where one has no exit.
    table
        The results: the rows of ``order`` are written.

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
        _climb(forward, sources, batch, scale.far, work, size)
        _descend(descent, exits, size, scale.far, work, labels)
        for part in range(1 + (len(table.length) > 0)):
            shift = scale.shift if part == 0 else 0
            mask = -1 if part == 0 else (1 << scale.shift) - 1
            unit = scale.time_unit if part == 0 else scale.length_unit
            spilt |= _write(
                labels,
                work.tile,
                batch,
                scale.far,
                shift,
                mask,
                unit,
                table.time if part == 0 else table.length,
            )
    return spilt
