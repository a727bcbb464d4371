"""The road benchmark measures what it says: its graphs, its tables, its report."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.roads import (
    measure,
    measure_maps,
    measure_peer,
    plain_graph,
    report,
    turn_graph,
)
from routing.errors import InputError, NetworkError
from routing.matrix import travel_matrix
from routing.profiles import TRUCK, weigh
from routing.snapping import Positions
from tests.routing.maps import Map, cross


def bent() -> Map:
    """Two junctions joined by a straight and a bent street, both ways, and one way out."""
    made = Map().node(1, 0, 0).node(2, 2, 0).node(3, 1, 1).node(4, 3, 0)
    return made.way(1, 1, 2).way(2, 1, 3, 2).way(3, 2, 4, oneway="yes")


def test_plain_graph_has_a_node_for_each_bend(tmp_path):
    """The bend counts, the way out without return does not, and lengths are those of the arcs."""
    network = bent().read(tmp_path)
    graph = plain_graph(network, weigh(network, TRUCK))
    assert len(graph.first_out) - 1 == 3
    assert len(graph.head) == 6
    loop = [a for a in range(network.num_real_arcs) if network.arc_way_id[a] in (1, 2)]
    assert graph.length.sum() == pytest.approx(network.arc_length_cm[loop].sum(), rel=0.01)
    assert graph.time.sum() == pytest.approx(
        weigh(network, TRUCK).arc_time_ms[loop].sum(), rel=0.01
    )


def test_turn_graph_is_what_plans_stand_on(tmp_path):
    """From the tail of one arc to the tail of another it takes what the matrix says."""
    network = cross().read(tmp_path)
    weights = weigh(network, TRUCK)
    graph = turn_graph(network, weights)
    arcs = np.arange(network.num_arcs)
    ours = measure(graph, arcs, [len(arcs)], 1)
    begins = Positions(arcs.astype(np.int32), np.zeros(len(arcs), np.int32))
    matrix = travel_matrix(network, weights, begins, begins)
    rounded = np.where(ours[0].matrix >= 0, (ours[0].matrix + 500) // 1000, -1)
    assert (rounded == matrix.time_s).all()
    assert (ours[1].matrix == ours[0].matrix).all()


def test_report_names_who_disagrees(tmp_path):
    """A row for each engine and a column for each size; a wrong matrix is said so."""
    network = cross().read(tmp_path)
    graph = turn_graph(network, weigh(network, TRUCK))
    ours = measure(graph, graph.sample(4), [2, 4], 1)
    ours[1].matrix = ours[0].matrix.copy()
    ours[1].matrix[0, 1] += 1
    lines = report(graph, ours)
    assert "| 2 | 4 |" in lines[2]
    assert "93.7500 % of the entries agree" in lines[-1]
    assert "agree" not in lines[-2]


def test_a_peer_that_fails_says_why(tmp_path):
    """Without the peer in that environment the message names it."""
    network = cross().read(tmp_path)
    graph = turn_graph(network, weigh(network, TRUCK))
    shell = tmp_path / "python"
    shell.write_text("#!/bin/sh\necho no such package >&2\nexit 3\n", encoding="utf-8")
    shell.chmod(0o755)
    with pytest.raises(InputError, match="pyroutingkit failed: no such package"):
        measure_peer(shell, graph, graph.sample(4), [4], 1)


def test_each_map_gives_a_report_for_both_graphs(tmp_path, monkeypatch):
    """Turns first, then plain nodes; every size asked for is a column."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "bent.osm"
    path.write_text(bent().xml(), encoding="utf-8")
    turns, nodes = measure_maps([path], [1, 2], 1)
    assert turns[0].startswith("bent.osm, turns: ")
    assert nodes[0].startswith("bent.osm, nodes: 3 vertices, 6 edges")
    assert "| 1 | 2 |" in turns[2]
    assert len(turns) == len(nodes) == 6


def test_bad_map_and_bad_peer_are_explained(tmp_path, monkeypatch):
    """A map that is not there and a peer that cannot be run are named."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    with pytest.raises(NetworkError, match="nowhere"):
        list(measure_maps([tmp_path / "nowhere.osm"], [1], 1))
    path = tmp_path / "bent.osm"
    path.write_text(bent().xml(), encoding="utf-8")
    with pytest.raises(InputError, match="no-python: cannot be run"):
        list(measure_maps([path], [1], 1, tmp_path / "no-python"))
