"""Travel among many places of a road network, asked for block by block."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.roads import RoadMetric
from routing.snapping import Positions


@dataclass(frozen=True, eq=False)
class RoadTravel:
    """Travel of some profiles of trucks among places, whose whole table is never held.

    Attributes
    ----------
    metrics
        The roads as the trucks of each profile see them.
    positions
        The places, one a location.
    """

    metrics: Sequence[RoadMetric]
    positions: Positions

    @property
    def num_profiles(self) -> int:
        """Return how many profiles there are."""
        return len(self.metrics)

    @property
    def num_locations(self) -> int:
        """Return the number of places."""
        return len(self.positions)

    def block(
        self, profile: int, origins: NDArray[np.int64], destinations: NDArray[np.int64]
    ) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return seconds and metres of a profile's fastest ways; -1 = unreachable."""
        table = self.metrics[profile].travel_table(self._at(origins), self._at(destinations))
        return table.time, table.length

    def _at(self, locations: NDArray[np.int64]) -> Positions:
        return Positions(self.positions.arc[locations], self.positions.offset_cm[locations])

    def mark(self) -> str:
        """Return a hash of the places and of all weights."""
        digest = hashlib.sha256(np.ascontiguousarray(self.positions.arc).data)
        digest.update(np.ascontiguousarray(self.positions.offset_cm).data)
        for metric in self.metrics:
            digest.update(np.ascontiguousarray(metric.weights.arc_time_ms).data)
            digest.update(np.ascontiguousarray(metric.weights.turn_cost_ms).data)
        return digest.hexdigest()
