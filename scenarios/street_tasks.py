"""Streets to sweep: what programmes ask for on a date, and the runs of street that are worked.

A run is a chain of directed pieces of one street, of one cleaning class, that a sweeper works in
one go. On a two-way street each direction's curb is a task of its own, since a sweeper works the
near curb, driving with the traffic; a one-way street has both its curbs worked in its direction.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from routing.network import CLASS_INDEX, ArcFlag, Network, TurnFlag
from routing.profiles import Weights
from scenarios.access import DAY_END_S, DAY_S, is_filled, matching_arcs, real_arcs
from scenarios.city import City, Settings
from scenarios.frequency import due
from scenarios.schema import SWEEPINGS

if TYPE_CHECKING:
    from scenarios.day import Day

Hours = tuple[tuple[int, int], ...]
NO_CLASS = 9
MAX_RUN_M = 1200


@dataclass(frozen=True)
class StreetWork:
    """The lead pass of one programme on a date.

    ``windows`` are the hours in which work may be under way, those without work taken out.
    ``following`` are the passes of the template that come after and are not planned.
    """

    date: dt.date
    cleaning_class: int
    template: str
    pass_no: int
    following: tuple[int, ...]
    vehicle_kind: str
    speed_kmh: float
    water_l_m2: float
    swept_width_m: float
    sweepings_kg_km: float
    wet: bool
    sides: str
    windows: Hours
    frequency: str
    times_per_day: int

    def times_due(self, street: str) -> int:
        """Return how many times a street is due on the date; streets spread over the week."""
        return self.times_per_day * due(self.frequency, street, self.date)

    def service_s(self, length_cm: int) -> int:
        """Return how long a length takes, rounded up."""
        return math.ceil(length_cm * 0.036 / self.speed_kmh - 1e-9)


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
    """A run of street whose curb is to be swept once; ``windows`` bound the begin of work.

    ``lon`` and ``lat`` are the middle of the first mode. The identifier names the way and the
    number of the first piece within it, so that it stays the same from day to day.
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


def street_work(
    city: City, date: dt.date, *, wet_allowed: bool = True
) -> tuple[list[StreetWork], list[str]]:
    """Return the lead pass of every programme, and notes on what is left out.

    Without ``wet_allowed`` the first dry pass of a template leads; a template without one is off.
    """
    works: list[StreetWork] = []
    notes: list[str] = []
    for programme in city.programmes.itertuples(index=False):
        what = f"class {programme.cleaning_class}, template {programme.template}"
        rows = city.operations[city.operations["template"] == programme.template]
        passes = sorted(rows.itertuples(index=False), key=lambda row: row.pass_no)
        usable = [row for row in passes if wet_allowed or not row.wet]
        if not wet_allowed and len(usable) < len(passes):
            off = ", ".join(str(row.pass_no) for row in passes if row.wet)
            notes.append(f"{what}: too cold for wet work; pass {off} is off")
        windows = work_hours(programme)
        if not windows:
            notes.append(f"{what}: hours without work leave none of its window; it is not planned")
        if usable and windows:
            works.append(_lead_pass(date, programme, usable, windows))
    return works, notes


def _lead_pass(date: dt.date, programme: Any, passes: Sequence[Any], windows: Hours) -> StreetWork:
    lead = passes[0]
    return StreetWork(
        date=date,
        cleaning_class=int(programme.cleaning_class),
        template=programme.template,
        pass_no=int(lead.pass_no),
        following=tuple(int(row.pass_no) for row in passes[1:]),
        vehicle_kind=lead.vehicle_kind,
        speed_kmh=float(lead.speed_kmh),
        water_l_m2=float(lead.water_l_m2),
        swept_width_m=float(lead.swept_width_m),
        sweepings_kg_km=float(lead.sweepings_kg_km),
        wet=bool(lead.wet),
        sides=lead.sides,
        windows=windows,
        frequency=programme.frequency,
        times_per_day=int(programme.times_per_day),
    )


def work_hours(programme: Any) -> Hours:
    """Return a programme's window without its hours of rest, which return every day."""
    early, late = _pair(programme.window_start, programme.window_end) or (0, DAY_END_S)
    left = [(early, late)]
    for rest in (
        _pair(programme.no_work_start, programme.no_work_end),
        _pair(programme.no_work2_start, programme.no_work2_end),
    ):
        if rest is not None:
            for shift in (-DAY_S, 0, DAY_S):
                left = _without(left, rest[0] + shift, rest[1] + shift)
    return tuple(left)


