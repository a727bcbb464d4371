"""Closures and limits against arcs: hand-made streets, and the effect that groups trucks."""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from routing.network import CLASS_INDEX, ArcFlag, Network, ReadingReport, TurnFlag
from routing.profiles import weigh
from scenarios.access import (
    AccessGroup,
    access_groups,
    arc_middles,
    matching_arcs,
    read_restrictions,
    truck_profile,
)
from scenarios.city import City, read_city
from scenarios.day import DueTruck, plan_day
from scenarios.periods import Period, always, truck_periods, union
from tests.scenarios.test_tables import GOOD, write_city

H = 3600
MONDAY = dt.date(2024, 11, 25)
LON, LAT = 112.2, 31.0
STEP_M = 100.0


@dataclasses.dataclass(frozen=True)
class Street:
    """A street through junctions: its pieces, all of one way, get arcs in both directions."""

    nodes: str
    way: int
    name: str = ""
    osm_class: str = "residential"
    one_way: bool = False
    flags: int = 0
    max_height_cm: int = 0
    max_weight_kg: int = 0
    hgv_banned: tuple[str, ...] = ()  # turns such as "ABC" banned for heavy trucks


def spot(x: float, y: float) -> tuple[float, float]:
    """Return lon and lat of a place in steps of 100 m east and north."""
    deg = STEP_M / 111_195.0
    return LON + x * deg / math.cos(math.radians(LAT)), LAT + y * deg


def _angle(places, a: str, b: str, c: str) -> float:
    (ax, ay), (bx, by), (cx, cy) = places[a], places[b], places[c]
    change = math.atan2(cx - bx, cy - by) - math.atan2(bx - ax, by - ay)
    return (math.degrees(change) + 180) % 360 - 180


def _turn_flag(places, streets: Iterable[Street], before: str, after: str) -> int:
    if before[::-1] == after:
        return int(TurnFlag.U_TURN)
    angle = _angle(places, before[0], before[1], after[1])
    turn = before + after[1]
    flag = TurnFlag.STRAIGHT if abs(angle) <= 35 else TurnFlag.RIGHT if angle > 0 else TurnFlag.LEFT
    banned = any(turn in street.hgv_banned for street in streets)
    return int(flag | (TurnFlag.HGV_ONLY_BAN if banned else 0))


def town(
    places: dict[str, tuple[float, float]],
    streets: list[Street],
    *,
    no_turns: tuple[str, ...] = (),
    drive_on_right: bool = True,
) -> Network:
    """Return a network of named junctions; turns such as "ABC" in ``no_turns`` are absent.

    Dead ends allow turning back; nowhere else does anyone turn on the spot. Arc k of the network is
    ``arc_names(streets)[k]``.
    """
    arcs = [(pair, street) for street in streets for pair in _pairs(street)]
    pairs = [pair for pair, _ in arcs]
    index = {pair: k for k, pair in enumerate(pairs)}
    turns = []
    for before in pairs:
        onward = [c for c in pairs if c[0] == before[1] and c != before[::-1]]
        back = [before[::-1]] if not onward and before[::-1] in index else []
        turns.append([c for c in onward + back if before + c[1] not in no_turns])
    nodes = list(places)
    names = ("", *dict.fromkeys(s.name for s in streets if s.name))
    ends = [(places[a], places[b]) for a, b in pairs]
    num = len(pairs)
    lonlat = np.array([[spot(*a), spot(*b)] for a, b in ends])
    node_lonlat = np.array([spot(*places[n]) for n in nodes])
    flags = [s.flags | (int(ArcFlag.ONEWAY) if s.one_way else 0) for _, s in arcs]
    return Network(
        node_lon=node_lonlat[:, 0],
        node_lat=node_lonlat[:, 1],
        node_osm_id=np.arange(1, len(nodes) + 1, dtype=np.int64),
        node_flags=np.zeros(len(nodes), dtype=np.uint8),
        arc_tail=np.array([nodes.index(p[0]) for p in pairs], dtype=np.int32),
        arc_head=np.array([nodes.index(p[1]) for p in pairs], dtype=np.int32),
        arc_length_cm=np.array(
            [round(100 * STEP_M * math.dist(a, b)) for a, b in ends], dtype=np.int32
        ),
        arc_class=np.array([CLASS_INDEX[s.osm_class] for _, s in arcs], dtype=np.int8),
        arc_way_id=np.array([s.way for _, s in arcs], dtype=np.int64),
        arc_name_idx=np.array([names.index(s.name) for _, s in arcs], dtype=np.int32),
        arc_reverse=np.array([index.get(p[::-1], -1) for p in pairs], dtype=np.int32),
        arc_base=np.arange(num, dtype=np.int32),
        arc_maxspeed_kmh=np.zeros(num, dtype=np.int16),
        arc_max_weight_kg=np.array([s.max_weight_kg for _, s in arcs], dtype=np.int32),
        arc_max_height_cm=np.array([s.max_height_cm for _, s in arcs], dtype=np.int32),
        arc_max_width_cm=np.zeros(num, dtype=np.int32),
        arc_flags=np.array(flags, dtype=np.uint16),
        arc_lanes=np.ones(num, dtype=np.int8),
        arc_layer=np.zeros(num, dtype=np.int8),
        shape_first_out=np.arange(num + 1, dtype=np.int64) * 2,
        shape_lon=lonlat[:, :, 0].ravel(),
        shape_lat=lonlat[:, :, 1].ravel(),
        turn_first_out=np.cumsum([0, *map(len, turns)]).astype(np.int32),
        turn_head=np.array([index[c] for row in turns for c in row], dtype=np.int32),
        turn_cost_ms=np.zeros(sum(map(len, turns)), dtype=np.int32),
        turn_flags=np.array(
            [
                _turn_flag(places, streets, before, c)
                for before, row in zip(pairs, turns, strict=True)
                for c in row
            ],
            dtype=np.uint8,
        ),
        ban_first_out=np.zeros(1, dtype=np.int32),
        ban_arc=np.zeros(0, dtype=np.int32),
        ban_kind=np.zeros(0, dtype=np.uint8),
        names=names,
        report=ReadingReport(source="town"),
        fingerprint="0" * 64,
        drive_on_right=drive_on_right,
    )


