"""Walking distances against a plain graph in which every place is a node of its own."""

from __future__ import annotations

import itertools

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.network import Network
from routing.reading import read_network
from scenarios.walking import Spot, WalkingStreets, walking_table
from tests.cities import place, town


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> WalkingStreets:
    """The town, one street of which is one-way for vehicles."""
    made = town()
    made.way(900, 1, 12, highway="residential", oneway="yes")
    path = tmp_path_factory.mktemp("walk") / "map.osm"
    path.write_text(made.xml(), encoding="utf-8")
    return WalkingStreets(read_network(path))


def twin(network: Network, spots: list[Spot]) -> np.ndarray:
    """All distances by networkx: pieces are cut at the places, both directions are open."""
    graph = nx.Graph()
    on: dict[int, list[tuple[float, object]]] = {}
    for i, spot in enumerate(spots):
        on.setdefault(spot.arc, []).append((spot.along_m, ("spot", i)))
    for arc in range(network.num_arcs):
        if network.arc_base[arc] != arc or 0 <= network.arc_reverse[arc] < arc:
            continue
        whole = network.arc_length_cm[arc] / 100
        ends = [(0.0, int(network.arc_tail[arc])), (whole, int(network.arc_head[arc]))]
        chain = sorted([*ends, *on.get(arc, [])], key=lambda pair: pair[0])
        for (a, u), (b, v) in itertools.pairwise(chain):
            if not graph.has_edge(u, v) or graph[u][v]["metres"] > b - a:
                graph.add_edge(u, v, metres=b - a)
    table = np.full((len(spots), len(spots)), np.inf)
    for i in range(len(spots)):
        found = nx.single_source_dijkstra_path_length(graph, ("spot", i), weight="metres")
        for j in range(len(spots)):
            if ("spot", j) in found:
                table[i, j] = found["spot", j] + spots[i].access_m + spots[j].access_m
    np.fill_diagonal(table, 0.0)
    return table


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-0.3, 9), st.floats(-0.3, 4.3)), min_size=1, max_size=8, unique=True
    ),
    st.sampled_from([60.0, 250.0, 5000.0]),
)
def test_equals_the_plain_graph(
    streets: WalkingStreets, where: list[tuple[float, float]], limit_m: float
) -> None:
    """Every pair within the limit has the length of the plain graph, and no other pair is there."""
    lon, lat = zip(*(map(float, place(*w).split(",")) for w in where), strict=True)
    spots = streets.spots(lon, lat)
    table, full = walking_table(streets, spots, limit_m), twin(streets.network, spots)
    close = full <= limit_m
    near_limit = np.abs(full - limit_m) < 1e-6
    assert np.allclose(table[close & ~near_limit], full[close & ~near_limit])
    assert np.isinf(table[~close & ~near_limit]).all()


def test_against_the_one_way(streets: WalkingStreets) -> None:
    """People walk both directions of a one-way street: the way back is as long as the way there."""
    x, y = zip(*(map(float, place(*w).split(",")) for w in ((0.2, 0.2), (0.8, 0.8))), strict=True)
    table = walking_table(streets, streets.spots(x, y), 5000)
    assert table[0, 1] == pytest.approx(table[1, 0])
    assert np.isfinite(table).all()
