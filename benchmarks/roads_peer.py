"""Run a peer in its own environment: ``python roads_peer.py PEER FOLDER``.

The folder holds ``graph.npz`` as `benchmarks.roads` writes it; ``times.json`` and ``matrix.npy``
are written beside it. Nothing but numpy and the peer itself is imported. Seconds are CPU seconds,
of the programs that a peer starts too; matrices are milliseconds (of Valhalla, which goes by its
own graph, centimeters), -1 = no way.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Table = Callable[[int], Any]
"""What a peer returns for so many places: any object, turned into a matrix later."""

ROWS = 100
"""Sources at a time where a peer returns the way to every vertex."""


class Run:
    """The graph, and what a peer needs to tell about its work on it."""

    def __init__(self, folder: Path) -> None:
        graph = np.load(folder / "graph.npz")
        self.folder = folder
        self.first_out, self.head = graph["first_out"], graph["head"]
        self.time, self.x, self.y = graph["time"], graph["x"], graph["y"]
        self.chosen = graph["chosen"]
        self.scale, self.source = float(graph["scale"]), str(graph["source"])
        self.num = len(self.first_out) - 1
        self.tail = np.repeat(np.arange(self.num), np.diff(self.first_out))
        self.times: dict[str, Any] = {"prepare": None, "weigh": None, "note": "", "answers": "time"}
        self.matrix: Callable[[Any], Any] = np.asarray

    def timed(self, key: str, work: Callable[[], Any]) -> Any:
        """Do some work and keep its CPU seconds under a name."""
        begin = cpu()
        done = work()
        self.times[key] = cpu() - begin
        return done

    def rows(self, num: int, search: Callable[[Any, Any], Any]) -> Any:
        """A table from a search that takes some sources at a time."""
        chosen = self.chosen[:num]
        parts = [search(chosen[k : k + ROWS], chosen) for k in range(0, num, ROWS)]
        return np.concatenate(parts)


def cpu() -> float:
    """CPU seconds of this process and of those that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def in_ms(matrix: Any, far: float, scale: float = 1.0) -> Any:
    """Whole milliseconds of a matrix; ``far`` and more means no way."""
    numbers = np.asarray(matrix, np.float64)
    found = np.isfinite(numbers) & (numbers < far)
    return np.where(found, np.rint(np.where(found, numbers, 0) * scale), -1).astype(np.int64)


def pyroutingkit(run: Run) -> Table:
    """Order and shortcuts by nested dissection, all pairs by buckets, in C++."""
    peer = importlib.import_module("pyroutingkit")
    topology = peer.CCHTopology()
    places = run.y.astype(np.float32), run.x.astype(np.float32)
    ends = run.tail.astype(np.uint32), run.head.astype(np.uint32)
    run.timed("prepare", lambda: topology.build(*ends, *places, run.num))
    metric = peer.CCHMetric(topology)
    run.timed("weigh", lambda: metric.customize(run.time.astype(np.uint32), 1))
    chosen = run.chosen.astype(np.uint32)
    run.matrix = lambda found: in_ms(found, peer.INF_WEIGHT)
    return lambda num: metric.distances_many_to_many(chosen[:num], chosen[:num])


def routingkit_cch(run: Run) -> Table:
    """RoutingKit's customizable hierarchy with pinned targets, a list for each source."""
    peer = importlib.import_module("routingkit_cch")
    tail, head = run.tail.tolist(), run.head.tolist()
    y, x, weights = run.y.tolist(), run.x.tolist(), run.time.tolist()

    def prepare() -> Any:
        order = peer.compute_order_inertial(run.num, tail, head, y, x)
        return peer.CCH(order, tail, head, False)

    topology = run.timed("prepare", prepare)
    metric = run.timed("weigh", lambda: peer.CCHMetric(topology, weights))
    chosen = run.chosen.tolist()

    def table(num: int) -> Any:
        pinned = peer.CCHOneToMany(metric, chosen[:num])
        return [pinned.distances_from(source) for source in chosen[:num]]

    run.matrix = lambda found: in_ms([[_number(x) for x in row] for row in found], np.inf)
    return table


def _number(found: float | None) -> float:
    return np.inf if found is None else found


def pandana(run: Run) -> Table:
    """A contraction hierarchy asked pair by pair, in C++.

    Weights are seconds; it cuts them to thousandths, so each has a quarter of one more.
    """
    peer, pandas = importlib.import_module("pandana"), importlib.import_module("pandas")

    def prepare() -> Any:
        return peer.Network(
            pandas.Series(run.x),
            pandas.Series(run.y),
            pandas.Series(run.tail),
            pandas.Series(run.head),
            pandas.DataFrame({"time": (run.time + 0.25) / 1000}),
            twoway=False,
        )

    network = run.timed("prepare", prepare)

    def table(num: int) -> Any:
        chosen = run.chosen[:num]
        return network.shortest_path_lengths(np.repeat(chosen, num), np.tile(chosen, num))

    run.matrix = lambda found: in_ms(_square(found), 4_294_967, 1000)
    return table


