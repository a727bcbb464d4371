"""Reading and writing tables, and the message of each fault."""

from __future__ import annotations

import csv
import datetime as dt
import io
import zipfile
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
    (
        "points",
        "500",
        '"1,5"',
        "row 2: demand_kg = '1,5'; expected a number >= 0; write the decimals after a point: 1.5",
    ),
    (
        "points",
        "500",
        "500 kg",
        "row 2: demand_kg = '500 kg'; expected a number >= 0; write the number alone: 500",
    ),
    ("points", "500", "1_0", "row 2: demand_kg = '1_0'; expected a number >= 0"),
    (
        "points",
        "06:00",
        "0.25",
        "row 2: window_start = '0.25'; expected a time HH:MM from 00:00 to 48:00; "
        "format the cell as a time; 0.25 of a day is 06:00",
    ),
    (
        "points",
        "06:00",
        "无",
        "row 2: window_start = '无'; expected a time HH:MM from 00:00 to 48:00; "
        "leave the cell empty where nothing is known",
    ),
    (
        "points",
        "P1",
        "P\u200b1",
        "row 2: point_id = 'P\\u200b1'; expected an identifier; "
        "it holds an invisible character (U+200B); type it anew",
    ),
    (
        "points",
        "500",
        "#REF!",
        "row 2: demand_kg = '#REF!'; expected a number >= 0; "
        "the formula of this cell has failed in the spreadsheet",
    ),
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
        "expected one or more of recyclable, hazardous, kitchen, other, sweepings, snow",
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
        (
            {"points": ""},
            "points.csv has no rows; expected a header row with point_id, lon, lat, stream, "
            "demand_kg and rows",
        ),
        (
            {"points": "P1,112.20,31.03,other,500\n"},
            "points.csv row 1: header = 'P1, 112.20, 31.03, other, 500'; expected the names of "
            "columns, such as point_id, lon, lat, stream, demand_kg",
        ),
        (
            {"points": GOOD["points"].replace("frequency", "stream")},
            "points.csv: column 'stream' comes twice; remove one",
        ),
        (
            {"calendar": "date,,kind\n2024-10-01,x,holiday\n"},
            "calendar.csv: column 2 has no name; name or remove it",
        ),
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
            {"calendar": "date,kind\n45621,holiday\n"},
            "calendar.csv row 2: date = '45621'; expected a date YYYY-MM-DD; "
            "format the cell as a date; 45621 is how Excel counts 2024-11-25",
        ),
        (
            {"calendar": "date,kind\n2024-11-25 06:30:00,holiday\n"},
            "calendar.csv row 2: date = '2024-11-25 06:30:00'; expected a date YYYY-MM-DD; "
            "write the time into a column of its own",
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
        "points.csv row 3: frequency = '3/weak'; expected daily, 3/week, mon,thu, 2/day or 1/month",
        "trucks.csv row 2: capacity_kg = 'y'; expected a number >= 0",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    """UTF-8 with and without BOM, GB18030 and UTF-16 read alike; a guess is a warning."""
    text = GOOD["points"].replace("point_id", "point_id,name").replace("P1", "P1,人民路")
    text = text.replace("P2", "P2,").replace("\n", "\r\n")
    folder = write_city(tmp_path)
    (folder / "points.csv").write_bytes(text.encode(encoding))
    city = read_city(folder)
    assert list(city.points["name"]) == ["人民路", "P2"]
    note = ENCODING_NOTES.get(encoding)
    assert city.warnings == ([f"points.csv is {note}"] if note else [])


ENCODING_NOTES = {
    "gb18030": "not in UTF-8; it was read as GBK (GB18030); if names look wrong, save it as CSV in "
    "UTF-8",
    "utf-16": "in UTF-16, not UTF-8; it was read all the same",
}
CHINESE = "point_id,name\nP1,人民路与解放路交叉口\nP2,龙泉街道办事处\n".encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04\x00\x00\xff\xff", ": not a text table but a workbook or archive; save it"),
        (b"\x00\x01\x02\xff", ": not a text table; save it as CSV in UTF-8"),
        (b"\n<!DOCTYPE html><html>", ": not a table but a web page or XML"),
        ("point_id,name\nPä,x\n".encode("latin-1"), " line 2: byte 0xe4 is neither UTF-8 nor GBK"),
        (CHINESE[:-3] + b"\n", " line 3: byte 0xe5 is no UTF-8 ("),
        (b'point_id,name\nP1,x\nP2,"y\nP3,z\n', " row 3: a quotation mark is opened and never"),
        (b'point_id,name\nP1,"x"y\n', " row 2: text follows a closing quotation mark; expected"),
    ],
    ids=["zip", "binary", "html", "latin-1", "damaged utf-8", "open quote", "text after quote"],
)
def test_no_table(tmp_path: Path, data: bytes, message: str) -> None:
    """A file that cannot be read as a table is one fault that says why and what to do."""
    folder = write_city(tmp_path)
    (folder / "points.csv").write_bytes(data)
    assert [f for f in faults_of(folder) if f.startswith(f"points.csv{message}")] == faults_of(
        folder
    )


@pytest.mark.parametrize("sign", [";", "\t"])
def test_other_separators(tmp_path: Path, sign: str) -> None:
    """Tables cut by semicolons or tabs read as those cut by commas."""
    tables = {name: text.replace(";", "|").replace(",", sign) for name, text in GOOD.items()}
    other = read_city(write_city(tmp_path / "a", **tables))
    assert other.tables_hash == read_city(write_city(tmp_path / "b")).tables_hash
    assert other.warnings == []


