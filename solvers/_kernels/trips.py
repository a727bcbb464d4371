"""What is best for a fixed order of tasks: where to unload, and which mode each task is served in.

Two dynamic programs over one route. Both change links through the undo log, and take back what
does not hold the route's times.
"""

from __future__ import annotations

from routing._kernels.jit import lean_inner_kernel
from solvers._kernels.ground import (
    AT,
    CLASS,
    COMPARTMENTS,
    COST_LAYER,
    COUNT,
    DELTA,
    END_MODE,
    ENDS_LOADED,
    ENTRY,
    EXIT,
    FIRST_MODE,
    FIXED_COST,
    IN_AT,
    KEY,
    KG,
    LITRES,
    MAX_TRIPS,
    MOST_MODES,
    NEVER,
    NONE,
    NUM_LOGGED,
    NUM_ROUTES,
    NUM_TASKS,
    OUT_AT,
    OUT_COST,
    PLAN,
    ROOM,
    SERVE_COST,
    STREAMS,
    TANK_L,
    VISITS,
    WHAT,
    WHOLE,
    ZERO,
    Tables,
    wide,
)
from solvers._kernels.labels import holds, relabel
from solvers._kernels.links import (
    Int32,
    Int64,
    first_stream,
    insert_visit,
    next_of,
    remove,
    turn,
    undo,
    way,
)

CHOICE, FROM, QUEUE = PLAN + 1, PLAN + 2, PLAN + 3  # rows of work beside the order of tasks in PLAN


@lean_inner_kernel
def ways_cost(mode: Int64, link: Int32, node: Int32, route: Int64, tally: Int64, r: int) -> int:
    """Return the cost of all ways of a route, with the service in the present modes."""
    num_tasks, serve = tally[NUM_TASKS], SERVE_COST + route[r, CLASS]
    x, end, total = num_tasks + r, num_tasks + tally[NUM_ROUTES] + r, 0
    while x != end:
        total += link[x, OUT_COST]
        if x < num_tasks:
            total += mode[node[x, WHAT], serve]
        x = next_of(link, x)
    return total


@lean_inner_kernel
def route_cost(t: Tables, r: int) -> int:
    """Return what a route costs with its truck, nothing if it serves nothing."""
    if t.route[r, COUNT] == 0:
        return ZERO
    return ways_cost(t.mode, t.link, t.node, t.route, t.tally, r) + t.route[r, FIXED_COST]


