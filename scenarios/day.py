"""What is due on a date: stops, facilities, trucks, street work, and notes on what is skipped."""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pandas as pd

from routing.errors import InfeasibleError, InputError
from scenarios.access import DAY_END_S, DAY_S, listed
from scenarios.city import City, Settings
from scenarios.cleaning.work import StreetWork, Weather, street_work
from scenarios.fill_levels import ASSUMED, FillVerdict, judge_points
from scenarios.frequency import due
from scenarios.periodic.stored import StoredVisits
from scenarios.schema import CONTAINER, HOOKLIFT, SNOW_TRUCKS

Hours = tuple[tuple[int, int], ...]

HGV_ABOVE_KG = 3_500
"""A truck heavier than this is a heavy goods vehicle to the streets."""
SPLIT_DAY = (4 * 3600, 21 * 3600)
"""The day that several visits without windows share; halves meet at 12:30."""
LIKELY_VISIT_S = 10 * 3600
"""When a smart point without windows is likely to be visited."""
WORK_HOURS = (8 * 3600, 18 * 3600)
"""Working hours in which the clock of a case runs."""
CASE_PRIORITY = 20
"""A case counts as four times the most important point."""
OUTSIDE_KINDS = ("street", "market")
"""Kinds of points that are no compound's own."""
HAULER = "transfer"
"""Kind of truck that carries waste from transfer stations onward."""
PERISHABLE = ("kitchen",)
"""Streams that may not stay at a transfer station overnight."""
NAMED = 8
"""A note names this many things and counts the rest."""

CASES_ASSUMED = (
    "assumption: the clock of a case runs from 08:00 to 18:00 on workdays; leaving a case out is "
    f"priced at {CASE_PRIORITY} times the base"
)


@dataclass(frozen=True)
class DueStop:
    """One visit to a collection point, or one reported case.

    Attributes
    ----------
    point_id
        The point, or the case.
    visit
        Number of the visit on the day, from 1.
    volume_l
        Loose litres as they lie in the bin.
    windows
        (earliest, latest) begin of service, in order; empty = any time.
    right_only
        Whether the stop must be on the curb side; None = the class of its street decides.
    price
        What leaving it out costs, in thousandths.
    stop_id
        The point's identifier, with ``#2`` and so on where it is visited several times; cases begin
        with ``case:``.
    resident
        Whether it is a compound's own, which lets in the trucks that serve it.
    in_container
        Whether it is a container that is exchanged for an empty one; its volume is the container's.
    """

    point_id: str
    visit: int
    name: str
    lon: float
    lat: float
    district: str
    stream: str
    mass_kg: int
    volume_l: int
    service_s: int
    windows: Hours
    right_only: bool | None
    priority: int
    price: int
    kind: Literal["point", "case"]
    stop_id: str
    resident: bool = True
    in_container: bool = False


@dataclass(frozen=True)
class Haul:
    """Where a transfer station's waste goes on to, and how.

    Attributes
    ----------
    storage_kg
        What the station holds of all streams together.
    load_s
        How long a transfer truck takes its load.
    streams
        What the facility it goes to accepts.
    clear_daily
        Streams of which nothing may stay overnight.
    """

    to: str
    storage_kg: int
    load_s: int
    streams: tuple[str, ...]
    clear_daily: tuple[str, ...]


@dataclass(frozen=True)
class DueFacility:
    """A facility that is open on the date.

    ``refills`` is whether water can be taken there; ``haul`` where transfer trucks on shift take
    its waste, if they do.
    """

    facility_id: str
    name: str
    kind: str
    lon: float
    lat: float
    streams: tuple[str, ...]
    open_s: int
    close_s: int
    bays: int
    unload_s: int
    capacity_kg_day: int | None
    refills: bool
    haul: Haul | None = None


