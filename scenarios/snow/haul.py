"""Hauling snow away after a storm: loaders and tippers in step, as one plan of one problem.

Tours of loaders and the trucks that come for each load are played together (`loading`, `in_step`).
What comes out is judged by the slow evaluation as a whole. Should a rule forbid it that no play
knows, such as a street that is closed by then, trucks are searched for the same slots.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from routing.cache import load_or_build_roads
from routing.errors import InfeasibleError
from routing.profiles import weigh
from scenarios.access import access_groups
from scenarios.city import City
from scenarios.cleaning.linked import NOTHING, Search, routes_of
from scenarios.cleaning.stored import streets_only
from scenarios.cleaning.storm import Storm
from scenarios.cleaning.winter import PRICE_FACTOR
from scenarios.compounds import let_in
from scenarios.day import Day, DueStop, price_of
from scenarios.periods import lay_travel
from scenarios.problem import DayProblem, build_day_problem
from scenarios.run import DayPlan
from scenarios.schema import SNOW
from scenarios.snow.crew import Crew
from scenarios.snow.heaps import Heap, heaps_of
from scenarios.snow.in_step import Played, Stage
from scenarios.snow.loading import (
    Stays,
    best_played,
    held_stays,
    plan_stays,
    tours_of,
)
from scenarios.street_tasks import StreetTask
from solvers.bound import lower_bound
from solvers.cut import cut
from solvers.evaluate import Evaluation, evaluate_plan
from solvers.plan import Plan, Route, Unserved
from solvers.reasons import FLEET_BUSY
from solvers.solve import Options, Progress, solve
from solvers.stop import MaxIterations, Stop

Say = Callable[[str], None]
SCOPE = "snow"
PACES = (1.0, 1.5, 2.5)
"""How much longer than loading alone stays are thought to last when tours are planned."""
STEPS_A_LOAD = 100
"""Iterations of the search for tippers, for each load."""
MOST_SEARCHES = 5
"""Times that loaders and tippers are searched for in turns; each time fewer loads are left."""
NO_LOADER, LOADER_BARRED, DUMPS_FULL = "no_loader", "loader_barred", "facility_full"


@dataclass(frozen=True)
class Hauled:
    """How one priority fared: litres and loads in all and hauled, and when the last was loaded.

    ``done_s`` is None where anything is left.
    """

    priority: int
    km: float
    litres: int
    hauled_l: int
    loads: int
    hauled_loads: int
    done_s: int | None


@dataclass(frozen=True)
class SnowPlan:
    """The plan of hauling; ``slots`` are when loading of each load may begin, by its name."""

    storm: Storm
    heaps: tuple[Heap, ...]
    day: DayPlan
    slots: Mapping[str, tuple[int, int]]
    hauled: tuple[Hauled, ...]
    trips: int

    @property
    def left(self) -> list[str]:
        """The reason of each load that stays."""
        lost = ["off_network" for _ in self.day.posed.lost]
        return lost + [unserved.reason for unserved in self.day.plan.unserved]


def plan_snow(
    city: City,
    storm: Storm,
    crew: Crew,
    ploughed: DayPlan,
    stop: Callable[[], Stop],
    *,
    say: Say,
    progress: Progress,
    options: Options,
) -> SnowPlan | None:
    """Return the plan of hauling what lies along the streets ploughed last; None for nothing.

    Raises
    ------
    InfeasibleError
        When a depot or all streets are out of reach, or the plan breaks its own rules (a fault of
        the program).
    """
    runs, ends = _ploughed_last(ploughed)
    heaps = heaps_of(ploughed.network, runs, ends, storm, crew.load_l)
    if not heaps:
        return None
    heaps = [_priced(city, heap) for heap in heaps]
    posed = _pose(city, storm, crew, ploughed, heaps, say)
    count = sum(len(h.loads) for h in heaps)
    say(f"hauling: {len(heaps)} heaps in {count} loads")
    search = Search(stop(), city.settings.seed, "native", progress, options, say)
    best = _Hauling(posed, heaps, search).plan()
    day = DayPlan(storm.date, ploughed.network, best.posed, best.plan, search.seed)
    hauled, trips = _hauled(heaps, best.judged, best.posed)
    return SnowPlan(storm, tuple(heaps), day, best.slots, hauled, trips)


def _ploughed_last(ploughed: DayPlan) -> tuple[list[StreetTask], dict[str, int]]:
    """Return the runs of the last cycle, and when each that was worked was done."""
    runs = [s for s in ploughed.posed.sources if isinstance(s, StreetTask)]
    last = max(int(run.task_id.rpartition("#")[2]) for run in runs)
    judged = evaluate_plan(ploughed.posed.problem, ploughed.plan)
    ends = {
        ploughed.posed.problem.tasks[timing.step.idx].task_id: timing.end_s
        for route in judged.driven
        for timing in route.timings
        if timing.step.kind == "task"
    }
    return [run for run in runs if run.task_id.endswith(f"#{last}")], ends


def _pose(
    city: City, storm: Storm, crew: Crew, ploughed: DayPlan, heaps: Sequence[Heap], say: Say
) -> DayProblem:
    """Return the problem of loads, as stops, and of heaps, as street work of loaders."""
    network = ploughed.network
    groups, notes = access_groups(city, network, storm.date, crew.trucks)
    weights = [weigh(network, g.profile, g.blocked) for g in groups]
    stops = tuple(stop for heap in heaps for stop in _stops(city, heap))
    day = Day(storm.date, stops, crew.facilities, crew.trucks, (), (), scope=SCOPE)
    roads = load_or_build_roads(network, progress=say)
    travel = lay_travel(roads, groups, weights, let_in(groups, crew.trucks))
    runs = [heap.run for heap in heaps]
    notes = [*crew.notes, *notes]
    return build_day_problem(streets_only(city), day, network, groups, travel, runs, notes, say)


def _priced(city: City, heap: Heap) -> Heap:
    """Return a heap that is as dear to leave out as all its loads."""
    return replace(heap, run=replace(heap.run, price=sum(s.price for s in _stops(city, heap))))


def _stops(city: City, heap: Heap) -> list[DueStop]:
    factor = PRICE_FACTOR[heap.priority]
    return [
        DueStop(
            point_id=load.load_id,
            visit=1,
            name=f"{heap.run.name} {k}/{len(heap.loads)}",
            lon=load.lon,
            lat=load.lat,
            district="",
            stream=SNOW,
            mass_kg=load.mass_kg,
            volume_l=load.litres,
            service_s=load.service_s,
            windows=(),
            right_only=True,
            priority=heap.priority,
            price=price_of(city.settings, load.mass_kg, factor),
            kind="point",
            stop_id=load.load_id,
        )
        for k, load in enumerate(heap.loads, 1)
    ]


@dataclass(frozen=True)
class _Joined:
    """A plan of all, and when loading of each load may begin."""

    posed: DayProblem
    plan: Plan
    judged: Evaluation
    slots: dict[str, tuple[int, int]]


class _Hauling:
    """Loaders and tippers of one storm."""

    def __init__(self, posed: DayProblem, heaps: Sequence[Heap], search: Search) -> None:
        self.posed, self.heaps, self.search = posed, heaps, search
        problem = posed.problem
        self.stage = Stage(problem, heaps)
        self.index, self.first = self.stage.index, self.stage.first
        self.reached = {k for k, heap in enumerate(heaps) if self.stage.has_way(heap)}

    def plan(self) -> _Joined:
        """Return the plan of the best play, its trucks searched anew if a rule forbids theirs."""
        stays = [plan_stays(self.posed, self.heaps, self._paced(p), self.search) for p in PACES]
        begin = [tours_of(self.stage, one) for one in stays]
        played, iterations = best_played(self.stage, begin, self.reached, self.search)
        come_s = {k: come_s for k, (come_s, _) in played.stays.items()}
        held = Stays(played.tours, come_s, stays[0].left, iterations)
        try:
            return self._joined(held, played.slots, played.routes, [])
        except InfeasibleError as fault:
            return self._searched(played, replace(held, iterations=iterations), fault)

    def _searched(self, played: Played, held: Stays, fault: InfeasibleError) -> _Joined:
        """Return a plan of searched tours and trucks in the slots of a play that breaks a rule.

        Loads that no truck takes in its slot shorten a stay or end it before it begins, and then a
        loader may be under way while streets are shut: its tour is searched again.
        """
        stays = played.stays
        for _ in range(MOST_SEARCHES):
            held = replace(
                held_stays(self.posed, self.heaps, stays, held, self.search),
                iterations=held.iterations,
            )
            slots = {
                load.load_id: played.slots[load.load_id]
                for k in sorted(held.begin_s)
                for load in self.heaps[k].loads
                if load.load_id in played.slots
            }
            routes, left = self._tippers(slots)
            try:
                return self._joined(held, slots, routes, left)
            except InfeasibleError as again:
                fault = again
            ends = self._loaded(_with_slots(self.posed, slots), routes)
            stays = {k: (held.begin_s[k], end_s) for k, end_s in sorted(ends.items())}
        raise fault

    def _paced(self, pace: float) -> list[int | None]:
        """Return how long stays last if loading takes so much longer; None = no tipper comes."""
        stays: list[int | None] = [None] * len(self.heaps)
        for k in self.reached:
            stays[k] = math.ceil(pace * sum(load.service_s for load in self.heaps[k].loads))
        return stays

    def _tippers(self, slots: Mapping[str, tuple[int, int]]) -> tuple[list[Route], list[Unserved]]:
        """Return the routes that tippers drive for loads in their slots, and which they leave."""
        chosen = [self.index[name] for name in slots]
        if not chosen:
            return [], []
        problem = _with_slots(self.posed, slots).problem
        part = cut(problem, chosen, self.stage.tippers)
        steps = MaxIterations(0 if self.search.stopped else STEPS_A_LOAD * len(chosen))
        options = replace(self.search.options, checkpoint=None, resume=False, begin=None)
        plan = solve(part.problem, steps, self.search.seed, "native", self.search.tell, options)
        left = [Unserved(part.tasks[u.task], u.reason, u.proof) for u in plan.unserved]
        return routes_of(part, plan.routes), left

    def _joined(
        self,
        stays: Stays,
        slots: dict[str, tuple[int, int]],
        routes: Sequence[Route],
        left: Sequence[Unserved],
    ) -> _Joined:
        """Return the plan of all, each loader leaving when its last truck is loaded.

        Raises
        ------
        InfeasibleError
            When it breaks a rule.
        """
        posed = _with_slots(self.posed, slots)
        ends = self._loaded(posed, routes)
        posed, number = self._stays(posed, stays, ends)
        tours = tuple(_renumbered(route, number) for route in stays.routes)
        room_kg = _room_kg(posed, routes)
        # alone on the day a truck would find room, or a loader; beside the others dumps are short
        unserved = [
            replace(u, reason=DUMPS_FULL)
            if u.reason in (FLEET_BUSY, NO_LOADER) and posed.problem.tasks[u.task].mass_kg > room_kg
            else u
            for u in (*left, *self._unloaded(stays, slots))
        ]
        plan = replace(
            NOTHING,
            routes=(*(r for r in tours if r.steps), *routes),
            unserved=tuple(sorted(unserved, key=lambda u: u.task)),
            lower_bound=lower_bound(posed.problem),
            iterations=stays.iterations,
            solver="native",
        )
        judged = evaluate_plan(posed.problem, plan)
        if judged.violations:
            raise InfeasibleError(
                "\n".join(["the plan found breaks its own rules:", *judged.violations])
            )
        return _Joined(posed, replace(plan, cost=judged.cost), judged, slots)

    def _loaded(self, posed: DayProblem, routes: Sequence[Route]) -> dict[int, int]:
        """Return when the last load of each heap is loaded, by the index of the heap."""
        heap_of = {load.load_id: k for k, heap in enumerate(self.heaps) for load in heap.loads}
        judged = evaluate_plan(posed.problem, replace(NOTHING, routes=tuple(routes)))
        ends: dict[int, int] = {}
        for route in judged.driven:
            for timing in route.timings:
                if timing.step.kind == "task":
                    k = heap_of[posed.problem.tasks[timing.step.idx].task_id]
                    ends[k] = max(ends.get(k, 0), timing.end_s)
        return ends

    def _stays(
        self, posed: DayProblem, stays: Stays, ends: Mapping[int, int]
    ) -> tuple[DayProblem, dict[int, int]]:
        """Return the problem with the stays in which anything is loaded, and their new numbers."""
        problem = posed.problem
        tasks, sources = list(problem.tasks[: self.first]), list(posed.sources[: self.first])
        number = {}
        for k in sorted(ends):
            begin_s = stays.begin_s[k]
            stay_s, window = ends[k] - begin_s, ((begin_s, begin_s),)
            task, heap = problem.tasks[self.first + k], self.heaps[k]
            number[self.first + k] = len(tasks)
            mode = replace(task.modes[0], service_s=stay_s)
            tasks.append(replace(task, modes=(mode,), windows=window))
            mode_run = replace(heap.run.modes[0], service_s=stay_s)
            sources.append(replace(heap.run, modes=(mode_run,), windows=window))
        whole = replace(problem, tasks=tuple(tasks))
        return replace(posed, problem=whole, sources=tuple(sources)), number

    def _unloaded(self, stays: Stays, slots: Mapping[str, tuple[int, int]]) -> Iterator[Unserved]:
        """Yield the loads without a slot.

        It is tippers that are short where loaders came, or would without waiting for any.
        """
        for k, heap in enumerate(self.heaps):
            why = FLEET_BUSY
            if k not in self.reached:
                why = LOADER_BARRED
            elif k in stays.left and k not in stays.begin_s:
                why = NO_LOADER
            for load in heap.loads:
                if load.load_id in self.index and load.load_id not in slots:
                    yield Unserved(self.index[load.load_id], why, {})


def _room_kg(posed: DayProblem, routes: Sequence[Route]) -> float:
    """Return what the dump with most room may still take on the day."""
    problem = posed.problem
    taken_kg = [0] * len(problem.facilities)
    for route in evaluate_plan(problem, replace(NOTHING, routes=tuple(routes))).driven:
        for timing in route.timings:
            if timing.step.kind == "facility":
                taken_kg[timing.step.idx] += sum(timing.put_down_kg.values())
    rooms = [
        math.inf if f.capacity_kg is None else f.capacity_kg - kg
        for f, kg in zip(problem.facilities, taken_kg, strict=True)
        if SNOW in f.streams
    ]
    return max(rooms)


def _with_slots(posed: DayProblem, slots: Mapping[str, tuple[int, int]]) -> DayProblem:
    """Return the problem whose loads have their slots as windows."""
    tasks = tuple(
        replace(t, windows=(slots[t.task_id],)) if t.task_id in slots else t
        for t in posed.problem.tasks
    )
    return replace(posed, problem=replace(posed.problem, tasks=tasks))


def _renumbered(route: Route, number: Mapping[int, int]) -> Route:
    """Return a tour with the numbers that its stays have now, without those that are gone.

    A tour of which nothing is left has no step.
    """
    steps = tuple(
        replace(s, idx=number[s.idx]) if s.kind == "task" else s
        for s in route.steps
        if s.kind != "task" or s.idx in number
    )
    works = any(s.kind == "task" for s in steps)
    return replace(route, steps=steps if works else ())


def _hauled(
    heaps: Sequence[Heap], judged: Evaluation, posed: DayProblem
) -> tuple[tuple[Hauled, ...], int]:
    """Return how each priority fared, and how many times tippers unload."""
    timings = [t for route in judged.driven for t in route.timings]
    ends = {posed.problem.tasks[t.step.idx].task_id: t.end_s for t in timings
            if t.step.kind == "task"}  # fmt: skip
    found = []
    for priority in sorted({heap.priority for heap in heaps}):
        own = [heap for heap in heaps if heap.priority == priority]
        loads = [load for heap in own for load in heap.loads]
        done = [load for load in loads if load.load_id in ends]
        found.append(
            Hauled(
                priority,
                sum(heap.run.modes[0].length_m for heap in own) / 1000,
                sum(heap.litres for heap in own),
                sum(load.litres for load in done),
                len(loads),
                len(done),
                max(ends[load.load_id] for load in done) if len(done) == len(loads) else None,
            )
        )
    return tuple(found), sum(t.step.kind == "facility" for t in timings)


Moment = tuple[int, dict[int, float], int, int, int]
"""A moment of the drill: share hauled by priority, loaders at heaps, tippers being loaded, tippers
at dumps."""


def drill_snow(plan: SnowPlan, step_s: int = 1800) -> list[Moment]:
    """Return the hauling played through, half hour by half hour."""
    posed = plan.day.posed
    judged = evaluate_plan(posed.problem, plan.day.plan)
    timings = [t for route in judged.driven for t in route.timings]
    tasks = posed.problem.tasks
    ends = {tasks[t.step.idx].task_id: t.end_s for t in timings if t.step.kind == "task"}
    begin = min((route.route.start_s for route in judged.driven), default=0) // step_s * step_s
    until = max((route.end_s for route in judged.driven), default=0) + step_s
    played = []
    for moment in range(begin, until, step_s):
        shares = {}
        for one in plan.hauled:
            loads = [load for h in plan.heaps if h.priority == one.priority for load in h.loads]
            gone = sum(x.litres for x in loads if ends.get(x.load_id, until) <= moment)
            shares[one.priority] = gone / one.litres
        now = [t.step for t in timings if t.begin_s <= moment < t.end_s]
        kinds = [tasks[s.idx].stream if s.kind == "task" else s.kind for s in now]
        loaders = len([k for k in kinds if k not in (SNOW, "facility", "meal", "rest")])
        played.append((moment, shares, loaders, kinds.count(SNOW), kinds.count("facility")))
    return played
