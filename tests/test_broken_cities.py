"""One small good city, broken in one place at a time, through the command line.

Either the command refuses with its exit code and says where, what came and what to do, or the plan
passes the audit and everything that it leaves out has the true cause as its reason. Nothing else.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import openpyxl
import osmium
import pytest
from click.testing import CliRunner, Result

import cli
from scenarios.coordinates import wgs84_to_gcj02
from tests.cities import (
    BRIDGE,
    DAY,
    GOOD,
    Breakage,
    added,
    broken_copy,
    mapped,
    place,
    removed,
    replaced,
    together,
    town,
    write_good,
    written,
)

HEADER = GOOD["points.csv"].splitlines()[0] + "\n"
FAR_OFF, ON_ISLAND = place(30, 30), place(20.5, 0)
P2, P3, D1, K1, W1 = place(1.5, 1), place(2.5, 3), place(0.5, 2), place(2.5, 1), place(1.5, 2)
KITCHEN, OTHER = ("P6", "P7"), ("P1", "P2", "P3", "P4", "P5")
SWEPT = ("W102-1R", "W102-8R", "W202-1R", "W202-8R")
STOPS = {f"P{n}" for n in range(1, 9)}


def cut_pbf(city: Path) -> None:
    """Turn the map into a .pbf and lose its second half."""
    whole = city / "map.osm.pbf"
    with osmium.SimpleWriter(str(whole)) as writer:
        for thing in osmium.FileProcessor(str(city / "map.osm")):
            writer.add(thing)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    replaced("city.toml", ("map.osm", "map.osm.pbf"))(city)


def cut_gz(city: Path) -> None:
    """Pack the map and lose the second half."""
    packed = gzip.compress((city / "map.osm").read_bytes())
    (city / "map.osm.gz").write_bytes(packed[: len(packed) // 2])
    replaced("city.toml", ("map.osm", "map.osm.gz"))(city)


def cut_xml(city: Path) -> None:
    """Lose the second half of the map."""
    text = (city / "map.osm").read_text(encoding="utf-8")
    (city / "map.osm").write_text(text[: len(text) // 2], encoding="utf-8")


def only_footways(city: Path) -> None:
    """Leave only ways on foot in the map."""
    text = (city / "map.osm").read_text(encoding="utf-8")
    footways = re.sub('k="highway" v="[a-z]+"', 'k="highway" v="footway"', text)
    (city / "map.osm").write_text(footways, encoding="utf-8")


def limited(**tags: str) -> Breakage:
    """Put tags on every street but the bridge."""
    text = town(**tags).xml()
    return lambda city: (city / "map.osm").write_text(text, encoding="utf-8")


def gcj02_points(city: Path) -> None:
    """Shift all points, and only them, as Chinese web maps do."""
    rows = list(csv.reader((city / "points.csv").read_text(encoding="utf-8").splitlines()))
    for row in rows[1:]:
        lon, lat = wgs84_to_gcj02(float(row[1]), float(row[2]))
        row[1:3] = [f"{float(lon):.6f}", f"{float(lat):.6f}"]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    (city / "points.csv").write_text(out.getvalue(), encoding="utf-8")


def facility(name: str, **changes: str) -> Breakage:
    """Change cells of one facility."""
    return cells("facilities.csv", name, **changes)


def truck(name: str, **changes: str) -> Breakage:
    """Change cells of one truck."""
    return cells("trucks.csv", name, **changes)


def point(name: str, **changes: str) -> Breakage:
    """Change cells of one point."""
    return cells("points.csv", name, **changes)


def cells(file: str, key: str, **changes: str) -> Breakage:
    """Change cells of the row that begins with a key."""

    def breaks(city: Path) -> None:
        rows = list(csv.DictReader((city / file).read_text(encoding="utf-8").splitlines()))
        hits = [row for row in rows if next(iter(row.values())) == key]
        assert len(hits) == 1
        hits[0].update(changes)
        names = list(dict.fromkeys([*rows[0], *changes]))
        out = io.StringIO()
        writer = csv.DictWriter(out, names, lineterminator="\n", restval="")
        writer.writeheader()
        writer.writerows(rows)
        (city / file).write_text(out.getvalue(), encoding="utf-8")

    return breaks


def everywhere(column: str, value: str) -> Breakage:
    """Give every truck the same value."""
    return together(*(truck(name, **{column: value}) for name in ("C1", "F1", "R1", "S1")))


class Refused(NamedTuple):
    """A fault that stops the command: its exit code and what the message must hold."""

    breaks: Breakage
    exit_code: int
    says: str


REFUSED: dict[str, Refused] = {
    "map pbf cut": Refused(cut_pbf, 3, r"map\.osm\.pbf: the file is damaged .*fetch it again"),
    "map gz cut": Refused(cut_gz, 3, r"map\.osm\.gz: the file is damaged .*fetch it again"),
    "map xml cut": Refused(cut_xml, 3, r"map\.osm: the file is damaged .*fetch it again"),
    "map empty": Refused(written("map.osm", ""), 3, r"map\.osm: the file is empty; expected"),
    "map without ways": Refused(
        written("map.osm", '<osm version="0.6"></osm>'), 3, "no street that a motor vehicle may"
    ),
    "map of footways": Refused(only_footways, 3, "no street that a motor vehicle may drive; exp"),
    "map a web page": Refused(
        written("map.osm", "<!DOCTYPE html><html>404</html>"), 3, "no OpenStreetMap data .*html"
    ),
    "map missing": Refused(removed("map.osm"), 2, r"city\.toml: osm = 'map\.osm'; expected a file"),
    "map misnamed": Refused(
        replaced("city.toml", ("map.osm", "map.osn")), 2, r"osm = 'map\.osn'.*did you mean map\.osm"
    ),
    "toml missing": Refused(removed("city.toml"), 2, r"city\.toml is missing; write one with"),
    "toml malformed": Refused(
        written("city.toml", "osm = \n"), 2, r"city\.toml cannot be read: .*line 1, column"
    ),
    "toml unknown key": Refused(
        added("city.toml", "sede = 3"), 2, r"city\.toml: sede is unknown; did you mean seed"
    ),
    "toml negative break": Refused(
        added("city.toml", "rules.meal_break_min = -5"), 2, "meal_break_min = -5; expected a number"
    ),
    "toml speed 0": Refused(
        added("city.toml", "speeds.residential = 0"), 2, r"residential = 0; .* from 1 to 130"
    ),
    "toml not unicode": Refused(
        written("city.toml", 'name = "荆门"'.encode("gb18030")), 2, r"city\.toml cannot .*UTF-8"
    ),
    "points file missing": Refused(removed("points.csv"), 2, r"points\.csv is missing; a city ne"),
    "points file misnamed": Refused(
        lambda city: (city / "points.csv").rename(city / "point.csv"), 2, r"rename point\.csv\?"
    ),
    "points empty": Refused(written("points.csv", ""), 2, r"points\.csv has no rows; expected a h"),
    "points header only": Refused(written("points.csv", HEADER), 2, r"points\.csv has no rows"),
    "points without header": Refused(
        replaced("points.csv", (HEADER, "")), 2, r"points\.csv row 1: header = 'P1, .*; expected"
    ),
    "points binary": Refused(
        written("points.csv", b"\x00\x01\xff\xfe"), 2, r"points\.csv: not a text table; save it"
    ),
    "points a workbook": Refused(
        written("points.csv", b"PK\x03\x04"), 2, r"points\.csv: not a text table but a workbook"
    ),
    "points latin-1": Refused(
        written("points.csv", (HEADER + "Pä,").encode("latin-1")), 2, r"line 2: byte 0xe4 is neith"
    ),
    "points open quote": Refused(
        replaced("points.csv", ("P2,", '"P2,')), 2, r"row 3: a quotation mark is opened and never"
    ),
    "points trucks missing": Refused(
        together(removed("points.csv"), removed("trucks.csv")), 2, r"(?s)points\.csv is .*trucks\."
    ),
    "column unknown": Refused(
        replaced("points.csv", ("demand_kg", "demand_gk")), 2, "'demand_gk' is unknown; did you me"
    ),
    "column twice": Refused(
        replaced("points.csv", ("frequency", "stream")), 2, "column 'stream' comes twice"
    ),
    "id twice": Refused(
        replaced("points.csv", ("P2,", "P1,")), 2, r"row 3: point_id = 'P1'; .*row 2 has it alrea"
    ),
    "demand a word": Refused(
        point("P1", demand_kg="many"), 2, r"row 2: demand_kg = 'many'; expected a number >= 0"
    ),
    "demand negative": Refused(
        point("P1", demand_kg="-4"), 2, r"row 2: demand_kg = '-4'; expected a number >= 0"
    ),
    "demand nan": Refused(point("P1", demand_kg="nan"), 2, r"row 2: demand_kg = 'nan'; expected"),
    "demand with thousands": Refused(
        point("P1", demand_kg="1,200"), 2, "write it without thousands separators"
    ),
    "frequency unknown": Refused(
        point("P1", frequency="often"), 2, r"row 2: frequency = 'often'; expected daily, 3/week"
    ),
    "window backwards": Refused(
        point("P1", window_start="12:00", window_end="05:00"),
        2,
        r"row 2: window_end = '05:00'; expected a time after window_start = '12:00'",
    ),
    "point at 0 0": Refused(
        replaced("points.csv", (P2, "0,0")), 2, r"row 3: lon, lat = 0, 0; expected a place in the"
    ),
    "point in the sea": Refused(
        replaced("points.csv", (P2, "122.5,30.1")), 2, r"row 3: lon, lat = 122\.5, 30\.1; .* away"
    ),
    "point on another continent": Refused(
        replaced("points.csv", (P2, "8.69,49.41")), 2, r"row 3: lon, lat = 8\.69, 49\.41; .* km aw"
    ),
    "point swapped": Refused(
        replaced("points.csv", (P2, ",".join(P2.split(",")[::-1]))), 2, r"row 3: .*look swapped"
    ),
    "points in gcj02": Refused(gcj02_points, 2, r"points\.csv: .* coordinates = 'gcj02' into city"),
    "station accepts nothing": Refused(
        facility("T1", streams=""), 2, r"facilities\.csv row 3: streams = ''; expected at least one"
    ),
    "station without hours": Refused(
        facility("K1", open="04:00", close="04:00"), 2, r"row 4: close = '04:00'; expected a time"
    ),
    "station hauls to itself": Refused(
        facility("T1", haul_to="T1"), 2, r"row 3: haul_to = 'T1'; .*hauls to itself"
    ),
    "truck holds nothing": Refused(
        truck("C1", capacity_kg="0"), 2, r"trucks\.csv row 2: capacity_kg = '0'; expected a numb"
    ),
    "truck depot unknown": Refused(
        truck("C1", depot_id="D9"), 2, r"row 2: depot_id = 'D9'; expected a facility_id of fac"
    ),
    "truck depot a station": Refused(
        truck("C1", depot_id="T1"), 2, r"row 2: depot_id = 'T1'; expected a facility of kind depot"
    ),
    "truck shift backwards": Refused(
        truck("C1", shift_start="22:00", shift_end="06:00"), 2, r"write 30:00 for 06:00 of the next"
    ),
    "depot closed for good": Refused(
        facility("D1", active_to="2024-11-24"), 4, r"no truck is on shift .*depot D1 is not active"
    ),
    "depot on an island": Refused(
        replaced("facilities.csv", (D1, ON_ISLAND)), 4, r"depot D1 .*cut off"
    ),
    "depot off the map": Refused(
        replaced("facilities.csv", (D1, FAR_OFF)), 4, r"depot D1 is \d+ m from every street"
    ),
    "streets too narrow": Refused(limited(maxwidth="2.0"), 4, r"depot D1 .*(width|limit|narrow)"),
    "streets too weak": Refused(limited(maxweight="5"), 4, r"depot D1 .*(weight|limit|weak)"),
    "every street closed": Refused(
        written(
            "closures.csv",
            'closure_id,area\nX,"POLYGON((111 30,113 30,113 32,111 32,111 30))"\n',
        ),
        3,
        "no street that C1, .*closures",
    ),
    "pass twice": Refused(
        added("operations.csv", "ws,1,sweeper,6,0.2,100"), 2, r"row 3: pass_no = '1'; expected each"
    ),
    "street of no kind": Refused(
        added("streets.csv", "B,,2"), 2, r"streets\.csv row 3: osm_class, name and area are empty"
    ),
    "street class misspelt": Refused(
        replaced("streets.csv", ("primary", "primery")), 2, r"osm_class = 'primery'; .*mean primary"
    ),
}


class Planned(NamedTuple):
    """A fault with which a plan is still possible: what it leaves out and why, what it warns of."""

    breaks: Breakage
    left_out: dict[str, str]
    warns: str = ""


def each(names: tuple[str, ...], reason: str) -> dict[str, str]:
    """The same reason for several."""
    return dict.fromkeys(names, reason)


PLANNED: dict[str, Planned] = {
    "nothing wrong": Planned(lambda city: None, {}),
    "no station for a stream": Planned(
        facility("K1", streams="other"),
        each(KITCHEN, "no_facility"),
        "stream kitchen: no facility accepts it; its 2 points cannot be served",
    ),
    "plant closed yesterday": Planned(
        facility("K1", active_to="2024-11-24"),
        each(KITCHEN, "no_facility"),
        "not active on 2024-11-25: facilities K1",
    ),
    "station takes 0 tonnes": Planned(
        facility("K1", capacity_t_day="0"),
        each(KITCHEN, "facility_full"),
        r"facilities\.csv row 4: capacity_t_day = 0: nothing can be unloaded",
    ),
    "station open after the shift": Planned(
        facility("K1", open="20:00", close="22:00"), each(KITCHEN, "facility_closed")
    ),
    "station on an island": Planned(
        replaced("facilities.csv", (K1, ON_ISLAND)), each(KITCHEN, "no_facility"), "K1"
    ),
    "no station for sweepings": Planned(
        facility("T1", streams="other;recyclable"),
        each(SWEPT, "no_facility"),
        "stream sweepings: no facility accepts it",
    ),
    "no truck for a stream": Planned(
        truck("F1", kind="collector"),
        each(KITCHEN, "no_vehicle"),
        "stream kitchen: no truck carries it; its 2 points cannot be served",
    ),
    "no truck at all for most": Planned(
        truck("C1", kind="transfer"), each(OTHER, "no_vehicle"), "hauls between stations are not"
    ),
    "shift of five minutes": Planned(
        truck("C1", shift_start="05:00", shift_end="05:05"), each(OTHER, "shift")
    ),
    "shift by night only": Planned(
        truck("C1", shift_start="25:00", shift_end="26:00"),
        {"P1": "window", **each(("P2", "P3", "P4", "P5"), "facility_closed")},
    ),
    "window outside all shifts": Planned(
        point("P1", window_start="20:00", window_end="21:00"), {"P1": "window"}
    ),
    "demand above every truck": Planned(
        point("P1", demand_kg="9000"),
        {"P1": "too_heavy"},
        r"points\.csv row 2: demand_kg = 9000 is more than the largest truck for other holds",
    ),
    "volume above every truck": Planned(
        point("P1", demand_m3="90"),
        {"P1": "too_heavy"},
        r"points\.csv row 2: demand_m3 = 90 is more than the largest truck for other holds",
    ),
    "point on an island": Planned(replaced("points.csv", (P3, ON_ISLAND)), {"P3": "cut_off"}),
    "point off the map": Planned(replaced("points.csv", (P3, FAR_OFF)), {"P3": "off_network"}),
    "only bridge closed": Planned(
        written("closures.csv", f"closure_id,way_id\nX,{BRIDGE}\n"), {"P5": "cut_off"}
    ),
    "only bridge too weak": Planned(
        written("limits.csv", f"limit_id,kind,value,way_id\nX,max_weight_t,5,{BRIDGE}\n"),
        {"P5": "cut_off"},
    ),
    "bridge gone from the map": Planned(
        mapped(lambda made: made.ways.remove(next(w for w in made.ways if w[0] == BRIDGE))),
        {"P5": "cut_off"},
    ),
    "closure of no street": Planned(
        written("closures.csv", "closure_id,way_id\nX,5\n"), {}, r"closures\.csv row 2: closure X m"
    ),
    "sweeper without water": Planned(
        together(
            replaced("facilities.csv", (f"W1,water,{W1},,,,,\n", "")), truck("S1", tank_l="10")
        ),
        each(SWEPT, "water"),
        "no facility of kind water",
    ),
    "no sweeper": Planned(
        truck("S1", kind="collector"), {}, "no sweeper is on shift: no street is"
    ),
    "nothing collected today": Planned(
        together(*(point(f"P{n}", active_to="2024-11-24") for n in range(1, 9))),
        {},
        "not active on 2024-11-25: points P1, P2",
    ),
    "leaving out is free": Planned(
        added("city.toml", "[prices]\nunserved_base = 0\nunserved_per_kg = 0"),
        each(tuple(sorted(STOPS)), "price"),
        "points may be left out for nothing",
    ),
    "unknown file": Planned(
        written("truck.csv", "a\n1\n"), {}, r"truck\.csv is none .*did you mean trucks\.csv\?"
    ),
    "table in GBK": Planned(
        lambda city: (city / "closures.csv").write_bytes(
            "closure_id,name\nX,大桥\n".encode("gb18030")
        ),
        {"P5": "cut_off"},
        r"closures\.csv is not in UTF-8; it was read as GBK",
    ),
    "table in UTF-16": Planned(
        lambda city: (city / "points.csv").write_bytes(GOOD["points.csv"].encode("utf-16")),
        {},
        r"points\.csv is in UTF-16",
    ),
    "table by semicolons": Planned(written("points.csv", GOOD["points.csv"].replace(",", ";")), {}),
    "full-width signs": Planned(
        replaced("points.csv", ("400,05:00,12:00,daily", "４００,05：00,12：00,周一、周四")), {}
    ),
    "permanent night window": Planned(
        point("P1", window_start="00:00", window_end="04:30"), {"P1": "window"}
    ),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The good city; to be left as it is."""
    return write_good(tmp_path_factory.mktemp("good") / "city")


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory):
    """A cache of streets of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUANWEI_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def plan(city: Path) -> Result:
    """Plan the day by the command line in this process."""
    words = ["plan", str(city), "--date", DAY, "--iterations", "5", "--solver", "native"]
    done = CliRunner().invoke(cli.main, words)
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_refused(good: Path, tmp_path: Path, case: Refused) -> None:
    """The command stops with its exit code, says what is wrong, and writes nothing."""
    city = broken_copy(good, tmp_path / "city", case.breaks)
    done = plan(city)
    errors = "\n".join(line for line in done.stderr.splitlines() if line.startswith("error: "))
    assert done.exit_code == case.exit_code, done.output
    assert re.search(case.says, errors), errors
    assert done.stdout == ""
    assert not (city / "plans").exists()


@pytest.mark.parametrize("case", PLANNED.values(), ids=PLANNED)
def test_planned(good: Path, tmp_path: Path, case: Planned) -> None:
    """The plan passes the audit, nothing is lost, and what is left out names its true cause."""
    city = broken_copy(good, tmp_path / "city", case.breaks)
    done = plan(city)
    assert done.exit_code == 0, done.output
    folder = city / "plans" / DAY
    audited = CliRunner().invoke(cli.main, ["audit", str(folder), "--json"])
    assert audited.exit_code == 0, audited.output
    record = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    left = {one["id"]: one["reason"] for one in record["unserved"]}
    served = [a["id"] for r in record["routes"] for a in r["activities"] if a["kind"] == "stop"]
    assert sorted([*served, *(left.keys() & STOPS)]) == sorted(due_stops(record))
    assert left == case.left_out
    assert re.search(case.warns, "\n".join(record["warnings"])), record["warnings"]


def due_stops(record: dict) -> list[str]:
    """All points, or none where the plan says that none is active."""
    off = any(text.startswith("not active") and "points" in text for text in record["warnings"])
    return [] if off else sorted(STOPS)


def workbook(city: Path) -> Path:
    """The city as one workbook beside its map."""
    book = openpyxl.Workbook()
    for name in GOOD:
        if name.endswith(".csv"):
            sheet = book.create_sheet(Path(name).stem)
            for row in csv.reader((city / name).read_text(encoding="utf-8").splitlines()):
                sheet.append([float(c) if c.replace(".", "").isdigit() else c or None for c in row])
    del book["Sheet"]
    path = city / "city.xlsx"
    book.save(path)
    return path


def test_good_workbook(good: Path, tmp_path: Path) -> None:
    """The same city as a workbook gives the same plan."""
    city = broken_copy(good, tmp_path / "city", lambda city: None)
    assert plan(city).exit_code == 0
    path = city / "plans" / DAY / "plan.json"
    routes = json.loads(path.read_text(encoding="utf-8"))["routes"]
    path.unlink()
    assert plan(workbook(city)).exit_code == 0
    assert json.loads(path.read_text(encoding="utf-8"))["routes"] == routes


BAD_BOOKS: dict[str, Callable[[bytes], bytes]] = {
    "no zip": lambda data: b"nothing of the kind",
    "empty": lambda data: b"",
    "cut in half": lambda data: data[: len(data) // 2],
    "cut at the end": lambda data: data[:-30],
    "old or encrypted": lambda data: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504),
    "bytes turned": lambda data: data[:400] + bytes(255 - b for b in data[400:900]) + data[900:],
}


@pytest.mark.parametrize("spoil", BAD_BOOKS.values(), ids=BAD_BOOKS)
def test_damaged_workbook(good: Path, tmp_path: Path, spoil: Callable[[bytes], bytes]) -> None:
    """A workbook that is damaged anywhere is refused with the remedy."""
    path = workbook(broken_copy(good, tmp_path / "city", lambda city: None))
    path.write_bytes(spoil(path.read_bytes()))
    done = plan(path)
    assert done.exit_code == 2, done.output
    assert re.search(r"error: city\.xlsx: not a readable workbook \(.*save it again", done.stderr)


def test_every_fault_of_every_file_at_once(good: Path, tmp_path: Path) -> None:
    """Eight faults in five files come together, file by file and row by row."""
    breaks = together(
        added("city.toml", "sede = 3"),
        point("P4", demand_kg="x"),
        point("P2", stream="wood", frequency="often"),
        facility("K1", close="03:00"),
        truck("S1", depot_id="D9"),
        truck("C1", capacity_kg="0"),
        added("streets.csv", "B,,2"),
    )
    done = plan(broken_copy(good, tmp_path / "city", breaks))
    assert done.exit_code == 2
    errors = [line.split(";")[0] for line in done.stderr.splitlines() if "error: " in line]
    assert errors == [
        "error: city.toml: sede is unknown",
        "error: points.csv row 3: stream = 'wood'",
        "error: points.csv row 3: frequency = 'often'",
        "error: points.csv row 5: demand_kg = 'x'",
        "error: facilities.csv row 4: close = '03:00'",
        "error: trucks.csv row 2: capacity_kg = '0'",
        "error: trucks.csv row 5: depot_id = 'D9'",
        "error: streets.csv row 3: osm_class, name and area are empty",
    ]


def test_shifted_points_are_found_and_mended(good: Path, tmp_path: Path) -> None:
    """`check` names the system, `--fix-coordinates` mends the points once, and the city plans."""
    city = broken_copy(good, tmp_path / "city", gcj02_points)
    told = CliRunner().invoke(cli.main, ["check", str(city)])
    assert told.exit_code == 2
    assert "coordinates = 'gcj02'" in told.stderr
    fix = ["check", str(city), "--fix-coordinates"]
    assert "rewritten as WGS-84: points.csv, city.toml" in CliRunner().invoke(cli.main, fix).stdout
    assert "nothing was rewritten" in CliRunner().invoke(cli.main, fix).stdout
    assert plan(city).exit_code == 0
    record = json.loads((city / "plans" / DAY / "plan.json").read_text(encoding="utf-8"))
    assert record["unserved"] == []


def test_broken_city_in_a_process_of_its_own(good: Path, tmp_path: Path) -> None:
    """The installed command ends with the exit code, one line a fault, and no traceback."""
    city = broken_copy(good, tmp_path / "city", point("P1", demand_kg="-4"))
    entry = Path(sys.executable).with_name("huanwei")
    done = subprocess.run(
        [str(entry), "plan", str(city), "--date", DAY], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == "error: points.csv row 2: demand_kg = '-4'; expected a number >= 0\n"
    assert done.stdout == ""
