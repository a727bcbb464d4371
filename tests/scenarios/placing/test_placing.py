"""Points, eco islands, water points and wash stations: the table, the model, the routed choice."""

from __future__ import annotations

import datetime as dt
import itertools
import json
import statistics
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cli import main
from routing.errors import InfeasibleError, InputError
from scenarios.city import City, read_city
from scenarios.placing import search
from scenarios.placing.candidates import holds_places, read_places
from scenarios.placing.ground import PlaceGround, build_place_ground
from scenarios.placing.search import Effort, Placing, Rules, best_designs, choose_places
from scenarios.runs.days import Budget, DayTask, Desk, plan_task
from scenarios.runs.family import Family, ThreadCrew, run_family
from scenarios.runs.store import Store
from tests.cities import place
from tests.dispatch.test_washing import make as watched_town
from tests.scenarios.edits.towns import streets_of, town_city

MONDAY = dt.date(2024, 11, 25)
HEAD = "candidate_id,kind,lon,lat,build_cost,operating_day,corridor\n"
EFFORT = Effort(Budget(iterations=80), seeds=2, final_seeds=2)


def quiet(text: str) -> None:
    """Say nothing."""


def table(folder: Path, *rows: str) -> Path:
    """A table of candidates."""
    path = folder / "places.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def ground_of(city: City, path: Path, walk_m: float = 120) -> PlaceGround:
    """The ground of a city and its candidates."""
    places = read_places(path, city)
    return build_place_ground(
        city, places, MONDAY, streets_of(city), life_years=10, walk_m=walk_m, say=quiet
    )


def chosen(ground: PlaceGround, folder: Path, build: int, effort: Effort = EFFORT) -> Placing:
    """The choice, with results kept in a folder."""
    return choose_places(ground, Rules(build), effort, ThreadCrew(2), Store(folder), quiet)


def town_of_bins(folder: Path) -> City:
    """Three pairs of bins, 22 m apart on a street, far from each other."""
    town_city(folder)
    rows = ["point_id,lon,lat,district,stream,demand_kg,service_s\n"]
    for name, east, north in (("A", 0.4, 0), ("B", 2.4, 2), ("C", 3.4, 4)):
        for k in (0, 1):
            at = place(east + 0.2 * k, north)
            rows.append(f"{name}{k},{at},东,other,{100 + 50 * k},120\n")
    (folder / "points.csv").write_text("".join(rows), encoding="utf-8")
    return read_city(folder)


def test_bins_within_the_walk_become_one_point(tmp_path: Path) -> None:
    """Of three places two are built: their bins become a point there, the third pair stays."""
    city = town_of_bins(tmp_path / "town")
    path = table(
        tmp_path,
        f"X,point,{place(0.5, 0)},0,0.1,",
        f"Y,point,{place(2.5, 2)},0,0.1,",
        f"Z,point,{place(3.5, 4)},9000000,90,",
    )
    ground = ground_of(city, path)
    assert [sorted(bins) for bins in ground.bins] == [
        ["A0"],
        ["A1"],
        ["B0"],
        ["B1"],
        ["C0"],
        ["C1"],
    ]
    found = chosen(ground, tmp_path / "runs", 2)
    assert found.chosen.design == (0, 1)
    assert found.saving.mean < 0
    after = ground.built(found.chosen.design).points
    assert len(after) == 4
    merged = after[after["demand_kg"] == 250]
    assert len(merged) == 2
    # the place that was given, some metres off the street
    assert merged[["lon", "lat"]].round(6).to_numpy().tolist() == [
        [float(x) for x in place(0.5, 0).split(",")],
        [float(x) for x in place(2.5, 2).split(",")],
    ]