@dataclass(frozen=True)
class DueTruck:
    """A truck on shift; ``capacity_l`` is in loose litres by stream, costs in thousandths.

    ``loaded_kg`` and ``loaded_l`` of ``loaded_stream`` are aboard when its shift begins.
    """

    truck_id: str
    kind: str
    depot_id: str
    end_depot_id: str
    streams: tuple[str, ...]
    capacity_kg: int
    capacity_l: dict[str, int]
    compartments: int
    tank_l: int
    height_cm: int
    width_cm: int
    weight_kg: int
    hgv: bool
    shift_start: int
    shift_end: int
    max_overtime_s: int
    max_trips: int
    fixed_cost: int
    cost_km: int
    cost_h: int
    energy: str
    permits: frozenset[str]
    loaded_stream: str = ""
    loaded_kg: int = 0
    loaded_l: int = 0
    changes_stream: bool = False

    def collects(self, stream: str, in_container: bool) -> bool:
        """Whether it may serve stops of a stream, in containers or in bins."""
        return stream in self.streams and (self.kind == HOOKLIFT) == in_container


@dataclass(frozen=True)
class Day:
    """All that is due on a date; ``notes`` say what was skipped and why.

    ``week`` is the mark of the stored week that street work is taken from, "" without one;
    ``scope`` is "streets" where only street work is planned. ``haulers`` are the trucks that carry
    waste from transfer stations onward; they are none of ``trucks``. ``visits`` is the mark of the
    stored days of visits that decide which points are due, ``usual`` the truck that usually visits
    each; ``safety`` is the share of days on which a load shall fit, 0 where mean waste is planned
    for.
    """

    date: dt.date
    stops: tuple[DueStop, ...]
    facilities: tuple[DueFacility, ...]
    trucks: tuple[DueTruck, ...]
    street_work: tuple[StreetWork, ...]
    notes: tuple[str, ...]
    week: str = ""
    scope: str = ""
    haulers: tuple[DueTruck, ...] = ()
    visits: str = ""
    usual: Mapping[str, str] = field(default_factory=dict)
    safety: float = 0.0


def plan_day(city: City, date: dt.date, visits: StoredVisits | None = None) -> Day:
    """Return what is due in a city on a date.

    Parameters
    ----------
    visits
        The days of points that are not left to their frequency.

    Raises
    ------
    InputError
        When two stops would have one identifier.
    InfeasibleError
        When no truck is on shift; it says why of each.
    """
    notes = _calendar_notes(city, date)
    stops = [*_point_stops(city, date, visits, notes), *_case_stops(city, date, notes)]
    _check_unique(stops)
    facilities = _facilities(city, date, notes)
    before = len(notes)
    hauled = {s for f in facilities if f.haul for s in hauled_streams(f)}
    on_shift = _trucks(city, date, {f.facility_id for f in facilities}, hauled, notes)
    trucks = tuple(t for t in on_shift if t.kind != HAULER)
    haulers = tuple(t for t in on_shift if t.kind == HAULER)
    if not haulers:
        facilities = tuple(replace(f, haul=None) for f in facilities)
    if not trucks:
        why = "; ".join(notes[before:])
        raise InfeasibleError(
            f"trucks.csv: no truck is on shift on {date} ({why}); add shifts or choose another date"
        )
    works, work_notes = street_work(city, date, weather_of(city, date, notes))
    notes += work_notes
    day = Day(date, tuple(stops), facilities, trucks, tuple(works), tuple(notes), haulers=haulers)
    return day if visits is None else replace(day, visits=visits.mark, usual=visits.trucks)


def hauled_streams(facility: DueFacility) -> tuple[str, ...]:
    """Return the streams that a station takes in and that may go where it hauls to."""
    accepted = () if facility.haul is None else facility.haul.streams
    return tuple(s for s in facility.streams if s in accepted)


def half_up(value: float) -> int:
    """Return a number rounded to the nearest whole, halves up."""
    return math.floor(value + 0.5)


def is_active(row: Any, date: dt.date) -> bool:
    """Whether a dated row holds on a date, both ends included; an empty end is open."""
    day = pd.Timestamp(date)
    begun = pd.isna(row.active_from) or row.active_from <= day
    return bool(begun and (pd.isna(row.active_to) or day <= row.active_to))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _row_of(frame: pd.DataFrame, date: dt.date) -> Any:
    """Return the row of a date, or None."""
    return next(frame[frame["date"] == pd.Timestamp(date)].itertuples(index=False), None)


def _calendar_notes(city: City, date: dt.date) -> list[str]:
    row = _row_of(city.calendar, date)
    if row is None or row.kind != "holiday":
        return []
    return [f"{date} is a holiday ({_text(row.name) or 'unnamed'}); frequencies count on as usual"]


