"""What a planned day comes to: the figures by which scenarios are compared."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np

from routing.paths import path_geometry
from scenarios.city import City
from scenarios.day import HAULER, DueStop
from scenarios.energy import route_energy
from scenarios.hauling.hauls import stocks
from scenarios.hauling.loads import Load
from scenarios.problem import DayProblem
from scenarios.washing import Drive, find_drives, wash_seconds
from solvers.evaluate import Driven, Evaluation, evaluate_plan
from solvers.plan import Plan
from solvers.problem import Task

DAY_S = 86_400
DIGITS = 5
"""Decimals of degrees of the lines kept: a meter."""


def day_figures(city: City, posed: DayProblem, plan: Plan) -> dict[str, Any]:
    """Return the figures of one day's plan, as JSON can hold them.

    Costs are in thousandths; ``cost`` holds the prices of what is left out, ``driven_cost`` does
    not. ``stations`` has for each facility what it takes in and how trucks queue there; ``crews``
    the stops of each truck. Cost, way and time are of transfer trucks too; their loads are hauls,
    not stops, since what they carry was collected already.
    """
    judged = evaluate_plan(posed.problem, plan)
    lost = [lost.stop for lost in posed.lost]
    left = [
        posed.problem.tasks[u.task]
        for u in plan.unserved
        if not isinstance(posed.sources[u.task], Load)
    ]
    collected, hauled = _worked(posed, judged)
    driven_cost = sum(d.cost for d in judged.driven)
    trucks = posed.trucks
    return {
        "cost": judged.cost + sum(stop.price for stop in lost),
        "driven_cost": driven_cost,
        "length_m": sum(d.length_m for d in judged.driven),
        "duration_s": sum(d.end_s - d.route.start_s for d in judged.driven),
        "driving_s": sum(d.driving_s - wash_seconds(posed, d) for d in judged.driven),
        "overtime_s": sum(d.overtime_s for d in judged.driven),
        "co2_g": sum(
            route_energy(city, trucks[d.route.vehicle], d.length_m).co2_g for d in judged.driven
        ),
        "vehicles": len(judged.driven),
        "trips": sum(bool(t.put_down_kg) for d in judged.driven for t in d.timings),
        "mass_kg": sum(task.mass_kg for task in collected),
        "stops": len(collected),
        "hauls": len(hauled),
        "hauled_kg": sum(task.mass_kg for task in hauled),
        "haul_cost": sum(d.cost for d in judged.driven if trucks[d.route.vehicle].kind == HAULER),
        "overflow_s": _overflow_s(posed, judged),
        "punctual": _punctual(judged),
        "unserved": len(left) + len(lost),
        "unserved_kg": sum(t.mass_kg for t in left) + sum(stop.mass_kg for stop in lost),
        "stations": _stations(posed, judged),
        "crews": _crews(posed, judged),
    }


def _worked(posed: DayProblem, judged: Evaluation) -> tuple[list[Task], list[Task]]:
    """Return the tasks that are collected or cleaned, and the loads that are hauled."""
    collected: list[Task] = []
    hauled: list[Task] = []
    for driven in judged.driven:
        for timing in driven.timings:
            if timing.step.kind == "task":
                is_load = isinstance(posed.sources[timing.step.idx], Load)
                (hauled if is_load else collected).append(posed.problem.tasks[timing.step.idx])
    return collected, hauled


def _overflow_s(posed: DayProblem, judged: Evaluation) -> int:
    """Return for how long stations hold more than they may, all together; till midnight at most."""
    return sum(
        max(0, (until if until >= 0 else DAY_S) - since)
        for stock in stocks(posed, judged).values()
        for since, until, _ in stock.overflows
    )


def _punctual(judged: Evaluation) -> float:
    """Return the share of windows that are met."""
    kept = [
        t.window[0] <= t.begin_s <= t.window[1]
        for d in judged.driven
        for t in d.timings
        if t.window is not None
    ]
    return sum(kept) / len(kept) if kept else 1.0


def _stations(posed: DayProblem, judged: Evaluation) -> dict[str, dict[str, int | None]]:
    """Return mass taken in, visits, and waiting at each facility where loads are put down."""
    found: dict[str, dict[str, int | None]] = {}
    for idx, facility in enumerate(posed.problem.facilities):
        visits = [
            t
            for d in judged.driven
            for t in d.timings
            if t.step.kind == "facility" and t.step.idx == idx and t.put_down_kg
        ]
        if facility.streams:
            waits = [t.begin_s - max(t.arrive_s, facility.open_s) for t in visits]
            found[facility.facility_id] = {
                "mass_kg": sum(sum(t.put_down_kg.values()) for t in visits),
                "capacity_kg": facility.capacity_kg,
                "visits": len(visits),
                "wait_s": sum(waits),
                "longest_wait_s": max(waits, default=0),
            }
    return found


def _crews(posed: DayProblem, judged: Evaluation) -> dict[str, list[str]]:
    crews: dict[str, list[str]] = defaultdict(list)
    for driven in judged.driven:
        truck = posed.trucks[driven.route.vehicle].truck_id
        for timing in driven.timings:
            if timing.step.kind == "task":
                source = posed.sources[timing.step.idx]
                crews[truck].append(
                    source.point_id if isinstance(source, DueStop) else source.task_id
                )
    return {truck: sorted(set(names)) for truck, names in sorted(crews.items())}


def day_lines(posed: DayProblem, plan: Plan) -> list[dict[str, Any]]:
    """Return stream and driven line of every route, and where it stops, for a map."""
    judged = evaluate_plan(posed.problem, plan)
    return [_route_lines(posed, driven) for driven in judged.driven]


def _route_lines(posed: DayProblem, driven: Driven) -> dict[str, Any]:
    problem = posed.problem
    vehicle = problem.vehicles[driven.route.vehicle]
    ends = [(vehicle.start, vehicle.start)]
    streams, stops, layers = [], [], []
    for timing in driven.timings:
        if timing.step.kind == "task":
            task = problem.tasks[timing.step.idx]
            mode = task.modes[timing.step.mode]
            ends.append((mode.entry, mode.exit))
            layers.append(timing.layer)
            streams.append(task.stream)
            source = posed.sources[timing.step.idx]
            stops.append([round(source.lon, DIGITS), round(source.lat, DIGITS)])
        elif timing.step.kind == "facility":
            place = problem.facilities[timing.step.idx].location
            ends.append((place, place))
            layers.append(timing.layer)
    ends.append((vehicle.end, vehicle.end))
    drives: dict[int, Drive] = {}
    by = [*layers, driven.home_layer]
    for layer in sorted(set(by)):
        own = [k for k, used in enumerate(by) if used == layer]
        found = find_drives(posed, layer, [ends[k][1] for k in own], [ends[k + 1][0] for k in own])
        drives |= dict(zip(own, found, strict=True))
    paths = [path for k in range(len(by)) for path in drives[k].paths]
    pieces = [path_geometry(posed.network, path) for path in paths if len(path.arcs)]
    line = np.round(np.concatenate(pieces), DIGITS).tolist() if pieces else []
    main = max(sorted(set(streams)), key=streams.count) if streams else ""
    return {"truck": vehicle.vehicle_id, "stream": main, "line": line, "stops": stops}
