"""Reading and writing tables, and the message of each fault."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from routing.errors import InputError
from scenarios.city import read_city
from scenarios.files import write_whole
from scenarios.tables import format_time, parse_time, write_tables

GOOD = {
    "points": "point_id,lon,lat,stream,demand_kg,window_start,window_end,frequency\n"
    "P1,112.20,31.03,other,500,06:00,29:30,daily\n"
    "P2,112.21,31.04,other,0,,,3/week\n",
    "facilities": "facility_id,kind,lon,lat,streams,open,close\n"
    "D1,depot,112.18,31.01,,,\n"
    "S1,transfer,112.19,31.02,other;kitchen,05:00,22:00\n",
    "trucks": "truck_id,kind,depot_id,capacity_kg,shift_start,shift_end\n"
    "T1,collector,D1,5500,05:00,13:00\n",
}


def write_city(folder: Path, toml: str = 'osm = "x"', **tables: str | None) -> Path:
    """Write a small good city with some tables replaced; None leaves one out."""
    folder.mkdir(exist_ok=True)
    (folder / "city.toml").write_text(toml, encoding="utf-8")
    for name, text in (GOOD | tables).items():
        if text is not None:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def faults_of(folder: Path) -> list[str]:
    """Return the faults that reading a city raises."""
    with pytest.raises(InputError) as caught:
        read_city(folder)
    return caught.value.faults


BROKEN = [
    ("points", "500", "x", "row 2: demand_kg = 'x'; expected a number >= 0"),
    ("points", "500", "nan", "row 2: demand_kg = 'nan'; expected a number >= 0"),
    ("points", "500", "inf", "row 2: demand_kg = 'inf'; expected a number >= 0"),
    ("points", "500", "-1", "row 2: demand_kg = '-1'; expected a number >= 0"),
    ("points", "500", "", "row 2: demand_kg = ''; expected a number >= 0"),
    ("points", "500", "60000", "row 2: demand_kg = '60000'; expected a number <= 50000"),
    (
        "points",
        "500",
        '"1,500"',
        "row 2: demand_kg = '1,500'; expected a number >= 0; write it without thousands separators",
    ),
    (
        "points",
        "112.20,31.03",
        "31.03,112.20",
        "row 2: lat = '112.20'; expected a latitude from -90 to 90; lon and lat look swapped",
    ),
    (
        "points",
        "112.20",
        "112°",
        "row 2: lon = '112°'; expected a longitude from -180 to 180; "
        "write decimal degrees, such as 112.2041",
    ),
    (
        "points",
        "31.03,other",
        "31.03,othr",
        "row 2: stream = 'othr'; expected one of recyclable, hazardous, kitchen, other; "
        "did you mean other?",
    ),
    (
        "points",
        "06:00",
        "6am",
        "row 2: window_start = '6am'; expected a time HH:MM from 00:00 to 48:00",
    ),
    (
        "points",
        "29:30",
        "49:00",
        "row 2: window_end = '49:00'; expected a time HH:MM from 00:00 to 48:00",
    ),
    (
        "facilities",
        "other;kitchen",
        "other;wood",
        "row 3: streams = 'other;wood'; "
        "expected one or more of recyclable, hazardous, kitchen, other, sweepings",
    ),
]


@pytest.mark.parametrize(("table", "old", "new", "message"), BROKEN)
def test_broken_cell(tmp_path: Path, table: str, old: str, new: str, message: str) -> None:
    """One broken cell gives its message with file and row; a window left half open may follow."""
    folder = write_city(tmp_path, **{table: GOOD[table].replace(old, new, 1)})
    assert faults_of(folder)[0] == f"{table}.csv {message}"


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"points": None}, "points.csv is missing; a city needs it"),
        (
            {"points": "point_id,lon,lat,stream,demand_kg\n"},
            "points.csv has no rows; expected at least one",
        ),
        ({"points": ""}, "points.csv has no rows; expected at least one"),
        (
            {"trucks": GOOD["trucks"].replace("shift_end", "shift_ende")},
            "trucks.csv: column 'shift_ende' is unknown; did you mean shift_end?",
        ),
        (
            {"facilities": GOOD["facilities"].replace("kind,", "kind,", 1).replace("lon", "xyz")},
            "facilities.csv: column 'xyz' is unknown; remove it",
        ),
        (
            {"calendar": "date\n2024-10-01\n"},
            "calendar.csv: column 'kind' is missing; expected one of holiday, workday",
        ),
        (
            {"calendar": "date,kind\n2024-02-30,holiday\n"},
            "calendar.csv row 2: date = '2024-02-30'; expected a date YYYY-MM-DD; "
            "the calendar has no such day",
        ),
        (
            {"points": GOOD["points"] + "P3,112,31,other,1,,,daily,x\n"},
            "points.csv row 4: 9 cells; expected 8; put quotes around a cell that holds a comma",
        ),
    ],
)
def test_broken_table(tmp_path: Path, tables: dict[str, str | None], message: str) -> None:
    """One broken table gives its message."""
    assert faults_of(write_city(tmp_path, **tables))[0] == message


def test_all_faults_at_once(tmp_path: Path) -> None:
    """Faults of several tables and rows come in one error, in the order of the tables."""
    folder = write_city(
        tmp_path,
        points=GOOD["points"].replace("500", "x").replace("3/week", "3/weak"),
        trucks=GOOD["trucks"].replace("5500", "y"),
    )
    assert faults_of(folder) == [
        "points.csv row 2: demand_kg = 'x'; expected a number >= 0",
        "trucks.csv row 2: capacity_kg = 'y'; expected a number >= 0",
        "points.csv row 3: frequency = '3/weak'; expected daily, 3/week, mon,thu, 2/day or 1/month",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without BOM and GB18030 read alike."""
    text = GOOD["points"].replace("point_id", "point_id,name").replace("P1", "P1,人民路")
    text = text.replace("P2", "P2,").replace("\n", "\r\n")
    folder = write_city(tmp_path)
    (folder / "points.csv").write_bytes(text.encode(encoding))
    assert list(read_city(folder).points["name"]) == ["人民路", "P2"]


