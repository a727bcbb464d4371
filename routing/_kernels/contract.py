"""Contraction without weights: the elimination tree of an order and the shortcuts it needs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import kernel


class Topology(NamedTuple):
    """The hierarchy without weights; vertices are named by rank.

    Ranks are a postorder of the elimination tree, so that all vertices below one stand in one
    stretch just before it. Both directions of travel share an upward edge.
    """

    parent: NDArray[np.int32]  # (n,) lowest upper neighbor, -1 = none
    depth: NDArray[np.int32]  # (n,) number of ancestors
    first_out: NDArray[np.int32]  # (n + 1,)
    head: NDArray[np.int32]  # (m,) upper neighbors, rising in each row


@kernel
def lower_rows(
    first_out: NDArray[np.int32], head: NDArray[np.int32], rank: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Lower neighbors of each rank, both directions taken together, as ``first_in, tail``; O(m)."""
    n = len(rank)
    first_in = np.zeros(n + 2, np.int32)
    for u in range(n):
        for e in range(first_out[u], first_out[u + 1]):
            first_in[max(rank[u], rank[head[e]]) + 2] += 1
    for v in range(n):
        first_in[v + 2] += first_in[v + 1]
    tail = np.empty(first_out[n], np.int32)
    for u in range(n):
        for e in range(first_out[u], first_out[u + 1]):
            one, other = rank[u], rank[head[e]]
            row = max(one, other) + 1
            tail[first_in[row]] = min(one, other)
            first_in[row] += 1
    return first_in[: n + 1], tail


@kernel
def postorder(first_in: NDArray[np.int32], tail: NDArray[np.int32]) -> NDArray[np.int32]:
    """New rank of each rank: an order with equal shortcuts that walks the elimination tree.

    References
    ----------
    J. W. H. Liu (1990), The role of elimination trees in sparse factorization,
    doi 10.1137/0611010 (algorithm 4.2, with path compression).
    """
    n = len(first_in) - 1
    parent = np.full(n, -1, np.int32)
    jump = np.full(n, -1, np.int32)
    for v in range(n):
        for i in range(first_in[v], first_in[v + 1]):
            u = tail[i]
            while u != v and u >= 0:
                above = jump[u]
                jump[u] = v
                if above < 0:
                    parent[u] = v
                u = above
    size = np.ones(n + 1, np.int32)
    for v in range(n):
        if parent[v] >= 0:
            size[parent[v]] += size[v]
    # Each vertex takes the end of its stretch and deals the rest out to its children.
    stretch_end = np.full(n + 1, n, np.int32)
    place = np.empty(n, np.int32)
    for v in range(n - 1, -1, -1):
        above = parent[v] if parent[v] >= 0 else n
        place[v] = stretch_end[above] - 1
        stretch_end[above] -= size[v]
        stretch_end[v] = place[v]
    return place


@kernel
def climb_tree(
    first_in: NDArray[np.int32], tail: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Parent, depth and first upward edge of each rank, once ranks are a postorder.

    Every vertex on the tree's way from a lower neighbor u of v up to v becomes a lower neighbor of
    v as well; the rows are only counted here. O(number of upward edges).
    """
    n = len(first_in) - 1
    parent = np.full(n, -1, np.int32)
    seen = np.full(n, -1, np.int32)
    first_out = np.zeros(n + 1, np.int32)
    for v in range(n):
        seen[v] = v
        for i in range(first_in[v], first_in[v + 1]):
            u = tail[i]
            while seen[u] != v:
                if parent[u] < 0:
                    parent[u] = v
                seen[u] = v
                first_out[u + 1] += 1
                u = parent[u]
    depth = np.zeros(n, np.int32)
    for v in range(n - 1, -1, -1):
        if parent[v] >= 0:
            depth[v] = depth[parent[v]] + 1
    for v in range(n):
        first_out[v + 1] += first_out[v]
    return parent, depth, first_out


@kernel
def upper_rows(first_in: NDArray[np.int32], tail: NDArray[np.int32], topology: Topology) -> None:
    """Write the upper neighbors of each rank into ``topology.head``, rising in each row."""
    n = len(first_in) - 1
    seen = np.full(n, -1, np.int32)
    end = topology.first_out[:n].copy()
    for v in range(n):
        seen[v] = v
        for i in range(first_in[v], first_in[v + 1]):
            u = tail[i]
            while seen[u] != v:
                seen[u] = v
                topology.head[end[u]] = v
                end[u] += 1
                u = topology.parent[u]


@kernel
def find_slots(
    topology: Topology,
    first_out: NDArray[np.int32],
    head: NDArray[np.int32],
    rank: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Where each edge of the graph lies in the hierarchy, shape (num_edges,).

    ``2 * i`` for travel up the upward edge i, ``2 * i + 1`` for travel down it, -1 for a loop.
    """
    slot = np.full(len(head), -1, np.int32)
    for u in range(len(rank)):
        for e in range(first_out[u], first_out[u + 1]):
            one, other = rank[u], rank[head[e]]
            if one == other:
                continue
            low, high = min(one, other), max(one, other)
            begin, end = topology.first_out[low], topology.first_out[low + 1]
            while end - begin > 1:
                middle = (begin + end) >> 1
                if topology.head[middle] <= high:
                    begin = middle
                else:
                    end = middle
            slot[e] = 2 * begin + (1 if other < one else 0)
    return slot
