"""Choosing sites: the model proposes, routing judges, the model learns, till the ranking holds."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.errors import InfeasibleError
from scenarios.paired import Verdict, judge
from scenarios.runs.days import Budget
from scenarios.runs.family import Crew, Family, Say, run_family
from scenarios.runs.store import Result, Store
from scenarios.siting.ground import Design, Ground
from scenarios.siting.location import Assignment, Rules, Terms, assign, best_designs
from scenarios.siting.peers import greedy, random_designs, straight_median
from scenarios.siting.refit import fit_terms
from scenarios.siting.routed import DesignTask, route_design, task_key

DEMANDS = (0.7, 1.3)
"""The choice is made again with this much of the waste."""
FIRST_RANDOM = 6
FINALISTS = 5
RIVALS_BY_CHANCE = 20


@dataclass(frozen=True)
class Effort:
    """How much is tried: seeds a design, rounds, proposals a round, seeds of the last heat.

    ``rivals`` asks for designs chosen in simple ways to be routed beside the choice.
    """

    budget: Budget
    seeds: int = 2
    rounds: int = 6
    proposals: int = 5
    final_seeds: int = 6
    rivals: bool = False


@dataclass(frozen=True)
class Judged:
    """A design with what the model says of it and what routing it costs, in thousandths a day.

    Attributes
    ----------
    predicted
        By the model as fitted last.
    foretold
        By the model before the design was routed; None for the designs it began with.
    """

    design: Design
    source: str
    predicted: float
    foretold: float | None
    routed: float
    runs: tuple[Result, ...]


@dataclass(frozen=True)
class Flip:
    """What is built instead if there is more or less waste, and whether routing agrees.

    ``regret`` is what the choice costs more than the other design then, in thousandths a day.
    """

    demand: float
    design: Design
    leaves: tuple[str, ...]
    joins: tuple[str, ...]
    regret: float


@dataclass(frozen=True)
class Rival:
    """A design chosen in a simple way: its cost and the choice's, over the same seeds."""

    name: str
    design: Design
    routed: float
    chosen: float


@dataclass(frozen=True)
class Siting:
    """The sites chosen, with all that was tried.

    Attributes
    ----------
    ranking
        Every design routed, cheapest first; the first is the choice.
    runner_up
        Verdict on the second against the first: its mean is the regret of choosing it.
    held
        Whether the ranking held: the model proposed nothing more that was not routed.
    """

    ranking: tuple[Judged, ...]
    terms: Terms
    chosen_flow: Assignment
    runner_up: Verdict | None
    flips: tuple[Flip, ...]
    rounds: int
    held: bool
    rivals: tuple[Rival, ...] = ()

    @property
    def chosen(self) -> Judged:
        """The design chosen."""
        return self.ranking[0]

    @property
    def foretold_error(self) -> float | None:
        """Mean relative error of what was predicted before routing, in the last rounds."""
        errors = [abs(j.foretold - j.routed) / j.routed for j in self.ranking if j.foretold]
        return statistics.fmean(errors) if errors else None

    @property
    def fitted_error(self) -> float:
        """Largest relative error of the last fit among the five best designs."""
        return max(abs(j.predicted - j.routed) / j.routed for j in self.ranking[:5])


