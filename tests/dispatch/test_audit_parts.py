"""Parts of the audit on their own: reading, reporting, loads, queues, closures, cleaning."""

from __future__ import annotations

import ast
import copy
import dataclasses
import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box

import dispatch.audit
from dispatch.audit import audit_plan
from dispatch.audit.cleaning import NO_CLASS, Cleaning, Pass, classes_of
from dispatch.audit.figures import _between, route_cost
from dispatch.audit.loads import _compartments
from dispatch.audit.record import read_record
from dispatch.audit.report import MAX_LINES_PER_CODE, AuditReport, Recorder
from dispatch.audit.restrictions import Restrictions, arcs_named
from dispatch.audit.stations import queue_profile
from dispatch.audit.tables import Truck, clock, half_up, is_active, windows_of
from dispatch.audit.visits import _part, deadline, shared_windows
from dispatch.audit.world import read_world
from routing.errors import InputError
from routing.network import Network
from scenarios.city import City
from tests.dispatch.audit_cases import ARCS, DATE, H, grid, make_plan, write_city

DAY = dt.date.fromisoformat(DATE)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return the city of the cases."""
    return write_city(tmp_path_factory.mktemp("parts") / "city")


@pytest.fixture(scope="module")
def net() -> Network:
    """Return the grid."""
    return grid()


@pytest.fixture
def plan(city: City, net: Network) -> dict[str, Any]:
    """Return a sound plan to change."""
    return make_plan(city, net)


# ---------------------------------------------------------------- what imports what


def test_imports_no_solver_and_nothing_that_makes_plans() -> None:
    """The audit imports routing, the tables with frequencies and speeds, and itself alone."""
    allowed = (
        "routing.",
        "scenarios.city",
        "scenarios.frequency",
        "scenarios.schema",
        "scenarios.speeds",
        "dispatch.audit",
    )
    folder = Path(dispatch.audit.__file__).parent
    for file in folder.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name is not None
                root = name.split(".")[0]
                if root in ("routing", "scenarios", "solvers", "dispatch", "cli", "benchmarks"):
                    assert name.startswith(allowed), f"{file.name} imports {name}"


# ---------------------------------------------------------------- plans of other systems


OPTIONAL_ACTIVITY = {
    "leg", "position", "exit", "load_kg", "load_l", "tank_l", "trip", "bay", "window", "district",
    "lon", "lat", "mode", "side", "name", "service_arcs", "service_m", "volume_l", "water_l",
}  # fmt: skip
NEEDED_ROUTE = {"truck_id", "activities"}


def stripped(plan: dict[str, Any]) -> dict[str, Any]:
    """Return what a system that knows no network would state."""
    routes = [{k: v for k, v in r.items() if k in NEEDED_ROUTE} for r in plan["routes"]]
    for route in routes:
        route["activities"] = [
            {k: v for k, v in a.items() if k not in OPTIONAL_ACTIVITY} for a in route["activities"]
        ]
    return {"date": plan["date"], "routes": routes}


def test_a_plan_of_another_system(plan: dict[str, Any], city: City, net: Network) -> None:
    """What is missing is counted as not checked; times, windows, hours and bays are checked."""
    report = audit_plan(stripped(plan), city, net)
    assert report.findings == []
    assert report.ok
    assert {"window", "facility-hours", "bays", "shift-end"} <= set(report.checked)
    assert not {"leg-time", "kpi", "forgotten", "cost"} & set(report.checked)
    assert any(what.startswith("leg:") for what in report.not_checked)
    assert any(what.startswith("kpis:") for what in report.not_checked)
    assert any(line.startswith("not checked: ") for line in report.lines())


def test_a_fault_in_a_plan_of_another_system(
    plan: dict[str, Any], city: City, net: Network
) -> None:
    """A late stop is found although nothing is known of the way to it."""
    bare = stripped(plan)
    for activity in bare["routes"][0]["activities"]:
        for key in ("arrive_s", "begin_s", "end_s"):
            activity[key] += 3 * H
    assert "window" in audit_plan(bare, city, net).codes()


@pytest.mark.parametrize("key", ["geometry", "streets", "arcs", "time_s", "length_m"])
def test_each_part_of_a_leg_may_be_missing(
    plan: dict[str, Any], city: City, net: Network, key: str
) -> None:
    """A leg without one of its parts is checked as far as it goes."""
    for route in plan["routes"]:
        for activity in route["activities"]:
            if activity["leg"]:
                del activity["leg"][key]
    report = audit_plan(plan, city, net)
    assert report.findings == []
    assert report.not_checked


@pytest.mark.parametrize(
    "key", ["unserved", "facilities", "kpis", "required", "bound", "profiles", "fingerprint"]
)
def test_each_part_of_a_plan_may_be_missing(
    plan: dict[str, Any], city: City, net: Network, key: str
) -> None:
    """A plan without one of its parts is not at fault for it, except that sums lack the rest."""
    del plan[key]
    report = audit_plan(plan, city, net)
    assert report.not_checked
    assert set(report.codes()) <= {"kpi", "bound"}


def test_an_empty_plan_is_not_ok(city: City, net: Network) -> None:
    """A plan without any work is not sound: nothing could be checked."""
    report = audit_plan({"date": DATE, "routes": []}, city, net)
    assert report.findings == []
    assert not report.ok
    assert report.lines()[0] == "audit: nothing could be checked"


def test_hashes_alone_do_not_make_a_plan_sound(city: City, net: Network) -> None:
    """A plan that states nothing but the right hashes is not ok."""
    prints = {"map": net.fingerprint, "tables": city.tables_hash}
    report = audit_plan({"date": DATE, "routes": [], "fingerprint": prints}, city, net)
    assert report.num_checks == 2
    assert not report.ok


def test_a_plan_that_serves_nothing_forgets_everything(city: City, net: Network) -> None:
    """With an empty list of what is unserved, every visit that is due is missing."""
    report = audit_plan({"date": DATE, "routes": [], "unserved": []}, city, net)
    assert report.codes() == {"forgotten": 8}


MALFORMED = [
    ([], "expected a JSON object"),
    ({}, "date = None; expected a date"),
    ({"date": "soon", "routes": []}, "date = 'soon'; expected a date"),
    ({"date": DATE}, "routes = None; expected a list"),
    ({"date": DATE, "routes": [3]}, "routes[0] = 3; expected an object"),
    ({"date": DATE, "routes": [], "schema": "other/9"}, "schema = 'other/9'"),
    ({"date": DATE, "routes": [{"truck_id": "T1"}]}, "routes[0].activities = None"),
    ({"date": DATE, "routes": [{"truck_id": 3, "activities": []}]}, "routes[0].truck_id = 3"),
    ({"date": DATE, "routes": [], "kpis": 3}, "kpis = 3; expected an object"),
    ({"date": DATE, "routes": [], "facilities": [{"facility_id": 1}]}, "facilities[0].facility_id"),
    ({"date": DATE, "routes": [], "unserved": [{"id": "P1", "mass_kg": "x"}]}, "mass_kg = 'x'"),
]


@pytest.mark.parametrize(("plan", "message"), MALFORMED, ids=[m for _, m in MALFORMED])
def test_malformed_plans_are_refused(city: City, net: Network, plan: Any, message: str) -> None:
    """A malformed plan gives an InputError that names the key and what was expected."""
    with pytest.raises(InputError, match=r"plan\.json") as caught:
        audit_plan(plan, city, net)
    assert message in str(caught.value)


BAD_VALUES = [
    ("kind", "fly", "one of start"),
    ("arrive_s", "8:00", "a whole number"),
    ("arrive_s", None, "a whole number"),
    ("begin_s", True, "a whole number"),
    ("end_s", 1.5, "a whole number"),
    ("lon", "x", "a number"),
    ("window", [1], "two whole numbers"),
    ("service_arcs", ["a"], "a list of whole numbers"),
    ("position", [1, 2], "an object"),
    ("position", {"arc": 1}, "a whole number"),
    ("leg", {"arcs": 3}, "a list"),
    ("leg", {"geometry": [[1]]}, "2 values"),
    ("leg", {"streets": [[1, 2]]}, "2 values"),
]


@pytest.mark.parametrize(("key", "value", "expected"), BAD_VALUES)
def test_bad_values_are_named(plan: dict[str, Any], key: str, value: Any, expected: str) -> None:
    """A value of the wrong type is refused with its place in the file."""
    plan["routes"][1]["activities"][1][key] = value
    with pytest.raises(InputError) as caught:
        read_record(plan)
    assert f"plan.json routes[1].activities[1].{key}" in str(caught.value)
    assert expected in str(caught.value)


def test_all_faults_come_at_once(plan: dict[str, Any]) -> None:
    """Twenty faults are listed and the rest counted."""
    for route in plan["routes"]:
        for activity in route["activities"]:
            activity["arrive_s"] = "soon"
    with pytest.raises(InputError) as caught:
        read_record(plan)
    assert len(caught.value.faults) == 21
    assert caught.value.faults[-1] == "… and 5 more faults"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**6) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=5,
)


@given(data=st.data())
def test_no_plan_makes_the_reader_crash(data: st.DataObject) -> None:
    """Whatever stands in a plan, it is read or refused."""
    activity = {"kind": "stop", "id": "P1", "arrive_s": 0, "begin_s": 0, "end_s": 0}
    route: dict[str, Any] = {"truck_id": "T1", "activities": [activity]}
    plan: dict[str, Any] = {"date": DATE, "routes": [route]}
    place = data.draw(st.sampled_from([plan, route, activity]))
    keys = ["leg", "position", "window", "energy", "facilities", "unserved", "kpis", "activities"]
    place[data.draw(st.sampled_from([*keys, "date", "kind", "routes"]))] = data.draw(JSON)
    try:
        read_record(plan)
    except InputError as error:
        assert all(fault.startswith("plan.json") for fault in error.faults)


# ---------------------------------------------------------------- reports


def test_long_reports_are_cut() -> None:
    """Findings of one code beyond the first ten are counted, not listed."""
    record = Recorder()
    for i in range(13):
        record.check(False, "cost", f"no {i}")
    record.warn("odd")
    lines = record.report().lines()
    assert sum("[cost]" in line for line in lines) == MAX_LINES_PER_CODE + 1
    assert "  … and 3 more [cost]" in lines
    assert "warning: odd" in lines
    assert lines[0] == "audit: 13 findings in 13 checks"


def test_report_as_data() -> None:
    """The report turns into plain data with everything it knows."""
    record = Recorder()
    record.check(True, "cost", "")
    record.equal(None, 3, "trip", "trip")
    record.equal(2, 3, "trip", "trip", "T1", 4)
    data = record.report().as_dict()
    assert data == {
        "ok": False,
        "findings": [
            {
                "code": "trip",
                "route": "T1",
                "activity_idx": 4,
                "text": "trip is stated as 2, recomputed as 3",
            }
        ],
        "checked": {"cost": 1, "trip": 1},
        "not_checked": {"trip: trip is not stated": 1},
        "warnings": [],
    }


def test_an_empty_report_is_not_ok() -> None:
    """No findings are no praise where nothing was checked."""
    assert not AuditReport().ok


# ---------------------------------------------------------------- small rules


@pytest.mark.parametrize(
    ("amounts", "number", "needed"),
    [
        ({"other": 10}, 1, 1),
        ({"other": 11}, 1, 2),
        ({}, 1, 0),
        ({"other": 5, "kitchen": 5}, 2, 2),
        ({"other": 6, "kitchen": 5}, 2, 3),
        ({"other": 10}, 2, 2),
        ({"sand": 1}, 1, 2),
        ({"sand": 0}, 1, 0),
    ],
)
def test_compartments(amounts: dict[str, int], number: int, needed: int) -> None:
    """A truck of 10 t in two compartments holds 5 t of each of two streams, or 10 t of one."""
    assert _compartments(amounts, {"other": 10, "kitchen": 10}, number) == needed


@given(
    st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 900), st.integers(0, 1500)), max_size=6)
)
def test_queue_profile_against_a_count_at_each_minute(visits: list[tuple[int, int, int]]) -> None:
    """Waiting and busy trucks are those that a count at each full minute finds."""
    times = [(a, a + wait, a + wait + work) for a, wait, work in visits]
    counted = {}
    for minute in range(200):
        now = 60 * minute
        waiting = sum(a <= now < b for a, b, _ in times)
        busy = sum(b <= now < c for _, b, c in times)
        if waiting or busy:
            counted[minute] = (waiting, busy)
    assert queue_profile(times) == counted


def test_cost_by_hand(city: City) -> None:
    """T2: 200 + 3.2 km x 2.5 + 1 h x 59 + 10 min of overtime x 29.5/h, in thousandths."""
    truck = read_world(city, DAY).trucks["T2"]
    end = truck.shift_end + 600
    assert route_cost(truck, 1.5, 3200, end - H, end) == 200_000 + 8000 + 59_000 + 4917


def test_energy_between_weights() -> None:
    """The factor runs straight between weights and stays flat outside."""
    scale = ((5.0, 0.4), (10.0, 0.6), (20.0, 1.0))
    found = [_between(scale, tonnes) for tonnes in (1, 5, 7.5, 10, 15, 20, 40)]
    assert found == pytest.approx([0.4, 0.4, 0.5, 0.6, 0.8, 1.0, 1.0])


def test_cells() -> None:
    """Windows open where a cell is empty; dates hold on both ends; halves go up."""
    nothing = pd.NA
    assert windows_of(nothing, nothing) == ()
    assert windows_of(3600, nothing) == ((3600, 48 * 3600),)
    assert windows_of(7200, 9000, nothing, 3600) == ((0, 3600), (7200, 9000))
    row = SimpleNamespace(active_from=pd.Timestamp(DATE), active_to=pd.Timestamp(DATE))
    assert is_active(row, DAY)
    assert not is_active(row, DAY + dt.timedelta(days=1))
    assert not is_active(row, DAY - dt.timedelta(days=1))
    assert is_active(SimpleNamespace(active_from=pd.NaT, active_to=pd.NaT), DAY)
    assert (half_up(2.5), half_up(-2.5), half_up(2.4)) == (3, -3, 2)
    assert clock(25 * H + 61) == "25:01:01"


def test_the_world_of_the_tables(city: City) -> None:
    """Trucks come in whole units: 12 m3 of other waste packed from 250 to 550 kg/m3."""
    world = read_world(city, DAY)
    truck = world.trucks["T1"]
    assert truck.capacity_l == {"other": 26_400}
    assert (truck.height_cm, truck.weight_kg, truck.hgv) == (320, 18_000, True)
    assert not world.trucks["T2"].hgv
    assert world.trucks["T2"].max_overtime_s == H
    assert world.stations["Z1"].capacity_kg == 20_000
    assert world.points["P1"].windows == ((7 * H, 7 * H + 2400),)
    assert not world.points["Q2"].active


# ---------------------------------------------------------------- several visits, cases


def test_visits_share_the_day() -> None:
    """Two visits without windows meet at 12:30; three share 17 hours."""
    halves = [((0, 12 * H + 1800),), ((12 * H + 1800, 48 * H),)]
    assert shared_windows((), 2) == halves
    assert shared_windows((), 1) == [()]
    assert [w[0][0] for w in shared_windows((), 3)] == [0, 9 * H + 2400, 15 * H + 1200]


def test_visits_share_windows() -> None:
    """Each has its own window while there are enough; else windows are cut into equal parts."""
    two = ((6 * H, 8 * H), (18 * H, 20 * H))
    assert shared_windows(two, 1) == [two]
    assert shared_windows(two, 2) == [(two[0],), (two[1],)]
    assert shared_windows(two, 3) == [((6 * H, 7 * H),), ((7 * H, 8 * H),), (two[1],)]


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_parts_add_up(amount: int, count: int) -> None:
    """The parts of several visits add up to the day's amount and differ by one at most."""
    parts = [_part(amount, k, count) for k in range(1, count + 1)]
    assert sum(parts) == amount
    assert max(parts) - min(parts) <= 1


