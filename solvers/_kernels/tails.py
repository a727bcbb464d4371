"""Two routes exchange their tails: the move of whole halves of routes that no small ruin makes.

After Potvin & Rousseau 1995 (2-opt*, doi 10.1057/jors.1995.204). Labels from both ends tell in
constant time whether the new routes hold their windows. Strings that are torn out reach all of a
short route; there windows make most exchanges idle.
"""

from __future__ import annotations

from routing._kernels.jit import inlined_kernel, lean_inner_kernel, spliced_kernel
from solvers._kernels.chance import draw
from solvers._kernels.ground import (
    COLLECTED_KG,
    COST_LAYER,
    COUNT,
    EARLY_0,
    EARLY_1,
    EARLY_B,
    EARLY_F,
    IN_COST,
    KG,
    LATE_0,
    LATE_1,
    LATE_B,
    LATE_F,
    LIMITS_DURATION,
    LONGEST,
    MAX_DURATION,
    MAX_KG,
    MAX_TASKS,
    NEVER,
    NOTHING,
    NUM_ABSENT,
    NUM_ROUTES,
    NUM_TASKS,
    NUM_USED,
    OUT_COST,
    ROOM,
    ROUTE,
    STREAM,
    TAILS,
    TIME_B,
    TIME_F,
    TIME_LAYER,
    TIMED,
    TYPE,
    Tables,
    wide,
)
from solvers._kernels.labels import joined, relabel
from solvers._kernels.links import (
    Int32,
    Int64,
    next_of,
    prev_of,
    route_of,
    tie,
    way,
)


@inlined_kernel
def exchanges_tails(t: Tables) -> bool:
    """Whether a step exchanges tails: by chance; with windows only where routes are long."""
    tally, knob = t.tally, t.knob
    if tally[TIMED]:
        served = tally[NUM_TASKS] - tally[NUM_ABSENT]
        if served <= 2.0 * knob[LONGEST] * tally[NUM_USED]:
            return False
    return knob[TAILS] > 0.0 and draw(t.seed) < knob[TAILS]


@inlined_kernel
def _meets(travel: Int32, link: Int32, node: Int32, layer: int, x: int, y: int) -> bool:
    """Whether y can follow x in time, each with what it has on its other side."""
    travel_s = way(travel, link, layer, x, y)
    return (
        node[x, EARLY_1] + travel_s <= node[y, LATE_1]
        or node[x, EARLY_0] + travel_s <= node[y, LATE_0]
    )


@lean_inner_kernel
def _soon_home(
    travel: Int32, link: Int32, node: Int32, route: Int64, r: int, x: int, y: int
) -> bool:
    """Whether a route on which y follows x takes no longer than its truck may be out."""
    travel_s = way(travel, link, route[r, TIME_LAYER], x, y)
    length, _, _ = joined(
        node[x, TIME_F],
        node[x, EARLY_F],
        node[x, LATE_F],
        travel_s,
        node[y, TIME_B],
        node[y, EARLY_B],
        node[y, LATE_B],
    )
    return length <= route[r, MAX_DURATION]


@lean_inner_kernel
def _up_to(link: Int32, node: Int32, tally: Int64, x: int) -> tuple[int, int]:
    """Return kilograms and number of the tasks of a route up to a node, that included."""
    kg = count = 0
    while x < tally[NUM_TASKS]:
        kg += node[x, KG]
        count += 1
        x = prev_of(link, x)
    return kg, count


@lean_inner_kernel
def _fits(link: Int32, node: Int32, route: Int64, tally: Int64, a: int, p: int, s: int) -> bool:
    """Whether two routes hold their loads when they change tails behind a and p."""
    r = route_of(node, a)
    kg_a, num_a = _up_to(link, node, tally, a)
    kg_p, num_p = _up_to(link, node, tally, p)
    kg_r = kg_a + route[s, COLLECTED_KG] - kg_p
    kg_s = kg_p + route[r, COLLECTED_KG] - kg_a
    most_kg = min(route[r, MAX_KG], route[r, ROOM + 3 * node[a, STREAM]])
    longer = max(num_a + route[s, COUNT] - num_p, num_p + route[r, COUNT] - num_a)
    return max(kg_r, kg_s) <= most_kg and longer <= route[r, MAX_TASKS]


@lean_inner_kernel
def _swap(t: Tables, a: int, b: int, r: int, s: int) -> None:
    """Let route r go on with b behind a, and route s with what stood there."""
    travel, link, node, route, tally = t.travel, t.link, t.node, t.route, t.tally
    num_routes = tally[NUM_ROUTES]
    end_r, end_s = tally[NUM_TASKS] + num_routes + r, tally[NUM_TASKS] + num_routes + s
    p, y = prev_of(link, b), next_of(link, a)
    last_r, last_s = prev_of(link, end_r), prev_of(link, end_s)
    tie(travel, link, node, route, r, a, b)
    tie(travel, link, node, route, r, last_s, end_r)
    if y == end_r:
        y = end_s
    else:
        tie(travel, link, node, route, s, last_r, end_s)
    tie(travel, link, node, route, s, p, y)
    kg = count = 0
    x = b
    while x != end_r:
        node[x, ROUTE] = r
        kg += node[x, KG]
        count += 1
        x = next_of(link, x)
    x = next_of(link, p)
    while x != end_s:
        node[x, ROUTE] = s
        kg -= node[x, KG]
        count -= 1
        x = next_of(link, x)
    route[r, COLLECTED_KG] += kg
    route[s, COLLECTED_KG] -= kg
    route[r, COUNT] += count
    route[s, COUNT] -= count
    relabel(link, node, route, tally, r, b, a)
    relabel(link, node, route, tally, s, y, p)


@spliced_kernel
def swap_tails(t: Tables, threshold: float) -> int:
    """Exchange the tails of two routes for the least change of cost below a threshold.

    Tried are all exchanges that let a neighbor follow a task drawn by chance. Returns the change
    of cost, `NEVER` where none is made.
    """
    travel, near, link, node, route, tally = t.travel, t.near, t.link, t.node, t.route, t.tally
    a = int(draw(t.seed) * tally[NUM_TASKS])
    r = route_of(node, a)
    if r < 0:
        return NEVER
    cost, clock = route[r, COST_LAYER], route[r, TIME_LAYER]
    num_tasks, y = tally[NUM_TASKS], next_of(link, a)
    best, chosen = min(threshold, float(NEVER)), NOTHING
    for k in range(near.shape[1]):
        b = wide(near[a, k])
        if b < 0:
            break
        s = route_of(node, b)
        if s < 0 or s == r or route[s, TYPE] != route[r, TYPE]:
            continue
        p = prev_of(link, b)
        if p >= num_tasks and y >= num_tasks:
            continue  # nothing would be left of one of them
        value = way(travel, link, cost, a, b) - link[a, OUT_COST] - link[b, IN_COST]
        if value >= best:
            continue
        value += way(travel, link, cost, p, y)
        if (
            value < best
            and (
                not tally[TIMED]
                or (
                    _meets(travel, link, node, clock, a, b)
                    and _meets(travel, link, node, clock, p, y)
                )
            )
            and _fits(link, node, route, tally, a, p, s)
            and (
                not tally[LIMITS_DURATION]
                or (
                    _soon_home(travel, link, node, route, r, a, b)
                    and _soon_home(travel, link, node, route, s, p, y)
                )
            )
        ):
            best, chosen = float(value), b
    if chosen < 0:
        return NEVER
    _swap(t, a, chosen, r, route_of(node, chosen))
    return int(best)
