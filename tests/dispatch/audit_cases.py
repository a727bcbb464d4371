"""A sound plan for the audit to read, made by a slow and obvious planner of its own.

A grid of three rows of four junctions, pieces of about 300 m, every street two-way::

    I - J - K - L      解放路   closed to trucks from 07:00 to 19:00 without the permit "centre"
    |   |   |   |
    E - F - G - H      建设路
    |   |   |   |
    A - B - C - D      人民路   (secondary: 35 km/h, the rest 20 km/h)

C-G is closed for works on the date. Trucks may not turn from GH into HL. A left turn costs 8 s, a
right turn 3 s, nobody turns on the spot.
"""

from __future__ import annotations

import copy
import heapq
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dispatch.kpis import compute_kpis
from dispatch.shape import shape_record
from routing.network import CLASS_INDEX, Network, ReadingReport, TurnFlag
from scenarios.city import City, read_city

NODES = "ABCDEFGHIJKL"
ROWS = ("人民路", "建设路", "解放路")
COLUMNS = ("一街", "二街", "三街", "四街")
LON, LAT, STEP_LON, STEP_LAT = 112.2, 31.03, 0.003, 0.0027
SECONDARY_KMH, RESIDENTIAL_KMH = 35, 20
CLOSED = ("CG", "GC")
HGV_TURN = ("GH", "HL")
DATE = "2024-11-25"
H = 3600


def node_place(node: str) -> tuple[float, float]:
    """Return lon and lat of a junction."""
    row, column = divmod(NODES.index(node), 4)
    return LON + STEP_LON * column, LAT + STEP_LAT * row


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance on a sphere by the law of cosines' stable form."""
    phi = math.radians((a[1] + b[1]) / 2)
    east = math.radians(b[0] - a[0]) * math.cos(phi)
    north = math.radians(b[1] - a[1])
    return 6_371_008.8 * math.hypot(east, north)


def pieces() -> list[tuple[str, str, int]]:
    """Return (arc, street name, way) of every directed piece; 2k and 2k+1 are opposite."""
    found = []
    for i, node in enumerate(NODES):
        row, column = divmod(i, 4)
        if column < 3:
            east = NODES[i + 1]
            found += [(node + east, ROWS[row], 201 + row), (east + node, ROWS[row], 201 + row)]
        if row < 2:
            up, way = NODES[i + 4], 301 + column
            found += [(node + up, COLUMNS[column], way), (up + node, COLUMNS[column], way)]
    return found


PIECES = pieces()
ARCS = {arc: i for i, (arc, _, _) in enumerate(PIECES)}
NAME_OF = {arc: name for arc, name, _ in PIECES}
LENGTH_CM = {arc: round(100 * metres(node_place(arc[0]), node_place(arc[1]))) for arc in ARCS}


def kmh(arc: str) -> int:
    """Return a truck's speed on a piece."""
    return SECONDARY_KMH if NAME_OF[arc] == "人民路" else RESIDENTIAL_KMH


def time_ms(arc: str) -> int:
    """Return the milliseconds of a whole piece."""
    return round(LENGTH_CM[arc] * 36 / kmh(arc))


def turn_ms(before: str, after: str) -> int:
    """Return the milliseconds of a turn: left 8 s, right 3 s."""
    (x0, y0), (x1, y1) = node_place(before[0]), node_place(before[1])
    (x2, y2), (x3, y3) = node_place(after[0]), node_place(after[1])
    cross = (x1 - x0) * (y3 - y2) - (y1 - y0) * (x3 - x2)
    return 0 if abs(cross) < 1e-12 else 8000 if cross > 0 else 3000


def followers(arc: str) -> list[str]:
    """Return the pieces that may follow one, in the order of their numbers."""
    return [other for other in ARCS if other[0] == arc[1] and other != arc[::-1]]


