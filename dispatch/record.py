"""From a solved day to its record of truth: plan.json as docs/plan-format.md describes it."""

from __future__ import annotations

import importlib.metadata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dispatch.kpis import compute_kpis
from dispatch.planfile import SCHEMA
from dispatch.reasons import reason_words
from dispatch.shape import shape_record
from dispatch.words import clock
from routing.geometry import local_metres
from routing.paths import Path as StreetPath
from routing.paths import path_geometry, street_names
from routing.snapping import CENTERLINE_M, project
from scenarios.city import City
from scenarios.day import DueFacility, DueStop, DueTruck
from scenarios.energy import route_energy
from scenarios.hauling.hauls import stocks
from scenarios.hauling.loads import Load, Stock
from scenarios.pins import pins_record
from scenarios.problem import FARTHEST_SNAP_M, DayProblem, LostStop
from scenarios.run import DayPlan
from scenarios.street_tasks import StreetTask
from scenarios.washing import (
    Drive,
    WashStation,
    find_drives,
    legs_of,
    step_ends,
    wash_seconds,
)
from solvers.bound import bound_kind
from solvers.evaluate import Driven, Timing, evaluate_plan, scatter_m
from solvers.plan import Unserved

COORDINATE_DIGITS = 6
AT_STATIONS = ("unload", "refill", "wash")
"""Activities that take a bay of a facility."""


@dataclass(frozen=True)
class _Hop:
    """A leg between two locations of the travel matrices, by one layer of travel."""

    layer: int
    source: int
    target: int


class _Legs:
    """The streets of every leg of a plan."""

    def __init__(self, posed: DayProblem, hops: set[_Hop]) -> None:
        self.network = posed.network
        self.drives: dict[_Hop, Drive] = {}
        for layer in range(len(posed.metrics)):
            wanted = sorted((h.source, h.target) for h in hops if h.layer == layer)
            if not wanted:
                continue
            found = find_drives(posed, layer, *zip(*wanted, strict=True))
            for (source, target), drive in zip(wanted, found, strict=True):
                self.drives[_Hop(layer, source, target)] = drive

    def record(self, path: StreetPath) -> dict[str, Any]:
        """Return one path as plan.json holds it."""
        line = np.round(path_geometry(self.network, path), COORDINATE_DIGITS)
        return {
            "arcs": [int(a) for a in path.arcs],
            "time_s": int(path.time_s),
            "length_m": int(path.length_m),
            "geometry": line.tolist(),
            "streets": [[name, int(m)] for name, m in street_names(self.network, path)],
        }


def plan_record(city: City, done: DayPlan) -> dict[str, Any]:
    """Return the whole record of a planned day."""
    posed, plan = done.posed, done.plan
    judged = evaluate_plan(posed.problem, plan)
    legs = _Legs(posed, {hop for driven in judged.driven for hop in _hops(posed, driven)})
    tours = [_Route(city, posed, driven, legs) for driven in judged.driven]
    routes = [tour.record() for tour in tours]
    unloads = [unload for tour in tours for unload in tour.unloads]
    stations = (*posed.facilities, *posed.wash_stations)
    stock = stocks(posed, judged)
    facilities = [
        _facility(f, routes, unloads) | _stock(stock.get(f.facility_id)) for f in stations
    ]
    unserved = _unserved(posed, done)
    required = {
        "stops": len(posed.day.stops),
        "streets": sum(isinstance(s, StreetTask) for s in posed.sources),
        "street_m": sum(s.modes[0].length_m for s in posed.sources if isinstance(s, StreetTask)),
    }
    cost = judged.cost + sum(u["price"] for u in _apart(posed))
    return {
        "schema": SCHEMA,
        "city": city.name,
        "date": done.date.isoformat(),
        "currency": city.settings.currency,
        "fingerprint": _fingerprint(city, done) | _scope(posed),
        "assumptions": [asdict(a) for a in city.assumptions],
        "warnings": [*posed.notes, *_crowded_washes(posed.wash_stations, routes)],
        "bound": {
            "lower_bound": plan.lower_bound,
            "cost": cost,
            "gap": round((cost - plan.lower_bound) / max(1, cost), 4),
            "kind": bound_kind(posed.problem),
        },
        "profiles": {
            f"profile_{k + 1}": {
                "height_cm": g.profile.height_cm,
                "width_cm": g.profile.width_cm,
                "weight_kg": g.profile.weight_kg,
                "hgv": g.profile.hgv,
                "permits": sorted(g.profile.permits),
                "blocked_arcs": len(g.blocked),
            }
            for k, g in enumerate(posed.groups)
        },
        "routes": routes,
        "unserved": unserved,
        "facilities": facilities,
        "kpis": compute_kpis(routes, unserved, required),
        "required": required,
        **({"pins": pins_record(posed)} if posed.problem.pins else {}),
        "shape": shape_record(routes, [scatter_m(posed.problem, d.route) for d in judged.driven]),
    }


