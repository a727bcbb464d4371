"""Streets that only their own traffic may use: gates are passed as the last mile, never as a way.

Streets tagged for destinations (``access=destination`` and its kin) and private ones are open to
whoever has business there. A way to a place therefore passes the fewest gates that it must, and is
the fastest among those. A *gate* here is a turn into a street that is more closed than the one
before: open, then destination, then private; each step up counts. A barrier that is locked or
private counts as two where neither side of it is tagged as private.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing.network import ArcFlag, Network, TurnFlag

GATE_MS = 6 * 3600 * 1000
"""Added for each gate, so that ways are compared by gates first; no way may take as long."""
GATE_S = GATE_MS // 1000


def gates_of_turns(network: Network) -> NDArray[np.uint8]:
    """Return how many gates each turn passes, shape (num_turns,)."""
    level = closed_level(network)
    tail = np.repeat(np.arange(network.num_arcs), np.diff(network.turn_first_out))
    before, after = level[tail], level[network.turn_head]
    barrier = (network.turn_flags & np.uint8(TurnFlag.PRIVATE_GATE)) != 0
    rise = np.where(after > before, after - before, 0)
    unsaid = barrier & (before < 2) & (after < 2)
    return np.where(unsaid, 2, rise).astype(np.uint8)


def closed_level(network: Network) -> NDArray[np.uint8]:
    """Return how closed each arc is: 0 open, 1 destination, 2 private, shape (num_arcs,)."""
    flags = network.arc_flags
    private = (flags & np.uint16(ArcFlag.PRIVATE)) != 0
    destination = (flags & np.uint16(ArcFlag.DELIVERY)) != 0
    return np.where(private, 2, np.where(destination, 1, 0)).astype(np.uint8)
