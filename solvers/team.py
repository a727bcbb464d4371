"""Several searches of one problem side by side, in step, which exchange their best routes.

How many searches there are and when they exchange depends on the steps made, never on the threads
that carry them out: with a number of steps as budget the result is the same at any thread count.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from solvers._kernels.ground import Tables
from solvers.checkpoint import Keeper, State
from solvers.given import Given
from solvers.ground import needs_booking
from solvers.native import Search
from solvers.pool import Pool, recombine
from solvers.roster import Roster
from solvers.stop import Interruptible, Stop

ROUND_S = 0.1
"""Seconds of one round, so that progress and Ctrl-C come through."""
ROUNDS, ROUND_STEPS = 200, 2_000
"""Rounds of a team that is bounded by its number of steps, and most steps of one."""
POOLED_FROM, POOLINGS = 0.1, 100
"""Share of a budget from which on routes are pooled, and how often they would be in all of it."""
FIRST_STEPS = 20
MOST_STEPS = 200_000
DRAFT_SHARE = 0.1
"""Part of the budget for the draft that is booked exactly afterwards."""
DRAFT_STEPS = 200
"""Most steps a task of the draft: what it gains after that is lost in the booking."""
EXCHANGES: tuple[float, ...] = (0.5, 0.8, 0.95)
"""Shares of a budget at which the worst search takes over the routes of the best."""
RECOMBINATIONS: tuple[float, ...] = (0.5, 0.8, 0.95)
"""Shares of a budget at which the pooled routes are recombined."""
WARM = 0.4
"""Share of the cooling that is left out where a search begins with given routes."""
SEED_STEP = 1_000_003
"""Between the seeds of two searches of a team, so that teams of near seeds have none in common."""


def num_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


Tell = Callable[[float, int, int], None]
"""Takes the share of the budget used, the best cost and the number of tasks left out."""
Advance = Callable[[int, float], None]


@dataclass(frozen=True)
class Stage:
    """A part of the budget: its shares, most steps, and the iterations that came before it.

    ``warm`` is the share of the cooling that is left out, since the first routes are good already.
    """

    name: str
    begin: float = 0.0
    end: float = 1.0
    most: int = 1 << 60
    iterations: int = 0
    warm: float = 0.0


class Team:
    """Searches that make the same number of steps a round and exchange what they have found."""

    def __init__(
        self, first: Search, size: int, seed: int, threads: int, pool: Pool | None = None
    ) -> None:
        others = (first.twin(seed + SEED_STEP * k) for k in range(1, size))
        self.searches = (first, *others)
        self.threads = min(threads, size)
        self.pool = pool
        self.done = 0
        self.share = 0.0

    def state(self) -> State:
        """Return all that the team writes, by name; the arrays are not copied."""
        arrays = {
            f"{k}.{name}": array
            for k, search in enumerate(self.searches)
            for name, array in search.state().items()
        }
        if self.pool is not None:
            arrays |= {f"pool.{name}": array for name, array in self.pool.state().items()}
        return arrays | {"done": np.asarray(self.done), "share": np.asarray(self.share)}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on where a team of equal size on the same problem had this state."""
        for k, search in enumerate(self.searches):
            search.restore(_under(f"{k}.", arrays))
        if self.pool is not None:
            self.pool.restore(_under("pool.", arrays))
        self.done, self.share = int(arrays["done"]), float(arrays["share"])

    @property
    def best(self) -> Search:
        """The search that has met the cheapest routes; the first of equals."""
        return min(self.searches, key=lambda search: search.cost)

    def run(self, stop: Stop, tell: Tell, stage: Stage, keep: Callable[[], None]) -> None:
        """Search while the budget lies inside a stage.

        The temperature falls over the stage. With a number of steps as budget the rounds are equal,
        so that the same seed gives the same routes. ``keep`` is called after each round.
        """
        if not self.best.problem.tasks:
            return
        steps = FIRST_STEPS if self.best.begun else 1
        with self._crew() as advance:
            while (used := stop.used(stage.iterations + self.done)) < stage.end:
                if self.done >= stage.most:
                    break
                if stop.max_iterations is not None:
                    steps = _equal_round(stop.max_iterations - stage.iterations, self.done)
                steps = min(steps, stage.most - self.done)
                self._meet(_share(stage, used, self.done))
                clock = time.perf_counter()
                advance(steps, stage.warm + (1.0 - stage.warm) * self.share)
                self.done += steps
                if stop.max_iterations is None:
                    steps = _next_round(steps, time.perf_counter() - clock)
                tell(stop.used(stage.iterations + self.done), self.best.cost, self.best.num_absent)
                keep()

    def hand_back(self, roster: Roster) -> None:
        """Give a roster the best routes of the team."""
        if self.best.roster is not None:
            roster.restore(self.best.roster.state())
        roster.recount()
        roster.restore_best()

    @contextmanager
    def _crew(self) -> Iterator[Advance]:
        """Give a function that advances all searches, in as many threads as there are."""
        if self.threads == 1:
            yield self._one_by_one
            return
        for search in self.searches:
            search.advance(0, 0.0)  # compiles here, not in several threads at once
        with ThreadPoolExecutor(self.threads) as crew:
            yield lambda steps, share: _wait(
                [crew.submit(search.advance, steps, share) for search in self.searches]
            )

    def _one_by_one(self, steps: int, share: float) -> None:
        for search in self.searches:
            search.advance(steps, share)

    def _meet(self, share: float) -> None:
        """Pool, recombine and exchange routes where a mark lies before this share."""
        if self.pool is not None:
            if share >= POOLED_FROM and int(share * POOLINGS) > int(self.share * POOLINGS):
                for search in self.searches:
                    self.pool.collect(search)
            if self._passes(RECOMBINATIONS, share):
                recombine(self.pool, self.best)
        if self._passes(EXCHANGES, share):
            best = self.best
            worst = max(self.searches, key=lambda search: search.cost)
            if worst is not best:
                worst.adopt(best)
        self.share = share

    def _passes(self, marks: tuple[float, ...], share: float) -> bool:
        return any(self.share < mark <= share for mark in marks)


