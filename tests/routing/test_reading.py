"""Maps to pieces and arcs: junctions, directions, loops, barriers, cut and broken files."""

from __future__ import annotations

import bz2
import gzip

import numpy as np
import pytest

from routing.errors import NetworkError
from routing.network import ArcFlag, NodeFlag, TurnFlag
from routing.profiles import TRUCK, weigh
from routing.reading import is_map_file, read_network
from tests.routing.maps import Map, arc, cross, has_arc, turn


def test_pieces_run_from_junction_to_junction(tmp_path):
    """A node used once is shape, a node used twice a junction."""
    made = Map().node(1, 0, 0).node(2, 1, 0.1).node(3, 2, 0).node(4, 2, 1)
    network = made.way(1, 1, 2, 3).way(2, 3, 4).read(tmp_path)
    assert sorted(network.node_osm_id) == [1, 3, 4]
    assert network.num_arcs == 4
    there, back = arc(network, 1, 3), arc(network, 3, 1)
    assert network.arc_reverse[there] == back
    assert network.shape(there).tolist() == network.shape(back)[::-1].tolist()
    assert network.arc_length_cm[there] == network.arc_length_cm[back]
    # Two legs of 95.3 m east and 11.1 m north or south on the sphere.
    assert network.arc_length_cm[there] == pytest.approx(19_192, abs=10)


@pytest.mark.parametrize(
    ("oneway", "forward", "backward"),
    [("yes", True, False), ("-1", False, True), ("no", True, True)],
)
def test_one_way(tmp_path, oneway, forward, backward):
    """oneway=-1 runs against the order of the nodes."""
    network = Map().node(1, 0, 0).node(2, 1, 0).way(1, 1, 2, oneway=oneway).read(tmp_path)
    assert has_arc(network, 1, 2) == forward
    assert has_arc(network, 2, 1) == backward
    assert bool(network.arc_flags[0] & ArcFlag.ONEWAY) == (oneway != "no")


def test_roundabout_runs_one_way(tmp_path):
    """junction=roundabout implies one-way, and every arc carries the flag."""
    made = cross().node(5, 0.1, 0.1).node(6, 0, 0.2)
    network = made.way(9, 0, 5, 6, 0, junction="roundabout").read(tmp_path)
    circle = network.arc_way_id == 9
    assert (network.arc_flags[circle] & ArcFlag.ROUNDABOUT > 0).all()
    assert (network.arc_reverse[circle] == -1).all()


def test_loop_is_divided(tmp_path):
    """No arc begins where it ends; the two halves make up the whole loop."""
    made = cross().node(5, 2, 1).node(6, 2, -1)
    network = made.way(9, 2, 5, 6, 2).read(tmp_path)
    assert (network.arc_tail != network.arc_head).all()
    assert network.report.counts["loops_split"] == 1
    loop = network.arc_way_id == 9
    assert loop.sum() == 4
    # A truck drives round the loop instead of turning on the spot at node 2.
    assert turn(network, 0, 2, 0) == -1
    assert weigh(network, TRUCK).routable.all()


def test_way_that_crosses_itself(tmp_path):
    """A figure of eight has a junction where it meets itself."""
    made = Map().node(1, 0, 0).node(2, 1, 1).node(3, 2, 0).node(4, 1, -1)
    network = made.node(5, -1, 0).way(1, 5, 1, 2, 3, 4, 1).read(tmp_path)
    assert 1 in network.node_osm_id
    assert (network.arc_tail != network.arc_head).all()


def test_missing_nodes_cut_the_way(tmp_path):
    """A gap in an extract is never bridged by a straight line."""
    made = Map()
    for number in (1, 2, 4, 5):
        made.node(number, number, 0)
    network = made.way(1, 1, 2, 3, 4, 5).way(2, 5, 6).read(tmp_path)
    assert has_arc(network, 1, 2)
    assert has_arc(network, 4, 5)
    assert not has_arc(network, 2, 4)
    assert network.report.counts["ways_cut"] == 2
    assert network.report.counts["nodes_missing"] == 2
    assert any("missing" in line for line in network.report.lines())


def test_repeated_ways_and_nodes(tmp_path):
    """A way that stands twice in a file is read once; repeated nodes make no empty pieces."""
    made = Map().node(1, 0, 0).node(2, 1, 0).way(1, 1, 1, 2, 2).way(1, 1, 2)
    network = made.read(tmp_path)
    assert network.num_arcs == 2
    assert network.report.counts["ways_repeated"] == 1


def test_bollard_closes_the_way_through(tmp_path):
    """Both sides of a bollard stay usable, each a dead end."""
    made = Map().node(1, 0, 0).node(2, 1, 0, barrier="bollard").node(3, 2, 0)
    network = made.way(1, 1, 2, 3).read(tmp_path)
    assert turn(network, 1, 2, 3) == -1
    back = turn(network, 1, 2, 1)
    assert network.turn_flags[back] & TurnFlag.U_TURN
    assert network.report.counts["barriers_blocked"] == 1


