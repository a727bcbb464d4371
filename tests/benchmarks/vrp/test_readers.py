"""Readers give the integers of each set's convention, computed here by hand."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from benchmarks.campaign.instance import (
    FAR,
    NEAREST,
    Rounding,
    enough_vehicles,
    euclidean,
    truncated,
)
from benchmarks.campaign.known import best_known
from benchmarks.campaign.library import set_name, spread
from benchmarks.vrp.library import find_instances, read_instance
from benchmarks.vrp.sets import format_of
from routing.errors import InputError
from tests.benchmarks.vrp import tiny


def test_euclidean_rounds_each_way_and_in_blocks():
    """Floor, nearest and ceiling of 1.41421 by a factor; blocks give what one piece gives."""
    x, y = np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0, 4.0])
    assert euclidean(x, y, truncated(10))[0, 0, 1] == 14
    assert euclidean(x, y, Rounding(1000, "nearest"))[0, 0, 1] == 1414
    assert euclidean(x, y, Rounding(1000, "ceil"))[0, 0, 1] == 1415
    assert euclidean(x, y, NEAREST)[0].tolist() == [[0, 1, 5], [1, 0, 4], [5, 4, 0]]
    rng = np.random.default_rng(1)
    x, y = rng.random(50) * 1000, rng.random(50) * 1000
    assert (euclidean(x, y, NEAREST, block=7) == euclidean(x, y, NEAREST)).all()


def test_exact_distances_stay_exact():
    """A distance of 5 is neither cut to 4.9 nor raised to 5.001."""
    x, y = np.array([0.0, 3.0]), np.array([0.0, 4.0])
    assert euclidean(x, y, truncated(10))[0, 0, 1] == 50
    assert euclidean(x, y, Rounding(1000, "ceil"))[0, 0, 1] == 5000


def test_solomon_by_distance(tmp_path):
    """Times and lengths are tenths, truncated; the fleet is the file's; time and length are one."""
    instance = read_instance(tiny.write_text(tmp_path, "tiny.txt", tiny.SOLOMON))
    problem = instance.problem
    assert instance.family == "solomon" and instance.objective == "distance"
    assert problem.time_s is problem.length_m
    assert problem.length_m[0, 0].tolist() == [0, 50, 100, 14]
    assert [t.windows for t in problem.tasks] == [((0, 440),), ((300, 400),), ((0, 900),)]
    assert [(t.task_id, t.mass_kg, t.modes[0].service_s) for t in problem.tasks][1] == ("2", 4, 100)
    assert [v.shift_end for v in problem.vehicles] == [1000, 1000]
    assert all(v.ends_loaded and v.fixed_cost == 0 for v in problem.vehicles)
    assert instance.value(1234) == 123.4


def test_solomon_by_vehicles(tmp_path):
    """A vehicle costs more than any distance; lengths are nearest, times never too short."""
    path = tiny.write_text(tmp_path, "tiny.txt", tiny.SOLOMON)
    instance = read_instance(path, "vehicles")
    assert instance.problem.length_m[0, 0, 3] == 1414
    assert instance.problem.time_s[0, 0, 3] == 1415
    assert instance.vehicle_cost > 1000 * instance.problem.length_m.max()
    assert instance.value(2 * instance.vehicle_cost + 12_340) == 12.34


def test_cvrp_has_no_times_and_enough_vehicles(tmp_path):
    """Distances are nearest integers, nothing limits time, and there is no fleet limit."""
    instance = read_instance(tiny.write_text(tmp_path, "tiny.vrp", tiny.CVRP))
    problem = instance.problem
    assert problem.length_m[0].tolist()[0] == [0, 5, 10, 1]
    assert problem.time_s is problem.length_m
    assert [t.task_id for t in problem.tasks] == ["1", "2", "3"]
    assert len(problem.vehicles) == enough_vehicles(15, 10) == 13
    assert {v.shift_end for v in problem.vehicles} == {FAR}
    assert all(not t.windows for t in problem.tasks)


def test_enough_vehicles_stays_within_what_is_allowed():
    """Half as many again and ten, but not more than the set allows."""
    assert enough_vehicles(100, 10) == 25
    assert enough_vehicles(101, 10) == 26
    assert enough_vehicles(100, 10, allowed=12) == 12


