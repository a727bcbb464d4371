"""What the shape of a route costs beyond its ways: a long day, and tasks far from one another."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import lean_inner_kernel
from solvers._kernels.model import BALANCE_H2, COMPACT_KM, ENTRY, VISIT, Model

HOUR2 = 3600 * 3600


@lean_inner_kernel
def shape_cost(model: Model, log: NDArray[np.int64], num_visits: int, duration: int) -> int:
    """Return the cost of a day's length and of its scatter; its twin is in solvers/evaluate.py."""
    cost = 0
    if model.rules[BALANCE_H2] > 0:
        cost += (model.rules[BALANCE_H2] * duration * duration + HOUR2 // 2) // HOUR2
    if model.rules[COMPACT_KM] > 0:
        cost += (model.rules[COMPACT_KM] * _scatter_m(model, log, num_visits) + 500) // 1000
    return cost


@lean_inner_kernel
def _scatter_m(model: Model, log: NDArray[np.int64], num_visits: int) -> int:
    """Return the metres that the tasks of a route lie from the middle of them all, summed up."""
    east, north, num = 0, 0, 0
    for i in range(num_visits):
        if log[i, VISIT] >= 0:
            place = model.mode[log[i, VISIT], ENTRY]
            east += model.where[place, 0]
            north += model.where[place, 1]
            num += 1
    metres = 0
    if num > 0:
        east, north = east // num, north // num
        for i in range(num_visits):
            if log[i, VISIT] >= 0:
                place = model.mode[log[i, VISIT], ENTRY]
                x, y = model.where[place, 0] - east, model.where[place, 1] - north
                metres += int(math.sqrt(x * x + y * y))
    return metres
