"""How often things are due."""

from __future__ import annotations

import datetime as dt

import pytest

from scenarios.frequency import Frequency, due, parse_frequency

MONDAY = dt.date(2024, 12, 23)


def _days(num: int) -> list[dt.date]:
    return [MONDAY + dt.timedelta(days=i) for i in range(num)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("daily", Frequency("day", 1)),
        (" Daily ", Frequency("day", 1)),
        ("3/week", Frequency("week", 3)),
        ("mon,thu", Frequency("weekdays", 2, (0, 3))),
        ("Sun; tue", Frequency("weekdays", 2, (1, 6))),
        ("2/day", Frequency("day", 2)),
        ("1 / month", Frequency("month", 1)),
        ("mon，thu", Frequency("weekdays", 2, (0, 3))),
        ("３／week", Frequency("week", 3)),
        ("Monday; thursday", Frequency("weekdays", 2, (0, 3))),
        ("周一，周四", Frequency("weekdays", 2, (0, 3))),
        ("周一、四、日", Frequency("weekdays", 3, (0, 3, 6))),
        ("每周一三五", Frequency("weekdays", 3, (0, 2, 4))),
        ("星期六 星期天", Frequency("weekdays", 2, (5, 6))),
        ("每天", Frequency("day", 1)),
        ("每日两次", Frequency("day", 2)),
        ("2次/天", Frequency("day", 2)),
        ("每周3次", Frequency("week", 3)),
        ("每周一次", Frequency("week", 1)),
        ("1/月", Frequency("month", 1)),
    ],
)
def test_parses(text: str, expected: Frequency) -> None:
    """Every form of the tables is understood, whatever the case and spaces."""
    assert parse_frequency(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "weekly",
        "0/week",
        "8/week",
        "13/day",
        "29/month",
        "mon,xyz",
        "3/year",
        "-1/day",
        "每周8次",
        "周八",
        "周",
        "3/年",
        ",",
        "每周一八",
    ],
)
def test_refuses(text: str) -> None:
    """Anything else raises ValueError."""
    with pytest.raises(ValueError, match="expected"):
        parse_frequency(text)


@pytest.mark.parametrize("count", range(1, 8))
def test_week_holds_exactly_n(count: int) -> None:
    """Every ISO week holds exactly n due days for every key, across the turn of the year."""
    for key in map(str, range(40)):
        days = [due(f"{count}/week", key, day) for day in _days(28)]
        assert [sum(days[i : i + 7]) for i in range(0, 28, 7)] == [count] * 4


@pytest.mark.parametrize("count", range(1, 8))
def test_week_is_even(count: int) -> None:
    """The gaps between due days differ by one day at most."""
    for key in map(str, range(20)):
        at = [i for i, day in enumerate(_days(35)) if due(f"{count}/week", key, day)]
        gaps = {late - early for early, late in zip(at, at[1:], strict=False)}
        assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize("count", [1, 2, 4, 13, 28])
@pytest.mark.parametrize("month", [1, 2, 4])
def test_month_holds_exactly_n(count: int, month: int) -> None:
    """Every calendar month holds exactly n due days, February included."""
    days = [day for i in range(366) if (day := dt.date(2023, 1, 1) + dt.timedelta(i)).year == 2023]
    for key in map(str, range(20)):
        of_month = [day for day in days if day.month == month]
        assert sum(due(f"{count}/month", key, day) for day in of_month) == count


def test_keys_spread_over_the_week() -> None:
    """Once a week falls on each weekday for about a seventh of many keys."""
    counts = [sum(due("1/week", f"P{i}", day) for i in range(1400)) for day in _days(7)]
    assert sum(counts) == 1400
    assert min(counts) > 140


def test_weekdays_and_counts_a_day() -> None:
    """Named weekdays are due on those days only; n a day gives n every day."""
    assert [due("mon,thu", "P1", day) for day in _days(7)] == [1, 0, 0, 1, 0, 0, 0]
    assert [due("2/day", "P1", day) for day in _days(3)] == [2, 2, 2]
    assert due("daily", "P1", MONDAY) == 1
