"""Text of VRPLIB, with the sections that PyVRP's dialect adds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class VrplibFile:
    """Keys and sections of a file; every section by location or by vehicle, both from 0.

    ``depots`` are locations. Where a section is missing its array is of zeros, and ``due`` and
    ``max_duration`` are infinite.
    """

    name: str
    kind: str
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    demand: NDArray[np.float64]
    ready: NDArray[np.float64]
    due: NDArray[np.float64]
    service: NDArray[np.float64]
    release: NDArray[np.float64]
    depots: tuple[int, ...]
    num_vehicles: int | None
    capacity: NDArray[np.float64]
    fixed_cost: NDArray[np.float64]
    unit_cost: NDArray[np.float64]
    vehicle_depot: NDArray[np.int64]
    reloads: bool
    max_duration: float
    has_windows: bool


def parse_vrplib(path: Path) -> VrplibFile:
    """Return what stands in an instance file."""
    keys, sections = _split(path)
    xy = sections["NODE_COORD"]
    num = len(xy)
    fleet = int(keys["VEHICLES"]) if "VEHICLES" in keys else None
    size = fleet or 1
    windows = sections.get("TIME_WINDOW")
    depots = tuple(int(row[0]) - 1 for row in sections["DEPOT"] if row[0] > 0)
    return VrplibFile(
        name=keys["NAME"],
        kind=keys["TYPE"],
        x=xy[:, 1],
        y=xy[:, 2],
        demand=_column(sections.get("DEMAND"), num, 0.0),
        ready=np.zeros(num) if windows is None else windows[:, 1],
        due=np.full(num, np.inf) if windows is None else windows[:, 2],
        service=_service(keys, sections, num, depots),
        release=_column(sections.get("RELEASE_TIME"), num, 0.0),
        depots=depots,
        num_vehicles=fleet,
        capacity=_column(sections.get("CAPACITY"), size, float(keys.get("CAPACITY", "inf"))),
        fixed_cost=_column(sections.get("VEHICLES_FIXED_COST"), size, 0.0),
        unit_cost=_column(sections.get("VEHICLES_UNIT_DISTANCE_COST"), size, 1.0),
        vehicle_depot=_column(sections.get("VEHICLES_DEPOT"), size, 1.0).astype(np.int64) - 1,
        reloads="VEHICLES_RELOAD_DEPOT" in sections,
        max_duration=float(keys.get("VEHICLES_MAX_DURATION", "inf")),
        has_windows=windows is not None,
    )


def _split(path: Path) -> tuple[dict[str, str], dict[str, NDArray[np.float64]]]:
    """Return the ``KEY : value`` lines, and the rows of each section."""
    keys: dict[str, str] = {}
    rows: dict[str, list[list[float]]] = {}
    section = ""
    for line in path.read_text().splitlines():
        text = line.strip()
        if text.endswith("_SECTION"):
            section = text.removesuffix("_SECTION")
            rows[section] = []
        elif ":" in text:
            key, value = text.split(":", 1)
            keys[key.strip()] = value.strip()
        elif text and text != "EOF":
            rows[section].append([float(word) for word in text.split()])
    return keys, {name: np.array(part) for name, part in rows.items()}


def _column(section: NDArray[np.float64] | None, num: int, default: float) -> NDArray[np.float64]:
    return np.full(num, default) if section is None else section[:, 1]


def _service(
    keys: dict[str, str],
    sections: dict[str, NDArray[np.float64]],
    num: int,
    depots: tuple[int, ...],
) -> NDArray[np.float64]:
    """Return the service times: by section, or one for all but the depots."""
    service = _column(sections.get("SERVICE_TIME"), num, float(keys.get("SERVICE_TIME", 0)))
    service[list(depots)] = 0.0
    return service