def weather_of(city: City, date: dt.date, notes: list[str]) -> Weather:
    """Return what the weather of a date allows, after noting what it forbids."""
    row = _row_of(city.weather, date)
    limit, most = city.settings.wet_min_temp_c, city.settings.wet_max_rain_mm
    if row is None:
        if len(city.programmes):
            notes.append(f"weather.csv has no row for {date}; wet work is planned as usual")
        return Weather()
    if row.min_temp_c < limit:
        notes.append(f"{row.min_temp_c:g} °C is below {limit:g} °C: wet work is off")
    elif row.rain_mm > most:
        notes.append(f"{row.rain_mm:g} mm of rain are more than {most:g} mm: wet work is off")
    hot = None if pd.isna(row.max_temp_c) else float(row.max_temp_c)
    return Weather(row.min_temp_c >= limit and row.rain_mm <= most, hot)


def _check_unique(stops: Iterable[DueStop]) -> None:
    counts = Counter(stop.stop_id for stop in stops)
    faults = [
        f"points.csv: {name!r} would name {count} stops of the day; rename the point"
        for name, count in counts.items()
        if count > 1
    ]
    if faults:
        raise InputError(faults)


def row_windows(row: Any) -> Hours:
    """Return the windows of a point in order of time, open where one end is empty."""
    pairs = ((row.window_start, row.window_end), (row.window2_start, row.window2_end))
    return tuple(
        sorted(
            (0 if pd.isna(a) else int(a), DAY_END_S if pd.isna(b) else int(b))
            for a, b in pairs
            if not (pd.isna(a) and pd.isna(b))
        )
    )


