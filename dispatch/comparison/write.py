"""A comparison from the city's folder to the files of its report."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

from dispatch.comparison.book import write_book
from dispatch.comparison.page import write_page
from dispatch.comparison.words import time_spent
from routing.network import Network
from scenarios.city import read_city
from scenarios.compare import Comparison, Request, compare
from scenarios.edits.scenario import FOLDER
from scenarios.run import load_network
from scenarios.runs.family import crew_at_work
from scenarios.runs.store import Store

Say = Callable[[str], None]


def compare_and_write(
    city_folder: Path,
    request: Request,
    report: Path | None,
    crew: tuple[str | None, int | None],
    say: Say,
) -> tuple[Comparison, list[Path]]:
    """Compare scenarios and write page and workbook; return the comparison and the files.

    Parameters
    ----------
    report
        Folder of the files; ``scenarios/comparison`` of the city where it is None.
    crew
        Address of a cluster, or None, and workers on this machine, one a core where it is None.

    Raises
    ------
    PlanningError
        When a scenario has faults or a day cannot be planned.
    """
    city = read_city(city_folder)

    @cache
    def streets() -> Network:
        return load_network(city, say)

    with crew_at_work(crew, say) as at_work:
        found = compare(city, request, streets, at_work, Store(), say)
    if found.tally.done:
        say(time_spent(found.tally))
    folder = report or city.folder / FOLDER / "comparison"
    page, book = folder / "comparison.html", folder / "comparison.xlsx"
    write_page(page, city, found, streets())
    write_book(book, city, found)
    return found, [page, book]
