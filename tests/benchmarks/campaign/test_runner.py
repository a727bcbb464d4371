"""Campaigns: what is run, kept, found again, told and reported."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from benchmarks.campaign.engines import Engine, choose_engines
from benchmarks.campaign.handover import (
    has_times,
    routes_from_json,
    routes_to_json,
    unusual_rules,
    write_problem,
)
from benchmarks.campaign.own import CpuSeconds
from benchmarks.campaign.own import main as run_own
from benchmarks.campaign.records import load_record
from benchmarks.campaign.report import instance_table, table, write_report
from benchmarks.campaign.runner import Campaign, run_campaign
from benchmarks.vrp.library import LIBRARY, read_instance
from cli import main as cli
from tests.benchmarks.campaign.test_measures import record
from tests.benchmarks.vrp import tiny
from tests.benchmarks.vrp.test_checks import route

PLAN = [route("1", "1 2"), route("2", "3")]


@dataclass(frozen=True)
class Scripted(Engine):
    """An engine that writes a result that was thought up, and notes that it ran."""

    result: str = ""
    log: str = ""
    code: str = "1"

    def command(self, order, handed, out):
        """Return a command that copies the result."""
        program = (
            "import sys, pathlib; out, text, log, line = sys.argv[1:]\n"
            "open(log, 'a').write(line + chr(10))\n"
            "sys.exit('no luck') if text == 'fail' else pathlib.Path(out).write_text(text)"
        )
        line = f"{self.name} {order.path.name} {order.seed} {(handed / 'problem.json').exists()}"
        return [sys.executable, "-c", program, str(out), self.result, self.log, line]

    def fingerprint(self, library):
        """Return what stands for the code."""
        return self.code


def result(routes, trace=((0.5, 300, 3), (1.0, 250, 0)), **more):
    """Return what an engine writes."""
    rows = {"routes": routes_to_json(routes), "trace": trace, "iterations": 50, "cpu": 2.0}
    return json.dumps(rows | more)


@pytest.fixture
def campaign(tmp_path):
    """A campaign of two seeds on the tiny instance with windows, with an engine that solves it."""
    (tmp_path / "tiny").mkdir()
    path = tiny.write_text(tmp_path / "tiny", "tiny.txt", tiny.SOLOMON)
    tiny.write_text(tmp_path / "tiny", "MANIFEST.csv", "file,BKS,source\ntiny.txt,22.8,by hand\n")
    ours = Scripted("ours", "ours", False, result(PLAN), str(tmp_path / "log"))
    return Campaign(LIBRARY, [path], [ours], 4.0, 2, None, tmp_path / "report")


def ran(campaign):
    """Return the lines that the engines logged."""
    log = Path(campaign.engines[0].log)
    return log.read_text().splitlines() if log.exists() else []


def test_runs_are_checked_and_told(campaign):
    """The plan's value is the checker's; lines tell progress, gap and steps."""
    lines = []
    first, second = run_campaign(campaign, lines.append)
    assert (first.value, first.vehicles, first.faults) == (22.8, 2, ())
    assert sorted((first.seed, second.seed)) == [1, 2]
    assert first.trace == [(1.0, 25.0, None), (2.0, 22.8, None)]
    assert first.steps_per_s == 25
    assert lines[0] == "1/2  tiny ours seed 1: 22.80, gap 0.00 %, 2 vehicles"
    assert "gap   0.00 %" in lines[2] and "2.0 vehicles, 25 steps/s" in lines[2]
    assert lines[-1].endswith("report.md")


def test_finished_runs_are_found_again(campaign):
    """The same campaign again runs nothing; one more seed runs once; changed code runs anew."""
    run_campaign(campaign, lambda line: None)
    again = run_campaign(campaign, lambda line: None)
    assert len(ran(campaign)) == 2
    assert [r.value for r in again] == [22.8, 22.8]
    run_campaign(replace(campaign, seeds=3), lambda line: None)
    assert len(ran(campaign)) == 3
    changed = replace(campaign.engines[0], code="2")
    run_campaign(replace(campaign, engines=[changed]), lambda line: None)
    assert len(ran(campaign)) == 5


def test_a_half_written_run_is_no_run(campaign):
    """What an interruption leaves behind has another name and is not read."""
    run_campaign(campaign, lambda line: None)
    (kept, *_) = sorted(campaign.folder.rglob("*.json"))
    kept.rename(kept.with_suffix(".part"))
    assert load_record(kept, "1") is None
    run_campaign(campaign, lambda line: None)
    assert len(ran(campaign)) == 3


def test_engines_take_turns_and_peers_are_handed_the_problem(campaign):
    """Seed by seed, ours then theirs; the problem lies ready when a peer takes part."""
    ours = campaign.engines[0]
    theirs = replace(ours, name="theirs", solver="theirs", peer=True)
    run_campaign(replace(campaign, engines=[ours, theirs]), lambda line: None)
    assert ran(campaign) == [
        f"{name} tiny.txt {seed} True" for seed in (1, 2) for name in ("ours", "theirs")
    ]


def test_a_failed_run_is_told_and_not_kept(campaign):
    """The last line of the complaint is told, and the run is tried again next time."""
    lines = []
    broken = replace(campaign, engines=[replace(campaign.engines[0], result="fail")])
    assert run_campaign(broken, lines.append) == []
    assert lines == [f"{k}/2  tiny ours seed {k} failed: no luck" for k in (1, 2)]
    run_campaign(broken, lambda line: None)
    assert len(ran(campaign)) == 4


def test_a_plan_that_breaks_rules_is_told(campaign):
    """The first faults are named, and there is no value."""
    lines = []
    bad = replace(campaign.engines[0], result=result([route("1", "1 2")]))
    (first, _) = run_campaign(replace(campaign, engines=[bad]), lines.append)
    assert first.value is None
    assert lines[0].endswith("breaks rules: customer 3: visited 0 times")


def test_an_engine_may_refuse(campaign):
    """A rule that it cannot hold is told, and counts as nothing."""
    lines = []
    text = json.dumps({"refused": "lunch", "trace": [], "iterations": 0})
    shy = replace(campaign.engines[0], result=text)
    (first, _) = run_campaign(replace(campaign, engines=[shy]), lines.append)
    assert (first.refused, first.faults, first.value) == ("lunch", (), None)
    assert lines[0].endswith("cannot hold lunch")
    assert "| 0 | 0 |" in table([first]) and "cannot hold lunch" in table([first])


def test_vehicles_first_traces_tell_both(campaign):
    """A cost of two vehicles and 22.8 becomes distance and vehicles."""
    cost = 2 * 10**9 + 22_800
    engine = replace(campaign.engines[0], result=result(PLAN, trace=[[1.0, cost, 0]]))
    (first, _) = run_campaign(
        replace(campaign, engines=[engine], objective="vehicles"), lambda line: None
    )
    assert first.trace[0] == (1.0, 22.8, 2)
    assert first.objective == "vehicles"


def test_the_report_has_tables_and_plots(tmp_path):
    """A section for each set with its convention, figures of each engine and a plot."""
    runs = [
        record(),
        record("theirs", value=120.0),
        record(set="Y", instance="c", bks=None, bks_source=""),
    ]
    page = write_report(runs, tmp_path)
    text = page.read_text()
    assert "## X, distance first" in text and "## Y, distance first" in text
    assert "| ours | 1 | 1 | 10.00 | 10.00 | 10.00 | 10.00 | 32.00 | 3.0 | 0 | 500 |" in text
    assert "| a | 100 | a paper | 110.00 | 10.00 | 32.00 | 3.0 | 120.00 | 20.00 |" in text
    assert "| c |  | none published | 110.00 | 0.00 |" in instance_table([runs[2]])
    assert (tmp_path / "X-distance.svg").read_text().lstrip().startswith("<svg")


def test_what_peers_are_handed(tmp_path):
    """Tasks, vehicles and facilities as numbers; a time table only where time counts."""
    timed = read_instance(tiny.write_text(tmp_path, "m.vrp", tiny.MTVRPTWR)).problem
    write_problem(timed, tmp_path / "handed")
    document = json.loads((tmp_path / "handed" / "problem.json").read_text())
    assert document["tasks"][1] == {
        "id": "2",
        "location": 2,
        "service": 100,
        "load": 5,
        "early": 0,
        "late": 900,
        "release": 600,
    }
    assert document["facilities"][0]["late"] == 1000
    assert (tmp_path / "handed" / "time.npy").exists()
    plain = read_instance(tiny.write_text(tmp_path, "c.vrp", tiny.CVRP)).problem
    assert has_times(timed) and not has_times(plain)
    write_problem(plain, tmp_path / "handed")
    assert not (tmp_path / "handed" / "time.npy").exists()


def test_rules_that_peers_are_not_handed_are_named(tmp_path):
    """Lunch and daily limits of Kim, patterns and days of periodic sets; nothing for the rest."""
    kim = read_instance(tiny.write_text(tmp_path, "5_stop.txt", tiny.KIM)).problem
    assert unusual_rules(kim) == ["lunch", "daily load", "daily stops"]
    periodic = read_instance(tiny.write_json(tmp_path, "p.geojson", tiny.PVRPIF)).problem
    assert unusual_rules(periodic) == ["visit patterns over days", "several days"]
    assert not unusual_rules(read_instance(tiny.write_montevideo(tmp_path)).problem)


def test_plain_routes_survive_json():
    """Kinds, names, day and start come back as they were."""
    routes = [route("2@1", "1 F3 M", day=1, start=7.5)]
    assert routes_from_json(json.loads(json.dumps(routes_to_json(routes)))) == routes


def test_our_solver_runs_on_a_file(tmp_path):
    """A plan for two customers and a depot on the way: 18 long, by the checker's own account."""
    path = tiny.write_json(tmp_path, "tiny.json", tiny.MDVRPI)
    out = tmp_path / "out.json"
    run_own("vrp", str(path), "distance", "native", "0.3", "1", str(out))
    found = json.loads(out.read_text())
    assert found["unserved"] == 0
    assert found["trace"][-1][1] == 18_000
    (only,) = routes_from_json(found["routes"])
    assert sorted(only.tasks) == ["1", "2"]


