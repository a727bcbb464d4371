"""Tours of loaders over heaps in order of priority, and how tours and trucks are played together.

A place can be loaded only while a loader is there, and one truck at a time. So loaders are planned
first, each heap as a stay, and then played with the trucks (`in_step`). What the play tells of a
tour - how long loaders wait for trucks - no tour knows, so tours are changed heap by heap as long
as plays haul more.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from scenarios.cleaning.linked import Search, routes_of
from scenarios.problem import DayProblem
from scenarios.schema import SNOW
from scenarios.snow.heaps import Heap
from scenarios.snow.in_step import Played, Stage
from solvers.cut import cut
from solvers.evaluate import evaluate_plan
from solvers.given import Given
from solvers.plan import Route
from solvers.problem import Task
from solvers.solve import solve
from solvers.stop import Interruptible, MaxIterations

HURRIES = (1.2, 1.5, 2.0, 3.0)
"""Deadlines tried for a priority, in parts of the time that loaders need for it at the least."""
STEPS, STEPS_A_HEAP = 300, 10
"""Iterations of each search for loaders, at least and for each heap."""
PLAY_STEPS = 100
"""Iterations for which a play counts: it takes about as long."""


@dataclass(frozen=True)
class Stays:
    """The tours of the loaders in terms of the whole problem.

    ``begin_s`` is when the loader is at a heap, by its index; ``left`` the rule that keeps loaders
    from the others.
    """

    routes: tuple[Route, ...]
    begin_s: dict[int, int]
    left: dict[int, str]
    iterations: int


def plan_stays(
    posed: DayProblem, heaps: Sequence[Heap], stays_s: Sequence[int | None], search: Search
) -> Stays:
    """Return tours of the loaders, the higher priorities as soon as may be.

    The tightest deadlines are taken with which no more is left out than without any.

    Parameters
    ----------
    stays_s
        How long a loader stays at each heap; None = no tipper comes there.
    """
    found = _tours(posed, heaps, stays_s, search, None)
    least = _left_price(heaps, found)
    for hurry in HURRIES:
        tried = _tours(posed, heaps, stays_s, search, hurry)
        if _left_price(heaps, tried) <= least:
            return tried
    return found


def _left_price(heaps: Sequence[Heap], stays: Stays) -> int:
    return sum(heaps[k].run.price for k in stays.left)


def _tours(
    posed: DayProblem,
    heaps: Sequence[Heap],
    stays_s: Sequence[int | None],
    search: Search,
    hurry: float | None,
) -> Stays:
    """Return tours of the loaders with deadlines by priority, or without any."""
    until = max(v.shift_end for v in posed.problem.vehicles if SNOW not in v.capacity_l)
    latest = _deadlines(posed, heaps, stays_s, hurry) if hurry else dict.fromkeys((1, 2, 3), until)
    stays = {}
    for k, (heap, stay_s) in enumerate(zip(heaps, stays_s, strict=True)):
        if stay_s is not None:
            last = max(heap.ready_s, latest[heap.priority] - stay_s)
            stays[k] = (stay_s, (heap.ready_s, last))
    steps = 0 if search.stopped else STEPS + STEPS_A_HEAP * len(stays)
    found = _driven(posed, len(heaps), stays, steps, search, None)
    nowhere = {k: "unreachable" for k, stay_s in enumerate(stays_s) if stay_s is None}
    return replace(found, left=nowhere | found.left)


def held_stays(
    posed: DayProblem,
    heaps: Sequence[Heap],
    stays: Mapping[int, tuple[int, int]],
    tours: Stays,
    search: Search,
) -> Stays:
    """Return tours on which loaders come to heaps and leave them when they are told to."""
    problem = posed.problem
    begin = {
        problem.vehicles[route.vehicle].vehicle_id: [
            (problem.tasks[step.idx].task_id, step.mode)
            for step in route.steps
            if step.kind == "task"
        ]
        for route in tours.routes
    }
    fixed = {k: (leave_s - come_s, (come_s, come_s)) for k, (come_s, leave_s) in stays.items()}
    found = _driven(posed, len(heaps), fixed, 0, search, begin)
    return replace(found, left=tours.left | found.left)


def _driven(
    posed: DayProblem,
    num_heaps: int,
    stays: Mapping[int, tuple[int, tuple[int, int]]],
    steps: int,
    search: Search,
    begin: Given | None,
) -> Stays:
    """Return tours over heaps, each with the seconds of the stay and when it may begin."""
    problem = posed.problem
    first = len(problem.tasks) - num_heaps
    tasks: list[Task] = list(problem.tasks)
    for k, (stay_s, window) in stays.items():
        mode = replace(tasks[first + k].modes[0], service_s=stay_s)
        tasks[first + k] = replace(tasks[first + k], modes=(mode,), windows=(window,))
    if not stays:
        return Stays((), {}, {}, 0)
    loaders = [k for k, v in enumerate(problem.vehicles) if SNOW not in v.capacity_l]
    part = cut(replace(problem, tasks=tuple(tasks)), [first + k for k in sorted(stays)], loaders)
    options = replace(search.options, checkpoint=None, resume=False, target=None, begin=begin)
    plan = solve(part.problem, MaxIterations(steps), search.seed, "native", search.tell, options)
    left = {part.tasks[u.task] - first: u.reason for u in plan.unserved}
    begin_s = {
        part.tasks[timing.step.idx] - first: timing.begin_s
        for route in evaluate_plan(part.problem, plan).driven
        for timing in route.timings
        if timing.step.kind == "task"
    }
    return Stays(tuple(routes_of(part, plan.routes)), begin_s, left, plan.iterations)


def _deadlines(
    posed: DayProblem, heaps: Sequence[Heap], stays_s: Sequence[int | None], hurry: float
) -> dict[int, int]:
    """Return by when each priority shall be loaded, where loaders share the work evenly."""
    loaders = [v for v in posed.problem.vehicles if SNOW not in v.capacity_l]
    begin_s = min(v.shift_start for v in loaders)
    work_s = 0
    latest = {}
    for priority in (1, 2, 3):
        own = zip(heaps, stays_s, strict=True)
        work_s += sum(stay_s or 0 for heap, stay_s in own if heap.priority == priority)
        latest[priority] = begin_s + math.ceil(hurry * work_s / len(loaders))
    return latest


def tours_of(stage: Stage, stays: Stays) -> list[list[int]]:
    """Return the heaps of each loader in the order of its tour, the higher priorities first."""
    own = {
        route.vehicle: [s.idx - stage.first for s in route.steps if s.kind == "task"]
        for route in stays.routes
    }
    return [sorted(own.get(k, []), key=lambda i: stage.heaps[i].priority) for k in stage.loaders]


def best_played(
    stage: Stage, begin: Sequence[list[list[int]]], heaps: Iterable[int], search: Search
) -> tuple[Played, int]:
    """Return the best play that is found from some tours on, and how many were played.

    ``heaps`` are those that a tour may come to. A play counts as ``PLAY_STEPS`` iterations.
    """
    begun = [(stage.play(tours), tours) for tours in begin]
    best, tours = max(begun, key=lambda pair: _merit(pair[0]))
    plays, told = len(begin), time.monotonic()
    all_heaps, chance = sorted(heaps), np.random.default_rng(search.seed)
    total = sum(task.price for task in stage.problem.tasks[: stage.first])
    with Interruptible(search.stop) as stop:
        while not search.stopped and len(all_heaps) > 1 and stop.used(plays * PLAY_STEPS) < 1.0:
            tried = _changed(tours, best, all_heaps, chance)
            played = stage.play(tried)
            plays += 1
            if _merit(played) >= _merit(best):
                tours, best = tried, played
            if time.monotonic() - told >= 1.0:
                told = time.monotonic()
                left = stage.first - len(best.slots)
                search.tell(
                    "improving", stop.used(plays * PLAY_STEPS), total - sum(best.worth), left
                )
    return best, plays * PLAY_STEPS


def _merit(played: Played) -> tuple[int, ...]:
    """What is better is greater: what is hauled of each priority, then how soon all is done."""
    return *played.worth, -sum(leave_s for _, leave_s in played.stays.values())


def _changed(
    tours: Sequence[list[int]], played: Played, heaps: Sequence[int], chance: np.random.Generator
) -> list[list[int]]:
    """Return tours on which a heap, or two neighbors, stand elsewhere among those worked off."""
    changed = [list(own) for own in tours]
    heap = heaps[int(chance.integers(len(heaps)))]
    moved = [heap]
    for own in changed:
        if heap in own:
            at = own.index(heap)
            moved = own[at : at + 1 + int(chance.integers(2))]
            del own[at : at + len(moved)]
    own = changed[int(chance.integers(len(changed)))]
    worked = sum(k in played.stays for k in own)
    at = int(chance.integers(worked + 1))
    own[at:at] = moved
    return changed
