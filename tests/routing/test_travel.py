"""Matrix, paths and snapping against a slow twin and against one another, on real streets."""

from __future__ import annotations

import heapq

import numpy as np
import pytest

from routing.matrix import travel_matrix
from routing.network import Network
from routing.paths import find_paths, instructions, path_geometry, street_names
from routing.profiles import TRUCK, Weights, weigh
from routing.reading import read_network
from routing.snapping import Positions, snap

# A square with a tail: one-way on its south side, no left turn from the east into the north side.
SQUARE = """<?xml version="1.0" encoding="UTF-8"?>
<osm version="0.6">
 <node id="1" lat="31.000" lon="112.000"/><node id="2" lat="31.000" lon="112.010"/>
 <node id="3" lat="31.010" lon="112.010"/><node id="4" lat="31.010" lon="112.000"/>
 <node id="5" lat="31.020" lon="112.010"/><node id="6" lat="31.010" lon="112.020"/>
 <way id="10"><nd ref="1"/><nd ref="2"/><tag k="highway" v="secondary"/>
  <tag k="oneway" v="yes"/><tag k="name" v="南街"/></way>
 <way id="11"><nd ref="2"/><nd ref="3"/><tag k="highway" v="secondary"/>
  <tag k="name" v="东街"/></way>
 <way id="12"><nd ref="3"/><nd ref="4"/><tag k="highway" v="residential"/>
  <tag k="name" v="北街"/></way>
 <way id="13"><nd ref="4"/><nd ref="1"/><tag k="highway" v="residential"/>
  <tag k="name" v="西街"/></way>
 <way id="14"><nd ref="3"/><nd ref="5"/><tag k="highway" v="residential"/>
  <tag k="name" v="东街"/></way>
 <way id="15"><nd ref="3"/><nd ref="6"/><tag k="highway" v="residential"/></way>
 <relation id="20"><member type="way" ref="11" role="from"/><member type="node" ref="3" role="via"/>
  <member type="way" ref="12" role="to"/><tag k="type" v="restriction"/>
  <tag k="restriction" v="no_left_turn"/></relation>
</osm>
"""


@pytest.fixture(scope="module")
def square(tmp_path_factory) -> Network:
    """Return the square as a network."""
    path = tmp_path_factory.mktemp("square") / "square.osm"
    path.write_text(SQUARE, encoding="utf-8")
    return read_network(path)


def arc_of(network: Network, way: int, tail_lat: float, tail_lon: float) -> int:
    """Return the arc of a way that begins at a place."""
    for arc in range(network.num_arcs):
        shape = network.shape(arc)
        if network.arc_way_id[arc] == way and np.allclose(shape[0], [tail_lon, tail_lat]):
            return arc
    raise AssertionError(f"no arc of way {way} begins there")


def naive(network: Network, weights: Weights, source: tuple[int, int], target: tuple[int, int]):
    """Return (milliseconds, centimetres) by a search over Python dictionaries, None = no way."""

    def part(arc: int, offset: int) -> int:
        length, time = int(network.arc_length_cm[arc]), int(weights.arc_time_ms[arc])
        return (2 * time * offset + length) // (2 * length)

    (a, from_cm), (b, to_cm) = source, target
    best = None
    if a == b and to_cm >= from_cm:
        best = (part(b, to_cm) - part(a, from_cm), to_cm - from_cm)
    rest_ms = int(weights.arc_time_ms[a]) - part(a, from_cm)
    queue = [(rest_ms, int(network.arc_length_cm[a]) - from_cm, a, True)]
    done = set()
    while queue:
        ms, cm, arc, at_end = heapq.heappop(queue)
        if not at_end:
            if arc in done:
                continue
            done.add(arc)
            if network.arc_base[arc] == b:
                found = (ms + part(b, to_cm), cm + to_cm)
                best = found if best is None else min(best, found)
            ms, cm = ms + int(weights.arc_time_ms[arc]), cm + int(network.arc_length_cm[arc])
        for turn in range(network.turn_first_out[arc], network.turn_first_out[arc + 1]):
            to = int(network.turn_head[turn])
            cost = int(weights.turn_cost_ms[turn])
            if cost >= 0 and weights.arc_time_ms[to] >= 0:
                heapq.heappush(queue, (ms + cost, cm, to, False))
    return best


def random_places(network: Network, weights: Weights, num: int, seed: int) -> Positions:
    """Return places on real, routable arcs."""
    rng = np.random.default_rng(seed)
    real = network.arc_base == np.arange(network.num_arcs)
    arcs = rng.choice(np.flatnonzero(weights.routable & real), num)
    offset = (rng.random(num) * network.arc_length_cm[arcs]).astype(np.int32)
    return Positions(arcs.astype(np.int32), offset)


def test_one_way_and_banned_turn_are_obeyed(square):
    """From the east street north, the north side is reached by turning round at a dead end."""
    weights = weigh(square, TRUCK)
    east = arc_of(square, 11, 31.0, 112.01)
    north = arc_of(square, 12, 31.01, 112.01)
    path = find_paths(
        square,
        weights,
        Positions(np.array([east]), np.array([0])),
        Positions(np.array([north]), np.array([100])),
    )[0]
    ways = [int(square.arc_way_id[a]) for a in path.arcs]
    assert ways[0] == 11
    assert ways[-1] == 12
    assert set(ways[1:-1]) <= {14, 15}
    assert len(ways) == 4


