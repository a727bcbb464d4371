"""A city and a date to the day's plan: the whole way, stage by stage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.cache import load_or_build, load_or_build_roads
from routing.network import Network
from routing.profiles import Weights, weigh
from routing.roads import Roads
from scenarios.access import AccessGroup
from scenarios.city import City
from scenarios.cleaning.linked import Search, is_linked, solve_linked
from scenarios.cleaning.stored import STREETS, stored_week, streets_only
from scenarios.cleaning.work import Due, by_frequency
from scenarios.compounds import let_in
from scenarios.corridors import truck_groups
from scenarios.day import Day, plan_day
from scenarios.hauling.hauls import plan_hauls
from scenarios.laden import without_stuck_loads
from scenarios.periodic.stored import stored_visits
from scenarios.periodic.usual import handed_over, priced, true_plan
from scenarios.periods import cut_windows, lay_travel, shut_hours
from scenarios.pins import (
    both_promises,
    given_routes,
    kept_promises,
    split_convoys,
    table_promises,
    with_promises,
)
from scenarios.places import refuse_mistaken_places
from scenarios.problem import DayProblem, build_day_problem
from scenarios.risk.reserve import reserved
from scenarios.risk.spread import Spread, checked_share, spread_of
from scenarios.schema import STREET_TRUCKS
from scenarios.street_tasks import StreetTask, street_tasks
from solvers.plan import Plan
from solvers.solve import ALONE, Options, Progress, silent, solve
from solvers.stop import Stop
from solvers.warmup import compile_ahead, warm_up

Say = Callable[[str], None]


@dataclass(frozen=True)
class DayPlan:
    """What a run leaves: the streets, the problem that was posed on them, and the plan found."""

    date: dt.date
    network: Network
    posed: DayProblem
    plan: Plan
    seed: int


def load_network(city: City, say: Say) -> Network:
    """Return the city's streets from the cache, or read and cache them."""
    network, cached = load_or_build(
        city.osm, drive_on_right=city.settings.drive_on_right, progress=say
    )
    say(f"streets: {network.num_arcs:,} pieces{' (from the cache)' if cached else ''}")
    return network


def prepare_day(
    city: City, date: dt.date, network: Network, say: Say, roads: Roads | None = None
) -> DayProblem:
    """Return the solver's problem for a date, with all that its record needs.

    ``roads`` are the network's own where they are loaded already.
    """
    refuse_mistaken_places(city, network)
    visits, visit_notes = stored_visits(city, date)
    day = plan_day(city, date, visits)
    say(f"due: {len(day.stops)} stops, {len(day.trucks)} trucks")
    week, week_notes = stored_week(city, network, date)
    mark = "" if week is None else week.mark
    day = replace(day, notes=(*day.notes, *visit_notes, *week_notes), week=mark)
    return pose_day(city, day, network, by_frequency if week is None else week.due, say, roads)


def street_day(city: City, date: dt.date, mark: str = "") -> Day:
    """Return a day without its stops: street work alone, by the vehicles that do such work."""
    day = plan_day(streets_only(city), date)
    trucks = tuple(t for t in day.trucks if t.kind in STREET_TRUCKS)
    return replace(day, trucks=trucks, haulers=(), week=mark, scope=STREETS)


def pose_day(
    city: City, day: Day, network: Network, due: Due, say: Say, roads: Roads | None = None
) -> DayProblem:
    """Return the solver's problem for a day whose runs of street are due as ``due`` says."""
    crew = replace(day, trucks=(*day.trucks, *day.haulers))
    groups, access_notes = truck_groups(city, network, crew)
    weights = [weigh(network, g.profile, g.blocked) for g in groups]
    streets, street_notes = due_streets(city, day, network, groups, weights, due)
    say(f"street runs to sweep: {len(streets)}")
    notes = [*city.warnings, *day.notes, *access_notes, *street_notes]
    roads = roads or load_or_build_roads(network, progress=say)
    say(f"laying the limits of {len(weights)} kinds of truck over the streets")
    travel = lay_travel(roads, groups, weights, let_in(groups, crew.trucks))
    posed = build_day_problem(city, day, network, groups, travel, streets, notes, say)
    return without_stuck_loads(posed)


def due_streets(
    city: City,
    day: Day,
    network: Network,
    groups: list[Any],
    weights: list[Weights],
    due: Due = by_frequency,
    apart: NDArray[np.bool_] | None = None,
) -> tuple[list[StreetTask], list[str]]:
    """Return the day's street tasks on the pieces that the smallest of the trucks may drive.

    Pieces ``apart`` are never in one run with others.
    """
    kinds = {one.vehicle_kind for work in day.street_work for one in work.passes}
    trucks = {t.truck_id for t in day.trucks if t.kind in kinds}
    pairs = [(g, w) for g, w in zip(groups, weights, strict=True) if trucks & set(g.truck_ids)]
    used = [w for _, w in pairs]
    if not used:
        missing = ", ".join(sorted(kinds))
        return [], [f"no {missing} is on shift: no street is swept"] if kinds else []
    widest = max(used, key=lambda w: int(np.count_nonzero(w.routable)))
    tasks, notes = street_tasks(network, widest, day, city, due=due, apart=apart)
    return _while_open(tasks, [g for g, _ in pairs], notes)


