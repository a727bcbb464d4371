"""How long trucks of one profile drive between loads, dumps and depots, at any hour."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from scenarios.schema import SNOW
from solvers.hours import Leg, first_leg
from solvers.problem import Problem


class Ways:
    """Travel of one profile; what lies between loads and dumps is asked for at once.

    Attributes
    ----------
    dumps
        The facilities that take snow.
    """

    def __init__(self, problem: Problem, profile: int, loads: NDArray[np.int64]) -> None:
        self.dumps = [f for f, site in enumerate(problem.facilities) if SNOW in site.streams]
        self._ways, self._hours, self._profile = problem.ways, problem.hours, profile
        there = np.asarray([problem.facilities[f].location for f in self.dumps], dtype=np.int64)
        self._travel: dict[tuple[int, int, int], tuple[int, int]] = {}
        for layer in self._layers():
            for sources, targets in ((loads, there), (there, loads)):
                self._ask(layer, sources, targets)

    def _layers(self) -> list[int]:
        """Return the layers by which the profile travels at any hour."""
        if self._hours is None:
            return [self._profile]
        return [int(layer) for layer in np.unique(self._hours.layer[self._profile])]

    def _ask(self, layer: int, sources: NDArray[np.int64], targets: NDArray[np.int64]) -> None:
        times, lengths = self._ways.block(layer, sources, targets)
        rows = zip(sources.tolist(), times.tolist(), lengths.tolist(), strict=True)
        columns = targets.tolist()
        for a, seconds, metres in rows:
            for b, time_s, length_m in zip(columns, seconds, metres, strict=True):
                self._travel[layer, a, b] = (time_s, length_m)

    def leg(self, source: int, target: int, clock_s: int) -> Leg | None:
        """Return the leg that arrives first for who may set out at a moment; None = no way."""
        if source == target:
            return Leg(clock_s, 0, 0, self._profile)
        if self._hours is None:  # the usual case, and plays ask a million times
            time_s, length_m = self._between(self._profile, source, target)
            return None if time_s < 0 else Leg(clock_s, time_s, length_m, self._profile)
        return first_leg(
            self._hours,
            lambda layer: self._between(layer, source, target),
            self._profile,
            clock_s,
        )

    def exists(self, source: int, target: int) -> bool:
        """Whether there is a way at any hour."""
        return source == target or any(
            self._between(layer, source, target)[0] >= 0 for layer in self._layers()
        )

    def _between(self, layer: int, source: int, target: int) -> tuple[int, int]:
        found = self._travel.get((layer, source, target))
        if found is None:
            ends = (np.asarray([at], dtype=np.int64) for at in (source, target))
            self._ask(layer, *ends)
            found = self._travel[layer, source, target]
        return found
