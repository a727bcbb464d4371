"""Cost and feasibility of a plan, slowly and obviously.

Every backend's plan is timed and costed here before anyone sees it. Nothing is shared with the
kernels: this is their independent twin.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from itertools import count

from solvers.cut import cut
from solvers.hours import Leg
from solvers.plan import Plan, Route, Step
from solvers.problem import Facility, Problem, Rules, Task, Vehicle


@dataclass
class Timing:
    """One step as driven: the leg to it, its times, and what is aboard afterwards.

    ``layer`` is the layer of travel by which the leg is driven (`solvers.hours`).
    """

    step: Step
    leg_s: int
    leg_m: int
    layer: int
    arrive_s: int
    begin_s: int
    end_s: int
    load_kg: dict[str, int]
    load_l: dict[str, int]
    tank_l: int
    put_down_kg: dict[str, int] = field(default_factory=dict)
    window: tuple[int, int] | None = None


@dataclass
class Driven:
    """One route as driven: timed steps, the leg home, totals and every rule it breaks."""

    route: Route
    timings: list[Timing]
    home_s: int
    home_m: int
    home_layer: int
    end_s: int
    length_m: int
    driving_s: int
    cost: int
    overtime_s: int
    violations: list[str]


@dataclass
class Evaluation:
    """A whole plan as driven."""

    driven: list[Driven]
    cost: int
    violations: list[str]

    @property
    def feasible(self) -> bool:
        """Whether no rule is broken."""
        return not self.violations


def route_cost(vehicle: Vehicle, rules: Rules, length_m: int, start_s: int, end_s: int) -> int:
    """Return fixed, distance, time and overtime cost in thousandths, each rounded half up."""
    overtime_s = max(0, end_s - vehicle.shift_end)
    extra = round(vehicle.cost_h * (rules.overtime_factor - 1.0))
    return (
        vehicle.fixed_cost
        + (vehicle.cost_km * length_m + 500) // 1000
        + (vehicle.cost_h * (end_s - start_s) + 1800) // 3600
        + (extra * overtime_s + 1800) // 3600
    )


def scatter_m(problem: Problem, route: Route) -> list[int]:
    """Return how far each task of a route is entered from the mean of these places.

    Whole metres, rounded down; none where the problem has no coordinates.
    """
    if problem.where is None:
        return []
    steps = [s for s in route.steps if s.kind == "task"]
    places = [problem.where[problem.tasks[s.idx].modes[s.mode].entry].tolist() for s in steps]
    num = max(1, len(places))
    east, north = sum(x for x, _ in places) // num, sum(y for _, y in places) // num
    return [math.isqrt((x - east) ** 2 + (y - north) ** 2) for x, y in places]


def shape_cost(problem: Problem, route: Route, duration_s: int) -> int:
    """Return what the length of a day and the scatter of its tasks cost, each rounded half up."""
    rules = problem.rules
    metres = sum(scatter_m(problem, route)) if rules.compact_km else 0
    balance = (rules.balance_h2 * duration_s**2 + 3600**2 // 2) // 3600**2
    return balance + (rules.compact_km * metres + 500) // 1000


class _Drive:
    """The state of one vehicle while its route is driven step by step."""

    def __init__(self, problem: Problem, route: Route) -> None:
        self.problem = problem
        self.route = route
        self.vehicle = problem.vehicles[route.vehicle]
        self.place = self.vehicle.start
        self.clock = route.start_s
        self.since_rest = 0
        self.meals = 0
        self.trips = 0
        self.length_m = 0
        self.driving_s = 0
        self.load_kg: dict[str, int] = defaultdict(int)
        self.load_l: dict[str, int] = defaultdict(int)
        self.tank_l = self.vehicle.tank_l
        self.carried: set[str] = set()
        if self.vehicle.starts_loaded:
            self.load_kg[self.vehicle.loaded_stream] = self.vehicle.loaded_kg
            self.load_l[self.vehicle.loaded_stream] = self.vehicle.loaded_l
            self.carried.add(self.vehicle.loaded_stream)
        self.at = "its start"
        self.collected_kg = 0
        self.released_s = self._next_release(0)
        self.timings: list[Timing] = []
        self.violations: list[str] = []
        self.pinned = {p.task: p.begin for p in problem.pins if p.begin is not None}

    def fail(self, text: str) -> None:
        self.violations.append(f"{self.vehicle.vehicle_id}: {text}")

    def _next_release(self, position: int) -> int:
        """Return the latest release among the tasks of the trip that begins at a position."""
        latest = 0
        for step in self.route.steps[position:]:
            if step.kind == "facility":
                break
            if step.kind == "task":
                latest = max(latest, self.problem.tasks[step.idx].release_s)
        return latest

    def leg(self, target: int, name: str) -> Leg:
        """Drive to a location by its name; the clock stands at the arrival afterwards."""
        profile = self.vehicle.profile
        leg = self.problem.leg(profile, self.place, target, self.clock)
        if leg is None:
            self.fail(f"no way from {self.at} to {name}")
            leg = Leg(self.clock, 0, 0, profile)
        self.at = name
        self.since_rest += leg.time_s
        if self.since_rest > self.problem.rules.max_driving_s:
            self.fail(f"{self.since_rest} s of driving without a rest")
        self.driving_s += leg.time_s
        self.length_m += leg.length_m
        self.clock = leg.arrive_s
        return leg

    def step(self, step: Step) -> None:
        if step.kind == "task":
            self.serve(step, self.problem.tasks[step.idx])
        elif step.kind == "facility":
            self.visit(step, self.problem.facilities[step.idx])
        elif step.kind == "change":
            self.change(step)
        else:
            self.pause(step)

    def serve(self, step: Step, task: Task) -> None:
        mode = task.modes[step.mode]
        leg = self.leg(mode.entry, task.task_id)
        arrive = self.clock
        windows = task.windows or ((0, 10**9),)
        early, late = self.pinned.get(step.idx, (0, 10**9))
        ready = max(arrive, step.begin_s, early)
        window = next((w for w in windows if ready <= w[1]), None)
        if window is None:
            self.fail(f"{task.task_id} reached at {ready} s, after its last window")
            window = windows[-1]
        begin = max(ready, window[0])
        if begin > late:
            self.fail(f"{task.task_id} begun at {begin} s, pinned until {late} s")
        if step.begin_s >= 0 and begin != step.begin_s:
            self.fail(f"{task.task_id} promised for {step.begin_s} s, begun at {begin} s")
        self.clock = begin + mode.service_s
        self.place = mode.exit
        self.length_m += mode.length_m
        self.take(task)
        timing = self.note(step, leg, arrive, begin)
        timing.window = window if task.windows else None

    def take(self, task: Task) -> None:
        vehicle = self.vehicle
        if not self.problem.may_serve(vehicle, task):
            self.fail(f"may not serve {task.task_id}")
        self.carried.add(task.stream)
        if len(self.carried) > vehicle.compartments:
            self.fail(f"streams {sorted(self.carried)} in {vehicle.compartments} compartment(s)")
        self.collected_kg += task.mass_kg
        self.load_kg[task.stream] += task.mass_kg
        self.load_l[task.stream] += task.volume_l
        if self.load_kg[task.stream] * vehicle.compartments > vehicle.capacity_kg:
            self.fail(f"{self.load_kg[task.stream]} kg of {task.stream} aboard")
        if self.load_l[task.stream] * vehicle.compartments > vehicle.capacity_l.get(task.stream, 0):
            self.fail(f"{self.load_l[task.stream]} l of {task.stream} aboard")
        self.tank_l -= task.water_l
        if self.tank_l < 0:
            self.fail(f"tank runs dry at {task.task_id}")

    def visit(self, step: Step, facility: Facility) -> None:
        leg = self.leg(facility.location, facility.facility_id)
        arrive = self.clock
        begin = max(arrive, facility.open_s)
        if step.begin_s >= 0:
            if step.begin_s < begin:
                self.fail(f"booked at {facility.facility_id} for {step.begin_s} s, before arrival")
            begin = max(begin, step.begin_s)
        self.clock = max(begin + facility.unload_s, self._next_release(len(self.timings) + 1))
        if begin + facility.unload_s > facility.close_s:
            self.fail(f"{facility.facility_id} closes before the truck is done")
        self.place = facility.location
        dropped = {
            s: kg
            for s, kg in self.load_kg.items()
            if s in facility.streams and (kg or self.load_l[s])
        }
        for stream in dropped:
            self.load_kg[stream] = self.load_l[stream] = 0
        if dropped:
            self.trips += 1
        if facility.refills:
            self.tank_l = self.vehicle.tank_l
        elif not dropped:
            self.fail(f"nothing to put down at {facility.facility_id}")
        timing = self.note(step, leg, arrive, begin)
        timing.put_down_kg = dropped

    def change(self, step: Step) -> None:
        """Make the empty compartments ready for other streams."""
        if not self.vehicle.changes_stream:
            self.fail("may not change its stream")
        self.carried = {s for s in self.carried if self.load_kg[s] or self.load_l[s]}
        if len(self.carried) == self.vehicle.compartments:
            self.fail(f"changes its stream with {sorted(self.carried)} aboard")
        arrive = self.clock
        self.clock += self.problem.rules.stream_change_s
        self.note(step, Leg(arrive, 0, 0, self.vehicle.profile), arrive, arrive)

    def pause(self, step: Step) -> None:
        rules = self.problem.rules
        begin = self.clock
        duration = rules.min_rest_s
        if step.kind == "meal":
            duration = rules.meal_break_s
            begin = max(begin, rules.meal_window[0])
            self.meals += 1
            if begin > rules.meal_window[1]:
                self.fail(f"meal begins at {begin} s, after its window")
        arrive = self.clock
        self.clock = begin + duration
        if duration >= rules.min_rest_s:
            self.since_rest = 0
        self.note(step, Leg(arrive, 0, 0, self.vehicle.profile), arrive, begin)

    def note(self, step: Step, leg: Leg, arrive: int, begin: int) -> Timing:
        timing = Timing(
            step,
            leg.time_s,
            leg.length_m,
            leg.layer,
            arrive,
            begin,
            self.clock,
            {s: kg for s, kg in self.load_kg.items() if kg},
            {s: litres for s, litres in self.load_l.items() if litres},
            self.tank_l,
        )
        self.timings.append(timing)
        return timing

    def finish(self) -> Driven:
        vehicle, rules = self.vehicle, self.problem.rules
        home = self.leg(vehicle.end, "its end")
        end = self.clock
        aboard = any(self.load_kg.values()) or any(self.load_l.values())
        if aboard and not vehicle.ends_loaded:
            self.fail("ends the day with a load aboard")
        if self.route.start_s < vehicle.shift_start:
            self.fail("leaves before its shift")
        if end > vehicle.shift_end + vehicle.max_overtime_s:
            self.fail(f"returns at {end} s, after shift and overtime")
        if self.route.start_s < self.released_s:
            self.fail(f"leaves at {self.route.start_s} s, before its first load is released")
        self._check_day_limits(end)
        if self.trips > vehicle.max_trips:
            self.fail(f"{self.trips} trips")
        needs_meal = rules.meal_applies(vehicle) and (
            self.route.start_s < rules.meal_window[1] < end
        )
        if needs_meal and not self.meals:
            self.fail("no meal break")
        cost = route_cost(vehicle, rules, self.length_m, self.route.start_s, end)
        cost += shape_cost(self.problem, self.route, end - self.route.start_s)
        return Driven(
            self.route,
            self.timings,
            home.time_s,
            home.length_m,
            home.layer,
            end,
            self.length_m,
            self.driving_s,
            cost,
            max(0, end - vehicle.shift_end),
            self.violations,
        )

    def _check_day_limits(self, end: int) -> None:
        vehicle = self.vehicle
        served = sum(step.kind == "task" for step in self.route.steps)
        duration = end - self.route.start_s
        if vehicle.max_day_kg is not None and self.collected_kg > vehicle.max_day_kg:
            self.fail(f"collects {self.collected_kg} kg in a day")
        if vehicle.max_day_tasks is not None and served > vehicle.max_day_tasks:
            self.fail(f"serves {served} tasks in a day")
        if vehicle.max_duration_s is not None and duration > vehicle.max_duration_s:
            self.fail(f"is under way for {duration} s")
        if vehicle.max_length_m is not None and self.length_m > vehicle.max_length_m:
            self.fail(f"drives {self.length_m} m, beyond its range")


def drive(problem: Problem, route: Route) -> Driven:
    """Return one route as driven, with the rules it breaks on its own."""
    state = _Drive(problem, route)
    for step in route.steps:
        state.step(step)
    return state.finish()


def drive_all(problem: Problem, routes: tuple[Route, ...]) -> list[Driven]:
    """Return all routes as driven, each by itself.

    Where a problem has no matrices, those of the places that a route calls at are asked for.
    """
    if problem.travel is None:
        return [drive(problem, route) for route in routes]
    return [_drive_alone(problem, route) for route in routes]


def _drive_alone(problem: Problem, route: Route) -> Driven:
    """Return one route as driven through a problem of its own tasks."""
    part = cut(problem, [s.idx for s in route.steps if s.kind == "task"], [route.vehicle])
    tasks = count()
    steps = (replace(s, idx=next(tasks)) if s.kind == "task" else s for s in route.steps)
    driven = drive(part.problem, Route(0, route.start_s, tuple(steps)))
    driven.route = route
    layer_of = _layers_in_whole(problem, part.problem, problem.vehicles[route.vehicle].profile)
    driven.home_layer = layer_of[driven.home_layer]
    for timing, step in zip(driven.timings, route.steps, strict=True):
        timing.step, timing.layer = step, layer_of[timing.layer]
    return driven


def _layers_in_whole(whole: Problem, part: Problem, profile: int) -> dict[int, int]:
    """Return from the layers of a part that has one profile to those of the whole."""
    if whole.hours is None or part.hours is None:
        return {0: profile}
    pairs = zip(part.hours.layer[0].tolist(), whole.hours.layer[profile].tolist(), strict=True)
    return {0: profile} | dict(pairs)


def _bay_faults(problem: Problem, driven: list[Driven]) -> list[str]:
    """Return a line for each moment at which a facility has more trucks inside than bays."""
    faults = []
    visits: dict[int, list[tuple[int, int]]] = {
        idx: [event for begin in f.booked for event in ((begin, 1), (begin + f.unload_s, -1))]
        for idx, f in enumerate(problem.facilities)
    }
    for route in driven:
        for timing in route.timings:
            if timing.step.kind == "facility":
                visits[timing.step.idx] += [(timing.begin_s, 1), (timing.end_s, -1)]
    for idx, events in sorted(visits.items()):
        busy = 0
        for moment, change in sorted(events):
            busy += change
            if busy > problem.facilities[idx].bays:
                faults.append(
                    f"{problem.facilities[idx].facility_id}: {busy} trucks inside at {moment} s"
                )
    return faults


def _tonnage_faults(problem: Problem, driven: list[Driven]) -> list[str]:
    """Return a line for each facility that receives more than its daily tonnage."""
    received: Counter[int] = Counter()
    for route in driven:
        for timing in route.timings:
            received[timing.step.idx] += sum(timing.put_down_kg.values())
    return [
        f"{facility.facility_id}: {received[idx]} kg, more than its {facility.capacity_kg} kg a day"
        for idx, facility in enumerate(problem.facilities)
        if facility.capacity_kg is not None and received[idx] > facility.capacity_kg
    ]


def _service_faults(problem: Problem, plan_routes: tuple[Route, ...], left: set[int]) -> list[str]:
    """Return a line for each task that is not served exactly once or left out exactly once."""
    times = Counter(s.idx for r in plan_routes for s in r.steps if s.kind == "task")
    return [
        f"{task.task_id}: served {times[idx]} times"
        for idx, task in enumerate(problem.tasks)
        if times[idx] + (idx in left) != 1
    ]


def _stranded_loads(problem: Problem, routes: tuple[Route, ...]) -> list[str]:
    """Return a line for each truck that has a load aboard from the start and stays at home."""
    out = {route.vehicle for route in routes}
    return [
        f"{v.vehicle_id}: stays at home with {v.loaded_kg} kg of {v.loaded_stream} aboard"
        for idx, v in enumerate(problem.vehicles)
        if v.starts_loaded and not v.ends_loaded and idx not in out
    ]


def _group_faults(problem: Problem, routes: tuple[Route, ...]) -> list[str]:
    """Return a line for each group whose visits follow none of its patterns."""
    day_of = {
        step.idx: problem.vehicles[route.vehicle].day
        for route in routes
        for step in route.steps
        if step.kind == "task"
    }
    faults = []
    for group in problem.groups:
        days = tuple(day_of.get(task) for task in group.tasks)
        if any(day is not None for day in days) and days not in group.patterns:
            name = problem.tasks[group.tasks[0]].task_id
            faults.append(f"{name}: visited on days {days}, which is none of its patterns")
    return faults


def _pin_faults(problem: Problem, driven: list[Driven]) -> list[str]:
    """Return a line for each pin to a vehicle or a place that is not held."""
    served: dict[int, tuple[int, int]] = {}
    for route in driven:
        own = [timing for timing in route.timings if timing.step.kind == "task"]
        for place, timing in enumerate(own):
            served[timing.step.idx] = route.route.vehicle, place
    faults = []
    for pin in problem.pins:
        name = problem.tasks[pin.task].task_id
        vehicle, place = served.get(pin.task, (-1, -1))
        if vehicle < 0:
            faults.append(f"{name}: left out although it is pinned")
            continue
        if pin.vehicle not in (None, vehicle):
            faults.append(f"{name}: served by another vehicle than pinned")
        if pin.place not in (None, place):
            faults.append(f"{name}: task {place} of its route, pinned as task {pin.place}")
    return faults


def evaluate(problem: Problem, routes: tuple[Route, ...], left_out: set[int]) -> Evaluation:
    """Return times, loads, cost and every broken rule of the routes and tasks left out.

    Parameters
    ----------
    routes
        At most one route a vehicle.
    left_out
        Indices of the tasks that are not served; each adds its price to the cost.
    """
    driven = drive_all(problem, routes)
    violations = [line for route in driven for line in route.violations]
    if len({r.vehicle for r in routes}) < len(routes):
        violations.append("a vehicle drives two routes")
    violations += _bay_faults(problem, driven)
    violations += _tonnage_faults(problem, driven)
    violations += _service_faults(problem, routes, left_out)
    violations += _stranded_loads(problem, routes)
    violations += _group_faults(problem, routes)
    violations += _pin_faults(problem, driven)
    cost = sum(d.cost for d in driven) + sum(problem.tasks[idx].price for idx in left_out)
    return Evaluation(driven, cost, violations)


def evaluate_plan(problem: Problem, plan: Plan) -> Evaluation:
    """Return the evaluation of a finished plan."""
    return evaluate(problem, plan.routes, {u.task for u in plan.unserved})
