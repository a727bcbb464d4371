"""The native search around its kernels: from a problem to routes, round by round.

A problem whose cost the links tell in full is searched by detours alone. Where queues, paid hours
or rests matter, a draft made that way is booked exactly, and each further step is judged by the
exact timetable.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from solvers._kernels import ground as g
from solvers._kernels.exact import Exact
from solvers._kernels.steps import run_steps, take_over
from solvers.arrays import build_model, empty_bookings, empty_routes, new_scratch
from solvers.ground import build_tables, needs_booking
from solvers.plan import Route, Step
from solvers.problem import Problem, Vehicle
from solvers.roster import Roster
from solvers.stop import Stop

HEAT_BEGIN, HEAT_END = 0.3, 0.01
"""Temperatures as shares of the mean cost of the way to a stop, from begin to end."""
EXACT_HEAT_BEGIN, EXACT_HEAT_END = 0.3, 0.01
ROUND_S = 0.1
"""Seconds of one compiled call, so that progress and Ctrl-C come through."""
ROUNDS, ROUND_STEPS = 200, 2_000
"""Compiled calls of a search that is bounded by its number of steps, and most steps of one."""
DRAFT_SHARE = 0.1
"""Part of the budget for the draft that is booked exactly afterwards."""

DRAFT_STEPS = 200
"""Most steps a task of the draft: what it gains after that is lost in the booking."""

Tell = Callable[[float, int, int], None]
"""Takes the share of the budget used, the best cost and the number of tasks left out."""


def exact_of(problem: Problem) -> Exact:
    """Return exact routes of a problem, all empty."""
    model = build_model(problem)
    bookings = empty_bookings(model)
    return Exact(
        model,
        bookings,
        new_scratch(model),
        empty_routes(model),
        empty_routes(model),
        empty_routes(model),
        empty_bookings(model),
        np.zeros((bookings.slot.shape[0] * bookings.slot.shape[1] + 1, 3), np.int64),
        np.zeros_like(bookings.received),
    )


def idle_exact() -> Exact:
    """Return exact routes of nothing, for problems whose cost needs no booking."""
    way = np.zeros((1, 1, 1), np.int32)
    truck = Vehicle("", "", 0, 0, 0, 0, {}, 0, 1)
    return exact_of(Problem((), (truck,), (), way, way))


class Search:
    """One search over a problem: its tables, and the exact routes beside them if there are any."""

    def __init__(self, problem: Problem, seed: int, roster: Roster | None = None) -> None:
        self.problem = problem
        self.tables = build_tables(problem, seed)
        self.roster = roster
        self.exact = roster.exact() if roster else idle_exact()
        self.tables.tally[g.BOOKED] = int(roster is not None)
        if roster is not None:
            self.link(roster.visits())
            self.tables.tally[g.COST_NOW] = self.tables.tally[g.COST_BEST] = roster.cost

    @property
    def cost(self) -> int:
        """Cost of the best routes met."""
        return int(self.tables.tally[g.COST_BEST])

    @property
    def num_absent(self) -> int:
        """Number of tasks that the present routes leave out."""
        return int(self.tables.tally[g.NUM_ABSENT])

    def link(self, sequences: Mapping[int, Sequence[int]]) -> None:
        """Take over routes, by vehicle: modes, and -f - 1 for a visit to facility f."""
        row_of = {int(v): r for r, v in enumerate(self.tables.route[:, g.VEHICLE])}
        num_modes = len(self.tables.mode)
        row = []
        for vehicle, sequence in sorted(sequences.items()):
            row.append(-1 - row_of[vehicle])
            row += [what if what >= 0 else num_modes - what - 1 for what in sequence]
        best = self.tables.work[g.BEST]
        best[0] = 1 + len(row)
        best[1 : 1 + len(row)] = row
        take_over(self.tables)

    def run(
        self,
        stop: Stop,
        tell: Tell,
        begin: float = 0.0,
        end: float = 1.0,
        most: int | None = None,
    ) -> int:
        """Search while the budget lies between two shares; return the number of steps made.

        The temperature falls over that part of the budget, or over ``most`` steps. With a number of
        steps as budget the rounds are equal, so that the same seed gives the same routes.
        """
        done = 0
        heat_begin, heat_end = (
            (EXACT_HEAT_BEGIN, EXACT_HEAT_END) if self.roster else (HEAT_BEGIN, HEAT_END)
        )
        steps = 1 if self.tables.tally[g.NUM_USED] == 0 else 20
        offset = round(begin * stop.max_iterations) if stop.max_iterations is not None else 0
        limit = most if most is not None else 1 << 60
        while (used := stop.used(offset + done)) < end and done < limit and self.problem.tasks:
            if stop.max_iterations is not None:
                left = stop.max_iterations - offset - done
                steps = max(1, min(stop.max_iterations // ROUNDS, ROUND_STEPS, left))
            steps = min(steps, limit - done)
            share = max(max(0.0, used - begin) / max(1e-9, end - begin), done / limit)
            heat = self._mean_cost() * heat_begin * (heat_end / heat_begin) ** share
            clock = time.perf_counter()
            run_steps(self.tables, self.exact, steps, heat)
            took = time.perf_counter() - clock
            done += steps
            if stop.max_iterations is None:
                steps = max(1, min(200_000, int(steps * min(4.0, ROUND_S / max(took, 1e-6)))))
            tell(stop.used(offset + done), self.cost, self.num_absent)
        return done

    def _mean_cost(self) -> float:
        """Return the mean cost of the way to a stop, without trucks and prices."""
        tables, tally = self.tables, self.tables.tally
        left = tables.work[g.ABSENT, : self.num_absent]
        prices = int(tables.rank[g.PRICE, left].sum())
        used = tables.route[:, g.COUNT] > 0
        fixed = int(tables.route[used, g.FIXED_COST].sum())
        stops = int(tally[g.NUM_TASKS]) - self.num_absent + int(tally[g.NUM_USED])
        return max(1.0, (int(tally[g.COST_NOW]) - prices - fixed) / max(1, stops))

    def sequences(self) -> dict[int, list[int]]:
        """Return the best routes met, by vehicle: modes, and -f - 1 for a visit to facility f."""
        num_modes, best = len(self.tables.mode), self.tables.work[g.BEST]
        routes: dict[int, list[int]] = {}
        current: list[int] = []
        for what in best[1 : int(best[0])].tolist():
            if what < 0:
                current = routes.setdefault(int(self.tables.route[-what - 1, g.VEHICLE]), [])
            else:
                current.append(what if what < num_modes else num_modes - what - 1)
        return routes


def is_told_by_links(problem: Problem) -> bool:
    """Whether links tell the cost and the timetable in full, so that nothing need be booked."""
    return not needs_booking(problem) and not any(
        problem.rules.meal_applies(vehicle) for vehicle in problem.vehicles
    )


def draft(roster: Roster, stop: Stop, seed: int, tell: Tell) -> int:
    """Fill an empty roster with routes found by detours alone; return the steps made."""
    search = Search(roster.problem, seed)
    done = search.run(stop, tell, 0.0, DRAFT_SHARE, DRAFT_STEPS * len(roster.problem.tasks))
    roster.load(search.sequences())
    roster.insert_all(roster.unserved)
    roster.keep_best()
    return done


def polish(roster: Roster, stop: Stop, seed: int, tell: Tell, begin: float = 0.0) -> int:
    """Improve a roster, each step judged by its exact timetable; return the steps made."""
    if not needs_booking(roster.problem):
        return 0
    roster.keep_best()
    roster.restore_best()
    search = Search(roster.problem, seed, roster)
    try:
        return search.run(stop, tell, begin)
    finally:
        roster.recount()
        roster.restore_best()


def write_routes(problem: Problem, sequences: Mapping[int, Sequence[int]]) -> tuple[Route, ...]:
    """Return sequences as a plan's routes; each sets out as late as it can to end as early."""
    first_mode = np.cumsum([0, *(len(t.modes) for t in problem.tasks)])
    routes = []
    for vehicle, sequence in sorted(sequences.items()):
        steps = []
        for what in sequence:
            if what < 0:
                steps.append(Step("facility", -what - 1))
            else:
                task = int(np.searchsorted(first_mode, what, side="right")) - 1
                steps.append(Step("task", task, what - int(first_mode[task])))
        routes.append(Route(vehicle, _latest_start(problem, vehicle, steps), tuple(steps)))
    return tuple(routes)


