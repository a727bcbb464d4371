"""A day whose travel is looked up in blocks: planned, written down and audited like any other."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import scenarios.problem
from dispatch.audit import audit_plan
from dispatch.record import plan_record
from routing.errors import InputError
from scenarios.city import read_city
from scenarios.run import run_day
from scenarios.simulation import Noise, simulate_plan
from solvers.evaluate import evaluate_plan
from solvers.parts.rounds import Scale
from solvers.solve import Options
from solvers.stop import MaxIterations
from tests.cities import DAY, write_good


def test_a_day_without_matrices_is_planned_as_one_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The audit passes, the judge with matrices agrees, and what needs matrices says so."""
    city, date = read_city(write_good(tmp_path)), dt.date.fromisoformat(DAY)
    options = Options(scale=Scale(tasks=6, rounds=2))
    known = run_day(city, date, lambda: MaxIterations(200), options=options)
    monkeypatch.setattr(scenarios.problem, "MATRIX_PLACES", 0)
    done = run_day(city, date, lambda: MaxIterations(200), options=options)
    assert done.posed.problem.travel is not None
    assert known.posed.problem.travel is None
    assert done.plan.routes == known.plan.routes
    assert evaluate_plan(known.posed.problem, done.plan).cost == done.plan.cost
    assert audit_plan(plan_record(city, done), city, done.network).ok
    with pytest.raises(InputError, match="simulation needs travel among all places"):
        simulate_plan(done.posed, done.posed.problem, done.plan, Noise(), 1, 1)
