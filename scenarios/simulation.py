"""How a plan fares when waste, traffic and service are not as planned; what more safety costs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scenarios._kernels.simulate import FACILITY, PAUSE, TASK, Days, Steps, Trucks, simulate
from scenarios.city import City
from scenarios.day import HAULER, DueStop
from scenarios.hauling.loads import Load
from scenarios.problem import DayProblem
from solvers.evaluate import Driven, evaluate_plan, route_cost
from solvers.plan import Plan, Route
from solvers.problem import Problem

FEWEST_WEIGHINGS = 5
"""A point's own spread is believed from so many weighings on."""


@dataclass(frozen=True)
class Noise:
    """Coefficients of variation: of a stop's waste, of a route's driving, of each service.

    ``of_point`` has the spreads of points that were weighed often enough, ``correlation`` that of
    the logarithms of two stops' waste on one day.
    """

    demand: float = 0.2
    speed: float = 0.1
    service: float = 0.2
    of_point: Mapping[str, float] | None = None
    correlation: float = 0.0


@dataclass(frozen=True)
class RouteRisk:
    """One route over all simulated days: shares of days, and seconds.

    ``hauls`` tells transfer trucks, whose stops are loads at stations.
    """

    truck_id: str
    hauls: bool
    stops: int
    overflow: float
    late: float
    missed: float
    mean_end_s: float
    late_end_s: float


@dataclass(frozen=True)
class Simulated:
    """A plan over many days; costs in thousandths a day, kilograms and stops a day.

    Detours, stops late and left, and kilograms left are those of routes that collect;
    ``loads_left`` are loads that transfer trucks leave at stations.
    """

    routes: tuple[RouteRisk, ...]
    planned_cost: float
    mean_cost: float
    cost_95: float
    detours: float
    late: float
    missed: float
    left_kg: float
    loads_left: float
    days: int

    @property
    def overflow(self) -> float:
        """Mean share of days on which a route that collects has to unload out of turn."""
        own = [r.overflow for r in self.routes if not r.hauls]
        return float(np.mean(own)) if own else 0.0


def spreads_from_weighings(city: City) -> dict[str, float]:
    """Return the coefficient of variation of each point that was weighed often enough."""
    named = city.weighings[city.weighings["point_id"].notna()]
    masses = named.groupby("point_id")["mass_kg"]
    count, mean, spread = masses.count(), masses.mean(), masses.std()
    believed = (count >= FEWEST_WEIGHINGS) & (mean > 0)
    return {str(k): float(v) for k, v in (spread / mean)[believed].items()}


def simulate_plan(
    posed: DayProblem, problem: Problem, plan: Plan, noise: Noise, days: int, seed: int
) -> Simulated:
    """Return how the routes of a plan that collect at points fare over many days, and its hauls.

    A haul takes the load that is planned, since what a truck carries at once does not vary; its
    window is that of the plan.

    Parameters
    ----------
    problem
        What the plan was made for; its waste may be inflated, while the simulation takes that of
        ``posed``.
    """
    driven = [d for d in evaluate_plan(problem, plan).driven if _collects(posed, d)]
    if not driven:
        return Simulated((), 0, 0, 0, 0, 0, 0, 0, 0, days)
    steps, trucks = _steps(posed, driven, noise), _trucks(posed, driven)
    shape = (days, len(driven))
    detours, late, missed, end_s, length_m = (np.zeros(shape, np.int64) for _ in range(5))
    out = Days(detours, late, missed, end_s, length_m, np.zeros(shape))
    speed, service = _sigma(noise.speed), _sigma(noise.service)
    simulate(steps, trucks, out, speed, service, noise.correlation, seed)
    cost = _costs(posed, driven, out)
    hauls = np.asarray([_hauls(posed, d) for d in driven])

    def a_day(events: NDArray[Any], of: NDArray[np.bool_]) -> float:
        return float(events[:, of].sum(axis=1).mean())

    return Simulated(
        tuple(_risk(posed, d, out, r) for r, d in enumerate(driven)),
        float(sum(d.cost for d in driven)),
        float(cost.mean()),
        float(np.quantile(cost, 0.95)),
        a_day(out.detours, ~hauls),
        a_day(out.late, ~hauls),
        a_day(out.missed, ~hauls),
        a_day(out.left_kg, ~hauls),
        a_day(out.missed, hauls),
        days,
    )


