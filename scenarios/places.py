"""Places against streets: what stands far from any street, and what betrays another datum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.errors import InputError
from routing.network import Network
from routing.profiles import TRUCK, Weights, weigh
from routing.snapping import snap_distances
from scenarios.cells import rows_of
from scenarios.city import City
from scenarios.coordinates import detect_system, from_wgs84, to_wgs84
from scenarios.findings import Findings, at
from scenarios.problem import DOUBTFUL_SNAP_M, FARTHEST_SNAP_M
from scenarios.recoding import SHIFTED, fix_coordinates

TABLES_WITH_PLACES = (("points", "point_id"), ("facilities", "facility_id"), ("cases", "case_id"))


def _distances(
    network: Network, weights: Weights, lon: ArrayLike, lat: ArrayLike
) -> NDArray[np.float64]:
    places = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
    return snap_distances(network, weights, *places)


def refuse_mistaken_places(city: City, network: Network) -> None:
    """Refuse points that as a whole do not lie on the map.

    Raises
    ------
    InputError
        When all points are shifted as another coordinate system than the declared one would shift
        them, or no point is near a street.
    """
    if city.points.empty:
        return
    weights = _any_street(network)
    system = _other_system(city, network, weights)
    if system is not None:
        raise InputError(_mistaken(city, system))
    distance_m = _distances(network, weights, city.points["lon"], city.points["lat"])
    if (distance_m > FARTHEST_SNAP_M).all():
        raise InputError(_nowhere(city, network))


def check_places(city: City, network: Network, *, fix: bool = False) -> list[str]:
    """Return warnings about points, facilities and cases far from streets.

    With ``fix`` the tables are rewritten to WGS-84 if another system is recognized or declared.

    Raises
    ------
    InputError
        When the points as a whole do not lie on the map and are not to be fixed.
    """
    if fix:
        weights = _any_street(network)
        return _fixed(city, _other_system(city, network, weights), network, weights)
    refuse_mistaken_places(city, network)
    return _far_places(city, network, weigh(network, TRUCK))


def _any_street(network: Network) -> Weights:
    """Return weights in which every street counts, however narrow, weak or cut off."""
    slim = replace(TRUCK, name="anything", height_cm=1, width_cm=1, weight_kg=1, hgv=False)
    weights = weigh(network, slim)
    return replace(weights, routable=weights.arc_time_ms >= 0)


def _other_system(city: City, network: Network, weights: Weights) -> str | None:
    """Return the system that the points really seem to be in, where it is not the declared one."""
    return detect_system(
        *from_wgs84(city.points["lon"], city.points["lat"], city.coordinates),
        lambda lon, lat: _distances(network, weights, lon, lat),
        city.coordinates,
    )


def _fixed(city: City, system: str | None, network: Network, weights: Weights) -> list[str]:
    source = system or city.coordinates
    if system is None and source not in SHIFTED:
        return ["the coordinates fit the streets as they are; nothing was rewritten"]
    sparing = _in_place(city, source, network, weights)
    changed = ", ".join(fix_coordinates(city.source or city.folder, source, sparing))
    if source not in SHIFTED:
        return [f"points are WGS-84 already; the settings say so now: {changed}"]
    kept = [f"{name}.csv fits the streets as it is and was left alone" for name in sparing]
    return [f"points read as {source.upper()} and rewritten as WGS-84: {changed}", *kept]


def _in_place(city: City, system: str, network: Network, weights: Weights) -> list[str]:
    """Return the tables beside the points whose places stand nearer to streets as WGS-84."""
    spared = []
    for name, _ in TABLES_WITH_PLACES[1:]:
        frame = city.tables[name]
        if frame.empty:
            continue
        raw = from_wgs84(frame["lon"], frame["lat"], city.coordinates)
        plain, moved = (
            float(np.median(_distances(network, weights, *to_wgs84(*raw, supposed))))
            for supposed in ("wgs84", system)
        )
        if plain < moved:
            spared.append(name)
    return spared


def _mistaken(city: City, system: str) -> str:
    return (
        f"points.csv: all points are shifted against the streets as {system.upper()} read as "
        f"{city.coordinates.upper()} would be; write coordinates = '{system}' into city.toml, or "
        f"run `huanwei check {city.source or city.folder} --fix-coordinates`"
    )


def _nowhere(city: City, network: Network) -> str:
    points = city.points
    west, east = float(network.node_lon.min()), float(network.node_lon.max())
    south, north = float(network.node_lat.min()), float(network.node_lat.max())
    lon, lat = float(points["lon"].median()), float(points["lat"].median())
    swapped = west - 1 <= lat <= east + 1 and south - 1 <= lon <= north + 1
    remedy = (
        "lon and lat look swapped"
        if swapped
        else "is it the map of this city, and are lon and lat in the right columns?"
    )
    return (
        f"points.csv: no point is near a street of the map; the points lie around {lon:.4f}, "
        f"{lat:.4f}, the map spans {west:.4f} to {east:.4f}, {south:.4f} to {north:.4f}; {remedy}"
    )


def _far_places(city: City, network: Network, weights: Weights) -> list[str]:
    found = Findings()
    for name, key in TABLES_WITH_PLACES:
        frame = city.tables[name]
        if frame.empty:
            continue
        distance_m = _distances(network, weights, frame["lon"], frame["lat"])
        for row, far_m in zip(rows_of(frame), distance_m, strict=True):
            if far_m > DOUBTFUL_SNAP_M:
                thing = f"{key} = {getattr(row, key)!r}"
                text = f"{thing} is {far_m:.0f} m from the nearest street that a truck may drive"
                found.add(at(f"{name}.csv", row.row, text))
    return found.told()
