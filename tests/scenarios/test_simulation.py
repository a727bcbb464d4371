"""Plans under noise: without noise the plan itself, with noise what a hand can reckon."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dispatch.simulation import Trial, simulate_city
from scenarios._kernels.simulate import FACILITY, TASK, Days, Steps, Trucks, simulate
from scenarios.city import read_city
from scenarios.problem import DayProblem
from scenarios.run import prepare_day, run_day
from scenarios.simulation import Noise, inflated, simulate_plan, spreads_from_weighings
from solvers.plan import Plan
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.scenarios.edits.towns import streets_of, town_city, town_with_hauls

CALM = Noise(0, 0, 0)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[DayProblem, Plan]:
    """The good city's day and a plan of it."""
    city = town_city(tmp_path_factory.mktemp("city"))
    posed = prepare_day(city, dt.date(2024, 11, 25), streets_of(city), lambda text: None)
    return posed, solve(posed.problem, MaxIterations(50), 1)


def test_without_noise_the_plan_comes_true(planned: tuple[DayProblem, Plan]) -> None:
    """Every route costs what was planned, nothing is late, nothing is left."""
    posed, plan = planned
    found = simulate_plan(posed, posed.problem, plan, CALM, 3, 1)
    assert found.planned_cost == found.mean_cost == found.cost_95 > 0
    assert (found.detours, found.late, found.missed, found.left_kg) == (0, 0, 0, 0)


def test_same_seed_same_days(planned: tuple[DayProblem, Plan]) -> None:
    """The days are drawn from the seed alone."""
    posed, plan = planned
    one, two, other = (
        simulate_plan(posed, posed.problem, plan, Noise(), 20, seed) for seed in (1, 1, 2)
    )
    assert one == two != other


def test_safety_inflates_by_the_spread_of_a_load(planned: tuple[DayProblem, Plan]) -> None:
    """Half of the loads fit without more; 95 % need the quantile of a sum of stops."""
    posed, plan = planned
    even = inflated(posed, plan, Noise(), 0.5)
    safe = inflated(posed, plan, Noise(), 0.95)
    masses = [[t.mass_kg for t in p.tasks] for p in (posed.problem, even, safe)]
    assert masses[0] == masses[1]
    assert all(b > a for a, b in zip(masses[0], masses[2], strict=True) if a > 50)


def two_stops(capacity_kg: int, latest_s: int, first_kg: int = 0) -> tuple[Steps, Trucks]:
    """One route: two stops of 50 kg, 100 s apart, unloading, and home."""
    column = {
        "kind": (TASK, TASK, FACILITY),
        "leg_s": (100, 100, 100),
        "leg_m": (1000, 1000, 1000),
        "work_s": (10, 10, 60),
        "mass_kg": (50, 50, 0),
        "litres": (100, 100, 0),
        "stream": (0, 0, 0),
        "early_s": (0, 0, 0),
        "late_s": (-1, -1, -1),
        "detour_s": (200, 200, -1),
        "detour_m": (2000, 2000, -1),
        "home_s": (50, 50, 50),
        "home_m": (500, 500, 500),
    }
    arrays = {name: np.asarray(values, dtype=np.int64) for name, values in column.items()}
    accepts = np.asarray([[False], [False], [True]])
    spread = np.asarray([0.2, 0.2, 0.0])
    steps = Steps(first=np.asarray([0, 3]), accepts=accepts, spread=spread, **arrays)
    one = (np.asarray([[x]], dtype=np.int64) for x in (capacity_kg, 10_000, first_kg, 0))
    return steps, Trucks(*one, np.asarray([0]), np.asarray([latest_s]))


def driven(steps: Steps, trucks: Trucks, days: int, correlation: float = 0.0) -> Days:
    """The days of that route, its driving and service as planned."""
    out = Days(*(np.zeros((days, 1), np.int64) for _ in range(5)), np.zeros((days, 1)))
    simulate(steps, trucks, out, 0.0, 0.0, correlation, 3)
    return out


