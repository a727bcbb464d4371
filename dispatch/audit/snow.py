"""The hauling of snow judged by its storm, the map and the plan of its ploughs.

A heap is the snow along pieces that ploughs cleared when the snow had ended, of a priority that is
hauled; its volume is length x cleared width x depth x what heaping leaves of it. Its loads share it
evenly and none is more than the storm says. A load is a point of its own: due once, at the curb of
its heap, loaded in the time that a loader takes. It is taken while one loader stays at the heap,
by one truck at a time, after the last plough and within the hours of hauling.
"""

from __future__ import annotations

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from dispatch.audit.context import Context
from dispatch.audit.geo import distance_m
from dispatch.audit.legs import Redriver
from dispatch.audit.record import Activity, PlanRecord, Route, Spot
from dispatch.audit.streets import check_ends, check_order, street_works
from dispatch.audit.tables import DAY_S, Point, Truck, World, clock, half_up
from dispatch.audit.winter import StormStreets
from routing.network import Network
from scenarios.city import City

SNOW_SCOPE, LOADER, TIPPER, SNOW = "snow", "loader", "tipper", "snow"
ROUNDING_L = 1
"""Loads are whole litres."""
CURB_SLACK_M = 60.0
"""How far a load may lie from the ends of the pieces of its heap beyond their length."""


@dataclass(frozen=True)
class Load:
    """A load as the summary states it; ``slot`` is None where no loader comes."""

    load_id: str
    litres: int
    lon: float
    lat: float
    slot: tuple[int, int] | None


@dataclass(frozen=True)
class StatedHeap:
    """A heap as the summary states it."""

    heap_id: str
    priority: int
    ready_s: int
    arcs: tuple[int, ...]
    loads: tuple[Load, ...]


@dataclass(frozen=True)
class SnowDuty:
    """What a storm asks of hauling, and what is stated of it.

    ``ploughed`` is when each piece was last cleared after the snow, by the plan of the ploughs;
    None where that plan is missing.
    """

    storm: Mapping[str, Any]
    load_l: int
    heaps: tuple[StatedHeap, ...]
    hauled: tuple[Mapping[str, Any], ...]
    trips: int
    ploughed: Mapping[int, int] | None

    @property
    def hours(self) -> tuple[int, int]:
        """The hours of hauling."""
        early, late = self.storm["haul"]
        return int(early), int(late)

    def litres(self, length_cm: int) -> int:
        """Return the snow heaped from a length."""
        storm = self.storm
        depth_m = storm["depth_cm"] / 100 * storm["packed"]
        return half_up(1000 * depth_m * storm["width_m"] * length_cm / 100)


def snow_duty(record: PlanRecord, city: City) -> SnowDuty | None:
    """Return what the storm of a plan's date asks, None where its summary is missing or none."""
    folder = city.folder / "plans" / f"winter-{record.date}"
    try:
        summary = json.loads((folder / "winter.json").read_text(encoding="utf-8"))
        haul = summary["haul"]
        heaps = tuple(_heap(row) for row in haul["heaps"])
        hauled, trips, load_l = tuple(haul["hauled"]), int(haul["trips"]), int(haul["load_l"])
        storm = summary["storm"]
        ploughed = _ploughed(folder / "storm" / "plan.json", storm)
        return SnowDuty(storm, load_l, heaps, hauled, trips, ploughed)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _heap(row: Mapping[str, Any]) -> StatedHeap:
    loads = tuple(
        Load(
            str(load["load_id"]),
            int(load["litres"]),
            float(load["lon"]),
            float(load["lat"]),
            None if load["slot"] is None else (int(load["slot"][0]), int(load["slot"][1])),
        )
        for load in row["loads"]
    )
    arcs = tuple(int(arc) for arc in row["arcs"])
    return StatedHeap(str(row["id"]), int(row["priority"]), int(row["ready_s"]), arcs, loads)


