"""Mixes routed: a day planned with the trucks of a mix, and what that comes to."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections import defaultdict
from dataclasses import dataclass

from scenarios.energy import route_energy
from scenarios.fleet.ground import FleetGround, Mix, mixed_problem
from scenarios.problem import DayProblem
from scenarios.runs.days import Budget, Watched
from scenarios.runs.family import Cancelled
from scenarios.runs.store import Result, content_hash
from solvers.evaluate import Driven, evaluate_plan
from solvers.problem import Problem
from solvers.solve import Options, solve


@dataclass(frozen=True)
class MixTask:
    """One day to be planned with the trucks of a mix.

    ``priced`` asks for a plan in which using a truck costs what having it costs: with more trucks
    than are needed, it tells which of them are worth having. ``overtime_s`` limits the overtime of
    each truck beyond its own limit; None leaves it at that.
    """

    mix: Mix
    date: dt.date
    seed: int
    budget: Budget
    priced: bool = False
    overtime_s: int | None = None


def task_key(ground: FleetGround, task: MixTask) -> str:
    """Return the name of a mix's result on a day."""
    return content_hash(
        {
            "what": "mix",
            "ground": ground.fingerprint,
            "mix": list(task.mix),
            "date": task.date.isoformat(),
            "seed": task.seed,
            "iterations": task.budget.iterations,
            "seconds": task.budget.seconds if task.budget.iterations is None else None,
            "priced": task.priced,
            "overtime_s": task.overtime_s,
        }
    )


def route_mix(ground: FleetGround, task: MixTask, cancel: threading.Event) -> Result:
    """Return what a day comes to with the trucks of a mix.

    ``driven`` holds kilometers, hours and overtime in thousandths, ``unserved_price`` what is left
    out; ``used``, ``length_m`` and ``longest_m`` are by type. What stands on no street that a truck
    may drive is not due, since no fleet can serve it.

    Raises
    ------
    Cancelled
        When the end was called for meanwhile.
    """
    posed = ground.posed(task.date)
    problem, trucks = mixed_problem(
        posed.problem, ground.types, task.mix, priced=task.priced, overtime_s=task.overtime_s
    )
    begin = time.monotonic()
    driven, left = _planned(problem, task, cancel)
    if cancel.is_set():
        raise Cancelled
    used: dict[str, set[int]] = defaultdict(set)
    length_m: dict[str, int] = defaultdict(int)
    longest_m: dict[str, int] = defaultdict(int)
    fixed = 0
    for one in driven:
        t, k = trucks[one.route.vehicle]
        name = ground.types[t].type_id
        used[name].add(k)
        length_m[name] += one.length_m
        longest_m[name] = max(longest_m[name], one.length_m)
        fixed += problem.vehicles[one.route.vehicle].fixed_cost
    due = problem.tasks
    return {
        "driven": sum(d.cost for d in driven) - fixed,
        "unserved_price": sum(due[i].price for i in left),
        "due_kg": sum(t.mass_kg for t in due),
        "left_kg": sum(due[i].mass_kg for i in left),
        "left_stops": len(left),
        "streams": _by_stream(problem, left),
        "overtime_s": sum(d.overtime_s for d in driven),
        "duration_s": sum(d.end_s - d.route.start_s for d in driven),
        "used": {name: len(members) for name, members in used.items()},
        "length_m": dict(length_m),
        "longest_m": dict(longest_m),
        "co2_g": _co2_g(ground, posed, driven, trucks),
        "solve_s": round(time.monotonic() - begin, 3),
    }


def _by_stream(problem: Problem, left: list[int]) -> dict[str, dict[str, int]]:
    """Return mass and stops of each stream, what is due and what is left out."""
    found: dict[str, dict[str, int]] = {}
    out = set(left)
    for idx, task in enumerate(problem.tasks):
        one = found.setdefault(
            task.stream, {"due_kg": 0, "left_kg": 0, "due_stops": 0, "left_stops": 0}
        )
        one["due_kg"] += task.mass_kg
        one["due_stops"] += 1
        if idx in out:
            one["left_kg"] += task.mass_kg
            one["left_stops"] += 1
    return found


def _planned(
    problem: Problem, task: MixTask, cancel: threading.Event
) -> tuple[list[Driven], list[int]]:
    """Return the routes as driven, and the tasks left out."""
    if not problem.vehicles:
        return [], list(range(len(problem.tasks)))
    rule = Watched(task.budget.stop(), cancel)
    # a search alone on one thread: the tasks themselves are what runs side by side
    plan = solve(problem, rule, task.seed, options=Options(1, 1))
    return evaluate_plan(problem, plan).driven, [u.task for u in plan.unserved]


def _co2_g(
    ground: FleetGround, posed: DayProblem, driven: list[Driven], trucks: list[tuple[int, int]]
) -> int:
    by_name = {truck.truck_id: truck for truck in posed.trucks}
    names = [ground.types[trucks[d.route.vehicle][0]].type_id for d in driven]
    pairs = zip(names, driven, strict=True)
    return sum(route_energy(ground.city, by_name[n], d.length_m).co2_g for n, d in pairs)