DEADLINES = [
    ("2024-11-25", 9 * H, 4 * H, 13 * H),  # a Monday
    ("2024-11-25", 6 * H, 4 * H, 12 * H),  # before working hours
    ("2024-11-25", 16 * H, 4 * H, 34 * H),  # two hours today, two tomorrow
    ("2024-11-22", 17 * H, 2 * H, (3 * 24 + 9) * H),  # over the weekend
    ("2024-11-25", (-3 * 24 + 17) * H, 2 * H, 9 * H),  # reported on Friday
]


@pytest.mark.parametrize(("date", "reported_s", "allowed_s", "expected"), DEADLINES)
def test_deadlines_in_working_hours(
    city: City, date: str, reported_s: int, allowed_s: int, expected: int
) -> None:
    """The clock of a case runs from 08:00 to 18:00 on workdays."""
    assert deadline(city, dt.date.fromisoformat(date), reported_s, allowed_s) == expected


# ---------------------------------------------------------------- closures and limits


def place_row(**cells: Any) -> SimpleNamespace:
    """Return a row that names streets."""
    return SimpleNamespace(**({"way_id": pd.NA, "name": None, "area": None} | cells))


def named(net: Network, row: SimpleNamespace) -> set[str]:
    """Return the names of the arcs that a row names."""
    return {arc for arc, i in ARCS.items() if arcs_named(net, row)[i]}


