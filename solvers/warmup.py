"""Getting the kernels ready before the clock of a search begins."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from routing.telling import telling_if_slow
from solvers.problem import Facility, Mode, Problem, Task, Vehicle
from solvers.roster import Roster
from solvers.stop import Interruptible, MaxIterations
from solvers.team import Run, draft, polish


def warm_up(say: Callable[[str], None]) -> None:
    """Compile all solver kernels, or load them from disk if that was done before."""
    with telling_if_slow(say, "compiling the solver for this machine (once, about half a minute)"):
        roster = Roster(_smallest_problem(), 0)
        run = Run(Interruptible(MaxIterations(2)), 0)
        draft(roster, run, lambda *_: None)
        polish(roster, run, lambda *_: None)


def _smallest_problem() -> Problem:
    """Two stops, a truck and a plant, all at one place."""
    tasks = tuple(Task(name, (Mode(0, 0, 60),), "other", 10, 10) for name in ("a", "b"))
    plant = Facility("plant", 0, frozenset({"other"}))
    truck = Vehicle("truck", "collector", 0, 0, 0, 100, {"other": 100}, 0, 86_400)
    nothing = np.zeros((1, 1, 1), dtype=np.int32)
    return Problem(tasks, (truck,), (plant,), nothing, nothing)
