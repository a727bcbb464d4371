"""The location model: which sites, of which size, and whose waste goes where.

A mixed-integer program of flows in MathOpt, solved by HiGHS. The cost of collecting is a term for
each district times the cost of driving to the site and back with a full truck; the terms are fitted
to routed days elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from scenarios.siting.ground import Design, Ground

SECONDS = 20.0
GAP = 1e-3


@dataclass(frozen=True)
class Rules:
    """How many sites are built, and for how much money at most, in currency units."""

    build: int
    budget: float | None = None


@dataclass(frozen=True)
class Terms:
    """The routing-cost term of each district, and what routing costs besides."""

    by_zone: NDArray[np.float64]
    constant: float = 0.0


@dataclass(frozen=True)
class Assignment:
    """What the model says of one design.

    Attributes
    ----------
    features
        Cost of driving to the sites and back with full trucks, by district, in thousandths.
    haul
        Cost of carrying on from stations.
    flow_kg
        Kilograms from each unit to each facility, shape (num_units, num_facilities).
    left_price
        Price of waste that fits nowhere.
    """

    features: NDArray[np.float64]
    haul: float
    flow_kg: NDArray[np.float64]
    left_price: float

    def predicted(self, ground: Ground, design: Design, terms: Terms) -> float:
        """Return the predicted cost of a day in thousandths, sites included."""
        routed = terms.constant + float(self.features @ terms.by_zone) + self.left_price
        return routed + self.haul + ground.daily_cost(design)


class _Flows:
    """Variables and rows that carry every unit's waste to open facilities.

    Parameters
    ----------
    haul
        Thousandths a kilogram of carrying on from each facility, as far as it is to decide where
        waste goes.
    """

    def __init__(
        self,
        ground: Ground,
        terms: Terms,
        open_: Sequence[int],
        demand: float,
        haul: NDArray[np.float64],
    ) -> None:
        self.ground = ground
        self.model = mathopt.Model()
        self.mass = ground.mass_kg * demand
        weight = terms.by_zone[ground.zone]
        unit_cost = weight[:, None] * ground.cost + haul[None, :]
        self.share: dict[tuple[int, int], mathopt.Variable] = {}
        self.left = []
        costs = []
        for u, mass in enumerate(self.mass):
            row = []
            for k in open_:
                if np.isfinite(ground.cost[u, k]):
                    variable = self.model.add_variable(lb=0, ub=1)
                    self.share[u, k] = variable
                    row.append(variable)
                    costs.append(float(unit_cost[u, k] * mass) * variable)
            left = self.model.add_variable(lb=0, ub=1)
            self.left.append(left)
            costs.append(float(ground.price[u]) * left)
            self.model.add_linear_constraint(mathopt.fast_sum([*row, left]) == 1)
        self.costs = costs
        for k in ground.existing:
            limit = ground.problem.facilities[k].capacity_kg
            if limit is not None:
                self.model.add_linear_constraint(self.load(k) <= limit)

    def load(self, k: int) -> mathopt.LinearSum:
        """Return the kilograms that a facility takes in."""
        pairs = (u for u in range(len(self.mass)) if (u, k) in self.share)
        return mathopt.fast_sum(float(self.mass[u]) * self.share[u, k] for u in pairs)

    def solve(self) -> mathopt.SolveResult:
        """Return the solver's result."""
        limits = mathopt.SolveParameters(
            time_limit=dt.timedelta(seconds=SECONDS), relative_gap_tolerance=GAP
        )
        return mathopt.solve(self.model, mathopt.SolverType.HIGHS, params=limits)


def assign(ground: Ground, design: Design, terms: Terms, demand: float = 1.0) -> Assignment:
    """Return where the waste goes if a design is built.

    A driver unloads where that is near, whatever carrying on from there costs; so do the routed
    days.
    """
    sites = [ground.site_of[c] for c, _ in design]
    nowhere = np.zeros(len(ground.haul))
    flows = _Flows(ground, terms, [*ground.existing, *sites], demand, nowhere)
    for (c, s), k in zip(design, sites, strict=True):
        flows.model.add_linear_constraint(flows.load(k) <= ground.capacity_kg[c][s])
    flows.model.minimize(mathopt.fast_sum(flows.costs))
    values = flows.solve().variable_values()
    flow = np.zeros(ground.cost.shape)
    for (u, k), variable in flows.share.items():
        flow[u, k] = values[variable] * flows.mass[u]
    driving = np.where(flow > 0, flow * np.where(flow > 0, ground.cost, 0.0), 0.0).sum(axis=1)
    features = np.bincount(ground.zone, driving, len(ground.zones)).astype(np.float64)
    left = sum(float(ground.price[u]) * values[v] for u, v in enumerate(flows.left))
    return Assignment(features, float((flow * ground.haul).sum()), flow, left)


def best_designs(
    ground: Ground,
    terms: Terms,
    rules: Rules,
    count: int,
    *,
    demand: float = 1.0,
    forbidden: Sequence[frozenset[int]] = (),
    near: frozenset[int] | None = None,
) -> list[Design]:
    """Return the best designs of the model, each of other sites, best first.

    Parameters
    ----------
    forbidden
        Sets of sites that are not to be returned.
    near
        All but one of these sites must be built.
    """
    flows = _Flows(ground, terms, [*ground.existing, *ground.site_of], demand, ground.haul)
    model, costs = flows.model, list(flows.costs)
    built = [[model.add_binary_variable() for _ in sizes] for sizes in ground.capacity_kg]
    for c, (sizes, k) in enumerate(zip(built, ground.site_of, strict=True)):
        is_open = mathopt.fast_sum(sizes)
        model.add_linear_constraint(is_open <= 1)
        pairs = zip(sizes, ground.capacity_kg[c], strict=True)
        model.add_linear_constraint(flows.load(k) <= mathopt.fast_sum(kg * y for y, kg in pairs))
        for u in range(len(flows.mass)):
            if (u, k) in flows.share:
                model.add_linear_constraint(flows.share[u, k] <= is_open)
        costs += [day * y for y, day in zip(sizes, ground.daily[c], strict=True)]
    every = [y for sizes in built for y in sizes]
    model.add_linear_constraint(mathopt.fast_sum(every) == rules.build)
    if rules.budget is not None:
        money = [price for sizes in ground.build for price in sizes]
        spent = mathopt.fast_sum(m * y for m, y in zip(money, every, strict=True))
        model.add_linear_constraint(spent <= rules.budget)
    if near is not None:
        kept = mathopt.fast_sum(y for c in near for y in built[c])
        model.add_linear_constraint(kept >= len(near) - 1)
    model.minimize(mathopt.fast_sum(costs))
    found: list[Design] = []
    for sites in forbidden:
        _forbid(model, built, sites)
    while len(found) < count:
        result = flows.solve()
        if not result.has_primal_feasible_solution():
            break
        values = result.variable_values()
        design = tuple(
            (c, s) for c, sizes in enumerate(built) for s, y in enumerate(sizes) if values[y] > 0.5
        )
        found.append(design)
        _forbid(model, built, frozenset(c for c, _ in design))
    return found


def _forbid(
    model: mathopt.Model, built: list[list[mathopt.Variable]], sites: frozenset[int]
) -> None:
    chosen = mathopt.fast_sum(y for c in sites for y in built[c])
    model.add_linear_constraint(chosen <= len(sites) - 1)
