"""Ruin and recreate over decoded routes: insertion, string removal, annealing.

Slack induction by string removals after Christiaens & Vanden Berghe 2020, sections 4 and 5
(doi 10.1287/trsc.2019.0914): strings of adjacent stops are torn out of neighboring routes, then put
back greedily with blinks. Insertions are ranked by the cost of their detour, and the few best are
decoded in full, so that unloading, breaks, queues and windows are exact.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inner_kernel, kernel
from solvers._kernels.booking import Incumbent, book
from solvers._kernels.chance import draw
from solvers._kernels.insertion import best_insertion
from solvers._kernels.model import (
    END_WINDOW,
    FEASIBLE,
    FIRST_WINDOW,
    KG,
    NEVER,
    PRICE,
    TASK,
    Bookings,
    Model,
    Scratch,
)

ABSENT = -1
WHOLE_ROUTE = 0.1  # share of steps that take a whole route out, so that a truck can stay at home
OLD_ABSENT = 4  # unserved tasks that a step offers again


@inner_kernel
def _tear(
    model: Model,
    routes: Incumbent,
    vehicle: int,
    task: int,
    length: int,
    keep_visits: bool,
    removed: NDArray[np.int64],
    num: int,
) -> int:
    """Remove up to ``length`` tasks around a task from its route; return the new num."""
    sequence = routes.sequence[vehicle]
    size = routes.size[vehicle]
    here = 0
    for i in range(size):
        if sequence[i] >= 0 and model.mode[sequence[i], TASK] == task:
            here = i
    first = max(0, here - length // 2)
    kept = 0
    taken = 0
    for i in range(size):
        step = sequence[i]
        if step >= 0 and i >= first and taken < length:
            t = model.mode[step, TASK]
            removed[num] = t
            num += 1
            taken += 1
            routes.route_of[t] = ABSENT
        elif step >= 0 or keep_visits:
            sequence[kept] = step
            kept += 1
    routes.size[vehicle] = kept
    return num


@inner_kernel
def _ruin(
    model: Model,
    bookings: Bookings,
    scratch: Scratch,
    routes: Incumbent,
    seed: NDArray[np.uint64],
    touched: NDArray[np.uint8],
    removed: NDArray[np.int64],
    mean_removed: float,
) -> tuple[int, bool]:
    """Tear strings out of neighboring routes; return (number removed, whether all still decode)."""
    num_tasks = model.task.shape[0]
    num = 0
    for v in range(touched.shape[0]):
        touched[v] = 0
    center = int(draw(seed) * num_tasks)
    longest = 1 + int(draw(seed) * 10)
    strings = 1 + int(draw(seed) * (4.0 * mean_removed / (1.0 + longest)))
    whole = draw(seed) < WHOLE_ROUTE
    if whole:
        strings = 1
    torn = 0
    sound = True
    for k in range(-1, model.neighbors.shape[1]):
        task = center if k < 0 else model.neighbors[center, k]
        if task < 0 or torn >= strings:
            break
        vehicle = routes.route_of[task]
        if vehicle == ABSENT or touched[vehicle]:
            continue
        touched[vehicle] = 1
        torn += 1
        length = 1 + int(draw(seed) * min(longest, routes.size[vehicle]))
        if whole:
            length = 2 * routes.size[vehicle]
        keep_visits = draw(seed) < 0.5
        num = _tear(model, routes, vehicle, task, length, keep_visits, removed, num)
        if book(model, bookings, scratch, routes, vehicle) != FEASIBLE:
            sound = False
    return num, sound


@inner_kernel
def _order(model: Model, seed: NDArray[np.uint64], removed: NDArray[np.int64], num: int) -> None:
    """Put removed tasks into the order of insertion: at random, heavy first, or narrow first."""
    for i in range(num - 1, 0, -1):
        j = int(draw(seed) * (i + 1))
        removed[i], removed[j] = removed[j], removed[i]
    rule = int(draw(seed) * 4)
    if rule < 2:
        return
    for i in range(1, num):
        task = removed[i]
        key = _rank(model, rule, task)
        j = i - 1
        while j >= 0 and _rank(model, rule, removed[j]) > key:
            removed[j + 1] = removed[j]
            j -= 1
        removed[j + 1] = task


@inner_kernel
def _rank(model: Model, rule: int, task: int) -> int:
    if rule == 2:
        return -model.task[task, KG]
    first, last = model.task[task, FIRST_WINDOW], model.task[task, END_WINDOW]
    if first == last:
        return NEVER
    return model.window[last - 1, 1]


@kernel
def total_cost(model: Model, routes: Incumbent) -> int:
    """Return the cost of all routes and of what is left out."""
    cost = 0
    for vehicle in range(routes.cost.shape[0]):
        cost += routes.cost[vehicle]
    for task in range(routes.route_of.shape[0]):
        if routes.route_of[task] == ABSENT:
            cost += model.task[task, PRICE]
    return cost


@inner_kernel
def _copy(target: Incumbent, source: Incumbent, into: Bookings, out: Bookings) -> None:
    """Copy one incumbent and its bookings over another; only what is in use is copied."""
    for v in range(source.size.shape[0]):
        target.size[v] = source.size[v]
        target.cost[v] = source.cost[v]
        for i in range(source.size[v]):
            target.sequence[v, i] = source.sequence[v, i]
        target.num_visits[v] = source.num_visits[v]
        for i in range(source.num_visits[v]):
            target.visits[v, i] = source.visits[v, i]
        for i in range(source.size[v] + 1):
            target.early[v, i] = source.early[v, i]
            target.late[v, i] = source.late[v, i]
    for t in range(source.route_of.shape[0]):
        target.route_of[t] = source.route_of[t]
    for f in range(out.taken.shape[0]):
        into.taken[f] = out.taken[f]
        for i in range(out.taken[f]):
            into.slot[f, i, 0] = out.slot[f, i, 0]
            into.slot[f, i, 1] = out.slot[f, i, 1]
        for v in range(out.received.shape[1]):
            into.received[f, v] = out.received[f, v]


@kernel
def ruin_and_recreate(
    model: Model,
    bookings: Bookings,
    scratch: Scratch,
    routes: Incumbent,
    backup: Incumbent,
    backup_bookings: Bookings,
    best: Incumbent,
    best_bookings: Bookings,
    seed: NDArray[np.uint64],
    steps: int,
    heat: float,
) -> tuple[int, int]:
    """Run ``steps`` steps at temperature ``heat`` (money); return (cost, best cost).

    The threshold of acceptance is drawn before the recreate: cost of the step must stay below
    incumbent - heat * ln(u). ``best`` holds the best routes found, and must hold routes on entry.
    """
    num_tasks = model.task.shape[0]
    removed = np.empty(num_tasks, np.int64)
    touched = np.empty(routes.size.shape[0], np.uint8)
    codes = np.zeros(16, np.int64)
    cost = total_cost(model, routes)
    best_cost = total_cost(model, best)
    for _ in range(steps):
        _copy(backup, routes, backup_bookings, bookings)
        threshold = cost - heat * math.log(draw(seed) + 1e-300)
        num, sound = _ruin(model, bookings, scratch, routes, seed, touched, removed, 10.0)
        if sound:
            num = _add_absent(routes, removed, num, seed)
            _order(model, seed, removed, num)
            for i in range(num):
                best_insertion(model, bookings, scratch, routes, removed[i], seed, 0.01, codes)
            after = total_cost(model, routes)
            sound = after < threshold
        if not sound:
            _copy(routes, backup, bookings, backup_bookings)
            continue
        cost = after
        if cost < best_cost:
            best_cost = cost
            _copy(best, routes, best_bookings, bookings)
    return cost, best_cost


@inner_kernel
def _add_absent(
    routes: Incumbent, removed: NDArray[np.int64], num: int, seed: NDArray[np.uint64]
) -> int:
    """Append a few unserved tasks that were not just removed, from a random one on."""
    num_tasks = routes.route_of.shape[0]
    limit = min(removed.shape[0], num + OLD_ABSENT)
    known = num
    offset = int(draw(seed) * num_tasks)
    for k in range(num_tasks):
        if num >= limit:
            break
        task = (offset + k) % num_tasks
        if routes.route_of[task] != ABSENT:
            continue
        fresh = True
        for i in range(known):
            if removed[i] == task:
                fresh = False
        if fresh:
            removed[num] = task
            num += 1
    return num
