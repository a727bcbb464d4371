"""Where a task adds least: positions ranked by their detour, the best of them decoded in full."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inner_kernel, kernel
from solvers._kernels.booking import Incumbent, book, in_time, place
from solvers._kernels.chance import draw
from solvers._kernels.decode import decode
from solvers._kernels.model import (
    COST,
    COST_H,
    COST_KM,
    END_AT,
    END_MODE,
    ENTRY,
    EXIT,
    FEASIBLE,
    FIRST_MODE,
    FIXED_COST,
    LIKENESS,
    MODE,
    NEVER,
    PINNED,
    POSITION,
    PRICE,
    PROFILE,
    START_AT,
    VALUE,
    VEHICLE,
    Bookings,
    Model,
    Scratch,
)

ENOUGH = 3  # feasible insertions that are compared in full


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
    pinned = model.vehicle[vehicle, PINNED]
    for position in range(size + 1):
        after = model.vehicle[vehicle, END_AT]
        if position < size:
            after = place(model, vehicle, sequence[position], False)
        to, on = time[before, entry], time[leave, after]
        if (
            pinned <= 0
            and to >= 0
            and on >= 0
            and in_time(model, routes, vehicle, position, mode, to, on)
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
            before = place(model, vehicle, sequence[position], True)
            pinned -= sequence[position] >= 0
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
