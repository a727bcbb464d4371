"""Where detours alone do not tell the cost: each changed route is decoded and booked in full.

Queues at bays, daily tonnage, driving rests, the start that waits least, and overtime are seen
only by `decode`. The fast labels choose, the decoding judges.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import kept_inner_kernel, lean_inner_kernel
from solvers._kernels.booking import Incumbent, book, copy_incumbent, copy_row
from solvers._kernels.ground import (
    COUNT,
    DELTA,
    NUM_REMOVED,
    NUM_ROUTES,
    NUM_TASKS,
    NUM_TOUCHED,
    PRICE,
    REMOVED,
    SLOT,
    TOUCHED,
    VEHICLE,
    WHAT,
    WHOLE,
    Tables,
)
from solvers._kernels.labels import relabel
from solvers._kernels.links import (
    Int32,
    Int64,
    first_stream,
    insert_visit,
    next_of,
    remove,
    route_of,
)
from solvers._kernels.model import FEASIBLE, Bookings, Model, Scratch


class Exact(NamedTuple):
    """The exact routes beside the linked ones, and room to take a step back."""

    model: Model
    bookings: Bookings
    scratch: Scratch
    routes: Incumbent
    backup: Incumbent
    best: Incumbent
    best_bookings: Bookings
    slot: NDArray[np.int64]  # (entries, 3) bays given up in the step: facility, begin, vehicle
    received: NDArray[np.int64]  # (facilities, vehicles)


@lean_inner_kernel
def _write_sequence(
    link: Int32, node: Int32, tally: Int64, sequence: Int32, first: int, vehicle: int
) -> int:
    """Write the nodes of a route from its start on as a sequence; return how many."""
    num_tasks = tally[NUM_TASKS]
    x, end, size = next_of(link, first), first + tally[NUM_ROUTES], 0
    while x != end:
        what = node[x, WHAT]
        sequence[vehicle, size] = what if x < num_tasks else -what - 1
        size += 1
        x = next_of(link, x)
    return size


@lean_inner_kernel
def _drop_slots(slot: Int64, taken: Int64, f: int, vehicle: int) -> None:
    """Take a vehicle's bays at a facility out of the bookings."""
    kept = 0
    for k in range(taken[f]):
        if slot[f, k, 1] != vehicle:
            slot[f, kept, 0] = slot[f, k, 0]
            slot[f, kept, 1] = slot[f, k, 1]
            kept += 1
    taken[f] = kept


@lean_inner_kernel
def _give_up_bays(t: Tables, exact: Exact) -> int:
    """Take the bays of all changed routes out of the bookings; return how many were kept aside."""
    slot, taken, received = exact.bookings.slot, exact.bookings.taken, exact.bookings.received
    num = 0
    for i in range(t.tally[NUM_TOUCHED]):
        vehicle = t.route[t.work[TOUCHED, i], VEHICLE]
        copy_row(exact.backup, exact.routes, vehicle)
        for f in range(taken.shape[0]):
            for k in range(taken[f]):
                if slot[f, k, 1] == vehicle:
                    exact.slot[num, 0] = f
                    exact.slot[num, 1] = slot[f, k, 0]
                    exact.slot[num, 2] = vehicle
                    num += 1
            _drop_slots(slot, taken, f, vehicle)
            exact.received[f, vehicle] = received[f, vehicle]
            received[f, vehicle] = 0
    return num


@lean_inner_kernel
def _take_back_bays(t: Tables, exact: Exact, num: int) -> None:
    """Book the changed routes as they were before the step."""
    slot, taken, received = exact.bookings.slot, exact.bookings.taken, exact.bookings.received
    for i in range(t.tally[NUM_TOUCHED]):
        vehicle = t.route[t.work[TOUCHED, i], VEHICLE]
        copy_row(exact.routes, exact.backup, vehicle)
        for f in range(taken.shape[0]):
            _drop_slots(slot, taken, f, vehicle)
            received[f, vehicle] = exact.received[f, vehicle]
    for i in range(num):
        f = exact.slot[i, 0]
        slot[f, taken[f], 0] = exact.slot[i, 1]
        slot[f, taken[f], 1] = exact.slot[i, 2]
        taken[f] += 1


@lean_inner_kernel
def _adopt_visits(t: Tables, visits: Int64, num: int, vehicle: int, r: int) -> None:
    """Link the visits of a route as the decoding placed them."""
    link, node, route, work, tally = t.link, t.node, t.route, t.work, t.tally
    num_tasks = tally[NUM_TASKS]
    stream = first_stream(route, tally, r)
    x, end = next_of(link, num_tasks + r), num_tasks + tally[NUM_ROUTES] + r
    while x != end:
        y = next_of(link, x)
        if x >= num_tasks:
            remove(t.travel, link, node, route, work, tally, x, r)
        x = y
    x = num_tasks + r
    for i in range(num):
        f = -visits[vehicle, i] - 1
        if f >= 0:
            x = insert_visit(t.travel, t.facility, link, node, route, work, tally, f, x, r, stream)
        else:
            x = next_of(link, x)
    relabel(link, node, route, tally, r, WHOLE, WHOLE)


@kept_inner_kernel
def settle(t: Tables, exact: Exact, threshold: float) -> bool:
    """Decode and book the changed routes; return whether they hold and stay below the threshold.

    Writes the true change of cost into the tally. On refusal the bookings are as before the step.
    """
    tally, routes = t.tally, exact.routes
    cost, size, num_visits = routes.cost, routes.size, routes.num_visits
    num = _give_up_bays(t, exact)
    delta, sound = _price_change(t.node, t.work, t.rank, tally), True
    for i in range(tally[NUM_TOUCHED]):
        r = t.work[TOUCHED, i]
        vehicle = t.route[r, VEHICLE]
        delta -= cost[vehicle]
        size[vehicle] = _write_sequence(
            t.link, t.node, tally, routes.sequence, tally[NUM_TASKS] + r, vehicle
        )
        if book(exact.model, exact.bookings, exact.scratch, routes, vehicle) != FEASIBLE:
            sound = False
            break
        delta += cost[vehicle]
        if t.route[r, COUNT] > 0 and num_visits[vehicle] != size[vehicle]:
            _adopt_visits(t, routes.visits, num_visits[vehicle], vehicle, r)
    if not sound or delta >= threshold:
        _take_back_bays(t, exact, num)
        return False
    tally[DELTA] = delta
    return True


@lean_inner_kernel
def _price_change(node: Int32, work: Int64, rank: Int64, tally: Int64) -> int:
    """Return the prices of tasks that the step leaves out, less those that it takes in."""
    change = 0
    for i in range(tally[NUM_REMOVED]):
        task = work[REMOVED, i]
        served, old = route_of(node, task) >= 0, work[SLOT, task] >= 0
        if served and old:
            change -= rank[PRICE, task]
        if not served and not old:
            change += rank[PRICE, task]
    return change


@lean_inner_kernel
def keep_exact(exact: Exact) -> None:
    """Keep the present exact routes as the best."""
    copy_incumbent(exact.best, exact.routes, exact.best_bookings, exact.bookings)
