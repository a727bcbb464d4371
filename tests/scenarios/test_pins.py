"""Pins of a day: read, looked up, refused with file, row and remedy, and kept by the plan."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from dispatch.audit import audit_plan
from dispatch.record import plan_record
from routing.errors import InputError
from routing.network import Network
from scenarios.city import City, read_city
from scenarios.edits.draft import Draft
from scenarios.findings import Findings
from scenarios.pins import Promise, both_promises, kept_promises, table_promises
from scenarios.run import Before, DayPlan, run_day
from solvers.stop import MaxIterations
from tests.cities import write_good

DAY = dt.date(2024, 11, 25)
HEAD = "date,id,truck_id,place,begin_from,begin_to\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The good city, with a cache of its own."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    return write_good(tmp_path / "town")


def pinned(folder: Path, *rows: str) -> City:
    """The city with a table of pins."""
    (folder / "pins.csv").write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return read_city(folder)


def planned(city: City, before: Before | None = None, seed: int = 1) -> DayPlan:
    """A short search for the Monday."""
    return run_day(city, DAY, lambda: MaxIterations(60), seed=seed, before=before)


def work_of(record: dict[str, Any]) -> dict[str, list[tuple[str, int]]]:
    """By truck, its work in order with the begin of each."""
    return {
        route["truck_id"]: [
            (a["id"], a["begin_s"]) for a in route["activities"] if a["kind"] in ("stop", "street")
        ]
        for route in record["routes"]
    }


def test_a_plan_keeps_what_the_table_promises(folder: Path) -> None:
    """Truck, place and time hold; the record says so and the audit finds it true."""
    city = pinned(
        folder, "2024-11-25,P3,C1,1,,", "2024-11-25,P5,,,07:00,07:10", "2024-11-26,P1,C1,1,,"
    )
    done = planned(city)
    record = plan_record(city, done)
    work = work_of(record)
    assert work["C1"][0][0] == "P3"
    begin = next(s for tasks in work.values() for name, s in tasks if name == "P5")
    assert 7 * 3600 <= begin <= 7 * 3600 + 600
    assert record["pins"] == [
        {"id": "P3", "truck_id": "C1", "place": 1, "begin": None},
        {"id": "P5", "truck_id": "", "place": None, "begin": [25200, 25800]},
    ]
    report = audit_plan(record, city, done.network)
    assert report.findings == []
    assert report.checked["pin"] > 0
    # the same plan beside a table that promises more
    stricter = pinned(folder, "2024-11-25,P3,C1,2,,", "2024-11-25,P5,R1,,,")
    texts = [f.text for f in audit_plan(record, stricter, done.network).findings if f.code == "pin"]
    assert any("P5 is pinned by pins.csv row 3 to R1" in text for text in texts)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2024-11-25,P99,,,,", "pins.csv row 2: id = P99; expected a stop or street run"),
        ("2024-11-25,P3,T9,,,", "pins.csv row 2: truck_id = 'T9'; expected a truck_id"),
        ("2024-11-25,P3,,4,,", "pins.csv row 2: place = 4; expected its truck"),
        ("2024-11-25,P3,C1,2,,", "expected each from 1 to 1 once"),
        ("2024-11-25,P3,S1,,,", "truck_id = S1; expected one that may do P3: C1"),
        ("2024-11-25,P1,,,20:00,20:30", "begin_from = 20:00; expected a time in 05:00-12:00"),
        ("2024-11-25,P3,,,06:00,", "pins.csv row 2: begin_to = ''; expected a time"),
    ],
)
def test_what_cannot_be_promised_is_refused(folder: Path, row: str, words: str) -> None:
    """File, row, column, value and what is expected."""
    with pytest.raises(InputError) as error:
        planned(pinned(folder, row))
    assert words in str(error.value)


def test_all_faults_are_told_at_once_and_twins_too(folder: Path) -> None:
    """Two unknown points, and one that is pinned twice."""
    rows = ("2024-11-25,P98,,,,", "2024-11-25,P99,,,,", "2024-11-25,P3,,,,", "2024-11-25,P3,C1,,,")
    with pytest.raises(InputError) as error:
        planned(pinned(folder, *rows))
    assert len(error.value.faults) == 3
    assert "pinned by pins.csv row 4 already" in error.value.faults[-1]


def test_work_under_way_stays_as_the_drivers_have_it(folder: Path) -> None:
    """What begins before a moment keeps truck and order in a plan with another seed."""
    city = read_city(folder)
    first = plan_record(city, planned(city, seed=5))
    until = sorted(s for tasks in work_of(first).values() for _, s in tasks)[5]
    done = planned(city, Before(first, until), seed=6)
    second = plan_record(city, done)
    for truck, tasks in work_of(first).items():
        begun = [name for name, s in tasks if s < until]
        assert [name for name, _ in work_of(second).get(truck, [])][: len(begun)] == begun
    assert audit_plan(second, city, done.network).findings == []
    assert len(second["pins"]) == 5


def test_table_and_plan_promise_together_or_contradict_one_another(folder: Path) -> None:
    """A time is added to work under way; another truck or place is told, and nothing is dropped."""
    kept = [Promise("the plan of C1", "P1", "C1", 0), Promise("the plan of C1", "P3", "C1", 1)]
    rows = ("2024-11-25,P1,,,07:00,07:30", "2024-11-25,P3,C1,2,,", "2024-11-25,P5,R1,,,")
    both = both_promises(table_promises(pinned(folder, *rows), DAY), kept)
    assert [(p.task_id, p.truck_id, p.place) for p in both] == [
        ("P1", "C1", 0), ("P3", "C1", 1), ("P5", "R1", None)
    ]  # fmt: skip
    assert both[0].begin == (25_200, 27_000)
    rows = ("2024-11-25,P1,R1,,,", "2024-11-25,P3,C1,1,,")
    with pytest.raises(InputError) as error:
        both_promises(table_promises(pinned(folder, *rows), DAY), kept)
    assert error.value.faults[0].startswith("pins.csv row 2: id = P1; expected stop 1 of C1")
    assert error.value.faults[1].startswith("pins.csv row 3: id = P3; expected stop 2 of C1")


def test_promises_of_other_days_count_for_nothing(folder: Path) -> None:
    """A row of tomorrow is none of today's, and an empty table is none at all."""
    city = pinned(folder, "2024-11-26,P3,C1,1,,")
    assert table_promises(city, DAY) == []
    assert table_promises(city, DAY + dt.timedelta(days=1)) == [
        Promise("pins.csv row 2", "P3", "C1", 0)
    ]
    assert pinned(folder).tables_hash == read_city(folder).tables_hash


