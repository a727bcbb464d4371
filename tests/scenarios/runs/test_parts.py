"""Parts of a large day on a cluster: the same plan as on threads."""

from __future__ import annotations

import pytest

from scenarios.runs.parts import PartsOnCluster, parts_crew
from solvers.evaluate import evaluate_plan
from solvers.parts.rounds import Scale
from solvers.solve import Options, solve
from solvers.stop import MaxIterations, MaxSeconds
from tests.solvers.parts.towns import scarce_town, without_matrices

SMALL = Scale(tasks=20, rounds=2)


def test_without_an_address_there_is_no_crew():
    """Threads of this process search then."""
    with parts_crew(None) as crew:
        assert crew is None


def test_a_cluster_finds_what_threads_find():
    """With steps as budget the plan is the same to the letter; with seconds it holds all rules."""
    distributed = pytest.importorskip("dask.distributed")
    problem = without_matrices(scarce_town(1))
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
        ) as cluster,
        parts_crew(cluster.scheduler_address) as crew,
    ):
        assert isinstance(crew, PartsOnCluster)
        assert crew.num_workers == 2
        far = solve(problem, MaxIterations(400), 5, options=Options(scale=SMALL, crew=crew))
        timed = solve(problem, MaxSeconds(2.0), 5, options=Options(scale=SMALL, crew=crew))
    assert far == solve(problem, MaxIterations(400), 5, options=Options(scale=SMALL, threads=1))
    assert evaluate_plan(problem, timed).feasible
