"""The planner's commands in one process: what they print and what they write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli import main
from scenarios.city import read_city
from tests.scenarios.edits.towns import town_city

GROW = 'title = "More waste"\n[[edit]]\ndo = "grow_demand"\npercent = 10\n'


@pytest.fixture
def city(tmp_path: Path) -> Path:
    """The good city with a scenario that needs no map."""
    town_city(tmp_path / "city", grown=GROW)
    return tmp_path / "city"


def run(*words: object) -> str:
    """Run a command and return what it prints."""
    done = CliRunner().invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_edits_are_listed() -> None:
    """Every kind has a line; one kind lists its parameters."""
    assert "merge_points" in run("scenario", "edits")
    assert "walk_m" in run("scenario", "edits", "merge_points")
    assert json.loads(run("scenario", "edits", "--json"))[0]["do"] == "open_facility"


def test_show_tells_in_sentences(city: Path) -> None:
    """Without names every scenario of the city is told."""
    assert "the waste of 8 points changes by +10 %" in run("scenario", "show", city)
    (record,) = json.loads(run("scenario", "show", city, "grown", "--json"))
    assert record["title"] == "More waste"
    assert len(record["edits"]) == 1


def test_apply_writes_a_city(city: Path, tmp_path: Path) -> None:
    """The folder written is a city that reads without fault; a full folder is refused."""
    run("scenario", "apply", city, "grown", tmp_path / "new")
    assert read_city(tmp_path / "new").points["demand_kg"].iloc[0] == pytest.approx(440)
    again = CliRunner().invoke(
        main, ["scenario", "apply", str(city), "grown", str(tmp_path / "new")]
    )
    assert again.exit_code == 2
    assert "is not empty" in again.output


def test_an_unknown_kind_is_explained() -> None:
    """A kind of edit that is not there comes with the one that was meant."""
    done = CliRunner().invoke(main, ["scenario", "edits", "merge_point"])
    assert done.exit_code == 2
    assert "did you mean merge_points?" in done.output


def test_simulation_tells_the_price_of_safety(
    city: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A line a safety, the price between them, and the riskiest routes."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    words = ("scenario", "simulate", city, "--date", "2024-11-25", "--iterations", 20, "--days", 50)
    out = run(*words, "--seeds", 1)
    assert "95.0% instead of 80.0%" in out
    assert "C1: 5 stops" in out
    record = json.loads(run(*words, "--seeds", 1, "--json"))
    assert list(record) == ["mean waste", "80.0%", "95.0%"]
