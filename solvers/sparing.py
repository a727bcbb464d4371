"""Searching without one of the trucks for a while, in case it can be spared for good.

No single step empties a route of many stops: what is saved then is not paid before the last of
them has found a place elsewhere. So a truck is taken away now and then, the tasks of its estate
alone are searched on, and all is put back as it was if that has not paid after some steps.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from solvers._kernels import ground as g
from solvers._kernels.steps import run_steps, shut_route

if TYPE_CHECKING:
    from solvers.native import Search

TRIED = 0.2
"""Share of the rounds in which a trial begins if none is on."""
FROM, UNTIL = 0.1, 0.9
"""Shares of a search between which trials begin."""
MOST_TRUCKS = 20
"""Most trucks of an estate of which one may be spared: what one costs must matter."""
STEPS, MOST_ROUNDS = 30, 10
"""Steps of a trial for each task of the truck, and the most rounds that these may last."""
LOOK, HOMELESS = 0.2, 0.25
"""Share of these steps after which a trial ends if more of the truck's tasks have no place."""
HOPELESS = 5
"""Failures that such a trial counts for; each makes the next trial of that truck half as likely."""

ROW, LEFT, BEST, FIELDS = range(4)


class Sparing:
    """The trials of one search whose routes are booked; one is on at a time.

    What it writes is part of the search's state, so that a search goes on in the midst of a trial.
    """

    def __init__(self, present: Mapping[str, NDArray[Any]]) -> None:
        self.before = {name: array.copy() for name, array in present.items()}
        self.mark = np.zeros(FIELDS, np.int64)  # row, steps left, best cost before
        self.mark[ROW] = g.NONE
        self.limit = np.zeros(1)
        self.failed = np.zeros(len(present["route"]), np.int64)

    @property
    def on(self) -> bool:
        """Whether a trial is on."""
        return bool(self.mark[ROW] >= 0)

    @property
    def num_absent(self) -> int:
        """Number of tasks that were left out before the trial."""
        return int(self.before["tally"][g.NUM_ABSENT])

    def state(self) -> dict[str, NDArray[Any]]:
        """Return all arrays that trials write, by name; they are not copied."""
        arrays = {f"before.{name}": array for name, array in self.before.items()}
        return arrays | {
            "spared": self.mark,
            "spared.limit": self.limit,
            "spared.failed": self.failed,
        }

    def advance(self, search: Search, steps: int, heat: NDArray[np.float64], share: float) -> None:
        """Make steps, without a truck if a trial is on or begins now."""
        if not self.on and FROM <= share < UNTIL:
            self._begin(search, steps, heat)
        estate = int(search.estates()[1][self.mark[ROW]]) if self.on else g.NONE
        run_steps(search.tables, search.exact, steps, heat, estate)
        if self.on:
            self.mark[LEFT] -= steps
            hopeless = self._is_hopeless(search)
            if hopeless or self.mark[LEFT] <= 0:
                self._end(search, HOPELESS if hopeless else 1)

    def _begin(self, search: Search, steps: int, heat: NDArray[np.float64]) -> None:
        by_chance = np.random.default_rng(int(search.tables.seed[0]))
        if by_chance.random() >= TRIED:
            return
        route, of_row = search.tables.route, search.estates()[1]
        trucks = np.bincount(of_row[route[:, g.COUNT] > 0], minlength=len(heat))
        few = (trucks > 1) & (trucks <= MOST_TRUCKS)
        short = STEPS * route[:, g.COUNT] <= MOST_ROUNDS * steps
        rows = np.flatnonzero((route[:, g.COUNT] > 0) & few[of_row] & short)
        rows = np.setdiff1d(rows, search.pinned_rows())
        if not len(rows):
            return
        row, tally = int(by_chance.choice(rows)), search.tables.tally
        if by_chance.random() >= 0.5 ** self.failed[row]:
            return
        for name, array in search.present().items():
            np.copyto(self.before[name], array)
        self.mark[:] = row, STEPS * route[row, g.COUNT], tally[g.COST_BEST]
        self.limit[0] = tally[g.COST_NOW] + heat[of_row[row]]
        shut_route(search.tables, search.exact, row)

    def _is_hopeless(self, search: Search) -> bool:
        """Whether many of the truck's tasks have no place yet after some of the steps."""
        tasks = int(self.before["route"][self.mark[ROW], g.COUNT])
        homeless = int(search.tables.tally[g.NUM_ABSENT]) - self.num_absent
        looked = 1.0 - self.mark[LEFT] / (STEPS * tasks)
        return bool(looked >= LOOK and homeless > HOMELESS * tasks)

    def _end(self, search: Search, failed: int) -> None:
        """Put all back as it was, or let the truck stand idle where that has paid."""
        tables, row = search.tables, int(self.mark[ROW])
        self.mark[ROW] = g.NONE
        if search.cost >= self.mark[BEST] and tables.tally[g.COST_NOW] > self.limit[0]:
            self.failed[row] += failed
            self.before["seed"][:] = tables.seed
            for name, array in search.present().items():
                np.copyto(array, self.before[name])
            return
        of_row = search.estates()[1]
        self.failed[of_row == of_row[row]] = 0
        tables.route[row, g.SHUT] = 0
        tables.work[g.HINT, tables.route[row, g.TYPE]] = row
