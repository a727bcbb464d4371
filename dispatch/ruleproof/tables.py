"""A city's tables as texts that a switch may edit, and the plain city that all switches begin at.

Only what a proof needs: no value is checked here, so that every city goes through the same reading
and checking as one written by hand.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

DATE = "2024-11-25"
"""The planned day, a Monday."""
SETTINGS: dict[str, str] = {
    "rules.meal_break_min": "0",
    "rules.max_driving_min": "1440",
    "rules.min_rest_min": "0",
}
"""What a plain city sets otherwise than its defaults."""
EMPTIED = ("closures", "limits", "cases", "fill", "weather", "weighings", "calendar", "streets")
STREET_KINDS = ("sweeper", "flusher", "plough")


@dataclass
class Tables:
    """Tables of a city by name, its settings by path, and the sample's tables before any edit.

    Every value is a text as a CSV file holds it; an empty one is a default.
    """

    osm: Path
    seed: int
    sample: dict[str, pd.DataFrame]
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=lambda: dict(SETTINGS))

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table to be edited in place."""
        return self.tables[name]

    def restore(self, name: str) -> pd.DataFrame:
        """Return a table with the sample's own rows again, unless it has rows already."""
        if name not in self.tables or self.tables[name].empty:
            self.tables[name] = self.sample[name].copy()
        return self.tables[name]

    def put(self, table: str, column: str, value: str, rows: pd.Series | None = None) -> None:
        """Set a column, in some rows only where ``rows`` says which."""
        frame = self.tables[table]
        if column not in frame:
            frame[column] = ""
        frame.loc[slice(None) if rows is None else rows, column] = value

    def add(self, table: str, **row: str) -> None:
        """Add a row."""
        one = pd.DataFrame([row])
        old = self.tables.get(table)
        whole = one if old is None or old.empty else pd.concat([old, one])
        self.tables[table] = whole.fillna("").reset_index(drop=True)

    def some(self, table: str, rng: np.random.Generator, share: float) -> pd.Series:
        """Return about a share of a table's rows, by chance."""
        return pd.Series(rng.random(len(self.tables[table])) < share)

    def of_kind(self, *kinds: str) -> pd.Series:
        """Return which trucks are of some kinds."""
        return self.tables["trucks"]["kind"].isin(kinds)

    def write(self, folder: Path) -> Path:
        """Write tables and city.toml into a folder made anew; the map stays where it is."""
        if folder.exists():
            shutil.rmtree(folder)
        folder.mkdir(parents=True)
        for name, frame in self.tables.items():
            if not frame.empty:
                frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")
        osm = str(self.osm.resolve()).replace("\\", "/")
        lines = [f'name = "{folder.name}"', f'osm = "{osm}"', f"seed = {self.seed}"]
        lines += [f"{path} = {value}" for path, value in sorted(self.settings.items())]
        (folder / "city.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return folder


def read_sample(folder: Path, osm: Path, seed: int) -> Tables:
    """Return a sample's tables, bared of every rule that a switch may add."""
    found = {path.stem: _read(path) for path in sorted(folder.glob("*.csv"))}
    city = Tables(osm, seed, found, {name: frame.copy() for name, frame in found.items()})
    for name in EMPTIED:
        if name in city.tables:
            city.tables[name] = city.tables[name].iloc[:0]
    for column in ("window_start", "window_end", "window2_start", "window2_end", "side"):
        city.put("points", column, "")
    city.put("points", "frequency", "daily")
    city.put("points", "priority", "3")
    for column in ("open", "close", "capacity_t_day", "haul_to", "storage_t"):
        city.put("facilities", column, "")
    city.put("facilities", "bays", "100")
    trucks = city["trucks"]
    city.tables["trucks"] = trucks[~trucks["kind"].isin(("transfer", *STREET_KINDS))].reset_index(
        drop=True
    )
    city.put("trucks", "depot_id", "D1")
    city.put("trucks", "max_overtime_min", "0")
    city.put("trucks", "capacity_m3", "60")
    city.put("trucks", "energy", "diesel")
    city.put("trucks", "permits", "")
    return city


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
