"""Whole trips change places, and whole routes their truck: what no small ruin makes.

A trip is what lies between two unloadings. Where trucks are few and each makes several trips, the
trips fill their shifts so tightly that none can move stop by stop: each stop alone would need an
unloading of its own there, and room in a shift that is only given up by the trip that leaves.
"""

from __future__ import annotations

from routing._kernels.jit import inlined_kernel, lean_inner_kernel
from solvers._kernels.chance import draw
from solvers._kernels.fleet import empty_route
from solvers._kernels.ground import (
    BOOKED,
    COLLECTED_KG,
    COMPARTMENTS,
    COST_LAYER,
    COUNT,
    DAY,
    DELTA,
    ENDS_LOADED,
    KG,
    LITRES,
    MAX_KG,
    MAX_TASKS,
    MAX_TRIPS,
    NOTHING,
    NUM_ROUTES,
    NUM_TASKS,
    NUM_TYPES,
    RELOADS,
    ROOM,
    STREAM,
    TANK_L,
    TYPE,
    UNLOADS,
    VISITS,
    WHOLE,
    ZERO,
    Tables,
    wide,
)
from solvers._kernels.labels import holds, is_head, relabel
from solvers._kernels.links import (
    Int32,
    Int64,
    first_stream,
    insert,
    insert_visit,
    is_settled,
    next_of,
    prev_of,
    remove,
    route_of,
    touch,
)
from solvers._kernels.trips import cheapest_visit, route_cost

TRADED = 0.08  # share of the steps in which trips or routes change
BOOKED_TRADED = 0.02  # the same where routes are booked
ROUTES = 0.3  # share of the booked changes in which it is a route
SWAPPED = 0.5  # share of the changes of trips in which two are swapped
BEHIND = 0.5  # share of the others in which a trip goes behind the other, not before it
AFRESH = 0.2  # share of the others in which a trip goes to a truck that stands idle
NEAREST = 20  # neighbors of a task to whose trips its own may go


@inlined_kernel
def trades(t: Tables) -> bool:
    """Whether this step lets trips or routes change."""
    share = BOOKED_TRADED if t.tally[BOOKED] else TRADED
    return (t.tally[RELOADS] or _may_hand_over(t)) and draw(t.seed) < share


@inlined_kernel
def _may_hand_over(t: Tables) -> bool:
    return t.tally[BOOKED] and t.tally[NUM_TYPES] > 1


@lean_inner_kernel
def trade(t: Tables, task: int) -> bool:
    """Let the route of a task change its truck, or trips their places; return whether that holds.

    What a change of truck costs, and whether it holds, is left to the booking.
    """
    if _may_hand_over(t) and not (t.tally[RELOADS] and draw(t.seed) > ROUTES):
        return _hand_over(t, task)
    return _move_trip(t, task)


@lean_inner_kernel
def _may_all(t: Tables, first: int, end: int, other: int) -> bool:
    """Whether the truck of a route may serve all tasks from a node on to another, on that day."""
    link, route, num_tasks = t.link, t.route, t.tally[NUM_TASKS]
    x = first
    while x != end:
        if x < num_tasks and not t.allowed[route[other, TYPE], x]:
            return False
        x = next_of(link, x)
    return True


@lean_inner_kernel
def _hand_over(t: Tables, task: int) -> bool:
    """Bring the route of a task, without its visits, into an empty route of another type."""
    travel, link, node, route, work, tally = t.travel, t.link, t.node, t.route, t.work, t.tally
    r = route_of(node, task)
    other = empty_route(route, work, int(draw(t.seed) * tally[NUM_TYPES]))
    if (
        r < 0
        or other < 0
        or route[r, TYPE] == route[other, TYPE]
        or route[r, DAY] != route[other, DAY]
    ):
        return False
    start, tail = tally[NUM_TASKS] + r, tally[NUM_TASKS] + other
    end = start + tally[NUM_ROUTES]
    x = next_of(link, start)
    if not _may_all(t, x, end, other):
        return False
    touch(route, work, tally, r)
    touch(route, work, tally, other)
    while x != end:
        remove(travel, link, node, route, work, tally, x, r)
        if x < tally[NUM_TASKS]:
            insert(travel, link, node, route, work, tally, x, tail, other)
            tail = x
        x = next_of(link, start)
    relabel(link, node, route, tally, r, WHOLE, WHOLE)
    relabel(link, node, route, tally, other, WHOLE, WHOLE)
    return True


