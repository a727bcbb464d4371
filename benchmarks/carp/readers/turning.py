"""Arc routing with turn penalties as a problem: the places are the ways of streets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.campaign.instance import Instance
from benchmarks.carp.formats.streets import Arc, StreetFile, corner_name, ends, ways
from benchmarks.carp.formats.turns import TurnFile, parse_mcgrp_turns, parse_rwcp
from benchmarks.carp.readers.parts import Modes, Scale, assemble
from benchmarks.carp.readers.ways import Link, cheapest_ways
from solvers.problem import Mode

CONVENTIONS: dict[str, tuple[Callable[[Path], TurnFile], Scale, str]] = {
    "mcgrp-tp": (
        parse_mcgrp_turns,
        Scale(),
        "cost of every street driven and of every turn; turns at the depot are free; the fleet of"
        " the file",
    ),
    "rwcp": (
        parse_rwcp,
        Scale(cost=1000, load=10),
        "seconds of service, driving, turning and unloading; no turns at depot and facilities, nor"
        " from a facility to the depot; unloading before the way home",
    ),
}


def read_turning(path: Path, kind: str) -> Instance:
    """Return the instance of a file whose turns cost."""
    parse, scale, convention = CONVENTIONS[kind]
    turns = parse(path)
    file = turns.file
    place = {arc: k for k, arc in enumerate(_used_arcs(file))}
    table = _arc_table(turns, list(place), scale)
    problem = assemble(file, _modes(file, place, scale), table, (len(place), len(place) + 1), scale)
    return Instance(path.stem, kind, path, problem, convention, scale=scale.cost)


def _used_arcs(file: StreetFile) -> list[Arc]:
    """Return the ways that serve something, in the order of the file."""
    return [
        (k, way)
        for k, way in file.arcs
        if file.streets[k].serve is not None or ends(file.streets[k])[way][1] in file.corners
    ]


def _modes(file: StreetFile, place: dict[Arc, int], scale: Scale) -> dict[str, Modes]:
    """Return the ways of serving each task; a place costs its driving when it is left."""
    modes: dict[str, Modes] = {}
    for k, street in enumerate(file.streets):
        if street.serve is not None:
            extra = scale.money(street.serve) - scale.money(street.drive)
            at = [place[k, way] for way in range(ways(street))]
            modes[street.name] = tuple(Mode(p, p, extra, extra) for p in at)
    for node in file.corners:
        into = [p for (k, way), p in place.items() if ends(file.streets[k])[way][1] == node]
        modes[corner_name(node)] = tuple(Mode(p, p, 0) for p in into)
    return modes


def _arc_table(turns: TurnFile, used: list[Arc], scale: Scale) -> NDArray[np.int32]:
    """Return the costs of the ways among used arcs, the depot and the sites, shape (1, n, n).

    From the begin of one arc to the begin of another. A way to a site includes unloading there.
    """
    file = turns.file
    links, number = _line_graph(turns, scale)
    spots = range(len(number), len(number) + 2 * (1 + len(file.sites)), 2)
    arcs = [number[arc] for arc in used]
    table = cheapest_ways(
        links, spots.stop, [*arcs, *spots], [*arcs, *(spot + 1 for spot in spots)]
    )
    for k, site in enumerate(file.sites, len(used) + 1):
        table[:, k] += scale.money(site.cost)
        if turns.plain_home:
            table[k, len(used)] = _plain_way(file, site.node, scale)
    return table[None]


def _line_graph(turns: TurnFile, scale: Scale) -> tuple[list[Link], dict[Arc, int]]:
    """Return what follows what, and the number of each arc.

    States are the arcs, then for the depot and each site one that is left and one that is reached.
    """
    file = turns.file
    number = {arc: k for k, arc in enumerate(file.arcs)}
    tail, head = ({arc: ends(file.streets[arc[0]])[arc[1]][k] for arc in number} for k in range(2))
    leaving: dict[int, list[Arc]] = defaultdict(list)
    for arc, node in tail.items():
        leaving[node].append(arc)
    drive = {arc: scale.money(file.streets[arc[0]].drive) for arc in number}
    links = [
        (number[arc], number[after], drive[arc] + scale.money(turns.turn(arc, after)))
        for arc in number
        for after in leaving[head[arc]]
    ]
    for k, node in enumerate([file.depot, *(site.node for site in file.sites)]):
        out = len(number) + 2 * k
        links += [(out, number[after], 0) for after in leaving[node]]
        links += [(number[arc], out + 1, drive[arc]) for arc in number if head[arc] == node]
        if turns.free_depot and k == 0:
            links.append((out + 1, out, 0))
    return links, number


def _plain_way(file: StreetFile, start: int, scale: Scale) -> int:
    """Return the cost of driving from a node to the depot, turns left aside."""
    number = {node: k for k, node in enumerate({n: None for pair in file.drives for n in pair})}
    links = [(number[a], number[b], scale.money(cost)) for (a, b), cost in file.drives.items()]
    return int(cheapest_ways(links, len(number), [number[start]], [number[file.depot]])[0, 0])
