"""Key figures: by hand for the small day, and against a slow twin for shuffled ones."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from dispatch.kpis import (
    KPI_KEYS,
    compute_kpis,
    is_punctual,
    kpi_table,
    share_out,
    write_kpis,
)
from tests.dispatch.plans import tiny_plan

SUMS = ("length_m", "swept_m", "driving_s", "service_s", "waiting_s", "mass_kg")


@pytest.fixture
def plan() -> dict[str, Any]:
    """A plan that a test may change."""
    return json.loads(json.dumps(tiny_plan()))


def test_total_by_hand(plan: dict[str, Any]) -> None:
    """Every figure of the three routes, added up by head."""
    assert plan["kpis"]["total"] == {
        "stops": 8,
        "streets": 3,
        "length_m": 10_000 + 3_000 + 9_000,
        "swept_m": 2_500,
        "driving_s": 1_200 + 360 + 780,
        "service_s": 2_400 + 960 + 2_100,
        "waiting_s": 240,
        "mass_kg": 5_000 + 1_200 + 200,
        "cost": 437_267 + 332_133 + 378_700,
        "co2_g": 10_720 + 2_412 + 12_060,
        "punctuality": 1.0,
        # 3500 and 1500 of 6000, 1200 of 4000, 200 of 3000
        "load_factor": round((3500 / 6000 + 1500 / 6000 + 1200 / 4000 + 200 / 3000) / 4, 6),
        "trips": 4,
        "trucks_used": 3,
        "overtime_s": 0,
        "unserved": 1,
        "unserved_kg": 250,
        "required": 12,
        "served_share": round(11 / 12, 6),
    }


def test_truck_by_hand(plan: dict[str, Any]) -> None:
    """T01 alone: its own route, nothing of the others and nothing unserved."""
    truck = plan["kpis"]["by_truck"]["T01"]
    assert (truck["stops"], truck["trips"], truck["mass_kg"]) == (5, 2, 5000)
    assert (truck["length_m"], truck["driving_s"], truck["service_s"]) == (10_000, 1200, 2400)
    assert (truck["cost"], truck["co2_g"], truck["unserved"]) == (437_267, 10_720, 0)
    assert truck["load_factor"] == round((3500 + 1500) / 12_000, 6)


def test_stream_by_hand(plan: dict[str, Any]) -> None:
    """The point left out counts for its stream; no stream has another's figures."""
    streams = plan["kpis"]["by_stream"]
    assert sorted(streams) == ["kitchen", "other", "sweepings"]
    kitchen = streams["kitchen"]
    assert (kitchen["stops"], kitchen["unserved"], kitchen["unserved_kg"]) == (3, 1, 250)
    assert kitchen["length_m"] == 3000
    assert (streams["sweepings"]["streets"], streams["sweepings"]["swept_m"]) == (3, 2500)
    assert streams["sweepings"]["punctuality"] is None


def test_district_by_hand(plan: dict[str, Any]) -> None:
    """Legs to stations and home belong to no district; masses to that of the stop."""
    districts = plan["kpis"]["by_district"]
    assert sorted(districts) == ["", "新区", "老城"]
    # P1, P2, P5 and P6, P7, and R3 swept: 1000 m at 80 g
    assert districts["老城"]["mass_kg"] == 1500 + 1200 + 600 + 500 + 400 + 80
    assert (districts["新区"]["stops"], districts["新区"]["streets"]) == (3, 2)
    assert districts[""]["stops"] == districts[""]["mass_kg"] == 0
    # to stations, water and home: T01 1 + 2 + 3.5 km, T02 0.5 + 1 km, S01 0.25 + 1.75 + 3.5 km
    assert districts[""]["length_m"] == 6500 + 1500 + 5500
    assert districts["新区"]["unserved"] == 1


