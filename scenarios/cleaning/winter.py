"""Ploughing and spreading in a storm: priorities, salt and its reload, cycles, the evening before.

Bridges, ramps and slopes come first, then the streets of cleaning classes 1 and 2, then the others.
While it snows the first two are worked again in every cycle, and once more when it has ended, then
the others too. In tunnels there is no snow. Salt is what a tank holds and salt stores refill: the
rules of water with another name. Each run has the hours of its cycle as a window and its priority's
deadline as their end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from routing.cache import load_or_build_roads
from routing.errors import InfeasibleError
from routing.network import HIGHWAY_CLASSES, ArcFlag, Network
from routing.profiles import Weights, weigh
from scenarios.access import access_groups
from scenarios.city import City
from scenarios.cleaning.linked import Search
from scenarios.cleaning.stored import streets_only
from scenarios.cleaning.storm import Storm
from scenarios.cleaning.week import any_day
from scenarios.cleaning.work import Pass, StreetWork
from scenarios.compounds import let_in
from scenarios.day import Day, plan_day
from scenarios.periods import lay_travel
from scenarios.problem import build_day_problem
from scenarios.run import DayPlan, due_streets, load_network, solve_day
from scenarios.street_tasks import UNDRIVEN, StreetTask
from solvers.evaluate import evaluate_plan
from solvers.solve import Options, Progress
from solvers.stop import Stop
from solvers.warmup import compile_ahead, warm_up

Say = Callable[[str], None]
PLOUGH, SCOPE = "plough", "winter"
LINKS = tuple(name for name in HIGHWAY_CLASSES if name.endswith("_link"))
PRICE_FACTOR = {1: 9, 2: 3, 3: 1}
"""How much dearer it is to leave a run of a priority out than the tables say."""
NO_PLOUGH = "lie in tunnels or cannot be driven by a plough"
NEVER_OPEN = ((-1, -1),)
"""The hours of a run whose street is shut throughout its cycle: it is left out, and told so."""


@dataclass(frozen=True)
class Cleared:
    """How one priority fared in one cycle: kilometres in all and cleared, and when it was clear.

    ``clear_s`` is the end of its last run, None if any is left out; ``cycle`` 0 is the evening
    before, in seconds of that day.
    """

    cycle: int
    priority: int
    begin_s: int
    km: float
    cleared_km: float
    clear_s: int | None


@dataclass(frozen=True)
class WinterPlan:
    """The evening before and the storm as planned, and what is cleared when."""

    storm: Storm
    evening: DayPlan | None
    day: DayPlan
    cleared: tuple[Cleared, ...]
    notes: tuple[str, ...]

    @property
    def days(self) -> tuple[DayPlan, ...]:
        """The plans of the evening, if there is one, and of the storm."""
        return (self.day,) if self.evening is None else (self.evening, self.day)


def plan_winter(
    city: City,
    storm: Storm,
    stop: Callable[[], Stop],
    *,
    say: Say,
    progress: Progress,
    options: Options,
) -> WinterPlan:
    """Return the plan of a storm; ``stop`` bounds each of the two searches.

    Raises
    ------
    InfeasibleError
        When no plough is in the tables or no street is to be ploughed.
    """
    compile_ahead()
    network = load_network(city, say)
    warm_up(say)
    notes = ["wet work is off for the storm; collection is planned by huanwei plan"]
    seed = city.settings.seed
    evening = None
    before = storm.date - dt.timedelta(days=1)
    unsalted = _why_unsalted(city, storm)
    if unsalted:
        notes.append(unsalted)
    elif storm.pretreat_g_m2 > 0:
        posed = _Winter(city, network, storm, before, storm.pretreat, storm.pretreat_g_m2)
        runs = posed.runs([(1, *storm.pretreat)], (1, 2))
        say(f"evening before: {len(runs)} runs")
        evening = posed.solve(runs, Search(stop(), seed, "native", progress, options, say))
    spread = 0.0 if unsalted else storm.salt_g_m2
    posed = _Winter(city, network, storm, storm.date, storm.shift, spread)
    runs = posed.runs(cycles(storm), (1, 2, 3))
    say(f"storm: {len(runs)} runs in {len(cycles(storm))} cycles")
    day = posed.solve(runs, Search(stop(), seed, "native", progress, options, say))
    cleared = [] if evening is None else _cleared(evening, storm, [(0, *storm.pretreat)])
    cleared += _cleared(day, storm, cycles(storm))
    return WinterPlan(storm, evening, day, tuple(cleared), (*notes, *posed.notes))


def _why_unsalted(city: City, storm: Storm) -> str:
    """Return why streets are ploughed without salt, nothing where it is spread."""
    if storm.temp_c < storm.salt_min_c:
        return f"{storm.temp_c:g} °C: below {storm.salt_min_c:g} °C salt does not help"
    ploughs = city.trucks[city.trucks["kind"] == PLOUGH]
    if not (ploughs["salt_kg"] > 0).any():
        return "no plough holds salt (salt_kg in trucks.csv): streets are ploughed, none is spread"
    return ""


def cycles(storm: Storm) -> list[tuple[int, int, int]]:
    """Return (number, begin, end) of each cycle; the last begins when the snow has ended."""
    step = 60 * storm.cycle_min
    begins = [*range(storm.snow_from, storm.snow_to, step), storm.snow_to]
    ends = [*begins[1:], max(begins[-1] + 60 * storm.deadline_3_min, begins[-1] + step)]
    return [(k, a, b) for k, (a, b) in enumerate(zip(begins, ends, strict=True), 1)]


def priorities(network: Network, tasks: Sequence[StreetTask], storm: Storm) -> list[int]:
    """Return the priority of each run: 1 for bridges, ramps and slopes, else by its class."""
    first = _first_pieces(network, storm)
    return [
        1 if first[list(task.modes[0].arcs)].any() else 2 if task.cleaning_class <= 2 else 3
        for task in tasks
    ]


def _first_pieces(network: Network, storm: Storm) -> NDArray[np.bool_]:
    """Return which pieces are bridges, ramps or slopes, shape (num_arcs,)."""
    steep = np.isin(network.arc_name_idx, [network.names.index(n) for n in storm.slopes
                                           if n in network.names])  # fmt: skip
    links = np.isin(network.arc_class, [HIGHWAY_CLASSES.index(name) for name in LINKS])
    bridges = (network.arc_flags & np.uint16(ArcFlag.BRIDGE)) != 0
    return np.asarray(steep | links | bridges)


class _Winter:
    """Ploughs, salt stores and runs of one date."""

    def __init__(
        self,
        city: City,
        network: Network,
        storm: Storm,
        date: dt.date,
        shift: tuple[int, int],
        salt_g_m2: float,
    ) -> None:
        self.city = _with_ramps(streets_only(city))
        self.network = network
        self.storm = storm
        self.day = self._day(date, shift, salt_g_m2)
        self.groups, access_notes = access_groups(self.city, network, date, self.day.trucks)
        self.weights = [weigh(network, g.profile, g.blocked) for g in self.groups]
        self.notes = [*access_notes]

    def _day(self, date: dt.date, shift: tuple[int, int], salt_g_m2: float) -> Day:
        """Return the day with ploughs alone, salt in place of water."""
        day = plan_day(self.city, date)
        salt = {row.truck_id: row.salt_kg for row in self.city.trucks.itertuples(index=False)}
        trucks = tuple(
            replace(
                truck,
                tank_l=0 if pd.isna(salt[truck.truck_id]) else int(salt[truck.truck_id]),
                shift_start=shift[0],
                shift_end=shift[1],
            )
            for truck in day.trucks
            if truck.kind == PLOUGH
        )
        if not trucks:
            raise InfeasibleError("trucks.csv: no plough is on shift; add trucks of kind plough")
        stores = tuple(replace(f, refills=f.kind == "salt") for f in day.facilities)
        classes = sorted({int(c) for c in self.city.streets["cleaning_class"]} | {1})
        one = Pass(1, PLOUGH, self.storm.speed_kmh, salt_g_m2 / 1000, self.storm.width_m, 0.0,
                   False, "right")  # fmt: skip
        works = tuple(
            StreetWork(date, number, SCOPE, (one,), (shift,), "daily", 1) for number in classes
        )
        return replace(
            day,
            stops=(),
            trucks=trucks,
            haulers=(),
            facilities=stores,
            street_work=works,
            scope=SCOPE,
        )

    def runs(
        self, rounds: Sequence[tuple[int, int, int]], wanted: Sequence[int]
    ) -> list[StreetTask]:
        """Return a run for each cycle in which its priority is worked."""
        snowed = [_under_the_sky(self.network, w) for w in self.weights]
        first = _first_pieces(self.network, self.storm)
        tasks, notes = due_streets(
            self.city, self.day, self.network, self.groups, snowed, any_day, first
        )
        beside = ("no cleaning class", "row 0: ramp-")
        self.notes += [
            note.replace(UNDRIVEN, NO_PLOUGH)
            for note in notes
            if not any(word in note for word in beside)
        ]
        last = rounds[-1][0]
        found = []
        for task, priority in zip(tasks, priorities(self.network, tasks, self.storm), strict=True):
            for cycle, begin, end in rounds:
                if priority not in wanted or (priority == 3 and cycle != last):
                    continue
                late = min(end, begin + 60 * self._deadline_min(priority))
                latest = max(begin, late - task.modes[0].service_s)
                found.append(
                    replace(
                        task,
                        task_id=f"{task.task_id}#{cycle}",
                        windows=_within(task.windows, begin, latest),
                        price=PRICE_FACTOR[priority] * task.price,
                    )
                )
        if not found:
            raise InfeasibleError("streets.csv: no street is to be ploughed; give them classes")
        return found

    def _deadline_min(self, priority: int) -> int:
        storm = self.storm
        return {1: storm.deadline_1_min, 2: storm.deadline_2_min, 3: storm.deadline_3_min}[priority]

    def solve(self, runs: Sequence[StreetTask], search: Search) -> DayPlan:
        """Return the plan of these runs."""
        roads = load_or_build_roads(self.network, progress=search.say)
        travel = lay_travel(roads, self.groups, self.weights, let_in(self.groups, self.day.trucks))
        posed = build_day_problem(
            self.city, self.day, self.network, self.groups, travel, runs, self.notes, search.say
        )
        return DayPlan(self.day.date, self.network, posed, solve_day(posed, search), search.seed)


def _within(
    hours: Sequence[tuple[int, int]], begin: int, latest: int
) -> tuple[tuple[int, int], ...]:
    """Return the part of the hours in which a street is open that lies in a cycle."""
    both = ((max(a, begin), min(b, latest)) for a, b in hours)
    return tuple((a, b) for a, b in both if a <= b) or NEVER_OPEN


def _under_the_sky(network: Network, weights: Weights) -> Weights:
    """Return weights without the insides of tunnels, where no snow falls."""
    covered = (network.arc_flags & np.uint16(ArcFlag.TUNNEL)) != 0
    return replace(weights, routable=weights.routable & ~covered)


def _with_ramps(city: City) -> City:
    """Return a city whose ramps are all of class 1: no table needs to name them."""
    rows = pd.DataFrame(
        {"street_id": f"ramp-{name}", "osm_class": name, "cleaning_class": "1", "category": "main",
         "key_area": False, "row": 0}
        for name in LINKS
    )  # fmt: skip
    streets = pd.concat([city.streets, rows], ignore_index=True).astype(object)
    return replace(city, tables=city.tables | {"streets": streets})


def _cleared(plan: DayPlan, storm: Storm, rounds: Sequence[tuple[int, int, int]]) -> list[Cleared]:
    """Return how each priority fared in each cycle."""
    judged = evaluate_plan(plan.posed.problem, plan.plan)
    ends = {
        timing.step.idx: timing.end_s
        for route in judged.driven
        for timing in route.timings
        if timing.step.kind == "task"
    }
    tasks = [source for source in plan.posed.sources if isinstance(source, StreetTask)]
    ranks = priorities(plan.network, tasks, storm)
    found = []
    for place, (cycle, begin, _) in enumerate(rounds, 1):
        for priority in (1, 2, 3):
            own = [
                k
                for k, task in enumerate(tasks)
                if ranks[k] == priority and task.task_id.endswith(f"#{place}")
            ]
            if own:
                done = [k for k in own if k in ends]
                found.append(
                    Cleared(
                        cycle,
                        priority,
                        begin,
                        sum(tasks[k].modes[0].length_m for k in own) / 1000,
                        sum(tasks[k].modes[0].length_m for k in done) / 1000,
                        max(ends[k] for k in done) if len(done) == len(own) else None,
                    )
                )
    return found


Moment = tuple[int, dict[int, float], int, int]
"""A moment of the drill: share cleared by priority in the cycle under way, ploughs working and
ploughs loading salt."""


def snow_loads(plan: WinterPlan) -> tuple[float, int]:
    """Return the cubic metres to be hauled from streets of priorities 1 and 2, and the loads."""
    last = max(one.cycle for one in plan.cleared)
    km = sum(one.km for one in plan.cleared if one.cycle == last and one.priority <= 2)
    storm = plan.storm
    cubic_m = 1000 * km * storm.width_m * storm.depth_cm / 100 * storm.packed
    return cubic_m, -int(-cubic_m // storm.load_m3)


def drill(plan: DayPlan, storm: Storm, step_s: int = 1800) -> list[Moment]:
    """Return the storm played through, half hour by half hour."""
    judged = evaluate_plan(plan.posed.problem, plan.plan)
    tasks = [source for source in plan.posed.sources if isinstance(source, StreetTask)]
    ranks = priorities(plan.network, tasks, storm)
    timings = [t for route in judged.driven for t in route.timings]
    ends = {t.step.idx: t.end_s for t in timings if t.step.kind == "task"}
    played = []
    until = max((r.end_s for r in judged.driven), default=storm.snow_to) + step_s
    for moment in range(storm.snow_from, until, step_s):
        cycle = max(k for k, begin, _ in cycles(storm) if begin <= moment)
        shares = {}
        for priority in (1, 2, 3):
            own = [k for k, task in enumerate(tasks)
                   if ranks[k] == priority and task.task_id.endswith(f"#{cycle}")]  # fmt: skip
            total = sum(tasks[k].modes[0].length_m for k in own)
            done = sum(tasks[k].modes[0].length_m for k in own if ends.get(k, 10**9) <= moment)
            if total:
                shares[priority] = done / total
        now = [t.step.kind for t in timings if t.begin_s <= moment < t.end_s]
        played.append((moment, shares, now.count("task"), now.count("facility")))
    return played
