"""Travel among many places of a road network, asked for block by block."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from routing._kernels.sweep import Table
from routing.snapping import Positions


class Layer(Protocol):
    """How some trucks travel, such as `routing.roads.RoadMetric`."""

    def travel_table(self, sources: Positions, targets: Positions) -> Table:
        """Return seconds and metres from every source to every target, -1 = unreachable."""

    def mark(self) -> bytes:
        """Return what tells travel that differs apart."""


@dataclass(frozen=True, eq=False)
class RoadTravel:
    """Travel by some layers among places, whose whole table is never held.

    Attributes
    ----------
    layers
        How trucks travel: of each profile, then at the hours at which that differs.
    positions
        The places, one a location.
    closed
        Of each layer the places that its trucks may not come to, shape (num_locations,); nothing
        at all where none is closed.
    """

    layers: Sequence[Layer]
    positions: Positions
    closed: Sequence[NDArray[np.bool_]] = ()

    @property
    def num_layers(self) -> int:
        """Return how many layers there are."""
        return len(self.layers)

    @property
    def num_locations(self) -> int:
        """Return the number of places."""
        return len(self.positions)

    def block(
        self, layer: int, origins: NDArray[np.int64], destinations: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return seconds and metres of a layer's fastest ways; -1 = unreachable."""
        table = self.layers[layer].travel_table(self._at(origins), self._at(destinations))
        if self.closed:
            shut = self.closed[layer][destinations]
            table.time[:, shut] = table.length[:, shut] = -1
        return table.time, table.length

    def _at(self, locations: NDArray[np.int64]) -> Positions:
        return Positions(self.positions.arc[locations], self.positions.offset_cm[locations])

    def mark(self) -> str:
        """Return a hash of the places and of all layers."""
        digest = hashlib.sha256(np.ascontiguousarray(self.positions.arc).data)
        digest.update(np.ascontiguousarray(self.positions.offset_cm).data)
        for layer in self.layers:
            digest.update(layer.mark())
        for shut in self.closed:
            digest.update(np.ascontiguousarray(shut).data)
        return digest.hexdigest()
