"""JSON of the multi-depot problem with inter-depot routes (Crevier, Cordeau and Laporte)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class MdvrpiFile:
    """Customers are (number, x, y, service, demand)."""

    num_vehicles: int
    capacity: float
    max_rotation: float
    docking: float
    central: tuple[float, float]
    intermediate: tuple[tuple[float, float], ...]
    customers: tuple[tuple[int, float, float, float, float], ...]


def parse_mdvrpi(path: Path) -> MdvrpiFile:
    """Return what stands in an instance file."""
    raw = json.loads(path.read_text())
    return MdvrpiFile(
        raw["num_vehicles"],
        raw["capacity"],
        raw["max_rotation_duration"],
        raw["docking_time"],
        (raw["central_depot"][0], raw["central_depot"][1]),
        tuple((x, y) for x, y in raw["intermediate_depots"]),
        tuple((c["id"], c["x"], c["y"], c["service"], c["demand"]) for c in raw["customers"]),
    )
