"""Closures and limits that the city adds to its map, none of which cuts streets off."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from routing.network import ArcFlag
from routing.profiles import TRUCK, weigh
from scenarios.sample.cleaning import circle_wkt
from scenarios.sample.fleet import PERMIT
from scenarios.sample.ground import HEAVY, Ground
from scenarios.sample.osm_xml import Point

BAN_RADII = 0.25
CORRIDOR_RADII = 0.08
CENTER_MARGIN_M = 100.0
"""The center ends so far outside the ring, or inside the nearest wash station."""
MIN_CENTER_M = 200.0
LEAST_LEFT = 0.985
TRIES = 25


def closures(ground: Ground, avoid: set[str]) -> pd.DataFrame:
    """Rows of closures.csv: one street dug up for a fortnight, without points of its own."""
    network = ground.network
    usable = ground.stops & ground.by_truck & (ground.distance() < ground.radius_m)
    by_way: dict[int, list[int]] = {}
    for arc in np.flatnonzero(usable):
        name = network.name(int(arc))
        if ground.highway(int(arc)) in ("tertiary", "residential") and name and name not in avoid:
            by_way.setdefault(int(network.arc_way_id[arc]), []).append(int(arc))
    columns = ["closure_id", "way_id", "date_from", "date_to", "reason"]
    for way_id in list(by_way)[:TRIES]:
        if _leaves_enough(ground, np.flatnonzero(network.arc_way_id == way_id)):
            row = (
                "C1",
                way_id,
                pd.Timestamp("2024-11-18"),
                pd.Timestamp("2024-12-02"),
                "雨污管网改造",
            )
            return pd.DataFrame([row], columns=columns)
    return pd.DataFrame(columns=columns)


def _leaves_enough(ground: Ground, arcs: NDArray[np.int64]) -> bool:
    """Whether trucks still reach nearly all streets with these arcs shut."""
    for profile in (TRUCK, HEAVY):
        free = weigh(ground.network, profile).routable
        left = weigh(ground.network, profile, arcs).routable
        lost = np.count_nonzero(free & ~left) - len(arcs)
        if lost > (1 - LEAST_LEFT) * np.count_nonzero(free):
            return False
    return True


def limits(
    ground: Ground, facilities: pd.DataFrame, outline: tuple[Point, ...] = ()
) -> pd.DataFrame:
    """Rows of limits.csv: a truck ban in the center, a weak bridge, monitored corridors.

    Parameters
    ----------
    outline
        Corners of the built-up city in meters, if the maker of the map knows them.
    """
    rows: list[dict[str, Any]] = [
        {
            "limit_id": "L-BAN",
            "kind": "truck_ban",
            "area": circle_wkt(ground, ground.center, BAN_RADII * ground.radius_m),
            "from_time": 7 * 3600,
            "to_time": 9 * 3600,
            "permit": PERMIT,
        }
    ]
    bridge = _weak_bridge(ground)
    if bridge is not None:
        rows.append(
            {"limit_id": "L-BRIDGE", "kind": "max_weight_t", "value": 8.0, "way_id": bridge}
        )
    return pd.DataFrame([*rows, *_corridors(ground, facilities, outline)])


def _corridors(
    ground: Ground, facilities: pd.DataFrame, outline: tuple[Point, ...]
) -> list[dict[str, Any]]:
    """The center, and the streets that lead into it past each wash station."""
    washes = [
        (row.facility_id, ground.anchor.to_meters(float(str(row.lon)), float(str(row.lat))))
        for row in facilities[facilities["kind"] == "wash"].itertuples()
    ]
    if outline:
        center = shapely.Polygon(outline).buffer(CENTER_MARGIN_M, join_style="mitre")
    else:
        nearest = min(math.dist(place, ground.center) for _, place in washes)
        center = shapely.Point(ground.center).buffer(max(nearest - CENTER_MARGIN_M, MIN_CENTER_M))
    corners = [ground.anchor.to_degrees(x, y) for x, y in center.exterior.coords]
    area = ", ".join(f"{lon:.6f} {lat:.6f}" for lon, lat in corners)
    rows: list[dict[str, Any]] = [
        {"limit_id": "L-CENTER", "kind": "center", "area": f"POLYGON (({area}))"}
    ]
    for name, place in washes:
        reach = max(CORRIDOR_RADII * ground.radius_m, 150.0) + center.distance(shapely.Point(place))
        rows.append(
            {
                "limit_id": f"L-{name}",
                "kind": "wash_corridor",
                "name": _main_street_in(ground, center, place, reach),
                "area": circle_wkt(ground, place, reach),
                "wash_id": name,
            }
        )
    return rows


def _main_street_in(
    ground: Ground, center: shapely.Polygon, place: Point, reach: float
) -> str | None:
    """Name of the largest street that leads into the center near a place, if one has a name."""
    network = ground.network
    xy = [
        ground.anchor.to_meters(*at) for at in zip(network.node_lon, network.node_lat, strict=True)
    ]
    inside = shapely.contains_xy(center, *np.asarray(xy).T)
    inward = ~inside[network.arc_tail] & inside[network.arc_head]
    near = np.flatnonzero(inward & (ground.distance(place) <= reach))
    named = [int(arc) for arc in near if network.name(int(arc))]
    return network.name(min(named, key=lambda a: (network.arc_class[a], a))) if named else None


def _weak_bridge(ground: Ground) -> int | None:
    """Way of a bridge that heavy trucks can do without."""
    network = ground.network
    bridges = ground.has(ArcFlag.BRIDGE) & (network.arc_base == np.arange(network.num_arcs))
    away = ground.distance()
    limited = np.asarray(network.arc_max_weight_kg > 0)
    order = sorted(np.flatnonzero(bridges), key=lambda a: (not limited[a], away[a], a))
    tried: list[int] = []
    for arc in order:
        way_id = int(network.arc_way_id[arc])
        minor = ground.highway(int(arc)) in ("secondary", "tertiary", "residential", "unclassified")
        if not minor or way_id in tried:
            continue
        tried.append(way_id)
        if _leaves_enough(ground, np.flatnonzero(network.arc_way_id == way_id)):
            return way_id
        if len(tried) >= 5:
            break
    return None