@lean_inner_kernel
def _head_of(link: Int32, node: Int32, tally: Int64, x: int) -> int:
    """Return the node at which the trip of a task begins: an unloading, or the start."""
    while not is_head(node, tally, x):
        x = prev_of(link, x)
    return x


@lean_inner_kernel
def _foot_of(link: Int32, node: Int32, tally: Int64, x: int) -> int:
    """Return the node at which the trip of a task ends: an unloading, or the end of the route."""
    ends = tally[NUM_TASKS] + tally[NUM_ROUTES]
    visits = ends + tally[NUM_ROUTES]
    while x < ends or (x >= visits and not node[x, UNLOADS]):
        x = next_of(link, x)
    return x


@lean_inner_kernel
def _load_of(t: Tables, head: int, foot: int) -> tuple[int, int, int]:
    """Return kilograms, litres and number of tasks of a trip, none if it refills on the way."""
    kg, litres, count, x = ZERO, ZERO, ZERO, next_of(t.link, head)
    while x != foot:
        if x >= t.tally[NUM_TASKS]:
            return ZERO, ZERO, ZERO
        kg += t.node[x, KG]
        litres += t.node[x, LITRES]
        count += 1
        x = next_of(t.link, x)
    return kg, litres, count


@lean_inner_kernel
def _fits(t: Tables, head: int, foot: int, r: int, s: int, back_kg: int, back: int) -> bool:
    """Whether the trip between two nodes of route r fits the truck of s, which gives up another.

    ``back_kg`` and ``back`` are kilograms and number of the tasks that it gives up.
    """
    route = t.route
    stream = first_stream(route, t.tally, r)
    if route[s, COUNT] > 0 and first_stream(route, t.tally, s) != stream:
        return False
    kg, litres, count = _load_of(t, head, foot)
    column = ROOM + 3 * stream
    return (
        count > 0
        and kg <= route[s, column]
        and litres <= route[s, column + 1]
        and route[s, COLLECTED_KG] + kg - back_kg <= route[s, MAX_KG]
        and route[s, COUNT] + count - back <= route[s, MAX_TASKS]
        and _may_all(t, next_of(t.link, head), foot, s)
    )


@lean_inner_kernel
def _carry(t: Tables, head: int, foot: int, r: int, after: int, s: int) -> int:
    """Bring the tasks between two nodes of route r behind a node of route s; return the last."""
    travel, link, node, route, work, tally = t.travel, t.link, t.node, t.route, t.work, t.tally
    x = next_of(link, head)
    while x != foot:
        remove(travel, link, node, route, work, tally, x, r)
        insert(travel, link, node, route, work, tally, x, after, s)
        after = x
        x = next_of(link, head)
    return after


@lean_inner_kernel
def _unload_behind(t: Tables, x: int, task: int, r: int) -> int:
    """Put the cheapest visit near a task behind a node of route r; return its node, -1 if none."""
    link, route = t.link, t.route
    y = next_of(link, x)
    _, f = cheapest_visit(t.travel, t.visits, t.facility, link, route[r, COST_LAYER], x, y, task)
    if f < 0:
        return f
    stream = wide(t.node[task, STREAM])
    return insert_visit(t.travel, t.facility, link, t.node, route, t.work, t.tally, f, x, r, stream)


