"""Run Valhalla in its own environment: ``python agreement_valhalla.py MAP FOLDER``.

The folder holds ``places.npz`` with the places and the truck's measures; the map (``.osm.pbf``) is
made into tiles there, and ``tables.npz`` is written beside: fastest ways, and lengths of shortest
ways. Needs ``python -m benchmarks.peers install roads pyvalhalla`` (Python 3.12).
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from roads_peer import valhalla_settings  # type: ignore[import-not-found]


def run(osm: Path, folder: Path) -> None:
    """Make the tiles and ask for both tables."""
    peer = importlib.import_module("valhalla")
    (folder / "tiles").mkdir()
    settings = folder / "valhalla.json"
    settings.write_text(json.dumps(valhalla_settings(peer, folder)), encoding="utf-8")
    tool = Path(str(peer.__file__)).parent / "bin" / "valhalla_build_tiles"
    subprocess.run([str(tool), "-c", str(settings), str(osm)], check=True, capture_output=True)
    given = np.load(folder / "places.npz")
    truck = {key: float(given[key]) for key in ("height", "width", "weight")}
    places = [
        {"lon": x, "lat": y}
        for x, y in zip(given["lon"].tolist(), given["lat"].tolist(), strict=True)
    ]
    actor = peer.Actor(str(settings))
    begin = time.process_time()
    fastest = ask(actor, places, truck)
    spent = time.process_time() - begin
    shortest = ask(actor, places, {**truck, "shortest": True})
    np.savez(
        folder / "tables.npz",
        cpu=spent,
        time=numbers(fastest["durations"]),
        length=1000 * numbers(fastest["distances"]),
        shortest=1000 * numbers(shortest["distances"]),
    )


def ask(actor: Any, places: list[dict[str, float]], truck: dict[str, float]) -> Any:
    """Durations in seconds and distances in kilometers of a truck among all places."""
    asked = {"sources": places, "targets": places, "costing": "truck", "verbose": False}
    return actor.matrix({**asked, "costing_options": {"truck": truck}})["sources_to_targets"]


def numbers(rows: Any) -> Any:
    """An array of a list of lists; nan = no way."""
    return np.asarray([[np.nan if x is None else x for x in row] for row in rows])


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
