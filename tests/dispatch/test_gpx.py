"""GPX: valid XML, a track for each trip, waypoints in driving order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from dispatch.gpx import NAMESPACE, file_names, gpx_text, trip_lines, write_gpx
from tests.dispatch.plans import place, tiny_network, tiny_plan

NS = {"g": NAMESPACE}


@pytest.fixture
def plan() -> dict[str, Any]:
    """A plan that a test may change."""
    return json.loads(json.dumps(tiny_plan()))


def parse(plan: dict[str, Any], truck: int) -> ET.Element:
    """Return the tree of a truck's file."""
    return ET.fromstring(gpx_text(plan, plan["routes"][truck], tiny_network()))


def points(root: ET.Element, path: str) -> list[tuple[float, float]]:
    """Return lon and lat of the points at a path."""
    return [(float(p.attrib["lon"]), float(p.attrib["lat"])) for p in root.iterfind(path, NS)]


def text(element: ET.Element, name: str) -> str:
    """Return the text of a child."""
    return element.findtext(f"g:{name}", namespaces=NS) or ""


def test_header_keeps_to_the_schema(plan: dict[str, Any]) -> None:
    """GPX 1.1 with a creator; metadata, then waypoints, then tracks, as the schema orders them."""
    root = parse(plan, 0)
    assert root.tag == f"{{{NAMESPACE}}}gpx"
    assert (root.attrib["version"], root.attrib["creator"]) == ("1.1", "huanwei")
    kinds = [child.tag.rpartition("}")[2] for child in root]
    assert kinds == ["metadata"] + ["wpt"] * 9 + ["trk"] * 2
    metadata = root.find("g:metadata", NS)
    assert metadata is not None
    assert text(metadata, "name") == "T01 其他垃圾 Other waste 2024-11-25"
    rights = metadata.find("g:copyright", NS)
    assert rights is not None
    assert rights.attrib["author"] == "OpenStreetMap contributors"


def test_waypoints_in_driving_order(plan: dict[str, Any]) -> None:
    """All activities but the break, numbered as on the sheet, with time and instruction."""
    names = [text(point, "name") for point in parse(plan, 0).iterfind("g:wpt", NS)]
    assert names == [
        "10:00 出车 Start 停车场",
        "01 10:01 收集 Collect 收集点P1",
        "02 10:04 收集 Collect 收集点P2",
        "03 10:07 收集 Collect 收集点P3",
        "10:14 卸料 Unload 东站",
        "04 11:13 收集 Collect 收集点P4",
        "05 11:16 收集 Collect 收集点P5",
        "11:22 卸料 Unload 东站",
        "11:44 收车 End 停车场",
    ]


def test_waypoints_stand_at_the_points(plan: dict[str, Any]) -> None:
    """Latitude and longitude are not exchanged."""
    expected = [(a["lon"], a["lat"]) for a in plan["routes"][0]["activities"]]
    del expected[5]  # the meal
    assert points(parse(plan, 0), "g:wpt") == expected


def test_description_tells_the_way(plan: dict[str, Any]) -> None:
    """Streets, distance, mass and load; for a swept street its length."""
    stop = parse(plan, 0).findall("g:wpt", NS)[3]
    assert text(stop, "desc") == "沿 Follow 人民路 → 四街 · 0.50 km · 800 kg · 装载 Load 3500 kg"
    sweep = parse(plan, 2).findall("g:wpt", NS)[1]
    assert "作业 Work 1000 m" in text(sweep, "desc")
    assert text(sweep, "type") == "street"


def test_a_track_for_each_trip(plan: dict[str, Any]) -> None:
    """T01 drives two trips: to the station, and from there back to it and home."""
    root = parse(plan, 0)
    tracks = root.findall("g:trk", NS)
    assert [text(track, "name") for track in tracks] == ["T01 第 1 趟 Trip 1", "T01 第 2 趟 Trip 2"]
    assert all(len(track.findall("g:trkseg", NS)) == 1 for track in tracks)
    first = points(tracks[0], "g:trkseg/g:trkpt")
    second = points(tracks[1], "g:trkseg/g:trkpt")
    activities = plan["routes"][0]["activities"]
    assert first[0] == (activities[0]["lon"], activities[0]["lat"])
    assert first[-1] == second[0] == (activities[4]["lon"], activities[4]["lat"])
    assert second[-1] == (activities[-1]["lon"], activities[-1]["lat"])
    assert first[1:4] == [place("B"), (activities[1]["lon"], activities[1]["lat"]), place("C")]


def test_way_home_belongs_to_the_last_trip(plan: dict[str, Any]) -> None:
    """A record that counts a new trip after the last unloading gives no track of its own for it."""
    plan["routes"][1]["activities"][-1]["trip"] = 2
    lines = trip_lines(plan["routes"][1], None)
    assert list(lines) == [1]
    assert lines[1][-1] == plan["routes"][1]["activities"][-1]["leg"]["geometry"][-1]


def test_track_follows_the_worked_streets(plan: dict[str, Any]) -> None:
    """The sweeper's track runs over the streets it sweeps, no point twice in a row."""
    line = trip_lines(plan["routes"][2], tiny_network())[1]
    assert all(a != b for a, b in zip(line, line[1:], strict=False))
    sweep = [list(place(node)) for node in "GHI"]
    assert any(line[i : i + 3] == sweep for i in range(len(line)))
    without = trip_lines(plan["routes"][2], None)[1]
    assert len(without) < len(line)


def test_names_that_xml_cannot_hold(plan: dict[str, Any]) -> None:
    """Markup is escaped and control characters are left out; the file can still be read."""
    plan["routes"][0]["activities"][1]["name"] = "a\x00b\x1f</name><wpt>&\ufffe\U0001f69b"
    point = parse(plan, 0).findall("g:wpt", NS)[1]
    assert text(point, "name") == "01 10:01 收集 Collect ab</name><wpt>&\U0001f69b"


def test_a_file_for_each_truck(tmp_path: Path, plan: dict[str, Any]) -> None:
    """The files are named after the trucks and can be parsed."""
    files = write_gpx(tmp_path / "gpx", plan, tiny_network())
    assert [file.name for file in files] == ["T01.gpx", "T02.gpx", "S01.gpx"]
    assert sorted((tmp_path / "gpx").iterdir()) == sorted(files)
    for file in files:
        assert ET.parse(file).getroot().attrib["version"] == "1.1"


def test_file_names_are_safe_and_different() -> None:
    """No separators, no two names that one file system takes for the same, none empty."""
    names = file_names(["../a", "A/1", "a\\1", "a_1", " . ", "", "豫A·123", "truck"])
    assert names == [
        "_a",
        "A_1",
        "a_1_2",
        "a_1_3",
        "truck",
        "truck_2",
        "豫A·123",
        "truck_3",
    ]
