"""Best known values, from the tables and solution files that lie beside the instances."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

VALUE_COLUMNS: dict[str, tuple[str, ...]] = {
    "distance": (
        "BKS_distance_dimacs(verified here)",
        "BKS_distance_dimacs_1dec_trunc",
        "verified_UB(solution file, recosted here)",
        "BKS",
        "BKS_documented_miles",
    ),
    "vehicles": ("BKS_lex_distance(verified here)", "BKS_lex_distance", "BKS_documented_miles"),
}
VEHICLE_COLUMNS: dict[str, tuple[str, ...]] = {
    "distance": (),
    "vehicles": (
        "BKS_lex_vehicles(verified here)",
        "BKS_lex_vehicles",
        "BKS_documented_vehicles",
    ),
}
SOURCE_COLUMNS: dict[str, tuple[str, ...]] = {
    "distance": ("BKS_source", "dimacs_source", "source"),
    "vehicles": ("lex_source", "BKS_source", "source"),
}
TABLE = "MANIFEST.csv"
NOT_COMPARABLE = ("mdvrpi",)
"""Sets whose files were reconstructed and whose published values are of other rules."""
DEEPEST = 3
"""Folders, from that of an instance upwards, in which its table may lie."""
HFVRP_FINE = 1e8
"""Values of HFVRP from here on are stated in hundred-thousandths, those below in units."""


@dataclass(frozen=True)
class Known:
    """A best known value, the vehicles it takes where they count, and where it comes from."""

    value: float | None = None
    vehicles: int | None = None
    source: str = ""


def best_known(path: Path, objective: str = "distance") -> Known:
    """Return what the table beside an instance says of it; nothing where that is of no use."""
    row = None if path.parent.name in NOT_COMPARABLE else row_about(path)
    if row is None:
        return Known()
    vehicles = _number(_first(row, VEHICLE_COLUMNS[objective]))
    values = VALUE_COLUMNS[objective]
    if not any(column in row for column in values):
        values = VALUE_COLUMNS["distance"]  # a table of one objective, the set's own
    return Known(
        in_units(path, _number(_first(row, values))),
        None if vehicles is None else int(vehicles),
        _first(row, SOURCE_COLUMNS[objective]),
    )


def in_units(path: Path, value: float | None) -> float | None:
    """Return a stated value in the one unit of its set: some HFVRP files state a finer one."""
    fine = value is not None and path.parent.name == "hfvrp" and value >= HFVRP_FINE
    return value / 100_000 if fine and value is not None else value


def row_about(path: Path) -> dict[str, str] | None:
    """Return the row on an instance in the table of its folder, or of one not far above it."""
    folder = next((p for p in list(path.parents)[:DEEPEST] if (p / TABLE).is_file()), None)
    if folder is None:
        return None
    # a table above names what lies in a folder or an archive by the way to it
    way = path.relative_to(folder).as_posix().replace(".tar.xz/", ".tar.xz:")
    stem = path.name.split(".")[0]
    with (folder / TABLE).open(newline="", encoding="utf-8") as handle:
        rows = csv.DictReader(handle)
        return next((r for r in rows if way in r.values() or r.get("instance") == stem), None)


def _first(row: dict[str, str], columns: tuple[str, ...]) -> str:
    return next((row[column] for column in columns if row.get(column)), "")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
