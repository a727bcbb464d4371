"""The likeliest drive through the candidates of a track of fixes: Viterbi's algorithm."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inner_kernel, kernel
from routing._kernels.search import ROOT, UNREACHED, SearchGraph, Workspace, pop, sift_up

CM = 0xFFFFFFFF
"""The part of a label that holds the length."""

BEAM = 30.0
"""A candidate this much less likely (in logarithms) than the best of its fix leads nowhere."""

IMPOSSIBLE = -1e300
PATIENCE = 3
"""Fixes in a row that may be left out because no way leads to them; then the drive begins anew."""


class Fixes(NamedTuple):
    """Fixes of all tracks and the places on the streets at which they may have been taken."""

    x_m: NDArray[np.float64]  # (n,)
    y_m: NDArray[np.float64]  # (n,)
    time_s: NDArray[np.float64]  # (n,)
    first_out: NDArray[np.int64]  # (n + 1,) candidates of each fix
    arc: NDArray[np.int32]  # (num_candidates,) real arcs
    offset_cm: NDArray[np.int32]  # (num_candidates,)
    emission: NDArray[np.float64]  # (num_candidates,) log-likelihood of the fix there


class Bounds(NamedTuple):
    """What a step from one fix to the next may be; ``beta_cm`` scales detours."""

    beta_cm: float
    slack_cm: float  # a way may be twice as long as the straight line, and so much more
    back_cm: int  # how far noise may put a fix behind the one before on the same arc
    fastest_cm_s: float
    max_gap_s: float


class Chain(NamedTuple):
    """What decoding writes for each fix and candidate."""

    score: NDArray[np.float64]  # (num_candidates,)
    back: NDArray[np.int64]  # (num_candidates,) candidate before, -1 at a beginning
    before: NDArray[np.int64]  # (n,) fix before, -1 at a beginning
    chosen: NDArray[np.int64]  # (n,) candidate, -1 = left out


class Room(NamedTuple):
    """Arrays of one thread's searches; as they were after each of them."""

    work: Workspace  # label UNREACHED, found and place -1
    touched: NDArray[np.int32]  # (num_arcs,)
    wanted: NDArray[np.int64]  # (num_arcs,) the step that last asked for an arc
    steps: NDArray[np.int64]  # (1,) number of the step


@inner_kernel
def _offer(
    graph: SearchGraph,
    room: Room,
    arc: int,
    label: int,
    parent: int,
    most_cm: int,
    sizes: tuple[int, int],
) -> tuple[int, int]:
    """Offer ``label`` plus each turn to the arcs after ``arc``, as far as ``most_cm``."""
    work = room.work
    size, met = sizes
    for turn in range(graph.first_out[arc], graph.first_out[arc + 1]):
        to = graph.head[turn]
        reached = label + graph.weight[turn]
        if reached < work.label[to] and (reached & CM) <= most_cm:
            if work.label[to] == UNREACHED:
                room.touched[met] = to
                met += 1
                work.heap[size] = to
                work.place[to] = size
                size += 1
            work.label[to] = reached
            work.parent[to] = parent
            sift_up(work, work.place[to])
    return size, met


@inner_kernel
def _reach(graph: SearchGraph, room: Room, source: int, num_wanted: int, most_cm: int) -> int:
    """Search from the head of ``source`` until all arcs wanted by this step are settled.

    Labels from the head of the source to the tails of arcs no farther than ``most_cm`` are left in
    the room; returns how many were met, for `_clear`.
    """
    work = room.work
    sizes = _offer(graph, room, source, -graph.arc_weight[source], ROOT, most_cm, (0, 0))
    while sizes[0] > 0 and num_wanted > 0:
        arc = pop(work, sizes[0])
        real = graph.base[arc]
        if room.wanted[real] == room.steps[0] and work.found[real] < 0:
            work.found[real] = arc
            num_wanted -= 1
        rest = (sizes[0] - 1, sizes[1])
        sizes = _offer(graph, room, arc, work.label[arc], arc, most_cm, rest)
    for slot in range(sizes[0]):
        work.place[work.heap[slot]] = -1
    return sizes[1]


