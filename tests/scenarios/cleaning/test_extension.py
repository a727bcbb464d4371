"""What deep cleaning of another category takes, on hand-made weeks."""

from __future__ import annotations

from pathlib import Path

from scenarios.city import read_city
from scenarios.cleaning.extension import deep_template
from scenarios.cleaning.work import template_passes
from tests.cities import write_good, written
from tests.dispatch.test_audit_passes import OPERATIONS


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
