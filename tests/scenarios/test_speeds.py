"""The table of speeds: what answers where, means over hours and shifts, faults, and plans."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from routing.network import CLASS_INDEX, HIGHWAY_CLASSES
from routing.profiles import TRUCK, weigh
from scenarios.access import access_groups, truck_profile
from scenarios.city import City, read_city
from scenarios.day import plan_day
from scenarios.speeds import DEFAULT, day_factors, profile_of, read_speeds
from tests.cities import DAY, town, write_good, written
from tests.scenarios.test_tables import faults_of, write_city

H = 3600
HEADER = "road_class,hour_from,hour_to,profile,factor,n,plus_minus\n"
TABLE = (
    HEADER
    + "primary,0,7,truck,0.9,40,0.02\n"
    + "primary,7,9,truck,0.5,40,0.02\n"
    + "primary,0,24,all,0.8,0,0.1\n"
    + "all,7,9,small_truck,0.7,0,0.1\n"
    + "all,0,24,all,1.1,0,0.2\n"
)
TRUCKS = (
    "truck_id,kind,depot_id,capacity_kg,weight_t,shift_start,shift_end\n"
    "T1,collector,D1,5500,12,05:00,09:00\n"
    "T2,collector,D1,1000,3,22:00,32:00\n"
    "S1,sweeper,D1,5500,12,05:00,09:00\n"
)
PRIMARY, SERVICE = CLASS_INDEX["primary"], CLASS_INDEX["service"]


def _city(folder: Path, speeds: str | None = TABLE) -> City:
    return read_city(write_city(folder, trucks=TRUCKS, speeds=speeds))


def test_which_row_answers(tmp_path: Path) -> None:
    """First class and profile, then the class for all profiles, then all classes, then 1."""
    city = _city(tmp_path)
    truck, small = (read_speeds(city, name) for name in ("truck", "small_truck"))
    assert [truck.hourly[hour][PRIMARY] for hour in (6, 7, 8, 9)] == [0.9, 0.5, 0.5, 0.8]
    assert [small.hourly[hour][PRIMARY] for hour in (6, 7)] == [0.8, 0.8]
    assert [small.hourly[hour][SERVICE] for hour in (6, 7)] == [1.1, 0.7]
    assert read_speeds(_city(tmp_path / "none", None), "truck").hourly == (DEFAULT,) * 24


def test_means_over_hours_are_harmonic(tmp_path: Path) -> None:
    """An hour at 0.9 and one at 0.5 take as long as two at their harmonic mean, at midnight too."""
    speeds = read_speeds(_city(tmp_path), "truck")
    assert speeds.factors(6 * H, 8 * H)[PRIMARY] == pytest.approx(2 / (1 / 0.9 + 1 / 0.5))
    part = speeds.factors(6 * H + 2700, 7 * H + 2700)[PRIMARY]
    assert part == pytest.approx(1 / (0.25 / 0.9 + 0.75 / 0.5))
    assert speeds.factors(30 * H, 32 * H) == speeds.factors(6 * H, 8 * H)
    assert speeds.factors(7 * H, 9 * H)[PRIMARY] == 0.5
    assert speeds.factors(7 * H, 7 * H) == DEFAULT


def test_borders_are_where_anything_changes(tmp_path: Path) -> None:
    """Hours at which some class gets another factor; none where all hours are alike."""
    city = _city(tmp_path)
    assert read_speeds(city, "truck").borders() == (0, 7, 9)
    assert read_speeds(city, "small_truck").borders() == (7, 9)
    assert read_speeds(city, "sweeper").borders() == ()


def test_profiles() -> None:
    """Street work is a profile of its own; else 3.5 t part the light from the heavy."""
    assert profile_of("sweeper", 2_000) == profile_of("plough", 9_000) == "sweeper"
    assert profile_of("collector", 3_500) == "small_truck"
    assert profile_of("collector", 3_501) == profile_of("transfer", 25_000) == "truck"


def test_the_day_is_the_shifts_of_the_profile(tmp_path: Path) -> None:
    """Trucks from 05:00 to 09:00: two hours at 0.9, two at 0.5. At night a light one meets 7 h."""
    city = _city(tmp_path)
    assert day_factors(city, "truck")[PRIMARY] == pytest.approx(4 / (2 / 0.9 + 2 / 0.5))
    # 22:00 to 08:00: nine hours at 1.1, one at 0.7
    assert day_factors(city, "small_truck")[SERVICE] == pytest.approx(10 / (9 / 1.1 + 1 / 0.7))
    assert day_factors(_city(tmp_path / "none", None), "truck") == DEFAULT


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("primary,9,7,truck,1,,", "row 2: hour_to = '7'; expected an hour after hour_from = 9"),
        ("primary,0,25,truck,1,,", "row 2: hour_to = '25'; expected a whole number <= 24"),
        ("primery,0,24,truck,1,,", "did you mean primary?"),
        ("primary,0,24,lorry,1,,", "row 2: profile = 'lorry'; expected one of truck"),
        ("primary,0,24,truck,0,,", "row 2: factor = '0'; expected a number >= 0.05"),
        (
            "primary,0,8,truck,1,,\nprimary,7,9,truck,1,,",
            "row 3: hour_from = '7'; expected hours apart from those of row 2, which has 7 h too",
        ),
    ],
)
def test_faults_of_the_table(tmp_path: Path, row: str, told: str) -> None:
    """Each fault has its row, its column and what was expected."""
    faults = faults_of(write_city(tmp_path, speeds=f"{HEADER}{row}\n"))
    assert len(faults) == 1
    assert told in faults[0]


def test_hours_of_other_classes_and_profiles_may_overlap(tmp_path: Path) -> None:
    """Only one class of one profile must not have two factors in an hour."""
    rows = "primary,0,9,truck,1,,\nprimary,0,9,all,1,,\nall,0,9,truck,1,,\nprimary,9,24,truck,1,,\n"
    assert len(read_city(write_city(tmp_path, speeds=HEADER + rows)).speeds) == 4


def test_measured_factors_stretch_times_and_keep_limits(tmp_path: Path) -> None:
    """Half the speed takes twice the time, signed limits or not; no limit is ever passed."""
    network = town(maxspeed="20").read(tmp_path)
    plain = weigh(network, TRUCK)
    slow, fast = (
        weigh(network, _with_factor(factor)).arc_time_ms / plain.arc_time_ms
        for factor in (0.5, 1.5)
    )
    signed = network.arc_maxspeed_kmh > 0
    main = network.arc_class == PRIMARY
    assert slow[main] == pytest.approx(2, rel=1e-3)
    assert slow[~main] == pytest.approx(1)
    assert (signed & main).any()
    assert fast[signed & main] == pytest.approx(1)
    wrong = (1.0,) * (len(HIGHWAY_CLASSES) - 1)
    with pytest.raises(ValueError, match="class_factors"):
        _with_factor(1.0, wrong)


def _with_factor(factor: float, factors: tuple[float, ...] | None = None):
    from dataclasses import replace

    own = tuple(factor if name == "primary" else 1.0 for name in HIGHWAY_CLASSES)
    return replace(TRUCK, class_factors=factors or own)


def test_plans_go_by_the_table(tmp_path: Path) -> None:
    """Profiles carry the day's factors, profiles with other speeds part, and a note says so."""
    folder = write_good(tmp_path / "city")
    network = town().read(tmp_path)
    date = dt.date.fromisoformat(DAY)
    before = read_city(folder)
    plain, plain_notes = access_groups(before, network, date, plan_day(before, date).trucks)
    written("speeds.csv", HEADER + "primary,0,24,sweeper,0.5,,\n")(folder)
    city = read_city(folder)
    trucks = plan_day(city, date).trucks
    groups, notes = access_groups(city, network, date, trucks)
    assert len(plain) == 1
    assert [set(group.truck_ids) for group in groups] == [{"C1", "F1", "R1"}, {"S1"}]
    assert groups[0].profile.class_factors == DEFAULT
    assert groups[1].profile.class_factors[PRIMARY] == 0.5
    assert [n for n in notes if n not in plain_notes] == [n for n in notes if "speeds.csv" in n]
    for truck in trucks:
        own = weigh(network, truck_profile(city, truck)).arc_time_ms
        group = next(g for g in groups if truck.truck_id in g.truck_ids)
        assert np.array_equal(own, weigh(network, group.profile).arc_time_ms)


def test_a_city_without_the_table_keeps_its_fingerprint(tmp_path: Path) -> None:
    """Only rows of speeds.csv change the hash of the tables; an empty table is none."""
    none, empty, some = (
        _city(tmp_path / name, text).tables_hash
        for name, text in (("a", None), ("b", HEADER), ("c", TABLE))
    )
    assert none == empty != some
