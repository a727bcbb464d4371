"""Driver sheets: one XLSX with an overview, a tab for each truck, what is left out, assumptions.

Every sheet prints on A4, fitted to its width, with Chinese and English headings side by side.
The same plan gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from dispatch.kpis import WASHES
from dispatch.pages import (
    ALERT_FILL,
    CENTS,
    HEAD_FILL,
    SHARE,
    TENTHS,
    TEXT,
    TIME,
    TRIP_FILL,
    UNLOAD_FILL,
    WHOLE,
    Column,
    book_bytes,
    clean,
    link,
    put,
    set_page,
    write_heading,
    write_line,
    write_row,
    write_table,
)
from dispatch.planfile import STANDING
from dispatch.words import (
    ENERGIES,
    FACILITY_KINDS,
    FROM_HERE,
    KPIS,
    SIDES,
    TRUCK_KINDS,
    UNNAMED_STREET,
    Pair,
    activity_word,
    both,
    clock,
    main_streets,
    stream_text,
    task_numbers,
    window_text,
    word_of,
)
from scenarios.files import write_whole

TRUCK_COLUMNS = (
    Column("number", "序号", "No.", WHOLE, centered=True),
    Column("arrive", "到达", "Arrive", TIME),
    Column("leave", "离开", "Leave", TIME),
    Column("what", "作业", "Activity", TEXT),
    Column("id", "编号", "ID", TEXT),
    Column("name", "名称", "Name", TEXT),
    Column("follow", "行驶道路", "Follow", TEXT),
    Column("km", "里程", "km", CENTS),
    Column("kg", "数量", "kg", WHOLE),
    Column("load", "装后", "kg", WHOLE),
    Column("window", "时段", "Window", TEXT, centered=True),
    Column("remarks", "备注", "Remarks", TEXT),
    Column("sign", "签字", "Signature", TEXT),
)
"""Columns of the tab of a truck that collects."""

SWEEPER_COLUMNS = (
    *TRUCK_COLUMNS[:8],
    Column("work", "作业", "m", WHOLE),
    Column("tank", "余水", "L", WHOLE),
    *TRUCK_COLUMNS[10:],
)
"""Columns of the tab of a truck that sweeps or flushes streets."""

TRUCK_WIDTHS = (5, 7.5, 7.5, 13, 13, 29, 43, 8, 9, 8, 13, 17, 11)

STREAM_COLUMNS = (
    Column("stream", "类别", "Stream", TEXT, span=2),
    Column("trucks_used", "车辆", "Trucks", WHOLE),
    Column("stops", "收集点", "Stops", WHOLE),
    Column("streets", "路段", "Streets", WHOLE),
    Column("km", "里程", "km", TENTHS),
    Column("t", "收运", "t", CENTS),
    Column("trips", "趟次", "Trips", WHOLE),
    Column("unserved", "未完成", "Unserved", WHOLE),
    Column("unserved_t", "未收运", "t", CENTS),
    Column("cost", "成本", "Cost", CENTS),
)

FLEET_COLUMNS = (
    Column("truck", "车辆", "Truck", TEXT),
    Column("kind", "车型", "Kind", TEXT),
    Column("stream", "类别", "Stream", TEXT),
    Column("stops", "收集点", "Stops", WHOLE),
    Column("streets", "路段", "Streets", WHOLE),
    Column("km", "里程", "km", TENTHS),
    Column("t", "收运", "t", CENTS),
    Column("trips", "趟次", "Trips", WHOLE),
    Column("start", "出车", "Start", TIME),
    Column("end", "收车", "End", TIME),
    Column("overtime", "加班", "Overtime min", WHOLE),
    Column("cost", "成本", "Cost", CENTS),
)

STATION_COLUMNS = (
    Column("id", "设施", "Station", TEXT),
    Column("name", "名称", "Name", TEXT),
    Column("kind", "类型", "Kind", TEXT),
    Column("open", "开放", "Open", TEXT, span=2, centered=True),
    Column("visits", "车次", "Visits", WHOLE),
    Column("t", "接收", "t", CENTS),
    Column("share", "占比", "of limit", SHARE),
    Column("waiting", "最多排队", "Most waiting", WHOLE, span=2),
    Column("longest", "最长等候", "Longest wait min", WHOLE),
)

FLEET_WIDTHS = (14, 35, 26, 9, 9, 10, 9, 8, 8, 8, 10, 12)

STOCK_COLUMNS = (
    Column("id", "转运站", "Station", TEXT),
    Column("name", "名称", "Name", TEXT),
    Column("to", "去向", "Hauled to", TEXT),
    Column("storage", "库容", "holds t", TENTHS, span=2),
    Column("peak", "最多", "most t", TENTHS, span=2),
    Column("taken", "运出", "out t", TENTHS, span=2),
    Column("left", "过夜", "stays t", TENTHS),
    Column("full", "满仓", "Overflows", TEXT, centered=True),
)
"""What lies at transfer stations, on days with hauls."""

OVERVIEW_WIDTHS = (11, 20, 18, 8, 8, 9, 9, 8, 10, 9, 13)

UNSERVED_COLUMNS = (
    Column("id", "编号", "ID", TEXT),
    Column("name", "名称", "Name", TEXT),
    Column("district", "区域", "District", TEXT),
    Column("stream", "类别", "Stream", TEXT),
    Column("kg", "数量", "kg", WHOLE),
    Column("m", "长度", "m", WHOLE),
    Column("reason", "原因", "Reason", TEXT),
)

UNSERVED_WIDTHS = (13, 31, 13, 25, 8, 8, 65)

ASSUMPTION_COLUMNS = (
    Column("key", "参数", "Key", TEXT),
    Column("value", "取值", "Value", "General"),
    Column("unit", "单位", "Unit", TEXT),
    Column("source", "来源", "Source", TEXT),
    Column("confidence", "可信度", "Confidence", TEXT),
)

ASSUMPTION_WIDTHS = (36, 12, 22, 76, 14)

HEADING_ROW = 4
"""Row of a truck's tab that holds the headings; repeated on each printed page."""

