"""When the next bay of a facility is free, beside a search second by second."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scenarios.cleaning.bays import Bays
from solvers.problem import Facility

SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6)


@given(SPANS, st.integers(0, 60), st.integers(1, 3), st.integers(1, 15))
def test_the_first_free_bay(spans, ready, bays, stay):
    """The begin found is the first second at which a whole visit fits beside the others."""
    facility = Facility("f", 0, refills=True, open_s=10, close_s=90, bays=bays, unload_s=stay)
    table = Bays([facility])
    table.book((0, a, a + length) for a, length in spans)
    inside = [sum(a <= s < a + length for a, length in spans) for s in range(200)]
    slow = next(
        (
            begin
            for begin in range(max(10, ready), 91 - stay)
            if max(inside[begin : begin + stay]) < bays
        ),
        None,
    )
    assert table.free_from(0, ready) == slow


def test_bookings_that_are_not_taken_yet_count():
    """One bay is taken from 0 to 50 by a booking that is only being tried."""
    table = Bays([Facility("f", 0, refills=True, unload_s=50)])
    assert table.free_from(0, 10, [(0, 0, 50)]) == 50
    assert table.free_from(0, 10) == 10
