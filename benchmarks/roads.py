"""The road engine and its peers measured on the same graphs: ``huanwei bench roads MAP...``.

Two graphs of each map: its turns (what plans stand on) and its plain nodes, one for each bend of a
street (what other engines know). Seconds are CPU seconds of one thread, best of several. A peer
gets the same graph and the same places in the same run; its matrix is compared with ours, and
`benchmarks.roads_report` says how they differ before it tells any time.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import GROUPS, python_of, why_missing
from routing._kernels.components import strong_components
from routing.cache import load_or_build
from routing.errors import NetworkError
from routing.hierarchy import Hierarchy, contract, dissect_nodes, dissect_streets
from routing.matrix import search_graph
from routing.metric import Metric, customize
from routing.network import Network
from routing.profiles import TRUCK, Weights, weigh

DEGREE_CM = 11_119_493
"""Length of a degree of latitude."""

ROAD_SIZES = (100, 500, 1000, 2000)
PEERS = tuple(peer.name for peer in GROUPS["roads"])
TURN_PEERS = ("pyroutingkit",)
"""Peers that get the graph of turns as well; the others know nodes."""

BUDGET_S = 20.0
"""A peer is not asked for sizes that would take it longer than this, in CPU seconds."""
PATIENCE_S = 1800
"""A peer that takes longer in all, by the clock, is stopped."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

UNTAGGED = ".co.bin"
"""Coordinates of an untagged map; the pairs of nodes lie beside it in ``.gr.bin``."""
UNTAGGED_MS_CM = 1.2
"""Milliseconds a centimeter on streets of which nothing is known: 30 km/h."""
SQUARES = (1 / 8, 1 / 4, 1 / 2)
"""Parts of an untagged map, by its nodes, that are measured too, to show how costs grow."""

Say = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """A graph to be measured: CSR, milliseconds and centimeters, places, separator steps.

    ``x`` and ``y`` are degrees, those of longitude times ``scale``. ``source`` is the map file,
    empty where engines with a reading of their own can do nothing with it. A part of a map is
    there to show how costs grow: peers are left out.
    """

    name: str
    kind: str
    first_out: NDArray[np.int32]
    head: NDArray[np.int32]
    time: NDArray[np.int64]
    length: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dissect: Callable[[], NDArray[np.int32]]
    scale: float = 1.0
    source: str = ""
    is_part: bool = False

    @property
    def num_vertices(self) -> int:
        """Number of vertices."""
        return len(self.first_out) - 1

    @property
    def num_arcs(self) -> int:
        """Number of directed streets: the vertices of the graph of turns."""
        return self.num_vertices if self.kind == "turns" else len(self.head)

    def sample(self, num: int, seed: int = 1) -> NDArray[np.int64]:
        """Vertices of the largest strongly connected part, each once."""
        inside = np.flatnonzero(_largest_part(self.first_out, self.head))
        return np.random.default_rng(seed).choice(inside, min(num, len(inside)), replace=False)


@dataclass
class Measured:
    """What one engine took, in CPU seconds, and its matrix of the largest size it reached.

    ``prepare`` or ``weigh`` is None where the engine has no such step, ``answers`` is what the
    matrix holds: ``time`` in milliseconds or ``length`` in centimeters, -1 = no way. An engine that
    did not run has no tables, and ``fault`` says why.
    """

    engine: str
    prepare: float | None = None
    weigh: float | None = None
    tables: dict[int, float] = field(default_factory=dict)
    note: str = ""
    version: str = ""
    answers: str = "time"
    fault: str = ""
    nbytes: int = 0
    matrix: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))


@dataclass
class Finding:
    """What all engines took on one graph; ours come first: time and length, then time alone."""

    graph: RoadGraph
    measured: list[Measured]
    lengths: NDArray[np.int64]


def turn_graph(network: Network, weights: Weights, name: str = "", source: str = "") -> RoadGraph:
    """Arcs as vertices and turns as edges: driving the arc left behind, and the turn."""
    graph = search_graph(network, weights)
    scale = float(np.cos(np.radians(network.node_lat.mean())))
    x, y = network.node_lon * scale, network.node_lat
    return RoadGraph(
        name,
        "turns",
        graph.first_out,
        graph.head,
        graph.weight >> 32,
        graph.weight & 0xFFFFFFFF,
        (x[network.arc_tail] + x[network.arc_head]) / 2,
        (y[network.arc_tail] + y[network.arc_head]) / 2,
        partial(dissect_streets, network.arc_tail, network.arc_head, x, y),
        scale,
        source,
    )


