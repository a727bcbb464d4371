"""plan.json: written whole, read back the same, and every fault named with its place."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dispatch.geojson import write_geojson
from dispatch.gpx import write_gpx
from dispatch.kpis import write_kpis
from dispatch.planfile import (
    FILE_NAME,
    SCHEMA,
    check_plan,
    load_plan,
    plan_path,
    plan_text,
    save_plan,
)
from dispatch.sheets import write_sheets
from routing.errors import InputError
from tests.dispatch.plans import tiny_plan

Plan = dict[str, Any]


@pytest.fixture
def plan() -> Plan:
    """A plan that a test may change."""
    return json.loads(json.dumps(tiny_plan()))


def faults(plan: object) -> list[str]:
    """Return the faults of a plan; it must have some."""
    with pytest.raises(InputError) as caught:
        check_plan(plan)
    assert caught.value.exit_code == 2
    return caught.value.faults


def test_round_trip_and_stable_bytes(tmp_path: Path, plan: Plan) -> None:
    """What is written is read back equal, and writing it again gives the same bytes."""
    first = save_plan(tmp_path / "a", plan)
    read = load_plan(tmp_path / "a")
    assert read == plan
    assert list(read) == list(plan)
    assert save_plan(tmp_path / "b", read).read_bytes() == first.read_bytes()
    assert load_plan(first) == plan


def test_one_line_for_each_route(plan: Plan) -> None:
    """A route, a station and a task left out take a line each, so that plans can be compared."""
    lines = plan_text(plan).split("\n")
    assert sum(line.startswith('{"truck_id"') for line in lines) == 3
    assert sum(line.startswith('{"facility_id"') for line in lines) == 4
    assert "格子城" in plan_text(plan)  # not escaped
    assert plan_text(plan).endswith("}\n")


def test_empty_lists_are_valid_json(plan: Plan) -> None:
    """A day without trucks and without gaps is still a plan."""
    plan |= {"routes": [], "unserved": [], "facilities": []}
    assert json.loads(plan_text(plan)) == plan
    check_plan(plan)


def test_byte_order_mark_of_an_editor_is_read_over(tmp_path: Path, plan: Plan) -> None:
    """A file that an editor saved with a byte-order mark is the same plan."""
    (tmp_path / FILE_NAME).write_bytes(b"\xef\xbb\xbf" + plan_text(plan).encode())
    assert load_plan(tmp_path) == plan


def test_folder_or_file_may_be_named(tmp_path: Path) -> None:
    """A folder stands for the plan.json in it, a file for itself."""
    assert plan_path(tmp_path) == tmp_path / "plan.json"
    assert plan_path(tmp_path / "other.json") == tmp_path / "other.json"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"schema": "huanwei.plan/1", "routes": [', "not valid JSON at line 1 column"),
        (b"", "not valid JSON at line 1 column 1"),
        (b'{"schema": "\xff"}', "not UTF-8 text at byte 12"),
        (b"[1, 2]", "expected a JSON object"),
        (b"{}", "schema = None; expected 'huanwei.plan/1'"),
        (b'{"schema": "huanwei.plan/2"}', "schema = 'huanwei.plan/2'; expected 'huanwei.plan/1'"),
        (b'{"schema": "huanwei.plan/1"}', "plan.json: routes is missing; expected a list"),
    ],
)
def test_damaged_files_are_input_errors(tmp_path: Path, content: bytes, expected: str) -> None:
    """Whatever is wrong with the file is said in one sentence, never a traceback."""
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(InputError) as caught:
        load_plan(tmp_path)
    assert expected in str(caught.value)
    assert caught.value.exit_code == 2


def test_every_truncation_is_an_input_error(tmp_path: Path, plan: Plan) -> None:
    """A plan cut off anywhere is refused; none is taken for a smaller plan."""
    whole = plan_text(plan).encode()
    for length in range(0, len(whole) - 2, 997):
        (tmp_path / FILE_NAME).write_bytes(whole[:length])
        with pytest.raises(InputError):
            load_plan(tmp_path)


def test_absent_plans_are_input_errors(tmp_path: Path) -> None:
    """A folder without a plan, no folder at all, and a folder in the file's place."""
    (tmp_path / "odd" / FILE_NAME).mkdir(parents=True)
    for path, text in (
        (tmp_path, "not found; expected a plan folder or its plan.json"),
        (tmp_path / "none", "not found"),
        (tmp_path / "odd", "cannot be read"),
    ):
        with pytest.raises(InputError, match=text):
            load_plan(path)


