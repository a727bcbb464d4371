"""Which rule each backend holds; asking one for a rule that it cannot hold is an error."""

from __future__ import annotations

from collections.abc import Callable

from routing.errors import InputError
from solvers.ground import longest_shift, needs_booking
from solvers.problem import Problem

STARTS_LOADED = "loads aboard at the start"
CHANGES_STREAM = "trucks that change their stream"
PINNED_ORDER = "tasks pinned to the beginning of a route"
SHAPES = "prices of balance and compactness"


OWN = (STARTS_LOADED, CHANGES_STREAM, PINNED_ORDER)
"""Rules that our own search alone can hold."""


def _carries_several(problem: Problem) -> bool:
    """Whether some truck may serve tasks of more than one stream.

    Trucks and tasks that are alike are looked at once: large problems have many of both.
    """
    tasks = {(t.stream, t.kinds): t for t in problem.tasks}.values()
    trucks = {(v.kind, frozenset(v.capacity_l)): v for v in problem.vehicles}.values()
    return any(len({t.stream for t in tasks if problem.may_serve(v, t)}) > 1 for v in trucks)


RULES: dict[str, Callable[[Problem], bool]] = {
    "travel without matrices": lambda p: p.travel is not None,
    "several visits a period": lambda p: bool(p.groups),
    "releases": lambda p: any(t.release_s > 0 for t in p.tasks),
    "trucks that end loaded": lambda p: any(v.ends_loaded for v in p.vehicles),
    "longest duration of a route": lambda p: any(v.max_duration_s is not None for v in p.vehicles),
    "most kilograms or tasks a day": lambda p: any(
        v.max_day_kg is not None or v.max_day_tasks is not None for v in p.vehicles
    ),
    "breaks": lambda p: any(p.rules.meal_applies(v) for v in p.vehicles),
    "driving rests": lambda p: p.rules.max_driving_s < longest_shift(p),
    "queues at bays": lambda p: any(f.bays < len(p.vehicles) for f in p.facilities),
    "daily tonnage": lambda p: any(f.capacity_kg is not None for f in p.facilities),
    "ranges": lambda p: any(v.max_length_m is not None for v in p.vehicles),
    "travel by the hour": lambda p: p.hours is not None,
    STARTS_LOADED: lambda p: any(v.starts_loaded for v in p.vehicles),
    CHANGES_STREAM: lambda p: any(v.changes_stream for v in p.vehicles),
    PINNED_ORDER: lambda p: any(pin.place is not None for pin in p.pins),
    SHAPES: lambda p: p.rules.balance_h2 > 0 or p.rules.compact_km > 0,
    "refills": lambda p: any(t.water_l > 0 for t in p.tasks),
    "several streams a truck": _carries_several,
    "several windows a task": lambda p: any(len(t.windows) > 1 for t in p.tasks),
    "streets left elsewhere than entered": lambda p: any(
        m.entry != m.exit or m.length_m for t in p.tasks for m in t.modes
    ),
    "overtime": lambda p: any(v.max_overtime_s > 0 for v in p.vehicles),
    "trips that must end empty": lambda p: any(
        not v.ends_loaded for v in p.vehicles if p.facilities
    ),
    "windows, shifts, trips, sides, paid hours": lambda p: True,
}
"""Each rule beyond the plainest, and whether a problem has it."""

NEEDS_PARTS, *_plain = list(RULES)[:6]
PLAIN = frozenset(_plain)
HOLDS: dict[str, frozenset[str]] = {
    "native": frozenset(RULES),
    "ortools": frozenset(RULES) - PLAIN - {NEEDS_PARTS, *OWN},
    "pyvrp": frozenset(
        (
            "releases",
            "trucks that end loaded",
            "longest duration of a route",
            "trips that must end empty",
            "windows, shifts, trips, sides, paid hours",
        )
    ),
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
    if problem.travel is not None and problem.groups:
        raise InputError("several visits a period cannot be held without matrices of travel")
    both = [rule for rule in asked if rule in BOOKED_BEYOND]
    if both and (needs_booking(problem) or PINNED_ORDER in asked):
        raise InputError(
            f"{', '.join(both)} cannot be held together with queues, tonnage, paid hours, rests,"
            " ranges, loads aboard at the start, changes of stream, pinned orders, prices of"
            " balance or compactness, or compartments that are emptied one by one"
        )
