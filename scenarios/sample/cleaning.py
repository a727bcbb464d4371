"""Street cleaning: which streets are of which class, the programmes, the operations as data."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from routing.network import HIGHWAY_CLASSES, ArcFlag
from scenarios.defaults import default_number
from scenarios.sample.ground import Ground
from scenarios.sample.osm_xml import Point

NUM_CORNERS = 16
SWEEPINGS_KG_KM = 160.0


@dataclass(frozen=True)
class Zone:
    """Streets of some classes within a circle, as many as fill a target of curb kilometers."""

    cleaning_class: int
    category: str
    classes: tuple[str, ...]
    bearing: float
    radii: float
    largest: float
    curb_km: float
    key_area: bool = False


ZONES = (
    Zone(1, "main", ("primary", "secondary"), 0, 0, 0.6, 14),
    Zone(2, "main", ("tertiary",), 0, 0, 0.35, 5, key_area=True),
    Zone(2, "main", ("primary", "secondary", "tertiary"), 0, 0, 0.9, 62),
    Zone(3, "back_street", ("residential", "living_street"), 0, 0, 0.4, 45),
    Zone(4, "industrial_park", ("unclassified", "tertiary", "secondary"), -36, 0.75, 0.35, 25),
    Zone(3, "urban_fringe", ("unclassified", "residential", "tertiary"), 140, 0.9, 0.3, 20),
)
ENTRY_ZONE = Zone(3, "entry_corridor", ("primary", "secondary"), 0, 0, 0.2, 8)
TOWN_ZONE = Zone(3, "suburban_town", ("tertiary", "residential"), -110, 1.6, 0.3, 8)


def curb_m(ground: Ground) -> NDArray[np.float64]:
    """Meters of curb of each arc: a one-way street has both its curbs worked in its direction."""
    own = ground.stops & ~ground.has(ArcFlag.PRIVATE)
    return np.where(own, ground.length_m * np.where(ground.network.arc_reverse < 0, 2.0, 1.0), 0.0)


def classify_streets(ground: Ground, entries: list[Point], town: Point | None) -> pd.DataFrame:
    """Rows of streets.csv: one for each street class of each zone.

    Parameters
    ----------
    ground
        The streets.
    entries
        Places on the corridors into the city, in meters.
    town
        Middle of a suburban town in meters, if the map has one.
    """
    curb = curb_m(ground)
    cx, cy = ground.center
    rows: list[dict[str, Any]] = []
    for zone in ZONES:
        angle, out = math.radians(zone.bearing), zone.radii * ground.radius_m
        rows += _zone_rows(
            ground, curb, zone, (cx + out * math.cos(angle), cy + out * math.sin(angle))
        )
    for entry in entries:
        rows += _zone_rows(ground, curb, ENTRY_ZONE, entry)
    if town is not None:
        rows += _zone_rows(ground, curb, TOWN_ZONE, town)
    for number, row in enumerate(rows, 1):
        row["street_id"] = f"ST{number:02d}"
    return pd.DataFrame(rows, columns=["street_id", *STREET_COLUMNS])


STREET_COLUMNS = ("osm_class", "area", "cleaning_class", "category", "key_area")


def _zone_rows(
    ground: Ground, curb: NDArray[np.float64], zone: Zone, center: Point
) -> list[dict[str, Any]]:
    wanted = [HIGHWAY_CLASSES.index(name) for name in zone.classes]
    inside = np.isin(ground.network.arc_class, wanted) & (curb > 0)
    away = ground.distance(center)
    order = np.flatnonzero(inside)[np.argsort(away[inside], kind="stable")]
    if not len(order):
        return []
    total = np.cumsum(curb[order])
    last = min(int(np.searchsorted(total, 1000 * zone.curb_km)), len(order) - 1)
    radius = min(float(away[order[last]]) + 20, zone.largest * ground.radius_m)
    area = circle_wkt(ground, center, radius)
    found = inside & (away <= radius * 0.98)
    present = {ground.highway(int(arc)) for arc in np.flatnonzero(found)}
    return [
        {
            "osm_class": name,
            "area": area,
            "cleaning_class": str(zone.cleaning_class),
            "category": zone.category,
            "key_area": zone.key_area,
        }
        for name in zone.classes
        if name in present
    ]


def circle_wkt(ground: Ground, center: Point, radius: float) -> str:
    """Polygon around a place in meters, as WKT in degrees."""
    corners = []
    for k in range(NUM_CORNERS + 1):
        angle = 2 * math.pi * (k % NUM_CORNERS) / NUM_CORNERS
        lon, lat = ground.anchor.to_degrees(
            center[0] + radius * math.cos(angle), center[1] + radius * math.sin(angle)
        )
        corners.append(f"{lon:.6f} {lat:.6f}")
    return f"POLYGON (({', '.join(corners)}))"


def programmes() -> pd.DataFrame:
    """Rows of programmes.csv: no work in the hours of traffic, key streets every day.

    Industrial parks, where nobody sleeps, are cleaned three in one at night.
    """
    rest = {
        "no_work_start": 7 * 3600, "no_work_end": 9 * 3600,
        "no_work2_start": 16 * 3600, "no_work2_end": 18 * 3600,
    }  # fmt: skip
    return pd.DataFrame(
        {
            "cleaning_class": number,
            "template": template,
            "times_per_day": 1,
            "frequency": frequency,
            "window_start": start * 3600,
            "window_end": end * 3600,
        }
        | rest
        for number, template, frequency, start, end in (
            ("1", "wash_sweep", "daily", 4, 12), ("2", "wash_sweep", "3/week", 4, 29),
            ("3", "wash_sweep", "1/week", 4, 29), ("4", "three_in_one", "1/week", 21, 29),
        )
    )  # fmt: skip


def operations() -> pd.DataFrame:
    """Rows of operations.csv: one pass, and the three-in-one of flushing, sweeping, finishing."""
    lag = {
        "min_lag_min": int(default_number("clean.threeinone.lag.min")),
        "max_lag_min": int(default_number("clean.threeinone.lag.max")),
    }
    sweep = {
        "vehicle_kind": "sweeper",
        "speed_kmh": default_number("clean.speed.sweep.opt"),
        "water_l_m2": default_number("clean.water.sprinkle"),
        "swept_width_m": default_number("clean.width.wash_sweeper"),
        "sweepings_kg_km": SWEEPINGS_KG_KM,
        "wet": True,
        "sides": "both",
    }
    flush = sweep | {
        "vehicle_kind": "flusher",
        "speed_kmh": default_number("clean.speed.flush.max"),
        "water_l_m2": default_number("clean.water.flush"),
        "sweepings_kg_km": 0.0,
    }
    finish = flush | {"speed_kmh": default_number("clean.speed.sprinkle.max"), "water_l_m2": 0.3}
    dry = sweep | {"water_l_m2": 0.0, "wet": False}
    rows: tuple[tuple[str, int, dict[str, Any], dict[str, Any]], ...] = (
        ("wash_sweep", 1, sweep, {}),
        ("three_in_one", 1, flush, {}),
        ("three_in_one", 2, sweep, lag),
        ("three_in_one", 3, finish, lag),
        ("dry_sweep", 1, dry, {}),
    )
    return pd.DataFrame(
        {"template": name, "pass_no": no, **row, **gap} for name, no, row, gap in rows
    )
