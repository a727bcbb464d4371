"""One fastest path out of a contraction hierarchy, down to the edges of the graph."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.contract import Topology
from routing._kernels.customize import FAR, Climb
from routing._kernels.jit import inner_kernel, kernel


class TraceWork(NamedTuple):
    """Arrays that a trace writes; the rows 0 and 1 are the way up and the way down."""

    label: NDArray[np.int64]  # (2, depths) label of the ancestor at each depth
    edge: NDArray[np.int32]  # (2, depths) climb edge by which it was reached, -1 = the start
    owner: NDArray[np.int32]  # (2, depths) lower end of that edge
    stack: NDArray[np.int32]  # (3 * depths, 3) way (0 or 1), edge, owner


@inner_kernel
def _climb_alone(topology: Topology, climb: Climb, start: int, way: int, work: TraceWork) -> None:
    """Labels of all ancestors of one vertex, by depth; O(edges above it)."""
    v = np.int64(start)
    while v >= 0:
        work.label[way, topology.depth[v]] = FAR
        v = np.int64(topology.parent[v])
    work.label[way, topology.depth[start]] = 0
    work.edge[way, topology.depth[start]] = -1
    v = np.int64(start)
    while v >= 0:
        label = work.label[way, topology.depth[v]]
        if label < FAR:
            for e in range(climb.first_out[v], climb.first_out[v + 1]):
                at = topology.depth[climb.head[e]]
                if label + climb.weight[e] < work.label[way, at]:
                    work.label[way, at] = label + climb.weight[e]
                    work.edge[way, at] = e
                    work.owner[way, at] = v
        v = np.int64(topology.parent[v])


@inner_kernel
def _meet(
    topology: Topology, forward: Climb, backward: Climb, source: int, target: int, work: TraceWork
) -> tuple[np.int64, np.int64]:
    """Label of the fastest path between two vertices, and the depth of its top; FAR, -1: none."""
    _climb_alone(topology, forward, source, np.int64(0), work)
    _climb_alone(topology, backward, target, np.int64(1), work)
    one, other = np.int64(source), np.int64(target)
    while one != other and one >= 0 and other >= 0:
        if one < other:
            one = np.int64(topology.parent[one])
        else:
            other = np.int64(topology.parent[other])
    best, top = np.int64(FAR), np.int64(-1)
    if one == other:
        while one >= 0:
            at = np.int64(topology.depth[one])
            label = work.label[0, at] + work.label[1, at]
            if label < best:
                best, top = label, at
            one = np.int64(topology.parent[one])
    return best, top


@kernel
def _find(climb: Climb, v: int, head: int) -> int:
    """Index of the edge from v up to ``head``, by halving its row."""
    begin, end = climb.first_out[v], climb.first_out[v + 1]
    while end - begin > 1:
        middle = (begin + end) >> 1
        if climb.head[middle] <= head:
            begin = middle
        else:
            end = middle
    return begin


@inner_kernel
def _lay_out(topology: Topology, work: TraceWork, top: int) -> int:
    """Put the climb edges of a path on the stack, the first to be driven on top; their number."""
    size = 0
    at = top
    while work.edge[1, at] >= 0:
        size += 1
        at = topology.depth[work.owner[1, at]]
    slot = size
    at = top
    while work.edge[1, at] >= 0:
        slot -= 1
        work.stack[slot, 0] = 1
        work.stack[slot, 1] = work.edge[1, at]
        work.stack[slot, 2] = work.owner[1, at]
        at = topology.depth[work.owner[1, at]]
    at = top
    while work.edge[0, at] >= 0:
        work.stack[size, 0] = 0
        work.stack[size, 1] = work.edge[0, at]
        work.stack[size, 2] = work.owner[0, at]
        size += 1
        at = topology.depth[work.owner[0, at]]
    return size


@kernel
def trace(
    topology: Topology,
    forward: Climb,
    backward: Climb,
    source: int,
    target: int,
    work: TraceWork,
    edges: NDArray[np.int32],
) -> tuple[np.int64, int]:
    """Label of the fastest path between two ranks, and the number of its edges.

    ``edges`` is written with edges of the graph in the order driven, as many as fit. A path that
    does not exist has label FAR. O(edges above both ends + length of the path log n).
    """
    label, top = _meet(topology, forward, backward, source, target, work)
    if top < 0:
        return label, 0
    size = _lay_out(topology, work, top)
    count = 0
    while size > 0:
        size -= 1
        way, edge, owner = work.stack[size, 0], work.stack[size, 1], work.stack[size, 2]
        climb = forward if way == 0 else backward
        middle = climb.middle[edge]
        if middle < 0:
            if count < len(edges):
                edges[count] = -1 - middle
            count += 1
            continue
        begin, end = owner, climb.head[edge]
        if way == 1:
            begin, end = end, begin
        # First down to the middle, then up from it.
        work.stack[size, 0] = 0
        work.stack[size, 1] = _find(forward, middle, end)
        work.stack[size, 2] = middle
        work.stack[size + 1, 0] = 1
        work.stack[size + 1, 1] = _find(backward, middle, begin)
        work.stack[size + 1, 2] = middle
        size += 2
    return label, count
