"""The planner's desk: scenarios shown, applied, compared."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.console import Speaker, guarded, json_option

if TYPE_CHECKING:
    from scenarios.edits.scenario import Edited


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


def _edited(city: Path, name: str, speaker: Speaker) -> Edited:
    """Return the city that a scenario makes."""
    from scenarios.city import read_city
    from scenarios.edits.scenario import apply_scenario, read_scenario
    from scenarios.run import load_network

    found = read_city(city)
    edits = read_scenario(found, name)
    return apply_scenario(found, edits, lambda: load_network(found, speaker.say))
