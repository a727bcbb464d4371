"""The road engine against the plain search over arcs: tables, paths and nearest lists."""

from __future__ import annotations

import gc
import tempfile
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.matrix import travel_matrix
from routing.network import Network
from routing.paths import find_paths
from routing.profiles import SMALL_TRUCK, TRUCK, Weights, weigh
from routing.reading import read_network
from routing.roads import RoadMetric, build_roads
from routing.snapping import Positions
from tests import naive
from tests.routing.maps import Map, arc, cross
from tests.routing.test_matrix import check_path, grids, some_places


def assert_same_as_search(
    network: Network, weights: Weights, metric: RoadMetric, one: Positions, other: Positions
) -> None:
    """Tables equal the plain search's in every second and metre."""
    table = metric.travel_table(one, other, threads=1)
    matrix = travel_matrix(network, weights, one, other, threads=1)
    assert (table.time == matrix.time_s).all()
    assert (table.length == matrix.length_m).all()


def pairs(one: Positions, other: Positions) -> tuple[Positions, Positions]:
    """Every place of one with every place of the other, as two lists."""
    i, j = np.indices((len(one), len(other))).reshape(2, -1)
    return (
        Positions(np.asarray(one.arc)[i], np.asarray(one.offset_cm)[i]),
        Positions(np.asarray(other.arc)[j], np.asarray(other.offset_cm)[j]),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=grids(), seed=st.integers(0, 1000), truck=st.booleans())
