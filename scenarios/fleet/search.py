"""Choosing a mix: fleets that routing itself draws from plenty, then one truck less, more or other.

With more trucks of every type than are needed, each at its price, the solver picks those worth
having (fleet size and mix: Golden et al. 1984, doi 10.1016/0305-0548(84)90007-8). What it picks on
each day is where a search begins that routes every mix on all days with all seeds, and takes a step
only if routing says so.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from routing.errors import InfeasibleError
from scenarios.fleet.ground import FleetGround, Mix
from scenarios.fleet.routed import MixTask, route_mix, task_key
from scenarios.fleet.types import Offer
from scenarios.paired import Verdict, judge
from scenarios.runs.days import Budget
from scenarios.runs.family import Crew, Family, Say, run_family
from scenarios.runs.store import Result, Store

FINALISTS = 3
SWAPS = 4
SLACK = 0.98
"""What a search of another seed may find cheaper than the least that was driven."""
MEASURES = ("cost", "overtime_h", "unserved_t", "unserved_stops", "km", "co2_kg")
"""What is compared between mixes; less is better in each of them."""


@dataclass(frozen=True)
class Service:
    """What a fleet must do on every day, on the mean over the seeds.

    Attributes
    ----------
    share
        Of what is due of each stream, at least this much is served.
    by
        What is counted: ``tonnes`` or ``points``.
    overtime_min
        Minutes of overtime of each truck, at most; None = what its row allows.
    """

    share: float = 0.99
    by: str = "tonnes"
    overtime_min: int | None = None

    def served(self, run: Result) -> float:
        """Return the share that a day's plan serves of the stream that fares worst.

        Of all tonnes together a stream of little mass, such as hazardous waste, could be dropped.
        """
        due, left = ("due_kg", "left_kg") if self.by == "tonnes" else ("due_stops", "left_stops")
        shares = [1.0 - one[left] / one[due] for one in run["streams"].values() if one[due]]
        return min(shares, default=1.0)


@dataclass(frozen=True)
class Effort:
    """How much is tried.

    Attributes
    ----------
    seeds, final_seeds
        Of each day while the search goes on, and for the curve.
    rounds
        Steps of the search, at most.
    proposals
        Neighbors that are routed in full each round, of those that one day's routing puts first.
    reach
        Trucks more or less of each type on the curve.
    """

    budget: Budget
    seeds: int = 1
    final_seeds: int = 2
    rounds: int = 30
    proposals: int = 4
    reach: int = 1


@dataclass(frozen=True)
class Judged:
    """A mix with what routing says of it.

    Attributes
    ----------
    cost
        Mean money a day, in thousandths: having the trucks, and driving them.
    served
        Least share served, of any day and stream.
    short
        By how much the share misses what is asked for; 0 where the mix holds it.
    values
        By measure, a number a day and seed, in the order of the pairs; money in currency units.
    """

    mix: Mix
    cost: float
    served: float
    short: float
    values: dict[str, list[float]]
    runs: tuple[Result, ...]

    @property
    def holds(self) -> bool:
        """Whether the mix does what is asked for."""
        return self.short == 0

    @property
    def size(self) -> int:
        """How many trucks it has."""
        return sum(self.mix)

    @property
    def key(self) -> tuple[float, float, int, Mix]:
        """Order of preference: what holds, then what is cheap, then what is small."""
        return (self.short, self.cost, self.size, self.mix)


@dataclass(frozen=True)
class Step:
    """The chosen mix with some trucks of one type more or less, held against it."""

    type_idx: int
    change: int
    judged: Judged
    verdicts: dict[str, Verdict]


@dataclass(frozen=True)
class FleetChoice:
    """The mix chosen, with all that was tried.

    Attributes
    ----------
    smallest
        The mix with the fewest trucks of all that hold the service.
    today
        Today's mix over the same days and seeds; None where its trucks are not kept.
    against
        Verdicts on the choice against today's mix.
    drawn
        How often the solver picked a type from plenty: trucks by type, a row a day and seed.
    held
        Whether no neighbor was better, rather than the rounds used up.
    """

    service: Service
    pairs: tuple[tuple[dt.date, int], ...]
    chosen: Judged
    smallest: Judged
    today: Judged
    against: dict[str, Verdict]
    curve: tuple[Step, ...]
    drawn: tuple[Mix, ...]
    tried: tuple[Judged, ...]
    rounds: int
    held: bool


@dataclass
class MixSearch:
    """Everything routed so far."""

    ground: FleetGround
    dates: tuple[dt.date, ...]
    service: Service
    effort: Effort
    crew: Crew
    store: Store
    say: Say
    seen: dict[tuple[Mix, int], Judged] = field(default_factory=dict)
    glimpsed: dict[Mix, Judged] = field(default_factory=dict)

    def judged(self, mixes: Iterable[Mix], seeds: int) -> list[Judged]:
        """Return what routing all days with so many seeds says of each mix."""
        wanted = list(dict.fromkeys(mixes))
        fresh = [mix for mix in wanted if (mix, seeds) not in self.seen]
        pairs = [(date, seed) for date in self.dates for seed in range(1, seeds + 1)]
        for mix, runs in zip(fresh, self.routed(fresh, pairs), strict=True):
            self.seen[mix, seeds] = self._judge(mix, runs, seeds)
        return [self.seen[mix, seeds] for mix in wanted]

    def glimpse(self, mixes: Iterable[Mix], date: dt.date) -> list[Judged]:
        """Return what one day with one seed says of each mix."""
        wanted = list(dict.fromkeys(mixes))
        fresh = [mix for mix in wanted if mix not in self.glimpsed]
        for mix, runs in zip(fresh, self.routed(fresh, [(date, 1)]), strict=True):
            self.glimpsed[mix] = self._judge(mix, runs, 1)
        return [self.glimpsed[mix] for mix in wanted]

    def routed(
        self, mixes: Sequence[Mix], pairs: Sequence[tuple[dt.date, int]], *, priced: bool = False
    ) -> list[list[Result]]:
        """Return the runs of each mix, one a day and seed."""
        budget, minutes = self.effort.budget, self.service.overtime_min
        overtime_s = None if minutes is None else 60 * minutes
        # by date first, so that a worker makes each day's problem once
        keys = {
            (mix, pair): task_key(self.ground, MixTask(mix, *pair, budget, priced, overtime_s))
            for pair in pairs
            for mix in mixes
        }
        tasks = {
            key: MixTask(mix, *pair, budget, priced, overtime_s)
            for (mix, pair), key in keys.items()
        }
        if not tasks:
            return []
        family = Family(route_mix, self.ground, tasks, attrgetter("date"))
        found, _ = run_family(family, self.crew, self.store, self.say)
        return [[found[keys[mix, pair]] for pair in pairs] for mix in mixes]

    def _judge(self, mix: Mix, runs: Sequence[Result], seeds: int) -> Judged:
        fixed, service = self.ground.fixed_day(mix), self.service
        days = [runs[k : k + seeds] for k in range(0, len(runs), seeds)]
        served = [statistics.fmean(service.served(run) for run in day) for day in days]
        short = max(0.0, service.share - min(served))
        # a hair of slack: a share of 1 is not missed by rounding
        short = 0.0 if short < 1e-9 else short
        costs = [fixed + run["driven"] for run in runs]
        values = {
            "cost": [cost / 1000 for cost in costs],
            "overtime_h": [run["overtime_s"] / 3600 for run in runs],
            "unserved_t": [run["left_kg"] / 1000 for run in runs],
            "unserved_stops": [float(run["left_stops"]) for run in runs],
            "km": [sum(run["length_m"].values()) / 1000 for run in runs],
            "co2_kg": [run["co2_g"] / 1000 for run in runs],
        }
        return Judged(mix, statistics.fmean(costs), min(served), short, values, tuple(runs))

    def compared(self, one: Judged, base: Judged) -> dict[str, Verdict]:
        """Return verdicts on a mix against another, day by day and seed by seed."""
        return {
            name: judge(
                [a - b for a, b in zip(one.values[name], base.values[name], strict=True)], -1
            )
            for name in MEASURES
        }


def choose_mix(
    ground: FleetGround,
    offer: Offer,
    dates: Sequence[dt.date],
    service: Service,
    effort: Effort,
    crew: Crew,
    store: Store,
    say: Say,
) -> FleetChoice:
    """Return the cheapest mix found that holds the service on every day.

    Raises
    ------
    InfeasibleError
        When none of the mixes tried holds it; the message tells how far the best one comes.
    """
    search = MixSearch(ground, tuple(dates), service, effort, crew, store, say)
    drawn, hardest = _drawn(search, offer.most)
    best = _first(search, offer, drawn, hardest)
    rounds, held = 0, False
    while rounds < effort.rounds and not held:
        better = _step(search, best, offer.most, hardest)
        held = better is None
        if better is not None:
            rounds += 1
            best = better
            say(f"round {rounds}: {_told(best)}")
    if not best.holds:
        raise InfeasibleError(_out_of_reach(service, best, ground, offer.most))
    return _finished(search, offer, drawn, rounds, held)


def _told(one: Judged) -> str:
    return f"{one.size} trucks, {one.cost / 1000:,.0f} a day, {one.served:.2%} served"


def _out_of_reach(service: Service, best: Judged, ground: FleetGround, most: Mix) -> str:
    overtime = max(best.values["overtime_h"])
    trios = zip(ground.types, best.mix, most, strict=True)
    names = [one.type_id for one, n, m in trios if n == m and m]
    full = f"; at the most that may be had: {', '.join(names)}" if names else ""
    return (
        f"no mix of these types serves {service.share:.2%} of the {service.by} of each stream"
        f" on every day; the best found, of {best.size} trucks, serves {best.served:.2%}"
        f" with {overtime:.1f} h of overtime{full}; lower --service, allow more, or offer"
        " other types"
    )


def _drawn(search: MixSearch, most: Mix) -> tuple[list[Mix], dt.date]:
    """Return the fleets that the solver picks from plenty, and the day with the most waste."""
    seeds = search.effort.seeds
    pairs = [(date, seed) for date in search.dates for seed in range(1, seeds + 1)]
    search.say(f"{len(pairs)} days planned with as many trucks as may be had, each at its price")
    (runs,) = search.routed([most], pairs, priced=True)
    names = [one.type_id for one in search.ground.types]
    hardest = max(zip(pairs, runs, strict=True), key=lambda both: both[1]["due_kg"])[0][0]
    return [tuple(run["used"].get(name, 0) for name in names) for run in runs], hardest


def _first(search: MixSearch, offer: Offer, drawn: Sequence[Mix], hardest: dt.date) -> Judged:
    """Return the best of the mixes to begin with: what each day needs, and today's fleet."""
    seeds = search.effort.seeds
    by_seed = [drawn[k::seeds] for k in range(seeds)]
    starts = [_over(group) for group in (*by_seed, drawn)]
    if all(n <= m for n, m in zip(offer.today, offer.most, strict=True)):
        starts.append(offer.today)
    starts += _alone(search, offer.most, hardest)
    best = min(search.judged(starts, seeds), key=lambda one: one.key)
    search.glimpse([offer.most], hardest)
    search.say(f"to begin with: {_told(best)}")
    return best


