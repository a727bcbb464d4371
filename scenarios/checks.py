"""Faults that look at more than one cell: rows, references, and tables seen together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import shapely

from routing.network import HIGHWAY_CLASSES
from scenarios.cells import format_cell, format_time, nearest, rows_of
from scenarios.findings import Finding, Findings, at
from scenarios.frequency import EXPECTED, parse_frequency
from scenarios.outliers import misplaced
from scenarios.schema import COLLECTION_TRUCKS, CONTAINER, HOOKLIFT, TABLES, Column

Label = Callable[[str], str]
Tables = dict[str, pd.DataFrame]

WINDOWS = {
    "points": (("window_start", "window_end"), ("window2_start", "window2_end")),
    "facilities": (("open", "close"),),
    "trucks": (("shift_start", "shift_end"),),
    "streets": (("window_start", "window_end"),),
    "programmes": (
        ("window_start", "window_end"),
        ("no_work_start", "no_work_end"),
        ("no_work2_start", "no_work2_end"),
    ),
    "closures": (("from_time", "to_time"),),
    "limits": (("from_time", "to_time"),),
    "pins": (("begin_from", "begin_to"),),
}
PERIODS = {
    "points": ("active_from", "active_to"),
    "facilities": ("active_from", "active_to"),
    "closures": ("date_from", "date_to"),
}
WASTE_PLACES = ("transfer", "plant", "landfill")
UNLOADING = (*WASTE_PLACES, "snow_dump")
BODILESS = ("flusher", "plough", "loader")
"""Work streets without taking anything up: they may hold nothing."""
TIPPER = "tipper"
STRUCTURES = ("max_weight_t", "max_height_m", "max_width_m")
DAY_S = 86_400
ALWAYS_GIVEN = (("shift_start", "shift_end"), ("open", "close"))


def check_tables(tables: Tables, faults: Findings, label: Label) -> None:
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
        faults.add(_duplicates(name, frame, where))
        for start, end in WINDOWS.get(name, ()):
            faults.add(_backward_windows(frame, start, end, where))
        faults.add(_backward_periods(name, frame, where))
        faults.add(_bad_frequencies(frame, where))
        faults.add(_bad_areas(frame, where))
        faults.add(_dangling(name, tables, where, label))
    faults.add(misplaced(tables, label))
    faults.add(_overlaps(tables["points"], label("points")))
    faults.add(_wrong_depots(tables, label))
    faults.add(_empty_bodies(tables["trucks"], label("trucks")))
    faults.add(_wrong_loads(tables["trucks"], label("trucks")))
    faults.add(_wrong_containers(tables, label))
    faults.add(_wrong_streams(tables["facilities"], label("facilities")))
    faults.add(_wrong_hauls(tables["facilities"], label("facilities")))
    faults.add(_bad_streets(tables["streets"], label("streets")))
    faults.add(_bad_passes(tables["operations"], label("operations")))
    faults.add(_nowhere(tables, label))
    faults.add(_bad_limits(tables, label))
    faults.add(_bad_weather(tables["weather"], label("weather")))
    faults.add(_bad_hours(tables["speeds"], label("speeds")))


def _column(table: str, name: str) -> Column:
    return next(column for column in TABLES[table].columns if column.name == name)


def _duplicates(name: str, frame: pd.DataFrame, where: str) -> Iterator[Finding]:
    key = TABLES[name].key
    if key is None:
        return
    first: dict[Any, int] = {}
    for value, row in zip(frame[key], frame["row"], strict=True):
        if value is None or pd.isna(value):
            continue
        if value in first:
            text = format_cell(_column(name, key), value)
            yield at(
                where,
                row,
                f"{key} = {text!r}; expected each {key} once; row {first[value]} has it already",
            )
        first.setdefault(value, row)


def _backward_windows(frame: pd.DataFrame, start: str, end: str, where: str) -> Iterator[Finding]:
    for early, late, row in zip(frame[start], frame[end], frame["row"], strict=True):
        if pd.isna(early) and pd.isna(late):
            continue
        if pd.isna(early) or pd.isna(late):
            empty, given = (start, end) if pd.isna(early) else (end, start)
            if (start, end) in ALWAYS_GIVEN:
                continue  # the empty cell is a fault of its own
            yield at(where, row, f"{empty} = ''; expected a time, because {given} is given")
        elif late <= early:
            text, nxt = format_time(int(late)), format_time(int(late) + DAY_S)
            hint = f"; write {nxt} for {text} of the next day" if late + DAY_S <= 2 * DAY_S else ""
            begin = format_time(int(early))
            expected = f"expected a time after {start} = {begin!r}{hint}"
            yield at(where, row, f"{end} = {text!r}; {expected}")


def _backward_periods(name: str, frame: pd.DataFrame, where: str) -> Iterator[Finding]:
    if name not in PERIODS:
        return
    start, end = PERIODS[name]
    for first, last, row in zip(frame[start], frame[end], frame["row"], strict=True):
        if pd.notna(first) and pd.notna(last) and last < first:
            expected = f"expected a date not before {start} = {str(first.date())!r}"
            yield at(where, row, f"{end} = {str(last.date())!r}; {expected}")


def _bad_frequencies(frame: pd.DataFrame, where: str) -> Iterator[Finding]:
    for name, empty in (("frequency", False), ("free_right", True), ("free_left", True)):
        if name not in frame.columns:
            continue
        for text, row in zip(frame[name], frame["row"], strict=True):
            if empty and not isinstance(text, str):
                continue
            try:
                parse_frequency(str(text))
            except ValueError:
                expected = "weekdays such as mon,thu" if empty else EXPECTED
                yield at(where, row, f"{name} = {text!r}; expected {expected}")


def _bad_areas(frame: pd.DataFrame, where: str) -> Iterator[Finding]:
    if "area" not in frame.columns:
        return
    for text, row in zip(frame["area"], frame["row"], strict=True):
        if text and not _is_polygon(text):
            short = text if len(text) <= 40 else text[:37] + "..."
            expected = (
                "expected a valid WKT polygon, such as "
                "POLYGON((lon lat, lon lat, lon lat, lon lat)), first place repeated last"
            )
            yield at(where, row, f"area = {short!r}; {expected}")


def _is_polygon(text: str) -> bool:
    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.ShapelyError:
        return False
    right_type = shape.geom_type in ("Polygon", "MultiPolygon")
    if not right_type or shape.is_empty or not shape.is_valid:
        return False
    west, south, east, north = shape.bounds
    return bool(west >= -180 and east <= 180 and south >= -90 and north <= 90)


def _dangling(name: str, tables: Tables, where: str, label: Label) -> Iterator[Finding]:
    frame = tables[name]
    for column in TABLES[name].columns:
        if column.refers_to is None:
            continue
        other, field = column.refers_to.split(".")
        known = {str(value) for value in tables[other][field] if value is not None}
        for value, row in zip(frame[column.name], frame["row"], strict=True):
            if value is not None and value not in known:
                close = nearest(value, sorted(known))
                hint = f"; did you mean {close}?" if close else ""
                expected = f"expected a {field} of {label(other)}{hint}"
                yield at(where, row, f"{column.name} = {value!r}; {expected}")


def _overlaps(points: pd.DataFrame, where: str) -> Iterator[Finding]:
    columns = ["window_start", "window_end", "window2_start", "window2_end"]
    for _, row in points[points[columns].notna().all(axis=1)].iterrows():
        start, end, start2, end2 = (int(row[name]) for name in columns)
        if start < end and start2 < end2 and start < end2 and start2 < end:
            first = f"the first is {format_time(start)}-{format_time(end)}"
            text = f"window2_start = {format_time(start2)!r}; expected windows that do not overlap"
            yield at(where, row["row"], f"{text}; {first}")


def _wrong_depots(tables: Tables, label: Label) -> Iterator[Finding]:
    trucks, kinds = tables["trucks"], _kinds(tables["facilities"])
    for column in ("depot_id", "end_depot_id"):
        for value, row in zip(trucks[column], trucks["row"], strict=True):
            if value is not None and kinds.get(value) not in (None, "depot"):
                expected = f"expected a facility of kind depot; it is of kind {kinds[value]}"
                yield at(label("trucks"), row, f"{column} = {value!r}; {expected}")


def _kinds(facilities: pd.DataFrame) -> dict[str, str | None]:
    return dict(zip(facilities["facility_id"], facilities["kind"], strict=True))


def _empty_bodies(trucks: pd.DataFrame, where: str) -> Iterator[Finding]:
    """Trucks that are there to load and can hold nothing."""
    for column in ("capacity_kg", "capacity_m3"):
        held = zip(trucks["kind"], trucks["streams"], trucks[column], trucks["row"], strict=True)
        for kind, streams, value, row in held:
            loads = kind in (*COLLECTION_TRUCKS, TIPPER) or (streams and kind not in BODILESS)
            if value == 0 and loads:
                yield at(where, row, f"{column} = '0'; expected a number > 0 for a {kind} truck")


def _wrong_loads(trucks: pd.DataFrame, where: str) -> Iterator[Finding]:
    """Loads aboard at the start that a truck cannot have, or of which the day is not known."""
    rows: Iterator[Any] = trucks.itertuples(index=False)
    for row in rows:
        if pd.isna(row.loaded_kg) or row.loaded_kg == 0 or row.kind is None:
            continue
        number = 1 if pd.isna(row.compartments) else int(row.compartments)
        given = f"loaded_kg = {row.loaded_kg:g}"
        room = row.capacity_kg / number
        if row.kind not in COLLECTION_TRUCKS:
            yield at(where, row.row, f"{given}; expected none for a {row.kind} truck")
        elif pd.isna(row.loaded_on):
            yield at(where, row.row, f"{given}; expected the date in loaded_on as well")
        elif room < row.loaded_kg:
            parts = f", in one of its {number} compartments" if number > 1 else ""
            yield at(where, row.row, f"{given}; expected at most {room:g}{parts}")


def _wrong_containers(tables: Tables, label: Label) -> Iterator[Finding]:
    """Rows of several containers, and containers on trucks that take none."""
    points, trucks = tables["points"], tables["trucks"]
    where = label("points")
    for kind, bins, row in zip(points["kind"], points["bins"], points["row"], strict=True):
        if kind == CONTAINER and not pd.isna(bins) and bins > 1:
            text = f"bins = {bins}; expected 1, each container in a row of its own"
            yield at(where, row, text)
    where = label("trucks")
    for kind, held, row in zip(trucks["kind"], trucks["containers"], trucks["row"], strict=True):
        if kind is not None and kind != HOOKLIFT and not pd.isna(held):
            yield at(where, row, f"containers = {held}; expected none for a {kind} truck")


def _wrong_streams(facilities: pd.DataFrame, where: str) -> Iterator[Finding]:
    """Stations that accept nothing, and loads accepted where none can be put down."""
    for kind, streams, row in zip(
        facilities["kind"], facilities["streams"], facilities["row"], strict=True
    ):
        if kind in UNLOADING and not streams:
            because = f"because a {kind} that accepts nothing is of no use"
            yield at(where, row, f"streams = ''; expected at least one stream, {because}")
        elif kind not in (*UNLOADING, None) and streams:
            expected = f"expected none for a {kind}; only {', '.join(UNLOADING)} accept loads"
            yield at(where, row, f"streams = {';'.join(streams)!r}; {expected}")


def _wrong_hauls(facilities: pd.DataFrame, where: str) -> Iterator[Finding]:
    """Stations that haul to themselves, in a circle, or to where nothing can be put down."""
    kinds = _kinds(facilities)
    target = dict(zip(facilities["facility_id"], facilities["haul_to"], strict=True))
    for own, haul_to, row in zip(
        facilities["facility_id"], facilities["haul_to"], facilities["row"], strict=True
    ):
        if haul_to is None or haul_to not in kinds:
            continue
        wrong = ""
        if haul_to == own:
            wrong = "another facility; it hauls to itself"
        elif kinds[haul_to] not in (*WASTE_PLACES, None):
            wrong = f"one of kind {', '.join(WASTE_PLACES)}; it is of kind {kinds[haul_to]}"
        elif own in _onwards(haul_to, target):
            wrong = "a facility that does not haul back; this one goes in a circle"
        if wrong:
            yield at(where, row, f"haul_to = {haul_to!r}; expected {wrong}")


def _onwards(start: str, target: dict[str, Any]) -> set[str]:
    """Return where hauls go on to from a facility, itself included."""
    seen: set[str] = set()
    at_id: str | None = start
    while at_id is not None and at_id not in seen:
        seen.add(at_id)
        at_id = target.get(at_id)
    return seen


def _bad_streets(streets: pd.DataFrame, where: str) -> Iterator[Finding]:
    for name, street, area, row in zip(
        streets["osm_class"], streets["name"], streets["area"], streets["row"], strict=True
    ):
        if name is None and street is None and area is None:
            text = "osm_class, name and area are empty; expected at least one of them"
            yield at(where, row, text, "osm_class")
        if name is not None and name not in HIGHWAY_CLASSES:
            close = nearest(name, HIGHWAY_CLASSES)
            hint = f"; did you mean {close}?" if close else ""
            known = ", ".join(HIGHWAY_CLASSES)
            yield at(where, row, f"osm_class = {name!r}; expected one of {known}{hint}")


def _bad_passes(operations: pd.DataFrame, where: str) -> Iterator[Finding]:
    first: dict[tuple[str, int], int] = {}
    sides: dict[str, tuple[str, int]] = {}
    for row in rows_of(operations):
        lags = (row.min_lag_min, row.max_lag_min)
        if pd.notna(lags[0]) and pd.notna(lags[1]) and lags[0] > lags[1]:
            expected = f"expected a number >= min_lag_min = {lags[0]}"
            yield at(where, row.row, f"max_lag_min = '{lags[1]}'; {expected}")
        if row.template is None or pd.isna(row.pass_no):
            continue
        key = (row.template, int(row.pass_no))
        if key in first:
            expected = f"expected each pass once in {key[0]}; row {first[key]} has it already"
            yield at(where, row.row, f"pass_no = '{key[1]}'; {expected}")
        first.setdefault(key, row.row)
        side, known = sides.setdefault(row.template, (row.sides, row.row))
        if row.sides != side:
            expected = f"expected {side!r} as in row {known}: all passes of a template share sides"
            yield at(where, row.row, f"sides = {row.sides!r}; {expected}")


def _nowhere(tables: Tables, label: Label) -> Iterator[Finding]:
    """Closures and limits that name no street."""
    for name in ("closures", "limits"):
        frame = tables[name]
        empty = frame["way_id"].isna() & frame["name"].isna() & frame["area"].isna()
        if name == "limits":
            empty &= frame["kind"] != "center"  # told on its own
        for row in frame.loc[empty, "row"]:
            text = "way_id, name and area are empty; expected one of them"
            yield at(label(name), row, text, "way_id")


def _bad_limits(tables: Tables, label: Label) -> Iterator[Finding]:
    limits, kinds = tables["limits"], _kinds(tables["facilities"])
    where = label("limits")
    bounded = bool((limits["kind"] == "center").any())
    for row in rows_of(limits):
        if row.kind in STRUCTURES and pd.isna(row.value):
            yield at(where, row.row, "value = ''; expected a number for a limit of this kind")
        elif row.kind in STRUCTURES and row.value <= 0:
            yield at(where, row.row, "value = '0'; expected a number > 0; no truck could pass")
        if row.kind == "center" and row.area is None:
            yield at(where, row.row, "area = ''; expected the area of the center as a polygon")
        if row.kind == "wash_corridor" and not bounded:
            text = "kind = 'wash_corridor'; expected a row of kind center beside it, whose area is"
            yield at(where, row.row, f"{text} the center that the corridor leads into", "kind")
        if row.kind == "wash_corridor" and row.wash_id is None:
            yield at(where, row.row, "wash_id = ''; expected a facility of kind wash")
        elif kinds.get(row.wash_id) not in (None, "wash"):
            other = kinds[row.wash_id]
            expected = f"expected a facility of kind wash; it is of kind {other}"
            yield at(where, row.row, f"wash_id = {row.wash_id!r}; {expected}")


def _bad_weather(weather: pd.DataFrame, where: str) -> Iterator[Finding]:
    low, high = weather["min_temp_c"], weather["max_temp_c"]
    for _, row in weather[low > high].iterrows():
        yield at(
            where,
            row["row"],
            f"max_temp_c = '{row['max_temp_c']:g}'; expected a number >= "
            f"min_temp_c = {row['min_temp_c']:g}",
        )


def _bad_hours(speeds: pd.DataFrame, where: str) -> Iterator[Finding]:
    """Hours that end before they begin, or for which a class and profile have two factors."""
    taken: dict[tuple[str, str, int], int] = {}
    for row in rows_of(speeds):
        if pd.isna(row.hour_from) or pd.isna(row.hour_to):
            continue
        if row.hour_to <= row.hour_from:
            expected = f"expected an hour after hour_from = {row.hour_from}; divide it at midnight"
            yield at(where, row.row, f"hour_to = '{row.hour_to}'; {expected}")
            continue
        if row.road_class is None or row.profile is None:
            continue
        for hour in range(row.hour_from, row.hour_to):
            other = taken.setdefault((row.road_class, row.profile, hour), row.row)
            if other != row.row:
                expected = f"expected hours apart from those of row {other}, which has {hour} h too"
                yield at(where, row.row, f"hour_from = '{row.hour_from}'; {expected}")
                break
