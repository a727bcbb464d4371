"""Which rule each backend holds; asking one for a rule that it cannot hold is an error."""

from __future__ import annotations

from collections.abc import Callable

from routing.errors import InputError
from solvers.ground import needs_booking
from solvers.problem import Problem

RULES: dict[str, Callable[[Problem], bool]] = {
    "several visits a period": lambda p: bool(p.groups),
    "releases": lambda p: any(t.release_s > 0 for t in p.tasks),
    "trucks that end loaded": lambda p: any(v.ends_loaded for v in p.vehicles),
    "longest duration of a route": lambda p: any(v.max_duration_s is not None for v in p.vehicles),
    "most kilograms or tasks a day": lambda p: any(
        v.max_day_kg is not None or v.max_day_tasks is not None for v in p.vehicles
    ),
    "breaks": lambda p: any(p.rules.meal_applies(v) for v in p.vehicles),
    "queues, tonnage, paid hours, rests, ranges": needs_booking,
    "windows, shifts, trips, refills, compartments, modes": lambda p: True,
}
"""Each rule beyond the plainest, and whether a problem has it."""

PLAIN = frozenset(list(RULES)[:5])
HOLDS: dict[str, frozenset[str]] = {
    "native": frozenset(RULES),
    "ortools": frozenset(RULES) - PLAIN,
}
BOOKED_BEYOND = PLAIN
"""Rules that the exact timetable of queues and paid hours does not know yet."""

SOLVERS = tuple(HOLDS)


def refuse_beyond(problem: Problem, solver: str) -> None:
    """Raise if a backend cannot hold a rule of the problem.

    Raises
    ------
    InputError
        When there is no such backend, or it cannot hold a rule; the message names one that can.
    """
    if solver not in HOLDS:
        raise InputError(f"--solver {solver}; expected one of {', '.join(SOLVERS)}")
    asked = [rule for rule, has in RULES.items() if has(problem)]
    beyond = [rule for rule in asked if rule not in HOLDS[solver]]
    if beyond:
        able = [name for name, held in HOLDS.items() if held.issuperset(asked)]
        raise InputError(
            f"--solver {solver} cannot hold: {', '.join(beyond)}; "
            f"use {' or '.join(able) or 'a problem without one of these rules'}"
        )
    both = [rule for rule in asked if rule in BOOKED_BEYOND]
    if both and needs_booking(problem):
        raise InputError(
            f"{', '.join(both)} cannot be held together with queues, tonnage, paid hours, rests"
            " or ranges"
        )
