"""A larger city from the real sites of Qingdao: ``python -m benchmarks.vrp.multiply``.

``python -m benchmarks.vrp.multiply FOLDER OUT [SITES] [SEED]`` reads the three files in FOLDER and
writes three of the same format into OUT, for ``huanwei bench vrp OUT``. All real sites stay. Each
further one has load, service and hours of a real one and lies up to SPREAD_M from it, so that
streets with many sites get many more.
"""

from __future__ import annotations

import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.vrp.formats.montevideo import EARTH_M

SITES, SEED = 20_000, 1
SPREAD_M = 1_000.0
SITE_FILE = "WasteCollectionSites.json"
OTHER_FILES = "Depots.json", "DisposalFacilities.json"
MICRO = 1e6
"""Parts of a degree in which the files count."""


def multiply(folder: Path, out: Path, num_sites: int, seed: int) -> Path:
    """Write the three files of a larger city; return that of the sites."""
    sites = json.loads((folder / SITE_FILE).read_text(encoding="utf-8"))["point"]
    rng = np.random.default_rng(seed)
    wanted = max(0, num_sites - len(sites))
    copies = [
        _beside(sites[k], number, rng.uniform(-SPREAD_M, SPREAD_M, 2))
        for number, k in enumerate(rng.integers(0, len(sites), wanted).tolist())
    ]
    out.mkdir(parents=True, exist_ok=True)
    for name in OTHER_FILES:
        shutil.copyfile(folder / name, out / name)
    file = out / SITE_FILE
    text = json.dumps({"point": [*sites[:num_sites], *copies]})
    file.write_text(text, encoding="utf-8")
    return file


def _beside(site: dict[str, Any], number: int, shift_m: np.ndarray) -> dict[str, Any]:
    """Return a copy of a site, moved by metres east and north."""
    degree_m = math.radians(1) * EARTH_M
    east = degree_m * math.cos(math.radians(site["lat"] / MICRO))
    return {
        **site,
        "id": f"{site['id']}-{number}",
        "lng": site["lng"] + round(float(shift_m[0]) / east * MICRO),
        "lat": site["lat"] + round(float(shift_m[1]) / degree_m * MICRO),
    }


def main(folder: str, out: str, sites: str = str(SITES), seed: str = str(SEED)) -> None:
    """Multiply and say where the sites are."""
    sys.stdout.write(f"{multiply(Path(folder), Path(out), int(sites), int(seed))}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