def grid() -> Network:
    """Return the grid as a network of 12 junctions and 34 arcs."""
    num = len(PIECES)
    names = ("", *ROWS, *COLUMNS)
    ends = [(NODES.index(arc[0]), NODES.index(arc[1])) for arc, _, _ in PIECES]
    places = np.array([node_place(node) for node in NODES])
    turns = [[(arc, other) for other in followers(arc)] for arc in ARCS]
    pairs = [pair for row in turns for pair in row]
    classes = [
        CLASS_INDEX["secondary" if NAME_OF[arc] == "人民路" else "residential"] for arc in ARCS
    ]
    return Network(
        node_lon=places[:, 0],
        node_lat=places[:, 1],
        node_osm_id=np.arange(1, len(NODES) + 1, dtype=np.int64),
        node_flags=np.zeros(len(NODES), dtype=np.uint8),
        arc_tail=np.array([a for a, _ in ends], dtype=np.int32),
        arc_head=np.array([b for _, b in ends], dtype=np.int32),
        arc_length_cm=np.array([LENGTH_CM[arc] for arc in ARCS], dtype=np.int32),
        arc_class=np.array(classes, dtype=np.int8),
        arc_way_id=np.array([way for _, _, way in PIECES], dtype=np.int64),
        arc_name_idx=np.array([names.index(name) for _, name, _ in PIECES], dtype=np.int32),
        arc_reverse=(np.arange(num) ^ 1).astype(np.int32),
        arc_base=np.arange(num, dtype=np.int32),
        arc_maxspeed_kmh=np.zeros(num, dtype=np.int16),
        arc_max_weight_kg=np.zeros(num, dtype=np.int32),
        arc_max_height_cm=np.zeros(num, dtype=np.int32),
        arc_max_width_cm=np.zeros(num, dtype=np.int32),
        arc_flags=np.zeros(num, dtype=np.uint16),
        arc_lanes=np.full(num, 1, dtype=np.int8),
        arc_layer=np.zeros(num, dtype=np.int8),
        shape_first_out=np.arange(num + 1, dtype=np.int64) * 2,
        shape_lon=np.array([[places[a, 0], places[b, 0]] for a, b in ends]).ravel(),
        shape_lat=np.array([[places[a, 1], places[b, 1]] for a, b in ends]).ravel(),
        turn_first_out=np.cumsum([0, *map(len, turns)]).astype(np.int32),
        turn_head=np.array([ARCS[after] for _, after in pairs], dtype=np.int32),
        turn_cost_ms=np.array([turn_ms(*pair) for pair in pairs], dtype=np.int32),
        turn_flags=np.array(
            [TurnFlag.HGV_ONLY_BAN if pair == HGV_TURN else 0 for pair in pairs], dtype=np.uint8
        ),
        ban_first_out=np.zeros(1, dtype=np.int32),
        ban_arc=np.zeros(0, dtype=np.int32),
        ban_kind=np.zeros(0, dtype=np.uint8),
        names=names,
        report=ReadingReport(source="grid"),
        fingerprint="f" * 64,
        drive_on_right=True,
    )


def middle(arc: str) -> tuple[float, float]:
    """Return lon and lat of the middle of a piece."""
    a, b = node_place(arc[0]), node_place(arc[1])
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2


POINTS = {  # id: (arc, stream, kg, service_s, district)
    "P1": ("AB", "other", 1500, 120, "老城"),
    "P2": ("BF", "other", 1200, 100, "老城"),
    "P3": ("FG", "other", 900, 90, "新区"),
    "P4": ("BC", "other", 800, 110, "新区"),
    "P5": ("CD", "other", 700, 130, "新区"),
    "P6": ("EF", "kitchen", 600, 120, "老城"),
    "P7": ("AE", "kitchen", 500, 140, "老城"),
    "P8": ("FG", "kitchen", 300, 60, "新区"),
    "P9": ("KL", "other", 400, 60, "新区"),
}
GATES = {"D1": "EA", "Z1": "DH", "K1": "GF", "W1": "FB"}
STREETS = {"R1": ["DC", "CB"], "R2": ["BA"]}

