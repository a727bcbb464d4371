"""A choice of sites in people's hands: lines, a record, and scenarios of the best designs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dispatch.choice import WRITTEN, difference, routed_line, write_ranked
from routing.network import Network
from scenarios.city import City, read_city
from scenarios.defaults import Used
from scenarios.run import load_network
from scenarios.runs.family import crew_at_work
from scenarios.runs.store import Store
from scenarios.siting.candidates import Candidate, read_candidates
from scenarios.siting.ground import Design, Ground, build_ground
from scenarios.siting.location import Rules
from scenarios.siting.search import Effort, Judged, Siting, choose_sites

Say = Callable[[str], None]
SHOWN = 8


@dataclass(frozen=True)
class SitingRequest:
    """What is asked for; ``radius_km`` and ``life_years`` as in `build_ground`."""

    candidates: Path
    date: dt.date
    rules: Rules
    effort: Effort
    life_years: float = 20.0
    radius_km: float | None = None


@dataclass(frozen=True)
class Sited:
    """The choice with the ground that it was made on."""

    city: City
    date: dt.date
    network: Network
    candidates: list[Candidate]
    ground: Ground
    found: Siting
    notes: list[str]

    @property
    def facility_ids(self) -> list[str]:
        """Names of the facilities of the ground, in its order."""
        return [f.facility_id for f in self.ground.problem.facilities]


def site_city(
    city_folder: Path, request: SitingRequest, crew: tuple[str | None, int | None], say: Say
) -> Sited:
    """Choose sites for a city.

    Raises
    ------
    PlanningError
        When tables have faults, or no choice keeps the rules.
    """
    city, used = read_city(city_folder), Used()
    candidates, notes = read_candidates(request.candidates, city, used)
    network = load_network(city, say)
    ground = build_ground(
        city,
        candidates,
        request.date,
        network,
        life_years=request.life_years,
        radius_km=request.radius_km,
        used=used,
        say=say,
    )
    with crew_at_work(crew, say) as at_work:
        found = choose_sites(ground, request.rules, request.effort, at_work, Store(), say)
    return Sited(city, request.date, network, candidates, ground, found, notes)


def site_lines(sited: Sited) -> list[str]:
    """Return the choice for the terminal."""
    found, ground, currency = sited.found, sited.ground, sited.city.settings.currency
    chosen = found.chosen
    lines = [f"chosen: {', '.join(_sized(sited, chosen.design))}"]
    lines += [f"  {line}" for line in _catchments(sited)]
    lines.append(routed_line(chosen, "", ground.build_cost(chosen.design), currency))
    lines += [_runner_up(sited), *_flips(sited)]
    if found.foretold_error is not None:
        lines.append(
            f"predictions made before routing were off by {found.foretold_error:.1%} on average;"
            f" the last fit by at most {found.fitted_error:.1%} among the five best"
        )
    lines += _rivals(sited)
    ended = "the model proposed nothing more" if found.held else "the rounds were used up"
    lines.append(f"{len(found.ranking)} designs routed in {found.rounds} rounds; {ended}")
    lines += ["", "routed  predicted  first seen in         sites"]
    lines += [
        f"{j.routed / 1000:>9,.0f}  {j.predicted / 1000:>9,.0f}  {j.source:<20} "
        + " ".join(ground.named(j.design))
        for j in found.ranking[:SHOWN]
    ]
    return [*lines, *(f"note: {note}" for note in sited.notes)]


def _rivals(sited: Sited) -> list[str]:
    """Return how the choice stands beside simpler ones, over the same seeds."""
    rivals = sited.found.rivals
    chance = [r for r in rivals if r.name.startswith("chance")]
    shown = [r for r in rivals if r not in chance]
    lines = [f"{r.name}: {r.routed / 1000:,.0f}, chosen {r.chosen / 1000:,.0f}" for r in shown]
    if chance:
        best = min(r.routed for r in chance) / 1000
        mean = float(np.mean([r.routed for r in chance])) / 1000
        lines.append(
            f"{len(chance)} designs by chance: best {best:,.0f}, mean {mean:,.0f},"
            f" chosen {chance[0].chosen / 1000:,.0f}"
        )
    return lines


def _sized(sited: Sited, design: Design) -> list[str]:
    return [
        f"{sited.candidates[c].candidate_id} ({sited.candidates[c].sizes[s].capacity_t_day:g} t/d)"
        for c, s in design
    ]


def _catchments(sited: Sited) -> list[str]:
    """Return a line a site: what the routed day brings there, and from which districts."""
    ground, chosen = sited.ground, sited.found.chosen
    flow = sited.found.chosen_flow.flow_kg
    lines = []
    for c, s in chosen.design:
        name = ground.names[c]
        intake = float(np.mean([run["intake_kg"].get(name, 0) for run in chosen.runs]))
        by_zone = np.bincount(ground.zone, flow[:, ground.site_of[c]], len(ground.zones))
        order = [k for k in np.argsort(-by_zone, kind="stable") if by_zone[k] > 0][:3]
        whole = max(1.0, float(by_zone.sum()))
        districts = ", ".join(f"{ground.zones[k]} {by_zone[k] / whole:.0%}" for k in order)
        districts = districts or "the model alone would drive on to the plants"
        used = intake / ground.capacity_kg[c][s]
        lines.append(f"{name}: {intake / 1000:.1f} t routed there ({used:.0%} full); {districts}")
    return lines


def _runner_up(sited: Sited) -> str:
    found, currency = sited.found, sited.city.settings.currency
    if found.runner_up is None:
        return "runner-up: none"
    second, verdict = found.ranking[1], found.runner_up
    out = set(sited.ground.named(found.chosen.design)) - set(sited.ground.named(second.design))
    into = set(sited.ground.named(second.design)) - set(sited.ground.named(found.chosen.design))
    sure = "clearly" if verdict.word == "worse" else "not clearly"
    change = f"{'+'.join(sorted(into)) or 'other sizes'} for {'+'.join(sorted(out)) or 'these'}"
    return f"runner-up ({change}): {difference(verdict, currency)}: {sure} dearer"


def _flips(sited: Sited) -> list[str]:
    lines = []
    for flip in sited.found.flips:
        if not flip.leaves and not flip.joins:
            lines.append(f"with {flip.demand:.0%} of the waste: the same sites")
            continue
        change = f"{', '.join(flip.joins)} instead of {', '.join(flip.leaves)}"
        lines.append(
            f"with {flip.demand:.0%} of the waste: {change}; routed, the choice would cost"
            f" {flip.regret / 1000:+,.0f} a day more than that"
        )
    return lines


def site_record(sited: Sited) -> dict[str, Any]:
    """Return the choice as ``--json`` prints it; money in currency units a day."""
    found, ground = sited.found, sited.ground
    return {
        "chosen": _design_record(sited, found.chosen),
        "catchments": _catchments(sited),
        "ranking": [_design_record(sited, j) for j in found.ranking],
        "runner_up": None if found.runner_up is None else vars(found.runner_up),
        "flips": [
            {
                "demand": f.demand,
                "leaves": f.leaves,
                "joins": f.joins,
                "regret": f.regret / 1000,
            }
            for f in found.flips
        ],
        "rivals": [
            {
                "name": r.name,
                "sites": ground.named(r.design),
                "routed": r.routed / 1000,
                "chosen": r.chosen / 1000,
            }
            for r in found.rivals
        ],
        "terms": dict(zip(ground.zones, found.terms.by_zone.tolist(), strict=True)),
        "rounds": found.rounds,
        "ranking_held": found.held,
        "foretold_error": found.foretold_error,
        "fitted_error": found.fitted_error,
        "notes": sited.notes,
    }


def _design_record(sited: Sited, judged: Judged) -> dict[str, Any]:
    candidates = sited.candidates
    return {
        "sites": [
            {
                "candidate_id": candidates[c].candidate_id,
                "capacity_t_day": candidates[c].sizes[s].capacity_t_day,
            }
            for c, s in judged.design
        ],
        "source": judged.source,
        "predicted": judged.predicted / 1000,
        "foretold": None if judged.foretold is None else judged.foretold / 1000,
        "routed": judged.routed / 1000,
        "seeds": len(judged.runs),
        "build_cost": sited.ground.build_cost(judged.design),
    }


def write_designs(sited: Sited) -> list[Path]:
    """Write the best designs as scenarios, ready to be compared; return the files."""
    best = [(j.routed, _edits(sited, j.design)) for j in sited.found.ranking[:WRITTEN]]
    return write_ranked(sited.city, "sites", "Sites", best)


def _edits(sited: Sited, design: Design) -> Iterator[tuple[str, dict[str, str]]]:
    for c, s in design:
        candidate = sited.candidates[c]
        cells = {**candidate.row, "capacity_t_day": f"{candidate.sizes[s].capacity_t_day:g}"}
        yield "open_facility", {name: value for name, value in cells.items() if value}
