"""A day on which trucks wash before they enter the center: its record, papers and audit."""

from __future__ import annotations

import copy
import datetime as dt
import functools
import tempfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from dispatch.audit import audit_plan
from dispatch.gantt import route_bars
from dispatch.geojson import plan_features
from dispatch.gpx import gpx_text
from dispatch.kpis import kpi_table
from dispatch.planfile import check_plan
from dispatch.record import plan_record
from dispatch.sheets import build_workbook
from dispatch.summary import summary_lines
from routing.network import Network
from routing.snapping import Positions
from scenarios.city import City, read_city
from scenarios.run import DayPlan, run_day
from scenarios.runs.figures import day_figures, day_lines
from scenarios.sample import write_sample
from solvers.stop import MaxIterations
from tests.cities import DAY, added, together, write_good
from tests.routing.maps import arc

WASH = "W9,wash,112.008500,31.002050,,,,,"
LIMITS = (
    "limit_id,kind,value,way_id,area,from_time,to_time,permit,wash_id\n"
    'C,center,,,"POLYGON((111.99 30.99, 112.006 30.99, 112.006 31.01, 111.99 31.01,'
    ' 111.99 30.99))",,,,\n'
    "L1,wash_corridor,,700,,,,clean,W9\n"
)
Planned = tuple[City, DayPlan, dict[str, Any]]


def make(folder: Path, limits: str = LIMITS) -> City:
    """Return the town whose bridge is watched."""
    city = write_good(folder)
    together(added("facilities.csv", WASH), added("limits.csv", limits.rstrip("\n")))(city)
    return read_city(city)


@functools.cache
def washed_day(limits: str = LIMITS) -> Planned:
    """Return the planned day of the town; nobody may change it."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUANWEI_CACHE", f"{name}/cache")
        city = make(Path(name) / "town", limits)
        done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(60))
        return city, done, plan_record(city, done)


@pytest.fixture
def planned() -> Planned:
    """City, day and a record that may be changed."""
    city, done, plan = washed_day()
    return city, done, copy.deepcopy(plan)


def washes(plan: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Return every wash as its route and the place in it."""
    return [
        (route, k)
        for route in plan["routes"]
        for k, activity in enumerate(route["activities"])
        if activity["kind"] == "wash"
    ]


def without_washes(plan: dict[str, Any], network: Network) -> None:
    """Take every wash out; the truck drives the same streets without stopping, and is early."""
    for route in plan["routes"]:
        kept: list[dict[str, Any]] = []
        leg, saved = None, 0
        for activity in route["activities"]:
            if activity["kind"] == "wash":
                leg, saved = activity["leg"], saved + activity["end_s"] - activity["begin_s"]
                continue
            if leg is not None:
                own = activity["leg"]
                own["arcs"] = [*leg["arcs"], *own["arcs"][1:]]
                own["geometry"] = [*leg["geometry"], *own["geometry"]]
                own["time_s"] += leg["time_s"]
                own["length_m"] += leg["length_m"]
                leg = None
            for key in ("arrive_s", "begin_s", "end_s"):
                activity[key] -= saved
            kept.append(activity)
        route["activities"] = kept


def test_the_truck_washes_on_its_way_back(planned: Planned):
    """The stop beyond the bridge costs one wash, which is told as a stop with both parts driven."""
    city, done, plan = planned
    network = done.network
    check_plan(plan)
    assert plan["unserved"] == []
    [(route, k)] = washes(plan)
    before, wash, after = route["activities"][k - 1 : k + 2]
    assert wash["id"] == "W9"
    assert before["end_s"] + wash["leg"]["time_s"] == wash["arrive_s"] == wash["begin_s"]
    assert wash["end_s"] - wash["begin_s"] == 360
    assert wash["end_s"] + after["leg"]["time_s"] == after["arrive_s"]
    entry = arc(network, 301, 43)
    assert entry not in wash["leg"]["arcs"]
    assert entry in after["leg"]["arcs"]
    assert wash["load_kg"] == before["load_kg"]
    assert sum(a["leg"]["time_s"] for a in route["activities"] if a["leg"]) == route["driving_s"]
    assert route["length_m"] == sum(
        (a["leg"]["length_m"] if a["leg"] else 0) + a["service_m"] for a in route["activities"]
    )
    assert plan["kpis"]["total"]["washes"] == 1
    assert not any("corridor" in text for text in plan["warnings"])
    station = next(f for f in plan["facilities"] if f["facility_id"] == "W9")
    assert sum(minute["busy"] for minute in station["queue"]) == 6
    figures = day_figures(city, done.posed, done.plan)
    assert figures["driving_s"] == sum(r["driving_s"] for r in plan["routes"])
    lines = {r["truck"]: r["line"] for r in day_lines(done.posed, done.plan)}
    drawn = [
        point for a in route["activities"] if a["leg"] for point in a["leg"]["geometry"]
    ]  # fmt: skip
    assert len(lines[route["truck_id"]]) == len(drawn)


