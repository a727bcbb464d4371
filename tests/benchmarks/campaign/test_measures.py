"""Gaps and integrals, computed by hand."""

from __future__ import annotations

import pytest

from benchmarks.campaign.measures import (
    final_gap,
    gap_at,
    primal_integral,
    references,
    summarize,
)
from benchmarks.campaign.records import Record


def record(engine="ours", seed=1, instance="a", **changes):
    """Return a run of 10 s: 120 after 2 s, 110 after 6 s, the best known being 100."""
    values = {
        "set": "X",
        "instance": instance,
        "objective": "distance",
        "engine": engine,
        "fingerprint": "f",
        "seconds": 10.0,
        "seed": seed,
        "value": 110.0,
        "vehicles": 3,
        "faults": (),
        "refused": "",
        "iterations": 5000,
        "cpu": 10.0,
        "bks": 100.0,
        "bks_vehicles": None,
        "bks_source": "a paper",
        "convention": "whole numbers",
        "trace": [(2.0, 120.0, None), (6.0, 110.0, None)],
    }
    return Record(**{**values, **changes})


def test_gap_over_time():
    """100 before the first plan, then that of the last improvement."""
    run = record()
    assert [gap_at(run, t, 100.0) for t in (1.9, 2.0, 5.9, 6.0, 10.0)] == pytest.approx(
        [100, 20, 20, 10, 10]
    )


def test_gap_is_bounded_by_that_of_no_plan():
    """A plan worse than twice the best known counts as none."""
    assert gap_at(record(trace=[(1.0, 500.0, None)]), 5.0, 100.0) == 100.0


def test_primal_integral_is_the_mean_gap():
    """Two seconds at 100, four at 20, four at 10."""
    assert primal_integral(record(), 100.0) == pytest.approx((2 * 100 + 4 * 20 + 4 * 10) / 10)


def test_primal_integral_ends_with_the_time_allowed():
    """What is found after the time allowed does not count, and never adds time."""
    run = record(trace=[(2.0, 120.0, None), (12.0, 100.0, None)])
    assert primal_integral(run, 100.0) == pytest.approx((2 * 100 + 8 * 20) / 10)
    assert primal_integral(record(trace=[]), 100.0) == 100.0


def test_a_plan_that_breaks_rules_counts_as_none():
    """Its gap is that of no plan at all."""
    assert final_gap(record(value=None, faults=("late",)), 100.0) == 100.0
    assert final_gap(record(), 100.0) == pytest.approx(10.0)


def test_where_nothing_is_published_the_best_found_is_the_reference():
    """The lower of two runs; a broken one gives none."""
    runs = [record(bks=None), record(bks=None, value=105.0), record(bks=None, value=None)]
    assert references(runs) == {("X", "a"): 105.0}
    assert references([record(bks=None, value=None)]) == {}


def test_summaries_are_means_over_instances_of_means_over_seeds():
    """Two seeds of one instance and one of another weigh as two instances."""
    runs = [record(), record(seed=2, value=130.0), record(instance="b", value=100.0)]
    (summary,) = summarize(runs, 5.0)
    assert (summary.instances, summary.runs, summary.broken) == (2, 3, 0)
    assert summary.gap == pytest.approx((20 + 0) / 2)
    assert summary.gap_best == pytest.approx((10 + 0) / 2)
    assert summary.gap_worst == pytest.approx((30 + 0) / 2)
    assert summary.gap_early == pytest.approx(20)
    assert summary.steps_per_s == pytest.approx(500)


def test_summaries_keep_engines_apart():
    """One engine cannot hold a rule; the other's figures are not touched by that."""
    runs = [record(), record("theirs", refused="lunch", value=None, trace=[])]
    ours, theirs = summarize(runs, 5.0)
    assert (ours.engine, ours.runs, ours.broken) == ("ours", 1, 0)
    assert (theirs.engine, theirs.runs, theirs.refused) == ("theirs", 0, "lunch")