def plain_graph(network: Network, weights: Weights, name: str = "", source: str = "") -> RoadGraph:
    """Every point of a street's shape as a node, no turn costs, the largest connected part."""
    tail, head, arc, x, y = _shape_pieces(network)
    scale = float(np.cos(np.radians(network.node_lat.mean())))
    usable = weights.arc_time_ms[arc] >= 0
    tail, head, arc, x = tail[usable], head[usable], arc[usable], x * scale
    length = _lengths(tail, head, x, y)
    pace = weights.arc_time_ms[arc] / network.arc_length_cm[arc]
    return _node_graph(Streets(tail, head, x, y), length, pace, name, scale, source)


@dataclass(frozen=True, eq=False)
class Streets:
    """Directed pieces of street between places in degrees."""

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]


def _lengths(
    tail: NDArray[np.int64], head: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Centimeters of straight pieces, at least one."""
    straight = np.hypot(x[tail] - x[head], y[tail] - y[head]) * DEGREE_CM
    return np.maximum(1, np.rint(straight)).astype(np.int64)


def _node_graph(
    streets: Streets,
    length: NDArray[np.int64],
    pace: NDArray[np.float64] | float,
    name: str,
    scale: float = 1.0,
    source: str = "",
) -> RoadGraph:
    """The largest strongly connected part of the graph of all places."""
    duration = np.maximum(1, np.rint(length * pace)).astype(np.int64)
    order, first = _rows(streets.tail, len(streets.x))
    inside = _largest_part(first, streets.head[order].astype(np.int32))
    order = order[inside[streets.tail[order]] & inside[streets.head[order]]]
    new_name = np.cumsum(inside) - 1
    x, y = streets.x[inside], streets.y[inside]
    heads = new_name[streets.head[order]].astype(np.int32)
    _, first = _rows(new_name[streets.tail[order]], len(x))
    steps = partial(dissect_nodes, first, heads, x, y)
    weight = duration[order], length[order]
    return RoadGraph(name, "nodes", first, heads, *weight, x, y, steps, scale, source)


def _rows(tail: NDArray[np.int64], num: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Order that sorts edges by their tails, and where the row of each vertex begins."""
    order = np.argsort(tail, kind="stable")
    return order, np.searchsorted(tail[order], np.arange(num + 1)).astype(np.int32)


def _largest_part(first_out: NDArray[np.int32], head: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Vertices of the largest strongly connected part."""
    num = len(first_out) - 1
    part = strong_components(
        first_out, head, np.zeros(len(head), np.int32), np.zeros(num, np.int32)
    )
    return np.asarray(part == np.bincount(part).argmax())


def _shape_pieces(network: Network) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
    """Tail, head and arc of every straight piece of street, and where all points lie."""
    every = np.arange(network.num_real_arcs)
    reverse = network.arc_reverse[every]
    forward = every[(reverse < 0) | (every < reverse)]
    first = np.asarray(network.shape_first_out)
    tails, heads, arcs, points = [], [], [], []
    num_points = network.num_nodes
    for arc in forward.tolist():
        bends = np.arange(first[arc] + 1, first[arc + 1] - 1)
        ids = num_points + np.arange(len(bends))
        line = np.concatenate(([network.arc_tail[arc]], ids, [network.arc_head[arc]]))
        num_points += len(bends)
        points.append(bends)
        ways = [(arc, line)]
        if network.arc_reverse[arc] >= 0:
            ways.append((int(network.arc_reverse[arc]), line[::-1]))
        for way, nodes in ways:
            tails.append(nodes[:-1])
            heads.append(nodes[1:])
            arcs.append(np.full(len(nodes) - 1, way))
    bend = np.concatenate(points)
    x = np.concatenate((network.node_lon, network.shape_lon[bend]))
    y = np.concatenate((network.node_lat, network.shape_lat[bend]))
    return np.concatenate(tails), np.concatenate(heads), np.concatenate(arcs), x, y


def read_untagged(path: Path, share: float = 1.0) -> Streets:
    """Streets of an untagged map, both ways, in the square round its centre.

    Parameters
    ----------
    path
        The file of coordinates, pairs of int32 in metres from the centre; the file of edges beside
        it holds pairs of int32, nodes counted from one.
    share
        Part of the nodes that lie in the square.

    Raises
    ------
    NetworkError
        When one of the files cannot be read.
    """
    pairs = path.with_name(path.name.removesuffix(UNTAGGED) + ".gr.bin")
    try:
        place = np.fromfile(path, "<i4").reshape(-1, 2)
        ends = np.fromfile(pairs, "<i4").reshape(-1, 2).astype(np.int64) - 1
    except (OSError, ValueError) as fault:
        raise NetworkError(f"{path}: not a pair of .co.bin and .gr.bin files ({fault})") from fault
    if len(ends) and (ends.min() < 0 or ends.max() >= len(place)):
        raise NetworkError(f"{pairs}: names nodes outside 1..{len(place)}")
    reach = np.abs(place).max(axis=1)
    inside = reach <= np.quantile(reach, share)
    ends = ends[inside[ends].all(axis=1)]
    ends = (np.cumsum(inside) - 1)[ends]
    x, y = (place[inside].T * 100.0 / DEGREE_CM).astype(np.float64)
    return Streets(ends.T.reshape(-1), ends[:, ::-1].T.reshape(-1), x, y)


def untagged_graph(streets: Streets, name: str) -> RoadGraph:
    """The plain nodes of an untagged map."""
    length = _lengths(streets.tail, streets.head, streets.x, streets.y)
    return _node_graph(streets, length, UNTAGGED_MS_CM, name)


def untagged_turns(streets: Streets, name: str) -> RoadGraph:
    """All turns of an untagged map but those back, which are left to dead ends."""
    num = len(streets.tail)
    order, first = _rows(streets.tail, len(streets.x))
    tail, head = streets.tail[order], streets.head[order]
    place = np.empty(num, np.int64)
    place[order] = np.arange(num)
    back = place[(order + num // 2) % num]  # both ways of a street are half a list apart
    degree = np.diff(first)
    count = degree[head]
    source = np.repeat(np.arange(num), count)
    turn = np.arange(len(source)) - np.repeat(np.cumsum(count) - count, count)
    target = first[head[source]] + turn
    usable = (target != back[source]) | (degree[head[source]] == 1)
    source, target = source[usable], target[usable]
    length = _lengths(tail, head, streets.x, streets.y)
    duration = np.rint(length * UNTAGGED_MS_CM).astype(np.int64)
    return RoadGraph(
        name,
        "turns",
        np.searchsorted(source, np.arange(num + 1)).astype(np.int32),
        target.astype(np.int32),
        duration[source],
        length[source],
        (streets.x[tail] + streets.x[head]) / 2,
        (streets.y[tail] + streets.y[head]) / 2,
        partial(dissect_streets, tail, head, streets.x, streets.y),
    )


def read_graphs(path: Path) -> Iterator[RoadGraph]:
    """Yield the graph of turns and that of plain nodes of a map, of untagged maps parts too.

    Raises
    ------
    NetworkError
        When the map cannot be read.
    """
    if not path.name.endswith(UNTAGGED):
        network, _ = load_or_build(path)
        weights = weigh(network, TRUCK)
        for make in (turn_graph, plain_graph):
            yield make(network, weights, path.name, str(path.resolve()))
        return
    for share in (*SQUARES, 1.0):
        streets = read_untagged(path, share)
        name = path.name if share == 1 else f"{path.name}, 1/{1 / share:g}"
        for graph in (untagged_turns(streets, name), untagged_graph(streets, name)):
            yield RoadGraph(**{**vars(graph), "is_part": share < 1})


def _spent(run: Callable[[], object]) -> float:
    """CPU seconds of one run."""
    begin = time.process_time()
    run()
    return time.process_time() - begin


def _best(run: Callable[[], object], repeats: int) -> float:
    """Least CPU seconds of several runs."""
    return min(_spent(run) for _ in range(repeats))


@cache
def warm_up() -> None:
    """Compile all kernels, on a ring of four nodes."""
    first, head = np.arange(5, dtype=np.int32), np.roll(np.arange(4, dtype=np.int32), -1)
    one, x, y = np.ones(4, np.int64), np.array([0.0, 1, 1, 0]), np.array([0.0, 0, 1, 1])
    for steps in (dissect_nodes(first, head, x, y), dissect_streets(np.arange(4), head, x, y)):
        metric = customize(contract(first, head, steps), one, one)
        for lengths in (True, False):
            places = metric.vertices(np.arange(4))
            metric.matrix(places, places, lengths=lengths, threads=1)


def measure(
    graph: RoadGraph, chosen: NDArray[np.int64], sizes: Sequence[int], repeats: int
) -> Finding:
    """Our engine, with times and lengths and with times alone."""
    warm_up()
    made: list[Hierarchy] = []
    prepare = _spent(lambda: made.append(contract(graph.first_out, graph.head, graph.dissect())))
    hierarchy = made[0]
    metric = customize(hierarchy, graph.time, graph.length)
    reweigh = _best(lambda: customize(hierarchy, graph.time, graph.length), repeats)
    places = metric.vertices(chosen[: sizes[-1]])
    found = metric.matrix(places, places, threads=1)
    measured = []
    for lengths in (True, False):
        name = "huanwei, time and length" if lengths else "huanwei, time alone"
        done = Measured(name, prepare, reweigh, nbytes=hierarchy.nbytes + metric.nbytes)
        done.note = f"{len(hierarchy.topology.head):,} upward edges" if lengths else ""
        done.tables = {num: _table_s(metric, chosen[:num], lengths, repeats) for num in sizes}
        done.matrix = metric.matrix(places, places, lengths=lengths, threads=1).time.astype(int)
        measured.append(done)
    return Finding(graph, measured, found.length.astype(np.int64))


def _table_s(metric: Metric, chosen: NDArray[np.int64], lengths: bool, repeats: int) -> float:
    """CPU seconds of a table; the first run, which lays out memory, does not count."""
    places = metric.vertices(chosen)
    table = partial(metric.matrix, places, places, lengths=lengths, threads=1)
    table()
    return _best(table, repeats)


def measure_peer(
    name: str, graph: RoadGraph, chosen: NDArray[np.int64], sizes: Sequence[int], repeats: int
) -> Measured:
    """A peer, run by the Python of its own environment on the same graph.

    One that is missing or fails has a ``fault`` instead of times.
    """
    missing = why_missing(name)
    if missing:
        return Measured(name, fault=missing)
    with tempfile.TemporaryDirectory() as folder:
        hand_over(Path(folder), graph, chosen, sizes, repeats)
        fault = _run_peer(name, Path(folder))
        return Measured(name, fault=fault) if fault else _take_back(name, Path(folder))


def hand_over(
    folder: Path, graph: RoadGraph, chosen: NDArray[np.int64], sizes: Sequence[int], repeats: int
) -> None:
    """Write a graph and what is asked of it for `benchmarks.roads_peer`."""
    np.savez(
        folder / "graph.npz",
        first_out=graph.first_out,
        head=graph.head,
        time=graph.time,
        x=graph.x,
        y=graph.y,
        scale=graph.scale,
        source=graph.source,
        chosen=chosen,
        sizes=np.asarray(sizes),
        repeats=repeats,
        budget=BUDGET_S,
    )


def _run_peer(name: str, folder: Path) -> str:
    """Run a peer; why it failed, or nothing."""
    script = Path(__file__).with_name("roads_peer.py")
    command = [str(python_of(name)), str(script), name, str(folder)]
    try:
        ended = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_S,
            env=os.environ | ONE_THREAD,
        )
    except OSError as fault:
        return f"cannot be run ({fault.strerror})"
    except subprocess.TimeoutExpired:
        return f"stopped after {PATIENCE_S} s"
    said = ended.stderr.strip().splitlines() or ["no reason given"]
    return f"failed: {said[-1][-300:]}" if ended.returncode else ""


def _take_back(name: str, folder: Path) -> Measured:
    """What a peer wrote down."""
    times = json.loads((folder / "times.json").read_text(encoding="utf-8"))
    times["tables"] = {int(num): seconds for num, seconds in times["tables"].items()}
    return Measured(name, **times, matrix=np.load(folder / "matrix.npy"))


def measure_maps(
    maps: Iterable[Path],
    sizes: Iterable[int],
    repeats: int,
    peers: Sequence[str] = (),
    say: Say = lambda _: None,
) -> Iterator[Finding]:
    """Yield what was found on each graph of each map.

    Parameters
    ----------
    maps
        Map files; both graphs of each are measured.
    sizes
        Numbers of places among which tables are made.
    repeats
        The best of so many runs counts.
    peers
        Names of peers; one that is missing or fails is part of what was found.
    say
        Told what is being done.

    Raises
    ------
    NetworkError
        When a map cannot be read.
    """
    wanted = sorted(set(sizes))
    for path in maps:
        say(f"{path.name}: reading")
        for graph in read_graphs(path):
            say(f"{graph.name}, {graph.kind}: {graph.num_vertices:,} vertices, ours")
            chosen = graph.sample(wanted[-1])
            found = measure(graph, chosen, wanted, repeats)
            for name in _peers_for(graph, peers):
                say(f"{graph.name}, {graph.kind}: {name}")
                found.measured.append(measure_peer(name, graph, chosen, wanted, repeats))
            yield found


def _peers_for(graph: RoadGraph, peers: Sequence[str]) -> list[str]:
    if graph.is_part:
        return []
    return [name for name in peers if graph.kind == "nodes" or name in TURN_PEERS]
