"""The skeleton of the built-in city: bent street lines, their classes, the river, what is where."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenarios.sample.naming import Names
from scenarios.sample.osm_xml import Point

ACROSS_X = (-5200, -4350, -3550, -2800, -2100, -1480, -920, -380, 180, 760, 1420, 2250, 3150, 4150, 5200)  # fmt: skip  # noqa: E501
ACROSS_Y = (-4300, -3500, -2750, -2050, -1420, -860, -310, 240, 830, 1540, 2400, 3350, 4300)
PRIMARY_X, PRIMARY_Y = (3, 7, 11), (3, 6, 9)
SECONDARY_X, SECONDARY_Y = (1, 5, 9, 13), (1, 5, 8, 11)
SIDE_ROADS = {("v", 7), ("h", 6)}
ONE_WAY_PAIRS = {("v", 6): -1, ("v", 8): 1, ("h", 4): 1, ("h", 7): -1}
PAIR_SPAN_X, PAIR_SPAN_Y = (4, 10), (3, 9)
BRIDGES_H = (0, 3, 6, 8, 9, 12)
OLD_BRIDGE_H = 8
HALF_WIDTH_X, HALF_WIDTH_Y = 5200.0, 4300.0
RIVER_HALF_WIDTH = 55.0

Edge = tuple[str, int, int]
"""A stretch of a line: ("v", i, j) runs north from junction (i, j), ("h", i, j) runs east."""


@dataclass(frozen=True)
class Line:
    """A street from one side of the ring to the other."""

    highway: str
    dual: bool
    side_roads: bool
    name: str
    name_en: str


@dataclass(frozen=True)
class Lattice:
    """Lines, the places of their junctions, the stretches that exist, the river."""

    vertical: tuple[Line, ...]
    horizontal: tuple[Line, ...]
    centers: dict[tuple[int, int], Point]
    edges: frozenset[Edge]
    river: tuple[Point, ...]
    roundabout: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Number of vertical and of horizontal lines."""
        return len(self.vertical), len(self.horizontal)

    def line(self, edge: Edge) -> Line:
        """The line that a stretch belongs to."""
        return self.vertical[edge[1]] if edge[0] == "v" else self.horizontal[edge[2]]

    def ends(self, edge: Edge) -> tuple[tuple[int, int], tuple[int, int]]:
        """The junctions at the south or west end and at the north or east end."""
        kind, i, j = edge
        return (i, j), ((i, j + 1) if kind == "v" else (i + 1, j))

    def one_way(self, edge: Edge) -> int:
        """1 = only north or east, -1 = only south or west, 0 = both."""
        kind, i, j = edge
        way = ONE_WAY_PAIRS.get((kind, i if kind == "v" else j), 0)
        span, at = (PAIR_SPAN_Y, j) if kind == "v" else (PAIR_SPAN_X, i)
        return way if span[0] <= at < span[1] else 0

    def street_name(self, edge: Edge) -> tuple[str, str]:
        """Name of a stretch; long main streets have a northern and a southern part and so on."""
        line = self.line(edge)
        if line.highway not in ("trunk", "primary", "secondary"):
            return line.name, line.name_en
        kind, i, j = edge
        at, middle = (j, 6) if kind == "v" else (i, 7)
        words = (
            (("南", "South"), ("北", "North")) if kind == "v" else (("西", "West"), ("东", "East"))
        )
        if line.highway == "trunk":
            return line.name, line.name_en
        zh, en = words[at >= middle]
        tail = 2 if line.name.endswith("大道") else 1
        return f"{line.name[:-tail]}{zh}{line.name[-tail:]}", f"{en} {line.name_en}"


def draw_lattice(rng: np.random.Generator, names: Names) -> Lattice:
    """Lay out the lines within the ring."""
    vertical = tuple(_line("v", i, names) for i in range(len(ACROSS_X)))
    horizontal = tuple(_line("h", j, names) for j in range(len(ACROSS_Y)))
    bend = _Bend(rng)
    centers = {}
    for i, line in enumerate(vertical):
        for j, other in enumerate(horizontal):
            x, y = bend.place(ACROSS_X[i], ACROSS_Y[j])
            # the lesser of two lines may be out of line, so that main streets stay smooth
            slack_x = 45.0 if not line.dual else 0.0
            slack_y = 45.0 if not other.dual else 0.0
            shift = rng.uniform(-1, 1, 2)
            centers[i, j] = (x + slack_x * shift[0], y + slack_y * shift[1])
    river = tuple(bend.place(x, y) for x, y in _river(rng))
    draft = Lattice(vertical, horizontal, centers, frozenset(), river, (13, 8))
    return Lattice(vertical, horizontal, centers, _edges(draft, rng), river, (13, 8))


