"""The city's tables as the audit reads them: points, facilities and trucks on one date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

DAY_S = 24 * 3600
DAY_END_S = 48 * 3600
REFILLS = ("water", "salt")
HGV_ABOVE_KG = 3_500
"""A truck heavier than this is a heavy goods vehicle to the streets."""


def clock(seconds: int) -> str:
    """Return a time of day as ``HH:MM:SS``; hours run on past midnight."""
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def half_up(value: float) -> int:
    """Return a number rounded to the nearest whole, halves up."""
    return int(value + 0.5) if value >= 0 else -int(-value + 0.5)


@dataclass(frozen=True)
class Rules:
    """The rules of work and the prices that figures are recomputed from."""

    meal_break_s: int
    meal_window: tuple[int, int]
    max_driving_s: int
    min_rest_s: int
    overtime_factor: float
    stream_change_s: int = 15 * 60
    balance_h2: int = 0
    compact_km: int = 0


@dataclass(frozen=True)
class Point:
    """A collection point, or a reported case, on the date.

    ``dates`` are those on which a stored week has it visited; None where its frequency decides.
    """

    point_id: str
    lon: float
    lat: float
    district: str
    kind: str
    stream: str
    demand_kg: float
    demand_l: float
    service_s: int
    windows: tuple[tuple[int, int], ...]
    frequency: str
    side: str
    active: bool
    dates: frozenset[dt.date] | None = None


@dataclass(frozen=True)
class Station:
    """A facility on the date; the last fields are of stations from which transfer trucks haul."""

    facility_id: str
    kind: str
    lon: float
    lat: float
    streams: frozenset[str]
    open_s: int
    close_s: int
    bays: int
    unload_s: int
    refill_s: int
    capacity_kg: int | None
    active: bool
    haul_to: str = ""
    storage_kg: int | None = None
    load_s: int = 0
    clear_daily: bool = False

    @property
    def refills(self) -> bool:
        """Whether tanks are filled here."""
        return self.kind in REFILLS


@dataclass(frozen=True)
class Truck:
    """A truck; ``capacity_l`` is in loose litres by stream, costs in thousandths.

    ``loaded`` is the stream, the mass (kg) and the loose volume (l) aboard at the start of the day.
    """

    truck_id: str
    kind: str
    depot_id: str
    end_depot_id: str
    streams: frozenset[str]
    capacity_kg: int
    capacity_l: dict[str, int]
    compartments: int
    tank_l: int
    height_cm: int
    width_cm: int
    weight_kg: int
    permits: frozenset[str]
    shift_start: int
    shift_end: int
    max_overtime_s: int
    max_trips: int
    fixed_cost: int
    cost_km: int
    cost_h: int
    energy: str
    loaded: tuple[str, int, int] | None = None
    changes_stream: bool = False

    @property
    def hgv(self) -> bool:
        """Whether the streets see a heavy goods vehicle."""
        return self.weight_kg > HGV_ABOVE_KG


@dataclass(frozen=True)
class Energy:
    """What a kind of energy costs: units a kilometre, by weight (tonnes, factor), grams of CO2."""

    per_km: float
    scale: tuple[tuple[float, float], ...]
    co2_g: float


@dataclass(frozen=True)
class World:
    """Everything the tables say that an audit of one date needs."""

    date: dt.date
    rules: Rules
    points: Mapping[str, Point]
    stations: Mapping[str, Station]
    trucks: Mapping[str, Truck]
    energy: Mapping[str, Energy]

    def point_of(self, visit_id: str) -> str:
        """Return the point that a visit is to: its name without the number of the visit."""
        if visit_id in self.points:
            return visit_id
        if f"case:{visit_id}" in self.points:
            return f"case:{visit_id}"
        stem, mark, number = visit_id.rpartition("#")
        return stem if mark and number.isdigit() and stem in self.points else visit_id


def is_active(row: Any, date: dt.date) -> bool:
    """Whether a dated row holds on a date (both ends included; an empty end is open)."""
    day = pd.Timestamp(date)
    begins = pd.isna(row.active_from) or row.active_from <= day
    return bool(begins and (pd.isna(row.active_to) or day <= row.active_to))


def window_of(early: Any, late: Any) -> tuple[int, int] | None:
    """Return a window from two cells, open where one is empty; None where both are."""
    if pd.isna(early) and pd.isna(late):
        return None
    first = 0 if pd.isna(early) else int(early)
    last = DAY_END_S if pd.isna(late) else int(late)
    return first, last


def windows_of(*cells: Any) -> tuple[tuple[int, int], ...]:
    """Return the windows of pairs of cells, in order of time."""
    pairs = [window_of(a, b) for a, b in zip(cells[::2], cells[1::2], strict=True)]
    return tuple(sorted(pair for pair in pairs if pair is not None))
