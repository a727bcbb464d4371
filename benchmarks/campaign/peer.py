"""Run a peer in its own environment: ``python peer.py PEER FOLDER SECONDS SEED RESULT``.

The folder holds a problem as `benchmarks.campaign.handover` writes it; RESULT is a file to write.
Nothing but numpy and the peer itself is imported. Seconds are CPU seconds of this process, from
when the peer begins to search.
"""

from __future__ import annotations

import importlib.metadata
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

KIND_TASK, KIND_FACILITY = "task", "facility"
LEAST_PENALTY = 100_000.0
"""PyVRP's own bound on its penalties."""
STATION_COPIES = 100
"""Copies of each place to unload that OR-Tools is given in all."""


class Handed:
    """The problem as handed over, and the trace of the search."""

    def __init__(self, folder: Path, seconds: float, seed: int) -> None:
        document = json.loads((folder / "problem.json").read_text(encoding="utf-8"))
        self.tasks: list[dict[str, Any]] = document["tasks"]
        self.vehicles: list[dict[str, Any]] = document["vehicles"]
        self.facilities: list[dict[str, Any]] = document["facilities"]
        self.unusual: list[str] = document["unusual"]
        self.length: Any = np.load(folder / "length.npy").astype(np.int64)
        self.timed = (folder / "time.npy").exists()
        self.time: Any = (
            np.load(folder / "time.npy").astype(np.int64)
            if self.timed
            else np.zeros_like(self.length)
        )
        self.seconds, self.seed = seconds, seed
        self.trace: list[list[float]] = []
        self.iterations = 0
        self.begin = 0.0

    def used(self) -> float:
        """Return the CPU seconds of the search so far."""
        return time.process_time() - self.begin

    def note(self, cost: int) -> None:
        """Put a cost into the trace if it is better than all before."""
        if not self.trace or cost < self.trace[-1][1]:
            self.trace.append([self.used(), cost, 0])

    def must_unload(self) -> bool:
        """Whether vehicles must come home empty."""
        return not self.vehicles[0]["ends_loaded"]


Route = dict[str, Any]


def _route(vehicle: dict[str, Any], visits: list[tuple[str, str]], start: float) -> Route:
    return {"vehicle": vehicle["id"], "visits": visits, "start": start}


