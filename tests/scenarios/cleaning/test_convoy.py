"""The exact timetable of a convoy, by hand and beside slow twins."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cleaning.bays import Bays
from scenarios.cleaning.chains import lag_faults
from scenarios.cleaning.convoy import common_begins, time_convoy
from scenarios.cleaning.teams import Team
from solvers.evaluate import drive
from solvers.plan import Step
from tests.scenarios.cleaning.convoys import HOUR, chain, street_problem

TEAM = Team("three", (0, 1, 2), (0, 60, 170))
RUNS = [Step("task", 0), Step("task", 1)]


def test_followers_wait_for_the_lead():
    """Sweeping begins 60 s after flushing, finishing 60 s plus the 50 s that it gains."""
    assert common_begins([0, 0, 0], [100, 200, 150], [(), (), ()], [0, 60, 60], [None] * 3) == [
        0, 60, 170,
    ]  # fmt: skip


def test_the_lead_waits_where_it_would_run_ahead():
    """The sweeper cannot be there before 1,000 s; with a lag of at most 300 s the flush waits."""
    begins = common_begins(
        [0, 1000, 0], [100, 200, 150], [(), (), ()], [0, 60, 60], [None, 300, 300]
    )
    # 100 s are lost between flush and sweep, so 300 s at the end of the run mean 200 at its begin
    assert begins == [800, 1000, 1110]


def test_windows_lift_all_passes():
    """The finish may not begin before 500 s and at most 300 s after the sweep."""
    windows = [(), (), ((500, 900),)]
    begins = common_begins([0, 0, 0], [100] * 3, windows, [0, 60, 60], [None, 300, 300])
    assert begins == [0, 200, 500]
    assert common_begins([0, 0, 901], [100] * 3, windows, [0, 60, 60], [None, 300, 300]) is None


def test_a_lag_that_cannot_hold_is_refused():
    """A pass that gains 100 s on the one before cannot stay between 60 and 150 s behind it."""
    assert common_begins([0, 0], [200, 100], [(), ()], [0, 60], [None, 150]) is None
    assert common_begins([0, 0], [200, 100], [(), ()], [0, 60], [None, 160]) == [0, 160]


SMALL = st.integers(0, 6)


@given(
    st.lists(SMALL, min_size=3, max_size=3),
    st.lists(st.integers(1, 4), min_size=3, max_size=3),
    st.lists(st.lists(st.tuples(SMALL, st.integers(0, 4)), max_size=2), min_size=3, max_size=3),
    st.lists(st.integers(0, 3), min_size=3, max_size=3),
    st.lists(st.one_of(st.none(), st.integers(4, 7)), min_size=3, max_size=3),
)
def test_earliest_begins_beside_trying_all(ready, service, windows, least, most):
    """Of all whole begins that hold every bound, the one found is the earliest in each pass."""
    spans = [tuple(sorted((a, a + b) for a, b in own)) for own in windows]
    found = common_begins(ready, service, spans, least, most)
    good = [
        begins
        for begins in itertools.product(range(24), repeat=3)
        if _holds(begins, ready, service, spans, least, most)
    ]
    if found is None or max(found) >= 24:
        assert not good
    else:
        assert tuple(found) == tuple(min(b[p] for b in good) for p in range(3))
        assert tuple(found) in good


def _holds(begins, ready, service, spans, least, most):
    for p in range(3):
        if begins[p] < ready[p]:
            return False
        if spans[p] and not any(a <= begins[p] <= b for a, b in spans[p]):
            return False
        if p:
            first = begins[p] - begins[p - 1]
            last = first + service[p] - service[p - 1]
            if min(first, last) < least[p] or (most[p] is not None and max(first, last) > most[p]):
                return False
    return True


def test_a_convoy_by_hand():
    """Two runs on end: the flusher runs ahead of the sweeper, whose pace the others keep."""
    problem = street_problem()
    chains = [chain(i) for i in range(3)]
    steps = [*RUNS, Step("facility", 1)]
    routes, broken = time_convoy(problem, TEAM, chains, steps, Bays(problem.facilities), {})
    assert broken == []
    begins = {s.idx: s.begin_s - 6 * HOUR for r in routes for s in r.steps if s.kind == "task"}
    assert begins == {0: 0, 1: 60, 2: 170, 3: 100, 4: 260, 5: 370}
    assert [[s.kind for s in r.steps] for r in routes] == [
        ["task", "task"], ["task", "task", "facility"], ["task", "task"],
    ]  # fmt: skip
    assert all(drive(problem, route).violations == [] for route in routes)
    # each leaves when it must, not when its shift begins
    assert [r.start_s - 6 * HOUR for r in routes] == [0, 60, 170]


def test_members_refill_where_they_need_it_and_queue_for_the_bay():
    """Three runs need 1,200 L of flushing: the flusher alone goes for water before the third."""
    problem = street_problem()
    chains = [chain(i, most=3600) for i in range(3)]
    steps = [*RUNS, Step("facility", 0), Step("facility", 1), Step("task", 2), Step("facility", 1)]
    bays = Bays(problem.facilities)
    bays.book([(0, 6 * HOUR, 7 * HOUR)])
    routes, broken = time_convoy(problem, TEAM, chains, steps, bays, {})
    assert broken == []
    flusher, sweeper, finisher = routes
    visits = [s for s in flusher.steps if s.kind == "facility"]
    assert [(v.idx, v.begin_s) for v in visits] == [(0, 7 * HOUR)]
    assert [s.idx for s in sweeper.steps if s.kind == "facility"] == [1, 1]
    assert [s for s in finisher.steps if s.kind == "facility"] == []
    assert all(drive(problem, route).violations == [] for route in routes)
    assert bays.free_from(0, 7 * HOUR) == 7 * HOUR + 300


def test_what_does_not_fit_is_left_out_with_its_reason():
    """The station closes before a second run can be brought there: only the first is worked."""
    problem = street_problem(hopper_kg=150)
    chains = [chain(i) for i in range(3)]
    steps = [*RUNS, Step("facility", 1)]
    routes, broken = time_convoy(problem, TEAM, chains, steps, Bays(problem.facilities), {})
    assert [(b.chain, b.reason) for b in broken] == [(1, "convoy")]
    assert len(routes) == 3


@pytest.mark.parametrize("late", [0, 500, 3000])
def test_a_pass_waits_for_the_bins(late):
    """Sweeping waits until the bins are emptied, and flushing waits with it within the lag."""
    problem = street_problem()
    chains = [chain(i, after_bins=True) for i in range(3)]
    not_before = {1: 6 * HOUR + late}
    steps = [Step("task", 0), Step("facility", 1)]
    routes, broken = time_convoy(problem, TEAM, chains, steps, Bays(problem.facilities), not_before)
    times = {
        t.step.idx: (t.begin_s, t.end_s)
        for r in routes
        for t in drive(problem, r).timings
        if t.step.kind == "task"
    }
    assert broken == []
    assert times[1][0] == max(6 * HOUR + 60, not_before[1])
    assert lag_faults(chains, times) == []
