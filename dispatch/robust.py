"""The price of safety in people's hands: lines, a curve, and the risk of every route and point."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from dispatch.riskpage import risk_page
from scenarios.city import City
from scenarios.defaults import load_defaults
from scenarios.edits.scenario import FOLDER
from scenarios.files import write_whole
from scenarios.problem import DayProblem
from scenarios.risk.compare import (
    RiskComparison,
    RiskRequest,
    compare_safeties,
    risk_record,
    shown_measures,
)
from scenarios.risk.plan import PointRisk, RouteRisk, point_risks, route_risks
from scenarios.risk.spread import Source, Spread, spread_of
from scenarios.run import load_network
from scenarios.runs.family import crew_at_work
from solvers.plan import Plan

Say = Callable[[str], None]

LIKELY = 0.05
"""Overflow at least this likely is worth a word."""
SHOWN = 8
FEWEST_PAIRS = 6
"""With fewer pairs the sign-flip test cannot reach 5 %."""
ASSUMED = ("risk.demand_cv", "risk.demand_correlation")
"""Keys of the defaults, and paths of the settings that replace them."""


@dataclass(frozen=True)
class WrittenRisk:
    """The files of a comparison, what it says, and the record of it."""

    files: tuple[Path, ...]
    lines: list[str]
    record: dict[str, Any]


def compare_and_write(
    city: City,
    request: RiskRequest,
    source: Source,
    report: Path | None,
    crew: tuple[str | None, int | None],
    say: Say,
) -> WrittenRisk:
    """Compare safeties and write curve and tables.

    Parameters
    ----------
    report
        Folder of the files; ``scenarios/robust`` of the city where it is None.
    crew
        Address of a cluster, or None, and workers on this machine, one a core where it is None.

    Raises
    ------
    PlanningError
        When weighings are asked for and there are too few, or a day cannot be planned.
    """
    spread = spread_of(city, source)
    network = load_network(city, say)
    with crew_at_work(crew, say) as at_work:
        found = compare_safeties(city, request, spread, network, at_work, say)
    points = point_risks(city, spread)
    record = {**risk_record(found), "assumptions": assumptions(city, spread)}
    folder = report or city.folder / FOLDER / "robust"
    page, routes, table = folder / "robust.html", folder / "routes.csv", folder / "points.csv"
    write_whole(page, risk_page(city, found, points, record))
    write_whole(routes, routes_csv(found))
    write_whole(table, points_csv(points))
    files = (page, routes, table)
    lines = [*summary(city, found, points), *(f"written: {path}" for path in files)]
    return WrittenRisk(files, lines, {**record, "written": [str(path) for path in files]})


def assumptions(city: City, spread: Spread) -> list[dict[str, Any]]:
    """Return the defaults that the spread of demand rests on, with source and confidence."""
    known = {*city.settings.aside()}
    if spread.estimated:
        known.add("risk.demand_correlation")
    return [asdict(load_defaults()[key].as_assumption()) for key in ASSUMED if key not in known]


def summary(city: City, found: RiskComparison, points: Sequence[PointRisk]) -> list[str]:
    """Return what each safety costs and saves."""
    request, currency = found.request, city.settings.currency
    pairs = len(request.dates) * len(request.seeds)
    lines = [
        spread_line(found.spread),
        f"{len(request.dates)} days x {len(request.seeds)} seeds, each driven on {request.days:,}"
        f" days; money in {currency} a day; means, least and most in brackets",
        f"{'a load fits with':<26}" + "".join(f"{s:>28.1%}" for s in request.safeties),
    ]
    for m in shown_measures(found):
        cells = "".join(f"{_cell(found.values[s][m.key]):>28}" for s in request.safeties)
        lines.append(f"{f'{m.en} {m.unit}'.strip():<26}{cells}")
    lines += [_price(found, safety, currency) for safety in request.safeties[1:]]
    if pairs < FEWEST_PAIRS and len(request.safeties) > 1:
        lines.append(
            f"fewer than {FEWEST_PAIRS} pairs of days and seeds cannot tell a difference at the"
            " 5 % level"
        )
    return [*lines, *route_lines(found), *point_lines(points)]


def spread_line(spread: Spread) -> str:
    """Return how demand varies, in words."""
    how = "by weighings" if spread.estimated else "declared"
    return (
        f"demand varies by {spread.declared.cv:g} where declared; {len(spread.of_point)} points"
        f" have their own by weighings; correlation of two points {spread.correlation:.2f} ({how})"
    )


def _cell(values: Sequence[float]) -> str:
    mean = float(np.mean(values))
    digits = 0 if abs(mean) >= 1000 else 2
    return f"{mean:,.{digits}f} [{min(values):,.{digits}f}..{max(values):,.{digits}f}]"


def _price(found: RiskComparison, safety: float, currency: str) -> str:
    """Return what a safety costs more than the lowest one, and what it saves."""
    first, verdict = found.request.safeties[0], found.verdicts[safety]
    total, planned = verdict["total"], verdict["planned"]
    return (
        f"{safety:.1%} instead of {first:.1%}: planned {planned.mean:+,.0f} {currency} a day"
        f" ({planned.low:+,.0f} to {planned.high:+,.0f}), as driven with what is left"
        f" {total.mean:+,.0f} ({total.low:+,.0f} to {total.high:+,.0f}): {total.word};"
        f" overflows {verdict['overflow'].mean:+.1f} % of routes ({verdict['overflow'].word}),"
        f" {verdict['extra_trips'].mean:+.2f} extra trips"
    )


def route_lines(found: RiskComparison) -> list[str]:
    """Return the riskiest routes of the lowest safety, computed and simulated."""
    first = found.request.safeties[0]
    rows: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for run in found.results[first]:
        for route in run["routes"]:
            rows[route["truck_id"]].append((route["overflow"], route["simulated"]))
    means = {truck: np.mean(own, axis=0) for truck, own in rows.items()}
    worst = sorted(means, key=lambda truck: (-means[truck][0], truck))[:SHOWN]
    return [
        f"riskiest routes at {first:.1%}, share of days with an overflow: "
        + ", ".join(f"{t} {means[t][0]:.0%} (simulated {means[t][1]:.0%})" for t in worst)
    ]


def point_lines(points: Sequence[PointRisk]) -> list[str]:
    """Return how many points' bins are likely to overflow, and the worst of them."""
    likely = [p for p in points if p.overflow >= LIKELY]
    worst = ", ".join(f"{p.point_id} {p.overflow:.0%}" for p in likely[:SHOWN])
    return [
        f"bins of {len(likely)} of {len(points)} points overflow before {LIKELY:.0%} or more of"
        f" their visits{': ' if worst else ''}{worst}"
    ]


