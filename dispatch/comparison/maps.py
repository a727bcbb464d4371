"""Small maps as drawings: the streets once, the routes of each scenario over them."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from dispatch.map import RANKS, street_pieces
from dispatch.sheets import STREAM_COLORS
from routing.network import Network
from scenarios.city import City

WIDTH = 1000.0
MARGIN = 40.0
OUTLYING = 0.03
"""Share of the places beyond each border of a map."""
STREET_WIDTHS = (3.0, 2.2, 1.4, 0.7)
NO_STREAM = "8A8F94"


class Frame:
    """From degrees to the drawing: north is up, all maps of a report alike.

    It holds the middle of the places in each direction; a few far villages would leave the town a
    spot, so lines that lead to them end at the border.
    """

    def __init__(self, network: Network, places: Iterable[Sequence[float]]) -> None:
        nodes = np.column_stack((network.node_lon, network.node_lat))
        points = np.asarray([*places], dtype=np.float64).reshape(-1, 2)
        (self.west, south), (east, self.north) = np.quantile(
            points if len(points) else nodes, (OUTLYING, 1 - OUTLYING), axis=0
        ).tolist()
        self.squeeze = math.cos(math.radians((south + self.north) / 2))
        self.scale = (WIDTH - 2 * MARGIN) / max(1e-6, (east - self.west) * self.squeeze)
        self.height = 2 * MARGIN + max(120.0, (self.north - south) * self.scale)

    def at(self, lon: float, lat: float) -> tuple[float, float]:
        """Return a place on the drawing."""
        x = MARGIN + (lon - self.west) * self.squeeze * self.scale
        return x, MARGIN + (self.north - lat) * self.scale

    def path(self, line: Sequence[Sequence[float]]) -> str:
        """Return a line as an SVG path, corners nearer than half a unit left out."""
        parts: list[str] = []
        last = (math.inf, math.inf)
        for k, (lon, lat) in enumerate(line):
            x, y = self.at(lon, lat)
            if k in (0, len(line) - 1) or abs(x - last[0]) + abs(y - last[1]) >= 0.5:
                parts.append(f"{'M' if not parts else 'L'}{x:.1f} {y:.1f}")
                last = (x, y)
        return "".join(parts)


def street_symbol(network: Network, frame: Frame) -> str:
    """Return the streets as a symbol that every map of the page draws."""
    groups = []
    for rank in range(len(RANKS), -1, -1):
        lines = [frame.path(line) for line in street_pieces(network, rank)]
        groups.append(
            f'<path d="{"".join(lines)}" fill="none" stroke="#c9d0d6"'
            f' stroke-width="{STREET_WIDTHS[rank]}"/>'
        )
    return (
        f'<svg width="0" height="0" style="position:absolute"><symbol id="streets"'
        f' viewBox="0 0 {WIDTH:.0f} {frame.height:.0f}">{"".join(groups)}</symbol></svg>'
    )


def scenario_map(frame: Frame, city: City, routes: Sequence[dict[str, Any]], stations: Any) -> str:
    """Return one scenario's map: routes by stream, stops, and stations by what they take in."""
    drawn = [_route(frame, route) for route in routes]
    most = max((s["mass_kg"] for s in stations.values()), default=0) or 1
    drawn += [
        _station(frame, row, stations[row.facility_id]["mass_kg"] / most)
        for row in city.facilities.itertuples(index=False)
        if row.facility_id in stations
    ]
    box = f"0 0 {WIDTH:.0f} {frame.height:.0f}"
    return (
        f'<svg class="map" viewBox="{box}" role="img"><use href="#streets"/>{"".join(drawn)}</svg>'
    )


def _route(frame: Frame, route: dict[str, Any]) -> str:
    color = STREAM_COLORS.get(route["stream"], NO_STREAM)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2"/>'
        for x, y in (frame.at(lon, lat) for lon, lat in route["stops"])
    )
    title = html.escape(route["truck"])
    return (
        f'<g><title>{title}</title><path d="{frame.path(route["line"])}" fill="none"'
        f' stroke="#{color}" stroke-width="2" stroke-opacity=".55"/>'
        f'<g fill="#{color}">{dots}</g></g>'
    )


def _station(frame: Frame, row: Any, share: float) -> str:
    x, y = frame.at(float(row.lon), float(row.lat))
    half = 6 + 10 * math.sqrt(share)
    name = html.escape(f"{row.facility_id} {row.name}")
    return (
        f'<g><title>{name}</title><rect x="{x - half:.1f}" y="{y - half:.1f}"'
        f' width="{2 * half:.1f}" height="{2 * half:.1f}" rx="2" fill="#fff" stroke="#1b242d"'
        f' stroke-width="2.5"/>'
        f'<text x="{x:.1f}" y="{y + half + 17:.1f}">{html.escape(str(row.facility_id))}</text></g>'
    )
