"""The days of visits as a file that the plans of these days are taken from."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing.errors import InputError
from scenarios.city import City
from scenarios.frequency import due

SCHEMA = "huanwei.visits/1"
FILE_NAME = "visits.json"
AGAIN = "choose the days of visits again (huanwei visits)"


@dataclass(frozen=True)
class StoredVisits:
    """On which dates each point is visited, and the truck that usually does it.

    Attributes
    ----------
    dates
        By point; a point that is not here is visited as its frequency says.
    trucks
        By point.
    mark
        What the days were chosen from.
    """

    dates: Mapping[str, frozenset[dt.date]]
    trucks: Mapping[str, str]
    mark: str

    def due(self, frequency: str, point_id: str, date: dt.date) -> int:
        """Return how many times a point is due on a date of the period."""
        dates = self.dates.get(point_id)
        return due(frequency, point_id, date) if dates is None else int(date in dates)


def visits_file(city: City, date: dt.date) -> Path:
    """Return where the days of visits of a date's week are kept."""
    year, week, _ = date.isocalendar()
    return city.folder / "plans" / f"{year}-W{week:02d}" / FILE_NAME


def visits_mark(city: City) -> str:
    """Return a hash of the table of points."""
    frame = city.points.drop(columns="row", errors="ignore")
    return hashlib.sha256(frame.to_csv(index=False, lineterminator="\n").encode()).hexdigest()


def read_visits(file: Path) -> dict[str, Any]:
    """Return the content of a file of visits.

    Raises
    ------
    InputError
        When it cannot be read or is of another version.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); {AGAIN}") from error
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise InputError(f"{file}: expected schema {SCHEMA!r}; {AGAIN}")
    return found


def visits_of(record: Mapping[str, Any]) -> StoredVisits:
    """Return the dates and trucks that a file of visits holds."""
    first = dt.date.fromisoformat(record["first_day"])
    dates = {
        point["id"]: frozenset(first + dt.timedelta(days=k) for k in point["days"])
        for point in record["points"]
        if point["days"] is not None
    }
    trucks = {point["id"]: point["truck"] for point in record["points"] if point["truck"]}
    return StoredVisits(dates, trucks, record["mark"])


def stored_visits(city: City, date: dt.date) -> tuple[StoredVisits | None, tuple[str, ...]]:
    """Return the stored visits of a date's week, if there are any of these points, and notes."""
    file = visits_file(city, date)
    if not file.exists():
        return None, ()
    record = read_visits(file)
    name = file.parent.name
    if record["mark"] != visits_mark(city):
        return None, (
            f"{name}: the stored days of visits are of another table of points; frequencies decide"
            f" which points are due; {AGAIN}",
        )
    return visits_of(record), (f"days of visits are those stored for {name}",)
