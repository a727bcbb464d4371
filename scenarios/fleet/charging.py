"""How far an electric truck drives on a day, and when it charges.

A truck charges at its depot between shifts. Where it also charges at noon, its shift is cut into
two halves, each from the depot and back. The limits are those that hold whatever the other half
used: the morning drives at most what the night can charge, the afternoon what noon can.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from scenarios.city import City
from scenarios.defaults import Used, default_number
from scenarios.energy import weight_factor
from scenarios.schema import Column

CHARGING = (
    Column("range_km", "float", minimum=1, maximum=2_000),
    Column("battery_kwh", "float", minimum=1, maximum=2_000),
    Column("kwh_km", "float", minimum=0.05, maximum=20),
    Column("charge_kw", "float", minimum=1, maximum=2_000),
    Column("noon_charge_min", "int", minimum=5, maximum=240),
)
"""Columns that tell of a truck's battery; without range and battery there is no limit."""
USABLE, EFFICIENCY = "vehicle.ev.usable_soc", "energy.ref26t.electric.charger_eff"
DAY_S = 24 * 3600


@dataclass(frozen=True)
class Reach:
    """How far a truck drives before it charges.

    Attributes
    ----------
    morning_m
        Most metres of the day, or of its first half.
    afternoon_m
        Most metres after charging at noon; 0 where it does not.
    noon_s
        Seconds that it charges at noon.
    kwh_km
        What a kilometer takes out of the battery.
    """

    morning_m: int
    afternoon_m: int
    noon_s: int
    kwh_km: float


def reach_of(facts: Any, truck: Any, city: City, used: Used) -> Reach | None:
    """Return how far a truck drives, None where nothing limits it.

    Parameters
    ----------
    facts
        Row with the columns of `CHARGING`.
    truck
        Row with shift, overtime and weight.
    """
    if pd.isna(facts.range_km) and pd.isna(facts.battery_kwh):
        return None
    weight_kg = round(1000 * float(truck.weight_t))
    usual = city.settings.electric_kwh_km * weight_factor(city, weight_kg)
    kwh_km = usual if pd.isna(facts.kwh_km) else float(facts.kwh_km)
    if pd.isna(facts.range_km):
        used.add(USABLE)
        range_m = 1000 * float(facts.battery_kwh) * default_number(USABLE) / kwh_km
    else:
        range_m = 1000 * float(facts.range_km)
    noon_s = 0 if pd.isna(facts.noon_charge_min) else 60 * int(facts.noon_charge_min)
    if pd.isna(facts.charge_kw):
        # nothing is known of the charger: the night fills the battery, and so does noon
        return Reach(int(range_m), int(range_m) if noon_s else 0, noon_s, kwh_km)
    used.add(EFFICIENCY)
    m_per_s = float(facts.charge_kw) * default_number(EFFICIENCY) / kwh_km * 1000 / 3600
    latest = int(truck.shift_end) + 60 * int(truck.max_overtime_min)
    night_s = max(0, DAY_S - (latest - int(truck.shift_start)))
    return Reach(
        int(min(range_m, night_s * m_per_s)), int(min(range_m, noon_s * m_per_s)), noon_s, kwh_km
    )