def test_only_work_that_begins_before_is_kept() -> None:
    """Stations and breaks are no promise; a moment before all of them keeps nothing."""
    activities = [
        {"kind": "start", "id": "D1", "begin_s": 0, "mode": 0},
        {"kind": "stop", "id": "P1", "begin_s": 100, "mode": 0},
        {"kind": "unload", "id": "T1", "begin_s": 200, "mode": 0},
        {"kind": "street", "id": "W1", "begin_s": 300, "mode": 1},
    ]
    record = {"routes": [{"truck_id": "C1", "activities": activities}]}
    assert [p.task_id for p in kept_promises(record, 301)] == ["P1", "W1"]
    assert [p.place for p in kept_promises(record, 301)] == [0, 1]
    assert kept_promises(record, 100) == []


def test_promises_go_with_the_truck_or_the_point_that_goes(folder: Path) -> None:
    """An edit that takes a truck or a point away leaves no promise of it behind."""
    rows = ("2024-11-25,P3,C1,1,,", "2024-11-25,P5,,,,", "2024-11-25,P5#2,,,,", "2024-11-25,P1,,,,")
    city = pinned(folder, *rows)
    draft = Draft.of(city, _no_streets, Findings())
    draft.drop("trucks", city.trucks["truck_id"] == "C1")
    draft.drop("points", city.points["point_id"] == "P5")
    assert list(draft.tables["pins"]["id"]) == ["P1"]


def _no_streets() -> Network:
    raise AssertionError("rows are dropped without a look at the streets")
