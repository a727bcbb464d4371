"""Costs, kilometres, hours and key figures, added up again from the activities.

A figure of an activity belongs to the activity's stream and, for stops and streets, to its
district. Cost and overtime of a route are shared among its streams and districts in proportion to
time, CO2 in proportion to distance; since shares are whole numbers, each may be off by less than
one for each route.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatch.audit.context import Context
from dispatch.audit.record import Activity, Route
from dispatch.audit.shape import shape_cost
from dispatch.audit.tables import Truck, half_up
from dispatch.audit.visits import Visit

EXACT = (
    "stops",
    "streets",
    "length_m",
    "swept_m",
    "driving_s",
    "service_s",
    "waiting_s",
    "mass_kg",
    "trips",
    "trucks_used",
    "unserved",
    "unserved_kg",
)
WASHES = "washes"
"""Stated on days that have any."""
SHARED = {"cost": "seconds", "overtime_s": "seconds", "co2_g": "metres"}
"""Figures that only a whole route has, and what shares them out."""

HAULS = ("hauls", "hauled_kg")
"""Figures that are stated on days that have any."""

WORK = ("stop", "street")
RATE_SLACK = 2e-6
ENERGY_SLACK = 0.006
"""Energy is stated with two decimals."""


def route_cost(
    truck: Truck, overtime_factor: float, length_m: int, start_s: int, end_s: int
) -> int:
    """Return fixed, distance, time and overtime cost in thousandths, each term half up."""
    overtime_s = max(0, end_s - truck.shift_end)
    extra = round(truck.cost_h * (overtime_factor - 1.0))
    return (
        truck.fixed_cost
        + (truck.cost_km * length_m + 500) // 1000
        + (truck.cost_h * (end_s - start_s) + 1800) // 3600
        + (extra * overtime_s + 1800) // 3600
    )


@dataclass(frozen=True)
class Line:
    """One activity with what it contributes: metres, driving, seconds since the one before."""

    route: Route
    activity: Activity
    length_m: int
    driving_s: int
    waiting_s: int
    seconds: int
    swept_m: int
    trip: int | None
    put_down_kg: int
    visit: Visit | None


def lines_of(ctx: Context, route: Route) -> Iterator[Line]:
    """Yield the contribution of every activity of a route."""
    free_s = route.activities[0].arrive_s
    for idx, activity in enumerate(route.activities):
        leg_s = ctx.leg_time(route, idx) or 0
        leg_m = ctx.leg_length(route, idx) or 0
        swept_m = ctx.swept_m(route, idx)
        put_down = ctx.received.get((route.number, idx))
        yield Line(
            route=route,
            activity=activity,
            length_m=leg_m + swept_m,
            driving_s=leg_s,
            waiting_s=activity.begin_s - free_s - leg_s,
            seconds=activity.end_s - free_s,
            swept_m=swept_m,
            trip=ctx.trips.get((route.number, idx), activity.trip),
            put_down_kg=activity.mass_kg or 0 if put_down is None else sum(put_down.values()),
            visit=ctx.visits.get((route.number, idx)),
        )
        free_s = activity.end_s


def can_add_up(ctx: Context, route: Route) -> bool:
    """Whether every leg of a route has a time and a length."""
    return all(
        ctx.leg_time(route, idx) is not None and ctx.leg_length(route, idx) is not None
        for idx, activity in enumerate(route.activities)
        if activity.moves
    )


def true_figures(ctx: Context, route: Route, truck: Truck | None) -> dict[str, int]:
    """Return the figures of a route as the activities and the tables make them."""
    lines = list(lines_of(ctx, route))
    breaks = sum(x.activity.end_s - x.activity.begin_s for x in lines if _is_break(x.activity))
    busy = sum(x.activity.end_s - x.activity.begin_s for x in lines)
    figures = {
        "length_m": sum(x.length_m for x in lines),
        "driving_s": sum(x.driving_s for x in lines),
        "service_s": busy - breaks,
        "waiting_s": sum(x.waiting_s for x in lines),
        "break_s": breaks,
    }
    if truck is not None:
        first, last = route.activities[0], route.activities[-1]
        figures |= {
            "capacity_kg": truck.capacity_kg,
            "tank_l": truck.tank_l,
            "overtime_s": max(0, last.end_s - truck.shift_end),
            "cost": route_cost(
                truck, ctx.rules.overtime_factor, figures["length_m"], first.end_s, last.end_s
            ),
        }
        if route.stream in truck.capacity_l:
            figures["capacity_l"] = truck.capacity_l[route.stream]
    return figures


def _is_break(activity: Activity) -> bool:
    return activity.kind == "break"


def check_figures(ctx: Context, route: Route, truck: Truck | None) -> dict[str, int]:
    """Check every figure of a route; return the true ones, nothing where they cannot be known."""
    if not can_add_up(ctx, route):
        ctx.skip("figures: a route with legs that cannot be driven again")
        return {}
    truth = true_figures(ctx, route, truck)
    if truck is not None:
        _add_shape(ctx, route, truth)
    for key, value in truth.items():
        code = {"cost": "cost", "overtime_s": "overtime"}.get(key, "route-figure")
        ctx.equal(route.figures.get(key), value, code, key, route.truck_id)
    if truck is None:
        return {}
    co2_g = _check_energy(ctx, route, truck, truth["length_m"])
    stated = route.figures.get("co2_g")
    # shares of CO2 are judged against what is stated where that is right but for rounding
    truth["co2_g"] = co2_g if stated is None or abs(stated - co2_g) > 1 else stated
    return truth


def _add_shape(ctx: Context, route: Route, truth: dict[str, int]) -> None:
    """Add what the shape of a route costs; what is stated holds but for the rounding of places."""
    first, last = route.activities[0], route.activities[-1]
    cost, slack = shape_cost(ctx, route, last.end_s - first.end_s)
    truth["cost"] += cost
    stated = route.figures.get("cost")
    if stated is not None and abs(stated - truth["cost"]) <= slack:
        truth["cost"] = stated


def _check_energy(ctx: Context, route: Route, truck: Truck, length_m: int) -> int:
    """Check energy and CO2 against distance and the truck's weight; return the CO2 in grams."""
    table = ctx.world.energy[truck.energy]
    amount = table.per_km * _between(table.scale, truck.weight_kg / 1000.0) * length_m / 1000.0
    if route.energy is None:
        ctx.skip("energy: a route without energy")
    else:
        kind, stated = route.energy
        ctx.equal(kind, truck.energy, "energy", "kind of energy", route.truck_id)
        text = f"energy is stated as {stated}, recomputed as {amount:.2f}"
        ctx.check(abs(stated - amount) <= ENERGY_SLACK, "energy", text, route.truck_id)
    co2_g, said = amount * table.co2_g, route.figures.get("co2_g")
    if said is None:
        ctx.skip("co2: a route without co2_g")
    else:
        text = f"co2_g is stated as {said}, recomputed as {co2_g:.0f}"
        ctx.check(abs(said - co2_g) <= 1.0, "co2", text, route.truck_id)
    return half_up(co2_g)


