"""The computed risk of loads against draws by chance, and plans with a reserve against noise."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scenarios.problem import DayProblem
from scenarios.risk.overflow import Load, load_overflow, load_variation, route_overflow
from scenarios.risk.plan import loads_of, point_risks, route_risks
from scenarios.risk.reserve import reserved, stops_in_a_load
from scenarios.risk.spread import Factors, Spread
from scenarios.run import Reserve, prepare_day, run_day, solve_day
from scenarios.simulation import Noise, simulate_plan
from solvers.evaluate import evaluate_plan
from solvers.plan import Plan
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.cities import DAY, replaced
from tests.scenarios.edits.towns import streets_of, town_city
from tests.scenarios.test_simulation import driven, two_stops


def drawn(load: Load, correlation: float, days: int = 200_000) -> float:
    """The share of days on which a load does not fit, by draws of every stop."""
    rng = np.random.default_rng(1)
    common, own = rng.normal(size=(days, 1)), rng.normal(size=(days, len(load.share)))
    logs = load.sigma * (math.sqrt(correlation) * common + math.sqrt(1 - correlation) * own)
    return float(((load.share * np.exp(logs - load.sigma**2 / 2)).sum(axis=1) > 1).mean())


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.5, 0.95])
@pytest.mark.parametrize("stops", [1, 3, 20])
def test_the_risk_of_a_load_is_that_of_draws(stops, correlation):
    """Nearly full loads of unlike stops overflow as often as 200,000 drawn days say."""
    weights = np.linspace(1, 2, stops)
    load = Load(0.93 * weights / weights.sum(), np.linspace(0.15, 0.4, stops))
    slack = 0.02 if stops == 3 else 0.005
    assert load_overflow(load, correlation) == pytest.approx(drawn(load, correlation), abs=slack)


def test_loads_of_a_route_share_the_day():
    """Two loads overflow on fewer days than their sum, and the more alike the fewer."""
    load = Load(np.full(10, 0.095), np.full(10, 0.3))
    alone = load_overflow(load, 0.0)
    assert route_overflow([load, load], 0.0) == pytest.approx(1 - (1 - alone) ** 2, abs=1e-9)
    tied = route_overflow([load, load], 0.9)
    assert load_overflow(load, 0.9) <= tied < 1.3 * load_overflow(load, 0.9)
    assert route_overflow([], 0.5) == pytest.approx(0, abs=1e-12)


@settings(max_examples=30)
@given(st.floats(0.5, 1.3), st.floats(0, 0.9), st.floats(0.05, 0.5), st.integers(1, 12))
def test_fuller_loads_overflow_more(fill, correlation, sigma, stops):
    """Risks are probabilities that rise with the load."""
    risks = [
        load_overflow(Load(np.full(stops, x / stops), np.full(stops, sigma)), correlation)
        for x in (fill, fill + 0.1)
    ]
    assert 0 <= risks[0] <= risks[1] <= 1


def test_what_is_aboard_leaves_less_room():
    """A load beside 40 % that is certain overflows as it does in a truck of 60 % alone."""
    share, sigma = np.full(6, 0.09), np.full(6, 0.3)
    beside = Load(share, sigma, 0.4)
    assert beside.fill == pytest.approx(0.94)
    assert load_overflow(beside, 0.2) == pytest.approx(load_overflow(Load(share / 0.6, sigma), 0.2))
    assert load_overflow(beside, 0.2) > load_overflow(Load(share, sigma), 0.2) + 0.2
    assert load_overflow(Load(share, sigma, 1.0), 0.2) == pytest.approx(1)


def test_certain_loads():
    """Without spread a load that just fits fits, and more does not."""
    assert load_overflow(Load(np.array([0.5, 0.5]), np.zeros(2)), 0.3) == pytest.approx(
        0, abs=1e-12
    )
    assert load_overflow(Load(np.array([0.5, 0.51]), np.zeros(2)), 0.3) == pytest.approx(1)
    assert load_variation(4, 0.2, 0.0) == pytest.approx(0.1)
    assert load_variation(4, 0.2, 1.0) == pytest.approx(0.2)


def test_the_simulation_draws_the_correlation():
    """A route of two stops overflows as often as computed, with and without a common part."""
    steps, trucks = two_stops(130, 10_000)
    load = Load(np.array([50 / 130, 50 / 130]), np.array([0.2, 0.2]))
    for correlation in (0.0, 0.8):
        share = driven(steps, trucks, 40_000, correlation).detours.mean()
        assert share == pytest.approx(load_overflow(load, correlation), abs=0.005)


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> DayProblem:
    """The good city's day, its collector nearly full with one load."""
    folder = tmp_path_factory.mktemp("city")
    town_city(folder)
    replaced("trucks.csv", ("C1,collector,D1,3000,7", "C1,collector,D1,1600,20"))(folder)
    from scenarios.city import read_city

    city = read_city(folder)
    return prepare_day(city, dt.date.fromisoformat(DAY), streets_of(city), lambda text: None)


SPREAD = Spread(Factors(0.3), {}, 0.2)


