"""Containers of Montevideo: several trips to a dump, whole seconds."""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign.instance import FAR, NO_BREAKS, STREAM, Instance, left_out_price
from benchmarks.vrp.formats.montevideo import (
    DumpTruck,
    MontevideoFile,
    all_seconds,
    parse_montevideo,
)
from solvers.problem import Facility, Mode, Problem, Task, Vehicle

CONVENTION = (
    "seconds of driving; pairs that the file lacks at the mean speed of the others; unloading"
    " at the dump before the way home"
)


def read_montevideo(path: Path) -> Instance:
    """Return the instance of a case, named by any of its files."""
    raw = parse_montevideo(path)
    table = all_seconds(raw)[None]
    price = left_out_price(table)
    first = len(raw.sites)
    tasks = tuple(
        Task(
            str(c.number),
            (Mode(first + k, first + k, round(c.service * 60)),),
            STREAM,
            mass_kg=round(c.demand),
            windows=((round(c.open * 60), round(c.close * 60)),),
            price=price,
        )
        for k, c in enumerate(raw.containers)
    )
    number = {site.number: k for k, site in enumerate(raw.sites)}
    vehicles = tuple(_vehicle(truck, number) for truck in raw.trucks)
    problem = Problem(tasks, vehicles, _dumps(raw, number), table, table, NO_BREAKS)
    return Instance(path.name.split(".")[0], "montevideo", path, problem, CONVENTION, scale=1)


def _vehicle(truck: DumpTruck, number: dict[int, int]) -> Vehicle:
    return Vehicle(
        str(truck.number),
        "truck",
        0,
        number[truck.start],
        number[truck.end],
        capacity_kg=round(truck.capacity),
        capacity_l={STREAM: FAR},
        shift_start=round(truck.begin * 60),
        shift_end=round(truck.finish * 60),
        max_trips=100,
        cost_km=1000,
    )


def _dumps(raw: MontevideoFile, number: dict[int, int]) -> tuple[Facility, ...]:
    by_dump = {truck.dump: truck for truck in raw.trucks}
    site = {s.number: s for s in raw.sites}
    return tuple(
        Facility(
            str(dump),
            number[dump],
            frozenset({STREAM}),
            open_s=round(site[dump].open * 60),
            close_s=min(FAR, round((site[dump].close + truck.dump_minutes) * 60)),
            bays=len(raw.trucks),
            unload_s=round(truck.dump_minutes * 60),
        )
        for dump, truck in by_dump.items()
    )
