"""The road benchmark measures what it says: its graphs, its tables, its report, its peers."""

from __future__ import annotations

import heapq
import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import roads, roads_peer
from benchmarks.peers import GROUPS, why_missing
from benchmarks.roads import (
    PEERS,
    Measured,
    hand_over,
    measure,
    measure_maps,
    measure_peer,
    plain_graph,
    read_graphs,
    read_untagged,
    turn_graph,
)
from benchmarks.roads_report import growth, speedup, table, verdict, write_report
from cli import main as cli
from routing.errors import NetworkError
from routing.matrix import travel_matrix
from routing.profiles import TRUCK, weigh
from routing.snapping import Positions
from tests.routing.maps import Map, cross


def bent() -> Map:
    """Two junctions joined by a straight and a bent street, both ways, and one way out."""
    made = Map().node(1, 0, 0).node(2, 2, 0).node(3, 1, 1).node(4, 3, 0)
    return made.way(1, 1, 2).way(2, 1, 3, 2).way(3, 2, 4, oneway="yes")


@pytest.fixture
def graph(tmp_path):
    """The turns of a crossing."""
    network = cross().read(tmp_path)
    return turn_graph(network, weigh(network, TRUCK), "cross")


@pytest.fixture
def bent_path(tmp_path, monkeypatch):
    """A map file; caches lie beside it, and no peer is installed."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "bent.osm"
    path.write_text(bent().xml(), encoding="utf-8")
    return path


@pytest.fixture
def square(tmp_path):
    """An untagged ring of four nodes with a spur: places in metres, edges counted from one."""
    places = [(-100, -100), (100, -100), (100, 100), (-100, 100), (300, 100)]
    np.array(places, "<i4").tofile(tmp_path / "ring.co.bin")
    np.array([(1, 2), (2, 3), (3, 4), (4, 1), (3, 5)], "<i4").tofile(tmp_path / "ring.gr.bin")
    return tmp_path / "ring.co.bin"


def naive_times(graph, source: int) -> list[int]:
    """Milliseconds from a vertex to all, by a plain search; -1 = no way."""
    found, heap = {}, [(0, source)]
    while heap:
        spent, at = heapq.heappop(heap)
        if at not in found:
            found[at] = spent
            for e in range(graph.first_out[at], graph.first_out[at + 1]):
                heapq.heappush(heap, (spent + int(graph.time[e]), int(graph.head[e])))
    return [found.get(v, -1) for v in range(len(graph.first_out) - 1)]


def naive_matrix(graph, chosen) -> np.ndarray:
    """The matrix of `naive_times`."""
    return np.array([[naive_times(graph, s)[t] for t in chosen] for s in chosen])


def stand_in(folder, name: str, body: str) -> None:
    """A peer's environment whose interpreter is a shell script."""
    python = folder / "peers" / name / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    python.chmod(0o755)


def test_plain_graph_has_a_node_for_each_bend(tmp_path):
    """The bend counts, the way out without return does not, and lengths are those of the arcs."""
    network = bent().read(tmp_path)
    graph = plain_graph(network, weigh(network, TRUCK))
    assert graph.num_vertices == 3
    assert graph.num_arcs == len(graph.head) == 6
    loop = [a for a in range(network.num_real_arcs) if network.arc_way_id[a] in (1, 2)]
    assert graph.length.sum() == pytest.approx(network.arc_length_cm[loop].sum(), rel=0.01)
    assert graph.time.sum() == pytest.approx(
        weigh(network, TRUCK).arc_time_ms[loop].sum(), rel=0.01
    )


