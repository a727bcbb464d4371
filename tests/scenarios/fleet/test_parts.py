"""The parts of the choice: tables, batteries, shifts, replacements."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.errors import InputError
from scenarios.city import read_city
from scenarios.defaults import Used, default_number
from scenarios.fleet.charging import Reach
from scenarios.fleet.ground import mixed_problem
from scenarios.fleet.replacement import replacements
from scenarios.fleet.search import Effort, MixSearch, Service
from scenarios.fleet.types import read_offer
from scenarios.runs.days import Budget
from scenarios.runs.family import ThreadCrew
from scenarios.runs.store import Store
from solvers.evaluate import evaluate_plan
from solvers.solve import Options, solve
from solvers.stop import MaxIterations
from tests.scenarios.edits.towns import town_city
from tests.scenarios.fleet.fleets import (
    BATTERY,
    HEAD,
    LARGE,
    MONDAY,
    SMALL,
    by_chance,
    grounded,
    quiet,
    table,
)

HOUR = 3600


def test_trucks_that_are_alike_are_one_type(tmp_path: Path) -> None:
    """Equal rows count together, sweepers not at all; without a table more of each can be had."""
    town_city(tmp_path)
    path = tmp_path / "trucks.csv"
    row = "C2,collector,D1,3000,7,,,2.2,05:00,13:00\n"
    path.write_text(path.read_text(encoding="utf-8") + row, encoding="utf-8")
    city = read_city(tmp_path)
    offer = read_offer(city, None, None, Used(), more=3)
    assert [one.today for one in offer.types] == [("C1", "C2"), ("F1",), ("R1",)]
    assert (offer.today, offer.most) == ((2, 1, 1), (5, 4, 4))
    ground, _ = grounded(city, None)
    problem, trucks = mixed_problem(
        ground.posed(MONDAY).problem, offer.types, (3, 0, 1), priced=True
    )
    assert [v.vehicle_id for v in problem.vehicles] == ["C1-01", "C1-02", "C1-03", "R1-01"]
    assert trucks == [(0, 0), (0, 1), (0, 2), (2, 0)]


def test_prices_that_follow_from_others(tmp_path: Path) -> None:
    """A day costs price and upkeep spread over life, a kilometer energy and upkeep."""
    city = by_chance(tmp_path, 0)
    row = "N,collector,D1,1500,4,2.0,5,05:00,08:00,,,40,electric,3,292000,3650,,,\n"
    used = Used()
    one = read_offer(city, table(tmp_path, row), None, used).types[-1]
    life, days = default_number("fleet.life_years"), default_number("fleet.days_year")
    assert one.fixed_day == round(1000 * (292000 / life + 3650) / days)
    kwh = city.settings.electric_kwh_km * default_number("energy.scale.5t")
    per_km = kwh * default_number("cost.electricity") + default_number("cost.maintenance.packer")
    assert float(one.row["cost_km"]) == pytest.approx(per_km, abs=1e-3)
    keys = {a.key for a in used.assumptions()}
    assert {"fleet.life_years", "fleet.days_year", "cost.electricity"} <= keys


@pytest.mark.parametrize(
    ("cells", "reach"),
    [
        ("120,,", Reach(120_000, 0, 0, 1.0)),  # nothing known of the charger
        ("120,10,", Reach(120_000, 0, 0, 1.0)),  # 21 h of 9.19 kW fill more than the battery
        ("400,10,", Reach(192_990, 0, 0, 1.0)),  # what 21 h of 9.19 kW bring
        ("120,40,30", Reach(120_000, 18_380, 1800, 1.0)),  # half an hour of 36.76 kW at noon
    ],
)
def test_a_day_drives_what_the_charger_brings(tmp_path: Path, cells: str, reach: Reach) -> None:
    """Range, power and hours give the limits, computed by hand for 1 kWh a kilometer."""
    city = by_chance(tmp_path, 0)
    head = HEAD.replace("\n", ",kwh_km\n")
    row = f"E,collector,D1,3000,7,2.2,8,05:00,08:00,200,1.5,50,electric,2,,,{cells},1\n"
    offer = read_offer(city, table(tmp_path, row, head=head), None, Used())
    assert offer.types[-1].reach == reach


def test_noon_cuts_the_shift_in_two(tmp_path: Path) -> None:
    """A truck that charges at noon drives two halves from its depot, each within its limit."""
    city = by_chance(tmp_path, 1)
    row = "E,collector,D1,3000,7,2.2,8,05:00,13:00,200,1.5,50,electric,2,,,5,40,60\n"
    ground, offer = grounded(city, table(tmp_path, row), keep=False)
    posed = ground.posed(MONDAY)
    mix = tuple(2 if one.type_id == "E" else 0 for one in offer.types)
    problem, trucks = mixed_problem(posed.problem, offer.types, mix, priced=True)
    names = [v.vehicle_id for v in problem.vehicles]
    assert names == ["E-01a", "E-01b", "E-02a", "E-02b"]
    assert [k for _, k in trucks] == [0, 0, 1, 1]
    first, second = problem.vehicles[:2]
    assert (first.shift_end, second.shift_start) == (8.5 * HOUR, 9.5 * HOUR)
    assert first.fixed_cost + second.fixed_cost == 200_000
    plan = solve(problem, MaxIterations(60), 1, options=Options(1, 1))
    for one in evaluate_plan(problem, plan).driven:
        limit = problem.vehicles[one.route.vehicle].max_length_m
        assert limit is not None
        assert one.length_m <= limit <= 5000


def test_faults_of_the_types_are_told_together(tmp_path: Path) -> None:
    """Unknown depots, wrong kinds, lengths of charging and missing prices come with their rows."""
    city = by_chance(tmp_path, 0)
    path = table(
        tmp_path,
        SMALL.replace("D1", "D7"),
        LARGE.replace("collector", "sweeper").replace("260", ""),
        BATTERY.replace(",,\n", ",,120\n"),
        SMALL,
        "C1" + SMALL[1:],
    )
    with pytest.raises(InputError) as caught:
        read_offer(city, path, None, Used())
    told = str(caught.value).split("\n")
    assert told == [
        "truck_types.csv row 2: depot_id = 'D7'; expected a depot: D1",
        "truck_types.csv row 3: kind = 'sweeper'; expected a truck that collects: collector,"
        " kitchen, hazardous, recyclable, hooklift",
        "truck_types.csv row 3: fixed_cost and price are empty; expected one of them",
        "truck_types.csv row 4: noon_charge_min = 120; expected at most half of the shift",
        "truck_types.csv row 5: type_id = 'S'; expected a name that no truck or type has yet",
        "truck_types.csv row 6: type_id = 'C1'; expected a name that no truck or type has yet",
    ]


def test_faults_of_todays_trucks_are_told(tmp_path: Path) -> None:
    """A truck that the city has not, and years that are none, are refused."""
    city = by_chance(tmp_path, 0)
    path = table(tmp_path, "C9,2015\nC1,15\n", head="truck_id,bought\n", name="fleet.csv")
    with pytest.raises(InputError) as caught:
        read_offer(city, None, path, Used())
    assert "fleet.csv row 3: bought = '15'; expected" in str(caught.value)
    path = table(tmp_path, "C9,2015\n", head="truck_id,bought\n", name="fleet.csv")
    with pytest.raises(InputError, match=r"row 2: truck_id = 'C9'; expected a truck of trucks.csv"):
        read_offer(city, None, path, Used())
    with pytest.raises(InputError, match=r"nothing.csv: cannot be read"):
        read_offer(city, None, tmp_path / "nothing.csv", Used())


def test_old_trucks_are_replaced_in_order_of_payback(tmp_path: Path) -> None:
    """Savings are recomputed from the routed days: the costlier old truck goes first."""
    city = by_chance(tmp_path, 2)
    path = tmp_path / "trucks.csv"
    text = path.read_text(encoding="utf-8")
    text = text.replace("shift_end\n", "shift_end,cost_km\n").replace("13:00\n", "13:00,9\n")
    text = text.replace("12:00\n", "12:00,9\n") + "C2,collector,D1,3000,7,,,2.2,05:00,13:00,12\n"
    path.write_text(text, encoding="utf-8")
    city = read_city(tmp_path)
    new = "N,collector,D1,3000,7,2.2,8,05:00,13:00,,1,59,electric,2,300000,0,,,\n"
    facts = "C1,2012,china4,,10000\nC2,2012,china3,90000,0\nR1,2010,,,\n"
    head = "truck_id,bought,emission_class,maintenance_year,resale\n"
    owned = table(tmp_path, facts, head=head, name="fleet.csv")
    used = Used()
    offer = read_offer(city, table(tmp_path, new), owned, used)
    ground, _ = grounded(city, table(tmp_path, new))
    effort = Effort(Budget(iterations=60), 1, 1)
    search = MixSearch(
        ground, (MONDAY,), Service(), effort, ThreadCrew(1), Store(tmp_path / "runs"), quiet
    )
    first, second = replacements(search, offer, MONDAY, 2, used)
    assert (first.owned.truck_id, second.owned.truck_id) == ("C2", "C1")
    days, per_km = default_number("fleet.days_year"), default_number("cost.maintenance.packer")
    assert first.upkeep_year == pytest.approx(90000 - per_km * first.km_year)
    growth = (1 + default_number("fleet.upkeep_growth")) ** 12 - 1
    assert second.upkeep_year == pytest.approx(per_km * second.km_year * growth)
    today = search.judged([offer.today], 2)[0]
    t = [one.type_id for one in offer.types].index("C2")
    mix = tuple(n - (k == t) + (k == len(offer.types) - 1) for k, n in enumerate(offer.today))
    after = search.judged([mix], 2)[0]
    saved = sum(b["driven"] - a["driven"] for b, a in zip(today.runs, after.runs, strict=True))
    assert first.driven_year == pytest.approx(days * saved / 2000)
    if first.payback_years is not None:
        assert first.payback_years == pytest.approx(300000 / first.saved_year)
    assert "fleet.upkeep_growth" in {a.key for a in used.assumptions()}
