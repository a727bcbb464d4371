"""Days as tasks: one scenario, one date, one seed, one budget."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import attrgetter

from routing.cache import load_or_build_roads
from routing.network import Network
from routing.roads import Roads
from scenarios.city import City
from scenarios.cleaning.linked import Search
from scenarios.hauling.hauls import plan_hauls
from scenarios.problem import DayProblem
from scenarios.run import prepare_day, solve_day
from scenarios.runs.family import Cancelled
from scenarios.runs.figures import day_figures, day_lines
from scenarios.runs.store import Result, content_hash
from solvers.solve import Options, silent
from solvers.stop import MaxIterations, MaxSeconds, Stop

PROBLEMS_KEPT = 2
"""Days held ready in a worker: the seeds of one day follow each other."""
DAY_OF = attrgetter("scenario", "date")
"""What of a task is the same for all seeds: what `Family.need` asks for."""


@dataclass(frozen=True)
class Budget:
    """How long to search: iterations, which give the same plan anywhere, or else seconds."""

    iterations: int | None = None
    seconds: float = 20.0

    def stop(self) -> Stop:
        """Return a stopping rule that begins now."""
        if self.iterations is not None:
            return MaxIterations(self.iterations)
        return MaxSeconds(self.seconds)


@dataclass(frozen=True)
class DayTask:
    """One day to be planned; ``lines`` asks for what a map draws."""

    scenario: str
    date: dt.date
    seed: int
    budget: Budget
    solver: str = "native"
    lines: bool = False


@dataclass
class Desk:
    """What the days of a comparison share: cities and streets, and in each worker the roads.

    Attributes
    ----------
    cities
        By scenario.
    """

    cities: Mapping[str, City]
    network: Network
    _roads: Roads | None = None
    _problems: OrderedDict[tuple[str, dt.date], DayProblem] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __getstate__(self) -> dict[str, object]:
        """Return what travels: neither what a worker made of it nor its lock."""
        return {"cities": dict(self.cities), "network": self.network}

    def __setstate__(self, state: dict[str, object]) -> None:
        """Take what has travelled."""
        self.__init__(**state)  # type: ignore[misc]

    def problem(self, scenario: str, date: dt.date) -> DayProblem:
        """Return a day's problem, made once while it is among the last few asked for."""
        with self._lock:
            key = (scenario, date)
            if key not in self._problems:
                self._roads = self._roads or load_or_build_roads(self.network)
                self._problems[key] = prepare_day(
                    self.cities[scenario], date, self.network, lambda text: None, self._roads
                )
            self._problems.move_to_end(key)
            while len(self._problems) > PROBLEMS_KEPT:
                self._problems.popitem(last=False)
            return self._problems[key]

    def key(self, task: DayTask) -> str:
        """Return the name of a day's result: the hash of all that it depends on."""
        city = self.cities[task.scenario]
        return content_hash(
            {
                "what": "day",
                "tables": city.tables_hash,
                "settings": city.settings_hash,
                "map": self.network.fingerprint,
                "date": task.date.isoformat(),
                "seed": task.seed,
                "iterations": task.budget.iterations,
                "seconds": task.budget.seconds if task.budget.iterations is None else None,
                "solver": task.solver,
                "lines": task.lines,
            }
        )


@dataclass
class Watched:
    """A stopping rule that ends when nobody waits for the result any more."""

    rule: Stop
    cancel: threading.Event

    @property
    def max_iterations(self) -> int | None:
        """Return the limit of the rule."""
        return self.rule.max_iterations

    @property
    def max_seconds(self) -> float | None:
        """Return the limit of the rule."""
        return self.rule.max_seconds

    def used(self, iterations: int) -> float:
        """Return the share used, 1.0 after the end was called for."""
        return 1.0 if self.cancel.is_set() else self.rule.used(iterations)


def plan_task(desk: Desk, task: DayTask, cancel: threading.Event) -> Result:
    """Return the figures of one day, planned with its hauls as `scenarios.run.run_day` does.

    Raises
    ------
    Cancelled
        When the end was called for meanwhile.
    """
    begin = time.monotonic()
    posed = desk.problem(task.scenario, task.date)
    ready = time.monotonic()
    # a search alone on one thread: the tasks themselves are what runs side by side
    rule = Watched(task.budget.stop(), cancel)
    search = Search(rule, task.seed, task.solver, silent, Options(1, 1), lambda text: None)
    city = desk.cities[task.scenario]
    plan = solve_day(posed, search, round(1000 * city.settings.price_unfamiliar))
    if cancel.is_set():
        raise Cancelled
    if posed.haulers:
        posed, plan = plan_hauls(posed, plan, city.settings, search)
    solved = time.monotonic()
    result: Result = day_figures(city, posed, plan)
    if task.lines:
        result["lines"] = day_lines(posed, plan)
    return {
        **result,
        "lower_bound": plan.lower_bound,
        "iterations": plan.iterations,
        "prepare_s": round(ready - begin, 3),
        "solve_s": round(solved - ready, 3),
        "after_s": round(time.monotonic() - solved, 3),
    }
