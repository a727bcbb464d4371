"""Map matching written down plainly: one search over histories for each pair of places."""

from __future__ import annotations

import math
from dataclasses import dataclass

from routing._kernels.viterbi import BEAM, PATIENCE
from routing.geometry import local_metres
from routing.matching import MatchSettings, Tracks
from routing.network import Network
from routing.profiles import Weights
from routing.snapping import Nearby
from tests import naive

Place = tuple[int, int]  # arc and offset in centimeters


@dataclass
class Twin:
    """The model of one track; bounds on the length of ways are left out."""

    network: Network
    weights: Weights
    tracks: Tracks
    near: Nearby
    settings: MatchSettings
    sigma_m: float

    def __post_init__(self) -> None:
        origin = float(self.network.node_lon.mean()), float(self.network.node_lat.mean())
        self.xy = local_metres(self.tracks.lon, self.tracks.lat, origin)
        self.known: dict[tuple[Place, Place], int | None] = {}

    def places(self, fix: int) -> list[int]:
        """Numbers of the candidates of a fix."""
        return list(range(int(self.near.first_out[fix]), int(self.near.first_out[fix + 1])))

    def emission(self, fix: int, place: int) -> float:
        """Log-likelihood of a fix at one of its candidates."""
        score = -0.5 * (float(self.near.distance_m[place]) / self.sigma_m) ** 2
        heading = float(self.tracks.heading_deg[fix])
        if math.isnan(heading):
            return score
        off = abs((heading - float(self.near.bearing_deg[place]) + 180) % 360 - 180)
        return score - 0.5 * (min(off, 90.0) / self.settings.heading_deg) ** 2

    def step(self, i: int, j: int, place: int, to: int) -> float | None:
        """Log-likelihood of a step between candidates, None where no way leads."""
        one, other = self._place(place), self._place(to)
        way_cm = self._way_cm(one, other)
        if way_cm is None:
            return None
        straight_m = math.dist(self.xy[i], self.xy[j])
        return -abs(way_cm / 100 - straight_m) / self.settings.beta_m

    def _place(self, number: int) -> Place:
        positions = self.near.positions
        return int(positions.arc[number]), int(positions.offset_cm[number])

    def _way_cm(self, one: Place, other: Place) -> int | None:
        if one[0] == other[0] and other[1] - one[1] >= -100 * self.settings.back_m:
            return max(other[1] - one[1], 0)
        if (one, other) not in self.known:
            found = naive.travel(self.network, self.weights, one, other)
            self.known[one, other] = None if found is None else found[1]
        return self.known[one, other]

    def decode(self) -> tuple[dict[int, int], float]:
        """Fix before each fix that is kept (-1 at a beginning), and the score of all chains."""
        before: dict[int, int] = {}
        total, scores = 0.0, {}
        last, lost, j = -1, [], 0
        while j < len(self.tracks.lon):
            if not self.places(j):
                j += 1
                continue
            near_in_time = last >= 0 and self._gap_s(last, j) <= self.settings.max_gap_s
            if near_in_time:
                following = self._follow(last, j, scores)
                if following:
                    before[j], last, lost, scores = last, j, [], following
                    j += 1
                    continue
                lost.append(j)
                if len(lost) < PATIENCE:
                    j += 1
                    continue
            if last >= 0:
                total += max(scores.values())
            j, lost = (lost[0] if lost else j), []
            scores = {place: self.emission(j, place) for place in self.places(j)}
            before[j], last = -1, j
            j += 1
        return before, total + (max(scores.values()) if last >= 0 else 0.0)

    def _gap_s(self, i: int, j: int) -> float:
        return float(self.tracks.time_s[j] - self.tracks.time_s[i])

    def _follow(self, i: int, j: int, scores: dict[int, float]) -> dict[int, float]:
        best = max(scores.values())
        found: dict[int, float] = {}
        for to in self.places(j):
            for place, score in scores.items():
                step = self.step(i, j, place, to) if score >= best - BEAM else None
                if step is not None:
                    reached = score + step + self.emission(j, to)
                    found[to] = max(found.get(to, -math.inf), reached)
        return found

    def score(self, before: dict[int, int], chosen: dict[int, int]) -> float:
        """Score of given chains."""
        total = 0.0
        for fix, earlier in before.items():
            total += self.emission(fix, chosen[fix])
            if earlier >= 0:
                step = self.step(earlier, fix, chosen[earlier], chosen[fix])
                assert step is not None, f"no way leads from fix {earlier} to fix {fix}"
                total += step
        return total