def routes_csv(found: RiskComparison) -> str:
    """Return the risk of every route of every run."""
    names = [*(f.name for f in fields(RouteRisk)), "simulated"]
    pairs = [(date, seed) for date in found.request.dates for seed in found.request.seeds]
    rows = [
        {"date": date.isoformat(), "seed": seed, "safety": safety, **route}
        for safety, runs in found.results.items()
        for (date, seed), run in zip(pairs, runs, strict=True)
        for route in run["routes"]
    ]
    return _table(rows, ["date", "seed", "safety", *names])


def points_csv(points: Sequence[PointRisk]) -> str:
    """Return the risk of every point."""
    return _table([asdict(point) for point in points], [f.name for f in fields(PointRisk)])


def _table(rows: Sequence[dict[str, Any]], names: Sequence[str]) -> str:
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(names)
    table.writerows([_short(row[name]) for name in names] for row in rows)
    return out.getvalue()


def _short(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def write_plan_risk(
    folder: Path, city: City, posed: DayProblem, plan: Plan, spread: Spread
) -> list[str]:
    """Write the risk of a plan's routes and of its points beside it; return what it says."""
    routes, points = route_risks(posed, plan, spread), point_risks(city, spread)
    names = [f.name for f in fields(RouteRisk)]
    write_whole(folder / "risk_routes.csv", _table([asdict(r) for r in routes], names))
    write_whole(folder / "risk_points.csv", points_csv(points))
    worst = ", ".join(f"{r.truck_id} {r.overflow:.1%}" for r in routes[:3])
    return [
        f"safety: {spread_line(spread)}; riskiest routes {worst or 'none'}",
        *point_lines(points),
        f"risk:   {folder / 'risk_routes.csv'}, {folder / 'risk_points.csv'}",
    ]
