"""A hierarchy with weights: travel matrices, nearest lists and paths."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing._kernels.buckets import Buckets, Nearest, fill_buckets, nearest
from routing._kernels.customize import (
    FAR,
    Climb,
    Draft,
    lay_weights,
    prune,
    relax_triangles,
    tighten,
)
from routing._kernels.sweep import LANES, Places, Scale, Table
from routing._kernels.trace import TraceWork, trace
from routing.border import MAX_WEIGHT, edge_weights, row_starts, whole_numbers
from routing.hierarchy import Hierarchy
from routing.tables import FEW_PAIRS, Question, Rooms, fill_by_ancestors, fill_by_sweeps, find_exits

MIN_SHIFT, MAX_SHIFT = 31, 35
"""Bits of a label that hold the length; what is left holds at least 18 hours."""

FAR_TIME: Any = np.int32(FAR >> MIN_SHIFT)
"""`FAR` for labels that hold a time alone."""

JOB = 2 * LANES
"""Sources that a thread sweeps before it reports."""

Weighed = TypeVar("Weighed", Climb, Places)

Progress = Callable[[int, int], None]
"""Told how many sources are done, and of how many."""


def num_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def customize(hierarchy: Hierarchy, time_ms: ArrayLike, length_cm: ArrayLike) -> Metric:
    """Lay the weights of one vehicle, hour or closure over a hierarchy.

    Parameters
    ----------
    hierarchy
        Order and shortcuts of the graph.
    time_ms, length_cm
        Weights of the graph's edges, whole numbers below 2^30, shape (num_edges,); a time of -1
        closes an edge.

    Returns
    -------
    Metric
        Ready to be asked.

    Raises
    ------
    ValueError
        When a weight is out of range, or when the longest edges of all vertices add up to so much
        (322,000 km) that labels could overflow.
    """
    time = edge_weights("time_ms", time_ms, hierarchy.num_edges, -1)
    length = edge_weights("length_cm", length_cm, hierarchy.num_edges, 0)
    is_open = time >= 0
    shift = _length_bits(hierarchy.first_out, np.where(is_open, length, 0))
    weight = np.where(is_open, _pack(time, length, shift), FAR)
    m = len(hierarchy.topology.head)
    draft = Draft(
        np.full(m, FAR, np.int64),
        np.full(m, FAR, np.int64),
        np.zeros(m, np.int32),
        np.zeros(m, np.int32),
        np.zeros(m, np.bool_),
        np.zeros(m, np.bool_),
    )
    lay_weights(hierarchy.slot, weight, draft)
    relax_triangles(hierarchy.topology, draft)
    tighten(hierarchy.topology, draft)
    forward = prune(hierarchy.topology, draft.up, draft.up_middle, draft.up_kept)
    backward = prune(hierarchy.topology, draft.down, draft.down_middle, draft.down_kept)
    return Metric(hierarchy, forward, backward, shift)


def _pack(time: NDArray[np.int64], length: NDArray[np.int64], shift: int) -> NDArray[np.int64]:
    """Labels of times and lengths; FAR where a time is too long for one."""
    most = FAR >> shift
    return np.where(time < most, (np.minimum(time, most) << shift) + length, FAR)


def _length_bits(first_out: NDArray[np.int32], length: NDArray[np.int64]) -> int:
    """Bits that hold the length of any path: it leaves no vertex more than once."""
    filled = np.flatnonzero(np.diff(first_out))
    longest = np.maximum.reduceat(length, first_out[filled]) if len(filled) else length
    total = int(longest.sum()) + 2 * MAX_WEIGHT
    shift = max(MIN_SHIFT, total.bit_length())
    if shift > MAX_SHIFT:
        raise ValueError(
            f"lengths add up to {total // 100_000} km; labels hold "
            f"{(1 << MAX_SHIFT) // 100_000} km: divide the map"
        )
    return shift


@dataclass(frozen=True, eq=False)
class NearestTargets:
    """The targets nearest to each source by time, then length, then number.

    All of shape (num_sources, k), nearest first, -1 behind the last that can be reached.
    """

    target: NDArray[np.int32]
    time: NDArray[np.int64]
    length: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Route:
    """One fastest path: edges of the graph, and which vertices of its ends it joins.

    ``source`` and ``target`` are indices into ``vertex`` of the places given; -1 and
    ``time`` = ``length`` = -1 mean that there is no way.
    """

    edges: NDArray[np.int32]
    source: int
    target: int
    time: int
    length: int


@dataclass(frozen=True, eq=False)
class Metric:
    """A hierarchy with the weights of one vehicle; threads may share it.

    Ways longer than ``2 ** (61 - shift)`` milliseconds (149 hours for a shift of 32) count as none.
    """

    hierarchy: Hierarchy
    forward: Climb
    backward: Climb
    shift: int

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, those of the hierarchy aside."""
        return sum(a.nbytes for a in (*self.forward, *self.backward))

    def vertices(self, vertex: ArrayLike) -> Places:
        """Sources or targets that stand at one vertex each."""
        num = len(np.asarray(vertex))
        zeros = np.zeros(num, np.int64)
        return self.places(np.arange(num + 1), vertex, zeros, zeros)

    def places(
        self, first_out: ArrayLike, vertex: ArrayLike, time_ms: ArrayLike, length_cm: ArrayLike
    ) -> Places:
        """Sources or targets that stand at several vertices, with a weight to or from each.

        Parameters
        ----------
        first_out
            Place i stands at ``vertex[first_out[i]:first_out[i + 1]]``; none = unreachable.
        vertex, time_ms, length_cm
            Vertices of the graph, with the time and length between them and the place.

        Raises
        ------
        ValueError
            When arrays do not fit together or numbers are out of range.
        """
        at = whole_numbers("vertex", vertex, 0, self.hierarchy.num_vertices)
        time = edge_weights("time_ms", time_ms, len(at), 0)
        length = edge_weights("length_cm", length_cm, len(at), 0)
        first = row_starts("first_out", first_out, len(at))
        return Places(first, self.hierarchy.rank[at], _pack(time, length, self.shift))

    def matrix(
        self,
        sources: Places,
        targets: Places,
        *,
        whole: bool = False,
        lengths: bool = True,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Table:
        """Times and lengths from every source to every target along the fastest paths.

        Parameters
        ----------
        sources, targets
            Made by `vertices` or `places`.
        whole
            Seconds and metres, rounded half up, instead of milliseconds and centimeters.
        lengths
            Without lengths the matrix takes half as long; ``length`` is then empty.
        threads
            By default one for each core; the result does not depend on it.
        progress
            Told after each job.

        Returns
        -------
        Table
            ``time`` and ``length``, int32, shape (num_sources, num_targets), -1 = unreachable.

        Raises
        ------
        ValueError
            When a length does not fit 32 bits (21,474 km in centimeters).
        """
        shape = len(sources.first_out) - 1, len(targets.first_out) - 1
        scale = Scale(FAR, self.shift, *((1000, 100) if whole else (1, 1)))
        asked = Question(self.forward, self.backward, sources, targets, scale)
        if not lengths:
            ends = self._only_times(sources), self._only_times(targets)
            asked = Question(*self._times, *ends, scale._replace(far=FAR_TIME, shift=0))
        sizes = shape if lengths else (0, 0)
        table = Table(np.empty(shape, np.int32), np.empty(sizes, np.int32))
        by = fill_by_ancestors if asked.num_pairs <= FEW_PAIRS else fill_by_sweeps
        fill = by(asked, table, self._rooms)

        def run(part: NDArray[np.int32]) -> None:
            if fill(part):
                raise ValueError("a path is longer than 21,474 km; ask for whole metres")

        _in_threads(run, _by_rank(sources), threads, progress)
        return table

    def nearest(
        self,
        sources: Places,
        targets: Places,
        k: int,
        *,
        direct: Places | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> NearestTargets:
        """The k targets nearest to each source, without a matrix.

        Parameters
        ----------
        sources, targets
            Made by `vertices` or `places`.
        k
            Length of the lists.
        direct
            Targets that sources reach without the graph: ``vertex`` holds targets, not ranks.
        threads, progress
            As in `matrix`.

        Returns
        -------
        NearestTargets
            In milliseconds and centimeters; equal times and lengths in the order of targets.
        """
        num, num_targets = len(sources.first_out) - 1, len(targets.first_out) - 1
        if k < 1:
            raise ValueError(f"k = {k}; expected at least 1")
        k = min(k, max(num_targets, 1))
        exits = find_exits(self.backward, targets, self._rooms)
        rows = len(exits.chosen)
        buckets = Buckets(
            np.full(self.hierarchy.num_vertices, -1, np.int32),
            np.zeros(rows, np.int64),
            np.empty((rows, k), np.int32),
            np.empty((rows, k), np.int64),
        )
        fill_buckets(self.backward, exits, buckets)
        found = Nearest(np.full((num, k), -1, np.int32), np.full((num, k), FAR, np.int64))
        if direct is None:
            direct = Places(
                np.zeros(num + 1, np.int32), np.empty(0, np.int32), np.empty(0, np.int64)
            )
        climbs = self.hierarchy.topology, self.forward
        n, seeds = self.hierarchy.num_vertices, int(np.diff(sources.first_out).max(initial=1))

        def search(part: NDArray[np.int32]) -> None:
            room = np.full(n, FAR, np.int64), np.empty(seeds, np.int32)
            nearest(*climbs, sources, part, buckets, direct, *room, found)

        _in_threads(
            search,
            _by_rank(sources),
            threads,
            progress,
        )
        reached = found.target >= 0
        return NearestTargets(
            found.target,
            np.where(reached, found.label >> self.shift, -1),
            np.where(reached, found.label & ((1 << self.shift) - 1), -1),
        )

    def routes(self, sources: Places, targets: Places) -> list[Route]:
        """Fastest path from the i-th source to the i-th target, for every i.

        Raises
        ------
        ValueError
            When there are not as many sources as targets.
        """
        num = len(sources.first_out) - 1
        if len(targets.first_out) - 1 != num:
            raise ValueError(f"{num} sources but {len(targets.first_out) - 1} targets")
        work = self._trace_work()
        edges = np.empty(1024, np.int32)
        found = []
        for i in range(num):
            starts = range(sources.first_out[i], sources.first_out[i + 1])
            ends = range(targets.first_out[i], targets.first_out[i + 1])
            best = min(
                (
                    (
                        self._trace(int(sources.vertex[s]), int(targets.vertex[t]), work, edges)[0]
                        + int(sources.weight[s] + targets.weight[t]),
                        s,
                        t,
                    )
                    for s in starts
                    for t in ends
                ),
                default=(FAR, -1, -1),
            )
            found.append(self._route(sources, targets, best, work))
        return found

    def _route(
        self, sources: Places, targets: Places, best: tuple[int, int, int], work: TraceWork
    ) -> Route:
        label, s, t = best
        if label >= FAR:
            return Route(np.empty(0, np.int32), -1, -1, -1, -1)
        edges = np.empty(1024, np.int32)
        ends = int(sources.vertex[s]), int(targets.vertex[t])
        _, count = self._trace(*ends, work, edges)
        if count > len(edges):
            edges = np.empty(count, np.int32)
            self._trace(*ends, work, edges)
        length = label & ((1 << self.shift) - 1)
        return Route(edges[:count].copy(), s, t, label >> self.shift, length)

    def _trace(
        self, source: int, target: int, work: TraceWork, edges: NDArray[np.int32]
    ) -> tuple[int, int]:
        topology = self.hierarchy.topology
        label, count = trace(topology, self.forward, self.backward, source, target, work, edges)
        return int(label), int(count)

    def _trace_work(self) -> TraceWork:
        depth = self.hierarchy.topology.depth
        depths = int(depth.max()) + 2 if len(depth) else 1
        return TraceWork(
            np.empty((2, depths), np.int64),
            np.empty((2, depths), np.int32),
            np.empty((2, depths), np.int32),
            np.empty((3 * depths, 3), np.int32),
        )

    @cached_property
    def _times(self) -> tuple[Climb, Climb]:
        return self._only_times(self.forward), self._only_times(self.backward)

    def _only_times(self, weighed: Weighed) -> Weighed:
        """Weights of 32 bits without lengths; fastest ways in both senses need the same edges."""
        times = np.minimum(weighed.weight >> self.shift, FAR_TIME).astype(np.int32)
        return weighed._replace(weight=times)

    @cached_property
    def _rooms(self) -> Rooms:
        return Rooms(self.hierarchy.topology)

    def __reduce__(self) -> tuple[Any, ...]:
        # What is cached stays behind: rooms hold two views of one memory.
        return Metric, (self.hierarchy, self.forward, self.backward, self.shift)


def _by_rank(sources: Places) -> NDArray[np.int32]:
    """Sources in an order in which neighbors share most of the vertices above them."""
    # A place that stands nowhere goes where the next one does.
    vertex = np.append(sources.vertex, 0)[sources.first_out[:-1]]
    return np.argsort(vertex, kind="stable").astype(np.int32)


def _in_threads(
    run: Callable[[NDArray[np.int32]], None],
    order: NDArray[np.int32],
    threads: int | None,
    progress: Progress | None,
) -> None:
    """Do all sources, a job at a time, in as many threads; compiled code frees the GIL."""
    parts = [order[first : first + JOB] for first in range(0, len(order), JOB)]
    workers = min(threads or num_cores(), len(parts))
    if workers <= 1:
        _count(map(run, parts), parts, progress)
        return
    with ThreadPoolExecutor(max_workers=workers) as pool:
        _count(pool.map(run, parts), parts, progress)


def _count(runs: Iterable[None], parts: list[NDArray[np.int32]], progress: Progress | None) -> None:
    done, total = 0, sum(map(len, parts))
    for _, part in zip(runs, parts, strict=True):
        done += len(part)
        if progress is not None:
            progress(done, total)
