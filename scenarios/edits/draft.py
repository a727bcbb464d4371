"""A city while it is edited: tables that edits read and change, and what they say of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pandas as pd

from routing.network import Network
from scenarios.cells import nearest
from scenarios.city import City, Settings
from scenarios.coordinates import tables_to_wgs84
from scenarios.defaults import Used, fill_defaults
from scenarios.edits.parameters import read_row
from scenarios.findings import Findings, about
from scenarios.schema import TABLES

Mask = pd.Series
Streets = Callable[[], Network]
Tables = dict[str, pd.DataFrame]
PERIOD = {"points": ("active_from", "active_to"), "facilities": ("active_from", "active_to")}


class Told(NamedTuple):
    """What an edit does, in one sentence of each language."""

    en: str
    zh: str


class Walk(NamedTuple):
    """How far the waste of a bin that was taken away is carried to the point that replaces it."""

    point_id: str
    merged_id: str
    walk_m: float
    mass_kg_day: float


@dataclass
class Draft:
    """Tables under change; nothing here touches those of the city it was made from.

    Attributes
    ----------
    streets
        Gives the network to the edits that measure along streets; the others never read a map.
    label
        How faults name the edit at work.
    touched
        Label of the edit that last changed a row, by table and row.
    walks
        What merging points costs the residents.
    """

    tables: Tables
    settings: Settings
    system: str
    streets: Streets
    faults: Findings
    used: Used
    label: str = ""
    touched: dict[str, dict[int, str]] = field(default_factory=dict)
    walks: list[Walk] = field(default_factory=list)

    @classmethod
    def of(cls, city: City, streets: Streets, faults: Findings) -> Draft:
        """Return a draft with tables of its own."""
        tables = {name: frame.copy() for name, frame in city.tables.items()}
        return cls(tables, city.settings, city.coordinates, streets, faults, Used())

    def fail(self, text: str) -> None:
        """Note a fault of the edit at work."""
        self.faults.add(about(self.label, text))

    def frame(self, name: str) -> pd.DataFrame:
        """Return one table."""
        return self.tables[name]

    def row_of(self, name: str, key: str) -> Any:
        """Return the row that a key names as a Series, or None after noting what is known."""
        frame, column = self.tables[name], TABLES[name].key or ""
        found = frame[frame[column] == key]
        if len(found):
            return found.iloc[0]
        close = nearest(key, frame[column])
        hint = f"; did you mean {close}?" if close else ""
        self.fail(f"{column} = {key!r}; expected one of {name}.csv{hint}")
        return None

    def add(self, name: str, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame | None:
        """Add rows as a file would give them, in the city's coordinates and without derived cells.

        Returns
        -------
        DataFrame or None
            The rows as they stand in the table now; None after noting a fault.
        """
        parts = [read_row(TABLES[name], given, self.label, self.faults) for given in rows]
        good = [part for part in parts if part is not None]
        if len(good) < len(parts) or not good:
            return None
        new: Tables = {n: frame.iloc[:0].copy() for n, frame in self.tables.items()}
        new[name] = pd.concat(good, ignore_index=True)
        tables_to_wgs84(new, self.system)
        fill_defaults(new, self.settings, self.used)
        return self.append(name, new[name])

    def append(self, name: str, frame: pd.DataFrame) -> pd.DataFrame:
        """Append rows that are complete."""
        old = self.tables[name]
        first = (int(old["row"].max()) if len(old) else 1) + 1
        added = frame.assign(row=range(first, first + len(frame)))
        added.index = pd.RangeIndex(len(old), len(old) + len(added))
        kept = old.reset_index(drop=True)
        both = pd.concat([kept, added]) if len(kept) else added
        self.tables[name] = both.astype(old.dtypes.to_dict())
        self._touch(name, added["row"])
        return self.tables[name].loc[added.index]

    def put(self, name: str, mask: Mask, values: Mapping[str, Any]) -> None:
        """Change cells of the rows that a mask names; a value is one for all, or one a row."""
        frame = self.tables[name]
        for column, value in values.items():
            each = value if isinstance(value, pd.Series) else [value] * int(mask.sum())
            changed = pd.Series(list(each), index=frame.index[mask], dtype=frame[column].dtype)
            frame[column] = changed.reindex(frame.index).where(mask, frame[column])
            frame[column] = frame[column].astype(changed.dtype)
        self._touch(name, frame.loc[mask, "row"])

    def drop(self, name: str, mask: Mask) -> None:
        """Take rows away, with the readings, weighings and promises that are theirs alone."""
        frame, weighings, pins = self.tables[name], self.tables["weighings"], self.tables["pins"]
        if name == "points":
            self._forget(set(frame.loc[mask, "point_id"]))
        if name == "trucks":
            kept = ~pins["truck_id"].isin(frame.loc[mask, "truck_id"])
            self.tables["pins"] = pins[kept].reset_index(drop=True)
        if name == "facilities":
            gone = weighings["facility_id"].isin(frame.loc[mask, "facility_id"])
            weighings["facility_id"] = weighings["facility_id"].where(~gone, None)
        self.tables[name] = frame[~mask].reset_index(drop=True)

    def _forget(self, point_ids: set[str]) -> None:
        fill, weighings = self.tables["fill"], self.tables["weighings"]
        pins = self.tables["pins"]
        kept = ~pins["id"].str.split("#").str[0].isin(point_ids)
        self.tables["pins"] = pins[kept].reset_index(drop=True)
        self.tables["fill"] = fill[~fill["point_id"].isin(point_ids)].reset_index(drop=True)
        gone = weighings["point_id"].isin(point_ids)
        # a mass weighed at a station stays true when the bin that it came from has gone
        weighings["point_id"] = weighings["point_id"].where(~gone, None)

    def split(self, name: str, mask: Mask, date: dt.date | None) -> Mask:
        """Return which rows hold from a date on; those that hold before too are cut in two.

        The later half of a row gets the date behind its key. Without a date the rows themselves
        are returned.
        """
        if date is None:
            return mask
        frame, day = self.tables[name], pd.Timestamp(date)
        begin, end = PERIOD[name]
        alive = mask & (frame[end].isna() | (frame[end] >= day))
        later = alive & frame[begin].notna() & (frame[begin] >= day)
        cut = alive & ~later
        halves = frame[cut].copy()
        self.put(name, cut, {end: day - pd.Timedelta(days=1)})
        key = TABLES[name].key or ""
        halves[key] = halves[key].astype(str) + f"@{date.isoformat()}"
        halves[begin] = day
        added = self.append(name, halves) if len(halves) else halves
        result = pd.Series(False, index=self.tables[name].index)
        result.loc[frame.index[later]] = True
        result.loc[added.index] = True
        return result

    def _touch(self, name: str, rows: Sequence[int] | pd.Series) -> None:
        self.touched.setdefault(name, {}).update(dict.fromkeys(map(int, rows), self.label))
