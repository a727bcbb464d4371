"""A plan from outside as the beginning of a search: by names, since numbers differ by the day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from solvers._kernels.model import FEASIBLE, TASK
from solvers.native import first_modes, task_of
from solvers.problem import Problem
from solvers.roster import Roster

VISIT = -1
"""Stands for the mode where a name is that of a facility."""

Given = Mapping[str, Sequence[tuple[str, int]]]
"""By vehicle, the tasks of its route in order, each with the number of its mode, and the facilities
that it visits between them; those that are left out are put in where they become necessary."""


def num_stops(given: Given) -> int:
    """Return how many tasks given routes serve."""
    return sum(mode != VISIT for work in given.values() for _, mode in work)


def load_given(roster: Roster, given: Given) -> int:
    """Begin a roster with given routes; return how many of their tasks are served by them.

    Tasks and vehicles that the problem does not have are passed over, and so is what a vehicle may
    not serve or cannot in time. Where visits do not fit they are put in anew, like all breaks.
    """
    roster.clear()
    routes = {
        v: sequence if roster.decode(v, sequence) == FEASIBLE else _bare(roster, v, sequence)
        for v, sequence in given_modes(roster.problem, roster.pinned, given).items()
    }
    roster.load(routes)
    wanted = [(v, _task(roster, x)) for v, sequence in routes.items() for x in sequence if x >= 0]
    return sum(int(roster.routes.route_of[task]) == vehicle for vehicle, task in wanted)


def given_modes(
    problem: Problem, pinned: Mapping[int, Sequence[int]], given: Given
) -> dict[int, list[int]]:
    """Return given routes by vehicle: modes, and -f - 1 for a visit to facility f.

    Tasks whose modes are ``pinned`` come first, on their own vehicle.
    """
    named = _Names(problem, pinned)
    routes = {v: list(sequence) for v, sequence in pinned.items()}
    for name, work in given.items():
        vehicle = named.vehicle_of.get(name)
        if vehicle is None:
            continue
        sequence = list(named.sequence(vehicle, work))
        first = [named.task(x) for x in sequence if x >= 0][: len(pinned.get(vehicle, ()))]
        if vehicle in pinned and first != [named.task(x) for x in pinned[vehicle]]:
            held = {named.task(x) for x in pinned[vehicle]}
            others = [x for x in sequence if x >= 0 and named.task(x) not in held]
            sequence = [*pinned[vehicle], *others]
        if sequence:
            routes[vehicle] = sequence
    return routes


class _Names:
    """From names to numbers, each task once."""

    def __init__(self, problem: Problem, pinned: Mapping[int, Sequence[int]]) -> None:
        self.problem = problem
        self.first_mode = first_modes(problem)
        self.vehicle_of = {truck.vehicle_id: v for v, truck in enumerate(problem.vehicles)}
        self.task_of = {task.task_id: t for t, task in enumerate(problem.tasks)}
        self.facility_of = {site.facility_id: f for f, site in enumerate(problem.facilities)}
        self.pinned_to = {self.task(x): v for v, modes in pinned.items() for x in modes}
        self.taken: set[int] = set()

    def task(self, mode: int) -> int:
        """Return the task of a mode."""
        return task_of(self.first_mode, mode)

    def sequence(self, vehicle: int, work: Iterable[tuple[str, int]]) -> Iterator[int]:
        """Yield what a vehicle does of the work of a given route."""
        last = 0
        for name, mode in work:
            if mode == VISIT:
                code = -self.facility_of[name] - 1 if name in self.facility_of else last
                if code != last:
                    yield code
                last = code
            elif (task := self.task_of.get(name)) is not None and self._may(vehicle, task):
                self.taken.add(task)
                last = self.first_mode[task]
                yield last + (mode if mode < len(self.problem.tasks[task].modes) else 0)

    def _may(self, vehicle: int, task: int) -> bool:
        own = self.pinned_to.get(task, vehicle) == vehicle
        truck = self.problem.vehicles[vehicle]
        return (
            own
            and task not in self.taken
            and self.problem.may_serve(truck, self.problem.tasks[task])
        )


def _bare(roster: Roster, vehicle: int, sequence: Sequence[int]) -> list[int]:
    """Return a sequence without its visits, its pinned tasks in the modes that hold together."""
    pinned = roster.pinned.get(vehicle, ())
    return [*pinned, *[x for x in sequence if x >= 0][len(pinned) :]]


def _task(roster: Roster, mode: int) -> int:
    return int(roster.model.mode[mode, TASK])
