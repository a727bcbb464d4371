"""All legs of all routes: each truck's own profile and closures, and what is stated of each leg."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dispatch.audit.context import Context
from dispatch.audit.drive import Driven, drive_leg, geometry_fault, streets_fault
from dispatch.audit.gates import open_part, through_fault
from dispatch.audit.geo import left_of
from dispatch.audit.record import STANDING, Activity, Leg, Route, Spot
from dispatch.audit.restrictions import Hours, Restrictions
from dispatch.audit.tables import Truck
from routing.network import HIGHWAY_CLASSES
from routing.profiles import Profile, Weights, weigh
from scenarios.city import City
from scenarios.speeds import Speeds, profile_of, read_speeds

OUTSIDE_KINDS = ("street", "market")
PASSES = frozenset({"compound", "*"})
CURB_SLACK_M = 1.0
"""A point nearer to the middle of its street than this stands on neither side."""


class Redriver:
    """Drives legs again; trucks that see the same streets share their weights."""

    def __init__(self, ctx: Context, city: City) -> None:
        self.ctx = ctx
        self.city = city
        self.restrictions = Restrictions(city, ctx.streets.network, ctx.plan.date)
        self._weights: dict[tuple[object, ...], Weights] = {}
        self._speeds: dict[str, Speeds] = {}
        self._open: dict[int, NDArray[np.bool_]] = {}
        self._beside: dict[int, NDArray[np.bool_]] = {}

    def access(self, truck: Truck, span: Hours) -> tuple[Weights, NDArray[np.bool_]]:
        """Return the truck's weights and the arcs shut to it, at any moment of a time."""
        network = self.ctx.streets.network
        blocked, profile = self.restrictions.blocked(truck, span), self.profile(truck, span)
        key = (replace(profile, name=""), id(blocked))
        if key not in self._weights:
            self._weights[key] = weigh(network, profile, np.flatnonzero(blocked))
        return self._weights[key], blocked

    def changes(self, truck: Truck | None) -> frozenset[int]:
        """Return the moments at which streets open or close to a truck, or speeds change."""
        if truck is None:
            return frozenset()
        return self.restrictions.changes(truck) | self._speeds_of(truck).changes()

    def open_to(self, truck: Truck) -> NDArray[np.bool_]:
        """Return the arcs that the truck may use at some moment of its shift, (num_arcs,)."""
        return np.logical_or.reduce(
            [self.access(truck, span)[0].routable for span in self._spans(truck)]
        )

    def _spans(self, truck: Truck) -> list[Hours]:
        """Return the parts of the truck's shift in which the same streets are open to it."""
        first, last = truck.shift_start, truck.shift_end + truck.max_overtime_s
        changes = sorted(m for m in self.restrictions.changes(truck) if first < m < last)
        return list(pairwise([first, *changes, last]))

    def _outside(self, truck: Truck, span: Hours) -> NDArray[np.bool_]:
        """Return the streets that the truck reaches without a private gate, shape (num_arcs,)."""
        weights, blocked = self.access(truck, span)
        if id(weights) not in self._beside:
            self._beside[id(weights)] = open_part(
                self.ctx.streets.network, weights, blocked, destinations=True
            )
        return self._beside[id(weights)]

    def open_streets(self, truck: Truck, span: Hours) -> NDArray[np.bool_]:
        """Return the streets among which the truck passes no gate at a time, (num_arcs,)."""
        weights, blocked = self.access(truck, span)
        if id(weights) not in self._open:
            self._open[id(weights)] = open_part(self.ctx.streets.network, weights, blocked)
        return self._open[id(weights)]

    def _speeds_of(self, truck: Truck) -> Speeds:
        name = profile_of(truck.kind, truck.weight_kg)
        if name not in self._speeds:
            self._speeds[name] = read_speeds(self.city, name)
        return self._speeds[name]

    def profile(self, truck: Truck, span: Hours) -> Profile:
        """Return the truck as the streets see it, at the slowest speeds of a time."""
        speeds = self.city.settings.speeds
        return Profile(
            name=truck.truck_id,
            height_cm=truck.height_cm,
            width_cm=truck.width_cm,
            weight_kg=truck.weight_kg,
            hgv=truck.hgv,
            permits=truck.permits,
            speeds_kmh=tuple(speeds[name] for name in HIGHWAY_CLASSES),
            class_factors=self._speeds_of(truck).slowest(*span),
        )

    def drive(self, route: Route, truck: Truck | None) -> None:
        """Drive every leg of a route again and keep what comes out in the context."""
        stands: Spot | None = None
        for idx, activity in enumerate(route.activities):
            self._check_position(route, idx, activity, stands)
            self._check_curb(route, truck, idx, activity)
            self._check_let_in(route, truck, idx, activity)
            if activity.moves:
                leg = activity.leg
                driven = self._drive(route, truck, idx, stands)
                self.ctx.driven[route.number, idx] = Driven(
                    leg.time_s if driven.time_s is None and leg else driven.time_s,
                    leg.length_m if driven.length_m is None and leg else driven.length_m,
                )
            elif activity.leg is not None and activity.leg.arcs:
                text = f"a {activity.kind} has no leg"
                self.ctx.check(False, "leg-arcs", text, route.truck_id, idx)
            if activity.kind not in STANDING:
                stands = activity.exit or activity.position

    def _check_position(
        self, route: Route, idx: int, activity: Activity, stands: Spot | None
    ) -> None:
        """Check that only a street is left elsewhere than it is entered, and breaks move none."""
        ctx, spot = self.ctx, activity.position
        if spot is None:
            if activity.kind not in STANDING:
                ctx.skip("position: an activity without position")
            return
        for place in (spot, activity.exit or spot):
            text = f"no such place: piece {place.arc} at {place.offset_cm} cm"
            if not ctx.check(ctx.streets.is_spot(place), "position", text, route.truck_id, idx):
                return
        if activity.kind != "street" and activity.exit is not None:
            text = f"a {activity.kind} is left from another place than it is entered"
            ctx.check(activity.exit == spot, "exit", text, route.truck_id, idx)
        if activity.kind in STANDING and stands is not None:
            text = f"the truck does not stand where it has its {activity.kind}"
            ctx.check(spot == stands, "break-place", text, route.truck_id, idx)

    def _check_curb(self, route: Route, truck: Truck | None, idx: int, activity: Activity) -> None:
        """Check that a point that asks for its own curb has it, where both directions are open."""
        ctx, spot = self.ctx, activity.position
        visit = ctx.visits.get((route.number, idx))
        if visit is None or visit.point.side != "right" or truck is None:
            return
        if spot is None or not ctx.streets.is_spot(spot):
            return
        now = (activity.begin_s, activity.begin_s + 1)
        network, (weights, _) = ctx.streets.network, self.access(truck, now)
        reverse = int(network.arc_reverse[spot.arc])
        if reverse < 0 or not weights.routable[reverse]:
            return
        left_m = left_of(network.shape(spot.arc), (visit.point.lon, visit.point.lat))
        wrong = left_m > CURB_SLACK_M if network.drive_on_right else left_m < -CURB_SLACK_M
        text = f"{activity.id} lies {abs(left_m):.0f} m across the street from the truck"
        ctx.check(not wrong, "curb", text, route.truck_id, idx)

    def _check_let_in(
        self, route: Route, truck: Truck | None, idx: int, activity: Activity
    ) -> None:
        """Check that a truck without the pass serves no street point or market behind a gate.

        A street that other streets lead to at some moment of the shift is behind none, though all
        of these may be closed while the truck stands in it.
        """
        ctx, spot = self.ctx, activity.position
        visit = ctx.visits.get((route.number, idx))
        if visit is None or truck is None or visit.point.kind not in OUTSIDE_KINDS:
            return
        if PASSES & truck.permits or spot is None or not ctx.streets.is_spot(spot):
            return
        arc = ctx.streets.base(spot.arc)
        good = any(self._outside(truck, span)[arc] for span in self._spans(truck))
        text = f"{activity.id}, of kind {visit.point.kind}, is served behind a gate without a pass"
        ctx.check(good, "gate-pass", text, route.truck_id, idx)

    def _drive(self, route: Route, truck: Truck | None, idx: int, stands: Spot | None) -> Driven:
        """Drive one leg again and check what is stated of it."""
        ctx, activity = self.ctx, route.activities[idx]
        leg, spot = activity.leg, activity.position
        if leg is None or leg.arcs is None:
            ctx.skip("leg: an activity without the pieces driven to it")
            return Driven(None, None)
        if truck is None or stands is None or spot is None:
            ctx.skip("leg: truck or positions are not known")
            return Driven(None, None)
        span = _span(route, idx)
        weights, blocked = self.access(truck, span)
        driven = drive_leg(ctx.streets, weights, blocked, leg, (stands, spot))
        for code, text in driven.faults:
            ctx.check(False, code, text, route.truck_id, idx)
        if driven.faults:
            return driven
        ctx.check(True, "turn", "", route.truck_id, idx)
        fault = through_fault(ctx.streets, self.open_streets(truck, span), leg)
        ctx.check(not fault, "gate", fault, route.truck_id, idx)
        ctx.equal(leg.time_s, driven.time_s, "leg-time", "time_s of the leg", route.truck_id, idx)
        what = "length_m of the leg"
        ctx.equal(leg.length_m, driven.length_m, "leg-length", what, route.truck_id, idx)
        self._check_drawing(route, idx, leg, (stands, spot), driven.length_m or 0)
        return driven

    def _check_drawing(
        self, route: Route, idx: int, leg: Leg, ends: tuple[Spot, Spot], length_m: int
    ) -> None:
        ctx = self.ctx
        if leg.geometry is None:
            ctx.skip("geometry: a leg without geometry")
        else:
            fault = geometry_fault(ctx.streets, leg, ends, length_m)
            ctx.check(not fault, "geometry", fault, route.truck_id, idx)
        if leg.streets is None:
            ctx.skip("names: a leg without streets")
        else:
            fault = streets_fault(ctx.streets, leg, length_m)
            ctx.check(not fault, "street-names", fault, route.truck_id, idx)


def _span(route: Route, idx: int) -> Hours:
    """Return when a leg is under way; those to and from a wash are one leg with it."""
    first, last = route.activities[idx], route.activities[idx]
    if idx and route.activities[idx - 1].kind == "wash":
        first = route.activities[idx - 1]
    if last.kind == "wash" and idx + 1 < len(route.activities):
        last = route.activities[idx + 1]
    leg_s = first.leg.time_s if first.leg is not None else 0
    return first.arrive_s - (leg_s or 0), last.arrive_s
