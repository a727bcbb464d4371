"""Problems with linked passes that the tests of convoys share."""

from __future__ import annotations

import numpy as np

from scenarios.cleaning.chains import Chain
from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle

HOUR = 3600
FLUSH_S, SWEEP_S, FINISH_S = 100, 200, 150
NO_MEAL = Rules(meal_break_s=0)


def street_problem(num_runs: int = 3, *, bays: int = 1, hopper_kg: int = 250) -> Problem:
    """Runs of 1 km along a line, each flushed, swept and finished; two water trucks, one sweeper.

    Run i goes from i to i + 1 km, the depot stands at 0 km, water and station at 0 km too; 10 m/s.
    A flush takes 100 s and 400 L, sweeping 200 s, 100 L and 100 kg, finishing 150 s and 100 L.
    Tasks 3i, 3i + 1 and 3i + 2 are the passes over run i.
    """
    place = 1000 * np.arange(num_runs + 1)
    length = np.abs(place[:, None] - place[None, :]).astype(np.int32)[None]
    tasks = []
    for i in range(num_runs):
        for kind, seconds, water, kg in (
            ("flusher", FLUSH_S, 400, 0),
            ("sweeper", SWEEP_S, 100, 100),
            ("flusher", FINISH_S, 100, 0),
        ):
            mode = Mode(i, i + 1, seconds, 1000)
            tasks.append(
                Task(f"run{i}-{kind}", (mode,), "sweepings", kg, kg, water, kinds=frozenset({kind}))
            )
    return Problem(
        tuple(tasks),
        (truck("F1", "flusher"), truck("S1", "sweeper", hopper_kg), truck("F2", "flusher")),
        (
            Facility("water", 0, refills=True, bays=bays, unload_s=300),
            Facility("station", 0, frozenset({"sweepings"}), unload_s=600),
        ),
        length // 10,
        length,
        NO_MEAL,
    )


def truck(name: str, kind: str, hopper_kg: int = 0, shift: tuple[int, int] = (6, 12)) -> Vehicle:
    """A street truck at the depot with 1,000 L of water."""
    return Vehicle(
        name, kind, 0, 0, 0, hopper_kg, {"sweepings": hopper_kg},
        shift[0] * HOUR, shift[1] * HOUR, tank_l=1000, fixed_cost=100, cost_km=10, cost_h=100,
    )  # fmt: skip


def chain(run: int, *, most: int | None = 600, after_bins: bool = False) -> Chain:
    """The passes over a run, 60 s to ``most`` seconds apart."""
    return Chain(
        "three",
        (3 * run, 3 * run + 1, 3 * run + 2),
        ("flusher", "sweeper", "flusher"),
        (0, 60, 60),
        (None, most, most),
        (False, after_bins, False),
    )
