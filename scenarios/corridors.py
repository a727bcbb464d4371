"""Monitored corridors: which trucks wash before they enter the center, where, and at what station.

A row of limits.csv of kind ``center`` bounds the center by its area. A row of kind
``wash_corridor`` names streets on which entering trucks are watched; of the pieces that it names
those are *entries* that lead from a junction outside the center to one inside. A truck may drive
onto an entry only on a drive that begins at a wash station; the stations that count are those that
the rows name in ``wash_id``. Rows bind like truck bans: heavy trucks, or those above ``value``
tonnes, without the permit, for the whole of a shift that the hours touch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from routing.network import Network
from routing.profiles import GENERAL_PERMIT
from scenarios.access import (
    DAY_END_S,
    DAY_S,
    NAMED_TRUCKS,
    AccessGroup,
    access_groups,
    is_filled,
    listed,
    matching_arcs,
    real_arcs,
)
from scenarios.city import City
from scenarios.compounds import split_by_pass
from scenarios.day import Day, DueTruck
from scenarios.tables import format_time

CENTER, CORRIDOR = "center", "wash_corridor"


@dataclass(frozen=True, eq=False)
class WashRule:
    """What monitored corridors ask of a truck.

    ``entries`` are the real arcs that it drives onto only after washing, in order, shape (k,);
    ``stations`` are open for the whole of its shift.
    """

    entries: NDArray[np.int32]
    stations: tuple[str, ...]


@dataclass(frozen=True)
class Corridor:
    """A row of limits.csv: where it watches, whom, and when in seconds of the date (None: always).

    ``wash_id`` is the station that counts on it.
    """

    label: str
    value: float | None
    permit: str | None
    hours: tuple[int, int] | None
    wash_id: str
    entries: NDArray[np.int32]

    def binds(self, truck: DueTruck) -> bool:
        """Whether the truck has to wash before it enters here."""
        if {self.permit, GENERAL_PERMIT} & truck.permits:
            return False
        heavy = truck.hgv if self.value is None else truck.weight_kg > 1000.0 * self.value
        return heavy and self._touches(truck)

    def _touches(self, truck: DueTruck) -> bool:
        if self.hours is None:
            return True
        early, late = self.hours
        end = truck.shift_end + truck.max_overtime_s
        return any(
            early + k * DAY_S < end and truck.shift_start < late + k * DAY_S for k in (-1, 0, 1)
        )

    def covers(self, truck: DueTruck) -> bool:
        """Whether it holds at every moment of the truck's shift."""
        if self.hours is None:
            return True
        early, late = self.hours
        return any(
            early + k * DAY_S <= truck.shift_start and truck.shift_end <= late + k * DAY_S
            for k in (-1, 0, 1)
        )


def truck_groups(city: City, network: Network, day: Day) -> tuple[list[AccessGroup], list[str]]:
    """Return groups of trucks that see the same streets, gates and corridors, and notes.

    They are the groups of `access_groups`, cut where only some trucks of a group hold the pass of
    compounds or are bound by a corridor.
    """
    groups, notes = access_groups(city, network, day.date, day.trucks)
    groups = split_by_pass(groups, network, day)
    corridors, corridor_notes = read_corridors(city, network)
    bound = [c for c in corridors if len(c.entries) and any(map(c.binds, day.trucks))]
    notes += corridor_notes
    if not bound:
        return groups, notes
    rules = _Rules(bound, corridors, day)
    return _split(groups, rules), notes + _hours_notes(bound, day.trucks) + rules.notes()


def read_corridors(city: City, network: Network) -> tuple[list[Corridor], list[str]]:
    """Return the monitored corridors of limits.csv, and notes on those that lead nowhere."""
    rows = [row for row in city.limits.itertuples(index=False) if row.kind == CORRIDOR]
    if not rows:
        return [], []
    inward = inward_arcs(city, network)
    corridors, notes = [], []
    for row in rows:
        entries = _entries(network, row, inward)
        if not len(entries):
            notes.append(
                f"limits.csv row {row.row}: limit {row.limit_id} names no street that leads into"
                " the center; it has no effect"
            )
        corridors.append(
            Corridor(
                label=f"limit {row.limit_id}",
                value=None if pd.isna(row.value) else float(row.value),
                permit=row.permit if is_filled(row.permit) else None,
                hours=_hours(row),
                wash_id=row.wash_id,
                entries=entries,
            )
        )
    return corridors, notes


