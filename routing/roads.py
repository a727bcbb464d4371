"""The road engine: a network's hierarchy, and what one vehicle's weights make of it.

The vertices of the hierarchy are arcs and its edges turns, so turn costs and restrictions hold
exactly. `Roads` is made once a map and serves every vehicle; `Roads.weigh` takes a fraction of a
second, for another profile, hour or closure.

A source stands at the arcs that may follow its own, with the rest of its arc and the turn as the
weight; so the way from a place back to a spot behind it on the same arc is found like any other. A
target stands at the beginning of its arc and of the arc's copies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from routing._kernels.sweep import Places, Table
from routing.gates import GATE_MS, GATE_S
from routing.hierarchy import Hierarchy, contract, dissect_streets
from routing.matrix import Ends, position_ends
from routing.metric import Metric, NearestTargets, Progress, Route, customize
from routing.network import Network
from routing.paths import Path
from routing.profiles import Weights
from routing.snapping import Positions

_LAID: WeakValueDictionary[tuple[int, bytes], Metric] = WeakValueDictionary()
"""Metrics that are in use, by hierarchy and weights: neighboring days have most in common."""


@dataclass(frozen=True, eq=False)
class Roads:
    """A network and the hierarchy of its turns, free of weights; threads may share it."""

    network: Network
    hierarchy: Hierarchy

    def weigh(self, weights: Weights) -> RoadMetric:
        """Lay one vehicle's weights over the hierarchy; the same are laid once while in use."""
        turns, arcs = self.network, weights.arc_time_ms.astype(np.int64)
        tail = np.repeat(np.arange(turns.num_arcs), np.diff(turns.turn_first_out))
        closed = (weights.turn_cost_ms < 0) | (arcs[tail] < 0) | (arcs[turns.turn_head] < 0)
        time = np.where(closed, -1, arcs[tail] + weights.turn_cost_ms + _gate_ms(weights))
        # the hierarchy lives as long as its metrics, so that its id names it
        key = id(self.hierarchy), hashlib.blake2b(time.tobytes()).digest()
        metric = _LAID.get(key)
        if metric is None:
            metric = customize(self.hierarchy, time, turns.arc_length_cm[tail])
            _LAID[key] = metric
        return RoadMetric(self, weights, metric)


def _gate_ms(weights: Weights) -> NDArray[np.int64]:
    """Return what the gates of each turn add, by which ways with fewer of them come first."""
    if weights.gates is None:
        return np.zeros(len(weights.turn_cost_ms), np.int64)
    return GATE_MS * weights.gates.astype(np.int64)


def build_roads(network: Network) -> Roads:
    """Order and contract all turns of a network.

    Raises
    ------
    ValueError
        When the network's arrays do not fit together.
    """
    scale = np.cos(np.radians(network.node_lat.mean())) if network.num_nodes else 1.0
    x, y = network.node_lon * scale, network.node_lat
    step = dissect_streets(network.arc_tail, network.arc_head, x, y)
    return Roads(network, contract(network.turn_first_out, network.turn_head, step))