def _forget(*keys: Any) -> Callable[[Plan], None]:
    def act(plan: Plan) -> None:
        for key in keys[:-1]:
            plan = plan[key]
        del plan[keys[-1]]

    return act


def _put(value: Any, *keys: Any) -> Callable[[Plan], None]:
    def act(plan: Plan) -> None:
        for key in keys[:-1]:
            plan = plan[key]
        plan[keys[-1]] = value

    return act


FIRST = ("routes", 0, "activities", 1)
CASES: list[tuple[Callable[[Plan], None], str]] = [
    (_forget("currency"), "currency is missing; expected text"),
    (_forget("bound"), "bound is missing; expected an object or null"),
    (_put("Monday", "date"), "date = 'Monday'; expected a date as 2024-11-25"),
    (_put("20241125", "date"), "date = '20241125'; expected a date as 2024-11-25"),
    (_put(3, "routes", 1), "routes[1] = 3; expected an object"),
    (_put("5:00", "routes", 2, "start_s"), "routes[2].start_s = '5:00'; expected a whole number"),
    (_put(True, "routes", 0, "cost"), "routes[0].cost = True; expected a whole number"),
    (_forget("routes", 0, "energy", "unit"), "routes[0].energy.unit is missing; expected text"),
    (_put("fly", *FIRST, "kind"), "routes[0].activities[1].kind = 'fly'; expected one of start"),
    (_put(float("nan"), *FIRST, "lon"), "routes[0].activities[1].lon = nan; expected a number"),
    (_put(None, *FIRST, "lat"), "routes[0].activities[1].lat = None; expected a number"),
    (_put([36000], *FIRST, "window"), "routes[0].activities[1].window has 1 values; expected 2"),
    (_put([0, "x"], *FIRST, "window"), "activities[1].window[1] = 'x'; expected a whole number"),
    (_forget(*FIRST, "leg", "arcs"), "routes[0].activities[1].leg.arcs is missing; expected a"),
    (_put("a", *FIRST, "leg", "arcs", 0), "leg.arcs[0] = 'a'; expected a whole number"),
    (
        _put([117.2], *FIRST, "leg", "geometry", 0),
        "leg.geometry[0] = [117.2]; expected [a number, a number]",
    ),
    (
        _put("人民路", *FIRST, "leg", "streets", 0),
        "leg.streets[0] = '人民路'; expected [text, a whole number]",
    ),
    (_forget(*FIRST, "position", "arc"), "routes[0].activities[1].position.arc is missing"),
    (_put("bin", "unserved", 0, "kind"), "unserved[0].kind = 'bin'; expected one of stop, street"),
    (_put(0.5, "facilities", 1, "received_kg", "other"), "received_kg.other = 0.5; expected a who"),
    (_forget("facilities", 1, "queue", 0, "busy"), "facilities[1].queue[0].busy is missing"),
    (_put(1, "profiles", "truck_heavy", "hgv"), "profiles.truck_heavy.hgv = 1; expected true or"),
    (_put(7, "warnings", 0), "warnings[0] = 7; expected text"),
    (_forget("fingerprint", "seed"), "fingerprint.seed is missing; expected a whole number"),
    (_forget("assumptions", 1, "source"), "assumptions[1].source is missing; expected text"),
    (_forget("required", "street_m"), "required.street_m is missing; expected a whole number"),
    (_forget("kpis", "by_stream"), "kpis.by_stream is missing; expected an object"),
    (_forget("kpis", "total", "cost"), "kpis.total.cost is missing; expected a whole number"),
    (_put("x", "kpis", "by_district", "新区", "trips"), "kpis.by_district.新区.trips = 'x'"),
    (_forget("kpis", "by_truck", "T02"), "kpis.by_truck.T02 is missing; expected an object"),
]


