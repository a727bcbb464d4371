"""How a point's waste varies from day to day: weighed often enough, or declared.

A factor says how many times its mean a point's waste is. Declared, it is lognormal with the city's
coefficient of variation; weighed a few times, with the point's own; weighed often enough for the
quantile that is asked for, its quantiles are those of the weighings themselves.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from routing.errors import InputError
from scenarios.city import City

Source = Literal["auto", "weighed", "declared"]

FEWEST_WEIGHINGS = 5
"""A point's own spread is believed from so many weighings on."""
FEWEST_FOR_QUANTILES = 20
"""From so many on its quantiles are those of the weighings."""
FEWEST_COMMON_DAYS = 8
FEWEST_PAIRS = 3
"""Two points on so many common days tell how they go together; so many pairs tell it of a city."""
HIGHEST_CORRELATION = 0.95


@dataclass(frozen=True)
class Factors:
    """The factor of one point: its coefficient of variation, and its weighings by their mean.

    ``weighed`` is sorted, and empty where the spread is declared.
    """

    cv: float
    weighed: tuple[float, ...] = ()

    @property
    def sigma(self) -> float:
        """The spread of the normal law under the lognormal one."""
        return math.sqrt(math.log1p(self.cv**2))

    def quantile(self, share: float) -> float:
        """Return the factor that is not exceeded on a share of days.

        Of weighings the median-unbiased estimate is taken (Hyndman & Fan 1996, type 8, doi
        10.1080/00031305.1996.10473566), as far as they reach; beyond them the lognormal law.

        Raises
        ------
        InputError
            When the share is not between 0 and 1.
        """
        checked_share(share)
        if self._reaches(share):
            return float(np.quantile(self.weighed, share, method="median_unbiased"))
        sigma = self.sigma
        return math.exp(sigma * NormalDist().inv_cdf(share) - sigma * sigma / 2)

    def exceeded(self, factor: float) -> float:
        """Return the share of days on which a factor is exceeded."""
        num = len(self.weighed)
        if num >= FEWEST_FOR_QUANTILES and self.weighed[0] <= factor < self.weighed[-1]:
            return 1 - float(np.searchsorted(self.weighed, factor, side="right")) / num
        if factor <= 0:
            return 1.0
        sigma = self.sigma
        if sigma == 0:
            return float(factor < 1)
        return 1 - NormalDist().cdf((math.log(factor) + sigma * sigma / 2) / sigma)

    def _reaches(self, share: float) -> bool:
        num = len(self.weighed)
        edge = (2 / 3) / (num + 1 / 3)
        return num >= FEWEST_FOR_QUANTILES and edge <= share <= 1 - edge


def checked_share(share: float) -> float:
    """Return a quantile, which lies between 0 and 1, both left out.

    Raises
    ------
    InputError
        When it does not.
    """
    if not 0 < share < 1:
        raise InputError(f"quantile {share:g}; expected a number between 0 and 1, such as 0.95")
    return share


@dataclass(frozen=True)
class Spread:
    """How the waste of a city's points varies.

    Attributes
    ----------
    declared
        For points without weighings of their own.
    of_point
        Of those that were weighed often enough.
    correlation
        Of the logarithms of two points' factors on one day.
    estimated
        Whether the correlation is that of the weighings; else it is declared.
    """

    declared: Factors
    of_point: Mapping[str, Factors]
    correlation: float
    estimated: bool = False

    def of(self, point_id: str) -> Factors:
        """Return the factor of a point."""
        return self.of_point.get(point_id, self.declared)


def spread_of(city: City, source: Source = "auto") -> Spread:
    """Return how the waste of a city's points varies.

    Parameters
    ----------
    source
        ``declared`` leaves the weighings aside, ``weighed`` must have some, ``auto`` takes what
        there is.

    Raises
    ------
    InputError
        When weighings are asked for and no point was weighed often enough.
    """
    declared = Factors(city.settings.demand_cv)
    if source == "declared":
        return Spread(declared, {}, city.settings.demand_correlation)
    table = weighed_factors(city.weighings)
    of_point = {
        name: Factors(float(own.std(ddof=1)), tuple(sorted(own.tolist())))
        for name, own in ((str(n), table[n].dropna().to_numpy(float)) for n in table.columns)
    }
    if source == "weighed" and not of_point:
        most = city.weighings["point_id"].value_counts().max()
        raise InputError(
            f"weighings.csv: no point has {FEWEST_WEIGHINGS} weighings (the most is"
            f" {0 if pd.isna(most) else int(most)}); weigh points on more days, or declare the"
            " spread with risk.demand_cv in city.toml"
        )
    found = correlation_of(table)
    if found is None:
        return Spread(declared, of_point, city.settings.demand_correlation)
    return Spread(declared, of_point, found, estimated=True)


def weighed_factors(weighings: pd.DataFrame) -> pd.DataFrame:
    """Return the masses of points weighed often enough over their mean: a row a day, a column each.

    Several weighings of a point on one day are one mass; days without any are NaN.
    """
    named = weighings[weighings["point_id"].notna()]
    masses = named.pivot_table(index="date", columns="point_id", values="mass_kg", aggfunc="sum")
    mean, count = masses.mean(), masses.count()
    believed = (count >= FEWEST_WEIGHINGS) & (mean > 0)
    return masses.loc[:, believed] / mean[believed]


def correlation_of(factors: pd.DataFrame) -> float | None:
    """Return the mean correlation of the logarithms of two points' factors, by common days.

    None where fewer than three pairs share enough days. It lies between 0 and 0.95: less than
    nothing cannot be told from nothing by few points, and all alike would leave no own part.
    """
    logs: NDArray[np.float64] = np.log(factors.where(factors > 0).to_numpy(dtype=np.float64))
    there = ~np.isnan(logs)
    total, weight, pairs = 0.0, 0, 0
    for a in range(logs.shape[1]):
        for b in range(a):
            both = there[:, a] & there[:, b]
            days = int(both.sum())
            x, y = logs[both, a], logs[both, b]
            if days < FEWEST_COMMON_DAYS or not x.std() or not y.std():
                continue
            total += days * float(np.corrcoef(x, y)[0, 1])
            weight += days
            pairs += 1
    if pairs < FEWEST_PAIRS:
        return None
    return float(np.clip(total / weight, 0.0, HIGHEST_CORRELATION))
