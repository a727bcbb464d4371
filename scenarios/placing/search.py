"""Choosing places: predicted by the nearest, judged by routed days, scaled, and again."""

from __future__ import annotations

import itertools
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.errors import InfeasibleError
from scenarios.paired import Verdict, judge
from scenarios.placing.ground import Design, PlaceGround
from scenarios.runs.days import DAY_OF, Budget, DayTask, Desk, plan_task
from scenarios.runs.family import Crew, Family, Say, run_family
from scenarios.runs.store import Result, Store

BASE = "base"
ENUMERATED = 20_000
"""With at most so many designs all are looked at; else exchanges lead from one to the next."""
LEAST_SCALE, MOST_SCALE = 0.05, 5.0
FINALISTS = 3


@dataclass(frozen=True)
class Rules:
    """How many places are built, and for how much money at most, in currency units."""

    build: int
    budget: float | None = None


@dataclass(frozen=True)
class Effort:
    """How much is tried: seeds a design, rounds, designs a round, seeds of the last heat."""

    budget: Budget
    seeds: int = 2
    rounds: int = 4
    proposals: int = 4
    final_seeds: int = 6


@dataclass(frozen=True)
class JudgedDesign:
    """A design with what is predicted of it and what routing says, in thousandths a day."""

    design: Design
    predicted: float
    routed: float
    runs: tuple[float, ...]


@dataclass(frozen=True)
class Placing:
    """The places chosen, with all that was routed.

    Attributes
    ----------
    ranking
        Every design routed, cheapest first; the first is the choice.
    today
        Cost of the day as it is, one a seed; ``saving`` is the verdict on the choice against it.
    runner_up
        Verdict on the second against the first.
    scale
        What routing makes of what is predicted.
    held
        Whether nothing was predicted to be better than what was routed.
    """

    ranking: tuple[JudgedDesign, ...]
    today: tuple[float, ...]
    saving: Verdict
    runner_up: Verdict | None
    scale: float
    rounds: int
    held: bool

    @property
    def chosen(self) -> JudgedDesign:
        """The design chosen."""
        return self.ranking[0]


@dataclass
class _Search:
    """Everything routed so far; the empty design is the day as it is."""

    ground: PlaceGround
    effort: Effort
    crew: Crew
    store: Store
    say: Say
    runs: dict[Design, tuple[float, ...]] = field(default_factory=dict)

    def route(self, designs: Iterable[Design], seeds: int) -> None:
        """Plan the day with each design that was not planned with as many seeds yet."""
        fresh = [d for d in dict.fromkeys(designs) if len(self.runs.get(d, ())) < seeds]
        if not fresh:
            return
        ground = self.ground
        desk = Desk(
            {_name(d): ground.built(d) if d else ground.city for d in fresh}, ground.network
        )
        tasks = {
            (d, seed): DayTask(_name(d), ground.date, seed, self.effort.budget)
            for d in fresh
            for seed in range(1, seeds + 1)
        }
        keys = {where: desk.key(task) for where, task in tasks.items()}
        by_key = {keys[where]: task for where, task in tasks.items()}
        found, _ = run_family(
            Family(plan_task, desk, by_key, DAY_OF), self.crew, self.store, self.say
        )
        for d in fresh:
            results: list[Result] = [found[keys[d, seed]] for seed in range(1, seeds + 1)]
            self.runs[d] = tuple(r["cost"] + ground.daily_cost(d) for r in results)

    def cost(self, design: Design) -> float:
        """Return the mean cost of a design over the seeds that every design has."""
        return statistics.fmean(self.runs[design][: self.effort.seeds])

    def fit(self) -> tuple[float, float]:
        """Return scale and constant that tell routed costs best from what is predicted."""
        ground = self.ground
        routed = [d for d in self.runs if d or np.isfinite(ground.stays).all()]
        raw = np.asarray([ground.predicted(d) for d in routed])
        told = np.asarray([self.cost(d) - ground.daily_cost(d) for d in routed])
        spread = raw - raw.mean()
        square = float(spread @ spread)
        scale = float(spread @ (told - told.mean()) / square) if square > 0 else 1.0
        scale = float(np.clip(scale, LEAST_SCALE, MOST_SCALE))
        return scale, float(told.mean() - scale * raw.mean())


def _name(design: Design) -> str:
    return "+".join(map(str, design)) or BASE


