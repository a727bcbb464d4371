"""Coverage: figures by hand, the exact choice against trying all, the routed one, bad tables."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.errors import InputError
from scenarios.city import City, read_city
from scenarios.coverage.choice import Need, best_sets, needs_of
from scenarios.coverage.kpis import coverage_rows, needed
from scenarios.coverage.routed import sorted_city, what_sorting_touches
from scenarios.coverage.search import Effort, Plan, choose_units
from scenarios.coverage.units import Unit, kitchen_share, list_units
from scenarios.defaults import Used, default_number
from scenarios.runs.days import Budget, DayTask, Desk, plan_task
from scenarios.runs.family import Crew, Family, ThreadCrew, run_family
from scenarios.runs.store import Result, Store
from tests.cities import place
from tests.scenarios.edits.towns import streets_of, town_city

MONDAY = dt.date(2024, 11, 25)
HEAD = "unit_id,kind,district,households,lon,lat,points,model,sorted_since,cost_day\n"


def quiet(text: str) -> None:
    """Say nothing."""


def unit(name: str, kind: str, district: str, *, sorts: bool = False, model: bool = False) -> Unit:
    """A unit of a hundred households."""
    return Unit(
        name,
        name,
        kind,
        district,
        100,
        (112, 31),
        (112, 31),
        (),
        model,
        sorts,
        200.0,
        1000,  # type: ignore[arg-type]
    )


UNITS = (
    unit("v1", "village", "东", sorts=True, model=True),
    unit("v2", "village", "东"),
    unit("v3", "village", "西"),
    unit("v4", "village", "西", model=True),
    unit("v5", "village", "西"),
    unit("c1", "compound", "东", sorts=True),
    unit("c2", "compound", "东", sorts=True),
    unit("c3", "compound", "西"),
    unit("c4", "compound", "西"),
)


def town(folder: Path, seed: int) -> tuple[City, Path]:
    """The town with six compounds and four villages by chance; none of them sorts."""
    rng = np.random.default_rng(seed)
    town_city(folder)
    rows = ["point_id,lon,lat,district,kind,stream,demand_kg\n"]
    units = [HEAD]
    for k in range(10):
        at, kind = place(rng.uniform(0, 4), rng.uniform(0, 4)), ("compound", "village")[k > 5]
        rows.append(f"P{k},{at},{'东西'[k % 2]},{kind},other,{rng.integers(200, 900)}\n")
        cost = f"{rng.uniform(1, 6):.2f}"
        units.append(f"U{k},{kind},{'东西'[k % 2]},,{at},P{k},,,{cost}\n")
    rows.append(f"K,{place(2, 2)},东,market,kitchen,300\n")
    (folder / "points.csv").write_text("".join(rows), encoding="utf-8")
    path = folder / "units.csv"
    path.write_text("".join(units), encoding="utf-8")
    return read_city(folder), path


def test_each_kind_has_its_own_whole() -> None:
    """One of five villages and two of four compounds sort; districts and models stand apart."""
    rows = {(row.kind, row.district): row for row in coverage_rows(UNITS, 0.45)}
    village, compound = rows["village", ""], rows["compound", ""]
    assert (village.total, village.sorting, village.missing) == (5, 1, 2)
    assert (village.models, village.sorting_models) == (2, 1)
    assert (compound.total, compound.sorting, compound.missing) == (4, 2, 0)
    assert compound.share == 0.5
    assert rows["compound", "西"].share == 0
    counted = {(r.kind, r.district): r for r in coverage_rows(UNITS, 0.45, ("西",))}
    assert (counted["compound", ""].total, counted["compound", ""].missing) == (2, 1)
    assert counted["village", ""].total == 5


@pytest.mark.parametrize(
    ("total", "sorting", "more"), [(20, 0, 9), (20, 9, 0), (21, 0, 10), (0, 0, 0), (3, 3, 0)]
)
def test_the_target_is_reached_and_not_passed(total: int, sorting: int, more: int) -> None:
    """45 % of 20 are 9, not 10; of 21 they are 10."""
    assert needed(total, sorting, 0.45) == more


def naive_sets(costs: list[int], needs: list[Need]) -> list[tuple[int, tuple[int, ...]]]:
    """All subsets that meet the needs, with their costs, in order."""
    usable = sorted({k for need in needs for k in need.units})
    found = []
    for size in range(len(usable) + 1):
        for some in itertools.combinations(usable, size):
            counts = [len(set(some) & set(need.units)) for need in needs]
            met = all(
                n == need.count if need.exactly else n >= need.count
                for n, need in zip(counts, needs, strict=True)
            )
            if met:
                found.append((sum(costs[k] for k in some), some))
    return sorted(found)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(-3, 9), min_size=9, max_size=9),
    st.floats(0, 1),
    st.booleans(),
)
def test_the_choices_are_the_cheapest_of_all(
    costs: list[int], target: float, each_district: bool
) -> None:
    """Against every subset, with floors for districts, equal costs, and costs below nothing too."""
    needs = needs_of(UNITS, target, (), each_district=each_district)
    found = best_sets(costs, needs, 4)
    every = naive_sets(costs, needs)
    assert [sum(costs[k] for k in one) for one in found] == [cost for cost, _ in every[:4]]
    assert len(set(found)) == len(found)
    assert set(found) <= {one for _, one in every}


def test_many_equal_units_are_chosen_from_at_once() -> None:
    """Six hundred villages of one cost in eight districts: no search, and the list's order."""
    districts = [tuple(range(k, 600, 8)) for k in range(8)]
    needs = [*(Need(one, 20, exactly=False) for one in districts)]
    needs.append(Need(tuple(range(600)), 270, exactly=True))
    first, second = best_sets([5000] * 600, needs, 2)
    assert first == tuple(range(270))
    assert len(second) == 270
    assert first != second


