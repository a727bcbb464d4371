"""The day on the streets: from due stops, street runs and trucks to the solver's problem."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from routing.blocks import Layer, RoadTravel
from routing.errors import InfeasibleError
from routing.geometry import local_metres
from routing.network import HIGHWAY_CLASSES, Network
from routing.paths import coordinates
from routing.profiles import Weights
from routing.roads import RoadMetric
from routing.snapping import Positions, Spots, find_spots
from routing.telling import telling_if_slow
from scenarios.access import NAMED_TRUCKS, AccessGroup, listed
from scenarios.city import City
from scenarios.compounds import has_gates, holds_pass, keep_out, kept_out, streets_outside
from scenarios.corridors import day_trucks_washing
from scenarios.day import Day, DueFacility, DueStop, DueTruck
from scenarios.hauling.loads import Load
from scenarios.periods import Travel
from scenarios.schema import HOOKLIFT, SWEEPINGS
from scenarios.street_tasks import StreetTask
from scenarios.washing import Washing, WashStation, wash_travel
from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle

FARTHEST_SNAP_M = 300.0
"""A point farther than this from every street that a truck may drive is not planned for."""
DOUBTFUL_SNAP_M = 60.0
"""A point farther than this from its street is planned for, with a warning."""
MATRIX_BYTES = 2_000_000_000
"""Travel whose tables would take more is looked up in blocks: making them takes longer than what a
search in parts asks for of it."""
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
    gated
        Whether it stands behind a gate that none of its trucks may pass.
    """

    stop: DueStop
    distance_m: float
    outside_m: float
    gated: bool = False


