"""``huanwei sweep``: the week of street cleaning."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dispatch.console import Speaker, guarded, json_option, stop_rule


@click.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--week", required=True, help="ISO week to plan, as 2024-W48.")
@click.option(
    "--time",
    "seconds",
    type=click.FloatRange(0),
    default=20.0,
    show_default=True,
    help="Seconds for the solver on each day.",
)
@click.option(
    "--iterations", type=click.IntRange(0), help="Instead of --time: the same on any machine."
)
@click.option("--seed", type=click.IntRange(0), help="Default: the city's own.")
@json_option
@guarded
def sweep(
    city: Path, week: str, seconds: float, iterations: int | None, seed: int | None, as_json: bool
) -> None:
    """Plan a week of street cleaning: days, routes, calendar and coverage.

    \b
    Example:  huanwei sweep mycity --week 2024-W48
    The week lies in mycity/plans/2024-W48; huanwei plan takes its days from there.
    """
    from dispatch.sweep import sweep_and_write
    from solvers.solve import Options
    from solvers.team import num_cores

    speaker = Speaker(as_json)
    done = sweep_and_write(
        city,
        week,
        stop_rule(seconds, iterations),
        seed=seed,
        say=speaker.say,
        progress=speaker.progress,
        options=Options(num_cores() if iterations is None else 1),
    )
    record = {key: value for key, value in done.record.items() if key != "runs"}
    record |= {"folder": str(done.folder), "audit": [r.as_dict() for r in done.reports]}
    speaker.result(done.lines, record)
    if not done.ok:
        sys.exit(4)
