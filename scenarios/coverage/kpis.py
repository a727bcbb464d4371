"""Coverage: the share of villages that sort, and that of compounds, each of its own whole."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from scenarios.coverage.units import KINDS, Kind, Unit

WHOLE = ""
"""District of a row that holds for all districts."""


@dataclass(frozen=True)
class Row:
    """Units of one kind in a district, or in all.

    Attributes
    ----------
    total, sorting
        Units, and how many of them sort; the share is of units, not of households.
    households, sorting_households
        The same in households, for comparison.
    models, sorting_models
        Model communities or villages among them.
    missing
        How many more must sort to reach the target.
    """

    kind: Kind
    district: str
    total: int
    sorting: int
    households: int
    sorting_households: int
    models: int
    sorting_models: int
    missing: int

    @property
    def share(self) -> float | None:
        """Share of units that sort; None where there are none."""
        return self.sorting / self.total if self.total else None


def needed(total: int, sorting: int, target: float) -> int:
    """Return how many more of a number of units must sort for a share of them to do so."""
    # a hair less, so that 45 % of 20 are 9 in floating point
    return max(0, math.ceil(target * total - 1e-9) - sorting)


def coverage_rows(
    units: Sequence[Unit], target: float, compound_districts: Collection[str] = ()
) -> list[Row]:
    """Return the coverage of each kind, as a whole and then by district.

    Parameters
    ----------
    compound_districts
        Districts whose compounds count; all where it is empty. Villages count everywhere.
    """
    rows = []
    for kind in KINDS:
        counted = counting(units, kind, compound_districts)
        rows.append(_row(kind, WHOLE, counted, target))
        for district in sorted({one.district for one in counted}):
            inside = [one for one in counted if one.district == district]
            rows.append(_row(kind, district or "–", inside, target))
    return rows


def counting(units: Sequence[Unit], kind: Kind, compound_districts: Collection[str]) -> list[Unit]:
    """Return the units in the denominator of a kind."""
    return [
        one
        for one in units
        if one.kind == kind
        and (kind == "village" or not compound_districts or one.district in compound_districts)
    ]


def _row(kind: Kind, district: str, units: Sequence[Unit], target: float) -> Row:
    sorting = [one for one in units if one.sorts]
    return Row(
        kind=kind,
        district=district,
        total=len(units),
        sorting=len(sorting),
        households=sum(one.households for one in units),
        sorting_households=sum(one.households for one in sorting),
        models=sum(one.model for one in units),
        sorting_models=sum(one.model for one in sorting),
        missing=needed(len(units), len(sorting), target),
    )
