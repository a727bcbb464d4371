"""A realistic city to try things on: built in from a seed, or laid on any real map."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from routing.errors import InputError
from routing.reading import read_network
from scenarios.files import write_whole
from scenarios.sample.city import Hints, build_tables
from scenarios.sample.lattice import Lattice
from scenarios.sample.osm_xml import Point, write_osm
from scenarios.sample.synthetic import ANCHOR, Synthetic, draw_city
from scenarios.tables import write_tables

__all__ = ["write_sample"]

MOST_POINTS = 20_000
CITY_TOML = """\
# A sample city made by `huanwei sample` with seed {seed}. All figures are synthetic.
name = "{name}"
osm = "{osm}"
coordinates = "wgs84"
drive_on_right = true
currency = "CNY"
seed = {seed}

[rules]
meal_break_min = 40
meal_window = ["10:30", "13:30"]
"""
DISTRICTS = ("龙泉街道", "东湖街道", "白云街道", "西城街道", "高新区")
CORE_M, REACH_M = 5600.0, 18_500.0


def write_sample(
    folder: Path,
    *,
    osm: Path | None = None,
    points: int = 400,
    seed: int = 7,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write a city folder with a map and all tables; the same seed gives the same bytes.

    Parameters
    ----------
    folder
        Where to; it is made if absent. Tables of the same names are replaced.
    osm
        Map to lay the city on; it is copied into the folder. None draws the built-in city.
    points
        Rows of points.csv.
    seed
        Seed of all that is drawn by chance.
    progress
        Takes a word on what is being done.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        When the number of points is out of range or the map does not exist.
    NetworkError
        When the map cannot be read or has no street on which a truck could stop.
    """
    say = progress or (lambda text: None)
    if not 1 <= points <= MOST_POINTS:
        raise InputError(f"points = {points}; expected a whole number from 1 to {MOST_POINTS}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    if osm is None:
        say("drawing the map")
        drawn = draw_city(rng)
        target, name, hints = folder / "map.osm", "楚荆市（示例）", _hints(drawn)
        write_osm(drawn.draft, target)
    else:
        target, name, hints = _copy_map(Path(osm), folder), _stem(Path(osm)), Hints()
    network = read_network(target, progress=progress)
    say("placing points, facilities and trucks")
    tables = build_tables(network, points, rng, hints)
    write_tables(folder, tables)
    text = CITY_TOML.format(seed=seed, name=name, osm=target.name)
    write_whole(folder / "city.toml", text)
    return folder


def _stem(path: Path) -> str:
    return path.name.split(".")[0].replace('"', "").replace("\\", "")


def _copy_map(osm: Path, folder: Path) -> Path:
    if not osm.is_file():
        raise InputError(f"{osm}: no such map; expected an OSM file")
    target = folder / osm.name
    if not target.exists() or not target.samefile(osm):
        shutil.copyfile(osm, target)
    return target


def _hints(drawn: Synthetic) -> Hints:
    """What is known about the built-in map: towns, entry corridors, names."""
    degrees = ANCHOR.to_degrees
    north, east, west, south = drawn.towns
    places = {
        "W1": degrees(*north.entry),
        "W2": degrees(*east.entry),
        "W3": degrees(*west.entry),
        "L1": degrees(*south.place),
    }
    core = (ANCHOR.lon, ANCHOR.lat, CORE_M, REACH_M)
    outline = tuple(degrees(*corner) for corner in _outline(drawn.lattice))
    return Hints(core, places, degrees(*north.place), DISTRICTS, outline)


def _outline(lattice: Lattice) -> list[Point]:
    """Junctions of the ring, counterclockwise from the south-west."""
    num_x, num_y = lattice.shape
    south = [(i, 0) for i in range(num_x - 1)]
    east = [(num_x - 1, j) for j in range(num_y - 1)]
    north = [(i, num_y - 1) for i in range(num_x - 1, 0, -1)]
    west = [(0, j) for j in range(num_y - 1, 0, -1)]
    return [lattice.centers[at] for at in (*south, *east, *north, *west)]
