"""Waste collection with landfills, lunch and daily limits: Kim, Kim and Sahoo (2006)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.campaign.instance import (
    FAR,
    STREAM,
    Instance,
    Objective,
    enough_vehicles,
    left_out_price,
)
from benchmarks.vrp.formats.kim import DEPOT, LANDFILL, STOP, KimFile, KimPlace, parse_kim
from solvers.problem import Facility, Mode, Problem, Rules, Task, Vehicle

LOAD = 100
"""Parts of a cubic yard."""
FEET = 10
"""Parts of a foot: some coordinates have decimals."""
MILE = 5280 * FEET
LUNCH_OPENS, LUNCH_CLOSES = 11 * 3600, 12 * 3600
VEHICLE_COST = 10**10
CONVENTION = (
    "Manhattan miles at 40 miles an hour; unloading before the way home; a lunch of one hour begins"
    " between 11:00 and 12:00 on routes that end after 12:00; daily load and stops limited"
)


def read_kim(path: Path, objective: Objective = "vehicles") -> Instance:
    """Return the instance of a file."""
    raw = parse_kim(path)
    vehicle_cost = VEHICLE_COST if objective == "vehicles" else 0
    places = [*raw.of_kind(DEPOT), *raw.of_kind(LANDFILL), *raw.of_kind(STOP)]
    x, y = np.array([p.x for p in places]), np.array([p.y for p in places])
    miles = (np.abs(x[:, None] - x) + np.abs(y[:, None] - y)) / 5280
    length = np.rint(miles * MILE).astype(np.int32)[None]
    time = np.ceil(miles * 3600 / raw.miles_per_hour - 1e-9).astype(np.int32)[None]
    first_stop = len(places) - len(raw.of_kind(STOP))
    tasks = tuple(
        _task(place, first_stop + k, left_out_price(length, vehicle_cost))
        for k, place in enumerate(raw.of_kind(STOP))
    )
    vehicles = _vehicles(raw, vehicle_cost)
    facilities = tuple(
        _landfill(place, k, len(vehicles)) for k, place in enumerate(raw.of_kind(LANDFILL), 1)
    )
    rules = Rules(raw.lunch, (LUNCH_OPENS, LUNCH_CLOSES), max_driving_s=10**9)
    return Instance(
        name=path.stem,
        family="kim",
        path=path,
        problem=Problem(tasks, vehicles, facilities, time, length, rules),
        convention=CONVENTION,
        scale=MILE,
        objective=objective,
        vehicle_cost=vehicle_cost,
    )


def _task(place: KimPlace, location: int, price: int) -> Task:
    return Task(
        place.place_id,
        (Mode(location, location, place.service),),
        STREAM,
        mass_kg=round(place.load * LOAD),
        windows=((place.early, place.late),),
        price=price,
    )


def _landfill(place: KimPlace, location: int, bays: int) -> Facility:
    """Return a landfill whose hours bound the begin of unloading."""
    return Facility(
        place.place_id,
        location,
        frozenset({STREAM}),
        open_s=place.early,
        close_s=place.late + place.service,
        bays=bays,
        unload_s=place.service,
    )


def _vehicles(raw: KimFile, vehicle_cost: int) -> tuple[Vehicle, ...]:
    (depot,) = raw.of_kind(DEPOT)
    total = sum(place.load for place in raw.of_kind(STOP))
    count = enough_vehicles(total, raw.daily_load)
    return tuple(
        Vehicle(
            str(k + 1),
            "truck",
            0,
            0,
            0,
            capacity_kg=round(raw.capacity * LOAD),
            capacity_l={STREAM: FAR},
            shift_start=depot.early,
            shift_end=depot.late,
            max_trips=100,
            fixed_cost=vehicle_cost,
            cost_km=1000,
            max_day_kg=round(raw.daily_load * LOAD),
            max_day_tasks=raw.daily_stops,
        )
        for k in range(count)
    )
