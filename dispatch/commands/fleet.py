"""The planner's desk: which trucks a city needs."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from dispatch.commands.scenario import days_of, scheduler_option, workers_option
from dispatch.console import Speaker, guarded, json_option
from routing.errors import InputError


@click.command("fleet")
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--days", required=True, callback=days_of, help="YYYY-MM-DD or FIRST..LAST.")
@click.option(
    "--types", type=click.Path(path_type=Path), help="CSV of types to buy; else those of today."
)
@click.option(
    "--fleet", "owned", type=click.Path(path_type=Path), help="CSV on today's trucks: age, battery."
)
@click.option(
    "--service",
    type=click.FloatRange(0.01, 1),
    default=0.99,
    show_default=True,
    help="Share of each stream served on every day, at least.",
)
@click.option("--by", type=click.Choice(["tonnes", "points"]), default="tonnes", show_default=True)
@click.option("--overtime-min", type=click.IntRange(0), help="Overtime of each truck, at most.")
@click.option(
    "--more",
    type=click.IntRange(0, 100),
    default=2,
    show_default=True,
    help="Trucks beyond today's that are tried of each type.",
)
@click.option("--from-scratch", is_flag=True, help="All trucks are bought anew, from --types.")
@click.option("--seeds", type=click.IntRange(1, 20), default=1, show_default=True)
@click.option(
    "--final-seeds",
    type=click.IntRange(1, 50),
    default=2,
    show_default=True,
    help="Of each day of the curve.",
)
@click.option("--rounds", type=click.IntRange(0, 200), default=30, show_default=True)
@click.option(
    "--reach",
    type=click.IntRange(1, 5),
    default=1,
    show_default=True,
    help="Trucks more or less of each type on the curve.",
)
@click.option(
    "--iterations",
    type=click.IntRange(0),
    default=2000,
    show_default=True,
    help="Of each routing of a day.",
)
@click.option("--report", type=click.Path(path_type=Path), help="[default: CITY/scenarios/fleet]")
@workers_option
@scheduler_option
@json_option
@guarded
def fleet_command(
    city: Path,
    days: tuple[dt.date, ...],
    types: Path | None,
    owned: Path | None,
    service: float,
    by: str,
    overtime_min: int | None,
    more: int,
    from_scratch: bool,
    seeds: int,
    final_seeds: int,
    rounds: int,
    reach: int,
    iterations: int,
    report: Path | None,
    workers: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Choose the cheapest mix of trucks for CITY that serves what is asked for on every day.

    \b
    Example:
      huanwei scenario fleet mycity --days 2024-11-25..2024-11-27 \\
          --types truck_types.csv --service 0.99 --fleet fleet.csv
    Finished runs are kept; the same command goes on after an interruption. The choice is written
    as scenario fleet_1, with a page and a workbook of the price curve.
    """
    from dispatch.fleet.study import FleetRequest, study_fleet, write_study
    from dispatch.fleet.words import fleet_lines, fleet_record
    from scenarios.fleet.search import Effort, Service
    from scenarios.runs.days import Budget

    if from_scratch and types is None:
        raise InputError("--from-scratch needs --types: a CSV of the trucks that can be bought")
    speaker = Speaker(as_json)
    effort = Effort(Budget(iterations), seeds, final_seeds, rounds, reach=reach)
    request = FleetRequest(
        days,
        Service(service, by, overtime_min),
        effort,
        types,
        owned,
        more,
        keep=not from_scratch,
    )
    study = study_fleet(city, request, (scheduler, workers), speaker.say)
    files = write_study(study, report)
    lines = [*fleet_lines(study), *(f"written: {path}" for path in files)]
    speaker.result(lines, {**fleet_record(study), "written": [str(p) for p in files]})
