"""The days of visits as a page: figures, work of each day, a map a day, every point's days."""

from __future__ import annotations

import html
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dispatch.sheets import STREAM_COLORS
from dispatch.weekpage import WEEKDAYS
from dispatch.words import STREAMS, both
from scenarios.city import City
from scenarios.paired import TEST, Verdict
from scenarios.periodic.compare import MEASURES, WAYS, VisitPlan

MAP_WIDTH, MAP_HEIGHT = 270, 190
BAR_WIDTH, BAR_HEIGHT = 26, 110
HEADS = {
    "frequency": "按频次 By frequency",
    "chosen": "优化日期 Days chosen",
    "familiar": "优化日期+固定司机 Chosen, drivers known",
}
WORDS = {
    "better": ("更优", "better"),
    "worse": ("更差", "worse"),
    "more": ("更多", "more"),
    "less": ("更少", "less"),
    "same": ("相同", "same"),
    "not distinguishable": ("无法区分", "not distinguishable"),
}
OLD, NEW = "#9fb3c8", "#17695a"
STYLE = """
body{font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:24px;
color:#1d2733;background:#fff;max-width:1240px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:28px 0 8px}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:4px 10px;text-align:right;border-bottom:1px solid #e2e7eb;white-space:nowrap}
th{font-weight:600;color:#52606d}th:first-child,td:first-child{text-align:left}
td small{display:block;color:#66727e}.better{color:#17695a}.worse{color:#c92a2a}
.row{display:flex;flex-wrap:wrap;gap:18px}figure{margin:0}figcaption{color:#52606d}
svg{background:#f6f7f9;border-radius:4px}svg text{font-size:11px;fill:#52606d}
.days td{padding:2px 6px;text-align:center}.days td:first-child{text-align:left}
.days td.on{background:#17695a;border:1px solid #fff}
.days td.was{background:#d6e0e8;border:1px solid #fff}
.note{color:#52606d}i{display:inline-block;width:12px;height:12px;border-radius:3px;
margin:0 4px 0 12px;vertical-align:-1px}
"""


def visit_page(city: City, plan: VisitPlan, record: Mapping[str, Any]) -> str:
    """Return the page, which needs nothing but itself."""
    period = plan.request.period
    title = f"{city.name} · 收运日历 Days of visits {period.dates[0]} – {period.dates[-1]}"
    parts = [
        "<!doctype html><html lang='zh'><meta charset='utf-8'>"
        "<meta http-equiv='Content-Security-Policy' content=\"default-src 'none'; style-src"
        f" 'unsafe-inline'\"><title>{html.escape(title)}</title><style>{STYLE}</style>",
        f"<h1>{html.escape(title)}</h1>",
        f"<p>{_headline(city, plan)}</p>",
        "<h2>指标 Figures of the whole period</h2>",
        _figures(plan),
        f"<p class='note'>{html.escape(TEST)}; pairs are whole periods of one seed.</p>",
        "<h2>每日工作量 Work of each day</h2>",
        _bars(plan, record),
        "<h2>每日收运点 Points of each day that had days to choose</h2>",
        _legend(),
        _maps(city, plan),
        "<h2>各区每日收运次数 Visits a day by district</h2>",
        _districts(city, plan),
        "<h2>各点收运日 Days of every point</h2>",
        f"<p class='note'><i style='background:{NEW}'></i>收运 visited"
        "<i style='background:#d6e0e8'></i>原频次日 day by frequency, no longer</p>",
        _points(city, plan),
        "<h2>假设 Assumptions</h2>",
        _assumptions(record),
        "</html>",
    ]
    return "\n".join(parts)


