"""Two stations, one plant, one transfer truck on a line: every time can be checked by hand."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from scenarios.city import Settings
from scenarios.cleaning.linked import Search
from scenarios.day import Day, DueFacility, DueTruck, Haul
from scenarios.hauling.hauls import plan_hauls, stocks
from scenarios.hauling.loads import Load
from scenarios.problem import DayProblem
from solvers.evaluate import evaluate_plan
from solvers.plan import Plan, Route, Step
from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle
from solvers.solve import ALONE, silent
from solvers.stop import MaxIterations

HOUR = 3600
DEPOT, STOP, A, PLANT, B = range(5)
METRES = np.array([0, 1000, 2000, 12_000, 22_000])
"""Depot, stops and stations on a line; 10 m/s."""
OTHER = frozenset({"other"})


def _facility(name: str, kind: str, haul: Haul | None = None, bays: int = 1) -> DueFacility:
    return DueFacility(
        name, name, kind, 112.0, 31.0, ("other",), 4 * HOUR, 22 * HOUR, bays, 600, None, False, haul
    )


def _truck(vehicle: Vehicle) -> DueTruck:
    return DueTruck(
        vehicle.vehicle_id, vehicle.kind, "D", "D", ("other",), vehicle.capacity_kg,
        vehicle.capacity_l, 1, 0, 300, 250, 25_000, True, vehicle.shift_start, vehicle.shift_end,
        0, 12, 0, 0, 0, "diesel", frozenset(),
    )  # fmt: skip


def _vehicle(name: str, kind: str, kg: int) -> Vehicle:
    return Vehicle(
        name, kind, 0, DEPOT, DEPOT, kg, {"other": 100_000}, 5 * HOUR, 14 * HOUR,
        fixed_cost=100_000, cost_km=3000, cost_h=60_000,
    )  # fmt: skip


def posed_day(storage_kg: int, haulers: int = 1, clear_daily: tuple[str, ...] = ()) -> DayProblem:
    """Six tasks of 5 t at one place, three collectors, and what the stations hold."""
    facilities = (
        _facility("A", "transfer", Haul("I", storage_kg, 600, ("other",), clear_daily)),
        _facility("I", "plant"),
        _facility("B", "transfer", Haul("I", 12_000, 600, ("other",), ())),
    )
    places = (A, PLANT, B)
    length = np.abs(METRES[:, None] - METRES[None, :]).astype(np.int32)[None]
    collectors = tuple(_vehicle(f"C{k}", "collector", 6000) for k in range(3))
    shuttles = tuple(_vehicle(f"X{k}", "transfer", 8000) for k in range(haulers))
    problem = Problem(
        tasks=tuple(Task(f"t{k}", (Mode(STOP, STOP, 60),), "other", 5000, 9000) for k in range(6)),
        vehicles=collectors,
        facilities=tuple(
            Facility(f.facility_id, at, OTHER, open_s=f.open_s, close_s=f.close_s, unload_s=600)
            for f, at in zip(facilities, places, strict=True)
        ),
        time_s=length // 10,
        length_m=length,
        rules=Rules(meal_break_s=0),
    )
    day = Day(
        dt.date(2024, 11, 25), (), facilities, tuple(map(_truck, collectors)), (), (),
        haulers=tuple(map(_truck, shuttles)),
    )  # fmt: skip
    return DayProblem(
        problem, day, None, (), (), (None,) * 6, (), facilities, day.trucks,  # type: ignore[arg-type]
        np.zeros(5, np.int32), np.zeros(5, np.int32), (), shuttles,
    )  # fmt: skip


def collection() -> Plan:
    """A gets 5 t at 6:00, 8:00 and 8:30, B at 7:00 and 9:00; the plant's bay is taken at 8:45."""
    ways = {
        0: [(0, 6 * HOUR), (0, 8 * HOUR), (0, 8 * HOUR + 1800)],
        1: [(2, 7 * HOUR), (2, 9 * HOUR)],
        2: [(1, 8 * HOUR + 2700)],
    }
    routes, task = [], 0
    for vehicle, visits in ways.items():
        steps = []
        for facility, begin in visits:
            steps += [Step("task", task), Step("facility", facility, begin_s=begin)]
            task += 1
        routes.append(Route(vehicle, 5 * HOUR, tuple(steps)))
    return Plan(tuple(routes), (), 0, 0, 0, "native")


def hauled(posed: DayProblem) -> tuple[DayProblem, Plan]:
    """The day with its hauls."""
    search = Search(MaxIterations(100), 1, "native", silent, ALONE, lambda text: None)
    return plan_hauls(posed, collection(), Settings(), search)


def loadings(posed: DayProblem, plan: Plan) -> dict[str, tuple[int, int]]:
    """When each load is loaded and put down."""
    found = {}
    for route in evaluate_plan(posed.problem, plan).driven:
        steps = list(zip(route.timings, [*route.timings[1:], None], strict=True))
        for timing, after in steps:
            source = posed.sources[timing.step.idx] if timing.step.kind == "task" else None
            if isinstance(source, Load):
                assert after is not None
                assert posed.facilities[after.step.idx].facility_id == source.to
                found[source.task_id] = timing.begin_s, after.begin_s
    return found


