"""Factors from stretches whose paces are known: error bars, shrinkage, trips that hang together."""

from __future__ import annotations

import numpy as np
import pytest

from routing.network import CLASS_INDEX, HIGHWAY_CLASSES
from scenarios.gps.fit import PRIOR_SD, Factor, fit_factors
from scenarios.gps.stretches import Stretches

BORDERS = (0, 7, 9, 24)
HOUR = (6.0, 8.0, 10.0)
CLASSES = ("primary", "secondary", "residential")


def draw_paces(rng: np.random.Generator) -> np.ndarray:
    """Paces by class, hours and profile (3, 3, 2) as they are supposed before anything is seen."""
    paces = np.ones((3, 3, 2))
    for shared, sd in PRIOR_SD:
        shape = tuple(size if k in shared else 1 for k, size in enumerate(paces.shape))
        paces = paces + rng.normal(0, sd, shape)
    return np.maximum(paces, 0.3)


def make_stretches(
    rng: np.random.Generator,
    paces: np.ndarray,
    trips: int,
    each: int,
    *,
    habit: float = 0.1,
    spread: float = 0.4,
) -> tuple[Stretches, np.ndarray]:
    """Stretches of a minute, mostly of two classes, on trips with a habit of their own."""
    n = trips * each
    trip = np.repeat(np.arange(trips), each)
    profile = (trip % 2).astype(np.int64)
    hours = rng.integers(0, 3, trips)[trip]
    main = rng.choice(3, n, p=[0.6, 0.3, 0.1])
    share = rng.choice([1.0, 0.8, 0.5], n)
    default = np.zeros((n, len(HIGHWAY_CLASSES)))
    for part, one in ((share, main), (1 - share, (main + 1) % 3)):
        columns = [CLASS_INDEX[CLASSES[k]] for k in one]
        np.add.at(default, (np.arange(n), columns), 60 * part)
    pace = share * paces[main, hours, profile]
    pace += (1 - share) * paces[(main + 1) % 3, hours, profile]
    own = 1 + rng.normal(0, habit, trips)
    taken = 60 * pace * own[trip] * rng.gamma(1 / spread**2, spread**2, n)
    clock = np.asarray(HOUR)[hours] * 3600
    return Stretches(taken, default, np.full(n, 500.0), clock, trip, trip), profile


def fitted(found: Stretches, profile: np.ndarray) -> dict[tuple[str, int, str], Factor]:
    """Factors by cell."""
    rows = fit_factors(found, BORDERS, profile, ["truck", "small_truck"])
    return {row.cell: row for row in rows}


def deviations(trips: int, each: int, seeds: int, **noise: float) -> np.ndarray:
    """Errors of the paces of all cells driven, in their error bars."""
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        paces = draw_paces(rng)
        rows = fitted(*make_stretches(rng, paces, trips, each, **noise))
        for c, name in enumerate(CLASSES):
            for h in range(3):
                for p, profile in enumerate(("truck", "small_truck")):
                    row = rows[name, h, profile]
                    pace, bar = 1 / row.factor, row.plus_minus / row.factor**2
                    found.append((pace - paces[c, h, p]) / bar)
    return np.asarray(found)


@pytest.mark.parametrize(("trips", "each"), [(6, 5), (30, 10), (150, 20)])
def test_error_bars_hold_what_they_promise(trips: int, each: int) -> None:
    """One bar holds about 68 % of the true paces and two 95 %, in short and long logs alike."""
    off = np.abs(deviations(trips, each, 60))
    assert 0.58 <= np.mean(off < 1) <= 0.80
    assert np.mean(off < 2) >= 0.91


def test_bars_know_that_trips_hang_together() -> None:
    """Where drivers differ much, bars from single stretches would be far too narrow."""
    off = np.abs(deviations(40, 40, 40, habit=0.25, spread=0.2))
    assert np.mean(off < 2) >= 0.88
    rng = np.random.default_rng(1)
    found, profile = make_stretches(rng, draw_paces(rng), 40, 40, habit=0.25, spread=0.2)
    alone = Stretches(
        found.taken_s,
        found.default_s,
        found.length_m,
        found.day_s,
        found.truck,
        np.arange(len(found)),
    )
    cell = ("primary", 0, "truck")
    assert fitted(found, profile)[cell].plus_minus > 2 * fitted(alone, profile)[cell].plus_minus


def test_a_long_log_settles_the_factors() -> None:
    """Far from what is supposed beforehand, a long log comes near the truth without bias."""
    rng = np.random.default_rng(3)
    paces = np.full((3, 3, 2), 2.0)
    paces[0, 1] = 3.0
    rows = fitted(*make_stretches(rng, paces, 600, 30, habit=0.03))
    assert rows["primary", 0, "truck"].factor == pytest.approx(1 / 2.0, rel=0.02)
    assert rows["primary", 1, "truck"].factor == pytest.approx(1 / 3.0, rel=0.02)
    assert rows["primary", 0, "truck"].plus_minus < 0.02


def test_few_data_lean_on_their_class_and_on_all() -> None:
    """Hours and classes that nobody drove take after the others, with wider bars and n = 0."""
    rng = np.random.default_rng(4)
    paces = np.full((3, 3, 2), 1.6)
    found, profile = make_stretches(rng, paces, 100, 20, habit=0.02)
    morning = found.day_s < 7 * 3600
    rows = fitted(found.where(morning), profile[morning])
    seen, later, new = (
        rows[name, h, "truck"] for name, h in (("primary", 0), ("primary", 2), ("all", 2))
    )
    assert seen.n > 0
    assert later.n == new.n == 0
    assert seen.factor < later.factor < new.factor < 1
    assert seen.plus_minus < later.plus_minus < new.plus_minus
    assert rows["primary", 2, "all"].plus_minus > later.plus_minus


def test_noise_of_lengths_cancels() -> None:
    """Ends of stretches that lie too far or too near, by turns, leave the pace as it is."""
    n = 4000
    default = np.zeros((n, len(HIGHWAY_CLASSES)))
    default[:, CLASS_INDEX["primary"]] = 30 + np.where(np.arange(n) % 2, 15.0, -15.0)
    trip = np.arange(n) // 20
    found = Stretches(
        np.full(n, 60.0), default, np.full(n, 300.0), np.full(n, 6 * 3600.0), trip, trip
    )
    row = fitted(found, np.zeros(n, np.int64))["primary", 0, "truck"]
    assert 1 / row.factor == pytest.approx(2.0, rel=0.01)
    assert row.n == 200
    assert row.hours == pytest.approx(n / 60, rel=0.01)
