"""The week of street cleaning as one page: calendar heat maps, a small map a day, the coverage."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dispatch.words import Pair, both, word_of
from routing.network import Network
from scenarios.cleaning.extension import Extension
from scenarios.cleaning.weekplan import WeekPlan

MAP_WIDTH, MAP_HEIGHT = 300, 220
WEEKDAYS: tuple[Pair, ...] = (
    ("周一", "Mon"), ("周二", "Tue"), ("周三", "Wed"), ("周四", "Thu"), ("周五", "Fri"),
    ("周六", "Sat"), ("周日", "Sun"),
)  # fmt: skip
SCOPES: dict[str, Pair] = {
    "class": ("保洁等级", "Class"),
    "category": ("道路类别", "Category"),
    "district": ("区域", "District"),
}
CATEGORIES: dict[str, Pair] = {
    "main": ("主次干道", "main streets"),
    "back_street": ("背街小巷", "back streets"),
    "industrial_park": ("工业园区", "industrial parks"),
    "urban_fringe": ("城乡结合部", "urban fringe"),
    "entry_corridor": ("城市出入通道", "entry corridors"),
    "suburban_town": ("城郊集镇", "suburban towns"),
}
COLORS = ("#1b6ca8", "#c2571a", "#2f8f4e", "#8a3fa0", "#b8860b", "#00838f", "#ad1457", "#5d4037")
STYLE = """
body{font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:24px;
color:#1d2733;background:#fff;max-width:1240px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:28px 0 8px}
table{border-collapse:collapse}th,td{padding:4px 10px;text-align:right;border:2px solid #fff}
th{font-weight:600;color:#52606d}th:first-child,td:first-child{text-align:left}
td small{display:block;color:#b3261e;background:#fff;border-radius:3px;padding:0 3px}
.maps{display:flex;flex-wrap:wrap;gap:14px}
figure{margin:0}figcaption{color:#52606d}svg{background:#f6f7f9;border-radius:4px}
.note{color:#52606d}
"""


@dataclass
class _Cell:
    """Metres planned and missed."""

    planned_m: int = 0
    missed_m: int = 0


def week_page(
    city: str, record: Mapping[str, Any], week: WeekPlan, extra: Sequence[Extension]
) -> str:
    """Return the page, which needs nothing but itself."""
    days = [d.isoformat() for d in week.dates]
    parts = [
        f"<!doctype html><html lang='zh'><meta charset='utf-8'><title>{html.escape(city)} "
        f"{week.week}</title><style>{STYLE}</style>",
        f"<h1>{html.escape(city)} · 道路保洁周计划 Street cleaning {week.week}</h1>",
        f"<p>{_headline(record)}</p>",
    ]
    cells = _cells(week)
    for scope, words in SCOPES.items():
        rows = {name: by_day for (of, name), by_day in sorted(cells.items()) if of == scope}
        parts.append(f"<h2>{both(words)} · 日历热力图 km planned a day (red: missed)</h2>")
        parts.append(_heat(rows, days))
    parts += ["<h2>车辆工时 Hours a truck</h2>", _hours(record, days)]
    parts += ["<h2>每日线路 Work of each day, a color a truck (red: missed)</h2>", _maps(week)]
    parts += ["<h2>覆盖 Coverage</h2>", _coverage(record)]
    if extra:
        parts += [
            "<h2>扩面测算 Extending deep cleaning once a week, present fleet</h2>",
            _extra(extra),
        ]
    parts += [f"<p class='note'>{html.escape(note)}</p>" for note in week.notes]
    parts.append("<p class='note'>Maps © OpenStreetMap contributors, ODbL 1.0.</p></html>")
    return "\n".join(parts)


def _headline(record: Mapping[str, Any]) -> str:
    total = record["coverage"][-1]
    driven = sum(day["driven_m"] for day in record["days"]) / 1000
    worked = sum(day["worked_m"] for day in record["days"]) / 1000
    share = f"{1 - worked / driven:.0%}" if driven else "–"
    same = record["as_last"]
    alike = "" if same is None else f" · 同车率 by the truck of last time {same:.0%}"
    return (
        f"应作业 required {total['required']} passes, {total['required_km']} km · 已排 planned "
        f"{total['planned']} ({total['planned_km']} km) · 未排 missed {total['missed']} "
        f"({total['missed_km']} km) · 行驶 driven {driven:.0f} km, 空驶 deadhead {share}{alike}"
    )


def _names(week: WeekPlan) -> dict[str, dict[str, str]]:
    """Return class, category and district of each run."""
    return {
        c.run.run_id: {
            "class": str(c.run.cleaning_class),
            "category": c.run.category,
            "district": c.district,
        }
        for c in week.covered
    }


def _cells(week: WeekPlan) -> dict[tuple[str, str], dict[str, _Cell]]:
    """Return what is planned and missed on each day by class, category and district."""
    names = _names(week)
    cells: dict[tuple[str, str], dict[str, _Cell]] = defaultdict(lambda: defaultdict(_Cell))
    for plan in week.days:
        left = {u.task for u in plan.plan.unserved}
        for idx, task in enumerate(plan.posed.problem.tasks):
            run_id = task.task_id.partition("@")[0].partition("#")[0]
            for scope, name in names.get(run_id, {}).items():
                cell = cells[scope, name][plan.date.isoformat()]
                cell.planned_m += 0 if idx in left else task.modes[0].length_m
                cell.missed_m += task.modes[0].length_m if idx in left else 0
    return cells


def _heat(rows: Mapping[str, Mapping[str, _Cell]], days: Sequence[str]) -> str:
    most = max((c.planned_m for row in rows.values() for c in row.values()), default=1) or 1
    lines = ["<table>", _head(days)]
    for name, row in rows.items():
        line = [f"<tr><td>{html.escape(both(word_of(CATEGORIES, name)) or '–')}</td>"]
        for day in days:
            cell = row.get(day, _Cell())
            missed = f"<small>−{cell.missed_m / 1000:.1f}</small>" if cell.missed_m else ""
            shade = _shade(cell.planned_m / most)
            line.append(f"<td style='{shade}'>{cell.planned_m / 1000:.1f}{missed}</td>")
        total = sum(c.planned_m for c in row.values()) / 1000
        lines.append("".join([*line, f"<td>{total:.1f}</td></tr>"]))
    return "\n".join([*lines, "</table>"])


def _head(days: Sequence[str]) -> str:
    names = "".join(
        f"<th>{both(word)}<br>{day[5:]}</th>" for word, day in zip(WEEKDAYS, days, strict=True)
    )
    return f"<tr><th></th>{names}<th>Σ</th></tr>"


def _shade(share: float) -> str:
    """Return the colors of a cell: the more, the darker."""
    share = min(1.0, max(0.0, share))
    red, green, blue = (round(a + (b - a) * share) for a, b in ((237, 11), (243, 94), (248, 142)))
    return f"background:rgb({red},{green},{blue});color:{'#fff' if share > 0.55 else '#1d2733'}"


def _hours(record: Mapping[str, Any], days: Sequence[str]) -> str:
    of_day = {day["date"]: day["hours"] for day in record["days"]}
    trucks = sorted({truck for hours in of_day.values() for truck in hours})
    lines = ["<table>", _head(days)]
    for truck in trucks:
        hours = [of_day.get(day, {}).get(truck, 0.0) for day in days]
        cells = "".join(f"<td style='{_shade(h / 10)}'>{h:.1f}</td>" for h in hours)
        lines.append(f"<tr><td>{html.escape(truck)}</td>{cells}<td>{sum(hours):.1f}</td></tr>")
    return "\n".join([*lines, "</table>"])


def _maps(week: WeekPlan) -> str:
    network = week.days[0].network if week.days else None
    if network is None:
        return ""
    frame = _Frame(network, week)
    ground = "".join(frame.line(run.arcs, "#c9d1d9", 0.8) for run in week.runs)
    trucks = sorted({t.truck_id for plan in week.days for t in plan.posed.trucks})
    figures = []
    for plan in week.days:
        lines = []
        for route in plan.plan.routes:
            truck = plan.posed.trucks[route.vehicle].truck_id
            color = COLORS[trucks.index(truck) % len(COLORS)]
            lines += [
                frame.line(plan.posed.sources[s.idx].modes[s.mode].arcs, color, 2.0)  # type: ignore[union-attr]
                for s in route.steps
                if s.kind == "task"
            ]
        lines += [
            frame.line(plan.posed.sources[u.task].modes[0].arcs, "#d50000", 1.2)  # type: ignore[union-attr]
            for u in plan.plan.unserved
        ]
        word = both(WEEKDAYS[plan.date.weekday()])
        figures.append(
            f"<figure><svg width='{MAP_WIDTH}' height='{MAP_HEIGHT}'>{ground}{''.join(lines)}</svg>"
            f"<figcaption>{word} {plan.date} · <a href='{plan.date}/map.html'>地图 map</a> · "
            f"<a href='{plan.date}/tanks.html'>水箱 tanks</a></figcaption></figure>"
        )
    return f"<div class='maps'>{''.join(figures)}</div>"


class _Frame:
    """Where on a small map a piece of street lies."""

    def __init__(self, network: Network, week: WeekPlan) -> None:
        self.network = network
        arcs = sorted({arc for run in week.runs for arc in run.arcs})
        shapes = np.concatenate([network.shape(arc) for arc in arcs])
        self.east = float(np.cos(np.radians(shapes[:, 1].mean())))
        low, high = shapes.min(axis=0), shapes.max(axis=0)
        self.low, self.high = low, high
        wide, tall = max(1e-9, (high[0] - low[0]) * self.east), max(1e-9, high[1] - low[1])
        self.scale = min((MAP_WIDTH - 16) / wide, (MAP_HEIGHT - 16) / tall)

    def line(self, arcs: Sequence[int], color: str, width: float) -> str:
        """Return pieces of street as a line."""
        shape = np.concatenate([self.network.shape(arc) for arc in arcs])
        x = 8 + (shape[:, 0] - self.low[0]) * self.east * self.scale
        y = 8 + (self.high[1] - shape[:, 1]) * self.scale
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        return f"<polyline points='{points}' fill='none' stroke='{color}' stroke-width='{width}'/>"


def _coverage(record: Mapping[str, Any]) -> str:
    head = "<tr><th></th><th>runs</th><th>required</th><th>planned</th><th>missed</th>"
    head += "<th>required km</th><th>planned km</th><th>missed km</th><th>why</th></tr>"
    lines = ["<table>", head]
    for row in record["coverage"]:
        name = both(word_of(CATEGORIES, row["name"]))
        why = ", ".join(f"{reason} {count}" for reason, count in row["reasons"].items())
        keys = ("runs", "required", "planned", "missed", "required_km", "planned_km", "missed_km")
        cells = "".join(f"<td>{row[key]}</td>" for key in keys)
        label = html.escape(f"{row['by']} {name}".strip())
        lines.append(f"<tr><td>{label}</td>{cells}<td>{html.escape(why)}</td></tr>")
    return "\n".join([*lines, "</table>"])


def _extra(extra: Sequence[Extension]) -> str:
    lines = [
        "<table><tr><th></th><th>curb km</th><th>kind</th><th>hours needed</th>"
        "<th>hours idle</th><th>hours behind</th><th>more trucks</th></tr>"
    ]
    for one in extra:
        lines.append(
            f"<tr><td>{both(word_of(CATEGORIES, one.category))}</td><td>{one.curb_km:.1f}</td>"
            f"<td>{one.kind}</td><td>{one.needed_h:.1f}</td><td>{one.idle_h:.1f}</td>"
            f"<td>{one.behind_h:.1f}</td><td>{one.trucks}</td></tr>"
        )
    return "\n".join([*lines, "</table>"])
