"""Which runs are offered to each day of a week, when all is done and when the fleet cannot do all.

Where the week's work fits, patterns of days are chosen for all of it beforehand (`week`). Where it
does not, each run is due as often as the fleet can manage, every run once before any twice and
higher classes before lower ones. Where not even once is possible, the days are filled one after
the other: each crew gets neighboring cells that grow around the place where an hour brings most,
weighed by class, until its hours are full. How long work takes is an estimate (`capacity`) that
every planned day corrects. What a day leaves out for want of time is offered again.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from scenarios.cleaning.capacity import (
    DETOUR,
    SPEED_M_S,
    Crew,
    Place,
    Sites,
    Sort,
    effort_s,
    place_of,
    sort_of,
    way_s,
)
from scenarios.cleaning.chains import CONVOY
from scenarios.cleaning.week import Assignment, WeekRun, assign_days, cells_of, patterns
from solvers.reasons import FLEET_BUSY

Figures = NDArray[np.float64]
WEIGHTS = {1: 1.5, 2: 1.25}
"""What a second of work in a class counts for where time is short; in all others, 1."""
SHARED_WATER = 0.8
"""Part that an hour is worth where another crew of the day fills its tanks at the same place."""
SEEDS = 60
"""Cells from which each crew's part of the city is grown."""
FIRST_STRETCH, SLOWEST, FASTEST = 1.25, 2.5, 0.5
"""What the estimate is multiplied with before anything is measured, and its bounds."""
TIMELY = frozenset({FLEET_BUSY, CONVOY, "meal_break"})
"""Reasons of a day that may not hold on another."""


@dataclass
class _Part:
    """The cells that a crew is offered on a day, and the time that they should take it."""

    sort: Sort
    runs: list[int]
    effort_s: float