def _alone(search: MixSearch, most: Mix, hardest: dt.date) -> list[Mix]:
    """Return the best fleets in which each stream has trucks of one type only.

    From plenty of everything a search may hold on to the type that it met first.
    """
    types = search.ground.types
    plenty = []
    for t, one in enumerate(types):
        rivals = [set(one.streams) & set(other.streams) for other in types]
        if most[t] and sum(bool(r) and n > 0 for r, n in zip(rivals, most, strict=True)) > 1:
            plenty.append(tuple(0 if r and u != t else most[u] for u, r in enumerate(rivals)))
    runs = search.routed(plenty, [(hardest, 1)], priced=True)
    names = [one.type_id for one in types]
    drawn = [tuple(run["used"].get(name, 0) for name in names) for (run,) in runs]
    order = sorted(search.glimpse(drawn, hardest), key=lambda one: one.key)
    return [one.mix for one in order[: search.effort.proposals]]


def _over(mixes: Sequence[Mix]) -> Mix:
    """Return the smallest mix that holds every one of them."""
    return tuple(max(counts) for counts in zip(*mixes, strict=True))


def moved(mix: Mix, *changes: tuple[int, int]) -> Mix:
    """Return a mix with some trucks of some types more or less."""
    counts = list(mix)
    for t, change in changes:
        counts[t] += change
    return tuple(counts)


