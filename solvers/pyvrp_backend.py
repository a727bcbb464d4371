"""PyVRP as a backend: the part of the model that it can hold, as a cross-check of our own search.

Tasks are clients with a prize, the sides of a point a group of clients of which one is visited,
facilities are depots at which a route may be emptied. What comes back is an order of tasks and
visits for each vehicle; it is timed, completed and judged like every other plan.

PyVRP: Wouda, Lan & Kool (2024), doi 10.1287/ijoc.2023.0055.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.errors import InputError
from solvers.native import first_modes
from solvers.problem import Problem, Vehicle

NO_WAY_S = 4 * 24 * 3600
"""Time of ways that there are not; no shift is as long."""
MOMENTS, LENGTHS = 3600, 1000
"""A cost in thousandths by MOMENTS * LENGTHS is whole a metre and a second."""
LEAST_PENALTY = 100_000.0
"""PyVRP's own bound on its penalties."""

Sequences = dict[int, list[int]]
Enough = Callable[[int, int], bool]
"""Told iterations and cost of the best plan (thousandths, -1 = none); whether to stop."""

NO_COST = 1 << 62
"""From here on a cost of PyVRP's means that there is no plan yet."""


def search(problem: Problem, seed: int, enough: Enough) -> tuple[Sequences, int]:
    """Return the best routes found, by vehicle, and the iterations made.

    Routes are modes, and -f - 1 for a visit to facility f. They are empty where PyVRP finds no plan
    that holds.

    Raises
    ------
    InputError
        When PyVRP is not installed.
    """
    try:
        import pyvrp  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise InputError(
            "--solver pyvrp: PyVRP is not installed; pip install 'huanwei[pyvrp]'"
        ) from error
    model = _Model(pyvrp, problem)
    iterations = 0

    def stop(best_cost: int) -> bool:
        nonlocal iterations
        iterations += 1
        return enough(iterations, model.thousandths(best_cost) if best_cost < NO_COST else -1)

    result = pyvrp.solve(
        model.data(), stop, seed=seed, collect_stats=False, params=model.parameters()
    )
    return (model.sequences(result.best) if result.is_feasible() else {}), iterations


