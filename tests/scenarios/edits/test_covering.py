"""Set covering against trying every choice."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.edits.covering import cover


def fewest(walk_m: np.ndarray, weight: list[float]) -> tuple[int, float]:
    """Number of places kept and walking of the best choice, by trying all."""
    n = len(walk_m)
    for count in range(1, n + 1):
        found = [
            float((walk_m[:, list(kept)].min(axis=1) * weight).sum())
            for kept in itertools.combinations(range(n), count)
            if np.isfinite(walk_m[:, list(kept)].min(axis=1)).all()
        ]
        if found:
            return count, min(found)
    raise AssertionError("keeping all is always possible")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 8))
def test_equals_all_choices(seed: int, n: int) -> None:
    """As few places as possible, and of these choices the one with the least walking."""
    rng = np.random.default_rng(seed)
    at = rng.integers(0, 400, (n, 2))
    walk_m = np.abs(at[:, None] - at[None]).sum(axis=2).astype(float)
    walk_m[walk_m > 200] = np.inf
    weight = rng.integers(1, 50, n).astype(float).tolist()
    target = cover(walk_m, weight)
    walked = walk_m[np.arange(n), target]
    assert np.isfinite(walked).all()
    assert (target[target] == target).all()
    assert (len(set(target.tolist())), float((walked * weight).sum())) == fewest(walk_m, weight)