def test_the_audit_finds_it_sound(planned: Planned):
    """All rules and numbers hold, and washes were among what was checked."""
    city, done, plan = planned
    report = audit_plan(plan, city, done.network)
    assert report.findings == []
    assert report.checked["wash"] == report.checked["wash-station"] == 1


def test_a_plan_without_its_wash_is_refused(planned: Planned):
    """The same streets driven without stopping to wash: the audit says where and when."""
    city, done, plan = planned
    without_washes(plan, done.network)
    report = audit_plan(plan, city, done.network)
    assert report.codes()["wash"] == 1
    [finding] = [f for f in report.findings if f.code == "wash"]
    assert finding.text.startswith("enters the center on 大桥 between ")
    assert finding.text.endswith("without a wash before; limit L1")


def test_a_plan_of_the_days_before_the_rule_is_refused(planned: Planned):
    """What is planned without the corridor breaks it; with the permit it does not."""
    city, _, _ = planned
    free_city, free, plan = washed_day(LIMITS.replace("L1,wash_corridor,,700,,,,clean,W9\n", ""))
    assert washes(plan) == []
    assert "washes" not in plan["kpis"]["total"]
    assert audit_plan(plan, free_city, free.network).findings == []
    stated = {**plan, "fingerprint": {**plan["fingerprint"], "tables": city.tables_hash}}
    assert audit_plan(stated, city, free.network).codes() == {"wash": 1}
    city.trucks["permits"] = [("clean",)] * len(city.trucks)
    try:
        stated["fingerprint"]["tables"] = city.tables_hash
        assert audit_plan(stated, city, free.network).findings == []
    finally:
        city.trucks["permits"] = [()] * len(city.trucks)


def test_hours_of_a_corridor_free_the_rest_of_the_day(planned: Planned):
    """A drive outside the hours in which a corridor is watched needs no wash."""
    _, _, plan = planned
    [(route, k)] = washes(plan)
    at = route["activities"][k]["begin_s"] // 3600
    free = washed_day(LIMITS.replace("L1,wash_corridor,,700,,,,clean,W9\n", ""))[2]
    for hours, found in ((f"{at - 1:02d}:00,{at + 2:02d}:00", 1), ("22:00,23:00", 0)):
        with tempfile.TemporaryDirectory() as name:
            city = make(Path(name), LIMITS.replace("700,,,,", f"700,,{hours},"))
        stated = {**free, "fingerprint": {**free["fingerprint"], "tables": city.tables_hash}}
        network = washed_day()[1].network
        assert audit_plan(stated, city, network).codes().get("wash", 0) == found


