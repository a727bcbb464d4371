"""Which pieces of street the city's own closures and limits shut to a truck on a date.

A row names pieces by OSM way, by street name or by an area (WKT polygon); what it names in several
ways must hold in all of them. A row without hours holds all day. The hours of a truck are its
shift with its overtime; any overlap with the hours of a row counts, since a shift may not be
split. A row may run past midnight.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dispatch.audit.tables import DAY_END_S, Truck
from routing.network import Network
from scenarios.city import City

DAY_S = 24 * 3600
GENERAL_PERMIT = "*"


def blocked_for(city: City, network: Network, truck: Truck, date: dt.date) -> NDArray[np.bool_]:
    """Return whether closures and limits shut each arc to the truck, shape (num_arcs,)."""
    blocked = np.zeros(network.num_arcs, dtype=np.bool_)
    for row in city.closures.itertuples(index=False):
        if any(_overlaps(truck, hours) for hours in _closure_hours(row, date)):
            blocked |= arcs_named(network, row)
    for row in city.limits.itertuples(index=False):
        if _limit_binds(row, truck):
            blocked |= arcs_named(network, row)
    return blocked


def arcs_named(network: Network, row: Any) -> NDArray[np.bool_]:
    """Return which arcs a row names by way, name and area, shape (num_arcs,)."""
    named = np.zeros(network.num_arcs, dtype=np.bool_)
    tests = []
    if not pd.isna(row.way_id):
        tests.append(network.arc_way_id == int(row.way_id))
    if is_filled(row.name):
        wanted = [i for i, name in enumerate(network.names) if name == row.name]
        tests.append(np.isin(network.arc_name_idx, wanted))
    if is_filled(row.area):
        tests.append(in_area(network, row.area))
    if tests:
        named = np.logical_and.reduce(tests)
    return named


def is_filled(value: Any) -> bool:
    """Whether a cell holds text."""
    return isinstance(value, str) and value != ""


def in_area(network: Network, area: str) -> NDArray[np.bool_]:
    """Return which arcs have their middle vertex (or the middle of two) inside a WKT polygon."""
    polygon = shapely.from_wkt(area)
    first, last = network.shape_first_out[:-1], network.shape_first_out[1:] - 1
    low, high = first + (last - first) // 2, first + (last - first + 1) // 2
    lon = (network.shape_lon[low] + network.shape_lon[high]) / 2
    lat = (network.shape_lat[low] + network.shape_lat[high]) / 2
    return np.asarray(shapely.contains_xy(polygon, lon, lat))


def _hours(row: Any) -> tuple[int, int]:
    early = 0 if pd.isna(row.from_time) else int(row.from_time)
    late = DAY_END_S if pd.isna(row.to_time) else int(row.to_time)
    return early, late + DAY_S if late <= early else late


def _closure_hours(row: Any, date: dt.date) -> Iterator[tuple[int, int]]:
    """Yield the hours, in seconds of the planned date, in which a closure holds."""
    daily = not (pd.isna(row.from_time) and pd.isna(row.to_time))
    for shift in (-1, 0, 1):
        day = pd.Timestamp(date + dt.timedelta(days=shift))
        begun = pd.isna(row.date_from) or row.date_from <= day
        if begun and (pd.isna(row.date_to) or day <= row.date_to):
            early, late = _hours(row) if daily else (0, DAY_S)
            yield early + shift * DAY_S, late + shift * DAY_S


def _overlaps(truck: Truck, hours: tuple[int, int]) -> bool:
    return hours[0] < truck.shift_end + truck.max_overtime_s and truck.shift_start < hours[1]


def _limit_binds(row: Any, truck: Truck) -> bool:
    """Whether a row of limits keeps the truck out."""
    if row.kind in ("center", "wash_corridor"):
        return False
    if row.kind == "truck_ban":
        free = GENERAL_PERMIT in truck.permits or (
            is_filled(row.permit) and row.permit in truck.permits
        )
        heavy = truck.weight_kg > 1000.0 * float(row.value) if not pd.isna(row.value) else truck.hgv
        return heavy and not free and _any_day_overlap(truck, _hours(row))
    if is_filled(row.permit) and row.permit in truck.permits:
        return False
    own = {
        "max_weight_t": truck.weight_kg / 1000.0,
        "max_height_m": truck.height_cm / 100.0,
        "max_width_m": truck.width_cm / 100.0,
    }
    return own[row.kind] > float(row.value)


def _any_day_overlap(truck: Truck, hours: tuple[int, int]) -> bool:
    return any(
        _overlaps(truck, (hours[0] + shift * DAY_S, hours[1] + shift * DAY_S))
        for shift in (-1, 0, 1)
    )
