"""The native search around its kernels: from a problem to routes and back.

A problem whose cost the links tell in full is searched by detours alone. Where queues, paid hours
or rests matter, a draft made that way is booked exactly, and each further step is judged by the
exact timetable.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers._kernels import ground as g
from solvers._kernels.exact import Exact
from solvers._kernels.ground import Tables
from solvers._kernels.steps import route_costs, run_steps, take_over
from solvers.absence import Absence
from solvers.arrays import build_model, empty_bookings, empty_routes, new_scratch
from solvers.bonus import Bonus
from solvers.ground import aligned, build_tables, needs_booking
from solvers.plan import Route, Step
from solvers.problem import Problem, Vehicle
from solvers.roster import Roster
from solvers.sparing import Sparing

HEAT_BEGIN, HEAT_END = 1.0, 0.01
"""Temperatures as shares of the mean cost of the way to a stop, from begin to end."""
EXACT_HEAT_BEGIN, EXACT_HEAT_END = 3.0, 0.01
COLD, EXACT_COLD, COLD_OF_STREETS, COLD_AT = 0.1, 0.05, 0.02, 0.9
"""Temperatures below which little changes any more, as shares of the mean cost, and the share of a
search after which they are reached. The mean cost of streets is their service for the most part."""
PRICE_HEAT, MOST_HEAT = 1.0, 100.0
"""The begin where tasks are left out at first, as a share of the mean price of a task, and the most
that this may be as a share of the mean cost. What goes and what comes is worth about as much then:
at the temperature of ways alone no step would leave out one task for another."""
SCARCE_HEAT, SCARCE_END = 10.0, 0.1
"""The least temperature while tasks are left out, as a share of the mean cost, and the share of the
search at whose end it falls to nothing. Gaps in full shifts that are scattered become one that is
long enough only if what stands between them still moves."""
TRIAL_STEPS = 4
"""Steps a task for which a fleet of one type is tried."""

Float64 = NDArray[np.float64]

WRITTEN = ("link", "node", "route", "work", "rank", "tally")
"""Tables that a search writes; all others are shared by the searches of a problem."""


def seed_state(seed: int) -> int:
    """Return the state of the generator that a seed stands for."""
    return (seed * 0x9E3779B97F4A7C15 + 0x1234567) % (1 << 64) or 1


def exact_of(problem: Problem) -> Exact:
    """Return exact routes of a problem, all empty."""
    model = build_model(problem)
    bookings = empty_bookings(model, [f.booked for f in problem.facilities])
    return Exact(
        model,
        bookings,
        new_scratch(model),
        empty_routes(model),
        empty_routes(model),
        empty_routes(model),
        empty_bookings(model, [f.booked for f in problem.facilities]),
        np.zeros((bookings.slot.shape[0] * bookings.slot.shape[1] + 1, 3), np.int64),
        np.zeros_like(bookings.received),
    )


def idle_exact() -> Exact:
    """Return exact routes of nothing, for problems whose cost needs no booking."""
    way = np.zeros((1, 1, 1), np.int32)
    truck = Vehicle("", "", 0, 0, 0, 0, {}, 0, 1)
    return exact_of(Problem((), (truck,), (), way, way))


def _own_tables(blank: Tables) -> Tables:
    """Return tables of which the written ones are copies, each row of a node in one cache line."""
    own = {name: getattr(blank, name).copy() for name in (*WRITTEN, "seed")}
    for name in ("link", "node"):
        own[name] = aligned(*getattr(blank, name).shape)
        np.copyto(own[name], getattr(blank, name))
    return blank._replace(**own)


def _cooled(first: Float64, cold: Float64, last: Float64, share: float) -> Float64:
    """Return the temperatures after a share of a search."""
    if share < COLD_AT:
        return first * (cold / first) ** (share / COLD_AT)
    return cold * (last / cold) ** ((share - COLD_AT) / (1.0 - COLD_AT))


class Search:
    """One search over a problem: its tables, and the exact routes beside them if there are any.

    ``blank`` holds tables in which nothing is served, for instance those of another search of the
    same problem; they are built where none are given, and never written. ``present`` routes tell
    how a part of a problem holds its pins now (`Roster`).
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        roster: Roster | None = None,
        blank: Tables | None = None,
        present: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        self.problem = problem
        self.blank = build_tables(problem, seed) if blank is None else blank
        self.tables = _own_tables(self.blank)
        self.tables.seed[0] = seed_state(seed)
        self.roster = roster
        self._first: dict[int, list[int]] = {}
        self.exact = roster.exact() if roster else idle_exact()
        self.tables.tally[g.BOOKED] = int(roster is not None)
        if roster is None and problem.pins:
            self._first = Roster(problem, seed, present=present).visits()
        if roster is not None:
            self.link(roster.visits())
            self.tables.tally[g.COST_NOW] = self.tables.tally[g.COST_BEST] = roster.cost
        elif self._first:
            self.link(self._first)
        self.absence = Absence()
        self.bonus = Bonus(self.tables, self.blank)
        self.stake = self._at_stake() if roster else np.zeros(self._num_estates())
        self.sparing = None if roster is None else Sparing(self.present())

    def twin(self, seed: int) -> Search:
        """Return a search from the same routes with another seed, which shares what none writes."""
        roster = None if self.roster is None else self.roster.twin(seed)
        other = Search(self.problem, seed, roster, self.blank)
        other.bonus.on = self.bonus.on
        other.adopt(self)
        return other

    @property
    def cost(self) -> int:
        """Cost of the best routes met."""
        return self.bonus.true_cost()

    @property
    def num_absent(self) -> int:
        """Number of tasks left out by the present routes, or by those before a trial."""
        if self.sparing is not None and self.sparing.on:
            return self.sparing.num_absent
        return int(self.tables.tally[g.NUM_ABSENT])

    @property
    def begun(self) -> bool:
        """Whether any task is served but for those that are pinned to the beginning of a route."""
        tally = self.tables.tally
        return bool(tally[g.NUM_ABSENT] + tally[g.NUM_PINNED] < tally[g.NUM_TASKS])

    def present(self) -> dict[str, NDArray[Any]]:
        """Return all arrays that steps write, by name; they are not copied."""
        arrays = {name: getattr(self.tables, name) for name in (*WRITTEN, "seed")}
        if self.roster is not None:
            arrays |= self.roster.state()
        return arrays

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all arrays that the search writes, by name; they are not copied."""
        arrays = self.present() | {"stake": self.stake} | self.bonus.state() | self.absence.state()
        return arrays | (self.sparing.state() if self.sparing else {})

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a search of the same problem had these arrays."""
        for name, own in self.state().items():
            np.copyto(own, arrays[name], casting="no")

    def adopt(self, other: Search) -> None:
        """Take over the present and the best routes of another search, but not its seed."""
        self.restore(other.state() | {"seed": self.tables.seed})

    def clear(self) -> None:
        """Serve nothing again; the numbers drawn by chance go on."""
        for name in WRITTEN:
            np.copyto(getattr(self.tables, name), getattr(self.blank, name))
        self.tables.tally[g.BOOKED] = int(self.roster is not None)

    def link(self, sequences: Mapping[int, Sequence[int]]) -> None:
        """Take over routes, by vehicle: modes, and -f - 1 for a visit to facility f.

        Nothing may be served yet.
        """
        row_of = {int(v): r for r, v in enumerate(self.tables.route[:, g.VEHICLE])}
        num_modes = len(self.tables.mode)
        self.link_codes(
            {
                row_of[vehicle]: [what if what >= 0 else num_modes - what - 1 for what in sequence]
                for vehicle, sequence in sorted(sequences.items())
            }
        )

    def link_rows(self, rows: Mapping[int, Sequence[int]]) -> None:
        """Go on from these routes, by row: modes, and the number of modes + f for facility f."""
        self.clear()
        self.link_codes(rows)

    def link_codes(self, rows: Mapping[int, Sequence[int]]) -> None:
        """Take over routes, by row, like `link_rows`; nothing may be served yet."""
        codes = [code for row, route in rows.items() for code in (-1 - row, *route)]
        best = self.tables.work[g.BEST]
        best[0] = 1 + len(codes)
        best[1 : 1 + len(codes)] = codes
        take_over(self.tables)

    def advance(self, steps: int, share: float) -> None:
        """Make steps at the temperature of a share of the way from begin to end."""
        begin, cold, end = HEAT_BEGIN, COLD, HEAT_END
        if self.roster is not None:
            begin, cold, end = EXACT_HEAT_BEGIN, EXACT_COLD, EXACT_HEAT_END
        elif self.tables.tally[g.MANY_MODES]:
            cold = COLD_OF_STREETS
        if steps > 0 and not self.begun and self._many_sizes():
            self._begin_with_one_type()
        mean = self.mean_costs()
        if self.begun:
            self.bonus.advance(self, share, float(mean.mean()))
            if self.sparing is None or not self.sparing.on:  # a trial goes by what held before it
                self.absence.advance(self.tables, share)
        first = np.maximum(begin * mean, np.minimum(self.stake, MOST_HEAT * mean))
        heat = _cooled(first, cold * mean, end * mean, share)
        if self.roster is not None:
            warm = SCARCE_HEAT * mean * min(1.0, (1.0 - share) / SCARCE_END) ** 3
            heat = np.where(self._is_scarce(), np.maximum(heat, warm), heat)
        if self.sparing is None:
            run_steps(self.tables, self.exact, steps, heat, g.NONE)
        else:
            self.sparing.advance(self, steps, heat, share)

    def _many_sizes(self) -> bool:
        route, tally = self.tables.route, self.tables.tally
        sizes = np.unique(route[:, [g.MAX_KG, g.FIXED_COST, g.ROOM]], axis=0)
        return bool(tally[g.MIXED_FLEET]) and len(sizes) > 1

    def _begin_with_one_type(self) -> None:
        """Begin with routes of the type of truck, or of all types, that a short trial favors.

        A fleet that is chosen stop by stop has many small trucks, and no single step leads from
        there to a few big ones.
        """
        steps, best = TRIAL_STEPS * len(self.problem.tasks), None
        cold = np.zeros(self._num_estates())
        for kind in range(-1, int(self.tables.tally[g.NUM_TYPES])):
            self.clear()
            if self._first:
                self.link(self._first)
            self.tables.tally[g.ONLY_TYPE] = kind
            run_steps(self.tables, self.exact, 1, cold, g.NONE)
            run_steps(self.tables, self.exact, steps, cold, g.NONE)
            if best is None or self.cost < int(best["tally"][g.COST_BEST]):
                best = {name: array.copy() for name, array in self.state().items()}
        if best is not None:
            self.restore(best)
        self.tables.tally[g.ONLY_TYPE] = g.NONE

    def estates(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the estates of all tasks and of all routes."""
        num = len(self.problem.tasks)
        estate = self.tables.node[: num + len(self.tables.route), g.ESTATE]
        return estate[:num], estate[num:]

    def pinned_rows(self) -> NDArray[np.int64]:
        """Return the rows of routes that begin with pinned tasks."""
        node = self.tables.node[: len(self.problem.tasks)]
        return np.unique(node[node[:, g.PINNED] == 1, g.ROUTE]).astype(np.int64)

    def _num_estates(self) -> int:
        return 1 + max(int(estates.max(initial=0)) for estates in self.estates())

    def mean_costs(self) -> NDArray[np.float64]:
        """Return the mean cost of the way to a stop in each estate, without trucks and prices."""
        route, num = self.tables.route, self._num_estates()
        of_task, of_route = self.estates()
        used = route[:, g.COUNT] > 0
        of_route, paid = of_route[used], self._route_costs()[used] - route[used, g.FIXED_COST]
        served = self.tables.node[: len(of_task), g.ROUTE] >= 0
        stops = np.bincount(of_task[served], minlength=num) + np.bincount(of_route, minlength=num)
        means = np.bincount(of_route, paid, minlength=num) / np.maximum(1, stops)
        return np.maximum(1.0, means)

    def _route_costs(self) -> NDArray[np.int64]:
        """Return what each of the present routes costs."""
        tables = self.tables
        if self.roster is not None:
            return self.exact.routes.cost[tables.route[:, g.VEHICLE]]
        costs = np.zeros(len(tables.route), np.int64)
        route_costs(tables, costs)
        return costs

    def _is_scarce(self) -> NDArray[np.bool_]:
        """Return in which estates tasks are left out now."""
        left = self.tables.work[g.ABSENT, : self.tables.tally[g.NUM_ABSENT]]
        return np.bincount(self.estates()[0][left], minlength=self._num_estates()) > 0

    def _at_stake(self) -> NDArray[np.float64]:
        """Return a share of the mean price of a task in each estate, 0 if none is left out."""
        estate, num = self.estates()[0], self._num_estates()
        prices = np.bincount(estate, self.tables.rank[g.PRICE, : len(estate)], minlength=num)
        means = prices / np.maximum(1, np.bincount(estate, minlength=num))
        return PRICE_HEAT * self._is_scarce() * means

    def best_rows(self) -> list[tuple[int, list[int]]]:
        """Return the best routes met: the row of each, with its modes and modes + facilities."""
        rows: list[tuple[int, list[int]]] = []
        for code in self.bonus.best_codes().tolist():
            if code < 0:
                rows.append((-code - 1, []))
            else:
                rows[-1][1].append(code)
        return rows

    def present_rows(self) -> list[tuple[int, list[int]]]:
        """Return the present routes in the same way."""
        tables, num_modes = self.tables, len(self.tables.mode)
        num_tasks, num_routes = len(self.problem.tasks), len(tables.route)
        onward, what = tables.link[:, g.NEXT].tolist(), tables.node[:, g.WHAT].tolist()
        rows = []
        for row in np.flatnonzero(tables.route[:, g.COUNT]).tolist():
            codes = []
            node, end = onward[num_tasks + row], num_tasks + num_routes + row
            while node != end:
                codes.append(what[node] + (0 if node < num_tasks else num_modes))
                node = onward[node]
            rows.append((row, codes))
        return rows

    def sequences(self) -> dict[int, list[int]]:
        """Return the best routes met, by vehicle: modes, and -f - 1 for a visit to facility f."""
        num_modes = len(self.tables.mode)
        return {
            int(self.tables.route[row, g.VEHICLE]): [
                code if code < num_modes else num_modes - code - 1 for code in codes
            ]
            for row, codes in self.best_rows()
        }


def is_told_by_links(problem: Problem) -> bool:
    """Whether links tell the cost and the timetable in full, so that nothing need be booked."""
    return not needs_booking(problem) and not any(
        problem.rules.meal_applies(vehicle) for vehicle in problem.vehicles
    )


def first_modes(problem: Problem) -> list[int]:
    """Return the index of each task's first mode among the modes of all, and their number."""
    return list(accumulate((len(task.modes) for task in problem.tasks), initial=0))


def task_of(first_mode: Sequence[int], mode: int) -> int:
    """Return the task of a mode."""
    return bisect_right(first_mode, mode) - 1


def write_routes(problem: Problem, sequences: Mapping[int, Sequence[int]]) -> tuple[Route, ...]:
    """Return sequences as a plan's routes; each sets out as late as it can to end as early."""
    first_mode = first_modes(problem)
    return tuple(
        write_route(problem, vehicle, sequence, first_mode)
        for vehicle, sequence in sorted(sequences.items())
    )


def write_route(
    problem: Problem, vehicle: int, sequence: Sequence[int], first_mode: Sequence[int]
) -> Route:
    """Return one sequence as a route that sets out as late as it can to end as early."""
    steps = []
    for what in sequence:
        if what < 0:
            steps.append(Step("facility", -what - 1))
        else:
            task = task_of(first_mode, what)
            steps.append(Step("task", task, what - first_mode[task]))
    return Route(vehicle, _latest_start(problem, vehicle, steps), tuple(steps))


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
