"""The planner's desk: scenarios shown, applied, compared."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.console import Speaker, date_of, guarded, json_option, time_option
from routing.errors import InputError

if TYPE_CHECKING:
    from dispatch.placing import PlacingRequest
    from scenarios.edits.scenario import Edited
    from scenarios.risk.spread import Source


MOST_DAYS = 370

workers_option = click.option(
    "--workers",
    type=click.IntRange(1, 256),
    help="Runs side by side on this machine; one a core by default.",
)
scheduler_option = click.option(
    "--scheduler", help="Dask cluster to run on instead, such as tcp://10.0.0.1:8786."
)


def days_of(_context: click.Context, _option: click.Parameter, value: str) -> tuple[dt.date, ...]:
    """Return the days that an option gives: one, or all from the first to the last."""
    first, _, last = value.partition("..")
    try:
        begin = dt.date.fromisoformat(first)
        end = dt.date.fromisoformat(last) if last else begin
    except ValueError:
        raise click.BadParameter(f"{value!r}; expected YYYY-MM-DD or FIRST..LAST") from None
    if not 0 <= (end - begin).days < MOST_DAYS:
        raise click.BadParameter(f"{value!r}; expected the first day first, at most a year later")
    return tuple(begin + dt.timedelta(days=k) for k in range((end - begin).days + 1))


@click.group()
def scenario() -> None:
    """Try out what is not built yet: edits, comparisons, sites.

    \b
    Example:
      huanwei scenario show mycity new_station
      huanwei scenario compare mycity base new_station --days 2024-11-25..2024-12-01
    """


@scenario.command("edits")
@click.argument("kind", required=False)
@json_option
@guarded
def edits_command(kind: str | None, as_json: bool) -> None:
    """List the kinds of edits, or the parameters of one KIND.

    \b
    Example:  huanwei scenario edits merge_points
    """
    from dispatch.edit_words import kind_lines, kinds_record

    Speaker(as_json).result(kind_lines(kind), kinds_record(kind))


@scenario.command("show")
@click.argument("city", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1)
@json_option
@guarded
def show_command(city: Path, names: tuple[str, ...], as_json: bool) -> None:
    """Say in sentences what the scenarios NAMES of CITY do; all of them if none is named.

    \b
    Example:  huanwei scenario show mycity new_station merged_points+new_station
    """
    from scenarios.city import read_city
    from scenarios.edits.scenario import scenario_names

    speaker = Speaker(as_json)
    found = read_city(city)
    edited = [_edited(city, name, speaker) for name in names or scenario_names(found)]
    lines = []
    for one in edited:
        lines += [f"{one.name}: {one.title}"]
        lines += [f"  {told.en}\n  {told.zh}" for told in one.told]
    record = [
        {"name": e.name, "title": e.title, "edits": [told._asdict() for told in e.told]}
        for e in edited
    ]
    speaker.result(lines or [f"no scenario in {city}/scenarios"], record)


@scenario.command("apply")
@click.argument("city", type=click.Path(path_type=Path))
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path))
@json_option
@guarded
def apply_command(city: Path, name: str, folder: Path, as_json: bool) -> None:
    """Write the city that scenario NAME makes of CITY into FOLDER, to plan and audit as any other.

    \b
    Example:  huanwei scenario apply mycity new_station+merged_points mycity-2025
    """
    from scenarios.edits.writing import write_edited

    speaker = Speaker(as_json)
    edited = _edited(city, name, speaker)
    write_edited(edited, folder)
    lines = [told.en for told in edited.told] + [f"city written to {folder}"]
    speaker.result(
        lines, {"folder": str(folder), "edits": [told._asdict() for told in edited.told]}
    )


@scenario.command("compare")
@click.argument("city", type=click.Path(path_type=Path))
@click.argument("names", nargs=-1, required=True)
@click.option("--days", required=True, callback=days_of, help="YYYY-MM-DD or FIRST..LAST.")
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True)
@time_option
@click.option("--iterations", type=click.IntRange(0), help="Instead of --time: the same numbers.")
@click.option(
    "--report", type=click.Path(path_type=Path), help="[default: CITY/scenarios/comparison]"
)
@workers_option
@scheduler_option
@json_option
@guarded
def compare_command(
    city: Path,
    names: tuple[str, ...],
    days: tuple[dt.date, ...],
    seeds: int,
    seconds: float,
    iterations: int | None,
    report: Path | None,
    workers: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Plan the same days in the scenarios NAMES of CITY and hold them against the first.

    \b
    Example:
      huanwei scenario compare mycity base new_station merged_points \\
          --days 2024-11-25..2024-12-01 --seeds 3
    Finished runs are kept; the same command goes on after an interruption.
    """
    from dispatch.comparison.words import comparison_lines, comparison_record
    from dispatch.comparison.write import compare_and_write
    from scenarios.compare import Request
    from scenarios.runs.days import Budget

    speaker = Speaker(as_json)
    if len(set(names)) < max(2, len(names)):
        raise InputError("expected two or more different scenarios, such as: base new_station")
    request = Request(names, days, tuple(range(1, seeds + 1)), Budget(iterations, seconds))
    found, files = compare_and_write(city, request, report, (scheduler, workers), speaker.say)
    lines = [*comparison_lines(found), *(f"written: {path}" for path in files)]
    speaker.result(lines, {**comparison_record(found), "written": [str(p) for p in files]})


