"""Checks that look at more than one cell: rows, references, and what is merely suspicious."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import shapely

from scenarios.defaults import STREAM_OF_KIND
from scenarios.frequency import EXPECTED, parse_frequency
from scenarios.schema import TABLES, Column
from scenarios.tables import format_cell, format_time

Label = Callable[[str], str]
Tables = dict[str, pd.DataFrame]

WINDOWS = {
    "points": (("window_start", "window_end"), ("window2_start", "window2_end")),
    "facilities": (("open", "close"),),
    "trucks": (("shift_start", "shift_end"),),
    "programmes": (
        ("window_start", "window_end"),
        ("no_work_start", "no_work_end"),
        ("no_work2_start", "no_work2_end"),
    ),
    "closures": (("from_time", "to_time"),),
    "limits": (("from_time", "to_time"),),
}
PERIODS = {
    "points": ("active_from", "active_to"),
    "facilities": ("active_from", "active_to"),
    "closures": ("date_from", "date_to"),
}
UNLOADING = ("transfer", "plant", "landfill")
DAY_S = 86_400
ALWAYS_GIVEN = (("shift_start", "shift_end"), ("open", "close"))


def check_tables(tables: Tables, faults: list[str], label: Label) -> None:
    """Find every fault that shows only when cells are seen together.

    Parameters
    ----------
    tables
        Frames as read, before derived defaults; cells already at fault are empty.
    faults
        Takes what is found.
    label
        Names a table's file in messages.
    """
    for name, frame in tables.items():
        where = label(name)
        faults.extend(_duplicates(name, frame, where))
        for start, end in WINDOWS.get(name, ()):
            faults.extend(_backward_windows(frame, start, end, where))
        faults.extend(_backward_periods(name, frame, where))
        faults.extend(_bad_frequencies(frame, where))
        faults.extend(_bad_areas(frame, where))
        faults.extend(_null_island(frame, where))
        faults.extend(_dangling(name, tables, where, label))
    faults.extend(_overlaps(tables["points"], label("points")))
    faults.extend(_wrong_depots(tables, label))
    faults.extend(_accepts_nothing(tables["facilities"], label("facilities")))
    faults.extend(_nowhere(tables, label))


def _column(table: str, name: str) -> Column:
    return next(column for column in TABLES[table].columns if column.name == name)


def _duplicates(name: str, frame: pd.DataFrame, where: str) -> Iterator[str]:
    key = TABLES[name].key
    if key is None:
        return
    first: dict[Any, int] = {}
    for value, row in zip(frame[key], frame["row"], strict=True):
        if value is None or pd.isna(value):
            continue
        if value in first:
            text = format_cell(_column(name, key), value)
            yield (
                f"{where} row {row}: {key} = {text!r}; expected each {key} once; "
                f"row {first[value]} has it already"
            )
        first.setdefault(value, row)


def _backward_windows(frame: pd.DataFrame, start: str, end: str, where: str) -> Iterator[str]:
    for early, late, row in zip(frame[start], frame[end], frame["row"], strict=True):
        if pd.isna(early) and pd.isna(late):
            continue
        if pd.isna(early) or pd.isna(late):
            empty, given = (start, end) if pd.isna(early) else (end, start)
            if (start, end) in ALWAYS_GIVEN:
                continue  # the empty cell is a fault of its own
            yield f"{where} row {row}: {empty} = ''; expected a time, because {given} is given"
        elif late <= early:
            text, nxt = format_time(int(late)), format_time(int(late) + DAY_S)
            hint = f"; write {nxt} for {text} of the next day" if late + DAY_S <= 2 * DAY_S else ""
            yield (
                f"{where} row {row}: {end} = {text!r}; expected a time after "
                f"{start} = {format_time(int(early))!r}{hint}"
            )


def _backward_periods(name: str, frame: pd.DataFrame, where: str) -> Iterator[str]:
    if name not in PERIODS:
        return
    start, end = PERIODS[name]
    for first, last, row in zip(frame[start], frame[end], frame["row"], strict=True):
        if pd.notna(first) and pd.notna(last) and last < first:
            yield (
                f"{where} row {row}: {end} = {str(last.date())!r}; expected a date not before "
                f"{start} = {str(first.date())!r}"
            )


def _bad_frequencies(frame: pd.DataFrame, where: str) -> Iterator[str]:
    if "frequency" not in frame.columns:
        return
    for text, row in zip(frame["frequency"], frame["row"], strict=True):
        try:
            parse_frequency(str(text))
        except ValueError:
            yield f"{where} row {row}: frequency = {text!r}; expected {EXPECTED}"


def _bad_areas(frame: pd.DataFrame, where: str) -> Iterator[str]:
    if "area" not in frame.columns:
        return
    for text, row in zip(frame["area"], frame["row"], strict=True):
        if text and not _is_polygon(text):
            short = text if len(text) <= 40 else text[:37] + "..."
            yield (
                f"{where} row {row}: area = {short!r}; expected a valid WKT polygon, "
                "such as POLYGON((lon lat, lon lat, lon lat, lon lat)), first place repeated last"
            )


def _is_polygon(text: str) -> bool:
    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.ShapelyError:
        return False
    right_type = shape.geom_type in ("Polygon", "MultiPolygon")
    return bool(right_type and shape.is_valid and not shape.is_empty)


def _null_island(frame: pd.DataFrame, where: str) -> Iterator[str]:
    if "lon" not in frame.columns:
        return
    for row in frame.loc[(frame["lon"] == 0) & (frame["lat"] == 0), "row"]:
        yield f"{where} row {row}: lon, lat = 0, 0; expected a place in the city"


def _dangling(name: str, tables: Tables, where: str, label: Label) -> Iterator[str]:
    frame = tables[name]
    for column in TABLES[name].columns:
        if column.refers_to is None:
            continue
        other, field = column.refers_to.split(".")
        known = {str(value) for value in tables[other][field] if value is not None}
        for value, row in zip(frame[column.name], frame["row"], strict=True):
            if value is not None and value not in known:
                close = difflib.get_close_matches(value, sorted(known), 1, 0.6)
                hint = f"; did you mean {close[0]}?" if close else ""
                yield (
                    f"{where} row {row}: {column.name} = {value!r}; "
                    f"expected a {field} of {label(other)}{hint}"
                )


def _overlaps(points: pd.DataFrame, where: str) -> Iterator[str]:
    columns = ["window_start", "window_end", "window2_start", "window2_end"]
    for _, row in points[points[columns].notna().all(axis=1)].iterrows():
        start, end, start2, end2 = (int(row[name]) for name in columns)
        if start < end and start2 < end2 and start < end2 and start2 < end:
            yield (
                f"{where} row {row['row']}: window2_start = {format_time(start2)!r}; expected "
                f"windows that do not overlap; the first is {format_time(start)}-{format_time(end)}"
            )


def _wrong_depots(tables: Tables, label: Label) -> Iterator[str]:
    facilities, trucks = tables["facilities"], tables["trucks"]
    kinds = dict(zip(facilities["facility_id"], facilities["kind"], strict=True))
    for column in ("depot_id", "end_depot_id"):
        for value, row in zip(trucks[column], trucks["row"], strict=True):
            kind = kinds.get(value)
            if value is not None and kind not in (None, "depot"):
                yield (
                    f"{label('trucks')} row {row}: {column} = {value!r}; expected a facility of "
                    f"kind depot; it is of kind {kind}"
                )


def _accepts_nothing(facilities: pd.DataFrame, where: str) -> Iterator[str]:
    for kind, streams, row in zip(
        facilities["kind"], facilities["streams"], facilities["row"], strict=True
    ):
        if kind in UNLOADING and not streams:
            yield (
                f"{where} row {row}: streams = ''; expected at least one stream, because a {kind} "
                "that accepts nothing is of no use"
            )


def _nowhere(tables: Tables, label: Label) -> Iterator[str]:
    """Closures and limits that name no street."""
    for name in ("closures", "limits"):
        frame = tables[name]
        empty = frame["way_id"].isna() & frame["name"].isna() & frame["area"].isna()
        for row in frame.loc[empty, "row"]:
            yield f"{label(name)} row {row}: way_id, name and area are empty; expected one of them"
    limits = tables["limits"]
    needs = limits["kind"].isin(["max_weight_t", "max_height_m", "max_width_m"])
    for row in limits.loc[needs & limits["value"].isna(), "row"]:
        yield f"{label('limits')} row {row}: value = ''; expected a number for a limit of this kind"


def suspicious(tables: Tables, label: Label) -> list[str]:
    """Return what is legal but probably not meant, one sentence each."""
    return [*_orphan_streams(tables), *_odd_fill(tables["fill"], label), *_twins(tables, label)]


def _orphan_streams(tables: Tables) -> Iterator[str]:
    trucks, facilities = tables["trucks"], tables["facilities"]
    carried = {
        stream
        for given, kind in zip(trucks["streams"], trucks["kind"], strict=True)
        for stream in (given or STREAM_OF_KIND.get(kind, ()))
    }
    accepted = {
        stream
        for kind, streams in zip(facilities["kind"], facilities["streams"], strict=True)
        if kind in UNLOADING
        for stream in streams
    }
    for stream, count in tables["points"]["stream"].value_counts(sort=False).items():
        if stream not in carried:
            yield f"stream {stream}: no truck carries it; its {count} points cannot be served"
        if stream not in accepted:
            yield f"stream {stream}: no facility accepts it; its {count} points cannot be served"


def _odd_fill(fill: pd.DataFrame, label: Label) -> Iterator[str]:
    for value, row in zip(fill["fill"], fill["row"], strict=True):
        if not 0 <= value <= 1.2:
            yield (
                f"{label('fill')} row {row}: fill = {value:g} is outside 0..1.2; "
                "the reading is not used"
            )


def _twins(tables: Tables, label: Label) -> Iterator[str]:
    """Rows that say the same as an earlier one, identifiers aside."""
    for name, frame in tables.items():
        aside = ["row", "name"] if TABLES[name].key is None else ["row", "name", TABLES[name].key]
        if name not in ("points", "fill", "weighings", "programmes", "operations"):
            continue
        same = frame.drop(columns=[column for column in aside if column in frame.columns])
        for row in frame.loc[same.duplicated(), "row"]:
            yield f"{label(name)} row {row} repeats an earlier row in all but its identifier"
