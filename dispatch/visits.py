"""The days of visits on disk: the file that plans are taken from, a page, a table, a summary."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dispatch.visitpage import visit_page
from scenarios.city import City, read_city
from scenarios.defaults import load_defaults
from scenarios.files import write_whole
from scenarios.frequency import WEEKDAYS
from scenarios.paired import Verdict
from scenarios.periodic.compare import (
    MEASURES,
    WAYS,
    VisitPlan,
    VisitRequest,
    plan_visits,
    visits_record,
)
from scenarios.periodic.stored import visits_file
from scenarios.run import load_network
from scenarios.runs.family import crew_at_work
from scenarios.runs.store import Store

Say = Callable[[str], None]

ASSUMED = ("price.uneven.t", "price.uneven.h", "price.unfamiliar_visit")
NAMES = {"frequency": "by frequency", "chosen": "chosen", "familiar": "chosen, drivers known"}


@dataclass(frozen=True)
class WrittenVisits:
    """The files written, the record of the days chosen, and a summary."""

    files: tuple[Path, ...]
    record: dict[str, Any]
    lines: list[str]


def choose_and_write(
    city_folder: Path,
    request: VisitRequest,
    crew: tuple[str | None, int | None],
    say: Say,
    *,
    store: bool = True,
) -> WrittenVisits:
    """Choose the days of visits, route them beside those of frequencies, and write all of it.

    Parameters
    ----------
    crew
        Address of a cluster, or None, and workers on this machine, one a core where it is None.
    store
        Whether plans of the period's days shall be taken from the days chosen.

    Raises
    ------
    PlanningError
        When the tables have faults, no point has days to choose, or a day cannot be planned.
    """
    city = read_city(city_folder)
    network = load_network(city, say)
    with crew_at_work(crew, say) as at_work:
        plan = plan_visits(city, request, network, at_work, Store(), say)
    record = visits_record(city, plan) | {"assumptions": _assumptions(city)}
    files = _write(city, plan, record, store)
    lines = [*summary(city, plan), *(f"written: {path}" for path in files)]
    return WrittenVisits(tuple(files), record, lines)


def _assumptions(city: City) -> list[dict[str, Any]]:
    """Return the prices that are no setting of the city, with source and confidence."""
    known = city.settings.aside()
    paths = ("prices.uneven_t", "prices.uneven_h", "prices.unfamiliar_visit")
    return [
        asdict(load_defaults()[key].as_assumption())
        for key, path in zip(ASSUMED, paths, strict=True)
        if path not in known
    ]


def _write(city: City, plan: VisitPlan, record: dict[str, Any], store: bool) -> list[Path]:
    """Write the files; each week of the period has the days, the first also page and table."""
    dates = plan.request.period.dates
    first = visits_file(city, dates[0])
    files = []
    if store:
        text = json.dumps(record, ensure_ascii=False) + "\n"
        for file in sorted({visits_file(city, date) for date in dates}):
            write_whole(file, text)
            files.append(file)
    page, table = first.with_name("visits.html"), first.with_name("visits.csv")
    write_whole(page, visit_page(city, plan, record))
    write_whole(table, visits_csv(record, [date.isoformat() for date in dates]))
    return [*files, page, table]


def visits_csv(record: dict[str, Any], dates: list[str]) -> str:
    """Return the points with days of their own as a table, a column a date."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(["point_id", "frequency", "usual_truck", *dates])
    for point in record["points"]:
        if point["days"] is not None:
            marks = [int(k in point["days"]) for k in range(len(dates))]
            table.writerow([point["id"], point["frequency"], point["truck"], *marks])
    return out.getvalue()


def summary(city: City, plan: VisitPlan) -> list[str]:
    """Return what the days chosen come to, beside those of frequencies."""
    period, seeds = plan.request.period, len(plan.request.seeds)
    moved = sum(plan.days[name] != point.usual_days for name, point in plan.points.items())
    lines = [
        f"{city.name}, {period.dates[0]} to {period.dates[-1]}: {len(plan.days)} points with days"
        f" to choose, {moved} of them on other days than before",
        f"spacing as even as can be: {plan.spacing[0]:.0%} of them by frequency,"
        f" {plan.spacing[1]:.0%} chosen",
        f"money in {city.settings.currency}; means over {seeds} seeds, least and most in brackets",
        f"{'':<30}{'by frequency':>24}{'chosen':>24}{'drivers known':>24}  verdict",
    ]
    for m in MEASURES:
        cells = "".join(f"{_cell(plan.values[way][m.key]):>24}" for way in WAYS)
        label = f"{m.en} {m.unit}".strip()
        lines.append(f"{label:<30}{cells}  {_word(plan.verdicts['familiar'][m.key])}")
    lines += _day_lines(plan)
    lines.append(_sentence(plan, city.settings.currency))
    if len(plan.request.seeds) < FEWEST_PAIRS:
        lines.append(f"fewer than {FEWEST_PAIRS} seeds cannot tell a difference at the 5 % level")
    return lines


FEWEST_PAIRS = 6
"""With fewer pairs the sign-flip test cannot reach 5 %."""


def _cell(values: list[float]) -> str:
    mean = sum(values) / len(values)
    digits = 0 if mean >= 1000 else 1
    return f"{mean:,.{digits}f} [{min(values):,.{digits}f}..{max(values):,.{digits}f}]"


def _word(verdict: Verdict) -> str:
    return f"{verdict.word} ({verdict.mean:+,.1f})"


def _day_lines(plan: VisitPlan) -> list[str]:
    """Return tonnes, hours and kilometres of every day, by frequency and as chosen."""
    lines = ["day by day: t, h, km by frequency -> chosen with drivers known"]
    for k, date in enumerate(plan.request.period.dates):
        pairs = []
        for key, unit, name in (
            ("mass_kg", 1000, "t"),
            ("duration_s", 3600, "h"),
            ("length_m", 1000, "km"),
        ):
            old, new = (
                sum(days[k][key] for days in plan.results[way]) / len(plan.results[way]) / unit
                for way in ("frequency", "familiar")
            )
            pairs.append(f"{old:.1f} -> {new:.1f} {name}")
        lines.append(f"  {WEEKDAYS[date.weekday()]} {date}: {', '.join(pairs)}")
    return lines


def _sentence(plan: VisitPlan, currency: str) -> str:
    """Return the verdict in words."""
    total, known = plan.verdicts["familiar"]["total"], plan.verdicts["known"]
    word = {
        "better": "the days chosen are better than those of frequencies",
        "worse": "the days chosen are worse than those of frequencies: do not use them",
        "same": "the days chosen cost what those of frequencies do",
    }.get(total.word, "no difference can be told from these seeds")
    cost, familiar = known["cost"], known["familiar"]
    return (
        f"verdict: {word} ({total.mean:+,.0f} {currency} a period, {total.low:+,.0f} to"
        f" {total.high:+,.0f}); keeping drivers to their points: {familiar.mean:+.1f} % of visits"
        f" by the usual truck for {cost.mean:+,.0f} {currency} ({cost.word})"
    )
