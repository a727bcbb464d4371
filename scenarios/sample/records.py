"""What happened before the planned day: fill levels, weighings, cases, calendar, weather."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pandas as pd

from scenarios.defaults import default_number

PLANNED_DAY = dt.date(2024, 11, 25)
FILL_DAYS = 12
WEIGH_DAYS = 14
READ_HOURS = (5, 13, 21)
HOLIDAYS = (
    ("元旦", "2024-01-01", 1), ("春节", "2024-02-10", 8), ("清明节", "2024-04-04", 3),
    ("劳动节", "2024-05-01", 5), ("端午节", "2024-06-10", 1), ("中秋节", "2024-09-15", 3),
    ("国庆节", "2024-10-01", 7), ("元旦", "2025-01-01", 1), ("春节", "2025-01-28", 8),
    ("清明节", "2025-04-04", 3), ("劳动节", "2025-05-01", 5), ("端午节", "2025-05-31", 3),
    ("国庆节、中秋节", "2025-10-01", 8),
)  # fmt: skip
MOVED_WORKDAYS = (
    "2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14",
    "2024-09-29", "2024-10-12", "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28",
    "2025-10-11",
)  # fmt: skip
CASE_KINDS = (
    ("0102", "暴露垃圾", "other", "case.exposed_rubbish.deadline", 600, 150.0),
    ("0104", "道路不洁", "sweepings", "case.road_cleaning.deadline", 900, 80.0),
    ("0103", "积存渣土", "other", "case.cd_waste.deadline", 1200, 600.0),
)


def fill_levels(points: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of fill.csv for smart points: three readings a day.

    The second device falls silent, the third contradicts itself, the others rise and are emptied.
    """
    smart = points[points["kind"] == "smart"]
    rows: list[dict[str, Any]] = []
    for k, point_id in enumerate(smart["point_id"]):
        readings = _readings(rng)
        if k == 1:
            readings = readings[: len(readings) // 3]
        if k == 2:
            readings = [
                (day, hour, _contrary(level, i)) for i, (day, hour, level) in enumerate(readings)
            ]
        rows += [
            {"point_id": point_id, "date": pd.Timestamp(day), "time": hour * 3600, "fill": level}
            for day, hour, level in readings
        ]
    return pd.DataFrame(rows, columns=["point_id", "date", "time", "fill"])


def _contrary(level: float, number: int) -> float:
    """Level as a faulty sensor tells it: it jumps to and fro, once out of all range."""
    return 1.7 if number % 11 == 6 else round(max(0.02, 0.95 - level if number % 2 else level), 2)


def _readings(rng: np.random.Generator) -> list[tuple[dt.date, int, float]]:
    """Rising levels with an emptying in the forenoon when a bin has become full."""
    rate = float(rng.uniform(0.12, 0.34))
    level = float(rng.uniform(0.1, 0.5))
    found = []
    for back in range(FILL_DAYS, -1, -1):
        for hour in READ_HOURS:
            if back == 0 and hour > READ_HOURS[0]:
                break
            if hour == 13 and level >= 0.7:
                level = 0.05
            found.append((PLANNED_DAY - dt.timedelta(days=back), hour, round(level, 2)))
            level = min(level + rate * float(rng.uniform(0.7, 1.3)), 1.05)
    return found


def weighings(
    points: pd.DataFrame, facilities: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Rows of weighings.csv: two weeks at the weighbridges, and points weighed on the truck."""
    rows: list[dict[str, Any]] = []
    daily = {s: float(g["demand_kg"].sum()) for s, g in points.groupby("stream")}
    share = {"other": 1.0, "kitchen": 1.0, "recyclable": 0.35, "hazardous": 0.035}
    takers = facilities[facilities["kind"].isin(["transfer", "plant"])]
    weighed = points.iloc[rng.permutation(len(points))[: min(6, len(points))]]
    for back in range(WEIGH_DAYS, 0, -1):
        day = pd.Timestamp(PLANNED_DAY - dt.timedelta(days=back))
        for stream, mass in daily.items():
            homes = [
                f
                for f, s in zip(takers["facility_id"], takers["streams"], strict=False)
                if stream in s
            ]
            for home in homes:
                part = mass * share[str(stream)] / len(homes) * float(rng.uniform(0.9, 1.1))
                rows.append(_weighing(day, str(stream), part, facility_id=home))
        for point_id, stream, mass in zip(
            weighed["point_id"], weighed["stream"], weighed["demand_kg"], strict=True
        ):
            rows.append(
                _weighing(day, stream, mass * float(rng.uniform(0.8, 1.2)), point_id=point_id)
            )
    return pd.DataFrame(rows)


def _weighing(
    day: pd.Timestamp,
    stream: str,
    mass: float,
    *,
    facility_id: str | None = None,
    point_id: str | None = None,
) -> dict[str, Any]:
    return {
        "date": day,
        "facility_id": facility_id,
        "point_id": point_id,
        "stream": stream,
        "mass_kg": float(round(mass)) if mass >= 10 else round(mass, 1),
    }


def case_catalogue() -> pd.DataFrame:
    """Rows of case_catalogue.csv."""
    return pd.DataFrame(
        {
            "case_code": code,
            "name": name,
            "stream": stream,
            "deadline_working_h": default_number(key),
            "service_s": service_s,
            "mass_kg": mass,
        }
        for code, name, stream, key, service_s, mass in CASE_KINDS
        if stream != "sweepings"
    )


def cases(points: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Rows of cases.csv near a few points: two open on the planned morning, the others closed."""
    picks = rng.permutation(len(points))[: min(5, len(points))]
    rows = []
    for k, at in enumerate(picks):
        point = points.iloc[int(at)]
        back = 0 if k == 0 else 3 if k == 1 else 3 + 2 * k
        reported = PLANNED_DAY - dt.timedelta(days=back)
        rows.append(
            {
                "case_id": f"A{reported:%y%m%d}-{k + 1:02d}",
                "case_code": CASE_KINDS[0 if k != 3 else 2][0],
                "lon": round(float(point["lon"]) + float(rng.uniform(-2e-5, 2e-5)), 7),
                "lat": round(float(point["lat"]) + float(rng.uniform(-2e-5, 2e-5)), 7),
                "reported_date": pd.Timestamp(reported),
                "reported_time": (6 if k == 0 else 16) * 3600 + 1800,
                "mass_kg": float(rng.integers(6, 30) * 10),
                "closed_date": None if k < 2 else pd.Timestamp(reported + dt.timedelta(days=1)),
                "district": point["district"],
            }
        )
    return pd.DataFrame(rows).sort_values("case_id", kind="stable", ignore_index=True)


def calendar() -> pd.DataFrame:
    """Rows of calendar.csv: public holidays of 2024 and 2025 and the workdays moved for them."""
    rows = [
        {"date": pd.Timestamp(first) + pd.Timedelta(days=k), "kind": "holiday", "name": name}
        for name, first, days in HOLIDAYS
        for k in range(days)
    ]
    rows += [
        {"date": pd.Timestamp(day), "kind": "workday", "name": "调休上班"} for day in MOVED_WORKDAYS
    ]
    return pd.DataFrame(rows).sort_values("date", kind="stable", ignore_index=True)


def weather(rng: np.random.Generator) -> pd.DataFrame:
    """Rows of weather.csv from November 2024 to February 2025: the planned day is mild."""
    rows = []
    first = dt.date(2024, 11, 1)
    for number in range(120):
        day = first + dt.timedelta(days=number)
        mean = 14 - 12 * math.sin(math.pi * min(number, 110) / 130) + float(rng.normal(0, 2.2))
        wide = float(rng.uniform(3, 6))
        low, high = round(mean - wide, 1), round(mean + wide, 1)
        rain = round(float(rng.gamma(1.2, 4.0)), 1) if rng.random() < 0.22 else 0.0
        snow = 0.0
        if day == PLANNED_DAY:
            low, high, rain = 8.0, 15.5, 0.0
        elif low < 0 and rain > 3:
            snow = round(rain / 2, 1)
        rows.append(
            {
                "date": pd.Timestamp(day),
                "min_temp_c": low,
                "max_temp_c": high,
                "rain_mm": rain,
                "snow_cm": snow,
            }
        )
    return pd.DataFrame(rows)
