"""Driver sheets, read back as a spreadsheet program reads them."""

from __future__ import annotations

import datetime as dt
import json
import re
import zipfile
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from dispatch.kpis import compute_kpis
from dispatch.pages import lines_needed
from dispatch.sheets import (
    ASSUMPTIONS,
    FLEET,
    HEADING_ROW,
    NOTES,
    OVERVIEW,
    RESERVED_TITLES,
    SWEEPER_COLUMNS,
    TRUCK_COLUMNS,
    UNSERVED,
    activity_remarks,
    build_workbook,
    follow_text,
    sheet_titles,
    write_sheets,
)
from tests.dispatch.plans import tiny_plan

Plan = dict[str, Any]


@pytest.fixture
def plan() -> Plan:
    """A plan that a test may change."""
    return json.loads(json.dumps(tiny_plan()))


def written(folder: Path, plan: Plan) -> Workbook:
    """Write the workbook and read it back."""
    write_sheets(folder / "sheets.xlsx", plan)
    return load_workbook(folder / "sheets.xlsx")


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    """The workbook of the small day."""
    return written(tmp_path_factory.mktemp("sheets"), tiny_plan())


def headings(sheet: Worksheet, row: int) -> list[str]:
    """Return the headings of a row."""
    return [cell.value for cell in sheet[row]]


def rows_of(sheet: Worksheet, row: int) -> list[dict[str, Any]]:
    """Return the rows under the headings of a row, until one has no value at all."""
    names = [str(name).split("\n")[-1] for name in headings(sheet, row)]
    found = []
    for cells in sheet.iter_rows(min_row=row + 1, values_only=True):
        if not any(value is not None for value in cells):
            break
        found.append(dict(zip(names, cells, strict=True)))
    return found


def row_of(sheet: Worksheet, text: str) -> int:
    """Return the first row whose first cell begins with a text."""
    for cell in sheet["A"]:
        if str(cell.value).startswith(text):
            return cell.row
    raise AssertionError(f"{text} not found in {sheet.title}")


def clock(text: str) -> dt.timedelta:
    """Return ``HH:MM:SS`` as the time that a cell holds."""
    hours, minutes, seconds = map(int, text.split(":"))
    return dt.timedelta(hours=hours, minutes=minutes, seconds=seconds)


def test_one_tab_a_truck(book: Workbook) -> None:
    """Overview and fleet first, trucks in the order of the plan, then what is left out and why."""
    trucks = ["T01", "T02", "S01"]
    assert book.sheetnames == [OVERVIEW, FLEET, *trucks, UNSERVED, ASSUMPTIONS, NOTES]


def test_every_tab_prints_on_a4(book: Workbook) -> None:
    """A4, as wide as the page and as long as it needs, with city, tab and page in the footer."""
    for sheet in book:
        assert int(sheet.page_setup.paperSize) == 9
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert "2024-11-25" in sheet.oddFooter.left.text
        assert (sheet.oddFooter.center.text, sheet.oddFooter.right.text) == ("&A", "&P / &N")


def test_trucks_print_in_landscape_with_their_headings(book: Workbook) -> None:
    """The head and the headings are repeated on each page and stay in view on the screen."""
    for name in ("T01", "T02", "S01"):
        assert book[name].page_setup.orientation == "landscape"
        assert book[name].print_title_rows == "$1:$4"
        assert book[name].freeze_panes == "A5"
    assert book[UNSERVED].print_title_rows == "$1:$3"
    assert book[OVERVIEW].page_setup.orientation == "portrait"


def test_headings_in_both_languages(book: Workbook) -> None:
    """Each heading is Chinese above English."""
    for name, columns in (("T01", TRUCK_COLUMNS), ("S01", SWEEPER_COLUMNS)):
        heads = headings(book[name], HEADING_ROW)
        assert heads == [f"{column.zh}\n{column.en}" for column in columns]
        assert all(re.fullmatch(r"[一-鿿]+\n[A-Za-z .]+", head) for head in heads)


