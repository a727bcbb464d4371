"""What a choice of sites and one of places have in common: sentences, and scenarios to compare."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from scenarios.city import City
from scenarios.edits.scenario import FOLDER
from scenarios.files import write_whole
from scenarios.paired import Verdict

WRITTEN = 2
"""Designs that become scenarios, the best first."""

Edits = Iterable[tuple[str, Mapping[str, Any]]]
"""Kind and parameters of each edit."""


class Routed(Protocol):
    """A design as predicted and as routed, in thousandths a day."""

    @property
    def predicted(self) -> float:
        """What was predicted of it."""

    @property
    def routed(self) -> float:
        """What routing says."""


def routed_line(judged: Routed, included: str, build_cost: float, currency: str) -> str:
    """Return what a day costs with a design, how near the prediction was, and what it takes."""
    return (
        f"a day: routed {judged.routed / 1000:,.0f} {currency}, predicted"
        f" {judged.predicted / 1000:,.0f} ({judged.predicted / judged.routed - 1:+.1%}){included};"
        f" to build: {build_cost:,.0f} {currency}"
    )


def difference(verdict: Verdict, currency: str) -> str:
    """Return how much more a day costs, with its interval."""
    return (
        f"{verdict.mean / 1000:+,.0f} {currency} a day ({verdict.low / 1000:+,.0f} to"
        f" {verdict.high / 1000:+,.0f}, {verdict.num_pairs} seeds, p = {verdict.p:.2g})"
    )


def write_ranked(
    city: City, name: str, what: str, ranking: Iterable[tuple[float, Edits]]
) -> list[Path]:
    """Write designs as scenarios, ready to be compared; return the files.

    ``ranking`` has the cost of each in thousandths a day, the cheapest first.
    """
    written = []
    for k, (cost, edits) in enumerate(ranking, 1):
        lines = [f'title = "{what} of rank {k}, {cost / 1000:,.0f} a day"']
        for kind, given in edits:
            lines += ["", "[[edit]]", f'do = "{kind}"']
            lines += [f"{n} = {json.dumps(v, ensure_ascii=False)}" for n, v in given.items()]
        path = city.folder / FOLDER / f"{name}_{k}.toml"
        write_whole(path, "\n".join(lines) + "\n")
        written.append(path)
    return written
