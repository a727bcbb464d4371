"""Qingdao's 3,000 sites, three depots, three facilities: the data, with a fleet of our own.

The files say nothing of vehicles and streets; the assumptions are the constants below.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.campaign.instance import FAR, NO_BREAKS, STREAM, Instance, left_out_price
from benchmarks.vrp.formats.montevideo import straight_metres
from benchmarks.vrp.formats.qingdao import QingdaoFile, parse_qingdao
from solvers.problem import Facility, Mode, Problem, Task, Vehicle

DETOUR = 1.3
METRES_PER_SECOND = 8.0
CAPACITY_L = 36_000
UNLOAD_S = 900
TRUCKS_PER_DEPOT = 30
CONVENTION = (
    "metres, straight distance by 1.3; 8 m/s; 30 trucks a depot, 36,000 loose litres each;"
    " unloading of 15 minutes before the way home (fleet and speeds are assumptions)"
)


def all_metres(raw: QingdaoFile) -> NDArray[np.int32]:
    """Return whole metres among depots, facilities and sites, shape (n, n)."""
    places = [*raw.depots, *raw.facilities, *raw.sites]
    straight = straight_metres(np.array([p.lon for p in places]), np.array([p.lat for p in places]))
    return np.floor(straight * DETOUR + 0.5).astype(np.int32)


def read_qingdao(path: Path) -> Instance:
    """Return the instance of a folder, or of any file in it."""
    folder = path if path.is_dir() else path.parent
    raw = parse_qingdao(folder)
    length = all_metres(raw)[None]
    time = np.ceil(length / METRES_PER_SECOND).astype(np.int32)
    price, first = left_out_price(length), len(raw.depots) + len(raw.facilities)
    tasks = tuple(
        Task(
            str(k),
            (Mode(first + k, first + k, site.service),),
            STREAM,
            mass_kg=site.load,
            windows=((site.open, site.close),),
            price=price,
        )
        for k, site in enumerate(raw.sites)
    )
    problem = Problem(tasks, _vehicles(raw), _facilities(raw), time, length, NO_BREAKS)
    return Instance("qingdao", "qingdao", path, problem, CONVENTION, scale=1)


def _vehicles(raw: QingdaoFile) -> tuple[Vehicle, ...]:
    opens, closes = min(s.open for s in raw.sites), max(s.close for s in raw.sites)
    return tuple(
        Vehicle(
            f"{depot + 1}-{k + 1}",
            "truck",
            0,
            depot,
            depot,
            capacity_kg=CAPACITY_L,
            capacity_l={STREAM: FAR},
            shift_start=opens,
            shift_end=closes,
            max_trips=100,
            cost_km=1000,
        )
        for depot in range(len(raw.depots))
        for k in range(TRUCKS_PER_DEPOT)
    )


def _facilities(raw: QingdaoFile) -> tuple[Facility, ...]:
    num_depots = len(raw.depots)
    return tuple(
        Facility(
            str(k + 1),
            num_depots + k,
            frozenset({STREAM}),
            close_s=FAR,
            bays=num_depots * TRUCKS_PER_DEPOT,
            unload_s=UNLOAD_S,
        )
        for k in range(len(raw.facilities))
    )