def _headline(city: City, plan: VisitPlan) -> str:
    total = plan.verdicts["familiar"]["total"]
    known = plan.verdicts["known"]
    currency = html.escape(city.settings.currency)
    return (
        f"与按频次相比 against frequencies: <b class='{total.word}'>{_verdict_word(total)}</b>,"
        f" {total.mean:+,.0f} {currency} a period ({total.low:+,.0f} to {total.high:+,.0f}) ·"
        f" 间隔均匀 spacing kept {plan.spacing[1]:.0%} (by frequency {plan.spacing[0]:.0%}) ·"
        f" 固定司机 keeping drivers: {known['familiar'].mean:+.1f} % of visits for"
        f" {known['cost'].mean:+,.0f} {currency} ({_verdict_word(known['cost'])})"
    )


def _verdict_word(verdict: Verdict) -> str:
    return both(WORDS[verdict.word])


def _figures(plan: VisitPlan) -> str:
    head = "".join(f"<th>{HEADS[way]}</th>" for way in WAYS)
    lines = [f"<table><tr><th></th>{head}<th>差 Difference</th><th>结论 Verdict</th></tr>"]
    for m in MEASURES:
        cells = "".join(f"<td>{_spread(plan.values[way][m.key])}</td>" for way in WAYS)
        verdict = plan.verdicts["familiar"][m.key]
        change = f"{verdict.mean:+,.1f}<small>{verdict.low:+,.1f} … {verdict.high:+,.1f}</small>"
        lines.append(
            f"<tr><td>{m.zh} {m.en} {m.unit}</td>{cells}<td>{change}</td>"
            f"<td class='{verdict.word}'>{_verdict_word(verdict)}</td></tr>"
        )
    return "\n".join([*lines, "</table>"])


def _spread(values: Sequence[float]) -> str:
    return f"{np.mean(values):,.1f}<small>{min(values):,.1f} … {max(values):,.1f}</small>"


def _bars(plan: VisitPlan, record: Mapping[str, Any]) -> str:
    """Return tonnes, hours and kilometres of each day as bars, by frequency beside chosen."""
    figures = []
    for key, label in (
        ("t", "吨 tonnes"),
        ("h", "小时 hours"),
        ("km", "公里 km"),
        ("cost", "成本 cost"),
    ):
        old = [day[key] for day in record["by_day"]["frequency"]]
        new = [day[key] for day in record["by_day"]["familiar"]]
        most = max(*old, *new, 1e-9)
        bars = []
        for k, (a, b) in enumerate(zip(old, new, strict=True)):
            x = 8 + k * BAR_WIDTH
            for value, shift, color in ((a, 0, OLD), (b, 9, NEW)):
                tall = value / most * (BAR_HEIGHT - 20)
                bars.append(
                    f"<rect x='{x + shift}' y='{BAR_HEIGHT - tall:.1f}' width='8'"
                    f" height='{tall:.1f}' fill='{color}'><title>{value:,.1f}</title></rect>"
                )
            name = WEEKDAYS[plan.request.period.dates[k].weekday()][0]
            bars.append(f"<text x='{x}' y='{BAR_HEIGHT + 13}'>{name[1:]}</text>")
        width = 16 + len(old) * BAR_WIDTH
        figures.append(
            f"<figure><svg width='{width}' height='{BAR_HEIGHT + 18}'>{''.join(bars)}</svg>"
            f"<figcaption>{label}, {_evenness(old)} → {_evenness(new)}</figcaption></figure>"
        )
    legend = (
        f"<p class='note'><i style='background:{OLD}'></i>{HEADS['frequency']}"
        f"<i style='background:{NEW}'></i>{HEADS['familiar']};"
        " 最忙日/平均日 busiest day over mean day below</p>"
    )
    return f"<div class='row'>{''.join(figures)}</div>{legend}"


def _evenness(values: Sequence[float]) -> str:
    mean = float(np.mean(values))
    return f"{max(values) / mean:.2f}" if mean > 0 else "–"


def _legend() -> str:
    return (
        "<p class='note'>"
        + "".join(
            f"<i style='background:{STREAM_COLORS[name]}'></i>{both(word)}"
            for name, word in STREAMS.items()
            if name != "sweepings"
        )
        + "</p>"
    )


