"""A fleet study as one file of HTML that opens without internet: no script, no other file."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from pathlib import Path

from dispatch.comparison.page import HEAD, STYLE
from dispatch.comparison.words import VERDICTS, spread
from dispatch.fleet.curve import curves
from dispatch.fleet.study import FleetStudy
from dispatch.fleet.words import mix_text, replacement_text, verdict_text
from scenarios.defaults import Assumption
from scenarios.files import write_whole
from scenarios.fleet.search import Judged
from scenarios.paired import TEST, Verdict

PAGE = (
    HEAD
    + """<main>
<section class="verdicts">{verdicts}</section>
<section><h2>车辆配置 Mixes</h2><div class="scroll">{mixes}</div></section>
<section><h2>增减一辆车的成本 One truck more or less
<small>{currency} 每日 a day</small></h2>
<div class="curves">{curves}</div><p class="soft">{legend}</p></section>
<section><h2>增减明细 Figures of the curve</h2><div class="scroll">{steps}</div>
<p class="soft">{test}</p></section>
{replaced}
<section><h2>假设 Assumptions</h2><ul>{notes}</ul>{assumptions}</section>
</main>
</body>
</html>
"""
)
OWN_STYLE = """
.curves { display: grid; grid-template-columns: repeat(auto-fill, minmax(240px, 1fr)); gap: 12px; }
.curve { width: 100%; border: 1px solid var(--line); border-radius: 6px; background: #fbfcfc; }
.curve text { font-size: 11px; fill: var(--ink); } .curve text.soft { fill: var(--soft); }
"""
LEGEND = (
    "点为均值，竖线为各日各种子的范围；绿色更好、红色更差、灰色无显著差别；空心表示未达到服务水平。"
    " Dots are means, bars the range over days and seeds; green better, red worse, gray not"
    " distinguishable; hollow where the service is missed. Below: number of trucks, least share"
    " served."
)
MEASURES = {
    "cost": ("成本", "cost"),
    "overtime_h": ("加班", "overtime h"),
    "unserved_t": ("未收运", "unserved t"),
    "km": ("里程", "km"),
    "co2_kg": ("二氧化碳", "CO2 kg"),
}


def write_page(path: Path, study: FleetStudy) -> None:
    """Write the report; the same study gives the same bytes."""
    write_whole(path, fleet_page(study))


def fleet_page(study: FleetStudy) -> str:
    """Return the report as text."""
    request = study.request
    days = f"{request.dates[0]} – {request.dates[-1]}"
    service = study.found.service
    return PAGE.format(
        title=html.escape(f"{study.city.name}: 车队配置 fleet"),
        style=STYLE + OWN_STYLE,
        about=f"{days}, {len(study.found.pairs)} runs a mix; {service.share:.2%} of the"
        f" {service.by} of each stream",
        verdicts=_verdicts(study),
        mixes=_mixes(study),
        currency=html.escape(study.currency),
        curves=curves(study),
        legend=LEGEND,
        steps=_steps(study),
        test=html.escape(TEST),
        replaced=_replaced(study),
        notes="".join(f"<li>{html.escape(note)}</li>" for note in study.notes),
        assumptions=assumption_table(study.assumptions),
    )


def _chip(verdict: Verdict) -> str:
    kind = verdict.word if verdict.word in COLORED else ""
    return f'<span class="chip {kind}">{VERDICTS[verdict.word]} {verdict.word}</span>'


COLORED = ("better", "worse")


def _verdicts(study: FleetStudy) -> str:
    found = study.found
    said = html.escape(
        f"{mix_text(study, found.chosen.mix)}: {verdict_text(found.against['cost'])}"
        f" {study.currency} a day against today's fleet"
    )
    return f"<p>{_chip(found.against['cost'])}<span>{said}</span></p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table of cells that are HTML already."""
    top = "".join(f"<th>{cell}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def _mixes(study: FleetStudy) -> str:
    found = study.found
    named: list[tuple[str, Judged]] = [
        ("选定 chosen", found.chosen),
        ("现有 today", found.today),
        ("最少 fewest", found.smallest),
    ]
    rows = [
        ["车辆数 trucks", *(str(one.size) for _, one in named)],
        ["最低收运率 least share served", *(f"{one.served:.2%}" for _, one in named)],
    ]
    rows += [
        [f"{zh} {en}", *(spread(one.values[name]) for _, one in named)]
        for name, (zh, en) in MEASURES.items()
    ]
    for t, one in enumerate(study.offer.types):
        counts = [judged.mix[t] for _, judged in named]
        if any(counts):
            rows.append([html.escape(f"{one.type_id} ({one.name})"), *map(str, counts)])
    return table(["", *(name for name, _ in named)], rows)


def _steps(study: FleetStudy) -> str:
    measures = (f"{zh} {en}" for zh, en in MEASURES.values())
    head = ["车型 type", "数量 trucks", *measures, "收运率 served"]
    rows = []
    for step in study.found.curve:
        cells = [
            f"{verdict_text(step.verdicts[name], 0 if name == 'cost' else 1)}" for name in MEASURES
        ]
        name = html.escape(study.offer.types[step.type_idx].type_id)
        count = f"{step.judged.mix[step.type_idx]} ({step.change:+d})"
        missed = "" if step.judged.holds else " 不足 too few"
        rows.append([name, count, *map(html.escape, cells), f"{step.judged.served:.2%}{missed}"])
    return table(head, rows)


def _replaced(study: FleetStudy) -> str:
    if not study.replaced:
        return ""
    items = "".join(f"<li>{html.escape(replacement_text(one))}</li>" for one in study.replaced)
    return f"<section><h2>旧车更新 Replacement, first to last</h2><ol>{items}</ol></section>"


def assumption_table(assumptions: Iterable[Assumption]) -> str:
    """Return what the study rests on, with source and confidence."""
    every = {a.key: a for a in assumptions}
    rows = [
        [html.escape(str(cell)) for cell in (a.key, f"{a.value} {a.unit}", a.source, a.confidence)]
        for a in every.values()
    ]
    shown = table(["", "值 value", "来源 source", "可信度 confidence"], rows)
    return f'<details><summary>{len(rows)}</summary><div class="scroll">{shown}</div></details>'