def test_a_row_names_streets_by_way_name_and_area(net: Network) -> None:
    """Each alone, and together only what all of them name."""
    area = box(112.199, 31.029, 112.204, 31.0325).wkt
    first = {"AB", "BA", "BC", "CB", "CD", "DC"}
    assert named(net, place_row(way_id=201)) == first
    assert named(net, place_row(name="人民路")) == first
    inside = {"AB", "BA", "AE", "EA", "BF", "FB"}
    assert inside <= named(net, place_row(area=area))
    assert named(net, place_row(name="人民路", area=area)) == {"AB", "BA"}
    assert named(net, place_row(name="长安街")) == set()
    assert named(net, place_row()) == set()


def limit(**cells: Any) -> dict[str, Any]:
    """Return a row of limits.csv on 人民路."""
    empty = {"limit_id": "L", "kind": "truck_ban", "value": np.nan, "way_id": pd.NA, "area": None,
             "name": "人民路", "from_time": pd.NA, "to_time": pd.NA, "permit": None}  # fmt: skip
    return empty | cells


LIMITS = [
    ("T1", {}, True),
    ("T2", {}, False),  # 3.0 t is no heavy goods vehicle
    ("T2", {"value": 2.0}, True),
    ("T1", {"value": 18.0}, False),
    ("T1", {"from_time": 20 * H, "to_time": 22 * H}, False),
    ("T1", {"from_time": 11 * H, "to_time": 13 * H}, True),
    ("T1", {"from_time": 22 * H, "to_time": 31 * H + 60}, True),  # the night before runs to 07:01
    ("T2", {"value": 1.0, "from_time": 8 * H + 1800, "to_time": 10 * H}, True),  # overtime counts
    ("T2", {"value": 1.0, "from_time": 9 * H, "to_time": 10 * H}, False),
    ("T4", {"permit": "centre"}, False),
    ("T1", {"permit": "centre"}, True),
    ("T4", {"permit": "harbor"}, True),
    ("T1", {"kind": "max_weight_t", "value": 17.9}, True),
    ("T1", {"kind": "max_weight_t", "value": 18.0}, False),
    ("T1", {"kind": "max_height_m", "value": 3.1}, True),
    ("T1", {"kind": "max_height_m", "value": 3.2}, False),
    ("T1", {"kind": "max_width_m", "value": 2.4}, True),
    ("T4", {"kind": "max_width_m", "value": 2.4, "permit": "centre"}, False),
    ("T1", {"kind": "wash_corridor"}, False),
]


