"""The bins that a place needs, against hand calculation."""

from __future__ import annotations

import pytest

from scenarios.defaults import Used
from scenarios.edits.capacity import (
    Factors,
    bins_filled,
    bins_needed,
    due_days_a_week,
    emptying_interval_days,
)


def test_middle_of_the_ranges() -> None:
    """Without better knowledge the middle of each range of the standard is used, and said so."""
    used = Used()
    factors = Factors.middle(used)
    assert (factors.a1, factors.a2, factors.a3) == pytest.approx((1.3, 1.035, 0.8))
    assert (factors.k, factors.fill, factors.bin_l) == pytest.approx((1.65, 0.85, 240))
    assert {a.key for a in used.assumptions()} >= {"waste.peak_volume.K.max", "bin.fill.default"}


@pytest.mark.parametrize(
    ("mass", "density", "interval", "bins"),
    [
        # 1.3 x 1.035 x 500 = 672.75 kg; / (250 x 0.8) = 3.36375 m3; x 1.65 = 5.55 m3; / 0.204
        (500, 250, 1.0, 28),  # 27.2
        (500, 250, 0.5, 14),  # 13.6
        # 1.3 x 1.035 x 80 = 107.64; / 480 = 0.22425; x 1.65 = 0.37; / 0.204 = 1.81
        (80, 600, 1.0, 2),
        # 1.3 x 1.035 x 60 = 80.73; / 64 = 1.26141; x 1.65 = 2.0813; x 4 days; / 0.204 = 40.8
        (60, 80, 4.0, 41),
        (0.1, 200, 7.0, 1),
    ],
)
def test_formula_by_hand(mass: float, density: float, interval: float, bins: int) -> None:
    """N = A4 K Q / (D A3 E B) with Q = A1 A2 R C, each step worked out beside the case."""
    assert bins_needed(mass, density, interval, Factors.middle(Used())) == bins


def test_whole_bins_stay_whole() -> None:
    """A volume of exactly n bins needs n, whatever floating point makes of it."""
    plain = Factors(1, 1, 1, 1, 0.85, 240)
    for n in range(1, 60):
        assert bins_needed(n * 0.204 * 250, 250, 1.0, plain) == n
        assert bins_filled(n * 0.204 * 250, 250, plain) == n


@pytest.mark.parametrize(
    ("frequency", "days", "interval"),
    [
        ("daily", 7, 1),
        ("2/day", 7, 0.5),
        ("3/week", 3, 3),
        ("mon,thu", 2, 4),
        ("mon", 1, 7),
        ("1/month", 12 * 7 / 365.25, 31),
    ],
)
def test_frequencies(frequency: str, days: float, interval: float) -> None:
    """A frequency tells the days a week and the longest gap between two emptyings."""
    assert due_days_a_week(frequency) == pytest.approx(days)
    assert emptying_interval_days(frequency) == interval
