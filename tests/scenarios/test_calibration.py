"""Service times from a log of stops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from routing.errors import InputError
from scenarios.calibration import FEW, read_stops, service_times
from scenarios.city import City, Settings


def _visits(n: int, noise_s: float, seed: int = 7) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    bins = rng.integers(1, 9, n)
    seconds = 50 + 20 * bins + rng.normal(0, noise_s, n)
    return pd.DataFrame({"kind": "market", "bins": bins, "seconds": seconds})


def _city() -> City:
    points = pd.DataFrame({"point_id": ["P1"], "kind": ["market"], "bins": [2]})
    return City(Path(), "c", "", "wgs84", {"points": points}, Settings(), [], [], Path())


@pytest.mark.parametrize("n", [20, 100, 1000])
def test_error_bars_hold_what_they_promise(n: int) -> None:
    """Two error bars hold the true times in nine of ten logs, though the setting is far off."""
    logs = [service_times(_visits(n, 12.0, seed), 40.0, 32.0)[0] for seed in range(60)]
    stop = [abs(found.stop_s - 50) < 2 * found.stop_plus_minus for found in logs]
    per_bin = [abs(found.bin_s - 20) < 2 * found.bin_plus_minus for found in logs]
    assert min(sum(stop), sum(per_bin)) >= 54


def test_many_visits_settle_the_times() -> None:
    """A long log comes near the true times, with narrow bars."""
    found = service_times(_visits(4000, 12.0), 40.0, 32.0)[0]
    assert (found.stop_s, found.bin_s) == pytest.approx((50, 20), abs=1.5)
    assert max(found.stop_plus_minus, found.bin_plus_minus) < 1


def test_few_visits_are_shrunk() -> None:
    """As many visits as the present setting weighs move it half of the way."""
    found = service_times(_visits(FEW, 0.0), 30.0, 10.0)[0]
    assert (found.stop_s, found.bin_s) == pytest.approx((40, 15))
    assert found.weight == 0.5


def test_a_meal_at_a_stop_is_left_out() -> None:
    """A visit of an hour changes nothing but the count of those left out."""
    visits = _visits(200, 5.0)
    meal = pd.DataFrame({"kind": ["market"], "bins": [3], "seconds": [3600.0]})
    plain = service_times(visits, 50.0, 20.0)[0]
    with_meal = service_times(pd.concat([visits, meal], ignore_index=True), 50.0, 20.0)[0]
    assert with_meal.num_left_out == plain.num_left_out + 1
    assert with_meal.stop_s == pytest.approx(plain.stop_s)


def test_all_faults_of_a_log_are_told_at_once(tmp_path: Path) -> None:
    """A wrong time, an unknown point and swapped times each name row, column and remedy."""
    log = tmp_path / "stops.csv"
    log.write_text(
        "truck_id,point_id,arrive,depart\n"
        "T1,P1,soon,2024-11-25 08:02:00\n"
        "T1,P9,2024-11-25 08:00:00,2024-11-25 08:02:00\n"
        "T1,P1,2024-11-25 08:02:00,2024-11-25 08:00:00\n"
    )
    with pytest.raises(InputError) as error:
        read_stops(log, _city())
    told = str(error.value)
    assert "row 2: arrive = 'soon'" in told
    assert "row 3: point_id = 'P9'" in told
    assert "row 4: depart = '2024-11-25 08:00:00'" in told
