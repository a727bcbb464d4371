"""Which worker gets which task next: what one has made ready it uses for all tasks that need it."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Hashable, Iterable, Mapping

Place = str | None
"""Address of a worker; None for any of them."""


class Dealer:
    """Tasks that are not handed out yet, by what they need ready, such as a day's travel times.

    A worker goes on with the kind that it has begun; then it takes a kind that nobody works on, the
    first one; when there is none it helps where most is left.
    """

    def __init__(self, needs: Mapping[str, Hashable]) -> None:
        self._left: defaultdict[Hashable, deque[str]] = defaultdict(deque)
        for key, need in needs.items():
            self._left[need].append(key)
        self._begun: dict[Place, Hashable] = {}

    def __len__(self) -> int:
        """Return the number of tasks left."""
        return sum(map(len, self._left.values()))

    def deal(self, place: Place) -> str:
        """Return the key of a worker's next task, which counts as handed out from then on."""
        need = self._begun.get(place)
        if need not in self._left:
            busy = set(self._begun.values())
            free = [kind for kind in self._left if kind not in busy]
            need = free[0] if free else max(self._left, key=lambda kind: len(self._left[kind]))
            self._begun[place] = need
        key = self._left[need].popleft()
        if not self._left[need]:
            del self._left[need]
        return key

    def fill(self, threads: Mapping[str, int], given: Iterable[Place]) -> list[tuple[str, Place]]:
        """Return tasks for all workers that have less to do than they can, with their places.

        While there is plenty each has one more than it can do at once, so that none is idle until
        it is known that it has finished; the last ones are dealt singly, so that none waits while
        a worker is idle. Where there is no worker one task waits for the next to come.

        Parameters
        ----------
        threads
            How many tasks each worker does at once.
        given
            Place of each task that is handed out and not finished.
        """
        self._begun = {place: need for place, need in self._begun.items() if place in threads}
        held = Counter(given)
        if not threads:
            return [] if held or not len(self) else [(self.deal(None), None)]
        spare = int(len(self) > 2 * sum(threads.values()))
        dealt: list[tuple[str, Place]] = []
        for place in sorted(threads, key=lambda one: (held[one], one)):
            while len(self) and held[place] < threads[place] + spare:
                dealt.append((self.deal(place), place))
                held[place] += 1
        return dealt
