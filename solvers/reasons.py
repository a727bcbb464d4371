"""Why a task is left out: every insertion is tried on every vehicle, and the refusals counted."""

from __future__ import annotations

from collections import Counter

from solvers._kernels.model import (
    COST,
    FEASIBLE,
    FIRST_MODE,
    GATE,
    LOAD,
    MEAL,
    NO_FACILITY,
    SHIFT,
    STREAM,
    TANK,
    TONNAGE,
    TRIPS,
    UNREACHABLE,
    WINDOW,
)
from solvers.plan import Unserved
from solvers.problem import Problem
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
}
"""Word for each code of the kernels."""

NO_VEHICLE = "no_vehicle"
FLEET_BUSY = "fleet_busy"
PRICE = "price"


def settle_unserved(roster: Roster) -> tuple[Unserved, ...]:
    """Return every task left out with its reason, after trying all places for it once more.

    A place that is feasible and worth the task's price is taken, so that no truck stands idle
    beside an unserved task. The reason is what stops the task on empty vehicles; if an empty
    vehicle could do it, the fleet's time is used up (``fleet_busy``).
    """
    left = []
    for task in roster.unserved:
        verdict = _try_everywhere(roster, task)
        if verdict is not None:
            left.append(verdict)
    return tuple(left)


def _try_everywhere(roster: Roster, task: int) -> Unserved | None:
    """Insert the task at its cheapest place, or return why it has none."""
    problem = roster.problem
    able = [i for i, v in enumerate(problem.vehicles) if problem.may_serve(v, problem.tasks[task])]
    if not able:
        return Unserved(task, NO_VEHICLE, {NO_VEHICLE: len(problem.vehicles)})
    refused: Counter[str] = Counter()
    best: tuple[int, int, list[int]] | None = None
    for vehicle in able:
        for sequence in _insertions(roster, vehicle, task):
            code = roster.decode(vehicle, sequence)
            if code != FEASIBLE:
                refused[REASONS[code]] += 1
                continue
            added = int(roster.scratch.result[COST]) - int(roster.routes.cost[vehicle])
            if best is None or added < best[0]:
                best = (added, vehicle, sequence)
    if best is not None and best[0] <= problem.tasks[task].price:
        roster.load({best[1]: best[2]})
        return None
    if best is not None:
        return Unserved(task, PRICE, {PRICE: 1, **refused})
    return Unserved(task, _alone(roster, able, task), dict(refused))


def _insertions(roster: Roster, vehicle: int, task: int) -> list[list[int]]:
    """Return a vehicle's sequence with each mode of the task at each position."""
    sequence = roster.sequences().get(vehicle, [])
    first = int(roster.model.task[task, FIRST_MODE])
    modes = range(first, first + len(roster.problem.tasks[task].modes))
    return [
        [*sequence[:i], mode, *sequence[i:]] for mode in modes for i in range(len(sequence) + 1)
    ]


def _alone(roster: Roster, able: list[int], task: int) -> str:
    """Return what stops the task when a vehicle does nothing else, or that only time is short."""
    first = int(roster.model.task[task, FIRST_MODE])
    codes: Counter[str] = Counter()
    for vehicle in able:
        for k in range(len(roster.problem.tasks[task].modes)):
            code = roster.decode(vehicle, [first + k])
            if code == FEASIBLE:
                return FLEET_BUSY
            word = _too_late(roster.problem, vehicle, task) if code == SHIFT else REASONS[code]
            codes[word] += 1
    return max(sorted(codes), key=lambda word: codes[word])


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
