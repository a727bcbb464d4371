"""OR-Tools' routing library on the same problem, started from a given plan.

The library gets one model a group of vehicles and tasks that share nothing with the rest. It holds
streams, masses, volumes, trips, refills, windows, shifts, overtime and meal breaks; it does not
hold queues at bays, daily tonnage and driving rests. What it finds is decoded exactly afterwards,
and kept only where the whole has become cheaper.

References
----------
L. Perron, V. Furnon, OR-Tools, routing library; reload as in its example of capacity slack.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2
from ortools.util import optional_boolean_pb2

from solvers._kernels.model import FIRST_MODE
from solvers.problem import DAY_END_S, Problem, Vehicle
from solvers.roster import Roster
from solvers.stop import Stop

FAR = 10_000_000
"""Stands for a leg that cannot be driven: beyond every horizon."""
SPARE_VISITS = 3
SOLUTIONS_PER_ITERATION = 0.1
"""With a budget of iterations the library may accept this many solutions for each."""


@dataclass(frozen=True)
class Group:
    """Vehicles with the streams they carry today, and the tasks that only they can serve."""

    vehicles: tuple[int, ...]
    tasks: tuple[int, ...]
    streams: dict[int, tuple[str, ...]]


def improve(roster: Roster, stop: Stop, progress: Callable[[str, float, int, int], None]) -> None:
    """Improve a roster group by group, and leave the best routes known.

    Each group gets a part of what is left of the budget, in proportion to its tasks.
    """
    groups = split(roster)
    total = max(1, sum(len(g.tasks) for g in groups))
    left = max(0.0, 1.0 - stop.used(0))
    tick = _ticker(roster, stop, progress)
    for group in groups:
        if tick():
            break
        part = left * len(group.tasks) / total
        _improve_group(roster, group, stop, part, tick)
        progress("OR-Tools", stop.used(0), roster.best_cost, len(roster.unserved))
    roster.restore_best()


def split(roster: Roster) -> list[Group]:
    """Return groups that share neither vehicles nor tasks, largest first.

    A truck of one compartment keeps the stream of its present route (or its first that has work
    left), since the library cannot keep the streams of one truck apart.
    """
    problem = roster.problem
    wanted = {problem.tasks[t].stream for t in roster.unserved}
    streams = {v: _streams_today(roster, v, wanted) for v in range(len(problem.vehicles))}
    parent = list(range(len(problem.vehicles)))
    first: dict[str, int] = {}
    for vehicle, carried in streams.items():
        for stream in carried:
            _join(parent, vehicle, first.setdefault(stream, vehicle))
    groups: dict[int, list[int]] = {}
    for vehicle in range(len(problem.vehicles)):
        groups.setdefault(_root(parent, vehicle), []).append(vehicle)
    result = [_group(problem, vehicles, streams) for vehicles in groups.values()]
    return sorted((g for g in result if g.tasks), key=lambda g: (-len(g.tasks), g.vehicles))


def _streams_today(roster: Roster, vehicle: int, wanted: set[str]) -> tuple[str, ...]:
    truck = roster.problem.vehicles[vehicle]
    carried = tuple(sorted(truck.capacity_l))
    if truck.compartments > 1 or len(carried) <= 1:
        return carried
    for step in roster.sequences().get(vehicle, []):
        if step >= 0:
            return (roster.problem.tasks[int(roster.model.mode[step, 0])].stream,)
    return tuple(s for s in carried if s in wanted)[:1] or carried[:1]


def _root(parent: list[int], node: int) -> int:
    while parent[node] != node:
        node = parent[node]
    return node


def _join(parent: list[int], a: int, b: int) -> None:
    parent[_root(parent, a)] = _root(parent, b)


def _group(problem: Problem, vehicles: list[int], streams: dict[int, tuple[str, ...]]) -> Group:
    tasks = [
        idx
        for idx, task in enumerate(problem.tasks)
        if any(
            task.stream in streams[v] and problem.may_serve(problem.vehicles[v], task)
            for v in vehicles
        )
    ]
    return Group(tuple(vehicles), tuple(tasks), {v: streams[v] for v in vehicles})


def _ticker(
    roster: Roster, stop: Stop, progress: Callable[[str, float, int, int], None]
) -> Callable[[], bool]:
    """Return a function that reports once a second and says whether the budget is used."""
    last = time.monotonic()

    def tick() -> bool:
        nonlocal last
        used = stop.used(0)
        if time.monotonic() - last >= 1.0:
            last = time.monotonic()
            progress("OR-Tools", used, roster.best_cost, len(roster.unserved))
        return used >= 1.0

    return tick


def _improve_group(
    roster: Roster, group: Group, stop: Stop, part: float, tick: Callable[[], bool]
) -> None:
    """Solve one group from its present routes and keep the result if the whole is cheaper."""
    model = RoutingModel(roster, group)
    found = model.solve(model.present_routes(roster), stop, part, tick)
    if found is None:
        return
    roster.restore_best()
    roster.replace(group.vehicles, found)
    if not roster.keep_best():
        roster.restore_best()


def _litres(stream: str, vehicle: Vehicle) -> int:
    """Return the room for a stream in each compartment."""
    return vehicle.capacity_l.get(stream, 0) // vehicle.compartments


class RoutingModel:
    """One group as a model of the routing library.

    Nodes are the modes of the tasks, then copies of the facilities, then the depots.
    """

    def __init__(self, roster: Roster, group: Group) -> None:
        self.problem = roster.problem
        self.group = group
        self.vehicles = [self.problem.vehicles[v] for v in group.vehicles]
        self.modes = [
            (task, k, int(roster.model.task[task, FIRST_MODE]) + k)
            for task in group.tasks
            for k in range(len(self.problem.tasks[task].modes))
        ]
        self.copies = list(self._facility_copies(roster))
        self.depots = [place for v in self.vehicles for place in (v.start, v.end)]
        self.num_nodes = len(self.modes) + len(self.copies) + len(self.depots)
        base = len(self.modes) + len(self.copies)
        ends = range(len(self.vehicles))
        self.manager = pywrapcp.RoutingIndexManager(
            self.num_nodes,
            len(self.vehicles),
            [base + 2 * k for k in ends],
            [base + 2 * k + 1 for k in ends],
        )
        self.routing = pywrapcp.RoutingModel(self.manager)
        self.entry, self.exit, self.service, self.worked = self._node_columns()
        self._set_costs()
        self._set_time()
        self._set_loads()
        self._set_trips()
        self._set_choices()

    def _facility_copies(self, roster: Roster) -> Iterable[int]:
        """Yield each useful facility as often as the present plan visits it, and a few more."""
        streams = {s for carried in self.group.streams.values() for s in carried}
        visits = [
            -int(x) - 1
            for v in self.group.vehicles
            for x in roster.routes.visits[v, : roster.routes.num_visits[v]]
            if x < 0
        ]
        needs_water = any(self.problem.tasks[t].water_l for t in self.group.tasks)
        for idx, facility in enumerate(self.problem.facilities):
            if facility.streams & streams or (needs_water and facility.refills):
                yield from [idx] * (visits.count(idx) + SPARE_VISITS)

    def _node_columns(self) -> tuple[list[int], list[int], list[int], list[int]]:
        tasks, facilities = self.problem.tasks, self.problem.facilities
        chosen = [tasks[t].modes[k] for t, k, _ in self.modes]
        places = [facilities[f].location for f in self.copies]
        entry = [m.entry for m in chosen] + places + self.depots
        leave = [m.exit for m in chosen] + places + self.depots
        unload = [facilities[f].unload_s for f in self.copies]
        service = [m.service_s for m in chosen] + unload + [0] * len(self.depots)
        worked = [m.length_m for m in chosen] + [0] * (self.num_nodes - len(chosen))
        return entry, leave, service, worked

    def _matrix(self, values: Any, extra: list[int]) -> list[list[int]]:
        """Return a node-to-node matrix with what is spent at the node left added."""
        table = values[self.exit][:, self.entry].astype(int)
        table[table < 0] = FAR
        table += np.asarray(extra)[:, None]
        rows: list[list[int]] = table.tolist()
        return rows

    def _set_costs(self) -> None:
        registered: dict[tuple[int, int], int] = {}
        for k, vehicle in enumerate(self.vehicles):
            key = (vehicle.profile, vehicle.cost_km)
            if key not in registered:
                length = self._matrix(self.problem.length_m[vehicle.profile], self.worked)
                cost = [[m * vehicle.cost_km // 1000 for m in row] for row in length]
                registered[key] = self.routing.RegisterTransitMatrix(cost)
            self.routing.SetArcCostEvaluatorOfVehicle(registered[key], k)
            self.routing.SetFixedCostOfVehicle(vehicle.fixed_cost, k)

    def _set_time(self) -> None:
        registered: dict[int, int] = {}
        transits = []
        for vehicle in self.vehicles:
            if vehicle.profile not in registered:
                seconds = self._matrix(self.problem.time_s[vehicle.profile], self.service)
                registered[vehicle.profile] = self.routing.RegisterTransitMatrix(seconds)
            transits.append(registered[vehicle.profile])
        horizon = DAY_END_S + 86_400
        self.routing.AddDimensionWithVehicleTransits(transits, horizon, horizon, False, "time")
        self.time = self.routing.GetDimensionOrDie("time")
        self._set_windows()
        self._set_shifts()

    def _set_windows(self) -> None:
        for node, (task, _, _) in enumerate(self.modes):
            windows = self.problem.tasks[task].windows
            if windows:
                cumul = self.time.CumulVar(self.manager.NodeToIndex(node))
                cumul.SetRange(windows[0][0], windows[-1][1])
                for (_, late), (early, _) in zip(windows, windows[1:], strict=False):
                    if late + 1 < early:
                        cumul.RemoveInterval(late + 1, early - 1)
        for k, idx in enumerate(self.copies):
            facility = self.problem.facilities[idx]
            cumul = self.time.CumulVar(self.manager.NodeToIndex(len(self.modes) + k))
            cumul.SetRange(
                facility.open_s, max(facility.open_s, facility.close_s - facility.unload_s)
            )

    def _set_shifts(self) -> None:
        rules, solver = self.problem.rules, self.routing.solver()
        visit_s = [self.service[self.manager.IndexToNode(i)] for i in range(self.routing.Size())]
        for k, vehicle in enumerate(self.vehicles):
            start, end = self.routing.Start(k), self.routing.End(k)
            latest = vehicle.shift_end + vehicle.max_overtime_s
            self.time.CumulVar(start).SetRange(vehicle.shift_start, latest)
            self.time.CumulVar(end).SetRange(vehicle.shift_start, latest)
            self.time.SetSpanCostCoefficientForVehicle(round(vehicle.cost_h / 3600), k)
            overtime = round(vehicle.cost_h * (rules.overtime_factor - 1) / 3600)
            self.time.SetCumulVarSoftUpperBound(end, vehicle.shift_end, overtime)
            self.routing.AddVariableMinimizedByFinalizer(self.time.CumulVar(end))
            self.routing.AddVariableMaximizedByFinalizer(self.time.CumulVar(start))
            if rules.meal_applies(vehicle):
                meal = solver.FixedDurationIntervalVar(
                    *rules.meal_window, rules.meal_break_s, False, f"meal {k}"
                )
                self.time.SetBreakIntervalsOfVehicle([meal], k, visit_s)

    def _set_loads(self) -> None:
        streams = sorted({s for carried in self.group.streams.values() for s in carried})
        for stream in streams:
            self._add_load(
                f"kg {stream}",
                lambda t: t.mass_kg,
                lambda v: v.capacity_kg // v.compartments,
                stream,
            )
            self._add_load(
                f"l {stream}",
                lambda t: t.volume_l,
                partial(_litres, stream),
                stream,
            )
        if any(self.problem.tasks[t].water_l for t in self.group.tasks):
            self._add_load("water", lambda t: t.water_l, lambda v: v.tank_l, None)

    def _add_load(
        self,
        name: str,
        demand: Callable[[Any], int],
        capacity: Callable[[Vehicle], int],
        stream: str | None,
    ) -> None:
        """Add a quantity that grows at tasks and is reset where a facility takes it.

        With a stream it must be zero at the end of the day; without one (water used) it may not be.
        """
        tasks, facilities = self.problem.tasks, self.problem.facilities
        capacities = [
            capacity(v) if stream is None or stream in self.group.streams[idx] else 0
            for idx, v in zip(self.group.vehicles, self.vehicles, strict=True)
        ]
        most = max(capacities, default=0)
        taken = [
            demand(tasks[t]) if stream in (None, tasks[t].stream) else 0 for t, _, _ in self.modes
        ]
        resets = [
            facilities[f].refills if stream is None else stream in facilities[f].streams
            for f in self.copies
        ]
        column = taken + [-most if reset else 0 for reset in resets] + [0] * len(self.depots)
        transit = self.routing.RegisterUnaryTransitVector(column)
        self.routing.AddDimensionWithVehicleCapacity(transit, most, capacities, True, name)
        dimension = self.routing.GetDimensionOrDie(name)
        for node in range(len(self.modes) + len(self.copies)):
            is_reset = node >= len(self.modes) and resets[node - len(self.modes)]
            if not is_reset:
                dimension.SlackVar(self.manager.NodeToIndex(node)).SetValue(0)
        for k in range(len(self.vehicles)):
            dimension.SlackVar(self.routing.Start(k)).SetValue(0)
            if stream is not None:
                dimension.CumulVar(self.routing.End(k)).SetValue(0)

    def _set_trips(self) -> None:
        unloads = [int(bool(self.problem.facilities[f].streams)) for f in self.copies]
        column = [0] * len(self.modes) + unloads + [0] * len(self.depots)
        transit = self.routing.RegisterUnaryTransitVector(column)
        limits = [v.max_trips for v in self.vehicles]
        self.routing.AddDimensionWithVehicleCapacity(transit, 0, limits, True, "trips")

    def _set_choices(self) -> None:
        """Let each task be served in one mode at most, for its price, by vehicles that may."""
        nodes: dict[int, list[int]] = {}
        for node, (owner, _, _) in enumerate(self.modes):
            nodes.setdefault(owner, []).append(self.manager.NodeToIndex(node))
        for task_idx, indices in nodes.items():
            task = self.problem.tasks[task_idx]
            self.routing.AddDisjunction(indices, task.price, 1)
            allowed = [
                k
                for k, idx in enumerate(self.group.vehicles)
                if task.stream in self.group.streams[idx]
                and self.problem.may_serve(self.problem.vehicles[idx], task)
            ]
            for index in indices:
                self.routing.VehicleVar(index).SetValues([-1, *allowed])
        for k in range(len(self.copies)):
            self.routing.AddDisjunction([self.manager.NodeToIndex(len(self.modes) + k)], 0)

    def present_routes(self, roster: Roster) -> list[list[int]]:
        """Return the roster's present routes as nodes of this model."""
        node_of_mode = {mode: node for node, (_, _, mode) in enumerate(self.modes)}
        free: dict[int, list[int]] = {}
        for k, facility in enumerate(self.copies):
            free.setdefault(facility, []).append(len(self.modes) + k)
        routes = []
        for v in self.group.vehicles:
            visits = roster.routes.visits[v, : roster.routes.num_visits[v]]
            routes.append(
                [node_of_mode[int(x)] if x >= 0 else free[-int(x) - 1].pop() for x in visits]
            )
        return routes

    def solve(
        self, present: list[list[int]], stop: Stop, part: float, tick: Callable[[], bool]
    ) -> dict[int, list[int]] | None:
        """Return sequences by vehicle after a guided local search, or None where it found none.

        ``tick`` is asked often during the search, and ends it by returning True.
        """
        parameters = self._parameters(stop, part)
        self.routing.CloseModelWithParameters(parameters)
        solver = self.routing.solver()
        self.routing.AddSearchMonitor(solver.CustomLimit(tick))
        begin = self.routing.ReadAssignmentFromRoutes(
            [[self.manager.NodeToIndex(n) for n in route] for route in present], True
        )
        if begin is None:
            solution = self.routing.SolveWithParameters(parameters)
        else:
            solution = self.routing.SolveFromAssignmentWithParameters(begin, parameters)
        if solution is None:
            return None
        return {v: self._read(solution, k) for k, v in enumerate(self.group.vehicles)}

    def _parameters(self, stop: Stop, part: float) -> Any:
        parameters = pywrapcp.DefaultRoutingSearchParameters()
        parameters.first_solution_strategy = (
            routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        )
        parameters.local_search_metaheuristic = (
            routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
        )
        parameters.local_search_operators.use_extended_swap_active = optional_boolean_pb2.BOOL_TRUE
        if stop.max_iterations is not None:
            solutions = int(stop.max_iterations * SOLUTIONS_PER_ITERATION * part)
            parameters.solution_limit = max(1, solutions)
        if stop.max_seconds is not None:
            parameters.time_limit.FromMilliseconds(max(100, int(stop.max_seconds * part * 1000)))
        return parameters

    def _read(self, solution: Any, k: int) -> list[int]:
        """Return the sequence of one vehicle: modes, and -f - 1 for facilities."""
        sequence = []
        index = solution.Value(self.routing.NextVar(self.routing.Start(k)))
        while not self.routing.IsEnd(index):
            node = self.manager.IndexToNode(index)
            if node < len(self.modes):
                sequence.append(self.modes[node][2])
            else:
                sequence.append(-self.copies[node - len(self.modes)] - 1)
            index = solution.Value(self.routing.NextVar(index))
        return sequence
