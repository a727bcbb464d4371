"""The day on the streets: from due stops, street runs and trucks to the solver's problem."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from routing.errors import InfeasibleError
from routing.network import HIGHWAY_CLASSES, Network
from routing.profiles import Weights
from routing.roads import RoadMetric
from routing.snapping import Positions, Snaps, snap
from routing.telling import telling_if_slow
from scenarios.access import AccessGroup
from scenarios.city import City
from scenarios.day import Day, DueFacility, DueStop, DueTruck
from scenarios.periods import Travel
from scenarios.schema import SWEEPINGS
from scenarios.street_tasks import StreetTask
from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle

FARTHEST_SNAP_M = 300.0
"""A point farther than this from every street that a truck may drive is not planned for."""
DOUBTFUL_SNAP_M = 60.0
"""A point farther than this from its street is planned for, with a warning."""
CURB_CLASSES = frozenset(
    HIGHWAY_CLASSES.index(name)
    for name in ("motorway", "trunk", "primary", "secondary")
    if name in HIGHWAY_CLASSES
)
"""On these streets a crew does not cross: a stop is approached on its own side."""


@dataclass(frozen=True)
class LostStop:
    """A stop that no truck of its stream can be brought to.

    Attributes
    ----------
    distance_m
        To the nearest street that such a truck may drive.
    outside_m
        To the nearest street of any kind where that one is cut off from the rest, else 0.
    """

    stop: DueStop
    distance_m: float
    outside_m: float


@dataclass(frozen=True)
class DayProblem:
    """A problem with what its indices stand for.

    Attributes
    ----------
    sources
        The stop or street run behind each task.
    metrics
        Of each layer of travel, first those of the groups (`solvers.hours`).
    lost
        Stops that stand on no street that a truck of their stream may drive.
    arc, offset_cm
        The place of each location of the travel matrices on the streets.
    """

    problem: Problem
    day: Day
    network: Network
    groups: tuple[AccessGroup, ...]
    metrics: tuple[RoadMetric, ...]
    sources: tuple[DueStop | StreetTask, ...]
    lost: tuple[LostStop, ...]
    facilities: tuple[DueFacility, ...]
    trucks: tuple[DueTruck, ...]
    arc: NDArray[np.int32]
    offset_cm: NDArray[np.int32]
    notes: tuple[str, ...]


@dataclass
class _Places:
    """Locations in the order in which they come to be."""

    arc: list[int] = field(default_factory=list)
    offset_cm: list[int] = field(default_factory=list)
    shared: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, arc: int, offset_cm: int) -> int:
        """Return the index of a new location."""
        self.arc.append(int(arc))
        self.offset_cm.append(int(offset_cm))
        return len(self.arc) - 1

    def share(self, arc: int, offset_cm: int) -> int:
        """Return the index of a location that every pass over a street uses, made once."""
        key = int(arc), int(offset_cm)
        if key not in self.shared:
            self.shared[key] = self.add(arc, offset_cm)
        return self.shared[key]

    def positions(self) -> Positions:
        """Return all locations as places on the streets."""
        return Positions(
            np.asarray(self.arc, dtype=np.int32), np.asarray(self.offset_cm, dtype=np.int32)
        )


def build_day_problem(
    city: City,
    day: Day,
    network: Network,
    groups: Sequence[AccessGroup],
    travel: Travel,
    streets: Sequence[StreetTask],
    notes: Sequence[str],
    say: Callable[[str], None],
) -> DayProblem:
    """Return the solver's problem for one day.

    Raises
    ------
    InfeasibleError
        When no truck is on shift, or a depot stands on no street that its trucks may drive.
    """
    if not day.trucks:
        raise InfeasibleError(
            f"trucks.csv: no truck is on shift on {day.date}; add shifts or choose another date"
        )
    reach = _Reach(groups, [m.weights for m in travel.metrics[: len(groups)]], day.trucks)
    places = _Places()
    stop_tasks, sources, lost, doubts = _stop_tasks(day, network, reach, places)
    street_tasks, street_sources = _street_tasks(network, streets, places)
    facilities, gates, far = _facilities(day, network, reach, places)
    vehicles = _vehicles(day, groups, gates)
    say(f"travel between {len(places.arc):,} places for {len(groups)} truck profiles")
    positions = places.positions()
    with telling_if_slow(say, "compiling the road kernels for this machine (once)"):
        tables = [metric.travel_table(positions, positions) for metric in travel.metrics]
    used = {f.facility_id for f in facilities}
    working = [f for f in day.facilities if f.facility_id in used]
    problem = Problem(
        tasks=(*stop_tasks, *street_tasks),
        vehicles=vehicles,
        facilities=facilities,
        time_s=np.stack([table.time for table in tables[: len(groups)]]),
        length_m=np.stack([table.length for table in tables[: len(groups)]]),
        rules=rules_of(city),
        hours=travel.hours(tables, len(groups)),
    )
    return DayProblem(
        problem,
        day,
        network,
        tuple(groups),
        travel.metrics,
        (*sources, *street_sources),
        tuple(lost),
        tuple(working),
        day.trucks,
        positions.arc,
        positions.offset_cm,
        (*notes, *doubts, *far),
    )


def rules_of(city: City) -> Rules:
    """Return the rules of work that a city's settings ask for."""
    settings = city.settings
    return Rules(
        meal_break_s=settings.meal_break_s,
        meal_window=settings.meal_window,
        max_driving_s=settings.max_driving_s,
        min_rest_s=settings.min_rest_s,
        overtime_factor=settings.overtime_factor,
    )


