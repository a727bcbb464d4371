"""The chosen mix as a scenario, to be compared and planned like any other."""

from __future__ import annotations

import json
from pathlib import Path

from dispatch.fleet.study import FleetStudy
from scenarios.edits.scenario import FOLDER
from scenarios.files import write_whole
from scenarios.fleet.types import TruckType

NAME = "fleet_1"


def write_scenario(study: FleetStudy) -> Path:
    """Write the edits that make today's fleet the chosen one; return the file."""
    path = study.city.folder / FOLDER / f"{NAME}.toml"
    write_whole(path, scenario_text(study))
    return path


def scenario_text(study: FleetStudy) -> str:
    """Return the edits as TOML; those that add come first, so that there is a model to follow."""
    chosen = study.found.chosen
    lines = [f'title = "Fleet of {chosen.size} trucks, {chosen.cost / 1000:,.0f} a day"']
    gone: list[str] = []
    for one, count in zip(study.offer.types, chosen.mix, strict=True):
        if count > len(one.today):
            lines += _added(one, count - len(one.today))
        gone += one.today[count:]
    if gone:
        lines += ["", "[[edit]]", 'do = "remove_trucks"', f"trucks = {json.dumps(gone)}"]
    if len(lines) == 1:
        lines += ["", "# today's fleet is the choice: nothing changes"]
    return "\n".join(lines) + "\n"


def _added(one: TruckType, count: int) -> list[str]:
    lines = ["", "[[edit]]", 'do = "add_trucks"', f"count = {count}"]
    if one.today:
        return [*lines, f"like = {json.dumps(one.today[0], ensure_ascii=False)}"]
    lines.append(f"truck_id = {json.dumps(one.type_id, ensure_ascii=False)}")
    given = {name: text for name, text in one.row.items() if text}
    lines += [f"{n} = {json.dumps(text, ensure_ascii=False)}" for n, text in given.items()]
    if one.reach is not None:
        km = one.reach.morning_m / 1000
        lines.append(f"# range {km:g} km: held in the study, not by a day's plan")
    return lines
