"""The truck that usually visits a point: found, measured, and priced.

A driver who knows a place finds its bins and gates at once. How alike the days of a period are is
the share of visits that are made by the point's usual truck. Trucks that are the same in every
respect change their routes first, which costs nothing.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from ortools.graph.python import linear_sum_assignment as assignment

from routing.errors import InfeasibleError
from scenarios.day import DueStop
from scenarios.problem import DayProblem
from solvers.arrays import likeness
from solvers.bound import lower_bound
from solvers.evaluate import evaluate
from solvers.plan import Plan, Route
from solvers.problem import Problem, Vehicle

Crews = Mapping[str, Sequence[str]]
"""The points that each truck visits on a day."""
MOST_ENTRIES = 60_000_000
"""Travel times of all trucks apart, above which a visit by another truck is not priced."""


def usual_trucks(days: Sequence[Crews]) -> dict[str, str]:
    """Return the truck that visits each point on most days; the first in name of several."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for crews in days:
        for truck, points in crews.items():
            for point in points:
                counts[point][truck] += 1
    return {
        point: min(own, key=lambda truck: (-own[truck], truck))
        for point, own in sorted(counts.items())
    }


def familiarity(days: Sequence[Crews], usual: Mapping[str, str]) -> tuple[int, int]:
    """Return how many visits are made by the usual truck, and how many there are.

    Points that are visited on one day only are not counted.
    """
    visits = [(point, truck) for crews in days for truck, own in crews.items() for point in own]
    times = Counter(point for point, _ in visits)
    again = [(point, truck) for point, truck in visits if times[point] > 1]
    return sum(usual.get(point) == truck for point, truck in again), len(again)


def settle_names(
    days: Sequence[Crews], alike: Sequence[Sequence[str]]
) -> list[dict[str, list[str]]]:
    """Return the days with routes handed over among trucks that are alike.

    Day by day, each group's routes go to the trucks that have had most of their points on the days
    before (an assignment problem).
    """
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    settled = []
    for crews in days:
        own = {truck: list(points) for truck, points in crews.items()}
        for group in alike:
            names = sorted(group)
            routes = [own.pop(name, []) for name in names]
            gain = [[sum(seen[p][name] for p in route) for name in names] for route in routes]
            for route, at in zip(routes, best_assignment(gain), strict=True):
                if route:
                    own[names[at]] = route
        for truck, points in own.items():
            for point in points:
                seen[point][truck] += 1
        settled.append(dict(sorted(own.items())))
    return settled


def best_assignment(gain: Sequence[Sequence[int]]) -> list[int]:
    """Return for each row of a square table a column of its own, the sum being highest.

    Of several as high the one that leaves rows in their place is taken.
    """
    num = len(gain)
    solver = assignment.SimpleLinearSumAssignment()
    for i in range(num):
        for j in range(num):
            solver.add_arc_with_cost(i, j, -((num + 1) * gain[i][j] + (i == j)))
    if num == 0 or solver.solve() != solver.OPTIMAL:
        return list(range(num))
    return [solver.right_mate(i) for i in range(num)]


def alike_trucks(posed: DayProblem) -> list[list[str]]:
    """Return the groups of trucks that differ in nothing but their name."""
    groups: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for vehicle in posed.problem.vehicles:
        groups[likeness(vehicle)].append(vehicle.vehicle_id)
    return [names for names in groups.values() if len(names) > 1]


def handed_over(posed: DayProblem, plan: Plan, usual: Mapping[str, str]) -> Plan:
    """Return a plan whose routes are handed over, among trucks alike, to those usual at the stops.

    The plan's cost and rules stay the same.
    """
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for idx, vehicle in enumerate(posed.problem.vehicles):
        groups[likeness(vehicle)].append(idx)
    route_of = {route.vehicle: route for route in plan.routes}
    routes: list[Route] = []
    for members in groups.values():
        own = [route_of.get(v) for v in members]
        gain = [
            [_usual_stops(posed, route, posed.problem.vehicles[v], usual) for v in members]
            for route in own
        ]
        pairs = zip(own, best_assignment(gain), strict=True)
        routes += [replace(r, vehicle=members[at]) for r, at in pairs if r is not None]
    return replace(plan, routes=tuple(sorted(routes, key=lambda r: r.vehicle)))


def _usual_stops(
    posed: DayProblem, route: Route | None, vehicle: Vehicle, usual: Mapping[str, str]
) -> int:
    """Return how many stops of a route the truck usually makes."""
    if route is None:
        return 0
    sources = [posed.sources[s.idx] for s in route.steps if s.kind == "task"]
    return sum(
        isinstance(s, DueStop) and usual.get(s.point_id) == vehicle.vehicle_id for s in sources
    )


def priced(posed: DayProblem, usual: Mapping[str, str], price: int) -> Problem | None:
    """Return a day on which a visit by another than the usual truck costs a price more.

    The price, in thousandths, is laid as metres on the way into the stop, so each truck has lengths
    of its own; the times stay. None where the tables would be too large, or travel changes by the
    hour.
    """
    problem = posed.problem
    num, size = len(problem.vehicles), problem.length_m.shape[1]
    if num * size * size > MOST_ENTRIES or problem.hours is not None:
        return None
    entries: dict[str, list[int]] = defaultdict(list)
    for task, source in zip(problem.tasks, posed.sources, strict=True):
        if isinstance(source, DueStop) and source.point_id in usual:
            entries[usual[source.point_id]] += [mode.entry for mode in task.modes]
    known = sorted({entry for own in entries.values() for entry in own})
    lengths = []
    for vehicle in problem.vehicles:
        length = problem.length_m[vehicle.profile].copy()
        strange = sorted(set(known) - set(entries[vehicle.vehicle_id]))
        if vehicle.cost_km > 0 and strange:
            columns = length[:, strange]
            metres = round(1000 * price / vehicle.cost_km)
            length[:, strange] = np.where(columns < 0, columns, columns + metres)
        lengths.append(length)
    vehicles = tuple(replace(v, profile=k) for k, v in enumerate(problem.vehicles))
    times = np.stack([problem.time_s[v.profile] for v in problem.vehicles])
    return replace(problem, vehicles=vehicles, time_s=times, length_m=np.stack(lengths))


def true_plan(problem: Problem, plan: Plan) -> Plan:
    """Return a plan that was made with other lengths or loads, with its true cost and bound.

    Raises
    ------
    InfeasibleError
        When it breaks a rule of the true problem (a fault of the program).
    """
    judged = evaluate(problem, plan.routes, {u.task for u in plan.unserved})
    if judged.violations:
        raise InfeasibleError(
            "\n".join(["the plan found breaks its own rules:", *judged.violations])
        )
    return replace(plan, cost=judged.cost, lower_bound=lower_bound(problem))
