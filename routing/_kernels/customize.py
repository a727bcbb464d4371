"""Weights for a contraction hierarchy, and the edges that no fastest path needs left out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.contract import Topology
from routing._kernels.jit import kernel

FAR = 1 << 61
"""Weight of an edge that does not exist; two of them can be added without overflow."""


class Climb(NamedTuple):
    """Edges between a vertex and its upper neighbors, for one direction of travel.

    A weight is ``(milliseconds << shift) + centimeters``, so that sums compare by time first and by
    length among equals. ``middle`` is the vertex that a shortcut goes over, or ``-1 - e`` for edge
    e of the graph itself.
    """

    first_out: NDArray[np.int32]  # (n + 1,)
    head: NDArray[np.int32]  # (m,) rising in each row
    depth: NDArray[np.uint32]  # (m,) of the head; without a sign to be an index at once
    weight: NDArray[np.int64]  # (m,)
    middle: NDArray[np.int32]  # (m,)


class Draft(NamedTuple):
    """Weights of all upward edges while they are worked out, each shape (m,)."""

    up: NDArray[np.int64]
    down: NDArray[np.int64]
    up_middle: NDArray[np.int32]
    down_middle: NDArray[np.int32]
    up_kept: NDArray[np.bool_]
    down_kept: NDArray[np.bool_]


@kernel
def lay_weights(slot: NDArray[np.int32], weight: NDArray[np.int64], draft: Draft) -> None:
    """Give upward edges the weights of the graph's edges; the least of parallel ones counts."""
    for e in range(len(slot)):
        if slot[e] < 0:
            continue
        i = slot[e] >> 1
        if slot[e] & 1:
            if weight[e] < draft.down[i]:
                draft.down[i] = weight[e]
                draft.down_middle[i] = -1 - e
        elif weight[e] < draft.up[i]:
            draft.up[i] = weight[e]
            draft.up_middle[i] = -1 - e


@kernel
def relax_triangles(topology: Topology, draft: Draft) -> None:
    """Make every upward edge as cheap as the best way over vertices below both its ends.

    For each vertex, from the lowest up, all pairs of its upper neighbors; O(triangles).

    References
    ----------
    J. Dibbelt, B. Strasser, D. Wagner (2016), Customizable contraction hierarchies,
    doi 10.1145/2886843, section 7.
    """
    for u in range(len(topology.parent)):
        begin, end = topology.first_out[u], topology.first_out[u + 1]
        for i in range(begin, end):
            into, out_of = draft.down[i], draft.up[i]
            k = topology.first_out[topology.head[i]]
            for j in range(i + 1, end):
                while topology.head[k] != topology.head[j]:
                    k += 1
                over = into + draft.up[j]
                if over < draft.up[k]:
                    draft.up[k] = over
                    draft.up_middle[k] = u
                over = draft.down[j] + out_of
                if over < draft.down[k]:
                    draft.down[k] = over
                    draft.down_middle[k] = u


@kernel
def tighten(topology: Topology, draft: Draft) -> None:
    """Make every weight the exact distance; an edge that became cheaper is no longer kept.

    From the highest vertex down, over triangles whose other corner lies above the lower end. What
    is kept holds an up-and-down fastest path for each pair, and both halves of each kept shortcut
    are kept too (their weights are exact). O(triangles).

    References
    ----------
    Dibbelt, Strasser, Wagner (2016), section 7.4: perfect customization.
    """
    for i in range(len(draft.up)):
        draft.up_kept[i] = draft.up[i] < FAR
        draft.down_kept[i] = draft.down[i] < FAR
    for u in range(len(topology.parent) - 1, -1, -1):
        begin, end = topology.first_out[u], topology.first_out[u + 1]
        for i in range(begin, end):
            k = topology.first_out[topology.head[i]]
            for j in range(i + 1, end):
                while topology.head[k] != topology.head[j]:
                    k += 1
                if draft.up[j] + draft.down[k] < draft.up[i]:
                    draft.up[i] = draft.up[j] + draft.down[k]
                    draft.up_kept[i] = False
                elif draft.up[i] + draft.up[k] < draft.up[j]:
                    draft.up[j] = draft.up[i] + draft.up[k]
                    draft.up_kept[j] = False
                if draft.down[j] + draft.up[k] < draft.down[i]:
                    draft.down[i] = draft.down[j] + draft.up[k]
                    draft.down_kept[i] = False
                elif draft.down[i] + draft.down[k] < draft.down[j]:
                    draft.down[j] = draft.down[i] + draft.down[k]
                    draft.down_kept[j] = False


@kernel
def prune(
    topology: Topology,
    weight: NDArray[np.int64],
    middle: NDArray[np.int32],
    kept: NDArray[np.bool_],
) -> Climb:
    """The kept edges of one direction in rows of their own; O(m)."""
    n = len(topology.parent)
    first_out = np.zeros(n + 1, np.int32)
    for v in range(n):
        count = first_out[v]
        for i in range(topology.first_out[v], topology.first_out[v + 1]):
            count += kept[i]
        first_out[v + 1] = count
    size = first_out[n]
    climb = Climb(
        first_out,
        np.empty(size, np.int32),
        np.empty(size, np.uint32),
        np.empty(size, np.int64),
        np.empty(size, np.int32),
    )
    at = 0
    for i in range(len(kept)):
        if kept[i]:
            climb.head[at] = topology.head[i]
            climb.depth[at] = topology.depth[topology.head[i]]
            climb.weight[at] = weight[i]
            climb.middle[at] = middle[i]
            at += 1
    return climb
