"""Maps of a handful of streets, written as OSM files."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np

from routing.network import Network

Tags = dict[str, str]
Members = list[tuple[str, int, str]]

# A crossing (2) with arms to the west (1), east (3), north (4) and south (5); all are two-way.
CROSS_NODES = {
    1: (112.00, 31.00),
    2: (112.01, 31.00),
    3: (112.02, 31.00),
    4: (112.01, 31.01),
    5: (112.01, 30.99),
}
WEST, EAST, NORTH, SOUTH = 10, 11, 12, 13
CROSS_WAYS = {WEST: [1, 2], EAST: [2, 3], NORTH: [2, 4], SOUTH: [2, 5]}


def _tags(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())


def write_osm(
    path: Path,
    nodes: dict[int, tuple[float, float]],
    ways: dict[int, list[int]],
    way_tags: dict[int, Tags] | None = None,
    node_tags: dict[int, Tags] | None = None,
    restrictions: list[tuple[Tags, Members]] | None = None,
) -> Path:
    """Write a map; ways are residential streets unless ``way_tags`` says otherwise."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">']
    for ref, (lon, lat) in nodes.items():
        tags = _tags((node_tags or {}).get(ref, {}))
        parts.append(f'<node id="{ref}" lon="{lon}" lat="{lat}">{tags}</node>')
    for way, refs in ways.items():
        inner = "".join(f'<nd ref="{ref}"/>' for ref in refs)
        tags = {"highway": "residential", **(way_tags or {}).get(way, {})}
        parts.append(f'<way id="{way}">{inner}{_tags(tags)}</way>')
    for number, (tags, members) in enumerate(restrictions or [], start=900):
        inner = "".join(
            f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members
        )
        own = _tags({"type": "restriction", **tags})
        parts.append(f'<relation id="{number}">{inner}{own}</relation>')
    path.write_text("\n".join([*parts, "</osm>"]), encoding="utf-8")
    return path


def turn(start: int, via: int, end: int, kind: str = "node") -> Members:
    """Members of a restriction from one way over a node (or a way) to another way."""
    return [("way", start, "from"), (kind, via, "via"), ("way", end, "to")]


def turn_between(network: Network, start: int, end: int) -> int | None:
    """Index of the turn from one way to another, None if it is not permitted."""
    for arc in range(network.num_arcs):
        if network.arc_way_id[arc] != start:
            continue
        for at in range(network.turn_first_out[arc], network.turn_first_out[arc + 1]):
            if network.arc_way_id[network.turn_head[at]] == end:
                return int(at)
    return None


def arc_from(network: Network, way: int, node: int) -> int:
    """Real arc of a way that begins at an OSM node."""
    for arc in range(network.num_real_arcs):
        if network.arc_way_id[arc] == way and network.node_osm_id[network.arc_tail[arc]] == node:
            return arc
    raise AssertionError(f"way {way} has no arc from node {node}")


def equal_content(one: Network, other: Network) -> bool:
    """Whether two networks have the same arrays and names."""
    return one.fingerprint == other.fingerprint and all(
        np.array_equal(getattr(one, name), getattr(other, name))
        for name in ("arc_tail", "arc_head", "arc_length_cm", "turn_head", "turn_cost_ms")
    )
