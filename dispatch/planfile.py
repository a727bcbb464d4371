"""Reading, checking and writing ``plan.json``, the record of truth of a planned day."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

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

ACTIVITY_KINDS = ("start", "stop", "street", "unload", "refill", "break", "end")
UNSERVED_KINDS = ("stop", "street")

_TYPE_WORDS: dict[type, str] = {
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
        plan = json.loads(file.read_text(encoding="utf-8"))
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
    for i, route in enumerate(_items(plan, "routes")):
        yield from _route_faults(route, f"routes[{i}]")
    for i, task in enumerate(_items(plan, "unserved")):
        yield from _record_faults(task, UNSERVED_KEYS, f"unserved[{i}].")
        yield from _kind_faults(task, UNSERVED_KINDS, f"unserved[{i}]")
    for i, facility in enumerate(_items(plan, "facilities")):
        yield from _record_faults(facility, FACILITY_KEYS, f"facilities[{i}].")
    kpis = plan.get("kpis")
    if isinstance(kpis, Mapping):
        for key in ("total", "by_stream", "by_truck", "by_district"):
            if not isinstance(kpis.get(key), Mapping):
                yield f"kpis.{key} is missing; expected an object"


def _route_faults(route: Any, where: str) -> Iterator[str]:
    yield from _record_faults(route, ROUTE_KEYS, f"{where}.")
    for k, activity in enumerate(_items(route, "activities")):
        spot = f"{where}.activities[{k}]"
        yield from _record_faults(activity, ACTIVITY_KEYS, f"{spot}.")
        yield from _kind_faults(activity, ACTIVITY_KINDS, spot)
        leg = activity.get("leg") if isinstance(activity, Mapping) else None
        if isinstance(leg, Mapping):
            yield from _record_faults(leg, LEG_KEYS, f"{spot}.leg.")


def _record_faults(record: Any, keys: Mapping[str, _Types], where: str) -> Iterator[str]:
    if not isinstance(record, Mapping):
        yield f"{where.rstrip('.')} = {_short(record)}; expected an object"
        return
    for key, types in keys.items():
        if key not in record:
            yield f"{where}{key} is missing; expected {_type_words(types)}"
        elif not _is_one_of(record[key], types):
            yield f"{where}{key} = {_short(record[key])}; expected {_type_words(types)}"


def _kind_faults(record: Any, kinds: tuple[str, ...], where: str) -> Iterator[str]:
    kind = record.get("kind") if isinstance(record, Mapping) else None
    if isinstance(kind, str) and kind not in kinds:
        yield f"{where}.kind = {kind!r}; expected one of {', '.join(kinds)}"


def _items(record: Any, key: str) -> list[Any]:
    value = record.get(key) if isinstance(record, Mapping) else None
    return value if isinstance(value, list) else []


def _is_one_of(value: Any, types: _Types) -> bool:
    # JSON's true is an int to Python, never a number to us
    return isinstance(value, types) and not isinstance(value, bool)


def _type_words(types: _Types) -> str:
    words = [_TYPE_WORDS[kind] for kind in types if not (kind is int and float in types)]
    return " or ".join(words)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