def test_a_driver_reads_the_day(book: Workbook) -> None:
    """T01 row by row: trips, numbers, times, places, kilograms aboard, the way there."""
    rows = rows_of(book["T01"], HEADING_ROW)
    assert [row["No."] for row in rows] == [
        "第 1 趟 Trip 1    3 项 tasks · 3500 kg · 2.5 km",
        None, 1, 2, 3, None,
        None,
        "第 2 趟 Trip 2    2 项 tasks · 1500 kg · 7.5 km",
        4, 5, None, None, None,
    ]  # fmt: skip
    third = rows[4]
    assert (third["ID"], third["Name"], third["Activity"]) == ("P3", "收集点P3", "收集 Collect")
    assert (third["Arrive"], third["Leave"]) == (clock("10:07:00"), clock("10:12:00"))
    assert (third["km"], third["Follow"]) == (0.5, "人民路 → 四街")
    assert third["Window"] == "10:10–12:00"
    assert third["Remarks"] == "等至 wait till 10:10"
    unload = rows[5]
    assert (unload["Activity"], unload["Name"]) == ("卸料 Unload", "东站")
    assert unload["Remarks"] == "等至 wait till 10:15; 泊位 bay 1"
    meal = rows[6]
    assert (meal["Activity"], meal["Name"], meal["Remarks"]) == ("用餐 Meal", None, "40 min")
    total = rows[-1]
    assert (total["Activity"], total["km"]) == ("合计 Total", 10.0)


def test_kilograms_by_stop(book: Workbook) -> None:
    """Taken and aboard after each stop; an unloading shows what is put down and leaves nothing."""
    sheet = book["T01"]
    columns = [column.key for column in TRUCK_COLUMNS]
    kg, load = columns.index("kg"), columns.index("load")
    values = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=HEADING_ROW + 1)]
    pairs = [(row[kg], row[load]) for row in values if row[load] is not None]
    assert pairs == [
        (None, 0), (1500, 1500), (1200, 2700), (800, 3500), (3500, 0), (None, 0),
        (900, 900), (600, 1500), (1500, 0), (None, 0),
    ]  # fmt: skip
    total = next(row for row in values if row[columns.index("what")] == "合计 Total")
    assert total[kg] == 5000


def test_a_sweeper_reads_metres_and_water(book: Workbook) -> None:
    """S01: metres worked and litres left instead of kilograms; the side of each street."""
    rows = rows_of(book["S01"], HEADING_ROW)
    swept = [row for row in rows if row["Activity"] == "清扫 Sweep"]
    assert [(row["ID"], row["m"], row["L"]) for row in swept] == [
        ("R1", 1000, 1300),
        ("R2", 500, 950),
        ("R3", 1000, 1300),
    ]
    assert {row["Remarks"] for row in swept} == {"右侧 right side"}
    refill = next(row for row in rows if row["Activity"] == "加水 Refill")
    assert (refill["Remarks"], refill["L"]) == ("泊位 bay 1; 加水 water 1050 L", 2000)
    assert next(row for row in rows if row["ID"] == "Z1")["Remarks"] == "泊位 bay 1; 200 kg"
    assert rows[-1]["m"] == 2500


def test_times_run_past_midnight(tmp_path: Path, plan: Plan) -> None:
    """A truck that is back at 25:10 shows 25:10, not 01:10."""
    last = plan["routes"][0]["activities"][-1]
    last.update(arrive_s=90_600, begin_s=90_600, end_s=90_600)
    plan["routes"][0]["end_s"] = 90_600
    sheet = written(tmp_path, plan)["T01"]
    cell = next(row[1] for row in sheet.iter_rows() if row[3].value == "收车 End")
    assert cell.value == dt.timedelta(seconds=90_600)
    assert cell.number_format == "[hh]:mm"


def test_overview_by_hand(book: Workbook) -> None:
    """The figures of the day and the stations that took waste in."""
    sheet = book[OVERVIEW]
    assert sheet["A1"].value == "格子城 Gridtown · 2024-11-25 · 作业计划 Day plan"
    tiles = {sheet.cell(row, 1).value: sheet.cell(row, 3).value for row in range(3, 11)}
    assert (tiles["收集点 Stops"], tiles["未完成 Unserved"], tiles["收运量 Mass"]) == (8, 1, 6.4)
    right = {sheet.cell(row, 6).value: sheet.cell(row, 9).value for row in range(3, 11)}
    assert (right["行驶里程 Distance"], right["成本 Cost"]) == (22.0, 1148.1)
    assert right["行驶 Driving"] == pytest.approx(0.65)
    station = rows_of(sheet, row_of(sheet, "设施"))[0]
    assert (station["Station"], station["Visits"], station["Most waiting"]) == ("Z1", 3, 1)
    assert (station["t"], station["of limit"]) == (5.2, pytest.approx(5200 / 50_000))
    assert station["Longest wait min"] == 1


