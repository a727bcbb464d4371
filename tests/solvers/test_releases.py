"""Waste that is released during the day: a trip waits for the latest of its stops."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from solvers.problem import Facility, Problem, Task
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.solvers.test_pool import plain_problem

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"


def released_problem(seed: int, num_tasks: int) -> Problem:
    """Stops that are released during the day, each with a deadline; trucks unload at the depot."""
    rng = np.random.default_rng(seed)
    plain = plain_problem(seed, num_tasks)

    def timed(task: Task) -> Task:
        release = int(rng.integers(0, 6000))
        closes = release + int(rng.integers(2000, 5000))
        return replace(task, release_s=release, windows=((0, closes),), price=10**6)

    depot = Facility("d", num_tasks, frozenset({"other"}), bays=99, unload_s=0)
    truck = replace(plain.vehicles[0], ends_loaded=False, fixed_cost=0, capacity_kg=20)
    trucks = tuple(replace(truck, vehicle_id=f"v{i}") for i in range(6))
    tasks = tuple(timed(task) for task in plain.tasks)
    return replace(plain, tasks=tasks, vehicles=trucks, facilities=(depot,))


@pytest.mark.parametrize("seed", range(5))
def test_trips_that_become_one_still_keep_their_windows(seed: int):
    """The slow evaluation, which judges every plan, finds none that is late after its release."""
    problem = released_problem(seed, 24)
    plan = solve(problem, MaxIterations(3000 if COMPILED else 10), seed)
    assert len(plan.unserved) < len(problem.tasks)
