"""What safety costs: days planned with reserves, driven under noise, and held against the first."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

from routing.cache import load_or_build_roads
from routing.network import Network
from routing.roads import Roads
from scenarios.city import City
from scenarios.day import DueStop
from scenarios.hauling.hauls import hauled
from scenarios.hauling.loads import Load
from scenarios.paired import Verdict, judge
from scenarios.periodic.model import collection_only
from scenarios.periodic.usual import true_plan
from scenarios.places import refuse_mistaken_places
from scenarios.problem import DayProblem
from scenarios.risk.plan import route_risks
from scenarios.risk.reserve import reserved
from scenarios.risk.spread import Spread
from scenarios.run import prepare_day
from scenarios.runs.days import PROBLEMS_KEPT, Budget, Watched
from scenarios.runs.family import Cancelled, Crew, Family, Say, run_family
from scenarios.runs.figures import day_figures
from scenarios.runs.store import Result, Store, content_hash
from scenarios.simulation import Noise, Simulated, simulate_plan
from solvers.plan import Plan
from solvers.solve import Options, solve


@dataclass(frozen=True)
class Measure:
    """A figure of a simulated day; ``better`` is -1 where less is better, 0 where neither is."""

    key: str
    unit: str
    better: int
    en: str
    zh: str


MEASURES = (
    Measure("total", "", -1, "cost with what is left", "总成本（含遗留）"),
    Measure("planned", "", -1, "cost as planned", "计划成本"),
    Measure("simulated", "", -1, "cost as driven", "模拟成本"),
    Measure("km", "km", -1, "distance planned", "计划里程"),
    Measure("hours", "h", -1, "time on shift planned", "计划出车时间"),
    Measure("vehicles", "", -1, "vehicles", "车辆数"),
    Measure("overflow", "%", -1, "routes with an overflow", "溢载线路比例"),
    Measure("extra_trips", "", -1, "extra trips a day", "每日加趟"),
    Measure("late", "", -1, "stops late a day", "每日迟到"),
    Measure("missed", "", -1, "stops left a day", "每日遗留"),
    Measure("left_t", "t", -1, "waste left a day", "每日遗留量"),
    Measure("unserved", "", -1, "left out of the plan", "计划未完成"),
    Measure("hauled_t", "t", 0, "hauled on from stations", "转运量"),
    Measure("haul_cost", "", -1, "cost of hauls planned", "计划转运成本"),
    Measure("overflow_min", "min", -1, "stations overfull", "站点超存时长"),
    Measure("loads_left", "", -1, "loads left at stations", "站内遗留车次"),
)


@dataclass(frozen=True)
class SafeTask:
    """One day planned with one reserve and one seed."""

    date: dt.date
    seed: int
    safety: float


@dataclass(frozen=True)
class RiskRequest:
    """What is compared: dates, seeds, safeties by rising, effort, and the noise of the days."""

    dates: tuple[dt.date, ...]
    seeds: tuple[int, ...]
    safeties: tuple[float, ...]
    budget: Budget
    days: int
    speed_cv: float
    service_cv: float


@dataclass
class RiskDesk:
    """What all days share: the city's collection, the streets, how demand varies, the request."""

    city: City
    network: Network
    spread: Spread
    request: RiskRequest
    _roads: Roads | None = None
    _problems: OrderedDict[dt.date, DayProblem] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __getstate__(self) -> dict[str, object]:
        """Return what travels: neither what a worker made of it nor its lock."""
        names = ("city", "network", "spread", "request")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take what has travelled."""
        self.__init__(**state)  # type: ignore[misc]

    def problem(self, date: dt.date) -> DayProblem:
        """Return a day's problem, made once while it is among the last few asked for."""
        with self._lock:
            if date not in self._problems:
                self._roads = self._roads or load_or_build_roads(self.network)
                self._problems[date] = prepare_day(
                    self.city, date, self.network, lambda text: None, self._roads
                )
            self._problems.move_to_end(date)
            while len(self._problems) > PROBLEMS_KEPT:
                self._problems.popitem(last=False)
            return self._problems[date]

    def key(self, task: SafeTask, visits: str) -> str:
        """Return the name of a day's result: the hash of all that it depends on.

        ``visits`` is the mark of the stored days of visits of the date, "" without any.
        """
        request = self.request
        return content_hash(
            {
                "what": "safety",
                "tables": self.city.tables_hash,
                "settings": self.city.settings_hash,
                "map": self.network.fingerprint,
                "visits": visits,
                "date": task.date.isoformat(),
                "seed": task.seed,
                "safety": task.safety,
                "iterations": request.budget.iterations,
                "seconds": request.budget.seconds if request.budget.iterations is None else None,
                "spread": asdict(self.spread),
                "noise": [request.days, request.speed_cv, request.service_cv],
            }
        )

    def noise(self) -> Noise:
        """Return the noise of the simulated days."""
        own = {name: factors.cv for name, factors in self.spread.of_point.items()}
        speed, service = self.request.speed_cv, self.request.service_cv
        return Noise(self.spread.declared.cv, speed, service, own, self.spread.correlation)


