"""Reading and writing the tables: every cell checked by the schema, every fault with its row."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import pandas as pd

from routing.errors import InputError
from scenarios.cells import (
    clean,
    expected,
    format_cell,
    format_time,
    nearest,
    parse_cell,
    parse_time,
)
from scenarios.defaults import Used
from scenarios.files import write_whole
from scenarios.findings import Findings, about, at
from scenarios.schema import TABLES, Column, Table
from scenarios.sources import RawTable, Source, open_source, read_csv

__all__ = [
    "format_cell",
    "format_time",
    "open_source",
    "parse_cell",
    "parse_time",
    "read_alone",
    "read_table",
    "read_tables",
    "table_text",
    "write_tables",
]

Cells = list[tuple[int, str]]


def read_alone(table: Table, path: Path, faults: Findings) -> pd.DataFrame:
    """Frame of one table in a CSV file that is no part of a city.

    Raises
    ------
    InputError
        When the file cannot be read; what is wrong inside goes to the faults.
    """
    try:
        raw = read_csv(path.read_bytes())
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror or error}") from None
    source = Source(path, path.parent, {table.name: raw}, lambda _: path.name)
    return read_table(table, source, faults, Used())


def read_tables(source: Source, faults: Findings, used: Used) -> dict[str, pd.DataFrame]:
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
    faults.expect(*(source.label(name) for name in TABLES))
    return {table.name: read_table(table, source, faults, used) for table in TABLES.values()}


def read_table(table: Table, source: Source, faults: Findings, used: Used) -> pd.DataFrame:
    """Frame of one table; as `read_tables`, which reads all of them."""
    label = source.label(table.name)
    raw = source.tables.get(table.name)
    if raw is None:
        _check_absent(table, source, faults)
        raw = RawTable([])
    faults.lines[label] = raw.lines
    header = [clean(cell) for cell in raw.rows[0]] if raw.rows else []
    filled = [(no, row) for no, row in enumerate(raw.rows[1:], 2) if any(map(clean, row))]
    if raw.fault:
        faults.add(about(label, raw.fault))
    elif table.name in source.tables:
        _check_shape(table, header, filled, label, faults)
    for no, row in filled:
        if any(map(clean, row[len(header) :])):
            faults.add(
                at(
                    label,
                    no,
                    f"{len(row)} cells; expected {len(header)}; "
                    "put quotes around a cell that holds a comma",
                    "cells",
                )
            )
    columns = {}
    for column in table.columns:
        place = header.index(column.name) if column.name in header else -1
        cells = [(no, clean(row[place]) if 0 <= place < len(row) else "") for no, row in filled]
        columns[column.name] = _read_column(table, column, cells, label, place >= 0, faults, used)
    frame = pd.DataFrame(columns)
    frame["row"] = pd.Series([no for no, _ in filled], dtype="int64")
    return frame


def _check_absent(table: Table, source: Source, faults: Findings) -> None:
    if not table.required:
        return
    close = nearest(table.name, [Path(name).stem.rsplit(" ", 1)[-1] for name in source.extra], 0.7)
    like = next((name for name in source.extra if close and close in name), None)
    remedy = f"; rename {like}?" if like else ""
    faults.add(about(source.label(table.name), f"is missing; a city needs it{remedy}"))


def _check_shape(
    table: Table, header: list[str], filled: list[Any], label: str, faults: Findings
) -> None:
    """Find what is wrong with a table before its cells are looked at."""
    known = [column.name for column in table.columns]
    if not any(header):
        columns = ", ".join(column.name for column in table.columns if column.required)
        if table.required or filled:
            faults.add(about(label, f"has no rows; expected a header row with {columns} and rows"))
        return
    if not set(header) & set(known):
        first = ", ".join(name for name in header if name)
        columns = ", ".join(column.name for column in table.columns if column.required)
        faults.add(
            at(
                label,
                1,
                f"header = {first[:60]!r}; expected the names of columns, such as {columns}",
            )
        )
        return
    _check_header(table, header, label, faults)
    if table.required and not filled:
        faults.add(about(label, "has no rows; expected at least one"))


def _check_header(table: Table, header: list[str], label: str, faults: Findings) -> None:
    known = [column.name for column in table.columns]
    for number, name in enumerate(header, 1):
        if not name:
            faults.add(about(label, f"column {number} has no name; name or remove it"))
        elif name not in known:
            close = nearest(name, [other for other in known if other not in header])
            remedy = f"did you mean {close}?" if close else "remove it"
            faults.add(about(label, f"column {name!r} is unknown; {remedy}"))
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        faults.add(about(label, f"column {name!r} comes twice; remove one"))
    for column in table.columns:
        if column.required and column.name not in header:
            faults.add(
                about(label, f"column {column.name!r} is missing; expected {expected(column)}")
            )


def _read_column(
    table: Table,
    column: Column,
    cells: Cells,
    label: str,
    present: bool,
    faults: Findings,
    used: Used,
) -> pd.Series:
    """Typed values of one column; a column that is not ``present`` is a fault of its own."""
    values: list[Any] = []
    for row_no, text in cells:
        if not text:
            if column.required and present:
                faults.add(at(label, row_no, _fault(column, text)))
            elif column.default not in (None, ""):
                used.add(f"table.{table.name}.{column.name}")
            values.append(_default(column))
            continue
        try:
            values.append(parse_cell(column, text))
        except ValueError as error:
            faults.add(at(label, row_no, _fault(column, text, str(error))))
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


def _fault(column: Column, text: str, remedy: str = "") -> str:
    above = remedy == "above"
    tail = f"; {remedy}" if remedy and not above else ""
    shown = text if len(text) <= 60 else text[:57] + "..."
    return f"{column.name} = {shown!r}; expected {expected(column, above)}{tail}"


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
        write_whole(Path(folder) / f"{name}.csv", table_text(name, frame))


def table_text(name: str, frame: pd.DataFrame) -> str:
    """Text of the file of one table, as `write_tables` writes it."""
    columns = [column for column in TABLES[name].columns if column.name in frame.columns]
    cells = [[format_cell(column, v) for v in frame[column.name]] for column in columns]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    writer.writerows(zip(*cells, strict=True))
    return "\ufeff" + out.getvalue()
