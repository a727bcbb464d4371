"""Distances and places on the globe, for the audit alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_M = 6_371_008.8


def distance_m(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the great-circle distance between two (lon, lat) in metres (haversine)."""
    lon_a, lat_a, lon_b, lat_b = map(math.radians, (a[0], a[1], b[0], b[1]))
    h = math.sin((lat_b - lat_a) / 2) ** 2
    h += math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))


def line_length_m(line: Sequence[Sequence[float]]) -> float:
    """Return the length of a line of (lon, lat) in metres."""
    return sum(distance_m(a, b) for a, b in zip(line, line[1:], strict=False))


def along(shape: NDArray[np.float64], share: float) -> tuple[float, float]:
    """Return the point at a share of the length of a line, shape (k, 2)."""
    steps = [distance_m(a, b) for a, b in zip(shape, shape[1:], strict=False)]
    left = share * sum(steps)
    for i, step in enumerate(steps):
        if left <= step or i == len(steps) - 1:
            part = min(1.0, left / step) if step else 0.0
            lon, lat = shape[i] + part * (shape[i + 1] - shape[i])
            return float(lon), float(lat)
        left -= step
    return float(shape[0][0]), float(shape[0][1])


def left_of(shape: NDArray[np.float64], point: Sequence[float]) -> float:
    """Return how far a point lies to the left of a line in metres, negative to the right.

    0 where the nearest place on the line is a bend or an end: there a side is a matter of opinion.
    """
    east = math.cos(math.radians(point[1])) * math.radians(1) * EARTH_RADIUS_M
    north = math.radians(1) * EARTH_RADIUS_M
    line = (shape - np.asarray(point)) * (east, north)
    best, side = math.inf, 0.0
    for a, b in zip(line, line[1:], strict=False):
        step = b - a
        square = float(step @ step)
        share = -float(a @ step) / square if square else 0.0
        foot = a + min(1.0, max(0.0, share)) * step
        gap = math.hypot(*foot)
        if gap < best:
            cross = float(step[1] * a[0] - step[0] * a[1])
            best, side = gap, math.copysign(gap, cross) if 0.0 < share < 1.0 else 0.0
    return side
