"""Speeds by road class, hour and profile: the table ``speeds.csv`` as the planner reads it.

A factor is what the default speed of a class (after signed limits) is multiplied with. Where the
table has no row for a class, a profile and an hour, rows of all profiles and then of all classes
answer; where none does, the default speed holds.

A day is cut where factors change (`scenarios.periods`); what crosses a border is driven at the
slower speeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from routing.network import HIGHWAY_CLASSES
from routing.profiles import SMALL_TRUCK
from scenarios.cells import rows_of
from scenarios.city import City
from scenarios.schema import ALL, STREET_TRUCKS

HOUR_S = 3600
DAY_HOURS = 24
Factors = tuple[float, ...]
"""One factor for each of `HIGHWAY_CLASSES`."""

ALIKE = 1.05
"""Hours whose factors differ by less than this are planned as one."""

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
    """The factors of one profile by hour of the day; ``hourly`` has one entry for each of 24.

    Neighboring hours in which no class differs by more than `ALIKE` are one in all that follows,
    at the harmonic mean: each border of a day costs travel tables of its own.
    """

    hourly: tuple[Factors, ...]

    @cached_property
    def steps(self) -> tuple[Factors, ...]:
        """The factors by hour, hours that are alike made equal."""
        result: list[Factors] = []
        alike: list[Factors] = []
        for factors in (*self.hourly, None):
            if alike and (factors is None or not _alike(alike, factors)):
                result += [harmonic([(one, HOUR_S) for one in alike])] * len(alike)
                alike = []
            if factors is not None:
                alike.append(factors)
        return tuple(result)

    def changes(self) -> frozenset[int]:
        """Return the seconds of two days at which any factor changes."""
        around = zip(range(2 * DAY_HOURS), self.steps * 2, strict=True)
        return frozenset(
            hour * HOUR_S for hour, now in around if now != self.steps[hour % DAY_HOURS - 1]
        )

    def slowest(self, begin_s: int, end_s: int) -> Factors:
        """Return the lowest factor of each class in the hours from ``begin_s`` to ``end_s``.

        Times are seconds after midnight and may run past it.
        """
        hours = range(begin_s // HOUR_S, max(-(-end_s // HOUR_S), begin_s // HOUR_S + 1))
        parts = {self.steps[hour % DAY_HOURS] for hour in hours}
        return tuple(min(column) for column in zip(*sorted(parts), strict=True))


def _alike(some: Sequence[Factors], one: Factors) -> bool:
    columns = zip(*some, one, strict=True)
    return all(max(column) <= ALIKE * min(column) for column in columns)


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
    if city.tables["speeds"].empty:
        return Speeds((DEFAULT,) * DAY_HOURS)
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
