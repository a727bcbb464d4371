"""The report of a comparison: lines, page, workbook."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from cli import main
from tests.scenarios.edits.towns import town_city

MERGE = 'title = "Fewer <bins>"\n[[edit]]\ndo = "merge_points"\nwalk_m = 300\n'
WORDS = ("--days", "2024-11-25", "--seeds", "2", "--iterations", "20")


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """A folder with the report of two scenarios, what the command printed, and its progress."""
    folder = tmp_path_factory.mktemp("compare")
    town_city(folder / "city", merged=MERGE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUANWEI_CACHE", str(folder / "cache"))
        words = ["scenario", "compare", str(folder / "city"), "base", "merged", *WORDS]
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0, done.output
        again = CliRunner().invoke(main, [*words, "--json"])
    record = json.loads(again.stdout)
    assert record["scenarios"][1]["verdicts"]["cost"]["num_pairs"] == 2
    return folder / "city" / "scenarios" / "comparison", done.stdout, done.stderr


def test_lines_say_what_was_found(reported: tuple[Path, str, str]) -> None:
    """Each measure has a line, each scenario a verdict, and the test is named."""
    _, out, _ = reported
    assert "distance [km]" in out
    assert re.search(r"^merged: (better|worse|not distinguishable|the same)", out, re.MULTILINE)
    assert "sign-flip permutation test" in out


def test_time_that_was_not_solving_is_told(reported: tuple[Path, str, str]) -> None:
    """The share of the workers' time outside solving is the sum of its two parts."""
    told = re.search(r"([\d.]+)% of the workers' .*: ([\d.]+)% .*, ([\d.]+)% ", reported[2])
    assert told is not None
    outside, ready, rest = map(float, told.groups())
    assert ready > 0
    assert outside == pytest.approx(ready + rest, abs=0.11)


def test_page_needs_nothing_else(reported: tuple[Path, str, str]) -> None:
    """The page loads no file, runs no script, and names are text in it."""
    page = (reported[0] / "comparison.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!#)', page)
    assert "Fewer &lt;bins&gt;" in page
    assert page.count('class="map"') == 2
    assert page.count('<use href="#streets"/>') == 2


def test_book_has_every_run(reported: tuple[Path, str, str]) -> None:
    """A row a scenario, day and seed, and a verdict for each measure."""
    book = openpyxl.load_workbook(reported[0] / "comparison.xlsx")
    assert book.sheetnames == ["比较 Comparison", "运行 Runs", "改动 Edits"]
    rows = list(book["运行 Runs"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[1], row[2]) for row in rows] == [
        (name, "2024-11-25", seed) for name in ("base", "merged") for seed in (1, 2)
    ]
    assert any("merged" in str(cell.value) for cell in book["比较 Comparison"]["A"])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("base",), "two or more different scenarios"),
        (("base", "base"), "two or more different scenarios"),
        (("base", "nothing"), "expected a file"),
    ],
)
def test_faults_are_told(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """One scenario alone, or one that is not there, is refused."""
    town_city(tmp_path)
    done = CliRunner().invoke(main, ["scenario", "compare", str(tmp_path), *words, *WORDS])
    assert done.exit_code == 2
    assert told in done.output


@pytest.mark.parametrize("days", ["2024-13-01", "2024-11-26..2024-11-25", "x"])
def test_days_are_checked(tmp_path: Path, days: str) -> None:
    """A period that is none is refused."""
    done = CliRunner().invoke(
        main, ["scenario", "compare", str(tmp_path), "a", "b", "--days", days]
    )
    assert done.exit_code == 2
