"""The days of every point: the periodic problem solved, then evened out round by round.

The first round knows no crowded days. In each further one work is dearer on the days that have more
than the mean, up to what unevenness costs, and the search goes on from the routes of the round
before: begun anew it would find a week turned by some days, which is as good and tells nothing.
The best round by the true cost is kept. One round has the days that frequencies alone would give,
so that a choice is never worse than these in the model.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.periodic.model import DayPrices, Part, PeriodProblem, period_problem
from scenarios.periodic.patterns import WEEK, unevenness, visit_patterns
from solvers.evaluate import evaluate
from solvers.native import Search, write_routes

Say = Callable[[str], None]
Days = dict[str, tuple[int, ...]]
Sequences = dict[int, list[int]]

FULL_AT = 0.1
"""Share above the mean day from which on work bears its whole price; below, a part of it."""
DAMPING = 0.5
"""Part of a new price of a day in the next round; the rest is the price before."""
WARM = 0.4
"""Share of the cooling at which a round begins that goes on from another."""
CHUNKS = 50
"""Temperatures of a round."""


@dataclass(frozen=True)
class Effort:
    """How long to search: rounds after the first, steps a visit of the first and of each other."""

    rounds: int = 12
    first_steps: int = 200
    steps: int = 60
    seed: int = 1


@dataclass(frozen=True)
class Evenness:
    """What a tonne and an hour above the mean day cost, in thousandths."""

    per_t: int
    per_h: int


@dataclass(frozen=True)
class Work:
    """What a plan of the period carries and works on each day; kilograms, seconds, shape (days,).

    ``cost`` is that of driving and of visits left out, without prices of days; ``left`` counts
    those.
    """

    kg: NDArray[np.int64]
    seconds: NDArray[np.int64]
    cost: int
    left: int

    def uneven_cost(self, evenness: Evenness) -> float:
        """Return what the work above the mean day costs, thousandths."""
        over_t = np.maximum(0, self.kg - self.kg.mean()).sum() / 1000
        over_h = np.maximum(0, self.seconds - self.seconds.mean()).sum() / 3600
        return float(over_t * evenness.per_t + over_h * evenness.per_h)


@dataclass(frozen=True)
class Round:
    """One solution of a part: its days, its work, and its cost with that of unevenness."""

    days: Days
    work: Work
    total: float
    allowed: bool = True


@dataclass(frozen=True)
class Chosen:
    """The days chosen for a part, the round they are of, and that of the days by frequency."""

    best: Round
    usual: Round
    rounds: tuple[Round, ...]


def choose_days(part: Part, evenness: Evenness, effort: Effort, say: Say) -> Chosen:
    """Return the days of every free point of a part."""
    usual = _usual_round(part, evenness, effort)
    say(_told("days by frequency", usual))
    prices = DayPrices.none(part.num_days)
    bare = period_problem(part, prices)
    sequences = _search(bare, effort, {}, 0)
    rounds = [_round(part, bare, sequences, evenness)]
    say(_told("days chosen", rounds[0]))
    for number in range(1, effort.rounds + 1):
        prices = _moved(prices, rounds[-1].work, evenness)
        sequences = _search(period_problem(part, prices), effort, sequences, number)
        rounds.append(_round(part, bare, sequences, evenness))
        say(_told(f"evening out, round {number} of {effort.rounds}", rounds[-1]))
    best = min((r for r in (*rounds, usual) if r.allowed), key=lambda r: r.total)
    return Chosen(best, usual, tuple(rounds))


def _told(what: str, found: Round) -> str:
    return (
        f"{what}: cost {found.work.cost / 1000:,.0f}, with unevenness {found.total / 1000:,.0f},"
        f" left out {found.work.left}"
    )


def _usual_round(part: Part, evenness: Evenness, effort: Effort) -> Round:
    """Return the round of the days that frequencies give; not allowed where days off forbid it."""
    usual = {what.point_id: what.usual_days for what in part.free.values()}
    model = period_problem(part, DayPrices.none(part.num_days), usual)
    found = _round(part, model, _search(model, effort, {}, 0), evenness)
    allowed = all(
        what.usual_days in visit_patterns(what.times_a_week, part.num_weeks, part.off)
        for what in part.free.values()
    )
    return Round(usual, found.work, found.total, allowed)


def _search(model: PeriodProblem, effort: Effort, start: Sequences, number: int) -> Sequences:
    """Return the routes of one search, begun from others where there are any."""
    search = Search(model.problem, effort.seed + number)
    begin = WARM if start else 0.0
    each = effort.steps if start else effort.first_steps
    if start:
        search.link(start)
    steps = max(1, each * len(model.problem.tasks) // CHUNKS)
    for k in range(CHUNKS):
        search.advance(steps, begin + (1 - begin) * k / CHUNKS)
    return search.sequences()


def _round(part: Part, model: PeriodProblem, sequences: Sequences, evenness: Evenness) -> Round:
    """Return days and work of routes, by the slow evaluation without prices of days."""
    problem = model.problem
    routes = write_routes(problem, sequences)
    served = {
        s.idx: problem.vehicles[r.vehicle].day for r in routes for s in r.steps if s.kind == "task"
    }
    left = set(range(len(problem.tasks))) - served.keys()
    judged = evaluate(problem, routes, left)
    kg, seconds = np.zeros(part.num_days, np.int64), np.zeros(part.num_days, np.int64)
    for driven in judged.driven:
        seconds[problem.vehicles[driven.route.vehicle].day] += driven.end_s - driven.route.start_s
    for task, day in served.items():
        kg[day] += problem.tasks[task].mass_kg
    work = Work(kg, seconds, judged.cost, len(left))
    days = _days(part, model, served)
    return Round(days, work, work.cost + work.uneven_cost(evenness))


def _days(part: Part, model: PeriodProblem, day_of: Mapping[int, int]) -> Days:
    """Return the days of each free point; one that is left out gets those nearest to its usual."""
    found: Days = {}
    for k, what in part.free.items():
        days = tuple(day_of.get(task, -1) for task in model.group_of[k].tasks)
        patterns = model.group_of[k].patterns
        found[what.point_id] = days if days in patterns else _nearest(patterns, what.usual_days)
    return found


def _nearest(patterns: Sequence[tuple[int, ...]], usual: tuple[int, ...]) -> tuple[int, ...]:
    return max(patterns, key=lambda days: (len(set(days) & set(usual)), [-d for d in days]))


def _moved(prices: DayPrices, work: Work, evenness: Evenness) -> DayPrices:
    """Return the prices of days after a round, thousandths a kilogram and a second."""

    def moved(
        old: NDArray[np.float64], load: NDArray[np.int64], most: float
    ) -> NDArray[np.float64]:
        mean = max(1.0, float(load.mean()))
        new = most * np.clip((load - mean) / (FULL_AT * mean), 0, 1)
        return (1 - DAMPING) * old + DAMPING * new

    return DayPrices(
        moved(prices.per_kg, work.kg, evenness.per_t / 1000),
        moved(prices.per_s, work.seconds, evenness.per_h / 3600),
    )


def spacing_kept(days: Days, times: Mapping[str, int], num_weeks: int) -> float:
    """Return the share of points whose gaps are as even as their frequency allows."""
    num_days = WEEK * num_weeks
    kept = [
        unevenness(own, num_days) == unevenness(visit_patterns(times[name], num_weeks)[0], num_days)
        for name, own in days.items()
    ]
    return sum(kept) / len(kept) if kept else 1.0
