"""Nested dissection of a graph that lies in the plane, by inertial flow."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inner_kernel, kernel

END_SHARE = 4
"""One node in so many, from either end of a direction, is a source (a sink) of the flow."""


class PlaneGraph(NamedTuple):
    """An undirected graph, each edge in both rows, without loops."""

    first_out: NDArray[np.int32]  # (n + 1,)
    head: NDArray[np.int32]  # (m,)
    back: NDArray[np.int32]  # (m,) the same edge in the other row
    orders: NDArray[np.int32]  # (directions, n) nodes sorted along each direction; written


class FlowWork(NamedTuple):
    """Arrays that the dissection writes."""

    cell: NDArray[np.int32]  # (n,) cell that a node lies in, -1 = in a separator
    flow: NDArray[np.int8]  # (m,) -1, 0 or 1
    level: NDArray[np.int32]  # (n,) distance from the sources, -1 = not met
    cursor: NDArray[np.int32]  # (n,) next edge to try
    queue: NDArray[np.int32]  # (n,)
    trail: NDArray[np.int32]  # (n,) edges of the path being built
    end: NDArray[np.int8]  # (n,) 1 = source, -1 = sink, 0 = neither
    side: NDArray[np.int8]  # (n,) 0 or 1 in the best cut so far, 2 = separator


@inner_kernel
def _mark_ends(graph: PlaneGraph, work: FlowWork, d: int, low: int, high: int) -> None:
    """Make one end of a direction sources and the other sinks, and clear the flow."""
    num_ends = max(1, (high - low) // END_SHARE)
    for i in range(low, high):
        v = graph.orders[d, i]
        work.end[v] = 0
        if i < low + num_ends:
            work.end[v] = 1
        elif i >= high - num_ends:
            work.end[v] = -1
        for e in range(graph.first_out[v], graph.first_out[v + 1]):
            work.flow[e] = 0


@inner_kernel
def _spread(graph: PlaneGraph, work: FlowWork, low: int, high: int, sign: int) -> int:
    """Breadth-first levels from the sources (sign 1) or against the flow from the sinks (-1).

    Returns the number of nodes met, or -1 as soon as the other end is met.
    """
    size = 0
    for i in range(low, high):
        v = graph.orders[0, i]
        work.level[v] = -1
        work.cursor[v] = graph.first_out[v]
        if work.end[v] == sign:
            work.level[v] = 0
            work.queue[size] = v
            size += 1
    at = 0
    last = high
    while at < size:
        v = work.queue[at]
        at += 1
        if work.level[v] >= last:
            return -1
        for e in range(graph.first_out[v], graph.first_out[v + 1]):
            x = graph.head[e]
            if work.level[x] >= 0 or work.cell[x] != work.cell[v] or sign * work.flow[e] >= 1:
                continue
            work.level[x] = work.level[v] + 1
            work.queue[size] = x
            size += 1
            if work.end[x] == -sign:
                last = work.level[x]
    return size if last == high else -1


@inner_kernel
def _push(graph: PlaneGraph, work: FlowWork, start: int) -> int:
    """Send all the flow that one source can send along rising levels; returns its amount."""
    sent = 0
    depth = 0
    v = start
    while True:
        if work.end[v] == -1:
            for i in range(depth):
                e = work.trail[i]
                work.flow[e] += 1
                work.flow[graph.back[e]] -= 1
            sent += 1
            depth = 0
            v = start
            continue
        e = work.cursor[v]
        if e == graph.first_out[v + 1]:
            if depth == 0:
                return sent
            depth -= 1
            v = graph.head[graph.back[work.trail[depth]]]
            work.cursor[v] += 1
            continue
        x = graph.head[e]
        if work.cell[x] == work.cell[v] and work.level[x] == work.level[v] + 1 and work.flow[e] < 1:
            work.trail[depth] = e
            depth += 1
            v = x
        else:
            work.cursor[v] = e + 1


@inner_kernel
def _try_direction(
    graph: PlaneGraph, work: FlowWork, d: int, low: int, high: int, best: int, best_even: int
) -> tuple[int, int]:
    """Cut a cell between both ends of a direction; keep the cut if it is the best so far.

    The fewest edges count, then the size of the smaller half; the cut nearest to the sources and
    the one nearest to the sinks are both looked at. ``side`` is written. Dinic's algorithm with
    unit capacities, left as soon as the flow exceeds ``best``.
    """
    num_ends = max(1, (high - low) // END_SHARE)
    total = 0
    sign = 1
    while total <= best:
        met = _spread(graph, work, low, high, sign)
        if met < 0:
            for i in range(low, low + num_ends):
                total += _push(graph, work, graph.orders[d, i])
            continue
        even = min(met, high - low - met)
        if total < best or even > best_even:
            best = total
            best_even = even
            for i in range(low, high):
                v = graph.orders[0, i]
                work.side[v] = 0 if (work.level[v] >= 0) == (sign == 1) else 1
        if sign == -1:
            break
        sign = -1
    return best, best_even


@inner_kernel
def _take_border(graph: PlaneGraph, work: FlowWork, low: int, high: int) -> None:
    """Make the nodes along a cut, on the side where they are fewer, its separator."""
    count = np.zeros(2, np.int64)
    for i in range(low, high):
        v = graph.orders[0, i]
        work.end[v] = 0
        for e in range(graph.first_out[v], graph.first_out[v + 1]):
            x = graph.head[e]
            if work.cell[x] == work.cell[v] and work.side[x] != work.side[v]:
                work.end[v] = 1
        count[work.side[v]] += work.end[v]
    taken = 0 if count[0] <= count[1] else 1
    for i in range(low, high):
        v = graph.orders[0, i]
        if work.end[v] == 1 and work.side[v] == taken:
            work.side[v] = 2


@inner_kernel
def _divide(graph: PlaneGraph, work: FlowWork, d: int, low: int, high: int) -> None:
    """Bring the nodes of sides 0, 1, 2 together in one order, each in its old sequence."""
    at = low
    for side in range(3):
        for i in range(low, high):
            v = graph.orders[d, i]
            if work.side[v] == side:
                work.queue[at] = v
                at += 1
    for i in range(low, high):
        graph.orders[d, i] = work.queue[i]


@inner_kernel
def _record(
    graph: PlaneGraph,
    work: FlowWork,
    by_node: bool,
    low: int,
    high: int,
    number: int,
    step: NDArray[np.int32],
) -> tuple[int, int]:
    """Write the step of the separator of a divided cell; the ends of both halves' stretches."""
    middle = low
    top = low
    for i in range(low, high):
        v = graph.orders[0, i]
        if work.side[v] == 2:
            work.cell[v] = -1
            step[v] = number
            continue
        top += 1
        if work.side[v] == 0:
            middle += 1
        if by_node:
            continue
        for e in range(graph.first_out[v], graph.first_out[v + 1]):
            x = graph.head[e]
            if work.cell[x] == number and work.side[x] != work.side[v]:
                step[e] = number
    return middle, top


