"""A day posed with a reserve: so much more waste that a load fits with a wanted probability."""

from __future__ import annotations

import math
from dataclasses import replace
from statistics import NormalDist

from scenarios.day import DueStop
from scenarios.problem import DayProblem
from scenarios.risk.overflow import load_variation
from scenarios.risk.spread import Spread, checked_share
from solvers.problem import Problem, Task


def stops_in_a_load(problem: Problem, stream: str) -> float:
    """Return how many mean stops of a stream fill a mean truck that carries it, at least one.

    Never more than there are stops.
    """
    tasks = [t for t in problem.tasks if t.stream == stream]
    trucks = [v for v in problem.vehicles if stream in v.capacity_l]
    if not tasks or not trucks:
        return 1.0
    mass = sum(t.mass_kg for t in tasks) / len(tasks)
    volume = sum(t.volume_l for t in tasks) / len(tasks)
    holds_kg = sum(v.capacity_kg / v.compartments for v in trucks) / len(trucks)
    holds_l = sum(v.capacity_l[stream] / v.compartments for v in trucks) / len(trucks)
    by_mass = holds_kg / mass if mass else math.inf
    by_volume = holds_l / volume if volume else math.inf
    return min(float(len(tasks)), max(1.0, min(by_mass, by_volume)))


def reserved(posed: DayProblem, spread: Spread, safety: float) -> Problem:
    """Return the problem of a day whose stops have more waste, so that loads leave a reserve.

    The more stops share a load, and the less they go together, the less of each is added: the
    quantile of the load is shared among its stops by their spreads. No stop grows beyond the
    largest truck that may serve it. A safety below one half adds nothing.

    Raises
    ------
    InputError
        When the safety is not between 0 and 1.
    """
    problem = posed.problem
    z = NormalDist().inv_cdf(checked_share(safety))
    stops = {stream: stops_in_a_load(problem, stream) for stream in problem.streams}
    tasks = []
    for task, source in zip(problem.tasks, posed.sources, strict=True):
        if not isinstance(source, DueStop) or source.in_container:
            tasks.append(task)
            continue
        cv = load_variation(stops[task.stream], spread.of(source.point_id).cv, spread.correlation)
        sigma = math.sqrt(math.log1p(cv * cv))
        more = max(1.0, math.exp(sigma * z - sigma * sigma / 2))
        tasks.append(_grown(problem, task, more))
    return replace(problem, tasks=tuple(tasks))


def _grown(problem: Problem, task: Task, more: float) -> Task:
    able = [v for v in problem.vehicles if problem.may_serve(v, task)]
    most_kg = max((v.capacity_kg // v.compartments for v in able), default=0)
    most_l = max((v.capacity_l[task.stream] // v.compartments for v in able), default=0)
    return replace(
        task,
        mass_kg=max(task.mass_kg, min(most_kg, round(task.mass_kg * more))),
        volume_l=max(task.volume_l, min(most_l, round(task.volume_l * more))),
    )
