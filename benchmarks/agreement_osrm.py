"""Run OSRM in its own environment: ``python agreement_osrm.py MAP FOLDER``.

The folder holds ``places.npz``; the map is extracted with OSRM's car profile and contracted there,
and ``tables.npz`` is written beside. Needs ``pip install osrm-bindings numpy`` (Python 3.12).
"""

from __future__ import annotations

import gzip
import importlib
import subprocess
import sys
import time
from pathlib import Path

import numpy as np


def run(osm: Path, folder: Path) -> None:
    """Prepare the map and ask for the whole table of durations and distances."""
    osrm = importlib.import_module("osrm")
    profile = Path(str(osrm.__file__)).parent / "share" / "profiles" / "car.lua"
    ending = osm.name[osm.name.find(".") :]
    copy = folder / f"map{ending.removesuffix('.gz')}"
    if ending.endswith(".gz"):  # OSRM reads bz2 and pbf, but no gz
        copy.write_bytes(gzip.decompress(osm.read_bytes()))
    else:
        copy.symlink_to(osm)
    tool = [sys.executable, "-m", "osrm"]
    base = str(folder / "map.osrm")
    for command in (["extract", "-p", str(profile), str(copy)], ["contract", base]):
        subprocess.run([*tool, *command], check=True, stdout=subprocess.DEVNULL)
    places = np.load(folder / "places.npz")
    coordinates = list(zip(places["lon"].tolist(), places["lat"].tolist(), strict=True))
    engine = osrm.OSRM(base)
    wanted = osrm.TableParameters(
        coordinates=coordinates, annotations=["duration", "distance"], generate_hints=False
    )
    begin = time.process_time()
    answer = engine.Table(wanted)
    spent = time.process_time() - begin
    seconds, metres = (
        np.asarray([[np.nan if x is None else x for x in row] for row in answer[key]])
        for key in ("durations", "distances")
    )
    np.savez(folder / "tables.npz", cpu=spent, time=seconds, length=metres)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
