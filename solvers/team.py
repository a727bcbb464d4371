"""Several searches of one problem side by side, in step, which exchange their best routes.

How many searches there are and when they exchange depends on the steps made, never on the threads
that carry them out: with a number of steps as budget the result is the same at any thread count.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from solvers.ground import needs_booking
from solvers.native import Search
from solvers.pool import Pool, recombine
from solvers.roster import Roster
from solvers.stop import Stop

ROUND_S = 0.05
"""Seconds of one round, so that progress and Ctrl-C come through."""
ROUNDS, ROUND_STEPS = 200, 2_000
"""Rounds of a team that is bounded by its number of steps, and most steps of one."""
POOLED_FROM = 0.1
"""Share of a budget from which on routes are pooled."""
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
SEED_STEP = 1_000_003
"""Between the seeds of two searches of a team, so that teams of near seeds have none in common."""

Tell = Callable[[float, int, int], None]
"""Takes the share of the budget used, the best cost and the number of tasks left out."""
Advance = Callable[[int, float], None]


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

    @property
    def best(self) -> Search:
        """The search that has met the cheapest routes; the first of equals."""
        return min(self.searches, key=lambda search: search.cost)

    def run(
        self,
        stop: Stop,
        tell: Tell,
        begin: float = 0.0,
        end: float = 1.0,
        most: int | None = None,
    ) -> int:
        """Search while the budget lies between two shares; return the steps made by each search.

        The temperature falls over that part of the budget, or over ``most`` steps. With a number of
        steps as budget the rounds are equal, so that the same seed gives the same routes.
        """
        if not self.best.problem.tasks:
            return 0
        limit = 1 << 60 if most is None else most
        offset = 0 if stop.max_iterations is None else round(begin * stop.max_iterations)
        steps = FIRST_STEPS if self.best.begun else 1
        with self._crew() as advance:
            while (used := stop.used(offset + self.done)) < end and self.done < limit:
                if stop.max_iterations is not None:
                    steps = _equal_round(stop.max_iterations, offset + self.done)
                steps = min(steps, limit - self.done)
                share = max(max(0.0, used - begin) / max(1e-9, end - begin), self.done / limit)
                self._meet(min(1.0, share))
                clock = time.perf_counter()
                advance(steps, self.share)
                took = time.perf_counter() - clock
                self.done += steps
                if stop.max_iterations is None:
                    steps = max(
                        1, min(MOST_STEPS, int(steps * min(4.0, ROUND_S / max(took, 1e-6))))
                    )
                tell(stop.used(offset + self.done), self.best.cost, self.best.num_absent)
        return self.done

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
            if share >= POOLED_FROM:
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


def _equal_round(max_steps: int, done: int) -> int:
    return max(1, min(max_steps // ROUNDS, ROUND_STEPS, max_steps - done))


def draft(roster: Roster, stop: Stop, seed: int, tell: Tell) -> int:
    """Fill an empty roster with routes found by detours alone; return the steps made."""
    team = Team(Search(roster.problem, seed), 1, seed, 1)
    done = team.run(stop, tell, 0.0, DRAFT_SHARE, DRAFT_STEPS * len(roster.problem.tasks))
    roster.load(team.best.sequences())
    roster.insert_all(roster.unserved)
    roster.keep_best()
    return done


def polish(roster: Roster, stop: Stop, seed: int, tell: Tell, begin: float = 0.0) -> int:
    """Improve a roster, each step judged by its exact timetable; return the steps made."""
    if not needs_booking(roster.problem):
        return 0
    roster.keep_best()
    roster.restore_best()
    team = Team(Search(roster.problem, seed, roster), 1, seed, 1)
    try:
        return team.run(stop, tell, begin)
    finally:
        roster.recount()
        roster.restore_best()
