"""A comparison as one file of HTML that opens without internet: no script, no other file."""

from __future__ import annotations

import html
from pathlib import Path

from dispatch.comparison.maps import Frame, scenario_map, street_symbol
from dispatch.comparison.words import (
    HEADLINE,
    VERDICTS,
    number,
    sentence,
    shown_measures,
    spread,
)
from dispatch.sheets import STREAM_COLORS
from dispatch.words import STREAMS, both
from routing.network import Network
from scenarios.city import City
from scenarios.compare import Comparison, Measure
from scenarios.files import write_whole
from scenarios.paired import TEST

HEAD = """<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{about}</p></header>
"""
"""How every page without scripts begins: to be filled with title, style and about."""
PAGE = (
    HEAD
    + """{streets}
<main>
<section class="verdicts">{verdicts}</section>
<section><h2>指标 Figures</h2><div class="scroll">{table}</div>
<p class="soft">{notes}</p></section>
<section><h2>地图 Maps <small>{first_day}</small></h2><p class="legend">{legend}</p>
<div class="maps">{maps}</div></section>
<section><h2>改动 Edits</h2>{edits}</section>
<section><h2>假设 Assumptions</h2>{assumptions}</section>
</main>
</body>
</html>
"""
)
STYLE = """
:root { --ink: #1b242d; --soft: #66727e; --line: #e2e7eb; --good: #17695a; --bad: #c92a2a; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #f5f7f8; font: 14px/1.5 system-ui, -apple-system,
  "Segoe UI", "Noto Sans", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
header { background: #fff; border-bottom: 1px solid var(--line); padding: 14px 24px; }
h1 { font-size: 20px; margin: 0; } header p { margin: 2px 0 0; color: var(--soft); }
h2 { font-size: 15px; margin: 0 0 8px; } h2 small { font-weight: 400; color: var(--soft); }
main { padding: 18px 24px; display: grid; gap: 18px; max-width: 1700px; margin: 0 auto; }
section { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 14px 16px;
  min-width: 0; }
.verdicts { display: grid; gap: 10px; }
.verdicts p { margin: 0; font-size: 15px; display: flex; gap: 10px; align-items: baseline; }
.chip { display: inline-block; border-radius: 4px; padding: 0 7px; font-size: 12px;
  line-height: 20px;
  background: #e9edf0; color: var(--soft); white-space: nowrap; }
.chip.better { background: #dff2ec; color: var(--good); } .chip.worse { background: #fbe4e4;
  color: var(--bad); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { text-align: right; padding: 5px 12px; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; white-space: nowrap; vertical-align: top; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
td small { color: var(--soft); display: block; font-size: 12px; }
tr.headline td { font-weight: 600; background: #f7faf9; } tr.headline small { font-weight: 400; }
.soft { color: var(--soft); font-size: 12.5px; margin: 10px 0 0; }
.maps { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr));
  gap: 14px; }
figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: 4px; }
.map { width: 100%; border: 1px solid var(--line); border-radius: 6px; background: #fbfcfc; }
.map text { font-size: 16px; text-anchor: middle; paint-order: stroke; stroke: #fff;
  stroke-width: 4px; }
.legend { display: flex; gap: 16px; flex-wrap: wrap; margin: 0 0 10px; font-size: 12.5px; }
.legend i { display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin-right: 5px;
  vertical-align: 3px; }
ul { margin: 4px 0 12px; padding-left: 20px; } li small { color: var(--soft); display: block; }
h3 { font-size: 13.5px; margin: 6px 0 0; }
"""


def write_page(path: Path, city: City, found: Comparison, network: Network) -> None:
    """Write the report; the same comparison gives the same bytes."""
    write_whole(path, comparison_page(city, found, network))


def comparison_page(city: City, found: Comparison, network: Network) -> str:
    """Return the report as text."""
    request = found.request
    days = f"{request.dates[0]} – {request.dates[-1]}"
    budget = request.budget
    effort = f"{budget.iterations:,} iterations" if budget.iterations else f"{budget.seconds:g} s"
    return PAGE.format(
        title=html.escape(f"{city.name}: {' · '.join(request.names)}"),
        style=STYLE,
        about=f"{days}, {len(request.dates)} days × {len(request.seeds)} seeds, {effort} a run",
        streets=_maps(found, network)[0],
        verdicts="".join(_verdict(found, name) for name in request.names[1:]),
        table=_table(found),
        notes=html.escape(_notes(found)),
        first_day=f"{found.pairs[0][0]}, seed {found.pairs[0][1]}",
        legend=_legend(),
        maps=_maps(found, network)[1],
        edits="".join(_edits(found, k) for k in range(len(request.names))),
        assumptions=_assumptions(found),
    )


