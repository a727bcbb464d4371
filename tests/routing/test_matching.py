"""Map matching against a plain twin on small maps, and on drives whose streets are known."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.matching import Matched, MatchSettings, Tracks, driven_pieces, match_tracks, noise_m
from routing.network import Network
from routing.paths import arc_part
from routing.profiles import SMALL_TRUCK, TRUCK, Weights, weigh
from routing.reading import read_network
from routing.roads import Roads, build_roads
from routing.snapping import Positions, nearby, project
from scenarios.sample import write_sample
from tests.routing.drives import Drive, Driver, Seen, drive, seen, share_recovered
from tests.routing.maps import STEP_DEG, Map, arc
from tests.routing.naive_matching import Twin
from tests.routing.test_matrix import grids, some_places

LOOSE = MatchSettings(sigma_m=20.0, beta_m=50.0, slack_m=100_000.0, fastest_kmh=1e6, radius_m=80.0)
"""Bounds so wide that on small maps they forbid nothing."""


def track(places: list[tuple[float, float]], every_s: float = 10.0, headings=None) -> Tracks:
    """One track through places in grid steps."""
    at = np.asarray(places, dtype=np.float64)
    unknown = np.full(len(at), np.nan)
    return Tracks(
        np.asarray([0, len(at)]),
        112 + at[:, 0] * STEP_DEG,
        31 + at[:, 1] * STEP_DEG,
        np.arange(len(at)) * every_s,
        unknown if headings is None else np.asarray(headings, dtype=np.float64),
    )


def random_track(network: Network, weights: Weights, seed: int, gaps: bool) -> Tracks:
    """Fixes about random places, some with headings, some far from every street or late."""
    rng = np.random.default_rng(seed)
    spots = some_places(network, weights, seed, int(rng.integers(2, 8)))
    at = np.asarray(
        [
            arc_part(network, int(a), int(o), int(o))[0]
            for a, o in zip(spots.arc, spots.offset_cm, strict=True)
        ]
    )
    at += rng.normal(0, 20, at.shape) * STEP_DEG / 100
    if gaps:
        at[rng.random(len(at)) < 0.2] += 0.5
    waits = np.where(gaps & (rng.random(len(at)) < 0.2), 1000.0, 15.0)
    heading = np.where(rng.random(len(at)) < 0.5, rng.uniform(0, 360, len(at)), np.nan)
    first = np.asarray([0, len(at)])
    return Tracks(first, at[:, 0].copy(), at[:, 1].copy(), np.cumsum(waits), heading)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=grids(), seed=st.integers(0, 1000), truck=st.booleans(), gaps=st.booleans())
def test_chains_are_as_likely_as_those_of_the_twin(made, seed, truck, gaps):
    """Same fixes kept, same beginnings, and no chain of the twin is likelier."""
    with tempfile.TemporaryDirectory() as folder:
        network = made.read(Path(folder))
    weights = weigh(network, TRUCK if truck else SMALL_TRUCK)
    weights = replace(weights, routable=weights.arc_time_ms >= 0)
    if not weights.routable.any():
        return
    tracks = random_track(network, weights, seed, gaps)
    matched = match_tracks(network, weights, tracks, LOOSE, threads=1)
    near = nearby(network, weights, tracks.lon, tracks.lat, LOOSE.radius_m, LOOSE.most_streets)
    twin = Twin(network, weights, tracks, near, LOOSE, matched.sigma_m)
    before, best = twin.decode()
    kept = np.flatnonzero(matched.arc >= 0)
    assert {int(fix): int(matched.before[fix]) for fix in kept} == before
    chosen = {
        int(fix): next(
            place
            for place in twin.places(int(fix))
            if twin._place(place) == (matched.arc[fix], matched.offset_cm[fix])
        )
        for fix in kept
    }
    assert twin.score(before, chosen) == pytest.approx(best, abs=1e-6)
    assert_ways_hold(network, weights, matched)


def assert_ways_hold(network: Network, weights: Weights, matched: Matched) -> None:
    """Every way is a sequence of permitted turns from the arc before to the arc of the fix."""
    for fix in np.flatnonzero(matched.before >= 0):
        way = matched.way_arc[matched.way_first_out[fix] : matched.way_first_out[fix + 1]]
        here = int(matched.arc[matched.before[fix]])
        if not len(way):
            assert matched.arc[fix] == here
            continue
        for to in way.tolist():
            part = slice(network.turn_first_out[here], network.turn_first_out[here + 1])
            at = np.flatnonzero(network.turn_head[part] == to)
            assert len(at) and weights.turn_cost_ms[part][at[0]] >= 0
            here = to
        assert network.arc_base[here] == matched.arc[fix]


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=grids(), seed=st.integers(0, 1000))
def test_nearby_places_are_all_and_right(made, seed):
    """Places near points are those that projecting on every open arc gives."""
    with tempfile.TemporaryDirectory() as folder:
        network = made.read(Path(folder))
    weights = weigh(network, TRUCK)
    weights = replace(weights, routable=weights.arc_time_ms >= 0)
    if not weights.routable.any():
        return
    tracks = random_track(network, weights, seed, gaps=True)
    near = nearby(network, weights, tracks.lon, tracks.lat, 70.0, 100)
    twin = Twin(network, weights, tracks, near, LOOSE, 20.0)
    origin = float(network.node_lon.mean()), float(network.node_lat.mean())
    from routing.geometry import local_metres

    shapes = local_metres(network.shape_lon, network.shape_lat, origin)
    for fix in range(len(tracks.lon)):
        expected = {}
        for a in np.flatnonzero(
            weights.routable & (network.arc_base == np.arange(network.num_arcs))
        ):
            shape = shapes[network.shape_first_out[a] : network.shape_first_out[a + 1]]
            share, side_m = project(shape, twin.xy[fix])
            if abs(side_m) <= 70.0:
                expected[int(a)] = (share * network.arc_length_cm[a], abs(side_m))
        found = {twin._place(p)[0]: p for p in twin.places(fix)}
        assert found.keys() == expected.keys()
        for a, place in found.items():
            assert abs(twin._place(place)[1] - expected[a][0]) <= 1
            assert near.distance_m[place] == pytest.approx(expected[a][1], abs=1e-6)


@pytest.fixture(scope="module")
def square(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Round a block: streets 1-2 (east), 2-3 (north), 4-3 (east), 1-4 (north), each 300 m."""
    made = Map().node(1, 0, 0).node(2, 3, 0).node(3, 3, 3).node(4, 0, 3)
    for number, (tail, head) in enumerate(((1, 2), (2, 3), (4, 3), (1, 4)), 1):
        made.way(number, tail, head)
    return made.read(tmp_path_factory.mktemp("square"))


