"""Balance and compactness of routes, measured again, and what they cost where they have a price."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from dispatch.audit.context import Context
from dispatch.audit.geo import EARTH_RADIUS_M
from dispatch.audit.record import Route, Spot

WORK = ("stop", "street", "load")
PLACE_SLACK_M = 2
"""Rounding of a place, and of the middle of a route, may move a distance by as much."""


def scatter_m(ctx: Context, route: Route) -> list[float]:
    """Return how far the work of a route is entered from the mean of all its entries, metres."""
    streets = ctx.streets
    places = [streets.place(spot) for spot in _spots(route) if spot and streets.is_spot(spot)]
    if not places:
        return []
    network = ctx.streets.network
    degree = math.radians(1) * EARTH_RADIUS_M
    narrow = math.cos(math.radians(float(network.node_lat[0])))
    east = sum(lon for lon, _ in places) / len(places)
    north = sum(lat for _, lat in places) / len(places)
    return [
        math.hypot((lon - east) * degree * narrow, (lat - north) * degree) for lon, lat in places
    ]


def _spots(route: Route) -> list[Spot | None]:
    return [a.position for a in route.activities if a.kind in WORK]


def shape_cost(ctx: Context, route: Route, duration_s: int) -> tuple[int, int]:
    """Return what the shape of a route costs in thousandths, and by how much that may be off."""
    rules, scatter = ctx.rules, scatter_m(ctx, route) if ctx.rules.compact_km else []
    balance = (rules.balance_h2 * duration_s**2 + 3600**2 // 2) // 3600**2
    compact = round(rules.compact_km * sum(scatter) / 1000)
    return balance + compact, rules.compact_km * PLACE_SLACK_M * len(scatter) // 1000


def check_shape(ctx: Context) -> None:
    """Check the stated balance and compactness of each kind of truck."""
    stated = ctx.plan.shape
    if stated is None:
        ctx.skip("shape: the plan has none")
        return
    kinds: dict[str, list[Route]] = defaultdict(list)
    for route in ctx.plan.routes:
        truck = ctx.world.trucks.get(route.truck_id)
        kinds[truck.kind if truck else route.truck_kind or ""].append(route)
    text = f"shape is for {', '.join(sorted(stated))}; expected {', '.join(sorted(kinds))}"
    ctx.check(set(stated) == set(kinds), "shape", text)
    for kind in sorted(set(stated) & set(kinds)):
        _check_kind(ctx, kind, stated[kind], kinds[kind])


def _check_kind(ctx: Context, kind: str, stated: Mapping[str, Any], routes: list[Route]) -> None:
    days = [route.activities[-1].end_s - route.activities[0].end_s for route in routes]
    for key, value in (
        ("trucks", len(days)),
        ("shortest_s", min(days)),
        ("mean_s", round(sum(days) / len(days))),
        ("longest_s", max(days)),
    ):
        ctx.equal(stated.get(key), value, "shape", f"shape.{kind}.{key}")
    spots = [spot for route in routes for spot in _spots(route)]
    if not all(spot and ctx.streets.is_spot(spot) for spot in spots):
        ctx.skip("shape: a place of work that is not on the streets")
        return
    scatter = [m for route in routes for m in scatter_m(ctx, route)]
    mean = sum(scatter) / len(scatter) if scatter else 0.0
    said = stated.get("scatter_m")
    good = isinstance(said, int | float) and abs(said - mean) <= PLACE_SLACK_M
    text = f"shape.{kind}.scatter_m is stated as {said}, recomputed as {mean:.0f}"
    ctx.check(good, "shape", text)
