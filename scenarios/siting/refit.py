"""The routing-cost terms, fitted to routed designs: ridge regression around one common term."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scenarios.siting.location import Terms

LEAST, MOST = 0.1, 5.0
RIDGE = 0.3
"""How strongly the term of a district is held to the common one, in shares of the data."""


def fit_terms(features: Sequence[NDArray[np.float64]], routed: Sequence[float]) -> Terms:
    """Return the terms and the constant that tell routed collection costs best.

    Parameters
    ----------
    features
        Cost of driving to the sites and back by district, one row a design.
    routed
        Cost of collection of each design as routed.
    """
    x, y = np.asarray(features, dtype=np.float64), np.asarray(routed, dtype=np.float64)
    common = _common(x.sum(axis=1), y)
    middle = x.mean(axis=0)
    spread = x - middle
    rest = y - y.mean() - common * spread.sum(axis=1)
    scale = float((spread**2).sum()) / max(1, x.shape[1])
    normal = spread.T @ spread + RIDGE * max(scale, 1e-9) * np.eye(x.shape[1])
    by_zone = np.clip(common + np.linalg.solve(normal, spread.T @ rest), LEAST, MOST)
    return Terms(by_zone, float(y.mean() - middle @ by_zone))


def _common(total: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the one term for all districts; 1 where the designs do not differ."""
    spread = total - total.mean()
    square = float(spread @ spread)
    return float(np.clip(spread @ (y - y.mean()) / square, LEAST, MOST)) if square > 0 else 1.0