def test_turn_graph_is_what_plans_stand_on(tmp_path):
    """From the tail of one arc to the tail of another it takes what the matrix says."""
    network = cross().read(tmp_path)
    weights = weigh(network, TRUCK)
    arcs = np.arange(network.num_arcs)
    graph = turn_graph(network, weights)
    found = measure(graph, arcs, [len(arcs)], 1)
    begins = Positions(arcs.astype(np.int32), np.zeros(len(arcs), np.int32))
    matrix = travel_matrix(network, weights, begins, begins)
    ours = found.measured
    rounded = np.where(ours[0].matrix >= 0, (ours[0].matrix + 500) // 1000, -1)
    assert (rounded == matrix.time_s).all()
    assert (ours[1].matrix == ours[0].matrix).all()
    assert (np.where(found.lengths >= 0, (found.lengths + 50) // 100, -1) == matrix.length_m).all()


def test_untagged_graphs_hold_every_street_both_ways(square):
    """Five streets at 30 km/h; turns lead everywhere but back, except at the end of the spur."""
    *_, turns, nodes = read_graphs(square)
    assert (nodes.num_vertices, nodes.num_arcs) == (5, 10)
    assert sorted(nodes.length) == [20_000] * 10
    assert set(nodes.time) == {24_000}
    assert turns.num_arcs == 10
    tails = np.repeat(np.arange(10), np.diff(turns.first_out))
    assert len(tails) == 6 * 1 + 3 * 2 + 1  # bends, the fork from three sides, the end
    found = measure(turns, np.arange(10), [10], 1)
    assert (found.measured[0].matrix == naive_matrix(turns, range(10))).all()
    assert found.measured[0].matrix.min() == 0


def test_parts_of_untagged_maps_are_squares_round_the_centre(square):
    """The spur is farther out than the ring."""
    part = read_untagged(square, 0.5)
    assert len(part.x) == 4
    assert len(part.tail) == 8
    parts = [graph for graph in read_graphs(square) if graph.is_part]
    assert [graph.name for graph in parts[::2]] == [f"ring.co.bin, 1/{n}" for n in (8, 4, 2)]


def test_untagged_files_that_do_not_fit_are_refused(square):
    """A missing half, and edges that name strange nodes."""
    pairs = square.with_name("ring.gr.bin")
    np.array([(1, 9)], "<i4").tofile(pairs)
    with pytest.raises(NetworkError, match=r"ring.gr.bin: names nodes outside 1..5"):
        read_untagged(square)
    pairs.unlink()
    with pytest.raises(NetworkError, match=r"not a pair of .co.bin and .gr.bin files"):
        read_untagged(square)


def test_what_a_peer_is_handed_it_answers_like_us(tmp_path, graph, monkeypatch):
    """A naive peer run by the script gets the same graph and the same places, and comes back."""
    monkeypatch.setitem(
        roads_peer.PEERS, "numpy", lambda run: lambda num: naive_matrix(run, run.chosen[:num])
    )
    chosen = graph.sample(6)
    hand_over(tmp_path, graph, chosen, [2, 6], 2)
    roads_peer.main("numpy", tmp_path)
    theirs = roads._take_back("numpy", tmp_path)
    found = measure(graph, chosen, [2, 6], 1)
    assert theirs.version == np.__version__
    assert sorted(theirs.tables) == [2, 6]
    assert verdict(theirs, found) == "equal"


def test_slow_peers_stop_at_a_size_they_can_do(tmp_path, graph, monkeypatch):
    """A size is left out when its share of the work would not fit the budget."""
    hand_over(tmp_path, graph, graph.sample(4), [4], 1)
    run = roads_peer.Run(tmp_path)
    clock = iter(range(1000))
    monkeypatch.setattr(roads_peer, "cpu", lambda: float(next(clock)))  # a second for each table
    assert roads_peer.measure(run, lambda num: num, [10, 11, 40], 5, 1.9) == 11
    assert run.times["tables"] == {10: 1.0, 11: 1.0}


def test_ways_of_a_peer_that_are_none():
    """Infinite, beyond its own largest number or absent: -1."""
    assert roads_peer.in_ms([[0.25, np.inf], [7.0, 3.0]], 5, 1000).tolist() == [
        [250, -1],
        [-1, 3000],
    ]


def test_the_graph_as_a_map_has_every_edge_once(tmp_path, graph):
    """Ways for OSRM: the fastest of parallel edges, both directions in one where they are equal."""
    run = roads_peer.Run.__new__(roads_peer.Run)
    run.tail, run.head = np.array([0, 1, 0, 2, 2]), np.array([1, 0, 1, 2, 0])
    run.time, run.x, run.y = np.array([5, 4, 4, 1, 9]), np.zeros(3), np.arange(3.0)
    roads_peer.write_osm(run, tmp_path / "graph.osm")
    text = (tmp_path / "graph.osm").read_text()
    assert text.count("<node ") == 3
    assert "<nd ref='1'/><nd ref='2'/><tag k='ms' v='4'/></way>" in text
    assert "<nd ref='3'/><nd ref='1'/><tag k='ms' v='9'/><tag k='oneway' v='yes'/></way>" in text
    assert text.count("<way ") == 2


@pytest.mark.peer
@pytest.mark.parametrize("name", PEERS)
def test_installed_peers_agree_with_us(tmp_path, name):
    """Those that are there answer the graph of a small map as ours does."""
    if why_missing(name):
        pytest.skip(why_missing(name))
    network = bent().read(tmp_path)
    graph = plain_graph(network, weigh(network, TRUCK), "bent")
    found = measure(graph, graph.sample(3), [3], 1)
    theirs = measure_peer(name, graph, graph.sample(3), [3], 1)
    if name == "pyvalhalla":
        assert theirs.fault == "failed: ValueError: reads .osm.pbf files only"
        return
    assert theirs.fault == ""
    assert np.abs(theirs.matrix - found.measured[0].matrix).max() <= 2  # OSRM rounds places


def test_a_peer_that_fails_says_why(tmp_path, graph, monkeypatch):
    """The last line of what it said is kept; it is no fault of the measurement."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path))
    stand_in(tmp_path, "pandana", "echo trace >&2; echo no such package >&2; exit 3")
    found = measure_peer("pandana", graph, graph.sample(4), [4], 1)
    assert found.fault == "failed: no such package"
    assert not found.tables


def test_a_peer_that_never_ends_is_stopped(tmp_path, graph, monkeypatch):
    """Patience has an end."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path))
    monkeypatch.setattr(roads, "PATIENCE_S", 0.2)
    stand_in(tmp_path, "pandana", "exec sleep 20")
    assert measure_peer("pandana", graph, graph.sample(4), [4], 1).fault == "stopped after 0.2 s"


def test_verdicts_on_matrices(graph):
    """How many entries differ and by how much; ways that only one engine has; ratios of lengths."""
    found = measure(graph, graph.sample(4), [2, 4], 1)
    ours = found.measured[0].matrix
    wrong = ours[:2, :2].copy()
    wrong[0, 1] += 7
    assert verdict(found.measured[1], found) == "equal"
    assert verdict(Measured("a", matrix=wrong), found) == "1 of 4 differ, by 7 ms at most"
    wrong[0, 1] = -1
    assert verdict(Measured("a", matrix=wrong), found) == (
        "1 of 4 differ, by 0 ms at most; 1 have a way in one engine only"
    )
    twice = Measured("a", matrix=2 * found.lengths, answers="length")
    assert verdict(twice, found) == "lengths by ours: 2.000 (5 %), 2.000 (50 %), 2.000 (95 %)"


def test_speedup_is_told_at_the_largest_size_that_a_peer_reached(graph):
    """Against our times alone; nothing for a peer that did not run."""
    found = measure(graph, graph.sample(4), [2, 4], 1)
    found.measured[1].tables = {2: 0.5, 4: 1.0}
    assert speedup(Measured("a", tables={2: 10.0}), found) == (2, 20.0)
    assert speedup(Measured("a", fault="gone"), found) is None


def test_growth_of_a_linear_cost_has_exponent_one(square):
    """A table of all maps of a kind, smallest first, and the slope; nothing for one map alone."""
    found = [measure(g, g.sample(2), [2], 1) for g in read_graphs(square) if g.kind == "nodes"]
    small, large = found[0], found[-1]
    for one in (small, large):
        for ours in one.measured:
            ours.prepare = ours.weigh = one.graph.num_arcs / 7
            ours.tables = {2: one.graph.num_arcs**2 / 7}
    lines = growth([large, small], "nodes")
    assert "prepare 1.00, weigh 1.00, table, time and length 2.00" in lines[-1]
    rows = [line for line in lines if line.startswith("| ring")]
    assert rows[-1].startswith("| ring.co.bin | 10 | 1.43 | 1.43 | 14.3 |")
    assert growth([large], "nodes") == growth([], "turns") == []


def test_each_map_gives_both_graphs(bent_path):
    """Turns first, then plain nodes; every size asked for is measured, peers are on nodes."""
    told = []
    turns, nodes = measure_maps([bent_path], [2, 1, 2], 1, ["scipy", "pyroutingkit"], told.append)
    assert (turns.graph.kind, nodes.graph.kind) == ("turns", "nodes")
    assert list(turns.measured[0].tables) == [1, 2]
    assert [one.engine for one in turns.measured[2:]] == ["pyroutingkit"]
    assert [one.engine for one in nodes.measured[2:]] == ["scipy", "pyroutingkit"]
    assert told[0] == "bent.osm: reading"
    assert told[-1] == "bent.osm, nodes: pyroutingkit"


def test_parts_of_maps_are_left_to_us(square):
    """Only the whole of an untagged map is worth a peer's time."""
    found = list(measure_maps([square], [2], 1, ["pyroutingkit"]))
    assert [len(one.measured) for one in found] == [2] * 6 + [3] * 2


def test_the_command_writes_a_report_and_tells_what_is_missing(bent_path, tmp_path):
    """Markdown on the screen and in the folder, plots, figures; missing peers are no failure."""
    folder = tmp_path / "report"
    asked = ["bench", "roads", str(bent_path), "--peers", "--size", "2", "--repeats", "1"]
    ended = CliRunner().invoke(cli, [*asked, "--report", str(folder)])
    assert ended.exit_code == 0
    page = (folder / "report.md").read_text()
    for peer in GROUPS["roads"]:
        line = (
            f"| {peer.name} | not installed; python -m benchmarks.peers install roads {peer.name} |"
        )
        assert line in page
        assert line in ended.output
    figures = json.loads((folder / "figures.json").read_text())
    assert [one["kind"] for one in figures] == ["turns", "nodes"]
    assert figures[1]["engines"][0]["table_s"].keys() == {"2"}


def test_the_report_has_plots_where_there_is_something_to_compare(tmp_path, graph):
    """A plot for a graph with a peer, and growth where there are several sizes of maps."""
    found = measure(graph, graph.sample(4), [2, 4], 1)
    found.measured.append(Measured("a peer", tables={2: 0.1}, matrix=found.measured[0].matrix))
    (tmp_path / "small").mkdir()
    network = bent().read(tmp_path / "small")
    other = turn_graph(network, weigh(network, TRUCK), "bent")
    less = measure(other, other.sample(4), [2, 4], 1)
    page = write_report([found, less], tmp_path / "report").read_text()
    assert "![CPU seconds over places](cross-turns.svg)" in page
    assert "bent-turns.svg" not in page
    assert "![CPU seconds over arcs](growth-turns.svg)" in page
    assert ">a peer</text>" in (tmp_path / "report" / "cross-turns.svg").read_text()
    assert (tmp_path / "report" / "growth-turns.svg").read_text().count("<polyline") == 4


def test_rows_and_columns_of_a_table(graph):
    """As many cells in each row as in its head."""
    found = measure(graph, graph.sample(4), [2, 4], 1)
    found.measured.append(Measured("gone", fault="not installed"))
    lines = [line for line in table(found) if line.startswith("|")]
    assert len(lines) == 5
    assert len({line.count("|") for line in lines}) == 1


def test_a_map_that_is_not_there_is_named(tmp_path, monkeypatch):
    """With the exit code of maps."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    ended = CliRunner().invoke(cli, ["bench", "roads", str(tmp_path / "nowhere.osm")])
    assert ended.exit_code == NetworkError.exit_code
    assert "nowhere" in ended.output


def test_strange_peers_are_refused(bent_path):
    """Before any work is done."""
    ended = CliRunner().invoke(cli, ["bench", "roads", str(bent_path), "--peer", "nobody"])
    assert ended.exit_code == 2
    assert "no peer nobody in roads" in ended.output
