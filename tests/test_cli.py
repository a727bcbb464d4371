"""The command line through its real entry point: results, exit codes, signals, same bytes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scenarios.sample import write_sample

DAY = "2024-11-25"
ENTRY = Path(sys.executable).with_name("huanwei")
COMMANDS = ("sample", "check", "plan", "show", "audit", "export", "network", "demo")
PLAN = ("--date", DAY, "--iterations", "60", "--seed", "3")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A place with a cache of its own, so that nothing of the user's is read or written."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def city(home: Path) -> Path:
    """A sample city with few points; to be left as it is."""
    return write_sample(home / "city", points=40, seed=5)


@pytest.fixture(scope="module")
def planned(home: Path, city: Path) -> Path:
    """The folder of that city's plan; to be left as it is."""
    done = huanwei(home, "plan", city, *PLAN)
    assert done.returncode == 0, done.stderr
    return city / "plans" / DAY


@pytest.fixture
def copied(city: Path, tmp_path: Path) -> Path:
    """A copy of the city, without plans, to be spoiled."""
    return shutil.copytree(city, tmp_path / "city", ignore=shutil.ignore_patterns("plans"))


def environment(home: Path, **extra: str) -> dict[str, str]:
    """The caller's environment with a cache of its own."""
    return {**os.environ, "HUANWEI_CACHE": str(home / "cache"), "COLUMNS": "100", **extra}


def huanwei(home: Path, *words: object, **extra: str) -> subprocess.CompletedProcess[str]:
    """Run one command in a process of its own."""
    return subprocess.run(
        [str(ENTRY), *map(str, words)],
        env=environment(home, **extra),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def replace_cell(table: Path, row: int, column: str, value: str) -> None:
    """Write another value into a cell; rows count from 2 as in a spreadsheet."""
    lines = table.read_text(encoding="utf-8").splitlines()
    cells = lines[row - 1].split(",")
    cells[lines[0].split(",").index(column)] = value
    lines[row - 1] = ",".join(cells)
    table.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_help_lists_every_command(home: Path) -> None:
    """The first thing that a user types names all commands."""
    done = huanwei(home, "--help")
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_each_help_has_an_example(home: Path, name: str) -> None:
    """Each command's help shows how it is called."""
    done = huanwei(home, name, "--help")
    assert done.returncode == 0
    assert f"huanwei {name}" in done.stdout
    assert "Example" in done.stdout
    assert "--json" in done.stdout


def test_sample_does_not_write_over_a_folder_in_use(home: Path, city: Path) -> None:
    """A folder with files in it is left alone."""
    done = huanwei(home, "sample", city)
    assert done.returncode == 2
    assert "not empty" in done.stderr


def test_check_finds_nothing_in_the_sample(home: Path, city: Path) -> None:
    """The sample city has no fault, and the document counts its rows."""
    done = huanwei(home, "check", city, "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["rows"]["points"] == 40


def test_check_names_all_faults_with_file_row_and_column(home: Path, copied: Path) -> None:
    """Two faults in two tables are told in one run, with exit code 2."""
    replace_cell(copied / "points.csv", 3, "demand_kg", "-5")
    replace_cell(copied / "trucks.csv", 2, "capacity_kg", "heavy")
    done = huanwei(home, "check", copied)
    assert done.returncode == 2
    assert "points.csv row 3: demand_kg = " in done.stderr
    assert "trucks.csv row 2: capacity_kg = " in done.stderr
    assert "Traceback" not in done.stderr
    document = json.loads(huanwei(home, "check", copied, "--json").stdout)
    assert len(document["faults"]) == 2


def test_plan_writes_the_whole_folder(planned: Path) -> None:
    """Plan, map, sheets, tracks and figures are all there, and no half-written file."""
    names = {p.name for p in planned.iterdir()}
    assert names == {"plan.json", "map.html", "sheets.xlsx", "plan.geojson", "gpx", "kpis.csv"}


def test_plan_says_what_it_does(home: Path, copied: Path) -> None:
    """Stages go to standard error; the summary, the audit and the files go to standard output."""
    done = huanwei(home, "plan", copied, *PLAN)
    assert done.returncode == 0
    assert "first plan" in done.stderr
    assert "audit: " in done.stdout
    assert "map.html" in done.stdout


@pytest.mark.parametrize("extra", [{}, {"NUMBA_NUM_THREADS": "1", "PYTHONHASHSEED": "17"}])
def test_same_seed_and_iterations_same_bytes(
    home: Path, copied: Path, planned: Path, extra: dict[str, str]
) -> None:
    """The same data, seed and iterations give plan.json byte for byte, at any thread count."""
    assert huanwei(home, "plan", copied, *PLAN, **extra).returncode == 0
    again = copied / "plans" / DAY
    for name in ("plan.json", "map.html", "sheets.xlsx", "plan.geojson", "kpis.csv"):
        assert (again / name).read_bytes() == (planned / name).read_bytes(), name


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--date", "2024-13-01"), "YYYY-MM-DD"),
        (("--date", DAY, "--solver", "guess"), "ortools"),
        (("--date", DAY, "--time", "-1"), "--time"),
        (("--date", DAY, "--iterations", "-1"), "--iterations"),
        (("--date", DAY, "--until", "07:00"), "--until needs --from"),
        (("--date", DAY, "--from", "nowhere"), "expected a plan folder"),
        (("--date", DAY, "--from", "nowhere", "--until", "7"), "HH:MM"),
    ],
)
def test_unusable_options_are_refused(
    home: Path, city: Path, words: tuple[str, ...], part: str
) -> None:
    """An option out of range is named, and ends with exit code 2."""
    done = huanwei(home, "plan", city, *words)
    assert done.returncode == 2
    assert part in done.stderr
    assert "Traceback" not in done.stderr


