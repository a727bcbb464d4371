"""A plain Chinese-postman plan of street work, district by district, to measure others against.

The streets of a district are worked in one closed tour: its required arcs are made a connected and
balanced graph by adding the shortest ways between them, and an Eulerian circuit of that graph is
the order of work (Edmonds and Johnson 1973, doi 10.1007/BF01580113, for directed streets). Every
vehicle of a convoy drives the tour by itself and leaves it for water and for unloading when it
must. U-turns are free and turns cost nothing, which flatters this plan: `dispatch.proof` has the
same tours driven by the rules of turns as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx

from routing.network import Network
from routing.profiles import Weights

Work = tuple[tuple[int, ...], tuple[tuple[int, int], ...]]
"""The arcs of a run in order, and litres of water and kilograms that each pass takes there."""
Limits = tuple[int, int]
"""Litres of the tank and kilograms of the hopper of the vehicle of one pass."""


@dataclass(frozen=True)
class Sites:
    """Junctions of the depot, the water points and the stations."""

    depot: int
    water: tuple[int, ...]
    stations: tuple[int, ...]


@dataclass(frozen=True)
class Tour:
    """The tour of a district: its runs in the order of work, and metres driven without work.

    ``deadhead_m`` counts the vehicles of all passes, with U-turns everywhere and no turn forbidden.
    """

    order: tuple[int, ...]
    deadhead_m: float


def plain_tours(
    network: Network,
    weights: Weights,
    districts: Sequence[Sequence[Work]],
    limits: Sequence[Limits],
    places: Sequence[Sequence[int]],
) -> list[Tour]:
    """Return the tour that the convoy of each district drives.

    Parameters
    ----------
    limits
        Of the vehicle of each pass.
    places
        Junctions of the depot, of the water points and of the stations.
    """
    (depot,), water, stations = places
    postman = Postman(network, weights, Sites(depot, tuple(water), tuple(stations)))
    return [postman.tour(district, limits) for district in districts]


Move = tuple[int, int, int | None]
"""From a junction to another: working a run, or only driving."""


class Postman:
    """Tours over districts of one city."""

    def __init__(self, network: Network, weights: Weights, sites: Sites) -> None:
        graph: nx.DiGraph[int] = nx.DiGraph()
        for arc in weights.routable.nonzero()[0].tolist():
            tail, head = int(network.arc_tail[arc]), int(network.arc_head[arc])
            length = int(network.arc_length_cm[arc])
            known = graph.get_edge_data(tail, head)
            if known is None or known["length"] > length:
                graph.add_edge(tail, head, length=length)
        self.network = network
        self.graph = graph
        self.back = graph.reverse(copy=False)
        self.sites = sites
        self._from: dict[int, dict[int, float]] = {}
        self._to: dict[tuple[int, ...], dict[int, tuple[float, int]]] = {}

    def tour(self, district: Sequence[Work], limits: Sequence[Limits]) -> Tour:
        """Return the order of runs, and what the vehicles of all passes drive without working."""
        moves = self._circuit(district)
        driven = 0.0
        for p, limit in enumerate(limits):
            driven += self._driven_cm(moves, [amounts[p] for _, amounts in district], limit) / 100
        return Tour(tuple(run for _, _, run in moves if run is not None), driven)

    def _distances(self, node: int) -> dict[int, float]:
        if node not in self._from:
            self._from[node] = nx.single_source_dijkstra_path_length(
                self.graph, node, weight="length"
            )
        return self._from[node]

    def _nearest(self, sites: tuple[int, ...], node: int) -> tuple[float, int]:
        """Return the way from a junction to the nearest of some sites, and that site."""
        if sites not in self._to:
            found: dict[int, tuple[float, int]] = {}
            for site in sites:
                ways = nx.single_source_dijkstra_path_length(self.back, site, weight="length")
                for at, length in ways.items():
                    found[at] = min(found.get(at, (float("inf"), -1)), (length, site))
            self._to[sites] = found
        return self._to[sites][node]

    def _circuit(self, district: Sequence[Work]) -> list[Move]:
        """Return the moves of an Eulerian circuit from the junction nearest to the depot."""
        euler: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        for run, (arcs, _) in enumerate(district):
            tail, head = self.network.arc_tail[arcs[0]], self.network.arc_head[arcs[-1]]
            euler.add_edge(int(tail), int(head), run=run)
        self._join(euler)
        self._balance(euler)
        start = min(euler.nodes, key=lambda n: self._distances(self.sites.depot)[n])
        return [
            (tail, head, euler.edges[tail, head, key]["run"])
            for tail, head, key in nx.eulerian_circuit(euler, source=start, keys=True)
        ]

    def _join(self, euler: nx.MultiDiGraph) -> None:
        """Link the parts that do not touch in a ring, each to the nearest that is not linked."""
        parts = [sorted(part) for part in nx.weakly_connected_components(euler)]
        order = [parts.pop(0)]
        while parts:
            away = [(self._gap(order[-1], part), k) for k, part in enumerate(parts)]
            order.append(parts.pop(min(away)[1]))
        for before, after in pairwise([*order, order[0]]):
            if before is not after:
                _, tail, head = self._closest(before, after)
                euler.add_edge(tail, head, run=None)

    def _gap(self, one: Sequence[int], other: Sequence[int]) -> float:
        return self._closest(one, other)[0]

    def _closest(self, one: Sequence[int], other: Sequence[int]) -> tuple[float, int, int]:
        return min((self._distances(a)[b], a, b) for a in one[:8] for b in other)

    def _balance(self, euler: nx.MultiDiGraph) -> None:
        """Add the shortest ways in all that let every junction be left as often as reached."""
        flow: nx.DiGraph[int] = nx.DiGraph()
        more = {n: euler.in_degree(n) - euler.out_degree(n) for n in euler.nodes}
        for node, extra in more.items():
            flow.add_node(node, demand=-extra)
        for tail in (n for n, extra in more.items() if extra > 0):
            ways = self._distances(tail)
            for head in (n for n, extra in more.items() if extra < 0):
                flow.add_edge(tail, head, weight=int(ways[head]))
        for tail, heads in nx.min_cost_flow(flow).items():
            for head, times in heads.items():
                for _ in range(times):
                    euler.add_edge(tail, head, run=None)

    def _driven_cm(
        self, tour: Sequence[Move], amounts: Sequence[tuple[int, int]], limit: Limits
    ) -> float:
        """Return what the vehicle of one pass drives without working on its tour."""
        depot = self.sites.depot
        driven = self._distances(depot)[tour[0][0]] + self._distances(tour[-1][1])[depot]
        used: Counter[str] = Counter()
        bounds: Mapping[str, tuple[int, tuple[int, ...]]] = {
            "water": (limit[0], self.sites.water),
            "load": (limit[1], self.sites.stations),
        }
        for tail, head, run in tour:
            if run is None:
                driven += self._distances(tail)[head]
                continue
            taken = dict(zip(bounds, amounts[run], strict=True))
            for name, (most, sites) in bounds.items():
                if taken[name] and used[name] + taken[name] > most:
                    way, site = self._nearest(sites, tail)
                    driven += way + self._distances(site)[tail]
                    used[name] = 0
            used.update(taken)
        return driven
