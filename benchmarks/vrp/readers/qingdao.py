"""Qingdao's 3,000 sites, three depots, three facilities: the data, with a fleet of our own.

The files say nothing of vehicles and streets; the assumptions are the constants below.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.campaign.instance import (
    FAR,
    MATRIX_PLACES,
    NO_BREAKS,
    STREAM,
    Instance,
    diagonal,
    left_out_price,
)
from benchmarks.vrp.formats.montevideo import plane
from benchmarks.vrp.formats.qingdao import QingdaoFile, parse_qingdao
from solvers.problem import Facility, Mode, Problem, Task, Vehicle
from solvers.travel import PlaneTravel

DETOUR = 1.3
METRES_PER_SECOND = 8.0
CAPACITY_L = 36_000
UNLOAD_S = 900
TRUCKS_PER_DEPOT, SITES = 30, 3_000
"""Trucks at a depot for so many sites, or some of them."""
CONVENTION = (
    "metres, straight distance by 1.3; 8 m/s; 30 trucks a depot for 3,000 sites, 36,000 loose"
    " litres each;"
    " unloading of 15 minutes before the way home (fleet and speeds are assumptions)"
)


def driven_metres(straight: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return straight distances as whole metres along streets."""
    return np.floor(straight * DETOUR + 0.5).astype(np.int32)


def driven_seconds(metres: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return how long a truck takes for each of some distances."""
    return np.ceil(metres / METRES_PER_SECOND).astype(np.int32)


def travel_of(raw: QingdaoFile) -> PlaneTravel:
    """Return the travel among depots, facilities and sites."""
    places = [*raw.depots, *raw.facilities, *raw.sites]
    lon, lat = np.array([p.lon for p in places]), np.array([p.lat for p in places])
    return PlaneTravel(*plane(lon, lat), driven_metres, driven_seconds)


def trucks_per_depot(raw: QingdaoFile) -> int:
    """Return 30 for each 3,000 sites or part of them."""
    return TRUCKS_PER_DEPOT * math.ceil(len(raw.sites) / SITES)


def read_qingdao(path: Path) -> Instance:
    """Return the instance of a folder, or of any file in it."""
    folder = path if path.is_dir() else path.parent
    raw = parse_qingdao(folder)
    travel = travel_of(raw)
    longest = driven_metres(diagonal(travel.x, travel.y))
    first = len(raw.depots) + len(raw.facilities)
    tasks = tuple(
        Task(
            str(k),
            (Mode(first + k, first + k, site.service),),
            STREAM,
            mass_kg=site.load,
            windows=((site.open, site.close),),
            price=left_out_price(longest),
        )
        for k, site in enumerate(raw.sites)
    )
    parts = tasks, _vehicles(raw), _facilities(raw)
    if travel.num_locations > MATRIX_PLACES:
        problem = Problem.without_matrices(*parts, travel, NO_BREAKS)
    else:
        everywhere = np.arange(travel.num_locations)
        time, length = travel.block(0, everywhere, everywhere)
        problem = Problem(*parts, time[None], length[None], NO_BREAKS)
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
        for k in range(trucks_per_depot(raw))
    )


def _facilities(raw: QingdaoFile) -> tuple[Facility, ...]:
    num_depots = len(raw.depots)
    return tuple(
        Facility(
            str(k + 1),
            num_depots + k,
            frozenset({STREAM}),
            close_s=FAR,
            bays=num_depots * trucks_per_depot(raw),
            unload_s=UNLOAD_S,
        )
        for k in range(len(raw.facilities))
    )