def _step(search: MixSearch, best: Judged, most: Mix, hardest: dt.date) -> Judged | None:
    """Return a better neighbor, or None.

    In turn: one truck less, one more, one for another, two for one, one for two, two for two.
    """
    count = search.effort.proposals
    less: list[Change] = [((t, -1),) for t, n in enumerate(best.mix) if n]
    more: list[Change] = [((t, 1),) for t, n in enumerate(best.mix) if n < most[t]]
    fewer = _ordered(search, less, best, hardest)
    for changes in (fewer, _ordered(search, more, best, hardest)):
        better = _best_of(search, best, changes)
        if better is not None:
            return better
    out = fewer[:count]
    two_out = [(*a, *b) for k, a in enumerate(out) for b in out[k:]]
    two_more = [(*a, *b) for k, a in enumerate(more) for b in more[k:]]
    for left, right in ((out, more), (two_out, more), (out, two_more), (two_out, two_more)):
        swaps = _swaps(search, left, right, best.mix, most)
        better = _best_of(search, best, _ordered(search, swaps, best, hardest))
        if better is not None:
            return better
    return None


Change = tuple[tuple[int, int], ...]


def _swaps(
    search: MixSearch, left: Sequence[Change], right: Sequence[Change], mix: Mix, most: Mix
) -> list[Change]:
    """Return the trucks of one list for those of the other, where they could do the same work.

    There are at most as many as `SWAPS` a proposal: those by which what the fleet can carry in its
    shifts changes least.
    """
    types = search.ground.types
    found = []
    for out in left:
        for into in right:
            gone, come = ({t for t, _ in change} for change in (out, into))
            pairs = [(t, u) for t in gone for u in come]
            alike = all(set(types[t].streams) & set(types[u].streams) for t, u in pairs)
            counts = moved(mix, *out, *into)
            fits = all(0 <= n <= m for n, m in zip(counts, most, strict=True))
            if alike and fits and not gone & come:
                found.append((*out, *into))
    work = {c: abs(sum(change * types[t].work for t, change in c)) for c in found}
    found.sort(key=lambda c: work[c])
    return found[: SWAPS * search.effort.proposals]


