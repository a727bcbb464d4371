"""Types of trucks that a fleet may be made of: today's, and those that can be bought."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from routing.errors import InputError
from scenarios.cells import format_cell, nearest, parse_time, rows_of
from scenarios.city import City, Settings
from scenarios.defaults import STREAM_OF_KIND, Used, default_number
from scenarios.energy import weight_factor
from scenarios.findings import Finding, Findings, at
from scenarios.fleet.charging import CHARGING, Reach, reach_of
from scenarios.schema import COLLECTION_TRUCKS, TRUCKS, Column, Table
from scenarios.sources import Source
from scenarios.tables import read_alone, read_table

_TRUCK_COLUMNS = tuple(column for column in TRUCKS.columns if column.name != "truck_id")
_DERIVED = ("fixed_cost", "cost_km")
"""Prices that follow from others where a type's row leaves them empty."""
LIFE_YEARS, DAYS_YEAR, UPKEEP = "fleet.life_years", "fleet.days_year", "cost.maintenance.packer"
EMISSIONS = ("china3", "china4", "china5", "china6", "electric")

TYPES = Table(
    "truck_types",
    (
        Column("type_id", "id", required=True),
        Column("name", "text"),
        *(
            dataclasses.replace(c, default=None) if c.name in _DERIVED else c
            for c in _TRUCK_COLUMNS
        ),
        Column("most", "int", minimum=0, maximum=500),
        Column("price", "float", minimum=0, maximum=100_000_000),
        Column("life_years", "float", minimum=1, maximum=40),
        Column("upkeep_year", "float", minimum=0, maximum=10_000_000),
        Column("emission_class", "choice", choices=EMISSIONS),
        *CHARGING,
    ),
    key="type_id",
    required=True,
)
OWNED = Table(
    "fleet",
    (
        Column("truck_id", "id", required=True, refers_to="trucks.truck_id"),
        Column("bought", "int", minimum=1980, maximum=2100),
        Column("emission_class", "choice", choices=EMISSIONS),
        Column("maintenance_year", "float", minimum=0, maximum=10_000_000),
        Column("resale", "float", minimum=0, maximum=100_000_000),
        *CHARGING,
    ),
    key="truck_id",
    required=True,
)


@dataclass(frozen=True)
class TruckType:
    """Trucks that are alike: what trucks.csv would hold of one, how many there are and may be.

    Attributes
    ----------
    row
        Cells of trucks.csv without the name of the truck.
    today
        Names of the trucks of this type that the city has.
    most
        How many of them a mix may hold.
    fixed_day
        What having one costs a day, driven or not, in thousandths.
    price
        Money to buy one, in currency units; None where it cannot be bought.
    reach
        How far it drives on its battery; None without limit.
    """

    type_id: str
    name: str
    row: Mapping[str, str]
    streams: tuple[str, ...]
    capacity_kg: float
    electric: bool
    today: tuple[str, ...]
    most: int
    fixed_day: int
    price: float | None = None
    upkeep_year: float = 0.0
    emission_class: str = ""
    reach: Reach | None = None

    @property
    def work(self) -> float:
        """Kilograms that it holds times the hours of its shift: how much it could do."""
        shift = parse_time(self.row["shift_end"]) - parse_time(self.row["shift_start"])
        return self.capacity_kg * shift / 3600

    @property
    def key(self) -> tuple[object, ...]:
        """What a routed result depends on."""
        return (*sorted(self.row.items()), self.fixed_day, self.reach)


@dataclass(frozen=True)
class Owned:
    """What is known of a truck of today beside its row."""

    truck_id: str
    bought: int | None
    emission_class: str
    maintenance_year: float | None
    resale: float


@dataclass(frozen=True)
class Offer:
    """All types, today's first, and what is known of today's trucks one by one."""

    types: tuple[TruckType, ...]
    owned: tuple[Owned, ...]

    @property
    def today(self) -> tuple[int, ...]:
        """The mix that the city has."""
        return tuple(len(one.today) for one in self.types)

    @property
    def most(self) -> tuple[int, ...]:
        """How many of each type a mix may hold."""
        return tuple(one.most for one in self.types)


