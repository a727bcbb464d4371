"""The lattice as carriageways: junctions of one to four nodes, bridges, side roads, turn bans."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from scenarios.sample.lattice import (
    OLD_BRIDGE_H,
    RIVER_HALF_WIDTH,
    Edge,
    Lattice,
    river_hits,
)
from scenarios.sample.osm_xml import MapDraft, Point, Tags

HALF_MEDIAN = {"trunk": 13.0, "primary": 10.0}
SIDE_ROAD_OFFSET = 27.0
CLEAR_OF_JUNCTION = 0.08
ROUNDABOUT_RADIUS = 24.0
RING_RADIUS = 4700.0
Junction = tuple[int, int]


@dataclass
class Rail:
    """One carriageway of a stretch: from node ``start`` to ``end`` with nodes at shares between.

    ``offset`` is the distance to the right of the middle line, looking from start to end.
    """

    start: int
    end: int
    line: tuple[Point, ...]
    offset: float
    tags: Tags
    nodes: list[tuple[float, int]] = field(default_factory=list)
    wet: tuple[float, float] | None = None

    @property
    def length_m(self) -> float:
        """Length of the middle line."""
        return sum(math.dist(p, q) for p, q in zip(self.line, self.line[1:], strict=False))

    def place(self, share: float, extra: float = 0.0) -> Point:
        """Place at a share of the length, ``extra`` meters further out."""
        left = share * self.length_m
        for p, q in zip(self.line, self.line[1:], strict=False):
            step = math.dist(p, q)
            if left <= step or q is self.line[-1]:
                ux, uy = (q[0] - p[0]) / step, (q[1] - p[1]) / step
                out = self.offset + math.copysign(extra, self.offset)
                return p[0] + ux * left + uy * out, p[1] + uy * left - ux * out
            left -= step
        raise ValueError("a rail needs two places")


@dataclass
class Skeleton:
    """The drawn lattice: its nodes, rails and ways, open to streets that join in."""

    draft: MapDraft
    lattice: Lattice
    rng: np.random.Generator
    nodes: dict[tuple[int, int, int, int], int] = field(default_factory=dict)
    circle: dict[str, int] = field(default_factory=dict)
    rails: dict[tuple[Edge, int], Rail] = field(default_factory=dict)
    side_rails: dict[tuple[Edge, int], Rail] = field(default_factory=dict)
    ways: dict[tuple[Edge, int], list[int]] = field(default_factory=dict)
    inner: dict[tuple[int, int, str, int], int] = field(default_factory=dict)

    def exists(self, edge: Edge) -> bool:
        """Whether the stretch is part of the city."""
        return edge in self.lattice.edges

    def tracks(self, at: Junction, kind: str) -> tuple[int, ...]:
        """Carriageways of the vertical or horizontal line at a junction: -1 and 1, or 0."""
        line = self.lattice.vertical[at[0]] if kind == "v" else self.lattice.horizontal[at[1]]
        return (-1, 1) if line.dual else (0,)

    def port(self, at: Junction, side: str, track: int) -> int:
        """Node at which a carriageway leaves a junction to the side n, e, s or w."""
        if at == self.lattice.roundabout:
            return self.circle[side]
        along, across = self.tracks(at, "v"), self.tracks(at, "h")
        if side in "ns":
            return self.nodes[
                (*at, track if len(along) > 1 else 0, across[-1 if side == "n" else 0])
            ]
        return self.nodes[(*at, along[-1 if side == "e" else 0], track if len(across) > 1 else 0)]

    def join(self, edge: Edge, share: float, side: int) -> int | None:
        """Node on the carriageway next to one side (1 = north or east) at a share of a stretch.

        None where there is no stretch, or a bridge.
        """
        if not self.exists(edge):
            return None
        rail = self.side_rails.get((edge, side)) or self.rails.get((edge, side))
        rail = rail or self.rails.get((edge, 0))
        if rail is None:
            return None
        if rail is self.side_rails.get((edge, side)):
            share = min(max(share, 0.2), 0.8)
        if rail.wet and rail.wet[0] - 0.03 <= share <= rail.wet[1] + 0.03:
            return None
        return join_rail(self.draft, rail, share)


def join_rail(draft: MapDraft, rail: Rail, share: float) -> int:
    """Node of a rail at a share of its length, an existing one if it is within 12 m."""
    length = rail.length_m
    for at, node in rail.nodes:
        if abs(at - share) * length < 12:
            return node
    node = draft.node(*rail.place(share))
    rail.nodes.append((share, node))
    return node


def lay_skeleton(draft: MapDraft, lattice: Lattice, rng: np.random.Generator) -> Skeleton:
    """Place junctions and rails; `close_skeleton` turns them into ways when all has joined."""
    skeleton = Skeleton(draft, lattice, rng)
    for at in sorted(lattice.centers):
        _junction(skeleton, at)
    for edge in sorted(lattice.edges):
        _stretch(skeleton, edge)
    return skeleton


def _directions(skeleton: Skeleton, at: Junction) -> tuple[Point, Point]:
    """Unit vectors north and east along the lines that meet at a junction."""
    centers = skeleton.lattice.centers
    i, j = at

    def unit(low: Junction, high: Junction) -> Point:
        a, b = centers.get(low, centers[at]), centers.get(high, centers[at])
        length = math.dist(a, b)
        return (b[0] - a[0]) / length, (b[1] - a[1]) / length

    return unit((i, j - 1), (i, j + 1)), unit((i - 1, j), (i + 1, j))


def _junction(skeleton: Skeleton, at: Junction) -> None:
    x, y = skeleton.lattice.centers[at]
    if at == skeleton.lattice.roundabout:
        _roundabout(skeleton, x, y)
        return
    (nx, ny), (ex, ey) = _directions(skeleton, at)
    wide_v = HALF_MEDIAN.get(skeleton.lattice.vertical[at[0]].highway, 0)
    wide_h = HALF_MEDIAN.get(skeleton.lattice.horizontal[at[1]].highway, 0)
    for a in skeleton.tracks(at, "v"):
        for b in skeleton.tracks(at, "h"):
            # eastbound traffic keeps to the south, so track 1 of a horizontal line lies north
            place = (x + a * wide_v * ex + b * wide_h * nx, y + a * wide_v * ey + b * wide_h * ny)
            skeleton.nodes[(*at, a, b)] = skeleton.draft.node(*place)


def _roundabout(skeleton: Skeleton, x: float, y: float) -> None:
    nodes = []
    for k in range(8):
        angle = k * math.pi / 4
        nodes.append(
            skeleton.draft.node(
                x + ROUNDABOUT_RADIUS * math.cos(angle), y + ROUNDABOUT_RADIUS * math.sin(angle)
            )
        )
    skeleton.circle = {"e": nodes[0], "n": nodes[2], "w": nodes[4], "s": nodes[6]}
    tags = {"highway": "secondary", "junction": "roundabout", "oneway": "yes", "lanes": "2"}
    skeleton.draft.way([*nodes, nodes[0]], {**tags, "name": "东湖转盘"})


def _stretch(skeleton: Skeleton, edge: Edge) -> None:
    lattice, rng = skeleton.lattice, skeleton.rng
    line = lattice.line(edge)
    low, high = lattice.ends(edge)
    a, b = lattice.centers[low], lattice.centers[high]
    sides = ("n", "s") if edge[0] == "v" else ("e", "w")
    bend = rng.uniform(-9, 9) if line.dual else rng.uniform(-28, 28)
    if line.highway == "trunk":
        bend = 30.0 * (
            1 if (edge[0] == "h" and edge[2]) or (edge[0] == "v" and not edge[1]) else -1
        )
    length = math.dist(a, b)
    wet = list(river_hits(lattice.river, a, b))
    if wet:
        bend = 0.0
    middle = (
        (a[0] + b[0]) / 2 - (b[1] - a[1]) / length * bend,
        (a[1] + b[1]) / 2 + (b[0] - a[0]) / length * bend,
    )
    path = (a, b) if wet else (a, middle, b)
    share = RIVER_HALF_WIDTH * 1.25 / length
    span = (wet[0] - share, wet[-1] + share) if wet else None
    for track in (-1, 1) if line.dual else (0,):
        offset = track * HALF_MEDIAN.get(line.highway, 0.0)
        # right of a northbound line is east, right of an eastbound one is south
        offset = offset if edge[0] == "v" else -offset
        start, end = skeleton.port(low, sides[0], track), skeleton.port(high, sides[1], track)
        rail = Rail(start, end, path, offset, _tags(skeleton, edge, track), wet=span)
        if not wet:
            rail.nodes.append((0.5, skeleton.draft.node(*rail.place(0.5))))
        skeleton.rails[edge, track] = rail
        if line.side_roads and not wet and length > 420:
            _side_road(skeleton, edge, track, rail)


def direction(edge: Edge, track: int) -> int:
    """Which way traffic runs on a carriageway of a dual line: 1 = from start to end."""
    return track if edge[0] == "v" else -track


def _tags(skeleton: Skeleton, edge: Edge, track: int) -> Tags:
    line = skeleton.lattice.line(edge)
    zh, en = skeleton.lattice.street_name(edge)
    lanes = {"trunk": 3, "primary": 3, "secondary": 4, "tertiary": 2}[line.highway]
    tags = {"highway": line.highway, "name": zh, "lanes": str(lanes), "surface": "asphalt"}
    if line.highway in ("trunk", "primary"):
        tags["name:en"] = en
    elif line.highway == "secondary":
        tags["name:zh"] = zh
    if line.dual:
        tags |= {"oneway": "yes", "dual_carriageway": "yes"}
        tags["maxspeed"] = "70" if line.highway == "trunk" else "60"
    elif skeleton.lattice.one_way(edge):
        tags["oneway"] = "yes" if skeleton.lattice.one_way(edge) == 1 else "-1"
    return tags


def _side_road(skeleton: Skeleton, edge: Edge, track: int, main: Rail) -> None:
    """Draw a side road beside a carriageway, open to it near both ends of the stretch."""
    draft = skeleton.draft
    ends = [join_rail(draft, main, share) for share in (0.1, 0.9)]
    out = SIDE_ROAD_OFFSET - abs(main.offset)
    name = main.tags["name"] + "辅路"
    tags = {"highway": "tertiary", "name": name, "oneway": "yes", "lanes": "1"}
    rail = Rail(ends[0], ends[1], main.line, math.copysign(SIDE_ROAD_OFFSET, main.offset), tags)
    for share in (0.14, 0.5, 0.86):
        rail.nodes.append((share, draft.node(*main.place(share, out))))
    skeleton.side_rails[edge, track] = rail


def close_skeleton(skeleton: Skeleton) -> None:
    """Turn rails and the insides of junctions into ways, with bridges, lights and turn bans."""
    for (edge, track), rail in skeleton.rails.items():
        forward = direction(edge, track) >= 0
        skeleton.ways[edge, track] = _rail_ways(skeleton, edge, rail, forward)
    for (edge, track), rail in skeleton.side_rails.items():
        refs = [rail.start, *(n for _, n in sorted(rail.nodes)), rail.end]
        skeleton.draft.way(refs if direction(edge, track) > 0 else refs[::-1], rail.tags)
    for at in sorted(skeleton.lattice.centers):
        if at != skeleton.lattice.roundabout:
            _inside(skeleton, at)
            _signals(skeleton, at)
    _turn_bans(skeleton)


def _rail_ways(skeleton: Skeleton, edge: Edge, rail: Rail, forward: bool) -> list[int]:
    """Ways of a rail in the direction of traffic: one, or three with a bridge in the middle."""
    draft = skeleton.draft
    parts: list[tuple[list[int], Tags]]
    refs = [rail.start, *(n for _, n in sorted(rail.nodes)), rail.end]
    if rail.wet is None:
        parts = [(refs, rail.tags)]
    else:
        banks = [join_rail(draft, rail, share) for share in rail.wet]
        refs = [rail.start, *(n for _, n in sorted(rail.nodes)), rail.end]
        cut = [refs.index(node) for node in banks]
        over = {**rail.tags, "bridge": "yes", "layer": "1"}
        if edge[2] == OLD_BRIDGE_H and edge[0] == "h":
            over |= {"maxweight": "8", "maxheight": "3.2", "bridge:name": "老桥"}
        parts = [
            (refs[: cut[0] + 1], rail.tags),
            (refs[cut[0] : cut[1] + 1], over),
            (refs[cut[1] :], rail.tags),
        ]
    if not forward:
        parts = [(part[::-1], tags) for part, tags in parts[::-1]]
    return [draft.way(part, tags) for part, tags in parts]


def _sides(skeleton: Skeleton, at: Junction) -> dict[str, Edge]:
    """The stretches that meet at a junction by side."""
    i, j = at
    every: dict[str, Edge] = {
        "n": ("v", i, j), "s": ("v", i, j - 1), "e": ("h", i, j), "w": ("h", i - 1, j),
    }  # fmt: skip
    return {side: edge for side, edge in every.items() if skeleton.exists(edge)}


def _inside(skeleton: Skeleton, at: Junction) -> None:
    """Draw the short pieces between the carriageways of a junction."""
    sides = _sides(skeleton, at)
    up, over = skeleton.tracks(at, "v"), skeleton.tracks(at, "h")
    for kind, across, tracks in (("v", over, up), ("h", up, over)):
        edge = next((sides[s] for s in ("ns" if kind == "v" else "ew") if s in sides), None)
        if edge is None or len(across) < 2:
            continue
        for track in tracks:
            ends = [
                skeleton.nodes[(*at, track, b) if kind == "v" else (*at, b, track)] for b in across
            ]
            tags = _tags(skeleton, edge, track)
            forward = direction(edge, track) >= 0
            refs = ends if forward else ends[::-1]
            skeleton.inner[*at, kind, track] = skeleton.draft.way(refs, tags)


def _signals(skeleton: Skeleton, at: Junction) -> None:
    highways = {skeleton.lattice.line(edge).highway for edge in _sides(skeleton, at).values()}
    main = {"trunk", "primary"} & highways
    if len(_sides(skeleton, at)) > 2 and (main or highways == {"secondary"}):
        for key, node in skeleton.nodes.items():
            if key[:2] == at:
                skeleton.draft.tag(node, highway="traffic_signals")


def _turn_bans(skeleton: Skeleton) -> None:
    """Forbid some left turns and U-turns where a dual line meets a single one."""
    rng, draft = skeleton.rng, skeleton.draft
    for at in sorted(skeleton.lattice.centers):
        if len(skeleton.tracks(at, "v")) != 2 or len(skeleton.tracks(at, "h")) != 1:
            continue
        sides = _sides(skeleton, at)
        inner = skeleton.inner.get((*at, "h", 0))
        one_way = any(skeleton.lattice.one_way(sides[s]) for s in "ew" if s in sides)
        if inner is None or len(sides) < 4 or one_way:
            continue
        northbound_in = skeleton.ways[sides["s"], 1][-1]
        southbound_out = skeleton.ways[sides["s"], -1][0]
        northbound_out = skeleton.ways[sides["n"], 1][0]
        draw = rng.random()
        if draw < 0.35:
            draft.restrict("no_u_turn", northbound_in, ("way", inner), southbound_out)
        elif draw < 0.6:
            via = skeleton.nodes[(*at, 1, 0)]
            draft.restrict("no_left_turn", inner, ("node", via), northbound_out)
        elif draw < 0.8:
            via = skeleton.nodes[(*at, 1, 0)]
            draft.restrict("no_left_turn", northbound_in, ("node", via), inner)
        else:
            via = skeleton.nodes[(*at, 1, 0)]
            side_in = skeleton.ways[sides["e"], 0]
            draft.restrict("only_straight_on", side_in[0], ("node", via), inner)
