"""Monitored corridors: whom they bind, and travel by a wash against a search that tries each."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.network import Network
from routing.paths import Path as StreetPath
from routing.profiles import TRUCK, Weights, weigh
from routing.roads import build_roads
from routing.snapping import Positions
from scenarios.access import access_groups
from scenarios.city import City, read_city
from scenarios.corridors import WashRule, read_corridors, truck_groups
from scenarios.day import DueFacility, plan_day
from scenarios.washing import Washing, WashStation, wash_travel
from tests import naive
from tests.cities import DAY, added, town, write_good
from tests.routing.maps import arc
from tests.routing.test_matrix import check_path, grids, some_places

DATE = dt.date.fromisoformat(DAY)
H = 3600
WASH = "W9,wash,112.008500,31.002050,,,,,"
"""On the far bank of the town, at the end of the bridge."""
LIMIT = "limit_id,kind,value,way_id,area,from_time,to_time,permit,wash_id\n"
CENTER = (
    'C,center,,,"POLYGON((111.99 30.99, 112.006 30.99, 112.006 31.01, 111.99 31.01,'
    ' 111.99 30.99))",,,,\n'
)


def make_city(folder: Path, *rows: str, wash: str = WASH, **cells: str) -> City:
    """Return the town with a monitored bridge, or with the given rows of limits.csv."""
    write_good(folder)
    added("facilities.csv", wash)(folder)
    (folder / "limits.csv").write_text(LIMIT + CENTER + "\n".join(rows) + "\n", encoding="utf-8")
    return read_city(folder)


def bridge(value: str = "", hours: str = ",", permit: str = "") -> str:
    """Return the row of limits.csv that watches the bridge."""
    return f"L1,wash_corridor,{value},700,,{hours},{permit},W9"


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """The town's streets."""
    return town().read(tmp_path_factory.mktemp("town"))


def bound(city: City, network: Network) -> tuple[set[str], list[str]]:
    """Return the trucks that have to wash, and the notes."""
    groups, notes = truck_groups(city, network, plan_day(city, DATE))
    return {t for g in groups if g.wash is not None for t in g.truck_ids}, notes


def test_only_the_way_in_is_an_entry(network: Network, tmp_path: Path):
    """Of the bridge's two directions the one into the center counts, and nothing else."""
    corridors, notes = read_corridors(make_city(tmp_path, bridge()), network)
    assert notes == []
    assert [c.entries.tolist() for c in corridors] == [[arc(network, 301, 43)]]


def test_heavy_trucks_are_bound(network: Network, tmp_path: Path):
    """All the town's trucks are heavy; above a weight that none has, nobody is bound."""
    assert bound(make_city(tmp_path / "a", bridge()), network) == ({"C1", "F1", "R1", "S1"}, [])
    assert bound(make_city(tmp_path / "b", bridge(value="90")), network) == (set(), [])


