"""Some tasks and vehicles of a problem as a problem of their own, with matrices of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from solvers.problem import Facility, Mode, Pin, Problem, Task, Vehicle

Matrices = tuple[NDArray[np.int32], NDArray[np.int32]]


@dataclass(frozen=True)
class Part:
    """A problem with the indices that its tasks and vehicles have in the whole.

    Facilities have the same indices in both.
    """

    problem: Problem
    tasks: tuple[int, ...]
    vehicles: tuple[int, ...]


def cut(
    problem: Problem,
    tasks: Sequence[int],
    vehicles: Sequence[int],
    facilities: tuple[Facility, ...] | None = None,
) -> Part:
    """Return a part of a problem that has no groups of visits.

    ``facilities`` stand at the places of those of the whole, with what the part may use of them.
    Locations and profiles that the part does not need are left out.
    """
    chosen = [problem.tasks[t] for t in tasks]
    trucks = [problem.vehicles[v] for v in vehicles]
    sites = problem.facilities if facilities is None else facilities
    used = {place for task in chosen for mode in task.modes for place in (mode.entry, mode.exit)}
    used |= {place for truck in trucks for place in (truck.start, truck.end)}
    used |= {site.location for site in sites}
    locations = sorted(used)
    profiles = sorted({truck.profile for truck in trucks}) or [0]
    where = np.asarray(locations, np.int64)
    time_s, length_m = _matrices(problem, profiles, where)
    number = {place: k for k, place in enumerate(locations)}
    profile_of = {profile: k for k, profile in enumerate(profiles)}
    part = Problem(
        tasks=tuple(_moved_task(task, number) for task in chosen),
        vehicles=tuple(_moved_vehicle(truck, number, profile_of) for truck in trucks),
        facilities=tuple(replace(site, location=number[site.location]) for site in sites),
        time_s=time_s,
        length_m=length_m,
        rules=problem.rules,
        hours=None
        if problem.hours is None
        else problem.hours.cut(profiles, where, problem.ways.block),
        where=None if problem.where is None else problem.where[where],
        pins=_pins_within(problem, tasks, vehicles),
    )
    return Part(part, tuple(tasks), tuple(vehicles))


def thin_out(problem: Problem, tasks: Sequence[int], vehicles: Sequence[int]) -> Part:
    """Return a part of a problem that shares all places and all travel with it."""
    part = replace(
        problem,
        tasks=tuple(problem.tasks[t] for t in tasks),
        vehicles=tuple(problem.vehicles[v] for v in vehicles),
        pins=_pins_within(problem, tasks, vehicles),
    )
    return Part(part, tuple(tasks), tuple(vehicles))


def _matrices(problem: Problem, profiles: Sequence[int], locations: NDArray[np.int64]) -> Matrices:
    """Return the travel among some locations for some profiles, equal matrices only once."""
    blocks = [problem.ways.block(profile, locations, locations) for profile in profiles]
    if len(blocks) > 1:
        return np.stack([time for time, _ in blocks]), np.stack([length for _, length in blocks])
    ((time, length),) = blocks
    if time is length:
        both = length[None]
        return both, both
    return time[None], length[None]


def _pins_within(
    problem: Problem, tasks: Sequence[int], vehicles: Sequence[int]
) -> tuple[Pin, ...]:
    """Return the pins of the tasks of a part whose vehicle belongs to it as well."""
    task_of = {task: k for k, task in enumerate(tasks)}
    vehicle_of: dict[int | None, int | None] = {v: k for k, v in enumerate(vehicles)}
    vehicle_of[None] = None
    return tuple(
        replace(pin, task=task_of[pin.task], vehicle=vehicle_of[pin.vehicle])
        for pin in problem.pins
        if pin.task in task_of and pin.vehicle in vehicle_of
    )


def _moved_task(task: Task, number: dict[int, int]) -> Task:
    modes = (Mode(number[m.entry], number[m.exit], m.service_s, m.length_m) for m in task.modes)
    return replace(task, modes=tuple(modes))


def _moved_vehicle(truck: Vehicle, number: dict[int, int], profile_of: dict[int, int]) -> Vehicle:
    return replace(
        truck,
        profile=profile_of[truck.profile],
        start=number[truck.start],
        end=number[truck.end],
    )