@inner_kernel
def _clear(graph: SearchGraph, room: Room, met: int) -> None:
    for k in range(met):
        arc = room.touched[k]
        room.work.label[arc] = UNREACHED
        room.work.found[graph.base[arc]] = -1


@inner_kernel
def _straight_cm(fixes: Fixes, i: int, j: int) -> float:
    return 100.0 * np.hypot(fixes.x_m[j] - fixes.x_m[i], fixes.y_m[j] - fixes.y_m[i])


@inner_kernel
def _most_cm(fixes: Fixes, i: int, j: int, straight_cm: float, bounds: Bounds) -> int:
    """Length of the longest way from fix ``i`` to fix ``j`` that is looked at."""
    by_speed = bounds.fastest_cm_s * (fixes.time_s[j] - fixes.time_s[i]) + bounds.slack_cm / 4
    return int(min(2 * straight_cm + bounds.slack_cm, by_speed))


@inner_kernel
def _want(fixes: Fixes, room: Room, j: int) -> int:
    """Mark the arcs of the candidates of fix ``j``; returns how many there are."""
    room.steps[0] += 1
    num = 0
    for c in range(fixes.first_out[j], fixes.first_out[j + 1]):
        if room.wanted[fixes.arc[c]] != room.steps[0]:
            room.wanted[fixes.arc[c]] = room.steps[0]
            num += 1
    return num


@inner_kernel
def _step(
    graph: SearchGraph,
    length_cm: NDArray[np.int32],
    fixes: Fixes,
    bounds: Bounds,
    room: Room,
    chain: Chain,
    i: int,
    j: int,
) -> bool:
    """Scores of the candidates of fix ``j`` by way of those of fix ``i``; whether any is reached.

    One bounded search for each candidate of ``i`` that is likely enough.
    """
    straight_cm = _straight_cm(fixes, i, j)
    most_cm = _most_cm(fixes, i, j, straight_cm, bounds)
    num_wanted = _want(fixes, room, j)
    best = IMPOSSIBLE
    for s in range(fixes.first_out[i], fixes.first_out[i + 1]):
        best = max(best, chain.score[s])
    for c in range(fixes.first_out[j], fixes.first_out[j + 1]):
        chain.score[c] = IMPOSSIBLE
        chain.back[c] = -1
    found = False
    for s in range(fixes.first_out[i], fixes.first_out[i + 1]):
        if chain.score[s] < best - BEAM:
            continue
        arc = fixes.arc[s]
        rest_cm = length_cm[arc] - fixes.offset_cm[s]
        met = _reach(graph, room, arc, num_wanted, most_cm - rest_cm)
        for c in range(fixes.first_out[j], fixes.first_out[j + 1]):
            to = fixes.arc[c]
            ahead_cm = fixes.offset_cm[c] - fixes.offset_cm[s]
            if to == arc and ahead_cm >= -bounds.back_cm:
                way_cm = max(ahead_cm, 0)
            else:
                state = room.work.found[to]
                if state < 0:
                    continue
                way_cm = rest_cm + (room.work.label[state] & CM) + fixes.offset_cm[c]
            if way_cm > most_cm:
                continue
            reached = chain.score[s] - abs(way_cm - straight_cm) / bounds.beta_cm
            if reached > chain.score[c]:
                chain.score[c] = reached
                chain.back[c] = s
                found = True
        _clear(graph, room, met)
    for c in range(fixes.first_out[j], fixes.first_out[j + 1]):
        if chain.back[c] >= 0:
            chain.score[c] += fixes.emission[c]
    return found


