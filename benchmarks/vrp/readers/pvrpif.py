"""Periodic collection with intermediate facilities (Taverna and Tilk): whole minutes."""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign.instance import FAR, NO_BREAKS, STREAM, Instance, left_out_price
from benchmarks.vrp.formats.pvrpif import PvrpifFile, parse_pvrpif, visit_patterns
from benchmarks.vrp.readers.periodic import visits
from solvers.problem import Facility, Problem, Vehicle

CONVENTION = (
    "minutes of driving over all days; driving and service within the limit; unloading at a"
    " facility before the way home; visits evenly spread over the days"
)


def read_pvrpif(path: Path) -> Instance:
    """Return the instance of a file."""
    raw = parse_pvrpif(path)
    table = raw.minutes[None]
    tasks, groups = visits(
        [
            (
                str(k),
                k,
                raw.service[k],
                raw.demand[k],
                visit_patterns(raw.num_days, raw.frequency[k]),
            )
            for k in raw.customers
        ],
        raw.num_days,
        left_out_price(table),
    )
    problem = Problem(tasks, _vehicles(raw), _facilities(raw), table, table, NO_BREAKS, groups)
    return Instance(path.stem, "pvrpif", path, problem, CONVENTION, scale=1)


def _vehicles(raw: PvrpifFile) -> tuple[Vehicle, ...]:
    return tuple(
        Vehicle(
            f"{k + 1}@{day}",
            "truck",
            0,
            raw.depot,
            raw.depot,
            capacity_kg=raw.capacity,
            capacity_l={STREAM: FAR},
            shift_start=0,
            shift_end=raw.max_duration,
            max_trips=100,
            cost_km=1000,
            day=day,
        )
        for day in range(raw.num_days)
        for k in range(raw.num_vehicles)
    )


def _facilities(raw: PvrpifFile) -> tuple[Facility, ...]:
    return tuple(
        Facility(
            str(k),
            k,
            frozenset({STREAM}),
            close_s=FAR,
            bays=raw.num_vehicles * raw.num_days,
            unload_s=raw.service[k],
        )
        for k in raw.facilities
    )