def slow_kpis(
    plan: dict[str, Any], name_of: Callable[[Any, Any], str], name_of_task: Callable[[Any], str]
) -> dict[str, dict[str, Any]]:
    """Return the figures by group, one list of everything and a sum at a time."""
    steps = []  # (group, truck, activity, seconds since the last one ended)
    for route in plan["routes"]:
        before = route["start_s"]
        for a in route["activities"]:
            steps.append((name_of(route, a), route, a, before))
            before = a["end_s"]
    tasks = [(name_of_task(u), u) for u in plan["unserved"]]
    found = {}
    for name in {step[0] for step in steps} | {task[0] for task in tasks}:
        mine = [step for step in steps if step[0] == name]
        work = [(r, a) for _, r, a, _ in mine if a["kind"] in ("stop", "street")]
        stops = [a for _, a in work if a["kind"] == "stop"]
        loads = [
            a["mass_kg"] / r["capacity_kg"]
            for _, r, a, _ in mine
            if a["kind"] == "unload" and r["capacity_kg"]
        ]
        legs = [a["leg"] for _, _, a, _ in mine if a["leg"]]
        good = [a for a in stops if not a["window"] or _inside(a)]
        found[name] = {
            "stops": len(stops),
            "streets": len(work) - len(stops),
            "length_m": sum(x["length_m"] for x in legs)
            + sum(a["service_m"] for _, _, a, _ in mine),
            "swept_m": sum(a["service_m"] for _, a in work),
            "driving_s": sum(x["time_s"] for x in legs),
            "service_s": sum(
                a["end_s"] - a["begin_s"] for _, _, a, _ in mine if a["kind"] != "break"
            ),
            "waiting_s": sum(a["begin_s"] - b for _, _, a, b in mine)
            - sum(x["time_s"] for x in legs),
            "mass_kg": sum(a["mass_kg"] for _, a in work),
            "punctuality": round(len(good) / len(stops), 6) if stops else None,
            "load_factor": round(sum(loads) / len(loads), 6) if loads else None,
            "trips": len({(r["truck_id"], a["trip"]) for r, a in work}),
            "trucks_used": len({r["truck_id"] for r, _ in work}),
            "unserved": sum(1 for group, _ in tasks if group == name),
            "unserved_kg": sum(u["mass_kg"] for group, u in tasks if group == name),
        }
    return found


def _inside(activity: dict[str, Any]) -> bool:
    early, late = activity["window"]
    return not (activity["begin_s"] < early or activity["begin_s"] > late)


def shuffled_plan(seed: int) -> dict[str, Any]:
    """Return the small day with random streams, districts, windows, loads and waiting."""
    rng = random.Random(seed)
    plan = json.loads(json.dumps(tiny_plan()))
    for route in plan["routes"]:
        shift = 0
        route["overtime_s"] = rng.randrange(0, 5000)
        route["cost"] += rng.randrange(0, 999)
        route["capacity_kg"] = rng.choice([0, 3000, 7000])
        for a in route["activities"]:
            shift += rng.choice([0, 0, 37, 600])
            a["arrive_s"] += shift
            shift += rng.choice([0, 0, 45, 900])
            a["begin_s"] += shift
            a["end_s"] += shift
            a["district"] = rng.choice(["", "东", "西"])
            a["stream"] = rng.choice(["", "other", "kitchen"])
            a["mass_kg"] = rng.randrange(0, 900)
            a["window"] = rng.choice([None, [36_000, a["begin_s"]], [a["begin_s"] + 1, 90_000]])
        route["end_s"] = route["activities"][-1]["end_s"]
    for k in range(rng.randrange(4)):
        district = rng.choice(["北", "东"])
        plan["unserved"].append({**plan["unserved"][0], "id": f"U{k}", "district": district})
    return plan


@pytest.mark.parametrize("seed", range(12))
def test_against_slow_twin(seed: int) -> None:
    """Every group of every table equals the twin's, and shared figures add up to the total."""
    plan = shuffled_plan(seed)
    kpis = compute_kpis(plan["routes"], plan["unserved"], plan["required"])
    groupings = {
        "by_stream": (lambda r, a: a["stream"] or r["stream"], lambda u: u["stream"]),
        "by_district": (
            lambda r, a: a["district"] if a["kind"] in ("stop", "street") else "",
            lambda u: u["district"],
        ),
    }
    for key, (name_of, name_of_task) in groupings.items():
        twin = slow_kpis(plan, name_of, name_of_task)
        assert list(kpis[key]) == sorted(twin)
        for name, figures in twin.items():
            assert {k: kpis[key][name][k] for k in figures} == figures
    total = slow_kpis(plan, lambda r, a: "", lambda u: "")[""]
    assert {k: kpis["total"][k] for k in total} == total
    for key in ("by_stream", "by_truck", "by_district"):
        for figure in (*SUMS, "cost", "co2_g", "overtime_s", "stops", "streets"):
            assert sum(f[figure] for f in kpis[key].values()) == kpis["total"][figure]
    for figure in ("cost", "co2_g", "overtime_s"):
        assert kpis["total"][figure] == sum(route[figure] for route in plan["routes"])


