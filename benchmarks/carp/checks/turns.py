"""Problems with turns: routes lead from one way of a street into the next."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.campaign.plain import PlainRoute, Verdict
from benchmarks.carp.checks.least import least_cost
from benchmarks.carp.checks.nodes import node_ground
from benchmarks.carp.checks.rounds import Ground, Service, judge, ways_of
from benchmarks.carp.formats.streets import Arc, corner_name, ends
from benchmarks.carp.formats.turns import TurnFile, parse_mcgrp_turns, parse_rwcp

PARSERS = {"mcgrp-tp": parse_mcgrp_turns, "rwcp": parse_rwcp}
Spot = tuple[int, int]
"""An arc, or (-1, k) for the depot (0) and the sites (1, 2, ...)."""


def check_turns(path: Path, kind: str, routes: Sequence[PlainRoute]) -> Verdict:
    """Return the cost by the set's convention, and the rules broken."""
    return judge(turn_ground(PARSERS[kind](path)), routes)


def turn_ground(turns: TurnFile) -> Ground[Spot]:
    """Return a file whose places are arcs, each at its begin; a way out of one drives it first."""
    file = turns.file
    services: dict[tuple[str, int], Service[Spot]] = {}
    for k, way in ways_of(file):
        street = file.streets[k]
        extra = (street.serve or 0.0) - street.drive
        services[street.name, way] = Service((k, way), (k, way), extra, street.load, street.volume)
    for node, load in file.corners.items():
        into = [arc for arc in file.arcs if ends(file.streets[arc[0]])[arc[1]][1] == node]
        for way, arc in enumerate(into):
            services[corner_name(node), way] = Service(arc, arc, 0.0, load)
    spots = [(-1, k) for k in range(1 + len(file.sites))]
    return Ground(file, services, spots, _Ways(turns).cost)


class _Ways:
    """The cheapest ways among arcs, depot and sites."""

    def __init__(self, turns: TurnFile) -> None:
        self.turns, self.file = turns, turns.file
        self.nodes = [self.file.depot, *(site.node for site in self.file.sites)]
        self.leaving: dict[int, list[Arc]] = defaultdict(list)
        for arc in self.file.arcs:
            self.leaving[self.end(arc, 0)].append(arc)
        self.plain = node_ground(self.file)

    def end(self, arc: Arc, which: int) -> int:
        """Return the node where an arc begins (0) or ends (1)."""
        return ends(self.file.streets[arc[0]])[arc[1]][which]

    def cost(self, start: Spot, goal: Spot) -> float:
        """Return the cost of the cheapest way."""
        if self.turns.plain_home and start[0] < 0 < start[1] and goal == (-1, 0):
            return self.plain.distance(self.nodes[start[1]], self.file.depot)

        def onward(spot: Spot) -> Iterator[tuple[Spot, float]]:
            if spot[0] < 0:
                # other spots end a way
                if spot == start or self.turns.free_depot:
                    yield from ((arc, 0.0) for arc in self.leaving[self.nodes[spot[1]]])
                return
            drive, node = self.file.streets[spot[0]].drive, self.end(spot, 1)
            yield from (((-1, k), drive) for k, at in enumerate(self.nodes) if at == node)
            for after in self.leaving[node]:
                yield after, drive + self.turns.turn(spot, after)

        return least_cost(start, goal, onward)
