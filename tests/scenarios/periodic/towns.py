"""The small good city with points that are visited some days a week."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from scenarios.city import City, read_city
from scenarios.periodic.model import Part, Period, pose_period
from tests.cities import GOOD, write_good
from tests.scenarios.edits.towns import streets_of

MONDAY = dt.date(2024, 11, 25)
FREQUENCIES = {"P1": "3/week", "P2": "2/week", "P3": "1/week", "P4": "2/week", "P5": "1/week"}


def weekly_city(folder: Path, frequencies: dict[str, str] | None = None) -> City:
    """The good city whose points have other frequencies."""
    write_good(folder)
    rows = []
    for row in GOOD["points.csv"].splitlines():
        cells = row.split(",")
        wanted = (FREQUENCIES if frequencies is None else frequencies).get(cells[0])
        last = wanted or cells[-1]
        rows.append(",".join([*cells[:-1], f'"{last}"' if "," in last else last]))
    (folder / "points.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return read_city(folder)


def part_of(city: City, num_weeks: int = 1, off: frozenset[int] = frozenset()) -> Part:
    """The part of a period in which the days of other waste are chosen."""
    parts, _ = pose_period(
        city, Period(MONDAY, num_weeks, off), streets_of(city), lambda text: None
    )
    return next(p for p in parts if "other" in p.posed.problem.streams)
