"""A week of street cleaning: assigned to its days, driven day by day, and what it covers."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from routing.errors import InfeasibleError
from routing.network import Network
from routing.profiles import weigh
from scenarios.access import access_groups
from scenarios.city import City
from scenarios.cleaning.capacity import Crew, Sites, crews_of, sites_of
from scenarios.cleaning.linked import Search
from scenarios.cleaning.schedule import Schedule
from scenarios.cleaning.stored import SCHEMA, StoredWeek, dates_of, street_mark
from scenarios.cleaning.usual import by_usual_vehicles, last_trucks, run_of
from scenarios.cleaning.week import Assignment, WeekRun, patterns, week_runs
from scenarios.cleaning.work import Due
from scenarios.problem import rules_of
from scenarios.run import DayPlan, due_streets, load_network, pose_day, solve_day, street_day
from scenarios.street_tasks import StreetTask
from solvers.evaluate import evaluate_plan
from solvers.solve import Options, Progress
from solvers.stop import Stop
from solvers.warmup import compile_ahead, warm_up

Say = Callable[[str], None]
NOT_POSSIBLE, NOT_OFFERED = "day", "capacity"
"""Why a pass is missed whose run cannot be worked on any day that its frequency allows, and one
that no day was asked for since the fleet has no hours left."""


@dataclass(frozen=True)
class Covered:
    """What became of one run in a week.

    ``planned`` counts the passes in the routes, ``missed`` those that are not, by their reason.
    """

    run: WeekRun
    district: str
    required: int
    planned: int
    missed: Counter[str]


@dataclass(frozen=True)
class WeekPlan:
    """The runs of a week with their days, the plan of each day, and what is covered."""

    week: str
    dates: tuple[dt.date, ...]
    runs: tuple[WeekRun, ...]
    assignment: Assignment
    mark: str
    seed: int
    days: tuple[DayPlan, ...]
    covered: tuple[Covered, ...]
    notes: tuple[str, ...]


def plan_week(
    city: City,
    week: str,
    stop: Callable[[], Stop],
    *,
    seed: int | None,
    say: Say,
    progress: Progress,
    options: Options,
) -> WeekPlan:
    """Return the week's street cleaning; ``stop`` bounds the search of each day.

    Raises
    ------
    InputError
        When the week is none.
    InfeasibleError
        When no street is due in the week.
    """
    dates = dates_of(week)
    compile_ahead()
    network = load_network(city, say)
    chosen = city.settings.seed if seed is None else seed
    notes: dict[str, None] = {}
    runs = week_runs([_tasks_of(city, network, date, notes) for date in dates])
    if not runs:
        why = "; ".join(notes) or "no programme asks for it"
        raise InfeasibleError(f"{week}: no street can be cleaned ({why})")
    say(f"{len(runs)} runs of street; choosing their days")
    crews, sites = _crews(city, runs, dates)
    schedule = Schedule(runs, dates, crews, sites, chosen)
    if schedule.filled:
        say("more work than the fleet can do: days are filled one after the other")
    mark = street_mark(city, network)
    warm_up(say)
    plans: list[DayPlan] = []
    for k, date in enumerate(dates):
        offered = schedule.offered(k)
        if not offered:
            continue
        say(f"routes of {date}")
        day = street_day(city, date, mark)
        of_day = {run.run_id: (date,) if i in offered else () for i, run in enumerate(runs)}
        posed = pose_day(city, day, network, StoredWeek(of_day, mark).due, say)
        search = Search(stop(), chosen, "native", progress, options, say)
        plan = by_usual_vehicles(posed, solve_day(posed, search), plans)
        plans.append(DayPlan(date, network, posed, plan, chosen))
        schedule.note(k, *_outcome(plans[-1]))
    assignment = schedule.assignment()
    covered = _covered(city, runs, dates, plans)
    return WeekPlan(
        week, dates, tuple(runs), assignment, mark, chosen, tuple(plans), covered, tuple(notes)
    )


def _crews(
    city: City, runs: Sequence[WeekRun], dates: Sequence[dt.date]
) -> tuple[list[list[Crew]], Sites]:
    """Return the crews of each day, and where tanks are filled and hoppers emptied."""
    crews: list[list[Crew]] = []
    sites = Sites((), ())
    for k, date in enumerate(dates):
        able = [run for run in runs if k in run.able]
        crews.append([])
        if able:
            day = street_day(city, date)
            sites = sites_of(day)
            crews[-1] = crews_of(day, able, rules_of(city))
    return crews, sites


def _outcome(plan: DayPlan) -> tuple[dict[str, str], dict[str, int]]:
    """Return why runs are left out, and how long each truck is under way."""
    tasks = plan.posed.problem.tasks
    left = {run_of(tasks[u.task].task_id): u.reason for u in plan.plan.unserved}
    used = {
        plan.posed.trucks[r.route.vehicle].truck_id: r.end_s - r.route.start_s
        for r in evaluate_plan(plan.posed.problem, plan.plan).driven
    }
    return left, used


def _tasks_of(
    city: City, network: Network, date: dt.date, notes: dict[str, None]
) -> Callable[[Due], Sequence[StreetTask]]:
    """Return what makes the street tasks of a date; its notes are kept each once."""

    def make(due: Due) -> Sequence[StreetTask]:
        try:
            day = street_day(city, date)
        except InfeasibleError as error:
            notes[str(error)] = None
            return ()
        groups, _ = access_groups(city, network, date, day.trucks)
        weights = [weigh(network, g.profile, g.blocked) for g in groups]
        tasks, told = due_streets(city, day, network, groups, weights, due)
        notes.update(dict.fromkeys([*(f"{date}: {note}" for note in day.notes), *told]))
        return tasks

    return make


def _covered(
    city: City, runs: Sequence[WeekRun], dates: Sequence[dt.date], plans: Sequence[DayPlan]
) -> tuple[Covered, ...]:
    """Return what became of each run: a pass that is left out on one day may be made on another."""
    planned: Counter[str] = Counter()
    reasons: dict[str, list[str]] = defaultdict(list)
    for plan in plans:
        left = {unserved.task: unserved.reason for unserved in plan.plan.unserved}
        for idx, task in enumerate(plan.posed.problem.tasks):
            run_id = run_of(task.task_id)
            if idx in left:
                reasons[run_id].append(left[idx])
            else:
                planned[run_id] += 1
    found = []
    for run, district in zip(runs, _districts(city, runs), strict=True):
        options = patterns(run.frequency, dates, run.run_id)
        a_day = run.times_per_day * len(run.passes)
        required = len(options[0]) * a_day
        never = required - a_day * max(len(run.able & set(days)) for days in options)
        missed = required - planned[run.run_id]
        gaps = Counter([NOT_POSSIBLE] * never)
        gaps.update(reasons[run.run_id][::-1][: missed - never])
        gaps[NOT_OFFERED] = missed - gaps.total()
        found.append(Covered(run, district, required, planned[run.run_id], +gaps))
    return tuple(found)


def _districts(city: City, runs: Sequence[WeekRun]) -> list[str]:
    """Return the district of each run: that of the collection point nearest to it."""
    points = city.points[city.points["district"].astype(bool)]
    if not len(points):
        return [""] * len(runs)
    lon, lat = points["lon"].to_numpy(float), points["lat"].to_numpy(float)
    names = points["district"].tolist()
    east = float(np.cos(np.radians(lat.mean())))
    return [
        str(names[int(np.argmin(np.hypot((lon - run.lon) * east, lat - run.lat)))]) for run in runs
    ]


def coverage(week: WeekPlan) -> list[dict[str, Any]]:
    """Return passes and kilometres required, planned and missed by class, category and district."""
    rows = []
    for scope, key in (
        ("class", lambda c: str(c.run.cleaning_class)),
        ("category", lambda c: c.run.category),
        ("district", lambda c: c.district),
    ):
        groups: dict[str, list[Covered]] = defaultdict(list)
        for one in week.covered:
            groups[key(one)].append(one)
        rows += [{"by": scope, "name": name} | _sums(groups[name]) for name in sorted(groups)]
    return [*rows, {"by": "all", "name": ""} | _sums(week.covered)]


def _sums(covered: Sequence[Covered]) -> dict[str, Any]:
    gaps: Counter[str] = Counter()
    for one in covered:
        gaps.update(one.missed)
    return {
        "runs": len(covered),
        "required": sum(c.required for c in covered),
        "planned": sum(c.planned for c in covered),
        "missed": sum(c.missed.total() for c in covered),
        "required_km": round(sum(c.required * c.run.length_m for c in covered) / 1000, 1),
        "planned_km": round(sum(c.planned * c.run.length_m for c in covered) / 1000, 1),
        "missed_km": round(sum(c.missed.total() * c.run.length_m for c in covered) / 1000, 1),
        "reasons": dict(sorted(gaps.items())),
    }


def week_record(city: City, week: WeekPlan) -> dict[str, Any]:
    """Return the content of week.json."""
    rows = zip(week.runs, week.assignment.days, week.assignment.cell, strict=True)
    return {
        "schema": SCHEMA,
        "city": city.name,
        "week": week.week,
        "first_day": week.dates[0].isoformat(),
        "mark": week.mark,
        "seed": week.seed,
        "runs": [
            {
                "id": run.run_id,
                "name": run.name,
                "class": run.cleaning_class,
                "template": run.template,
                "category": run.category,
                "key_area": run.key_area,
                "length_m": run.length_m,
                "frequency": run.frequency,
                "times_per_day": run.times_per_day,
                "arcs": list(run.arcs),
                "cell": cell,
                "days": list(days),
            }
            for run, days, cell in rows
        ],
        "coverage": coverage(week),
        "days": [day_figures(plan) for plan in week.days],
        "alike": alike(week),
        "as_last": as_last(week),
        "notes": list(week.notes),
    }


def day_figures(plan: DayPlan) -> dict[str, Any]:
    """Return what a day works and drives: hours by truck, metres worked and driven in all."""
    judged = evaluate_plan(plan.posed.problem, plan.plan)
    worked = sum(
        plan.posed.problem.tasks[t.step.idx].modes[t.step.mode].length_m
        for route in judged.driven
        for t in route.timings
        if t.step.kind == "task"
    )
    driven = sum(route.length_m for route in judged.driven)
    hours = {
        plan.posed.trucks[route.route.vehicle].truck_id: round(
            (route.end_s - route.route.start_s) / 3600, 2
        )
        for route in judged.driven
    }
    return {
        "date": plan.date.isoformat(),
        "worked_m": worked,
        "driven_m": driven,
        "deadhead": round(1 - worked / driven, 4) if driven else 0.0,
        "hours": dict(sorted(hours.items())),
        "left_out": len(plan.plan.unserved),
    }


def alike(week: WeekPlan) -> float | None:
    """Return the share of repeated work that is done by the truck that does it most often.

    None where no run is worked on two days.
    """
    trucks: dict[str, Counter[int]] = defaultdict(Counter)
    for plan in week.days:
        for route in plan.plan.routes:
            for step in route.steps:
                if step.kind == "task":
                    trucks[plan.posed.problem.tasks[step.idx].task_id][route.vehicle] += 1
    repeated = [counts for counts in trucks.values() if counts.total() > 1]
    total = sum(counts.total() for counts in repeated)
    most = sum(max(counts.values()) for counts in repeated)
    return round(most / total, 4) if total else None


def as_last(week: WeekPlan) -> float | None:
    """Return the share of repeated work that is done by the truck that did it the time before.

    None where no run is worked on two days.
    """
    same = repeated = 0
    last: dict[str, str] = {}
    for plan in week.days:
        now = last_trucks([plan])
        again = now.keys() & last.keys()
        repeated += len(again)
        same += sum(now[name] == last[name] for name in again)
        last |= now
    return round(same / repeated, 4) if repeated else None