def test_small_maps_with_restrictions(made, seed, truck):
    """Table, paths and lists on random maps; equal arcs, copies and closed places included."""
    with tempfile.TemporaryDirectory() as folder:
        network = made.read(Path(folder))
    weights = weigh(network, TRUCK if truck else SMALL_TRUCK)
    if (weights.arc_time_ms < 0).all():
        return
    metric = build_roads(network).weigh(weights)
    one = some_places(network, weights, seed, 6)
    other = Positions(one.arc[::-1].copy(), (one.offset_cm[::-1] // 2).astype(np.int32))
    assert_same_as_search(network, weights, metric, one, other)
    table = metric.travel_table(one, other)
    bans = naive.binding_bans(network, weights.profile.hgv)
    paths = metric.find_paths(*pairs(one, other))
    for path, time, length in zip(paths, table.time.flat, table.length.flat, strict=True):
        assert (path.time_s, path.length_m) == (time, length)
        check_path(network, weights, path, bans)
    assert_nearest(metric, one, other, 3)


def assert_nearest(metric: RoadMetric, one: Positions, other: Positions, k: int) -> None:
    """Lists hold the k least of each row, in order."""
    table = metric.travel_table(one, other)
    found = metric.nearest(one, other, k)
    for row, (targets, times) in enumerate(zip(found.target, found.time, strict=True)):
        reachable = table.time[row][table.time[row] >= 0]
        kept = targets >= 0
        assert kept.sum() == min(k, len(reachable))
        assert (np.diff(times[kept]) >= 0).all()
        seconds = (times[kept] + 500) // 1000
        assert seconds.tolist() == np.sort(reachable)[: kept.sum()].tolist()
        assert (table.time[row, targets[kept]] == seconds).all()
        assert len(set(targets[kept].tolist())) == kept.sum()


def test_the_same_weights_are_laid_once_while_in_use(tmp_path):
    """Weights that are equal share a metric; others have their own, and none is kept for later."""
    network = cross().read(tmp_path)
    roads, other_roads = build_roads(network), build_roads(network)
    first = roads.weigh(weigh(network, TRUCK))
    assert roads.weigh(weigh(network, TRUCK)).metric is first.metric
    assert other_roads.weigh(weigh(network, TRUCK)).metric is not first.metric
    blocked = weigh(network, TRUCK, np.array([arc(network, 0, 1)]))
    assert roads.weigh(blocked).metric is not first.metric
    gone = weakref.ref(first.metric)
    del first
    gc.collect()
    assert gone() is None


def test_behind_on_the_same_arc_means_round_the_block(tmp_path):
    """Ahead on one's own arc is straight on, behind it the whole way round; the lists know it."""
    network = cross().read(tmp_path)
    weights = weigh(network, TRUCK)
    metric = build_roads(network).weigh(weights)
    north = arc(network, 0, 1)
    places = Positions(np.array([north, north]), np.array([1_000, 2_000]))
    assert_same_as_search(network, weights, metric, places, places)
    table = metric.travel_table(places, places)
    assert table.length[0].tolist() == [0, 10]
    assert table.length[1, 0] > 200
    assert metric.nearest(places, places, 2).target.tolist() == [[0, 1], [1, 0]]
    back = metric.find_paths(
        Positions(np.array([north]), np.array([2_000])), Positions(np.array([north]), np.array([0]))
    )[0]
    assert back.arcs[0] == back.arcs[-1] == north
    assert len(back.arcs) > 2


def test_closed_arcs_are_no_place_to_be(tmp_path):
    """From or to an arc that the vehicle may not drive there is no way, not even along it."""
    network = cross().read(tmp_path)
    north = arc(network, 0, 1)
    weights = weigh(network, TRUCK, blocked_arcs=np.array([north]))
    metric = build_roads(network).weigh(weights)
    places = Positions(np.array([north, arc(network, 2, 0)]), np.array([10, 10]))
    table = metric.travel_table(places, places)
    assert table.time.tolist() == [[-1, -1], [-1, 0]]
    path = metric.find_paths(places, places)[0]
    assert (len(path.arcs), path.time_s, path.length_m) == (0, -1, -1)


def test_one_hierarchy_serves_every_vehicle(tmp_path):
    """Profiles and closures re-weigh the same roads, each true to the plain search."""
    made = Map()
    for row in range(5):
        for column in range(5):
            made.node(10 * row + column, column, row)
    for row in range(5):
        made.way(row + 1, *(10 * row + c for c in range(5)), hgv="no" if row == 2 else "yes")
        made.way(row + 11, *(10 * r + row for r in range(5)))
    network = made.read(tmp_path)
    roads = build_roads(network)
    for profile, closed in ((TRUCK, []), (SMALL_TRUCK, []), (SMALL_TRUCK, [3, 8, 20])):
        weights = weigh(network, profile, blocked_arcs=np.asarray(closed, dtype=np.int64))
        places = some_places(network, weights, 4, 25)
        assert_same_as_search(network, weights, roads.weigh(weights), places, places)


def test_no_places_and_uneven_pairs(tmp_path):
    """Nothing to travel between gives empty answers; paths need as many sources as targets."""
    network = cross().read(tmp_path)
    metric = build_roads(network).weigh(weigh(network, TRUCK))
    none = Positions(np.empty(0, np.int32), np.empty(0, np.int32))
    assert metric.travel_table(none, none).time.shape == (0, 0)
    assert metric.find_paths(none, none) == []
    assert metric.nearest(none, none, 4).target.shape == (0, 1)
    two = Positions(np.array([0, 1]), np.array([0, 0]))
    with pytest.raises(ValueError, match="2 sources but 0 targets"):
        metric.find_paths(two, none)
    with pytest.raises(ValueError, match="outside"):
        metric.travel_table(Positions(np.array([99]), np.array([0])), none)


@pytest.fixture(scope="module")
def heidelberg(shared_osm) -> Network:
    """A real city with 476 restrictions."""
    return read_network(shared_osm / "de_heidelberg.osm.pbf")


@pytest.mark.real_map
def test_heidelberg(heidelberg):
    """60 x 700 on a real city equals the plain search; paths sum to the table and obey all bans."""
    weights = weigh(heidelberg, TRUCK)
    metric = build_roads(heidelberg).weigh(weights)
    one, other = (some_places(heidelberg, weights, seed, 700) for seed in (1, 2))
    few = Positions(one.arc[:60], one.offset_cm[:60])
    assert_same_as_search(heidelberg, weights, metric, few, other)
    table = metric.travel_table(one, other)
    bans = naive.binding_bans(heidelberg, hgv=True)
    some = Positions(other.arc[:60], other.offset_cm[:60])
    paths = metric.find_paths(few, some)
    for i, path in enumerate(paths):
        assert (path.time_s, path.length_m) == (table.time[i, i], table.length[i, i])
    for path, twin in zip(paths[:8], find_paths(heidelberg, weights, few, some)[:8], strict=True):
        check_path(heidelberg, weights, path, bans)
        assert (path.time_s, path.length_m) == (twin.time_s, twin.length_m)
    assert_nearest(metric, few, other, 20)


@pytest.mark.real_map
def test_heidelberg_fits_memory_and_hours(heidelberg):
    """Under 200 bytes an arc; slower mornings are re-weighed and true."""
    weights = weigh(heidelberg, TRUCK)
    roads = build_roads(heidelberg)
    morning = replace(
        weights,
        arc_time_ms=np.where(weights.arc_time_ms >= 0, weights.arc_time_ms * 3 // 2, -1).astype(
            np.int32
        ),
    )
    metric = roads.weigh(morning)
    size = roads.hierarchy.nbytes + metric.metric.nbytes
    assert size < 200 * heidelberg.num_arcs
    places = some_places(heidelberg, morning, 6, 40)
    assert_same_as_search(heidelberg, morning, metric, places, places)


@pytest.mark.parametrize("rows", [1, 3, 100])
def test_blocks_together_are_the_table(tmp_path, rows):
    """Blocks of any height, put together, are the whole table; none has more rows than asked."""
    network = cross().read(tmp_path)
    metric = build_roads(network).weigh(weigh(network, TRUCK))
    places = Positions(
        np.arange(network.num_arcs, dtype=np.int32), np.zeros(network.num_arcs, np.int32)
    )
    whole = metric.travel_table(places, places)
    blocks = list(metric.travel_blocks(places, places, rows))
    assert max(len(table.time) for _, table in blocks) <= rows
    for part, table in blocks:
        assert (table.time == whole.time[part]).all()
        assert (table.length == whole.length[part]).all()
    assert sum(len(table.time) for _, table in blocks) == len(whole.time)
    with pytest.raises(ValueError, match="rows = 0"):
        list(metric.travel_blocks(places, places, 0))
