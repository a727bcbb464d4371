"""Who hauls snow: loaders and tippers on duty after a storm, and the dumps that take it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from routing.errors import InfeasibleError
from scenarios.access import DAY_S, listed
from scenarios.cells import format_time
from scenarios.city import City
from scenarios.cleaning.storm import Storm
from scenarios.day import NAMED, DueFacility, DueTruck, due_truck, half_up, plan_day
from scenarios.schema import SNOW, SWEEPINGS

LOADER, TIPPER = "loader", "tipper"


@dataclass(frozen=True)
class Crew:
    """Trucks on duty in the hours of hauling, depots and dumps, and the size of a load.

    ``load_l`` is what the smallest of the tippers holds, in litres, and at most what the storm says
    of a load.
    """

    trucks: tuple[DueTruck, ...]
    facilities: tuple[DueFacility, ...]
    load_l: int
    notes: tuple[str, ...]

    @property
    def loaders(self) -> list[DueTruck]:
        """The trucks that load."""
        return [t for t in self.trucks if t.kind == LOADER]

    @property
    def tippers(self) -> list[DueTruck]:
        """The trucks that carry."""
        return [t for t in self.trucks if t.kind == TIPPER]

    @property
    def dumps(self) -> list[DueFacility]:
        """The facilities that take snow."""
        return [f for f in self.facilities if SNOW in f.streams]


def hours_on_duty(
    shift_start: int, shift_end: int, haul: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the part of a shift, which is the same every day, that lies in the hours of hauling.

    The first day on which there is any counts; a truck works one shift.
    """
    for day_s in (-DAY_S, 0, DAY_S):
        early, late = max(shift_start + day_s, haul[0]), min(shift_end + day_s, haul[1])
        if early < late:
            return early, late
    return None


def snow_crew(city: City, storm: Storm) -> Crew:
    """Return who hauls the snow of a storm.

    Raises
    ------
    InfeasibleError
        When there is no loader, no tipper or no dump, or tippers hold nothing; all at once.
    """
    assert storm.haul is not None
    facilities = tuple(
        replace(f, refills=False)
        for f in plan_day(city, storm.date).facilities
        if f.kind == "depot" or SNOW in f.streams
    )
    rows = [r for r in city.trucks.itertuples(index=False) if r.kind in (LOADER, TIPPER)]
    trucks, off = [], []
    for row in rows:
        truck = _on_duty(city, row, storm, {f.facility_id for f in facilities})
        if truck is None:
            off.append(row.truck_id)
        else:
            trucks.append(truck)
    sizes = [min(t.capacity_l[SNOW], _litres(storm, t)) for t in trucks if t.kind == TIPPER]
    load_l = min([*sizes, half_up(1000 * storm.load_m3)])
    hours = "-".join(map(format_time, storm.haul))
    notes = (f"no shift within haul = {hours}: {listed(off, NAMED)}",) if off else ()
    crew = Crew(tuple(trucks), facilities, load_l, notes)
    _refuse(crew, hours)
    return crew


def _litres(storm: Storm, truck: DueTruck) -> int:
    """Return how much heaped snow a truck may carry by its mass, in litres."""
    return int(1000 * truck.capacity_kg / storm.snow_kg_m3)


def _on_duty(city: City, row: Any, storm: Storm, active: set[str]) -> DueTruck | None:
    """Return a truck in its hours of hauling, None where it has none or its depot is closed."""
    assert storm.haul is not None
    hours = hours_on_duty(int(row.shift_start), int(row.shift_end), storm.haul)
    if hours is None or not {row.depot_id, row.end_depot_id} <= active:
        return None
    truck = replace(
        due_truck(row, storm.date, city.settings),
        shift_start=hours[0],
        shift_end=hours[1],
        tank_l=0,
    )
    if truck.kind == LOADER:  # it carries nothing, and works streets as ploughs do
        return replace(truck, streams=(SWEEPINGS,), capacity_l={SWEEPINGS: 0})
    litres = _litres(storm, truck)
    if not pd.isna(row.capacity_m3):
        litres = half_up(1000 * float(row.capacity_m3))
    return replace(truck, streams=(SNOW,), capacity_l={SNOW: litres})


def _refuse(crew: Crew, hours: str) -> None:
    """Raise with all that is missing."""
    missing: Sequence[tuple[bool, str]] = (
        (not crew.loaders, f"trucks.csv: no loader works within haul = {hours}; add one"),
        (not crew.tippers, f"trucks.csv: no tipper works within haul = {hours}; add one"),
        (
            not crew.dumps,
            "facilities.csv: no active facility accepts snow; add one of kind snow_dump, or snow"
            " to the streams of a landfill",
        ),
        (crew.load_l <= 0, "trucks.csv: a tipper holds no snow; check capacity_kg, capacity_m3"),
    )
    faults = [text for holds, text in missing if holds]
    if faults:
        raise InfeasibleError("\n".join(faults))
