"""Trucks that are bought, given away, or work other shifts and streams."""

from __future__ import annotations

import dataclasses
from typing import Any

import pandas as pd

from scenarios.cells import format_cell, nearest
from scenarios.edits.draft import Draft, Mask, Told
from scenarios.edits.parameters import Parameters
from scenarios.schema import TRUCK_KINDS, TRUCKS, Column

_FREE = tuple(
    dataclasses.replace(column, required=False, default=None, refers_to=None)
    for column in TRUCKS.columns
    if column.name != "truck_id"
)
ADD = (
    Column("truck_id", "id"),
    Column("like", "id"),  # a truck whose columns the new ones take where none is given
    Column("count", "int", minimum=1, maximum=500, default=1),
    *_FREE,
)
CHOOSE = (Column("trucks", "list"), Column("kinds", "list", choices=TRUCK_KINDS))
CHANGE = (*CHOOSE, *_FREE)
_COLUMNS = {column.name: column for column in TRUCKS.columns}


def add_trucks(draft: Draft, given: Parameters) -> Told:
    """Add trucks, like one that is there or with columns of their own."""
    base: dict[str, Any] = {}
    if given["like"] is not None:
        row = draft.row_of("trucks", given["like"])
        if row is None:
            return Told("", "")
        base = {name: format_cell(_COLUMNS[name], row[name]) for name in _COLUMNS}
    own = given.given & set(_COLUMNS)
    base |= {name: format_cell(_COLUMNS[name], given[name]) for name in own}
    if "depot_id" in own and "end_depot_id" not in own:
        base.pop("end_depot_id", None)
    count = int(given["count"])
    names = _new_names(draft, given, count)
    draft.add("trucks", [{**base, "truck_id": name} for name in names])
    what = f"{count} {base.get('kind', 'truck')}{'s' if count > 1 else ''}"
    like = f" like {given['like']}" if given["like"] is not None else ""
    return Told(f"{what}{like} join the fleet: {', '.join(names)}", f"新增 {count} 辆车{like}")


def _new_names(draft: Draft, given: Parameters, count: int) -> list[str]:
    """Return a name for each new truck; the given one is numbered where there are several."""
    taken = set(draft.frame("trucks")["truck_id"])
    stem = given["truck_id"] or f"{given['like'] or 'NEW'}-new"
    if count == 1 and given["truck_id"]:
        return [stem]
    free = (f"{stem}{n}" for n in range(1, count + len(taken) + 1) if f"{stem}{n}" not in taken)
    return [next(free) for _ in range(count)]


def remove_trucks(draft: Draft, given: Parameters) -> Told:
    """Take trucks out of the fleet."""
    mask = _chosen(draft, given)
    if mask is None:
        return Told("", "")
    names = list(draft.frame("trucks").loc[mask, "truck_id"])
    draft.drop("trucks", mask)
    return Told(f"{_few(names)} leave the fleet", f"{_few(names)} 退出车队")


def change_trucks(draft: Draft, given: Parameters) -> Told:
    """Change shifts, streams, depots, sizes or prices of trucks."""
    mask = _chosen(draft, given)
    values = {n: given[n] for n in sorted(given.given & set(_COLUMNS))}
    if mask is None:
        return Told("", "")
    if not values:
        draft.fail("nothing to change; expected columns of trucks.csv, such as shift_start")
        return Told("", "")
    if "depot_id" in values and "end_depot_id" not in values:
        values["end_depot_id"] = values["depot_id"]
    draft.put("trucks", mask, values)
    names = list(draft.frame("trucks").loc[mask, "truck_id"])
    said = ", ".join(f"{n} = {format_cell(_COLUMNS[n], v)}" for n, v in values.items())
    return Told(f"{_few(names)}: {said}", f"{_few(names)} 改为 {said}")


def _chosen(draft: Draft, given: Parameters) -> Mask | None:
    """Return which trucks are meant, or None after noting what is wrong."""
    frame = draft.frame("trucks")
    known = set(frame["truck_id"])
    missing = [name for name in given["trucks"] if name not in known]
    for name in missing:
        close = nearest(name, known)
        hint = f"; did you mean {close}?" if close else ""
        draft.fail(f"trucks = {name!r}; expected trucks of trucks.csv{hint}")
    if not given["trucks"] and not given["kinds"]:
        draft.fail("trucks and kinds are empty; expected one of them")
        return None
    mask = pd.Series(True, index=frame.index)
    for name, column in (("trucks", "truck_id"), ("kinds", "kind")):
        if given[name]:
            mask &= frame[column].isin(given[name])
    if not missing and not mask.any():
        draft.fail(f"kinds = {';'.join(given['kinds'])!r}; expected a kind that the city has")
    return mask if mask.any() and not missing else None


def _few(names: list[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
