"""Routes as linked lists with an undo log: every change of a step is one entry, taken back in turn.

Arguments are the tables of `ground.Tables` by their names.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inlined_kernel, lean_inner_kernel
from solvers._kernels.ground import (
    ACCEPTS,
    AT,
    BUSY_S,
    CAME,
    CLOSE_S,
    CLOSES,
    COLLECTED_KG,
    COST_LAYER,
    COUNT,
    DRIVE_S,
    ENTRY,
    EXIT,
    FILLS,
    GONE,
    HINT,
    IN_AT,
    IN_COST,
    KG,
    LOG_AFTER,
    LOG_KIND,
    LOG_NODE,
    LOG_WHAT,
    NEXT,
    NEXT_AT,
    NONE,
    NUM_LOGGED,
    NUM_PINNED,
    NUM_POOL,
    NUM_ROUTES,
    NUM_STREAMS,
    NUM_TASKS,
    NUM_TOUCHED,
    NUM_USED,
    ONE,
    ONWARD,
    OPEN_S,
    OPENS,
    OUT_AT,
    OUT_COST,
    PINNED,
    POOL,
    PREV,
    PREV_AT,
    REFILLS,
    ROOM,
    ROUTE,
    SERVICE,
    STAMP,
    STEP,
    STREAM,
    STREAMS,
    TIME_LAYER,
    TOUCHED,
    TURNED,
    TYPE,
    UNLOAD_S,
    UNLOADS,
    VISITS,
    WHAT,
    ZERO,
    wide,
)

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@inlined_kernel
def next_of(link: Int32, x: int) -> int:
    """Return the node behind a node, wide."""
    return wide(link[x, NEXT])


@inlined_kernel
def prev_of(link: Int32, x: int) -> int:
    """Return the node before a node, wide."""
    return wide(link[x, PREV])


@lean_inner_kernel
def beside(link: Int32, tally: Int64, x: int, step: int) -> int:
    """Return the next (or, BACKWARD, the previous) task on the route of x, -1 at its end."""
    ends = tally[NUM_TASKS] + 2 * tally[NUM_ROUTES]
    x = link[x, step]
    while x >= ends:
        x = link[x, step]
    return x if x < tally[NUM_TASKS] else NONE


@lean_inner_kernel
def is_settled(link: Int32, node: Int32, tally: Int64, x: int) -> bool:
    """Whether a pinned task comes behind a node, so that nothing may be put there."""
    if tally[NUM_PINNED] == 0:
        return False
    task = beside(link, tally, x, ONWARD)
    return task >= 0 and node[task, PINNED] > 0


@inlined_kernel
def route_of(node: Int32, x: int) -> int:
    """Return the route of a node or -1, wide."""
    return wide(node[x, ROUTE])


@inlined_kernel
def way(travel: Int32, link: Int32, layer: int, x: int, y: int) -> int:
    """Return the entry of a layer from where node x is left to where node y is entered."""
    return travel[layer, link[x, OUT_AT], link[y, IN_AT]]


@inlined_kernel
def tie(travel: Int32, link: Int32, node: Int32, route: Int64, r: int, x: int, y: int) -> None:
    """Let node y follow node x on a route."""
    leave, enter = link[x, OUT_AT], link[y, IN_AT]
    cost = travel[route[r, COST_LAYER], leave, enter]
    link[x, NEXT], link[x, NEXT_AT], link[x, OUT_COST] = y, enter, cost
    link[y, PREV], link[y, PREV_AT], link[y, IN_COST] = x, leave, cost
    node[x, DRIVE_S] = travel[route[r, TIME_LAYER], leave, enter]


@inlined_kernel
def touch(route: Int64, work: Int64, tally: Int64, r: int) -> None:
    """Note that a route changes in this step."""
    if route[r, STAMP] != tally[STEP]:
        route[r, STAMP] = tally[STEP]
        work[TOUCHED, tally[NUM_TOUCHED]] = r
        tally[NUM_TOUCHED] += 1


@inlined_kernel
def set_mode(mode: Int64, link: Int32, node: Int32, task: int, m: int) -> None:
    """Give a task one of its modes; the links stay as they are."""
    node[task, WHAT] = m
    link[task, IN_AT] = mode[m, ENTRY]
    link[task, OUT_AT] = mode[m, EXIT]
    node[task, BUSY_S] = mode[m, SERVICE]


@lean_inner_kernel
def set_facility(facility: Int64, link: Int32, node: Int32, x: int, f: int, unloads: int) -> None:
    """Make a node of the pool a visit to a facility, to unload (1) or only to refill (0)."""
    node[x, WHAT] = f
    link[x, IN_AT] = link[x, OUT_AT] = facility[f, AT]
    node[x, BUSY_S] = facility[f, UNLOAD_S]
    node[x, OPENS] = facility[f, OPEN_S]
    node[x, CLOSES] = facility[f, CLOSE_S] - facility[f, UNLOAD_S]
    node[x, UNLOADS] = unloads
    node[x, FILLS] = facility[f, REFILLS]


@inlined_kernel
def _count(
    node: Int32, route: Int64, work: Int64, tally: Int64, r: int, x: int, change: int
) -> None:
    """Keep the totals of a route that takes up (1) or gives up (-1) a task."""
    route[r, COLLECTED_KG] += change * node[x, KG]
    route[r, COUNT] += change
    if change > 0 and route[r, COUNT] == 1:
        tally[NUM_USED] += 1
    if change < 0 and route[r, COUNT] == 0:
        tally[NUM_USED] -= 1
        work[HINT, route[r, TYPE]] = r
    if tally[NUM_STREAMS] > 1:
        column = ROOM + 3 * node[x, STREAM] + 2
        route[r, column] += change
        if change > 0 and route[r, column] == 1:
            route[r, STREAMS] += 1
        if change < 0 and route[r, column] == 0:
            route[r, STREAMS] -= 1


@inlined_kernel
def _unlink(
    travel: Int32, link: Int32, node: Int32, route: Int64, work: Int64, tally: Int64, x: int, r: int
) -> None:
    """Take a node out of its route, without a word in the log."""
    p, y = prev_of(link, x), next_of(link, x)
    tie(travel, link, node, route, r, p, y)
    node[x, ROUTE] = NONE
    if x < tally[NUM_TASKS]:
        _count(node, route, work, tally, r, x, -ONE)
    else:
        route[r, VISITS] -= 1
        work[POOL, tally[NUM_POOL]] = x
        tally[NUM_POOL] += 1


@inlined_kernel
def _link(
    travel: Int32,
    link: Int32,
    node: Int32,
    route: Int64,
    work: Int64,
    tally: Int64,
    x: int,
    after: int,
    r: int,
) -> None:
    """Put a node into a route behind another, without a word in the log."""
    y = next_of(link, after)
    node[x, ROUTE] = r
    tie(travel, link, node, route, r, after, x)
    tie(travel, link, node, route, r, x, y)
    if x < tally[NUM_TASKS]:
        _count(node, route, work, tally, r, x, ONE)
    else:
        route[r, VISITS] += 1


@inlined_kernel
def _note(work: Int64, tally: Int64, kind: int, x: int, after: int, what: int) -> None:
    k = tally[NUM_LOGGED]
    work[LOG_KIND, k] = kind
    work[LOG_NODE, k] = x
    work[LOG_AFTER, k] = after
    work[LOG_WHAT, k] = what
    tally[NUM_LOGGED] = k + 1


@lean_inner_kernel
def remove(
    travel: Int32, link: Int32, node: Int32, route: Int64, work: Int64, tally: Int64, x: int, r: int
) -> None:
    """Take a node out of its route; an undo puts it back."""
    what = wide(2 * node[x, WHAT] + node[x, UNLOADS])
    _note(work, tally, GONE, x, prev_of(link, x), what)
    _unlink(travel, link, node, route, work, tally, x, r)


@lean_inner_kernel
def insert(
    travel: Int32,
    link: Int32,
    node: Int32,
    route: Int64,
    work: Int64,
    tally: Int64,
    x: int,
    after: int,
    r: int,
) -> None:
    """Put a node into a route; an undo takes it out."""
    _note(work, tally, CAME, x, r, ZERO)
    _link(travel, link, node, route, work, tally, x, after, r)


@lean_inner_kernel
def insert_visit(
    travel: Int32,
    facility: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    work: Int64,
    tally: Int64,
    f: int,
    after: int,
    r: int,
    stream: int,
) -> int:
    """Put a visit to a facility behind a node; return its node."""
    tally[NUM_POOL] -= 1
    x = work[POOL, tally[NUM_POOL]]
    set_facility(facility, link, node, x, f, facility[f, ACCEPTS + stream])
    insert(travel, link, node, route, work, tally, x, after, r)
    return x


@inlined_kernel
def _turn(
    travel: Int32, mode: Int64, link: Int32, node: Int32, route: Int64, task: int, m: int, r: int
) -> None:
    set_mode(mode, link, node, task, m)
    tie(travel, link, node, route, r, prev_of(link, task), task)
    tie(travel, link, node, route, r, task, next_of(link, task))


@lean_inner_kernel
def turn(
    travel: Int32,
    mode: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    work: Int64,
    tally: Int64,
    task: int,
    m: int,
    r: int,
) -> None:
    """Change the mode of a task on a route; an undo changes it back."""
    _note(work, tally, TURNED, task, r, wide(node[task, WHAT]))
    _turn(travel, mode, link, node, route, task, m, r)


@lean_inner_kernel
def undo(
    travel: Int32,
    mode: Int64,
    facility: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    work: Int64,
    tally: Int64,
    back_to: int,
) -> None:
    """Take back the entries of the log down to a length, the latest first."""
    first_visit = tally[NUM_TASKS] + 2 * tally[NUM_ROUTES]
    for k in range(tally[NUM_LOGGED] - 1, back_to - 1, -1):
        kind, x = work[LOG_KIND, k], work[LOG_NODE, k]
        after, what = work[LOG_AFTER, k], work[LOG_WHAT, k]
        if kind == CAME:
            _unlink(travel, link, node, route, work, tally, x, after)
        elif kind == TURNED:
            _turn(travel, mode, link, node, route, x, what, after)
        else:
            if x >= first_visit:
                tally[NUM_POOL] -= 1
                set_facility(facility, link, node, x, what >> 1, what & 1)
            else:
                set_mode(mode, link, node, x, what >> 1)
            _link(travel, link, node, route, work, tally, x, after, route_of(node, after))
    tally[NUM_LOGGED] = back_to


@inlined_kernel
def first_stream(route: Int64, tally: Int64, r: int) -> int:
    """Return the first stream that a route carries, 0 if it serves nothing."""
    for s in range(tally[NUM_STREAMS]):
        if route[r, ROOM + 3 * s + 2] > 0:
            return s
    return 0
