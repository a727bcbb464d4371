"""Blocks of travel over a map against its whole table."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings

from routing.blocks import RoadTravel
from routing.profiles import SMALL_TRUCK, TRUCK, weigh
from routing.roads import build_roads
from tests.routing.test_matrix import grids, some_places


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(made=grids())
def test_blocks_are_cut_from_the_whole_table(made):
    """Any origins and destinations in any order, for each profile, as the whole table has them."""
    with tempfile.TemporaryDirectory() as folder:
        network = made.read(Path(folder))
    weights = [weigh(network, profile) for profile in (TRUCK, SMALL_TRUCK)]
    if any((w.arc_time_ms < 0).all() for w in weights):
        return
    roads = build_roads(network)
    metrics = [roads.weigh(w) for w in weights]
    places = some_places(network, weights[0], 3, 8)
    travel = RoadTravel(metrics, places)
    assert (travel.num_layers, travel.num_locations) == (2, 8)
    origins, destinations = np.asarray([5, 0, 7]), np.asarray([1, 5])
    for profile, metric in enumerate(metrics):
        table = metric.travel_table(places, places)
        time, length = travel.block(profile, origins, destinations)
        assert (time == table.time[np.ix_(origins, destinations)]).all()
        assert (length == table.length[np.ix_(origins, destinations)]).all()
    shut = np.arange(8) == 5
    some = RoadTravel(metrics, places, [shut, ~shut])
    assert (some.block(0, origins, destinations)[0][:, 1] == -1).all()
    assert (some.block(1, origins, destinations)[1][:, 0] == -1).all()
    assert some.mark() != travel.mark()
    assert travel.mark() == RoadTravel(metrics, places).mark()
    assert travel.mark() != RoadTravel(metrics[:1], places).mark()
