"""The hauls of a day, planned when it is known what collectors bring to each station, and when.

Loads of a transfer truck become tasks of the same model, and transfer trucks its vehicles. They
are planned around the bays that the others have booked and the tonnage that they have used up, and
joined to the rest: one plan of one problem, which `solvers.evaluate` judges as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from routing.errors import InfeasibleError
from scenarios.city import Settings
from scenarios.cleaning.linked import Search, routes_of
from scenarios.day import HAULER, DueFacility, half_up, hauled_streams, price_of
from scenarios.hauling.loads import Delivery, Load, Stock, portions_of, stock_of, window_of
from scenarios.problem import DayProblem
from solvers.bound import lower_bound
from solvers.cut import cut
from solvers.evaluate import Driven, Evaluation, evaluate_plan
from solvers.plan import Plan, Route, Unserved
from solvers.problem import Facility, Mode, Problem, Task, Vehicle
from solvers.solve import Options, silent, solve
from solvers.stop import MaxIterations

STEPS, STEPS_A_LOAD = 500, 20
"""Iterations of the search for hauls, at least and for each load: problems of a few dozen tasks."""
PRIORITY = 1
"""Leaving a load at its station counts as leaving out as much at the least important point."""


def plan_hauls(
    posed: DayProblem, plan: Plan, settings: Settings, search: Search
) -> tuple[DayProblem, Plan]:
    """Return the day with its hauls: the problem with loads and transfer trucks, and its plan.

    A load that no truck can take before its station overflows may be taken later; that the station
    overflows is then told in the notes.

    Raises
    ------
    InfeasibleError
        When the plan does not hold its own rules (a fault of the program).
    """
    judged = evaluate_plan(posed.problem, plan)
    loads, stuck = day_loads(posed, judged, settings)
    posed = replace(posed, stuck=tuple(load for load in stuck if not load.may_stay))
    search.say(f"hauls: {len(loads)} loads for {len(posed.haulers)} transfer trucks")
    whole, made = _with_hauls(posed, plan, judged, loads, search)
    behind = _behind(whole, made)
    if behind and not search.stopped:
        late, _ = day_loads(posed, judged, settings, late=behind)
        other, again = _with_hauls(posed, plan, judged, late, search)
        if len(again.unserved) < len(made.unserved):
            whole, made = other, again
    return _judged(whole, made)


def hauled(posed: DayProblem, plan: Plan, settings: Settings, seed: int) -> tuple[DayProblem, Plan]:
    """Return the day with its hauls, searched on one thread; without transfer trucks as it is.

    Raises
    ------
    InfeasibleError
        When the plan does not hold its own rules (a fault of the program).
    """
    if not posed.haulers:
        return posed, plan
    search = Search(MaxIterations(0), seed, "native", silent, Options(1, 1), lambda text: None)
    return plan_hauls(posed, plan, settings, search)


def _behind(posed: DayProblem, plan: Plan) -> set[str]:
    """Return the loads left out that had to be gone before their station overflows."""
    left = (posed.sources[u.task] for u in plan.unserved)
    return {one.task_id for one in left if isinstance(one, Load) and one.overflow_s is not None}


def day_loads(
    posed: DayProblem,
    judged: Evaluation,
    settings: Settings,
    late: Collection[str] = (),
) -> tuple[list[Load], list[Load]]:
    """Return the loads of all stations, and those that no truck can take before the gate closes.

    Those named ``late`` may leave after an overflow.
    """
    loads: list[Load] = []
    stuck: list[Load] = []
    for station in posed.facilities:
        if station.haul is None:
            continue
        haul, streams = station.haul, hauled_streams(station)
        carried = (_load_kg(posed.haulers, s, settings) for s in streams)
        sizes = {
            s: min(kg, haul.storage_kg) for s, kg in zip(streams, carried, strict=True) if kg > 0
        }
        portions = portions_of(
            deliveries_of(posed, judged.driven, station.facility_id),
            haul.storage_kg,
            sizes,
            haul.clear_daily,
        )
        for number, portion in enumerate(portions, 1):
            task_id = f"{station.facility_id}>{haul.to}/{number}"
            hours = (station.open_s, station.close_s)
            window = window_of(portion, hours, haul.load_s, late=task_id in late)
            (stuck if window is None else loads).append(
                Load(
                    task_id=task_id,
                    station_id=station.facility_id,
                    name=station.name,
                    lon=station.lon,
                    lat=station.lat,
                    to=haul.to,
                    stream=portion.stream,
                    mass_kg=portion.mass_kg,
                    volume_l=_litres(portion.mass_kg, portion.stream, settings),
                    service_s=haul.load_s,
                    window=window,
                    overflow_s=portion.overflow_s,
                    daily=portion.stream in haul.clear_daily,
                    price=price_of(settings, portion.mass_kg, PRIORITY),
                )
            )
    return loads, stuck


def _load_kg(haulers: Sequence[Vehicle], stream: str, settings: Settings) -> int:
    """Return what each of the trucks that carry a stream can take of it; 0 if none carries it."""
    density = settings.density_in_bin[stream]
    takes = [
        min(v.capacity_kg, int(v.capacity_l[stream] * density / 1000))
        for v in haulers
        if stream in v.capacity_l
    ]
    return min(takes, default=0)


def _litres(mass_kg: int, stream: str, settings: Settings) -> int:
    return half_up(1000 * mass_kg / settings.density_in_bin[stream])


def deliveries_of(posed: DayProblem, driven: Iterable[Driven], station_id: str) -> list[Delivery]:
    """Return what is put down at a station, by stream."""
    return [
        Delivery(timing.begin_s, timing.end_s, stream, kg)
        for route in driven
        for timing in route.timings
        if timing.put_down_kg and posed.facilities[timing.step.idx].facility_id == station_id
        for stream, kg in timing.put_down_kg.items()
        if kg
    ]


def stocks(posed: DayProblem, judged: Evaluation) -> dict[str, Stock]:
    """Return the stock of each station from which transfer trucks haul."""
    taken: dict[str, list[Delivery]] = defaultdict(list)
    for route in judged.driven:
        for timing in route.timings:
            source = posed.sources[timing.step.idx] if timing.step.kind == "task" else None
            if isinstance(source, Load):
                taken[source.station_id].append(
                    Delivery(timing.begin_s, timing.end_s, source.stream, source.mass_kg)
                )
    return {
        f.facility_id: stock_of(
            deliveries_of(posed, judged.driven, f.facility_id),
            taken[f.facility_id],
            f.haul.storage_kg,
        )
        for f in posed.facilities
        if f.haul is not None and posed.haulers
    }


def _with_hauls(
    posed: DayProblem, plan: Plan, judged: Evaluation, loads: list[Load], search: Search
) -> tuple[DayProblem, Plan]:
    """Return the day with these loads, and its plan with the routes of the transfer trucks."""
    whole = _with_loads(posed, loads)
    routes, left, iterations = _routes(posed, whole.problem, judged, search)
    # searched for with a price, so that trucks take what they can; what may stay costs nothing
    stays = {u.task - len(posed.sources) for u in left}
    settled = [
        replace(load, price=0) if k in stays and load.may_stay else load
        for k, load in enumerate(loads)
    ]
    whole = _with_loads(posed, settled)
    made = replace(
        plan,
        routes=(*plan.routes, *routes),
        unserved=(*plan.unserved, *left),
        lower_bound=lower_bound(whole.problem),
        iterations=plan.iterations + iterations,
    )
    return whole, made


def _with_loads(posed: DayProblem, loads: Sequence[Load]) -> DayProblem:
    """Return the day's problem with loads as further tasks and transfer trucks as vehicles."""
    problem = posed.problem
    gates = {f.facility_id: f.location for f in problem.facilities}
    tasks = tuple(_as_task(load, gates[load.station_id]) for load in loads)
    ways = sorted({(load.stream, load.to, load.carried_as) for load in loads})
    facilities = tuple(
        replace(f, streams=f.streams | {own for _, to, own in ways if to == f.facility_id})
        for f in problem.facilities
    )
    haulers = tuple(
        replace(v, capacity_l={own: v.capacity_l[s] for s, _, own in ways if s in v.capacity_l})
        for v in posed.haulers
    )
    return replace(
        posed,
        problem=replace(
            problem,
            tasks=(*problem.tasks, *tasks),
            facilities=facilities,
            vehicles=(*problem.vehicles, *haulers),
        ),
        sources=(*posed.sources, *loads),
        trucks=(*posed.trucks, *posed.day.haulers),
    )


