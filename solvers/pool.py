"""A pool of routes met by the searches, and the cheapest plan that can be put together from them.

Each route serves its tasks at a cost of its own, so the cheapest choice of routes is a set
partitioning: every task is in one route, or is left out for its price, and no more routes of a kind
of truck are chosen than there are trucks. The linear relaxation sorts out most routes by their
reduced cost; CP-SAT chooses among the rest.

References
----------
Y. Rochat, E. D. Taillard, Probabilistic diversification and intensification in local search for
vehicle routing, 1995 (doi 10.1007/BF02430370): routes of local optima recombined.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from ortools.linear_solver import pywraplp
from ortools.sat.python import cp_model

from solvers._kernels import ground as g
from solvers._kernels.ground import Tables
from solvers.ground import needs_booking
from solvers.native import Search
from solvers.problem import Problem

MOST_VISITS = 60_000
"""Stops in all routes of a pool; beyond it the routes not met for longest are forgotten."""
MOST_CHOSEN_FROM = 1_200
"""Routes that CP-SAT chooses from: with more it finds less in the same time."""
RELAXATION_S, CHOICE_S = 0.5, 0.5
"""Limits of both programmes in their own count of work, about seconds, equal on any machine."""
MOST_PRICE = 1 << 40
"""What leaving a task out counts at most, so that sums stay far from the end of 64 bits."""


@dataclass(frozen=True)
class PooledRoute:
    """What a kind of truck can drive: modes, and the number of modes + f for facility f."""

    kind: int
    cost: int
    codes: tuple[int, ...]


class Pool:
    """Distinct routes of one problem: of those with equal kind and tasks the cheapest is kept."""

    def __init__(self, tables: Tables, most_visits: int = MOST_VISITS) -> None:
        self.routes: dict[tuple[int, frozenset[int]], PooledRoute] = {}
        self.most_visits = most_visits
        self.visits = 0
        self._tables = tables
        self._task_of: list[int] = tables.mode[:, g.TASK].tolist()
        self._first = np.searchsorted(tables.route[:, g.TYPE], np.arange(tables.tally[g.NUM_TYPES]))

    def collect(self, search: Search) -> None:
        """Take in the present and the best routes of a search."""
        for rows in (search.present_rows(), search.best_rows()):
            for row, codes in rows:
                self.add(int(self._tables.route[row, g.TYPE]), codes)

    def route_of(self, row: int, codes: Sequence[int]) -> PooledRoute:
        """Return the route of the truck of a row."""
        kind = int(self._tables.route[row, g.TYPE])
        return PooledRoute(kind, self.cost_of(kind, np.asarray(codes, np.int64)), tuple(codes))

    def add(self, kind: int, codes: Sequence[int]) -> None:
        """Take in one route; what the pool cannot hold any more is forgotten."""
        codes = tuple(codes)
        key = (kind, frozenset(self._tasks(codes)))
        known = self.routes.pop(key, None)
        if known is not None and known.codes == codes:
            self.routes[key] = known
            return
        route = PooledRoute(kind, self.cost_of(kind, np.asarray(codes, np.int64)), codes)
        if known is not None:
            self.visits -= len(known.codes)
            route = min(known, route, key=lambda r: r.cost)
        self.routes[key] = route  # at the end: met last
        self.visits += len(route.codes)
        while self.visits > self.most_visits and len(self.routes) > 1:
            oldest = next(iter(self.routes))
            self.visits -= len(self.routes.pop(oldest).codes)

    def tasks_of(self, route: PooledRoute) -> list[int]:
        """Return the tasks that a route serves."""
        return self._tasks(route.codes)

    def _tasks(self, codes: Sequence[int]) -> list[int]:
        task_of = self._task_of
        return [task_of[code] for code in codes if code < len(task_of)]

    def cost_of(self, kind: int, codes: NDArray[np.int64]) -> int:
        """Return what a truck of a kind costs on a route: its own cost, ways and services."""
        t, num_modes = self._tables, len(self._tables.mode)
        route = t.route[self._first[kind]]
        start = int(t.tally[g.NUM_TASKS]) + int(self._first[kind])
        end = start + int(t.tally[g.NUM_ROUTES])
        is_mode = codes < num_modes
        into, out = np.empty_like(codes), np.empty_like(codes)
        into[is_mode] = t.mode[codes[is_mode], g.ENTRY]
        out[is_mode] = t.mode[codes[is_mode], g.EXIT]
        into[~is_mode] = out[~is_mode] = t.facility[codes[~is_mode] - num_modes, g.AT]
        leaves = np.concatenate(([t.link[start, g.OUT_AT]], out))
        enters = np.concatenate((into, [t.link[end, g.IN_AT]]))
        ways = t.travel[route[g.COST_LAYER], leaves, enters].sum(dtype=np.int64)
        serving = t.mode[codes[is_mode], g.SERVE_COST + route[g.CLASS]].sum()
        return int(ways + serving + route[g.FIXED_COST])

    def rows_of(self, chosen: Iterable[PooledRoute]) -> dict[int, list[int]]:
        """Return routes by the row of a truck of their kind."""
        free = self._first.copy()
        rows = {}
        for route in chosen:
            rows[int(free[route.kind])] = list(route.codes)
            free[route.kind] += 1
        return rows

    def trucks_of(self, kind: int) -> int:
        """Return how many trucks there are of a kind."""
        return int(np.count_nonzero(self._tables.route[:, g.TYPE] == kind))

    def state(self) -> dict[str, NDArray[np.int64]]:
        """Return the routes as two arrays: kind, cost and length of each, and all their codes."""
        heads = [(r.kind, r.cost, len(r.codes)) for r in self.routes.values()]
        codes = [code for r in self.routes.values() for code in r.codes]
        return {
            "heads": np.asarray(heads, np.int64).reshape(len(heads), 3),
            "codes": np.asarray(codes, np.int64),
        }

    def restore(self, arrays: Mapping[str, NDArray[np.int64]]) -> None:
        """Hold the routes of another pool of the same problem, in their order, and no others."""
        self.routes.clear()
        self.visits = at = 0
        for kind, _, size in arrays["heads"].tolist():
            self.add(kind, arrays["codes"][at : at + size].tolist())
            at += size


class _Choice:
    """The routes of a pool as columns, and which of them make up the cheapest plan known."""

    def __init__(self, problem: Problem, pool: Pool, known: Iterable[PooledRoute]) -> None:
        self.pool = pool
        self.routes = list(pool.routes.values())
        self.tasks = [pool.tasks_of(route) for route in self.routes]
        self.prices = [min(task.price, MOST_PRICE) for task in problem.tasks]
        wanted = {(r.kind, frozenset(pool.tasks_of(r))) for r in known}
        self.known = [
            (r.kind, frozenset(tasks)) in wanted
            for r, tasks in zip(self.routes, self.tasks, strict=True)
        ]
        self.kinds = {kind: pool.trucks_of(kind) for kind in {r.kind for r in self.routes}}

    def promising(self, upper_bound: int) -> list[int]:
        """Return the columns that a cheaper plan may hold, those of the known plan with them.

        By the linear relaxation a plan with a column costs its bound and the reduced cost at least.
        Empty where no cheaper plan exists, or where the relaxation takes too long.
        """
        found = self._relax()
        if found is None or found[0] > upper_bound - 1 + 1e-6:
            return []
        bound, reduced = found
        order = np.argsort(reduced, kind="stable")
        useful = order[reduced[order] <= upper_bound - bound][:MOST_CHOSEN_FROM]
        return sorted({*useful.tolist(), *np.flatnonzero(self.known).tolist()})

    def _relax(self) -> tuple[float, NDArray[np.float64]] | None:
        """Return the bound of the linear relaxation and the reduced cost of each column."""
        solver: Any = pywraplp.Solver.CreateSolver("GLOP")
        solver.SetSolverSpecificParametersAsString(f"max_deterministic_time: {RELAXATION_S}")
        goal, far = solver.Objective(), solver.infinity()
        served = [solver.Constraint(1, 1) for _ in self.prices]
        trucks = {kind: solver.Constraint(0, num) for kind, num in sorted(self.kinds.items())}
        columns = []
        for route, tasks in zip(self.routes, self.tasks, strict=True):
            column = solver.NumVar(0, far, "")
            goal.SetCoefficient(column, route.cost)
            trucks[route.kind].SetCoefficient(column, 1)
            for task in tasks:
                served[task].SetCoefficient(column, 1)
            columns.append(column)
        for row, price in zip(served, self.prices, strict=True):
            column = solver.NumVar(0, far, "")
            goal.SetCoefficient(column, price)
            row.SetCoefficient(column, 1)
        goal.SetMinimization()
        if solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        return goal.Value(), np.asarray([column.reduced_cost() for column in columns])

    def cheapest(self, columns: Sequence[int]) -> list[PooledRoute] | None:
        """Return the routes of the cheapest plan found among some columns, None without one."""
        model = cp_model.CpModel()
        served: list[list[Any]] = [[] for _ in self.prices]
        trucks: dict[int, list[Any]] = {kind: [] for kind in self.kinds}
        chosen, terms, hinted = {}, [], set()
        for k in columns:
            chosen[k] = model.new_bool_var("")
            model.add_hint(chosen[k], self.known[k])
            terms.append(self.routes[k].cost * chosen[k])
            trucks[self.routes[k].kind].append(chosen[k])
            hinted |= set(self.tasks[k]) if self.known[k] else set()
            for task in self.tasks[k]:
                served[task].append(chosen[k])
        for task, price in enumerate(self.prices):
            left = model.new_bool_var("")
            model.add_hint(left, task not in hinted)
            terms.append(price * left)
            model.add_exactly_one([*served[task], left])
        for kind, some in trucks.items():
            if len(some) > self.kinds[kind]:
                model.add(sum(some) <= self.kinds[kind])
        model.minimize(sum(terms))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = CHOICE_S
        if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return None
        return [self.routes[k] for k in columns if solver.boolean_value(chosen[k])]


def holds_apart(problem: Problem) -> bool:
    """Whether each route holds its rules and has its cost whatever the other routes are.

    Not where trucks queue for booked bays, nor where visits of one customer depend on each other.
    """
    return not needs_booking(problem) and not problem.groups


def recombine(pool: Pool, search: Search) -> bool:
    """Give a search the cheapest plan of pooled routes if that beats its best; return whether."""
    known = [pool.route_of(row, codes) for row, codes in search.best_rows()]
    for route in known:
        pool.add(route.kind, route.codes)
    choice = _Choice(search.problem, pool, known)
    columns = choice.promising(search.cost)
    chosen = choice.cheapest(columns) if columns else None
    if chosen is None:
        return False
    served = {task for route in chosen for task in pool.tasks_of(route)}
    left = sum(t.price for k, t in enumerate(search.problem.tasks) if k not in served)
    if sum(route.cost for route in chosen) + left >= search.cost:
        return False
    search.link_rows(pool.rows_of(chosen))
    return True
