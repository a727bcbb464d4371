"""Reading and writing the tables: CSV files or one workbook, every cell checked by the schema."""

from __future__ import annotations

import csv
import datetime as dt
import difflib
import io
import math
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from routing.errors import InputError
from scenarios.defaults import Used
from scenarios.files import write_whole
from scenarios.schema import TABLES, Column, Table

MAX_TIME_S = 48 * 3600
NO_TABLE_SUFFIXES = (".csv", ".xlsx", ".xls")
SETTINGS_SHEET = "city"
TRUE_WORDS = ("true", "yes", "1", "y", "是")
FALSE_WORDS = ("false", "no", "0", "n", "否")
Rows = list[list[str]]


@dataclass(frozen=True)
class Source:
    """The raw cells of a city: rows by table, the header first; ``label`` names a table's file."""

    folder: Path
    rows: dict[str, Rows]
    label: Callable[[str], str]
    settings: dict[str, Any] | None = None
    extra: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def open_source(path: Path) -> Source:
    """Raw cells of a folder or a workbook.

    Raises
    ------
    InputError
        When the path is neither or cannot be opened at all.
    """
    if path.is_dir():
        return _open_folder(path)
    if path.suffix.lower() == ".xlsx" and path.is_file():
        return _open_workbook(path)
    raise InputError(f"{path}: no such city; expected a folder of CSV tables or an .xlsx workbook")


def _open_folder(folder: Path) -> Source:
    rows: dict[str, Rows] = {}
    faults: list[str] = []
    extra = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in NO_TABLE_SUFFIXES or not path.is_file():
            continue
        if path.stem not in TABLES or path.suffix != ".csv":
            extra.append(path.name)
            continue
        try:
            rows[path.stem] = _csv_rows(path.read_bytes(), path.name)
        except (InputError, OSError, csv.Error) as error:
            rows[path.stem] = []
            faults.append(str(error) if isinstance(error, InputError) else f"{path.name}: {error}")
    return Source(folder, rows, lambda name: f"{name}.csv", extra=extra, faults=faults)


def decode_text(data: bytes, label: str) -> str:
    """Text of a file in UTF-8 (a BOM is dropped) or, failing that, GB18030.

    Raises
    ------
    InputError
        When it is neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(f"{label}: not a text table; save it as CSV in UTF-8")


def _csv_rows(data: bytes, label: str) -> Rows:
    return list(csv.reader(io.StringIO(decode_text(data, label), newline="")))


def _open_workbook(path: Path) -> Source:
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise InputError(f"{path.name}: not a readable workbook ({error})") from error
    rows: dict[str, Rows] = {}
    extra = []
    settings = None
    for sheet in book.worksheets:
        cells = [[_cell_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
        name = sheet.title.strip()
        if name == SETTINGS_SHEET:
            settings = {row[0]: _setting(row[1]) for row in cells[1:] if len(row) > 1 and row[0]}
        elif name in TABLES:
            rows[name] = _trimmed(cells)
        else:
            extra.append(f"{path.name} sheet {name}")
    book.close()
    return Source(path.parent, rows, lambda name: f"{path.name} sheet {name}", settings, extra)


def _trimmed(cells: Rows) -> Rows:
    """Rows without the empty columns that a sheet keeps to the right of its table."""
    width = max((i + 1 for row in cells for i, cell in enumerate(row) if cell), default=0)
    return [row[:width] for row in cells]


def _setting(text: str) -> Any:
    """Value of the settings sheet: a number or a truth word where it looks like one."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return text


