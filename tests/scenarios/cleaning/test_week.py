"""Days of a week: patterns, cells, and an assignment that is even and misses no day in vain."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.cleaning import week
from scenarios.cleaning.week import CELL_S, WeekRun, assign_days, cells_of, patterns
from scenarios.frequency import due

MONDAY = dt.date(2024, 11, 25)
DATES = [MONDAY + dt.timedelta(days=k) for k in range(7)]


def run(idx: int, **values: object) -> WeekRun:
    """A run of 20 minutes of sweeping, on a grid 0.01 degrees wide."""
    made = WeekRun(
        f"W{idx}-1R", "街", 2, "sweep", "main", False, 112 + 0.01 * (idx % 5),
        31 + 0.01 * (idx // 5), 500, (idx,), (("sweeper", 1200),), "1/week", 1,
        frozenset(range(7)),
    )  # fmt: skip
    return replace(made, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("frequency", "chosen"),
    [
        ("daily", [tuple(range(7))]),
        ("mon,thu", [(0, 3)]),
        ("1/week", [(k,) for k in range(7)]),
        ("2/week", [(0, 3), (0, 4), (1, 4), (1, 5), (2, 5), (2, 6), (3, 6)]),
        ("3/week", [(0, 2, 4), (0, 2, 5), (0, 3, 5), (1, 3, 5), (1, 3, 6), (1, 4, 6), (2, 4, 6)]),
        ("7/week", [tuple(range(7))]),
    ],
)
def test_patterns_lie_as_far_apart_as_can_be(frequency, chosen):
    """Twice a week is every third or fourth day, never two days running."""
    assert patterns(frequency, DATES, "x") == chosen


def test_a_month_keeps_its_own_days():
    """What is due by the month falls where its frequency puts it, week or not."""
    days = [k for k, date in enumerate(DATES) if due("2/month", "W7-1R", date)]
    assert patterns("2/month", DATES, "W7-1R") == [tuple(days)]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(60, 4000)), min_size=1, max_size=40))
def test_cells_hold_every_run_once(parts):
    """Each run is in one cell; a cell is small, or a single run that is too long itself."""
    runs = [run(i, lon=112 + x / 100, passes=(("sweeper", s),)) for i, (x, s) in enumerate(parts)]
    cells = cells_of(runs)
    assert sorted(i for cell in cells for i in cell) == list(range(len(runs)))
    assert all(len(c) == 1 or sum(runs[i].slowest_s for i in c) <= CELL_S for c in cells)


def test_work_is_even_over_the_week(monkeypatch):
    """Fourteen cells of half an hour once a week are two on each day, the same for one seed."""
    monkeypatch.setattr(week, "DETERMINISTIC_TIME", 0.5)
    runs = [run(i, passes=(("sweeper", 1800),)) for i in range(14)]
    found = assign_days(runs, DATES, 1)
    counts = [sum(k in days for days in found.days) for k in range(7)]
    assert counts == [2] * 7
    assert found == assign_days(runs, DATES, 1)


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["1/week", "2/week", "3/week", "daily"]), st.sets(st.integers(0, 6)))
def test_nothing_is_missed_that_need_not_be(frequency, able):
    """The days chosen are those of the pattern that loses the fewest days to the weather."""
    runs = [run(i, frequency=frequency, able=frozenset(able)) for i in range(3)]
    found = assign_days(runs, DATES, 1)
    best = max(len(able & set(days)) for days in patterns(frequency, DATES, "x"))
    assert {len(days) for days in found.days} == {best}
    assert all(set(days) <= able for days in found.days)
