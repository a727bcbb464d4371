"""A day of streets on a real map: the city that is written for it, and what the plan says."""

from __future__ import annotations

from pathlib import Path

import pytest

from dispatch.streetproof import WATER_KM, prove_streets, street_city
from routing.errors import InputError
from scenarios.city import read_city
from solvers.parts.rounds import Scale
from solvers.solve import Options, silent
from solvers.stop import MaxIterations

pytestmark = pytest.mark.real_map


def test_a_day_of_streets_is_planned_in_parts_and_audited(shared_osm: Path, tmp_path: Path):
    """All runs near the middle of the map are swept, and the figures are those of the plan."""
    said: list[str] = []
    folder = street_city(shared_osm / "mc_monaco.osm.pbf", tmp_path / "city", 60, said.append)
    facilities = read_city(folder).facilities["kind"].value_counts()
    options = Options(2, scale=Scale(tasks=20, rounds=2))
    proof = prove_streets(
        folder, lambda: MaxIterations(3000), say=said.append, progress=silent, options=options
    )
    problem = proof.done.posed.problem
    assert proof.ok
    assert 50 <= len(problem.tasks) <= 70
    left = proof.done.plan.unserved
    # a run up a mountain may cost more than its price
    assert len(left) <= 3 and all(one.reason == "price" for one in left)
    km = sum(task.modes[0].length_m for task in problem.tasks) / 1000
    assert facilities["water"] >= km / WATER_KM - 1
    lines = proof.lines()
    assert lines[0].startswith(f"{len(problem.tasks)} street tasks, {len(problem.vehicles)} sweep")
    why = f"; price {len(left)}" if left else ""
    assert lines[1] == f"swept {len(problem.tasks) - len(left)}, left out {len(left)}{why}"
    assert float(lines[2].split()[0]) <= km + 0.1


def test_a_map_with_fewer_streets_is_refused(shared_osm: Path, tmp_path: Path):
    """The number that the map has is told."""
    osm = shared_osm / "mc_monaco.osm.pbf"
    with pytest.raises(InputError, match=r"900,000 street tasks asked for, it has 1,\d\d\d"):
        street_city(osm, tmp_path / "city", 900_000, lambda text: None)
