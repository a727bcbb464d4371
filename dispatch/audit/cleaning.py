"""Which street is of which cleaning class, and what its programme asks for, by the tables alone.

A row of streets.csv names pieces by OSM class, name and area; what it names in several ways must
hold in all of them. Where several rows name a piece, the highest class (the lowest number) holds,
and a key area counts one class higher. Below the temperature of the rules and after rain no wet
pass is due, and a programme of hot days only on them. A programme's frequency spreads streets over
the week by their name, or by their way if unnamed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dispatch.audit.restrictions import in_area, is_filled
from dispatch.audit.tables import windows_of
from routing.network import CLASS_INDEX, Network
from scenarios.city import City
from scenarios.frequency import due
from scenarios.schema import SWEEPINGS

Assigned = Mapping[tuple[int, str, int], frozenset[dt.date]]
"""Dates of a stored week by cleaning class, template and piece of street."""
USUAL_WIDTH_M = 7.0
NO_CLASS = 9
DAY_S = 24 * 3600


@dataclass(frozen=True)
class Pass:
    """One pass of an operation on the streets of one class, with its hours."""

    speed_kmh: float
    water_l_m2: float
    width_m: float
    sweepings_kg_km: float
    windows: tuple[tuple[int, int], ...]
    no_work: tuple[tuple[int, int], ...]
    frequency: str = "daily"
    times_per_day: int = 1
    sides: str = "right"
    template: str = ""

    def seconds(self, length_cm: int) -> int:
        """Return how long a length takes, half up."""
        return int(length_cm * 36.0 / (1000.0 * self.speed_kmh) + 0.5)

    def water_l(self, length_cm: int) -> float:
        """Return the water used on a length."""
        return self.water_l_m2 * self.width_m * length_cm / 100.0

    def sweepings_kg(self, length_cm: int) -> float:
        """Return what is swept up on a length."""
        return self.sweepings_kg_km * length_cm / 100_000.0

    def disturbs(self, begin_s: int, end_s: int) -> bool:
        """Whether work from begin to end leaves the windows or falls into hours of rest."""
        inside = not self.windows or any(a <= begin_s and end_s <= b for a, b in self.windows)
        resting = any(
            begin_s < late + shift and early + shift < end_s
            for early, late in self.no_work
            for shift in (-DAY_S, 0, DAY_S)
        )
        return not inside or resting


class Cleaning:
    """Cleaning classes of all pieces, and the passes that each class is due for."""

    def __init__(
        self, city: City, network: Network, date: dt.date, assigned: Assigned | None = None
    ) -> None:
        self.assigned = assigned or {}
        self.network = network
        self.date = date
        self.wet_off = not _wet_allowed(city, date)
        self.heat_c = _heat_c(city, date)
        self.streets = list(city.streets.itertuples(index=False))
        self.density = city.settings.density_in_bin[SWEEPINGS]
        self.classes, self.rows = classes_of(city, network)
        self._passes: dict[tuple[int, str], list[Pass]] = {}
        for programme in city.programmes.itertuples(index=False):
            self._read(programme, city.operations)

    def _read(self, programme: Any, operations: pd.DataFrame) -> None:
        number = int(programme.cleaning_class)
        if not self.hot_enough(programme):
            return
        windows = windows_of(programme.window_start, programme.window_end)
        no_work = windows_of(
            programme.no_work_start,
            programme.no_work_end,
            programme.no_work2_start,
            programme.no_work2_end,
        )
        rows: list[Any] = list(operations.itertuples(index=False))
        for row in rows:
            if row.template != programme.template or (row.wet and self.wet_off):
                continue
            work = Pass(
                float(row.speed_kmh),
                float(row.water_l_m2),
                float(row.swept_width_m),
                float(row.sweepings_kg_km),
                windows,
                no_work,
                programme.frequency,
                int(programme.times_per_day),
                row.sides,
                programme.template,
            )
            self._passes.setdefault((number, row.vehicle_kind), []).append(work)

    def hot_enough(self, programme: Any) -> bool:
        """Whether the day is as hot as a programme asks for."""
        return bool(pd.isna(programme.above_temp_c) or self.heat_c >= programme.above_temp_c)

    def passes(self, arcs: Sequence[int], vehicle_kind: str) -> list[Pass]:
        """Return the passes due on pieces for a kind of vehicle; none if their classes differ."""
        numbers = {int(self.classes[arc]) for arc in arcs}
        if len(numbers) != 1:
            return []
        passes = self._passes.get((numbers.pop(), vehicle_kind), [])
        return [work for work in passes if self._due(work, arcs[0])]

    def times(self, arc: int) -> int:
        """Return how often a piece may be worked on the date; a one-way street has two curbs."""
        number = int(self.classes[arc])
        one_way = int(self.network.arc_reverse[arc]) < 0
        return sum(
            work.times_per_day * self._tracks(work, arc, one_way)
            for (of, _), passes in self._passes.items()
            for work in passes
            if of == number and self._due(work, arc)
        )

    def _tracks(self, work: Pass, arc: int, one_way: bool) -> int:
        """Return in how many tracks a piece is worked."""
        if work.sides == "full":
            width = self.streets[self.rows[arc]].width_m
            width = USUAL_WIDTH_M if pd.isna(width) else float(width)
            return max(1, int(np.ceil(width / (1 if one_way else 2) / work.width_m - 1e-9)))
        return 2 if work.sides == "both" and one_way else 1

    def _due(self, work: Pass, arc: int) -> bool:
        days = self.assigned.get((int(self.classes[arc]), work.template, arc))
        if days is not None:
            return self.date in days
        street = self.network.name(arc) or f"W{int(self.network.arc_way_id[arc])}"
        return due(work.frequency, street, self.date) > 0

    def street_rules_kept(self, arc: int, side: str, begin_s: int, end_s: int) -> bool:
        """Whether the street's own window holds and no cars are parked on the side worked."""
        if self.rows[arc] < 0:
            return True
        row = self.streets[self.rows[arc]]
        inside = not windows_of(row.window_start, row.window_end) or any(
            a <= begin_s and end_s <= b for a, b in windows_of(row.window_start, row.window_end)
        )
        days = {"left": row.free_left, "right": row.free_right}.get(side)
        return inside and (not isinstance(days, str) or due(days, "", self.date) > 0)