def _latest_start(problem: Problem, vehicle: int, steps: Sequence[Step]) -> int:
    """Return the latest start of a route that makes none of its begins later."""
    truck = problem.vehicles[vehicle]
    time_s = problem.time_s[truck.profile]
    released = _releases(problem, steps)
    start = max(truck.shift_start, released[0])
    clock, place, slack = start, truck.start, [10**12]
    waited = 0
    for k, step in enumerate(steps):
        if step.kind == "task":
            task, mode = problem.tasks[step.idx], problem.tasks[step.idx].modes[step.mode]
            into, out, busy, windows = mode.entry, mode.exit, mode.service_s, task.windows
        else:
            facility = problem.facilities[step.idx]
            into = out = facility.location
            busy = facility.unload_s
            windows = ((facility.open_s, facility.close_s - busy),)
        arrival = clock + int(time_s[place, into])
        window = next((w for w in windows if arrival <= w[1]), None)
        begin = arrival if window is None else max(arrival, window[0])
        waited += begin - arrival
        if window is not None:
            slack.append(waited + window[1] - begin)
        clock, place = begin + busy, out
        if step.kind == "facility":
            later = max(clock, released[k + 1])
            waited += later - clock
            slack.append(waited)
            clock = later
    return start + min(waited, *slack)


def _releases(problem: Problem, steps: Sequence[Step]) -> list[int]:
    """Return for the start, and behind each step, the latest release of the trip that follows."""
    releases = [0] * (len(steps) + 1)
    latest = 0
    for k in range(len(steps) - 1, -1, -1):
        if steps[k].kind == "facility":
            releases[k + 1], latest = latest, 0
        else:
            latest = max(latest, problem.tasks[steps[k].idx].release_s)
    releases[0] = latest
    return releases
