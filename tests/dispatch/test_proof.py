"""The proof on a real map: the city it writes, its districts, and its sentences."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dispatch.proof import SWEEPERS, WATER_TRUCKS, Proof, _districts, proof_city
from dispatch.sweep import SweptWeek
from scenarios.city import read_city


@pytest.mark.real_map
def test_the_city_of_the_proof(shared_osm: Path, tmp_path: Path):
    """Six sweepers, eight water trucks, and three-in-one for upper classes and back streets."""
    city = read_city(proof_city(shared_osm / "mc_monaco.osm.pbf", tmp_path / "city"))
    kinds = city.trucks["kind"].value_counts()
    assert (kinds["sweeper"], kinds["flusher"]) == (SWEEPERS, WATER_TRUCKS)
    assert set(city.programmes["template"]) == {"three_in_one"}
    assert set(city.streets["category"]) == {"main", "back_street"}


def test_districts_share_the_work():
    """Nine runs on a line for three convoys: three districts side by side of three runs each."""
    chains: Any = [SimpleNamespace(tasks=(i,)) for i in range(9)]
    mode = SimpleNamespace(length_m=100)
    posed: Any = SimpleNamespace(
        sources=[SimpleNamespace(lon=float(i), lat=0.0) for i in range(9)],
        problem=SimpleNamespace(tasks=[SimpleNamespace(modes=(mode,))] * 9),
    )
    parts = _districts(posed, chains, 3)
    assert [[c.tasks[0] for c in part] for part in parts] == [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert _districts(posed, chains[:1], 3) == [chains[:1]]


def test_the_outcome_in_sentences(tmp_path: Path):
    """50 km of deadhead beside 100 km of work are a third; 100 km of it would be a half."""
    week = SweptWeek(tmp_path, {}, (), ["week"], ())
    lines = Proof(week, 100_000, 50_000, 100_000.0).lines()
    assert lines[0] == "week"
    assert lines[1].endswith("deadhead 50.0 km, 33.3%")
    assert lines[3] == "deadhead is 33.3% below in share, 50.0% in km"