def plan_safely(desk: RiskDesk, task: SafeTask, cancel: threading.Event) -> Result:
    """Return how a day fares that is planned so that a load fits with some probability.

    Every stop that a driver leaves is priced as the mean stop of the day is, and every load that a
    transfer truck leaves as the mean load.

    Raises
    ------
    Cancelled
        When the end was called for meanwhile.
    """
    posed = desk.problem(task.date)
    begin = time.monotonic()
    problem = reserved(posed, desk.spread, task.safety)
    rule = Watched(desk.request.budget.stop(), cancel)
    plan = solve(problem, rule, task.seed, options=Options(1, 1))
    if cancel.is_set():
        raise Cancelled
    plan = true_plan(posed.problem, plan)
    posed, plan = hauled(posed, plan, desk.city.settings, task.seed)
    solved = time.monotonic()
    found = simulate_plan(posed, posed.problem, plan, desk.noise(), desk.request.days, task.seed)
    figures = day_figures(desk.city, posed, plan)
    left = sum(posed.problem.tasks[u.task].price for u in plan.unserved)
    return {
        **_measures(posed, found, left),
        "km": figures["length_m"] / 1000,
        "hours": figures["duration_s"] / 3600,
        "vehicles": figures["vehicles"],
        "unserved": len(plan.unserved) - _loads_unserved(posed, plan),
        "hauled_t": figures["hauled_kg"] / 1000,
        "haul_cost": figures["haul_cost"] / 1000,
        "overflow_min": figures["overflow_s"] / 60,
        "loads_left": found.loads_left + _loads_unserved(posed, plan),
        "routes": [
            {**asdict(risk), "simulated": _simulated(found, risk.truck_id)}
            for risk in route_risks(posed, plan, desk.spread)
        ],
        "solve_s": round(solved - begin, 3),
    }


def _simulated(found: Simulated, truck_id: str) -> float:
    """Return on which share of simulated days a route had to unload out of turn."""
    return next((r.overflow for r in found.routes if r.truck_id == truck_id), 0.0)


def _loads_unserved(posed: DayProblem, plan: Plan) -> int:
    return sum(isinstance(posed.sources[u.task], Load) for u in plan.unserved)


def _mean_price(posed: DayProblem, kind: type) -> float:
    """Return the mean price of leaving out a stop, or a load at a station."""
    pairs = zip(posed.problem.tasks, posed.sources, strict=True)
    prices = [task.price for task, source in pairs if isinstance(source, kind)]
    return float(np.mean(prices)) if prices else 0.0


def _measures(posed: DayProblem, found: Simulated, left: int) -> dict[str, float]:
    missed = found.missed * _mean_price(posed, DueStop)
    missed += found.loads_left * _mean_price(posed, Load)
    return {
        "total": (found.mean_cost + missed + left) / 1000,
        "planned": found.planned_cost / 1000,
        "simulated": found.mean_cost / 1000,
        "overflow": 100 * found.overflow,
        "extra_trips": found.detours,
        "late": found.late,
        "missed": found.missed,
        "left_t": found.left_kg / 1000,
    }


@dataclass(frozen=True)
class RiskComparison:
    """Every measure by safety, a number a day and seed, and verdicts against the lowest safety.

    ``results`` has the runs by safety, in the order of dates and seeds.
    """

    request: RiskRequest
    spread: Spread
    values: Mapping[float, Mapping[str, list[float]]]
    verdicts: Mapping[float, Mapping[str, Verdict]]
    results: Mapping[float, list[Result]]


def compare_safeties(
    city: City, request: RiskRequest, spread: Spread, network: Network, crew: Crew, say: Say
) -> RiskComparison:
    """Return what each safety costs; runs that are finished already are not made again.

    Raises
    ------
    PlanningError
        When a day cannot be planned.
    """
    refuse_mistaken_places(city, network)
    desk = RiskDesk(collection_only(city), network, spread, request)
    marks = {date: desk.problem(date).day.visits for date in request.dates}
    tasks = {
        (safety, date, seed): SafeTask(date, seed, safety)
        for date in request.dates
        for seed in request.seeds
        for safety in request.safeties
    }
    keys = {where: desk.key(task, marks[task.date]) for where, task in tasks.items()}
    by_key = {keys[where]: task for where, task in tasks.items()}
    family = Family(plan_safely, desk, by_key, attrgetter("date"))
    found, _ = run_family(family, crew, Store(), say)
    results = {
        safety: [found[keys[safety, d, s]] for d in request.dates for s in request.seeds]
        for safety in request.safeties
    }
    values = {
        safety: {m.key: [float(run[m.key]) for run in runs] for m in MEASURES}
        for safety, runs in results.items()
    }
    first = values[request.safeties[0]]
    verdicts = {
        safety: {
            m.key: judge(np.subtract(values[safety][m.key], first[m.key]).tolist(), m.better)
            for m in MEASURES
        }
        for safety in request.safeties[1:]
    }
    return RiskComparison(request, spread, values, verdicts, results)


def shown_measures(found: RiskComparison) -> list[Measure]:
    """Return the measures of which some safety has anything to tell."""
    return [m for m in MEASURES if any(any(own[m.key]) for own in found.values.values())]


def risk_record(found: RiskComparison) -> dict[str, Any]:
    """Return the comparison as JSON holds it."""
    return {
        "dates": [date.isoformat() for date in found.request.dates],
        "seeds": list(found.request.seeds),
        "demand_cv": found.spread.declared.cv,
        "points_weighed": len(found.spread.of_point),
        "correlation": found.spread.correlation,
        "correlation_estimated": found.spread.estimated,
        "values": {f"{safety:g}": dict(own) for safety, own in found.values.items()},
        "verdicts": {
            f"{safety:g}": {key: asdict(verdict) for key, verdict in own.items()}
            for safety, own in found.verdicts.items()
        },
    }
