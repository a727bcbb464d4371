"""The model that every backend honors: tasks with modes, vehicles, facilities, matrices, rules.

Integers everywhere: seconds after 00:00 of the planned date, metres, kilograms, litres, and money
in thousandths of the currency unit.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from routing.errors import InfeasibleError
from solvers._kernels.ground import FAR
from solvers.hours import Hours, Leg, find_leg
from solvers.travel import MatrixTravel, Travel

DAY_END_S = 48 * 3600
"""The latest time of a plan: a night shift may run into the next day."""


@dataclass(frozen=True)
class Mode:
    """One way to serve a task: where it is entered and left, how long it takes, metres worked.

    A collection point has one mode for each side it may be approached from (entry = exit); a street
    has one for each direction in which it may be worked.
    """

    entry: int
    exit: int
    service_s: int
    length_m: int = 0


@dataclass(frozen=True)
class Task:
    """What is to be served once: a visit to a collection point, or one curb of a street.

    ``windows`` holds (earliest, latest) begin of service, in order; empty means any time. ``price``
    is what leaving the task out costs. ``kinds`` names the vehicle kinds that may serve it; empty
    means every kind that carries the stream. The trip that serves a task may not set out from the
    depot, or from the facility before it, earlier than ``release_s``.
    """

    task_id: str
    modes: tuple[Mode, ...]
    stream: str
    mass_kg: int = 0
    volume_l: int = 0
    water_l: int = 0
    windows: tuple[tuple[int, int], ...] = ()
    price: int = 1_000_000
    kinds: frozenset[str] = frozenset()
    release_s: int = 0


@dataclass(frozen=True)
class VisitGroup:
    """The visits of one customer in a period of days: all of them are made, or none.

    Exactly one of ``patterns`` is chosen, and the i-th task is served by a vehicle of the day
    pattern[i].
    """

    tasks: tuple[int, ...]
    patterns: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Pin:
    """What is promised of one task, and holds in every plan: it is served, and as told here.

    ``vehicle`` serves it, any one where that is None. With a ``place`` it is that task of its
    vehicle's route, counted from 0, before all tasks without one; unloading and breaks may stand
    between. ``begin`` holds the earliest and the latest begin of service.
    """

    task: int
    vehicle: int | None = None
    place: int | None = None
    begin: tuple[int, int] | None = None


@dataclass(frozen=True)
class Facility:
    """A place where loads are put down or tanks are filled, with hours, bays and daily tonnage.

    ``booked`` are moments at which vehicles of other problems begin to unload, each for
    ``unload_s`` at one of the bays.
    """

    facility_id: str
    location: int
    streams: frozenset[str] = frozenset()
    refills: bool = False
    open_s: int = 0
    close_s: int = DAY_END_S
    bays: int = 1
    unload_s: int = 720
    capacity_kg: int | None = None
    booked: tuple[int, ...] = ()


@dataclass(frozen=True)
class Vehicle:
    """One truck for one shift; ``capacity_l`` is in loose litres of each stream it may carry.

    A truck with n compartments carries up to n streams a day, each in an n-th of its capacity. One
    that ``changes_stream`` may, whenever compartments of it are empty, make them ready for others.
    ``max_day_kg`` and ``max_day_tasks`` bound what it collects on all trips together,
    ``max_duration_s`` the time from leaving its depot to coming home, ``max_length_m`` its way in
    that time, such as the range of a battery. A truck that ``ends_loaded`` need not unload before
    it comes home. ``day`` tells the days of a period apart. ``loaded_kg`` and ``loaded_l`` of
    ``loaded_stream`` are aboard when the shift begins, in a compartment of that stream; such a
    truck goes out to put them down even if it serves nothing.
    """

    vehicle_id: str
    kind: str
    profile: int
    start: int
    end: int
    capacity_kg: int
    capacity_l: dict[str, int]
    shift_start: int
    shift_end: int
    compartments: int = 1
    tank_l: int = 0
    max_overtime_s: int = 0
    max_trips: int = 12
    fixed_cost: int = 0
    cost_km: int = 0
    cost_h: int = 0
    max_day_kg: int | None = None
    max_day_tasks: int | None = None
    max_duration_s: int | None = None
    max_length_m: int | None = None
    ends_loaded: bool = False
    day: int = 0
    loaded_stream: str = ""
    loaded_kg: int = 0
    loaded_l: int = 0
    changes_stream: bool = False

    @property
    def starts_loaded(self) -> bool:
        """Whether anything is aboard when the shift begins."""
        return self.loaded_kg > 0 or self.loaded_l > 0


@dataclass(frozen=True)
class Rules:
    """The rules of work that hold for every driver.

    A meal break of ``meal_break_s`` begins inside ``meal_window`` on each route that begins before
    the window closes and ends after it, if its shift begins before the window opens. Driving adds
    up to at most ``max_driving_s`` between breaks of at least ``min_rest_s``. Making a truck ready
    for another stream takes ``stream_change_s``, and is no rest.

    Two prices, in thousandths, shape the routes of a day beyond what they cost by themselves.
    ``balance_h2`` is paid for each squared hour that a truck is under way, so that a long day
    beside a short one is dearer than two of equal length. ``compact_km`` is paid for each kilometre
    that the tasks of a route lie from the middle of them all.
    """

    meal_break_s: int = 40 * 60
    meal_window: tuple[int, int] = (10 * 3600 + 1800, 13 * 3600 + 1800)
    max_driving_s: int = 4 * 3600
    min_rest_s: int = 20 * 60
    overtime_factor: float = 1.5
    stream_change_s: int = 15 * 60
    balance_h2: int = 0
    compact_km: int = 0

    def meal_applies(self, vehicle: Vehicle) -> bool:
        """Whether this vehicle's shift covers the beginning of the meal window."""
        return self.meal_break_s > 0 and vehicle.shift_start <= self.meal_window[0]


