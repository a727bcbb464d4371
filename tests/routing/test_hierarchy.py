"""The contraction hierarchy against a slow search: matrices, nearest lists, paths, borders."""

from __future__ import annotations

import pickle
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.hierarchy import Hierarchy, contract, dissect_nodes, dissect_streets
from routing.metric import Metric, customize
from tests.routing.graphs import Graph, all_pairs, dijkstra, from_edges, graphs, grid

thorough = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))


def metric_of(graph: Graph, step=None) -> Metric:
    """Hierarchy and weights of a small graph."""
    if step is None:
        step = dissect_nodes(graph.first_out, graph.head, graph.x, graph.y)
    return customize(contract(graph.first_out, graph.head, step), graph.time, graph.length)


def matrix(metric: Metric, *ends, **options):
    """A table filled by sweeps and, once more, through common ancestors: the same numbers."""
    with patch("routing.metric.FEW_PAIRS", -1):
        swept = metric.matrix(*ends, **options)
    with patch("routing.metric.FEW_PAIRS", 1 << 60):
        met = metric.matrix(*ends, **options)
    assert swept.time.tolist() == met.time.tolist()
    assert swept.length.tolist() == met.length.tolist()
    return met


def everywhere(metric: Metric):
    """All vertices as places."""
    return metric.vertices(np.arange(metric.hierarchy.num_vertices))


# ---------------------------------------------------------------------------------- matrices


@thorough
@given(graph=graphs())
def test_matrix_equals_dijkstra(graph):
    """Times and lengths of all pairs are those of a plain search, unreachable ones included."""
    metric = metric_of(graph)
    table = matrix(metric, everywhere(metric), everywhere(metric), threads=1)
    time, length = all_pairs(graph)
    assert table.time.tolist() == time.tolist()
    assert table.length.tolist() == length.tolist()


@thorough
@given(graph=graphs(), seed=st.integers(0, 99))
def test_any_order_gives_the_same_answers(graph, seed):
    """The order of contraction decides about speed alone."""
    step = np.random.default_rng(seed).integers(-3, 3, graph.num_vertices)
    metric = metric_of(graph, step)
    table = matrix(metric, everywhere(metric), everywhere(metric), threads=1)
    assert table.time.tolist() == all_pairs(graph)[0].tolist()


@thorough
@given(graph=graphs(), data=st.data())
def test_places_with_several_vertices(graph, data):
    """A place counts by the best of its vertices; one without any is unreachable."""
    stand = st.tuples(st.integers(0, graph.num_vertices - 1), st.integers(0, 9), st.integers(0, 9))
    sides = [data.draw(st.lists(st.lists(stand, max_size=3), max_size=4)) for _ in range(2)]
    metric = metric_of(graph)
    table = matrix(metric, *(as_places(metric, side) for side in sides), threads=1)
    for i, starts in enumerate(sides[0]):
        for j, ends in enumerate(sides[1]):
            expected = best_of(graph, starts, ends) or (-1, -1)
            assert (table.time[i, j], table.length[i, j]) == expected


def as_places(metric: Metric, stands):
    """Places of a metric from lists of (vertex, time, length)."""
    flat = np.asarray([s for place in stands for s in place], dtype=np.int64).reshape(-1, 3)
    first = np.cumsum([0, *map(len, stands)])
    return metric.places(first, flat[:, 0], flat[:, 1], flat[:, 2])


def best_of(graph: Graph, starts, ends):
    """Least label over all pairs of vertices of two places, None without any."""
    options = []
    for vertex, time, length in starts:
        reached = dijkstra(graph, vertex)
        options += [
            (time + reached[v][0] + t, length + reached[v][1] + cm)
            for v, t, cm in ends
            if v in reached
        ]
    return min(options, default=None)


