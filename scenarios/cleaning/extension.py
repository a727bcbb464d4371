"""What it would take to extend deep cleaning to a category of streets with the present fleet."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.city import City
from scenarios.cleaning.weekplan import NOT_POSSIBLE, WeekPlan, day_figures
from scenarios.cleaning.work import Pass, template_passes
from scenarios.frequency import parse_frequency


@dataclass(frozen=True)
class Extension:
    """The hours a week that a kind of vehicle needs for a category, and those that it has left.

    ``behind_h`` are the hours that the week's missed passes would take: they come before any
    extension. ``trucks`` is how many more of the kind are needed, each for its usual hours, 0 if
    none.
    """

    category: str
    kind: str
    curb_km: float
    needed_h: float
    idle_h: float
    behind_h: float
    trucks: int


def deep_template(city: City) -> str | None:
    """Return the template of most passes, the first in the table on a tie; None without one."""
    counts = city.operations["template"].value_counts(sort=False)
    return None if counts.empty or counts.max() < 2 else str(counts.idxmax())


def extensions(city: City, week: WeekPlan, frequency: str = "1/week") -> list[Extension]:
    """Return, for each category that is not cleaned deeply, what that would take.

    The hours of a kilometre are those of its pass at its speed, times what the week's routes take
    in all for an hour of work: driving, refilling, unloading and waiting included.
    """
    template = deep_template(city)
    if template is None or not week.days:
        return []
    passes = template_passes(city, template)
    rule = parse_frequency(frequency)
    times = rule.count * (7 if rule.period == "day" else 1)
    around = _hours_for_an_hour(week)
    idle, usual = _idle_hours(week)
    behind = _behind_hours(week)
    found = []
    for category, km in _curb_km(week, template).items():
        for kind, hours_km in _hours_a_km(passes).items():
            factor = around.get(kind, max(around.values()))
            needed, late = km * times * hours_km * factor, behind.get(kind, 0.0) * factor
            short = max(0.0, needed + late - idle.get(kind, 0.0))
            trucks = -int(-short // usual[kind]) if kind in usual else -int(-short // 40.0)
            found.append(Extension(category, kind, km, needed, idle.get(kind, 0.0), late, trucks))
    return found


def _hours_a_km(passes: Sequence[Pass]) -> dict[str, float]:
    hours: dict[str, float] = defaultdict(float)
    for one in passes:
        hours[one.vehicle_kind] += 1 / one.speed_kmh
    return hours


def _curb_km(week: WeekPlan, template: str) -> dict[str, float]:
    """Return the kilometres of curb of each category that another template cleans."""
    metres: dict[str, int] = defaultdict(int)
    for run in week.runs:
        if run.template != template:
            metres[run.category] += run.length_m
    return {category: metres[category] / 1000 for category in sorted(metres)}


def _hours_for_an_hour(week: WeekPlan) -> dict[str, float]:
    """Return how many hours under way an hour of work takes, by kind of vehicle."""
    work_s: dict[str, int] = defaultdict(int)
    away_h: dict[str, float] = defaultdict(float)
    for plan in week.days:
        kinds = {t.truck_id: t.kind for t in plan.posed.trucks}
        for truck, hours in day_figures(plan)["hours"].items():
            away_h[kinds[truck]] += hours
        for route in plan.plan.routes:
            for step in route.steps:
                if step.kind == "task":
                    task = plan.posed.problem.tasks[step.idx]
                    work_s[plan.posed.trucks[route.vehicle].kind] += task.modes[step.mode].service_s
    return {kind: max(1.0, away_h[kind] * 3600 / s) for kind, s in work_s.items() if s} or {"": 1.0}


def _behind_hours(week: WeekPlan) -> dict[str, float]:
    """Return the hours of work alone in the passes that the week misses for want of time."""
    hours: dict[str, float] = defaultdict(float)
    for one in week.covered:
        missed = one.missed.total() - one.missed[NOT_POSSIBLE]
        for kind, seconds in one.run.passes:
            hours[kind] += missed / len(one.run.passes) * seconds / 3600
    return hours


def _idle_hours(week: WeekPlan) -> tuple[dict[str, float], dict[str, float]]:
    """Return the hours of shifts of the week that are not used, and a truck's hours in a week."""
    idle: dict[str, float] = defaultdict(float)
    shift: dict[str, list[float]] = defaultdict(list)
    for plan in week.days:
        used = day_figures(plan)["hours"]
        for truck in plan.posed.trucks:
            hours = (truck.shift_end - truck.shift_start) / 3600
            idle[truck.kind] += max(0.0, hours - used.get(truck.truck_id, 0.0))
            shift[truck.kind].append(hours)
    return idle, {kind: 7 * sum(h) / len(h) for kind, h in shift.items()}