class Schedule:
    """The days of a week's runs: offered day by day, corrected by what has been planned.

    Parameters
    ----------
    crews
        Of each day.
    """

    def __init__(
        self,
        runs: Sequence[WeekRun],
        dates: Sequence[dt.date],
        crews: Sequence[Sequence[Crew]],
        sites: Sites,
        seed: int,
    ) -> None:
        self.runs = runs
        self.crews = crews
        self.sites = sites
        self.cells = cells_of(runs)
        self.need = [len(_patterns(runs[cell[0]], dates)[0]) for cell in self.cells]
        self.stretch: dict[Sort, float] = defaultdict(lambda: FIRST_STRETCH)
        self.filled: set[Sort] = set()
        most = self._limits()
        self.limited = most != self.need
        base = assign_days(runs, dates, seed, self.cells, most)
        self.cell = base.cell
        self.days = [set(days) for days in base.days]
        self.done: list[list[int]] = [[] for _ in runs]
        self.parts: dict[int, list[_Part]] = {}

    def _limits(self) -> list[int]:
        """Return on how many days each cell can be cleaned; note the sorts filled day by day."""
        most = list(self.need)
        by_sort: dict[Sort, list[int]] = defaultdict(list)
        for c, cell in enumerate(self.cells):
            by_sort[sort_of(self.runs[cell[0]])].append(c)
        for sort, own in sorted(by_sort.items()):
            crews = [crew for day in self.crews for crew in day if crew.sort == sort]
            hours = float(sum(crew.hours_s for crew in crews))
            if not hours:
                continue
            effort = dict(zip(own, self._shares(own, crews[0]), strict=True))
            if sum(effort[c] * self.need[c] for c in own) <= hours:
                continue
            limits = self._within(hours, own, effort)
            if min(limits[c] for c in own if self.need[c]) == 0:
                self.filled.add(sort)
                limits = dict.fromkeys(own, 0)
            for c in own:
                most[c] = limits[c]
        return most

    def _shares(self, cells: Sequence[int], crew: Crew) -> list[float]:
        """Return the seconds that each cell takes on a day with its part of the ways of a crew."""
        places = [self._place(self.cells[c]) for c in cells]
        every = np.array(places)
        shares = []
        for c, place in zip(cells, places, strict=True):
            away = np.hypot(*(every - place).T)
            step = float(np.sort(away)[1]) if len(away) > 1 else 0.0
            own = effort_s([self.runs[i] for i in self.cells[c]], place, crew, self.sites)
            home = 2 * way_s(crew.depot, place) / max(1, crew.hours_s)
            shares.append((own + DETOUR * step / SPEED_M_S) / max(0.2, 1 - home))
        return shares

    def _within(
        self, hours_s: float, cells: Sequence[int], effort: Mapping[int, float]
    ) -> dict[int, int]:
        """Return how often each cell is cleaned: all once before any twice, by class."""
        times = dict.fromkeys(cells, 0)
        turns = [
            (nth, self.runs[self.cells[c][0]].cleaning_class, effort[c], c)
            for c in cells
            for nth in range(self.need[c])
        ]
        for _, _, seconds, c in sorted(turns):
            if seconds > hours_s:
                break
            hours_s -= seconds
            times[c] += 1
        return times

    def _place(self, runs: Collection[int]) -> Place:
        places = [place_of(self.runs[i].lon, self.runs[i].lat) for i in runs]
        return sum(p[0] for p in places) / len(places), sum(p[1] for p in places) / len(places)

    def offered(self, day: int) -> set[int]:
        """Return the runs that a day is asked to clean."""
        if self.filled:
            self._fill(day)
        return {i for i, days in enumerate(self.days) if day in days}

    def _fill(self, day: int) -> None:
        """Give each crew of a day its part of the city."""
        parts = self.parts[day] = []
        watered: set[int] = set()
        crews = [crew for crew in self.crews[day] if crew.sort in self.filled]
        for crew in sorted(crews, key=lambda crew: (-crew.hours_s, crew.trucks[0].truck_id)):
            cells = self._open(day, crew.sort)
            if cells:
                field = _Field(self, cells, crew)
                grown = field.best(watered)
                watered |= {int(field.water[c]) for c in grown[:1]}
                runs = [i for c in grown for i in cells[c]]
                parts.append(_Part(crew.sort, runs, field.spent))
                for i in runs:
                    self.days[i].add(day)

    def _open(self, day: int, sort: Sort) -> list[list[int]]:
        """Return what is left of cells that may be cleaned on a day: what was done least often."""
        open_cells: dict[int, list[list[int]]] = defaultdict(list)
        for cell, need in zip(self.cells, self.need, strict=True):
            if not need or sort_of(self.runs[cell[0]]) != sort:
                continue
            for times in range(need):
                left = [i for i in cell if len(self.done[i]) == times and self._may(i, day, need)]
                if left:
                    open_cells[times].append(left)
        return open_cells[min(open_cells)] if open_cells else []

    def _may(self, i: int, day: int, need: int) -> bool:
        """Whether a run may be cleaned on a day: not again too soon, nor twice on one day."""
        rested = not self.done[i] or day - self.done[i][-1] >= 7 // need
        return day in self.runs[i].able and day not in self.days[i] and rested

    def note(self, day: int, left: Mapping[str, str], used_s: Mapping[str, int]) -> None:
        """Learn from a planned day.

        Parameters
        ----------
        left
            Why each run is left out that is.
        used_s
            The seconds that each truck is under way.
        """
        for i, days in enumerate(self.days):
            if day in days and self.runs[i].run_id not in left:
                self.done[i].append(day)
        for sort in self.filled:
            self._measure(day, sort, left, used_s)
        for i, run in enumerate(self.runs):
            late = day in self.days[i] and left.get(run.run_id) in TIMELY
            if late and sort_of(run) not in self.filled:
                self._offer_again(i, day)

    def _offer_again(self, i: int, day: int) -> None:
        """Move a run that a day had no time for to the emptiest day that is left."""
        later = [k for k in sorted(self.runs[i].able) if k > day and k not in self.days[i]]
        if later:
            load = {k: sum(r.slowest_s for r, d in zip(self.runs, self.days, strict=True) if k in d)
                    for k in later}  # fmt: skip
            self.days[i].remove(day)
            self.days[i].add(min(later, key=lambda k: (load[k], k)))

    def _measure(
        self, day: int, sort: Sort, left: Mapping[str, str], used_s: Mapping[str, int]
    ) -> None:
        """Correct the estimate of a sort of work by what a day has done in its hours."""
        parts = [part for part in self.parts.get(day, ()) if part.sort == sort]
        offered = sum(self.runs[i].slowest_s for part in parts for i in part.runs)
        lost = sum(
            self.runs[i].slowest_s
            for part in parts
            for i in part.runs
            if self.runs[i].run_id in left
        )
        crews = [crew for crew in self.crews[day] if crew.sort == sort]
        used = sum(
            sum(used_s.get(truck.truck_id, 0) for truck in crew.trucks) / len(crew.trucks)
            for crew in crews
        )
        hours = float(sum(crew.hours_s for crew in crews))
        effort = sum(part.effort_s for part in parts) * (1 - lost / offered) if offered else 0.0
        if effort > 0:
            # parts were estimated with the factor as it stood
            measured = self.stretch[sort] * (max(hours, used) if lost else used) / effort
            mean = (self.stretch[sort] + measured) / 2
            self.stretch[sort] = min(SLOWEST, max(FASTEST, mean))
        for part in parts:
            for i in part.runs:
                if self.runs[i].run_id in left:
                    self.days[i].discard(day)

    def assignment(self) -> Assignment:
        """Return the days of all runs as they have become."""
        return Assignment(tuple(tuple(sorted(days)) for days in self.days), self.cell)


