"""Cordeau's periodic instances: real distances, limits by day."""

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
from benchmarks.vrp.formats.cordeau import CordeauFile, parse_cordeau
from benchmarks.vrp.readers.periodic import visits
from solvers.problem import Problem, Vehicle

FACTOR = 1000
CONVENTION = "real distances over all days; driving and service within the day's limit"


def read_cordeau(path: Path) -> Instance:
    """Return the instance of a file."""
    raw = parse_cordeau(path)
    x = np.array([raw.depot[0], *(c.x for c in raw.customers)])
    y = np.array([raw.depot[1], *(c.y for c in raw.customers)])
    length = euclidean(x, y, Rounding(FACTOR, "nearest"))
    time = euclidean(x, y, Rounding(FACTOR, "ceil"))
    tasks, groups = visits(
        [
            (str(c.number), k, round(c.service * FACTOR), round(c.demand), c.patterns)
            for k, c in enumerate(raw.customers, 1)
        ],
        raw.num_days,
        left_out_price(length),
    )
    problem = Problem(tasks, _vehicles(raw), (), time, length, NO_BREAKS, groups)
    return Instance(path.stem, "pvrp", path, problem, CONVENTION, scale=FACTOR)


def _vehicles(raw: CordeauFile) -> tuple[Vehicle, ...]:
    return tuple(
        Vehicle(
            f"{k + 1}@{day}",
            "truck",
            0,
            0,
            0,
            capacity_kg=round(raw.capacity[day]),
            capacity_l={STREAM: FAR},
            shift_start=0,
            shift_end=round(raw.max_duration[day] * FACTOR) or FAR,
            cost_km=1000,
            ends_loaded=True,
            day=day,
        )
        for day in range(raw.num_days)
        for k in range(raw.num_vehicles)
    )
