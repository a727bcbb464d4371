"""A truck's day cut into periods in which the same streets are open to it, and its travel in them.

The rule by which a leg is timed across the border of two periods is that of `solvers.hours`: on
streets that are open on both sides, at the slower speeds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from routing._kernels.sweep import Table
from routing.network import Network, TurnFlag
from routing.profiles import Profile, Weights, allowed_arcs, weigh
from routing.roads import RoadMetric, Roads
from scenarios.speeds import DEFAULT, Factors, Speeds
from solvers.hours import NO_BORDER, Hours

if TYPE_CHECKING:
    from scenarios.access import AccessGroup, Restriction
    from scenarios.corridors import WashRule
    from scenarios.day import DueTruck

DAY_END_S = 48 * 3600


@dataclass(frozen=True, eq=False)
class Period:
    """A part of a day that ends where the next begins.

    ``begin_s`` of the first means nothing: it has always begun. ``blocked`` are the real arcs that
    closures and limits shut at any moment of it, in order, shape (k,); ``factors`` are the measured
    speeds as shares of the profile's own, one for each class of street.
    """

    begin_s: int
    blocked: NDArray[np.int32]
    factors: Factors = DEFAULT


def truck_periods(
    restrictions: Iterable[Restriction], truck: DueTruck, speeds: Speeds | None = None
) -> list[Period]:
    """Return the periods of a truck's shift with its overtime.

    Neighbors differ in what is shut or in speeds.
    """
    mine = [r for r in restrictions if r.concerns(truck)]
    start, end = truck.shift_start, truck.shift_end + truck.max_overtime_s
    cuts = {moment for r in mine for hours in r.hours for moment in hours}
    cuts |= set() if speeds is None else speeds.changes()
    begins = [start, *sorted(moment for moment in cuts if start < moment < end)]
    periods: list[Period] = []
    for begin, until in zip(begins, [*begins[1:], end], strict=True):
        shut = union(r.arcs for r in mine if r.holds(begin, until))
        factors = DEFAULT if speeds is None else speeds.slowest(begin, until)
        last = periods[-1] if periods else None
        if last is None or last.factors != factors or not np.array_equal(last.blocked, shut):
            periods.append(Period(begin if periods else 0, shut, factors))
    return periods


def fastest(periods: Iterable[Period]) -> Factors:
    """Return the highest factor of each class in any period."""
    return tuple(max(column) for column in zip(*(p.factors for p in periods), strict=True))


def union(parts: Iterable[NDArray[np.int32]]) -> NDArray[np.int32]:
    """Return arcs that are in any of the parts, in order."""
    return np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *parts]))


def always(periods: Sequence[Period]) -> NDArray[np.int32]:
    """Return the arcs that are shut in every period, in order."""
    shut = periods[0].blocked
    for period in periods[1:]:
        shut = np.intersect1d(shut, period.blocked)
    return shut.astype(np.int32)


def effect(network: Network, profile: Profile, blocked: NDArray[np.int32]) -> str:
    """Return a digest of open arcs and turns and of measured speeds: all that travel depends on."""
    shut = np.zeros(network.num_arcs, dtype=np.bool_)
    shut[blocked] = True
    is_open = allowed_arcs(network, profile) & ~shut[network.arc_base]
    ban = TurnFlag.HGV_ONLY_BAN if profile.hgv else TurnFlag.NON_HGV_BAN
    tails = np.repeat(np.arange(network.num_arcs), np.diff(network.turn_first_out))
    used = is_open[tails] & is_open[network.turn_head]
    permitted = used & ((network.turn_flags & np.uint8(ban)) == 0)
    digest = hashlib.sha256(np.packbits(is_open).tobytes())
    digest.update(np.packbits(permitted).tobytes())
    if profile.class_factors != DEFAULT:
        digest.update(np.asarray(profile.class_factors).tobytes())
    return digest.hexdigest()


@dataclass(frozen=True)
class Travel:
    """The layers of travel of a day: the metric of each, and which holds when.

    The first layers are those of the groups: all streets that are open at some hour. ``wash`` is
    what monitored corridors ask of the trucks that travel by each, ``let_in`` whether gates of
    compounds open to them. ``borders`` and ``layer`` are those of `solvers.hours.Hours`; without
    borders nothing changes by the hour.
    """

    metrics: tuple[RoadMetric, ...]
    wash: tuple[WashRule | None, ...]
    let_in: tuple[bool, ...]
    borders: NDArray[np.int64]
    layer: NDArray[np.int64]

    @property
    def changes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
        """Return borders and layers, None where travel is the same at all hours."""
        return (self.borders, self.layer) if self.borders.shape[1] else None

    def hours(self, tables: Sequence[Table], num_groups: int) -> Hours | None:
        """Return what holds when, given the travel table of each layer."""
        if not self.borders.shape[1]:
            return None
        more = tables[num_groups:]
        shape = (0, *tables[0].time.shape)
        return Hours(
            self.borders,
            self.layer,
            np.stack([t.time for t in more]) if more else np.zeros(shape, np.int32),
            np.stack([t.length for t in more]) if more else np.zeros(shape, np.int32),
        )


def lay_travel(
    roads: Roads,
    groups: Sequence[AccessGroup],
    weights: Sequence[Weights],
    let_in: Sequence[bool],
) -> Travel:
    """Return the layers of travel of all groups; what is the same exists once.

    Parameters
    ----------
    weights
        Of each group, with the streets that are open to it at some hour.
    let_in
        Of each group, whether gates of compounds open to it.
    """
    network = roads.network
    layers = {
        (_key(network, g, g.profile, g.blocked), free): k
        for k, (g, free) in enumerate(zip(groups, let_in, strict=True))
    }
    metrics, owner = [roads.weigh(w) for w in weights], list(range(len(groups)))
    most = max(len(g.periods) for g in groups) - 1
    borders = np.full((len(groups), most), NO_BORDER, dtype=np.int64)
    layer = np.zeros((len(groups), 2 * most + 1), dtype=np.int64)
    for k, group in enumerate(groups):
        layer[k] = k
        borders[k, : len(group.periods) - 1] = [p.begin_s for p in group.periods[1:]]
        for column, span in enumerate(_spans(group.periods)):
            profile = replace(group.profile, class_factors=span.factors)
            key = (_key(network, group, profile, span.blocked), let_in[k])
            if key not in layers:
                layers[key] = len(metrics)
                metrics.append(roads.weigh(weigh(network, profile, span.blocked)))
                owner.append(k)
            layer[k, column] = layers[key]
    wash, free = [groups[k].wash for k in owner], [let_in[k] for k in owner]
    return Travel(tuple(metrics), tuple(wash), tuple(free), borders, layer)


def _key(
    network: Network, group: AccessGroup, profile: Profile, shut: NDArray[np.int32]
) -> Hashable:
    """Return what tells layers of travel apart."""
    rule = None if group.wash is None else (group.wash.entries.tobytes(), group.wash.stations)
    return effect(network, profile, shut), rule


def _spans(periods: Sequence[Period]) -> list[Period]:
    """Return each period, and between two of them what is shut or slow on either side."""
    spans = [periods[0]]
    for before, after in zip(periods[:-1], periods[1:], strict=True):
        slower = tuple(map(min, before.factors, after.factors))
        either = Period(before.begin_s, union((before.blocked, after.blocked)), slower)
        spans += [either, after]
    return spans


def shut_hours(groups: Iterable[AccessGroup], arcs: Iterable[int]) -> list[tuple[int, int]]:
    """Return the hours in which any of the arcs is shut to any group that may use it at others."""
    wanted = np.asarray(list(arcs), dtype=np.int32)
    hours = []
    for group in groups:
        ends = [*(p.begin_s for p in group.periods[1:]), DAY_END_S]
        for period, end in zip(group.periods, ends, strict=True):
            if len(group.periods) > 1 and np.isin(wanted, period.blocked).any():
                hours.append((period.begin_s, end))
    return hours


def cut_windows(
    windows: Sequence[tuple[int, int]], shut: Iterable[tuple[int, int]], service_s: int
) -> tuple[tuple[int, int], ...]:
    """Return the begins of work that end before each shut time or begin after it.

    Parameters
    ----------
    windows
        Earliest and latest begin; none = any time.
    """
    left = list(windows) or [(0, DAY_END_S)]
    for early, late in sorted(shut):
        left = [
            (max(a, low), min(b, high))
            for a, b in left
            for low, high in ((-DAY_END_S, early - service_s), (late, DAY_END_S))
            if max(a, low) <= min(b, high)
        ]
    return tuple(left)


def merged(own: Sequence[Sequence[Period]]) -> tuple[Period, ...]:
    """Return the periods of trucks that see the same streets, each with all that any is told."""
    return tuple(
        replace(same[0], blocked=union(p.blocked for p in same)) for same in zip(*own, strict=True)
    )
