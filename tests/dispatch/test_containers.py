"""A small city's day with containers, which a hook-lift truck exchanges for empty ones."""

from __future__ import annotations

import copy
import datetime as dt

import pytest

from dispatch.audit import audit_plan
from dispatch.planfile import check_plan
from dispatch.record import plan_record
from dispatch.sheets import activity_cells
from routing.errors import InputError
from scenarios.city import read_city
from scenarios.run import run_day
from scenarios.simulation import Noise, simulate_plan
from solvers.stop import MaxIterations
from tests.cities import DAY, GOOD, added, place, replaced, write_good

BOXES = [
    f"B1,{place(0.5, 3)},other,2600,,,daily,container",
    f"B2,{place(2.5, 1)},other,1900,,,2/day,container",
    f"B3,{place(3.5, 2)},other,3100,,,daily,container",
]


def write_boxes(folder, held="1", head_point=",kind", head_truck=",containers"):
    """The good city with three containers and a hook-lift truck that takes ``held`` at once."""
    write_good(folder)
    points, trucks = GOOD["points.csv"].splitlines(), GOOD["trucks.csv"].splitlines()
    for name, lines, head in (("points", points, head_point), ("trucks", trucks, head_truck)):
        rows = [(row + "\n", row + ",\n") for row in lines[1:]]
        replaced(f"{name}.csv", (lines[0], lines[0] + head), *rows)(folder)
    for row in BOXES:
        added("points.csv", row)(folder)
    added("trucks.csv", f"H1,hooklift,D1,9000,,,,2.3,05:00,13:00,{held}")(folder)
    return folder


def planned(folder):
    """City, day and record."""
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(200))
    return city, done, plan_record(city, done)


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """One container at a time."""
    return planned(write_boxes(tmp_path_factory.mktemp("boxes")))


def rounds(record):
    """What the hook-lift truck does, and at how many stops it is in each of its trips."""
    route = next(r for r in record["routes"] if r["truck_id"] == "H1")
    work = [a for a in route["activities"] if a["kind"] == "stop"]
    trips = [a["trip"] for a in work]
    return route, work, [trips.count(t) for t in sorted(set(trips))]


def test_each_container_is_a_trip_of_its_own(day):
    """Four exchanges of eight minutes, the point of two a day among them, four times to unload."""
    city, done, record = day
    check_plan(record)
    route, work, trips = rounds(record)
    assert sorted(a["id"] for a in work) == ["B1", "B2", "B2#2", "B3"]
    assert trips == [1, 1, 1, 1]
    assert {a["volume_l"] for a in work} == {14_000}
    assert {a["end_s"] - a["begin_s"] for a in work} == {8 * 60}
    assert activity_cells(work[0], route)["what"] == "换箱 Exchange the container"
    others = [r for r in record["routes"] if r["truck_id"] != "H1"]
    assert not any(a["id"].startswith("B") for r in others for a in r["activities"])
    report = audit_plan(record, city, done.network)
    assert report.ok, report.lines()
    assert "container.volume" in {a["key"] for a in record["assumptions"]}


def test_a_truck_may_take_two_at_once(tmp_path):
    """Two empty ones out, two full ones in, in fewer trips."""
    city, done, record = planned(write_boxes(tmp_path, held="2"))
    trips = rounds(record)[2]
    assert sum(trips) == len(BOXES) + 1
    assert max(trips) == 2
    report = audit_plan(record, city, done.network)
    assert report.ok, report.lines()
    # a container takes its place however full it is: more waste in it makes no detour
    noise = Noise(demand=0.2, speed=0.0, service=0.0)
    found = simulate_plan(done.posed, done.posed.problem, done.plan, noise, 100, 1)
    assert next(r for r in found.routes if r.truck_id == "H1").overflow == 0


def test_the_audit_sees_containers_on_other_trucks_and_bins_on_this_one(day):
    """A container that a packer serves, and a truck without hook that has containers."""
    city, done, record = day
    wrong = copy.deepcopy(city.tables)
    wrong["trucks"].loc[wrong["trucks"]["truck_id"] == "H1", "kind"] = "collector"
    other = copy.copy(city)
    object.__setattr__(other, "tables", wrong)
    codes = {f.code for f in audit_plan(record, other, done.network).findings}
    assert "container" in codes


def test_without_a_hooklift_truck_containers_stay_and_say_why(tmp_path):
    """No other truck takes them, though some carry their stream."""
    folder = write_boxes(tmp_path)
    rows = (folder / "trucks.csv").read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if not row.startswith("H1")]
    (folder / "trucks.csv").write_text("\n".join(kept) + "\n", encoding="utf-8")
    _, _, record = planned(folder)
    left = {u["id"]: u["reason"] for u in record["unserved"]}
    assert {left[k] for k in ("B1", "B2", "B2#2", "B3")} == {"no_vehicle"}


def test_several_containers_in_a_row_are_refused(tmp_path):
    """Each container is a row of its own, since each is a visit of its own."""
    folder = write_boxes(tmp_path)
    lines = (folder / "points.csv").read_text(encoding="utf-8").splitlines()
    rows = [line + (",2" if line.startswith("B1") else ",") for line in lines[1:]]
    text = "\n".join([lines[0] + ",bins", *rows]) + "\n"
    (folder / "points.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"bins = 2; expected 1, each container in a row"):
        read_city(folder)


def test_containers_on_a_packer_are_refused(tmp_path):
    """Only a hook-lift truck takes any."""
    folder = write_boxes(tmp_path)
    replaced("trucks.csv", ("2.2,05:00,13:00,\n", "2.2,05:00,13:00,2\n"))(folder)
    with pytest.raises(InputError, match=r"containers = 2; expected none for a collector truck"):
        read_city(folder)
