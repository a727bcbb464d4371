"""The price of safety through its real entry points: lines, page, tables, faults."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from scenarios.city import read_city
from scenarios.periodic.model import collection_only
from scenarios.run import run_day
from scenarios.runs.figures import day_figures
from solvers.solve import Options
from solvers.stop import MaxIterations
from tests.scenarios.edits.towns import town_city, town_with_hauls

WORDS = ("--days", "2024-11-25", "--iterations", "20", "--seeds", "2", "--sim-days", "40")


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The good city, with a cache of its own."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    town_city(tmp_path / "city", wild='[[edit]]\ndo = "set_spread"\ndemand_cv = 0.9\n')
    return tmp_path / "city"


def run(*words: object, code: int = 0) -> str:
    """Run a command and return what it prints."""
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.output if code else done.stdout


def test_safeties_are_compared(city):
    """A column a safety, a price against the lowest, a page that needs no other place, tables."""
    out = run("scenario", "robust", city, *WORDS, "--safety", "0.95,0.8")
    assert "95.0% instead of 80.0%: planned" in out
    assert "fewer than 6 pairs" in out
    folder = city / "scenarios" / "robust"
    page = (folder / "robust.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == 2
    assert "http" not in page.replace("http-equiv", "")
    with (folder / "routes.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert {row["safety"] for row in rows} == {"0.8", "0.95"}
    assert {row["truck_id"] for row in rows} == {"C1", "F1", "R1"}
    assert len((folder / "points.csv").read_text(encoding="utf-8").splitlines()) == 9


def test_the_record_names_its_assumptions(city):
    """As JSON: values and verdicts by safety; a declared spread is no assumption any more."""
    record = json.loads(run("scenario", "robust", city, *WORDS, "--json"))
    assert list(record["values"]) == ["0.8", "0.9", "0.95"]
    assert {a["key"] for a in record["assumptions"]} == {
        "risk.demand_cv",
        "risk.demand_correlation",
    }
    words = (*WORDS, "--scenario", "wild", "--json")
    record = json.loads(run("scenario", "robust", city, *words))
    assert record["demand_cv"] == 0.9
    assert {a["key"] for a in record["assumptions"]} == {"risk.demand_correlation"}


def test_hauls_are_counted_as_in_a_plan(tmp_path, monkeypatch):
    """Transfer trucks are in way and vehicles; what they haul is what the day's plan hauls."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    folder = town_with_hauls(tmp_path / "city")
    words = (*WORDS, "--safety", "0.5")
    lines = run("scenario", "robust", folder, *words)
    assert "hauled on from stations t" in lines
    assert "loads left at stations" not in lines  # there is nothing to tell of them
    found = json.loads(run("scenario", "robust", folder, *words, "--json"))["values"]["0.5"]
    city = collection_only(read_city(folder))
    for k, seed in enumerate((1, 2)):
        effort = {"seed": seed, "options": Options(1, 1), "safety": 0.5}
        day = run_day(city, dt.date(2024, 11, 25), lambda: MaxIterations(20), **effort)
        plain = day_figures(city, day.posed, day.plan)
        assert found["hauled_t"][k] == plain["hauled_kg"] / 1000 > 0
        assert found["haul_cost"][k] == plain["haul_cost"] / 1000 > 0
        assert found["overflow_min"][k] == plain["overflow_s"] / 60
        assert found["km"][k] == plain["length_m"] / 1000
        assert found["vehicles"][k] == plain["vehicles"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--safety", "0.8,1"), "expected numbers between 0 and 1"),
        (("--safety", "0,0.5"), "expected numbers between 0 and 1"),
        (("--safety", "high"), "expected numbers such as"),
        (("--spread", "weighed"), "no point has 5 weighings (the most is 0)"),
    ],
)
def test_bad_input_is_explained(city, words, told):
    """Quantiles out of range and a history that is not there are told with exit code 2."""
    assert told in run("scenario", "robust", city, *WORDS, *words, code=2)


def test_a_plan_with_a_reserve(city):
    """The plan says its safety and passes the audit; the risk lies beside it."""
    out = run("plan", city, "--date", "2024-11-25", "--iterations", "20", "--safety", "0.95")
    assert "riskiest routes" in out
    folder = city / "plans" / "2024-11-25"
    record = json.loads((folder / "plan.json").read_text(encoding="utf-8"))
    assert record["fingerprint"]["safety"] == 0.95
    assert any("95.0% of days" in text for text in record["warnings"])
    with (folder / "risk_routes.csv").open(encoding="utf-8") as table:
        assert all(float(row["riskiest_load"]) <= 0.05 for row in csv.DictReader(table))
    assert (folder / "risk_points.csv").exists()
    run("audit", folder)
    words = ("--date", "2024-11-25", "--iterations", "5", "--safety", "2")
    assert "expected a number between 0 and 1" in run("plan", city, *words, code=2)
