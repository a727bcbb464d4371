"""Simple ways to choose sites: greedy, straight lines, chance; where the search begins."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenarios.siting.ground import Design, Ground
from scenarios.siting.location import Rules

RADIUS_M = 6_371_009.0


def _fits(ground: Ground, design: Design, rules: Rules) -> bool:
    return rules.budget is None or ground.build_cost(design) <= rules.budget


def _value(ground: Ground, cost: NDArray[np.float64], design: Design) -> float:
    """Return what bringing all waste to the nearest open site costs, sites included."""
    sites = [*ground.existing, *(ground.site_of[c] for c, _ in design)]
    nearest = np.min(cost[:, sites], axis=1)
    priced = np.where(np.isfinite(nearest), nearest * ground.mass_kg, ground.price)
    return float(priced.sum()) + ground.daily_cost(design)


def _smallest(ground: Ground, c: int) -> tuple[int, int]:
    """Return a candidate in its cheapest size."""
    return c, int(np.argmin(ground.build[c]))


def greedy(ground: Ground, rules: Rules) -> Design | None:
    """Return the design to which the site that saves most is added, one after another."""
    return _grown(ground, ground.cost + ground.haul[None, :], rules, improve=False)


def straight_median(ground: Ground, rules: Rules) -> Design | None:
    """Return the p-median on straight lines by mass: greedy, then exchanges until none helps."""
    at = np.radians(np.concatenate((ground.unit_at, ground.facility_at)))
    x, y = at[:, 0] * np.cos(at[:, 1].mean()), at[:, 1]
    n = len(ground.unit_at)
    metres = RADIUS_M * np.hypot(x[:n, None] - x[None, n:], y[:n, None] - y[None, n:])
    closed = np.where(np.isfinite(ground.cost), metres, np.inf)
    return _grown(ground, closed, rules, improve=True)


def _grown(
    ground: Ground, cost: NDArray[np.float64], rules: Rules, *, improve: bool
) -> Design | None:
    design: Design = ()
    for _ in range(rules.build):
        taken = {c for c, _ in design}
        options = [
            tuple(sorted((*design, _smallest(ground, c))))
            for c in range(len(ground.names))
            if c not in taken
        ]
        options = [d for d in options if _fits(ground, d, rules)]
        if not options:
            return None
        design = min(options, key=lambda d: _value(ground, cost, d))
    while improve:
        better = min(_exchanges(ground, design, rules), default=design,
                     key=lambda d: _value(ground, cost, d))  # fmt: skip
        if _value(ground, cost, better) >= _value(ground, cost, design) - 1e-6:
            break
        design = better
    return design


def _exchanges(ground: Ground, design: Design, rules: Rules) -> list[Design]:
    taken = {c for c, _ in design}
    found = [
        tuple(sorted((*(d for d in design if d is not out), _smallest(ground, c))))
        for out in design
        for c in range(len(ground.names))
        if c not in taken
    ]
    return [d for d in found if _fits(ground, d, rules)]


def random_designs(ground: Ground, rules: Rules, count: int, seed: int) -> list[Design]:
    """Return up to ``count`` different designs that keep the rules, sites and sizes by chance."""
    rng = np.random.default_rng(seed)
    found: list[Design] = []
    for _ in range(200 * count):
        if len(found) == count:
            break
        sites = rng.choice(len(ground.names), rules.build, replace=False)
        design = tuple(
            sorted((int(c), int(rng.integers(len(ground.capacity_kg[c])))) for c in sites)
        )
        if design not in found and _fits(ground, design, rules):
            found.append(design)
    return found
