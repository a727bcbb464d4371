"""The record of a really planned day: whole, consistent with itself, the same every time."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import json
from collections import Counter, defaultdict
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from dispatch.audit import audit_plan
from dispatch.planfile import check_plan, plan_text
from dispatch.reasons import reason_words
from dispatch.record import plan_record, side_of
from routing.network import Network
from scenarios.city import read_city
from scenarios.run import run_day
from solvers.stop import MaxIterations
from tests.cities import write_good
from tests.dispatch.plans import town_day

Record = dict[str, Any]


@pytest.fixture(scope="module")
def record() -> Record:
    """The record as it stands in the file."""
    return json.loads(plan_text(town_day()[2]))


@pytest.fixture(scope="module")
def network() -> Network:
    """The streets that the day was planned on."""
    return town_day()[1].network


def activities(record: Record, *kinds: str) -> list[Record]:
    """Return the activities of some kinds, or all of them."""
    found = [a for route in record["routes"] for a in route["activities"]]
    return [a for a in found if not kinds or a["kind"] in kinds]


def test_every_kind_of_activity_is_there(record: Record) -> None:
    """The day that the tests below look at has all of them, and every kind of gap."""
    kinds = Counter(a["kind"] for a in activities(record))
    assert set(kinds) == {"start", "stop", "street", "unload", "refill", "break", "end"}
    reasons = {u["id"]: u["reason"] for u in record["unserved"]}
    assert reasons == {"P8": "no_vehicle", "P9": "cut_off", "P10": "too_heavy"}


def test_schema_and_audit_find_nothing(record: Record) -> None:
    """The record keeps to its schema, and the audit agrees with every number."""
    check_plan(record)
    city, done, _ = town_day()
    report = audit_plan(record, city, done.network)
    assert report.ok, report.findings


def test_same_plan_same_bytes() -> None:
    """Writing the same day down twice gives the same text."""
    city, done, first = town_day()
    assert plan_text(plan_record(city, done)) == plan_text(first)


def test_everything_due_is_served_or_left_out(record: Record) -> None:
    """Each point and street of the day once: on a route, or among the unserved with a reason."""
    served = [a["id"] for a in activities(record, "stop", "street")]
    left = [u["id"] for u in record["unserved"]]
    _, done, _ = town_day()
    due = [stop.stop_id for stop in done.posed.day.stops]
    due += [s.task_id for s in done.posed.sources if hasattr(s, "task_id")]
    assert sorted(served + left) == sorted(due)
    required = record["required"]
    assert required["stops"] == 10
    assert required["stops"] + required["streets"] == len(due)


def test_legs_run_from_where_the_last_activity_ended(record: Record, network: Network) -> None:
    """Arcs join, the line begins and ends at the stated places, metres are those of the arcs."""
    for route in record["routes"]:
        here = route["activities"][0]["exit"]
        for a in route["activities"][1:]:
            leg = a["leg"]
            if a["kind"] == "break":
                assert leg is None
                assert a["position"] == a["exit"] == here
                continue
            arcs = leg["arcs"]
            assert (arcs[0], arcs[-1]) == (here["arc"], a["position"]["arc"])
            assert np.array_equal(network.arc_head[arcs[:-1]], network.arc_tail[arcs[1:]])
            length_cm = int(network.arc_length_cm[arcs[:-1]].astype(np.int64).sum())
            length_cm += a["position"]["offset_cm"] - here["offset_cm"]
            assert leg["length_m"] == (length_cm + 50) // 100
            assert abs(sum(m for _, m in leg["streets"]) - leg["length_m"]) <= len(leg["streets"])
            here = a["exit"]


def test_times_follow_one_another(record: Record) -> None:
    """Nobody arrives before the leg is driven or begins before arriving or before the window."""
    for route in record["routes"]:
        free_s = route["start_s"]
        for a in route["activities"]:
            driven_s = a["leg"]["time_s"] if a["leg"] else 0
            assert free_s + driven_s <= a["arrive_s"] <= a["begin_s"] <= a["end_s"]
            if a["window"]:
                assert a["window"][0] <= a["begin_s"] <= a["window"][1]
            free_s = a["end_s"]
        assert free_s == route["end_s"]
    p1 = next(a for a in activities(record, "stop") if a["id"] == "P1")
    assert p1["window"] == [13 * 3600 + 35 * 60, 14 * 3600 + 15 * 60]


def test_the_meal_is_taken_between_the_work(record: Record) -> None:
    """The truck with work before and after noon rests forty minutes where it stands."""
    route = next(r for r in record["routes"] if r["truck_id"] == "C1")
    meal = next(a for a in route["activities"] if a["kind"] == "break")
    assert (meal["name"], meal["end_s"] - meal["begin_s"]) == ("meal", 2400)
    assert route["break_s"] == 2400
    assert 10.5 * 3600 <= meal["begin_s"] <= 13.5 * 3600


def test_loads_and_water_by_adding_up(record: Record) -> None:
    """Kilograms, litres and water aboard after each activity are what came in less what went."""
    for route in record["routes"]:
        kg = litres = 0
        tank = route["tank_l"]
        for a in route["activities"]:
            sign = {"stop": 1, "street": 1, "unload": -1}.get(a["kind"], 0)
            kg, litres = kg + sign * a["mass_kg"], litres + sign * a["volume_l"]
            tank += {"refill": 1, "street": -1}.get(a["kind"], 0) * a["water_l"]
            assert (a["load_kg"], a["load_l"], a["tank_l"]) == (kg, litres, tank)
            assert 0 <= kg <= route["capacity_kg"]
            assert 0 <= litres <= route["capacity_l"]
            assert 0 <= tank <= route["tank_l"]
        assert kg == 0


def test_figures_of_a_route_are_those_of_its_activities(record: Record) -> None:
    """Metres, seconds driven, worked, waited and rested add up to the route."""
    for route in record["routes"]:
        acts = route["activities"]
        legs = [a["leg"] for a in acts if a["leg"]]
        service_m = sum(a["service_m"] for a in acts)
        assert route["length_m"] == sum(leg["length_m"] for leg in legs) + service_m
        assert route["driving_s"] == sum(leg["time_s"] for leg in legs)
        parts = ("driving_s", "service_s", "waiting_s", "break_s")
        assert sum(route[part] for part in parts) == route["end_s"] - route["start_s"]
        kinds = ("stop", "street", "unload", "refill")
        work = [a["end_s"] - a["begin_s"] for a in acts if a["kind"] in kinds]
        assert route["service_s"] == sum(work)
        assert route["profile"] in record["profiles"]


def test_worked_streets(record: Record, network: Network) -> None:
    """A street's pieces join, and their length is what is worked."""
    streets = activities(record, "street")
    assert streets
    for a in streets:
        arcs = a["service_arcs"]
        assert np.array_equal(network.arc_head[arcs[:-1]], network.arc_tail[arcs[1:]])
        length_m = network.arc_length_cm[arcs].astype(np.int64).sum() / 100
        assert abs(a["service_m"] - length_m) <= 1
        assert (a["position"]["arc"], a["exit"]["arc"]) == (arcs[0], arcs[-1])
    assert all(a["service_arcs"] == [] for a in activities(record, "stop", "unload"))


