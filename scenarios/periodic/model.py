"""A period of collection as one problem of the solver: visits, patterns of days, trucks by day.

The model is that of the periodic problem with intermediate facilities: a point that is visited n
times a week is a group of n visits on the days of one pattern; what is fixed has its day; a truck
is a vehicle a day. Queues, tonnage, paid waiting, rests and overtime are left to the routing of
each day; a meal shortens the shift. Money stands in the place of metres, so that paid time counts.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.network import Network
from routing.roads import Roads
from scenarios.city import City
from scenarios.cleaning.work import by_frequency
from scenarios.day import Day, DueStop, DueTruck, plan_day
from scenarios.frequency import parse_frequency
from scenarios.periodic.patterns import WEEK, visit_patterns
from scenarios.problem import DayProblem
from scenarios.run import pose_day
from solvers.problem import Mode, Problem, Rules, Task, Vehicle, VisitGroup

Say = Callable[[str], None]

MOST_VISITS = 3_000
"""A part with more visits in the period is cut in two."""
NO_BREAKS = Rules(meal_break_s=0, max_driving_s=10**9)


@dataclass(frozen=True)
class Period:
    """One or two whole weeks from a Monday; ``off`` are weekdays without visits that may move."""

    first: dt.date
    num_weeks: int
    off: frozenset[int] = frozenset()

    @property
    def dates(self) -> tuple[dt.date, ...]:
        """All dates, in order."""
        return tuple(self.first + dt.timedelta(days=k) for k in range(WEEK * self.num_weeks))


@dataclass(frozen=True)
class FreePoint:
    """A point whose days are chosen: how often a week, and the days its frequency would give."""

    point_id: str
    frequency: str
    times_a_week: int
    usual_days: tuple[int, ...]


@dataclass(frozen=True)
class Part:
    """Streams that share trucks, or a piece of the map of them, posed without days.

    Attributes
    ----------
    posed
        All stops of the period, each once, and the trucks of a day.
    days
        By task of ``posed``: its days, or the point whose days are chosen.
    trucks
        Indices of the vehicles of ``posed`` that this part has.
    """

    posed: DayProblem
    days: Mapping[int, tuple[int, ...] | FreePoint]
    trucks: tuple[int, ...]
    num_days: int
    num_weeks: int
    off: frozenset[int]

    @property
    def num_visits(self) -> int:
        """Visits in the period."""
        return sum(len(_days_of(what)) for what in self.days.values())

    @property
    def free(self) -> dict[int, FreePoint]:
        """The points whose days are chosen, by task."""
        return {k: what for k, what in self.days.items() if isinstance(what, FreePoint)}


def _days_of(what: tuple[int, ...] | FreePoint) -> tuple[int, ...]:
    return what.usual_days if isinstance(what, FreePoint) else what


def collection_only(city: City) -> City:
    """Return a city without cases, fill levels and street work."""
    names = ("cases", "fill", "streets", "programmes")
    empty = {name: city.tables[name].iloc[:0] for name in names}
    return replace(city, tables=city.tables | empty)


def free_points(city: City, period: Period, days: Sequence[Day]) -> dict[str, FreePoint]:
    """Return the points whose days may be chosen: n times a week, in use on all days, not smart."""
    usual: dict[str, list[int]] = defaultdict(list)
    for k, day in enumerate(days):
        for stop in day.stops:
            usual[stop.point_id].append(k)
    found = {}
    for row in city.points.itertuples(index=False):
        rule = parse_frequency(row.frequency)
        when = tuple(usual.get(row.point_id, ()))
        whole = len(when) == rule.count * period.num_weeks
        if rule.period == "week" and rule.count < WEEK and whole and row.kind != "smart":
            found[row.point_id] = FreePoint(row.point_id, row.frequency, rule.count, when)
    return found


def pose_period(
    city: City, period: Period, network: Network, say: Say, roads: Roads | None = None
) -> tuple[list[Part], dict[str, FreePoint]]:
    """Return the parts of a period in which days are to be chosen, and all points to choose for.

    Closures, limits, stations and trucks are those of the first day.

    Raises
    ------
    InfeasibleError
        When no truck is on shift on one of the days.
    """
    bare = collection_only(city)
    days = [plan_day(bare, date) for date in period.dates]
    free = free_points(city, period, days)
    due_on: dict[str, list[int]] = defaultdict(list)
    stops: dict[str, DueStop] = {}
    for k, day in enumerate(days):
        for stop in day.stops:
            due_on[stop.stop_id].append(k)
            stops.setdefault(stop.stop_id, stop)
    parts: list[Part] = []
    for streams in joined_streams(days[0].trucks):
        own = tuple(stop for stop in stops.values() if stop.stream in streams)
        if not any(stop.point_id in free for stop in own):
            continue
        trucks = tuple(t for t in days[0].trucks if set(t.streams) & streams)
        day = replace(days[0], stops=own, trucks=trucks)
        say(f"{', '.join(sorted(streams))}: {len(own)} stops, {len(trucks)} trucks")
        posed = pose_day(bare, day, network, by_frequency, say, roads)
        what = {
            k: free.get(source.point_id, tuple(due_on[source.stop_id]))
            for k, source in enumerate(posed.sources)
            if isinstance(source, DueStop)
        }
        able = tuple(range(len(posed.problem.vehicles)))
        whole = Part(posed, what, able, len(days), period.num_weeks, period.off)
        parts += cut_up(whole)
    return parts, free


def joined_streams(trucks: Iterable[DueTruck]) -> list[frozenset[str]]:
    """Return the streams in groups that no truck has in common."""
    groups: list[set[str]] = []
    for truck in trucks:
        own = set(truck.streams)
        joined = [group for group in groups if group & own]
        groups = [group for group in groups if not group & own] + [own.union(*joined)]
    return sorted((frozenset(group) for group in groups), key=sorted)


def cut_up(part: Part) -> list[Part]:
    """Return a part in pieces of the map with few enough visits, each with its share of trucks."""
    if part.num_visits <= MOST_VISITS or len(part.days) < 2:
        return [part]
    tasks = sorted(part.days)
    sources = [part.posed.sources[k] for k in tasks]
    places = np.asarray([(s.lon * np.cos(np.radians(s.lat)), s.lat) for s in sources])
    order = np.argsort(places[:, int(np.argmax(np.ptp(places, axis=0)))], kind="stable")
    visits = np.cumsum([len(_days_of(part.days[tasks[int(k)]])) for k in order])
    middle = min(max(1, int(np.searchsorted(visits, visits[-1] / 2)) + 1), len(tasks) - 1)
    halves = order[:middle], order[middle:]
    pieces = []
    for half in halves:
        own = {tasks[int(k)]: part.days[tasks[int(k)]] for k in half}
        share = sum(len(_days_of(what)) for what in own.values()) / int(visits[-1])
        trucks = _share_of_trucks(part, share)
        pieces += cut_up(replace(part, days=own, trucks=trucks))
    return [piece for piece in pieces if piece.free]


def _share_of_trucks(part: Part, share: float) -> tuple[int, ...]:
    """Return of each type of truck as many as a share of the work needs, at least one."""
    kinds: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for v in part.trucks:
        truck = part.posed.problem.vehicles[v]
        kinds[truck.kind, truck.start, truck.capacity_kg, truck.shift_start].append(v)
    chosen = [v for own in kinds.values() for v in own[: max(1, int(np.ceil(share * len(own))))]]
    return tuple(sorted(chosen))


@dataclass(frozen=True)
class DayPrices:
    """What work costs more on each day, thousandths a kilogram and a second, shape (days,)."""

    per_kg: NDArray[np.float64]
    per_s: NDArray[np.float64]

    @classmethod
    def none(cls, num_days: int) -> DayPrices:
        """Return no prices."""
        return cls(np.zeros(num_days), np.zeros(num_days))


@dataclass(frozen=True)
class PeriodProblem:
    """A problem of visits with the task of ``posed`` and the group behind each of them."""

    problem: Problem
    source: tuple[int, ...]
    group_of: Mapping[int, VisitGroup]


def period_problem(
    part: Part, prices: DayPrices, fixed: Mapping[str, tuple[int, ...]] | None = None
) -> PeriodProblem:
    """Return all visits of a part's period as one problem.

    Parameters
    ----------
    prices
        Laid on the way to each stop, so that work is dearer on the days that have much of it.
    fixed
        Days of points that are not chosen but given; none of them where it is None.
    """
    table, index = _locations(part)
    tasks: list[Task] = []
    source: list[int] = []
    groups: list[VisitGroup] = []
    group_of: dict[int, VisitGroup] = {}
    for k, what in sorted(part.days.items()):
        task = part.posed.problem.tasks[k]
        modes = tuple(Mode(index[m.entry], index[m.exit], m.service_s) for m in task.modes)
        days = _days_of(what)
        numbers = tuple(range(len(tasks), len(tasks) + len(days)))
        tasks += [
            replace(task, task_id=f"{task.task_id}@{i}", modes=modes) for i in range(len(days))
        ]
        source += [k] * len(days)
        if isinstance(what, FreePoint):
            given = None if fixed is None else (fixed[what.point_id],)
            patterns = given or visit_patterns(what.times_a_week, part.num_weeks, part.off)
            group_of[k] = VisitGroup(numbers, patterns)
            groups.append(group_of[k])
        else:
            # each visit on its own, so that one that does not fit leaves the others in
            groups += [VisitGroup((n,), ((d,),)) for n, d in zip(numbers, days, strict=True)]
    time_s, money, vehicles = _travel(part, table, index, prices)
    facilities = tuple(
        replace(f, location=index[f.location], bays=len(vehicles) + 1, capacity_kg=None)
        for f in part.posed.problem.facilities
    )
    problem = Problem(tuple(tasks), vehicles, facilities, time_s, money, NO_BREAKS, tuple(groups))
    return PeriodProblem(problem, tuple(source), group_of)


def _locations(part: Part) -> tuple[NDArray[np.int64], dict[int, int]]:
    """Return the locations that a part uses, and where each is among them."""
    problem = part.posed.problem
    used = {f.location for f in problem.facilities}
    used |= {end for v in part.trucks for end in _ends(problem.vehicles[v])}
    used |= {m.entry for k in part.days for m in problem.tasks[k].modes}
    used |= {m.exit for k in part.days for m in problem.tasks[k].modes}
    table = np.asarray(sorted(used), dtype=np.int64)
    return table, {int(place): k for k, place in enumerate(table)}


def _ends(vehicle: Vehicle) -> tuple[int, int]:
    return vehicle.start, vehicle.end


def _travel(
    part: Part, table: NDArray[np.int64], index: Mapping[int, int], prices: DayPrices
) -> tuple[NDArray[np.int32], NDArray[np.int32], tuple[Vehicle, ...]]:
    """Return seconds, money in thousandths, and the vehicles; a layer a class of truck and day."""
    problem = part.posed.problem
    classes = sorted({_class_of(problem.vehicles[v]) for v in part.trucks})
    times, money = [], []
    for profile, cost_km, cost_h in classes:
        seconds = problem.time_s[profile][np.ix_(table, table)]
        metres = problem.length_m[profile][np.ix_(table, table)]
        base = metres * (cost_km / 1000) + seconds * (cost_h / 3600)
        for facility in problem.facilities:
            base[:, index[facility.location]] += facility.unload_s * cost_h / 3600
        for day in range(part.num_days):
            dearer = base + _work_prices(part, index, prices, day)
            times.append(seconds)
            money.append(np.where(seconds < 0, -1, np.rint(dearer)).astype(np.int32))
    vehicles = tuple(
        _vehicle(part, v, index, classes.index(_class_of(problem.vehicles[v])), day)
        for day in range(part.num_days)
        for v in part.trucks
    )
    return np.stack(times), np.stack(money), vehicles


def _class_of(vehicle: Vehicle) -> tuple[int, int, int]:
    return vehicle.profile, vehicle.cost_km, vehicle.cost_h


def _work_prices(
    part: Part, index: Mapping[int, int], prices: DayPrices, day: int
) -> NDArray[np.float64]:
    """Return what entering each location adds on a day, shape (locations,)."""
    extra = np.zeros(len(index))
    for k in part.days:
        task = part.posed.problem.tasks[k]
        for mode in task.modes:
            work = prices.per_kg[day] * task.mass_kg + prices.per_s[day] * mode.service_s
            extra[index[mode.entry]] = work
    return extra


def _vehicle(part: Part, v: int, index: Mapping[int, int], layer: int, day: int) -> Vehicle:
    truck, rules = part.posed.problem.vehicles[v], part.posed.problem.rules
    meal_s = rules.meal_break_s if rules.meal_applies(truck) else 0
    return replace(
        truck,
        vehicle_id=f"{truck.vehicle_id}@{day}",
        profile=layer * part.num_days + day,
        start=index[truck.start],
        end=index[truck.end],
        shift_end=max(truck.shift_start + 1, truck.shift_end - meal_s),
        max_overtime_s=0,
        cost_km=1000,
        cost_h=0,
        day=day,
        loaded_kg=0,
        loaded_l=0,
    )