def _pairs(street: Street) -> list[str]:
    found = []
    for a, b in zip(street.nodes, street.nodes[1:], strict=False):
        found += [a + b] if street.one_way else [a + b, b + a]
    return found


def arc_names(streets: list[Street]) -> list[str]:
    """Return the two junctions of every arc, in the order of the arcs."""
    return [pair for street in streets for pair in _pairs(street)]


PLACES = {"A": (0, 0), "B": (1, 0), "C": (2, 0), "D": (0, 1), "E": (1, 1), "F": (2, 1)}
STREETS = [
    Street("ABC", 10, "人民路", "primary", hgv_banned=("ABE",)),
    Street("DEF", 20, "建设路", max_height_cm=280),
    Street("AD", 30, "一街"),
    Street("BE", 31, "二街", max_weight_kg=5_000),
    Street("CF", 32, "三街"),
]
NAMES = arc_names(STREETS)

TRUCKS = """truck_id,kind,depot_id,capacity_kg,height_m,weight_t,shift_start,shift_end,max_overtime_min,permits
T1,collector,D1,5000,2.5,10,06:00,14:00,0,
T2,collector,D1,5000,2.7,12,06:00,14:00,0,centre
T3,collector,D1,5000,2.9,12,06:00,14:00,0,
T4,collector,D1,1000,2.0,3,06:00,14:00,0,
T5,collector,D1,5000,2.5,10,20:00,28:00,60,*
"""  # noqa: E501
CLOSURE = "closure_id,way_id,name,area,date_from,date_to,from_time,to_time\n"
LIMIT = "limit_id,kind,value,way_id,name,area,from_time,to_time,permit,wash_id\n"
WASH = GOOD["facilities"] + "W1,wash,112.19,31.02,,,\n"
SOUTH_EAST = "POLYGON((112.2015 30.999, 112.21 30.999, 112.21 31.0003, 112.2015 31.0003, " \
    "112.2015 30.999))"  # fmt: skip


@pytest.fixture
def network() -> Network:
    """Two long streets and three short ones between them."""
    return town(PLACES, STREETS)


def make_city(folder: Path, **tables: str) -> City:
    """Return a city with the trucks of this file."""
    return read_city(write_city(folder, trucks=TRUCKS, facilities=WASH, **tables))


def trucks_of(city: City) -> dict[str, DueTruck]:
    """Return the trucks on shift by identifier."""
    return {truck.truck_id: truck for truck in plan_day(city, MONDAY).trucks}


