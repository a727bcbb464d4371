"""Factors on default speeds by class, hours and profile, with standard errors, from stretches.

The time that a stretch takes is modelled as the sum over its road classes of the default time times
a *pace* (one over the factor). Paces are estimated by weighted least squares, the variance of a
stretch growing with its length, so that for stretches of one class the estimate is simply time
taken over default time, and noise of the fixes cancels. Cells with few data lean on what they share
with others: all paces are normal around 1 with parts in common by class, hours and profile
(`PRIOR_SD`), which makes the estimate a ridge regression.

Stretches of one trip share a driver, a truck and the traffic of the day. So the variance is not
taken from single stretches but from the sums over trips (cluster-robust), cell by cell.

References
----------
K.-Y. Liang, S. L. Zeger (1986), Longitudinal data analysis using generalized linear models,
doi 10.1093/biomet/73.1.13 (the variance from sums over clusters).
G. K. Robinson (1991), That BLUP is a good thing, doi 10.1214/ss/1177011926 (shrinkage).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.network import HIGHWAY_CLASSES
from scenarios.gps.stretches import Stretches
from scenarios.schema import ALL

Cell = tuple[str, int, str]
"""Road class, index of the range of hours, profile; class and profile may be `ALL`."""

PRIOR_SD: tuple[tuple[tuple[int, ...], float], ...] = (
    ((), 0.25),
    ((0,), 0.15),
    ((1,), 0.15),
    ((2,), 0.10),
    ((0, 1), 0.10),
    ((0, 1, 2), 0.05),
)
"""How far paces lie apart before anything is seen: of all together, then of those that share the
class (0), the hours (1), the profile (2) and so on. Assumptions; a long log overrules them."""

FEW_TRIPS = 10.0
"""The variance of a cell leans on that of all cells with the weight of so many trips."""
LEAST_PACE = 0.2
"""No truck is five times as fast as its class's default."""
ROUNDS = 4
"""Paces and variances in turn; the variances change by less than a thousandth after the third."""


@dataclass(frozen=True)
class Factor:
    """The factor of one cell.

    ``n`` is the number of trips that drove there and ``hours`` what they spent at it; with 0 the
    figure is that of the cells around. ``plus_minus`` is a standard error that holds both noise and
    what leaning on others may have moved.
    """

    cell: Cell
    factor: float
    plus_minus: float
    n: int
    hours: float


def fit_factors(
    found: Stretches, borders: Sequence[int], profile: NDArray[np.int64], profiles: Sequence[str]
) -> list[Factor]:
    """Return the factors of all cells, those that nobody drove included, in a fixed order.

    Parameters
    ----------
    found
        Stretches of driving; at least one.
    borders
        Hours at which ranges begin and end, rising from 0 to 24.
    profile
        Index into ``profiles`` of each stretch.
    profiles
        Names of the profiles that drove.
    """
    hours = np.searchsorted(3600 * np.asarray(borders[1:-1]), found.day_s, side="right")
    driven = np.flatnonzero(found.default_s.sum(axis=0) > 0)
    names = [*(HIGHWAY_CLASSES[c] for c in driven), ALL]
    cells = [
        (name, hour, own)
        for own in (*profiles, ALL)
        for name in names
        for hour in range(len(borders) - 1)
    ]
    place = {cell: i for i, cell in enumerate(cells)}
    # column of each stretch and class in the table of cells
    column = np.asarray(
        [
            [[place[name, h, own] for name in names[:-1]] for h in range(len(borders) - 1)]
            for own in profiles
        ]
    )[profile, hours]
    default_s = found.default_s[:, driven]
    paces = _Paces(default_s, column, found, len(cells), _prior(cells))
    pace, sd = paces.solve()
    trips, spent = paces.trips_and_time(pace)
    return [
        Factor(cell, float(1 / p), float(s / p**2), int(n), float(t) / 3600)
        for cell, p, s, n, t in zip(cells, pace, sd, trips, spent, strict=True)
    ]


