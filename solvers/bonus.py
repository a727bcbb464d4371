"""A bonus for each route in the first half of a search, so that none is missing at its end.

Where routes are long and bound by windows, a further one pays for itself only when many tasks have
found their new places: until then it is far too dear, and no search at low temperatures opens it.
With a bonus that falls to nothing by stages, routes are too many at first; those that do not pay
are given up while much still changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from solvers._kernels import ground as g
from solvers._kernels.ground import NEVER, Tables

if TYPE_CHECKING:
    from solvers.native import Search

MOST, UNTIL, STAGES = 4.0, 0.5, 10
"""The bonus at first, in mean costs of the way to a stop; the share of a search at which it has
fallen to nothing, and in how many stages."""
LONG_ROUTE, MANY_ROUTES = 20, 10
"""Routes of so many tasks, and so many of them, have the bonus. Among few routes a ruin reaches
them all, and opens one."""


class Bonus:
    """The bonus of the routes of a search, and the best routes met before it last changed.

    It is written into the fixed costs of a search's tables, whose costs are lower by it meanwhile;
    what is told outside is the true cost. It is given only where it is ``on``.
    """

    def __init__(self, tables: Tables, blank: Tables) -> None:
        self.on = False
        self._tables = tables
        self._blank = blank
        self._stage = np.zeros(1, np.int64)  # STAGES at first, 0 = never given, or over
        self._kept_cost = np.full(1, NEVER, np.int64)
        self._kept = np.ones_like(tables.work[g.BEST])

    def state(self) -> dict[str, NDArray[np.int64]]:
        """Return all arrays that are written, by name; they are not copied."""
        return {
            "bonus.stage": self._stage,
            "bonus.kept_cost": self._kept_cost,
            "bonus.kept": self._kept,
        }

    @property
    def amount(self) -> int:
        """What each route costs less at present than it truly does."""
        column = g.FIXED_COST
        return int(self._blank.route[0, column] - self._tables.route[0, column])

    def true_cost(self) -> int:
        """Return the cost of the best routes met, without a bonus."""
        return min(int(self._kept_cost[0]), self._cost())

    def best_codes(self) -> NDArray[np.int64]:
        """Return the best routes met, as they are written in the tables."""
        row = self._tables.work[g.BEST] if self._cost() <= self._kept_cost[0] else self._kept
        return row[1 : row[0]]

    def _cost(self) -> int:
        row = self._tables.work[g.BEST]
        cost, amount = int(self._tables.tally[g.COST_BEST]), self.amount
        return cost + amount * int(np.count_nonzero(row[1 : row[0]] < 0)) if amount else cost

    def advance(self, search: Search, share: float, mean: float) -> None:
        """Give routes the bonus of a share of the search; a way to a stop costs ``mean``."""
        due = max(0, STAGES - int(share / UNTIL * STAGES))
        stage = int(self._stage[0])
        begins = self.on and due == STAGES and not stage and self._has_long_routes(MOST * mean)
        if not begins and due >= stage:
            return
        amount = MOST * mean if begins else self.amount * due / stage
        self._keep()
        self._stage[0] = due
        rows = dict(search.present_rows())
        search.clear()
        self._tables.route[:, g.FIXED_COST] -= int(amount)
        search.link_codes(rows)

    def _keep(self) -> None:
        cost = self._cost()
        if cost < self._kept_cost[0]:
            self._kept_cost[0] = cost
            self._kept[:] = self._tables.work[g.BEST]

    def _has_long_routes(self, amount: float) -> bool:
        """Whether routes are many, long, bound by windows, and cheap beside this bonus."""
        tally = self._tables.tally
        served = int(tally[g.NUM_TASKS] - tally[g.NUM_ABSENT])
        return bool(
            tally[g.TIMED]
            and not tally[g.RELOADS]
            and tally[g.NUM_USED] >= MANY_ROUTES
            and served >= LONG_ROUTE * tally[g.NUM_USED]
            and int(self._tables.route[:, g.FIXED_COST].max()) < amount
        )
