"""A city as one value: its settings, its checked tables, and the assumptions they rest on."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from routing.errors import InputError
from routing.network import HIGHWAY_CLASSES
from scenarios.cells import nearest
from scenarios.checks import check_tables
from scenarios.coordinates import SYSTEMS, tables_to_wgs84
from scenarios.defaults import (
    CONTAINER_KEYS,
    IN_TRUCK_KEYS,
    UNLOAD_SETTING,
    Assumption,
    Used,
    default_number,
    fill_defaults,
    load_defaults,
)
from scenarios.findings import Findings, about
from scenarios.schema import CONTAINER, STREAMS, SWEEPINGS
from scenarios.sources import Source, extra_warning
from scenarios.suspicions import suspicious, too_large
from scenarios.tables import open_source, parse_time, read_tables

__all__ = ["Assumption", "City", "Settings", "read_city"]

_SCALE = {"min": 60.0, "h": 3600.0, "L/100km": 0.01}  # unit of the data file -> unit of the field
TOML = "city.toml"
Range = tuple[float, float]
BY_NAME_RANGES: dict[str, Range] = {
    "density.in_bin": (1, 5_000),
    "density.in_truck": (1, 5_000),
    "speeds": (1, 130),
    "energy.scale": (0.01, 10),
}
"""What may be set for each name of a table of city.toml: least and most."""
MAX_SEED = 2**31 - 1
MAP_SUFFIXES = (".osm", ".pbf", ".gz", ".bz2", ".graphml", ".xml")


def _number(
    path: str,
    key: str,
    most: float,
    *,
    least: float = 0.0,
    scale: float = 1.0,
    whole: bool = False,
    aside: bool = False,
) -> Any:
    """Field whose default is a row of the data file; ``path`` is its place in city.toml.

    ``least`` and ``most`` bound what city.toml may say, in its own unit; ``scale`` turns that into
    the unit of the field. What is ``aside`` plays no part in the plan of a day unless it is set:
    its default is listed by the commands that use it, and it changes the hash only where it is set.
    """
    meta = {"path": path, "key": key, "scale": scale, "whole": whole, "type": "number"}
    meta["aside"] = aside

    def default() -> float | int:
        value = default_number(key) * _SCALE.get(load_defaults()[key].unit, 1.0)
        return round(value) if whole else value

    return field(default_factory=default, repr=not aside, metadata={**meta, "range": (least, most)})


def _seconds(path: str, key: str, most: float, least: float = 0.0) -> Any:
    scale = 60.0 if path.endswith("_min") else 1.0
    return _number(path, key, most, least=least, scale=scale, whole=True)


def _by_name(path: str, keys: Mapping[Any, str]) -> Any:
    """Field that maps names to numbers, each with a default of its own."""
    meta = {"path": path, "keys": keys, "type": "mapping"}
    return field(
        default_factory=lambda: {name: default_number(key) for name, key in keys.items()},
        metadata=meta,
    )


def _default_meal_window() -> tuple[int, int]:
    early, late = load_defaults()["rules.meal_window"].value.split("-")
    return parse_time(early), parse_time(late)


LATER_TABLES = ("speeds", "pins")
LATER = frozenset({"storage_t", "load_s", "clear_daily", "changes_stream", "containers"})
"""Columns that the tables of older plans did not have."""


@dataclass(frozen=True)
class Settings:
    """What city.toml may set; every field has a default with source and confidence.

    Times in seconds, prices in currency units, densities in kg/m3, speeds in km/h. ``diesel_l_km``
    and ``electric_kwh_km`` hold for a 26 t truck; ``energy_scale`` maps approximate weights in
    tonnes to the factor for lighter ones.
    """

    currency: str = field(default="CNY", metadata={"path": "currency", "type": "text"})
    drive_on_right: bool = field(default=True, metadata={"path": "drive_on_right", "type": "bool"})
    seed: int = field(default=1, metadata={"path": "seed", "type": "seed"})
    meal_break_s: int = _seconds("rules.meal_break_min", "rules.meal_break", 180)
    meal_window: tuple[int, int] = field(
        default_factory=_default_meal_window,
        metadata={"path": "rules.meal_window", "key": "rules.meal_window", "type": "window"},
    )
    max_driving_s: int = _seconds("rules.max_driving_min", "law.drive.max_continuous", 1440, 10)
    min_rest_s: int = _seconds("rules.min_rest_min", "law.drive.min_rest", 240)
    stream_change_s: int = _seconds("rules.stream_change_min", "rules.stream_change", 240)
    overtime_factor: float = _number("rules.overtime_factor", "rules.overtime_factor", 10, least=1)
    wet_min_temp_c: float = _number("rules.wet_min_temp_c", "wet.min_temp.default", 40, least=-40)
    wet_max_rain_mm: float = _number("rules.wet_max_rain_mm", "wet.max_rain.default", 2000)
    stop_s: int = _seconds("service.stop_s", "time.stop_fixed.rear_loader", 3600)
    bin_s: int = _seconds("service.bin_s", "time.per_container.rear_loader", 600)
    unload_transfer_s: int = _seconds(
        "service.unload_transfer_s", "time.unload.transfer_station", 14400
    )
    unload_plant_s: int = _seconds("service.unload_plant_s", "time.unload.plant", 14400)
    refill_s: int = _seconds("service.refill_s", "time.refill_water", 14400)
    wash_s: int = _seconds("service.wash_s", "time.wash_station", 14400)
    container_m3: float = _number("service.container_m3", "container.volume", 60, least=1)
    container_swap_s: int = _seconds("service.container_swap_min", "time.hooklift_swap", 240)
    price_unserved_base: float = _number("prices.unserved_base", "price.unserved.base", 1000000)
    price_unserved_per_kg: float = _number("prices.unserved_per_kg", "price.unserved.per_kg", 10000)
    price_unserved_street_km: float = _number(
        "prices.unserved_street_km", "price.unserved.street_km", 1000000
    )
    density_in_bin: dict[str, float] = _by_name(  # noqa: RUF009
        "density.in_bin", {name: f"density.in_bin.{name}" for name in (*STREAMS, SWEEPINGS)}
    )
    density_in_truck: dict[str, float] = _by_name(  # noqa: RUF009
        "density.in_truck", IN_TRUCK_KEYS
    )
    speeds: dict[str, float] = _by_name(  # noqa: RUF009
        "speeds", {name: f"speed.class.{name}" for name in HIGHWAY_CLASSES}
    )
    diesel_l_km: float = _number("energy.diesel_l_km", "energy.ref26t.diesel.sample_total", 10)
    electric_kwh_km: float = _number(
        "energy.electric_kwh_km", "energy.ref26t.electric.sample_total", 50
    )
    co2_kg_l: float = _number("energy.co2_kg_l", "co2.diesel", 10)
    co2_kg_kwh: float = _number("energy.co2_kg_kwh", "co2.grid.cn2022", 5)
    energy_scale: dict[float, float] = _by_name(  # noqa: RUF009
        "energy.scale",
        {5.0: "energy.scale.5t", 8.0: "energy.scale.8t", 12.0: "energy.scale.12t",
         18.0: "energy.scale.18t", 25.0: "energy.scale.25t"},
    )  # fmt: skip
    price_unfamiliar: float = _number(
        "prices.unfamiliar_visit", "price.unfamiliar_visit", 10_000, aside=True
    )
    price_uneven_t: float = _number("prices.uneven_t", "price.uneven.t", 100_000, aside=True)
    price_uneven_h: float = _number("prices.uneven_h", "price.uneven.h", 100_000, aside=True)
    price_balance_h2: float = _number("prices.balance_h2", "price.balance.h2", 10_000, aside=True)
    price_compact_km: float = _number("prices.compact_km", "price.compact.km", 10_000, aside=True)
    demand_cv: float = _number("risk.demand_cv", "risk.demand_cv", 2, aside=True)
    demand_correlation: float = _number(
        "risk.demand_correlation", "risk.demand_correlation", 1, aside=True
    )

    def aside(self) -> dict[str, float]:
        """Return by path what is set of the settings that count only where they are set."""
        found = {}
        for item in dataclasses.fields(self):
            if item.metadata.get("aside"):
                value = getattr(self, item.name)
                if value != default_number(item.metadata["key"]):
                    found[str(item.metadata["path"])] = float(value)
        return found


@dataclass(frozen=True, eq=False)
class City:
    """A city ready to plan: coordinates are WGS-84, defaults are filled in, nothing is at fault.

    ``coordinates`` is the system of the files; ``source`` is the folder or workbook that was read.
    """

    folder: Path
    name: str
    osm: str
    coordinates: str
    tables: dict[str, pd.DataFrame]
    settings: Settings = field(default_factory=Settings)
    assumptions: list[Assumption] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    source: Path | None = None

    @property
    def tables_hash(self) -> str:
        """SHA-256 over the content of all tables, in hexadecimal."""
        digest = hashlib.sha256()
        for name in sorted(self.tables):
            frame = self.tables[name].drop(columns="row", errors="ignore")
            if name in LATER_TABLES and frame.empty:
                continue  # a city without this table is the same as before there was one
            # empty, they change nothing, and plans made before they were known stay valid
            frame = frame.drop(
                columns=[c for c in LATER & {*frame} if not frame[c].fillna(0).any()]
            )
            text = frame.to_csv(index=False, lineterminator="\n")
            digest.update(f"{name}\n{text}".encode())
        return digest.hexdigest()

    @property
    def settings_hash(self) -> str:
        """SHA-256 over all settings, in hexadecimal."""
        aside = self.settings.aside()
        text = repr(self.settings) + (repr(aside) if aside else "")
        return hashlib.sha256(text.encode()).hexdigest()

    points = property(lambda self: self.tables["points"], doc="Collection points.")
    facilities = property(lambda self: self.tables["facilities"], doc="Depots, stations, plants.")
    trucks = property(lambda self: self.tables["trucks"], doc="Vehicles of all kinds.")
    streets = property(lambda self: self.tables["streets"], doc="Cleaning class of streets.")
    programmes = property(lambda self: self.tables["programmes"], doc="Work by cleaning class.")
    operations = property(lambda self: self.tables["operations"], doc="Passes of each template.")
    closures = property(lambda self: self.tables["closures"], doc="Closed streets.")
    limits = property(lambda self: self.tables["limits"], doc="Local limits for trucks.")
    fill = property(lambda self: self.tables["fill"], doc="Fill levels from devices.")
    weighings = property(lambda self: self.tables["weighings"], doc="Masses measured.")
    case_catalogue = property(lambda self: self.tables["case_catalogue"], doc="Kinds of cases.")
    cases = property(lambda self: self.tables["cases"], doc="Reported cases.")
    calendar = property(lambda self: self.tables["calendar"], doc="Holidays and moved workdays.")
    weather = property(lambda self: self.tables["weather"], doc="Weather by date.")
    pins = property(lambda self: self.tables["pins"], doc="What is promised of a day.")
    speeds = property(lambda self: self.tables["speeds"], doc="Factors on speeds by class, hour.")


def read_city(folder_or_xlsx: str | Path) -> City:
    """City of a folder of CSV tables with city.toml, or of one workbook with the same sheets.

    A workbook carries the settings in a sheet ``city`` (columns ``key`` and ``value``, keys such as
    ``rules.meal_break_min``) or in a city.toml beside it.

    Parameters
    ----------
    folder_or_xlsx
        The folder, or the ``.xlsx`` file.

    Returns
    -------
    City
        With defaults filled in and coordinates in WGS-84; what is suspicious is in ``warnings``.

    Raises
    ------
    InputError
        When anything is at fault; it carries all faults at once.
    """
    path = Path(folder_or_xlsx)
    source = open_source(path)
    faults = Findings()
    faults.expect(TOML)
    used = Used()
    flat = _load_toml(source, faults)
    head, settings = _read_settings(flat, faults, used)
    tables = read_tables(source, faults, used)
    check_tables(tables, faults, source.label)
    osm = _map_source(head.get("osm"), source.folder, faults)
    if faults:
        raise InputError(faults.told())
    warnings = [*suspicious(tables, source.label), *_reading_notes(source), *_free(settings)]
    _note_derived(tables, used)
    fill_defaults(tables, settings, used)
    warnings += too_large(tables, settings, source.label)
    system = head.get("coordinates", "wgs84")
    tables_to_wgs84(tables, system)
    name = head.get("name", path.stem)
    return City(
        source.folder, name, osm, system, tables, settings, used.assumptions(), warnings, path
    )


def _reading_notes(source: Source) -> list[str]:
    notes = [
        f"{source.label(name)} {note}" for name, raw in source.tables.items() for note in raw.notes
    ]
    return notes + [extra_warning(name) for name in source.extra]


def _free(settings: Settings) -> list[str]:
    """Warn of prices by which it costs nothing to leave work undone."""
    free = []
    if not settings.price_unserved_base and not settings.price_unserved_per_kg:
        free.append("prices.unserved_base and prices.unserved_per_kg are 0: points")
    if not settings.price_unserved_street_km:
        free.append("prices.unserved_street_km is 0: streets")
    return [f"{TOML}: {text} may be left out for nothing" for text in free]


def _load_toml(source: Source, faults: Findings) -> dict[str, Any]:
    """Settings as a flat mapping of dotted keys."""
    if source.settings is not None:
        return source.settings
    path = source.folder / TOML
    try:
        return _flatten(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        others = [p.name for p in source.folder.iterdir() if p.is_file()]
        like = nearest(TOML, others, 0.75)
        remedy = f"rename {like}" if like else 'write one with at least: osm = "map.osm"'
        faults.add(about(TOML, f"is missing; {remedy}"))
    except UnicodeDecodeError as error:
        text = f"byte 0x{error.object[error.start]:02x} is no UTF-8"
        faults.add(about(TOML, f"cannot be read: {text}; expected TOML in UTF-8; save it as UTF-8"))
    except (OSError, tomllib.TOMLDecodeError, RecursionError) as error:
        faults.add(about(TOML, f"cannot be read: {error}; expected TOML in UTF-8"))
    return {}


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, Mapping):
            flat |= _flatten(value, f"{prefix}{key}.")
        else:
            flat[prefix + key] = value
    return flat


def _read_settings(
    flat: dict[str, Any], faults: Findings, used: Used
) -> tuple[dict[str, str], Settings]:
    """Head (name, osm, coordinates) and settings; notes the default keys that were needed."""
    rest = dict(flat)
    known = ["name", "osm", "coordinates"]
    head = {key: rest.pop(key) for key in tuple(known) if key in rest}
    for key, value in tuple(head.items()):
        if not isinstance(value, str) or not value.strip():
            faults.add(about(TOML, f"{key} = {value!r}; expected a text"))
            head[key] = "wgs84" if key == "coordinates" else ""
    if head.get("coordinates", "wgs84") not in SYSTEMS:
        systems = ", ".join(SYSTEMS)
        faults.add(about(TOML, f"coordinates = {head['coordinates']!r}; expected {systems}"))
    values: dict[str, Any] = {}
    for item in dataclasses.fields(Settings):
        path = item.metadata["path"]
        if item.metadata["type"] == "mapping":
            values[item.name] = _read_mapping(item.metadata, rest, faults, used)
            known += [f"{path}.{_word(name)}" for name in item.metadata["keys"]]
            continue
        known.append(path)
        if path in rest:
            value = _read_value(item.metadata, rest.pop(path), faults)
            if value is not None:
                values[item.name] = value
        elif "key" in item.metadata and not item.metadata.get("aside"):
            used.add(item.metadata["key"])
    for key in rest:
        close = nearest(key, known)
        remedy = f"did you mean {close}?" if close else "remove it"
        faults.add(about(TOML, f"{key} is unknown; {remedy}"))
    return head, Settings(**values)


def _word(name: Any) -> str:
    return f"{name:g}" if isinstance(name, float) else str(name)


def _read_mapping(
    meta: Mapping[str, Any], rest: dict[str, Any], faults: Findings, used: Used
) -> dict[Any, float]:
    found: dict[Any, float] = {}
    least, most = BY_NAME_RANGES[meta["path"]]
    for name, key in meta["keys"].items():
        path = f"{meta['path']}.{_word(name)}"
        if path not in rest:
            found[name] = default_number(key)
            used.add(key)
            continue
        value = rest.pop(path)
        if not _is_number(value) or not least <= value <= most:
            expected = f"expected a number from {least:g} to {most:,.10g}"
            faults.add(about(TOML, f"{path} = {value!r}; {expected}"))
            value = least
        found[name] = float(value)
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _read_value(meta: Mapping[str, Any], value: Any, faults: Findings) -> Any:
    """Value in the unit of the field, or None after noting a fault."""
    kind, path = meta["type"], meta["path"]
    least, most = meta.get("range", (0, 0))
    if kind == "text" and isinstance(value, str) and value.strip():
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    if kind == "seed" and type(value) is int and 0 <= value <= MAX_SEED:
        return value
    if kind == "number" and _is_number(value) and least <= value <= most:
        scaled = value * meta["scale"]
        return round(scaled) if meta["whole"] else float(scaled)
    if kind == "window":
        window = _read_window(value)
        if window is not None:
            return window
    expected = {
        "text": "a text",
        "bool": "true or false",
        "seed": f"a whole number from 0 to {MAX_SEED}",
        "number": f"a number from {least:g} to {most:,.10g}",
        "window": 'two times in order, such as ["10:30", "13:30"]',
    }[kind]
    faults.add(about(TOML, f"{path} = {value!r}; expected {expected}"))
    return None


def _read_window(value: Any) -> tuple[int, int] | None:
    parts = value.split("-") if isinstance(value, str) else value
    try:
        early, late = (parse_time(str(part)) for part in parts)
    except (TypeError, ValueError):
        return None
    return (early, late) if early < late else None


def _map_source(osm: Any, folder: Path, faults: Findings) -> str:
    """Absolute path of the map, or the name of a place when nothing says that it is a file."""
    if osm is None:
        if not faults.concern(TOML):
            faults.add(about(TOML, "osm is missing; expected a map file or a place name"))
        return ""
    text = str(osm)
    path = (folder / text).resolve()
    if path.is_file():
        return str(path)
    maps = sorted(p.name for p in folder.iterdir() if p.name.lower().endswith(MAP_SUFFIXES))
    like = next((name for name in maps if name.split(".")[0] == path.name.split(".")[0]), None)
    like = like or nearest(text, maps)
    is_path = text.lower().endswith(MAP_SUFFIXES) or path.exists() or "/" in text or "\\" in text
    if text and (is_path or like):
        remedy = f"; did you mean {like}?" if like else ""
        what = "is not there" if not path.exists() else "is a folder"
        faults.add(about(TOML, f"osm = {text!r}; expected a file; {path.name} {what}{remedy}"))
    return text


def _note_derived(tables: dict[str, pd.DataFrame], used: Used) -> None:
    """Keep the list honest: times at kinds of facility that a city does not have are no default."""
    facilities = tables["facilities"]
    empty = facilities[facilities["unload_s"].isna()]
    needed = {UNLOAD_SETTING[kind][1] for kind in empty["kind"] if kind in UNLOAD_SETTING}
    used.drop({key for _, key in UNLOAD_SETTING.values()} - needed)
    if not (tables["points"]["kind"] == CONTAINER).any():
        used.drop(CONTAINER_KEYS)