class PyVrp:
    """The problem in PyVRP's terms.

    Where vehicles must come home empty, each end is a place of its own whose way in leads through
    the nearest place to unload.
    """

    def __init__(self, handed: Handed) -> None:
        self.handed = handed
        self.pyvrp = importlib.import_module("pyvrp")
        self.ends = sorted({v["end"] for v in handed.vehicles})
        self.length, self.time = handed.length, handed.time
        self.best_facility: dict[int, Any] = {}
        if handed.must_unload():
            self.lead_through_facilities()
        self.types = self.group_vehicles()

    def lead_through_facilities(self) -> None:
        """Add a row and column for each end, reached through the best facility."""
        length, seconds, facilities = self.length, self.time, self.handed.facilities
        places = [f["location"] for f in facilities]
        service = np.array([f["service"] for f in facilities])
        size = len(length) + len(self.ends)
        long, late = (np.zeros((size, size), np.int64) for _ in range(2))
        long[: len(length), : len(length)], late[: len(length), : len(length)] = length, seconds
        for k, end in enumerate(self.ends, len(length)):
            through = length[:, places] + length[places, end]
            best = through.argmin(axis=1)
            rows = np.arange(len(length))
            long[: len(length), k] = through[rows, best]
            way = seconds[:, places] + seconds[places, end] + service
            late[: len(length), k] = way[rows, best]
            self.best_facility[end] = best
        self.length, self.time = long, late

    def end_place(self, vehicle: dict[str, Any]) -> int:
        """Return the location where a vehicle's way ends."""
        if not self.best_facility:
            return int(vehicle["end"])
        return len(self.handed.length) + self.ends.index(vehicle["end"])

    def group_vehicles(self) -> list[list[dict[str, Any]]]:
        """Return the vehicles, equal ones together."""
        groups: dict[str, list[dict[str, Any]]] = {}
        for vehicle in self.handed.vehicles:
            groups.setdefault(json.dumps({**vehicle, "id": ""}), []).append(vehicle)
        return list(groups.values())

    def data(self) -> Any:
        """Return PyVRP's own object of the problem."""
        pyvrp, handed = self.pyvrp, self.handed
        depots = self.depots()
        number = {key: k for k, (key, _) in enumerate(depots)}
        reloads = [number["facility", k] for k in range(len(handed.facilities))]
        types = []
        for group in self.types:
            vehicle = group[0]
            limit = {}
            if vehicle["max_duration"] is not None:
                limit["shift_duration"] = vehicle["max_duration"]
            types.append(
                pyvrp.VehicleType(
                    len(group),
                    [vehicle["capacity"]],
                    number["place", vehicle["start"]],
                    number["place", self.end_place(vehicle)],
                    vehicle["fixed_cost"],
                    vehicle["early"],
                    vehicle["late"],
                    unit_distance_cost=vehicle["unit_cost"],
                    reload_depots=reloads,
                    **limit,
                )
            )
        return pyvrp.ProblemData(
            [pyvrp.Location(0, 0) for _ in range(len(self.length))],
            [self.client(task) for task in handed.tasks],
            [depot for _, depot in depots],
            types,
            [self.length],
            [self.time],
        )

    def client(self, task: dict[str, Any]) -> Any:
        """Return one task in PyVRP's terms."""
        return self.pyvrp.Client(
            task["location"],
            [],
            [task["load"]],
            task["service"],
            task["early"],
            task["late"],
            task["release"],
        )

    def depots(self) -> list[tuple[tuple[str, int], Any]]:
        """Return starts and ends by place, then facilities by number."""
        places = {v["start"] for v in self.handed.vehicles}
        places |= {self.end_place(v) for v in self.handed.vehicles}
        depots = [(("place", place), self.pyvrp.Depot(place)) for place in sorted(places)]
        for k, facility in enumerate(self.handed.facilities):
            depot = self.pyvrp.Depot(
                facility["location"], facility["early"], facility["late"], facility["service"]
            )
            depots.append((("facility", k), depot))
        return depots

    def parameters(self) -> Any:
        """Return PyVRP's defaults, with penalties that may outgrow the costliest way.

        Its own bound on penalties is too low where costs are counted finely: it then finds no plan
        that holds.
        """
        dearest = max(v["unit_cost"] for v in self.handed.vehicles) * int(self.length.max())
        dearest += max(v["fixed_cost"] for v in self.handed.vehicles)
        penalty = self.pyvrp.PenaltyParams(max_penalty=float(max(LEAST_PENALTY, dearest)))
        return self.pyvrp.SolveParams(penalty=penalty)

    def run(self) -> list[Route]:
        """Search, and return the routes."""
        handed, data = self.handed, self.data()
        handed.begin = time.process_time()

        def stop(best_cost: int) -> bool:
            handed.iterations += 1
            if best_cost < 2**62:
                handed.note(int(best_cost))
            return handed.used() >= handed.seconds

        result = self.pyvrp.solve(
            data, stop, seed=handed.seed, collect_stats=False, params=self.parameters()
        )
        if not result.is_feasible():
            return []
        return self.routes(result.best)

    def routes(self, solution: Any) -> list[Route]:
        """Return the routes of a solution as plain lists."""
        free = [list(group) for group in self.types]
        first_facility = len(self.depots()) - len(self.handed.facilities)
        routes = []
        for route in solution.routes():
            vehicle = free[route.vehicle_type()].pop(0)
            visits = []
            for activity in list(route.schedule())[1:-1]:
                if activity.is_depot():
                    facility = self.handed.facilities[activity.idx - first_facility]
                    visits.append((KIND_FACILITY, facility["id"]))
                else:
                    visits.append((KIND_TASK, self.handed.tasks[activity.idx]["id"]))
            if self.best_facility and visits and visits[-1][0] == KIND_TASK:
                last = next(t for t in self.handed.tasks if t["id"] == visits[-1][1])
                best = self.best_facility[vehicle["end"]][last["location"]]
                visits.append((KIND_FACILITY, self.handed.facilities[best]["id"]))
            routes.append(_route(vehicle, visits, route.start_time()))
        return routes


