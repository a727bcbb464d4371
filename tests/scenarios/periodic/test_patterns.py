"""Patterns of days against a slow look at every choice of days."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.periodic.patterns import gaps, unevenness, visit_patterns


@pytest.mark.parametrize(
    ("times", "wanted"),
    [
        (1, {(7,)}),
        (2, {(3, 4)}),
        (3, {(2, 2, 3)}),
        (4, {(1, 2, 2, 2)}),
        (5, {(1, 1, 1, 2, 2)}),
        (6, {(1, 1, 1, 1, 1, 2)}),
        (7, {(1, 1, 1, 1, 1, 1, 1)}),
    ],
)
@pytest.mark.parametrize("weeks", [1, 2])
def test_gaps_are_as_even_as_seven_days_allow(times, wanted, weeks):
    """The gaps of any pattern differ by a day at most, over one week and over two."""
    found = {tuple(sorted(gaps(days, 7 * weeks))) for days in visit_patterns(times, weeks)}
    assert found == {tuple(sorted(one * weeks)) for one in wanted}


@given(st.integers(1, 7), st.integers(1, 2), st.sets(st.integers(0, 6), max_size=3))
def test_patterns_are_all_the_best_choices(times, weeks, off):
    """Exactly the choices of working days with so many a week and the least squared gaps."""
    days = [d for d in range(7 * weeks) if d % 7 not in off]
    if 7 - len(off) < times:
        assert visit_patterns(times, weeks, frozenset(off)) == ()
        return
    choices = [
        c
        for c in combinations(days, times * weeks)
        if all(sum(d // 7 == w for d in c) == times for w in range(weeks))
    ]
    squares = {
        c: sum(((b - a) % (7 * weeks) or 7 * weeks) ** 2 for a, b in _around(c)) for c in choices
    }
    best = {c for c in choices if squares[c] == min(squares.values())}
    found = visit_patterns(times, weeks, frozenset(off))
    assert set(found) == best
    assert len(found) == len(best)
    assert all(unevenness(c, 7 * weeks) == squares[c] for c in found)


def _around(days):
    return zip(days, [*days[1:], days[0]], strict=True)
