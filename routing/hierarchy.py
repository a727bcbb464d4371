"""Contraction hierarchies: order and shortcuts once a graph, weights in a moment, then matrices.

A `Hierarchy` knows the graph alone; `Hierarchy.customize` lays the weights of one vehicle, hour or
closure over it and gives a `Metric`, which answers matrices, nearest lists and paths. The choice
was made by measurement (docs/roads.md): on Porto's turns a hierarchy ordered by nested dissection
takes half as long to prepare as one with witness searches, twenty times less to re-weight, and its
sweeps are as fast, because the exact distances of all shortcuts come almost free and three in five
shortcuts are then left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing._kernels.contract import (
    Topology,
    climb_tree,
    find_slots,
    lower_rows,
    postorder,
    upper_rows,
)
from routing._kernels.dissect import FlowWork, PlaneGraph, dissect
from routing.border import row_starts, whole_numbers

DIRECTIONS = 4
"""Directions along which cuts are tried; eight gave 0.3 % fewer shortcuts in twice the time."""


def dissect_nodes(
    first_out: ArrayLike, head: ArrayLike, x: ArrayLike, y: ArrayLike
) -> NDArray[np.int32]:
    """Step at which each node of a graph falls into a separator, for `contract`.

    Parameters
    ----------
    first_out, head
        The graph in CSR form; the direction of edges does not matter.
    x, y
        Where the nodes lie, in any unit that is the same for both.

    Returns
    -------
    ndarray
        Shape (num_nodes,); nodes of late steps are contracted first.
    """
    first = np.asarray(first_out, dtype=np.int64)
    tail = np.repeat(np.arange(len(first) - 1), np.diff(first))
    graph, _ = _plane_graph(tail, np.asarray(head, dtype=np.int64), x, y)
    step = np.zeros(len(first) - 1, np.int32)
    dissect(graph, _flow_work(graph), True, step)
    return step


def dissect_streets(
    tail: ArrayLike, head: ArrayLike, x: ArrayLike, y: ArrayLike
) -> NDArray[np.int32]:
    """Step at which each street falls into a separator, for graphs whose vertices are streets.

    Cutting the map of junctions through its streets separates the graph of turns: half as many
    nodes to cut as in the graph of turns itself, and a quarter fewer shortcuts.

    Parameters
    ----------
    tail, head
        Junctions at both ends of each directed street, shape (num_streets,).
    x, y
        Where the junctions lie.

    Returns
    -------
    ndarray
        Shape (num_streets,); both directions of a street have the same step.

    References
    ----------
    V. Buchhold, D. Wagner, T. Zeitz, M. Zündorf (2020), Customizable contraction hierarchies with
    turn costs, doi 10.4230/OASIcs.ATMOS.2020.9.
    """
    tails, heads = np.asarray(tail, dtype=np.int64), np.asarray(head, dtype=np.int64)
    graph, keys = _plane_graph(tails, heads, x, y)
    step = np.zeros(len(graph.head), np.int32)
    dissect(graph, _flow_work(graph), False, step)
    # A street from a junction to itself belongs into no separator: contracted first of all.
    last = np.int32(len(graph.first_out))
    if not len(keys):
        return np.full(len(tails), last, np.int32)
    at = np.minimum(np.searchsorted(keys, tails * len(np.asarray(x)) + heads), len(keys) - 1)
    return np.where(tails == heads, last, step[at]).astype(np.int32)


def _plane_graph(
    tail: NDArray[np.int64], head: NDArray[np.int64], x: ArrayLike, y: ArrayLike
) -> tuple[PlaneGraph, NDArray[np.int64]]:
    """Both directions of all edges once, with the nodes sorted along several directions."""
    at_x, at_y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    n = len(at_x)
    if at_x.shape != at_y.shape or not (np.isfinite(at_x).all() and np.isfinite(at_y).all()):
        raise ValueError("x and y must be finite and as many as there are nodes")
    if len(tail) and (min(tail.min(), head.min()) < 0 or max(tail.max(), head.max()) >= n):
        raise ValueError(f"edges name nodes outside 0..{n - 1}")
    real = tail != head
    keys = np.unique(np.concatenate(((tail * n + head)[real], (head * n + tail)[real])))
    tails, heads = np.divmod(keys, max(n, 1))
    angles = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    orders = [np.argsort(np.cos(a) * at_x + np.sin(a) * at_y, kind="stable") for a in angles]
    graph = PlaneGraph(
        np.searchsorted(tails, np.arange(n + 1)).astype(np.int32),
        heads.astype(np.int32),
        np.searchsorted(keys, heads * n + tails).astype(np.int32),
        np.ascontiguousarray(orders, dtype=np.int32),
    )
    return graph, keys


def _flow_work(graph: PlaneGraph) -> FlowWork:
    n, m = len(graph.first_out) - 1, len(graph.head)
    return FlowWork(
        np.zeros(n, np.int32),
        np.zeros(m, np.int8),
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        np.zeros(n, np.int32),
        np.zeros(n, np.int8),
        np.zeros(n, np.int8),
    )


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """Order and shortcuts of a graph, free of weights; threads may share it.

    Attributes
    ----------
    topology
        The upward edges, vertices named by rank.
    rank
        Rank of each vertex, shape (num_vertices,).
    slot
        Where each edge of the graph lies among the upward edges, shape (num_edges,).
    first_out, head
        The graph, as it came.
    """

    topology: Topology
    rank: NDArray[np.int32]
    slot: NDArray[np.int32]
    first_out: NDArray[np.int32]
    head: NDArray[np.int32]

    @property
    def num_vertices(self) -> int:
        """Number of vertices."""
        return len(self.rank)

    @property
    def num_edges(self) -> int:
        """Number of edges of the graph."""
        return len(self.head)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, those of the graph aside."""
        return sum(a.nbytes for a in (*self.topology, self.rank, self.slot))


def contract(first_out: ArrayLike, head: ArrayLike, step: ArrayLike) -> Hierarchy:
    """Contract a graph's vertices, those of late steps first.

    Parameters
    ----------
    first_out, head
        The graph in CSR form; parallel edges and loops are allowed.
    step
        Any order gives true answers; those of `dissect_nodes` and `dissect_streets` give fast ones.

    Returns
    -------
    Hierarchy
        With about five upward edges a turn on city maps.

    Raises
    ------
    ValueError
        When arrays do not fit together.
    """
    n = len(np.asarray(first_out)) - 1
    heads = whole_numbers("head", head, 0, max(n, 0)).astype(np.int32)
    first = row_starts("first_out", first_out, len(heads))
    steps = whole_numbers("step", step, -(1 << 31), 1 << 31)
    if len(steps) != n:
        raise ValueError(f"step has {len(steps)} entries; expected {n}")
    rank = np.empty(n, np.int32)
    rank[np.argsort(-steps, kind="stable")] = np.arange(n)
    first_in, tail = lower_rows(first, heads, rank)
    rank = postorder(first_in, tail)[rank]
    first_in, tail = lower_rows(first, heads, rank)
    parent, depth, climb_out = climb_tree(first_in, tail)
    if climb_out[-1] >= 1 << 30 or (climb_out < 0).any():
        raise ValueError("more than 2^30 shortcuts: the order does not suit the graph")
    topology = Topology(parent, depth, climb_out, np.empty(climb_out[-1], np.int32))
    upper_rows(first_in, tail, topology)
    slot = find_slots(topology, first, heads, rank)
    return Hierarchy(topology, rank, slot, first, heads)