def _sigma(variation: float) -> float:
    """Return the spread of the normal law under a lognormal one of this variation."""
    return math.sqrt(math.log1p(variation**2))


def _collects(posed: DayProblem, driven: Driven) -> bool:
    tasks = [t.step.idx for t in driven.timings if t.step.kind == "task"]
    return bool(tasks) and all(isinstance(posed.sources[k], (DueStop, Load)) for k in tasks)


def _hauls(posed: DayProblem, driven: Driven) -> bool:
    """Whether a route's truck carries loads from stations onward."""
    return posed.trucks[driven.route.vehicle].kind == HAULER


def _in_container(posed: DayProblem, task: int) -> bool:
    """Whether a stop takes a whole place aboard however full it is, as the plan saw to."""
    source = posed.sources[task]
    return isinstance(source, DueStop) and source.in_container


def _variation(posed: DayProblem, task: int, noise: Noise) -> float:
    source = posed.sources[task]
    own = noise.of_point or {}
    return own.get(source.point_id, noise.demand) if isinstance(source, DueStop) else 0.0


def _steps(posed: DayProblem, driven: list[Driven], noise: Noise) -> Steps:
    """Return all steps as arrays; a leg after a break begins where the truck stood before it."""
    problem = posed.problem
    streams = {name: k for k, name in enumerate(problem.streams)}
    rows: list[tuple[Any, ...]] = []
    accepts, first = [], [0]
    for route in driven:
        vehicle = problem.vehicles[route.route.vehicle]
        ways = _Ways(problem, route.route)
        here, free_s = vehicle.start, route.route.start_s
        for t in route.timings:
            kind, work, kg, litres, stream, late, detour = PAUSE, 0, 0, 0, 0, -1, (-1, -1)
            early, spread, before = max(0, t.step.begin_s), 0.0, here
            taken = np.zeros(len(streams), dtype=np.bool_)
            if t.step.kind == "task":
                task = problem.tasks[t.step.idx]
                mode = task.modes[t.step.mode]
                kind, work, kg, litres = TASK, mode.service_s, task.mass_kg, task.volume_l
                stream, here = streams[task.stream], mode.exit
                litres = 0 if _in_container(posed, t.step.idx) else litres
                spread = _sigma(_variation(posed, t.step.idx, noise))
                if t.window is not None:
                    early, late = max(early, t.window[0]), t.window[1]
                detour = _detour(problem, ways, before, mode.entry, task.stream)
            elif t.step.kind == "facility":
                facility = problem.facilities[t.step.idx]
                kind, work, here = FACILITY, t.end_s - t.begin_s, facility.location
                early = max(early, facility.open_s)
                taken = np.asarray([name in facility.streams for name in streams])
            else:
                work = t.end_s - t.begin_s
                early = problem.rules.meal_window[0] if t.step.kind == "meal" else 0
            if t.arrive_s - t.leg_s > free_s:  # it waits for a street to open
                early = max(early, t.arrive_s)
            free_s = t.end_s
            home = ways.way(here, vehicle.end)
            rows.append(
                (
                    kind,
                    t.leg_s,
                    t.leg_m,
                    work,
                    kg,
                    litres,
                    stream,
                    early,
                    late,
                    *detour,
                    *home,
                    spread,
                )
            )
            accepts.append(taken)
        first.append(len(rows))
    columns = [np.asarray(c, dtype=np.int64) for c in list(zip(*rows, strict=True))[:-1]]
    kinds, leg_s, leg_m, work_s, mass, volume, of_stream, early_s, late_s = columns[:9]
    spreads = np.asarray([row[-1] for row in rows], dtype=np.float64)
    return Steps(
        np.asarray(first, dtype=np.int64),
        *(kinds, leg_s, leg_m, work_s, mass, volume, of_stream, early_s, late_s),
        np.asarray(accepts),
        *(columns[9], columns[10], columns[11], columns[12]),
        spreads,
    )