def planned(city: City, path: Path, folder: Path, target: float) -> tuple[Plan, tuple[Unit, ...]]:
    """The choice for a small city."""
    used = Used()
    units = list_units(city, path, MONDAY, used).units
    plan = choose_units(
        city,
        units,
        target,
        (MONDAY,),
        compound_districts=(),
        each_district=False,
        streets=lambda: streets_of(city),
        effort=Effort(Budget(iterations=60), 1),
        crew=ThreadCrew(2),
        store=Store(folder),
        say=quiet,
        used=used,
    )
    assert plan is not None
    return plan, units


def test_routing_agrees_with_the_choice(tmp_path: Path) -> None:
    """Of all sets that reach the target, routed one by one, few are cheaper than the choice.

    The costs of setting up are such that routing decides between near sets.
    """
    near = 0
    for seed in range(3):
        city, path = town(tmp_path / str(seed), seed)
        plan, units = planned(city, path, tmp_path / "runs", 0.3)
        assert [need.count for need in plan.needs] == [2, 2]
        pairs = itertools.product(
            itertools.combinations([k for k, u in enumerate(units) if u.kind == "village"], 2),
            itertools.combinations([k for k, u in enumerate(units) if u.kind == "compound"], 2),
        )
        every = [tuple(sorted((*v, *c))) for v, c in pairs]
        cost = routed_totals(city, units, every, tmp_path / "runs")
        assert cost[plan.best.chosen] == pytest.approx(plan.best.total)
        order = sorted(cost.values())
        near += cost[plan.best.chosen] <= order[len(order) // 20]
        assert plan.best.total == min(one.total for one in plan.sets)
        assert "greedy by straight distance" in {one.source for one in plan.sets}
    assert near >= 2


def routed_totals(
    city: City, units: tuple[Unit, ...], sets: list[tuple[int, ...]], folder: Path
) -> dict[tuple[int, ...], float]:
    """What each set costs a day, routed."""
    network = streets_of(city)
    cities = {
        str(some): what_sorting_touches(sorted_city(city, units, some, lambda: network, Used()))
        for some in [(), *sets]
    }
    desk = Desk(cities, network)
    tasks = {some: DayTask(str(some), MONDAY, 1, Budget(iterations=60)) for some in [(), *sets]}
    keys = {some: desk.key(task) for some, task in tasks.items()}
    family = Family(plan_task, desk, {keys[some]: task for some, task in tasks.items()})
    found, _ = run_family(family, ThreadCrew(2), Store(folder), quiet)
    base = found[keys[()]]["cost"]
    return {
        some: found[keys[some]]["cost"] - base + sum(units[k].set_up for k in some) for some in sets
    }


def chosen_of(city: City, path: Path, crew: Crew, folder: Path) -> Plan | None:
    """The choice of three tenths of the units, made by a crew."""
    used = Used()
    return choose_units(
        city,
        list_units(city, path, MONDAY, used).units,
        0.3,
        (MONDAY, MONDAY + dt.timedelta(days=1)),
        compound_districts=(),
        each_district=False,
        streets=lambda: streets_of(city),
        effort=Effort(Budget(iterations=30), 2),
        crew=crew,
        store=Store(folder),
        say=quiet,
        used=used,
    )


class Leaving(ThreadCrew):
    """A crew that is interrupted after some results; it notes which days it was to plan."""

    def __init__(self, results: int) -> None:
        super().__init__(1)
        self.left = results
        self.asked: list[DayTask] = []

    def carry_out(self, family: Family, keys: Sequence[str]) -> Iterator[tuple[str, Result]]:
        """Yield results until it is time to leave."""
        self.asked += [family.tasks[key] for key in keys]
        for found in super().carry_out(family, keys):
            if not self.left:
                raise KeyboardInterrupt
            self.left -= 1
            yield found


def test_an_interrupt_keeps_the_sets_that_were_routed(tmp_path: Path) -> None:
    """After today and one set (two days, two seeds each) the plan holds that set, and says so."""
    city, path = town(tmp_path / "city", 1)
    plan = chosen_of(city, path, Leaving(9), tmp_path / "runs")
    assert plan is not None
    assert (len(plan.sets), plan.stopped) == (1, True)
    assert plan.best.source == "exact"
    with pytest.raises(KeyboardInterrupt):
        chosen_of(city, path, Leaving(7), tmp_path / "other")
    again = chosen_of(city, path, ThreadCrew(2), tmp_path / "runs")
    assert again is not None
    assert not again.stopped
    assert plan.best.chosen in {one.chosen for one in again.sets}


def test_each_day_of_a_set_is_posed_once(tmp_path: Path) -> None:
    """The runs come set by set and day by day, so that a worker need not pose a day again."""
    city, path = town(tmp_path / "city", 1)
    crew = Leaving(100)
    chosen_of(city, path, crew, tmp_path / "runs")
    days = [(task.scenario, task.date) for task in crew.asked]
    changes = sum(a != b for a, b in itertools.pairwise(days))
    assert changes == len(set(days)) - 1


def test_what_sorting_leaves_alone_is_not_planned(tmp_path: Path) -> None:
    """Streams with trucks and facilities of their own go; those that are joined by either stay."""
    folder = tmp_path / "city"
    town(folder, 1)
    text = (folder / "points.csv").read_text(encoding="utf-8")
    rows = f"R,{place(1, 1)},东,market,recyclable,300\nH,{place(1, 2)},东,market,hazardous,3\n"
    (folder / "points.csv").write_text(text + rows, encoding="utf-8")
    sites = (folder / "facilities.csv").read_text(encoding="utf-8")
    apart = sites.replace("other;recyclable;sweepings", "other;sweepings")
    more = f"R1,plant,{place(3, 1)},recyclable;hazardous,04:00,22:00,,\n"
    (folder / "facilities.csv").write_text(apart + more, encoding="utf-8")
    frame = pd.read_csv(folder / "trucks.csv", dtype=str).assign(streams="")
    frame.loc[frame["truck_id"] == "C1", "streams"] = "other;hazardous"
    frame.to_csv(folder / "trucks.csv", index=False)
    joined = what_sorting_touches(read_city(folder))
    assert set(joined.points["stream"]) == {"other", "kitchen", "hazardous", "recyclable"}
    frame.loc[frame["truck_id"] == "C1", "streams"] = "other"
    frame.to_csv(folder / "trucks.csv", index=False)
    city = read_city(folder)
    bare = what_sorting_touches(city)
    assert set(bare.points["stream"]) == {"other", "kitchen"}
    assert set(bare.trucks["truck_id"]) == {"C1", "F1"}
    assert bare.tables["programmes"].empty
    # the choice itself knows the points of all streams, which units may name as theirs
    table = (folder / "units.csv").read_text(encoding="utf-8").replace(",P0,", ",P0;R,")
    (folder / "units.csv").write_text(table, encoding="utf-8")
    assert chosen_of(city, folder / "units.csv", ThreadCrew(2), tmp_path / "runs") is not None


def test_sorting_moves_waste(tmp_path: Path) -> None:
    """A compound gets a kitchen point, a village keeps a share in its pit; no other changes."""
    city, path = town(tmp_path, 1)
    used = Used()
    units = list_units(city, path, MONDAY, used).units
    share = kitchen_share(used)
    after = sorted_city(city, units, (0, 7), lambda: streets_of(city), used).points
    kg = dict(zip(after["point_id"], after["demand_kg"], strict=True))
    before = dict(zip(city.points["point_id"], city.points["demand_kg"], strict=True))
    assert kg["P0-K"] == pytest.approx(before["P0"] * share, abs=1e-3)
    assert kg["P0"] == pytest.approx(before["P0"] * (1 - share))
    assert kg["P7"] == pytest.approx(before["P7"] * (1 - share), rel=1e-5)
    assert {k: v for k, v in kg.items() if k not in ("P0", "P0-K", "P7")} == {
        k: v for k, v in before.items() if k not in ("P0", "P7")
    }


def test_units_without_a_table_are_the_places(tmp_path: Path) -> None:
    """Compounds with a kitchen point sort; households follow from the waste; it is said."""
    city = town_city(tmp_path)
    listed = list_units(city, None, MONDAY, Used())
    assert {one.unit_id for one in listed.units if one.sorts} == {"P6", "P7"}
    assert len(listed.units) == 8
    a_household = default_number("people.per_household") * default_number(
        "waste.gen.total.kg_per_cap_day"
    )
    (first,) = [one for one in listed.units if one.unit_id == "P1"]
    assert first.households == round(400 / a_household)
    assert listed.notes[0].startswith("assumption: ")


def test_faults_of_the_table_are_told_together(tmp_path: Path) -> None:
    """Units twice, unknown points and points of two units come with their rows."""
    city, _ = town(tmp_path, 2)
    path = tmp_path / "bad.csv"
    at = place(1, 1)
    rows = (
        f"A,compound,东,10,{at},P1,,,\nA,village,东,10,{at},P99,,,\nB,compound,东,10,{at},P1,,,\n"
    )
    path.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        list_units(city, path, MONDAY, Used())
    told = str(caught.value).split("\n")
    assert told[0] == "bad.csv row 3: unit_id = 'A'; expected each unit once"
    assert told[1].startswith("bad.csv row 3: points = 'P99'; expected points of points.csv")
    assert told[2] == "bad.csv row 4: points = 'P1'; it belongs to A already"
    path.write_text(HEAD + f"A,hamlet,,0,{at},,,,\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"row 2: kind = 'hamlet'.*\n.*households = '0'"):
        list_units(city, path, MONDAY, Used())