@scenario.command("site")
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--candidates", required=True, type=click.Path(path_type=Path), help="CSV of sites.")
@click.option("--build", required=True, type=click.IntRange(1, 200), help="How many are built.")
@click.option("--budget", type=click.FloatRange(0), help="Money to build them, at most.")
@click.option("--date", required=True, callback=date_of, help="Day that is routed, YYYY-MM-DD.")
@click.option("--radius-km", type=click.FloatRange(0.1), help="Longest haul to a site.")
@click.option(
    "--walk-m",
    type=click.FloatRange(1, 3000),
    default=120.0,
    show_default=True,
    help="Longest walk to a point or eco island.",
)
@click.option("--life-years", type=click.FloatRange(1), default=20.0, show_default=True)
@click.option("--seeds", type=click.IntRange(1, 20), default=2, show_default=True)
@click.option("--rounds", type=click.IntRange(1, 50), default=6, show_default=True)
@click.option(
    "--iterations",
    type=click.IntRange(0),
    default=3000,
    show_default=True,
    help="Of each routing of a design.",
)
@click.option("--rivals", is_flag=True, help="Also route simpler choices and 20 by chance.")
@workers_option
@scheduler_option
@json_option
@guarded
def site_command(
    city: Path,
    candidates: Path,
    build: int,
    budget: float | None,
    date: dt.date,
    radius_km: float | None,
    walk_m: float,
    life_years: float,
    seeds: int,
    rounds: int,
    iterations: int,
    rivals: bool,
    workers: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Choose which candidate sites of CITY to build, of which size, with routed days as judge.

    \b
    Example:
      huanwei scenario site mycity --candidates candidates.csv --build 8 \\
          --budget 90000000 --date 2024-11-25
    The best two designs are written as scenarios sites_1 and sites_2. Candidates of kind point,
    eco_island, water or wash are places without tonnage: places_1 and places_2.
    """
    from scenarios.placing.candidates import holds_places
    from scenarios.runs.days import Budget

    if holds_places(candidates):
        from dispatch.placing import PlacingRequest
        from scenarios.placing import search as placing

        few = placing.Effort(Budget(iterations), seeds, rounds)
        asked = PlacingRequest(
            candidates, date, placing.Rules(build, budget), few, life_years, walk_m
        )
        _place(city, asked, (scheduler, workers), Speaker(as_json))
        return
    from dispatch.sitepage import write_choice
    from dispatch.siting import SitingRequest, site_city, site_lines, site_record
    from scenarios.siting.location import Rules
    from scenarios.siting.search import Effort

    speaker = Speaker(as_json)
    effort = Effort(Budget(iterations), seeds, rounds, rivals=rivals)
    request = SitingRequest(candidates, date, Rules(build, budget), effort, life_years, radius_km)
    sited = site_city(city, request, (scheduler, workers), speaker.say)
    files = write_choice(sited)
    lines = [*site_lines(sited), *(f"written: {path}" for path in files)]
    speaker.result(lines, {**site_record(sited), "written": [str(p) for p in files]})


def _place(
    city: Path, asked: PlacingRequest, crew: tuple[str | None, int | None], speaker: Speaker
) -> None:
    """Choose places without tonnage, and tell."""
    from dispatch.placepage import write_choice
    from dispatch.placing import place_city, placing_lines, placing_record

    placed = place_city(city, asked, crew, speaker.say)
    files = write_choice(placed)
    lines = [*placing_lines(placed), *(f"written: {path}" for path in files)]
    speaker.result(lines, {**placing_record(placed), "written": [str(p) for p in files]})


@scenario.command("simulate")
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--date", required=True, callback=date_of, help="Day to plan, YYYY-MM-DD.")
@click.option("--scenario", "name", default="base", show_default=True)
@click.option("--days", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.option("--demand-cv", type=click.FloatRange(0, 2), default=0.2, show_default=True)
@click.option("--speed-cv", type=click.FloatRange(0, 2), default=0.1, show_default=True)
@click.option("--service-cv", type=click.FloatRange(0, 2), default=0.2, show_default=True)
@click.option(
    "--safety",
    type=click.FloatRange(0.5, 0.999),
    multiple=True,
    default=(0.8, 0.95),
    show_default=True,
    help="Chance with which a load shall fit; repeatable.",
)
@click.option("--iterations", type=click.IntRange(0), default=10_000, show_default=True)
@click.option("--seeds", type=click.IntRange(1, 50), default=3, show_default=True)
@json_option
@guarded
def simulate_command(
    city: Path,
    date: dt.date,
    name: str,
    days: int,
    demand_cv: float,
    speed_cv: float,
    service_cv: float,
    safety: tuple[float, ...],
    iterations: int,
    seeds: int,
    as_json: bool,
) -> None:
    """Drive a day's collection routes many times under noise; say what more safety costs.

    \b
    Example:  huanwei scenario simulate mycity --date 2024-11-25 --safety 0.8 --safety 0.95
    Points weighed five times or more in weighings.csv have their own spread.
    """
    from dispatch.simulation import Trial, simulate_city, simulation_lines, simulation_record
    from scenarios.simulation import Noise

    speaker = Speaker(as_json)
    edited = _edited(city, name, speaker)
    noise = Noise(demand_cv, speed_cv, service_cv)
    trial = Trial(date, noise, days, safety, iterations, seeds)
    found = simulate_city(edited.city, trial, speaker.say)
    currency = edited.city.settings.currency
    speaker.result(simulation_lines(found, currency), simulation_record(found))


def safeties_of(_context: click.Context, _option: click.Parameter, value: str) -> tuple[float, ...]:
    """Return the probabilities that an option gives, by rising."""
    try:
        found = sorted({float(part) for part in value.split(",") if part.strip()})
    except ValueError:
        raise click.BadParameter(f"{value!r}; expected numbers such as 0.8,0.9,0.95") from None
    if not found or found[0] <= 0 or found[-1] >= 1:
        raise click.BadParameter(f"{value!r}; expected numbers between 0 and 1, such as 0.8,0.95")
    return tuple(found)


@scenario.command("robust")
@click.argument("city", type=click.Path(path_type=Path))
@click.option("--days", required=True, callback=days_of, help="YYYY-MM-DD or FIRST..LAST.")
@click.option(
    "--safety",
    "safeties",
    callback=safeties_of,
    default="0.8,0.9,0.95",
    show_default=True,
    help="Chances with which a load shall fit.",
)
@click.option("--scenario", "name", default="base", show_default=True)
@click.option(
    "--spread",
    "source",
    type=click.Choice(["auto", "weighed", "declared"]),
    default="auto",
    show_default=True,
    help="Where the variation of demand comes from: weighings.csv, city.toml, or both.",
)
@click.option("--seeds", type=click.IntRange(1, 100), default=3, show_default=True)
@click.option("--iterations", type=click.IntRange(0), default=3000, show_default=True)
@click.option("--sim-days", type=click.IntRange(1, 100_000), default=1000, show_default=True)
@click.option("--speed-cv", type=click.FloatRange(0, 2), default=0.1, show_default=True)
@click.option("--service-cv", type=click.FloatRange(0, 2), default=0.2, show_default=True)
@click.option("--report", type=click.Path(path_type=Path), help="[default: CITY/scenarios/robust]")
@workers_option
@scheduler_option
@json_option
@guarded
def robust_command(
    city: Path,
    days: tuple[dt.date, ...],
    safeties: tuple[float, ...],
    name: str,
    source: Source,
    seeds: int,
    iterations: int,
    sim_days: int,
    speed_cv: float,
    service_cv: float,
    report: Path | None,
    workers: int | None,
    scheduler: str | None,
    as_json: bool,
) -> None:
    """Plan days with reserves, drive them under noise, and say what more safety costs.

    \b
    Example:
      huanwei scenario robust mycity --days 2024-11-25..2024-11-27 --safety 0.8,0.9,0.95
    Writes a page with the curve, and the overflow risk of every route and point.
    """
    from dispatch.robust import compare_and_write
    from scenarios.risk.compare import RiskRequest
    from scenarios.runs.days import Budget

    speaker = Speaker(as_json)
    edited = _edited(city, name, speaker)
    request = RiskRequest(
        days,
        tuple(range(1, seeds + 1)),
        safeties,
        Budget(iterations),
        sim_days,
        speed_cv,
        service_cv,
    )
    crew = scheduler, workers
    done = compare_and_write(edited.city, request, source, report, crew, speaker.say)
    speaker.result(done.lines, done.record)


def _edited(city: Path, name: str, speaker: Speaker) -> Edited:
    """Return the city that a scenario makes."""
    from scenarios.city import read_city
    from scenarios.edits.scenario import apply_scenario, read_scenario
    from scenarios.run import load_network

    found = read_city(city)
    edits = read_scenario(found, name)
    return apply_scenario(found, edits, lambda: load_network(found, speaker.say))
