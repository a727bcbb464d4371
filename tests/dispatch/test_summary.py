"""The few lines in the terminal: every number right, nothing said of what is not there."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dispatch.kpis import compute_kpis
from dispatch.summary import summary_lines
from tests.dispatch.plans import tiny_plan


@pytest.fixture
def plan() -> dict[str, Any]:
    """A plan that a test may change."""
    return json.loads(json.dumps(tiny_plan()))


def test_the_small_day_word_for_word(plan: dict[str, Any]) -> None:
    """All lines of the small day as they stand in the terminal."""
    assert summary_lines(plan) == [
        "格子城 Gridtown, 2024-11-25",
        "served     8 of 9 stops, 3 of 3 streets (2.5 km)",
        "unserved   1 (0.25 t)",
        "driven     22.0 km in 4 trips of 3 trucks, 10:00–11:44",
        "time       0.7 h driving, 1.5 h service, 0.1 h waiting, 0.0 h overtime",
        "collected  6.40 t, trucks 30.0 % full at unloading",
        "cost       1,148.10 CNY, 25.2 kg CO2, 100.0 % punctual",
        "bound      574.05 CNY of 1,148.10 with the prices of the unserved, gap 50.0 %"
        " (fixed costs of the fewest trucks)",
        "  厨余垃圾 Kitchen waste: 3 stops, 1.20 t, 3.0 km, 1 trips, 1 trucks, 1 unserved",
        "  其他垃圾 Other waste: 5 stops, 5.00 t, 10.0 km, 2 trips, 1 trucks, 0 unserved",
        "  道路保洁 Street cleaning: 3 streets, 0.20 t, 9.0 km, 1 trips, 1 trucks, 0 unserved",
        "  unserved P9: Its window 05:00-05:30 ends before any kitchen truck begins its shift.",
        "warnings   1 (see the map page, Assumptions)",
    ]


def test_empty_day(plan: dict[str, Any]) -> None:
    """No trucks, no bound, no warnings: no span, no rates, no further lines."""
    plan |= {"routes": [], "unserved": [], "bound": None, "warnings": []}
    plan["required"] = {"stops": 0, "streets": 0, "street_m": 0}
    plan["kpis"] = compute_kpis([], [], plan["required"])
    lines = summary_lines(plan)
    assert len(lines) == 7
    assert lines[3] == "driven     0.0 km in 0 trips of 0 trucks"
    assert lines[5].endswith("trucks – full at unloading")
    assert not any("bound" in line or "warnings" in line for line in lines)


def test_bound_of_a_full_day_and_streams_without_trucks(plan: dict[str, Any]) -> None:
    """Nothing unserved leaves no price to speak of; a stream nobody takes has no stops."""
    plan["unserved"] = []
    plan["kpis"]["by_stream"]["hazardous"] = compute_kpis([], [], {})["total"]
    lines = summary_lines(plan)
    assert "bound      574.05 CNY, gap 50.0 % (fixed costs of the fewest trucks)" in lines
    assert any(line.startswith("  有害垃圾 Hazardous: 0 stops, 0.00 t") for line in lines)


def test_only_the_first_reasons_are_shown(plan: dict[str, Any]) -> None:
    """Five reasons in full, the rest as a number."""
    plan["unserved"] = [{**plan["unserved"][0], "id": f"U{k}"} for k in range(9)]
    shown = [line for line in summary_lines(plan) if "unserved U" in line]
    assert [line.split(":")[0] for line in shown] == [f"  unserved U{k}" for k in range(5)]
    assert "  … and 4 more unserved, each with its reason" in summary_lines(plan)


def test_days_and_promises_are_told() -> None:
    """Balance and compactness for each kind of which several go out, and how much is promised."""
    plan = tiny_plan()
    figures = {
        "trucks": 2, "shortest_s": 18_000, "mean_s": 21_600, "longest_s": 25_200, "scatter_m": 1240,
    }  # fmt: skip
    plan["shape"] = {"collector": figures, "sweeper": figures | {"trucks": 1}}
    plan["pins"] = [{"id": "P1", "truck_id": "C1", "place": 1, "begin": None}]
    lines = summary_lines(plan)
    assert "promised   1 stops and streets as they were asked for" in lines
    days = lines[lines.index("days") + 1 :]
    assert days[0] == (
        "  collector: 06:00 h under way (05:00 to 07:00), work 1.2 km from the middle of its route"
    )
    assert not any(line.startswith("  sweeper: 0") for line in days)
