"""Networks and their hierarchies on disk: made once, memory-mapped, rebuilt when damaged.

A cached network is a folder ``<key>/`` with a ``.npy`` file for each array and ``network.json``.
The key is a hash of the map file's content (or of the place's name), of the side of the road and
of the version of the reader, so that no cache can be mistaken for another. What is loaded must have
the fingerprint that was written; anything else is read again from the source. The hierarchy of a
network lies in ``roads-<fingerprint>/`` in the same way.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from routing._kernels.contract import Topology
from routing.hierarchy import Hierarchy
from routing.network import ARRAY_FIELDS, Network, ReadingReport, fingerprint
from routing.reading import READER_VERSION, is_map_file, read_network, silent
from routing.roads import Roads, build_roads
from routing.telling import telling_if_slow

LAYOUT_VERSION = 1
"""Raised when the files of a cached network change their form."""

HEADER = "network.json"

ROADS_VERSION = 1
"""Raised when the order or the arrays of a hierarchy change their meaning."""

ROADS_HEADER = "roads.json"
ROADS_FIELDS = (*Topology._fields, "rank", "slot")
"""Arrays of a hierarchy on disk, all int32."""


class _Damaged(Exception):  # noqa: N818 - tells why a cached network cannot be used
    """When a cached network is incomplete, altered or of another version."""


def default_cache_dir() -> Path:
    """``$HUANWEI_CACHE``, else ``huanwei`` in the user's cache folder."""
    named = os.environ.get("HUANWEI_CACHE")
    if named:
        return Path(named)
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "huanwei"


def load_or_build(
    source: str | Path,
    cache_dir: Path | None = None,
    *,
    drive_on_right: bool = True,
    progress: Callable[[str], None] | None = None,
) -> tuple[Network, bool]:
    """Network of a map, from the cache if it is there and sound.

    Parameters
    ----------
    source
        Map file or name of a place; a place is downloaded once and then kept.
    cache_dir
        Folder of all cached networks; by default `default_cache_dir`.
    drive_on_right, progress
        As in `routing.reading.read_network`.

    Returns
    -------
    network, from_cache
        The streets, and whether they came from the cache.

    Raises
    ------
    NetworkError
        When the map itself cannot be read; trouble with the cache is never an error.
    """
    say = progress or silent
    root = Path(cache_dir) if cache_dir is not None else default_cache_dir()
    folder = root / cache_key(source, drive_on_right)
    rebuilt = False
    if folder.exists():
        try:
            return _load(folder, Path(str(source)).name), True
        except _Damaged as damage:
            say(f"the cached network is not sound ({damage}): reading the map again")
            rebuilt = True
    network = read_network(source, drive_on_right=drive_on_right, progress=progress)
    if rebuilt:
        counts = {**network.report.counts, "cache_rebuilt": 1}
        network = replace(network, report=replace(network.report, counts=counts))
    try:
        _save(network, folder)
    except OSError as fault:
        say(f"the network could not be cached ({fault.strerror or fault})")
    return network, False


def cache_key(source: str | Path, drive_on_right: bool) -> str:
    """Name of the folder in which the network of a source is kept."""
    side = "right" if drive_on_right else "left"
    digest = hashlib.sha256(f"{READER_VERSION} {LAYOUT_VERSION} {side} ".encode())
    path = Path(source)
    if is_map_file(source) and path.is_file():
        digest.update(path.name[path.name.find(".") :].lower().encode())
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    else:
        digest.update(str(source).encode())
    return digest.hexdigest()[:32]


def _save(network: Network, folder: Path) -> None:
    """Write a network whole or not at all."""
    header = {
        "layout": LAYOUT_VERSION,
        "reader": READER_VERSION,
        "fingerprint": network.fingerprint,
        "drive_on_right": network.drive_on_right,
        "names": network.names,
        "report": asdict(network.report),
    }
    arrays = {name: getattr(network, name) for name in ARRAY_FIELDS}
    _save_folder(folder, HEADER, header, arrays)


