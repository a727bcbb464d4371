"""What peers are handed: a problem as plain numbers in a folder, and plain routes as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaign.instance import FAR
from benchmarks.campaign.plain import FACILITY, TASK, PlainRoute, Visit
from solvers.plan import Route
from solvers.problem import Facility, Problem, Task, Vehicle
from solvers.travel import Travel

MOST_ROWS = 512
"""Rows of a travel table that are written at a time."""


def write_problem(problem: Problem, folder: Path) -> None:
    """Write ``problem.json`` and the travel tables as .npy; no time table where none counts."""
    folder.mkdir(parents=True, exist_ok=True)
    timed = has_times(problem)
    (folder / "time.npy").unlink(missing_ok=True)
    _write_tables(problem.ways, folder, ("time", "length") if timed else ("length",))
    document = {
        "tasks": [_task(task) for task in problem.tasks],
        "vehicles": [_vehicle(vehicle) for vehicle in problem.vehicles],
        "facilities": [_facility(facility) for facility in problem.facilities],
        "unusual": unusual_rules(problem),
    }
    (folder / "problem.json").write_text(json.dumps(document), encoding="utf-8")


def _write_tables(ways: Travel, folder: Path, names: Sequence[str]) -> None:
    """Write the tables of the first profile, some rows at a time."""
    num = ways.num_locations
    tables = [
        np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.int32, (num, num))
        for name in names
    ]
    everywhere = np.arange(num)
    for first in range(0, num, MOST_ROWS):
        rows = everywhere[first : first + MOST_ROWS]
        blocks = ways.block(0, rows, everywhere)
        for table, block in zip(tables, blocks[-len(names) :], strict=True):
            table[rows] = block


def has_times(problem: Problem) -> bool:
    """Whether time plays any role."""
    limited = any(v.shift_end < FAR or v.max_duration_s is not None for v in problem.vehicles)
    return limited or any(task.windows for task in problem.tasks)


def unusual_rules(problem: Problem) -> list[str]:
    """Return which rules the problem has that no peer here is handed."""
    named = {
        "visit patterns over days": bool(problem.groups),
        "several days": len({v.day for v in problem.vehicles}) > 1,
        "lunch": any(problem.rules.meal_applies(v) for v in problem.vehicles),
        "daily load": any(v.max_day_kg is not None for v in problem.vehicles),
        "daily stops": any(v.max_day_tasks is not None for v in problem.vehicles),
    }
    return [name for name, holds in named.items() if holds]


def _task(task: Task) -> dict[str, Any]:
    early, late = task.windows[0] if task.windows else (0, FAR)
    (mode,) = task.modes
    return {
        "id": task.task_id,
        "location": mode.entry,
        "service": mode.service_s,
        "load": task.mass_kg,
        "early": early,
        "late": late,
        "release": task.release_s,
    }


def _vehicle(vehicle: Vehicle) -> dict[str, Any]:
    return {
        "id": vehicle.vehicle_id,
        "start": vehicle.start,
        "end": vehicle.end,
        "capacity": vehicle.capacity_kg,
        "early": vehicle.shift_start,
        "late": vehicle.shift_end,
        "max_duration": vehicle.max_duration_s,
        "fixed_cost": vehicle.fixed_cost,
        "unit_cost": vehicle.cost_km // 1000,
        "ends_loaded": vehicle.ends_loaded,
    }


def _facility(facility: Facility) -> dict[str, Any]:
    return {
        "id": facility.facility_id,
        "location": facility.location,
        "early": facility.open_s,
        "late": facility.close_s - facility.unload_s,
        "service": facility.unload_s,
    }


def plain_routes(problem: Problem, routes: Iterable[Route]) -> list[PlainRoute]:
    """Return the routes of a plan as lists of names."""
    plain = []
    for route in routes:
        vehicle = problem.vehicles[route.vehicle]
        visits = []
        for step in route.steps:
            name, way = "", 0
            if step.kind == TASK:
                name, way = problem.tasks[step.idx].task_id, step.mode
            elif step.kind == FACILITY:
                name = problem.facilities[step.idx].facility_id
            visits.append(Visit(step.kind, name, way))
        plain.append(PlainRoute(vehicle.vehicle_id, tuple(visits), vehicle.day, route.start_s))
    return plain


def routes_to_json(routes: Sequence[PlainRoute]) -> list[dict[str, Any]]:
    """Return plain routes as JSON values."""
    return [
        {**asdict(route), "visits": [[visit.kind, visit.name, visit.way] for visit in route.visits]}
        for route in routes
    ]


def routes_from_json(rows: Sequence[dict[str, Any]]) -> list[PlainRoute]:
    """Return the plain routes of JSON values."""
    return [
        PlainRoute(
            row["vehicle"],
            tuple(Visit(*visit) for visit in row["visits"]),
            row.get("day", 0),
            row.get("start"),
        )
        for row in rows
    ]
