"""Prices that rise for tasks which stay left out, so that others are tried in their stead.

At equal prices a search leaves out what is hardest to place, since that saves most, and never gets
it in: to pack it, several easy tasks would have to be out for a while. So a price grows as long as
its task is left out. Costs told are those of the true prices, which hold alone in the end.

Where visits of one customer belong together prices stay as they are: a truck is given up there only
if a customer may be out for a while (Torino_050_6_7 ends with eight trucks instead of seven).

After the absence counters of Christiaens & Vanden Berghe 2020, section 4.4 (doi
10.1287/trsc.2019.0914).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solvers._kernels import ground as g
from solvers._kernels.ground import Tables

GROWTH, MOST = 1.3, 3.0
"""By what a price is multiplied at each stage in which its task is left out, and at most in all."""
STAGES, UNTIL = 100, 0.8
"""Stages, and the share of a search after which only true prices hold."""


class Absence:
    """The raised prices of a search, written into its tables."""

    def __init__(self) -> None:
        self._stage = np.zeros(1, np.int64)

    def state(self) -> dict[str, NDArray[np.int64]]:
        """Return all arrays that are written, by name; they are not copied."""
        return {"absence.stage": self._stage}

    def advance(self, tables: Tables, share: float) -> None:
        """Raise the prices of what is left out at a share of the search, or end all raises."""
        stage = 1 + min(STAGES, int(share / UNTIL * STAGES))
        if stage == self._stage[0] or len(tables.group) > 0:
            return
        self._stage[0] = stage
        if stage <= STAGES:
            self._raise(tables)
        else:
            self._end(tables)

    def _raise(self, tables: Tables) -> None:
        rank, tally = tables.rank, tables.tally
        left = tables.work[g.ABSENT, : tally[g.NUM_ABSENT]]
        price, raised = rank[g.PRICE, left], rank[g.RAISED, left]
        higher = np.minimum(GROWTH * price, MOST * (price - raised)).astype(np.int64) - price
        rank[g.PRICE, left] += higher
        rank[g.RAISED, left] += higher
        tally[g.COST_NOW] += higher.sum()
        tally[g.SURPLUS] += higher.sum()

    def _end(self, tables: Tables) -> None:
        rank, tally = tables.rank, tables.tally
        rank[g.PRICE] -= rank[g.RAISED]
        rank[g.RAISED] = 0
        tally[g.COST_NOW] -= tally[g.SURPLUS]
        tally[g.SURPLUS] = 0
