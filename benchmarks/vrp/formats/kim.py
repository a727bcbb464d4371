"""Text of the waste collection instances of Kim, Kim and Sahoo (2006)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

NUMBER = re.compile(r"-?\d+(\.\d+)?")
DEPOT, STOP, LANDFILL = 0, 1, 2


@dataclass(frozen=True)
class KimPlace:
    """One row: feet, seconds after midnight, cubic yards."""

    place_id: str
    x: float
    y: float
    early: int
    late: int
    service: int
    load: float
    kind: int


@dataclass(frozen=True)
class KimFile:
    """Limits of every vehicle, and the places; the depot is the row of its kind, not the first."""

    capacity: float
    daily_load: float
    daily_stops: int
    lunch: int
    miles_per_hour: float
    places: tuple[KimPlace, ...]

    def of_kind(self, kind: int) -> list[KimPlace]:
        """Return the places of one kind in the order of the file."""
        return [place for place in self.places if place.kind == kind]


def parse_kim(path: Path) -> KimFile:
    """Return what stands in an instance file."""
    lines = path.read_text().splitlines()
    limits = [float(NUMBER.match(line.strip()).group()) for line in lines[:5]]  # type: ignore[union-attr]
    rows = [line.split() for line in lines[6:] if line.strip()]
    return KimFile(
        limits[0],
        limits[1],
        int(limits[2]),
        int(limits[3]),
        limits[4],
        tuple(_place(row) for row in rows),
    )


def clock(word: str) -> int:
    """Return seconds after midnight of HHMM.

    Some windows end at "minutes" past 59, such as 1675: these are hundredths of an hour (16:45).
    """
    hours, minutes = divmod(int(word), 100)
    return hours * 3600 + (minutes * 36 if minutes > 59 else minutes * 60)


def _place(row: list[str]) -> KimPlace:
    name, x, y, early, late, service, load, kind = row
    return KimPlace(
        name,
        float(x),
        float(y),
        clock(early),
        clock(late),
        int(float(service)),
        float(load),
        int(kind),
    )
