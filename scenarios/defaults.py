"""The project's default values, each with its unit, source and confidence."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from scenarios.schema import CONTAINER, HOOKLIFT

if TYPE_CHECKING:
    from scenarios.city import Settings

BIN_L = "bin.volume.240L"
BIN_FILL = "bin.fill.default"
IN_TRUCK_KEYS = {
    "other": "density.in_packer.other",
    "kitchen": "density.in_packer.kitchen",
    "recyclable": "density.in_truck.recyclable",
    "hazardous": "density.in_truck.hazardous",
    "sweepings": "density.in_truck.sweepings",
}
"""The key of each stream's density inside a truck."""

STREAM_OF_KIND: dict[str, tuple[str, ...]] = {
    "collector": ("other",),
    "kitchen": ("kitchen",),
    "hazardous": ("hazardous",),
    "recyclable": ("recyclable",),
    HOOKLIFT: ("other",),
    "sweeper": ("sweepings",),
    "flusher": ("sweepings",),
    "plough": ("sweepings",),
}
"""What a kind of truck carries unless its row says otherwise."""

HAULED: tuple[str, ...] = ("other",)
"""What a transfer truck carries unless its row says otherwise, in a city whose stations haul."""
STORAGE_LOADS = "station.storage_loads_per_bay"
LOADING = "time.hooklift_swap"
CONTAINER_KEYS = {"container.volume", "time.hooklift_swap"}
"""What only cities with containers need."""
UNLOAD_SETTING = {
    "transfer": ("unload_transfer_s", "time.unload.transfer_station"),
    "plant": ("unload_plant_s", "time.unload.plant"),
    "landfill": ("unload_plant_s", "time.unload.plant"),
    "snow_dump": ("unload_plant_s", "time.unload.plant"),
    "water": ("refill_s", "time.refill_water"),
    "salt": ("refill_s", "time.refill_water"),
    "wash": ("wash_s", "time.wash_station"),
}
"""Setting and default key of the time spent at each kind of facility."""


@dataclass(frozen=True)
class Assumption:
    """A default that a plan rests on, in the form in which outputs print it.

    ``confidence`` is ``high`` (primary source or law), ``medium`` (secondary or derived) or ``low``
    (unverified). Where no source was found, ``source`` begins with ``assumption``; the confidence
    is then ``low``.
    """

    key: str
    value: float | str
    unit: str
    source: str
    confidence: str


@dataclass(frozen=True)
class Default:
    """One row of ``data/defaults.csv``; ``value`` is its text as written there."""

    key: str
    value: str
    unit: str
    source: str
    confidence: str

    @property
    def number(self) -> float:
        """The value as a number."""
        return float(self.value)

    def as_assumption(self) -> Assumption:
        """Return the row as outputs list it, with a number where the value is one."""
        try:
            value: float | str = float(self.value)
        except ValueError:
            value = self.value
        return Assumption(self.key, value, self.unit, self.source, self.confidence)


