"""Numbers drawn by chance inside kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import inlined_kernel


@inlined_kernel
def draw(seed: NDArray[np.uint64]) -> float:
    """Return the next number of [0, 1) of an xorshift64* generator; seed is uint64 (1,)."""
    x = seed[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    seed[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0