def whole_shift(truck: Truck) -> tuple[int, int]:
    """Return the hours of a truck with its overtime."""
    return truck.shift_start, truck.shift_end + truck.max_overtime_s


@pytest.mark.parametrize(("truck_id", "cells", "binds"), LIMITS)
def test_limits(
    city: City, net: Network, truck_id: str, cells: dict[str, Any], binds: bool
) -> None:
    """A limit binds by hours, weight, size and permit."""
    tables = {"closures": city.closures.iloc[:0], "limits": pd.DataFrame([limit(**cells)])}
    only: Any = SimpleNamespace(**tables)
    truck: Truck = read_world(city, DAY).trucks[truck_id]
    blocked = Restrictions(only, net, DAY).blocked(truck, whole_shift(truck))
    assert blocked[ARCS["AB"]] == binds


CLOSURES = [
    ({}, True),
    ({"date_from": "2024-11-25", "date_to": "2024-11-25"}, True),
    ({"date_from": "2024-11-26"}, False),
    ({"date_to": "2024-11-24"}, False),
    ({"from_time": 12 * H, "to_time": 14 * H}, False),
    ({"from_time": 6 * H, "to_time": 7 * H + 1}, True),
    ({"from_time": 6 * H, "to_time": 7 * H}, False),
    ({"date_to": "2024-11-24", "from_time": 22 * H, "to_time": 32 * H}, True),
]