def inward_arcs(city: City, network: Network) -> NDArray[np.bool_]:
    """Return which arcs lead from a junction outside the center to one inside, shape (num_arcs,).

    Rows of kind ``center`` add up to one center.
    """
    inside = np.zeros(network.num_nodes, dtype=np.bool_)
    for row in city.limits.itertuples(index=False):
        if row.kind == CENTER:
            area = shapely.from_wkt(row.area)
            shapely.prepare(area)
            inside |= shapely.contains_xy(area, network.node_lon, network.node_lat)
    return np.asarray(~inside[network.arc_tail] & inside[network.arc_head])


def _entries(network: Network, row: Any, inward: NDArray[np.bool_]) -> NDArray[np.int32]:
    named = matching_arcs(network, way_id=row.way_id, name=row.name, area=row.area)
    return np.flatnonzero(named & inward & real_arcs(network)).astype(np.int32)


def _hours(row: Any) -> tuple[int, int] | None:
    if pd.isna(row.from_time) and pd.isna(row.to_time):
        return None
    early = 0 if pd.isna(row.from_time) else int(row.from_time)
    late = DAY_END_S if pd.isna(row.to_time) else int(row.to_time)
    return early, late + DAY_S if late <= early else late


class _Rules:
    """The rule of each truck on a day."""

    def __init__(self, bound: Sequence[Corridor], all_rows: Sequence[Corridor], day: Day) -> None:
        self.bound = bound
        self.trucks = {truck.truck_id: truck for truck in day.trucks}
        named = {corridor.wash_id for corridor in all_rows}
        self.stations = [f for f in day.facilities if f.facility_id in named]
        self.rules = {truck.truck_id: self._rule(truck) for truck in day.trucks}

    def _rule(self, truck: DueTruck) -> WashRule | None:
        parts = [c.entries for c in self.bound if c.binds(truck)]
        if not parts:
            return None
        end = truck.shift_end + truck.max_overtime_s
        stations = tuple(
            f.facility_id
            for f in self.stations
            if f.open_s <= truck.shift_start and end <= f.close_s
        )
        return WashRule(np.unique(np.concatenate(parts)), stations)

    def notes(self) -> list[str]:
        """Name stations that are closed for a part of shifts, and trucks without any station."""
        bound = {t: rule for t, rule in self.rules.items() if rule is not None}
        notes = []
        for station in self.stations:
            shut = [t for t, rule in bound.items() if station.facility_id not in rule.stations]
            if shut:
                open_hours = f"{format_time(station.open_s)}-{format_time(station.close_s)}"
                notes.append(
                    f"wash station {station.facility_id} is open {open_hours}; not used by"
                    f" {listed(shut, NAMED_TRUCKS)}, whose shifts with overtime reach beyond"
                )
        without = [t for t, rule in bound.items() if not rule.stations]
        if without:
            notes.append(
                f"no wash station is open for the whole shift of {listed(without, NAMED_TRUCKS)}:"
                " they enter the center only where no corridor is monitored"
            )
        return notes


def _split(groups: Sequence[AccessGroup], rules: _Rules) -> list[AccessGroup]:
    """Return the groups with trucks of different rules apart, in the order of first trucks."""
    parts: list[AccessGroup] = []
    for group in groups:
        members: dict[tuple[bytes, tuple[str, ...]], list[str]] = {}
        for truck_id in group.truck_ids:
            rule = rules.rules[truck_id]
            key = (b"", ()) if rule is None else (rule.entries.tobytes(), rule.stations)
            members.setdefault(key, []).append(truck_id)
        for some in members.values():
            profile = replace(group.profile, name=listed(some, NAMED_TRUCKS))
            rule = rules.rules[some[0]]
            parts.append(replace(group, profile=profile, truck_ids=tuple(some), wash=rule))
    return [replace(part, name=f"profile_{k}") for k, part in enumerate(parts, 1)]


def _hours_notes(bound: Sequence[Corridor], trucks: Sequence[DueTruck]) -> list[str]:
    """Name the trucks that wash for longer than a corridor is watched."""
    notes = []
    for corridor in bound:
        strict = [t.truck_id for t in trucks if corridor.binds(t) and not corridor.covers(t)]
        if strict and corridor.hours is not None:
            early, late = corridor.hours
            notes.append(
                f"{corridor.label} is watched {format_time(early)}-{format_time(late)}; treated as"
                f" watched for the whole shift of {listed(strict, NAMED_TRUCKS)}"
            )
    return notes


def wash_facilities(groups: Sequence[AccessGroup]) -> set[str]:
    """Return the stations that any group may wash at."""
    return {name for g in groups if g.wash is not None for name in g.wash.stations}


def day_trucks_washing(groups: Sequence[AccessGroup], facility_id: str) -> set[str]:
    """Return the trucks that may wash at a station."""
    return {
        truck_id
        for group in groups
        if group.wash is not None and facility_id in group.wash.stations
        for truck_id in group.truck_ids
    }
