"""Customers that are visited several times in a period: one task a visit, one group a customer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmarks.campaign.instance import STREAM
from solvers.problem import Mode, Task, VisitGroup

Customer = tuple[str, int, int, int, Sequence[tuple[int, ...]]]
"""Name, location, service, demand of a visit, and the patterns of days to choose from."""


def visits(
    customers: Iterable[Customer], num_days: int, price: int
) -> tuple[tuple[Task, ...], tuple[VisitGroup, ...]]:
    """Return the tasks, named ``customer@visit``, and a group for each who has no free choice."""
    tasks: list[Task] = []
    groups = []
    for name, location, service, demand, patterns in customers:
        count = len(patterns[0])
        numbers = tuple(range(len(tasks), len(tasks) + count))
        if count > 1 or len(patterns) < num_days:
            groups.append(VisitGroup(numbers, tuple(patterns)))
        modes = (Mode(location, location, service),)
        tasks += [
            Task(f"{name}@{k}", modes, STREAM, mass_kg=demand, price=price) for k in range(count)
        ]
    return tuple(tasks), tuple(groups)