@pytest.mark.parametrize(("cells", "binds"), CLOSURES)
def test_closures(city: City, net: Network, cells: dict[str, Any], binds: bool) -> None:
    """A closure holds on its dates and hours; the night before reaches into the morning."""
    row = {"closure_id": "X", "way_id": 201, "name": None, "area": None, "date_from": None,
           "date_to": None, "from_time": pd.NA, "to_time": pd.NA} | cells  # fmt: skip
    frame = pd.DataFrame([row])
    for key in ("date_from", "date_to"):
        frame[key] = pd.to_datetime(frame[key])
    only: Any = SimpleNamespace(closures=frame, limits=city.limits.iloc[:0])
    truck = read_world(city, DAY).trucks["T1"]
    blocked = Restrictions(only, net, DAY).blocked(truck, whole_shift(truck))
    assert blocked[ARCS["AB"]] == binds
    assert not blocked[ARCS["EF"]]


def test_what_is_shut_for_a_part_of_the_shift(city: City, net: Network) -> None:
    """A leg meets a closure if any moment of it does; the ends of its hours are changes."""
    row = {"closure_id": "X", "way_id": 201, "name": None, "area": None, "date_from": pd.NaT,
           "date_to": pd.NaT, "from_time": 8 * H, "to_time": 9 * H}  # fmt: skip
    only: Any = SimpleNamespace(closures=pd.DataFrame([row]), limits=city.limits.iloc[:0])
    truck = read_world(city, DAY).trucks["T1"]
    shut = Restrictions(only, net, DAY)
    assert not shut.blocked(truck, (8 * H - 60, 8 * H))[ARCS["AB"]]
    assert shut.blocked(truck, (8 * H - 60, 8 * H + 1))[ARCS["AB"]]
    assert not shut.blocked(truck, (9 * H, 9 * H + 60))[ARCS["AB"]]
    assert {8 * H, 9 * H} <= shut.changes(truck)


