"""Plain postman tours on a ring of streets, where every way can be added up by hand."""

from __future__ import annotations

import pytest

from benchmarks.postman import Tour, plain_tours
from routing.profiles import SWEEPER, weigh
from tests.scenarios.test_access import Street, arc_names, town

# A - B - C on a line, two-way pieces of 100 m; D south of A with the depot and the water
PLACES = {"A": (0, 0), "B": (1, 0), "C": (2, 0), "D": (0, -1)}
STREETS = [Street("ABC", 10, "街"), Street("AD", 20, "路")]
NAMES = arc_names(STREETS)
DEPOT_D = ([3], [3], [3])


def way(*pieces: str) -> tuple[int, ...]:
    """Arcs of pieces such as AB."""
    return tuple(NAMES.index(piece) for piece in pieces)


def tour(runs: list[tuple[tuple[int, ...], tuple[tuple[int, int], ...]]], *limits) -> Tour:
    """The tour from the depot at D."""
    network = town(PLACES, STREETS)
    weights = weigh(network, SWEEPER)
    (found,) = plain_tours(network, weights, [runs], limits, DEPOT_D)
    return found


def test_both_curbs_of_a_street_need_only_the_way_there_and_back():
    """A-B-C and back is a circuit: 100 m from the depot at D and 100 m home."""
    runs = [(way("AB", "BC"), ((0, 0),)), (way("CB", "BA"), ((0, 0),))]
    assert tour(runs, (0, 0)).deadhead_m == pytest.approx(200, abs=1)


def test_one_curb_costs_the_way_back():
    """A-B-C alone is closed by driving back 200 m."""
    assert tour([(way("AB", "BC"), ((0, 0),))], (0, 0)).deadhead_m == pytest.approx(400, abs=1)


def test_parts_that_do_not_touch_are_linked():
    """A-B and C-B: linked over B; the circuit A-B, to C, C-B, to A adds 100 and 100 m."""
    runs = [(way("AB"), ((0, 0),)), (way("CB"), ((0, 0),))]
    assert tour(runs, (0, 0)).deadhead_m == pytest.approx(400, abs=1)


def test_every_pass_drives_and_refills_by_itself():
    """The second pass runs dry before the way back: from C to the water at D and back, 600 m."""
    runs = [
        (way("AB", "BC"), ((0, 0), (60, 0))),
        (way("CB", "BA"), ((0, 0), (60, 0))),
    ]
    assert tour(runs, (0, 0), (100, 0)).deadhead_m == pytest.approx(200 + 200 + 600, abs=1)
