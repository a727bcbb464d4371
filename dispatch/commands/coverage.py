"""The planner's desk: how many units sort, and which more reach the target."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from dispatch.commands.scenario import days_of, scheduler_option, workers_option
from dispatch.console import Speaker, guarded, json_option


@click.command("coverage")
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--days", required=True, callback=days_of, help="YYYY-MM-DD or FIRST..LAST.")
@click.option(
    "--units", type=click.Path(path_type=Path), help="CSV of units; else places of points.csv."
)
@click.option(
    "--target", type=click.FloatRange(0, 1), help="Share of units that shall sort.  [default: 0.45]"
)
@click.option(
    "--compounds-in", multiple=True, help="District whose compounds count; repeatable, else all."
)
@click.option("--each-district", is_flag=True, help="The target holds in every district too.")
@click.option("--figures-only", is_flag=True, help="Do not choose units.")
@click.option("--seeds", type=click.IntRange(1, 20), default=2, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 20), default=4, show_default=True)
@click.option(
    "--iterations",
    type=click.IntRange(0),
    help="Of each routing of a day.  [default: 20 a row of points.csv, 3000 at least]",
)
@click.option(
    "--report", type=click.Path(path_type=Path), help="[default: CITY/scenarios/coverage]"
)
@workers_option
@scheduler_option
@json_option
@guarded
def coverage_command(
    city: Path,
    days: tuple[dt.date, ...],
    units: Path | None,
    target: float | None,
    compounds_in: tuple[str, ...],
    each_district: bool,
    figures_only: bool,
    seeds: int,
    rounds: int,
    iterations: int | None,
    report: Path | None,
    workers: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Tell which share of the villages and compounds of CITY sorts, and which more reach a target.

    \b
    Example:
      huanwei scenario coverage mycity --days 2024-11-25 --units units.csv --each-district
    Units count, villages and compounds apart. A unit costs its setting up and what routing adds.
    """
    from dispatch.coverage.study import CoverageRequest, study_coverage, write_coverage
    from dispatch.coverage.words import coverage_lines, coverage_record
    from scenarios.coverage.search import Effort
    from scenarios.runs.days import Budget

    speaker = Speaker(as_json)
    budget = None if iterations is None else Budget(iterations)
    effort = None if figures_only else Effort(budget, seeds, rounds)
    request = CoverageRequest(days, units, target, compounds_in, each_district, effort)
    study = study_coverage(city, request, (scheduler, workers), speaker.say)
    files = write_coverage(study, report)
    lines = [*coverage_lines(study), *(f"written: {path}" for path in files)]
    speaker.result(lines, {**coverage_record(study), "written": [str(p) for p in files]})
