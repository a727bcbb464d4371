"""Logs that do not lie on the map: another coordinate system, another city, or a common offset."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.errors import InputError
from routing.geometry import EARTH_RADIUS_M, great_circle_m
from routing.network import Network
from routing.profiles import Weights
from routing.snapping import street_distances
from scenarios.coordinates import detect_system
from scenarios.gps.log import Log

SAMPLE = 400
"""Fixes that are looked at, spread over those at which trucks moved."""
MOVED_M, SOON_S = 20.0, 300.0
"""A truck has moved if it is this far from its last fix, and that one so recent."""
MARGIN_DEG = 0.02
NEAR_M = 9.0
"""Moving fixes this near to the middle of streets (median) need no explanation."""
FAR_M = 40.0
"""Fixes farther than this (median) are of no use, whatever the reason."""
REACH_M, STEP_M = 240.0, 20.0
"""Offsets that are tried: so far in each direction, in such steps."""
BETTER = 0.5
"""An offset explains distances if it makes them this much smaller."""
WINDS = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")


def refuse_misplaced(log: Log, network: Network, weights: Weights) -> None:
    """Refuse a log that as a whole does not lie on the streets.

    Raises
    ------
    InputError
        When no truck moves, the fixes lie outside the map, or they are shifted against the streets.
    """
    rows = _moving(log)
    if not len(rows):
        raise InputError(
            f"{log.name}: no truck moves; expected fixes at most {SOON_S:.0f} s apart while driving"
        )
    rows = rows[np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(np.int64)]
    lon, lat = (log.fixes[name].to_numpy()[rows] for name in ("lon", "lat"))
    _refuse_elsewhere(log, network, lon, lat)

    def distances(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        return street_distances(network, weights, lon, lat)

    raw_lon, raw_lat = (log.raw[name].to_numpy()[rows] for name in ("lon", "lat"))
    declared = log.reading.coordinates
    system = detect_system(raw_lon, raw_lat, distances, declared, NEAR_M)
    if system is not None:
        raise InputError(
            f"{log.name}: the fixes are shifted against the streets as {system.upper()} read as "
            f"{declared.upper()} would be; run again with --coordinates {system}"
        )
    typical_m = float(np.median(distances(lon, lat)))
    if typical_m <= NEAR_M:
        return
    _refuse_shifted(log, network, weights, (lon, lat), typical_m)
    if typical_m > FAR_M:
        raise InputError(
            f"{log.name}: half of the fixes of moving trucks are {typical_m:.0f} m and more from "
            f"every street of the map; expected at most {FAR_M:.0f} m; is it the map of this city, "
            "does it hold all streets, and are the receivers sound?"
        )


def _moving(log: Log) -> NDArray[np.int64]:
    """Rows at which a truck was at another place than at its last fix."""
    fixes = log.fixes
    lon, lat, time = (fixes[name].to_numpy() for name in ("lon", "lat", "time_s"))
    truck = fixes["truck_id"].to_numpy()
    if len(fixes) < 2:
        return np.zeros(0, np.int64)
    moved = great_circle_m(lon[:-1], lat[:-1], lon[1:], lat[1:]) >= MOVED_M
    moved &= (truck[:-1] == truck[1:]) & (np.diff(time) <= SOON_S)
    return np.flatnonzero(moved) + 1


def _refuse_elsewhere(
    log: Log, network: Network, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> None:
    """Refuse a log of which most lies outside the map."""
    west, east = float(network.node_lon.min()), float(network.node_lon.max())
    south, north = float(network.node_lat.min()), float(network.node_lat.max())

    def share_inside(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
        inside = (x > west - MARGIN_DEG) & (x < east + MARGIN_DEG)
        inside &= (y > south - MARGIN_DEG) & (y < north + MARGIN_DEG)
        return float(np.mean(inside))

    if share_inside(lon, lat) >= 0.5:
        return
    remedy = (
        "lon and lat look swapped; exchange the names of the two columns"
        if share_inside(lat, lon) >= 0.5
        else "is it the log of this city, and is the map in city.toml the right one?"
    )
    raise InputError(
        f"{log.name}: most fixes lie outside the map; they lie around {np.median(lon):.4f}, "
        f"{np.median(lat):.4f}, the map spans {west:.4f} to {east:.4f}, {south:.4f} to "
        f"{north:.4f}; {remedy}"
    )


def _refuse_shifted(
    log: Log,
    network: Network,
    weights: Weights,
    places: tuple[NDArray[np.float64], NDArray[np.float64]],
    typical_m: float,
) -> None:
    """Refuse a log that lies on the streets once all of it is moved by the same few metres."""
    steps = np.arange(-REACH_M, REACH_M + 1, STEP_M)
    east, north = (axis.ravel() for axis in np.meshgrid(steps, steps))
    to_deg = np.degrees(1 / EARTH_RADIUS_M)
    lon, lat = places
    moved_lon = lon[None, :] + east[:, None] * to_deg / np.cos(np.radians(np.mean(lat)))
    moved_lat = lat[None, :] + north[:, None] * to_deg
    distance = street_distances(network, weights, moved_lon.ravel(), moved_lat.ravel())
    medians = np.median(distance.reshape(len(east), len(lon)), axis=1)
    best = int(np.argmin(medians))
    if medians[best] > max(BETTER * typical_m, STEP_M / 2):
        return
    offset_m = float(np.hypot(east[best], north[best]))
    # the fixes lie on the side from which they would have to be moved back
    bearing = np.degrees(np.arctan2(-east[best], -north[best])) % 360
    wind = WINDS[round(bearing / 45) % 8]
    raise InputError(
        f"{log.name}: all fixes lie about {offset_m:.0f} m {wind} of the streets; expected them on "
        "the streets; is the coordinate system the declared one (--coordinates), or did the "
        "receivers' software shift them?"
    )
