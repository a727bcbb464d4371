"""A storm from its file to routes: priorities, cycles, salt, deadlines, and the drill."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from dispatch.audit import audit_plan
from dispatch.package import audit_folder
from dispatch.planfile import load_plan
from routing.errors import InputError
from scenarios.city import read_city
from scenarios.cleaning.storm import Storm, read_storm
from scenarios.cleaning.winter import cycles
from scenarios.run import load_network
from tests.cities import BRIDGE, added, place, write_good, written

H = 3600
STORM = (
    'date = 2024-11-25\nsnow_from = "01:00"\nsnow_to = "07:00"\ndepth_cm = 6\ntemp_c = -4\n'
    'shift = "00:00-14:00"\nslopes = ["经0路"]\n'
)
STREETS = "street_id,osm_class,cleaning_class\nA,primary,1\nB,secondary,2\nC,residential,3\n"
TRUCKS = (
    "truck_id,kind,depot_id,capacity_kg,capacity_m3,salt_kg,width_m,shift_start,shift_end\n"
    "C1,collector,D1,3000,7,,2.2,05:00,13:00\n"
    "N1,plough,D1,0,0,300,2.2,06:00,12:00\nN2,plough,D1,0,0,300,2.2,06:00,12:00\n"
)


def snowy(folder: Path, storm: str = STORM) -> Path:
    """The good city with two ploughs, a salt store and a storm."""
    city = write_good(folder)
    written("streets.csv", STREETS)(city)
    written("trucks.csv", TRUCKS)(city)
    added("facilities.csv", f"N0,salt,{place(1.5, 3)},,,,,")(city)
    (city / "storm.toml").write_text(storm, encoding="utf-8")
    return city


def run(city: Path, *more: str) -> Any:
    """What the command prints as JSON."""
    arguments = ["winter", str(city), "--storm", str(city / "storm.toml"), "--iterations", "40"]
    result = CliRunner().invoke(main, [*arguments, "--json", *more])
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def stormy(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """The storm as planned, played through."""
    city = snowy(tmp_path_factory.mktemp("winter"))
    return city, run(city, "--drill")


def test_every_priority_in_every_cycle(stormy):
    """The evening before and three cycles; other streets only when the snow has ended."""
    _, record = stormy
    worked = {(one["cycle"], one["priority"]) for one in record["cleared"]}
    assert worked == {(0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3)}
    limits = {1: 90 * 60, 2: 180 * 60, 3: 480 * 60}
    for one in record["cleared"]:
        if one["cycle"] and one["clear_s"] is not None:
            assert one["begin_s"] < one["clear_s"] <= one["begin_s"] + limits[one["priority"]]
        assert (one["clear_s"] is None) == (one["cleared_km"] < one["km"])
    # the bridge, and the slope that the storm names, are residential or of class 2 otherwise
    assert all(one["km"] > 0.5 for one in record["cleared"] if one["priority"] == 1)


def test_no_snow_falls_in_tunnels(tmp_path: Path):
    """The way over the river as a tunnel: it is driven through to the east bank, not ploughed."""
    city = snowy(tmp_path / "city")
    streets = city / "map.osm"
    text = streets.read_text(encoding="utf-8")
    assert text.count('k="bridge"') == 1
    streets.write_text(text.replace('k="bridge"', 'k="tunnel"'), encoding="utf-8")
    record = run(city)
    assert [report["ok"] for report in record["audit"]] == [True, True]
    network = load_network(read_city(city), lambda text: None)
    plan = load_plan(city / "plans" / "winter-2024-11-25" / "storm")
    acts = [act for route in plan["routes"] for act in route["activities"]]
    ways = {
        int(network.arc_way_id[arc])
        for act in acts
        if act["kind"] == "street"
        for arc in act["service_arcs"]
    }
    assert BRIDGE not in ways
    assert 701 in ways


def test_streets_are_ploughed_while_they_are_open(tmp_path: Path):
    """No truck drives from 06:30 to 09:00: what had to be clear by 08:30 is left out, and told."""
    city = snowy(tmp_path / "city")
    area = '"POLYGON ((111 30, 113 30, 113 32, 111 32, 111 30))"'
    text = f"limit_id,kind,area,from_time,to_time\nL1,truck_ban,{area},06:30,09:00\n"
    written("limits.csv", text)(city)
    record = run(city)
    assert [report["ok"] for report in record["audit"]] == [True, True]
    last = {one["priority"]: one for one in record["cleared"] if one["cycle"] == 3}
    assert last[1]["clear_s"] is None and last[1]["cleared_km"] == 0
    assert record["left"] == {"window": record["left_out"]}
    plan = load_plan(city / "plans" / "winter-2024-11-25" / "storm")
    acts = [act for route in plan["routes"] for act in route["activities"]]
    works = [act for act in acts if act["kind"] == "street"]
    assert works
    assert all(act["end_s"] <= 6.5 * H or act["begin_s"] >= 9 * H for act in works)


def test_salt_is_reloaded_before_it_runs_out(stormy):
    """Each plough loads 300 kg and calls at the store as often as it must."""
    city, record = stormy
    plan = load_plan(city / "plans" / "winter-2024-11-25" / "storm")
    spread = 0
    for route in plan["routes"]:
        aboard = 300
        for act in route["activities"]:
            aboard = 300 if act["kind"] == "refill" else aboard
            if act["kind"] == "street":
                aboard -= act["water_l"]
                spread += act["water_l"]
            assert aboard >= 0
    assert spread == record["salt_kg"] > 600
    assert {a["id"] for r in plan["routes"] for a in r["activities"] if a["kind"] == "refill"} == {
        "N0"
    }


def reviewed(city: Path, change: Any, name: str = "storm") -> dict[str, int]:
    """What the audit finds after a change to one of the plans."""
    tables = read_city(city)
    plan = copy.deepcopy(load_plan(city / "plans" / "winter-2024-11-25" / name))
    change(plan)
    network = load_network(tables, lambda text: None)
    return audit_plan(plan, tables, network).codes()


def works_of(plan: dict[str, Any], cycle: int = 1) -> list[dict[str, Any]]:
    """The street work of a plan in a cycle."""
    acts = [a for route in plan["routes"] for a in route["activities"]]
    return [a for a in acts if a["kind"] == "street" and a["id"].endswith(f"#{cycle}")]


def test_both_plans_of_a_storm_are_audited(stormy):
    """Evening and storm are sound; priorities, deadlines, salt and what is clear were checked."""
    city, record = stormy
    assert [report["ok"] for report in record["audit"]] == [True, True]
    for report in record["audit"]:
        assert {"cycle", "deadline", "street-salt", "wet-off", "clear"} <= report["checked"].keys()
    for name in ("evening", "storm"):
        assert reviewed(city, lambda plan: None, name) == {}
        assert audit_folder(city / "plans" / "winter-2024-11-25" / name, None, print).ok


def late(plan: dict[str, Any]) -> None:
    """The first run of priority 1 three hours later."""
    for act in works_of(plan)[:1]:
        act["begin_s"] += 3 * H
        act["end_s"] += 3 * H


def salted(plan: dict[str, Any]) -> None:
    """More salt than the storm asks for."""
    works_of(plan)[0]["water_l"] += 40


def dry(plan: dict[str, Any]) -> None:
    """The salt store is never called at."""
    for route in plan["routes"]:
        route["activities"] = [a for a in route["activities"] if a["kind"] != "refill"]


def wet(plan: dict[str, Any]) -> None:
    """A collector takes over the work of a plough."""
    plan["routes"][0]["truck_id"] = "C1"


def numbered(plan: dict[str, Any]) -> None:
    """A run of a cycle that the storm has not."""
    work = works_of(plan)[0]
    work["id"] = work["id"].replace("#1", "#9")


def bare(plan: dict[str, Any]) -> None:
    """A run of the last cycle is not worked at all."""
    name = works_of(plan, 3)[0]["id"]
    for route in plan["routes"]:
        route["activities"] = [a for a in route["activities"] if a["id"] != name]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (late, "deadline"), (salted, "street-salt"), (dry, "tank"), (wet, "wet-off"),
        (numbered, "cycle"), (bare, "clear"),
    ],
)  # fmt: skip
def test_the_audit_of_a_storm_finds(stormy, change, code):
    """Each rule of a storm that is broken is found by its name."""
    city, _ = stormy
    assert code in reviewed(city, change)


def test_what_is_stated_clear_is_recomputed(stormy):
    """An earlier time until a priority is clear, or no summary at all, is a finding."""
    city, _ = stormy
    file = city / "plans" / "winter-2024-11-25" / "winter.json"
    before = file.read_text(encoding="utf-8")
    try:
        summary = json.loads(before)
        row = next(r for r in summary["cleared"] if r["cycle"] == 3 and r["clear_s"])
        row["clear_s"] -= 600
        file.write_text(json.dumps(summary), encoding="utf-8")
        assert "clear" in reviewed(city, lambda plan: None)
        file.unlink()
        assert "storm" in reviewed(city, lambda plan: None)
    finally:
        file.write_text(before, encoding="utf-8")


def test_the_drill_ends_with_all_that_can_be_cleared(stormy):
    """The shares of the last moment are those that the plan clears."""
    _, record = stormy
    last = record["drill"][-1]["clear"]
    for one in record["cleared"]:
        if one["cycle"] == 3:
            share = one["cleared_km"] / one["km"]
            assert last[str(one["priority"])] == pytest.approx(share, abs=1e-3)
    assert record["drill"][0]["at"] == "01:00"


def test_salt_is_not_spread_in_great_cold(tmp_path: Path):
    """Below -9 °C the streets are ploughed only, and nothing is spread the evening before."""
    record = run(snowy(tmp_path, STORM.replace("temp_c = -4", "temp_c = -12")))
    assert record["salt_kg"] == 0
    assert min(one["cycle"] for one in record["cleared"]) == 1
    assert any("salt does not help" in note for note in record["notes"])


def test_without_salt_streets_are_ploughed(tmp_path: Path):
    """Where no plough holds any, streets are cleared all the same, which is told and audited."""
    unsalted = written("trucks.csv", TRUCKS.replace(",300,", ",,"))
    city = snowy(tmp_path)
    unsalted(city)
    record = run(city)
    assert record["salt_kg"] == 0
    assert sum(one["cleared_km"] for one in record["cleared"]) > 0
    assert min(one["cycle"] for one in record["cleared"]) == 1
    assert any("no plough holds salt" in note for note in record["notes"])
    assert all(report["ok"] for report in record["audit"])


def test_why_runs_are_left_out_is_told(tmp_path: Path):
    """With too little salt aboard for any street no run is worked, and it is told what to add."""
    city = snowy(tmp_path)
    written("trucks.csv", TRUCKS.replace(",300,", ",1,"))(city)
    arguments = ["winter", str(city), "--storm", str(city / "storm.toml"), "--iterations", "10"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    record = json.loads(next((city / "plans").rglob("winter.json")).read_text(encoding="utf-8"))
    assert record["left"]["water"] > 0
    assert f"{record['left']['water']} runs left out: The salt that it needs is" in result.output


def test_without_ploughs_there_is_no_winter_service(tmp_path: Path):
    """Exit code 4 and what to add."""
    city = snowy(tmp_path)
    written("trucks.csv", TRUCKS.split("N1", maxsplit=1)[0])(city)
    result = CliRunner().invoke(main, ["winter", str(city), "--storm", str(city / "storm.toml")])
    assert result.exit_code == 4
    assert "no plough is on shift; add trucks of kind plough" in result.output


def test_cycles_by_hand():
    """Snow from 01:00 to 07:00 every three hours: 01:00, 04:00, and the last from 07:00."""
    storm = Storm(None, H, 7 * H, 6, -4, (0, 14 * H))  # type: ignore[arg-type]
    assert cycles(storm) == [(1, H, 4 * H), (2, 4 * H, 7 * H), (3, 7 * H, 15 * H)]


def test_all_faults_of_a_storm_at_once(tmp_path: Path):
    """Unknown, missing and wrong keys are told together, each with what is expected."""
    file = tmp_path / "storm.toml"
    file.write_text(
        'date = "monday"\nsnow_from = "25"\nshift = "14:00-06:00"\ntemp_c = 40\nsnow = 3\n',
        encoding="utf-8",
    )
    with pytest.raises(InputError) as error:
        read_storm(file)
    text = str(error.value)
    for word in (
        "snow is unknown",
        "snow_to is missing",
        "depth_cm is missing",
        "date = 'monday'; expected a date",
        "snow_from = '25'; expected a time",
        "shift = '14:00-06:00'; expected two times in order",
        "temp_c = 40; expected a number from -60 to 10",
    ):
        assert word in text
    file.write_text(STORM.replace('"07:00"', '"00:30"'), encoding="utf-8")
    with pytest.raises(InputError, match="snow_to is not after snow_from"):
        read_storm(file)
    with pytest.raises(InputError, match="cannot be read"):
        read_storm(tmp_path / "none.toml")