def _fingerprint(city: City, done: DayPlan) -> dict[str, Any]:
    return {
        "tables": city.tables_hash,
        "map": done.network.fingerprint,
        "settings": city.settings_hash,
        "seed": done.seed,
        "iterations": done.plan.iterations,
        "version": importlib.metadata.version("huanwei"),
        "solver": done.plan.solver,
    }


def _scope(posed: DayProblem) -> dict[str, str | float]:
    """Return stored week, days of visits, scope and safety of a plan, as far as it has them."""
    day = posed.day
    found: dict[str, str | float] = {
        "week": day.week,
        "visits": day.visits,
        "scope": day.scope,
        "safety": day.safety,
    }
    return {key: value for key, value in found.items() if value}


def _hops(posed: DayProblem, driven: Driven) -> list[_Hop]:
    """Return the legs of one route, the one home included."""
    return [_Hop(*leg) for leg in legs_of(posed, driven)]


class _Route:
    """One route on its way into the record."""

    def __init__(self, city: City, posed: DayProblem, driven: Driven, legs: _Legs) -> None:
        self.city = city
        self.posed = posed
        self.driven = driven
        self.legs = legs
        self.vehicle = posed.problem.vehicles[driven.route.vehicle]
        self.truck: DueTruck = posed.trucks[driven.route.vehicle]
        self.here = self.vehicle.start
        self.trip = 1
        first = self.vehicle.loaded_stream if self.vehicle.starts_loaded else ""
        self.before_kg: dict[str, int] = {first: self.vehicle.loaded_kg} if first else {}
        self.before_l: dict[str, int] = {first: self.vehicle.loaded_l} if first else {}
        self.tank_l = self.vehicle.tank_l
        self.activities: list[dict[str, Any]] = []
        self.unloads: list[tuple[str, dict[str, int]]] = []

    def record(self) -> dict[str, Any]:
        """Return the route as plan.json holds it."""
        driven, truck = self.driven, self.truck
        start_s = driven.route.start_s
        self._depot("start", truck.depot_id, self.vehicle.start, start_s, None)
        for timing in driven.timings:
            self._step(timing)
        leg = self._drive_to(self.vehicle.end, driven.home_layer, driven.end_s - driven.home_s)
        self._depot("end", truck.end_depot_id, self.vehicle.end, driven.end_s, leg)
        streams = [a["stream"] for a in self.activities if a["kind"] in ("stop", "street", "load")]
        stream = self.vehicle.loaded_stream
        if streams:
            stream = max(sorted(set(streams)), key=streams.count)
        work = [a for a in self.activities if a["kind"] not in ("start", "end", "break")]
        energy = route_energy(self.city, truck, driven.length_m)
        return {
            "truck_id": truck.truck_id,
            "truck_kind": truck.kind,
            "stream": stream,
            "profile": f"profile_{self.vehicle.profile + 1}",
            "depot_id": truck.depot_id,
            "end_depot_id": truck.end_depot_id,
            "start_s": start_s,
            "end_s": driven.end_s,
            "capacity_kg": truck.capacity_kg,
            "capacity_l": truck.capacity_l.get(stream, 0),
            "tank_l": truck.tank_l,
            "cost": driven.cost,
            "length_m": driven.length_m,
            "driving_s": driven.driving_s - wash_seconds(self.posed, driven),
            "service_s": sum(a["end_s"] - a["begin_s"] for a in work),
            "waiting_s": self._waiting_s(),
            "break_s": sum(
                a["end_s"] - a["begin_s"] for a in self.activities if a["kind"] == "break"
            ),
            "overtime_s": driven.overtime_s,
            "co2_g": energy.co2_g,
            "energy": {"kind": energy.kind, "amount": energy.amount, "unit": energy.unit},
            "activities": self.activities,
        }

    def _waiting_s(self) -> int:
        """Return the time in which the truck neither drives nor works, before legs included."""
        waiting, free_s = 0, self.activities[0]["end_s"]
        for activity in self.activities[1:]:
            leg_s = activity["leg"]["time_s"] if activity["leg"] else 0
            waiting += activity["begin_s"] - free_s - leg_s
            free_s = activity["end_s"]
        return waiting

    def _place(self, location: int) -> dict[str, int]:
        arc, offset = self.posed.arc[location], self.posed.offset_cm[location]
        return {"arc": int(arc), "offset_cm": int(offset)}

    def _base(self, kind: str, identity: str, name: str) -> dict[str, Any]:
        """Return an activity with everything that may stay empty."""
        return {
            "kind": kind,
            "id": identity,
            "name": name,
            "lon": None,
            "lat": None,
            "district": "",
            "stream": "",
            "bay": None,
            "mass_kg": 0,
            "volume_l": 0,
            "water_l": 0,
            "window": None,
            "side": "",
            "mode": 0,
            "service_arcs": [],
            "service_m": 0,
            "position": None,
            "exit": None,
            "leg": None,
        }

    def _aboard(self) -> dict[str, int]:
        return {
            "load_kg": sum(self.before_kg.values()),
            "load_l": sum(self.before_l.values()),
            "tank_l": self.tank_l,
            "trip": self.trip,
        }

    def _drive_to(self, target: int, layer: int, depart: int) -> dict[str, Any]:
        """Return the leg to a location; a wash on the way becomes an activity of its own."""
        drive = self.legs.drives[_Hop(layer, self.here, target)]
        self.here = target
        if drive.station is not None:
            self._wash(drive.station, drive.paths[0], depart)
        return self.legs.record(drive.paths[-1])

    def _wash(self, station: WashStation, path: StreetPath, depart: int) -> None:
        facility = station.facility
        arrive = depart + int(path.time_s)
        place = self._place(station.location)
        self.activities.append(
            {
                **self._base("wash", facility.facility_id, facility.name),
                "arrive_s": arrive,
                "begin_s": arrive,
                "end_s": arrive + facility.unload_s,
                **self._aboard(),
                "lon": facility.lon,
                "lat": facility.lat,
                "position": place,
                "exit": place,
                "leg": self.legs.record(path),
            }
        )

    def _depot(
        self, kind: str, depot_id: str, location: int, moment: int, leg: dict[str, Any] | None
    ) -> None:
        depot = next(f for f in self.posed.day.facilities if f.facility_id == depot_id)
        times = {"arrive_s": moment, "begin_s": moment, "end_s": moment}
        self.activities.append(
            {
                **self._base(kind, depot_id, depot.name),
                **times,
                **self._aboard(),
                "lon": depot.lon,
                "lat": depot.lat,
                "position": self._place(location),
                "exit": self._place(location),
                "leg": leg,
            }
        )

    def _step(self, timing: Timing) -> None:
        ends = step_ends(self.posed, timing)
        trip, here = self.trip, self.here
        leg = None
        if ends is not None:
            leg = self._drive_to(ends[0], timing.layer, timing.arrive_s - timing.leg_s)
        if timing.step.kind == "task":
            activity = self._work(timing)
        elif timing.step.kind == "facility":
            activity = self._visit(timing)
        else:
            kind = "change" if timing.step.kind == "change" else "break"
            activity = self._base(kind, "", timing.step.kind)
            activity |= {"lon": self.activities[-1]["lon"], "lat": self.activities[-1]["lat"]}
            activity |= {"position": self._place(here), "exit": self._place(here)}
        activity |= {
            "arrive_s": timing.arrive_s,
            "begin_s": timing.begin_s,
            "end_s": timing.end_s,
        }
        self.before_kg, self.before_l = timing.load_kg, timing.load_l
        self.tank_l = timing.tank_l
        activity |= self._aboard() | {"trip": trip}
        if ends is not None:
            activity["position"] = self._place(ends[0])
            activity["exit"] = self._place(ends[1])
            activity["leg"] = leg
            self.here = ends[1]
        self.activities.append(activity)

    def _work(self, timing: Timing) -> dict[str, Any]:
        task = self.posed.problem.tasks[timing.step.idx]
        source = self.posed.sources[timing.step.idx]
        if isinstance(source, Load):
            return self._load(source, timing)
        mode = task.modes[timing.step.mode]
        is_stop = isinstance(source, DueStop)
        activity = self._base("stop" if is_stop else "street", task.task_id, source.name)
        activity |= {
            "lon": source.lon,
            "lat": source.lat,
            "district": source.district if isinstance(source, DueStop) else "",
            "stream": task.stream,
            "mass_kg": task.mass_kg,
            "volume_l": task.volume_l,
            "water_l": task.water_l,
            "window": None if timing.window is None else list(timing.window),
            "side": side_of(self.posed, mode.entry, source.lon, source.lat),
            "mode": timing.step.mode,
            "service_m": mode.length_m,
        }
        if isinstance(source, StreetTask):
            activity["service_arcs"] = [int(a) for a in source.modes[timing.step.mode].arcs]
            activity["side"] = source.side
        return activity

    def _load(self, load: Load, timing: Timing) -> dict[str, Any]:
        """Return what a transfer truck takes at a station."""
        return self._base("load", load.station_id, load.name) | {
            "lon": load.lon,
            "lat": load.lat,
            "stream": load.stream,
            "mass_kg": load.mass_kg,
            "volume_l": load.volume_l,
            "window": None if timing.window is None else list(timing.window),
        }

    def _visit(self, timing: Timing) -> dict[str, Any]:
        facility = self.posed.facilities[timing.step.idx]
        # a load is carried as the stream of its own plant, and is put down as what it is
        dropped = {s.partition("@")[0]: kg for s, kg in timing.put_down_kg.items()}
        kind = "unload" if dropped else "refill"
        activity = self._base(kind, facility.facility_id, facility.name)
        activity |= {
            "lon": facility.lon,
            "lat": facility.lat,
            "stream": ";".join(sorted(dropped)),
            "mass_kg": sum(dropped.values()),
            "volume_l": sum(self.before_l.get(s, 0) for s in timing.put_down_kg),
            "water_l": timing.tank_l - self.tank_l if facility.refills else 0,
        }
        self.trip += bool(dropped)
        self.unloads.append((facility.facility_id, dropped))
        return activity


