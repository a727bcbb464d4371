"""Who and what a plan names: trucks, points and facilities of the tables, each required visit once.

A visit is required if the point is active on the date and its frequency makes it due; points with
smart devices are not required, since their fill level decides.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from dispatch.audit.context import Context
from dispatch.audit.geo import distance_m
from dispatch.audit.record import Activity, Route
from dispatch.audit.tables import Point, Station, Truck
from dispatch.audit.visits import number_of, visit_of, visits_due

AMPLE_S, AMPLE_S_PER_M = 3600, 0.4
"""An hour, and twice the straight way at 18 km/h: ample time for any drive with a break in it."""
PLACE_SLACK_M = 150.0
"""How far a stated place may lie from the tables' coordinates, or a street from its point."""


def check_trucks(ctx: Context) -> None:
    """Check that every route is of a truck of the tables, and of no truck twice."""
    times = Counter(route.truck_id for route in ctx.plan.routes)
    for route in ctx.plan.routes:
        truck = ctx.world.trucks.get(route.truck_id)
        text = f"{route.truck_id} is not in trucks.csv"
        if ctx.check(truck is not None, "unknown-truck", text, route.truck_id):
            assert truck is not None
            _check_truck(ctx, route, truck)
        text = f"{route.truck_id} drives {times[route.truck_id]} routes"
        ctx.check(times[route.truck_id] == 1, "truck-twice", text, route.truck_id)
    if not ctx.plan.fingerprint.get("scope"):
        _check_loads_at_home(ctx, set(times))


def _check_loads_at_home(ctx: Context, out: set[str]) -> None:
    """Check that no truck that could go out stays at home with a load aboard.

    One may whose load the plan names among the unserved, unless it could go where others do.
    """
    stations = ctx.world.stations
    named = {u.id: (u.stream, u.mass_kg) for u in ctx.plan.unserved or () if u.kind == "aboard"}
    for name, truck in sorted(ctx.world.trucks.items()):
        depots = [stations.get(d) for d in (truck.depot_id, truck.end_depot_id)]
        on_shift = truck.shift_end > truck.shift_start
        if truck.loaded is not None and on_shift and all(d and d.active for d in depots):
            text = f"{name} stays at home with {truck.loaded[1]} kg of {truck.loaded[0]} aboard"
            stays = named.get(name) == truck.loaded[:2] and not _could_unload(ctx, truck)
            ctx.check(name in out or stays, "load-at-home", text, name)


def _could_unload(ctx: Context, truck: Truck) -> bool:
    """Whether a truck has ample time for a facility at which a truck no smaller unloads that day.

    That there is no way there at all, or none in time, cannot be told from the tables.
    """
    assert truck.loaded is not None
    stream, mass_kg, _ = truck.loaded
    stations = ctx.world.stations
    seen = set()
    for route in ctx.plan.routes:
        other = ctx.world.trucks.get(route.truck_id)
        if other is not None and _is_no_smaller(other, truck):
            seen |= {a.id for a in route.activities if a.kind == "unload"}
    for name in sorted(seen & set(stations)):
        site = stations[name]
        legs = [
            distance_m(_at(stations[d]), _at(site)) for d in (truck.depot_id, truck.end_depot_id)
        ]
        there, back = (AMPLE_S + round(leg * AMPLE_S_PER_M) for leg in legs)
        begin = max(truck.shift_start + there, site.open_s)
        end = begin + site.unload_s
        if (
            stream in site.streams
            and (site.capacity_kg is None or site.capacity_kg >= mass_kg)
            and end <= site.close_s
            and end + back <= truck.shift_end
        ):
            return True
    return False


def _is_no_smaller(other: Truck, truck: Truck) -> bool:
    """Whether a truck meets no fewer limits of streets than another."""
    size, least = ((t.height_cm, t.width_cm, t.weight_kg) for t in (other, truck))
    return all(a >= b for a, b in zip(size, least, strict=True)) and other.permits <= truck.permits


def _at(station: Station) -> tuple[float, float]:
    return station.lon, station.lat