TAKES = ("stop", "street", "load")
"""Activities by which a truck comes to have more aboard."""

OVERVIEW, FLEET = "总览 Overview", "车辆 Trucks"
UNSERVED, ASSUMPTIONS, NOTES = "未完成 Unserved", "假设 Assumptions", "提示 Notes"
RESERVED_TITLES = (OVERVIEW, FLEET, UNSERVED, ASSUMPTIONS, NOTES)

STREAM_COLORS = {
    "recyclable": "1F6FB5",
    "hazardous": "C0392B",
    "kitchen": "2E8B57",
    "other": "5F6B73",
    "sweepings": "8E6BBF",
    "snow": "2A9DB0",
}
"""Colors of the tabs."""


def write_sheets(path: Path, plan: Mapping[str, Any]) -> None:
    """Write the workbook of a plan; the same plan gives the same bytes."""
    moment = dt.datetime.fromisoformat(plan["date"])
    write_whole(Path(path), book_bytes(build_workbook(plan), moment))


def build_workbook(plan: Mapping[str, Any]) -> Workbook:
    """Return the workbook: overview, a tab for each truck, unserved, assumptions."""
    book = Workbook()
    book.remove(book.worksheets[0])
    titles = sheet_titles([route["truck_id"] for route in plan["routes"]])
    _fill_overview(book.create_sheet(OVERVIEW), plan)
    _fill_fleet(book.create_sheet(FLEET), plan, titles)
    for title, route in zip(titles, plan["routes"], strict=True):
        _fill_truck(book.create_sheet(title), plan, route)
    _fill_unserved(book.create_sheet(UNSERVED), plan)
    _fill_assumptions(book.create_sheet(ASSUMPTIONS), plan)
    _fill_notes(book.create_sheet(NOTES), plan)
    book.properties.creator = "huanwei"
    book.properties.title = clean(_footer(plan))
    return book