def _between(scale: tuple[tuple[float, float], ...], tonnes: float) -> float:
    """Return the factor for a weight, on straight lines between those given, flat outside."""
    before = scale[0]
    for after in scale:
        if tonnes <= after[0]:
            share = (tonnes - before[0]) / (after[0] - before[0]) if after != before else 0.0
            return before[1] + max(0.0, share) * (after[1] - before[1])
        before = after
    return before[1]


@dataclass
class Sums:
    """Sums of one group: exact figures, shares with their slack, and what rates are made of."""

    exact: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    shares: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    slack: int = 0
    punctual: int = 0
    loads: list[float] = field(default_factory=list)
    trips: set[tuple[str, int | None]] = field(default_factory=set)

    def figures(self) -> dict[str, int]:
        """Return the exact figures."""
        trucks = {truck for truck, _ in self.trips}
        counts = {"trips": len(self.trips), "trucks_used": len(trucks)}
        return {key: self.exact.get(key, 0) for key in EXACT} | counts

    def rates(self) -> dict[str, float | None]:
        """Return punctuality and load factor, None where there is nothing to divide by."""
        stops = self.exact["stops"]
        return {
            "punctuality": self.punctual / stops if stops else None,
            "load_factor": sum(self.loads) / len(self.loads) if self.loads else None,
        }


