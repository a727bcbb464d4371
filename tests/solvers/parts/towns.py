"""Problems of some size for the tests of parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle
from solvers.travel import Block, Indices, PlaneTravel
from tests.solvers.problems import HOUR, random_problem


def whole_metres(straight: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return distances rounded to whole metres."""
    return np.floor(straight + 0.5).astype(np.int32)


def plain_town(seed: int, num_tasks: int, num_vehicles: int) -> Problem:
    """Stops in a square around a depot, cost of the way alone, without matrices."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(0, 10_000, (2, num_tasks + 1))
    tasks = tuple(
        Task(f"t{k}", (Mode(k + 1, k + 1, 0),), "other", int(rng.integers(1, 9)), price=500_000)
        for k in range(num_tasks)
    )
    trucks = tuple(
        Vehicle(
            f"v{k}",
            "truck",
            0,
            0,
            0,
            30,
            {"other": 10**6},
            0,
            10**8,
            cost_km=1000,
            ends_loaded=True,
        )
        for k in range(num_vehicles)
    )
    rules = Rules(meal_break_s=0, max_driving_s=10**9)
    return Problem.without_matrices(tasks, trucks, (), PlaneTravel(x, y, whole_metres), rules)


def with_matrices(problem: Problem) -> Problem:
    """The same problem with matrices of all its places."""
    everywhere = np.arange(problem.ways.num_locations)
    blocks = [problem.ways.block(k, everywhere, everywhere) for k in range(len(problem.time_s))]
    return replace(
        problem,
        time_s=np.stack([time for time, _ in blocks]),
        length_m=np.stack([length for _, length in blocks]),
        travel=None,
    )


def without_matrices(problem: Problem) -> Problem:
    """The same problem with its matrices behind a door that gives blocks."""
    hours = problem.hours and (problem.hours.borders, problem.hours.layer)
    tables = problem.tasks, problem.vehicles, problem.facilities
    return Problem.without_matrices(*tables, problem.ways, problem.rules, hours)


def scarce_town(seed: int, num_tasks: int = 60) -> Problem:
    """A random day on which one plant takes but some of a stream, and bays are few.

    Windows, streets with two modes, water, two compartments, meals, rests and overtime are in it.
    """
    problem = random_problem(seed, num_tasks, 10)
    a, b, c, w = problem.facilities
    return replace(problem, facilities=(replace(a, capacity_kg=9_000, bays=2), b, c, w))


def mixed_town(seed: int) -> Problem:
    """Trucks of two sizes at two depots that unload at plants open for some hours, windows."""
    problem = random_problem(seed, 48, 8)
    trucks = tuple(
        replace(
            v,
            start=v.start if k % 2 else 0,
            end=v.end if k % 2 else 0,
            capacity_kg=2500 if k % 3 else 5000,
            capacity_l={f"s{k % 2}": 15_000},
            compartments=1,
            fixed_cost=120_000 if k % 3 else 200_000,
            cost_h=0,
        )
        for k, v in enumerate(problem.vehicles)
    )
    open_late = replace(problem.facilities[1], open_s=9 * HOUR, capacity_kg=None, bays=20)
    plants: tuple[Facility, ...] = tuple(replace(f, bays=20) for f in problem.facilities)
    rules = replace(problem.rules, max_driving_s=10**9, meal_break_s=0)
    return replace(
        problem, vehicles=trucks, facilities=(plants[0], open_late, *plants[2:]), rules=rules
    )


class CountingTravel:
    """Travel that counts what is asked of it."""

    def __init__(self, inner: PlaneTravel) -> None:
        self.inner = inner
        self.largest = self.entries = 0
        self.num_layers, self.num_locations = inner.num_layers, inner.num_locations

    def block(self, layer: int, origins: Indices, destinations: Indices) -> Block:
        """Return the block and note its size."""
        size = len(origins) * len(destinations)
        self.largest, self.entries = max(self.largest, size), self.entries + size
        return self.inner.block(layer, origins, destinations)

    def mark(self) -> object:
        """Return the mark of the travel behind it."""
        return self.inner.mark()
