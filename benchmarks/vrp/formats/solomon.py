"""Text of Solomon's and of Gehring and Homberger's instances, and the routes beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROUTE = re.compile(r"^\s*Route\s*#?\s*(\d+)\s*:(.*)$", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class SolomonFile:
    """Rows of a file: row 0 is the depot; columns as float64 of shape (n,)."""

    name: str
    num_vehicles: int
    capacity: int
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    demand: NDArray[np.float64]
    ready: NDArray[np.float64]
    due: NDArray[np.float64]
    service: NDArray[np.float64]


def parse_solomon(path: Path) -> SolomonFile:
    """Return what stands in an instance file."""
    lines = path.read_text().splitlines()
    rows = [[float(word) for word in line.split()] for line in lines if _numeric(line)]
    num_vehicles, capacity = (int(v) for v in next(row for row in rows if len(row) == 2))
    columns = np.array([row for row in rows if len(row) == 7]).T
    return SolomonFile(lines[0].strip(), num_vehicles, capacity, *columns[1:])


def _numeric(line: str) -> bool:
    words = line.split()
    return bool(words) and all(re.fullmatch(r"-?\d+(\.\d*)?", word) for word in words)


def parse_routes(path: Path) -> tuple[list[list[int]], float | None]:
    """Return the routes of a solution file, by the number before each, and the cost it states."""
    routes: list[list[int]] = []
    cost = None
    for line in path.read_text(errors="replace").splitlines():
        found = ROUTE.match(line)
        if found:
            routes.append([int(word) for word in found.group(2).split()])
        elif line.lower().startswith("cost"):
            cost = float(line.replace(":", " ").split()[1])
    return routes, cost
