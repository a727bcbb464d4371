"""Points to places on the streets: which directed piece, and how far along it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import shapely
from numpy.typing import NDArray

from routing.errors import NetworkError
from routing.geometry import local_metres
from routing.network import CLASS_INDEX, ArcFlag, Network
from routing.profiles import Weights


@dataclass(frozen=True, eq=False)
class Positions:
    """Places on the streets: a real arc and the distance along it in centimeters, shape (n,)."""

    arc: NDArray[np.int32]
    offset_cm: NDArray[np.int32]

    def __len__(self) -> int:
        """Return the number of places."""
        return len(self.arc)


@dataclass(frozen=True, eq=False)
class Snaps:
    """Where each point stands on the streets.

    Attributes
    ----------
    first_out
        Positions of point i are ``first_out[i]:first_out[i + 1]``, one or two, shape (n + 1,).
    positions
        All positions, point after point.
    distance_m
        From the point to the street it was put on, shape (n,).
    outside_m
        Distance to the nearest street of any kind where that one lies outside the routable part
        (at least 0.01), else 0, shape (n,).
    """

    first_out: NDArray[np.int64]
    positions: Positions
    distance_m: NDArray[np.float64]
    outside_m: NDArray[np.float64]


_AVOIDED = tuple(CLASS_INDEX[name] for name in ("motorway", "motorway_link", "trunk_link"))

AT_GRADE_FACTOR = 1.5
"""A street on the ground is taken if it is at most this many times as far as a bridge or tunnel."""

AT_GRADE_SLACK_M = 15.0
"""... and this much farther still, so that a bin under a flyover is not put on the flyover."""

BEARING_REACH_M = 5.0
"""Bearings of streets are taken over this stretch to either side."""

CENTERLINE_M = 0.3
"""Points nearer to the line than this stand on neither side of the street."""


def snap(
    network: Network,
    weights: Weights,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    right_only: NDArray[np.bool_],
) -> Snaps:
    """Put points on the nearest street that the vehicle can reach and leave again.

    Parameters
    ----------
    network, weights
        The streets and the part of them that the vehicle can use.
    lon, lat
        Points in degrees (WGS-84), shape (n,).
    right_only
        Where true, only the direction that has the point at the curb side (left where one drives
        on the left), shape (n,). Where that direction does not exist the other one is given, and
        both for a point on the middle line.

    Returns
    -------
    Snaps
        One or two positions a point.

    Raises
    ------
    NetworkError
        When the vehicle can use no street at all.
    """
    return find_spots(network, weights, lon, lat).snaps(right_only)


@dataclass(frozen=True, eq=False)
class Spots:
    """The nearest place on the streets for each of n points, before a direction is chosen.

    Attributes
    ----------
    arc
        One direction of the piece of street, shape (n,).
    share
        How far along it, from 0 to 1, shape (n,).
    side_m
        Of the point from the middle line, positive to the left, shape (n,).
    distance_m, outside_m
        As in `Snaps`.
    """

    network: Network
    weights: Weights
    arc: NDArray[np.int64]
    share: NDArray[np.float64]
    side_m: NDArray[np.float64]
    distance_m: NDArray[np.float64]
    outside_m: NDArray[np.float64]

    def snaps(self, right_only: NDArray[np.bool_]) -> Snaps:
        """Return the one or two directions from which each point is served; as in `snap`."""
        network = self.network
        length = network.arc_length_cm[self.arc].astype(np.int64)
        offset = np.clip(np.rint(self.share * length), 0, length).astype(np.int64)
        arcs: NDArray[np.int64] = np.column_stack((self.arc, network.arc_reverse[self.arc]))
        offsets = np.column_stack((offset, length - offset))
        taken = (arcs >= 0) & self.weights.routable[arcs]
        one_side = right_only & (np.abs(self.side_m) >= CENTERLINE_M) & taken.all(axis=1)
        forward = (self.side_m < 0) == network.drive_on_right
        taken &= ~(one_side[:, None] & np.column_stack((~forward, forward)))
        first_out = np.concatenate(([0], np.cumsum(taken.sum(axis=1)))).astype(np.int64)
        positions = Positions(arcs[taken].astype(np.int32), offsets[taken].astype(np.int32))
        return Snaps(first_out, positions, self.distance_m, self.outside_m)


def find_spots(
    network: Network, weights: Weights, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> Spots:
    """Return the nearest place of each point on the streets; parameters and faults as in `snap`."""
    streets = _lines_of(network)
    xy = local_metres(lon, lat, streets.origin)
    points = np.asarray(shapely.points(xy), dtype=np.object_)
    piece, distance = _choose(network, weights, streets, points)
    usable = _usable(network, weights, streets.arc)
    _, inside_m = streets.nearest(usable, points)
    _, outside_m = streets.nearest(~usable, points)
    outside = np.where(outside_m < inside_m - 1e-6, np.maximum(outside_m, 0.01), 0.0)
    arc = streets.arc[piece]
    share, side_m = _project(streets.xy, streets.first[arc], streets.first[arc + 1], xy)
    return Spots(network, weights, arc, share, side_m, distance, outside)


class _Lines:
    """One line a piece of street, in local metres: the forward arc stands for both directions."""

    def __init__(self, network: Network) -> None:
        numbers = np.arange(network.num_arcs)
        real = network.arc_base == numbers
        first_of_pair = (network.arc_reverse < 0) | (numbers < network.arc_reverse)
        self.arc = np.flatnonzero(real & first_of_pair)
        self.origin = (float(np.mean(network.node_lon)), float(np.mean(network.node_lat)))
        self.xy = local_metres(network.shape_lon, network.shape_lat, self.origin)
        self.first = np.asarray(network.shape_first_out)
        counts = self.first[self.arc + 1] - self.first[self.arc]
        begins = np.cumsum(counts) - counts
        within = np.arange(int(counts.sum())) - np.repeat(begins, counts)
        points = np.repeat(self.first[self.arc], counts) + within
        owner = np.repeat(np.arange(len(self.arc)), counts)
        self.lines = shapely.linestrings(self.xy[points], indices=owner)

    def nearest(
        self, allowed: NDArray[np.bool_], points: NDArray[np.object_]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Row and distance of the nearest allowed line of each point; -1 and inf for none."""
        row = np.full(len(points), -1, dtype=np.int64)
        distance = np.full(len(points), np.inf)
        rows = np.flatnonzero(allowed)
        if not len(rows) or not len(points):
            return row, distance
        tree = shapely.STRtree(self.lines[rows])
        (point, line), metres = tree.query_nearest(points, return_distance=True)
        # Of equally near lines the one with the lowest number, whatever order the tree gives.
        order = np.lexsort((-line, point))
        row[point[order]] = rows[line[order]]
        distance[point[order]] = metres[order]
        return row, distance

    def within(
        self, allowed: NDArray[np.bool_], points: NDArray[np.object_], metres: float
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
        """Point, row and distance of every allowed line near a point, point after point."""
        rows = np.flatnonzero(allowed)
        tree = shapely.STRtree(self.lines[rows])
        point, line = tree.query(points, predicate="dwithin", distance=metres)
        row = rows[line]
        distance = shapely.distance(points[point], self.lines[row])
        order = np.lexsort((row, distance, point))
        return point[order], row[order], distance[order]


@lru_cache(maxsize=2)
def _lines_of(network: Network) -> _Lines:
    """Return the lines of a network; making them costs more than finding a few points."""
    return _Lines(network)


@dataclass(frozen=True, eq=False)
class Nearby:
    """Every place on the streets near each point, both directions, nearest first.

    Attributes
    ----------
    first_out
        Places of point i are ``first_out[i]:first_out[i + 1]``, shape (n + 1,).
    positions
        All places, point after point.
    distance_m
        From the point to the middle line, shape (num_places,).
    bearing_deg
        Of the street at the place in the direction of its arc, clockwise from north.
    """

    first_out: NDArray[np.int64]
    positions: Positions
    distance_m: NDArray[np.float64]
    bearing_deg: NDArray[np.float64]


def nearby(
    network: Network,
    weights: Weights,
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    radius_m: float,
    most: int,
) -> Nearby:
    """Every place at which a vehicle may be that was seen at a point, whatever the kind of street.

    Parameters
    ----------
    network, weights
        The streets, and which of them the vehicle can use.
    lon, lat
        Points in degrees (WGS-84), shape (n,).
    radius_m, most
        How far a street may be, and how many of them are taken, the nearest ones.
    """
    streets = _lines_of(network)
    points = np.asarray(shapely.points(local_metres(lon, lat, streets.origin)), dtype=np.object_)
    usable = _usable(network, weights, streets.arc)
    point, row, distance = streets.within(usable, points, radius_m)
    first = np.searchsorted(point, np.arange(len(points) + 1))
    kept = np.arange(len(point)) - first[point] < most
    point, row, distance = point[kept], row[kept], distance[kept]
    lines = streets.lines[row]
    along = shapely.line_locate_point(lines, points[point])
    forward = streets.arc[row]
    length = network.arc_length_cm[forward].astype(np.float64)
    share = along / np.maximum(shapely.length(lines), 1e-9)
    offset = np.clip(np.rint(share * length), 0, length).astype(np.int32)
    bearing = _bearings(lines, along)
    reverse = network.arc_reverse[forward].astype(np.int64)
    arc = np.concatenate((forward, reverse))
    twice = np.concatenate((point, point))
    is_open = (arc >= 0) & weights.routable[arc]
    order = np.flatnonzero(is_open)
    order = order[np.lexsort((order, np.tile(np.arange(len(point)), 2)[order]))]
    offset_cm = np.concatenate((offset, length.astype(np.int32) - offset))
    return Nearby(
        np.searchsorted(twice[order], np.arange(len(points) + 1)).astype(np.int64),
        Positions(arc[order].astype(np.int32), offset_cm[order].astype(np.int32)),
        np.concatenate((distance, distance))[order],
        np.concatenate((bearing, (bearing + 180.0) % 360.0))[order],
    )


def _bearings(lines: NDArray[np.object_], along: NDArray[np.float64]) -> NDArray[np.float64]:
    """Direction of lines in local metres at distances along them, degrees clockwise from north."""
    reach = np.minimum(BEARING_REACH_M, shapely.length(lines) / 2)
    middle = np.clip(along, reach, shapely.length(lines) - reach)
    behind = shapely.get_coordinates(shapely.line_interpolate_point(lines, middle - reach))
    ahead = shapely.get_coordinates(shapely.line_interpolate_point(lines, middle + reach))
    step = ahead - behind
    return np.asarray(np.degrees(np.arctan2(step[:, 0], step[:, 1])) % 360.0)


def street_distances(
    network: Network, weights: Weights, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Metres from points to the nearest street of any kind that the vehicle can use, shape (n,)."""
    streets = _lines_of(network)
    points = np.asarray(shapely.points(local_metres(lon, lat, streets.origin)), dtype=np.object_)
    return streets.nearest(_usable(network, weights, streets.arc), points)[1]


def snap_distances(
    network: Network, weights: Weights, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Metres from points to the streets on which `snap` puts them, shape (n,)."""
    streets = _lines_of(network)
    points = np.asarray(shapely.points(local_metres(lon, lat, streets.origin)), dtype=np.object_)
    return _choose(network, weights, streets, points)[1]


def _usable(network: Network, weights: Weights, arc: NDArray[np.int64]) -> NDArray[np.bool_]:
    reverse = network.arc_reverse[arc]
    back = (reverse >= 0) & weights.routable[reverse]
    return np.asarray(weights.routable[arc] | back)


def _choose(
    network: Network, weights: Weights, streets: _Lines, points: NDArray[np.object_]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Nearest usable line, with at-grade streets before bridges and tunnels."""
    usable = _usable(network, weights, streets.arc)
    if not usable.any():
        raise NetworkError(
            f"{network.report.source}: no street that {weights.profile.name} may use; "
            "check height, width and weight, limits and closures"
        )
    fast = np.isin(network.arc_class[streets.arc], _AVOIDED)
    lifted = (network.arc_flags[streets.arc] & (ArcFlag.BRIDGE | ArcFlag.TUNNEL)) > 0
    ground, ground_m = streets.nearest(usable & ~fast & ~lifted, points)
    raised, raised_m = streets.nearest(usable & ~fast & lifted, points)
    on_ground = ground_m <= AT_GRADE_FACTOR * raised_m + AT_GRADE_SLACK_M
    on_ground &= ground >= 0
    row = np.where(on_ground, ground, raised)
    distance = np.where(on_ground, ground_m, raised_m)
    if (row < 0).any():
        last, last_m = streets.nearest(usable, points)
        row, distance = np.where(row < 0, last, row), np.where(row < 0, last_m, distance)
    return row, distance


def project(shape: NDArray[np.float64], at: NDArray[np.float64]) -> tuple[float, float]:
    """Share of a polyline's length at its point nearest to ``at``, and the signed distance.

    ``shape`` is (k, 2) and ``at`` (2,), both in metres; the distance is positive to the left.
    """
    share, side_m = _project(shape, np.asarray([0]), np.asarray([len(shape)]), at[None, :])
    return float(share[0]), float(side_m[0])


def _project(
    xy: NDArray[np.float64],
    first: NDArray[np.integer],
    end: NDArray[np.integer],
    at: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put each point on its own polyline: share of the length, and signed distance, shape (n,).

    The corners of polyline i are ``xy[first[i]:end[i]]``, at least two; ``at`` is (n, 2).
    """
    if not len(at):
        return np.zeros(0), np.zeros(0)
    count = np.asarray(end - first, dtype=np.int64) - 1
    start = np.cumsum(count) - count
    owner = np.repeat(np.arange(len(at)), count)
    number = np.arange(len(owner))
    corner = number - start[owner] + first[owner]
    begin, step = xy[corner], xy[corner + 1] - xy[corner]
    length = np.hypot(step[:, 0], step[:, 1])
    square = np.maximum(length**2, 1e-12)
    share = np.clip(((at[owner] - begin) * step).sum(axis=1) / square, 0.0, 1.0)
    gap = at[owner] - (begin + share[:, None] * step)
    distance = np.hypot(gap[:, 0], gap[:, 1])
    least = np.minimum.reduceat(distance, start)
    nearest = np.where(distance == least[owner], number, len(number))
    best = np.minimum.reduceat(nearest, start)
    # At a bend the nearest point belongs to two segments; their sum is the direction there.
    touching = distance <= least[owner] + 1e-9
    ahead = np.add.reduceat(np.where(touching[:, None], step, 0.0), start)
    cross = ahead[:, 0] * gap[best, 1] - ahead[:, 1] * gap[best, 0]
    walked = np.where(number < best[owner], length, 0.0)
    walked[best] = share[best] * length[best]
    total = np.add.reduceat(length, start)
    along = np.add.reduceat(walked, start) / np.where(total > 0, total, 1.0)
    return along, least * np.sign(cross)
