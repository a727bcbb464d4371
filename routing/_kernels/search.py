"""Dijkstra's search over arcs, for one source and for many."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inner_kernel, kernel

UNREACHED = np.iinfo(np.int64).max
"""Label of an arc that the search has not met."""

ROOT = -2
"""Parent of an arc that follows the source directly."""


class SearchGraph(NamedTuple):
    """Turns that one profile may use.

    A weight or label is ``(milliseconds << 32) + centimeters``, so that adding and comparing them
    as integers orders ways by time first and by length among equals.
    """

    first_out: NDArray[np.int32]  # (num_arcs + 1,)
    head: NDArray[np.int32]  # (num_turns,)
    weight: NDArray[np.int64]  # (num_turns,) driving the arc left behind, and the turn
    arc_weight: NDArray[np.int64]  # (num_arcs,) driving the arc alone
    base: NDArray[np.int32]  # (num_arcs,) real arc of each copy


class Workspace(NamedTuple):
    """Arrays that one search writes, each shape (num_arcs,), reused from search to search."""

    label: NDArray[np.int64]  # best weight up to the tail of each arc
    parent: NDArray[np.int32]  # arc before, ROOT after the source, -1 = not met
    found: NDArray[np.int32]  # for each real target arc the arc (itself or a copy) reached first
    heap: NDArray[np.int32]  # four-ary heap of arcs
    place: NDArray[np.int32]  # where an arc stands in the heap, -1 = not in it


@inner_kernel
def sift_up(work: Workspace, slot: int) -> None:
    """Move the arc at ``slot`` toward the top until its parent is no greater."""
    arc = work.heap[slot]
    key = work.label[arc]
    while slot > 0:
        above = (slot - 1) >> 2
        other = work.heap[above]
        if work.label[other] <= key:
            break
        work.heap[slot] = other
        work.place[other] = slot
        slot = above
    work.heap[slot] = arc
    work.place[arc] = slot


@inner_kernel
def pop(work: Workspace, size: int) -> int:
    """Take the arc with the least label out of a heap of ``size`` arcs; O(log size)."""
    top = work.heap[0]
    work.place[top] = -1
    size -= 1
    if size == 0:
        return top
    arc = work.heap[size]
    key = work.label[arc]
    slot = 0
    while True:
        first = 4 * slot + 1
        if first >= size:
            break
        best = first
        for child in range(first + 1, min(first + 4, size)):
            if work.label[work.heap[child]] < work.label[work.heap[best]]:
                best = child
        other = work.heap[best]
        if work.label[other] >= key:
            break
        work.heap[slot] = other
        work.place[other] = slot
        slot = best
    work.heap[slot] = arc
    work.place[arc] = slot
    return top


@inner_kernel
def _relax(
    graph: SearchGraph, work: Workspace, arc: int, label: int, parent: int, size: int
) -> int:
    """Offer ``label`` plus each turn to the arcs after ``arc``; returns the new heap size."""
    for turn in range(graph.first_out[arc], graph.first_out[arc + 1]):
        to = graph.head[turn]
        reached = label + graph.weight[turn]
        if reached < work.label[to]:
            if work.label[to] == UNREACHED:
                work.heap[size] = to
                work.place[to] = size
                size += 1
            work.label[to] = reached
            work.parent[to] = parent
            sift_up(work, work.place[to])
    return size


@kernel
def search(
    graph: SearchGraph, work: Workspace, source: int, is_target: NDArray[np.bool_], num_targets: int
) -> None:
    """Labels from the head of ``source`` to the tails of arcs, until all targets are settled.

    ``work`` is written; ``is_target`` marks real arcs, shape (num_arcs,). The source is met again
    only by driving round to it. O((n + m) log n); the heap holds each arc at most once.

    References
    ----------
    E. W. Dijkstra (1959), A note on two problems in connexion with graphs, doi 10.1007/BF01386390.
    """
    work.label[:] = UNREACHED
    work.parent[:] = -1
    work.found[:] = -1
    # The weight of a turn holds the arc left behind, which the source has already driven.
    size = _relax(graph, work, source, -graph.arc_weight[source], ROOT, 0)
    while size > 0 and num_targets > 0:
        arc = pop(work, size)
        size -= 1
        real = graph.base[arc]
        if is_target[real] and work.found[real] < 0:
            work.found[real] = arc
            num_targets -= 1
        size = _relax(graph, work, arc, work.label[arc], arc, size)


@kernel
def many_to_many(
    graph: SearchGraph,
    sources: NDArray[np.int32],
    targets: NDArray[np.int32],
    labels: NDArray[np.int64],
) -> None:
    """Labels from the head of every source arc to the tail of every target arc.

    ``sources`` and ``targets`` hold real arcs, targets each once; ``labels`` is written, shape
    (num_sources, num_targets), UNREACHED where there is no way.
    """
    n = len(graph.base)
    work = Workspace(
        np.empty(n, np.int64),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.full(n, -1, np.int32),
    )
    is_target = np.zeros(n, np.bool_)
    for target in targets:
        is_target[target] = True
    for row in range(len(sources)):
        search(graph, work, sources[row], is_target, len(targets))
        for column in range(len(targets)):
            state = work.found[targets[column]]
            labels[row, column] = work.label[state] if state >= 0 else UNREACHED
