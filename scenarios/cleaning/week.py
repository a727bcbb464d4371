"""Which run of street is cleaned on which days of a week: even, compact and alike.

Runs that lie together and are due alike make a cell, and a cell is cleaned on the days of one
pattern of its frequency. CP-SAT chooses the patterns: the work of the busiest day of each kind of
vehicle shall be low and that of the idlest high, and neighboring cells shall share their days, so
that a day's routes stay in few parts of the city and return to them.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from ortools.sat.python import cp_model

from scenarios.cleaning.work import Due, StreetWork
from scenarios.frequency import due, parse_frequency
from scenarios.street_tasks import StreetTask

CELL_S = 1800
"""A cell is cut until its slowest pass takes at most this long."""
NEIGHBORS = 3
MINUTE_WEIGHT, TOGETHER_WEIGHT, MISSED_WEIGHT = 10, 25, 2000
"""What a minute of the busiest day, two neighbors on the same days and a missed day weigh."""
DETERMINISTIC_TIME = 4.0


@dataclass(frozen=True)
class WeekRun:
    """A run of street with all the passes that are due on it in a week.

    ``passes`` are (vehicle kind, seconds), ``amounts`` litres and kilograms of each; ``able`` are
    the days, from 0, on which weather, hours, closures and parked cars allow it, ``hours`` those in
    which the lead pass may begin, and ``linked`` is whether its passes are worked by a convoy.
    """

    run_id: str
    name: str
    cleaning_class: int
    template: str
    category: str
    key_area: bool
    lon: float
    lat: float
    length_m: int
    arcs: tuple[int, ...]
    passes: tuple[tuple[str, int], ...]
    frequency: str
    times_per_day: int
    able: frozenset[int]
    amounts: tuple[tuple[int, int], ...] = ()
    hours: tuple[tuple[int, int], ...] = ()
    linked: bool = False

    @property
    def slowest_s(self) -> int:
        """The time of its slowest pass on a day."""
        return self.times_per_day * max(seconds for _, seconds in self.passes)


def any_day(work: StreetWork, street: str, run: str) -> int:
    """Return how many times a run is due on a day on which it is due at all."""
    return work.times_per_day


def week_runs(days: Sequence[Callable[[Due], Sequence[StreetTask]]]) -> list[WeekRun]:
    """Return the runs of a week.

    Parameters
    ----------
    days
        For each day what makes its street tasks, given how often a run is due.
    """
    chains: dict[str, list[StreetTask]] = {}
    able: dict[str, set[int]] = defaultdict(set)
    for k, tasks_of in enumerate(days):
        of_day: dict[str, list[StreetTask]] = defaultdict(list)
        for task in tasks_of(any_day):
            if "#" not in task.task_id:
                of_day[task.task_id.partition("@")[0]].append(task)
        for run_id, chain in of_day.items():
            able[run_id].add(k)
            # on a cold day a template may be shorter than it should be
            if len(chain) > len(chains.get(run_id, ())):
                chains[run_id] = chain
    return [_run(run_id, chain, able[run_id]) for run_id, chain in sorted(chains.items())]


def _run(run_id: str, chain: Sequence[StreetTask], able: set[int]) -> WeekRun:
    lead = chain[0]
    return WeekRun(
        run_id,
        lead.name,
        lead.cleaning_class,
        lead.template,
        lead.category,
        lead.key_area,
        lead.lon,
        lead.lat,
        lead.modes[0].length_m,
        lead.modes[0].arcs,
        tuple((task.vehicle_kind, task.modes[0].service_s) for task in chain),
        lead.frequency,
        lead.times_per_day,
        frozenset(able),
        tuple((task.water_l, task.sweepings_kg) for task in chain),
        lead.windows,
        len(chain) > 1 or any(task.after_bins for task in chain),
    )


def patterns(
    frequency: str, dates: Sequence[dt.date], key: str, most: int = 7
) -> list[tuple[int, ...]]:
    """Return the days of a week, from 0, on which something may be due: one of them is chosen.

    ``n/week`` may fall on any n days that lie as far apart as n days can; all else has its days.
    Where it is due more often than ``most`` days, so many of them that lie far apart.
    """
    rule = parse_frequency(frequency)
    if rule.period == "week":
        return _far_apart(range(7), min(most, rule.count))
    days = tuple(k for k, date in enumerate(dates) if due(rule, key, date))
    return [days] if len(days) <= most else _far_apart(days, most)


def _far_apart(days: Sequence[int], count: int) -> list[tuple[int, ...]]:
    if not count:
        return [()]
    chosen = list(combinations(days, count))
    best = max(map(_least_gap, chosen))
    return [some for some in chosen if _least_gap(some) == best]


def _least_gap(days: Sequence[int]) -> int:
    return min((b - a - 1) % 7 + 1 for a, b in zip(days, [*days[1:], days[0]], strict=True))


def cells_of(runs: Sequence[WeekRun]) -> list[tuple[int, ...]]:
    """Return the runs of each cell: halved along the longer side until the work is small."""
    groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for idx, run in enumerate(runs):
        groups[run.template, run.frequency, run.cleaning_class, tuple(sorted(run.able))].append(idx)
    return [cell for group in groups.values() for cell in _halved(runs, group)]


def _halved(runs: Sequence[WeekRun], group: list[int]) -> list[tuple[int, ...]]:
    work = np.array([runs[i].slowest_s for i in group])
    if work.sum() <= CELL_S or len(group) == 1:
        return [tuple(group)]
    places = np.array([_place(runs[i]) for i in group])
    axis = int(np.argmax(np.ptp(places, axis=0)))
    order = np.argsort(places[:, axis], kind="stable")
    half = np.searchsorted(np.cumsum(work[order]), work.sum() / 2) + 1
    half = min(max(1, int(half)), len(group) - 1)
    ordered = [group[int(k)] for k in order]
    return [*_halved(runs, ordered[:half]), *_halved(runs, ordered[half:])]


def _place(run: WeekRun) -> tuple[float, float]:
    """Return east and north in degrees of latitude."""
    return run.lon * float(np.cos(np.radians(run.lat))), run.lat


@dataclass(frozen=True)
class Assignment:
    """The days of each run, from 0, and the cell that it belongs to."""

    days: tuple[tuple[int, ...], ...]
    cell: tuple[int, ...]


def assign_days(
    runs: Sequence[WeekRun],
    dates: Sequence[dt.date],
    seed: int,
    cells: Sequence[tuple[int, ...]] | None = None,
    most: Sequence[int] | None = None,
) -> Assignment:
    """Return on which days of the week each run is cleaned; days that cannot be are left out.

    Parameters
    ----------
    cells
        The runs of each cell, as of `cells_of`, which makes them where they are not given.
    most
        On how many days each cell is cleaned at most; as its frequency asks for where not given.
    """
    cells = cells_of(runs) if cells is None else cells
    most = [7] * len(cells) if most is None else most
    choices = [
        patterns(runs[c[0]].frequency, dates, runs[c[0]].run_id, limit)
        for c, limit in zip(cells, most, strict=True)
    ]
    chosen = _choose(runs, cells, choices, seed)
    days: list[tuple[int, ...]] = [()] * len(runs)
    cell_of = [0] * len(runs)
    for c, (cell, pattern) in enumerate(zip(cells, chosen, strict=True)):
        for i in cell:
            days[i] = tuple(k for k in pattern if k in runs[i].able)
            cell_of[i] = c
    return Assignment(tuple(days), tuple(cell_of))


def _choose(
    runs: Sequence[WeekRun],
    cells: Sequence[tuple[int, ...]],
    choices: Sequence[list[tuple[int, ...]]],
    seed: int,
) -> list[tuple[int, ...]]:
    """Return a pattern for each cell."""
    model = cp_model.CpModel()
    picks = [[model.new_bool_var("") for _ in options] for options in choices]
    for pick in picks:
        model.add_exactly_one(pick)
    costs: list[cp_model.LinearExprT] = [
        MISSED_WEIGHT * len(set(days) - runs[cell[0]].able) * pick
        for cell, options, own in zip(cells, choices, picks, strict=True)
        for days, pick in zip(options, own, strict=True)
    ]
    costs += _spread(model, runs, cells, choices, picks)
    costs += _together(model, runs, cells, choices, picks)
    model.minimize(sum(costs))
    for own, best in zip(picks, _even(runs, cells, choices), strict=True):
        for k, choice in enumerate(own):
            model.add_hint(choice, int(k == best))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed % 2**31
    # one thread that takes turns between strategies: far better in the same time, and repeatable
    solver.parameters.interleave_search = True
    solver.parameters.repair_hint = True
    solver.parameters.max_deterministic_time = DETERMINISTIC_TIME
    status = solver.solve(model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return [options[0] for options in choices]
    return [
        next(days for days, pick in zip(options, own, strict=True) if solver.value(pick))
        for options, own in zip(choices, picks, strict=True)
    ]


def _even(
    runs: Sequence[WeekRun],
    cells: Sequence[tuple[int, ...]],
    choices: Sequence[list[tuple[int, ...]]],
) -> list[int]:
    """Return a pattern for each cell, the largest first, always where days are the idlest."""
    loads: dict[tuple[str, int], int] = defaultdict(int)
    best = [0] * len(cells)
    work = [_minutes(runs, cell) for cell in cells]
    for c in sorted(range(len(cells)), key=lambda c: (-max(work[c].values()), c)):
        able = runs[cells[c][0]].able

        def crowded(k: int, c: int = c, able: frozenset[int] = able) -> tuple[int, int]:
            days = choices[c][k]
            there = [loads[kind, day] for kind in work[c] for day in days if day in able]
            return len(set(days) - able), max(there, default=0)

        best[c] = min(range(len(choices[c])), key=crowded)
        for day in set(choices[c][best[c]]) & able:
            for kind, minutes in work[c].items():
                loads[kind, day] += minutes
    return best


Picks = Sequence[Sequence[cp_model.IntVar]]


def _spread(
    model: cp_model.CpModel,
    runs: Sequence[WeekRun],
    cells: Sequence[tuple[int, ...]],
    choices: Sequence[list[tuple[int, ...]]],
    picks: Picks,
) -> list[cp_model.LinearExprT]:
    """Return the cost of the busiest and the idlest day of each kind of vehicle."""
    loads: dict[tuple[str, int], list[cp_model.LinearExprT]] = defaultdict(list)
    for cell, options, own in zip(cells, choices, picks, strict=True):
        for kind, minutes in _minutes(runs, cell).items():
            for days, pick in zip(options, own, strict=True):
                for day in set(days) & runs[cell[0]].able:
                    loads[kind, day].append(minutes * pick)
    costs: list[cp_model.LinearExprT] = []
    for kind in sorted({kind for kind, _ in loads}):
        most, least = (model.new_int_var(0, 10**7, "") for _ in range(2))
        for (of, _), parts in loads.items():
            if of == kind:
                model.add(sum(parts) <= most)
                model.add(sum(parts) >= least)
        costs += [2 * MINUTE_WEIGHT * most, -MINUTE_WEIGHT * least]
    return costs


def _minutes(runs: Sequence[WeekRun], cell: Sequence[int]) -> Mapping[str, int]:
    seconds: dict[str, int] = defaultdict(int)
    for i in cell:
        for kind, service_s in runs[i].passes:
            seconds[kind] += runs[i].times_per_day * service_s
    return {kind: -(-total // 60) for kind, total in seconds.items()}


def _together(
    model: cp_model.CpModel,
    runs: Sequence[WeekRun],
    cells: Sequence[tuple[int, ...]],
    choices: Sequence[list[tuple[int, ...]]],
    picks: Picks,
) -> list[cp_model.LinearExprT]:
    """Return the gain of neighboring cells that are cleaned on the same days."""
    middles = np.array([np.mean([_place(runs[i]) for i in cell], axis=0) for cell in cells])
    free = [c for c, options in enumerate(choices) if len(options) > 1]
    gains: list[cp_model.LinearExprT] = []
    for a in free:
        away = [(float(np.hypot(*(middles[a] - middles[b]))), b) for b in free if b != a]
        for _, b in sorted(away)[:NEIGHBORS]:
            for p, days in enumerate(choices[a]):
                if days not in choices[b]:
                    continue
                both = model.new_bool_var("")
                model.add_implication(both, picks[a][p])
                model.add_implication(both, picks[b][choices[b].index(days)])
                gains.append(-TOGETHER_WEIGHT * both)
    return gains
