"""Which tasks and vehicles have nothing to do with one another, but for the facilities."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from solvers.problem import Problem

Kind = tuple[str, frozenset[str]]
"""Of tasks: stream and kinds of vehicles. Of vehicles: kind and streams."""


@dataclass(frozen=True)
class Estate:
    """Tasks and vehicles that have nothing to do with any other ones, but for the facilities."""

    tasks: tuple[int, ...]
    vehicles: tuple[int, ...]


def estates_of(problem: Problem) -> list[Estate]:
    """Return tasks and vehicles grouped so that no vehicle may serve a task of another group.

    Tasks that no vehicle may serve are in groups without vehicles.
    """
    classes, able = _classes(problem), _able(problem)
    groups = [({c}, set[Kind]()) for c in classes]
    for kind, members in able.items():
        vehicle = problem.vehicles[members[0]]
        served = {
            c for c, tasks in classes.items() if problem.may_serve(vehicle, problem.tasks[tasks[0]])
        }
        if not served:
            continue
        touched = [group for group in groups if group[0] & served]
        merged = (
            set[Kind]().union(*(g[0] for g in touched)),
            {kind}.union(*(g[1] for g in touched)),
        )
        groups = [group for group in groups if group not in touched] + [merged]
    found = [
        Estate(
            tuple(sorted(t for c in group for t in classes[c])),
            tuple(sorted(v for kind in kinds for v in able[kind])),
        )
        for group, kinds in groups
    ]
    return sorted(found, key=lambda estate: estate.tasks)


def sole_servers(problem: Problem) -> dict[int, list[int]]:
    """Return by vehicle the tasks that no other one may serve."""
    able = list(_able(problem).values())
    found: dict[int, list[int]] = defaultdict(list)
    for tasks in _classes(problem).values():
        task = problem.tasks[tasks[0]]
        fit = [v for v in able if problem.may_serve(problem.vehicles[v[0]], task)]
        if len(fit) == 1 and len(fit[0]) == 1:
            found[fit[0][0]].extend(tasks)
    return found


def _classes(problem: Problem) -> dict[Kind, list[int]]:
    """Return the tasks that the same vehicles may serve, by their stream and kinds."""
    classes: dict[Kind, list[int]] = defaultdict(list)
    for idx, task in enumerate(problem.tasks):
        classes[task.stream, task.kinds].append(idx)
    return classes


def _able(problem: Problem) -> dict[Kind, list[int]]:
    """Return the vehicles that may serve the same tasks, by their kind and streams."""
    able: dict[Kind, list[int]] = defaultdict(list)
    for idx, vehicle in enumerate(problem.vehicles):
        able[vehicle.kind, frozenset(vehicle.capacity_l)].append(idx)
    return able