def _square(found: Any) -> Any:
    return np.asarray(found).reshape(round(len(found) ** 0.5), -1)


def scipy(run: Run) -> Table:
    """Dijkstra from each source to everywhere, in Cython."""
    sparse, graphs = (
        importlib.import_module(name) for name in ("scipy.sparse", "scipy.sparse.csgraph")
    )
    parts = (run.time.astype(np.float64), run.head, run.first_out)
    graph = run.timed("prepare", lambda: sparse.csr_matrix(parts, shape=(run.num, run.num)))
    run.matrix = lambda found: in_ms(found, np.inf)
    return lambda num: run.rows(num, lambda some, to: graphs.dijkstra(graph, indices=some)[:, to])


def igraph(run: Run) -> Table:
    """Dijkstra from each source until all targets are settled, in C."""
    peer = importlib.import_module("igraph")
    edges = np.column_stack((run.tail, run.head))
    graph = run.timed("prepare", lambda: peer.Graph(run.num, edges, directed=True))
    graph.es["time"] = run.time.astype(np.float64).tolist()
    run.matrix = lambda found: in_ms(found, np.inf)
    return lambda num: run.rows(
        num, lambda some, to: np.asarray(graph.distances(some.tolist(), to.tolist(), "time"))
    )


def networkit(run: Run) -> Table:
    """Dijkstra from each source to everywhere, in C++, on one thread."""
    peer = importlib.import_module("networkit")
    peer.setNumberOfThreads(1)
    sparse = importlib.import_module("scipy.sparse")
    edges = sparse.coo_matrix((run.time.astype(np.float64), (run.tail, run.head)))
    graph = run.timed(
        "prepare", lambda: peer.GraphFromCoo(edges, n=run.num, weighted=True, directed=True)
    )

    def search(some: Any, to: Any) -> Any:
        finder = peer.distance.SPSP(graph, some.tolist())
        finder.setTargets(to.tolist())
        finder.run()
        return np.asarray(finder.getDistances())

    run.matrix = lambda found: in_ms(found, 1e15)
    return lambda num: run.rows(num, search)


OSRM_PROFILE = """api_version = 4
function setup()
  return {properties = {weight_name = 'duration', max_speed_for_map_matching = 50,
    use_turn_restrictions = false, continue_straight_at_waypoint = false, u_turn_penalty = 0}}
end
function process_node() end
function process_way(profile, way, result)
  local one_way = way:get_value_by_key('oneway') == 'yes'
  result.forward_mode = mode.driving
  result.backward_mode = one_way and mode.inaccessible or mode.driving
  result.forward_speed, result.backward_speed = 50, 50
  result.duration = tonumber(way:get_value_by_key('ms')) / 10
end
function process_turn(profile, turn) turn.duration, turn.weight = 0, 0 end
return {setup = setup, process_way = process_way, process_turn = process_turn}
"""
"""Durations come from the graph, a millisecond as OSRM's tenth of a second; turns cost nothing."""


def write_osm(run: Run, path: Path) -> None:
    """Write the graph as an OSM file: a way for each edge, one for both directions if equal."""
    weights: dict[tuple[int, int], list[int]] = {}
    for tail, head, ms in zip(run.tail.tolist(), run.head.tolist(), run.time.tolist(), strict=True):
        weights.setdefault((tail, head), []).append(ms)
    lines = ["<?xml version='1.0'?>", "<osm version='0.6'>"]
    places = zip(run.y.tolist(), run.x.tolist(), strict=True)
    for i, (y, x) in enumerate(places, 1):
        lines.append(f"<node id='{i}' version='1' lat='{y:.7f}' lon='{x:.7f}'/>")
    for i, (tail, head, ms, back) in enumerate(_ways(weights), 1):
        tags = f"<tag k='ms' v='{ms}'/>" + ("" if back else "<tag k='oneway' v='yes'/>")
        ends = f"<nd ref='{tail + 1}'/><nd ref='{head + 1}'/>"
        lines.append(f"<way id='{i}' version='1'>{ends}{tags}</way>")
    path.write_text("\n".join([*lines, "</osm>\n"]), encoding="utf-8")


def _ways(weights: dict[tuple[int, int], list[int]]) -> list[tuple[int, int, int, bool]]:
    """Tail, head, milliseconds, and whether the way back takes as long."""
    least = {ends: min(found) for ends, found in weights.items() if ends[0] != ends[1]}
    ways = []
    for (tail, head), ms in least.items():
        both = least.get((head, tail)) == ms
        if not both or tail < head:
            ways.append((tail, head, ms, both))
    return ways


