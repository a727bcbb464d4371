"""Small maps written by hand, as OSM XML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from routing.network import Network
from routing.reading import read_network

STEP_DEG = 0.001
"""Grid width: about 111 m north, 95 m east at 31 degrees north."""


@dataclass
class Map:
    """Nodes by number at (east, north) in grid steps, ways and restrictions."""

    nodes: dict[int, tuple[float, float]] = field(default_factory=dict)
    node_tags: dict[int, dict[str, str]] = field(default_factory=dict)
    ways: list[tuple[int, list[int], dict[str, str]]] = field(default_factory=list)
    relations: list[tuple[int, list[tuple[str, int, str]], dict[str, str]]] = field(
        default_factory=list
    )

    def node(self, number: int, east: float, north: float, **tags: str) -> Map:
        """Add a node."""
        self.nodes[number] = (east, north)
        self.node_tags[number] = tags
        return self

    def way(self, number: int, *refs: int, highway: str = "residential", **tags: str) -> Map:
        """Add a way; ``__`` in a tag's name stands for a colon."""
        plain = {key.replace("__", ":"): value for key, value in tags.items()}
        self.ways.append((number, list(refs), {"highway": highway, **plain}))
        return self

    def ban(
        self, source: int, via: str, target: int, value: str = "no_left_turn", **tags: str
    ) -> Map:
        """Add a restriction; ``via`` is ``n3`` for a node or ``w4,w5`` for ways."""
        vias = [(part[0], int(part[1:]), "via") for part in via.split(",")]
        plain = {key.replace("__", ":"): text for key, text in tags.items()}
        if value:
            plain = {"restriction": value, **plain}
        members = [("w", source, "from"), *vias, ("w", target, "to")]
        number = 900 + len(self.relations)
        self.relations.append((number, members, {"type": "restriction", **plain}))
        return self

    def xml(self) -> str:
        """The map as an OSM file."""
        lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
        for number, (east, north) in self.nodes.items():
            lon, lat = 112 + east * STEP_DEG, 31 + north * STEP_DEG
            lines.append(f'<node id="{number}" lon="{lon:.7f}" lat="{lat:.7f}">')
            lines.extend([*_tags(self.node_tags.get(number, {})), "</node>"])
        for number, refs, tags in self.ways:
            lines.append(f'<way id="{number}">')
            lines.extend(f'<nd ref="{ref}"/>' for ref in refs)
            lines.extend([*_tags(tags), "</way>"])
        for number, members, tags in self.relations:
            lines.append(f'<relation id="{number}">')
            for kind, ref, role in members:
                name = {"n": "node", "w": "way"}[kind]
                lines.append(f'<member type="{name}" ref="{ref}" role="{role}"/>')
            lines.extend([*_tags(tags), "</relation>"])
        return "\n".join([*lines, "</osm>"])

    def read(self, folder: Path, *, drive_on_right: bool = True) -> Network:
        """Write the map and read it as a network."""
        path = Path(folder) / "map.osm"
        path.write_text(self.xml(), encoding="utf-8")
        return read_network(path, drive_on_right=drive_on_right)


def _tags(tags: dict[str, str]) -> list[str]:
    return [f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items()]


def cross(**tags: str) -> Map:
    """A crossing at node 0 of four streets: 1 north, 2 east, 3 south, 4 west (way n from 0 to n).

    Each arm is one step long and ends dead.
    """
    made = Map().node(0, 0, 0)
    for number, (east, north) in enumerate([(0, 1), (1, 0), (0, -1), (-1, 0)], start=1):
        made.node(number, east, north).way(number, 0, number, **tags)
    return made


def arc(network: Network, tail: int, head: int, way: int | None = None) -> int:
    """The one real arc from one OSM node to another (of a way)."""
    ids = network.node_osm_id
    hits = (ids[network.arc_tail] == tail) & (ids[network.arc_head] == head)
    hits &= network.arc_base == np.arange(network.num_arcs)
    if way is not None:
        hits &= network.arc_way_id == way
    found = np.flatnonzero(hits)
    assert len(found) == 1, f"{len(found)} arcs from {tail} to {head}"
    return int(found[0])


def has_arc(network: Network, tail: int, head: int) -> bool:
    """Whether any arc runs from one OSM node to another."""
    ids = network.node_osm_id
    return bool(((ids[network.arc_tail] == tail) & (ids[network.arc_head] == head)).any())


def turn(network: Network, *nodes: int) -> int:
    """Index of the turn between the arcs along three OSM nodes, -1 where it is not permitted."""
    first, second = arc(network, *nodes[:2]), arc(network, *nodes[1:])
    for idx in range(network.turn_first_out[first], network.turn_first_out[first + 1]):
        if network.arc_base[network.turn_head[idx]] == second:
            return idx
    return -1


def nodes_along(network: Network, arcs: np.ndarray) -> list[int]:
    """OSM nodes that a sequence of arcs passes."""
    ids = network.node_osm_id
    first = [int(ids[network.arc_tail[arcs[0]]])] if len(arcs) else []
    return first + [int(ids[network.arc_head[a]]) for a in arcs]