def test_stations_receive_what_is_put_down(record: Record) -> None:
    """Tonnes by stream, and never two trucks in one bay."""
    received: dict[str, Counter[str]] = defaultdict(Counter)
    bays = defaultdict(list)
    for a in activities(record, "unload", "refill"):
        bays[a["id"], a["bay"]].append((a["begin_s"], a["end_s"]))
        if a["kind"] == "unload":
            received[a["id"]][a["stream"]] += a["mass_kg"]
    for facility in record["facilities"]:
        ident = facility["facility_id"]
        assert facility["received_kg"] == dict(received[ident])
        assert all(bay < facility["bays"] for name, bay in bays if name == ident)
    for times in bays.values():
        times.sort()
        assert all(a[1] <= b[0] for a, b in zip(times, times[1:], strict=False))


def test_queues_minute_by_minute(record: Record) -> None:
    """At each full minute the trucks waiting and inside, counted one by one."""
    for facility in record["facilities"]:
        visits = [a for a in activities(record) if a["bay"] is not None]
        visits = [a for a in visits if a["id"] == facility["facility_id"]]
        expected = []
        for minute in range(48 * 60):
            now = 60 * minute
            waiting = sum(a["arrive_s"] <= now < a["begin_s"] for a in visits)
            busy = sum(a["begin_s"] <= now < a["end_s"] for a in visits)
            if waiting or busy:
                expected.append({"minute": minute, "waiting": waiting, "busy": busy})
        assert facility["queue"] == expected