def planned(day: DayProblem, safety: float) -> Plan:
    """A plan with a reserve."""
    return solve(reserved(day, SPREAD, safety), MaxIterations(80), 1)


def test_the_declared_risk_is_what_the_simulation_finds(day):
    """The overflow computed for a route is met on as many of 20,000 simulated days."""
    plan = planned(day, 0.5)
    noise = Noise(0.3, 0.0, 0.0, correlation=0.2)
    found = simulate_plan(day, day.problem, plan, noise, 20_000, 7)
    simulated = {r.truck_id: r.overflow for r in found.routes}
    risks = {r.truck_id: r for r in route_risks(day, plan, SPREAD)}
    assert set(risks) == set(simulated) == {"C1", "F1", "R1"}
    for truck, risk in risks.items():
        assert simulated[truck] == pytest.approx(risk.overflow, abs=0.015)
    assert risks["C1"].overflow > 0.1


def test_the_morning_load_is_in_the_risk_of_the_first_load(day):
    """C1 sets out with 200 kg: computed and simulated overflow rise alike, stops stay its own."""
    plan = planned(day, 0.5)
    vehicles = tuple(
        replace(v, loaded_kg=200, loaded_stream="other") if v.vehicle_id == "C1" else v
        for v in day.problem.vehicles
    )
    laden = replace(day, problem=replace(day.problem, vehicles=vehicles))
    empty, full = (
        next(r for r in route_risks(one, plan, SPREAD) if r.truck_id == "C1")
        for one in (day, laden)
    )
    assert full.stops == empty.stops
    assert full.loads == empty.loads
    capacity = next(v.capacity_kg for v in vehicles if v.vehicle_id == "C1")
    assert full.fullest == pytest.approx(empty.fullest + 200 / capacity)
    assert full.overflow > empty.overflow + 0.1
    noise = Noise(0.3, 0.0, 0.0, correlation=0.2)
    found = simulate_plan(laden, laden.problem, plan, noise, 20_000, 7)
    (simulated,) = [r.overflow for r in found.routes if r.truck_id == "C1"]
    assert simulated == pytest.approx(full.overflow, abs=0.03)


def test_a_reserve_keeps_its_promise(day):
    """Loads planned to fit with 95 % overflow less often than that, those of 50 % more often."""
    safe, bold = (route_risks(day, planned(day, s), SPREAD) for s in (0.95, 0.5))
    assert max(r.riskiest_load for r in safe) <= 0.05
    assert max(r.riskiest_load for r in bold) > 0.1


def test_a_plan_with_a_reserve_has_the_true_waste(day):
    """The plan is costed and judged by mean waste; only its loads leave room."""
    from scenarios.cleaning.linked import Search

    class Calm:
        def __call__(self, *_: object) -> None:
            return None

    from solvers.solve import ALONE

    search = Search(MaxIterations(80), 1, "native", Calm(), ALONE, lambda text: None)
    plan = solve_day(day, search, 0, Reserve(0.95, SPREAD))
    judged = evaluate_plan(day.problem, plan)
    assert judged.feasible
    assert judged.cost == plan.cost
    loads = [load for d in judged.driven for load in loads_of(day, d, SPREAD)]
    assert max(load.fill for load in loads) < 0.9


def test_more_stops_need_less_reserve(day):
    """Half safety adds nothing; each stop is raised by what its load needs, streets not at all."""
    half = reserved(day, SPREAD, 0.5)
    assert half.tasks == day.problem.tasks
    safe = reserved(day, SPREAD, 0.95)
    num = stops_in_a_load(day.problem, "other")
    cv = load_variation(num, 0.3, 0.2)
    sigma = math.sqrt(math.log1p(cv * cv))
    factor = math.exp(1.6448536 * sigma - sigma * sigma / 2)
    for before, after in zip(day.problem.tasks, safe.tasks, strict=True):
        if before.stream == "other":
            assert after.mass_kg == round(before.mass_kg * factor)
        if before.stream == "sweepings":
            assert after == before


def test_bins_overflow_after_the_longest_gap(tmp_path: Path):
    """A point three times a week has a gap of three days, nine sevenths of the mean one."""
    town_city(tmp_path)
    replaced("points.csv", ("05:00,12:00,daily", "05:00,12:00,3/week"))(tmp_path)
    from scenarios.city import read_city

    city = read_city(tmp_path)
    risk = next(r for r in point_risks(city, SPREAD) if r.point_id == "P1")
    row = city.points[city.points["point_id"] == "P1"].iloc[0]
    assert risk.holds_l == 240 * row["bins"]
    assert risk.mean_l == round(1000 * row["demand_m3"] * 9 / 7)
    assert risk.overflow == pytest.approx(
        Factors(0.3).exceeded(risk.holds_l / risk.mean_l), abs=1e-3
    )


def test_a_safety_out_of_range_is_refused(tmp_path: Path):
    """The city is read, and nothing else is done."""
    from routing.errors import InputError

    city = town_city(tmp_path)
    with pytest.raises(InputError, match="expected a number between 0 and 1"):
        run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(1), safety=1.0)
