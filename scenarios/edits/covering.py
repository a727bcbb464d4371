"""As few places as possible, each bin within the walking limit of one: set covering by CP-SAT."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

DETERMINISTIC_SECONDS = 3.0
"""Effort for one group of places; the solver's own clock, so that machines agree."""


def cover(walk_m: NDArray[np.float64], weight: Sequence[float]) -> NDArray[np.int64]:
    """Return the place that each place is joined to.

    The places kept are as few as can be found; among designs of so many, little walking weighted by
    ``weight`` is preferred. Groups without a way between them are solved apart.

    Parameters
    ----------
    walk_m
        Metres from each place to each, inf where it is too far, 0 on the diagonal, shape (n, n).
    weight
        Kilograms a day of each place.

    Returns
    -------
    NDArray of int
        Index of a place kept, shape (n,); places kept name themselves.
    """
    target = np.arange(len(walk_m))
    for group in _groups(np.isfinite(walk_m)):
        if len(group) > 1:
            part = walk_m[np.ix_(group, group)]
            kept = _fewest(part, [weight[k] for k in group])
            nearest = kept[np.argmin(part[:, kept], axis=1)]
            target[group] = group[nearest]
    return target


def _groups(linked: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the connected groups of places, each in order."""
    group = np.full(len(linked), -1)
    for start in range(len(linked)):
        if group[start] < 0:
            group[start], stack = start, [start]
            while stack:
                row = linked[stack.pop()]
                fresh = np.flatnonzero(row & (group < 0))
                group[fresh] = start
                stack.extend(fresh.tolist())
    return [np.flatnonzero(group == name) for name in np.unique(group)]


def _fewest(walk_m: NDArray[np.float64], weight: Sequence[float]) -> NDArray[np.int64]:
    """Return the places kept of one group, in order."""
    model = cp_model.CpModel()
    n = len(walk_m)
    kept = [model.new_bool_var(f"keep {k}") for k in range(n)]
    walking = []
    for i in range(n):
        near = np.flatnonzero(np.isfinite(walk_m[i]))
        chosen = {int(j): model.new_bool_var(f"{i} to {j}") for j in near}
        model.add_exactly_one(chosen.values())
        for j, variable in chosen.items():
            model.add_implication(variable, kept[j])
            walking.append((round(walk_m[i, j] * max(1.0, weight[i])), variable))
    most = 1 + sum(max(cost for cost, _ in walking) for _ in range(n))
    model.minimize(sum(most * v for v in kept) + sum(cost * v for cost, v in walking))
    for k in range(n):
        model.add_hint(kept[k], True)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = DETERMINISTIC_SECONDS
    solver.parameters.random_seed = 1
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return np.arange(n)
    return np.flatnonzero([solver.value(v) for v in kept])
