"""Periodic sets: which customers are visited on which days, and how many vehicles leave a day."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.campaign.plain import PlainRoute

Patterns = Sequence[tuple[int, ...]]


def customer_of(visit: str) -> str:
    """Return the customer of ``customer@visit``."""
    return visit.split("@", maxsplit=1)[0]


def day_faults(routes: Sequence[PlainRoute], patterns: Mapping[str, Patterns]) -> list[str]:
    """Return a line for each customer whose days are none of its patterns."""
    days: dict[str, list[int]] = defaultdict(list)
    for route in routes:
        for name in route.tasks:
            days[customer_of(name)].append(route.day)
    faults = [f"customer {name}: unknown" for name in days if name not in patterns]
    for name, allowed in patterns.items():
        if tuple(sorted(days[name])) not in {tuple(sorted(pattern)) for pattern in allowed}:
            faults.append(f"customer {name}: visited on days {sorted(days[name])}")
    return faults


def daily_fleet_faults(routes: Sequence[PlainRoute], per_day: int) -> list[str]:
    """Return a line for each day on which more vehicles leave than there are."""
    times = Counter(route.day for route in routes)
    return [f"day {day}: {count} vehicles" for day, count in times.items() if count > per_day]