def test_fleet_by_hand(book: Workbook) -> None:
    """Every truck with its day, and the totals under them."""
    trucks = rows_of(book[FLEET], 3)
    assert [row["Truck"] for row in trucks] == ["T01", "T02", "S01", "合计 Total"]
    assert (trucks[0]["Start"], trucks[0]["End"]) == (clock("10:00:00"), clock("11:44:00"))
    assert (trucks[0]["Trips"], trucks[0]["t"], trucks[0]["Cost"]) == (2, 5.0, 437.267)
    for key in ("Stops", "Streets", "km", "t", "Trips", "Cost"):
        assert trucks[-1][key] == pytest.approx(sum(row[key] for row in trucks[:-1]))


def test_streams_add_up(book: Workbook) -> None:
    """The table by stream ends with the total, the points left out included."""
    sheet = book[OVERVIEW]
    *streams, total = rows_of(sheet, row_of(sheet, "类别"))
    assert streams[0]["Stream"] == "厨余垃圾 Kitchen waste"
    assert [row["Unserved"] for row in streams] == [1, 0, 0]
    for key in ("Stops", "Streets", "km", "Trips", "Unserved", "Cost"):
        assert total[key] == pytest.approx(sum(row[key] for row in streams))


def test_trucks_of_the_fleet_lead_to_their_tabs(book: Workbook) -> None:
    """A click on a truck opens its tab."""
    sheet = book[FLEET]
    row = row_of(sheet, "T01")
    targets = [sheet.cell(row + k, 1).hyperlink.location for k in range(3)]
    assert targets == ["'T01'!A1", "'T02'!A1", "'S01'!A1"]


def test_unserved_with_reasons(book: Workbook) -> None:
    """What is left out stands there with its reason in both languages, and is counted."""
    sheet = book[UNSERVED]
    assert sheet["A1"].value == "未完成任务 Unserved · 2024-11-25 · 1 项 tasks"
    task, total = rows_of(sheet, 3)
    assert (task["ID"], task["Name"], task["kg"], task["m"]) == ("P9", "收集点P9 <夜市>", 250, None)
    chinese, english = task["Reason"].split("\n")
    assert chinese.startswith("收运时段")
    assert english.startswith("Its window")
    assert total["kg"] == 250


def test_nothing_unserved(tmp_path: Path, plan: Plan) -> None:
    """A day without gaps says so in words."""
    plan["unserved"] = []
    plan["kpis"] = compute_kpis(plan["routes"], [], plan["required"])
    sheet = written(tmp_path, plan)[UNSERVED]
    assert sheet["A4"].value == "全部任务均已安排 Everything due is served"


def test_assumptions_and_notes(book: Workbook) -> None:
    """Every assumption with value, unit, source and confidence; warnings and fingerprint."""
    rows = rows_of(book[ASSUMPTIONS], 3)
    assert rows[0] == {
        "Key": "density.in_bin.other",
        "Value": 250,
        "Unit": "kg/m3",
        "Source": "ASSUMPTION (wet Chinese waste; test +-30 %)",
        "Confidence": "assumption",
    }
    notes = [cell.value for cell in book[NOTES]["A"]]
    assert notes[:2] == ["警告 Warnings · 1", tiny_plan()["warnings"][0]]
    assert "seed: 7" in notes


@pytest.mark.parametrize("name", ['=HYPERLINK("http://x")', "=1+1", "+1", "-1", "@SUM(A1)", "'=1"])
def test_no_cell_is_ever_a_formula(tmp_path: Path, plan: Plan, name: str) -> None:
    """A name that looks like a formula stays a name, in every tab."""
    plan |= {"city": name, "warnings": [name]}
    plan["routes"][0]["activities"][1] |= {"id": name, "name": name}
    plan["routes"][0]["activities"][1]["leg"]["streets"] = [[name, 500]]
    plan["unserved"][0] |= {"id": name, "name": name, "district": name, "text_zh": name}
    plan["assumptions"][0] |= {"value": name, "source": name}
    plan["facilities"][1]["name"] = name
    book = written(tmp_path, plan)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert sum(cell.value == name for cell in cells) >= 9
    with zipfile.ZipFile(tmp_path / "sheets.xlsx") as archive:
        parts = [archive.read(part) for part in archive.namelist() if "worksheets/" in part]
    assert not any(b"<f>" in part for part in parts)


