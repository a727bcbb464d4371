"""What a backend returns: for each vehicle the order of its steps, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

StepKind = Literal["task", "facility", "change", "meal", "rest"]


@dataclass(frozen=True)
class Step:
    """One step of a route.

    A ``change`` makes an empty truck ready for another stream. ``idx`` is a task or facility index
    (-1 for a change or a break), ``mode`` the mode of the task, and
    ``begin_s`` the booked begin of unloading or refilling, or the promised begin of a task (-1
    where the step begins as early as it can).
    """

    kind: StepKind
    idx: int = -1
    mode: int = 0
    begin_s: int = -1


@dataclass(frozen=True)
class Route:
    """One vehicle's day: when it leaves the depot and what it does, in order."""

    vehicle: int
    start_s: int
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Unserved:
    """A task that was left out, with the rule that stopped it.

    ``proof`` counts, for each rule, the insertions tried that it refused.
    """

    task: int
    reason: str
    proof: dict[str, int]


@dataclass(frozen=True)
class Plan:
    """Routes and what was left out, with the proven lower bound on the cost of any plan."""

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    cost: int
    lower_bound: int
    iterations: int
    solver: str