Grouping = Callable[[Line], str]


def _add_line(ctx: Context, sums: Sums, line: Line) -> None:
    """Add what one activity contributes to a group."""
    activity, exact = line.activity, sums.exact
    exact["length_m"] += line.length_m
    exact["driving_s"] += line.driving_s
    exact["waiting_s"] += line.waiting_s
    if not _is_break(activity):
        exact["service_s"] += activity.end_s - activity.begin_s
    if activity.kind in WORK:
        exact["stops" if activity.kind == "stop" else "streets"] += 1
        exact["swept_m"] += line.swept_m
        exact["mass_kg"] += activity.mass_kg or 0
        sums.trips.add((line.route.truck_id, line.trip))
    exact[WASHES] += activity.kind == "wash"
    if activity.kind == "load":
        exact["hauls"] += 1
        exact["hauled_kg"] += activity.mass_kg or 0
        sums.trips.add((line.route.truck_id, line.trip))
    if activity.kind == "stop":
        windows = () if line.visit is None else line.visit.windows
        sums.punctual += not windows or any(a <= activity.begin_s <= b for a, b in windows)
    truck = ctx.world.trucks.get(line.route.truck_id)
    collects = truck is not None and truck.capacity_kg > 0 and truck.kind != "transfer"
    if activity.kind == "unload" and truck is not None and collects:
        sums.loads.append(line.put_down_kg / truck.capacity_kg)


def add_up(
    ctx: Context, truth: Mapping[int, Mapping[str, int]], group: Grouping
) -> dict[str, Sums]:
    """Return the sums of each group over all routes; ``truth`` holds each route's figures."""
    groups: dict[str, Sums] = defaultdict(Sums)
    for route in ctx.plan.routes:
        weights: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for line in lines_of(ctx, route):
            name = group(line)
            _add_line(ctx, groups[name], line)
            weights["metres"][name] += line.length_m
            weights["seconds"][name] += line.seconds
        for key, by in SHARED.items():
            amount, whole = truth[route.number].get(key, 0), sum(weights[by].values())
            if not whole:  # nothing to share by: the name that sorts first takes all
                groups[min(weights[by])].shares[key] += amount
                continue
            for name, weight in weights[by].items():
                groups[name].shares[key] += amount * weight / whole
        for name in weights["seconds"]:
            groups[name].slack += len(weights["seconds"]) > 1
    return groups


def check_kpis(ctx: Context, truth: Mapping[int, Mapping[str, int]]) -> None:
    """Check all key figures, in total and by stream, truck and district."""
    kpis = ctx.plan.kpis
    if kpis is None:
        ctx.skip("kpis: the plan has none")
        return
    if any(not figures for figures in truth.values()):
        ctx.skip("kpis: a route with legs that cannot be driven again")
        return
    groupings: dict[str, tuple[Grouping, str]] = {
        "by_stream": (_stream, "stream"),
        "by_truck": (lambda x: x.route.truck_id, ""),
        "by_district": (
            lambda x: x.activity.district or "" if x.activity.kind in WORK else "",
            "district",
        ),
    }
    total = add_up(ctx, truth, lambda line: "")
    _add_unserved(ctx, total, "")
    _check_group(ctx, "kpis.total", kpis.get("total"), total.get("", Sums()))
    for key, (group, attribute) in groupings.items():
        sums = add_up(ctx, truth, group)
        if attribute:
            _add_unserved(ctx, sums, attribute)
        _check_groups(ctx, key, kpis.get(key), sums)


def _stream(line: Any) -> str:
    """Return the stream of an activity, the route's where it has none or several."""
    stream = line.activity.stream or ""
    return line.route.stream or "" if not stream or ";" in stream else stream