def _check_truck(ctx: Context, route: Route, truck: Truck) -> None:
    ctx.equal(route.truck_kind, truck.kind, "truck-kind", "truck_kind", route.truck_id)
    first, last = route.activities[0], route.activities[-1]
    ends = (
        ("begins", first, "start", truck.depot_id, 0),
        ("ends", last, "end", truck.end_depot_id, len(route.activities) - 1),
    )
    for what, activity, kind, depot, idx in ends:
        text = f"{what} with {activity.kind} at {activity.id or 'nowhere'}; expected {kind} {depot}"
        good = activity.kind == kind and activity.id in ("", depot)
        ctx.check(good, "depot", text, route.truck_id, idx)
    _check_profile(ctx, route, truck)
    middle = [a.kind for a in route.activities[1:-1]]
    text = "starts or ends more than once"
    ctx.check("start" not in middle and "end" not in middle, "order", text, route.truck_id)
    for stated, depot in (
        (route.depot_id, truck.depot_id),
        (route.end_depot_id, truck.end_depot_id),
    ):
        ctx.equal(stated, depot, "depot-stated", "depot", route.truck_id)


def _check_profile(ctx: Context, route: Route, truck: Truck) -> None:
    """Check that the profile a route was planned with is no smaller than the truck."""
    stated = None if ctx.plan.profiles is None else ctx.plan.profiles.get(route.profile or "")
    if not isinstance(stated, Mapping):
        ctx.skip("profile: the plan does not state the profile of a route")
        return
    own = {"height_cm": truck.height_cm, "width_cm": truck.width_cm, "weight_kg": truck.weight_kg}
    for key, value in own.items():
        said = stated.get(key)
        text = f"profile {route.profile} has {key} = {said}; the truck has {value}"
        good = isinstance(said, int | float) and said >= value
        ctx.check(good, "profile", text, route.truck_id)
    extra = set(stated.get("permits") or ()) - truck.permits
    text = f"profile {route.profile} has permits {sorted(extra)}, which the truck has not"
    ctx.check(not extra, "profile", text, route.truck_id)


def check_names(ctx: Context, route: Route) -> None:
    """Check that every stop, facility and street of a route exists, with its stream and place."""
    for idx, activity in enumerate(route.activities):
        if activity.kind == "stop":
            _check_point(ctx, route, idx, activity)
        elif activity.kind in ("load", "unload", "refill", "wash", "start", "end") and activity.id:
            _check_station(ctx, route, idx, activity)


def _check_point(ctx: Context, route: Route, idx: int, activity: Activity) -> None:
    point = ctx.world.points.get(ctx.world.point_of(activity.id))
    text = f"{activity.id} is not in points.csv"
    if not ctx.check(point is not None, "unknown-point", text, route.truck_id, idx):
        return
    assert point is not None
    text = f"{activity.id} is not active on {ctx.plan.date}"
    ctx.check(point.active, "inactive-point", text, route.truck_id, idx)
    what = f"stream of {activity.id}"
    ctx.equal(activity.stream, point.stream, "point-stream", what, route.truck_id, idx)
    what = f"district of {activity.id}"
    ctx.equal(activity.district, point.district, "point-district", what, route.truck_id, idx)
    _check_place(ctx, route, idx, activity, point)


def _check_station(ctx: Context, route: Route, idx: int, activity: Activity) -> None:
    station = ctx.world.stations.get(activity.id)
    text = f"{activity.id} is not in facilities.csv"
    if not ctx.check(station is not None, "unknown-facility", text, route.truck_id, idx):
        return
    assert station is not None
    text = f"{activity.id} is not active on {ctx.plan.date}"
    ctx.check(station.active, "inactive-facility", text, route.truck_id, idx)
    _check_place(ctx, route, idx, activity, station)


