"""Routes that change their truck: one at random before the recreate, the cheapest one after it.

Without it a fleet of several types gets stuck: a bigger truck costs more until the further stops
are aboard, and no single insertion pays for it.
"""

from __future__ import annotations

from routing._kernels.jit import lean_inner_kernel
from solvers._kernels.chance import draw
from solvers._kernels.ground import (
    CLASS,
    COLLECTED_KG,
    COST_LAYER,
    COUNT,
    DELTA,
    FIRST_ROUTE,
    FIXED_COST,
    HINT,
    MAX_KG,
    MAX_TASKS,
    NEXT,
    NONE,
    NOTHING,
    NUM_LOGGED,
    NUM_ROUTES,
    NUM_STREAMS,
    NUM_TASKS,
    NUM_TOUCHED,
    NUM_TYPES,
    ROOM,
    SERVE_COST,
    SHUT,
    TIMED,
    TOUCHED,
    TYPE,
    WHAT,
    WHOLE,
    ZERO,
    Tables,
)
from solvers._kernels.labels import holds, relabel
from solvers._kernels.links import (
    Int64,
    insert,
    next_of,
    prev_of,
    remove,
    touch,
    undo,
    way,
)
from solvers._kernels.trips import route_cost

SHAKEN = 0.25  # share of steps in which one changed route gets another truck before the recreate


@lean_inner_kernel
def empty_route(route: Int64, work: Int64, kind: int) -> int:
    """Return an empty route of a type that is not shut, -1 if there is none."""
    r = work[HINT, kind]
    if r < 0 or (route[r, COUNT] == 0 and not route[r, SHUT]):
        return r
    for other in range(work[FIRST_ROUTE, kind], work[FIRST_ROUTE, kind + 1]):
        if route[other, COUNT] == 0 and not route[other, SHUT]:
            work[HINT, kind] = other
            return other
    work[HINT, kind] = NONE
    return NONE


@lean_inner_kernel
def _suits(t: Tables, r: int, other: int) -> bool:
    """Whether the truck of an empty route may do all that route r does, apart from its times."""
    link, route, tally = t.link, t.route, t.tally
    if (
        route[r, COLLECTED_KG] > route[other, MAX_KG]
        or route[r, COUNT] > route[other, MAX_TASKS]
        or tally[NUM_STREAMS] > 1
        or route[r, COLLECTED_KG] > route[other, ROOM]
    ):
        return False
    x, end = next_of(link, tally[NUM_TASKS] + r), tally[NUM_TASKS] + tally[NUM_ROUTES] + r
    while x != end:
        if not t.allowed[route[other, TYPE], x]:
            return False
        x = next_of(link, x)
    return True


@lean_inner_kernel
def _added_with(t: Tables, r: int, other: int) -> int:
    """Return what route r would cost more with the truck of another route."""
    if t.route[r, CLASS] == t.route[other, CLASS]:
        return _added_at_ends(t, r, other)
    return _cost_with(t, r, other) - route_cost(t, r)


@lean_inner_kernel
def _added_at_ends(t: Tables, r: int, other: int) -> int:
    """Return the same for a truck of the same class: only where it starts and ends may differ."""
    travel, link, route, layer = t.travel, t.link, t.route, t.route[r, COST_LAYER]
    start = t.tally[NUM_TASKS] + r
    end = start + t.tally[NUM_ROUTES]
    x, y = next_of(link, start), prev_of(link, end)
    added = way(travel, link, layer, start + other - r, x) - way(travel, link, layer, start, x)
    added += way(travel, link, layer, y, end + other - r) - way(travel, link, layer, y, end)
    return added + route[other, FIXED_COST] - route[r, FIXED_COST]


@lean_inner_kernel
def _cost_with(t: Tables, r: int, other: int) -> int:
    """Return what route r would cost with the truck of another route."""
    travel, link, node, route, tally = t.travel, t.link, t.node, t.route, t.tally
    layer, serve = route[other, COST_LAYER], SERVE_COST + route[other, CLASS]
    num_tasks, num_routes = tally[NUM_TASKS], tally[NUM_ROUTES]
    x, end, total = num_tasks + other, num_tasks + num_routes + r, route[other, FIXED_COST]
    y = next_of(link, num_tasks + r)
    while y != end:
        total += way(travel, link, layer, x, y) + t.mode[node[y, WHAT], serve]
        x, y = y, next_of(link, y)
    return total + way(travel, link, layer, x, num_tasks + num_routes + other)


@lean_inner_kernel
def _change_truck(t: Tables, r: int, other: int) -> None:
    """Bring all tasks of route r into an empty route."""
    travel, link, node, route, work, tally = t.travel, t.link, t.node, t.route, t.work, t.tally
    start, tail = tally[NUM_TASKS] + r, tally[NUM_TASKS] + other
    end = start + tally[NUM_ROUTES]
    touch(route, work, tally, other)
    while link[start, NEXT] != end:
        x = next_of(link, start)
        remove(travel, link, node, route, work, tally, x, r)
        insert(travel, link, node, route, work, tally, x, tail, other)
        tail = x
    if tally[TIMED]:
        relabel(link, node, route, tally, r, WHOLE, WHOLE)
        relabel(link, node, route, tally, other, WHOLE, WHOLE)


@lean_inner_kernel
def _try_truck(t: Tables, r: int, other: int, added: int) -> bool:
    """Change the truck of route r if its times still hold; return whether they did."""
    tally, mark = t.tally, t.tally[NUM_LOGGED]
    _change_truck(t, r, other)
    if holds(t.link, t.node, t.route, tally, other):
        tally[DELTA] += added
        return True
    undo(t.travel, t.mode, t.facility, t.link, t.node, t.route, t.work, tally, mark)
    relabel(t.link, t.node, t.route, tally, r, WHOLE, WHOLE)
    relabel(t.link, t.node, t.route, tally, other, WHOLE, WHOLE)
    return False


@lean_inner_kernel
def shake_truck(t: Tables) -> None:
    """Give one of the changed routes a truck of another type, at what that costs."""
    route, work, tally = t.route, t.work, t.tally
    if tally[NUM_TOUCHED] == 0 or draw(t.seed) >= SHAKEN:
        return
    r = work[TOUCHED, int(draw(t.seed) * tally[NUM_TOUCHED])]
    other = empty_route(route, work, int(draw(t.seed) * tally[NUM_TYPES]))
    if other < 0 or route[r, COUNT] == 0 or route[other, TYPE] == route[r, TYPE]:
        return
    if _suits(t, r, other):
        _try_truck(t, r, other, _added_with(t, r, other))


@lean_inner_kernel
def cheapest_truck(t: Tables, r: int) -> None:
    """Give a route the cheapest truck that can drive it."""
    route, best, chosen = t.route, ZERO, NOTHING
    for kind in range(t.tally[NUM_TYPES]):
        other = empty_route(route, t.work, kind)
        if other < 0 or kind == route[r, TYPE]:
            continue
        added = _added_with(t, r, other)
        if added < best and _suits(t, r, other):
            best, chosen = added, other
    if chosen >= 0:
        _try_truck(t, r, chosen, best)
