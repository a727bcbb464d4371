"""A week of street cleaning from the tables to its folder, and the day's plan taken from it."""

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
from dispatch.package import audit_folder
from dispatch.record import plan_record
from routing.errors import InputError
from scenarios.city import read_city
from scenarios.cleaning.stored import dates_of, read_week, stored_week, week_name
from scenarios.run import load_network, run_day
from solvers.stop import MaxIterations
from tests.cities import DAY, replaced, write_good, written
from tests.dispatch.test_audit_passes import FINISHER, OPERATIONS, TRUCKS

WEEK = "2024-W48"
MONDAY = dt.date.fromisoformat(DAY)
STREETS = (
    "street_id,osm_class,cleaning_class,category\nA,primary,1,main\nB,residential,2,back_street\n"
)
PROGRAMMES = "cleaning_class,template,frequency\n1,ws,2/week\n2,sweep,3/week\n"
WEATHER = "date,min_temp_c\n2024-11-28,-2\n"


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The good city with a week: upper streets by convoy, the others swept; a cold Thursday."""
    city = write_good(tmp_path_factory.mktemp("week"))
    written("trucks.csv", TRUCKS + FINISHER + "S2,sweeper,D1,4000,,2000,7,2.2,04:00,12:00\n")(city)
    rows = OPERATIONS + "sweep,1,sweeper,8,0.1,100,,,false\n"
    written("operations.csv", rows)(city)
    written("streets.csv", STREETS)(city)
    written("programmes.csv", PROGRAMMES)(city)
    written("weather.csv", WEATHER)(city)
    result = CliRunner().invoke(
        main, ["sweep", str(city), "--week", WEEK, "--iterations", "60", "--json"]
    )
    assert result.exit_code == 0, result.output
    return city, json.loads(result.stdout)


def test_every_run_has_as_many_days_as_its_frequency(swept):
    """Twice or three times a week, never on the day on which all work is off."""
    city, _ = swept
    week = read_week(city / "plans" / WEEK / "week.json")
    wanted = {"2/week": 2, "3/week": 3}
    assert {run["template"] for run in week["runs"]} == {"ws", "sweep"}
    for run in week["runs"]:
        assert len(run["days"]) == wanted[run["frequency"]]
        assert 3 not in run["days"]


def test_the_coverage_adds_up(swept):
    """Required passes are planned or missed, by each of the three groupings and in all."""
    city, record = swept
    total = record["coverage"][-1]
    week = read_week(city / "plans" / WEEK / "week.json")
    passes = {"ws": 3, "sweep": 1}
    due = sum(len(run["days"]) * passes[run["template"]] for run in week["runs"])
    assert total["required"] == due
    for by in ("class", "category", "district"):
        rows = [row for row in record["coverage"] if row["by"] == by]
        for key in ("required", "planned", "missed"):
            assert sum(row[key] for row in rows) == total[key]
    assert total["planned"] + total["missed"] == total["required"]
    with (city / "plans" / WEEK / "coverage.csv").open(encoding="utf-8") as table:
        assert len(list(csv.DictReader(table))) == len(record["coverage"])


def test_every_day_is_audited(swept):
    """The days lie one folder deeper, as plans of streets alone, and are sound."""
    city, record = swept
    assert all(report["ok"] for report in record["audit"])
    assert len(record["audit"]) == len(record["days"])
    folder = city / "plans" / WEEK / record["days"][0]["date"]
    assert audit_folder(folder, None, lambda text: None).ok
    assert (folder / "map.html").exists()


def test_the_page_needs_nothing_but_itself(swept):
    """A heat map of seven days, a map a worked day, no address of another place."""
    city, record = swept
    page = (city / "plans" / WEEK / "week.html").read_text(encoding="utf-8")
    assert page.count("<figure>") == len(record["days"])
    assert "http" not in page
    assert "背街小巷 back streets" in page


def test_the_plan_of_a_day_is_taken_from_the_week(swept):
    """Exactly the runs that the week puts on the day are in the plan, and the audit knows why."""
    city_folder, _ = swept
    city = read_city(city_folder)
    date = MONDAY + dt.timedelta(days=1)
    done = run_day(city, date, lambda: MaxIterations(60))
    record = plan_record(city, done)
    week = read_week(city_folder / "plans" / WEEK / "week.json")
    due = {run["id"] for run in week["runs"] if 1 in run["days"]}
    acts = [a["id"] for r in record["routes"] for a in r["activities"] if a["kind"] == "street"]
    acts += [u["id"] for u in record["unserved"] if u["kind"] == "street"]
    assert {name.partition("@")[0] for name in acts} == due
    assert record["fingerprint"]["week"] == week["mark"]
    assert audit_plan(record, city, done.network).ok
    record["fingerprint"]["week"] = "another"
    assert "week" in audit_plan(record, city, done.network).codes()


def test_a_week_of_other_tables_is_not_used(swept, tmp_path):
    """After a programme has changed, frequencies decide, and a note says that the week is old."""
    city_folder, _ = swept
    city = read_city(city_folder)
    network = load_network(city, lambda text: None)
    assert stored_week(city, network, MONDAY)[0] is not None
    assert stored_week(city, network, MONDAY + dt.timedelta(days=7)) == (None, ())
    before = (city_folder / "programmes.csv").read_text(encoding="utf-8")
    try:
        replaced("programmes.csv", ("3/week", "4/week"))(city_folder)
        found, (note,) = stored_week(read_city(city_folder), network, MONDAY)
    finally:
        (city_folder / "programmes.csv").write_text(before, encoding="utf-8")
    assert found is None
    assert "plan the week again" in note


def test_weeks_have_names():
    """ISO weeks: the first days of January may belong to the year before."""
    assert week_name(dt.date(2024, 11, 25)) == WEEK
    assert week_name(dt.date(2027, 1, 1)) == "2026-W53"
    assert dates_of(WEEK)[0] == MONDAY
    for text in ("2024-48", "2024-W54", "W48", "2024-Wxx"):
        with pytest.raises(InputError, match="expected an ISO week"):
            dates_of(text)


def test_a_broken_week_is_told(tmp_path):
    """A damaged file of a week is named, with the remedy."""
    file = tmp_path / "week.json"
    for text in ("{", '{"schema": "huanwei.week/0"}', "[]"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError, match="plan the week again"):
            read_week(file)


def test_nothing_due_is_no_week(tmp_path):
    """A city without programmes gets a sentence and exit code 4."""
    city = write_good(tmp_path)
    written("programmes.csv", "cleaning_class,template,frequency\n")(city)
    result = CliRunner().invoke(main, ["sweep", str(city), "--week", WEEK])
    assert result.exit_code == 4
    assert "no street can be cleaned" in result.output
