"""Turn restrictions: what is forbidden, to whom, and what is only counted."""

from __future__ import annotations

import pytest

from routing.matrix import travel_matrix
from routing.network import BanKind, Network, TurnFlag
from routing.paths import find_paths
from routing.profiles import SMALL_TRUCK, TRUCK, weigh
from routing.snapping import Positions
from tests.routing.maps import Map, arc, cross, nodes_along, turn


def test_no_left_turn(tmp_path):
    """The forbidden turn is gone and all others stay."""
    network = cross().ban(3, "n0", 4).read(tmp_path)
    assert turn(network, 3, 0, 4) == -1
    assert turn(network, 3, 0, 1) >= 0
    assert turn(network, 3, 0, 2) >= 0
    assert turn(network, 4, 0, 3) >= 0
    assert network.report.counts["restrictions_applied"] == 1


def test_only_straight_on(tmp_path):
    """An ``only`` rule forbids every other exit."""
    network = cross().ban(3, "n0", 1, "only_straight_on").read(tmp_path)
    assert turn(network, 3, 0, 1) >= 0
    assert turn(network, 3, 0, 2) == turn(network, 3, 0, 4) == -1
    assert turn(network, 1, 0, 4) >= 0


def test_no_u_turn_on_the_way_itself(tmp_path):
    """no_u_turn from a way into itself closes a dead end for turning."""
    network = cross().ban(1, "n1", 1, "no_u_turn").read(tmp_path)
    assert turn(network, 0, 1, 0) == -1
    assert turn(network, 0, 2, 0) >= 0


@pytest.mark.parametrize(
    ("excepted", "truck", "small"),
    [("psv;bicycle", False, False), ("hgv", True, False), ("motor_vehicle", True, True)],
)
def test_exceptions(tmp_path, excepted, truck, small):
    """except= frees the vehicles it names and nobody else."""
    network = cross().ban(3, "n0", 4, **{"except": excepted}).read(tmp_path)
    assert may_turn(network, TRUCK) == truck
    assert may_turn(network, SMALL_TRUCK) == small


def may_turn(network: Network, profile) -> bool:
    """Whether a vehicle may turn left from south to west."""
    index = turn(network, 3, 0, 4)
    return index >= 0 and weigh(network, profile).turn_cost_ms[index] >= 0


def test_trucks_only(tmp_path):
    """restriction:hgv binds trucks only, with its own flag."""
    network = cross().ban(3, "n0", 4, "", restriction__hgv="no_left_turn").read(tmp_path)
    assert network.turn_flags[turn(network, 3, 0, 4)] & TurnFlag.HGV_ONLY_BAN
    assert not may_turn(network, TRUCK)
    assert may_turn(network, SMALL_TRUCK)
    assert network.bans() == [((arc(network, 3, 0), arc(network, 0, 4)), BanKind.HGV)]


@pytest.mark.parametrize(
    ("made", "key"),
    [
        (
            cross().ban(3, "n0", 4, "", restriction__conditional="no_left_turn @ (07:00-09:00)"),
            "conditional",
        ),
        (cross().ban(3, "n0", 4, day_on="Mo", day_off="Fr"), "conditional"),
        (cross().ban(3, "n0", 4, "", restriction__bicycle="no_left_turn"), "moot"),
        (cross().ban(3, "n0", 4, "no_flying"), "unresolved"),
        (cross().ban(3, "n0", 77), "unresolved"),
        (cross().ban(3, "n55", 4), "unresolved"),
        (cross().ban(3, "", 4) if False else cross().ban(3, "n0,n1", 4), "unresolved"),
        (cross().way(5, 1, 2, highway="footway").ban(5, "n1", 1), "moot"),
        (cross().node(5, 1, 1).way(5, 1, 5, oneway="yes").ban(5, "n1", 1), "moot"),
        (cross().node(5, 1, 2).way(5, 2, 0, 1).ban(5, "n0", 4), "unresolved"),
    ],
)
def test_what_is_not_applied_is_counted(tmp_path, made, key):
    """Every relation without effect is counted under its reason, with an example."""
    network = made.read(tmp_path)
    assert network.report.counts["restrictions"] == 1
    assert network.report.counts[f"restrictions_{key}"] == 1
    assert network.report.examples[f"restrictions_{key}"][0].startswith("relation 900")
    assert not len(network.ban_kind)


def test_several_entries(tmp_path):
    """no_entry may name several ways that must not enter."""
    made = cross()
    members = [("w", 1, "from"), ("w", 3, "from"), ("n", 0, "via"), ("w", 4, "to")]
    made.relations.append((901, members, {"type": "restriction", "restriction": "no_entry"}))
    network = made.read(tmp_path)
    assert turn(network, 1, 0, 4) == turn(network, 3, 0, 4) == -1
    assert turn(network, 2, 0, 4) >= 0


