"""Coverage through its command: figures, list, page, and what bad input is told."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from cli import main
from scenarios.city import read_city
from scenarios.coverage.search import FEWEST_ITERATIONS, ITERATIONS_A_POINT, budget_for
from tests.scenarios.coverage.test_coverage import town

WORDS = ("--days", "2024-11-25", "--iterations", 30, "--seeds", 1, "--workers", 1)


@pytest.fixture
def city(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small city none of whose units sorts."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    town(tmp_path / "city", 4)
    return tmp_path / "city"


def run(*words: object, code: int = 0) -> str:
    """Run a command and return what it prints."""
    done = CliRunner().invoke(main, ["scenario", "coverage", *map(str, words)])
    assert done.exit_code == code, done.output
    return done.stdout if code == 0 else done.output


def test_units_to_be_added_are_listed_and_drawn(city: Path, tmp_path: Path) -> None:
    """Lines, record, list and map name the same units."""
    words = (city, *WORDS, "--units", city / "units.csv", "--report", tmp_path)
    out = run(*words)
    assert "natural villages: 0 of 4 sort, 0.0%" in out
    assert "2 more reach the target" in out
    record = json.loads(run(*words, "--json"))
    names = {one["unit_id"] for one in record["plan"]["units"]}
    assert len(names) == 5  # two of four villages, three of six compounds
    with (tmp_path / "coverage.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["unit_id"] for row in rows if row["chosen"] == "true"} == names
    page = (tmp_path / "coverage.html").read_text(encoding="utf-8")
    assert page.count('fill="#e8590c"') == 5
    assert "http" not in page.replace("http-equiv", "")


def test_the_budget_goes_by_the_size_of_the_city(city: Path, tmp_path: Path) -> None:
    """Small cities have the least budget, others so many iterations a row; the notes name it."""
    found = read_city(city)
    assert budget_for(found).iterations == FEWEST_ITERATIONS
    rows = FEWEST_ITERATIONS // ITERATIONS_A_POINT + 50
    many = pd.concat([found.points.iloc[:1]] * rows)
    large = replace(found, tables=found.tables | {"points": many})
    assert budget_for(large).iterations == ITERATIONS_A_POINT * rows
    given = run(city, *WORDS, "--units", city / "units.csv", "--report", tmp_path)
    assert "note: 30 iterations for each day and seed (seeds: 1)" in given


def test_figures_alone(city: Path, tmp_path: Path) -> None:
    """Without a choice no map is read; a target that is reached needs no units."""
    no_units = run(city, *WORDS, "--target", 0, "--report", tmp_path)
    assert "no more units are needed" in no_units
    (city / "map.osm").write_text("no map", encoding="utf-8")
    words = (city, "--days", "2024-11-25", "--units", city / "units.csv", "--report", tmp_path)
    record = json.loads(run(*words, "--figures-only", "--json"))
    assert record["plan"] is None
    assert [row["total"] for row in record["coverage"] if not row["district"]] == [4, 6]


def test_bad_input_is_explained(city: Path, tmp_path: Path) -> None:
    """A missing table and days that are none: no traceback."""
    assert "cannot be read" in run(city, *WORDS, "--units", tmp_path / "none.csv", code=2)
    assert "expected YYYY-MM-DD" in run(city, "--days", "monday", code=2)