def _as_task(load: Load, gate: int) -> Task:
    """Return the loading at a station as a task of a transfer truck."""
    assert load.window is not None  # those without are no tasks
    return Task(
        task_id=load.task_id,
        modes=(Mode(gate, gate, load.service_s),),
        stream=load.carried_as,
        mass_kg=load.mass_kg,
        volume_l=load.volume_l,
        windows=(load.window,),
        price=load.price,
        kinds=frozenset({HAULER}),
    )


def _routes(
    posed: DayProblem, problem: Problem, judged: Evaluation, search: Search
) -> tuple[list[Route], list[Unserved], int]:
    """Return the routes of transfer trucks, the loads left out, and the iterations made."""
    first = len(posed.problem.tasks)
    tasks = range(first, len(problem.tasks))
    if not tasks:
        return [], [], 0
    part = cut(problem, tasks, range(len(posed.problem.vehicles), len(problem.vehicles)))
    visits = [
        (timing.step.idx, timing.begin_s, sum(timing.put_down_kg.values()))
        for route in judged.driven
        for timing in route.timings
        if timing.step.kind == "facility"
    ]
    beside = replace(
        part.problem,
        facilities=tuple(
            _what_is_left(f, [(begin_s, kg) for idx, begin_s, kg in visits if idx == k])
            for k, f in enumerate(part.problem.facilities)
        ),
    )
    steps = 0 if search.stopped else STEPS + STEPS_A_LOAD * len(tasks)
    options = replace(search.options, checkpoint=None, resume=False, target=None, begin=None)
    plan = solve(beside, MaxIterations(steps), search.seed, "native", search.tell, options)
    left = [Unserved(part.tasks[u.task], u.reason, u.proof) for u in plan.unserved]
    return routes_of(part, plan.routes), left, plan.iterations


