"""The command through its real entry point."""

from __future__ import annotations

from click.testing import CliRunner

from cli import main
from tests.benchmarks.carp import tiny


def test_a_campaign_runs_and_reports(tmp_path):
    """The best plan of the square is found, checked and told; the report stands in its folder."""
    (tmp_path / "set").mkdir()
    tiny.write(tmp_path / "set", "carp")
    (tmp_path / "set" / "MANIFEST.csv").write_text("file,BKS\ntiny.dat,32\n")
    arguments = ["set", "--data", str(tmp_path), "--time", "0.2", "--seeds", "1"]
    arguments += ["--report", str(tmp_path / "report")]
    ended = CliRunner().invoke(main, ["bench", "carp", *arguments])
    assert ended.exit_code == 0, ended.output
    assert "1/1  tiny huanwei native seed 1: 32.00, gap 0.00 %, 2 vehicles" in ended.output
    assert "## set, distance first" in (tmp_path / "report" / "report.md").read_text()


def test_unknown_sets_exit_with_2(tmp_path):
    """A name that is no set, folder or file."""
    ended = CliRunner().invoke(main, ["bench", "carp", "nonsense", "--data", str(tmp_path)])
    assert ended.exit_code == 2
    assert "nonsense: no such file" in ended.output
