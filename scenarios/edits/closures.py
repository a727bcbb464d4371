"""Streets that are closed, and limits that are set, for as long as the what-if says."""

from __future__ import annotations

from scenarios.cells import format_cell
from scenarios.edits.draft import Draft, Told
from scenarios.edits.parameters import Parameters
from scenarios.schema import CLOSURES, LIMITS

CLOSE = CLOSURES.columns
LIMIT = LIMITS.columns


def close_street(draft: Draft, given: Parameters) -> Told:
    """Close streets; its parameters are the columns of closures.csv."""
    columns = {column.name: column for column in CLOSURES.columns}
    draft.add("closures", [{n: format_cell(columns[n], given[n]) for n in given.given}])
    begin, end = given.date("date_from"), given.date("date_to")
    when = f" from {begin} to {end}" if begin and end else f" from {begin} on" if begin else ""
    return Told(f"{_street(given)} is closed{when}", f"{_street(given)} 封闭{when and ' '}{when}")


def set_limit(draft: Draft, given: Parameters) -> Told:
    """Set a limit for trucks; its parameters are the columns of limits.csv."""
    columns = {column.name: column for column in LIMITS.columns}
    draft.add("limits", [{n: format_cell(columns[n], given[n]) for n in given.given}])
    value = f" of {given['value']:g}" if given["value"] > 0 else ""
    what = f"{given['kind']}{value} on {_street(given)}"
    return Told(f"a {what} is set", f"设置限行：{what}")


def _street(given: Parameters) -> str:
    if given["name"]:
        return str(given["name"])
    return f"way {given['way_id']}" if "way_id" in given.given else "an area"
