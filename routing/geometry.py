"""Distances and bearings on the sphere, and local metres for work inside one city."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the earth (IUGG)."""


def great_circle_m(
    lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
) -> NDArray[np.float64]:
    """Distance in metres between points in degrees, element by element (haversine)."""
    lam1, phi1, lam2, phi2 = (
        np.radians(np.asarray(x, np.float64)) for x in (lon1, lat1, lon2, lat2)
    )
    half = np.sin((phi2 - phi1) / 2) ** 2
    half = half + np.cos(phi1) * np.cos(phi2) * np.sin((lam2 - lam1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(half, 1.0))))


def bearing_deg(
    lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike
) -> NDArray[np.float64]:
    """Bearing from the first to the second point, degrees clockwise from north, for short ways."""
    lam1, phi1, lam2, phi2 = (np.asarray(x, np.float64) for x in (lon1, lat1, lon2, lat2))
    east = (lam2 - lam1) * np.cos(np.radians((phi1 + phi2) / 2))
    return np.asarray(np.degrees(np.arctan2(east, phi2 - phi1)) % 360.0)


def turn_angle_deg(bearing_in: ArrayLike, bearing_out: ArrayLike) -> NDArray[np.float64]:
    """Change of direction in (-180, 180], positive to the right."""
    change = (np.asarray(bearing_out, np.float64) - np.asarray(bearing_in, np.float64)) % 360.0
    return np.asarray(np.where(change > 180.0, change - 360.0, change))


def local_metres(
    lon: ArrayLike, lat: ArrayLike, origin: tuple[float, float]
) -> NDArray[np.float64]:
    """East and north of ``origin`` (lon, lat) in metres, shape (n, 2), equirectangular."""
    lon0, lat0 = origin
    scale = np.pi / 180.0 * EARTH_RADIUS_M
    east = (np.asarray(lon, np.float64) - lon0) * (scale * np.cos(np.radians(lat0)))
    north = (np.asarray(lat, np.float64) - lat0) * scale
    return np.column_stack((east, north))


def shape_lengths_m(
    lon: NDArray[np.float64], lat: NDArray[np.float64], first_out: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Length in metres of each polyline of a CSR of shapes, shape (len(first_out) - 1,)."""
    if len(first_out) <= 1:
        return np.zeros(0)
    steps = great_circle_m(lon[:-1], lat[:-1], lon[1:], lat[1:])
    along = np.concatenate(([0.0], np.cumsum(steps)))
    return np.asarray(along[first_out[1:] - 1] - along[first_out[:-1]])
