"""Many-to-many labels met at common ancestors: a climb for each place, then whole rows at once.

In the elimination tree a fastest way climbs from its source to a vertex that is an ancestor of both
ends and descends from there. So the labels of a place are a list over its ancestors, by depth; and
as ranks are a postorder, the targets that share an ancestor with a source stand side by side. A row
of the table is then a minimum of sums over stretches of memory, with no look at the graph. Small
tables are several times faster than by sweeps; in large ones sweeps share more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.contract import Topology
from routing._kernels.customize import Climb
from routing._kernels.jit import lean_inner_kernel, lean_kernel
from routing._kernels.sweep import MAX_INT32, Places, Scale, Table


class Columns(NamedTuple):
    """The vertices at which targets stand, by rank, with their labels from each ancestor."""

    vertex: NDArray[np.int32]  # (c,) rising
    weight: NDArray[np.int64]  # (c,)
    shared: NDArray[np.int32]  # (c + 1,) ancestors in common with the column before; 0 at both ends
    label: NDArray[np.int64]  # (depths, c) written down to a column's own depth


class Gather(NamedTuple):
    """Where the targets of a table find their labels."""

    first: NDArray[np.int32]  # (num_targets + 1,)
    column: NDArray[np.uint32]  # (c,) those of a target side by side; unsigned to be gathered fast


class MeetWork(NamedTuple):
    """Arrays that one thread writes; ``row`` and ``path`` are of the labels' type."""

    path: NDArray[np.int64]  # (depths,) labels of a source to its ancestors
    row: NDArray[np.int64]  # (c,)
    depth: NDArray[np.int32]  # (depths,) of the ancestors reached, falling
    low: NDArray[np.int32]  # (depths,) first column below each
    high: NDArray[np.int32]  # (depths,) behind the last


@lean_inner_kernel
def _climb(
    topology: Topology, climb: Climb, vertex: int, weight: int, far: int, path: NDArray[np.int64]
) -> int:
    """Labels from a vertex to its ancestors and itself, by depth; how many."""
    count = topology.depth[vertex] + 1
    for d in range(count):
        path[d] = far
    path[count - 1] = weight
    v = vertex
    for d in range(count - 1, -1, -1):
        label = path[d]
        if label < far:
            # Numbers without a sign need no look at whether they count from the end.
            for e in range(np.uint32(climb.first_out[v]), np.uint32(climb.first_out[v + 1])):
                into = climb.depth[e]
                path[into] = min(path[into], path.dtype.type(label + climb.weight[e]))
        v = topology.parent[v]
    return count


@lean_inner_kernel
def _in_common(topology: Topology, one: int, other: int) -> int:
    """Number of ancestors that two vertices share, themselves included."""
    while one != other:
        if one < other:
            one = topology.parent[one]
        else:
            other = topology.parent[other]
        if one < 0 or other < 0:
            return 0
    return topology.depth[one] + 1


@lean_kernel
def lay_columns(
    topology: Topology, backward: Climb, columns: Columns, far: int, path: NDArray[np.int64]
) -> None:
    """Fill ``shared`` and ``label``; O(edges above each column)."""
    num = len(columns.vertex)
    columns.shared[0] = columns.shared[num] = 0
    for j in range(num):
        if j > 0:
            columns.shared[j] = _in_common(topology, columns.vertex[j - 1], columns.vertex[j])
        count = _climb(topology, backward, columns.vertex[j], columns.weight[j], far, path)
        for d in range(count):
            columns.label[d, j] = path[d]


@lean_inner_kernel
def _stretches(topology: Topology, columns: Columns, vertex: int, far: int, work: MeetWork) -> int:
    """Which columns lie below each ancestor reached from a vertex, deepest first; how many."""
    num = len(columns.vertex)
    low, high = 0, num
    while low < high:
        middle = (low + high) >> 1
        if columns.vertex[middle] < vertex:
            low = middle + 1
        else:
            high = middle
    if low < num and columns.vertex[low] == vertex:
        right, left = topology.depth[vertex] + 1, columns.shared[low]
    else:
        right = _in_common(topology, vertex, columns.vertex[high]) if high < num else 0
        left = _in_common(topology, vertex, columns.vertex[low - 1]) if low > 0 else 0
    count = first = last = 0
    for d in range(topology.depth[vertex], -1, -1):
        while right > d:
            high += 1
            right = min(right, columns.shared[high])
        while left > d:
            low -= 1
            left = min(left, columns.shared[low])
        if d == topology.depth[vertex] and low < high:
            # No way round is faster to targets where the source stands than to stay there.
            if columns.vertex[low] == vertex and columns.vertex[high - 1] == vertex:
                first, last = low, high
        elif low == first and high == last:
            continue
        if low < high and work.path[d] < far:
            work.depth[count], work.low[count], work.high[count] = d, low, high
            count += 1
    return count


