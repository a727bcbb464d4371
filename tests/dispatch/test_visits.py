"""Days of visits from the tables to their files, the day's plan taken from them, and its audit."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from dispatch.audit import audit_plan
from dispatch.record import plan_record
from routing.errors import InputError
from scenarios.city import read_city
from scenarios.frequency import due
from scenarios.periodic.stored import StoredVisits, read_visits, stored_visits
from scenarios.run import run_day
from solvers.stop import MaxIterations
from tests.cities import replaced, write_good
from tests.scenarios.periodic.towns import FREQUENCIES, MONDAY, weekly_city

WEEK = "2024-W48"
WORDS = ("--week", WEEK, "--seeds", "1", "--iterations", "20", "--steps", "20", "--rounds", "1")


@pytest.fixture(scope="module")
def chosen(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """A city whose points are collected one to three times a week, with the days chosen."""
    folder = tmp_path_factory.mktemp("visits")
    weekly_city(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUANWEI_CACHE", str(tmp_path_factory.mktemp("cache")))
        done = CliRunner().invoke(main, ["visits", str(folder), *WORDS, "--json"])
    assert done.exit_code == 0, done.output
    return folder, json.loads(done.stdout)


def stored_file(folder: Path) -> Path:
    """Where the days lie."""
    return folder / "plans" / WEEK / "visits.json"


def test_every_point_has_the_days_of_its_frequency(chosen):
    """The file has each point's days, its usual truck, and the figures of three ways."""
    folder, record = chosen
    stored = read_visits(stored_file(folder))
    days = {p["id"]: p["days"] for p in stored["points"] if p["days"] is not None}
    assert {name: f"{len(own)}/week" for name, own in days.items()} == FREQUENCIES
    assert {p["truck"] for p in stored["points"]} == {"C1"}
    assert list(record["values"]) == ["frequency", "chosen", "familiar"]
    assert record["values"]["chosen"]["tonnes"] == record["values"]["frequency"]["tonnes"]
    assert {a["key"] for a in record["assumptions"]} == {
        "price.uneven.t",
        "price.uneven.h",
        "price.unfamiliar_visit",
    }


def test_page_and_table_stand_beside(chosen):
    """The page needs no other place; the table has a column a date."""
    folder, _ = chosen
    page = stored_file(folder).with_name("visits.html").read_text(encoding="utf-8")
    assert "http" not in page.replace("http-equiv", "")
    assert page.count("<figure>") == 4 + 7
    with stored_file(folder).with_name("visits.csv").open(encoding="utf-8") as table:
        rows = {row["point_id"]: row for row in csv.DictReader(table)}
    assert sum(int(rows["P1"][f"2024-11-{day}"]) for day in range(25, 31)) in (2, 3)


def test_the_plan_of_a_day_has_the_points_that_the_week_puts_there(chosen):
    """Points of the file are due on their days alone, others by frequency; the audit agrees."""
    folder, _ = chosen
    city = read_city(folder)
    stored, _ = stored_visits(city, MONDAY)
    assert stored is not None
    for k in range(7):
        date = MONDAY + dt.timedelta(days=k)
        done = run_day(city, date, lambda: MaxIterations(10))
        names = {s.point_id for s in done.posed.day.stops}
        assert names - FREQUENCIES.keys() == {"P6", "P7", "P8"}
        assert names & FREQUENCIES.keys() == {p for p, own in stored.dates.items() if date in own}
        record = plan_record(city, done)
        assert record["fingerprint"]["visits"] == stored.mark
        assert audit_plan(record, city, done.network).ok


def test_the_audit_knows_another_file(chosen):
    """A plan of another file, or of days that are not the frequency's, is found out."""
    folder, _ = chosen
    city = read_city(folder)
    done = run_day(city, MONDAY, lambda: MaxIterations(10))
    record = plan_record(city, done)
    text = stored_file(folder).read_text(encoding="utf-8")
    other = json.loads(text)
    for point in other["points"]:
        if point["days"] is not None and len(point["days"]) > 1:
            point["days"] = point["days"][:1]
    try:
        stored_file(folder).write_text(json.dumps(other), encoding="utf-8")
        report = audit_plan(record, city, done.network)
        assert "visits" in report.codes()
        stored_file(folder).write_text(json.dumps(other | {"mark": "x"}), encoding="utf-8")
        assert "visits" in audit_plan(record, city, done.network).codes()
        stored_file(folder).unlink()
        assert "visits" in audit_plan(record, city, done.network).codes()
    finally:
        stored_file(folder).write_text(text, encoding="utf-8")


def test_other_points_make_the_file_old(chosen):
    """After a point has changed frequencies decide, and a note says so."""
    folder, _ = chosen
    before = (folder / "points.csv").read_text(encoding="utf-8")
    assert stored_visits(read_city(folder), MONDAY + dt.timedelta(days=7)) == (None, ())
    try:
        replaced("points.csv", ("3/week", "4/week"))(folder)
        found, (note,) = stored_visits(read_city(folder), MONDAY)
    finally:
        (folder / "points.csv").write_text(before, encoding="utf-8")
    assert found is None
    assert "frequencies decide" in note


def test_without_a_file_frequencies_decide(tmp_path):
    """No key in the fingerprint, and the points that their frequency makes due."""
    city = weekly_city(tmp_path)
    done = run_day(city, MONDAY, lambda: MaxIterations(5))
    assert "visits" not in plan_record(city, done)["fingerprint"]
    names = {s.point_id for s in done.posed.day.stops}
    assert names & FREQUENCIES.keys() == {p for p, f in FREQUENCIES.items() if due(f, p, MONDAY)}


def test_what_the_file_does_not_know_goes_by_frequency():
    """A stored week answers for its own points only."""
    stored = StoredVisits({"A": frozenset({MONDAY})}, {}, "x")
    assert [stored.due("2/week", "A", MONDAY + dt.timedelta(days=k)) for k in range(3)] == [1, 0, 0]
    assert stored.due("2/day", "B", MONDAY) == 2


def test_a_broken_file_is_told(tmp_path):
    """A damaged file is named, with the remedy."""
    file = tmp_path / "visits.json"
    for text in ("{", '{"schema": "huanwei.visits/0"}', "[]"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="choose the days of visits again"):
            read_visits(file)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("--week", "2024-48"), 2, "expected an ISO week"),
        (("--week", WEEK, "--weeks", "3"), 2, "range 1<=x<=2"),
        (("--week", WEEK, "--days-off", "sunday,funday"), 2, "expected weekdays"),
        (("--week", WEEK, "--days-off", "wed,thu,fri,sat,sun"), 2, "frequency = '3/week' of P1"),
    ],
)
def test_bad_input_is_explained(chosen, words, code, told):
    """Weeks, lengths and days off that cannot be are refused with what was expected."""
    done = CliRunner().invoke(main, ["visits", str(chosen[0]), *words])
    assert done.exit_code == code
    assert told in done.output


def test_nothing_to_choose_is_told(tmp_path):
    """A city whose points are all daily gets a sentence and exit code 4."""
    done = CliRunner().invoke(main, ["visits", str(write_good(tmp_path)), "--week", WEEK])
    assert done.exit_code == 4
    assert "no point has days to choose" in done.output
