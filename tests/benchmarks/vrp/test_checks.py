"""Checkers name every rule that is broken, and only those, on instances solved by hand."""

from __future__ import annotations

import math

import pytest

from benchmarks.campaign.plain import (
    FACILITY,
    MEAL,
    TASK,
    PlainRoute,
    Visit,
    Window,
    customers_only,
    earliest_end,
    latest_start,
)
from benchmarks.vrp.checking import check_routes
from tests.benchmarks.vrp import tiny

ROOT2 = math.sqrt(2)


def route(vehicle, text, day=0, start=None):
    """Return a route: numbers are customers, ``F3`` facility 3, ``M`` a meal."""
    visits = []
    for word in text.split():
        if word == "M":
            visits.append(Visit(MEAL))
        elif word[0] == "F":
            visits.append(Visit(FACILITY, word[1:]))
        else:
            visits.append(Visit(TASK, word))
    return PlainRoute(vehicle, tuple(visits), day, start)


def test_latest_start_waits_nowhere():
    """Leaving at the latest start meets the last window exactly; later is late."""
    windows = [Window(10, 30, 5, 4), Window(50, 60, 5, 4), Window(0, 100, 0, 4)]
    latest = latest_start(windows, 100)
    assert latest == 26
    assert earliest_end(latest, windows) == (59, True)
    assert not earliest_end(latest + 1, windows)[1]


@pytest.fixture
def solomon(tmp_path):
    """File of the tiny instance with windows."""
    return tiny.write_text(tmp_path, "tiny.txt", tiny.SOLOMON)


def test_solomon_both_conventions(solomon):
    """0-1-2-0 is 20 either way; 0-3-0 is 2.8 truncated leg by leg, 2.83 in double precision."""
    routes = [customers_only("1", [1, 2]), customers_only("2", [3])]
    by_distance = check_routes(solomon, routes, "distance")
    assert (by_distance.value, by_distance.vehicles, by_distance.faults) == (22.8, 2, ())
    assert check_routes(solomon, routes, "vehicles").value == pytest.approx(20 + 2 * ROOT2)


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        ([[1, 2]], "customer 3: visited 0 times"),
        ([[1, 2], [3, 3]], "customer 3: visited 2 times"),
        ([[1, 2], [3], [4]], "customer 4: unknown"),
        ([[1, 3], [2]], "load 11 over 10"),
        ([[2, 1], [3]], "late"),
        ([[1], [2], [3]], "3 vehicles, 2 allowed"),
    ],
)
def test_solomon_faults(solomon, routes, fault):
    """Each broken rule is named."""
    plain = [customers_only(str(k), places) for k, places in enumerate(routes, 1)]
    faults = check_routes(solomon, plain, "distance").faults
    assert any(fault in line for line in faults), faults


def test_cvrp(tmp_path):
    """Distances are rounded one by one, and loads are bounded; any number of vehicles is fine."""
    path = tiny.write_text(tmp_path, "tiny.vrp", tiny.CVRP)
    good = check_routes(path, [route("1", "1 2"), route("7", "3")], "distance")
    assert (good.value, good.faults) == (5 + 5 + 10 + 1 + 1, ())
    assert check_routes(path, [route("1", "1 2 3")], "distance").faults


def test_cvrp_allows_one_trip_only(tmp_path):
    """A visit to the depot on the way is a second trip, which capacity problems do not have."""
    path = tiny.write_text(tmp_path, "tiny.vrp", tiny.CVRP)
    faults = check_routes(path, [route("1", "1 2 F0 3")], "distance").faults
    assert faults == ("vehicle 1: 2 trips",)


def test_hfvrp_costs_by_vehicle(tmp_path):
    """Vehicle 1 costs 5 and 0.7 a unit, vehicle 2 costs 2 and 0.5; capacities are their own."""
    path = tiny.write_text(tmp_path, "tiny.vrp", tiny.HFVRP)
    good = check_routes(path, [route("1", "1"), route("2", "2")], "distance")
    assert good.value == pytest.approx(5 + 0.7 * 10 + 2 + 0.5 * 2 * ROOT2)
    assert good.faults == ()
    assert check_routes(path, [route("2", "1 2")], "distance").faults
    assert "vehicle 3: unknown" in check_routes(path, [route("3", "1 2")], "distance").faults


