"""The clock of each route: arrivals, windows, opening hours, shifts, breaks.

Driving is what the legs take; working along a street is service. A break of at least
``min_rest_s`` sets the driving back to nothing. A meal break is due on a route that begins before
the meal window closes and ends after it, if the truck's shift begins no later than the window
opens.
"""

from __future__ import annotations

from dispatch.audit.context import Context
from dispatch.audit.record import Activity, Route
from dispatch.audit.tables import Truck, clock

AT_STATIONS = ("unload", "refill", "wash")


def check_clock(
    ctx: Context, route: Route, truck: Truck | None, changes: frozenset[int] = frozenset()
) -> None:
    """Check every time of one route; a truck may wait for ``changes`` of what is open to it."""
    if not route.activities:
        return
    _check_ends(ctx, route)
    for idx, activity in enumerate(route.activities):
        _check_arrival(ctx, route, idx, changes)
        _check_begin(ctx, route, idx, activity)
        _check_duration(ctx, route, idx, activity)
        _check_window(ctx, route, idx, activity)
        _check_hours(ctx, route, idx, activity)
    if truck is not None:
        _check_shift(ctx, route, truck)
        _check_meal(ctx, route, truck)
    _check_driving(ctx, route)


def _check_ends(ctx: Context, route: Route) -> None:
    first, last = route.activities[0], route.activities[-1]
    ctx.equal(route.start_s, first.end_s, "route-times", "start_s", route.truck_id)
    ctx.equal(route.end_s, last.end_s, "route-times", "end_s", route.truck_id)


def _check_arrival(ctx: Context, route: Route, idx: int, changes: frozenset[int]) -> None:
    """Check that the truck arrives when the leg from the previous activity ends.

    The leg begins when the activity ends, or later when streets open or close.
    """
    if idx == 0:
        return
    before, activity = route.activities[idx - 1], route.activities[idx]
    leg_s = ctx.leg_time(route, idx) if activity.moves else 0
    if leg_s is None:
        ctx.skip("arrival: a leg without arcs and time")
        ctx.check(
            activity.arrive_s >= before.end_s,
            "arrival",
            f"arrives {clock(activity.arrive_s)}, before it leaves {clock(before.end_s)}",
            route.truck_id,
            idx,
        )
        return
    expected = before.end_s + leg_s
    text = (
        f"arrives {clock(activity.arrive_s)}; leaving {clock(before.end_s)} and driving"
        f" {leg_s} s it arrives {clock(expected)}"
    )
    depart = activity.arrive_s - leg_s
    good = depart == before.end_s or (depart > before.end_s and depart in changes)
    ctx.check(good, "arrival", text, route.truck_id, idx)


def _check_begin(ctx: Context, route: Route, idx: int, activity: Activity) -> None:
    text = f"begins {clock(activity.begin_s)}, before it arrives {clock(activity.arrive_s)}"
    ctx.check(activity.begin_s >= activity.arrive_s, "begin", text, route.truck_id, idx)


def _check_duration(ctx: Context, route: Route, idx: int, activity: Activity) -> None:
    """Check how long an activity takes against the tables; streets are checked elsewhere."""
    taken = activity.end_s - activity.begin_s
    if activity.kind in ("start", "end"):
        ctx.equal(taken, 0, "duration", f"time at the {activity.kind}", route.truck_id, idx)
    elif activity.kind == "break":
        expected = ctx.rules.meal_break_s if activity.name == "meal" else ctx.rules.min_rest_s
        text = f"{activity.name or 'break'} of {taken} s; the rules ask for {expected} s"
        exact = activity.name in ("meal", "rest")
        good = taken == expected if exact else taken >= expected
        ctx.check(good, "break-length", text, route.truck_id, idx)
    elif activity.kind == "change":
        what = "making the truck ready for another stream"
        ctx.equal(taken, ctx.rules.stream_change_s, "change-length", what, route.truck_id, idx)
    elif activity.kind in AT_STATIONS:
        station = ctx.world.stations.get(activity.id)
        if station is not None:
            expected = station.refill_s if activity.kind == "refill" else station.unload_s
            what = f"time at {station.facility_id}"
            ctx.equal(taken, expected, "unload-time", what, route.truck_id, idx)
    elif activity.kind == "load":
        station = ctx.world.stations.get(activity.id)
        if station is not None:
            what = f"loading at {station.facility_id}"
            ctx.equal(taken, station.load_s, "load-time", what, route.truck_id, idx)
    elif activity.kind == "stop":
        visit = ctx.visits.get((route.number, idx))
        if visit is not None:
            what = f"service time at {activity.id}"
            ctx.equal(taken, visit.point.service_s, "service-time", what, route.truck_id, idx)