def _what_is_left(facility: Facility, visits: Sequence[tuple[int, int]]) -> Facility:
    """Return a facility beside the visits (begin, kilograms) of all other trucks."""
    booked = tuple(sorted(begin_s for begin_s, _ in visits))
    if facility.capacity_kg is None:
        return replace(facility, booked=booked)
    left_kg = max(0, facility.capacity_kg - sum(kg for _, kg in visits))
    return replace(facility, capacity_kg=left_kg, booked=booked)


def _judged(posed: DayProblem, plan: Plan) -> tuple[DayProblem, Plan]:
    """Return the day with notes on its stations, and the plan with its cost, both judged."""
    judged = evaluate_plan(posed.problem, plan)
    by_station = stocks(posed, judged)
    faults = [
        *judged.violations,
        *(
            f"{name}: {stream} loaded at {moment} s that is not there"
            for name, stock in by_station.items()
            for moment, stream in stock.short
        ),
    ]
    if faults:
        raise InfeasibleError("\n".join(["the plan found breaks its own rules:", *faults]))
    notes = [
        note
        for station in posed.facilities
        if station.facility_id in by_station
        for note in _station_notes(station, by_station[station.facility_id])
    ]
    return replace(posed, notes=(*posed.notes, *notes)), replace(plan, cost=judged.cost)


def _station_notes(station: DueFacility, stock: Stock) -> list[str]:
    """Return what a dispatcher has to know of a station: overflows, and what nobody takes away."""
    assert station.haul is not None
    notes = [
        f"{station.facility_id} overflows from {_clock(since)}"
        + (f" to {_clock(until)}" if until >= 0 else " on")
        + f": {most_kg} kg lie there, it holds {stock.storage_kg} kg"
        for since, until, most_kg in stock.overflows
    ]
    stuck = sorted(set(stock.left_kg) - set(hauled_streams(station)))
    if stuck:
        what = ", ".join(f"{stock.left_kg[s]} kg of {s}" for s in stuck)
        notes.append(
            f"{station.facility_id}: {what} stay, since {station.haul.to} does not accept it"
        )
    return notes


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
