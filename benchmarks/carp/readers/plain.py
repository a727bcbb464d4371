"""Arc routing without turns as a problem: the places of the travel table are nodes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.campaign.instance import Instance, Objective
from benchmarks.carp.formats.carp import parse_carp
from benchmarks.carp.formats.mcgrp import parse_mcgrp
from benchmarks.carp.formats.mixed import parse_mixed
from benchmarks.carp.formats.streets import StreetFile, corner_name, ends
from benchmarks.carp.readers.parts import Scale, assemble
from benchmarks.carp.readers.ways import cheapest_ways
from routing.errors import InputError
from solvers.problem import Mode

VEHICLE_COST = 10**9
"""More than any plan costs in time."""
CONVENTIONS: dict[str, tuple[Callable[[Path], StreetFile], str]] = {
    "carp": (
        parse_carp,
        "cost of every street driven, served or not; any number of vehicles; of parallel edges the"
        " last in the file is driven without service",
    ),
    "mixed": (
        parse_mixed,
        "cost of service (driving included), of driving without service and of every unloading, at"
        " the facilities on the way and before the way home, or once a route where there is none;"
        " the limit holds for all of it",
    ),
    "mcgrp": (
        parse_mcgrp,
        "cost of every street driven; the constant cost of service is left out; any number of"
        " vehicles",
    ),
}


def read_plain(path: Path, kind: str, objective: Objective | None = None) -> Instance:
    """Return the instance of a file whose turns are free.

    Vehicles come first where they unload on the way, unless the objective says otherwise.

    Raises
    ------
    InputError
        When vehicles are to come first where they do not count.
    """
    parse, convention = CONVENTIONS[kind]
    file = parse(path)
    if objective == "vehicles" and not file.sites:
        raise InputError(f"{path}: --objective vehicles is for sets with facilities only")
    wanted = objective or ("vehicles" if file.sites else "distance")
    vehicle_cost = VEHICLE_COST if wanted == "vehicles" else 0
    nodes = _used_nodes(file)
    place = {node: k for k, node in enumerate(nodes)}
    table = _node_table(file, nodes)
    modes = {
        street.name: tuple(
            Mode(place[a], place[b], int(street.serve or 0), int(street.serve or 0))
            for a, b in ends(street)
        )
        for street in file.required
    }
    modes |= {corner_name(n): (Mode(place[n], place[n], 0),) for n in file.corners}
    problem = assemble(file, modes, table, (place[file.depot], len(nodes)), Scale(), vehicle_cost)
    return Instance(path.stem, kind, path, problem, convention, 1, wanted, vehicle_cost)


def _used_nodes(file: StreetFile) -> list[int]:
    """Return the nodes between which ways are needed, in the order in which they occur."""
    found = {file.depot: None}
    for street in file.required:
        found |= {street.tail: None, street.head: None}
    return [*(found | dict.fromkeys(file.corners))]


def _node_table(file: StreetFile, nodes: Sequence[int]) -> NDArray[np.int32]:
    """Return the costs of the ways among nodes, then sites, shape (1, n, n); -1 = no way.

    A way to a site includes the cost of unloading there.
    """
    number: dict[int, int] = {}
    for pair in file.drives:
        for node in pair:
            number.setdefault(node, len(number))
    links = [(number[a], number[b], int(cost)) for (a, b), cost in file.drives.items()]
    wanted = [number[node] for node in [*nodes, *(site.node for site in file.sites)]]
    table = cheapest_ways(links, len(number), wanted, wanted)
    for k, site in enumerate(file.sites, len(nodes)):
        table[:, k] += int(site.cost)
    return table[None]
