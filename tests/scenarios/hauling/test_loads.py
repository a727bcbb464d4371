"""Loads of a station from what is brought: by hand, and that no station overflows in general."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.hauling.loads import Delivery, portions_of, stock_of, window_of

HOUR = 3600
GATE = (4 * HOUR, 22 * HOUR)


def brought(*tonnes_at: tuple[float, float], stream: str = "other") -> list[Delivery]:
    """Deliveries (hour, tonnes), each put down in ten minutes."""
    return [
        Delivery(round(at * HOUR), round(at * HOUR) + 600, stream, round(1000 * tonnes))
        for at, tonnes in tonnes_at
    ]


def test_loads_by_hand():
    """Five tonnes at 6, 8 and 8:40 are one load of 8 t, due before the third; 7 t stay."""
    come = brought((6, 5), (8, 5), (8 + 2 / 3, 5))
    (only,) = portions_of(come, 12_000, {"other": 8000})
    assert only == ("other", 8000, 8 * HOUR + 600, 8 * HOUR + 2400)
    assert window_of(only, GATE, 600) == (8 * HOUR + 600, 8 * HOUR + 1800)
    stock = stock_of(come, [Delivery(8 * HOUR + 1800, 8 * HOUR + 2400, "other", 8000)], 12_000)
    assert stock.events == (
        (6 * HOUR, 5000), (8 * HOUR, 10_000), (8 * HOUR + 2400, 7000),
    )  # fmt: skip
    assert (stock.peak_kg, stock.overflows, stock.short) == (10_000, (), ())
    assert (stock.taken_kg, stock.left_kg) == ({"other": 8000}, {"other": 7000})


def test_a_load_taken_late_lets_the_station_overflow():
    """Ten minutes after the third delivery the load is gone: for so long 15 t lie there."""
    come = brought((6, 5), (8, 5), (8 + 2 / 3, 5))
    late = Delivery(8 * HOUR + 2400, 8 * HOUR + 3000, "other", 8000)
    assert stock_of(come, [late], 12_000).overflows == ((8 * HOUR + 2400, 8 * HOUR + 3000, 15_000),)
    assert stock_of(come, [], 12_000).overflows == ((8 * HOUR + 2400, -1, 15_000),)


def test_a_load_taken_too_early_is_not_there():
    """At the end of the second delivery all of the load is there, a second before it is not."""
    come = brought((6, 5), (8, 5))
    ready = 8 * HOUR + 600
    assert stock_of(come, [Delivery(ready, ready + 60, "other", 8000)], 12_000).short == ()
    early = stock_of(come, [Delivery(ready - 1, ready + 60, "other", 8000)], 12_000)
    assert early.short == ((ready - 1, "other"),)


def test_streams_share_the_room():
    """What is not hauled takes room too, so the load is due earlier; kitchen waste goes daily."""
    come = brought((6, 8), (9, 3)) + brought((7, 4), stream="sweepings")
    come += brought((8, 1), stream="kitchen")
    portions = portions_of(come, 14_000, {"other": 8000, "kitchen": 5000}, ("kitchen",))
    assert portions == [
        ("other", 8000, 6 * HOUR + 600, 9 * HOUR),
        ("kitchen", 1000, 8 * HOUR + 600, None),
    ]


@pytest.mark.parametrize(
    ("ready", "due", "late", "expected"),
    [
        (8, None, False, (8 * HOUR, 22 * HOUR - 600)),
        (3, 9, False, (4 * HOUR, 9 * HOUR - 600)),
        (8, 9, True, (8 * HOUR, 22 * HOUR - 600)),
        (8, 8, False, (8 * HOUR, 22 * HOUR - 600)),  # nothing prevents it: as soon as may be
        (22, None, False, None),
    ],
)
def test_windows(ready, due, late, expected):
    """Gate, overflow and both together; a load that the gate shuts in has no window."""
    portions = portions_of(brought((ready - 1 / 6, 9)), 99_000, {"other": 8000})
    portion = portions[0]._replace(overflow_s=None if due is None else due * HOUR)
    assert window_of(portion, GATE, 600, late=late) == expected


deliveries = st.lists(
    st.tuples(
        st.integers(4 * HOUR, 20 * HOUR),
        st.integers(60, 1800),
        st.sampled_from(["other", "kitchen", "sweepings"]),
        st.integers(1, 6000),
    ).map(lambda d: Delivery(d[0], d[0] + d[1], d[2], d[3])),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(deliveries, st.integers(4000, 30_000), st.integers(1000, 9000), st.data())
def test_no_overflow_if_each_load_leaves_within_its_window(come, storage, size, data):
    """Whenever inside their windows loads leave: none is short, and no room runs out by them."""
    sizes = {"other": min(size, storage), "kitchen": min(size, storage)}
    portions = portions_of(come, storage, sizes, ("kitchen",))
    taken, forced = [], False
    for portion in portions:
        window = window_of(portion, (0, 48 * HOUR), 300)
        assert window is not None
        begin = data.draw(st.integers(*window))
        taken.append(Delivery(begin, begin + 300, portion.stream, portion.mass_kg))
        forced |= portion.overflow_s is not None and begin + 300 > portion.overflow_s
    stock = stock_of(come, taken, storage)
    assert stock.short == ()
    assert min((kg for _, kg in stock.events), default=0) >= 0
    all_gone = sum(d.mass_kg for d in come) - sum(t.mass_kg for t in taken)
    assert sum(stock.left_kg.values()) == all_gone
    assert "kitchen" not in stock.left_kg
    if not forced and all_gone <= storage:
        assert stock.overflows == ()
