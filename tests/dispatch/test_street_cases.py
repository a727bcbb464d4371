"""Dirty-road and exposed-garbage cases join the sweeper and the collector within their clock."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dispatch.audit import audit_plan
from dispatch.record import plan_record
from scenarios.city import read_city
from scenarios.run import run_day
from solvers.stop import MaxIterations
from tests.cities import DAY, place, write_good, written

H = 3600
CATALOGUE = (
    "case_code,name,stream,deadline_working_h,service_s,mass_kg\n"
    "D,道路不洁,sweepings,2,900,80\nE,暴露垃圾,other,4,600,150\n"
)
CASES = (
    "case_id,case_code,lon,lat,reported_date,reported_time\n"
    f"D1,D,{place(1.5, 3)},{DAY},07:30\nE1,E,{place(2.5, 0)},{DAY},06:00\n"
)


@pytest.mark.parametrize("passes", [1, 2])
def test_cases_join_the_routes_that_run(tmp_path: Path, passes: int):
    """Reported at 07:30 with two working hours: swept by 10:00; the rubbish is gone by 12:00.

    So it is where another sweeper works linked passes in a convoy.
    """
    folder = write_good(tmp_path)
    written("case_catalogue.csv", CATALOGUE)(folder)
    written("cases.csv", CASES)(folder)
    if passes == 2:
        head = "template,pass_no,vehicle_kind,speed_kmh,water_l_m2,sweepings_kg_km,min_lag_min\n"
        rows = "ws,1,flusher,15,0.2,0,\nws,2,sweeper,8,0.2,100,2\n"
        written("operations.csv", head + rows)(folder)
        with (folder / "trucks.csv").open("a", encoding="utf-8") as table:
            table.write("S9,sweeper,D1,4000,,2000,7,2.2,04:00,12:00\n")
            table.write("F9,flusher,D1,0,0,4000,,2.2,04:00,12:00\n")
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(100))
    record = plan_record(city, done)
    acts = {a["id"]: (r, a) for r in record["routes"] for a in r["activities"]}
    for case, kind, late in (("case:D1", "sweeper", 10 * H), ("case:E1", "collector", 12 * H)):
        route, act = acts[case]
        assert route["truck_kind"] == kind
        assert act["end_s"] <= late
    assert acts["case:D1"][1]["begin_s"] >= 7 * H + 1800
    assert audit_plan(record, city, done.network).ok
