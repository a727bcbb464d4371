"""What may overflow in a plan: each route's loads, and each point's bins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.city import City
from scenarios.day import DueStop, half_up
from scenarios.defaults import BIN_L, default_number
from scenarios.edits.capacity import due_days_a_week, emptying_interval_days
from scenarios.problem import DayProblem
from scenarios.risk.overflow import Load, load_overflow, route_overflow
from scenarios.risk.spread import Spread
from scenarios.schema import CONTAINER
from solvers.evaluate import Driven, evaluate_plan
from solvers.plan import Plan

EMPTY = (0.0, 0.0)
"""Shares of mass and volume that an empty truck has aboard."""


@dataclass(frozen=True)
class RouteRisk:
    """One route: mean fill of its fullest load, and how likely one load, or any, is too much."""

    truck_id: str
    stops: int
    loads: int
    fullest: float
    riskiest_load: float
    overflow: float


@dataclass(frozen=True)
class PointRisk:
    """One point: what its bins hold, what they have at a visit, and the chance that it is more.

    ``mean_l`` and ``high_l`` are for the longest gap between two visits; ``high_l`` is exceeded on
    one visit in twenty.
    """

    point_id: str
    stream: str
    frequency: str
    holds_l: int
    mean_l: int
    high_l: int
    overflow: float
    weighed: int


def route_risks(posed: DayProblem, plan: Plan, spread: Spread) -> list[RouteRisk]:
    """Return the risk of every route that collects at points, the greatest first."""
    found = []
    for driven in evaluate_plan(posed.problem, plan).driven:
        loads = loads_of(posed, driven, spread)
        if loads:
            vehicle = posed.problem.vehicles[driven.route.vehicle]
            each = [load_overflow(load, spread.correlation) for load in loads]
            found.append(
                RouteRisk(
                    vehicle.vehicle_id,
                    sum(len(load.share) for load in loads),
                    len(loads),
                    max(load.fill for load in loads),
                    max(each),
                    route_overflow(loads, spread.correlation),
                )
            )
    return sorted(found, key=lambda risk: (-risk.overflow, risk.truck_id))


def loads_of(posed: DayProblem, driven: Driven, spread: Spread) -> list[Load]:
    """Return the loads of a route, a stream at a time, as shares of the tighter capacity.

    What is aboard when the truck sets out takes room in its first load of that stream.
    """
    problem = posed.problem
    vehicle = problem.vehicles[driven.route.vehicle]
    open_loads: dict[str, list[tuple[float, float, float]]] = {}
    aboard: dict[str, tuple[float, float]] = {}
    loads = []

    def shares(stream: str, mass_kg: int, volume_l: int) -> tuple[float, float]:
        kg, litres = vehicle.compartments * mass_kg, vehicle.compartments * volume_l
        return kg / max(1, vehicle.capacity_kg), litres / max(1, vehicle.capacity_l[stream])

    if vehicle.starts_loaded:
        stream = vehicle.loaded_stream
        aboard[stream] = shares(stream, vehicle.loaded_kg, vehicle.loaded_l)
    for timing in driven.timings:
        if timing.step.kind == "task":
            source = posed.sources[timing.step.idx]
            task = problem.tasks[timing.step.idx]
            if not isinstance(source, DueStop):
                return []
            # a container takes its room however full it is
            litres = 0 if source.in_container else task.volume_l
            row = shares(task.stream, task.mass_kg, litres)
            sigma = spread.of(source.point_id).sigma
            open_loads.setdefault(task.stream, []).append((*row, sigma))
        elif timing.step.kind == "facility":
            for stream in sorted(problem.facilities[timing.step.idx].streams):
                first = aboard.pop(stream, EMPTY)
                if stream in open_loads:
                    loads.append(_load(open_loads.pop(stream), first))
    rest = sorted(open_loads.items())
    return loads + [_load(rows, aboard.get(stream, EMPTY)) for stream, rows in rest]


def _load(rows: list[tuple[float, float, float]], aboard: tuple[float, float]) -> Load:
    table = np.asarray(rows, dtype=np.float64)
    kg, litres = (table[:, k].sum() + aboard[k] for k in range(2))
    tighter = int(litres > kg)
    return Load(table[:, tighter], table[:, 2], aboard[tighter])


def point_risks(city: City, spread: Spread) -> list[PointRisk]:
    """Return the risk of every point that its bins overflow before a visit, the greatest first.

    Demand is that of a mean gap between visits; the longest gap has as much more as it is longer.
    Waste that a point visited several times a day gets lies in its bins until the next visit.
    """
    bin_l = default_number(BIN_L)
    container_l = 1000 * city.settings.container_m3
    found = [
        _point_risk(row, spread, container_l if row.kind == CONTAINER else bin_l)
        for row in city.points.itertuples(index=False)
    ]
    return sorted(found, key=lambda risk: (-risk.overflow, risk.point_id))


def _point_risk(row: Any, spread: Spread, bin_l: float) -> PointRisk:
    factors = spread.of(row.point_id)
    days = due_days_a_week(row.frequency)
    longest = emptying_interval_days(row.frequency)
    # demand is a day's where a point is visited on every day, however often
    visits_a_day = 1 / longest if longest < 1 else 1.0
    stretch = longest * visits_a_day * days / 7 if days < 7 else 1.0
    mean_l = 1000 * float(row.demand_m3) * max(1.0, stretch) / visits_a_day
    holds_l = int(row.bins) * bin_l
    return PointRisk(
        row.point_id,
        row.stream,
        row.frequency,
        half_up(holds_l),
        half_up(mean_l),
        half_up(mean_l * factors.quantile(0.95)),
        factors.exceeded(holds_l / mean_l) if mean_l > 0 else 0.0,
        len(factors.weighed),
    )
