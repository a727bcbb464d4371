"""The comparisons with OSRM and Valhalla measure what they say; neither is needed."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks.agreement import (
    OSRM,
    SHORTEST_M,
    VALHALLA,
    agreement,
    as_pbf,
    car,
    length_agreement,
    our_tables,
    sample_places,
    shortest,
    their_tables,
)
from cli import main as cli
from routing.errors import InputError
from routing.network import HIGHWAY_CLASSES
from routing.paths import find_paths
from routing.profiles import weigh
from routing.reading import read_network
from routing.roads import build_roads
from routing.snapping import Positions, snap
from tests.routing.maps import Map, cross


@pytest.fixture
def network(tmp_path):
    """A crossing of two streets."""
    return cross().read(tmp_path)


def test_places_lie_on_streets_and_follow_from_the_seed(network):
    """Each place is on a street, and the same seed gives the same places."""
    weights = weigh(network, car())
    lon, lat = sample_places(network, weights, 5, 3)
    again = sample_places(network, weights, 5, 3)
    assert (lon == again[0]).all()
    assert (lat == again[1]).all()
    assert snap(network, weights, lon, lat, np.zeros(5, dtype=bool)).distance_m.max() < 0.5


def test_either_direction_may_be_used(network):
    """The table holds the best of all directions in which places can be left and reached."""
    weights = weigh(network, car())
    metric = build_roads(network).weigh(weights)
    lon, lat = sample_places(network, weights, 4, 1)
    seconds, metres, _ = our_tables(network, metric, lon, lat)
    snaps = snap(network, weights, lon, lat, np.zeros(4, dtype=bool))
    ways = [range(snaps.first_out[i], snaps.first_out[i + 1]) for i in range(4)]
    for i in range(4):
        for j in range(4):
            found = []
            for a in ways[i]:
                for b in ways[j]:
                    one, other = (
                        Positions(snaps.positions.arc[[k]], snaps.positions.offset_cm[[k]])
                        for k in (a, b)
                    )
                    table = metric.travel_table(one, other)
                    if table.time[0, 0] >= 0:
                        found.append((table.time[0, 0], table.length[0, 0]))
            assert (seconds[i, j], metres[i, j]) == min(found)


def test_agreement_counts_pairs_and_ratios():
    """Short pairs and those that one engine cannot drive are left out, the latter counted."""
    ours = np.array([[1.0, 90.0], [120.0, np.nan]]), np.array([[0.0, 996.0], [1200.0, np.nan]]), 1.0
    theirs = np.array([[1.0, 100.0], [100.0, 5.0]]), np.array([[0.0, 1000.0], [1000.0, 900.0]]), 2.0
    lines = agreement(ours, theirs, "OSRM")
    assert lines[0].startswith("| ours / OSRM | 1 % |")
    assert "2 pairs; 1 have a way in one engine only (0 in ours)" in lines
    assert "lengths within 1, 5, 20 %: 50.0 %, 50.0 %, 100.0 %" in lines
    assert "ours more than 1 % longer: 50.0 %, shorter: 0.0 %" in lines
    assert "| length | " in lines[2]
    assert "1.098" in lines[2]  # halfway between 0.996 and 1.2
    assert "1.0000 ours, 2.0000 OSRM" in lines[-1]


def test_shortest_lengths_are_compared_with_their_sign():
    """Which engine has the shorter way, and which has a way at all."""
    nothing, far = np.nan, 2.0 * SHORTEST_M
    ours = np.array([[far, far * 0.9], [far * 1.1, far], [nothing, far]])
    theirs = np.array([[far, far], [far, far * 1.001], [far, nothing]])
    assert length_agreement(ours, theirs) == [
        "4 pairs; 2 have a way in one engine only (1 in ours)",
        "lengths within 1, 5, 20 %: 50.0 %, 50.0 %, 100.0 %",
        "ours more than 1 % longer: 25.0 %, shorter: 25.0 %",
    ]


def test_shortest_weights_find_the_shortest_way(tmp_path):
    """A slow short street beats a fast detour; what is closed or banned stays so."""
    made = Map().node(1, 0, 0).node(2, 4, 0).node(3, 2, 3).node(4, -3, 0).node(5, 7, 0)
    made = made.way(1, 1, 2, highway="living_street").way(2, 1, 3, 2, highway="primary")
    network = made.way(3, 4, 1).way(4, 2, 5).read(tmp_path)
    weights = weigh(network, car())
    by_way = {
        (int(network.arc_way_id[a]), int(network.node_osm_id[network.arc_head[a]])): a
        for a in range(network.num_real_arcs)
    }
    ends = [
        Positions(np.array([by_way[way]], np.int32), np.zeros(1, np.int32))
        for way in ((3, 1), (4, 5))
    ]
    driven = [
        {int(network.arc_way_id[a]) for a in find_paths(network, laid, *ends)[0].arcs}
        for laid in (weights, shortest(weights, network))
    ]
    assert driven == [{2, 3, 4}, {1, 3, 4}]
    shut = replace(weights, arc_time_ms=np.full_like(weights.arc_time_ms, -1))
    assert (shortest(shut, network).arc_time_ms == -1).all()
    banned = shortest(weights, network).turn_cost_ms < 0
    assert (banned == (weights.turn_cost_ms < 0)).all()


def test_valhalla_gets_a_map_that_it_can_read(tmp_path):
    """Maps that are no PBF are written as one and hold the same streets."""
    network = cross().read(tmp_path)
    pbf = as_pbf(tmp_path / "map.osm", tmp_path)
    again = read_network(pbf)
    assert (again.arc_way_id == network.arc_way_id).all()
    assert (again.arc_length_cm == network.arc_length_cm).all()
    assert as_pbf(pbf, tmp_path) == pbf


def test_valhalla_speeds_fall_with_the_class():
    """Each class of street is no faster than the one above it; the truck's measures are ours."""
    truck = VALHALLA.profile()
    through = [
        kmh
        for kmh, name in zip(truck.speeds_kmh, HIGHWAY_CLASSES, strict=True)
        if not name.endswith("_link") and name not in ("living_street", "service")
    ]
    assert all(faster >= slower for faster, slower in pairwise(through))
    assert (truck.height_cm, truck.width_cm, truck.weight_kg) == (300, 240, 12_000)


@pytest.mark.parametrize("rival", [OSRM, VALHALLA])
def test_a_missing_rival_is_explained(tmp_path, rival):
    """A Python that cannot be run, and one without the engine, are named."""
    places, pbf = np.zeros(2), tmp_path / "a.osm.pbf"
    with pytest.raises(InputError, match="no-python: cannot be run"):
        their_tables(rival, tmp_path / "no-python", pbf, places, places)
    shell = tmp_path / "python"
    shell.write_text("#!/bin/sh\necho nothing here >&2\nexit 1\n", encoding="utf-8")
    shell.chmod(0o755)
    with pytest.raises(InputError, match=f"{rival.name} failed: nothing here"):
        their_tables(rival, shell, pbf, places, places)


@pytest.mark.parametrize(("command", "peer"), [("osrm", OSRM.peer), ("valhalla", VALHALLA.peer)])
def test_the_command_names_what_installs_the_rival(tmp_path, monkeypatch, command, peer):
    """Before the map is read."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path))
    ended = CliRunner().invoke(cli, ["bench", command, str(tmp_path / "nowhere.osm")])
    assert ended.exit_code == 2
    assert f"python -m benchmarks.peers install roads {peer}" in ended.output
