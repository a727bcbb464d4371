"""The proof on a real map: the city it writes, its districts, and its sentences."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dispatch.proof import (
    SWEEPERS,
    WATER_TRUCKS,
    Proof,
    _districts,
    by_the_rules_m,
    proof_city,
)
from dispatch.sweep import SweptWeek
from scenarios.city import read_city
from scenarios.day import plan_day
from scenarios.run import streets_only
from tests.solvers.problems import line_problem


@pytest.mark.real_map
def test_the_city_of_the_proof(shared_osm: Path, tmp_path: Path):
    """Six sweepers, eight water trucks, and three-in-one for upper classes and back streets."""
    city = read_city(proof_city(shared_osm / "mc_monaco.osm.pbf", tmp_path / "city"))
    kinds = city.trucks["kind"].value_counts()
    assert (kinds["sweeper"], kinds["flusher"]) == (SWEEPERS, WATER_TRUCKS)
    assert set(city.programmes["template"]) == {"three_in_one"}
    assert set(city.streets["category"]) == {"main", "back_street"}
    assert plan_day(streets_only(city), dt.date(2024, 11, 25)).trucks


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
    lines = Proof(week, 100_000, 50_000, 100_000, 50_000.0).lines()
    assert lines[0] == "week"
    assert lines[1].endswith("deadhead 50.0 km, 33.3%")
    assert lines[3] == "deadhead is 33.3% below in share, 50.0% in km"
    assert lines[5] == "deadhead is 0.0% below in share, 0.0% in km"


def test_a_given_order_is_driven_with_its_water_and_its_way_by_the_station():
    """Stops at 1 and 3 km, plant and water at 5 km: 10 km, and 4 km more if the tank runs dry."""
    problem = line_problem(tank_l=50)
    tasks = tuple(replace(task, water_l=30) for task in problem.tasks)
    plant = replace(problem.facilities[0], streams=frozenset({"sweepings"}), refills=True)
    dry = replace(problem, facilities=(plant,))
    assert by_the_rules_m(dry, 0, [0, 2]) == 10_000
    assert by_the_rules_m(replace(dry, tasks=tasks), 0, [0, 2]) == 14_000