def test_not_a_text(tmp_path: Path) -> None:
    """A binary file under a table's name is a fault, not a traceback."""
    folder = write_city(tmp_path)
    (folder / "points.csv").write_bytes(b"PK\x03\x04\x00\x00\xff\xff")
    assert faults_of(folder)[0] == "points.csv: not a text table; save it as CSV in UTF-8"


def test_blank_rows_keep_the_count(tmp_path: Path) -> None:
    """Blank rows are skipped and messages still name the row of the file."""
    points = GOOD["points"].replace("P2", "\n,,,,,,,\nP2")
    city = read_city(write_city(tmp_path, points=points))
    assert list(city.points["row"]) == [2, 5]


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    for name, text in GOOD.items():
        sheet = book.create_sheet(name)
        for row in csv.reader(io.StringIO(text)):
            sheet.append([float(c) if c.replace(".", "").isdigit() else c or None for c in row])
    settings = book.create_sheet("city")
    for pair in (("key", "value"), ("osm", "x"), ("rules.meal_break_min", 30)):
        settings.append(pair)
    del book["Sheet"]
    book.save(path)
    return path


def test_workbook_equals_folder(tmp_path: Path) -> None:
    """One workbook gives the same frames as the folder of CSV files."""
    folder = read_city(write_city(tmp_path / "city"))
    book = read_city(_workbook(tmp_path / "city.xlsx"))
    assert book.settings.meal_break_s == 1800
    assert book.tables_hash == folder.tables_hash
    for name, frame in folder.tables.items():
        pd.testing.assert_frame_equal(frame, book.tables[name])


def test_broken_workbook(tmp_path: Path) -> None:
    """A file that only looks like a workbook is refused."""
    path = tmp_path / "city.xlsx"
    path.write_bytes(b"nonsense")
    with pytest.raises(InputError, match=r"city.xlsx: not a readable workbook"):
        read_city(path)


def test_written_tables_read_back(tmp_path: Path) -> None:
    """Writing and reading again gives equal frames."""
    city = read_city(write_city(tmp_path / "a"))
    write_tables(tmp_path / "b", {name: f for name, f in city.tables.items() if len(f)})
    (tmp_path / "b" / "city.toml").write_text('osm = "x"')
    again = read_city(tmp_path / "b")
    for name, frame in city.tables.items():
        pd.testing.assert_frame_equal(frame, again.tables[name])
    with pytest.raises(InputError, match="is unknown"):
        write_tables(tmp_path, {"nothing": city.points})


@pytest.mark.parametrize("seconds", [0, 59, 3600, 86_400, 104_400, 172_800])
def test_times_there_and_back(seconds: int) -> None:
    """Times read back as they were written, past midnight too."""
    assert parse_time(format_time(seconds)) == seconds


def test_write_whole(tmp_path: Path) -> None:
    """A file is replaced whole, folders are made, nothing is left behind."""
    path = tmp_path / "a" / "b.txt"
    write_whole(path, "一\n")
    write_whole(path, b"two")
    assert path.read_bytes() == b"two"
    assert [p.name for p in path.parent.iterdir()] == ["b.txt"]