def _while_open(
    tasks: list[StreetTask], groups: Sequence[AccessGroup], notes: list[str]
) -> tuple[list[StreetTask], list[str]]:
    """Return the runs, each worked only while its street is open, without those that never are.

    Where a pass of a run cannot be worked, none is.
    """
    windows = {}
    closed: set[str] = set()
    chain: dict[str, str] = {}
    for task in tasks:
        chain[task.task_id] = chain[task.follows] if task.follows else task.task_id
        shut = shut_hours(groups, task.modes[0].arcs)
        if shut:
            longest = max(mode.service_s for mode in task.modes)
            windows[task.task_id] = cut_windows(task.windows, shut, longest)
            if not windows[task.task_id]:
                closed.add(chain[task.task_id])
    if closed:
        text = "street runs are closed in all hours in which they may be worked, such as"
        notes = [*notes, f"{len(closed)} {text} {min(closed)}"]
    kept = [task for task in tasks if chain[task.task_id] not in closed]
    return [replace(t, windows=windows.get(t.task_id, t.windows)) for t in kept], notes


@dataclass(frozen=True)
class Before:
    """An earlier plan as its record, and the moment before which all work in it stays as it is."""

    record: Mapping[str, Any]
    until_s: int = 0


@dataclass(frozen=True)
class Reserve:
    """With which probability a load shall fit, and how the waste of points varies."""

    safety: float
    spread: Spread


def solve_day(
    posed: DayProblem, search: Search, unfamiliar: int = 0, reserve: Reserve | None = None
) -> Plan:
    """Return the plan of a day's problem, passes that are linked in step with one another.

    Where a stored week says which truck usually visits a point, trucks that are alike hand their
    routes over to it, and a visit by another truck costs ``unfamiliar`` thousandths in the search.
    That price is no part of the plan's cost. With a reserve the search sees more waste than there
    is on average; the plan has the average.
    """
    usual = posed.day.usual
    seen = posed
    if reserve is not None:
        seen = replace(posed, problem=reserved(posed, reserve.spread, reserve.safety))
    dearer = priced(seen, usual, unfamiliar) if usual and unfamiliar else None
    seen = seen if dearer is None else replace(seen, problem=dearer)
    if is_linked(posed):
        plan = solve_linked(seen, search)
    else:
        rules = search.solver, search.tell, search.options
        plan = solve(seen.problem, search.stop, search.seed, *rules)
    if seen is not posed:
        plan = true_plan(posed.problem, plan)
    return handed_over(posed, plan, usual) if usual else plan


def with_safety(posed: DayProblem, reserve: Reserve) -> DayProblem:
    """Return a day whose record says with what reserve it is planned."""
    spread = reserve.spread
    how = "weighings" if spread.estimated else "the setting"
    note = (
        f"planned so that a load fits on {reserve.safety:.1%} of days: demand varies by"
        f" {spread.declared.cv:g} where points were not weighed ({len(spread.of_point)} were),"
        f" correlation {spread.correlation:.2f} by {how}"
    )
    day = replace(posed.day, safety=reserve.safety)
    return replace(posed, day=day, notes=(*posed.notes, note))


def run_day(
    city: City,
    date: dt.date,
    stop: Callable[[], Stop],
    *,
    seed: int | None = None,
    solver: str = "native",
    say: Say = lambda text: None,
    progress: Progress = silent,
    options: Options = ALONE,
    safety: float | None = None,
    before: Before | None = None,
) -> DayPlan:
    """Return the plan of one day.

    Parameters
    ----------
    stop
        Makes the stopping rule when the solver begins, so that reading maps costs no solving time.
    seed
        The city's own seed where it is None.
    safety
        With which probability a load shall fit; None plans for mean waste.
    before
        An earlier plan to begin with, and how much of it stays.

    Raises
    ------
    InputError
        When the safety is not between 0 and 1, or what is promised is not due.
    InfeasibleError
        When what is promised cannot be held.
    """
    reserve = None if safety is None else Reserve(checked_share(safety), spread_of(city))
    compile_ahead()
    network = load_network(city, say)
    posed = prepare_day(city, date, network, say)
    if reserve is not None:
        posed = with_safety(posed, reserve)
    promises = table_promises(city, date)
    if before is not None:
        kept, left = split_convoys(posed, kept_promises(before.record, before.until_s))
        promises = both_promises(promises, kept)
        if left:
            note = (
                f"{left} passes of convoys do not stay as in the earlier plan: they are timed anew"
            )
            posed = replace(posed, notes=(*posed.notes, note))
        options = replace(options, begin=given_routes(before.record))
    posed = with_promises(posed, promises)
    if promises:
        say(f"promised: {len(promises)} stops and street runs")
    warm_up(say)
    chosen = city.settings.seed if seed is None else seed
    price = round(1000 * city.settings.price_unfamiliar)
    search = Search(stop(), chosen, solver, progress, options, say)
    plan = solve_day(posed, search, price, reserve)
    if posed.haulers:
        posed, plan = plan_hauls(posed, plan, city.settings, search)
    return DayPlan(date, network, posed, plan, chosen)
