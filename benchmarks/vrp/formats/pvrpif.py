"""GeoJSON of the periodic problem with intermediate facilities (Taverna and Tilk)."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class PvrpifFile:
    """Places are numbered as in the file; minutes of driving have shape (n, n)."""

    num_days: int
    num_vehicles: int
    capacity: int
    max_duration: int
    depot: int
    facilities: tuple[int, ...]
    customers: tuple[int, ...]
    frequency: dict[int, int]
    demand: dict[int, int]
    service: dict[int, int]
    minutes: NDArray[np.int32]


@dataclass(frozen=True)
class StoredRoute:
    """One vehicle's day in a stored solution: the places in order, depot first and last."""

    day: int
    places: tuple[int, ...]


def parse_pvrpif(path: Path) -> PvrpifFile:
    """Return what stands in an instance file."""
    document = json.loads(path.read_text())
    info, places = document["info"], [f["properties"] for f in document["features"]]
    by_kind: dict[str, list[int]] = {}
    for place in places:
        by_kind.setdefault(place["type"], []).append(int(place["id"]))
    return PvrpifFile(
        int(info["planningHorizon"]),
        int(info["numVehicles"]),
        int(info["maxCapacity"]),
        int(info["maxDuration"]),
        by_kind["depot"][0],
        tuple(by_kind["intermediateFacility"]),
        tuple(by_kind["customer"]),
        {int(p["id"]): int(p["frequency"]) for p in places},
        {int(p["id"]): int(p["demand"]) for p in places},
        {int(p["id"]): int(p["service"]) for p in places},
        np.array(document["duration"]).astype(np.int32),
    )


def visit_patterns(num_days: int, frequency: int) -> list[tuple[int, ...]]:
    """Return the days on which a customer of a frequency may be visited: evenly spread."""
    gap = num_days // frequency
    return [tuple(range(first, num_days, gap)) for first in range(gap)]


def parse_report(path: Path) -> tuple[list[StoredRoute], float]:
    """Return the routes of the authors' report on a solution, and the cost it states."""
    text = path.read_text()
    cost = re.search(r"with cost (\d+(\.\d+)?)", text)
    if cost is None:
        raise ValueError(f"{path.name}: no cost is stated")
    routes, day = [], -1
    for line in text.splitlines():
        head = re.match(r"Day: (\d+): Vehicle", line)
        if head:
            day = int(head.group(1))
        elif line.startswith("path"):
            routes.append(StoredRoute(day, tuple(int(float(w)) for w in line.split()[1:])))
    return routes, float(cost.group(1))
