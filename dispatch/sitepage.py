"""A choice of sites as one file of HTML: catchments in the color of where the waste goes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dispatch.choicepage import ChoicePage, Dot, LonLat, cheapest_with, choice_page
from dispatch.siting import Sited, site_lines, write_designs
from scenarios.edits.scenario import FOLDER
from scenarios.files import write_whole


def write_choice(sited: Sited) -> list[Path]:
    """Write the page, and the best designs as scenarios; the same choice gives the same bytes."""
    page = sited.city.folder / FOLDER / "sites" / "sites.html"
    write_whole(page, site_page(sited))
    return [page, *write_designs(sited)]


def site_page(sited: Sited) -> str:
    """Return the page as text."""
    ground, currency = sited.ground, sited.city.settings.currency
    chosen = [ground.site_of[c] for c, _ in sited.found.chosen.design]
    accepting = np.asarray(np.isfinite(ground.cost).any(axis=0))
    refused = [k for k in ground.site_of if k not in chosen]
    return choice_page(
        ChoicePage(
            title=f"{sited.city.name}: 设施选址 choice of sites",
            about=f"{sited.date}; {len(ground.names)} 个候选 candidates",
            network=sited.network,
            built=_placed(sited, chosen),
            refused=_placed(sited, refused),
            there=_placed(sited, [k for k in ground.existing if k in accepting]),
            dots=_catchments(sited),
            spokes=False,
            legend="收运片区，颜色为去向 waste, in the color of where it goes",
            lines=site_lines(sited),
            head=[
                "候选 candidate",
                "可建规模 sizes, t/d",
                "选定规模 built",
                "方案数 designs routed",
                f"最优方案 cheapest of them, {currency}/d",
            ],
            rows=_candidates(sited),
        )
    )


def _placed(sited: Sited, facilities: list[int]) -> dict[str, LonLat]:
    at = sited.ground.facility_at
    return {sited.facility_ids[k]: (float(at[k][0]), float(at[k][1])) for k in facilities}


def _catchments(sited: Sited) -> list[Dot]:
    """Return a dot for the waste of each cell, with the facility that takes most of it."""
    ground, flow = sited.ground, sited.found.chosen_flow.flow_kg
    most = max(1.0, float(ground.mass_kg.max()))
    dots = []
    for u, (lon, lat) in enumerate(ground.unit_at.tolist()):
        k = int(np.argmax(flow[u]))
        to = sited.facility_ids[k] if flow[u, k] > 0 else ""
        radius = 3 + 7 * float(np.sqrt(ground.mass_kg[u] / most))
        dots.append(Dot((lon, lat), radius, f"{ground.mass_kg[u] / 1000:.2f} t", to))
    return dots


def _candidates(sited: Sited) -> list[list[str]]:
    """Return the table of candidates: built or not, and in how many of the designs routed."""
    found = sited.found
    size_of = dict(found.chosen.design)
    routed = cheapest_with(([c for c, _ in j.design], j.routed) for j in found.ranking)
    rows = []
    for c, candidate in enumerate(sited.candidates):
        sizes = candidate.sizes
        built = f"{sizes[size_of[c]].capacity_t_day:g} t/d" if c in size_of else "–"
        designs, least = routed.get(c, (0, 0.0))
        cheapest = f"{least / 1000:,.0f}" if designs else "–"
        named = f"{candidate.candidate_id} {candidate.row.get('name') or ''}".strip()
        offered = ";".join(f"{size.capacity_t_day:g}" for size in sizes)
        rows.append([named, offered, built, str(designs), cheapest])
    return rows
