"""The decorators of all compiled kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

njit: Any = numba.njit  # its stubs do not know the wrapper options


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel once, keep the machine code on disk, and release the GIL while it runs.

    ``NUMBA_DISABLE_JIT=1`` turns every kernel back into plain Python, which the small tests use.
    """
    compiled: Callable[..., Any] = njit(cache=True, nogil=True, error_model="numpy")(function)
    return compiled


def inner_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that only other kernels call.

    It gets no entry from Python, which for tuples of many arrays takes longer to compile than the
    kernel itself.
    """
    compiled: Callable[..., Any] = njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
    )(function)
    return compiled


def lean_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that allocates nothing, without counting references to its arrays.

    Every array taken out of a tuple is counted by an atomic instruction, twice. In the native
    search that took five sixths of the time and much of the machine code.
    """
    compiled: Callable[..., Any] = njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(
        function
    )
    return compiled


def lean_inner_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a kernel that allocates nothing and that only lean kernels call."""
    compiled: Callable[..., Any] = njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        _nrt=False,
    )(function)
    return compiled


def inlined_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a short lean kernel into each of its callers."""
    compiled: Callable[..., Any] = njit(
        cache=True,
        nogil=True,
        error_model="numpy",
        no_cpython_wrapper=True,
        no_cfunc_wrapper=True,
        forceinline=True,
        _nrt=False,
    )(function)
    return compiled