@dataclass
class _Search:
    """Everything routed so far."""

    ground: Ground
    rules: Rules
    effort: Effort
    crew: Crew
    store: Store
    say: Say
    runs: dict[Design, list[Result]] = field(default_factory=dict)
    source: dict[Design, str] = field(default_factory=dict)
    foretold: dict[Design, float] = field(default_factory=dict)
    told: dict[tuple[Design, bytes], Assignment] = field(default_factory=dict)

    def route(self, designs: Iterable[Design], source: str, seeds: int) -> None:
        """Plan the day with each design that was not planned with as many seeds yet."""
        wanted = [d for d in dict.fromkeys(designs) if len(self.runs.get(d, ())) < seeds]
        for design, runs in zip(wanted, self.routed(wanted, seeds), strict=True):
            self.runs[design] = runs
            self.source.setdefault(design, source)

    def routed(
        self, designs: Sequence[Design], seeds: int, demand: float = 1.0
    ) -> list[list[Result]]:
        """Return the runs of each design, a seed each."""
        tasks = [
            [DesignTask(d, seed, self.effort.budget, demand) for seed in range(1, seeds + 1)]
            for d in designs
        ]
        keys = [[task_key(self.ground, task) for task in row] for row in tasks]
        by_key = {
            key: task
            for row, names in zip(tasks, keys, strict=True)
            for task, key in zip(row, names, strict=True)
        }
        family = Family(route_design, self.ground, by_key)
        found, _ = run_family(family, self.crew, self.store, self.say)
        return [[found[key] for key in row] for row in keys]

    def cost(self, design: Design) -> float:
        """Return the mean cost of a design over the seeds that every design has."""
        return statistics.fmean(r["total"] for r in self.runs[design][: self.effort.seeds])

    def assigned(self, design: Design, terms: Terms) -> Assignment:
        """Return where the model brings the waste under a design."""
        key = (design, terms.by_zone.tobytes())
        if key not in self.told:
            self.told[key] = assign(self.ground, design, terms)
        return self.told[key]

    def fit(self, terms: Terms) -> Terms:
        """Return the terms fitted to all that was routed, flows as of the terms before."""
        designs = sorted(self.runs)
        flows = [self.assigned(d, terms) for d in designs]
        told = [
            statistics.fmean(r["total"] - r["sites"] for r in self.runs[d][: self.effort.seeds])
            - flow.left_price
            - flow.haul
            for d, flow in zip(designs, flows, strict=True)
        ]
        return fit_terms([flow.features for flow in flows], told)

    def best(self) -> Design:
        """Return the cheapest design routed."""
        return min(sorted(self.runs), key=self.cost)


def choose_sites(
    ground: Ground, rules: Rules, effort: Effort, crew: Crew, store: Store, say: Say
) -> Siting:
    """Return which candidates to build.

    The model's term for each district begins at 1. Simple designs are routed first; then, round by
    round, the terms are fitted to all that was routed, and the model's best designs that were not
    routed yet are routed, some of them beside the best one known. The search ends when the model
    proposes nothing new among its best, or the rounds are used up. The finalists are routed again
    with more seeds.

    Raises
    ------
    InfeasibleError
        When no design keeps the rules.
    """
    search = _Search(ground, rules, effort, crew, store, say)
    terms = Terms(np.ones(len(ground.zones)))
    _begin(search, terms)
    held, rounds = False, 0
    while rounds < effort.rounds and not held:
        terms = search.fit(terms)
        proposals = _proposals(search, terms)
        fresh = [d for d in proposals if d not in search.runs]
        held = not fresh
        if fresh:
            rounds += 1
            say(f"round {rounds}: {len(fresh)} designs to be routed")
            for design in fresh:
                told = search.assigned(design, terms)
                search.foretold[design] = told.predicted(ground, design, terms)
            search.route(fresh, f"round {rounds}", effort.seeds)
    terms = search.fit(terms)
    return _finished(search, terms, rounds, held)


def _begin(search: _Search, terms: Terms) -> None:
    """Route the designs that the first fit rests on."""
    ground, rules, effort = search.ground, search.rules, search.effort
    simple = {
        "greedy": greedy(ground, rules),
        "straight-line median": straight_median(ground, rules),
    }
    model = best_designs(ground, terms, rules, 2)
    by_chance = random_designs(ground, rules, FIRST_RANDOM, 1)
    if not model:
        raise InfeasibleError(
            f"no choice of {rules.build} candidates keeps the rules; raise --budget, build fewer,"
            " or add candidates"
        )
    say = search.say
    say(f"{len(model) + len(by_chance) + 2} designs to begin with")
    for name, design in simple.items():
        if design is not None:
            search.route([design], name, effort.seeds)
    search.route(model, "model", effort.seeds)
    search.route(by_chance, "chance", effort.seeds)


