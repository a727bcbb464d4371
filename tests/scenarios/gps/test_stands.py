"""Stands: work at a place, a red light, a pause, and errors of the receiver."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from scenarios.city import City, Settings
from scenarios.gps.log import Log, Reading
from scenarios.gps.stands import Movement, movement

STEP = 1 / 111_195.0  # degrees a metre, at the equator
READING = Reading("wgs84", ZoneInfo("Asia/Shanghai"))


def _city() -> City:
    points = pd.DataFrame({"lon": [500 * STEP, 1500 * STEP], "lat": [0.0, 0.0],
                           "stream": ["other", "kitchen"]})  # fmt: skip
    facilities = pd.DataFrame({"lon": [3000 * STEP], "lat": [0.0]})
    trucks = pd.DataFrame({"truck_id": ["T1"], "streams": [("other",)]})
    tables = {"points": points, "facilities": facilities, "trucks": trucks}
    return City(Path(), "c", "", "wgs84", tables, Settings(), [], [], Path())


def _log(rows: list[tuple[float, float]], speed: list[float] | None = None) -> Log:
    """Log of one truck at (seconds, metres east)."""
    time, east = np.asarray(rows, dtype=np.float64).T
    frame = pd.DataFrame(
        {
            "truck_id": "T1",
            "time_s": time,
            "day_s": time + 8 * 3600,
            "lon": east * STEP,
            "lat": 0.0,
            "speed_kmh": np.nan if speed is None else speed,
            "heading": 90.0,
        }
    )
    return Log("gps.csv", READING, frame, frame[["lon", "lat"]], ())


def _moved(rows: list[tuple[float, float]], speed: list[float] | None = None) -> Movement:
    return movement(_log(rows, speed), _city())


def drive_to(at_m: float, begin_s: float = 0.0) -> list[tuple[float, float]]:
    """Four fixes on the way to a place, 100 m and 10 s apart."""
    return [(begin_s + 10 * k, at_m - 400 + 100 * k) for k in range(4)]


def stay(at_m: float, begin_s: float, seconds: float) -> list[tuple[float, float]]:
    """Fixes at one place, 10 s apart."""
    return [(begin_s + t, at_m + 5 * (-1) ** k) for k, t in enumerate(np.arange(0, seconds, 10))]


def test_a_stop_at_a_point_of_its_stream_is_a_stand() -> None:
    """Half a minute at a point becomes an arrival and a departure, at one place."""
    moved = _moved([*drive_to(500), *stay(500, 40, 40), (80, 600), (90, 700)])
    assert moved.num_stands == 1
    assert moved.standing.tolist() == [False] * 4 + [True] * 2 + [False] * 2
    assert moved.tracks.time_s[moved.standing].tolist() == [40, 70]
    assert np.ptp(moved.tracks.lon[moved.standing]) == 0


@pytest.mark.parametrize("at_m", [1500, 2000])
def test_a_red_light_is_traffic(at_m: float) -> None:
    """The same half minute elsewhere, or at a point of another stream, is driving."""
    moved = _moved([*drive_to(at_m), *stay(at_m, 40, 40), (80, at_m + 100)])
    assert moved.num_stands == 0


def test_a_pause_is_a_stand_wherever_it_is() -> None:
    """Four minutes at the roadside are no traffic."""
    moved = _moved([*drive_to(2000), *stay(2000, 40, 240), (280, 2100)])
    assert moved.num_stands == 1


def test_a_fix_before_the_truck_rests_does_not_hide_the_stand() -> None:
    """A fix 28 m before the point, then 30 s at it with noise: still one stand."""
    moved = _moved(
        [*drive_to(500), (35, 471), (40, 498), (50, 503), (60, 497), (70, 504), (80, 620)]
    )
    assert moved.num_stands == 1
    assert moved.standing.sum() == 2


def test_a_single_slow_fix_at_a_point_is_a_stand() -> None:
    """Where the log tells speeds, one fix at rest beside a point is enough."""
    rows = [*drive_to(500), (40, 500), (70, 700)]
    assert _moved(rows, [30, 30, 30, 30, 0, 30]).num_stands == 1
    assert _moved(rows).num_stands == 0


def test_headings_of_slow_fixes_are_not_believed() -> None:
    """A receiver at walking pace does not know where it is heading."""
    moved = _moved([(0, 0), (10, 100), (20, 200)], [30, 4, 30])
    assert np.isnan(moved.tracks.heading_deg).tolist() == [False, True, False]


def test_a_jump_is_left_out() -> None:
    """A fix 20 km away and back within 20 s is an error; a true move of place is not."""
    moved = _moved([(0, 0), (10, 100), (20, 20_000), (30, 300), (40, 400)])
    assert moved.num_jumps == 1
    assert moved.tracks.time_s.tolist() == [0, 10, 30, 40]
    far = [(50 + 10 * k, 20_000 + 100 * k) for k in range(8)]
    assert _moved([(0, 0), (10, 100), *far]).num_jumps == 3


def test_a_facility_ends_a_trip() -> None:
    """After unloading, and after a long silence, a new trip begins; a point does not end one."""
    rows = [*drive_to(500), *stay(500, 40, 40), (90, 700), (100, 2900), *stay(3000, 150, 60)]
    rows += [(220, 3200), (230, 3300), (4000, 3400)]
    moved = _moved(rows)
    first, unloaded, silent = (moved.trip[moved.tracks.time_s == t][0] for t in (0, 220, 4000))
    assert (first, unloaded, silent) == (0, 1, 2)
    assert moved.trip[moved.tracks.time_s == 90][0] == 0
    assert moved.in_yard[moved.tracks.time_s == 150][0]
