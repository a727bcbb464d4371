"""The fleet study through its command: lines, record, files, and what bad input is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from openpyxl import load_workbook

from cli import main
from scenarios.city import read_city
from scenarios.edits.scenario import apply_scenario, read_scenario
from tests.scenarios.fleet.fleets import BATTERY, LARGE, SMALL, by_chance, table

DAY = "2024-11-25"
EFFORT = ("--days", DAY, "--iterations", 40, "--final-seeds", 1, "--workers", 1)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small city with a table of types to buy."""
    folder = tmp_path_factory.mktemp("fleet") / "city"
    by_chance(folder, 3)
    table(folder, SMALL, LARGE, BATTERY)
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Finished runs are kept from test to test, and nowhere else."""
    folder = tmp_path_factory.getbasetemp() / "fleet-cache"
    monkeypatch.setenv("HUANWEI_CACHE", str(folder))


def run(*words: object, code: int = 0) -> str:
    """Run a command and return what it prints."""
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.output


def test_study_is_told_and_written(city: Path, tmp_path: Path) -> None:
    """Lines name choice, today and curve; page, workbook and scenario hold the same mix."""
    words = ("scenario", "fleet", city, *EFFORT, "--types", city / "truck_types.csv")
    words = (*words, "--from-scratch", "--service", 0.98, "--report", tmp_path)
    out = run(*words)
    assert "chosen: " in out
    assert "against today" in out
    assert "fewer than 6 pairs cannot reach 5 %" in out
    record = json.loads(run(*words, "--json"))
    assert record["chosen"]["holds"]
    assert record["chosen"]["served"] >= 0.98
    page = (tmp_path / "fleet.html").read_text(encoding="utf-8")
    assert page.count('<svg class="curve"') == len({s["type_id"] for s in record["curve"]})
    assert "http" not in page.replace("http-equiv", "")
    sheets = load_workbook(tmp_path / "fleet.xlsx").sheetnames
    assert [name.split()[-1] for name in sheets] == ["Mixes", "Curve", "Runs"]
    found = read_city(city)
    edited = apply_scenario(found, read_scenario(found, "fleet_1"), lambda: pytest.fail("no map"))
    names = [name for name in edited.city.trucks["truck_id"] if name[0] in "SLE"]
    assert len([n for n in names if n != "S1"]) == record["chosen"]["trucks"]


def test_the_same_study_writes_the_same_bytes(city: Path, tmp_path: Path) -> None:
    """Page and workbook of two studies are alike."""
    words = ("scenario", "fleet", city, *EFFORT, "--service", 0.5, "--rounds", 1, "--more", 1)
    run(*words, "--report", tmp_path / "a")
    run(*words, "--report", tmp_path / "b")
    for name in ("fleet.html", "fleet.xlsx"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_bad_input_is_explained(city: Path, tmp_path: Path) -> None:
    """Missing tables, faults in them and options that need each other: no traceback."""
    words = ("scenario", "fleet", city, *EFFORT)
    assert "cannot be read" in run(*words, "--types", tmp_path / "none.csv", code=2)
    bad = table(tmp_path, SMALL.replace("1500", "heavy"))
    assert "row 2: capacity_kg = 'heavy'" in run(*words, "--types", bad, code=2)
    assert "--from-scratch needs --types" in run(*words, "--from-scratch", code=2)
    few = table(tmp_path, SMALL.replace(",4,,,,,", ",1,,,,,"))
    told = run(*words, "--types", few, "--from-scratch", "--service", 1, code=4)
    assert "lower --service" in told
