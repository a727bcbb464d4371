"""Points to places on the streets: which directed piece, and how far along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Positions:
    """Places on the streets: a real arc and the distance along it in centimeters, shape (n,)."""

    arc: NDArray[np.int32]
    offset_cm: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.arc)


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where each point stands on the streets.

    Attributes
    ----------
    first_out
        Positions of point i are ``first_out[i]:first_out[i + 1]``, one or two, shape (n + 1,).
    positions
        All positions, point after point.
    distance_m
        From the point to the street it was put on, shape (n,).
    outside_m
        Distance to the nearest street of any kind where that one lies outside the routable part
        (at least 0.01), else 0, shape (n,).
    """

    first_out: NDArray[np.int64]
    positions: Positions
    distance_m: NDArray[np.float64]
    outside_m: NDArray[np.float64]
