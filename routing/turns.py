"""Which turns are permitted from arc to arc, what they cost, and the copies for via-way bans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.geometry import bearing_deg, great_circle_m, turn_angle_deg
from routing.network import ArcFlag, BanKind, NodeFlag, TurnFlag

# What a turn costs a laden truck, milliseconds (assumptions, see docs/architecture.md).
STRAIGHT_MS = 0
NEAR_TURN_MS = 3_000  # to the curb side: right where one drives on the right
FAR_TURN_MS = 8_000  # across the oncoming traffic
U_TURN_MS = 30_000  # at dead ends and turning circles only
SIGNALS_MS = 5_000  # mean wait at lights, on top
GATE_MS = 10_000  # opening a gate, on top

STRAIGHT_DEG = 35.0
"""Changes of direction up to this are straight on."""

BEARING_REACH_M = 12.0
"""Bearings at a junction are taken over this stretch, so that tiny last segments do not mislead."""


@dataclass(frozen=True)
class Ban:
    """A forbidden sequence of real arcs (two, or more over a via way) and whom it binds."""

    arcs: tuple[int, ...]
    kind: BanKind


@dataclass(frozen=True)
class ArcEnds:
    """What turns depend on, each shape (num_arcs,) but ``node_flags`` (num_nodes,).

    ``shape_*`` is the geometry of the arcs.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    reverse: NDArray[np.int32]
    flags: NDArray[np.uint16]
    node_flags: NDArray[np.uint8]
    shape_first_out: NDArray[np.int64]
    shape_lon: NDArray[np.float64]
    shape_lat: NDArray[np.float64]


@dataclass(frozen=True)
class TurnTable:
    """Turns in CSR form over real arcs and copies; ``base`` names the real arc of each arc."""

    first_out: NDArray[np.int32]
    head: NDArray[np.int32]
    cost_ms: NDArray[np.int32]
    flags: NDArray[np.uint8]
    base: NDArray[np.int32]


def turn_table(ends: ArcEnds, bans: Iterable[Ban], drive_on_right: bool) -> TurnTable:
    """All permitted turns with their cost, after every ban."""
    source, target = _meeting_arcs(ends)
    u_turn = ends.reverse[source] == target
    keep = _permitted(ends, source, target, u_turn)
    source, target, u_turn = source[keep], target[keep], u_turn[keep]
    flags = _directions(ends, source, target, u_turn)
    cost = _costs(ends, source, flags, drive_on_right)
    at = ends.node_flags[ends.head[source]]
    gated = ((at & NodeFlag.PRIVATE_GATE) > 0) & ~u_turn
    flags = flags | np.where(gated, TurnFlag.PRIVATE_GATE, 0).astype(np.uint8)
    rows = _Rows(len(ends.tail), source, target, cost, flags)
    for ban in bans:
        rows.forbid(ban)
    return rows.table()


def _meeting_arcs(ends: ArcEnds) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Every pair of an arc and one that leaves its head, ordered by the first."""
    num_arcs = len(ends.tail)
    leaving = np.argsort(ends.tail, kind="stable").astype(np.int32)
    counts = np.bincount(ends.tail, minlength=len(ends.node_flags))
    first = np.concatenate(([0], np.cumsum(counts)))
    repeat = counts[ends.head]
    source = np.repeat(np.arange(num_arcs, dtype=np.int32), repeat)
    begin = np.repeat(np.concatenate(([0], np.cumsum(repeat)))[:-1], repeat)
    within = np.arange(len(source)) - begin
    return source, leaving[first[ends.head[source]] + within]


def _permitted(
    ends: ArcEnds, source: NDArray[np.int32], target: NDArray[np.int32], u_turn: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Onward turns except through barriers; back on the spot only where nothing else leaves."""
    node = ends.node_flags[ends.head[source]]
    blocked = (node & NodeFlag.BLOCKED) > 0
    open_exit = ~u_turn & ~blocked & ((ends.flags[target] & ArcFlag.NO_MOTOR) == 0)
    exits = np.bincount(source[open_exit], minlength=len(ends.tail))
    room = (exits[source] == 0) | ((node & NodeFlag.TURNING) > 0)
    return np.asarray(np.where(u_turn, room, ~blocked))


def _directions(
    ends: ArcEnds, source: NDArray[np.int32], target: NDArray[np.int32], u_turn: NDArray[np.bool_]
) -> NDArray[np.uint8]:
    into, out_of = _end_bearings(ends)
    angle = turn_angle_deg(into[source], out_of[target])
    # Following the only street on is no turn, however much it bends.
    exits = np.bincount(source[~u_turn], minlength=len(ends.tail))
    arms = np.bincount(ends.tail, minlength=len(ends.node_flags))
    bend = (exits[source] == 1) & (arms[ends.head[source]] <= 2)
    straight = (np.abs(angle) <= STRAIGHT_DEG) | bend
    side = np.where(angle > 0, TurnFlag.RIGHT, TurnFlag.LEFT)
    flags = np.where(straight, TurnFlag.STRAIGHT, side)
    return np.where(u_turn, TurnFlag.U_TURN, flags).astype(np.uint8)