def _save_folder(
    folder: Path, header_name: str, header: dict[str, Any], arrays: dict[str, NDArray]
) -> None:
    """Write arrays with their header into a folder beside, which is then renamed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        for name, array in arrays.items():
            np.save(draft / f"{name}.npy", array)
        text = json.dumps(header, ensure_ascii=False)
        (draft / header_name).write_text(text, encoding="utf-8")
        if folder.exists():
            _retire(folder)
        # Another process may have been faster; its network is the same one.
        with suppress(FileExistsError, OSError):
            draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _retire(folder: Path) -> None:
    """Take a damaged network away; readers that have mapped its files keep them."""
    grave = Path(tempfile.mkdtemp(prefix=".old-", dir=folder.parent))
    with suppress(OSError):
        folder.rename(grave / folder.name)
    shutil.rmtree(grave, ignore_errors=True)


def _load(folder: Path, source: str) -> Network:
    """Map a cached network into memory.

    Raises
    ------
    _Damaged
        When any part is missing, of the wrong type, or does not have the recorded fingerprint.
    """
    try:
        header = json.loads((folder / HEADER).read_text(encoding="utf-8"))
        versions = (header["layout"], header["reader"])
        names = tuple(header["names"])
        report = ReadingReport(**{**header["report"], "source": source})
        expected, drive_on_right = header["fingerprint"], bool(header["drive_on_right"])
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise _Damaged(f"{HEADER} is unreadable") from fault
    if versions != (LAYOUT_VERSION, READER_VERSION):
        raise _Damaged("it was written by another version")
    arrays = {name: _map_array(folder, name, kind) for name, kind in ARRAY_FIELDS.items()}
    if fingerprint(arrays, names, drive_on_right) != expected:
        raise _Damaged("its content has changed")
    return Network(
        **arrays,
        names=names,
        report=report,
        fingerprint=expected,
        drive_on_right=drive_on_right,
    )


def _map_array(folder: Path, name: str, kind: DTypeLike) -> NDArray:
    try:
        # Copy-on-write: kernels want writable arrays, and the file stays as it is.
        array = np.load(folder / f"{name}.npy", mmap_mode="c", allow_pickle=False)
    except (OSError, ValueError, EOFError) as fault:
        raise _Damaged(f"{name} is missing or cut short") from fault
    if array.dtype != np.dtype(kind) or array.ndim != 1:
        raise _Damaged(f"{name} is of another type")
    return np.asarray(array)


def load_or_build_roads(
    network: Network,
    cache_dir: Path | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Roads:
    """Road engine of a network: its hierarchy from the cache, or ordered and kept.

    Trouble with the cache is never an error: what is not sound is made again.
    """
    say = progress or silent
    root = Path(cache_dir) if cache_dir is not None else default_cache_dir()
    folder = root / f"roads-{network.fingerprint[:32]}"
    if folder.exists():
        try:
            return Roads(network, _load_hierarchy(folder, network))
        except _Damaged as damage:
            say(f"the cached hierarchy is not sound ({damage}): making it again")
    with telling_if_slow(say, "ordering the streets (once a map)"):
        roads = build_roads(network)
    arrays = _hierarchy_arrays(roads.hierarchy)
    header = {"version": ROADS_VERSION, "content": _content(arrays)}
    try:
        _save_folder(folder, ROADS_HEADER, header, arrays)
    except OSError as fault:
        say(f"the hierarchy could not be cached ({fault.strerror or fault})")
    return roads


def _hierarchy_arrays(hierarchy: Hierarchy) -> dict[str, NDArray]:
    parts = (*hierarchy.topology, hierarchy.rank, hierarchy.slot)
    return dict(zip(ROADS_FIELDS, parts, strict=True))


def _content(arrays: dict[str, NDArray]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name in ROADS_FIELDS:
        digest.update(np.ascontiguousarray(arrays[name]).data)
    return digest.hexdigest()


def _load_hierarchy(folder: Path, network: Network) -> Hierarchy:
    """Map a hierarchy into memory.

    Raises
    ------
    _Damaged
        When any part is missing, of another size, or not what was written.
    """
    try:
        header = json.loads((folder / ROADS_HEADER).read_text(encoding="utf-8"))
        version, content = header["version"], header["content"]
    except (OSError, ValueError, KeyError, TypeError) as fault:
        raise _Damaged(f"{ROADS_HEADER} is unreadable") from fault
    arrays = {name: _map_array(folder, name, np.int32) for name in ROADS_FIELDS}
    sizes = len(arrays["rank"]), len(arrays["slot"])
    if version != ROADS_VERSION or sizes != (network.num_arcs, network.num_turns):
        raise _Damaged("it was made for other streets or by another version")
    if _content(arrays) != content:
        raise _Damaged("its content has changed")
    topology = Topology(*(arrays[name] for name in Topology._fields))
    turns = np.asarray(network.turn_first_out, np.int32), np.asarray(network.turn_head, np.int32)
    return Hierarchy(topology, arrays["rank"], arrays["slot"], *turns)
