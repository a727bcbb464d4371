"""Snow hauled away after a storm: heaps, loaders and tippers in step, dumps, audit and drill."""

from __future__ import annotations

import copy
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner

from cli import main
from dispatch.audit import audit_plan
from dispatch.package import audit_folder
from dispatch.planfile import load_plan
from dispatch.winter import summary_lines
from routing.errors import InfeasibleError
from scenarios.city import read_city
from scenarios.cleaning.storm import Storm, assumed
from scenarios.day import plan_day
from scenarios.run import load_network
from scenarios.sample import write_sample
from scenarios.snow.haul import _Hauling
from tests.cities import added, place, replaced, write_good, written

H = 3600
STORM = (
    'date = 2024-11-25\nsnow_from = "01:00"\nsnow_to = "04:00"\ndepth_cm = 6\ntemp_c = -12\n'
    'shift = "00:00-14:00"\nslopes = ["经0路"]\nhaul = "14:00-23:00"\n'
)
STREETS = "street_id,osm_class,cleaning_class\nA,primary,1\nC,residential,3\n"
TRUCKS = (
    "truck_id,kind,depot_id,capacity_kg,capacity_m3,salt_kg,width_m,shift_start,shift_end\n"
    "C1,collector,D1,3000,7,,2.2,05:00,13:00\n"
    "N1,plough,D1,0,0,900,2.2,06:00,12:00\nN2,plough,D1,0,0,900,2.2,06:00,12:00\n"
    "L1,loader,D1,0,0,,2.4,12:00,22:00\n"
    "Q1,tipper,D1,8000,16,,2.4,12:00,22:00\nQ2,tipper,D1,8000,,,2.4,13:00,21:00\n"
    "Q3,tipper,D1,8000,,,2.4,00:00,12:00\n"
)
DUMP = f"X1,snow_dump,{place(3.5, 1)},snow,13:00,23:00,,"


def snowy(folder: Path, *changes: Any, storm: str = STORM) -> Path:
    """The good city with ploughs, a loader, tippers and a dump, and a storm."""
    city = write_good(folder)
    written("streets.csv", STREETS)(city)
    written("trucks.csv", TRUCKS)(city)
    added("facilities.csv", DUMP)(city)
    for change in changes:
        change(city)
    (city / "storm.toml").write_text(storm, encoding="utf-8")
    return city


def called(city: Path, *more: str) -> Any:
    """The command's result."""
    arguments = ["winter", str(city), "--storm", str(city / "storm.toml"), "--iterations", "40"]
    return CliRunner().invoke(main, [*arguments, "--json", *more])


def run(city: Path, *more: str) -> Any:
    """What the command prints as JSON."""
    result = called(city, *more)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.fixture(scope="module")
def hauled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """A storm whose snow is hauled away, played through."""
    city = snowy(tmp_path_factory.mktemp("snow"))
    return city, run(city, "--drill")


def test_all_snow_is_hauled_in_order_of_priority(hauled):
    """Slopes and bridge are done before the main street; the residential one keeps its snow."""
    _, record = hauled
    haul = record["haul"]
    first, second = haul["hauled"]
    assert (first["priority"], second["priority"]) == (1, 2)
    for one in haul["hauled"]:
        assert one["hauled_l"] == one["litres"] > 0
        assert one["hauled_loads"] == one["loads"]
    assert 14 * H < first["done_s"] < second["done_s"] < 23 * H
    assert haul["left"] == {}
    assert haul["trips"] >= sum(one["litres"] for one in haul["hauled"]) / 20_000


def test_what_is_assumed_of_the_snow_is_told(hauled):
    """Every default that the volume and the time of loading rest on; none that the file sets."""
    _, record = hauled
    assert "400 kg/m3" in record["haul"]["assumed"]
    assert "loads of at most 10 m3" in record["haul"]["assumed"]
    storm = Storm(dt.date(2024, 11, 25), H, 7 * H, 6, -4, (0, 14 * H), snow_kg_m3=300)
    assert not any("kg/m3" in text for text in assumed(storm))