def _pair(early: Any, late: Any) -> tuple[int, int] | None:
    if pd.isna(early) and pd.isna(late):
        return None
    return 0 if pd.isna(early) else int(early), DAY_END_S if pd.isna(late) else int(late)


def _without(hours: Iterable[tuple[int, int]], early: int, late: int) -> list[tuple[int, int]]:
    parts = [part for a, b in hours for part in ((a, min(b, early)), (max(a, late), b))]
    return [(a, b) for a, b in parts if a < b]


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


class _Runs:
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
        num = len(_packed(chain, lengths, max_cm))
        if num == 1:
            return [chain]
        while low < high:
            middle = (low + high) // 2
            if len(_packed(chain, lengths, middle)) <= num:
                high = middle
            else:
                low = middle + 1
        return _packed(chain, lengths, low)


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


def _packed(chain: list[int], lengths: list[int], limit: int) -> list[list[int]]:
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


def street_tasks(
    network: Network, weights: Weights, day: Day, city: City, max_run_m: int = MAX_RUN_M
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

    Returns
    -------
    tuple
        Tasks in order of programme and place, and notes.
    """
    if not day.street_work:
        return [], []
    planner = _Planner(network, weights, city, max_run_m)
    tasks = [task for work in day.street_work for task in planner.tasks(work)]
    return tasks, planner.report(day.street_work)


class _Planner:
    """Makes tasks of work; remembers what it leaves out."""

    def __init__(self, network: Network, weights: Weights, city: City, max_run_m: int) -> None:
        self.network = network
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
        self.runs = _Runs(network, weights, selected, 2 * self._row_kinds() + one_way)
        self.selected = selected
        self.unclassified = real & weights.routable & (self.classes.row < 0) & ~private
        self.rank = _ranks(network)
        self.planned_cm: dict[StreetWork, int] = {}
        self.repeated_cm: dict[StreetWork, int] = {}
        self.too_long: list[str] = []
        self.num_works: dict[int, int] = {}
        self.names_at = _names_at_junctions(network)

    def _row_kinds(self) -> NDArray[np.int64]:
        """Return a number for each arc, shared by rows of one class, category and key area."""
        kinds: dict[tuple[Any, ...], int] = {}
        of_row = [
            kinds.setdefault((r.cleaning_class, r.category, r.key_area), len(kinds))
            for r in self.rows
        ]
        # the last entry stands for "no row", which has index -1
        return np.asarray([*of_row, -1], dtype=np.int64)[self.classes.row]

    def tasks(self, work: StreetWork) -> list[StreetTask]:
        """Return the tasks of one programme."""
        nth = self.num_works[work.cleaning_class] = self.num_works.get(work.cleaning_class, 0) + 1
        mark = "" if nth == 1 else f"p{nth}"
        near, far = ("R", "L") if self.network.drive_on_right else ("L", "R")
        once = work.sides == "once"
        runs = self.runs.undirected(self.max_cm) if once else self.runs.directed(self.max_cm)
        tasks = []
        for run in runs:
            if self.classes.number[run[0]] != work.cleaning_class:
                continue
            one_way = self.network.arc_reverse[run[0]] < 0
            sides = ("",) if once else (near, far) if work.sides == "both" and one_way else (near,)
            tasks += [t for side in sides if (t := self._task(work, run, mark + side)) is not None]
        return tasks

    def _task(self, work: StreetWork, run: list[int], mark: str) -> StreetTask | None:
        """Return the task of a run, or None where it is not due or does not fit its hours."""
        first = run[0]
        name = self.network.name(first) or f"W{int(self.network.arc_way_id[first])}"
        times = work.times_due(name)
        if times == 0:
            return None
        back = self.runs.backwards(run) if work.sides == "once" else None
        modes = tuple(self._mode(work, arcs) for arcs in (run, back) if arcs is not None)
        windows = begin_windows(work.windows, modes[0].service_s)
        task_id = f"W{int(self.network.arc_way_id[first])}-{int(self.rank[first])}{mark}"
        if windows is None:
            self.too_long.append(task_id)
            return None
        length_cm = int(self.network.arc_length_cm[run].sum())
        self.planned_cm[work] = self.planned_cm.get(work, 0) + length_cm
        if times > 1:
            self.repeated_cm[work] = self.repeated_cm.get(work, 0) + length_cm
        row = self.rows[self.classes.row[first]]
        kg = work.sweepings_kg_km * length_cm / 100_000
        lon, lat = run_middle(self.network, run)
        return StreetTask(
            task_id=task_id,
            name=self._where(run, name),
            district="",
            cleaning_class=work.cleaning_class,
            category=row.category,
            key_area=bool(row.key_area),
            modes=modes,
            windows=windows,
            water_l=_half_up(work.water_l_m2 * work.swept_width_m * length_cm / 100),
            sweepings_kg=_half_up(kg),
            sweepings_l=_half_up(1000 * kg / self.city.settings.density_in_bin[SWEEPINGS]),
            vehicle_kind=work.vehicle_kind,
            price=_price(self.city.settings, length_cm),
            lon=lon,
            lat=lat,
        )

    def _where(self, run: Sequence[int], name: str) -> str:
        """Return a street's name and the named streets between which the run lies.

        A crew finds a run by its cross streets; one identifier looks like another.
        """
        ends = int(self.network.arc_tail[run[0]]), int(self.network.arc_head[run[-1]])
        cross = [next((n for n in self.names_at.get(node, ()) if n != name), "…") for node in ends]
        return f"{name}（{' – '.join(dict.fromkeys(cross))}）" if set(cross) != {"…"} else name

    def _mode(self, work: StreetWork, arcs: Sequence[int]) -> StreetMode:
        lengths = self.network.arc_length_cm[list(arcs)]
        length_cm = int(lengths.sum())
        return StreetMode(
            arcs=tuple(int(arc) for arc in arcs),
            length_m=(length_cm + 50) // 100,
            service_s=work.service_s(length_cm),
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
            (self.wanted & ~self.selected, "have a class but cannot be driven by the sweeper"),
            (self.private, "have a class but are private; only a row with a name asks for them"),
        ):
            if mask.any():
                notes.append(f"streets: {self._km(mask)} {what}")
        for work in works:
            notes += self._work_notes(work)
        if self.too_long:
            notes.append(
                f"{len(self.too_long)} street runs take longer than their hours and are not "
                f"planned, such as {self.too_long[0]}"
            )
        return notes

    def _work_notes(self, work: StreetWork) -> list[str]:
        what = f"class {work.cleaning_class}, template {work.template}"
        planned, repeated = self.planned_cm.get(work, 0), self.repeated_cm.get(work, 0)
        notes = []
        if work.following and planned:
            numbers = ", ".join(map(str, work.following))
            notes.append(
                f"{what}: pass {work.pass_no} is planned ({planned / 100_000:.1f} km); "
                f"following passes ({numbers}) are not planned"
            )
        if repeated:
            notes.append(
                f"{what}: {repeated / 100_000:.1f} km are due several times; one is planned"
            )
        return notes

    def _km(self, mask: NDArray[np.bool_]) -> str:
        """Return the length of pieces, both directions of a piece counted once."""
        arcs = np.flatnonzero(mask)
        twin = self.network.arc_reverse[arcs]
        doubled = (twin >= 0) & (twin < arcs) & mask[twin]
        return f"{int(self.network.arc_length_cm[arcs[~doubled]].sum()) / 100_000:.1f} km"


def begin_windows(hours: Hours, service_s: int) -> Hours | None:
    """Return when work may begin so that it ends within its hours; empty = at any time.

    None if no stretch of the hours is long enough.
    """
    if hours == ((0, DAY_END_S),):
        return ()
    fitting = tuple((a, b - service_s) for a, b in hours if b - service_s >= a)
    return fitting or None


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


def _ranks(network: Network) -> NDArray[np.int64]:
    """Return the number of each arc within its way, counted from 1 in order of the arcs."""
    order = np.argsort(network.arc_way_id, kind="stable")
    ways = network.arc_way_id[order]
    first = np.concatenate(([0], np.flatnonzero(np.diff(ways)) + 1))
    sizes = np.diff(np.concatenate((first, [len(ways)])))
    rank = np.empty(len(ways), dtype=np.int64)
    rank[order] = np.arange(len(ways)) - np.repeat(first, sizes) + 1
    return rank


def _half_up(value: float) -> int:
    return math.floor(value + 0.5)


def _price(settings: Settings, length_cm: int) -> int:
    """Return what leaving a run out costs, in thousandths."""
    return _half_up(settings.price_unserved_street_km * length_cm / 100)


def _names_at_junctions(network: Network) -> dict[int, tuple[str, ...]]:
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