def _wait(parts: list[Future[None]]) -> None:
    for part in parts:
        part.result()


def _under(prefix: str, arrays: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the arrays whose names begin with a prefix, without it."""
    return {k.removeprefix(prefix): a for k, a in arrays.items() if k.startswith(prefix)}


def _share(stage: Stage, used: float, done: int) -> float:
    """Return how far a stage is, by its budget or by its most steps."""
    by_budget = max(0.0, used - stage.begin) / max(1e-9, stage.end - stage.begin)
    return min(1.0, max(by_budget, done / stage.most))


def _equal_round(max_steps: int, done: int) -> int:
    return max(1, min(max_steps // ROUNDS, ROUND_STEPS, max_steps - done))


def _next_round(steps: int, took_s: float) -> int:
    """Return the steps of a round that lasts as long as a round should."""
    return max(1, min(MOST_STEPS, int(steps * min(4.0, ROUND_S / max(took_s, 1e-6)))))


@dataclass(frozen=True)
class Run:
    """What all stages of one solution share: budget, seed, searches, checkpoints, first routes."""

    stop: Interruptible
    seed: int
    size: int = 1
    threads: int = 1
    keeper: Keeper = field(default_factory=lambda: Keeper(None, "", resume=False))
    begin: Given | None = None

    @property
    def warm(self) -> float:
        """Share of the cooling that is left out: some where the search begins with given routes."""
        return 0.0 if self.begin is None else WARM

    def team(self, first: Search, pool: Pool | None = None) -> Team:
        """Return a team of this size."""
        return Team(first, self.size, self.seed, self.threads, pool)

    def at(self, stage: str) -> bool:
        """Whether a search is to be resumed that was stopped in this stage."""
        return self.keeper.found is not None and str(self.keeper.found["stage"]) == stage

    def begin_of(self, stage: str, iterations: int) -> tuple[float, int]:
        """Return share and iterations at which a stage begins, or began if it is resumed."""
        if self.at(stage) and self.keeper.found is not None:
            return float(self.keeper.found["begin"]), int(self.keeper.found["iterations"])
        return min(1.0, self.stop.used(iterations)), iterations

    def carry_out(
        self,
        stage: Stage,
        team: Team,
        tell: Tell,
    ) -> int:
        """Run a team through a stage, resumed where it was stopped; return the steps it made."""
        if self.at(stage.name) and self.keeper.found is not None:
            team.restore(self.keeper.found)
        self.keeper.found = None

        def state() -> State:
            spent = self.stop.spent_after(stage.iterations + team.done)
            return team.state() | {
                "stage": np.asarray(stage.name),
                "begin": np.asarray(stage.begin),
                "iterations": np.asarray(stage.iterations),
                "spent": np.asarray(spent),
                "cost": np.asarray(team.best.cost),
                "left_out": np.asarray(team.best.num_absent),
            }

        team.run(self.stop, tell, stage, lambda: self.keeper.offer(state))
        if self.stop.interrupted:
            self.keeper.offer(state, now=True)
        return team.done


def draft(roster: Roster, run: Run, tell: Tell) -> tuple[int, Tables]:
    """Fill an empty roster with routes found by detours alone.

    Returns
    -------
    tuple
        The steps made, and the tables of the problem with nothing served, for the next search.
    """
    stage = Stage("draft", 0.0, DRAFT_SHARE, DRAFT_STEPS * len(roster.problem.tasks))
    first = Search(roster.problem, run.seed)
    team = run.team(first)
    done = run.carry_out(stage, team, tell)
    roster.load(team.best.sequences())
    roster.insert_all(roster.unserved)
    roster.keep_best()
    return done, first.blank


def polish(
    roster: Roster,
    run: Run,
    tell: Tell,
    iterations: int = 0,
    blank: Tables | None = None,
) -> int:
    """Improve a roster, each step judged by its exact timetable; return the steps made in all.

    ``iterations`` of the budget are used up before; ``blank`` are tables of the same problem with
    nothing served, if they are there already.
    """
    if not needs_booking(roster.problem):
        return iterations
    roster.keep_best()
    roster.restore_best()
    begin, iterations = run.begin_of("polish", iterations)
    team = run.team(Search(roster.problem, run.seed, roster, blank))
    try:
        run.carry_out(Stage("polish", begin, iterations=iterations, warm=run.warm), team, tell)
    finally:
        team.hand_back(roster)
    return iterations + team.done
