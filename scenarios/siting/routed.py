"""Designs routed: the day planned with the sites of a design, and what that costs."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from scenarios.runs.days import Budget, Watched
from scenarios.runs.family import Cancelled
from scenarios.runs.store import Result, content_hash
from scenarios.siting.ground import Design, Ground
from solvers.evaluate import evaluate_plan
from solvers.solve import Options, solve


@dataclass(frozen=True)
class DesignTask:
    """One design to be routed with one seed; ``demand`` scales the day's waste."""

    design: Design
    seed: int
    budget: Budget
    demand: float = 1.0


def task_key(ground: Ground, task: DesignTask) -> str:
    """Return the name of a design's result."""
    return content_hash(
        {
            "what": "design",
            "ground": ground.fingerprint,
            "sites": [
                [ground.names[c], ground.capacity_kg[c][s], ground.daily[c][s]]
                for c, s in task.design
            ],
            "seed": task.seed,
            "iterations": task.budget.iterations,
            "seconds": task.budget.seconds if task.budget.iterations is None else None,
            "demand": task.demand,
        }
    )


def route_design(ground: Ground, task: DesignTask, cancel: threading.Event) -> Result:
    """Return what a day costs with a design: collection, haul, and the sites, in thousandths.

    Raises
    ------
    Cancelled
        When the end was called for meanwhile.
    """
    problem = ground.subproblem(task.design, task.demand)
    begin = time.monotonic()
    rule = Watched(task.budget.stop(), cancel)
    plan = solve(problem, rule, task.seed, options=Options(1, 1))
    if cancel.is_set():
        raise Cancelled
    solved = time.monotonic()
    judged = evaluate_plan(problem, plan)
    intake = dict.fromkeys((f.facility_id for f in problem.facilities), 0)
    for driven in judged.driven:
        for timing in driven.timings:
            if timing.step.kind == "facility":
                name = problem.facilities[timing.step.idx].facility_id
                intake[name] += sum(timing.put_down_kg.values())
    a_kg = {
        f.facility_id: float(h) for f, h in zip(ground.problem.facilities, ground.haul, strict=True)
    }
    haul = round(sum(kg * a_kg[name] for name, kg in intake.items()))
    sites = ground.daily_cost(task.design)
    return {
        "collection": judged.cost,
        "haul": haul,
        "sites": sites,
        "total": judged.cost + haul + sites,
        "unserved": len(plan.unserved),
        "length_m": sum(d.length_m for d in judged.driven),
        "intake_kg": {name: kg for name, kg in intake.items() if kg},
        "solve_s": round(solved - begin, 3),
    }
