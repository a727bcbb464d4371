"""Travel of trucks that wash before they enter the center: a matrix whose legs may lead by a wash.

A leg is the fastest way on which no entry is driven onto unwashed, or the best one by a wash
station, behind which every entry is open, whichever takes less time::

    time(a, b) = min(unwashed(a, b), min over w of unwashed(a, w) + wash_s(w) + washed(w, b))

Which station a leg leads by is found again for the legs of a plan, to tell it in full.
A wash takes the station's own time; its bays are not booked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing._kernels.sweep import Table
from routing.gates import GATE_S
from routing.paths import Path
from routing.roads import RoadMetric
from routing.snapping import Positions
from scenarios.corridors import WashRule
from scenarios.day import DueFacility
from solvers.evaluate import Driven, Timing

if TYPE_CHECKING:
    from scenarios.problem import DayProblem

ROWS = 512
"""Rows of the matrix that are joined at a time."""
LEGS = 64
"""Legs whose stations are looked up at a time."""


@dataclass(frozen=True)
class WashStation:
    """A wash station in use, and its location in the travel matrices."""

    facility: DueFacility
    location: int


@dataclass(frozen=True, eq=False)
class Washing:
    """How trucks travel by one layer.

    Attributes
    ----------
    unwashed, approach, washed
        Travel without driving onto an entry; to stations, which may stand on an entry; from
        stations, all entries open.
    gates
        The places of the stations.
    """

    stations: tuple[WashStation, ...]
    unwashed: RoadMetric
    approach: RoadMetric
    washed: RoadMetric
    gates: Positions

    def travel_table(self, sources: Positions, targets: Positions) -> Table:
        """Return the travel of trucks that are bound."""
        return self.joined(sources, targets)[0]

    def mark(self) -> bytes:
        """Return what tells such travel apart."""
        digest = hashlib.sha256()
        for metric in (self.unwashed, self.approach, self.washed):
            digest.update(metric.mark())
        digest.update(repr([(s.location, s.facility.unload_s) for s in self.stations]).encode())
        return digest.digest()

    def joined(
        self, sources: Positions, targets: Positions
    ) -> tuple[Table, NDArray[np.signedinteger]]:
        """Return travel, and the station (index) that each leg leads by, -1 = none."""
        metric = self.washed
        table = _dodging_none(metric, self.unwashed, sources, targets)
        via = np.full(table.time.shape, -1, np.int8 if len(self.stations) <= 127 else np.int16)
        if self.stations:
            there = _dodging_none(metric, self.approach, sources, self.gates)
            onward = metric.travel_table(self.gates, targets, count_gates=True)
            _join(table, there, onward, [s.facility.unload_s for s in self.stations], via)
        if metric.weights.gates is not None:
            np.copyto(table.time, table.time % GATE_S, where=table.time >= 0)
        return table, via

    def stations_by(self, sources: Positions, targets: Positions) -> NDArray[np.int64]:
        """Return the station (index) by which the way from each source to its target leads.

        It is -1 where there is none. O(legs * `LEGS`) travel is asked for.
        """
        found = np.full(len(sources), -1, np.int64)
        for first in range(0, len(sources), LEGS):
            some = slice(first, first + LEGS)
            start, row = _distinct(sources, some)
            goal, column = _distinct(targets, some)
            found[some] = self.joined(start, goal)[1][row, column]
        return found


@dataclass(frozen=True)
class Drive:
    """One leg as driven: a path, or two with a wash between them."""

    paths: tuple[Path, ...]
    station: WashStation | None = None


def _distinct(places: Positions, some: slice) -> tuple[Positions, NDArray[np.intp]]:
    """Return some places, each once, and for each of them its number among these."""
    pairs = np.stack([np.asarray(places.arc)[some], np.asarray(places.offset_cm)[some]])
    once, number = np.unique(pairs, axis=1, return_inverse=True)
    return Positions(once[0], once[1]), number.reshape(-1)


def wash_travel(
    metric: RoadMetric,
    rule: WashRule,
    positions: Positions,
    stations: Mapping[str, WashStation],
) -> Washing:
    """Return how trucks travel that are bound by a rule.

    Parameters
    ----------
    metric
        Travel on all streets that are open to them, entries included.
    rule
        What is asked of them.
    positions
        All locations.
    stations
        Those that can be reached at all, by identifier.
    """
    used = tuple(stations[name] for name in rule.stations if name in stations)
    where = np.asarray([s.location for s in used], dtype=np.int64)
    gates = Positions(
        np.asarray(positions.arc)[where], np.asarray(positions.offset_cm)[where]
    )  # fmt: skip
    unwashed, approach = _guarded(metric, rule.entries, gates.arc)
    return Washing(used, unwashed, approach, metric, gates)


def _dodging_none(
    metric: RoadMetric, guarded: RoadMetric, sources: Positions, targets: Positions
) -> Table:
    """Return travel without entering, gates counted; nothing where gates are passed to dodge it.

    Who is watched on the street may not drive through a compound instead.
    """
    table = guarded.travel_table(sources, targets, count_gates=True)
    if metric.weights.gates is not None:
        free = metric.travel_table(sources, targets, count_gates=True)
        dodging = table.time // GATE_S > free.time // GATE_S
        table.time[dodging] = table.length[dodging] = -1
    return table


def _guarded(
    metric: RoadMetric, entries: NDArray[np.int32], stations: NDArray[np.int32]
) -> tuple[RoadMetric, RoadMetric]:
    """Return travel without entering, and travel to stations on these arcs.

    Turns onto entries are shut, so a truck that stands on one, having washed, drives on freely.
    An entry on which a station stands may be driven onto to get there, and is a dead end then.
    """
    network, weights = metric.roads.network, metric.weights
    head = network.arc_base[network.turn_head]
    tail = network.arc_base[
        np.repeat(np.arange(network.num_arcs), np.diff(network.turn_first_out))
    ]  # fmt: skip

    def shut(turns: NDArray[np.bool_]) -> RoadMetric:
        cost = np.where(turns, -1, weights.turn_cost_ms).astype(np.int32)
        return metric.roads.weigh(replace(weights, turn_cost_ms=cost))

    onto = np.isin(head, entries)
    unwashed = shut(onto)
    own = np.intersect1d(entries, stations)
    if not len(own):
        return unwashed, unwashed
    others = onto & ~np.isin(head, own)
    # The first turn of a way is weighed apart from the rest: a truck that stands on such an
    # entry may leave it, one that has driven onto it may not.
    first = np.where(others, -1, weights.turn_cost_ms).astype(np.int32)
    rest = shut(others | np.isin(tail, own))
    approach = RoadMetric(metric.roads, replace(weights, turn_cost_ms=first), rest.metric)
    return unwashed, approach


def _join(table: Table, there: Table, onward: Table, seconds: Sequence[int], via: NDArray) -> None:
    """Put the way by the best station where it is faster or the only one; equal ones stay."""
    for first in range(0, len(table.time), ROWS):
        rows = slice(first, first + ROWS)
        time, length, chosen = table.time[rows], table.length[rows], via[rows]
        for k, wash_s in enumerate(seconds):
            to_s, on_s = there.time[rows, k, None], onward.time[None, k]
            through = to_s + wash_s + on_s
            faster = (to_s >= 0) & (on_s >= 0) & ((time < 0) | (through < time))
            time[faster] = through[faster]
            length[faster] = (there.length[rows, k, None] + onward.length[None, k])[faster]
            chosen[faster] = k


def find_drives(
    posed: DayProblem, layer: int, sources: Sequence[int], targets: Sequence[int]
) -> list[Drive]:
    """Return how trucks drive by a layer of travel from the i-th location to the i-th other one."""
    start, goal = np.asarray(sources, np.int64), np.asarray(targets, np.int64)
    washing = posed.washing[layer] if posed.washing else None
    if washing is None:
        return [Drive((path,)) for path in _paths(posed, posed.metrics[layer], start, goal)]
    via = _led_by(posed, washing, start, goal)
    straight = np.flatnonzero(via < 0)
    drives: dict[int, Drive] = {
        int(i): Drive((path,))
        for i, path in zip(
            straight,
            _paths(posed, washing.unwashed, start[straight], goal[straight]),
            strict=True,
        )
    }
    led = np.flatnonzero(via >= 0)
    where = np.asarray([s.location for s in washing.stations], np.int64)[via[led]]
    there = _paths(posed, washing.approach, start[led], where)
    onward = _paths(posed, washing.washed, where, goal[led])
    for i, one, other in zip(led, there, onward, strict=True):
        drives[int(i)] = Drive((one, other), washing.stations[via[i]])
    return [drives[i] for i in range(len(start))]


def legs_of(posed: DayProblem, driven: Driven) -> list[tuple[int, int, int]]:
    """Return the legs of one route as (layer, location, location), the one home included."""
    vehicle = posed.problem.vehicles[driven.route.vehicle]
    legs = []
    here = vehicle.start
    for timing in driven.timings:
        ends = step_ends(posed, timing)
        if ends is not None:
            legs.append((timing.layer, here, ends[0]))
            here = ends[1]
    return [*legs, (driven.home_layer, here, vehicle.end)]


def step_ends(posed: DayProblem, timing: Timing) -> tuple[int, int] | None:
    """Return the locations at which a step is entered and left; None for a break."""
    step = timing.step
    if step.kind == "task":
        mode = posed.problem.tasks[step.idx].modes[step.mode]
        return mode.entry, mode.exit
    if step.kind == "facility":
        place = posed.problem.facilities[step.idx].location
        return place, place
    return None


def wash_seconds(posed: DayProblem, driven: Driven) -> int:
    """Return the time that a route spends at wash stations, which its legs hold."""
    if not posed.washing:
        return 0
    seconds = 0
    legs = np.asarray(legs_of(posed, driven), np.int64)
    for layer in np.unique(legs[:, 0]).tolist():
        washing = posed.washing[layer]
        if washing is not None:
            own = legs[legs[:, 0] == layer]
            led = _led_by(posed, washing, own[:, 1], own[:, 2])
            seconds += sum(washing.stations[k].facility.unload_s for k in led[led >= 0].tolist())
    return seconds


def _led_by(
    posed: DayProblem, washing: Washing, sources: NDArray[np.int64], targets: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the station by which each way between two locations leads, -1 = none."""
    arc, offset = posed.arc, posed.offset_cm
    return washing.stations_by(
        Positions(arc[sources], offset[sources]), Positions(arc[targets], offset[targets])
    )


def _paths(
    posed: DayProblem,
    metric: RoadMetric,
    sources: NDArray[np.int64],
    targets: NDArray[np.int64],
) -> list[Path]:
    if not len(sources):
        return []
    arc, offset = posed.arc, posed.offset_cm
    return metric.find_paths(
        Positions(arc[sources], offset[sources]), Positions(arc[targets], offset[targets])
    )
