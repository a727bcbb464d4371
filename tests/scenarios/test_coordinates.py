"""Conversions between the coordinate systems, and the detection of a mix-up."""

from __future__ import annotations

import numpy as np
import pytest

from scenarios import coordinates as co

M_PER_DEG = 111_320.0


def _apart_m(a: co.Pair, b: co.Pair) -> np.ndarray:
    east = (a[0] - b[0]) * M_PER_DEG * np.cos(np.radians(a[1]))
    return np.hypot(east, (a[1] - b[1]) * M_PER_DEG)


@pytest.fixture
def mainland() -> co.Pair:
    """Places all over the mainland."""
    rng = np.random.default_rng(3)
    return rng.uniform(80, 130, 500), rng.uniform(20, 50, 500)


def test_jingmen_offset() -> None:
    """At Jingmen the offsets are the known 607 m (GCJ-02) and 1251 m (BD-09)."""
    place = np.array([112.2]), np.array([31.03])
    assert _apart_m(co.wgs84_to_gcj02(*place), place)[0] == pytest.approx(607, abs=15)
    assert _apart_m(co.wgs84_to_bd09(*place), place)[0] == pytest.approx(1251, abs=30)


def test_tiananmen_against_published_values() -> None:
    """The published example of the GCJ-02 formula comes out to its six digits."""
    lon, lat = co.wgs84_to_gcj02([116.404], [39.915])
    assert (lon[0], lat[0]) == pytest.approx((116.410244, 39.916404), abs=2e-6)


@pytest.mark.parametrize(
    ("forward", "inverse"),
    [
        (co.wgs84_to_gcj02, co.gcj02_to_wgs84),
        (co.gcj02_to_bd09, co.bd09_to_gcj02),
        (co.wgs84_to_bd09, co.bd09_to_wgs84),
    ],
)
def test_inverse_within_a_centimetre(forward, inverse, mainland: co.Pair) -> None:
    """There and back again ends within 0.01 m of the start."""
    assert _apart_m(inverse(*forward(*mainland)), mainland).max() < 0.01


def test_nothing_moves_abroad() -> None:
    """Outside the mainland GCJ-02 is WGS-84."""
    lon, lat = co.wgs84_to_gcj02([8.69], [49.41])
    assert (lon[0], lat[0]) == (8.69, 49.41)


def _grid_distance(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Distance to the lines of a wide grid of streets around Jingmen."""
    x = (lon - 112.0) * M_PER_DEG * np.cos(np.radians(31.0))
    y = (lat - 31.0) * M_PER_DEG
    spacing = 1700.0
    return np.minimum(
        np.abs((x + spacing / 2) % spacing - spacing / 2),
        np.abs((y + spacing / 2) % spacing - spacing / 2),
    )


@pytest.fixture
def beside_streets() -> co.Pair:
    """Places some 8 m off the lines of the grid."""
    rng = np.random.default_rng(5)
    x = rng.integers(0, 8, 200) * 1700.0 + 8
    y = rng.uniform(0, 12_000, 200)
    turn = rng.random(200) < 0.5
    x, y = np.where(turn, y, x), np.where(turn, x, y)
    return 112.0 + x / (M_PER_DEG * np.cos(np.radians(31.0))), 31.0 + y / M_PER_DEG


@pytest.mark.parametrize(
    ("shift", "expected"),
    [(None, None), (co.wgs84_to_gcj02, "gcj02"), (co.wgs84_to_bd09, "bd09")],
)
def test_detects_the_system(shift, expected, beside_streets: co.Pair) -> None:
    """A common offset is named by the system that explains it, and no other."""
    lon, lat = beside_streets if shift is None else shift(*beside_streets)
    assert co.detect_system(lon, lat, _grid_distance) == expected


def test_distances_that_are_not_known(beside_streets: co.Pair) -> None:
    """Places with no street near, NaN or infinite, and broken coordinates hide no shift."""
    lon, lat = co.wgs84_to_gcj02(*beside_streets)

    def seen(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        distance = _grid_distance(x, y)
        distance[0], distance[1] = np.nan, np.inf
        return distance

    assert co.detect_system(lon, lat, seen) == "gcj02"
    lon[5] = np.nan
    assert co.detect_system(lon, lat, seen) == "gcj02"
    assert co.detect_system(lon, lat, lambda x, y: np.full(len(x), np.nan)) is None


def test_detects_a_wrong_declaration(beside_streets: co.Pair) -> None:
    """Tables in WGS-84 that are declared GCJ-02 are recognized, right ones are left."""
    assert co.detect_system(*beside_streets, _grid_distance, "gcj02") == "wgs84"
    shifted = co.wgs84_to_gcj02(*beside_streets)
    assert co.detect_system(*shifted, _grid_distance, "gcj02") is None
    assert co.detect_system(*shifted, _grid_distance, "bd09") == "gcj02"


@pytest.mark.parametrize("system", co.SYSTEMS)
def test_there_and_back(system: str, mainland: co.Pair) -> None:
    """What a system's tables would hold comes back to where it was."""
    assert _apart_m(co.to_wgs84(*co.from_wgs84(*mainland, system), system), mainland).max() < 0.01


def test_detects_nothing_in_noise() -> None:
    """Places strewn at random betray no system; neither do very few places."""
    rng = np.random.default_rng(7)
    lon, lat = rng.uniform(112, 112.2, 300), rng.uniform(31, 31.2, 300)
    assert co.detect_system(lon, lat, _grid_distance) is None
    assert co.detect_system(lon[:2], lat[:2], _grid_distance) is None


def test_a_system_that_fits_needs_no_other(beside_streets: co.Pair) -> None:
    """Where points fit as declared the streets are asked once, since every day asks them."""
    asked: list[int] = []

    def counted(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        asked.append(len(x))
        return _grid_distance(x, y)

    assert co.detect_system(*beside_streets, counted) is None
    assert asked == [len(beside_streets[0])]
