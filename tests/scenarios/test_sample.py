"""The sample city: what the issue of a prefecture city asks for is there, from the seed alone."""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from routing.errors import InputError, NetworkError
from routing.network import HIGHWAY_CLASSES, ArcFlag, Network
from routing.profiles import Profile, weigh
from routing.reading import read_network
from scenarios.city import City, read_city
from scenarios.day import plan_day
from scenarios.places import check_places
from scenarios.sample import MOST_POINTS, write_sample
from scenarios.sample.points import split_streams

DAY = dt.date(2024, 11, 25)
FULL = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built-in city as `huanwei sample` writes it."""
    return write_sample(tmp_path_factory.mktemp("sample") / "city")


@pytest.fixture(scope="module")
def city(folder: Path) -> City:
    """Its tables."""
    return read_city(folder)


@pytest.fixture(scope="module")
def network(folder: Path) -> Network:
    """Its streets."""
    return read_network(folder / "map.osm")


@pytest.fixture(scope="module")
def osm(folder: Path) -> ET.Element:
    """Its map as XML."""
    return ET.parse(folder / "map.osm").getroot()


def tags(element: ET.Element) -> dict[str, str]:
    """Return the tags of an OSM element."""
    return {tag.get("k", ""): tag.get("v", "") for tag in element.findall("tag")}


def test_same_seed_same_bytes(folder: Path, tmp_path: Path):
    """Everything follows from the seed; another seed gives another city."""
    again = write_sample(tmp_path / "again")
    other = write_sample(tmp_path / "other", seed=8)
    names = sorted(path.name for path in folder.iterdir() if path.is_file())
    assert names == sorted(path.name for path in again.iterdir())
    for name in names:
        assert (folder / name).read_bytes() == (again / name).read_bytes(), name
    assert (folder / "map.osm").read_bytes() != (other / "map.osm").read_bytes()
    assert (folder / "points.csv").read_bytes() != (other / "points.csv").read_bytes()


def test_tables_have_no_fault_and_every_place_has_a_street(city: City, network: Network):
    """The city is read without a fault; few points stand where only small trucks come near."""
    assert len(city.points) == FULL
    assert len(check_places(city, network)) <= FULL // 50
    assert all("fill.csv" in warning for warning in city.warnings)


def test_facilities_of_the_city(city: City):
    """Three transfer stations, two plants at least, a landfill, three wash stations, water."""
    kinds = Counter(city.facilities["kind"])
    assert kinds["transfer"] == 3
    assert kinds["wash"] == 3
    assert kinds["landfill"] == 1
    assert kinds["water"] >= 5
    plants = city.facilities[city.facilities["kind"] == "plant"]
    accepted = {stream for streams in plants["streams"] for stream in streams}
    assert accepted == {"kitchen", "other", "recyclable", "hazardous"}


def test_points_in_four_streams_with_timed_drop_off(city: City):
    """All streams and kinds of point occur; compounds have hours in the morning and evening."""
    assert set(city.points["stream"]) == {"other", "kitchen", "recyclable", "hazardous"}
    kinds = {"compound", "street", "market", "village", "eco_island", "smart"}
    assert set(city.points["kind"]) == kinds
    timed = city.points[(city.points["kind"] == "compound") & city.points["window_start"].notna()]
    assert len(timed) > 20
    assert timed["window2_start"].notna().mean() > 0.9


def test_fleet_of_real_kinds(city: City):
    """About 25 vehicles, each stream and the sweeping have theirs, some electric."""
    assert 22 <= len(city.trucks) <= 30
    kinds = {"collector", "kitchen", "recyclable", "hazardous", "sweeper", "flusher", "transfer"}
    assert set(city.trucks["kind"]) == kinds
    assert set(city.trucks["energy"]) == {"diesel", "electric"}


def test_most_points_are_due_and_can_be_carried(city: City):
    """Each due stop fits the largest truck of its stream."""
    day = plan_day(city, DAY)
    assert len(day.stops) > 0.7 * FULL
    for stop in day.stops:
        largest = max(t.capacity_kg for t in day.trucks if stop.stream in t.streams)
        assert stop.mass_kg <= largest


@pytest.mark.parametrize("points", [FULL, 2000, 6000])
def test_plants_take_what_the_points_bring(tmp_path: Path, points: int):
    """What is due on a day of any stream finds room, whatever the number of points."""
    city = read_city(write_sample(tmp_path / "city", points=points))
    due: Counter[str] = Counter()
    for stop in plan_day(city, DAY).stops:
        due[stop.stream] += stop.mass_kg
    final = city.facilities[city.facilities["kind"].isin(("plant", "landfill"))]
    for stream, kg in due.items():
        takes = [stream in streams for streams in final["streams"]]
        assert kg < 900 * final.loc[takes, "capacity_t_day"].sum()


def test_streets_of_every_kind(osm: ET.Element):
    """Ring, arterials, back streets, compounds and tracks of the fringe, with Chinese names."""
    ways = [tags(way) for way in osm.findall("way")]
    classes = Counter(way.get("highway", "") for way in ways)
    for name in ("trunk", "primary", "secondary", "tertiary", "residential", "service"):
        assert classes[name] > 10, name
    assert classes["living_street"] > 5
    names = {way["name"] for way in ways if "name" in way}
    assert len(names) > 100
    assert all(any("一" <= c <= "鿿" for c in name) for name in names)
    assert {name for name in names if "环" in name}


def test_one_ways_limits_gates_and_restrictions(osm: ET.Element):
    """One-way streets in both notations, truck limits, gates, and via-way restrictions too."""
    ways = [tags(way) for way in osm.findall("way")]
    one_way = Counter(way.get("oneway") for way in ways)
    assert one_way["yes"] > 100
    assert one_way["-1"] > 5
    for key in ("maxweight", "maxheight", "maxwidth"):
        assert any(key in way for way in ways), key
    assert sum(way.get("access") == "private" for way in ways) > 50
    relations = [r for r in osm.findall("relation") if tags(r).get("type") == "restriction"]
    values = {tags(r).get("restriction", "") for r in relations}
    assert any(value.startswith("only_") for value in values)
    assert any(value.startswith("no_") for value in values)
    vias = {m.get("type") for r in relations for m in r.findall("member") if m.get("role") == "via"}
    assert vias == {"node", "way"}
    nodes = [tags(node) for node in osm.findall("node")]
    assert sum(node.get("barrier") in ("gate", "lift_gate") for node in nodes) > 20


def test_the_map_is_read_without_loss(network: Network):
    """Every restriction is resolved, and nearly all streets are open to a small truck."""
    counts = network.report.counts
    assert counts["restrictions_applied"] == counts["restrictions"]
    assert counts["restrictions_via_way"] >= 1
    small = Profile("small", height_cm=210, width_cm=170, weight_kg=3_400, hgv=False)
    assert weigh(network, small).routable.mean() > 0.97
    assert np.any(network.arc_flags & ArcFlag.DUAL) or np.any(network.arc_flags & ArcFlag.ONEWAY)


def test_towns_lie_outside_the_ring(network: Network):
    """Four places beyond the ring are reached by roads of several kilometers."""
    lon = (network.node_lon - network.node_lon.mean()) * np.cos(np.radians(31)) * 111.2
    lat = (network.node_lat - network.node_lat.mean()) * 111.2
    trunk = network.arc_class == HIGHWAY_CLASSES.index("trunk")
    ring = np.hypot(lon[network.arc_tail[trunk]], lat[network.arc_tail[trunk]])
    far = np.hypot(lon, lat) > 1.5 * np.median(ring)
    angle = np.degrees(np.arctan2(lat[far], lon[far])) % 360
    sectors = {int(a // 90 + 0.5) % 4 for a in angle}
    assert far.sum() > 20
    assert len(sectors) >= 3


@pytest.mark.parametrize("points", [1, 2, 7, 40])
def test_small_cities_are_whole(tmp_path: Path, points: int):
    """However few points are asked for, the tables are complete and can be read."""
    small = read_city(write_sample(tmp_path / "city", points=points))
    assert len(small.points) == points
    assert plan_day(small, DAY).trucks


@pytest.mark.parametrize("points", range(1, 60, 7))
def test_streams_share_the_points(points: int):
    """The rows of the streams add up to what was asked for."""
    assert sum(split_streams(points).values()) == points


@pytest.mark.parametrize("points", [0, -3, MOST_POINTS + 1])
def test_number_of_points_has_a_range(tmp_path: Path, points: int):
    """Numbers out of range are refused before anything is written."""
    with pytest.raises(InputError, match="points = "):
        write_sample(tmp_path / "city", points=points)
    assert not (tmp_path / "city").exists()


def test_absent_and_useless_maps_are_named(tmp_path: Path):
    """A map that is not there, and one without streets, are explained."""
    with pytest.raises(InputError, match=r"nowhere\.osm"):
        write_sample(tmp_path / "a", osm=tmp_path / "nowhere.osm")
    (tmp_path / "page.osm").write_text("<html></html>", encoding="utf-8")
    with pytest.raises(NetworkError, match=r"page\.osm"):
        write_sample(tmp_path / "b", osm=tmp_path / "page.osm")


@pytest.mark.real_map
@pytest.mark.parametrize("name", ["cn_guixi.osm", "at_krems.osm.gz", "mc_monaco.osm.pbf"])
def test_real_maps_become_cities(tmp_path: Path, shared_osm: Path, name: str):
    """The same city laid on real streets is read without a fault, near streets, with work due."""
    folder = write_sample(tmp_path / "city", osm=shared_osm / name, points=60)
    made = read_city(folder)
    assert (folder / name).is_file()
    assert len(made.points) == 60
    network = read_network(folder / name)
    assert len([w for w in check_places(made, network) if "P0" in w]) <= 3
    assert len(plan_day(made, DAY).stops) > 30
