"""Problems without turns: routes lead from node to node."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmarks.campaign.plain import PlainRoute, Verdict
from benchmarks.carp.checks.least import least_cost
from benchmarks.carp.checks.rounds import Ground, Service, judge, ways_of
from benchmarks.carp.formats.carp import parse_carp
from benchmarks.carp.formats.mcgrp import parse_mcgrp
from benchmarks.carp.formats.mixed import parse_mixed
from benchmarks.carp.formats.streets import StreetFile, corner_name, ends

PARSERS = {"carp": parse_carp, "mixed": parse_mixed, "mcgrp": parse_mcgrp}


def check_nodes(path: Path, kind: str, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the cost by the set's convention, and the rules broken."""
    return judge(node_ground(PARSERS[kind](path)), routes)


def node_ground(file: StreetFile) -> Ground[int]:
    """Return a file whose places are nodes."""
    beyond: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for (a, b), cost in file.drives.items():
        beyond[a].append((b, cost))
    services = {}
    for k, way in ways_of(file):
        street = file.streets[k]
        a, b = ends(street)[way]
        services[street.name, way] = Service(a, b, street.serve or 0.0, street.load)
    for node, load in file.corners.items():
        services[corner_name(node), 0] = Service(node, node, 0.0, load)
    places = [file.depot, *(site.node for site in file.sites)]
    return Ground(file, services, places, lambda a, b: least_cost(a, b, beyond.__getitem__))
