"""A family of runs: tasks that need nothing of each other, what they share, and who does them."""

from __future__ import annotations

import pickle
import threading
import time
import zlib
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from routing.errors import InputError, PlanningError
from scenarios.runs.dealing import Dealer
from scenarios.runs.store import Result, Store
from solvers.team import num_cores
from solvers.warmup import warm_up

Say = Callable[[str], None]


CONNECT_S = 10
"""Seconds to wait for a scheduler to answer."""


class Cancelled(Exception):  # noqa: N818 - tells that nobody waits for the result any more
    """When a run ends early because the whole family was stopped."""


Work = Callable[[Any, Any, threading.Event], Result]
"""What a worker does with what all share and with one task.

The result is one that JSON can hold; `Cancelled` is raised where the event ended the work early.
"""


@dataclass(frozen=True)
class Family:
    """Tasks by the key of their result, with the work and what it shares.

    Attributes
    ----------
    tasks
        Small values; everything large belongs into ``shared``, which travels once a worker.
    need
        What a worker makes ready for a task, such as a scenario's day: tasks that need the same are
        given to the same worker. Each task has its own need where it is None.
    """

    work: Work
    shared: Any
    tasks: Mapping[str, Any]
    need: Callable[[Any], Hashable] | None = None

    def needs(self, key: str) -> Hashable:
        """Return what a worker makes ready for the task of a key."""
        return key if self.need is None else self.need(self.tasks[key])


class Crew(Protocol):
    """Who carries tasks out."""

    num_workers: int

    def carry_out(self, family: Family, keys: Sequence[str]) -> Iterator[tuple[str, Result]]:
        """Yield each result as it is done, in any order."""

    def close(self) -> None:
        """Let go of what was taken to work with."""


@dataclass
class Tally:
    """How a family's time was spent: what the workers solved, and what they could have."""

    done: int = 0
    kept: int = 0
    wall_s: float = 0.0
    solve_s: float = 0.0
    prepare_s: float = 0.0
    workers: int = 1

    @property
    def outside(self) -> float:
        """Share of the workers' time that was not solving."""
        return max(0.0, 1 - self._share(self.solve_s)) if self.wall_s > 0 else 0.0

    @property
    def preparing(self) -> float:
        """Share of the workers' time in which days were made ready."""
        return self._share(self.prepare_s)

    def _share(self, seconds: float) -> float:
        return seconds / (self.wall_s * self.workers) if self.wall_s > 0 else 0.0


def run_family(
    family: Family, crew: Crew, store: Store, say: Say
) -> tuple[dict[str, Result], Tally]:
    """Return the result of every task; finished ones are taken from the store.

    Each result is kept as soon as it is there, so that a family that was stopped or killed goes on
    where it was.

    Raises
    ------
    PlanningError
        When a task does; what was finished by then is kept.
    """
    found = {key: store.get(key) for key in family.tasks}
    results = {key: result for key, result in found.items() if result is not None}
    missing = [key for key in family.tasks if key not in results]
    tally = Tally(kept=len(results), workers=crew.num_workers)
    begin = time.monotonic()
    if results:
        say(f"{len(results)} of {len(family.tasks)} runs are finished already")
    for key, result in crew.carry_out(family, missing):
        store.put(key, result)
        results[key] = result
        tally.done += 1
        tally.wall_s = time.monotonic() - begin
        tally.solve_s += float(result.get("solve_s", 0.0))
        tally.prepare_s += float(result.get("prepare_s", 0.0))
        say(_progress(len(results), len(family.tasks), tally, len(missing)))
    return {key: results[key] for key in family.tasks}, tally


def _progress(done: int, total: int, tally: Tally, missing: int) -> str:
    left_s = tally.wall_s / tally.done * (missing - tally.done)
    return f"run {done} of {total}, about {left_s:.0f} s left"


class ThreadCrew:
    """Threads of this process: they share city and network as they are."""

    def __init__(self, num_workers: int) -> None:
        self.num_workers = num_workers

    def carry_out(self, family: Family, keys: Sequence[str]) -> Iterator[tuple[str, Result]]:
        """Yield each result as it is done; an interrupt ends all of them and keeps none in part."""
        cancel = threading.Event()
        waiting = iter(keys)
        with ThreadPoolExecutor(self.num_workers) as pool:
            running = {}
            try:
                while True:
                    for key in waiting:
                        task = family.tasks[key]
                        running[pool.submit(family.work, family.shared, task, cancel)] = key
                        if len(running) >= self.num_workers:
                            break
                    if not running:
                        return
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        key = running.pop(future)
                        yield key, future.result()
            finally:
                cancel.set()

    def close(self) -> None:
        """Do nothing: threads end with their tasks."""


