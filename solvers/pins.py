"""Tasks that are under way or promised: what every plan keeps of them.

A pin to a vehicle, or to a moment, is laid into the problem that is searched: only that vehicle has
the kind that may serve the task, its windows are cut, and leaving it out costs more than all the
rest together. The order of a route's first tasks is held by the search itself. A pin that cannot be
held is an error that names it; it is never given up in silence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from routing.errors import InfeasibleError
from solvers.plan import Plan
from solvers.problem import DAY_END_S, Pin, Problem, Task, Vehicle

KIND = "{} of {}"
"""Kind under which a vehicle with pins is searched: no other has it."""


def first_tasks(problem: Problem) -> dict[int, list[int]]:
    """Return by vehicle the tasks that stand first on its route, in order."""
    found: dict[int, list[Pin]] = defaultdict(list)
    for pin in problem.pins:
        if pin.vehicle is not None and pin.place is not None:
            found[pin.vehicle].append(pin)
    return {
        vehicle: [pin.task for pin in sorted(pins, key=_place)]
        for vehicle, pins in sorted(found.items())
    }


def _place(pin: Pin) -> int:
    return -1 if pin.place is None else pin.place


def with_pins_laid_in(problem: Problem) -> Problem:
    """Return the problem in which kinds, windows and prices hold what pins ask for, but for orders.

    Raises
    ------
    InfeasibleError
        When pins contradict one another or the rules; all faults at once.
    """
    faults = list(_faults(problem))
    if faults:
        raise InfeasibleError("\n".join(faults))
    if not problem.pins:
        return problem
    own = sorted({pin.vehicle for pin in problem.pins if pin.vehicle is not None})
    trucks = {v: problem.vehicles[v] for v in own}
    kind_of = {v: KIND.format(truck.kind, truck.vehicle_id) for v, truck in trucks.items()}
    price = sum(task.price for task in problem.tasks) + _dearest_day(problem)
    kinds = {task.kinds: _with_own(task.kinds, trucks, kind_of) for task in problem.tasks}
    tasks = [replace(task, kinds=kinds[task.kinds]) for task in problem.tasks]
    for pin in problem.pins:
        task = replace(tasks[pin.task], price=price)
        if pin.vehicle is not None:
            task = replace(task, kinds=frozenset({kind_of[pin.vehicle]}))
        if pin.begin is not None:
            task = replace(task, windows=_cut(task, pin.begin))
        tasks[pin.task] = task
    vehicles = [replace(v, kind=kind_of.get(k, v.kind)) for k, v in enumerate(problem.vehicles)]
    orders = tuple(replace(pin, begin=None) for pin in problem.pins if pin.place is not None)
    return replace(problem, tasks=tuple(tasks), vehicles=tuple(vehicles), pins=orders)


def _dearest_day(problem: Problem) -> int:
    """Return what no route of one truck costs: two days under way at 100 km/h."""
    hours = DAY_END_S // 3600
    return max(
        (v.fixed_cost + 2 * hours * v.cost_h + 100 * hours * v.cost_km for v in problem.vehicles),
        default=0,
    )


def _with_own(
    kinds: frozenset[str], trucks: dict[int, Vehicle], kind_of: dict[int, str]
) -> frozenset[str]:
    """Return kinds of vehicles with the new kinds of those that are of them."""
    return kinds | {kind_of[v] for v, truck in trucks.items() if truck.kind in kinds}


def _cut(task: Task, begin: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    windows = task.windows or (begin,)
    both = [(max(early, begin[0]), min(late, begin[1])) for early, late in windows]
    return tuple((early, late) for early, late in both if early <= late)


def _faults(problem: Problem) -> Iterator[str]:
    """Yield a line for each pin that cannot be held whatever the plan."""
    times = Counter(pin.task for pin in problem.pins)
    grouped = {task for group in problem.groups for task in group.tasks}
    for pin in problem.pins:
        if not 0 <= pin.task < len(problem.tasks):
            yield f"pin of task number {pin.task}: expected 0 to {len(problem.tasks) - 1}"
            continue
        if pin.vehicle is not None and not 0 <= pin.vehicle < len(problem.vehicles):
            yield f"pin of vehicle number {pin.vehicle}: expected 0 to {len(problem.vehicles) - 1}"
            continue
        task = problem.tasks[pin.task]
        what = f"pin of {task.task_id}"
        if times[pin.task] > 1:
            yield f"{what}: pinned {times[pin.task]} times; expected once"
        if pin.task in grouped:
            yield f"{what}: it is one of several visits whose days are chosen together"
        if pin.place is not None and pin.vehicle is None:
            yield f"{what}: a place in the order without a vehicle"
        if pin.vehicle is not None and not problem.may_serve(problem.vehicles[pin.vehicle], task):
            yield f"{what}: {problem.vehicles[pin.vehicle].vehicle_id} may not serve it"
        if pin.begin is not None and not _cut(task, pin.begin):
            early, late = pin.begin
            yield f"{what}: begin between {early} and {late} s lies in none of its windows"
    yield from _order_faults(problem)


def _order_faults(problem: Problem) -> Iterator[str]:
    places: dict[int, list[int]] = defaultdict(list)
    for pin in problem.pins:
        if pin.vehicle is not None and pin.place is not None:
            places[pin.vehicle].append(pin.place)
    for vehicle, given in sorted(places.items()):
        if sorted(given) != list(range(len(given))) and vehicle < len(problem.vehicles):
            yield (
                f"pins of {problem.vehicles[vehicle].vehicle_id}: places {sorted(given)}; expected"
                f" each of 0 to {len(given) - 1} once"
            )


def refuse_left_out(problem: Problem, plan: Plan) -> None:
    """Raise if a plan leaves a pinned task out.

    Raises
    ------
    InfeasibleError
        With a line for each of them: what stops it, as often as it was tried.
    """
    pinned = {pin.task: pin for pin in problem.pins}
    lines = []
    for left in plan.unserved:
        if left.task in pinned:
            pin = pinned[left.task]
            truck = "" if pin.vehicle is None else problem.vehicles[pin.vehicle].vehicle_id
            tried = ", ".join(f"{word} {times} times" for word, times in left.proof.items())
            lines.append(
                f"pin of {problem.tasks[left.task].task_id}{f' to {truck}' if truck else ''} cannot"
                f" be held: {left.reason} (tried: {tried or 'nothing was possible'}); loosen it, or"
                " another pin of that truck"
            )
    if lines:
        raise InfeasibleError("\n".join(lines))
