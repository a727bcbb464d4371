"""The map page: everything in one file, nothing loaded from elsewhere, names harmless."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import numpy as np
import pytest

from dispatch.lines import unpack_line
from dispatch.map import (
    DIGITS,
    LABEL_GAP_M,
    LABELS_A_NAME,
    SCRIPTS,
    map_data,
    map_page,
    street_labels,
    street_lines,
    write_map,
)
from routing.network import CLASS_INDEX, Network
from tests.dispatch.plans import COLUMN_NAMES, ROW_NAMES, pieces, tiny_network, tiny_plan

ARC_NAMES_BY_NUMBER = [name for _, _, name in pieces()]


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


def test_street_of_a_stop_is_that_of_its_curb(plan, network):
    """Each stop names the street whose piece it stands on."""
    for shown, route in zip(map_data(plan, network)["routes"], plan["routes"], strict=True):
        for step, activity in zip(shown["steps"], route["activities"], strict=True):
            if activity["kind"] == "stop":
                assert step["street"] == ARC_NAMES_BY_NUMBER[activity["position"]["arc"]]


def test_labels_name_main_streets(network):
    """A name stands at most three times, each time far from the others, along its street."""
    assert not street_labels(network)  # its streets are residential
    main = np.full_like(network.arc_class, CLASS_INDEX["primary"])
    labels = street_labels(replace(network, arc_class=main))
    named = [label[0] for label in labels]
    assert set(named) == {*ROW_NAMES, *COLUMN_NAMES}
    assert max(named.count(name) for name in named) <= LABELS_A_NAME
    for name in set(named):
        places = np.array([[label[1], label[2]] for label in labels if label[0] == name])
        for i, here in enumerate(places):
            east, north = ((places[:i] - here) * [98_000.0, 111_195.0]).T
            assert (np.hypot(east, north) > 0.99 * LABEL_GAP_M).all()
    angles = {label[0]: label[4] for label in labels}
    assert all(angles[name] == 0 for name in ROW_NAMES)
    assert all(abs(angles[name]) == 90 for name in COLUMN_NAMES)


def test_only_the_pages_own_scripts_may_run(plan, network):
    """The policy names each script by its digest, so that a script from a name would not run."""
    page = Page(map_page(plan, network))
    policy = next(str(a["content"]) for _, a in page.elements if a.get("http-equiv"))
    allowed = policy.split("script-src", 1)[1]
    assert "unsafe" not in allowed
    scripts = [text for key, text in page.scripts.items() if key != "plan"]
    assert len(scripts) == 2
    for text in scripts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in allowed


FROM_THE_PLAN = re.compile(
    r"\b(name|text|text_zh|truck_id|facility_id|district|street|source|city|currency|key|value)\b"
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_script_escapes_what_comes_from_the_plan(name):
    """Where a text of the plan is put between tags, it is escaped on the spot."""
    script = resources.files("dispatch").joinpath("assets", name).read_text(encoding="utf-8")
    for line in script.splitlines():
        for put in re.findall(r">\s*\$\{([^{}]*)\}", line):
            if FROM_THE_PLAN.search(put) and not put.startswith(("icon(", "number(")):
                assert "escape(" in put, line.strip()


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_escape_leaves_no_markup():
    """The script's own function turns every sign that could open or close something to a number."""
    script = resources.files("dispatch").joinpath("assets", "base.js").read_text(encoding="utf-8")
    line = next(line for line in script.splitlines() if line.startswith("const escape"))
    code = f"{line}\nprocess.stdout.write(escape(process.argv[1]) + escape(null) + escape(7));"
    hostile = "<img src=x onerror='a'>&\"`"
    done = subprocess.run(
        ["node", "-e", code, hostile], capture_output=True, text=True, check=True, timeout=60
    )
    assert not set("<>'\"`") & set(done.stdout)
    assert done.stdout.startswith("&#60;img src=x onerror=&#39;a&#39;&#62;&#38;")
    assert done.stdout.endswith("7")


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_script_of_the_page_is_sound(tmp_path, plan, network):
    """All parts together are one script that a browser can read."""
    scripts = [t for key, t in Page(map_page(plan, network)).scripts.items() if key != "plan"]
    (tmp_path / "page.js").write_text(scripts[-1], encoding="utf-8")
    done = subprocess.run(
        ["node", "--check", str(tmp_path / "page.js")], capture_output=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_page_has_what_the_script_looks_for(plan, network):
    """Every element that the script takes by its id is on the page."""
    page = Page(map_page(plan, network))
    there = {a["id"] for _, a in page.elements if "id" in a}
    wanted = set(re.findall(r'byId\("([\w-]+)"\)', "".join(page.scripts.values())))
    assert len(wanted) > 10
    assert wanted <= there


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