CITY_TOML = """
name = "Gridtown"
osm = "Gridtown"
[rules]
meal_break_min = 20
meal_window = ["08:00", "08:30"]
max_driving_min = 20
min_rest_min = 5
"""
TRUCKS = """
truck_id,kind,depot_id,capacity_kg,capacity_m3,compartments,tank_l,height_m,width_m,weight_t,shift_start,shift_end,max_overtime_min,max_trips,fixed_cost,cost_km,cost_h,energy,permits,streams
T1,collector,D1,6000,12,1,,3.2,2.5,18,07:00,12:00,0,3,450,4.2,59,diesel,,
T2,collector,D1,3000,6,1,,2.2,1.9,3.0,07:00,08:00,60,2,200,2.5,59,electric,,
T3,kitchen,D1,4000,6,1,,3.0,2.4,12,08:10,12:00,0,2,340,3.5,59,diesel,,
T4,collector,D1,6000,12,2,,3.2,2.5,18,07:00,12:00,0,3,450,4.2,59,diesel,centre,other;kitchen
S1,sweeper,D1,3000,5,1,2000,2.9,2.4,16,08:10,12:00,0,2,520,3.5,59,diesel,,
"""
FACILITIES = """
facility_id,name,kind,lon,lat,streams,open,close,bays,unload_s,capacity_t_day
D1,停车场,depot,{D1},,00:00,48:00,9,,
Z1,东站,transfer,{Z1},other;sweepings,07:00,18:00,1,720,20
K1,厨余处理厂,plant,{K1},kitchen,06:00,20:00,2,600,
W1,加水点,water,{W1},,00:00,24:00,1,300,
"""
OTHER_TABLES = {
    "streets": "street_id,name,cleaning_class\nC1,人民路,1\nC2,建设路,2\n",
    "programmes": "cleaning_class,template,times_per_day,no_work_start,no_work_end\n"
    "1,sweep,1,07:00,08:00\n",
    "operations": "template,pass_no,vehicle_kind,speed_kmh,water_l_m2,swept_width_m,"
    "sweepings_kg_km,sides\nsweep,1,sweeper,8,0.3,3.5,200,right\n",
    "closures": "closure_id,name,area,date_from,date_to,from_time,to_time\n"
    'X1,三街,"POLYGON ((112.205 31.0301, 112.207 31.0301, 112.207 31.0326,'
    ' 112.205 31.0326, 112.205 31.0301))",2024-11-20,2024-11-30,,\n'
    "X2,建设路,,2024-11-25,2024-11-25,20:00,22:00\n"
    "X3,建设路,,2024-11-26,2024-11-26,,\n",
    "limits": "limit_id,kind,value,name,from_time,to_time,permit\n"
    "L1,truck_ban,,解放路,07:00,19:00,centre\n",
}