def parallel() -> Map:
    """Two one-way carriageways (10-12 east below, 20-22 west above) joined by two short links.

    ::

        22 <- 21 <- 20
               |     |
        10 -> 11 -> 12
    """
    made = Map()
    for column in range(3):
        made.node(10 + column, column, 0).node(22 - column, column, 0.3)
    made.node(13, 3, 0).node(19, 3, 0.3)
    made.way(1, 10, 11, oneway="yes").way(2, 11, 12, oneway="yes").way(3, 12, 13, oneway="yes")
    made.way(4, 19, 20, oneway="yes").way(5, 20, 21, oneway="yes").way(6, 21, 22, oneway="yes")
    made.way(7, 11, 21).way(8, 12, 20).way(9, 13, 19).way(10, 22, 10)
    return made


def path_nodes(network: Network, source: int, target: int) -> list[int]:
    """OSM nodes from the middle of one arc to the middle of another."""
    weights = weigh(network, TRUCK)
    places = [Positions([arc], network.arc_length_cm[[arc]] // 2) for arc in (source, target)]
    path = find_paths(network, weights, *places)[0]
    matrix = travel_matrix(network, weights, *places)
    assert (path.time_s, path.length_m) == (matrix.time_s[0, 0], matrix.length_m[0, 0])
    return nodes_along(network, path.arcs)


def test_no_u_turn_over_a_via_way(tmp_path):
    """From the lower carriageway over the first link back is forbidden; others may use the link."""
    free = parallel().read(tmp_path)
    assert path_nodes(free, arc(free, 10, 11), arc(free, 21, 22)) == [10, 11, 21, 22]
    network = parallel().ban(1, "w7", 6, "no_u_turn").read(tmp_path)
    assert network.report.counts["restrictions_via_way"] == 1
    assert network.num_arcs == network.num_real_arcs + 1
    way = path_nodes(network, arc(network, 10, 11), arc(network, 21, 22))
    assert way == [10, 11, 12, 20, 21, 22]
    # The link itself is still reached from the carriageway, on its copy.
    assert path_nodes(network, arc(network, 10, 11), arc(network, 11, 21)) == [10, 11, 21]
    # From the middle of the link, where no history is known, the exit is free.
    assert path_nodes(network, arc(network, 11, 21), arc(network, 21, 22)) == [11, 21, 22]


def test_two_bans_share_a_via_way(tmp_path):
    """Bans that overlap are all obeyed at once, each with its own memory."""
    made = parallel().ban(1, "w7", 6, "no_u_turn").ban(2, "w8", 5, "no_u_turn")
    network = made.ban(10, "w1", 7, "no_left_turn").read(tmp_path)
    way = path_nodes(network, arc(network, 10, 11), arc(network, 21, 22))
    assert way == [10, 11, 12, 13, 19, 20, 21, 22]
    # Coming from way 10 the link is closed as well; the ban over way 1 remembers where one was.
    way = path_nodes(network, arc(network, 22, 10), arc(network, 11, 21))
    assert way[:3] != [22, 10, 11, 21][:3] or way[3] != 21


def test_only_over_a_via_way(tmp_path):
    """Who has come over the whole via way may leave it only as prescribed."""
    made = parallel().ban(1, "w2", 3, "only_straight_on")
    network = made.read(tmp_path)
    way = path_nodes(network, arc(network, 10, 11), arc(network, 20, 21))
    assert way == [10, 11, 12, 13, 19, 20, 21]


def test_trucks_only_over_a_via_way(tmp_path):
    """A via-way ban for trucks leaves the way open to others."""
    made = parallel().ban(1, "w7", 6, "", restriction__hgv="no_u_turn")
    network = made.read(tmp_path)
    places = [Positions([a], [0]) for a in (arc(network, 10, 11), arc(network, 21, 22))]
    seconds = [
        travel_matrix(network, weigh(network, profile), *places).time_s[0, 0]
        for profile in (TRUCK, SMALL_TRUCK)
    ]
    assert seconds[0] > seconds[1] > 0


def test_several_via_ways(tmp_path):
    """A chain of via ways is followed in its order."""
    network = parallel().ban(1, "w2,w8", 5, "no_u_turn").read(tmp_path)
    assert network.num_arcs == network.num_real_arcs + 2
    way = path_nodes(network, arc(network, 10, 11), arc(network, 20, 21))
    assert way == [10, 11, 12, 13, 19, 20, 21]
    moot = parallel().ban(1, "w8,w2", 5, "no_u_turn").read(tmp_path)
    assert moot.report.counts["restrictions_moot"] == 1
