"""Plain routes as routes of a problem, so that the slow evaluation judges them too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from benchmarks.campaign.instance import Instance
from benchmarks.campaign.plain import FACILITY, PlainRoute
from solvers.evaluate import Evaluation, evaluate
from solvers.plan import Route, Step
from solvers.problem import Problem, Vehicle


def replay(instance: Instance, routes: Sequence[PlainRoute]) -> Evaluation:
    """Return what the evaluation of the problem says of plain routes that visit every customer.

    Vehicles are chosen by name, or the next free one of the day where names mean nothing; routes
    leave as late as they can.
    """
    problem = instance.problem
    ids = _task_numbers(problem, routes)
    facilities = {f.facility_id: k for k, f in enumerate(problem.facilities)}
    free = _free_vehicles(problem)
    planned = []
    for route in routes:
        if not route.visits:
            continue
        steps = tuple(
            Step("facility", facilities[v.name])
            if v.kind == FACILITY
            else Step("task", ids[route.day, v.name].pop(0))
            for v in route.visits
        )
        number = _vehicle(problem, free, route)
        planned.append(Route(number, latest_start(problem, number, steps), steps))
    return evaluate(problem, tuple(planned), set())


def _task_numbers(
    problem: Problem, routes: Sequence[PlainRoute]
) -> dict[tuple[int, str], list[int]]:
    """Return the tasks of each customer by the day on which a route visits it."""
    tasks: dict[str, list[int]] = defaultdict(list)
    for number, task in enumerate(problem.tasks):
        tasks[task.task_id.split("@")[0]].append(number)
    found: dict[tuple[int, str], list[int]] = defaultdict(list)
    for route in sorted(routes, key=lambda r: r.day):
        for name in route.tasks:
            found[route.day, name].append(tasks[name].pop(0))
    return found


def _free_vehicles(problem: Problem) -> dict[int, list[int]]:
    free: dict[int, list[int]] = defaultdict(list)
    for number, vehicle in enumerate(problem.vehicles):
        free[vehicle.day].append(number)
    return free


def _vehicle(problem: Problem, free: dict[int, list[int]], route: PlainRoute) -> int:
    """Return the vehicle of a route, and take it out of the free ones.

    A vehicle that the reader left out, of many alike, is stood for by one that can carry the load.
    """
    options = free[route.day]
    named = [k for k in options if problem.vehicles[k].vehicle_id == route.vehicle]
    if not named:
        named = [k for k in options if _alike(problem.vehicles[k], route)]
    options.remove(named[0])
    return named[0]


def _alike(vehicle: Vehicle, route: PlainRoute) -> bool:
    return "@" in vehicle.vehicle_id or not vehicle.fixed_cost


def latest_start(problem: Problem, number: int, steps: Sequence[Step]) -> int:
    """Return the latest start of a route without facilities that still meets all windows."""
    vehicle = problem.vehicles[number]
    released = max((problem.tasks[s.idx].release_s for s in steps if s.kind == "task"), default=0)
    if any(step.kind == FACILITY for step in steps):
        first = next(k for k, step in enumerate(steps) if step.kind == FACILITY)
        tasks = [problem.tasks[s.idx] for s in steps[:first]]
        return max([vehicle.shift_start, *(t.release_s for t in tasks)])
    latest, place = vehicle.shift_end, vehicle.end
    for step in reversed(steps):
        task = problem.tasks[step.idx]
        latest -= int(problem.time_s[0, task.modes[0].exit, place]) + task.modes[0].service_s
        if task.windows:
            latest = min(latest, task.windows[0][1])
        place = task.modes[0].entry
    latest -= int(problem.time_s[0, vehicle.start, place])
    return max(latest, vehicle.shift_start, released)
