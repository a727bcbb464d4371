"""Legs driven again: the arithmetic by hand, and against the router on real streets."""

from __future__ import annotations

from pathlib import Path as FilePath

import numpy as np
import pytest

from dispatch.audit.drive import Driven, Streets, drive_leg, geometry_fault, partial_ms
from dispatch.audit.geo import along, distance_m, left_of, line_length_m
from dispatch.audit.record import Leg, Spot
from routing.network import Network
from routing.paths import Path, find_paths, path_geometry, street_names
from routing.profiles import Profile, Weights, weigh
from routing.reading import read_network
from routing.snapping import Positions
from tests.dispatch.audit_cases import ARCS, LENGTH_CM, find_way, grid, make_leg, time_ms

LOOP_XML = """<osm version="0.6">
{nodes}
<way id="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>
<way id="2"><nd ref="2"/><nd ref="3"/><tag k="highway" v="residential"/></way>
<way id="3"><nd ref="3"/><nd ref="4"/><tag k="highway" v="residential"/></way>
<way id="4"><nd ref="3"/><nd ref="5"/><tag k="highway" v="residential"/></way>
<way id="5"><nd ref="2"/><nd ref="6"/><tag k="highway" v="residential"/></way>
<way id="6"><nd ref="4"/><nd ref="5"/><tag k="highway" v="residential"/></way>
<way id="7"><nd ref="1"/><nd ref="6"/><tag k="highway" v="residential"/></way>
<relation id="9"><member type="way" ref="1" role="from"/><member type="way" ref="2" role="via"/>
<member type="way" ref="3" role="to"/><tag k="type" v="restriction"/>
<tag k="restriction" v="no_right_turn"/></relation>
</osm>"""
PLACES = {1: (0, 0), 2: (3, 0), 3: (6, 0), 4: (9, -2), 5: (9, 2), 6: (2, 4)}


@pytest.fixture(scope="module")
def net() -> Network:
    """Return the grid."""
    return grid()


@pytest.fixture(scope="module")
def weights(net: Network) -> Weights:
    """Return the times of a heavy truck on the grid."""
    return weigh(net, Profile("truck", weight_kg=18_000))


