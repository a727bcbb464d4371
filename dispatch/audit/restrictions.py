"""Which pieces of street the city's own closures and limits shut to a truck on a date.

A row names pieces by OSM way, by street name or by an area (WKT polygon); what it names in several
ways must hold in all of them. A row without hours holds all day; a row may run past midnight. A
leg is driven on streets that are open at every moment of it.
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

Hours = tuple[int, int]
"""From a moment on, until another."""


class Restrictions:
    """What the tables shut to whom and when, on one date."""

    def __init__(self, city: City, network: Network, date: dt.date) -> None:
        self._network = network
        self._rows: list[tuple[Any, list[Hours]]] = [
            *(
                (row, list(_closure_hours(row, date)))
                for row in city.closures.itertuples(index=False)
            ),
            *((row, _limit_hours(row)) for row in city.limits.itertuples(index=False)),
        ]
        self._blocked: dict[tuple[int, ...], NDArray[np.bool_]] = {}

    def blocked(self, truck: Truck, span: Hours) -> NDArray[np.bool_]:
        """Return whether each arc is shut to the truck at any moment of a time, (num_arcs,)."""
        binding = tuple(
            k
            for k, (row, hours) in enumerate(self._rows)
            if _concerns(row, truck) and any(_overlap(span, one) for one in hours)
        )
        if binding not in self._blocked:
            shut = np.zeros(self._network.num_arcs, dtype=np.bool_)
            for k in binding:
                shut |= arcs_named(self._network, self._rows[k][0])
            self._blocked[binding] = shut
        return self._blocked[binding]

    def changes(self, truck: Truck) -> frozenset[int]:
        """Return the moments at which anything opens or closes to the truck."""
        return frozenset(
            moment
            for row, hours in self._rows
            if _concerns(row, truck)
            for one in hours
            for moment in one
        )


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


def _hours(row: Any) -> Hours:
    early = 0 if pd.isna(row.from_time) else int(row.from_time)
    late = DAY_END_S if pd.isna(row.to_time) else int(row.to_time)
    return early, late + DAY_S if late <= early else late


def _closure_hours(row: Any, date: dt.date) -> Iterator[Hours]:
    """Yield the hours, in seconds of the planned date, in which a closure holds."""
    daily = not (pd.isna(row.from_time) and pd.isna(row.to_time))
    for shift in (-1, 0, 1):
        day = pd.Timestamp(date + dt.timedelta(days=shift))
        begun = pd.isna(row.date_from) or row.date_from <= day
        if begun and (pd.isna(row.date_to) or day <= row.date_to):
            early, late = _hours(row) if daily else (0, DAY_S)
            yield early + shift * DAY_S, late + shift * DAY_S


def _limit_hours(row: Any) -> list[Hours]:
    """Return when a limit holds: those of size and weight protect a structure at all hours."""
    early, late = _hours(row) if row.kind == "truck_ban" else (0, DAY_END_S)
    return [(early + shift * DAY_S, late + shift * DAY_S) for shift in (-1, 0, 1)]


def _overlap(span: Hours, hours: Hours) -> bool:
    return hours[0] < span[1] and span[0] < hours[1]


def _concerns(row: Any, truck: Truck) -> bool:
    """Whether a row keeps the truck out while it is in force."""
    kind = getattr(row, "kind", "closure")
    if kind == "closure":
        return True
    if kind in ("center", "wash_corridor"):
        return False
    if is_filled(row.permit) and row.permit in truck.permits:
        return False
    if kind == "truck_ban":
        heavy = truck.weight_kg > 1000.0 * float(row.value) if not pd.isna(row.value) else truck.hgv
        return heavy and GENERAL_PERMIT not in truck.permits
    own = {
        "max_weight_t": truck.weight_kg / 1000.0,
        "max_height_m": truck.height_cm / 100.0,
        "max_width_m": truck.width_cm / 100.0,
    }
    return own[kind] > float(row.value)
