"""Ways to pieces: streets cut at junctions, barriers and gaps of the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.geometry import great_circle_m
from routing.network import ArcFlag, NodeFlag, Tally
from routing.osm_reading import RawMap, RawWay
from routing.tags import Limits, Traits

SIGNAL_REACH_M = 40.0
"""A light this near to the end of a piece is the stop line of that junction."""

_FORCING = NodeFlag.TURNING | NodeFlag.GATE | NodeFlag.BLOCKED


@dataclass(frozen=True, slots=True)
class Piece:
    """Street between two junctions, with the directions in which it may be driven.

    ``coords`` holds longitude and latitude, shape (k, 2), from tail to head; ``lights`` tells
    whether a stop line stands before the head (going forward) and before the tail (backward).
    """

    tail: int
    head: int
    coords: NDArray[np.float64]
    traits: Traits
    forward: bool
    backward: bool
    flags: ArcFlag
    limits: Limits
    lights: tuple[bool, bool] = (False, False)


@dataclass(frozen=True)
class Junctions:
    """Where pieces meet: degrees, OSM identifiers and bits of `NodeFlag`, each shape (n,)."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    osm_id: NDArray[np.int64]
    flags: NDArray[np.uint8]


def cut_ways(raw: RawMap, tally: Tally) -> tuple[list[Piece], Junctions]:
    """Cut all ways of a map into pieces; nodes missing from the file cut a way too."""
    runs = [(way, run) for way in raw.ways for run in _present_runs(way, raw, tally)]
    is_junction = _junction_nodes(raw, [run for _, run in runs])
    pieces = [piece for way, run in runs for piece in _cut_run(way, run, is_junction, raw, tally)]
    return number_junctions(pieces, raw, tally)


def _present_runs(way: RawWay, raw: RawMap, tally: Tally) -> list[NDArray[np.int64]]:
    """Stretches of a way whose nodes are all in the file, as indices of nodes."""
    refs = np.asarray(way.refs, dtype=np.int64)
    if not len(raw.node_ids) or not len(refs):
        return []
    idx = np.minimum(np.searchsorted(raw.node_ids, refs), len(raw.node_ids) - 1)
    present = raw.node_ids[idx] == refs
    if not present.all():
        tally.add("ways_cut", f"way {way.traits.way_id}")
        tally.add("nodes_missing", amount=int((~present).sum()))
        gaps = np.flatnonzero(~present)
        runs = [part[present[at]] for at, part in _split_with_index(idx, gaps)]
    else:
        runs = [idx]
    unrepeated = [run[np.concatenate(([True], run[1:] != run[:-1]))] for run in runs if len(run)]
    return [run for run in unrepeated if len(run) >= 2]


def _split_with_index(
    idx: NDArray[np.int64], gaps: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    yield from zip(np.split(np.arange(len(idx)), gaps), np.split(idx, gaps), strict=True)


def _junction_nodes(raw: RawMap, runs: list[NDArray[np.int64]]) -> NDArray[np.bool_]:
    uses = np.zeros(len(raw.node_ids), dtype=np.int64)
    if runs:
        uses += np.bincount(np.concatenate(runs), minlength=len(uses))
        uses += 2 * np.bincount(
            [end for run in runs for end in (run[0], run[-1])], minlength=len(uses)
        )
    is_junction = uses >= 2
    via = {
        ref
        for r in raw.restrictions
        for kind, ref, role in r.members
        if (kind, role) == ("n", "via")
    }
    forced = via | {ref for ref, node in raw.tagged.items() if node.flags & _FORCING}
    ids = np.asarray(sorted(forced), dtype=np.int64)
    if len(ids) and len(raw.node_ids):
        at = np.minimum(np.searchsorted(raw.node_ids, ids), len(raw.node_ids) - 1)
        is_junction[at[raw.node_ids[at] == ids]] = True
    return is_junction


def _cut_run(
    way: RawWay, run: NDArray[np.int64], is_junction: NDArray[np.bool_], raw: RawMap, tally: Tally
) -> Iterator[Piece]:
    cuts = np.flatnonzero(is_junction[run]).tolist()
    for first, last in zip(cuts[:-1], cuts[1:], strict=True):
        if run[first] != run[last]:
            yield _piece(way, run[first : last + 1], raw)
            continue
        tally.add("loops_split", f"way {way.traits.way_id}")
        middle = (first + last) // 2
        yield _piece(way, run[first : middle + 1], raw)
        yield _piece(way, run[middle : last + 1], raw)


def _piece(way: RawWay, run: NDArray[np.int64], raw: RawMap) -> Piece:
    traits = way.traits
    limits, lights = traits.limits, (False, False)
    coords = np.column_stack((raw.node_lon[run], raw.node_lat[run]))
    for ref, at in zip(raw.node_ids[run[1:-1]].tolist(), coords[1:-1], strict=True):
        node = raw.tagged.get(ref)
        if node is None:
            continue
        limits = limits.both(node.limits)
        if node.flags & NodeFlag.SIGNALS:
            ahead = node.signals_toward >= 0 and _near(at, coords[-1])
            behind = node.signals_toward <= 0 and _near(at, coords[0])
            lights = (lights[0] or ahead, lights[1] or behind)
    return Piece(
        int(run[0]),
        int(run[-1]),
        coords,
        traits,
        traits.direction >= 0,
        traits.direction <= 0,
        traits.flags,
        limits,
        lights,
    )


def _near(one: NDArray[np.float64], other: NDArray[np.float64]) -> bool:
    return bool(great_circle_m(one[0], one[1], other[0], other[1]) <= SIGNAL_REACH_M)


def number_junctions(
    pieces: list[Piece], raw: RawMap, tally: Tally
) -> tuple[list[Piece], Junctions]:
    """Give junctions consecutive numbers and settle what their tags mean for the pieces.

    The pieces come in with ends that index ``raw.node_ids``.
    """
    ends = np.asarray([(p.tail, p.head) for p in pieces], dtype=np.int64).reshape(-1, 2)
    used, number, degree = np.unique(ends, return_inverse=True, return_counts=True)
    number = number.reshape(-1, 2)
    ids = raw.node_ids[used]
    flags = np.zeros(len(used), dtype=np.uint8)
    limits: dict[int, Limits] = {}
    for junction, ref in enumerate(ids.tolist()):
        node = raw.tagged.get(ref)
        if node is None:
            continue
        kept = node.flags
        if degree[junction] > 2 and kept & NodeFlag.BLOCKED:
            # A bollard drawn on a crossing stands in one of its arms; which one is unknown.
            tally.add("barriers_unclear", f"node {ref}")
            kept &= ~NodeFlag.BLOCKED
        flags[junction] = int(kept)
        if degree[junction] <= 2 and (node.limits != Limits() or kept & NodeFlag.GATE):
            limits[junction] = node.limits
    numbered = [
        _settle(piece, int(tail), int(head), flags, limits)
        for piece, (tail, head) in zip(pieces, number, strict=True)
    ]
    return numbered, Junctions(raw.node_lon[used], raw.node_lat[used], ids, flags)


def _settle(
    piece: Piece, tail: int, head: int, flags: NDArray[np.uint8], limits: dict[int, Limits]
) -> Piece:
    limit, bits = piece.limits, piece.flags
    for end in (tail, head):
        if end in limits:
            limit = limit.both(limits[end])
            if flags[end] & NodeFlag.GATE:
                bits |= ArcFlag.GATED
    return replace(piece, tail=tail, head=head, limits=limit, flags=bits)
