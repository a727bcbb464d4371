"""Facilities that open, close, move, grow, or work by other dates and hours."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from scenarios.cells import format_cell
from scenarios.coordinates import to_wgs84
from scenarios.edits.draft import Draft, Told
from scenarios.edits.parameters import Parameters
from scenarios.edits.selection import FROM
from scenarios.schema import FACILITIES, Column

ID = Column("facility_id", "id", required=True)
PLACE = (Column("lon", "lon", required=True), Column("lat", "lat", required=True))
OPEN = tuple(column for column in FACILITIES.columns)
CHANGE = (
    ID,
    FROM,
    *(
        dataclasses.replace(column, required=False, default=None, refers_to=None)
        for column in FACILITIES.columns
        if column.name not in ("facility_id", "kind")
    ),
)
"""Every column but the kind, which says what a facility is."""


def open_facility(draft: Draft, given: Parameters) -> Told:
    """Add a facility; its parameters are the columns of facilities.csv."""
    values = {name: given[name] for name in given.given}
    columns = {column.name: column for column in FACILITIES.columns}
    draft.add("facilities", [{n: format_cell(columns[n], v) for n, v in values.items()}])
    begin = given.date("active_from")
    when = f" on {begin}" if begin else ""
    what = f"{given['kind']} {given['facility_id']}"
    size = f" with {given['capacity_t_day']:g} t a day" if given["capacity_t_day"] > 0 else ""
    return Told(f"{what} opens{when}{size}", f"{what} {begin or ''} 启用{size and size[6:]}")


def close_facility(draft: Draft, given: Parameters) -> Told:
    """Close a facility for good, or from a date on."""
    name, date = given["facility_id"], given.date("from")
    row = draft.row_of("facilities", name)
    if row is None:
        return Told("", "")
    frame = draft.frame("facilities")
    mask = frame["facility_id"] == name
    if date is None:
        _refuse_if_needed(draft, name)
        draft.drop("facilities", mask)
        feeders = draft.frame("facilities")["haul_to"] == name
        draft.put("facilities", feeders, {"haul_to": None})
        return Told(f"{row['kind']} {name} closes", f"{name} 关闭")
    last = pd.Timestamp(date) - pd.Timedelta(days=1)
    if pd.notna(row["active_from"]) and row["active_from"] > last:
        draft.fail(
            f"from = {date}; expected a date after {name} opens, {row['active_from'].date()}"
        )
    draft.put("facilities", mask, {"active_to": last})
    return Told(f"{row['kind']} {name} closes on {date}", f"{name} 自 {date} 起关闭")


def _refuse_if_needed(draft: Draft, name: str) -> None:
    """Note trucks that would have no home, and corridors that would have no wash station."""
    trucks = draft.frame("trucks")
    at_home = (trucks["depot_id"] == name) | (trucks["end_depot_id"] == name)
    if at_home.any():
        draft.fail(
            f"facility_id = {name!r}; {int(at_home.sum())} trucks are at home there;"
            " move them by change_trucks first, or close it from a date on"
        )
    if (draft.frame("limits")["wash_id"] == name).any():
        draft.fail(f"facility_id = {name!r}; limits.csv names it as wash_id; change that first")


def move_facility(draft: Draft, given: Parameters) -> Told:
    """Put a facility at another place."""
    name = given["facility_id"]
    if draft.row_of("facilities", name) is None:
        return Told("", "")
    _change(draft, given, {"lon": given["lon"], "lat": given["lat"]})
    where = f"{given['lon']:.5f}, {given['lat']:.5f}"
    return Told(f"{name} moves to {where}{_when(given)}", f"{name} 迁至 {where}")


def change_facility(draft: Draft, given: Parameters) -> Told:
    """Change what a facility holds, accepts, when it is open, or from when to when it exists."""
    name = given["facility_id"]
    values = {n: given[n] for n in sorted(given.given - {"facility_id", "from"})}
    if draft.row_of("facilities", name) is None:
        return Told("", "")
    if not values:
        draft.fail("nothing to change; expected columns of facilities.csv, such as capacity_t_day")
        return Told("", "")
    _change(draft, given, values)
    columns = {column.name: column for column in FACILITIES.columns}
    said = ", ".join(f"{n} = {format_cell(columns[n], v)}" for n, v in values.items())
    return Told(f"{name} has {said}{_when(given)}", f"{name} 改为 {said}")


def _when(given: Parameters) -> str:
    date = given.date("from")
    return f" from {date} on" if date else ""


def _change(draft: Draft, given: Parameters, values: dict[str, Any]) -> None:
    name, date = given["facility_id"], given.date("from")
    frame = draft.frame("facilities")
    mask = frame["facility_id"] == name
    if date is not None and (frame.loc[mask, "kind"] == "depot").any():
        draft.fail(f"from = {date}; a depot cannot change on a date; add another and move trucks")
        return
    if {"lon", "lat"} & set(values):
        row = frame[mask].iloc[0]
        lon, lat = to_wgs84([values.get("lon", row["lon"])], [values.get("lat", row["lat"])],
                            draft.system)  # fmt: skip
        values = {**values, "lon": float(lon[0]), "lat": float(lat[0])}
    draft.put("facilities", draft.split("facilities", mask, date), values)