def _cell_text(value: Any) -> str:
    """What the same cell would read in a CSV file."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dt.datetime) and value.year <= 1900:
        value = value - dt.datetime(1899, 12, 31)  # a time of day past midnight
    if isinstance(value, dt.timedelta):
        return format_time(round(value.total_seconds()))
    if isinstance(value, dt.datetime):
        return value.date().isoformat()
    if isinstance(value, dt.time):
        return value.strftime("%H:%M:%S")
    return str(value)


def parse_time(text: str) -> int:
    """Seconds after 00:00 of ``HH:MM`` or ``HH:MM:SS``, up to 48:00.

    Raises
    ------
    ValueError
        When the text is no such time.
    """
    match = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", text.strip(), re.ASCII)
    if not match:
        raise ValueError(text)
    seconds = int(match[1]) * 3600 + int(match[2]) * 60 + int(match[3] or 0)
    if seconds > MAX_TIME_S:
        raise ValueError(text)
    return seconds


def format_time(seconds: int) -> str:
    """``HH:MM``, with seconds only where there are any."""
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def read_tables(source: Source, faults: list[str], used: Used) -> dict[str, pd.DataFrame]:
    """Frames of all tables of the schema; absent ones are empty with all columns.

    Parameters
    ----------
    source
        Raw cells.
    faults
        Takes every fault found.
    used
        Takes the schema's defaults that filled a cell.

    Returns
    -------
    dict of str to DataFrame
        Each with an extra column ``row``, the row in the file. A cell at fault is left empty.
    """
    faults.extend(source.faults)
    return {table.name: _read_table(table, source, faults, used) for table in TABLES.values()}


def _read_table(table: Table, source: Source, faults: list[str], used: Used) -> pd.DataFrame:
    label = source.label(table.name)
    broken = any(fault.startswith(f"{label}:") for fault in source.faults)
    rows = source.rows.get(table.name)
    if rows is None:
        if table.required:
            faults.append(f"{label} is missing; a city needs it")
        rows = []
    header = [cell.strip() for cell in rows[0]] if rows else []
    if rows:
        _check_header(table, header, label, faults)
    filled = [(no, row) for no, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row)]
    if table.required and table.name in source.rows and not filled and not broken:
        faults.append(f"{label} has no rows; expected at least one")
    for no, row in filled:
        if len(row) > len(header) and any(cell.strip() for cell in row[len(header) :]):
            faults.append(
                f"{label} row {no}: {len(row)} cells; expected {len(header)}; "
                "put quotes around a cell that holds a comma"
            )
    columns = {}
    for column in table.columns:
        at = header.index(column.name) if column.name in header else -1
        cells = [(no, row[at].strip() if 0 <= at < len(row) else "") for no, row in filled]
        columns[column.name] = _read_column(
            table, column, cells, label, faults if at >= 0 else None, faults, used
        )
    frame = pd.DataFrame(columns)
    frame["row"] = pd.Series([no for no, _ in filled], dtype="int64")
    return frame


def _check_header(table: Table, header: list[str], label: str, faults: list[str]) -> None:
    known = [column.name for column in table.columns]
    for name in header:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1, 0.6)
            remedy = f"did you mean {close[0]}?" if close else "remove it"
            faults.append(f"{label}: column {name!r} is unknown; {remedy}")
    for name in sorted({name for name in header if header.count(name) > 1}):
        faults.append(f"{label}: column {name!r} comes twice; remove one")
    for column in table.columns:
        if column.required and column.name not in header:
            faults.append(
                f"{label}: column {column.name!r} is missing; expected {expected(column)}"
            )


def _read_column(
    table: Table,
    column: Column,
    cells: list[tuple[int, str]],
    label: str,
    empty_faults: list[str] | None,
    faults: list[str],
    used: Used,
) -> pd.Series:
    """Typed values of one column; ``empty_faults`` is None when the whole column is missing."""
    values: list[Any] = []
    for row_no, text in cells:
        if not text:
            if column.required and empty_faults is not None:
                faults.append(_fault(label, row_no, column, text))
            elif column.default not in (None, ""):
                used.add(f"table.{table.name}.{column.name}")
            values.append(_default(column))
            continue
        try:
            values.append(parse_cell(column, text))
        except ValueError as error:
            faults.append(_fault(label, row_no, column, text, str(error)))
            values.append(None if column.kind != "list" else ())
    return _series(column, values)


def _default(column: Column) -> Any:
    if column.kind == "list":
        return ()
    if column.kind == "time" and column.default is not None:
        return parse_time(str(column.default))
    return column.default


def _series(column: Column, values: list[Any]) -> pd.Series:
    if column.kind in ("float", "lon", "lat"):
        return pd.Series([math.nan if v is None else v for v in values], dtype="float64")
    if column.kind in ("int", "time"):
        return pd.Series([pd.NA if v is None else v for v in values], dtype="Int64")
    if column.kind == "date":
        return pd.Series(pd.to_datetime(pd.Series(values, dtype=object))).astype("datetime64[ns]")
    if column.kind == "bool":
        return pd.Series([bool(v) for v in values], dtype=bool)
    return pd.Series(values, dtype=object)


def expected(column: Column, above: bool = False) -> str:
    """Words for what a cell of the column should hold."""
    words = {
        "id": "an identifier",
        "text": "a text",
        "float": "a number",
        "int": "a whole number",
        "time": "a time HH:MM from 00:00 to 48:00",
        "date": "a date YYYY-MM-DD",
        "bool": "true or false",
        "lon": "a longitude from -180 to 180",
        "lat": "a latitude from -90 to 90",
    }
    if column.choices:
        kind = "one or more of" if column.kind == "list" else "one of"
        return f"{kind} {', '.join(column.choices)}"
    word = words.get(column.kind, "values joined by ;")
    if above:
        return f"{word} <= {column.maximum:g}"
    return f"{word} >= {column.minimum:g}" if column.minimum is not None else word


def _fault(label: str, row_no: int, column: Column, text: str, remedy: str = "") -> str:
    above = remedy == "above"
    tail = f"; {remedy}" if remedy and not above else ""
    return (
        f"{label} row {row_no}: {column.name} = {text!r}; expected {expected(column, above)}{tail}"
    )


def parse_cell(column: Column, text: str) -> Any:
    """Value of a cell that is not empty.

    Raises
    ------
    ValueError
        When the cell does not fit; its text is the remedy, or ``above`` when a maximum is passed.
    """
    return _PARSERS[column.kind](column, text)


def _parse_number(column: Column, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        comma = re.fullmatch(r"-?[\d,]+(\.\d+)?", text)
        raise ValueError("write it without thousands separators" if comma else "") from None
    if not math.isfinite(value) or (column.minimum is not None and value < column.minimum):
        raise ValueError("")
    if column.maximum is not None and value > column.maximum:
        raise ValueError("above")
    return value


def _parse_int(column: Column, text: str) -> int:
    value = _parse_number(column, text)
    if not value.is_integer() or abs(value) > 2**62:
        raise ValueError("")
    # beyond 2**53 a float is no longer exact
    return int(text) if re.fullmatch(r"[+-]?\d+", text, re.ASCII) else int(value)


def _parse_place(column: Column, text: str) -> float:
    value = float(text) if re.fullmatch(r"[+-]?\d+(\.\d*)?", text, re.ASCII) else math.nan
    limit = 180 if column.kind == "lon" else 90
    if math.isfinite(value) and limit < abs(value) <= 180:
        raise ValueError("lon and lat look swapped")
    if not abs(value) <= limit:
        raise ValueError("write decimal degrees, such as 112.2041")
    return value


def _parse_time_cell(column: Column, text: str) -> int:
    try:
        return parse_time(text)
    except ValueError:
        raise ValueError("") from None


def _parse_date(column: Column, text: str) -> dt.datetime:
    match = re.fullmatch(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]00:00(?::00)?)?", text)
    if not match or not 1900 <= int(match[1]) <= 2200:
        raise ValueError("")
    try:
        return dt.datetime(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise ValueError("the calendar has no such day") from None


def _parse_bool(column: Column, text: str) -> bool:
    if text.lower() not in (*TRUE_WORDS, *FALSE_WORDS):
        raise ValueError("")
    return text.lower() in TRUE_WORDS


def _parse_choice(column: Column, text: str) -> str:
    if text not in column.choices:
        close = difflib.get_close_matches(text.lower(), column.choices, 1, 0.6)
        raise ValueError(f"did you mean {close[0]}?" if close else "")
    return text


def _parse_list(column: Column, text: str) -> tuple[str, ...]:
    parts = [part.strip() for part in re.split(r"[;,|]", text) if part.strip()]
    if column.choices:
        for part in parts:
            _parse_choice(column, part)
    return tuple(dict.fromkeys(parts))


def _parse_text(column: Column, text: str) -> str:
    return text


_PARSERS: dict[str, Callable[[Column, str], Any]] = {
    "id": _parse_text,
    "text": _parse_text,
    "float": _parse_number,
    "int": _parse_int,
    "time": _parse_time_cell,
    "date": _parse_date,
    "bool": _parse_bool,
    "list": _parse_list,
    "choice": _parse_choice,
    "lon": _parse_place,
    "lat": _parse_place,
}


def write_tables(folder: str | Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write frames as CSV files that read back as the same frames.

    The files are UTF-8 with a BOM, so that office programs show Chinese text.

    Parameters
    ----------
    folder
        Where to; it is made if absent.
    tables
        Frames by table name; columns that the schema does not know (``row``) are left out.

    Raises
    ------
    InputError
        When the schema has no such table.
    """
    for name, frame in tables.items():
        if name not in TABLES:
            raise InputError(f"table {name!r} is unknown; expected one of {', '.join(TABLES)}")
        columns = [column for column in TABLES[name].columns if column.name in frame.columns]
        cells = [[format_cell(column, v) for v in frame[column.name]] for column in columns]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column in columns])
        writer.writerows(zip(*cells, strict=True))
        write_whole(Path(folder) / f"{name}.csv", "\ufeff" + out.getvalue())


def format_cell(column: Column, value: Any) -> str:
    """Text of a value as a table holds it; what is missing becomes empty."""
    if isinstance(value, tuple | list | frozenset | set):
        return ";".join(value if isinstance(value, tuple | list) else sorted(value))
    if value is None or pd.isna(value):
        return ""
    if isinstance(value, str):
        return value
    if column.kind == "time":
        return format_time(int(value))
    if column.kind == "date":
        return pd.Timestamp(value).date().isoformat()
    if column.kind == "bool":
        return "true" if value else "false"
    if column.kind == "int":
        return str(int(value))
    if column.kind in ("float", "lon", "lat"):
        return repr(float(value)).removesuffix(".0")
    return str(value)
