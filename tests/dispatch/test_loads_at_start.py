"""A small city's day on which a truck still has the load of the evening before."""

from __future__ import annotations

import copy
import datetime as dt

import pytest

from dispatch.audit import audit_plan
from dispatch.planfile import check_plan
from dispatch.record import plan_record
from dispatch.sheets import truck_facts
from dispatch.summary import summary_lines
from routing.errors import InfeasibleError, InputError
from scenarios.city import read_city
from scenarios.run import run_day
from solvers.stop import MaxIterations
from tests.cities import DAY, GOOD, Breakage, replaced, write_good

HEAD = "shift_start,shift_end\n"
C1 = "C1,collector,D1,3000,7,,,2.2,05:00,13:00"
F1 = "F1,kitchen,D1,2000,4,,,2.2,05:00,13:00"


def aboard(line: str, load: str) -> Breakage:
    """Change of trucks.csv that puts a load aboard a truck: kilograms, stream, date."""
    rows = GOOD["trucks.csv"].splitlines()[1:]
    others = [(row, f"{row},,,") for row in rows if row != line]
    return replaced(
        "trucks.csv",
        (HEAD, HEAD.strip() + ",loaded_kg,loaded_stream,loaded_on\n"),
        (line, f"{line},{load}"),
        *others,
    )


def planned(folder, change: Breakage):
    """City, day and record after a change."""
    change(write_good(folder))
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(60))
    return city, done, plan_record(city, done)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """C1 begins with 1,800 kg of 3,000 aboard, and has 1,500 kg to collect."""
    return planned(tmp_path_factory.mktemp("aboard"), aboard(C1, f"1800,other,{DAY}"))


def route_of(record, truck):
    """The route of a truck in a record."""
    return next(r for r in record["routes"] if r["truck_id"] == truck)


def test_the_load_is_in_record_sheet_and_key_figures(day):
    """It shows from the start, is put down with the rest, and the audit finds nothing."""
    city, done, record = day
    check_plan(record)
    route = route_of(record, "C1")
    assert route["activities"][0]["load_kg"] == 1800
    put_down = [a["mass_kg"] for a in route["activities"] if a["kind"] == "unload"]
    assert sum(put_down) == 1800 + 1500
    assert max(a["load_kg"] for a in route["activities"]) <= 3000
    assert any("出车时已载 aboard at the start 1800 kg" in f for f in truck_facts(record, route))
    report = audit_plan(record, city, done.network)
    assert report.ok, report.lines()


def test_the_audit_sees_loads_that_are_forgotten(day):
    """Neither an empty start nor a truck that stays at home with its load passes."""
    city, done, record = day
    empty = copy.deepcopy(record)
    for activity in route_of(empty, "C1")["activities"]:
        activity["load_kg"] -= 1800 if activity["load_kg"] >= 1800 else 0
    assert "load-mass" in {f.code for f in audit_plan(empty, city, done.network).findings}
    home = copy.deepcopy(record)
    home["routes"] = [r for r in home["routes"] if r["truck_id"] != "C1"]
    assert "load-at-home" in {f.code for f in audit_plan(home, city, done.network).findings}


@pytest.fixture(scope="module")
def stuck_day(tmp_path_factory):
    """F1 begins with 900 kg, and the one plant for it opens after its shift."""
    late = replaced("facilities.csv", ("kitchen,04:00,22:00", "kitchen,19:00,22:00"))
    load = aboard(F1, f"900,kitchen,{DAY}")

    def change(folder):
        load(folder)
        late(folder)

    return planned(tmp_path_factory.mktemp("stuck"), change)


def test_a_truck_that_can_put_its_load_down_nowhere_stays_at_home(stuck_day):
    """The day of all others is planned; the load is told apart from what is not collected."""
    city, done, record = stuck_day
    check_plan(record)
    assert {r["truck_id"] for r in record["routes"]} == {"C1", "R1", "S1"}
    (left,) = [u for u in record["unserved"] if u["kind"] == "aboard"]
    assert (left["id"], left["stream"], left["mass_kg"]) == ("F1", "kitchen", 900)
    assert left["reason"] == "stays_aboard"
    told = "at home    F1 with 900 kg of kitchen aboard: no facility takes it in the truck's hours"
    assert told in summary_lines(record)
    others = [u for u in record["unserved"] if u["kind"] != "aboard"]
    assert record["kpis"]["total"]["unserved_kg"] == sum(u["mass_kg"] for u in others)
    assert any("F1 stays at D1: no facility takes the 900 kg" in w for w in record["warnings"])
    report = audit_plan(record, city, done.network)
    assert report.ok, report.lines()


def test_the_audit_sees_loads_that_could_have_gone(day, stuck_day):
    """Naming a load among the unserved is no excuse where others unload, nor for another mass."""
    city, done, record = day
    home = copy.deepcopy(record)
    home["routes"] = [r for r in home["routes"] if r["truck_id"] != "C1"]
    (left,) = [u for u in stuck_day[2]["unserved"] if u["kind"] == "aboard"]
    home["unserved"].append(left | {"id": "C1", "stream": "other", "mass_kg": 1800})
    assert "load-at-home" in {f.code for f in audit_plan(home, city, done.network).findings}
    city, done, record = stuck_day
    light = copy.deepcopy(record)
    light["unserved"] = [
        u | {"mass_kg": 800} if u["kind"] == "aboard" else u for u in light["unserved"]
    ]
    assert "load-at-home" in {f.code for f in audit_plan(light, city, done.network).findings}


def test_on_other_days_the_truck_begins_empty(tmp_path):
    """A load of the morning before is none of this day's; its one stream need not be named."""
    yesterday = dt.date.fromisoformat(DAY) - dt.timedelta(days=1)
    _, _, record = planned(tmp_path, aboard(F1, f"900,,{yesterday}"))
    assert route_of(record, "F1")["activities"][0]["load_kg"] == 0


@pytest.mark.parametrize(
    ("line", "load", "error", "said"),
    [
        (C1, "1800,other,", InputError, "loaded_kg = 1800; expected the date in loaded_on"),
        (C1, f"3001,other,{DAY}", InputError, "loaded_kg = 3001; expected at most 3000"),
        (C1, f"900,kitchen,{DAY}", InfeasibleError, "C1 has 900 kg aboard of kitchen; it carries"),
    ],
)
def test_what_a_truck_cannot_have_aboard_is_told(tmp_path, line, load, error, said):
    """Without a date, over capacity, or of a stream that the truck does not carry."""
    with pytest.raises(error, match=said):
        planned(tmp_path, aboard(line, load))


def test_sweepers_begin_empty(tmp_path):
    """Only collection trucks may have a load aboard at the start."""
    line = "S1,sweeper,D1,4000,,2000,7,2.2,04:00,12:00"
    with pytest.raises(InputError, match="loaded_kg = 100; expected none for a sweeper truck"):
        planned(tmp_path, aboard(line, f"100,,{DAY}"))