# ---------------------------------------------------------------- street cleaning


def test_hours_of_rest() -> None:
    """Work may touch hours of rest but not fall into them, those of the next day included."""
    work = Pass(8.0, 0.3, 3.5, 200.0, ((6 * H, 9 * H),), ((7 * H, 8 * H),))
    assert not work.disturbs(6 * H, 7 * H)
    assert work.disturbs(6 * H, 7 * H + 1)
    assert not work.disturbs(8 * H, 9 * H)
    assert work.disturbs(8 * H, 9 * H + 1)
    assert work.disturbs(5 * H, 5 * H + 60)
    assert Pass(8.0, 0, 3.5, 0, (), ((7 * H, 8 * H),)).disturbs(31 * H + 60, 31 * H + 120)


def test_what_a_pass_takes() -> None:
    """1 km at 8 km/h: 450 s, 0.3 L/m2 on 3.5 m = 1050 L, 200 kg."""
    work = Pass(8.0, 0.3, 3.5, 200.0, (), ())
    assert work.seconds(100_000) == 450
    assert work.water_l(100_000) == pytest.approx(1050)
    assert work.sweepings_kg(100_000) == pytest.approx(200)


def test_cleaning_classes(city: City, net: Network) -> None:
    """Class 1 on 人民路, class 2 on 建设路, none elsewhere."""
    classes, _ = classes_of(city, net)
    assert [classes[ARCS[arc]] for arc in ("AB", "EF", "IJ")] == [1, 2, NO_CLASS]


