"""Logs of a city's trucks, made from drives at known speeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from routing.network import CLASS_INDEX, Network
from routing.profiles import TRUCK, weigh
from routing.roads import Roads
from routing.snapping import snap
from scenarios.city import City
from tests.routing.drives import Drive, Driver, Pace, Seen, drive, seen

DAY = pd.Timestamp("2024-11-25")
ZONE = ZoneInfo("Asia/Shanghai")


@dataclass
class MadeLog:
    """A log with the drives behind it."""

    frame: pd.DataFrame
    drives: dict[str, Drive] = field(default_factory=dict)
    seen: dict[str, Seen] = field(default_factory=dict)

    def write(self, path: Path) -> Path:
        """Write the log as CSV."""
        self.frame.to_csv(path, index=False)
        return path


def true_factor(class_idx: int, day_s: float) -> float:
    """Factors of the tests: main streets are slow, more so in the morning peak."""
    name = next(key for key, value in CLASS_INDEX.items() if value == class_idx)
    usual = {"primary": 0.75, "secondary": 0.85, "tertiary": 0.9, "residential": 1.1}.get(name, 1.0)
    return usual * (0.8 if 7 * 3600 <= day_s < 9 * 3600 else 1.0)


def true_pace(class_idx: int, day_s: float) -> float:
    """Pace behind `true_factor`."""
    return 1 / true_factor(class_idx, day_s)


def make_log(
    city: City,
    network: Network,
    roads: Roads,
    *,
    seed: int,
    trucks: int,
    hours: tuple[float, float] = (5, 9),
    every_s: float = 15.0,
    noise_m: float = 6.0,
    pace: Pace = true_pace,
    stops: int = 12,
    stand_s: tuple[float, float] = (40.0, 150.0),
    keep: Callable[[pd.DataFrame], pd.DataFrame] = lambda frame: frame,
) -> MadeLog:
    """Let trucks call at points of their streams and at a station, round after round."""
    rng = np.random.default_rng(seed)
    weights = weigh(network, TRUCK)
    made = MadeLog(pd.DataFrame())
    parts = []
    driver = Driver(network, roads, pace)
    able = city.trucks[city.trucks["kind"].isin(["collector", "kitchen", "recyclable"])]
    stations = city.facilities[city.facilities["kind"].isin(["transfer", "plant"])]
    assert trucks <= len(able), "the city has not so many trucks"
    for number in range(trucks):
        truck = able.iloc[number]
        points = city.points[city.points["stream"].isin(truck["streams"])]
        calls = points.iloc[rng.choice(len(points), min(stops, len(points)), replace=False)]
        station = stations.iloc[[int(rng.integers(len(stations)))]]
        places = pd.concat([station, calls])[["lon", "lat"]].to_numpy()
        right = np.zeros(len(places), dtype=np.bool_)
        snaps = snap(network, weights, places[:, 0], places[:, 1], right)
        first = snaps.first_out[:-1]
        positions = type(snaps.positions)(
            snaps.positions.arc[first], snaps.positions.offset_cm[first]
        )
        done = drive(driver, rng, positions, stand_s, hours[0] * 3600, hours[1] * 3600)
        fixes = seen(done, rng, every_s, noise_m)
        name = str(truck["truck_id"])
        made.drives[name], made.seen[name] = done, fixes
        parts.append(_rows(name, fixes))
    made.frame = keep(pd.concat(parts, ignore_index=True))
    return made


def _rows(truck_id: str, fixes: Seen) -> pd.DataFrame:
    time = DAY + pd.to_timedelta(np.round(fixes.time_s, 1), unit="s")
    return pd.DataFrame(
        {
            "truck_id": truck_id,
            "time": time.strftime("%Y-%m-%d %H:%M:%S.%f").str[:-5],
            "lon": np.round(fixes.lon, 7),
            "lat": np.round(fixes.lat, 7),
        }
    )
