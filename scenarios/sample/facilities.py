"""Depots, stations, plants, wash stations and water points, on streets for heavy trucks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from routing.network import ArcFlag
from scenarios.sample.ground import Ground
from scenarios.sample.osm_xml import Point

SITE_CLASSES = ("primary", "secondary", "tertiary", "unclassified")
MAIN_CLASSES = ("primary", "secondary")
SETBACK_M = 9.0
APART_M = 120.0
CLOSING_DAY = "2025-06-30"
SERVED_POINTS = 2000
"""Points from which on plants and stations are larger in proportion: about what these take."""


@dataclass(frozen=True)
class Spec:
    """A facility before it has a place: bearing in degrees from east, distance in core radii."""

    facility_id: str
    name: str
    kind: str
    bearing: float
    radii: float
    streams: tuple[str, ...] = ()
    hours: tuple[int, int] | None = None
    bays: int = 1
    capacity_t_day: float = math.nan
    haul_to: str | None = None
    storage_t: float = math.nan


SPECS = (
    Spec("D1", "城西环卫停车场", "depot", 165, 0.8, bays=1),
    Spec("D2", "城东环卫停车场", "depot", -35, 0.75, bays=1),
    Spec(
        "T1",
        "城北垃圾中转站",
        "transfer",
        70,
        0.55,
        ("other", "sweepings"),
        (4, 24),
        2,
        60,
        "I1",
        24,
    ),
    Spec("T2", "城西垃圾中转站", "transfer", 190, 0.45, ("other",), (5, 23), 1, 45, "I1", 20),
    Spec(
        "T3",
        "城南垃圾中转站",
        "transfer",
        -80,
        0.5,
        ("other", "sweepings"),
        (0, 48),
        2,
        60,
        "I1",
        20,
    ),
    Spec("K1", "厨余垃圾处理站", "plant", -60, 0.85, ("kitchen",), (6, 24), 2, 80),
    Spec("I1", "生活垃圾焚烧发电厂", "plant", 180, 1.25, ("other",), (5, 22), 3, 350),
    Spec("L1", "生活垃圾填埋场", "landfill", -110, 1.7, ("other", "sweepings"), (6, 20), 2, 200),
    Spec("R1", "可回收物分拣中心", "plant", -20, 0.6, ("recyclable",), (7, 24), 1, 30),
    Spec("H1", "有害垃圾暂存库", "plant", -30, 0.7, ("hazardous",), (8, 18), 1, 2),
    Spec("W1", "城北洗车站", "wash", 85, 1.0, hours=(0, 48)),
    Spec("W2", "城东洗车站", "wash", 0, 1.0, hours=(0, 48)),
    Spec("W3", "城西洗车站", "wash", 185, 1.0, hours=(0, 48)),
)
WATER_POINTS = ((15, 0.2), (75, 0.35), (135, 0.2), (180, 0.4), (225, 0.3), (270, 0.3), (315, 0.35), (0, 0.55))  # fmt: skip  # noqa: E501


def place_facilities(ground: Ground, known: dict[str, Point], points: int) -> pd.DataFrame:
    """Rows of facilities.csv.

    Parameters
    ----------
    ground
        The streets.
    known
        Places in meters that the maker of the map had in mind, by facility.
    points
        Rows of points.csv; sites of more than ``SERVED_POINTS`` are larger in proportion.
    """
    scale = max(1.0, points / SERVED_POINTS)
    sites = _Sites(ground)
    specs = [*SPECS, *_water_points()]
    rows = []
    for spec in specs:
        wish = known.get(spec.facility_id) or _wish(ground, spec)
        lon, lat = sites.take(wish, inbound=spec.kind == "wash")
        rows.append(_row(spec, lon, lat, scale))
    frame = pd.DataFrame(rows)
    closing = frame["facility_id"] == "L1"
    frame["active_to"] = pd.to_datetime(pd.Series(CLOSING_DAY, frame.index)).where(closing)
    return frame


def _water_points() -> list[Spec]:
    return [
        Spec(f"F{k}", f"{k}号取水点", "water", bearing, radii)
        for k, (bearing, radii) in enumerate(WATER_POINTS, 1)
    ]


def _wish(ground: Ground, spec: Spec) -> Point:
    angle = math.radians(spec.bearing)
    cx, cy = ground.center
    out = spec.radii * ground.radius_m
    return cx + out * math.cos(angle), cy + out * math.sin(angle)


def _row(spec: Spec, lon: float, lat: float, scale: float) -> dict[str, Any]:
    start, end = spec.hours or (None, None)
    return {
        "facility_id": spec.facility_id,
        "name": spec.name,
        "kind": spec.kind,
        "lon": lon,
        "lat": lat,
        "streams": spec.streams,
        "open": None if start is None else start * 3600,
        "close": None if end is None else end * 3600,
        "bays": math.ceil(spec.bays * scale),
        "capacity_t_day": round(spec.capacity_t_day * scale, 1),
        "haul_to": spec.haul_to,
        "storage_t": round(spec.storage_t * scale, 1),
    }


class _Sites:
    """Places for facilities: beside larger streets that a 25 t truck reaches, apart."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        arcs = np.flatnonzero(self._suitable())
        self.arcs = arcs
        self.free = np.ones(len(arcs), dtype=np.bool_)
        self.inward = _leads_inward(ground, arcs)

    def _suitable(self) -> NDArray[np.bool_]:
        ground = self.ground
        closed = ground.has(ArcFlag.PRIVATE | ArcFlag.DELIVERY | ArcFlag.GATED)
        best = ground.stops & ground.by_heavy & ~closed
        best &= ground.distance() <= max(ground.reach_m, 2 * ground.radius_m)
        larger = np.asarray([ground.highway(a) in SITE_CLASSES for a in range(len(best))])
        for choice in (best & larger, best, ground.stops & ground.by_heavy, ground.stops):
            if np.count_nonzero(choice) >= 2 * (len(SPECS) + len(WATER_POINTS)):
                return choice
        return ground.stops

    def take(self, wish: Point, inbound: bool = False) -> Point:
        """Place at the suitable street nearest to the wish that is not taken.

        ``inbound``: beside the direction of a main street that leads toward the center, if any.
        """
        ground, arcs = self.ground, self.arcs
        away = np.hypot(ground.x[arcs] - wish[0], ground.y[arcs] - wish[1])
        if not self.free.any():
            self.free[:] = True
        free = self.free & self.inward if inbound and (self.free & self.inward).any() else self.free
        k = int(np.argmin(np.where(free, away, np.inf)))
        arc = int(arcs[k])
        near = np.hypot(ground.x[arcs] - ground.x[arc], ground.y[arcs] - ground.y[arc]) < APART_M
        self.free &= ~near
        return ground.beside(arc, 0.5, SETBACK_M)


def _leads_inward(ground: Ground, arcs: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which arcs are main streets that end nearer to the center than they begin."""
    network = ground.network

    def away(node: int) -> float:
        at = ground.anchor.to_meters(float(network.node_lon[node]), float(network.node_lat[node]))
        return math.dist(at, ground.center)

    ends = zip(network.arc_tail[arcs].tolist(), network.arc_head[arcs].tolist(), strict=True)
    main = np.asarray([ground.highway(int(arc)) in MAIN_CLASSES for arc in arcs], dtype=np.bool_)
    return main & np.asarray([away(head) < away(tail) for tail, head in ends], dtype=np.bool_)
