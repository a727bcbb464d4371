"""What programmes ask for on a date: templates of ordered passes, and the hours of work."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scenarios.access import DAY_END_S, DAY_S
from scenarios.city import City
from scenarios.frequency import due

Hours = tuple[tuple[int, int], ...]
Due = Callable[["StreetWork", str, str], int]
"""How many times a run is due: by its work, the name of its street and its own name."""

SPLIT_DAY = (4 * 3600, 21 * 3600)
"""The day that several times without hours of their own share."""


@dataclass(frozen=True)
class Pass:
    """One pass of an operation template.

    ``min_lag_s`` and ``max_lag_s`` bound how long after the pass before it this one begins on a
    run, and how long after it this one ends there; None = no upper bound. ``after_bins`` is
    whether the bins of the street must have been emptied.
    """

    number: int
    vehicle_kind: str
    speed_kmh: float
    water_l_m2: float
    swept_width_m: float
    sweepings_kg_km: float
    wet: bool
    sides: str
    min_lag_s: int = 0
    max_lag_s: int | None = None
    after_bins: bool = False

    def service_s(self, length_cm: int) -> int:
        """Return how long a length takes, rounded up."""
        return math.ceil(length_cm * 0.036 / self.speed_kmh - 1e-9)

    def longest_m(self, before: Pass) -> float:
        """Return the longest run on which the lag to the pass before can hold at both ends.

        On a run the faster of two passes gains on the other; the gain must fit between the lags.
        """
        apart_s_m = abs(3.6 / self.speed_kmh - 3.6 / before.speed_kmh)
        if self.max_lag_s is None or apart_s_m == 0.0:
            return math.inf
        # a second of each pass is lost to rounding up
        return max(0.0, self.max_lag_s - self.min_lag_s - 2) / apart_s_m


@dataclass(frozen=True)
class StreetWork:
    """The work of one programme on a date: its passes in order, all of the same runs.

    ``windows`` are the hours in which work may be under way, those without work taken out.
    """

    date: dt.date
    cleaning_class: int
    template: str
    passes: tuple[Pass, ...]
    windows: Hours
    frequency: str
    times_per_day: int

    @property
    def lead(self) -> Pass:
        """The pass that goes first."""
        return self.passes[0]

    @property
    def longest_m(self) -> float:
        """The longest run on which every lag of the template can hold."""
        pairs = zip(self.passes, self.passes[1:], strict=False)
        return min((after.longest_m(before) for before, after in pairs), default=math.inf)

    def times_due(self, street: str) -> int:
        """Return how many times a street is due on the date; streets spread over the week."""
        return self.times_per_day * due(self.frequency, street, self.date)


def by_frequency(work: StreetWork, street: str, run: str) -> int:
    """Return how many times a run is due by the frequency of its programme alone."""
    return work.times_due(street)


def is_free(days: Any, date: dt.date) -> bool:
    """Whether no cars are parked on a date; a cell that names no days means never."""
    return not isinstance(days, str) or due(days, "", date) > 0


@dataclass(frozen=True)
class Weather:
    """What the weather of a date allows: wet work, and programmes of hot days."""

    wet_allowed: bool = True
    max_temp_c: float | None = None

    def is_hot_enough(self, above_temp_c: Any) -> bool:
        """Whether a programme that asks for a temperature is due; without a forecast it is not."""
        if pd.isna(above_temp_c):
            return True
        return self.max_temp_c is not None and self.max_temp_c >= float(above_temp_c)


USUAL = Weather()


def street_work(
    city: City, date: dt.date, weather: Weather = USUAL
) -> tuple[list[StreetWork], list[str]]:
    """Return the passes of every programme, and notes on what is left out.

    Where wet work is off the first dry pass of a template leads; a template without one is off.
    """
    works: list[StreetWork] = []
    notes: list[str] = []
    for programme in city.programmes.itertuples(index=False):
        what = f"class {programme.cleaning_class}, template {programme.template}"
        if not weather.is_hot_enough(programme.above_temp_c):
            notes.append(f"{what}: only from {programme.above_temp_c:g} °C on; it is not due")
            continue
        rows = city.operations[city.operations["template"] == programme.template]
        passes = sorted(rows.itertuples(index=False), key=lambda row: row.pass_no)
        usable = [row for row in passes if weather.wet_allowed or not row.wet]
        if len(usable) < len(passes):
            off = ", ".join(str(row.pass_no) for row in passes if row.wet)
            notes.append(f"{what}: wet work is off; pass {off} is left out")
        windows = work_hours(programme)
        if not windows:
            notes.append(f"{what}: hours without work leave none of its window; it is not planned")
        if usable and windows:
            works.append(_work(date, programme, usable, windows))
    return works, notes


def _work(date: dt.date, programme: Any, passes: Sequence[Any], windows: Hours) -> StreetWork:
    return StreetWork(
        date=date,
        cleaning_class=int(programme.cleaning_class),
        template=programme.template,
        passes=tuple(_pass(row) for row in passes),
        windows=windows,
        frequency=programme.frequency,
        times_per_day=int(programme.times_per_day),
    )


def template_passes(city: City, template: str) -> list[Pass]:
    """Return the passes of a template in order."""
    rows = city.operations[city.operations["template"] == template]
    return [_pass(row) for row in sorted(rows.itertuples(index=False), key=lambda r: r.pass_no)]


def _pass(row: Any) -> Pass:
    return Pass(
        number=int(row.pass_no),
        vehicle_kind=row.vehicle_kind,
        speed_kmh=float(row.speed_kmh),
        water_l_m2=float(row.water_l_m2),
        swept_width_m=float(row.swept_width_m),
        sweepings_kg_km=float(row.sweepings_kg_km),
        wet=bool(row.wet),
        sides=row.sides,
        min_lag_s=0 if pd.isna(row.min_lag_min) else 60 * int(row.min_lag_min),
        max_lag_s=None if pd.isna(row.max_lag_min) else 60 * int(row.max_lag_min),
        after_bins=bool(row.after_bins),
    )


def work_hours(programme: Any) -> Hours:
    """Return a programme's window without its hours of rest, which return every day."""
    left = [window_of(programme)]
    for rest in (
        _pair(programme.no_work_start, programme.no_work_end),
        _pair(programme.no_work2_start, programme.no_work2_end),
    ):
        if rest is not None:
            for shift in (-DAY_S, 0, DAY_S):
                left = _without(left, rest[0] + shift, rest[1] + shift)
    return tuple(left)


