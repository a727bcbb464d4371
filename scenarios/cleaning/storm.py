"""A snowstorm as a file: when it snows, how much salt, and by when each priority shall be clear."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from routing.errors import InputError
from scenarios.cells import parse_time


@dataclass(frozen=True)
class Storm:
    """Times are seconds after 00:00 of ``date``; the evening before has hours of its own day.

    ``slopes`` are names of steep streets, ``deadline_*_min`` how long after the begin of a cycle a
    priority shall be clear, ``shift`` the hours of the crews on winter duty. ``packed`` is what is
    left of the depth of fresh snow once it is heaped. ``haul`` are the hours in which heaps are
    hauled away from streets of priorities 1 to ``haul_priorities``; None = they stay.
    """

    date: dt.date
    snow_from: int
    snow_to: int
    depth_cm: float
    temp_c: float
    shift: tuple[int, int]
    pretreat: tuple[int, int] = (18 * 3600, 23 * 3600)
    slopes: tuple[str, ...] = ()
    cycle_min: int = 180
    speed_kmh: float = 20.0
    salt_g_m2: float = 25.0
    pretreat_g_m2: float = 12.0
    width_m: float = 3.5
    deadline_1_min: int = 90
    deadline_2_min: int = 180
    deadline_3_min: int = 480
    load_m3: float = 10.0
    packed: float = 0.4
    salt_min_c: float = -9.0
    haul: tuple[int, int] | None = None
    haul_priorities: int = 2
    snow_kg_m3: float = 400.0
    loader_m3_h: float = 150.0


RANGES: dict[str, tuple[float, float]] = {
    "depth_cm": (0, 200),
    "temp_c": (-60, 10),
    "cycle_min": (30, 1440),
    "speed_kmh": (3, 60),
    "salt_g_m2": (0, 200),
    "pretreat_g_m2": (0, 200),
    "width_m": (1, 20),
    "deadline_1_min": (5, 1440),
    "deadline_2_min": (5, 1440),
    "deadline_3_min": (5, 2880),
    "load_m3": (1, 60),
    "packed": (0.05, 1),
    "salt_min_c": (-40, 0),
    "haul_priorities": (1, 3),
    "snow_kg_m3": (50, 900),
    "loader_m3_h": (5, 2000),
}
WHOLE = ("cycle_min", "haul_priorities")
SPANS = ("shift", "pretreat", "haul")
NEEDED = ("date", "snow_from", "snow_to", "depth_cm", "temp_c", "shift")


def assumed(storm: Storm) -> list[str]:
    """Return what the amount of snow and the time of loading rest on that no file has told."""
    words = {
        "width_m": "cleared width {:g} m",
        "packed": "heaped to {:g} of its depth",
        "snow_kg_m3": "{:g} kg/m3",
        "loader_m3_h": "{:g} m3/h a loader",
        "load_m3": "loads of at most {:g} m3",
    }
    usual = {item.name: item.default for item in fields(Storm)}
    return [text.format(usual[key]) for key, text in words.items()
            if getattr(storm, key) == usual[key]]  # fmt: skip


def read_storm(file: Path) -> Storm:
    """Return the storm of a TOML file.

    Raises
    ------
    InputError
        When it cannot be read, misses a key or holds a value that is none; all faults at once.
    """
    try:
        raw = tomllib.loads(Path(file).read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(f"{file}: cannot be read: {error}; expected TOML in UTF-8") from error
    known = {item.name for item in fields(Storm)}
    faults = [f"{file}: {key} is unknown; remove it" for key in raw if key not in known]
    faults += [f"{file}: {key} is missing; expected it" for key in NEEDED if key not in raw]
    values = {}
    for key in sorted(known & raw.keys()):
        value, expected = _value(key, raw)
        if value is None:
            faults.append(f"{file}: {key} = {raw[key]!r}; expected {expected}")
        values[key] = value
    if not faults:
        faults = [f"{file}: {text}" for text in _contradictions(values)]
    if faults:
        raise InputError(faults)
    return Storm(**values)


def _contradictions(values: Mapping[str, Any]) -> list[str]:
    """Return what times that are each in order contradict together."""
    texts = []
    if values["snow_to"] <= values["snow_from"]:
        texts.append("snow_to is not after snow_from; expected a later time, as 30:00")
    if "haul" in values and values["haul"][0] < values["snow_to"]:
        texts.append("haul begins before snow_to; expected hours after the snow, as 20:00-30:00")
    return texts


def _value(key: str, raw: Mapping[str, Any]) -> tuple[Any, str]:
    """Return the value of a key, None where it is at fault, and what is expected."""
    value = raw[key]
    if key == "date":
        good = isinstance(value, dt.date) and not isinstance(value, dt.datetime)
        return (value if good else None), "a date as 2024-02-03"
    if key == "slopes":
        good = isinstance(value, list) and all(isinstance(name, str) for name in value)
        return (tuple(value) if good else None), "a list of street names"
    if key in SPANS:
        return _span(value), "two times in order, as 00:00-14:00"
    if key in ("snow_from", "snow_to"):
        return _time(value), "a time as 02:00"
    least, most = RANGES[key]
    number = isinstance(value, int | float) and not isinstance(value, bool)
    good = number and least <= value <= most
    if key in WHOLE:
        good = good and value == int(value)
        return (int(value) if good else None), f"a whole number from {least:g} to {most:g}"
    return (value if good else None), f"a number from {least:g} to {most:g}"


def _time(value: Any) -> int | None:
    try:
        return parse_time(str(value))
    except ValueError:
        return None


def _span(value: Any) -> tuple[int, int] | None:
    early, _, late = str(value).partition("-")
    ends = _time(early), _time(late)
    if ends[0] is None or ends[1] is None or ends[0] >= ends[1]:
        return None
    return ends[0], ends[1]
