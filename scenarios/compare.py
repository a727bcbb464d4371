"""Scenarios side by side: the same days and seeds planned in each, and what the differences say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from scenarios.city import City
from scenarios.edits.draft import Walk
from scenarios.edits.scenario import Edited, Streets, apply_scenario, read_scenario
from scenarios.paired import Verdict, judge
from scenarios.runs.days import DAY_OF, Budget, DayTask, Desk, plan_task
from scenarios.runs.family import Crew, Family, Say, Tally, run_family
from scenarios.runs.store import Result, Store

REBRIEFED = 0.5
"""A driver is affected if less than this share of the stops of both days are the same."""


@dataclass(frozen=True)
class Measure:
    """One figure that is compared; ``better`` is -1 where less is better, 1 more, 0 neither."""

    key: str
    unit: str
    better: int
    en: str
    zh: str


MEASURES = (
    Measure("cost", "", -1, "cost with unserved", "成本（含未完成）"),
    Measure("driven_cost", "", -1, "cost of driving", "运行成本"),
    Measure("km", "km", -1, "distance", "里程"),
    Measure("hours", "h", -1, "time on shift", "出车时间"),
    Measure("tonnes", "t", 0, "collected", "收运量"),
    Measure("vehicles", "", -1, "vehicles", "车辆数"),
    Measure("trips", "", 0, "trips", "趟次"),
    Measure("overtime_h", "h", -1, "overtime", "加班"),
    Measure("co2_kg", "kg", -1, "CO2", "二氧化碳"),
    Measure("punctual", "%", 1, "punctuality", "准点率"),
    Measure("unserved", "", -1, "unserved", "未完成"),
    Measure("unserved_t", "t", -1, "unserved waste", "未收运量"),
    Measure("station_load", "%", -1, "fullest station", "最满站点负荷"),
    Measure("hauled_t", "t", 0, "hauled on from stations", "转运量"),
    Measure("haul_cost", "", -1, "cost of hauls", "转运成本"),
    Measure("overflow_min", "min", -1, "stations overfull", "站点超存时长"),
    Measure("queue_min", "min", -1, "queueing at stations", "排队总时"),
    Measure("longest_queue_min", "min", -1, "longest queue", "最长排队"),
    Measure("walk_m", "m", -1, "mean walk to merged points", "并点后平均步行"),
    Measure("longest_walk_m", "m", -1, "longest walk to merged points", "并点后最远步行"),
    Measure("drivers", "", -1, "drivers affected", "受影响驾驶员"),
)


@dataclass(frozen=True)
class Request:
    """What is compared: scenarios, the first being the one that the others are held against."""

    names: tuple[str, ...]
    dates: tuple[dt.date, ...]
    seeds: tuple[int, ...]
    budget: Budget
    solver: str = "native"


@dataclass(frozen=True)
class Comparison:
    """The figures of every run, and verdicts against the first scenario.

    Attributes
    ----------
    values
        ``values[scenario][measure]`` has a number a day and seed, in the order of ``pairs``.
    verdicts
        ``verdicts[scenario][measure]``; none for the first scenario.
    chance_drivers
        Drivers that another seed alone would affect on a day of the first scenario; None where
        there is one seed.
    results
        The runs themselves, by scenario, in the order of ``pairs``.
    """

    request: Request
    edited: tuple[Edited, ...]
    pairs: tuple[tuple[dt.date, int], ...]
    values: dict[str, dict[str, list[float]]]
    verdicts: dict[str, dict[str, Verdict]]
    chance_drivers: float | None
    results: dict[str, list[Result]]
    tally: Tally


def compare(
    city: City, request: Request, streets: Streets, crew: Crew, store: Store, say: Say
) -> Comparison:
    """Return the comparison; runs that are finished already are not made again.

    Raises
    ------
    PlanningError
        When a scenario has faults or a day cannot be planned.
    """
    edited = [apply_scenario(city, read_scenario(city, name), streets) for name in request.names]
    desk = Desk({name: e.city for name, e in zip(request.names, edited, strict=True)}, streets())
    pairs = [(date, seed) for date in request.dates for seed in request.seeds]
    tasks = {
        (name, date, seed): DayTask(
            name, date, seed, request.budget, request.solver, lines=(date, seed) == pairs[0]
        )
        for name in request.names
        for date, seed in pairs
    }
    keys = {where: desk.key(task) for where, task in tasks.items()}
    by_key = {keys[where]: task for where, task in tasks.items()}
    found, tally = run_family(Family(plan_task, desk, by_key, DAY_OF), crew, store, say)
    results = {
        name: [found[keys[name, date, seed]] for date, seed in pairs] for name in request.names
    }
    return _compared(request, edited, pairs, results, tally)


def _compared(
    request: Request,
    edited: Sequence[Edited],
    pairs: Sequence[tuple[dt.date, int]],
    results: dict[str, list[Result]],
    tally: Tally,
) -> Comparison:
    first = request.names[0]
    values: dict[str, dict[str, list[float]]] = {}
    for name, one in zip(request.names, edited, strict=True):
        rows = [
            measures(result, one.walks, base)
            for result, base in zip(results[name], results[first], strict=True)
        ]
        values[name] = {m.key: [row[m.key] for row in rows] for m in MEASURES}
    verdicts = {
        name: {
            m.key: judge(np.subtract(values[name][m.key], values[first][m.key]).tolist(), m.better)
            for m in MEASURES
        }
        for name in request.names[1:]
    }
    chance = _by_chance(results[first], len(request.seeds))
    return Comparison(
        request, tuple(edited), tuple(pairs), values, verdicts, chance, results, tally
    )


def measures(
    result: Mapping[str, Any], walks: Sequence[Walk], base: Mapping[str, Any]
) -> dict[str, float]:
    """Return every measure of one run in its unit; ``base`` is the same day of the first one."""
    stations = list(result["stations"].values())
    loads = [s["mass_kg"] / s["capacity_kg"] for s in stations if s["capacity_kg"]]
    mass = sum(walk.mass_kg_day for walk in walks)
    return {
        "cost": result["cost"] / 1000,
        "driven_cost": result["driven_cost"] / 1000,
        "km": result["length_m"] / 1000,
        "hours": result["duration_s"] / 3600,
        "tonnes": result["mass_kg"] / 1000,
        "vehicles": float(result["vehicles"]),
        "trips": float(result["trips"]),
        "overtime_h": result["overtime_s"] / 3600,
        "co2_kg": result["co2_g"] / 1000,
        "punctual": 100 * result["punctual"],
        "unserved": float(result["unserved"]),
        "unserved_t": result["unserved_kg"] / 1000,
        "station_load": 100 * max(loads, default=0.0),
        "hauled_t": result["hauled_kg"] / 1000,
        "haul_cost": result["haul_cost"] / 1000,
        "overflow_min": result["overflow_s"] / 60,
        "queue_min": sum(s["wait_s"] for s in stations) / 60,
        "longest_queue_min": max((s["longest_wait_s"] for s in stations), default=0) / 60,
        # waste that stays at its place is carried nowhere and counts with 0
        "walk_m": sum(w.walk_m * w.mass_kg_day for w in walks) / mass if mass else 0.0,
        "longest_walk_m": max((w.walk_m for w in walks), default=0.0),
        "drivers": float(len(affected_drivers(base["crews"], result["crews"], walks))),
    }


def affected_drivers(
    before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]], walks: Iterable[Walk]
) -> list[str]:
    """Return the trucks of either day whose stops are mostly others than before.

    A bin that was merged counts as the point that replaces it.
    """
    merged = {walk.point_id: walk.merged_id for walk in walks}
    affected = []
    for truck in sorted({*before, *after}):
        old = {merged.get(name, name) for name in before.get(truck, ())}
        new = set(after.get(truck, ()))
        if len(old & new) < REBRIEFED * len(old | new):
            affected.append(truck)
    return affected


def _by_chance(results: Sequence[Mapping[str, Any]], num_seeds: int) -> float | None:
    """Return how many drivers a day and its neighbour seed differ by, on average."""
    if num_seeds < 2:
        return None
    days = [results[k : k + num_seeds] for k in range(0, len(results), num_seeds)]
    counts = [
        len(affected_drivers(a["crews"], b["crews"], ()))
        for day in days
        for a, b in zip(day, day[1:], strict=False)
    ]
    return float(np.mean(counts))