def _add_unserved(ctx: Context, groups: dict[str, Sums], attribute: str) -> None:
    """Add what is left out to the group that an attribute of it names, or to the total."""
    for task in ctx.plan.unserved or ():
        if task.kind in ("haul", "aboard"):  # what is left there is collected
            continue
        sums = groups.setdefault(getattr(task, attribute) or "" if attribute else "", Sums())
        sums.exact["unserved"] += 1
        sums.exact["unserved_kg"] += task.mass_kg or 0


def _check_groups(ctx: Context, key: str, stated: Any, sums: Mapping[str, Sums]) -> None:
    if not isinstance(stated, Mapping):
        ctx.skip(f"kpis: no {key}")
        return
    text = f"kpis.{key} is for {', '.join(sorted(stated))}; expected {', '.join(sorted(sums))}"
    ctx.check(set(stated) == set(sums), "kpi", text)
    for name in sorted(set(stated) & set(sums)):
        _check_group(ctx, f"kpis.{key}.{name or '(none)'}", stated[name], sums[name])


def _check_group(ctx: Context, where: str, stated: Any, sums: Sums) -> None:
    if not isinstance(stated, Mapping):
        ctx.skip(f"kpis: no {where}")
        return
    if WASHES in stated:
        ctx.equal(stated[WASHES], sums.exact[WASHES], "kpi", f"{where}.{WASHES}")
    for key in HAULS:
        if key in stated or sums.exact[key]:
            ctx.equal(stated.get(key, 0), sums.exact[key], "kpi", f"{where}.{key}")
    for key, value in sums.figures().items():
        ctx.equal(stated.get(key), value, "kpi", f"{where}.{key}")
    for key, rate in sums.rates().items():
        if key in stated:
            said = stated[key]
            good = said is None if rate is None else _near(said, rate, RATE_SLACK)
            text = f"{where}.{key} is stated as {said}, recomputed as {rate}"
            ctx.check(good, "kpi", text)
    for key in SHARED:
        if key in stated:
            good = _near(stated[key], sums.shares[key], sums.slack + 0.5)
            text = f"{where}.{key} is stated as {stated[key]}, recomputed as {sums.shares[key]:.0f}"
            ctx.check(good, "kpi", text)


def _near(stated: object, computed: float, slack: float) -> bool:
    return isinstance(stated, int | float) and abs(stated - computed) <= slack


def check_required(ctx: Context) -> None:
    """Check that what was required is what is served and what is left out together."""
    required = ctx.plan.required
    if required is None or ctx.plan.unserved is None:
        ctx.skip("required: the plan has none")
        return
    work = [a for r in ctx.plan.routes for a in r.activities if a.kind in WORK]
    swept_m = sum(ctx.swept_m(r, i) for r in ctx.plan.routes for i in range(len(r.activities)))
    left = ctx.plan.unserved
    kinds = [a.kind for a in work] + [task.kind for task in left]
    truth = {
        "stops": kinds.count("stop"),
        "streets": kinds.count("street"),
        "street_m": swept_m + sum(u.length_m or 0 for u in left),
    }
    for key, value in truth.items():
        ctx.equal(required.get(key), value, "required", f"required.{key}")


def check_bound(ctx: Context, truth: Mapping[int, Mapping[str, int]]) -> None:
    """Check that the lower bound is below the cost of the plan and that the gap is theirs."""
    bound = ctx.plan.bound
    keys = ("lower_bound", "cost", "gap")
    if bound is None or not all(isinstance(bound.get(key), int | float) for key in keys):
        ctx.skip("bound: the plan has none")
        return
    lower, cost, gap = (bound[key] for key in keys)
    text = f"lower bound {lower} is above the cost {cost}"
    ctx.check(lower <= cost, "bound", text)
    expected = (cost - lower) / cost if cost else 0.0
    text = f"gap is stated as {gap}, recomputed as {expected:.6f}"
    ctx.check(abs(gap - expected) <= 1e-3, "bound", text)
    if all(truth.values()):
        routes = sum(figures.get("cost", 0) for figures in truth.values())
        prices = sum(task.price or 0 for task in ctx.plan.unserved or ())
        text = f"cost is stated as {cost}; routes cost {routes}, left out adds {prices}"
        ctx.check(cost in (routes, routes + prices), "bound", text)
