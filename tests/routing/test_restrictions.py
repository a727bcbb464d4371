"""Tags, barriers and turn restrictions on maps small enough to check by eye."""

from __future__ import annotations

import numpy as np
import pytest

from routing.errors import NetworkError
from routing.matrix import travel_matrix
from routing.network import BanKind, TurnFlag
from routing.paths import find_paths
from routing.profiles import SMALL_TRUCK, TRUCK, weigh
from routing.reading import read_network
from routing.snapping import Positions
from tests.routing.tiny_maps import (
    CROSS_NODES,
    CROSS_WAYS,
    EAST,
    NORTH,
    SOUTH,
    WEST,
    arc_from,
    turn,
    turn_between,
    write_osm,
)


def cross(tmp_path, restrictions=None, way_tags=None, node_tags=None):
    """Return the crossing as a network."""
    path = write_osm(
        tmp_path / "cross.osm", CROSS_NODES, CROSS_WAYS, way_tags, node_tags, restrictions
    )
    return read_network(path)


def test_plain_crossing_permits_all_turns_but_back(tmp_path):
    """Without restrictions every arm leads to the three others; back is for dead ends only."""
    network = cross(tmp_path)
    arms = (WEST, EAST, NORTH, SOUTH)
    for start in arms:
        for end in arms:
            at = turn_between(network, start, end)
            assert at is not None
            back = bool(network.turn_flags[at] & TurnFlag.U_TURN)
            assert back == (start == end)
    # 4 arms x 3 turns at the crossing, and one turn back at each of 4 dead ends
    assert network.num_turns == 16


def test_no_turn_takes_one_turn_away(tmp_path):
    """no_left_turn removes exactly the turn that it names."""
    network = cross(tmp_path, [({"restriction": "no_left_turn"}, turn(WEST, 2, NORTH))])
    assert turn_between(network, WEST, NORTH) is None
    assert network.num_turns == 15
    assert network.report.counts["restrictions_applied"] == 1


def test_only_turn_takes_the_others_away(tmp_path):
    """only_straight_on leaves one exit to that arm and all exits to the others."""
    network = cross(tmp_path, [({"restriction": "only_straight_on"}, turn(WEST, 2, EAST))])
    assert turn_between(network, WEST, EAST) is not None
    assert turn_between(network, WEST, NORTH) is None
    assert turn_between(network, WEST, SOUTH) is None
    assert turn_between(network, EAST, NORTH) is not None


