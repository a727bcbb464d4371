"""Routes whose cost the links tell in full, tried and changed by driving them step by step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from solvers.evaluate import Driven, drive
from solvers.native import first_modes, task_of, write_route, write_routes
from solvers.plan import Route
from solvers.problem import Problem
from solvers.reasons import DAY_LIMIT, DURATION, NO_VEHICLE, OTHER_VISITS, Trials

NEAR_FACILITIES = 3
NOTHING_ABOARD = "nothing to put down"
TOO_HEAVY, NO_FACILITY, WATER = "too_heavy", "no_facility", "water"
NEEDS_VISIT = (TOO_HEAVY, NO_FACILITY, WATER)
"""What a visit to a facility beside the task may mend."""
WORDS: dict[str, str] = {
    "may not serve": NO_VEHICLE,
    "compartment(s)": NO_VEHICLE,
    "no way from": "unreachable",
    "ends the day with a load": NO_FACILITY,
    "aboard": TOO_HEAVY,
    "tank runs dry": WATER,
    "after its last window": "window",
    "closes before": "facility_closed",
    "after shift and overtime": "shift",
    "collects": DAY_LIMIT,
    "tasks in a day": DAY_LIMIT,
    "is under way for": DURATION,
    "trips": "trips",
}
"""Word for each rule that the evaluation of a single route may find broken."""


class DrivenBench:
    """Trials of a problem that needs no booking: each is judged by the slow evaluation alone."""

    most_trials = 20_000

    def __init__(self, problem: Problem, sequences: Mapping[int, Sequence[int]]) -> None:
        self.problem = problem
        self.first_mode = first_modes(problem)
        self.sequences = {v: list(s) for v, s in sequences.items() if s}
        self._cost: dict[int, int] = {}
        self._visits = {task: group for group in problem.groups for task in group.tasks}

    def unserved(self) -> list[int]:
        """Return the tasks that no route serves."""
        served = {self._task_of(x) for s in self.sequences.values() for x in s if x >= 0}
        return [task for task in range(len(self.problem.tasks)) if task not in served]

    def sequence(self, vehicle: int) -> list[int]:
        """Return a vehicle's modes, and -f - 1 for a visit to facility f."""
        return list(self.sequences.get(vehicle, ()))

    def take(self, vehicle: int, sequence: list[int]) -> None:
        """Let the vehicle drive this route from now on."""
        self.sequences[vehicle] = list(sequence)
        self._cost.pop(vehicle, None)

    def routes(self) -> tuple[Route, ...]:
        """Return all routes as those of a plan."""
        return write_routes(self.problem, self.sequences)

    def trials(self, vehicle: int, sequence: list[int], position: int, mode: int) -> Trials:
        """Yield the feasible ways of inserting a mode, or else the word of what refuses it.

        Alone, or where that is too much for the truck with a visit behind the task or before it.
        """
        before, after = sequence[:position], sequence[position:]
        first = [*before, mode, *after]
        driven, word = self._try(vehicle, first)
        if not word:
            yield self._sound(vehicle, mode), self._added(driven, vehicle, sequence), first
            return
        words = [word]
        for visit in self._facilities(vehicle, mode) if word in NEEDS_VISIT else ():
            for route in ([*before, mode, visit, *after], [*before, visit, mode, *after]):
                driven, other = self._try(vehicle, route)
                if not other:
                    yield self._sound(vehicle, mode), self._added(driven, vehicle, sequence), route
                    return
                words.append(other)
        yield next((w for w in words if w not in (*NEEDS_VISIT, NOTHING_ABOARD)), word), 0, first

    def _try(self, vehicle: int, sequence: Sequence[int]) -> tuple[Driven, str]:
        """Return a route as driven and the word of the first rule that it breaks, or ""."""
        driven = drive(self.problem, write_route(self.problem, vehicle, sequence, self.first_mode))
        return driven, _word(driven.violations[0]) if driven.violations else ""

    def _sound(self, vehicle: int, mode: int) -> str:
        """Return "" unless the task is one of several visits, or of days other than the truck's."""
        task = self._task_of(mode)
        group = self._visits.get(task)
        day = self.problem.vehicles[vehicle].day
        if group is None or (len(group.tasks) == 1 and (day,) in group.patterns):
            return ""
        return OTHER_VISITS

    def _added(self, driven: Driven, vehicle: int, sequence: Sequence[int]) -> int:
        if not sequence:
            return driven.cost
        if vehicle not in self._cost:
            self._cost[vehicle] = self._try(vehicle, sequence)[0].cost
        return driven.cost - self._cost[vehicle]

    def _facilities(self, vehicle: int, mode: int) -> Iterator[int]:
        """Yield visits to the nearest facilities that take the task's stream, or that refill."""
        task = self.problem.tasks[self._task_of(mode)]
        leave = task.modes[mode - self.first_mode[self._task_of(mode)]].exit
        way = self.problem.length_m[self.problem.vehicles[vehicle].profile, leave]
        useful = [
            (int(way[f.location]), idx)
            for idx, f in enumerate(self.problem.facilities)
            if task.stream in f.streams or (task.water_l and f.refills)
        ]
        for _, idx in sorted(useful)[:NEAR_FACILITIES]:
            yield -idx - 1

    def _task_of(self, mode: int) -> int:
        return task_of(self.first_mode, mode)


def _word(violation: str) -> str:
    if NOTHING_ABOARD in violation:
        return NOTHING_ABOARD
    return next(word for part, word in WORDS.items() if part in violation)
