"""The documented format is the real one: the page, the checker and a real record name the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dispatch import planfile
from dispatch.kpis import KPI_KEYS
from dispatch.reasons import WORDS
from tests.dispatch.plans import tiny_plan, town_day

PAGE = Path(__file__).parents[2] / "docs" / "plan-format.md"

SECTIONS = {
    "The plan": planfile.PLAN_KEYS,
    "`fingerprint`": planfile.FINGERPRINT_KEYS,
    "`assumptions[]`": planfile.ASSUMPTION_KEYS,
    "`bound`": planfile.BOUND_KEYS,
    "`profiles.*`": planfile.PROFILE_KEYS,
    "`routes[]`": planfile.ROUTE_KEYS,
    "`energy`": planfile.ENERGY_KEYS,
    "`activities[]`": planfile.ACTIVITY_KEYS,
    "`position`": planfile.POSITION_KEYS,
    "`leg`": planfile.LEG_KEYS,
    "`unserved[]`": planfile.UNSERVED_KEYS,
    "`facilities[]`": planfile.FACILITY_KEYS,
    "`queue[]`": planfile.QUEUE_KEYS,
    "`stock`": planfile.STOCK_KEYS,
    "`kpis`": planfile.KPIS_KEYS,
    "Figures": planfile.TOTAL_KEYS,
    "`required`": planfile.REQUIRED_KEYS,
    "`shape.*`": planfile.SHAPE_KEYS,
    "`pins[]`": planfile.PIN_KEYS,
}
"""Heading of the page for each table of keys of the checker."""

WORDS_OF_TYPES = {
    int: "whole number|thousandths|metres|seconds|time of day|kilograms|litres|grams|arc",
    float: "number",
    str: "text",
    list: r"list|\[",
    dict: "object",
    bool: "true or false",
    type(None): "null",
}


def tables(heading: str, first: str) -> dict[str, str]:
    """Return second cells by first cells of the section's tables whose first heading is given."""
    page = PAGE.read_text(encoding="utf-8")
    section = re.split(r"^## ", page, flags=re.M)
    body = next(text for text in section if text.split("\n")[0] == heading)
    found: dict[str, str] = {}
    inside = False
    for line in body.split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not line.startswith("|"):
            inside = False
        elif cells[0] == first:
            inside = True
        elif inside and not cells[0].startswith("---"):
            for key in re.findall(r"`([^`]+)`", cells[0]):
                assert key not in found, f"{key} stands twice under {heading}"
                found[key] = cells[1]
    return found


def test_every_table_of_the_checker_has_a_section() -> None:
    """No table of keys is left out of the page."""
    known = [value for name, value in vars(planfile).items() if name.endswith("_KEYS")]
    known = [table for table in known if isinstance(table, dict)]
    for table in known:
        if table is not planfile.FIGURE_KEYS:  # all but two keys of TOTAL_KEYS
            assert any(table is documented for documented in SECTIONS.values())


@pytest.mark.parametrize("heading", SECTIONS)
def test_page_and_checker_name_the_same_keys(heading: str) -> None:
    """Each section lists exactly the keys that the checker wants, in the order of the file."""
    assert list(tables(heading, "key")) == list(SECTIONS[heading])


@pytest.mark.parametrize("heading", SECTIONS)
def test_page_and_checker_agree_on_types(heading: str) -> None:
    """The type on the page allows what the checker allows, null included, and nothing else."""
    for key, text in tables(heading, "key").items():
        types = SECTIONS[heading][key]
        words = [WORDS_OF_TYPES[kind] for kind in types if not (kind is int and float in types)]
        assert all(re.search(word, text) for word in words), f"{key}: {text} for {types}"
        assert ("null" in text) == (type(None) in types), f"{key}: {text} for {types}"


def objects(plan: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield each object of a plan whose keys are fixed, with its heading on the page."""
    yield "The plan", {key: value for key, value in plan.items() if key != "shape"}
    yield from (("`shape.*`", item) for item in plan["shape"].values())
    for key in ("fingerprint", "bound", "required", "kpis"):
        yield f"`{key}`", plan[key]
    yield from (("`assumptions[]`", item) for item in plan["assumptions"])
    yield from (("`profiles.*`", item) for item in plan["profiles"].values())
    yield from (("`unserved[]`", item) for item in plan["unserved"])
    for facility in plan["facilities"]:
        yield "`facilities[]`", facility
        yield from (("`queue[]`", item) for item in facility["queue"])
    yield "Figures", plan["kpis"]["total"]
    for route in plan["routes"]:
        yield "`routes[]`", route
        yield "`energy`", route["energy"]
        for activity in route["activities"]:
            yield "`activities[]`", activity
            yield "`position`", activity["position"]
            yield "`position`", activity["exit"]
            if activity["leg"]:
                yield "`leg`", activity["leg"]


@pytest.mark.parametrize("really_planned", [True, False])
def test_every_key_of_a_record_is_documented(really_planned: bool) -> None:
    """A planned day has no key that the page does not name, and lacks none that it names."""
    plan = town_day()[2] if really_planned else tiny_plan()
    seen = set()
    for heading, record in objects(plan):
        assert set(record) == set(SECTIONS[heading]), heading
        seen.add(heading)
    # only where transfer trucks haul, and where something is promised
    assert seen == set(SECTIONS) - {"`stock`", "`pins[]`"}
    for family in ("by_stream", "by_truck", "by_district"):
        assert plan["kpis"][family]
        assert all(set(figures) == set(KPI_KEYS) for figures in plan["kpis"][family].values())


def test_order_of_the_file_is_that_of_the_page() -> None:
    """The keys of a written plan come in the documented order."""
    assert list(town_day()[2]) == [*tables("The plan", "key"), "shape"]


def test_kinds_and_reasons_are_all_explained() -> None:
    """Every kind of activity and every reason has a row of its own, and no other has."""
    assert set(tables("`activities[]`", "kind")) == set(planfile.ACTIVITY_KINDS)
    assert set(tables("`unserved[]`", "reason")) == set(WORDS)


def test_the_version_is_the_one_that_is_written() -> None:
    """The page's title names the schema of the code."""
    assert PAGE.read_text(encoding="utf-8").startswith(f"# Plan format: `{planfile.SCHEMA}`\n")


def test_links_lead_to_headings() -> None:
    """Every link of the page leads to a heading of it."""
    page = PAGE.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", page, flags=re.M)
    anchors = {re.sub(r"[^\w -]", "", head).lower().replace(" ", "-") for head in headings}
    links = re.findall(r"\]\(#([^)]+)\)", page)
    assert len(links) >= 14
    assert set(links) <= anchors
