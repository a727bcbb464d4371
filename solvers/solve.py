"""From a problem to a plan: one wiring for all backends."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from routing.errors import InfeasibleError, InputError
from solvers.backends import BOOKED_BEYOND, RULES, refuse_beyond
from solvers.bound import lower_bound
from solvers.checkpoint import Keeper, State, fingerprint
from solvers.construct import construct
from solvers.driven import DrivenBench
from solvers.evaluate import evaluate, evaluate_plan
from solvers.given import Given, given_modes, load_given, num_stops
from solvers.ground import needs_booking
from solvers.native import Search, is_told_by_links
from solvers.parts.crew import Crew
from solvers.parts.rounds import Scale
from solvers.parts.solving import goes_in_parts, solve_in_parts
from solvers.pins import refuse_left_out, with_pins_laid_in
from solvers.plan import Plan
from solvers.pool import Pool, holds_apart
from solvers.problem import Problem
from solvers.reasons import RosterBench, settle_unserved
from solvers.roster import Roster
from solvers.stop import Interruptible, Stop
from solvers.team import Run, Stage, Tell, draft, num_cores, polish

FIRST_PLAN_SHARE = 0.2
"""Part of the budget after which no further greedy plan is begun."""


OWN_RULES = "the plan found breaks its own rules"
"""How the error begins that tells of a fault of the search, not of the tables."""


class Progress(Protocol):
    """What a backend tells once a round: stage, share of the budget used, cost, tasks left out."""

    def __call__(self, stage: str, used: float, cost: int, unserved: int) -> None:
        """Take one message."""


def silent(stage: str, used: float, cost: int, unserved: int) -> None:
    """Take a message and say nothing."""


@dataclass(frozen=True)
class Options:
    """How to search, beside budget and seed.

    Attributes
    ----------
    searches
        Searches side by side, which exchange routes. Each makes the steps of the budget.
    threads
        Threads that carry them out; as many as this process may use cores where it is None. They
        change how long a number of steps takes, never what is found.
    target
        Cost in thousandths at which the search ends.
    checkpoint
        File that keeps the state of the search every few seconds; none where it is None. It is
        deleted when the search has come to its end, and stays after a signal.
    resume
        Whether to go on from that file where there is one.
    scale
        How large the parts are in which a problem of any size is solved; where it is None large
        problems alone are solved in parts.
    crew
        Who searches in the parts; ``threads`` of this process where it is None.
    begin
        Routes to begin with, of this or a similar problem (`solvers.given`).
    """

    searches: int = 1
    threads: int | None = None
    target: int | None = None
    checkpoint: Path | None = None
    resume: bool = False
    scale: Scale | None = None
    crew: Crew | None = None
    begin: Given | None = None


ALONE = Options()


def solve(
    problem: Problem,
    stop: Stop,
    seed: int,
    solver: str = "native",
    progress: Progress = silent,
    options: Options = ALONE,
) -> Plan:
    """Return the best plan found, re-costed by the slow evaluation.

    SIGINT and SIGTERM end the search early; the best plan so far is returned.

    Raises
    ------
    InputError
        When the solver's name is unknown, it cannot hold a rule of the problem, or a search is to
        be resumed that was stopped on other data.
    InfeasibleError
        When the problem contradicts itself, a pinned task has no place as it is pinned, or a
        backend's plan does not hold the rules (a fault of the program: nothing wrong is passed on).
    """
    posed, problem = problem, with_pins_laid_in(problem)
    refuse_beyond(problem, solver)
    problem.check()
    if options.begin is not None:
        _refuse_begin(problem, solver)
    keeper = _keeper(problem, seed, solver, options)
    with Interruptible(stop, options.target) as limit:
        if keeper.found is not None:
            limit.spent = float(keeper.found["spent"])
            _tell_resumed(keeper.found, progress)
        threads = options.threads or num_cores()
        run = Run(limit, seed, options.searches, threads, keeper, options.begin)
        if solver == "pyvrp":
            plan = _solve_by_pyvrp(problem, run, progress)
        elif solver == "native" and goes_in_parts(problem, options.scale):
            scale = options.scale or Scale()
            plan = _judged(problem, solve_in_parts(problem, run, progress, scale, options.crew))
        elif solver == "native" and not needs_booking(problem):
            plan = _solve_by_links(problem, run, progress)
        else:
            plan = _solve_booked(problem, run, solver, progress)
        if limit.interrupted:
            progress("stopped", 1.0, plan.cost, len(plan.unserved))
        else:
            keeper.remove()
    if posed.pins:
        refuse_left_out(posed, plan)
        _judged(posed, plan)
    return plan


def _keeper(problem: Problem, seed: int, solver: str, options: Options) -> Keeper:
    if options.checkpoint is None:
        return Keeper(None, "", resume=False)
    begin = [(name, *work) for name, work in sorted((options.begin or {}).items())]
    mark = fingerprint(problem, seed, solver, options.searches, *begin)
    return Keeper(options.checkpoint, mark, options.resume)


def _tell_resumed(found: State, progress: Progress) -> None:
    spent, cost, left_out = (found[name].item() for name in ("spent", "cost", "left_out"))
    progress("resumed", spent, cost, left_out)


def _refuse_begin(problem: Problem, solver: str) -> None:
    """Raise if a search cannot begin with given routes.

    Raises
    ------
    InputError
        When the backend takes none, or a rule of the problem is held beside the search.
    """
    if solver == "pyvrp":
        raise InputError("--solver pyvrp begins with no given plan; use native or ortools")
    beyond = [rule for rule in sorted(BOOKED_BEYOND) if RULES[rule](problem)]
    if beyond:
        raise InputError(f"{', '.join(beyond)} cannot be held by a search from a given plan")


def _solve_booked(problem: Problem, run: Run, solver: str, progress: Progress) -> Plan:
    """Solve a problem each of whose routes is booked exactly."""
    roster = Roster(problem, run.seed, present=given_modes(problem, {}, run.begin or {}))
    iterations, blank = 0, None
    if not run.at("polish"):
        if run.begin is not None:
            _load(roster, run.begin, run.stop, progress)
        elif solver == "native":
            iterations, blank = draft(roster, run, _tell("first routes", progress))
        else:
            construct(roster, run.seed, _begun(progress, roster, run.stop))
        progress("first plan", run.stop.used(iterations), roster.cost, len(roster.unserved))
        if solver == "ortools":
            from solvers.ortools_backend import improve  # noqa: PLC0415 (heavy import)

            improve(roster, run.stop, progress)
            return _finish(roster, iterations, solver)
    tell = _tell("improving", progress, run.stop.note)
    iterations = polish(roster, run, tell, iterations, blank)
    return _finish(roster, iterations, solver)


def _load(roster: Roster, begin: Given, stop: Stop, progress: Progress) -> None:
    """Begin with given routes, and tell how much of them holds."""
    kept, wanted = load_given(roster, begin), num_stops(begin)
    roster.insert_all(roster.unserved)
    roster.keep_best()
    stage = f"{kept} of {wanted} stops as in the given plan"
    progress(stage, stop.used(0), roster.cost, len(roster.unserved))


def _begun(progress: Progress, roster: Roster, stop: Stop) -> Callable[[], bool]:
    """Return a function that tells how far the first plan is, and whether to leave it at that."""

    def enough() -> bool:
        progress("first routes", stop.used(0), roster.best_cost, len(roster.unserved))
        return stop.used(0) >= FIRST_PLAN_SHARE

    return enough


def _tell(stage: str, progress: Progress, note: Callable[[int], None] | None = None) -> Tell:
    """Return what a team tells as progress; ``note`` is given costs that are true of the plan."""

    def tell(used: float, cost: int, unserved: int) -> None:
        if note is not None:
            note(cost)
        progress(stage, used, cost, unserved)

    return tell


def _solve_by_links(problem: Problem, run: Run, progress: Progress) -> Plan:
    """Solve a problem whose cost needs no booking; breaks are put in at the end."""
    present = given_modes(problem, {}, run.begin or {})
    first = Search(problem, run.seed, present=present)
    first.bonus.on = run.begin is None
    if run.begin is not None:
        roster = Roster(problem, run.seed, present=present)
        _load(roster, run.begin, run.stop, progress)
        first.clear()
        first.link(roster.visits())
    team = run.team(first, Pool(first.blank) if holds_apart(problem) else None)
    stage = Stage("links", warm=run.warm)
    iterations = run.carry_out(stage, team, _tell("improving", progress, run.stop.note))
    return _written(problem, run, team.best.sequences(), iterations, "native")


def _solve_by_pyvrp(problem: Problem, run: Run, progress: Progress) -> Plan:
    """Let PyVRP choose the routes; they are timed, completed and judged like all others."""
    from solvers.pyvrp_backend import search  # noqa: PLC0415 (an extra)

    told = time.monotonic()

    def enough(iterations: int, cost: int) -> bool:
        nonlocal told
        if cost >= 0:
            run.stop.note(cost)
            if time.monotonic() - told >= 1.0:
                told = time.monotonic()
                progress("PyVRP", run.stop.used(iterations), cost, 0)
        return run.stop.used(iterations) >= 1.0

    sequences, iterations = search(problem, run.seed, enough)
    return _written(problem, run, sequences, iterations, "pyvrp")


def _written(
    problem: Problem,
    run: Run,
    sequences: Mapping[int, Sequence[int]],
    iterations: int,
    solver: str,
) -> Plan:
    """Return routes found by links as a plan; breaks and what is not told by links are put in."""
    if not is_told_by_links(problem):
        roster = Roster(problem, run.seed)
        roster.load(sequences)
        roster.keep_best()
        return _finish(roster, iterations, solver)
    bench = DrivenBench(problem, sequences)
    unserved = settle_unserved(bench)
    routes = bench.routes()
    cost = evaluate(problem, routes, {u.task for u in unserved}).cost
    bound = lower_bound(problem) if problem.facilities else 0
    return _judged(problem, Plan(routes, unserved, cost, bound, iterations, solver))


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
        raise InfeasibleError("\n".join([f"{OWN_RULES}:", *lines]))
    return plan
