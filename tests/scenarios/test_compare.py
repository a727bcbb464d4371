"""Scenarios side by side on the small city."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from scenarios.compare import Comparison, Request, affected_drivers, compare, measures
from scenarios.edits.draft import Walk
from scenarios.runs.days import Budget
from scenarios.runs.family import ThreadCrew
from scenarios.runs.store import Store
from tests.scenarios.edits.towns import streets_of, town_city

LESS = '[[edit]]\ndo = "grow_demand"\npercent = -50\n[[edit]]\ndo = "merge_points"\nwalk_m = 300\n'
DAYS = tuple(dt.date(2024, 11, day) for day in (25, 26, 27))


def compared(folder: Path) -> Comparison:
    """The good city beside itself with half the waste and merged points."""
    city = town_city(folder, less=LESS)
    network = streets_of(city)
    request = Request(("base", "less"), DAYS, (1, 2), Budget(iterations=20))
    store = Store(folder / "runs")
    return compare(city, request, lambda: network, ThreadCrew(2), store, lambda text: None)


def test_differences_are_paired(tmp_path: Path) -> None:
    """Every scenario has a number a day and seed; what is clearly less is said to be."""
    found = compared(tmp_path)
    assert len(found.pairs) == 6
    assert {len(v) for by in found.values.values() for v in by.values()} == {6}
    tonnes = found.verdicts["less"]["tonnes"]
    assert (tonnes.word, tonnes.num_pairs) == ("less", 6)
    mass = zip(found.values["base"]["tonnes"], found.values["less"]["tonnes"], strict=True)
    assert all(after < before for before, after in mass)
    assert found.verdicts["less"]["driven_cost"].word == "better"
    assert set(found.verdicts) == {"less"}


def test_a_driver_is_affected_by_other_stops() -> None:
    """Half of the stops must stay; a merged bin counts as the point that replaces it."""
    before = {"T1": ["a", "b", "c"], "T2": ["d", "e"], "T3": ["f"]}
    after = {"T1": ["a", "b"], "T2": ["x", "y", "d"], "T4": ["f"]}
    assert affected_drivers(before, after, ()) == ["T2", "T3", "T4"]
    walks = [Walk("c", "a", 50.0, 1.0), Walk("e", "x", 50.0, 1.0)]
    assert affected_drivers(before, after, walks) == ["T3", "T4"]


def test_walks_are_weighed_by_waste() -> None:
    """Waste that stays counts with no walk, the rest by its mass."""
    run = {
        "cost": 0, "driven_cost": 0, "length_m": 0, "duration_s": 0, "mass_kg": 0, "vehicles": 0,
        "trips": 0, "overtime_s": 0, "co2_g": 0, "punctual": 1, "unserved": 0, "unserved_kg": 0,
        "stations": {
            "A": {"mass_kg": 30, "capacity_kg": 60, "wait_s": 120, "longest_wait_s": 60},
            "B": {"mass_kg": 30, "capacity_kg": None, "wait_s": 0, "longest_wait_s": 0},
        },
        "crews": {}, "hauled_kg": 0, "haul_cost": 0, "overflow_s": 120,
    }  # fmt: skip
    found = measures(run, [Walk("a", "b", 100.0, 1.0), Walk("b", "b", 0.0, 3.0)], run)
    assert (found["walk_m"], found["longest_walk_m"]) == (25, 100)
    assert (found["station_load"], found["queue_min"], found["overflow_min"]) == (50, 2, 2)
