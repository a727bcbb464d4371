"""Travel in blocks: what a problem asks for that is too large for a matrix of all its places."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Block = tuple[NDArray[np.int32], NDArray[np.int32]]
"""Seconds and metres, shape (origins, destinations) each; -1 = unreachable."""


class Travel(Protocol):
    """Where travel times and lengths come from."""

    @property
    def num_layers(self) -> int:
        """Return how many layers there are: one a profile, and those of hours behind them."""

    @property
    def num_locations(self) -> int:
        """Return how many locations there are."""

    def block(self, layer: int, origins: Indices, destinations: Indices) -> Block:
        """Return the travel of a layer from some locations to others.

        Both arrays may be one and the same where a second of driving costs what a metre does.
        """

    def mark(self) -> Hashable:
        """Return a text by which travel that differs is told apart."""


@dataclass(frozen=True, eq=False)
class MatrixTravel:
    """Blocks of full matrices, shape (num_layers, num_locations, num_locations)."""

    time_s: Sequence[NDArray[np.int32]] | NDArray[np.int32]
    length_m: Sequence[NDArray[np.int32]] | NDArray[np.int32]

    @property
    def num_layers(self) -> int:
        """Return how many matrices there are of each kind."""
        return len(self.time_s)

    @property
    def num_locations(self) -> int:
        """Return their number of rows."""
        return len(self.time_s[0])

    def block(self, layer: int, origins: Indices, destinations: Indices) -> Block:
        """Return rows and columns of both matrices."""
        rows, columns = origins[:, None], destinations[None, :]
        length = self.length_m[layer][rows, columns]
        if self.time_s is self.length_m:
            return length, length
        return self.time_s[layer][rows, columns], length

    def mark(self) -> str:
        """Return nothing: the matrices are hashed with their problem."""
        return ""


Measure = Callable[[NDArray[np.float64]], NDArray[np.int32]]
"""From straight distances to whole metres, or from whole metres to whole seconds."""


@dataclass(frozen=True, eq=False)
class PlaneTravel:
    """Straight lines between places of a plane, equal for all vehicles.

    Attributes
    ----------
    x, y
        Places in any unit, shape (num_locations,).
    metres
        Makes whole metres of distances in that unit.
    seconds
        Makes whole seconds of metres; where it is None time is counted in metres.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    metres: Measure
    seconds: Callable[[NDArray[np.int32]], NDArray[np.int32]] | None = None

    @property
    def num_layers(self) -> int:
        """Return one."""
        return 1

    @property
    def num_locations(self) -> int:
        """Return the number of places."""
        return len(self.x)

    def block(self, layer: int, origins: Indices, destinations: Indices) -> Block:
        """Return the straight ways from some places to others."""
        dx = self.x[origins, None] - self.x[None, destinations]
        dy = self.y[origins, None] - self.y[None, destinations]
        length = self.metres(np.sqrt(dx * dx + dy * dy))
        return (length if self.seconds is None else self.seconds(length)), length

    def mark(self) -> Hashable:
        """Return the places, and what a kilometre of them is."""
        some = np.asarray([0.0, 1.0, 1000.0])
        return self.x.tobytes(), self.y.tobytes(), self.metres(some).tobytes()
