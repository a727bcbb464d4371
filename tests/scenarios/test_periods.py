"""Windows of work cut by the hours in which a street is closed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from scenarios.periods import cut_windows

spans = st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda s: (s[0], s[0] + s[1]))


@given(st.lists(spans, max_size=3), st.lists(spans, max_size=3), st.integers(1, 15))
def test_work_fits_between_closures(windows, shut, service_s):
    """A begin is left exactly if it lay in a window and the work meets no closed moment."""
    left = cut_windows(windows, shut, service_s)
    for begin in range(90):
        asked = not windows or any(a <= begin <= b for a, b in windows)
        free = all(begin + service_s <= a or begin >= b for a, b in shut)
        assert any(a <= begin <= b for a, b in left) == (asked and free)
