"""Passes of a template and the hours that several times a day share."""

from __future__ import annotations

import math

from scenarios.cleaning.work import DAY_END_S, Pass, shared_hours

H = 3600


def one(speed_kmh: float, least: int = 0, most: int | None = None) -> Pass:
    """A pass of a speed and a lag."""
    return Pass(1, "sweeper", speed_kmh, 0.0, 3.5, 0.0, False, "both", least, most)


def test_the_longest_run_on_which_a_lag_holds():
    """36 and 18 km/h part by 0.1 s a metre; 102 s of room less 2 s of rounding allow 1 km."""
    assert math.isclose(one(36, 60, 162).longest_m(one(18)), 1000)
    assert math.isclose(one(18, 60, 162).longest_m(one(36)), 1000)
    assert one(18, 60, 162).longest_m(one(18)) == math.inf
    assert one(36, 60).longest_m(one(18)) == math.inf


def test_open_hours_are_parted_within_the_day():
    """Without hours the first time is open to the morning and the last to the night."""
    assert shared_hours(((0, DAY_END_S),), 2) == [((0, 45_000),), ((45_000, DAY_END_S),)]


def test_working_time_is_shared_equally():
    """Six hours of work in two stretches make three times of two hours each."""
    hours = ((0, 3 * H), (5 * H, 8 * H))
    parts = shared_hours(hours, 3)
    assert parts == [((0, 2 * H),), ((2 * H, 3 * H), (5 * H, 6 * H)), ((6 * H, 8 * H),)]
    assert shared_hours(hours, 1) == [hours]
