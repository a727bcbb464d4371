"""The cache returns what was stored or reads the map again, whatever happened to its files."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from routing import cache
from routing.cache import load_or_build, load_or_build_roads
from routing.errors import NetworkError
from routing.profiles import TRUCK, weigh
from routing.snapping import Positions
from tests.routing.tiny_maps import CROSS_NODES, CROSS_WAYS, NORTH, equal_content, write_osm


@pytest.fixture
def street_map(tmp_path):
    """Return the crossing as a map file."""
    return write_osm(tmp_path / "cross.osm", CROSS_NODES, CROSS_WAYS)


def only_entry(folder):
    """Return the one folder of the cache."""
    (entry,) = (path for path in folder.iterdir() if path.is_dir())
    return entry


def test_second_time_from_the_cache(street_map, tmp_path):
    """What comes from the cache equals what was read, report included."""
    built, first = load_or_build(street_map, tmp_path / "cache")
    loaded, second = load_or_build(street_map, tmp_path / "cache")
    assert (first, second) == (False, True)
    assert equal_content(built, loaded)
    assert built.names == loaded.names
    assert built.report == loaded.report
    assert (weigh(built, TRUCK).routable == weigh(loaded, TRUCK).routable).all()


def test_default_folder_comes_from_the_environment(street_map, tmp_path, monkeypatch):
    """HUANWEI_CACHE names the folder."""
    monkeypatch.setenv("HUANWEI_CACHE", str(tmp_path / "elsewhere"))
    load_or_build(street_map)
    assert only_entry(tmp_path / "elsewhere").is_dir()


def test_changed_map_is_read_again(street_map, tmp_path):
    """The same file name with other content never meets the old entry."""
    before, _ = load_or_build(street_map, tmp_path / "cache")
    ways = {way: refs for way, refs in CROSS_WAYS.items() if way != NORTH}
    write_osm(street_map, CROSS_NODES, ways)
    after, cached = load_or_build(street_map, tmp_path / "cache")
    assert not cached
    assert after.num_arcs == before.num_arcs - 2


def test_each_side_of_the_road_has_its_own_entry(street_map, tmp_path):
    """Left-hand traffic does not meet the network of right-hand traffic."""
    load_or_build(street_map, tmp_path / "cache")
    network, cached = load_or_build(street_map, tmp_path / "cache", drive_on_right=False)
    assert not cached
    assert not network.drive_on_right


def flip_a_byte(entry):
    """Change the last byte of an array."""
    path = entry / "turn_cost_ms.npy"
    data = bytearray(path.read_bytes())
    data[-2] ^= 0x40
    path.write_bytes(bytes(data))


def cut_short(entry):
    """Cut an array off."""
    path = entry / "shape_lon.npy"
    path.write_bytes(path.read_bytes()[:-40])


def remove_an_array(entry):
    """Remove an array."""
    (entry / "arc_tail.npy").unlink()


def empty_an_array(entry):
    """Leave an array's file without content."""
    (entry / "arc_tail.npy").write_bytes(b"")


def swap_two_arrays(entry):
    """Put one array in another's place."""
    shutil.copy(entry / "arc_head.npy", entry / "arc_tail.npy")


def spoil_the_header(entry):
    """Leave half a header."""
    (path,) = entry.glob("*.json")
    path.write_text(path.read_text(encoding="utf-8")[:30], encoding="utf-8")


def replace_by_a_file(entry):
    """Put a file where the folder was."""
    shutil.rmtree(entry)
    entry.write_text("no folder", encoding="utf-8")


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_byte,
        cut_short,
        remove_an_array,
        empty_an_array,
        swap_two_arrays,
        spoil_the_header,
        replace_by_a_file,
    ],
)
def test_damaged_entry_is_rebuilt(street_map, tmp_path, damage):
    """Any damage leads to a fresh network that says so, and to a sound entry."""
    built, _ = load_or_build(street_map, tmp_path / "cache")
    damage(only_entry(tmp_path / "cache"))
    words = []
    rebuilt, cached = load_or_build(street_map, tmp_path / "cache", progress=words.append)
    assert not cached
    assert equal_content(built, rebuilt)
    assert rebuilt.report.counts["cache_rebuilt"] == 1
    assert load_or_build(street_map, tmp_path / "cache")[1]


