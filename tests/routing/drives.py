"""Drives made from known speeds: what really happened, and the fixes that a receiver took of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.geometry import EARTH_RADIUS_M
from routing.matching import Tracks
from routing.network import Network
from routing.paths import arc_part
from routing.profiles import TRUCK, weigh
from routing.roads import RoadMetric, Roads
from routing.snapping import Positions

Pace = Callable[[int, float], float]
"""Factor on the default driving time of a class (index) at a time of day (seconds)."""


@dataclass
class Drive:
    """One vehicle's day: where it was at which moment, and every piece of arc it drove."""

    time_s: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    lat: list[float] = field(default_factory=list)
    arc: list[int] = field(default_factory=list)
    length_cm: list[int] = field(default_factory=list)
    begun_s: list[float] = field(default_factory=list)
    stood_s: list[tuple[float, float]] = field(default_factory=list)

    def stay(self, until_s: float) -> None:
        """Stand where the vehicle is."""
        self.time_s.append(until_s)
        self.lon.append(self.lon[-1])
        self.lat.append(self.lat[-1])

    def go(self, shape: NDArray[np.float64], seconds: float) -> None:
        """Drive along a line at even speed."""
        step = np.hypot(np.diff(shape[:, 0]), np.diff(shape[:, 1]))
        share = np.cumsum(step) / max(step.sum(), 1e-12)
        begin = self.time_s[-1]
        self.time_s.extend((begin + share * seconds).tolist())
        self.lon.extend(shape[1:, 0].tolist())
        self.lat.extend(shape[1:, 1].tolist())


@dataclass(frozen=True)
class Driver:
    """How drives are made: the streets, true paces, and what varies by chance."""

    network: Network
    roads: Roads
    pace: Pace
    spread: float = 0.25  # of one arc's time, as a share
    habit: float = 0.05  # of one trip's, shared by all its arcs
    taste: float = 0.15  # of the weights by which the driver chooses ways


def drive(
    driver: Driver,
    rng: np.random.Generator,
    calls: Positions,
    stand_s: tuple[float, float],
    begin_s: float,
    end_s: float,
) -> Drive:
    """Call at places in their order, again and again, standing at each, until the day ends."""
    network = driver.network
    weights = weigh(network, TRUCK)
    metric = _own_metric(driver, rng)
    done = Drive()
    at = 0
    first = arc_part(network, int(calls.arc[0]), int(calls.offset_cm[0]), int(calls.offset_cm[0]))
    done.time_s.append(begin_s)
    done.lon.append(float(first[0, 0]))
    done.lat.append(float(first[0, 1]))
    habit = 1.0
    while done.time_s[-1] < end_s:
        to = (at + 1) % len(calls)
        if at == 0:
            habit = float(np.exp(rng.normal(0, driver.habit)))
        ends = [Positions(calls.arc[[k]], calls.offset_cm[[k]]) for k in (at, to)]
        path = metric.find_paths(*ends)[0]
        last = len(path.arcs) - 1
        for i, state in enumerate(path.arcs.tolist()):
            arc = int(network.arc_base[state])
            if i:
                mean = _turn_s(network, int(path.arcs[i - 1]), state)
                if mean > 0:
                    done.stay(done.time_s[-1] + float(rng.exponential(mean)))
            whole = int(network.arc_length_cm[arc])
            low = path.from_offset_cm if i == 0 else 0
            high = path.to_offset_cm if i == last else whole
            if high <= low:
                continue
            seconds = weights.arc_time_ms[arc] / 1000 * (high - low) / whole
            if seconds < 0:
                raise AssertionError("a drive on a closed arc")
            seconds *= driver.pace(int(network.arc_class[arc]), done.time_s[-1]) * habit
            # mean 1, so that paces are means of times
            seconds *= float(rng.gamma(1 / driver.spread**2, driver.spread**2))
            done.arc.append(arc)
            done.length_cm.append(high - low)
            done.begun_s.append(done.time_s[-1])
            done.go(arc_part(network, arc, low, high), seconds)
        begun = done.time_s[-1]
        done.stay(begun + float(rng.uniform(*stand_s)))
        done.stood_s.append((begun, done.time_s[-1]))
        at = to
    return done


def _own_metric(driver: Driver, rng: np.random.Generator) -> RoadMetric:
    """Weights as one driver feels them: not always the fastest way is taken."""
    weights = weigh(driver.network, TRUCK)
    felt = np.exp(rng.normal(0, driver.taste, len(weights.arc_time_ms)))
    felt = felt[driver.network.arc_base]
    time = np.where(weights.arc_time_ms < 0, -1, np.rint(weights.arc_time_ms * felt) + 1)
    object.__setattr__(weights, "arc_time_ms", time.astype(np.int32))
    return driver.roads.weigh(weights)


def _turn_s(network: Network, arc: int, to: int) -> float:
    part = slice(int(network.turn_first_out[arc]), int(network.turn_first_out[arc + 1]))
    place = int(np.flatnonzero(network.turn_head[part] == to)[0])
    return float(network.turn_cost_ms[part][place]) / 1000


@dataclass(frozen=True, eq=False)
class Seen:
    """Fixes of one drive, shape (n,) each; ``heading_deg`` and ``speed_kmh`` are the true ones."""

    time_s: NDArray[np.float64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    heading_deg: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]

    def tracks(self, *, headings: bool = False) -> Tracks:
        """All fixes as one track."""
        unknown = np.full(len(self.time_s), np.nan)
        return Tracks(
            np.asarray([0, len(self.time_s)]),
            self.lon,
            self.lat,
            self.time_s,
            self.heading_deg if headings else unknown,
        )


def seen(done: Drive, rng: np.random.Generator, every_s: float, noise_m: float) -> Seen:
    """Fixes of a drive at even intervals with Gaussian noise."""
    time = np.arange(done.time_s[0] + rng.uniform(0, every_s), done.time_s[-1], every_s)
    lon, lat = (np.interp(time, done.time_s, axis) for axis in (done.lon, done.lat))
    later = [np.interp(time + 1.0, done.time_s, axis) for axis in (done.lon, done.lat)]
    to_deg = np.degrees(1 / EARTH_RADIUS_M)
    narrow = np.cos(np.radians(lat))
    east, north = (later[0] - lon) * narrow / to_deg, (later[1] - lat) / to_deg
    return Seen(
        time,
        lon + rng.normal(0, noise_m, len(time)) * to_deg / narrow,
        lat + rng.normal(0, noise_m, len(time)) * to_deg,
        np.degrees(np.arctan2(east, north)) % 360,
        np.hypot(east, north) * 3.6,
    )


def share_recovered(network: Network, done: Drive, arcs: NDArray, lengths: NDArray) -> float:
    """Share of the length driven that lies on the arcs matched, each as long as it was driven."""
    true = np.bincount(done.arc, done.length_cm, network.num_arcs)
    matched = np.bincount(arcs, lengths, network.num_arcs)
    return float(np.minimum(true, matched).sum() / true.sum())
