"""A problem of a public set, with what is needed to compare a plan's cost with the best known."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from solvers.problem import Problem, Rules

Objective = Literal["distance", "vehicles"]

STREAM = "waste"
FAR = 10**8
"""Later and more than anything in any set: no limit."""
NO_BREAKS = Rules(meal_break_s=0, max_driving_s=10**9)


MATRIX_PLACES = 12_000
"""Places up to which a problem gets matrices; travel among more is asked for in blocks."""


@dataclass(frozen=True, eq=False)
class Instance:
    """A problem, the convention its costs follow, and the best known value.

    Attributes
    ----------
    scale
        Problem cost of one unit in which the set states its values.
    vehicle_cost
        Fixed cost of a vehicle where fewer vehicles come first, else 0.
    bks, bks_vehicles
        Best known value in the set's unit (None = none published), and its number of vehicles.
    """

    name: str
    family: str
    path: Path
    problem: Problem
    convention: str
    scale: float
    objective: Objective = "distance"
    vehicle_cost: int = 0
    bks: float | None = None
    bks_vehicles: int | None = None
    bks_source: str = ""

    def value(self, cost: float) -> float:
        """Return a cost of the problem in the set's unit, without what the vehicles cost."""
        return (cost % self.vehicle_cost if self.vehicle_cost else cost) / self.scale

    def gap(self, value: float) -> float | None:
        """Return by how many percent a value lies above the best known one."""
        return 100 * (value / self.bks - 1) if self.bks else None


def truncated(factor: int) -> Rounding:
    """Return the rounding that keeps a number of decimals and drops the rest."""
    return Rounding(factor, "floor")


@dataclass(frozen=True)
class Rounding:
    """How a real distance becomes an integer: times a factor, then floor, nearest or ceiling."""

    factor: int
    kind: Literal["floor", "nearest", "ceil"]

    def __call__(self, real: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the integers of an array of real distances."""
        scaled = real * self.factor
        if self.kind == "floor":
            return np.floor(scaled + 1e-9).astype(np.int32)
        if self.kind == "nearest":
            return np.floor(scaled + 0.5).astype(np.int32)
        return np.ceil(scaled - 1e-9).astype(np.int32)


NEAREST = Rounding(1, "nearest")


def euclidean(
    x: NDArray[np.float64], y: NDArray[np.float64], rounding: Rounding, block: int = 512
) -> NDArray[np.int32]:
    """Return the rounded straight distances among all places, shape (1, n, n).

    Rows are filled some at a time, so that no array of real numbers of that shape is ever held.
    """
    num = len(x)
    table = np.empty((1, num, num), dtype=np.int32)
    for row in range(0, num, block):
        part = slice(row, row + block)
        dx, dy = x[part, None] - x[None, :], y[part, None] - y[None, :]
        table[0, part] = rounding(np.sqrt(dx * dx + dy * dy))
    return table


def diagonal(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the diagonal of the box around all places, which no distance exceeds, shape (1,)."""
    return np.hypot(np.ptp(x), np.ptp(y)).reshape(1)


def enough_vehicles(total: float, capacity: float, allowed: int | None = None) -> int:
    """Return half as many again as the load needs, and ten, but no more than are allowed."""
    wanted = int(np.ceil(total / capacity) * 1.5) + 10
    return wanted if allowed is None else min(wanted, allowed)


def left_out_price(table: NDArray[np.int32], vehicle_cost: int = 0, unit_cost: int = 1) -> int:
    """Return a price for a task left out that no saving of travel can outweigh."""
    return 10 * int(table.max()) * unit_cost + 2 * vehicle_cost
