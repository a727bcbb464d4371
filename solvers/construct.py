"""A first plan: greedy insertion in a few orders, the cheapest of which is kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from solvers.problem import DAY_END_S, Problem
from solvers.roster import Roster


def construct(roster: Roster, seed: int, enough: Callable[[], bool] = lambda: False) -> None:
    """Fill an empty roster with the cheapest of several greedy plans.

    Tasks are inserted where they add least, in order of their last window, of their mass, of their
    price, and in two random orders. ``enough`` is asked after each; the first one is always made.
    """
    for order in _orders(roster.problem, seed):
        roster.clear()
        roster.insert_all(order)
        roster.insert_all(roster.unserved)
        roster.keep_best()
        if enough():
            break
    roster.restore_best()


def _orders(problem: Problem, seed: int) -> Iterator[list[int]]:
    tasks = problem.tasks
    everything = range(len(tasks))
    latest = [t.windows[-1][1] if t.windows else DAY_END_S for t in tasks]
    yield sorted(everything, key=lambda i: (latest[i], -tasks[i].price))
    yield sorted(everything, key=lambda i: (-tasks[i].mass_kg, i))
    yield sorted(everything, key=lambda i: (-tasks[i].price, i))
    rng = np.random.default_rng(seed)
    for _ in range(2):
        yield [int(i) for i in rng.permutation(len(tasks))]
