"""The comparison with OSRM measures what it says; OSRM itself is not needed."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.agreement import agreement, car, osrm_tables, our_tables, sample_places
from routing.errors import InputError
from routing.profiles import weigh
from routing.roads import build_roads
from routing.snapping import Positions, snap
from tests.routing.maps import cross


@pytest.fixture
def network(tmp_path):
    """A crossing of two streets."""
    return cross().read(tmp_path)


def test_places_lie_on_streets_and_follow_from_the_seed(network):
    """Each place is on a street, and the same seed gives the same places."""
    weights = weigh(network, car())
    lon, lat = sample_places(network, weights, 5, 3)
    again = sample_places(network, weights, 5, 3)
    assert (lon == again[0]).all()
    assert (lat == again[1]).all()
    assert snap(network, weights, lon, lat, np.zeros(5, dtype=bool)).distance_m.max() < 0.5


def test_either_direction_may_be_used(network):
    """The table holds the best of all directions in which places can be left and reached."""
    weights = weigh(network, car())
    metric = build_roads(network).weigh(weights)
    lon, lat = sample_places(network, weights, 4, 1)
    seconds, metres, _ = our_tables(network, metric, lon, lat)
    snaps = snap(network, weights, lon, lat, np.zeros(4, dtype=bool))
    ways = [range(snaps.first_out[i], snaps.first_out[i + 1]) for i in range(4)]
    for i in range(4):
        for j in range(4):
            found = []
            for a in ways[i]:
                for b in ways[j]:
                    one, other = (
                        Positions(snaps.positions.arc[[k]], snaps.positions.offset_cm[[k]])
                        for k in (a, b)
                    )
                    table = metric.travel_table(one, other)
                    if table.time[0, 0] >= 0:
                        found.append((table.time[0, 0], table.length[0, 0]))
            assert (seconds[i, j], metres[i, j]) == min(found)


def test_agreement_counts_pairs_and_ratios():
    """Short pairs and those that one engine cannot drive are left out, the latter counted."""
    ours = np.array([[1.0, 90.0], [120.0, np.nan]]), np.array([[0.0, 996.0], [1200.0, np.nan]]), 1.0
    theirs = np.array([[1.0, 100.0], [100.0, 5.0]]), np.array([[0.0, 1000.0], [1000.0, 900.0]]), 2.0
    lines = agreement(ours, theirs)
    assert "2 pairs; 1 have a way in one engine only" in lines
    assert "lengths within 1, 5, 20 %: 50.0 %, 50.0 %, 100.0 %" in lines
    assert "| length | " in lines[2]
    assert "1.098" in lines[2]  # halfway between 0.996 and 1.2
    assert "1.0000 ours, 2.0000 OSRM" in lines[-1]


def test_missing_osrm_is_explained(tmp_path):
    """A Python that cannot be run, and one without OSRM, are named."""
    places = np.zeros(2)
    with pytest.raises(InputError, match="no-python: cannot be run"):
        osrm_tables(tmp_path / "no-python", tmp_path / "a.osm", places, places)
    shell = tmp_path / "python"
    shell.write_text("#!/bin/sh\necho no osrm here >&2\nexit 1\n", encoding="utf-8")
    shell.chmod(0o755)
    with pytest.raises(InputError, match="OSRM failed: no osrm here"):
        osrm_tables(shell, tmp_path / "a.osm", places, places)
