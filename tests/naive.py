"""Slow, obvious twins of the fast algorithms."""

from __future__ import annotations

import heapq
from collections.abc import Container

from routing.network import ArcFlag, BanKind, Network, NodeFlag
from routing.profiles import Weights

Place = tuple[int, int]  # arc and offset in centimeters


def part_ms(network: Network, weights: Weights, arc: int, offset_cm: int) -> int:
    """Milliseconds from the beginning of an arc to an offset, rounded half up."""
    length, time = int(network.arc_length_cm[arc]), int(weights.arc_time_ms[arc])
    return (2 * time * offset_cm + length) // (2 * length)


def binding_bans(network: Network, hgv: bool) -> set[tuple[int, ...]]:
    """Forbidden sequences of real arcs that bind a truck, or a vehicle that is none."""
    other = BanKind.NON_HGV if hgv else BanKind.HGV
    return {arcs for arcs, kind in network.bans() if kind != other}


def travel(
    network: Network,
    weights: Weights,
    source: Place,
    target: Place,
    shut: Container[int] = (),
    end_there: bool = False,
    last_mile: bool = False,
) -> tuple[int, int] | None:
    """Milliseconds and centimeters of the fastest way, None where there is none.

    It knows nothing of copies: its states are histories of real arcs, and a step is refused when
    the history with it ends in a forbidden sequence. Arcs of ``shut`` are never driven onto, or
    only to end there. With ``last_mile`` ways that pass fewer gates come first.
    """
    (begin, from_cm), (end, to_cm) = source, target
    if begin == end and to_cm >= from_cm:
        spent = [part_ms(network, weights, begin, cm) for cm in (from_cm, to_cm)]
        return spent[1] - spent[0], to_cm - from_cm
    bans = binding_bans(network, weights.profile.hgv)
    memory = max((len(ban) for ban in bans), default=2) - 1
    costs = turn_costs(network)
    rest = int(weights.arc_time_ms[begin]) - part_ms(network, weights, begin, from_cm)
    queue = [(0, rest, int(network.arc_length_cm[begin]) - from_cm, (begin,))]
    settled = set()
    while queue:
        gates, ms, cm, history = heapq.heappop(queue)
        if history in settled:
            continue
        settled.add(history)
        if history[-1] == end and len(history) > 1:
            # Labels stand for the end of the arc: go back to the place on it.
            back = int(weights.arc_time_ms[end]) - part_ms(network, weights, end, to_cm)
            return ms - back, cm - (int(network.arc_length_cm[end]) - to_cm)
        for (arc, to), cost in costs.items():
            time = int(weights.arc_time_ms[to])
            if arc != history[-1] or time < 0:
                continue
            if to in shut and not (end_there and to == end):
                continue
            longer = (*history, to)
            if any(longer[-len(ban) :] == ban for ban in bans):
                continue
            kept = longer[-max(memory, 2) :]
            passed = gates + (gates_between(network, arc, to) if last_mile else 0)
            cm_after = cm + int(network.arc_length_cm[to])
            heapq.heappush(queue, (passed, ms + cost + time, cm_after, kept))
    return None


def gates_between(network: Network, arc: int, to: int) -> int:
    """Gates that a turn between real arcs passes."""
    levels = []
    for one in (arc, to):
        flags = int(network.arc_flags[one])
        levels.append(2 if flags & ArcFlag.PRIVATE else 1 if flags & ArcFlag.DELIVERY else 0)
    node = int(network.node_flags[network.arc_head[arc]])
    u_turn = int(network.arc_reverse[arc]) == to
    if node & NodeFlag.PRIVATE_GATE and not u_turn and 2 not in levels:
        return 2
    return max(0, levels[1] - levels[0])


def turn_costs(network: Network) -> dict[tuple[int, int], int]:
    """Cost of each turn between real arcs, whichever copies make it."""
    costs = {}
    for arc in range(network.num_arcs):
        for turn in range(network.turn_first_out[arc], network.turn_first_out[arc + 1]):
            pair = int(network.arc_base[arc]), int(network.arc_base[network.turn_head[turn]])
            costs[pair] = int(network.turn_cost_ms[turn])
    return costs
