"""Solving in parts, as one stage that can be stopped and resumed like every other."""

from __future__ import annotations

import numpy as np

from solvers.checkpoint import State
from solvers.parts.crew import Crew, ThreadCrew
from solvers.parts.finish import finish
from solvers.parts.rounds import Rounds, Scale, Tell
from solvers.pins import first_tasks
from solvers.plan import Plan
from solvers.problem import Problem
from solvers.team import Run

STAGE = "parts"
PARTS_FROM = 5_000
"""Tasks from which on a problem is solved in parts."""


def goes_in_parts(problem: Problem, scale: Scale | None) -> bool:
    """Whether a problem is solved in parts: it is large, has no matrices, or a scale is asked for.

    Customers who are visited several times keep their visits together only in one search, and so
    do trucks with a load aboard from the start, which may belong to no part, and those whose first
    tasks are pinned.
    """
    if problem.groups or first_tasks(problem) or any(v.starts_loaded for v in problem.vehicles):
        return False
    large = len(problem.tasks) >= PARTS_FROM
    return large or scale is not None or problem.travel is not None


def solve_in_parts(
    problem: Problem, run: Run, tell: Tell, scale: Scale, crew: Crew | None = None
) -> Plan:
    """Return the best plan found in parts by a crew, or by threads of this process.

    With a number of steps as budget the plan depends neither on the crew nor on its size.
    """
    rounds = Rounds(problem, run.seed, scale)
    if run.at(STAGE) and run.keeper.found is not None:
        rounds.restore(run.keeper.found)
    run.keeper.found = None

    def keep(state: State) -> None:
        state["stage"] = np.asarray(STAGE)
        run.keeper.offer(lambda: state, now=run.stop.interrupted)

    def told(used: float, cost: int, unserved: int) -> None:
        run.stop.note(cost)
        tell(used, cost, unserved)

    rounds.run(run.stop, crew or ThreadCrew(run.threads), told, keep)
    return finish(rounds)