def test_what_is_aboard_at_the_start_takes_room() -> None:
    """110 kg hold both stops of a truck that begins empty; with 70 kg aboard it unloads first."""
    steps, trucks = two_stops(110, 10_000)
    steps.spread[:] = 0.0
    assert driven(steps, trucks, 3).detours.tolist() == [[0]] * 3
    full = two_stops(110, 10_000, first_kg=70)[1]
    assert driven(steps, full, 3).detours.tolist() == [[1]] * 3


def test_a_full_truck_unloads_on_the_way() -> None:
    """A load of two stops that just fits on average overflows on half of the days, or a bit less.

    Each such day takes the detour's time and metres more.
    """
    days = 4000
    out = driven(*two_stops(100, 10_000), days)
    share = out.detours.mean()
    # the sum of two lognormal factors has its mean above its median
    z = 0.2 / math.sqrt(2) / 2
    expected = 0.5 - z / math.sqrt(2 * math.pi)
    assert share == pytest.approx(expected, abs=0.03)
    assert set(np.unique(out.end_s)) == {430, 630}
    assert set(np.unique(out.length_m)) == {3500, 5500}
    assert out.end_s[out.detours > 0].min() == 630


def test_who_would_be_late_home_leaves_stops() -> None:
    """A detour for which the shift is too short is not driven: the stop is left with its waste."""
    out = driven(*two_stops(100, 460), 500)
    assert out.detours.sum() == 0
    assert 0 < out.missed.sum() < 500
    assert (out.left_kg[out.missed > 0] > 0).all()
    assert out.left_kg[out.missed == 0].sum() == 0


def test_spreads_come_from_weighings(tmp_path: Path) -> None:
    """A point weighed five times has its own variation; fewer weighings are not believed."""
    town_city(tmp_path)
    rows = [f"2024-11-{10 + k},P1,other,{m}\n" for k, m in enumerate((80, 90, 100, 110, 120))]
    rows += ["2024-11-10,P2,other,50\n", "2024-11-11,P2,other,90\n"]
    text = "date,point_id,stream,mass_kg\n" + "".join(rows)
    (tmp_path / "weighings.csv").write_text(text)
    assert spreads_from_weighings(read_city(tmp_path)) == {
        "P1": pytest.approx(math.sqrt(250) / 100)
    }


def test_hauls_are_simulated_too(tmp_path: Path) -> None:
    """A plan with hauls comes true without noise; in slower traffic the transfer truck is later."""
    folder = town_with_hauls(tmp_path / "city")
    city = read_city(folder)
    day = run_day(city, dt.date(2024, 11, 25), lambda: MaxIterations(50), seed=1)
    calm = simulate_plan(day.posed, day.posed.problem, day.plan, CALM, 3, 1)
    assert calm.planned_cost == calm.mean_cost > 0
    (truck,) = [route for route in calm.routes if route.truck_id == "X1"]
    assert truck.stops > 0
    noisy = simulate_plan(day.posed, day.posed.problem, day.plan, Noise(0, 0.3, 0), 200, 1)
    (again,) = [route for route in noisy.routes if route.truck_id == "X1"]
    assert again.late_end_s > truck.late_end_s
    # what happens to the transfer truck is told apart from what happens to collectors
    assert truck.hauls
    own = [route.overflow for route in noisy.routes if not route.hauls]
    assert noisy.overflow == pytest.approx(sum(own) / len(own))
    vehicles = tuple(
        replace(v, shift_end=v.shift_start + 60, max_overtime_s=0) if v.vehicle_id == "X1" else v
        for v in day.posed.problem.vehicles
    )
    short = replace(day.posed, problem=replace(day.posed.problem, vehicles=vehicles))
    stuck = simulate_plan(short, short.problem, day.plan, CALM, 3, 1)
    assert (stuck.loads_left, stuck.missed, stuck.left_kg) == (truck.stops, 0, 0)
    trial = Trial(dt.date(2024, 11, 25), CALM, 3, (), 50, 1)
    (told,) = simulate_city(city, trial, lambda text: None)["mean waste"]
    assert told == calm
