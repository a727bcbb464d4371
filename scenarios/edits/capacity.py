"""How many bins a place needs: the formula of CJJ 27-2012, appendix A."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scenarios.defaults import BIN_FILL, BIN_L, Used, default_number
from scenarios.frequency import parse_frequency

_RANGES = {
    "a1": "waste.daily_uneven.A1",
    "a2": "waste.pop_variation.A2",
    "a3": "waste.density_variation.A3",
    "k": "waste.peak_volume.K",
}


@dataclass(frozen=True)
class Factors:
    """The factors of the formula, the middle of each range of the standard by default.

    ``a1`` and ``a2`` widen the mass for uneven days and a varying population, ``a3`` lessens the
    density, ``k`` is the peak day over the average one, ``fill`` how full a bin may be.
    """

    a1: float
    a2: float
    a3: float
    k: float
    fill: float
    bin_l: float

    @classmethod
    def middle(cls, used: Used) -> Factors:
        """Return the defaults and note their keys."""
        keys = [f"{stem}.{end}" for stem in _RANGES.values() for end in ("min", "max")]
        used.add(*keys, BIN_FILL, BIN_L)
        middles = {
            name: (default_number(f"{stem}.min") + default_number(f"{stem}.max")) / 2
            for name, stem in _RANGES.items()
        }
        return cls(**middles, fill=default_number(BIN_FILL), bin_l=default_number(BIN_L))


def emptying_interval_days(frequency: str) -> float:
    """Return the longest time between two emptyings, in days: A4 of the formula."""
    rule = parse_frequency(frequency)
    if rule.period == "day":
        return 1.0 / rule.count
    if rule.period == "week":
        return float(math.ceil(7 / rule.count))
    if rule.period == "month":
        return float(math.ceil(31 / rule.count))
    days = [*rule.weekdays, rule.weekdays[0] + 7]
    return float(max(b - a for a, b in zip(days, days[1:], strict=False)))


def due_days_a_week(frequency: str) -> float:
    """Return on how many days of an average week something is due."""
    rule = parse_frequency(frequency)
    if rule.period == "day":
        return 7.0
    if rule.period == "month":
        return rule.count * 12 * 7 / 365.25
    return float(rule.count)


def bins_needed(
    mass_kg_day: float, density_kg_m3: float, interval_days: float, factors: Factors
) -> int:
    """Return the bins that a place needs.

    Q = A1·A2·R·C is the mass of a day, V_ave = Q / (D·A3) its volume, V_max = K·V_ave that of a
    peak day, and N = A4·V_max / (E·B) the bins, rounded up.

    Parameters
    ----------
    mass_kg_day
        Average mass of a day: people times mass a head, R·C.
    density_kg_m3
        Of the waste in the bin.
    interval_days
        Time between two emptyings, A4.
    """
    quantity_kg = factors.a1 * factors.a2 * mass_kg_day
    average_m3 = quantity_kg / (density_kg_m3 * factors.a3)
    peak_m3 = factors.k * average_m3
    bins = interval_days * peak_m3 / (factors.bin_l / 1000 * factors.fill)
    # a hair less, so that a volume of exactly n bins stays n in floating point
    return max(1, math.ceil(bins - 1e-9))


def bins_filled(mass_kg: float, density_kg_m3: float, factors: Factors) -> int:
    """Return the bins that are emptied at one visit on an average day."""
    held_kg = density_kg_m3 * factors.bin_l / 1000 * factors.fill
    return max(1, math.ceil(mass_kg / held_kg - 1e-9))