def test_names_that_a_workbook_cannot_hold(tmp_path: Path, plan: Plan) -> None:
    """Control characters are left out; an ampersand in the footer is no code."""
    plan["city"] = "A&B\x0b城" + "长" * 300
    plan["routes"][0]["activities"][1]["name"] = "a\x00b"
    book = written(tmp_path, plan)
    assert rows_of(book["T01"], HEADING_ROW)[2]["Name"] == "ab"
    assert len(book["T01"].oddFooter.left.text) <= 200
    plan["city"] = "A&B"
    assert written(tmp_path, plan)["T01"].oddFooter.left.text == "A&&B 2024-11-25"


def test_tab_titles_are_what_excel_accepts() -> None:
    """At most 31 characters, none that is forbidden, no two alike but for their case."""
    titles = sheet_titles(["a/b", "a:b", "A_B", "x" * 40, "x" * 41, "'q'", "", RESERVED_TITLES[0]])
    assert titles[:3] == ["a_b", "a_b_2", "A_B_3"]
    assert titles[5:7] == ["q", "truck"]
    assert all(0 < len(title) <= 31 and not re.search(r"[\[\]:*?/\\]", title) for title in titles)
    assert len({title.casefold() for title in [*titles, *RESERVED_TITLES]}) == len(titles) + 5


def test_drivers_see_what_was_promised(plan: Plan) -> None:
    """With the times of its begin, one time where it is fixed, and the bare word without any."""
    route = plan["routes"][0]
    stop = route["activities"][1]
    pin = {"id": stop["id"], "truck_id": "", "place": None, "begin": [25_200, 26_100]}
    assert activity_remarks(stop, route, pin) == "已承诺 promised 07:00–07:15"
    assert activity_remarks(stop, route, pin | {"begin": [25_200] * 2}) == "已承诺 promised 07:00"
    assert activity_remarks(stop, route, pin | {"begin": None}) == "已承诺 promised"
    sheet = build_workbook(plan | {"pins": [pin]})[route["truck_id"]]
    told = [c.coordinate for row in sheet.iter_rows() for c in row if "已承诺" in str(c.value)]
    assert len(told) == 1


def test_the_file_knows_no_clock(tmp_path: Path, plan: Plan) -> None:
    """Created and modified at midnight of the date planned, whenever it was written."""
    properties = written(tmp_path, plan).properties
    assert properties.created == properties.modified == dt.datetime(2024, 11, 25)
    with zipfile.ZipFile(tmp_path / "sheets.xlsx") as archive:
        assert {part.date_time for part in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_remarks_say_what_is_unusual(plan: Plan) -> None:
    """Left side, another stream, waiting; nothing for an ordinary stop."""
    route = plan["routes"][0]
    stop = route["activities"][1]
    assert activity_remarks(stop, route) == ""
    stop |= {"side": "left", "stream": "kitchen", "begin_s": stop["arrive_s"] + 61}
    expected = "左侧 left side; 厨余垃圾 Kitchen waste; 等至 wait till 10:02"
    assert activity_remarks(stop, route) == expected


def test_follow_text() -> None:
    """Streets with arrows; a leg without names or without length says so."""
    assert follow_text(None) == ""
    assert follow_text({"length_m": 0, "streets": []}) == "就地 from here"
    assert follow_text({"length_m": 9, "streets": [["", 9]]}) == "无名路 unnamed road"
    assert follow_text({"length_m": 9, "streets": [["甲路", 5], ["乙路", 4]]}) == "甲路 → 乙路"


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 10, 1),
        ("one two", 8, 1),
        ("one two", 7, 2),
        ("垃圾分类", 9, 1),
        ("垃圾分类", 8, 2),
        ("a\nb\nc", 20, 3),
        ("x" * 25, 10, 3),
        ("人民路 → 建设路", 12, 2),
    ],
)
def test_lines_needed_by_hand(text: str, width: float, lines: int) -> None:
    """Chinese characters take two places and may be parted, words stay whole."""
    assert lines_needed(text, width) == lines


def test_rows_are_as_high_as_their_texts(tmp_path: Path, plan: Plan) -> None:
    """A long name makes its row higher, so that print shows it whole."""
    plan["routes"][0]["activities"][1]["name"] = "很长的名称" * 14
    sheet = written(tmp_path, plan)["T01"]
    low, high = sheet.row_dimensions[8].height, sheet.row_dimensions[7].height
    assert low == 20
    assert high >= 14 * 5