def acts(plan: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """All activities of a kind, in order of routes."""
    return [a for route in plan["routes"] for a in route["activities"] if a["kind"] == kind]


def test_loads_are_taken_beside_a_loader_one_at_a_time(hauled):
    """By the plan alone: inside the stay at the heap, no two at once, tippers within shifts."""
    city, record = hauled
    plan = load_plan(city / "plans" / "winter-2024-11-25" / "snow")
    stays = {a["id"]: (a["begin_s"], a["end_s"]) for a in acts(plan, "street")}
    spans: dict[str, list[tuple[int, int]]] = {}
    for act in acts(plan, "stop"):
        heap = act["id"].rpartition("+")[0]
        assert stays[heap][0] <= act["begin_s"] < act["end_s"] <= stays[heap][1]
        spans.setdefault(heap, []).append((act["begin_s"], act["end_s"]))
    assert spans.keys() == {heap["id"] for heap in record["haul"]["heaps"]}
    for own in map(sorted, spans.values()):
        assert all(end <= begin for (_, end), (begin, _) in zip(own, own[1:], strict=False))
    by_truck = {route["truck_id"]: route for route in plan["routes"]}
    assert set(by_truck) <= {"L1", "Q1", "Q2"}
    assert by_truck["Q2"]["end_s"] <= 21 * H
    assert {a["id"] for a in acts(plan, "unload")} == {"X1"}


def test_the_drill_ends_with_all_snow_gone(hauled):
    """Shares never fall, in the end all is hauled, and each moment is that of the plan."""
    city, record = hauled
    rows = record["haul"]["drill"]
    for priority in ("1", "2"):
        shares = [row["hauled"][priority] for row in rows]
        assert shares == sorted(shares)
        assert shares[-1] == 1.0
    plan = load_plan(city / "plans" / "winter-2024-11-25" / "snow")
    for name, kind in (("loaders", "street"), ("loading", "stop"), ("dumping", "unload")):
        own = acts(plan, kind)
        for row in rows:
            hours, minutes = map(int, row["at"].split(":"))
            now = 3600 * hours + 60 * minutes
            assert row[name] == sum(a["begin_s"] <= now < a["end_s"] for a in own)


@pytest.mark.parametrize("times", [1, 2])
def test_a_play_that_breaks_a_rule_is_mended_by_searches(times, tmp_path, monkeypatch):
    """Where a rule forbids what is played, tippers are searched for: most keep their slots.

    Where it forbids what is found, too, loaders are searched for again.
    """
    joined, calls = _Hauling._joined, []

    def refused(self, stays, slots, routes, left):
        calls.append(slots)
        if len(calls) <= times:
            raise InfeasibleError("a street is closed")
        return joined(self, stays, slots, routes, left)

    monkeypatch.setattr(_Hauling, "_joined", refused)
    haul = run(snowy(tmp_path))["haul"]
    assert len(calls) == times + 1
    assert set(calls[1]) == set(calls[0])
    assert sum(one["hauled_loads"] for one in haul["hauled"]) >= 0.8 * len(calls[0])


def test_what_waits_for_tippers_is_not_blamed_on_loaders(tmp_path):
    """With an hour of one tipper, loaders that would come to all heaps are not what is short."""
    short = TRUCKS.replace("Q2,tipper,D1,8000,,,2.4,13:00,21:00\n", "")
    short = short.replace("8000,16,,2.4,12:00,22:00", "8000,16,,2.4,12:00,15:00")
    haul = run(snowy(tmp_path, written("trucks.csv", short)))["haul"]
    assert set(haul["left"]) == {"fleet_busy"}
    assert 0 < haul["trips"] < sum(one["loads"] for one in haul["hauled"])


def test_tippers_and_loaders_stay_at_home_on_other_days(hauled):
    """A day of collection knows nothing of them."""
    city, _ = hauled
    day = plan_day(read_city(city), dt.date(2024, 11, 26))
    assert {t.truck_id for t in day.trucks} == {"C1", "N1", "N2"}
    assert any("they work after snow alone: L1, Q1, Q2" in note for note in day.notes)


def reviewed(city: Path, change: Any = lambda plan: None) -> dict[str, int]:
    """What the audit finds after a change to the plan of hauling."""
    tables = read_city(city)
    plan = copy.deepcopy(load_plan(city / "plans" / "winter-2024-11-25" / "snow"))
    change(plan)
    return audit_plan(plan, tables, load_network(tables, lambda text: None)).codes()


def test_the_plan_of_hauling_is_audited(hauled):
    """It is sound, and heaps, volumes, loaders and totals were looked at."""
    city, record = hauled
    assert [report["ok"] for report in record["audit"]] == [True, True]
    checked = record["audit"][1]["checked"]
    assert {"heap", "heap-volume", "no-loader", "loader-busy", "hauled"} <= checked.keys()
    assert reviewed(city) == {}
    assert audit_folder(city / "plans" / "winter-2024-11-25" / "snow", None, print).ok


def gone(plan: dict[str, Any]) -> None:
    """A loader leaves as soon as it has come."""
    stay = acts(plan, "street")[0]
    stay["end_s"] = stay["begin_s"]


def crowded(plan: dict[str, Any]) -> None:
    """Two trucks are loaded at one heap at one moment."""
    loads = sorted(acts(plan, "stop"), key=lambda a: a["id"])
    one, other = next(
        (a, b)
        for a, b in zip(loads, loads[1:], strict=False)
        if a["id"].rpartition("+")[0] == b["id"].rpartition("+")[0]
    )
    other["begin_s"], other["end_s"] = one["begin_s"], one["end_s"]


def wrong_truck(plan: dict[str, Any]) -> None:
    """A plough loads."""
    route = next(r for r in plan["routes"] if r["truck_id"] == "L1")
    route["truck_id"] = "N1"


@pytest.mark.parametrize(
    ("change", "code"), [(gone, "no-loader"), (crowded, "loader-busy"), (wrong_truck, "loader")]
)
def test_the_audit_of_hauling_finds(hauled, change, code):
    """Each rule of loading that is broken is found by its name."""
    city, _ = hauled
    assert code in reviewed(city, change)


def shrunk(haul: dict[str, Any]) -> None:
    """A heap of less snow than has fallen."""
    haul["heaps"][0]["loads"][0]["litres"] -= 500


def hurried(haul: dict[str, Any]) -> None:
    """A heap that is stated ready before it is ploughed."""
    haul["heaps"][0]["ready_s"] -= 60


def forgotten(haul: dict[str, Any]) -> None:
    """A heap that is left out of the summary."""
    haul["heaps"].pop()


def boasted(haul: dict[str, Any]) -> None:
    """A priority that is stated done earlier than it is."""
    haul["hauled"][0]["done_s"] -= 600


@pytest.mark.parametrize(
    ("change", "code"),
    [(shrunk, "heap-volume"), (hurried, "heap"), (forgotten, "heap"), (boasted, "hauled")],
)
def test_the_summary_of_hauling_is_recomputed(hauled, change, code):
    """What the summary says of heaps and totals is measured again on map and plans."""
    city, _ = hauled
    file = city / "plans" / "winter-2024-11-25" / "winter.json"
    before = file.read_text(encoding="utf-8")
    summary = json.loads(before)
    change(summary["haul"])
    try:
        file.write_text(json.dumps(summary), encoding="utf-8")
        assert code in reviewed(city)
        file.unlink()
        assert "storm" in reviewed(city)
    finally:
        file.write_text(before, encoding="utf-8")


def test_a_full_dump_leaves_the_rest_with_its_reason(tmp_path: Path):
    """60 tonnes a day, and the priorities compete for them: the first comes first."""
    small = f"X1,snow_dump,{place(3.5, 1)},snow,13:00,23:00,60,"
    city = snowy(tmp_path, replaced("facilities.csv", (DUMP, small)))
    record = run(city)
    haul = record["haul"]
    assert all(report["ok"] for report in record["audit"])
    assert 50_000 <= 0.4 * sum(one["hauled_l"] for one in haul["hauled"]) <= 60_000
    assert "facility_full" in haul["left"]
    shares = [one["hauled_l"] / one["litres"] for one in haul["hauled"]]
    assert shares[0] > shares[1]
    assert haul["hauled"][1]["done_s"] is None
    lines = "".join(summary_lines(record))
    assert "m3 stay" in lines
    assert "The daily tonnage of every station that accepts it is used up." in lines


def test_what_is_missing_is_told_before_anything_is_planned(tmp_path: Path):
    """No loader, no tipper and no dump: exit code 4, all at once."""
    city = snowy(
        tmp_path,
        written("trucks.csv", TRUCKS.split("L1", maxsplit=1)[0]),
        replaced("facilities.csv", (DUMP + "\n", "")),
    )
    result = called(city)
    assert result.exit_code == 4
    for text in (
        "no loader works within haul = 14:00-23:00",
        "no tipper works within haul = 14:00-23:00",
        "no active facility accepts snow; add one of kind snow_dump",
    ):
        assert text in result.output


def test_without_hours_of_haul_the_snow_stays(tmp_path: Path):
    """Nothing is planned, and the summary says what lies there."""
    record = run(snowy(tmp_path, storm=STORM.replace('haul = "14:00-23:00"\n', "")))
    assert "haul" not in record
    assert record["haul_m3"] > 0
    assert not (tmp_path / "plans" / "winter-2024-11-25" / "snow").exists()
    assert any("stay in heaps" in line for line in summary_lines(record))


def test_what_no_plough_has_heaped_is_not_hauled(tmp_path: Path):
    """Ploughs with too little salt stay at home, and so do loaders; that is told."""
    unsalted = written("trucks.csv", TRUCKS.replace(",900,", ",1,"))
    record = run(snowy(tmp_path, unsalted, storm=STORM.replace("-12", "-3")), "--drill")
    assert {row["working"] for row in record["drill"]} == {0}
    assert record["haul"]["heaps"] == []
    assert any("nothing to haul" in line for line in summary_lines(record))


@pytest.mark.real_map
def test_snow_on_a_real_map(shared_osm: Path, tmp_path: Path, monkeypatch):
    """A storm on streets that are shut from 7 to 9: three plans that hold, bridges nearly free."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    city = write_sample(tmp_path / "city", osm=shared_osm / "mc_monaco.osm.pbf", points=20, seed=7)
    fleet = pd.read_csv(city / "trucks.csv")
    home = fleet["depot_id"].iloc[0]
    kinds = {"plough": (10, 0), "loader": (2, 0), "tipper": (6, 12_000)}
    rows = [
        {"truck_id": f"{kind}{k}", "kind": kind, "depot_id": home, "capacity_kg": kg,
         "salt_kg": 4000, "shift_start": "06:00", "shift_end": "16:00"}
        for kind, (count, kg) in kinds.items()
        for k in range(count)
    ]  # fmt: skip
    pd.concat([fleet, pd.DataFrame(rows)]).to_csv(city / "trucks.csv", index=False)
    places = pd.read_csv(city / "facilities.csv")
    dump = (
        places[places["kind"] == "transfer"]
        .iloc[:1]
        .assign(
            facility_id="SNOW",
            kind="snow_dump",
            streams="snow",
            bays=3,
            unload_s=300,
            haul_to=None,
            capacity_t_day=None,
        )
    )
    pd.concat([places, dump]).to_csv(city / "facilities.csv", index=False)
    written("streets.csv", "street_id,osm_class,cleaning_class\nA,secondary,2\n")(city)
    (city / "storm.toml").write_text(
        'date = 2024-11-25\nsnow_from = "01:00"\nsnow_to = "03:00"\ndepth_cm = 5\ntemp_c = -3\n'
        'shift = "00:00-14:00"\nhaul = "07:00-16:00"\nhaul_priorities = 3\n',
        encoding="utf-8",
    )
    record = run(city)
    assert [report["ok"] for report in record["audit"]] == [True, True, True]
    first = record["haul"]["hauled"][0]
    assert first["hauled_l"] > 0.95 * first["litres"] > 200_000
