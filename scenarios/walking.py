"""How far people walk: along the streets of the map in both directions, whatever a truck may do.

The map's network holds the streets that vehicles use; footpaths are not in it. So a distance is the
one along streets, at least as long as the way that somebody who knows the courtyards would take.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from routing.network import CLASS_INDEX, Network
from routing.profiles import Profile, weigh
from routing.snapping import snap

WALKER = Profile("walker", height_cm=0, width_cm=0, weight_kg=0, hgv=False)
NO_WALKING = tuple(CLASS_INDEX[name] for name in ("motorway", "motorway_link"))


@dataclass(frozen=True)
class Spot:
    """A place on the streets: the two ends of its piece with the metres to each, and its access.

    ``access_m`` is the straight way from the place to its street.
    """

    arc: int
    along_m: float
    ends: tuple[tuple[int, float], tuple[int, float]]
    access_m: float


class WalkingStreets:
    """The streets as people walk them."""

    def __init__(self, network: Network) -> None:
        self.network = network
        real = np.asarray(network.arc_base) == np.arange(network.num_arcs)
        arcs = np.flatnonzero(real & ~np.isin(network.arc_class, NO_WALKING))
        tail, head = np.asarray(network.arc_tail)[arcs], np.asarray(network.arc_head)[arcs]
        ends = np.concatenate((tail, head))
        order = np.argsort(ends, kind="stable")
        self.first = np.searchsorted(ends[order], np.arange(network.num_nodes + 1))
        self.other = np.concatenate((head, tail))[order]
        self.metres = np.tile(np.asarray(network.arc_length_cm)[arcs] / 100.0, 2)[order]
        self._weights = weigh(network, WALKER)

    def spots(self, lon: ArrayLike, lat: ArrayLike) -> list[Spot]:
        """Return where each place stands on the streets."""
        x, y = np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64)
        found = snap(self.network, self._weights, x, y, np.zeros(len(x), dtype=np.bool_))
        rows = zip(found.first_out[:-1].tolist(), found.distance_m.tolist(), strict=True)
        return [
            self._spot(int(found.positions.arc[k]), int(found.positions.offset_cm[k]), access)
            for k, access in rows
        ]

    def _spot(self, arc: int, offset_cm: int, access_m: float) -> Spot:
        network = self.network
        whole_m = int(network.arc_length_cm[arc]) / 100.0
        along_m = offset_cm / 100.0
        ends = (
            (int(network.arc_tail[arc]), along_m),
            (int(network.arc_head[arc]), whole_m - along_m),
        )
        reverse = int(network.arc_reverse[arc])
        if 0 <= reverse < arc:  # one name for both directions of a piece
            return Spot(reverse, whole_m - along_m, ends, access_m)
        return Spot(arc, along_m, ends, access_m)

    def reached(self, start: Spot, limit_m: float) -> dict[int, float]:
        """Return the metres to every junction at most ``limit_m`` away."""
        best: dict[int, float] = {}
        queue = [(metres, node) for node, metres in start.ends]
        heapq.heapify(queue)
        while queue:
            metres, node = heapq.heappop(queue)
            if metres > limit_m or node in best:
                continue
            best[node] = metres
            for k in range(self.first[node], self.first[node + 1]):
                if self.other[k] not in best:
                    heapq.heappush(queue, (metres + float(self.metres[k]), int(self.other[k])))
        return best

    def pairs(self, spots: list[Spot], limit_m: float) -> Iterator[tuple[int, int, float]]:
        """Yield (i, j, metres) of all ordered pairs at most ``limit_m`` apart, access included."""
        by_node: dict[int, list[tuple[int, float]]] = {}
        by_arc: dict[int, list[int]] = {}
        for j, spot in enumerate(spots):
            by_arc.setdefault(spot.arc, []).append(j)
            for node, metres in spot.ends:
                by_node.setdefault(node, []).append((j, metres))
        for i, start in enumerate(spots):
            found = {j: abs(start.along_m - spots[j].along_m) for j in by_arc[start.arc]}
            for node, metres in self.reached(start, limit_m).items():
                for j, last in by_node.get(node, ()):
                    found[j] = min(found.get(j, np.inf), metres + last)
            for j in sorted(found):
                # a place is at itself without walking to its street and back
                access = 0.0 if i == j else start.access_m + spots[j].access_m
                if found[j] + access <= limit_m:
                    yield i, j, 0.0 if i == j else found[j] + access


def walking_table(streets: WalkingStreets, spots: list[Spot], limit_m: float) -> NDArray:
    """Return the metres from each place to each, inf beyond the limit, shape (n, n)."""
    table = np.full((len(spots), len(spots)), np.inf)
    for i, j, metres in streets.pairs(spots, limit_m):
        table[i, j] = metres
    return table
