"""Which units reach the target at least cost: the exact sets for given costs of each unit.

A kind needs so many units in all and at least so many of each district. Such sets are the bases of
a matroid: to take the cheapest unit that may still be taken is exact. The next best sets come from
splitting the sets that differ from one found (Lawler 1972, doi 10.1287/mnsc.18.7.401).
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from scenarios.coverage.kpis import counting, needed
from scenarios.coverage.units import KINDS, Unit, candidates

Chosen = tuple[int, ...]
"""Indices of units that begin to sort, in order."""


@dataclass(frozen=True)
class Need:
    """So many of these units must begin to sort, at least or exactly."""

    units: tuple[int, ...]
    count: int
    exactly: bool


def needs_of(
    units: Sequence[Unit],
    target: float,
    compound_districts: Collection[str],
    *,
    each_district: bool,
) -> list[Need]:
    """Return what must be chosen for each kind to reach the target.

    With ``each_district`` the target holds in every district too; then a kind may need more units
    than the whole asks for.
    """
    index = {id(one): k for k, one in enumerate(units)}
    free = set(candidates(units))
    needs: list[Need] = []
    for kind in KINDS:
        counted = counting(units, kind, compound_districts)
        whole = needed(len(counted), sum(one.sorts for one in counted), target)
        floors = 0
        for district in sorted({one.district for one in counted}) if each_district else ():
            inside = [one for one in counted if one.district == district]
            count = needed(len(inside), sum(one.sorts for one in inside), target)
            floors += count
            members = tuple(index[id(one)] for one in inside if index[id(one)] in free)
            needs.append(Need(members, count, exactly=False))
        members = tuple(index[id(one)] for one in counted if index[id(one)] in free)
        needs.append(Need(members, max(whole, floors), exactly=True))
    return needs


def best_sets(costs: Sequence[int], needs: Sequence[Need], count: int) -> list[Chosen]:
    """Return the cheapest choices that meet the needs, best first; fewer where there are no more.

    The order of the list of units decides between equal costs. Takes time proportional to
    ``count`` times the units chosen times all units.

    Parameters
    ----------
    costs
        Thousandths a day of each unit; routing may make one cheaper than nothing.
    needs
        Those with ``exactly`` share no unit; each of the others lies within one of them, and shares
        none with the others there.
    """
    order = sorted({k for need in needs for k in need.units}, key=lambda k: (costs[k], k))
    waiting: list[tuple[int, Chosen, Chosen, frozenset[int]]] = []

    def propose(kept: Chosen, banned: frozenset[int]) -> None:
        chosen = _cheapest(order, needs, kept, banned)
        if chosen is not None:
            heapq.heappush(waiting, (sum(costs[k] for k in chosen), chosen, kept, banned))

    propose((), frozenset())
    found: list[Chosen] = []
    while waiting and len(found) < count:
        _, chosen, kept, banned = heapq.heappop(waiting)
        found.append(chosen)
        # the other sets, split by the first unit of this one that they lack
        free = [k for k in chosen if k not in kept]
        for place, lacking in enumerate(free):
            propose((*kept, *free[:place]), banned | {lacking})
    return found


def _cheapest(
    order: Sequence[int], needs: Sequence[Need], kept: Chosen, banned: Collection[int]
) -> Chosen | None:
    """Return the cheapest choice that holds some units and lacks others; None if there is none.

    ``order`` has the units by rising cost.
    """
    chosen: set[int] = set(kept)
    allowed = [k for k in order if k not in banned]
    for need in sorted(needs, key=lambda one: one.exactly):
        members = set(need.units)
        missing = need.count - len(chosen & members)
        fresh = [k for k in allowed if k in members and k not in chosen][: max(0, missing)]
        if len(fresh) < missing or (missing < 0 and need.exactly):
            return None
        chosen.update(fresh)
    return tuple(sorted(chosen))
