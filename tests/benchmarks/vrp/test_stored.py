"""Every stored solution of the real sets: our checkers and our problems against its stated cost."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.campaign.known import best_known
from benchmarks.vrp.checking import check_routes, stored_solutions
from benchmarks.vrp.checks.vrplib import check_vrplib
from benchmarks.vrp.library import find_instances, read_instance
from benchmarks.vrp.sets import format_of
from tests.benchmarks.vrp.replay import replay

COUNTS = {
    ("X", "distance"): 59,
    ("belgium", "distance"): 3,
    ("hfvrp", "distance"): 44,
    ("homberger", "distance"): 94,
    ("homberger", "vehicles"): 95,
    ("mdvrptw_vidal", "distance"): 16,
    ("mtvrptwr", "distance"): 85,
    ("pvrp", "distance"): 8,
    ("pvrpif", "distance"): 61,
    ("solomon", "distance"): 56,
}
HALF_A_DIGIT = 0.0051
"""Files state two decimals at least."""


@pytest.mark.parametrize(("folder", "objective"), COUNTS)
def test_checkers_reproduce_every_stored_cost(
    shared_vrp: Path, folder: str, objective: str
) -> None:
    """Each stored solution keeps all rules and costs what its file, or the table, states."""
    seen, wrong = 0, []
    for path in find_instances([folder], shared_vrp):
        for file, (routes, cost) in stored_solutions(path, objective):
            seen += 1
            stated = best_known(path, objective).value if cost is None else cost
            verdict = check_routes(path, routes, objective)
            close = stated is not None and abs(verdict.value - stated) < HALF_A_DIGIT
            if folder == "hfvrp" and not close:
                exact = check_vrplib(path, routes, exact=True)
                close = stated is not None and abs(exact.value - stated) < HALF_A_DIGIT
            if verdict.faults or not close:
                wrong.append((file.name, verdict.value, stated, verdict.faults[:2]))
    assert wrong == []
    assert seen == COUNTS[folder, objective]


REPLAYED = {
    "X": 12,
    "hfvrp": 10,
    "homberger/200": 6,
    "mdvrptw_vidal": 8,
    "mtvrptwr": 20,
    "pvrp": 8,
    "pvrpif": 30,
    "solomon": 20,
}


@pytest.mark.parametrize(("folder", "at_most"), REPLAYED.items())
def test_problems_cost_stored_solutions_the_same(
    shared_vrp: Path, folder: str, at_most: int
) -> None:
    """The evaluation of our problem allows stored solutions, at the cost of the checker."""
    wrong, seen = [], 0
    for path in find_instances([folder], shared_vrp)[::2]:
        stored = stored_solutions(path)
        if not stored or seen == at_most:
            continue
        seen += 1
        instance = read_instance(path)
        routes = stored[0][1][0]
        judged = replay(instance, routes)
        value = check_routes(path, routes, instance.objective).value
        if judged.violations or instance.value(judged.cost) != pytest.approx(value, rel=1e-5):
            wrong.append((path.name, instance.value(judged.cost), value, judged.violations[:2]))
    assert wrong == []
    assert seen >= 4


def test_problems_allow_the_best_known_fleets(shared_vrp: Path) -> None:
    """With vehicles first, stored solutions are allowed and cost their vehicles and distance."""
    wrong = []
    for path in find_instances(["homberger/200", "homberger/400"], shared_vrp)[::4]:
        instance = read_instance(path, "vehicles")
        ((_, (routes, _)),) = stored_solutions(path, "vehicles")
        judged = replay(instance, routes)
        vehicles, rest = divmod(judged.cost, instance.vehicle_cost)
        same = rest / instance.scale == pytest.approx(instance.bks, rel=1e-5)
        if judged.violations or vehicles != instance.bks_vehicles or not same:
            wrong.append((path.name, vehicles, rest, instance.bks, judged.violations[:2]))
    assert wrong == []


def test_every_real_file_is_read(shared_vrp: Path) -> None:
    """A fifth of all files become problems whose parts fit; most have a best known value."""
    files = [p for p in find_instances([str(shared_vrp)], shared_vrp) if "belgium" not in p.parts]
    known = 0
    for path in files[::5]:
        instance = read_instance(path)
        instance.problem.check()
        known += instance.bks is not None
        assert format_of(path) is not None
    assert known > 0.9 * len(files[::5])
