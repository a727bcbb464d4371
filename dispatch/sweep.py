"""A week of street cleaning on disk: its file, its page, its coverage, and a plan a day."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatch.audit import AuditReport, audit_plan
from dispatch.map import write_map
from dispatch.planfile import save_plan
from dispatch.record import plan_record
from dispatch.tanks import tanks_page
from dispatch.weekpage import week_page
from scenarios.city import City, read_city
from scenarios.cleaning.extension import Extension, extensions
from scenarios.cleaning.stored import FILE_NAME, streets_only, week_folder
from scenarios.cleaning.weekplan import WeekPlan, plan_week, week_record
from scenarios.files import write_whole
from scenarios.run import DayPlan
from solvers.solve import ALONE, Options, Progress
from solvers.stop import Stop

Say = Callable[[str], None]


@dataclass(frozen=True)
class SweptWeek:
    """A written week: its folder, its record, what the audit says of each day, and a summary."""

    folder: Path
    record: dict[str, Any]
    reports: tuple[AuditReport, ...]
    lines: list[str]
    days: tuple[DayPlan, ...]

    @property
    def ok(self) -> bool:
        """Whether no day breaks a rule."""
        return all(report.ok for report in self.reports)


def sweep_and_write(
    city_folder: Path,
    week: str,
    stop: Callable[[], Stop],
    *,
    seed: int | None = None,
    say: Say,
    progress: Progress,
    options: Options = ALONE,
) -> SweptWeek:
    """Plan a week of street cleaning, write its folder and audit every day.

    Raises
    ------
    InputError
        When the tables have faults or the week is none.
    InfeasibleError
        When no street is due in the week.
    """
    city = read_city(city_folder)
    planned = plan_week(city, week, stop, seed=seed, say=say, progress=progress, options=options)
    folder = week_folder(city, week)
    record = week_record(city, planned)
    write_whole(folder / FILE_NAME, json.dumps(record, ensure_ascii=False) + "\n")
    write_whole(folder / "coverage.csv", coverage_csv(record))
    extra = extensions(city, planned)
    write_whole(folder / "week.html", week_page(city.name, record, planned, extra))
    reports = _write_days(city, planned, folder, say)
    lines = _lines(record, planned, reports, extra)
    lines.append(f"calendar: {folder / 'week.html'}")
    return SweptWeek(folder, record, tuple(reports), lines, planned.days)


def _write_days(city: City, week: WeekPlan, folder: Path, say: Say) -> list[AuditReport]:
    """Write plan and map of every day and return what the audit says."""
    streets = streets_only(city)
    reports = []
    for done in week.days:
        say(f"writing and auditing {done.date}")
        record = plan_record(streets, done)
        save_plan(folder / done.date.isoformat(), record)
        own = folder / done.date.isoformat()
        write_map(own / "map.html", record, done.network)
        write_whole(own / "tanks.html", tanks_page(record))
        reports.append(audit_plan(record, city, done.network))
    return reports


def coverage_csv(record: dict[str, Any]) -> str:
    """Return the coverage as a table."""
    out = io.StringIO()
    keys = [k for k in record["coverage"][0] if k != "reasons"]
    table = csv.writer(out, lineterminator="\n")
    table.writerow([*keys, "reasons"])
    for row in record["coverage"]:
        why = "; ".join(f"{reason} {count}" for reason, count in row["reasons"].items())
        table.writerow([*(row[key] for key in keys), why])
    return out.getvalue()


def _lines(
    record: dict[str, Any], week: WeekPlan, reports: list[AuditReport], extra: list[Extension]
) -> list[str]:
    total = record["coverage"][-1]
    worked = sum(day["worked_m"] for day in record["days"]) / 1000
    driven = sum(day["driven_m"] for day in record["days"]) / 1000
    lines = [
        f"{record['city']}, {week.week}",
        f"required  {total['required']} passes, {total['required_km']} km",
        f"planned   {total['planned']} passes, {total['planned_km']} km",
        f"missed    {total['missed']} passes, {total['missed_km']} km"
        + "".join(f"; {reason} {count}" for reason, count in total["reasons"].items()),
        f"driven    {driven:.1f} km, {1 - worked / driven:.1%} of it deadhead" if driven else "",
    ]
    if record["alike"] is not None:
        lines.append(
            f"alike     {record['alike']:.0%} of repeated work by its usual truck, "
            f"{record['as_last']:.0%} by that of the time before"
        )
    for day, report in zip(record["days"], reports, strict=True):
        hours = sum(day["hours"].values())
        lines.append(
            f"  {day['date']}: {day['worked_m'] / 1000:.1f} km worked, deadhead "
            f"{day['deadhead']:.0%}, {hours:.1f} h of {len(day['hours'])} trucks, left out "
            f"{day['left_out']}; {report.lines()[0]}"
        )
    for row in record["coverage"][:-1]:
        lines.append(
            f"  {row['by']} {row['name']}: {row['planned']} of {row['required']} passes, "
            f"{row['planned_km']} of {row['required_km']} km"
        )
    for one in extra:
        verdict = "fits" if one.trucks == 0 else f"needs {one.trucks} more"
        lines.append(
            f"  deep cleaning of {one.category} once a week ({one.curb_km:.1f} km of curb): "
            f"{one.needed_h:.1f} h of {one.kind}, {one.idle_h:.1f} h idle{_behind(one)}: {verdict}"
        )
    return [line for line in lines if line]


def _behind(one: Extension) -> str:
    return f", {one.behind_h:.1f} h behind with what is due" if one.behind_h else ""