_LOADED: dict[str, Any] = {}
_LOADING = threading.Lock()


def _unpack(name: str, packed: bytes) -> Any:
    """Return what all tasks share, unpacked once in each worker."""
    with _LOADING:
        if name not in _LOADED:
            _LOADED.clear()
            _LOADED[name] = pickle.loads(zlib.decompress(packed))
        return _LOADED[name]


def _remote(work: Work, name: str, packed: bytes, task: Any) -> Result | PlanningError:
    try:
        return work(_unpack(name, packed), task, threading.Event())
    except PlanningError as error:
        # sent back as a value, so that the cluster does not take it for a broken worker
        return error


class ClusterCrew:
    """Workers of a Dask cluster, wherever they are; huanwei must be installed there.

    What all tasks share is packed into one value that the cluster can make again, and is handed to
    each worker once. Tasks are handed out as workers finish others, by what they need ready
    (`Dealer`). A task whose worker is lost is run again by another; workers may join meanwhile.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.client = _client(address)
        self.num_workers = max(1, sum(self.client.nthreads().values()))

    def carry_out(self, family: Family, keys: Sequence[str]) -> Iterator[tuple[str, Result]]:
        """Yield each result as it is done."""
        from dask import distributed  # noqa: PLC0415 (an extra)

        packed = zlib.compress(pickle.dumps(family.shared), 1)
        name = f"shared-{zlib.crc32(packed):08x}-{len(packed)}"
        # a task of its own, not scattered: after the loss of all its holders it is made again
        shared = self.client.submit(bytes, packed, key=name)
        dealer = Dealer({key: family.needs(key) for key in keys})
        running: dict[Any, tuple[str, str | None]] = {}

        def hand_out() -> list[Any]:
            given = [place for _, place in running.values()]
            fresh = {
                self.client.submit(
                    _remote,
                    *(family.work, name, shared, family.tasks[key]),
                    key=f"run-{key}",
                    retries=2,
                    workers=None if place is None else [place],
                    allow_other_workers=place is not None,  # should that one be lost
                ): (key, place)
                for key, place in dealer.fill(self.client.nthreads(), given)
            }
            running.update(fresh)
            return list(fresh)

        try:
            # taken in the client's own loop: asked for afterwards, a result that was lost with its
            # worker could not be waited for
            loop = self.client.loop
            done = distributed.as_completed(hand_out(), loop=loop, with_results=True)
            for future, result in done:
                key, _ = running.pop(future)
                if isinstance(result, PlanningError):
                    raise result
                done.update(hand_out())
                yield key, result
                future.release()
        finally:
            self.client.cancel(list(running))

    def close(self) -> None:
        """Leave the cluster."""
        self.client.close()


def _client(address: str) -> Any:
    """Return a connection to a scheduler.

    Raises
    ------
    InputError
        When Dask is not installed or nobody answers.
    """
    try:
        from dask import distributed  # noqa: PLC0415 (an extra)
    except ImportError:
        raise InputError(
            "--scheduler needs Dask; install it with: pip install 'huanwei[cluster]'"
        ) from None
    try:
        return distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"--scheduler {address!r}: no scheduler answers ({error}); "
            "expected an address such as tcp://127.0.0.1:8786"
        ) from None


@contextmanager
def crew_at_work(asked: tuple[str | None, int | None], say: Say) -> Iterator[Crew]:
    """Give a cluster's workers where an address is asked for, else threads ready to search.

    Parameters
    ----------
    asked
        Address of a cluster, or None, and workers on this machine, one a core where it is None.

    Raises
    ------
    InputError
        When Dask is not installed or nobody answers.
    """
    scheduler, workers = asked
    if scheduler is None:
        warm_up(say)
    crew = ThreadCrew(workers or num_cores()) if scheduler is None else ClusterCrew(scheduler)
    try:
        yield crew
    except KeyboardInterrupt:
        say("finished runs are kept: the same command goes on from here")
        raise
    finally:
        crew.close()