def _maps(city: City, plan: VisitPlan) -> str:
    """Return a small map a day with a dot a point, those visited on the day in color."""
    rows = [row for row in city.points.itertuples(index=False) if row.point_id in plan.days]
    lon = np.asarray([row.lon for row in rows], dtype=np.float64)
    lat = np.asarray([row.lat for row in rows], dtype=np.float64)
    east = (lon - lon.min()) * float(np.cos(np.radians(lat.mean())))
    north = lat.max() - lat
    scale = min(
        (MAP_WIDTH - 16) / max(1e-9, east.max()), (MAP_HEIGHT - 16) / max(1e-9, north.max())
    )
    places = [(8 + x * scale, 8 + y * scale) for x, y in zip(east, north, strict=True)]
    ground = "".join(
        f"<circle cx='{x:.1f}' cy='{y:.1f}' r='1.5' fill='#c9d1d9'/>" for x, y in places
    )
    figures = []
    for k, date in enumerate(plan.request.period.dates):
        due = [
            f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{STREAM_COLORS[row.stream]}'>"
            f"<title>{html.escape(row.point_id)}</title></circle>"
            for row, (x, y) in zip(rows, places, strict=True)
            if k in plan.days[row.point_id]
        ]
        word = both(WEEKDAYS[date.weekday()])
        figures.append(
            f"<figure><svg width='{MAP_WIDTH}' height='{MAP_HEIGHT}'>{ground}{''.join(due)}</svg>"
            f"<figcaption>{word} {date}: {len(due)}</figcaption></figure>"
        )
    return f"<div class='row'>{''.join(figures)}</div>"


def _head(plan: VisitPlan) -> str:
    return "".join(
        f"<th>{both(WEEKDAYS[date.weekday()])}<br>{date:%m-%d}</th>"
        for date in plan.request.period.dates
    )


def _districts(city: City, plan: VisitPlan) -> str:
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(plan.request.period.dates))
    for row in city.points.itertuples(index=False):
        for k in plan.days.get(row.point_id, ()):
            counts[row.district if isinstance(row.district, str) else ""][k] += 1
    most = max((max(row) for row in counts.values()), default=1)
    lines = [f"<table class='days'><tr><th></th>{_head(plan)}<th>Σ</th></tr>"]
    for name, row in sorted(counts.items()):
        cells = "".join(
            f"<td style='background:rgba(23,105,90,{0.75 * n / most:.2f})'>{n}</td>" for n in row
        )
        lines.append(f"<tr><td>{html.escape(name) or '–'}</td>{cells}<td>{sum(row)}</td></tr>")
    return "\n".join([*lines, "</table>"])


def _points(city: City, plan: VisitPlan) -> str:
    lines = [
        f"<table class='days'><tr><th>收集点 Point</th><th>频次 Frequency</th>{_head(plan)}"
        "<th>常用车辆 Usual truck</th></tr>"
    ]
    for row in city.points.itertuples(index=False):
        days = plan.days.get(row.point_id)
        if days is None:
            continue
        usual = plan.points[row.point_id].usual_days
        cells = "".join(
            f"<td class='{'on' if k in days else 'was' if k in usual else ''}'></td>"
            for k in range(len(plan.request.period.dates))
        )
        truck = html.escape(plan.visits.trucks.get(row.point_id, "–"))
        name = html.escape(f"{row.point_id} {row.name}")
        lines.append(
            f"<tr><td>{name}</td><td>{html.escape(row.frequency)}</td>{cells}<td>{truck}</td></tr>"
        )
    return "\n".join([*lines, "</table>"])


def _assumptions(record: Mapping[str, Any]) -> str:
    items = "".join(
        f"<li>{html.escape(a['key'])} = {a['value']:g} {html.escape(a['unit'])}"
        f" ({html.escape(a['source'])}, {a['confidence']})</li>"
        for a in record["assumptions"]
    )
    return f"<ul>{items or '<li>–</li>'}</ul>"
