"""Three doors to one network: an OSM file, an OSMnx graph file, or the name of a place."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from routing.building import build_network
from routing.errors import NetworkError
from routing.network import Network, Tally
from routing.osm_reading import OSM_SUFFIXES, read_osm
from routing.pieces import cut_ways
from routing.restrictions import resolve_restrictions

GRAPH_SUFFIX = ".graphml"

READER_VERSION = 1
"""Raised with every change of what reading makes of the same file; older caches are rebuilt."""

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Report no progress."""


def is_map_file(source: str | Path) -> bool:
    """Whether a source names a file (by its form or because it exists), not a place."""
    name = str(source).lower()
    named = name.endswith((*OSM_SUFFIXES, GRAPH_SUFFIX)) or isinstance(source, Path)
    return named or "/" in name or Path(source).is_file()


def read_network(
    source: str | Path, *, drive_on_right: bool = True, progress: Progress | None = None
) -> Network:
    """Read the streets of a file or a named place.

    Parameters
    ----------
    source
        ``.osm``, ``.osm.gz``, ``.osm.bz2``, ``.osm.pbf``, ``.graphml`` or a place such as
        ``"Jingmen, China"``, which OSMnx downloads.
    drive_on_right
        Side of the road: decides which turns cross the oncoming traffic and which curb is near.
    progress
        Called with a few words as each stage begins.

    Returns
    -------
    Network
        Its ``report`` says what was read and what could not be resolved.

    Raises
    ------
    NetworkError
        When the file is missing, damaged or without drivable streets, or the place is not found.
    """
    say = progress or silent
    if not str(source).strip():
        raise NetworkError("no map given; expected an OpenStreetMap file or the name of a place")
    if not is_map_file(source):
        return _read_place(str(source), drive_on_right, say)
    path = Path(source)
    if not path.is_file():
        raise NetworkError(f"{path}: no such map file")
    if path.name.lower().endswith(GRAPH_SUFFIX):
        return _read_graph_file(path, drive_on_right, say)
    if not path.name.lower().endswith(OSM_SUFFIXES):
        raise NetworkError(
            f"{path}: unknown kind of map; expected {', '.join((*OSM_SUFFIXES, GRAPH_SUFFIX))}"
        )
    tally = Tally(path.name)
    raw = read_osm(path, tally, say)
    say("cutting streets at junctions")
    pieces, junctions = cut_ways(raw, tally)
    say("joining turns")
    return build_network(
        pieces, junctions, partial(resolve_restrictions, raw), tally, drive_on_right
    )


def _read_graph_file(path: Path, drive_on_right: bool, say: Progress) -> Network:
    from routing.interchange import from_networkx, load_graphml  # noqa: PLC0415 - osmnx is slow

    say("reading the OSMnx graph")
    return from_networkx(load_graphml(path), drive_on_right=drive_on_right, source=path.name)


def _read_place(place: str, drive_on_right: bool, say: Progress) -> Network:
    from routing.interchange import download_place, from_networkx  # noqa: PLC0415

    say(f"downloading the streets of {place}")
    return from_networkx(download_place(place), drive_on_right=drive_on_right, source=place)
