"""Where trucks stood, so that service, unloading and pauses do not count as slow driving.

A truck stands where several fixes in a row lie close together. At a point that it may serve or at a
facility a short stand is work; elsewhere it is traffic, such as a red light, unless it is long.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from routing.geometry import local_metres
from routing.matching import Tracks
from scenarios.city import City
from scenarios.gps.log import Log

STAND_M = 30.0
"""Fixes of a standing truck lie within this of the first of them, and of their middle."""
WORK_S = 20.0
"""A stand at a place of work is work if it lasts this long."""
PAUSE_S = 180.0
"""A stand elsewhere is no traffic if it lasts this long."""
STOPPED_KMH = 3.0
"""At a place of work a single fix this slow is a stand, where the log tells speeds."""
POINT_M, FACILITY_M = 40.0, 100.0
"""How near to a point or facility a stand belongs to it; in a facility's yard no one drives."""
HEADING_KMH = 6.0
"""Below this a receiver does not know where it is heading."""
FASTEST_M_S = 42.0
"""A fix that no truck could have come to is an error of the receiver."""
MOST_JUMPS = 3
"""So many such fixes in a row are true after all: the ones before were not."""
PARTED_S = 1800.0
"""A silence of this length ends a trip."""


@dataclass(frozen=True, eq=False)
class Movement:
    """Fixes to be matched, each stand made two fixes: of arrival and of departure.

    Attributes
    ----------
    tracks
        The fixes, a track for each truck.
    truck
        Index into ``truck_ids`` of each fix, shape (n,).
    day_s
        Local clock, seconds after midnight, shape (n,).
    standing
        Whether the fix is one of a stand, shape (n,).
    in_yard
        Whether it lies in a facility, shape (n,).
    trip
        Number of the trip: a truck's way from one facility to the next, shape (n,).
    num_stands, num_jumps
        Stands found, and fixes left out as errors of the receiver.
    """

    tracks: Tracks
    truck_ids: tuple[str, ...]
    truck: NDArray[np.int64]
    day_s: NDArray[np.float64]
    standing: NDArray[np.bool_]
    in_yard: NDArray[np.bool_]
    trip: NDArray[np.int64]
    num_stands: int
    num_jumps: int