def test_unserved_dearest_first_with_words(record: Record) -> None:
    """Each with price, mass and both sentences of its reason."""
    unserved = record["unserved"]
    assert [u["id"] for u in unserved] == ["P10", "P9", "P8"]
    prices = [u["price"] for u in unserved]
    assert prices == sorted(prices, reverse=True)
    for u in unserved:
        english, chinese = reason_words(u["reason"])
        assert u["text"].startswith(english)
        assert u["text_zh"].startswith(chinese)
    assert [u["mass_kg"] for u in unserved] == [9000, 200, 80]


def test_bound_and_cost(record: Record) -> None:
    """The plan costs its routes and the prices of what is left out; no bound lies above that."""
    bound = record["bound"]
    cost = sum(route["cost"] for route in record["routes"])
    cost += sum(u["price"] for u in record["unserved"])
    assert bound["cost"] == cost
    assert 0 < bound["lower_bound"] <= cost
    assert bound["gap"] == round((cost - bound["lower_bound"]) / cost, 4)


def test_fingerprint_names_what_the_plan_was_made_from(record: Record) -> None:
    """Tables, streets, settings, seed, iterations: enough to plan the same day again."""
    city, done, _ = town_day()
    print_ = record["fingerprint"]
    assert print_["tables"] == city.tables_hash
    assert print_["settings"] == city.settings_hash
    assert print_["map"] == done.network.fingerprint
    assert (print_["seed"], print_["iterations"]) == (3, done.plan.iterations)
    version = importlib.metadata.version("huanwei")
    assert (print_["solver"], print_["version"]) == ("native", version)
    assert record["assumptions"]


def test_two_streams_unloaded_at_once_are_told_apart(tmp_path):
    """A truck of two compartments puts both streams down; the station receives each by itself."""
    city = write_good(tmp_path)
    trucks = (city / "trucks.csv").read_text(encoding="utf-8").splitlines()
    trucks[0] += ",compartments,streams"
    two = "C1,collector,D1,6000,14,,,2.2,05:00,13:00,2,other;recyclable"
    sweeper = f"{trucks[4]},1,sweepings"
    (city / "trucks.csv").write_text("\n".join([trucks[0], two, sweeper]), encoding="utf-8")
    read = read_city(city)
    done = run_day(read, dt.date(2024, 11, 25), lambda: MaxIterations(50), solver="native")
    told = plan_record(read, done)
    unloads = {
        a["stream"] for r in told["routes"] for a in r["activities"] if a["kind"] == "unload"
    }
    assert "other;recyclable" in unloads
    station = next(f for f in told["facilities"] if f["facility_id"] == "T1")
    taken = Counter()
    for route in told["routes"]:
        for activity in route["activities"]:
            if activity["kind"] in ("stop", "street"):
                taken[activity["stream"]] += activity["mass_kg"]
    assert station["received_kg"] == dict(sorted(taken.items()))
    assert not [name for name in told["kpis"]["by_stream"] if ";" in name]
    assert audit_plan(told, read, done.network).ok


@pytest.mark.parametrize(("east", "side"), [(1, "right"), (-1, "left")])
def test_the_side_of_a_stop_is_that_of_the_driver(east, side):
    """On a street to the north what lies to the east is on the right."""
    shape = np.array([[112.0, 31.0], [112.0, 31.001]])
    posed = SimpleNamespace(
        arc=[0], network=SimpleNamespace(shape=lambda arc: shape, drive_on_right=True)
    )
    assert side_of(posed, 0, 112.0 + east * 0.0001, 31.0005) == side