def read_offer(
    city: City,
    types: Path | None,
    owned: Path | None,
    used: Used,
    *,
    more: int = 2,
    keep: bool = True,
) -> Offer:
    """Return the types that a mix may be made of.

    Parameters
    ----------
    types
        Table of types that can be bought. Without it more trucks like today's can be had.
    owned
        Table of what is known of today's trucks.
    more
        How many trucks beyond today's are tried of a type that says nothing of it.
    keep
        Whether today's trucks may stay; else all are bought anew.

    Raises
    ------
    InputError
        When a table is missing or anything in it is at fault, or the city has no truck that
        collects; all faults at once.
    """
    faults = Findings()
    facts = _read(OWNED, owned, faults)
    bought = _read(TYPES, types, faults)
    if owned is not None:
        faults.add(_owned_faults(facts, city, owned.name))
    if types is not None:
        faults.add(_type_faults(bought, city, types.name))
    if faults:
        raise InputError(faults.told())
    by_truck = {row.truck_id: row for row in rows_of(facts)}
    found = _todays(city, by_truck, used)
    if not found:
        raise InputError(
            f"trucks.csv: no truck collects; expected kinds such as {', '.join(COLLECTION_TRUCKS)}"
        )
    extra = more if types is None else 0
    found = [
        dataclasses.replace(one, most=(len(one.today) + extra) if keep else 0) for one in found
    ]
    found += [_offered(row, city, found, more, used) for row in rows_of(bought)]
    rows = [_owned(row) for row in rows_of(facts)]
    return Offer(tuple(found), tuple(rows))


def _read(table: Table, path: Path | None, faults: Findings) -> pd.DataFrame:
    """Return a table beside the city's, one without rows where no file is given."""
    if path is None:
        source = Source(Path(), Path(), {}, lambda name: name)
        return read_table(dataclasses.replace(table, required=False), source, Findings(), Used())
    return read_alone(table, path, faults)


def _owned_faults(frame: pd.DataFrame, city: City, where: str) -> Iterator[Finding]:
    known, seen = set(city.trucks["truck_id"]), set[str]()
    for row in rows_of(frame):
        if row.truck_id is not None and row.truck_id not in known:
            close = nearest(row.truck_id, known)
            hint = f"; did you mean {close}?" if close else ""
            text = f"truck_id = {row.truck_id!r}; expected a truck of trucks.csv{hint}"
            yield at(where, row.row, text)
        if row.truck_id in seen:
            yield at(where, row.row, f"truck_id = {row.truck_id!r}; expected each truck once")
        seen.add(row.truck_id)


def _type_faults(frame: pd.DataFrame, city: City, where: str) -> Iterator[Finding]:
    stands = city.facilities["kind"] == "depot"
    depots = set(city.facilities.loc[stands, "facility_id"])
    taken = set(city.trucks["truck_id"])
    for row in rows_of(frame):
        if row.type_id is not None and row.type_id in taken:
            text = f"type_id = {row.type_id!r}; expected a name that no truck or type has yet"
            yield at(where, row.row, text)
        taken.add(row.type_id)
        for name in ("depot_id", "end_depot_id"):
            depot = getattr(row, name)
            if depot is not None and depot not in depots:
                known = ", ".join(sorted(depots))
                yield at(where, row.row, f"{name} = {depot!r}; expected a depot: {known}")
        if row.kind is not None and row.kind not in COLLECTION_TRUCKS:
            known = ", ".join(COLLECTION_TRUCKS)
            text = f"kind = {row.kind!r}; expected a truck that collects: {known}"
            yield at(where, row.row, text)
        if not pd.isna(row.shift_start) and not pd.isna(row.shift_end):
            yield from _shift_faults(row, where)
        if pd.isna(row.fixed_cost) and pd.isna(row.price):
            text = "fixed_cost and price are empty; expected one of them"
            yield at(where, row.row, text, "fixed_cost")


def _shift_faults(row: Any, where: str) -> Iterator[Finding]:
    length_s = int(row.shift_end) - int(row.shift_start)
    if length_s <= 0:
        yield at(where, row.row, "shift_end is not after shift_start", "shift_end")
    elif not pd.isna(row.noon_charge_min) and 60 * int(row.noon_charge_min) * 2 > length_s:
        text = f"noon_charge_min = {row.noon_charge_min}; expected at most half of the shift"
        yield at(where, row.row, text)


