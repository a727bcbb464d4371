"""Old trucks against new ones: what a replacement saves a year, and when it has paid for itself.

Each pair of an old truck's type and a type that can be bought is routed: today's fleet with one
truck of the old type less and one of the new type more, on the same days with the same seeds. What
ageing adds to upkeep is stated by the table or assumed to grow with each year.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scenarios.defaults import Used, default_number
from scenarios.fleet.search import Judged, MixSearch, moved
from scenarios.fleet.types import DAYS_YEAR, UPKEEP, Offer, Owned, TruckType, age_years
from scenarios.paired import Verdict, judge

GROWTH = "fleet.upkeep_growth"
EMISSION_ORDER = ("china3", "china4", "", "china5", "china6", "electric")
"""From what should go first; what is not known stands in the middle."""


@dataclass(frozen=True)
class Replacement:
    """An old truck and the type that replaces it best; money in currency units.

    Attributes
    ----------
    driven_year
        What driving all days of a year saves, and its interval over days and seeds.
    upkeep_year
        What the old truck's age costs a year beyond the upkeep in its price of a kilometer, less
        what the new one costs in upkeep.
    payback_years
        Price less resale, over what is saved a year; None where nothing is saved.
    verdict
        On the routed day after the replacement against the day before.
    short
        By how much the fleet misses the service after it.
    """

    owned: Owned
    old_type: str
    new_type: str
    age: int | None
    km_year: float
    driven_year: float
    driven_low: float
    driven_high: float
    upkeep_year: float
    co2_t_year: float
    price: float
    payback_years: float | None
    verdict: Verdict
    short: float

    @property
    def saved_year(self) -> float:
        """What the replacement saves a year."""
        return self.driven_year + self.upkeep_year


def replacements(
    search: MixSearch, offer: Offer, date: dt.date, seeds: int, used: Used
) -> list[Replacement]:
    """Return the best replacement of each truck that the table of today's trucks names.

    Those that pay back soonest come first; of those that never do, the dirtiest and the oldest.
    """
    of_truck = {name: t for t, one in enumerate(offer.types) for name in one.today}
    owned = [one for one in offer.owned if one.truck_id in of_truck]
    if not owned:
        return []
    pairs = {
        (of_truck[one.truck_id], u)
        for one in owned
        for u in _successors(offer.types, of_truck[one.truck_id])
    }
    mixes = {(t, u): moved(offer.today, (t, -1), (u, 1)) for t, u in sorted(pairs)}
    search.say(f"{len(mixes)} replacements of old trucks")
    base, *others = search.judged([offer.today, *mixes.values()], seeds)
    routed = dict(zip(mixes, others, strict=True))
    used.add(DAYS_YEAR)
    best = []
    for one in owned:
        t = of_truck[one.truck_id]
        made = [
            _replacement(one, offer.types, (t, u), (base, routed[t, u]), date, used)
            for u in _successors(offer.types, t)
        ]
        if made:
            best.append(min(made, key=_order))
    return sorted(best, key=_order)


def _successors(types: Sequence[TruckType], old: int) -> list[int]:
    """Return the types that can be bought and carry all that an old one carries."""
    streams = set(types[old].streams)
    return [
        u
        for u, one in enumerate(types)
        if one.price is not None and streams <= set(one.streams) and u != old
    ]


def _order(one: Replacement) -> tuple[bool, float, int, float, str]:
    payback = float("inf") if one.payback_years is None else one.payback_years
    dirty = EMISSION_ORDER.index(one.owned.emission_class)
    return (one.short > 0, payback, dirty, -(one.age or 0), one.owned.truck_id)


def _replacement(
    owned: Owned,
    types: Sequence[TruckType],
    pair: tuple[int, int],
    judged: tuple[Judged, Judged],
    date: dt.date,
    used: Used,
) -> Replacement:
    old, new = types[pair[0]], types[pair[1]]
    before, after = judged
    days = default_number(DAYS_YEAR)
    # having the trucks is left out: the old one is paid for, and the new one's price is set
    # against what is saved
    saved = [
        (b["driven"] - a["driven"]) / 1000 for b, a in zip(before.runs, after.runs, strict=True)
    ]
    verdict = judge([-x for x in saved], -1)
    km_year = days * _km_of(before, old)
    age = age_years(owned, date)
    upkeep = _ageing(owned, age, km_year, used) - new.upkeep_year
    driven = days * statistics.fmean(saved)
    price = float(new.price or 0.0)
    total = driven + upkeep
    co2 = [(b["co2_g"] - a["co2_g"]) / 1e6 for b, a in zip(before.runs, after.runs, strict=True)]
    return Replacement(
        owned=owned,
        old_type=old.type_id,
        new_type=new.type_id,
        age=age,
        km_year=km_year,
        driven_year=driven,
        driven_low=-days * verdict.high,
        driven_high=-days * verdict.low,
        upkeep_year=upkeep,
        co2_t_year=days * statistics.fmean(co2),
        price=price,
        payback_years=max(0.0, price - owned.resale) / total if total > 0 else None,
        verdict=verdict,
        short=max(0.0, after.short - before.short),
    )


def _km_of(judged: Judged, old: TruckType) -> float:
    """Return the kilometers that one truck of a type drives on a routed day, on average."""
    lengths: list[Mapping[str, int]] = [run["length_m"] for run in judged.runs]
    metres = statistics.fmean(length.get(old.type_id, 0) for length in lengths)
    return metres / 1000 / max(1, len(old.today))


def _ageing(owned: Owned, age: int | None, km_year: float, used: Used) -> float:
    """Return what an old truck's upkeep costs a year beyond that of a new one."""
    used.add(UPKEEP)
    as_new = default_number(UPKEEP) * km_year
    if owned.maintenance_year is not None:
        return owned.maintenance_year - as_new
    if age is None:
        return 0.0
    used.add(GROWTH)
    return float(as_new * ((1 + default_number(GROWTH)) ** age - 1))
