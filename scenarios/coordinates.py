"""WGS-84, GCJ-02 and BD-09: converting between them and detecting a mix-up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import shapely
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

SYSTEMS = ("wgs84", "cgcs2000", "gcj02", "bd09")
AXIS_M = 6_378_245.0  # Krasovsky 1940, on which the GCJ-02 offset is defined
ECCENTRICITY2 = 0.006_693_421_622_965_943
BD_TURN = np.pi * 3000.0 / 180.0
MAINLAND_BOX = (72.004, 0.8293, 137.8347, 55.8271)  # lon, lat, lon, lat: outside, no offset applies
MIN_POINTS = 5
NOISE_M = 25.0
"""Points this near to streets (median) need no explanation."""


def _floats(lon: ArrayLike, lat: ArrayLike) -> Pair:
    return np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 position of WGS-84 positions in degrees; outside mainland China nothing moves."""
    lon, lat = _floats(lon, lat)
    x, y = lon - 105.0, lat - 35.0
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * np.sqrt(np.abs(x))
    north += waves + (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * np.sqrt(np.abs(x))
    east += waves + (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    curve = 1.0 - ECCENTRICITY2 * np.sin(phi) ** 2
    d_lat = np.degrees(north * curve**1.5 / (AXIS_M * (1.0 - ECCENTRICITY2)))
    d_lon = np.degrees(east * np.sqrt(curve) / (AXIS_M * np.cos(phi)))
    west_end, south_end, east_end, north_end = MAINLAND_BOX
    inside = (lon >= west_end) & (lon <= east_end) & (lat >= south_end) & (lat <= north_end)
    return np.where(inside, lon + d_lon, lon), np.where(inside, lat + d_lat, lat)


def gcj02_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 position of GCJ-02 positions in degrees."""
    lon, lat = _floats(lon, lat)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def wgs84_to_bd09(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """BD-09 position of WGS-84 positions in degrees."""
    return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS-84 position of GCJ-02 positions, inverted to well below a centimetre."""
    return _invert(wgs84_to_gcj02, lon, lat)


def bd09_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """GCJ-02 position of BD-09 positions, inverted to well below a centimetre."""
    return _invert(gcj02_to_bd09, lon, lat)


def bd09_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> Pair:
    """WGS-84 position of BD-09 positions, inverted to well below a centimetre."""
    return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))


def _invert(
    forward: Callable[[ArrayLike, ArrayLike], Pair], lon: ArrayLike, lat: ArrayLike
) -> Pair:
    """Fixed point of position = target - offset(position); the offset hardly varies in space."""
    target_lon, target_lat = _floats(lon, lat)
    at_lon, at_lat = target_lon, target_lat
    for _ in range(12):
        moved_lon, moved_lat = forward(at_lon, at_lat)
        at_lon, at_lat = at_lon + (target_lon - moved_lon), at_lat + (target_lat - moved_lat)
    return at_lon, at_lat


def to_wgs84(lon: ArrayLike, lat: ArrayLike, system: str) -> Pair:
    """WGS-84 position of positions in any of `SYSTEMS` (CGCS2000 differs by centimetres only).

    Raises
    ------
    ValueError
        When the system is unknown.
    """
    if system in ("wgs84", "cgcs2000"):
        return _floats(lon, lat)
    if system == "gcj02":
        return gcj02_to_wgs84(lon, lat)
    if system == "bd09":
        return bd09_to_wgs84(lon, lat)
    raise ValueError(f"coordinate system {system!r}; expected one of {', '.join(SYSTEMS)}")


def from_wgs84(lon: ArrayLike, lat: ArrayLike, system: str) -> Pair:
    """Position in any of `SYSTEMS` of WGS-84 positions, as its tables would hold it."""
    if system in ("wgs84", "cgcs2000"):
        return _floats(lon, lat)
    return wgs84_to_gcj02(lon, lat) if system == "gcj02" else wgs84_to_bd09(lon, lat)


def detect_system(
    lon: ArrayLike,
    lat: ArrayLike,
    distances: Callable[[Floats, Floats], ArrayLike],
    declared: str = "wgs84",
    noise_m: float = NOISE_M,
) -> str | None:
    """System that points really seem to be in, where it is not the one declared.

    Each system in turn is supposed; in the right one the points come to lie beside the streets.

    Parameters
    ----------
    lon, lat
        Points as they stand in the tables, degrees, shape (n,).
    distances
        Gives the distance of WGS-84 positions to the nearest street in metres, shape (n,); NaN or
        infinite where none is near.
    declared
        System that the city says its tables are in.
    noise_m
        Median distance that needs no explanation.

    Returns
    -------
    str or None
        ``gcj02``, ``bd09`` or ``wgs84``; None when the points fit as declared or nothing explains
        them.
    """
    lon, lat = _floats(lon, lat)
    told = np.isfinite(lon) & np.isfinite(lat)
    lon, lat = lon[told], lat[told]
    if len(lon) < MIN_POINTS:
        return None
    own = "wgs84" if declared == "cgcs2000" else declared

    def median_m(system: str) -> float:
        return _median(distances(*to_wgs84(lon, lat, system)))

    if median_m(own) <= noise_m:
        return None
    medians = {system: median_m(system) for system in ("wgs84", "gcj02", "bd09")}
    best = min(medians, key=lambda system: medians[system])
    return best if best != own and medians[best] < 0.6 * medians[own] else None


def _median(distance_m: ArrayLike) -> float:
    """Median in which a distance that is not known counts as endless."""
    distance_m = np.asarray(distance_m, dtype=np.float64)
    return float(np.median(np.where(np.isnan(distance_m), np.inf, distance_m)))


def tables_to_wgs84(tables: dict[str, pd.DataFrame], system: str) -> None:
    """Convert the ``lon``, ``lat`` and ``area`` columns of checked frames, in place."""
    if system in ("wgs84", "cgcs2000"):
        return
    for frame in tables.values():
        if "lon" in frame.columns and len(frame):
            frame["lon"], frame["lat"] = to_wgs84(frame["lon"], frame["lat"], system)
        if "area" in frame.columns:
            frame["area"] = frame["area"].map(lambda wkt: area_to_wgs84(wkt, system)).astype(object)


def area_to_wgs84(wkt: str | None, system: str) -> str | None:
    """Polygon as WKT after conversion, rounded to a millimetre; None where it is empty.

    Raises
    ------
    shapely.errors.ShapelyError
        When the text is no WKT.
    """
    if not wkt:
        return None

    def convert(places: Floats) -> Floats:
        return np.column_stack(to_wgs84(places[:, 0], places[:, 1], system))

    return shapely.to_wkt(shapely.transform(shapely.from_wkt(wkt), convert), rounding_precision=8)
