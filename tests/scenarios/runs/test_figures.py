"""Figures of a day with hauls: what transfer trucks do is counted, and nothing is counted twice."""

from __future__ import annotations

import datetime as dt
import threading
from pathlib import Path

import pytest

from scenarios.city import City, read_city
from scenarios.compare import Request, compare
from scenarios.run import run_day
from scenarios.runs.days import Budget, DayTask, Desk, plan_task
from scenarios.runs.family import Cancelled, ThreadCrew
from scenarios.runs.store import Store
from solvers.stop import MaxIterations
from tests.cities import place
from tests.scenarios.edits.towns import streets_of, town_with_hauls

MONDAY = dt.date(2024, 11, 25)
NEARER = (
    '[[edit]]\ndo = "change_facility"\nfacility_id = "I1"\n'
    f"lon = {place(4.5, 2).split(',')[0]}\nlat = {place(4.5, 2).split(',')[1]}\n"
)


@pytest.fixture
def city(tmp_path: Path) -> City:
    """A town whose transfer truck carries 600 kg at once from T1 to I1."""
    folder = town_with_hauls(tmp_path / "city")
    (folder / "scenarios").mkdir()
    (folder / "scenarios" / "nearer.toml").write_text(NEARER, encoding="utf-8")
    return read_city(folder)


def test_a_run_is_the_day_as_it_is_planned(city: City) -> None:
    """Cost and way are those of `run_day`, hauls included; hauled waste is collected once."""
    task = DayTask("base", MONDAY, 1, Budget(iterations=100))
    run = plan_task(Desk({"base": city}, streets_of(city)), task, threading.Event())
    day = run_day(city, MONDAY, lambda: MaxIterations(100), seed=1)
    assert run["cost"] == day.plan.cost
    assert run["hauls"] > 0
    assert run["hauled_kg"] <= run["mass_kg"]
    due_kg = sum(stop.mass_kg for stop in day.posed.day.stops)
    swept_kg = sum(t.mass_kg for t in day.posed.problem.tasks if t.stream == "sweepings")
    assert run["mass_kg"] + run["unserved_kg"] == due_kg + swept_kg
    assert 0 < run["haul_cost"] < run["driven_cost"]
    assert run["stations"]["I1"]["mass_kg"] == run["hauled_kg"]
    assert "X1" in run["crews"]


def test_a_comparison_counts_the_hauls(city: City) -> None:
    """With the plant nearer to the station hauls cost less, and the comparison shows it."""
    network = streets_of(city)
    request = Request(("base", "nearer"), (MONDAY,), (1, 2), Budget(iterations=50))
    store = Store(city.folder / "runs")
    found = compare(city, request, lambda: network, ThreadCrew(2), store, lambda text: None)
    haul = {name: values["haul_cost"] for name, values in found.values.items()}
    assert all(a > b > 0 for a, b in zip(haul["base"], haul["nearer"], strict=True))
    tonnes = {name: values["hauled_t"] for name, values in found.values.items()}
    # some collectors now drive to the plant themselves
    assert all(a >= b > 0 for a, b in zip(tonnes["base"], tonnes["nearer"], strict=True))


def test_a_run_that_nobody_waits_for_leaves_no_result(city: City) -> None:
    """The end called for before the search: no figures of a day half planned."""
    cancel = threading.Event()
    cancel.set()
    task = DayTask("base", MONDAY, 1, Budget(iterations=1_000_000_000))
    with pytest.raises(Cancelled):
        plan_task(Desk({"base": city}, streets_of(city)), task, cancel)
