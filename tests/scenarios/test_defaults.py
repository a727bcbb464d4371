"""The data file of defaults is honest about where its values come from."""

from __future__ import annotations

import csv
from collections import Counter
from importlib.resources import files
from pathlib import Path

import pytest

from scenarios.city import read_city
from scenarios.defaults import Used, default_number, load_defaults
from tests.scenarios.test_tables import write_city


def test_assumptions_are_called_so() -> None:
    """A value without a source says assumption and has low confidence; all rows are complete."""
    for row in load_defaults().values():
        assert row.source.strip(), row.key
        assert row.confidence in ("high", "medium", "low", "unknown"), row.key
        if row.source.lower().startswith("assumption"):
            assert row.confidence == "low", row.key
        assert (row.value == "") == (row.confidence == "unknown"), row.key


def test_prices_are_assumptions() -> None:
    """What work left out, uneven days, strange drivers and shapes cost was never measured."""
    prices = [row for key, row in load_defaults().items() if key.startswith("price.")]
    assert len(prices) == 8
    assert {(row.source, row.confidence) for row in prices} == {("assumption", "low")}


def test_keys_are_unique() -> None:
    """No key stands twice, where the later one would win in silence."""
    text = (files("scenarios") / "data" / "defaults.csv").read_text(encoding="utf-8")
    counts = Counter(row["key"] for row in csv.DictReader(text.splitlines()))
    assert [key for key, count in counts.items() if count > 1] == []


def test_used_defaults_are_listed_once_in_order() -> None:
    """Keys are listed as first used; what gave nothing can be dropped."""
    used = Used()
    used.add("price.unserved.base", "bin.volume.240L")
    used.add("price.unserved.base", "co2.diesel")
    used.drop({"bin.volume.240L", "never used"})
    assert [(a.key, a.value) for a in used.assumptions()] == [
        ("price.unserved.base", 1000),
        ("co2.diesel", 2.68),
    ]


def test_unknown_default() -> None:
    """A key that no row has is an error of the program, not a silent zero."""
    with pytest.raises(KeyError):
        default_number("price.unserved.bse")


def test_plans_carry_the_prices_as_assumptions(tmp_path: Path) -> None:
    """A city that sets one price lists the other two as assumptions."""
    city = read_city(write_city(tmp_path, toml='osm = "x"\nprices.unserved_base = 500'))
    listed = {a.key: (a.source, a.confidence) for a in city.assumptions if a.key[:6] == "price."}
    assert listed == {
        "price.unserved.per_kg": ("assumption", "low"),
        "price.unserved.street_km": ("assumption", "low"),
    }
