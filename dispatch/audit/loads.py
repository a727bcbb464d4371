"""What is aboard after every activity: mass, volume and water, never more than the truck takes.

A truck of n compartments holds one stream in each, and each holds an n-th of its capacity; a
stream may fill several of them. It carries n streams a day, unless its row says that it changes
streams: then empty compartments are made ready for others by an activity of their own.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Mapping

from dispatch.audit.context import Context
from dispatch.audit.record import Route
from dispatch.audit.tables import Truck
from scenarios.schema import CONTAINER, HOOKLIFT

TAKES = ("stop", "street", "load")
"""Activities by which a truck comes to have more aboard."""


class _Hold:
    """Masses and volumes aboard, by stream, and the water in the tank."""

    def __init__(self, tank_l: int) -> None:
        self.kg: dict[str, int] = defaultdict(int)
        self.litres: dict[str, int] = defaultdict(int)
        self.tank_l = tank_l
        self.visits = 0
        self.carried: set[str] = set()
        self.known = True

    @property
    def streams(self) -> list[str]:
        """Streams of which something is aboard, in order of the alphabet."""
        return sorted(s for s in self.kg | self.litres if self.kg[s] or self.litres[s])


def check_loads(ctx: Context, route: Route, truck: Truck) -> None:
    """Check every load, tank and trip of one route."""
    hold = _Hold(truck.tank_l)
    if truck.loaded is not None:
        stream, hold.kg[stream], hold.litres[stream] = truck.loaded
        hold.carried.add(stream)
        _check_capacity(ctx, route, truck, hold, 0)
    for idx, activity in enumerate(route.activities):
        if activity.trip is not None and activity.kind in (*TAKES, "unload"):
            what = "trip"
            ctx.equal(activity.trip, hold.visits + 1, "trip", what, route.truck_id, idx)
        if activity.kind in TAKES:
            ctx.trips[route.number, idx] = hold.visits + 1
            _take(ctx, route, truck, hold, idx)
        elif activity.kind == "unload":
            _put_down(ctx, route, hold, idx)
        elif activity.kind == "change":
            _change(ctx, route, truck, hold, idx)
        elif activity.kind == "refill":
            _fill(ctx, route, truck, hold, idx)
        _compare(ctx, route, hold, idx)
    _check_end(ctx, route, truck, hold)


def _stream(ctx: Context, route: Route, idx: int) -> str:
    """Return the stream of what is taken: by the tables, else as stated."""
    activity = route.activities[idx]
    if activity.kind == "stop":
        visit = ctx.visits.get((route.number, idx))
        if visit is not None:
            return visit.point.stream
    return activity.stream or route.stream or "?"


def _take(ctx: Context, route: Route, truck: Truck, hold: _Hold, idx: int) -> None:
    activity = route.activities[idx]
    stream = _stream(ctx, route, idx)
    text = f"takes {stream} at {activity.id}; the truck carries {', '.join(sorted(truck.streams))}"
    ctx.check(stream in truck.streams, "truck-stream", text, route.truck_id, idx)
    visit = ctx.visits.get((route.number, idx))
    if visit is not None:
        whole = visit.point.kind == CONTAINER
        text = f"{activity.id} {'is' if whole else 'is not'} in a container; {truck.kind} serves it"
        ctx.check(whole == (truck.kind == HOOKLIFT), "container", text, route.truck_id, idx)
    if activity.mass_kg is None or activity.volume_l is None:
        hold.known = False
    hold.kg[stream] += activity.mass_kg or 0
    hold.litres[stream] += activity.volume_l or 0
    _check_amounts(ctx, route, idx)
    _check_capacity(ctx, route, truck, hold, idx)
    _check_change(ctx, route, truck, hold, idx)
    hold.tank_l -= activity.water_l or 0
    text = f"the tank runs {-hold.tank_l} L dry at {activity.id}"
    ctx.check(hold.tank_l >= 0, "tank", text, route.truck_id, idx)


def _check_change(ctx: Context, route: Route, truck: Truck, hold: _Hold, idx: int) -> None:
    """Check that a stream other than those carried so far has a compartment made ready for it."""
    aboard = set(hold.streams)
    hold.carried |= aboard
    text = f"carries {' and '.join(sorted(hold.carried))} in {truck.compartments} compartment(s)"
    # streams aboard together have a finding of their own
    mixed = len(aboard) > truck.compartments
    good = mixed or len(hold.carried) <= truck.compartments
    ctx.check(good, "stream-change", f"{text} without a change", route.truck_id, idx)
    if mixed or not good:
        hold.carried = set()


def _change(ctx: Context, route: Route, truck: Truck, hold: _Hold, idx: int) -> None:
    """Check that a truck may change its stream, and has an empty compartment for another."""
    text = "changes its stream; its row in trucks.csv does not say that it may"
    ctx.check(truck.changes_stream, "stream-change", text, route.truck_id, idx)
    text = f"changes its stream with {' and '.join(hold.streams)} aboard"
    room = len(hold.streams) < truck.compartments
    ctx.check(room, "stream-change", text, route.truck_id, idx)
    hold.carried = set(hold.streams)


def _check_amounts(ctx: Context, route: Route, idx: int) -> None:
    """Check that what is taken is what is due there; of a street only that it is not negative."""
    activity, visit = route.activities[idx], ctx.visits.get((route.number, idx))
    anything = (0, sys.maxsize)
    for code, what, amount, (least, most) in (
        ("mass-taken", "mass_kg", activity.mass_kg, visit.mass_kg if visit else anything),
        ("volume-taken", "volume_l", activity.volume_l, visit.volume_l if visit else anything),
        ("water-used", "water_l", activity.water_l, anything),
    ):
        if amount is None:
            ctx.skip(f"{code}: {what} is not stated")
            continue
        wanted = f"{least}" if least == most else f"{least} to {most}" if visit else ">= 0"
        text = f"{what} = {amount} taken at {activity.id}; due is {wanted}"
        ctx.check(least <= amount <= most, code, text, route.truck_id, idx)


def _compartments(amounts: Mapping[str, int], capacities: Mapping[str, int], number: int) -> int:
    """Return how many compartments the amounts need; a stream without capacity needs too many."""
    needed = 0
    for stream, amount in amounts.items():
        if amount > 0:
            capacity = capacities.get(stream, 0)
            needed += -(-amount * number // capacity) if capacity > 0 else number + 1
    return needed


def _check_capacity(ctx: Context, route: Route, truck: Truck, hold: _Hold, idx: int) -> None:
    aboard = hold.streams
    text = f"{' and '.join(aboard)} aboard together in {truck.compartments} compartment(s)"
    separate = ctx.check(len(aboard) <= truck.compartments, "mixed-load", text, route.truck_id, idx)
    number = truck.compartments if separate else 1
    masses = {"": sum(hold.kg.values())} if not separate else hold.kg
    capacity = dict.fromkeys(masses, truck.capacity_kg)
    text = f"{sum(hold.kg.values())} kg aboard; the truck takes {truck.capacity_kg} kg"
    fits = _compartments(masses, capacity, number) <= number
    ctx.check(fits, "overload-mass", text, route.truck_id, idx)
    limits = {s: litres for s, litres in truck.capacity_l.items() if litres}
    volumes = {s: v for s, v in hold.litres.items() if s in limits}
    said = ", ".join(f"{v} L of {s} (takes {limits[s]} L)" for s, v in sorted(volumes.items()))
    fits = not separate or _compartments(volumes, limits, number) <= number
    ctx.check(fits, "overload-volume", f"{said} aboard", route.truck_id, idx)


def _put_down(ctx: Context, route: Route, hold: _Hold, idx: int) -> None:
    """Check an unloading: the facility takes what is aboard, and all it takes is put down."""
    activity = route.activities[idx]
    hold.visits += 1
    station = ctx.world.stations.get(activity.id)
    accepted = set(hold.streams) if station is None else set(hold.streams) & station.streams
    refused = sorted(set(hold.streams) - accepted)
    if station is not None and hold.streams:
        text = f"{station.facility_id} does not accept {', '.join(refused)}"
        if not ctx.check(bool(accepted), "facility-stream", text, route.truck_id, idx):
            accepted = set(hold.streams)  # put down all the same: one fault, one finding
    if hold.known:
        kg = sum(hold.kg[s] for s in accepted)
        litres = sum(hold.litres[s] for s in accepted)
        what = f"mass put down at {activity.id}"
        ctx.equal(activity.mass_kg, kg, "put-down", what, route.truck_id, idx)
        what = f"volume put down at {activity.id}"
        ctx.equal(activity.volume_l, litres, "put-down", what, route.truck_id, idx)
    else:
        ctx.skip("put-down: a stop without mass_kg or volume_l")
    ctx.received[route.number, idx] = {s: hold.kg[s] for s in sorted(accepted)}
    for stream in accepted:
        hold.kg[stream] = hold.litres[stream] = 0


def _fill(ctx: Context, route: Route, truck: Truck, hold: _Hold, idx: int) -> None:
    activity = route.activities[idx]
    station = ctx.world.stations.get(activity.id)
    if station is not None:
        text = f"refills at {activity.id}, which is of kind {station.kind}"
        ctx.check(station.refills, "refill-place", text, route.truck_id, idx)
    missing = truck.tank_l - hold.tank_l
    ctx.equal(activity.water_l, missing, "refill-amount", "water taken", route.truck_id, idx)
    hold.tank_l = truck.tank_l


def _compare(ctx: Context, route: Route, hold: _Hold, idx: int) -> None:
    """Compare what is stated to be aboard after an activity with what must be."""
    activity = route.activities[idx]
    if hold.known:
        kg, litres = sum(hold.kg.values()), sum(hold.litres.values())
        ctx.equal(activity.load_kg, kg, "load-mass", "load_kg", route.truck_id, idx)
        ctx.equal(activity.load_l, litres, "load-volume", "load_l", route.truck_id, idx)
    else:
        ctx.skip("load: a stop without mass_kg or volume_l")
    ctx.equal(activity.tank_l, hold.tank_l, "tank-stated", "tank_l", route.truck_id, idx)


def _check_end(ctx: Context, route: Route, truck: Truck, hold: _Hold) -> None:
    text = f"ends the day with {', '.join(hold.streams)} aboard"
    ctx.check(not hold.streams, "ends-loaded", text, route.truck_id)
    text = f"{hold.visits} trips; at most {truck.max_trips}"
    ctx.check(hold.visits <= truck.max_trips, "max-trips", text, route.truck_id)
