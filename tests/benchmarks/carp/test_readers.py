"""Readers give the integers of each set's convention, computed here by hand."""

from __future__ import annotations

import io
import tarfile

import numpy as np
import pytest

from benchmarks.campaign.instance import FAR
from benchmarks.carp.checks.least import least_cost
from benchmarks.carp.library import find_instances, read_instance
from benchmarks.carp.readers.ways import cheapest_ways
from benchmarks.carp.sets import format_of
from routing.errors import InputError
from tests.benchmarks.carp import tiny


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("carp", "carp"),
        ("english", "carp"),
        ("mixed", "mixed"),
        ("site", "mixed"),
        ("mcgrp", "mcgrp"),
        ("turns", "mcgrp-tp"),
        ("rwcp", "rwcp"),
    ],
)
def test_formats_are_told_from_content(tmp_path, kind, told):
    """Words at the beginning of a file tell its format, whatever its name ends with."""
    assert format_of(tiny.write(tmp_path, kind)) == told


def test_other_files_are_no_instances(tmp_path):
    """Descriptions that quote the words of a format are left alone."""
    (tmp_path / "SOURCE.txt").write_text("ARISTAS_REQ are required edges")
    (tmp_path / "table.csv").write_text("ARISTAS_REQ")
    assert format_of(tmp_path / "SOURCE.txt") is None
    assert format_of(tmp_path / "table.csv") is None
    with pytest.raises(InputError, match="not an instance"):
        read_instance(tmp_path / "table.csv")


def test_carp_has_two_modes_an_edge(tmp_path):
    """Each edge is served either way at its cost; the last of parallel edges is driven."""
    instance = read_instance(tiny.write(tmp_path, "carp"))
    problem = instance.problem
    assert [(t.task_id, t.mass_kg) for t in problem.tasks] == [("e1", 3), ("e2", 2), ("e3", 4)]
    modes = problem.tasks[1].modes
    assert [(m.entry, m.exit, m.length_m) for m in modes] == [(1, 2, 3), (2, 1, 3)]
    # places are 1, 2, 3, 4; from 2 to 3 along the dearer edge
    assert problem.length_m[0].tolist() == [[0, 2, 9, 5], [2, 0, 7, 7], [9, 7, 0, 4], [5, 7, 4, 0]]
    assert problem.time_s is problem.length_m
    assert {(v.capacity_kg, v.shift_end, v.fixed_cost) for v in problem.vehicles} == {(5, FAR, 0)}
    assert all(v.ends_loaded for v in problem.vehicles)
    assert not problem.facilities


def test_english_files_are_carp_too(tmp_path):
    """Nodes from 0, depot 0, edges as in the Spanish files."""
    problem = read_instance(tiny.write(tmp_path, "english")).problem
    assert [t.task_id for t in problem.tasks] == ["e1", "e2"]
    assert problem.length_m[0, 0].tolist() == [0, 2, 5]
    assert problem.vehicles[0].capacity_kg == 5


def test_mixed_counts_unloading_once_a_route(tmp_path):
    """Without a facility unloading is a fixed cost, and the limit on trips is left aside."""
    problem = read_instance(tiny.write(tmp_path, "mixed")).problem
    edge, arc = problem.tasks
    assert (edge.task_id, len(edge.modes), edge.modes[0].length_m) == ("e1", 2, 20)
    assert (arc.task_id, len(arc.modes), arc.modes[0].length_m) == ("a3", 1, 12)
    # places are -1, 7, 8: 7 to 8 by the cheaper arc, and on to -1 rather than by the edge
    assert problem.length_m[0].tolist() == [[0, 4, 6], [3, 0, 2], [1, 3, 0]]
    assert {(v.fixed_cost, v.shift_end) for v in problem.vehicles} == {(30, FAR)}


def test_facilities_cost_when_they_are_reached(tmp_path):
    """A site is a place of its own; its cost lies on the way to it, and counts as time."""
    instance = read_instance(tiny.write(tmp_path, "site"))
    problem = instance.problem
    (site,) = problem.facilities
    assert (site.facility_id, site.location, site.unload_s) == ("0", 3, 0)
    assert problem.length_m[0, :, 3].tolist() == [36, 32, 30, 30]
    assert problem.length_m[0, 3].tolist() == [1, 3, 0, 30]
    truck = problem.vehicles[0]
    assert (truck.shift_end, truck.ends_loaded) == (150, False)
    assert instance.objective == "vehicles" and truck.fixed_cost == instance.vehicle_cost > 0
    by_time = read_instance(instance.path, "distance")
    assert by_time.problem.vehicles[0].fixed_cost == 0


def test_corners_are_entered_and_left_at_once(tmp_path):
    """A required node has one mode without length; the cost of service is left out."""
    problem = read_instance(tiny.write(tmp_path, "mcgrp")).problem
    tasks = {t.task_id: t for t in problem.tasks}
    assert sorted(tasks) == ["a3", "e1", "n3"]
    assert [(m.entry, m.exit, m.length_m) for m in tasks["n3"].modes] == [(2, 2, 0)]
    assert tasks["e1"].modes[0].length_m == 4
    assert tasks["a3"].modes[0].length_m == 1
    assert problem.length_m[0].tolist() == [[0, 4, 5], [4, 0, 1], [6, 10, 0]]


