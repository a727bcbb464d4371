"""When loaders stand where: their tours over heaps in order of priority, and a slot for each load.

A place can be loaded only while a loader is there, and one truck at a time. So loaders are planned
first, each heap as a stay in which its loads have slots one after the other. A slot is as wide as
the trucks and the dumps allow by then, so that trucks may be early or late within it, and no two
loads of a loader ever meet.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from scenarios.cleaning.linked import Search, routes_of
from scenarios.problem import DayProblem
from scenarios.schema import SNOW
from scenarios.snow.heaps import Heap, SnowLoad
from solvers.cut import cut
from solvers.evaluate import evaluate_plan
from solvers.plan import Route
from solvers.problem import Task, Vehicle
from solvers.solve import solve
from solvers.stop import MaxIterations

HURRIES = (1.2, 1.5, 2.0, 3.0)
"""Deadlines tried for a priority, in parts of the time that loaders need for it at the least."""
STEPS, STEPS_A_HEAP = 300, 10
"""Iterations of each search for loaders, at least and for each heap."""
NOWHERE = np.iinfo(np.int32).max // 4


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


def round_trips(posed: DayProblem, heaps: Sequence[Heap]) -> list[int | None]:
    """Return seconds from each heap to the best dump and back, unloading included; None = no way.

    The best is that of the fastest tipper; a dump's queue is not in it.
    """
    problem, at = posed.problem, load_places(posed)
    # a load that stands on no street of a tipper is none of the problem's
    places = np.asarray([at.get(h.loads[0].load_id, -1) for h in heaps], dtype=np.int64)
    dumps = [f for f in problem.facilities if SNOW in f.streams]
    there = np.asarray([f.location for f in dumps], dtype=np.int64)
    unload_s = np.asarray([f.unload_s for f in dumps])
    best = np.full(len(heaps), NOWHERE, dtype=np.int64)
    for profile in sorted({v.profile for v in problem.vehicles if SNOW in v.capacity_l}):
        go, back = (
            _reached(problem.ways.block(profile, origins, targets)[0])
            for origins, targets in ((places, there), (there, places))
        )
        best = np.minimum(best, (go + unload_s + back.T).min(axis=1, initial=NOWHERE))
    best[places < 0] = NOWHERE
    return [int(seconds) if seconds < NOWHERE else None for seconds in best.tolist()]


def _reached(time_s: NDArray[np.int32]) -> NDArray[np.int64]:
    return np.where(time_s < 0, NOWHERE, time_s).astype(np.int64)


def load_places(posed: DayProblem) -> dict[str, int]:
    """Return the location of each load."""
    return {t.task_id: t.modes[0].entry for t in posed.problem.tasks if t.stream == SNOW}


def slot_widths(
    posed: DayProblem, heaps: Sequence[Heap], trips: Sequence[int | None], slack: float
) -> list[int]:
    """Return the width of the slots of each heap: no wider than loading where trucks abound.

    With ``slack`` 1 the tippers are on the road without a pause and all bays of dumps are taken.
    """
    problem = posed.problem
    tippers = [v for v in problem.vehicles if SNOW in v.capacity_l]
    loaders = len(problem.vehicles) - len(tippers)
    bays = sum(f.bays / max(1, f.unload_s) for f in problem.facilities if SNOW in f.streams)
    widths = []
    for heap, trip_s in zip(heaps, trips, strict=True):
        load = max(heap.loads, key=lambda one: one.litres)
        at_once = [_loads_at_once(v, load) for v in tippers]
        rates = [n / ((trip_s or 0) + n * load.service_s) for n in at_once]
        visits = sum(rate / n for rate, n in zip(rates, at_once, strict=True))
        # loads a second that tippers carry, slower where they would queue for the bays
        carried = sum(rates) * min(1.0, bays / visits)
        widths.append(max(load.service_s, math.ceil(slack * loaders / carried)))
    return widths


def _loads_at_once(tipper: Vehicle, load: SnowLoad) -> int:
    """Return how many loads of this size a tipper carries in one trip."""
    by_mass = tipper.capacity_kg // max(1, load.mass_kg)
    return max(1, min(tipper.capacity_l[SNOW] // load.litres, by_mass))


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
    problem = posed.problem
    loaders = [k for k, v in enumerate(problem.vehicles) if SNOW not in v.capacity_l]
    until = max(problem.vehicles[k].shift_end for k in loaders)
    latest = _deadlines(posed, heaps, stays_s, hurry) if hurry else dict.fromkeys((1, 2, 3), until)
    first = len(problem.tasks) - len(heaps)
    chosen, left = [], {}
    tasks: list[Task] = list(problem.tasks)
    for k, (heap, stay_s) in enumerate(zip(heaps, stays_s, strict=True)):
        if stay_s is None:
            left[k] = "unreachable"
            continue
        last = max(heap.ready_s, latest[heap.priority] - stay_s)
        mode = replace(tasks[first + k].modes[0], service_s=stay_s)
        tasks[first + k] = replace(tasks[first + k], modes=(mode,), windows=((heap.ready_s, last),))
        chosen.append(first + k)
    if not chosen:
        return Stays((), {}, left, 0)
    part = cut(replace(problem, tasks=tuple(tasks)), chosen, loaders)
    steps = 0 if search.stopped else STEPS + STEPS_A_HEAP * len(chosen)
    options = replace(search.options, checkpoint=None, resume=False, target=None)
    plan = solve(part.problem, MaxIterations(steps), search.seed, "native", search.tell, options)
    left |= {part.tasks[u.task] - first: u.reason for u in plan.unserved}
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
