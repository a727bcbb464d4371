"""``huanwei visits``: the days of a week or two on which points are collected."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import click

from dispatch.commands.scenario import scheduler_option, workers_option
from dispatch.console import Speaker, guarded, json_option

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def days_off(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> frozenset[int]:
    """Return the weekdays, 0 = Monday, that an option names."""
    names = [name.strip().lower()[:3] for name in (value or "").split(",") if name.strip()]
    unknown = sorted(set(names) - set(WEEKDAYS))
    if unknown:
        raise click.BadParameter(f"{value!r}; expected weekdays such as sun or sat,sun")
    return frozenset(WEEKDAYS.index(name) for name in names)


@click.command()
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--week", required=True, help="First ISO week of the period, as 2024-W48.")
@click.option("--weeks", type=click.IntRange(1, 2), default=1, show_default=True)
@click.option(
    "--days-off", "off", callback=days_off, help="Weekdays without visits that can move: sat,sun."
)
@click.option("--seeds", type=click.IntRange(1, 50), default=6, show_default=True)
@click.option(
    "--iterations",
    type=click.IntRange(0),
    default=3000,
    show_default=True,
    help="Of each routing of a day.",
)
@click.option(
    "--steps",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="Steps a visit of the search for days.",
)
@click.option("--rounds", type=click.IntRange(0, 100), default=8, show_default=True)
@click.option("--store/--no-store", default=True, help="Let plans be taken from the days chosen.")
@workers_option
@scheduler_option
@json_option
@guarded
def visits(
    city: Path,
    week: str,
    weeks: int,
    off: frozenset[int],
    seeds: int,
    iterations: int,
    steps: int,
    rounds: int,
    store: bool,
    workers: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Choose on which days points with 1 to 6 visits a week are collected, and compare.

    \b
    Example:  huanwei visits mycity --week 2024-W48 --weeks 2
    The days lie in mycity/plans/2024-W48/visits.json; huanwei plan takes them from there, and
    without that file frequencies decide. Both are routed with the same seeds; finished runs are
    kept.
    """
    from dispatch.visits import choose_and_write
    from scenarios.cleaning.stored import dates_of
    from scenarios.periodic.choose import Effort
    from scenarios.periodic.compare import VisitRequest
    from scenarios.periodic.model import Period
    from scenarios.runs.days import Budget

    speaker = Speaker(as_json)
    first: dt.date = dates_of(week)[0]
    request = VisitRequest(
        Period(first, weeks, off),
        Effort(rounds, steps, max(1, steps // 3)),
        tuple(range(1, seeds + 1)),
        Budget(iterations),
    )
    done = choose_and_write(city, request, (scheduler, workers), speaker.say, store=store)
    record = {key: value for key, value in done.record.items() if key != "points"}
    speaker.result(done.lines, {**record, "written": [str(path) for path in done.files]})
