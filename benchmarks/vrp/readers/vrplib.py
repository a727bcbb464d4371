"""Problems of VRPLIB and of PyVRP's dialect of it: capacities, fleets, depots, reloads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.campaign.instance import (
    FAR,
    MATRIX_PLACES,
    NEAREST,
    NO_BREAKS,
    STREAM,
    Instance,
    Rounding,
    diagonal,
    enough_vehicles,
    euclidean,
    left_out_price,
    truncated,
)
from benchmarks.vrp.formats.vrplib import VrplibFile, parse_vrplib
from solvers.problem import Facility, Mode, Problem, Task, Vehicle
from solvers.travel import PlaneTravel


@dataclass(frozen=True)
class Convention:
    """How a type of problem rounds, and the problem cost of one unit of its stated values."""

    rounding: Rounding
    scale: float
    text: str


CONVENTIONS = {
    "CVRP": Convention(NEAREST, 1, "distances rounded to the nearest integer"),
    "HFVRP": Convention(
        Rounding(1000, "nearest"),
        100_000,
        "real distances times the vehicle's unit cost, in hundredths",
    ),
    "MDVRPTW": Convention(Rounding(1000, "nearest"), 1, "distances and times by 1000, rounded"),
    "MTVRPTWR": Convention(truncated(10), 1, "distances and times truncated to one decimal, by 10"),
}


def read_vrplib(path: Path) -> Instance:
    """Return the instance of a file."""
    raw = parse_vrplib(path)
    convention = CONVENTIONS[raw.kind]
    return Instance(
        name=path.stem,
        family=raw.kind.lower(),
        path=path,
        problem=_problem(raw, convention.rounding),
        convention=convention.text,
        scale=convention.scale,
    )


def _problem(raw: VrplibFile, rounding: Rounding) -> Problem:
    """Return the problem of a file, without matrices where it has very many places."""
    vehicles, factor = _vehicles(raw, rounding.factor), rounding.factor
    sites = _reloading(raw, factor)
    rates = max(v.fixed_cost for v in vehicles), max(v.cost_km for v in vehicles) // 1000
    if len(raw.x) > MATRIX_PLACES:
        price = left_out_price(rounding(diagonal(raw.x, raw.y)), *rates)
        travel = PlaneTravel(raw.x, raw.y, rounding)
        tasks = _tasks(raw, factor, price)
        return Problem.without_matrices(tasks, vehicles, sites, travel, NO_BREAKS)
    table = euclidean(raw.x, raw.y, rounding)
    tasks = _tasks(raw, factor, left_out_price(table, *rates))
    return Problem(tasks, vehicles, sites, table, table, NO_BREAKS)


def _scaled(value: float, factor: int) -> int:
    return FAR if np.isinf(value) else round(value * factor)


def _tasks(raw: VrplibFile, factor: int, price: int) -> tuple[Task, ...]:
    """Return one task a customer, named by its number in solution files."""
    places = [k for k in range(len(raw.x)) if k not in raw.depots]
    return tuple(
        Task(
            str(k),
            (Mode(k, k, round(raw.service[k] * factor)),),
            STREAM,
            mass_kg=round(raw.demand[k]),
            windows=_window(raw, k, factor),
            price=price,
            release_s=round(raw.release[k] * factor),
        )
        for k in places
    )


def _window(raw: VrplibFile, k: int, factor: int) -> tuple[tuple[int, int], ...]:
    return (
        ((_scaled(raw.ready[k], factor), _scaled(raw.due[k], factor)),) if raw.has_windows else ()
    )


def _vehicles(raw: VrplibFile, factor: int) -> tuple[Vehicle, ...]:
    """Return the fleet of the file, or as many of each type as can be of use."""
    if raw.num_vehicles is None:
        count = enough_vehicles(raw.demand.sum(), raw.capacity[0])
        return tuple(_vehicle(raw, 0, str(k + 1), factor) for k in range(count))
    kept: list[Vehicle] = []
    used: dict[tuple[float, ...], int] = {}
    for k in range(raw.num_vehicles):
        kind = (raw.capacity[k], raw.fixed_cost[k], raw.unit_cost[k], raw.vehicle_depot[k])
        used[kind] = used.get(kind, 0) + 1
        if used[kind] <= enough_vehicles(raw.demand.sum(), raw.capacity[k]):
            kept.append(_vehicle(raw, k, str(k + 1), factor))
    return tuple(kept)


def _vehicle(raw: VrplibFile, k: int, vehicle_id: str, factor: int) -> Vehicle:
    depot = int(raw.vehicle_depot[k])
    limited = not np.isinf(raw.max_duration)
    return Vehicle(
        vehicle_id,
        "truck",
        0,
        depot,
        depot,
        capacity_kg=round(raw.capacity[k]),
        capacity_l={STREAM: FAR},
        shift_start=round(raw.ready[depot] * factor),
        shift_end=_scaled(raw.due[depot], factor),
        max_trips=len(raw.x),
        fixed_cost=round(raw.fixed_cost[k] * factor),
        cost_km=round(raw.unit_cost[k] * 1000),
        max_duration_s=round(raw.max_duration * factor) if limited else None,
        ends_loaded=True,
    )


def _reloading(raw: VrplibFile, factor: int) -> tuple[Facility, ...]:
    """Return the depot as a place to unload, where vehicles may drive several trips."""
    if not raw.reloads:
        return ()
    depot = raw.depots[0]
    return (
        Facility(
            "0",
            depot,
            frozenset({STREAM}),
            open_s=round(raw.ready[depot] * factor),
            close_s=_scaled(raw.due[depot], factor),
            bays=raw.num_vehicles or len(raw.x),
            unload_s=0,
        ),
    )