def write_city(folder: Path) -> City:
    """Write the city's tables and read them."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "city.toml").write_text(CITY_TOML, encoding="utf-8")
    rows = ["point_id,lon,lat,district,kind,stream,demand_kg,service_s,window_start,window_end"
            ",frequency,active_from"]  # fmt: skip
    for ident, (arc, stream, kg, service_s, district) in POINTS.items():
        lon, lat = middle(arc)
        kind = "smart" if ident == "P8" else "compound"
        window = "07:00,07:40" if ident == "P1" else ","
        rows.append(f"{ident},{lon},{lat},{district},{kind},{stream},{kg},{service_s},{window},,")
    lon, lat = middle("HG")
    rows.append(f"Q1,{lon},{lat},新区,compound,other,100,60,,,tue,")
    rows.append(f"Q2,{lon},{lat},新区,compound,other,100,60,,,daily,2025-01-01")
    (folder / "points.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    gates = {ident: "{},{}".format(*middle(arc)) for ident, arc in GATES.items()}
    (folder / "facilities.csv").write_text(FACILITIES.strip().format(**gates), encoding="utf-8")
    (folder / "trucks.csv").write_text(TRUCKS.strip(), encoding="utf-8")
    for name, text in OTHER_TABLES.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return read_city(folder)


def find_way(
    source: tuple[str, int], target: tuple[str, int], may: Callable[[str, str], bool]
) -> list[str]:
    """Return the quickest pieces from a place to a place (Dijkstra over pieces)."""
    if source[0] == target[0] and source[1] <= target[1]:
        return [source[0]]
    heap = [(time_ms(source[0]), [source[0]])]
    done = set()
    while heap:
        spent, way = heapq.heappop(heap)
        if way[-1] == target[0] and len(way) > 1:
            return way
        if way[-1] in done:
            continue
        done.add(way[-1])
        for after in followers(way[-1]):
            if may(way[-1], after):
                heapq.heappush(
                    heap, (spent + turn_ms(way[-1], after) + time_ms(after), [*way, after])
                )
    raise AssertionError(f"no way from {source} to {target}")


def half_up(value: int, by: int) -> int:
    """Return a division rounded half up."""
    return (2 * value + by) // (2 * by)


def spot_place(arc: str, offset_cm: int) -> list[float]:
    """Return lon and lat of a place, six digits."""
    (x0, y0), (x1, y1) = node_place(arc[0]), node_place(arc[1])
    share = offset_cm / LENGTH_CM[arc]
    return [round(x0 + share * (x1 - x0), 6), round(y0 + share * (y1 - y0), 6)]


def make_leg(way: list[str], from_cm: int, to_cm: int) -> dict[str, Any]:
    """Return the leg along a way."""
    length = sum(LENGTH_CM[arc] for arc in way[:-1]) - from_cm + to_cm
    spent = sum(time_ms(arc) for arc in way[:-1])
    spent += sum(turn_ms(a, b) for a, b in zip(way, way[1:], strict=False))
    spent -= half_up(time_ms(way[0]) * from_cm, LENGTH_CM[way[0]])
    spent += half_up(time_ms(way[-1]) * to_cm, LENGTH_CM[way[-1]])
    line = [spot_place(way[0], from_cm), *(list(node_place(a[1])) for a in way[:-1])]
    line.append(spot_place(way[-1], to_cm))
    streets: list[list[Any]] = []
    for i, arc in enumerate(way):
        part = (to_cm if i == len(way) - 1 else LENGTH_CM[arc]) - (from_cm if i == 0 else 0)
        if streets and streets[-1][0] == NAME_OF[arc]:
            streets[-1][1] += half_up(part, 100)
        else:
            streets.append([NAME_OF[arc], half_up(part, 100)])
    return {
        "arcs": [ARCS[arc] for arc in way],
        "time_s": half_up(spent, 1000),
        "length_m": half_up(length, 100),
        "geometry": [[round(x, 6), round(y, 6)] for x, y in line],
        "streets": streets,
    }


class Planner:
    """Drives one truck and writes its route down."""

    def __init__(self, truck: str, stream: str, start_s: int, hgv: bool = True, tank_l: int = 0):
        self.truck, self.stream, self.hgv = truck, stream, hgv
        self.now_s, self.start_s = start_s, start_s
        self.arc, self.offset = GATES["D1"], LENGTH_CM[GATES["D1"]] // 2
        self.load = [0, 0]
        self.tank_l = self.full_l = tank_l
        self.trip = 1
        self.activities: list[dict[str, Any]] = []
        self._write("start", "D1", start_s, start_s, start_s, leg=None)

    def _may(self, before: str, after: str) -> bool:
        banned = self.hgv and ((before, after) == HGV_TURN or NAME_OF[after] == "解放路")
        return not banned and after not in CLOSED

    def _write(self, kind: str, ident: str, arrive: int, begin: int, end: int, **more: Any) -> None:
        here = {"arc": ARCS[self.arc], "offset_cm": self.offset}
        lon, lat = spot_place(self.arc, self.offset)
        record = {
            "kind": kind, "id": ident, "name": ident, "lon": lon, "lat": lat, "district": "",
            "stream": self.stream, "arrive_s": arrive, "begin_s": begin, "end_s": end, "bay": None,
            "mass_kg": 0, "volume_l": 0, "water_l": 0, "load_kg": self.load[0],
            "load_l": self.load[1], "tank_l": self.tank_l, "window": None, "side": "right",
            "mode": 0, "trip": self.trip, "service_arcs": [], "service_m": 0, "position": here,
            "exit": here, "leg": None,
        }  # fmt: skip
        self.activities.append(record | more)
        self.now_s = end

    def go(self, arc: str, offset_cm: int) -> tuple[dict[str, Any], int]:
        """Drive to a place; return the leg and the arrival."""
        way = find_way((self.arc, self.offset), (arc, offset_cm), self._may)
        leg = make_leg(way, self.offset, offset_cm)
        self.arc, self.offset = arc, offset_cm
        return leg, self.now_s + leg["time_s"]

    def stop(self, ident: str) -> None:
        """Collect at a point."""
        arc, _, kg, service_s, district = POINTS[ident]
        litres = kg * 4 if self.stream == "other" else half_up(kg * 1000, 600)
        leg, arrive = self.go(arc, LENGTH_CM[arc] // 2)
        self.load = [self.load[0] + kg, self.load[1] + litres]
        window = [7 * H, 7 * H + 2400] if ident == "P1" else None
        self._write(
            "stop", ident, arrive, arrive, arrive + service_s, leg=leg, mass_kg=kg,
            volume_l=litres, district=district, window=window,
        )  # fmt: skip

    def unload(self, ident: str, seconds: int, not_before: int = 0) -> None:
        """Put everything down, waiting for the bay if need be."""
        leg, arrive = self.go(GATES[ident], LENGTH_CM[GATES[ident]] // 2)
        begin = max(arrive, not_before)
        (kg, litres), self.load = self.load, [0, 0]
        self._write(
            "unload", ident, arrive, begin, begin + seconds, leg=leg, mass_kg=kg,
            volume_l=litres, bay=0,
        )  # fmt: skip
        self.trip += 1

    def refill(self) -> None:
        """Fill the tank at the water point."""
        leg, arrive = self.go(GATES["W1"], LENGTH_CM[GATES["W1"]] // 2)
        water, self.tank_l = self.full_l - self.tank_l, self.full_l
        self._write("refill", "W1", arrive, arrive, arrive + 300, leg=leg, water_l=water, bay=0)

    def pause(self, name: str, seconds: int, not_before: int = 0) -> None:
        """Take a break where the truck stands."""
        begin = max(self.now_s, not_before)
        self._write("break", "", self.now_s, begin, begin + seconds, name=name)

    def sweep(self, ident: str) -> None:
        """Sweep a street at 8 km/h: 0.3 L/m2 on 3.5 m, 200 kg a kilometre."""
        worked = STREETS[ident]
        leg, arrive = self.go(worked[0], 0)
        entry = {"arc": ARCS[self.arc], "offset_cm": 0}
        length_cm = sum(LENGTH_CM[arc] for arc in worked)
        kg, water = half_up(length_cm * 2, 1000), half_up(length_cm * 105, 10_000)
        litres = half_up(kg * 1000, 600)
        self.arc, self.offset = worked[-1], LENGTH_CM[worked[-1]]
        self.load = [self.load[0] + kg, self.load[1] + litres]
        self.tank_l -= water
        self._write(
            "street", ident, arrive, arrive, arrive + half_up(length_cm * 9, 2000), leg=leg,
            position=entry, mass_kg=kg, volume_l=litres, water_l=water, district="老城",
            service_arcs=[ARCS[arc] for arc in worked], service_m=half_up(length_cm, 100),
        )  # fmt: skip

    def home(self) -> list[dict[str, Any]]:
        """Drive to the depot and return the activities."""
        leg, arrive = self.go(GATES["D1"], LENGTH_CM[GATES["D1"]] // 2)
        self.trip = max(1, self.trip - 1)
        self._write("end", "D1", arrive, arrive, arrive, leg=leg)
        return self.activities


PROFILES = {
    "heavy": {"height_cm": 320, "width_cm": 250, "weight_kg": 18_000, "hgv": True, "permits": []},
    "light": {"height_cm": 220, "width_cm": 190, "weight_kg": 3000, "hgv": False, "permits": []},
}
TARIFF = {  # truck: (kind, fixed, a km, an hour, shift end, energy, capacity kg, litres)
    "T1": ("collector", 450_000, 4200, 59_000, 12 * H, "diesel", 6000, 26_400),
    "T2": ("collector", 200_000, 2500, 59_000, 8 * H, "electric", 3000, 13_200),
    "T3": ("kitchen", 340_000, 3500, 59_000, 12 * H, "diesel", 4000, 9000),
    "S1": ("sweeper", 520_000, 3500, 59_000, 12 * H, "diesel", 3000, 5000),
}
# consumption against a truck of 25 t: 0.35 up to 5 t, 0.6 at 12 t, 0.8 at 18 t, straight between
FACTOR = {"T1": 0.8, "T2": 0.35, "T3": 0.6, "S1": 0.6 + 0.2 * 4 / 6}
CO2_G = {"diesel": 2680.0, "electric": 536.6}


def settle(plan: dict[str, Any]) -> dict[str, Any]:
    """Make all sums of a plan agree with its activities; returns the plan."""
    for route in plan["routes"]:
        _settle_loads(route)
        _settle_figures(route)
    _settle_facilities(plan)
    work = [a for r in plan["routes"] for a in r["activities"]] + plan["unserved"]
    plan["required"] = {
        "stops": sum(a["kind"] == "stop" for a in work),
        "streets": sum(a["kind"] == "street" for a in work),
        "street_m": sum(a.get("service_m", a.get("length_m", 0)) for a in work),
    }
    plan["kpis"] = compute_kpis(plan["routes"], plan["unserved"], plan["required"])
    cost = sum(route["cost"] for route in plan["routes"])
    plan["bound"] = {"lower_bound": cost // 2, "cost": cost, "gap": (cost - cost // 2) / cost}
    plan["shape"] = _shape(plan)
    return plan


def _shape(plan: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Return balance and compactness of a plan on the straight streets of these cases."""
    return shape_record(plan["routes"], [_scatter(route) for route in plan["routes"]])


