"""Map matching: which streets a vehicle drove, from the fixes of its receiver.

A hidden Markov model after Newson and Krumm (2009). The states of a fix are the places on the
streets near it, in both directions; how far a fix lies from a place makes its likelihood there, and
how much longer the way between two places is than the straight line makes that of a step. The way
is the fastest one, turns and restrictions included, found by a bounded search.

References
----------
P. Newson, J. Krumm (2009), Hidden Markov map matching through noise and sparseness,
doi 10.1145/1653771.1653818.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing._kernels.search import UNREACHED, SearchGraph, Workspace
from routing._kernels.viterbi import Bounds, Chain, Fixes, Room, decode, trace_ways
from routing.geometry import local_metres
from routing.matrix import search_graph
from routing.metric import num_cores
from routing.network import Network
from routing.profiles import Weights
from routing.snapping import Nearby, nearby, street_distances

HALF_NORMAL = 1.4826
"""Median of distances to the deviation of the noise behind them (section 5.1 of the paper)."""

Progress = Callable[[int, int], None]
"""Told how many tracks are done, and of how many."""


@dataclass(frozen=True)
class MatchSettings:
    """The model's figures.

    Attributes
    ----------
    radius_m, most_streets
        How far from a fix its street may be, and how many streets are considered.
    sigma_m
        Standard deviation of the noise; None = estimated, within ``sigma_range_m``.
    heading_deg
        Standard deviation of headings that the log gives.
    beta_m
        Mean of what a way is longer than the straight line.
    slack_m
        A way may be twice as long as the straight line, and this much longer.
    back_m
        How far noise may put a fix behind the one before it on the same street.
    fastest_kmh
        No vehicle is faster.
    max_gap_s
        Beyond this, what happened between two fixes is not known.
    """

    radius_m: float = 60.0
    most_streets: int = 10
    sigma_m: float | None = None
    sigma_range_m: tuple[float, float] = (4.0, 25.0)
    heading_deg: float = 30.0
    beta_m: float = 20.0
    slack_m: float = 300.0
    back_m: float = 30.0
    fastest_kmh: float = 130.0
    max_gap_s: float = 180.0


USUAL = MatchSettings()


@dataclass(frozen=True, eq=False)
class Tracks:
    """Fixes of several drives, track after track, each in the order of time.

    Attributes
    ----------
    first_out
        Fixes of track k are ``first_out[k]:first_out[k + 1]``, shape (num_tracks + 1,).
    lon, lat
        Degrees (WGS-84), shape (n,).
    time_s
        Seconds since any fixed moment, shape (n,).
    heading_deg
        Clockwise from north; NaN = not known, shape (n,).
    """

    first_out: NDArray[np.int64]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    time_s: NDArray[np.float64]
    heading_deg: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Matched:
    """Where each fix of some tracks was taken, and how the vehicle came there.

    Attributes
    ----------
    arc, offset_cm
        Place on the streets, shape (n,); arc -1 = left out.
    distance_m
        From the fix to its place, shape (n,); NaN where it is left out.
    before
        The fix from which this one was reached, shape (n,); -1 where a drive begins.
    way_first_out, way_arc
        Arcs driven from the fix before, its own arc not included, the last one included (CSR). None
        means straight on along the arc of the fix before. Arcs may be copies.
    sigma_m
        Standard deviation of the noise that was reckoned with.
    """

    arc: NDArray[np.int32]
    offset_cm: NDArray[np.int32]
    distance_m: NDArray[np.float64]
    before: NDArray[np.int64]
    way_first_out: NDArray[np.int64]
    way_arc: NDArray[np.int32]
    sigma_m: float


@dataclass(frozen=True, eq=False)
class Driven:
    """Pieces of arcs driven on the way to each fix, fix after fix.

    Attributes
    ----------
    fix
        The fix at the end of the way, shape (k,).
    arc
        A real arc, shape (k,).
    length_cm
        Shape (k,); below 0 where noise has put a fix behind the one before, so that the lengths of
        a drive add up to what lies between its ends.
    turn_ms
        Cost of the turn into the arc, 0 for the first one, shape (k,).
    """

    fix: NDArray[np.int64]
    arc: NDArray[np.int32]
    length_cm: NDArray[np.int64]
    turn_ms: NDArray[np.int64]


def match_tracks(
    network: Network,
    weights: Weights,
    tracks: Tracks,
    settings: MatchSettings = USUAL,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Matched:
    """Match all tracks.

    Parameters
    ----------
    network, weights
        The streets, and which of them may be driven at what cost.
    tracks
        The fixes.
    settings
        The model's figures.
    threads
        By default one for each core; the result does not depend on it.
    progress
        Told after each track.

    Returns
    -------
    Matched
        Rows as in ``tracks``.
    """
    near = nearby(
        network, weights, tracks.lon, tracks.lat, settings.radius_m, settings.most_streets
    )
    sigma_m = settings.sigma_m or noise_m(near, settings.sigma_range_m)
    fixes = _fixes(network, tracks, near, sigma_m, settings)
    bounds = Bounds(
        100.0 * settings.beta_m,
        100.0 * settings.slack_m,
        round(100 * settings.back_m),
        settings.fastest_kmh / 0.036,
        settings.max_gap_s,
    )
    n, num_candidates = len(tracks.lon), len(fixes.arc)
    chain = Chain(
        np.zeros(num_candidates),
        np.full(num_candidates, -1, np.int64),
        np.full(n, -1, np.int64),
        np.full(n, -1, np.int64),
    )
    streets = search_graph(network, weights), np.ascontiguousarray(network.arc_length_cm)
    counts, arcs = _match_all(streets, fixes, bounds, tracks.first_out, chain, threads, progress)
    found = chain.chosen >= 0
    place = chain.chosen[found]
    arc, offset = np.full(n, -1, np.int32), np.zeros(n, np.int32)
    distance = np.full(n, np.nan)
    arc[found], offset[found] = fixes.arc[place], fixes.offset_cm[place]
    distance[found] = near.distance_m[place]
    way_first_out = np.concatenate(([0], np.cumsum(counts))).astype(np.int64)
    return Matched(arc, offset, distance, chain.before, way_first_out, arcs, sigma_m)


def noise_m(near: Nearby, within_m: tuple[float, float]) -> float:
    """Deviation of the noise that the distances of fixes to their nearest streets betray."""
    filled = np.flatnonzero(np.diff(near.first_out))
    if not len(filled):
        return within_m[0]
    nearest = near.distance_m[near.first_out[filled]]
    return float(np.clip(HALF_NORMAL * np.median(nearest), *within_m))


def _fixes(
    network: Network, tracks: Tracks, near: Nearby, sigma_m: float, settings: MatchSettings
) -> Fixes:
    origin = float(np.mean(network.node_lon)), float(np.mean(network.node_lat))
    xy = local_metres(tracks.lon, tracks.lat, origin)
    emission = -0.5 * (near.distance_m / sigma_m) ** 2
    owner = np.repeat(np.arange(len(tracks.lon)), np.diff(near.first_out))
    off = np.abs((tracks.heading_deg[owner] - near.bearing_deg + 180.0) % 360.0 - 180.0)
    # beyond a right angle it is the other direction, however far beyond
    off = np.minimum(np.nan_to_num(off), 90.0)
    emission -= 0.5 * (off / settings.heading_deg) ** 2
    return Fixes(
        np.ascontiguousarray(xy[:, 0]),
        np.ascontiguousarray(xy[:, 1]),
        np.ascontiguousarray(tracks.time_s, np.float64),
        near.first_out,
        near.positions.arc,
        near.positions.offset_cm,
        emission,
    )


def _match_all(
    streets: tuple[SearchGraph, NDArray[np.int32]],
    fixes: Fixes,
    bounds: Bounds,
    first_out: NDArray[np.int64],
    chain: Chain,
    threads: int | None,
    progress: Progress | None,
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Decode all tracks in threads; lengths of all ways, and their arcs in the order of fixes."""
    num = len(first_out) - 1
    idle: deque[Room] = deque()

    def run(k: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        try:
            room = idle.pop()
        except IndexError:
            room = _room(len(streets[0].base))
        part = np.int64(first_out[k]), np.int64(first_out[k + 1])
        decode(*streets, fixes, bounds, *part, room, chain)
        found: tuple[NDArray[np.int64], NDArray[np.int32]] = trace_ways(
            *streets, fixes, bounds, *part, room, chain
        )
        idle.append(room)
        return found

    counts, arcs = [np.zeros(0, np.int64)], [np.zeros(0, np.int32)]
    with ThreadPoolExecutor(max_workers=threads or num_cores()) as pool:
        for done, (count, arc) in enumerate(pool.map(run, range(num)), 1):
            counts.append(count)
            arcs.append(arc)
            if progress is not None:
                progress(done, num)
    return np.concatenate(counts), np.concatenate(arcs)


def _room(num_arcs: int) -> Room:
    work = Workspace(
        np.full(num_arcs, UNREACHED, np.int64),
        np.empty(num_arcs, np.int32),
        np.full(num_arcs, -1, np.int32),
        np.empty(num_arcs, np.int32),
        np.full(num_arcs, -1, np.int32),
    )
    touched, wanted = np.empty(num_arcs, np.int32), np.full(num_arcs, -1, np.int64)
    return Room(work, touched, wanted, np.zeros(1, np.int64))


def driven_pieces(network: Network, weights: Weights, matched: Matched) -> Driven:
    """Pieces of arcs driven between the fixes, with the turns between them."""
    to = np.flatnonzero((matched.before >= 0) & (matched.arc >= 0))
    start = matched.before[to]
    num_arcs = np.diff(matched.way_first_out)[to]
    # the arc of the fix before comes first, then those of the way
    counts = num_arcs + 1
    begins = np.cumsum(counts) - counts
    owner = np.repeat(np.arange(len(to)), counts)
    within = np.arange(len(owner)) - begins[owner]
    raw = matched.arc[start][owner]
    later = within > 0
    raw[later] = matched.way_arc[matched.way_first_out[to][owner[later]] + within[later] - 1]
    arc = network.arc_base[raw]
    length = network.arc_length_cm[arc].astype(np.int64)
    is_last = within == num_arcs[owner]
    end_cm = np.where(is_last, matched.offset_cm[to][owner], length)
    begin_cm = np.where(within == 0, matched.offset_cm[start][owner], 0)
    turn = np.zeros(len(raw), np.int64)
    turn[later] = _turn_costs(network, weights, raw[np.flatnonzero(later) - 1], raw[later])
    return Driven(to[owner], arc.astype(np.int32), end_cm - begin_cm, turn)


def _turn_costs(
    network: Network, weights: Weights, arc: NDArray[np.int32], to: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Milliseconds of turns that exist, from arc to arc."""
    tail = np.repeat(np.arange(network.num_arcs, dtype=np.int64), np.diff(network.turn_first_out))
    key = tail * network.num_arcs + network.turn_head
    order = np.argsort(key, kind="stable")
    place = np.searchsorted(key[order], arc.astype(np.int64) * network.num_arcs + to)
    return weights.turn_cost_ms[order[place]].astype(np.int64)


def typical_distance_m(
    network: Network, weights: Weights, lon: NDArray[np.float64], lat: NDArray[np.float64]
) -> float:
    """Median distance of points to the nearest street."""
    return float(np.median(street_distances(network, weights, lon, lat)))