def test_a_plan_goes_on_from_an_earlier_one(home: Path, copied: Path, planned: Path) -> None:
    """All work that has begun stays where it is, and the audit finds it so."""
    done = huanwei(home, "plan", copied, *PLAN, "--from", planned, "--until", "07:00", "--json")
    assert done.returncode == 0
    work = [json.loads((p / "plan.json").read_text()) for p in (planned, copied / "plans" / DAY)]
    before, after = (
        {
            route["truck_id"]: [a for a in route["activities"] if a["kind"] in ("stop", "street")]
            for route in record["routes"]
        }
        for record in work
    )
    begun = {
        truck: [a["id"] for a in own if a["begin_s"] < 7 * 3600] for truck, own in before.items()
    }
    assert sum(map(len, begun.values())) == len(work[1]["pins"]) > 0
    for truck, names in begun.items():
        assert [a["id"] for a in after.get(truck, [])][: len(names)] == names


def test_absent_city_is_named(home: Path) -> None:
    """A city that is not there is an input error."""
    done = huanwei(home, "plan", home / "nowhere", "--date", DAY)
    assert done.returncode == 2
    assert "nowhere" in done.stderr


def test_show_prints_the_figures(home: Path, planned: Path) -> None:
    """Key figures come as lines and as a document."""
    done = huanwei(home, "show", planned, "--no-browser")
    assert done.returncode == 0
    assert "map.html" in done.stdout
    document = json.loads(huanwei(home, "show", planned, "--json").stdout)
    assert document["total"]["stops"] > 0


def test_audit_of_a_sound_plan(home: Path, planned: Path) -> None:
    """The plan as written passes, and the document says what was checked."""
    done = huanwei(home, "audit", planned, "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["ok"] is True


def first_stop(plan: dict[str, Any]) -> dict[str, Any]:
    """The first stop of the first route that has one."""
    stops = (a for r in plan["routes"] for a in r["activities"] if a["kind"] == "stop")
    return next(stops)


def test_audit_of_a_changed_plan_fails(home: Path, planned: Path, tmp_path: Path) -> None:
    """A plan with one mass changed by hand fails with exit code 4 and names the rule."""
    plan = json.loads((planned / "plan.json").read_text(encoding="utf-8"))
    first_stop(plan)["mass_kg"] += 100
    changed = tmp_path / "plan.json"
    changed.write_text(json.dumps(plan), encoding="utf-8")
    done = huanwei(home, "audit", changed, "--city", planned.parent.parent)
    assert done.returncode == 4
    assert "mass-taken" in done.stdout + done.stderr


def test_export_writes_what_is_asked(home: Path, planned: Path, copied: Path) -> None:
    """Only the named files are written, beside the plan."""
    folder = copied / "plans" / DAY
    folder.mkdir(parents=True)
    shutil.copy(planned / "plan.json", folder)
    done = huanwei(home, "export", folder, "--geojson", "--csv")
    assert done.returncode == 0, done.stderr
    assert {p.name for p in folder.iterdir()} == {"plan.json", "plan.geojson", "kpis.csv"}
    assert (folder / "plan.geojson").read_bytes() == (planned / "plan.geojson").read_bytes()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "huanwei.plan/99"}'])
def test_damaged_plans_are_explained(home: Path, tmp_path: Path, text: str) -> None:
    """A plan cut short or of another schema ends with exit code 2 and names the file."""
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    done = huanwei(home, "show", tmp_path, "--no-browser")
    assert done.returncode == 2
    assert "plan.json" in done.stderr
    assert "Traceback" not in done.stderr


