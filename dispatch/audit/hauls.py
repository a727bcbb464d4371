"""Hauls from transfer stations: what lies there at every moment, and where each load goes.

What a truck brings takes room at a station from the moment at which it begins to unload, and can be
loaded from the moment at which it has ended. What a transfer truck takes must be there when it
begins to load, and takes room until it has ended; what happens at one moment happens in the order
gone, come. A station never holds more than its storage, unless the plan itself says from when to
when it does and how much lies there: that is passed on as a warning, not as a finding. Nothing of
a stream that must go daily may stay unless the plan names the load among the unserved.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from dispatch.audit.context import Context
from dispatch.audit.record import Activity, Route, StockDay
from dispatch.audit.tables import Station, clock

TRANSFER = "transfer"
PERISHABLE = "kitchen"

Change = tuple[int, int, str, int]
"""Begin, end, stream, kilograms."""


@dataclass
class _Yard:
    """What comes to a station and what is taken."""

    come: list[Change] = field(default_factory=list)
    gone: list[Change] = field(default_factory=list)


def check_hauls(ctx: Context) -> None:
    """Check every load, and what lies at each station through the day."""
    yards: dict[str, _Yard] = defaultdict(_Yard)
    for route in ctx.plan.routes:
        _check_route(ctx, route, yards)
    stated = {day.facility_id: day.stock for day in ctx.plan.facilities or ()}
    for facility_id in sorted(yards):
        station = ctx.world.stations.get(facility_id)
        day, yard = stated.get(facility_id), yards[facility_id]
        if station is not None and (yard.gone or day is not None):
            _check_yard(ctx, station, yard, day)
    for facility_id in sorted(stated):
        day = stated[facility_id]
        if day is not None and facility_id not in yards:
            text = f"{facility_id} is stated to hold waste that nobody brings"
            ctx.check(not any(kg for _, kg in day.events or ()), "stock", text)


def _check_route(ctx: Context, route: Route, yards: dict[str, _Yard]) -> None:
    """Check where a truck loads and puts down; note what it brings and takes."""
    truck = ctx.world.trucks.get(route.truck_id)
    hauls = truck is not None and truck.kind == TRANSFER
    aboard: list[str] = []
    for idx, activity in enumerate(route.activities):
        if activity.kind in ("stop", "street") and hauls:
            text = f"is a transfer truck and serves {activity.id}"
            ctx.check(False, "transfer-truck", text, route.truck_id, idx)
        elif activity.kind == "load":
            text = f"loads at {activity.id} and is no transfer truck"
            ctx.check(hauls, "transfer-truck", text, route.truck_id, idx)
            _check_load(ctx, route, idx, activity)
            aboard.append(activity.id)
            yards[activity.id].gone.append(_change(activity, activity.stream or "?"))
        elif activity.kind == "unload":
            _check_target(ctx, route, idx, activity, aboard)
            aboard = []
            for stream, kg in ctx.received.get((route.number, idx), {}).items():
                change = (activity.begin_s, activity.end_s, stream, kg)
                yards[activity.id].come.append(change)


def _change(activity: Activity, stream: str) -> Change:
    return activity.begin_s, activity.end_s, stream, activity.mass_kg or 0


def _check_load(ctx: Context, route: Route, idx: int, activity: Activity) -> None:
    station = ctx.world.stations.get(activity.id)
    if station is None:
        return  # a finding of its own
    text = f"loads at {activity.id}, a {station.kind} without haul_to"
    good = station.kind == TRANSFER and bool(station.haul_to)
    ctx.check(good, "haul-from", text, route.truck_id, idx)
    text = f"loads {activity.stream} at {activity.id}, which takes {sorted(station.streams)}"
    ctx.check(activity.stream in station.streams, "haul-stream", text, route.truck_id, idx)


def _check_target(
    ctx: Context, route: Route, idx: int, activity: Activity, aboard: Iterable[str]
) -> None:
    """Check that what was loaded is put down where its station hauls to."""
    for name in aboard:
        station = ctx.world.stations.get(name)
        if station is not None and station.haul_to:
            text = f"puts down at {activity.id} what {name} hauls to {station.haul_to}"
            good = activity.id == station.haul_to
            ctx.check(good, "haul-to", text, route.truck_id, idx)


def _check_yard(ctx: Context, station: Station, yard: _Yard, day: StockDay | None) -> None:
    name = station.facility_id
    come, gone = _by_stream(yard.come), _by_stream(yard.gone)
    left = {s: come[s] - gone[s] for s in sorted(come | gone)}
    for stream, kg in left.items():
        text = f"{name}: {gone[stream]} kg of {stream} are hauled, {come[stream]} kg are brought"
        ctx.check(kg >= 0, "haul-balance", text)
    _check_there(ctx, name, yard)
    _check_daily(ctx, station, left)
    curve = _curve(yard)
    over = _overflows(curve, station.storage_kg)
    said = None if day is None or day.overflows is None else list(day.overflows)
    _check_full(ctx, station, over, said)
    if day is None:
        ctx.skip("stock: a station without stock")
        return
    peak = max((kg for _, kg in curve), default=0)
    ctx.equal(day.figures.get("storage_kg"), station.storage_kg, "stock", f"storage_kg of {name}")
    ctx.equal(day.figures.get("peak_kg"), peak, "stock", f"peak_kg of {name}")
    for what, stated, true in (("taken_kg", day.taken_kg, gone), ("left_kg", day.left_kg, left)):
        own = None if stated is None else {s: kg for s, kg in sorted(stated.items()) if kg}
        truth = {s: kg for s, kg in sorted(true.items()) if kg}
        ctx.equal(own, truth, "stock", f"{what} of {name}")
    events = None if day.events is None else list(day.events)
    ctx.equal(events, curve, "stock", f"events of {name}")


def _by_stream(changes: Iterable[Change]) -> Counter[str]:
    total: Counter[str] = Counter()
    for _, _, stream, kg in changes:
        total[stream] += kg
    return total


def _check_there(ctx: Context, name: str, yard: _Yard) -> None:
    """Check that what is loaded has been put down before."""
    for begin, _, stream, _ in yard.gone:
        there = sum(kg for _, end, s, kg in yard.come if s == stream and end <= begin)
        taken = sum(kg for other, _, s, kg in yard.gone if s == stream and other <= begin)
        text = f"{name}: {taken} kg of {stream} are loaded by {clock(begin)}, {there} kg are there"
        ctx.check(taken <= there, "haul-early", text)


def _check_daily(ctx: Context, station: Station, left: dict[str, int]) -> None:
    """Check that what must go daily is gone, or named among the unserved."""
    name = station.facility_id
    target = ctx.world.stations.get(station.haul_to)
    for stream, kg in left.items():
        daily = station.clear_daily or stream == PERISHABLE
        if not daily or target is None or stream not in target.streams:
            continue
        named = sum(
            u.mass_kg or 0
            for u in ctx.plan.unserved or ()
            if u.kind == "haul" and u.id.startswith(f"{name}>") and u.stream == stream
        )
        text = f"{name}: {kg} kg of {stream} stay overnight and only {named} kg are named unserved"
        ctx.check(kg <= named, "stays-overnight", text)


def _curve(yard: _Yard) -> list[tuple[int, int]]:
    """Return (moment, kilograms from then on)."""
    changes: Counter[int] = Counter()
    for begin, _, _, kg in yard.come:
        changes[begin] += kg
    for _, end, _, kg in yard.gone:
        changes[end] -= kg
    curve, stock = [], 0
    for moment in sorted(changes):
        stock += changes[moment]
        curve.append((moment, stock))
    return curve


def _overflows(
    curve: list[tuple[int, int]], storage_kg: int | None
) -> list[tuple[int, int | None, int]]:
    """Return (from, to, most kilograms) of each stretch above the storage."""
    over: list[tuple[int, int | None, int]] = []
    since, most = None, 0
    for moment, kg in curve:
        full = storage_kg is not None and kg > storage_kg
        if full:
            since, most = moment if since is None else since, max(most, kg)
        elif since is not None:
            over.append((since, moment, most))
            since, most = None, 0
    if since is not None:
        over.append((since, None, most))
    return over


def _check_full(
    ctx: Context,
    station: Station,
    over: list[tuple[int, int | None, int]],
    said: list[tuple[int, int | None, int]] | None,
) -> None:
    """Check that a station holds what lies there, or that the plan tells when it does not."""
    name = station.facility_id
    for begin, until, most in over:
        end = "the end of the day" if until is None else clock(until)
        what = f"{name} holds {station.storage_kg} kg; {most} kg lie there"
        text = f"{what} from {clock(begin)} to {end}"
        told = said is not None and (begin, until, most) in said
        if ctx.check(told, "station-overflow", f"{text}, which the plan does not tell"):
            ctx.found.warn(text)
    if said is not None:
        text = f"{name} is stated to overflow when it does not"
        ctx.check(set(said) <= set(over), "station-overflow", text)