def side_of(posed: DayProblem, location: int, lon: float, lat: float) -> str:
    """Return on which side of the driving direction a stop lies."""
    shape = posed.network.shape(int(posed.arc[location]))
    origin = (float(shape[0, 0]), float(shape[0, 1]))
    line = local_metres(shape[:, 0], shape[:, 1], origin)
    at = local_metres(np.asarray([lon]), np.asarray([lat]), origin)[0]
    _, to_the_left = project(line, at)
    if abs(to_the_left) < CENTERLINE_M:
        return "right" if posed.network.drive_on_right else "left"
    return "left" if to_the_left > 0 else "right"


def _facility(
    facility: DueFacility,
    routes: list[dict[str, Any]],
    unloads: list[tuple[str, dict[str, int]]],
) -> dict[str, Any]:
    """Return one facility's day: what it received and its queue; gives each visit its bay."""
    visits = sorted(
        (
            activity
            for route in routes
            for activity in route["activities"]
            if activity["kind"] in AT_STATIONS and activity["id"] == facility.facility_id
        ),
        key=lambda a: (a["begin_s"], a["arrive_s"], a["end_s"]),
    )
    received: dict[str, int] = defaultdict(int)
    free_at = [0] * facility.bays
    for visit in visits:
        free = [k for k, moment in enumerate(free_at) if moment <= visit["begin_s"]]
        visit["bay"] = free[0] if free else None  # bays of wash stations are not booked
        if free:
            free_at[free[0]] = visit["end_s"]
    for identity, put_down in unloads:
        for stream, mass_kg in put_down.items():
            received[stream] += mass_kg if identity == facility.facility_id else 0
    return {
        "facility_id": facility.facility_id,
        "name": facility.name,
        "kind": facility.kind,
        "lon": facility.lon,
        "lat": facility.lat,
        "bays": facility.bays,
        "open_s": facility.open_s,
        "close_s": facility.close_s,
        "received_kg": {s: kg for s, kg in sorted(received.items()) if kg},
        "capacity_kg_day": facility.capacity_kg_day,
        "queue": _queue(visits),
    }


