"""The stored days of visits, as far as the audit of one of them needs them."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from dispatch.audit.record import PlanRecord
from dispatch.audit.tables import World
from scenarios.city import City
from scenarios.frequency import parse_frequency

CODE = "visits"


@dataclass(frozen=True)
class StoredDays:
    """The dates of points, and a sentence for each fault of the file that they are taken from."""

    dates: Mapping[str, frozenset[dt.date]]
    faults: tuple[str, ...]
    checked: int


NOTHING = StoredDays({}, (), 0)


def stored_days(plan: PlanRecord, city: City) -> StoredDays:
    """Return the days of the file that a plan says its visits are taken from; none without one.

    Every point of the file must have as many days in each week as its frequency in the table says.
    """
    mark = plan.fingerprint.get("visits")
    if not mark:
        return NOTHING
    year, number, _ = plan.date.isocalendar()
    file = city.folder / "plans" / f"{year}-W{number:02d}" / "visits.json"
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
        first = dt.date.fromisoformat(record["first_day"])
        dates = {
            point["id"]: frozenset(first + dt.timedelta(days=day) for day in point["days"])
            for point in record["points"]
            if point["days"] is not None
        }
    except (OSError, ValueError, KeyError, TypeError):
        return StoredDays({}, (f"days of visits are taken from {file}, which cannot be read",), 1)
    if record.get("mark") != mark:
        return StoredDays({}, (f"days of visits are of another file than {file}",), 1)
    faults = tuple(_wrong_numbers(record, dates, city))
    return StoredDays(dates, faults, 1 + len(dates))


def _wrong_numbers(
    record: Mapping[str, Any], dates: Mapping[str, frozenset[dt.date]], city: City
) -> Iterator[str]:
    """Yield a sentence for each point that is not visited as often a week as its frequency says."""
    frequencies = dict(zip(city.points["point_id"], city.points["frequency"], strict=True))
    weeks = int(record["weeks"])
    for point_id, days in sorted(dates.items()):
        frequency = str(frequencies.get(point_id, ""))
        if point_id not in frequencies:
            yield f"stored days are given for {point_id}, which is not in points.csv"
            continue
        rule = parse_frequency(frequency)
        times = Counter(day.isocalendar()[:2] for day in days)
        wrong = len(times) != weeks or set(times.values()) != {rule.count}
        if rule.period != "week" or wrong:
            told = ", ".join(day.isoformat() for day in sorted(days))
            yield f"stored days of {point_id} are {told}; its frequency is {frequency}"


def with_stored_days(world: World, stored: StoredDays) -> World:
    """Return the tables with the points' stored dates in the place of their frequencies."""
    points = {
        name: replace(point, dates=stored.dates[name]) if name in stored.dates else point
        for name, point in world.points.items()
    }
    return replace(world, points=points)
