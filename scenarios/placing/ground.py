"""What placing is about: whose way each candidate shortens, and the city that a design makes.

All money here is in thousandths of the currency unit, as in the solver's problem.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from routing.errors import InputError
from routing.network import Network
from scenarios.cells import format_cell
from scenarios.city import City
from scenarios.day import is_active
from scenarios.edits.merging import SPARED, walks_to
from scenarios.edits.scenario import Edit, Scenario, apply_scenario
from scenarios.gateways import Gateways
from scenarios.narrow import narrowed, streets_alone
from scenarios.placing.candidates import Place, PlaceKind, corridors
from scenarios.run import prepare_day
from scenarios.schema import LIMITS, STREAMS
from scenarios.walking import WalkingStreets

Design = tuple[int, ...]
"""Candidates that are built, in order."""

DEG_M = 111_195.0
DETOUR = 1.4
"""Streets by straight distance, where no travel time is at hand."""
STOP_S = 60
"""Driving that a stop less saves, beside its service; routing scales it."""
NO_WAY = 1e6
"""Thousandths that it costs a unit to have nowhere to go."""
WALKING = 0.001
"""Thousandths a kilogram and metre: of places that save as much the nearer one is taken."""


@dataclass(frozen=True)
class PlaceGround:
    """The choice of places on a day.

    Attributes
    ----------
    city
        What has to be planned of it for this question.
    cost, stays
        Predicted thousandths a day of each unit with each candidate, shape (num_units,
        num_candidates), and as things are, shape (num_units,); inf where it cannot be.
    own
        Predicted thousandths a day of having each candidate, shape (num_candidates,).
    daily
        Thousandths a day of building and operating each.
    unit_at
        Lon and lat, shape (num_units, 2).
    bins
        For points and eco islands the rows of points.csv of each unit; else empty.
    """

    city: City
    network: Network
    date: dt.date
    kind: PlaceKind
    places: tuple[Place, ...]
    walk_m: float
    cost: NDArray[np.float64]
    stays: NDArray[np.float64]
    own: NDArray[np.float64]
    daily: tuple[int, ...]
    unit_at: NDArray[np.float64]
    bins: tuple[tuple[str, ...], ...] = ()

    def predicted(self, design: Design) -> float:
        """Return the predicted cost of a design beside what does not depend on it, sites apart."""
        chosen = list(design)
        best = np.minimum(self.stays, self.cost[:, chosen].min(axis=1, initial=np.inf))
        return float(np.minimum(best, NO_WAY).sum() + self.own[chosen].sum())

    def goes_to(self, design: Design) -> NDArray[np.int64]:
        """Return which candidate serves each unit, -1 where all stays as it is."""
        chosen = np.asarray(design, dtype=np.int64)
        nearest = chosen[np.argmin(self.cost[:, chosen], axis=1)]
        gains = self.cost[np.arange(len(self.stays)), nearest] < self.stays
        return np.where(gains, nearest, -1)

    def daily_cost(self, design: Design) -> int:
        """Return what the places of a design cost a day."""
        return sum(self.daily[c] for c in design)

    def edits(self, design: Design) -> tuple[Edit, ...]:
        """Return the edits that build a design."""
        if self.kind in ("point", "eco_island"):
            return tuple(_merges(self, design))
        found = []
        for c in design:
            place = self.places[c]
            lon, lat = place.given_at
            cells: dict[str, Any] = {"facility_id": place.candidate_id, "name": place.name}
            cells |= {"kind": place.kind, "lon": lon, "lat": lat}
            found.append(Edit("open_facility", cells, place.candidate_id))
            if place.corridor is not None and place.kind == "wash":
                found.append(Edit("set_limit", _corridor(self.city, place), place.candidate_id))
        return tuple(found)

    def built(self, design: Design) -> City:
        """Return the city with the places of a design.

        Raises
        ------
        InputError
            When the tables that result have faults.
        """
        edits = self.edits(design)
        return apply_scenario(self.city, Scenario("placing", "", edits), lambda: self.network).city


def _merges(ground: PlaceGround, design: Design) -> list[Edit]:
    goes_to = ground.goes_to(design)
    found = []
    for c in design:
        place = ground.places[c]
        own = [name for u in np.flatnonzero(goes_to == c) for name in ground.bins[u]]
        if own:
            lon, lat = place.given_at
            given = {"points": own, "lon": lon, "lat": lat, "name": place.name}
            given |= {"walk_m": ground.walk_m}
            given |= {"kind": "eco_island"} if place.kind == "eco_island" else {}
            found.append(Edit("merge_into", given, place.candidate_id))
    return found


def _corridor(city: City, place: Place) -> dict[str, Any]:
    """Return the cells of limits.csv by which a corridor names another station too."""
    row = corridors(city)[str(place.corridor)]
    cells = {
        column.name: row[column.name]
        for column in LIMITS.columns
        if column.name not in ("limit_id", "wash_id", "from_time", "to_time")
    }
    times = {c.name: format_cell(c, row[c.name]) for c in LIMITS.columns if c.kind == "time"}
    kept = {k: v for k, v in {**cells, **times}.items() if pd.notna(v) and v != ""}
    name = f"{place.corridor}-{place.candidate_id}"
    return {**kept, "limit_id": name, "wash_id": place.candidate_id}


def build_place_ground(
    city: City,
    places: Sequence[Place],
    date: dt.date,
    network: Network,
    *,
    life_years: float,
    walk_m: float,
    say: Callable[[str], None],
) -> PlaceGround:
    """Return the ground for choosing among places on a day.

    Raises
    ------
    InputError
        When there is nothing that the candidates could serve.
    """
    kind = places[0].kind
    daily = tuple(place.cost_day(life_years) for place in places)
    asked = PlaceGround(
        city, network, date, kind, tuple(places), walk_m, np.empty((0, len(places))), np.empty(0),
        np.zeros(len(places)), daily, np.empty((0, 2)),
    )  # fmt: skip
    make = {"point": _bins, "eco_island": _bins, "water": _water, "wash": _wash}[kind]
    ground = make(asked, say)
    if not len(ground.stays):
        raise InputError(f"candidates: nothing on {date} that a place of kind {kind} could serve")
    return ground


def _cost_h(city: City) -> float:
    """Return the thousandths of an hour of a truck, on the mean of the fleet."""
    return 1000 * float(city.trucks["cost_h"].mean())


def _bins(asked: PlaceGround, say: Callable[[str], None]) -> PlaceGround:
    """Units are places with bins within the walking limit of a candidate: they move, or they stay.

    A unit that moves saves the stops of its streams; a point has one for each stream that it takes.
    """
    say(f"walking at most {asked.walk_m:g} m to {len(asked.places)} candidates")
    rows = _movable(asked.city, asked.date)
    streets = WalkingStreets(asked.network)
    walks = np.stack([walks_to(streets, rows, p.at, asked.walk_m) for p in asked.places], 1)
    near = np.flatnonzero(np.isfinite(walks).any(axis=1))
    rows, walks = rows.iloc[near], walks[near]
    place_of = rows.groupby(["lon", "lat"], sort=True).ngroup().to_numpy()
    first = [int(np.flatnonzero(place_of == u)[0]) for u in range(place_of.max(initial=-1) + 1)]
    hour = _cost_h(asked.city)
    stop = hour * (rows["service_s"].to_numpy(np.float64) + STOP_S) / 3600
    kg = rows["demand_kg"].to_numpy(np.float64)
    stays = np.bincount(place_of, stop, len(first)).astype(np.float64)
    moved = WALKING * np.bincount(place_of, kg, len(first))
    cost = walks[first] * moved[:, None]
    streams = max(1, rows["stream"].nunique())
    own = np.full(len(asked.places), streams * hour * STOP_S / 3600)
    bins = tuple(tuple(rows["point_id"][place_of == u]) for u in range(len(first)))
    at = rows[["lon", "lat"]].to_numpy(np.float64)[first].reshape(-1, 2)
    city = narrowed(asked.city, set(rows["stream"])) if len(rows) else asked.city
    return replace(asked, city=city, cost=cost, stays=stays, own=own, unit_at=at, bins=bins)


def _movable(city: City, date: dt.date) -> pd.DataFrame:
    rows = city.points
    there = [is_active(row, date) for row in rows.itertuples(index=False)]
    return rows[np.asarray(there, dtype=np.bool_) & ~rows["kind"].isin(SPARED).to_numpy()]


def _water(asked: PlaceGround, say: Callable[[str], None]) -> PlaceGround:
    """Units are runs of street that take water: their share of a tank's way to water and back."""
    bare = streets_alone(asked.city)
    every = replace(asked, city=bare).built(tuple(range(len(asked.places))))
    posed = prepare_day(every, asked.date, asked.network, say)
    problem = posed.problem
    wet = [k for k, task in enumerate(problem.tasks) if task.water_l]
    tanks = [v for v in problem.vehicles if v.tank_l]
    if not wet or not tanks:
        return asked
    tank_l = float(np.mean([v.tank_l for v in tanks]))
    profile = tanks[0].profile
    a_km, an_hour = (np.mean([getattr(v, name) for v in tanks]) for name in ("cost_km", "cost_h"))
    index = {f.facility_id: f for f in problem.facilities if f.refills}
    names = [p.candidate_id for p in asked.places]
    gates = [index[name].location if name in index else -1 for name in names]
    new = set(names)
    old = [f.location for name, f in index.items() if name not in new]
    ways = _round_trips(problem, profile, wet, [*gates, *old], a_km, an_hour)
    share = np.asarray([problem.tasks[k].water_l / tank_l for k in wet])[:, None]
    cost = ways * share
    at = np.asarray([(posed.sources[k].lon, posed.sources[k].lat) for k in wet])
    num = len(gates)
    stays = cost[:, num:].min(axis=1, initial=np.inf)
    return replace(asked, city=bare, cost=cost[:, :num], stays=stays, unit_at=at)