@dataclass(frozen=True)
class Problem:
    """Tasks, vehicles, facilities and the travel between all locations for each profile.

    Attributes
    ----------
    time_s, length_m
        Travel in seconds and metres, shape (num_profiles, num_locations, num_locations), from the
        exit location (row) to the entry location (column); -1 = unreachable. Where travel changes
        by the hour these are the fastest of the day, and ``hours`` tells what holds when.
    travel
        Where blocks of travel come from if there are too many locations for matrices, which then
        hold -1 everywhere without taking memory (see `without_matrices`).
    where
        Metres east and north of each location, shape (num_locations, 2); needed where compact
        routes have a price.
    pins
        What is promised of some tasks, at most one pin each.
    """

    tasks: tuple[Task, ...]
    vehicles: tuple[Vehicle, ...]
    facilities: tuple[Facility, ...]
    time_s: NDArray[np.int32]
    length_m: NDArray[np.int32]
    rules: Rules = field(default_factory=Rules)
    groups: tuple[VisitGroup, ...] = ()
    hours: Hours | None = None
    travel: Travel | None = None
    where: NDArray[np.int64] | None = None
    pins: tuple[Pin, ...] = ()

    def leg(self, profile: int, source: int, target: int, clock_s: int) -> Leg | None:
        """Return the leg that arrives first when a truck may set out at a moment; None = no way."""
        return find_leg(self.hours, self.time_s, self.length_m, profile, source, target, clock_s)

    def layers_of(self, profile: int) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
        """Return seconds and metres of each layer by which a profile travels at any hour."""
        if self.hours is None:
            return [(self.time_s[profile], self.length_m[profile])]
        num, hours = len(self.time_s), self.hours
        return [
            (self.time_s[k], self.length_m[k])
            if k < num
            else (hours.time_s[k - num], hours.length_m[k - num])
            for k in np.unique(hours.layer[profile]).tolist()
        ]

    @classmethod
    def without_matrices(
        cls,
        tasks: tuple[Task, ...],
        vehicles: tuple[Vehicle, ...],
        facilities: tuple[Facility, ...],
        travel: Travel,
        rules: Rules | None = None,
        hours: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
        where: NDArray[np.int64] | None = None,
    ) -> Problem:
        """Return a problem whose travel is asked for in blocks.

        ``hours`` are the borders and layers of `Hours` where travel changes by the hour.
        """
        far, further = travel.num_locations, None
        num_profiles = travel.num_layers
        if hours is not None:
            num_profiles = len(hours[0])
            further = Hours.without_matrices(*hours, travel.num_layers - num_profiles, far)
        nowhere = np.broadcast_to(np.int32(-1), (num_profiles, far, far))
        return cls(
            tasks,
            vehicles,
            facilities,
            nowhere,
            nowhere,
            rules or Rules(),
            hours=further,
            travel=travel,
            where=where,
        )

    @property
    def ways(self) -> Travel:
        """Return where blocks of travel come from, whether there are matrices or not."""
        if self.travel is not None:
            return self.travel
        if self.hours is None:
            return MatrixTravel(self.time_s, self.length_m)
        further = self.hours
        return MatrixTravel(
            [*self.time_s, *further.time_s],
            [*self.length_m, *further.length_m],
        )

    @property
    def streams(self) -> tuple[str, ...]:
        """All streams that occur, in a fixed order."""
        carried = {s for v in self.vehicles for s in v.capacity_l}
        accepted = {s for f in self.facilities for s in f.streams}
        return tuple(sorted(carried | accepted | {t.stream for t in self.tasks}))

    def may_serve(self, vehicle: Vehicle, task: Task) -> bool:
        """Whether kind and stream allow this vehicle to serve this task at all."""
        return task.stream in vehicle.capacity_l and (not task.kinds or vehicle.kind in task.kinds)

    def check(self) -> None:
        """Raise if the parts do not fit together.

        Raises
        ------
        InfeasibleError
            When an index points outside the matrices, or a quantity is negative or out of question.
        """
        faults = [*self._location_faults(), *self._quantity_faults(), *self._shape_faults()]
        if faults:
            raise InfeasibleError("\n".join(faults))

    def _location_faults(self) -> list[str]:
        num_profiles, num_locations, _ = self.time_s.shape
        faults = [] if self.hours is None else self.hours.faults(num_profiles, num_locations)
        for task in self.tasks:
            ends = [place for m in task.modes for place in (m.entry, m.exit)]
            if not ends or min(ends) < 0 or max(ends) >= num_locations:
                faults.append(f"task {task.task_id}: a mode lies outside the travel matrix")
        for facility in self.facilities:
            if not 0 <= facility.location < num_locations:
                faults.append(f"facility {facility.facility_id}: outside the travel matrix")
        for vehicle in self.vehicles:
            if not 0 <= vehicle.profile < num_profiles:
                faults.append(f"vehicle {vehicle.vehicle_id}: profile {vehicle.profile} unknown")
        return faults

    def _shape_faults(self) -> list[str]:
        rules, num = self.rules, self.time_s.shape[1]
        faults = []
        if min(rules.balance_h2, rules.compact_km) < 0:
            faults.append("prices of balance and compactness must be >= 0")
        if rules.compact_km and (self.where is None or self.where.shape != (num, 2)):
            faults.append(f"compact routes have a price: expected coordinates of {num} locations")
        return [*faults, *self._group_faults()]

    def _group_faults(self) -> list[str]:
        """Return a line for each group whose patterns do not tell a day for each of its visits."""
        return [
            f"visits of {self.tasks[group.tasks[0]].task_id}: expected a day for each of"
            f" {len(group.tasks)} visits, none twice, got {pattern}"
            for group in self.groups
            for pattern in group.patterns
            if len(pattern) != len(group.tasks) or len(set(pattern)) < len(pattern)
        ]

    def _quantity_faults(self) -> list[str]:
        faults = [
            f"task {t.task_id}: mass, volume, water, service and price must be >= 0"
            for t in self.tasks
            if min(t.mass_kg, t.volume_l, t.water_l, t.price, *(m.service_s for m in t.modes)) < 0
        ]
        faults += [
            f"task {t.task_id}: mass, volume, water and service must be below {FAR:,}"
            for t in self.tasks
            if max(t.mass_kg, t.volume_l, t.water_l, *(m.service_s for m in t.modes)) >= FAR
        ]
        faults += [
            f"vehicle {v.vehicle_id}: shift ends at {v.shift_end} s, before it starts"
            for v in self.vehicles
            if v.shift_end <= v.shift_start
        ]
        faults += [fault for v in self.vehicles if v.starts_loaded for fault in _load_faults(v)]
        return faults


def _load_faults(vehicle: Vehicle) -> list[str]:
    """Return a line for each way in which a truck cannot hold what is said to be aboard."""
    v, what = vehicle, f"vehicle {vehicle.vehicle_id}: begins with {vehicle.loaded_stream or '?'}"
    if v.loaded_stream not in v.capacity_l:
        return [f"{what} aboard, which it does not carry"]
    faults = []
    if v.loaded_kg * v.compartments > v.capacity_kg:
        room = v.capacity_kg // v.compartments
        faults.append(f"{what} of {v.loaded_kg} kg aboard, more than the {room} kg it holds of it")
    if v.loaded_l * v.compartments > v.capacity_l[v.loaded_stream]:
        room = v.capacity_l[v.loaded_stream] // v.compartments
        faults.append(f"{what} of {v.loaded_l} l aboard, more than the {room} l it holds of it")
    return faults
