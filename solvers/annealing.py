"""Ruin and recreate under a falling temperature, round by round."""

from __future__ import annotations

from collections.abc import Callable

from solvers.roster import Roster
from solvers.stop import Stop

ROUND_STEPS = 200
"""Steps of one compiled call: a fraction of a second, so that progress and Ctrl-C come through."""
HEAT_BEGIN, HEAT_END = 1.0, 0.01
"""Temperatures as shares of the mean cost of a served task, from begin to end of the budget."""


def anneal(
    roster: Roster,
    stop: Stop,
    progress: Callable[[float, int], None],
    begin: float = 0.0,
) -> int:
    """Improve a roster until the budget is used; return the number of steps made.

    Leaves the best routes found in the roster. ``begin`` is the share of the budget that other work
    has used before, so that the temperature falls over what is left.
    """
    roster.keep_best()
    num_served = max(1, len(roster.problem.tasks) - len(roster.unserved))
    mean = sum(int(c) for c in roster.routes.cost) / num_served
    done = 0
    try:
        while (used := stop.used(done)) < 1.0 and len(roster.problem.tasks) > 0:
            steps = ROUND_STEPS
            if stop.max_iterations is not None:
                steps = min(steps, stop.max_iterations - done)
            if steps <= 0:
                break
            share = max(0.0, (used - begin) / max(1e-9, 1.0 - begin))
            best = roster.search(steps, mean * HEAT_BEGIN * (HEAT_END / HEAT_BEGIN) ** share)
            done += steps
            progress(stop.used(done), best)
    finally:
        roster.restore_best()
    return done