@inner_kernel
def _choose(fixes: Fixes, chain: Chain, last: int) -> None:
    """Choose the candidates of the chain that ends at fix ``last``, from its end to its begin."""
    best = fixes.first_out[last]
    for c in range(fixes.first_out[last], fixes.first_out[last + 1]):
        if chain.score[c] > chain.score[best]:
            best = c
    i = last
    while i >= 0:
        chain.chosen[i] = best
        best = chain.back[best]
        i = chain.before[i]


@kernel
def decode(
    graph: SearchGraph,
    length_cm: NDArray[np.int32],
    fixes: Fixes,
    bounds: Bounds,
    begin: int,
    end: int,
    room: Room,
    chain: Chain,
) -> None:
    """Choose for fixes ``begin`` to ``end`` of one track the likeliest places, chain by chain.

    A chain ends where two fixes lie more than ``max_gap_s`` apart, or where no way leads on to
    several fixes in a row; single ones are left out. ``chain`` is written in the rows of the track.
    O(fixes x candidates x bounded search).

    References
    ----------
    P. Newson, J. Krumm (2009), Hidden Markov map matching through noise and sparseness,
    doi 10.1145/1653771.1653818, section 3.
    """
    i, j = -1, begin
    first_lost = -1
    while j < end:
        if fixes.first_out[j] == fixes.first_out[j + 1]:
            j += 1
            continue
        gap_s = fixes.time_s[j] - fixes.time_s[i] if i >= 0 else np.inf
        if gap_s <= bounds.max_gap_s:
            if _step(graph, length_cm, fixes, bounds, room, chain, i, j):
                chain.before[j] = i
                i, first_lost = j, -1
                j += 1
                continue
            if first_lost < 0:
                first_lost = j
            if j - first_lost + 1 < PATIENCE:
                j += 1
                continue
        if i >= 0:
            _choose(fixes, chain, i)
        if first_lost >= 0:
            j, first_lost = first_lost, -1
        for c in range(fixes.first_out[j], fixes.first_out[j + 1]):
            chain.score[c] = fixes.emission[c]
            chain.back[c] = -1
        chain.before[j] = -1
        i = j
        j += 1
    if i >= 0:
        _choose(fixes, chain, i)


@kernel
def trace_ways(
    graph: SearchGraph,
    length_cm: NDArray[np.int32],
    fixes: Fixes,
    bounds: Bounds,
    begin: int,
    end: int,
    room: Room,
    chain: Chain,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Ways between the chosen places of one track: arcs behind the one before, the last included.

    Returns the number of arcs for each fix of the track, and all arcs in order; a fix at the
    beginning of a chain, or on the arc of the one before and not behind it, has none.
    """
    counts = np.zeros(end - begin, np.int64)
    arcs = np.empty(2 * (end - begin) + 64, np.int32)
    size = 0
    for j in range(begin, end):
        i = chain.before[j]
        if i < 0 or chain.chosen[j] < 0:
            continue
        s, c = chain.chosen[i], chain.chosen[j]
        arc, to = fixes.arc[s], fixes.arc[c]
        if arc == to and fixes.offset_cm[c] - fixes.offset_cm[s] >= -bounds.back_cm:
            continue
        most_cm = _most_cm(fixes, i, j, _straight_cm(fixes, i, j), bounds)
        rest_cm = length_cm[arc] - fixes.offset_cm[s]
        room.steps[0] += 1
        room.wanted[to] = room.steps[0]
        met = _reach(graph, room, arc, 1, most_cm - rest_cm)
        state = room.work.found[to]
        num = 0
        while state != ROOT:
            num += 1
            state = room.work.parent[state]
        if size + num > len(arcs):
            more = np.empty(2 * (size + num), np.int32)
            more[:size] = arcs[:size]
            arcs = more
        state = room.work.found[to]
        for place in range(size + num - 1, size - 1, -1):
            arcs[place] = state
            state = room.work.parent[state]
        size += num
        counts[j - begin] = num
        _clear(graph, room, met)
    return counts, arcs[:size]
