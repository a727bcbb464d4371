"""The loop: ruin, recreate, judge, and keep or take back.

Slack induction by string removals with simulated annealing, after Christiaens & Vanden Berghe
2020, section 5 (doi 10.1287/trsc.2019.0914). The threshold of acceptance is drawn before the
recreate, so that a hopeless step ends early. Now and then two routes exchange their tails instead.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inlined_kernel, lean_inner_kernel, lean_kernel, spliced_kernel
from solvers._kernels.chance import draw
from solvers._kernels.exact import Exact, keep_exact, settle
from solvers._kernels.fleet import cheapest_truck, shake_truck
from solvers._kernels.ground import (
    ABSENT,
    ACCEPTED,
    BEST,
    BOOKED,
    COST_BEST,
    COST_NOW,
    COUNT,
    CREDIT,
    DELTA,
    ESTATE,
    GROUP,
    MANY_MODES,
    MIXED_FLEET,
    NEVER,
    NUM_ABSENT,
    NUM_LOGGED,
    NUM_MODES,
    NUM_PINNED,
    NUM_REMOVED,
    NUM_ROUTES,
    NUM_TASKS,
    NUM_TOUCHED,
    PRICE,
    RAISED,
    RELOADS,
    REMOVED,
    ROUTE,
    SHUT,
    SLOT,
    STEP,
    SURPLUS,
    TASK,
    TIMED,
    TOUCHED,
    VISIT,
    WHAT,
    WHOLE,
    ZERO,
    Tables,
    wide,
)
from solvers._kernels.labels import relabel
from solvers._kernels.links import (
    Int32,
    Int64,
    first_stream,
    insert,
    insert_visit,
    next_of,
    route_of,
    set_mode,
    undo,
)
from solvers._kernels.recreate import arrange, place_task
from solvers._kernels.ruin import empty, ruin, some_task
from solvers._kernels.tails import exchanges_tails, swap_tails
from solvers._kernels.trades import trade, trades
from solvers._kernels.trips import replan_modes, replan_visits, route_cost

OLD_ABSENT = 4  # unserved tasks that a step offers again
LEADS = 0.2  # share of the steps where all around is left out that may open a truck on credit
NEAREST = 10  # tasks that are all around


@lean_inner_kernel
def _price_of(group: Int64, node: Int32, rank: Int64, task: int) -> int:
    """Return what leaving a task out costs, with all other visits of its customer."""
    if node[task, GROUP] < 0:
        return rank[PRICE, task]
    price = 0
    for k in range(VISIT, group.shape[1]):
        member = group[node[task, GROUP], k]
        if member >= 0:
            price += rank[PRICE, member]
    return price


@inlined_kernel
def _begun(tally: Int64) -> bool:
    """Whether any task is served but for those that are pinned to the beginning of a route."""
    return tally[NUM_ABSENT] + tally[NUM_PINNED] < tally[NUM_TASKS]


@spliced_kernel
def _offer_absent(t: Tables, center: int) -> None:
    """Add some unserved tasks of an estate to those of the step; all if nothing is served yet.

    Visits of one customer are served together or not at all, so they are offered together.
    """
    group, node, work, tally = t.group, t.node, t.work, t.tally
    torn, num = tally[NUM_REMOVED], tally[NUM_ABSENT]
    everything = not _begun(tally) and torn == 0
    many = num if everything else min(num, OLD_ABSENT)
    offset = int(draw(t.seed) * num)
    for i in range(num):
        if many == 0:
            break
        task = work[ABSENT, (offset + i) % num]
        if everything:
            work[REMOVED, tally[NUM_REMOVED]] = task
            tally[NUM_REMOVED] += 1
        elif node[task, ESTATE] == node[center, ESTATE]:
            many -= 1
            _offer(group, node, work, tally, task, torn)


@lean_inner_kernel
def _is_new(work: Int64, tally: Int64, task: int, first: int) -> bool:
    """Whether a task is not among those of the step from a place in their list on."""
    found = 0
    for i in range(first, tally[NUM_REMOVED]):
        found += work[REMOVED, i] == task
    return found == 0


@lean_inner_kernel
def _offer(group: Int64, node: Int32, work: Int64, tally: Int64, task: int, torn: int) -> None:
    """Add a task to those of the step, with all other visits of its customer."""
    if node[task, GROUP] < 0:
        work[REMOVED, tally[NUM_REMOVED]] = task
        tally[NUM_REMOVED] += 1
    elif _is_new(work, tally, task, torn):
        for k in range(VISIT, group.shape[1]):
            if group[node[task, GROUP], k] >= 0:
                work[REMOVED, tally[NUM_REMOVED]] = group[node[task, GROUP], k]
                tally[NUM_REMOVED] += 1


@lean_inner_kernel
def _speaks(node: Int32, work: Int64, i: int) -> bool:
    """Whether no other visit of the same customer stands before the i-th task of the step."""
    customer = node[work[REMOVED, i], GROUP]
    if customer < 0:
        return True
    earlier = 0
    for k in range(i):
        earlier += node[work[REMOVED, k], GROUP] == customer
    return earlier == 0


@lean_inner_kernel
def _is_forsaken(t: Tables, center: int) -> bool:
    """Whether a task and all that lie nearest to it in its estate are left out."""
    if route_of(t.node, center) >= 0:
        return False
    for k in range(min(NEAREST, t.around.shape[1])):
        task = wide(t.around[center, k])
        if task < 0:
            break
        if t.node[task, ESTATE] == t.node[center, ESTATE] and route_of(t.node, task) >= 0:
            return False
    return True


@lean_inner_kernel
def _offer_around(t: Tables, center: int) -> None:
    """Add a task that is left out, and all its neighbors that are, to those of the step."""
    for k in range(-1, t.around.shape[1]):
        task = center if k < 0 else wide(t.around[center, k])
        if task < 0:
            break
        if (
            t.work[SLOT, task] >= 0
            and t.node[task, ESTATE] == t.node[center, ESTATE]
            and _is_new(t.work, t.tally, task, ZERO)
        ):
            _offer(t.group, t.node, t.work, t.tally, task, ZERO)


@spliced_kernel
def _recreate(t: Tables, threshold: float, credit: int) -> bool:
    """Insert the tasks of the step; return whether the step stays below the threshold.

    A task may cost more than it is worth by a ``credit``, which those that follow have to pay back.
    """
    node, work, tally = t.node, t.work, t.tally
    threshold += credit
    num = tally[NUM_REMOVED]
    arrange(work, t.rank, t.seed, num)
    for i in range(num):
        task = work[REMOVED, i]
        old = work[SLOT, task] >= 0
        if node[task, ROUTE] >= 0 or not (old or _speaks(node, work, i)):
            continue  # came, or was refused, with another visit of its customer
        price = _price_of(t.group, node, t.rank, task)
        limit = min(float(price + credit), threshold - tally[DELTA] + (price if old else 0))
        if place_task(t, task, int(limit)):
            if old:
                tally[DELTA] -= price
        elif not old:
            tally[DELTA] += price
        if tally[DELTA] >= threshold:
            return False
    return True


@spliced_kernel
def _polish(t: Tables) -> None:
    """Choose truck, visits and modes of the changed routes anew."""
    for i in range(t.tally[NUM_TOUCHED]):
        r = t.work[TOUCHED, i]
        if t.tally[MIXED_FLEET] and t.route[r, COUNT] > 0:
            cheapest_truck(t, r)
        if t.tally[RELOADS]:
            replan_visits(t, r)
        if t.tally[MANY_MODES] and t.route[r, COUNT] > 0:
            replan_modes(t, r)


@lean_inner_kernel
def _keep_absent(node: Int32, work: Int64, rank: Int64, tally: Int64) -> None:
    """Bring the list of unserved tasks up to date after an accepted step."""
    for i in range(tally[NUM_REMOVED]):
        task = work[REMOVED, i]
        at = work[SLOT, task]
        if node[task, ROUTE] >= 0 and at >= 0:
            last = work[ABSENT, tally[NUM_ABSENT] - 1]
            work[ABSENT, at] = last
            work[SLOT, last] = at
            work[SLOT, task] = -1
            tally[NUM_ABSENT] -= 1
            tally[SURPLUS] -= rank[RAISED, task]
        elif node[task, ROUTE] < 0 and at < 0:
            work[ABSENT, tally[NUM_ABSENT]] = task
            work[SLOT, task] = tally[NUM_ABSENT]
            tally[NUM_ABSENT] += 1
            tally[SURPLUS] += rank[RAISED, task]


@lean_inner_kernel
def _note_best(link: Int32, node: Int32, route: Int64, work: Int64, tally: Int64) -> None:
    """Write the present routes into a row of work: its length, then -1-r and the nodes of route r.

    A task is written as its mode, a visit as the number of modes + its facility.
    """
    num_tasks = tally[NUM_TASKS]
    k = 1
    for r in range(tally[NUM_ROUTES]):
        if route[r, COUNT] == 0:
            continue
        work[BEST, k] = -1 - r
        k += 1
        x, end = next_of(link, num_tasks + r), num_tasks + tally[NUM_ROUTES] + r
        while x != end:
            work[BEST, k] = node[x, WHAT] + (0 if x < num_tasks else tally[NUM_MODES])
            k += 1
            x = next_of(link, x)
    work[BEST, 0] = k


@inlined_kernel
def _accept(t: Tables, exact: Exact, change: int) -> None:
    """Count an accepted step, and keep the routes if none cheaper were met."""
    tally = t.tally
    tally[COST_NOW] += change
    tally[ACCEPTED] += 1
    cost = tally[COST_NOW] - tally[SURPLUS]
    if cost < tally[COST_BEST]:
        tally[COST_BEST] = cost
        if tally[BOOKED]:
            keep_exact(exact)
        else:
            _note_best(t.link, t.node, t.route, t.work, tally)


@lean_kernel
def take_over(t: Tables) -> None:
    """Link the routes written in the row of the best plan; nothing may be served before."""
    link, node, route, work, tally = t.link, t.node, t.route, t.work, t.tally
    num_tasks, num_modes, r, tail = tally[NUM_TASKS], tally[NUM_MODES], ZERO, ZERO
    tally[NUM_LOGGED] = tally[NUM_REMOVED] = 0
    for k in range(1, work[BEST, 0]):
        what = work[BEST, k]
        if what < 0:
            r = -what - 1
            tail = num_tasks + r
        elif what < num_modes:
            task = t.mode[what, TASK]
            set_mode(t.mode, link, node, task, what)
            insert(t.travel, link, node, route, work, tally, task, tail, r)
            work[REMOVED, tally[NUM_REMOVED]] = task
            tally[NUM_REMOVED] += 1
            tail = task
        else:
            f, stream = what - num_modes, first_stream(route, tally, r)
            tail = insert_visit(
                t.travel, t.facility, link, node, route, work, tally, f, tail, r, stream
            )
    for r in range(tally[NUM_ROUTES]):
        relabel(link, node, route, tally, r, WHOLE, WHOLE)
    _keep_absent(node, work, t.rank, tally)
    tally[COST_NOW] = tally[COST_BEST] = _cost_of(t)


@lean_kernel
def route_costs(t: Tables, costs: Int64) -> None:
    """Write what each route costs, by its links."""
    for r in range(t.tally[NUM_ROUTES]):
        costs[r] = route_cost(t, r)


@lean_kernel
def full_cost(t: Tables) -> int:
    """Return the cost of all routes and of what is left out, by walking every link."""
    return _cost_of(t)


@lean_inner_kernel
def _cost_of(t: Tables) -> int:
    total = 0
    for r in range(t.tally[NUM_ROUTES]):
        total += route_cost(t, r)
    for i in range(t.tally[NUM_ABSENT]):
        total += t.rank[PRICE, t.work[ABSENT, i]]
    return total


@spliced_kernel
def _propose(t: Tables, center: int, threshold: float) -> bool:
    """Change routes around a task; return whether links tell that it stays below the threshold.

    Where nothing is served yet, routes are built.
    """
    tally, traded, leads = t.tally, False, False
    if _begun(tally):
        served = route_of(t.node, center) >= 0
        leads = tally[CREDIT] > 0 and _is_forsaken(t, center) and draw(t.seed) < LEADS
        traded = served and trades(t)
        if traded:
            sound = trade(t, center)
        elif not leads:
            ruin(t, center)
            if tally[MIXED_FLEET]:
                shake_truck(t)
    if not traded:
        if leads:
            _offer_around(t, center)
        else:
            _offer_absent(t, center)
        # from nothing, the first step has found no single task that pays for a truck
        stuck = tally[STEP] > 1 and not _begun(tally)
        sound = _recreate(t, threshold, tally[CREDIT] if leads or stuck else ZERO)
    if sound and (tally[RELOADS] or tally[MANY_MODES] or tally[MIXED_FLEET]):
        _polish(t)
    return sound


@lean_kernel
def shut_route(t: Tables, exact: Exact, r: int) -> None:
    """Empty a booked route, and offer it to no task any more."""
    tally = t.tally
    tally[STEP] += 1
    tally[NUM_LOGGED] = tally[NUM_TOUCHED] = tally[NUM_REMOVED] = tally[DELTA] = 0
    empty(t, r)
    settle(t, exact, float(NEVER))  # an empty route holds, and asks nothing of the others
    _keep_absent(t.node, t.work, t.rank, tally)
    tally[COST_NOW] += tally[DELTA]
    t.route[r, SHUT] = 1


@lean_kernel
def run_steps(t: Tables, exact: Exact, num: int, heat: NDArray[np.float64], estate: int) -> None:
    """Run ``num`` steps; a first step builds routes from nothing.

    ``heat`` is the temperature of each estate, in money: a step changes routes of one alone. Only
    those of one ``estate`` are changed where that is not negative.

    Writes the tables; the best routes met are in a row of work, their cost in the tally. About
    ten tasks are moved a step, in O(tasks moved * neighbors) without a look at the other routes.
    """
    link, node, route, work, tally = t.link, t.node, t.route, t.work, t.tally
    for _ in range(num):
        tally[STEP] += 1
        tally[NUM_LOGGED] = tally[NUM_TOUCHED] = tally[NUM_REMOVED] = tally[DELTA] = 0
        threshold, center = float(NEVER), some_task(t)
        while estate >= 0 and node[center, ESTATE] != estate:
            center = some_task(t)
        if _begun(tally):
            threshold = -heat[node[center, ESTATE]] * math.log(draw(t.seed) + 1e-300)
            if exchanges_tails(t):
                change = swap_tails(t, threshold)
                if change < NEVER:
                    _accept(t, exact, change)
                continue
        sound = _propose(t, center, threshold)
        if sound and tally[BOOKED]:
            sound = settle(t, exact, threshold)
        if not sound or tally[DELTA] >= threshold:
            undo(t.travel, t.mode, t.facility, link, node, route, work, tally, ZERO)
            if tally[TIMED] or tally[RELOADS]:
                for i in range(tally[NUM_TOUCHED]):
                    relabel(link, node, route, tally, work[TOUCHED, i], WHOLE, WHOLE)
            continue
        _keep_absent(node, work, t.rank, tally)
        _accept(t, exact, tally[DELTA])