def periods_of(city: City, network: Network, truck_id: str, date: dt.date = MONDAY) -> list[Period]:
    """Return the periods of a truck's shift."""
    restrictions, _ = read_restrictions(city, network, date)
    return truck_periods(restrictions, trucks_of(city)[truck_id])


def blocked(city: City, network: Network, truck_id: str, date: dt.date = MONDAY) -> set[str]:
    """Return the names of the arcs that are shut to a truck at any moment of its shift."""
    arcs = union(period.blocked for period in periods_of(city, network, truck_id, date))
    assert arcs.dtype == np.int32
    assert list(arcs) == sorted(set(arcs.tolist()))
    return {NAMES[arc] for arc in arcs}


def test_middles_are_of_the_middle_vertices(network: Network):
    """A straight piece of two vertices has its middle between them."""
    lon, lat = arc_middles(network)
    assert (lon[0], lat[0]) == pytest.approx(spot(0.5, 0))
    assert (lon[NAMES.index("FC")], lat[NAMES.index("FC")]) == pytest.approx(spot(2, 0.5))


def test_all_given_conditions_must_hold(network: Network):
    """Way, name and area each narrow down; nothing given means everything."""

    def named(**conditions) -> set[str]:
        return {NAMES[k] for k in np.flatnonzero(matching_arcs(network, **conditions))}

    assert named() == set(NAMES)
    assert named(way_id=30) == {"AD", "DA"}
    assert named(name="人民路") == {"AB", "BA", "BC", "CB"}
    assert named(area=SOUTH_EAST) == {"BC", "CB"}
    assert named(name="人民路", area=SOUTH_EAST) == {"BC", "CB"}
    assert named(way_id=30, name="人民路") == set()
    assert named(name="人民") == set()
    assert named(way_id=float("nan"), name=None, area="") == set(NAMES)


def test_copies_are_never_listed(network: Network, tmp_path: Path):
    """A copy for a via-way restriction follows its real arc and is not listed beside it."""
    base = network.arc_base.copy()
    base[NAMES.index("DA")] = NAMES.index("AD")
    copied = dataclasses.replace(network, arc_base=base)
    city = make_city(tmp_path, closures=CLOSURE + "C1,30,,,,,,\n")
    assert blocked(city, copied, "T1") == {"AD"}


def test_closure_of_a_whole_day(network: Network, tmp_path: Path):
    """A closure shuts its street to everyone on its days, and to nobody the day after."""
    city = make_city(tmp_path, closures=CLOSURE + "C1,,一街,,2024-11-24,2024-11-25,,\n")
    for truck_id in ("T1", "T2", "T4"):
        assert blocked(city, network, truck_id) == {"AD", "DA"}
    assert blocked(city, network, "T1", dt.date(2024, 11, 26)) == set()
    assert blocked(city, network, "T1", dt.date(2024, 11, 23)) == set()


def test_night_shift_meets_the_closure_of_the_next_day(network: Network, tmp_path: Path):
    """A shift from 20:00 to 28:00 of Sunday works on the closed Monday; the day shift does not."""
    city = make_city(tmp_path, closures=CLOSURE + "C1,,一街,,2024-11-25,2024-11-25,,\n")
    sunday = dt.date(2024, 11, 24)
    assert blocked(city, network, "T5", sunday) == {"AD", "DA"}
    assert blocked(city, network, "T1", sunday) == set()


