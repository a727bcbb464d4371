"""Which pieces of street closures and limits shut to which truck, and who shares the same streets.

A row of closures.csv or limits.csv names pieces by OSM way, by street name and by an area; what it
names in several ways must hold in all of them. A piece lies in an area if its middle vertex does
(the middle of the two where their number is even). What is shut for a part of a truck's
shift alone cuts its day into periods (`scenarios.periods`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from routing.network import HIGHWAY_CLASSES, Network
from routing.profiles import GENERAL_PERMIT, Profile
from scenarios.city import City
from scenarios.periods import Period, always, effect, fastest, merged, truck_periods, union
from scenarios.speeds import profile_of, read_speeds

if TYPE_CHECKING:
    from scenarios.corridors import WashRule
    from scenarios.day import DueTruck

DAY_S = 86_400
DAY_END_S = 48 * 3600
NAMED_TRUCKS = 4
"""A note names this many trucks and counts the rest."""


@dataclass(frozen=True)
class Restriction:
    """A row of closures or limits that may hold on the date.

    Attributes
    ----------
    label
        How notes call it.
    kind
        ``closure`` or the kind of limit.
    hours
        When it holds, in seconds of the planned date, the days before and after included.
    arcs
        The real arcs it names, in order.
    """

    label: str
    kind: str
    value: float | None
    permit: str | None
    hours: tuple[tuple[int, int], ...]
    arcs: NDArray[np.int32]

    def holds(self, begin_s: int, end_s: int) -> bool:
        """Whether it is in force at any moment of a time."""
        return any(early < end_s and begin_s < late for early, late in self.hours)

    def concerns(self, truck: DueTruck) -> bool:
        """Whether it keeps the truck out while it is in force."""
        if self.permit is not None and self.permit in truck.permits:
            return False
        if self.kind == "truck_ban" and GENERAL_PERMIT in truck.permits:
            return False
        if self.kind == "closure":
            return True
        if self.value is None:
            return truck.hgv
        own = {
            "truck_ban": truck.weight_kg / 1000.0,
            "max_weight_t": truck.weight_kg / 1000.0,
            "max_height_m": truck.height_cm / 100.0,
            "max_width_m": truck.width_cm / 100.0,
        }
        return own[self.kind] > self.value


@dataclass(frozen=True, eq=False)
class AccessGroup:
    """Trucks to which the same streets and turns are open.

    ``profile`` has the largest dimensions of the group; ``periods`` say what closures and limits
    shut when, ``blocked`` are the real arcs that they shut at all hours, in order, shape (k,);
    ``wash`` is what monitored corridors ask of its trucks.
    """

    profile: Profile
    blocked: NDArray[np.int32]
    truck_ids: tuple[str, ...]
    name: str
    periods: tuple[Period, ...]
    wash: WashRule | None = None


def real_arcs(network: Network) -> NDArray[np.bool_]:
    """Return which arcs are no copies, shape (num_arcs,)."""
    return np.asarray(network.arc_base == np.arange(network.num_arcs))


def matching_arcs(
    network: Network, *, way_id: Any = None, name: Any = None, area: Any = None
) -> NDArray[np.bool_]:
    """Return which arcs all given conditions name; with none given, all of them.

    Parameters
    ----------
    network
        The streets.
    way_id, name, area
        OSM way, exact street name, WKT polygon in WGS-84; None, NaN or empty = not given.

    Returns
    -------
    NDArray of bool
        Shape (num_arcs,), copies included.
    """
    named = np.ones(network.num_arcs, dtype=np.bool_)
    if not pd.isna(way_id):
        named &= network.arc_way_id == int(way_id)
    if is_filled(name):
        wanted = [i for i, known in enumerate(network.names) if known == name]
        named &= np.isin(network.arc_name_idx, wanted)
    if is_filled(area):
        lon, lat = arc_middles(network)
        polygon = shapely.from_wkt(area)
        shapely.prepare(polygon)
        named &= shapely.contains_xy(polygon, lon, lat)
    return named


def is_filled(value: Any) -> bool:
    """Whether a cell of text holds any."""
    return isinstance(value, str) and value != ""


def arc_middles(network: Network) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return lon and lat of each arc's middle vertex, or of the middle of its two."""
    first, last = network.shape_first_out[:-1], network.shape_first_out[1:] - 1
    low, high = first + (last - first) // 2, first + (last - first + 1) // 2
    lon = (network.shape_lon[low] + network.shape_lon[high]) / 2
    lat = (network.shape_lat[low] + network.shape_lat[high]) / 2
    return lon, lat


def read_restrictions(
    city: City, network: Network, date: dt.date
) -> tuple[list[Restriction], list[str]]:
    """Return the closures and limits that may hold on a date, and notes on odd rows."""
    notes: list[str] = []
    found = []
    for row in city.closures.itertuples(index=False):
        hours = _closure_hours(row, date)
        if hours:
            label, where = f"closure {row.closure_id}", f"closures.csv row {row.row}"
            found.append(_restriction(network, row, label, where, "closure", hours, notes))
    for row in city.limits.itertuples(index=False):
        if row.kind in ("center", "wash_corridor"):
            continue  # they shut no street: `scenarios.corridors`
        label, where = f"limit {row.limit_id}", f"limits.csv row {row.row}"
        hours = _limit_hours(row)
        found.append(_restriction(network, row, label, where, row.kind, hours, notes))
    return found, notes


