"""The raw cells of a city: CSV files of a folder or sheets of one workbook, still as text."""

from __future__ import annotations

import csv
import datetime as dt
import io
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from routing.errors import InputError
from scenarios.cells import clean, format_time, nearest
from scenarios.schema import TABLES

TABLE_SUFFIXES = (".csv", ".tsv", ".xlsx", ".xls", ".ods", ".geojson")
SETTINGS_SHEET = "city"
DELIMITERS = (",", ";", "\t")
LONGEST_CELL = 50_000_000
"""A polygon of many corners may fill a cell; the csv module stops at 131,072 characters."""
UNREADABLE = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,  # what both XML parsers raise
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    OSError,
    EOFError,
    NotImplementedError,
)
"""What openpyxl lets through when a workbook is cut short, encrypted or changed by hand."""
Rows = list[list[str]]
_limit_lock = threading.Lock()


@dataclass(frozen=True)
class RawTable:
    """Cells of one file, the header first.

    ``lines`` is the line of the file at which each row begins; ``notes`` say how the file had to be
    read; ``fault`` is why it could not be read.
    """

    rows: Rows
    lines: list[int] = field(default_factory=list)
    delimiter: str = ","
    notes: tuple[str, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Source:
    """The raw cells of a city; ``label`` names a table's file, ``extra`` what was not read."""

    path: Path
    folder: Path
    tables: dict[str, RawTable]
    label: Callable[[str], str]
    settings: dict[str, Any] | None = None
    extra: tuple[str, ...] = ()


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
    remedy = "; save it as .xlsx" if path.suffix.lower() in (".xls", ".ods") else ""
    raise InputError(
        f"{path}: no such city; expected a folder of CSV tables or an .xlsx workbook{remedy}"
    )


def _open_folder(folder: Path) -> Source:
    tables = {}
    extra = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(("~$", ".")) or not path.is_file():
            continue
        if path.suffix == ".csv" and path.stem in TABLES:
            tables[path.stem] = _read_csv_file(path)
        elif path.suffix.lower() in TABLE_SUFFIXES or (path.suffix == "" and _meant(path.name)):
            extra.append(path.name)
    return Source(folder, folder, tables, lambda name: f"{name}.csv", None, tuple(extra))


def _meant(stem: str) -> bool:
    return stem.lower() in TABLES


def _read_csv_file(path: Path) -> RawTable:
    try:
        return read_csv(path.read_bytes())
    except InputError as error:
        return RawTable([], fault=str(error))
    except OSError as error:
        return RawTable([], fault=f"cannot be read: {error.strerror or error}")


def read_csv(data: bytes) -> RawTable:
    """Cells of a CSV file, whatever its encoding and separator.

    Raises
    ------
    InputError
        When it is no text, or its quotation marks do not match; the file is not named.
    """
    text, notes = _decode(data)
    delimiter = _delimiter(text)
    rows: Rows = []
    lines: list[int] = []
    begin = 1
    with _long_cells():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        try:
            for row in reader:
                rows.append(row)
                lines.append(begin)
                begin = reader.line_num + 1
        except csv.Error as error:
            raise InputError(_quoting(str(error), len(rows) + 1, begin)) from error
    return RawTable(_trimmed(rows), lines, delimiter, notes)


def _quoting(reason: str, row: int, line: int) -> str:
    where = f"row {row}" + (f" (line {line})" if line != row else "")
    if "unexpected end" in reason:
        return f"{where}: a quotation mark is opened and never closed; expected them in pairs"
    if "expected after" in reason:
        return (
            f"{where}: text follows a closing quotation mark; expected a separator; "
            "inside quotes write a quotation mark twice"
        )
    return f"{where}: {reason}"


@contextmanager
def _long_cells() -> Iterator[None]:
    """Lift the csv module's limit, which holds for the whole process, and set it back."""
    with _limit_lock:
        before = csv.field_size_limit(LONGEST_CELL)
        try:
            yield
        finally:
            csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    """Return the separator that cuts the header into the most columns that some table has."""
    known = {column.name for table in TABLES.values() for column in table.columns}
    header = next((line for line in text.splitlines() if line.strip()), "")
    found = {sign: len(known & {clean(c).strip('"') for c in header.split(sign)})
             for sign in DELIMITERS}  # fmt: skip
    return max(DELIMITERS, key=lambda sign: found[sign])


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    """Return the text of a file and a note if it is not in UTF-8.

    Raises
    ------
    InputError
        When it is no text, or not in an encoding that can be told.
    """
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), ("is in UTF-16, not UTF-8; it was read all the same",)
        except UnicodeDecodeError:
            pass  # told below as no text
    if data[:2] == b"PK":
        raise InputError("not a text table but a workbook or archive; save it as CSV in UTF-8")
    if b"\0" in data:
        raise InputError("not a text table; save it as CSV in UTF-8")
    text, notes = _unicode_text(data)
    if text.lstrip(" \r\n\ufeff").startswith("<"):
        raise InputError("not a table but a web page or XML; fetch or save the CSV file itself")
    return text, notes


