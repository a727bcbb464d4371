"""Checks of arrays before they reach compiled code: shape, kind, range and contiguity."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

MAX_WEIGHT = 1 << 30
"""Milliseconds and centimeters of one edge or place must stay below this."""


def whole_numbers(name: str, values: ArrayLike, low: int, high: int) -> NDArray[np.int64]:
    """One-dimensional whole numbers in low..high - 1, as a contiguous copy."""
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} has shape {array.shape}; expected one dimension")
    if array.size and array.dtype.kind not in "iu":
        raise ValueError(f"{name} holds {array.dtype}; expected whole numbers")
    if array.size and (array.min() < low or array.max() >= high):
        worst = array.min() if array.min() < low else array.max()
        raise ValueError(f"{name} holds {worst}; expected {low} to {high - 1}")
    return np.ascontiguousarray(array, dtype=np.int64)


def row_starts(name: str, first_out: ArrayLike, size: int) -> NDArray[np.int32]:
    """Beginnings of rows that together hold ``size`` entries."""
    first = whole_numbers(name, first_out, 0, size + 1)
    if not len(first) or first[0] != 0 or first[-1] != size or (np.diff(first) < 0).any():
        raise ValueError(f"{name} must rise from 0 to {size}")
    return first.astype(np.int32)


def edge_weights(name: str, values: ArrayLike, size: int, low: int) -> NDArray[np.int64]:
    """Weights of edges or places, one each."""
    array = whole_numbers(name, values, low, MAX_WEIGHT)
    if len(array) != size:
        raise ValueError(f"{name} has {len(array)} entries; expected {size}")
    return array
