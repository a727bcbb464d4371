"""OSM files (.osm, .osm.gz, .osm.bz2, .osm.pbf) to ways, nodes and restriction relations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import osmium
from numpy.typing import NDArray

from routing.errors import NetworkError
from routing.network import NodeFlag, Tally
from routing.tags import Limits, Traits, limits_of, node_flags, traits_of

OSM_SUFFIXES = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf", ".osm.xml")


@dataclass(frozen=True)
class RawWay:
    """One drivable way: the nodes it runs through and what its tags say."""

    refs: tuple[int, ...]
    traits: Traits


@dataclass(frozen=True)
class RawNode:
    """A node whose tags matter to a truck."""

    flags: NodeFlag
    limits: Limits
    signals_toward: int  # +1 / -1 = lights only along / against the way, 0 = both


@dataclass(frozen=True)
class RawRestriction:
    """One restriction relation: its tags and its members as (type, id, role)."""

    relation_id: int
    tags: dict[str, str]
    members: tuple[tuple[str, int, str], ...]


@dataclass
class RawMap:
    """What an OSM file says about streets, before junctions are known.

    ``node_ids`` is sorted and ``node_lon`` / ``node_lat`` go with it; ``tagged`` holds the nodes
    with barriers, signals, turning places or limits.
    """

    ways: list[RawWay] = field(default_factory=list)
    restrictions: list[RawRestriction] = field(default_factory=list)
    way_ids_in_file: set[int] = field(default_factory=set)
    node_ids: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    node_lon: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    node_lat: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    tagged: dict[int, RawNode] = field(default_factory=dict)


def read_osm(path: Path, tally: Tally, progress: Callable[[str], None]) -> RawMap:
    """Read ways and restrictions in a first pass and their nodes in a second.

    Raises
    ------
    NetworkError
        When the file is empty, damaged or of another format.
    """
    if path.stat().st_size == 0:
        raise NetworkError(f"{path}: the file is empty; expected an OpenStreetMap extract")
    raw = RawMap()
    try:
        progress("reading streets")
        _read_ways(path, raw, tally)
        progress("reading junctions and shapes")
        _read_nodes(path, raw, tally)
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as fault:
        reason = str(fault).splitlines()[0] if str(fault) else type(fault).__name__
        raise NetworkError(
            f"{path}: the file is damaged or no OpenStreetMap data ({reason}); "
            "fetch it again and check its size"
        ) from fault
    return raw


def _read_ways(path: Path, raw: RawMap, tally: Tally) -> None:
    kinds = osmium.osm.WAY | osmium.osm.RELATION
    streets, turns = osmium.filter.KeyFilter("highway"), osmium.filter.KeyFilter("type")
    streets.enable_for(osmium.osm.WAY)
    turns.enable_for(osmium.osm.RELATION)
    processor = osmium.FileProcessor(str(path), kinds).with_filter(streets).with_filter(turns)
    for thing in processor:
        if isinstance(thing, osmium.osm.Way):
            _take_way(thing, raw, tally)
        elif isinstance(thing, osmium.osm.Relation):
            _take_relation(thing, raw)


def _take_relation(relation: osmium.osm.Relation, raw: RawMap) -> None:
    tags = dict(relation.tags)
    if tags.get("type", "").startswith("restriction"):
        members = tuple((m.type, m.ref, m.role) for m in relation.members)
        raw.restrictions.append(RawRestriction(relation.id, tags, members))


def _take_way(way: osmium.osm.Way, raw: RawMap, tally: Tally) -> None:
    if way.id in raw.way_ids_in_file:
        tally.add("ways_repeated", f"way {way.id}")
        return
    raw.way_ids_in_file.add(way.id)
    traits = traits_of(way.id, dict(way.tags), tally)
    if traits is None:
        return
    tally.add("ways_in_file")
    raw.ways.append(RawWay(tuple(node.ref for node in way.nodes), traits))


def _read_nodes(path: Path, raw: RawMap, tally: Tally) -> None:
    wanted = {ref for way in raw.ways for ref in way.refs}
    # The filter works inside the library: other nodes never become Python objects.
    chosen = osmium.filter.IdFilter(wanted)
    chosen.enable_for(osmium.osm.NODE)
    ids: list[int] = []
    lon: list[float] = []
    lat: list[float] = []
    for node in osmium.FileProcessor(str(path), osmium.osm.NODE).with_filter(chosen):
        if not isinstance(node, osmium.osm.Node) or not node.location.valid():
            continue
        ids.append(node.id)
        lon.append(node.location.lon)
        lat.append(node.location.lat)
        if len(node.tags):
            _take_tags(node, raw, tally)
    raw.node_ids, first = np.unique(np.asarray(ids, dtype=np.int64), return_index=True)
    raw.node_lon = np.asarray(lon, dtype=np.float64)[first]
    raw.node_lat = np.asarray(lat, dtype=np.float64)[first]
    tally.add("nodes_in_file", amount=len(raw.node_ids))


def _take_tags(node: osmium.osm.Node, raw: RawMap, tally: Tally) -> None:
    tags = dict(node.tags)
    flags, limits = node_flags(tags), limits_of(tags, tally, f"node {node.id}")
    if not flags and limits == Limits():
        return
    toward = {"forward": 1, "backward": -1}.get(tags.get("traffic_signals:direction", ""), 0)
    raw.tagged[node.id] = RawNode(flags, limits, toward)
    if flags & NodeFlag.BLOCKED:
        tally.add("barriers_blocked", f"node {node.id}")
    elif flags & NodeFlag.GATE:
        tally.add("barriers_gates")