def test_bollard_on_a_crossing_is_reported(tmp_path):
    """Which arm a bollard on a crossing stands in is unknown: it closes none, and is counted."""
    made = cross()
    made.node_tags[0] = {"barrier": "bollard"}
    network = made.read(tmp_path)
    assert turn(network, 1, 0, 3) >= 0
    assert network.report.counts["barriers_unclear"] == 1


def test_gate_delays_and_a_private_gate_needs_access(tmp_path):
    """A gate costs time and marks its street; a private one stops who has no access."""
    made = Map().node(1, 0, 0).node(2, 1, 0, barrier="gate", access="private").node(3, 2, 0)
    network = made.way(1, 1, 2, 3).read(tmp_path)
    through = turn(network, 1, 2, 3)
    assert network.turn_cost_ms[through] == 10_000
    assert network.turn_flags[through] & TurnFlag.PRIVATE_GATE
    assert (network.arc_flags & ArcFlag.GATED > 0).all()
    assert NodeFlag.PRIVATE_GATE & int(network.node_flags.max())


def test_limits_of_barriers_inside_a_piece(tmp_path):
    """A height bar between two junctions limits the piece it stands in, and only that one."""
    made = Map().node(1, 0, 0).node(2, 1, 0, barrier="height_restrictor", maxheight="2.2")
    network = made.node(3, 2, 0).node(4, 3, 0).way(1, 1, 2, 3).way(2, 3, 4).read(tmp_path)
    assert network.arc_max_height_cm[arc(network, 1, 3)] == 220
    assert network.arc_max_height_cm[arc(network, 3, 4)] == 0


def test_dual_carriageway_is_recognized(tmp_path):
    """Two opposite one-way streets of one name side by side are one street."""
    made = Map().node(1, 0, 0).node(2, 5, 0).node(3, 5, 0.2).node(4, 0, 0.2)
    made.way(1, 1, 2, highway="primary", oneway="yes", name="象山大道")
    made.way(2, 3, 4, highway="primary", oneway="yes", name="象山大道")
    made.way(3, 2, 3, highway="primary", oneway="yes", name="长宁大道")
    network = made.read(tmp_path)
    dual = network.arc_flags & ArcFlag.DUAL > 0
    assert set(network.arc_way_id[dual].tolist()) == {1, 2}


def test_names_lanes_and_layers_reach_the_arcs(tmp_path):
    """Tags of a way are found on both its arcs."""
    made = Map().node(1, 0, 0).node(2, 1, 0)
    made.way(7, 1, 2, highway="primary", name="白云大道", lanes="4", layer="1", bridge="viaduct")
    network = made.read(tmp_path)
    assert [network.name(a) for a in (0, 1)] == ["白云大道", "白云大道"]
    assert network.arc_lanes.tolist() == [2, 2]
    assert network.arc_layer.tolist() == [1, 1]
    assert (network.arc_flags & ArcFlag.BRIDGE > 0).all()


@pytest.mark.parametrize(
    ("suffix", "pack"), [(".osm.gz", gzip.compress), (".osm.bz2", bz2.compress)]
)
def test_compressed_maps_are_the_same_map(tmp_path, suffix, pack):
    """Compression changes nothing."""
    plain = cross().read(tmp_path)
    path = tmp_path / f"map{suffix}"
    path.write_bytes(pack(cross().xml().encode()))
    assert read_network(path).fingerprint == plain.fingerprint


BROKEN = {
    "empty.osm": b"",
    "empty.osm.pbf": b"",
    "empty.graphml": b"",
    "text.osm": b"hello",
    "page.osm": b"<html></html>",
    "cut.osm": cross().xml().encode()[:300],
    "cut.osm.gz": gzip.compress(cross().xml().encode())[:200],
    "noise.osm.pbf": bytes(np.random.default_rng(1).integers(0, 256, 3000, dtype=np.uint8)),
    "noise.osm.bz2": bytes(np.random.default_rng(2).integers(0, 256, 3000, dtype=np.uint8)),
    "nothing.osm": b'<osm version="0.6"></osm>',
    "footways.osm": cross(highway="footway").xml().encode(),
    "nowhere.osm": cross().xml().replace('lat="31.0000000"', 'lat="310"').encode(),
    "words.osm": cross().xml().replace('lat="31.0000000"', 'lat="north"').encode(),
    "no_nodes.osm": b'<osm version="0.6"><way id="1"><nd ref="1"/><nd ref="2"/>'
    b'<tag k="highway" v="residential"/></way></osm>',
    "map.shp": b"shape",
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_maps_are_explained(tmp_path, name):
    """Every unusable file gives one clear sentence that names it, never a traceback."""
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(NetworkError, match=name.split(".")[0]):
        read_network(path)


def test_absent_and_unnamed_maps():
    """A path that does not exist is not taken for the name of a place."""
    with pytest.raises(NetworkError, match="no such map file"):
        read_network("nowhere/jingmen.osm.pbf")
    with pytest.raises(NetworkError, match="no map given"):
        read_network("")
    assert not is_map_file("Jingmen, Hubei, China")


def test_progress_is_told(tmp_path):
    """Each stage says a few words."""
    said: list[str] = []
    path = tmp_path / "map.osm"
    path.write_text(cross().xml(), encoding="utf-8")
    read_network(path, progress=said.append)
    assert len(said) >= 3
