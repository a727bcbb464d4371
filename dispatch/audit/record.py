"""A plan as typed records: what is missing becomes None, what is malformed is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from routing.errors import InputError

SCHEMA = "huanwei.plan/1"
KINDS = ("start", "stop", "street", "load", "unload", "refill", "wash", "change", "break", "end")
STANDING = ("change", "break")
"""Activities of a truck that stays where it is."""
MAX_FAULTS = 20
"""Faults of a malformed plan that are listed; the rest are counted."""

T = TypeVar("T")


@dataclass(frozen=True)
class Spot:
    """A place on the network: a directed piece and how far along it."""

    arc: int
    offset_cm: int


@dataclass(frozen=True)
class Leg:
    """What was driven to reach an activity."""

    arcs: tuple[int, ...] | None
    time_s: int | None
    length_m: int | None
    geometry: tuple[tuple[float, float], ...] | None
    streets: tuple[tuple[str, int], ...] | None


@dataclass(frozen=True)
class Activity:
    """One activity of a route; every field that another system may leave out can be None."""

    kind: str
    id: str
    name: str
    arrive_s: int
    begin_s: int
    end_s: int
    lon: float | None
    lat: float | None
    district: str | None
    stream: str | None
    bay: int | None
    mass_kg: int | None
    volume_l: int | None
    water_l: int | None
    load_kg: int | None
    load_l: int | None
    tank_l: int | None
    window: tuple[int, int] | None
    trip: int | None
    service_arcs: tuple[int, ...] | None
    service_m: int | None
    position: Spot | None
    exit: Spot | None
    leg: Leg | None

    @property
    def moves(self) -> bool:
        """Whether a leg leads to this activity."""
        return self.kind not in ("start", *STANDING)


@dataclass(frozen=True)
class Route:
    """One truck's day as the plan states it; ``figures`` holds the stated numbers by key."""

    number: int
    truck_id: str
    stream: str | None
    depot_id: str | None
    end_depot_id: str | None
    truck_kind: str | None
    profile: str | None
    start_s: int
    end_s: int
    activities: tuple[Activity, ...]
    figures: Mapping[str, int]
    energy: tuple[str, float] | None  # kind and amount


@dataclass(frozen=True)
class Unserved:
    """A visit or street that the plan leaves out."""

    kind: str
    id: str
    reason: str
    text: str
    district: str | None
    stream: str | None
    mass_kg: int | None
    length_m: int | None
    price: int | None


@dataclass(frozen=True)
class StockDay:
    """What a plan states to lie at a transfer station through the day."""

    figures: Mapping[str, int]  # storage_kg, peak_kg as far as stated
    taken_kg: Mapping[str, int] | None
    left_kg: Mapping[str, int] | None
    events: tuple[tuple[int, int], ...] | None
    overflows: tuple[tuple[int, int | None, int], ...] | None


@dataclass(frozen=True)
class FacilityDay:
    """A facility's day as the plan states it."""

    facility_id: str
    figures: Mapping[str, int]  # bays, open_s, close_s, capacity_kg_day as far as stated
    received_kg: Mapping[str, int] | None
    queue: tuple[tuple[int, int, int], ...] | None  # (minute, waiting, busy)
    stock: StockDay | None


@dataclass(frozen=True)
class PlanRecord:
    """A whole plan as typed records."""

    date: dt.date
    fingerprint: Mapping[str, Any]
    profiles: Mapping[str, Any] | None
    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...] | None
    facilities: tuple[FacilityDay, ...] | None
    kpis: Mapping[str, Any] | None
    required: Mapping[str, Any] | None
    shape: Mapping[str, Any] | None
    pins: tuple[Mapping[str, Any], ...] | None
    warnings: tuple[str, ...]
    bound: Mapping[str, Any] | None


FIGURES = (
    "capacity_kg",
    "capacity_l",
    "tank_l",
    "cost",
    "length_m",
    "driving_s",
    "service_s",
    "waiting_s",
    "break_s",
    "overtime_s",
    "co2_g",
)
"""Numbers of a route that are recomputed if they are stated."""


