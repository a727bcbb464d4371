"""A lower bound on the cost of any plan: weak, but proven and affordable."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from solvers.problem import Mode, Problem, Task, Vehicle

BOUND_KIND = "each task's cheapest incoming leg, service and share of an unloading, or its price"

BLIND_BOUND_KIND = "each task's service and share of an unloading, or its price"
"""What the bound counts where there are no matrices."""


def bound_kind(problem: Problem) -> str:
    """Return what the lower bound of a problem counts, in words."""
    return BOUND_KIND if problem.travel is None else BLIND_BOUND_KIND


def lower_bound(problem: Problem) -> int:
    """Return the sum over tasks of the least that serving each adds, or its price if less.

    Each task that is served is entered over one leg of its own, takes its service time, and brings
    its mass to an unloading that at most one full truck shares. All three are counted at the
    rates of the cheapest vehicle that may serve it; fixed costs are left out. Without matrices
    legs count nothing.
    """
    kinds = {_rates(v): v for v in problem.vehicles}
    shared = _shared_locations(problem) if problem.travel is None else None
    total = 0
    for task in problem.tasks:
        able = [v for v in kinds.values() if problem.may_serve(v, task)]
        least = [_least_added(problem, task, vehicle, shared) for vehicle in able]
        total += int(min([float(task.price), *least]))
    return max(0, total - 2 * len(problem.vehicles))  # each route's terms are rounded


def _rates(vehicle: Vehicle) -> tuple[object, ...]:
    """Return what the bound looks at; vehicles that agree in it need be tried only once."""
    rates = (vehicle.profile, vehicle.cost_km, vehicle.cost_h, vehicle.capacity_kg)
    return (*rates, vehicle.kind, *sorted(vehicle.capacity_l))


def _shared_locations(problem: Problem) -> NDArray[np.bool_]:
    """Return which locations belong to more than one task, facility or depot."""
    uses = np.zeros(problem.time_s.shape[1], dtype=np.int64)
    for task in problem.tasks:
        uses[sorted({p for mode in task.modes for p in (mode.entry, mode.exit)})] += 1
    for facility in problem.facilities:
        uses[facility.location] += 1
    for vehicle in problem.vehicles:
        uses[vehicle.start] += 1
    return uses > 1


def _least_added(
    problem: Problem, task: Task, vehicle: Vehicle, shared: NDArray[np.bool_] | None
) -> float:
    """Return the least that a task adds to a route of this vehicle."""
    least = float("inf")
    for mode in task.modes:
        leg = 0.0 if shared is None else _least_leg(problem, task, mode, vehicle, shared)
        work = mode.service_s * vehicle.cost_h / 3600 + mode.length_m * vehicle.cost_km / 1000
        least = min(least, leg + work)
    unload_s = [f.unload_s for f in problem.facilities if task.stream in f.streams]
    share = task.mass_kg / max(1, vehicle.capacity_kg) if unload_s else 0.0
    return least + share * min(unload_s, default=0) * vehicle.cost_h / 3600


def _least_leg(
    problem: Problem, task: Task, mode: Mode, vehicle: Vehicle, shared: NDArray[np.bool_]
) -> float:
    """Return the cost of the cheapest leg over which a mode of a task can be entered."""
    own = sorted({p for other in task.modes for p in (other.entry, other.exit)})
    own = [p for p in own if not shared[p]]  # no leg begins where only this task is
    least = float("inf")
    for time_s, length_m in problem.layers_of(vehicle.profile):
        seconds = time_s[:, mode.entry].astype(np.float64)
        metres = length_m[:, mode.entry].astype(np.float64)
        cost = metres * vehicle.cost_km / 1000 + seconds * vehicle.cost_h / 3600
        cost[seconds < 0] = np.inf
        cost[own] = np.inf
        least = min(least, float(cost.min()))
    return least
