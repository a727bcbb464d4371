"""The table of candidate places: collection points, eco islands, water points, wash stations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from routing.errors import InputError
from scenarios.cells import nearest, rows_of
from scenarios.city import City
from scenarios.coordinates import to_wgs84
from scenarios.findings import Finding, Findings, at
from scenarios.schema import Column, Table
from scenarios.sources import read_csv
from scenarios.tables import read_alone

PlaceKind = Literal["point", "eco_island", "water", "wash"]
PLACE_KINDS: tuple[PlaceKind, ...] = ("point", "eco_island", "water", "wash")

PLACES = Table(
    "candidates",
    (
        Column("candidate_id", "id", required=True),
        Column("name", "text"),
        Column("kind", "choice", required=True, choices=PLACE_KINDS),
        Column("lon", "lon", required=True),
        Column("lat", "lat", required=True),
        Column("build_cost", "float", minimum=0, maximum=1e9, default=0.0),  # currency units
        Column("operating_day", "float", minimum=0, maximum=1e6, default=0.0),
        Column("corridor", "id"),  # of limits.csv, on which a wash station stands
    ),
    key="candidate_id",
    required=True,
)


@dataclass(frozen=True)
class Place:
    """A place where something can be put.

    Attributes
    ----------
    given_at, at
        Lon and lat in the system of the city's files, and in WGS-84.
    build_cost, operating_day
        Currency units, and currency units a day.
    """

    candidate_id: str
    name: str
    kind: PlaceKind
    given_at: tuple[float, float]
    at: tuple[float, float]
    build_cost: float
    operating_day: float
    corridor: str | None

    def cost_day(self, life_years: float) -> int:
        """Return thousandths a day if building is spread over a life."""
        return round(1000 * (self.build_cost / (life_years * 365) + self.operating_day))


def holds_places(path: Path) -> bool:
    """Whether a table of candidates is about places without tonnage; False if it cannot be read."""
    try:
        rows = read_csv(path.read_bytes()).rows
    except OSError:
        return False  # who reads the table says what is wrong with it
    if not rows or "kind" not in rows[0]:
        return False
    at_kind = rows[0].index("kind")
    return any(row[at_kind].strip() in PLACE_KINDS for row in rows[1:] if len(row) > at_kind)


def read_places(path: Path, city: City) -> list[Place]:
    """Return the candidates, all of one kind.

    Raises
    ------
    InputError
        When anything in the table is at fault; all faults at once.
    """
    faults = Findings()
    frame = read_alone(PLACES, path, faults)
    faults.add(_faults(frame, city, path.name))
    if faults:
        raise InputError(faults.told())
    lon, lat = to_wgs84(frame["lon"].tolist(), frame["lat"].tolist(), city.coordinates)
    return [
        Place(
            row.candidate_id,
            row.name or row.candidate_id,
            row.kind,
            (float(row.lon), float(row.lat)),
            (float(x), float(y)),
            float(row.build_cost),
            float(row.operating_day),
            row.corridor,
        )
        for row, x, y in zip(rows_of(frame), lon, lat, strict=True)
    ]


def corridors(city: City) -> dict[str, Mapping[Any, Any]]:
    """Return the monitored corridors of limits.csv by name."""
    limits = city.tables["limits"]
    rows = limits[limits["kind"] == "wash_corridor"]
    return {str(row["limit_id"]): row.to_dict() for _, row in rows.iterrows()}


def _faults(frame: pd.DataFrame, city: City, where: str) -> Iterator[Finding]:
    known = set(city.facilities["facility_id"]) | set(city.points["point_id"])
    seen: set[str] = set()
    kinds = sorted(set(frame["kind"].dropna()))
    if len(kinds) > 1:
        text = f"kind = {', '.join(kinds)}; expected one kind, the others in tables of their own"
        yield at(where, int(frame["row"].iloc[0]), text)
    watched = corridors(city)
    for row in rows_of(frame):
        if row.candidate_id in known or row.candidate_id in seen:
            text = f"candidate_id = {row.candidate_id!r}; expected a name that nothing has yet"
            yield at(where, row.row, text)
        seen.add(row.candidate_id)
        if row.kind != "wash":
            continue
        if row.corridor not in watched:
            close = nearest(str(row.corridor), watched)
            hint = f"; did you mean {close}?" if close else ""
            text = f"corridor = {row.corridor!r}; expected a wash_corridor of limits.csv{hint}"
            yield at(where, row.row, text)
        elif city.coordinates != "wgs84" and pd.notna(watched[row.corridor]["area"]):
            text = f"corridor = {row.corridor!r} has an area; expected a city in wgs84 then"
            yield at(where, row.row, text)
