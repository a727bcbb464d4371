"""Points against streets: what stands far from any street, and what betrays another datum."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import InputError
from routing.network import Network
from routing.profiles import TRUCK, Weights, weigh
from routing.snapping import snap
from scenarios.city import City
from scenarios.coordinates import detect_system, fix_coordinates
from scenarios.problem import DOUBTFUL_SNAP_M, FARTHEST_SNAP_M

SHOWN = 20
"""Points that are named one by one; the rest are counted."""


def _distances(
    network: Network, weights: Weights, lon: ArrayLike, lat: ArrayLike
) -> NDArray[np.float64]:
    places = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return snap(network, weights, *places, np.zeros(len(places[0]), dtype=np.bool_)).distance_m


def check_places(city: City, network: Network, *, fix: bool = False) -> list[str]:
    """Return warnings about points far from streets.

    With ``fix`` the tables are rewritten to WGS-84 if another system is recognized.

    Raises
    ------
    InputError
        When the points as a whole are shifted as GCJ-02 or BD-09 would shift them, and they are
        not to be fixed; or when no point is near a street.
    """
    weights = weigh(network, TRUCK)
    points = city.tables["points"]
    if points.empty:
        return []
    lon, lat = points["lon"].to_numpy(float), points["lat"].to_numpy(float)
    system = detect_system(lon, lat, lambda x, y: _distances(network, weights, x, y))
    if system is not None and fix:
        changed = fix_coordinates(city.folder, system)
        names = ", ".join(str(name) for name in changed)
        return [f"points read as {system.upper()} and rewritten as WGS-84: {names}"]
    if system is not None:
        raise InputError(
            f"points.csv: all points are shifted against the streets as {system.upper()} would"
            f" shift them; write coordinates = '{system}' into city.toml, or run"
            f" `huanwei check {city.folder} --fix-coordinates`"
        )
    return _far_points(city, _distances(network, weights, lon, lat))


def _far_points(city: City, distance: NDArray[np.float64]) -> list[str]:
    points = city.tables["points"]
    lost = int((distance > FARTHEST_SNAP_M).sum())
    if lost == len(points):
        raise InputError(
            "points.csv: no point is near a street of the map; is it the map of this city, and are"
            " lon and lat in the right columns?"
        )
    far = np.flatnonzero(distance > DOUBTFUL_SNAP_M)
    lines = [
        f"points.csv row {points['row'].iloc[i]}: {points['point_id'].iloc[i]} is"
        f" {distance[i]:.0f} m from the nearest street that a truck may drive"
        for i in far[:SHOWN]
    ]
    if len(far) > SHOWN:
        lines.append(f"points.csv: {len(far) - SHOWN} more points are far from a street")
    return lines
