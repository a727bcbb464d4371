"""Reading, checking and writing ``plan.json``, the record of truth of a planned day."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from dispatch.kpis import KPI_KEYS
from routing.errors import InputError
from scenarios.files import write_whole

SCHEMA = "huanwei.plan/1"
FILE_NAME = "plan.json"

_Types: TypeAlias = tuple[type, ...]
_INT: _Types = (int,)
_NUMBER: _Types = (int, float)
_TEXT: _Types = (str,)
_LIST: _Types = (list,)
_DICT: _Types = (dict,)
_BOOL: _Types = (bool,)
_NONE: _Types = (type(None),)

PLAN_KEYS: dict[str, _Types] = {
    "schema": _TEXT,
    "city": _TEXT,
    "date": _TEXT,
    "currency": _TEXT,
    "fingerprint": _DICT,
    "assumptions": _LIST,
    "warnings": _LIST,
    "bound": _DICT + _NONE,
    "profiles": _DICT,
    "routes": _LIST,
    "unserved": _LIST,
    "facilities": _LIST,
    "kpis": _DICT,
    "required": _DICT,
}

ROUTE_KEYS: dict[str, _Types] = {
    "truck_id": _TEXT,
    "truck_kind": _TEXT,
    "stream": _TEXT,
    "profile": _TEXT,
    "depot_id": _TEXT,
    "end_depot_id": _TEXT,
    "start_s": _INT,
    "end_s": _INT,
    "capacity_kg": _INT,
    "capacity_l": _INT,
    "tank_l": _INT,
    "cost": _INT,
    "length_m": _INT,
    "driving_s": _INT,
    "service_s": _INT,
    "waiting_s": _INT,
    "break_s": _INT,
    "overtime_s": _INT,
    "co2_g": _INT,
    "energy": _DICT,
    "activities": _LIST,
}

ACTIVITY_KEYS: dict[str, _Types] = {
    "kind": _TEXT,
    "id": _TEXT,
    "name": _TEXT,
    "lon": _NUMBER,
    "lat": _NUMBER,
    "district": _TEXT,
    "stream": _TEXT,
    "arrive_s": _INT,
    "begin_s": _INT,
    "end_s": _INT,
    "bay": _INT + _NONE,
    "mass_kg": _INT,
    "volume_l": _INT,
    "water_l": _INT,
    "load_kg": _INT,
    "load_l": _INT,
    "tank_l": _INT,
    "window": _LIST + _NONE,
    "side": _TEXT,
    "mode": _INT,
    "trip": _INT,
    "service_arcs": _LIST,
    "service_m": _INT,
    "position": _DICT,
    "exit": _DICT,
    "leg": _DICT + _NONE,
}

LEG_KEYS: dict[str, _Types] = {
    "arcs": _LIST,
    "time_s": _INT,
    "length_m": _INT,
    "geometry": _LIST,
    "streets": _LIST,
}

UNSERVED_KEYS: dict[str, _Types] = {
    "kind": _TEXT,
    "id": _TEXT,
    "name": _TEXT,
    "lon": _NUMBER,
    "lat": _NUMBER,
    "district": _TEXT,
    "stream": _TEXT,
    "mass_kg": _INT,
    "length_m": _INT,
    "reason": _TEXT,
    "text": _TEXT,
    "text_zh": _TEXT,
    "price": _INT,
}

FACILITY_KEYS: dict[str, _Types] = {
    "facility_id": _TEXT,
    "name": _TEXT,
    "kind": _TEXT,
    "lon": _NUMBER,
    "lat": _NUMBER,
    "bays": _INT,
    "open_s": _INT,
    "close_s": _INT,
    "received_kg": _DICT,
    "capacity_kg_day": _INT + _NONE,
    "queue": _LIST,
}

FINGERPRINT_KEYS: dict[str, _Types] = {
    "tables": _TEXT,
    "map": _TEXT,
    "settings": _TEXT,
    "seed": _INT,
    "iterations": _INT,
    "version": _TEXT,
    "solver": _TEXT,
}

ASSUMPTION_KEYS: dict[str, _Types] = {
    "key": _TEXT,
    "value": _TEXT + _NUMBER + _NONE,
    "unit": _TEXT,
    "source": _TEXT,
    "confidence": _TEXT,
}

BOUND_KEYS: dict[str, _Types] = {
    "lower_bound": _INT,
    "cost": _INT,
    "gap": _NUMBER,
    "kind": _TEXT,
}

PROFILE_KEYS: dict[str, _Types] = {
    "height_cm": _INT,
    "width_cm": _INT,
    "weight_kg": _INT,
    "hgv": _BOOL,
    "permits": _LIST,
    "blocked_arcs": _INT,
}

ENERGY_KEYS: dict[str, _Types] = {"kind": _TEXT, "amount": _NUMBER, "unit": _TEXT}

STOCK_KEYS: dict[str, _Types] = {
    "storage_kg": _INT,
    "peak_kg": _INT,
    "taken_kg": _DICT,
    "left_kg": _DICT,
    "overflows": _LIST,
    "events": _LIST,
}

NOT_ALWAYS: dict[str, _Types] = {
    "stock": _DICT,
    "hauls": _INT,
    "hauled_kg": _INT,
    "pins": _LIST,
    "shape": _DICT,
}
"""Keys, wherever they stand, of plans with hauls or pins, and those that older plans lack."""

PIN_KEYS: dict[str, _Types] = {
    "id": _TEXT,
    "truck_id": _TEXT,
    "place": _INT + _NONE,
    "begin": _LIST + _NONE,
}

SHAPE_KEYS: dict[str, _Types] = {
    "trucks": _INT,
    "shortest_s": _INT,
    "mean_s": _INT,
    "longest_s": _INT,
    "scatter_m": _INT,
}

POSITION_KEYS: dict[str, _Types] = {"arc": _INT, "offset_cm": _INT}

QUEUE_KEYS: dict[str, _Types] = {"minute": _INT, "waiting": _INT, "busy": _INT}

REQUIRED_KEYS: dict[str, _Types] = {"stops": _INT, "streets": _INT, "street_m": _INT}

KPIS_KEYS: dict[str, _Types] = {
    "total": _DICT,
    "by_stream": _DICT,
    "by_truck": _DICT,
    "by_district": _DICT,
}

_RATES = ("punctuality", "load_factor")
FIGURE_KEYS: dict[str, _Types] = {
    key: _NUMBER + _NONE if key in _RATES else _INT for key in KPI_KEYS
}

TOTAL_KEYS = FIGURE_KEYS | {"required": _INT, "served_share": _NUMBER + _NONE}

STANDING = ("change", "break")
"""Kinds of activity of a truck that stays where it is."""
ACTIVITY_KINDS = ("start", "stop", "street", "load", "unload", "refill", "wash", *STANDING, "end")
UNSERVED_KINDS = ("stop", "street", "haul", "aboard")

_INNER: dict[str, dict[str, _Types]] = {
    "fingerprint": FINGERPRINT_KEYS,
    "assumptions": ASSUMPTION_KEYS,
    "bound": BOUND_KEYS,
    "routes": ROUTE_KEYS,
    "energy": ENERGY_KEYS,
    "activities": ACTIVITY_KEYS,
    "position": POSITION_KEYS,
    "exit": POSITION_KEYS,
    "leg": LEG_KEYS,
    "unserved": UNSERVED_KEYS,
    "facilities": FACILITY_KEYS,
    "queue": QUEUE_KEYS,
    "required": REQUIRED_KEYS,
    "kpis": KPIS_KEYS,
    "total": TOTAL_KEYS,
    "stock": STOCK_KEYS,
    "pins": PIN_KEYS,
}
"""Keys of the object, or of each object of the list, that stands under a key."""
_INNER_OF_EACH: dict[str, dict[str, _Types]] = {
    "profiles": PROFILE_KEYS,
    "by_stream": FIGURE_KEYS,
    "by_truck": FIGURE_KEYS,
    "by_district": FIGURE_KEYS,
    "shape": SHAPE_KEYS,
}
"""Keys of each object of an object whose own keys are names."""
_ITEMS: dict[str, _Types] = {
    "warnings": _TEXT,
    "permits": _TEXT,
    "arcs": _INT,
    "service_arcs": _INT,
    "window": _INT,
    "received_kg": _INT,
    "taken_kg": _INT,
    "left_kg": _INT,
}
"""Type of each value of a list, or of an object whose keys are names."""
_ROWS: dict[str, tuple[_Types, ...]] = {
    "geometry": (_NUMBER, _NUMBER),
    "streets": (_TEXT, _INT),
    "events": (_INT, _INT),
    "overflows": (_INT, _INT + _NONE, _INT),
}
"""Types of the values in each row of a list of rows."""
_KINDS = {"activities": ACTIVITY_KINDS, "unserved": UNSERVED_KINDS}

_TYPE_WORDS: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
    type(None): "null",
}
_MAX_FAULTS = 20


def plan_path(path: Path) -> Path:
    """Return the ``plan.json`` that a plan folder, or the file itself, stands for."""
    return path / FILE_NAME if path.is_dir() else path


def load_plan(path: Path) -> dict[str, Any]:
    """Return the plan of a plan folder or of a ``plan.json``, its schema checked.

    Raises
    ------
    InputError
        When the file is absent, is not JSON, is of another version, or misses a key or holds a
        value of the wrong type; every fault names the key.
    """
    file = plan_path(Path(path))
    try:
        # editors on Windows put a byte-order mark before the text
        plan = json.loads(file.read_text(encoding="utf-8-sig"))
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{file}: not found; expected a plan folder or its {FILE_NAME}") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{file}: not UTF-8 text at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise InputError(
            f"{file}: not valid JSON at line {error.lineno} column {error.colno} ({error.msg});"
            " plan the day again"
        ) from error
    check_plan(plan, file.name)
    return dict(plan)


def save_plan(folder: Path, plan: Mapping[str, Any]) -> Path:
    """Write the plan into ``folder`` in one move and return the file.

    The same plan gives the same bytes: keys in the order of the record, no spaces, one line
    for each top-level key, one for each route.

    Raises
    ------
    InputError
        When the plan does not keep to the schema.
    """
    check_plan(plan, FILE_NAME)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / FILE_NAME
    write_whole(file, plan_text(plan))
    return file


def plan_text(plan: Mapping[str, Any]) -> str:
    """Return the text of ``plan.json``."""
    lines = []
    for key, value in plan.items():
        if key in ("routes", "unserved", "facilities") and value:
            body = ",\n".join(_compact(item) for item in value)
            lines.append(f"{json.dumps(key)}:[\n{body}\n]")
        else:
            lines.append(f"{json.dumps(key)}:{_compact(value)}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def check_plan(plan: object, name: str = FILE_NAME) -> None:
    """Check version, keys and types of a plan.

    Raises
    ------
    InputError
        When anything is missing or of the wrong type; all faults at once, each with its key.
    """
    if not isinstance(plan, Mapping):
        raise InputError(f"{name}: expected a JSON object with the key 'schema'")
    if plan.get("schema") != SCHEMA:
        raise InputError(
            f"{name}: schema = {plan.get('schema')!r}; expected {SCHEMA!r}"
            " (plan the day again with this version)"
        )
    faults = list(_plan_faults(plan))
    if faults:
        shown = [f"{name}: {fault}" for fault in faults[:_MAX_FAULTS]]
        if len(faults) > _MAX_FAULTS:
            shown.append(f"{name}: … and {len(faults) - _MAX_FAULTS} more faults")
        raise InputError(shown)


def _plan_faults(plan: Mapping[str, Any]) -> Iterator[str]:
    yield from _record_faults(plan, PLAN_KEYS, "")
    date, routes = plan.get("date"), plan.get("routes")
    if isinstance(date, str) and not _is_date(date):
        yield f"date = {_short(date)}; expected a date as 2024-11-25"
    figures = _get(plan.get("kpis"), "by_truck")
    if isinstance(routes, list) and isinstance(figures, Mapping):
        trucks = [_get(route, "truck_id") for route in routes]
        missing = sorted({t for t in trucks if isinstance(t, str) and t not in figures})
        yield from (f"kpis.by_truck.{truck} is missing; expected an object" for truck in missing)


def _record_faults(record: Any, keys: Mapping[str, _Types], where: str) -> Iterator[str]:
    """Yield the faults of an object and of everything in it; ``where`` ends with a dot."""
    if not isinstance(record, Mapping):
        yield f"{where.rstrip('.')} = {_short(record)}; expected an object"
        return
    for key, types in keys.items():
        if key not in record:
            yield f"{where}{key} is missing; expected {_type_words(types)}"
        elif not _is_one_of(record[key], types):
            yield _wrong(f"{where}{key}", record[key], types)
        else:
            yield from _inner_faults(key, record[key], where + key)
    for key in sorted(NOT_ALWAYS.keys() & record.keys()):
        if not _is_one_of(record[key], NOT_ALWAYS[key]):
            yield _wrong(f"{where}{key}", record[key], NOT_ALWAYS[key])
        else:
            yield from _inner_faults(key, record[key], where + key)


def _inner_faults(key: str, value: Any, where: str) -> Iterator[str]:
    """Yield the faults of what stands under a key whose own type is right."""
    if isinstance(value, Mapping) and key in _INNER:
        yield from _record_faults(value, _INNER[key], f"{where}.")
    elif isinstance(value, (list, Mapping)):
        named = value.items() if isinstance(value, Mapping) else enumerate(value)
        form = "{}.{}" if isinstance(value, Mapping) else "{}[{}]"
        for name, item in named:
            yield from _item_faults(key, item, form.format(where, name))
        if key == "window" and len(value) != 2:
            yield f"{where} has {len(value)} values; expected 2"


def _item_faults(key: str, item: Any, where: str) -> Iterator[str]:
    inner = _INNER.get(key) or _INNER_OF_EACH.get(key)
    if inner is not None:
        yield from _record_faults(item, inner, f"{where}.")
        kind = _get(item, "kind")
        if isinstance(kind, str) and key in _KINDS and kind not in _KINDS[key]:
            yield f"{where}.kind = {_short(kind)}; expected one of {', '.join(_KINDS[key])}"
    elif key in _ITEMS and not _is_one_of(item, _ITEMS[key]):
        yield _wrong(where, item, _ITEMS[key])
    elif key in _ROWS and not _is_row(item, _ROWS[key]):
        expected = ", ".join(_type_words(types) for types in _ROWS[key])
        yield f"{where} = {_short(item)}; expected [{expected}]"


def _get(record: Any, key: str) -> Any:
    return record.get(key) if isinstance(record, Mapping) else None


def _is_date(text: str) -> bool:
    try:
        return dt.date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_row(row: Any, row_types: tuple[_Types, ...]) -> bool:
    return (
        isinstance(row, list)
        and len(row) == len(row_types)
        and all(_is_one_of(value, types) for value, types in zip(row, row_types, strict=True))
    )


def _is_one_of(value: Any, types: _Types) -> bool:
    if isinstance(value, bool):  # JSON's true is an int to Python, never a number to us
        return bool in types
    return isinstance(value, types) and (not isinstance(value, float) or math.isfinite(value))


def _wrong(where: str, value: Any, types: _Types) -> str:
    return f"{where} = {_short(value)}; expected {_type_words(types)}"


def _type_words(types: _Types) -> str:
    words = [_TYPE_WORDS[kind] for kind in types if not (kind is int and float in types)]
    return " or ".join(words)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
