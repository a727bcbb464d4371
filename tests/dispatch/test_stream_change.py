"""A small city's day on which one truck collects two streams, one after the other."""

from __future__ import annotations

import copy
import datetime as dt

import pytest

from dispatch.audit import audit_plan
from dispatch.gantt import route_bars
from dispatch.planfile import check_plan
from dispatch.record import plan_record
from dispatch.sheets import activity_cells
from scenarios.city import read_city
from scenarios.run import run_day
from solvers.stop import MaxIterations
from tests.cities import DAY, GOOD, replaced, write_good

HEAD = "shift_start,shift_end\n"
C1 = "C1,collector,D1,3000,7,,,2.2,05:00,13:00"


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """The truck for kitchen waste is in repair; C1 takes its points after its own."""
    folder = write_good(tmp_path_factory.mktemp("change"))
    rows = [row for row in GOOD["trucks.csv"].splitlines()[1:] if row != C1 and row[:2] != "F1"]
    off = next(row for row in GOOD["trucks.csv"].splitlines() if row[:2] == "F1")
    replaced(
        "trucks.csv",
        (HEAD, HEAD.strip() + ",streams,changes_stream\n"),
        (C1, f"{C1},other;kitchen,true"),
        (off + "\n", ""),
        *[(row, f"{row},,") for row in rows],
    )(folder)
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(1000))
    return city, done, plan_record(city, done)


def activities(record, kind="change"):
    """Route of C1 and its activities of one kind."""
    route = next(r for r in record["routes"] if r["truck_id"] == "C1")
    return route, [a for a in route["activities"] if a["kind"] == kind]


def test_the_change_is_in_the_record_and_the_audit_finds_nothing(day):
    """All is collected by one truck, which is made ready between its streams."""
    city, done, record = day
    check_plan(record)
    assert [u for u in record["unserved"] if u["stream"] in ("other", "kitchen")] == []
    route, changes = activities(record)
    assert [a["end_s"] - a["begin_s"] for a in changes] == [15 * 60]
    assert changes[0]["load_kg"] == 0
    report = audit_plan(record, city, done.network)
    assert report.ok, report.lines()
    assert activity_cells(changes[0], route)["what"] == "换装品类 Change of stream"
    assert [bar.kind for bar in route_bars(route)].count("change") == 1


def test_the_audit_sees_a_change_that_is_missing_or_too_short(day):
    """A load of another stream without a change, and one made ready in haste."""
    city, done, record = day
    without = copy.deepcopy(record)
    route, changes = activities(without)
    route["activities"].remove(changes[0])
    assert "stream-change" in {f.code for f in audit_plan(without, city, done.network).findings}
    hasty = copy.deepcopy(record)
    activities(hasty)[1][0]["end_s"] -= 300
    assert "change-length" in {f.code for f in audit_plan(hasty, city, done.network).findings}


def test_the_audit_asks_the_table_whether_a_truck_may_change(day):
    """The same day is refused where the truck's row does not say so."""
    city, done, record = day
    table = city.trucks.assign(changes_stream=False)
    strict = copy.copy(city)
    object.__setattr__(strict, "tables", {**city.tables, "trucks": table})
    report = audit_plan(record, strict, done.network)
    assert "stream-change" in {f.code for f in report.findings}
