"""Points on the streets: all at once as one by one, and as by pieces of line one after another."""

from __future__ import annotations

import numpy as np
import pytest

from routing.geometry import local_metres
from routing.network import Network
from routing.paths import arc_part, coordinates
from routing.profiles import TRUCK, Weights, weigh
from routing.reading import read_network
from routing.snapping import (
    CENTERLINE_M,
    Positions,
    Snaps,
    find_spots,
    project,
    snap,
    snap_distances,
)
from tests.routing.tiny_maps import write_osm


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> tuple[Network, Weights]:
    """Return twelve crooked streets across each other, a third of them one-way, for a truck."""
    rng = np.random.default_rng(5)
    nodes: dict[int, tuple[float, float]] = {}
    ways: dict[int, list[int]] = {}
    for row, column in np.ndindex(6, 6):
        bend = rng.uniform(-3e-4, 3e-4, 2)
        nodes[10 * row + column + 1] = (112 + 0.002 * column + bend[0], 31 + 0.002 * row + bend[1])
    for k in range(6):
        ways[k + 1] = [10 * k + column + 1 for column in range(6)]
        ways[k + 11] = [10 * row + k + 1 for row in range(6)]
    for number in range(100, 160):  # bends between the junctions
        way = ways[int(rng.choice(list(ways)))]
        at = int(rng.integers(1, len(way)))
        ends = np.array([nodes[way[at - 1]], nodes[way[at]]])
        lon, lat = ends.mean(axis=0) + rng.uniform(-2e-4, 2e-4, 2)
        nodes[number] = (float(lon), float(lat))
        way.insert(at, number)
    one_way = {number: {"oneway": "yes"} for number in (2, 5, 12, 15)}
    path = write_osm(tmp_path_factory.mktemp("town") / "town.osm", nodes, ways, one_way)
    network = read_network(path)
    return network, weigh(network, TRUCK)


def strewn(network: Network) -> tuple[np.ndarray, np.ndarray]:
    """Return points by chance, at bends, and close beside bends."""
    rng = np.random.default_rng(3)
    lon = rng.uniform(network.node_lon.min(), network.node_lon.max(), 150)
    lat = rng.uniform(network.node_lat.min(), network.node_lat.max(), 150)
    bends = rng.integers(0, len(network.shape_lon), 50)
    bend_lon, bend_lat = network.shape_lon[bends], network.shape_lat[bends]
    return (
        np.concatenate((lon, bend_lon, bend_lon + 2e-5)),
        np.concatenate((lat, bend_lat, bend_lat - 1e-5)),
    )


def naive_projection(shape: np.ndarray, at: np.ndarray) -> tuple[float, float]:
    """Return share and signed distance, one piece of the line after another."""
    walked, found = 0.0, []
    for begin, end in zip(shape[:-1], shape[1:], strict=True):
        step = end - begin
        length = float(np.hypot(*step))
        share = min(1.0, max(0.0, float((at - begin) @ step) / max(length**2, 1e-12)))
        gap = at - (begin + share * step)
        found.append((float(np.hypot(*gap)), walked + share * length, step, gap))
        walked += length
    nearest, along, _, gap = min(found, key=lambda one: one[0])
    ahead = sum(step for distance, _, step, _ in found if distance <= nearest + 1e-9)
    cross = ahead[0] * gap[1] - ahead[1] * gap[0]
    return along / walked, nearest * float(np.sign(cross))


def served(snaps: Snaps, i: int) -> list[tuple[int, int]]:
    """Return arc and offset of each direction from which a point is served."""
    span = slice(int(snaps.first_out[i]), int(snaps.first_out[i + 1]))
    positions = snaps.positions
    return list(zip(positions.arc[span].tolist(), positions.offset_cm[span].tolist(), strict=True))


def test_spots_and_directions_are_those_of_the_naive_twin(town):
    """Share, side and directions of every point are those that pieces of its line give."""
    network, weights = town
    lon, lat = strewn(network)
    right_only = np.arange(len(lon)) % 2 == 0
    spots = find_spots(network, weights, lon, lat)
    snaps = snap(network, weights, lon, lat, right_only)
    origin = float(np.mean(network.node_lon)), float(np.mean(network.node_lat))
    corners = local_metres(network.shape_lon, network.shape_lat, origin)
    for i, at in enumerate(local_metres(lon, lat, origin)):
        arc = int(spots.arc[i])
        shape = corners[network.shape_first_out[arc] : network.shape_first_out[arc + 1]]
        share, side_m = naive_projection(shape, at)
        assert spots.share[i] == pytest.approx(share, abs=1e-9)
        assert spots.side_m[i] == pytest.approx(side_m, abs=1e-6)
        assert project(shape, at) == pytest.approx((share, side_m), abs=1e-6)
        whole, back = int(network.arc_length_cm[arc]), int(network.arc_reverse[arc])
        offset = round(share * whole)
        both = [(arc, offset), (back, whole - offset)]
        ways = [way for way in both if way[0] >= 0 and weights.routable[way[0]]]
        if right_only[i] and abs(side_m) >= CENTERLINE_M and len(ways) == 2:
            ways = [both[0] if (side_m < 0) == network.drive_on_right else both[1]]
        assert served(snaps, i) == ways


def test_a_point_lies_where_it_lies_alone(town):
    """Company changes nothing: each point alone gets the same places and distances."""
    network, weights = town
    lon, lat = strewn(network)
    right_only = np.arange(len(lon)) % 3 == 0
    together = snap(network, weights, lon, lat, right_only)
    for i in range(0, len(lon), 7):
        one = slice(i, i + 1)
        alone = snap(network, weights, lon[one], lat[one], right_only[one])
        assert served(alone, 0) == served(together, i)
        assert alone.distance_m[0] == together.distance_m[i]
    assert np.array_equal(snap_distances(network, weights, lon, lat), together.distance_m)


def test_no_points_have_no_places(town):
    """An empty list of points is no fault."""
    none = np.zeros(0)
    snaps = snap(*town, none, none, np.zeros(0, dtype=np.bool_))
    assert len(snaps.positions) == 0
    assert snaps.first_out.tolist() == [0]


def test_coordinates_of_all_places_are_those_of_each(town: tuple[Network, Weights]) -> None:
    """All at once as one by one along the arc, with both ends and the same arc several times."""
    network, _ = town
    rng = np.random.default_rng(8)
    arc = np.repeat(rng.integers(0, network.num_arcs, 60), 3).astype(np.int32)
    length = network.arc_length_cm[arc]
    offset = (length * np.tile([0.0, rng.random(), 1.0], 60)).astype(np.int32)
    found = coordinates(network, Positions(arc, offset))
    for at, a, o, end in zip(found, arc.tolist(), offset.tolist(), length.tolist(), strict=True):
        one = arc_part(network, a, o, end)[0] if o < end else network.shape(a)[-1]
        assert np.abs(at - one).max() < 1e-9  # a tenth of a millimetre
    assert coordinates(network, Positions(arc[:0], offset[:0])).shape == (0, 2)
