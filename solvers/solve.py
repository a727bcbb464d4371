"""From a problem to a plan: one wiring for all backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from routing.errors import InfeasibleError, InputError
from solvers.annealing import anneal
from solvers.bound import lower_bound
from solvers.construct import construct
from solvers.evaluate import evaluate_plan
from solvers.plan import Plan
from solvers.problem import Problem
from solvers.reasons import settle_unserved
from solvers.roster import Roster
from solvers.stop import Interruptible, Stop

SOLVERS = ("ortools", "native")
ROUTING_LIBRARY_SHARE = 0.25
"""Part of the budget that OR-Tools gets before its plan is polished."""
FIRST_PLAN_SHARE = 0.2
"""Part of the budget after which no further greedy plan is begun."""


class Progress(Protocol):
    """What a backend tells once a round: stage, share of the budget used, cost, tasks left out."""

    def __call__(self, stage: str, used: float, cost: int, unserved: int) -> None:
        """Take one message."""


def silent(stage: str, used: float, cost: int, unserved: int) -> None:
    """Take a message and say nothing."""


def solve(
    problem: Problem, stop: Stop, seed: int, solver: str = "ortools", progress: Progress = silent
) -> Plan:
    """Return the best plan found, re-costed by the slow evaluation.

    SIGINT and SIGTERM end the search early; the best plan so far is returned.

    Raises
    ------
    InputError
        When the solver's name is unknown.
    InfeasibleError
        When the problem contradicts itself, or a backend's plan does not hold the rules (a fault of
        the program: nothing wrong is passed on).
    """
    if solver not in SOLVERS:
        raise InputError(f"--solver {solver}; expected one of {', '.join(SOLVERS)}")
    with Interruptible(stop) as limit:
        roster = Roster(problem, seed)
        construct(roster, seed, _begun(progress, roster, limit))
        progress("first plan", 0.0, roster.cost, len(roster.unserved))
        begin = 0.0
        if solver == "ortools":
            from solvers.ortools_backend import improve  # noqa: PLC0415 (heavy import)

            begin = improve(roster, limit, ROUTING_LIBRARY_SHARE, progress)
        iterations = anneal(roster, limit, _tell(progress, roster), begin)
        if limit.interrupted:
            progress("stopped", 1.0, roster.best_cost, len(roster.unserved))
    return _finish(roster, iterations, solver)


def _begun(progress: Progress, roster: Roster, stop: Stop) -> Callable[[], bool]:
    """Return a function that tells how far the first plan is, and whether to leave it at that."""

    def enough() -> bool:
        progress("first routes", stop.used(0), roster.best_cost, len(roster.unserved))
        return stop.used(0) >= FIRST_PLAN_SHARE

    return enough


def _tell(progress: Progress, roster: Roster) -> Callable[[float, int], None]:
    return lambda used, cost: progress("improving", used, cost, len(roster.unserved))


def _finish(roster: Roster, iterations: int, solver: str) -> Plan:
    """Settle what is left out, write the routes, and let the slow evaluation judge them."""
    roster.restore_best()
    unserved = settle_unserved(roster)
    roster.tighten()
    routes = roster.to_routes()
    bound = lower_bound(roster.problem)
    plan = Plan(routes, unserved, roster.cost, bound, iterations, solver)
    judged = evaluate_plan(roster.problem, plan)
    if judged.violations or judged.cost != plan.cost:
        lines = judged.violations or [f"cost {plan.cost}, evaluated {judged.cost}"]
        raise InfeasibleError("\n".join(["the plan found breaks its own rules:", *lines]))
    return plan