@pytest.mark.parametrize(("breaks", "expected"), CASES, ids=[text[:40] for _, text in CASES])
def test_each_fault_names_its_place(
    plan: Plan, breaks: Callable[[Plan], None], expected: str
) -> None:
    """One fault gives one line: the key's whole path, what came, what was expected."""
    breaks(plan)
    found = faults(plan)
    assert len(found) == 1
    assert expected in found[0]


def test_all_faults_are_reported_at_once(plan: Plan) -> None:
    """Faults in different parts of a plan come together, each with the file's name."""
    for breaks, _ in CASES[:3]:
        breaks(plan)
    del plan["unserved"][0]["reason"]
    found = faults(plan)
    assert len(found) == 4
    assert all(fault.startswith("plan.json: ") for fault in found)
    for key in ("currency", "bound", "date", "unserved[0].reason"):
        assert sum(f": {key} " in fault for fault in found) == 1


def test_many_faults_are_counted(plan: Plan) -> None:
    """Beyond twenty faults the rest is a number."""
    for route in plan["routes"]:
        for activity in route["activities"]:
            del activity["trip"]
    total = sum(len(route["activities"]) for route in plan["routes"])
    found = faults(plan)
    assert len(found) == 21
    assert found[-1] == f"plan.json: … and {total - 20} more faults"


def test_whole_numbers_stand_for_numbers(plan: Plan) -> None:
    """A coordinate or an amount that happens to be whole is a number all the same."""
    plan["routes"][0]["activities"][0]["lon"] = 117
    plan["routes"][0]["energy"]["amount"] = 4
    plan["bound"] = None
    check_plan(plan)
    assert plan["schema"] == SCHEMA


def test_a_plan_with_faults_is_not_written(tmp_path: Path, plan: Plan) -> None:
    """The former plan stays when the new one does not keep to the schema."""
    file = save_plan(tmp_path, plan)
    before = file.read_bytes()
    del plan["routes"]
    with pytest.raises(InputError, match="routes is missing"):
        save_plan(tmp_path, plan)
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


WRITERS: dict[str, Callable[[Path, Plan], object]] = {
    "plan.json": save_plan,
    "kpis.csv": lambda folder, plan: write_kpis(folder / "kpis.csv", plan),
    "sheets.xlsx": lambda folder, plan: write_sheets(folder / "sheets.xlsx", plan),
    "plan.geojson": lambda folder, plan: write_geojson(folder / "plan.geojson", plan),
    "T01.gpx": lambda folder, plan: write_gpx(folder, {**plan, "routes": plan["routes"][:1]}),
}


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failing_write_leaves_the_former_file(
    tmp_path: Path, plan: Plan, name: str, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk or a lost folder never leaves half a file, nor a temporary one."""
    WRITERS[name](tmp_path, plan)
    before = (tmp_path / name).read_bytes()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((os, "fsync") if broken == "fsync" else (Path, "replace")), fail)
    plan["date"] = "2024-11-26"
    with pytest.raises(OSError, match="No space left"):
        WRITERS[name](tmp_path, plan)
    assert (tmp_path / name).read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("name", WRITERS)
def test_every_export_has_stable_bytes(tmp_path: Path, plan: Plan, name: str) -> None:
    """The same plan gives the same bytes, and another date gives others."""
    WRITERS[name](tmp_path / "a", plan)
    WRITERS[name](tmp_path / "b", json.loads(json.dumps(plan)))
    first = (tmp_path / "a" / name).read_bytes()
    assert (tmp_path / "b" / name).read_bytes() == first
    plan["date"] = "2024-11-26"
    WRITERS[name](tmp_path / "b", plan)
    assert (tmp_path / "b" / name).read_bytes() != first
