"""A small good city on a map of its own, to be broken in one place and planned in a moment."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.routing.maps import STEP_DEG, Map

DAY = "2024-11-25"  # a Monday
SIDE = 5
"""Streets of the town in each direction."""
BRIDGE, ISLAND = 700, 800
FAR_BANK = (8, 10)
"""Columns of the streets beyond the river."""


def place(east: float, north: float) -> str:
    """``lon,lat`` of a place in grid steps, a few metres off the street."""
    return f"{112 + east * STEP_DEG:.6f},{31 + north * STEP_DEG + 0.00005:.6f}"


def town(**street_tags: str) -> Map:
    """Town of 5 by 5 streets, a far bank behind one bridge, and an island that nothing leads to."""
    made = Map()
    for x in range(SIDE):
        for y in range(SIDE):
            made.node(_at(x, y), x, y)
    for k in range(SIDE):
        kind = "primary" if k == 2 else "residential"
        rows, columns = range(10 * k, 10 * k + SIDE), range(k, 10 * SIDE, 10)
        made.way(100 + k, *(1 + n for n in rows), highway=kind, name=f"经{k}路", **street_tags)
        made.way(200 + k, *(1 + n for n in columns), highway=kind, name=f"纬{k}路", **street_tags)
    west, east = FAR_BANK
    made.node(301, west, 2).node(302, east, 2).node(303, east, 0).node(304, west, 0)
    made.way(BRIDGE, _at(4, 2), 301, highway="secondary", bridge="yes", name="大桥")
    made.way(701, 301, 302, 303, 304, 301, highway="residential", name="东岸路", **street_tags)
    made.node(401, 20, 0).node(402, 21, 0).node(403, 21, 1)
    made.way(ISLAND, 401, 402, 403, 401, highway="residential", name="岛路")
    return made


def _at(x: int, y: int) -> int:
    return 1 + 10 * x + y


GOOD: dict[str, str] = {
    "city.toml": 'name = "小城"\nosm = "map.osm"\ncoordinates = "wgs84"\nseed = 3\n',
    "points.csv": "point_id,lon,lat,stream,demand_kg,window_start,window_end,frequency\n"
    f"P1,{place(0.5, 0)},other,400,05:00,12:00,daily\n"
    f"P2,{place(1.5, 1)},other,300,,,daily\n"
    f"P3,{place(2.5, 3)},other,350,,,daily\n"
    f"P4,{place(3.5, 4)},other,250,,,daily\n"
    f"P5,{place(9, 2)},other,200,,,daily\n"
    f"P6,{place(0.5, 4)},kitchen,300,,,daily\n"
    f"P7,{place(3.5, 0)},kitchen,200,,,daily\n"
    f"P8,{place(1.5, 4)},recyclable,80,,,daily\n",
    "facilities.csv": "facility_id,kind,lon,lat,streams,open,close,capacity_t_day,active_to\n"
    f"D1,depot,{place(0.5, 2)},,,,,\n"
    f"T1,transfer,{place(3.5, 2)},other;recyclable;sweepings,04:00,22:00,,\n"
    f"K1,plant,{place(2.5, 1)},kitchen,04:00,22:00,,\n"
    f"W1,water,{place(1.5, 2)},,,,,\n",
    "trucks.csv": "truck_id,kind,depot_id,capacity_kg,capacity_m3,tank_l,hopper_m3,width_m,"
    "shift_start,shift_end\n"
    "C1,collector,D1,3000,7,,,2.2,05:00,13:00\n"
    "F1,kitchen,D1,2000,4,,,2.2,05:00,13:00\n"
    "R1,recyclable,D1,1500,8,,,2.2,05:00,13:00\n"
    "S1,sweeper,D1,4000,,2000,7,2.2,04:00,12:00\n",
    "streets.csv": "street_id,osm_class,cleaning_class\nA,primary,1\n",
    "programmes.csv": "cleaning_class,template,frequency\n1,ws,daily\n",
    "operations.csv": "template,pass_no,vehicle_kind,speed_kmh,water_l_m2,sweepings_kg_km\n"
    "ws,1,sweeper,8,0.2,100\n",
}
"""Text of every file of the good city except its map."""

Breakage = Callable[[Path], object]


def write_good(folder: Path) -> Path:
    """Write the good city and its map."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in GOOD.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "map.osm").write_text(town().xml(), encoding="utf-8")
    return folder


def replaced(file: str, *pairs: tuple[str, str]) -> Breakage:
    """Breakage that replaces pieces of a file, each once; a piece that is absent is an error."""

    def breaks(city: Path) -> None:
        text = (city / file).read_text(encoding="utf-8")
        for old, new in pairs:
            assert old in text, f"{file} holds no {old!r}"
            text = text.replace(old, new, 1)
        (city / file).write_text(text, encoding="utf-8")

    return breaks


def written(file: str, content: str | bytes) -> Breakage:
    """Breakage that replaces a whole file."""
    data = content.encode() if isinstance(content, str) else content
    return lambda city: (city / file).write_bytes(data)


def added(file: str, line: str) -> Breakage:
    """Breakage that adds a line to a file, which is made if it is not there."""

    def breaks(city: Path) -> None:
        with (city / file).open("a", encoding="utf-8") as table:
            table.write(line + "\n")

    return breaks


def removed(file: str) -> Breakage:
    """Breakage that takes a file away."""
    return lambda city: (city / file).unlink()


def mapped(change: Callable[[Map], object]) -> Breakage:
    """Breakage that changes the map before it is written."""

    def breaks(city: Path) -> None:
        made = town()
        change(made)
        (city / "map.osm").write_text(made.xml(), encoding="utf-8")

    return breaks


def together(*breakages: Breakage) -> Breakage:
    """Several breakages as one."""

    def breaks(city: Path) -> None:
        for one in breakages:
            one(city)

    return breaks


def broken_copy(good: Path, target: Path, breaks: Breakage) -> Path:
    """Copy of the good city, without plans, broken in one place."""
    shutil.copytree(good, target, ignore=shutil.ignore_patterns("plans"))
    breaks(target)
    return target
