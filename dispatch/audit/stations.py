"""The day of each facility: bays, daily tonnage, what it received, its queue minute by minute.

At the instant 60·m a truck is *waiting* if ``arrive_s <= 60·m < begin_s`` and *busy* (inside) if
``begin_s <= 60·m < end_s``. Minutes at which nobody is there are left out of a queue.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from dispatch.audit.context import Context
from dispatch.audit.record import Activity, FacilityDay
from dispatch.audit.tables import Station, clock


@dataclass(frozen=True)
class Visit:
    """One unloading or refilling, with what was put down by stream."""

    truck_id: str
    idx: int
    activity: Activity
    put_down: dict[str, int]


def check_stations(ctx: Context) -> None:
    """Check every facility's day."""
    visits = _visits(ctx)
    for facility_id in sorted(visits):
        station = ctx.world.stations.get(facility_id)
        if station is not None:
            _check_bays(ctx, station, visits[facility_id])
            _check_tonnage(ctx, station, visits[facility_id])
    if ctx.plan.facilities is None:
        ctx.skip("facilities: the plan states no facility's day")
        return
    stated = {day.facility_id: day for day in ctx.plan.facilities}
    for facility_id in sorted(visits):
        text = f"{facility_id} is visited and missing from the facilities"
        ctx.check(facility_id in stated, "facility-missing", text)
    for day in ctx.plan.facilities:
        _check_day(ctx, day, visits.get(day.facility_id, []))


def _visits(ctx: Context) -> dict[str, list[Visit]]:
    visits: dict[str, list[Visit]] = defaultdict(list)
    for route in ctx.plan.routes:
        for idx, activity in enumerate(route.activities):
            if activity.kind in ("unload", "refill", "wash"):
                put_down = ctx.received.get((route.number, idx), {})
                visits[activity.id].append(Visit(route.truck_id, idx, activity, put_down))
    return visits


def _check_bays(ctx: Context, station: Station, visits: list[Visit]) -> None:
    """Sweep over all begins and ends: never more trucks inside than bays, none twice in one."""
    events = sorted(
        (moment, change)
        for visit in visits
        for moment, change in ((visit.activity.begin_s, 1), (visit.activity.end_s, -1))
    )
    inside = most = 0
    when = 0
    for moment, change in events:
        inside += change
        if inside > most:
            most, when = inside, moment
    text = f"{most} trucks inside {station.facility_id} at {clock(when)}; {station.bays} bay(s)"
    if station.kind == "wash":  # its bays are not booked: a wait there is no broken promise
        if most > station.bays:
            ctx.found.warn(text)
        return
    fits = ctx.check(most <= station.bays, "bays", text)
    if fits:
        _check_bay_numbers(ctx, station, visits)


def _check_bay_numbers(ctx: Context, station: Station, visits: list[Visit]) -> None:
    free_from: dict[int, int] = defaultdict(int)
    for visit in sorted(visits, key=lambda v: (v.activity.begin_s, v.activity.end_s)):
        bay = visit.activity.bay
        if bay is None:
            ctx.skip("bay: a visit without a bay")
            continue
        free = 0 <= bay < station.bays and visit.activity.begin_s >= free_from[bay]
        text = f"bay {bay} of {station.facility_id} is taken or does not exist"
        ctx.check(free, "bay-number", text, visit.truck_id, visit.idx)
        free_from[bay] = max(free_from[bay], visit.activity.end_s)


def _check_tonnage(ctx: Context, station: Station, visits: list[Visit]) -> None:
    if station.capacity_kg is None:
        return
    total = sum(sum(visit.put_down.values()) for visit in visits)
    text = f"{station.facility_id} receives {total} kg; it takes {station.capacity_kg} kg a day"
    ctx.check(total <= station.capacity_kg, "tonnage", text)


def _check_day(ctx: Context, day: FacilityDay, visits: list[Visit]) -> None:
    """Check what the plan states about one facility."""
    station = ctx.world.stations.get(day.facility_id)
    if station is None:
        ctx.check(False, "unknown-facility", f"{day.facility_id} is not in facilities.csv")
        return
    truth: dict[str, int | None] = {
        "bays": station.bays,
        "open_s": station.open_s,
        "close_s": station.close_s,
    }
    for key, value in day.figures.items():
        expected = station.capacity_kg if key == "capacity_kg_day" else truth[key]
        ctx.equal(value, expected, "facility-stated", f"{key} of {day.facility_id}")
    received: Counter[str] = Counter()
    for visit in visits:
        received.update(visit.put_down)
    strangers = [v for v in visits if v.truck_id not in ctx.world.trucks]
    if day.received_kg is None or strangers:
        ctx.skip("received: a facility without received_kg, or a truck that is not in the tables")
    else:
        stated = {s: kg for s, kg in sorted(day.received_kg.items()) if kg}
        computed = {s: kg for s, kg in sorted(received.items()) if kg}
        ctx.equal(stated, computed, "received", f"received_kg of {day.facility_id}")
    if day.queue is None:
        ctx.skip("queue: a facility without queue")
    else:
        _check_queue(ctx, day, visits)


def queue_profile(visits: list[tuple[int, int, int]]) -> dict[int, tuple[int, int]]:
    """Return (waiting, busy) at every full minute at which somebody is there.

    Parameters
    ----------
    visits
        (arrive_s, begin_s, end_s) of each.
    """
    profile: dict[int, tuple[int, int]] = {}
    for arrive, begin, end in visits:
        for minute in range(-(-arrive // 60), -(-end // 60)):
            waiting, busy = profile.get(minute, (0, 0))
            is_busy = 60 * minute >= begin
            profile[minute] = (waiting + (not is_busy), busy + is_busy)
    return profile


def _check_queue(ctx: Context, day: FacilityDay, visits: list[Visit]) -> None:
    assert day.queue is not None
    computed = queue_profile(
        [(v.activity.arrive_s, v.activity.begin_s, v.activity.end_s) for v in visits]
    )
    stated = {minute: (waiting, busy) for minute, waiting, busy in day.queue if waiting or busy}
    wrong = sorted(
        minute
        for minute in stated.keys() | computed.keys()
        if stated.get(minute) != computed.get(minute)
    )
    text = ""
    if wrong:
        said, true = stated.get(wrong[0], (0, 0)), computed.get(wrong[0], (0, 0))
        text = (
            f"queue of {day.facility_id} is wrong in {len(wrong)} minutes; at"
            f" {clock(60 * wrong[0])} stated {said[0]} waiting, {said[1]} busy;"
            f" recomputed {true[0]} and {true[1]}"
        )
    ctx.check(not wrong, "queue", text)
