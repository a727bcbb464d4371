"""The proof of rules and that of real maps, on a town of a few streets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from dispatch.cityproof import prove_cities
from dispatch.ruleproof import proof as ruleproof
from dispatch.ruleproof.proof import Outcome, RuleProof, lay_samples, trials, try_city, write_city
from dispatch.ruleproof.switches import SWITCHES
from scenarios.city import read_city
from tests.cities import write_good

NAMES = tuple(SWITCHES)
Samples = list[tuple[Path, Path]]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the map of a small town; what is read of it is kept there."""
    return write_good(tmp_path_factory.mktemp("town"))


@pytest.fixture(autouse=True)
def _own_cache(town: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUANWEI_CACHE", str(town / "cache"))


@pytest.fixture(scope="module")
def samples(town: Path) -> Samples:
    """One small sample on the town's map."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUANWEI_CACHE", str(town / "cache"))
        laid = [town / "map.osm"], town / "proof", 1, lambda text: None
        return lay_samples(*laid, sizes=(12,))


def test_each_rule_stands_alone_and_is_left_out_alone(samples: Samples) -> None:
    """The first cities are none, all, and both of each rule; the rest are drawn by the seed."""
    first, others = trials(samples, 2 + 2 * len(NAMES), 1), trials(samples, 200, 1)
    sets = [t.rules for t in first]
    assert sets[:2] == [(), NAMES]
    assert {s for s in sets if len(s) == 1} == {(name,) for name in NAMES}
    assert {frozenset(NAMES) - set(s) for s in sets if len(s) == len(NAMES) - 1} == {
        frozenset({name}) for name in NAMES
    }
    assert len(others) == 200
    assert [t.rules for t in others] == [t.rules for t in trials(samples, 200, 1)]
    assert [t.rules for t in others] != [t.rules for t in trials(samples, 200, 2)]


def test_every_rule_changes_the_city(samples: Samples, tmp_path: Path) -> None:
    """Each switch alone makes tables or settings that differ from the plain city and are sound."""
    plain, _, *rest = trials(samples, 2 + 2 * len(NAMES), 1)
    bare = read_city(write_city(plain, tmp_path, 1))
    for trial in (t for t in rest if len(t.rules) == 1):
        city = read_city(write_city(trial, tmp_path, 1))
        before = (bare.tables_hash, bare.settings_hash)
        assert (city.tables_hash, city.settings_hash) != before, trial.rules


def test_cities_are_planned_and_audited(samples: Samples, tmp_path: Path) -> None:
    """The plain city and those of the first rules pass, with the plan read back from its file."""
    tried = [t for t in trials(samples, 2 + 2 * len(NAMES), 1) if len(t.rules) <= 1][:4]
    found = [try_city(t, tmp_path, 1, 20) for t in tried]
    assert [o.verdict for o in found] == ["passed"] * 4, [o.text for o in found]
    assert all(o.checks > 100 for o in found)
    assert all((tmp_path / f"city-{t.number:03d}" / "plan" / "plan.json").exists() for t in tried)


def test_promises_that_cannot_be_held_are_taken_back(
    samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a point that is none and one of a truck that is none go; the one that holds stays."""
    trial = trials(samples, 2, 1)[0]
    lay = ruleproof.write_city

    def promised(*given: Any) -> Path:
        where = lay(*given)
        points = (where / "points.csv").read_text(encoding="utf-8").splitlines()
        one, other = (line.split(",")[0] for line in points[1:3])
        rows = (f"{one},", "GONE,", f"{other},NONE")
        lines = [f"2024-11-25,{row}" for row in rows]
        (where / "pins.csv").write_text("\n".join(["date,id,truck_id", *lines, ""]))
        return where

    monkeypatch.setattr(ruleproof, "write_city", promised)
    found = try_city(trial, tmp_path, 1, 20)
    assert found.verdict == "passed", found.text
    assert found.taken_back == 2
    (kept,) = (tmp_path / "city-000" / "pins.csv").read_text().splitlines()[1:]
    assert kept.startswith("2024-11-25,P")


def test_a_plan_that_the_audit_faults_is_no_pass(
    samples: Samples, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cost that is wrong in the file fails the city and is repeated in the report."""
    true = ruleproof.load_plan

    def wrong(path: Path) -> dict[str, Any]:
        plan = true(path)
        plan["kpis"]["total"]["cost"] += 1000
        return plan

    monkeypatch.setattr(ruleproof, "load_plan", wrong)
    found = try_city(trials(samples, 2, 1)[0], tmp_path, 1, 20)
    assert found.verdict == "failed"
    assert "cost" in found.text


def test_a_city_at_fault_is_told_with_what_makes_it_again(samples: Samples) -> None:
    """The report counts it under its rules and says how to try it alone."""
    one, other = trials(samples, 2, 5)
    told = RuleProof((Outcome(one, "passed", "", 9), Outcome(other, "failed", "C1: x")), 5).lines()
    row = next(line for line in told if line.startswith("meals "))
    assert row.split()[1:] == ["1", "0", "1", "1"]
    assert told[-1].startswith("failed (--seed 5 --city 1; rules: narrow windows, ")
    assert told[-1].endswith(": C1: x")


def test_two_backends_on_a_map(town: Path, tmp_path: Path) -> None:
    """Both are audited; the report says on how many maps ours costs less."""
    done = prove_cities([town / "map.osm"], tmp_path, (12, 0.3, 7), lambda text: None)
    assert [(a.audited, b.audited) for _, a, b in done.scores] == [(True, True)]
    assert done.lines()[-1] == f"native costs less on {done.cheaper} of 1 maps"


def test_a_map_that_is_none_is_explained(tmp_path: Path) -> None:
    """Both commands say what is wrong with the file."""
    for name in ("rules", "city"):
        words = ["bench", name, str(tmp_path / "none.osm"), "--folder", str(tmp_path / name)]
        done = CliRunner().invoke(main, words)
        assert done.exit_code in (2, 3)
        assert "none.osm" in done.output
