"""A planned day with three-in-one passes, and what the audit says when a pass is out of its lag."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from dispatch.audit import audit_plan
from dispatch.record import plan_record
from scenarios.city import read_city
from scenarios.run import DayPlan, run_day
from solvers.stop import MaxIterations
from tests.cities import DAY, added, place, write_good, written

OPERATIONS = (
    "template,pass_no,vehicle_kind,speed_kmh,water_l_m2,sweepings_kg_km,min_lag_min,max_lag_min,"
    "after_bins\n"
    "ws,1,flusher,15,1,0,,,false\nws,2,sweeper,8,0.2,100,2,20,true\nws,3,flusher,10,0.3,0,2,20,\n"
)
TRUCKS = (
    "truck_id,kind,depot_id,capacity_kg,capacity_m3,tank_l,hopper_m3,width_m,shift_start,shift_end\n"
    "C1,collector,D1,3000,7,,,2.2,05:00,13:00\n"
    "S1,sweeper,D1,4000,,2000,7,2.2,04:00,14:00\n"
    "F1,flusher,D1,0,0,4000,,2.2,04:00,14:00\n"
)
STEPS = 200
FINISHER = "F2,flusher,D1,0,0,4000,,2.2,04:00,14:00\n"


BINS = "P9,{spot},other,100,06:00,12:00,daily"


def planned(folder: Path, trucks: str, bins: str = BINS) -> tuple[Any, DayPlan, dict[str, Any]]:
    """A day of the good city with other trucks and linked passes: city, plan and record."""
    city_folder = write_good(folder)
    written("trucks.csv", trucks)(city_folder)
    written("operations.csv", OPERATIONS)(city_folder)
    added("points.csv", bins.format(spot=place(2, 1.5)))(city_folder)
    city = read_city(city_folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(STEPS))
    return city, done, plan_record(city, done)


@pytest.fixture(scope="module")
def convoy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, DayPlan, dict[str, Any]]:
    """The day with both water trucks on shift."""
    return planned(tmp_path_factory.mktemp("convoy"), TRUCKS + FINISHER)


def streets_of(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the street activities of a record by their names."""
    acts = [a for r in record["routes"] for a in r["activities"] if a["kind"] == "street"]
    return {a["id"]: a for a in acts}


def test_every_run_is_flushed_swept_and_finished(convoy):
    """All passes of every run are worked by their own trucks, and the audit is sound."""
    city, done, record = convoy
    works = streets_of(record)
    assert {r["truck_id"] for r in record["routes"]} == {"C1", "S1", "F1", "F2"}
    leads = [name for name in works if "@" not in name]
    assert sorted(works) == sorted(n + tail for n in leads for tail in ("", "@2", "@3"))
    for name in leads:
        begins = [works[name + tail]["begin_s"] for tail in ("", "@2", "@3")]
        assert all(120 <= b - a <= 1200 for a, b in zip(begins, begins[1:], strict=False))
    report = audit_plan(record, city, done.network)
    assert report.ok
    assert report.checked["passes"] == len(leads)


def test_the_sweeper_waits_for_the_bins(convoy):
    """A run along which bins stand is swept after the last of them is emptied."""
    city, done, record = convoy
    network = done.network
    stops = [a for r in record["routes"] for a in r["activities"] if a["kind"] == "stop"]
    met = 0
    for name, work in streets_of(record).items():
        if not name.endswith("@2"):
            continue
        pieces = {p for a in work["service_arcs"] for p in (a, int(network.arc_reverse[a]))}
        on_it = [s for s in stops if s["position"]["arc"] in pieces]
        met += len(on_it)
        assert all(s["end_s"] <= work["begin_s"] for s in on_it)
    early = copy.deepcopy(record)
    for route in early["routes"]:
        for act in route["activities"]:
            if act["kind"] == "stop":
                act["end_s"] += 12 * 3600
    codes = audit_plan(early, city, done.network).codes()
    assert met > 0
    assert "passes" in codes


def test_a_lag_that_does_not_hold_is_found(convoy):
    """The follower half an hour later, or half of a chain missing, is a finding of its own."""
    city, done, record = convoy
    late = copy.deepcopy(record)
    name = next(n for n in streets_of(late) if n.endswith("@3"))
    work = streets_of(late)[name]
    work["begin_s"] += 1800
    work["end_s"] += 1800
    assert "passes" in audit_plan(late, city, done.network).codes()
    half = copy.deepcopy(record)
    for route in half["routes"]:
        route["activities"] = [a for a in route["activities"] if a["id"] != name]
    found = audit_plan(half, city, done.network)
    assert any("due are 1, 2, 3" in f.text for f in found.findings)


def test_without_a_convoy_nothing_is_half_done(tmp_path: Path):
    """With one water truck for two passes every pass is left out with the reason."""
    city, done, record = planned(tmp_path, TRUCKS)
    assert streets_of(record) == {}
    streets = [u for u in record["unserved"] if u["kind"] == "street"]
    assert {u["reason"] for u in streets} == {"no_convoy"}
    assert len(streets) % 3 == 0
    assert audit_plan(record, city, done.network).ok
    assert done.plan.iterations == STEPS  # none are kept for convoys


def test_streets_whose_bins_stay_full_are_not_swept(tmp_path: Path):
    """Bins too heavy for any truck: the runs on their street are left out for the bins' sake."""
    heavy = "P9,{spot},other,9000,06:00,12:00,daily"
    city, done, record = planned(tmp_path, TRUCKS + FINISHER, heavy)
    (stop,) = [u for u in record["unserved"] if u["id"] == "P9"]
    assert stop["reason"] == "too_heavy"
    left = [u for u in record["unserved"] if u["kind"] == "street"]
    assert {u["reason"] for u in left} == {"bins"}
    assert all("emptied" in u["text"] for u in left)
    # all passes of a run or none, and the runs of other streets are worked
    assert len(left) % 3 == 0
    assert streets_of(record)
    assert not {u["id"] for u in left} & streets_of(record).keys()
    assert audit_plan(record, city, done.network).ok