def choose_places(
    ground: PlaceGround, rules: Rules, effort: Effort, crew: Crew, store: Store, say: Say
) -> Placing:
    """Return which places to build.

    Each unit is predicted to use the nearest place, or to stay as it is. The best designs by that
    are routed beside the day as it is; what routing makes of the prediction scales it against the
    price of the places; it repeats until the best design was routed. The finalists are routed with
    more seeds.

    Raises
    ------
    InfeasibleError
        When no design keeps the rules.
    """
    search = _Search(ground, effort, crew, store, say)
    scale, constant, rounds, held = 1.0, 0.0, 0, False
    while rounds < effort.rounds and not held:
        proposals = best_designs(ground, rules, scale, effort.proposals)
        held = proposals[0] in search.runs
        if not held:
            rounds += 1
            say(f"round {rounds} of {effort.rounds} at most: {len(proposals)} designs")
            search.route([(), *proposals], effort.seeds)
            scale, constant = search.fit()
    return _finished(search, scale, constant, rounds, held)


def best_designs(ground: PlaceGround, rules: Rules, scale: float, count: int) -> list[Design]:
    """Return the designs that are predicted to be best, best first.

    Exact where there are few designs; else the best of what exchanges of one place for another meet
    on their way from the greedy design.

    Raises
    ------
    InfeasibleError
        When no design keeps the rules.
    """
    num = len(ground.places)
    if math.comb(num, rules.build) <= ENUMERATED:
        every = itertools.combinations(range(num), rules.build)
        seen = {d: _value(ground, d, scale) for d in every if _fits(ground, d, rules)}
    else:
        seen = _exchanged(ground, rules, scale)
    if not seen:
        raise InfeasibleError(
            f"no choice of {rules.build} of {num} candidates keeps the rules; raise --budget,"
            " build fewer, or add candidates"
        )
    return sorted(seen, key=lambda d: (seen[d], d))[:count]


def _value(ground: PlaceGround, design: Design, scale: float) -> float:
    return scale * ground.predicted(design) + ground.daily_cost(design)


def _fits(ground: PlaceGround, design: Sequence[int], rules: Rules) -> bool:
    money = sum(ground.places[c].build_cost for c in design)
    return rules.budget is None or money <= rules.budget


def _exchanged(ground: PlaceGround, rules: Rules, scale: float) -> dict[Design, float]:
    """Return designs with their values, met by exchanges from the greedy and the cheapest one."""
    order = sorted(range(len(ground.places)), key=lambda c: (ground.places[c].build_cost, c))
    seen: dict[Design, float] = {}
    for begin in (_greedy(ground, rules, scale), tuple(sorted(order[: rules.build]))):
        design = begin
        while len(design) == rules.build and _fits(ground, design, rules):
            seen[design] = _value(ground, design, scale)
            near = {d: _value(ground, d, scale) for d in _beside(ground, design, rules)}
            seen |= near
            better = min(near, key=lambda d: (near[d], d), default=design)
            if seen[better] >= seen[design]:
                break
            design = better
    return seen


def _greedy(ground: PlaceGround, rules: Rules, scale: float) -> Design:
    design: Design = ()
    for _ in range(rules.build):
        more = [tuple(sorted((*design, c))) for c in range(len(ground.places)) if c not in design]
        fitting = [d for d in more if _fits(ground, d, rules)]
        if not fitting:
            break
        design = min(fitting, key=lambda d: (_value(ground, d, scale), d))
    return design


def _beside(ground: PlaceGround, design: Design, rules: Rules) -> list[Design]:
    found = [
        tuple(sorted((*(d for d in design if d != out), c)))
        for out in design
        for c in range(len(ground.places))
        if c not in design
    ]
    return [d for d in found if _fits(ground, d, rules)]


def _finished(search: _Search, scale: float, constant: float, rounds: int, held: bool) -> Placing:
    """Route the finalists with more seeds and put everything in order."""
    ground, seeds = search.ground, max(search.effort.final_seeds, search.effort.seeds)
    ordered = sorted((d for d in search.runs if d), key=lambda d: (search.cost(d), d))
    search.say("the last heat")
    finalists = ordered[:FINALISTS]
    search.route([(), *finalists], seeds)
    finalists.sort(key=lambda d: (statistics.fmean(search.runs[d]), d))
    ranking = tuple(
        JudgedDesign(
            d,
            _value(ground, d, scale) + constant,
            statistics.fmean(search.runs[d]),
            search.runs[d],
        )
        for d in (*finalists, *ordered[FINALISTS:])
    )
    runner_up = _against(ranking[1].runs, ranking[0].runs) if len(ranking) > 1 else None
    saving = _against(ranking[0].runs, search.runs[()])
    return Placing(ranking, search.runs[()], saving, runner_up, scale, rounds, held)


def _against(runs: Sequence[float], others: Sequence[float]) -> Verdict:
    return judge([a - b for a, b in zip(runs, others, strict=False)], -1)