def test_hand_computed():
    """Of two equally fast ways the shorter one counts; a closed edge is none; loops are nothing."""
    edges = [(0, 1, 5, 9), (1, 3, 5, 9), (0, 2, 4, 2), (2, 3, 6, 3), (0, 3, 10, 99), (0, 3, -1, 0)]
    metric = metric_of(from_edges(5, [*edges, (1, 1, 0, 0)]))
    table = matrix(metric, metric.vertices([0]), everywhere(metric))
    assert table.time.tolist() == [[0, 5, 4, 10, -1]]
    assert table.length.tolist() == [[0, 9, 2, 5, -1]]


def test_rounding_half_up():
    """Whole seconds and metres are rounded once, half up, as everywhere in the project."""
    metric = metric_of(from_edges(3, [(0, 1, 499, 49), (0, 2, 1500, 150)]))
    table = matrix(metric, metric.vertices([0]), everywhere(metric), whole=True)
    assert table.time.tolist() == [[0, 0, 2]]
    assert table.length.tolist() == [[0, 0, 2]]


@pytest.mark.parametrize("num", [0, 1, 63, 64, 65, 200])
def test_every_number_of_sources(num):
    """Batches that are empty, short or full answer alike, repeated sources and targets too."""
    graph = grid(9, 3)
    metric = metric_of(graph)
    chosen = np.random.default_rng(num).integers(0, 81, num)
    time, length = all_pairs(graph)
    table = matrix(metric, metric.vertices(chosen), metric.vertices(chosen[::-1]), threads=1)
    assert (table.time == time[np.ix_(chosen, chosen[::-1])]).all()
    assert (table.length == length[np.ix_(chosen, chosen[::-1])]).all()


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_nothing(threads):
    """Matrix and lists are the same at any number of threads; progress rises to the end."""
    metric = metric_of(grid(13, 1))
    told: list[tuple[int, int]] = []
    places = everywhere(metric)
    table = metric.matrix(
        places, places, threads=threads, progress=lambda done, total: told.append((done, total))
    )
    alone = matrix(metric, places, places, threads=1)
    assert (table.time == alone.time).all()
    assert (table.length == alone.length).all()
    assert told == sorted(told)
    assert told[-1] == (169, 169)
    lists = [metric.nearest(places, places, 7, threads=number) for number in (threads, 1)]
    assert (lists[0].target == lists[1].target).all()


def test_a_metric_that_travels_answers_alike():
    """What is left from questions before stays behind when a metric is sent to another process."""
    metric = metric_of(grid(12, 2))
    table = matrix(metric, everywhere(metric), everywhere(metric))
    sent = pickle.loads(pickle.dumps(metric))
    assert (matrix(sent, everywhere(sent), everywhere(sent)).time == table.time).all()


def test_weighing_again_forgets_the_old_weights():
    """A closure, then the morning, over one hierarchy: each as if it were the only one."""
    graph = grid(8, 5)
    hierarchy = metric_of(graph).hierarchy
    rng = np.random.default_rng(0)
    for _ in range(3):
        graph.time = rng.integers(-1, 50, len(graph.time))
        metric = customize(hierarchy, graph.time, graph.length)
        table = matrix(metric, everywhere(metric), everywhere(metric))
        assert (table.time == all_pairs(graph)[0]).all()


# ------------------------------------------------------------------------------ nearest lists


@thorough
@given(graph=graphs(), k=st.integers(1, 6), data=st.data())
def test_nearest_equals_the_sorted_matrix(graph, k, data):
    """The lists are the beginnings of the matrix' rows, sorted by time, length and number."""
    metric = metric_of(graph)
    vertex = st.lists(st.integers(0, graph.num_vertices - 1), max_size=8)
    sources, targets = metric.vertices(data.draw(vertex)), metric.vertices(data.draw(vertex))
    table = matrix(metric, sources, targets, threads=1)
    found = metric.nearest(sources, targets, k, threads=1)
    for row in range(len(table.time)):
        pairs = zip(table.time[row].tolist(), table.length[row].tolist(), strict=True)
        expected = sorted((*pair, j) for j, pair in enumerate(pairs) if pair[0] >= 0)[:k]
        listed = zip(found.time[row], found.length[row], found.target[row], strict=True)
        assert [tuple(map(int, one)) for one in listed if one[2] >= 0] == expected
        assert (found.target[row, len(expected) :] == -1).all()
        assert (found.time[row, len(expected) :] == -1).all()


