"""The decorators of all compiled kernels."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba

SOURCES = ("routing/_kernels", "solvers/_kernels", "scenarios/_kernels")


def machine_code_dir() -> Path:
    """Folder of the machine code of these very kernels, beside Python's own.

    Numba looks at the file of a kernel alone to see whether it has changed, not at those that it
    calls or takes numbers from. A folder for each state of all sources leaves nothing stale.
    """
    root, digest = Path(__file__).parents[2], hashlib.sha256()
    for folder in SOURCES:
        for source in sorted((root / folder).glob("*.py")):
            digest.update(source.read_bytes())
    return Path(__file__).parent / "__pycache__" / digest.hexdigest()[:16]


config: Any = numba.config  # its stubs know none of the settings
if "NUMBA_CACHE_DIR" not in os.environ and os.access(Path(__file__).parent, os.W_OK):
    config.CACHE_DIR = str(machine_code_dir())


def is_kept(kernel: Any) -> bool:
    """Whether machine code of a kernel lies on disk; true where none is compiled, or kept."""
    folder = str(config.CACHE_DIR)
    if config.DISABLE_JIT or not folder:
        return True
    function = kernel.py_func
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}-*.nbi"
    return next(Path(folder).rglob(name), None) is not None


njit: Any = numba.njit  # its stubs do not know the wrapper options
INNER = {
    "nogil": True,
    "error_model": "numpy",
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
"""How kernels are compiled that only other kernels call."""


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
    compiled: Callable[..., Any] = njit(**INNER)(function)
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
    compiled: Callable[..., Any] = njit(**INNER, _nrt=False)(function)
    return compiled


def kept_inner_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a lean inner kernel and keep it on disk, so that another process can compile it."""
    compiled: Callable[..., Any] = njit(cache=True, **INNER, _nrt=False)(function)
    return compiled


def inlined_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a short lean kernel into each of its callers."""
    compiled: Callable[..., Any] = njit(**INNER, forceinline=True, _nrt=False)(function)
    return compiled


def spliced_kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Write a lean kernel into its only caller before that is compiled.

    Each kernel on the way up is compiled with all that it calls, so that every level of a deep
    tree costs as much again; this one is no level.
    """
    compiled: Callable[..., Any] = njit(inline="always", error_model="numpy", _nrt=False)(function)
    return compiled