@pytest.fixture(scope="module")
def via_way(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """Return streets on which way 1 - way 2 - way 3 is forbidden as a whole."""
    nodes = "\n".join(
        f'<node id="{i}" lon="{112.2 + x / 1000}" lat="{31 + y / 1000}"/>'
        for i, (x, y) in PLACES.items()
    )
    file = tmp_path_factory.mktemp("osm") / "loop.osm"
    file.write_text(LOOP_XML.format(nodes=nodes), encoding="utf-8")
    return read_network(file)


def leg_of(arcs: list[int]) -> Leg:
    """Return a leg of which nothing is stated but its pieces."""
    return Leg(tuple(arcs), None, None, None, None)


def redrive(net: Network, weights: Weights, arcs: list[int], a: Spot, b: Spot) -> Driven:
    """Drive a leg again without closures."""
    nothing = np.zeros(net.num_arcs, dtype=np.bool_)
    return drive_leg(Streets(net), weights, nothing, leg_of(arcs), (a, b))


def test_a_leg_by_hand(net: Network, weights: Weights) -> None:
    """Half of AB, straight on through BC, a quarter of CD: 286 m pieces at 35 km/h."""
    a, b, c = (LENGTH_CM[arc] for arc in ("AB", "BC", "CD"))
    spots = Spot(ARCS["AB"], a // 2), Spot(ARCS["CD"], c // 4)
    driven = redrive(net, weights, [ARCS["AB"], ARCS["BC"], ARCS["CD"]], *spots)
    seconds = (a - a // 2 + b + c // 4) / 100 / (35 / 3.6)
    assert driven.time_s == round(seconds)
    assert driven.length_m == round((a - a // 2 + b + c // 4) / 100)


def test_turns_cost_time(net: Network, weights: Weights) -> None:
    """The left turn from AB into BF costs 8 s, the right turn from EF into FB 3 s."""
    for before, after, cost in (("AB", "BF", 8), ("EF", "FB", 3)):
        spots = Spot(ARCS[before], LENGTH_CM[before]), Spot(ARCS[after], 0)
        assert redrive(net, weights, [ARCS[before], ARCS[after]], *spots).time_s == cost


def test_parts_of_a_piece_round_half_up(net: Network, weights: Weights) -> None:
    """The time to a place on a piece is its share of the piece's time, halves up."""
    streets = Streets(net)
    for offset in (0, 1, 7, LENGTH_CM["EF"] // 2, LENGTH_CM["EF"]):
        exact = time_ms("EF") * offset / LENGTH_CM["EF"]
        assert abs(partial_ms(streets, weights, Spot(ARCS["EF"], offset)) - exact) <= 0.5


@pytest.mark.parametrize(
    ("arcs", "code"),
    [
        ([], "leg-arcs"),
        ([ARCS["AB"], -1], "leg-arcs"),
        ([ARCS["BC"]], "leg-start"),
        ([ARCS["AB"], ARCS["CD"]], "turn"),
        ([ARCS["AB"], ARCS["BA"], ARCS["AB"], ARCS["BC"], ARCS["CD"]], "turn"),
    ],
)
def test_faults_of_a_leg(net: Network, weights: Weights, arcs: list[int], code: str) -> None:
    """A leg that does not hang together is named by its fault and has no time."""
    driven = redrive(net, weights, arcs, Spot(ARCS["AB"], 0), Spot(ARCS["CD"], 0))
    assert driven.faults[0][0] == code
    assert driven.time_s is None


def test_a_way_around_to_a_place_behind(net: Network, weights: Weights) -> None:
    """From the end of a piece back to its start there is only the way around the block."""
    spots = Spot(ARCS["AB"], 1000), Spot(ARCS["AB"], 0)
    assert redrive(net, weights, [ARCS["AB"]], *spots).faults[0][0] == "leg-arcs"
    around = [ARCS[arc] for arc in ("AB", "BF", "FE", "EA", "AB")]
    assert redrive(net, weights, around, *spots).faults == ()


def test_closed_pieces_are_told_from_forbidden_ones(net: Network) -> None:
    """A piece shut by the tables is 'closed', one that the truck may never drive is 'access'."""
    blocked = np.zeros(net.num_arcs, dtype=np.bool_)
    blocked[ARCS["BC"]] = True
    spots = Spot(ARCS["AB"], 0), Spot(ARCS["CD"], 0)
    arcs = leg_of([ARCS["AB"], ARCS["BC"], ARCS["CD"]])
    truck = Profile("truck", weight_kg=18_000)
    shut = weigh(net, truck, np.flatnonzero(blocked))
    assert drive_leg(Streets(net), shut, blocked, arcs, spots).faults[0][0] == "closed"
    assert drive_leg(Streets(net), shut, ~blocked, arcs, spots).faults[0][0] == "access"


def test_agrees_with_the_planner_of_the_tests(net: Network, weights: Weights) -> None:
    """Time and length equal those of an independent search for every pair of pieces."""
    for first in ("AB", "GH", "KJ", "HD"):
        for last in ARCS:
            source, target = (first, LENGTH_CM[first] // 3), (last, LENGTH_CM[last] // 2)
            way = find_way(source, target, lambda a, b: (a, b) != ("GH", "HL"))
            leg = make_leg(way, source[1], target[1])
            spots = Spot(ARCS[first], source[1]), Spot(ARCS[last], target[1])
            driven = redrive(net, weights, leg["arcs"], *spots)
            assert (driven.time_s, driven.length_m) == (leg["time_s"], leg["length_m"])


def arcs_between(net: Network, *nodes: int) -> list[int]:
    """Return the real arcs along junctions given by OSM id."""
    ids = net.node_osm_id
    found = []
    for a, b in zip(nodes, nodes[1:], strict=False):
        ends = (ids[net.arc_tail] == a) & (ids[net.arc_head] == b)
        found.append(int(np.flatnonzero(ends & (net.arc_base == np.arange(net.num_arcs)))[0]))
    return found


def test_a_restriction_over_a_via_way(via_way: Network) -> None:
    """1-2-3-4 is forbidden as a whole even if only real pieces are named; its parts are not."""
    weights = weigh(via_way, Profile("truck"))
    for nodes, code in (((1, 2, 3, 4), "turn"), ((6, 2, 3, 4), ""), ((1, 2, 3, 5), "")):
        arcs = arcs_between(via_way, *nodes)
        driven = redrive(via_way, weights, arcs, Spot(arcs[0], 0), Spot(arcs[-1], 0))
        assert "".join(found for found, _ in driven.faults) == code, nodes


def assert_same_as_router(net: Network, weights: Weights, num: int, seed: int) -> None:
    """Check legs of the router: times, lengths, lines and names are found right."""
    random = np.random.default_rng(seed)
    usable = np.flatnonzero(weights.routable & (net.arc_base == np.arange(net.num_arcs)))
    arcs = random.choice(usable, 2 * num).astype(np.int32)
    offsets = (random.random(2 * num) * (net.arc_length_cm[arcs] + 1)).astype(np.int32)
    sources, targets = Positions(arcs[:num], offsets[:num]), Positions(arcs[num:], offsets[num:])
    streets = Streets(net)
    nothing = np.zeros(net.num_arcs, dtype=np.bool_)
    for i, path in enumerate(find_paths(net, weights, sources, targets)):
        spots = (
            Spot(int(sources.arc[i]), int(sources.offset_cm[i])),
            Spot(int(targets.arc[i]), int(targets.offset_cm[i])),
        )
        leg = as_leg(net, path)
        driven = drive_leg(streets, weights, nothing, leg, spots)
        assert driven == Driven(path.time_s, path.length_m)
        assert geometry_fault(streets, leg, spots, path.length_m) == ""


def as_leg(net: Network, path: Path) -> Leg:
    """Return a path as a plan states it."""
    line = tuple((round(x, 6), round(y, 6)) for x, y in path_geometry(net, path).tolist())
    names = tuple((name, metres) for name, metres in street_names(net, path))
    return Leg(tuple(path.arcs.tolist()), path.time_s, path.length_m, line, names)


def test_agrees_with_the_router_on_the_grid(net: Network, weights: Weights) -> None:
    """Every leg of the router is driven again to the same second and metre."""
    assert_same_as_router(net, weights, 60, 1)


def test_agrees_with_the_router_over_via_ways(via_way: Network) -> None:
    """The same where paths run over copies of a via way."""
    assert_same_as_router(via_way, weigh(via_way, Profile("truck")), 60, 2)


@pytest.mark.real_map
def test_agrees_with_the_router_on_real_streets(shared_osm: FilePath) -> None:
    """The same on a town's real streets with its turn restrictions."""
    net = read_network(shared_osm / "cn_guixi.osm")
    assert_same_as_router(net, weigh(net, Profile("truck")), 40, 3)


def test_distances() -> None:
    """A degree of latitude is 111.2 km; half of a bent line lies on its second part."""
    assert distance_m((0, 0), (0, 1)) == pytest.approx(111_195, rel=1e-4)
    line = [(0.0, 0.0), (0.0, 0.01), (0.0, 0.04)]
    assert line_length_m(line) == pytest.approx(distance_m((0, 0), (0, 0.04)))
    assert along(np.array(line), 0.5) == pytest.approx((0.0, 0.02))
    assert along(np.array(line), 1.0) == pytest.approx((0.0, 0.04))


def test_sides_of_a_street() -> None:
    """North of a line to the east is left, south is right; beyond its end there is no side."""
    line = np.array([(112.0, 31.0), (112.01, 31.0)])
    ten_m = 10 / 111_195
    assert left_of(line, (112.004, 31.0 + ten_m)) == pytest.approx(10, abs=0.01)
    assert left_of(line, (112.004, 31.0 - ten_m)) == pytest.approx(-10, abs=0.01)
    assert left_of(line[::-1], (112.004, 31.0 + ten_m)) == pytest.approx(-10, abs=0.01)
    assert left_of(line, (112.02, 31.0 + ten_m)) == 0.0