@dataclass(frozen=True, eq=False)
class RoadMetric:
    """Travel of one vehicle between positions; threads may share it."""

    roads: Roads
    weights: Weights
    metric: Metric

    def mark(self) -> bytes:
        """Return a hash of the weights: all that travel on these roads depends on."""
        digest = hashlib.sha256(np.ascontiguousarray(self.weights.arc_time_ms).data)
        digest.update(np.ascontiguousarray(self.weights.turn_cost_ms).data)
        return digest.digest()

    def travel_table(
        self,
        sources: Positions,
        targets: Positions,
        *,
        threads: int | None = None,
        progress: Progress | None = None,
        count_gates: bool = False,
    ) -> Table:
        """Seconds and metres from every source to every target along the fastest paths.

        Parameters
        ----------
        sources, targets
            Places on the streets.
        threads
            By default one for each core; the result does not depend on it.
        progress
            Told how many sources are done, and of how many.
        count_gates
            Leaves ``GATE_S`` for each gate passed in the times.

        Returns
        -------
        Table
            ``time`` and ``length``, int32, shape (num_sources, num_targets), -1 = unreachable:
            the numbers of `routing.matrix.travel_matrix`.
        """
        start, goal = self._ends(sources), self._ends(targets)
        table = self.metric.matrix(
            self._starts(start), self._goals(goal), whole=True, threads=threads, progress=progress
        )
        if self.weights.gates is not None and not count_gates:
            np.copyto(table.time, table.time % GATE_S, where=table.time >= 0)
        i, j = _ahead(start, goal)
        time, length = _straight_on(start, goal, i, j)
        table.time[i, j] = (time + 500) // 1000
        table.length[i, j] = (length + 50) // 100
        return table

    def travel_blocks(
        self,
        sources: Positions,
        targets: Positions,
        rows: int = 4096,
        *,
        threads: int | None = None,
    ) -> Iterator[tuple[slice, Table]]:
        """Yield the table of many sources in blocks of rows, for those that fit no memory.

        Each block comes with the slice of sources that it belongs to; together they are the table
        of `travel_table`.

        Raises
        ------
        ValueError
            When a block shall have no row.
        """
        if rows < 1:
            raise ValueError(f"rows = {rows}; expected at least 1")
        for first in range(0, len(sources), rows):
            part = slice(first, min(first + rows, len(sources)))
            some = Positions(sources.arc[part], sources.offset_cm[part])
            yield part, self.travel_table(some, targets, threads=threads)

    def nearest(
        self,
        sources: Positions,
        targets: Positions,
        k: int,
        *,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> NearestTargets:
        """The k targets nearest to each source in milliseconds, without a matrix.

        A source that is a target too comes first in its own list, at time 0. Lists look through
        gates: what lies behind one is as near as its distance.
        """
        if self.weights.gates is not None:
            open_all = self._without_gates
            return open_all.nearest(sources, targets, k, threads=threads, progress=progress)
        start, goal = self._ends(sources), self._ends(targets)
        i, j = _ahead(start, goal)
        time, length = _straight_on(start, goal, i, j)
        first = np.searchsorted(i, np.arange(len(start.arc) + 1)).astype(np.int32)
        label = (time << self.metric.shift) + length
        return self.metric.nearest(
            self._starts(start),
            self._goals(goal),
            k,
            direct=Places(first, j.astype(np.int32), label),
            threads=threads,
            progress=progress,
        )

    def find_paths(self, sources: Positions, targets: Positions) -> list[Path]:
        """Fastest path from the i-th source to the i-th target; times and lengths as in the table.

        Raises
        ------
        ValueError
            When there are not as many sources as targets.
        """
        start, goal = self._ends(sources), self._ends(targets)
        starts, goals = self._starts(start), self._goals(goal)
        routes = self.metric.routes(starts, goals)
        same = start.arc == goal.arc
        straight = same & (goal.offset_cm >= start.offset_cm) & start.drivable
        successors = self._successors(start)[1]
        return [
            _straight_path(start, goal, i)
            if straight[i]
            else self._path(start, goal, i, route, successors)
            for i, route in enumerate(routes)
        ]

    @cached_property
    def _without_gates(self) -> RoadMetric:
        return self.roads.weigh(replace(self.weights, gates=None))

    def _ends(self, positions: Positions) -> Ends:
        return position_ends(self.roads.network, self.weights, positions)

    def _successors(self, start: Ends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Source and turn of every turn that leaves a source's arc, source after source."""
        first = self.roads.network.turn_first_out
        counts = np.where(start.drivable, first[start.arc + 1] - first[start.arc], 0)
        source = np.repeat(np.arange(len(start.arc)), counts)
        within = np.arange(len(source)) - np.repeat(np.cumsum(counts) - counts, counts)
        turn = first[start.arc][source] + within
        cost = self.weights.turn_cost_ms[turn]
        usable = (cost >= 0) & (self.weights.arc_time_ms[self.roads.network.turn_head[turn]] >= 0)
        return source[usable], turn[usable]

    def _starts(self, start: Ends) -> Places:
        source, turn = self._successors(start)
        first = np.searchsorted(source, np.arange(len(start.arc) + 1))
        time = start.rest_ms[source] + self.weights.turn_cost_ms[turn]
        time = time + _gate_ms(self.weights)[turn]
        vertex = self.roads.network.turn_head[turn]
        return self.metric.places(first, vertex, time, start.rest_cm[source])

    def _goals(self, goal: Ends) -> Places:
        base = np.asarray(self.roads.network.arc_base)
        by_base = np.argsort(base, kind="stable")
        low = np.searchsorted(base[by_base], goal.arc)
        high = np.searchsorted(base[by_base], goal.arc, side="right")
        counts = np.where(goal.drivable, high - low, 0)
        owner = np.repeat(np.arange(len(goal.arc)), counts)
        first = np.concatenate(([0], np.cumsum(counts)))
        within = np.arange(len(owner)) - first[owner]
        vertex = by_base[low[owner] + within]
        return self.metric.places(first, vertex, goal.spent_ms[owner], goal.offset_cm[owner])

    def _path(
        self, start: Ends, goal: Ends, i: int, route: Route, successors: NDArray[np.int64]
    ) -> Path:
        offsets = int(start.offset_cm[i]), int(goal.offset_cm[i])
        if route.source < 0:
            return Path(np.empty(0, np.int32), *offsets, -1, -1)
        turns = np.concatenate((successors[route.source : route.source + 1], route.edges))
        arcs = np.concatenate((start.arc[i : i + 1], self.roads.network.turn_head[turns]))
        driven_ms = route.time if self.weights.gates is None else route.time % GATE_MS
        seconds, metres = (driven_ms + 500) // 1000, (route.length + 50) // 100
        return Path(arcs.astype(np.int32), *offsets, seconds, metres)


def _ahead(start: Ends, goal: Ends) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of which the target lies ahead on the source's own arc, source after source."""
    by_arc = np.argsort(goal.arc, kind="stable")
    low = np.searchsorted(goal.arc[by_arc], start.arc)
    counts = np.searchsorted(goal.arc[by_arc], start.arc, side="right") - low
    i = np.repeat(np.arange(len(start.arc)), counts)
    within = np.arange(len(i)) - np.repeat(np.cumsum(counts) - counts, counts)
    j = by_arc[low[i] + within]
    ahead = (goal.offset_cm[j] >= start.offset_cm[i]) & start.drivable[i]
    return i[ahead], j[ahead]


def _straight_on(
    start: Ends, goal: Ends, i: NDArray[np.int64], j: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Milliseconds and centimeters along one arc; nothing is faster than to drive straight on."""
    return goal.spent_ms[j] - start.spent_ms[i], goal.offset_cm[j] - start.offset_cm[i]


def _straight_path(start: Ends, goal: Ends, i: int) -> Path:
    one = np.asarray([i])
    time, length = _straight_on(start, goal, one, one)
    offsets = int(start.offset_cm[i]), int(goal.offset_cm[i])
    seconds, metres = (int(time[0]) + 500) // 1000, (int(length[0]) + 50) // 100
    return Path(start.arc[i : i + 1].copy(), *offsets, seconds, metres)
