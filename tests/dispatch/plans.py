"""A small handmade day on a grid of streets: every number in it can be checked by head.

The grid has three rows of five junctions, every piece 500 m and 60 s long, both directions,
all turns but the U-turn free of cost::

    K - L - M - N - O      解放路
    |   |   |   |   |
    F - G - H - I - J      建设路
    |   |   |   |   |
    A - B - C - D - E      人民路

A stop lies in the middle of a directed piece, so that from one middle to the middle of the
next piece it is 500 m and 60 s. A worked street begins at the start of its first piece and
ends at the end of its last. T01 makes two trips with a meal between, T02 one trip, S01 sweeps
three streets and refills once; P9 is left out.
"""

from __future__ import annotations

import datetime as dt
import functools
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dispatch.kpis import compute_kpis
from dispatch.record import plan_record
from dispatch.shape import shape_record
from routing.network import CLASS_INDEX, Network, ReadingReport
from scenarios.city import City, read_city
from scenarios.run import DayPlan, run_day
from solvers.stop import MaxIterations
from tests.cities import DAY, added, replaced, together, write_good
from tests.cities import place as town_place

NODES = "ABCDEFGHIJKLMNO"
ROW_NAMES = ("人民路", "建设路", "解放路")
COLUMN_NAMES = ("一街", "二街", "三街", "四街", "五街")
PIECE_CM = 50_000
PIECE_MS = 60_000
FULL = PIECE_CM
HALF = PIECE_CM // 2


def place(node: str) -> tuple[float, float]:
    """Return lon and lat of a junction."""
    row, column = divmod(NODES.index(node), 5)
    return round(117.2 + 0.0051 * column, 6), round(28.3 + 0.0045 * row, 6)


def pieces() -> list[tuple[str, str, str]]:
    """Return (tail, head, street name) of every directed piece; 2k and 2k+1 are opposite."""
    found = []
    for i, node in enumerate(NODES):
        row, column = divmod(i, 5)
        if column < 4:
            found.append((node, NODES[i + 1], ROW_NAMES[row]))
            found.append((NODES[i + 1], node, ROW_NAMES[row]))
        if row < 2:
            found.append((node, NODES[i + 5], COLUMN_NAMES[column]))
            found.append((NODES[i + 5], node, COLUMN_NAMES[column]))
    return found


ARCS = {tail + head: i for i, (tail, head, _) in enumerate(pieces())}
ARC_NAMES = {tail + head: name for tail, head, name in pieces()}


def tiny_network() -> Network:
    """Return the grid as a network of 15 junctions and 44 arcs."""
    arcs = pieces()
    num = len(arcs)
    names = ("", *ROW_NAMES, *COLUMN_NAMES)
    lon = np.array([place(node)[0] for node in NODES])
    lat = np.array([place(node)[1] for node in NODES])
    tail = np.array([NODES.index(a) for a, _, _ in arcs], dtype=np.int32)
    head = np.array([NODES.index(b) for _, b, _ in arcs], dtype=np.int32)
    turns = [[k for k in range(num) if tail[k] == head[arc] and k != arc ^ 1] for arc in range(num)]
    turn_head = np.array([k for row in turns for k in row], dtype=np.int32)
    return Network(
        node_lon=lon,
        node_lat=lat,
        node_osm_id=np.arange(1, len(NODES) + 1, dtype=np.int64),
        node_flags=np.zeros(len(NODES), dtype=np.uint8),
        arc_tail=tail,
        arc_head=head,
        arc_length_cm=np.full(num, PIECE_CM, dtype=np.int32),
        arc_class=np.full(num, CLASS_INDEX["residential"], dtype=np.int8),
        arc_way_id=np.arange(num, dtype=np.int64) // 2 + 100,
        arc_name_idx=np.array([names.index(name) for _, _, name in arcs], dtype=np.int32),
        arc_reverse=(np.arange(num) ^ 1).astype(np.int32),
        arc_base=np.arange(num, dtype=np.int32),
        arc_maxspeed_kmh=np.full(num, 30, dtype=np.int16),
        arc_max_weight_kg=np.zeros(num, dtype=np.int32),
        arc_max_height_cm=np.zeros(num, dtype=np.int32),
        arc_max_width_cm=np.zeros(num, dtype=np.int32),
        arc_flags=np.zeros(num, dtype=np.uint16),
        arc_lanes=np.full(num, 2, dtype=np.int8),
        arc_layer=np.zeros(num, dtype=np.int8),
        shape_first_out=np.arange(num + 1, dtype=np.int64) * 2,
        shape_lon=np.column_stack([lon[tail], lon[head]]).ravel(),
        shape_lat=np.column_stack([lat[tail], lat[head]]).ravel(),
        turn_first_out=np.cumsum([0, *map(len, turns)]).astype(np.int32),
        turn_head=turn_head,
        turn_cost_ms=np.zeros(len(turn_head), dtype=np.int32),
        turn_flags=np.zeros(len(turn_head), dtype=np.uint8),
        ban_first_out=np.zeros(1, dtype=np.int32),
        ban_arc=np.zeros(0, dtype=np.int32),
        ban_kind=np.zeros(0, dtype=np.uint8),
        names=names,
        report=ReadingReport(source="grid"),
        fingerprint="0" * 64,
        drive_on_right=True,
    )


