"""Getting the kernels ready before the clock of a search begins.

``python -m solvers.warmup PART`` compiles a part of them and leaves it on disk.
"""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import numpy as np

from routing._kernels.jit import is_kept
from routing.telling import telling_if_slow
from solvers._kernels.exact import settle
from solvers._kernels.steps import run_steps
from solvers.native import Search
from solvers.problem import Facility, Mode, Problem, Task, Vehicle
from solvers.roster import Roster
from solvers.stop import Interruptible, MaxIterations
from solvers.team import Run, draft, num_cores, polish

_helpers: list[subprocess.Popen[bytes]] = []


def compile_ahead() -> None:
    """Begin to compile the solver in processes of their own, if that was never done here.

    What reads the map meanwhile is not held up, and `warm_up` takes what they leave on disk.
    Exact timetables are a third of the work; the other process needs them last, and finds them.
    """
    if _helpers or num_cores() < 2 or is_kept(run_steps):
        return
    paths = [str(Path(__file__).parents[1]), os.environ.get("PYTHONPATH", "")]
    for part in PARTS:
        _helpers.append(
            subprocess.Popen(
                [sys.executable, "-m", "solvers.warmup", part],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
            )
        )
    atexit.register(_give_up)


def warm_up(say: Callable[[str], None]) -> None:
    """Compile all solver kernels, or load them from disk if that was done before."""
    with telling_if_slow(say, "compiling the solver for this machine (once, about half a minute)"):
        for helper in _helpers:
            helper.wait()  # should it fail, what it left undone is compiled here
        _helpers.clear()
        _compile_search()


def _give_up() -> None:
    """End what still compiles when nobody waits for it any more."""
    for helper in _helpers:
        helper.terminate()


def _compile_search() -> None:
    roster = Roster(_smallest_problem(), 0)
    run = Run(Interruptible(MaxIterations(2)), 0)
    draft(roster, run, lambda *_: None)
    polish(roster, run, lambda *_: None)


def _compile_timetables() -> None:
    """Compile the kernel that books the routes changed by a step, for the tables of a search."""
    roster = Roster(_smallest_problem(), 0)
    search = Search(roster.problem, 0, roster)
    kernel: Any = settle
    kernel.compile(numba.typeof((search.tables, search.exact, 0.0)).types)


PARTS = {"search": _compile_search, "timetables": _compile_timetables}


def _smallest_problem() -> Problem:
    """Two stops, a truck and a plant, all at one place."""
    tasks = tuple(Task(name, (Mode(0, 0, 60),), "other", 10, 10) for name in ("a", "b"))
    plant = Facility("plant", 0, frozenset({"other"}))
    truck = Vehicle("truck", "collector", 0, 0, 0, 100, {"other": 100}, 0, 86_400)
    nothing = np.zeros((1, 1, 1), dtype=np.int32)
    return Problem(tasks, (truck,), (plant,), nothing, nothing)


if __name__ == "__main__":
    PARTS[sys.argv[1]]()
