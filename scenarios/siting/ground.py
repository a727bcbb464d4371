"""What the location model and the router share: the day with every candidate, and costs of hauling.

All money here is in thousandths of the currency unit, as in the solver's problem.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.errors import InputError
from routing.network import Network
from scenarios.city import City
from scenarios.day import DueStop
from scenarios.defaults import Used, default_number
from scenarios.edits.draft import Draft
from scenarios.findings import Findings
from scenarios.gateways import Gateways, longest_round_trip
from scenarios.narrow import narrowed
from scenarios.problem import DayProblem
from scenarios.run import prepare_day
from scenarios.schema import SWEEPINGS
from scenarios.siting.candidates import Candidate
from solvers.problem import Problem, Task, Vehicle

Design = tuple[tuple[int, int], ...]
"""Candidates that are built, each with the number of its size, in order."""

CELL_DEG = 0.004
"""Tasks of one stream and district in a cell of this width are one unit of the model."""
HAUL_STOP_S = 1800
"""Loading and unloading of a transfer truck, together."""
NO_ZONE = "–"


@dataclass(frozen=True)
class Ground:
    """The day that sites are chosen for.

    Attributes
    ----------
    problem
        With the city's facilities and every candidate in its largest size.
    site_of
        Index of each candidate among the problem's facilities.
    existing
        Indices of the facilities that are there already.
    capacity_kg, build, daily
        By candidate and size: tonnage, money to build it, and thousandths a day.
    haul
        Thousandths a kilogram from each facility to where it hauls, shape (num_facilities,).
    mass_kg, zone, price
        Mass, district and price of being left out of each unit, shape (num_units,).
    cost
        Thousandths a kilogram of driving from each unit to each facility and back with a full
        truck, inf where its waste is not accepted, shape (num_units, num_facilities).
    unit_at, facility_at
        Lon and lat, shapes (num_units, 2) and (num_facilities, 2).
    fingerprint
        Of all that a routed result depends on beside the design.
    """

    problem: Problem
    names: tuple[str, ...]
    site_of: tuple[int, ...]
    existing: tuple[int, ...]
    capacity_kg: tuple[tuple[int, ...], ...]
    build: tuple[tuple[float, ...], ...]
    daily: tuple[tuple[int, ...], ...]
    haul: NDArray[np.float64]
    mass_kg: NDArray[np.float64]
    zone: NDArray[np.int64]
    zones: tuple[str, ...]
    price: NDArray[np.float64]
    cost: NDArray[np.float64]
    unit_at: NDArray[np.float64]
    facility_at: NDArray[np.float64]
    fingerprint: str
    notes: tuple[str, ...] = ()

    def daily_cost(self, design: Design) -> int:
        """Return what the sites of a design cost a day."""
        return sum(self.daily[c][s] for c, s in design)

    def build_cost(self, design: Design) -> float:
        """Return what a design costs to build, in currency units."""
        return sum(self.build[c][s] for c, s in design)

    def subproblem(self, design: Design, demand: float = 1.0) -> Problem:
        """Return the day with the sites of a design alone, and its waste scaled."""
        facilities = [self.problem.facilities[k] for k in self.existing]
        for c, s in design:
            site = self.problem.facilities[self.site_of[c]]
            facilities.append(replace(site, capacity_kg=self.capacity_kg[c][s]))
        tasks = self.problem.tasks
        if demand != 1.0:
            tasks = tuple(
                replace(t, mass_kg=round(t.mass_kg * demand), volume_l=round(t.volume_l * demand))
                for t in tasks
            )
        return replace(self.problem, facilities=tuple(facilities), tasks=tasks)

    def named(self, design: Design) -> list[str]:
        """Return the names of the sites of a design."""
        return [self.names[c] for c, _ in design]


def build_ground(
    city: City,
    candidates: Sequence[Candidate],
    date: dt.date,
    network: Network,
    *,
    life_years: float,
    radius_km: float | None,
    used: Used,
    say: Callable[[str], None],
) -> Ground:
    """Return the ground for choosing among candidates on a day.

    Parameters
    ----------
    radius_km
        No waste is brought farther than this along the streets where a site within it exists.

    Raises
    ------
    InputError
        When a candidate stands on no street that its trucks may drive.
    """
    streams = {s for c in candidates for s in c.row["streams"].split(";")}
    everything = narrowed(_with_candidates(city, candidates), streams)
    posed = prepare_day(everything, date, network, say)
    index = {f.facility_id: k for k, f in enumerate(posed.problem.facilities)}
    lost = [c.candidate_id for c in candidates if c.candidate_id not in index]
    if lost:
        raise InputError(
            [
                f"candidates.csv: {name} stands on no street that its trucks may drive"
                for name in lost
            ]
        )
    units = _units(posed, streams)
    gates = np.asarray([f.location for f in posed.problem.facilities], np.int64)
    ways = Gateways(posed.problem, gates)
    cost = np.stack([_driving(posed.problem, ways, group) for group in units.tasks])
    if radius_km is not None:
        _keep_radius(ways, units, cost, radius_km)
    new = {c.candidate_id for c in candidates}
    return Ground(
        problem=posed.problem,
        names=tuple(c.candidate_id for c in candidates),
        site_of=tuple(index[c.candidate_id] for c in candidates),
        existing=tuple(k for name, k in index.items() if name not in new),
        capacity_kg=tuple(
            tuple(round(1000 * s.capacity_t_day) for s in c.sizes) for c in candidates
        ),
        build=tuple(tuple(s.build_cost for s in c.sizes) for c in candidates),
        daily=tuple(
            tuple(round(1000 * s.cost_day(life_years)) for s in c.sizes) for c in candidates
        ),
        haul=_hauls(everything, posed, used),
        mass_kg=units.mass_kg,
        zone=units.zone,
        zones=units.zones,
        price=units.price,
        cost=cost,
        unit_at=units.at,
        facility_at=np.asarray([[f.lon, f.lat] for f in posed.facilities]),
        fingerprint=" ".join(
            (everything.tables_hash, everything.settings_hash, network.fingerprint, str(date))
        ),
        notes=(*posed.notes, *_narrowing(streams)),
    )


def _narrowing(streams: set[str]) -> list[str]:
    """Return what is said of the work that is left out."""
    if SWEEPINGS in streams:
        return []
    return ["street cleaning, and streams that share nothing with the sites', are left out"]


def _with_candidates(city: City, candidates: Sequence[Candidate]) -> City:
    """Return the city with a facility for every candidate.

    Raises
    ------
    InputError
        When the facilities that result have faults.
    """
    faults = Findings()
    draft = Draft.of(city, _no_streets, faults)
    draft.label = "candidates.csv"
    draft.add("facilities", [c.facility_row() for c in candidates])
    if faults:
        raise InputError(faults.told())
    return replace(city, tables=draft.tables)


def _no_streets() -> Network:
    raise AssertionError("facilities are added without a look at the streets")


@dataclass(frozen=True)
class _Units:
    tasks: list[list[Task]]
    mass_kg: NDArray[np.float64]
    price: NDArray[np.float64]
    zone: NDArray[np.int64]
    zones: tuple[str, ...]
    at: NDArray[np.float64]


def _units(posed: DayProblem, streams: set[str]) -> _Units:
    """Return the tasks whose waste may go to a candidate, by stream, district and cell."""
    groups: dict[tuple[str, str, int, int], list[Task]] = defaultdict(list)
    for task, source in zip(posed.problem.tasks, posed.sources, strict=True):
        if task.stream in streams and task.mass_kg:
            district = source.district if isinstance(source, DueStop) else ""
            cell = (round(source.lon / CELL_DEG), round(source.lat / CELL_DEG))
            groups[(task.stream, district or NO_ZONE, *cell)].append(task)
    if not groups:
        raise InputError("candidates.csv: no waste of their streams is due on this day")
    keys = sorted(groups)
    zones = sorted({key[1] for key in keys})
    tasks = [groups[key] for key in keys]
    return _Units(
        tasks,
        np.asarray([sum(t.mass_kg for t in group) for group in tasks], dtype=np.float64),
        np.asarray([sum(t.price for t in group) for group in tasks], dtype=np.float64),
        np.asarray([zones.index(key[1]) for key in keys]),
        tuple(zones),
        np.asarray([(key[2] * CELL_DEG, key[3] * CELL_DEG) for key in keys]),
    )


def _able(problem: Problem, task: Task) -> list[Vehicle]:
    return [v for v in problem.vehicles if problem.may_serve(v, task)]


def _driving(problem: Problem, ways: Gateways, group: Sequence[Task]) -> NDArray[np.float64]:
    """Return the cost a kilogram of going to each facility and back with a full truck."""
    task = group[0]
    able = _able(problem, task) or list(problem.vehicles)
    litres_a_kg = sum(t.volume_l for t in group) / max(1, sum(t.mass_kg for t in group))
    payload = np.mean([_payload_kg(v, task.stream, litres_a_kg) for v in able])
    a_km, an_hour = np.mean([v.cost_km for v in able]), np.mean([v.cost_h for v in able])
    profile = max(sorted({v.profile for v in able}), key=[v.profile for v in able].count)
    total, weight = np.zeros(len(ways.gates)), 0
    for one in group:
        out_s, out_m = ways.there(profile, one.modes[0])
        home_s, home_m = ways.back(profile, one.modes[0])
        cost = (out_m + home_m) * a_km / 1000 + (out_s + home_s) * an_hour / 3600
        cost[(out_s < 0) | (home_s < 0)] = np.inf
        total, weight = total + one.mass_kg * cost, weight + one.mass_kg
    accepts = np.asarray([task.stream in f.streams for f in problem.facilities])
    return np.where(accepts, total / (weight * payload), np.inf)


def _payload_kg(vehicle: Vehicle, stream: str, litres_a_kg: float) -> float:
    by_volume = vehicle.capacity_l.get(stream, 0) / max(1e-9, litres_a_kg)
    return max(1.0, min(float(vehicle.capacity_kg), by_volume) / vehicle.compartments)


def _keep_radius(
    ways: Gateways, units: _Units, cost: NDArray[np.float64], radius_km: float
) -> None:
    """Close what lies beyond the radius, for units that have a site within it."""
    for k, group in enumerate(units.tasks):
        far = ways.there(0, group[0].modes[0])[1] > 1000 * radius_km
        if np.isfinite(np.where(far, np.inf, cost[k])).any():
            cost[k, far] = np.inf


def _hauls(city: City, posed: DayProblem, used: Used) -> NDArray[np.float64]:
    """Return the cost a kilogram of carrying waste on from each facility, 0 where it stays."""
    problem = posed.problem
    index = {f.facility_id: k for k, f in enumerate(problem.facilities)}
    onward = dict(zip(city.facilities["facility_id"], city.facilities["haul_to"], strict=True))
    trucks = city.trucks[city.trucks["kind"] == "transfer"]
    if len(trucks):
        payload = float(trucks["capacity_kg"].mean())
        a_km, an_hour = 1000 * trucks["cost_km"].mean(), 1000 * trucks["cost_h"].mean()
    else:
        used.add("vehicle.transfer_25t.payload")
        payload = 1000 * default_number("vehicle.transfer_25t.payload")
        a_km, an_hour = 1000 * city.trucks["cost_km"].mean(), 1000 * city.trucks["cost_h"].mean()
    haul = np.zeros(len(problem.facilities))
    for name, k in index.items():
        here, seen = name, {name}
        while onward.get(here) in index and onward[here] not in seen:
            a, b = (problem.facilities[index[n]].location for n in (here, onward[here]))
            seconds, metres = longest_round_trip(problem, a, b)
            hours = (seconds + HAUL_STOP_S) / 3600
            haul[k] += (metres * a_km / 1000 + hours * an_hour) / payload
            here = onward[here]
            seen.add(here)
    return haul
