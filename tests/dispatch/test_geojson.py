"""GeoJSON: valid by RFC 7946, longitude first, and every activity at its place."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from shapely.geometry import shape

from dispatch.geojson import plan_features, write_geojson
from tests.dispatch.plans import place, tiny_network, tiny_plan

WEST, SOUTH = place("A")
EAST, NORTH = place("O")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The small day as a reader finds it in the file."""
    file = tmp_path_factory.mktemp("geojson") / "plan.geojson"
    write_geojson(file, tiny_plan(), tiny_network())
    return json.loads(file.read_text(encoding="utf-8"))


def layer(collection: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the features of one layer."""
    return [f for f in collection["features"] if f["properties"]["layer"] == name]


def test_collection_is_valid(written: dict[str, Any]) -> None:
    """Every feature has a geometry that shapely reads, valid and not empty."""
    assert written["type"] == "FeatureCollection"
    assert "OpenStreetMap" in written["attribution"]
    assert "crs" not in written
    for feature in written["features"]:
        assert sorted(feature) == ["geometry", "properties", "type"]
        assert feature["type"] == "Feature"
        geometry = shape(feature["geometry"])
        assert geometry.is_valid
        assert not geometry.is_empty
        if geometry.geom_type == "LineString":
            assert len(feature["geometry"]["coordinates"]) >= 2


def test_longitude_comes_first(written: dict[str, Any]) -> None:
    """All coordinates lie in the grid's box, longitudes (117) before latitudes (28)."""
    for feature in written["features"]:
        west, south, east, north = shape(feature["geometry"]).bounds
        assert WEST <= west <= east <= EAST
        assert SOUTH <= south <= north <= NORTH


def test_layers_by_hand(written: dict[str, Any]) -> None:
    """A leg wherever a truck moves, 3 worked streets, a place for all but the meal."""
    plan = tiny_plan()
    activities = [a for route in plan["routes"] for a in route["activities"]]
    counts = Counter(feature["properties"]["layer"] for feature in written["features"])
    assert counts == {
        "leg": sum(bool(a["leg"] and a["leg"]["length_m"]) for a in activities),
        "work": 3,
        "place": len(activities) - 1,
        "facility": 4,
        "unserved": 1,
    }


def test_places_in_driving_order(written: dict[str, Any]) -> None:
    """T01's places carry the sheet's numbers and stand where the points are."""
    places = [f for f in layer(written, "place") if f["properties"]["truck_id"] == "T01"]
    assert [f["properties"]["id"] for f in places] == [
        "D1", "P1", "P2", "P3", "Z1", "P4", "P5", "Z1", "D1",
    ]  # fmt: skip
    assert [f["properties"]["number"] for f in places] == [None, 1, 2, 3, None, 4, 5, None, None]
    assert [f["properties"]["seq"] for f in places] == [1, 2, 3, 4, 5, 7, 8, 9, 10]
    (lon0, lat0), (lon1, lat1) = place("B"), place("C")
    assert places[1]["geometry"]["coordinates"] == pytest.approx([(lon0 + lon1) / 2, lat0])
    assert lat0 == lat1
    assert places[1]["properties"]["arrive"] == "10:01"
    assert places[1]["properties"]["mass_kg"] == 1500


def test_legs_join_the_places(written: dict[str, Any]) -> None:
    """A leg ends where the next activity is, and says when it leaves."""
    legs = [f for f in layer(written, "leg") if f["properties"]["truck_id"] == "T01"]
    places = {
        f["properties"]["seq"]: f["geometry"]["coordinates"]
        for f in layer(written, "place")
        if f["properties"]["truck_id"] == "T01"
    }
    for leg in legs:
        facts = leg["properties"]
        assert leg["geometry"]["coordinates"][-1] == places[facts["seq"]]
        assert facts["arrive_s"] - facts["leave_s"] == facts["time_s"]
    assert legs[0]["properties"]["length_m"] == 500
    assert legs[0]["properties"]["streets"] == ["人民路"]


def test_worked_streets(written: dict[str, Any]) -> None:
    """R1 runs from G over H to I; without streets only its place remains."""
    work = layer(written, "work")
    assert work[0]["geometry"]["coordinates"] == [list(place(node)) for node in "GHI"]
    assert (work[0]["properties"]["id"], work[0]["properties"]["service_m"]) == ("R1", 1000)
    assert layer(plan_features(tiny_plan()), "work") == []
    assert len(layer(plan_features(tiny_plan()), "place")) == len(layer(written, "place"))


def test_unserved_with_its_reason(written: dict[str, Any]) -> None:
    """What is left out has place and reason in both languages, its name as text."""
    facts = layer(written, "unserved")[0]["properties"]
    assert (facts["id"], facts["task"], facts["reason"]) == ("P9", "stop", "window")
    assert facts["name"] == "收集点P9 <夜市>"
    assert facts["text"].startswith("Its window")
    assert facts["text_zh"].startswith("收运时段")


def test_day_without_routes(tmp_path: Path) -> None:
    """Nothing planned is an empty collection, still valid."""
    plan = {**tiny_plan(), "routes": [], "unserved": [], "facilities": []}
    write_geojson(tmp_path / "plan.geojson", plan)
    assert json.loads((tmp_path / "plan.geojson").read_text(encoding="utf-8"))["features"] == []
