"""Driver sheets: one XLSX with an overview, a tab for each truck, what is left out, assumptions.

Every sheet prints on A4, fitted to its width, with Chinese and English headings side by side.
The same plan gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from dispatch.words import (
    ENERGIES,
    KPIS,
    SIDES,
    STREAMS,
    TRUCK_KINDS,
    UNNAMED_STREET,
    Pair,
    activity_word,
    both,
    clock,
    main_streets,
    window_text,
    word_of,
)
from scenarios.files import write_whole

TRUCK_COLUMNS: tuple[tuple[str, str, float], ...] = (
    ("序号", "No.", 5),
    ("到达", "Arrive", 7.5),
    ("开始", "Begin", 7.5),
    ("离开", "Leave", 7.5),
    ("作业", "Activity", 9.5),
    ("编号", "ID", 11),
    ("名称", "Name", 20),
    ("行驶道路", "Follow", 34),
    ("里程", "km", 7),
    ("数量", "kg", 8),
    ("装后", "Load kg", 8.5),
    ("时段", "Window", 12.5),
    ("备注", "Remarks", 20),
    ("签字", "Signature", 11),
)
"""Heading in Chinese and English and width of each column of a truck's tab."""

HEADING_ROW = 4
"""Row of a truck's tab that holds the headings; repeated on each printed page."""

RESERVED_TITLES = ("总览 Overview", "未完成 Unserved", "假设 Assumptions")

_FONT = "Microsoft YaHei"
_THIN = Side(style="thin", color="FF9AA5AE")
_THICK = Side(style="medium", color="FF2B3A42")
_GRID = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_TRIP_END = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THICK)
_HEAD_FILL = PatternFill("solid", fgColor="FFE3EDF2")
_TRIP_FILL = PatternFill("solid", fgColor="FFF1F4F6")
_UNLOAD_FILL = PatternFill("solid", fgColor="FFFBF3E4")
_EPOCH = (1980, 1, 1, 0, 0, 0)
_TIME_FORMAT = "[hh]:mm"


def write_sheets(path: Path, plan: Mapping[str, Any]) -> None:
    """Write the workbook of a plan; the same plan gives the same bytes."""
    book = build_workbook(plan)
    raw = io.BytesIO()
    book.save(raw)
    write_whole(Path(path), _repack(raw.getvalue(), _stamp(plan)))


def build_workbook(plan: Mapping[str, Any]) -> Workbook:
    """Return the workbook: overview, a tab for each truck, unserved, assumptions."""
    book = Workbook()
    overview = book.worksheets[0]
    overview.title = RESERVED_TITLES[0]
    titles = sheet_titles([route["truck_id"] for route in plan["routes"]])
    _fill_overview(overview, plan, titles)
    for title, route in zip(titles, plan["routes"], strict=True):
        _fill_truck(book.create_sheet(title), plan, route)
    _fill_unserved(book.create_sheet(RESERVED_TITLES[1]), plan)
    _fill_assumptions(book.create_sheet(RESERVED_TITLES[2]), plan)
    book.properties.creator = "huanwei"
    book.properties.title = _clean(f"{plan['city']} {plan['date']}")
    book.properties.created = book.properties.modified = _stamp(plan)
    return book


def sheet_titles(truck_ids: Iterable[str]) -> list[str]:
    """Return a tab name for each truck that Excel accepts: short, unique, no ``[]:*?/``."""
    taken = {title.casefold() for title in RESERVED_TITLES}
    titles = []
    for truck_id in truck_ids:
        stem = re.sub(r"[\[\]:*?/\\]", "_", _clean(truck_id)).strip("' ")[:31] or "truck"
        title, k = stem, 2
        while title.casefold() in taken:
            title, k = f"{stem[:27]}_{k}", k + 1
        taken.add(title.casefold())
        titles.append(title)
    return titles


def activity_remarks(activity: Mapping[str, Any]) -> str:
    """Return what a driver has to know besides the columns: side, waiting, bay, water."""
    parts = []
    kind = activity["kind"]
    if kind in ("stop", "street") and activity["side"] in SIDES:
        parts.append(both(SIDES[activity["side"]]))
    if activity["service_m"]:
        parts.append(f"作业 work {activity['service_m']} m")
    waiting_min = (activity["begin_s"] - activity["arrive_s"] + 30) // 60
    if waiting_min > 0:
        parts.append(f"等候 wait {waiting_min} min")
    if activity["bay"] is not None:
        parts.append(f"泊位 bay {activity['bay'] + 1}")
    if activity["water_l"]:
        word = "加水 water" if kind == "refill" else "用水 water"
        parts.append(f"{word} {activity['water_l']} L")
    if kind in ("street", "refill"):
        parts.append(f"余水 tank {activity['tank_l']} L")
    if kind == "break":
        parts.append(f"{(activity['end_s'] - activity['begin_s']) // 60} min")
    return "; ".join(parts)


