"""Nearest targets straight from a contraction hierarchy, without a matrix."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.contract import Topology
from routing._kernels.customize import FAR, Climb
from routing._kernels.jit import inner_kernel, kernel
from routing._kernels.sweep import Exits, Places


class Buckets(NamedTuple):
    """The k targets nearest downward from each chosen vertex, nearest first."""

    row: NDArray[np.int32]  # (n,) row of a vertex, -1 = no target below it
    size: NDArray[np.int64]  # (num_rows,)
    target: NDArray[np.int32]  # (num_rows, k)
    label: NDArray[np.int64]  # (num_rows, k)


class Nearest(NamedTuple):
    """The k targets nearest to each source, nearest first, -1 and FAR behind the last."""

    target: NDArray[np.int32]  # (num_sources, k)
    label: NDArray[np.int64]  # (num_sources, k)


@inner_kernel
def offer(
    targets: NDArray[np.int32], labels: NDArray[np.int64], size: int, target: int, label: int
) -> int:
    """Put one target into a list sorted by (label, target), each target once; new size. O(k)."""
    k = len(targets)
    if label >= FAR:
        return size
    if size == k and (
        label > labels[k - 1] or (label == labels[k - 1] and target > targets[k - 1])
    ):
        return size
    at = 0
    while at < size and targets[at] != target:
        at += 1
    if at < size:
        if labels[at] <= label:
            return size
    elif size < k:
        size += 1
    else:
        at = k - 1
    while at > 0 and (
        labels[at - 1] > label or (labels[at - 1] == label and targets[at - 1] > target)
    ):
        targets[at] = targets[at - 1]
        labels[at] = labels[at - 1]
        at -= 1
    targets[at] = target
    labels[at] = label
    return size


@kernel
def _join(buckets: Buckets, into: int, row: int, weight: int) -> None:
    """Offer all of one bucket to another, from ``weight`` farther away."""
    size = buckets.size[into]
    k = buckets.target.shape[1]
    for i in range(buckets.size[row]):
        label = buckets.label[row, i] + weight
        if size == k and label > buckets.label[into, k - 1]:
            break
        size = offer(buckets.target[into], buckets.label[into], size, buckets.target[row, i], label)
    buckets.size[into] = size


@kernel
def fill_buckets(backward: Climb, exits: Exits, buckets: Buckets) -> None:
    """Fill the buckets of all chosen vertices from the lowest up.

    No more than k targets a bucket are needed: were a farther one among the k nearest of a source
    by way of this vertex, the k before it would be nearer still. O(edges above the targets k^2) at
    worst; in practice lists stop early.
    """
    for row in range(len(exits.chosen)):
        buckets.row[exits.chosen[row]] = row
    for i in range(len(exits.vertex)):
        row = buckets.row[exits.vertex[i]]
        buckets.size[row] = offer(
            buckets.target[row],
            buckets.label[row],
            buckets.size[row],
            exits.target[i],
            exits.weight[i],
        )
    for row in range(len(exits.chosen)):
        v = exits.chosen[row]
        for e in range(backward.first_out[v], backward.first_out[v + 1]):
            _join(buckets, buckets.row[backward.head[e]], row, backward.weight[e])


@inner_kernel
def _visit(
    buckets: Buckets,
    v: int,
    label: int,
    targets: NDArray[np.int32],
    labels: NDArray[np.int64],
    size: int,
) -> int:
    """Offer the targets below a vertex to a source's list; returns its new size."""
    row = buckets.row[v]
    if row < 0:
        return size
    k = len(targets)
    for i in range(buckets.size[row]):
        reached = label + buckets.label[row, i]
        if size == k and reached > labels[k - 1]:
            break
        size = offer(targets, labels, size, buckets.target[row, i], reached)
    return size


@kernel
def nearest(
    topology: Topology,
    forward: Climb,
    sources: Places,
    order: NDArray[np.int32],
    buckets: Buckets,
    direct: Places,
    label: NDArray[np.int64],
    front: NDArray[np.int32],
    found: Nearest,
) -> None:
    """Lists of the nearest targets for some sources.

    Parameters
    ----------
    topology, forward, buckets
        The hierarchy and the targets.
    sources
        All sources.
    order
        The sources to do.
    direct
        Targets (as ``vertex``) that sources reach without the hierarchy, with their labels.
    label, front
        Room for the labels of all vertices, FAR before and after, and for the seeds of a source.
    found
        Written in the rows of ``order``.

    References
    ----------
    R. Geisberger (2011), Advanced Route Planning in Transportation Networks, PhD thesis,
    Karlsruhe, section 3.3 (buckets); cut to k entries here.
    """
    for s in order:
        targets, labels = found.target[s], found.label[s]
        size = np.int64(0)
        for i in range(direct.first_out[s], direct.first_out[s + 1]):
            size = offer(targets, labels, size, direct.vertex[i], direct.weight[i])
        # One pointer for each seed walks up the tree; the lowest goes first, equal ones merge.
        num_fronts = 0
        for i in range(sources.first_out[s], sources.first_out[s + 1]):
            v = sources.vertex[i]
            label[v] = min(label[v], sources.weight[i])
            front[num_fronts] = v
            num_fronts += 1
        while num_fronts > 0:
            v = np.int64(front[0])
            for i in range(1, num_fronts):
                v = min(v, np.int64(front[i]))
            reached = label[v]
            label[v] = FAR
            if reached < FAR and (size < len(targets) or reached <= labels[size - 1]):
                for e in range(forward.first_out[v], forward.first_out[v + 1]):
                    x = forward.head[e]
                    label[x] = min(label[x], reached + forward.weight[e])
                size = _visit(buckets, v, reached, targets, labels, size)
            kept = 0
            moved = False
            for i in range(num_fronts):
                if front[i] != v:
                    front[kept] = front[i]
                    kept += 1
                elif not moved and topology.parent[v] >= 0:
                    front[kept] = topology.parent[v]
                    kept += 1
                    moved = True
            num_fronts = kept
