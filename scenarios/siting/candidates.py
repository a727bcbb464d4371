"""The table of candidate sites: read, checked, and held against setbacks."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from routing.errors import InputError
from scenarios.cells import format_cell, nearest, rows_of
from scenarios.city import City
from scenarios.defaults import Used, default_number
from scenarios.findings import Finding, Findings, at
from scenarios.schema import FACILITIES, STREAMS, SWEEPINGS, Column, Table
from scenarios.tables import read_alone

SITE_KINDS = ("transfer", "plant", "landfill")
_TAKEN_OVER = ("open", "close", "bays", "unload_s")
_FACILITY = {column.name: column for column in FACILITIES.columns}

CANDIDATES = Table(
    "candidates",
    (
        Column("candidate_id", "id", required=True),
        Column("name", "text"),
        Column("kind", "choice", choices=SITE_KINDS, default="transfer"),
        Column("lon", "lon", required=True),
        Column("lat", "lat", required=True),
        Column("streams", "list", required=True, choices=(*STREAMS, SWEEPINGS)),
        # numbers joined by ";": as texts, because a list of a table holds each value once
        Column("sizes_t_day", "text", required=True),
        Column("build_cost", "text", required=True),  # currency units, one a size
        Column("operating_day", "text"),  # currency units a day, one a size
        Column("free_m", "float", minimum=0, maximum=10_000),  # to the nearest dwelling
        *(_FACILITY[name] for name in _TAKEN_OVER),
        Column("haul_to", "id"),
    ),
    key="candidate_id",
    required=True,
)


@dataclass(frozen=True)
class Size:
    """One size in which a site can be built; costs in currency units."""

    capacity_t_day: float
    build_cost: float
    operating_day: float

    def cost_day(self, life_years: float) -> float:
        """Return what the site costs a day if its building is spread over its life."""
        return self.build_cost / (life_years * 365) + self.operating_day


@dataclass(frozen=True)
class Candidate:
    """A place where a facility can be built, with the sizes that its surroundings allow."""

    candidate_id: str
    row: dict[str, str]
    sizes: tuple[Size, ...]

    def facility_row(self) -> dict[str, str]:
        """Return the cells of facilities.csv for the largest size."""
        largest = max(size.capacity_t_day for size in self.sizes)
        return {**self.row, "capacity_t_day": repr(largest)}


def setback_m(capacity_t_day: float, used: Used) -> float:
    """Return how far from dwellings a station of a size must stand."""
    key = (
        "station.setback.lt150"
        if capacity_t_day < 150
        else "station.setback.150_450"
        if capacity_t_day <= 450
        else "station.setback.gt450"
    )
    used.add(key)
    return default_number(key)


def read_candidates(path: Path, city: City, used: Used) -> tuple[list[Candidate], list[str]]:
    """Return the candidates, and sentences on sizes that a setback rules out.

    Raises
    ------
    InputError
        When the file is missing or anything in it is at fault; all faults at once.
    """
    faults = Findings()
    frame = read_alone(CANDIDATES, path, faults)
    faults.add(_faults(frame, city, path.name))
    if faults:
        raise InputError(faults.told())
    found, notes = [], []
    for row in rows_of(frame):
        sizes = _sizes(row)
        fitting = tuple(s for s in sizes if _fits(row, s, used))
        if len(fitting) < len(sizes):
            gone = ", ".join(f"{s.capacity_t_day:g}" for s in sizes if s not in fitting)
            notes.append(
                f"{row.candidate_id}: {gone} t a day would stand nearer to dwellings than the"
                f" setback allows (free_m = {row.free_m:g})"
            )
        if fitting:
            found.append(Candidate(row.candidate_id, _cells(row), fitting))
    if not found:
        raise InputError([f"{path.name}: no candidate keeps its setback", *notes])
    return found, notes


def _fits(row: Any, size: Size, used: Used) -> bool:
    return bool(pd.isna(row.free_m)) or row.free_m >= setback_m(size.capacity_t_day, used)


def _cells(row: Any) -> dict[str, str]:
    """Return what facilities.csv would hold for a candidate."""
    kept = ("name", "kind", "lon", "lat", "streams", *_TAKEN_OVER, "haul_to")
    cells = {name: format_cell(_FACILITY[name], getattr(row, name)) for name in kept}
    return {"facility_id": row.candidate_id, **cells}


def _sizes(row: Any) -> tuple[Size, ...]:
    tonnes = _numbers(row.sizes_t_day)
    operating = _numbers(row.operating_day) or [0.0] * len(tonnes)
    return tuple(map(Size, tonnes, _numbers(row.build_cost), operating))


def _faults(frame: pd.DataFrame, city: City, where: str) -> Iterator[Finding]:
    known = dict(zip(city.facilities["facility_id"], city.facilities["kind"], strict=True))
    seen: set[str] = set()
    for row in rows_of(frame):
        if row.candidate_id in known or row.candidate_id in seen:
            text = f"candidate_id = {row.candidate_id!r}; expected a name that no facility has yet"
            yield at(where, row.row, text)
        seen.add(row.candidate_id)
        for name in ("sizes_t_day", "build_cost", "operating_day"):
            yield from _list_faults(row, name, where)
        if row.haul_to is not None and known.get(row.haul_to) not in SITE_KINDS:
            close = nearest(row.haul_to, [k for k, v in known.items() if v in SITE_KINDS])
            hint = f"; did you mean {close}?" if close else ""
            yield at(where, row.row, f"haul_to = {row.haul_to!r}; expected a plant{hint}")


def _list_faults(row: Any, name: str, where: str) -> Iterator[Finding]:
    """Find lists that are no numbers, or not as long as the list of sizes."""
    text = getattr(row, name)
    if text is None:
        return  # an empty cell that is required is a fault of its own
    least = 0.1 if name == "sizes_t_day" else 0.0
    numbers, wanted = _numbers(text), len(_numbers(row.sizes_t_day))
    if any(not value >= least for value in numbers):
        yield at(where, row.row, f"{name} = {text!r}; expected numbers >= {least:g} joined by ;")
    elif len(numbers) != wanted:
        yield at(where, row.row, f"{name} = {text!r}; expected {wanted} numbers, one a size")


def _numbers(text: str | None) -> list[float]:
    """Return numbers joined by signs; NaN for what is none."""
    return [_number(part) for part in re.split(r"[;|,]", text or "") if part.strip()]


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan
