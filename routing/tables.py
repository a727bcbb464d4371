"""How a table is filled: by sweeps, or row by row through common ancestors where it is small."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing._kernels.ancestors import Columns, Gather, MeetWork, lay_columns, meet
from routing._kernels.contract import Topology
from routing._kernels.customize import Climb
from routing._kernels.sweep import (
    LANES,
    TILE,
    Descent,
    Exits,
    Marks,
    Places,
    Scale,
    SweepWork,
    Table,
    above,
    lay_descent,
    sweep,
)

FEW_PAIRS = 20_000
"""A table of so few pairs is filled through common ancestors: a third less time at 100 by 100 on
three cities, no less at 500 by 500."""

Fill = Callable[[NDArray[np.int32]], bool]
"""Fills the rows of some sources; returns whether a result does not fit 32 bits."""


@dataclass(frozen=True, eq=False)
class Question:
    """Sources, targets, and the climbs between them; all weights are of one type."""

    forward: Climb
    backward: Climb
    sources: Places
    targets: Places
    scale: Scale

    @property
    def label(self) -> np.dtype[Any]:
        """Type of the labels."""
        return self.forward.weight.dtype

    @property
    def num_pairs(self) -> int:
        """Pairs of vertices at which sources and targets stand."""
        return len(self.sources.vertex) * len(self.targets.vertex)


class Rooms:
    """Room of sweeps that are over: to lay it out takes longer than a small table."""

    def __init__(self, topology: Topology) -> None:
        self.topology = topology
        self.num_depths = int(topology.depth.max(initial=0)) + 1
        self._idle: defaultdict[tuple[str, int], deque[SweepWork]] = defaultdict(deque)

    def take(self, label: np.dtype[Any], seeds: int = 1) -> SweepWork:
        """Room for sweeps from sources that stand at so many vertices at most."""
        n = len(self.topology.parent)
        max_rows = min(n, LANES * seeds * self.num_depths)
        with suppress(IndexError):
            return self._idle[label.char, max_rows].pop()
        words = np.zeros(n // 8 + 1, np.uint64)
        return SweepWork(
            Marks(words.view(np.uint8), words),
            np.empty(n, np.int32),
            np.empty(n, np.int32),
            np.empty((max_rows, LANES), label),
            np.empty((self.num_depths, LANES), label),
            np.empty((TILE, LANES), np.int32),
        )

    def give_back(self, work: SweepWork) -> None:
        """Keep room for the next question."""
        self._idle[work.start.dtype.char, len(work.start)].append(work)


def find_exits(backward: Climb, targets: Places, rooms: Rooms) -> Exits:
    """Targets by the vertices at which they stand, and all vertices above these."""
    first_out = targets.first_out
    owner = np.repeat(np.arange(len(first_out) - 1, dtype=np.int32), np.diff(first_out))
    falling = np.argsort(-targets.vertex, kind="stable")
    owner = owner[falling]
    is_first = np.zeros(len(owner), np.bool_)
    is_first[np.unique(owner, return_index=True)[1]] = True
    work = rooms.take(targets.weight.dtype)
    count = above(backward, targets.vertex, work.marks, work.met)
    chosen = work.met[:count].copy()
    rooms.give_back(work)
    return Exits(chosen, targets.vertex[falling], owner, targets.weight[falling], is_first)


def fill_by_sweeps(asked: Question, table: Table, rooms: Rooms) -> Fill:
    """Prepare to fill a table by sweeps, 64 sources side by side."""
    exits = find_exits(asked.backward, asked.targets, rooms)
    descent = _descent(asked.backward, exits.chosen, rooms.topology)
    seeds = int(np.diff(asked.sources.first_out).max(initial=1))
    shape, idle = (table.time.shape[1], LANES), deque[NDArray[Any]]()

    def fill(part: NDArray[np.int32]) -> bool:
        work = rooms.take(asked.label, seeds)
        try:
            labels = idle.pop()
        except IndexError:
            labels = np.full(shape, asked.scale.far, asked.label)
        spilt = sweep(
            asked.forward, descent, asked.sources, part, exits, asked.scale, work, labels, table
        )
        idle.append(labels)
        rooms.give_back(work)
        return bool(spilt)

    return fill


def _descent(backward: Climb, chosen: NDArray[np.int32], topology: Topology) -> Descent:
    num = len(chosen)
    degree = backward.first_out[chosen + 1] - backward.first_out[chosen]
    edges = int(degree.sum() + (degree & 1).sum())
    descent = Descent(
        np.empty(num, np.int32),
        np.empty(num, np.int32),
        np.empty(num + 1, np.int32),
        np.empty(edges, np.int32),
        np.empty(edges, backward.weight.dtype),
    )
    lay_descent(topology, backward, chosen, descent)
    return descent


def fill_by_ancestors(asked: Question, table: Table, rooms: Rooms) -> Fill:
    """Prepare to fill a table row by row, each source with the targets that share its ancestors."""
    targets, depths, num = asked.targets, rooms.num_depths, len(asked.targets.vertex)
    order = np.argsort(targets.vertex, kind="stable")
    label = np.empty((depths, num), asked.label)
    shared = np.empty(num + 1, np.int32)
    columns = Columns(targets.vertex[order], targets.weight[order], shared, label)
    column = np.empty(num, np.uint32)
    column[order] = np.arange(num, dtype=np.uint32)
    gather = Gather(targets.first_out, column)
    path = np.empty(depths, asked.label)
    lay_columns(rooms.topology, asked.backward, columns, asked.scale.far, path)

    def fill(part: NDArray[np.int32]) -> bool:
        work = MeetWork(
            np.empty(depths, asked.label),
            np.empty(num, asked.label),
            *np.empty((3, depths), np.int32),
        )
        climbs = rooms.topology, asked.forward
        return bool(meet(*climbs, asked.sources, part, columns, gather, asked.scale, work, table))

    return fill