def _patterns(run: WeekRun, dates: Sequence[dt.date]) -> list[tuple[int, ...]]:
    return patterns(run.frequency, dates, run.run_id)


class _Field:
    """Cells that are open to a crew, and the part of them that is best for it."""

    def __init__(self, schedule: Schedule, cells: Sequence[Sequence[int]], crew: Crew) -> None:
        runs = schedule.runs
        stretch = schedule.stretch[crew.sort]
        places = [schedule._place(cell) for cell in cells]
        self.places = np.array(places)
        self.drive = DETOUR / SPEED_M_S * stretch
        self.limit = float(crew.hours_s)
        own = [[runs[i] for i in cell] for cell in cells]
        self.effort = stretch * np.array(
            [effort_s(some, at, crew, schedule.sites) for some, at in zip(own, places, strict=True)]
        )
        self.value = np.array(
            [
                WEIGHTS.get(some[0].cleaning_class, 1.0) * sum(run.slowest_s for run in some)
                for some in own
            ]
        )
        self.home = 2 * stretch * np.array([way_s(crew.depot, place) for place in places])
        water = np.array(schedule.sites.water or (crew.depot,))
        self.water = np.hypot(*(self.places[:, None] - water).transpose(2, 0, 1)).argmin(axis=1)
        self.spent = 0.0

    def best(self, watered: set[int]) -> list[int]:
        """Return the cells of the part in which an hour brings most; note the time it takes."""
        alone = self.value / (self.effort + self.home * self.effort / self.limit)
        found: tuple[float, float, list[int]] = (-1.0, 0.0, [])
        for seed in np.argsort(-alone, kind="stable")[:SEEDS].tolist():
            grown, spent = self._grow(seed)
            worth = float(self.value[grown].sum()) / max(spent, self.limit / 2)
            worth *= SHARED_WATER if int(self.water[seed]) in watered else 1.0
            if worth > found[0]:
                found = worth, spent, grown
        self.spent = found[1]
        return found[2]

    def _grow(self, seed: int) -> tuple[list[int], float]:
        """Return cells around a seed, each next one that which brings most for its time."""
        grown = [seed]
        spent = float(self.home[seed] + self.effort[seed])
        near = self._ways(seed)
        is_open = np.ones(len(self.places), dtype=np.bool_)
        is_open[seed] = False
        while True:
            more = self.effort + near
            # the last cell may be cut by the hours: what is left of it is offered again
            fits = is_open & (spent + more / 2 <= self.limit)
            if not fits.any():
                return grown, spent
            best = int(np.argmax(np.where(fits, self.value / more, -1.0)))
            grown.append(best)
            spent += float(more[best])
            is_open[best] = False
            near = np.minimum(near, self._ways(best))

    def _ways(self, cell: int) -> Figures:
        return np.asarray(self.drive * np.hypot(*(self.places - self.places[cell]).T))