def _todays(city: City, facts: Mapping[str, Any], used: Used) -> list[TruckType]:
    """Return today's trucks that collect, those that are alike as one type."""
    groups: dict[tuple[str, ...], list[Any]] = {}
    for row in rows_of(city.trucks[city.trucks["kind"].isin(COLLECTION_TRUCKS)]):
        own = facts.get(row.truck_id)
        extra = [str(getattr(own, c.name, "")) for c in CHARGING] if own is not None else []
        groups.setdefault((*_cells(row).values(), *extra), []).append(row)
    found = []
    for rows in groups.values():
        first, own = rows[0], facts.get(rows[0].truck_id)
        names = tuple(row.truck_id for row in rows)
        found.append(
            TruckType(
                type_id=first.truck_id,
                name=", ".join(names),
                row=_cells(first),
                streams=tuple(first.streams),
                capacity_kg=float(first.capacity_kg),
                electric=first.energy == "electric",
                today=names,
                most=len(names),
                fixed_day=round(1000 * float(first.fixed_cost)),
                reach=None if own is None else reach_of(own, first, city, used),
            )
        )
    return found


def _offered(row: Any, city: City, todays: Sequence[TruckType], more: int, used: Used) -> TruckType:
    """Return a type that can be bought."""
    streams = tuple(row.streams) or STREAM_OF_KIND[row.kind]
    alike = sum(len(one.today) for one in todays if set(one.streams) & set(streams))
    cells = _cells(row)
    cells["fixed_cost"] = f"{_fixed_day(row, used):.3f}"
    cells["cost_km"] = f"{_per_km(row, city.settings, city, used):.3f}"
    return TruckType(
        type_id=row.type_id,
        name=row.name or row.type_id,
        row=cells,
        streams=streams,
        capacity_kg=float(row.capacity_kg),
        electric=row.energy == "electric",
        today=(),
        most=alike + more if pd.isna(row.most) else int(row.most),
        fixed_day=round(1000 * float(cells["fixed_cost"])),
        price=None if pd.isna(row.price) else float(row.price),
        upkeep_year=0.0 if pd.isna(row.upkeep_year) else float(row.upkeep_year),
        emission_class=row.emission_class or "",
        reach=reach_of(row, row, city, used),
    )


def _cells(row: Any) -> dict[str, str]:
    return {c.name: format_cell(c, getattr(row, c.name)) for c in _TRUCK_COLUMNS}


def _fixed_day(row: Any, used: Used) -> float:
    """Return what a truck costs a day however it is driven, in currency units."""
    if not pd.isna(row.fixed_cost):
        return float(row.fixed_cost)
    used.add(DAYS_YEAR)
    life = row.life_years
    if pd.isna(life):
        used.add(LIFE_YEARS)
        life = default_number(LIFE_YEARS)
    upkeep = 0.0 if pd.isna(row.upkeep_year) else float(row.upkeep_year)
    return (float(row.price) / float(life) + upkeep) / default_number(DAYS_YEAR)


def _per_km(row: Any, settings: Settings, city: City, used: Used) -> float:
    """Return energy and upkeep of a kilometer, in currency units."""
    if not pd.isna(row.cost_km):
        return float(row.cost_km)
    used.add(UPKEEP)
    factor = weight_factor(city, round(1000 * float(row.weight_t)))
    if row.energy == "electric":
        used.add("cost.electricity")
        own = settings.electric_kwh_km * factor if pd.isna(row.kwh_km) else float(row.kwh_km)
        energy = own * default_number("cost.electricity")
    else:
        used.add("cost.diesel")
        energy = settings.diesel_l_km * factor * default_number("cost.diesel")
    return float(energy) + default_number(UPKEEP)


def _owned(row: Any) -> Owned:
    return Owned(
        row.truck_id,
        None if pd.isna(row.bought) else int(row.bought),
        row.emission_class or "",
        None if pd.isna(row.maintenance_year) else float(row.maintenance_year),
        0.0 if pd.isna(row.resale) else float(row.resale),
    )


def age_years(owned: Owned, date: dt.date) -> int | None:
    """Return how old a truck is on a date; None where its year is not known."""
    return None if owned.bought is None else max(0, date.year - owned.bought)