def _scatter(route: dict[str, Any]) -> list[int]:
    """Return how far the work of a route lies from its middle."""
    network = grid()
    degree = math.radians(1) * 6_371_008.8
    scale = np.array([degree * math.cos(math.radians(network.node_lat[0])), degree])
    places = []
    for a in route["activities"]:
        if a["kind"] in ("stop", "street"):
            arc, offset = a["position"]["arc"], a["position"]["offset_cm"]
            begin, end = network.shape(arc)[[0, -1]]
            places.append((begin + (end - begin) * offset / network.arc_length_cm[arc]) * scale)
    return [round(math.hypot(*(at - np.mean(places, axis=0)))) for at in places]


def _settle_loads(route: dict[str, Any]) -> None:
    kg = litres = 0
    for a in route["activities"]:
        if a["kind"] in ("stop", "street"):
            kg, litres = kg + a["mass_kg"], litres + a["volume_l"]
        elif a["kind"] == "unload":
            a["mass_kg"], a["volume_l"] = kg, litres
            kg = litres = 0
        a["load_kg"], a["load_l"] = kg, litres


def _settle_figures(route: dict[str, Any]) -> None:
    acts = route["activities"]
    _, fixed, km, hour, shift_end, energy, _, _ = TARIFF[route["truck_id"]]
    legs = [a["leg"] for a in acts if a["leg"]]
    breaks = sum(a["end_s"] - a["begin_s"] for a in acts if a["kind"] == "break")
    start, end = acts[0]["end_s"], acts[-1]["end_s"]
    length = sum(x["length_m"] for x in legs) + sum(a["service_m"] for a in acts)
    overtime = max(0, end - shift_end)
    per_km = FACTOR[route["truck_id"]] * (0.707 if energy == "diesel" else 2.17)
    amount = per_km * length / 1000
    route |= {
        "start_s": start, "end_s": end, "length_m": length, "overtime_s": overtime,
        "driving_s": sum(x["time_s"] for x in legs),
        "service_s": sum(a["end_s"] - a["begin_s"] for a in acts) - breaks,
        "waiting_s": sum(a["begin_s"] - a["arrive_s"] for a in acts), "break_s": breaks,
        "cost": fixed + half_up(km * length, 1000) + half_up(hour * (end - start), H)
        + half_up(hour // 2 * overtime, H),
        "energy": {"kind": energy, "amount": round(amount, 2)},
        "co2_g": round(amount * CO2_G[energy]),
    }  # fmt: skip


def _settle_facilities(plan: dict[str, Any]) -> None:
    for record in plan["facilities"]:
        visits = [
            (r, a)
            for r in plan["routes"]
            for a in r["activities"]
            if a["kind"] in ("unload", "refill") and a["id"] == record["facility_id"]
        ]
        received: dict[str, int] = {}
        for route, a in visits:
            if a["kind"] == "unload":
                received[route["stream"]] = received.get(route["stream"], 0) + a["mass_kg"]
        record["received_kg"] = received
        queue = []
        for minute in range(48 * 60):
            now = 60 * minute
            waiting = sum(a["arrive_s"] <= now < a["begin_s"] for _, a in visits)
            busy = sum(a["begin_s"] <= now < a["end_s"] for _, a in visits)
            if waiting or busy:
                queue.append({"minute": minute, "waiting": waiting, "busy": busy})
        record["queue"] = queue


def make_route(planner: Planner) -> dict[str, Any]:
    """Return the record of a planned route; `settle` adds its sums."""
    kind, *_, capacity_kg, capacity_l = TARIFF[planner.truck]
    return {
        "truck_id": planner.truck, "truck_kind": kind, "stream": planner.stream,
        "profile": "light" if planner.truck == "T2" else "heavy", "depot_id": "D1",
        "end_depot_id": "D1", "capacity_kg": capacity_kg, "capacity_l": capacity_l,
        "tank_l": planner.full_l, "activities": planner.activities,
    }  # fmt: skip


def drive_all() -> list[dict[str, Any]]:
    """Return the routes: two trips and a meal, a wait for a bay with overtime, kitchen, sweeper."""
    t1 = Planner("T1", "other", 7 * H + 1800)
    for ident in ("P1", "P2", "P4"):
        t1.stop(ident)
    t1.unload("Z1", 720)
    t1.pause("meal", 1200, 8 * H)
    t1.stop("P3")
    t1.unload("Z1", 720)
    t1.home()
    free_s = next(a["end_s"] for a in t1.activities if a["kind"] == "unload")
    t2 = Planner("T2", "other", 7 * H + 2400, hgv=False)
    t2.stop("P5")
    t2.unload("Z1", 720, not_before=free_s)
    t2.pause("rest", 300)
    t2.home()
    t3 = Planner("T3", "kitchen", 8 * H + 900)
    t3.stop("P6")
    t3.stop("P7")
    t3.unload("K1", 600)
    t3.home()
    s1 = Planner("S1", "sweepings", 8 * H + 1800, tank_l=2000)
    s1.sweep("R1")
    s1.refill()
    s1.sweep("R2")
    s1.unload("Z1", 720)
    s1.home()
    return [make_route(planner) for planner in (t1, t2, t3, s1)]


def make_plan(city: City, network: Network) -> dict[str, Any]:
    """Return the sound plan."""
    lon, lat = middle("KL")
    facilities = [
        {
            "facility_id": row.facility_id, "name": row.name, "kind": row.kind, "lon": row.lon,
            "lat": row.lat, "bays": int(row.bays), "open_s": int(row.open),
            "close_s": int(row.close),
            "capacity_kg_day": 20_000 if row.facility_id == "Z1" else None,
        }
        for row in city.facilities.itertuples()
    ]  # fmt: skip
    left = {
        "kind": "stop", "id": "P9", "name": "P9", "lon": lon, "lat": lat, "district": "新区",
        "stream": "other", "mass_kg": 400, "length_m": 0, "reason": "access",
        "text": "The street is closed to every truck.", "text_zh": "道路禁行。", "price": 900_000,
    }  # fmt: skip
    plan = {
        "schema": "huanwei.plan/1", "city": "Gridtown", "date": DATE, "currency": "CNY",
        "fingerprint": {"tables": city.tables_hash, "map": network.fingerprint},
        "assumptions": [], "warnings": [], "profiles": PROFILES, "routes": drive_all(),
        "unserved": [left], "facilities": facilities,
    }  # fmt: skip
    return copy.deepcopy(settle(plan))
