"""A small city's day with a transfer truck: record, sheets, key figures, and an audit that sees."""

from __future__ import annotations

import copy
import datetime as dt

import pytest
from click.testing import CliRunner

from cli import main
from dispatch.audit import audit_plan
from dispatch.kpis import kpi_table
from dispatch.map import map_page
from dispatch.planfile import check_plan, save_plan
from dispatch.record import plan_record
from dispatch.sheets import build_workbook
from dispatch.summary import summary_lines
from scenarios.city import read_city
from scenarios.run import run_day
from solvers.stop import MaxIterations
from tests.cities import DAY, added, place, replaced, together, write_good, written

FACILITIES = (
    "facility_id,kind,lon,lat,streams,open,close,haul_to,storage_t\n"
    f"D1,depot,{place(0.5, 2)},,,,,\n"
    f"T1,transfer,{place(3.5, 2)},other;recyclable;sweepings,04:00,22:00,I1,1.2\n"
    f"I1,plant,{place(10, 1)},other,04:00,22:00,,\n"
    f"K1,plant,{place(2.5, 1)},kitchen,04:00,22:00,,\n"
    f"W1,water,{place(1.5, 2)},,,,,\n"
)
"""Collectors fill 1.2 t at T1; what is not recycled goes on over the bridge to I1."""


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """City, planned day and record of the town with a transfer truck of 600 kg."""
    folder = write_good(tmp_path_factory.mktemp("hauls"))
    together(
        written("facilities.csv", FACILITIES),
        replaced("trucks.csv", ("C1,collector,D1,3000", "C1,collector,D1,700")),
        added("trucks.csv", "X1,transfer,D1,600,,,,2.2,05:00,13:00"),
    )(folder)
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(100))
    return city, done, plan_record(city, done)


def loads(record):
    """Every loading of the day with its route."""
    return [
        (route, activity)
        for route in record["routes"]
        for activity in route["activities"]
        if activity["kind"] == "load"
    ]


def station(record, name="T1"):
    """One facility of the record."""
    return next(f for f in record["facilities"] if f["facility_id"] == name)


def test_the_day_is_sound_and_hauled(day):
    """The transfer truck takes loads to the plant, mass is conserved, the audit finds nothing."""
    city, done, record = day
    check_plan(record)
    report = audit_plan(record, city, done.network)
    assert report.ok, report.lines()
    assert {"haul-to", "haul-early", "haul-balance", "stock", "transfer-truck"} <= set(
        report.checked
    )
    made = loads(record)
    assert made
    assert {route["truck_id"] for route, _ in made} == {"X1"}
    stock = station(record)["stock"]
    assert stock["overflows"] == []
    assert stock["peak_kg"] <= stock["storage_kg"] == 1200
    for stream, kg in station(record)["received_kg"].items():
        assert kg == stock["taken_kg"].get(stream, 0) + stock["left_kg"].get(stream, 0)
    keys = {a.key for a in city.assumptions}
    assert "time.hooklift_swap" in keys
    assert "station.storage_loads_per_bay" not in keys  # the table says what it holds


def test_hauled_waste_is_not_collected_twice(day):
    """Collected is what the points give; what is hauled stands apart, in table and summary too."""
    _, _, record = day
    total = record["kpis"]["total"]
    work = [a for r in record["routes"] for a in r["activities"] if a["kind"] in ("stop", "street")]
    assert total["mass_kg"] == sum(a["mass_kg"] for a in work)
    assert total["hauls"] == len(loads(record))
    assert total["hauled_kg"] == sum(a["mass_kg"] for _, a in loads(record))
    assert "hauls" not in record["kpis"]["by_stream"]["kitchen"]
    assert kpi_table(record)[0][-2:] == ["hauls", "hauled_t"]
    assert any(line.startswith("hauled ") for line in summary_lines(record))


def test_people_see_the_shuttles(day):
    """The truck's tab says 装车 Load, the overview what lies at the station, the map both."""
    _, done, record = day
    book = build_workbook(record)
    shown = {str(cell.value) for row in book["X1"].iter_rows() for cell in row if cell.value}
    assert "装车 Load" in shown
    overview = {str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value}
    assert "库容\nholds t" in overview
    assert '"storage_kg"' in map_page(record, done.network)


def _elsewhere(record):
    station(record)["stock"]["left_kg"] = {}


def _untold(record):
    """Take the loads out of the route: what lies there then is more than the plan says."""
    for route in record["routes"]:
        route["activities"] = [a for a in route["activities"] if a["kind"] != "load"]


def _too_early(record):
    for _, activity in loads(record)[:1]:
        span = activity["end_s"] - activity["begin_s"]
        activity["begin_s"] = activity["arrive_s"] = 5 * 3600
        activity["end_s"] = 5 * 3600 + span


def _wrong_plant(record):
    route, _ = loads(record)[0]
    for activity in route["activities"]:
        if activity["kind"] == "unload":
            activity["id"] = "T1"


def _collector(record):
    loads(record)[0][0]["truck_id"] = "C1"


def _other_stream(record):
    loads(record)[0][1]["stream"] = "kitchen"


def _smaller(record):
    station(record)["stock"]["storage_kg"] = 9000


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (_elsewhere, "stock"),
        (_untold, "stock"),
        (_too_early, "haul-early"),
        (_wrong_plant, "haul-to"),
        (_collector, "transfer-truck"),
        (_other_stream, "haul-stream"),
        (_smaller, "stock"),
    ],
)
def test_tampered_hauls_are_found(day, tamper, code):
    """Each change of the plan is named by its own rule."""
    city, done, record = day
    changed = copy.deepcopy(record)
    tamper(changed)
    assert code in audit_plan(changed, city, done.network).codes()


def test_audit_from_the_command_line(day):
    """The command passes the plan and refuses one whose load is put down elsewhere."""
    city, _, record = day
    folder = city.folder / "plans" / DAY
    save_plan(folder, record)
    assert CliRunner().invoke(main, ["audit", str(folder)]).exit_code == 0
    changed = copy.deepcopy(record)
    _wrong_plant(changed)
    save_plan(folder, changed)
    result = CliRunner().invoke(main, ["audit", str(folder)])
    assert result.exit_code != 0
    assert "haul-to" in result.output