def _ordered(
    search: MixSearch, changes: Sequence[Change], best: Judged, hardest: dt.date
) -> list[Change]:
    """Return changes as one day's routing ranks them, without those that cannot be worth it.

    No mix is taken to drive for less than the least that any drove on that day, the largest fleet
    among them; what having its trucks then costs too much is not routed.
    """
    (now,) = search.glimpse([best.mix], hardest)
    worth = [c for c in changes if not best.holds or _could_win(search, now, c)]
    if len(worth) <= search.effort.proposals:
        return worth
    seen = search.glimpse([moved(best.mix, *change) for change in worth], hardest)
    order = sorted(range(len(worth)), key=lambda k: seen[k].key)
    return [worth[k] for k in order]


def _could_win(search: MixSearch, now: Judged, change: Change) -> bool:
    held = [one.runs[0]["driven"] for one in search.glimpsed.values() if one.holds]
    least = min(held, default=0)
    fixed = search.ground.fixed_day(moved(now.mix, *change))
    return bool(fixed + SLACK * least < now.cost)


def _best_of(search: MixSearch, best: Judged, changes: Sequence[Change]) -> Judged | None:
    """Return the best of the mixes that the first changes lead to, None if `best` is as good."""
    mixes = [moved(best.mix, *change) for change in changes[: search.effort.proposals]]
    found = search.judged(mixes, search.effort.seeds)
    better = min(found, key=lambda one: one.key, default=best)
    return better if better.key < best.key else None


def _finished(
    search: MixSearch, offer: Offer, drawn: Sequence[Mix], rounds: int, held: bool
) -> FleetChoice:
    """Route the finalists with more seeds, draw the curve, and hold the choice against today."""
    effort = search.effort
    seeds = max(effort.final_seeds, effort.seeds)
    routed = [one for (_, n), one in search.seen.items() if n == effort.seeds]
    tried = sorted(routed, key=lambda one: one.key)
    holding = [one for one in tried if one.holds]
    smallest = min(holding, key=lambda one: (one.size, one.cost))
    search.say("the last heat")
    finalists = [one.mix for one in holding[:FINALISTS]]
    heat = search.judged([*finalists, smallest.mix, offer.today], seeds)
    judged = {one.mix: one for one in heat}
    chosen = min((judged[mix] for mix in finalists), key=lambda one: one.key)
    curve = _curve(search, chosen, offer.most, seeds)
    # more seeds may speak for a neighbor; then the choice moves on, the curve with it
    while rounds < effort.rounds and min(one.judged.key for one in curve) < chosen.key:
        chosen = min((one.judged for one in curve), key=lambda one: one.key)
        rounds += 1
        search.say(f"round {rounds}: {_told(chosen)}")
        curve = _curve(search, chosen, offer.most, seeds)
    return FleetChoice(
        service=search.service,
        pairs=tuple((date, seed) for date in search.dates for seed in range(1, seeds + 1)),
        chosen=chosen,
        smallest=judged[smallest.mix],
        today=judged[offer.today],
        against=search.compared(chosen, judged[offer.today]),
        curve=curve,
        drawn=tuple(drawn),
        tried=tuple(tried),
        rounds=rounds,
        held=held,
    )


def _curve(search: MixSearch, chosen: Judged, most: Mix, seeds: int) -> tuple[Step, ...]:
    """Return the choice with some trucks more or less of each type."""
    reach = search.effort.reach
    search.say("some trucks more or less of each type")
    changes = [
        (t, change)
        for t in range(len(chosen.mix))
        for change in range(-reach, reach + 1)
        if change and 0 <= chosen.mix[t] + change <= most[t]
    ]
    beside = search.judged([moved(chosen.mix, one) for one in changes], seeds)
    return tuple(
        Step(t, change, one, search.compared(one, chosen))
        for (t, change), one in zip(changes, beside, strict=True)
    )