def _verdict(found: Comparison, name: str) -> str:
    word = found.verdicts[name][HEADLINE].word
    said = html.escape(sentence(found, name))
    return f"<p>{_chip(word)}<span>{said}</span></p>"


def _chip(word: str) -> str:
    kind = word if word in ("better", "worse") else ""
    return f'<span class="chip {kind}">{VERDICTS[word]} {word}</span>'


def _table(found: Comparison) -> str:
    names = found.request.names
    head = "".join(f"<th>{html.escape(name)}</th>" for name in names)
    rows = [_row(found, m) for m in shown_measures(found)]
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _row(found: Comparison, measure: Measure) -> str:
    names, key = found.request.names, measure.key
    cells = [f"<td>{spread(found.values[names[0]][key])}</td>"]
    for name in names[1:]:
        verdict = found.verdicts[name][key]
        change = f"{verdict.mean:+,.2f}" if abs(verdict.mean) < 10 else f"{verdict.mean:+,.0f}"
        between = f"[{number(verdict.low)}, {number(verdict.high)}]"
        detail = "" if verdict.word == "same" else f"{change} {between}"
        figures = spread(found.values[name][key])
        cells.append(f"<td>{figures}<small>{detail} {_chip(verdict.word)}</small></td>")
    unit = f" [{measure.unit}]" if measure.unit else ""
    kind = ' class="headline"' if key == HEADLINE else ""
    return f"<tr{kind}><td>{measure.zh} {measure.en}{unit}</td>{''.join(cells)}</tr>"


def _notes(found: Comparison) -> str:
    chance = found.chance_drivers
    drivers = (
        ""
        if chance is None
        else f" Another seed alone affects {chance:.1f} drivers a day; as few mean nothing."
    )
    return (
        f"Mean (least–most) over days and seeds; below it the mean difference from"
        f" {found.request.names[0]} with its 95 % interval. Verdicts: {TEST}. A verdict holds for"
        f" these days and this effort of search.{drivers}"
    )


def _legend() -> str:
    return "".join(
        f'<span><i style="background:#{color}"></i>{both(STREAMS[stream])}</span>'
        for stream, color in STREAM_COLORS.items()
    )


def _maps(found: Comparison, network: Network) -> tuple[str, str]:
    """Return the streets, which come first on the page, and the maps that draw them."""
    firsts = {name: found.results[name][0] for name in found.request.names}
    routes = [route for first in firsts.values() for route in first["lines"]]
    frame = Frame(network, [p for route in routes for p in route["stops"]])
    maps = []
    for name, one in zip(found.request.names, found.edited, strict=True):
        first = firsts[name]
        drawn = scenario_map(frame, one.city, first["lines"], first["stations"])
        km = first["length_m"] / 1000
        caption = f"{html.escape(name)} <small>{km:,.0f} km, {first['vehicles']} vehicles</small>"
        maps.append(f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>")
    return street_symbol(network, frame), "".join(maps)


def _edits(found: Comparison, k: int) -> str:
    one = found.edited[k]
    name = html.escape(f"{found.request.names[k]}: {one.title}")
    items = "".join(
        f"<li>{html.escape(told.zh)}<small>{html.escape(told.en)}</small></li>" for told in one.told
    )
    return f"<h3>{name}</h3>" + (f"<ul>{items}</ul>" if items else "")


def _assumptions(found: Comparison) -> str:
    every = {a.key: a for one in found.edited for a in one.city.assumptions}
    rows = "".join(
        f"<tr><td>{html.escape(a.key)}</td>"
        f"<td>{html.escape(str(a.value))} {html.escape(a.unit)}</td>"
        f"<td>{html.escape(a.source)}</td><td>{html.escape(a.confidence)}</td></tr>"
        for a in every.values()
    )
    table = f'<div class="scroll"><table>{rows}</table></div>'
    return f"<details><summary>{len(every)}</summary>{table}</details>"
