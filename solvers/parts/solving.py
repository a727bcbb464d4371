"""Solving in parts, as one stage that can be stopped and resumed like every other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from solvers.checkpoint import State
from solvers.given import num_stops
from solvers.parts.beginning import begin_with
from solvers.parts.crew import Crew, ThreadCrew
from solvers.parts.finish import finish
from solvers.parts.rounds import Rounds, Scale
from solvers.pins import first_tasks
from solvers.plan import Plan
from solvers.problem import Problem
from solvers.team import Run

STAGE = "parts"
PARTS_FROM = 5_000
"""Tasks from which on a problem is solved in parts."""

StageTell = Callable[[str, float, int, int], None]
"""Takes the stage, the share of the budget used, the cost and the number of tasks left out."""


def goes_in_parts(problem: Problem, scale: Scale | None) -> bool:
    """Whether a problem is solved in parts: it is large, has no matrices, or a scale is asked for.

    Customers who are visited several times keep their visits together only in one search.
    """
    if problem.groups:
        return False
    large = len(problem.tasks) >= PARTS_FROM
    return large or scale is not None or problem.travel is not None


def solve_in_parts(
    problem: Problem, run: Run, tell: StageTell, scale: Scale, crew: Crew | None = None
) -> Plan:
    """Return the best plan found in parts by a crew, or by threads of this process.

    With a number of steps as budget the plan depends neither on the crew nor on its size.
    """
    rounds = Rounds(problem, run.seed, scale, run.warm)
    if run.at(STAGE) and run.keeper.found is not None:
        rounds.restore(run.keeper.found)
    elif run.begin or first_tasks(problem) or any(v.starts_loaded for v in problem.vehicles):
        _begin(rounds, run, tell)
    run.keeper.found = None

    def keep(state: State) -> None:
        state["stage"] = np.asarray(STAGE)
        run.keeper.offer(lambda: state, now=run.stop.interrupted)

    def told(used: float, cost: int, unserved: int) -> None:
        run.stop.note(cost)
        tell("improving in parts", used, cost, unserved)

    rounds.run(run.stop, crew or ThreadCrew(run.threads), told, keep)
    return finish(rounds)


def _begin(rounds: Rounds, run: Run, tell: StageTell) -> None:
    """Go on from what is given and pinned, and tell how much of it holds."""
    kept = begin_with(rounds, run.begin or {})
    if run.begin is not None:
        stage = f"{kept} of {num_stops(run.begin)} stops as in the given plan"
        tell(stage, run.stop.used(0), rounds.cost, rounds.left_out)
