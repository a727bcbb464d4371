"""OSMnx graphs to networks and back."""

from __future__ import annotations

import networkx
import numpy as np
import pytest
import shapely

from routing.errors import NetworkError
from routing.interchange import from_networkx, to_networkx
from routing.network import CLASS_INDEX
from routing.profiles import TRUCK, weigh
from routing.reading import read_network
from tests.routing.tiny_maps import CROSS_NODES, CROSS_WAYS, EAST, NORTH, SOUTH, WEST, write_osm


def triangle(**extra) -> networkx.MultiDiGraph:
    """Return a two-way street 1-2 and one-way streets 2-3 and 3-1 as OSMnx would."""
    graph = networkx.MultiDiGraph(crs="epsg:4326")
    for name, (lon, lat) in {1: (112.0, 31.0), 2: (112.01, 31.0), 3: (112.0, 31.01)}.items():
        graph.add_node(name, x=lon, y=lat)
    graph.add_edge(1, 2, osmid=50, highway="residential", oneway=False, **extra)
    graph.add_edge(2, 1, osmid=50, highway="residential", oneway=False, **extra)
    graph.add_edge(
        2, 3, osmid=[51, 52], highway=["tertiary", "residential"], oneway=True, name="环城路"
    )
    graph.add_edge(3, 1, osmid=53, highway="residential", oneway=True)
    return graph


def test_directions_and_classes():
    """Edges there and back make one piece; merged ways take their first class."""
    network = from_networkx(triangle())
    assert network.num_arcs == 4
    assert sorted((network.arc_reverse >= 0).tolist()) == [False, False, True, True]
    ring = int(np.flatnonzero(network.arc_way_id == 51)[0])
    assert network.arc_class[ring] == CLASS_INDEX["tertiary"]
    assert network.name(ring) == "环城路"
    assert network.report.counts["restrictions_unknown"] == 1
    # Nobody comes back to 2-1: from 1-2 one has to go on round the one-way ring.
    closed = np.flatnonzero(~weigh(network, TRUCK).routable)
    assert network.node_osm_id[network.arc_tail[closed]].tolist() == [2]
    assert network.arc_way_id[closed].tolist() == [50]


def test_merged_limits_take_the_strictest():
    """Several values of merged ways count with the smallest."""
    network = from_networkx(triangle(maxspeed=["60", "40"], maxweight=["5", "3.5"]))
    both = network.arc_way_id == 50
    assert (network.arc_maxspeed_kmh[both] == 40).all()
    assert (network.arc_max_weight_kg[both] == 3500).all()


def test_loop_is_divided():
    """A self-loop becomes two pieces with a junction of its own between them."""
    graph = triangle()
    line = shapely.LineString([(112.01, 31), (112.02, 31), (112.02, 31.01), (112.01, 31)])
    graph.add_edge(2, 2, osmid=60, highway="service", oneway=True, geometry=line)
    network = from_networkx(graph)
    assert (network.arc_tail != network.arc_head).all()
    assert network.num_arcs == 6
    assert (network.node_osm_id < 0).sum() == 1


def test_there_and_back(tmp_path):
    """A network that becomes a graph and a network again keeps its streets and limits."""
    tags = {
        NORTH: {"maxweight": "3.5", "maxheight": "2.8", "name": "北街"},
        EAST: {"oneway": "-1", "highway": "secondary", "maxspeed": "40", "bridge": "yes"},
        WEST: {"access": "private", "lanes": "4"},
        SOUTH: {"hgv": "no", "junction": "roundabout", "oneway": "no"},
    }
    path = write_osm(tmp_path / "cross.osm", CROSS_NODES, CROSS_WAYS, tags)
    before = read_network(path)
    after = from_networkx(to_networkx(before))
    keys = ["arc_way_id", "arc_length_cm", "arc_class", "arc_maxspeed_kmh"]
    keys += ["arc_max_weight_kg", "arc_max_height_cm", "arc_flags"]
    rows = [
        sorted(zip(*(getattr(net, key).tolist() for key in keys), strict=True))
        for net in (before, after)
    ]
    assert rows[0] == rows[1]
    assert after.num_turns == before.num_turns
    assert sorted(after.names) == sorted(before.names)


@pytest.mark.parametrize("fault", ["projected", "no_coordinates", "no_streets"])
def test_unusable_graphs(fault):
    """Projected, bare and streetless graphs raise NetworkError."""
    graph = triangle()
    if fault == "projected":
        graph.graph["crs"] = "epsg:32649"
        for data in graph.nodes.values():
            data["x"], data["y"] = data["x"] * 5000, data["y"] * 100_000
    elif fault == "no_coordinates":
        del graph.nodes[2]["x"]
    else:
        graph.remove_edges_from(list(graph.edges))
    with pytest.raises(NetworkError, match="graph"):
        from_networkx(graph)


@pytest.mark.real_map
def test_real_graphml(shared_osm):
    """An OSMnx file of all streets gives the drivable ones, footways left out."""
    network = read_network(shared_osm / "cn_shenzhen_futian_osmnx.graphml")
    assert 2800 < network.num_arcs < 3100
    assert network.report.counts["ways_excluded"] > 400
    assert weigh(network, TRUCK).routable.mean() > 0.8