class _Places:
    """Places of work in local metres: facilities, and points by the streams of a truck."""

    def __init__(self, city: City, origin: tuple[float, float]) -> None:
        self.origin = origin
        self.facilities = shapely.STRtree(self._spots(city.facilities))
        self.streams = dict(zip(city.trucks["truck_id"], city.trucks["streams"], strict=True))
        self.points = {
            stream: shapely.STRtree(self._spots(part))
            for stream, part in city.points.groupby("stream")
        }

    def _spots(self, frame: pd.DataFrame) -> NDArray[np.object_]:
        return np.asarray(shapely.points(local_metres(frame["lon"], frame["lat"], self.origin)))

    def in_yard(self, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which places lie in a facility."""
        return _near(self.facilities, xy, FACILITY_M)

    def at_work(self, truck_id: str, xy: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Which places lie at a facility or at a point that the truck may serve."""
        near = self.in_yard(xy)
        for stream in self.streams[truck_id]:
            if stream in self.points:
                near |= _near(self.points[stream], xy, POINT_M)
        return near


def _near(tree: shapely.STRtree, xy: NDArray[np.float64], metres: float) -> NDArray[np.bool_]:
    near = np.zeros(len(xy), dtype=np.bool_)
    near[tree.query(shapely.points(xy), predicate="dwithin", distance=metres)[0]] = True
    return near


def movement(log: Log, city: City) -> Movement:
    """Return the fixes of a log to be matched, with the stands among them."""
    fixes = log.fixes
    origin = float(fixes["lon"].mean()), float(fixes["lat"].mean())
    places = _Places(city, origin)
    rows: list[pd.DataFrame] = []
    num_stands = num_jumps = num_trips = 0
    truck_ids = []
    for truck_id, own in fixes.groupby("truck_id", sort=True):
        xy = local_metres(own["lon"], own["lat"], origin)
        sound = _sound(xy, own["time_s"].to_numpy())
        num_jumps += int(np.count_nonzero(~sound))
        part, stands = _one_truck(own[sound], xy[sound], places, str(truck_id))
        part["trip"] += num_trips
        num_trips = int(part["trip"].max()) + 1
        num_stands += stands
        rows.append(part.assign(truck=len(rows)))
        truck_ids.append(str(truck_id))
    joined = pd.concat(rows, ignore_index=True)
    first_out = np.concatenate(([0], np.cumsum([len(part) for part in rows])))
    heading = joined["heading"].where(~(joined["speed_kmh"] < HEADING_KMH) & ~joined["standing"])
    tracks = Tracks(
        first_out.astype(np.int64),
        joined["lon"].to_numpy(),
        joined["lat"].to_numpy(),
        joined["time_s"].to_numpy(),
        heading.to_numpy(dtype=np.float64),
    )
    return Movement(
        tracks,
        tuple(truck_ids),
        joined["truck"].to_numpy(),
        joined["day_s"].to_numpy(),
        joined["standing"].to_numpy(),
        joined["in_yard"].to_numpy(),
        joined["trip"].to_numpy(),
        num_stands,
        num_jumps,
    )


def _sound(xy: NDArray[np.float64], time_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which fixes a truck could have come to from the last sound one."""
    sound = np.ones(len(xy), dtype=np.bool_)
    last, jumps = 0, 0
    x, y, t = xy[:, 0].tolist(), xy[:, 1].tolist(), time_s.tolist()
    for i in range(1, len(x)):
        far = math.hypot(x[i] - x[last], y[i] - y[last])
        if far > FASTEST_M_S * (t[i] - t[last]) + STAND_M and jumps < MOST_JUMPS:
            sound[i] = False
            jumps += 1
        else:
            last, jumps = i, 0
    return sound


def _stands(
    xy: NDArray[np.float64],
    time_s: NDArray[np.float64],
    at_work: NDArray[np.bool_],
    slow: NDArray[np.bool_],
) -> NDArray[np.int64]:
    """Number of the stand of each fix, -1 = driving.

    From each fix in turn it is tried whether a stand begins there, so that a fix taken shortly
    before the truck came to rest does not hide the stand behind it. A stand ends when a fix is far
    from the middle of those before.
    """
    stand = np.full(len(xy), -1, np.int64)
    x, y, time, work = xy[:, 0].tolist(), xy[:, 1].tolist(), time_s.tolist(), at_work.tolist()
    slow_ones = slow.tolist()
    num, i = 0, 0
    while i < len(x):
        end = i + 1
        while end < len(x) and math.hypot(x[end] - x[i], y[end] - y[i]) <= STAND_M:
            end += 1
        lasted, at_place = time[end - 1] - time[i], 2 * sum(work[i:end]) >= end - i
        if not (lasted >= PAUSE_S or (at_place and lasted >= WORK_S)):
            if work[i] and slow_ones[i]:
                stand[i] = num
                num += 1
            i += 1
            continue
        sums = [sum(x[i:end]), sum(y[i:end])]
        while end < len(x):
            count = end - i
            if math.hypot(x[end] - sums[0] / count, y[end] - sums[1] / count) > STAND_M:
                break
            sums = [sums[0] + x[end], sums[1] + y[end]]
            end += 1
        stand[i:end] = num
        num += 1
        i = end
    return stand


def _one_truck(
    own: pd.DataFrame, xy: NDArray[np.float64], places: _Places, truck_id: str
) -> tuple[pd.DataFrame, int]:
    """Fixes of one truck with each stand made two fixes, and the number of stands."""
    frame = own.drop(columns="truck_id").reset_index(drop=True)
    frame["in_yard"] = places.in_yard(xy)
    slow = (frame["speed_kmh"] <= STOPPED_KMH).to_numpy()
    stand = _stands(xy, frame["time_s"].to_numpy(), places.at_work(truck_id, xy), slow)
    frame["stand"], frame["standing"] = stand, stand >= 0
    middle = frame.groupby("stand")[["lon", "lat"]].transform("median")
    for name in ("lon", "lat"):
        frame[name] = frame[name].where(~frame["standing"], middle[name])
    frame["trip"] = _trips(frame)
    inner = frame["standing"] & frame.duplicated("stand") & frame.duplicated("stand", keep="last")
    return frame[~inner].drop(columns="stand"), int(stand.max(initial=-1)) + 1


def _trips(frame: pd.DataFrame) -> NDArray[np.int64]:
    """Number of the trip of each fix; a new one begins after a facility, a silence and midnight."""
    at_facility = (frame["standing"] & frame["in_yard"]).to_numpy()
    left = np.concatenate(([False], at_facility[:-1] & ~at_facility[1:]))
    time, clock = frame["time_s"].to_numpy(), frame["day_s"].to_numpy()
    parted = np.concatenate(([False], np.diff(time) > PARTED_S))
    midnight = np.concatenate(([False], np.diff(clock) < 0))
    return np.cumsum(left | parted | midnight)
