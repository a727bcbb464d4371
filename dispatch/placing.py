"""A choice of places in people's hands: lines, a record, and scenarios of the best designs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dispatch.choice import WRITTEN, difference, routed_line, write_ranked
from scenarios.city import City, read_city
from scenarios.paired import Verdict
from scenarios.placing.candidates import read_places
from scenarios.placing.ground import Design, PlaceGround, build_place_ground
from scenarios.placing.search import Effort, JudgedDesign, Placing, Rules, choose_places
from scenarios.run import load_network
from scenarios.runs.family import crew_at_work
from scenarios.runs.store import Store

Say = Callable[[str], None]
SHOWN = 8
UNITS = {
    "point": "places with bins",
    "eco_island": "places with bins",
    "water": "runs of street",
    "wash": "points",
}


@dataclass(frozen=True)
class PlacingRequest:
    """What is asked for; ``walk_m`` is how far residents walk to a point at most."""

    candidates: Path
    date: dt.date
    rules: Rules
    effort: Effort
    life_years: float = 20.0
    walk_m: float = 120.0


@dataclass(frozen=True)
class Placed:
    """The choice with the ground that it was made on."""

    city: City
    ground: PlaceGround
    found: Placing


def place_city(
    folder: Path, request: PlacingRequest, crew: tuple[str | None, int | None], say: Say
) -> Placed:
    """Choose places for a city.

    Raises
    ------
    PlanningError
        When tables have faults, or no choice keeps the rules.
    """
    city = read_city(folder)
    places = read_places(request.candidates, city)
    network = load_network(city, say)
    ground = build_place_ground(
        city,
        places,
        request.date,
        network,
        life_years=request.life_years,
        walk_m=request.walk_m,
        say=say,
    )
    with crew_at_work(crew, say) as at_work:
        found = choose_places(ground, request.rules, request.effort, at_work, Store(), say)
    return Placed(city, ground, found)


def _names(ground: PlaceGround, design: Design) -> list[str]:
    return [ground.places[c].candidate_id for c in design]


def placing_lines(placed: Placed) -> list[str]:
    """Return the choice for the terminal."""
    found, ground, currency = placed.found, placed.ground, placed.city.settings.currency
    chosen = found.chosen
    goes_to = ground.goes_to(chosen.design)
    lines = [f"chosen: {', '.join(_names(ground, chosen.design))}"]
    lines += [
        f"  {ground.places[c].candidate_id} {ground.places[c].name}:"
        f" {int((goes_to == c).sum())} {UNITS[ground.kind]}{_walks(ground, goes_to, c)}"
        for c in chosen.design
    ]
    stay = int((goes_to < 0).sum())
    lines.append(f"  {stay} of {len(goes_to)} {UNITS[ground.kind]} stay as they are")
    build_cost = sum(ground.places[c].build_cost for c in chosen.design)
    lines.append(routed_line(chosen, ", places included", build_cost, currency))
    lines.append(f"against today: {_told(found.saving, currency)}")
    if found.runner_up is not None:
        second = ", ".join(_names(ground, found.ranking[1].design))
        lines.append(f"runner-up ({second}): {_told(found.runner_up, currency)}")
    ended = "nothing is predicted to be better" if found.held else "the rounds were used up"
    lines.append(f"{len(found.ranking)} designs routed in {found.rounds} rounds; {ended}")
    lines += ["", "routed  predicted  places"]
    lines += [
        f"{j.routed / 1000:>9,.0f}  {j.predicted / 1000:>9,.0f}  "
        + " ".join(_names(ground, j.design))
        for j in found.ranking[:SHOWN]
    ]
    return lines


def _walks(ground: PlaceGround, goes_to: np.ndarray, c: int) -> str:
    """Return how many bins move to a point; empty for other kinds."""
    if not ground.bins:
        return ""
    bins = sum(len(ground.bins[u]) for u in np.flatnonzero(goes_to == c))
    return f", {bins} rows of points.csv, at most {ground.walk_m:g} m along streets"


def _told(verdict: Verdict, currency: str) -> str:
    return f"{difference(verdict, currency)}: {verdict.word}"


def placing_record(placed: Placed) -> dict[str, Any]:
    """Return the choice as ``--json`` prints it; money in currency units a day."""
    found, ground = placed.found, placed.ground
    return {
        "kind": ground.kind,
        "chosen": _design_record(ground, found.chosen),
        "ranking": [_design_record(ground, judged) for judged in found.ranking],
        "today": [cost / 1000 for cost in found.today],
        "against_today": vars(found.saving),
        "runner_up": None if found.runner_up is None else vars(found.runner_up),
        "scale": found.scale,
        "rounds": found.rounds,
        "held": found.held,
    }


def _design_record(ground: PlaceGround, judged: JudgedDesign) -> dict[str, Any]:
    return {
        "places": _names(ground, judged.design),
        "predicted": judged.predicted / 1000,
        "routed": judged.routed / 1000,
        "seeds": len(judged.runs),
        "build_cost": sum(ground.places[c].build_cost for c in judged.design),
    }


def write_places(placed: Placed) -> list[Path]:
    """Write the best designs as scenarios, ready to be compared; return the files."""
    best = [
        (j.routed, [(e.kind, e.given) for e in placed.ground.edits(j.design)])
        for j in placed.found.ranking[:WRITTEN]
    ]
    return write_ranked(placed.city, "places", "Places", best)
