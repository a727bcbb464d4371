"""Turn restrictions on real maps, checked from the OSM relations themselves.

This file reads the relations with the OSM library and none of the project's reading code. Only what
can be decided from the relation alone is checked: one ``from`` and one ``to`` way, a via node that
is an end of both or via ways in a row, and a rule that binds motor vehicles at all hours.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import osmium
import pytest

from routing.network import Network
from routing.profiles import TRUCK, Weights, weigh
from routing.reading import read_network
from routing.roads import build_roads
from routing.snapping import Positions

pytestmark = pytest.mark.real_map

MAPS = {
    "de_heidelberg.osm.pbf": (200, 0),
    "tw_taipei_arterials.osm.gz": (100, 0),
    "us_phoenix-nw.osm.pbf": (50, 20),
}
"""Fewest restrictions via a node, and via ways, that each map must have to be a test at all."""
BINDING = ("hgv", "goods", "motor_vehicle", "motorcar", "vehicle")


@dataclass(frozen=True)
class Rule:
    """A restriction: a way, via nodes in order, a way, and whether only that turn is allowed."""

    number: int
    only: bool
    source: int
    via_node: int
    via_ways: tuple[int, ...]
    target: int


@dataclass(frozen=True)
class Case:
    """A map as the project reads it, with its rules as the file states them."""

    network: Network
    weights: Weights
    rules: tuple[Rule, ...]


@cache
def case_of(path: Path) -> Case:
    """Read a map twice: by the project, and relation by relation."""
    network = read_network(path)
    return Case(network, weigh(network, TRUCK), tuple(plain_rules(path)))


@pytest.fixture(scope="module", params=sorted(MAPS))
def case(request: pytest.FixtureRequest, shared_osm: Path) -> Case:
    """One of the maps with many restrictions."""
    return case_of(shared_osm / request.param)


def plain_rules(path: Path) -> list[Rule]:
    """Return the restrictions that bind a truck at all hours and name their parts plainly."""
    relations = []
    wanted: set[int] = set()
    for item in osmium.FileProcessor(str(path), osmium.osm.RELATION):
        tags = dict(item.tags)
        if tags.get("type") == "restriction":
            members = [(m.type, m.ref, m.role) for m in item.members]
            relations.append((item.id, tags, members))
            wanted.update(ref for kind, ref, _ in members if kind == "w")
    nodes = {
        item.id: [n.ref for n in item.nodes]
        for item in osmium.FileProcessor(str(path), osmium.osm.WAY)
        if item.id in wanted and "highway" in item.tags
    }
    rules = [plain_rule(number, tags, members, nodes) for number, tags, members in relations]
    return [rule for rule in rules if rule is not None]


def plain_rule(
    number: int,
    tags: dict[str, str],
    members: list[tuple[str, int, str]],
    nodes: dict[int, list[int]],
) -> Rule | None:
    """Return a restriction if it is one of the plain kind."""
    value = tags.get("restriction:hgv") or tags.get("restriction", "")
    if set(tags.get("except", "").replace(" ", "").split(";")) & set(BINDING):
        return None
    if any(key in tags for key in ("day_on", "hour_on", "restriction:conditional")):
        return None
    sources = [ref for kind, ref, role in members if role == "from"]
    targets = [ref for kind, ref, role in members if role == "to"]
    vias = [(kind, ref) for kind, ref, role in members if role == "via"]
    if len(sources) != 1 or len(targets) != 1 or not {*sources, *targets} <= set(nodes):
        return None
    known = ("_left_turn", "_right_turn", "_straight_on", "_u_turn")
    if not value.startswith(("no_", "only_")) or not value.endswith(known):
        return None
    only = value.startswith("only_")
    if len(vias) == 1 and vias[0][0] == "n":
        via = vias[0][1]
        ends = [nodes[way][0] == via or nodes[way][-1] == via for way in (sources[0], targets[0])]
        return Rule(number, only, sources[0], via, (), targets[0]) if all(ends) else None
    ways = tuple(ref for kind, ref in vias)
    if not ways or any(kind != "w" for kind, _ in vias) or not set(ways) <= set(nodes):
        return None
    chain = (sources[0], *ways, targets[0])
    touching = all(
        {nodes[a][0], nodes[a][-1]} & {nodes[b][0], nodes[b][-1]} for a, b in pairwise(chain)
    )
    return Rule(number, only, sources[0], -1, ways, targets[0]) if touching and not only else None


def usable_turns(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """Return (arc, next arc) of every turn that the truck may make."""
    network, weights = case.network, case.weights
    tail = np.repeat(np.arange(network.num_arcs), np.diff(network.turn_first_out))
    head = network.turn_head
    open_ = (weights.arc_time_ms[tail] >= 0) & (weights.arc_time_ms[head] >= 0)
    kept = open_ & (weights.turn_cost_ms >= 0)
    return tail[kept], head[kept]


def test_maps_have_enough_rules(shared_osm: Path) -> None:
    """The maps hold the restrictions that they are known for."""
    for name, (fewest, fewest_via_way) in MAPS.items():
        rules = case_of(shared_osm / name).rules
        assert sum(not rule.via_ways for rule in rules) >= fewest, name
        assert sum(bool(rule.via_ways) for rule in rules) >= fewest_via_way, name


def test_no_turn_breaks_a_rule_via_a_node(case: Case) -> None:
    """Among all turns that any path could make, none breaks a restriction via a node."""
    network = case.network
    at = network.node_osm_id[network.arc_head]
    banned = {
        (r.source, r.via_node, r.target) for r in case.rules if not r.only and r.via_node >= 0
    }
    only: dict[tuple[int, int], set[int]] = defaultdict(set)
    for rule in case.rules:
        if rule.only and rule.via_node >= 0:
            only[rule.source, rule.via_node].add(rule.target)
    way = network.arc_way_id
    broken = []
    for a, b in zip(*usable_turns(case), strict=True):
        turn = int(way[a]), int(at[a]), int(way[b])
        if turn in banned or (turn[:2] in only and turn[2] not in only[turn[:2]]):
            broken.append(turn)
    assert broken == []


def test_no_walk_breaks_a_rule_via_ways(case: Case) -> None:
    """From the first way over the via ways alone, the last way of the rule is out of reach."""
    network, way = case.network, case.network.arc_way_id
    after: dict[int, list[int]] = defaultdict(list)
    for a, b in zip(*usable_turns(case), strict=True):
        after[int(a)].append(int(b))
    broken = []
    for rule in (r for r in case.rules if r.via_ways):
        front = {int(a) for a in np.flatnonzero(way == rule.source)}
        for via in rule.via_ways:
            front = {b for a in front for b in after[a] if way[b] == via}
            grown = set(front)
            while grown:  # a via way cut into several arcs is driven on in the same direction
                grown = {
                    b
                    for a in grown
                    for b in after[a]
                    if way[b] == via and not turns_back(network, a, b)
                } - front
                front |= grown
        if any(way[b] == rule.target for a in front for b in after[a]):
            broken.append(rule.number)
    assert broken == []


def turns_back(network: Network, a: int, b: int) -> bool:
    """Whether arc b is the way back along arc a."""
    return int(network.arc_reverse[network.arc_base[a]]) == int(network.arc_base[b])


def test_paths_between_random_stops_obey(case: Case) -> None:
    """Paths of the road engine among 1,000 random stops hold all rules and meet the table."""
    network, weights = case.network, case.weights
    rng = np.random.default_rng(3)
    real = network.arc_base == np.arange(network.num_arcs)
    chosen = rng.choice(np.flatnonzero(weights.routable & real), 1000)
    half = network.arc_length_cm[chosen] // 2
    stops = Positions(chosen.astype(np.int32), half.astype(np.int32))
    metric = build_roads(network).weigh(weights)
    table = metric.travel_table(stops, stops)
    source, target = (rng.integers(0, 1000, 5000) for _ in range(2))
    banned = {
        (r.source, r.via_node, r.target) for r in case.rules if not r.only and r.via_node >= 0
    }
    paths = metric.find_paths(
        Positions(stops.arc[source], stops.offset_cm[source]),
        Positions(stops.arc[target], stops.offset_cm[target]),
    )
    driven = set()
    for i, j, path in zip(source, target, paths, strict=True):
        assert (path.time_s, path.length_m) == (table.time[i, j], table.length[i, j])
        ways = network.arc_way_id[path.arcs]
        nodes = network.node_osm_id[network.arc_head[path.arcs]]
        turns = {(int(a), int(n), int(b)) for a, b, n in zip(ways, ways[1:], nodes, strict=False)}
        assert not turns & banned
        sequence = [int(w) for k, w in enumerate(ways) if k == 0 or w != ways[k - 1]]
        driven.update(zip(sequence, sequence[1:], sequence[2:], strict=False))
    chains = {(r.source, *r.via_ways, r.target) for r in case.rules if len(r.via_ways) == 1}
    assert not driven & chains
    assert len(driven) > 1000