def test_mdvrptw_counts_waiting_at_its_least(tmp_path):
    """Customer 2 alone fits into 40 time units though it opens at 100; together they do not."""
    path = tiny.write_text(tmp_path, "tiny.vrp", tiny.MDVRPTW)
    good = check_routes(path, [route("1", "2"), route("2", "3")], "distance")
    assert (good.value, good.faults) == (10_000 + 10_000, ())
    far = check_routes(path, [route("1", "3 2")], "distance")
    assert far.faults == ("vehicle 1: late or too long under way",)


def test_mtvrptwr_waits_for_releases(tmp_path):
    """Customer 2 is released at 60 and can be served till 90; with customer 1 that is too late."""
    path = tiny.write_text(tmp_path, "tiny.vrp", tiny.MTVRPTWR)
    good = check_routes(path, [route("1", "1 F0 2")], "distance")
    assert (good.value, good.faults) == (50 + 50 + 14 + 14, ())
    bad = check_routes(path, [route("1", "2 F0 1")], "distance")
    assert bad.faults == ("vehicle 1: late or too long under way",)
    assert any("load 11" in line for line in check_routes(path, [route("1", "1 2")], "x").faults)


@pytest.fixture
def kim(tmp_path):
    """File of the tiny waste instance."""
    return tiny.write_text(tmp_path, "5_stop.txt", tiny.KIM)


GOOD_KIM = [("1", "3 F9"), ("2", "1 F9 2 F9")]


def kim_routes(*texts, start=7 * 3600):
    """Return routes that all leave at the same time."""
    return [route(vehicle, text, start=start) for vehicle, text in texts]


def test_kim_counts_manhattan_miles(kim):
    """3 and back through the landfill is 4 miles; 1, landfill, 2, landfill, home is 1+2+1+1+1."""
    good = check_routes(kim, kim_routes(*GOOD_KIM), "vehicles")
    assert (good.value, good.vehicles, good.faults) == (4 + 6, 2, ())


@pytest.mark.parametrize(
    ("texts", "start", "fault"),
    [
        ([("1", "3 F9"), ("2", "1 F9 2")], 7 * 3600, "comes home with a load"),
        ([("1", "3 F9"), ("2", "1 2 F9")], 7 * 3600, "10.5 yards aboard"),
        ([("1", "1 F9 3 F9"), ("2", "2 F9")], 8 * 3600, "at 3 after its window"),
        (GOOD_KIM, 5 * 3600, "leaves before the depot opens"),
        ([("1", "3 F9"), ("2", "1 F9 2 M F9")], 13 * 3600, "lunch begins after noon"),
        ([("1", "3 F9 1 F9 2 F9")], 7 * 3600, None),
        ([("1", "3 F9 1 F9 2 F9"), ("1", "")], 7 * 3600, None),
    ],
)
def test_kim_faults(kim, texts, start, fault):
    """Each broken rule is named; 15.5 yards in a day are just allowed."""
    faults = check_routes(kim, kim_routes(*texts, start=start), "vehicles").faults
    if fault is None:
        assert faults == ()
    else:
        assert any(fault in line for line in faults), faults


def test_kim_lunch_is_for_those_who_are_out_past_noon(kim):
    """A route from 11:50 on ends after noon and needs a lunch, taken before 12:00."""
    late = [("1", "3 F9", 7 * 3600), ("2", "1 F9 2 F9", 11 * 3600 + 3000)]
    hungry = check_routes(kim, [route(v, t, start=s) for v, t, s in late], "vehicles")
    assert hungry.faults == ("vehicle 2: no lunch",)
    late[1] = ("2", "1 M F9 2 F9", 11 * 3600 + 3000)
    assert check_routes(kim, [route(v, t, start=s) for v, t, s in late], "vehicles").faults == ()


def test_kim_limits_of_a_day(tmp_path):
    """With limits of 15 yards and 2 stops a day the one-truck plan breaks both."""
    text = tiny.KIM.replace("16.0", "15.0").replace("3\t// total", "2\t// total")
    path = tiny.write_text(tmp_path, "5_stop.txt", text)
    faults = check_routes(path, kim_routes(("1", "3 F9 1 F9 2 F9")), "vehicles").faults
    assert faults == ("vehicle 1: 15.5 yards in a day", "vehicle 1: 3 stops in a day")


@pytest.fixture
def pvrpif(tmp_path):
    """File of the tiny periodic instance."""
    return tiny.write_json(tmp_path, "tiny.geojson", tiny.PVRPIF)


def test_pvrpif_counts_minutes_of_driving(pvrpif):
    """Customer 1 twice at 5+3+2, customer 2 once at 6+8+2."""
    routes = [route("a", "1@0 F3", 0), route("a", "1@1 F3", 2), route("b", "2@0 F3", 1)]
    verdict = check_routes(pvrpif, routes, "distance")
    assert (verdict.value, verdict.faults) == (10 + 10 + 16, ())


