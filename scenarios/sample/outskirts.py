"""Around the city: county roads to four towns, villages along them, lanes outside the ring."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scenarios.sample.blocks import BANK_M
from scenarios.sample.carriageways import HALF_MEDIAN, Skeleton
from scenarios.sample.lattice import Edge, river_distance
from scenarios.sample.naming import TOWNS, Names
from scenarios.sample.osm_xml import Point, Tags

DUAL_ENTRY_M = 750.0
STEP_M = 420.0


@dataclass(frozen=True)
class CountyRoad:
    """A road out of the city: where it leaves the ring and where its town lies."""

    junction: tuple[int, int]
    side: str
    town: Point
    highway: str
    ref: str
    name: str


COUNTY_ROADS = (
    CountyRoad((7, 12), "n", (1500.0, 11800.0), "primary", "G347", "楚北公路"),
    CountyRoad((14, 6), "e", (14200.0, 1900.0), "primary", "G348", "荆东公路"),
    CountyRoad((0, 6), "w", (-16400.0, -2600.0), "primary", "G348", "荆西公路"),
    CountyRoad((7, 0), "s", (-3300.0, -9300.0), "secondary", "S311", "沙石公路"),
)
CONNECTION = (1, 2, "X204", "双龙线")
"""A county road that joins two of the towns without touching the city."""


@dataclass(frozen=True)
class Town:
    """A town as drawn: its name and place, and where its road meets the dual carriageway."""

    name: str
    place: Point
    entry: Point


def draw_outskirts(skeleton: Skeleton, names: Names) -> list[Town]:
    """Draw everything outside the ring."""
    towns, ends = [], []
    for k, road in enumerate(COUNTY_ROADS):
        town_name, english = TOWNS[k]
        gate = _dual_entry(skeleton, road)
        path = _wander(skeleton, skeleton.draft.places[gate], road.town)
        nodes = [gate, *(skeleton.draft.node(*place) for place in path)]
        tags = {"highway": road.highway, "ref": road.ref, "name": road.name, "lanes": "2"}
        skeleton.draft.way(nodes, {**tags, "maxspeed": "70", "name:en": f"{english} Highway"})
        _villages(skeleton, names, nodes)
        center = _town(skeleton, names, nodes[-1], nodes[-2], town_name)
        ends.append(center)
        towns.append(Town(town_name, skeleton.draft.places[center], skeleton.draft.places[gate]))
    _connection(skeleton, ends)
    _ring_lanes(skeleton, names)
    return towns


def _dual_entry(skeleton: Skeleton, road: CountyRoad) -> int:
    """Draw the dual entry corridor outside the ring; return the node where it becomes one road."""
    draft, at = skeleton.draft, road.junction
    kind = "v" if road.side in "ns" else "h"
    center = skeleton.lattice.centers[at]
    length = math.dist(center, road.town)
    ux, uy = (road.town[0] - center[0]) / length, (road.town[1] - center[1]) / length
    gate = draft.node(center[0] + ux * DUAL_ENTRY_M, center[1] + uy * DUAL_ENTRY_M)
    name = skeleton.lattice.vertical[at[0]] if kind == "v" else skeleton.lattice.horizontal[at[1]]
    tags = {"highway": "primary", "ref": road.ref, "name": name.name, "oneway": "yes"}
    tags |= {"dual_carriageway": "yes", "lanes": "2", "maxspeed": "60"}
    for track in (-1, 1):
        port = skeleton.port(at, road.side, track)
        out = HALF_MEDIAN["primary"] * (track if kind == "v" else -track)
        out *= 1 if road.side in "ne" else -1
        refs = [port]
        for share in (0.35, 0.8):
            along = share * DUAL_ENTRY_M
            refs.append(
                draft.node(center[0] + ux * along + uy * out, center[1] + uy * along - ux * out)
            )
        refs.append(gate)
        outward = (track > 0) == (road.side in "nw")
        draft.way(refs if outward else refs[::-1], tags)
    return gate


def _wander(skeleton: Skeleton, start: Point, end: Point) -> list[Point]:
    """Places of a winding road, the start excluded."""
    rng = skeleton.rng
    length = math.dist(start, end)
    ux, uy = (end[0] - start[0]) / length, (end[1] - start[1]) / length
    steps = max(int(length / STEP_M), 4)
    waves = [(rng.uniform(-0.045, 0.045) * length / k, k) for k in (1, 2, 3, 5)]
    path = []
    for step in range(1, steps + 1):
        share = step / steps
        out = sum(size * math.sin(math.pi * k * share) for size, k in waves)
        out += float(rng.uniform(-20, 20)) * (step < steps)
        x, y = start[0] + ux * length * share, start[1] + uy * length * share
        path.append((x - uy * out, y + ux * out))
    return path


def _villages(skeleton: Skeleton, names: Names, road: list[int]) -> None:
    """Draw a village lane with a fork every one to two kilometers."""
    rng, draft = skeleton.rng, skeleton.draft
    at = 3
    while at < len(road) - 3:
        side = 1 if rng.random() < 0.5 else -1
        (x, y), (u, v) = draft.places[road[at]], draft.places[road[at + 1]]
        length = math.dist((x, y), (u, v))
        ux, uy = (u - x) / length, (v - y) / length
        tags = {"highway": "unclassified", "name": names.village() + "路", "lanes": "1"}
        refs, ahead, out = [road[at]], 0.0, 0.0
        for _ in range(int(rng.integers(3, 6))):
            ahead += float(rng.uniform(-90, 110))
            out += float(rng.uniform(130, 260))
            refs.append(
                draft.node(x + ux * ahead - uy * out * side, y + uy * ahead + ux * out * side)
            )
        draft.way(refs, tags)
        fork = [refs[-2], *_spur(skeleton, refs[-2], ux, uy, 240.0)]
        draft.way(fork, {"highway": "residential", "lanes": "1"})
        at += int(rng.integers(3, 6))


def _spur(skeleton: Skeleton, start: int, ux: float, uy: float, length: float) -> list[int]:
    x, y = skeleton.draft.places[start]
    turn = float(skeleton.rng.uniform(-30, 30))
    return [
        skeleton.draft.node(x + ux * length / 2 - uy * turn, y + uy * length / 2 + ux * turn),
        skeleton.draft.node(x + ux * length, y + uy * length),
    ]


def _town(skeleton: Skeleton, names: Names, end: int, before: int, town: str) -> int:
    """Draw a small grid around the end of a county road; return the node in its middle."""
    draft, rng = skeleton.draft, skeleton.rng
    (x, y), (u, v) = draft.places[end], draft.places[before]
    length = math.dist((x, y), (u, v))
    ux, uy = (x - u) / length, (y - v) / length
    columns, rows = 5, 4
    grid: dict[tuple[int, int], int] = {(0, 1): end}
    for a in range(columns):
        for b in range(rows):
            if (a, b) == (0, 1):
                continue
            ahead = a * 190 + rng.uniform(-25, 25)
            out = (b - 1) * 170 + rng.uniform(-20, 20) + 12 * math.sin(a)
            grid[a, b] = draft.node(x + ux * ahead - uy * out, y + uy * ahead + ux * out)
    for b in range(rows):
        main = b == 1
        tags: Tags = {"highway": "tertiary" if main else "residential"}
        tags["name"] = f"{town[:-1]}大街" if main else names.street("residential")[0]
        missing = 0 if main or rng.random() < 0.5 else 1
        draft.way([grid[a, b] for a in range(missing, columns)], tags)
    for a in range(columns):
        tags = {"highway": "residential", "name": names.alley(""), "lanes": "1"}
        draft.way([grid[a, b] for b in range(rows - (a % 2 and rng.random() < 0.5))], tags)
    spur = [grid[columns - 1, 1], *_spur(skeleton, grid[columns - 1, 1], ux, uy, 500.0)]
    draft.way(spur, {"highway": "unclassified", "lanes": "1"})
    return grid[2, 1]


def _connection(skeleton: Skeleton, ends: list[int]) -> None:
    first, second, ref, name = CONNECTION
    del first, second
    a, b = ends[0], ends[1]
    start, end = skeleton.draft.places[a], skeleton.draft.places[b]
    path = _wander(skeleton, start, end)[:-1]
    nodes = [a, *(skeleton.draft.node(*place) for place in path), b]
    skeleton.draft.way(nodes, {"highway": "tertiary", "ref": ref, "name": name, "lanes": "2"})


def _ring_lanes(skeleton: Skeleton, names: Names) -> None:
    """Draw thin lanes that leave the ring outward, most of them dead ends."""
    num_x, num_y = skeleton.lattice.shape
    ring: list[tuple[Edge, int]] = [(("v", 0, j), -1) for j in range(1, num_y - 2, 2)]
    ring += [(("v", num_x - 1, j), 1) for j in range(0, num_y - 2, 2)]
    ring += [(("h", i, 0), -1) for i in range(0, num_x - 2, 2)]
    ring += [(("h", i, num_y - 1), 1) for i in range(1, num_x - 2, 2)]
    for edge, side in ring:
        share = float(skeleton.rng.uniform(0.3, 0.7))
        start = skeleton.join(edge, share, side)
        if start is not None:
            _lane(skeleton, names, start)


def _lane(skeleton: Skeleton, names: Names, start: int) -> None:
    draft, rng = skeleton.draft, skeleton.rng
    x, y = draft.places[start]
    length = math.hypot(x, y)
    ux, uy = x / length, y / length
    refs, ahead, out = [start], 0.0, 0.0
    for _ in range(int(rng.integers(2, 5))):
        ahead += float(rng.uniform(110, 230))
        out += float(rng.uniform(-70, 70))
        place = (x + ux * ahead - uy * out, y + uy * ahead + ux * out)
        if river_distance(skeleton.lattice.river, *place) > BANK_M:
            refs.append(draft.node(*place))
    if len(refs) < 3:
        return
    draft.way(refs, {"highway": "unclassified", "name": names.village() + "路", "lanes": "1"})
    if rng.random() < 0.6:
        fork = [refs[-2], *_spur(skeleton, refs[-2], -uy, ux, float(rng.uniform(150, 320)))]
        draft.way(fork, {"highway": "residential", "lanes": "1"})
    elif rng.random() < 0.5:
        draft.tag(refs[-1], highway="turning_circle")