def osrm_bindings(run: Run) -> Table:
    """OSRM's contraction hierarchy and its table service, on the graph as an OSM file."""
    peer = importlib.import_module("osrm")
    profile, osm = run.folder / "graph.lua", run.folder / "graph.osm"
    profile.write_text(OSRM_PROFILE, encoding="utf-8")
    write_osm(run, osm)
    tool, base = [sys.executable, "-m", "osrm"], str(run.folder / "graph.osrm")

    def prepare() -> None:
        for step in (["extract", "-t", "1", "-p", str(profile), str(osm)], ["contract", base]):
            subprocess.run([*tool, *step], check=True, stdout=subprocess.DEVNULL)

    run.timed("prepare", prepare)
    engine = peer.OSRM(
        storage_config=base,
        use_shared_memory=False,
        algorithm="CH",
        max_locations_distance_table=-1,
    )
    places = list(zip(run.x[run.chosen].tolist(), run.y[run.chosen].tolist(), strict=True))
    snapped = engine.Table(
        peer.TableParameters(coordinates=places, sources=[0], annotations=["duration"])
    )
    hints = [str(place["hint"]) for place in snapped["destinations"]]
    run.times["note"] = "our graph as an OSM file; places snapped beforehand"

    def table(num: int) -> Any:
        wanted = peer.TableParameters(
            coordinates=places[:num],
            hints=hints[:num],
            annotations=["duration"],
            generate_hints=False,
        )
        return engine.Table(wanted)

    run.matrix = lambda found: in_ms(
        [[_number(x) for x in row] for row in found["durations"]], np.inf, 10
    )
    return table


def pyvalhalla(run: Run) -> Table:
    """Valhalla's matrix on the map itself: its own reading, speeds, turns and snapping."""
    if not run.source.endswith(".pbf"):
        raise ValueError("reads .osm.pbf files only")
    peer = importlib.import_module("valhalla")
    (run.folder / "tiles").mkdir()
    settings = run.folder / "valhalla.json"
    settings.write_text(json.dumps(valhalla_settings(peer, run.folder)), encoding="utf-8")
    tool = Path(str(peer.__file__)).parent / "bin" / "valhalla_build_tiles"

    def prepare() -> None:
        command = [str(tool), "-c", str(settings), run.source]
        subprocess.run(command, check=True, capture_output=True)

    run.timed("prepare", prepare)
    actor = peer.Actor(str(settings))
    lon, lat = run.x[run.chosen] / run.scale, run.y[run.chosen]
    places = [{"lon": x, "lat": y} for x, y in zip(lon.tolist(), lat.tolist(), strict=True)]
    run.times |= {"answers": "length", "note": "a truck on its own reading of the map"}

    def table(num: int) -> Any:
        asked = {"sources": places[:num], "targets": places[:num], "costing": "truck"}
        return actor.matrix({**asked, "verbose": False})["sources_to_targets"]

    run.matrix = lambda found: in_ms(
        [[_number(x) for x in row] for row in found["distances"]], np.inf, 1e5
    )
    return table


def valhalla_settings(peer: Any, folder: Path) -> dict[str, Any]:
    """Settings of Valhalla for one thread and for matrices of any size."""
    tiles = str(folder / "tiles")
    settings: dict[str, Any] = peer.get_config(tile_extract="", tile_dir=tiles, verbose=False)
    for limits in settings["service_limits"].values():
        if isinstance(limits, dict) and "max_matrix_location_pairs" in limits:
            limits["max_matrix_location_pairs"] = 10**8
            limits["max_matrix_distance"] = limits["max_distance"] = 1e9
    settings["mjolnir"]["concurrency"] = 1
    return settings


PEERS: dict[str, Callable[[Run], Table]] = {
    "pyroutingkit": pyroutingkit,
    "routingkit-cch": routingkit_cch,
    "osrm-bindings": osrm_bindings,
    "pyvalhalla": pyvalhalla,
    "pandana": pandana,
    "scipy": scipy,
    "igraph": igraph,
    "networkit": networkit,
}


def measure(run: Run, table: Table, sizes: list[int], repeats: int, budget: float) -> Any:
    """Answer the sizes in turn, each the best of several, while a run fits the budget.

    Returns
    -------
    object
        The answer for the largest size that was reached.
    """
    tables: dict[int, float] = {}
    found: Any = None
    for size in sizes:
        if tables and max(tables.values()) * size / max(tables) > budget:
            break
        spent: list[float] = []
        while not spent or (len(spent) < repeats and sum(spent) < budget):
            begin = cpu()
            found = table(size)
            spent.append(cpu() - begin)
        tables[size] = min(spent)
    run.times["tables"] = tables
    return found


def main(name: str, folder: Path) -> None:
    """Prepare, weigh and answer each size, and write down what came out."""
    run = Run(folder)
    graph = np.load(folder / "graph.npz")
    table = PEERS[name](run)
    sizes, repeats = graph["sizes"].tolist(), int(graph["repeats"])
    found = measure(run, table, sizes, repeats, float(graph["budget"]))
    np.save(folder / "matrix.npy", run.matrix(found))
    run.times["version"] = importlib.metadata.version(name)
    (folder / "times.json").write_text(json.dumps(run.times), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
