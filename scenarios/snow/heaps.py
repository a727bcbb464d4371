"""What ploughs leave at the curbs after a storm: heaps along streets, cut into truckloads."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.network import Network
from scenarios.cleaning.runs import packed
from scenarios.cleaning.storm import Storm
from scenarios.cleaning.winter import priorities
from scenarios.street_tasks import StreetMode, StreetTask

LONGEST_STAY_S = 2400
"""A heap is cut where loading it without a pause takes longer: meals need a gap."""
CURB_M = 2.5
"""Loads lie this far from the line of their street, on the side of the curb."""
EARTH_M_PER_DEG = 111_320.0


@dataclass(frozen=True)
class SnowLoad:
    """What one truck takes at one place of a heap; ``service_s`` is the time of loading it."""

    load_id: str
    litres: int
    mass_kg: int
    service_s: int
    lon: float
    lat: float


@dataclass(frozen=True)
class Heap:
    """The snow along some pieces of one street, which a loader loads in one stay.

    ``run`` is the work of the loader there, not yet timed; ``ready_s`` when the last plough has
    passed.
    """

    run: StreetTask
    priority: int
    ready_s: int
    litres: int
    loads: tuple[SnowLoad, ...]

    @property
    def heap_id(self) -> str:
        """Return the name of the heap: that of its run, numbered where the run is cut."""
        return self.run.task_id


def litres_of(storm: Storm, length_cm: int) -> int:
    """Return the heaped snow of a cleared length, in litres, half up."""
    depth_m = storm.depth_cm / 100 * storm.packed
    return math.floor(1000 * depth_m * storm.width_m * length_cm / 100 + 0.5)


def mass_of(storm: Storm, litres: int) -> int:
    """Return the mass of heaped snow in kilograms, half up."""
    return math.floor(storm.snow_kg_m3 * litres / 1000 + 0.5)


def loading_s(storm: Storm, litres: int) -> int:
    """Return how long a loader takes for an amount, at least a second."""
    return max(1, math.ceil(3.6 * litres / storm.loader_m3_h))


def heaps_of(
    network: Network,
    runs: Sequence[StreetTask],
    ends: Mapping[str, int],
    storm: Storm,
    load_l: int,
) -> list[Heap]:
    """Return the heaps that are to be hauled, in order of the runs.

    Parameters
    ----------
    runs
        What was ploughed when the snow had ended.
    ends
        When each of them was done, by its name; nothing lies along those that are missing.
    load_l
        The most that one load holds, in litres.
    """
    longest_l = LONGEST_STAY_S * storm.loader_m3_h / 3.6
    per_cm = storm.width_m * storm.depth_cm / 100 * storm.packed * 10
    max_cm = max(1, int(longest_l / per_cm)) if per_cm else 1
    pieces = [
        (piece, ends[run.task_id])
        for run in runs
        if run.task_id in ends
        for piece in _pieces(network, run, max_cm)
    ]
    ranks = priorities(network, [piece for piece, _ in pieces], storm)
    heaps = []
    for (piece, ready_s), priority in zip(pieces, ranks, strict=True):
        litres = litres_of(storm, _length_cm(network, piece))
        if priority <= storm.haul_priorities and litres:
            loads = tuple(_loads(network, piece, storm, litres, load_l))
            heaps.append(Heap(piece, priority, ready_s, litres, loads))
    return heaps


def _length_cm(network: Network, run: StreetTask) -> int:
    return int(network.arc_length_cm[list(run.modes[0].arcs)].sum())


def _pieces(network: Network, run: StreetTask, max_cm: int) -> Iterator[StreetTask]:
    """Yield a run in parts of at most a length, unless one piece of street alone is longer."""
    arcs = list(run.modes[0].arcs)
    parts = packed(arcs, network.arc_length_cm[arcs].tolist(), max_cm)
    name = run.task_id.partition("#")[0]
    for number, part in enumerate(parts, 1):
        lengths = network.arc_length_cm[part]
        mode = StreetMode(
            arcs=tuple(part),
            length_m=(int(lengths.sum()) + 50) // 100,
            service_s=0,
            entry=(part[0], 0),
            exit=(part[-1], int(lengths[-1])),
        )
        lon, lat = _curb(network, part, 0.5)
        yield replace(
            run,
            task_id=name if len(parts) == 1 else f"{name}/{number}",
            modes=(mode,),
            windows=(),
            water_l=0,
            vehicle_kind="loader",
            lon=lon,
            lat=lat,
        )


def _loads(
    network: Network, piece: StreetTask, storm: Storm, litres: int, load_l: int
) -> Iterator[SnowLoad]:
    """Yield the loads of a heap in the direction of its street: equal parts, as few as may be."""
    count = -(-litres // load_l)
    for k in range(count):
        own = litres * (k + 1) // count - litres * k // count
        lon, lat = _curb(network, piece.modes[0].arcs, (k + 0.5) / count)
        yield SnowLoad(
            load_id=f"{piece.task_id}+{k + 1}",
            litres=own,
            mass_kg=mass_of(storm, own),
            service_s=loading_s(storm, own),
            lon=lon,
            lat=lat,
        )


def _curb(network: Network, arcs: Sequence[int], share: float) -> tuple[float, float]:
    """Return lon and lat at the curb, a share of the way along pieces of street."""
    lengths = network.arc_length_cm[list(arcs)].astype(np.float64)
    ends = np.cumsum(lengths)
    at = ends[-1] * share
    k = min(int(np.searchsorted(ends, at)), len(arcs) - 1)
    shape = network.shape(int(arcs[k]))
    east = EARTH_M_PER_DEG * math.cos(math.radians(float(shape[0, 1])))
    metres = shape * np.array([east, EARTH_M_PER_DEG])
    spot, ahead = _along(metres, (at - (ends[k] - lengths[k])) / lengths[k])
    across = np.array([ahead[1], -ahead[0]]) * (CURB_M if network.drive_on_right else -CURB_M)
    lon, lat = (spot + across) / np.array([east, EARTH_M_PER_DEG])
    return round(float(lon), 7), round(float(lat), 7)


def _along(
    line: NDArray[np.float64], share: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the place a share of the way along a line, and the unit vector ahead."""
    steps = np.diff(line, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    ends = np.cumsum(lengths)
    at = ends[-1] * share
    k = min(int(np.searchsorted(ends, at)), len(steps) - 1)
    ahead = steps[k] / lengths[k]
    return line[k] + ahead * (at - (ends[k] - lengths[k])), ahead
