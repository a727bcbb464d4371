"""Where waste is put out: places along the streets, denser where the streets are denser."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.network import ArcFlag
from scenarios.sample.ground import Ground
from scenarios.sample.osm_xml import Point

DRAW_WEIGHT = {
    "primary": 0.25, "secondary": 0.45, "tertiary": 0.8, "unclassified": 0.45, "residential": 1.0,
    "living_street": 1.0, "service": 0.9,
}  # fmt: skip
NARROW_SHARE = 0.06
OUTSIDE_SHARE = 0.1
SPACING_M = 170.0


@dataclass(frozen=True)
class Place:
    """A collection place before it becomes rows of points.csv."""

    lon: float
    lat: float
    x: float
    y: float
    street: str
    district: int
    outside: bool
    narrow: bool
    gated: bool
    highway: str


def choose_places(ground: Ground, count: int, rng: np.random.Generator) -> list[Place]:
    """Choose ``count`` places at curbs that trucks reach, apart where there is room.

    Parameters
    ----------
    ground
        The streets.
    count
        How many.
    rng
        Source of chance.

    Returns
    -------
    list of Place
        From the center outward.
    """
    arc, share, weight = _candidates(ground, count)
    key = rng.exponential(size=len(arc)) / weight
    order = np.argsort(key, kind="stable")
    where = [ground.beside(int(arc[k]), float(share[k])) for k in order]
    spots = np.asarray([ground.anchor.to_meters(lon, lat) for lon, lat in where])
    taken = _spread(spots, count)
    cx, cy = ground.center
    taken.sort(key=lambda k: math.hypot(spots[k, 0] - cx, spots[k, 1] - cy))
    return [_place(ground, int(arc[order[k]]), where[k], spots[k]) for k in taken]


def _candidates(
    ground: Ground, count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Arcs, shares of their length and weights of all places that may be drawn."""
    away = ground.distance()
    usable = ground.stops & (away <= ground.reach_m)
    arcs = np.flatnonzero(usable)
    total = float(ground.length_m[arcs].sum())
    step = min(60.0, total / (3.0 * count))
    num = np.maximum((ground.length_m[arcs] / step).astype(np.int64), 1)
    arc = np.repeat(arcs, num)
    first = np.repeat(np.cumsum(num) - num, num)
    share = (np.arange(len(arc)) - first + 0.5) / np.repeat(num, num)
    weight = _weights(ground)[arc] / np.repeat(num, num) * np.repeat(ground.length_m[arcs], num)
    return arc, share, weight


def _weights(ground: Ground) -> NDArray[np.float64]:
    """Weight of a meter of each arc, so that the outskirts and narrow lanes get their share."""
    weight = np.asarray([DRAW_WEIGHT.get(ground.highway(a), 0.2) for a in range(len(ground.x))])
    weight[ground.has(ArcFlag.PRIVATE)] *= 2.0
    away = ground.distance() / ground.radius_m
    weight *= np.exp(-0.9 * np.minimum(away, 1.0) ** 2)
    weight = np.where(ground.stops, weight, 0.0) * np.minimum(1.0, 3.0 / np.maximum(away, 1e-9))
    outside, narrow = away > 1.0, ~ground.by_truck
    _scale(weight, ground.length_m, outside, OUTSIDE_SHARE)
    _scale(weight, ground.length_m, narrow, NARROW_SHARE)
    return np.maximum(weight, 1e-9)


def _scale(
    weight: NDArray[np.float64],
    length_m: NDArray[np.float64],
    part: NDArray[np.bool_],
    share: float,
) -> None:
    """Bring the weight of a part of the streets down to a share of all."""
    mass = weight * length_m
    inside, rest = float(mass[part].sum()), float(mass[~part].sum())
    if inside > 0 and rest > 0 and inside / (inside + rest) > share:
        weight[part] *= share * rest / ((1 - share) * inside)


def _spread(spots: NDArray[np.float64], count: int) -> list[int]:
    """First ``count`` places that keep a distance, which shrinks until there are enough."""
    taken: list[int] = []
    gap = SPACING_M
    while True:
        taken = _apart(spots, count, gap)
        if len(taken) == count or gap < 0.5:
            break
        gap *= 0.7
    rest = [k for k in range(len(spots)) if k not in set(taken)]
    return taken + rest[: count - len(taken)]


def _apart(spots: NDArray[np.float64], count: int, gap: float) -> list[int]:
    cells: dict[tuple[int, int], list[int]] = {}
    taken: list[int] = []
    for k, (x, y) in enumerate(spots):
        col, row = int(x // gap), int(y // gap)
        near = (
            other
            for a in (-1, 0, 1)
            for b in (-1, 0, 1)
            for other in cells.get((col + a, row + b), ())
        )
        if any(math.hypot(spots[o, 0] - x, spots[o, 1] - y) < gap for o in near):
            continue
        cells.setdefault((col, row), []).append(k)
        taken.append(k)
        if len(taken) == count:
            break
    return taken


def _place(ground: Ground, arc: int, where: Point, spot: NDArray[np.float64]) -> Place:
    x, y = float(spot[0]), float(spot[1])
    away = math.hypot(x - ground.center[0], y - ground.center[1])
    flags = int(ground.network.arc_flags[arc])
    return Place(
        where[0],
        where[1],
        x,
        y,
        ground.network.name(arc),
        district_of(ground, x, y),
        away > ground.radius_m,
        not bool(ground.by_truck[arc]),
        bool(flags & (ArcFlag.PRIVATE | ArcFlag.GATED)),
        ground.highway(arc),
    )


def district_of(ground: Ground, x: float, y: float) -> int:
    """District of a place: 0 in the middle, 1 to 4 = east, north, west, south."""
    dx, dy = x - ground.center[0], y - ground.center[1]
    if math.hypot(dx, dy) < 0.38 * ground.radius_m:
        return 0
    return 1 + round(math.atan2(dy, dx) / (math.pi / 2)) % 4