class _Reach:
    """Which streets the trucks of a kind of work can use, from the weights of their groups."""

    def __init__(
        self,
        groups: Sequence[AccessGroup],
        weights: Sequence[Weights],
        trucks: Sequence[DueTruck],
    ) -> None:
        self.trucks = trucks
        by_truck = {t: w for g, w in zip(groups, weights, strict=True) for t in g.truck_ids}
        self.weights = [by_truck[t.truck_id] for t in trucks]
        self.widest = _widest(weights)

    def for_stream(self, stream: str) -> Weights:
        """Return the widest weights among the trucks that carry a stream."""
        pairs = zip(self.trucks, self.weights, strict=True)
        return _widest([w for t, w in pairs if stream in t.streams] or [self.widest])

    def for_facility(self, facility: DueFacility) -> Weights:
        """Return weights whose streets all the trucks that call at a facility can use."""
        pairs = zip(self.trucks, self.weights, strict=True)
        callers = [w for t, w in pairs if _calls_at(t, facility)] or [self.widest]
        common = np.logical_and.reduce([w.routable for w in callers])
        return replace(callers[0], routable=common) if common.any() else _widest(callers)


def _widest(weights: Sequence[Weights]) -> Weights:
    return max(weights, key=lambda w: int(np.count_nonzero(w.routable)))


def _calls_at(truck: DueTruck, facility: DueFacility) -> bool:
    at_home = facility.facility_id in (truck.depot_id, truck.end_depot_id)
    unloads = bool(set(truck.streams) & set(facility.streams))
    return at_home or unloads or (facility.refills and truck.tank_l > 0)


def _snap(
    network: Network,
    weights: Weights,
    things: Iterable[DueStop | DueFacility],
    right_only: NDArray[np.bool_],
) -> Snaps:
    things = list(things)
    lon = np.asarray([t.lon for t in things], dtype=np.float64)
    lat = np.asarray([t.lat for t in things], dtype=np.float64)
    return snap(network, weights, lon, lat, right_only)


def _stop_tasks(
    day: Day, network: Network, reach: _Reach, places: _Places
) -> tuple[list[Task], list[DueStop], list[LostStop], list[str]]:
    """Return the tasks of all stops that stand on a street, their stops, those lost, and doubts."""
    tasks, kept, lost, doubts = [], [], [], []
    found = _stop_snaps(day, network, reach)
    for stop in day.stops:
        distance, outside, where = found[stop.stop_id]
        if distance > FARTHEST_SNAP_M:
            lost.append(LostStop(stop, distance, outside))
            continue
        if distance > DOUBTFUL_SNAP_M:
            doubts.append(f"{stop.stop_id}: {distance:.0f} m from the street that it is served on")
        tasks.append(_stop_task(stop, [places.add(arc, offset) for arc, offset in where]))
        kept.append(stop)
    return tasks, kept, lost, doubts


def _stop_snaps(
    day: Day, network: Network, reach: _Reach
) -> dict[str, tuple[float, float, list[tuple[int, int]]]]:
    """Return distance, distance to a street cut off, and places by stop, stream by stream."""
    found = {}
    for stream in sorted({s.stream for s in day.stops}):
        stops = [s for s in day.stops if s.stream == stream]
        weights = reach.for_stream(stream)
        nearest = _snap(network, weights, stops, np.zeros(len(stops), dtype=np.bool_))
        classes = network.arc_class[nearest.positions.arc[nearest.first_out[:-1]]]
        pairs = zip(stops, np.isin(classes, list(CURB_CLASSES)), strict=True)
        right = [bool(m) if s.right_only is None else s.right_only for s, m in pairs]
        snaps = _snap(network, weights, stops, np.asarray(right, dtype=np.bool_))
        arcs, offsets = snaps.positions.arc.tolist(), snaps.positions.offset_cm.tolist()
        for i, stop in enumerate(stops):
            span = slice(int(snaps.first_out[i]), int(snaps.first_out[i + 1]))
            where = list(zip(arcs[span], offsets[span], strict=True))
            far, outside = float(snaps.distance_m[i]), float(snaps.outside_m[i])
            found[stop.stop_id] = (far, outside, where)
    return found


