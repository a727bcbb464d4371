"""A planned day whose streets open and close within the shift, and what the audit says of it."""

from __future__ import annotations

import copy
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatch.audit import audit_plan
from dispatch.record import plan_record
from scenarios.city import read_city
from scenarios.run import DayPlan, run_day
from solvers.stop import MaxIterations
from tests.cities import BRIDGE, DAY, added, together, write_good, written

H = 3600
CLOSURES = "closure_id,way_id,name,area,date_from,date_to,from_time,to_time"


def planned(folder: Path, *rows: str) -> tuple[Any, DayPlan, dict[str, Any]]:
    """The good city with closures: city, plan and record."""
    city_folder = write_good(folder)
    together(*(added("closures.csv", line) for line in (CLOSURES, *rows)))(city_folder)
    city = read_city(city_folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(200))
    return city, done, plan_record(city, done)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, DayPlan, dict[str, Any]]:
    """The bridge opens at nine; the main street that is swept is closed from five to seven."""
    return planned(
        tmp_path_factory.mktemp("morning"),
        f"C1,{BRIDGE},,,,,00:00,09:00",
        "C2,,经2路,,,,05:00,07:00",
    )


def driven(record: dict[str, Any], arcs: set[int]) -> list[tuple[int, int]]:
    """Return when any of the arcs is driven or worked."""
    spans = []
    for route in record["routes"]:
        for act in route["activities"]:
            leg = act["leg"]
            if leg and arcs & set(leg["arcs"]):
                spans.append((act["arrive_s"] - leg["time_s"], act["arrive_s"]))
            if arcs & set(act["service_arcs"]):
                spans.append((act["begin_s"], act["end_s"]))
    return spans


def test_streets_are_driven_and_worked_only_while_open(morning):
    """The far bank is served after nine over the bridge, the main street swept at other hours."""
    city, done, record = morning
    assert not any("closed" in text for text in record["warnings"])
    served = [a["id"] for r in record["routes"] for a in r["activities"] if a["kind"] == "stop"]
    assert any("P5" in name for name in served)
    bridge = set(np.flatnonzero(done.network.arc_way_id == BRIDGE).tolist())
    main = set(np.flatnonzero(done.network.arc_way_id == 102).tolist())
    assert driven(record, bridge)
    assert all(begin >= 9 * H for begin, _ in driven(record, bridge))
    assert driven(record, main)
    assert all(begin >= 7 * H or end <= 5 * H for begin, end in driven(record, main))
    assert audit_plan(record, city, done.network).ok


def test_the_audit_finds_a_leg_over_a_closed_street(morning, tmp_path: Path):
    """The same plan against tables in which the bridge opens at noon."""
    _, done, record = morning
    folder = write_good(tmp_path)
    together(
        added("closures.csv", CLOSURES),
        added("closures.csv", f"C1,{BRIDGE},,,,,00:00,12:00"),
    )(folder)
    assert "closed" in audit_plan(record, read_city(folder), done.network).codes()


def test_waiting_before_a_leg_is_allowed_at_a_border_alone(morning):
    """A leg that begins later than it may, at a moment at which nothing opens, is a finding."""
    city, done, record = morning
    late = copy.deepcopy(record)
    end = late["routes"][0]["activities"][-1]
    for key in ("arrive_s", "begin_s", "end_s"):
        end[key] += 60
    assert "arrival" in audit_plan(late, city, done.network).codes()


def test_a_street_closed_in_all_its_hours_is_told(tmp_path: Path):
    """Swept between six and ten; what is closed then is named, not planned in silence."""
    hours = "cleaning_class,template,frequency,window_start,window_end\n1,ws,daily,06:00,10:00\n"
    folder = write_good(tmp_path)
    written("programmes.csv", hours)(folder)
    together(added("closures.csv", CLOSURES), added("closures.csv", "C2,,纬2路,,,,05:30,10:30"))(
        folder
    )
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(50))
    record = plan_record(city, done)
    assert audit_plan(record, city, done.network).ok
    assert any("closed in all hours" in text for text in record["warnings"])


def test_the_same_plan_at_any_thread_count(morning, tmp_path: Path):
    """Same seed and iterations, same record."""
    _, _, record = morning
    again = planned(tmp_path, f"C1,{BRIDGE},,,,,00:00,09:00", "C2,,经2路,,,,05:00,07:00")[2]
    assert again["routes"] == record["routes"]