def _wet_allowed(city: City, date: dt.date) -> bool:
    """Whether the weather of the date allows wet work; without a row it does."""
    rows = city.weather[city.weather["date"] == pd.Timestamp(date)]
    cold = (rows["min_temp_c"] < city.settings.wet_min_temp_c).any()
    return not cold and not (rows["rain_mm"] > city.settings.wet_max_rain_mm).any()


def _heat_c(city: City, date: dt.date) -> float:
    """Return the highest temperature forecast, minus infinity without one."""
    rows = city.weather[city.weather["date"] == pd.Timestamp(date)]
    heat = rows["max_temp_c"].dropna()
    return float(heat.iloc[0]) if len(heat) else -np.inf


def classes_of(city: City, network: Network) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """Return the cleaning class of every piece and the row that gives it, shapes (num_arcs,).

    `NO_CLASS` and -1 where there is none; of rows that give the same class the first counts.
    """
    classes = np.full(network.num_arcs, NO_CLASS, dtype=np.int8)
    rows = np.full(network.num_arcs, -1, dtype=np.int64)
    for idx, row in enumerate(city.streets.itertuples(index=False)):
        number = max(1, int(row.cleaning_class) - bool(row.key_area))
        raised = _named(network, row) & (number < classes)
        classes[raised], rows[raised] = number, idx
    return classes, rows


def _named(network: Network, row: Any) -> NDArray[np.bool_]:
    named = np.ones(network.num_arcs, dtype=np.bool_)
    if is_filled(row.osm_class):
        named &= network.arc_class == CLASS_INDEX.get(row.osm_class, -1)
    if is_filled(row.name):
        named &= np.array([name == row.name for name in network.names])[network.arc_name_idx]
    if is_filled(row.area):
        named &= in_area(network, row.area)
    return named
