"""Who carries the parts of a round out, and how the budget of a round is divided among them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Protocol

from solvers.parts.improve import Elapsed, Found, Order, improve
from solvers.stop import Interruptible

TELL_S = 1.0
"""Seconds between two messages."""


@dataclass(frozen=True)
class Errand:
    """The order for a part, made only when a worker takes it: its matrices take memory.

    ``steps`` are its budget where that is one of steps.
    """

    tasks: int
    steps: int | None
    make: Callable[[], Order]


class Crew(Protocol):
    """Workers that search on in parts."""

    num_workers: int

    def carry_out(
        self, errands: Sequence[Errand], until: float, stop: Interruptible, tick: Callable[[], None]
    ) -> Iterator[tuple[int, Found]]:
        """Yield what is found for each part with its place in the sequence, in any order.

        ``until`` is the share of the budget at which the round ends; ``tick`` is called about once
        a second.
        """


class _Slices:
    """Divides what is left of a round among the parts that are not done, by their tasks."""

    def __init__(
        self, errands: Sequence[Errand], until: float, stop: Interruptible, workers: int
    ) -> None:
        self.stop, self.until, self.workers = stop, until, workers
        self.weight = [max(1, errand.tasks) for errand in errands]
        self.left = sum(self.weight)
        self._lock = threading.Lock()

    def open(self, k: int, steps: int | None) -> Elapsed:
        """Return the clock of a part that is begun now."""
        if steps is not None:
            return lambda done: self._ended() or done / max(1, steps)
        begin = self.stop.used(0)
        with self._lock:
            together = min(self.workers, len(self.weight))
            share = min(1.0, together * self.weight[k] / max(1, self.left))
        length = max(1e-9, (self.until - begin) * share)
        return lambda done: self._ended() or (self.stop.used(0) - begin) / length

    def close(self, k: int) -> None:
        """Take note that a part is done."""
        with self._lock:
            self.left -= self.weight[k]

    def _ended(self) -> float:
        """Return 1 when all is over: the share used may stand still then, and a part begin late."""
        stop = self.stop
        over = stop.max_iterations is None and stop.used(0) >= 1.0
        return 1.0 if stop.interrupted or stop.reached or over else 0.0


class ThreadCrew:
    """Threads of this process; the kernels run free of the interpreter's lock."""

    def __init__(self, num_workers: int) -> None:
        self.num_workers = num_workers

    def carry_out(
        self, errands: Sequence[Errand], until: float, stop: Interruptible, tick: Callable[[], None]
    ) -> Iterator[tuple[int, Found]]:
        """Yield what is found for each part."""
        slices = _Slices(errands, until, stop, self.num_workers)

        def work(k: int) -> Found:
            elapsed = slices.open(k, errands[k].steps)
            found = improve(errands[k].make(), elapsed)
            slices.close(k)
            return found

        with ThreadPoolExecutor(self.num_workers) as pool:
            running = {pool.submit(work, k): k for k in range(len(errands))}
            told = time.monotonic()
            while running:
                for future in wait(running, TELL_S, FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
                if time.monotonic() - told >= TELL_S:
                    told = time.monotonic()
                    tick()
