"""Tank and hopper of every street vehicle over its day, as one page of lines."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from dispatch.words import TRUCK_KINDS, both, clock, word_of

WIDTH, HEIGHT, LEFT = 900, 64, 150
STREET_KINDS = ("sweeper", "flusher", "plough")
STYLE = """
body{font:14px/1.45 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif;margin:24px;
color:#1d2733}h1{font-size:20px}text{font-size:12px;fill:#52606d}.water{stroke:#1b7fb8}
.load{stroke:#9a6a1c}polyline{fill:none;stroke-width:1.8}.key{font-weight:600}
"""


def tanks_page(record: Mapping[str, Any]) -> str:
    """Return the page of a plan: what is left in each tank, and how full each hopper is."""
    routes = [r for r in record["routes"] if r["truck_kind"] in STREET_KINDS]
    begin = min((r["start_s"] for r in routes), default=0) // 3600
    end = -(-max((r["end_s"] for r in routes), default=3600) // 3600)
    title = html.escape(f"{record['city']} {record['date']}")
    head = "<span class='key' style='color:#1b7fb8'>水箱 tank</span> · "
    head += "<span class='key' style='color:#9a6a1c'>料斗 hopper</span>, 0–100 %"
    return "\n".join(
        [
            f"<!doctype html><html lang='zh'><meta charset='utf-8'><title>{title}</title>",
            f"<style>{STYLE}</style><h1>{title} · 水箱与料斗 Tank and hopper</h1><p>{head}</p>",
            *(_row(route, begin, end) for route in routes),
            "</html>",
        ]
    )


def _row(route: Mapping[str, Any], begin: int, end: int) -> str:
    """Return one vehicle's lines, with hours beneath."""
    scale = (WIDTH - LEFT - 10) / max(1, end - begin)

    def across(seconds: int) -> float:
        return LEFT + (seconds / 3600 - begin) * scale

    name = html.escape(f"{route['truck_id']} {both(word_of(TRUCK_KINDS, route['truck_kind']))}")
    parts = [f"<svg width='{WIDTH}' height='{HEIGHT + 18}'><text x='0' y='24'>{name}</text>"]
    for hour in range(begin, end + 1):
        x = across(3600 * hour)
        parts.append(f"<line x1='{x:.1f}' x2='{x:.1f}' y1='2' y2='{HEIGHT}' stroke='#e3e6e9'/>")
        parts.append(f"<text x='{x:.1f}' y='{HEIGHT + 14}'>{clock(3600 * hour)[:2]}</text>")
    for css, key, most in (
        ("water", "tank_l", route["tank_l"]),
        ("load", "load_kg", route["capacity_kg"]),
    ):
        if most:
            points = " ".join(
                f"{across(at):.1f},{HEIGHT - share * (HEIGHT - 4):.1f}"
                for at, share in level(route["activities"], key, most)
            )
            parts.append(f"<polyline class='{css}' points='{points}'/>")
    return "".join([*parts, "</svg>"])


def level(activities: Sequence[Mapping[str, Any]], key: str, most: int) -> list[tuple[int, float]]:
    """Return (moment, share) at the begin and the end of every activity: changes are steady."""
    points = []
    before = activities[0][key] / most
    for activity in activities:
        after = activity[key] / most
        points += [(activity["begin_s"], before), (activity["end_s"], after)]
        before = after
    return points
