"""The one decorator of all compiled kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel once, keep the machine code on disk, and release the GIL while it runs.

    ``NUMBA_DISABLE_JIT=1`` turns every kernel back into plain Python, which the small tests use.
    """
    compiled: Callable[..., Any] = njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled
