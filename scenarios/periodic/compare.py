"""Chosen days beside those of frequencies: both routed with the same seeds, and what that says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np

from routing.errors import InfeasibleError, InputError
from routing.network import Network
from scenarios.city import City
from scenarios.frequency import parse_frequency
from scenarios.paired import Verdict, judge
from scenarios.periodic.choose import Chosen, Days, Effort, Evenness, choose_days, spacing_kept
from scenarios.periodic.model import FreePoint, Period, collection_only, pose_period
from scenarios.periodic.routed import DayTask, PeriodDesk, Way, route_day
from scenarios.periodic.stored import SCHEMA, StoredVisits, visits_mark
from scenarios.periodic.usual import familiarity, settle_names, usual_trucks
from scenarios.places import refuse_mistaken_places
from scenarios.runs.days import Budget
from scenarios.runs.family import Crew, Family, Say, run_family
from scenarios.runs.store import Result, Store

WAYS: tuple[Way, ...] = ("frequency", "chosen", "familiar")


@dataclass(frozen=True)
class Measure:
    """A figure of a whole period; ``better`` is -1 where less is better, 1 where more is."""

    key: str
    unit: str
    better: int
    en: str
    zh: str


MEASURES = (
    Measure("total", "", -1, "cost with unevenness", "成本（含不均衡）"),
    Measure("cost", "", -1, "cost with unserved", "成本（含未完成）"),
    Measure("km", "km", -1, "distance", "里程"),
    Measure("hours", "h", -1, "time on shift", "出车时间"),
    Measure("tonnes", "t", 0, "collected", "收运量"),
    Measure("truck_days", "", -1, "truck days", "出车车次"),
    Measure("overtime_h", "h", -1, "overtime", "加班"),
    Measure("unserved", "", -1, "visits left out", "未完成收运"),
    Measure("spread_t", "t", -1, "busiest less idlest day", "最忙与最闲日之差"),
    Measure("spread_h", "h", -1, "busiest less idlest day", "最忙与最闲日之差"),
    Measure("familiar", "%", 1, "visits by the usual truck", "固定车辆收运率"),
)


@dataclass(frozen=True)
class VisitRequest:
    """What is asked for: the period, the effort of choosing, and how both ways are routed."""

    period: Period
    effort: Effort
    seeds: tuple[int, ...]
    budget: Budget


@dataclass(frozen=True)
class VisitPlan:
    """The days chosen, and the period routed in three ways.

    Attributes
    ----------
    points
        The points whose days are chosen.
    results
        By way, then seed, then day.
    values
        ``values[way][measure]`` has a number a seed.
    verdicts
        Of ``chosen`` and of ``familiar`` against ``frequency``, and under ``known`` of
        ``familiar`` against ``chosen``.
    spacing
        Share of points whose gaps are as even as their frequency allows: by frequency, chosen.
    """

    request: VisitRequest
    points: Mapping[str, FreePoint]
    visits: StoredVisits
    days: Days
    chosen: tuple[Chosen, ...]
    results: Mapping[Way, Sequence[Sequence[Result]]]
    values: Mapping[str, Mapping[str, list[float]]]
    verdicts: Mapping[str, Mapping[str, Verdict]]
    spacing: tuple[float, float]
    evenness: Evenness

    @property
    def better(self) -> bool:
        """Whether the chosen days, drivers counted, are worth more than those of frequencies."""
        return self.verdicts["familiar"]["total"].word == "better"


def plan_visits(
    city: City, request: VisitRequest, network: Network, crew: Crew, store: Store, say: Say
) -> VisitPlan:
    """Return the days of visits of a period, and how they fare beside those of frequencies.

    Raises
    ------
    InputError
        When days off leave too few days for a frequency.
    InfeasibleError
        When no point has days to choose, or a day cannot be planned.
    """
    period, settings = request.period, city.settings
    refuse_mistaken_places(city, network)
    evenness = Evenness(
        round(1000 * settings.price_uneven_t), round(1000 * settings.price_uneven_h)
    )
    _check_days_off(city, period)
    parts, free = pose_period(city, period, network, say)
    if not parts:
        raise InfeasibleError(
            "points.csv: no point has days to choose; expected a frequency such as 3/week of a"
            " point that is in use all the time"
        )
    chosen = tuple(choose_days(part, evenness, request.effort, say) for part in parts)
    days = {name: own for one in chosen for name, own in one.best.days.items()}
    dates = {name: frozenset(period.dates[k] for k in own) for name, own in days.items()}
    visits = StoredVisits(dates, {}, visits_mark(city))
    streams = frozenset(
        stream for part in parts for truck in part.posed.trucks for stream in truck.streams
    )
    unfamiliar = round(1000 * settings.price_unfamiliar)
    desk = PeriodDesk(collection_only(city), network, visits, streams, unfamiliar)
    results = _routed(desk, request, crew, store, say)
    trucks = usual_trucks(_settled(results["chosen"][0]))
    known = desk.with_trucks(trucks)
    say("routing with the trucks that usually visit a point")
    results |= _routed(known, request, crew, store, say, ("familiar",))
    values: dict[str, dict[str, list[float]]] = {
        way: _values(results[way], evenness) for way in WAYS
    }
    return VisitPlan(
        request,
        {name: free[name] for name in days},
        known.visits,
        days,
        chosen,
        results,
        values,
        _verdicts(values),
        _spacing(free, days, period),
        evenness,
    )


def _check_days_off(city: City, period: Period) -> None:
    """Refuse days off that leave fewer days than a frequency asks for."""
    left = 7 - len(period.off)
    faults = []
    for row in city.points.itertuples(index=False):
        rule = parse_frequency(row.frequency)
        if rule.period == "week" and left < rule.count < 7:
            faults.append(
                f"points.csv row {row.row}: frequency = {row.frequency!r} of {row.point_id};"
                f" expected at most {left}/week with these days off; take fewer days off"
            )
    if faults:
        raise InputError(faults)


def _routed(
    desk: PeriodDesk,
    request: VisitRequest,
    crew: Crew,
    store: Store,
    say: Say,
    ways: tuple[Way, ...] = ("frequency", "chosen"),
) -> dict[Way, list[list[Result]]]:
    """Return the figures of every day by way and seed; days that are finished are kept."""
    tasks = {
        (way, seed, date): DayTask(way, date, seed, request.budget)
        for way in ways
        for date in request.period.dates
        for seed in request.seeds
    }
    keys = {where: desk.key(task) for where, task in tasks.items()}
    by_key = {keys[where]: task for where, task in tasks.items()}
    family = Family(route_day, desk, by_key, attrgetter("way", "date"))
    found, _ = run_family(family, crew, store, say)
    return {
        way: [[found[keys[way, seed, d]] for d in request.period.dates] for seed in request.seeds]
        for way in ways
    }


def _settled(days: Sequence[Result]) -> list[dict[str, list[str]]]:
    return settle_names([day["crews"] for day in days], days[0]["alike"])


def _values(results: Sequence[Sequence[Result]], evenness: Evenness) -> dict[str, list[float]]:
    """Return every measure, a number a seed."""
    rows = [measures(days, evenness) for days in results]
    return {m.key: [row[m.key] for row in rows] for m in MEASURES}


def measures(days: Sequence[Result], evenness: Evenness) -> dict[str, float]:
    """Return the measures of one routed period.

    The usual truck of a point is the one that visits it most often in the period itself, after
    trucks that are alike have handed routes over, so that every way is read at its best.
    """
    settled = _settled(days)
    known, visits = familiarity(settled, usual_trucks(settled))
    kg = np.asarray([day["mass_kg"] for day in days], dtype=np.float64)
    seconds = np.asarray([day["duration_s"] for day in days], dtype=np.float64)
    groups = sorted({group for day in days for group in day["work"]})
    uneven = sum(_uneven_cost(days, group, evenness) for group in groups)
    cost = sum(day["cost"] for day in days)
    return {
        "total": (cost + uneven) / 1000,
        "cost": cost / 1000,
        "km": sum(day["length_m"] for day in days) / 1000,
        "hours": float(seconds.sum()) / 3600,
        "tonnes": float(kg.sum()) / 1000,
        "truck_days": float(sum(day["vehicles"] for day in days)),
        "overtime_h": sum(day["overtime_s"] for day in days) / 3600,
        "unserved": float(sum(day["unserved"] for day in days)),
        "spread_t": float(np.ptp(kg)) / 1000,
        "spread_h": float(np.ptp(seconds)) / 3600,
        "familiar": 100 * known / visits if visits else 100.0,
    }


def _uneven_cost(days: Sequence[Result], group: str, evenness: Evenness) -> float:
    """Return what the work above the mean day of streams that share trucks costs, thousandths."""
    work = np.asarray([day["work"].get(group, (0, 0)) for day in days], dtype=np.float64)
    over_kg, over_s = np.maximum(0, work - work.mean(axis=0)).sum(axis=0).tolist()
    return float(over_kg / 1000 * evenness.per_t + over_s / 3600 * evenness.per_h)


def _verdicts(values: Mapping[str, Mapping[str, list[float]]]) -> dict[str, dict[str, Verdict]]:
    pairs = {
        "chosen": ("chosen", "frequency"),
        "familiar": ("familiar", "frequency"),
        "known": ("familiar", "chosen"),
    }
    return {
        name: {
            m.key: judge(np.subtract(values[new][m.key], values[old][m.key]).tolist(), m.better)
            for m in MEASURES
        }
        for name, (new, old) in pairs.items()
    }


def _spacing(free: Mapping[str, FreePoint], days: Days, period: Period) -> tuple[float, float]:
    times = {name: free[name].times_a_week for name in days}
    usual = {name: free[name].usual_days for name in days}
    return (
        spacing_kept(usual, times, period.num_weeks),
        spacing_kept(days, times, period.num_weeks),
    )


def visits_record(city: City, plan: VisitPlan) -> dict[str, Any]:
    """Return the content of visits.json, from which the plans of the period's days are taken."""
    period = plan.request.period
    names = sorted({*plan.days, *plan.visits.trucks})
    return {
        "schema": SCHEMA,
        "city": city.name,
        "first_day": period.first.isoformat(),
        "weeks": period.num_weeks,
        "days_off": sorted(period.off),
        "mark": plan.visits.mark,
        "seed": plan.request.effort.seed,
        "points": [
            {
                "id": name,
                "frequency": plan.points[name].frequency if name in plan.points else "",
                "days": list(plan.days[name]) if name in plan.days else None,
                "usual_days": list(plan.points[name].usual_days) if name in plan.points else None,
                "truck": plan.visits.trucks.get(name, ""),
            }
            for name in names
        ],
        "values": {way: dict(own) for way, own in plan.values.items()},
        "verdicts": {
            name: {key: vars(verdict) for key, verdict in own.items()}
            for name, own in plan.verdicts.items()
        },
        "spacing": {"frequency": plan.spacing[0], "chosen": plan.spacing[1]},
        "by_day": {
            way: [_by_day(plan.results[way], k) for k in range(len(period.dates))] for way in WAYS
        },
    }


def _by_day(results: Sequence[Sequence[Result]], k: int) -> dict[str, float]:
    """Return the mean figures of a day over all seeds."""
    days = [days[k] for days in results]

    def mean(key: str, unit: float) -> float:
        return round(float(np.mean([day[key] for day in days])) / unit, 3)

    return {
        "t": mean("mass_kg", 1000),
        "h": mean("duration_s", 3600),
        "km": mean("length_m", 1000),
        "cost": mean("cost", 1000),
        "vehicles": mean("vehicles", 1),
        "stops": mean("stops", 1),
        "unserved": mean("unserved", 1),
    }
