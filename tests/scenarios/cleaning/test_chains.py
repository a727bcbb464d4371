"""Lags of linked passes, judged on hand-made times."""

from __future__ import annotations

import pytest

from scenarios.cleaning.chains import lag_faults
from tests.scenarios.cleaning.convoys import chain

GOOD = {0: (0, 100), 1: (60, 260), 2: (170, 320)}


def test_passes_in_order_and_within_their_lag():
    """60 s behind at the begin and at least as much at the end is sound."""
    assert lag_faults([chain(0)], GOOD) == []
    assert lag_faults([chain(0)], {}) == []


@pytest.mark.parametrize(
    ("times", "word"),
    [
        ({1: (59, 259)}, "lags 59 s"),
        ({2: (169, 319)}, "59 s at its end"),
        ({1: (601, 801), 2: (700, 870)}, "lags 601 s"),
        ({2: (10, 160)}, "lags -50 s"),
    ],
)
def test_a_broken_lag_is_told(times, word):
    """Too near, too near at the end of the run, too far behind, and overtaking."""
    (fault,) = lag_faults([chain(0)], GOOD | times)
    assert word in fault


def test_half_a_chain_is_told():
    """A run that is flushed but not swept is no work done."""
    assert lag_faults([chain(0)], {0: (0, 100)}) == ["tasks (0, 1, 2): only (0,) are worked"]
