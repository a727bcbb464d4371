"""The state of a search on disk, so that a process that was killed can be resumed.

A checkpoint holds every array that the searches write, so a resumed search with a number of steps
as budget ends with the very plan that it would have found undisturbed.
"""

from __future__ import annotations

import hashlib
import os
import time
import zipfile
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import machine_code_dir
from routing.errors import InputError
from solvers.problem import Problem

State = dict[str, NDArray[Any]]

EVERY_S = 2.0
"""Seconds between two checkpoints at least."""
MOST_SHARE = 0.05
"""Part of the time that writing checkpoints may take."""
FINGERPRINT = "fingerprint"


def fingerprint(problem: Problem, *settings: Hashable) -> str:
    """Return a hash of the problem, of settings, and of the solver whose arrays are kept."""
    digest = hashlib.sha256(machine_code_dir().name.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    if problem.travel is not None:
        nothing = np.empty(0, np.int32)
        settings = (*settings, problem.travel.mark())
        hours = problem.hours and replace(problem.hours, time_s=nothing, length_m=nothing)
        problem = replace(problem, time_s=nothing, length_m=nothing, hours=hours, travel=None)
    for part in (*(getattr(problem, f.name) for f in fields(problem)), settings):
        if isinstance(part, np.ndarray):
            digest.update(repr((part.shape, part.dtype.str)).encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(repr(_ordered(part)).encode())
    return digest.hexdigest()


def _ordered(value: Any) -> Any:
    """Return a value whose text is the same in every process: sets have no order of their own."""
    if isinstance(value, np.ndarray):
        data = np.ascontiguousarray(value)
        return value.shape, value.dtype.str, hashlib.sha256(data.data).hexdigest()
    if is_dataclass(value):
        return [_ordered(getattr(value, f.name)) for f in fields(value)]
    if isinstance(value, Mapping):
        return sorted((key, _ordered(what)) for key, what in value.items())
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Iterable) and not isinstance(value, str):
        return [_ordered(part) for part in value]
    return value


class Keeper:
    """Writes the state of a search to a file every few seconds, whole or not at all.

    Without a file nothing is kept.

    Raises
    ------
    InputError
        When a search is to be resumed whose file is damaged, or belongs to other data.
    """

    def __init__(self, file: Path | None, mark: str, resume: bool) -> None:
        self.file, self.mark = file, mark
        self.found = self._read() if resume and file is not None and file.exists() else None
        self._next = time.monotonic() + EVERY_S

    def offer(self, state: Callable[[], State], *, now: bool = False) -> None:
        """Write what ``state`` returns if it is time to, or ``now``."""
        begin = time.monotonic()
        if self.file is None or (begin < self._next and not now):
            return
        self._write(self.file, state())
        end = time.monotonic()
        self._next = end + max(EVERY_S, (end - begin) / MOST_SHARE)

    def remove(self) -> None:
        """Delete the file: the search has come to its end."""
        if self.file is not None:
            self.file.unlink(missing_ok=True)

    def _write(self, file: Path, state: State) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        try:
            with part.open("wb") as handle:
                arrays: dict[str, Any] = {FINGERPRINT: np.asarray(self.mark), **state}
                np.savez_compressed(handle, **arrays)
                handle.flush()
                os.fsync(handle.fileno())
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)

    def _read(self) -> State:
        try:
            with np.load(self.file, allow_pickle=False) as stored:  # type: ignore[arg-type]
                state = {name: stored[name] for name in stored.files}
        except (ValueError, EOFError, OSError, KeyError, zipfile.BadZipFile) as fault:
            raise InputError(
                f"{self.file}: no checkpoint ({fault}); plan without --resume"
            ) from None
        if str(state.pop(FINGERPRINT, "")) != self.mark:
            raise InputError(
                f"{self.file}: the search stopped here was for other data, another date, seed,"
                " solver or number of searches, or by another version; plan without --resume"
            )
        return state
