"""Bars of trucks and strips of stations: nothing lost, nothing twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatch.gantt import Bar, QueueStrip, day_span, queue_strips, route_bars
from tests.dispatch.plans import tiny_plan


@pytest.fixture
def plan() -> dict[str, Any]:
    """A plan that a test may change."""
    return json.loads(json.dumps(tiny_plan()))


def seconds(bars: list[Bar], kind: str) -> int:
    """Return how long the bars of one kind are together."""
    return sum(bar.end_s - bar.begin_s for bar in bars if bar.kind == kind)


def test_first_bars_by_hand(plan: dict[str, Any]) -> None:
    """T01: 60 s to P1, 120 s there; P3 opens three minutes after the truck is there."""
    bars = route_bars(plan["routes"][0])
    assert bars[:4] == [
        Bar("drive", 36_000, 36_060, 1),
        Bar("stop", 36_060, 36_180, 1),
        Bar("drive", 36_180, 36_240, 2),
        Bar("stop", 36_240, 36_360, 2),
    ]
    assert Bar("wait", 36_420, 36_600, 3) in bars
    assert [bar.kind for bar in bars if bar.activity == 4] == ["drive", "wait", "unload"]
    assert [bar.kind for bar in bars if bar.activity == 5] == ["break"]


def test_bars_cover_each_route_without_gaps(plan: dict[str, Any]) -> None:
    """From start to end each second belongs to one bar, and the sums are those of the route."""
    for route in plan["routes"]:
        bars = route_bars(route)
        assert bars[0].begin_s == route["start_s"]
        assert bars[-1].end_s == route["end_s"]
        assert all(a.end_s == b.begin_s for a, b in zip(bars, bars[1:], strict=False))
        assert all(bar.end_s > bar.begin_s for bar in bars)
        assert seconds(bars, "drive") == route["driving_s"]
        assert seconds(bars, "wait") == route["waiting_s"]
        assert seconds(bars, "break") == route["break_s"]
        work = sum(seconds(bars, kind) for kind in ("stop", "sweep", "unload", "refill"))
        assert work == route["service_s"]


def test_time_before_a_leg_is_waiting(plan: dict[str, Any]) -> None:
    """A truck that leaves later than it could waits where it stands."""
    route = plan["routes"][1]
    for activity in route["activities"][2:]:
        for key in ("arrive_s", "begin_s", "end_s"):
            activity[key] += 500
    bars = route_bars(route)
    assert Bar("wait", 36_180, 36_680, 2) in bars


def test_sweeper_bars(plan: dict[str, Any]) -> None:
    """Swept streets and refills have bars of their own."""
    bars = route_bars(plan["routes"][2])
    assert seconds(bars, "sweep") == 2500 * 6 // 10
    assert seconds(bars, "refill") == 300
    assert seconds(bars, "stop") == 0


def test_queue_strips_join_equal_minutes(plan: dict[str, Any]) -> None:
    """Z1: a minute of waiting at 10:14, then three stretches of one truck inside."""
    assert queue_strips(plan["facilities"][1]) == [
        QueueStrip(614 * 60, 615 * 60, 1, 0),
        QueueStrip(615 * 60, 630 * 60, 0, 1),
        QueueStrip(636 * 60, 641 * 60, 0, 1),
        QueueStrip(682 * 60, 697 * 60, 0, 1),
    ]
    assert queue_strips(plan["facilities"][0]) == []


def test_queue_strips_need_no_order() -> None:
    """Minutes in any order, and a change of busy alone ends a strip."""
    queue = [
        {"minute": 12, "waiting": 1, "busy": 1},
        {"minute": 10, "waiting": 0, "busy": 1},
        {"minute": 11, "waiting": 0, "busy": 2},
        {"minute": 13, "waiting": 1, "busy": 1},
    ]
    assert queue_strips({"queue": queue}) == [
        QueueStrip(600, 660, 0, 1),
        QueueStrip(660, 720, 0, 2),
        QueueStrip(720, 840, 1, 1),
    ]


def test_day_span_is_whole_hours(plan: dict[str, Any]) -> None:
    """10:00 to 11:44 shows 10 to 12; a day without trucks shows a working day."""
    assert day_span(plan) == (10 * 3600, 12 * 3600)
    plan["routes"][0]["start_s"] = 35_999
    assert day_span(plan) == (9 * 3600, 12 * 3600)
    assert day_span({"routes": []}) == (5 * 3600, 18 * 3600)
