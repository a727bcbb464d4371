"""A choice of sites as one file of HTML that opens without internet: map, choice, candidates."""

from __future__ import annotations

import html
from pathlib import Path

import numpy as np

from dispatch.comparison.maps import WIDTH, Frame, street_symbol
from dispatch.comparison.page import HEAD, STYLE
from dispatch.fleet.page import table
from dispatch.siting import Sited, site_lines, write_designs
from scenarios.edits.scenario import FOLDER
from scenarios.files import write_whole

PAGE = (
    HEAD
    + """{streets}
<main>
<section><h2>地图 Map</h2><p class="legend">{legend}</p>{map}</section>
<section><h2>选址结果 The choice</h2><pre>{lines}</pre></section>
<section><h2>候选点 Candidates</h2><div class="scroll">{candidates}</div></section>
</main>
</body>
</html>
"""
)
COLORS = (
    *("#e8590c", "#1971c2", "#2f9e44", "#9c36b5", "#c2255c", "#0b9aa5", "#8a7a00", "#6d4c41"),
    *("#7cb518", "#364fc7", "#f2a900", "#f06595"),
)
"""Of the sites built, in turn; with more sites than colors they begin again."""
REFUSED, EXISTING, NOWHERE = "#868e96", "#1b242d", "#ced4da"


def write_choice(sited: Sited) -> list[Path]:
    """Write the page, and the best designs as scenarios; the same choice gives the same bytes."""
    page = sited.city.folder / FOLDER / "sites" / "sites.html"
    write_whole(page, site_page(sited))
    return [page, *write_designs(sited)]


def site_page(sited: Sited) -> str:
    """Return the page as text."""
    ground = sited.ground
    places = [*ground.unit_at.tolist(), *ground.facility_at[list(ground.site_of)].tolist()]
    frame = Frame(sited.network, places)
    box = f"0 0 {WIDTH:.0f} {frame.height:.0f}"
    opening = f'<svg class="map" style="max-height:82vh" viewBox="{box}" role="img">'
    drawn = "".join((*_catchments(frame, sited), *_existing(frame, sited), *_sites(frame, sited)))
    return PAGE.format(
        title=html.escape(f"{sited.city.name}: 设施选址 choice of sites"),
        style=STYLE,
        about=html.escape(f"{sited.date}; {len(ground.names)} 个候选 candidates"),
        streets=street_symbol(sited.network, frame),
        legend=_legend(sited),
        map=f'{opening}<use href="#streets"/>{drawn}</svg>',
        lines="\n".join(html.escape(line) for line in site_lines(sited)),
        candidates=_candidates(sited),
    )


def _color_of(sited: Sited) -> dict[int, str]:
    """Return the color of each facility that is built or there, by its index in the problem."""
    ground = sited.ground
    chosen = [ground.site_of[c] for c, _ in sited.found.chosen.design]
    built = {k: COLORS[n % len(COLORS)] for n, k in enumerate(chosen)}
    return dict.fromkeys(ground.existing, EXISTING) | built


def _legend(sited: Sited) -> str:
    color = _color_of(sited)
    ground = sited.ground
    parts = [
        (color[ground.site_of[c]], f"{ground.names[c]} 建设 built")
        for c, _ in sited.found.chosen.design
    ]
    parts += [(EXISTING, "□ 现有设施 there already"), (REFUSED, "◇ 未选 not built")]
    spans = (f'<span><i style="background:{c}"></i>{html.escape(text)}</span>' for c, text in parts)
    return (
        "".join(spans) + "<span>● 收运片区，颜色为去向 waste, in the color of where it goes</span>"
    )


def _catchments(frame: Frame, sited: Sited) -> list[str]:
    """Return a dot for the waste of each cell, in the color of the facility that takes most."""
    ground, flow = sited.ground, sited.found.chosen_flow.flow_kg
    color, most = _color_of(sited), max(1.0, float(ground.mass_kg.max()))
    drawn = []
    for u, (lon, lat) in enumerate(ground.unit_at.tolist()):
        k = int(np.argmax(flow[u]))
        to = sited.facility_ids[k] if flow[u, k] > 0 else "–"
        x, y = frame.at(lon, lat)
        radius = 3 + 7 * float(np.sqrt(ground.mass_kg[u] / most))
        fill = color.get(k, NOWHERE) if flow[u, k] > 0 else NOWHERE
        title = html.escape(f"{ground.mass_kg[u] / 1000:.2f} t → {to}")
        drawn.append(
            f'<g><title>{title}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}"'
            f' fill="{fill}" fill-opacity=".45"/></g>'
        )
    return drawn


def _existing(frame: Frame, sited: Sited) -> list[str]:
    ground = sited.ground
    accepting = set(np.flatnonzero(np.isfinite(ground.cost).any(axis=0)).tolist())
    return [
        _mark(frame, sited, k, f'<rect x="-8" y="-8" width="16" height="16" fill="{EXISTING}"/>')
        for k in ground.existing
        if k in accepting
    ]


def _sites(frame: Frame, sited: Sited) -> list[str]:
    """Return the candidates: those built large and in color, the others small and gray."""
    ground, color = sited.ground, _color_of(sited)
    built = {ground.site_of[c] for c, _ in sited.found.chosen.design}
    refused = f'<path d="M0-7L7 0L0 7L-7 0Z" fill="#fff" stroke="{REFUSED}" stroke-width="2"/>'
    drawn = [_mark(frame, sited, k, refused, "not-built") for k in ground.site_of if k not in built]
    for k in ground.site_of:
        if k in built:
            shape = (
                f'<circle r="11" fill="{color[k]}" stroke="#fff" stroke-width="2.5"/>'
                f'<text y="28" text-anchor="middle">{html.escape(sited.facility_ids[k])}</text>'
            )
            drawn.append(_mark(frame, sited, k, shape, "built"))
    return drawn


def _mark(frame: Frame, sited: Sited, k: int, shape: str, name: str = "there") -> str:
    x, y = frame.at(*map(float, sited.ground.facility_at[k]))
    title = f"<title>{html.escape(sited.facility_ids[k])}</title>"
    return f'<g class="{name}" transform="translate({x:.1f} {y:.1f})">{title}{shape}</g>'


def _candidates(sited: Sited) -> str:
    """Return the table of candidates: built or not, and in how many of the designs routed."""
    ground, found = sited.ground, sited.found
    size_of = dict(found.chosen.design)
    best: dict[int, float] = {}
    for judged in found.ranking:
        for c, _ in judged.design:
            best[c] = min(best.get(c, judged.routed), judged.routed)
    rows = []
    for c, candidate in enumerate(sited.candidates):
        sizes = candidate.sizes
        built = f"{sizes[size_of[c]].capacity_t_day:g} t/d" if c in size_of else "–"
        designs = sum(c in dict(judged.design) for judged in found.ranking)
        cheapest = f"{best[c] / 1000:,.0f}" if c in best else "–"
        named = html.escape(f"{candidate.candidate_id} {candidate.row.get('name') or ''}".strip())
        offered = ";".join(f"{size.capacity_t_day:g}" for size in sizes)
        rows.append([named, offered, built, str(designs), cheapest])
    currency = html.escape(sited.city.settings.currency)
    head = [
        "候选 candidate",
        "可建规模 sizes, t/d",
        "选定规模 built",
        "方案数 designs routed",
        f"最优方案 cheapest of them, {currency}/d",
    ]
    assert len(rows) == len(ground.names)
    return table(head, rows)
