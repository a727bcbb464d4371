"""Small graphs of plain vertices, and slow twins of what the hierarchy answers about them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

Label = tuple[int, int]  # milliseconds and centimeters


@dataclass
class Graph:
    """A graph in CSR form with weights and places; time -1 = closed."""

    first_out: NDArray[np.int32]
    head: NDArray[np.int32]
    time: NDArray[np.int64]
    length: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def num_vertices(self) -> int:
        """Number of vertices."""
        return len(self.first_out) - 1

    @property
    def tail(self) -> NDArray[np.int64]:
        """Vertex that each edge leaves."""
        return np.repeat(np.arange(self.num_vertices), np.diff(self.first_out))


def from_edges(n: int, edges: list[tuple[int, int, int, int]], at=None) -> Graph:
    """Graph of (tail, head, time, length) edges; places along a spiral unless told."""
    edges = sorted(edges, key=lambda edge: edge[0])
    table = np.asarray(edges, dtype=np.int64).reshape(-1, 4)
    first = np.searchsorted(table[:, 0], np.arange(n + 1)).astype(np.int32)
    if at is None:
        turn = np.arange(n) * 2.4
        at = np.column_stack((np.cos(turn), np.sin(turn))) * np.sqrt(np.arange(n))[:, None]
    head = table[:, 1].astype(np.int32)
    return Graph(first, head, table[:, 2].copy(), table[:, 3].copy(), at[:, 0], at[:, 1])


@st.composite
def graphs(draw, max_vertices: int = 14) -> Graph:
    """Graphs with zero weights, ties, parallel edges, loops, closed edges and several parts."""
    n = draw(st.integers(1, max_vertices))
    vertex = st.integers(0, n - 1)
    time = st.sampled_from([-1, 0, 0, 1, 2, 3, 7, 1000])
    edge = st.tuples(vertex, vertex, time, st.sampled_from([0, 1, 2, 5, 100]))
    edges = draw(st.lists(edge, max_size=4 * n))
    places = st.lists(st.integers(0, 3), min_size=2 * n, max_size=2 * n)
    at = np.asarray(draw(places), dtype=np.float64).reshape(n, 2)
    return from_edges(n, edges, at)


def grid(side: int, seed: int) -> Graph:
    """Streets in a square, both ways, random weights."""
    rng = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    pairs = np.concatenate(
        (
            np.column_stack((number[:, :-1].ravel(), number[:, 1:].ravel())),
            np.column_stack((number[:-1].ravel(), number[1:].ravel())),
        )
    )
    both = np.concatenate((pairs, pairs[:, ::-1]))
    weights = rng.integers(1, 1000, (len(both), 2))
    at = np.column_stack(np.divmod(np.arange(side * side), side)).astype(float)
    table = np.column_stack((both, weights))
    return from_edges(side * side, [tuple(row) for row in table.tolist()], at)


def dijkstra(graph: Graph, source: int) -> dict[int, Label]:
    """Fastest time and its least length from one vertex to all that can be reached."""
    queue: list[tuple[Label, int]] = [((0, 0), source)]
    settled: dict[int, Label] = {}
    while queue:
        label, v = heapq.heappop(queue)
        if v in settled:
            continue
        settled[v] = label
        for e in range(graph.first_out[v], graph.first_out[v + 1]):
            if graph.time[e] >= 0:
                step = label[0] + int(graph.time[e]), label[1] + int(graph.length[e])
                heapq.heappush(queue, (step, int(graph.head[e])))
    return settled


def all_pairs(graph: Graph) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Times and lengths between all vertices, -1 = unreachable."""
    n = graph.num_vertices
    time, length = np.full((n, n), -1), np.full((n, n), -1)
    for s in range(n):
        for v, label in dijkstra(graph, s).items():
            time[s, v], length[s, v] = label
    return time, length
