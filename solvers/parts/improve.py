"""What a worker does with one part: it goes on from the routes that the part has."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from solvers._kernels import ground as g
from solvers.ground import needs_booking
from solvers.native import Search
from solvers.pins import first_tasks
from solvers.pool import Pool
from solvers.problem import Problem
from solvers.roster import Roster
from solvers.team import DRAFT_SHARE

FIRST_STEPS = 20
"""Steps of a first round on the clock."""
ROUND_S = 0.1
"""Seconds after which a search looks at its clock."""
ROUNDS, ROUND_STEPS = 50, 2_000
"""Rounds of a search that is bounded by its number of steps, and most steps of one."""

Sequences = Mapping[int, Sequence[int]]
"""Routes by vehicle: modes, and -f - 1 for a visit to facility f."""
Elapsed = Callable[[int], float]
"""From the steps made to the share of a search's budget that is used."""


@dataclass(frozen=True)
class Order:
    """A part with its present routes, and how to search on.

    Attributes
    ----------
    heat
        Shares of the whole cooling at which this search begins and ends.
    steps, seconds
        Its budget: steps, or else seconds of one worker.
    booked
        Whether the routes of the whole are booked, be it because of other parts alone.
    """

    problem: Problem
    sequences: Sequences
    seed: int
    heat: tuple[float, float]
    steps: int | None
    seconds: float | None
    booked: bool


@dataclass(frozen=True)
class Found:
    """The routes found for a part.

    Attributes
    ----------
    cost
        What they cost, with the prices of the ``left_out`` tasks.
    costs
        What each route costs, by vehicle.
    begins, received
        Where routes are booked, by vehicle: the (facility, begin) of its visits, and the kilograms
        it brings to each facility.
    """

    sequences: Sequences
    cost: int
    left_out: int
    steps: int
    costs: Mapping[int, int] = field(default_factory=dict)
    begins: Mapping[int, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    received: Mapping[int, tuple[int, ...]] = field(default_factory=dict)


def improve(order: Order, elapsed: Elapsed) -> Found:
    """Search on from the routes of a part until its budget is used."""
    tasks = order.problem.tasks
    if not order.problem.vehicles:
        return Found({}, sum(task.price for task in tasks), len(tasks), 0)
    if not tasks:  # loads aboard from the start are put down all the same
        return booked(Roster(order.problem, order.seed, present=order.sequences))
    if needs_booking(order.problem):
        return _improve_booked(order, elapsed)
    search = Search(order.problem, order.seed, present=order.sequences)
    if any(order.sequences.values()):
        search.clear()  # of what is pinned, which the routes begin with
        search.link(order.sequences)
    steps = _advance(search, order, elapsed)
    if not order.booked:
        return _linked(search, steps)
    roster = Roster(order.problem, order.seed, present=order.sequences)
    roster.load(search.sequences())
    return booked(roster, steps)


def _linked(search: Search, steps: int) -> Found:
    """Return the best routes of a search whose links tell what they cost."""
    pool, rows = Pool(search.blank), search.best_rows()
    vehicle_of = search.tables.route[:, g.VEHICLE].tolist()
    sequences = search.sequences()
    served = sum(code >= 0 for codes in sequences.values() for code in codes)
    costs = {vehicle_of[row]: pool.route_of(row, codes).cost for row, codes in rows}
    return Found(sequences, search.cost, len(search.problem.tasks) - served, steps, costs)


def _improve_booked(order: Order, elapsed: Elapsed) -> Found:
    """Search on with every step booked; from nothing a draft by detours alone comes first."""
    sequences, steps = order.sequences, 0
    roster = Roster(order.problem, order.seed, present=sequences)
    if _is_bare(order):
        draft = Search(order.problem, order.seed, present=sequences)
        steps = _advance(draft, order, lambda done: elapsed(done) / DRAFT_SHARE, (0.0, 1.0))
        sequences = draft.sequences()
    roster.load(sequences)
    roster.insert_all(roster.unserved)
    roster.keep_best()
    search = Search(order.problem, order.seed, roster)
    steps += _advance(search, order, lambda done: elapsed(steps + done))
    roster.recount()
    roster.restore_best()
    return booked(roster, steps)


def _is_bare(order: Order) -> bool:
    """Whether nothing is served yet but what is pinned to the beginning of a route."""
    served = sum(code >= 0 for codes in order.sequences.values() for code in codes)
    return served == sum(map(len, first_tasks(order.problem).values()))


def booked(roster: Roster, steps: int = 0) -> Found:
    """Return the present routes of a roster."""
    bookings, routes = roster.bookings, roster.routes
    visits = roster.calls()
    begins: dict[int, list[tuple[int, int]]] = {v: [] for v in visits}
    for f, taken in enumerate(bookings.taken.tolist()):
        for begin, vehicle in bookings.slot[f, :taken].tolist():
            if vehicle in begins:
                begins[vehicle].append((f, begin))
    return Found(
        visits,
        roster.cost,
        len(roster.unserved),
        steps,
        {v: int(routes.cost[v]) for v in visits},
        {v: tuple(sorted(found)) for v, found in begins.items()},
        {v: tuple(bookings.received[:, v].tolist()) for v in visits},
    )


def _advance(
    search: Search, order: Order, elapsed: Elapsed, heat: tuple[float, float] | None = None
) -> int:
    """Make steps until the budget is used, the heat falling from begin to end; return how many.

    The step that builds routes from nothing is made whatever the budget.
    """
    hot, cold = order.heat if heat is None else heat
    done, steps = 0, FIRST_STEPS if search.begun else 1
    while (share := elapsed(done)) < 1.0 or not (search.begun or done):
        if order.steps is not None:
            steps = max(1, min(order.steps // ROUNDS, ROUND_STEPS, order.steps - done))
        clock = time.perf_counter()
        search.advance(steps, hot + min(1.0, share) * (cold - hot))
        done += steps
        if order.steps is None:
            took_s = max(time.perf_counter() - clock, 1e-6)
            steps = max(1, int(steps * min(4.0, ROUND_S / took_s)))
    return done
