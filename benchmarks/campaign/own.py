"""Run our solver.

``python -m benchmarks.campaign.own LIBRARY FILE OBJECTIVE SOLVER SECONDS SEED RESULT``.

Seconds are CPU seconds of this process from when the solver is called; compiling, or loading what
was compiled, is done before on a few tasks of the same instance.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from benchmarks.campaign.handover import plain_routes, routes_to_json
from benchmarks.campaign.instance import Objective
from benchmarks.campaign.library import library
from solvers.problem import Problem
from solvers.solve import Options, solve
from solvers.stop import MaxIterations

FEW_TASKS, FEW_ITERATIONS = 8, 20


@dataclass
class CpuSeconds:
    """Stop after CPU seconds of this process, counted from when the rule was made."""

    seconds: float
    max_iterations: int | None = None
    _begin: float = field(default_factory=time.process_time)

    @property
    def max_seconds(self) -> float:
        """Return the seconds given."""
        return self.seconds

    def elapsed(self) -> float:
        """Return the CPU seconds so far."""
        return time.process_time() - self._begin

    def used(self, iterations: int) -> float:
        """Return the share of the time used."""
        return self.elapsed() / max(1e-9, self.seconds)


def warm_up(problem: Problem, solver: str) -> None:
    """Solve a few tasks of a problem, so that everything is compiled."""
    few = replace(problem, tasks=problem.tasks[:FEW_TASKS], groups=())
    solve(few, MaxIterations(FEW_ITERATIONS), 0, solver)


def run(problem: Problem, solver: str, seconds: float, seed: int) -> dict[str, Any]:
    """Solve a problem and return trace, plain routes and what it took."""
    trace: list[list[float]] = []
    stop = CpuSeconds(seconds)

    def note(stage: str, used: float, cost: int, unserved: int) -> None:
        if not trace or cost < trace[-1][1]:
            trace.append([stop.elapsed(), cost, unserved])

    plan = solve(problem, stop, seed, solver, note, Options(threads=1))
    took = stop.elapsed()
    note("end", 1.0, plan.cost, len(plan.unserved))
    return {
        "trace": trace,
        "routes": routes_to_json(plain_routes(problem, plan.routes)),
        "unserved": len(plan.unserved),
        "iterations": plan.iterations,
        "cpu": took,
    }


def main(
    name: str, file: str, objective: str, solver: str, seconds: str, seed: str, out: str
) -> None:
    """Run and write the result."""
    problem = library(name).instance(Path(file), cast(Objective, objective)).problem
    warm_up(problem, solver)
    result = run(problem, solver, float(seconds), int(seed))
    Path(out).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
