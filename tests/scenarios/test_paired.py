"""The paired test against its definition."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.paired import EXACT_UP_TO, judge, sign_flip_p


def twin(differences: list[float]) -> float:
    """Share of all sign patterns whose sum is at least as far from 0."""
    observed = abs(sum(differences))
    sums = [
        abs(sum(s * d for s, d in zip(signs, differences, strict=True)))
        for signs in product((1, -1), repeat=len(differences))
    ]
    return sum(x >= observed - 1e-9 for x in sums) / len(sums)


@settings(max_examples=40)
@given(st.lists(st.integers(-50, 50), min_size=1, max_size=9))
def test_equals_all_patterns(differences: list[int]) -> None:
    """The p-value is the share of sign patterns that are as extreme, zeros without effect."""
    assert sign_flip_p(differences) == pytest.approx(twin([float(d) for d in differences]))


def test_six_pairs_are_the_fewest() -> None:
    """Five pairs of one sign reach 6 %, six reach 3 %."""
    assert sign_flip_p([1.0] * 5) == 2 / 32
    assert sign_flip_p([1.0] * 6) == 2 / 64


def test_drawn_patterns_are_near_the_normal_law() -> None:
    """With many pairs the p-value is drawn, always the same, and near that of a normal law."""
    d = np.random.default_rng(3).normal(0.3, 1, EXACT_UP_TO + 14)
    z = abs(d.sum()) / np.sqrt((d**2).sum())
    p = sign_flip_p(d.tolist())
    assert p == sign_flip_p(d.tolist())
    assert p == pytest.approx(math.erfc(z / math.sqrt(2)), abs=0.02)


@pytest.mark.parametrize(
    ("differences", "better", "word"),
    [
        ([-5.0, -6, -4, -5, -7, -5], -1, "better"),
        ([-5.0, -6, -4, -5, -7, -5], 1, "worse"),
        ([-5.0, -6, -4, -5, -7, -5], 0, "less"),
        ([5.0, -6, 4, -5, 7, -5], -1, "not distinguishable"),
        ([-5.0, -6, -4], -1, "not distinguishable"),
        ([0.0, 0, 0], -1, "same"),
    ],
)
def test_verdicts(differences: list[float], better: int, word: str) -> None:
    """A verdict needs a clear sign; which sign is better depends on the measure."""
    found = judge(differences, better)
    assert found.word == word
    assert found.low <= found.mean <= found.high