def test_nearest_with_direct_targets():
    """What a source reaches without the graph takes its place in the list, once."""
    metric = metric_of(from_edges(4, [(0, 1, 10, 1), (0, 2, 20, 1), (0, 3, 30, 1)]))
    targets = metric.vertices([1, 2, 3])
    direct = metric.places([0, 2], [2, 1], [15, 25], [0, 0])._replace(
        vertex=np.array([2, 1], np.int32)
    )
    found = metric.nearest(metric.vertices([0]), targets, 3, direct=direct)
    assert found.target.tolist() == [[0, 2, 1]]
    assert found.time.tolist() == [[10, 15, 20]]


# -------------------------------------------------------------------------------------- paths


@thorough
@given(graph=graphs())
def test_paths_are_driven_edge_by_edge(graph):
    """A path joins its ends over open edges, and its edges sum to the matrix."""
    metric = metric_of(graph)
    n = graph.num_vertices
    pairs = np.indices((n, n)).reshape(2, -1)
    routes = metric.routes(metric.vertices(pairs[0]), metric.vertices(pairs[1]))
    time, length = all_pairs(graph)
    tail = graph.tail
    for source, target, route in zip(*pairs.tolist(), routes, strict=True):
        assert (route.time, route.length) == (time[source, target], length[source, target])
        if route.source < 0:
            assert time[source, target] == -1
            continue
        stops = [source, *graph.head[route.edges].tolist()]
        assert stops[:-1] == tail[route.edges].tolist()
        assert stops[-1] == target
        assert (graph.time[route.edges] >= 0).all()
        assert graph.time[route.edges].sum() == route.time
        assert graph.length[route.edges].sum() == route.length


def test_a_path_longer_than_the_first_room():
    """A way of 3,000 edges comes back whole."""
    n = 3_001
    chain = from_edges(n, [(v, v + 1, 1, 2) for v in range(n - 1)])
    metric = metric_of(chain, np.arange(n))
    route = metric.routes(metric.vertices([0]), metric.vertices([n - 1]))[0]
    assert chain.head[route.edges].tolist() == list(range(1, n))
    assert (route.time, route.length) == (3_000, 6_000)


def test_route_names_the_vertices_it_joins():
    """Of several vertices of a place the path says which it used."""
    metric = metric_of(from_edges(4, [(0, 2, 50, 1), (1, 3, 5, 1)]))
    starts = metric.places([0, 2], [0, 1], [0, 9], [0, 0])
    ends = metric.places([0, 2], [2, 3], [0, 1], [0, 4])
    route = metric.routes(starts, ends)[0]
    assert (route.source, route.target, route.time, route.length) == (1, 1, 15, 5)


# ---------------------------------------------------------------------------- the hierarchy


@thorough
@given(graph=graphs())
def test_ranks_are_a_postorder_and_rows_are_chordal(graph):
    """What the kernels rely on: rising rows, subtrees in one stretch, upper neighbors adjacent."""
    hierarchy = metric_of(graph).hierarchy
    parent, depth, first, head = hierarchy.topology
    n = graph.num_vertices
    assert sorted(hierarchy.rank.tolist()) == list(range(n))
    rows = [head[first[v] : first[v + 1]].tolist() for v in range(n)]
    size = np.ones(n, int)
    for v in range(n):
        assert rows[v] == sorted(set(rows[v]))
        assert parent[v] == (rows[v][0] if rows[v] else -1)
        if parent[v] >= 0:
            assert set(rows[v][1:]) <= set(rows[parent[v]])
            assert depth[v] == depth[parent[v]] + 1
            size[parent[v]] += size[v]
    for v in range(n):
        below = [u for u in range(v) if parent[u] == v]
        assert sum(size[u] for u in below) == size[v] - 1
        assert all(u >= v - size[v] + 1 for u in below)


