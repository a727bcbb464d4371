"""On which days of a period a point may be visited: n in every week, as even as can be."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import combinations, product

WEEK = 7


def gaps(days: Sequence[int], num_days: int) -> tuple[int, ...]:
    """Return the days from each visit to the next, the last one to the first of the next period."""
    following = [*days[1:], days[0] + num_days] if days else []
    return tuple(b - a for a, b in zip(days, following, strict=True))


def unevenness(days: Sequence[int], num_days: int) -> int:
    """Return the sum of squared gaps: the least where visits are spread as evenly as can be."""
    return sum(gap * gap for gap in gaps(days, num_days))


@cache
def visit_patterns(
    times_a_week: int, num_weeks: int, off: frozenset[int] = frozenset()
) -> tuple[tuple[int, ...], ...]:
    """Return the days, from 0, of every pattern with so many visits in each week.

    Of all choices of days those are kept whose sum of squared gaps is least, the period being
    repeated for ever: once a week is any day, twice every third or fourth day, four times no gap
    of three days.

    Parameters
    ----------
    off
        Weekdays on which nothing is visited, 0 = Monday; at least ``times_a_week`` must be left.
    """
    num_days = WEEK * num_weeks
    working = [day for day in range(WEEK) if day not in off]
    weeks = [
        [tuple(WEEK * w + day for day in days) for days in combinations(working, times_a_week)]
        for w in range(num_weeks)
    ]
    chosen = [sum(parts, ()) for parts in product(*weeks)]
    best = min((unevenness(days, num_days) for days in chosen), default=0)
    return tuple(days for days in chosen if unevenness(days, num_days) == best)
