"""The week of street cleaning as a file that the plans of its days are taken from."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from routing.errors import InputError
from routing.network import Network
from scenarios.city import City
from scenarios.cleaning.work import StreetWork

SCHEMA = "huanwei.week/1"
FILE_NAME = "week.json"
TABLES = ("streets", "programmes", "operations")
"""What a week rests on; other tables may change without it."""


STREETS = "streets"
"""Scope of a plan of street work alone."""


def streets_only(city: City) -> City:
    """Return a city without points, fill levels and cases."""
    empty = {name: city.tables[name].iloc[:0] for name in ("points", "fill", "cases")}
    return replace(city, tables=city.tables | empty)


@dataclass(frozen=True)
class StoredWeek:
    """On which dates each run of street is due; ``mark`` is what the week was made from."""

    days: Mapping[str, tuple[dt.date, ...]]
    mark: str

    def due(self, work: StreetWork, street: str, run: str) -> int:
        """Return how many times a run is due; one that the week does not know, by its frequency."""
        dates = self.days.get(run)
        if dates is None:
            return work.times_due(street)
        return work.times_per_day if work.date in dates else 0


def week_name(date: dt.date) -> str:
    """Return the ISO week of a date, as 2024-W48."""
    year, week, _ = date.isocalendar()
    return f"{year}-W{week:02d}"


def dates_of(week: str) -> tuple[dt.date, ...]:
    """Return the seven dates of an ISO week, Monday first.

    Raises
    ------
    InputError
        When there is no such week.
    """
    try:
        year, number = week.split("-W")
        return tuple(dt.date.fromisocalendar(int(year), int(number), k) for k in range(1, 8))
    except ValueError:
        raise InputError(f"--week {week}; expected an ISO week such as 2024-W48") from None


def week_folder(city: City, week: str) -> Path:
    """Return where a week is kept."""
    return city.folder / "plans" / week


def street_mark(city: City, network: Network) -> str:
    """Return a hash of the map and of the tables that say what is cleaned."""
    digest = hashlib.sha256(network.fingerprint.encode())
    for name in TABLES:
        frame = city.tables[name].drop(columns="row", errors="ignore")
        digest.update(frame.to_csv(index=False, lineterminator="\n").encode())
    return digest.hexdigest()


def read_week(file: Path) -> dict[str, Any]:
    """Return the content of a week's file.

    Raises
    ------
    InputError
        When it cannot be read or is of another version.
    """
    try:
        week = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{file}: cannot be read ({error}); plan the week again") from error
    if not isinstance(week, dict) or week.get("schema") != SCHEMA:
        raise InputError(f"{file}: expected schema {SCHEMA!r}; plan the week again")
    return week


def stored_week(
    city: City, network: Network, date: dt.date
) -> tuple[StoredWeek | None, tuple[str, ...]]:
    """Return the stored week of a date, if there is one of this map and these tables, and notes."""
    file = week_folder(city, week_name(date)) / FILE_NAME
    if not file.exists():
        return None, ()
    week = read_week(file)
    if week["mark"] != street_mark(city, network):
        return None, (
            f"{file.parent.name}: the stored week is of another map or other tables of streets, "
            "programmes or operations; frequencies decide what is cleaned; plan the week again",
        )
    return week_of(week), (f"street cleaning is that of the stored week {file.parent.name}",)


def week_of(week: Mapping[str, Any]) -> StoredWeek:
    """Return the dates of the runs of a week's file."""
    first = dt.date.fromisoformat(week["first_day"])
    days = {
        run["id"]: tuple(first + dt.timedelta(days=k) for k in run["days"]) for run in week["runs"]
    }
    return StoredWeek(days, week["mark"])