class _Reader:
    """Takes values out of nested plain data and keeps every fault with its place."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, where: str, value: object, expected: str) -> None:
        shown = repr(value)
        shown = shown if len(shown) <= 40 else shown[:37] + "..."
        self.faults.append(f"plan.json {where} = {shown}; expected {expected}")

    def whole(self, record: Mapping[str, Any], key: str, where: str, must: bool = False) -> Any:
        """Return a whole number, or None where it is absent."""
        value = record.get(key)
        if value is None and not must:
            return None
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            self.fault(f"{where}.{key}", value, "a whole number")
            return 0
        return value

    def number(self, record: Mapping[str, Any], key: str, where: str) -> float | None:
        """Return a number, or None where it is absent."""
        value = record.get(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool):
            self.fault(f"{where}.{key}", value, "a number")
            return None
        return float(value)

    def text(self, record: Mapping[str, Any], key: str, where: str, must: bool = False) -> Any:
        """Return a text, or None where it is absent."""
        value = record.get(key)
        if value is None and not must:
            return None
        if not isinstance(value, str):
            self.fault(f"{where}.{key}", value, "text")
            return ""
        return value

    def items(self, record: Mapping[str, Any], key: str, where: str, must: bool = False) -> Any:
        """Return a list, or None where it is absent."""
        value = record.get(key)
        if value is None and not must:
            return None
        if not isinstance(value, list | tuple):
            self.fault(f"{where}.{key}", value, "a list")
            return None
        return value

    def mapping(self, record: Mapping[str, Any], key: str, where: str) -> Any:
        """Return an object, or None where it is absent."""
        value = record.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.fault(f"{where}.{key}", value, "an object")
            return None
        return value

    def records(self, record: Mapping[str, Any], key: str, where: str, must: bool = False) -> Any:
        """Return a list of objects with their places, or None where it is absent."""
        values = self.items(record, key, where, must)
        if values is None:
            return None
        found = []
        for i, value in enumerate(values):
            if isinstance(value, Mapping):
                found.append((value, f"{where}.{key}[{i}]".lstrip(".")))
            else:
                self.fault(f"{where}.{key}[{i}]".lstrip("."), value, "an object")
        return found

    def rows(self, record: Mapping[str, Any], key: str, where: str, kinds: tuple[Any, ...]) -> Any:
        """Return a list of short rows of the given types, or None where it is absent."""
        values = self.items(record, key, where)
        if values is None:
            return None
        for i, row in enumerate(values):
            if not (
                isinstance(row, list | tuple)
                and len(row) == len(kinds)
                and all(isinstance(v, k) for v, k in zip(row, kinds, strict=True))
            ):
                self.fault(f"{where}.{key}[{i}]", row, f"{len(kinds)} values")
                return None
        return tuple(tuple(row) for row in values)

    def arcs(self, record: Mapping[str, Any], key: str, where: str) -> Any:
        """Return a list of arc numbers, or None where it is absent."""
        values = self.items(record, key, where)
        if values is None:
            return None
        if any(not isinstance(v, int) or isinstance(v, bool) for v in values):
            self.fault(f"{where}.{key}", values, "a list of whole numbers")
            return None
        return tuple(values)


def _spot(read: _Reader, record: Mapping[str, Any], key: str, where: str) -> Spot | None:
    value = read.mapping(record, key, where)
    if value is None:
        return None
    place = f"{where}.{key}"
    return Spot(
        read.whole(value, "arc", place, must=True), read.whole(value, "offset_cm", place, must=True)
    )


def _leg(read: _Reader, record: Mapping[str, Any], where: str) -> Leg | None:
    value = read.mapping(record, "leg", where)
    if value is None:
        return None
    place = f"{where}.leg"
    return Leg(
        arcs=read.arcs(value, "arcs", place),
        time_s=read.whole(value, "time_s", place),
        length_m=read.whole(value, "length_m", place),
        geometry=read.rows(value, "geometry", place, (int | float, int | float)),
        streets=read.rows(value, "streets", place, (str, int)),
    )


def _window(
    read: _Reader, record: Mapping[str, Any], where: str, key: str = "window"
) -> tuple[int, int] | None:
    value = record.get(key)
    if value is None:
        return None
    good = isinstance(value, list | tuple) and len(value) == 2
    if not good or not all(isinstance(v, int) for v in value):
        read.fault(f"{where}.{key}", value, "two whole numbers or null")
        return None
    return int(value[0]), int(value[1])


def _activity(read: _Reader, record: Mapping[str, Any], where: str) -> Activity:
    kind = read.text(record, "kind", where, must=True)
    if kind not in KINDS:
        read.fault(f"{where}.kind", kind, "one of " + ", ".join(KINDS))
    numbers = {
        key: read.whole(record, key, where)
        for key in (
            *("bay", "mass_kg", "volume_l", "water_l", "load_kg", "load_l", "tank_l"),
            *("trip", "service_m"),
        )
    }
    return Activity(
        kind=kind,
        id=read.text(record, "id", where) or "",
        name=read.text(record, "name", where) or "",
        arrive_s=read.whole(record, "arrive_s", where, must=True),
        begin_s=read.whole(record, "begin_s", where, must=True),
        end_s=read.whole(record, "end_s", where, must=True),
        lon=read.number(record, "lon", where),
        lat=read.number(record, "lat", where),
        district=read.text(record, "district", where),
        stream=read.text(record, "stream", where),
        window=_window(read, record, where),
        service_arcs=read.arcs(record, "service_arcs", where),
        position=_spot(read, record, "position", where),
        exit=_spot(read, record, "exit", where),
        leg=_leg(read, record, where),
        **numbers,
    )


def _route(read: _Reader, record: Mapping[str, Any], where: str, number: int) -> Route:
    activities = read.records(record, "activities", where, must=True) or []
    parts = tuple(_activity(read, value, place) for value, place in activities)
    if not parts:
        read.fault(f"{where}.activities", [], "at least a start and an end")
    stated = {key: read.whole(record, key, where) for key in FIGURES}
    start_s, end_s = (read.whole(record, key, where) for key in ("start_s", "end_s"))
    return Route(
        number=number,
        truck_id=read.text(record, "truck_id", where, must=True),
        stream=read.text(record, "stream", where),
        depot_id=read.text(record, "depot_id", where),
        end_depot_id=read.text(record, "end_depot_id", where),
        truck_kind=read.text(record, "truck_kind", where),
        profile=read.text(record, "profile", where),
        start_s=start_s if start_s is not None else (parts[0].end_s if parts else 0),
        end_s=end_s if end_s is not None else (parts[-1].end_s if parts else 0),
        activities=parts,
        figures={key: value for key, value in stated.items() if value is not None},
        energy=_energy(read, record, where),
    )


def _energy(read: _Reader, record: Mapping[str, Any], where: str) -> tuple[str, float] | None:
    value = read.mapping(record, "energy", where)
    if value is None:
        return None
    kind, amount = (
        read.text(value, "kind", f"{where}.energy"),
        read.number(value, "amount", f"{where}.energy"),
    )
    return None if kind is None or amount is None else (kind, amount)


def _unserved(read: _Reader, record: Mapping[str, Any], where: str) -> Unserved:
    return Unserved(
        kind=read.text(record, "kind", where) or "stop",
        id=read.text(record, "id", where, must=True),
        reason=read.text(record, "reason", where) or "",
        text=read.text(record, "text", where) or "",
        district=read.text(record, "district", where),
        stream=read.text(record, "stream", where),
        mass_kg=read.whole(record, "mass_kg", where),
        length_m=read.whole(record, "length_m", where),
        price=read.whole(record, "price", where),
    )


def _facility(read: _Reader, record: Mapping[str, Any], where: str) -> FacilityDay:
    received = read.mapping(record, "received_kg", where)
    if received is not None:
        received = {str(s): read.whole(received, s, f"{where}.received_kg") for s in received}
    queue = read.records(record, "queue", where)
    if queue is not None:
        queue = tuple(
            tuple(read.whole(entry, key, place, must=True) for key in ("minute", "waiting", "busy"))
            for entry, place in queue
        )
    keys = ("bays", "open_s", "close_s", "capacity_kg_day")
    stated = {key: read.whole(record, key, where) for key in keys}
    return FacilityDay(
        facility_id=read.text(record, "facility_id", where, must=True),
        figures={key: value for key, value in stated.items() if value is not None},
        received_kg=received,
        queue=queue,
        stock=_stock(read, record, where),
    )


def _stock(read: _Reader, record: Mapping[str, Any], where: str) -> StockDay | None:
    value = read.mapping(record, "stock", where)
    if value is None:
        return None
    place = f"{where}.stock"
    masses = {}
    for key in ("taken_kg", "left_kg"):
        stated = read.mapping(value, key, place)
        if stated is not None:
            stated = {str(s): read.whole(stated, s, f"{place}.{key}") for s in stated}
        masses[key] = stated
    figures = {key: read.whole(value, key, place) for key in ("storage_kg", "peak_kg")}
    return StockDay(
        figures={key: number for key, number in figures.items() if number is not None},
        events=read.rows(value, "events", place, (int, int)),
        overflows=read.rows(value, "overflows", place, (int, int | None, int)),
        **masses,
    )


def _date(read: _Reader, record: Mapping[str, Any]) -> dt.date:
    value = record.get("date")
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        read.fault("date", value, "a date such as 2024-11-25")
        return dt.date.min


def _pin(read: _Reader, record: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    return {
        "id": read.text(record, "id", where, must=True),
        "truck_id": read.text(record, "truck_id", where),
        "place": read.whole(record, "place", where),
        "begin": _window(read, record, where, "begin"),
    }


def _each(read: _Reader, plan: Mapping[str, Any], key: str, make: Any) -> Any:
    values = read.records(plan, key, "")
    return None if values is None else tuple(make(read, value, place) for value, place in values)


def read_record(plan: object) -> PlanRecord:
    """Return the plan as typed records; parts that another system may not know can be missing.

    Only ``date`` and ``routes`` with ``truck_id`` and ``activities`` (kind, arrive_s, begin_s,
    end_s) must be there.

    Raises
    ------
    InputError
        When a needed key is absent or any value has the wrong type; all faults at once.
    """
    if not isinstance(plan, Mapping):
        raise InputError("plan.json: expected a JSON object with the keys 'date' and 'routes'")
    read = _Reader()
    if plan.get("schema", SCHEMA) != SCHEMA:
        read.fault("schema", plan["schema"], repr(SCHEMA))
    routes = read.records(plan, "routes", "", must=True) or []
    record = PlanRecord(
        date=_date(read, plan),
        fingerprint=read.mapping(plan, "fingerprint", "") or {},
        profiles=read.mapping(plan, "profiles", ""),
        routes=tuple(_route(read, value, place, k) for k, (value, place) in enumerate(routes)),
        unserved=_each(read, plan, "unserved", _unserved),
        facilities=_each(read, plan, "facilities", _facility),
        kpis=read.mapping(plan, "kpis", ""),
        required=read.mapping(plan, "required", ""),
        warnings=tuple(str(text) for text in read.items(plan, "warnings", "") or ()),
        bound=read.mapping(plan, "bound", ""),
        shape=read.mapping(plan, "shape", ""),
        pins=_each(read, plan, "pins", _pin),
    )
    if read.faults:
        more = len(read.faults) - MAX_FAULTS
        shown = read.faults[:MAX_FAULTS]
        raise InputError([*shown, f"… and {more} more faults"] if more > 0 else shown)
    return record