def visit_windows(windows: Hours, count: int) -> list[Hours]:
    """Return the windows of each of ``count`` visits on one day.

    One visit may use every window. Several share them: each its own while there are enough, else
    each window is cut into equal parts. Without windows the parts of `SPLIT_DAY` are shared, the
    first open to the morning and the last to the night.
    """
    if count == 1:
        return [windows]
    if not windows:
        (first, *middle, last) = _parts(SPLIT_DAY, count)
        return [((0, first[1]),), *((part,) for part in middle), ((last[0], DAY_END_S),)]
    shares = [count // len(windows) + (k < count % len(windows)) for k in range(len(windows))]
    return [
        (part,)
        for window, share in zip(windows, shares, strict=True)
        for part in _parts(window, share)
    ]


def _parts(window: tuple[int, int], count: int) -> list[tuple[int, int]]:
    early, span = window[0], window[1] - window[0]
    return [(early + span * i // count, early + span * (i + 1) // count) for i in range(count)]


def price_of(settings: Settings, mass_kg: int, priority: int) -> int:
    """Return what leaving a stop or a load out costs, in thousandths."""
    base = settings.price_unserved_base + settings.price_unserved_per_kg * mass_kg
    return half_up(1000 * base * priority)


def _point_stops(
    city: City, date: dt.date, visits: StoredVisits | None, notes: list[str]
) -> list[DueStop]:
    rows = list(city.points.itertuples(index=False))
    active = [row for row in rows if is_active(row, date)]
    if len(active) < len(rows):
        off = [row.point_id for row in rows if not is_active(row, date)]
        notes.append(f"not active on {date}: points {listed(off, NAMED)}")
    verdicts = _sensors(city, date, active, notes)
    stops = []
    for row in active:
        verdict = verdicts.get(row.point_id)
        if verdict is None or verdict.fill is None:
            times = due if visits is None else visits.due
            count, share = times(row.frequency, row.point_id, date), 1.0
        else:
            count, share = int(verdict.is_due), verdict.fill
        stops += _visits(row, count, share, city.settings)
    return stops


def _visits(row: Any, count: int, share: float, settings: Settings) -> list[DueStop]:
    """Return the visits to a point; each takes an equal part of the day's amount."""
    if count == 0:
        return []
    mass_kg = half_up(float(row.demand_kg) * share)
    volume_l = half_up(1000 * float(row.demand_m3) * share)
    priority = int(row.priority)
    whole = row.kind == CONTAINER
    container_l = half_up(1000 * settings.container_m3)
    stops = []
    for i, windows in enumerate(visit_windows(row_windows(row), count)):
        part_kg = mass_kg * (i + 1) // count - mass_kg * i // count
        stops.append(
            DueStop(
                point_id=row.point_id,
                visit=i + 1,
                name=_text(row.name) or row.point_id,
                lon=float(row.lon),
                lat=float(row.lat),
                district=_text(row.district),
                stream=row.stream,
                mass_kg=part_kg,
                volume_l=container_l
                if whole
                else volume_l * (i + 1) // count - volume_l * i // count,
                service_s=int(row.service_s),
                windows=windows,
                right_only={"right": True, "either": False}.get(_text(row.side)),
                priority=priority,
                price=price_of(settings, part_kg, priority),
                kind="point",
                stop_id=row.point_id if i == 0 else f"{row.point_id}#{i + 1}",
                resident=row.kind not in OUTSIDE_KINDS,
                in_container=whole,
            )
        )
    return stops


def _sensors(
    city: City, date: dt.date, active: Sequence[Any], notes: list[str]
) -> dict[str, FillVerdict]:
    """Return the verdict on every smart point, with notes on those not believed or not due."""
    smart = {row.point_id: row for row in active if row.kind == "smart"}
    known = {row.point_id for row in city.points.itertuples(index=False) if row.kind == "smart"}
    others = sorted(set(city.fill["point_id"]) - known)
    if others:
        notes.append(f"fill.csv: readings of points that are not smart: {listed(others, NAMED)}")
    if not smart:
        return {}
    verdicts = judge_points(city, date, {name: _likely_visit(row) for name, row in smart.items()})
    notes.append(ASSUMED)
    doubted: dict[str, list[str]] = {}
    for name, verdict in verdicts.items():
        if verdict.doubt:
            doubted.setdefault(verdict.doubt, []).append(name)
    notes += [
        f"sensor fallback to the frequency ({doubt}): {listed(names, NAMED)}"
        for doubt, names in sorted(doubted.items())
    ]
    low = [name for name, v in verdicts.items() if v.fill is not None and not v.is_due]
    if low:
        notes.append(f"smart points not full enough to be visited: {listed(low, NAMED)}")
    return verdicts


def _likely_visit(row: Any) -> int:
    windows = row_windows(row)
    return (windows[0][0] + windows[0][1]) // 2 if windows else LIKELY_VISIT_S


class WorkCalendar:
    """Workdays: Monday to Friday, unless the calendar makes a day a holiday or a workday."""

    def __init__(self, calendar: pd.DataFrame) -> None:
        dates = (moment.date() for moment in calendar["date"])
        self.kinds = dict(zip(dates, calendar["kind"], strict=True))

    def is_workday(self, date: dt.date) -> bool:
        """Whether people work on a date."""
        kind = self.kinds.get(date)
        return date.weekday() < 5 if kind is None else kind == "workday"

    def deadline(self, date: dt.date, reported_s: int, allowed_s: int) -> int:
        """Return when working time is used up, in seconds of ``date``; at most 48:00.

        Parameters
        ----------
        date
            The planned date.
        reported_s
            When the clock starts, in seconds of ``date``; negative before it.
        allowed_s
            Working time allowed.
        """
        day, left = reported_s // DAY_S, allowed_s
        while day * DAY_S < DAY_END_S:
            if self.is_workday(date + dt.timedelta(days=day)):
                begin = max(reported_s, day * DAY_S + WORK_HOURS[0])
                end = day * DAY_S + WORK_HOURS[1]
                if begin < end and left <= end - begin:
                    return begin + left
                left -= max(0, end - begin)
            day += 1
        return DAY_END_S


def _case_stops(city: City, date: dt.date, notes: list[str]) -> list[DueStop]:
    """Return a stop for every case reported up to the date and not closed by then."""
    day = pd.Timestamp(date)
    catalogue = {row.case_code: row for row in city.case_catalogue.itertuples(index=False)}
    calendar = WorkCalendar(city.calendar)
    stops, overdue = [], []
    for row in city.cases.itertuples(index=False):
        closed = not pd.isna(row.closed_date) and row.closed_date <= day
        if closed or row.reported_date > day:
            continue
        entry = catalogue[row.case_code]
        reported_s = (row.reported_date - day).days * DAY_S + int(row.reported_time)
        allowed_s = half_up(3600 * float(entry.deadline_working_h))
        deadline_s = calendar.deadline(date, reported_s, allowed_s)
        if deadline_s <= 0:
            overdue.append(row.case_id)
        windows = _case_windows(reported_s, deadline_s, int(entry.service_s))
        stops.append(_case_stop(row, entry, windows, city.settings))
    if stops:
        notes.append(CASES_ASSUMED)
    if overdue:
        notes.append(f"cases past their deadline, due at any time: {listed(overdue, NAMED)}")
    return stops


def _case_windows(reported_s: int, deadline_s: int, service_s: int) -> Hours:
    """Return when work on a case may begin, to end by its deadline; any time if that is past."""
    if deadline_s <= 0:
        return ()
    early = max(0, reported_s)
    return ((early, max(early, min(DAY_END_S, deadline_s) - service_s)),)


def _case_stop(row: Any, entry: Any, windows: Hours, settings: Settings) -> DueStop:
    mass = float(entry.mass_kg if pd.isna(row.mass_kg) else row.mass_kg)
    mass_kg = half_up(mass)
    return DueStop(
        point_id=row.case_id,
        visit=1,
        name=f"{entry.name} {row.case_id}",
        lon=float(row.lon),
        lat=float(row.lat),
        district=_text(row.district),
        stream=entry.stream,
        mass_kg=mass_kg,
        volume_l=half_up(1000 * mass / settings.density_in_bin[entry.stream]),
        service_s=int(entry.service_s),
        windows=windows,
        right_only=None,
        priority=CASE_PRIORITY,
        price=price_of(settings, mass_kg, CASE_PRIORITY),
        kind="case",
        stop_id=f"case:{row.case_id}",
    )


def _facilities(city: City, date: dt.date, notes: list[str]) -> tuple[DueFacility, ...]:
    rows = list(city.facilities.itertuples(index=False))
    off = [row.facility_id for row in rows if not is_active(row, date)]
    if off:
        notes.append(f"not active on {date}: facilities {listed(off, NAMED)}")
    hauls = _hauls([row for row in rows if is_active(row, date)])
    return tuple(
        DueFacility(
            facility_id=row.facility_id,
            name=_text(row.name) or row.facility_id,
            kind=row.kind,
            lon=float(row.lon),
            lat=float(row.lat),
            streams=tuple(row.streams),
            open_s=0 if pd.isna(row.open) else int(row.open),
            close_s=DAY_END_S if pd.isna(row.close) else int(row.close),
            bays=int(row.bays),
            unload_s=int(row.unload_s),
            capacity_kg_day=None
            if pd.isna(row.capacity_t_day)
            else half_up(1000.0 * float(row.capacity_t_day)),
            refills=row.kind == "water",
            haul=hauls.get(row.facility_id),
        )
        for row in rows
        if is_active(row, date)
    )


def _hauls(rows: Sequence[Any]) -> dict[str, Haul]:
    """Return how each transfer station of the day is cleared, as far as it is in one haul."""
    by_id = {row.facility_id: row for row in rows}
    hauls = {}
    for row in rows:
        target = by_id.get(row.haul_to)
        # loading is derived where there are transfer trucks; a chain of stations is not planned
        if row.kind != "transfer" or target is None or _text(target.haul_to):
            continue
        daily = not pd.isna(row.clear_daily) and bool(row.clear_daily)
        if not (pd.isna(row.storage_t) or pd.isna(row.load_s)):
            hauls[row.facility_id] = Haul(
                to=row.haul_to,
                storage_kg=half_up(1000.0 * float(row.storage_t)),
                load_s=int(row.load_s),
                streams=tuple(target.streams),
                clear_daily=tuple(s for s in row.streams if daily or s in PERISHABLE),
            )
    return hauls


def _trucks(
    city: City, date: dt.date, active: set[str], hauled: set[str], notes: list[str]
) -> tuple[DueTruck, ...]:
    rows = list(city.trucks.itertuples(index=False))
    reasons = {row.truck_id: _off_shift(row, active, hauled) for row in rows}
    for why in sorted(set(reasons.values()) - {""}):
        off = [truck_id for truck_id, reason in reasons.items() if reason == why]
        notes.append(f"trucks left out because {why}: {listed(off, NAMED)}")
    full = [row.truck_id for row in rows if reasons[row.truck_id] and _is_loaded(row, date)]
    if full:
        notes.append(f"loads stay aboard trucks that are left out: {listed(full, NAMED)}")
    small = [row.truck_id for row in rows if row.hopper_m3 < row.capacity_m3]
    if small:
        notes.append(
            "hopper_m3 is less than capacity_m3, from which the volume is taken: "
            + listed(small, NAMED)
        )
    return tuple(due_truck(row, date, city.settings) for row in rows if not reasons[row.truck_id])


def _is_loaded(row: Any, date: dt.date) -> bool:
    """Whether a truck has a load aboard when its shift begins on a date."""
    return bool(row.loaded_kg > 0 and row.loaded_on == pd.Timestamp(date))


def _load_of(row: Any, date: dt.date, settings: Settings) -> tuple[str, int, int]:
    """Return stream, kilograms and loose litres aboard when a truck's shift begins on a date.

    Raises
    ------
    InfeasibleError
        When its stream is not told, or is none of the truck's, or it is more than it packs.
    """
    if not _is_loaded(row, date):
        return "", 0, 0
    stream = _text(row.loaded_stream) or (row.streams[0] if len(row.streams) == 1 else "")
    where = f"trucks.csv: {row.truck_id} has {row.loaded_kg:g} kg aboard"
    if stream not in row.streams:
        own = ", ".join(row.streams)
        raise InfeasibleError(f"{where} of {stream or 'no stream'}; it carries {own}")
    litres = half_up(1000.0 * float(row.loaded_kg) / settings.density_in_bin[stream])
    room = _loose_litres(row, stream, settings) // int(row.compartments)
    if litres > room:
        raise InfeasibleError(
            f"{where}, {litres:,} l of {stream} as it lies in bins; it packs {room:,} l of it"
        )
    return stream, half_up(float(row.loaded_kg)), litres


def _off_shift(row: Any, active: set[str], hauled: set[str]) -> str:
    """Return why a truck does not work on the date, or nothing."""
    if row.kind == HAULER and not (hauled & set(row.streams) and row.capacity_kg > 0):
        return "hauls between stations are not planned"
    if pd.isna(row.shift_start) or pd.isna(row.shift_end) or row.shift_end <= row.shift_start:
        return "their shift is empty"
    if row.kind in SNOW_TRUCKS:
        return "they work after snow alone"
    closed = sorted({row.depot_id, row.end_depot_id} - active)
    return f"their depot {closed[0]} is not active" if closed else ""


def due_truck(row: Any, date: dt.date, settings: Settings) -> DueTruck:
    """Return a row of trucks.csv as a truck on shift."""
    stream, loaded_kg, loaded_l = _load_of(row, date, settings)
    weight_kg = half_up(1000.0 * float(row.weight_t))
    return DueTruck(
        truck_id=row.truck_id,
        kind=row.kind,
        depot_id=row.depot_id,
        end_depot_id=row.end_depot_id,
        streams=tuple(row.streams),
        capacity_kg=half_up(float(row.capacity_kg)),
        capacity_l={stream: _loose_litres(row, stream, settings) for stream in row.streams},
        compartments=int(row.compartments),
        tank_l=0 if pd.isna(row.tank_l) else half_up(float(row.tank_l)),
        height_cm=half_up(100.0 * float(row.height_m)),
        width_cm=half_up(100.0 * float(row.width_m)),
        weight_kg=weight_kg,
        hgv=weight_kg > HGV_ABOVE_KG,
        shift_start=int(row.shift_start),
        shift_end=int(row.shift_end),
        max_overtime_s=60 * int(row.max_overtime_min),
        max_trips=int(row.max_trips),
        fixed_cost=half_up(1000.0 * float(row.fixed_cost)),
        cost_km=half_up(1000.0 * float(row.cost_km)),
        cost_h=half_up(1000.0 * float(row.cost_h)),
        energy=row.energy,
        permits=frozenset(row.permits),
        loaded_stream=stream,
        loaded_kg=loaded_kg,
        loaded_l=loaded_l,
        changes_stream=bool(row.changes_stream) and len(row.streams) > int(row.compartments),
    )


def _loose_litres(row: Any, stream: str, settings: Settings) -> int:
    """Return how many litres, as they lie in the bin, a truck packs of a stream.

    What lies in a container is not pressed.
    """
    if row.kind == HOOKLIFT:
        return half_up(1000.0 * float(row.capacity_m3))
    packed = settings.density_in_truck[stream]
    return half_up(1000.0 * float(row.capacity_m3) * packed / settings.density_in_bin[stream])
