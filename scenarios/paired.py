"""Whether paired differences speak for a change: the sign-flip permutation test, and intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO = 16
"""Pairs for which all sign patterns are tried: 65,536 of them."""
DRAWS = 50_000
LEVEL = 0.05
TEST = (
    "paired sign-flip permutation test over days and seeds, two-sided, 5 % level; interval by"
    " bootstrap of the pairs, 95 %"
)


@dataclass(frozen=True)
class Verdict:
    """What paired differences say.

    Attributes
    ----------
    word
        ``better``, ``worse`` or ``not distinguishable``; ``same`` where no pair differs.
    mean, low, high
        Mean difference and its interval.
    p
        Chance of a mean difference at least this far from 0 if the signs were a coin's.
    num_pairs
        Pairs compared.
    """

    word: str
    mean: float
    low: float
    high: float
    p: float
    num_pairs: int


def sign_flip_p(differences: Sequence[float]) -> float:
    """Return the two-sided p-value of the mean under random signs of the differences.

    All patterns are tried while there are few pairs; the drawn ones of more pairs are those of a
    fixed seed. Zeros count as pairs but change nothing.
    """
    d = np.asarray(differences, dtype=np.float64)
    d = d[d != 0]
    if not len(d):
        return 1.0
    observed = abs(d.sum())
    slack = 1e-9 * np.abs(d).sum()
    if len(d) <= EXACT_UP_TO:
        signs = np.asarray(list(product((-1.0, 1.0), repeat=len(d))))
        return float(np.mean(np.abs(signs @ d) >= observed - slack))
    signs = np.random.default_rng(1).choice((-1.0, 1.0), (DRAWS, len(d)))
    hits = int(np.count_nonzero(np.abs(signs @ d) >= observed - slack))
    return (hits + 1) / (DRAWS + 1)


def bootstrap_interval(differences: Sequence[float], draws: int = 2_000) -> tuple[float, float]:
    """Return the 95 % interval of the mean difference, from resampled pairs of a fixed seed."""
    d: NDArray[np.float64] = np.asarray(differences, dtype=np.float64)
    rng = np.random.default_rng(1)
    means = d[rng.integers(0, len(d), (draws, len(d)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975))
    return float(low), float(high)


def judge(differences: Sequence[float], better: int) -> Verdict:
    """Return the verdict on differences of a scenario from the base.

    Parameters
    ----------
    better
        -1 where less is better, 1 where more is, 0 where neither is: then a clear difference is
        ``more`` or ``less``.
    """
    d = [float(x) for x in differences]
    if not any(d):
        return Verdict("same", 0.0, 0.0, 0.0, 1.0, len(d))
    mean, p = float(np.mean(d)), sign_flip_p(d)
    low, high = bootstrap_interval(d)
    if p >= LEVEL:
        word = "not distinguishable"
    elif better == 0:
        word = "more" if mean > 0 else "less"
    else:
        word = "better" if mean * better > 0 else "worse"
    return Verdict(word, mean, low, high, p, len(d))