def test_hfvrp_costs_are_hundredths_of_thousandths(tmp_path):
    """A vehicle's fixed and unit costs give the stated unit when divided by the scale."""
    instance = read_instance(tiny.write_text(tmp_path, "tiny.vrp", tiny.HFVRP))
    first, second = instance.problem.vehicles
    assert (first.fixed_cost, first.cost_km, first.capacity_kg) == (500_000, 70_000, 10)
    assert (second.fixed_cost, second.cost_km, second.capacity_kg) == (200_000, 50_000, 6)
    cost = first.fixed_cost + first.cost_km * 2 * int(instance.problem.length_m[0, 0, 1]) // 1000
    assert instance.value(cost) == pytest.approx((500 + 70 * 10) / 100)


def test_mdvrptw_has_depots_and_a_limit(tmp_path):
    """Each vehicle has its depot, the depot's hours and the limit; customers keep their numbers."""
    problem = read_instance(tiny.write_text(tmp_path, "tiny.vrp", tiny.MDVRPTW)).problem
    assert [(v.start, v.end, v.max_duration_s, v.shift_end) for v in problem.vehicles] == [
        (0, 0, 40_000, 200_000),
        (1, 1, 40_000, 200_000),
    ]
    assert [t.task_id for t in problem.tasks] == ["2", "3"]
    assert problem.length_m[0, 1, 2] == 8062
    assert problem.tasks[0].windows == ((100_000, 110_000),)


def test_mtvrptwr_reloads_at_the_depot(tmp_path):
    """The depot is a place to unload without service, and releases are tenths."""
    problem = read_instance(tiny.write_text(tmp_path, "tiny.vrp", tiny.MTVRPTWR)).problem
    (depot,) = problem.facilities
    assert (depot.location, depot.unload_s, depot.close_s) == (0, 0, 1000)
    assert [t.release_s for t in problem.tasks] == [0, 600]
    assert [t.modes[0].service_s for t in problem.tasks] == [100, 100]


def test_kim_reads_rows_by_their_type(tmp_path):
    """The landfill closes so that unloading may begin at 16:45, its 1675; feet become miles."""
    instance = read_instance(tiny.write_text(tmp_path, "5_stop.txt", tiny.KIM))
    problem = instance.problem
    (landfill,) = problem.facilities
    assert landfill.facility_id == "9"
    assert landfill.close_s == 16 * 3600 + 45 * 60 + 600
    assert instance.value(int(problem.length_m[0, 0, 2])) == 1.0
    assert problem.time_s[0, 0, 2] == 90
    assert [t.mass_kg for t in problem.tasks] == [600, 450, 500]
    assert problem.tasks[0].windows == ((7 * 3600, 24 * 3600),)
    truck = problem.vehicles[0]
    assert (truck.capacity_kg, truck.max_day_kg, truck.max_day_tasks) == (1000, 1600, 3)
    assert problem.rules.meal_window == (11 * 3600, 12 * 3600)
    assert instance.objective == "vehicles"


def test_cordeau_patterns_are_days(tmp_path):
    """Bitmask 1 of two days is the last day, 2 the first, 3 both; free choice needs no group."""
    problem = read_instance(tiny.write_text(tmp_path, "tiny.txt", tiny.CORDEAU)).problem
    assert [t.task_id for t in problem.tasks] == ["1@0", "2@0", "2@1"]
    assert [(g.tasks, g.patterns) for g in problem.groups] == [((1, 2), ((0, 1),))]
    assert [v.day for v in problem.vehicles] == [0, 1]
    assert problem.vehicles[0].shift_end == 100_000


def test_pvrpif_spreads_visits_evenly(tmp_path):
    """Twice in four days is every other day; once is any day."""
    problem = read_instance(tiny.write_json(tmp_path, "tiny.geojson", tiny.PVRPIF)).problem
    assert [(g.tasks, g.patterns) for g in problem.groups] == [((0, 1), ((0, 2), (1, 3)))]
    assert len(problem.tasks) == 3
    assert [f.location for f in problem.facilities] == [3]
    assert problem.time_s[0, 2, 0] == 7
    assert not problem.vehicles[0].ends_loaded


def test_mdvrpi_docks_at_every_depot(tmp_path):
    """Central and other depots renew the load, and each docking takes its time."""
    problem = read_instance(tiny.write_json(tmp_path, "tiny.json", tiny.MDVRPI)).problem
    assert [(f.location, f.unload_s) for f in problem.facilities] == [(0, 15_000), (1, 15_000)]
    assert problem.tasks[0].modes[0].entry == 2
    assert problem.length_m[0, 0, 2] == 5000


