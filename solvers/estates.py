"""Which tasks and vehicles have nothing to do with one another, but for the facilities."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from solvers.problem import Problem


@dataclass(frozen=True)
class Estate:
    """Tasks and vehicles that have nothing to do with any other ones, but for the facilities."""

    tasks: tuple[int, ...]
    vehicles: tuple[int, ...]


def estates_of(problem: Problem) -> list[Estate]:
    """Return tasks and vehicles grouped so that no vehicle may serve a task of another group.

    Tasks that no vehicle may serve are in groups without vehicles.
    """
    classes: dict[tuple[str, frozenset[str]], list[int]] = defaultdict(list)
    for idx, task in enumerate(problem.tasks):
        classes[task.stream, task.kinds].append(idx)
    able: dict[tuple[str, frozenset[str]], list[int]] = defaultdict(list)
    for idx, vehicle in enumerate(problem.vehicles):
        able[vehicle.kind, frozenset(vehicle.capacity_l)].append(idx)
    groups = [({c}, set[tuple[str, frozenset[str]]]()) for c in classes]
    for kind, members in able.items():
        vehicle = problem.vehicles[members[0]]
        served = {
            c for c, tasks in classes.items() if problem.may_serve(vehicle, problem.tasks[tasks[0]])
        }
        if not served:
            continue
        touched = [group for group in groups if group[0] & served]
        merged = (
            set[tuple[str, frozenset[str]]]().union(*(g[0] for g in touched)),
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
