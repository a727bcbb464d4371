"""The trucks: sizes, shifts and costs, as many of each as the number of points calls for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from scenarios.defaults import default_number
from scenarios.sample.facilities import SERVED_POINTS

FULL_SIZE = 400
PERMIT = "sanitation"
EARLY, DAY, EVENING, NIGHT = (5, 13), (7, 15), (16, 24), (21, 29)
SWEEP_EARLY, SWEEP_DAY = (4, 12), (9, 17)


@dataclass(frozen=True)
class Model:
    """A kind of truck and the shifts of the trucks of it that 400 points need."""

    prefix: str
    kind: str
    capacity_kg: float
    capacity_m3: float
    size_m: tuple[float, float]
    weight_t: float
    fixed_cost: float
    helpers: int
    shifts: tuple[tuple[int, int], ...]
    electric: int = 0
    tank_l: float = math.nan
    hopper_m3: float = math.nan


def _packer(size: int) -> tuple[float, float]:
    key = f"vehicle.packer_{size}t"
    return 1000 * default_number(f"{key}.payload"), default_number(f"{key}.volume")


def models() -> tuple[Model, ...]:
    """Every kind of truck of the sample's fleet."""
    fixed = {size: default_number(f"cost.packer_{size}t.fixed") for size in (8, 12, 18)}
    sweeper_cost = default_number("cost.sweeper.fixed")
    tank = 1000 * default_number("clean.tank.wash_sweeper")
    hopper = default_number("clean.hopper.wash_sweeper")
    kitchen = 1000 * default_number("vehicle.kitchen_8t.payload")
    hazard = 1000 * default_number("vehicle.hazardous_3t.payload")
    haul = 1000 * default_number("vehicle.transfer_25t.payload")
    return (
        Model("C05", "collector", *_packer(5), (2.2, 1.95), 4.5, 180, 1, (EARLY, DAY), 1),
        Model("C08", "collector", *_packer(8), (2.6, 2.2), 8, fixed[8], 1,
              (EARLY, DAY, EVENING), 1),
        Model("C12", "collector", *_packer(12), (2.9, 2.35), 12, fixed[12], 2,
              (EARLY, DAY, EVENING)),
        Model("C18", "collector", *_packer(18), (3.1, 2.5), 18, fixed[18], 2, (EARLY, EVENING), 1),
        Model("K08", "kitchen", kitchen, 6, (2.6, 2.2), 8, fixed[8], 1, (DAY, DAY, EVENING), 1),
        Model("K03", "kitchen", 1500, 2, (2.2, 1.95), 3.4, 160, 1, (DAY, EVENING)),
        Model("R03", "recyclable", 1500, 10, (2.2, 1.95), 3.4, 160, 1, (DAY, EVENING), 2),
        Model("H03", "hazardous", hazard, 4, (2.2, 1.95), 3.4, 180, 1, ((8, 16),)),
        Model("S16", "sweeper", 1000 * hopper * 0.6, hopper, (2.9, 2.4), 16, sweeper_cost, 0,
              (SWEEP_EARLY, SWEEP_EARLY, SWEEP_DAY, NIGHT), 1, tank, hopper),
        Model("S03", "sweeper", 1000, 2, (2.1, 1.7), 3.4, 260, 0, (SWEEP_DAY,), 1, 1500, 2),
        Model("F16", "flusher", 0, 0, (2.9, 2.45), 16, 380, 0, (NIGHT, NIGHT), 0,
              1000 * default_number("clean.tank.sprinkler")),
        Model("X25", "transfer", haul, 20, (3.4, 2.5), 25, 480, 0, (DAY, EVENING)),
    )  # fmt: skip


def build_fleet(points: int) -> pd.DataFrame:
    """Rows of trucks.csv for a number of points; every kind has at least one truck."""
    rows = []
    for model in models():
        count = max(1, round(len(model.shifts) * _scale(model.kind, points)))
        rows += [_row(model, number) for number in range(1, count + 1)]
    return pd.DataFrame(rows)


def _scale(kind: str, points: int) -> float:
    """Return how many times the trucks of `models` there are; streets are the same for any city."""
    if kind == "flusher":
        return 1.0
    return max(1.0, points / SERVED_POINTS) if kind == "transfer" else points / FULL_SIZE


def _row(model: Model, number: int) -> dict[str, Any]:
    start, end = model.shifts[(number - 1) % len(model.shifts)]
    electric = (number - 1) % len(model.shifts) >= len(model.shifts) - model.electric
    wages = default_number("cost.driver") + model.helpers * default_number("cost.helper")
    exempt = model.prefix == "R03" and number == 2
    return {
        "truck_id": f"{model.prefix}-{number:02d}",
        "kind": model.kind,
        "depot_id": "D1" if number % 2 else "D2",
        "capacity_kg": model.capacity_kg,
        "capacity_m3": model.capacity_m3,
        "tank_l": model.tank_l,
        "hopper_m3": model.hopper_m3,
        "height_m": model.size_m[0],
        "width_m": model.size_m[1],
        "weight_t": model.weight_t,
        "shift_start": start * 3600,
        "shift_end": end * 3600,
        "max_overtime_min": 60,
        "fixed_cost": model.fixed_cost,
        "cost_km": _per_km(model.weight_t, electric),
        "cost_h": wages,
        "energy": "electric" if electric else "diesel",
        "permits": () if exempt else (PERMIT,),
    }


def _per_km(weight_t: float, electric: bool) -> float:
    """Energy and upkeep of a kilometer; lighter trucks take a share of the 26 t truck's energy."""
    classes = (5, 8, 12, 18, 25)
    scale = default_number(f"energy.scale.{min(classes, key=lambda c: abs(c - weight_t))}t")
    if electric:
        energy = default_number("energy.ref26t.electric.sample_total")
        price = default_number("cost.electricity")
    else:
        energy = default_number("energy.ref26t.diesel.sample_total") / 100
        price = default_number("cost.diesel")
    return round(energy * scale * price + default_number("cost.maintenance.packer"), 2)
