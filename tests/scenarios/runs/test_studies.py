"""Studies of the desk on a cluster: coverage, fleet and places give what one process gives."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenarios.fleet.search import choose_mix
from scenarios.placing.search import choose_places
from scenarios.runs.family import ClusterCrew, ThreadCrew
from scenarios.runs.store import Store
from tests.cities import place
from tests.scenarios.coverage.test_coverage import chosen_of, town
from tests.scenarios.fleet import test_search as fleet
from tests.scenarios.placing import test_placing as placing


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Two processes of one thread each, and where their scheduler answers."""
    distributed = pytest.importorskip("dask.distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, memory_limit=0
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def crew(address: str) -> Iterator[ClusterCrew]:
    """A connection of its own."""
    found = ClusterCrew(address)
    yield found
    found.close()


def test_coverage_on_a_cluster(tmp_path: Path, crew: ClusterCrew) -> None:
    """The same sets at the same costs."""
    city, path = town(tmp_path / "city", 1)
    there = chosen_of(city, path, crew, tmp_path / "there")
    here = chosen_of(city, path, ThreadCrew(1), tmp_path / "here")
    assert there == here is not None


def test_fleet_on_a_cluster(tmp_path: Path, crew: ClusterCrew) -> None:
    """The same mixes at the same costs."""
    asked = *fleet.tiny(tmp_path / "city", 1), fleet.DAYS, fleet.SERVICE, fleet.EFFORT
    there = choose_mix(*asked, crew, Store(tmp_path / "there"), fleet.quiet)
    here = choose_mix(*asked, ThreadCrew(1), Store(tmp_path / "here"), fleet.quiet)
    figures = [[(j.mix, j.cost, j.served, j.values) for j in c.tried] for c in (there, here)]
    assert figures[0] == figures[1]
    assert there.chosen.mix == here.chosen.mix


def test_places_on_a_cluster(tmp_path: Path, crew: ClusterCrew) -> None:
    """The same design at the same costs."""
    city = placing.town_of_bins(tmp_path / "town")
    rows = f"X,point,{place(0.5, 0)},0,0.1,", f"Y,point,{place(2.5, 2)},0,0.1,"
    ground = placing.ground_of(city, placing.table(tmp_path, *rows))
    asked = ground, placing.Rules(1), placing.EFFORT
    there = choose_places(*asked, crew, Store(tmp_path / "there"), placing.quiet)
    here = choose_places(*asked, ThreadCrew(1), Store(tmp_path / "here"), placing.quiet)
    assert there == here
