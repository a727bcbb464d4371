"""The parameters of an edit: read and checked as one row of a table is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from scenarios.defaults import Used
from scenarios.findings import Findings, about
from scenarios.schema import Column, Table
from scenarios.sources import RawTable, Source
from scenarios.tables import read_table


@dataclass(frozen=True)
class Parameters:
    """What an edit was given, each in the unit of its column; what was not given has its default.

    Attributes
    ----------
    values
        By name; NA, None, NaT or ``()`` where nothing is known.
    given
        Names that stand in the file.
    """

    values: dict[str, Any]
    given: frozenset[str]

    def __getitem__(self, name: str) -> Any:
        """Return the value of one parameter."""
        return self.values[name]

    def get(self, name: str) -> Any:
        """Return the value of one parameter, None where this kind of edit has no such one."""
        return self.values.get(name)

    def date(self, name: str) -> dt.date | None:
        """Return a date, or None where none is given."""
        value = self.values[name]
        return None if pd.isna(value) else value.date()


def cell_text(value: Any) -> str | None:
    """Text that a table would hold for a value of TOML; None for what no cell can hold."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        parts = [cell_text(part) for part in value]
        return None if None in parts else ";".join(map(str, parts))
    return None if isinstance(value, Mapping) else str(value)


def read_row(
    table: Table, given: Mapping[str, Any], label: str, faults: Findings
) -> pd.DataFrame | None:
    """Return the values of one row of a table as a frame, or None after noting what is wrong."""
    texts = {name: cell_text(value) for name, value in given.items()}
    own = Findings()
    own.add(
        about(label, f"{name} = {given[name]!r}; expected one value or a list")
        for name, text in texts.items()
        if text is None
    )
    # a table drops rows without any text, and an edit may be given nothing
    whole = Table(table.name, (Column("do", "text"), *table.columns))
    raw = RawTable([["do", *texts], [table.name, *(text or "" for text in texts.values())]])
    source = Source(Path(), Path(), {table.name: raw}, lambda _: label)
    frame = read_table(whole, source, own, Used())
    faults.add(about(label, _as_key(finding.text)) for finding in own.found)
    return None if own else frame.drop(columns="do")


def _as_key(text: str) -> str:
    """Return a sentence about a table in the words of a file of edits."""
    plain = text.removeprefix("column ")
    if plain == text:
        return text
    name, _, rest = plain.partition(" ")
    return f"{name.strip(chr(39))} {rest}"


def read_parameters(
    name: str, columns: tuple[Column, ...], given: Mapping[str, Any], label: str, faults: Findings
) -> Parameters | None:
    """Return an edit's parameters, or None after noting every fault of theirs."""
    frame = read_row(Table(name, columns), given, label, faults)
    if frame is None:
        return None
    return Parameters({c.name: frame[c.name].iloc[0] for c in columns}, frozenset(given))
