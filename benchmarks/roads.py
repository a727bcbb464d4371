"""The road engine measured by hand: ``huanwei bench roads MAP ... [--peer PYTHON]``.

Two graphs of each map: its turns (what plans stand on) and its plain nodes, one for each bend of a
street (what other engines know). Seconds are CPU seconds of one thread, best of several. A peer
gets the same graph in the same run; its matrix is compared before its times are shown.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from routing._kernels.components import strong_components
from routing.cache import load_or_build
from routing.errors import InputError
from routing.hierarchy import Hierarchy, contract, dissect_nodes, dissect_streets
from routing.matrix import search_graph
from routing.metric import customize
from routing.network import Network
from routing.profiles import TRUCK, Weights, weigh

DEGREE_CM = 11_119_493
"""Length of a degree of latitude."""

PEER = "pyroutingkit"
ROAD_SIZES = (100, 500, 1000, 2000)


@dataclass(frozen=True, eq=False)
class RoadGraph:
    """A graph to be measured: CSR, milliseconds and centimeters, places, separator steps."""

    name: str
    first_out: NDArray[np.int32]
    head: NDArray[np.int32]
    time: NDArray[np.int64]
    length: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    dissect: Callable[[], NDArray[np.int32]]

    def sample(self, num: int, seed: int = 1) -> NDArray[np.int64]:
        """Vertices of the largest strongly connected part, each once."""
        closed = np.where(self.time < 0, -1, 0).astype(np.int32)
        zeros = np.zeros(len(self.first_out) - 1, np.int32)
        part = strong_components(self.first_out, self.head, closed, zeros)
        inside = np.flatnonzero(part == np.bincount(part).argmax())
        return np.random.default_rng(seed).choice(inside, min(num, len(inside)), replace=False)


@dataclass
class Measured:
    """What one engine took, in CPU seconds, and the matrix of the largest size."""

    engine: str
    prepare: float
    weigh: float
    tables: dict[int, float] = field(default_factory=dict)
    note: str = ""
    matrix: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))


def turn_graph(network: Network, weights: Weights) -> RoadGraph:
    """Arcs as vertices and turns as edges: driving the arc left behind, and the turn."""
    graph = search_graph(network, weights)
    scale = np.cos(np.radians(network.node_lat.mean()))
    x, y = network.node_lon * scale, network.node_lat
    return RoadGraph(
        "turns",
        graph.first_out,
        graph.head,
        graph.weight >> 32,
        graph.weight & 0xFFFFFFFF,
        (x[network.arc_tail] + x[network.arc_head]) / 2,
        (y[network.arc_tail] + y[network.arc_head]) / 2,
        partial(dissect_streets, network.arc_tail, network.arc_head, x, y),
    )


def plain_graph(network: Network, weights: Weights) -> RoadGraph:
    """Every point of a street's shape as a node, no turn costs, the largest connected part."""
    tail, head, arc, x, y = _shape_pieces(network)
    scale = np.cos(np.radians(network.node_lat.mean()))
    x = x * scale
    length = np.maximum(1, np.rint(np.hypot(x[tail] - x[head], y[tail] - y[head]) * DEGREE_CM))
    pace = weights.arc_time_ms[arc] / network.arc_length_cm[arc]
    duration = np.maximum(1, np.rint(length * pace)).astype(np.int64)
    open_ways = weights.arc_time_ms[arc] >= 0
    order = np.argsort(tail, kind="stable")
    order = order[open_ways[order]]
    first = np.searchsorted(tail[order], np.arange(len(x) + 1)).astype(np.int32)
    zeros = np.zeros(max(len(order), len(x)), np.int32)
    part = strong_components(
        first, head[order].astype(np.int32), zeros[: len(order)], zeros[: len(x)]
    )
    inside = part == np.bincount(part).argmax()
    order = order[inside[tail[order]] & inside[head[order]]]
    number = np.cumsum(inside) - 1
    x, y = x[inside], y[inside]
    first = np.searchsorted(number[tail[order]], np.arange(len(x) + 1)).astype(np.int32)
    heads = number[head[order]].astype(np.int32)
    weight = duration[order], length[order].astype(np.int64)
    return RoadGraph(
        "nodes", first, heads, *weight, x, y, lambda: dissect_nodes(first, heads, x, y)
    )


def _shape_pieces(network: Network) -> tuple[NDArray, NDArray, NDArray, NDArray, NDArray]:
    """Tail, head and arc of every straight piece of street, and where all points lie."""
    number = np.arange(network.num_real_arcs)
    reverse = network.arc_reverse[number]
    forward = number[(reverse < 0) | (number < reverse)]
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


