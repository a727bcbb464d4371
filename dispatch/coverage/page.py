"""Coverage as one file of HTML that opens without internet: figures, the choice, a map."""

from __future__ import annotations

import html
from pathlib import Path

from dispatch.comparison.maps import WIDTH, Frame, street_symbol
from dispatch.comparison.page import HEAD, STYLE
from dispatch.coverage.study import CoverageStudy
from dispatch.coverage.words import WORDS, plan_lines
from dispatch.fleet.page import assumption_table, table
from scenarios.coverage.kpis import WHOLE, Row
from scenarios.coverage.units import Unit
from scenarios.files import write_whole

PAGE = (
    HEAD
    + """{streets}
<main>
<section><h2>覆盖率 Coverage</h2><div class="scroll">{rows}</div></section>
<section><h2>新增单元 Units to be added</h2>{plan}</section>
{map}
<section><h2>假设 Assumptions</h2><ul>{notes}</ul>{assumptions}</section>
</main>
</body>
</html>
"""
)
COLORS = {"sorts": "#17695a", "chosen": "#e8590c", "not yet": "#adb5bd"}
LEGEND = {
    "sorts": "已分类 sorts",
    "chosen": "新增 chosen",
    "not yet": "未分类 not yet",
}


def write_page(path: Path, study: CoverageStudy) -> None:
    """Write the report; the same study gives the same bytes."""
    write_whole(path, coverage_page(study))


def coverage_page(study: CoverageStudy) -> str:
    """Return the report as text."""
    streets, drawn = _map(study)
    lines = [html.escape(line) for line in plan_lines(study)]
    return PAGE.format(
        title=html.escape(f"{study.city.name}: 垃圾分类覆盖率 sorting coverage"),
        style=STYLE,
        about=f"{study.request.dates[0]}; 目标 target {study.target:.0%}",
        streets=streets,
        rows=_rows(study),
        plan=f"<pre>{chr(10).join(lines)}</pre>" if lines else "<p>–</p>",
        map=drawn,
        notes="".join(f"<li>{html.escape(note)}</li>" for note in study.notes),
        assumptions=assumption_table(study.assumptions),
    )


def _rows(study: CoverageStudy) -> str:
    head = [
        "",
        "区 district",
        "总数 units",
        "已分类 sort",
        "覆盖率 share",
        "户占比 of households",
        "示范 model",
        "示范已分类 model, sort",
        "缺口 missing",
    ]
    return table(head, [_cells(row) for row in study.rows])


def _cells(row: Row) -> list[str]:
    homes = row.sorting_households / row.households if row.households else 0.0
    share = "–" if row.share is None else f"{row.share:.1%}"
    named = [" ".join(WORDS[row.kind]), "全部 all" if row.district == WHOLE else row.district]
    counts = [str(n) for n in (row.total, row.sorting)]
    models = [str(n) for n in (row.models, row.sorting_models, row.missing)]
    return [*map(html.escape, named), *counts, share, f"{homes:.1%}", *models]


def _map(study: CoverageStudy) -> tuple[str, str]:
    """Return the streets, and the section that draws the units over them."""
    if study.network is None:
        return "", ""
    frame = Frame(study.network, [one.at for one in study.units])
    chosen = set(study.plan.best.chosen) if study.plan else set()
    dots = [_dot(frame, one, _state(one, k in chosen)) for k, one in enumerate(study.units)]
    legend = "".join(
        f'<span><i style="background:{COLORS[key]}"></i>{text}</span>'
        for key, text in LEGEND.items()
    )
    box = f"0 0 {WIDTH:.0f} {frame.height:.0f}"
    drawn = (
        f'<section><h2>地图 Map</h2><p class="legend">{legend}<span>□ 自然村 village, ○ 小区'
        f" compound; 粗框 bold: 示范 model</span></p>"
        f'<svg class="map" viewBox="{box}" role="img"><use href="#streets"/>{"".join(dots)}</svg>'
        "</section>"
    )
    return street_symbol(study.network, frame), drawn


def _state(one: Unit, chosen: bool) -> str:
    return "sorts" if one.sorts else "chosen" if chosen else "not yet"


def _dot(frame: Frame, one: Unit, state: str) -> str:
    x, y = frame.at(*one.at)
    rim = 'stroke="#1b242d" stroke-width="3"' if one.model else 'stroke="#fff" stroke-width="1"'
    look = f'fill="{COLORS[state]}" {rim}'
    title = html.escape(f"{one.unit_id} {one.name}")
    size = 9 if state == "chosen" else 7
    shape = (
        f'<rect x="{x - size:.1f}" y="{y - size:.1f}" width="{2 * size}" height="{2 * size}"'
        f" {look}/>"
        if one.kind == "village"
        else f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size}" {look}/>'
    )
    return f"<g><title>{title}</title>{shape}</g>"