def test_full_width_signs(tmp_path: Path) -> None:
    """Full-width digits, colons and commas, as Chinese input methods write them, are read."""
    points = (
        GOOD["points"].replace("500,06:00", "５００,０６：００").replace("3/week", "周一、周四")
    )
    facilities = GOOD["facilities"].replace("other;kitchen", "other；kitchen")
    city = read_city(write_city(tmp_path, points=points, facilities=facilities))
    assert city.points.loc[0, ["demand_kg", "window_start"]].tolist() == [500, 21_600]
    assert city.facilities.loc[1, "streams"] == ("other", "kitchen")


def test_rows_and_lines(tmp_path: Path) -> None:
    """After a cell of two lines a fault names the row of a spreadsheet and the line of the file."""
    points = GOOD["points"].replace("point_id", "point_id,name").replace("P1", 'P1,"a\nb"')
    points = points.replace("P2", "P2,c").replace("other,0", "other,-1")
    assert faults_of(write_city(tmp_path, points=points)) == [
        "points.csv row 3 (line 4): demand_kg = '-1'; expected a number >= 0"
    ]


def test_many_alike_are_counted(tmp_path: Path) -> None:
    """Of 400 faults of one column 20 are told, in row order, and the rest counted; others stay."""
    rows = "".join(f"P{n},112.2,31.03,other,x,,,daily\n" for n in range(400))
    points = GOOD["points"].splitlines()[0] + "\n" + rows + "P9,112.2,31.03,wood,1,,,daily\n"
    faults = faults_of(write_city(tmp_path, points=points))
    assert faults[:20] == [
        f"points.csv row {n}: demand_kg = 'x'; expected a number >= 0" for n in range(2, 22)
    ]
    assert faults[20] == "points.csv: … and 380 more of demand_kg"
    assert faults[21].startswith("points.csv row 402: stream = 'wood'; expected one of")
    assert faults[22].startswith("points.csv row 402: point_id = 'P9'; expected each point_id once")
    assert len(faults) == 23


def test_blank_ends_are_nothing(tmp_path: Path) -> None:
    """Blank lines at the end, empty columns at the right and unseen signs change nothing."""
    tables = {
        name: "\n".join(f"{line},," for line in text.splitlines()) + "\n,,\n\n\n"
        for name, text in GOOD.items()
    }
    tables["points"] = tables["points"].replace("P1,", "\u200b P1\u00a0,")
    city = read_city(write_city(tmp_path / "a", **tables))
    assert city.tables_hash == read_city(write_city(tmp_path / "b")).tables_hash


def test_missing_table_with_another_name(tmp_path: Path) -> None:
    """Where a table is missing and a file has nearly its name, that file is named."""
    folder = write_city(tmp_path)
    (folder / "points.csv").rename(folder / "point.csv")
    assert faults_of(folder)[0] == "points.csv is missing; a city needs it; rename point.csv?"


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


def _book_with(path: Path, sheet: str, rows: list[tuple[object, ...]]) -> Path:
    """The good workbook with one sheet replaced."""
    book = openpyxl.load_workbook(_workbook(path))
    if sheet in book.sheetnames:
        del book[sheet]
    made = book.create_sheet(sheet)
    for row in rows:
        made.append(row)
    book.save(path)
    return path


def test_workbook_dates_and_times(tmp_path: Path) -> None:
    """Cells that a spreadsheet holds as dates and times are read, hours past midnight too."""
    header = tuple(GOOD["trucks"].splitlines()[0].split(","))
    row = ("T1", "collector", "D1", 5500, dt.time(4, 59, 59, 999_700), dt.timedelta(hours=29.5))
    path = _book_with(tmp_path / "city.xlsx", "trucks", [header, row])
    _book = openpyxl.load_workbook(path)
    _book.create_sheet("calendar").append(("date", "kind"))
    _book["calendar"].append((dt.datetime(2024, 10, 1), "holiday"))
    _book.save(path)
    city = read_city(path)
    assert city.trucks.loc[0, ["shift_start", "shift_end"]].tolist() == [18_000, 106_200]
    assert city.calendar.loc[0, "date"] == pd.Timestamp("2024-10-01")


def test_workbook_formula_without_value(tmp_path: Path) -> None:
    """A formula that no spreadsheet has computed is a fault, not an empty cell."""
    header = tuple(GOOD["trucks"].splitlines()[0].split(","))
    row = ("T1", "collector", "D1", "=5000+500", "05:00", "13:00")
    path = _book_with(tmp_path / "city.xlsx", "trucks", [header, row])
    with pytest.raises(InputError) as caught:
        read_city(path)
    assert caught.value.faults[0] == (
        "city.xlsx sheet trucks: cell D2: a formula without a value; "
        "open the workbook in a spreadsheet and save it"
    )


def test_cut_workbook(tmp_path: Path) -> None:
    """A workbook cut anywhere, or with damaged sheets, is refused without a traceback."""
    whole = _workbook(tmp_path / "city.xlsx").read_bytes()
    for share in (0.2, 0.5, 0.9, 0.999):
        (tmp_path / "city.xlsx").write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(InputError, match="not a readable workbook"):
            read_city(tmp_path / "city.xlsx")
    with (
        zipfile.ZipFile(io.BytesIO(whole)) as good,
        zipfile.ZipFile(tmp_path / "city.xlsx", "w") as bad,
    ):
        for name in good.namelist():
            data = good.read(name)
            bad.writestr(name, data[: len(data) // 2] if "worksheets" in name else data)
    with pytest.raises(InputError, match="not a readable workbook"):
        read_city(tmp_path / "city.xlsx")


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