def follow_text(leg: Mapping[str, Any] | None) -> str:
    """Return the streets of a leg as ``A路 → B路``; a leg without any name says so."""
    if not leg or not leg["length_m"]:
        return ""
    names = [name for name, _ in main_streets(leg)]
    return " → ".join(names) if names else both(UNNAMED_STREET)


# --- overview -------------------------------------------------------------------------------


def _fill_overview(sheet: Worksheet, plan: Mapping[str, Any], titles: Sequence[str]) -> None:
    _set_page(sheet, plan, landscape=False, title_rows=None)
    _set_widths(sheet, (12, 18, 17, 8, 8, 9, 9, 7, 10, 10, 13))
    _title(sheet, 1, f"{plan['city']} · {plan['date']} · 作业计划 Day plan", 11)
    row = _fill_kpi_tiles(sheet, plan, 3)
    heads = [
        ("车辆", "Truck"), ("车型", "Kind"), ("类别", "Stream"), ("收集点", "Stops"),
        ("路段", "Streets"), ("里程", "km"), ("吨", "t"), ("趟次", "Trips"), ("出车", "Start"),
        ("收车", "End"), ("成本", f"Cost {plan['currency']}"),
    ]  # fmt: skip
    row += 1
    _headings(sheet, row, heads)
    for title, route in zip(titles, plan["routes"], strict=True):
        row += 1
        _fill_overview_row(sheet, row, title, route, plan["kpis"]["by_truck"])
    sheet.freeze_panes = None


