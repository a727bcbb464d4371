"""Units that sort or do not: natural villages and residential compounds, each with its points."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from routing.errors import InputError
from scenarios.cells import nearest, rows_of
from scenarios.city import City
from scenarios.coordinates import tables_to_wgs84
from scenarios.day import is_active
from scenarios.defaults import Used, default_number
from scenarios.edits.capacity import Factors, bins_needed, due_days_a_week
from scenarios.findings import Finding, Findings, at
from scenarios.schema import Column, Table
from scenarios.tables import read_alone

Kind = Literal["village", "compound"]
KINDS: tuple[Kind, ...] = ("village", "compound")
NEAR_M = 100.0
"""Points of its kind this near to a unit that names none are taken for its own."""
DEG_M = 111_195.0
PERSONS, GENERATION = "people.per_household", "waste.gen.total.kg_per_cap_day"
FOOD, TAKE_PART, CAUGHT = (
    "waste.composition.food_share.mean",
    "sorting.participation",
    "sorting.capture",
)

UNITS = Table(
    "units",
    (
        Column("unit_id", "id", required=True),
        Column("name", "text"),
        Column("kind", "choice", required=True, choices=KINDS),
        Column("district", "text", default=""),
        Column("households", "int", minimum=1, maximum=100_000),
        Column("lon", "lon", required=True),
        Column("lat", "lat", required=True),
        Column("points", "list"),
        Column("model", "bool", default=False),
        Column("sorted_since", "date"),
        Column("cost_day", "float", minimum=0, maximum=1_000_000),
    ),
    key="unit_id",
    required=True,
)


@dataclass(frozen=True)
class Unit:
    """A village or a compound on a date.

    Attributes
    ----------
    households
        As given, or from the waste of its points.
    at
        Lon and lat in WGS-84.
    given_at
        Lon and lat in the system of the city's files.
    points
        Its rows of points.csv.
    model
        Whether it is a model community or village.
    sorts
        Whether it sorts on the date.
    waste_kg
        All its waste of an average day.
    set_up
        What beginning to sort costs a day besides collection, in thousandths.
    """

    unit_id: str
    name: str
    kind: Kind
    district: str
    households: int
    at: tuple[float, float]
    given_at: tuple[float, float]
    points: tuple[str, ...]
    model: bool
    sorts: bool
    waste_kg: float
    set_up: int


@dataclass(frozen=True)
class Listed:
    """All units, and sentences on what was assumed of them."""

    units: tuple[Unit, ...]
    notes: tuple[str, ...]


def kitchen_share(used: Used) -> float:
    """Return the share of all waste that a unit that sorts brings as kitchen waste."""
    used.add(FOOD, TAKE_PART, CAUGHT)
    return default_number(FOOD) * default_number(TAKE_PART) * default_number(CAUGHT)


def list_units(city: City, table: Path | None, date: dt.date, used: Used) -> Listed:
    """Return the units of a table, or those that the places of points.csv stand for.

    Raises
    ------
    InputError
        When the table is missing or anything in it is at fault, or there is no unit.
    """
    rows = _active(city, date)
    return _derived(rows, used) if table is None else _read(city, table, date, rows, used)


def _active(city: City, date: dt.date) -> pd.DataFrame:
    """Return the points that are there on a date, with the kilograms of an average day."""
    points = city.points
    rows = points[[is_active(row, date) for row in points.itertuples(index=False)]]
    daily = rows["demand_kg"] * rows["frequency"].map(due_days_a_week) / 7
    return rows.assign(daily_kg=daily)


def _derived(rows: pd.DataFrame, used: Used) -> Listed:
    """Return a unit for each place with points of a village or a compound."""
    units: list[Unit] = []
    places = rows[rows["kind"].isin(KINDS)].groupby(["lon", "lat", "kind"], sort=True)
    for _, place in places:
        first = place.iloc[0]
        at_place = (float(first["lon"]), float(first["lat"]))
        kind: Kind = "village" if first["kind"] == "village" else "compound"
        waste_kg = float(place["daily_kg"].sum())
        households = _households(waste_kg, used)
        units.append(
            Unit(
                unit_id=str(first["point_id"]),
                name=str(first["name"]),
                kind=kind,
                district=str(first["district"] or ""),
                households=households,
                at=at_place,
                given_at=at_place,
                points=tuple(place["point_id"]),
                model=False,
                sorts="kitchen" in set(place["stream"]),
                waste_kg=waste_kg,
                set_up=set_up_cost(kind, households, waste_kg, used),
            )
        )
    if not units:
        raise InputError(
            "points.csv: no point is of kind village or compound; give a table with --units"
        )
    return Listed(
        tuple(units),
        (
            "assumption: each place of points.csv of kind village or compound is one unit, and"
            " sorts if kitchen waste is collected apart there; villages that compost it, and model"
            " units, are known from --units only",
        ),
    )


def _households(waste_kg: float, used: Used) -> int:
    used.add(PERSONS, GENERATION)
    a_household = default_number(PERSONS) * default_number(GENERATION)
    return max(1, round(waste_kg / a_household))


def _read(city: City, path: Path, date: dt.date, rows: pd.DataFrame, used: Used) -> Listed:
    faults = Findings()
    frame = read_alone(UNITS, path, faults)
    faults.add(_faults(frame, city, path.name))
    if faults:
        raise InputError(faults.told())
    places = frame[["lon", "lat"]].copy()
    tables_to_wgs84({"units": places}, city.coordinates)
    notes: list[str] = []
    units = [
        _unit(row, (float(at[0]), float(at[1])), rows, date, used)
        for row, at in zip(rows_of(frame), places.to_numpy(), strict=True)
    ]
    bare = [one.unit_id for one in units if not one.points and not one.sorts]
    if bare:
        some = ", ".join(bare[:4]) + (f" and {len(bare) - 4} more" if len(bare) > 4 else "")
        notes.append(
            f"no point of points.csv is known of {some}: a compound among them gets a kitchen point"
            " of its own, a village changes no route"
        )
    return Listed(tuple(units), tuple(notes))


def _faults(frame: pd.DataFrame, city: City, where: str) -> Iterator[Finding]:
    known, seen = set(city.points["point_id"]), set[str]()
    owner: dict[str, str] = {}
    for row in rows_of(frame):
        if row.unit_id in seen:
            yield at(where, row.row, f"unit_id = {row.unit_id!r}; expected each unit once")
        seen.add(row.unit_id)
        for point in row.points:
            if point not in known:
                close = nearest(point, known)
                hint = f"; did you mean {close}?" if close else ""
                text = f"points = {point!r}; expected points of points.csv{hint}"
                yield at(where, row.row, text)
            elif point in owner:
                text = f"points = {point!r}; it belongs to {owner[point]} already"
                yield at(where, row.row, text)
            owner.setdefault(point, row.unit_id)


def _unit(
    row: Any, place: tuple[float, float], rows: pd.DataFrame, date: dt.date, used: Used
) -> Unit:
    own = rows[rows["point_id"].isin(row.points)] if row.points else _near(rows, row.kind, place)
    waste_kg = float(own["daily_kg"].sum())
    if pd.isna(row.households):
        households = _households(waste_kg, used)
    else:
        households = int(row.households)
        if not len(own):
            used.add(PERSONS, GENERATION)
            waste_kg = households * default_number(PERSONS) * default_number(GENERATION)
    cost = row.cost_day
    return Unit(
        unit_id=row.unit_id,
        name=row.name or row.unit_id,
        kind=row.kind,
        district=row.district or "",
        households=households,
        at=place,
        given_at=(float(row.lon), float(row.lat)),
        points=tuple(own["point_id"]),
        model=bool(row.model),
        sorts=bool(not pd.isna(row.sorted_since) and row.sorted_since <= pd.Timestamp(date)),
        waste_kg=waste_kg,
        set_up=set_up_cost(row.kind, households, waste_kg, used)
        if pd.isna(cost)
        else round(1000 * float(cost)),
    )


def _near(rows: pd.DataFrame, kind: str, place: tuple[float, float]) -> pd.DataFrame:
    """Return the points of a kind that stand near a place."""
    east = (rows["lon"] - place[0]) * DEG_M * math.cos(math.radians(place[1]))
    north = (rows["lat"] - place[1]) * DEG_M
    return rows[(rows["kind"] == kind) & (np.hypot(east, north) <= NEAR_M)]


def set_up_cost(kind: str, households: int, waste_kg: float, used: Used) -> int:
    """Return what beginning to sort costs a day besides collection, in thousandths.

    Points (pits in a village) and bins are spread over their life; guidance is paid by household.
    The bins of a compound follow CJJ 27-2012, appendix A; a village household gets two.
    """
    place = "sorting.pit" if kind == "village" else "sorting.point"
    keys = (
        f"{place}.cost",
        f"{place}.households",
        "sorting.bin.cost",
        "sorting.life_years",
        "sorting.guide.household_year",
        "fleet.days_year",
    )
    used.add(*keys)
    cost, each, bin_cost, life, guide, days = map(default_number, keys)
    built = math.ceil(households / each) * cost
    if kind == "village":
        bins = 2 * households
        bin_cost = default_number("sorting.bin.small_cost")
        used.add("sorting.bin.small_cost")
    else:
        kitchen_kg = waste_kg * kitchen_share(used)
        bins = bins_needed(
            kitchen_kg, default_number("density.in_bin.kitchen"), 1.0, Factors.middle(used)
        )
    invested = (built + bins * bin_cost) / (life * days)
    return round(1000 * (invested + households * guide / days))


def candidates(units: Sequence[Unit]) -> list[int]:
    """Return which units do not sort yet, by index."""
    return [k for k, one in enumerate(units) if not one.sorts]
