"""Days of a period routed in full: by frequency, by chosen days, and with drivers who know them."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from routing.cache import load_or_build_roads
from routing.network import Network
from routing.roads import Roads
from scenarios.city import City
from scenarios.cleaning.work import by_frequency
from scenarios.day import Day, plan_day
from scenarios.periodic.model import joined_streams
from scenarios.periodic.stored import StoredVisits
from scenarios.periodic.usual import alike_trucks, priced, true_plan
from scenarios.problem import DayProblem
from scenarios.run import pose_day
from scenarios.runs.days import PROBLEMS_KEPT, Budget, Watched
from scenarios.runs.family import Cancelled
from scenarios.runs.figures import day_figures
from scenarios.runs.store import Result, content_hash
from solvers.evaluate import evaluate_plan
from solvers.plan import Plan
from solvers.solve import Options, solve

Way = Literal["frequency", "chosen", "familiar"]


@dataclass(frozen=True)
class DayTask:
    """One day to be routed: by which days of visits, with which seed."""

    way: Way
    date: dt.date
    seed: int
    budget: Budget


@dataclass
class PeriodDesk:
    """What the days of a period share: the city without street work, the streets, the days chosen.

    Attributes
    ----------
    streams
        Those that share trucks with a point whose days are chosen; all else is the same either way.
    unfamiliar
        Thousandths that a visit by another than the usual truck costs where drivers count.
    """

    city: City
    network: Network
    visits: StoredVisits
    streams: frozenset[str]
    unfamiliar: int
    _roads: Roads | None = None
    _problems: OrderedDict[tuple[bool, dt.date], DayProblem] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __getstate__(self) -> dict[str, object]:
        """Return what travels: neither what a worker made of it nor its lock."""
        names = ("city", "network", "visits", "streams", "unfamiliar")
        return {name: getattr(self, name) for name in names}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take what has travelled."""
        self.__init__(**state)  # type: ignore[misc]

    def problem(self, way: Way, date: dt.date) -> DayProblem:
        """Return a day's problem, made once while it is among the last few asked for."""
        by_days = way != "frequency"
        with self._lock:
            if (by_days, date) not in self._problems:
                self._roads = self._roads or load_or_build_roads(self.network)
                day = plan_day(self.city, date, self.visits if by_days else None)
                day = of_streams(day, self.streams)
                self._problems[by_days, date] = pose_day(
                    self.city, day, self.network, by_frequency, lambda text: None, self._roads
                )
            self._problems.move_to_end((by_days, date))
            while len(self._problems) > PROBLEMS_KEPT:
                self._problems.popitem(last=False)
            return self._problems[by_days, date]

    def key(self, task: DayTask) -> str:
        """Return the name of a day's result: the hash of all that it depends on."""
        by_days, familiar = task.way != "frequency", task.way == "familiar"
        dates = {p: sorted(map(str, own)) for p, own in sorted(self.visits.dates.items())}
        return content_hash(
            {
                "what": "collection day",
                "tables": self.city.tables_hash,
                "settings": self.city.settings_hash,
                "map": self.network.fingerprint,
                "date": task.date.isoformat(),
                "seed": task.seed,
                "iterations": task.budget.iterations,
                "seconds": task.budget.seconds if task.budget.iterations is None else None,
                "streams": sorted(self.streams),
                "dates": dates if by_days else None,
                "trucks": dict(sorted(self.visits.trucks.items())) if familiar else None,
                "unfamiliar": self.unfamiliar if familiar else None,
            }
        )

    def with_trucks(self, trucks: Mapping[str, str]) -> PeriodDesk:
        """Return a desk at which points have usual trucks."""
        visits = replace(self.visits, trucks=trucks)
        return PeriodDesk(self.city, self.network, visits, self.streams, self.unfamiliar)


def of_streams(day: Day, streams: frozenset[str]) -> Day:
    """Return a day with the stops and trucks of some streams alone."""
    return replace(
        day,
        stops=tuple(stop for stop in day.stops if stop.stream in streams),
        trucks=tuple(truck for truck in day.trucks if streams & set(truck.streams)),
    )


def route_day(desk: PeriodDesk, task: DayTask, cancel: threading.Event) -> Result:
    """Return the figures of one routed day, with the trucks that are alike.

    Raises
    ------
    Cancelled
        When the end was called for meanwhile.
    """
    posed = desk.problem(task.way, task.date)
    begin = time.monotonic()
    usual = desk.visits.trucks if task.way == "familiar" else {}
    dearer = priced(posed, usual, desk.unfamiliar) if usual and desk.unfamiliar else None
    rule = Watched(task.budget.stop(), cancel)
    problem = posed.problem if dearer is None else dearer
    plan = solve(problem, rule, task.seed, options=Options(1, 1))
    if cancel.is_set():
        raise Cancelled
    if dearer is not None:
        plan = true_plan(posed.problem, plan)
    solved = time.monotonic()
    return {
        **day_figures(desk.city, posed, plan),
        "alike": alike_trucks(posed),
        "work": _work(posed, plan),
        "lower_bound": plan.lower_bound,
        "solve_s": round(solved - begin, 3),
    }


def _work(posed: DayProblem, plan: Plan) -> dict[str, list[int]]:
    """Return kilograms collected and seconds on shift of the streams that share trucks."""
    groups = joined_streams(posed.day.trucks)
    found = {"+".join(sorted(group)): [0, 0] for group in groups}
    for driven in evaluate_plan(posed.problem, plan).driven:
        streams = set(posed.problem.vehicles[driven.route.vehicle].capacity_l)
        own = found["+".join(sorted(next(group for group in groups if group & streams)))]
        own[0] += sum(
            posed.problem.tasks[t.step.idx].mass_kg for t in driven.timings if t.step.kind == "task"
        )
        own[1] += driven.end_s - driven.route.start_s
    return found
