"""All legs of all routes: each truck's own profile and closures, and what is stated of each leg."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dispatch.audit.context import Context
from dispatch.audit.drive import Driven, drive_leg, geometry_fault, streets_fault
from dispatch.audit.geo import left_of
from dispatch.audit.record import Activity, Leg, Route, Spot
from dispatch.audit.restrictions import blocked_for
from dispatch.audit.tables import Truck
from routing.network import HIGHWAY_CLASSES
from routing.profiles import Profile, Weights, weigh
from scenarios.city import City
from scenarios.speeds import day_factors, profile_of

CURB_SLACK_M = 1.0
"""A point nearer to the middle of its street than this stands on neither side."""


class Redriver:
    """Drives legs again; trucks that see the same streets share their weights."""

    def __init__(self, ctx: Context, city: City) -> None:
        self.ctx = ctx
        self.city = city
        self._weights: dict[tuple[object, ...], Weights] = {}
        self._access: dict[str, tuple[Weights, NDArray[np.bool_]]] = {}

    def access(self, truck: Truck) -> tuple[Weights, NDArray[np.bool_]]:
        """Return the truck's weights, and which arcs closures and limits shut to it."""
        if truck.truck_id not in self._access:
            network = self.ctx.streets.network
            blocked = blocked_for(self.city, network, truck, self.ctx.plan.date)
            profile = self.profile(truck)
            size = (truck.height_cm, truck.width_cm, truck.weight_kg)
            key = (*size, profile.class_factors, blocked.tobytes())
            if key not in self._weights:
                self._weights[key] = weigh(network, profile, np.flatnonzero(blocked))
            self._access[truck.truck_id] = self._weights[key], blocked
        return self._access[truck.truck_id]

    def profile(self, truck: Truck) -> Profile:
        """Return the truck as the streets see it."""
        speeds = self.city.settings.speeds
        return Profile(
            name=truck.truck_id,
            height_cm=truck.height_cm,
            width_cm=truck.width_cm,
            weight_kg=truck.weight_kg,
            hgv=truck.hgv,
            permits=truck.permits,
            speeds_kmh=tuple(speeds[name] for name in HIGHWAY_CLASSES),
            class_factors=day_factors(self.city, profile_of(truck.kind, truck.weight_kg)),
        )

    def drive(self, route: Route, truck: Truck | None) -> None:
        """Drive every leg of a route again and keep what comes out in the context."""
        stands: Spot | None = None
        for idx, activity in enumerate(route.activities):
            self._check_position(route, idx, activity, stands)
            self._check_curb(route, truck, idx, activity)
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
            if activity.kind != "break":
                stands = activity.exit or activity.position

    def _check_position(
        self, route: Route, idx: int, activity: Activity, stands: Spot | None
    ) -> None:
        """Check that only a street is left elsewhere than it is entered, and a break moves none."""
        ctx, spot = self.ctx, activity.position
        if spot is None:
            if activity.kind != "break":
                ctx.skip("position: an activity without position")
            return
        for place in (spot, activity.exit or spot):
            text = f"no such place: piece {place.arc} at {place.offset_cm} cm"
            if not ctx.check(ctx.streets.is_spot(place), "position", text, route.truck_id, idx):
                return
        if activity.kind != "street" and activity.exit is not None:
            text = f"a {activity.kind} is left from another place than it is entered"
            ctx.check(activity.exit == spot, "exit", text, route.truck_id, idx)
        if activity.kind == "break" and stands is not None:
            text = "the truck does not stand where it takes its break"
            ctx.check(spot == stands, "break-place", text, route.truck_id, idx)

    def _check_curb(self, route: Route, truck: Truck | None, idx: int, activity: Activity) -> None:
        """Check that a point that asks for its own curb has it, where both directions are open."""
        ctx, spot = self.ctx, activity.position
        visit = ctx.visits.get((route.number, idx))
        if visit is None or visit.point.side != "right" or truck is None:
            return
        if spot is None or not ctx.streets.is_spot(spot):
            return
        network, (weights, _) = ctx.streets.network, self.access(truck)
        reverse = int(network.arc_reverse[spot.arc])
        if reverse < 0 or not weights.routable[reverse]:
            return
        left_m = left_of(network.shape(spot.arc), (visit.point.lon, visit.point.lat))
        wrong = left_m > CURB_SLACK_M if network.drive_on_right else left_m < -CURB_SLACK_M
        text = f"{activity.id} lies {abs(left_m):.0f} m across the street from the truck"
        ctx.check(not wrong, "curb", text, route.truck_id, idx)

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
        weights, blocked = self.access(truck)
        driven = drive_leg(ctx.streets, weights, blocked, leg, (stands, spot))
        for code, text in driven.faults:
            ctx.check(False, code, text, route.truck_id, idx)
        if driven.faults:
            return driven
        ctx.check(True, "turn", "", route.truck_id, idx)
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