class _Model:
    """The problem in PyVRP's terms.

    Each mode of a task, each facility and each end of a vehicle's way is a location of its own, so
    that a task may be out of reach for one kind of vehicle and not for another at the same place.
    """

    def __init__(self, pyvrp: Any, problem: Problem) -> None:
        self.pyvrp = pyvrp
        self.problem = problem
        self.modes = [(t, m) for t, task in enumerate(problem.tasks) for m in task.modes]
        self.first_mode = first_modes(problem)
        ends = sorted({place for v in problem.vehicles for place in (v.start, v.end)})
        self.places = [m.entry for _, m in self.modes]
        self.places += [f.location for f in problem.facilities] + ends
        self.end_depot = {place: len(problem.facilities) + k for k, place in enumerate(ends)}
        self.types: dict[Hashable, list[int]] = {}
        for idx, vehicle in enumerate(problem.vehicles):
            self.types.setdefault(self._kind(vehicle), []).append(idx)
        self.unit = self._unit()

    def _kind(self, vehicle: Vehicle) -> Hashable:
        fields = {k: v for k, v in vars(vehicle).items() if k not in ("vehicle_id", "capacity_l")}
        return (*fields.values(), *sorted(vehicle.capacity_l.items()))

    def _unit(self) -> int:
        """Return the largest whole share of all costs, so that PyVRP's numbers stay small."""
        costs = [LENGTHS * MOMENTS * task.price for task in self.problem.tasks]
        for v in self.problem.vehicles:
            costs += [MOMENTS * v.cost_km, LENGTHS * v.cost_h, LENGTHS * MOMENTS * v.fixed_cost]
        return math.gcd(*costs) or 1

    def thousandths(self, cost: int) -> int:
        """Return a cost of PyVRP's in thousandths."""
        return cost * self.unit // (LENGTHS * MOMENTS)

    def data(self) -> Any:
        """Return PyVRP's own object of the problem."""
        pyvrp, problem = self.pyvrp, self.problem
        profiles: dict[Hashable, int] = {}
        lengths: list[NDArray[np.int64]] = []
        times: list[NDArray[np.int64]] = []
        types: list[Any] = []
        for members in self.types.values():
            vehicle = problem.vehicles[members[0]]
            served = tuple(problem.may_serve(vehicle, task) for task in problem.tasks)
            key = (vehicle.profile, served, vehicle.ends_loaded)
            if key not in profiles:
                profiles[key] = len(lengths)
                length, time = self._travel(vehicle, served)
                lengths.append(length)
                times.append(time)
            types.append(self._type(members, profiles[key]))
        groups: list[list[int]] = [
            list(range(self.first_mode[t], self.first_mode[t + 1]))
            for t, task in enumerate(problem.tasks)
            if len(task.modes) > 1
        ]
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in self.places],
            self._clients({t: k for k, t in enumerate(self._several_sides())}),
            self._depots(),
            types,
            lengths,
            times,
            [pyvrp.ClientGroup(group, required=False) for group in groups],
        )

    def _several_sides(self) -> list[int]:
        return [t for t, task in enumerate(self.problem.tasks) if len(task.modes) > 1]

    def _clients(self, group_of: dict[int, int]) -> list[Any]:
        clients: list[Any] = []
        for t, mode in self.modes:
            task = self.problem.tasks[t]
            window = {}
            if task.windows:
                window = {"tw_early": task.windows[0][0], "tw_late": task.windows[0][1]}
            clients.append(
                self.pyvrp.Client(
                    len(clients),
                    pickup=[task.mass_kg, task.volume_l],
                    service_duration=mode.service_s,
                    release_time=task.release_s,
                    prize=task.price * LENGTHS * MOMENTS // self.unit,
                    required=False,
                    group=group_of.get(t),
                    **window,
                )
            )
        return clients

    def _depots(self) -> list[Any]:
        depots = [
            self.pyvrp.Depot(
                len(self.modes) + k, f.open_s, f.close_s - f.unload_s, service_duration=f.unload_s
            )
            for k, f in enumerate(self.problem.facilities)
        ]
        return depots + [
            self.pyvrp.Depot(len(self.modes) + depot) for depot in self.end_depot.values()
        ]

    def _type(self, members: list[int], profile: int) -> Any:
        problem = self.problem
        v = problem.vehicles[members[0]]
        carried = {task.stream for task in problem.tasks if problem.may_serve(v, task)}
        litres = min((v.capacity_l[stream] for stream in carried), default=0)
        limit = {} if v.max_duration_s is None else {"shift_duration": v.max_duration_s}
        return self.pyvrp.VehicleType(
            len(members),
            [v.capacity_kg, litres],
            self.end_depot[v.start],
            self.end_depot[v.end],
            v.fixed_cost * LENGTHS * MOMENTS // self.unit,
            v.shift_start,
            v.shift_end,
            unit_distance_cost=v.cost_km * MOMENTS // self.unit,
            unit_duration_cost=v.cost_h * LENGTHS // self.unit,
            profile=profile,
            reload_depots=self._unloads(v),
            max_reloads=max(0, v.max_trips - 1),
            **limit,
        )

    def _travel(
        self, vehicle: Vehicle, served: tuple[bool, ...]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return metres and seconds between all locations; what may not be served is out of reach.

        A truck that must come home empty drives home through the nearest place to unload.
        """
        pick = np.ix_(self.places, self.places)
        time = self.problem.time_s[vehicle.profile][pick].astype(np.int64)
        length = self.problem.length_m[vehicle.profile][pick].astype(np.int64)
        most = 10 * int(length.max(initial=1))
        num = len(self.modes)
        shut = np.zeros(len(self.places), dtype=np.bool_)
        shut[:num] = [not served[t] for t, _ in self.modes]
        none = (time < 0) | shut[None, :]
        time[none], length[none] = NO_WAY_S, most
        unloads = [num + f for f in self._unloads(vehicle)]
        if unloads and not vehicle.ends_loaded:
            busy = np.asarray([self.problem.facilities[f - num].unload_s for f in unloads])
            homes = range(num + len(self.problem.facilities), len(self.places))
            for home in homes:
                through = time[:num, unloads] + busy + time[unloads, home]
                best = through.argmin(axis=1)
                rows = np.arange(num)
                way = length[:num, unloads] + length[unloads, home]
                time[:num, home], length[:num, home] = through[rows, best], way[rows, best]
        np.fill_diagonal(time, 0)
        np.fill_diagonal(length, 0)
        return np.minimum(time, NO_WAY_S), np.minimum(length, most)

    def _unloads(self, vehicle: Vehicle) -> list[int]:
        """Return the facilities at which a vehicle can put down what it carries."""
        carried = {t.stream for t in self.problem.tasks if self.problem.may_serve(vehicle, t)}
        return [k for k, f in enumerate(self.problem.facilities) if carried & f.streams]

    def parameters(self) -> Any:
        """Return PyVRP's defaults, with penalties that may outgrow the costliest way.

        Its own bound on penalties is too low where costs are counted finely.
        """
        dearest = max(
            v.cost_km * MOMENTS * int(self.problem.length_m[v.profile].max(initial=0))
            + v.cost_h * LENGTHS * int(self.problem.time_s[v.profile].max(initial=0))
            + v.fixed_cost * LENGTHS * MOMENTS
            for v in self.problem.vehicles
        )
        bound = float(max(LEAST_PENALTY, dearest // self.unit))
        return self.pyvrp.SolveParams(penalty=self.pyvrp.PenaltyParams(max_penalty=bound))

    def sequences(self, solution: Any) -> Sequences:
        """Return the routes of a solution by vehicle."""
        free = [list(members) for members in self.types.values()]
        found: Sequences = {}
        for route in solution.routes():
            steps = []
            for activity in list(route.schedule())[1:-1]:
                if activity.is_depot():
                    steps.append(-int(activity.idx) - 1)
                else:
                    steps.append(int(activity.idx))
            vehicle = free[route.vehicle_type()].pop(0)
            found[vehicle] = steps + self._last_unload(vehicle, steps)
        return found

    def _last_unload(self, vehicle: int, steps: list[int]) -> list[int]:
        """Return the visit at the end of a route on which it is unloaded, if it must be."""
        v = self.problem.vehicles[vehicle]
        unloads = self._unloads(v)
        if v.ends_loaded or not unloads or not steps or steps[-1] < 0:
            return []
        time_s, here = self.problem.time_s[v.profile], self.modes[steps[-1]][1].exit
        where = {f: self.problem.facilities[f].location for f in unloads}
        busy = {f: self.problem.facilities[f].unload_s for f in unloads}
        return [
            -min(unloads, key=lambda f: time_s[here, where[f]] + busy[f] + time_s[where[f], v.end])
            - 1
        ]
