"""What is promised of a day's work: by the table of pins, or by a plan that is under way.

A row of pins.csv promises one stop or street run of one date: that it is served at all, and as far
as these are filled, by which truck, as how manieth of its stops, and between which times. A plan
that drivers hold already promises all that begins before a moment: truck and order stay.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from routing.errors import InputError
from scenarios.cells import format_time, rows_of
from scenarios.city import City
from scenarios.cleaning.chains import chains_of
from scenarios.problem import DayProblem
from solvers.given import VISIT, Given
from solvers.problem import Pin, Problem

WORK = ("stop", "street")
VISITS = ("unload", "refill")
NAMED = 5
"""Trucks that a message names."""


@dataclass(frozen=True)
class Promise:
    """One pin before it is looked up in a day; ``where`` names file and row, or plan and truck.

    ``place`` counts from 0; an empty ``truck_id`` is any truck.
    """

    where: str
    task_id: str
    truck_id: str = ""
    place: int | None = None
    begin: tuple[int, int] | None = None


def table_promises(city: City, date: dt.date) -> list[Promise]:
    """Return what pins.csv promises for a date.

    Raises
    ------
    InputError
        When a place in the order lacks its truck, or a time its other end.
    """
    found, faults = [], []
    for row in rows_of(city.pins):
        where = f"pins.csv row {row.row}"
        if row.date != pd.Timestamp(date):
            continue
        place = None if pd.isna(row.place) or row.place < 1 else int(row.place) - 1
        truck = "" if pd.isna(row.truck_id) else str(row.truck_id)
        if place is not None and not truck:
            faults.append(f"{where}: place = {place + 1}; expected its truck in truck_id as well")
        found.append(Promise(where, row.id, truck, place, _begin(row)))
    if faults:
        raise InputError(faults)
    return found


def _begin(row: Any) -> tuple[int, int] | None:
    if pd.isna(row.begin_from) or pd.isna(row.begin_to):
        return None  # a time without its other end is a fault of the table
    return int(row.begin_from), int(row.begin_to)


def given_routes(record: Mapping[str, Any]) -> Given:
    """Return the work of each truck of a plan with the mode in which it is done, and its visits."""
    return {
        route["truck_id"]: [
            (a["id"], VISIT if a["kind"] in VISITS else int(a["mode"]))
            for a in route["activities"]
            if a["kind"] in (*WORK, *VISITS)
        ]
        for route in record["routes"]
    }


def kept_promises(record: Mapping[str, Any], until_s: int) -> list[Promise]:
    """Return what a plan promises up to a moment: all work that begins before it, in its order."""
    return [
        Promise(f"the plan of {route['truck_id']}", a["id"], route["truck_id"], place)
        for route in record["routes"]
        for place, a in enumerate(_work(route))
        if a["begin_s"] < until_s
    ]


def split_convoys(posed: DayProblem, kept: Sequence[Promise]) -> tuple[list[Promise], int]:
    """Return what stays, and how many of them are passes of convoys, which cannot be pinned."""
    tasks = posed.problem.tasks
    timed = {tasks[t].task_id for c in chains_of(posed.sources) if c.linked for t in c.tasks}
    stays = [p for p in kept if p.task_id not in timed]
    return stays, len(kept) - len(stays)


def both_promises(table: Sequence[Promise], kept: Sequence[Promise]) -> list[Promise]:
    """Return what table and plan promise together: for work under way that of both.

    Raises
    ------
    InputError
        When the table asks for another truck or place than the work has that is under way.
    """
    under_way, merged = {p.task_id: p for p in kept}, set[str]()
    own, faults = [], []
    for p in table:
        held = under_way.get(p.task_id)
        if held is None or p.task_id in merged:
            own.append(p)
        elif p.truck_id not in ("", held.truck_id) or p.place not in (None, held.place):
            faults.append(
                f"{p.where}: id = {p.task_id}; expected stop {_number(held)} of {held.truck_id}, by"
                " the plan that is under way; correct the row, or choose an earlier --until"
            )
        else:
            under_way[p.task_id] = replace(held, begin=p.begin)
            merged.add(p.task_id)
    if faults:
        raise InputError(faults)
    return [*under_way.values(), *own]


def _number(p: Promise) -> int | None:
    return None if p.place is None else p.place + 1


def _work(route: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [a for a in route["activities"] if a["kind"] in WORK]


def with_promises(posed: DayProblem, promises: Sequence[Promise]) -> DayProblem:
    """Return the day with its pins.

    Raises
    ------
    InputError
        When what is promised is not due, its truck is not on shift, or places leave gaps; all
        faults at once.
    """
    if not promises:
        return posed
    problem = posed.problem
    task_of = {task.task_id: k for k, task in enumerate(problem.tasks)}
    truck_of = {truck.vehicle_id: k for k, truck in enumerate(problem.vehicles)}
    faults = [*_unknown(posed, promises, task_of, truck_of), *_gaps(promises)]
    faults = faults or [f for p in promises for f in _refusals(problem, p, task_of, truck_of)]
    if faults:
        raise InputError(faults)
    pins = tuple(
        Pin(task_of[p.task_id], truck_of[p.truck_id] if p.truck_id else None, p.place, p.begin)
        for p in promises
    )
    return replace(posed, problem=replace(problem, pins=pins))


def _unknown(
    posed: DayProblem,
    promises: Sequence[Promise],
    task_of: Mapping[str, int],
    truck_of: Mapping[str, int],
) -> Iterable[str]:
    date, seen = posed.day.date, dict[str, str]()
    for p in promises:
        if p.task_id not in task_of:
            yield (
                f"{p.where}: id = {p.task_id}; expected a stop or street run that is due on {date}"
                " and can be reached; correct it, or remove the row"
            )
        if p.truck_id in {truck.truck_id for truck in posed.laden}:
            yield (
                f"{p.where}: truck_id = {p.truck_id}; expected a truck that can put down in its"
                " shift what is aboard at the start"
            )
        elif p.truck_id and p.truck_id not in truck_of:
            yield (
                f"{p.where}: truck_id = {p.truck_id}; expected a truck that is on shift on {date}"
                " and no transfer truck"
            )
        if p.task_id in seen:
            yield f"{p.where}: id = {p.task_id}; it is pinned by {seen[p.task_id]} already"
        seen[p.task_id] = p.where


def _refusals(
    problem: Problem, p: Promise, task_of: Mapping[str, int], truck_of: Mapping[str, int]
) -> Iterable[str]:
    """Yield a line where a truck may not do the work, or its hours do not allow the moment."""
    task = problem.tasks[task_of[p.task_id]]
    if p.truck_id and not problem.may_serve(problem.vehicles[truck_of[p.truck_id]], task):
        able = [v.vehicle_id for v in problem.vehicles if problem.may_serve(v, task)]
        others = ", ".join(able[:NAMED]) or "none of today"
        yield f"{p.where}: truck_id = {p.truck_id}; expected one that may do {p.task_id}: {others}"
    if p.begin is not None and task.windows:
        early, late = p.begin
        if all(late < opens or early > closes for opens, closes in task.windows):
            hours = ", ".join(f"{format_time(a)}-{format_time(b)}" for a, b in task.windows)
            yield (
                f"{p.where}: begin_from = {format_time(early)}; expected a time in {hours}, when"
                f" {p.task_id} may be begun"
            )


def _gaps(promises: Sequence[Promise]) -> Iterable[str]:
    places: dict[str, list[Promise]] = defaultdict(list)
    for p in promises:
        if p.place is not None:
            places[p.truck_id].append(p)
    for truck, own in sorted(places.items()):
        given = sorted(p.place for p in own if p.place is not None)
        if given != list(range(len(given))):
            numbers = ", ".join(str(k + 1) for k in given)
            yield (
                f"{own[0].where}: places of {truck} are {numbers}; expected each from 1 to"
                f" {len(given)} once: only its first stops can have a place"
            )


def pins_record(posed: DayProblem) -> list[dict[str, Any]]:
    """Return ``plan["pins"]``: what the plan was asked to keep."""
    problem = posed.problem
    return [
        {
            "id": problem.tasks[pin.task].task_id,
            "truck_id": "" if pin.vehicle is None else problem.vehicles[pin.vehicle].vehicle_id,
            "place": None if pin.place is None else pin.place + 1,
            "begin": None if pin.begin is None else list(pin.begin),
        }
        for pin in problem.pins
    ]
