"""The parts of a large day, searched by the workers of a Dask cluster."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from scenarios.runs.family import ClusterCrew, Family
from scenarios.runs.store import Result
from solvers.parts.crew import Crew, Errand
from solvers.parts.improve import Found, Order, improve
from solvers.stop import Interruptible

WAVE = 2
"""Parts handed out at once for each worker, so that their matrices are not all held together."""


class PartsOnCluster:
    """A crew for `solvers.parts`: each part travels to a worker with its own travel tables.

    With seconds as budget each part has its share of them on the clock of its worker. A signal is
    heeded when the round is done.
    """

    def __init__(self, address: str) -> None:
        self.cluster = ClusterCrew(address)
        self.num_workers = self.cluster.num_workers

    def carry_out(
        self, errands: Sequence[Errand], until: float, stop: Interruptible, tick: Callable[[], None]
    ) -> Iterator[tuple[int, Found]]:
        """Yield what is found for each part."""
        for first in range(0, len(errands), WAVE * self.num_workers):
            wave = range(first, min(first + WAVE * self.num_workers, len(errands)))
            mark = uuid.uuid4().hex  # so that no part is taken for one of another round
            keys = {f"{mark}-{k}": k for k in wave}
            family = Family(_search, None, {key: errands[k].make() for key, k in keys.items()})
            for key, result in self.cluster.carry_out(family, list(keys)):
                yield keys[key], result["found"]
                tick()

    def close(self) -> None:
        """Leave the cluster."""
        self.cluster.close()


@contextmanager
def parts_crew(address: str | None) -> Iterator[Crew | None]:
    """Give a crew of a cluster's workers where there is an address, and leave it afterwards."""
    if address is None:
        yield None
        return
    crew = PartsOnCluster(address)
    try:
        yield crew
    finally:
        crew.close()


def _search(shared: None, order: Order, cancel: threading.Event) -> Result:
    """Search in one part for its steps or seconds."""
    begin = time.monotonic()

    def elapsed(done: int) -> float:
        if order.steps is not None:
            return done / max(1, order.steps)
        return (time.monotonic() - begin) / max(1e-9, order.seconds or 0.0)

    found: Any = improve(order, elapsed)
    return {"found": found}
