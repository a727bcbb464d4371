"""Street work: pieces in order, directions allowed, hours of rest kept, lengths and times right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from dispatch.audit.cleaning import Cleaning, Pass
from dispatch.audit.context import Context
from dispatch.audit.legs import Redriver
from dispatch.audit.passes import check_passes
from dispatch.audit.record import Activity, Route, Spot
from dispatch.audit.tables import Truck, clock
from dispatch.audit.week import assigned_days
from routing.network import ArcFlag
from routing.profiles import Weights
from scenarios.city import City

COVERED_SHARE = 0.97
"""Runs that are too long for their hours may be missing; a warning says if more is."""
AMOUNT_SLACK = 1
"""Masses, volumes and water of a street are rounded once; the way to there may differ by one."""


def check_streets(ctx: Context, city: City, redriver: Redriver) -> None:
    """Check all street work of a plan."""
    works = list(street_works(ctx))
    cleaning = Cleaning(city, ctx.streets.network, ctx.plan.date, assigned_days(ctx, city))
    _warn_of_missing(ctx, redriver, cleaning)
    worked: Counter[int] = Counter()
    for route, idx, activity in works:
        truck = ctx.world.trucks.get(route.truck_id)
        if not activity.service_arcs:
            ctx.skip("street: an activity without service_arcs")
            continue
        unknown = [arc for arc in activity.service_arcs if not ctx.streets.has(arc)]
        text = f"{activity.id} works on piece {unknown[0] if unknown else 0}, which does not exist"
        if not ctx.check(not unknown, "street-arcs", text, route.truck_id, idx):
            continue
        worked.update({ctx.streets.base(arc) for arc in activity.service_arcs})
        if truck is not None:
            weights, _ = redriver.access(truck, (activity.begin_s, activity.end_s))
            check_order(ctx, route, idx, activity, weights)
            _check_work(ctx, route, idx, activity, truck, cleaning)
        check_ends(ctx, route, idx, activity)
    _check_repeats(ctx, worked, cleaning)
    check_passes(ctx, city, cleaning)


def _warn_of_missing(ctx: Context, redriver: Redriver, cleaning: Cleaning) -> None:
    """Warn if much less street is named, worked or left out, than the programmes ask for."""
    sweepers = [t for t in ctx.world.trucks.values() if t.kind == "sweeper"]
    if ctx.plan.unserved is None or not sweepers:
        return
    network = ctx.streets.network
    open_to = np.logical_or.reduce([redriver.open_to(t) for t in sweepers])
    public = (network.arc_flags & np.uint16(ArcFlag.PRIVATE)) == 0
    real = network.arc_base == np.arange(network.num_arcs)
    due_cm = sum(
        int(network.arc_length_cm[arc])
        for arc in np.flatnonzero(open_to & public & real).tolist()
        if any(work.sides != "once" for work in cleaning.passes((arc,), "sweeper"))
    )
    named_m = sum(ctx.swept_m(r, i) for r in ctx.plan.routes for i in range(len(r.activities)))
    named_m += sum(u.length_m or 0 for u in ctx.plan.unserved)
    if named_m < COVERED_SHARE * due_cm / 100:
        ctx.found.warn(
            f"{due_cm / 100_000:.1f} km of curb are due for sweeping; the plan works or leaves out"
            f" {named_m / 1000:.1f} km"
        )


def street_works(ctx: Context) -> Iterator[tuple[Route, int, Activity]]:
    """Return all street work of a plan: its route, its place there, and the work."""
    for route in ctx.plan.routes:
        for idx, activity in enumerate(route.activities):
            if activity.kind == "street":
                yield route, idx, activity


def check_order(ctx: Context, route: Route, idx: int, activity: Activity, weights: Weights) -> None:
    """Check that the pieces follow one another by permitted turns and may be driven that way."""
    arcs = activity.service_arcs or ()
    shut = [arc for arc in arcs if weights.arc_time_ms[arc] < 0]
    text = f"{activity.id} works on piece {shut[0] if shut else 0}, closed to this truck"
    ctx.check(not shut, "street-closed", text, route.truck_id, idx)
    for before, arc in zip(arcs, arcs[1:], strict=False):
        costs = [
            int(weights.turn_cost_ms[turn])
            for twin in ctx.streets.twins(before)
            for head, turn in ctx.streets.turns(twin).items()
            if ctx.streets.base(head) == ctx.streets.base(arc)
        ]
        text = f"{activity.id} cannot go on from piece {before} to piece {arc}"
        ctx.check(max(costs, default=-1) >= 0, "street-order", text, route.truck_id, idx)


def check_ends(ctx: Context, route: Route, idx: int, activity: Activity) -> None:
    """Check that work begins at the start of the first piece and ends at the end of the last."""
    arcs = activity.service_arcs or ()
    last_cm = int(ctx.streets.network.arc_length_cm[arcs[-1]])
    for what, stated, truth in (
        ("entered", activity.position, Spot(arcs[0], 0)),
        ("left", activity.exit, Spot(arcs[-1], last_cm)),
    ):
        if stated is None:
            ctx.skip("street: an activity without position or exit")
            continue
        text = f"{activity.id} is {what} at {stated}, its work at {truth}"
        ctx.check(stated == truth, "street-ends", text, route.truck_id, idx)


def _check_work(
    ctx: Context, route: Route, idx: int, activity: Activity, truck: Truck, cleaning: Cleaning
) -> None:
    """Check length, time, water, sweepings and hours against the pass that is due there."""
    arcs = activity.service_arcs or ()
    length_cm = sum(int(ctx.streets.network.arc_length_cm[arc]) for arc in arcs)
    length_m = (length_cm + 50) // 100
    what = f"length of {activity.id}"
    ctx.equal(activity.service_m, length_m, "street-length", what, route.truck_id, idx)
    passes = cleaning.passes(arcs, truck.kind)
    text = f"{activity.id} is due for no pass of a {truck.kind}"
    if not ctx.check(bool(passes), "street-due", text, route.truck_id, idx):
        return
    fitting = [p for p in passes if _fits_time(activity, p, length_cm)]
    taken = activity.end_s - activity.begin_s
    wanted = ", ".join(sorted({f"{p.seconds(length_cm)} s" for p in passes}))
    text = f"{activity.id} takes {taken} s for {length_m} m; at operation speed {wanted}"
    if not ctx.check(bool(fitting), "street-time", text, route.truck_id, idx):
        return
    _check_amounts(ctx, route, idx, activity, fitting, length_cm, cleaning)
    awake = [p for p in fitting if not p.disturbs(activity.begin_s, activity.end_s)]
    text = (
        f"{activity.id} is worked {clock(activity.begin_s)}-{clock(activity.end_s)},"
        " outside the hours of its programme"
    )
    ctx.check(bool(awake), "no-work-hours", text, route.truck_id, idx)
    track = activity.id.partition("@")[0].partition("#")[0]
    lane = track.rstrip("0123456789").endswith("M")
    side = "" if lane else "left" if track.endswith("L") else "right"
    kept = cleaning.street_rules_kept(arcs[0], side, activity.begin_s, activity.end_s)
    text = f"{activity.id} is worked outside its street's own hours or beside parked cars"
    ctx.check(kept, "street-rules", text, route.truck_id, idx)


def _fits_time(activity: Activity, work: Pass, length_cm: int) -> bool:
    return abs(activity.end_s - activity.begin_s - work.seconds(length_cm)) <= 1


def _check_amounts(
    ctx: Context,
    route: Route,
    idx: int,
    activity: Activity,
    passes: list[Pass],
    length_cm: int,
    cleaning: Cleaning,
) -> None:
    """Check water used and sweepings taken; any of the passes that are due may explain them."""
    for code, stated, amounts in (
        ("street-water", activity.water_l, [p.water_l(length_cm) for p in passes]),
        ("street-mass", activity.mass_kg, [p.sweepings_kg(length_cm) for p in passes]),
        (
            "street-volume",
            activity.volume_l,
            [p.sweepings_kg(length_cm) * 1000.0 / cleaning.density for p in passes],
        ),
    ):
        if stated is None:
            ctx.skip(f"{code}: not stated")
            continue
        good = any(abs(stated - amount) <= AMOUNT_SLACK * (1 + (code == "street-volume"))
                   for amount in amounts)  # fmt: skip
        said = ", ".join(f"{amount:.1f}" for amount in sorted(set(amounts)))
        text = f"{activity.id} states {stated}; by the operation it is {said}"
        ctx.check(good, code, text, route.truck_id, idx)


def _check_repeats(ctx: Context, worked: Counter[int], cleaning: Cleaning) -> None:
    """Check that no piece is worked more often than its programme asks."""
    for arc, times in sorted(worked.items()):
        most = cleaning.times(arc)
        text = f"piece {arc} is worked {times} times; its programme asks for {most}"
        ctx.check(times <= most, "street-repeat", text)
