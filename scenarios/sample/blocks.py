"""What lies between the main streets: back streets, gated compounds, works, thin fringe lanes."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from scenarios.sample.carriageways import Skeleton
from scenarios.sample.lattice import Edge, river_distance, river_hits
from scenarios.sample.naming import Names
from scenarios.sample.osm_xml import Point, Tags

BANK_M = 95.0
PARKS = {(9, 5), (5, 9), (12, 6)}
SHOPPING_STREETS = {(7, 5), (6, 6)}
SIDES = ("w", "e", "s", "n")


@dataclass
class Block:
    """A cell of the lattice, with places given as shares from west to east and south to north."""

    skeleton: Skeleton
    names: Names
    i: int
    j: int

    @property
    def rng(self) -> np.random.Generator:
        """Source of chance."""
        return self.skeleton.rng

    def place(self, s: float, t: float, slack: float = 0.02) -> Point:
        """Place on the ground, off by up to ``slack`` of the block."""
        s += float(self.rng.uniform(-slack, slack))
        t += float(self.rng.uniform(-slack, slack))
        c, i, j = self.skeleton.lattice.centers, self.i, self.j
        a, b, d, e = c[i, j], c[i + 1, j], c[i, j + 1], c[i + 1, j + 1]
        return tuple(  # type: ignore[return-value]
            (1 - s) * (1 - t) * a[k] + s * (1 - t) * b[k] + (1 - s) * t * d[k] + s * t * e[k]
            for k in (0, 1)
        )

    def node(self, s: float, t: float, slack: float = 0.02) -> int | None:
        """New node, None where the river is."""
        x, y = self.place(s, t, slack)
        if river_distance(self.skeleton.lattice.river, x, y) < BANK_M:
            return None
        return self.skeleton.draft.node(x, y)

    def edge(self, side: str) -> tuple[Edge, int]:
        """The stretch on one side of the block, and on which side of it the block lies."""
        i, j = self.i, self.j
        every: dict[str, tuple[Edge, int]] = {
            "w": (("v", i, j), 1), "e": (("v", i + 1, j), -1),
            "s": (("h", i, j), 1), "n": (("h", i, j + 1), -1),
        }  # fmt: skip
        return every[side]

    def join(self, side: str, share: float) -> int | None:
        """Node on the street on one side of the block."""
        edge, lies = self.edge(side)
        return self.skeleton.join(edge, share, lies)

    def street_on(self, side: str) -> str:
        """Name of the street on one side, empty where there is none."""
        edge, _ = self.edge(side)
        return self.skeleton.lattice.street_name(edge)[0] if self.skeleton.exists(edge) else ""

    def street(self, nodes: list[int | None], tags: Tags) -> int | None:
        """Way through the nodes that exist, unless the river cuts it."""
        refs = [node for node in nodes if node is not None]
        places = [self.skeleton.draft.places[node] for node in refs]
        river = self.skeleton.lattice.river
        if any(river_hits(river, p, q) for p, q in zip(places, places[1:], strict=False)):
            return None
        return self.skeleton.draft.way(refs, tags) if len(refs) > 1 else None


def fill_blocks(skeleton: Skeleton, names: Names) -> None:
    """Draw the inside of every block."""
    num_x, num_y = skeleton.lattice.shape
    for i in range(num_x - 1):
        for j in range(num_y - 1):
            if (i, j) in PARKS:
                continue
            _FILLERS[zone(i, j, skeleton.lattice.shape)](Block(skeleton, names, i, j))


def zone(i: int, j: int, shape: tuple[int, int]) -> str:
    """Use of a block: old_town, residential, industrial_park or fringe."""
    if 4 <= i <= 9 and 3 <= j <= 8:
        return "old_town"
    if i >= 11 and j <= 3:
        return "industrial_park"
    if i in (0, shape[0] - 2) or j in (0, shape[1] - 2):
        return "fringe"
    return "residential"


def _old_town(block: Block) -> None:
    rng = block.rng
    s, t = rng.uniform(0.35, 0.65, 2)
    middle, near = block.node(s, t), block.node(s * 0.5, t)
    along = [block.join("w", t), near, middle, block.join("e", t + rng.uniform(-0.1, 0.1))]
    zh, en = block.names.street("residential")
    shops = (block.i, block.j) in SHOPPING_STREETS
    tags = {"highway": "residential", "name": zh, "name:en": en}
    block.street(along, {**tags, "hgv": "no"} if shops else tags)
    parent = block.street_on("s") or zh
    lane = {"highway": "living_street" if rng.random() < 0.5 else "residential"}
    lane |= {"name": block.names.alley(parent), "lanes": "1"}
    if rng.random() < 0.3:
        lane["maxwidth"] = "2.2"
    across = [block.join("s", s), block.node(s, t * 0.5, 0.05), middle]
    north = [block.node(s, (1 + t) / 2, 0.05), block.join("n", s)]
    block.street(across + (north if rng.random() < 0.7 else north[:1]), lane)
    blind = {"highway": "service", "service": "alley", "name": block.names.alley(zh), "lanes": "1"}
    if rng.random() < 0.3:
        blind["maxwidth"] = "2.2"
    end = block.node(s * 0.5, (1 + t) / 2, 0.06)
    block.street([near, end], blind)
    if rng.random() < 0.35:
        compound(block, block.join("e", 0.8), (0.78, 0.8), 0.1)


def _residential(block: Block) -> None:
    rng = block.rng
    upright = bool(rng.random() < 0.5)
    if not any(block.street_on(side) for side in ("sn" if upright else "we")):
        upright = not upright
    ends = ("s", "n") if upright else ("w", "e")
    share = float(rng.uniform(0.42, 0.58))
    joints = [block.join(side, share) for side in ends]
    if joints == [None, None]:
        return

    def at(along: float, over: float) -> tuple[float, float]:
        return (over, along) if upright else (along, over)

    inner = [block.node(*at(k, share + rng.uniform(-0.03, 0.03))) for k in (0.25, 0.5, 0.75)]
    zh, en = block.names.street("residential")
    tags = {"highway": "residential", "name": zh, "lanes": "2"}
    if rng.random() < 0.3:
        tags["name:en"] = en
    way = block.street([joints[0], *inner, joints[1]], tags)
    if way is None:
        return
    wanted = 2 if rng.random() < 0.75 else 1
    for k, over in list(enumerate((0.22, 0.78)))[:wanted]:
        compound(block, inner[2 * k], at((0.27, 0.73)[k], over), 0.13)
    if rng.random() < 0.35:
        far = [block.node(*at(0.5, share + 0.2)), block.node(*at(0.55, share + 0.32))]
        end = {"highway": "residential", "name": block.names.alley(zh), "lanes": "1"}
        blind = block.street([inner[1], *far], end)
        if blind is not None and far[1] is not None and rng.random() < 0.5:
            block.skeleton.draft.tag(far[1], highway="turning_circle")


def compound(block: Block, entry: int | None, middle: tuple[float, float], size: float) -> None:
    """Draw a gated compound: a gate behind the entry, a loop of private ways, sometimes a spur."""
    rng, draft = block.rng, block.skeleton.draft
    s, t = middle
    quads = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    corners = [block.node(s + a * size, t + b * size * 0.8, 0.015) for a, b in quads]
    loop = [node for node in corners if node is not None]
    if entry is None or len(loop) < 4:
        return
    start = draft.places[entry]
    loop.sort(key=lambda node: math.dist(start, draft.places[node]))
    first = loop[0]
    corner = corners.index(first)
    ring = [node for node in corners[corner:] + corners[:corner] if node is not None]
    length = math.dist(start, draft.places[first])
    step = min(18.0, length / 2) / length
    gate = draft.node(
        start[0] + (draft.places[first][0] - start[0]) * step,
        start[1] + (draft.places[first][1] - start[1]) * step,
        barrier="lift_gate" if rng.random() < 0.5 else "gate",
    )
    tags = {"highway": "service", "access": "private", "name": block.names.compound()}
    if block.street([entry, gate, first], tags) is None:
        return
    block.street([*ring, first], tags)
    if rng.random() < 0.4:
        block.street([ring[2], block.node(s, t, 0.01)], {**tags, "service": "driveway"})


def _industrial(block: Block) -> None:
    rng = block.rng
    s, t = rng.uniform(0.4, 0.6, 2)
    middle = block.node(s, t)
    zh, en = block.names.street("unclassified", park=True)
    tags = {"highway": "unclassified", "lanes": "2", "hgv": "designated", "name": zh, "name:en": en}
    west, east = block.node(s - 0.25, t), block.node(s + 0.25, t)
    block.street([block.join("w", t), west, middle, east, block.join("e", t)], tags)
    if rng.random() < 0.6:
        other, _ = block.names.street("unclassified", park=True)
        cross = [block.join("s", s), middle, block.join("n", s)]
        block.street(cross, {**tags, "name": other})
    for base, up in ((west, 0.3), (east, -0.3)):
        if rng.random() < 0.7:
            at = s - 0.25 if base == west else s + 0.25
            yard = [base, block.node(at, t + up)]
            block.street(yard, {"highway": "service", "access": "customers", "lanes": "2"})


def _fringe(block: Block) -> None:
    rng = block.rng
    sides = [SIDES[int(k)] for k in rng.permutation(4)]
    s, t = rng.uniform(0.3, 0.7, 2)
    middle = block.node(s, t, 0.05)
    shares = {"w": t, "e": t, "s": s, "n": s}
    half = {"w": (s / 2, t), "e": ((1 + s) / 2, t), "s": (s, t / 2), "n": (s, (1 + t) / 2)}
    zh, _ = block.names.street("unclassified")
    tags = {"highway": "unclassified", "name": zh, "lanes": "1"}
    first, second, third, _ = sides
    through = [block.join(first, shares[first]), block.node(*half[first], 0.08), middle]
    through += [block.node(*half[second], 0.08), block.join(second, shares[second])]
    block.street(through, tags)
    blind = [middle, block.node(*half[third], 0.08)]
    block.street(blind, {"highway": "residential", "lanes": "1"})
    if rng.random() < 0.25:
        compound(block, blind[1], half[third], 0.07)


_FILLERS = {
    "old_town": _old_town,
    "residential": _residential,
    "industrial_park": _industrial,
    "fringe": _fringe,
}