def window_of(row: Any) -> tuple[int, int]:
    """Return the window that a row names, open where it names none."""
    return _pair(row.window_start, row.window_end) or (0, DAY_END_S)


def within(hours: Hours, window: tuple[int, int]) -> Hours:
    """Return the part of the hours that lies in a window."""
    early, late = window
    parts = ((max(a, early), min(b, late)) for a, b in hours)
    return tuple((a, b) for a, b in parts if a < b)


def _pair(early: Any, late: Any) -> tuple[int, int] | None:
    if pd.isna(early) and pd.isna(late):
        return None
    return 0 if pd.isna(early) else int(early), DAY_END_S if pd.isna(late) else int(late)


def _without(hours: Iterable[tuple[int, int]], early: int, late: int) -> list[tuple[int, int]]:
    parts = [part for a, b in hours for part in ((a, min(b, early)), (max(a, late), b))]
    return [(a, b) for a, b in parts if a < b]


def begin_windows(hours: Hours, service_s: int) -> Hours | None:
    """Return when work may begin so that it ends within its hours; empty = at any time.

    None if no stretch of the hours is long enough.
    """
    if hours == ((0, DAY_END_S),):
        return ()
    fitting = tuple((a, b - service_s) for a, b in hours if b - service_s >= a)
    return fitting or None


def shared_hours(hours: Hours, count: int) -> list[Hours]:
    """Return the hours of each of several times on one day: equal parts of the working time.

    Hours that are open to both ends are parted within `SPLIT_DAY`.
    """
    if count == 1:
        return [hours]
    if hours == ((0, DAY_END_S),):
        early, late = SPLIT_DAY
        cuts = [early + (late - early) * i // count for i in range(1, count)]
    else:
        total = sum(b - a for a, b in hours)
        cuts = [_after(hours, total * i // count) for i in range(1, count)]
    edges = [hours[0][0], *cuts, hours[-1][1]]
    return [
        tuple((max(a, low), min(b, high)) for a, b in hours if max(a, low) < min(b, high))
        for low, high in zip(edges, edges[1:], strict=False)
    ]


def _after(hours: Hours, worked_s: int) -> int:
    """Return the moment at which so much of the working time has passed."""
    for a, b in hours:
        if worked_s <= b - a:
            return a + worked_s
        worked_s -= b - a
    return hours[-1][1]