def test_a_folder_that_cannot_be_written_is_no_error(street_map, tmp_path):
    """The network comes all the same."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    words = []
    network, cached = load_or_build(street_map, blocked / "cache", progress=words.append)
    assert network.num_arcs == 8
    assert not cached
    assert any("cache" in word for word in words)


def test_missing_map(tmp_path):
    """A missing map is a NetworkError and leaves no entry behind."""
    with pytest.raises(NetworkError):
        load_or_build(tmp_path / "absent.osm", tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def roads_entry(folder):
    """Return the one hierarchy of the cache."""
    (entry,) = folder.glob("roads-*")
    return entry


def same_hierarchy(one, other):
    """Whether two hierarchies hold the same arrays."""
    pairs = [(one.rank, other.rank), (one.slot, other.slot)]
    pairs += list(zip(one.topology, other.topology, strict=True))
    return all((a == b).all() for a, b in pairs)


def test_hierarchy_comes_from_the_cache(street_map, tmp_path, monkeypatch):
    """The second time nothing is ordered, and answers are those of the first."""
    network, _ = load_or_build(street_map, tmp_path / "cache")
    built = load_or_build_roads(network, tmp_path / "cache")
    monkeypatch.setattr(cache, "build_roads", None)
    loaded = load_or_build_roads(network, tmp_path / "cache")
    assert same_hierarchy(built.hierarchy, loaded.hierarchy)
    places = Positions(np.arange(network.num_arcs), np.zeros(network.num_arcs, np.int64))
    weights = weigh(network, TRUCK)
    tables = [roads.weigh(weights).travel_table(places, places) for roads in (built, loaded)]
    assert (tables[0].time == tables[1].time).all()
    assert (tables[0].time >= 0).any()


@pytest.mark.parametrize("damage", ["cut", "flip", "missing", "header", "version"])
def test_damaged_hierarchy_is_made_again(street_map, tmp_path, damage):
    """A hierarchy that is not what was written is never trusted."""
    network, _ = load_or_build(street_map, tmp_path / "cache")
    built = load_or_build_roads(network, tmp_path / "cache")
    entry = roads_entry(tmp_path / "cache")
    path = entry / "rank.npy"
    raw = path.read_bytes()
    if damage == "cut":
        path.write_bytes(raw[:-4])
    elif damage == "flip":
        path.write_bytes(raw[:-1] + bytes([raw[-1] ^ 1]))
    elif damage == "missing":
        path.unlink()
    elif damage == "header":
        (entry / "roads.json").write_text("{", encoding="utf-8")
    else:
        text = (entry / "roads.json").read_text(encoding="utf-8")
        (entry / "roads.json").write_text(text.replace('"version": ', '"version": 9'), "utf-8")
    said: list[str] = []
    again = load_or_build_roads(network, tmp_path / "cache", progress=said.append)
    assert same_hierarchy(built.hierarchy, again.hierarchy)
    assert any("not sound" in text for text in said)
    said.clear()
    load_or_build_roads(network, tmp_path / "cache", progress=said.append)
    assert said == []


def test_unwritable_cache_is_no_error(street_map, tmp_path):
    """Where the cache cannot be written the roads are made all the same."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    network, _ = load_or_build(street_map, tmp_path / "cache")
    said: list[str] = []
    roads = load_or_build_roads(network, tmp_path / "file" / "cache", progress=said.append)
    assert roads.hierarchy.num_vertices == network.num_arcs
    assert any("could not be cached" in text for text in said)