class OrTools:
    """The problem in the terms of OR-Tools' routing: nodes for tasks and for copies of stations."""

    def __init__(self, handed: Handed) -> None:
        if any(task["release"] for task in handed.tasks):
            handed.unusual.append("release times")
        self.handed = handed
        self.enums = importlib.import_module("ortools.constraint_solver.routing_enums_pb2")
        self.pywrap = importlib.import_module("ortools.constraint_solver.pywrapcp")
        copies = STATION_COPIES // max(1, len(handed.facilities))
        self.stations = [f for f in handed.facilities for _ in range(copies)]
        stops = [*handed.tasks, *self.stations]
        starts = [v["start"] for v in handed.vehicles]
        ends = [v["end"] for v in handed.vehicles]
        self.places = [stop["location"] for stop in stops] + starts + ends
        self.service = np.array([stop["service"] for stop in stops] + [0] * (2 * len(starts)))
        first = len(stops)
        self.manager = self.pywrap.RoutingIndexManager(
            len(self.places),
            len(starts),
            list(range(first, first + len(starts))),
            list(range(first + len(starts), len(self.places))),
        )
        self.model = self.pywrap.RoutingModel(self.manager)

    def table(self, matrix: Any) -> Any:
        """Return a travel table among the nodes."""
        return matrix[np.ix_(self.places, self.places)]

    def add_costs(self) -> None:
        """Set costs of ways for each unit cost, and fixed costs."""
        length, known = self.table(self.handed.length), {}
        for k, vehicle in enumerate(self.handed.vehicles):
            unit = vehicle["unit_cost"]
            if unit not in known:
                known[unit] = self.model.RegisterTransitMatrix((length * unit).tolist())
            self.model.SetArcCostEvaluatorOfVehicle(known[unit], k)
            self.model.SetFixedCostOfVehicle(vehicle["fixed_cost"], k)

    def add_loads(self) -> None:
        """Set capacities; a station takes off as much as there is aboard."""
        handed, model = self.handed, self.model
        most = max(v["capacity"] for v in handed.vehicles)
        loads = [task["load"] for task in handed.tasks] + [-most] * len(self.stations)
        loads += [0] * (2 * len(handed.vehicles))
        transit = model.RegisterUnaryTransitVector(loads)
        capacities = [v["capacity"] for v in handed.vehicles]
        model.AddDimensionWithVehicleCapacity(
            transit, most if self.stations else 0, capacities, True, "load"
        )
        dimension = model.GetDimensionOrDie("load")
        if not self.stations:
            return
        for node in range(len(handed.tasks)):
            dimension.SlackVar(self.manager.NodeToIndex(node)).SetValue(0)
        for node in range(len(handed.tasks), len(handed.tasks) + len(self.stations)):
            model.AddDisjunction([self.manager.NodeToIndex(node)], 0)
        for k, vehicle in enumerate(handed.vehicles):
            dimension.SlackVar(model.Start(k)).SetValue(0)
            if not vehicle["ends_loaded"]:
                dimension.CumulVar(model.End(k)).SetValue(0)

    def add_times(self) -> None:
        """Set windows, shifts and limits on duration."""
        handed, model = self.handed, self.model
        transit = model.RegisterTransitMatrix(
            (self.table(handed.time) + self.service[:, None]).tolist()
        )
        horizon = max(v["late"] for v in handed.vehicles)
        model.AddDimension(transit, horizon, horizon, False, "time")
        dimension = model.GetDimensionOrDie("time")
        for node, stop in enumerate([*handed.tasks, *self.stations]):
            dimension.CumulVar(self.manager.NodeToIndex(node)).SetRange(
                stop["early"], min(stop["late"], horizon)
            )
        for k, vehicle in enumerate(handed.vehicles):
            dimension.CumulVar(model.Start(k)).SetRange(vehicle["early"], vehicle["late"])
            dimension.CumulVar(model.End(k)).SetRange(vehicle["early"], vehicle["late"])
            if vehicle["max_duration"] is not None:
                dimension.SetSpanUpperBoundForVehicle(vehicle["max_duration"], k)
            model.AddVariableMinimizedByFinalizer(dimension.CumulVar(model.End(k)))

    def run(self) -> list[Route]:
        """Search by guided local search, and return the routes."""
        handed, model = self.handed, self.model
        handed.begin = time.process_time()
        self.add_costs()
        self.add_loads()
        if handed.timed:
            self.add_times()
        chosen = self.pywrap.DefaultRoutingSearchParameters()
        strategies, searches = self.enums.FirstSolutionStrategy, self.enums.LocalSearchMetaheuristic
        chosen.first_solution_strategy = (
            strategies.PARALLEL_CHEAPEST_INSERTION
            if handed.timed or self.stations
            else strategies.AUTOMATIC
        )
        chosen.local_search_metaheuristic = searches.GUIDED_LOCAL_SEARCH
        chosen.time_limit.seconds = round(10 * handed.seconds) + 10
        solver = model.solver()
        limit = solver.CustomLimit(lambda: handed.used() >= handed.seconds)
        model.AddSearchMonitor(limit)

        def found() -> None:
            handed.iterations += 1
            handed.note(int(model.CostVar().Max()))

        model.AddAtSolutionCallback(found)
        solution = model.SolveWithParameters(chosen)
        return [] if solution is None else self.routes(solution)

    def routes(self, solution: Any) -> list[Route]:
        """Return the routes of a solution as plain lists."""
        handed, model = self.handed, self.model
        stops = [*handed.tasks, *self.stations]
        routes = []
        for k, vehicle in enumerate(handed.vehicles):
            visits, index, start = [], model.Start(k), float(vehicle["early"])
            if handed.timed:
                dimension = model.GetDimensionOrDie("time")
                start = float(solution.Min(dimension.CumulVar(index)))
            while not model.IsEnd(index):
                node = self.manager.IndexToNode(index)
                if node < len(stops):
                    kind = KIND_TASK if node < len(handed.tasks) else KIND_FACILITY
                    visits.append((kind, stops[node]["id"]))
                index = solution.Value(model.NextVar(index))
            if any(kind == KIND_TASK for kind, _ in visits):
                routes.append(_route(vehicle, visits, start))
        return routes


PEERS: dict[str, Callable[[Handed], Any]] = {"pyvrp": PyVrp, "ortools": OrTools}


def main(name: str, folder: str, seconds: str, seed: str, out: str) -> None:
    """Run a peer and write its result; a rule that it cannot hold is named instead."""
    handed = Handed(Path(folder), float(seconds), int(seed))
    engine = PEERS[name](handed)
    result: dict[str, Any] = {"version": importlib.metadata.version(name)}
    if handed.unusual:
        result["refused"] = ", ".join(handed.unusual)
    else:
        result["routes"] = engine.run()
        result["cpu"] = handed.used()
    result |= {"trace": handed.trace, "iterations": handed.iterations}
    Path(out).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
