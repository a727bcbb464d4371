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
