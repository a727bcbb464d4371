"""How likely a load does not fit: the sum of stops that vary, partly together.

Each stop's mass is its mean times a lognormal factor. The logarithms have one common part a day
(correlation rho) and one part of their own, so that given the common part the stops are
independent; their sum is matched by a lognormal law (Fenton 1960, doi 10.1109/TCOM.1960.1097606)
and the common part is integrated. For a few very unlike stops the probability is off by up to two
percentage points, for many by a few tenths.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COMMON: Floats = np.linspace(-6.0, 6.0, 241)
"""Values of the common part, in standard deviations, over which is integrated."""
WEIGHTS: Floats = np.exp(-(COMMON**2) / 2) / np.exp(-(COMMON**2) / 2).sum()
_cdf = np.vectorize(NormalDist().cdf, otypes=[np.float64])


@dataclass(frozen=True)
class Load:
    """What a truck carries between two unloadings, as shares of its capacity.

    Attributes
    ----------
    share
        Mean of each stop over the capacity that is tighter, mass or volume, shape (stops,).
    sigma
        Spread of the logarithm of each stop's factor, shape (stops,).
    aboard
        What is there before the first stop and does not vary, over the same capacity.
    """

    share: Floats
    sigma: Floats
    aboard: float = 0.0

    @property
    def fill(self) -> float:
        """Mean load over capacity."""
        return float(self.share.sum()) + self.aboard


def load_overflow(load: Load, correlation: float) -> float:
    """Return the probability that a load does not fit."""
    return route_overflow([load], correlation)


def route_overflow(loads: Sequence[Load], correlation: float) -> float:
    """Return the probability that at least one of a route's loads does not fit.

    Given the common part of the day, the loads are independent of each other.
    """
    fits = np.ones(len(COMMON))
    for load in loads:
        fits *= 1 - _overflow_given_common(load, correlation)
    return float(np.clip(1 - WEIGHTS @ fits, 0.0, 1.0))


def _overflow_given_common(load: Load, correlation: float) -> Floats:
    """Return the probability that a load does not fit for each value of the common part."""
    common = load.sigma * math.sqrt(correlation)
    mean = load.share * np.exp(COMMON[:, None] * common - common**2 / 2)
    own = mean**2 * np.expm1(load.sigma**2 * (1 - correlation))
    total = np.maximum(mean.sum(axis=1), 1e-12)
    spread = np.sqrt(np.log1p(own.sum(axis=1) / total**2))
    # within a hair of full is full, not too much
    room = np.log(total / max(1 - load.aboard, 1e-12)) - 1e-9
    certain = spread < 1e-12
    scaled = (room - spread**2 / 2) / np.where(certain, 1.0, spread)
    return np.where(certain, (room > 0).astype(np.float64), _cdf(scaled))


def load_variation(stops: float, cv: float, correlation: float) -> float:
    """Return the coefficient of variation of the sum of so many stops that are alike."""
    return cv * math.sqrt((1 + (stops - 1) * correlation) / stops)
