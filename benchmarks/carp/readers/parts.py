"""Tasks, vehicles and facilities of arc routing problems, whatever their places are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.campaign.instance import (
    FAR,
    NO_BREAKS,
    STREAM,
    enough_vehicles,
    left_out_price,
)
from benchmarks.carp.formats.streets import StreetFile, corner_name
from solvers.problem import Facility, Mode, Problem, Task, Vehicle

Modes = tuple[Mode, ...]
FEWEST_SPARE, SPARE_SHARE = 2, 8
"""Vehicles beyond the fewest that the load needs: two, or an eighth of them if that is more."""


@dataclass(frozen=True)
class Scale:
    """Problem units of one unit of the file, so that decimals become whole numbers."""

    cost: int = 1
    load: int = 1

    def money(self, value: float) -> int:
        """Return a cost (or time) of the file in problem units; no limit is FAR."""
        return FAR if math.isinf(value) else round(value * self.cost)

    def size(self, value: float) -> int:
        """Return a load of the file in problem units; no limit is FAR."""
        return FAR if math.isinf(value) else round(value * self.load)


def assemble(
    file: StreetFile,
    modes: Mapping[str, Modes],
    table: NDArray[np.int32],
    places: tuple[int, int],
    scale: Scale,
    vehicle_cost: int = 0,
) -> Problem:
    """Return the problem of a file.

    Parameters
    ----------
    modes
        The ways of serving each task, by its name.
    table
        Costs among all places, which are times as well.
    places
        The depot, and the first of the sites.
    vehicle_cost
        What each vehicle costs besides.
    """
    vehicles = _vehicles(file, places[0], scale, vehicle_cost)
    price = left_out_price(table, vehicles[0].fixed_cost) + 2 * max(
        mode.length_m for options in modes.values() for mode in options
    )
    loads = {street.name: (street.load, street.volume) for street in file.required}
    loads |= {corner_name(node): (load, 0.0) for node, load in file.corners.items()}
    tasks = tuple(
        Task(
            name,
            options,
            STREAM,
            mass_kg=scale.size(loads[name][0]),
            volume_l=scale.size(loads[name][1]),
            price=price,
        )
        for name, options in modes.items()
    )
    sites = tuple(
        Facility(
            str(k),
            places[1] + k,
            frozenset({STREAM}),
            close_s=FAR,
            bays=len(vehicles),
            unload_s=0,
        )
        for k in range(len(file.sites))
    )
    return Problem(tasks, vehicles, sites, table, table, NO_BREAKS)


def _vehicles(file: StreetFile, depot: int, scale: Scale, vehicle_cost: int) -> tuple[Vehicle, ...]:
    return tuple(
        Vehicle(
            str(k + 1),
            "truck",
            0,
            depot,
            depot,
            capacity_kg=scale.size(file.capacity),
            capacity_l={STREAM: scale.size(file.volume)},
            shift_start=0,
            shift_end=scale.money(file.max_time),
            max_trips=FAR,
            fixed_cost=scale.money(file.route_cost) + vehicle_cost,
            cost_km=1000,
            ends_loaded=not file.sites,
        )
        for k in range(fleet_size(file))
    )


def fleet_size(file: StreetFile) -> int:
    """Return how many vehicles can be of use: by load, or by time if they unload on the way."""
    if not file.sites:
        least = math.ceil(file.total_load / file.capacity)
        spare = max(FEWEST_SPARE, least // SPARE_SHARE)
        return min(least + spare, file.num_vehicles or FAR)
    busy = sum(street.serve or 0 for street in file.streets)
    return enough_vehicles(busy, file.max_time, file.num_vehicles)
