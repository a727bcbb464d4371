"""Ruin and recreate over decoded routes: insertion, string removal, annealing.

Slack induction by string removals after Christiaens & Vanden Berghe 2020, sections 4 and 5
(doi 10.1287/trsc.2019.0914): strings of adjacent stops are torn out of neighboring routes, then put
back greedily with blinks. Insertions are ranked by the cost of their detour, and the few best are
decoded in full, so that unloading, breaks, queues and windows are exact.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inner_kernel, kernel
from solvers._kernels.decode import decode, window_of
from solvers._kernels.model import (
    AT,
    BEGIN,
    CAME,
    CLOSE_S,
    COST,
    COST_H,
    COST_KM,
    END_AT,
    END_MODE,
    END_WINDOW,
    ENTRY,
    EXIT,
    FEASIBLE,
    FIRST_MODE,
    FIRST_WINDOW,
    FIXED_COST,
    KEPT,
    KG,
    LAST_CAME,
    LAST_LABEL,
    LATEST_END,
    LIKENESS,
    MODE,
    NEVER,
    POSITION,
    PRICE,
    PROFILE,
    SERVICE,
    SHIFT_FROM,
    START_AT,
    TASK,
    UNLOAD_S,
    VALUE,
    VEHICLE,
    VISIT,
    VISITS,
    Bookings,
    Model,
    Scratch,
)

ABSENT = -1
WHOLE_ROUTE = 0.1  # share of steps that take a whole route out, so that a truck can stay at home
OLD_ABSENT = 4  # unserved tasks that a step offers again
ENOUGH = 3  # feasible insertions that are compared in full


class Incumbent(NamedTuple):
    """Routes under search: (vehicles, slots) sequences, their sizes and costs, and who is where."""

    sequence: NDArray[np.int32]
    size: NDArray[np.int64]
    cost: NDArray[np.int64]
    route_of: NDArray[np.int64]  # (tasks,) vehicle, -1 = unserved
    visits: NDArray[np.int32]  # (vehicles, slots) the sequence as booked, with every visit in it
    num_visits: NDArray[np.int64]
    early: NDArray[np.int64]  # (vehicles, slots + 1) earliest departure towards each position
    late: NDArray[np.int64]  # (vehicles, slots + 1) latest useful arrival at each position


@inner_kernel
def draw(seed: NDArray[np.uint64]) -> float:
    """Return the next number of [0, 1) of an xorshift64* generator; seed is uint64 (1,)."""
    x = seed[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    seed[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@kernel
def book(
    model: Model, bookings: Bookings, scratch: Scratch, routes: Incumbent, vehicle: int
) -> int:
    """Decode a route anew and take its bays; return the code. The old bays are given back first."""
    for f in range(bookings.taken.shape[0]):
        kept = 0
        for i in range(bookings.taken[f]):
            if bookings.slot[f, i, 1] != vehicle:
                bookings.slot[f, kept, 0] = bookings.slot[f, i, 0]
                bookings.slot[f, kept, 1] = bookings.slot[f, i, 1]
                kept += 1
        bookings.taken[f] = kept
        bookings.received[f, vehicle] = 0
    routes.cost[vehicle] = 0
    routes.num_visits[vehicle] = 0
    if not _serves_any(routes, vehicle):
        routes.size[vehicle] = 0
        routes.early[vehicle, 0] = model.vehicle[vehicle, SHIFT_FROM]
        routes.late[vehicle, 0] = model.vehicle[vehicle, LATEST_END]
        return FEASIBLE
    size = routes.size[vehicle]
    code = decode(model, bookings, scratch, vehicle, routes.sequence[vehicle], size)
    if code != FEASIBLE:
        return code
    routes.cost[vehicle] = scratch.result[COST]
    _take_bays(bookings, scratch, routes, vehicle)
    _note_early(model, scratch, routes, vehicle)
    _note_late(model, routes, vehicle)
    return FEASIBLE


@inner_kernel
def _note_early(model: Model, scratch: Scratch, routes: Incumbent, vehicle: int) -> None:
    """Keep the earliest departure towards each position of the route just decoded."""
    early, sequence, log = routes.early[vehicle], routes.sequence[vehicle], scratch.log
    early[0] = model.vehicle[vehicle, SHIFT_FROM]
    slot = 0
    for i in range(routes.size[vehicle]):
        early[i + 1] = early[i]
        if sequence[i] >= 0:
            while log[slot, VISIT] != sequence[i]:
                slot += 1
            begin = min(log[slot, BEGIN], log[slot, BEGIN + 1])
            early[i + 1] = begin + model.mode[sequence[i], SERVICE]


@inner_kernel
def _note_late(model: Model, routes: Incumbent, vehicle: int) -> None:
    """Keep the latest arrival at each position after which windows and shift could be held.

    Visits and breaks that the decoding would add are not counted, so nothing good is ruled out.
    """
    late, sequence = routes.late[vehicle], routes.sequence[vehicle]
    time = model.time[model.vehicle[vehicle, PROFILE]]
    size = routes.size[vehicle]
    late[size] = model.vehicle[vehicle, LATEST_END]
    after = model.vehicle[vehicle, END_AT]
    for i in range(size - 1, -1, -1):
        step = sequence[i]
        leave = _place(model, vehicle, step, True)
        if step < 0:
            service = model.facility[-step - 1, UNLOAD_S]
            limit = late[i + 1] - time[leave, after] - service
            late[i] = min(limit, model.facility[-step - 1, CLOSE_S] - service)
        else:
            limit = late[i + 1] - time[leave, after] - model.mode[step, SERVICE]
            late[i] = _latest_begin(model, model.mode[step, TASK], limit)
        after = _place(model, vehicle, step, False)


@inner_kernel
def _latest_begin(model: Model, task: int, limit: int) -> int:
    """Return the latest moment <= limit inside a window of a task, -1 if there is none."""
    first, last = model.task[task, FIRST_WINDOW], model.task[task, END_WINDOW]
    latest = limit if first == last else -1
    for i in range(first, last):
        if model.window[i, 0] <= limit:
            latest = max(latest, min(limit, model.window[i, 1]))
    return latest


@inner_kernel
def _in_time(
    model: Model, routes: Incumbent, vehicle: int, position: int, mode: int, to: int, on: int
) -> bool:
    """Whether windows and shift could hold with a mode at a position, reached after ``to``."""
    begin, _ = window_of(model, model.mode[mode, TASK], routes.early[vehicle, position] + to)
    done = begin + model.mode[mode, SERVICE] + on
    return begin < NEVER and done <= routes.late[vehicle, position]


@inner_kernel
def _serves_any(routes: Incumbent, vehicle: int) -> bool:
    num = 0
    for i in range(routes.size[vehicle]):
        num += routes.sequence[vehicle, i] >= 0
    return num > 0


@inner_kernel
def _take_bays(bookings: Bookings, scratch: Scratch, routes: Incumbent, vehicle: int) -> None:
    """Enter the facility visits of the route just decoded into the bookings."""
    routes.num_visits[vehicle] = scratch.result[VISITS]
    num = scratch.result[VISITS]
    pick = scratch.result[LAST_LABEL]
    came = scratch.result[LAST_CAME]
    if pick == 1 and came != KEPT:
        pick = 0
    for i in range(num - 1, -1, -1):
        step = scratch.log[i, VISIT]
        routes.visits[vehicle, i] = step
        if step < 0:
            f = -step - 1
            k = bookings.taken[f]
            bookings.slot[f, k, 0] = scratch.log[i, BEGIN + pick]
            bookings.slot[f, k, 1] = vehicle
            bookings.taken[f] = k + 1
        if pick == 1 and scratch.log[i, CAME + 1] != KEPT:
            pick = 0
    for f in range(bookings.taken.shape[0]):
        bookings.received[f, vehicle] = scratch.own[f]


@inner_kernel
def _offer(top: NDArray[np.int64], value: int, vehicle: int, position: int, mode: int) -> None:
    """Keep an insertion among the best few, sorted by value."""
    k = top.shape[0] - 1
    if value >= top[k, VALUE]:
        return
    while k > 0 and top[k - 1, VALUE] > value:
        for column in range(4):
            top[k, column] = top[k - 1, column]
        k -= 1
    top[k, VALUE] = value
    top[k, VEHICLE] = vehicle
    top[k, POSITION] = position
    top[k, MODE] = mode


@inner_kernel
def _place(model: Model, vehicle: int, step: int, leaving: bool) -> int:
    """Return the location at which a step is left (or entered)."""
    if step < 0:
        return model.facility[-step - 1, AT]
    return model.mode[step, EXIT] if leaving else model.mode[step, ENTRY]


@inner_kernel
def _scan_route(
    model: Model,
    scratch: Scratch,
    routes: Incumbent,
    vehicle: int,
    mode: int,
    seed: NDArray[np.uint64],
    blink: float,
) -> None:
    """Offer the two best positions of one route for a mode, by the cost of the detour.

    Two a route, so that a crowd of good but infeasible places in one does not hide all others.
    """
    best, second, at_best, at_second = NEVER, NEVER, -1, -1
    profile = model.vehicle[vehicle, PROFILE]
    time, length = model.time[profile], model.length[profile]
    size = routes.size[vehicle]
    sequence = routes.sequence[vehicle]
    entry, leave = model.mode[mode, ENTRY], model.mode[mode, EXIT]
    before = model.vehicle[vehicle, START_AT]
    opening = model.vehicle[vehicle, FIXED_COST] if size == 0 else 0
    for position in range(size + 1):
        after = model.vehicle[vehicle, END_AT]
        if position < size:
            after = _place(model, vehicle, sequence[position], False)
        to, on = time[before, entry], time[leave, after]
        if (
            to >= 0
            and on >= 0
            and _in_time(model, routes, vehicle, position, mode, to, on)
            and (blink <= 0.0 or draw(seed) >= blink)
        ):
            metres = length[before, entry] + length[leave, after] - length[before, after]
            seconds = to + on - time[before, after]
            value = (
                opening
                + model.vehicle[vehicle, COST_KM] * metres // 1000
                + model.vehicle[vehicle, COST_H] * seconds // 3600
            )
            if value < best:
                second, at_second = best, at_best
                best, at_best = value, position
            elif value < second:
                second, at_second = value, position
        if position < size:
            before = _place(model, vehicle, sequence[position], True)
    for k in range(2):
        value, position = (best, at_best) if k == 0 else (second, at_second)
        if value < NEVER:
            _offer(scratch.top, value, vehicle, position, mode)


@inner_kernel
def _try_place(
    model: Model, bookings: Bookings, scratch: Scratch, routes: Incumbent, k: int
) -> tuple[int, int]:
    """Return (code, added cost) of the k-th ranked insertion, decoded in full."""
    vehicle, position = scratch.top[k, VEHICLE], scratch.top[k, POSITION]
    size = routes.size[vehicle]
    if size + 1 > scratch.trial.shape[0] // 2:
        return NEVER, NEVER
    sequence = routes.sequence[vehicle]
    for i in range(position):
        scratch.trial[i] = sequence[i]
    scratch.trial[position] = scratch.top[k, MODE]
    for i in range(position, size):
        scratch.trial[i + 1] = sequence[i]
    code = decode(model, bookings, scratch, vehicle, scratch.trial, size + 1)
    if code != FEASIBLE:
        return code, NEVER
    return code, scratch.result[COST] - routes.cost[vehicle]


@inner_kernel
def scan(
    model: Model,
    scratch: Scratch,
    routes: Incumbent,
    task: int,
    seed: NDArray[np.uint64],
    blink: float,
    only: int,
) -> None:
    """Rank the insertions of a task over all routes (or one) into scratch.top.

    One empty vehicle stands for all that are alike.
    """
    for k in range(scratch.top.shape[0]):
        scratch.top[k, VALUE] = NEVER
    for vehicle in range(routes.size.shape[0]):
        if (only >= 0 and vehicle != only) or not model.allowed[vehicle, task]:
            continue
        if routes.size[vehicle] == 0 and only < 0 and _has_empty_twin(model, routes, vehicle):
            continue
        for mode in range(model.task[task, FIRST_MODE], model.task[task, END_MODE]):
            _scan_route(model, scratch, routes, vehicle, mode, seed, blink)


@inner_kernel
def _has_empty_twin(model: Model, routes: Incumbent, vehicle: int) -> bool:
    for other in range(vehicle):
        if (
            routes.size[other] == 0
            and model.vehicle[other, LIKENESS] == model.vehicle[vehicle, LIKENESS]
        ):
            return True
    return False


@kernel
def best_insertion(
    model: Model,
    bookings: Bookings,
    scratch: Scratch,
    routes: Incumbent,
    task: int,
    seed: NDArray[np.uint64],
    blink: float,
    codes: NDArray[np.int64],
) -> int:
    """Insert a task where it adds least; return the added cost, NEVER where no place is feasible.

    Writes the route, and counts the code of each refused trial in ``codes`` (NUM_CODES,).
    """
    scan(model, scratch, routes, task, seed, blink, -1)
    best, chosen, feasible = NEVER, -1, 0
    for k in range(scratch.top.shape[0]):
        if scratch.top[k, VALUE] >= NEVER:
            break
        code, added = _try_place(model, bookings, scratch, routes, k)
        if code != FEASIBLE:
            if code < codes.shape[0]:
                codes[code] += 1
            continue
        feasible += 1
        if added < best:
            best, chosen = added, k
        if feasible == ENOUGH:
            break
    if chosen < 0 or best > model.task[task, PRICE]:
        return NEVER
    vehicle = scratch.top[chosen, VEHICLE]
    _insert(routes, vehicle, scratch.top[chosen, POSITION], scratch.top[chosen, MODE], task)
    book(model, bookings, scratch, routes, vehicle)
    return best


@inner_kernel
def _insert(routes: Incumbent, vehicle: int, position: int, mode: int, task: int) -> None:
    sequence = routes.sequence[vehicle]
    for i in range(routes.size[vehicle], position, -1):
        sequence[i] = sequence[i - 1]
    sequence[position] = mode
    routes.size[vehicle] += 1
    routes.route_of[task] = vehicle


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
