"""Loaders and tippers in step: a night played through, each load for the truck that is there first.

Loaders work off their tours load by load, and wait where no truck is. A truck stays while the next
load of its loader fits, then goes to the dump where it has unloaded first. So no slot is wider than
the trucks that come for it need. Meals and rests are played as routes have them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from scenarios.schema import SNOW
from scenarios.snow.heaps import Heap, SnowLoad
from scenarios.snow.ways import Ways
from solvers.plan import Route, Step
from solvers.problem import Problem, Vehicle

PAD_S = 90
"""How long a loader waits for a truck that is late, where it had to wait for it anyway."""
FOLLOWED_S = 600
"""How far a truck with room left follows its loader to the next heap."""
MEAL, REST = Step("meal"), Step("rest")


@dataclass(frozen=True)
class Played:
    """What was played.

    Attributes
    ----------
    slots
        When loading of each load may begin, by its name.
    tours, routes
        What loaders and tippers do.
    stays
        When the loader comes to each heap and when it leaves, by the index of the heap.
    worth
        The prices of the loads that are hauled, by priority, the highest first.
    """

    slots: dict[str, tuple[int, int]]
    tours: tuple[Route, ...]
    routes: tuple[Route, ...]
    stays: dict[int, tuple[int, int]]
    worth: tuple[int, ...]


class Stage:
    """What all plays of one storm have in common."""

    def __init__(self, problem: Problem, heaps: Sequence[Heap]) -> None:
        self.problem, self.heaps = problem, heaps
        self.first = len(problem.tasks) - len(heaps)
        loads = problem.tasks[: self.first]
        self.index = {task.task_id: t for t, task in enumerate(loads)}
        self.place = [task.modes[0].entry for task in loads]
        places = np.unique(np.asarray(self.place, dtype=np.int64))
        self.ways = {
            profile: Ways(problem, profile, places)
            for profile in sorted({v.profile for v in problem.vehicles})
        }
        self.loaders = [k for k, v in enumerate(problem.vehicles) if SNOW not in v.capacity_l]
        self.tippers = [k for k, v in enumerate(problem.vehicles) if SNOW in v.capacity_l]

    def has_way(self, heap: Heap) -> bool:
        """Whether some tipper can bring what lies there to a dump and come back."""
        load = self.index.get(heap.loads[0].load_id)
        if load is None:  # it lies on no street of a tipper
            return False
        for profile in {self.problem.vehicles[k].profile for k in self.tippers}:
            ways, at = self.ways[profile], self.place[load]
            for dump in (self.problem.facilities[f].location for f in ways.dumps):
                if ways.exists(at, dump) and ways.exists(dump, at):
                    return True
        return False

    def play(self, tours: Sequence[Sequence[int]]) -> Played:
        """Play the hauling of heaps in the order of a tour for each loader."""
        return _Night(self).play(tours)


@dataclass
class _Crew:
    """A loader or tipper on its way: where it is, from when on it is free, and what it has done.

    ``driven_s`` is counted since the last rest, ``dumped_driven_s`` what it was at the last dump.
    """

    vehicle: Vehicle
    ways: Ways
    at: int
    free_s: int
    ate: bool
    driven_s: int = 0
    aboard_l: int = 0
    aboard_kg: int = 0
    day_kg: int = 0
    trips: int = 0
    dumped_driven_s: int = 0
    start_s: int = -1
    steps: list[Step] = field(default_factory=list)

    @property
    def until(self) -> int:
        """Return when it has to be home."""
        return self.vehicle.shift_end + self.vehicle.max_overtime_s

    def holds(self, load: SnowLoad) -> bool:
        """Whether a load fits beside what is aboard."""
        own = self.vehicle
        return (
            self.aboard_l + load.litres <= own.capacity_l.get(SNOW, 0)
            and self.aboard_kg + load.mass_kg <= own.capacity_kg
            and (own.max_day_kg is None or self.day_kg + load.mass_kg <= own.max_day_kg)
        )

    def do(self, step: Step, start_s: int) -> None:
        """Add a step; with the first the route starts."""
        if not self.steps:
            self.start_s = max(self.vehicle.shift_start, start_s)
        self.steps.append(step)


@dataclass(frozen=True)
class _Drive:
    """A drive: when a crew sets out, or rests before it, when it arrives, and what it drives.

    ``driven_s`` is all since its last rest, ``drive_s`` is for this way alone.
    """

    depart_s: int
    arrive_s: int
    drive_s: int
    driven_s: int
    rests: bool


@dataclass(frozen=True)
class _Dumping:
    """When a truck has unloaded at a facility, and its drive there."""

    end_s: int
    facility: int
    drive: _Drive


class _Tour:
    """What is left of a loader's tour."""

    def __init__(self, loader: _Crew, heaps: Sequence[int]) -> None:
        self.loader, self.heaps = loader, list(heaps)
        self.number = 0  # loads of the first of the heaps that are done
        self.drive: _Drive | None = None  # by which the loader came there, None before it has
        self.truck: _Crew | None = None  # the one that it loads


