"""From a file to its instance."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from benchmarks.campaign.instance import Instance, Objective
from benchmarks.campaign.library import opening
from benchmarks.vrp.readers.cordeau import read_cordeau
from benchmarks.vrp.readers.kim import read_kim
from benchmarks.vrp.readers.mdvrpi import read_mdvrpi
from benchmarks.vrp.readers.montevideo import read_montevideo
from benchmarks.vrp.readers.pvrpif import read_pvrpif
from benchmarks.vrp.readers.qingdao import read_qingdao
from benchmarks.vrp.readers.solomon import read_solomon
from benchmarks.vrp.readers.vrplib import read_vrplib
from routing.errors import InputError

BY_OBJECTIVE: dict[str, Callable[[Path, Objective], Instance]] = {
    "solomon": read_solomon,
    "kim": read_kim,
}
BY_DISTANCE: dict[str, Callable[[Path], Instance]] = {
    "vrplib": read_vrplib,
    "pvrpif": read_pvrpif,
    "pvrp": read_cordeau,
    "mdvrpi": read_mdvrpi,
    "montevideo": read_montevideo,
    "qingdao": read_qingdao,
}
USUAL_OBJECTIVE: dict[str, Objective] = {"solomon": "distance", "kim": "vehicles"}


def format_of(path: Path) -> str | None:
    """Return in which format a file is written; None if it is no instance."""
    name = path.name
    if name.endswith(".vrp"):
        return "vrplib"
    if name.endswith(".geojson"):
        return "pvrpif"
    if name.endswith(".containers.txt"):
        return "montevideo"
    if name == "WasteCollectionSites.json":
        return "qingdao"
    if name.endswith(".json"):
        return "mdvrpi" if '"intermediate_depots"' in opening(path) else None
    return _text_format(opening(path)) if name.endswith(".txt") else None


def _text_format(text: str) -> str | None:
    if "READY TIME" in text:
        return "solomon"
    if re.match(r"[\d.]+\s*//\s*vehicle\s+capacity", text):
        return "kim"
    return "pvrp" if re.match(r"\s*1\s+\d+\s+\d+\s+\d+\s*\n", text) else None


def read(path: Path, kind: str, objective: Objective | None) -> Instance:
    """Return the instance of a file of a known format.

    Raises
    ------
    InputError
        When its set has no such objective.
    """
    if kind in BY_OBJECTIVE:
        return BY_OBJECTIVE[kind](path, objective or USUAL_OBJECTIVE[kind])
    if objective == "vehicles":
        raise InputError(f"{path}: --objective vehicles is for Solomon, Homberger and Kim only")
    return BY_DISTANCE[kind](path)