def _end_bearings(ends: ArcEnds) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bearing at which each arc arrives at its head, and at which it leaves its tail."""
    first, last = ends.shape_first_out[:-1], ends.shape_first_out[1:] - 1
    back = _walk(ends, last, first, -1)
    ahead = _walk(ends, first, last, 1)
    lon, lat = ends.shape_lon, ends.shape_lat
    into = bearing_deg(lon[back], lat[back], lon[last], lat[last])
    out_of = bearing_deg(lon[first], lat[first], lon[ahead], lat[ahead])
    return into, out_of


def _walk(
    ends: ArcEnds, start: NDArray[np.int64], stop: NDArray[np.int64], step: int
) -> NDArray[np.int64]:
    """Shape point about `BEARING_REACH_M` away from ``start`` in the direction of ``stop``."""
    lon, lat = ends.shape_lon, ends.shape_lat
    at = start + step
    for _ in range(8):
        near = great_circle_m(lon[start], lat[start], lon[at], lat[at]) < BEARING_REACH_M
        move = near & (at != stop)
        if not move.any():
            break
        at = np.where(move, at + step, at)
    return at


def _costs(
    ends: ArcEnds, source: NDArray[np.int32], flags: NDArray[np.uint8], drive_on_right: bool
) -> NDArray[np.int32]:
    near, far = TurnFlag.RIGHT, TurnFlag.LEFT
    if not drive_on_right:
        near, far = far, near
    cost = np.zeros(len(flags), dtype=np.int32)
    for flag, ms in (
        (TurnFlag.STRAIGHT, STRAIGHT_MS),
        (near, NEAR_TURN_MS),
        (far, FAR_TURN_MS),
        (TurnFlag.U_TURN, U_TURN_MS),
    ):
        cost[(flags & flag) > 0] = ms
    node = ends.node_flags[ends.head[source]]
    lights = ((ends.flags[source] & ArcFlag.LIGHTS) > 0) | ((node & NodeFlag.SIGNALS) > 0)
    through = (flags & TurnFlag.U_TURN) == 0
    cost[lights & through] += SIGNALS_MS
    cost[((node & NodeFlag.GATE) > 0) & through] += GATE_MS
    return cost


class _Rows:
    """Turns of every arc; the rows that bans touch are taken out, changed and put back."""

    def __init__(
        self,
        num_arcs: int,
        source: NDArray[np.int32],
        head: NDArray[np.int32],
        cost: NDArray[np.int32],
        flags: NDArray[np.uint8],
    ) -> None:
        self.num_real = num_arcs
        self.source, self.head, self.cost, self.flags = source, head, cost, flags
        self.first = np.searchsorted(source, np.arange(num_arcs + 1))
        self.base = list(range(num_arcs))
        self.copies: dict[int, list[int]] = {}
        self.touched: dict[int, list[tuple[int, int, int]]] = {}

    def row(self, arc: int) -> list[tuple[int, int, int]]:
        """Turns of an arc as (next arc, cost, flags), to be changed in place."""
        if arc not in self.touched:
            part = slice(int(self.first[arc]), int(self.first[arc + 1]))
            self.touched[arc] = list(
                zip(
                    self.head[part].tolist(),
                    self.cost[part].tolist(),
                    self.flags[part].tolist(),
                    strict=True,
                )
            )
        return self.touched[arc]

    def forbid(self, ban: Ban) -> None:
        """Take a sequence out of everything that can be driven.

        Every arc that stands for the first one is followed along the sequence; its arcs in between
        are copied, so that the memory of having come this way lasts until the forbidden exit.
        """
        start, *via, exit_arc = ban.arcs
        copied: dict[int, int] = {}
        for arc in (start, *self.copies.get(start, [])):
            chain = self._chain(arc, via)
            if chain is None or self._find(chain[-1], exit_arc) is None:
                continue
            last = arc
            for state in chain[1:]:
                if state not in copied:
                    copied[state] = self._copy(state)
                self._redirect(last, state, copied[state])
                last = copied[state]
            self._close(last, exit_arc, ban.kind)

    def _chain(self, arc: int, via: list[int]) -> list[int] | None:
        chain = [arc]
        for real in via:
            at = self._find(chain[-1], real)
            if at is None:
                return None
            chain.append(self.row(chain[-1])[at][0])
        return chain

    def _find(self, arc: int, real: int) -> int | None:
        row = self.row(arc)
        return next((i for i, turn in enumerate(row) if self.base[turn[0]] == real), None)

    def _copy(self, arc: int) -> int:
        number = len(self.base)
        self.touched[number] = list(self.row(arc))
        self.base.append(self.base[arc])
        self.copies.setdefault(self.base[arc], []).append(number)
        return number

    def _redirect(self, arc: int, old: int, new: int) -> None:
        row = self.row(arc)
        row[:] = [(new if head == old else head, cost, flags) for head, cost, flags in row]

    def _close(self, arc: int, exit_arc: int, kind: BanKind) -> None:
        row = self.row(arc)
        if kind == BanKind.ALL:
            row[:] = [turn for turn in row if self.base[turn[0]] != exit_arc]
            return
        bit = TurnFlag.HGV_ONLY_BAN if kind == BanKind.HGV else TurnFlag.NON_HGV_BAN
        row[:] = [
            (head, cost, flags | bit if self.base[head] == exit_arc else flags)
            for head, cost, flags in row
        ]

    def table(self) -> TurnTable:
        """Put the changed rows back among the others."""
        changed = [(arc, *turn) for arc in sorted(self.touched) for turn in self.touched[arc]]
        columns = np.asarray(changed, dtype=np.int64).reshape(-1, 4).T
        is_touched = np.zeros(self.num_real, dtype=np.bool_)
        is_touched[[arc for arc in self.touched if arc < self.num_real]] = True
        kept = ~is_touched[self.source]
        source = np.concatenate((self.source[kept], columns[0]))
        order = np.argsort(source, kind="stable")
        old = np.vstack((self.head, self.cost, self.flags))[:, kept]
        head, cost, flags = np.hstack((old, columns[1:]))[:, order]
        first_out = np.searchsorted(source[order], np.arange(len(self.base) + 1))
        return TurnTable(
            first_out.astype(np.int32),
            head.astype(np.int32),
            cost.astype(np.int32),
            flags.astype(np.uint8),
            np.asarray(self.base, dtype=np.int32),
        )