@pytest.mark.parametrize(
    ("routes", "fault"),
    [
        ([("1 F3", 0), ("1 F3", 1), ("2 F3", 2)], "customer 1: visited on days [0, 1]"),
        ([("1 F3", 0), ("1 F3", 2)], "customer 2: visited on days []"),
        ([("1 F3", 0), ("1", 2), ("2 F3", 1)], "comes home with a load"),
        ([("1 2 F3", 0), ("1 F3", 2)], "load 13 over 10"),
        ([("1 F3", 0), ("2 F3", 0), ("1 F3", 2)], "day 0: 2 vehicles"),
        ([("1 F3 2 F3", 0), ("1 F3", 2)], None),
    ],
)
def test_pvrpif_faults(pvrpif, routes, fault):
    """Each broken rule is named."""
    plain = [route(f"v{k}", text, day) for k, (text, day) in enumerate(routes)]
    faults = check_routes(pvrpif, plain, "distance").faults
    assert (faults == ()) if fault is None else any(fault in line for line in faults), faults


def test_pvrpif_limits_driving_and_service(tmp_path):
    """Ten minutes of driving and three of service do not fit into twelve."""
    short = {**tiny.PVRPIF, "info": {**tiny.PVRPIF["info"], "maxDuration": 12}}
    path = tiny.write_json(tmp_path, "tiny.geojson", short)
    routes = [route("a", "1 F3", 0), route("a", "1 F3", 2), route("b", "2 F3", 1)]
    faults = check_routes(path, routes, "distance").faults
    assert "vehicle a on day 0: 13 minutes" in faults
    assert "vehicle b on day 1: 19 minutes" in faults


def test_cordeau_counts_all_days(tmp_path):
    """Customer 1 once at 10, customer 2 on both days at 20; the load of a day is bounded."""
    path = tiny.write_text(tmp_path, "tiny.txt", tiny.CORDEAU)
    good = check_routes(path, [route("1", "1 2", 0), route("1", "2", 1)], "distance")
    assert (good.value, good.faults) == (20 + 20, ())
    bad = check_routes(path, [route("1", "2", 0), route("2", "1", 0)], "distance").faults
    assert "day 0: 2 vehicles" in bad
    assert "customer 2: visited on days [0]" in bad


def test_mdvrpi_docks_on_the_way(tmp_path):
    """0-1-depot-2-0 is 5+4+5+4; with 15 of docking and 4 of service it is 37 of at most 100."""
    path = tiny.write_json(tmp_path, "tiny.json", tiny.MDVRPI)
    good = check_routes(path, [route("1", "1 F1 2")], "distance")
    assert (good.value, good.faults) == (18.0, ())
    assert "vehicle 1: load 16 over 10" in check_routes(path, [route("1", "1 2")], "x").faults
    short = tiny.write_json(tmp_path, "short.json", {**tiny.MDVRPI, "max_rotation_duration": 36})
    assert check_routes(short, [route("1", "1 F1 2")], "x").faults == (
        "vehicle 1: rotation of 37.000",
    )


def test_montevideo_times_and_loads(tmp_path):
    """Out 120 s, to the dump 210, back 60; both containers at once are too much."""
    path = tiny.write_montevideo(tmp_path)
    twice = check_routes(path, [route("1", "11 F2 12 F2", start=0)], "distance")
    assert twice.faults == ()
    assert twice.value > 120 + 210 + 60
    assert check_routes(path, [route("1", "11 12 F2")], "x").faults == (
        "vehicle 1: 110 aboard at 12",
    )
    assert (
        "vehicle 1: comes home with a load"
        in check_routes(path, [route("1", "11 F2 12")], "x").faults
    )
    late = check_routes(path, [route("1", "11 F2 12 F2", start=11_000)], "x").faults
    assert late == ("vehicle 1: home after its hours",)


def test_qingdao_costs_metres(tmp_path):
    """Out to the farther site and back through the facility, both sites on two loads."""
    path = tiny.write_qingdao(tmp_path)
    verdict = check_routes(path, [route("1-1", "0 F1 1 F1", start=7 * 3600)], "distance")
    assert verdict.faults == ()
    assert verdict.value == pytest.approx(8 * 1169.5, abs=8)
    assert check_routes(path, [route("1-1", "0 1 F1")], "x").faults == (
        "vehicle 1-1: 40000 aboard at 1",
    )
