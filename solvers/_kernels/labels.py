"""What is known at each node of a route: how early, how late, how full, from both ends.

With the label of the node before a gap and that of the node behind it, an insertion is checked in
constant time (Kindervater & Savelsbergh 1997, section 4; the segments of least duration follow
Vidal et al. 2013, doi 10.1016/j.cor.2012.07.018, section 3.2). The meal break doubles the time
labels: before the meal, and after it.
"""

from __future__ import annotations

from routing._kernels.jit import inlined_kernel, lean_inner_kernel
from solvers._kernels.ground import (
    BUSY_S,
    CLOSES,
    DRIVE_S,
    EARLY_0,
    EARLY_1,
    EARLY_B,
    EARLY_F,
    FAR,
    FILLS,
    HAS_MEAL,
    KG,
    KG_B,
    KG_F,
    LATE_0,
    LATE_1,
    LATE_B,
    LATE_F,
    LIMITS_DURATION,
    LITRES,
    LITRES_B,
    LITRES_F,
    MAX_DURATION,
    MEAL_EARLY,
    MEAL_LATE,
    MEAL_S,
    NEXT,
    NUM_ROUTES,
    NUM_TASKS,
    NUM_WINDOWS,
    ONLY_CLOCK,
    OPENS,
    RELEASE,
    RELEASE_B,
    RELEASE_F,
    RELEASES,
    RELOADS,
    TIME_B,
    TIME_F,
    TIMED,
    UNLOADS,
    WATER_B,
    WATER_F,
    WATER_L,
    WINDOW,
    wide,
)
from solvers._kernels.links import (
    Int32,
    Int64,
    next_of,
    prev_of,
)


@inlined_kernel
def begin_of(node: Int32, x: int, arrival: int) -> int:
    """Return the earliest begin at a node reached at arrival, FAR if that is too late."""
    if arrival > node[x, CLOSES]:
        return FAR
    begin = max(arrival, node[x, OPENS])
    for k in range(WINDOW, WINDOW + 2 * node[x, NUM_WINDOWS], 2):
        if arrival <= node[x, k + 1]:
            return max(arrival, node[x, k])
    return begin


@inlined_kernel
def latest_of(node: Int32, x: int, limit: int) -> int:
    """Return the latest begin at a node that is no later than limit, -FAR if there is none."""
    if limit < node[x, OPENS]:
        return -FAR
    latest = min(limit, node[x, CLOSES])
    for k in range(WINDOW + 2 * node[x, NUM_WINDOWS] - 2, WINDOW - 2, -2):
        if node[x, k] <= limit:
            return min(limit, node[x, k + 1])
    return latest


@inlined_kernel
def after_meal(tally: Int64, clock: int) -> int:
    """Return when a meal that can begin from clock on is over, FAR if it is too late for it."""
    if clock > tally[MEAL_LATE]:
        return FAR
    return max(clock, tally[MEAL_EARLY]) + tally[MEAL_S]


@inlined_kernel
def departures(node: Int32, x: int) -> tuple[int, int]:
    """Return the earliest departures from a node, before the meal and after."""
    return wide(node[x, EARLY_0]), wide(node[x, EARLY_1])


@inlined_kernel
def forward(
    node: Int32, tally: Int64, has_meal: int, zero: int, one: int, travel_s: int, x: int
) -> tuple[int, int]:
    """Return the earliest departures from a node, given those from the one before it."""
    one = min(FAR, begin_of(node, x, one + travel_s) + node[x, BUSY_S])
    if not has_meal:
        return FAR, one
    zero = min(FAR, begin_of(node, x, zero + travel_s) + node[x, BUSY_S])
    return zero, min(one, after_meal(tally, zero))


@inlined_kernel
def _backward(
    node: Int32, tally: Int64, has_meal: int, late_0: int, late_1: int, travel_s: int, x: int
) -> tuple[int, int]:
    """Return the latest useful arrivals at a node, given those at the one behind it."""
    busy = node[x, BUSY_S]
    one = latest_of(node, x, late_1 - travel_s - busy)
    if not has_meal:
        return -FAR, one
    limit = late_0 - travel_s
    if tally[MEAL_EARLY] + tally[MEAL_S] <= late_1 - travel_s:
        limit = max(limit, min(tally[MEAL_LATE], late_1 - travel_s - tally[MEAL_S]))
    return latest_of(node, x, limit - busy), one


@inlined_kernel
def joined(
    time_1: int, early_1: int, late_1: int, travel_s: int, time_2: int, early_2: int, late_2: int
) -> tuple[int, int, int]:
    """Return least time, earliest and latest begin of two segments driven one after the other."""
    delta = time_1 + travel_s
    wait = max(early_2 - delta - late_1, 0)
    return (
        delta + time_2 + wait,
        max(early_2 - delta, early_1) - wait,
        min(late_2 - delta, late_1),
    )


