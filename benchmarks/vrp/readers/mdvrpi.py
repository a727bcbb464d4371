"""Inter-depot routes (Crevier, Cordeau and Laporte): loads are renewed at depots on the way."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.campaign.instance import (
    FAR,
    NO_BREAKS,
    STREAM,
    Instance,
    Rounding,
    euclidean,
    left_out_price,
)
from benchmarks.vrp.formats.mdvrpi import MdvrpiFile, parse_mdvrpi
from solvers.problem import Facility, Mode, Problem, Task, Vehicle

FACTOR = 1000
CONVENTION = (
    "real distances; vehicles based at the central depot; docking at each depot on the way;"
    " driving, service and docking within the limit of a rotation"
)


def read_mdvrpi(path: Path) -> Instance:
    """Return the instance of a file; places are the central depot, the others, the customers."""
    raw = parse_mdvrpi(path)
    places = [raw.central, *raw.intermediate, *((c[1], c[2]) for c in raw.customers)]
    x, y = np.array([p[0] for p in places]), np.array([p[1] for p in places])
    length = euclidean(x, y, Rounding(FACTOR, "nearest"))
    time = euclidean(x, y, Rounding(FACTOR, "ceil"))
    first, price = 1 + len(raw.intermediate), left_out_price(length)
    tasks = tuple(
        Task(
            str(number),
            (Mode(first + k, first + k, round(service * FACTOR)),),
            STREAM,
            mass_kg=round(demand),
            price=price,
        )
        for k, (number, _, _, service, demand) in enumerate(raw.customers)
    )
    problem = Problem(tasks, _vehicles(raw), _depots(raw), time, length, NO_BREAKS)
    return Instance(path.stem, "mdvrpi", path, problem, CONVENTION, scale=FACTOR)


def _vehicles(raw: MdvrpiFile) -> tuple[Vehicle, ...]:
    return tuple(
        Vehicle(
            str(k + 1),
            "truck",
            0,
            0,
            0,
            capacity_kg=round(raw.capacity),
            capacity_l={STREAM: FAR},
            shift_start=0,
            shift_end=round(raw.max_rotation * FACTOR),
            max_trips=100,
            cost_km=1000,
            ends_loaded=True,
        )
        for k in range(raw.num_vehicles)
    )


def _depots(raw: MdvrpiFile) -> tuple[Facility, ...]:
    """Return all depots, the central one as "0", as places to renew the load."""
    return tuple(
        Facility(
            str(k),
            k,
            frozenset({STREAM}),
            close_s=FAR,
            bays=raw.num_vehicles,
            unload_s=round(raw.docking * FACTOR),
        )
        for k in range(1 + len(raw.intermediate))
    )
