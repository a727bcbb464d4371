"""The ruin: strings of adjacent tasks are torn out of neighboring routes.

After Christiaens & Vanden Berghe 2020, section 5.2 (doi 10.1287/trsc.2019.0914).
"""

from __future__ import annotations

from routing._kernels.jit import inlined_kernel, lean_inner_kernel, spliced_kernel
from solvers._kernels.chance import draw
from solvers._kernels.ground import (
    ABSENT,
    BACKWARD,
    CLASS,
    COST_LAYER,
    COUNT,
    DELTA,
    ESTATE,
    FIXED_COST,
    GROUP,
    KG_B,
    KG_F,
    LARGE,
    LEFT,
    LITRES_B,
    LITRES_F,
    LONGEST,
    LONGEST_LARGE,
    MEAN_LARGE,
    MEAN_REMOVED,
    NUM_ABSENT,
    NUM_REMOVED,
    NUM_ROUTES,
    NUM_TASKS,
    NUM_TOUCHED,
    NUM_USED,
    ONWARD,
    OUT_COST,
    PINNED,
    RELEASE_B,
    RELEASE_F,
    RELEASES,
    RELOADS,
    REMOVED,
    RIGHT,
    ROOM,
    ROUTE,
    SERVE_COST,
    SPLIT,
    SPLIT_GROWTH,
    STAMP,
    STEP,
    STREAMS,
    TANK_L,
    TIMED,
    TOUCHED,
    UNLOADS,
    VISIT,
    VISITS,
    WATER_B,
    WATER_F,
    WHAT,
    WHOLE,
    Tables,
    wide,
)
from solvers._kernels.labels import is_head, relabel
from solvers._kernels.links import (
    Int32,
    Int64,
    beside,
    first_stream,
    next_of,
    prev_of,
    remove,
    route_of,
    touch,
    way,
)


@lean_inner_kernel
def _take_out(
    travel: Int32,
    mode: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    work: Int64,
    tally: Int64,
    task: int,
) -> None:
    """Remove a task from its route, at what that saves."""
    r = route_of(node, task)
    p, y = prev_of(link, task), next_of(link, task)
    tally[DELTA] += (
        way(travel, link, route[r, COST_LAYER], p, y)
        - link[p, OUT_COST]
        - link[task, OUT_COST]
        - mode[node[task, WHAT], SERVE_COST + route[r, CLASS]]
    )
    if route[r, STAMP] != tally[STEP]:
        route[r, LEFT] = p
    route[r, RIGHT] = y
    touch(route, work, tally, r)
    remove(travel, link, node, route, work, tally, task, r)
    work[REMOVED, tally[NUM_REMOVED]] = task
    tally[NUM_REMOVED] += 1


@lean_inner_kernel
def _drop_visit(
    travel: Int32, link: Int32, node: Int32, route: Int64, work: Int64, tally: Int64, x: int, r: int
) -> None:
    """Remove a visit to a facility from a route."""
    p, y = prev_of(link, x), next_of(link, x)
    saved = link[p, OUT_COST] + link[x, OUT_COST]
    tally[DELTA] += way(travel, link, route[r, COST_LAYER], p, y) - saved
    remove(travel, link, node, route, work, tally, x, r)


@lean_inner_kernel
def _needless(link: Int32, node: Int32, route: Int64, tally: Int64, r: int, x: int) -> bool:
    """Whether a visit can go: nothing was brought, or the trips around it fit into one.

    A trip that would wait for what is released later than its own stops might then be late.
    """
    p, y = prev_of(link, x), next_of(link, x)
    if tally[RELEASES] and not is_head(node, tally, p) and node[y, RELEASE_B] > node[p, RELEASE_F]:
        return False
    if node[x, UNLOADS] and (node[p, KG_F] > 0 or node[p, LITRES_F] > 0):
        if route[r, STREAMS] > 1:
            return False
        column = ROOM + 3 * first_stream(route, tally, r)
        if (
            node[p, KG_F] + node[y, KG_B] > route[r, column]
            or node[p, LITRES_F] + node[y, LITRES_B] > route[r, column + 1]
        ):
            return False
    return node[p, WATER_F] + node[y, WATER_B] <= route[r, TANK_L]