@inlined_kernel
def is_head(node: Int32, tally: Int64, x: int) -> bool:
    """Whether a trip begins at a node: the start of a route, or an unloading."""
    num = tally[NUM_TASKS]
    return x >= num and (x < num + tally[NUM_ROUTES] or node[x, UNLOADS] == 1)


@inlined_kernel
def _load_forward(node: Int32, tally: Int64, p: int, x: int) -> bool:
    """Write what is aboard behind a node; return whether that changed."""
    kg, litres, water = node[p, KG_F], node[p, LITRES_F], node[p, WATER_F]
    if x < tally[NUM_TASKS]:
        kg += node[x, KG]
        litres += node[x, LITRES]
        water += node[x, WATER_L]
    else:
        if node[x, UNLOADS]:
            kg = litres = 0
        if node[x, FILLS]:
            water = 0
    changed = kg != node[x, KG_F] or litres != node[x, LITRES_F] or water != node[x, WATER_F]
    node[x, KG_F] = kg
    node[x, LITRES_F] = litres
    node[x, WATER_F] = water
    return changed


@inlined_kernel
def _load_backward(node: Int32, tally: Int64, y: int, x: int) -> bool:
    """Write what is still taken aboard from a node on until it is unloaded; whether it changed."""
    kg, litres, water = node[y, KG_B], node[y, LITRES_B], node[y, WATER_B]
    if x < tally[NUM_TASKS]:
        kg += node[x, KG]
        litres += node[x, LITRES]
        water += node[x, WATER_L]
    else:
        if node[x, UNLOADS]:
            kg = litres = 0
        if node[x, FILLS]:
            water = 0
    changed = kg != node[x, KG_B] or litres != node[x, LITRES_B] or water != node[x, WATER_B]
    node[x, KG_B] = kg
    node[x, LITRES_B] = litres
    node[x, WATER_B] = water
    return changed


@inlined_kernel
def step_forward(link: Int32, node: Int32, route: Int64, tally: Int64, r: int, x: int) -> bool:
    """Write the forward labels of a node from those of the one before it; whether any changed."""
    p, changed = prev_of(link, x), False
    if tally[RELOADS]:
        changed = _load_forward(node, tally, p, x)
    if tally[TIMED]:
        travel_s = node[p, DRIVE_S]
        zero, one = departures(node, p)
        zero, one = forward(node, tally, route[r, HAS_MEAL], zero, one, travel_s, x)
        if tally[RELEASES]:
            release = wide(node[x, RELEASE_F])
            if is_head(node, tally, x):
                node[x, RELEASE_F] = 0
                released = node[link[x, NEXT], RELEASE_B]
                zero, one = max(zero, released), max(one, released)
            else:
                node[x, RELEASE_F] = max(node[p, RELEASE_F], node[x, RELEASE])
            changed = changed or release != node[x, RELEASE_F]
        changed = changed or zero != node[x, EARLY_0] or one != node[x, EARLY_1]
        node[x, EARLY_0] = zero
        node[x, EARLY_1] = one
        if tally[LIMITS_DURATION]:
            length, early, late = joined(
                node[p, TIME_F],
                node[p, EARLY_F],
                node[p, LATE_F],
                travel_s,
                node[x, BUSY_S],
                node[x, OPENS],
                node[x, CLOSES],
            )
            changed = changed or length != node[x, TIME_F] or early != node[x, EARLY_F]
            changed = changed or late != node[x, LATE_F]
            node[x, TIME_F], node[x, EARLY_F], node[x, LATE_F] = length, early, late
    return changed


@inlined_kernel
def step_backward(link: Int32, node: Int32, route: Int64, tally: Int64, r: int, x: int) -> bool:
    """Write the backward labels of a node from those of the one behind it; whether any changed."""
    y, changed = next_of(link, x), False
    if tally[RELOADS]:
        changed = _load_backward(node, tally, y, x)
    if tally[TIMED]:
        travel_s = node[x, DRIVE_S]
        zero, one = _backward(
            node, tally, route[r, HAS_MEAL], node[y, LATE_0], node[y, LATE_1], travel_s, x
        )
        if tally[RELEASES]:
            release = wide(node[x, RELEASE_B])
            if is_head(node, tally, x):
                node[x, RELEASE_B] = 0
                if node[y, RELEASE_B] > node[y, LATE_1] - travel_s:
                    zero = one = -FAR
            else:
                node[x, RELEASE_B] = max(node[y, RELEASE_B], node[x, RELEASE])
            changed = changed or release != node[x, RELEASE_B]
        changed = changed or zero != node[x, LATE_0] or one != node[x, LATE_1]
        node[x, LATE_0] = zero
        node[x, LATE_1] = one
        if tally[LIMITS_DURATION]:
            length, early, late = joined(
                node[x, BUSY_S],
                node[x, OPENS],
                node[x, CLOSES],
                travel_s,
                node[y, TIME_B],
                node[y, EARLY_B],
                node[y, LATE_B],
            )
            changed = changed or length != node[x, TIME_B] or early != node[x, EARLY_B]
            changed = changed or late != node[x, LATE_B]
            node[x, TIME_B], node[x, EARLY_B], node[x, LATE_B] = length, early, late
    return changed