def test_montevideo_fills_what_the_file_lacks(tmp_path):
    """A pair that is missing takes as long as its straight distance at the mean speed."""
    problem = read_instance(tiny.write_montevideo(tmp_path)).problem
    table = problem.time_s[0]
    assert (table[0, 2], table[1, 2], table[2, 3]) == (120, 210, 60)
    mean_pace = (120 + 120 + 210 + 210 + 60 + 60 + 60) / (2 + 2 + 3 + 3 + 1 + 1 + 1)
    assert table[3, 2] == round(mean_pace)
    assert problem.facilities[0].location == 1
    assert problem.vehicles[0].shift_end == 200 * 60


def test_qingdao_measures_metres(tmp_path):
    """A hundredth of a degree of longitude at 36 degrees north is 900 m, 1,169 m with detours."""
    instance = read_instance(tiny.write_qingdao(tmp_path))
    assert instance.problem.length_m[0, 0, 1] == pytest.approx(1169.5, abs=1)
    assert len(instance.problem.tasks) == 2
    assert instance.problem.tasks[0].windows == ((7 * 3600, 17 * 3600),)


def test_formats_are_told_from_content(tmp_path):
    """Text and JSON that are no instances are left alone."""
    assert format_of(tiny.write_text(tmp_path, "SOURCE.txt", "SET: vehicle // capacity")) is None
    assert format_of(tiny.write_json(tmp_path, "Depots.json", {"depot": []})) is None
    with pytest.raises(InputError, match="not an instance"):
        read_instance(tmp_path / "SOURCE.txt")


def test_vehicles_first_is_refused_where_it_has_no_meaning(tmp_path):
    """A set that minimizes distance only has no other objective."""
    path = tiny.write_text(tmp_path, "tiny.vrp", tiny.CVRP)
    with pytest.raises(InputError, match="--objective vehicles"):
        read_instance(path, "vehicles")


def test_instances_are_found_by_set_folder_and_file(tmp_path):
    """A set's name, a folder and a file all lead to the same instance; nonsense is an error."""
    (tmp_path / "X").mkdir()
    path = tiny.write_text(tmp_path / "X", "tiny.vrp", tiny.CVRP)
    tiny.write_text(tmp_path / "X", "tiny.sol", "Cost 1")
    assert find_instances(["X", str(tmp_path / "X"), str(path)], tmp_path) == [path] * 3
    with pytest.raises(InputError, match="no such file"):
        find_instances(["Y"], tmp_path)
    with pytest.raises(InputError, match="holds no instance"):
        find_instances([str(tmp_path / "X" / "tiny.sol")], tmp_path)


def test_set_names_carry_the_size(tmp_path):
    """A folder that is a number is told with the folder above it."""
    assert set_name(tmp_path / "homberger" / "200" / "a.txt") == "homberger 200"
    assert set_name(tmp_path / "X" / "a.vrp") == "X"


def test_spread_takes_even_steps(tmp_path):
    """A limit takes files from all over the list, and never more than there are."""
    files = [tmp_path / str(k) for k in range(10)]
    assert spread(files, 3) == [files[0], files[3], files[6]]
    assert spread(files, None) == spread(files, 99) == files


def test_best_known_values_come_from_the_table(tmp_path):
    """Distance and vehicles-first values have columns of their own; no table, no value."""
    path = tiny.write_text(tmp_path, "tiny.txt", tiny.SOLOMON)
    assert best_known(path).value is None
    with (tmp_path / "MANIFEST.csv").open("w", newline="") as handle:
        table = csv.writer(handle)
        table.writerow(["file", "BKS", "BKS_lex_vehicles", "BKS_lex_distance", "source"])
        table.writerow(["tiny.txt", "27.5", "2", "28.9", "a paper"])
    assert best_known(path).value == 27.5
    known = best_known(path, "vehicles")
    assert (known.value, known.vehicles, known.source) == (28.9, 2, "a paper")
    assert read_instance(path).gap(55.0) == pytest.approx(100.0)


def test_finer_values_of_hfvrp_are_brought_to_the_unit(tmp_path):
    """Values stated in hundred-thousandths are divided; the others stay."""
    folder = tmp_path / "hfvrp"
    folder.mkdir()
    text = "file,BKS,BKS_source\nfine.vrp,5921884811,x\nplain.vrp,19412.56,x\n"
    tiny.write_text(folder, "MANIFEST.csv", text)
    assert best_known(folder / "fine.vrp").value == 59218.84811
    assert best_known(folder / "plain.vrp").value == 19412.56
