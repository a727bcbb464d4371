"""A plan from outside as the beginning of a search: by names, since numbers differ by the day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from solvers._kernels.model import TASK
from solvers.native import first_modes
from solvers.problem import Problem
from solvers.roster import Roster

Given = Mapping[str, Sequence[tuple[str, int]]]
"""By vehicle, the tasks of its route in order, each with the number of its mode."""


def load_given(roster: Roster, given: Given) -> int:
    """Begin a roster with given routes; return how many of their tasks are served by them.

    Tasks and vehicles that the problem does not have are passed over, and so is what a vehicle may
    not serve or cannot in time; unloading and breaks are put in anew. All else that is due is
    inserted where it adds least.
    """
    roster.clear()
    routes = _sequences(roster, given)
    roster.load(routes)
    wanted = [(v, _task(roster, x)) for v, sequence in routes.items() for x in sequence]
    kept = sum(int(roster.routes.route_of[task]) == vehicle for vehicle, task in wanted)
    roster.insert_all(roster.unserved)
    roster.keep_best()
    return kept


def _sequences(roster: Roster, given: Given) -> dict[int, list[int]]:
    """Return given routes as modes by vehicle; pinned tasks come first, on their own vehicle."""
    problem, first_mode = roster.problem, first_modes(roster.problem)
    vehicle_of = {truck.vehicle_id: v for v, truck in enumerate(problem.vehicles)}
    task_of = {task.task_id: t for t, task in enumerate(problem.tasks)}
    taken = {_task(roster, x) for sequence in roster.pinned.values() for x in sequence}
    routes = {v: list(sequence) for v, sequence in roster.pinned.items()}
    for name, work in given.items():
        vehicle = vehicle_of.get(name)
        for task_id, mode in work if vehicle is not None else ():
            task = task_of.get(task_id)
            if vehicle is None or task is None or task in taken:
                continue
            if _may(problem, vehicle, task):
                taken.add(task)
                number = mode if mode < len(problem.tasks[task].modes) else 0
                routes.setdefault(vehicle, []).append(first_mode[task] + number)
    return routes


def _may(problem: Problem, vehicle: int, task: int) -> bool:
    return problem.may_serve(problem.vehicles[vehicle], problem.tasks[task])


def _task(roster: Roster, mode: int) -> int:
    return int(roster.model.mode[mode, TASK])
