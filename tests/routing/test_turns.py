"""What turns cost and where a truck may turn round."""

from __future__ import annotations

import pytest

from routing.network import TurnFlag
from routing.turns import FAR_TURN_MS, GATE_MS, NEAR_TURN_MS, SIGNALS_MS, STRAIGHT_MS, U_TURN_MS
from tests.routing.maps import Map, cross, turn


@pytest.mark.parametrize(
    ("on_right", "right", "left"),
    [(True, NEAR_TURN_MS, FAR_TURN_MS), (False, FAR_TURN_MS, NEAR_TURN_MS)],
)
def test_costs_by_direction(tmp_path, on_right, right, left):
    """The turn across the oncoming traffic is the dear one, on either side of the road."""
    network = cross().read(tmp_path, drive_on_right=on_right)
    for nodes, flag, cost in (
        ((3, 0, 1), TurnFlag.STRAIGHT, STRAIGHT_MS),
        ((3, 0, 2), TurnFlag.RIGHT, right),
        ((3, 0, 4), TurnFlag.LEFT, left),
    ):
        index = turn(network, *nodes)
        assert network.turn_flags[index] == flag
        assert network.turn_cost_ms[index] == cost


def test_a_truck_turns_round_only_at_dead_ends(tmp_path):
    """No turning on the spot at a crossing; at a dead end it costs half a minute."""
    network = cross().read(tmp_path)
    assert turn(network, 1, 0, 1) == -1
    index = turn(network, 0, 1, 0)
    assert network.turn_flags[index] == TurnFlag.U_TURN
    assert network.turn_cost_ms[index] == U_TURN_MS


def test_turning_circle(tmp_path):
    """A turning circle lets a truck turn though the street goes on."""
    made = Map().node(1, 0, 0).node(2, 1, 0, highway="turning_circle").node(3, 2, 0)
    network = made.way(1, 1, 2, 3).read(tmp_path)
    assert turn(network, 1, 2, 1) >= 0
    assert turn(network, 1, 2, 3) >= 0


def test_dead_end_before_a_closed_street(tmp_path):
    """Where the only street on is closed to motor traffic, the truck may turn round."""
    made = Map().node(1, 0, 0).node(2, 1, 0).node(3, 2, 0)
    network = made.way(1, 1, 2).way(2, 2, 3, motor_vehicle="no").read(tmp_path)
    assert turn(network, 1, 2, 1) >= 0


def test_a_bend_is_no_turn(tmp_path):
    """Following the only street round a corner costs nothing, even where its name changes."""
    made = Map().node(1, 0, 0).node(2, 1, 0).node(3, 1, 1)
    network = made.way(1, 1, 2).way(2, 2, 3).read(tmp_path)
    index = turn(network, 1, 2, 3)
    assert network.turn_cost_ms[index] == 0
    assert network.turn_flags[index] == TurnFlag.STRAIGHT


def test_tiny_last_segments_do_not_mislead(tmp_path):
    """The bearing at a junction is taken over some metres, not over a crooked last one."""
    made = cross()
    made.ways = [way for way in made.ways if way[0] != 3]
    made.node(5, 0.02, -0.02).way(3, 0, 5, 3)
    network = made.read(tmp_path)
    assert network.turn_flags[turn(network, 3, 0, 1)] == TurnFlag.STRAIGHT


@pytest.mark.parametrize("direction", ["", "forward", "backward"])
def test_signals(tmp_path, direction):
    """Lights on the crossing or at the stop line before it cost a wait, once."""
    made = cross()
    tags = {"highway": "traffic_signals"}
    if direction:
        tags["traffic_signals:direction"] = direction
    made.nodes[5] = (0, -0.1)
    made.node_tags[5] = tags
    # Way 3 runs from the crossing outward, so the traffic to the crossing drives backward.
    made.ways = [(n, [0, 5, 3] if n == 3 else refs, t) for n, refs, t in made.ways]
    network = made.read(tmp_path)
    wait = 0 if direction == "forward" else SIGNALS_MS
    assert network.turn_cost_ms[turn(network, 3, 0, 1)] == wait
    assert network.turn_cost_ms[turn(network, 1, 0, 3)] == 0


def test_signals_on_the_junction_and_gate(tmp_path):
    """Lights count for every arm, a gate adds its time, a dead end has no lights."""
    made = cross()
    made.node_tags[0] = {"highway": "traffic_signals", "barrier": "gate"}
    made.node_tags[1] = {"highway": "traffic_signals"}
    network = made.read(tmp_path)
    assert network.turn_cost_ms[turn(network, 2, 0, 4)] == SIGNALS_MS + GATE_MS
    assert network.turn_cost_ms[turn(network, 0, 1, 0)] == U_TURN_MS


def test_closed_oneway_exit(tmp_path):
    """A turn into a one-way street against its direction does not exist."""
    made = cross()
    made.ways[3] = (4, [4, 0], {"highway": "residential", "oneway": "yes"})
    network = made.read(tmp_path)
    heads = network.arc_head[network.turn_head]
    west = int((network.node_osm_id == 4).argmax())
    assert west not in heads.tolist()
