"""Monitored corridors: no truck enters the center on one without having washed.

The center is what rows of limits.csv of kind ``center`` bound. A truck enters when it drives onto a
piece that begins at a junction outside and ends at one inside. On a piece that a row of kind
``wash_corridor`` names, a truck that the row binds may do so only on a drive that begins at a wash
station named by such a row: where the last thing it did, breaks aside, was to wash. It may also
drive onto the piece to stop at a station that stands on it. A drive that is over before the row's
hours begin, or begins after they end, is free. What is worked along a street is no drive.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from dispatch.audit.context import Context
from dispatch.audit.record import STANDING, Activity, Route
from dispatch.audit.restrictions import DAY_S, GENERAL_PERMIT, arcs_named, is_filled
from dispatch.audit.tables import DAY_END_S, Truck, clock
from routing.network import Network
from scenarios.city import City


@dataclass(frozen=True, eq=False)
class _Watched:
    """A row of limits.csv with the pieces on which it watches, shape (num_arcs,)."""

    row: Any
    pieces: NDArray[np.bool_]

    def binds(self, truck: Truck) -> bool:
        row = self.row
        if GENERAL_PERMIT in truck.permits or (
            is_filled(row.permit) and row.permit in truck.permits
        ):
            return False
        return truck.hgv if pd.isna(row.value) else truck.weight_kg > 1000.0 * float(row.value)

    def holds(self, begin_s: int, end_s: int) -> bool:
        """Whether its hours touch a drive."""
        row = self.row
        if pd.isna(row.from_time) and pd.isna(row.to_time):
            return True
        early = 0 if pd.isna(row.from_time) else int(row.from_time)
        late = DAY_END_S if pd.isna(row.to_time) else int(row.to_time)
        late += DAY_S if late <= early else 0
        return any(early + k * DAY_S < end_s and begin_s < late + k * DAY_S for k in (-1, 0, 1))


class WashRules:
    """The city's monitored corridors, against which routes are checked one by one."""

    def __init__(self, ctx: Context, city: City) -> None:
        self.ctx = ctx
        network = ctx.streets.network
        rows = [row for row in city.limits.itertuples(index=False) if row.kind == "wash_corridor"]
        inward = _inward(city, network) if rows else np.zeros(network.num_arcs, dtype=np.bool_)
        self.watched = [_Watched(row, inward & arcs_named(network, row)) for row in rows]
        self.stations = {row.wash_id for row in rows}

    def check(self, route: Route, truck: Truck | None) -> None:
        """Check the washes of a route, and every drive that enters where trucks are watched."""
        before: Activity | None = None
        for idx, activity in enumerate(route.activities):
            if activity.kind == "wash":
                self._check_station(route, idx, activity)
            if truck is not None and before is not None and activity.moves:
                self._check_drive(route, truck, idx, (before, activity))
            if activity.kind not in STANDING:
                before = activity

    def _check_station(self, route: Route, idx: int, activity: Activity) -> None:
        station = self.ctx.world.stations.get(activity.id)
        if station is not None:
            text = f"washes at {activity.id}, which is no wash station but a {station.kind}"
            self.ctx.check(station.kind == "wash", "wash-station", text, route.truck_id, idx)

    def _check_drive(
        self, route: Route, truck: Truck, idx: int, ends: tuple[Activity, Activity]
    ) -> None:
        binding = [w for w in self.watched if w.binds(truck)]
        before, after = ends
        if not binding:
            return
        if after.leg is None or after.leg.arcs is None:
            self.ctx.skip("wash: an activity without the pieces driven to it")
            return
        washed = before.kind == "wash" and before.id in self.stations
        stops_to_wash = after.kind == "wash" and after.id in self.stations
        driven = [arc for arc in after.leg.arcs if self.ctx.streets.has(arc)]
        onto = driven[1:-1] if stops_to_wash else driven[1:]
        leave_s = route.activities[idx - 1].end_s
        for watched in binding:
            met = next(self._met(watched, onto), None)
            if met is None or not watched.holds(leave_s, after.arrive_s):
                continue
            name = self.ctx.streets.network.name(met) or f"piece {met}"
            text = (
                f"enters the center on {name} between {clock(leave_s)} and"
                f" {clock(after.arrive_s)} without a wash before; limit {watched.row.limit_id}"
            )
            if not self.ctx.check(washed, "wash", text, route.truck_id, idx):
                return

    def _met(self, watched: _Watched, arcs: list[int]) -> Iterator[int]:
        return (arc for arc in arcs if watched.pieces[self.ctx.streets.base(arc)])


def _inward(city: City, network: Network) -> NDArray[np.bool_]:
    """Return which arcs begin outside the center and end inside, shape (num_arcs,)."""
    inside = np.zeros(network.num_nodes, dtype=np.bool_)
    for row in city.limits.itertuples(index=False):
        if row.kind == "center" and is_filled(row.area):
            area = shapely.from_wkt(row.area)
            inside |= shapely.contains_xy(area, network.node_lon, network.node_lat)
    return np.asarray(~inside[network.arc_tail] & inside[network.arc_head])
