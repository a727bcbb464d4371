"""Fleets of several sizes: what they begin with decides how many trucks set out."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest

from solvers import native
from solvers.native import Search
from solvers.problem import DAY_END_S, Mode, Problem, Rules, Task, Vehicle
from solvers.solve import solve
from solvers.stop import MaxIterations

COMPILED = os.environ.get("NUMBA_DISABLE_JIT", "0") != "1"
FREE_TIME = Rules(meal_break_s=0, max_driving_s=10 * DAY_END_S)


def far_village(num_tasks: int) -> Problem:
    """Stops side by side, far from the depot; four small trucks, or a big one, carry them all."""
    place = np.concatenate((np.arange(num_tasks) + 10_000, [0]))
    length = np.abs(place[:, None] - place[None]).astype(np.int32)[None]
    tasks = tuple(
        Task(f"t{i}", (Mode(i, i, 0),), "other", 1, price=10**6) for i in range(num_tasks)
    )
    small = Vehicle("s", "collector", 0, num_tasks, num_tasks, 10, {"other": 99}, 0, DAY_END_S)
    small = replace(small, cost_km=1000, ends_loaded=True, fixed_cost=10_000)
    big = replace(small, vehicle_id="b", capacity_kg=40, fixed_cost=50_000)
    trucks = tuple(replace(small, vehicle_id=f"s{i}") for i in range(4))
    return Problem(tasks, (*trucks, big), (), length, length, FREE_TIME)


def test_one_big_truck_is_found_at_once(monkeypatch: pytest.MonkeyPatch):
    """Stop by stop small trucks are cheaper, all in all the big one is: the start knows."""
    if not COMPILED:
        monkeypatch.setattr(native, "TRIAL_STEPS", 0)
    for seed in range(5):
        search = Search(far_village(40), seed)
        search.advance(1, 0.0)
        assert len(search.best_rows()) == 1


def test_scarce_trucks_are_filled_up_by_others(monkeypatch: pytest.MonkeyPatch):
    """The trial of one type binds only the beginning: what it cannot carry others take."""
    if not COMPILED:
        monkeypatch.setattr(native, "TRIAL_STEPS", 0)
    problem = far_village(40)
    for vehicles in (problem.vehicles[:4], problem.vehicles[2:]):  # no big one; too few small ones
        short = replace(problem, vehicles=vehicles)
        plan = solve(short, MaxIterations(200 if COMPILED else 20), 2)
        assert not plan.unserved
