"""The four text files of a case of Montevideo: containers, other places, vehicles, minutes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

EARTH_M = 6_371_000.0


@dataclass(frozen=True)
class Container:
    """A container; opening and service in minutes."""

    number: int
    lon: float
    lat: float
    open: float
    close: float
    demand: float
    service: float


@dataclass(frozen=True)
class Site:
    """A depot or dump, open from and to a minute."""

    number: int
    lon: float
    lat: float
    open: float
    close: float


@dataclass(frozen=True)
class DumpTruck:
    """A vehicle with where it starts, unloads and ends, and its minutes."""

    number: int
    start: int
    dump: int
    end: int
    dump_minutes: float
    capacity: float
    begin: float
    finish: float


@dataclass(frozen=True)
class MontevideoFile:
    """A case; ``minutes`` holds the pairs of places that the file gives."""

    containers: tuple[Container, ...]
    sites: tuple[Site, ...]
    trucks: tuple[DumpTruck, ...]
    minutes: dict[tuple[int, int], float]


def parse_montevideo(path: Path) -> MontevideoFile:
    """Return what stands in the files of a case, named by any of the four."""
    stem = path.name.split(".")[0]
    rows = {
        part: _rows(path.with_name(f"{stem}.{part}.txt"))
        for part in ("containers", "otherlocs", "vehicles", "dmatrix-time")
    }
    return MontevideoFile(
        tuple(Container(int(r[0]), *r[1:7]) for r in rows["containers"]),
        tuple(Site(int(r[0]), *r[1:5]) for r in rows["otherlocs"]),
        tuple(
            DumpTruck(int(r[0]), int(r[1]), int(r[2]), int(r[3]), *r[4:8]) for r in rows["vehicles"]
        ),
        {(int(r[0]), int(r[1])): r[2] for r in rows["dmatrix-time"]},
    )


def _rows(path: Path) -> list[list[float]]:
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    return [[float(word) for word in line.split()] for line in lines if line.lstrip()[0] != "#"]


def all_seconds(raw: MontevideoFile) -> NDArray[np.int32]:
    """Return whole seconds among all sites, then all containers, shape (n, n).

    Pairs that the file lacks take as long as their straight distance at the mean speed of the
    pairs that it has.
    """
    places: list[Site | Container] = [*raw.sites, *raw.containers]
    straight = straight_metres(np.array([p.lon for p in places]), np.array([p.lat for p in places]))
    number = {place.number: k for k, place in enumerate(places)}
    table = np.full(straight.shape, -1.0)
    for (start, end), minutes in raw.minutes.items():
        if start in number and end in number:
            table[number[start], number[end]] = minutes * 60
    known = table >= 0
    pace = table[known].sum() / straight[known].sum()
    seconds = np.where(known, table, straight * pace)
    np.fill_diagonal(seconds, 0)
    return np.floor(seconds + 0.5).astype(np.int32)


def plane(
    lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the places of one city in metres east and north, the earth taken as flat there."""
    east = np.radians(lon) * EARTH_M * np.cos(np.radians(lat.mean()))
    return east, np.radians(lat) * EARTH_M


def straight_metres(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the metres among places of one city, shape (n, n), the earth taken as flat there."""
    x, y = plane(lon, lat)
    return np.hypot(x[:, None] - x, y[:, None] - y)
