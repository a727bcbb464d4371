"""A plan folder: planned, written, read again and audited as one thing."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dispatch.audit import AuditReport, audit_plan
from dispatch.geojson import write_geojson
from dispatch.gpx import write_gpx
from dispatch.kpis import write_kpis
from dispatch.map import write_map
from dispatch.planfile import load_plan, plan_path, save_plan
from dispatch.record import plan_record
from dispatch.robust import write_plan_risk
from dispatch.sheets import write_sheets
from dispatch.summary import summary_lines
from routing.cache import default_cache_dir
from routing.errors import InputError
from routing.network import Network
from scenarios.city import City, read_city
from scenarios.risk.spread import spread_of
from scenarios.run import Before, load_network, run_day
from solvers.solve import ALONE, Options, Progress
from solvers.stop import Stop

Say = Callable[[str], None]

FILES = {
    "xlsx": "sheets.xlsx",
    "geojson": "plan.geojson",
    "gpx": "gpx",
    "html": "map.html",
    "csv": "kpis.csv",
}
"""Where each kind of export lies beside plan.json."""


@dataclass(frozen=True)
class Planned:
    """A planned day on disk: its folder, its record, what the audit says, and a summary."""

    folder: Path
    record: dict[str, Any]
    report: AuditReport
    lines: list[str]


def plan_and_write(
    city_folder: Path,
    date: dt.date,
    stop: Callable[[], Stop],
    *,
    seed: int | None = None,
    solver: str = "native",
    say: Say,
    progress: Progress,
    options: Options = ALONE,
    safety: float | None = None,
    before: Before | None = None,
) -> Planned:
    """Plan a day, write its folder and audit what was written.

    The state of the search is kept in the cache meanwhile, so that it can be resumed.
    A plan that the audit finds fault with is kept for inspection; its summary says so first. With
    a safety the risk of every route and point is written beside it.

    Raises
    ------
    InputError
        When the tables have faults.
    """
    city = read_city(city_folder)
    options = replace(options, checkpoint=checkpoint_file(city.folder, date))
    _tell_stopped(options, say)
    done = run_day(
        city,
        date,
        stop,
        seed=seed,
        solver=solver,
        say=say,
        progress=progress,
        options=options,
        safety=safety,
        before=before,
    )
    say("writing down the streets driven")
    record = plan_record(city, done)
    folder = city.folder / "plans" / date.isoformat()
    save_plan(folder, record)
    say("sheets, map and tracks")
    write_exports(folder, record, done.network, FILES)
    risk = write_plan_risk(folder, city, done.posed, done.plan, spread_of(city)) if safety else []
    report = audit_plan(record, city, done.network)
    verdict = report.lines()
    lines = [
        *([] if report.ok else verdict),
        *summary_lines(record),
        *risk,
        verdict[0],
        f"map:    {folder / 'map.html'}",
        f"sheets: {folder / 'sheets.xlsx'}",
    ]
    return Planned(folder, record, report, lines)


def checkpoint_file(city_folder: Path, date: dt.date) -> Path:
    """Return where the state of a search for a city's day is kept."""
    place = hashlib.sha256(str(city_folder.resolve()).encode()).hexdigest()[:16]
    return default_cache_dir() / "searches" / f"{place}-{date.isoformat()}.npz"


def _tell_stopped(options: Options, say: Say) -> None:
    """Say whether there is a stopped search of this day, and what becomes of it."""
    file = options.checkpoint
    # a day of linked passes is searched in two steps, each with a file of its own
    there = file is not None and any(file.parent.glob(f"{file.stem}*{file.suffix}"))
    if there and not options.resume:
        say("a stopped search of this day begins anew; --resume would go on with it")
    if options.resume and not there:
        say("--resume: no stopped search of this day; it begins anew")


def write_exports(
    folder: Path, record: dict[str, Any], network: Network, kinds: Iterable[str]
) -> list[Path]:
    """Write the named kinds of export beside plan.json and return the files."""
    written = []
    for kind in kinds:
        target = folder / FILES[kind]
        if kind == "xlsx":
            write_sheets(target, record)
        elif kind == "geojson":
            write_geojson(target, record, network)
        elif kind == "gpx":
            write_gpx(target, record, network)
        elif kind == "html":
            write_map(target, record, network)
        else:
            write_kpis(target, record)
        written.append(target)
    return written


def _city_of(plan_folder: Path, city_folder: Path | None) -> City:
    """Return the city of a plan: the one named, or the one whose ``plans`` folder holds it.

    The days of a week lie one folder deeper.
    """
    folder = plan_path(plan_folder).resolve().parent
    if city_folder is not None:
        return read_city(city_folder)
    for above in (folder.parent.parent, folder.parent.parent.parent):
        if (above / "city.toml").exists():
            return read_city(above)
    raise InputError(f"{plan_folder}: no city.toml two folders up; name the city with --city")


def audit_folder(plan_folder: Path, city_folder: Path | None, say: Say) -> AuditReport:
    """Return the audit of a plan on disk."""
    record = load_plan(plan_folder)
    city = _city_of(plan_folder, city_folder)
    return audit_plan(record, city, load_network(city, say))


def export_folder(
    plan_folder: Path, city_folder: Path | None, kinds: Iterable[str], say: Say
) -> list[Path]:
    """Write exports of a plan on disk and return the files."""
    record = load_plan(plan_folder)
    city = _city_of(plan_folder, city_folder)
    folder = plan_path(plan_folder).parent
    return write_exports(folder, record, load_network(city, say), kinds)
