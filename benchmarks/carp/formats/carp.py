"""Capacitated arc routing: the Spanish keywords of Valencia, the English of Kiilerich, Wøhlk."""

from __future__ import annotations

import re
from pathlib import Path

from benchmarks.campaign.library import read_text
from benchmarks.carp.formats.streets import Street, StreetFile, keyed_lines

EDGE = re.compile(
    r"\(\s*(\d+)\s*,\s*(\d+)\s*\)\s+coste?\s+(\d+)(?:[ \t]+demanda?[ \t]+(\d+))?", re.IGNORECASE
)


def parse_carp(path: Path) -> StreetFile:
    """Return what stands in an instance file.

    Published costs of files with parallel edges follow their first reader, in which the last edge
    between two nodes is the one that is driven without service.
    """
    text = read_text(path)
    keys = keyed_lines(text)
    streets = []
    for k, (tail, head, cost, demand) in enumerate(EDGE.findall(text), 1):
        serve = float(cost) if demand else None
        load = float(demand or 0)
        streets.append(Street(f"e{k}", int(tail), int(head), True, float(cost), serve, load))
    return StreetFile(
        tuple(streets),
        depot=int(keys.get("DEPOSITO") or keys["DEPOT"]),
        capacity=float(keys.get("CAPACIDAD") or keys["CAPACITY"]),
        corners={},
        last_wins=True,
    )
