"""The cheapest ways among places of a graph, by the search of the road engine."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from routing._kernels.search import UNREACHED, SearchGraph, many_to_many

BLOCK = 256
"""Sources that are searched at a time, so that wide labels need little memory."""
Link = tuple[int, int, int]
"""From a state to a state at a cost."""


def cheapest_ways(
    links: Sequence[Link], size: int, sources: Sequence[int], targets: Sequence[int]
) -> NDArray[np.int32]:
    """Return the cost from each source to each target, shape (sources, targets); -1 = no way."""
    graph = _search_graph(links, size)
    states, column = np.unique(np.asarray(targets, np.int32), return_inverse=True)
    begin = np.asarray(sources, np.int32)
    table = np.empty((len(begin), len(targets)), np.int32)

    def fill(first: int) -> None:
        part = begin[first : first + BLOCK]
        labels = np.empty((len(part), len(states)), np.int64)
        many_to_many(graph, part, states, labels)
        labels[part[:, None] == states[None, :]] = 0
        labels[labels == UNREACHED] = -1
        table[first : first + len(part)] = labels[:, column]

    with ThreadPoolExecutor() as pool:
        list(pool.map(fill, range(0, len(begin), BLOCK)))
    return table


def _search_graph(links: Sequence[Link], size: int) -> SearchGraph:
    rows = np.asarray(links, np.int64).reshape(-1, 3)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    first_out = np.searchsorted(rows[:, 0], np.arange(size + 1))
    return SearchGraph(
        first_out.astype(np.int32),
        rows[:, 1].astype(np.int32),
        rows[:, 2].copy(),
        np.zeros(size, np.int64),
        np.arange(size, dtype=np.int32),
    )
