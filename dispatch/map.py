"""The day on a map that opens without internet: one file of HTML with everything in it.

Streets are drawn from the network itself, so no tile server is asked. Leaflet and the page's own
script and style lie in ``assets`` and are written into the page.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import math
import re
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dispatch.gantt import day_span, queue_strips, route_bars
from dispatch.lines import leg_line, pack_line, work_line
from dispatch.words import (
    ACTIVITIES,
    FACILITY_KINDS,
    KPIS,
    SIDES,
    TRUCK_KINDS,
    activity_key,
    main_streets,
    words_of_streams,
)
from scenarios.files import write_whole

if TYPE_CHECKING:
    from routing.network import Network

DIGITS = 5
"""Decimals of degrees on the page: a meter."""
RANKS: tuple[tuple[str, ...], ...] = (
    ("motorway", "trunk"),
    ("primary", "secondary"),
    ("tertiary", "unclassified", "motorway_link", "trunk_link", "primary_link", "secondary_link"),
)
"""Street classes from the widest line to the thinnest; all others come last."""
MOST_LABELS = 400
LABELS_A_NAME = 3
LABEL_GAP_M = 1500.0
SCRIPTS = ("base.js", "ground.js", "day.js", "timeline.js", "panel.js", "app.js")

PAGE = """<!doctype html>
<html lang="zh">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
style-src 'unsafe-inline'; script-src {allowed}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<script type="application/json" id="plan">{data}</script>
<script>{leaflet}</script>
<script>{script}</script>
</body>
</html>
"""


def write_map(path: Path, plan: Mapping[str, Any], network: Network) -> None:
    """Write the map of a plan; the same plan gives the same bytes.

    Parameters
    ----------
    path
        The HTML file, written whole or not at all.
    plan
        A checked plan record.
    network
        The streets that the plan was made on.
    """
    write_whole(path, map_page(plan, network))


def map_page(plan: Mapping[str, Any], network: Network) -> str:
    """Return the page as text."""
    leaflet, script = _asset("leaflet.js"), _script()
    return PAGE.format(
        allowed=f"{_digest(leaflet)} {_digest(script)}",
        title=html.escape(f"{plan['city']} {plan['date']}"),
        style=_asset("leaflet.css", images=False) + _asset("app.css"),
        body=_asset("body.html"),
        data=_json_for_page(map_data(plan, network)),
        leaflet=leaflet,
        script=script,
    )


def _asset(name: str, *, images: bool = True) -> str:
    """Return a file of the assets; without images, a style's references to them are dropped."""
    text = resources.files("dispatch").joinpath("assets", name).read_text(encoding="utf-8")
    return text if images else re.sub(r"url\([^)]*\)", "none", text)


def _script() -> str:
    """Return the page's own scripts as one function, so that they share names with nothing else."""
    parts = "\n".join(_asset(name) for name in SCRIPTS)
    return f'(() => {{\n"use strict";\n{parts}}})();'


def _digest(script: str) -> str:
    """Return how the page's policy names a script, so that no other script on it may run."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _json_for_page(data: Any) -> str:
    """Return JSON that may stand inside a script element whatever the names in it are."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def map_data(plan: Mapping[str, Any], network: Network) -> dict[str, Any]:
    """Return what the page's script draws from."""
    begin, end = day_span(plan)
    return {
        "city": plan["city"],
        "date": plan["date"],
        "currency": plan["currency"],
        "span": [begin, end],
        "digits": DIGITS,
        "streets": street_lines(network),
        "labels": street_labels(network),
        "routes": [_route(route, network) for route in plan["routes"]],
        "facilities": [_facility(facility) for facility in plan["facilities"]],
        "unserved": list(plan["unserved"]),
        "kpis": plan["kpis"],
        "bound": plan["bound"],
        "required": plan["required"],
        "assumptions": list(plan["assumptions"]),
        "warnings": list(plan["warnings"]),
        "fingerprint": plan["fingerprint"],
        "words": {
            "activity": ACTIVITIES,
            "facility": FACILITY_KINDS,
            "kpi": KPIS,
            "side": SIDES,
            "stream": words_of_streams(r["truck_kind"] for r in plan["routes"]),
            "truck": TRUCK_KINDS,
        },
    }


def street_pieces(network: Network, rank: int) -> Iterator[list[list[float]]]:
    """Yield the lines of one rank of streets, one for both directions of a piece."""
    ranks = _rank_of_arcs(network)
    for arc in _one_direction(network):
        if ranks[arc] == rank:
            yield network.shape(arc).tolist()


def street_lines(network: Network) -> list[list[str]]:
    """Return packed lines by rank, one for both directions of a piece, widest streets first."""
    ranks = _rank_of_arcs(network)
    lines: list[list[str]] = [[] for _ in range(len(RANKS) + 1)]
    for arc in _one_direction(network):
        lines[ranks[arc]].append(pack_line(network.shape(arc).tolist(), DIGITS))
    return lines


