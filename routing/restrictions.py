"""Turn restriction relations to forbidden sequences of arcs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.network import BanKind, Tally
from routing.osm_reading import RawMap, RawRestriction
from routing.pieces import Junctions
from routing.turns import Ban

VALUES = frozenset(
    f"{rule}_{turn}"
    for rule in ("no", "only")
    for turn in ("left_turn", "right_turn", "straight_on", "u_turn")
) | {"no_entry", "no_exit"}
"""Kinds of restriction that OSM knows."""

MAX_VIA_ARCS = 60
"""Longer ways round a restriction are taken for a fault of the data."""

_TRUCKS = frozenset({"hgv", "goods"})
_ALL = frozenset({"motor_vehicle", "vehicle", "motorcar"})


class _Skip(Exception):  # noqa: N818 - control flow: why a relation gives no ban
    """Why a relation forbids nothing here: a key of the report and a reason."""

    def __init__(self, key: str, reason: str = "") -> None:
        super().__init__(reason)
        self.key = key
        self.reason = reason


@dataclass(frozen=True)
class _Streets:
    """Arcs as restrictions see them."""

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    reverse: NDArray[np.int32]
    of_way: dict[int, list[int]]
    leaving: dict[int, list[int]]
    node_of: dict[int, int]
    known_ways: set[int]


def resolve_restrictions(
    raw: RawMap, columns: dict[str, NDArray], junctions: Junctions, tally: Tally
) -> list[Ban]:
    """Bans of all relations that can be resolved; all others are counted with their reason."""
    streets = _index(raw, columns, junctions)
    bans: dict[Ban, None] = {}
    for relation in raw.restrictions:
        tally.add("restrictions")
        where = f"relation {relation.relation_id}"
        try:
            value, kind = _rule(relation.tags)
            found = _bans(relation, value, kind, streets)
        except _Skip as skip:
            tally.add(skip.key, f"{where}: {skip.reason}" if skip.reason else where)
            continue
        tally.add("restrictions_applied")
        if any(len(ban.arcs) > 2 for ban in found):
            tally.add("restrictions_via_way")
        if kind == BanKind.HGV:
            tally.add("restrictions_hgv")
        bans.update(dict.fromkeys(found))
    # Bans of two arcs first: they make no copies, and copies made later inherit them.
    return sorted(bans, key=lambda ban: (len(ban.arcs), ban.arcs, ban.kind))


def _index(raw: RawMap, columns: dict[str, NDArray], junctions: Junctions) -> _Streets:
    members = [m for relation in raw.restrictions for m in relation.members]
    ways = {ref for kind, ref, _ in members if kind == "w"}
    tail, head = columns["arc_tail"], columns["arc_head"]
    of_way: dict[int, list[int]] = defaultdict(list)
    listed = np.flatnonzero(np.isin(columns["arc_way_id"], sorted(ways)))
    for arc in listed.tolist():
        of_way[int(columns["arc_way_id"][arc])].append(arc)
    ends = np.unique(head[listed])
    leaving: dict[int, list[int]] = defaultdict(list)
    for arc in np.flatnonzero(np.isin(tail, ends)).tolist():
        leaving[int(tail[arc])].append(arc)
    node_of = {ref: idx for idx, ref in enumerate(junctions.osm_id.tolist())}
    reverse = columns["arc_reverse"]
    return _Streets(tail, head, reverse, of_way, leaving, node_of, raw.way_ids_in_file)


def _rule(tags: dict[str, str]) -> tuple[str, BanKind]:
    """Kind of restriction and whom it binds.

    Raises
    ------
    _Skip
        When the relation binds no truck, has conditions or is of an unknown kind.
    """
    excepted = {word.strip() for word in tags.get("except", "").split(";")}
    general = tags.get("restriction", tags.get("restriction:motor_vehicle", ""))
    general = general or tags.get("restriction:vehicle", "")
    truck = tags.get("restriction:hgv", tags.get("restriction:goods", ""))
    value, kind = (general, BanKind.ALL) if general else (truck, BanKind.HGV)
    if not value:
        if any(":conditional" in key for key in tags):
            raise _Skip("restrictions_conditional", "has conditions")
        others = [key for key in tags if key.startswith("restriction:")]
        if others:
            raise _Skip("restrictions_moot", f"only {others[0]}")
        raise _Skip("restrictions_unresolved", "has no restriction=*")
    value = value.split(";")[0].strip()
    if any(key in tags for key in ("day_on", "hour_on", "day_off", "hour_off")):
        raise _Skip("restrictions_conditional", "has hours")
    if value not in VALUES:
        raise _Skip("restrictions_unresolved", f"restriction = {value!r} is unknown")
    if excepted & {"motor_vehicle", "vehicle"}:
        raise _Skip("restrictions_moot", "motor vehicles are excepted")
    if excepted & _TRUCKS:
        if kind == BanKind.HGV:
            raise _Skip("restrictions_moot", "trucks are excepted")
        kind = BanKind.NON_HGV
    return value, kind


def _bans(relation: RawRestriction, value: str, kind: BanKind, streets: _Streets) -> list[Ban]:
    """Forbidden sequences of one relation.

    Raises
    ------
    _Skip
        When its members do not make up one way through the streets.
    """
    sources = _ways(relation, "from", streets)
    targets = _ways(relation, "to", streets)
    via_ways = [ref for kind_, ref, role in relation.members if (kind_, role) == ("w", "via")]
    via_nodes = [ref for kind_, ref, role in relation.members if (kind_, role) == ("n", "via")]
    if not sources or not targets:
        raise _Skip("restrictions_unresolved", "has no 'from' or no 'to' way")
    if (len(sources) > 1 and value != "no_entry") or (len(targets) > 1 and value != "no_exit"):
        raise _Skip("restrictions_unresolved", f"several 'from' or 'to' ways in {value}")
    if via_ways and not via_nodes:
        _ways(relation, "via", streets)
        paths = [_via_path(sources[0], via_ways, targets[0], streets)]
    elif len(via_nodes) == 1 and not via_ways:
        paths = list(_node_paths(sources, via_nodes[0], targets, value, streets))
    else:
        raise _Skip("restrictions_unresolved", f"{len(via_nodes) + len(via_ways)} 'via' members")
    if value.startswith("no_"):
        return [Ban(path, kind) for path in paths]
    return [ban for path in paths for ban in _all_but(path, kind, streets)]


def _ways(relation: RawRestriction, role: str, streets: _Streets) -> list[int]:
    """Ways of a role, checked to be drivable."""
    ways = [ref for kind, ref, own in relation.members if kind == "w" and own == role]
    for way in ways:
        if way not in streets.known_ways:
            raise _Skip("restrictions_unresolved", f"way {way} is not in the file")
        if way not in streets.of_way:
            raise _Skip("restrictions_moot", f"way {way} is not drivable")
    return ways


def _node_paths(
    sources: list[int], via: int, targets: list[int], value: str, streets: _Streets
) -> Iterator[tuple[int, ...]]:
    node = streets.node_of.get(via)
    if node is None:
        raise _Skip("restrictions_unresolved", f"node {via} is not on a street")
    for source in sources:
        for target in targets:
            into = [arc for arc in streets.of_way[source] if streets.head[arc] == node]
            out_of = [arc for arc in streets.of_way[target] if streets.tail[arc] == node]
            yield from _pairs(into, out_of, value, node, streets)


def _pairs(
    into: list[int], out_of: list[int], value: str, node: int, streets: _Streets
) -> Iterator[tuple[int, ...]]:
    if value == "no_u_turn" and (len(into) > 1 or len(out_of) > 1):
        # The way runs through the junction: only turning back on itself can be meant.
        both = [(arc, int(streets.reverse[arc])) for arc in into]
        yield from (pair for pair in both if pair[1] in out_of)
        return
    if not into or not out_of:
        raise _Skip("restrictions_moot", "the street is one-way against it or does not reach it")
    if len(into) > 1 or len(out_of) > 1:
        raise _Skip("restrictions_unresolved", f"a way runs through its 'via' junction {node}")
    yield into[0], out_of[0]


def _all_but(path: tuple[int, ...], kind: BanKind, streets: _Streets) -> Iterator[Ban]:
    """Bans on every exit but the one prescribed, once the way there has been followed."""
    *before, only = path
    for arc in streets.leaving[int(streets.head[before[-1]])]:
        if arc != only:
            yield Ban((*before, arc), kind)


def _via_path(source: int, via: list[int], target: int, streets: _Streets) -> tuple[int, ...]:
    """The one sequence of arcs from the source way over all via ways to the target way."""
    found = []
    for first in streets.of_way[source]:
        path = _walk_via(first, via, target, streets)
        if path is not None:
            found.append(path)
    if not found:
        raise _Skip("restrictions_moot", "its ways cannot be driven in this order")
    shortest = min(len(path) for path in found)
    best = [path for path in found if len(path) == shortest]
    if len(best) > 1:
        raise _Skip("restrictions_unresolved", "its ways can be driven in several ways")
    return best[0]


def _walk_via(first: int, via: list[int], target: int, streets: _Streets) -> tuple[int, ...] | None:
    """Breadth-first over (arc, via ways begun); every via way has to be used, in order."""
    exits = set(streets.of_way[target])
    level: list[tuple[tuple[int, ...], int]] = [((first,), 0)]
    seen = {(first, 0)}
    for _ in range(MAX_VIA_ARCS):
        following = []
        for path, begun in level:
            for arc in streets.leaving[int(streets.head[path[-1]])]:
                if begun == len(via) and arc in exits and arc != streets.reverse[path[-1]]:
                    return (*path, arc)
                for step in (begun, begun + 1):
                    wanted = 0 < step <= len(via) and arc in streets.of_way[via[step - 1]]
                    if wanted and (arc, step) not in seen and arc != streets.reverse[path[-1]]:
                        seen.add((arc, step))
                        following.append(((*path, arc), step))
        level = following
    return None