def open_weights(network: Network) -> Weights:
    """Weights of a truck to which all that is open counts."""
    weights = weigh(network, TRUCK)
    return replace(weights, routable=weights.arc_time_ms >= 0)


def test_a_drive_round_the_corner(square: Network) -> None:
    """Fixes along two streets lie on them, and the pieces add up to the way driven."""
    weights = open_weights(square)
    tracks = track([(0.5, 0.05), (1.5, -0.05), (2.5, 0.05), (3.05, 0.9), (2.95, 2.0)])
    matched = match_tracks(square, weights, tracks, threads=1)
    east, north = arc(square, 1, 2), arc(square, 2, 3)
    assert matched.arc.tolist() == [east, east, east, north, north]
    assert matched.before.tolist() == [-1, 0, 1, 2, 3]
    driven = driven_pieces(square, weights, matched)
    expected = square.arc_length_cm[east] * 2.5 / 3 + square.arc_length_cm[north] * 2 / 3
    assert driven.length_cm.sum() == pytest.approx(expected, abs=200)
    assert driven.turn_ms.sum() == weights.turn_cost_ms[
        next(t for t in range(square.turn_first_out[east], square.turn_first_out[east + 1])
             if square.turn_head[t] == north)
    ]  # fmt: skip


def test_a_heading_tells_the_direction(square: Network) -> None:
    """Two fixes at one spot could be of either direction; a heading decides."""
    weights = open_weights(square)
    for heading, pair in ((92.0, (1, 2)), (268.0, (2, 1))):
        tracks = track([(1.5, 0.02), (1.5, 0.02)], headings=[heading, np.nan])
        matched = match_tracks(square, weights, tracks, threads=1)
        assert matched.arc[0] == arc(square, *pair)


def test_noise_that_goes_back_is_no_drive_round_the_block(square: Network) -> None:
    """A fix a little behind the one before stays on its street; lengths add up with their signs."""
    weights = open_weights(square)
    tracks = track([(0.5, 0), (1.5, 0), (1.4, 0), (2.5, 0)])
    matched = match_tracks(square, weights, tracks, threads=1)
    assert set(matched.arc.tolist()) == {arc(square, 1, 2)}
    driven = driven_pieces(square, weights, matched)
    assert driven.length_cm.min() < 0
    assert driven.length_cm.sum() == pytest.approx(square.arc_length_cm[0] * 2 / 3, rel=0.01)


def test_a_silence_begins_a_new_drive(square: Network) -> None:
    """Nothing is said of what happened while the receiver was silent for ten minutes."""
    weights = open_weights(square)
    tracks = track([(0.5, 0), (1.0, 0), (1.5, 0), (2.0, 0)])
    tracks = replace(tracks, time_s=np.asarray([0.0, 10.0, 610.0, 620.0]))
    matched = match_tracks(square, weights, tracks, threads=1)
    assert matched.before.tolist() == [-1, 0, -1, 2]