@pytest.mark.parametrize(
    ("tags", "truck_may", "small_may"),
    [
        ({"restriction": "no_left_turn"}, False, False),
        ({"restriction": "no_left_turn", "except": "bicycle;bus"}, False, False),
        ({"restriction": "no_left_turn", "except": "hgv"}, True, False),
        ({"restriction": "no_left_turn", "except": "motor_vehicle"}, True, True),
        ({"restriction:hgv": "no_left_turn"}, False, True),
        ({"restriction:bus": "no_left_turn"}, True, True),
        ({"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}, True, True),
    ],
)
def test_whom_a_restriction_binds(tmp_path, tags, truck_may, small_may):
    """Exceptions and rules for trucks alone bind just the vehicles they name."""
    network = cross(tmp_path, [(tags, turn(WEST, 2, NORTH))])
    at = turn_between(network, WEST, NORTH)
    for profile, may in ((TRUCK, truck_may), (SMALL_TRUCK, small_may)):
        permitted = at is not None and weigh(network, profile).turn_cost_ms[at] >= 0
        assert permitted == may


def test_what_cannot_be_resolved_is_counted(tmp_path):
    """Conditions, missing members and unknown kinds leave the turn open and a line behind."""
    network = cross(
        tmp_path,
        [
            ({"restriction:conditional": "no_left_turn @ (07:00-09:00)"}, turn(WEST, 2, NORTH)),
            ({"restriction": "no_left_turn"}, turn(WEST, 2, 77)),
            ({"restriction": "no_fun"}, turn(WEST, 2, NORTH)),
            ({"restriction": "no_left_turn"}, [("way", WEST, "from"), ("way", NORTH, "to")]),
        ],
    )
    counts = network.report.counts
    assert counts["restrictions"] == 4
    assert counts["restrictions_conditional"] == 1
    assert counts["restrictions_unresolved"] == 3
    assert network.num_turns == 16
    assert any("way 77 is not in the file" in line for line in network.report.lines())


# Two streets (10, 11) meet at 3, go on together (12) to 4 and part again (13, 14).
FORK_NODES = {
    1: (112.00, 31.01),
    2: (112.00, 30.99),
    3: (112.01, 31.00),
    4: (112.02, 31.00),
    5: (112.03, 31.01),
    6: (112.03, 30.99),
}
FORK_WAYS = {10: [1, 3], 11: [2, 3], 12: [3, 4], 13: [4, 5], 14: [4, 6]}


def fork(tmp_path, tags):
    """Return the fork with a restriction from 10 over 12 to 14."""
    path = write_osm(
        tmp_path / "fork.osm",
        FORK_NODES,
        FORK_WAYS,
        restrictions=[(tags, turn(10, 12, 14, "way"))],
    )
    return read_network(path)


def start_of(network, *ends):
    """Return positions at the start of arcs given as (way, first node)."""
    arcs = np.asarray([arc_from(network, way, node) for way, node in ends], np.int32)
    return Positions(arcs, np.zeros(len(arcs), np.int32))


def driven_ways(network, start, end):
    """Return the ways driven from one (way, first node) to another."""
    paths = find_paths(
        network, weigh(network, TRUCK), start_of(network, start), start_of(network, end)
    )
    return [int(network.arc_way_id[arc]) for arc in paths[0].arcs]


def test_via_way_binds_only_those_who_come_from_it(tmp_path):
    """From 10 the exit 14 costs a turn at the end of 13; from 11 it is direct."""
    network = fork(tmp_path, {"restriction": "no_right_turn"})
    assert network.report.counts["restrictions_via_way"] == 1
    assert network.num_arcs > network.num_real_arcs
    assert driven_ways(network, (11, 2), (14, 4)) == [11, 12, 14]
    assert driven_ways(network, (10, 1), (13, 4)) == [10, 12, 13]
    around = driven_ways(network, (10, 1), (14, 4))
    assert around[:2] == [10, 12] or around[:2] == [10, 11]
    assert around != [10, 12, 14]
    assert around[-1] == 14


def test_only_over_a_via_way(tmp_path):
    """only_* over a via way forbids the other exit to those who come from its first way."""
    network = fork(tmp_path, {"restriction": "only_right_turn"})
    assert driven_ways(network, (10, 1), (14, 4)) == [10, 12, 14]
    assert driven_ways(network, (10, 1), (13, 4)) != [10, 12, 13]
    assert driven_ways(network, (11, 2), (13, 4)) == [11, 12, 13]


def test_a_place_on_the_via_way_is_reached_on_any_copy(tmp_path):
    """The stretch that exists twice is one place: both approaches take the same time."""
    network = fork(tmp_path, {"restriction": "no_right_turn"})
    sources = start_of(network, (10, 1), (11, 2))
    target = start_of(network, (12, 3))
    matrix = travel_matrix(network, weigh(network, TRUCK), sources, target)
    assert matrix.time_s.min() > 0
    assert matrix.length_m[0, 0] == pytest.approx(matrix.length_m[1, 0], abs=2)


def test_bans_name_real_arcs(tmp_path):
    """The applied restriction can be read back as a sequence of real arcs."""
    network = fork(tmp_path, {"restriction": "no_right_turn"})
    (arcs, kind), *others = network.bans()
    assert not others
    assert kind == BanKind.ALL
    assert [int(network.arc_way_id[arc]) for arc in arcs] == [10, 12, 14]
    assert all(network.arc_base[arc] == arc for arc in arcs)


def test_one_way_against_the_drawing(tmp_path):
    """oneway=-1 leaves the one arc from the way's last node to its first."""
    network = cross(tmp_path, way_tags={EAST: {"oneway": "-1"}})
    east = np.flatnonzero(network.arc_way_id == EAST)
    assert len(east) == 1
    assert network.node_osm_id[network.arc_tail[east[0]]] == 3
    assert network.arc_reverse[east[0]] == -1


def test_limits_close_streets_to_the_heavy_only(tmp_path):
    """A bridge for 3.5 t is closed to a truck and open to a small one; so with 2.5 m height."""
    for tags in ({"maxweight": "3.5 t"}, {"maxheight": "8'3\""}):
        network = cross(tmp_path, way_tags={NORTH: tags})
        north = network.arc_way_id == NORTH
        assert (weigh(network, TRUCK).arc_time_ms[north] == -1).all()
        assert (weigh(network, SMALL_TRUCK).arc_time_ms[north] > 0).all()


def test_bollard_cuts_a_street(tmp_path):
    """Nobody drives through a bollard in the middle of a street, and it is reported."""
    nodes = {**CROSS_NODES, 6: (112.015, 31.00)}
    ways = {**CROSS_WAYS, EAST: [2, 6, 3]}
    path = write_osm(tmp_path / "b.osm", nodes, ways, node_tags={6: {"barrier": "bollard"}})
    network = read_network(path)
    assert network.report.counts["barriers_blocked"] == 1
    ends = start_of(network, (WEST, 1), (EAST, 3))
    assert travel_matrix(network, weigh(network, TRUCK), ends, ends).time_s[0, 1] == -1


def test_private_streets_need_private_access(tmp_path):
    """access=private is open to a profile with private access and closed to one without."""
    network = cross(tmp_path, way_tags={NORTH: {"access": "private"}, SOUTH: {"access": "no"}})
    stranger = type(TRUCK)("stranger", private_access=False)
    north, south = network.arc_way_id == NORTH, network.arc_way_id == SOUTH
    assert (weigh(network, TRUCK).arc_time_ms[north] > 0).all()
    assert (weigh(network, stranger).arc_time_ms[north] == -1).all()
    assert (weigh(network, TRUCK).arc_time_ms[south] == -1).all()


def test_missing_nodes_cut_the_way(tmp_path):
    """A way that runs out of the extract keeps what is inside and is counted."""
    path = write_osm(tmp_path / "cut.osm", CROSS_NODES, {**CROSS_WAYS, 14: [3, 88, 4]})
    network = read_network(path)
    assert network.report.counts["nodes_missing"] == 1
    assert not (network.arc_way_id == 14).any()


def test_closed_loop_is_divided(tmp_path):
    """No arc begins and ends at the same junction."""
    path = write_osm(tmp_path / "loop.osm", CROSS_NODES, {10: [1, 2], 11: [2, 3, 4, 2]})
    network = read_network(path)
    assert (network.arc_tail != network.arc_head).all()
    assert network.report.counts["loops_split"] == 1


@pytest.mark.parametrize("name", ["absent.osm", "absent.osm.pbf", "absent.graphml"])
def test_missing_file(tmp_path, name):
    """A missing file is named in the message."""
    with pytest.raises(NetworkError, match=name):
        read_network(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.osm", b""),
        ("cut.osm", b'<?xml version="1.0"?>\n<osm version="0.6">\n<node id="1" lat="31'),
        ("not_a_map.osm.pbf", b"this is no map at all"),
        ("not_gzip.osm.gz", b"this is no map at all"),
        ("empty.graphml", b""),
        ("nothing.osm", b'<?xml version="1.0"?>\n<osm version="0.6"></osm>'),
    ],
)
def test_unusable_files(tmp_path, name, content):
    """Empty, truncated, foreign and streetless files raise NetworkError, never anything else."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NetworkError, match=name.split(".", maxsplit=1)[0]):
        read_network(tmp_path / name)