@dataclass(frozen=True)
class _Found:
    """Where a stop stands: distances as in `LostStop`, and its places on the streets.

    ``gated`` places are for trucks with the pass of compounds; without places there is none.
    """

    distance_m: float
    outside_m: float
    where: list[tuple[int, int]]
    gated: bool = False


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
    washing
        For each layer of travel of trucks that wash before they enter the center, how they travel;
        None for the others, and nothing at all where no truck washes.
    haulers
        Trucks that carry waste from transfer stations onward. They are no vehicles of the problem:
        what they carry is known when the rest of the day is planned.
    laden
        Trucks that stay at their depots with a load that no facility takes in their shift. They are
        no vehicles of the problem either.
    stuck
        Loads that must go but are complete only when the gate of their station is about to close.
        They are no tasks of the problem.
    """

    problem: Problem
    day: Day
    network: Network
    groups: tuple[AccessGroup, ...]
    metrics: tuple[RoadMetric, ...]
    sources: tuple[DueStop | StreetTask | Load, ...]
    lost: tuple[LostStop, ...]
    facilities: tuple[DueFacility, ...]
    trucks: tuple[DueTruck, ...]
    arc: NDArray[np.int32]
    offset_cm: NDArray[np.int32]
    notes: tuple[str, ...]
    haulers: tuple[Vehicle, ...] = ()
    washing: tuple[Washing | None, ...] = ()
    laden: tuple[DueTruck, ...] = ()
    stuck: tuple[Load, ...] = ()

    @property
    def wash_stations(self) -> tuple[DueFacility, ...]:
        """The stations at which any truck of the day may wash, each once."""
        used = {s.facility.facility_id for w in self.washing if w is not None for s in w.stations}
        return tuple(f for f in self.day.facilities if f.facility_id in used)


@dataclass
class _Places:
    """Locations in the order in which they come to be."""

    arc: list[int] = field(default_factory=list)
    offset_cm: list[int] = field(default_factory=list)
    shared: dict[tuple[int, int], int] = field(default_factory=dict)
    gated: list[int] = field(default_factory=list)

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
    weights = [m.weights for m in travel.metrics[: len(groups)]]
    reach = _Reach(groups, weights, day.trucks)
    places = _Places()
    stop_tasks, sources, lost, doubts = _stop_tasks(day, network, reach, places)
    street_tasks, street_sources = _street_tasks(network, streets, places)
    everyone = _Reach(groups, weights, (*day.trucks, *day.haulers)) if day.haulers else reach
    facilities, gates, far = _facilities(day, network, everyone, places)
    vehicles = _vehicles(day.trucks, groups, gates)
    positions = places.positions()
    used = {f.facility_id for f in facilities}
    working = [f for f in day.facilities if f.facility_id in used]
    parts = (*stop_tasks, *street_tasks), vehicles, facilities
    washes = _washes(day, gates, far)
    layers, washing = _layers(travel, positions, washes)
    if 2 * 4 * len(layers) * len(positions) ** 2 > MATRIX_BYTES:
        say(f"travel between {len(positions):,} places is looked up as it is needed")
        closed = kept_out(travel.let_in, places.gated, len(positions))
        ways = RoadTravel(layers, positions, closed)
        changes, where = travel.changes, _metres(network, positions)
        problem = Problem.without_matrices(*parts, ways, rules_of(city), changes, where)
    else:
        say(f"travel between {len(positions):,} places for {len(groups)} truck profiles")
        with telling_if_slow(say, "compiling the road kernels for this machine (once)"):
            tables = [layer.travel_table(positions, positions) for layer in layers]
        keep_out(tables, travel.let_in, places.gated)
        problem = Problem(
            *parts,
            time_s=np.stack([table.time for table in tables[: len(groups)]]),
            length_m=np.stack([table.length for table in tables[: len(groups)]]),
            rules=rules_of(city),
            hours=travel.hours(tables, len(groups)),
            where=_metres(network, positions),
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
        (*notes, *doubts, *far.values(), *_stranded(problem, groups, washing)),
        _vehicles(day.haulers, groups, gates),
        washing,
    )


def _metres(network: Network, positions: Positions) -> NDArray[np.int64]:
    """Return metres east and north of the first node of the map, one row a place."""
    at = coordinates(network, positions)
    origin = float(network.node_lon[0]), float(network.node_lat[0])
    return np.rint(local_metres(at[:, 0], at[:, 1], origin)).astype(np.int64)


def _washes(day: Day, gates: dict[str, int], far: dict[str, str]) -> dict[str, WashStation]:
    """Return the wash stations that stand on the streets."""
    return {
        f.facility_id: WashStation(f, gates[f.facility_id])
        for f in day.facilities
        if f.kind == "wash" and f.facility_id not in far
    }


def _layers(
    travel: Travel, positions: Positions, stations: dict[str, WashStation]
) -> tuple[list[Layer], tuple[Washing | None, ...]]:
    """Return how trucks travel by each layer, and those layers of them that wash on the way."""
    washing = tuple(
        None if rule is None else wash_travel(metric, rule, positions, stations)
        for metric, rule in zip(travel.metrics, travel.wash, strict=True)
    )
    layers: list[Layer] = [
        metric if washes is None else washes
        for metric, washes in zip(travel.metrics, washing, strict=True)
    ]
    return layers, washing if any(washing) else ()


def _stranded(
    problem: Problem, groups: Sequence[AccessGroup], washing: Sequence[Washing | None]
) -> list[str]:
    """Name the places from which trucks could not come home without entering unwashed."""
    notes = []
    for k, (group, washes) in enumerate(zip(groups, washing, strict=False)):
        if washes is None:
            continue
        homes = sorted({v.end for v in problem.vehicles if v.profile == k})
        exits = np.asarray([m.exit for t in problem.tasks for m in t.modes], np.int64)
        ways = problem.ways.block(k, exits, np.asarray(homes, np.int64))[0]
        stuck = set(exits[(ways < 0).all(axis=1)].tolist())
        names = [t.task_id for t in problem.tasks if all(m.exit in stuck for m in t.modes)]
        if names:
            notes.append(
                f"{listed(group.truck_ids, NAMED_TRUCKS)} cannot come home from"
                f" {listed(names, NAMED_TRUCKS)}: no wash station can be reached from there"
                " without entering the center unwashed; check on which side stations stand"
            )
    return notes


def rules_of(city: City) -> Rules:
    """Return the rules of work that a city's settings ask for."""
    settings = city.settings
    return Rules(
        meal_break_s=settings.meal_break_s,
        meal_window=settings.meal_window,
        max_driving_s=settings.max_driving_s,
        min_rest_s=settings.min_rest_s,
        overtime_factor=settings.overtime_factor,
        stream_change_s=settings.stream_change_s,
        balance_h2=round(1000 * settings.price_balance_h2),
        compact_km=round(1000 * settings.price_compact_km),
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
        self.groups = groups
        by_truck = {t: w for g, w in zip(groups, weights, strict=True) for t in g.truck_ids}
        self.weights = [by_truck[t.truck_id] for t in trucks]
        self.widest = _widest(weights)

    def for_stops(self, stream: str, in_container: bool) -> Weights:
        """Return the widest weights among the trucks that serve such stops."""
        pairs = zip(self.trucks, self.weights, strict=True)
        return _widest([w for t, w in pairs if t.collects(stream, in_container)] or [self.widest])

    def for_facility(self, facility: DueFacility) -> Weights:
        """Return weights whose streets all the trucks that call at a facility can use."""
        pairs = zip(self.trucks, self.weights, strict=True)
        washers = day_trucks_washing(self.groups, facility.facility_id)
        calls = [w for t, w in pairs if t.truck_id in washers or _calls_at(t, facility)]
        callers = calls or [self.widest]
        common = np.logical_and.reduce([w.routable for w in callers])
        return replace(callers[0], routable=common) if common.any() else _widest(callers)


def _widest(weights: Sequence[Weights]) -> Weights:
    return max(weights, key=lambda w: int(np.count_nonzero(w.routable)))


def _calls_at(truck: DueTruck, facility: DueFacility) -> bool:
    at_home = facility.facility_id in (truck.depot_id, truck.end_depot_id)
    unloads = bool(set(truck.streams) & set(facility.streams))
    return at_home or unloads or (facility.refills and truck.tank_l > 0)


def _spots(
    network: Network, weights: Weights, things: Sequence[DueStop] | Sequence[DueFacility]
) -> Spots:
    lon = np.asarray([t.lon for t in things], dtype=np.float64)
    lat = np.asarray([t.lat for t in things], dtype=np.float64)
    return find_spots(network, weights, lon, lat)


def _stop_tasks(
    day: Day, network: Network, reach: _Reach, places: _Places
) -> tuple[list[Task], list[DueStop], list[LostStop], list[str]]:
    """Return the tasks of all stops that stand on a street, their stops, those lost, and doubts."""
    tasks, kept, lost, doubts = [], [], [], []
    kinds = frozenset(t.kind for t in day.trucks)
    # without hook-lift trucks every truck of a stream serves all its bins
    packers = kinds - {HOOKLIFT} if HOOKLIFT in kinds else frozenset()
    found = _stop_snaps(day, network, reach)
    for stop in day.stops:
        spot = found[stop.stop_id]
        distance = spot.distance_m
        if distance > FARTHEST_SNAP_M or not spot.where:
            lost.append(LostStop(stop, distance, spot.outside_m, spot.gated))
            continue
        if distance > DOUBTFUL_SNAP_M:
            doubts.append(f"{stop.stop_id}: {distance:.0f} m from the street that it is served on")
        locations = [places.add(arc, offset) for arc, offset in spot.where]
        places.gated += locations if spot.gated else []
        able = frozenset({HOOKLIFT}) if stop.in_container else packers
        tasks.append(_stop_task(stop, locations, able))
        kept.append(stop)
    return tasks, kept, lost, doubts


def _stop_snaps(day: Day, network: Network, reach: _Reach) -> dict[str, _Found]:
    """Return where each stop stands, those that the same trucks serve at a time."""
    found: dict[str, _Found] = {}
    gates = has_gates(network)
    for kind in sorted({(s.stream, s.in_container) for s in day.stops}):
        stops = [s for s in day.stops if (s.stream, s.in_container) == kind]
        weights = reach.for_stops(*kind)
        found |= _snapped(network, weights, stops)
        carriers = [t for t in day.trucks if t.collects(*kind)]
        if gates and not all(map(holds_pass, carriers)):
            strangers = [s for s in stops if not s.resident]
            outside = _snapped(network, streets_outside(network, weights), strangers)
            let_in = any(map(holds_pass, carriers))
            for stop in strangers:
                name = stop.stop_id
                found[name] = _at_the_gate(found[name], outside[name], let_in)
    return found


def _at_the_gate(inside: _Found, outside: _Found, let_in: bool) -> _Found:
    """Return where a stop that is no compound's own stands.

    It is served from the street outside if that is near, else behind the gate by trucks that are
    ``let_in``, if there are any.
    """
    near = outside.distance_m <= DOUBTFUL_SNAP_M or outside.distance_m <= inside.distance_m
    if near or inside.distance_m > FARTHEST_SNAP_M:
        return outside
    if let_in:
        return replace(inside, gated=True)
    return _Found(outside.distance_m, inside.distance_m, [], gated=True)


def _snapped(network: Network, weights: Weights, stops: Sequence[DueStop]) -> dict[str, _Found]:
    """Return where stops stand on the streets of some weights."""
    found: dict[str, _Found] = {}
    if not stops:
        return found
    spots = _spots(network, weights, stops)
    classes = network.arc_class[spots.arc]
    pairs = zip(stops, np.isin(classes, list(CURB_CLASSES)), strict=True)
    right = [bool(m) if s.right_only is None else s.right_only for s, m in pairs]
    snaps = spots.snaps(np.asarray(right, dtype=np.bool_))
    arcs, offsets = snaps.positions.arc.tolist(), snaps.positions.offset_cm.tolist()
    for i, stop in enumerate(stops):
        span = slice(int(snaps.first_out[i]), int(snaps.first_out[i + 1]))
        where = list(zip(arcs[span], offsets[span], strict=True))
        far, outside = float(snaps.distance_m[i]), float(snaps.outside_m[i])
        found[stop.stop_id] = _Found(far, outside, where)
    return found


def _stop_task(stop: DueStop, where: list[int], kinds: frozenset[str]) -> Task:
    return Task(
        task_id=stop.stop_id,
        modes=tuple(Mode(p, p, stop.service_s) for p in where),
        stream=stop.stream,
        mass_kg=stop.mass_kg,
        volume_l=stop.volume_l,
        windows=stop.windows,
        price=stop.price,
        kinds=kinds,
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
) -> tuple[tuple[Facility, ...], dict[str, int], dict[str, str]]:
    """Return the facilities in use, each one's location, and a sentence on each off the streets."""
    gates: dict[str, int] = {}
    far: dict[str, str] = {}
    faults = []
    for facility in day.facilities:
        weights = reach.for_facility(facility)
        snaps = _spots(network, weights, [facility]).snaps(np.ones(1, dtype=np.bool_))
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
    return working, gates, far


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
    trucks: Sequence[DueTruck], groups: Sequence[AccessGroup], gates: dict[str, int]
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
            loaded_stream=t.loaded_stream,
            loaded_kg=t.loaded_kg,
            loaded_l=t.loaded_l,
            changes_stream=t.changes_stream,
        )
        for t in trucks
    )