def _middle(arc: str) -> tuple[float, float]:
    (lon0, lat0), (lon1, lat1) = place(arc[0]), place(arc[1])
    return round((lon0 + lon1) / 2, 6), round((lat0 + lat1) / 2, 6)


def _spot(arc: str, offset_cm: int) -> list[float]:
    if offset_cm == HALF:
        return list(_middle(arc))
    return list(place(arc[1] if offset_cm == FULL else arc[0]))


def make_leg(arcs: list[str], from_cm: int, to_cm: int) -> dict[str, Any]:
    """Return the leg along ``arcs`` from an offset on the first to one on the last."""
    length_cm = PIECE_CM * (len(arcs) - 1) - from_cm + to_cm
    geometry = [_spot(arcs[0], from_cm)]
    geometry += [list(place(arc[1])) for arc in arcs[:-1]]
    geometry.append(_spot(arcs[-1], to_cm))
    kept = [geometry[0]] + [b for a, b in zip(geometry, geometry[1:], strict=False) if a != b]
    streets: list[list[Any]] = []
    for i, arc in enumerate(arcs):
        driven = (to_cm if i == len(arcs) - 1 else PIECE_CM) - (from_cm if i == 0 else 0)
        if streets and streets[-1][0] == ARC_NAMES[arc]:
            streets[-1][1] += driven // 100
        elif driven:
            streets.append([ARC_NAMES[arc], driven // 100])
    return {
        "arcs": [ARCS[arc] for arc in arcs],
        "time_s": length_cm * PIECE_MS // PIECE_CM // 1000,
        "length_m": length_cm // 100,
        "geometry": kept if len(kept) > 1 else kept * 2,
        "streets": streets,
    }


class Driver:
    """Drives a truck over the grid and writes down its activities."""

    def __init__(self, stream: str, start: str, start_s: int, tank_l: int = 0) -> None:
        self.stream, self.now_s = stream, start_s
        self.arc, self.offset = start, HALF
        self.load_kg = self.load_l = 0
        self.tank_l = self.full_tank_l = tank_l
        self.trip = 1
        self.activities: list[dict[str, Any]] = []
        self._write("start", "D1", "停车场", _middle(start), arrive_s=start_s)

    def _write(self, kind: str, ident: str, name: str, spot: Any, **more: Any) -> None:
        here = {"arc": ARCS[self.arc], "offset_cm": self.offset}
        record = {
            "kind": kind,
            "id": ident,
            "name": name,
            "lon": spot[0],
            "lat": spot[1],
            "district": "",
            "stream": self.stream,
            "arrive_s": self.now_s,
            "begin_s": more.get("arrive_s", self.now_s),
            "end_s": self.now_s,
            "bay": None,
            "mass_kg": 0,
            "volume_l": 0,
            "water_l": 0,
            "load_kg": self.load_kg,
            "load_l": self.load_l,
            "tank_l": self.tank_l,
            "window": None,
            "side": "right",
            "mode": 0,
            "trip": self.trip,
            "service_arcs": [],
            "service_m": 0,
            "position": here,
            "exit": here,
            "leg": None,
        }
        record.update(more)
        self.activities.append(record)

    def drive(self, path: str, to_cm: int = HALF) -> tuple[dict[str, Any], int]:
        """Drive over the junctions of ``path`` after the present arc; return leg and arrival."""
        nodes = self.arc + path
        arcs = [nodes[i : i + 2] for i in range(len(nodes) - 1)]
        leg = make_leg(arcs, self.offset, to_cm)
        self.arc, self.offset = arcs[-1], to_cm
        return leg, self.now_s + int(leg["time_s"])

    def stop(self, ident: str, path: str, kg: int, district: str, window: Any = None) -> None:
        """Collect at the middle of the last piece of ``path``, 120 s, four litres a kilogram."""
        leg, arrive = self.drive(path)
        begin = max(arrive, window[0]) if window else arrive
        self.now_s = begin + 120
        self.load_kg += kg
        self.load_l += 4 * kg
        self._write(
            "stop", ident, f"收集点{ident}", _middle(self.arc), arrive_s=arrive, begin_s=begin,
            mass_kg=kg, volume_l=4 * kg, district=district, window=window, leg=leg,
        )  # fmt: skip

    def sweep(self, ident: str, path: str, worked: list[str], district: str) -> None:
        """Sweep ``worked`` at 6 km/h with 0.7 L and 80 g a metre, from its start to its end."""
        leg, arrive = self.drive(path, 0)
        here = {"arc": ARCS[self.arc], "offset_cm": 0}
        length = len(worked) * PIECE_CM // 100
        self.arc, self.offset, self.now_s = worked[-1], FULL, arrive + length * 6 // 10
        self.load_kg += length * 8 // 100
        self.load_l += length * 16 // 100
        self.tank_l -= length * 7 // 10
        self._write(
            "street", ident, ARC_NAMES[worked[0]], place(worked[0][0]), arrive_s=arrive,
            begin_s=arrive, mass_kg=length * 8 // 100, volume_l=length * 16 // 100,
            water_l=length * 7 // 10, district=district, leg=leg, position=here,
            exit={"arc": ARCS[self.arc], "offset_cm": FULL},
            service_arcs=[ARCS[arc] for arc in worked], service_m=length,
        )  # fmt: skip

    def unload(self, ident: str, name: str, path: str, wait_s: int, seconds: int) -> None:
        """Unload everything in bay 0 after waiting; the next activity is of the next trip."""
        leg, arrive = self.drive(path)
        self.now_s = arrive + wait_s + seconds
        kg, litres = self.load_kg, self.load_l
        self.load_kg = self.load_l = 0
        self._write(
            "unload", ident, name, _middle(self.arc), arrive_s=arrive, begin_s=arrive + wait_s,
            mass_kg=kg, volume_l=litres, bay=0, leg=leg,
        )  # fmt: skip
        self.trip += 1

    def refill(self, path: str, seconds: int) -> None:
        """Fill the tank."""
        leg, arrive = self.drive(path)
        self.now_s = arrive + seconds
        water, self.tank_l = self.full_tank_l - self.tank_l, self.full_tank_l
        self._write(
            "refill", "W1", "加水点", _middle(self.arc), arrive_s=arrive, begin_s=arrive,
            water_l=water, bay=0, leg=leg,
        )  # fmt: skip

    def pause(self, name: str, seconds: int) -> None:
        """Take a break where the truck stands."""
        begin = self.now_s
        self.now_s += seconds
        spot = _spot(self.arc, self.offset)
        self._write("break", "", name, spot, arrive_s=begin, begin_s=begin)

    def home(self, path: str) -> list[dict[str, Any]]:
        """Drive to the depot and return all activities."""
        leg, arrive = self.drive(path)
        self.now_s = arrive
        self.trip = max(1, self.trip - 1)
        self._write("end", "D1", "停车场", _middle(self.arc), arrive_s=arrive, leg=leg)
        return self.activities


def _route(truck: str, kind: str, activities: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    legs = [a["leg"] for a in activities if a["leg"]]
    pauses = sum(a["end_s"] - a["begin_s"] for a in activities if a["kind"] == "break")
    return {
        "truck_id": truck,
        "truck_kind": kind,
        "stream": activities[0]["stream"],
        "profile": "truck_heavy",
        "depot_id": "D1",
        "end_depot_id": "D1",
        "start_s": activities[0]["arrive_s"],
        "end_s": activities[-1]["end_s"],
        "length_m": sum(x["length_m"] for x in legs) + sum(a["service_m"] for a in activities),
        "driving_s": sum(x["time_s"] for x in legs),
        "service_s": sum(a["end_s"] - a["begin_s"] for a in activities) - pauses,
        "waiting_s": sum(a["begin_s"] - a["arrive_s"] for a in activities),
        "break_s": pauses,
        "overtime_s": 0,
        **more,
        "activities": activities,
    }


def collector() -> dict[str, Any]:
    """T01: 10 km, 1200 s driving, 2400 s work, 240 s waiting, 2400 s meal; 10:00 to 11:44."""
    d = Driver("other", "AB", 36_000)
    d.stop("P1", "C", 1500, "老城", [36_000, 39_600])
    d.stop("P2", "D", 1200, "老城")
    d.stop("P3", "I", 800, "新区", [36_600, 43_200])
    d.unload("Z1", "东站", "NO", 60, 900)
    d.pause("meal", 2400)
    d.stop("P4", "JIH", 900, "新区")
    d.stop("P5", "G", 600, "老城")
    d.unload("Z1", "东站", "LMNO", 0, 900)
    activities = d.home("JIHGFAB")
    # 300 + 10 km x 3.5 + 6240 s x 59/h = 437.267
    return _route(
        "T01", "collector", activities, capacity_kg=6000, capacity_l=24_000, tank_l=0,
        cost=437_267, co2_g=10_720, energy={"kind": "diesel", "amount": 4.0, "unit": "L"},
    )  # fmt: skip


def kitchen_truck() -> dict[str, Any]:
    """T02: 3 km, 360 s driving, 960 s work; 10:00 to 10:22."""
    d = Driver("kitchen", "AB", 36_000)
    d.stop("P6", "G", 500, "老城")
    d.stop("P7", "L", 400, "老城")
    d.stop("P8", "K", 300, "新区", [36_000, 37_800])
    d.unload("K1", "厨余处理厂", "F", 0, 600)
    activities = d.home("AB")
    # 300 + 3 km x 3.5 + 1320 s x 59/h = 332.133
    return _route(
        "T02", "kitchen", activities, capacity_kg=4000, capacity_l=16_000, tank_l=0,
        cost=332_133, co2_g=2_412, energy={"kind": "diesel", "amount": 0.9, "unit": "L"},
    )  # fmt: skip


def sweeper() -> dict[str, Any]:
    """S01: 9 km of which 2.5 km swept, 780 s driving, 2100 s work; 10:00 to 10:48."""
    d = Driver("sweepings", "AB", 36_000, tank_l=2000)
    d.sweep("R1", "GH", ["GH", "HI"], "新区")
    d.sweep("R2", "J", ["IJ"], "新区")
    d.refill("E", 300)
    d.sweep("R3", "D", ["ED", "DC"], "老城")
    d.unload("Z1", "东站", "HMNO", 0, 300)
    activities = d.home("JIHGFAB")
    # 300 + 9 km x 3.5 + 2880 s x 59/h = 378.700
    return _route(
        "S01", "sweeper", activities, capacity_kg=3000, capacity_l=6000, tank_l=2000,
        cost=378_700, co2_g=12_060, energy={"kind": "diesel", "amount": 4.5, "unit": "L"},
    )  # fmt: skip


def _facility(ident: str, name: str, kind: str, arc: str, **more: Any) -> dict[str, Any]:
    lon, lat = _middle(arc)
    record = {
        "facility_id": ident,
        "name": name,
        "kind": kind,
        "lon": lon,
        "lat": lat,
        "bays": 1,
        "open_s": 0,
        "close_s": 172_800,
        "received_kg": {},
        "capacity_kg_day": None,
        "queue": [],
    }
    record.update(more)
    return record


def _busy(first: int, last: int) -> list[dict[str, int]]:
    return [{"minute": m, "waiting": 0, "busy": 1} for m in range(first, last)]


def facilities() -> list[dict[str, Any]]:
    """Return depot, station, plant and water point; T01 waits for the station to open at 10:15."""
    opening = [{"minute": 614, "waiting": 1, "busy": 0}]
    return [
        _facility("D1", "停车场", "depot", "AB", bays=20),
        _facility(
            "Z1", "东站", "transfer", "NO", open_s=36_900, close_s=64_800,
            received_kg={"other": 5000, "sweepings": 200}, capacity_kg_day=50_000,
            queue=opening + _busy(615, 630) + _busy(636, 641) + _busy(682, 697),
        ),
        _facility(
            "K1", "厨余处理厂", "plant", "KF", received_kg={"kitchen": 1200},
            queue=_busy(610, 620),
        ),
        _facility("W1", "加水点", "water", "JE", queue=_busy(617, 622)),
    ]  # fmt: skip


def unserved() -> list[dict[str, Any]]:
    """Return the one point that no truck reaches in its window."""
    lon, lat = _middle("CH")
    return [
        {
            "kind": "stop",
            "id": "P9",
            "name": "收集点P9 <夜市>",
            "lon": lon,
            "lat": lat,
            "district": "新区",
            "stream": "kitchen",
            "mass_kg": 250,
            "length_m": 0,
            "reason": "window",
            "text": "Its window 05:00-05:30 ends before any kitchen truck begins its shift.",
            "text_zh": "收运时段 05:00–05:30 在所有厨余车出车之前结束。",
            "price": 800_000,
        }
    ]


def tiny_plan() -> dict[str, Any]:
    """Return the whole plan; each call gives a fresh copy."""
    routes, left_out = [collector(), kitchen_truck(), sweeper()], unserved()
    required = {"stops": 9, "streets": 3, "street_m": 2500}
    return {
        "schema": "huanwei.plan/1",
        "city": "格子城 Gridtown",
        "date": "2024-11-25",
        "currency": "CNY",
        "fingerprint": {
            "tables": "1" * 64,
            "map": "0" * 64,
            "settings": "2" * 64,
            "seed": 7,
            "iterations": 100,
            "version": "0.1.0",
            "solver": "ortools",
        },
        "assumptions": [
            {
                "key": "density.in_bin.other",
                "value": 250,
                "unit": "kg/m3",
                "source": "ASSUMPTION (wet Chinese waste; test +-30 %)",
                "confidence": "assumption",
            },
            {
                "key": "rules.meal_break_min",
                "value": 40,
                "unit": "min",
                "source": "city.toml",
                "confidence": "high",
            },
        ],
        "warnings": ["points.csv row 9: window_end = 05:30; ends before any shift begins"],
        "bound": {
            "lower_bound": 574_050,
            "cost": 1_148_100,
            "gap": 0.5,
            "kind": "fixed costs of the fewest trucks",
        },
        "profiles": {
            "truck_heavy": {
                "height_cm": 300,
                "width_cm": 240,
                "weight_kg": 12_000,
                "hgv": True,
                "permits": [],
                "blocked_arcs": 0,
            }
        },
        "routes": routes,
        "unserved": left_out,
        "facilities": facilities(),
        "kpis": compute_kpis(routes, left_out, required),
        "required": required,
        "shape": shape_record(routes, [[120] * 2 for _ in routes]),
    }


HARD_DAY = together(
    # one truck works before and after the time for a meal, a sweeper's tank lasts for three streets
    replaced("points.csv", ("400,05:00,12:00", "400,13:35,14:15"), ("300,,,", "300,05:30,06:30,")),
    replaced("trucks.csv", ("3000,7,,,2.2,05:00,13:00", "1500,4,,,2.2,05:00,15:00")),
    replaced("trucks.csv", ("4000,,2000,7", "4000,,900,7")),
    # no truck for P8, an island for P9, more than any truck takes at P10
    replaced("trucks.csv", ("R1,recyclable,D1,1500,8,,,2.2,05:00,13:00\n", "")),
    added("points.csv", f"P9,{town_place(20.5, 0)},other,200,,,daily"),
    added("points.csv", f"P10,{town_place(2.5, 2)},other,9000,,,daily"),
)
"""What is changed in the small town so that its day has every kind of activity and gap."""


@functools.cache
def town_day() -> tuple[City, DayPlan, dict[str, Any]]:
    """Return a really planned day of the small town and its record; nobody may change them."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HUANWEI_CACHE", f"{name}/cache")
        city_folder = write_good(Path(name) / "town")
        HARD_DAY(city_folder)
        city = read_city(city_folder)
        done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(60))
        return city, done, plan_record(city, done)
