"""The table of speeds: what answers where, hours of a day, faults, and plans."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from dispatch.audit import audit_plan
from dispatch.record import plan_record
from routing.network import CLASS_INDEX, HIGHWAY_CLASSES
from routing.profiles import TRUCK, weigh
from scenarios.access import access_groups
from scenarios.city import City, read_city
from scenarios.day import plan_day
from scenarios.run import run_day
from scenarios.speeds import DEFAULT, profile_of, read_speeds
from solvers.stop import MaxIterations
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


def test_changes_are_where_any_factor_does(tmp_path: Path) -> None:
    """Hours at which some class gets another factor, on both days; none where all are alike."""
    city = _city(tmp_path)

    def hours(name: str) -> list[int]:
        return [moment // H for moment in sorted(read_speeds(city, name).changes())]

    assert hours("truck") == [0, 7, 9, 24, 31, 33]
    assert hours("small_truck") == [7, 9, 31, 33]
    assert hours("sweeper") == []


def test_a_span_has_the_slowest_of_its_hours(tmp_path: Path) -> None:
    """Any second of a slow hour counts, past midnight too; an end on the hour does not touch it."""
    speeds = read_speeds(_city(tmp_path), "truck")
    assert speeds.slowest(6 * H, 7 * H)[PRIMARY] == 0.9
    assert speeds.slowest(6 * H, 7 * H + 1)[PRIMARY] == 0.5
    assert speeds.slowest(30 * H, 32 * H) == speeds.slowest(6 * H, 8 * H)
    assert speeds.slowest(9 * H, 9 * H)[PRIMARY] == 0.8


def test_hours_that_hardly_differ_are_one(tmp_path: Path) -> None:
    """0.90 and 0.92 become their harmonic mean; 0.99 is too far from 0.90."""
    rows = "primary,0,7,all,0.90,,\nprimary,7,8,all,0.92,,\nprimary,8,24,all,0.99,,\n"
    speeds = read_speeds(_city(tmp_path, HEADER + rows), "truck")
    assert sorted(speeds.changes()) == [0, 8 * H, 24 * H, 32 * H]
    mean = speeds.slowest(0, 8 * H)[PRIMARY]
    assert mean == pytest.approx(8 / (7 / 0.90 + 1 / 0.92))


def test_profiles() -> None:
    """Street work is a profile of its own; else 3.5 t part the light from the heavy."""
    assert profile_of("sweeper", 2_000) == profile_of("plough", 9_000) == "sweeper"
    assert profile_of("collector", 3_500) == "small_truck"
    assert profile_of("collector", 3_501) == profile_of("transfer", 25_000) == "truck"


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
    """Profiles with other speeds part, and a day is cut where they change."""
    folder = write_good(tmp_path / "city")
    network = town().read(tmp_path)
    date = dt.date.fromisoformat(DAY)
    before = read_city(folder)
    plain, _ = access_groups(before, network, date, plan_day(before, date).trucks)
    rows = "primary,0,24,sweeper,0.5,,\nprimary,7,9,all,0.6,,\n"
    written("speeds.csv", HEADER + rows)(folder)
    city = read_city(folder)
    groups, _ = access_groups(city, network, date, plan_day(city, date).trucks)
    assert [len(g.periods) for g in plain] == [1]
    assert [set(group.truck_ids) for group in groups] == [{"C1", "F1", "R1"}, {"S1"}]
    others, sweeper = groups
    told = [(p.begin_s // H, p.factors[PRIMARY]) for p in others.periods]
    assert told == [(0, 1.0), (7, 0.6), (9, 1.0)]
    assert others.profile.class_factors == DEFAULT
    assert [p.factors[PRIMARY] for p in sweeper.periods] == [0.5]


def test_the_morning_peak_is_planned_and_audited(tmp_path: Path) -> None:
    """Legs take as long as the speeds of their hours say; the audit sees another table."""
    folder = write_good(tmp_path / "city")
    written("speeds.csv", HEADER + "all,6,8,all,0.4,,\nprimary,8,24,all,1.2,,\n")(folder)
    city = read_city(folder)
    done = run_day(city, dt.date.fromisoformat(DAY), lambda: MaxIterations(200))
    record = plan_record(city, done)
    report = audit_plan(record, city, done.network)
    assert report.ok, report.findings
    written("speeds.csv", HEADER + "all,0,24,all,0.8,,\n")(folder)
    assert "leg-time" in audit_plan(record, read_city(folder), done.network).codes()


def test_a_city_without_the_table_keeps_its_fingerprint(tmp_path: Path) -> None:
    """Only rows of speeds.csv change the hash of the tables; an empty table is none."""
    none, empty, some = (
        _city(tmp_path / name, text).tables_hash
        for name, text in (("a", None), ("b", HEADER), ("c", TABLE))
    )
    assert none == empty != some
