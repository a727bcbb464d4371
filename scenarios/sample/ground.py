"""The streets as the maker of a city sees them: where trucks get to, where the core is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.errors import NetworkError
from routing.network import HIGHWAY_CLASSES, ArcFlag, Network
from routing.profiles import SMALL_TRUCK, TRUCK, Profile, weigh
from scenarios.sample.osm_xml import METERS_PER_DEGREE, Anchor, Point

HEAVY = Profile("heavy", height_cm=350, width_cm=250, weight_kg=25_000)
BIN_M = 400.0
CORE_SHARE = 0.8
MIN_CORE_M, MAX_CORE_M = 600.0, 6000.0
CURB_OFFSET_M = {
    "primary": 9.0, "secondary": 8.0, "tertiary": 6.0, "service": 4.0,
}  # fmt: skip
THROUGH_ONLY = (
    "motorway", "motorway_link", "trunk", "trunk_link", "primary_link", "secondary_link",
    "tertiary_link", "track",
)  # fmt: skip
REACH_RADII = 2.0


@dataclass(frozen=True)
class Ground:
    """Arcs of a network in meters, and who can reach them.

    Arrays run over arcs; ``x``, ``y`` are the middle. ``stops`` says where a crew may stop at all,
    ``by_truck`` where a 12 t truck reaches, ``by_heavy`` where a 25 t truck does. The city's core
    is a disc around ``center``; ``reach_m`` is how far from there villages are still served.
    """

    network: Network
    anchor: Anchor
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    length_m: NDArray[np.float64]
    stops: NDArray[np.bool_]
    by_truck: NDArray[np.bool_]
    by_heavy: NDArray[np.bool_]
    center: Point
    radius_m: float
    reach_m: float

    def highway(self, arc: int) -> str:
        """OSM class of an arc."""
        return HIGHWAY_CLASSES[self.network.arc_class[arc]]

    def has(self, flag: ArcFlag) -> NDArray[np.bool_]:
        """Which arcs carry a flag."""
        return np.asarray((self.network.arc_flags & np.uint16(flag)) != 0)

    def distance(self, center: Point | None = None) -> NDArray[np.float64]:
        """Meters from the center of the core, or from another place, to the middle of each arc."""
        cx, cy = center or self.center
        return np.hypot(self.x - cx, self.y - cy)

    def beside(self, arc: int, share: float, extra_m: float = 0.0) -> Point:
        """Longitude and latitude at the curb to the right of an arc."""
        shape = self.network.shape(arc)
        places = [self.anchor.to_meters(lon, lat) for lon, lat in shape]
        steps = [math.dist(p, q) for p, q in zip(places, places[1:], strict=False)]
        left = share * sum(steps)
        piece = 0
        while piece < len(steps) - 1 and not 0 < left <= steps[piece]:
            left -= steps[piece]
            piece += 1
        (x, y), (u, v), step = places[piece], places[piece + 1], steps[piece]
        along = min(max(left / step, 0.0), 1.0) if step else 0.0
        out = (CURB_OFFSET_M.get(self.highway(arc), 5.0) + extra_m) / max(step, 1e-6)
        if not self.network.drive_on_right:
            out = -out
        return self.anchor.to_degrees(
            x + (u - x) * along + (v - y) * out, y + (v - y) * along - (u - x) * out
        )


def survey(network: Network, core: tuple[float, float, float, float] | None = None) -> Ground:
    """Find out where trucks can work and where the streets are densest.

    Parameters
    ----------
    network
        The streets.
    core
        Longitude and latitude of the center, radius of the core and reach in meters, if known.

    Raises
    ------
    NetworkError
        When the map has no street on which a truck could stop.
    """
    anchor = Anchor(float(np.mean(network.node_lon)), float(np.mean(network.node_lat)))
    x, y = _middles(network, anchor)
    length_m = network.arc_length_cm / 100.0
    real = network.arc_base == np.arange(network.num_arcs)
    reach = [np.asarray(weigh(network, p).routable & real) for p in (SMALL_TRUCK, TRUCK, HEAVY)]
    through = np.isin(network.arc_class, [HIGHWAY_CLASSES.index(k) for k in THROUGH_ONLY])
    raised = (network.arc_flags & np.uint16(ArcFlag.BRIDGE | ArcFlag.TUNNEL)) != 0
    turning = (network.arc_flags & np.uint16(ArcFlag.ROUNDABOUT)) != 0
    open_to_all = (network.arc_flags & np.uint16(ArcFlag.NO_MOTOR)) == 0
    stops = (reach[0] | reach[1]) & ~through & ~raised & ~turning & open_to_all & (length_m > 8)
    if not (stops & reach[1]).any():
        raise NetworkError("the map has no street on which a truck could stop; choose another map")
    if core is None:
        center, radius = _core(x[stops], y[stops], length_m[stops])
        far = radius * REACH_RADII
    else:
        center, radius, far = anchor.to_meters(*core[:2]), core[2], core[3]
    return Ground(network, anchor, x, y, length_m, stops, reach[1], reach[2], center, radius, far)


def _middles(network: Network, anchor: Anchor) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Place of the middle vertex of each arc, or between the middle two."""
    first, last = network.shape_first_out[:-1], network.shape_first_out[1:] - 1
    low, high = (first + last) // 2, (first + last + 1) // 2
    scale = METERS_PER_DEGREE * math.cos(math.radians(anchor.lat))
    lon = (network.shape_lon[low] + network.shape_lon[high]) / 2
    lat = (network.shape_lat[low] + network.shape_lat[high]) / 2
    return (lon - anchor.lon) * scale, (lat - anchor.lat) * METERS_PER_DEGREE


def _core(
    x: NDArray[np.float64], y: NDArray[np.float64], length_m: NDArray[np.float64]
) -> tuple[Point, float]:
    """Center and radius of the part of the map with the densest streets."""
    col = ((x - x.min()) / BIN_M).astype(np.int64)
    row = ((y - y.min()) / BIN_M).astype(np.int64)
    grid = np.zeros((int(col.max()) + 1, int(row.max()) + 1))
    np.add.at(grid, (col, row), length_m)
    for axis in (0, 1):  # two passes of a wide mean leave one hill where the city is
        for _ in range(2):
            grid = _smooth(grid, axis)
    at = np.unravel_index(int(np.argmax(grid)), grid.shape)
    cx, cy = x.min() + (at[0] + 0.5) * BIN_M, y.min() + (at[1] + 0.5) * BIN_M
    away = np.hypot(x - cx, y - cy)
    order = np.argsort(away, kind="stable")
    total = np.cumsum(length_m[order])
    near = away[order[int(np.searchsorted(total, CORE_SHARE * total[-1]))]]
    return (float(cx), float(cy)), float(np.clip(near * 1.05, MIN_CORE_M, MAX_CORE_M))


def _smooth(grid: NDArray[np.float64], axis: int, half: int = 4) -> NDArray[np.float64]:
    kernel = np.ones(2 * half + 1)
    return np.apply_along_axis(
        lambda line: np.convolve(line, kernel, "same")[: len(line)], axis, grid
    )
