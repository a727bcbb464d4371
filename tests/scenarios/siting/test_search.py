"""The choice of sites against trying every design by routing."""

from __future__ import annotations

import itertools
import statistics
from dataclasses import replace
from pathlib import Path

import pytest

from routing.errors import InfeasibleError
from scenarios.runs.days import Budget
from scenarios.runs.family import Family, ThreadCrew, run_family
from scenarios.runs.store import Store
from scenarios.siting.ground import Design, Ground
from scenarios.siting.location import Rules
from scenarios.siting.routed import DesignTask, route_design, task_key
from scenarios.siting.search import Effort, Siting, choose_sites
from tests.scenarios.siting.grounds import by_chance, ground_of, quiet

CITIES = 12
EFFORT = Effort(Budget(iterations=60), seeds=2, final_seeds=2)


def chosen(ground: Ground, folder: Path, rules: Rules, effort: Effort = EFFORT) -> Siting:
    """The choice, with results kept in a folder."""
    return choose_sites(ground, rules, effort, ThreadCrew(2), Store(folder), quiet)


def enumerated(ground: Ground, folder: Path) -> dict[Design, float]:
    """Mean routed cost of every choice of two sites and their sizes."""
    designs = [
        tuple(zip(sites, sizes, strict=True))
        for sites in itertools.combinations(range(len(ground.names)), 2)
        for sizes in itertools.product(*(range(len(ground.capacity_kg[c])) for c in sites))
    ]
    tasks = {
        task_key(ground, task): task
        for d in designs
        for task in (DesignTask(d, seed, EFFORT.budget) for seed in (1, 2))
    }
    family = Family(route_design, ground, tasks)
    found, _ = run_family(family, ThreadCrew(2), Store(folder), quiet)
    costs: dict[Design, list[float]] = {}
    for key, result in found.items():
        costs.setdefault(tasks[key].design, []).append(result["total"])
    return {design: statistics.fmean(values) for design, values in costs.items()}


def test_choice_is_that_of_full_enumeration(tmp_path: Path) -> None:
    """Of 12 small cities, 6 candidates each, the two sites chosen are the best in at least 10."""
    hits = 0
    for seed in range(CITIES):
        city, path = by_chance(tmp_path / str(seed), seed)
        ground = ground_of(city, path)
        found = chosen(ground, tmp_path / "runs", Rules(2))
        costs = enumerated(ground, tmp_path / "runs")
        assert len(found.ranking) < len(costs)
        hits += costs[found.chosen.design] <= min(costs.values())
    assert hits >= 10


def test_what_is_said_of_the_choice(tmp_path: Path) -> None:
    """The ranking is in order, predictions are near, rivals over the same seeds are no cheaper."""
    city, path = by_chance(tmp_path / "city", 3)
    ground = ground_of(city, path)
    effort = replace(EFFORT, rivals=True)
    found = chosen(ground, tmp_path / "runs", Rules(2), effort)
    costs = [judged.routed for judged in found.ranking]
    assert costs == sorted(costs)
    assert found.fitted_error < 0.1
    assert {"greedy", "straight-line median"} <= {rival.name for rival in found.rivals}
    assert all(rival.routed >= rival.chosen for rival in found.rivals)
    assert [flip.demand for flip in found.flips] == [0.7, 1.3]


def test_money_is_kept_to(tmp_path: Path) -> None:
    """No design costs more to build than the budget; one that nothing fits is refused."""
    city, path = by_chance(tmp_path / "city", 1)
    ground = ground_of(city, path)
    cheapest = sorted(min(prices) for prices in ground.build)
    budget = cheapest[0] + cheapest[2]
    found = chosen(ground, tmp_path / "runs", Rules(2, budget))
    assert all(ground.build_cost(j.design) <= budget for j in found.ranking)
    with pytest.raises(InfeasibleError, match="raise --budget"):
        chosen(ground, tmp_path / "runs", Rules(2, cheapest[0]))
