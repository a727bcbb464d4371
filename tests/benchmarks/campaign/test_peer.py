"""Peers in a process of their own: their plans keep the rules, at the cost that they claim."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.campaign.engines import PEER_SCRIPT
from benchmarks.campaign.handover import routes_from_json, write_problem
from benchmarks.peers import python_of, why_missing
from benchmarks.vrp.checking import check_routes
from benchmarks.vrp.library import read_instance
from tests.benchmarks.vrp import tiny


def run_peer(python, name, path, folder):
    """Return the instance and what a peer wrote about it."""
    instance, out = read_instance(path), folder / "out.json"
    write_problem(instance.problem, folder / "handed")
    command = [str(python), str(PEER_SCRIPT), name, str(folder / "handed"), "0.5", "1", str(out)]
    subprocess.run(command, check=True)
    return instance, json.loads(out.read_text())


def assert_claims_hold(instance, found, best):
    """The plan keeps all rules, costs what the peer says, and is the best there is."""
    verdict = check_routes(instance.path, routes_from_json(found["routes"]), instance.objective)
    assert verdict.faults == ()
    assert instance.value(found["trace"][-1][1]) == pytest.approx(verdict.value, rel=1e-3)
    assert verdict.value == pytest.approx(best, rel=1e-3)


CASES = {
    "solomon": ("tiny.txt", tiny.SOLOMON, 22.8),
    "cvrp": ("tiny.vrp", tiny.CVRP, 22),
    "hfvrp": ("tiny.vrp", tiny.HFVRP, 12.0139),
    "mdvrptw": ("tiny.vrp", tiny.MDVRPTW, 20_000),
    "mdvrpi": ("tiny.json", json.dumps(tiny.MDVRPI), 18.0),
}


@pytest.mark.parametrize("case", CASES)
def test_ortools(tmp_path, case):
    """OR-Tools finds the best plan of every kind of problem that it is handed."""
    name, text, best = CASES[case]
    path = tiny.write_text(tmp_path, name, text)
    assert_claims_hold(*run_peer(sys.executable, "ortools", path, tmp_path), best)


@pytest.mark.peer
@pytest.mark.parametrize("case", CASES)
def test_pyvrp(tmp_path, case):
    """PyVRP likewise."""
    missing = why_missing("pyvrp")
    if missing:
        pytest.skip(f"pyvrp: {missing}")
    name, text, best = CASES[case]
    path = tiny.write_text(tmp_path, name, text)
    assert_claims_hold(*run_peer(python_of("pyvrp"), "pyvrp", path, tmp_path), best)


def test_ortools_unloads_before_it_comes_home(tmp_path):
    """Trucks that must come home empty visit the dump last."""
    path = tiny.write_montevideo(tmp_path)
    instance, found = run_peer(sys.executable, "ortools", path, tmp_path)
    (only,) = routes_from_json(found["routes"])
    assert only.visits[-1].kind == "facility"
    assert check_routes(path, [only], instance.objective).faults == ()


@pytest.mark.parametrize(
    ("name", "text", "rules"),
    [
        ("5_stop.txt", tiny.KIM, "lunch, daily load, daily stops"),
        ("tiny.vrp", tiny.MTVRPTWR, "release times"),
    ],
)
def test_rules_that_ortools_is_not_handed_are_refused(
    tmp_path: Path, name: str, text: str, rules: str
):
    """No plan, and the names of the rules."""
    _, found = run_peer(sys.executable, "ortools", tiny.write_text(tmp_path, name, text), tmp_path)
    assert found["refused"] == rules
    assert "routes" not in found
