"""A plan of a storm judged by its storm: cycles, priorities, pace, salt, and what is clear when.

A run is of priority 1 where any of its pieces is a bridge, a ramp or a street that the storm names
as a slope, else of 2 where its cleaning class is 1 or 2, else of 3. While it snows the first two
are due in every cycle; all three once it has ended, and on the evening before the first two. Work
on a run begins with its cycle and ends before the next one, and by the deadline of its priority.
A priority is clear in a cycle when every piece of street of that priority has been worked in it.
Tunnels are never due.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dispatch.audit.cleaning import NO_CLASS, classes_of
from dispatch.audit.context import Context
from dispatch.audit.legs import Redriver
from dispatch.audit.record import Activity, PlanRecord, Route
from dispatch.audit.streets import check_ends, check_order, street_works
from dispatch.audit.tables import World, clock
from routing.network import HIGHWAY_CLASSES, ArcFlag, Network
from scenarios.city import City

SCOPE, PLOUGH = "winter", "plough"
LINKS = [k for k, name in enumerate(HIGHWAY_CLASSES) if name.endswith("_link")]


@dataclass(frozen=True)
class Duty:
    """What a storm asks of one of its two plans.

    ``cycles`` are (number as the summary counts, begin, end), in the order in which runs name them;
    ``stated`` are the rows of the summary for them.
    """

    storm: Mapping[str, Any]
    evening: bool
    salt_g_m2: float
    shift: tuple[int, int]
    cycles: tuple[tuple[int, int, int], ...]
    stated: tuple[Mapping[str, Any], ...]

    def deadline_s(self, priority: int) -> int:
        """Return how long after its cycle has begun a priority shall be clear."""
        return 60 * int(self.storm[f"deadline_{priority}_min"])

    def is_due(self, priority: int, place: int) -> bool:
        """Whether a priority is worked in the cycle at a place."""
        last = not self.evening and place == len(self.cycles) - 1
        return priority <= 2 or last

    def hours(self, priority: int, place: int) -> tuple[int, int]:
        """Return when work on a priority may begin and must end in a cycle."""
        _, begin, end = self.cycles[place]
        return begin, min(end, begin + self.deadline_s(priority))


def duty_of(record: PlanRecord, city: City) -> Duty | None:
    """Return what the plan's storm asks of it, None where its summary is missing or no summary.

    The summary lies beside the plan, in a folder of the date of the storm; a plan of the day before
    is that of the evening.
    """
    for evening in (False, True):
        date = record.date + dt.timedelta(days=int(evening))
        file = city.folder / "plans" / f"winter-{date}" / "winter.json"
        try:
            summary = json.loads(file.read_text(encoding="utf-8"))
            return _duty(city, summary["storm"], evening, summary["cleared"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _duty(city: City, storm: Mapping[str, Any], evening: bool, cleared: Any) -> Duty:
    holds = any(r.kind == "plough" and r.salt_kg > 0 for r in city.trucks.itertuples(index=False))
    spreads = holds and storm["temp_c"] >= storm["salt_min_c"]
    if evening:
        early, late = storm["pretreat"]
        cycles: list[tuple[int, int, int]] = [(0, early, late)]
        salt = storm["pretreat_g_m2"]
    else:
        step = 60 * storm["cycle_min"]
        begins = [*range(storm["snow_from"], storm["snow_to"], step), storm["snow_to"]]
        last = begins[-1] + max(60 * storm["deadline_3_min"], step)
        cycles = list(zip(range(1, 1 + len(begins)), begins, [*begins[1:], last], strict=True))
        salt = storm["salt_g_m2"] if spreads else 0.0
    numbers = {number for number, _, _ in cycles}
    shift = storm["pretreat"] if evening else storm["shift"]
    rows = tuple(row for row in cleared if row["cycle"] in numbers)
    return Duty(storm, evening, float(salt), (shift[0], shift[1]), tuple(cycles), rows)


def winter_world(world: World, city: City, duty: Duty) -> World:
    """Return the tables as winter duty changes them: its shifts, and salt in place of water."""
    salt = {row.truck_id: row.salt_kg for row in city.trucks.itertuples(index=False)}
    trucks = {
        name: replace(
            truck,
            tank_l=int(salt[name]) if salt[name] == salt[name] else 0,
            shift_start=duty.shift[0],
            shift_end=duty.shift[1],
        )
        for name, truck in world.trucks.items()
    }
    stations = {
        name: replace(station, active=station.active and station.kind != "water")
        for name, station in world.stations.items()
    }
    return replace(world, trucks=trucks, stations=stations)


def check_winter(ctx: Context, city: City, redriver: Redriver, duty: Duty) -> None:
    """Check all that is ploughed and spread, and what the summary says is clear."""
    streets = StormStreets(city, ctx.streets.network, duty.storm)
    worked: dict[int, dict[int, int]] = defaultdict(dict)
    cleared: dict[tuple[int, int], list[Activity]] = defaultdict(list)
    for route, idx, activity in street_works(ctx):
        arcs = activity.service_arcs or ()
        known = bool(arcs) and all(map(ctx.streets.has, arcs))
        text = f"{activity.id} works on pieces that do not exist"
        if not ctx.check(known, "street-arcs", text, route.truck_id, idx):
            continue
        truck = ctx.world.trucks.get(route.truck_id)
        text = f"{activity.id} is worked by {route.truck_id}; in a storm only ploughs work"
        good = truck is not None and truck.kind == PLOUGH
        if ctx.check(good, "wet-off", text, route.truck_id, idx) and truck is not None:
            weights, _ = redriver.access(truck, (activity.begin_s, activity.end_s))
            check_order(ctx, route, idx, activity, weights)
        check_ends(ctx, route, idx, activity)
        _check_amounts(ctx, route, idx, duty)
        place = _place(activity.id)
        text = f"{activity.id} names none of the {len(duty.cycles)} cycles"
        if not ctx.check(0 <= place < len(duty.cycles), "cycle", text, route.truck_id, idx):
            continue
        priority = streets.of_run(arcs)
        _check_hours(ctx, route, idx, duty, (priority, place))
        cleared[place, priority].append(activity)
        for arc in arcs:
            text = f"piece {arc} is worked twice in the cycle of {activity.id}"
            ctx.check(arc not in worked[place], "street-repeat", text, route.truck_id, idx)
            worked[place][arc] = activity.end_s
    open_to = _open_to_ploughs(ctx, redriver)
    for row in duty.stated:
        _check_cleared(ctx, row, duty, cleared, worked, streets.due & open_to, streets)


def _place(run_id: str) -> int:
    """Return the place of the cycle that a run names, -1 if it names none."""
    tail = run_id.rpartition("#")[2]
    return int(tail) - 1 if tail.isdigit() else -1


class StormStreets:
    """Which pieces are due in a storm, and their priorities, by the tables and the map."""

    def __init__(self, city: City, network: Network, storm: Mapping[str, Any]) -> None:
        classes, rows = classes_of(city, network)
        links = np.isin(network.arc_class, LINKS)
        steep = [k for k, name in enumerate(network.names) if name in storm["slopes"]]
        bridges = (network.arc_flags & np.uint16(ArcFlag.BRIDGE)) != 0
        self.first = links | bridges | np.isin(network.arc_name_idx, steep)
        self.number = np.where(links, 1, classes)
        private = (network.arc_flags & np.uint16(ArcFlag.PRIVATE)) != 0
        named = np.array([isinstance(n, str) and n != "" for n in city.streets["name"]] + [False])
        real = network.arc_base == np.arange(network.num_arcs)
        covered = (network.arc_flags & np.uint16(ArcFlag.TUNNEL)) != 0
        self.due: NDArray[np.bool_] = (
            real & (self.number < NO_CLASS) & (~private | named[rows]) & ~covered
        )
        self.length_cm = network.arc_length_cm

    def of_run(self, arcs: tuple[int, ...]) -> int:
        """Return the priority of a run."""
        if self.first[list(arcs)].any():
            return 1
        return 2 if self.number[arcs[0]] <= 2 else 3

    def pieces(self, priority: int) -> NDArray[np.bool_]:
        """Return which pieces are of a priority by themselves."""
        if priority == 1:
            return self.first
        upper = self.number <= 2
        return ~self.first & (upper if priority == 2 else ~upper)


def _open_to_ploughs(ctx: Context, redriver: Redriver) -> NDArray[np.bool_]:
    ploughs = [t for t in ctx.world.trucks.values() if t.kind == PLOUGH]
    nothing = np.zeros(ctx.streets.network.num_arcs, dtype=np.bool_)
    return np.logical_or.reduce([nothing, *(redriver.open_to(t) for t in ploughs)])


def _check_amounts(ctx: Context, route: Route, idx: int, duty: Duty) -> None:
    """Check length, pace, salt, and that nothing is picked up."""
    activity = route.activities[idx]
    arcs = activity.service_arcs or ()
    length_cm = sum(int(ctx.streets.network.arc_length_cm[arc]) for arc in arcs)
    what = f"length of {activity.id}"
    length_m = (length_cm + 50) // 100
    ctx.equal(activity.service_m, length_m, "street-length", what, route.truck_id, idx)
    wanted = length_cm * 0.036 / float(duty.storm["speed_kmh"])
    taken = activity.end_s - activity.begin_s
    text = f"{activity.id} takes {taken} s for {length_m} m; at the storm's pace {wanted:.0f} s"
    ctx.check(abs(taken - wanted) <= 1, "street-time", text, route.truck_id, idx)
    salt = duty.salt_g_m2 / 1000 * float(duty.storm["width_m"]) * length_cm / 100
    if activity.water_l is None:
        ctx.skip("street-salt: not stated")
        return
    text = f"{activity.id} spreads {activity.water_l} kg; by the storm it is {salt:.1f} kg"
    ctx.check(abs(activity.water_l - salt) <= 1, "street-salt", text, route.truck_id, idx)
    text = f"{activity.id} picks up {activity.mass_kg} kg; a plough picks up nothing"
    ctx.check(not activity.mass_kg, "street-mass", text, route.truck_id, idx)


def _check_hours(ctx: Context, route: Route, idx: int, duty: Duty, turn: tuple[int, int]) -> None:
    """Check that a run is worked inside its cycle and by the deadline of its priority."""
    activity = route.activities[idx]
    priority, place = turn
    text = f"{activity.id} is of priority {priority}, which is not due in its cycle"
    ctx.check(duty.is_due(priority, place), "cycle", text, route.truck_id, idx)
    early, late = duty.hours(priority, place)
    text = (
        f"{activity.id}, priority {priority}, is worked {clock(activity.begin_s)}-"
        f"{clock(activity.end_s)}; expected within {clock(early)}-{clock(late)}"
    )
    inside = early <= activity.begin_s and activity.end_s <= late
    ctx.check(inside, "deadline", text, route.truck_id, idx)


def _check_cleared(
    ctx: Context,
    row: Mapping[str, Any],
    duty: Duty,
    cleared: Mapping[tuple[int, int], list[Activity]],
    worked: Mapping[int, Mapping[int, int]],
    due: NDArray[np.bool_],
    streets: StormStreets,
) -> None:
    """Check what the summary says of one priority in one cycle."""
    place = next(k for k, cycle in enumerate(duty.cycles) if cycle[0] == row["cycle"])
    priority = int(row["priority"])
    own = cleared.get((place, priority), [])
    what = f"cycle {row['cycle']} priority {priority}"
    ctx.equal(row["begin_s"], duty.cycles[place][1], "clear", f"begin of {what}")
    km = sum(activity.service_m or 0 for activity in own) / 1000
    text = f"{what} is stated with {row['cleared_km']:.3f} km cleared, recomputed as {km:.3f}"
    ctx.check(abs(row["cleared_km"] - km) < 1e-3, "clear", text)
    if row["clear_s"] is None:
        return
    ends = max((activity.end_s for activity in own), default=0)
    ctx.equal(row["clear_s"], ends, "clear", f"time until {what} is clear")
    bare = np.flatnonzero(due & streets.pieces(priority))
    missing = [arc for arc in bare.tolist() if arc not in worked.get(place, {})]
    left_m = int(streets.length_cm[missing].sum()) // 100
    text = f"{what} is stated clear; {left_m} m in {len(missing)} pieces of it are not worked"
    ctx.check(not missing, "clear", text)
