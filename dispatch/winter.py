"""A storm on disk: routes and maps of the evening before, the storm and the hauling afterwards."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dispatch.audit import AuditReport, audit_plan
from dispatch.map import write_map
from dispatch.planfile import save_plan
from dispatch.reasons import reason_words
from dispatch.record import plan_record
from dispatch.sheets import write_sheets
from dispatch.tanks import tanks_page
from dispatch.words import clock
from scenarios.city import City, read_city
from scenarios.cleaning.stored import streets_only
from scenarios.cleaning.storm import Storm, assumed, read_storm
from scenarios.cleaning.winter import WinterPlan, drill, plan_winter, snow_loads
from scenarios.files import write_whole
from scenarios.run import DayPlan
from scenarios.snow.crew import Crew, snow_crew
from scenarios.snow.haul import SnowPlan, drill_snow, plan_snow
from solvers.solve import ALONE, Options, Progress
from solvers.stop import Stop

Say = Callable[[str], None]
PRIORITIES = {1: "bridges, ramps, slopes", 2: "classes 1 and 2", 3: "other streets"}
NO_SALT = "The salt that it needs is not aboard, and no store refills it: see salt_kg, kind salt."


@dataclass(frozen=True)
class WrittenWinter:
    """A written storm: its folder, its record and a summary."""

    folder: Path
    record: dict[str, Any]
    lines: list[str]
    reports: tuple[AuditReport, ...]

    @property
    def ok(self) -> bool:
        """Whether no plan breaks a rule."""
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
        When there is no plough or nothing to plough, or the storm asks for snow to be hauled and
        there is no loader, no tipper or no dump.
    """
    storm = read_storm(storm_file)
    city = read_city(city_folder)
    crew = None if storm.haul is None else snow_crew(city, storm)
    done = plan_winter(city, storm, stop, say=say, progress=progress, options=options)
    snow = None
    if crew is not None:
        snow = plan_snow(
            city, storm, crew, done.day, stop, say=say, progress=progress, options=options
        )
    folder = city.folder / "plans" / f"winter-{storm.date}"
    summary = _record(city.name, done, play) | _snow_record(storm, crew, snow, play)
    # the audit of the routes takes the storm from there
    write_whole(folder / "winter.json", json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
    lines, reports = summary_lines(summary), []
    hauling = None if snow is None else snow.day
    for name, plan in (("evening", done.evening), ("storm", done.day), ("snow", hauling)):
        if plan is None:
            continue
        say(f"writing routes and map: {name}")
        reports.append(_write_plan(folder / name, city, plan))
        lines += [f"{name}: {line}" for line in reports[-1].lines()]
    summary |= {"audit": [report.as_dict() for report in reports]}
    return WrittenWinter(folder, summary, [*lines, f"routes and maps: {folder}"], tuple(reports))


def _write_plan(folder: Path, city: City, plan: DayPlan) -> AuditReport:
    """Write one plan of a storm, and return what the audit says of it."""
    record = plan_record(streets_only(city), plan)
    save_plan(folder, record)
    write_map(folder / "map.html", record, plan.network)
    write_whole(folder / "tanks.html", tanks_page(record))
    write_sheets(folder / "sheets.xlsx", record)
    return audit_plan(record, city, plan.network)


def _snow_record(
    storm: Storm, crew: Crew | None, snow: SnowPlan | None, play: bool
) -> dict[str, Any]:
    """Return what the summary keeps of hauling, nothing where the storm asks for none."""
    if crew is None:
        return {}
    found: dict[str, Any] = {"load_l": crew.load_l, "assumed": assumed(storm)}
    if snow is None:
        return {"haul": found | {"heaps": [], "hauled": [], "trips": 0, "left": {}}}
    found |= {
        "heaps": [
            {
                "id": heap.heap_id,
                "priority": heap.priority,
                "ready_s": heap.ready_s,
                "arcs": list(heap.run.modes[0].arcs),
                "loads": [
                    asdict(load) | {"slot": snow.slots.get(load.load_id)} for load in heap.loads
                ],
            }
            for heap in snow.heaps
        ],
        "hauled": [asdict(one) for one in snow.hauled],
        "trips": snow.trips,
        "left": dict(Counter(snow.left)),
    }
    if play:
        found["drill"] = [
            {"at": clock(at), "hauled": {str(p): round(s, 3) for p, s in shares.items()},
             "loaders": loaders, "loading": loading, "dumping": dumping}
            for at, shares, loaders, loading, dumping in drill_snow(snow)
        ]  # fmt: skip
    return {"haul": found}


def _snow_lines(record: dict[str, Any]) -> list[str]:
    """Return what is said of hauling, by priority, and what stays and why."""
    haul, snow_to = record["haul"], record["storm"]["snow_to"]
    lines = []
    for one in haul["hauled"]:
        done = one["done_s"]
        verdict = (
            f"hauled at {clock(done)}, {(done - snow_to) / 3600:.1f} h after the snow"
            if done is not None
            else f"NOT hauled: {(one['litres'] - one['hauled_l']) / 1000:.0f} m3 stay"
        )
        lines.append(
            f"  snow of priority {one['priority']} ({PRIORITIES[one['priority']]}), "
            f"{one['km']:.1f} km, {one['litres'] / 1000:.0f} m3 in {one['loads']} loads: {verdict}"
        )
    if not haul["heaps"]:
        lowest = record["storm"]["haul_priorities"]
        lines.append(
            f"  nothing to haul: no street of priority 1 to {lowest} is ploughed after the snow"
        )
    hauled = sum(one["hauled_l"] for one in haul["hauled"])
    lines.append(f"snow hauled away: {hauled / 1000:.0f} m3 in {haul['trips']} trips")
    lines += [
        f"  {count} loads stay: {reason_words(why)[0]}"
        for why, count in sorted(haul["left"].items())
    ]
    if haul["assumed"]:
        lines.append("assumed of the snow: " + ", ".join(haul["assumed"]))
    return lines + [
        f"  {row['at']}  "
        + ", ".join(f"priority {p} hauled: {share:.0%}" for p, share in row["hauled"].items())
        + f"; {row['loaders']} loaders at work, {row['loading']} tippers being loaded, "
        f"{row['dumping']} at dumps"
        for row in haul.get("drill", ())
    ]


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
        "left": dict(Counter(u.reason for one in plan.days for u in one.plan.unserved)),
        "notes": list(plan.notes),
    }
    if play:
        record["drill"] = [
            {"at": clock(at), "clear": {str(p): round(s, 3) for p, s in shares.items()},
             "working": working, "loading": loading}
            for at, shares, working, loading in drill(plan.day, plan.storm)
        ]  # fmt: skip
    return record


def summary_lines(record: dict[str, Any]) -> list[str]:
    """Return the summary of a storm in sentences."""
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
    for why, count in sorted(record["left"].items()):
        words = NO_SALT if why == "water" else reason_words(why)[0]
        lines.append(f"  {count} runs left out: {words}")
    salt = f"salt {record['salt_kg'] / 1000:.1f} t"
    if "haul" not in record:
        salt += f"; {record['haul_m3']} m3 in {record['haul_loads']} loads stay in heaps: the storm"
        salt += " has no hours of haul"
    lines.append(salt)
    lines += [
        f"  {row['at']}  "
        + ", ".join(f"priority {p}: {share:.0%}" for p, share in row["clear"].items())
        + f"; {row['working']} ploughs at work, {row['loading']} loading"
        for row in record.get("drill", ())
    ]
    lines += _snow_lines(record) if "haul" in record else []
    return [*lines, *(f"note: {note}" for note in record["notes"])]
