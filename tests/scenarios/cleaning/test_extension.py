"""What deep cleaning of another category takes, on hand-made weeks."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from scenarios.city import read_city
from scenarios.cleaning.extension import Extension, deep_template, extensions
from scenarios.cleaning.weekplan import Covered
from scenarios.cleaning.work import template_passes
from solvers.plan import Plan
from tests.cities import write_good, written
from tests.dispatch.test_audit_passes import OPERATIONS
from tests.scenarios.cleaning.convoys import street_problem
from tests.scenarios.cleaning.test_week import DATES, run


def test_the_template_of_most_passes_is_the_deep_one(tmp_path: Path):
    """Three passes are deeper than one; a city of single passes has no deep template."""
    folder = write_good(tmp_path)
    assert deep_template(read_city(folder)) is None
    written("operations.csv", OPERATIONS + "dry,1,sweeper,8,0,100,,,false\n")(folder)
    city = read_city(folder)
    assert deep_template(city) == "ws"
    assert [one.vehicle_kind for one in template_passes(city, "ws")] == [
        "flusher", "sweeper", "flusher",
    ]  # fmt: skip


def test_missed_passes_come_before_an_extension(tmp_path: Path):
    """Ten idle hours are none where more than ten hours of due work are missed for want of time.

    A kilometre at 8 km/h is half a quarter hour; 100 missed passes of half an hour are 50 hours.
    """
    folder = write_good(tmp_path)
    written("operations.csv", OPERATIONS)(folder)
    city = read_city(folder)
    other = run(0, template="dry", category="back_street", length_m=1000)
    truck = SimpleNamespace(truck_id="S1", kind="sweeper", shift_start=0, shift_end=10 * 3600)
    day: Any = SimpleNamespace(
        date=DATES[0],
        posed=SimpleNamespace(trucks=(truck,), problem=street_problem(0)),
        plan=Plan((), (), 0, 0, 0, ""),
    )

    def sweeping(missed: Counter[str]) -> Extension:
        late = run(1, template="ws", passes=(("sweeper", 1800),))
        covered = (Covered(late, "", 100, 0, missed),)
        week: Any = SimpleNamespace(runs=(other,), days=(day,), covered=covered)
        return next(e for e in extensions(city, week) if e.kind == "sweeper")

    fits = sweeping(Counter(day=100))
    assert (fits.idle_h, fits.behind_h, fits.trucks) == (10.0, 0.0, 0)
    assert fits.needed_h == 0.125
    behind = sweeping(Counter(capacity=60, fleet_busy=40))
    assert behind.behind_h == 50.0
    # 40.125 hours are short, a truck has 70 a week
    assert behind.trucks == 1
