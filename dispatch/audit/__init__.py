"""The independent re-check of a plan: every leg driven again, every number computed again.

No code is shared with the solvers or with the making of plans: the audit reads the tables, weighs
the streets and judges. What a plan does not state is reported as *not checked*, so that a plan of
another system can be audited as far as it goes; a plan that is malformed is refused.

Definitions
-----------
- A truck *waits* at a facility at the instant 60·m if ``arrive_s <= 60·m < begin_s`` and is *busy*
  if ``begin_s <= 60·m < end_s``; see `dispatch.audit.stations`.
- Times, lengths and rounding of legs: `dispatch.audit.drive`. Breaks: `dispatch.audit.clock`.
  Loads: `dispatch.audit.loads`. Required visits: `dispatch.audit.identity`. Closed streets:
  `dispatch.audit.restrictions`. Washing before the center: `dispatch.audit.corridors`. Hauls:
  `dispatch.audit.hauls`. Street work: `dispatch.audit.streets`, in a storm `dispatch.audit.winter`,
  hauling of its snow `dispatch.audit.snow`. Figures: `dispatch.audit.figures`.
"""

from __future__ import annotations

from typing import Any

from dispatch.audit.clock import check_clock
from dispatch.audit.context import Context
from dispatch.audit.corridors import WashRules
from dispatch.audit.drive import Streets
from dispatch.audit.figures import check_bound, check_figures, check_kpis, check_required
from dispatch.audit.hauls import check_hauls
from dispatch.audit.identity import check_names, check_service, check_trucks
from dispatch.audit.legs import Redriver
from dispatch.audit.loads import check_loads
from dispatch.audit.pins import check_pins
from dispatch.audit.record import read_record
from dispatch.audit.report import AuditReport, Finding, Recorder
from dispatch.audit.shape import check_shape
from dispatch.audit.snow import SNOW_SCOPE, check_snow, snow_duty, snow_world
from dispatch.audit.stations import check_stations
from dispatch.audit.stored_visits import CODE, StoredDays, stored_days, with_stored_days
from dispatch.audit.streets import check_streets
from dispatch.audit.visits import match_visits
from dispatch.audit.week import without_points
from dispatch.audit.winter import SCOPE, check_winter, duty_of, winter_world
from dispatch.audit.world import read_world
from routing.network import Network
from scenarios.city import City

__all__ = ["AuditReport", "Finding", "audit_plan"]


def audit_plan(plan: dict[str, Any], city: City, network: Network) -> AuditReport:
    """Return what is wrong with a plan, judged by the city's tables and the streets alone.

    Parameters
    ----------
    plan
        The content of ``plan.json``; optional parts may be missing.
    city
        The tables that the plan was made for.
    network
        The streets that the plan was made for.

    Raises
    ------
    InputError
        When the plan is malformed.
    """
    record = read_record(plan)
    scope = record.fingerprint.get("scope")
    if scope in ("streets", SCOPE, SNOW_SCOPE):
        city = without_points(city)
    stored = stored_days(record, city)
    world = with_stored_days(read_world(city, record.date), stored)
    duty = duty_of(record, city) if scope == SCOPE else None
    if duty is not None:
        world = winter_world(world, city, duty)
    snow = snow_duty(record, city) if scope == SNOW_SCOPE else None
    if snow is not None:
        world = snow_world(world, city, snow)
    visits = match_visits(record, world)
    ctx = Context(record, world, Streets(network), Recorder(), visits)
    _check_fingerprint(ctx, city, network)
    _check_stored(ctx, stored)
    check_trucks(ctx)
    redriver = Redriver(ctx, city)
    washing = WashRules(ctx, city)
    truth = {}
    for route in record.routes:
        truck = ctx.world.trucks.get(route.truck_id)
        check_names(ctx, route)
        redriver.drive(route, truck)
        check_clock(ctx, route, truck, redriver.changes(truck))
        if scope not in (SCOPE, SNOW_SCOPE):  # no truck washes on snow duty
            washing.check(route, truck)
        if truck is not None:
            check_loads(ctx, route, truck)
        truth[route.number] = check_figures(ctx, route, truck)
    if duty is not None:
        check_winter(ctx, city, redriver, duty)
    elif snow is not None:
        check_snow(ctx, city, redriver, snow)
    elif scope in (SCOPE, SNOW_SCOPE):
        text = f"the summary of the storm, winter.json, is not in {city.folder / 'plans'}"
        ctx.check(False, "storm", text)
    else:
        check_streets(ctx, city, redriver)
    check_service(ctx)
    check_stations(ctx)
    check_hauls(ctx)
    check_kpis(ctx, truth)
    check_required(ctx)
    check_bound(ctx, truth)
    check_shape(ctx)
    check_pins(ctx, city)
    return ctx.found.report()


def _check_fingerprint(ctx: Context, city: City, network: Network) -> None:
    """Check that the plan was made from this map and these tables."""
    stated = ctx.plan.fingerprint
    ctx.equal(stated.get("map"), network.fingerprint, "map-hash", "fingerprint.map")
    ctx.equal(stated.get("tables"), city.tables_hash, "tables-hash", "fingerprint.tables")


def _check_stored(ctx: Context, stored: StoredDays) -> None:
    """Note what is wrong with the stored days of visits, and count what is right."""
    for text in stored.faults:
        ctx.check(False, CODE, text)
    for _ in range(stored.checked - len(stored.faults)):
        ctx.check(True, CODE, "")
