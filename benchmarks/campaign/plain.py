"""Routes as plain lists of names, and what the checkers of all sets have in common."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

FACILITY, MEAL, TASK = "facility", "meal", "task"
TINY = 1e-6
"""Slack for sums of real numbers."""


@dataclass(frozen=True)
class Visit:
    """A customer, a facility or a meal; the names are those of the file.

    ``way`` tells the ways of serving a customer apart: 0 and 1 are the directions of a street.
    """

    kind: str
    name: str = ""
    way: int = 0


@dataclass(frozen=True)
class PlainRoute:
    """One vehicle's day; ``start`` is None where nobody wrote down when it leaves."""

    vehicle: str
    visits: tuple[Visit, ...]
    day: int = 0
    start: float | None = None

    @property
    def tasks(self) -> list[str]:
        """Names of the customers in order."""
        return [visit.name for visit in self.visits if visit.kind == TASK]


@dataclass(frozen=True)
class Verdict:
    """Value in the set's unit, vehicles that leave the depot, and every rule broken."""

    value: float
    vehicles: int
    faults: tuple[str, ...]


def customers_only(vehicle: str, customers: Iterable[int], day: int = 0) -> PlainRoute:
    """Return a route that visits nothing but customers, given by number."""
    return PlainRoute(vehicle, tuple(Visit(TASK, str(k)) for k in customers), day)


def coverage_faults(expected: Iterable[str], routes: Sequence[PlainRoute]) -> list[str]:
    """Return a line for each customer not visited exactly once, and for each unknown one."""
    times = Counter(name for route in routes for name in route.tasks)
    wanted = dict.fromkeys(expected)
    faults = [
        f"customer {name}: visited {times[name]} times" for name in wanted if times[name] != 1
    ]
    return faults + [f"customer {name}: unknown" for name in times if name not in wanted]


def fleet_faults(routes: Sequence[PlainRoute], allowed: Iterable[str]) -> list[str]:
    """Return a line for each vehicle that is unknown or drives two routes."""
    times, known = Counter(route.vehicle for route in routes), set(allowed)
    faults = [f"vehicle {name}: unknown" for name in times if name not in known]
    return faults + [
        f"vehicle {name}: {count} routes" for name, count in times.items() if count > 1
    ]


def load_faults(name: str, loads: Iterable[float], capacity: float) -> list[str]:
    """Return a line for each load of a route that is over its vehicle's capacity."""
    return [
        f"vehicle {name}: load {load:g} over {capacity:g}"
        for load in loads
        if load > capacity + TINY
    ]


@dataclass(frozen=True)
class Window:
    """When service may begin at a place, how long it takes, and the drive from the one before."""

    ready: float
    due: float
    service: float
    drive: float


def earliest_end(start: float, windows: Sequence[Window]) -> tuple[float, bool]:
    """Return when a route ends that leaves at ``start``, and whether it is in time everywhere."""
    clock, in_time = start, True
    for window in windows:
        clock = max(clock + window.drive, window.ready)
        in_time &= clock <= window.due + TINY
        clock += window.service
    return clock, in_time


def latest_start(windows: Sequence[Window], end: float) -> float:
    """Return the latest start from which every window, and ``end``, can still be met."""
    latest = end
    for window in reversed(windows):
        latest = min(latest - window.service, window.due) - window.drive
    return latest
