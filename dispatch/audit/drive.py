"""Every leg driven again: pieces in order, turns permitted, time and length recomputed.

A piece that a turn restriction over a via way concerns exists several times in the network; the
audit walks through all of these copies at once, so that a leg may name either the real piece or a
copy.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatch.audit.geo import along, distance_m, line_length_m
from dispatch.audit.record import Leg, Spot
from routing.network import ArcFlag, Network, TurnFlag
from routing.profiles import Weights

GEOMETRY_SLACK_M = 3.0
"""How far the ends of a drawn leg may lie from the places it joins (coordinates are rounded)."""


@dataclass(frozen=True)
class Driven:
    """A leg as driven again: time and length, or None and the faults met (code and text)."""

    time_s: int | None
    length_m: int | None
    faults: tuple[tuple[str, str], ...] = ()


class Streets:
    """The network with what re-driving needs to look up."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.copies: dict[int, list[int]] = defaultdict(list)
        for copy in np.flatnonzero(network.arc_base != np.arange(network.num_arcs)).tolist():
            self.copies[int(network.arc_base[copy])].append(copy)

    def has(self, arc: int) -> bool:
        """Whether such an arc exists."""
        return 0 <= arc < self.network.num_arcs

    def base(self, arc: int) -> int:
        """Return the real arc of a copy, or the arc itself."""
        return int(self.network.arc_base[arc])

    def twins(self, arc: int) -> list[int]:
        """Return the real arc and all its copies."""
        base = self.base(arc)
        return [base, *self.copies.get(base, [])]

    def turns(self, arc: int) -> dict[int, int]:
        """Return the turns that leave an arc: next arc to index of the turn."""
        first, last = self.network.turn_first_out[arc : arc + 2].tolist()
        return {int(self.network.turn_head[t]): t for t in range(first, last)}

    def place(self, spot: Spot) -> tuple[float, float]:
        """Return lon and lat of a place on the network."""
        shape = self.network.shape(spot.arc)
        share = spot.offset_cm / int(self.network.arc_length_cm[spot.arc])
        return along(shape, share)

    def is_spot(self, spot: Spot) -> bool:
        """Whether the place exists: a known arc and an offset within its length."""
        if not self.has(spot.arc):
            return False
        return 0 <= spot.offset_cm <= int(self.network.arc_length_cm[spot.arc])


def partial_ms(streets: Streets, weights: Weights, spot: Spot) -> int:
    """Return the time from the start of a place's arc to the place, half up."""
    length = int(streets.network.arc_length_cm[spot.arc])
    time_ms = int(weights.arc_time_ms[spot.arc])
    return (2 * time_ms * spot.offset_cm + length) // (2 * length)