@lean_inner_kernel
def _close_up(t: Tables, head: int, foot: int, r: int) -> None:
    """Remove the visit that a trip leaves behind, and all visits of a route left with no task."""
    link, node, route, work, tally = t.link, t.node, t.route, t.work, t.tally
    visits = tally[NUM_TASKS] + 2 * tally[NUM_ROUTES]
    if route[r, COUNT] == 0:
        start = tally[NUM_TASKS] + r
        x = next_of(link, start)
        while x != start + tally[NUM_ROUTES]:
            remove(t.travel, link, node, route, work, tally, x, r)
            x = next_of(link, start)
    elif foot >= visits:
        remove(t.travel, link, node, route, work, tally, foot, r)
    elif head >= visits and route[r, ENDS_LOADED]:
        remove(t.travel, link, node, route, work, tally, head, r)


@lean_inner_kernel
def _swap_trips(t: Tables, a: int, b: int, r: int, s: int) -> bool:
    """Let the trips of two tasks change places; return whether they fit there."""
    link, node, tally = t.link, t.node, t.tally
    head, foot = _head_of(link, node, tally, a), _foot_of(link, node, tally, a)
    there, until = _head_of(link, node, tally, b), _foot_of(link, node, tally, b)
    kg, _, count = _load_of(t, head, foot)
    back_kg, _, back = _load_of(t, there, until)
    if not _fits(t, there, until, s, r, kg, count) or not _fits(t, head, foot, r, s, back_kg, back):
        return False
    last = _carry(t, head, foot, r, there, s)
    _carry(t, last, until, s, head, r)
    return True


@lean_inner_kernel
def _bring_trip(t: Tables, a: int, b: int, r: int, s: int) -> bool:
    """Bring the trip of task a before or behind that of b; return whether it fits there.

    With b < 0 it goes to the empty route s.
    """
    link, node, route, tally = t.link, t.node, t.route, t.tally
    head, foot = _head_of(link, node, tally, a), _foot_of(link, node, tally, a)
    if not _fits(t, head, foot, r, s, ZERO, ZERO) or route[s, VISITS] >= route[s, MAX_TRIPS]:
        return False
    there, unloads = tally[NUM_TASKS] + s, True
    if b < 0:
        unloads = not route[s, ENDS_LOADED]
    elif draw(t.seed) < BEHIND:
        there = _foot_of(link, node, tally, b)
        if there == tally[NUM_TASKS] + tally[NUM_ROUTES] + s:  # the trip before has to be unloaded
            there, unloads = _unload_behind(t, prev_of(link, there), b, s), False
            if there < 0:
                return False
    else:
        there = _head_of(link, node, tally, b)
    if is_settled(link, node, tally, there):
        return False
    last = _carry(t, head, foot, r, there, s)
    _close_up(t, head, foot, r)
    return not unloads or _unload_behind(t, last, a, s) >= 0


@lean_inner_kernel
def _move_trip(t: Tables, a: int) -> bool:
    """Swap the trip of a task with one near, or bring it elsewhere; return whether that holds."""
    near, link, node, route, work, tally = t.near, t.link, t.node, t.route, t.work, t.tally
    r = route_of(node, a)
    if r < 0:
        return False
    b, s = wide(near[a, int(draw(t.seed) * min(NEAREST, near.shape[1]))]), NOTHING
    swapped = draw(t.seed) < SWAPPED
    if not swapped and draw(t.seed) < AFRESH:
        b, s = NOTHING, empty_route(route, work, int(draw(t.seed) * tally[NUM_TYPES]))
    elif b >= 0:
        s = route_of(node, b)
    if (
        s < 0
        or s == r
        or route[s, DAY] != route[r, DAY]
        or max(route[r, COMPARTMENTS], route[s, COMPARTMENTS]) > 1
        or max(route[r, TANK_L], route[s, TANK_L]) > 0
    ):
        return False
    before = route_cost(t, r) + route_cost(t, s)
    touch(route, work, tally, r)
    touch(route, work, tally, s)
    fits = _swap_trips(t, a, b, r, s) if swapped else _bring_trip(t, a, b, r, s)
    if not fits:
        return False
    relabel(link, node, route, tally, r, WHOLE, WHOLE)
    relabel(link, node, route, tally, s, WHOLE, WHOLE)
    tally[DELTA] += route_cost(t, r) + route_cost(t, s) - before
    return holds(link, node, route, tally, r) and holds(link, node, route, tally, s)