def _footer(plan: Mapping[str, Any]) -> str:
    return f"{plan['city']} {plan['date']}"


def sheet_titles(truck_ids: Iterable[str]) -> list[str]:
    """Return a tab name for each truck that Excel accepts: short, unique, no ``[]:*?/``."""
    taken = {title.casefold() for title in RESERVED_TITLES}
    titles = []
    for truck_id in truck_ids:
        stem = re.sub(r"[\[\]:*?/\\]", "_", clean(truck_id)).strip("' ")[:31] or "truck"
        title, k = stem, 2
        while title.casefold() in taken:
            title, k = f"{stem[:27]}_{k}", k + 1
        taken.add(title.casefold())
        titles.append(title)
    return titles


# --- overview -------------------------------------------------------------------------------


def _fill_overview(sheet: Worksheet, plan: Mapping[str, Any]) -> None:
    set_page(sheet, _footer(plan), OVERVIEW_WIDTHS, landscape=False)
    write_line(sheet, 1, f"{plan['city']} · {plan['date']} · 作业计划 Day plan", size=15, bold=True)
    row = _fill_tiles(sheet, plan, 3)
    row = _fill_bound(sheet, plan, row + 1)
    row = _fill_streams(sheet, plan, row + 1)
    row = write_table(sheet, row + 1, STATION_COLUMNS, _station_rows(plan))
    stocks = _stock_rows(plan)
    if stocks:
        write_table(sheet, row + 1, STOCK_COLUMNS, stocks)


