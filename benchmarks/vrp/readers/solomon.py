"""Problems with time windows and one depot: Solomon, Gehring and Homberger."""

from __future__ import annotations

from pathlib import Path

from benchmarks.campaign.instance import (
    FAR,
    NO_BREAKS,
    STREAM,
    Instance,
    Objective,
    Rounding,
    euclidean,
    left_out_price,
    truncated,
)
from benchmarks.vrp.formats.solomon import SolomonFile, parse_solomon
from solvers.problem import Mode, Problem, Task, Vehicle

DISTANCE = "distances and times truncated to one decimal (DIMACS), distance only"
VEHICLES = "double precision, fewer vehicles first, then distance (SINTEF)"
FACTOR = {"distance": 10, "vehicles": 1000}
VEHICLE_COST = 10**9


def read_solomon(path: Path, objective: Objective = "distance") -> Instance:
    """Return the instance of a file."""
    raw = parse_solomon(path)
    factor = FACTOR[objective]
    vehicle_cost = VEHICLE_COST if objective == "vehicles" else 0
    if objective == "vehicles":
        length = euclidean(raw.x, raw.y, Rounding(factor, "nearest"))
        time = euclidean(raw.x, raw.y, Rounding(factor, "ceil"))
    else:
        time = length = euclidean(raw.x, raw.y, truncated(factor))
    price = left_out_price(length, vehicle_cost)
    tasks = tuple(
        Task(
            str(k),
            (Mode(k, k, round(raw.service[k] * factor)),),
            STREAM,
            mass_kg=round(raw.demand[k]),
            windows=((round(raw.ready[k] * factor), round(raw.due[k] * factor)),),
            price=price,
        )
        for k in range(1, len(raw.x))
    )
    vehicles = tuple(
        _vehicle(raw, str(k + 1), factor, vehicle_cost) for k in range(raw.num_vehicles)
    )
    return Instance(
        name=path.stem,
        family="solomon",
        path=path,
        problem=Problem(tasks, vehicles, (), time, length, NO_BREAKS),
        convention=VEHICLES if objective == "vehicles" else DISTANCE,
        scale=factor,
        objective=objective,
        vehicle_cost=vehicle_cost,
    )


def _vehicle(raw: SolomonFile, vehicle_id: str, factor: int, vehicle_cost: int) -> Vehicle:
    return Vehicle(
        vehicle_id,
        "truck",
        0,
        0,
        0,
        capacity_kg=raw.capacity,
        capacity_l={STREAM: FAR},
        shift_start=round(raw.ready[0] * factor),
        shift_end=round(raw.due[0] * factor),
        fixed_cost=vehicle_cost,
        cost_km=1000,
        ends_loaded=True,
    )
