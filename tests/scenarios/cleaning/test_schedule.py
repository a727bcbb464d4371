"""Weeks that the fleet cannot do: who is offered what, and what is learned and offered again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from scenarios.cleaning import week
from scenarios.cleaning.capacity import Crew, Sites, effort_s, place_of
from scenarios.cleaning.schedule import FIRST_STRETCH, Schedule
from scenarios.cleaning.week import WeekRun
from tests.scenarios.cleaning.test_week import DATES, run

HOUR = 3600
SORT = ("", ("sweeper",))


@pytest.fixture(autouse=True)
def short_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patterns of days are chosen in a moment."""
    monkeypatch.setattr(week, "DETERMINISTIC_TIME", 0.2)


def crew(hours: float, name: str = "S1", **values: int) -> Crew:
    """A sweeper at the corner of the grid of runs."""
    truck: Any = SimpleNamespace(truck_id=name, tank_l=1000, capacity_kg=1000, **values)
    return Crew(SORT, (truck,), int(hours * HOUR), place_of(112, 31))


def schedule(
    runs: Sequence[WeekRun], hours: float, dates: Sequence[dt.date] = DATES, crews: int = 1
) -> Schedule:
    """A week of runs for so many sweepers of so many hours a day."""
    own = [crew(hours, f"S{k}") for k in range(crews)]
    return Schedule(runs, dates, [own] * len(dates), Sites((), ()), 1)


def near(idx: int, **values: object) -> WeekRun:
    """A run of 20 minutes, each a hundred metres from the next."""
    return run(idx, lon=112 + 0.001 * (idx % 6), lat=31 + 0.001 * (idx // 6), **values)


def test_a_week_that_fits_is_the_even_one():
    """Nothing is limited: days are those that patterns give, whatever is planned."""
    runs = [near(i) for i in range(14)]
    made = schedule(runs, 8)
    assert not made.filled
    assert made.assignment() == week.assign_days(runs, DATES, 1)


def test_every_run_once_before_any_twice():
    """Six runs twice a week are nine times too much work for what hours allow: each comes once."""
    runs = [near(i, frequency="2/week", cleaning_class=1 + i % 2) for i in range(12)]
    # 24 times 20 minutes and ways are due, and 7 times an hour is there
    made = schedule(runs, 1)
    assert not made.filled
    counts = [len(days) for days in made.days]
    assert min(counts) == 1
    assert sum(counts) < 24
    upper = sum(n for n, r in zip(counts, runs, strict=True) if r.cleaning_class == 1)
    assert upper >= sum(counts) - upper


def test_days_are_filled_with_neighbors_by_class():
    """Of 36 near and 36 far runs half an hour a day gets near ones, those of class 1 first."""
    far = [replace(near(i), lon=112.3, run_id=f"F{i}-1R") for i in range(36)]
    runs = [near(i, cleaning_class=1 if i < 6 else 3) for i in range(36)] + far
    made = schedule(runs, 0.9)
    assert made.filled == {SORT}
    first = made.offered(0)
    assert first
    assert all(i < 36 for i in first)
    assert {runs[i].cleaning_class for i in first} == {1}


def test_what_is_left_out_is_offered_again_and_hours_are_learned():
    """A day that leaves half of its runs out makes the next one smaller and gets them back."""
    runs = [near(i) for i in range(72)]
    made = schedule(runs, 2)
    first = made.offered(0)
    late = sorted(first)[::2]
    made.note(0, {runs[i].run_id: "fleet_busy" for i in late}, {"S0": 2 * HOUR})
    assert made.stretch[SORT] > FIRST_STRETCH
    later = [made.offered(k) for k in range(1, 7)]
    assert set(late) & set().union(*later)
    assert len(later[0]) < len(first)
    assert not (first - set(late)) & set().union(*later)
    assert all(0 not in made.assignment().days[i] for i in late)


def test_a_day_done_early_makes_the_next_one_larger():
    """All done in half of the hours: the estimate was too high."""
    runs = [near(i) for i in range(144)]
    made = schedule(runs, 3)
    first = made.offered(0)
    made.note(0, {}, {"S0": 3 * HOUR // 2})
    assert made.stretch[SORT] < FIRST_STRETCH
    assert len(made.offered(1)) > len(first)


def test_no_run_is_cleaned_twice_where_once_is_due():
    """Over a whole week that is far too small, each run is offered at most once."""
    runs = [near(i) for i in range(120)]
    made = schedule(runs, 2)
    seen: list[int] = []
    for day in range(7):
        offered = made.offered(day)
        seen += offered
        made.note(day, {}, {"S0": 2 * HOUR})
    assert len(seen) == len(set(seen))
    assert 0 < len(seen) < len(runs)


def test_late_work_of_a_week_that_fits_moves_to_the_emptiest_day():
    """What time did not suffice for goes to a later day on which it may be done; the rest stays."""
    runs = [near(i, able=frozenset({0, 2, 3})) for i in range(3)]
    made = schedule(runs, 8)
    for i in range(3):
        made.days[i] = {0}
    made.days[2] = {2}
    made.note(0, {runs[0].run_id: "fleet_busy", runs[1].run_id: "unreachable"}, {})
    assert made.days == [{3}, {0}, {2}]


def test_two_crews_do_not_share_their_runs():
    """Each sweeper of a day has a part of its own."""
    runs = [near(i) for i in range(120)]
    made = schedule(runs, 2, crews=2)
    made.offered(0)
    one, other = made.parts[0]
    assert not set(one.runs) & set(other.runs)


def test_effort_by_hand():
    """An hour of work, two tanks and half a hopper; 1,000 m from water, 2,000 m from a station."""
    one = replace(run(0), passes=(("sweeper", HOUR),), amounts=((2000, 500),))
    sites = Sites(((1000.0, 0.0),), ((0.0, 2000.0),), 600, 700)
    way = 1.3 * 1000 / (25 / 3.6)
    expected = HOUR + 2 * (600 + 2 * way) + 0.5 * (700 + 4 * way)
    assert effort_s([one], (0.0, 0.0), crew(8), sites) == pytest.approx(expected)
