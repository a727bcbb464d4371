"""The recreate: each task goes where it costs least, with blinks, alone or with a facility visit.

After Christiaens & Vanden Berghe 2020, section 5.3 (doi 10.1287/trsc.2019.0914): positions are
skipped at a small rate. Only gaps beside a task's neighbors are tried, the ends of some used
routes, and one empty route of each type.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inlined_kernel, lean_inner_kernel
from solvers._kernels.chance import draw
from solvers._kernels.fleet import empty_route
from solvers._kernels.ground import (
    ACCEPTS,
    ALONE,
    AT,
    BACK_LAYER,
    BACKWARD,
    BLINK,
    BY_FACILITY,
    BY_MODE,
    CLASS,
    CLOSE_S,
    CLOSES,
    COLLECTED_KG,
    COMPARTMENTS,
    COST_LAYER,
    COUNT,
    DAY,
    DELTA,
    DRIVE_S,
    EARLY_B,
    EARLY_F,
    END_MODE,
    END_PATTERN,
    ENTRY,
    EXIT,
    FAR,
    FIRST_MODE,
    FIRST_PATTERN,
    FIXED_COST,
    GAP_PRICE,
    GROUP,
    HAS_MEAL,
    HOW,
    IN_AT,
    IN_COST,
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
    LITRES_COUNT,
    LITRES_F,
    MANY_MODES,
    MAX_DURATION,
    MAX_KG,
    MAX_TASKS,
    MAX_TRIPS,
    NEVER,
    NEXT_AT,
    NONE,
    NUM_DAYS,
    NUM_ROUTES,
    NUM_STREAMS,
    NUM_TASKS,
    NUM_TYPES,
    OFFER_COLUMNS,
    OFFERS,
    ONLY_TYPE,
    ONWARD,
    OPEN_S,
    OPENS,
    ORDER,
    OUT_AT,
    OUT_COST,
    PLACE,
    PREV_AT,
    RELEASE,
    RELEASE_B,
    RELEASE_F,
    RELEASES,
    RELOADS,
    REMOVED,
    ROOM,
    SERVE_COST,
    SERVICE,
    STREAM,
    STREAMS,
    TANK_L,
    TIME_B,
    TIME_F,
    TIME_LAYER,
    TIMED,
    TYPE,
    UNIFORM,
    UNLOAD_S,
    VALUE,
    VISIT_AFTER,
    VISIT_BEFORE,
    VISITS,
    WATER_B,
    WATER_F,
    WATER_L,
    WHAT,
    ZERO,
    Tables,
    wide,
)
from solvers._kernels.labels import after_meal, departures, forward, is_head, joined, relabel
from solvers._kernels.links import (
    Int32,
    Int64,
    insert,
    insert_visit,
    is_settled,
    next_of,
    prev_of,
    route_of,
    set_mode,
    touch,
)

END_TRIALS = 8  # used routes whose end is tried for a further trip


@lean_inner_kernel
def arrange(work: Int64, rank: Int64, seed: NDArray[np.uint64], num: int) -> None:
    """Put the removed tasks into the order of insertion: by chance, or by one of the keys.

    Weights are 4 for chance, 4 and 2 for the first two keys, and 1 for each of the others.
    """
    pick = int(draw(seed) * (8 + rank.shape[0] - ORDER))
    if pick < 4:
        for i in range(num - 1, 0, -1):
            j = int(draw(seed) * (i + 1))
            work[REMOVED, i], work[REMOVED, j] = work[REMOVED, j], work[REMOVED, i]
        return
    rule = ORDER + (0 if pick < 8 else 1 if pick < 10 else pick - 8)
    gap = 1
    while gap < num // 3:
        gap = 3 * gap + 1
    while gap > 0:  # Shell's sort: nearly always of a handful, at the beginning of all tasks
        for i in range(gap, num):
            task = work[REMOVED, i]
            key = rank[rule, task]
            j = i - gap
            while j >= 0 and rank[rule, work[REMOVED, j]] > key:
                work[REMOVED, j + gap] = work[REMOVED, j]
                j -= gap
            work[REMOVED, j + gap] = task
        gap //= 3


@inlined_kernel
def _may_take(
    allowed: NDArray[np.uint8], node: Int32, route: Int64, tally: Int64, r: int, task: int
) -> bool:
    """Whether a route could take a task at all: type, stream, and the limits of its day."""
    if not allowed[route[r, TYPE], task]:
        return False
    if (
        route[r, COLLECTED_KG] + node[task, KG] > route[r, MAX_KG]
        or route[r, COUNT] >= route[r, MAX_TASKS]
    ):
        return False
    if tally[NUM_STREAMS] > 1:
        column = ROOM + 3 * node[task, STREAM] + 2
        return route[r, column] > 0 or route[r, STREAMS] < route[r, COMPARTMENTS]
    return True


@lean_inner_kernel
def _aboard(
    facility: Int64, link: Int32, node: Int32, tally: Int64, x: int, stream: int, step: int
) -> tuple[int, int]:
    """Return kg and litres of one stream from node x (included) to where its trip ends or begins.

    Only trucks with several compartments need it.
    """
    num_tasks, num_routes = tally[NUM_TASKS], tally[NUM_ROUTES]
    kg = litres = 0
    while True:
        if x < num_tasks:
            if node[x, STREAM] == stream:
                kg += node[x, KG]
                litres += node[x, LITRES]
        elif x < num_tasks + num_routes:
            return kg, litres
        elif x < num_tasks + 2 * num_routes:
            return kg + node[x, KG_B], litres
        elif facility[node[x, WHAT], ACCEPTS + stream]:
            return kg, litres
        x = link[x, step]


@lean_inner_kernel
def _fit(
    facility: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    tally: Int64,
    r: int,
    task: int,
    p: int,
    y: int,
) -> int:
    """Return how a task fits between p and y, as a sum; 0 if it does not.

    1 alone, 2 with a visit behind it, 4 with a visit before it, 8 if the visit is for refilling.
    """
    stream = node[task, STREAM]
    kg, litres = node[task, KG], node[task, LITRES]
    room_kg, room_l = route[r, ROOM + 3 * stream], route[r, ROOM + 3 * stream + 1]
    kg_f, litres_f = node[p, KG_F], node[p, LITRES_F]
    kg_b, litres_b = node[y, KG_B], node[y, LITRES_B]
    if route[r, COMPARTMENTS] > 1:
        kg_f, litres_f = _aboard(facility, link, node, tally, p, stream, BACKWARD)
        kg_b, litres_b = _aboard(facility, link, node, tally, y, stream, ONWARD)
    alone = kg_f + kg_b + kg <= room_kg or kg + litres == 0
    behind = kg_f + kg <= room_kg
    # at the start there is nothing aboard yet to unload
    before = kg_b + kg <= room_kg and p != tally[NUM_TASKS] + r
    if tally[LITRES_COUNT]:
        alone = alone and (litres_f + litres_b + litres <= room_l or litres == 0)
        behind = behind and litres_f + litres <= room_l
        before = before and litres_b + litres <= room_l
        water, tank = node[task, WATER_L], route[r, TANK_L]
        if water > 0 and node[p, WATER_F] + node[y, WATER_B] + water > tank:
            if not alone:
                return 0
            behind = node[p, WATER_F] + water <= tank
            before = node[y, WATER_B] + water <= tank
            return 8 + 2 * behind + 4 * before if behind or before else 0
    return 1 if alone else 2 * behind + 4 * before


@lean_inner_kernel
def _visited(
    facility: Int64, tally: Int64, has_meal: int, zero: int, one: int, travel_s: int, f: int
) -> tuple[int, int]:
    """Return the departures from a facility, given those from the node before it."""
    closes = facility[f, CLOSE_S] - facility[f, UNLOAD_S]
    begin = max(one + travel_s, facility[f, OPEN_S])
    one = begin + facility[f, UNLOAD_S] if begin <= closes else FAR
    if not has_meal:
        return FAR, one
    begin = max(zero + travel_s, facility[f, OPEN_S])
    zero = begin + facility[f, UNLOAD_S] if begin <= closes else FAR
    return zero, min(one, after_meal(tally, zero))


@lean_inner_kernel
def _released(
    link: Int32, node: Int32, route: Int64, tally: Int64, r: int, p: int, release: int
) -> tuple[int, int]:
    """Return the departures from p if its trip may not set out before a release."""
    head = p
    while not is_head(node, tally, head):
        head = prev_of(link, head)
    zero, one = departures(node, head)
    if release <= one and (release <= zero or zero >= FAR):
        return departures(node, p)
    zero, one = max(zero, release), max(one, release)
    while head != p:
        drive_s, head = node[head, DRIVE_S], next_of(link, head)
        zero, one = forward(node, tally, route[r, HAS_MEAL], zero, one, drive_s, head)
    return zero, one


@inlined_kernel
def _soon_enough(
    travel: Int32,
    mode: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    tally: Int64,
    r: int,
    p: int,
    task: int,
    m: int,
) -> int:
    """Whether (1) or not (0) a task can stand alone behind p, by the clock of windows and meal."""
    y, layer, meal = next_of(link, p), route[r, TIME_LAYER], route[r, HAS_MEAL]
    travel_s = travel[layer, link[p, OUT_AT], mode[m, ENTRY]]
    zero, one = departures(node, p)
    zero, one = forward(node, tally, meal, zero, one, travel_s, task)
    travel_s = travel[layer, mode[m, EXIT], link[y, IN_AT]]
    return int(one + travel_s <= node[y, LATE_1] or zero + travel_s <= node[y, LATE_0])


@lean_inner_kernel
def _in_time(
    travel: Int32,
    mode: Int64,
    facility: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    tally: Int64,
    r: int,
    p: int,
    task: int,
    m: int,
    how: int,
    f: int,
) -> bool:
    """Whether a task can stand behind p in time, with a visit to f behind or before it."""
    y, layer, meal = next_of(link, p), route[r, TIME_LAYER], route[r, HAS_MEAL]
    zero, one = departures(node, p)
    into, at = mode[m, ENTRY], link[p, OUT_AT]
    if tally[RELEASES]:
        release = node[p, RELEASE_F]
        if how != VISIT_BEFORE:
            release = max(release, node[task, RELEASE])
        if how == ALONE:
            release = max(release, node[y, RELEASE_B])
        zero, one = _released(link, node, route, tally, r, p, release)
    if how == VISIT_BEFORE:
        dump = facility[f, AT]
        zero, one = _visited(facility, tally, meal, zero, one, travel[layer, at, dump], f)
        at = dump
        if tally[RELEASES]:
            release = max(node[task, RELEASE], node[y, RELEASE_B])
            zero, one = max(zero, release), max(one, release)
    zero, one = forward(node, tally, meal, zero, one, travel[layer, at, into], task)
    at = mode[m, EXIT]
    if how == VISIT_AFTER:
        dump = facility[f, AT]
        zero, one = _visited(facility, tally, meal, zero, one, travel[layer, at, dump], f)
        at = dump
        if tally[RELEASES]:
            zero, one = max(zero, node[y, RELEASE_B]), max(one, node[y, RELEASE_B])
    travel_s = travel[layer, at, link[y, IN_AT]]
    if one + travel_s > node[y, LATE_1] and zero + travel_s > node[y, LATE_0]:
        return False
    if tally[LIMITS_DURATION]:
        return _short_enough(travel, mode, facility, link, node, route, r, p, task, m, how, f)
    return True


@lean_inner_kernel
def _short_enough(
    travel: Int32,
    mode: Int64,
    facility: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    r: int,
    p: int,
    task: int,
    m: int,
    how: int,
    f: int,
) -> bool:
    """Whether the route, with a task behind p, takes no longer than its truck may be out."""
    y, layer = next_of(link, p), route[r, TIME_LAYER]
    length, early, late = node[p, TIME_F], node[p, EARLY_F], node[p, LATE_F]
    at = link[p, OUT_AT]
    for turn in range(3):
        if turn == 1:
            drive = travel[layer, at, mode[m, ENTRY]]
            busy, opens, closes = mode[m, SERVICE], node[task, OPENS], node[task, CLOSES]
            at = mode[m, EXIT]
        elif (turn == 0 and how == VISIT_BEFORE) or (turn == 2 and how == VISIT_AFTER):
            drive = travel[layer, at, facility[f, AT]]
            busy, opens = facility[f, UNLOAD_S], facility[f, OPEN_S]
            closes = facility[f, CLOSE_S] - busy
            at = facility[f, AT]
        else:
            continue
        length, early, late = joined(length, early, late, drive, busy, opens, closes)
    drive = travel[layer, at, link[y, IN_AT]]
    length, early, late = joined(
        length, early, late, drive, node[y, TIME_B], node[y, EARLY_B], node[y, LATE_B]
    )
    return length <= route[r, MAX_DURATION]


@inlined_kernel
def _offer(
    t: Tables, r: int, task: int, p: int, m: int, value: int, extra: int, limit: int
) -> None:
    """Take up an insertion behind node p that costs less than the best, if the rules allow it."""
    travel, link, node, route, tally = t.travel, t.link, t.node, t.route, t.tally
    if not _may_take(t.allowed, node, route, tally, r, task):
        return
    fit, y = 0, next_of(link, p)
    if is_settled(link, node, tally, p):
        return
    if tally[RELOADS]:
        fit = _fit(t.facility, link, node, route, tally, r, task, p, y)
    elif route[r, COLLECTED_KG] + node[task, KG] <= route[r, ROOM + 3 * node[task, STREAM]]:
        fit = 1
    if fit == 0 or (fit == 1 and draw(t.seed) < t.knob[BLINK]):
        return
    if fit == 1 and tally[TIMED]:
        if tally[RELEASES] or tally[LIMITS_DURATION]:
            fit = _in_time(
                travel, t.mode, t.facility, link, node, route, tally, r, p, task, m, ALONE, ZERO
            )
        else:
            fit = _soon_enough(travel, t.mode, link, node, route, tally, r, p, task, m)
    if fit == 1:
        offer = OFFERS + OFFER_COLUMNS * t.route[r, DAY]
        tally[offer + VALUE] = value
        tally[offer + PLACE] = p
        tally[offer + BY_MODE] = m
        tally[offer + HOW] = ALONE
    elif fit > 1:
        _offer_visits(t, r, task, p, m, fit, extra, limit)


@lean_inner_kernel
def _offer_visits(
    t: Tables, r: int, task: int, p: int, m: int, fit: int, extra: int, limit: int
) -> None:
    """Offer the insertions of a task in mode m behind node p with a visit to a facility."""
    travel, visits, mode, facility = t.travel, t.visits, t.mode, t.facility
    link, node, route, tally = t.link, t.node, t.route, t.tally
    if fit < 8 and route[r, VISITS] >= route[r, MAX_TRIPS]:
        return
    cost, back = route[r, COST_LAYER], route[r, BACK_LAYER]
    offer = OFFERS + OFFER_COLUMNS * route[r, DAY]
    leave, enter, into, out = link[p, OUT_AT], link[p, NEXT_AT], mode[m, ENTRY], mode[m, EXIT]
    to, on = travel[back, into, leave], travel[cost, out, enter]
    fixed = mode[m, SERVE_COST + route[r, CLASS]] - link[p, OUT_COST] + extra
    num_visits = visits.shape[1] // 2
    first = num_visits if fit >= 8 else 0
    for k in range(2 * num_visits):
        f = visits[task, first + (k >> 1)]
        if f < 0:
            break
        how = VISIT_AFTER if k & 1 == 0 else VISIT_BEFORE
        if not fit & (2 if how == VISIT_AFTER else 4):
            continue
        dump = facility[f, AT]
        if how == VISIT_AFTER:
            value = to + travel[cost, out, dump] + travel[cost, dump, enter] + fixed
        else:
            value = travel[cost, leave, dump] + travel[back, into, dump] + on + fixed
        if (
            value < min(tally[offer + VALUE], limit)
            and draw(t.seed) >= t.knob[BLINK]
            and (
                not tally[TIMED]
                or _in_time(travel, mode, facility, link, node, route, tally, r, p, task, m, how, f)
            )
        ):
            tally[offer + VALUE] = value
            tally[offer + PLACE] = p
            tally[offer + BY_MODE] = m
            tally[offer + HOW] = how
            tally[offer + BY_FACILITY] = f


@lean_inner_kernel
def _price_gaps(
    travel: Int32,
    near: Int32,
    mode: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    work: Int64,
    uniform: int,
    task: int,
    m: int,
) -> int:
    """Write what a task would cost behind and before each neighbor, rules aside; return how many.

    Nothing is asked here, so that the processor need not guess.
    """
    into, out, r = mode[m, ENTRY], mode[m, EXIT], 0
    to, on = travel[route[0, BACK_LAYER], into], travel[route[0, COST_LAYER], out]
    served = mode[m, SERVE_COST + route[0, CLASS]]
    beside = near[task]
    prices = work[GAP_PRICE]
    for k in range(len(beside)):
        if beside[k] < 0:
            return 2 * k
        x = np.uintp(beside[k])
        if not uniform:
            r = max(0, route_of(node, x))
            to, on = travel[route[r, BACK_LAYER], into], travel[route[r, COST_LAYER], out]
            served = mode[m, SERVE_COST + route[r, CLASS]]
        behind = to[np.uintp(link[x, OUT_AT])] + on[np.uintp(link[x, NEXT_AT])]
        before = to[np.uintp(link[x, PREV_AT])] + on[np.uintp(link[x, IN_AT])]
        prices[np.uintp(2 * k)] = behind + served - link[x, OUT_COST]
        prices[np.uintp(2 * k + 1)] = before + served - link[x, IN_COST]
    return 2 * len(beside)


@lean_inner_kernel
def _search_neighbors(t: Tables, task: int, limit: int) -> None:
    """Offer the gaps before and behind each neighbor of a task."""
    link, node, route, work, tally = t.link, t.node, t.route, t.work, t.tally
    uniform, best = tally[UNIFORM], limit
    for m in range(node[task, FIRST_MODE], node[task, END_MODE]):
        num = _price_gaps(t.travel, t.near, t.mode, link, node, route, work, uniform, task, m)
        for k in range(num):
            value = work[GAP_PRICE, np.uintp(k)]
            if value >= best:
                continue
            b = wide(t.near[task, k >> 1])
            r = route_of(node, b)
            if r < 0:
                continue
            offer = OFFERS + OFFER_COLUMNS * route[r, DAY]
            if value < min(limit, tally[offer + VALUE]):
                p = prev_of(link, b) if k & 1 else b
                _offer(t, r, task, p, m, value, ZERO, limit)
                if tally[NUM_DAYS] == 1:
                    best = min(limit, tally[offer + VALUE])


@lean_inner_kernel
def _search_elsewhere(t: Tables, task: int, limit: int) -> None:
    """Offer the ends of some used routes, and an empty route of each type."""
    travel, mode, link, node, route = t.travel, t.mode, t.link, t.node, t.route
    tally, extra = t.tally, 0
    num_tasks, num_routes = tally[NUM_TASKS], tally[NUM_ROUTES]
    num_ends = END_TRIALS if tally[RELOADS] or tally[MANY_MODES] else 0
    for k in range(num_ends + tally[NUM_TYPES]):
        if k < num_ends:
            r = route_of(node, int(draw(t.seed) * num_tasks))
            p = prev_of(link, num_tasks + num_routes + r) if r >= 0 else 0
        else:
            if tally[ONLY_TYPE] >= 0 and tally[ONLY_TYPE] != k - num_ends:
                continue
            r = empty_route(route, t.work, k - num_ends)
            p = num_tasks + r
        if r < 0:
            continue
        if k >= num_ends:
            extra = route[r, FIXED_COST] + link[p, OUT_COST]
        cost, back, serve = route[r, COST_LAYER], route[r, BACK_LAYER], SERVE_COST + route[r, CLASS]
        offer = OFFERS + OFFER_COLUMNS * route[r, DAY]
        for m in range(node[task, FIRST_MODE], node[task, END_MODE]):
            value = travel[back, mode[m, ENTRY], link[p, OUT_AT]] + mode[m, serve]
            value += travel[cost, mode[m, EXIT], link[p, NEXT_AT]] - link[p, OUT_COST] + extra
            if value < min(tally[offer + VALUE], limit):
                _offer(t, r, task, p, m, value, extra, limit)


@lean_inner_kernel
def _put_in(t: Tables, task: int, alike: int, day: int) -> None:
    """Carry out the insertion of a task offered for a day, for it or another visit alike."""
    travel, facility, link, node, route = t.travel, t.facility, t.link, t.node, t.route
    work, tally = t.work, t.tally
    offer = OFFERS + OFFER_COLUMNS * day
    p, how, f = tally[offer + PLACE], tally[offer + HOW], tally[offer + BY_FACILITY]
    r, stream = route_of(node, p), wide(node[task, STREAM])
    touch(route, work, tally, r)
    chosen = tally[offer + BY_MODE] - node[alike, FIRST_MODE]
    set_mode(t.mode, link, node, task, node[task, FIRST_MODE] + chosen)
    first = last = task
    if how == VISIT_BEFORE:
        p = insert_visit(travel, facility, link, node, route, work, tally, f, p, r, stream)
        first = p
    insert(travel, link, node, route, work, tally, task, p, r)
    if how == VISIT_AFTER:
        last = insert_visit(travel, facility, link, node, route, work, tally, f, task, r, stream)
    tally[DELTA] += tally[offer + VALUE]
    if tally[TIMED] or tally[RELOADS]:
        relabel(link, node, route, tally, r, first, last)


@lean_inner_kernel
def _best_pattern(pattern: Int64, group: Int64, tally: Int64, customer: int) -> tuple[int, int]:
    """Return (pattern, cost) of the cheapest way to make all visits of a customer."""
    best, chosen = NEVER, NONE
    for k in range(group[customer, FIRST_PATTERN], group[customer, END_PATTERN]):
        value = 0
        for day in range(tally[NUM_DAYS]):
            if pattern[k, day] >= 0:
                value = min(NEVER, value + tally[OFFERS + OFFER_COLUMNS * day + VALUE])
        if value < best:
            best, chosen = value, k
    return chosen, best


@inlined_kernel
def place_task(t: Tables, task: int, limit: int) -> bool:
    """Insert a task, with all other visits of its customer, for less than limit, if it can be."""
    tally, customer = t.tally, t.node[task, GROUP]
    for day in range(tally[NUM_DAYS]):
        tally[OFFERS + OFFER_COLUMNS * day + VALUE] = NEVER
    _search_neighbors(t, task, limit)
    _search_elsewhere(t, task, limit)
    if customer < 0:
        best = int(ZERO)
        for day in range(1, tally[NUM_DAYS]):
            row = OFFERS + OFFER_COLUMNS * day + VALUE
            if tally[row] < tally[OFFERS + OFFER_COLUMNS * best + VALUE]:
                best = day
        if tally[OFFERS + OFFER_COLUMNS * best + VALUE] >= limit:
            return False
        _put_in(t, task, task, best)
        return True
    chosen, value = _best_pattern(t.pattern, t.group, tally, customer)
    if chosen < 0 or value >= limit:
        return False
    for day in range(tally[NUM_DAYS]):
        if t.pattern[chosen, day] >= 0:
            _put_in(t, t.pattern[chosen, day], task, day)
    return True