@kernel
def dissect(graph: PlaneGraph, work: FlowWork, by_node: bool, step: NDArray[np.int32]) -> None:
    """Divide a graph again and again; say at which step each node or edge fell into a separator.

    Parameters
    ----------
    graph
        The graph; the rows of ``orders`` are permuted.
    work
        ``cell`` must come as zeros.
    by_node
        Whether separators are made of nodes; otherwise of edges, until single nodes are left.
    step
        Written, shape (n,) or (m,): numbers of a depth-first walk over the cells, so that an order
        of falling steps eliminates both halves before the separator between them.

    Notes
    -----
    Each level of the recursion costs O(directions (n + c m)) with c the size of the cuts.

    References
    ----------
    A. Schild, C. Sommer (2015), On balanced separators in road networks,
    doi 10.1007/978-3-319-20086-6_22. V. Buchhold, D. Wagner, T. Zeitz, M. Zündorf (2020),
    Customizable contraction hierarchies with turn costs, doi 10.4230/OASIcs.ATMOS.2020.9.
    """
    n = len(graph.first_out) - 1
    bounds = np.empty((n + 2, 2), np.int64)
    bounds[0, 0] = 0
    bounds[0, 1] = n
    num_open = 1
    number = 0
    while num_open > 0:
        num_open -= 1
        low, high = bounds[num_open, 0], bounds[num_open, 1]
        if high <= low:
            continue
        number += 1
        for i in range(low, high):
            work.cell[graph.orders[0, i]] = number
        if high - low == 1:
            if by_node:
                step[graph.orders[0, low]] = number
            continue
        best, best_even = len(graph.head), np.int64(-1)
        for d in range(len(graph.orders)):
            _mark_ends(graph, work, d, low, high)
            best, best_even = _try_direction(graph, work, d, low, high, best, best_even)
        if by_node:
            _take_border(graph, work, low, high)
        middle, top = _record(graph, work, by_node, low, high, number, step)
        for d in range(len(graph.orders)):
            _divide(graph, work, d, low, high)
        bounds[num_open, 0] = low
        bounds[num_open, 1] = middle
        bounds[num_open + 1, 0] = middle
        bounds[num_open + 1, 1] = top
        num_open += 2
