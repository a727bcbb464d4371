"""Streets to sweep on a date: each run of street with all the passes that are due on it.

A run is a chain of directed pieces of one street, of one cleaning class, that a vehicle works in
one go. On a two-way street each direction's curb is a task of its own, since a sweeper works the
near curb, driving with the traffic; a one-way street, or one carriageway of a dual one, has both
its curbs worked in its direction. Where a template asks for the full width, the lanes between the
curbs, or from the curb to the middle of a two-way street, are runs as well, as many as it takes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from routing.network import ArcFlag, Network
from routing.profiles import Weights
from scenarios.access import real_arcs
from scenarios.city import City, Settings
from scenarios.cleaning.runs import Runs, cleaning_classes, names_at_junctions, ranks, run_middle
from scenarios.cleaning.work import (
    Due,
    Hours,
    Pass,
    StreetWork,
    begin_windows,
    by_frequency,
    is_free,
    shared_hours,
    window_of,
    within,
)
from scenarios.schema import SWEEPINGS

if TYPE_CHECKING:
    from scenarios.day import Day

MAX_RUN_M = 1200
UNDRIVEN = "cannot be driven by the sweeper"
"""What a note says of streets that have a class and are not worked."""
_SIDED = attrgetter("free_right", "free_left", "width_m")
USUAL_WIDTH_M = 7.0
"""Width of a street whose row of streets.csv gives none."""


@dataclass(frozen=True)
class StreetMode:
    """One direction in which a run is worked, from the start of its first piece to its last's end.

    ``entry`` and ``exit`` are (arc, offset in centimeters).
    """

    arcs: tuple[int, ...]
    length_m: int
    service_s: int
    entry: tuple[int, int]
    exit: tuple[int, int]


@dataclass(frozen=True)
class StreetTask:
    """One pass over a run of street; ``windows`` bound the begin of work.

    ``lon`` and ``lat`` are the middle of the first mode. The identifier names the way and the
    number of the first piece within it, so that it stays the same from day to day; ``#2`` marks
    the second time on a day, ``@2`` pass 2 of a template whose lead pass has another number.

    ``follows`` is the identifier of the pass before on the same run, "" for the one that leads; it
    begins and ends later than that by ``min_lag_s`` to ``max_lag_s`` (None = any time later).
    """

    task_id: str
    name: str
    district: str
    cleaning_class: int
    category: str
    key_area: bool
    modes: tuple[StreetMode, ...]
    windows: Hours
    water_l: int
    sweepings_kg: int
    sweepings_l: int
    vehicle_kind: str
    price: int
    lon: float
    lat: float
    template: str = ""
    side: str = "right"
    pass_no: int = 1
    follows: str = ""
    min_lag_s: int = 0
    max_lag_s: int | None = None
    after_bins: bool = False
    frequency: str = "daily"
    times_per_day: int = 1


def street_tasks(
    network: Network,
    weights: Weights,
    day: Day,
    city: City,
    max_run_m: int = MAX_RUN_M,
    due: Due = by_frequency,
    apart: NDArray[np.bool_] | None = None,
) -> tuple[list[StreetTask], list[str]]:
    """Return the street tasks of a day, and notes on what is not swept.

    Parameters
    ----------
    network
        The streets.
    weights
        Of the sweeper: only its routable arcs are worked.
    day
        What is due.
    city
        Its table of streets and its prices.
    max_run_m
        Runs are cut to at most this length, unless one piece alone is longer.
    due
        How many times a run is due on the date.
    apart
        Pieces that are never in one run with others, shape (num_arcs,).

    Returns
    -------
    tuple
        Tasks in order of programme and place, and notes.
    """
    if not day.street_work:
        return [], []
    planner = _Planner(network, weights, city, max_run_m, due, apart)
    tasks = [task for work in day.street_work for task in planner.tasks(work)]
    return tasks, planner.report(day.street_work)


class _Planner:
    """Makes tasks of work; remembers what it leaves out."""

    def __init__(
        self,
        network: Network,
        weights: Weights,
        city: City,
        max_run_m: int,
        due: Due,
        apart: NDArray[np.bool_] | None,
    ) -> None:
        self.network = network
        self.due = due
        self.city = city
        self.max_cm = 100 * max_run_m
        self.classes = cleaning_classes(city, network)
        self.rows = list(city.streets.itertuples(index=False))
        real = real_arcs(network)
        private = (network.arc_flags & np.uint16(ArcFlag.PRIVATE)) != 0
        # a compound's own streets are not the city's to sweep, unless a row names them
        self.private = real & (self.classes.row >= 0) & private & ~self.classes.named
        self.wanted = real & (self.classes.row >= 0) & ~self.private
        selected = self.wanted & weights.routable
        one_way = network.arc_reverse < 0
        kinds = 2 * self._row_kinds() + one_way
        if apart is not None:
            kinds = 2 * kinds + apart
        self.runs = Runs(network, weights, selected, kinds)
        self.selected = selected
        self.unclassified = real & weights.routable & (self.classes.row < 0) & ~private
        self.rank = ranks(network)
        self.too_long: list[str] = []
        self.parked: list[str] = []
        self.beyond_lag: list[str] = []
        self.num_works: dict[int, int] = {}
        self.names_at = names_at_junctions(network)

    def _row_kinds(self) -> NDArray[np.int64]:
        """Return a number for each arc, shared by rows that differ in nothing that matters."""
        kinds: dict[tuple[Any, ...], int] = {}
        of_row = [
            kinds.setdefault(
                (r.cleaning_class, r.category, r.key_area, window_of(r), *map(str, _SIDED(r))),
                len(kinds),
            )
            for r in self.rows
        ]
        # the last entry stands for "no row", which has index -1
        return np.asarray([*of_row, -1], dtype=np.int64)[self.classes.row]

    def tasks(self, work: StreetWork) -> list[StreetTask]:
        """Return the tasks of one programme, the passes of a run one after the other."""
        nth = self.num_works[work.cleaning_class] = self.num_works.get(work.cleaning_class, 0) + 1
        mark = "" if nth == 1 else f"p{nth}"
        lead = work.lead
        max_cm = int(min(self.max_cm, 100 * work.longest_m))
        once = lead.sides == "once"
        runs = self.runs.undirected(max_cm) if once else self.runs.directed(max_cm)
        tasks = []
        for run in runs:
            if self.classes.number[run[0]] != work.cleaning_class:
                continue
            for track in self._tracks(lead, run[0]):
                tasks += self._chains(work, run, mark + track)
        return tasks

    def _tracks(self, lead: Pass, arc: int) -> tuple[str, ...]:
        """Return the tracks in which a run is worked: curbs R and L, lanes between from M1 on."""
        near, far = ("R", "L") if self.network.drive_on_right else ("L", "R")
        one_way = self.network.arc_reverse[arc] < 0
        if lead.sides == "once":
            return ("",)
        if lead.sides == "full":
            width = self.rows[self.classes.row[arc]].width_m
            width = USUAL_WIDTH_M if math.isnan(width) else float(width)
            count = track_count(width if one_way else width / 2, lead.swept_width_m)
            lanes = tuple(f"M{k}" for k in range(1, count - one_way))
            return (near, *lanes, far) if one_way and count > 1 else (near, *lanes)
        return (near, far) if lead.sides == "both" and one_way else (near,)

    def _chains(self, work: StreetWork, run: list[int], mark: str) -> list[StreetTask]:
        """Return the passes over a run, as often as it is due; none where they do not fit."""
        first = run[0]
        task_id = f"W{int(self.network.arc_way_id[first])}-{int(self.rank[first])}{mark}"
        times = self.due(work, self._street(first), task_id)
        row = self.rows[self.classes.row[first]]
        if times and not all(is_free(days, work.date) for days in _parking(row, mark)):
            self.parked.append(task_id)
            times = 0
        if times == 0:
            return []
        length_cm = int(self.network.arc_length_cm[run].sum())
        if length_cm > 100 * work.longest_m:
            self.beyond_lag.append(task_id)
            return []
        tasks: list[StreetTask] = []
        for nth, hours in enumerate(self._hours(work, row, times), 1):
            chain = self._chain(work, run, task_id if nth == 1 else f"{task_id}#{nth}", hours)
            if not chain:
                self.too_long.append(task_id)
            tasks += chain
        return tasks

    @staticmethod
    def _hours(work: StreetWork, row: Any, times: int) -> list[Hours]:
        """Return the hours of each time; none of them where the street's own window leaves none."""
        own = within(work.windows, window_of(row))
        return shared_hours(own, times) if own else [()] * times

    def _chain(
        self, work: StreetWork, run: list[int], task_id: str, hours: Hours
    ) -> list[StreetTask]:
        """Return the passes over a run in order; none if one does not fit into its hours."""
        back = self.runs.backwards(run) if work.lead.sides == "once" else None
        ways = [arcs for arcs in (run, back) if arcs is not None]
        tasks: list[StreetTask] = []
        for one in work.passes:
            modes = tuple(self._mode(one, arcs) for arcs in ways)
            windows = begin_windows(hours, modes[0].service_s) if hours else None
            if windows is None:
                return []
            follows = tasks[-1].task_id if tasks else ""
            name = f"{task_id}@{one.number}" if tasks else task_id
            tasks.append(self._task(work, one, (name, follows), modes, windows))
        return tasks

    def _street(self, arc: int) -> str:
        """Return the name by which a street is spread over the week."""
        return self.network.name(arc) or f"W{int(self.network.arc_way_id[arc])}"

    def _task(
        self,
        work: StreetWork,
        one: Pass,
        names: tuple[str, str],
        modes: tuple[StreetMode, ...],
        windows: Hours,
    ) -> StreetTask:
        """Return one pass over a run; ``names`` are its own and that of the pass before."""
        task_id, follows = names
        run = modes[0].arcs
        length_cm = int(self.network.arc_length_cm[list(run)].sum())
        row = self.rows[self.classes.row[run[0]]]
        kg = one.sweepings_kg_km * length_cm / 100_000
        lon, lat = run_middle(self.network, run)
        return StreetTask(
            task_id=task_id,
            name=self._where(run, self._street(run[0])),
            district="",
            cleaning_class=work.cleaning_class,
            category=row.category,
            key_area=bool(row.key_area),
            modes=modes,
            windows=windows,
            water_l=_half_up(one.water_l_m2 * one.swept_width_m * length_cm / 100),
            sweepings_kg=_half_up(kg),
            sweepings_l=_half_up(1000 * kg / self.city.settings.density_in_bin[SWEEPINGS]),
            vehicle_kind=one.vehicle_kind,
            price=_price(self.city.settings, length_cm),
            lon=lon,
            lat=lat,
            template=work.template,
            side=side_of_run(task_id),
            pass_no=one.number,
            follows=follows,
            min_lag_s=one.min_lag_s if follows else 0,
            max_lag_s=one.max_lag_s if follows else None,
            after_bins=one.after_bins,
            frequency=work.frequency,
            times_per_day=work.times_per_day,
        )

    def _where(self, run: Sequence[int], name: str) -> str:
        """Return a street's name and the named streets between which the run lies.

        A crew finds a run by its cross streets; one identifier looks like another.
        """
        ends = int(self.network.arc_tail[run[0]]), int(self.network.arc_head[run[-1]])
        cross = [next((n for n in self.names_at.get(node, ()) if n != name), "…") for node in ends]
        return f"{name}（{' – '.join(dict.fromkeys(cross))}）" if set(cross) != {"…"} else name

    def _mode(self, one: Pass, arcs: Sequence[int]) -> StreetMode:
        lengths = self.network.arc_length_cm[list(arcs)]
        length_cm = int(lengths.sum())
        return StreetMode(
            arcs=tuple(int(arc) for arc in arcs),
            length_m=(length_cm + 50) // 100,
            service_s=one.service_s(length_cm),
            entry=(int(arcs[0]), 0),
            exit=(int(arcs[-1]), int(lengths[-1])),
        )

    def report(self, works: Sequence[StreetWork]) -> list[str]:
        """Return what is not swept, in sentences with kilometres."""
        notes = list(self.classes.notes)
        covered = {work.cleaning_class for work in works}
        for number in sorted(set(self.classes.number[self.selected].tolist()) - covered):
            km = self._km(self.selected & (self.classes.number == number))
            notes.append(f"streets of class {number} ({km}) have no work on this date")
        for mask, what in (
            (self.unclassified, "have no cleaning class"),
            (self.wanted & ~self.selected, f"have a class but {UNDRIVEN}"),
            (self.private, "have a class but are private; only a row with a name asks for them"),
        ):
            if mask.any():
                notes.append(f"streets: {self._km(mask)} {what}")
        if self.too_long:
            notes.append(
                f"{len(self.too_long)} street runs take longer than their hours and are not "
                f"planned, such as {self.too_long[0]}"
            )
        if self.parked:
            notes.append(
                f"{len(self.parked)} street runs are due on a day of parked cars and are not "
                f"planned, such as {self.parked[0]}"
            )
        if self.beyond_lag:
            notes.append(
                f"{len(self.beyond_lag)} street runs are so long that the lag between their passes "
                f"cannot hold; they are not planned, such as {self.beyond_lag[0]}"
            )
        return notes

    def _km(self, mask: NDArray[np.bool_]) -> str:
        """Return the length of pieces, both directions of a piece counted once."""
        arcs = np.flatnonzero(mask)
        twin = self.network.arc_reverse[arcs]
        doubled = (twin >= 0) & (twin < arcs) & mask[twin]
        return f"{int(self.network.arc_length_cm[arcs[~doubled]].sum()) / 100_000:.1f} km"


def _parking(row: Any, mark: str) -> tuple[Any, ...]:
    """Return the cells that say when the sides of a run are free of parked cars."""
    if mark.endswith("L"):
        return (row.free_left,)
    if side_of_run(mark) == "middle":
        return ()
    return (row.free_right,) if mark.endswith("R") else (row.free_right, row.free_left)


def side_of_run(task_id: str) -> str:
    """Return the side that the end of a run's name tells; "right" where it tells none."""
    name = task_id.partition("@")[0].partition("#")[0]
    if name.endswith("L"):
        return "left"
    return "middle" if name.rstrip("0123456789").endswith("M") else "right"


def track_count(width_m: float, swept_m: float) -> int:
    """Return how many tracks of a swept width cover a width, at least one."""
    return max(1, math.ceil(width_m / swept_m - 1e-9))


def _half_up(value: float) -> int:
    return math.floor(value + 0.5)


def _price(settings: Settings, length_cm: int) -> int:
    """Return what leaving a run out costs, in thousandths."""
    return _half_up(settings.price_unserved_street_km * length_cm / 100)