def test_dissection_finds_the_narrow_place():
    """Two blocks joined by one street: the street, or one end of it, is the first separator."""
    edges = []
    for begin in (0, 6):
        edges += [
            (begin + i, begin + j, 1, 1) for i in range(6) for j in range(6) if abs(i - j) in (1, 2)
        ]
    edges += [(5, 6, 1, 1), (6, 5, 1, 1)]
    at = np.column_stack((np.arange(12.0), np.zeros(12)))
    graph = from_edges(12, edges, at)
    by_node = dissect_nodes(graph.first_out, graph.head, graph.x, graph.y)
    assert np.flatnonzero(by_node == by_node.min()).tolist() in ([5], [6])
    by_street = dissect_streets(graph.tail, graph.head, graph.x, graph.y)
    first = np.flatnonzero(by_street == by_street.min())
    assert {(graph.tail[e], graph.head[e]) for e in first} == {(5, 6), (6, 5)}


def test_shortcuts_grow_slowly_on_a_grid():
    """Nested dissection halves the shortcuts of a 40 x 40 grid against an order row by row."""
    graph = grid(40, 2)
    hierarchy = metric_of(graph).hierarchy
    assert len(hierarchy.topology.head) < 20 * 1600
    assert hierarchy.topology.depth.mean() < 140
    rows = contract(graph.first_out, graph.head, np.zeros(1600, int))
    assert len(rows.topology.head) > 38 * 1600


def test_no_edge_that_a_faster_way_replaces_is_kept():
    """Every kept weight is the exact distance between its ends."""
    graph = grid(7, 4)
    metric = metric_of(graph)
    time, _ = all_pairs(graph)
    vertex = np.argsort(metric.hierarchy.rank)
    for low in range(49):
        for climb, flip in ((metric.forward, False), (metric.backward, True)):
            for e in range(climb.first_out[low], climb.first_out[low + 1]):
                pair = vertex[low], vertex[climb.head[e]]
                expected = time[pair[::-1] if flip else pair]
                assert climb.weight[e] >> metric.shift == expected


def test_same_input_same_arrays():
    """Preparation holds no chance."""
    one, other = (metric_of(grid(15, 9)) for _ in range(2))
    for a, b in zip(
        (*one.hierarchy.topology, *one.forward),
        (*other.hierarchy.topology, *other.forward),
        strict=True,
    ):
        assert a.tobytes() == b.tobytes()
    assert one.nbytes > 0
    assert one.hierarchy.nbytes > 0


def test_graphs_without_vertices_or_edges():
    """Nothing at all is a graph too."""
    empty = from_edges(0, [], np.empty((0, 2)))
    metric = metric_of(empty)
    none = metric.vertices(np.empty(0, np.int64))
    assert matrix(metric, none, none).time.shape == (0, 0)
    assert metric.nearest(none, none, 3).target.shape == (0, 1)
    assert metric.routes(none, none) == []
    lonely = metric_of(from_edges(3, []))
    table = lonely.matrix(everywhere(lonely), everywhere(lonely))
    assert table.time.tolist() == (np.eye(3, dtype=int) - 1).tolist()
    assert dissect_streets([0], [0], [0.0], [0.0]).tolist() == [2]


# ------------------------------------------------------------------------------- the border


def small() -> Hierarchy:
    """A hierarchy of three vertices in a row."""
    return metric_of(from_edges(3, [(0, 1, 1, 1), (1, 2, 1, 1)])).hierarchy


@pytest.mark.parametrize(
    ("time", "length", "message"),
    [
        ([1, -2], [1, 1], "time_ms holds -2"),
        ([1, 1], [1, -1], "length_cm holds -1"),
        ([1 << 30, 1], [1, 1], "time_ms holds 1073741824"),
        ([1], [1, 1], "time_ms has 1 entries; expected 2"),
        ([1.0, 2.0], [1, 1], "whole numbers"),
        ([[1, 1]], [1, 1], "one dimension"),
    ],
)
def test_weights_are_checked(time, length, message):
    """Negative, large, fractional or misshapen weights are refused by name."""
    with pytest.raises(ValueError, match=message):
        customize(small(), np.asarray(time), np.asarray(length))


