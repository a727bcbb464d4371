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
from numpy.typing import NDArray
from ortools.graph.python import linear_sum_assignment as assignment

from routing.errors import InfeasibleError
from scenarios.day import DueStop
from scenarios.problem import DayProblem
from solvers.arrays import likeness
from solvers.bound import lower_bound
from solvers.evaluate import evaluate
from solvers.hours import Hours
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

    The price, in thousandths, is laid as metres on the way into the stop at every hour, so each
    truck that may make such a visit has lengths of its own; the times stay. None where the tables
    would be too large, or there are none.
    """
    problem = posed.problem
    if problem.travel is not None:
        return None
    strange = _strange_places(posed, usual)
    layers = {v: len(problem.layers_of(problem.vehicles[v].profile)) for v in strange}
    further = 0 if problem.hours is None else len(problem.hours.time_s)
    num = len(problem.time_s) + further + sum(layers.values())
    if num * problem.length_m.shape[1] ** 2 > MOST_ENTRIES:
        return None
    times, lengths = list(problem.time_s), list(problem.length_m)
    vehicles = list(problem.vehicles)
    metres = {v: round(1000 * price / vehicles[v].cost_km) for v in strange}
    for v, places in strange.items():
        profile = vehicles[v].profile
        vehicles[v] = replace(vehicles[v], profile=len(times))
        times.append(problem.time_s[profile])
        lengths.append(_farther(problem.length_m[profile], places, metres[v]))
    return replace(
        problem,
        vehicles=tuple(vehicles),
        time_s=np.stack(times),
        length_m=np.stack(lengths),
        hours=None if problem.hours is None else _hours(problem, problem.hours, strange, metres),
    )


def _strange_places(posed: DayProblem, usual: Mapping[str, str]) -> dict[int, list[int]]:
    """Return, for each truck that may visit points of others, where these are entered."""
    problem = posed.problem
    found: dict[int, list[int]] = {}
    for v, vehicle in enumerate(problem.vehicles):
        places = {
            mode.entry
            for task, source in zip(problem.tasks, posed.sources, strict=True)
            if isinstance(source, DueStop)
            and usual.get(source.point_id, vehicle.vehicle_id) != vehicle.vehicle_id
            and problem.may_serve(vehicle, task)
            for mode in task.modes
        }
        if places and vehicle.cost_km > 0:
            found[v] = sorted(places)
    return found


def _farther(length_m: NDArray[np.int32], places: Sequence[int], metres: int) -> NDArray[np.int32]:
    """Return lengths with so much more on every way into some places."""
    length = length_m.copy()
    columns = length[:, places]
    length[:, places] = np.where(columns < 0, columns, columns + metres)
    return length


def _hours(
    problem: Problem, hours: Hours, strange: Mapping[int, Sequence[int]], metres: Mapping[int, int]
) -> Hours:
    """Return the hours of a problem to which a profile was added for each of some vehicles."""
    num, added = len(problem.time_s), len(strange)
    times, lengths = list(hours.time_s), list(hours.length_m)
    # what comes after the profiles moves on by those that were added
    rows = np.where(hours.layer < num, hours.layer, hours.layer + added).tolist()
    profiles = [problem.vehicles[v].profile for v in strange]
    for k, (v, profile) in enumerate(zip(strange, profiles, strict=True)):
        number = {profile: num + k}
        for old in dict.fromkeys(hours.layer[profile].tolist()):
            if old not in number:
                number[old] = num + added + len(times)
                own = old < num
                times.append(problem.time_s[old] if own else hours.time_s[old - num])
                length = problem.length_m[old] if own else hours.length_m[old - num]
                lengths.append(_farther(length, strange[v], metres[v]))
        rows.append([number[old] for old in hours.layer[profile].tolist()])
    shape = (len(times), *problem.time_s.shape[1:])
    return Hours(
        np.concatenate((hours.borders, hours.borders[profiles])),
        np.asarray(rows, dtype=np.int64),
        np.asarray(times, dtype=np.int32).reshape(shape),
        np.asarray(lengths, dtype=np.int32).reshape(shape),
    )


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