def test_nobody_walks_farther_than_the_limit(tmp_path: Path) -> None:
    """Within 10 m no bin reaches a place, which is told; an edit by hand is refused too."""
    city = town_of_bins(tmp_path / "town")
    path = table(tmp_path, f"X,eco_island,{place(0.5, 0)},0,0,")
    with pytest.raises(InputError, match="nothing on 2024-11-25 that a place of kind eco_island"):
        ground_of(city, path, walk_m=10)
    ground = ground_of(city, path)
    edit = ground.edits((0,))[0]
    assert edit.given["kind"] == "eco_island"
    assert set(ground.built((0,)).points["kind"]) == {"compound", "eco_island"}
    scenario = tmp_path / "town" / "scenarios" / "far.toml"
    lines = [f"{k} = {json.dumps(v)}" for k, v in {**edit.given, "walk_m": 5.0}.items()]
    scenario.write_text('[[edit]]\ndo = "merge_into"\n' + "\n".join(lines), encoding="utf-8")
    done = CliRunner().invoke(main, ["scenario", "show", str(tmp_path / "town"), "far"])
    assert done.exit_code == 2
    assert "points = A0, A1; expected points at most 5 m along streets" in done.output


def test_a_water_point_near_the_work_is_built(tmp_path: Path) -> None:
    """Sweepers fill up in the town; a point at the street saves ways, one over the bridge none."""
    town_city(tmp_path / "town")
    thirsty = (tmp_path / "town" / "operations.csv").read_text(encoding="utf-8")
    thirsty = thirsty.replace("sweeper,8,0.2", "sweeper,8,0.8")
    (tmp_path / "town" / "operations.csv").write_text(thirsty, encoding="utf-8")
    far = (tmp_path / "town" / "facilities.csv").read_text(encoding="utf-8")
    far = far.replace(f"W1,water,{place(1.5, 2)}", f"W1,water,{place(9, 0)}")
    (tmp_path / "town" / "facilities.csv").write_text(far, encoding="utf-8")
    city = read_city(tmp_path / "town")
    path = table(
        tmp_path,
        f"X,water,{place(9, 2)},1000,0.1,",
        f"Y,water,{place(2.5, 2)},1000,0.1,",
        f"Z,water,{place(10, 1)},1000,0.1,",
    )
    ground = ground_of(city, path)
    assert ground.city.points.empty
    found = chosen(ground, tmp_path / "runs", 1)
    assert found.chosen.design == (1,)
    assert found.saving.mean < 0
    costs = enumerated(ground, tmp_path / "runs", 1)
    assert costs[(1,)] == min(costs.values())


def enumerated(ground: PlaceGround, folder: Path, build: int) -> dict[tuple[int, ...], float]:
    """Mean routed cost of every design."""
    designs = list(itertools.combinations(range(len(ground.places)), build))
    desk = Desk({str(d): ground.built(d) for d in designs}, ground.network)
    tasks = {
        desk.key(task): (d, task)
        for d in designs
        for task in (DayTask(str(d), MONDAY, seed, EFFORT.budget) for seed in (1, 2))
    }
    family = Family(plan_task, desk, {key: task for key, (_, task) in tasks.items()})
    found, _ = run_family(family, ThreadCrew(2), Store(folder), quiet)
    costs: dict[tuple[int, ...], list[float]] = {}
    for key, result in found.items():
        design = tasks[key][0]
        costs.setdefault(design, []).append(result["cost"] + ground.daily_cost(design))
    return {design: statistics.fmean(values) for design, values in costs.items()}


def test_a_wash_station_serves_its_corridor(tmp_path: Path) -> None:
    """Beside a station far off one at the bridge is built; its corridor names it from then on."""
    watched_town(tmp_path / "town")
    far = (tmp_path / "town" / "facilities.csv").read_text(encoding="utf-8")
    far = far.replace("W9,wash,112.008500,31.002050", f"W9,wash,{place(10, 0)}")
    (tmp_path / "town" / "facilities.csv").write_text(far, encoding="utf-8")
    city = read_city(tmp_path / "town")
    path = table(
        tmp_path,
        "X,wash,112.008500,31.002050,0,0,L1",
        f"Y,wash,{place(1, 4)},0,0,L1",  # inside the center
    )
    ground = ground_of(city, path)
    after = ground.built((0,))
    limits = after.tables["limits"]
    corridors = limits[limits["kind"] == "wash_corridor"]
    assert set(corridors["wash_id"]) == {"W9", "X"}
    assert set(corridors["way_id"]) == {700}
    costs = enumerated(ground, tmp_path / "runs", 1)
    assert costs[(0,)] < costs[(1,)]
    found = chosen(ground, tmp_path / "runs", 1)
    assert found.chosen.design == (0,)
    assert found.saving.mean < 0


