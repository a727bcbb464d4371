"""Who stands in the bays of each facility, and when the next bay is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from solvers.evaluate import Driven
from solvers.problem import Facility

Booking = tuple[int, int, int]
"""Facility, begin and end."""


class Bays:
    """Bookings of all facilities of a day."""

    def __init__(self, facilities: Sequence[Facility]) -> None:
        self.facilities = facilities
        self.taken: dict[int, list[tuple[int, int]]] = defaultdict(list)

    def note(self, driven: Iterable[Driven]) -> None:
        """Take the visits of routes that are settled."""
        for route in driven:
            for timing in route.timings:
                if timing.step.kind == "facility":
                    self.taken[timing.step.idx].append((timing.begin_s, timing.end_s))

    def book(self, bookings: Iterable[Booking]) -> None:
        """Take bookings."""
        for idx, begin, end in bookings:
            self.taken[idx].append((begin, end))

    def free_from(self, idx: int, ready_s: int, more: Iterable[Booking] = ()) -> int | None:
        """Return the earliest begin at which a bay is free for a whole visit; None if it closes.

        Parameters
        ----------
        more
            Bookings that are not taken yet and count as well.
        """
        facility = self.facilities[idx]
        ready = max(ready_s, facility.open_s)
        taken = self.taken[idx] + [(a, b) for of, a, b in more if of == idx]
        for begin in sorted({ready, *(end for _, end in taken if end > ready)}):
            end = begin + facility.unload_s
            if end > facility.close_s:
                return None
            if _most_inside(taken, begin, end) < facility.bays:
                return begin
        return None


def _most_inside(taken: Sequence[tuple[int, int]], begin: int, end: int) -> int:
    """Return how many trucks stand inside at once at most between two moments."""
    inside = [(a, b) for a, b in taken if a < end and begin < b]
    moments = [begin, *(a for a, _ in inside if a > begin)]
    return max(sum(a <= moment < b for a, b in inside) for moment in moments)
