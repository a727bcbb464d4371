"""Run a peer's contraction hierarchy in its own environment: ``python roads_peer.py FOLDER``.

The folder holds ``graph.npz`` as `benchmarks.roads` writes it; ``times.json`` and ``matrix.npy``
are written beside it. Nothing but numpy and the peer itself is imported, so the environment needs
no more than ``pip install pyroutingkit numpy``.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from pathlib import Path

import numpy as np


def run(folder: Path) -> None:
    """Prepare, customize and answer each size, several times each, in CPU seconds."""
    peer = importlib.import_module("pyroutingkit")
    graph = np.load(folder / "graph.npz")
    degree = np.diff(graph["first_out"])
    tail = np.repeat(np.arange(len(degree)), degree).astype(np.uint32)
    places = graph["y"].astype(np.float32), graph["x"].astype(np.float32)
    begin = time.process_time()
    topology = peer.CCHTopology()
    topology.build(tail, graph["head"].astype(np.uint32), *places, len(degree))
    times = {"prepare": time.process_time() - begin}
    begin = time.process_time()
    metric = peer.CCHMetric(topology)
    metric.customize(graph["time"].astype(np.uint32), 1)
    times["weigh"] = time.process_time() - begin
    chosen = graph["chosen"].astype(np.uint32)
    matrix = np.empty((0, 0), np.uint32)
    for size in graph["sizes"].tolist():
        best = np.inf
        for _ in range(int(graph["repeats"])):
            begin = time.process_time()
            matrix = metric.distances_many_to_many(chosen[:size], chosen[:size])
            best = min(best, time.process_time() - begin)
        times[str(size)] = best
    np.save(folder / "matrix.npy", np.where(matrix >= peer.INF_WEIGHT, -1, matrix.astype(np.int64)))
    (folder / "times.json").write_text(json.dumps(times), encoding="utf-8")


if __name__ == "__main__":
    run(Path(sys.argv[1]))
