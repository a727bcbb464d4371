"""From joined routes to one plan: what is left out is offered once more, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from solvers.bound import lower_bound
from solvers.driven import DrivenBench
from solvers.evaluate import evaluate
from solvers.native import is_told_by_links
from solvers.parts.improve import Found, booked
from solvers.parts.joined import Share
from solvers.parts.rounds import Rounds
from solvers.plan import Plan, Route, Step, Unserved
from solvers.problem import Problem
from solvers.reasons import NO_VEHICLE, RosterBench, settle_unserved
from solvers.roster import Roster


def finish(rounds: Rounds) -> Plan:
    """Return the plan of the whole problem.

    One part after the other, each beside the others as they are by then: it may use every bay and
    all the tonnage that they leave.
    """
    problem = rounds.problem
    by_links = is_told_by_links(problem)
    routes: list[Route] = []
    unserved: list[Unserved] = []
    cost = 0
    own: Sequence[Route]
    left: Sequence[Unserved]
    for share in rounds.last_shares():
        if not share.vehicles:
            own, left, paid = (), _beyond_all(rounds, share), share.cost
        elif by_links:
            own, left, paid = _driven(share, problem)
        else:
            found, own, left = _booked(share, problem, rounds.seed)
            rounds.joined.replace(share, found)
            paid = found.cost
        routes += [_in_whole(share, route) for route in own]
        unserved += [replace(u, task=share.tasks[u.task]) for u in left]
        cost += paid
    routes.sort(key=lambda route: route.vehicle)
    unserved.sort(key=lambda one: one.task)
    bound = lower_bound(problem) if problem.facilities or not by_links else 0
    return Plan(tuple(routes), tuple(unserved), cost, bound, rounds.steps, "native")


def _beyond_all(rounds: Rounds, share: Share) -> list[Unserved]:
    """Return the tasks of a part that no vehicle may serve."""
    proof = {NO_VEHICLE: len(rounds.problem.vehicles)}
    return [Unserved(k, NO_VEHICLE, proof) for k in range(len(share.tasks))]


def _driven(share: Share, whole: Problem) -> tuple[Sequence[Route], Sequence[Unserved], int]:
    """Return routes, what is left out and the cost of a part whose links tell everything."""
    problem = share.problem(whole)
    bench = DrivenBench(problem, share.sequences)
    left = settle_unserved(bench)
    routes = bench.routes()
    return routes, left, evaluate(problem, routes, {u.task for u in left}).cost


def _booked(
    share: Share, whole: Problem, seed: int
) -> tuple[Found, Sequence[Route], Sequence[Unserved]]:
    """Return what is found, the routes and what is left out of a part that is booked."""
    roster = Roster(share.problem(whole), seed, present=share.sequences)
    roster.load(share.sequences)
    roster.insert_all(roster.unserved)
    part = len(share.tasks) / len(whole.tasks)
    left = settle_unserved(RosterBench(roster, part))
    roster.tighten()
    return booked(roster), roster.to_routes(), left


def _in_whole(share: Share, route: Route) -> Route:
    tasks = share.tasks
    steps: list[Step] = [
        replace(step, idx=tasks[step.idx]) if step.kind == "task" else step for step in route.steps
    ]
    return Route(share.vehicles[route.vehicle], route.start_s, tuple(steps))
