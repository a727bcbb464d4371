"""Tasks and vehicles that have nothing to do with one another."""

from __future__ import annotations

from dataclasses import replace

from solvers._kernels import ground as g
from solvers.estates import estates_of
from solvers.native import Search
from tests.solvers.problems import random_problem


def test_estates_share_neither_tasks_nor_vehicles():
    """Streams are apart where no truck carries two, and together where one does."""
    problem = random_problem(1, 20, 4)
    both = estates_of(problem)
    assert len(both) == 1
    single = tuple(v for v in problem.vehicles if len(v.capacity_l) == 1)
    apart_ = estates_of(replace(problem, vehicles=single))
    assert len(apart_) == 2
    for estate in apart_:
        streams = {problem.tasks[t].stream for t in estate.tasks}
        assert streams == {s for v in estate.vehicles for s in single[v].capacity_l}
    assert sorted(t for e in apart_ for t in e.tasks) == list(range(20))


def test_tasks_of_nobody_are_an_estate_without_vehicles():
    """A stream that no truck carries has tasks but no vehicles."""
    problem = random_problem(1, 20, 4)
    tasks = (replace(problem.tasks[0], stream="odd"), *problem.tasks[1:])
    estates = estates_of(replace(problem, tasks=tasks))
    assert [e.tasks for e in estates if not e.vehicles] == [(0,)]


def test_a_step_changes_one_estate_alone():
    """No route of another stream is torn, nor what it leaves out offered, in the same step."""
    problem = random_problem(1, 40, 8)
    single = tuple(v for v in problem.vehicles if len(v.capacity_l) == 1)
    search = Search(replace(problem, vehicles=single), 5)
    tables, both = search.tables, set()
    search.advance(1, 0.0)
    for _ in range(200):
        search.advance(1, 0.5)
        changed = tables.work[g.TOUCHED, : tables.tally[g.NUM_TOUCHED]]
        taken = tables.work[g.REMOVED, : tables.tally[g.NUM_REMOVED]]
        starts = len(problem.tasks) + changed
        estates = {*tables.node[starts, g.ESTATE].tolist(), *tables.node[taken, g.ESTATE].tolist()}
        assert len(estates) <= 1
        both |= estates
    assert both == {0, 1}


def test_each_estate_has_a_temperature_of_its_own():
    """Where ways are ten times as dear for one stream, it is searched ten times as hot."""
    problem = random_problem(1, 40, 8)
    single = [v for v in problem.vehicles if len(v.capacity_l) == 1]
    first = min(s for v in single for s in v.capacity_l)
    dear = tuple(
        replace(v, cost_km=50 * v.cost_km, cost_h=50 * v.cost_h) if first in v.capacity_l else v
        for v in single
    )
    means = []
    for vehicles in (tuple(single), dear):
        search = Search(replace(problem, vehicles=vehicles), 5)
        search.advance(1, 0.0)
        means.append(search.mean_costs())
    factor = means[1] / means[0]
    assert factor.max() > 10 * factor.min()