def shut_when(city: City, network: Network, truck_id: str) -> list[tuple[int, set[str]]]:
    """Return begin and closed arcs of each period, the begin in hours."""
    periods = periods_of(city, network, truck_id)
    return [(p.begin_s // H, {NAMES[arc] for arc in p.blocked}) for p in periods]


def test_hours_cut_a_shift_into_periods(network: Network, tmp_path: Path):
    """Two hours inside the shift are a period of their own; other shifts see nothing of it."""
    city = make_city(tmp_path, closures=CLOSURE + "C1,,一街,,,,07:00,09:00\n")
    assert shut_when(city, network, "T1") == [(0, set()), (7, {"AD", "DA"}), (9, set())]
    assert shut_when(city, network, "T5") == [(0, set())]
    groups, notes = access_groups(city, network, MONDAY, list(trucks_of(city).values()))
    assert notes == []
    by_truck = {name: group for group in groups for name in group.truck_ids}
    assert [p.begin_s // H for p in by_truck["T1"].periods] == [0, 7, 9]
    assert len(by_truck["T1"].blocked) == 0


def test_hours_that_overlap_and_touch(network: Network, tmp_path: Path):
    """Each moment has the union of what holds; borders at which nothing changes are none."""
    rows = "C1,,一街,,,,07:00,09:00\nC2,,三街,,,,08:00,10:00\nC3,,一街,,,,09:00,10:00\n"
    city = make_city(tmp_path, closures=CLOSURE + rows)
    first, third = {"AD", "DA"}, {"CF", "FC"}
    assert shut_when(city, network, "T1") == [
        (0, set()),
        (7, first),
        (8, first | third),
        (10, set()),
    ]


def test_overtime_counts_as_shift(network: Network, tmp_path: Path):
    """T5 may work until 29:00: hours from 04:30 on the next morning touch it, from 05:00 do not."""
    early = make_city(tmp_path / "a", closures=CLOSURE + "C1,,一街,,,,04:30,05:30\n")
    late = make_city(tmp_path / "b", closures=CLOSURE + "C1,,一街,,,,05:00,05:30\n")
    assert blocked(early, network, "T5") == {"AD", "DA"}
    assert blocked(late, network, "T5") == set()


def test_closure_over_midnight_reaches_into_the_morning(network: Network, tmp_path: Path):
    """22:00-30:30 of the day before still holds when the shift begins at 06:00."""
    table = CLOSURE + "C1,,一街,,2024-11-24,2024-11-24,22:00,30:30\n"
    city = make_city(tmp_path, closures=table)
    assert shut_when(city, network, "T1") == [(0, {"AD", "DA"}), (6, set())]


def test_hours_that_cover_the_shift_are_one_period(network: Network, tmp_path: Path):
    """A closure from before the shift to after it leaves nothing to wait for."""
    city = make_city(tmp_path, closures=CLOSURE + "C1,,一街,,,,05:00,15:00\n")
    assert shut_when(city, network, "T1") == [(0, {"AD", "DA"})]


def test_truck_ban_spares_light_trucks_and_permits(network: Network, tmp_path: Path):
    """Heavy trucks stay out; a light one, one with the permit and one with every permit do not."""
    city = make_city(tmp_path, limits=LIMIT + "L1,truck_ban,,10,,,07:00,23:00,centre\n")
    assert blocked(city, network, "T1") == {"AB", "BA", "BC", "CB"}
    assert blocked(city, network, "T2") == set()
    assert blocked(city, network, "T4") == set()
    assert blocked(city, network, "T5") == set()


def test_truck_ban_above_a_weight(network: Network, tmp_path: Path):
    """With a value the ban binds trucks that weigh more, not all heavy ones."""
    city = make_city(tmp_path, limits=LIMIT + "L1,truck_ban,10,30,,,,,\n")
    assert blocked(city, network, "T1") == set()
    assert blocked(city, network, "T3") == {"AD", "DA"}


@pytest.mark.parametrize(
    ("kind", "value", "shut"),
    [
        ("max_weight_t", "11", {"T2", "T3"}),
        ("max_weight_t", "12", set()),
        ("max_height_m", "2.6", {"T2", "T3"}),
        ("max_width_m", "2.3", {"T1", "T2", "T3", "T4", "T5"}),
    ],
)
def test_limits_of_size(network: Network, tmp_path: Path, kind: str, value: str, shut: set[str]):
    """A truck exactly as large as the limit passes; hours and general permits change nothing."""
    city = make_city(tmp_path, limits=LIMIT + f"L1,{kind},{value},30,,,16:00,17:00,,\n")
    assert {name for name in trucks_of(city) if blocked(city, network, name)} == shut


def test_a_named_permit_lifts_a_limit_of_weight(network: Network, tmp_path: Path):
    """The row says which permit frees from it."""
    city = make_city(tmp_path, limits=LIMIT + "L1,max_weight_t,5,30,,,,,centre\n")
    assert blocked(city, network, "T2") == set()
    assert blocked(city, network, "T3") == {"AD", "DA"}


def test_rows_without_effect_are_named(network: Network, tmp_path: Path):
    """A row that matches no street says so; one that is not in force is silent."""
    closures = CLOSURE + "C1,99,,,,,,\nC2,98,,,2020-01-01,2020-01-02,,\n"
    limits = LIMIT + "L1,truck_ban,,,没有路,,,,\n"
    city = make_city(tmp_path, closures=closures, limits=limits)
    restrictions, notes = read_restrictions(city, network, MONDAY)
    assert notes == [
        "closures.csv row 2: closure C1 matches no street of the map; it has no effect",
        "limits.csv row 2: limit L1 matches no street of the map; it has no effect",
    ]
    assert [len(r.arcs) for r in restrictions] == [0, 0]


def members(groups: list[AccessGroup]) -> list[tuple[str, ...]]:
    """Return who is in which group."""
    return [group.truck_ids for group in groups]


def test_trucks_are_grouped_by_effect(network: Network, tmp_path: Path):
    """2.5 m and 2.7 m pass under the same bridge, 2.9 m does not; 3 t may use the weak bridge."""
    city = make_city(tmp_path)
    groups, notes = access_groups(city, network, MONDAY, list(trucks_of(city).values()))
    assert members(groups) == [("T1", "T2", "T5"), ("T3",), ("T4",)]
    assert [group.name for group in groups] == ["profile_1", "profile_2", "profile_3"]
    assert (groups[0].profile.height_cm, groups[0].profile.weight_kg) == (270, 12_000)
    assert groups[0].profile.permits == frozenset()
    assert notes == []


def test_a_closure_that_binds_some_splits_a_group(network: Network, tmp_path: Path):
    """T1 and T2 differ by a permit only; where it matters, they part."""
    city = make_city(tmp_path, limits=LIMIT + "L1,truck_ban,,30,,,,,centre\n")
    groups, _ = access_groups(city, network, MONDAY, list(trucks_of(city).values()))
    assert members(groups) == [("T1",), ("T2", "T5"), ("T3",), ("T4",)]
    assert {NAMES[arc] for arc in groups[0].blocked} == {"AD", "DA"}


def test_a_closure_of_what_is_shut_anyway_splits_nothing(network: Network, tmp_path: Path):
    """The weak bridge is too weak for T1 and T2 anyway; a ban there keeps them together."""
    city = make_city(tmp_path, limits=LIMIT + "L1,truck_ban,,31,,,,,centre\n")
    some = [trucks_of(city)[name] for name in ("T1", "T2")]
    groups, _ = access_groups(city, network, MONDAY, some)
    assert members(groups) == [("T1", "T2")]


def test_turns_banned_for_heavy_trucks_split_groups(tmp_path: Path):
    """On streets without any limit, heavy and light part over a turn that only heavies lack."""
    open_streets = [dataclasses.replace(s, max_height_cm=0, max_weight_kg=0) for s in STREETS]
    city = make_city(tmp_path)
    trucks = list(trucks_of(city).values())
    groups, _ = access_groups(city, town(PLACES, open_streets), MONDAY, trucks)
    assert members(groups) == [("T1", "T2", "T3", "T5"), ("T4",)]
    free = [dataclasses.replace(s, hgv_banned=()) for s in open_streets]
    groups, _ = access_groups(city, town(PLACES, free), MONDAY, trucks)
    assert members(groups) == [("T1", "T2", "T3", "T4", "T5")]


def test_a_group_weighs_like_each_of_its_trucks(network: Network, tmp_path: Path):
    """The group's one set of weights is what every member's own would be."""
    limits = LIMIT + "L1,truck_ban,,31,,,,,centre\nL2,max_height_m,2.6,30,,,,,\n"
    city = make_city(tmp_path, limits=limits, closures=CLOSURE + "C1,32,,,,,,\n")
    trucks = trucks_of(city)
    groups, _ = access_groups(city, network, MONDAY, list(trucks.values()))
    assert sorted(t for g in groups for t in g.truck_ids) == sorted(trucks)
    for group in groups:
        shared = weigh(network, group.profile, group.blocked)
        for truck_id in group.truck_ids:
            truck = trucks[truck_id]
            own_blocked = always(periods_of(city, network, truck_id))
            own = weigh(network, truck_profile(city, truck), own_blocked)
            assert np.array_equal(own.arc_time_ms, shared.arc_time_ms)
            assert np.array_equal(own.routable, shared.routable)


def test_speeds_come_from_the_city(network: Network, tmp_path: Path):
    """A profile drives as fast as city.toml says."""
    city = read_city(
        write_city(tmp_path, toml='osm = "x"\n[speeds]\nprimary = 33\n', trucks=TRUCKS)
    )
    profile = truck_profile(city, trucks_of(city)["T1"])
    assert profile.speeds_kmh[CLASS_INDEX["primary"]] == 33
