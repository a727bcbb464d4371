"""The map page: everything in one file, nothing loaded from elsewhere, names harmless."""

from __future__ import annotations

import copy
import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from dispatch.lines import unpack_line
from dispatch.map import DIGITS, map_data, map_page, street_labels, street_lines, write_map
from routing.network import Network
from tests.dispatch.plans import ROW_NAMES, pieces, tiny_network, tiny_plan


class Page(HTMLParser):
    """Elements with their attributes, and the text of each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self._inside: str | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the element."""
        self.elements.append((tag, dict(attrs)))
        self._inside = dict(attrs).get("id") or f"script{len(self.scripts)}"
        if tag != "script":
            self._inside = None

    def handle_endtag(self, tag: str) -> None:
        """Leave the element."""
        self._inside = None

    def handle_data(self, data: str) -> None:
        """Keep the text of a script."""
        if self._inside is not None:
            self.scripts[self._inside] = self.scripts.get(self._inside, "") + data

    @property
    def data(self) -> dict[str, Any]:
        """The record that the page's script draws from."""
        return json.loads(self.scripts["plan"])


@pytest.fixture(scope="module")
def network() -> Network:
    """The grid of fifteen junctions."""
    return tiny_network()


@pytest.fixture
def plan() -> dict[str, Any]:
    """A plan that a test may change."""
    return copy.deepcopy(tiny_plan())


def test_nothing_is_loaded_from_elsewhere(plan, network):
    """No element names a source, and the page's policy forbids every connection."""
    page = Page(map_page(plan, network))
    assert not [(t, a) for t, a in page.elements if {"src", "href"} & set(a)]
    policies = [a["content"] for _, a in page.elements if a.get("http-equiv")]
    assert len(policies) == 1
    assert "default-src 'none'" in str(policies[0])


def test_style_names_no_picture_file(plan, network):
    """The library's style would ask for pictures beside the page; the page has none."""
    style = re.search(r"<style>(.*?)</style>", map_page(plan, network), re.DOTALL)
    assert style is not None
    assert "url(" not in style.group(1)


def test_every_truck_stop_and_unserved_is_there(plan, network):
    """What the plan holds is on the page, with the time and load of each activity."""
    data = Page(map_page(plan, network)).data
    assert [r["truck_id"] for r in data["routes"]] == [r["truck_id"] for r in plan["routes"]]
    for shown, route in zip(data["routes"], plan["routes"], strict=True):
        keys = ("kind", "id", "arrive_s", "begin_s", "end_s", "load_kg", "trip", "window")
        assert [[s[k] for k in keys] for s in shown["steps"]] == [
            [a[k] for k in keys] for a in route["activities"]
        ]
    assert [u["id"] for u in data["unserved"]] == [u["id"] for u in plan["unserved"]]
    assert data["kpis"] == plan["kpis"]
    assert data["assumptions"] == plan["assumptions"]


def test_served_things_are_numbered_in_order(plan, network):
    """Stops and streets count from one; unloading, breaks and depots have no number."""
    for route in map_data(plan, network)["routes"]:
        numbers = [s["number"] for s in route["steps"] if s["kind"] in ("stop", "street")]
        assert numbers == list(range(1, len(numbers) + 1))
        assert all(not s["number"] for s in route["steps"] if s["kind"] not in ("stop", "street"))


def test_legs_and_bars_follow_the_plan(plan, network):
    """Each leg unpacks to the line of the plan, and the bars fill the day from start to end."""
    for shown, route in zip(map_data(plan, network)["routes"], plan["routes"], strict=True):
        for step, activity in zip(shown["steps"], route["activities"], strict=True):
            line = activity["leg"]["geometry"] if activity["leg"] else []
            unpacked = unpack_line(step["leg"], DIGITS)
            assert len(unpacked) == len(line)
            for got, wanted in zip(unpacked, line, strict=True):
                assert got == pytest.approx(wanted, abs=0.6 * 10**-DIGITS)
        bars = shown["bars"]
        assert (bars[0][1], bars[-1][2]) == (route["start_s"], route["end_s"])
        assert all(a[2] == b[1] for a, b in zip(bars, bars[1:], strict=False))


def test_worked_streets_have_their_line(plan, network):
    """A street activity has the line that is worked; a stop has none."""
    steps = [s for r in map_data(plan, network)["routes"] for s in r["steps"]]
    assert all(s["work"] for s in steps if s["kind"] == "street")
    assert not any(s["work"] for s in steps if s["kind"] == "stop")


def test_each_street_is_drawn_once(network):
    """Both directions of a piece make one line."""
    assert sum(len(lines) for lines in street_lines(network)) == len(pieces()) // 2


def test_labels_name_main_streets_once(network):
    """No name twice; each label lies on the map."""
    names = [label[0] for label in street_labels(network)]
    assert len(names) == len(set(names))
    assert set(names) <= {*ROW_NAMES, "一街", "二街", "三街", "四街", "五街"}


@pytest.mark.parametrize("name", ["</script><script>alert(1)</script>", "<b>&\"'", "a\u2028b"])
def test_names_are_harmless(plan, network, name):
    """A name with markup ends no script, opens no element, and arrives as it is."""
    plan["city"] = name
    plan["routes"][0]["activities"][1]["name"] = name
    before = Page(map_page(tiny_plan(), network))
    page = Page(map_page(plan, network))
    assert [t for t, _ in page.elements] == [t for t, _ in before.elements]
    assert page.data["city"] == name
    assert page.data["routes"][0]["steps"][1]["name"] == name


def test_both_languages_are_there(plan, network):
    """Every word that the script shows comes as a pair."""
    words = map_data(plan, network)["words"]
    assert all(len(pair) == 2 for family in words.values() for pair in family.values())
    assert words["stream"]["kitchen"] == ("厨余垃圾", "Kitchen waste")


def test_same_plan_same_bytes(tmp_path, plan, network):
    """Nothing of the moment goes into the page."""
    write_map(tmp_path / "a.html", plan, network)
    write_map(tmp_path / "b.html", plan, network)
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_empty_day_has_a_page(plan, network):
    """A day on which nothing is due still makes a page."""
    plan["routes"], plan["unserved"], plan["facilities"] = [], [], []
    assert Page(map_page(plan, network)).data["routes"] == []