BROKEN = {
    "too short a wash": ("unload-time", lambda a: a.update(end_s=a["end_s"] - 60)),
    "at a station that does not count": ("wash-station", lambda a: a.update(id="T1")),
    "nowhere": ("unknown-facility", lambda a: a.update(id="X1")),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_wash_that_is_none_is_found(planned: Planned, what: str):
    """Its station and its time are checked against the tables."""
    city, done, plan = planned
    code, change = BROKEN[what]
    [(route, k)] = washes(plan)
    change(route["activities"][k])
    assert code in audit_plan(plan, city, done.network).codes()


def test_crowded_stations_are_told(planned: Planned):
    """Two trucks in the one bay: the record says so, and the audit warns without refusing."""
    city, done, plan = planned
    [(route, _)] = washes(plan)
    twin = copy.deepcopy(route)
    twin["truck_id"] = "F1"
    plan["routes"].append(twin)
    report = audit_plan(plan, city, done.network)
    assert any(text.startswith("2 trucks inside W9 at") for text in report.warnings)
    assert "bays" not in {f.code for f in report.findings if "W9" in f.text}


def test_papers_tell_of_the_wash(planned: Planned):
    """Sheets, tracks, timetable, map features, table of figures and summary name it."""
    _, done, plan = planned
    [(route, k)] = washes(plan)
    assert "洗车 Wash" in gpx_text(plan, route, done.network)
    assert "进城前洗车 Wash before entering the center" in gpx_text(plan, route, done.network)
    bars = [bar for bar in route_bars(route) if bar.kind == "wash"]
    assert [(bar.end_s - bar.begin_s, bar.activity) for bar in bars] == [(360, k)]
    kinds = [f["properties"].get("kind") for f in plan_features(plan)["features"]]
    assert kinds.count("wash") == 3  # the leg, the place, the station
    book: Workbook = build_workbook(plan)
    cells = [str(c.value) for row in book[route["truck_id"]].iter_rows() for c in row if c.value]
    assert "洗车 Wash" in cells
    assert any("进城前洗车 wash before entering the center" in text for text in cells)
    overview = [str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value]
    assert "进城洗车 Washes on entering" in overview
    assert "W9" in overview
    assert kpi_table(plan)[0][-1] == "washes"
    assert "washed     1 times before entering the center" in summary_lines(plan)


def test_without_a_station_that_is_open_the_far_bank_is_left_out(tmp_path, monkeypatch):
    """The only way back leads over the watched bridge: a note says why nobody serves the stop."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    folder = write_good(tmp_path / "town")
    together(
        added("facilities.csv", WASH.replace(",,,,,", ",,10:00,11:00,,")),
        added("limits.csv", LIMITS.rstrip("\n")),
    )(folder)
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(20))
    plan = plan_record(city, done)
    assert [u["id"] for u in plan["unserved"]] == ["P5"]
    assert audit_plan(plan, city, done.network).findings == []
    told = "\n".join(plan["warnings"])
    assert "no wash station is open for the whole shift of C1, F1, R1, S1" in told
    assert "cannot come home from P5: no wash station can be reached from there" in told


def test_a_station_across_a_street_of_its_own(tmp_path, monkeypatch):
    """A second way in that nobody watches is taken where it is faster than to wash."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    folder = write_good(tmp_path / "town")
    text = (folder / "map.osm").read_text(encoding="utf-8")
    way = '<way id="999"><nd ref="304"/><nd ref="41"/><tag k="highway" v="primary"/></way>'
    (folder / "map.osm").write_text(text.replace("</osm>", way + "</osm>"), encoding="utf-8")
    together(added("facilities.csv", WASH), added("limits.csv", LIMITS.rstrip("\n")))(folder)
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(60))
    plan = plan_record(city, done)
    assert plan["unserved"] == []
    assert washes(plan) == []
    assert audit_plan(plan, city, done.network).findings == []


@pytest.mark.real_map
@pytest.mark.parametrize("name", ["de_heidelberg.osm.pbf", "cn_shenzhen_nanshan.osm"])
def test_a_day_on_a_real_map(shared_osm: Path, tmp_path: Path, monkeypatch, name: str):
    """A city laid on a real map: the plan holds, and without its washes it is refused."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    folder = write_sample(tmp_path / "city", osm=shared_osm / name, points=300, seed=7)
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(200))
    plan = plan_record(city, done)
    places = Positions(done.posed.arc, done.posed.offset_cm)
    washing = [w for w in done.posed.washing if w is not None]
    assert any((w.joined(places, places)[1] >= 0).any() for w in washing)
    report = audit_plan(plan, city, done.network)
    assert report.findings == [], "\n".join(report.lines())
    if washes(plan):
        without_washes(plan, done.network)
        assert audit_plan(plan, city, done.network).codes()["wash"] > 0
