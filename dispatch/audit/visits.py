"""What each visit to a point or case is due to be: its hours, its mass and volume.

A point visited n times a day gives an equal part of its day's amount each time, and its visits
share its windows: each its own while there are enough, else every window is cut into equal parts;
without windows the hours from 04:00 to 21:00 are shared, open to the night on both sides. A visit
is named by the point, the second by the point and ``#2``; visits that all bear the plain name are
numbered as they begin. A smart point is visited by its level, or by its frequency where that is
not believed: its visits are as many as the plan names, and give at most 1.2 times its capacity. A
case (``case:`` and its identifier) is due once, until its working hours are used up.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dispatch.audit.record import Activity, PlanRecord
from dispatch.audit.tables import DAY_END_S, DAY_S, Point, World, half_up
from scenarios.city import City
from scenarios.frequency import due
from scenarios.schema import CONTAINER

Hours = tuple[tuple[int, int], ...]

SHARED_DAY = (4 * 3600, 21 * 3600)
WORK_HOURS = (8 * 3600, 18 * 3600)
HIGHEST_FILL = 1.2
CASE = "case:"


@dataclass(frozen=True)
class Visit:
    """One visit as the tables make it; ``mass_kg`` and ``volume_l`` are (least, most)."""

    point: Point
    number: int
    windows: Hours
    mass_kg: tuple[int, int]
    volume_l: tuple[int, int]


def visits_due(point: Point, date: dt.date) -> int:
    """Return how often a point is due on a date: 0 if not active, cases once."""
    if not point.active:
        return 0
    if point.dates is not None:
        return int(date in point.dates)
    return 1 if point.kind == "case" else due(point.frequency, point.point_id, date)


def match_visits(plan: PlanRecord, world: World) -> dict[tuple[int, int], Visit]:
    """Return the due visit behind each stop of a plan, by route and activity."""
    stops = [
        (activity.begin_s, route.number, idx, activity)
        for route in plan.routes
        for idx, activity in enumerate(route.activities)
        if activity.kind == "stop"
    ]
    taken: dict[str, set[int]] = defaultdict(set)
    for _, _, _, activity in stops:
        if number_of(activity.id, world):
            taken[world.point_of(activity.id)].add(number_of(activity.id, world))
    named = Counter(world.point_of(activity.id) for _, _, _, activity in stops)
    named += Counter(world.point_of(u.id) for u in plan.unserved or () if u.kind == "stop")
    visits = {}
    for _, number, idx, activity in sorted(stops, key=lambda stop: stop[:3]):
        point = world.points.get(world.point_of(activity.id))
        if point is not None:
            nth = _choose(activity, taken, world)
            count = named[point.point_id] if point.kind == "smart" else visits_due(point, plan.date)
            visits[number, idx] = _visit(point, nth, count)
    return visits


def number_of(visit_id: str, world: World) -> int:
    """Return the number that a visit's name carries, 0 if none."""
    if visit_id in world.points:
        return 0
    tail = visit_id.rpartition("#")[2]
    return int(tail) if tail.isdigit() else 0


def _choose(activity: Activity, taken: Mapping[str, set[int]], world: World) -> int:
    """Return the number of a visit: as named, else the lowest that is free."""
    named = number_of(activity.id, world)
    if named:
        return named
    used = taken[world.point_of(activity.id)]
    number = next(k for k in range(1, len(used) + 2) if k not in used)
    used.add(number)
    return number


def visit_of(point: Point, number: int, date: dt.date) -> Visit:
    """Return the n-th visit to a point on a date, counted from 1."""
    return _visit(point, number, visits_due(point, date))


def _visit(point: Point, number: int, count: int) -> Visit:
    count = max(1, count, number)
    windows = shared_windows(point.windows, count)[number - 1]
    if point.kind == "smart":
        most = half_up(HIGHEST_FILL * point.demand_kg), half_up(HIGHEST_FILL * point.demand_l)
        return Visit(point, number, windows, (0, most[0]), (0, most[1]))
    kg = _part(half_up(point.demand_kg), number, count)
    litres = half_up(point.demand_l)
    if point.kind != CONTAINER:  # which is exchanged whole each time
        litres = _part(litres, number, count)
    return Visit(point, number, windows, (kg, kg), (litres, litres))


def _part(amount: int, number: int, count: int) -> int:
    """Return the n-th of equal whole parts that add up to an amount."""
    return amount * number // count - amount * (number - 1) // count


def shared_windows(windows: Hours, count: int) -> list[Hours]:
    """Return the windows of each of several visits on one day."""
    if count == 1:
        return [windows]
    if not windows:
        cuts = [SHARED_DAY[0] + (SHARED_DAY[1] - SHARED_DAY[0]) * i // count for i in range(count)]
        edges = [0, *cuts[1:], DAY_END_S]
        return [((a, b),) for a, b in zip(edges, edges[1:], strict=False)]
    parts: list[Hours] = []
    for k, (early, late) in enumerate(windows):
        share = count // len(windows) + (1 if k < count % len(windows) else 0)
        edges = [early + (late - early) * i // share for i in range(share)] + [late]
        parts += [((a, b),) for a, b in zip(edges, edges[1:], strict=False) if share]
    return parts


def read_cases(city: City, date: dt.date) -> list[Point]:
    """Return every case as a point that is due once if the case is open on the date."""
    catalogue = {row.case_code: row for row in city.case_catalogue.itertuples(index=False)}
    return [_case(city, row, catalogue[row.case_code], date) for row in city.cases.itertuples()]


def _case(city: City, row: Any, entry: Any, date: dt.date) -> Point:
    day = pd.Timestamp(date)
    closed = not pd.isna(row.closed_date) and row.closed_date <= day
    mass = float(entry.mass_kg if pd.isna(row.mass_kg) else row.mass_kg)
    reported_s = (row.reported_date - day).days * DAY_S + int(row.reported_time)
    allowed_s = half_up(3600 * float(entry.deadline_working_h))
    deadline_s = deadline(city, date, reported_s, allowed_s)
    early = max(0, reported_s)
    late = max(early, min(DAY_END_S, deadline_s) - int(entry.service_s))
    return Point(
        point_id=f"{CASE}{row.case_id}",
        lon=float(row.lon),
        lat=float(row.lat),
        district=row.district if isinstance(row.district, str) else "",
        kind="case",
        stream=entry.stream,
        demand_kg=mass,
        demand_l=1000.0 * mass / city.settings.density_in_bin[entry.stream],
        service_s=int(entry.service_s),
        windows=((early, late),) if deadline_s > 0 else (),
        frequency="daily",
        side="",
        active=bool(row.reported_date <= day and not closed),
    )


def deadline(city: City, date: dt.date, reported_s: int, allowed_s: int) -> int:
    """Return when the working time allowed is used up, in seconds of the date.

    People work from 08:00 to 18:00, Monday to Friday unless the calendar says otherwise.
    """
    kinds = {row.date.date(): row.kind for row in city.calendar.itertuples()}
    day, left = reported_s // DAY_S, allowed_s
    while True:
        that = date + dt.timedelta(days=day)
        works = kinds[that] == "workday" if that in kinds else that.weekday() < 5
        begin = max(reported_s, day * DAY_S + WORK_HOURS[0])
        end = day * DAY_S + WORK_HOURS[1]
        if works and begin < end:
            if left <= end - begin:
                return begin + left
            left -= end - begin
        day += 1
