"""Inter-depot routes of Crevier, Cordeau and Laporte: real distances, rotations limited."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from benchmarks.campaign.plain import (
    FACILITY,
    TINY,
    PlainRoute,
    Verdict,
    coverage_faults,
    fleet_faults,
    load_faults,
)
from benchmarks.vrp.formats.mdvrpi import MdvrpiFile, parse_mdvrpi


def check_mdvrpi(path: Path, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the distance, and the rules broken."""
    raw = parse_mdvrpi(path)
    used = [route for route in routes if route.visits]
    faults = coverage_faults((str(c[0]) for c in raw.customers), used)
    faults += fleet_faults(used, (str(k + 1) for k in range(raw.num_vehicles)))
    if faults:
        return Verdict(math.nan, len(used), tuple(faults))
    total = 0.0
    for route in used:
        length, broken = _route(raw, route)
        total += length
        faults += broken
    return Verdict(total, len(used), tuple(faults))


def _route(raw: MdvrpiFile, route: PlainRoute) -> tuple[float, list[str]]:
    """Return the length of a rotation, and what it breaks."""
    depots = [raw.central, *raw.intermediate]
    customers = {str(c[0]): c for c in raw.customers}
    points, loads, aboard, standing = [raw.central], [], 0.0, 0.0
    for visit in route.visits:
        if visit.kind == FACILITY:
            points.append(depots[int(visit.name)])
            aboard = 0.0
            standing += raw.docking
            continue
        _, x, y, service, demand = customers[visit.name]
        points.append((x, y))
        aboard += demand
        standing += service
        loads.append(aboard)
    points.append(raw.central)
    length = sum(math.dist(a, b) for a, b in zip(points, points[1:], strict=False))
    faults = load_faults(route.vehicle, loads, raw.capacity)
    if length + standing > raw.max_rotation + TINY:
        faults.append(f"vehicle {route.vehicle}: rotation of {length + standing:.3f}")
    return length, faults