def drive_leg(
    streets: Streets,
    weights: Weights,
    blocked: NDArray[np.bool_],
    leg: Leg,
    ends: tuple[Spot, Spot],
) -> Driven:
    """Drive a leg again.

    Parameters
    ----------
    streets
        The network.
    weights
        Times of arcs and turns for the truck, with its closures.
    blocked
        Whether closures or limits of the tables close an arc to the truck, shape (num_arcs,).
    leg
        The leg as stated; it must have arcs.
    ends
        Where the truck stands before, and where the activity is.
    """
    assert leg.arcs is not None
    faults = _shape_faults(streets, leg.arcs, ends)
    if faults:
        return Driven(None, None, tuple(faults))
    source, target = ends
    faults = _access_faults(streets, weights, blocked, leg.arcs)
    turns_ms, turn_faults = _turn_time(streets, weights, leg.arcs)
    faults += turn_faults
    length = _length_cm(streets, leg.arcs, ends)
    if faults:
        return Driven(None, None, tuple(faults))
    time_ms = turns_ms - partial_ms(streets, weights, source) + partial_ms(streets, weights, target)
    time_ms += sum(int(weights.arc_time_ms[arc]) for arc in leg.arcs[:-1])
    return Driven((time_ms + 500) // 1000, (length + 50) // 100)


def _shape_faults(
    streets: Streets, arcs: tuple[int, ...], ends: tuple[Spot, Spot]
) -> list[tuple[str, str]]:
    """Return why arcs and ends do not make a leg at all, if they do not."""
    unknown = [arc for arc in arcs if not streets.has(arc)]
    if not arcs or unknown:
        said = f"piece {unknown[0]} is not in the network" if unknown else "a leg without pieces"
        return [("leg-arcs", said)]
    off = [spot for spot in ends if not streets.is_spot(spot)]
    if off:
        return [("position", f"no such place: piece {off[0].arc} at {off[0].offset_cm} cm")]
    source, target = ends
    faults = []
    if streets.base(arcs[0]) != streets.base(source.arc):
        faults.append(
            ("leg-start", f"the leg starts on piece {arcs[0]}, the truck stands on {source.arc}")
        )
    if streets.base(arcs[-1]) != streets.base(target.arc):
        faults.append(
            ("leg-end", f"the leg ends on piece {arcs[-1]}, the activity is on {target.arc}")
        )
    if not faults and len(arcs) == 1 and target.offset_cm < source.offset_cm:
        faults.append(("leg-arcs", f"drives backward on piece {arcs[0]}"))
    return faults


def _access_faults(
    streets: Streets, weights: Weights, blocked: NDArray[np.bool_], arcs: tuple[int, ...]
) -> list[tuple[str, str]]:
    """Return the first piece that closures or limits close to the truck, if any."""
    network = streets.network
    for arc in arcs:
        if weights.arc_time_ms[arc] >= 0:
            continue
        label = f"piece {arc} ({network.name(arc) or 'unnamed'}, way {network.arc_way_id[arc]})"
        if blocked[streets.base(arc)]:
            return [("closed", f"{label} is closed to this truck by the tables")]
        return [("access", f"{label} may not be driven: {_why_closed(streets, weights, arc)}")]
    return []


def _why_closed(streets: Streets, weights: Weights, arc: int) -> str:
    """Return which limit of the map closes an arc to the truck."""
    network, profile = streets.network, weights.profile
    limits = (
        ("weight", network.arc_max_weight_kg, profile.weight_kg, "kg"),
        ("height", network.arc_max_height_cm, profile.height_cm, "cm"),
        ("width", network.arc_max_width_cm, profile.width_cm, "cm"),
    )
    for what, limit, value, unit in limits:
        if 0 < limit[arc] < value:
            return f"{what} limit {limit[arc]} {unit}, the truck has {value}"
    flags = ArcFlag(int(network.arc_flags[arc]))
    if profile.hgv and ArcFlag.NO_HGV in flags:
        return "no trucks"
    return "closed to motor vehicles or private"


def _turn_time(
    streets: Streets, weights: Weights, arcs: tuple[int, ...]
) -> tuple[int, list[tuple[str, str]]]:
    """Return the milliseconds of all turns, walking through all copies, or the first bad turn."""
    states = {streets.base(arcs[0]): 0}
    for before, arc in zip(arcs, arcs[1:], strict=False):
        twins = set(streets.twins(arc))
        reached: dict[int, int] = {}
        for state, spent in states.items():
            for head, turn in streets.turns(state).items():
                cost = int(weights.turn_cost_ms[turn])
                if head in twins and cost >= 0:
                    reached[head] = min(reached.get(head, spent + cost), spent + cost)
        if not reached:
            return 0, [("turn", _why_no_turn(streets, before, arc))]
        states = reached
    return min(states.values()), []


def _why_no_turn(streets: Streets, before: int, arc: int) -> str:
    network = streets.network
    if network.arc_head[before] != network.arc_tail[arc]:
        return f"piece {arc} does not begin where piece {before} ends"
    turns = streets.turns(before)
    if arc in turns and TurnFlag.HGV_ONLY_BAN in TurnFlag(int(network.turn_flags[turns[arc]])):
        return f"the turn from piece {before} to {arc} is forbidden to trucks"
    if network.arc_reverse[streets.base(before)] == streets.base(arc):
        return f"turns on the spot from piece {before} to {arc}"
    return f"the turn from piece {before} to {arc} is forbidden"


def _length_cm(streets: Streets, arcs: tuple[int, ...], ends: tuple[Spot, Spot]) -> int:
    lengths = streets.network.arc_length_cm
    return sum(int(lengths[arc]) for arc in arcs[:-1]) - ends[0].offset_cm + ends[1].offset_cm


def geometry_fault(streets: Streets, leg: Leg, ends: tuple[Spot, Spot], length_m: int) -> str:
    """Return what is wrong with the drawn line of a leg, or nothing."""
    line = leg.geometry or ()
    if len(line) < 2 and length_m > GEOMETRY_SLACK_M:
        return f"a line of {len(line)} points for a leg of {length_m} m"
    if not line:
        return ""
    for what, drawn, spot in (("begins", line[0], ends[0]), ("ends", line[-1], ends[1])):
        gap = distance_m(drawn, streets.place(spot))
        if gap > GEOMETRY_SLACK_M:
            return f"the drawn line {what} {gap:.0f} m from where the truck is"
    drawn_m = line_length_m(line)
    if abs(drawn_m - length_m) > 5 + 0.01 * length_m:
        return f"the drawn line is {drawn_m:.0f} m long, the leg {length_m} m"
    return ""


def streets_fault(streets: Streets, leg: Leg, length_m: int) -> str:
    """Return what is wrong with the street names and metres of a leg, or nothing."""
    assert leg.streets is not None
    assert leg.arcs is not None
    driven = {streets.network.name(arc) for arc in leg.arcs}
    strange = [name for name, _ in leg.streets if name not in driven]
    if strange:
        return f"names {strange[0]!r}, which the leg does not touch"
    total = sum(metres for _, metres in leg.streets)
    if abs(total - length_m) > len(leg.streets) + 1:
        return f"its streets add up to {total} m, the leg is {length_m} m"
    return ""