def _line(kind: str, at: int, names: Names) -> Line:
    last = (len(ACROSS_X) if kind == "v" else len(ACROSS_Y)) - 1
    primary, secondary = (PRIMARY_X, SECONDARY_X) if kind == "v" else (PRIMARY_Y, SECONDARY_Y)
    if at in (0, last):
        word = {"v": ("西", "东"), "h": ("南", "北")}[kind][at == last]
        word_en = {"v": ("West", "East"), "h": ("South", "North")}[kind][at == last]
        return Line("trunk", True, False, f"{word}环路", f"{word_en} Ring Road")
    highway = "primary" if at in primary else "secondary" if at in secondary else "tertiary"
    zh, en = names.street(highway)
    return Line(highway, highway == "primary", (kind, at) in SIDE_ROADS, zh, en)


class _Bend:
    """A smooth map of the straight plan onto the ground: round corners, slow waves, a turn."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.phase = rng.uniform(0, 2 * math.pi, 4)
        self.angle = math.radians(rng.uniform(-9, -5))

    def place(self, x: float, y: float) -> Point:
        """Return the place on the ground of a place in the straight plan."""
        u, v = x / HALF_WIDTH_X, y / HALF_WIDTH_Y
        x, y = x * _narrow(v), y * _narrow(u)
        x += 110 * math.sin(y / 1500 + self.phase[0]) + 45 * math.sin(y / 620 + self.phase[1])
        y += 110 * math.sin(x / 1700 + self.phase[2]) + 45 * math.sin(x / 700 + self.phase[3])
        c, s = math.cos(self.angle), math.sin(self.angle)
        return c * x - s * y, s * x + c * y


def _narrow(share: float) -> float:
    return math.sqrt(max(1 - 0.38 * share * share, 0.3))


def _river(rng: np.random.Generator) -> list[Point]:
    """The river from north to south in the straight plan, in steps of 250 m."""
    phase = rng.uniform(0, 2 * math.pi)
    places = []
    for step in range(57):
        y = 7000 - 250 * step
        x = 1830 + 290 * math.sin(y / 1300 + phase) + 80 * math.sin(y / 520 + 1)
        places.append((x, float(y)))
    return places


def _edges(draft: Lattice, rng: np.random.Generator) -> frozenset[Edge]:
    num_x, num_y = draft.shape
    stretches: list[Edge] = [("v", i, j) for i in range(num_x) for j in range(num_y - 1)]
    stretches += [("h", i, j) for i in range(num_x - 1) for j in range(num_y)]
    kept = set()
    for edge in stretches:
        kind, i, j = edge
        line = draft.line(edge)
        a, b = (draft.centers[end] for end in draft.ends(edge))
        wet = river_hits(draft.river, a, b)
        bridge = (kind == "h" and j in BRIDGES_H) or (kind == "v" and line.highway == "trunk")
        if wet and not bridge:
            continue
        outside_core = not (4 <= i <= 10 and 3 <= j <= 9)
        fixed = line.dual or draft.one_way(edge) or line.highway == "secondary"
        if line.highway == "tertiary" and outside_core and not fixed and rng.random() < 0.3:
            continue
        kept.add(edge)
    return frozenset(kept)


def river_hits(river: tuple[Point, ...], a: Point, b: Point) -> list[float]:
    """Where the line from a to b meets the river, as shares of its length."""
    hits = []
    for p, q in zip(river, river[1:], strict=False):
        if max(p[0], q[0]) < min(a[0], b[0]) - 1 or min(p[0], q[0]) > max(a[0], b[0]) + 1:
            continue
        t = crossing(a, b, p, q)
        if t is not None:
            hits.append(t)
    return sorted(hits)


def crossing(a: Point, b: Point, p: Point, q: Point) -> float | None:
    """Where the line from a to b meets the line from p to q, as a share of the former."""
    ab, pq, ap = (b[0] - a[0], b[1] - a[1]), (q[0] - p[0], q[1] - p[1]), (p[0] - a[0], p[1] - a[1])
    det = ab[0] * pq[1] - ab[1] * pq[0]
    if abs(det) < 1e-9:
        return None
    t = (ap[0] * pq[1] - ap[1] * pq[0]) / det
    s = (ap[0] * ab[1] - ap[1] * ab[0]) / det
    return t if 0 <= t <= 1 and 0 <= s <= 1 else None


def river_distance(river: tuple[Point, ...], x: float, y: float) -> float:
    """Meters from a place to the middle of the river."""
    best = math.inf
    for (px, py), (qx, qy) in zip(river, river[1:], strict=False):
        dx, dy = qx - px, qy - py
        t = max(0.0, min(1.0, ((x - px) * dx + (y - py) * dy) / (dx * dx + dy * dy)))
        best = min(best, math.hypot(px + t * dx - x, py + t * dy - y))
    return best
