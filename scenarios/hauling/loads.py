"""The loads in which a transfer station's waste goes on: when each is complete, when it is due.

A load is complete when the last kilogram of it has been put down. It must be gone when what is
brought next would not fit beside what is there. If each load leaves in between, the station never
overflows: at any moment all loads whose time is up are gone, and by the choice of the time of the
first that is not, all that came in less those loads fits. Nor is it ever loaded from nothing, since
loads of a stream are numbered as they are completed.

What a collector brings takes room from the moment at which it begins to unload, and is there to be
loaded when it has ended; a load takes room until the transfer truck has it aboard.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Delivery(NamedTuple):
    """What one truck puts down of one stream, or takes aboard, and between which moments."""

    begin_s: int
    end_s: int
    stream: str
    mass_kg: int


class Portion(NamedTuple):
    """One load: complete at ``ready_s``; None for ``overflow_s`` = it may stay for the night."""

    stream: str
    mass_kg: int
    ready_s: int
    overflow_s: int | None


@dataclass(frozen=True)
class Load:
    """One load at its station as a thing to be planned.

    ``window`` is (earliest, latest) begin of loading, None if the gate closes before the load can
    be aboard; ``overflow_s`` when the station overflows unless the load is gone; ``daily`` whether
    its stream may not stay overnight.
    """

    task_id: str
    station_id: str
    name: str
    lon: float
    lat: float
    to: str
    stream: str
    mass_kg: int
    volume_l: int
    service_s: int
    window: tuple[int, int] | None
    overflow_s: int | None
    daily: bool
    price: int

    @property
    def may_stay(self) -> bool:
        """Whether nothing is wrong if the load stays at its station overnight."""
        return self.overflow_s is None and not self.daily

    @property
    def carried_as(self) -> str:
        """Return the stream by which a truck can put it down at its own facility alone."""
        return f"{self.stream}@{self.to}"


@dataclass(frozen=True)
class Stock:
    """What lies at a station through the day.

    Attributes
    ----------
    events
        (moment, kilograms from then on), in order; nothing lies there before the first.
    taken_kg, left_kg
        What transfer trucks take and what stays for the night, by stream.
    overflows
        Stretches (from, to, most kilograms) in which more lies there than the station holds.
    short
        (moment, stream) of loads taken of which not all was there.
    """

    storage_kg: int
    events: tuple[tuple[int, int], ...]
    taken_kg: dict[str, int]
    left_kg: dict[str, int]
    overflows: tuple[tuple[int, int, int], ...]
    short: tuple[tuple[int, str], ...]

    @property
    def peak_kg(self) -> int:
        """Return the most that lies there at any moment."""
        return max((kg for _, kg in self.events), default=0)


def portions_of(
    deliveries: Iterable[Delivery],
    storage_kg: int,
    sizes_kg: Mapping[str, int],
    clear_daily: Collection[str] = (),
) -> list[Portion]:
    """Return the loads of a station, in the order in which they are complete.

    Parameters
    ----------
    sizes_kg
        A full load of each stream that is hauled; what is brought of others only takes room.
    clear_daily
        Streams whose last load goes even if it is not full.
    """
    brought = sorted(deliveries, key=lambda d: (d.end_s, d.begin_s, d.stream))
    made: list[tuple[str, int, int]] = []
    waiting: Counter[str] = Counter()
    last: dict[str, int] = {}
    for delivery in brought:
        stream, size = delivery.stream, sizes_kg.get(delivery.stream, 0)
        if size <= 0:
            continue
        waiting[stream] += delivery.mass_kg
        last[stream] = delivery.end_s
        while waiting[stream] >= size:
            waiting[stream] -= size
            made.append((stream, size, delivery.end_s))
    made += [(s, waiting[s], last[s]) for s in sorted(clear_daily) if waiting[s] > 0]
    made.sort(key=lambda one: one[2])
    portions = []
    gone = 0
    for stream, mass_kg, ready_s in made:
        portions.append(Portion(stream, mass_kg, ready_s, _full_at(brought, storage_kg + gone)))
        gone += mass_kg
    return portions


def _full_at(brought: Iterable[Delivery], room_kg: int) -> int | None:
    """Return the moment at which more has come than there is room for; None if never."""
    total = 0
    for delivery in sorted(brought):
        total += delivery.mass_kg
        if total > room_kg:
            return delivery.begin_s
    return None


def window_of(
    portion: Portion, hours: tuple[int, int], service_s: int, *, late: bool = False
) -> tuple[int, int] | None:
    """Return when loading may begin; None if the gate closes before the load can be aboard.

    Where the load cannot be gone before the station overflows, or with ``late``, it may be loaded
    until the gate closes.
    """
    early, close = max(portion.ready_s, hours[0]), hours[1] - service_s
    if early > close:
        return None
    if portion.overflow_s is not None and not late:
        latest = min(close, portion.overflow_s - service_s)
        if latest >= early:
            return early, latest
    return early, close


def stock_of(deliveries: Sequence[Delivery], taken: Sequence[Delivery], storage_kg: int) -> Stock:
    """Return what lies at a station through the day, from what comes and what is taken."""
    changes: dict[int, int] = defaultdict(int)
    for come in deliveries:
        changes[come.begin_s] += come.mass_kg
    for gone in taken:
        changes[gone.end_s] -= gone.mass_kg
    events: list[tuple[int, int]] = []
    stock = 0
    for moment in sorted(changes):
        stock += changes[moment]
        events.append((moment, stock))
    out: Counter[str] = Counter()
    left: Counter[str] = Counter()
    for come in deliveries:
        left[come.stream] += come.mass_kg
    for gone in taken:
        out[gone.stream] += gone.mass_kg
        left[gone.stream] -= gone.mass_kg
    return Stock(
        storage_kg,
        tuple(events),
        {s: out[s] for s in sorted(out)},
        {s: left[s] for s in sorted(left) if left[s]},
        tuple(_overflows(events, storage_kg)),
        tuple(_short(deliveries, taken)),
    )


def _overflows(
    events: Sequence[tuple[int, int]], storage_kg: int
) -> Iterable[tuple[int, int, int]]:
    """Yield (from, to, most) of the stretches above the storage; the last may have no end: -1."""
    since, most = -1, 0
    for moment, stock in events:
        if stock > storage_kg:
            since = moment if since < 0 else since
            most = max(most, stock)
        elif since >= 0:
            yield since, moment, most
            since, most = -1, 0
    if since >= 0:
        yield since, -1, most


def _short(deliveries: Iterable[Delivery], taken: Iterable[Delivery]) -> list[tuple[int, str]]:
    """Return (moment, stream) of loads taken before all of them was there."""
    short = []
    for stream in sorted({one.stream for one in taken}):
        # at one moment what has been put down is there before a truck begins to load
        moments = [(d.end_s, 0, d.mass_kg) for d in deliveries if d.stream == stream]
        moments += [(t.begin_s, 1, -t.mass_kg) for t in taken if t.stream == stream]
        there = 0
        for moment, _, change in sorted(moments):
            there += change
            if there < 0:
                short.append((moment, stream))
    return short
