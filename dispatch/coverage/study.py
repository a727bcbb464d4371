"""A study of coverage from the city's folder to figures, choice and the files of its report."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from routing.network import Network
from scenarios.city import City, read_city
from scenarios.coverage.kpis import Row, coverage_rows
from scenarios.coverage.search import Effort, Plan, budget_for, choose_units
from scenarios.coverage.units import Unit, list_units
from scenarios.defaults import Assumption, Used, default_number
from scenarios.edits.scenario import FOLDER
from scenarios.files import write_whole
from scenarios.run import load_network
from scenarios.runs.days import Budget
from scenarios.runs.family import crew_at_work
from scenarios.runs.store import Store

Say = Callable[[str], None]
TARGET = "jingmen.coverage_target"


@dataclass(frozen=True)
class CoverageRequest:
    """What is asked for.

    Attributes
    ----------
    target
        Share of units that shall sort; the default of the data file where it is None.
    effort
        None where figures alone are wanted.
    """

    dates: tuple[dt.date, ...]
    units: Path | None = None
    target: float | None = None
    compound_districts: tuple[str, ...] = ()
    each_district: bool = False
    effort: Effort | None = None


@dataclass(frozen=True)
class CoverageStudy:
    """Figures and choice with what they rest on."""

    city: City
    request: CoverageRequest
    target: float
    units: tuple[Unit, ...]
    rows: list[Row]
    plan: Plan | None
    network: Network | None
    assumptions: list[Assumption]
    notes: list[str]


def study_coverage(
    folder: Path, request: CoverageRequest, crew: tuple[str | None, int | None], say: Say
) -> CoverageStudy:
    """Return the coverage of a city and the units that would reach the target.

    Raises
    ------
    PlanningError
        When tables have faults, a district is unknown, or a day cannot be planned.
    """
    city, used = read_city(folder), Used()
    listed = list_units(city, request.units, request.dates[0], used)
    target = request.target
    if target is None:
        used.add(TARGET)
        target = default_number(TARGET)
    rows = coverage_rows(listed.units, target, request.compound_districts)
    network, plan = None, None
    if request.effort is not None:
        network, plan = _chosen(
            city, request, request.effort, (listed.units, target), crew, say, used
        )
    notes = [*listed.notes, *_notes(request, listed.units)]
    if plan is not None and request.effort is not None:
        notes.append(_effort(request.effort.budget or budget_for(city), request.effort.seeds))
    assumptions = [*city.assumptions, *used.assumptions()]
    return CoverageStudy(
        city, request, target, listed.units, rows, plan, network, assumptions, notes
    )


def _chosen(
    city: City,
    request: CoverageRequest,
    effort: Effort,
    asked: tuple[tuple[Unit, ...], float],
    crew: tuple[str | None, int | None],
    say: Say,
    used: Used,
) -> tuple[Network, Plan | None]:
    @cache
    def streets() -> Network:
        return load_network(city, say)

    with crew_at_work(crew, say) as at_work:
        plan = choose_units(
            city,
            *asked,
            request.dates,
            compound_districts=request.compound_districts,
            each_district=request.each_district,
            streets=streets,
            effort=effort,
            crew=at_work,
            store=Store(),
            say=say,
            used=used,
        )
    return streets(), plan


def _effort(budget: Budget, seeds: int) -> str:
    return f"{budget.iterations:,} iterations for each day and seed (seeds: {seeds})"


def _notes(request: CoverageRequest, units: tuple[Unit, ...]) -> list[str]:
    inside = request.compound_districts
    counted = ", ".join(inside) if inside else "all districts"
    notes = [
        f"compounds of {counted} count, and villages of all districts; units count, not people"
    ]
    unknown = sorted(set(inside) - {one.district for one in units if one.kind == "compound"})
    notes += [f"no compound stands in district {name!r}" for name in unknown]
    return notes


def write_coverage(study: CoverageStudy, report: Path | None) -> list[Path]:
    """Write the list of units, and the page with its map; return the files."""
    from dispatch.coverage.page import write_page  # noqa: PLC0415 (heavy packages come late)

    folder = report or study.city.folder / FOLDER / "coverage"
    table, page = folder / "coverage.csv", folder / "coverage.html"
    write_whole(table, "\ufeff" + units_csv(study))
    write_page(page, study)
    return [table, page]


def units_csv(study: CoverageStudy) -> str:
    """Return every unit with its state, its cost and its turn."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    head = "unit_id name kind district households lon lat model sorts chosen cost_day set_up_day"
    writer.writerow(head.split())
    chosen = set(study.plan.best.chosen) if study.plan else set()
    for k, one in enumerate(study.units):
        cost = f"{study.plan.costs[k] / 1000:.2f}" if study.plan and not one.sorts else ""
        state = (str(x).lower() for x in (one.model, one.sorts, k in chosen))
        where = (f"{one.given_at[0]:.7f}", f"{one.given_at[1]:.7f}")
        named = (one.unit_id, one.name, one.kind, one.district, one.households)
        writer.writerow([*named, *where, *state, cost, f"{one.set_up / 1000:.2f}"])
    return out.getvalue()
