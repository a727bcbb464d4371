"""The units chosen: costs predicted, the exact choice routed, the prediction scaled, and again."""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from scenarios.city import City
from scenarios.coverage.choice import Chosen, Need, best_sets, needs_of
from scenarios.coverage.routed import predicted_costs, sorted_city, what_sorting_touches
from scenarios.coverage.units import KINDS, Unit, candidates
from scenarios.defaults import Used
from scenarios.edits.draft import Streets
from scenarios.paired import Verdict, judge
from scenarios.runs.days import DAY_OF, Budget, DayTask, Desk, plan_task
from scenarios.runs.family import Crew, Family, Say, run_family
from scenarios.runs.store import Store

BASE = "base"
LEAST_SCALE, MOST_SCALE = 0.0, 5.0
"""Bounds of what routing may make of a prediction."""


FEWEST_ITERATIONS, ITERATIONS_A_POINT = 3000, 20
"""Of each day, by the size of the city: too few leave sets apart by chance, stops left out."""


@dataclass(frozen=True)
class Effort:
    """How much is tried: seeds of each day, rounds of prediction and routing, sets a round.

    Without a budget each day is searched as the size of the city asks for (`budget_for`).
    """

    budget: Budget | None = None
    seeds: int = 2
    rounds: int = 4
    proposals: int = 3


def budget_for(city: City) -> Budget:
    """Return how long to search for each day of a city: by its rows of points.csv."""
    return Budget(max(FEWEST_ITERATIONS, ITERATIONS_A_POINT * len(city.points)))


@dataclass(frozen=True)
class RoutedSet:
    """Units that begin to sort, and what that costs a day, in thousandths.

    Attributes
    ----------
    source
        How the set came about.
    predicted, routed
        What the routes cost more: by the last fit, and as routed, on the mean of days and seeds.
    differences
        Routed cost less that of the day as it is, one a day and seed.
    """

    chosen: Chosen
    source: str
    set_up: int
    predicted: float
    routed: float
    differences: tuple[float, ...]

    @property
    def total(self) -> float:
        """What the set costs a day."""
        return self.set_up + self.routed


@dataclass(frozen=True)
class Plan:
    """The units chosen, with all sets that were routed.

    Attributes
    ----------
    sets
        Every set routed, cheapest first; the first is the choice.
    next_best
        Verdict on the second against the first.
    costs
        Cost of each unit as the last fit has it, in thousandths.
    held
        Whether the exact choice of the last fit had been routed already.
    stopped
        Whether the search was interrupted; the sets are those that were routed in full by then.
    """

    needs: tuple[Need, ...]
    sets: tuple[RoutedSet, ...]
    next_best: Verdict | None
    costs: tuple[int, ...]
    scales: dict[str, float]
    rounds: int
    held: bool
    stopped: bool = False

    @property
    def best(self) -> RoutedSet:
        """The set chosen."""
        return self.sets[0]


@dataclass
class _Search:
    """Everything routed so far; ``stopped`` tells that no more shall be routed."""

    city: City
    units: Sequence[Unit]
    dates: Sequence[dt.date]
    streets: Streets
    effort: Effort
    crew: Crew
    store: Store
    say: Say
    used: Used
    runs: dict[Chosen, tuple[float, ...]] = field(default_factory=dict)
    source: dict[Chosen, str] = field(default_factory=dict)
    stopped: bool = False

    def route(self, sets: Iterable[tuple[Chosen, str]]) -> None:
        """Plan the days with none and with each set that was not planned yet.

        Raises
        ------
        KeyboardInterrupt
            When it is interrupted before any set was planned on all days.
        """
        sets = [((), "today"), *sets]
        fresh = {chosen: name for chosen, name in sets if chosen not in self.runs}
        pairs = [(d, s) for d in self.dates for s in range(1, self.effort.seeds + 1)]
        cities = {_name(chosen): self.with_sorting(chosen) for chosen in fresh}
        desk, budget = Desk(cities, self.streets()), self.effort.budget or budget_for(self.city)
        tasks = {
            # set by set, and of each day all seeds: a worker holds but the last days ready
            (chosen, pair): DayTask(_name(chosen), *pair, budget)
            for chosen in fresh
            for pair in pairs
        }
        keys = {where: desk.key(task) for where, task in tasks.items()}
        by_key = {keys[where]: task for where, task in tasks.items()}
        try:
            run_family(Family(plan_task, desk, by_key, DAY_OF), self.crew, self.store, self.say)
        except KeyboardInterrupt:
            self.stopped = True
        for chosen, name in fresh.items():
            runs = [self.store.get(keys[chosen, pair]) for pair in pairs]
            done = [float(run["cost"]) for run in runs if run is not None]
            if len(done) == len(pairs):
                self.runs[chosen] = tuple(done)
                self.source.setdefault(chosen, name)
        if self.stopped and (() not in self.runs or len(self.runs) == 1):
            raise KeyboardInterrupt

    def with_sorting(self, chosen: Chosen) -> City:
        """Return what has to be planned of the city in which these units sort."""
        after = sorted_city(self.city, self.units, chosen, self.streets, self.used)
        return what_sorting_touches(after)

    def added(self, chosen: Chosen) -> tuple[float, ...]:
        """Return what a set's routes cost more than those of today, one a day and seed."""
        return tuple(a - b for a, b in zip(self.runs[chosen], self.runs[()], strict=True))

    def scales(self, raw: NDArray[np.float64]) -> dict[str, float]:
        """Return by kind what routing makes of a predicted cost: least squares without constant."""
        sets = [chosen for chosen in self.runs if chosen]
        wanted = np.asarray([statistics.fmean(self.added(c)) for c in sets])
        features = np.asarray(
            [[sum(raw[k] for k in c if self.units[k].kind == kind) for kind in KINDS] for c in sets]
        )
        live = [j for j in range(len(KINDS)) if features[:, j].any()]
        scale = np.ones(len(KINDS))
        if live:
            fitted, *_ = np.linalg.lstsq(features[:, live], wanted, rcond=None)
            scale[live] = np.clip(fitted, LEAST_SCALE, MOST_SCALE)
        return dict(zip(KINDS, scale.tolist(), strict=True))