def _proposals(search: _Search, terms: Terms) -> list[Design]:
    """Return the model's best designs, and its best of those beside the best one routed."""
    ground, rules, count = search.ground, search.rules, search.effort.proposals
    best = search.best()
    sites = frozenset(c for c, _ in best)
    beside = max(1, count // 3)
    found = best_designs(ground, terms, rules, count - beside)
    tried = [frozenset(c for c, _ in d) for d in (*search.runs, *found)]
    near = best_designs(ground, terms, rules, beside, forbidden=tried, near=sites)
    # what is beside the best one is routed only while the model thinks it is worth it
    limit = max(search.assigned(d, terms).predicted(ground, d, terms) for d in [*found, best])
    worth = [d for d in near if search.assigned(d, terms).predicted(ground, d, terms) <= limit]
    return [*found, *worth]


def _finished(search: _Search, terms: Terms, rounds: int, held: bool) -> Siting:
    """Route the finalists with more seeds and put everything in order."""
    ground, effort = search.ground, search.effort
    ordered = sorted(search.runs, key=lambda d: (search.cost(d), d))
    finalists = ordered[:FINALISTS]
    search.say("the last heat")
    search.route(finalists, "", max(effort.final_seeds, effort.seeds))
    means = {d: statistics.fmean(r["total"] for r in search.runs[d]) for d in ordered}
    finalists.sort(key=lambda d: (means[d], d))
    ordered = [*finalists, *ordered[FINALISTS:]]
    ranking = tuple(
        Judged(
            d,
            search.source[d],
            search.assigned(d, terms).predicted(ground, d, terms),
            search.foretold.get(d),
            means[d],
            tuple(search.runs[d]),
        )
        for d in ordered
    )
    runner_up = None
    if len(ranking) > 1:
        first, second = ([r["total"] for r in j.runs] for j in ranking[:2])
        runner_up = judge([b - a for a, b in zip(first, second, strict=False)], -1)
    flips = tuple(_flip(search, terms, ordered[0], demand) for demand in DEMANDS)
    flow = search.assigned(ordered[0], terms)
    rivals = _rivals(search, ordered[0]) if effort.rivals else ()
    return Siting(ranking, terms, flow, runner_up, flips, rounds, held, rivals)


def _rivals(search: _Search, chosen: Design) -> tuple[Rival, ...]:
    """Return what other ways of choosing come to."""
    ground, rules, seeds = search.ground, search.rules, search.effort.seeds
    by_name = {
        "greedy": greedy(ground, rules),
        "straight-line median": straight_median(ground, rules),
    }
    by_chance = random_designs(ground, rules, RIVALS_BY_CHANCE, 2)
    by_name |= {f"chance {k}": design for k, design in enumerate(by_chance, 1)}
    search.say(f"{len(by_name)} rivals")
    named = {name: design for name, design in by_name.items() if design is not None}
    rivals = []
    for name, design in named.items():
        # where chance might decide, as many seeds as for the choice itself
        count = seeds if name.startswith("chance") else len(search.runs[chosen])
        runs = search.routed([design, chosen], count)
        routed, own = (statistics.fmean(r["total"] for r in some) for some in runs)
        rivals.append(Rival(name, design, routed, own))
    return tuple(rivals)


def _flip(search: _Search, terms: Terms, chosen: Design, demand: float) -> Flip:
    """Return what the model builds with other waste, and what routing says of the two."""
    ground, seeds = search.ground, search.effort.seeds
    found = best_designs(ground, terms, search.rules, 1, demand=demand)
    other = found[0] if found else chosen
    mine, theirs = set(ground.named(chosen)), set(ground.named(other))
    regret = 0.0
    if other != chosen:
        search.say(f"the choice with {demand:.0%} of the waste")
        runs = search.routed([chosen, other], seeds, demand)
        cost = [statistics.fmean(r["total"] for r in design) for design in runs]
        regret = cost[0] - cost[1]
    return Flip(demand, other, tuple(sorted(mine - theirs)), tuple(sorted(theirs - mine)), regret)