def test_a_fix_off_the_streets_is_left_out(square: Network) -> None:
    """One fix far from every street does not part the drive; its row says that it is left out."""
    weights = open_weights(square)
    tracks = track([(0.5, 0), (1.0, 1.5), (1.5, 0)])
    matched = match_tracks(square, weights, tracks, threads=1)
    assert matched.arc.tolist() == [arc(square, 1, 2), -1, arc(square, 1, 2)]
    assert matched.before.tolist() == [-1, -1, 0]
    assert np.isnan(matched.distance_m[1])


def test_no_vehicle_is_that_fast(square: Network) -> None:
    """From one corner to the opposite one in a second: the chain is parted, not driven."""
    weights = open_weights(square)
    tracks = track([(0.3, 0), (0.4, 0), (2.6, 3), (2.7, 3), (2.8, 3)], every_s=1.0)
    matched = match_tracks(square, weights, tracks, threads=1)
    assert matched.before.tolist() == [-1, 0, -1, 2, 3]


def test_an_empty_log(square: Network) -> None:
    """No tracks give no rows."""
    empty = np.zeros(0)
    tracks = Tracks(np.zeros(1, np.int64), empty, empty, empty, empty)
    matched = match_tracks(square, open_weights(square), tracks, threads=1)
    assert len(matched.arc) == len(matched.way_arc) == 0
    assert len(driven_pieces(square, open_weights(square), matched).arc) == 0


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Roads:
    """Streets of the sample city."""
    folder = write_sample(tmp_path_factory.mktemp("sample"), points=20, seed=5)
    return build_roads(read_network(folder / "map.osm"))


def drives(
    roads: Roads, seed: int, num: int, every_s: float, noise: float
) -> list[tuple[Drive, Seen]]:
    """Drives of an hour between random places, with the fixes of each."""
    rng = np.random.default_rng(seed)
    network = roads.network
    weights = weigh(network, TRUCK)
    real = weights.routable & (network.arc_base == np.arange(network.num_arcs))
    driver = Driver(network, roads, lambda class_idx, day_s: 1.2)
    found = []
    for _ in range(num):
        at = rng.choice(np.flatnonzero(real), 20)
        calls = Positions(at.astype(np.int32), (network.arc_length_cm[at] // 2).astype(np.int32))
        done = drive(driver, rng, calls, (40, 120), 8 * 3600, 9 * 3600)
        found.append((done, seen(done, rng, every_s, noise)))
    return found


@pytest.mark.parametrize(("every_s", "noise"), [(10.0, 5.0), (30.0, 5.0), (20.0, 12.0)])
@pytest.mark.parametrize("headings", [False, True])
def test_streets_driven_are_found_again(
    sample: Roads, every_s: float, noise: float, headings: bool
) -> None:
    """At least 95 % of the length driven, each arc as often as it was driven."""
    weights = open_weights(sample.network)
    shares = []
    for done, fixes in drives(sample, 3, 4, every_s, noise):
        matched = match_tracks(sample.network, weights, fixes.tracks(headings=headings), threads=1)
        driven = driven_pieces(sample.network, weights, matched)
        shares.append(share_recovered(sample.network, done, driven.arc, driven.length_cm))
        assert driven.length_cm.sum() <= 1.05 * sum(done.length_cm)
    assert np.mean(shares) >= 0.95


def test_the_noise_is_found(sample: Roads) -> None:
    """Noise of 10 m is estimated as such, within a third, from distances to the nearest street."""
    weights = open_weights(sample.network)
    _, fixes = drives(sample, 4, 1, 20.0, 10.0)[0]
    near = nearby(sample.network, weights, fixes.lon, fixes.lat, 60.0, 10)
    assert noise_m(near, (4.0, 25.0)) == pytest.approx(10, rel=0.33)


def test_threads_do_not_change_what_is_found(sample: Roads) -> None:
    """Several tracks in one, two and three threads: the same places and ways."""
    weights = open_weights(sample.network)
    parts = [fixes.tracks() for _, fixes in drives(sample, 6, 3, 30.0, 8.0)]
    first = np.concatenate(([0], np.cumsum([len(part.lon) for part in parts])))
    joined = Tracks(
        first,
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("lon", "lat", "time_s", "heading_deg")
        ),
    )
    one, two, three = (
        match_tracks(sample.network, weights, joined, threads=threads) for threads in (1, 2, 3)
    )
    for name in ("arc", "offset_cm", "before", "way_first_out", "way_arc"):
        assert (getattr(one, name) == getattr(two, name)).all()
        assert (getattr(one, name) == getattr(three, name)).all()