def test_turns_are_between_ways(tmp_path):
    """Places are the ways that serve something; leaving one costs driving it, and the turn."""
    problem = read_instance(tiny.write(tmp_path, "turns")).problem
    assert [(t.task_id, len(t.modes)) for t in problem.tasks] == [("e1", 2), ("n3", 1)]
    one_two, two_one, two_three, depot = range(4)
    table = problem.length_m[0]
    assert table[one_two, two_three] == 5 + 7
    assert table[one_two, two_one] == 5 + 15
    assert table[two_three, depot] == 2 + 4
    # home along 1-2-3 and the arc, and out again at the depot, where every turn is free
    assert table[two_one, two_three] == 5 + 5 + 7
    assert table[depot].tolist()[:3] == [0, 20, 12]
    assert len(problem.vehicles) == 1


def test_waste_collection_turns_by_the_shapes(tmp_path):
    """Shapes written from head to tail are turned; turns at depot and site are free."""
    instance = read_instance(tiny.write(tmp_path, "rwcp"))
    problem = instance.problem
    edge, arc = problem.tasks
    assert (edge.mass_kg, edge.volume_l, edge.modes[0].length_m) == (40, 30, 10_000)
    assert (arc.mass_kg, arc.volume_l, arc.modes[0].length_m) == (15, 80, 5_500)
    east, west, north, depot, site = range(5)
    table = problem.length_m[0]
    assert table[east, north] == 2_000 + 10_000
    assert table[east, site] == 2_000 + 5_250 + 6_000 + 30_500
    assert table[site, west] == 6_000 + 10_000
    assert table[site, depot] == 6_000 + 2_000  # plainly, without the turn
    assert table[depot, east] == 0
    (truck,) = problem.vehicles
    assert (truck.capacity_kg, truck.capacity_l["waste"], truck.shift_end) == (200, 100, 500_000)
    several = tmp_path / "multi-vehicle"
    several.mkdir()
    assert len(read_instance(tiny.write(several, "rwcp")).problem.vehicles) > 1


def test_service_takes_no_less_than_driving(tmp_path):
    """A required street without a load that states a shorter service is driven in full."""
    path = tmp_path / "tiny.txt"
    path.write_text(tiny.RWCP.replace("2\t3\t8.5\t3\t8\t1.5", "2\t3\t0\t3\t0\t0"))
    problem = read_instance(path).problem
    problem.check()
    assert problem.tasks[1].modes[0].length_m == 0


def test_vehicles_first_only_with_facilities(tmp_path):
    """Elsewhere the objective has no meaning and is refused."""
    with pytest.raises(InputError, match="--objective vehicles"):
        read_instance(tiny.write(tmp_path, "carp"), "vehicles")
    with pytest.raises(InputError, match="--objective vehicles"):
        read_instance(tiny.write(tmp_path, "turns"), "vehicles")


def test_archives_are_read_like_folders(tmp_path):
    """A member of an archive is found, read, and known by the table beside the archive."""
    with tarfile.open(tmp_path / "set.tar.xz", "w:xz") as archive:
        member = tarfile.TarInfo("routing/tiny.txt")
        member.size = len(tiny.RWCP)
        archive.addfile(member, io.BytesIO(tiny.RWCP.encode()))
    (tmp_path / "MANIFEST.csv").write_text("file,BKS\nset.tar.xz:routing/tiny.txt,99\n")
    (found,) = find_instances([str(tmp_path)], tmp_path)
    assert found == tmp_path / "set.tar.xz" / "routing" / "tiny.txt"
    assert find_instances([str(found)], tmp_path) == [found]
    assert read_instance(found).bks == 99


def test_a_table_above_names_files_by_folder(tmp_path):
    """Where files of one name lie in several folders, each has its own value."""
    for name in "ab":
        (tmp_path / name).mkdir()
        tiny.write(tmp_path / name, "site")
    (tmp_path / "MANIFEST.csv").write_text("file,BKS\na/tiny.txt,7\nb/tiny.txt,8\n")
    values = [read_instance(tmp_path / name / "tiny.txt").bks for name in "ab"]
    assert values == [7, 8]


@pytest.mark.parametrize("seed", range(5))
def test_ways_equal_the_slow_search(seed):
    """The road engine's search and the checkers' slow one find the same costs, and no way alike."""
    rng = np.random.default_rng(seed)
    links = [(int(a), int(b), int(c)) for a, b, c in rng.integers(0, 12, (25, 3))]
    table = cheapest_ways(links, 12, range(12), [3, 3, 7])

    def onward(state):
        return [(b, float(cost)) for a, b, cost in links if a == state]

    for a in range(12):
        for column, b in enumerate([3, 3, 7]):
            slow = least_cost(a, b, onward)
            assert table[a, column] == (-1 if slow == float("inf") else slow)