def _fill_kpi_tiles(sheet: Worksheet, plan: Mapping[str, Any], row: int) -> int:
    """Write the figures of the day in two columns of pairs; return the row after them."""
    shown = kpi_cells(plan)
    half = -(-len(shown) // 2)
    for i, (name, value, number_format, unit) in enumerate(shown):
        at, column = row + i % half, 1 if i < half else 6
        _put(sheet, at, column, both(name), fill=_HEAD_FILL)
        _put(sheet, at, column + 1, None, fill=_HEAD_FILL)
        sheet.merge_cells(start_row=at, start_column=column, end_row=at, end_column=column + 1)
        cell = _put(sheet, at, column + 2, value, bold=True, align="right")
        cell.number_format = number_format
        _put(sheet, at, column + 3, unit)
        if column == 6:
            _put(sheet, at, 10, None)
            sheet.merge_cells(start_row=at, start_column=9, end_row=at, end_column=10)
    return row + half


def kpi_cells(plan: Mapping[str, Any]) -> list[tuple[Pair, float | None, str, str]]:
    """Return (name, value, number format, unit) of the day's figures, in reading order."""
    total, currency = plan["kpis"]["total"], plan["currency"]
    scaled: list[tuple[str, float, str, str]] = [
        ("stops", 1, "0", f"/ {plan['required']['stops']}"),
        ("streets", 1, "0", f"/ {plan['required']['streets']}"),
        ("unserved", 1, "0", ""),
        ("trucks_used", 1, "0", ""),
        ("trips", 1, "0", ""),
        ("mass_kg", 1000, "#,##0.00", "t"),
        ("punctuality", 1, "0.0%", ""),
        ("load_factor", 1, "0.0%", ""),
        ("length_m", 1000, "#,##0.0", "km"),
        ("swept_m", 1000, "#,##0.0", "km"),
        ("driving_s", 3600, "#,##0.0", "h"),
        ("service_s", 3600, "#,##0.0", "h"),
        ("waiting_s", 3600, "#,##0.0", "h"),
        ("overtime_s", 3600, "#,##0.0", "h"),
        ("cost", 1000, "#,##0.00", currency),
        ("co2_g", 1000, "#,##0.0", "kg"),
    ]
    cells: list[tuple[Pair, float | None, str, str]] = []
    for key, unit, number_format, word in scaled:
        value = total[key]
        shown = value if value is None or unit == 1 else value / unit
        cells.append((KPIS[key], shown, number_format, word))
    return cells


def _fill_overview_row(
    sheet: Worksheet, row: int, title: str, route: Mapping[str, Any], kpis: Mapping[str, Any]
) -> None:
    figures = kpis[route["truck_id"]]
    values: list[Any] = [
        route["truck_id"],
        both(word_of(TRUCK_KINDS, route["truck_kind"])),
        both(word_of(STREAMS, route["stream"])),
        figures["stops"],
        figures["streets"],
        route["length_m"] / 1000,
        figures["mass_kg"] / 1000,
        figures["trips"],
        dt.timedelta(seconds=route["start_s"]),
        dt.timedelta(seconds=route["end_s"]),
        route["cost"] / 1000,
    ]
    formats = ["@", "@", "@", "0", "0", "0.0", "0.00", "0", _TIME_FORMAT, _TIME_FORMAT, "#,##0.00"]
    _row(sheet, row, values, formats)
    quoted = title.replace("'", "''")
    sheet.cell(row, 1).hyperlink = f"#'{quoted}'!A1"
    sheet.cell(row, 1).font = Font(name=_FONT, size=9, color="FF0B5C8A", underline="single")


# --- a truck --------------------------------------------------------------------------------


def _fill_truck(sheet: Worksheet, plan: Mapping[str, Any], route: Mapping[str, Any]) -> None:
    _set_page(sheet, plan, landscape=True, title_rows=f"1:{HEADING_ROW}")
    _set_widths(sheet, [width for _, _, width in TRUCK_COLUMNS])
    _fill_truck_head(sheet, plan, route)
    _headings(sheet, HEADING_ROW, [(zh, en) for zh, en, _ in TRUCK_COLUMNS])
    sheet.freeze_panes = f"A{HEADING_ROW + 1}"
    trips = _trip_sums(route)
    row, trip = HEADING_ROW, 0
    for seq, activity in enumerate(route["activities"], start=1):
        if activity["trip"] > trip and activity["kind"] not in ("break", "end"):
            trip = activity["trip"]
            row += 1
            _fill_trip_row(sheet, row, trip, trips[trip])
        row += 1
        _fill_activity(sheet, row, seq, activity, route)
    _fill_sign_off(sheet, row + 2, route)


def _fill_truck_head(sheet: Worksheet, plan: Mapping[str, Any], route: Mapping[str, Any]) -> None:
    stream = both(word_of(STREAMS, route["stream"]))
    kind = both(word_of(TRUCK_KINDS, route["truck_kind"]))
    width = len(TRUCK_COLUMNS)
    _title(sheet, 1, f"{route['truck_id']} · {stream} · {plan['date']}", width)
    figures = plan["kpis"]["by_truck"][route["truck_id"]]
    place = route["depot_id"]
    if route["end_depot_id"] != place:
        place += f" → {route['end_depot_id']}"
    facts = [
        kind,
        f"停车场 Depot {place}",
        f"{clock(route['start_s'])}–{clock(route['end_s'])}",
        f"{figures['stops']} 点 stops" if figures["stops"] else f"{figures['streets']} 段 streets",
        f"{figures['trips']} 趟 trips",
        f"{route['length_m'] / 1000:.1f} km",
        f"{figures['mass_kg'] / 1000:.2f} t",
        f"核载 capacity {route['capacity_kg']} kg",
    ]
    if route["tank_l"]:
        facts.append(f"水箱 tank {route['tank_l']} L")
    energy = route["energy"]
    if energy:
        name = both(word_of(ENERGIES, energy["kind"]))
        facts.append(f"{name} {energy['amount']:.1f} {energy['unit']}")
    _merged(sheet, 2, width, "  |  ".join(facts), size=9)
    blanks = "司机 Driver ______________   跟车员 Crew ______________   车牌 Plate ______________"
    _merged(sheet, 3, width, f"{plan['city']}      {blanks}", size=9)


def _trip_sums(route: Mapping[str, Any]) -> dict[int, tuple[int, int, int]]:
    """Return stops and streets, kilograms and metres of each trip."""
    sums: dict[int, tuple[int, int, int]] = {}
    for activity in route["activities"]:
        tasks, kg, metres = sums.get(activity["trip"], (0, 0, 0))
        if activity["kind"] in ("stop", "street"):
            tasks, kg = tasks + 1, kg + activity["mass_kg"]
        leg = activity["leg"]
        metres += activity["service_m"] + (leg["length_m"] if leg else 0)
        sums[activity["trip"]] = (tasks, kg, metres)
    return sums


def _fill_trip_row(sheet: Worksheet, row: int, trip: int, sums: tuple[int, int, int]) -> None:
    tasks, kg, metres = sums
    text = f"第 {trip} 趟 Trip {trip}"
    if tasks:
        text += f"    {tasks} 项 tasks · {kg} kg · {metres / 1000:.1f} km"
    width = len(TRUCK_COLUMNS)
    for column in range(1, width + 1):
        cell = _put(sheet, row, column, text if column == 1 else None, bold=True, fill=_TRIP_FILL)
        cell.border = Border(top=_THICK, bottom=_THIN)
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
    sheet.row_dimensions[row].height = 17


def _fill_activity(
    sheet: Worksheet, row: int, seq: int, activity: Mapping[str, Any], route: Mapping[str, Any]
) -> None:
    leg = activity["leg"]
    taken = activity["mass_kg"] if activity["kind"] in ("stop", "street", "unload") else None
    is_break = activity["kind"] == "break"
    values = [
        seq,
        dt.timedelta(seconds=activity["arrive_s"]),
        dt.timedelta(seconds=activity["begin_s"]),
        dt.timedelta(seconds=activity["end_s"]),
        both(activity_word(activity, route["truck_kind"])),
        activity["id"],
        "" if is_break else activity["name"],
        follow_text(leg),
        leg["length_m"] / 1000 if leg else None,
        taken,
        activity["load_kg"],
        window_text(activity["window"]),
        activity_remarks(activity),
        None,
    ]
    times = [_TIME_FORMAT] * 3
    _row(sheet, row, values, ["0", *times, "@", "@", "@", "@", "0.00", "0", "0", "@", "@", "@"])
    texts = [(values[6], 20), (values[7], 34), (values[12], 20), (values[4], 9.5)]
    lines = max(_lines_needed(str(text or ""), width) for text, width in texts)
    sheet.row_dimensions[row].height = max(20.0, 12.5 * lines + 4)
    if activity["kind"] == "unload":
        for column in range(1, len(TRUCK_COLUMNS) + 1):
            cell = sheet.cell(row, column)
            cell.font = Font(name=_FONT, size=9, bold=True)
            cell.fill = _UNLOAD_FILL
            cell.border = _TRIP_END


def _lines_needed(text: str, width: float) -> int:
    """Return how many lines a wrapped text takes; Chinese characters are two wide."""
    cells = sum(2.0 if ord(char) > 0x2E7F else 1.05 for char in text)
    return max(1, -(-int(cells * 10) // int(width * 9.2)))


def _fill_sign_off(sheet: Worksheet, row: int, route: Mapping[str, Any]) -> None:
    text = "司机签字 Driver ________________    班长签字 Foreman ________________    "
    _merged(sheet, row, len(TRUCK_COLUMNS), text + "实际收车 Actual end ________", size=9)


# --- unserved and assumptions ---------------------------------------------------------------


def _fill_unserved(sheet: Worksheet, plan: Mapping[str, Any]) -> None:
    _set_page(sheet, plan, landscape=True, title_rows="1:3")
    _set_widths(sheet, (12, 20, 11, 20, 10, 10, 40, 40))
    _title(sheet, 1, f"未完成任务 Unserved · {plan['date']}", 8)
    heads = [
        ("编号", "ID"), ("名称", "Name"), ("区域", "District"), ("类别", "Stream"),
        ("数量", "kg"), ("长度", "m"), ("原因", "Reason (Chinese)"), ("原因", "Reason (English)"),
    ]  # fmt: skip
    _headings(sheet, 3, heads)
    for row, task in enumerate(plan["unserved"], start=4):
        stream = both(word_of(STREAMS, task["stream"]))
        values = [task["id"], task["name"], task["district"], stream]
        values += [task["mass_kg"], task["length_m"], task["text_zh"], task["text"]]
        _row(sheet, row, values, ["@", "@", "@", "@", "0", "0", "@", "@"])
        lines = max(_lines_needed(task[key], 40) for key in ("text", "text_zh"))
        sheet.row_dimensions[row].height = max(17.0, 12.5 * lines + 4)
    if not plan["unserved"]:
        _merged(sheet, 4, 8, "全部任务均已安排 Everything due is served", size=9)


def _fill_assumptions(sheet: Worksheet, plan: Mapping[str, Any]) -> None:
    _set_page(sheet, plan, landscape=True, title_rows="1:3")
    _set_widths(sheet, (34, 14, 14, 60, 14))
    _title(sheet, 1, f"假设与来源 Assumptions · {plan['date']}", 5)
    heads = [
        ("参数", "Key"), ("取值", "Value"), ("单位", "Unit"), ("来源", "Source"),
        ("可信度", "Confidence"),
    ]  # fmt: skip
    _headings(sheet, 3, heads)
    row = 3
    for row, one in enumerate(plan["assumptions"], start=4):
        values = [one[key] for key in ("key", "value", "unit", "source", "confidence")]
        _row(sheet, row, values, ["@", "General", "@", "@", "@"])
        sheet.row_dimensions[row].height = 12.5 * _lines_needed(str(one["source"]), 60) + 4
    facts = [f"警告 Warning: {text}" for text in plan["warnings"]]
    facts += [f"{key}: {value}" for key, value in plan["fingerprint"].items()]
    for i, text in enumerate(facts, start=row + 2):
        _merged(sheet, i, 5, text, size=8)


# --- cells and pages ------------------------------------------------------------------------


def _clean(text: str) -> str:
    return ILLEGAL_CHARACTERS_RE.sub("", text)


def _put(
    sheet: Worksheet,
    row: int,
    column: int,
    value: Any,
    *,
    bold: bool = False,
    fill: PatternFill | None = None,
    align: str = "left",
) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell), "the hidden part of merged cells holds nothing"
    if isinstance(value, (list, tuple, dict)):
        value = str(value)
    if isinstance(value, str):
        cell.value = _clean(value)
        cell.data_type = "s"  # a name that begins with "=" is a name, not a formula
    else:
        cell.value = value
    cell.font = Font(name=_FONT, size=9, bold=bold)
    cell.alignment = Alignment(horizontal=align, vertical="center", wrap_text=True)
    cell.border = _GRID
    if fill is not None:
        cell.fill = fill
    return cell


def _row(sheet: Worksheet, row: int, values: Sequence[Any], formats: Sequence[str]) -> None:
    for column, (value, number_format) in enumerate(zip(values, formats, strict=True), start=1):
        is_text = value is None or isinstance(value, str)
        cell = _put(sheet, row, column, value, align="left" if is_text else "right")
        cell.number_format = number_format


def _headings(sheet: Worksheet, row: int, heads: Sequence[Pair]) -> None:
    for column, pair in enumerate(heads, start=1):
        _put(sheet, row, column, both(pair), bold=True, fill=_HEAD_FILL, align="center")
    sheet.row_dimensions[row].height = 28


def _title(sheet: Worksheet, row: int, text: str, width: int) -> None:
    _merged(sheet, row, width, text, size=15, bold=True)
    sheet.row_dimensions[row].height = 25


def _merged(
    sheet: Worksheet, row: int, width: int, text: str, *, size: int, bold: bool = False
) -> None:
    cell = sheet.cell(row, 1, None)
    cell.value = _clean(text)
    cell.data_type = "s"
    cell.font = Font(name=_FONT, size=size, bold=bold)
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    sheet.merge_cells(start_row=row, start_column=1, end_row=row, end_column=width)
    sheet.row_dimensions[row].height = 18


def _set_widths(sheet: Worksheet, widths: Sequence[float]) -> None:
    for column, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = width


def _set_page(
    sheet: Worksheet, plan: Mapping[str, Any], *, landscape: bool, title_rows: str | None
) -> None:
    setup = sheet.page_setup
    setup.paperSize = 9  # A4
    setup.orientation = "landscape" if landscape else "portrait"
    setup.fitToWidth, setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margins = sheet.page_margins
    margins.left = margins.right = 0.4
    margins.top, margins.bottom = 0.45, 0.55
    margins.header = margins.footer = 0.25
    sheet.print_options.horizontalCentered = True
    # "&" starts a code in a footer, so a literal one is doubled
    name = _clean(f"{plan['city']} {plan['date']}").replace("&", "&&")
    footer: Any = sheet.oddFooter  # the stubs take its parts for optional
    footer.left.text, footer.center.text, footer.right.text = name, "&A", "&P / &N"
    sheet.sheet_view.showGridLines = False
    if title_rows:
        sheet.print_title_rows = title_rows


def _stamp(plan: Mapping[str, Any]) -> dt.datetime:
    """Return the moment that stands for the plan in the file: midnight of its date."""
    return dt.datetime.combine(dt.date.fromisoformat(plan["date"]), dt.time())


def _repack(raw: bytes, stamp: dt.datetime) -> bytes:
    """Return the same archive with fixed times, so that bytes depend on the plan alone."""
    moment = stamp.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    pattern = rb"(<dcterms:(?:modified|created)[^>]*>)[^<]*"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = re.sub(pattern, lambda found: found.group(1) + moment, body)
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            new.writestr(info, body)
    return out.getvalue()
