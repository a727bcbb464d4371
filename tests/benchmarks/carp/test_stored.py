"""The real sets: every file is read, stored solutions cost what they state, bounds hold."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from benchmarks.campaign.handover import plain_routes
from benchmarks.campaign.known import row_about
from benchmarks.campaign.plain import FACILITY, TASK, PlainRoute, Visit
from benchmarks.carp.checks.nodes import PARSERS as NODES
from benchmarks.carp.checks.turns import PARSERS as TURNS
from benchmarks.carp.formats.mixed import parse_mixed
from benchmarks.carp.library import check_routes, find_instances, read_instance
from benchmarks.carp.sets import format_of
from solvers.solve import solve
from solvers.stop import MaxIterations

COUNTS = {"carp": 137, "mixed": 234, "mcgrp": 35, "mcgrp-tp": 70, "rwcp": 111}
SERVICE = re.compile(r"\(S (\d+),(\d+),(\d+)\)")


def test_every_file_is_told(shared_carp: Path) -> None:
    """All files of the sets are instances of the format that their folder is in."""
    found: dict[str, int] = defaultdict(int)
    for path in find_instances([str(shared_carp)], shared_carp):
        found[format_of(path) or ""] += 1
    assert found == COUNTS


def test_files_hold_what_the_tables_say(shared_carp: Path) -> None:
    """Required edges, arcs and nodes of every third file are as many as its table states."""
    wrong = []
    for path in find_instances([str(shared_carp)], shared_carp)[::3]:
        kind = format_of(path) or ""
        file = NODES[kind](path) if kind in NODES else TURNS[kind](path).file
        two_way = sum(street.two_way for street in file.required)
        counts = (two_way, len(file.required) - two_way, len(file.corners))
        row = row_about(path) or {}
        stated = tuple(int(row[f"req_{what}"] or 0) for what in ("edges", "arcs", "nodes"))
        if counts != stated:
            wrong.append((path, counts, stated))
    assert wrong == []


@pytest.mark.parametrize(("network", "file"), [("val5A", "val5D_575"), ("val9A", "val9D_390")])
def test_stored_val_solutions_cost_what_they_state(
    shared_carp: Path, network: str, file: str
) -> None:
    """Solutions of val5D and val9D, whose streets and loads are those of the A instances."""
    lines = (shared_carp / "carp-val" / "solutions" / f"{file}.sol").read_text().splitlines()
    path = shared_carp / "carp-val" / f"{network}.dat"
    streets = {
        (street, way): mode
        for street, task in enumerate(read_instance(path).problem.tasks, 1)
        for way, mode in enumerate(task.modes)
    }
    assert len(streets) > 100
    routes = []
    for line in lines[4:]:
        served = [(int(k), int(a), int(b)) for k, a, b in SERVICE.findall(line)]
        visits = [Visit(TASK, f"e{k}", _way(path, k, a, b)) for k, a, b in served]
        routes.append(PlainRoute(str(len(routes)), tuple(visits)))
    verdict = check_routes(path, routes, "distance")
    assert (verdict.value, verdict.faults) == (float(lines[0]), ())


def _way(path: Path, number: int, tail: int, head: int) -> int:
    edges = re.findall(r"\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*coste", path.read_text())
    forward = (str(tail), str(head))
    assert forward in (edges[number - 1], edges[number - 1][::-1])
    return int(edges[number - 1] != forward)


@pytest.mark.parametrize("method", ["full_ps", "full_ps_local_search", "full_ps_tabu_search"])
def test_stored_routes_with_facilities_cost_what_they_state(shared_carp: Path, method: str) -> None:
    """Each of three methods' routes of Lpr_IF-c-03 keeps all rules; times agree to the second."""
    path = shared_carp / "mcarptif" / "Lpr_IF" / "Lpr_IF-c-03.txt"
    names = {}
    for street in parse_mixed(path).required:
        names[street.tail, street.head] = street.name, 0
        if street.two_way:
            names[street.head, street.tail] = street.name, 1
    sites = {81: "0", 162: "1"}
    visits: dict[str, list[Visit]] = defaultdict(list)
    stated: dict[str, float] = {}
    file = path.parents[1] / "solutions" / f"Lpr_IF-c-03_sol_{method}.csv"
    with file.open(newline="") as handle:
        for row in csv.DictReader(handle):
            stated[row["route"]] = float(row["cum_time"])
            ends = int(row["arc_start_node"]), int(row["arc_end_node"])
            if row["activity_type"] == "collect":
                visits[row["route"]].append(Visit(TASK, *names[ends]))
            elif row["activity_type"] == "offload":
                visits[row["route"]].append(Visit(FACILITY, sites[ends[0]]))
    routes = [PlainRoute(name, tuple(part)) for name, part in visits.items()]
    verdict = check_routes(path, routes, "vehicles")
    assert verdict.faults == ()
    assert verdict.value == sum(stated.values())


SAMPLE = (
    "carp-gdb/gdb1.dat",
    "carp-egl/egl-e1-A.dat",
    "mcarp-mval/mval1A.txt",
    "mcarp-lpr/Lpr-c-01.txt",
    "mcarptif/Lpr_IF/Lpr_IF-c-01.txt",
    "mcgrp-cbmix/CBMix1.dat",
    "mcgrp-bhw/BHW6.dat",
    "mcgrp-tp/BHW3-TP.dat",
    "rwcp-mcarptif-tp/multi-vehicle/P2-IF-TP-e.txt",
)


@pytest.mark.parametrize("name", SAMPLE)
def test_plans_cost_the_same_by_checker_and_problem(shared_carp: Path, name: str) -> None:
    """A short search's plan keeps all rules, costs the same by both, and not less than known."""
    instance = read_instance(shared_carp / name)
    plan = solve(instance.problem, MaxIterations(20_000), 1, "native")
    verdict = check_routes(
        instance.path, plain_routes(instance.problem, plan.routes), instance.objective
    )
    assert verdict.faults == ()
    assert verdict.value == pytest.approx(instance.value(plan.cost), abs=0.5)
    if instance.bks is not None:
        assert instance.bks <= verdict.value < 1.05 * instance.bks