@lean_inner_kernel
def relabel(
    link: Int32, node: Int32, route: Int64, tally: Int64, r: int, first: int, last: int
) -> None:
    """Write the labels of a route anew from the nodes first .. last outward, as far as they change.

    With first = -1 the whole route is labelled. Where only a gap is new, first is the node behind
    it and last the one before it.
    """
    start = tally[NUM_TASKS] + r
    end = start + tally[NUM_ROUTES]
    if first < 0:
        first, last = next_of(link, start), prev_of(link, end)
    if tally[ONLY_CLOCK] and not route[r, HAS_MEAL]:
        _relabel_clock(link, node, start, end, first, last)
        return
    gap = next_of(link, last) == first
    x, past = last, gap
    while x != start:
        if not step_backward(link, node, route, tally, r, x) and past:
            break
        past = past or x == first
        x = prev_of(link, x)
    x, past = first, gap
    if tally[RELEASES]:
        # a trip waits for what is released last on it, so that its head is labelled anew as well
        x, past = prev_of(link, first), False
        while not is_head(node, tally, x):
            x = prev_of(link, x)
        if x == start:
            reset_start(link, node, route, tally, r)
            x = next_of(link, start)
    while x != end:
        if not step_forward(link, node, route, tally, r, x) and past:
            break
        past = past or x == last
        x = next_of(link, x)


@inlined_kernel
def _relabel_clock(link: Int32, node: Int32, start: int, end: int, first: int, last: int) -> None:
    """Write the labels of a route without a meal where nothing but the clock counts."""
    gap = next_of(link, last) == first
    x, past = last, gap
    late = node[link[x, NEXT], LATE_1]
    while x != start:
        late = latest_of(node, x, late - node[x, DRIVE_S] - node[x, BUSY_S])
        if late == node[x, LATE_1] and past:
            break
        node[x, LATE_0], node[x, LATE_1] = -FAR, late
        past = past or x == first
        x = prev_of(link, x)
    x, past = first, gap
    p = prev_of(link, x)
    early, drive_s = node[p, EARLY_1], node[p, DRIVE_S]
    while x != end:
        early = min(FAR, begin_of(node, x, early + drive_s) + node[x, BUSY_S])
        if early == node[x, EARLY_1] and past:
            break
        node[x, EARLY_0], node[x, EARLY_1] = FAR, early
        drive_s = node[x, DRIVE_S]
        past = past or x == last
        x = next_of(link, x)


@lean_inner_kernel
def reset_start(link: Int32, node: Int32, route: Int64, tally: Int64, r: int) -> None:
    """Write the departures from the depot: the shift, and what the first trip waits for."""
    start = tally[NUM_TASKS] + r
    zero = one = wide(node[start, OPENS])
    if route[r, HAS_MEAL]:
        # a route may set out after the meal window, or begin with the meal
        one = min(after_meal(tally, zero), max(zero, tally[MEAL_LATE]))
    else:
        zero = FAR
    if tally[RELEASES]:
        released = node[link[start, NEXT], RELEASE_B]
        zero, one = max(zero, released), max(one, released)
    node[start, EARLY_0] = zero
    node[start, EARLY_1] = one


@lean_inner_kernel
def holds(link: Int32, node: Int32, route: Int64, tally: Int64, r: int) -> bool:
    """Whether a freshly labelled route holds its times and its longest duration."""
    if not tally[TIMED]:
        return True
    end = tally[NUM_TASKS] + tally[NUM_ROUTES] + r
    x = prev_of(link, end)
    travel_s = node[x, DRIVE_S]
    if (
        node[x, EARLY_1] + travel_s > node[end, LATE_1]
        and node[x, EARLY_0] + travel_s > node[end, LATE_0]
    ):
        return False
    if tally[LIMITS_DURATION]:
        return node[x, TIME_F] + travel_s <= route[r, MAX_DURATION]
    return True
