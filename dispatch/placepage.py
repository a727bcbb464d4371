"""A choice of places as one file of HTML: whom each place serves, and what stays as it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dispatch.choicepage import ChoicePage, Dot, LonLat, cheapest_with, choice_page
from dispatch.placing import UNITS, Placed, placing_lines, write_places
from scenarios.day import is_active
from scenarios.edits.scenario import FOLDER
from scenarios.files import write_whole

KINDS = {
    "point": "投放点 collection points",
    "eco_island": "生态岛 eco islands",
    "water": "取水点 water points",
    "wash": "洗车站 wash stations",
}
DOTS = {
    "point": "桶位，颜色与连线为并入去向 bins, in the color of the point that they move to",
    "eco_island": "桶位，颜色与连线为并入去向 bins, in the color of the island that they move to",
    "water": "需水路段，颜色为取水点 streets that take water, in the color of their point",
    "wash": "收集点，颜色为最近洗车站 points, in the color of the station that is nearest",
}
DOT = 4.0


def write_choice(placed: Placed) -> list[Path]:
    """Write the page, and the best designs as scenarios; the same choice gives the same bytes."""
    page = placed.city.folder / FOLDER / "places" / "places.html"
    write_whole(page, place_page(placed))
    return [page, *write_places(placed)]


def place_page(placed: Placed) -> str:
    """Return the page as text."""
    ground, currency = placed.ground, placed.city.settings.currency
    chosen = set(placed.found.chosen.design)
    at = [(place.candidate_id, place.at) for place in ground.places]
    return choice_page(
        ChoicePage(
            title=f"{placed.city.name}: {KINDS[ground.kind]}",
            about=f"{ground.date}; {len(ground.places)} 个候选 candidates",
            network=ground.network,
            built={name: place for c, (name, place) in enumerate(at) if c in chosen},
            refused={name: place for c, (name, place) in enumerate(at) if c not in chosen},
            there=_there(placed),
            dots=_units(placed),
            spokes=bool(ground.bins),
            legend=f"{DOTS[ground.kind]}; 灰色不变 gray: stays as it is",
            lines=placing_lines(placed),
            head=[
                "候选 candidate",
                f"建设费 to build, {currency}",
                f"服务 {UNITS[ground.kind]} served",
                "方案数 designs routed",
                f"最优方案 cheapest of them, {currency}/d",
            ],
            rows=_candidates(placed),
        )
    )


def _there(placed: Placed) -> dict[str, LonLat]:
    """Return the facilities of the kind that are in use on the day."""
    rows = placed.city.facilities.itertuples(index=False)
    return {
        str(row.facility_id): (float(row.lon), float(row.lat))
        for row in rows
        if row.kind == placed.ground.kind and is_active(row, placed.ground.date)
    }


def _units(placed: Placed) -> list[Dot]:
    """Return a dot for each unit, larger where more bins stand."""
    ground = placed.ground
    goes_to = ground.goes_to(placed.found.chosen.design)
    dots = []
    for u, (lon, lat) in enumerate(ground.unit_at.tolist()):
        bins = ground.bins[u] if ground.bins else ()
        to = ground.places[goes_to[u]].candidate_id if goes_to[u] >= 0 else ""
        text = ", ".join(bins) or UNITS[ground.kind]
        dots.append(Dot((lon, lat), DOT * float(np.sqrt(max(1, len(bins)))), text, to))
    return dots


def _candidates(placed: Placed) -> list[list[str]]:
    """Return the table of candidates: whom they serve, and in how many of the designs routed."""
    ground, found = placed.ground, placed.found
    goes_to = ground.goes_to(found.chosen.design)
    routed = cheapest_with((j.design, j.routed) for j in found.ranking)
    rows = []
    for c, place in enumerate(ground.places):
        served = str(int((goes_to == c).sum())) if c in found.chosen.design else "–"
        designs, least = routed.get(c, (0, 0.0))
        cheapest = f"{least / 1000:,.0f}" if designs else "–"
        named = " ".join(dict.fromkeys((place.candidate_id, place.name)))
        rows.append([named, f"{place.build_cost:,.0f}", served, str(designs), cheapest])
    return rows
