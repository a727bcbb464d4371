"""Why a task is left out: its insertions are tried on the trucks, and the refusals counted.

What can be inserted at less than the price of leaving it out is inserted, so that no truck that
could serve an unserved task stands idle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from solvers._kernels.model import (
    COST,
    FEASIBLE,
    GATE,
    LOAD,
    MEAL,
    NO_FACILITY,
    RANGE,
    SHIFT,
    STREAM,
    TANK,
    TONNAGE,
    TRIPS,
    UNREACHABLE,
    WINDOW,
)
from solvers.arrays import likeness
from solvers.native import first_modes
from solvers.pins import first_tasks
from solvers.plan import Unserved
from solvers.problem import Problem, Vehicle
from solvers.roster import Roster

REASONS: dict[int, str] = {
    STREAM: "no_vehicle",
    LOAD: "too_heavy",
    NO_FACILITY: "no_facility",
    TONNAGE: "facility_full",
    TRIPS: "trips",
    TANK: "water",
    WINDOW: "window",
    SHIFT: "shift",
    UNREACHABLE: "unreachable",
    MEAL: "meal_break",
    GATE: "facility_closed",
    RANGE: "range",
}
"""Word for each code of the kernels."""

NO_VEHICLE = "no_vehicle"
FLEET_BUSY = "fleet_busy"
PRICE = "price"
DAY_LIMIT = "day_limit"
DURATION = "duration"
OTHER_VISITS = "other_visits"

FEWEST_TRIALS = 4
"""Insertions tried for each task however many are left out."""


class Bench(Protocol):
    """Routes that can be tried and changed: where the insertions are judged."""

    problem: Problem
    most_trials: int
    """Insertions tried for all tasks left out together; the cheapest detours come first."""

    def unserved(self) -> list[int]:
        """Return the tasks that no route serves."""

    def sequence(self, vehicle: int) -> list[int]:
        """Return a vehicle's modes, and -f - 1 for a visit to facility f."""

    def trials(self, vehicle: int, sequence: list[int], position: int, mode: int) -> Trials:
        """Yield ways of inserting a mode: the word of the rule that refuses or "", cost, route."""

    def take(self, vehicle: int, sequence: list[int]) -> None:
        """Let the vehicle drive this route from now on."""


Trials = Iterator[tuple[str, int, list[int]]]


class RosterBench:
    """Trials in a roster: each is decoded exactly, beside the bookings of all other trucks."""

    most_trials = 200_000

    def __init__(self, roster: Roster, share: float = 1.0) -> None:
        """Take a roster; ``share`` is its part of all trials where it is part of a whole."""
        self.roster, self.problem = roster, roster.problem
        self.most_trials = int(share * self.most_trials)

    def unserved(self) -> list[int]:
        """Return the tasks that no route serves."""
        return self.roster.unserved

    def sequence(self, vehicle: int) -> list[int]:
        """Return a vehicle's sequence, unloading left to the decoding."""
        size = int(self.roster.routes.size[vehicle])
        return [int(x) for x in self.roster.routes.sequence[vehicle, :size]]

    def trials(self, vehicle: int, sequence: list[int], position: int, mode: int) -> Trials:
        """Yield the one way there is: the decoding places unloading, refilling and breaks."""
        route = [*sequence[:position], mode, *sequence[position:]]
        code = self.roster.decode(vehicle, route)
        if code != FEASIBLE:
            yield REASONS[code], 0, route
            return
        before = int(self.roster.routes.cost[vehicle])
        yield "", int(self.roster.scratch.result[COST]) - before, route

    def take(self, vehicle: int, sequence: list[int]) -> None:
        """Book the route."""
        self.roster.load({vehicle: sequence})