class _Night:
    """The state of one play: where all trucks are, and when bays of dumps are free."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.problem, self.heaps = stage, stage.problem, stage.heaps
        self.tippers = [self._crew(k) for k in stage.tippers]
        sites = self.problem.facilities
        self.bays = [[site.open_s] * site.bays for site in sites]
        self.room_kg = [math.inf if f.capacity_kg is None else f.capacity_kg for f in sites]
        self.slots: dict[str, tuple[int, int]] = {}
        self.stays: dict[int, tuple[int, int]] = {}

    def _crew(self, k: int) -> _Crew:
        vehicle = self.problem.vehicles[k]
        ate = not self.problem.rules.meal_applies(vehicle)
        ways = self.stage.ways[vehicle.profile]
        return _Crew(vehicle, ways, vehicle.start, vehicle.shift_start, ate)

    def play(self, orders: Sequence[Sequence[int]]) -> Played:
        """Work off all tours, always that of the loader which is ready first."""
        loaders = [self._crew(k) for k in self.stage.loaders]
        left = [_Tour(loader, own) for loader, own in zip(loaders, orders, strict=True)]
        while left:
            for tour in left:
                if tour.drive is None:
                    self._come(tour)
                if not tour.heaps and tour.truck is not None:
                    self._unload(tour.truck)
            left = [tour for tour in left if tour.heaps]
            if left:
                self._load(min(left, key=lambda tour: tour.loader.free_s))
        return Played(
            self.slots,
            self._routes(self.stage.loaders, loaders),
            self._routes(self.stage.tippers, self.tippers),
            self.stays,
            self._worth(),
        )

    def _worth(self) -> tuple[int, ...]:
        """Return the prices of what is hauled, by priority."""
        tasks, index = self.problem.tasks, self.stage.index
        worth = {heap.priority: 0 for heap in self.heaps}
        for heap in self.heaps:
            for load in heap.loads:
                if load.load_id in self.slots:
                    worth[heap.priority] += tasks[index[load.load_id]].price
        return tuple(worth[priority] for priority in sorted(worth))

    def _routes(self, numbers: Sequence[int], crews: Sequence[_Crew]) -> tuple[Route, ...]:
        """Return the routes of all that work, with the rest that they need on the way home."""
        routes = []
        for k, crew in zip(numbers, crews, strict=True):
            if any(step.kind == "task" for step in crew.steps):
                home = self._drive(crew, crew.at, crew.vehicle.end, crew.free_s, crew.driven_s)
                rest = (REST,) if home is not None and home.rests else ()
                routes.append(Route(k, crew.start_s, (*crew.steps, *rest)))
        return tuple(routes)

    def _come(self, tour: _Tour) -> None:
        """Bring a loader to the next heap of its tour that it can still load and be home."""
        loader = tour.loader
        while tour.heaps:
            k = tour.heaps[0]
            heap, mode = self.heaps[k], self.problem.tasks[self.stage.first + k].modes[0]
            stay_s = sum(load.service_s for load in heap.loads)
            self._eat(loader, mode.entry, stay_s)
            drive = self._drive(loader, loader.at, mode.entry, loader.free_s, loader.driven_s)
            if drive is not None:
                arrival_s = max(drive.arrive_s, heap.ready_s)
                done_s = arrival_s + stay_s
                if self._is_home(loader, mode.exit, done_s, drive.driven_s):
                    if drive.rests:
                        loader.do(REST, drive.depart_s)
                    loader.free_s, loader.at = arrival_s, mode.exit
                    loader.driven_s = drive.driven_s
                    tour.number, tour.drive = 0, drive
                    return
            tour.heaps.pop(0)

    def _eat(self, crew: _Crew, to: int, then_s: int) -> None:
        """Let a crew eat if it is time to, or will be too late after what it does next."""
        rules = self.problem.rules
        early, late = rules.meal_window
        if crew.ate:
            return
        leg = crew.ways.leg(crew.at, to, crew.free_s)
        if crew.free_s >= early or (leg is not None and leg.arrive_s + then_s > late):
            crew.do(MEAL, crew.free_s)
            crew.free_s = max(crew.free_s, early) + rules.meal_break_s
            crew.ate = True
            if rules.meal_break_s >= rules.min_rest_s:
                crew.driven_s = 0

    def _drive(
        self, crew: _Crew, source: int, target: int, free_s: int, driven_s: int
    ) -> _Drive | None:
        """Return how a crew gets there first, with the rest that it needs; None = no way."""
        rules = self.problem.rules
        leg = crew.ways.leg(source, target, free_s)
        rests = leg is not None and driven_s + leg.time_s > rules.max_driving_s
        if rests:
            leg = crew.ways.leg(source, target, free_s + rules.min_rest_s)
            driven_s = 0
        if leg is None:
            return None
        depart_s = leg.depart_s - rules.min_rest_s if rests else leg.depart_s
        return _Drive(depart_s, leg.arrive_s, leg.time_s, driven_s + leg.time_s, rests)

    def _is_home(self, crew: _Crew, at: int, free_s: int, driven_s: int) -> bool:
        """Whether a crew that is free somewhere is home in time."""
        home = self._drive(crew, at, crew.vehicle.end, free_s, driven_s)
        return home is not None and home.arrive_s <= crew.until

    def _latest(self, crew: _Crew, to: int, drive: _Drive, begin_s: int) -> int:
        """Return how late a crew may leave its depot by a drive if it begins at a moment."""
        if crew.steps:
            return drive.depart_s  # it left long ago
        late_s = begin_s - drive.drive_s
        leg = crew.ways.leg(crew.vehicle.start, to, late_s)
        return late_s if leg is not None and leg.arrive_s <= begin_s else drive.depart_s

    def _load(self, tour: _Tour) -> None:
        """Let the truck that can be there first take the next load of a tour."""
        loader, k = tour.loader, tour.heaps[0]
        load = self.heaps[k].loads[tour.number]
        coming = [
            (max(loader.free_s, drive.arrive_s), drive.drive_s, number, truck, drive)
            for number, (truck, drive) in enumerate(self._coming(load, tour))
        ]
        if coming:
            begin_s, _, _, truck, drive = min(coming, key=lambda c: c[:3])
            done_s = begin_s + PAD_S + load.service_s
            if self._is_home(loader, loader.at, done_s, loader.driven_s):
                self._take(tour, load, truck, drive)
        tour.number += 1
        if tour.number == len(self.heaps[k].loads):
            tour.heaps.pop(0)
            tour.drive = None

    def _take(self, tour: _Tour, load: SnowLoad, truck: _Crew, drive: _Drive) -> None:
        """Load a truck that comes; a loader that waits for it does so a little longer."""
        loader, k = tour.loader, tour.heaps[0]
        task = self.stage.index[load.load_id]
        begin_s = max(loader.free_s, drive.arrive_s)
        latest_s = begin_s + (PAD_S if drive.arrive_s > loader.free_s else 0)
        if k not in self.stays and tour.drive is not None:
            at = self.problem.tasks[self.stage.first + k].modes[0].entry
            loader.do(
                Step("task", self.stage.first + k), self._latest(loader, at, tour.drive, begin_s)
            )
        if drive.rests:
            truck.do(REST, drive.depart_s)
        truck.do(Step("task", task), self._latest(truck, self.stage.place[task], drive, begin_s))
        loader.free_s = truck.free_s = latest_s + load.service_s
        self.slots[load.load_id] = (begin_s, latest_s)
        self.stays[k] = (self.stays[k][0] if k in self.stays else begin_s, loader.free_s)
        tour.truck = truck
        truck.at, truck.driven_s = self.stage.place[task], drive.driven_s
        truck.aboard_l += load.litres
        truck.aboard_kg += load.mass_kg
        truck.day_kg += load.mass_kg

    def _coming(self, load: SnowLoad, tour: _Tour) -> Iterator[tuple[_Crew, _Drive]]:
        """Yield the trucks that can take a load and still unload and be home, and their drives.

        The truck that stands at the loader is the only one if the load fits; else it leaves.
        """
        if load.load_id not in self.stage.index:  # on no street of a tipper
            return
        if tour.truck is not None:
            found = self._comes(tour.truck, load, tour.loader.free_s)
            if found is not None and found.drive_s <= FOLLOWED_S:
                yield tour.truck, found
                return
            self._unload(tour.truck)
            tour.truck = None
        for truck in self.tippers:
            if not truck.aboard_l and truck.trips < truck.vehicle.max_trips:
                found = self._comes(truck, load, tour.loader.free_s)
                if found is not None:
                    yield truck, found

    def _comes(self, truck: _Crew, load: SnowLoad, ready_s: int) -> _Drive | None:
        """Return how a truck comes to a load, None if it cannot take it."""
        at = self.stage.place[self.stage.index[load.load_id]]
        if not truck.holds(load):
            return None
        self._eat(truck, at, load.service_s)
        drive = self._drive(truck, truck.at, at, truck.free_s, truck.driven_s)
        if drive is None:
            return None
        loaded_s = max(drive.arrive_s, ready_s) + PAD_S + load.service_s
        kg = truck.aboard_kg + load.mass_kg
        found = self._best_dump(truck, at, loaded_s, drive.driven_s, kg)
        return None if found is None else drive

    def _best_dump(
        self, truck: _Crew, at: int, free_s: int, driven_s: int, kg: int
    ) -> _Dumping | None:
        """Return the dump where a truck has unloaded first and from which it is home in time."""
        best = None
        for f in truck.ways.dumps:
            site = self.problem.facilities[f]
            if self.room_kg[f] < kg:
                continue
            drive = self._drive(truck, at, site.location, free_s, driven_s)
            if drive is None:
                continue
            end_s = max(drive.arrive_s, min(self.bays[f])) + site.unload_s
            if end_s > site.close_s or (best is not None and end_s >= best.end_s):
                continue
            if self._is_home(truck, site.location, end_s, drive.driven_s):
                best = _Dumping(end_s, f, drive)
        return best

    def _unload(self, truck: _Crew) -> None:
        """Bring what a truck holds to the dump where it has unloaded first."""
        kg = truck.aboard_kg
        found = self._best_dump(truck, truck.at, truck.free_s, truck.driven_s, kg)
        truck.aboard_l = truck.aboard_kg = 0
        truck.trips += 1
        if found is None:  # there was a bay when it was loaded, others have taken it since
            self._take_back(truck)
            return
        f = found.facility
        site, bays = self.problem.facilities[f], self.bays[f]
        bays[bays.index(min(bays))] = truck.free_s = found.end_s
        self.room_kg[f] -= kg
        if found.drive.rests:
            truck.steps.append(REST)
        truck.steps.append(Step("facility", f, begin_s=found.end_s - site.unload_s))
        truck.at = site.location
        truck.driven_s = truck.dumped_driven_s = found.drive.driven_s

    def _take_back(self, truck: _Crew) -> None:
        """Leave what a truck has loaded since its last dump, and let it go home."""
        while truck.steps and truck.steps[-1].kind != "facility":
            step = truck.steps.pop()
            if step.kind == "task":
                del self.slots[self.problem.tasks[step.idx].task_id]
        if truck.steps:
            site = self.problem.facilities[truck.steps[-1].idx]
            truck.at = site.location
        truck.driven_s = truck.dumped_driven_s
        truck.trips = truck.vehicle.max_trips