class _Ways:
    """Travel among the places of one route, and to and from all facilities."""

    def __init__(self, problem: Problem, route: Route) -> None:
        vehicle = problem.vehicles[route.vehicle]
        places = {vehicle.start, vehicle.end} | {f.location for f in problem.facilities}
        for step in route.steps:
            if step.kind == "task":
                mode = problem.tasks[step.idx].modes[step.mode]
                places |= {mode.entry, mode.exit}
        where = sorted(places)
        self._at = {place: k for k, place in enumerate(where)}
        own = np.asarray(where, np.int64)
        self._time_s, self._length_m = problem.ways.block(vehicle.profile, own, own)

    def way(self, source: int, target: int) -> tuple[int, int]:
        """Return seconds and metres from one place to another."""
        at = self._at[source], self._at[target]
        return int(self._time_s[at]), int(self._length_m[at])


def _detour(problem: Problem, ways: _Ways, before: int, entry: int, stream: str) -> tuple[int, int]:
    """Return seconds, unloading included, and metres that unloading on the way adds."""
    options = []
    direct_s, direct_m = ways.way(before, entry)
    for f in problem.facilities:
        there, on = ways.way(before, f.location), ways.way(f.location, entry)
        if stream in f.streams and min(there[0], on[0]) >= 0:
            seconds = there[0] + on[0] + f.unload_s - direct_s
            options.append((seconds, there[1] + on[1] - direct_m))
    return min(options, default=(-1, -1))


def _trucks(posed: DayProblem, driven: list[Driven]) -> Trucks:
    problem = posed.problem
    vehicles = [problem.vehicles[d.route.vehicle] for d in driven]
    kg = [[v.capacity_kg // v.compartments] * len(problem.streams) for v in vehicles]
    litres = [[v.capacity_l.get(s, 0) // v.compartments for s in problem.streams] for v in vehicles]
    first_kg = [[v.loaded_kg * (v.loaded_stream == s) for s in problem.streams] for v in vehicles]
    first_l = [[v.loaded_l * (v.loaded_stream == s) for s in problem.streams] for v in vehicles]
    return Trucks(
        np.asarray(kg, dtype=np.int64),
        np.asarray(litres, dtype=np.int64),
        np.asarray(first_kg, dtype=np.int64),
        np.asarray(first_l, dtype=np.int64),
        np.asarray([d.route.start_s for d in driven], dtype=np.int64),
        np.asarray([v.shift_end + v.max_overtime_s for v in vehicles], dtype=np.int64),
    )


def _costs(posed: DayProblem, driven: list[Driven], out: Days) -> NDArray[np.float64]:
    """Return the cost of each day, routes as driven."""
    total = np.zeros(len(out.end_s))
    for r, d in enumerate(driven):
        vehicle = posed.problem.vehicles[d.route.vehicle]
        pairs = zip(out.length_m[:, r].tolist(), out.end_s[:, r].tolist(), strict=True)
        total += [
            route_cost(vehicle, posed.problem.rules, m, d.route.start_s, end) for m, end in pairs
        ]
    return total


def _risk(posed: DayProblem, driven: Driven, out: Days, r: int) -> RouteRisk:
    return RouteRisk(
        posed.problem.vehicles[driven.route.vehicle].vehicle_id,
        _hauls(posed, driven),
        sum(t.step.kind == "task" for t in driven.timings),
        float((out.detours[:, r] > 0).mean()),
        float((out.late[:, r] > 0).mean()),
        float((out.missed[:, r] > 0).mean()),
        float(out.end_s[:, r].mean()),
        float(np.quantile(out.end_s[:, r], 0.95)),
    )


def inflated(posed: DayProblem, plan: Plan, noise: Noise, safety: float) -> Problem:
    """Return the day with as much more waste as makes a load fit with this probability.

    A load of n stops varies by about a root of n less than one stop; n is taken from a plan.
    """
    problem = posed.problem
    driven = [d for d in evaluate_plan(problem, plan).driven if _collects(posed, d)]
    stops = sum(t.step.kind == "task" for d in driven for t in d.timings)
    loads = sum(bool(t.put_down_kg) for d in driven for t in d.timings)
    z = NormalDist().inv_cdf(safety) / math.sqrt(max(1.0, stops / max(1, loads)))
    tasks = []
    for k, task in enumerate(problem.tasks):
        more = max(0.0, 1 + z * _variation(posed, k, noise))
        tasks.append(
            replace(task, mass_kg=round(task.mass_kg * more), volume_l=round(task.volume_l * more))
        )
    return replace(problem, tasks=tuple(tasks))
