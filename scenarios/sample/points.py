"""Places to rows of points.csv: kinds, streams, masses, bins, hours, days of the week."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from scenarios.defaults import default_number
from scenarios.sample.naming import Names
from scenarios.sample.places import Place

PEOPLE_PER_HOUSEHOLD = 2.6
BIN_L = 240.0
STREAM_ZH = {
    "other": "其他垃圾", "kitchen": "厨余垃圾", "recyclable": "可回收物", "hazardous": "有害垃圾",
}  # fmt: skip
STREAM_LETTER = {"other": "O", "kitchen": "K", "recyclable": "R", "hazardous": "H"}
STREAM_SHARE = {"other": 0.45, "kitchen": 0.30, "recyclable": 0.20, "hazardous": 0.05}
HOUSEHOLDS = {
    "compound": (110, 420), "street": (40, 150), "market": (60, 120), "village": (40, 140),
    "eco_island": (80, 160), "smart": (90, 220),
}  # fmt: skip
MARKET_FACTOR = {"other": 3.0, "kitchen": 11.0, "recyclable": 3.0, "hazardous": 0.2}
DAYS_BETWEEN = {
    "daily": 1.0,
    "mon": 7.0,
    "3/week": 7 / 3,
    "2/week": 3.5,
    "1/month": 30.4,
    "2/month": 15.2,
}
DROP_OFF = (("06:00", "08:00", "18:00", "20:30"), ("07:00", "08:30", "17:30", "20:00"))
AM_HOURS, PM_HOURS = 4.5, 4.0
NUM_SMART, NUM_MARKETS, NUM_ISLANDS = 10, 7, 4
NEW_YEAR = "2025-01-01"
PARENT_SHARE = 0.85


@dataclass(frozen=True)
class Site:
    """A place with what is put out there."""

    place: Place
    number: int
    kind: str
    name: str
    households: int


def split_streams(points: int) -> dict[str, int]:
    """How many rows each stream gets of ``points``; nothing is lost to rounding."""
    counts = {stream: int(points * share) for stream, share in STREAM_SHARE.items()}
    counts["other"] += points - sum(counts.values())
    return counts


def found_sites(places: list[Place], names: Names, rng: np.random.Generator) -> list[Site]:
    """Decide what kind each place is and how many households bring their waste there."""
    kinds = [_kind(place, rng) for place in places]
    scale = min(1.0, len(places) / 180)
    inner = [k for k, p in enumerate(places) if not p.outside and not p.narrow and not p.gated]
    drawn = [inner[int(k)] for k in rng.permutation(len(inner))]
    for kind, wanted in (
        ("market", NUM_MARKETS), ("eco_island", NUM_ISLANDS), ("smart", NUM_SMART),
    ):  # fmt: skip
        for _ in range(min(math.ceil(wanted * scale), len(drawn))):
            kinds[drawn.pop()] = kind
    sites = []
    for number, (place, kind) in enumerate(zip(places, kinds, strict=True), 1):
        low, high = HOUSEHOLDS[kind]
        households = int(rng.integers(low, high) * (0.5 if place.narrow else 1.0))
        sites.append(Site(place, number, kind, _name(place, kind, names, rng), households))
    return sites


def _kind(place: Place, rng: np.random.Generator) -> str:
    if place.outside:
        return "village"
    if place.gated:
        return "compound"
    if place.narrow or place.highway == "living_street":
        return "street"
    return "compound" if rng.random() < 0.45 else "street"


def _name(place: Place, kind: str, names: Names, rng: np.random.Generator) -> str:
    if kind == "village":
        return f"{names.village()}收集点"
    if kind == "market":
        return f"{place.street or names.village()}农贸市场"
    if place.gated and place.street:
        return place.street
    if kind == "compound":
        return names.compound()
    number = int(rng.integers(1, 260))
    label = f"{place.street}{number}号" if place.street else names.alley("")
    return label + {"smart": "智能投放点", "eco_island": "生态绿岛"}.get(kind, "投放点")


def point_rows(
    sites: list[Site], counts: dict[str, int], districts: list[str], rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of points.csv, one for each stream of a site; every site has residual waste.

    Parameters
    ----------
    sites
        At least as many as ``counts["other"]``.
    counts
        Rows wanted by stream.
    districts
        Names by number.
    rng
        Source of chance.
    """
    rows = []
    dated = set(rng.permutation(len(sites))[: max(len(sites) // 40, 1)].tolist())
    windows = {site.number: _windows(site, rng) for site in sites}
    for stream, count in counts.items():
        chosen = sites[:count] if stream == "other" else _pick(sites, stream, count, rng)
        for site in chosen:
            row = _row(site, stream, districts, rng) | windows[site.number]
            if site.number - 1 in dated and len(sites) > 20:
                row["active_from"] = NEW_YEAR
            rows.append(row)
    frame = pd.DataFrame(rows).sort_values("point_id", kind="stable", ignore_index=True)
    frame = frame.reindex(columns=list(dict.fromkeys([*frame.columns, "active_from"])))
    frame["active_from"] = pd.to_datetime(frame["active_from"])
    return frame


def _pick(sites: list[Site], stream: str, count: int, rng: np.random.Generator) -> list[Site]:
    """Sites of a stream other than residual waste; markets and compounds come first."""
    first = {
        "kitchen": ("market", "compound", "smart"),
        "recyclable": ("eco_island", "market", "smart", "compound"),
        "hazardous": ("eco_island", "compound"),
    }[stream]
    never = ("village",) if stream == "kitchen" else ()  # composted in the village
    rank = {kind: k for k, kind in enumerate(first)}
    order = rng.permutation(len(sites))
    usable = sorted(
        (sites[int(k)] for k in order),
        key=lambda site: (site.kind in never, site.place.narrow, rank.get(site.kind, 9)),
    )
    return sorted(usable[:count], key=lambda site: site.number)


def _row(site: Site, stream: str, districts: list[str], rng: np.random.Generator) -> dict[str, Any]:
    frequency = {
        "other": "daily",
        "kitchen": "daily",
        "recyclable": "3/week" if site.kind in ("market", "eco_island") else "2/week",
        "hazardous": "mon"
        if site.kind == "eco_island"
        else ("1/month", "2/month")[site.number % 2],
    }[stream]
    mass = _mass(site, stream, frequency, rng)
    fill = default_number("bin.fill.default")
    bins = math.ceil(mass / (default_number(f"density.in_bin.{stream}") * BIN_L / 1000 * fill))
    place = site.place
    return {
        "point_id": f"P{site.number:04d}-{STREAM_LETTER[stream]}",
        "name": f"{site.name}（{STREAM_ZH[stream]}）",
        "lon": place.lon,
        "lat": place.lat,
        "district": districts[place.district],
        "kind": site.kind,
        "stream": stream,
        "demand_kg": mass,
        "bins": max(bins, 1),
        "frequency": frequency,
        "side": "right" if place.highway in ("primary", "secondary", "trunk") else "either",
        "priority": {"market": 1, "smart": 2, "village": 4}.get(site.kind, 3),
    }


def _mass(site: Site, stream: str, frequency: str, rng: np.random.Generator) -> float:
    """Kilograms that wait at one visit."""
    people = site.households * PEOPLE_PER_HOUSEHOLD
    share = default_number(f"waste.collected_share.{stream}")
    mass = people * default_number("waste.gen.total.kg_per_cap_day") * share
    mass *= DAYS_BETWEEN[frequency]
    mass *= MARKET_FACTOR[stream] if site.kind == "market" else 1.0
    mass *= float(np.clip(rng.lognormal(0.0, 0.18), 0.6, 1.6))
    return float(max(round(mass), 1)) if mass >= 5 else max(round(mass, 1), 0.5)


def _clock(minutes: float) -> int:
    return round(minutes) * 60


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _windows(site: Site, rng: np.random.Generator) -> dict[str, int]:
    """Hours of collection: they open when the drop-off hours, or the market, close."""
    if site.kind == "compound" and rng.random() < 0.7:
        _, am, _, pm = DROP_OFF[int(rng.random() < 0.6)]
        start, start2 = _minutes(am), _minutes(pm)
        ends = (start + AM_HOURS * 60, min(start2 + PM_HOURS * 60, 24 * 60))
        return dict(
            zip(
                ("window_start", "window_end", "window2_start", "window2_end"),
                map(_clock, (start, ends[0], start2, ends[1])),
                strict=True,
            )
        )
    if site.kind == "market":
        spans: tuple[tuple[int, int], ...] = ((12 * 60 + 30, 16 * 60), (19 * 60 + 30, 23 * 60))
    elif site.kind == "village":
        spans = ((5 * 60, 16 * 60),)
    elif site.kind == "eco_island":
        spans = ((8 * 60, 17 * 60),)
    else:
        return {}
    names = ("window_start", "window_end", "window2_start", "window2_end")
    flat = [minute for span in spans for minute in span]
    return {name: _clock(minute) for name, minute in zip(names, flat, strict=False)}
