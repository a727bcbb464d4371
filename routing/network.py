"""The street network: directed pieces of street (arcs) joined by the turns that are permitted.

An arc is one direction of a piece of street between two junctions, and the search runs over arcs:
its nodes are the arcs, its edges the permitted turns. A turn restriction that spans whole ways
(from - via way - to) is exact too: the arcs of the via way exist a second time as *copies* that can
be entered only from the ``from`` arc and lack the forbidden exit. Copies stand behind all real arcs
and ``arc_base`` names the real arc of each; positions always lie on real arcs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

HIGHWAY_CLASSES: tuple[str, ...] = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "service",
    "track",
)
"""OSM classes that a truck may meet; ``arc_class`` is an index into this tuple."""

CLASS_INDEX: dict[str, int] = {name: idx for idx, name in enumerate(HIGHWAY_CLASSES)}


class ArcFlag(IntFlag):
    """Bits of ``arc_flags``."""

    ONEWAY = 1
    BRIDGE = 2
    TUNNEL = 4
    PRIVATE = 8
    DELIVERY = 16
    NO_HGV = 32
    NO_MOTOR = 64
    GATED = 128
    ROUNDABOUT = 256
    DUAL = 512
    LIGHTS = 1024  # a stop line of traffic lights shortly before the head


class TurnFlag(IntFlag):
    """Bits of ``turn_flags``; a turn banned for all motor vehicles is simply absent."""

    HGV_ONLY_BAN = 1
    U_TURN = 2
    LEFT = 4
    STRAIGHT = 8
    RIGHT = 16
    NON_HGV_BAN = 32
    PRIVATE_GATE = 64


class NodeFlag(IntFlag):
    """Bits of ``node_flags``."""

    SIGNALS = 1
    TURNING = 2
    GATE = 4
    PRIVATE_GATE = 8
    BLOCKED = 16


class BanKind(IntFlag):
    """Whom a forbidden sequence of arcs binds: ``ban_kind``."""

    ALL = 0
    HGV = 1
    NON_HGV = 2


REPORT_SENTENCES: dict[str, str] = {
    "nodes_in_file": "street nodes read",
    "ways_in_file": "drivable ways read",
    "ways_excluded": "ways left out (not for motor vehicles, under construction, areas)",
    "ways_repeated": "ways that stand in the file twice (first one used)",
    "ways_cut": "ways cut because nodes of theirs are missing from the file",
    "nodes_missing": "references to nodes that are not in the file",
    "oneway_reversible": "reversible one-way streets left out (direction changes with the hour)",
    "loops_split": "loops divided so that no piece begins where it ends",
    "barriers_blocked": "impassable barriers (bollards, blocks)",
    "barriers_unclear": "barriers drawn on a crossing of streets, ignored",
    "barriers_gates": "gates",
    "values_unreadable": "values that could not be read (ignored)",
    "values_doubtful": "values without a unit that are taken in the likely one",
    "access_conditional": "access rules with conditions, not applied",
    "restrictions": "turn restrictions found",
    "restrictions_applied": "turn restrictions applied",
    "restrictions_via_way": "of these, over a via way",
    "restrictions_hgv": "of these, for trucks only",
    "restrictions_moot": "turn restrictions that concern no truck or no drivable street",
    "restrictions_conditional": "turn restrictions with hours or conditions, not applied",
    "restrictions_unresolved": "turn restrictions that could not be resolved",
    "restrictions_unknown": "source carries no turn restrictions",
    "cache_rebuilt": "damaged or outdated cache replaced",
}
"""What each count of a reading report means."""


@dataclass(frozen=True)
class ReadingReport:
    """What was read from a map and what could not be resolved: counts with a few examples."""

    source: str
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """One sentence for each count, with examples, in a fixed order."""
        known = [key for key in REPORT_SENTENCES if self.counts.get(key)]
        lines = [f"{self.source}:"]
        for key in known:
            shown = self.examples.get(key, [])
            tail = f" (e.g. {'; '.join(shown)})" if shown else ""
            lines.append(f"{self.counts[key]} {REPORT_SENTENCES[key]}{tail}")
        return lines


@dataclass
class Tally:
    """Counts while a map is being read; keeps the first examples of each kind."""

    source: str
    max_examples: int = 5
    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, key: str, example: str | None = None, amount: int = 1) -> None:
        """Count one more of a kind."""
        if key not in REPORT_SENTENCES:
            raise KeyError(key)
        self.counts[key] = self.counts.get(key, 0) + amount
        if example is not None:
            shown = self.examples.setdefault(key, [])
            if len(shown) < self.max_examples:
                shown.append(example)

    def report(self) -> ReadingReport:
        """Freeze the counts."""
        return ReadingReport(self.source, dict(self.counts), dict(self.examples))


@dataclass(frozen=True, eq=False)
class Network:
    """Streets of one map as arrays; see the module's text for arcs, turns and copies.

    Attributes
    ----------
    node_lon, node_lat
        Junctions in degrees (WGS-84), shape (num_nodes,).
    node_osm_id
        OSM identifier; negative for a junction that divides a loop.
    node_flags
        Bits of `NodeFlag`.
    arc_tail, arc_head
        Junctions at which an arc begins and ends, shape (num_arcs,).
    arc_length_cm
        Length in centimeters, at least 1.
    arc_class
        Index into `HIGHWAY_CLASSES`.
    arc_way_id, arc_name_idx
        OSM way and index into ``names``.
    arc_reverse
        The opposite direction of the same piece, -1 where there is none.
    arc_base
        The real arc of a copy; every real arc names itself.
    arc_maxspeed_kmh, arc_max_weight_kg, arc_max_height_cm, arc_max_width_cm
        Signed limits, 0 = none.
    arc_flags
        Bits of `ArcFlag`.
    arc_lanes
        Lanes in this direction, 0 = unknown.
    arc_layer
        OSM layer.
    shape_first_out, shape_lon, shape_lat
        Geometry of arc a is ``shape_first_out[a]:shape_first_out[a + 1]``, both ends included.
    turn_first_out, turn_head, turn_cost_ms, turn_flags
        Turns leaving each arc (CSR): next arc, cost in milliseconds, bits of `TurnFlag`.
    ban_first_out, ban_arc, ban_kind
        Every applied restriction as a forbidden sequence of real arcs (CSR), with its `BanKind`.
    """

    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    node_osm_id: NDArray[np.int64]
    node_flags: NDArray[np.uint8]
    arc_tail: NDArray[np.int32]
    arc_head: NDArray[np.int32]
    arc_length_cm: NDArray[np.int32]
    arc_class: NDArray[np.int8]
    arc_way_id: NDArray[np.int64]
    arc_name_idx: NDArray[np.int32]
    arc_reverse: NDArray[np.int32]
    arc_base: NDArray[np.int32]
    arc_maxspeed_kmh: NDArray[np.int16]
    arc_max_weight_kg: NDArray[np.int32]
    arc_max_height_cm: NDArray[np.int32]
    arc_max_width_cm: NDArray[np.int32]
    arc_flags: NDArray[np.uint16]
    arc_lanes: NDArray[np.int8]
    arc_layer: NDArray[np.int8]
    shape_first_out: NDArray[np.int64]
    shape_lon: NDArray[np.float64]
    shape_lat: NDArray[np.float64]
    turn_first_out: NDArray[np.int32]
    turn_head: NDArray[np.int32]
    turn_cost_ms: NDArray[np.int32]
    turn_flags: NDArray[np.uint8]
    ban_first_out: NDArray[np.int32]
    ban_arc: NDArray[np.int32]
    ban_kind: NDArray[np.uint8]
    names: tuple[str, ...]
    report: ReadingReport
    fingerprint: str
    drive_on_right: bool

    @property
    def num_nodes(self) -> int:
        """Number of junctions."""
        return len(self.node_lon)

    @property
    def num_arcs(self) -> int:
        """Number of arcs, copies included."""
        return len(self.arc_tail)

    @property
    def num_real_arcs(self) -> int:
        """Number of arcs without copies; real arcs come first."""
        return int(np.count_nonzero(self.arc_base == np.arange(self.num_arcs)))

    @property
    def num_turns(self) -> int:
        """Number of permitted turns."""
        return len(self.turn_head)

    def shape(self, arc: int) -> NDArray[np.float64]:
        """Longitude and latitude along an arc, shape (k, 2)."""
        part = slice(int(self.shape_first_out[arc]), int(self.shape_first_out[arc + 1]))
        return np.column_stack((self.shape_lon[part], self.shape_lat[part]))

    def name(self, arc: int) -> str:
        """Street name of an arc, empty where it has none."""
        return self.names[self.arc_name_idx[arc]]

    def bans(self) -> list[tuple[tuple[int, ...], BanKind]]:
        """Every applied restriction: a forbidden sequence of real arcs and whom it binds."""
        cuts = self.ban_first_out
        return [
            (tuple(self.ban_arc[cuts[i] : cuts[i + 1]].tolist()), BanKind(int(kind)))
            for i, kind in enumerate(self.ban_kind)
        ]


ARRAY_FIELDS: dict[str, np.dtype] = {
    f.name: np.dtype(str(f.type).split("np.")[1].rstrip("]"))
    for f in fields(Network)
    if str(f.type).startswith("NDArray")
}
"""The arrays of a network and their element types, in order."""


def fingerprint(arrays: dict[str, NDArray], names: tuple[str, ...], drive_on_right: bool) -> str:
    """SHA-256 over all arrays and names: two networks with equal content have equal prints."""
    digest = hashlib.sha256(b"right" if drive_on_right else b"left")
    for name, dtype in ARRAY_FIELDS.items():
        array = np.ascontiguousarray(arrays[name], dtype=dtype)
        digest.update(f"{name}:{array.shape[0]};".encode())
        digest.update(array.view(np.uint8).data)
    digest.update("\0".join(names).encode())
    return digest.hexdigest()
