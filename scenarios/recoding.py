"""Rewriting a city's tables from GCJ-02 or BD-09 to WGS-84: all files or none, with copies kept."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import shapely

from routing.errors import InputError
from scenarios.cells import clean, narrow
from scenarios.coordinates import area_to_wgs84, to_wgs84
from scenarios.files import replace_together
from scenarios.schema import TABLES
from scenarios.sources import SETTINGS_SHEET, UNREADABLE, Rows, read_csv

Contents = dict[Path, bytes | str]

TOML = "city.toml"
SHIFTED = ("gcj02", "bd09")
MARK = "converted from"
"""In city.toml this says that the tables have been rewritten, so that they never are twice."""


def fix_coordinates(city: str | Path, from_system: str, sparing: Collection[str] = ()) -> list[str]:
    """Rewrite a city's tables to WGS-84; its settings say so afterwards.

    Each file keeps its old content beside it, as ``points.csv.bak``. If anything fails, every file
    is as it was. With ``wgs84`` the tables stay and only the settings are corrected.

    Parameters
    ----------
    city
        The city's folder of CSV tables, or its workbook.
    from_system
        What the tables are in: ``gcj02``, ``bd09`` or, where the settings are wrong, ``wgs84``.
    sparing
        Tables that are in WGS-84 already and stay as they are.

    Returns
    -------
    list of str
        Names of the files rewritten.

    Raises
    ------
    InputError
        When nothing in the city has coordinates, one of them cannot be read, the tables were
        rewritten before, or a file cannot be written.
    """
    if from_system not in (*SHIFTED, "wgs84"):
        raise InputError(f"coordinate system {from_system!r}; expected gcj02, bd09 or wgs84")
    path = Path(city)
    names = [name for name in TABLES if from_system in SHIFTED and name not in sparing]
    # all is converted before anything is written, so that a fault leaves every file as it was
    if path.is_dir():
        changed = _fixed_folder(path, from_system, names)
    else:
        changed = _fixed_workbook(path, from_system, names)
    try:
        replace_together(changed)
    except OSError as error:
        raise InputError(
            f"{path.name}: cannot be rewritten ({error.strerror or error}); nothing was changed"
        ) from error
    return [file.name for file in changed]


def _fixed_folder(folder: Path, system: str, names: list[str]) -> Contents:
    tables = _fixed_tables(folder, system, names) if names else {}
    return {**tables, folder / TOML: _fixed_toml(folder / TOML, system)}


def _fixed_tables(folder: Path, system: str, names: list[str]) -> Contents:
    changed: Contents = {}
    faults: list[str] = []
    for name in names:
        path = folder / f"{name}.csv"
        if not path.is_file():
            continue
        try:
            raw = read_csv(path.read_bytes())
        except InputError as error:
            faults.append(f"{path.name}: {error}")
            continue
        if _has_places(raw.rows):
            faults += _fix_rows(raw.rows, system, path.name)
            out = io.StringIO()
            csv.writer(out, delimiter=raw.delimiter, lineterminator="\n").writerows(raw.rows)
            changed[path] = "\ufeff" + out.getvalue()
    if faults:
        raise InputError(faults)
    if not changed:
        raise InputError(f"{folder.name}: no table with lon and lat, nothing to convert")
    return changed


def _has_places(rows: Rows) -> bool:
    return bool(rows) and bool({"lon", "area"} & {clean(cell) for cell in rows[0]})


def _fix_rows(rows: Rows, system: str, label: str) -> list[str]:
    """Convert all rows in place; return what could not be read."""
    header = [clean(cell) for cell in rows[0]]
    faults = []
    for row_no, row in enumerate(rows[1:], 2):
        if any(map(clean, row)):
            row.extend([""] * (len(header) - len(row)))
            faults += [f"{label} row {row_no}: {text}" for text in _fix_row(row, header, system)]
    return faults


def _fix_row(row: list[Any], header: list[str], system: str) -> Iterator[str]:
    """Convert the cells of one row in place; yield why it cannot be done."""
    if "lon" in header and "lat" in header:
        at_lon, at_lat = header.index("lon"), header.index("lat")
        try:
            lon, lat = (float(narrow(str(row[at]))) for at in (at_lon, at_lat))
            moved = [round(float(v), 8) for v in to_wgs84(lon, lat, system)]
            if not (abs(moved[0]) <= 180 and abs(moved[1]) <= 90):
                raise ValueError("outside the earth")
            row[at_lon] = _like(row[at_lon], moved[0])
            row[at_lat] = _like(row[at_lat], moved[1])
        except ValueError:
            yield f"lon, lat = {row[at_lon]!r}, {row[at_lat]!r}; expected coordinates in degrees"
    if "area" in header:
        at_area = header.index("area")
        try:
            row[at_area] = area_to_wgs84(row[at_area], system) or ""
        except (ValueError, shapely.errors.ShapelyError):
            yield f"area = {str(row[at_area])[:40]!r}; expected a WKT polygon"


def _like(before: Any, value: float) -> Any:
    """Return the number as text where the cell held text."""
    return f"{value:.8f}" if isinstance(before, str) else value


def _fixed_workbook(path: Path, system: str, names: list[str]) -> Contents:
    try:
        book = openpyxl.load_workbook(path)
    except UNREADABLE as error:
        raise InputError(f"{path.name}: not a readable workbook ({error})") from error
    sheets = {sheet.title.strip(): sheet for sheet in book.worksheets}
    faults: list[str] = []
    for name in names:
        if name in sheets:
            faults += _fix_sheet(sheets[name], system, f"{path.name} sheet {name}")
    if faults:
        raise InputError(faults)
    if SETTINGS_SHEET in sheets:
        _fix_settings(sheets[SETTINGS_SHEET], system, path.name)
    out = io.BytesIO()
    book.save(out)
    if SETTINGS_SHEET in sheets:
        return {path: out.getvalue()}
    return {path: out.getvalue(), path.parent / TOML: _fixed_toml(path.parent / TOML, system)}


def _remark(system: str) -> str:
    return f"{MARK} {system} on {dt.date.today()}" if system in SHIFTED else ""


def _refuse(where: str) -> InputError:
    return InputError(
        f"{where}: the tables are rewritten as WGS-84 already; restore the .bak files, or take the "
        f"remark {MARK!r} away from coordinates if they are not"
    )


def _fix_settings(sheet: Any, system: str, label: str) -> None:
    """Let the settings sheet say wgs84, in the row that it has or in a new one."""
    for row in sheet.iter_rows(min_row=2):
        if clean(str(row[0].value or "")) == "coordinates":
            number = row[0].row
            if system in SHIFTED and MARK in str(sheet.cell(number, 3).value or ""):
                raise _refuse(f"{label} sheet {SETTINGS_SHEET} row {number}")
            break
    else:
        number = sheet.max_row + 1
    for place, text in enumerate(("coordinates", "wgs84", _remark(system)), 1):
        sheet.cell(number, place, text)


def _fix_sheet(sheet: Any, system: str, label: str) -> list[str]:
    header = [clean(str(cell.value or "")) for cell in sheet[1]]
    if not {"lon", "area"} & set(header):
        return []
    faults = []
    for cells in sheet.iter_rows(min_row=2):
        row = ["" if cell.value is None else cell.value for cell in cells]
        if not any(clean(str(value)) for value in row):
            continue
        faults += [f"{label} row {cells[0].row}: {t}" for t in _fix_row(row, header, system)]
        for cell, value, name in zip(cells, row, header, strict=True):
            if name in ("lon", "lat", "area") and value != "":
                cell.value = value
    return faults


def _fixed_toml(path: Path, system: str) -> str:
    """Text of city.toml in which coordinates is wgs84, above the first table.

    Raises
    ------
    InputError
        When the tables were rewritten before, or the file is not there or cannot be understood.
    """
    if not path.is_file():
        raise InputError(f"{path.name} is missing; expected it to say what the tables are in")
    text = path.read_text(encoding="utf-8-sig")
    if system in SHIFTED and re.search(rf"(?m)^[ \t]*coordinates[ \t]*=.*#.*{MARK}", text):
        raise _refuse(path.name)
    remark = _remark(system)
    line = 'coordinates = "wgs84"' + (f"  # {remark}" if remark else "")
    table = re.search(r"(?m)^[ \t]*\[", text)
    head, rest = (text[: table.start()], text[table.start() :]) if table else (text, "")
    new, count = re.subn(r"(?m)^[ \t]*coordinates[ \t]*=[^\n]*", line, head)
    if not count:
        new = f"{head.rstrip()}\n{line}\n" + ("\n" if rest else "")
    try:
        sound = tomllib.loads(new + rest).get("coordinates") == "wgs84"
    except tomllib.TOMLDecodeError:
        sound = False
    if not sound:
        raise InputError(f"{path.name}: cannot be changed; write {line!r} into it and run again")
    return new + rest
