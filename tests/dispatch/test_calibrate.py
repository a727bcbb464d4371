"""``huanwei calibrate`` through its entry point: logs to speeds.csv, and what cannot be done."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli import main
from routing.roads import build_roads
from scenarios.city import read_city
from scenarios.run import load_network
from scenarios.sample import write_sample
from tests.scenarios.gps.logs import make_log

DAY = "2024-11-25"


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A small sample city and a log of two of its trucks; to be left as they are."""
    home = tmp_path_factory.mktemp("calibrate")
    folder = write_sample(home / "city", points=40, seed=5)
    city = read_city(folder)
    network = load_network(city, lambda text: None)
    made = make_log(city, network, build_roads(network), seed=1, trucks=2, hours=(6, 8))
    return folder, made.write(home / "gps.csv")


@pytest.fixture
def city(logged: tuple[Path, Path], tmp_path: Path) -> Path:
    """A copy of the city, to be written into."""
    return shutil.copytree(logged[0], tmp_path / "city")


def calibrate(*words: object) -> Result:
    """Run the command."""
    return CliRunner().invoke(main, ["calibrate", *map(str, words)])


def test_nothing_is_written_unless_asked(logged: tuple[Path, Path], city: Path) -> None:
    """The report has a line for each cell driven, and says that nothing was written."""
    before = sorted(city.iterdir())
    done = calibrate(city, "--gps", logged[1])
    assert done.exit_code == 0, done.output
    assert "truck        primary" in done.stdout
    assert " ± " in done.stdout
    assert "nothing was written" in done.stdout
    assert "stands found" in done.stderr
    assert sorted(city.iterdir()) == before


def test_write_and_out(logged: tuple[Path, Path], city: Path, tmp_path: Path) -> None:
    """Both write the same table; the city then plans by it, and the audit agrees to the second."""
    out = tmp_path / "elsewhere" / "table.csv"
    done = calibrate(city, "--gps", logged[1], "--write", "--out", out, "--json")
    assert done.exit_code == 0, done.output
    document: dict[str, Any] = json.loads(done.stdout)
    assert document["written"] == [str(out), str(city / "speeds.csv")]
    assert out.read_bytes() == (city / "speeds.csv").read_bytes()
    header = out.read_text(encoding="utf-8-sig").splitlines()[0]
    assert header == "road_class,hour_from,hour_to,profile,factor,n,plus_minus"
    assert len(read_city(city).speeds) == len(document["speeds"])
    words = ["plan", str(city), "--date", DAY, "--iterations", "20", "--json"]
    plan = CliRunner().invoke(main, words)
    assert plan.exit_code == 0, plan.output
    assert json.loads(plan.stdout)["audit"]["ok"] is True


def test_an_old_table_is_kept(logged: tuple[Path, Path], city: Path) -> None:
    """Writing again keeps the former table beside the new one, and gives the same bytes."""
    for _ in range(2):
        assert calibrate(city, "--gps", logged[1], "--write").exit_code == 0
    assert (city / "speeds.csv.bak").read_bytes() == (city / "speeds.csv").read_bytes()


def test_hours_and_coordinates(logged: tuple[Path, Path], city: Path) -> None:
    """Other hours give other ranges; a system that is not the true one is refused."""
    done = calibrate(city, "--gps", logged[1], "--hours", "", "--json")
    hours = {(row["hour_from"], row["hour_to"]) for row in json.loads(done.stdout)["speeds"]}
    assert hours == {(0, 24)}
    wrong = calibrate(city, "--gps", logged[1], "--coordinates", "gcj02", "--write")
    assert wrong.exit_code == 2
    assert "--coordinates wgs84" in wrong.stderr
    assert not (city / "speeds.csv").exists()


def test_broken_rows_are_all_named(city: Path, tmp_path: Path) -> None:
    """Faults of two rows come together, without a traceback."""
    log = tmp_path / "gps.csv"
    log.write_text("truck_id,time,lon,lat\nT1,noon,112,31\nT1,2024-11-25 08:00:00,east,31\n")
    done = calibrate(city, "--gps", log)
    assert done.exit_code == 2
    assert "gps.csv row 2: time = 'noon'" in done.stderr
    assert "gps.csv row 3: lon = 'east'" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "expected either --stops or --gps"),
        (("--gps", "a.csv", "--stops", "b.csv"), "expected either --stops or --gps"),
        (("--stops", "b.csv", "--write"), "--out and --write go with --gps"),
        (("--gps", "a.csv", "--hours", "9,7"), "--hours"),
        (("--gps", "a.csv", "--zone", "Mars"), "--zone"),
        (("--gps", "a.csv", "--out", "."), "expected the name of a file"),
        (("--gps", "gone.csv"), "gone.csv is missing"),
    ],
)
def test_what_cannot_be_done_is_told(city: Path, words: tuple[str, ...], told: str) -> None:
    """Options that do not go together, or are out of range, end with exit code 2 and a remedy."""
    done = calibrate(city, *words)
    assert done.exit_code == 2
    assert told in done.stderr


def test_stops_still_give_service_times(city: Path, tmp_path: Path) -> None:
    """The other log: lines for city.toml, nothing written."""
    points = read_city(city).points["point_id"].head(3)
    rows = [f"T1,{p},2024-11-25 08:0{k}:00,2024-11-25 08:0{k}:50" for k, p in enumerate(points)]
    log = tmp_path / "stops.csv"
    log.write_text("\n".join(["truck_id,point_id,arrive,depart", *rows]) + "\n", encoding="utf-8")
    done = calibrate(city, "--stops", log)
    assert done.exit_code == 0, done.output
    assert "stop_s = " in done.stdout