def _unicode_text(data: bytes) -> tuple[str, tuple[str, ...]]:
    try:
        return data.decode("utf-8-sig"), ()
    except UnicodeDecodeError as error:
        broken, start = error, error.start
    lenient = data.decode("utf-8-sig", errors="replace")
    bad = lenient.count("\ufffd")
    # GBK read as UTF-8 gives hardly a sound character; a file with few bad ones is damaged UTF-8
    if sum(sign > "\u007f" for sign in lenient) > 3 * bad:
        line = data[:start].count(b"\n") + 1
        raise InputError(
            f"line {line}: byte 0x{data[start]:02x} is no UTF-8 ({broken.reason}); "
            "expected UTF-8; save the table again as CSV in UTF-8"
        ) from broken
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        raise InputError(
            f"line {data[:start].count(10) + 1}: byte 0x{data[start]:02x} is neither UTF-8 nor GBK;"
            " expected UTF-8; save the table as CSV in UTF-8"
        ) from broken
    return text, (
        "is not in UTF-8; it was read as GBK (GB18030); if names look wrong, save it as CSV in "
        "UTF-8",
    )


def _trimmed(rows: Rows) -> Rows:
    """Rows without the empty columns that a sheet keeps to the right of its table."""
    width = max((i + 1 for row in rows for i, cell in enumerate(row) if clean(cell)), default=0)
    return [row[:width] for row in rows]


def _open_workbook(path: Path) -> Source:
    try:
        return _workbook_source(path)
    except UNREADABLE as error:
        raise InputError(
            f"{path.name}: not a readable workbook ({error}); expected an .xlsx file that is whole "
            "and without a password; open it and save it again as .xlsx"
        ) from error


def _workbook_source(path: Path) -> Source:
    tables: dict[str, RawTable] = {}
    extra = []
    settings = None
    formulas = _blank_formulas(path)
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            # some programs write a wrong extent, and rows beyond it would not be read
            sheet.reset_dimensions()
            cells = [
                [_cell_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)
            ]
            name = sheet.title.strip()
            if name == SETTINGS_SHEET:
                settings = _settings(cells)
            elif name in TABLES:
                tables[name] = RawTable(_trimmed(cells), fault=formulas.get(sheet.title, ""))
            else:
                extra.append(f"{path.name} sheet {name}")
    finally:
        book.close()
    folder = path.parent
    return Source(
        path, folder, tables, lambda name: f"{path.name} sheet {name}", settings, tuple(extra)
    )


def _blank_formulas(path: Path) -> dict[str, str]:
    """Say for each sheet which formula has no value, since no spreadsheet has computed it yet."""
    with zipfile.ZipFile(path) as archive:
        sheets = [n for n in archive.namelist() if n.startswith("xl/worksheets/")]
        if not any(b"<f" in archive.read(name) for name in sheets):
            return {}
    shown = openpyxl.load_workbook(path, data_only=True)
    written = openpyxl.load_workbook(path)
    faults = {}
    for sheet in written.worksheets:
        blank = [
            cell.coordinate
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f" and shown[sheet.title][cell.coordinate].value is None
        ]
        if blank:
            faults[sheet.title] = (
                f"cell {blank[0]}{f' and {len(blank) - 1} more' if len(blank) > 1 else ''}: a "
                "formula without a value; open the workbook in a spreadsheet and save it"
            )
    return faults


def _settings(cells: Rows) -> dict[str, Any]:
    pairs = [(clean(row[0]), clean(row[1])) for row in cells[1:] if len(row) > 1 and clean(row[0])]
    return {key: text if key == "name" else _setting(text) for key, text in pairs if text}


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
        midnight = value.time() == dt.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, dt.time):
        # half a second is as near as the fractions of a day come that a spreadsheet keeps
        seconds = value.hour * 3600 + value.minute * 60 + value.second + value.microsecond / 1e6
        return format_time(round(seconds))
    return str(value)


def extra_warning(name: str) -> str:
    """Say that a file or sheet is not read, with the table that it is most like."""
    stem = name.rsplit(" ", 1)[-1].rsplit(".", 1)[0]
    close = nearest(stem, TABLES, 0.7)
    sheet = " sheet " in name
    meant = f"; did you mean {close}{'' if sheet else '.csv'}?" if close else ""
    return f"{name} is none of the city's tables and is not read{meant}"
