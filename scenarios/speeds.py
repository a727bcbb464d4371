"""Speeds by road class, hour and profile: the table ``speeds.csv`` as the planner reads it.

A factor is what the default speed of a class (after signed limits) is multiplied with. Where the
table has no row for a class, a profile and an hour, rows of all profiles and then of all classes
answer; where none does, the default speed holds.

The one seam to travel times is `day_factors`: one factor a class for the whole day. Travel times
that change during a shift need nothing more than `Speeds.borders`, between which nothing changes,
and `Speeds.factors` for the hours between two of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from routing.network import HIGHWAY_CLASSES
from routing.profiles import SMALL_TRUCK
from scenarios.cells import rows_of
from scenarios.city import City
from scenarios.schema import ALL, PROFILES, STREET_TRUCKS

HOUR_S = 3600
DAY_HOURS = 24
Factors = tuple[float, ...]
"""One factor for each of `HIGHWAY_CLASSES`."""

DEFAULT: Factors = (1.0,) * len(HIGHWAY_CLASSES)


def profile_of(kind: str, weight_kg: int) -> str:
    """Return the profile of a truck in ``speeds.csv``: one of `PROFILES`."""
    if kind in STREET_TRUCKS:
        return "sweeper"
    return "truck" if weight_kg > SMALL_TRUCK.weight_kg else "small_truck"


def profiles_of(trucks: pd.DataFrame) -> list[str]:
    """Return the profile of each row of trucks.csv."""
    return [profile_of(row.kind, round(1000 * row.weight_t)) for row in rows_of(trucks)]


@dataclass(frozen=True)
class Speeds:
    """The factors of one profile by hour of the day; ``hourly`` has one entry for each of 24."""

    hourly: tuple[Factors, ...]

    def factors(self, begin_s: int, end_s: int) -> Factors:
        """Return one factor a class for the hours from ``begin_s`` to ``end_s``.

        Times are seconds after midnight and may run past it. A way that begins at a random moment
        takes the mean of the times, so the mean of factors is the harmonic one.
        """
        return harmonic((self.hourly[h % DAY_HOURS], w) for h, w in _hours(begin_s, end_s))

    def borders(self) -> tuple[int, ...]:
        """Return the hours of the day, rising, at which any factor changes."""
        around = zip(range(DAY_HOURS), self.hourly, strict=True)
        return tuple(hour for hour, now in around if now != self.hourly[hour - 1])


def _hours(begin_s: int, end_s: int) -> Iterator[tuple[int, int]]:
    """Each hour that a span of time touches, with the seconds of it."""
    for hour in range(begin_s // HOUR_S, -(-end_s // HOUR_S)):
        yield hour, min(end_s, (hour + 1) * HOUR_S) - max(begin_s, hour * HOUR_S)


def harmonic(weighted: Iterator[tuple[Factors, int]] | Sequence[tuple[Factors, int]]) -> Factors:
    """Return the harmonic mean of factors class by class; exactly one of them where all agree."""
    parts = [(factors, weight) for factors, weight in weighted if weight > 0]
    if not parts:
        return DEFAULT
    total = sum(weight for _, weight in parts)
    return tuple(
        column[0]
        if len(set(column)) == 1
        else total / sum(weight / one for one, (_, weight) in zip(column, parts, strict=True))
        for column in zip(*(factors for factors, _ in parts), strict=True)
    )


def read_speeds(city: City, profile: str) -> Speeds:
    """Return the speeds of a profile of a city; the defaults where it has no ``speeds.csv``."""
    known = {
        (row.road_class, row.profile, hour): float(row.factor)
        for row in rows_of(city.tables["speeds"])
        for hour in range(row.hour_from, row.hour_to)
    }

    def factor(name: str, hour: int) -> float:
        order = ((name, profile), (name, ALL), (ALL, profile), (ALL, ALL))
        return next((known[key] for key in ((*o, hour) for o in order) if key in known), 1.0)

    return Speeds(
        tuple(tuple(factor(name, hour) for name in HIGHWAY_CLASSES) for hour in range(DAY_HOURS))
    )


def day_factors(city: City, profile: str) -> Factors:
    """Return one factor a class for all shifts of a profile's trucks together.

    Each hour weighs as much as trucks of trucks.csv with this profile are on shift in it.
    """
    if city.tables["speeds"].empty:
        return DEFAULT
    speeds = read_speeds(city, profile)
    trucks = city.trucks
    own = zip(profiles_of(trucks), trucks["shift_start"], trucks["shift_end"], strict=True)
    return harmonic(
        (speeds.hourly[hour % DAY_HOURS], seconds)
        for name, begin, end in own
        if name == profile
        for hour, seconds in _hours(int(begin), int(end))
    )


def speeds_note(city: City) -> list[str]:
    """Say how the table is used, for the notes of a plan; nothing where there is none."""
    if city.tables["speeds"].empty:
        return []
    return [
        "speeds.csv: driving times are those of the mean over all shifts of a profile; they do not "
        "change within a shift"
    ]


__all__ = [
    "DEFAULT",
    "PROFILES",
    "Factors",
    "Speeds",
    "day_factors",
    "profile_of",
    "profiles_of",
    "read_speeds",
    "speeds_note",
]
