"""When to stop: callables that a backend asks between two rounds of work."""

from __future__ import annotations

import signal
import threading
import time
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Protocol, Self


class Stop(Protocol):
    """A stopping rule: the share of its budget that is used, and what is left of it."""

    def used(self, iterations: int) -> float:
        """Return the share of the budget used so far; 1.0 and above means stop."""

    @property
    def max_iterations(self) -> int | None:
        """Return the number of iterations allowed, None for no limit."""

    @property
    def max_seconds(self) -> float | None:
        """Return the wall-clock seconds allowed in all, None for no limit."""


@dataclass
class MaxIterations:
    """Stop after a number of iterations: the same number gives the same plan on any machine."""

    iterations: int
    max_seconds: float | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a negative number."""
        if self.iterations < 0:
            raise ValueError(f"iterations = {self.iterations}; expected a number >= 0")

    @property
    def max_iterations(self) -> int:
        """Return the number given."""
        return self.iterations

    def used(self, iterations: int) -> float:
        """Return the share of the iterations used."""
        return iterations / max(1, self.iterations)


@dataclass
class MaxSeconds:
    """Stop after seconds of wall clock, counted from when the rule was made."""

    seconds: float
    max_iterations: int | None = None
    _begin: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        """Raise ValueError for a negative number."""
        if self.seconds < 0:
            raise ValueError(f"seconds = {self.seconds}; expected a number >= 0")

    @property
    def max_seconds(self) -> float:
        """Return the seconds given."""
        return self.seconds

    def used(self, iterations: int) -> float:
        """Return the share of the time used."""
        return (time.monotonic() - self._begin) / max(1e-9, self.seconds)


class Interruptible:
    """A stopping rule that SIGINT, SIGTERM or a cost that is good enough end early.

    ``spent`` is the share of the budget that an earlier process has used; with a number of
    iterations as budget those of that process are counted instead.

    To be used as a context; the handlers of before are back afterwards. A second signal is passed
    on to them. Outside the main thread no handler can be set, and the rule is passed through.
    """

    def __init__(self, rule: Stop, target: int | None = None) -> None:
        self.rule = rule
        self.target = target
        self.spent = 0.0
        self.interrupted = False
        self.reached = False
        self._before: dict[int, Any] = {}

    @property
    def max_iterations(self) -> int | None:
        """Return the limit of the rule."""
        return self.rule.max_iterations

    @property
    def max_seconds(self) -> float | None:
        """Return the limit of the rule."""
        return self.rule.max_seconds

    def used(self, iterations: int) -> float:
        """Return the share used, 1.0 after a signal or when the target is reached."""
        return 1.0 if self.interrupted or self.reached else self.spent_after(iterations)

    def spent_after(self, iterations: int) -> float:
        """Return the share of the budget used, whatever signal has come."""
        before = self.spent if self.rule.max_iterations is None else 0.0
        return before + self.rule.used(iterations)

    def note(self, cost: int) -> None:
        """Take the cost of the best routes known."""
        self.reached |= self.target is not None and cost <= self.target

    def __enter__(self) -> Self:
        """Set the handlers."""
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        """Put the handlers of before back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.interrupted = True
        self.__exit__()
