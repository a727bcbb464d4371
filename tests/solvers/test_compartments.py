"""Trucks with two streams aboard: emptied one by one, or both at one place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from routing.errors import InputError
from solvers.backends import refuse_beyond
from solvers.evaluate import evaluate_plan
from solvers.ground import needs_booking
from solvers.problem import Problem
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.solvers.parts.towns import mixed_town

BOTH = frozenset({"s0", "s1"})


def two_stream_town(seed: int) -> Problem:
    """Every third truck has two compartments; one plant takes both streams, two take one each."""
    problem = mixed_town(seed)
    trucks = tuple(
        replace(v, capacity_l=dict.fromkeys(BOTH, 15_000), compartments=2) if k % 3 == 2 else v
        for k, v in enumerate(problem.vehicles)
    )
    return replace(problem, vehicles=trucks)


@pytest.mark.compiled
@pytest.mark.parametrize("seed", range(1, 4))
def test_no_truck_comes_home_with_its_other_stream(seed):
    """Plans hold all rules of loads and use a truck that unloads at two places."""
    problem = two_stream_town(1)
    plan = solve(problem, MaxIterations(2000), seed)
    judged = evaluate_plan(problem, plan)
    assert judged.violations == []
    assert judged.cost == plan.cost
    aboard = [
        {problem.tasks[s.idx].stream for s in r.steps if s.kind == "task"} for r in plan.routes
    ]
    assert BOTH in aboard


def test_only_what_is_emptied_one_by_one_needs_the_timetable():
    """Where each plant takes all that a truck may carry, links tell the day in full."""
    problem = two_stream_town(1)
    assert needs_booking(problem)
    plants = tuple(replace(f, streams=BOTH) if f.streams else f for f in problem.facilities)
    assert not needs_booking(replace(problem, facilities=plants))


def test_rules_that_links_alone_hold_are_refused_beside_it():
    """A truck may not end loaded where its compartments are emptied one by one; it is told so."""
    problem = two_stream_town(1)
    trucks = tuple(replace(v, ends_loaded=True) for v in problem.vehicles)
    with pytest.raises(InputError, match=r"trucks that end loaded .* emptied one by one"):
        refuse_beyond(replace(problem, vehicles=trucks), "native")
