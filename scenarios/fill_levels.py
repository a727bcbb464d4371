"""What the sensors of smart points say: a predicted fill level, or why they are not believed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import pandas as pd

from scenarios.city import City

# Assumptions, all of them: no standard for fill sensors was found. `ASSUMED` puts them into words.
DUE_FILL = 0.7
"""A smart point is visited when this share of its capacity is predicted at the visit."""
READ_UNTIL_S = 5 * 3600 + 1800
"""Readings up to this time of the planned date count: the plan is made then."""
SILENT_AFTER_S = 36 * 3600
STUCK_AFTER_S = 72 * 3600
JUDGED_S = 72 * 3600
"""Levels that contradict one another are looked for this far back."""
RATE_OVER_S = 7 * 86_400
"""The rate of filling is taken over this stretch."""
HIGHEST_FILL = 1.2
NOISE = 0.05
"""Levels may waver by this much."""
EMPTY_FILL = 0.15
"""What an emptied bin may still show."""

ASSUMED = (
    f"assumption: a smart point is visited from a predicted fill of {DUE_FILL:.2f} on; a sensor "
    f"without a reading for {SILENT_AFTER_S // 3600} h is silent, one that shows the same level "
    f"for more than {STUCK_AFTER_S // 3600} h is stuck"
)

NO_READING = "no reading"
SILENT = f"silent for more than {SILENT_AFTER_S // 3600} h"
OUT_OF_RANGE = f"readings outside 0..{HIGHEST_FILL}"
TWO_LEVELS = "two levels at one moment"
FALLS = "the level falls without an emptying"
STUCK = f"the same level for more than {STUCK_AFTER_S // 3600} h"


@dataclass(frozen=True)
class Reading:
    """One reading: seconds after 00:00 of the planned date (negative before), share of capacity."""

    moment_s: int
    fill: float


@dataclass(frozen=True)
class FillVerdict:
    """The predicted fill, or None with the reason why the sensor is not believed."""

    fill: float | None
    doubt: str = ""

    @property
    def is_due(self) -> bool:
        """Whether a believed sensor calls for a visit."""
        return self.fill is not None and self.fill >= DUE_FILL


def readings_of(city: City, date: dt.date) -> dict[str, list[Reading]]:
    """Return the readings of each point up to the morning of a date, in order of time."""
    frame = city.fill
    days = (frame["date"] - pd.Timestamp(date)).dt.days
    found: dict[str, list[Reading]] = {}
    for point_id, day, time, fill in zip(
        frame["point_id"], days, frame["time"], frame["fill"], strict=True
    ):
        moment_s = 86_400 * int(day) + int(time)
        if moment_s <= READ_UNTIL_S:
            found.setdefault(point_id, []).append(Reading(moment_s, float(fill)))
    return {name: sorted(some, key=lambda r: r.moment_s) for name, some in found.items()}


def judge_points(city: City, date: dt.date, visit_s: Mapping[str, int]) -> dict[str, FillVerdict]:
    """Return the verdict on each point of ``visit_s``, which maps it to its likely visit time."""
    readings = readings_of(city, date)
    return {point: judge(readings.get(point, []), moment) for point, moment in visit_s.items()}


def judge(readings: list[Reading], visit_s: int) -> FillVerdict:
    """Return the fill predicted for the visit, or why the sensor is not believed.

    Parameters
    ----------
    readings
        In order of time, none later than `READ_UNTIL_S`.
    visit_s
        Time of the likely visit, seconds after 00:00 of the planned date.
    """
    doubt = _doubt(readings)
    if doubt:
        return FillVerdict(None, doubt)
    sound = [r for r in readings if _in_range(r)]
    last = sound[-1]
    ahead_s = max(0, visit_s - last.moment_s)
    predicted = last.fill + fill_rate(sound) * ahead_s
    return FillVerdict(min(HIGHEST_FILL, predicted))


def fill_rate(readings: list[Reading]) -> float:
    """Return the share of capacity filled a second of late, emptyings left out; never negative."""
    since_s = readings[-1].moment_s - RATE_OVER_S
    rises = [
        (b.fill - a.fill, b.moment_s - a.moment_s)
        for a, b in pairwise(r for r in readings if r.moment_s >= since_s)
        if b.fill - a.fill >= -NOISE
    ]
    elapsed_s = sum(seconds for _, seconds in rises)
    return max(0.0, sum(rise for rise, _ in rises) / elapsed_s) if elapsed_s else 0.0


def _in_range(reading: Reading) -> bool:
    return 0 <= reading.fill <= HIGHEST_FILL


def _doubt(readings: list[Reading]) -> str:
    """Return why the sensor is not believed, or nothing."""
    if not readings:
        return NO_READING
    fresh = [r for r in readings if r.moment_s >= READ_UNTIL_S - SILENT_AFTER_S]
    if not fresh:
        return SILENT
    if not all(_in_range(r) for r in fresh):
        return OUT_OF_RANGE
    return _contradiction([r for r in readings if _in_range(r)])


def _contradiction(sound: list[Reading]) -> str:
    last = sound[-1]
    late = [r for r in sound if r.moment_s >= last.moment_s - JUDGED_S]
    if any(b.moment_s == a.moment_s and abs(b.fill - a.fill) > NOISE for a, b in pairwise(late)):
        return TWO_LEVELS
    rate = fill_rate(sound)
    if any(_falls(a, b, rate) for a, b in pairwise(late)):
        return FALLS
    same_since_s = last.moment_s
    for reading in reversed(sound):
        if reading.fill != last.fill:
            break
        same_since_s = reading.moment_s
    return STUCK if last.moment_s - same_since_s > STUCK_AFTER_S else ""


def _falls(before: Reading, after: Reading, rate: float) -> bool:
    """Whether a level falls to more than what can have come in since an emptying in between."""
    refilled = rate * (after.moment_s - before.moment_s)
    return after.fill < before.fill - NOISE and after.fill > EMPTY_FILL + refilled