def _restriction(
    network: Network,
    row: Any,
    label: str,
    where: str,
    kind: str,
    hours: tuple[tuple[int, int], ...],
    notes: list[str],
) -> Restriction:
    named = matching_arcs(network, way_id=row.way_id, name=row.name, area=row.area)
    arcs = np.flatnonzero(named & real_arcs(network)).astype(np.int32)
    if not len(arcs):
        notes.append(f"{where}: {label} matches no street of the map; it has no effect")
    value = getattr(row, "value", None)
    permit = getattr(row, "permit", None)
    return Restriction(
        label=label,
        kind=kind,
        value=None if pd.isna(value) else float(value),
        permit=permit if is_filled(permit) else None,
        hours=hours,
        arcs=arcs,
    )


def _closure_hours(row: Any, date: dt.date) -> tuple[tuple[int, int], ...]:
    """Return when a closure holds around a date; a closed night reaches into the next day."""
    hours = []
    for shift in (-1, 0, 1):
        day = pd.Timestamp(date + dt.timedelta(days=shift))
        begun = pd.isna(row.date_from) or row.date_from <= day
        if begun and (pd.isna(row.date_to) or day <= row.date_to):
            whole = pd.isna(row.from_time) and pd.isna(row.to_time)
            early, late = (0, DAY_S) if whole else _hours(row)
            hours.append((early + shift * DAY_S, late + shift * DAY_S))
    return tuple(hours)


def _limit_hours(row: Any) -> tuple[tuple[int, int], ...]:
    """Return when a limit holds. Limits of size and weight protect a structure: at all hours."""
    if row.kind != "truck_ban" or (pd.isna(row.from_time) and pd.isna(row.to_time)):
        return ((-DAY_S, DAY_END_S + DAY_S),)
    early, late = _hours(row)
    return tuple((early + shift * DAY_S, late + shift * DAY_S) for shift in (-1, 0, 1))


def _hours(row: Any) -> tuple[int, int]:
    early = 0 if pd.isna(row.from_time) else int(row.from_time)
    late = DAY_END_S if pd.isna(row.to_time) else int(row.to_time)
    return early, late + DAY_S if late <= early else late


def truck_profile(city: City, truck: DueTruck) -> Profile:
    """Return a truck as the streets see it, with the city's speeds."""
    return Profile(
        name=truck.truck_id,
        height_cm=truck.height_cm,
        width_cm=truck.width_cm,
        weight_kg=truck.weight_kg,
        hgv=truck.hgv,
        permits=frozenset(truck.permits),
        speeds_kmh=tuple(city.settings.speeds[name] for name in HIGHWAY_CLASSES),
        last_mile=True,
    )


def access_groups(
    city: City, network: Network, date: dt.date, trucks: Sequence[DueTruck]
) -> tuple[list[AccessGroup], list[str]]:
    """Return groups of trucks that see the same streets, and notes on closures and limits.

    Trucks are told apart by effect, not by dimensions: two heights that pass under the same bridges
    make one group, so that one travel matrix serves both.
    """
    restrictions, notes = read_restrictions(city, network, date)
    members: dict[tuple[object, ...], list[tuple[DueTruck, list[Period]]]] = {}
    speeds = {name: read_speeds(city, name) for name in sorted({_speed_class(t) for t in trucks})}
    for truck in trucks:
        own = truck_periods(restrictions, truck, speeds[_speed_class(truck)])
        periods = _told_apart(network, truck_profile(city, truck), own)
        key = tuple(entry for digest, period in periods for entry in (period.begin_s, digest))
        members.setdefault(key, []).append((truck, [period for _, period in periods]))
    groups = [_group(city, k, some) for k, some in enumerate(members.values(), 1)]
    return groups, notes


def _speed_class(truck: DueTruck) -> str:
    return profile_of(truck.kind, truck.weight_kg)


def _told_apart(
    network: Network, profile: Profile, own: Iterable[Period]
) -> list[tuple[str, Period]]:
    """Return the periods of a truck that differ in effect, each with its digest."""
    periods: list[tuple[str, Period]] = []
    for period in own:
        as_driven = replace(profile, class_factors=period.factors)
        digest = effect(network, as_driven, period.blocked)
        if periods and periods[-1][0] == digest:
            before = periods[-1][1]
            shut = union((before.blocked, period.blocked))
            periods[-1] = digest, replace(before, blocked=shut)
        else:
            periods.append((digest, period))
    return periods


def _group(
    city: City, number: int, members: Sequence[tuple[DueTruck, list[Period]]]
) -> AccessGroup:
    trucks = [truck for truck, _ in members]
    periods = merged([own for _, own in members])
    profiles = [truck_profile(city, truck) for truck in trucks]
    name = f"profile_{number}"
    profile = Profile(
        name=listed([truck.truck_id for truck in trucks], NAMED_TRUCKS),
        height_cm=max(p.height_cm for p in profiles),
        width_cm=max(p.width_cm for p in profiles),
        weight_kg=max(p.weight_kg for p in profiles),
        hgv=any(p.hgv for p in profiles),
        permits=frozenset.intersection(*(p.permits for p in profiles)),
        speeds_kmh=profiles[0].speeds_kmh,
        last_mile=True,
        class_factors=fastest(periods),
    )
    names = tuple(truck.truck_id for truck in trucks)
    return AccessGroup(profile, always(periods), names, name, periods)


def listed(names: Sequence[str], shown: int) -> str:
    """Return names joined by commas; beyond ``shown`` the rest are counted."""
    rest = len(names) - shown
    return ", ".join(names[:shown]) + (f" and {rest} more" if rest > 0 else "")
