"""Closed streets as the last mile: small maps by hand, and random ones against a slow twin."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.gates import gates_of_turns
from routing.matrix import travel_matrix
from routing.network import Network
from routing.paths import find_paths
from routing.profiles import SMALL_TRUCK, TRUCK, Weights, weigh
from routing.roads import RoadMetric, build_roads
from routing.snapping import Positions
from tests import naive
from tests.routing.maps import Map, arc
from tests.routing.test_matrix import SIDE, check_path, some_places

CAREFUL = replace(TRUCK, last_mile=True)


def block(gate: dict[str, str], **tags: str) -> Map:
    """A long way 2 round a block, and a short way 5 through it with the tags, a gate before it.

    Way 1 leads to both, way 3 leads on; way 4 ends at the gate, lane 6 leaves way 5 inside.
    """
    made = Map().node(0, -1, 0).node(1, 0, 0).node(2, 0, 3).node(3, 2, 3).node(4, 2, 0)
    made.node(5, 0.7, 0, **gate).node(6, 1.3, 0).node(7, 1.3, 1).node(8, 3, 0)
    made.way(1, 0, 1).way(2, 1, 2, 3, 4).way(3, 4, 8)
    made.way(4, 1, 5, highway="residential").way(5, 5, 6, 4, **tags).way(6, 6, 7, **tags)
    return made


def metric_of(network: Network) -> RoadMetric:
    """The engine for a truck that keeps to the last mile."""
    return build_roads(network).weigh(weigh(network, CAREFUL))


def ways(network: Network, metric: RoadMetric, *ends: int) -> list[int]:
    """Ways driven from the middle of one arc to the middle of another, by number."""
    arcs = list(ends)
    half = [int(network.arc_length_cm[a]) // 2 for a in arcs]
    pairs = Positions(arcs[:1], half[:1]), Positions(arcs[1:], half[1:])
    [path] = metric.find_paths(*pairs)
    [plain] = find_paths(network, metric.weights, *pairs)
    table = metric.travel_table(*pairs)
    assert (path.time_s, path.length_m) == (plain.time_s, plain.length_m)
    assert (path.time_s, path.length_m) == (table.time[0, 0], table.length[0, 0])
    assert path.time_s < 1000
    return [int(k) for k, _ in groupby(network.arc_way_id[path.arcs])]


@pytest.mark.parametrize(
    "tags",
    [
        {"access": "private"},
        {"access": "destination"},
        {"motor_vehicle": "destination"},
        {"access": "customers"},
        {"hgv": "destination"},
    ],
)
def test_a_closed_street_is_no_shortcut(tmp_path: Path, tags: dict[str, str]):
    """Through traffic goes round; who has business inside goes in by the nearer end."""
    network = block({}, **tags).read(tmp_path)
    metric = metric_of(network)
    into, on = arc(network, 0, 1), arc(network, 4, 8)
    assert ways(network, metric, into, on) == [1, 2, 3]
    assert ways(network, metric, into, arc(network, 6, 7)) == [1, 4, 5, 6]
    assert ways(network, metric, arc(network, 7, 6), on) == [6, 5, 3]
    free = build_roads(network).weigh(weigh(network, TRUCK))
    assert ways(network, free, into, on) == [1, 4, 5, 3]


def test_an_open_street_is_one(tmp_path: Path):
    """Without tags and gates the street through the block is a street like others."""
    network = block({}).read(tmp_path)
    assert weigh(network, CAREFUL).gates is None
    ends = arc(network, 0, 1), arc(network, 4, 8)
    assert ways(network, metric_of(network), *ends) == [1, 4, 5, 3]


@pytest.mark.parametrize("gate", [{"access": "private"}, {"locked": "yes"}, {"access": "no"}])
def test_a_locked_gate_is_no_way_through(tmp_path: Path, gate: dict[str, str]):
    """A gate on untagged streets closes them to through traffic, not to a place behind it."""
    network = block({"barrier": "gate", **gate}).read(tmp_path)
    metric = metric_of(network)
    assert gates_of_turns(network).max() == 2
    into, on = arc(network, 0, 1), arc(network, 4, 8)
    assert ways(network, metric, into, on) == [1, 2, 3]
    assert ways(network, metric, into, arc(network, 6, 7)) == [1, 2, 5, 6]


def test_a_gate_that_is_not_locked_is_passed(tmp_path: Path):
    """A gate without a word on who may pass costs time and nothing else."""
    network = block({"barrier": "gate"}).read(tmp_path)
    ends = arc(network, 0, 1), arc(network, 4, 8)
    assert ways(network, metric_of(network), *ends) == [1, 4, 5, 3]


def test_open_streets_behind_a_closed_one_are_reached(tmp_path: Path):
    """Lanes inside a compound often bear no tag: its closed entry leads to them, and out again."""
    made = Map().node(0, 0, 0).node(1, 1, 0).node(2, 2, 0).node(3, 3, 0).node(4, 1, -1)
    made.way(1, 4, 1).way(4, 1, 0).way(2, 1, 2, access="private").way(3, 2, 3)
    network = made.read(tmp_path)
    metric = metric_of(network)
    assert ways(network, metric, arc(network, 4, 1), arc(network, 2, 3)) == [1, 2, 3]
    assert ways(network, metric, arc(network, 3, 2), arc(network, 1, 0)) == [3, 2, 4]


def test_a_private_street_is_no_way_to_a_destination_street(tmp_path: Path):
    """The longer way over open streets leads to a street of destinations, not the yard beside."""
    made = Map().node(0, -1, 0).node(1, 0, 0).node(2, 1, 0).node(3, 2, 0).node(4, 0, 3)
    made.node(5, 2, 3).node(6, 1, -1)
    made.way(1, 0, 1).way(2, 1, 2, access="private").way(3, 2, 3, access="destination")
    made.way(4, 1, 4, 5, 3).way(5, 2, 6, access="destination")
    network = made.read(tmp_path)
    ends = arc(network, 0, 1), arc(network, 2, 6)
    assert ways(network, metric_of(network), *ends) == [1, 4, 3, 5]


def test_nearest_lists_look_through_gates(tmp_path: Path):
    """What lies behind a gate is as near as its distance."""
    network = block({}, access="private").read(tmp_path)
    metric = metric_of(network)
    inside, outside = arc(network, 6, 7), arc(network, 4, 8)
    one = Positions(np.asarray([arc(network, 0, 1)]), np.asarray([0]))
    both = Positions(np.asarray([outside, inside]), np.asarray([100, 100]))
    assert metric.nearest(one, both, 2).target.tolist() == [[1, 0]]


@st.composite
def gated_grids(draw) -> Map:
    """Small grids with closed streets, gates and one-way streets."""
    made = Map()
    for row in range(SIDE):
        for column in range(SIDE):
            gate = draw(
                st.sampled_from([{}, {}, {"barrier": "gate", "access": "private"},
                                 {"barrier": "lift_gate"}])
            )  # fmt: skip
            made.node(10 * row + column, column + 0.2 * row, row, **gate)
    links = [
        (10 * r + c, 10 * (r + dr) + c + dc)
        for r in range(SIDE)
        for c in range(SIDE)
        for dr, dc in ((0, 1), (1, 0))
        if r + dr < SIDE and c + dc < SIDE
    ]
    closed = [{}, {}, {"access": "private"}, {"access": "destination"}, {"oneway": "yes"},
              {"oneway": "yes", "access": "private"}]  # fmt: skip
    for number, (tail, head) in enumerate(links, start=1):
        highway = draw(st.sampled_from(["residential", "primary", "service"]))
        made.way(number, tail, head, highway=highway, **draw(st.sampled_from(closed)))
    if draw(st.booleans()):
        made.ban(1, "n1", 3, "no_right_turn")
    return made


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=gated_grids(), seed=st.integers(0, 1000), truck=st.booleans())
def test_ways_equal_the_twin(made, seed, truck):
    """Times and lengths of engine and plain search are the twin's; paths add up to them."""
    with tempfile.TemporaryDirectory() as folder:
        network = made.read(Path(folder))
    profile = replace(TRUCK if truck else SMALL_TRUCK, last_mile=True)
    weights = weigh(network, profile)
    metric = build_roads(network).weigh(weights)
    places = some_places(network, weights, seed, 5)
    table = metric.travel_table(places, places, threads=1)
    matrix = travel_matrix(network, weights, places, places, threads=1)
    assert (table.time == matrix.time_s).all()
    assert (table.length == matrix.length_m).all()
    spots = list(zip(places.arc.tolist(), places.offset_cm.tolist(), strict=True))
    i, j = np.indices((5, 5)).reshape(2, -1)
    pairs = [Positions(places.arc[k], places.offset_cm[k]) for k in (i, j)]
    paths = metric.find_paths(*pairs)
    bans = naive.binding_bans(network, profile.hgv)
    for row, column, path in zip(i, j, paths, strict=True):
        found = naive.travel(network, weights, spots[row], spots[column], last_mile=True)
        got = int(table.time[row, column]), int(table.length[row, column])
        assert got == (path.time_s, path.length_m)
        assert got == (
            (-1, -1) if found is None else ((found[0] + 500) // 1000, (found[1] + 50) // 100)
        )
        check_path(network, weights, path, bans)
        check_last_mile(network, weights, path.arcs)


def check_last_mile(network: Network, weights: Weights, arcs: np.ndarray) -> None:
    """Between two places on open streets that are joined by open streets no gate is passed."""
    if not len(arcs):
        return
    passed = sum(
        naive.gates_between(network, int(network.arc_base[a]), int(network.arc_base[b]))
        for a, b in zip(arcs[:-1], arcs[1:], strict=True)
    )
    shut = np.flatnonzero((network.arc_flags & 24) != 0)
    core = weigh(network, replace(weights.profile, private_access=False), shut).routable
    # a part of one arc is none: nothing leads back to its beginning
    if core.sum() > 1 and core[arcs[0]] and core[arcs[-1]]:
        assert passed == 0