def test_no_wet_work_in_the_cold(city: City, net: Network) -> None:
    """At 3.9 degrees no wet pass is due, at 4 it is; a dry one always."""
    arcs = [ARCS["BA"]]
    for wet, cold, due in ((True, 3.9, 0), (True, 4.0, 1), (False, -9.0, 1)):
        weather = pd.DataFrame(
            [{"date": pd.Timestamp(DATE), "min_temp_c": cold, "max_temp_c": 20.0, "rain_mm": 0.0}]
        )
        tables = city.tables | {"weather": weather, "operations": city.operations.assign(wet=wet)}
        that = dataclasses.replace(city, tables=tables)
        assert len(Cleaning(that, net, DAY).passes(arcs, "sweeper")) == due


def test_streets_are_due_on_their_days(city: City, net: Network) -> None:
    """A programme of two days a week sweeps a street on exactly two days of a week."""
    tables = city.tables | {"programmes": city.programmes.assign(frequency="2/week")}
    that = dataclasses.replace(city, tables=tables)
    days = [DAY + dt.timedelta(days=k) for k in range(7)]
    due = [len(Cleaning(that, net, day).passes([ARCS["BA"]], "sweeper")) for day in days]
    assert sorted(due) == [0, 0, 0, 0, 0, 1, 1]


def test_pieces_of_two_classes_make_no_run(city: City, net: Network) -> None:
    """A run has one class; a one-way street worked on both curbs is worked twice."""
    cleaning = Cleaning(city, net, DAY)
    assert cleaning.passes([ARCS["BA"], ARCS["EF"]], "sweeper") == []
    assert cleaning.passes([ARCS["BA"]], "flusher") == []
    assert cleaning.times(ARCS["BA"]) == 1
    one_way = dataclasses.replace(net, arc_reverse=np.full(net.num_arcs, -1, dtype=np.int32))
    both = dataclasses.replace(
        city, tables=city.tables | {"operations": city.operations.assign(sides="both")}
    )
    assert Cleaning(both, one_way, DAY).times(ARCS["BA"]) == 2
    assert Cleaning(city, one_way, DAY).times(ARCS["BA"]) == 1


def test_a_warning_says_how_much_is_not_swept(
    plan: dict[str, Any], city: City, net: Network
) -> None:
    """The sound plan sweeps one of the two directions of 人民路; the warning says so."""
    (warning,) = audit_plan(plan, city, net).warnings
    assert warning.startswith("1.7 km of curb are due for sweeping; the plan works")


def test_copying_a_plan_is_enough(plan: dict[str, Any], city: City, net: Network) -> None:
    """Plans go through JSON: a copy made of lists and dictionaries is judged alike."""
    assert audit_plan(copy.deepcopy(plan), city, net).ok
