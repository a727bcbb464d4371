"""Fuel, electricity and CO2 of a route, by distance and the truck's weight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from scenarios.city import City
from scenarios.day import DueTruck


@dataclass(frozen=True)
class Energy:
    """What a route uses: litres of diesel or kilowatt-hours, and grams of CO2."""

    kind: str
    amount: float
    unit: str
    co2_g: int


def weight_factor(city: City, weight_kg: int) -> float:
    """Return consumption relative to the 26 t reference truck, interpolated between weights."""
    scale = sorted(city.settings.energy_scale.items())
    tonnes = [weight for weight, _ in scale]
    return float(np.interp(weight_kg / 1000.0, tonnes, [factor for _, factor in scale]))


def route_energy(city: City, truck: DueTruck, length_m: int) -> Energy:
    """Return the energy of a route of ``length_m`` metres with this truck."""
    settings = city.settings
    factor = weight_factor(city, truck.weight_kg) * length_m / 1000.0
    if truck.energy == "electric":
        amount = settings.electric_kwh_km * factor
        return Energy(
            "electric", round(amount, 2), "kWh", round(amount * settings.co2_kg_kwh * 1e3)
        )
    amount = settings.diesel_l_km * factor
    return Energy("diesel", round(amount, 2), "L", round(amount * settings.co2_kg_l * 1e3))
