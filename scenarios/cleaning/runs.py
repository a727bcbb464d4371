"""Cleaning classes of streets, and the runs of street that are worked in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.network import CLASS_INDEX, Network, TurnFlag
from routing.profiles import Weights
from scenarios.access import is_filled, matching_arcs, real_arcs
from scenarios.city import City

NO_CLASS = 9


@dataclass(frozen=True, eq=False)
class CleaningClasses:
    """The row of streets.csv that holds for each arc, and its class with key areas raised.

    Shapes (num_arcs,); ``row`` is -1 and ``number`` is `NO_CLASS` where no row holds. ``named`` is
    whether that row asks for the street by name.
    """

    row: NDArray[np.int64]
    number: NDArray[np.int64]
    named: NDArray[np.bool_]
    notes: tuple[str, ...]


def cleaning_classes(city: City, network: Network) -> CleaningClasses:
    """Return the class of every arc: the highest that any row gives it, the first row on a tie.

    A key area counts one class higher than its row says.
    """
    chosen = np.full(network.num_arcs, -1, dtype=np.int64)
    number = np.full(network.num_arcs, NO_CLASS, dtype=np.int64)
    named = np.zeros(network.num_arcs, dtype=np.bool_)
    notes = []
    for idx, row in enumerate(city.streets.itertuples(index=False)):
        holds = matching_arcs(network, name=row.name, area=row.area)
        if is_filled(row.osm_class):
            holds &= network.arc_class == CLASS_INDEX.get(row.osm_class, -1)
        if not holds.any():
            notes.append(f"streets.csv row {row.row}: {row.street_id} matches no street of the map")
        own = max(1, int(row.cleaning_class) - bool(row.key_area))
        better = holds & (own < number)
        chosen[better], number[better], named[better] = idx, own, is_filled(row.name)
    return CleaningClasses(chosen, number, named, tuple(notes))


class Runs:
    """Runs of the selected arcs: chains of one street and one kind of row, cut to length."""

    def __init__(
        self, network: Network, weights: Weights, selected: NDArray[np.bool_], kind: NDArray
    ) -> None:
        self.network = network
        self.selected = selected
        tails, heads, straight = self._turns(weights, _street_groups(network, kind))
        self.permitted = set(zip(tails.tolist(), heads.tolist(), strict=True))
        self.chains = _chains(np.flatnonzero(selected), _successors(tails, heads, straight))

    def _turns(
        self, weights: Weights, group: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """Return permitted turns within one street: from, to, and whether straight on."""
        network = self.network
        tails = np.repeat(np.arange(network.num_arcs), np.diff(network.turn_first_out))
        heads = network.turn_head.astype(np.int64)
        keep = self.selected[tails] & self.selected[heads] & (group[tails] == group[heads])
        keep &= (weights.turn_cost_ms >= 0) & (network.arc_reverse[tails] != heads)
        keep &= (network.turn_flags & np.uint8(TurnFlag.U_TURN)) == 0
        straight = (network.turn_flags & np.uint8(TurnFlag.STRAIGHT)) != 0
        return tails[keep], heads[keep], straight[keep]

    def directed(self, max_cm: int) -> list[list[int]]:
        """Return runs that cover every selected arc once."""
        return [run for chain in self.chains for run in self._cut(chain, max_cm)]

    def undirected(self, max_cm: int) -> list[list[int]]:
        """Return runs that cover every selected piece once, in either direction."""
        taken: set[int] = set()
        runs = []
        for chain in self.chains:
            part: list[int] = []
            for arc in [*chain, -1]:
                if arc >= 0 and arc not in taken:
                    part.append(arc)
                    taken |= {arc, int(self.network.arc_reverse[arc])}
                elif part:
                    runs += self._cut(part, max_cm)
                    part = []
        return runs

    def backwards(self, run: Sequence[int]) -> list[int] | None:
        """Return a run in the opposite direction, or None where it may not be driven that way."""
        back = [int(self.network.arc_reverse[arc]) for arc in reversed(run)]
        open_all = all(arc >= 0 and self.selected[arc] for arc in back)
        joined = all(pair in self.permitted for pair in pairwise(back))
        return back if open_all and joined else None

    def _cut(self, chain: list[int], max_cm: int) -> list[list[int]]:
        """Cut a chain into as few runs as the limit allows, of lengths as even as may be."""
        lengths = self.network.arc_length_cm[chain].tolist()
        low, high = 1, max_cm
        num = len(packed(chain, lengths, max_cm))
        if num == 1:
            return [chain]
        while low < high:
            middle = (low + high) // 2
            if len(packed(chain, lengths, middle)) <= num:
                high = middle
            else:
                low = middle + 1
        return packed(chain, lengths, low)


def _street_groups(network: Network, kind: NDArray) -> NDArray[np.int64]:
    """Return a number for each arc that is shared by arcs of one street and one kind."""
    unnamed = np.array([name == "" for name in network.names], dtype=np.bool_)
    unnamed = unnamed[network.arc_name_idx]
    street = np.where(unnamed, -1 - network.arc_way_id, network.arc_name_idx.astype(np.int64))
    lowest, highest = int(kind.min(initial=0)), int(kind.max(initial=0))
    return np.asarray(street * (highest - lowest + 1) + kind - lowest)


def _successors(
    tails: NDArray[np.int64], heads: NDArray[np.int64], straight: NDArray[np.bool_]
) -> dict[int, int]:
    """Return the arc that continues each arc: straight on, else the only way the street goes on."""
    if not len(tails):
        return {}
    only = np.bincount(tails)[tails] == 1
    tails, heads, bends = tails[straight | only], heads[straight | only], ~straight[straight | only]
    order = np.lexsort((heads, bends, tails))
    order = order[np.unique(tails[order], return_index=True)[1]]
    tails, heads, bends = tails[order], heads[order], bends[order]
    order = np.lexsort((tails, bends, heads))
    order = order[np.unique(heads[order], return_index=True)[1]]
    return dict(zip(tails[order].tolist(), heads[order].tolist(), strict=True))


def _chains(arcs: NDArray[np.int64], after: dict[int, int]) -> list[list[int]]:
    """Return chains that hold every arc once; a ring is opened at its lowest arc."""
    followed = set(after.values())
    starts = [arc for arc in arcs.tolist() if arc not in followed]
    chains, seen = [], set()
    for start in [*starts, *arcs.tolist()]:
        chain: list[int] = []
        arc: int | None = start
        while arc is not None and arc not in seen:
            chain.append(arc)
            seen.add(arc)
            arc = after.get(arc)
        if chain:
            chains.append(chain)
    return chains


def packed(chain: list[int], lengths: list[int], limit: int) -> list[list[int]]:
    """Fill runs up to a limit one after the other; a longer piece is a run of its own."""
    runs: list[list[int]] = []
    filled = limit + 1
    for arc, length in zip(chain, lengths, strict=True):
        if filled + length > limit:
            runs.append([])
            filled = 0
        runs[-1].append(arc)
        filled += length
    return runs


def run_middle(network: Network, run: Sequence[int]) -> tuple[float, float]:
    """Return lon and lat halfway along a run."""
    lengths = network.arc_length_cm[list(run)].astype(np.float64)
    ends = np.cumsum(lengths)
    half = ends[-1] / 2
    k = int(np.searchsorted(ends, half))
    shape = network.shape(run[k])
    east = np.cos(np.radians(shape[0, 1]))
    steps = np.hypot(np.diff(shape[:, 0]) * east, np.diff(shape[:, 1]))
    along = np.concatenate(([0.0], np.cumsum(steps)))
    place = along[-1] * (half - (ends[k] - lengths[k])) / lengths[k]
    return (
        float(np.interp(place, along, shape[:, 0])),
        float(np.interp(place, along, shape[:, 1])),
    )


def ranks(network: Network) -> NDArray[np.int64]:
    """Return the number of each arc within its way, counted from 1 in order of the arcs."""
    order = np.argsort(network.arc_way_id, kind="stable")
    ways = network.arc_way_id[order]
    first = np.concatenate(([0], np.flatnonzero(np.diff(ways)) + 1))
    sizes = np.diff(np.concatenate((first, [len(ways)])))
    rank = np.empty(len(ways), dtype=np.int64)
    rank[order] = np.arange(len(ways)) - np.repeat(first, sizes) + 1
    return rank


@lru_cache(maxsize=2)
def names_at_junctions(network: Network) -> dict[int, tuple[str, ...]]:
    """Return the names of the streets that meet at each junction, main streets first."""
    meeting: dict[int, dict[str, int]] = {}
    named = [k for k, name in enumerate(network.names) if name]
    for arc in np.flatnonzero(real_arcs(network) & np.isin(network.arc_name_idx, named)).tolist():
        name, importance = network.name(arc), int(network.arc_class[arc])
        for node in (int(network.arc_tail[arc]), int(network.arc_head[arc])):
            known = meeting.setdefault(node, {})
            known[name] = min(importance, known.get(name, importance))
    return {
        node: tuple(sorted(known, key=lambda name: (known[name], name)))
        for node, known in meeting.items()
    }