def test_permits_free(network: Network, tmp_path: Path):
    """The permit that the row names frees the truck that holds it, as does the general one."""
    folder = write_good(tmp_path)
    table = (folder / "trucks.csv").read_text(encoding="utf-8").splitlines()
    permits = ["permits", "clean", "*", "other", ""]
    lines = [f"{line},{permit}" for line, permit in zip(table, permits, strict=True)]
    added("facilities.csv", WASH)(folder)
    (folder / "trucks.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "limits.csv").write_text(LIMIT + CENTER + bridge(permit="clean"), encoding="utf-8")
    groups, _ = truck_groups(read_city(folder), network, plan_day(read_city(folder), DATE))
    assert {t for g in groups if g.wash is not None for t in g.truck_ids} == {"R1", "S1"}
    assert [g.name for g in groups] == ["profile_1", "profile_2"]


def test_hours_hold_for_the_whole_shift(network: Network, tmp_path: Path):
    """From 12:30 on the sweeper, at home by 12:00 without overtime, is free; a note tells it."""
    trucks, notes = bound(make_city(tmp_path, bridge(hours="12:30,14:00")), network)
    assert trucks == {"C1", "F1", "R1"}
    assert notes == [
        "limit L1 is watched 12:30-14:00; treated as watched for the whole shift of C1, F1, R1"
    ]


def test_a_station_that_closes_is_left_out(network: Network, tmp_path: Path):
    """A station that opens after shifts begin is of no use to them, and they are told."""
    shut = WASH.replace(",,,,,", ",,04:30,22:00,,")
    city = make_city(tmp_path, bridge(), wash=shut)
    groups, notes = truck_groups(city, network, plan_day(city, DATE))
    assert {t: g.wash.stations for g in groups if g.wash for t in g.truck_ids} == {
        "C1": ("W9",), "F1": ("W9",), "R1": ("W9",), "S1": (),
    }  # fmt: skip
    assert notes == [
        "wash station W9 is open 04:30-22:00; not used by S1, whose shifts with overtime reach"
        " beyond",
        "no wash station is open for the whole shift of S1: they enter the center only where no"
        " corridor is monitored",
    ]


def test_a_corridor_that_leads_nowhere_is_named(network: Network, tmp_path: Path):
    """Streets inside the center are no way in."""
    city = make_city(tmp_path, "L1,wash_corridor,,102,,,,,W9")
    assert bound(city, network) == (
        set(),
        ["limits.csv row 3: limit L1 names no street that leads into the center; it has no effect"],
    )


def test_without_corridors_nothing_changes(network: Network, tmp_path: Path):
    """Groups are those of `access_groups`, with or without a center."""
    city = make_city(tmp_path)
    day = plan_day(city, DATE)
    groups, notes = truck_groups(city, network, day)
    plain, told = access_groups(city, network, DATE, day.trucks)
    assert notes == told
    assert [(g.name, g.truck_ids, g.wash) for g in groups] == [
        (g.name, g.truck_ids, None) for g in plain
    ]


def station(number: int, location: int, wash_s: int) -> WashStation:
    """Return a station at a location."""
    name = f"W{number}"
    facility = DueFacility(name, name, "wash", 0, 0, (), 0, 48 * H, 1, wash_s, None, False)
    return WashStation(facility, location)


def rounded(found: tuple[int, int] | None) -> tuple[int, int] | None:
    """Return seconds and metres as tables hold them."""
    return None if found is None else ((found[0] + 500) // 1000, (found[1] + 50) // 100)


def tried(
    network: Network,
    weights: Weights,
    entries: set[int],
    places: list[tuple[int, int]],
    stations: list[WashStation],
    ends: tuple[int, int],
) -> tuple[int, int, int]:
    """Return seconds, metres and station of a leg by trying every station, -1 = no way."""
    source, target = places[ends[0]], places[ends[1]]
    straight = rounded(naive.travel(network, weights, source, target, shut=entries))
    best = (*straight, -1) if straight is not None else (-1, -1, -1)
    for k, wash in enumerate(stations):
        where = places[wash.location]
        there = rounded(naive.travel(network, weights, source, where, entries, end_there=True))
        onward = rounded(naive.travel(network, weights, where, target))
        if there is None or onward is None:
            continue
        seconds = there[0] + wash.facility.unload_s + onward[0]
        if best[0] < 0 or seconds < best[0]:
            best = (seconds, there[1] + onward[1], k)
    return best


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    made=grids(),
    seed=st.integers(0, 1000),
    num_entries=st.integers(0, 12),
    wash_s=st.tuples(st.integers(0, 60), st.integers(0, 60)),
    on_entry=st.booleans(),
)
def test_legs_equal_those_tried_one_by_one(made, seed, num_entries, wash_s, on_entry):
    """Times, lengths and stations of random maps; paths add up to them and enter washed only."""
    with tempfile.TemporaryDirectory() as folder:
        network = made.read(Path(folder))
    weights = weigh(network, TRUCK)
    if (weights.arc_time_ms < 0).all():
        return
    rng = np.random.default_rng(seed)
    spots = some_places(network, weights, seed, 6)
    real = np.flatnonzero(
        (network.arc_base == np.arange(network.num_arcs)) & (weights.arc_time_ms >= 0)
    )
    chosen = rng.choice(real, min(num_entries, len(real)), replace=False)
    if on_entry and len(chosen):
        spots.arc[1] = chosen[0]
        spots.offset_cm[1] = network.arc_length_cm[chosen[0]] // 2
    entries = np.sort(chosen).astype(np.int32)
    stations = [station(0, 0, wash_s[0]), station(1, 1, wash_s[1])]
    washing = wash_travel(
        build_roads(network).weigh(weights),
        WashRule(entries, ("W0", "W1")),
        spots,
        {s.facility.facility_id: s for s in stations},
    )
    table, led = washing.joined(spots, spots)
    pairs = np.indices((6, 6)).reshape(2, -1)
    one, other = (Positions(spots.arc[k], spots.offset_cm[k]) for k in pairs)
    assert (washing.stations_by(one, other) == led.reshape(-1)).all()
    places = list(zip(spots.arc.tolist(), spots.offset_cm.tolist(), strict=True))
    bans = naive.binding_bans(network, weights.profile.hgv)
    for i in range(6):
        for j in range(6):
            known = set(entries.tolist())
            expected = tried(network, weights, known, places, stations, (i, j))
            via = int(led[i, j])
            assert (table.time[i, j], table.length[i, j], via) == expected
            paths = parts(washing, spots, (i, j), via)
            wash = 0 if via < 0 else stations[via].facility.unload_s
            if table.time[i, j] >= 0:
                assert sum(p.time_s for p in paths) + wash == table.time[i, j]
                assert sum(p.length_m for p in paths) == table.length[i, j]
            onto = network.arc_base[paths[0].arcs[1:]].tolist()
            assert not known.intersection(onto if via < 0 else onto[:-1])
            for path in paths:
                check_path(network, weights, path, bans)


def parts(washing: Washing, spots: Positions, ends: tuple[int, int], via: int) -> list[StreetPath]:
    """Return the path of a leg, or the two of a leg by a station."""

    def path(metric, one: int, other: int) -> StreetPath:
        pair = [Positions(spots.arc[[k]], spots.offset_cm[[k]]) for k in (one, other)]
        return metric.find_paths(*pair)[0]

    if via < 0:
        return [path(washing.unwashed, *ends)]
    where = washing.stations[via].location
    return [path(washing.approach, ends[0], where), path(washing.washed, where, ends[1])]