def test_cpu_seconds_count_work_only():
    """The share used grows with the work of this process."""
    stop = CpuSeconds(1000.0)
    before = stop.used(0)
    sum(k * k for k in range(200_000))
    assert 0 <= before < stop.used(0) < 1
    assert stop.max_seconds == 1000.0


def test_engines_are_ours_alone_unless_peers_are_wanted():
    """One engine, known by the code of the solver."""
    (ours,) = choose_engines("native", peers=False)
    assert (ours.name, ours.peer) == ("huanwei native", False)
    assert len(ours.fingerprint("vrp")) == 16


def test_missing_peers_are_named(tmp_path, monkeypatch):
    """The command line says how to install what is not there, and exits with 2."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path))
    path = tiny.write_text(tmp_path, "tiny.vrp", tiny.CVRP)
    ended = CliRunner().invoke(cli, ["bench", "vrp", str(path), "--peers"])
    assert ended.exit_code == 2
    assert "--peers: not installed; python -m benchmarks.peers install vrp pyvrp" in ended.output


def test_unknown_sets_exit_with_2(tmp_path):
    """A name that is no set, folder or file."""
    ended = CliRunner().invoke(cli, ["bench", "vrp", "nonsense", "--data", str(tmp_path)])
    assert ended.exit_code == 2
    assert "nonsense: no such file" in ended.output


def test_an_interrupted_campaign_reports_what_is_finished(campaign):
    """Ctrl-C in the second instance leaves the runs of the first, told and reported."""
    second = tiny.write_text(campaign.files[0].parent, "second.txt", tiny.SOLOMON)

    def interrupt(path, kind, objective):
        if path == second:
            raise KeyboardInterrupt
        return LIBRARY.read(path, kind, objective)

    lines = []
    library = replace(LIBRARY, read=interrupt)
    files = [*campaign.files, second]
    done = run_campaign(replace(campaign, library=library, files=files), lines.append)
    assert [r.instance for r in done] == ["tiny", "tiny"]
    assert "stopped; 2 finished runs of whole instances are reported" in lines
    assert (campaign.folder / "report.md").exists()
