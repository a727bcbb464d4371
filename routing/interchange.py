"""The door to the OSMnx world, both ways: MultiDiGraph to network and network to MultiDiGraph.

A graph made here and read back is the same network, turn restrictions included: they travel in the
graph attribute ``turn_restrictions`` as JSON, a list of ``[[[u, v, key], ...], kind]`` with kind as
in `routing.network.BanKind`. Graphs made by OSMnx itself carry none.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from routing.building import Columns, build_network
from routing.errors import NetworkError
from routing.network import (
    HIGHWAY_CLASSES,
    ArcFlag,
    BanKind,
    Network,
    NodeFlag,
    Tally,
)
from routing.osm_reading import RawMap, RawNode
from routing.pieces import Junctions, Piece, number_junctions
from routing.tags import Limits, access_rank, limits_of, node_flags, traits_of
from routing.turns import Ban

if TYPE_CHECKING:
    import networkx as nx

RESTRICTIONS = "turn_restrictions"
"""Graph attribute that carries the forbidden sequences of edges."""

WAY_TAGS = (
    *("access", "vehicle", "motor_vehicle", "hgv", "goods", "highway", "service", "area"),
    *("name", "name:zh", "ref", "oneway", "junction", "dual_carriageway"),
    *("bridge", "tunnel", "layer", "lanes", "lanes:forward", "lanes:backward"),
    *("maxspeed", "maxspeed:hgv", "maxheight", "maxheight:physical", "maxwidth"),
    *("maxwidth:physical", "maxweight", "maxweight:hgv", "maxweightrating"),
    "maxweightrating:hgv",
)
"""Tags that a download has to keep."""

NODE_TAGS = (
    *("barrier", "highway", "access", "vehicle", "motor_vehicle", "hgv", "locked"),
    *("maxheight", "maxwidth"),
)

_JOINED = ("max", "lanes")
_ACCESS = ("access", "vehicle", "motor_vehicle", "hgv", "goods")


def load_graphml(path: Path) -> nx.MultiDiGraph:
    """Read a graph that OSMnx has saved.

    Raises
    ------
    NetworkError
        When the file is no such graph.
    """
    import networkx as nx  # noqa: PLC0415 - slow to import
    import osmnx as ox  # noqa: PLC0415

    try:
        return ox.load_graphml(path)
    except (OSError, SyntaxError, ValueError, KeyError, nx.NetworkXError) as fault:
        raise NetworkError(f"{path}: not a graph saved by OSMnx ({fault})") from fault


def download_place(place: str) -> nx.MultiDiGraph:
    """Download the streets of a named place, one edge a way between junctions and barriers.

    Raises
    ------
    NetworkError
        When the place is unknown or the service cannot be reached.
    """
    import osmnx as ox  # noqa: PLC0415 - slow to import

    kept = {name: getattr(ox.settings, name) for name in ("useful_tags_way", "useful_tags_node")}
    ox.settings.useful_tags_way = list(WAY_TAGS)
    ox.settings.useful_tags_node = list(NODE_TAGS)
    try:
        graph = ox.graph_from_place(
            place,
            simplify=False,
            retain_all=True,
            truncate_by_edge=True,
            custom_filter=f'["highway"~"^({"|".join((*HIGHWAY_CLASSES, "road"))})$"]',
        )
        return ox.simplify_graph(
            graph, node_attrs_include=["barrier", "highway"], edge_attrs_differ=["osmid"]
        )
    except (ValueError, TypeError, OSError) as fault:
        reason = str(fault).splitlines()[0][:120] if str(fault) else type(fault).__name__
        raise NetworkError(
            f"place {place!r}: its streets could not be downloaded ({reason}); check the spelling "
            "and the connection, or give an OpenStreetMap file"
        ) from fault
    finally:
        for name, value in kept.items():
            setattr(ox.settings, name, value)


@dataclass(frozen=True)
class _Edge:
    """An edge of the graph as the reader sees it."""

    tail: int
    head: int
    key: tuple[Any, Any, Any]
    way_id: int
    coords: NDArray[np.float64]
    data: dict[str, Any]


def from_networkx(
    graph: nx.MultiDiGraph, *, drive_on_right: bool = True, source: str = "graph"
) -> Network:
    """Network of an OSMnx graph in degrees (not projected).

    Parameters
    ----------
    graph
        Nodes with ``x`` and ``y``; edges with ``highway``, ``osmid`` and, where bent, ``geometry``.
        Attributes that simplification has turned into lists count in their strictest sense.
    drive_on_right
        As in `routing.reading.read_network`.
    source
        Name for the report.

    Raises
    ------
    NetworkError
        When coordinates are missing or projected, or no street is drivable.
    """
    tally = Tally(source)
    nodes = list(graph.nodes)
    raw = _raw_nodes(graph, nodes, tally)
    edges = _edges(graph, {node: idx for idx, node in enumerate(nodes)}, raw)
    pieces: list[Piece] = []
    owners: list[tuple[_Edge, _Edge | None]] = []
    for edge, back in _pair_up(edges):
        piece = _piece(edge, back, tally)
        if piece is not None:
            parts = _open_loop(piece, raw, tally)
            pieces.extend(parts)
            owners.extend([(edge, back)] * len(parts))
    settled, junctions = number_junctions(pieces, raw, tally)
    ids = np.asarray([_node_id(nodes, idx) for idx in junctions.osm_id.tolist()], dtype=np.int64)
    junctions = replace(junctions, osm_id=ids)
    way_ids = {piece.traits.way_id for piece in pieces}
    tally.add("ways_in_file", amount=len(way_ids))
    stored = _stored_restrictions(graph, source)
    if stored is None:
        tally.add("restrictions_unknown")

    def resolve(columns: Columns, _: Junctions, tally: Tally) -> list[Ban]:
        return _bans(stored or [], columns, settled, owners, tally)

    return build_network(settled, junctions, resolve, tally, drive_on_right)


def _raw_nodes(graph: nx.MultiDiGraph, nodes: list[Any], tally: Tally) -> RawMap:
    """Nodes by their position in the graph, with what their tags say."""
    try:
        lon = np.asarray([float(graph.nodes[node]["x"]) for node in nodes])
        lat = np.asarray([float(graph.nodes[node]["y"]) for node in nodes])
    except (KeyError, TypeError, ValueError) as fault:
        raise NetworkError(f"{tally.source}: a node lacks coordinates x and y") from fault
    if len(nodes) and not (np.abs(lon).max() <= 180 and np.abs(lat).max() <= 90):
        raise NetworkError(f"{tally.source}: coordinates are projected; expected degrees (WGS-84)")
    raw = RawMap(node_ids=np.arange(len(nodes), dtype=np.int64), node_lon=lon, node_lat=lat)
    tally.add("nodes_in_file", amount=len(nodes))
    for idx, node in enumerate(nodes):
        tags = _plain_tags(graph.nodes[node])
        flags, limits = node_flags(tags), limits_of(tags, tally, f"node {node}")
        if flags or limits != Limits():
            raw.tagged[idx] = RawNode(flags, limits, 0)
        if flags & NodeFlag.BLOCKED:
            tally.add("barriers_blocked", f"node {node}")
        elif flags & NodeFlag.GATE:
            tally.add("barriers_gates")
    return raw


def _node_id(nodes: list[Any], idx: int) -> int:
    """OSM identifier of a node; negative where the graph has none."""
    if idx < len(nodes) and isinstance(nodes[idx], (int, np.integer)):
        return int(nodes[idx])
    return -idx - 1


def _plain_tags(data: dict[str, Any]) -> dict[str, str]:
    """Attributes as OSM tags: lists become the value that binds a truck most."""
    tags = {}
    for key, value in data.items():
        values = [str(v) for v in (value if isinstance(value, (list, tuple, set)) else [value])]
        values = [v for v in values if v not in {"", "nan", "None"}]
        if not values:
            continue
        if key.startswith(_JOINED):
            tags[key] = ";".join(values)
        elif key in _ACCESS:
            tags[key] = max(values, key=access_rank)
        else:
            tags[key] = values[0]
    return tags


def _edges(graph: nx.MultiDiGraph, index: dict[Any, int], raw: RawMap) -> list[_Edge]:
    """Edges in the order of their ``arc`` attribute if they have one, else of the graph."""
    edges = [
        _edge(u, v, key, data, index, raw) for u, v, key, data in graph.edges(keys=True, data=True)
    ]
    return sorted(edges, key=lambda edge: int(edge.data.get("arc", 0)))


def _edge(
    u: Any, v: Any, key: Any, data: dict[str, Any], index: dict[Any, int], raw: RawMap
) -> _Edge:
    tail, head = index[u], index[v]
    geometry = data.get("geometry")
    if geometry is not None:
        coords = np.asarray(geometry.coords, dtype=np.float64)[:, :2]
    else:
        coords = np.column_stack((raw.node_lon[[tail, head]], raw.node_lat[[tail, head]]))
    osmid = data.get("osmid", 0)
    osmid = osmid[0] if isinstance(osmid, list) and osmid else osmid
    try:
        way_id = int(osmid)
    except (TypeError, ValueError):
        way_id = 0
    return _Edge(tail, head, (u, v, key), way_id, coords, data)


def _pair_up(edges: list[_Edge]) -> Iterable[tuple[_Edge, _Edge | None]]:
    """Each edge with the one that runs back along the same line, each edge once."""
    waiting: dict[tuple[Any, ...], list[int]] = {}
    for number, edge in enumerate(edges):
        waiting.setdefault(_line_key(edge, edge.coords), []).append(number)
    taken = [False] * len(edges)
    for number, edge in enumerate(edges):
        if taken[number]:
            continue
        taken[number] = True
        turned = (edge.head, edge.tail, *_line_key(edge, edge.coords[::-1])[2:])
        twin = next((i for i in waiting.get(turned, []) if not taken[i]), None)
        if twin is not None:
            taken[twin] = True
        yield edge, None if twin is None else edges[twin]


def _line_key(edge: _Edge, coords: NDArray[np.float64]) -> tuple[Any, ...]:
    return edge.tail, edge.head, edge.way_id, np.round(coords, 7).tobytes()


def _piece(edge: _Edge, back: _Edge | None, tally: Tally) -> Piece | None:
    tags = _plain_tags(edge.data)
    tags["oneway"] = "yes" if back is None else "no"
    tags.pop("oneway:motor_vehicle", None)
    if back is not None:
        against = _plain_tags(back.data)
        tags["maxspeed:backward"] = against.get("maxspeed", "")
        tags["maxspeed:forward"] = tags.pop("maxspeed", "")
    traits = traits_of(edge.way_id, tags, tally)
    if traits is None:
        return None
    lights = tuple(bool(e and e.data.get("stop_line") in {True, "True"}) for e in (edge, back))
    return Piece(
        edge.tail,
        edge.head,
        edge.coords,
        traits,
        True,
        back is not None,
        traits.flags,
        traits.limits,
        (lights[0], lights[1]),
    )


def _open_loop(piece: Piece, raw: RawMap, tally: Tally) -> list[Piece]:
    """Divide a piece that ends where it begins at a new junction in its middle."""
    if piece.tail != piece.head:
        return [piece]
    if len(piece.coords) < 3:
        return []
    tally.add("loops_split", f"way {piece.traits.way_id}")
    middle = len(piece.coords) // 2
    number = len(raw.node_ids)
    raw.node_ids = np.append(raw.node_ids, number)
    raw.node_lon = np.append(raw.node_lon, piece.coords[middle, 0])
    raw.node_lat = np.append(raw.node_lat, piece.coords[middle, 1])
    return [
        replace(piece, head=number, coords=piece.coords[: middle + 1], lights=(False, False)),
        replace(piece, tail=number, coords=piece.coords[middle:]),
    ]


def _stored_restrictions(graph: nx.MultiDiGraph, source: str) -> list[Any] | None:
    """Forbidden sequences of edges that an earlier `to_networkx` has stored."""
    stored = graph.graph.get(RESTRICTIONS)
    if stored is None:
        return None
    try:
        return list(json.loads(stored) if isinstance(stored, str) else stored)
    except ValueError as fault:
        raise NetworkError(f"{source}: graph attribute {RESTRICTIONS!r} is not JSON") from fault


def _bans(
    stored: list[Any],
    columns: Columns,
    pieces: list[Piece],
    owners: list[tuple[_Edge, _Edge | None]],
    tally: Tally,
) -> list[Ban]:
    """Stored sequences of edges as sequences of arcs; an edge of a divided loop names none."""
    arc_of: dict[tuple[str, ...], int] = {}
    repeated: set[tuple[str, ...]] = set()
    number = 0
    for piece, (edge, back) in zip(pieces, owners, strict=True):
        for owner in (edge, back) if piece.backward else (edge,):
            if owner is not None:
                name = tuple(map(str, owner.key))
                repeated |= {name} if name in arc_of else set()
                arc_of[name] = number
                number += 1
    bans = []
    for sequence, kind in stored:
        tally.add("restrictions")
        keys = [tuple(map(str, key)) for key in sequence]
        arcs = tuple(arc_of.get(key, -1) for key in keys)
        joined = all(
            columns["arc_head"][a] == columns["arc_tail"][b]
            for a, b in zip(arcs[:-1], arcs[1:], strict=True)
        )
        if min(arcs, default=-1) < 0 or repeated & set(keys) or not joined:
            tally.add("restrictions_unresolved", f"edges {keys}")
            continue
        tally.add("restrictions_applied")
        bans.append(Ban(arcs, BanKind(kind)))
    return bans


def to_networkx(network: Network) -> nx.MultiDiGraph:
    """OSMnx graph of a network: one edge a real arc, ready for every OSMnx function.

    Nodes are named by their OSM identifiers. ``arc`` on each edge is the index of the arc.
    """
    import networkx as nx  # noqa: PLC0415 - slow to import

    graph: nx.MultiDiGraph = nx.MultiDiGraph(crs="epsg:4326", simplified=True)
    ids = network.node_osm_id.tolist()
    for idx, node in enumerate(ids):
        x, y = float(network.node_lon[idx]), float(network.node_lat[idx])
        graph.add_node(node, x=x, y=y, **_node_tags(int(network.node_flags[idx])))
    keys = []
    for arc in range(network.num_real_arcs):
        u, v = ids[network.arc_tail[arc]], ids[network.arc_head[arc]]
        keys.append((u, v, graph.add_edge(u, v, **_edge_tags(network, arc))))
    restrictions = [[[keys[arc] for arc in arcs], int(kind)] for arcs, kind in network.bans()]
    graph.graph[RESTRICTIONS] = json.dumps(restrictions)
    return graph


def _node_tags(flags: int) -> dict[str, str]:
    tags = {}
    if flags & NodeFlag.SIGNALS:
        tags["highway"] = "traffic_signals"
    elif flags & NodeFlag.TURNING:
        tags["highway"] = "turning_circle"
    if flags & NodeFlag.BLOCKED:
        tags["barrier"] = "bollard"
    elif flags & NodeFlag.GATE:
        tags["barrier"] = "gate"
        if flags & NodeFlag.PRIVATE_GATE:
            tags["access"] = "private"
    return tags


def _edge_tags(network: Network, arc: int) -> dict[str, Any]:
    flags = ArcFlag(int(network.arc_flags[arc]))
    tags: dict[str, Any] = {
        "arc": arc,
        "osmid": int(network.arc_way_id[arc]),
        "highway": HIGHWAY_CLASSES[network.arc_class[arc]],
        "oneway": bool(flags & ArcFlag.ONEWAY),
        "reversed": False,
        "length": int(network.arc_length_cm[arc]) / 100,
        "geometry": shapely.LineString(network.shape(arc)),
        **_limit_tags(network, arc),
        **_access_tags(flags),
    }
    if network.name(arc):
        tags["name"] = network.name(arc)
    return tags


def _limit_tags(network: Network, arc: int) -> dict[str, str]:
    tags = {}
    back = int(network.arc_reverse[arc])
    lanes = int(network.arc_lanes[arc])
    if lanes:
        other = int(network.arc_lanes[back]) if back >= 0 else 0
        tags["lanes"] = str(lanes + other)
        if back >= 0:
            tags["lanes:forward"], tags["lanes:backward"] = str(lanes), str(other)
    for tag, value in (
        ("maxspeed", str(network.arc_maxspeed_kmh[arc])),
        ("maxweight", f"{network.arc_max_weight_kg[arc]} kg"),
        ("maxheight", f"{network.arc_max_height_cm[arc]} cm"),
        ("maxwidth", f"{network.arc_max_width_cm[arc]} cm"),
        ("layer", str(network.arc_layer[arc])),
    ):
        if value.split()[0] != "0":
            tags[tag] = value
    return tags


def _access_tags(flags: ArcFlag) -> dict[str, Any]:
    tags: dict[str, Any] = {}
    for flag, tag, value in (
        (ArcFlag.BRIDGE, "bridge", "yes"),
        (ArcFlag.TUNNEL, "tunnel", "yes"),
        (ArcFlag.ROUNDABOUT, "junction", "roundabout"),
        (ArcFlag.DUAL, "dual_carriageway", "yes"),
        (ArcFlag.LIGHTS, "stop_line", True),
        (ArcFlag.DELIVERY, "hgv", "destination"),
        (ArcFlag.NO_HGV, "hgv", "no"),
    ):
        if flags & flag:
            tags[tag] = value
    if flags & ArcFlag.NO_MOTOR:
        tags["access"] = "no"
    elif flags & ArcFlag.PRIVATE:
        tags["access"] = "private"
    elif flags & ArcFlag.DELIVERY:
        tags["access"] = "destination"
    return tags
