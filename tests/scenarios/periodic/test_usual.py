"""Usual trucks: handed over for nothing, priced in the search alone, counted as a hand counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.cleaning.linked import Search
from scenarios.periodic import usual
from scenarios.periodic.usual import (
    best_assignment,
    familiarity,
    handed_over,
    priced,
    settle_names,
    true_plan,
    usual_trucks,
)
from scenarios.problem import DayProblem
from scenarios.run import prepare_day, solve_day
from solvers.evaluate import evaluate_plan
from solvers.hours import Hours
from solvers.plan import Plan
from solvers.solve import Options, silent, solve
from solvers.stop import MaxIterations
from tests.cities import DAY, added, write_good
from tests.scenarios.edits.towns import streets_of

TWIN = "C2,collector,D1,3000,7,,,2.2,05:00,13:00"


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[DayProblem, Plan]:
    """The good city with a second collector like the first, and a plan of its day."""
    from scenarios.city import read_city

    folder = write_good(tmp_path_factory.mktemp("city"))
    added("trucks.csv", TWIN)(folder)
    city = read_city(folder)
    posed = prepare_day(city, dt.date.fromisoformat(DAY), streets_of(city), lambda text: None)
    return posed, solve(posed.problem, MaxIterations(60), 1)


def crew_of(posed: DayProblem, plan: Plan) -> dict[str, list[str]]:
    """The stops of each truck of other waste."""
    return {
        posed.problem.vehicles[r.vehicle].vehicle_id: [
            posed.problem.tasks[s.idx].task_id for s in r.steps if s.kind == "task"
        ]
        for r in plan.routes
    }


@given(
    st.integers(1, 5).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=n, max_size=n
        )
    )
)
def test_the_assignment_is_the_best_of_all(gain):
    """No permutation gains more; where the order as it is gains as much, it stays."""
    found = best_assignment(gain)
    assert sorted(found) == list(range(len(gain)))
    sums = {
        p: sum(row[j] for row, j in zip(gain, p, strict=True))
        for p in permutations(range(len(gain)))
    }
    assert sums[tuple(found)] == max(sums.values())
    if sums[tuple(range(len(gain)))] == max(sums.values()):
        assert found == list(range(len(gain)))


def test_usual_trucks_are_counted():
    """Two of three days make a truck usual; points of a single day do not count."""
    days = [{"A": ["P", "Q"], "B": ["R"]}, {"A": ["P"], "B": ["Q"]}, {"B": ["P", "Q"]}]
    trucks = usual_trucks(days)
    assert trucks == {"P": "A", "Q": "B", "R": "B"}
    assert familiarity(days, trucks) == (4, 6)


def test_alike_trucks_keep_their_points():
    """Two trucks that are alike and change names every day are one and the same all along."""
    days = [
        {"A": ["P", "Q"], "B": ["R"]},
        {"A": ["R"], "B": ["P", "Q"]},
        {"B": ["P"], "A": ["R", "Q"]},
    ]
    settled = settle_names(days, [["A", "B"]])
    assert settled == [
        {"A": ["P", "Q"], "B": ["R"]},
        {"A": ["P", "Q"], "B": ["R"]},
        {"A": ["P"], "B": ["R", "Q"]},
    ]
    assert settle_names(days, []) == [dict(sorted(day.items())) for day in days]


def test_routes_are_handed_over_for_nothing(planned):
    """The truck that knows the stops drives them; the plan costs the same and holds its rules."""
    posed, plan = planned
    crews = crew_of(posed, plan)
    (driver,) = (truck for truck, stops in crews.items() if "P1" in stops)
    other = {"C1": "C2", "C2": "C1"}[driver]
    changed = handed_over(posed, plan, dict.fromkeys(crews[driver], other))
    assert crew_of(posed, changed)[other] == crews[driver]
    judged = evaluate_plan(posed.problem, changed)
    assert judged.feasible
    assert judged.cost == plan.cost
    assert handed_over(posed, plan, {}) == plan


def test_a_price_draws_points_to_their_truck(planned):
    """Two trucks share the points as they are used to if strangers cost enough."""
    posed, plan = planned
    home = {"P1": "C1", "P2": "C1", "P3": "C2", "P4": "C2", "P5": "C2"}
    dearer = priced(posed, home, 10_000_000)
    assert dearer is not None
    found = true_plan(posed.problem, solve(dearer, MaxIterations(200), 1))
    crews = crew_of(posed, found)
    assert {name: set(crews[name]) for name in ("C1", "C2")} == {
        "C1": {"P1", "P2"},
        "C2": {"P3", "P4", "P5"},
    }
    assert found.cost == evaluate_plan(posed.problem, found).cost > plan.cost
    assert evaluate_plan(posed.problem, found).feasible


def test_the_price_is_laid_on_strange_stops_alone(planned):
    """Times stay; the way into a stop is longer for all trucks but the usual one."""
    posed, _ = planned
    dearer = priced(posed, {"P1": "C1"}, 7_000)
    assert dearer is not None
    (entries,) = ([m.entry for m in t.modes] for t in posed.problem.tasks if t.task_id == "P1")
    for vehicle, own in zip(posed.problem.vehicles, dearer.vehicles, strict=True):
        extra = dearer.length_m[own.profile] - posed.problem.length_m[vehicle.profile]
        wanted = 0 if vehicle.vehicle_id == "C1" else round(7_000_000 / vehicle.cost_km)
        assert set(np.unique(extra[:, entries])) <= {0, wanted}
        assert np.count_nonzero(np.delete(extra, entries, axis=1)) == 0
        assert np.array_equal(dearer.time_s[own.profile], posed.problem.time_s[vehicle.profile])


def by_the_hour(posed: DayProblem) -> DayProblem:
    """The day with slower and longer ways from 07:00 on, and others yet across that border."""
    problem = posed.problem
    num = len(problem.time_s)
    base_s, base_m = problem.time_s[0], problem.length_m[0]
    slower = [np.where(base_s < 0, -1, base_s * k // 10).astype(np.int32) for k in (15, 13)]
    longer = [np.where(base_m < 0, -1, base_m * k // 10).astype(np.int32) for k in (12, 11)]
    hours = Hours(
        np.full((num, 1), 7 * 3600),
        np.asarray([[k, num + 1, num] for k in range(num)]),
        np.stack(slower),
        np.stack(longer),
    )
    return replace(posed, problem=replace(problem, hours=hours))


def test_the_price_holds_at_every_hour(planned):
    """Legs set out and take as long as without it; those into strange stops are longer."""
    posed = by_the_hour(planned[0])
    problem, size = posed.problem, posed.problem.time_s.shape[1]
    dearer = priced(posed, {"P1": "C1", "P2": "C2"}, 7_000)
    assert dearer is not None
    modes = {t.task_id: [m.entry for m in t.modes] for t in problem.tasks}
    strange = {"C1": modes["P2"], "C2": modes["P1"]}
    for old, new in zip(problem.vehicles, dearer.vehicles, strict=True):
        places = strange.get(old.vehicle_id, [])
        for clock, one, other in ((m, i, j) for m in (6 * 3600, 7 * 3600 - 60, 8 * 3600)
                                  for i in range(0, size, 3) for j in range(size)):  # fmt: skip
            was = problem.leg(old.profile, one, other, clock)
            now = dearer.leg(new.profile, one, other, clock)
            assert (was is None) == (now is None)
            if was is not None and now is not None:
                more = round(7_000_000 / old.cost_km) if other in places else 0
                assert (now.depart_s, now.time_s) == (was.depart_s, was.time_s)
                assert now.length_m == was.length_m + more


def test_points_are_drawn_to_their_truck_by_the_hour(planned):
    """With travel that changes at seven the trucks still keep their points; the plan is sound."""
    posed = by_the_hour(planned[0])
    home = {"P1": "C1", "P2": "C1", "P3": "C2", "P4": "C2", "P5": "C2"}
    dearer = priced(posed, home, 10_000_000)
    assert dearer is not None
    found = true_plan(posed.problem, solve(dearer, MaxIterations(200), 1))
    crews = crew_of(posed, found)
    assert [set(crews[name]) for name in ("C1", "C2")] == [{"P1", "P2"}, {"P3", "P4", "P5"}]


def test_trucks_that_collect_nothing_keep_their_tables(planned):
    """Sweepers travel as before, so that members of a convoy still travel alike."""
    posed, _ = planned
    dearer = priced(posed, {"P1": "C1"}, 7_000)
    assert dearer is not None
    for old, new in zip(posed.problem.vehicles, dearer.vehicles, strict=True):
        if old.kind != "collector":
            assert new == old


def test_the_price_holds_beside_convoys(planned, monkeypatch):
    """On a day whose passes are linked the search of points sees it, the plan's cost does not."""
    posed, _ = planned
    home = {"P1": "C1", "P2": "C1", "P3": "C2", "P4": "C2", "P5": "C2"}
    known = replace(posed, day=replace(posed.day, usual=home))
    monkeypatch.setattr("scenarios.run.is_linked", lambda posed: True)
    search = Search(MaxIterations(200), 1, "native", silent, Options(1, 1), lambda text: None)
    plan = solve_day(known, search, unfamiliar=10_000_000)
    crews = crew_of(posed, plan)
    assert [set(crews[name]) for name in ("C1", "C2")] == [{"P1", "P2"}, {"P3", "P4", "P5"}]
    assert plan.cost == evaluate_plan(posed.problem, plan).cost


def test_large_days_have_no_price(planned, monkeypatch):
    """Where each truck's own table would be too large, nothing is priced."""
    monkeypatch.setattr(usual, "MOST_ENTRIES", 10)
    assert priced(planned[0], {"P1": "C1"}, 1) is None
    assert replace(planned[1]) == planned[1]