def _one_direction(network: Network) -> list[int]:
    """Return the real arcs, of each two-way piece the one with the lower number."""
    numbers = np.arange(network.num_arcs)
    single = (network.arc_reverse < 0) | (numbers < network.arc_reverse)
    return [int(a) for a in np.flatnonzero(single & (network.arc_base == numbers))]


def _rank_of_arcs(network: Network) -> list[int]:
    from routing.network import HIGHWAY_CLASSES  # noqa: PLC0415 (only where a network is there)

    rank = {name: k for k, names in enumerate(RANKS) for name in names}
    of_class = np.asarray([rank.get(name, len(RANKS)) for name in HIGHWAY_CLASSES])
    return [int(k) for k in of_class[network.arc_class]]


def street_labels(network: Network) -> list[list[Any]]:
    """Return [name, lon, lat, rank, angle] on long pieces of named streets, main ones first.

    A street has one label, a long one up to ``LABELS_A_NAME`` at least ``LABEL_GAP_M`` apart.
    ``angle`` is the street's direction on the screen in degrees, clockwise, -90 to 90.
    """
    ranks = _rank_of_arcs(network)
    arcs = [a for a in _one_direction(network) if network.name(a) and ranks[a] < len(RANKS)]
    arcs.sort(key=lambda a: (ranks[a], -int(network.arc_length_cm[a]), network.name(a)))
    placed: dict[str, list[tuple[float, float]]] = {}
    labels: list[list[Any]] = []
    for arc in arcs:
        lon, lat, angle = _middle(network.shape(arc))
        others = placed.setdefault(network.name(arc), [])
        if len(others) < LABELS_A_NAME and all(_apart_m(lon, lat, o) > LABEL_GAP_M for o in others):
            others.append((lon, lat))
            place = [round(lon, DIGITS), round(lat, DIGITS)]
            labels.append([network.name(arc), *place, ranks[arc], angle])
        if len(labels) == MOST_LABELS:
            break
    return labels


def _middle(shape: np.ndarray) -> tuple[float, float, int]:
    """Return lon, lat and screen angle in the middle of a line's longest stretch."""
    flat = shape * [math.cos(math.radians(shape[0, 1])), 1.0]
    steps = np.diff(flat, axis=0)
    k = int(np.argmax(np.hypot(steps[:, 0], steps[:, 1])))
    lon, lat = (shape[k] + shape[k + 1]) / 2
    angle = round(math.degrees(math.atan2(-steps[k, 1], steps[k, 0])))
    angle -= 180 * round(angle / 180)
    return float(lon), float(lat), int(angle)


def _apart_m(lon: float, lat: float, other: tuple[float, float]) -> float:
    """Return the distance in a city's plane, in meters."""
    east = (lon - other[0]) * math.cos(math.radians(lat))
    return 111_195.0 * math.hypot(east, lat - other[1])


def _route(route: Mapping[str, Any], network: Network) -> dict[str, Any]:
    keys = (
        "truck_id truck_kind stream start_s end_s capacity_kg cost length_m driving_s service_s"
        " waiting_s break_s overtime_s co2_g"
    )
    kind = route["truck_kind"]
    steps = [_activity(a, kind, network) for a in route["activities"]]
    bars = [list(bar) for bar in route_bars(route)]
    return {**{k: route[k] for k in keys.split()}, "steps": list(_numbered(steps)), "bars": bars}


def _numbered(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the activities with the running number of what is served."""
    number = 0
    for step in steps:
        number += step["kind"] in ("stop", "street")
        yield {**step, "number": number if step["kind"] in ("stop", "street") else 0}


def _activity(activity: Mapping[str, Any], truck_kind: str, network: Network) -> dict[str, Any]:
    keys = (
        "kind id name district stream window side trip mass_kg water_l load_kg service_m arrive_s"
        " begin_s end_s bay"
    )
    leg = activity["leg"]
    return {
        **{k: activity[k] for k in keys.split()},
        "word": activity_key(activity, truck_kind),
        "street": _street(activity, network),
        "at": [round(activity["lat"], 6), round(activity["lon"], 6)],
        "leg": pack_line(leg_line(activity), DIGITS),
        "leg_s": leg["time_s"] if leg else 0,
        "leg_m": leg["length_m"] if leg else 0,
        "via": [name for name, _ in main_streets(leg)],
        "work": pack_line(work_line(activity, network), DIGITS),
    }


def _street(activity: Mapping[str, Any], network: Network) -> str:
    """Return the street on whose curb the truck stands, "" if it has no name."""
    position = activity["position"]
    return network.name(position["arc"]) if position else ""


def _facility(facility: Mapping[str, Any]) -> dict[str, Any]:
    return {**facility, "queue": [list(strip) for strip in queue_strips(facility)]}