@pytest.mark.parametrize(
    ("first_out", "head", "step", "message"),
    [
        ([0, 1, 1], [2], [0, 0], "head holds 2"),
        ([0, 2, 1], [1], [0, 0], "first_out"),
        ([0, 1, 1], [1], [0], "step has 1 entries"),
        ([], [], [], "first_out"),
    ],
)
def test_graphs_are_checked(first_out, head, step, message):
    """Arrays that are no graph are refused."""
    with pytest.raises(ValueError, match=message):
        contract(first_out, head, step)


def test_places_are_checked():
    """Places name vertices that exist; lists need a length; paths need pairs."""
    metric = customize(small(), [1, 1], [1, 1])
    with pytest.raises(ValueError, match="vertex holds 3"):
        metric.vertices([3])
    with pytest.raises(ValueError, match="first_out must rise"):
        metric.places([0, 0], [0], [0], [0])
    with pytest.raises(ValueError, match="k = 0"):
        metric.nearest(metric.vertices([0]), metric.vertices([1]), 0)
    with pytest.raises(ValueError, match="1 sources but 2 targets"):
        metric.routes(metric.vertices([0]), metric.vertices([1, 2]))
    with pytest.raises(ValueError, match="nodes outside"):
        dissect_nodes([0, 1], [1], [0.0], [0.0])
    with pytest.raises(ValueError, match="finite"):
        dissect_nodes([0, 0], [], [np.nan], [0.0])


def test_views_and_other_types_are_taken():
    """Strided, read-only and 64-bit arrays give the same as plain ones."""
    graph = grid(5, 0)
    step = dissect_nodes(graph.first_out, graph.head, graph.x, graph.y)
    wide = np.repeat(graph.time, 2).astype(np.int32)
    wide.flags.writeable = False
    hierarchy = contract(graph.first_out.astype(np.int64), graph.head.astype(np.uint32), step)
    metric = customize(hierarchy, wide[::2], graph.length.astype(np.int16))
    table = matrix(metric, everywhere(metric), everywhere(metric))
    assert (table.time == all_pairs(graph)[0]).all()


def test_overflow_is_refused_or_far():
    """Lengths that could overflow are refused; a way of weeks is none, not a short one."""
    n = 40
    hierarchy = contract(np.arange(n + 1).clip(max=n - 1), np.arange(1, n), np.arange(n))
    huge = np.full(n - 1, (1 << 30) - 1)
    with pytest.raises(ValueError, match="divide the map"):
        customize(hierarchy, huge, huge)
    metric = customize(hierarchy, huge, np.ones(n - 1, int))
    table = matrix(metric, metric.vertices([0]), everywhere(metric))
    assert table.time[0, 0] == 0
    assert ((table.time[0, 1:] == -1) | (table.time[0, 1:] == (1 << 30) - 1)).all()
    found = metric.nearest(metric.vertices([0]), everywhere(metric), n)
    assert (
        found.time[0]
        == np.sort(table.time[0][table.time[0] >= 0])[:n].tolist()
        + [-1] * (n - (table.time[0] >= 0).sum())
    ).all()
    long = customize(hierarchy, np.ones(n - 1, int), huge // 8)
    for few_pairs in (-1, 1 << 60):
        with (
            patch("routing.metric.FEW_PAIRS", few_pairs),
            pytest.raises(ValueError, match="21,474 km"),
        ):
            long.matrix(long.vertices([0]), everywhere(long))
    whole = matrix(long, long.vertices([0]), everywhere(long), whole=True)
    assert whole.length[0, -1] == (39 * (int(huge[0]) // 8) + 50) // 100