def _check_place(
    ctx: Context, route: Route, idx: int, activity: Activity, truth: Point | Station
) -> None:
    """Check the stated coordinates; warn where the street lies far from them."""
    table = (truth.lon, truth.lat)
    if activity.lon is None or activity.lat is None:
        ctx.skip("place: an activity without lon or lat")
    else:
        gap = distance_m((activity.lon, activity.lat), table)
        text = f"{activity.id} is stated {gap:.0f} m from its place in the tables"
        ctx.check(gap <= PLACE_SLACK_M, "place", text, route.truck_id, idx)
    spot = activity.position
    if spot is not None and ctx.streets.is_spot(spot):
        gap = distance_m(ctx.streets.place(spot), table)
        if gap > PLACE_SLACK_M:
            ctx.found.warn(
                f"{route.truck_id}: {activity.id} is served from a street {gap:.0f} m off"
            )


def check_service(ctx: Context) -> None:
    """Check that every required visit is made or stands among the unserved, and none too often."""
    served = Counter(
        ctx.world.point_of(a.id) for r in ctx.plan.routes for a in r.activities if a.kind == "stop"
    )
    if ctx.plan.unserved is None:
        ctx.skip("unserved: the plan does not say what it leaves out")
    left = Counter(ctx.world.point_of(u.id) for u in ctx.plan.unserved or () if u.kind == "stop")
    wanted = {p.point_id: visits_due(p, ctx.plan.date) for p in ctx.world.points.values()}
    for point_id in sorted(served.keys() | left.keys() | wanted.keys()):
        times = wanted.get(point_id, 0)
        _check_visits(ctx, point_id, served[point_id], left[point_id], times)
    _check_twice(ctx)
    _check_reasons(ctx)


def _check_visits(ctx: Context, point_id: str, served: int, left: int, wanted: int) -> None:
    point = ctx.world.points.get(point_id)
    if point is None:
        if left:
            ctx.check(False, "unknown-point", f"unserved {point_id} is not in points.csv")
        return
    if not point.active:
        return  # a visit to it has a finding of its own
    smart = point.kind == "smart"
    most = max(wanted, 1) if smart else wanted
    if not (served or left) and ctx.plan.unserved is None:
        return
    text = f"{point_id} is visited {served} times; due {wanted} times on {ctx.plan.date}"
    if not ctx.check(served <= most, "served-too-often", text):
        return
    text = f"{point_id} is both served and unserved ({served} + {left}; due {wanted})"
    if not ctx.check(served + left <= most, "served-and-unserved", text):
        return
    if smart:
        return
    text = f"{point_id} is due {wanted} times, served {served}, and the rest is not named unserved"
    if ctx.plan.unserved is not None:
        ctx.check(served + left >= wanted, "forgotten", text)


def _check_twice(ctx: Context) -> None:
    """Check that no numbered visit is made twice or both made and left out."""
    made = [a.id for r in ctx.plan.routes for a in r.activities if a.kind == "stop"]
    left = [u.id for u in ctx.plan.unserved or () if u.kind == "stop"]
    for visit_id, times in sorted(Counter(made + left).items()):
        if number_of(visit_id, ctx.world):
            text = f"visit {visit_id} is named {times} times"
            ctx.check(times == 1, "visit-twice", text)


def _check_reasons(ctx: Context) -> None:
    """Check that everything unserved carries a reason in words, and its true stream and mass."""
    for task in ctx.plan.unserved or ():
        text = f"unserved {task.id} has no reason or no text"
        ctx.check(bool(task.reason and task.text), "no-reason", text)
        point = ctx.world.points.get(ctx.world.point_of(task.id)) if task.kind == "stop" else None
        if point is not None:
            what = f"stream of unserved {task.id}"
            ctx.equal(task.stream, point.stream, "unserved-stated", what)
            what = f"district of unserved {task.id}"
            ctx.equal(task.district, point.district, "unserved-stated", what)
            visit = visit_of(point, number_of(task.id, ctx.world) or 1, ctx.plan.date)
            if task.mass_kg is not None:
                least, most = visit.mass_kg
                text = f"unserved {task.id} weighs {task.mass_kg} kg; due is {least} to {most}"
                ctx.check(least <= task.mass_kg <= most, "unserved-stated", text)
