"""A map being drawn in meters, and its OSM file."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import quoteattr

from scenarios.files import write_whole

METERS_PER_DEGREE = 111_320.0
Tags = dict[str, str]
Point = tuple[float, float]


@dataclass(frozen=True)
class Anchor:
    """The place on earth of the plane's origin; x runs east and y north, in meters."""

    lon: float
    lat: float

    def to_degrees(self, x: float, y: float) -> Point:
        """Longitude and latitude of a place in the plane, to a centimeter."""
        scale = METERS_PER_DEGREE * math.cos(math.radians(self.lat))
        return round(self.lon + x / scale, 7), round(self.lat + y / METERS_PER_DEGREE, 7)

    def to_meters(self, lon: float, lat: float) -> Point:
        """Place in the plane of a longitude and latitude."""
        scale = METERS_PER_DEGREE * math.cos(math.radians(self.lat))
        return (lon - self.lon) * scale, (lat - self.lat) * METERS_PER_DEGREE


@dataclass
class MapDraft:
    """Nodes, ways and turn restrictions of a map; identifiers are positive and never reused."""

    anchor: Anchor
    places: dict[int, Point] = field(default_factory=dict)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: dict[int, tuple[list[int], Tags]] = field(default_factory=dict)
    restrictions: list[tuple[list[tuple[str, int, str]], Tags]] = field(default_factory=list)

    def node(self, x: float, y: float, **tags: str) -> int:
        """Add a node."""
        node_id = 100_001 + len(self.places)
        self.places[node_id] = (x, y)
        if tags:
            self.node_tags[node_id] = tags
        return node_id

    def tag(self, node_id: int, **tags: str) -> None:
        """Add tags to a node; those it has stay."""
        self.node_tags[node_id] = {**tags, **self.node_tags.get(node_id, {})}

    def way(self, refs: Iterable[int], tags: Tags) -> int:
        """Add a way."""
        way_id = 500_001 + len(self.ways)
        self.ways[way_id] = (list(refs), dict(tags))
        return way_id

    def restrict(
        self, kind: str, from_way: int, via: tuple[str, int], to_way: int, **tags: str
    ) -> None:
        """Add a turn restriction; ``via`` is ("node" or "way", id)."""
        members = [("way", from_way, "from"), (*via, "via"), ("way", to_way, "to")]
        self.restrictions.append((members, {"type": "restriction", "restriction": kind, **tags}))


def write_osm(draft: MapDraft, path: Path) -> None:
    """Write the map as an OSM file; the same map gives the same bytes."""
    lines = ["<?xml version='1.0' encoding='UTF-8'?>", '<osm version="0.6" generator="huanwei">']
    degrees = {i: draft.anchor.to_degrees(*place) for i, place in draft.places.items()}
    lines.append(_bounds(list(degrees.values())))
    for node_id, (lon, lat) in degrees.items():
        head = f'<node id="{node_id}" version="1" lat="{lat:.7f}" lon="{lon:.7f}"'
        lines += _element("node", head, [], draft.node_tags.get(node_id, {}))
    for way_id, (refs, tags) in draft.ways.items():
        body = [f'<nd ref="{ref}"/>' for ref in refs]
        lines += _element("way", f'<way id="{way_id}" version="1"', body, tags)
    for number, (members, tags) in enumerate(draft.restrictions):
        body = [f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members]
        head = f'<relation id="{900_001 + number}" version="1"'
        lines += _element("relation", head, body, tags)
    lines.append("</osm>\n")
    write_whole(path, "\n".join(lines))


def _bounds(degrees: list[Point]) -> str:
    lons, lats = zip(*degrees, strict=True)
    return (
        f'  <bounds minlat="{min(lats):.7f}" minlon="{min(lons):.7f}" '
        f'maxlat="{max(lats):.7f}" maxlon="{max(lons):.7f}"/>'
    )


def _element(kind: str, head: str, body: list[str], tags: Tags) -> list[str]:
    body = [*body, *(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())]
    if not body:
        return [f"  {head}/>"]
    return [f"  {head}>", *(f"    {line}" for line in body), f"  </{kind}>"]
