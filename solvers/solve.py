"""From a problem to a plan: one wiring for all backends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from routing.errors import InfeasibleError
from solvers.backends import refuse_beyond
from solvers.bound import lower_bound
from solvers.construct import construct
from solvers.driven import DrivenBench
from solvers.evaluate import evaluate, evaluate_plan
from solvers.ground import needs_booking
from solvers.native import Search, is_told_by_links
from solvers.plan import Plan
from solvers.problem import Problem
from solvers.reasons import RosterBench, settle_unserved
from solvers.roster import Roster
from solvers.stop import Interruptible, Stop
from solvers.team import Team, draft, polish

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
    problem: Problem, stop: Stop, seed: int, solver: str = "native", progress: Progress = silent
) -> Plan:
    """Return the best plan found, re-costed by the slow evaluation.

    SIGINT and SIGTERM end the search early; the best plan so far is returned.

    Raises
    ------
    InputError
        When the solver's name is unknown, or it cannot hold a rule of the problem.
    InfeasibleError
        When the problem contradicts itself, or a backend's plan does not hold the rules (a fault of
        the program: nothing wrong is passed on).
    """
    refuse_beyond(problem, solver)
    with Interruptible(stop) as limit:
        if solver == "native" and not needs_booking(problem):
            return _solve_by_links(problem, limit, seed, progress)
        roster = Roster(problem, seed)
        iterations, begin = 0, 0.0
        if solver == "native":
            iterations = draft(roster, limit, seed, _tell("first routes", progress))
            begin = min(1.0, limit.used(iterations))
        else:
            construct(roster, seed, _begun(progress, roster, limit))
        progress("first plan", begin, roster.cost, len(roster.unserved))
        if solver == "ortools":
            from solvers.ortools_backend import improve  # noqa: PLC0415 (heavy import)

            begin = improve(roster, limit, ROUTING_LIBRARY_SHARE, progress)
        iterations += polish(roster, limit, seed, _tell("improving", progress), begin)
        if limit.interrupted:
            progress("stopped", 1.0, roster.best_cost, len(roster.unserved))
    return _finish(roster, iterations, solver)


def _begun(progress: Progress, roster: Roster, stop: Stop) -> Callable[[], bool]:
    """Return a function that tells how far the first plan is, and whether to leave it at that."""

    def enough() -> bool:
        progress("first routes", stop.used(0), roster.best_cost, len(roster.unserved))
        return stop.used(0) >= FIRST_PLAN_SHARE

    return enough


def _tell(stage: str, progress: Progress) -> Callable[[float, int, int], None]:
    return lambda used, cost, unserved: progress(stage, used, cost, unserved)


def _solve_by_links(problem: Problem, stop: Stop, seed: int, progress: Progress) -> Plan:
    """Solve a problem whose cost needs no booking; breaks are put in at the end."""
    problem.check()
    team = Team(Search(problem, seed), 1, seed, 1)
    iterations = team.run(stop, _tell("improving", progress))
    search = team.best
    sequences = search.sequences()
    if not is_told_by_links(problem):
        roster = Roster(problem, seed)
        roster.load(sequences)
        roster.keep_best()
        return _finish(roster, iterations, "native")
    bench = DrivenBench(problem, sequences)
    unserved = settle_unserved(bench)
    routes = bench.routes()
    cost = evaluate(problem, routes, {u.task for u in unserved}).cost
    bound = lower_bound(problem) if problem.facilities else 0
    return _judged(problem, Plan(routes, unserved, cost, bound, iterations, "native"))


def _finish(roster: Roster, iterations: int, solver: str) -> Plan:
    """Settle what is left out, write the routes, and let the slow evaluation judge them."""
    roster.restore_best()
    unserved = settle_unserved(RosterBench(roster))
    roster.tighten()
    routes = roster.to_routes()
    bound = lower_bound(roster.problem)
    return _judged(roster.problem, Plan(routes, unserved, roster.cost, bound, iterations, solver))


def _judged(problem: Problem, plan: Plan) -> Plan:
    judged = evaluate_plan(problem, plan)
    if judged.violations or judged.cost != plan.cost:
        lines = judged.violations or [f"cost {plan.cost}, evaluated {judged.cost}"]
        raise InfeasibleError("\n".join(["the plan found breaks its own rules:", *lines]))
    return plan
