"""The checker of each format, and the solutions stored beside instances."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.campaign.known import in_units
from benchmarks.campaign.plain import FACILITY, TASK, PlainRoute, Verdict, Visit, customers_only
from benchmarks.vrp.checks.cordeau import check_cordeau
from benchmarks.vrp.checks.kim import check_kim
from benchmarks.vrp.checks.mdvrpi import check_mdvrpi
from benchmarks.vrp.checks.pvrpif import check_pvrpif
from benchmarks.vrp.checks.solomon import check_solomon
from benchmarks.vrp.checks.tours import check_montevideo, check_qingdao
from benchmarks.vrp.checks.vrplib import check_vrplib
from benchmarks.vrp.formats.cordeau import parse_res
from benchmarks.vrp.formats.pvrpif import parse_pvrpif, parse_report
from benchmarks.vrp.formats.solomon import parse_routes
from benchmarks.vrp.sets import format_of

Check = Callable[[Path, Sequence[PlainRoute]], Verdict]

CHECKS: dict[str, Check] = {
    "vrplib": check_vrplib,
    "kim": check_kim,
    "pvrpif": check_pvrpif,
    "pvrp": check_cordeau,
    "mdvrpi": check_mdvrpi,
    "montevideo": check_montevideo,
    "qingdao": check_qingdao,
}


def check_routes(path: Path, routes: Sequence[PlainRoute], objective: str) -> Verdict:
    """Return what the checker of the file's format says of some routes."""
    kind = format_of(path)
    if kind == "solomon":
        return check_solomon(path, routes, objective)
    return CHECKS[kind or ""](path, routes)


Stored = tuple[list[PlainRoute], float | None]
"""Routes, and the cost that their file states (None = it states none)."""


def stored_solutions(path: Path, objective: str = "distance") -> list[tuple[Path, Stored]]:
    """Return every solution that lies beside an instance, with its file."""
    readers: dict[str, Callable[[Path], list[tuple[Path, Stored]]]] = {
        "vrplib": _vrplib_solutions,
        "solomon": partial(_solomon_solutions, objective=objective),
        "pvrpif": _pvrpif_solutions,
        "pvrp": _cordeau_solutions,
    }
    reader = readers.get(format_of(path) or "")
    return [] if reader is None else reader(path)


def _vrplib_solutions(path: Path) -> list[tuple[Path, Stored]]:
    """Return the routes; a 0 in them is a visit to the depot on the way."""
    file = path.with_suffix(".sol")
    if not file.is_file():
        return []
    routes, cost = parse_routes(file)
    plain = []
    for k, places in enumerate(routes, 1):
        visits = [Visit(TASK, str(p)) if p else Visit(FACILITY, "0") for p in places]
        plain.append(PlainRoute(str(k), tuple(visits)))
    return [(file, (plain, in_units(path, cost)))]


def _solomon_solutions(path: Path, objective: str) -> list[tuple[Path, Stored]]:
    folder = {"distance": "dimacs_solutions", "vehicles": "lex_solutions"}[objective]
    found: list[tuple[Path, Stored]] = []
    for file in sorted(path.parent.glob(f"{folder}/*.sol")):
        if file.stem.lower() == path.stem.lower():
            routes, cost = parse_routes(file)
            plain = [customers_only(str(k), places) for k, places in enumerate(routes, 1)]
            found.append((file, (plain, cost)))
    return found


def _pvrpif_solutions(path: Path) -> list[tuple[Path, Stored]]:
    facilities = parse_pvrpif(path).facilities
    found: list[tuple[Path, Stored]] = []
    for file in sorted(path.parent.glob(f"solutions/report_{path.stem}_*.txt")):
        routes, cost = parse_report(file)
        plain = []
        for k, route in enumerate(routes):
            inner = route.places[1:-1]
            visits = [Visit(FACILITY if p in facilities else TASK, str(p)) for p in inner]
            plain.append(PlainRoute(str(k), tuple(visits), route.day))
        found.append((file, (plain, cost)))
    return found


def _cordeau_solutions(path: Path) -> list[tuple[Path, Stored]]:
    file = path.parent / "solutions" / f"{path.stem}.res"
    if not file.is_file():
        return []
    routes, cost = parse_res(file)
    plain = [customers_only(str(k), places, day) for k, (day, places) in enumerate(routes)]
    return [(file, (plain, cost))]