@inlined_kernel
def _tidy(
    travel: Int32,
    group: Int64,
    link: Int32,
    node: Int32,
    route: Int64,
    work: Int64,
    tally: Int64,
    r: int,
) -> None:
    """Remove what a route no longer needs, and label it anew around its gap."""
    num_tasks, start = tally[NUM_TASKS], tally[NUM_TASKS] + r
    empty = route[r, COUNT] == 0
    if tally[TIMED] or tally[RELOADS]:
        first, last = next_of(link, route[r, LEFT]), prev_of(link, route[r, RIGHT])
        if len(group) > 0:
            first = last = WHOLE  # other visits of a customer leave gaps anywhere
        relabel(link, node, route, tally, r, first, last)
    if route[r, VISITS] > 0:
        x, end, changed = next_of(link, start), start + tally[NUM_ROUTES], False
        while x != end:
            y = next_of(link, x)
            if x >= num_tasks and (empty or _needless(link, node, route, tally, r, x)):
                p = prev_of(link, x)
                _drop_visit(travel, link, node, route, work, tally, x, r)
                changed = True
                if not empty:
                    p = WHOLE if p == start else p
                    relabel(link, node, route, tally, r, p, p)
            x = y
        if changed and empty:
            relabel(link, node, route, tally, r, WHOLE, WHOLE)
    if empty:
        # give back its price, and the way from depot to depot that it no longer drives
        layer = route[r, COST_LAYER]
        base = way(travel, link, layer, start, start + tally[NUM_ROUTES])
        tally[DELTA] -= route[r, FIXED_COST] + base


@inlined_kernel
def _tear(t: Tables, task: int, longest: float) -> None:
    """Tear a string that holds a task out of its route, sometimes sparing a piece within it."""
    travel, mode, group, link, node = t.travel, t.mode, t.group, t.link, t.node
    route, work, tally, seed, knob = t.route, t.work, t.tally, t.seed, t.knob
    size = route[node[task, ROUTE], COUNT]
    length = min(int(draw(seed) * min(float(size), longest)) + 1, size)
    spared = 0
    if 1 < length < size and draw(seed) < knob[SPLIT]:
        spared = 1
        while length + spared < size and draw(seed) > knob[SPLIT_GROWTH]:
            spared += 1
    total = length + spared
    x = task
    for _ in range(int(draw(seed) * total)):
        before = beside(link, tally, x, BACKWARD)
        if before < 0:
            break
        x = before
    y, seen = x, 1  # the string must not run over the end of the route
    while seen < total:
        y = beside(link, tally, y, ONWARD)
        if y < 0:
            break
        seen += 1
    while seen < total:
        x = beside(link, tally, x, BACKWARD)
        seen += 1
    keep_from = 1 + int(draw(seed) * (length - 1)) if spared > 0 and length > 1 else length
    for i in range(total):
        y = beside(link, tally, x, ONWARD)
        if (i < keep_from or i >= keep_from + spared) and not node[x, PINNED]:
            if node[x, GROUP] < 0:
                _take_out(travel, mode, link, node, route, work, tally, x)
            else:
                for k in range(VISIT, group.shape[1]):
                    member = group[node[x, GROUP], k]
                    if member >= 0 and node[member, ROUTE] >= 0:
                        _take_out(travel, mode, link, node, route, work, tally, member)
        x = y
        if x < 0 or node[x, ROUTE] < 0:
            break


@inlined_kernel
def some_task(t: Tables) -> int:
    """Return a task drawn by chance, as often as not one that is left out."""
    tally, seed = t.tally, t.seed
    if tally[NUM_ABSENT] > 0 and draw(seed) < 0.5:
        # room is made where something waits for it
        return t.work[ABSENT, int(draw(seed) * tally[NUM_ABSENT])]
    return int(draw(seed) * tally[NUM_TASKS])


@lean_inner_kernel
def empty(t: Tables, r: int) -> None:
    """Take all tasks out of a route."""
    link, work, tally = t.link, t.work, t.tally
    x, end = next_of(link, tally[NUM_TASKS] + r), tally[NUM_TASKS] + tally[NUM_ROUTES] + r
    while x != end:
        y = next_of(link, x)
        if x < tally[NUM_TASKS]:
            _take_out(t.travel, t.mode, link, t.node, t.route, work, tally, x)
        x = y
    _tidy(t.travel, t.group, link, t.node, t.route, work, tally, r)


@spliced_kernel
def ruin(t: Tables, center: int) -> None:
    """Tear strings out of the routes of one estate around a task; labels are fresh afterwards."""
    around, link, node, route, work = t.around, t.link, t.node, t.route, t.work
    tally, seed, knob = t.tally, t.seed, t.knob
    served = tally[NUM_TASKS] - tally[NUM_ABSENT]
    mean, longest = knob[MEAN_REMOVED], knob[LONGEST]
    if knob[LARGE] > 0.0 and draw(seed) < knob[LARGE]:
        mean, longest = knob[MEAN_LARGE], knob[LONGEST_LARGE]
    longest = min(longest, served / max(1, tally[NUM_USED]))
    most = 4.0 * mean / (1.0 + longest) - 1.0
    strings = max(1, int(draw(seed) * most + 1.0))
    torn = 0
    for k in range(-1, around.shape[1]):
        task = center if k < 0 else wide(around[center, k])
        if task < 0 or torn >= strings:
            break
        r = route_of(node, task)
        if r < 0 or route[r, STAMP] == tally[STEP] or node[task, ESTATE] != node[center, ESTATE]:
            continue
        torn += 1
        _tear(t, task, longest)
    for i in range(tally[NUM_TOUCHED]):
        _tidy(t.travel, t.group, link, node, route, work, tally, work[TOUCHED, i])