def test_network_is_cached(home: Path, city: Path, tmp_path: Path) -> None:
    """The second reading comes from the cache and tells the same figures."""
    first = huanwei(tmp_path, "network", city / "map.osm", "--json")
    second = huanwei(tmp_path, "network", city / "map.osm", "--json")
    assert first.returncode == second.returncode == 0
    before, after = json.loads(first.stdout), json.loads(second.stdout)
    assert (before.pop("cached"), after.pop("cached")) == (False, True)
    assert before == after


def test_unreadable_map_is_explained(home: Path, tmp_path: Path) -> None:
    """A file that is no map ends with exit code 3 and names itself."""
    (tmp_path / "page.osm").write_text("<html></html>", encoding="utf-8")
    done = huanwei(home, "network", tmp_path / "page.osm")
    assert done.returncode == 3
    assert "page.osm" in done.stderr


@pytest.fixture
def started(home: Path, copied: Path) -> Iterator[subprocess.Popen[str]]:
    """A planning process that would run for ten minutes, in the middle of its search."""
    words = [str(ENTRY), "plan", str(copied), "--date", DAY, "--time", "600"]
    with subprocess.Popen(
        words,
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        told: list[str] = []
        while "first plan" not in "".join(told[-1:]):
            told.append(process.stderr.readline())
            assert told[-1], "".join(told)
        yield process
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_planning_writes_the_best_plan(
    started: subprocess.Popen[str], copied: Path, home: Path, number: int
) -> None:
    """Ctrl-C and a termination end the search, and what was found is written and sound."""
    started.send_signal(number)
    out, err = started.communicate(timeout=120)
    assert started.returncode == 0, err
    assert "map.html" in out
    assert huanwei(home, "audit", copied / "plans" / DAY).returncode == 0


def test_killed_planning_leaves_the_former_plan(
    started: subprocess.Popen[str], copied: Path, planned: Path
) -> None:
    """A process killed in the middle of its search leaves no half-written file."""
    started.kill()
    started.communicate(timeout=60)
    assert not (copied / "plans").exists()


LONG = ("--date", DAY, "--iterations", "150000", "--seed", "3", "--searches", "2")
"""Some seconds of search: long enough for a checkpoint."""


def kill_at_checkpoint(home: Path, folder: Path) -> Path:
    """Start a long search, kill it once it has kept its state, and return where that is."""
    searches = home / "cache" / "searches"
    with subprocess.Popen(
        [str(ENTRY), "plan", str(folder), *LONG],
        env=environment(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while process.poll() is None and not list(searches.glob("*.npz")):
            time.sleep(0.02)
        process.kill()
        _, told = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL, told
    (file,) = searches.glob("*.npz")
    return file


@pytest.fixture
def apart(home: Path, tmp_path: Path) -> Path:
    """A home of its own with the streets in its cache, but no searches."""
    others = shutil.ignore_patterns("searches")  # left by tests that stop a search
    shutil.copytree(home / "cache", tmp_path / "home" / "cache", ignore=others)
    return tmp_path / "home"


def test_killed_search_is_resumed_to_the_same_bytes(
    apart: Path, planned: Path, copied: Path
) -> None:
    """Killed by the system and resumed with one thread, it ends with the undisturbed plan."""
    assert planned.exists()
    file = kill_at_checkpoint(apart, copied)
    assert not (copied / "plans").exists()
    done = huanwei(apart, "plan", copied, *LONG, "--threads", "1", "--resume")
    assert done.returncode == 0, done.stderr
    assert "resumed: cost" in done.stderr
    assert not file.exists()
    found = (copied / "plans" / DAY / "plan.json").read_bytes()
    assert huanwei(apart, "plan", copied, *LONG, "--threads", "2").returncode == 0
    assert (copied / "plans" / DAY / "plan.json").read_bytes() == found
    assert huanwei(apart, "audit", copied / "plans" / DAY).returncode == 0


def test_stopped_search_of_other_data_is_refused(apart: Path, planned: Path, copied: Path) -> None:
    """When a table has changed since, --resume says so; without it the search begins anew."""
    assert planned.exists()
    file = kill_at_checkpoint(apart, copied)
    replace_cell(copied / "points.csv", 3, "demand_kg", "77")
    done = huanwei(apart, "plan", copied, *LONG, "--resume")
    assert done.returncode == 2
    assert "other data" in done.stderr
    assert file.exists()
    words = ("--date", DAY, "--iterations", "60")
    done = huanwei(apart, "plan", copied, *words)
    assert done.returncode == 0
    assert "--resume would go on" in done.stderr
    assert not file.exists()
    assert "begins anew" in huanwei(apart, "plan", copied, *words, "--resume").stderr


def test_target_ends_the_search(home: Path, copied: Path) -> None:
    """A cost that any plan has is reached long before ten minutes are over."""
    done = huanwei(home, "plan", copied, "--date", DAY, "--time", "600", "--target", "1e9")
    assert done.returncode == 0, done.stderr