@lean_inner_kernel
def _add_one(columns: Columns, work: MeetWork, k: int, low: int, high: int) -> None:
    """Take the way by one ancestor into a stretch of the row."""
    row, label = work.row, columns.label
    at = np.uint32(work.depth[k])
    up = work.path[at]
    for j in range(np.uint32(low), np.uint32(high)):
        row[j] = min(row[j], row.dtype.type(label[at, j] + up))


@lean_inner_kernel
def _add_four(columns: Columns, work: MeetWork, k: int) -> None:
    """Take the ways by four ancestors into the stretch of the deepest, then into what they add."""
    row, label, low, high = work.row, columns.label, work.low[k], work.high[k]
    a, b = np.uint32(work.depth[k]), np.uint32(work.depth[k + 1])
    c, d = np.uint32(work.depth[k + 2]), np.uint32(work.depth[k + 3])
    to_a, to_b, to_c, to_d = work.path[a], work.path[b], work.path[c], work.path[d]
    for j in range(np.uint32(low), np.uint32(high)):
        number = row.dtype.type
        one = min(number(label[a, j] + to_a), number(label[b, j] + to_b))
        two = min(number(label[c, j] + to_c), number(label[d, j] + to_d))
        row[j] = min(row[j], one, two)
    for i in range(k + 1, k + 4):
        if work.low[i] < low:
            _add_one(columns, work, i, work.low[i], low)
        if high < work.high[i]:
            _add_one(columns, work, i, high, work.high[i])


@lean_inner_kernel
def _write(
    row: NDArray[np.int64],
    gather: Gather,
    far: int,
    shift: int,
    mask: int,
    unit: int,
    out: NDArray[np.int32],
) -> bool:
    """Write one part of a row of labels, rounded to a unit; whether a value does not fit."""
    largest = np.int64(0)
    if shift == 0 and mask == -1 and unit == 1 and len(gather.column) == len(out):
        for t in range(len(out)):
            label = row[gather.column[t]]
            out[t] = -1 if label >= far else label
        return False
    for t in range(len(out)):
        least = np.int64(far)
        for i in range(gather.first[t], gather.first[t + 1]):
            least = min(least, np.int64(row[gather.column[i]]))
        value = (least >> shift) & mask
        if unit > 1:
            value = (value + (unit >> 1)) // unit
        value = np.int64(-1) if least >= far else value
        largest = max(largest, value)
        out[t] = value if value <= MAX_INT32 else MAX_INT32
    return bool(largest > MAX_INT32)


@lean_kernel
def meet(
    topology: Topology,
    forward: Climb,
    sources: Places,
    order: NDArray[np.int32],
    columns: Columns,
    gather: Gather,
    scale: Scale,
    work: MeetWork,
    table: Table,
) -> bool:
    """Fill the rows of some sources; returns whether a result does not fit 32 bits.

    Parameters
    ----------
    topology, forward
        The hierarchy.
    sources
        All sources.
    order
        The sources to do.
    columns, gather
        All targets.
    scale, work, table
        Units, room, and the results: the rows of ``order`` are written.

    Notes
    -----
    A source costs O(edges above it + ancestors shared with each column).

    References
    ----------
    J. Dibbelt, B. Strasser, D. Wagner (2016), Customizable contraction hierarchies,
    doi 10.1145/2886843 (queries that walk the elimination tree).
    """
    spilt = False
    for s in order:
        for j in range(len(work.row)):
            work.row[j] = scale.far
        for i in range(sources.first_out[s], sources.first_out[s + 1]):
            vertex = sources.vertex[i]
            _climb(topology, forward, vertex, sources.weight[i], scale.far, work.path)
            count = _stretches(topology, columns, vertex, scale.far, work)
            for k in range(0, count - 3, 4):
                _add_four(columns, work, k)
            for k in range(count >> 2 << 2, count):
                _add_one(columns, work, k, work.low[k], work.high[k])
        time_mask, length_mask = -1, (1 << scale.shift) - 1
        spilt |= _write(
            work.row, gather, scale.far, scale.shift, time_mask, scale.time_unit, table.time[s]
        )
        if len(table.length):
            spilt |= _write(
                work.row, gather, scale.far, 0, length_mask, scale.length_unit, table.length[s]
            )
    return spilt
