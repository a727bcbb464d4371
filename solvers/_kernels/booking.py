"""Routes with their booked bays, and how early and late each position of a route can be."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import lean_inner_kernel, lean_kernel
from solvers._kernels.decode import decode, window_of
from solvers._kernels.model import (
    AT,
    BEGIN,
    CAME,
    CLOSE_S,
    COST,
    END_AT,
    END_WINDOW,
    ENTRY,
    EXIT,
    FEASIBLE,
    FIRST_STREAM,
    FIRST_WINDOW,
    FROM,
    KEPT,
    LAST_CAME,
    LAST_LABEL,
    LATEST_END,
    NEVER,
    PRICE,
    PROFILE,
    SERVICE,
    SET_OUT,
    SHIFT_FROM,
    TASK,
    UNLOAD_S,
    VISIT,
    VISITS,
    Bookings,
    Model,
    Scratch,
)


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
    set_out: NDArray[np.int64]  # (vehicles,) the moment by which the route was booked


@lean_inner_kernel
def place(model: Model, vehicle: int, step: int, leaving: bool) -> int:
    """Return the location at which a step is left (or entered)."""
    if step < 0:
        return model.facility[-step - 1, AT]
    return model.mode[step, EXIT] if leaving else model.mode[step, ENTRY]


@lean_kernel
def book(
    model: Model, bookings: Bookings, scratch: Scratch, routes: Incumbent, vehicle: int
) -> int:
    """Decode a route anew and take its bays; return the code. The old bays are given back first.

    A truck that serves nothing stays at home, unless a load is aboard from the start.
    """
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
        if model.vehicle[vehicle, FIRST_STREAM] < 0:
            routes.early[vehicle, 0] = model.vehicle[vehicle, SHIFT_FROM]
            routes.late[vehicle, 0] = model.vehicle[vehicle, LATEST_END]
            return FEASIBLE
    size = routes.size[vehicle]
    code = decode(model, bookings, scratch, vehicle, routes.sequence[vehicle], size)
    if code != FEASIBLE:
        return code
    routes.cost[vehicle] = scratch.result[COST]
    routes.set_out[vehicle] = scratch.result[FROM]
    _take_bays(bookings, scratch, routes, vehicle)
    if routes.set_out[vehicle] != model.vehicle[vehicle, SHIFT_FROM]:
        # what may be inserted is judged by the earliest day, not by the one that is booked
        scratch.state[SET_OUT] = model.vehicle[vehicle, SHIFT_FROM] + 1
        decode(model, bookings, scratch, vehicle, routes.sequence[vehicle], size)
        scratch.state[SET_OUT] = 0
    _note_early(model, scratch, routes, vehicle)
    _note_late(model, routes, vehicle)
    return FEASIBLE


@lean_inner_kernel
def _serves_any(routes: Incumbent, vehicle: int) -> bool:
    num = 0
    for i in range(routes.size[vehicle]):
        num += routes.sequence[vehicle, i] >= 0
    return num > 0


@lean_inner_kernel
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


@lean_inner_kernel
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


@lean_inner_kernel
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
        leave = place(model, vehicle, step, True)
        if step < 0:
            service = model.facility[-step - 1, UNLOAD_S]
            limit = late[i + 1] - time[leave, after] - service
            late[i] = min(limit, model.facility[-step - 1, CLOSE_S] - service)
        else:
            limit = late[i + 1] - time[leave, after] - model.mode[step, SERVICE]
            late[i] = _latest_begin(model, model.mode[step, TASK], limit)
        after = place(model, vehicle, step, False)


@lean_inner_kernel
def _latest_begin(model: Model, task: int, limit: int) -> int:
    """Return the latest moment <= limit inside a window of a task, -1 if there is none."""
    first, last = model.task[task, FIRST_WINDOW], model.task[task, END_WINDOW]
    latest = limit if first == last else -1
    for i in range(first, last):
        if model.window[i, 0] <= limit:
            latest = max(latest, min(limit, model.window[i, 1]))
    return latest


@lean_inner_kernel
def in_time(
    model: Model, routes: Incumbent, vehicle: int, position: int, mode: int, to: int, on: int
) -> bool:
    """Whether windows and shift could hold with a mode at a position, reached after ``to``."""
    begin, _ = window_of(model, model.mode[mode, TASK], routes.early[vehicle, position] + to)
    done = begin + model.mode[mode, SERVICE] + on
    return begin < NEVER and done <= routes.late[vehicle, position]


@lean_inner_kernel
def copy_row(target: Incumbent, source: Incumbent, vehicle: int) -> None:
    """Copy one vehicle's route; only what is in use is copied."""
    target.size[vehicle] = source.size[vehicle]
    target.cost[vehicle] = source.cost[vehicle]
    target.set_out[vehicle] = source.set_out[vehicle]
    for i in range(source.size[vehicle]):
        target.sequence[vehicle, i] = source.sequence[vehicle, i]
    target.num_visits[vehicle] = source.num_visits[vehicle]
    for i in range(source.num_visits[vehicle]):
        target.visits[vehicle, i] = source.visits[vehicle, i]
    for i in range(source.size[vehicle] + 1):
        target.early[vehicle, i] = source.early[vehicle, i]
        target.late[vehicle, i] = source.late[vehicle, i]


@lean_inner_kernel
def copy_incumbent(target: Incumbent, source: Incumbent, into: Bookings, out: Bookings) -> None:
    """Copy one incumbent and its bookings over another; only what is in use is copied."""
    for vehicle in range(source.size.shape[0]):
        copy_row(target, source, vehicle)
    for t in range(source.route_of.shape[0]):
        target.route_of[t] = source.route_of[t]
    for f in range(out.taken.shape[0]):
        into.taken[f] = out.taken[f]
        for i in range(out.taken[f]):
            into.slot[f, i, 0] = out.slot[f, i, 0]
            into.slot[f, i, 1] = out.slot[f, i, 1]
        for v in range(out.received.shape[1]):
            into.received[f, v] = out.received[f, v]


@lean_kernel
def total_cost(model: Model, routes: Incumbent) -> int:
    """Return the cost of all routes and of what is left out."""
    cost = 0
    for vehicle in range(routes.cost.shape[0]):
        cost += routes.cost[vehicle]
    for task in range(routes.route_of.shape[0]):
        if routes.route_of[task] < 0:
            cost += model.task[task, PRICE]
    return cost
