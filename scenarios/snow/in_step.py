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
from numpy.typing import NDArray

from scenarios.schema import SNOW
from scenarios.snow.heaps import Heap, SnowLoad
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
        The prices of all loads that are hauled.
    """

    slots: dict[str, tuple[int, int]]
    tours: tuple[Route, ...]
    routes: tuple[Route, ...]
    stays: dict[int, tuple[int, int]]
    worth: int


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
            profile: _Ways(problem, profile, places)
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
            ways = self.ways[profile]
            row = ways.row[self.place[load]]
            if any(min(ways.go[row][d], ways.back[d][row]) >= 0 for d in range(len(ways.dumps))):
                return True
        return False

    def play(self, tours: Sequence[Sequence[int]]) -> Played:
        """Play the hauling of heaps in the order of a tour for each loader."""
        return _Night(self).play(tours)


class _Ways:
    """Seconds of driving of one profile between loads, dumps and depots."""

    def __init__(self, problem: Problem, profile: int, loads: NDArray[np.int64]) -> None:
        self.problem, self.profile = problem, profile
        self.dumps = [f for f, site in enumerate(problem.facilities) if SNOW in site.streams]
        there = np.asarray([problem.facilities[f].location for f in self.dumps], dtype=np.int64)
        self.row = {int(at): k for k, at in enumerate(loads)}
        self.go = problem.ways.block(profile, loads, there)[0].tolist()
        self.back = problem.ways.block(profile, there, loads)[0].tolist()
        self.pairs: dict[tuple[int, int], int] = {}

    def between(self, a: int, b: int) -> int:
        """Return the seconds from one place to another, -1 if there is no way."""
        if a == b:
            return 0
        if (a, b) not in self.pairs:
            one, other = (np.asarray([at], dtype=np.int64) for at in (a, b))
            self.pairs[a, b] = int(self.problem.ways.block(self.profile, one, other)[0][0, 0])
        return self.pairs[a, b]


@dataclass
class _Crew:
    """A loader or tipper on its way: where it is, from when on it is free, and what it has done.

    ``driven_s`` is counted since the last rest, ``dumped_driven_s`` what it was at the last dump;
    ``dump`` is the one of the dumps of its ways at which it stands, -1 if at none.
    """

    vehicle: Vehicle
    ways: _Ways
    at: int
    free_s: int
    ate: bool
    driven_s: int = 0
    aboard_l: int = 0
    aboard_kg: int = 0
    day_kg: int = 0
    trips: int = 0
    dump: int = -1
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
class _Coming:
    """When a truck can be at a load, and how many seconds it drives for it.

    ``leg_s`` is with the rest that it needs before, ``driven_s`` all since its last rest.
    """

    arrival_s: int
    drive_s: int
    leg_s: int
    driven_s: int
    truck: _Crew


@dataclass(frozen=True)
class _Dumping:
    """When a truck has unloaded at one of the dumps of its ways, and what it drove until then."""

    end_s: int
    column: int
    driven_s: int
    rests: bool


class _Tour:
    """What is left of a loader's tour."""

    def __init__(self, loader: _Crew, heaps: Sequence[int]) -> None:
        self.loader, self.heaps = loader, list(heaps)
        self.number = 0  # loads of the first of the heaps that are done
        self.come = False  # whether the loader is at that heap
        self.leg_s = 0  # how long it took to come there
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
                if not tour.come:
                    self._come(tour)
                if not tour.heaps and tour.truck is not None:
                    self._unload(tour.truck)
            left = [tour for tour in left if tour.heaps]
            if left:
                self._load(min(left, key=lambda tour: tour.loader.free_s))
        tasks, index = self.problem.tasks, self.stage.index
        return Played(
            self.slots,
            self._routes(self.stage.loaders, loaders),
            self._routes(self.stage.tippers, self.tippers),
            self.stays,
            sum(tasks[index[name]].price for name in self.slots),
        )

    def _routes(self, numbers: Sequence[int], crews: Sequence[_Crew]) -> tuple[Route, ...]:
        """Return the routes of all that work, with the rest that they need on the way home."""
        routes = []
        for k, crew in zip(numbers, crews, strict=True):
            if any(step.kind == "task" for step in crew.steps):
                home_s = crew.ways.between(crew.at, crew.vehicle.end)
                rest = (REST,) if self._leg(crew.driven_s, home_s)[0] > home_s else ()
                routes.append(Route(k, crew.start_s, (*crew.steps, *rest)))
        return tuple(routes)

    def _come(self, tour: _Tour) -> None:
        """Bring a loader to the next heap of its tour that it can still load and be home."""
        loader = tour.loader
        while tour.heaps:
            k = tour.heaps[0]
            heap, mode = self.heaps[k], self.problem.tasks[self.stage.first + k].modes[0]
            drive_s = loader.ways.between(loader.at, mode.entry)
            home_s = loader.ways.between(mode.exit, loader.vehicle.end)
            stay_s = sum(load.service_s for load in heap.loads)
            self._eat(loader, drive_s + stay_s)
            leg_s, driven_s = self._leg(loader.driven_s, drive_s)
            last_s = loader.until - self._leg(driven_s, home_s)[0]
            arrival_s = max(loader.free_s + leg_s, heap.ready_s)
            if min(drive_s, home_s) >= 0 and arrival_s + stay_s <= last_s:
                if leg_s > drive_s:
                    loader.do(REST, loader.free_s)
                loader.free_s, loader.at, loader.driven_s = arrival_s, mode.exit, driven_s
                tour.come, tour.number, tour.leg_s = True, 0, leg_s
                return
            tour.heaps.pop(0)

    def _eat(self, crew: _Crew, then_s: int) -> None:
        """Let a crew eat if it is time to, or will be too late after what it does next."""
        rules = self.problem.rules
        early, late = rules.meal_window
        if not crew.ate and (crew.free_s >= early or crew.free_s + then_s > late):
            crew.do(MEAL, crew.free_s)
            crew.free_s = max(crew.free_s, early) + rules.meal_break_s
            crew.ate = True
            if rules.meal_break_s >= rules.min_rest_s:
                crew.driven_s = 0

    def _leg(self, driven_s: int, drive_s: int) -> tuple[int, int]:
        """Return the seconds of a drive with the rest that it needs, and of driving since one."""
        rules = self.problem.rules
        if driven_s + drive_s > rules.max_driving_s:
            return drive_s + rules.min_rest_s, drive_s
        return drive_s, driven_s + drive_s

    def _load(self, tour: _Tour) -> None:
        """Let the truck that can be there first take the next load of a tour."""
        loader, k = tour.loader, tour.heaps[0]
        load = self.heaps[k].loads[tour.number]
        home_s = loader.ways.between(loader.at, loader.vehicle.end)
        last_s = loader.until - self._leg(loader.driven_s, home_s)[0] - PAD_S - load.service_s
        coming = [
            (max(loader.free_s, c.arrival_s), c.drive_s, number, c)
            for number, c in enumerate(self._coming(load, tour))
        ]
        if coming and min(coming)[0] <= last_s:
            self._take(tour, load, min(coming)[3])
        tour.number += 1
        if tour.number == len(self.heaps[k].loads):
            tour.heaps.pop(0)
            tour.come = False

    def _take(self, tour: _Tour, load: SnowLoad, coming: _Coming) -> None:
        """Load a truck that comes; a loader that waits for it does so a little longer."""
        loader, truck, k = tour.loader, coming.truck, tour.heaps[0]
        task = self.stage.index[load.load_id]
        begin_s = max(loader.free_s, coming.arrival_s)
        latest_s = begin_s + (PAD_S if coming.arrival_s > loader.free_s else 0)
        if k not in self.stays:
            loader.do(Step("task", self.stage.first + k), begin_s - tour.leg_s)
        if coming.leg_s > coming.drive_s:
            truck.do(REST, coming.arrival_s - coming.leg_s)
        truck.do(Step("task", task), begin_s - coming.leg_s)
        loader.free_s = truck.free_s = latest_s + load.service_s
        self.slots[load.load_id] = (begin_s, latest_s)
        self.stays[k] = (self.stays[k][0] if k in self.stays else begin_s, loader.free_s)
        tour.truck = truck
        truck.at, truck.dump, truck.driven_s = self.stage.place[task], -1, coming.driven_s
        truck.aboard_l += load.litres
        truck.aboard_kg += load.mass_kg
        truck.day_kg += load.mass_kg

    def _coming(self, load: SnowLoad, tour: _Tour) -> Iterator[_Coming]:
        """Yield the trucks that can take a load and still unload and be home.

        The truck that stands at the loader is the only one if the load fits; else it leaves.
        """
        if load.load_id not in self.stage.index:  # on no street of a tipper
            return
        if tour.truck is not None:
            found = self._comes(tour.truck, load, tour.loader.free_s)
            if found is not None and found.drive_s <= FOLLOWED_S:
                yield found
                return
            self._unload(tour.truck)
            tour.truck = None
        for truck in self.tippers:
            if not truck.aboard_l and truck.trips < truck.vehicle.max_trips:
                found = self._comes(truck, load, tour.loader.free_s)
                if found is not None:
                    yield found

    def _comes(self, truck: _Crew, load: SnowLoad, ready_s: int) -> _Coming | None:
        """Return when a truck can be at a load, None if it cannot take it."""
        at = self.stage.place[self.stage.index[load.load_id]]
        row = truck.ways.row[at]
        if truck.dump >= 0:
            drive_s = truck.ways.back[truck.dump][row]
        else:
            drive_s = truck.ways.between(truck.at, at)
        if drive_s < 0 or not truck.holds(load):
            return None
        self._eat(truck, drive_s + load.service_s)
        leg_s, driven_s = self._leg(truck.driven_s, drive_s)
        arrival_s = truck.free_s + leg_s
        loaded_s = max(arrival_s, ready_s) + PAD_S + load.service_s
        kg = truck.aboard_kg + load.mass_kg
        if self._best_dump(truck, row, loaded_s, driven_s, kg) is None:
            return None
        return _Coming(arrival_s, drive_s, leg_s, driven_s, truck)

    def _best_dump(
        self, truck: _Crew, row: int, free_s: int, driven_s: int, kg: int
    ) -> _Dumping | None:
        """Return the dump where a truck has unloaded first and from which it is home in time."""
        best = None
        for column, f in enumerate(truck.ways.dumps):
            site, drive_s = self.problem.facilities[f], truck.ways.go[row][column]
            home_s = truck.ways.between(site.location, truck.vehicle.end)
            if min(drive_s, home_s) < 0 or self.room_kg[f] < kg:
                continue
            leg_s, driven = self._leg(driven_s, drive_s)
            end_s = max(free_s + leg_s, min(self.bays[f])) + site.unload_s
            last_s = min(site.close_s, truck.until - self._leg(driven, home_s)[0])
            if end_s <= last_s and (best is None or end_s < best.end_s):
                best = _Dumping(end_s, column, driven, leg_s > drive_s)
        return best

    def _unload(self, truck: _Crew) -> None:
        """Bring what a truck holds to the dump where it has unloaded first."""
        row, kg = truck.ways.row[truck.at], truck.aboard_kg
        found = self._best_dump(truck, row, truck.free_s, truck.driven_s, kg)
        truck.aboard_l = truck.aboard_kg = 0
        truck.trips += 1
        if found is None:  # there was a bay when it was loaded, others have taken it since
            self._take_back(truck)
            return
        f = truck.ways.dumps[found.column]
        site, bays = self.problem.facilities[f], self.bays[f]
        bays[bays.index(min(bays))] = truck.free_s = found.end_s
        self.room_kg[f] -= kg
        if found.rests:
            truck.steps.append(REST)
        truck.steps.append(Step("facility", f, begin_s=found.end_s - site.unload_s))
        truck.at, truck.dump = site.location, found.column
        truck.driven_s = truck.dumped_driven_s = found.driven_s

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
