"""From a file to its instance, and from the name of a set to its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.vrp.instance import Instance, Objective
from benchmarks.vrp.known import best_known
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
        return "mdvrpi" if '"intermediate_depots"' in _opening(path) else None
    return _text_format(_opening(path)) if name.endswith(".txt") else None


def _text_format(text: str) -> str | None:
    if "READY TIME" in text:
        return "solomon"
    if re.match(r"[\d.]+\s*//\s*vehicle\s+capacity", text):
        return "kim"
    return "pvrp" if re.match(r"\s*1\s+\d+\s+\d+\s+\d+\s*\n", text) else None


def _opening(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as handle:
        return handle.read(2000)


def read_instance(path: Path, objective: Objective | None = None) -> Instance:
    """Return the instance of a file, with its best known value.

    Raises
    ------
    InputError
        When the file is in no format known here, or its set has no such objective.
    """
    kind = format_of(path)
    if kind is None:
        raise InputError(f"{path}: not an instance of a known set")
    if kind in BY_OBJECTIVE:
        wanted = objective or USUAL_OBJECTIVE[kind]
        instance = BY_OBJECTIVE[kind](path, wanted)
    elif objective == "vehicles":
        raise InputError(f"{path}: --objective vehicles is for Solomon, Homberger and Kim only")
    else:
        instance = BY_DISTANCE[kind](path)
    known = best_known(path, instance.objective)
    return replace(instance, bks=known.value, bks_vehicles=known.vehicles, bks_source=known.source)


def find_instances(names: Iterable[str], folder: Path) -> list[Path]:
    """Return the instance files of sets (folders inside ``folder``), folders and files.

    Raises
    ------
    InputError
        When a name is neither, or holds no instance.
    """
    found: list[Path] = []
    for name in names:
        place = next((p for p in (Path(name), folder / name) if p.exists()), None)
        if place is None:
            raise InputError(f"{name}: no such file, nor a folder of that name in {folder}")
        files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.is_file())
        instances = [p for p in files if format_of(p)]
        if not instances:
            raise InputError(f"{place}: holds no instance of a known set")
        found += instances
    return found


def set_name(path: Path) -> str:
    """Return the name of the set that a file belongs to: its folder, with the size if by size."""
    folder = path.resolve().parent
    return f"{folder.parent.name} {folder.name}" if folder.name.isdigit() else folder.name


def spread(files: Sequence[Path], limit: int | None) -> list[Path]:
    """Return at most so many of the files, at even steps through the list."""
    count = len(files) if limit is None else min(limit, len(files))
    return [files[k * len(files) // count] for k in range(count)]