@pytest.mark.parametrize("seed", range(6))
def test_cost_is_shared_by_time(seed: int) -> None:
    """A stream's part of a route's cost is its part of the route's time, to a thousandth."""
    plan = shuffled_plan(seed)
    route = plan["routes"][seed % 3]
    kpis = compute_kpis([route], [], {})
    seconds: dict[str, int] = {}
    before = route["start_s"]
    for a in route["activities"]:
        name = a["stream"] or route["stream"]
        seconds[name] = seconds.get(name, 0) + a["end_s"] - before
        before = a["end_s"]
    whole = route["end_s"] - route["start_s"]
    for name, part in seconds.items():
        exact = Fraction(route["cost"] * part, whole)
        assert abs(kpis["by_stream"][name]["cost"] - exact) < 1


def test_share_out_by_hand() -> None:
    """Largest remainders first, ties to the name that sorts first, nothing lost."""
    assert share_out(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert share_out(10, {"b": 1, "a": 2}) == {"a": 7, "b": 3}
    assert share_out(5, {"b": 0, "a": 0}) == {"b": 0, "a": 5}
    assert share_out(0, {"a": 3}) == {"a": 0}
    assert share_out(7, {}) == {}


def test_window_includes_both_ends() -> None:
    """Service may begin at the first and at the last second of the window."""
    for begin_s, expected in ((99, False), (100, True), (200, True), (201, False)):
        assert is_punctual({"begin_s": begin_s, "window": [100, 200]}) is expected
    assert is_punctual({"begin_s": 5, "window": None})


def test_day_without_routes() -> None:
    """Nothing planned: zeros, and no rate where there is nothing to rate."""
    kpis = compute_kpis([], [], {"stops": 0, "streets": 0})
    assert kpis["by_truck"] == kpis["by_stream"] == kpis["by_district"] == {}
    assert set(KPI_KEYS) <= set(kpis["total"])
    assert kpis["total"]["punctuality"] is None
    assert kpis["total"]["served_share"] is None
    assert kpis["total"]["cost"] == 0


def test_csv_reads_back(tmp_path: Path, plan: dict[str, Any]) -> None:
    """The table has one row for each group, in kilometres, hours, tonnes and whole money."""
    write_kpis(tmp_path / "kpis.csv", plan)
    raw = (tmp_path / "kpis.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert len(rows) == 1 + 3 + 3 + 3
    total = rows[0]
    assert (total["date"], total["scope"], total["name"]) == ("2024-11-25", "total", "")
    assert (total["distance_km"], total["swept_km"], total["mass_t"]) == (
        "22.000",
        "2.500",
        "6.400",
    )
    assert total["driving_h"] == "0.650"
    assert (total["cost_CNY"], total["co2_kg"]) == ("1148.100", "25.192")
    assert (total["punctuality"], total["unserved_t"]) == ("1.0000", "0.250")
    assert [row["name"] for row in rows if row["scope"] == "truck"] == ["S01", "T01", "T02"]
    sweeper = next(row for row in rows if row["name"] == "S01")
    assert sweeper["punctuality"] == ""  # no stops, so no share of them


@pytest.mark.parametrize("name", ["=1+1", "+A1", "-2", "@SUM(A1)", "\tx"])
def test_csv_never_holds_a_formula(plan: dict[str, Any], name: str) -> None:
    """A truck's or district's name that a spreadsheet would run stays text."""
    plan["kpis"]["by_district"] = {name: plan["kpis"]["by_district"]["新区"]}
    assert kpi_table(plan)[-1][2] == f"'{name}"
