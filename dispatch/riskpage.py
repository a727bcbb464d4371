"""The price of safety as one page: a curve of costs and overflows, figures, routes and points."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatch.visitpage import STYLE, WORDS
from dispatch.words import both
from scenarios.city import City
from scenarios.paired import TEST, bootstrap_interval
from scenarios.risk.compare import MEASURES, RiskComparison, shown_measures
from scenarios.risk.plan import PointRisk

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 460, 260, 64, 14, 34
SHOWN_POINTS = 60
COSTS = (("planned", "#1b6ca8"), ("simulated", "#c2571a"), ("total", "#17695a"))
RISKS = (("overflow", "#ad1457"),)


def risk_page(
    city: City, found: RiskComparison, points: Sequence[PointRisk], record: Mapping[str, Any]
) -> str:
    """Return the page, which needs nothing but itself."""
    dates = found.request.dates
    title = f"{city.name} · 安全余量的代价 The price of safety {dates[0]} – {dates[-1]}"
    parts = [
        "<!doctype html><html lang='zh'><meta charset='utf-8'>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src"
        f" 'unsafe-inline'\"><title>{html.escape(title)}</title><style>{STYLE}</style>",
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{_about(found)}</p>",
        "<h2>曲线 Curves: means with their 95 % intervals over days and seeds</h2>",
        "<div class='row'>",
        _curve(found, COSTS, f"{city.settings.currency} a day"),
        _curve(found, RISKS, "% of routes and days"),
        "</div>",
        "<h2>指标 Figures</h2>",
        _figures(found),
        f"<p class='note'>{html.escape(TEST)}; against the lowest safety.</p>",
        "<h2>线路 Routes: share of days with an overflow, computed and simulated</h2>",
        _routes(found),
        f"<h2>收集点 Points: bins that overflow before a visit, the worst {SHOWN_POINTS}</h2>",
        _points(points),
        "<h2>假设 Assumptions</h2>",
        _assumptions(record),
        "</html>",
    ]
    return "\n".join(parts)


def _about(found: RiskComparison) -> str:
    spread, request = found.spread, found.request
    how = "称重估计 by weighings" if spread.estimated else "设定 declared"
    return (
        f"{len(request.dates)} 天 days × {len(request.seeds)} seeds × {request.days:,} 模拟日"
        f" simulated · 变异系数 variation {spread.declared.cv:g}; {len(spread.of_point)} 个点有称重"
        f" points weighed · 相关系数 correlation {spread.correlation:.2f} ({how}) · 车速 driving"
        f" {request.speed_cv:g}, 作业 service {request.service_cv:g}"
    )


class _Axes:
    """Where values and safeties stand in a curve."""

    def __init__(self, values: Sequence[float], num: int) -> None:
        low, high = min(values), max(values)
        room = 0.06 * (high - low) or max(1.0, abs(high) * 0.05)
        self.low = max(0.0, low - room) if low >= 0 else low - room
        self.high, self.num = high + room, num

    def x(self, k: int) -> float:
        """Return where the k-th safety stands."""
        return LEFT + 24 + k * (WIDTH - LEFT - 48) / max(1, self.num - 1)

    def y(self, value: float) -> float:
        """Return where a value stands."""
        return TOP + (self.high - value) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)

    def grid(self) -> list[str]:
        """Return lines of equal values with their numbers."""
        digits = 1 if self.high - self.low < 20 else 0
        values = [self.low + (self.high - self.low) * step / 4 for step in range(5)]
        return [
            f"<line x1='{LEFT}' x2='{WIDTH - 8}' y1='{self.y(v):.1f}' y2='{self.y(v):.1f}'"
            f" stroke='#e2e7eb'/><text x='{LEFT - 6}' y='{self.y(v) + 4:.1f}'"
            f" text-anchor='end'>{v:,.{digits}f}</text>"
            for v in values
        ]


def _curve(found: RiskComparison, lines: Sequence[tuple[str, str]], unit: str) -> str:
    """Return measures over safety as lines with the intervals of their means."""
    safeties = found.request.safeties
    spans = {
        key: [(float(np.mean(v)), *bootstrap_interval(v)) for v in _values(found, key)]
        for key, _ in lines
    }
    axes = _Axes([v for rows in spans.values() for row in rows for v in row], len(safeties))
    marks = axes.grid()
    marks += [
        f"<text x='{axes.x(k):.1f}' y='{HEIGHT - 12}' text-anchor='middle'>{safety:.1%}</text>"
        for k, safety in enumerate(safeties)
    ]
    for n, (key, color) in enumerate(lines):
        shift = 5 * (n - (len(lines) - 1) / 2)
        marks += _line(axes, spans[key], color, shift)
    names = {m.key: f"{m.zh} {m.en}" for m in MEASURES}
    legend = "".join(f"<i style='background:{c}'></i>{names[key]}" for key, c in lines)
    return (
        f"<figure><svg width='{WIDTH}' height='{HEIGHT}'>{''.join(marks)}</svg>"
        f"<figcaption>{legend} ({html.escape(unit)})</figcaption></figure>"
    )


def _line(
    axes: _Axes, rows: Sequence[tuple[float, float, float]], color: str, shift: float
) -> list[str]:
    points = " ".join(f"{axes.x(k) + shift:.1f},{axes.y(r[0]):.1f}" for k, r in enumerate(rows))
    marks = [f"<polyline points='{points}' fill='none' stroke='{color}' stroke-width='2'/>"]
    for k, (mean, least, most) in enumerate(rows):
        x = f"{axes.x(k) + shift:.1f}"
        marks.append(
            f"<line x1='{x}' x2='{x}' y1='{axes.y(least):.1f}' y2='{axes.y(most):.1f}'"
            f" stroke='{color}'/><circle cx='{x}' cy='{axes.y(mean):.1f}' r='4' fill='{color}'>"
            f"<title>{mean:,.1f}</title></circle>"
        )
    return marks


def _values(found: RiskComparison, key: str) -> list[list[float]]:
    return [found.values[safety][key] for safety in found.request.safeties]


def _figures(found: RiskComparison) -> str:
    safeties = found.request.safeties
    head = "".join(f"<th>{s:.1%}</th>" for s in safeties)
    more = "".join(f"<th>{s:.1%} − {safeties[0]:.1%}</th>" for s in safeties[1:])
    lines = [f"<table><tr><th>装得下的概率 A load fits with</th>{head}{more}</tr>"]
    for m in shown_measures(found):
        cells = "".join(
            f"<td>{np.mean(v):,.2f}<small>{min(v):,.2f} … {max(v):,.2f}</small></td>"
            for v in _values(found, m.key)
        )
        for safety in safeties[1:]:
            verdict = found.verdicts[safety][m.key]
            cells += (
                f"<td class='{verdict.word}'>{verdict.mean:+,.2f}"
                f"<small>{both(WORDS[verdict.word])}</small></td>"
            )
        lines.append(f"<tr><td>{m.zh} {m.en} {m.unit}</td>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _routes(found: RiskComparison) -> str:
    """Return the mean risk of each truck's route by safety."""
    safeties = found.request.safeties
    rows: dict[str, dict[float, list[tuple[float, float, float]]]] = {}
    for safety, runs in found.results.items():
        for run in runs:
            for route in run["routes"]:
                own = rows.setdefault(route["truck_id"], {}).setdefault(safety, [])
                own.append((route["fullest"], route["overflow"], route["simulated"]))
    head = "".join(
        f"<th>{s:.1%}: 装载 fill</th><th>计算 computed</th><th>模拟 simulated</th>"
        for s in safeties
    )
    lines = [f"<table><tr><th>车辆 Truck</th>{head}</tr>"]
    for truck, by_safety in sorted(rows.items()):
        cells = ""
        for safety in safeties:
            there = by_safety.get(safety)
            if there:
                cells += "".join(f"<td>{value:.0%}</td>" for value in np.mean(there, axis=0))
            else:
                cells += "<td>–</td>" * 3
        lines.append(f"<tr><td>{html.escape(truck)}</td>{cells}</tr>")
    return "\n".join([*lines, "</table>"])


def _points(points: Sequence[PointRisk]) -> str:
    lines = [
        "<table><tr><th>收集点 Point</th><th>频次 Frequency</th><th>容量 bins hold l</th>"
        "<th>平均 mean l</th><th>95 % l</th><th>溢出 overflow</th><th>称重 weighings</th></tr>"
    ]
    for p in points[:SHOWN_POINTS]:
        lines.append(
            f"<tr><td>{html.escape(p.point_id)}</td><td>{html.escape(p.frequency)}</td>"
            f"<td>{p.holds_l:,}</td><td>{p.mean_l:,}</td><td>{p.high_l:,}</td>"
            f"<td>{p.overflow:.1%}</td><td>{p.weighed}</td></tr>"
        )
    return "\n".join([*lines, "</table>"])


def _assumptions(record: Mapping[str, Any]) -> str:
    items = "".join(
        f"<li>{html.escape(a['key'])} = {a['value']:g} {html.escape(a['unit'])}"
        f" ({html.escape(a['source'])}, {a['confidence']})</li>"
        for a in record["assumptions"]
    )
    return f"<ul>{items or '<li>–</li>'}</ul>"