def _prior(cells: Sequence[Cell]) -> NDArray[np.float64]:
    """Covariance of the paces of all cells before anything is seen."""
    known = [np.unique([str(cell[k]) for cell in cells], return_inverse=True)[1] for k in range(3)]
    prior = np.zeros((len(cells), len(cells)))
    for shared, sd in PRIOR_SD:
        same = np.ones_like(prior, dtype=np.bool_)
        for k in shared:
            same &= known[k][:, None] == known[k][None, :]
        prior += sd**2 * same
    return prior


class _Paces:
    """Normal equations of one log: default times by stretch and class, each in its cell."""

    def __init__(
        self,
        default_s: NDArray[np.float64],
        column: NDArray[np.int64],
        found: Stretches,
        num_cells: int,
        prior: NDArray[np.float64],
    ) -> None:
        self.default_s, self.column, self.taken_s = default_s, column, found.taken_s
        self.share = default_s / default_s.sum(axis=1, keepdims=True)
        self.num_cells = num_cells
        _, self.trip = np.unique(found.trip, return_inverse=True)
        # A = sum of X X' / total, g = sum of X taken / total
        self.normal = np.zeros((num_cells, num_cells))
        for k in range(default_s.shape[1]):
            pair = (column, column[:, [k]])
            np.add.at(self.normal, pair, self.share * default_s[:, [k]])
        self.normal = (self.normal + self.normal.T) / 2
        self.right = np.bincount(
            column.ravel(), (self.share * self.taken_s[:, None]).ravel(), num_cells
        )
        self.penalty = np.linalg.inv(prior + 1e-9 * np.eye(num_cells))

    def solve(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the pace of each cell and its standard error."""
        ones = np.ones(self.num_cells)
        rest = self.right - self.normal @ ones
        pace, overall = ones, 1.0
        for _ in range(ROUNDS):
            ridge = np.linalg.inv(self.normal / overall + self.penalty)
            pace = ones + ridge @ rest / overall
            own, overall = self._spread(pace)
        root = np.sqrt(own)
        noise = root[:, None] * self.normal * root / overall**2
        # what noise does, and what leaning on the prior has moved
        error = ridge @ (noise + self.penalty) @ ridge
        return np.maximum(pace, LEAST_PACE), np.sqrt(np.diag(error))

    def _spread(self, pace: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """Variance of each cell's score over its exposure, from sums over trips; and of all."""
        rest = self.taken_s - (self.default_s * pace[self.column]).sum(axis=1)
        num_trips = int(self.trip.max()) + 1
        key = (self.trip[:, None] * self.num_cells + self.column).ravel()
        score = np.bincount(key, (self.share * rest[:, None]).ravel(), num_trips * self.num_cells)
        score = score.reshape(num_trips, self.num_cells)
        drove = np.bincount(key, self.share.ravel(), num_trips * self.num_cells) > 0
        trips = drove.reshape(num_trips, self.num_cells).sum(axis=0)
        exposure = np.diag(self.normal)
        # one trip's own mean is fitted away: as many trips as remain tell of the variance
        larger = trips / np.maximum(trips - 1, 1)
        square = (score**2).sum(axis=0) * larger
        overall = max(float(square.sum()) / float(exposure.sum()), 1e-6)
        own = np.divide(square, exposure, out=np.full(self.num_cells, overall), where=exposure > 0)
        return (trips * own + FEW_TRIPS * overall) / (trips + FEW_TRIPS), overall

    def trips_and_time(
        self, pace: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return how many trips drove in each cell, and how many seconds they spent there."""
        drove = self.default_s > 0
        pairs = np.unique(
            np.column_stack((np.repeat(self.trip, drove.sum(axis=1)), self.column[drove])), axis=0
        )
        spent = np.bincount(self.column.ravel(), self.default_s.ravel(), self.num_cells) * pace
        return np.bincount(pairs[:, 1], minlength=self.num_cells), spent
