"""Dijkstra's search over anything, slowly and obviously."""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

State = TypeVar("State", bound=Hashable)


def least_cost(
    start: State, goal: State, onward: Callable[[State], Iterable[tuple[State, float]]]
) -> float:
    """Return the least cost from start to goal, infinite if there is no way.

    ``onward`` gives what follows a state, with the cost of each.
    """
    best, done, tie = {start: 0.0}, set(), 0
    heap: list[tuple[float, int, State]] = [(0.0, 0, start)]
    while heap:
        cost, _, state = heapq.heappop(heap)
        if state == goal:
            return cost
        if state in done:
            continue
        done.add(state)
        for after, step in onward(state):
            if cost + step < best.get(after, math.inf):
                best[after] = cost + step
                tie += 1
                heapq.heappush(heap, (cost + step, tie, after))
    return math.inf
