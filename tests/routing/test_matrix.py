"""Matrices and paths against a slow twin that remembers histories instead of using copies."""

from __future__ import annotations

import tempfile
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.matrix import position_ends, search_graph, travel_matrix
from routing.network import Network
from routing.paths import find_paths, path_geometry, street_names
from routing.profiles import SMALL_TRUCK, TRUCK, Weights, weigh
from routing.snapping import Positions
from tests import naive
from tests.routing.maps import Map, arc, cross

SIDE = 3


@st.composite
def grids(draw) -> Map:
    """Small grids with one-way streets, truck bans, weight limits and restrictions of all kinds."""
    made = Map()
    for row in range(SIDE):
        for column in range(SIDE):
            made.node(10 * row + column, column + 0.2 * row, row)
    links = [
        (10 * r + c, 10 * (r + dr) + c + dc)
        for r in range(SIDE)
        for c in range(SIDE)
        for dr, dc in ((0, 1), (1, 0))
        if r + dr < SIDE and c + dc < SIDE
    ]
    for number, (tail, head) in enumerate(links, start=1):
        tags = draw(
            st.sampled_from(
                [{}, {}, {}, {"oneway": "yes"}, {"oneway": "-1"}, {"hgv": "no"}, {"maxweight": "5"}]
            )
        )
        highway = draw(st.sampled_from(["residential", "primary", "service"]))
        made.way(number, tail, head, highway=highway, **tags)
    for _ in range(draw(st.integers(0, 5))):
        _random_ban(draw, made, links)
    return made


def _random_ban(draw, made: Map, links: list[tuple[int, int]]) -> None:
    """Add a restriction along a random walk over two to four ways."""
    first = draw(st.integers(1, len(links)))
    walk, end = [first], links[first - 1][1]
    via_node = end
    for _ in range(draw(st.integers(1, 3))):
        around = [n for n, link in enumerate(links, start=1) if end in link and n not in walk]
        if not around:
            break
        walk.append(draw(st.sampled_from(around)))
        end = sum(links[walk[-1] - 1]) - end
    if len(walk) < 2:
        return
    via = f"n{via_node}" if len(walk) == 2 else ",".join(f"w{way}" for way in walk[1:-1])
    value = draw(st.sampled_from(["no_left_turn", "no_u_turn", "only_straight_on"]))
    if draw(st.booleans()):
        made.ban(walk[0], via, walk[-1], value)
    else:
        made.ban(walk[0], via, walk[-1], "", restriction__hgv=value)


def some_places(network: Network, weights: Weights, seed: int, num: int) -> Positions:
    """Random places on real arcs that the vehicle may drive."""
    rng = np.random.default_rng(seed)
    real = network.arc_base == np.arange(network.num_arcs)
    arcs = rng.choice(np.flatnonzero(real & (weights.arc_time_ms >= 0)), num)
    offsets = rng.integers(0, network.arc_length_cm[arcs] + 1)
    return Positions(arcs.astype(np.int32), offsets.astype(np.int32))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=grids(), seed=st.integers(0, 1000), truck=st.booleans())