def _check_window(ctx: Context, route: Route, idx: int, activity: Activity) -> None:
    """Check that a stop begins inside one of its point's windows, and states that window."""
    visit = ctx.visits.get((route.number, idx))
    if visit is None:
        return
    windows = visit.windows or ((0, 48 * 3600),)
    inside = [w for w in windows if w[0] <= activity.begin_s <= w[1]]
    said = ", ".join(f"{clock(a)}-{clock(b)}" for a, b in windows)
    text = f"{activity.id} begins {clock(activity.begin_s)}; its windows are {said}"
    ctx.check(bool(inside), "window", text, route.truck_id, idx)
    if activity.window is not None:
        text = f"{activity.id} states a window that is none of {said}"
        ctx.check(activity.window in windows, "window-stated", text, route.truck_id, idx)


def _check_hours(ctx: Context, route: Route, idx: int, activity: Activity) -> None:
    """Check that work at a facility begins and ends while it is open."""
    station = ctx.world.stations.get(activity.id)
    if station is None or activity.kind not in (*AT_STATIONS, "load"):
        return
    text = (
        f"at {station.facility_id} from {clock(activity.begin_s)} to {clock(activity.end_s)};"
        f" open {clock(station.open_s)}-{clock(station.close_s)}"
    )
    inside = station.open_s <= activity.begin_s and activity.end_s <= station.close_s
    ctx.check(inside, "facility-hours", text, route.truck_id, idx)


def _check_shift(ctx: Context, route: Route, truck: Truck) -> None:
    first, last = route.activities[0], route.activities[-1]
    text = f"leaves {clock(first.end_s)}, before its shift begins {clock(truck.shift_start)}"
    ctx.check(first.end_s >= truck.shift_start, "shift-start", text, route.truck_id)
    latest = truck.shift_end + truck.max_overtime_s
    text = f"returns {clock(last.end_s)}, after shift and overtime end {clock(latest)}"
    ctx.check(last.end_s <= latest, "shift-end", text, route.truck_id)


def _check_meal(ctx: Context, route: Route, truck: Truck) -> None:
    """Check that a meal break is there if due, and that it begins inside the meal window."""
    rules = ctx.rules
    early, late = rules.meal_window
    meals = [
        (idx, a)
        for idx, a in enumerate(route.activities)
        if a.kind == "break" and (a.name == "meal" or a.end_s - a.begin_s >= rules.meal_break_s)
    ]
    spans = route.activities[0].end_s < late < route.activities[-1].end_s
    if rules.meal_break_s > 0 and truck.shift_start <= early and spans:
        inside = any(early <= a.begin_s <= late for _, a in meals)
        named = any(a.name == "meal" for _, a in meals)
        text = f"works through {clock(early)}-{clock(late)} without a meal break"
        # a meal outside its window has a finding of its own below
        ctx.check(inside or named, "meal", text, route.truck_id)
    for idx, activity in meals:
        if activity.name == "meal":
            text = (
                f"meal begins {clock(activity.begin_s)}; its window is {clock(early)}-{clock(late)}"
            )
            good = early <= activity.begin_s <= late
            ctx.check(good, "meal-window", text, route.truck_id, idx)


def _check_driving(ctx: Context, route: Route) -> None:
    """Check that driving between rests stays within the limit."""
    since_rest = 0
    for idx, activity in enumerate(route.activities):
        if activity.kind == "break":
            if activity.end_s - activity.begin_s >= ctx.rules.min_rest_s:
                since_rest = 0
            continue
        since_rest += ctx.leg_time(route, idx) or 0
        text = f"{since_rest} s of driving without a rest; at most {ctx.rules.max_driving_s} s"
        ctx.check(since_rest <= ctx.rules.max_driving_s, "driving-limit", text, route.truck_id, idx)