def _name(chosen: Chosen) -> str:
    return ",".join(map(str, chosen)) or BASE


def choose_units(
    city: City,
    units: Sequence[Unit],
    target: float,
    dates: Sequence[dt.date],
    *,
    compound_districts: Collection[str],
    each_district: bool,
    streets: Streets,
    effort: Effort,
    crew: Crew,
    store: Store,
    say: Say,
    used: Used,
) -> Plan | None:
    """Return which units reach the target at least cost, None where it is reached already.

    Each unit has its cost of setting up and a predicted cost of collection. The exact cheapest set,
    the next best ones and the greedy one by straight distance are routed; what routing adds scales
    the predictions of each kind; this repeats until the exact set is one that was routed. An
    interrupt ends it with the sets that were routed by then.

    Raises
    ------
    PlanningError
        When the days cannot be planned.
    KeyboardInterrupt
        When it is interrupted before any set was routed.
    """
    needs = needs_of(units, target, compound_districts, each_district=each_district)
    if not any(need.count for need in needs):
        return None
    search = _Search(city, units, dates, streets, effort, crew, store, say, used)
    raw = _predicted(search)
    scales: dict[str, float] = dict.fromkeys(KINDS, 1.0)
    greedy = _by_straight_distance(city, units, needs)
    rounds, held = 0, False
    while rounds < effort.rounds and not held and not search.stopped:
        costs = _costs(units, raw, scales)
        proposals = best_sets(costs, needs, effort.proposals)
        held = bool(proposals) and proposals[0] in search.runs
        if not held:
            rounds += 1
            say(f"round {rounds} of {effort.rounds} at most: sets of {len(proposals[0])} units")
            named = [(c, "exact" if k == 0 else "next best") for k, c in enumerate(proposals)]
            search.route([*named, (greedy, "greedy by straight distance")])
            scales = search.scales(raw)
    return _finished(search, raw, scales, needs, rounds, held)


def _predicted(search: _Search) -> NDArray[np.float64]:
    """Return the predicted cost of collection of every unit that does not sort yet."""
    free = tuple(candidates(search.units))
    cities = {BASE: search.with_sorting(()), "all": search.with_sorting(free)}
    desk = Desk(cities, search.streets())
    search.say(f"predicting what each of {len(free)} units adds to the routes")
    date = search.dates[0]
    before, after = desk.problem(BASE, date), desk.problem("all", date)
    return predicted_costs(before, after, search.units, free)


def _costs(
    units: Sequence[Unit], raw: NDArray[np.float64], scales: dict[str, float]
) -> tuple[int, ...]:
    return tuple(round(one.set_up + scales[one.kind] * raw[k]) for k, one in enumerate(units))


def _by_straight_distance(city: City, units: Sequence[Unit], needs: Sequence[Need]) -> Chosen:
    """Return the units that stand nearest to a plant for kitchen waste, as the crow flies."""
    plants = [
        (float(row.lon), float(row.lat))
        for row in city.facilities.itertuples(index=False)
        if "kitchen" in row.streams
    ] or [(float(city.facilities["lon"].iloc[0]), float(city.facilities["lat"].iloc[0]))]
    squeeze = np.cos(np.radians(plants[0][1]))
    costs = [
        round(1e6 * min(np.hypot((u.at[0] - x) * squeeze, u.at[1] - y) for x, y in plants))
        for u in units
    ]
    return next(iter(best_sets(costs, needs, 1)), ())


def _finished(
    search: _Search,
    raw: NDArray[np.float64],
    scales: dict[str, float],
    needs: Sequence[Need],
    rounds: int,
    held: bool,
) -> Plan:
    units = search.units
    sets = []
    for chosen in search.runs:
        if not chosen:
            continue
        added = search.added(chosen)
        told = sum(scales[units[k].kind] * float(raw[k]) for k in chosen)
        set_up = sum(units[k].set_up for k in chosen)
        sets.append(
            RoutedSet(chosen, search.source[chosen], set_up, told, statistics.fmean(added), added)
        )
    sets.sort(key=lambda one: (one.total, one.chosen))
    verdict = None
    if len(sets) > 1:
        first, second = sets[:2]
        gap = second.set_up - first.set_up
        pairs = zip(first.differences, second.differences, strict=True)
        verdict = judge([gap + b - a for a, b in pairs], -1)
    costs = _costs(units, raw, scales)
    return Plan(tuple(needs), tuple(sets), verdict, costs, scales, rounds, held, search.stopped)
