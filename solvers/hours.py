"""Travel that changes by the hour: closures, bans and speeds that hold for a part of the day.

The day of a profile is cut into periods at its *borders*. A leg is driven on streets that are open
during the whole of it, at the slowest of the speeds that hold during it: inside a period by the
travel of that period, across one border by travel that suits both sides, across two never. A truck
may wait where it stands for the next border. So who sets out later never arrives earlier, and each
leg is one path whose streets and times can be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solvers.travel import Block, Indices

NO_BORDER = 1 << 60


class Leg(NamedTuple):
    """One leg as driven: when it is begun, how long it takes, and by which layer of travel."""

    depart_s: int
    time_s: int
    length_m: int
    layer: int

    @property
    def arrive_s(self) -> int:
        """When the leg ends."""
        return self.depart_s + self.time_s


@dataclass(frozen=True)
class Hours:
    """Which layer of travel holds when, for each profile.

    Attributes
    ----------
    borders
        Seconds at which the next period of a profile begins, in order, shape (num_profiles, most);
        rows of profiles with fewer borders are filled with NO_BORDER.
    layer
        Shape (num_profiles, 2 * most + 1): column 2k = inside the k-th period, column 2k + 1 =
        across the border from the k-th period to the next. A number below num_profiles is a row of
        ``Problem.time_s``, num_profiles + j is the j-th layer here.
    time_s, length_m
        Travel of all further layers, shape (num_layers, num_locations, num_locations), -1 =
        unreachable.
    """

    borders: NDArray[np.int64]
    layer: NDArray[np.int64]
    time_s: NDArray[np.int32]
    length_m: NDArray[np.int32]

    def faults(self, num_profiles: int, num_locations: int) -> list[str]:
        """Return a sentence for each part that does not fit."""
        faults = []
        most = self.borders.shape[1]
        shape = (num_profiles, 2 * most + 1)
        if most < 1 or self.borders.shape[0] != num_profiles or self.layer.shape != shape:
            faults.append("hours: borders and layers do not fit the profiles")
        elif (np.diff(np.minimum(self.borders, NO_BORDER), axis=1) < 0).any():
            faults.append("hours: borders are not in order")
        elif self.layer.min() < 0 or self.layer.max() >= num_profiles + len(self.time_s):
            faults.append("hours: a layer that does not exist")
        if self.time_s.shape[1:] != (num_locations, num_locations):
            faults.append("hours: travel between other locations")
        return faults

    @classmethod
    def without_matrices(
        cls,
        borders: NDArray[np.int64],
        layer: NDArray[np.int64],
        num_further: int,
        num_locations: int,
    ) -> Hours:
        """Return hours whose further layers of travel are asked for in blocks."""
        shape = (num_further, num_locations, num_locations)
        nowhere = np.broadcast_to(np.int32(-1), shape)
        return cls(borders, layer, nowhere, nowhere)

    def cut(
        self,
        profiles: Sequence[int],
        places: NDArray[np.int64],
        block: Callable[[int, Indices, Indices], Block],
    ) -> Hours:
        """Return the same hours for some of the profiles on some of the locations.

        ``block`` gives the travel of any layer of the problem. A layer of a profile by which one
        travels that is kept, but whose own profile is not, becomes a further one.
        """
        layers = self.layer[list(profiles)]
        number = {old: new for new, old in enumerate(profiles)}
        times: list[NDArray[np.int32]] = []
        lengths: list[NDArray[np.int32]] = []
        for old in np.unique(layers).tolist():
            if old not in number:
                number[old] = len(profiles) + len(times)
                some, far = block(old, places, places)
                times.append(some)
                lengths.append(far)
        shape = (len(times), len(places), len(places))
        return Hours(
            self.borders[list(profiles)],
            np.vectorize(number.__getitem__, otypes=[np.int64])(layers),
            np.asarray(times, np.int32).reshape(shape),
            np.asarray(lengths, np.int32).reshape(shape),
        )


def find_leg(
    hours: Hours | None,
    time_s: NDArray[np.int32],
    length_m: NDArray[np.int32],
    profile: int,
    source: int,
    target: int,
    clock_s: int,
) -> Leg | None:
    """Return the leg that arrives first when a truck may set out at a moment; None = no way."""

    def travel(layer: int) -> tuple[int, int]:
        own = layer < len(time_s)
        k = layer if own else layer - len(time_s)
        times = time_s if own or hours is None else hours.time_s
        lengths = length_m if own or hours is None else hours.length_m
        return int(times[k, source, target]), int(lengths[k, source, target])

    return first_leg(hours, travel, profile, clock_s)


def first_leg(
    hours: Hours | None,
    travel: Callable[[int], tuple[int, int]],
    profile: int,
    clock_s: int,
) -> Leg | None:
    """Return the leg that arrives first between two places; None = no way.

    ``travel`` gives the seconds and metres between them by a layer, -1 = unreachable. Of two that
    arrive together the later one is driven.
    """
    if hours is None:
        seconds, metres = travel(profile)
        return None if seconds < 0 else Leg(clock_s, seconds, metres, profile)
    borders = [int(b) for b in hours.borders[profile] if b < NO_BORDER]
    layers = hours.layer[profile].tolist()
    best: Leg | None = None
    for period in range(len(borders) + 1):
        until = borders[period] if period < len(borders) else NO_BORDER
        since = borders[period - 1] if period else -NO_BORDER
        if until <= clock_s:
            continue
        depart = max(clock_s, since)
        if best is not None and depart >= best.arrive_s:
            break
        seconds, metres = travel(layers[2 * period])
        inside = seconds >= 0 and depart + seconds <= until
        if inside:
            leg = Leg(depart, seconds, metres, layers[2 * period])
        elif period < len(borders):
            until = borders[period + 1] if period + 1 < len(borders) else NO_BORDER
            seconds, metres = travel(layers[2 * period + 1])
            if seconds < 0 or depart + seconds > until:
                continue
            leg = Leg(depart, seconds, metres, layers[2 * period + 1])
        else:
            continue
        if best is None or leg.arrive_s <= best.arrive_s:
            best = leg
        if inside:
            break
    return best
