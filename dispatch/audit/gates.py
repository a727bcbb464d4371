"""Closed streets: no truck drives through a compound, or a street for destinations, to elsewhere.

The open part of the streets is the largest in which a truck gets from anywhere to anywhere without
a private street, a street for destinations, or a locked gate. Who has left a place behind a gate
and come to the open part stays there until it turns in to its own destination.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dispatch.audit.drive import Streets
from dispatch.audit.record import Leg
from routing.network import ArcFlag, Network
from routing.profiles import Weights, weigh


def open_part(
    network: Network, weights: Weights, blocked: NDArray[np.bool_], *, destinations: bool = False
) -> NDArray[np.bool_]:
    """Return which arcs belong to the open part for a truck, shape (num_arcs,).

    ``destinations``: streets for destinations belong to it too.
    """
    flags = ArcFlag.PRIVATE if destinations else ArcFlag.PRIVATE | ArcFlag.DELIVERY
    closed = (network.arc_flags & np.uint16(flags)) != 0
    outside = replace(weights.profile, private_access=False)
    return weigh(network, outside, np.flatnonzero(blocked | closed)).routable


def through_fault(streets: Streets, is_open: NDArray[np.bool_], leg: Leg) -> str:
    """Return where a leg leaves the open part and comes back to it, or nothing."""
    assert leg.arcs is not None
    inside = [bool(is_open[streets.base(arc)]) for arc in leg.arcs]
    if True not in inside:
        return ""
    first, last = inside.index(True), len(inside) - 1 - inside[::-1].index(True)
    between = slice(first, last + 1)
    met = [arc for arc, ok in zip(leg.arcs[between], inside[between], strict=True) if not ok]
    if not met:
        return ""
    name = streets.network.name(met[0]) or "unnamed"
    return f"drives through piece {met[0]} ({name}), behind a gate, and has no business there"
