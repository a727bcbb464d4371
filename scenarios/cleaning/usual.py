"""The same vehicle for the same streets from day to day, as far as it costs nothing.

Vehicles that are alike in all that a plan depends on may exchange their routes: times, loads and
cost stay what they are. Of all such exchanges the one is taken that leaves most runs with the
vehicle that worked them last (a linear assignment among the vehicles of each likeness).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from ortools.graph.python import linear_sum_assignment

from scenarios.problem import DayProblem
from solvers.plan import Plan, Route

if TYPE_CHECKING:
    from scenarios.run import DayPlan


def run_of(task_id: str) -> str:
    """Return the run that a pass over it, at any time of the day, belongs to."""
    return task_id.partition("@")[0].partition("#")[0]


def last_trucks(plans: Sequence[DayPlan]) -> dict[str, str]:
    """Return the truck that worked each pass last, by the names of the passes."""
    last = {}
    for plan in plans:
        for route in plan.plan.routes:
            for step in route.steps:
                if step.kind == "task":
                    task = plan.posed.problem.tasks[step.idx]
                    last[task.task_id] = plan.posed.trucks[route.vehicle].truck_id
    return last


def by_usual_vehicles(posed: DayProblem, plan: Plan, before: Sequence[DayPlan]) -> Plan:
    """Return the plan with its routes given to the vehicles that worked their runs last.

    Parameters
    ----------
    before
        The days before, in order.
    """
    last = last_trucks(before)
    groups: dict[Hashable, list[int]] = defaultdict(list)
    for idx in range(len(posed.trucks)):
        groups[_likeness(posed, idx)].append(idx)
    new: dict[int, int] = {}
    for members in groups.values():
        new |= _matched(posed, plan.routes, members, last)
    # a plan lists its routes in the order in which they were found
    return replace(plan, routes=tuple(replace(r, vehicle=new[r.vehicle]) for r in plan.routes))


def _likeness(posed: DayProblem, idx: int) -> Hashable:
    """Return what two vehicles must share to exchange their routes."""
    vehicle = posed.problem.vehicles[idx]
    fields = {k: v for k, v in vars(vehicle).items() if k not in ("vehicle_id", "capacity_l")}
    truck = posed.trucks[idx]
    beside = (truck.energy, truck.permits, truck.height_cm, truck.width_cm, truck.weight_kg)
    return (*fields.values(), *sorted(vehicle.capacity_l.items()), *beside)


def _matched(
    posed: DayProblem, routes: Sequence[Route], members: Sequence[int], last: dict[str, str]
) -> dict[int, int]:
    """Return the vehicle that takes over the route of each vehicle of one likeness."""
    worked = {route.vehicle: route for route in routes if route.vehicle in set(members)}
    if len(members) == 1 or not worked:
        return {idx: idx for idx in members}
    shared = np.zeros((len(members), len(members)), dtype=np.int64)
    column = {posed.trucks[idx].truck_id: k for k, idx in enumerate(members)}
    for row, idx in enumerate(members):
        for step in worked[idx].steps if idx in worked else ():
            truck = last.get(posed.problem.tasks[step.idx].task_id) if step.kind == "task" else None
            if truck in column:
                shared[row, column[truck]] += 1
    # among exchanges of equal worth, routes that stay where they are
    shared = shared * (len(members) + 1) + np.eye(len(members), dtype=np.int64)
    solver = linear_sum_assignment.SimpleLinearSumAssignment()
    left, right = np.indices(shared.shape)
    solver.add_arcs_with_cost(left.ravel(), right.ravel(), (shared.max() - shared).ravel())
    if solver.solve() != solver.OPTIMAL:
        return {idx: idx for idx in members}
    return {idx: members[solver.right_mate(row)] for row, idx in enumerate(members)}