def _best(run: Callable[[], object], repeats: int) -> float:
    """Least CPU seconds of several runs, after one that may compile."""
    run()
    times = []
    for _ in range(repeats):
        begin = time.process_time()
        run()
        times.append(time.process_time() - begin)
    return min(times)


def measure(
    graph: RoadGraph, chosen: NDArray[np.int64], sizes: list[int], repeats: int
) -> list[Measured]:
    """Our engine, with times and lengths and with times alone."""

    def build() -> Hierarchy:
        return contract(graph.first_out, graph.head, graph.dissect())

    hierarchy = build()
    metric = customize(hierarchy, graph.time, graph.length)
    prepare = _best(build, 1)
    reweigh = _best(lambda: customize(hierarchy, graph.time, graph.length), repeats)
    size = (hierarchy.nbytes + metric.nbytes) / max(1, hierarchy.num_vertices)
    found = []
    for lengths in (True, False):
        done = Measured(
            "huanwei, time and length" if lengths else "huanwei, time alone",
            prepare,
            reweigh,
            note=f"{size:.0f} bytes a vertex, {len(hierarchy.topology.head):,} upward edges",
        )
        for num in sizes:
            places = metric.vertices(chosen[:num])
            table = partial(metric.matrix, places, places, lengths=lengths, threads=1)
            done.tables[num] = _best(table, repeats)
        places = metric.vertices(chosen[: sizes[-1]])
        done.matrix = metric.matrix(places, places, threads=1).time.astype(np.int64)
        found.append(done)
    return found


def measure_peer(
    python: Path, graph: RoadGraph, chosen: NDArray[np.int64], sizes: list[int], repeats: int
) -> Measured:
    """The peer, run by the Python of its own environment on the same graph.

    Raises
    ------
    InputError
        When the peer fails; the message holds what it said.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        np.savez(
            folder / "graph.npz",
            first_out=graph.first_out,
            head=graph.head,
            time=graph.time,
            x=graph.x,
            y=graph.y,
            chosen=chosen,
            sizes=np.asarray(sizes),
            repeats=repeats,
        )
        script = Path(__file__).with_name("roads_peer.py")
        command = [str(python), str(script), str(folder)]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
        except OSError as fault:
            raise InputError(f"--peer {python}: cannot be run ({fault.strerror})") from fault
        if ended.returncode:
            raise InputError(f"--peer {python}: {PEER} failed: {ended.stderr.strip()[-500:]}")
        times = json.loads((folder / "times.json").read_text(encoding="utf-8"))
        prepare, reweigh = times.pop("prepare"), times.pop("weigh")
        tables = {int(num): seconds for num, seconds in times.items()}
        matrix = np.load(folder / "matrix.npy")
    return Measured(f"{PEER}, time alone", prepare, reweigh, tables, matrix=matrix)


def report(graph: RoadGraph, measured: list[Measured]) -> list[str]:
    """Markdown lines of one graph; an engine whose matrix differs from the first one's is named."""
    sizes = list(measured[0].tables)
    lines = [
        f"{graph.name}: {len(graph.first_out) - 1:,} vertices, {len(graph.head):,} edges",
        "",
        "| engine | prepare | weigh | " + " | ".join(f"{n:,}" for n in sizes) + " | note |",
        "|---" * (len(sizes) + 4) + "|",
    ]
    for one in measured:
        same = float((one.matrix == measured[0].matrix).mean())
        note = one.note if same == 1.0 else f"{100 * same:.4f} % of the entries agree"
        cells = [f"{one.prepare:.2f}", f"{one.weigh:.3f}", *(f"{one.tables[n]:.4f}" for n in sizes)]
        lines.append(f"| {one.engine} | " + " | ".join(cells) + f" | {note} |")
    return lines


def measure_maps(
    maps: Iterable[Path], sizes: Iterable[int], repeats: int, peer: Path | None = None
) -> Iterator[list[str]]:
    """Yield the report of each graph of each map as Markdown lines.

    Parameters
    ----------
    maps
        Map files; both graphs of each are measured.
    sizes
        Numbers of places among which tables are made.
    repeats
        The best of so many runs counts.
    peer
        Python of an environment that has the peer; None leaves it out.

    Raises
    ------
    InputError
        When the peer cannot be run.
    NetworkError
        When a map cannot be read.
    """
    wanted = sorted(set(sizes))
    for path in maps:
        network, _ = load_or_build(path)
        weights = weigh(network, TRUCK)
        for make in (turn_graph, plain_graph):
            graph = make(network, weights)
            chosen = graph.sample(wanted[-1])
            measured = measure(graph, chosen, wanted, repeats)
            if peer is not None:
                measured.append(measure_peer(peer, graph, chosen, wanted, repeats))
            head, *rest = report(graph, measured)
            yield [f"{path.name}, {head}", *rest]
