"""From a log to factors on the sample city's streets, and logs that do not belong there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from routing.errors import InputError
from routing.network import CLASS_INDEX, Network
from routing.roads import Roads, build_roads
from scenarios.city import City, read_city
from scenarios.coordinates import from_wgs84
from scenarios.gps.calibration import Calibration, calibrate_speeds, read_settings
from scenarios.gps.log import read_log
from scenarios.run import load_network
from tests.scenarios.gps.logs import MadeLog, make_log, true_factor
from tests.scenarios.gps.measure import city_with_trucks, errors, shares_recovered

STEP = 1 / 111_195.0  # degrees a metre


@dataclass(frozen=True)
class Ground:
    """A city with its streets."""

    city: City
    network: Network
    roads: Roads


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """The sample city with twenty collectors more."""
    city = city_with_trucks(tmp_path_factory.mktemp("gps") / "city", None, 20)
    network = load_network(city, lambda text: None)
    return Ground(city, network, build_roads(network))


@pytest.fixture(scope="module")
def made(ground: Ground) -> MadeLog:
    """Two hours of four trucks, to be left as they are."""
    return make_log(ground.city, ground.network, ground.roads, seed=2, trucks=4, hours=(6, 8))


def calibrated(
    ground: Ground, frame: pd.DataFrame, folder: Path, system: str | None = None, **options
) -> Calibration:
    """Calibrate from a frame written as a log."""
    path = folder / "gps.csv"
    frame.to_csv(path, index=False)
    reading = read_settings(ground.city, system, "Asia/Shanghai")
    log = read_log(path, ground.city, reading)
    return calibrate_speeds(ground.city, ground.network, log, **options)


def test_factors_lie_within_their_bars(ground: Ground, tmp_path: Path) -> None:
    """Over several logs, with stands, noise and silences: nominal coverage and next to no bias."""

    def silences(frame: pd.DataFrame) -> pd.DataFrame:
        seconds = pd.to_datetime(frame["time"]).dt.minute
        return frame[~seconds.isin([17, 18, 41, 42, 43, 44, 45])].reset_index(drop=True)

    tables = []
    for seed in range(6):
        made = make_log(
            ground.city, ground.network, ground.roads, seed=seed, trucks=8, keep=silences
        )
        tables.append(errors(calibrated(ground, made.frame, tmp_path)))
    table = pd.concat(tables)
    table = table[table["n"] >= 3]
    off = (table["factor"] - table["truth"]) / table["plus_minus"]
    assert len(off) > 50
    assert np.mean(off.abs() < 1) >= 0.6
    assert np.mean(off.abs() < 2) >= 0.92
    bias = np.average(table["factor"] / table["truth"] - 1, weights=table["hours"])
    assert abs(bias) < 0.02


def test_the_report_counts_what_happened(ground: Ground, made: MadeLog, tmp_path: Path) -> None:
    """Trucks, stands, kilometres and noise are those of the drives behind the log."""
    found = calibrated(ground, made.frame, tmp_path)
    stood = sum(len(done.stood_s) for done in made.drives.values())
    km = sum(sum(done.length_cm) for done in made.drives.values()) / 1e5
    assert found.num_trucks == 4
    assert found.num_fixes == len(made.frame)
    assert found.share_matched > 0.98
    assert found.num_stands == pytest.approx(stood, abs=0.1 * stood + 2)
    assert 0.9 * km < found.driven_km <= 1.02 * km
    assert found.noise_m == pytest.approx(6, abs=2)
    assert found.notes == ()


def test_the_table_reads_back_as_the_city_reads_it(
    ground: Ground, made: MadeLog, tmp_path: Path
) -> None:
    """Every cell once, for the profiles that drove and for all, in hours that fill the day."""
    found = calibrated(ground, made.frame, tmp_path, borders=(0, 7, 24))
    table = found.table()
    assert set(table["profile"]) == {"truck", "all"}
    assert not table.duplicated(["road_class", "hour_from", "profile"]).any()
    assert set(zip(table["hour_from"], table["hour_to"], strict=True)) == {(0, 7), (7, 24)}
    assert (table["factor"].between(0.05, 5) & (table["plus_minus"] > 0)).all()


def test_stands_do_not_count_as_slow_driving(ground: Ground, tmp_path: Path) -> None:
    """Trucks that stand three times as long at every point drive as fast as the others."""
    factors = []
    for stand_s in ((40.0, 80.0), (200.0, 300.0)):
        made = make_log(
            ground.city, ground.network, ground.roads, seed=5, trucks=6, hours=(9, 13),
            stand_s=stand_s, pace=lambda class_idx, day_s: 1.0,
        )  # fmt: skip
        table = errors(calibrated(ground, made.frame, tmp_path))
        main = table[table["road_class"] == "primary"].iloc[0]
        factors.append(main["factor"])
    assert factors == pytest.approx([1.0, 1.0], abs=0.06)


def test_threads_and_order_do_not_change_the_table(
    ground: Ground, made: MadeLog, tmp_path: Path
) -> None:
    """One thread, three threads and rows in another order: the same table."""
    tables = [
        calibrated(ground, frame, tmp_path, threads=threads).table()
        for frame, threads in (
            (made.frame, 1),
            (made.frame, 3),
            (made.frame.sample(frac=1, random_state=1), 1),
        )
    ]
    assert tables[0].equals(tables[1])
    assert tables[0].equals(tables[2])


@pytest.mark.parametrize("system", ["gcj02", "bd09"])
def test_another_coordinate_system_is_named(
    ground: Ground, made: MadeLog, tmp_path: Path, system: str
) -> None:
    """A log in GCJ-02 or BD-09 read as WGS-84 is refused with its name; declared, it is read."""
    frame = made.frame.copy()
    frame["lon"], frame["lat"] = from_wgs84(frame["lon"], frame["lat"], system)
    with pytest.raises(
        InputError, match=rf"{system.upper()} read as WGS84.*--coordinates {system}"
    ):
        calibrated(ground, frame, tmp_path)
    found = calibrated(ground, frame, tmp_path, system)
    assert found.share_matched > 0.98


def test_wgs84_read_as_gcj02_is_named(ground: Ground, made: MadeLog, tmp_path: Path) -> None:
    """The other way round too."""
    with pytest.raises(InputError, match="WGS84 read as GCJ02 would be"):
        calibrated(ground, made.frame, tmp_path, "gcj02")


def test_a_common_offset_is_named(ground: Ground, made: MadeLog, tmp_path: Path) -> None:
    """All fixes 90 m too far east: distance and direction are told."""
    shifted = made.frame.assign(lon=made.frame["lon"] + 90 * STEP / np.cos(np.radians(31)))
    with pytest.raises(InputError, match=r"all fixes lie about (80|90|100) m east of the streets"):
        calibrated(ground, shifted, tmp_path)


def test_another_city_is_named(ground: Ground, made: MadeLog, tmp_path: Path) -> None:
    """A log from 300 km away names both places; exchanged columns are recognized."""
    away = made.frame.assign(lon=made.frame["lon"] + 3)
    with pytest.raises(InputError, match=r"most fixes lie outside the map.*is it the log of this"):
        calibrated(ground, away, tmp_path)


def test_trucks_that_never_move(ground: Ground, made: MadeLog, tmp_path: Path) -> None:
    """A log of parked trucks tells nothing, and that is said."""
    still = made.frame.assign(lon=made.frame["lon"].iloc[0], lat=made.frame["lat"].iloc[0])
    with pytest.raises(InputError, match="no truck moves"):
        calibrated(ground, still, tmp_path)


def test_fixes_minutes_apart_are_of_no_use(ground: Ground, made: MadeLog, tmp_path: Path) -> None:
    """One fix every four minutes: what happened between is not known, and the remedy is told."""
    sparse = made.frame.groupby("truck_id").nth(list(range(0, 1000, 16)))
    with pytest.raises(InputError, match="expected fixes at most 60 s apart"):
        calibrated(ground, sparse, tmp_path)


def test_the_wrong_zone_is_suspected(ground: Ground, made: MadeLog, tmp_path: Path) -> None:
    """Driving at hours at which no truck is on shift gives a note that names the zone."""
    moved = pd.to_datetime(made.frame["time"]) + pd.Timedelta(hours=12)
    found = calibrated(ground, made.frame.assign(time=moved.astype(str)), tmp_path)
    assert "Asia/Shanghai the zone of the city (--zone)?" in found.notes[0]


def test_sweepers_at_work_are_left_out(ground: Ground, made: MadeLog, tmp_path: Path) -> None:
    """Of a sweeper that crawls along, all is work; a collector as slow is in a jam."""
    trucks = ground.city.trucks
    sweeper = trucks[trucks["kind"] == "sweeper"]["truck_id"].iloc[0]
    one = made.frame[made.frame["truck_id"] == made.frame["truck_id"].iloc[0]]
    time = pd.to_datetime(one["time"])
    crawl = time.iloc[0] + 6 * (time - time.iloc[0])
    crawling = one.assign(time=crawl.astype(str), truck_id=sweeper)
    found = calibrated(ground, pd.concat([made.frame, crawling]), tmp_path)
    assert any("of sweepers at up to" in note for note in found.notes)
    alone = calibrated(ground, made.frame, tmp_path)
    same = [
        (a.factor, b.factor)
        for a, b in zip(alone.factors, found.factors, strict=False)
        if a.cell == b.cell and a.n and a.cell[2] == "truck"
    ]
    assert all(a == pytest.approx(b, rel=0.05) for a, b in same)


@pytest.mark.real_map
def test_heidelberg(shared_osm: Path, tmp_path: Path) -> None:
    """On a real map too: 95 % of the length on the right arcs, factors within their bars."""
    city = city_with_trucks(tmp_path / "city", shared_osm / "de_heidelberg.osm.pbf", 8)
    network = load_network(city, lambda text: None)
    ground = Ground(read_city(tmp_path / "city"), network, build_roads(network))
    made = make_log(city, network, ground.roads, seed=3, trucks=8, hours=(6, 9), every_s=20.0)
    found = calibrated(ground, made.frame, tmp_path)
    assert np.mean(shares_recovered(network, made)) >= 0.95
    table = errors(found)
    off = ((table["factor"] - table["truth"]) / table["plus_minus"]).abs()
    assert np.mean(off < 2) >= 0.85
    main = table[table["road_class"].isin(["primary", "secondary"]) & (table["hours"] > 1)]
    assert ((main["factor"] / main["truth"] - 1).abs() < 0.15).all()
    assert true_factor(CLASS_INDEX["primary"], 6 * 3600) == 0.75
