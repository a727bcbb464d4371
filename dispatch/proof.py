"""A week of three-in-one on a real map with a fleet of given size, beside a plain plan of it."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np

from dispatch.sweep import SweptWeek, sweep_and_write
from routing.network import Network
from routing.profiles import Weights
from scenarios.cleaning.chains import Chain, chains_of
from scenarios.problem import DayProblem
from scenarios.run import DayPlan
from scenarios.sample import write_sample
from scenarios.schema import SWEEPINGS
from solvers.evaluate import Driven, evaluate_plan
from solvers.plan import Step
from solvers.problem import Problem
from solvers.solve import Options, Progress
from solvers.stop import Stop

Say = Callable[[str], None]
District = list[tuple[tuple[int, ...], tuple[tuple[int, int], ...]]]
"""Arcs of each run, and litres and kilograms of each pass over it."""


class Tour(Protocol):
    """A plain tour: runs in the order of work, and metres without work where turns are free."""

    @property
    def order(self) -> Sequence[int]:
        """Return the runs in the order of work."""

    @property
    def deadhead_m(self) -> float:
        """Return the metres that the vehicles of all passes drive without working."""


class Plain(Protocol):
    """A plain plan; see `benchmarks.postman`."""

    def __call__(
        self,
        network: Network,
        weights: Weights,
        districts: Sequence[District],
        limits: Sequence[tuple[int, int]],
        places: Sequence[Sequence[int]],
    ) -> Sequence[Tour]:
        """Return tours of districts, given tank and hopper of passes, depot, water and stations."""


LEGS = ("from and to the depot", "stations", "water", "between streets")
SHIFTS = ("04:00,12:00", "21:00,29:00")
SWEEPERS, WATER_TRUCKS = 6, 8
STREETS = (
    ("1", "main", ("primary", "secondary")),
    ("2", "main", ("tertiary",)),
    ("3", "back_street", ("residential", "living_street")),
)


@dataclass(frozen=True)
class Proof:
    """A week, and the metres driven without work: ours and those of the plain plan.

    ``plain_m`` are those of the plain tours driven by the same rules of turns as ours and emptied
    before the way home; ``free_m`` where every turn is free and hoppers stay full. ``legs_m`` are
    ours by the ends of legs (`deadhead_by_leg`).
    """

    week: SweptWeek
    worked_m: int
    ours_m: int
    plain_m: int
    free_m: float
    legs_m: Mapping[str, int]

    def lines(self) -> list[str]:
        """Return the outcome in sentences."""
        return [
            *self.week.lines,
            f"work {self.worked_m / 1000:.1f} km, deadhead {self._words(self.ours_m)}",
            "of it " + ", ".join(f"{k} {m / 1000:.1f} km" for k, m in self.legs_m.items()),
            f"plain postman by districts, same work, same rules of turns: "
            f"{self._words(self.plain_m)}",
            self._less(self.plain_m),
            f"the same tours where every turn is free: {self._words(self.free_m)}",
            self._less(self.free_m),
        ]

    def _share(self, deadhead_m: float) -> float:
        return deadhead_m / max(1.0, deadhead_m + self.worked_m)

    def _words(self, deadhead_m: float) -> str:
        return f"{deadhead_m / 1000:.1f} km, {self._share(deadhead_m):.1%}"

    def _less(self, plain_m: float) -> str:
        if not plain_m:
            return "nothing to compare with"
        share = 1 - self._share(self.ours_m) / self._share(plain_m)
        return f"deadhead is {share:.1%} below in share, {1 - self.ours_m / plain_m:.1%} in km"


def proof_city(osm: Path, folder: Path) -> Path:
    """Write a city on a map whose upper classes and back streets are all cleaned three in one."""
    if folder.exists():
        shutil.rmtree(folder)
    write_sample(folder, osm=osm, points=60, seed=7, progress=lambda text: None)
    head = "truck_id,kind,depot_id,capacity_kg,capacity_m3,tank_l,height_m,width_m,weight_t,"
    head += "shift_start,shift_end,max_overtime_min,permits\n"
    rows = [
        f"S{k + 1},sweeper,D1,4200,7,9000,2.9,2.4,16,{SHIFTS[k % 2]},60,sanitation\n"
        for k in range(SWEEPERS)
    ] + [
        f"F{k + 1},flusher,D1,0,0,10000,2.9,2.4,16,{SHIFTS[k % 2]},60,sanitation\n"
        for k in range(WATER_TRUCKS)
    ]
    (folder / "trucks.csv").write_text(head + "".join(rows), encoding="utf-8")
    lines = [
        f"{number}-{name},{name},{number},{category}\n"
        for number, category, names in STREETS
        for name in names
    ]
    text = "street_id,osm_class,cleaning_class,category\n" + "".join(lines)
    (folder / "streets.csv").write_text(text, encoding="utf-8")
    head = "cleaning_class,template,frequency,window_start,window_end,no_work_start,no_work_end,"
    head += "no_work2_start,no_work2_end\n"
    text = "".join(
        f"{number},three_in_one,1/week,04:00,29:00,07:00,09:00,16:00,18:00\n"
        for number, _, _ in STREETS
    )
    (folder / "programmes.csv").write_text(head + text, encoding="utf-8")
    for name in ("weather.csv", "cases.csv", "fill.csv"):
        (folder / name).unlink(missing_ok=True)
    return folder


def prove(
    osm: Path,
    folder: Path,
    stop: Callable[[], Stop],
    plain: Plain,
    *,
    week: str = "2024-W48",
    say: Say,
    progress: Progress,
    options: Options,
) -> Proof:
    """Plan and audit the week, and compare what is driven without work with a plain plan."""
    done = sweep_and_write(
        proof_city(osm, folder), week, stop, say=say, progress=progress, options=options
    )
    worked = ours = ruled = 0
    free = 0.0
    legs = Counter(dict.fromkeys(LEGS, 0))
    for day in done.days:
        say(f"plain postman tours of {day.date}")
        driven = evaluate_plan(day.posed.problem, day.plan).driven
        own_worked, own = driven_m(day.posed.problem, driven)
        worked += own_worked
        ours += own
        for route in driven:
            legs.update(deadhead_by_leg(day.posed.problem, route))
        vehicles = day.posed.problem.vehicles
        chains, members, teams = _worked_chains(day)
        if not chains:
            continue
        districts = _districts(day.posed, chains, teams)
        tours = plain(
            day.network,
            day.posed.metrics[0].weights,
            [_runs(day.posed, district) for district in districts],
            [(v.tank_l, v.capacity_kg) for v in (vehicles[i] for i in members)],
            _places(day.posed, members[0]),
        )
        free += sum(tour.deadhead_m for tour in tours)
        for district, tour in zip(districts, tours, strict=True):
            for nth, vehicle in enumerate(members):
                tasks = [district[run].tasks[nth] for run in tour.order]
                ruled += by_the_rules_m(day.posed.problem, vehicle, tasks)
    return Proof(done, worked, ours, ruled, free, legs)


def by_the_rules_m(problem: Problem, vehicle: int, tasks: Sequence[int]) -> int:
    """Return what a vehicle drives besides its work if it does tasks in a given order, in metres.

    It drives by the rules of turns, leaves for water or unloading when it must, to where the detour
    is least, and comes home empty.
    """
    truck = problem.vehicles[vehicle]
    length = problem.length_m[truck.profile]
    water = [f.location for f in problem.facilities if f.refills]
    stations = [f.location for f in problem.facilities if SWEEPINGS in f.streams]
    place, driven, used_l, load_kg = truck.start, 0, 0, 0

    def by(sites: Sequence[int], goal: int) -> int:
        detours = length[place, sites] + length[sites, goal]
        best = int(np.argmin(detours))
        nonlocal driven
        driven += int(length[place, sites[best]])
        return sites[best]

    for idx in tasks:
        task = problem.tasks[idx]
        mode = task.modes[0]
        if used_l + task.water_l > truck.tank_l:
            place, used_l = by(water, mode.entry), 0
        if load_kg + task.mass_kg > truck.capacity_kg:
            place, load_kg = by(stations, mode.entry), 0
        driven += int(length[place, mode.entry])
        place, used_l, load_kg = mode.exit, used_l + task.water_l, load_kg + task.mass_kg
    if load_kg:
        place = by(stations, truck.end)
    return driven + int(length[place, truck.end])


def deadhead_by_leg(problem: Problem, route: Driven) -> dict[str, int]:
    """Return the metres of a route's legs by the kind of place at their ends, each leg once.

    A leg from or to the depot counts there, any other one from or to a facility with that.
    """
    steps = [t.step for t in route.timings if t.step.kind in ("task", "facility")]
    metres = [t.leg_m for t in route.timings if t.step.kind in ("task", "facility")]
    ranks = [0, *(_rank(problem, step) for step in steps), 0]
    found: Counter[str] = Counter()
    for (before, after), leg_m in zip(pairwise(ranks), [*metres, route.home_m], strict=True):
        found[LEGS[min(before, after)]] += leg_m
    return dict(found)


def _rank(problem: Problem, step: Step) -> int:
    """Return the kind of place of a step, by its position among `LEGS`."""
    if step.kind == "task":
        return 3
    return 2 if problem.facilities[step.idx].refills else 1


def driven_m(problem: Problem, routes: Sequence[Driven]) -> tuple[int, int]:
    """Return metres worked and metres driven besides."""
    worked = sum(
        problem.tasks[t.step.idx].modes[t.step.mode].length_m
        for route in routes
        for t in route.timings
        if t.step.kind == "task"
    )
    return worked, sum(route.length_m for route in routes) - worked


def _worked_chains(day: DayPlan) -> tuple[list[Chain], tuple[int, ...], int]:
    """Return the chains that are worked, the vehicles of one convoy, and how many convoys are."""
    who = {
        step.idx: route.vehicle
        for route in day.plan.routes
        for step in route.steps
        if step.kind == "task"
    }
    chains = [c for c in chains_of(day.posed.sources) if all(t in who for t in c.tasks)]
    teams = {tuple(who[t] for t in c.tasks) for c in chains}
    return chains, min(teams, default=()), len(teams)


def _runs(posed: DayProblem, chains: Sequence[Chain]) -> District:
    """Return the runs of chains with what each pass takes there."""
    tasks = posed.problem.tasks
    return [
        (
            posed.sources[c.tasks[0]].modes[0].arcs,  # type: ignore[union-attr]
            tuple((tasks[t].water_l, tasks[t].mass_kg) for t in c.tasks),
        )
        for c in chains
    ]


def _places(posed: DayProblem, vehicle: int) -> tuple[list[int], list[int], list[int]]:
    """Return the junctions at which depot, water points and stations are left."""
    facilities = posed.problem.facilities

    def junction(location: int) -> int:
        return int(posed.network.arc_head[posed.arc[location]])

    return (
        [junction(posed.problem.vehicles[vehicle].start)],
        [junction(f.location) for f in facilities if f.refills],
        [junction(f.location) for f in facilities if SWEEPINGS in f.streams],
    )


def _districts(posed: DayProblem, chains: list[Chain], count: int) -> list[list[Chain]]:
    """Return the chains in as many districts as there are convoys, alike in work."""
    if count <= 1 or len(chains) <= 1:
        return [chains]
    sources = [posed.sources[c.tasks[0]] for c in chains]
    places = np.array([(s.lon, s.lat) for s in sources])
    work = np.array([posed.problem.tasks[c.tasks[0]].modes[0].length_m for c in chains])
    order = np.argsort(places[:, int(np.argmax(np.ptp(places, axis=0)))], kind="stable")
    share = (count // 2) / count
    cut = int(np.searchsorted(np.cumsum(work[order]), share * work.sum())) + 1
    cut = min(max(1, cut), len(chains) - 1)
    first, second = [chains[i] for i in order[:cut]], [chains[i] for i in order[cut:]]
    half = count // 2
    return [*_districts(posed, first, half), *_districts(posed, second, count - half)]