@lean_inner_kernel
def cheapest_visit(
    travel: Int32,
    visits: Int64,
    facility: Int64,
    link: Int32,
    layer: int,
    x: int,
    y: int,
    task: int,
) -> tuple[int, int]:
    """Return (added cost, facility) of unloading between nodes x and y, near a task."""
    leave, enter = link[x, OUT_AT], link[y, IN_AT]
    best, chosen = NEVER, NONE
    for k in range(visits.shape[1] // 2):
        f = visits[task, k]
        if f < 0:
            break
        at = facility[f, AT]
        value = travel[layer, leave, at] + travel[layer, at, enter]
        if value < best:
            best, chosen = value, f
    return best - wide(travel[layer, leave, enter]), chosen


@lean_inner_kernel
def _plan_visits(t: Tables, r: int, num: int) -> tuple[int, int]:
    """Fill the plan with the best visits for the order of tasks.

    F[j], kept in a row of rank, is the least detour with a visit right behind the first j tasks:
    that of the visit, and the least F[i] of the i from which on all still fits aboard. These i are
    a window that slides with j, so that a queue of candidates gives its least in O(tasks) for all.
    Returns (last gap with a visit, detours).
    """
    link, node, route, work, rank, tally = t.link, t.node, t.route, t.work, t.rank, t.tally
    layer, end = route[r, COST_LAYER], tally[NUM_TASKS] + tally[NUM_ROUTES] + r
    column = ROOM + 3 * first_stream(route, tally, r)
    rank[KEY, 0] = 0
    head = tail = low = kg = litres = 0
    for j in range(1, num + 1):
        x = work[PLAN, j - 1]
        y = work[PLAN, j] if j < num else end
        added, f = cheapest_visit(t.travel, t.visits, t.facility, link, layer, x, y, x)
        if j < num:
            other, there = cheapest_visit(t.travel, t.visits, t.facility, link, layer, x, y, y)
            if other < added:
                added, f = other, there
        work[CHOICE, j] = f
        while tail > head and rank[KEY, work[QUEUE, tail - 1]] >= rank[KEY, j - 1]:
            tail -= 1
        work[QUEUE, tail] = j - 1
        tail += 1
        kg += node[x, KG]
        litres += node[x, LITRES]
        while low < j and (kg > route[r, column] or litres > route[r, column + 1]):
            kg -= node[work[PLAN, low], KG]
            litres -= node[work[PLAN, low], LITRES]
            low += 1
        while head < tail and work[QUEUE, head] < low:
            head += 1
        rank[KEY, j] = NEVER
        if head < tail:
            work[FROM, j] = work[QUEUE, head]
            rank[KEY, j] = min(NEVER, rank[KEY, work[QUEUE, head]] + added)
    best, last = NEVER, num
    if route[r, ENDS_LOADED]:
        if head < tail:
            last = work[QUEUE, head]
            best = rank[KEY, last]
    else:  # what weighs nothing may stay aboard
        i = num - 1
        while i >= low and node[work[PLAN, i], KG] + node[work[PLAN, i], LITRES] == 0:
            if rank[KEY, i] < best:
                best, last = rank[KEY, i], i
            i -= 1
    if rank[KEY, num] < best:
        return num, rank[KEY, num]
    return last, best


@lean_inner_kernel
def _read_plan(t: Tables, r: int) -> tuple[int, int]:
    """Write the tasks of a route into the plan; return how many, and the detours of its visits."""
    link, work, num_tasks = t.link, t.work, t.tally[NUM_TASKS]
    layer, end = t.route[r, COST_LAYER], num_tasks + t.tally[NUM_ROUTES] + r
    p, num, detours = num_tasks + r, 0, link[num_tasks + r, OUT_COST]
    x = next_of(link, p)
    while x != end:
        detours += link[x, OUT_COST]
        if x < num_tasks:
            work[PLAN, num] = x
            num += 1
            detours -= way(t.travel, link, layer, p, x)
            p = x
        x = next_of(link, x)
    return num, detours - way(t.travel, link, layer, p, end)


@lean_inner_kernel
def replan_visits(t: Tables, r: int) -> bool:
    """Place the unloadings of a route anew where that is cheaper; return whether it was changed.

    Trucks with several compartments or a tank are left to the search.
    """
    link, node, route, work, tally = t.link, t.node, t.route, t.work, t.tally
    if (
        route[r, VISITS] == 0
        or route[r, COMPARTMENTS] > 1
        or route[r, TANK_L] > 0
        or route[r, STREAMS] > 1
    ):
        return False
    num, gain = _read_plan(t, r)
    if num == 0:
        return False
    last, detours = _plan_visits(t, r, num)
    gain -= detours
    if gain <= 0:
        return False
    trips, at = 0, last
    while at > 0:
        trips += 1
        at = work[FROM, at]
    if trips > route[r, MAX_TRIPS]:
        return False
    mark, stream = tally[NUM_LOGGED], first_stream(route, tally, r)
    end = tally[NUM_TASKS] + tally[NUM_ROUTES] + r
    x = next_of(link, tally[NUM_TASKS] + r)
    while x != end:
        y = next_of(link, x)
        if x >= tally[NUM_TASKS]:
            remove(t.travel, link, node, route, work, tally, x, r)
        x = y
    while last > 0:
        x, f = work[PLAN, last - 1], work[CHOICE, last]
        insert_visit(t.travel, t.facility, link, node, route, work, tally, f, x, r, stream)
        last = work[FROM, last]
    relabel(link, node, route, tally, r, WHOLE, WHOLE)
    if holds(link, node, route, tally, r):
        tally[DELTA] -= gain
        return True
    undo(t.travel, t.mode, t.facility, link, node, route, work, tally, mark)
    relabel(link, node, route, tally, r, WHOLE, WHOLE)
    return False


@lean_inner_kernel
def replan_modes(t: Tables, r: int) -> bool:
    """Choose the modes of all tasks of a route anew where that is cheaper; whether it was changed.

    O(tasks of the route * modes^2).
    """
    travel, mode, link, node, route = t.travel, t.mode, t.link, t.node, t.route
    work, rank, tally = t.work, t.rank, t.tally
    num_tasks, layer = tally[NUM_TASKS], route[r, COST_LAYER]
    end = num_tasks + tally[NUM_ROUTES] + r
    x, num, width = num_tasks + r, 0, 1
    rank[KEY, 0] = 0
    while x != end:
        y = next_of(link, x)
        wide = node[y, END_MODE] - node[y, FIRST_MODE] if y < num_tasks else 1
        for k in range(wide):
            m = node[y, FIRST_MODE] + k
            into = mode[m, ENTRY] if y < num_tasks else link[y, IN_AT]
            best = NEVER
            for i in range(width):
                leave = link[x, OUT_AT]
                if x < num_tasks:
                    leave = mode[node[x, FIRST_MODE] + i, EXIT]
                value = rank[KEY, i] + travel[layer, leave, into]
                if value < best:
                    best = value
                    work[PLAN + 1 + k, num] = i
            if y < num_tasks:
                best += mode[m, SERVE_COST + route[r, CLASS]]
            rank[KEY, MOST_MODES + k] = best
        width = wide
        for k in range(width):
            rank[KEY, k] = rank[KEY, MOST_MODES + k]
        work[PLAN, num] = y
        num += 1
        x = y
    gain = ways_cost(mode, link, node, route, tally, r) - rank[KEY, 0]
    if gain <= 0:
        return False
    mark, choice = tally[NUM_LOGGED], 0
    for j in range(num - 1, 0, -1):
        choice = work[PLAN + 1 + choice, j]
        x = work[PLAN, j - 1]
        if x >= num_tasks:
            choice = 0
        elif node[x, FIRST_MODE] + choice != node[x, WHAT]:
            turn(travel, mode, link, node, route, work, tally, x, node[x, FIRST_MODE] + choice, r)
    relabel(link, node, route, tally, r, WHOLE, WHOLE)
    if holds(link, node, route, tally, r):
        tally[DELTA] -= gain
        return True
    undo(travel, mode, t.facility, link, node, route, work, tally, mark)
    relabel(link, node, route, tally, r, WHOLE, WHOLE)
    return False