def test_collection_as_it_is_told():
    """The plan that the hauls are laid around holds the rules."""
    posed = posed_day(12_000)
    assert evaluate_plan(posed.problem, collection()).violations == []


def test_a_station_that_would_overflow_forces_an_early_shuttle():
    """A's load is complete at 8:10 and due at 8:30; it waits at the plant for the bay at 8:55."""
    posed, plan = hauled(posed_day(12_000))
    times = loadings(posed, plan)
    assert not plan.unserved
    load, put_down = times["A>I/1"]
    assert 8 * HOUR + 600 <= load <= 8 * HOUR + 1200
    assert put_down == 8 * HOUR + 2700 + 600  # the collector has left the only bay
    assert times["B>I/1"][0] >= 9 * HOUR + 600
    by_station = stocks(posed, evaluate_plan(posed.problem, plan))
    assert by_station["A"].overflows == by_station["B"].overflows == ()
    assert by_station["A"].peak_kg == 10_000
    assert by_station["A"].left_kg == {"other": 7000}
    assert posed.notes == ()


def test_with_room_the_shuttle_comes_later():
    """Where A holds all, the truck comes when it need not wait at the plant."""
    posed, plan = hauled(posed_day(40_000))
    load, put_down = loadings(posed, plan)["A>I/1"]
    assert load > 8 * HOUR + 1200
    assert put_down == load + 600 + 1000


def test_what_comes_too_late_is_told_and_hauled_all_the_same():
    """A shift from nine cannot hold 8:30: the station overflows until the load is taken."""
    posed = posed_day(12_000)
    late = replace(posed.haulers[0], shift_start=9 * HOUR)
    posed, plan = hauled(replace(posed, haulers=(late,)))
    assert not plan.unserved
    load, _ = loadings(posed, plan)["A>I/1"]
    assert load >= 9 * HOUR + 200
    gone = load + 600
    clock = f"{gone // 3600:02d}:{gone // 60 % 60:02d}"
    assert posed.notes == (
        f"A overflows from 08:30 to {clock}: 15000 kg lie there, it holds 12000 kg",
    )


def test_what_nobody_hauls_is_left_out_with_its_price_only_if_it_had_to_go():
    """Without a shift in the hours of need A's load costs its price, B's may stay for nothing."""
    posed = posed_day(12_000)
    early = replace(posed.haulers[0], shift_start=5 * HOUR, shift_end=8 * HOUR)
    posed, plan = hauled(replace(posed, haulers=(early,)))
    left = {posed.problem.tasks[u.task].task_id: u for u in plan.unserved}
    assert sorted(left) == ["A>I/1", "B>I/1"]
    prices = {name: posed.problem.tasks[u.task].price for name, u in left.items()}
    assert prices == {"A>I/1": 1000 * (1000 + 2 * 8000), "B>I/1": 0}
    assert posed.notes[0].startswith("A overflows from 08:30 on: 15000 kg")


def test_a_stream_that_goes_daily_leaves_nothing():
    """Where A must be empty at night the last 7 t go as well."""
    posed, plan = hauled(posed_day(12_000, clear_daily=("other",)))
    assert sorted(loadings(posed, plan)) == ["A>I/1", "A>I/2", "B>I/1"]
    stock = stocks(posed, evaluate_plan(posed.problem, plan))["A"]
    assert (stock.taken_kg, stock.left_kg) == ({"other": 15_000}, {})


def test_what_is_complete_as_the_gate_closes_is_told():
    """A closes at 8:45: what came until 8:40 cannot be aboard by then, and must not stay."""
    posed = posed_day(12_000, clear_daily=("other",))
    close = 8 * HOUR + 2700
    first = replace(posed.facilities[0], close_s=close)
    gates = (replace(posed.problem.facilities[0], close_s=close), *posed.problem.facilities[1:])
    posed = replace(
        posed,
        facilities=(first, *posed.facilities[1:]),
        problem=replace(posed.problem, facilities=gates),
    )
    posed, plan = hauled(posed)
    assert [(load.task_id, load.mass_kg) for load in posed.stuck] == [("A>I/2", 7_000)]
    assert "A>I/2" not in loadings(posed, plan)
    kept = replace(first, haul=replace(first.haul, clear_daily=()))
    posed, _ = hauled(replace(posed_day(12_000), facilities=(kept, *posed.facilities[1:])))
    assert posed.stuck == ()


@pytest.mark.parametrize("haulers", [1, 2])
def test_the_daily_tonnage_of_the_plant_counts_what_collectors_brought(haulers):
    """The plant takes 13 t a day and has 5 t from a collector: one load of 8 t is all it takes."""
    posed = posed_day(40_000, haulers)
    facilities = list(posed.problem.facilities)
    facilities[1] = replace(facilities[1], capacity_kg=13_000)
    problem = replace(posed.problem, facilities=tuple(facilities))
    posed, plan = hauled(replace(posed, problem=problem))
    assert len(loadings(posed, plan)) == 1
    assert len(plan.unserved) == 1


def test_same_seed_same_hauls():
    """Two runs give the same plan."""
    assert hauled(posed_day(12_000))[1] == hauled(posed_day(12_000))[1]
