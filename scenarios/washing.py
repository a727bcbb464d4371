"""Travel of trucks that wash before they enter the center: a matrix whose legs may lead by a wash.

A leg is the fastest way on which no entry is driven onto unwashed, or the best one by a wash
station, behind which every entry is open, whichever takes less time::

    time(a, b) = min(unwashed(a, b), min over w of unwashed(a, w) + wash_s(w) + washed(w, b))

Which station a leg leads by is remembered beside the matrix, so that a plan can be told in full.
A wash takes the station's own time; its bays are not booked.
"""

from __future__ import annotations

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
    via
        The station (index) that each leg leads by, -1 = none, shape (num_locations,
        num_locations).
    """

    stations: tuple[WashStation, ...]
    unwashed: RoadMetric
    approach: RoadMetric
    washed: RoadMetric
    via: NDArray[np.signedinteger]


@dataclass(frozen=True)
class Drive:
    """One leg as driven: a path, or two with a wash between them."""

    paths: tuple[Path, ...]
    station: WashStation | None = None


def wash_travel(
    metric: RoadMetric,
    rule: WashRule,
    positions: Positions,
    stations: Mapping[str, WashStation],
) -> tuple[Table, Washing]:
    """Return the travel matrix of trucks that are bound by a rule, and what its legs lead by.

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
    table = _dodging_none(metric, unwashed, positions, positions)
    via = np.full(table.time.shape, -1, np.int8 if len(used) <= 127 else np.int16)
    if used:
        there = _dodging_none(metric, approach, positions, gates)
        onward = metric.travel_table(gates, positions, count_gates=True)
        seconds = [s.facility.unload_s for s in used]
        _join(table, there, onward, seconds, via)
    if metric.weights.gates is not None:
        np.copyto(table.time, table.time % GATE_S, where=table.time >= 0)
    return table, Washing(used, unwashed, approach, metric, via)


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
    via = washing.via[start, goal].astype(np.int64)
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
    seconds = 0
    for layer, source, target in legs_of(posed, driven):
        washing = posed.washing[layer] if posed.washing else None
        if washing is not None and washing.via[source, target] >= 0:
            seconds += washing.stations[washing.via[source, target]].facility.unload_s
    return seconds


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
