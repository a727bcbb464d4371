"""A fleet study from the city's folder to the choice and the files of its report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from scenarios.city import City, read_city
from scenarios.defaults import Assumption, Used
from scenarios.edits.scenario import FOLDER
from scenarios.fleet.ground import FleetGround, build_ground
from scenarios.fleet.replacement import Replacement, replacements
from scenarios.fleet.search import Effort, FleetChoice, MixSearch, Service, choose_mix
from scenarios.fleet.types import Offer, read_offer
from scenarios.run import load_network
from scenarios.runs.family import crew_at_work
from scenarios.runs.store import Store

Say = Callable[[str], None]


@dataclass(frozen=True)
class FleetRequest:
    """What is asked for; ``more`` and ``keep`` as in `read_offer`.

    Attributes
    ----------
    types, owned
        Tables of types that can be bought, and of what is known of today's trucks.
    """

    dates: tuple[dt.date, ...]
    service: Service
    effort: Effort
    types: Path | None = None
    owned: Path | None = None
    more: int = 2
    keep: bool = True


@dataclass(frozen=True)
class FleetStudy:
    """The choice with what it rests on."""

    city: City
    request: FleetRequest
    offer: Offer
    ground: FleetGround
    found: FleetChoice
    replaced: list[Replacement]
    assumptions: list[Assumption]
    notes: list[str]

    @property
    def currency(self) -> str:
        """The currency of the city."""
        return self.city.settings.currency


def study_fleet(
    folder: Path, request: FleetRequest, crew: tuple[str | None, int | None], say: Say
) -> FleetStudy:
    """Choose a fleet for a city.

    Parameters
    ----------
    crew
        Address of a cluster, or None, and workers on this machine, one a core where it is None.

    Raises
    ------
    PlanningError
        When tables have faults, a day cannot be planned, or no mix holds the service.
    """
    city, used = read_city(folder), Used()
    offer = read_offer(
        city, request.types, request.owned, used, more=request.more, keep=request.keep
    )
    ground = build_ground(city, load_network(city, say), offer)
    store, effort = Store(), request.effort
    service, dates = request.service, request.dates
    with crew_at_work(crew, say) as at_work:
        found = choose_mix(ground, offer, dates, service, effort, at_work, store, say)
        search = MixSearch(ground, dates, service, effort, at_work, store, say)
        seeds = max(effort.seeds, effort.final_seeds)
        replaced = replacements(search, offer, dates[0], seeds, used)
    notes = _notes(request, offer)
    assumptions = [*city.assumptions, *used.assumptions()]
    return FleetStudy(city, request, offer, ground, found, replaced, assumptions, notes)


def _notes(request: FleetRequest, offer: Offer) -> list[str]:
    notes = [
        "collection only: sweepers, flushers and transfer trucks are not chosen",
        "having a truck is paid for every day, driving it by kilometer and hour",
    ]
    unbound = [one.type_id for one in offer.types if one.electric and one.reach is None]
    if unbound:
        notes.append(
            f"no range is known of electric {', '.join(unbound)}: their routes are not limited"
        )
    if len(request.dates) == 1:
        notes.append("one day is routed: a fleet for a week needs the days of a week")
    return notes


def report_folder(study: FleetStudy, report: Path | None) -> Path:
    """Return where the files go: the folder asked for, or ``scenarios/fleet`` of the city."""
    return report or study.city.folder / FOLDER / "fleet"


def write_study(study: FleetStudy, report: Path | None) -> list[Path]:
    """Write page, workbook and scenario of the chosen mix; return the files."""
    from dispatch.fleet.book import write_book  # noqa: PLC0415 (heavy packages come late)
    from dispatch.fleet.page import write_page  # noqa: PLC0415
    from dispatch.fleet.scenario import write_scenario  # noqa: PLC0415

    folder = report_folder(study, report)
    page, book = folder / "fleet.html", folder / "fleet.xlsx"
    write_page(page, study)
    write_book(book, study)
    return [page, book, write_scenario(study)]
