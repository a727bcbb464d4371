"""Points that are added, taken away, or served at other times and frequencies."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pandas as pd

from scenarios.cells import format_cell
from scenarios.defaults import BIN_FILL, BIN_L, default_number
from scenarios.edits.capacity import due_days_a_week
from scenarios.edits.draft import Draft, Mask, Told
from scenarios.edits.parameters import Parameters
from scenarios.edits.selection import FROM, WHERE, in_words, select_points
from scenarios.schema import POINTS, Column

ADD = POINTS.columns
REMOVE = (*WHERE, FROM)
SETTABLE = (
    "frequency", "window_start", "window_end", "window2_start", "window2_end", "side", "priority",
    "service_s", "bins", "active_from", "active_to",
)  # fmt: skip
CHANGE = (
    *WHERE,
    FROM,
    *(
        dataclasses.replace(column, required=False, default=None)
        for column in POINTS.columns
        if column.name in SETTABLE
    ),
    Column("any_time", "bool", default=False),  # takes the windows away
)
_COLUMNS = {column.name: column for column in POINTS.columns}


def add_point(draft: Draft, given: Parameters) -> Told:
    """Add a collection point; its parameters are the columns of points.csv."""
    cells = {n: format_cell(_COLUMNS[n], given[n]) for n in given.given}
    draft.add("points", [cells])
    what = f"{given['point_id']} ({given['stream']}, {given['demand_kg']:g} kg)"
    return Told(f"point {what} is added", f"新增收集点 {what}")


def remove_points(draft: Draft, given: Parameters) -> Told:
    """Take points away, with their waste."""
    chosen = select_points(draft, given)
    if chosen is None:
        return Told("", "")
    en, zh = in_words(given, int(chosen.sum()))
    date = given.date("from")
    if date is None:
        draft.drop("points", chosen)
    else:
        later = draft.split("points", chosen, date)
        draft.drop("points", later)
    return Told(f"{en} are no longer served{_from(given)}", f"{zh}不再收运")


def change_points(draft: Draft, given: Parameters) -> Told:
    """Change frequency, windows, side, priority or period of points.

    With another frequency the mass of a visit changes, so that a week's waste stays the same.
    """
    chosen = select_points(draft, given)
    values: dict[str, Any] = {n: given[n] for n in SETTABLE if n in given.given}
    if given["any_time"]:
        values |= dict.fromkeys(SETTABLE[1:5], pd.NA)
    if not values:
        draft.fail("nothing to change; expected columns of points.csv, such as frequency")
    if chosen is None or not values:
        return Told("", "")
    later = draft.split("points", chosen, given.date("from"))
    if "frequency" in values and not _refrequent(draft, later, str(values["frequency"])):
        return Told("", "")
    draft.put("points", later, values)
    shown = {n: v for n, v in values.items() if not (given["any_time"] and n in SETTABLE[1:5])}
    said = ", ".join(f"{n} = {format_cell(_COLUMNS[n], v)}" for n, v in shown.items())
    said = ", ".join(part for part in (said, "no windows" if given["any_time"] else "") if part)
    en, zh = in_words(given, int(later.sum()))
    return Told(f"{en}: {said}{_from(given)}", f"{zh}改为 {said}")


def _from(given: Parameters) -> str:
    date = given.date("from")
    return f" from {date} on" if date else ""


def _refrequent(draft: Draft, mask: Mask, frequency: str) -> bool:
    """Share a week's waste out among the visits of another frequency."""
    try:
        days = due_days_a_week(frequency)
    except ValueError as error:
        draft.fail(f"frequency = {frequency!r}; {str(error).partition('; ')[2]}")
        return False
    old = draft.frame("points").loc[mask, "frequency"].map(due_days_a_week)
    scale_demand(draft, mask, old / days)
    return True


def scale_demand(draft: Draft, mask: Mask, factor: pd.Series | float) -> None:
    """Multiply the waste of points; bins that it needs more are added, with their service time."""
    frame = draft.frame("points")
    rows = frame[mask]
    demand_m3 = rows["demand_m3"] * factor
    held_m3 = default_number(BIN_L) / 1000 * default_number(BIN_FILL)
    before = (rows["demand_m3"] / held_m3 - 1e-9).map(math.ceil).clip(lower=1)
    after = (demand_m3 / held_m3 - 1e-9).map(math.ceil).clip(lower=1)
    more = (after - before).clip(lower=0)
    draft.put(
        "points",
        mask,
        {
            "demand_kg": rows["demand_kg"] * factor,
            "demand_m3": demand_m3,
            "bins": rows["bins"] + more,
            "service_s": rows["service_s"] + draft.settings.bin_s * more,
        },
    )