def _fill_tiles(sheet: Worksheet, plan: Mapping[str, Any], row: int) -> int:
    """Write the figures of the day in two columns of pairs; return the row after them."""
    shown = kpi_cells(plan)
    half = -(-len(shown) // 2)
    for i, (name, value, number_format, unit) in enumerate(shown):
        at = row + i % half
        spans = ((1, 2), (3, 3), (4, 5)) if i < half else ((6, 8), (9, 10), (11, 11))
        put(sheet, at, spans[0], both(name), fill=HEAD_FILL)
        alert = ALERT_FILL if name == KPIS["unserved"] and value else ""
        put(sheet, at, spans[1], value, number_format, bold=True, fill=alert)
        put(sheet, at, spans[2], unit)
        sheet.row_dimensions[at].height = 18
    return row + half


def kpi_cells(plan: Mapping[str, Any]) -> list[tuple[Pair, float | None, str, str]]:
    """Return (name, value, number format, unit) of the day's figures, in reading order."""
    total, required = plan["kpis"]["total"], plan["required"]
    scaled = [
        ("stops", 1, WHOLE, f"/ {required['stops']}"),
        ("streets", 1, WHOLE, f"/ {required['streets']}"),
        ("unserved", 1, WHOLE, ""),
        ("trucks_used", 1, WHOLE, ""),
        ("trips", 1, WHOLE, ""),
        ("mass_kg", 1000, CENTS, "t"),
        ("punctuality", 1, SHARE, ""),
        ("load_factor", 1, SHARE, ""),
        ("length_m", 1000, TENTHS, "km"),
        ("swept_m", 1000, TENTHS, "km"),
        ("driving_s", 3600, TENTHS, "h"),
        ("service_s", 3600, TENTHS, "h"),
        ("waiting_s", 3600, TENTHS, "h"),
        ("overtime_s", 3600, TENTHS, "h"),
        ("cost", 1000, CENTS, plan["currency"]),
        ("co2_g", 1000, TENTHS, "kg"),
    ]
    if WASHES in total:
        scaled.append((WASHES, 1, WHOLE, ""))
    if "hauls" in total:
        scaled += [("hauls", 1, WHOLE, ""), ("hauled_kg", 1000, CENTS, "t")]
    cells: list[tuple[Pair, float | None, str, str]] = []
    for key, unit, number_format, word in scaled:
        value = total[key]
        shown = value if value is None or unit == 1 else value / unit
        cells.append((KPIS[key], shown, number_format, word))
    return cells


def _fill_bound(sheet: Worksheet, plan: Mapping[str, Any], row: int) -> int:
    """Write the proven bound and how many warnings there are; return the row after them."""
    bound, notes = plan["bound"], []
    if bound:
        low, cost = (f"{bound[key] / 1000:,.2f}" for key in ("lower_bound", "cost"))
        notes.append(
            f"成本下界 Lower bound {low} / 含漏收代价的成本 cost with prices of the unserved {cost}"
            f" {plan['currency']}, 差距 gap {100 * bound['gap']:.1f} %"
        )
    if plan["warnings"]:
        notes.append(f"{len(plan['warnings'])} 条警告 warnings → {NOTES}")
    for text in notes:
        write_line(sheet, row, text)
        row += 1
    return row


def _fill_streams(sheet: Worksheet, plan: Mapping[str, Any], row: int) -> int:
    rows = [
        {"stream": stream_text(stream) or "–", **_figures(figures)}
        for stream, figures in plan["kpis"]["by_stream"].items()
    ]
    total = {"stream": "合计 Total", **_figures(plan["kpis"]["total"])}
    return write_table(sheet, row, STREAM_COLUMNS, rows, total)


def _figures(figures: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **figures,
        "km": figures["length_m"] / 1000,
        "t": figures["mass_kg"] / 1000,
        "unserved_t": figures["unserved_kg"] / 1000,
        "cost": figures["cost"] / 1000,
        "overtime": figures["overtime_s"] / 60,
    }


def _fill_fleet(sheet: Worksheet, plan: Mapping[str, Any], titles: Sequence[str]) -> None:
    set_page(sheet, _footer(plan), FLEET_WIDTHS, title_rows="1:3")
    write_line(sheet, 1, f"出车表 Trucks · {plan['date']}", size=15, bold=True)
    rows = [
        {
            **_figures(plan["kpis"]["by_truck"][route["truck_id"]]),
            "truck": route["truck_id"],
            "kind": both(word_of(TRUCK_KINDS, route["truck_kind"])),
            "stream": route_streams(route),
            "start": dt.timedelta(seconds=route["start_s"]),
            "end": dt.timedelta(seconds=route["end_s"]),
            "t": _carried_kg(plan, route) / 1000,
        }
        for route in plan["routes"]
    ]
    total = {"truck": "合计 Total", **_figures(plan["kpis"]["total"])}
    write_table(sheet, 3, FLEET_COLUMNS, rows, total)
    sheet.freeze_panes = "A4"
    for row, title in enumerate(titles, start=4):
        link(sheet, row, title)


def _carried_kg(plan: Mapping[str, Any], route: Mapping[str, Any]) -> int:
    """Return what a truck collects in the day, or hauls."""
    figures = plan["kpis"]["by_truck"][route["truck_id"]]
    return int(figures["mass_kg"] + figures.get("hauled_kg", 0))


def route_streams(route: Mapping[str, Any]) -> str:
    """Return what a truck takes over the day, the stream it takes most of first."""
    taken = [a["stream"] for a in route["activities"] if a["kind"] in TAKES]
    streams = ";".join(dict.fromkeys([route["stream"], *taken]))
    return stream_text(streams, route["truck_kind"])


def _station_rows(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the stations that take waste in or keep a truck waiting, with their busiest moment."""
    waits: dict[str, list[int]] = defaultdict(list)
    for route in plan["routes"]:
        for activity in route["activities"]:
            if activity["kind"] in ("unload", "refill", "wash"):
                waits[activity["id"]].append(activity["begin_s"] - activity["arrive_s"])
    return [
        _station_cells(station, waits[station["facility_id"]])
        for station in plan["facilities"]
        if station["received_kg"] or any(waits[station["facility_id"]]) or _washes(station, waits)
    ]


def _washes(station: Mapping[str, Any], waits: Mapping[str, list[int]]) -> bool:
    return station["kind"] == "wash" and bool(waits[station["facility_id"]])


def _stock_rows(plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what lies at each transfer station from which trucks haul."""
    targets = _haul_targets(plan)
    return [
        {
            "id": station["facility_id"],
            "name": station["name"],
            "to": targets.get(station["facility_id"], ""),
            "storage": stock["storage_kg"] / 1000,
            "peak": stock["peak_kg"] / 1000,
            "taken": sum(stock["taken_kg"].values()) / 1000,
            "left": sum(stock["left_kg"].values()) / 1000,
            "full": "; ".join(clock(begin) for begin, _, _ in stock["overflows"]) or "–",
        }
        for station in plan["facilities"]
        if (stock := station.get("stock")) is not None
    ]


def _haul_targets(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return where the loads of each station are put down."""
    targets: dict[str, str] = {}
    for route in plan["routes"]:
        aboard: list[str] = []
        for activity in route["activities"]:
            if activity["kind"] == "load":
                aboard.append(activity["id"])
            elif activity["kind"] == "unload":
                targets |= dict.fromkeys(aboard, activity["name"] or activity["id"])
                aboard = []
    return targets


def _station_cells(station: Mapping[str, Any], waits_s: Sequence[int]) -> dict[str, Any]:
    received, limit = sum(station["received_kg"].values()), station["capacity_kg_day"]
    return {
        "id": station["facility_id"],
        "name": station["name"],
        "kind": "\n".join(word_of(FACILITY_KINDS, station["kind"])),
        "open": window_text((station["open_s"], station["close_s"])),
        "visits": len(waits_s),
        "t": received / 1000,
        "share": received / limit if limit else None,
        "waiting": max((minute["waiting"] for minute in station["queue"]), default=0),
        "longest": -(-max(waits_s, default=0) // 60),
    }


# --- a truck --------------------------------------------------------------------------------


def _fill_truck(sheet: Worksheet, plan: Mapping[str, Any], route: Mapping[str, Any]) -> None:
    set_page(sheet, _footer(plan), TRUCK_WIDTHS, title_rows=f"1:{HEADING_ROW}")
    sheet.sheet_properties.tabColor = STREAM_COLORS.get(route["stream"])
    title = f"{route['truck_id']} · {route_streams(route)} · {plan['date']}"
    write_line(sheet, 1, title, size=16, bold=True)
    write_line(sheet, 2, "  |  ".join(truck_facts(plan, route)))
    blanks = "司机 Driver ______________   跟车员 Crew ______________   车牌 Plate ______________"
    write_line(sheet, 3, f"{plan['city']}      {blanks}")
    columns = truck_columns(route)
    write_heading(sheet, HEADING_ROW, columns)
    sheet.freeze_panes = f"A{HEADING_ROW + 1}"
    trips = _trip_sums(route)
    row, trip = HEADING_ROW, 0
    numbers = task_numbers(route["activities"])
    pins = {pin["id"]: pin for pin in plan.get("pins", ())}
    for number, activity in zip(numbers, route["activities"], strict=True):
        if activity["trip"] > trip and activity["kind"] not in (*STANDING, "end"):
            trip = activity["trip"]
            row += 1
            _fill_trip_row(sheet, row, trip, trips[trip])
        row += 1
        cells = activity_cells(activity, route, pins.get(activity["id"]))
        _fill_activity(sheet, row, columns, {**cells, "number": number})
    _fill_total(sheet, row + 1, columns, route)
    text = "司机签字 Driver ________________    班长签字 Foreman ________________    "
    write_line(sheet, row + 3, text + "实际收车 Actual end ________")


def truck_columns(route: Mapping[str, Any]) -> tuple[Column, ...]:
    """Return the columns for a truck: those of a sweeper if it works any street."""
    sweeps = any(activity["kind"] == "street" for activity in route["activities"])
    return SWEEPER_COLUMNS if sweeps else TRUCK_COLUMNS


def truck_facts(plan: Mapping[str, Any], route: Mapping[str, Any]) -> list[str]:
    """Return what the head of a truck's tab says of its day."""
    figures = plan["kpis"]["by_truck"][route["truck_id"]]
    first, last = route["activities"][0], route["activities"][-1]
    depots = dict.fromkeys(depot["name"] or depot["id"] for depot in (first, last))
    facts = [
        both(word_of(TRUCK_KINDS, route["truck_kind"])),
        f"停车场 Depot {' → '.join(depots)}",
        f"{clock(route['start_s'])}–{clock(route['end_s'])}",
        _work_text(figures),
        f"{figures['trips']} 趟 trips",
        f"{route['length_m'] / 1000:.1f} km",
        f"{_carried_kg(plan, route) / 1000:.2f} t",
        f"核载 capacity {route['capacity_kg']} kg",
    ]
    if route["tank_l"]:
        facts.append(f"水箱 tank {route['tank_l']} L")
    first = route["activities"][0]["load_kg"]
    if first:
        facts.append(f"出车时已载 aboard at the start {first} kg")
    energy = route["energy"]
    name = both(word_of(ENERGIES, energy["kind"]))
    facts.append(f"{name} {energy['amount']:.1f} {energy['unit']}")
    return facts


def _work_text(figures: Mapping[str, Any]) -> str:
    if "hauls" in figures:
        return f"{figures['hauls']} 车 loads"
    return (
        f"{figures['stops']} 点 stops" if figures["stops"] else f"{figures['streets']} 段 streets"
    )


def activity_cells(
    activity: Mapping[str, Any], route: Mapping[str, Any], pin: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return what a truck's tab shows of an activity and what was promised of it, by column."""
    kind, leg = activity["kind"], activity["leg"]
    return {
        "kind": kind,
        "arrive": dt.timedelta(seconds=activity["arrive_s"]),
        "leave": dt.timedelta(seconds=activity["end_s"]),
        "what": both(activity_word(activity, route["truck_kind"])),
        "id": activity["id"],
        "name": "" if kind in STANDING else activity["name"],
        "follow": follow_text(leg),
        "km": leg["length_m"] / 1000 if leg else None,
        "kg": activity["mass_kg"] if kind in (*TAKES, "unload") else None,
        "load": activity["load_kg"],
        "work": activity["service_m"] or None,
        "tank": activity["tank_l"],
        "window": window_text(activity["window"]),
        "remarks": activity_remarks(activity, route, pin),
    }


def activity_remarks(
    activity: Mapping[str, Any], route: Mapping[str, Any], pin: Mapping[str, Any] | None = None
) -> str:
    """Return what a driver has to know besides the columns: promise, side, waiting, bay, water."""
    parts = [] if pin is None else [_promise_text(pin)]
    kind = activity["kind"]
    # a stop on the curb side is what drivers expect
    if kind == "street" or (kind == "stop" and activity["side"] == "left"):
        parts.append(both(word_of(SIDES, activity["side"])))
    if kind == "stop" and activity["stream"] != route["stream"]:
        parts.append(stream_text(activity["stream"]))
    if activity["begin_s"] - activity["arrive_s"] >= 60:
        parts.append(f"等至 wait till {clock(activity['begin_s'])}")
    if activity["bay"] is not None:
        parts.append(f"泊位 bay {activity['bay'] + 1}")
    if kind == "unload" and truck_columns(route) is SWEEPER_COLUMNS:
        parts.append(f"{activity['mass_kg']} kg")
    if kind == "wash":
        parts.append("进城前洗车 wash before entering the center")
    if kind == "refill":
        parts.append(f"加水 water {activity['water_l']} L")
    if kind in STANDING:
        parts.append(f"{(activity['end_s'] - activity['begin_s']) // 60} min")
    return "; ".join(parts)


def _promise_text(pin: Mapping[str, Any]) -> str:
    """Return what was promised of a stop or street: its time, if one was."""
    if pin["begin"] is None:
        return "已承诺 promised"
    times = dict.fromkeys(map(clock, pin["begin"]))
    return f"已承诺 promised {'–'.join(times)}"


def follow_text(leg: Mapping[str, Any] | None) -> str:
    """Return the streets of a leg as ``A路 → B路``, or that it has no name or no length."""
    if not leg:
        return ""
    if not leg["length_m"]:
        return both(FROM_HERE)
    names = [name for name, _ in main_streets(leg)]
    return " → ".join(names) if names else both(UNNAMED_STREET)


def _trip_sums(route: Mapping[str, Any]) -> dict[int, tuple[int, int, int]]:
    """Return stops and streets, kilograms and metres of each trip."""
    sums: dict[int, tuple[int, int, int]] = {}
    for activity in route["activities"]:
        tasks, kg, metres = sums.get(activity["trip"], (0, 0, 0))
        if activity["kind"] in TAKES:
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
    put(sheet, row, (1, len(TRUCK_WIDTHS)), text, bold=True, fill=TRIP_FILL)
    sheet.row_dimensions[row].height = 18


def _fill_activity(
    sheet: Worksheet, row: int, columns: Sequence[Column], cells: dict[str, Any]
) -> None:
    unloads = cells["kind"] == "unload"
    cells["number"] = cells["number"] or None
    fill = UNLOAD_FILL if unloads else ""
    write_row(sheet, row, columns, cells, bold=unloads, fill=fill, thick_below=unloads)


def _fill_total(
    sheet: Worksheet, row: int, columns: Sequence[Column], route: Mapping[str, Any]
) -> None:
    work = [a for a in route["activities"] if a["kind"] in TAKES]
    cells = {
        "what": "合计 Total",
        "km": sum(a["leg"]["length_m"] for a in route["activities"] if a["leg"]) / 1000,
        "kg": sum(a["mass_kg"] for a in work),
        "work": sum(a["service_m"] for a in work),
    }
    write_row(sheet, row, columns, cells, bold=True, fill=HEAD_FILL)


# --- unserved and assumptions ---------------------------------------------------------------


def _fill_unserved(sheet: Worksheet, plan: Mapping[str, Any]) -> None:
    set_page(sheet, _footer(plan), UNSERVED_WIDTHS, title_rows="1:3")
    tasks = plan["unserved"]
    write_line(
        sheet,
        1,
        f"未完成任务 Unserved · {plan['date']} · {len(tasks)} 项 tasks",
        size=15,
        bold=True,
    )
    rows = [
        {
            **task,
            "stream": stream_text(task["stream"]),
            "kg": task["mass_kg"] or None,
            "m": task["length_m"] or None,
            "reason": f"{task['text_zh']}\n{task['text']}",
        }
        for task in tasks
    ]
    total = {
        "id": "合计 Total",
        "kg": sum(task["mass_kg"] for task in tasks),
        "m": sum(task["length_m"] for task in tasks),
    }
    write_table(sheet, 3, UNSERVED_COLUMNS, rows, total if tasks else None)
    sheet.freeze_panes = "A4"
    if not tasks:
        write_line(sheet, 4, "全部任务均已安排 Everything due is served")


def _fill_assumptions(sheet: Worksheet, plan: Mapping[str, Any]) -> None:
    set_page(sheet, _footer(plan), ASSUMPTION_WIDTHS, title_rows="1:3")
    write_line(sheet, 1, f"假设与来源 Assumptions · {plan['date']}", size=15, bold=True)
    write_table(sheet, 3, ASSUMPTION_COLUMNS, plan["assumptions"])
    sheet.freeze_panes = "A4"


def _fill_notes(sheet: Worksheet, plan: Mapping[str, Any]) -> None:
    """Write what looked suspicious in the tables, and what the plan was made from."""
    set_page(sheet, _footer(plan), (110,), landscape=False)
    facts = [f"{key}: {value}" for key, value in plan["fingerprint"].items()]
    row = 1
    for head, texts in (("警告 Warnings", plan["warnings"]), ("来历 Fingerprint", facts)):
        write_line(sheet, row, f"{head} · {len(texts)}", size=15, bold=True)
        for at, text in enumerate(texts, start=row + 1):
            write_line(sheet, at, text)
        row += 2 + len(texts)