@cache
def load_defaults() -> dict[str, Default]:
    """Return all rows of ``data/defaults.csv`` by key, in the order of the file."""
    text = (files("scenarios") / "data" / "defaults.csv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines())
    return {row["key"]: Default(**row) for row in rows}


def default_number(key: str) -> float:
    """Return the value of a numeric default.

    Raises
    ------
    KeyError
        When no default of this name exists.
    ValueError
        When its value is not a number.
    """
    return load_defaults()[key].number


class Used:
    """The defaults used so far, each once, in the order of first use."""

    def __init__(self) -> None:
        self._keys: dict[str, None] = {}

    def add(self, *keys: str) -> None:
        """Note the keys of the data file that gave a value."""
        self._keys.update(dict.fromkeys(keys))

    def drop(self, keys: set[str]) -> None:
        """Forget keys that turned out to give nothing."""
        for key in keys:
            self._keys.pop(key, None)

    def assumptions(self) -> list[Assumption]:
        """Return what was used, with source and confidence."""
        return [load_defaults()[key].as_assumption() for key in self._keys]


def fill_defaults(tables: dict[str, pd.DataFrame], settings: Settings, used: Used) -> None:
    """Fill the cells that a rule can derive from others; changes the frames in place.

    Parameters
    ----------
    tables
        Checked frames of all tables.
    settings
        Densities and service times of the city.
    used
        Takes the keys of the defaults that this filling draws on by itself.
    """
    for name, key in (("points", "point_id"), ("facilities", "facility_id")):
        frame = tables[name]
        frame["name"] = frame["name"].where(frame["name"].notna(), frame[key]).astype(object)
    _fill_points(tables["points"], settings, used)
    _fill_facilities(tables["facilities"], settings)
    _fill_hauls(tables["facilities"], tables["trucks"], used)
    _fill_trucks(tables["trucks"], settings)


def _fill_points(points: pd.DataFrame, settings: Settings, used: Used) -> None:
    """Volume from mass, bins from volume, service time from bins."""
    density = points["stream"].map(settings.density_in_bin).astype("float64")
    points["demand_m3"] = points["demand_m3"].fillna(points["demand_kg"] / density)
    empty = points["bins"].isna()
    if empty.any():
        used.add(BIN_L, BIN_FILL)
        held_m3 = default_number(BIN_L) / 1000 * default_number(BIN_FILL)
        # a hair less, so that a volume of exactly n bins stays n in floating point
        bins = np.maximum(1, np.ceil(points["demand_m3"] / held_m3 - 1e-9))
        points["bins"] = points["bins"].fillna(bins.astype("Int64"))
    service_s = settings.stop_s + settings.bin_s * points["bins"]
    service_s = service_s.where(points["kind"] != CONTAINER, settings.container_swap_s)
    points["service_s"] = points["service_s"].fillna(service_s)


def _fill_facilities(facilities: pd.DataFrame, settings: Settings) -> None:
    times = {kind: getattr(settings, field) for kind, (field, _) in UNLOAD_SETTING.items()}
    by_kind = facilities["kind"].map(lambda kind: times.get(kind, 0)).astype("Int64")
    facilities["unload_s"] = facilities["unload_s"].fillna(by_kind)


def _fill_hauls(facilities: pd.DataFrame, trucks: pd.DataFrame, used: Used) -> None:
    """Storage and loading time of stations that transfer trucks clear, where the city has both."""
    haulers = trucks[(trucks["kind"] == "transfer") & (trucks["capacity_kg"] > 0)]
    stations = (facilities["kind"] == "transfer") & facilities["haul_to"].notna()
    if haulers.empty or not stations.any():
        return
    hauls = trucks["kind"] == "transfer"
    streams = [
        given or (HAULED if own else ())
        for given, own in zip(trucks["streams"], hauls, strict=True)
    ]
    trucks["streams"] = pd.Series(streams, index=trucks.index, dtype=object)
    loads_t = default_number(STORAGE_LOADS) * float(haulers["capacity_kg"].min()) / 1000
    holds = (facilities["bays"].astype("float64") * loads_t).astype(facilities["storage_t"].dtype)
    empty = stations & facilities["storage_t"].isna()
    if empty.any():
        used.add(STORAGE_LOADS)
        facilities["storage_t"] = facilities["storage_t"].where(~empty, holds)
    empty = stations & facilities["load_s"].isna()
    if empty.any():
        used.add(LOADING)
        seconds = round(60 * default_number(LOADING))
        facilities["load_s"] = facilities["load_s"].where(~empty, seconds)


def _fill_trucks(trucks: pd.DataFrame, settings: Settings) -> None:
    """Streams by kind; body volume from mass and the thinnest stream that the truck carries."""
    streams = [
        given or STREAM_OF_KIND.get(kind, ())
        for given, kind in zip(trucks["streams"], trucks["kind"], strict=True)
    ]
    trucks["streams"] = pd.Series(streams, index=trucks.index, dtype=object)
    densities = [
        min((settings.density_in_truck[stream] for stream in carried), default=np.nan)
        for carried in streams
    ]
    volume = trucks["capacity_kg"] / pd.Series(densities, index=trucks.index, dtype="float64")
    held = settings.container_m3 * trucks["containers"].fillna(1).astype("float64")
    trucks["capacity_m3"] = trucks["capacity_m3"].mask(trucks["kind"] == HOOKLIFT, held)
    trucks["capacity_m3"] = trucks["capacity_m3"].fillna(volume)
    home = trucks["end_depot_id"].where(trucks["end_depot_id"].notna(), trucks["depot_id"])
    trucks["end_depot_id"] = home.astype(object)
