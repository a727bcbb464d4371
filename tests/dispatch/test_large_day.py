"""A day whose travel is looked up in blocks: planned, written down and audited like any other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import scenarios.problem
from dispatch.audit import audit_plan
from dispatch.record import plan_record
from scenarios.city import read_city
from scenarios.run import run_day
from scenarios.simulation import Noise, simulate_plan
from solvers.evaluate import evaluate_plan
from solvers.parts.rounds import Scale
from solvers.solve import Options
from solvers.stop import MaxIterations
from tests.cities import BRIDGE, DAY, Breakage, added, mapped, place, together, write_good
from tests.dispatch.test_hours import CLOSURES
from tests.dispatch.test_washing import LIMITS, WASH
from tests.scenarios.test_compounds import SECOND_TRUCK, compound, permits


def watched(folder: Path) -> None:
    """Let trucks wash before they drive onto the bridge."""
    together(added("facilities.csv", WASH), added("limits.csv", LIMITS.rstrip("\n")))(folder)


def by_the_hour(folder: Path) -> None:
    """Open the bridge at nine, and close the main street early in the morning."""
    rows = CLOSURES, f"C1,{BRIDGE},,,,,00:00,09:00", "C2,,经2路,,,,05:00,07:00"
    together(*(added("closures.csv", row) for row in rows))(folder)


def gated(folder: Path) -> None:
    """Put a point that is no compound's own behind a gate that only the second truck may pass."""
    points = (folder / "points.csv").read_text(encoding="utf-8").splitlines()
    lines = [points[0] + ",kind", *(line + ",compound" for line in points[1:])]
    lines.append(f"G1,{place(-1.9, 0)},other,100,,,daily,street")
    (folder / "points.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    together(mapped(compound), SECOND_TRUCK, permits(C2="compound"))(folder)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(together(), id="plain"),
        watched,
        by_the_hour,
        gated,
        pytest.param(together(watched, by_the_hour, gated), id="all"),
    ],
)
def test_a_day_without_matrices_is_planned_as_one_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Breakage
):
    """The audit passes, the judge with matrices agrees, and so does the simulation."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "cache"))
    folder = write_good(tmp_path / "town")
    change(folder)
    city, date = read_city(folder), dt.date.fromisoformat(DAY)
    options = Options(scale=Scale(tasks=6, rounds=2))
    known = run_day(city, date, lambda: MaxIterations(200), options=options)
    monkeypatch.setattr(scenarios.problem, "MATRIX_BYTES", 0)
    done = run_day(city, date, lambda: MaxIterations(200), options=options)
    assert done.posed.problem.travel is not None
    assert known.posed.problem.travel is None
    assert done.plan.routes == known.plan.routes
    assert evaluate_plan(known.posed.problem, done.plan).cost == done.plan.cost
    record = plan_record(city, done)
    assert record["routes"] == plan_record(city, known)["routes"]
    assert audit_plan(record, city, done.network).ok
    far, near = (
        simulate_plan(one.posed, one.posed.problem, one.plan, Noise(), 5, 1)
        for one in (done, known)
    )
    assert far == near
