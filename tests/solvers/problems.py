"""Small problems that the solver's tests share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solvers.hours import Hours
from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle

HOUR = 3600


NO_BREAKS = Rules(meal_break_s=0, max_driving_s=10**9)


def line_problem(**vehicle: object) -> Problem:
    """Four stops on a line, a plant at its end, one truck: every number can be checked by hand.

    Depot at 0 m, stops at 1, 2, 3 and 4 km, plant at 5 km; 10 m/s; 100 s and 400 kg a stop.
    """
    place = np.array([0, 1000, 2000, 3000, 4000, 5000])
    length = np.abs(place[:, None] - place[None, :]).astype(np.int32)[None]
    tasks = tuple(
        Task(f"stop{i}", (Mode(i, i, 100),), "other", 400, 1000, price=1_000_000)
        for i in range(1, 5)
    )
    plant = Facility("plant", 5, frozenset({"other"}), unload_s=600)
    settings: dict[str, object] = {
        "capacity_kg": 1000,
        "capacity_l": {"other": 10_000},
        "shift_start": 6 * HOUR,
        "shift_end": 10 * HOUR,
        "fixed_cost": 100_000,
        "cost_km": 2000,
        "cost_h": 36_000,
    }
    truck = Vehicle("truck", "collector", 0, 0, 0, **(settings | vehicle))  # type: ignore[arg-type]
    return Problem(tasks, (truck,), (plant,), length // 10, length)


def random_problem(seed: int, num_tasks: int = 24, num_vehicles: int = 4) -> Problem:
    """A random day with two streams, windows, street tasks with two modes, water and queues."""
    rng = np.random.default_rng(seed)
    num_facilities = 4
    num_places = 2 * num_tasks + num_facilities + 1
    xy = rng.integers(0, 8000, (num_places, 2))
    length = np.abs(xy[:, None] - xy[None]).sum(axis=2).astype(np.int32)
    tasks = tuple(_random_task(rng, i) for i in range(num_tasks))
    base = 2 * num_tasks
    facilities = (
        Facility("a", base, frozenset({"s0", "s1"}), open_s=6 * HOUR, close_s=20 * HOUR),
        Facility("b", base + 1, frozenset({"s0"}), unload_s=900, capacity_kg=4000),
        Facility("c", base + 2, frozenset({"s1"}), unload_s=500, bays=2),
        Facility("w", base + 3, refills=True, unload_s=300),
    )
    vehicles = tuple(_random_vehicle(rng, k, num_places - 1) for k in range(num_vehicles))
    rules = Rules(max_driving_s=int(rng.integers(2, 5)) * HOUR)
    time_s = (length / 6).round().astype(np.int32)[None]
    return Problem(tasks, vehicles, facilities, time_s, length[None], rules)


def _random_task(rng: np.random.Generator, i: int) -> Task:
    windows: tuple[tuple[int, int], ...] = ()
    if rng.random() < 0.5:
        early = int(rng.integers(6, 12)) * HOUR
        windows = ((early, early + int(rng.integers(1, 4)) * HOUR),)
        if rng.random() < 0.5:
            windows += ((windows[0][1] + HOUR, windows[0][1] + 3 * HOUR),)
    modes = (Mode(2 * i, 2 * i, 100),)
    water = 0
    if rng.random() < 0.3:
        modes = (Mode(2 * i, 2 * i + 1, 300, 800), Mode(2 * i + 1, 2 * i, 300, 800))
        water = 400
    return Task(
        f"t{i}",
        modes,
        f"s{i % 2}",
        int(rng.integers(100, 900)),
        int(rng.integers(500, 4000)),
        water,
        windows,
        price=400_000,
    )


def _random_vehicle(rng: np.random.Generator, k: int, depot: int) -> Vehicle:
    start = int(rng.integers(5, 9)) * HOUR
    streams = {"s0": 15_000, "s1": 15_000} if k % 3 == 2 else {f"s{k % 2}": 15_000}
    return Vehicle(
        f"v{k}",
        "collector",
        0,
        depot,
        depot,
        4000,
        streams,
        start,
        start + 8 * HOUR,
        compartments=1 + (k % 3 == 2),
        tank_l=1500,
        max_overtime_s=1800,
        max_trips=4,
        fixed_cost=200_000,
        cost_km=3500,
        cost_h=59_000,
    )


def town(seed: int, most_s: int | None = None) -> Problem:
    """Twenty-four stops with windows in a square, and eight trucks alike that come home loaded."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 4000, (2, 25))
    far = np.rint(np.hypot(x[:, None] - x, y[:, None] - y)).astype(np.int32)[None]
    tasks = []
    for k in range(24):
        early = int(rng.integers(0, 20_000))
        windows = ((early, early + 9_000),) if k % 3 else ()
        mode = Mode(k + 1, k + 1, int(rng.integers(60, 300)))
        kg = int(rng.integers(1, 9))
        tasks.append(Task(f"t{k}", (mode,), "s", mass_kg=kg, windows=windows, price=10**7))
    truck = Vehicle("v", "truck", 0, 0, 0, 30, {"s": 10**6}, 0, 36_000, fixed_cost=500_000)
    truck = replace(truck, cost_km=1000, ends_loaded=True, max_trips=0, max_duration_s=most_s)
    trucks = tuple(replace(truck, vehicle_id=f"v{k}") for k in range(8))
    return Problem(tuple(tasks), trucks, (), far, far, NO_BREAKS)


def with_hours(problem: Problem, seed: int, closed: float = 0.05) -> Problem:
    """The same problem with one to three borders a day: slower hours, and ways that are closed."""
    rng = np.random.default_rng(seed)
    num_profiles, num_places, _ = problem.time_s.shape
    most = int(rng.integers(1, 4))
    layers: list[np.ndarray] = []
    lengths: list[np.ndarray] = []
    borders, table, fastest, shortest = [], [], [], []
    for profile in range(num_profiles):
        borders.append(sorted(int(b) for b in rng.choice(np.arange(6, 20), most, False) * HOUR))
        inside = []
        for _ in range(most + 1):
            slow = problem.time_s[profile] * rng.uniform(1.0, 2.0)
            shut = rng.random((num_places, num_places)) < closed
            np.fill_diagonal(shut, False)
            inside.append(np.where(shut, -1, slow).astype(np.int32))
        row = []
        for k, now in enumerate(inside):
            row.append(num_profiles + len(layers))
            layers.append(now)
            lengths.append(problem.length_m[profile])
            if k < most:
                after = inside[k + 1]
                row.append(num_profiles + len(layers))
                either = np.where((now < 0) | (after < 0), -1, np.maximum(now, after))
                layers.append(either.astype(np.int32))
                lengths.append(problem.length_m[profile] + 7)
        table.append(row)
        open_ones = np.where(np.stack(inside) < 0, 1 << 30, np.stack(inside)).min(axis=0)
        fastest.append(np.where(open_ones == 1 << 30, -1, open_ones).astype(np.int32))
        shortest.append(problem.length_m[profile])
    hours = Hours(
        np.asarray(borders, np.int64), np.asarray(table), np.stack(layers), np.stack(lengths)
    )
    return replace(problem, time_s=np.stack(fastest), length_m=np.stack(shortest), hours=hours)
