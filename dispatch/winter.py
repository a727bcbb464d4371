"""A storm on disk: routes and maps of the evening before and the storm, and what is clear when."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dispatch.audit import AuditReport, audit_plan
from dispatch.map import write_map
from dispatch.planfile import save_plan
from dispatch.record import plan_record
from dispatch.sheets import write_sheets
from dispatch.tanks import tanks_page
from dispatch.words import clock
from scenarios.city import read_city
from scenarios.cleaning.stored import streets_only
from scenarios.cleaning.storm import read_storm
from scenarios.cleaning.winter import WinterPlan, drill, plan_winter, snow_loads
from scenarios.files import write_whole
from solvers.solve import ALONE, Options, Progress
from solvers.stop import Stop

Say = Callable[[str], None]
PRIORITIES = {1: "bridges, ramps, slopes", 2: "classes 1 and 2", 3: "other streets"}


@dataclass(frozen=True)
class WrittenWinter:
    """A written storm: its folder, its record and a summary."""

    folder: Path
    record: dict[str, Any]
    lines: list[str]
    reports: tuple[AuditReport, ...]

    @property
    def ok(self) -> bool:
        """Whether neither plan breaks a rule."""
        return all(report.ok for report in self.reports)


def winter_and_write(
    city_folder: Path,
    storm_file: Path,
    stop: Callable[[], Stop],
    *,
    play: bool,
    say: Say,
    progress: Progress,
    options: Options = ALONE,
) -> WrittenWinter:
    """Plan a storm and write its folder; ``play`` adds the drill, which plays it through.

    Raises
    ------
    InputError
        When tables or storm have faults.
    InfeasibleError
        When there is no plough or nothing to plough.
    """
    storm = read_storm(storm_file)
    city = read_city(city_folder)
    done = plan_winter(city, storm, stop, say=say, progress=progress, options=options)
    folder = city.folder / "plans" / f"winter-{storm.date}"
    summary = _record(city.name, done, play)
    # the audit of the routes takes the storm from there
    write_whole(folder / "winter.json", json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
    lines, reports = _lines(summary), []
    for name, plan in (("evening", done.evening), ("storm", done.day)):
        if plan is None:
            continue
        say(f"writing routes and map: {name}")
        record = plan_record(streets_only(city), plan)
        save_plan(folder / name, record)
        write_map(folder / name / "map.html", record, plan.network)
        write_whole(folder / name / "tanks.html", tanks_page(record))
        write_sheets(folder / name / "sheets.xlsx", record)
        reports.append(audit_plan(record, city, plan.network))
        lines += [f"{name}: {line}" for line in reports[-1].lines()]
    summary |= {"audit": [report.as_dict() for report in reports]}
    return WrittenWinter(folder, summary, [*lines, f"routes and maps: {folder}"], tuple(reports))


def _record(city: str, plan: WinterPlan, play: bool) -> dict[str, Any]:
    cubic_m, loads = snow_loads(plan)
    record: dict[str, Any] = {
        "city": city,
        "date": plan.storm.date.isoformat(),
        "storm": asdict(plan.storm) | {"date": plan.storm.date.isoformat()},
        "cleared": [asdict(one) for one in plan.cleared],
        "salt_kg": sum(
            plan.day.posed.problem.tasks[step.idx].water_l
            for route in plan.day.plan.routes
            for step in route.steps
            if step.kind == "task"
        ),
        "haul_m3": round(cubic_m),
        "haul_loads": loads,
        "left_out": len(plan.day.plan.unserved),
        "notes": list(plan.notes),
    }
    if play:
        record["drill"] = [
            {"at": clock(at), "clear": {str(p): round(s, 3) for p, s in shares.items()},
             "working": working, "loading": loading}
            for at, shares, working, loading in drill(plan.day, plan.storm)
        ]  # fmt: skip
    return record


def _lines(record: dict[str, Any]) -> list[str]:
    lines = [f"{record['city']}, storm of {record['date']}"]
    for one in record["cleared"]:
        when = "evening before" if one["cycle"] == 0 else f"cycle {one['cycle']}"
        clear = one["clear_s"]
        verdict = (
            f"clear at {clock(clear)}, after {(clear - one['begin_s']) // 60} min"
            if clear is not None
            else f"NOT clear: {one['km'] - one['cleared_km']:.1f} km left out"
        )
        lines.append(
            f"  {when} from {clock(one['begin_s'])}, priority {one['priority']} "
            f"({PRIORITIES[one['priority']]}), {one['km']:.1f} km: {verdict}"
        )
    lines.append(
        f"salt {record['salt_kg'] / 1000:.1f} t; to haul away {record['haul_m3']} m3 in "
        f"{record['haul_loads']} loads (not routed)"
    )
    lines += [
        f"  {row['at']}  "
        + ", ".join(f"priority {p}: {share:.0%}" for p, share in row["clear"].items())
        + f"; {row['working']} ploughs at work, {row['loading']} loading"
        for row in record.get("drill", ())
    ]
    return [*lines, *(f"note: {note}" for note in record["notes"])]