def test_matrix_and_paths_equal_the_twin(made, seed, truck):
    """Times, lengths and paths are those of a search over histories; no ban is ever driven."""
    with tempfile.TemporaryDirectory() as folder:
        network = made.read(Path(folder))
    weights = weigh(network, TRUCK if truck else SMALL_TRUCK)
    if (weights.arc_time_ms < 0).all():
        return
    places = some_places(network, weights, seed, 4)
    matrix = travel_matrix(network, weights, places, places, threads=1)
    i, j = (grid.ravel() for grid in np.indices((4, 4)))
    paths = find_paths(
        network,
        weights,
        Positions(places.arc[i], places.offset_cm[i]),
        Positions(places.arc[j], places.offset_cm[j]),
    )
    bans = naive.binding_bans(network, weights.profile.hgv)
    for row, column, path in zip(i, j, paths, strict=True):
        source, target = ((int(places.arc[n]), int(places.offset_cm[n])) for n in (row, column))
        expected = naive.travel(network, weights, source, target)
        got = int(matrix.time_s[row, column]), int(matrix.length_m[row, column])
        rounded = (
            (-1, -1)
            if expected is None
            else ((expected[0] + 500) // 1000, (expected[1] + 50) // 100)
        )
        assert got == rounded == (path.time_s, path.length_m)
        check_path(network, weights, path, bans)


def check_path(network: Network, weights: Weights, path, bans) -> None:
    """Each step of a path is a permitted turn, and no forbidden sequence occurs in it."""
    for one, other in pairwise(path.arcs.tolist()):
        row = slice(network.turn_first_out[one], network.turn_first_out[one + 1])
        costs = weights.turn_cost_ms[row][network.turn_head[row] == other]
        assert len(costs) == 1
        assert costs[0] >= 0
        assert network.arc_head[one] == network.arc_tail[other]
    real = network.arc_base[path.arcs].tolist()
    for ban in bans:
        assert not any(tuple(real[k : k + len(ban)]) == ban for k in range(len(real)))
    if len(path.arcs):
        shape = path_geometry(network, path)
        assert len(shape) >= 2
        assert sum(m for _, m in street_names(network, path)) == pytest.approx(path.length_m, abs=5)


def test_hand_computed(tmp_path):
    """Half of the southern arm, right turn, a quarter of the eastern one: added up by hand."""
    network = cross().read(tmp_path)
    weights = weigh(network, TRUCK)
    south, east = arc(network, 3, 0), arc(network, 0, 2)
    # 111.19 m and 95.31 m at 20 km/h are 20,015 ms and 17,156 ms.
    assert network.arc_length_cm[[south, east]].tolist() == [11_120, 9_531]
    assert weights.arc_time_ms[[south, east]].tolist() == [20_016, 17_156]
    matrix = travel_matrix(
        network, weights, Positions([south], [5_560]), Positions([east], [2_383])
    )
    # 20,016 - 10,008 + 3,000 + 4,289 ms; 5,560 + 2,383 cm.
    assert matrix.time_s.tolist() == [[17]]
    assert matrix.length_m.tolist() == [[79]]


def test_behind_on_the_same_arc_means_round_the_block(tmp_path):
    """Ahead on one's own arc is straight on; behind it the whole way round."""
    network = cross().read(tmp_path)
    weights = weigh(network, TRUCK)
    north = arc(network, 0, 1)
    places = Positions([north, north], [1_000, 2_000])
    matrix = travel_matrix(network, weights, places, places)
    assert matrix.length_m[0].tolist() == [0, 10]
    assert matrix.length_m[1, 0] > 200
    path = find_paths(network, weights, Positions([north], [2_000]), Positions([north], [1_000]))[0]
    assert path.arcs[0] == path.arcs[-1] == north
    assert len(path.arcs) > 2


def test_equal_times_choose_the_shorter_way(tmp_path):
    """Of two equally fast ways the matrix tells the shorter one's length."""
    made = (
        Map().node(1, 0, 0).node(2, 1, 1).node(3, 2, 0).node(4, 1, -1).node(0, -1, 0).node(5, 3, 0)
    )
    made.way(1, 0, 1).way(2, 1, 2, 3).way(3, 1, 4, 3).way(4, 3, 5)
    network = made.read(tmp_path)
    weights = weigh(network, TRUCK)
    upper, lower = arc(network, 1, 3, 2), arc(network, 1, 3, 3)
    time = weights.arc_time_ms.copy()
    time[[upper, lower]] = 30_000
    cost = np.where(weights.turn_cost_ms >= 0, 0, -1).astype(np.int32)
    longer = int(network.arc_length_cm[upper])
    network.arc_length_cm[lower] = longer - 1_000
    even = Weights(weights.profile, time, cost, weights.routable)
    matrix = travel_matrix(
        network, even, Positions([arc(network, 0, 1)], [0]), Positions([arc(network, 3, 5)], [0])
    )
    entry = int(network.arc_length_cm[arc(network, 0, 1)])
    assert matrix.length_m[0, 0] == (entry + longer - 1_000 + 50) // 100


def test_unreachable_is_minus_one(tmp_path):
    """Two parts of a map without a street between them."""
    made = cross().node(8, 9, 9).node(9, 10, 9).way(8, 8, 9)
    network = made.read(tmp_path)
    weights = weigh(network, TRUCK)
    near, far = Positions([arc(network, 0, 1)], [5]), Positions([arc(network, 8, 9)], [5])
    assert travel_matrix(network, weights, near, far).time_s.tolist() == [[-1]]
    path = find_paths(network, weights, near, far)[0]
    assert (len(path.arcs), path.time_s, path.length_m) == (0, -1, -1)
    assert path_geometry(network, path).shape == (0, 2)
    assert street_names(network, path) == []


def test_closed_arcs_are_no_place_to_be(tmp_path):
    """From or to an arc that the vehicle may not drive there is no way, not even along it."""
    network = cross().read(tmp_path)
    north = arc(network, 0, 1)
    weights = weigh(network, TRUCK, blocked_arcs=np.array([north]))
    places = Positions([north, arc(network, 2, 0)], [10, 10])
    matrix = travel_matrix(network, weights, places, places)
    assert matrix.time_s[0].tolist() == [-1, -1]
    assert matrix.time_s[:, 0].tolist() == [-1, -1]
    assert matrix.time_s[1, 1] == 0
    pair = find_paths(network, weights, Positions([north], [0]), Positions([north], [9]))[0]
    assert pair.time_s == -1


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(tmp_path, threads):
    """The matrix is the same with any number of threads, and progress is told."""
    network = cross().read(tmp_path)
    weights = weigh(network, TRUCK)
    places = some_places(network, weights, 3, 30)
    said: list[str] = []
    matrix = travel_matrix(network, weights, places, places, threads, said.append)
    alone = travel_matrix(network, weights, places, places, 1)
    assert (matrix.time_s == alone.time_s).all()
    assert (matrix.length_m == alone.length_m).all()
    assert said


def test_no_places(tmp_path):
    """Nothing to travel between gives empty answers."""
    network = cross().read(tmp_path)
    weights = weigh(network, TRUCK)
    none = Positions(np.empty(0, np.int32), np.empty(0, np.int32))
    assert travel_matrix(network, weights, none, none).time_s.shape == (0, 0)
    assert find_paths(network, weights, none, none) == []


@pytest.mark.parametrize(
    ("arcs", "offsets", "message"),
    [([99], [0], "outside"), ([0], [999_999], "between 0"), ([0], [-1], "between 0")],
)
def test_impossible_positions(tmp_path, arcs, offsets, message):
    """A position that does not exist is a fault of the caller."""
    network = cross().read(tmp_path)
    with pytest.raises(ValueError, match=message):
        position_ends(network, weigh(network, TRUCK), Positions(arcs, offsets))


def test_positions_on_copies_and_uneven_pairs_are_refused(tmp_path):
    """Positions lie on real arcs; paths need as many sources as targets."""
    made = Map().node(1, 0, 0).node(2, 1, 0).node(3, 2, 0).node(4, 3, 0).node(5, 2, 1)
    made.way(1, 1, 2).way(2, 2, 3).way(3, 3, 4).way(4, 3, 5).ban(1, "w2", 4)
    network = made.read(tmp_path)
    weights = weigh(network, TRUCK)
    assert network.num_arcs > network.num_real_arcs
    copy = Positions([network.num_arcs - 1], [0])
    with pytest.raises(ValueError, match="copies"):
        travel_matrix(network, weights, copy, copy)
    with pytest.raises(ValueError, match="2 sources but 1 targets"):
        find_paths(network, weights, Positions([0, 1], [0, 0]), Positions([0], [0]))


def test_search_graph_leaves_out_what_is_closed(tmp_path):
    """Banned turns and closed arcs are not in the graph that is searched."""
    network = cross().ban(3, "n0", 4, "", restriction__hgv="no_left_turn").read(tmp_path)
    graph = search_graph(network, weigh(network, TRUCK))
    assert len(graph.head) == network.num_turns - 1
    assert graph.first_out[-1] == len(graph.head)