def _stop_task(stop: DueStop, where: list[int]) -> Task:
    return Task(
        task_id=stop.stop_id,
        modes=tuple(Mode(p, p, stop.service_s) for p in where),
        stream=stop.stream,
        mass_kg=stop.mass_kg,
        volume_l=stop.volume_l,
        windows=stop.windows,
        price=stop.price,
    )


def _street_tasks(
    network: Network, streets: Sequence[StreetTask], places: _Places
) -> tuple[list[Task], list[StreetTask]]:
    tasks = []
    for street in streets:
        modes = []
        for mode in street.modes:
            last = mode.arcs[-1]
            entry = places.share(mode.arcs[0], 0)
            leave = places.share(last, int(network.arc_length_cm[last]))
            modes.append(Mode(entry, leave, mode.service_s, mode.length_m))
        tasks.append(
            Task(
                task_id=street.task_id,
                modes=tuple(modes),
                stream=SWEEPINGS,
                mass_kg=street.sweepings_kg,
                volume_l=street.sweepings_l,
                water_l=street.water_l,
                windows=street.windows,
                price=street.price,
                kinds=frozenset({street.vehicle_kind}),
            )
        )
    return tasks, list(streets)


def _facilities(
    day: Day, network: Network, reach: _Reach, places: _Places
) -> tuple[tuple[Facility, ...], dict[str, int], list[str]]:
    """Return the facilities in use, each one's location, and sentences on those off the streets."""
    gates: dict[str, int] = {}
    far: dict[str, str] = {}
    faults = []
    for facility in day.facilities:
        weights = reach.for_facility(facility)
        snaps = _snap(network, weights, [facility], np.ones(1, dtype=np.bool_))
        arc, offset = int(snaps.positions.arc[0]), int(snaps.positions.offset_cm[0])
        gates[facility.facility_id] = places.add(arc, offset)
        distance, outside = float(snaps.distance_m[0]), float(snaps.outside_m[0])
        if distance > FARTHEST_SNAP_M:
            why = _off_streets(facility, distance, outside)
            if facility.kind == "depot":
                faults.append(f"{why}; move it, or check limits and closures")
            far[facility.facility_id] = f"{why}; it is not used"
    if faults:
        raise InfeasibleError("\n".join(faults))
    working = tuple(
        Facility(
            facility_id=f.facility_id,
            location=gates[f.facility_id],
            streams=frozenset(f.streams),
            refills=f.refills,
            open_s=f.open_s,
            close_s=f.close_s,
            bays=f.bays,
            unload_s=f.unload_s,
            capacity_kg=f.capacity_kg_day,
        )
        for f in day.facilities
        if (f.streams or f.refills) and f.facility_id not in far
    )
    return working, gates, list(far.values())


def _off_streets(facility: DueFacility, distance: float, outside: float) -> str:
    """Say that no truck gets to a facility, and whether a street of any kind is beside it."""
    what = f"facilities.csv: {facility.kind} {facility.facility_id}"
    if 0 < outside <= FARTHEST_SNAP_M:
        return (
            f"{what} stands on a street that is cut off for its trucks, by a limit of width, height"
            " or weight, a closure or a gap in the map; the next that they can use is"
            f" {distance:.0f} m away"
        )
    return f"{what} is {distance:.0f} m from every street that a truck may drive"


def _vehicles(
    day: Day, groups: Sequence[AccessGroup], gates: dict[str, int]
) -> tuple[Vehicle, ...]:
    profile_of = {truck: k for k, group in enumerate(groups) for truck in group.truck_ids}
    return tuple(
        Vehicle(
            vehicle_id=t.truck_id,
            kind=t.kind,
            profile=profile_of[t.truck_id],
            start=gates[t.depot_id],
            end=gates[t.end_depot_id],
            capacity_kg=t.capacity_kg,
            capacity_l={s: t.capacity_l[s] for s in t.streams},
            shift_start=t.shift_start,
            shift_end=t.shift_end,
            compartments=t.compartments,
            tank_l=t.tank_l,
            max_overtime_s=t.max_overtime_s,
            max_trips=t.max_trips,
            fixed_cost=t.fixed_cost,
            cost_km=t.cost_km,
            cost_h=t.cost_h,
        )
        for t in day.trucks
    )