def test_against_the_grain_is_never_driven(square):
    """No arc runs west along the one-way south side."""
    south = [a for a in range(square.num_arcs) if square.arc_way_id[a] == 10]
    assert len({int(square.arc_base[a]) for a in south}) == 1
    shape = square.shape(south[0])
    assert shape[0, 0] < shape[-1, 0]


def test_curb_side(square):
    """A point east of a street that runs north is at the right of northbound traffic."""
    weights = weigh(square, TRUCK)
    lon, lat = np.array([112.0102]), np.array([31.015])
    snaps = snap(square, weights, lon, lat, np.array([True]))
    shape = square.shape(int(snaps.positions.arc[0]))
    assert shape[0, 1] < shape[-1, 1]
    assert snaps.distance_m[0] == pytest.approx(19.06, abs=0.05)
    both = snap(square, weights, lon, lat, np.array([False]))
    assert both.first_out.tolist() == [0, 2]
    first, second = both.positions.arc
    assert square.arc_reverse[first] == second
    whole = int(square.arc_length_cm[first])
    assert int(both.positions.offset_cm.sum()) == whole


@pytest.mark.parametrize("seed", range(3))
def test_matrix_equals_naive_twin_and_paths(square, seed):
    """Every pair of random places agrees with the dictionary search and with its own path."""
    weights = weigh(square, TRUCK)
    places = random_places(square, weights, 6, seed)
    matrix = travel_matrix(square, weights, places, places)
    pairs = [(i, j) for i in range(6) for j in range(6)]
    left, right = np.array(pairs).T
    paths = find_paths(
        square,
        weights,
        Positions(places.arc[left], places.offset_cm[left]),
        Positions(places.arc[right], places.offset_cm[right]),
    )
    for (i, j), path in zip(pairs, paths, strict=True):
        ms, cm = naive(
            square,
            weights,
            (int(places.arc[i]), int(places.offset_cm[i])),
            (int(places.arc[j]), int(places.offset_cm[j])),
        )
        assert matrix.time_s[i, j] == (ms + 500) // 1000 == path.time_s
        assert matrix.length_m[i, j] == (cm + 50) // 100 == path.length_m


def test_same_matrix_at_any_thread_count(square):
    """One thread and three give equal matrices."""
    weights = weigh(square, TRUCK)
    places = random_places(square, weights, 9, 1)
    one, three = (travel_matrix(square, weights, places, places, threads=k) for k in (1, 3))
    assert np.array_equal(one.time_s, three.time_s)
    assert np.array_equal(one.length_m, three.length_m)


def test_blocked_street_is_gone_around(square):
    """With the west street closed, its places are out of reach: -1, not a guess."""
    west = np.flatnonzero(square.arc_way_id == 13)
    weights = weigh(square, TRUCK, west)
    open_weights = weigh(square, TRUCK)
    places = Positions(
        np.array([arc_of(square, 14, 31.01, 112.01), west[0]], np.int32), np.array([5, 5])
    )
    assert travel_matrix(square, open_weights, places, places).time_s.min() >= 0
    closed = travel_matrix(square, weights, places, places).time_s
    assert closed[0, 1] == closed[1, 0] == closed[1, 1] == -1


def test_names_geometry_and_instructions(square):
    """A path names its streets once each, in order, and its line runs from place to place."""
    weights = weigh(square, TRUCK)
    south, east = arc_of(square, 10, 31.0, 112.0), arc_of(square, 11, 31.0, 112.01)
    half = int(square.arc_length_cm[south]) // 2
    source = Positions(np.array([south]), np.array([half]))
    target = Positions(np.array([east]), np.array([1000]))
    path = find_paths(square, weights, source, target)[0]
    names = street_names(square, path)
    assert [name for name, _ in names] == ["南街", "东街"]
    assert abs(sum(m for _, m in names) - path.length_m) <= 1
    line = path_geometry(square, path)
    assert line[0] == pytest.approx([112.005, 31.0], abs=1e-5)
    assert "进入东街" in instructions(square, path, "zh")[1]
    assert len(instructions(square, path, "en")) >= 3


@pytest.mark.real_map
@pytest.mark.parametrize("name", ["cn_guixi.osm", "tw_taipei_arterials.osm.gz"])
def test_real_streets_agree_with_the_twin(shared_osm, name):
    """On real extracts with restrictions, random pairs agree with the dictionary search."""
    network = read_network(shared_osm / name)
    weights = weigh(network, TRUCK)
    places = random_places(network, weights, 5, 7)
    matrix = travel_matrix(network, weights, places, places)
    for i in range(5):
        j = (i + 1) % 5
        ends = [(int(places.arc[k]), int(places.offset_cm[k])) for k in (i, j)]
        ms, cm = naive(network, weights, *ends)
        assert (matrix.time_s[i, j], matrix.length_m[i, j]) == (
            (ms + 500) // 1000,
            (cm + 50) // 100,
        )
