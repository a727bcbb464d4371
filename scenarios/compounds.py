"""Gates of compounds: who is let in, and points behind a gate that no truck may pass.

A compound lets in the trucks that serve it: every point counts as its compound's own but those on
the street and in markets. Behind a private street or a locked gate these are served only by trucks
with the pass (``compound`` among the permits of trucks.csv, or ``*``). Facilities let in whoever
calls at them. That nobody drives through is the business of `routing.gates`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from routing._kernels.sweep import Table
from routing.network import ArcFlag, Network, TurnFlag
from routing.profiles import GENERAL_PERMIT, Weights, weigh
from scenarios.access import NAMED_TRUCKS, AccessGroup, listed
from scenarios.day import Day, DueTruck

PASS = "compound"


def holds_pass(truck: DueTruck) -> bool:
    """Whether a truck is let in at every gate."""
    return bool({PASS, GENERAL_PERMIT} & truck.permits)


def has_gates(network: Network) -> bool:
    """Whether any street of the map is private or behind a locked gate."""
    private = (network.arc_flags & np.uint16(ArcFlag.PRIVATE)) != 0
    locked = (network.turn_flags & np.uint8(TurnFlag.PRIVATE_GATE)) != 0
    return bool(private.any() or locked.any())


def split_by_pass(groups: Sequence[AccessGroup], network: Network, day: Day) -> list[AccessGroup]:
    """Return the groups, trucks with and without the pass apart where that can matter."""
    with_pass = {t.truck_id for t in day.trucks if holds_pass(t)}
    mixed = 0 < len(with_pass) < len(day.trucks)
    if not mixed or all(s.resident for s in day.stops) or not has_gates(network):
        return list(groups)
    parts = []
    for group in groups:
        for let_in in (True, False):
            some = [t for t in group.truck_ids if (t in with_pass) == let_in]
            if some:
                profile = replace(group.profile, name=listed(some, NAMED_TRUCKS))
                parts.append(replace(group, profile=profile, truck_ids=tuple(some)))
    return [replace(part, name=f"profile_{k}") for k, part in enumerate(parts, 1)]


def streets_outside(network: Network, weights: Weights) -> Weights:
    """Return weights whose streets are reached without passing a private gate."""
    closed = np.flatnonzero(weights.arc_time_ms < 0)
    outside = weigh(network, replace(weights.profile, private_access=False), closed)
    return replace(weights, routable=weights.routable & outside.routable)


def let_in(groups: Sequence[AccessGroup], trucks: Sequence[DueTruck]) -> list[bool]:
    """Return for each group whether all its trucks are let in at every gate."""
    with_pass = {t.truck_id for t in trucks if holds_pass(t)}
    return [set(group.truck_ids) <= with_pass for group in groups]


def keep_out(tables: Sequence[Table], admitted: Sequence[bool], gated: Sequence[int]) -> None:
    """Close locations behind gates in the travel of trucks without the pass, in place.

    Parameters
    ----------
    tables
        Of each layer of travel.
    admitted
        Whether the trucks of the layer are let in.
    gated
        Locations that only trucks with the pass come to.
    """
    for table, free in zip(tables, admitted, strict=True):
        if not free:
            table.time[:, list(gated)] = table.length[:, list(gated)] = -1


def kept_out(
    admitted: Sequence[bool], gated: Sequence[int], num_locations: int
) -> list[NDArray[np.bool_]]:
    """Return the same as masks of locations, one a layer; nothing where no location is gated."""
    if not gated:
        return []
    behind = np.zeros(num_locations, np.bool_)
    behind[list(gated)] = True
    return [behind & (not free) for free in admitted]