def settle_unserved(bench: Bench) -> tuple[Unserved, ...]:
    """Return every task left out with its reason, after trying it on the trucks once more.

    A place that is feasible and worth the task's price is taken. The reason is what stops the task
    on empty vehicles; if an empty vehicle could do it, the fleet's time is used up
    (``fleet_busy``). A task that finds a place may open a truck for those before it, so all are
    tried again until none does.
    """
    ways = _Ways(bench.problem)
    while True:
        left = bench.unserved()
        each = max(FEWEST_TRIALS, bench.most_trials // max(1, len(left)))
        verdicts = [_Verdict(bench, ways, task, each).reach() for task in left]
        if None not in verdicts:
            return tuple(v for v in verdicts if v is not None)


_Gaps = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def _rates(
    problem: Problem, truck: Vehicle
) -> tuple[tuple[NDArray[np.int32], float], tuple[NDArray[np.int32], float]]:
    """Return the matrices of a truck, each with what a unit of it costs."""
    return (
        (problem.length_m[truck.profile], truck.cost_km / 1000),
        (problem.time_s[truck.profile], truck.cost_h / 3600),
    )


class _Ways:
    """The modes of all tasks in one list, and what a task adds to the ways of a route."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.modes = [mode for task in problem.tasks for mode in task.modes]
        self.first_mode = first_modes(problem)
        self.first_tasks = first_tasks(problem)
        self._gaps: dict[int, tuple[list[int], _Gaps]] = {}

    def detours(self, vehicle: int, sequence: list[int], mode: int) -> NDArray[np.float64]:
        """Return what a mode adds at each position, by the rates of the truck."""
        problem, truck = self.problem, self.problem.vehicles[vehicle]
        leaves, enters, saved = self._gaps_of(vehicle, sequence)
        into, out = self.modes[mode].entry, self.modes[mode].exit
        total = -saved
        for matrix, rate in _rates(problem, truck):
            total += rate * (matrix[leaves, into] + matrix[out, enters])
        return total

    def _gaps_of(self, vehicle: int, sequence: list[int]) -> _Gaps:
        """Return where the gaps of a route begin and end, and what their ways cost now.

        They are kept as long as the route stays: hundreds of tasks may be tried on it.
        """
        known, gaps = self._gaps.get(vehicle, (None, None))
        if gaps is None or known != sequence:
            truck = self.problem.vehicles[vehicle]
            ends = [self._ends(step) for step in sequence]
            leaves = np.asarray([truck.start, *(out for _, out in ends)])
            enters = np.asarray([*(into for into, _ in ends), truck.end])
            saved = np.zeros(len(leaves))
            for matrix, rate in _rates(self.problem, truck):
                saved += rate * matrix[leaves, enters]
            gaps = leaves, enters, saved
            self._gaps[vehicle] = list(sequence), gaps
        return gaps

    def first_place(self, vehicle: int, sequence: list[int]) -> int:
        """Return the first position at which a route may be added to: behind its pinned tasks."""
        tasks = [at for at, step in enumerate(sequence) if step >= 0]
        pinned = len(self.first_tasks.get(vehicle, ()))
        return 1 + tasks[pinned - 1] if pinned else 0

    def _ends(self, step: int) -> tuple[int, int]:
        """Return where a step is entered and left."""
        if step < 0:
            place = self.problem.facilities[-step - 1].location
            return place, place
        return self.modes[step].entry, self.modes[step].exit


class _Verdict:
    """The trials of one task."""

    def __init__(self, bench: Bench, ways: _Ways, task: int, most_trials: int) -> None:
        self.bench, self.ways, self.task, self.most_trials = bench, ways, task, most_trials
        problem = bench.problem
        self.wanted = problem.tasks[task]
        self.able = [i for i, v in enumerate(problem.vehicles) if problem.may_serve(v, self.wanted)]
        self.modes = range(ways.first_mode[task], ways.first_mode[task + 1])

    def reach(self) -> Unserved | None:
        """Insert the task at its cheapest place, or return why it has none."""
        if not self.able:
            return Unserved(self.task, NO_VEHICLE, {NO_VEHICLE: len(self.bench.problem.vehicles)})
        refused: Counter[str] = Counter()
        best: tuple[int, int, list[int]] | None = None
        for vehicle, sequence, position, mode in self._places():
            for word, added, route in self.bench.trials(vehicle, sequence, position, mode):
                if word:
                    refused[word] += 1
                elif best is None or added < best[0]:
                    best = (added, vehicle, route)
        if best is None:
            return Unserved(self.task, self._alone(), dict(refused))
        if best[0] > self.wanted.price:
            return Unserved(self.task, PRICE, {PRICE: 1, **refused})
        self.bench.take(best[1], best[2])
        return None

    def _places(self) -> list[tuple[int, list[int], int, int]]:
        """Return vehicles with their sequence, position and mode by rising detour.

        Of idle trucks that are alike one is enough, and each is tried however many cheaper places
        there are on the others: where the day is full these are all refused.
        """
        found: list[tuple[float, int, int, int]] = []
        sequences: dict[int, list[int]] = {}
        idle: set[tuple[object, ...]] = set()
        for vehicle in self.able:
            sequence = self.bench.sequence(vehicle)
            kind = likeness(self.bench.problem.vehicles[vehicle])
            if not sequence and kind in idle:
                continue
            if not sequence:
                idle.add(kind)
            sequences[vehicle] = sequence
            first = self.ways.first_place(vehicle, sequence)
            for mode in self.modes:
                detours = self.ways.detours(vehicle, sequence, mode)
                places = enumerate(detours.tolist())
                found += [(cost, vehicle, at, mode) for at, cost in places if at >= first]
        found.sort()
        cheapest, rest = found[: self.most_trials], found[self.most_trials :]
        chosen = cheapest + [place for place in rest if not sequences[place[1]]]
        return [(v, sequences[v], at, mode) for _, v, at, mode in chosen]

    def _alone(self) -> str:
        """Return what stops the task when a vehicle does nothing else, or that time is short."""
        words: Counter[str] = Counter()
        known: dict[tuple[object, ...], list[str]] = {}
        for vehicle in self.able:
            kind = likeness(self.bench.problem.vehicles[vehicle])
            if kind not in known:
                known[kind] = [w for m in self.modes for w in self._alone_on(vehicle, m)]
            words.update(known[kind])
            if "" in words:
                return FLEET_BUSY
        return max(sorted(words), key=lambda word: words[word])

    def _alone_on(self, vehicle: int, mode: int) -> list[str]:
        words = [word for word, _, _ in self.bench.trials(vehicle, [], 0, mode)]
        late = _too_late(self.bench.problem, vehicle, self.task)
        return [late if word == REASONS[SHIFT] else word for word in words]


def _too_late(problem: Problem, vehicle: int, task: int) -> str:
    """Return why a shift is too short: the task or its stations open only after its end, or not."""
    truck, wanted = problem.vehicles[vehicle], problem.tasks[task]
    end_s = truck.shift_end + truck.max_overtime_s
    if wanted.windows and all(early >= end_s for early, _ in wanted.windows):
        return REASONS[WINDOW]
    gates = [f.open_s for f in problem.facilities if wanted.stream in f.streams]
    if gates and min(gates) >= end_s:
        return REASONS[GATE]
    return REASONS[SHIFT]
