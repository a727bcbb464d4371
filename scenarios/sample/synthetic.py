"""The built-in prefecture city, drawn from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.sample.blocks import fill_blocks
from scenarios.sample.carriageways import Skeleton, close_skeleton, lay_skeleton
from scenarios.sample.lattice import Lattice, draw_lattice
from scenarios.sample.naming import Names
from scenarios.sample.osm_xml import Anchor, MapDraft
from scenarios.sample.outskirts import Town, draw_outskirts

ANCHOR = Anchor(112.20, 31.03)


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
    """Draw a road along each bank between neighboring bridges."""


def _river(draft: MapDraft, lattice: Lattice) -> None:
    refs = [draft.node(x, y) for x, y in lattice.river]
    draft.way(refs, {"waterway": "river", "name": "荆河", "name:en": "Jing River", "width": "110"})


def _crossings(draft: MapDraft, rng: np.random.Generator) -> None:
    """Mark pedestrian crossings on inner nodes of main streets."""
    for refs, tags in list(draft.ways.values()):
        if tags.get("highway") in ("primary", "secondary") and rng.random() < 0.25:
            for node in refs[1:-1][:1]:
                draft.tag(node, highway="crossing", crossing="zebra")