def _round_trips(
    problem: Any, profile: int, tasks: Sequence[int], gates: Sequence[int], a_km: float, hour: float
) -> NDArray[np.float64]:
    """Return the cost of driving from each task to each gate and back; a gate of -1 is cut off."""
    found = np.full((len(tasks), len(gates)), np.inf)
    open_to = np.asarray([j for j, gate in enumerate(gates) if gate >= 0], np.int64)
    ways = Gateways(problem, np.asarray(gates, np.int64)[open_to])
    for u, k in enumerate(tasks):
        out_s, out_m = ways.there(profile, problem.tasks[k].modes[0])
        home_s, home_m = ways.back(profile, problem.tasks[k].modes[0])
        cost = a_km * (out_m + home_m) / 1000 + hour * (out_s + home_s) / 3600
        found[u, open_to] = np.where((out_s < 0) | (home_s < 0), np.inf, cost)
    return found


def _wash(asked: PlaceGround, say: Callable[[str], None]) -> PlaceGround:
    """Units are points of the day: a way to a station by straight distance, for want of better."""
    city = narrowed(asked.city, STREAMS)
    rows = city.points
    there = [is_active(row, asked.date) for row in rows.itertuples(index=False)]
    at = rows[["lon", "lat"]].to_numpy(np.float64)[np.asarray(there, dtype=np.bool_)]
    named = set(city.tables["limits"]["wash_id"].dropna())
    facilities = city.facilities
    old = facilities[(facilities["kind"] == "wash") & facilities["facility_id"].isin(named)]
    a_metre = 1000 * float(city.trucks["cost_km"].mean()) / 1000 * DETOUR
    cost = a_metre * _straight_m(at, np.asarray([p.at for p in asked.places]))
    stays = a_metre * _straight_m(at, old[["lon", "lat"]].to_numpy(np.float64))
    say(f"{len(old)} stations wash at corridors already")
    return replace(asked, city=city, cost=cost, stays=stays.min(axis=1, initial=np.inf), unit_at=at)


def _straight_m(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    b = b.reshape(-1, 2)
    squeeze = np.cos(np.radians(a[:, 1].mean())) if len(a) else 1.0
    east = (a[:, None, 0] - b[None, :, 0]) * squeeze
    return DEG_M * np.hypot(east, a[:, None, 1] - b[None, :, 1])