def _crowded_washes(stations: Sequence[DueFacility], routes: list[dict[str, Any]]) -> list[str]:
    """Name the wash stations at which more trucks meet than there are bays."""
    notes = []
    for station in stations:
        late = [
            activity["begin_s"]
            for route in routes
            for activity in route["activities"]
            if activity["kind"] == "wash"
            and activity["id"] == station.facility_id
            and activity["bay"] is None
        ]
        if late:
            notes.append(
                f"wash station {station.facility_id}: {len(late)} of its visits find all"
                f" {station.bays} bay(s) taken, first at {clock(min(late))}; the wait there is not"
                " planned"
            )
    return notes


def _stock(stock: Stock | None) -> dict[str, Any]:
    """Return what lies at a station through the day, where transfer trucks haul from it."""
    if stock is None:
        return {}
    overflows = [[a, None if b < 0 else b, kg] for a, b, kg in stock.overflows]
    return {
        "stock": {
            "storage_kg": stock.storage_kg,
            "peak_kg": stock.peak_kg,
            "taken_kg": stock.taken_kg,
            "left_kg": stock.left_kg,
            "overflows": overflows,
            "events": [list(event) for event in stock.events],
        }
    }


def _queue(visits: list[dict[str, Any]]) -> list[dict[str, int]]:
    """Return who waits and who is inside at each full minute at which anybody is there."""
    minutes: dict[int, list[int]] = {}
    for visit in visits:
        for minute in range(-(-visit["arrive_s"] // 60), -(-visit["end_s"] // 60)):
            count = minutes.setdefault(minute, [0, 0])
            count[60 * minute >= visit["begin_s"]] += 1
    return [
        {"minute": minute, "waiting": waiting, "busy": busy}
        for minute, (waiting, busy) in sorted(minutes.items())
    ]


def _unserved(posed: DayProblem, done: DayPlan) -> list[dict[str, Any]]:
    """Return everything left out with its reason in words, dearest first."""
    left = [_left(posed.sources[u.task], u) for u in done.plan.unserved]
    return sorted([*left, *_apart(posed)], key=lambda u: (-u["price"], u["id"]))


def _apart(posed: DayProblem) -> list[dict[str, Any]]:
    """Return what is left out although it is no task of the problem."""
    return [
        *(_lost(lost) for lost in posed.lost),
        *(_stays_aboard(posed, truck) for truck in posed.laden),
        *(_left_load(load, "facility_closed") for load in posed.stuck),
    ]


def _left(source: DueStop | StreetTask | Load, unserved: Unserved) -> dict[str, Any]:
    if isinstance(source, Load):
        return _left_load(source, unserved.reason)
    return _left_out(source, unserved.reason, *_proof(unserved.reason, unserved.proof))


def _left_load(load: Load, reason: str) -> dict[str, Any]:
    """Return a load that stays at its station, with what that means there."""
    english, chinese = reason_words(reason)
    if load.may_stay:
        means = "the load stays at the station overnight", "该车垃圾在站内过夜"
    elif load.overflow_s is None:
        means = "it may not stay overnight, but does", "该类垃圾不得过夜,但滞留站内"
    else:
        full, leave = clock(load.overflow_s), clock(load.overflow_s - load.service_s)
        means = (
            f"the station is full at {full} unless the load is taken by {leave}",
            f"若{leave}前未装车运走,转运站{full}满仓",
        )
    return _left_behind(load, "haul", load.task_id, load.name, load.stream, load.mass_kg) | {
        "reason": reason,
        "text": f"{english} ({means[0]})",
        "text_zh": f"{chinese}({means[1]})",
        "price": load.price,
    }


def _stays_aboard(posed: DayProblem, truck: DueTruck) -> dict[str, Any]:
    """Return the load of a truck that stays at its depot with it."""
    depot = next(f for f in posed.day.facilities if f.facility_id == truck.depot_id)
    english, chinese = reason_words("stays_aboard")
    name = f"{truck.truck_id} · {depot.name or depot.facility_id}"
    load = truck.loaded_stream, truck.loaded_kg
    return _left_behind(depot, "aboard", truck.truck_id, name, *load) | {
        "reason": "stays_aboard",
        "text": english,
        "text_zh": chinese,
        "price": 0,
    }


def _left_behind(
    where: Load | DueFacility, kind: str, own_id: str, name: str, stream: str, mass_kg: int
) -> dict[str, Any]:
    """Return the place and the mass of a load that is collected and goes no further."""
    return {
        "kind": kind,
        "id": own_id,
        "name": name,
        "lon": where.lon,
        "lat": where.lat,
        "district": "",
        "stream": stream,
        "mass_kg": mass_kg,
        "length_m": 0,
    }


def _lost(lost: LostStop) -> dict[str, Any]:
    """Return a stop that stands on no street that its trucks may drive."""
    if lost.gated:
        far = f"{lost.distance_m:.0f}"
        detail = f"the street outside is {far} m away; a truck with the permit compound may go in"
        zh = f"门外道路距{far}米;持compound通行许可的车辆可进入"
        return _left_out(lost.stop, "gated", detail, zh)
    if 0 < lost.outside_m <= FARTHEST_SNAP_M:
        far = f"{lost.outside_m:.0f}"
        return _left_out(lost.stop, "cut_off", f"the street is {far} m away", f"距该道路{far}米")
    far = f"{lost.distance_m:.0f}"
    detail = f"{far} m from every street that a truck may drive"
    return _left_out(lost.stop, "off_network", detail, f"距最近可行驶道路{far}米")


def _proof(reason: str, proof: dict[str, int]) -> tuple[str, str]:
    """Return in both languages how many places were tried; nothing where no truck came near."""
    tried = 0 if reason == "no_vehicle" else sum(proof.values())
    return (f"tried at {tried} places", f"已试排{tried}处") if tried else ("", "")


def _left_out(
    source: DueStop | StreetTask, reason: str, detail: str, detail_zh: str
) -> dict[str, Any]:
    english, chinese = reason_words(reason)
    is_stop = isinstance(source, DueStop)
    return {
        "kind": "stop" if is_stop else "street",
        "id": source.stop_id if isinstance(source, DueStop) else source.task_id,
        "name": source.name,
        "lon": source.lon,
        "lat": source.lat,
        "district": source.district if isinstance(source, DueStop) else "",
        "stream": source.stream if isinstance(source, DueStop) else "sweepings",
        "mass_kg": source.mass_kg if isinstance(source, DueStop) else source.sweepings_kg,
        "length_m": 0 if isinstance(source, DueStop) else source.modes[0].length_m,
        "reason": reason,
        "text": f"{english} ({detail})" if detail else english,
        "text_zh": f"{chinese}({detail_zh})" if detail_zh else chinese,
        "price": source.price,
    }