def _ploughed(file: Any, storm: Mapping[str, Any]) -> dict[int, int] | None:
    """Return when each piece was cleared after the snow, by the plan of the ploughs."""
    try:
        plan = json.loads(file.read_text(encoding="utf-8"))
        last = f"#{len(range(storm['snow_from'], storm['snow_to'], 60 * storm['cycle_min'])) + 1}"
        return {
            int(arc): int(act["end_s"])
            for route in plan["routes"]
            for act in route["activities"]
            if act["kind"] == "street" and act["id"].endswith(last)
            for arc in act["service_arcs"]
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def snow_world(world: World, city: City, duty: SnowDuty) -> World:
    """Return the tables as hauling changes them: loads as points, shifts, and what trucks carry."""
    rows = {row.truck_id: row for row in city.trucks.itertuples(index=False)}
    trucks = {
        name: _on_duty(truck, float(rows[name].capacity_m3), duty)
        for name, truck in world.trucks.items()
    }
    points = {load.load_id: _point(load, duty) for heap in duty.heaps for load in heap.loads}
    return replace(world, trucks=trucks, points=points)


def _on_duty(truck: Truck, cubic_m: float, duty: SnowDuty) -> Truck:
    """Return a truck in the hours of hauling; its shift is the same every day."""
    early, late = duty.hours
    spans = (
        (max(truck.shift_start + day, early), min(truck.shift_end + day, late))
        for day in (-DAY_S, 0, DAY_S)
    )
    shift = next((span for span in spans if span[0] < span[1]), (early, early))
    own = replace(truck, shift_start=shift[0], shift_end=shift[1], tank_l=0)
    if truck.kind == LOADER:
        return replace(own, streams=frozenset({"sweepings"}), capacity_l={"sweepings": 0})
    if truck.kind == TIPPER:
        by_mass = int(1000 * truck.capacity_kg / duty.storm["snow_kg_m3"])
        litres = by_mass if pd.isna(cubic_m) else half_up(1000 * cubic_m)
        return replace(own, streams=frozenset({SNOW}), capacity_l={SNOW: litres})
    return own


def _point(load: Load, duty: SnowDuty) -> Point:
    seconds = max(1, math.ceil(3.6 * load.litres / duty.storm["loader_m3_h"]))
    return Point(
        point_id=load.load_id,
        lon=load.lon,
        lat=load.lat,
        district="",
        kind="compound",
        stream=SNOW,
        demand_kg=float(half_up(duty.storm["snow_kg_m3"] * load.litres / 1000)),
        demand_l=float(load.litres),
        service_s=seconds,
        windows=() if load.slot is None else (load.slot,),
        frequency="daily",
        side="right",
        active=True,
    )


def check_snow(ctx: Context, city: City, redriver: Redriver, duty: SnowDuty) -> None:
    """Check heaps and loads, the stays of loaders, and what the summary says is hauled."""
    _check_heaps(ctx, city, ctx.streets.network, duty)
    heaps = {heap.heap_id: heap for heap in duty.heaps}
    stays: dict[str, list[Activity]] = defaultdict(list)
    for route, idx, activity in street_works(ctx):
        if _check_stay(ctx, redriver, (route, idx, activity), heaps):
            stays[activity.id].append(activity)
    taken = dict(_check_takings(ctx, duty, stays))
    _check_hauled(ctx, duty, taken)


def _check_heaps(ctx: Context, city: City, network: Network, duty: SnowDuty) -> None:
    """Check that heaps lie where ploughs cleared last, each with its volume in even loads."""
    streets = StormStreets(city, network, duty.storm)
    most = int(duty.storm["haul_priorities"])
    times: Counter[int] = Counter()
    for heap in duty.heaps:
        known = bool(heap.arcs) and all(map(ctx.streets.has, heap.arcs))
        text = f"heap {heap.heap_id} lies along pieces that do not exist"
        if not ctx.check(known, "heap", text):
            continue
        times.update(heap.arcs)
        priority = streets.of_run(heap.arcs)
        text = f"heap {heap.heap_id} is stated of priority {heap.priority}; it is of {priority}"
        ctx.check(heap.priority == priority <= most, "heap", text)
        length_cm = sum(int(network.arc_length_cm[arc]) for arc in heap.arcs)
        _check_volume(ctx, heap, duty, length_cm)
        _check_places(ctx, heap, length_cm)
    double = sorted(arc for arc, count in times.items() if count > 1)
    text = f"{len(double)} pieces lie along two heaps, such as {double[:1]}"
    ctx.check(not double, "heap", text)
    if duty.ploughed is None:
        ctx.skip("heap: the plan of the ploughs is missing")
        return
    for heap in duty.heaps:
        cleared = max((duty.ploughed.get(arc, -1) for arc in heap.arcs), default=-1)
        text = f"heap {heap.heap_id} is stated ready at {clock(heap.ready_s)}; its pieces were"
        text += f" cleared at {clock(cleared)}" if cleared >= 0 else " not cleared after the snow"
        ctx.check(cleared == heap.ready_s, "heap", text)
    # priorities belong to whole runs of heaps, so a piece may only be missed if its street is lower
    missing = [
        arc
        for arc in duty.ploughed
        if arc not in times and _rank(streets, arc) <= most and duty.litres(
            int(network.arc_length_cm[arc])) > ROUNDING_L
    ]  # fmt: skip
    text = f"{len(missing)} cleared pieces are of no heap, such as {sorted(missing)[:1]}"
    ctx.check(not missing, "heap", text)


def _rank(streets: StormStreets, arc: int) -> int:
    return streets.of_run((arc,))


def _check_volume(ctx: Context, heap: StatedHeap, duty: SnowDuty, length_cm: int) -> None:
    litres = sum(load.litres for load in heap.loads)
    ctx.equal(litres, duty.litres(length_cm), "heap-volume", f"litres of heap {heap.heap_id}")
    largest = max((load.litres for load in heap.loads), default=0)
    text = f"a load of heap {heap.heap_id} is of {largest} l; at most {duty.load_l} l"
    limit = min(duty.load_l, half_up(1000 * duty.storm["load_m3"]))
    ctx.check(largest <= limit, "heap-volume", text)
    least = min((load.litres for load in heap.loads), default=0)
    text = f"loads of heap {heap.heap_id} are of {least} to {largest} l; they share it evenly"
    ctx.check(largest - least <= ROUNDING_L, "heap-volume", text)


def _check_places(ctx: Context, heap: StatedHeap, length_cm: int) -> None:
    """Check that each load lies near the pieces of its heap."""
    first = ctx.streets.place(Spot(heap.arcs[0], 0))
    for load in heap.loads:
        gap = distance_m(first, (load.lon, load.lat))
        text = f"{load.load_id} lies {gap:.0f} m from the begin of its heap"
        ctx.check(gap <= length_cm / 100 + CURB_SLACK_M, "heap-place", text)


def _check_stay(
    ctx: Context,
    redriver: Redriver,
    work: tuple[Route, int, Activity],
    heaps: Mapping[str, StatedHeap],
) -> bool:
    """Check a loader's stay; whether it is at a heap that is stated."""
    route, idx, activity = work
    heap, truck = heaps.get(activity.id), ctx.world.trucks.get(route.truck_id)
    text = f"{activity.id} is no heap of the summary, or its pieces are others"
    good = heap is not None and activity.service_arcs == heap.arcs
    if not ctx.check(good, "heap", text, route.truck_id, idx) or heap is None:
        return False
    text = f"{activity.id} is worked by {route.truck_id}; heaps are loaded by loaders"
    good = truck is not None and truck.kind == LOADER
    if ctx.check(good, "loader", text, route.truck_id, idx) and truck is not None:
        weights, _ = redriver.access(truck, (activity.begin_s, activity.end_s))
        check_order(ctx, route, idx, activity, weights)
    check_ends(ctx, route, idx, activity)
    length_m = ctx.swept_m(route, idx)
    what = f"length of {activity.id}"
    ctx.equal(activity.service_m, length_m, "street-length", what, route.truck_id, idx)
    text = f"{activity.id} is loaded from {clock(activity.begin_s)}; ploughs pass until"
    text += f" {clock(heap.ready_s)}"
    ctx.check(activity.begin_s >= heap.ready_s, "heap-early", text, route.truck_id, idx)
    text = f"{activity.id}: a loader picks nothing up for itself"
    ctx.check(not activity.mass_kg and not activity.water_l, "loader", text, route.truck_id, idx)
    return True


def _check_takings(
    ctx: Context, duty: SnowDuty, stays: Mapping[str, list[Activity]]
) -> Iterator[tuple[str, int]]:
    """Check that each load is taken while a loader stays, one truck at a time.

    Yields each load taken with the end of its loading.
    """
    heap_of = {load.load_id: heap.heap_id for heap in duty.heaps for load in heap.loads}
    busy: dict[str, list[tuple[int, int, str]]] = defaultdict(list)
    for route in ctx.plan.routes:
        for idx, activity in enumerate(route.activities):
            if activity.kind != "stop" or activity.id not in heap_of:
                continue
            heap_id = heap_of[activity.id]
            there = any(
                stay.begin_s <= activity.begin_s and activity.end_s <= stay.end_s
                for stay in stays.get(heap_id, ())
            )
            text = f"{activity.id} is loaded {clock(activity.begin_s)}-{clock(activity.end_s)};"
            text += f" no loader stays at {heap_id} then"
            ctx.check(there, "no-loader", text, route.truck_id, idx)
            busy[heap_id].append((activity.begin_s, activity.end_s, activity.id))
            yield activity.id, activity.end_s
    for heap_id in sorted(busy):
        spans = sorted(busy[heap_id])
        for (_, end, one), (begin, _, other) in zip(spans, spans[1:], strict=False):
            text = f"{one} and {other} are loaded at one time by the loader at {heap_id}"
            ctx.check(end <= begin, "loader-busy", text)


def _check_hauled(ctx: Context, duty: SnowDuty, taken: Mapping[str, int]) -> None:
    """Check what the summary says of each priority, and the trips."""
    for row in duty.hauled:
        own = [load for h in duty.heaps if h.priority == row["priority"] for load in h.loads]
        done = [load for load in own if load.load_id in taken]
        truth = {
            "litres": sum(load.litres for load in own),
            "hauled_l": sum(load.litres for load in done),
            "loads": len(own),
            "hauled_loads": len(done),
            "done_s": max(taken[x.load_id] for x in done) if len(done) == len(own) else None,
        }
        for key, value in truth.items():
            text = f"{key} of priority {row['priority']} is stated {row.get(key)}; it is {value}"
            ctx.check(row.get(key) == value, "hauled", text)
    stated = {row["priority"] for row in duty.hauled}
    text = "the summary does not tell of the priorities of all heaps, each once"
    good = stated == {h.priority for h in duty.heaps} and len(stated) == len(duty.hauled)
    ctx.check(good, "hauled", text)
    trips = sum(a.kind == "unload" for r in ctx.plan.routes for a in r.activities)
    ctx.equal(duty.trips, trips, "hauled", "trips")