def test_designs_by_exchange_are_those_by_enumeration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On random tables of cost the two ways to look for the best design agree nearly always."""
    city = town_of_bins(tmp_path / "town")
    names = [f"X{k},point,{place(0.5 + k / 100, 0)},{1000 + k},0," for k in range(9)]
    ground = ground_of(city, table(tmp_path, *names))
    rng, same = np.random.default_rng(1), 0
    for _ in range(20):
        cost = rng.uniform(0, 1000, (15, 9))
        stays, at = rng.uniform(0, 2000, 15), np.zeros((15, 2))
        other = PlaceGround(
            city, ground.network, MONDAY, "point", ground.places, 120, cost, stays,
            np.zeros(9), ground.daily, at,
        )  # fmt: skip
        (exact,) = best_designs(other, Rules(3), 1.0, 1)
        with monkeypatch.context() as patch:
            patch.setattr(search, "ENUMERATED", 0)
            (near,) = best_designs(other, Rules(3), 1.0, 1)
        assert other.predicted(near) >= other.predicted(exact) - 1
        same += near == exact
    assert same >= 17
    with pytest.raises(InfeasibleError, match="raise --budget"):
        best_designs(ground, Rules(2, 10.0), 1.0, 1)


def test_faults_of_the_table_are_told_together(tmp_path: Path) -> None:
    """Several kinds, known names and corridors that are none come with row and remedy."""
    city = town_city(tmp_path / "town")
    path = table(
        tmp_path,
        f"T1,water,{place(1, 1)},,,",
        f"B,wash,{place(1, 1)},,,L9",
        f"B,wash,{place(1, 1)},x,,",
    )
    assert holds_places(path)
    with pytest.raises(InputError) as caught:
        read_places(path, city)
    told = str(caught.value)
    assert "expected one kind, the others in tables of their own" in told
    assert "row 2: candidate_id = 'T1'; expected a name that nothing has yet" in told
    assert "row 3: corridor = 'L9'; expected a wash_corridor of limits.csv" in told
    assert "row 4: build_cost = 'x'" in told


def test_through_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command names the choice and writes scenarios that make the same city."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    city = tmp_path / "town"
    town_of_bins(city)
    path = table(tmp_path, f"X,point,{place(0.5, 0)},0,0.1,", f"Y,point,{place(2.5, 2)},0,0.1,")
    words = ["scenario", "site", city, "--candidates", path, "--build", 1, "--date", MONDAY]
    words += ["--iterations", 30, "--seeds", 1, "--rounds", 1, "--workers", 1]
    done = CliRunner().invoke(main, [*map(str, words), "--json"])
    assert done.exit_code == 0, done.output
    record = json.loads(done.stdout)
    assert record["kind"] == "point"
    assert len(record["ranking"]) == 2
    assert record["written"][0].endswith("places.html")
    assert (city / "scenarios" / "places" / "places.html").is_file()
    told = CliRunner().invoke(main, ["scenario", "show", str(city), "places_1"])
    assert told.exit_code == 0, told.output
    name = record["chosen"]["places"][0]
    assert f"2 points are merged into 1 at {name}" in told.output
    lines = CliRunner().invoke(main, [*map(str, words)])
    assert f"chosen: {name}" in lines.stdout
    assert "4 of 4 places with bins" not in lines.stdout
