"""The days chosen against the enumeration of every combination of patterns and every order."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product
from pathlib import Path

import numpy as np
import pytest

from scenarios.city import read_city
from scenarios.day import plan_day
from scenarios.periodic import model as period_model
from scenarios.periodic.choose import Effort, Evenness, choose_days, spacing_kept
from scenarios.periodic.model import DayPrices, Part, Period, cut_up, free_points, period_problem
from scenarios.periodic.patterns import visit_patterns
from solvers.problem import Problem
from solvers.solve import solve
from solvers.stop import MaxIterations
from tests.cities import replaced
from tests.scenarios.periodic.towns import FREQUENCIES, MONDAY, part_of, weekly_city

EFFORT = Effort(rounds=6, first_steps=150, steps=50, seed=1)


@pytest.fixture(scope="module")
def part(tmp_path_factory: pytest.TempPathFactory) -> Part:
    """Five points of other waste with one to three visits a week, and one collector."""
    return part_of(weekly_city(tmp_path_factory.mktemp("city")))


def day_costs(part: Part) -> dict[frozenset[str], int]:
    """The least cost of a day for every set of points, by trying every order and side."""
    bare = period_problem(part, DayPrices.none(part.num_days))
    problem: Problem = bare.problem
    truck = problem.vehicles[0]
    money = problem.length_m[truck.profile].astype(np.int64)
    (dump,) = (f.location for f in problem.facilities if "other" in f.streams)
    task_of = {
        part.posed.sources[k].point_id: problem.tasks[bare.group_of[k].tasks[0]] for k in part.free
    }
    costs = {frozenset(): 0}
    names = sorted(task_of)
    for chosen in product((False, True), repeat=len(names)):
        own = [n for n, wanted in zip(names, chosen, strict=True) if wanted]
        if not own:
            continue
        assert sum(task_of[n].mass_kg for n in own) <= truck.capacity_kg
        assert sum(task_of[n].volume_l for n in own) <= truck.capacity_l["other"]
        best = min(
            money[truck.start, way[0]]
            + sum(money[a, b] for a, b in zip(way, way[1:], strict=False))
            + money[way[-1], dump]
            + money[dump, truck.end]
            for order in permutations(own)
            for way in product(*([m.entry for m in task_of[n].modes] for n in order))
        )
        costs[frozenset(own)] = truck.fixed_cost + int(best)
    return costs


def enumerated(part: Part, per_t: int) -> float:
    """The least cost of a week over all combinations of patterns, unevenness included."""
    costs = day_costs(part)
    kg = {part.posed.sources[k].point_id: part.posed.problem.tasks[k].mass_kg for k in part.free}
    names = sorted(kg)
    free = {what.point_id: what for what in part.free.values()}
    total_kg = sum(kg[n] * free[n].times_a_week for n in names)
    best = float("inf")
    for days in product(*(visit_patterns(free[n].times_a_week, 1) for n in names)):
        sets = [
            frozenset(n for n, own in zip(names, days, strict=True) if d in own) for d in range(7)
        ]
        over = sum(max(0.0, sum(kg[n] for n in own) - total_kg / 7) for own in sets)
        best = min(best, sum(costs[own] for own in sets) + over / 1000 * per_t)
    return best


def test_the_choice_is_that_of_enumeration(part):
    """Without a price of unevenness the cost is that of the best of 16,807 combinations."""
    found = choose_days(part, Evenness(0, 0), EFFORT, lambda text: None)
    assert found.best.work.left == 0
    # each leg and route is rounded by itself
    assert found.best.total == pytest.approx(enumerated(part, 0), abs=40)
    assert found.best.total < found.usual.total


@pytest.mark.parametrize(("per_t", "within"), [(500_000, 1.001), (1_000_000, 1.12)])
def test_even_days_are_worth_their_price(part, per_t, within):
    """With a price of tonnes above the mean day the total comes near to that of enumeration."""
    found = choose_days(part, Evenness(per_t, 0), EFFORT, lambda text: None)
    least = enumerated(part, per_t)
    assert least - 40 <= found.best.total <= within * least


def test_a_high_price_makes_days_more_even(part):
    """The busiest day has less, and driving costs more, than where evenness has no price."""
    free, even = (
        choose_days(part, Evenness(per_t, 0), EFFORT, lambda text: None).best.work
        for per_t in (0, 1_000_000)
    )
    assert even.kg.max() < free.kg.max()
    assert even.cost > free.cost
    assert even.kg.sum() == free.kg.sum()


def test_same_seed_same_days(part):
    """The days come from the seed alone."""
    one, two = (
        choose_days(part, Evenness(60_000, 60_000), EFFORT, lambda text: None) for _ in "ab"
    )
    assert one.best.days == two.best.days
    assert one.best.total == two.best.total


def test_every_point_gets_a_pattern_of_its_frequency(part):
    """All days are patterns; over two weeks as well, and days off stay free."""
    for num_weeks, off in ((1, frozenset()), (1, frozenset({6})), (2, frozenset({5, 6}))):
        own = replace(part, num_days=7 * num_weeks, num_weeks=num_weeks, off=off)
        days = {
            k: what
            if isinstance(what, tuple)
            else replace(
                what, usual_days=tuple(d + 7 * w for w in range(num_weeks) for d in what.usual_days)
            )
            for k, what in part.days.items()
        }
        found = choose_days(
            replace(own, days=days), Evenness(0, 0), Effort(1, 20, 10), lambda t: None
        )
        times = {name: int(FREQUENCIES[name][0]) for name in found.best.days}
        for name, chosen in found.best.days.items():
            assert chosen in visit_patterns(times[name], num_weeks, off)
            assert not off & {d % 7 for d in chosen}
        if not off:
            assert spacing_kept(found.best.days, times, num_weeks) == 1


def test_the_days_of_frequencies_are_no_choice_when_they_fall_on_days_off(part):
    """Usual days on a day off are shown but never kept."""
    off = frozenset({next(iter(part.free.values())).usual_days[0]})
    found = choose_days(replace(part, off=off), Evenness(0, 0), Effort(0, 20, 10), lambda t: None)
    assert not found.usual.allowed
    assert found.best is not found.usual


def test_what_may_move(tmp_path: Path):
    """Points n times a week may, unless they are daily, have days, or are out of use on a day."""
    weekly_city(tmp_path, {"P1": "3/week", "P2": "mon,thu", "P3": "7/week", "P5": "2/week"})
    head, *rows = (tmp_path / "points.csv").read_text(encoding="utf-8").splitlines()
    dated = [row + (",2024-11-27" if row.startswith("P5") else ",") for row in rows]
    text = "\n".join([head + ",active_from", *dated]) + "\n"
    (tmp_path / "points.csv").write_text(text, encoding="utf-8")
    city, period = read_city(tmp_path), Period(MONDAY, 1)
    found = free_points(city, period, [plan_day(city, date) for date in period.dates])
    assert set(found) == {"P1"}
    assert found["P1"].times_a_week == len(found["P1"].usual_days) == 3


def test_a_large_part_is_cut(part, monkeypatch):
    """Pieces have all free points once, few enough visits, and every type of truck."""
    monkeypatch.setattr(period_model, "MOST_VISITS", 4)
    pieces = cut_up(part)
    assert len(pieces) > 1
    assert sorted(p.point_id for piece in pieces for p in piece.free.values()) == sorted(
        FREQUENCIES
    )
    assert all(piece.num_visits <= 4 or len(piece.days) < 2 for piece in pieces)
    assert all(piece.trucks for piece in pieces)


def test_prices_of_days_move_work(part):
    """Points once a week are visited on the one day that has no price."""
    prices = DayPrices(np.array([1e4] * 6 + [0.0]), np.zeros(7))
    model = period_problem(part, prices)
    plan = solve(model.problem, MaxIterations(2000), 1)
    day_of = {
        step.idx: model.problem.vehicles[route.vehicle].day
        for route in plan.routes
        for step in route.steps
        if step.kind == "task"
    }
    once = [k for k, what in part.free.items() if what.times_a_week == 1]
    assert [day_of[model.group_of[k].tasks[0]] for k in once] == [6, 6]


def test_the_model_is_refused_nothing(tmp_path: Path):
    """A city whose facility has a daily tonnage has a model all the same: days are routed later."""
    city = weekly_city(tmp_path)
    replaced("facilities.csv", ("04:00,22:00,,", "04:00,22:00,5,"))(tmp_path)
    found = choose_days(part_of(city), Evenness(0, 0), Effort(0, 20, 10), lambda text: None)
    assert found.best.work.left == 0
