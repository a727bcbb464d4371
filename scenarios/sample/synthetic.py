"""The built-in prefecture city, drawn from a seed."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenarios.sample.blocks import fill_blocks
from scenarios.sample.carriageways import Skeleton, close_skeleton, join_rail, lay_skeleton
from scenarios.sample.lattice import BRIDGES_H, Edge, Lattice, crossing, draw_lattice
from scenarios.sample.naming import Names
from scenarios.sample.osm_xml import Anchor, MapDraft, Point
from scenarios.sample.outskirts import Town, draw_outskirts

ANCHOR = Anchor(112.20, 31.03)
BANK_ROAD_M = 88.0


@dataclass(frozen=True)
class Synthetic:
    """The drawn map and what its maker knows about it."""

    draft: MapDraft
    lattice: Lattice
    towns: tuple[Town, ...]


def draw_city(rng: np.random.Generator) -> Synthetic:
    """Draw the whole city."""
    draft = MapDraft(ANCHOR)
    names = Names(rng)
    lattice = draw_lattice(rng, names)
    skeleton = lay_skeleton(draft, lattice, rng)
    fill_blocks(skeleton, names)
    towns = draw_outskirts(skeleton, names)
    _riverside(skeleton)
    close_skeleton(skeleton)
    _river(draft, lattice)
    _crossings(draft, rng)
    return Synthetic(draft, lattice, tuple(towns))


def _riverside(skeleton: Skeleton) -> None:
    """Draw a road along each bank between neighboring bridges, where the bank is free."""
    wet = {e for (e, _), rail in skeleton.rails.items() if rail.wet is not None and e[0] == "h"}
    column = [sorted(edge for edge in wet if edge[2] == j) for j in BRIDGES_H]
    pairs = [(a[0], b[0]) for a, b in zip(column, column[1:], strict=False) if a and b]
    for low, high in pairs:
        for bank in (-1, 1):
            _bank_road(skeleton, low, high, bank)


def _bank_road(skeleton: Skeleton, low: Edge, high: Edge, bank: int) -> None:
    draft, ends = skeleton.draft, []
    for edge, track in ((low, 1), (high, -1)):
        rail = skeleton.rails.get((edge, track)) or skeleton.rails[edge, 0]
        wet = rail.wet or (0.5, 0.5)
        share = (wet[0] - 0.02) if bank < 0 else (wet[1] + 0.02)
        ends.append((rail, share))
    start, end = (rail.place(share) for rail, share in ends)
    path = _bank_path(skeleton.lattice.river, start, end, bank)
    if _blocked(skeleton, [start, *path, end]):
        return
    first, last = (join_rail(draft, rail, share) for rail, share in ends)
    name = "滨江西路" if bank < 0 else "滨江东路"
    tags = {"highway": "tertiary", "name": name, "lanes": "2", "name:en": "Riverside Road"}
    draft.way([first, *(draft.node(*place) for place in path), last], tags)


def _bank_path(river: tuple[Point, ...], start: Point, end: Point, bank: int) -> list[Point]:
    """Places beside the river between the two ends, from south to north."""
    places = []
    for p, q in zip(river[::-1], river[-2::-1], strict=False):
        length = math.dist(p, q)
        x = p[0] + bank * BANK_ROAD_M * abs(q[1] - p[1]) / length
        y = p[1] - bank * BANK_ROAD_M * (q[0] - p[0]) / length
        if start[1] + 120 < y < end[1] - 120:
            places.append((x, y))
    return places


def _blocked(skeleton: Skeleton, path: list[Point]) -> bool:
    """Whether a path crosses a street that is drawn already."""
    draft = skeleton.draft
    streets = [[draft.places[n] for n in refs] for refs, _ in draft.ways.values()]
    streets += [[draft.places[r.start], draft.places[r.end]] for r in skeleton.rails.values()]
    pieces = [pair for places in streets for pair in zip(places, places[1:], strict=False)]
    return any(
        crossing(a, b, p, q) is not None
        for a, b in zip(path[1:-1], path[2:-1], strict=False)
        for p, q in pieces
    )


def _river(draft: MapDraft, lattice: Lattice) -> None:
    refs = [draft.node(x, y) for x, y in lattice.river]
    draft.way(refs, {"waterway": "river", "name": "荆河", "name:en": "Jing River", "width": "110"})


def _crossings(draft: MapDraft, rng: np.random.Generator) -> None:
    """Mark pedestrian crossings on inner nodes of main streets."""
    for refs, tags in list(draft.ways.values()):
        if tags.get("highway") in ("primary", "secondary") and rng.random() < 0.25:
            for node in refs[1:-1][:1]:
                draft.tag(node, highway="crossing", crossing="zebra")
