"""Routes under construction, exact at every moment: a thin class over the kernels."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.errors import InfeasibleError
from solvers._kernels.booking import book, total_cost
from solvers._kernels.decode import decode as decode_kernel
from solvers._kernels.exact import Exact
from solvers._kernels.insertion import best_insertion
from solvers._kernels.model import (
    AFTER_MEAL,
    BEGIN,
    CAME,
    CHANGED,
    COST,
    END_MODE,
    FAILED_AT,
    FEASIBLE,
    FIRST_MODE,
    KEPT,
    LAST_CAME,
    LAST_LABEL,
    LAST_RESTED,
    NEVER,
    REPLAY,
    RESTED,
    SET_OUT,
    START,
    TASK,
    VISIT,
    VISITS,
    Bookings,
    Model,
)
from solvers.arrays import build_model, count_codes, empty_bookings, empty_routes, new_scratch
from solvers.pins import first_tasks
from solvers.plan import Route, Step
from solvers.problem import Problem

MOST_UNLOADINGS = 5000
"""Ways to unload that are tried for pins which bays and tonnage stop."""


class _CrossedError(InfeasibleError):
    """What a truck must do does not hold beside what the trucks sent out before it must."""

    def __init__(self, vehicle: int, words: str) -> None:
        super().__init__(words)
        self.vehicle = vehicle


class Roster:
    """All vehicles' sequences with their bookings; every change keeps the bays consistent.

    ``present`` routes, by vehicle as `load` takes them, tell for a part of a problem by which modes
    and visits it holds now what must go whatever the plan: found anew, one truck after the other,
    that might not fit into what the other parts have left.
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        model: Model | None = None,
        present: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        self.problem = problem
        self.model = build_model(problem) if model is None else model
        self.scratch = new_scratch(self.model)
        self.routes = empty_routes(self.model)
        self.bookings = self._no_bookings()
        self.seed: NDArray[np.uint64] = np.asarray(
            [(seed * 0x9E3779B97F4A7C15 + 0x1234567) % (1 << 64) or 1], dtype=np.uint64
        )
        self._has_best = False
        self._best = empty_routes(self.model)
        self._best_bookings = self._no_bookings()
        pinned = first_tasks(problem)
        now = present or {}
        self.pinned = {
            v: self._present_modes(now.get(v, ()), tasks) or self._pinned_modes(v, tasks)
            for v, tasks in pinned.items()
        }
        self._pinned_tasks = {t for tasks in pinned.values() for t in tasks}
        must = [v for v, x in enumerate(problem.vehicles) if v in pinned or x.starts_loaded]
        self._must = {v: list(now[v]) for v in must if now.get(v)}
        self._ahead: list[int] = []
        self._send_out()

    def _present_modes(self, sequence: Sequence[int], tasks: Sequence[int]) -> list[int]:
        """Return by which modes a route begins with these tasks; nothing if it does not."""
        modes = [step for step in sequence if step >= 0][: len(tasks)]
        return modes if [int(self.model.mode[m, TASK]) for m in modes] == list(tasks) else []

    def _pinned_modes(self, vehicle: int, tasks: Sequence[int]) -> list[int]:
        """Return the tasks that stand first on a vehicle's route, in modes that hold together.

        Raises
        ------
        InfeasibleError
            When there are none: these tasks alone are too much for it.
        """
        sequence: list[int] = []
        for task in tasks:
            first, end = (int(x) for x in self.model.task[task, [FIRST_MODE, END_MODE]])
            tried = [
                (int(self.scratch.result[COST]), mode)
                for mode in range(first, end)
                if self.decode(vehicle, [*sequence, mode]) == FEASIBLE
            ]
            if not tried:
                truck = self.problem.vehicles[vehicle].vehicle_id
                names = ", ".join(self.problem.tasks[t].task_id for t in tasks)
                raise InfeasibleError(
                    f"pins of {truck}: no way is found to serve {names} in this order, up to"
                    f" {self.problem.tasks[task].task_id}, even alone; loosen a pin or its time"
                )
            sequence.append(min(tried)[1])
        return sequence

    def _send_out(self) -> None:
        """Send out who goes whatever the plan: pinned tasks first, then loads aboard.

        A truck that finds bays taken goes before all others in the next try.
        """
        while True:
            try:
                self.load(self.pinned | self._must)
                self._send_loads()
                break
            except _CrossedError as fault:
                if fault.vehicle in self._ahead:
                    raise
                self._ahead.insert(0, fault.vehicle)
                self._blank()

    def _send_loads(self) -> None:
        """Let each truck with a load aboard from the start put it down, if it does nothing else.

        Raises
        ------
        _CrossedError
            When it cannot, alone or beside those sent out before.
        """
        vehicles, busy = self.problem.vehicles, self.pinned | self._must
        laden = [v for v, x in enumerate(vehicles) if x.starts_loaded and v not in busy]
        for vehicle in sorted(laden, key=self._turn):
            truck = vehicles[vehicle]
            if self._book(vehicle) != FEASIBLE:
                crowded = bool(self.routes.num_visits.any())
                beside = " beside those that other trucks must" if crowded else ""
                raise _CrossedError(
                    vehicle,
                    f"vehicle {truck.vehicle_id} cannot put down the {truck.loaded_kg} kg of"
                    f" {truck.loaded_stream} that are aboard at the start{beside}: no facility"
                    " takes them in its shift",
                )

    def _turn(self, vehicle: int) -> tuple[int, int]:
        """Return the place of a vehicle in the order in which they are sent out."""
        late = len(self._ahead)
        return self._ahead.index(vehicle) if vehicle in self._ahead else late, vehicle

    def _no_bookings(self) -> Bookings:
        return empty_bookings(self.model, [f.booked for f in self.problem.facilities])

    @property
    def cost(self) -> int:
        """Cost of all routes and prices of what is left out, thousandths."""
        return int(total_cost(self.model, self.routes))

    @property
    def unserved(self) -> list[int]:
        """Tasks that no route serves, by index."""
        return [int(t) for t in np.flatnonzero(self.routes.route_of < 0)]

    def insert(self, task: int) -> bool:
        """Put a task where it adds least; return whether there was a place worth its price."""
        added = best_insertion(
            self.model,
            self.bookings,
            self.scratch,
            self.routes,
            task,
            self.seed,
            0.0,
            count_codes(),
        )
        return bool(added < NEVER)

    def insert_all(self, tasks: Iterable[int]) -> None:
        """Insert tasks in the given order; those without a place stay out."""
        for task in tasks:
            self.insert(task)

    def load(self, sequences: Mapping[int, Sequence[int]]) -> None:
        """Take over sequences of mode indices and facility visits (-f - 1) by vehicle.

        What does not fit a route exactly, because a queue or a driving rest makes it late, is taken
        out again from the step that failed backwards, and is offered to all routes at the end.
        """
        late: list[int] = []
        for vehicle, sequence in sorted(sequences.items(), key=self._pinned_first):
            late += self._load_route(vehicle, list(sequence))
        self.insert_all(late)

    def _pinned_first(self, item: tuple[int, Sequence[int]]) -> tuple[bool, int, int]:
        return item[0] not in self.pinned, *self._turn(item[0])

    def replace(self, vehicles: Iterable[int], sequences: dict[int, list[int]]) -> None:
        """Empty some vehicles' routes and load other sequences into them."""
        for vehicle in vehicles:
            self._take_off(vehicle)
        self.load(sequences)
        self.insert_all(self.unserved)

    def _take_off(self, vehicle: int) -> None:
        self.routes.route_of[self.routes.route_of == vehicle] = -1
        self._write(vehicle, [])
        self._book(vehicle)

    def _load_route(self, vehicle: int, sequence: list[int]) -> list[int]:
        dropped: list[int] = []
        while True:
            self._write(vehicle, sequence)
            if self._book(vehicle) == FEASIBLE:
                return dropped
            failed = min(int(self.scratch.result[FAILED_AT]), len(sequence) - 1)
            while failed >= 0 and (sequence[failed] < 0 or self._is_pinned(sequence[failed])):
                failed -= 1
            if failed < 0:
                self._load_pins(vehicle, sequence)
                return [task for task in dropped if self.routes.route_of[task] < 0]
            task = int(self.model.mode[sequence.pop(failed), TASK])
            self.routes.route_of[task] = -1
            dropped.append(task)

    def _load_pins(self, vehicle: int, sequence: Sequence[int]) -> None:
        """Empty a route whose steps fail, but for its pinned tasks, which may unload elsewhere.

        Raises
        ------
        _CrossedError
            When not even these hold beside the bays of the other trucks.
        """
        tasks = [int(self.model.mode[step, TASK]) for step in sequence if step >= 0]
        self.routes.route_of[tasks] = -1
        for pinned in self._unloading(self.pinned.get(vehicle, [])):
            self._write(vehicle, pinned)
            if self._book(vehicle) == FEASIBLE:
                return
        name = self.problem.vehicles[vehicle].vehicle_id
        raise _CrossedError(
            vehicle,
            f"pins of {name} cannot be held beside those of other trucks: the bays at which"
            " it would unload are taken, or the day's tonnage is; loosen a pin or its time",
        )

    def _unloading(self, sequence: list[int]) -> Iterator[list[int]]:
        """Yield a sequence as it is, then with one and with two given visits to facilities."""
        gaps = range(1, len(sequence) + 1)
        places = [(k, -f - 1) for k in gaps for f in range(len(self.problem.facilities))]
        few = itertools.combinations(places, 1), itertools.combinations(places, 2)
        yield sequence
        for visits in itertools.islice(itertools.chain(*few), MOST_UNLOADINGS):
            found = list(sequence)
            for k, visit in reversed(visits):
                found.insert(k, visit)
            yield found

    def _is_pinned(self, step: int) -> bool:
        return int(self.model.mode[step, TASK]) in self._pinned_tasks

    def _write(self, vehicle: int, sequence: list[int]) -> None:
        self.routes.sequence[vehicle, : len(sequence)] = sequence
        self.routes.size[vehicle] = len(sequence)
        for step in sequence:
            if step >= 0:
                self.routes.route_of[self.model.mode[step, TASK]] = vehicle

    def _book(self, vehicle: int) -> int:
        return int(book(self.model, self.bookings, self.scratch, self.routes, vehicle))

    def sequences(self) -> dict[int, list[int]]:
        """Return the sequence of each vehicle that serves anything."""
        return {
            v: [int(x) for x in self.routes.sequence[v, :size]]
            for v, size in enumerate(self.routes.size)
            if size
        }

    def clear(self) -> None:
        """Empty all routes; the best ones known stay."""
        self._blank()
        self._send_out()

    def _blank(self) -> None:
        _copy_into(tuple(self.routes), tuple(empty_routes(self.model)))
        _copy_into(tuple(self.bookings), tuple(self._no_bookings()))

    def keep_best(self) -> bool:
        """Keep the present routes if none cheaper are known; return whether they were kept."""
        if self._has_best and self.best_cost <= self.cost:
            return False
        self._has_best = True
        _copy_into(tuple(self._best), tuple(self.routes))
        _copy_into(tuple(self._best_bookings), tuple(self.bookings))
        return True

    @property
    def best_cost(self) -> int:
        """Cost of the best routes known, thousandths."""
        return int(total_cost(self.model, self._best))

    def restore_best(self) -> None:
        """Go back to the best routes known."""
        _copy_into(tuple(self.routes), tuple(self._best))
        _copy_into(tuple(self.bookings), tuple(self._best_bookings))

    def twin(self, seed: int) -> Roster:
        """Return a roster with the same routes and the same best, which shares the model."""
        other = Roster(self.problem, seed, self.model, self.sequences())
        other.restore(self.state())
        other._has_best = self._has_best
        return other

    def state(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the present and the best routes, by name; they are not copied."""
        groups = {
            "routes": self.routes,
            "bookings": self.bookings,
            "best": self._best,
            "best_bookings": self._best_bookings,
        }
        named = {
            f"{group}.{name}": array
            for group, arrays in groups.items()
            for name, array in arrays._asdict().items()  # type: ignore[attr-defined]
        }
        return named | {"roster.seed": self.seed}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the routes of a roster of the same problem."""
        for name, own in self.state().items():
            np.copyto(own, arrays[name], casting="no")

    def exact(self) -> Exact:
        """Return the arrays with which the native search books its steps in this roster."""
        slots = self.bookings.slot.shape[0] * self.bookings.slot.shape[1]
        return Exact(
            self.model,
            self.bookings,
            self.scratch,
            self.routes,
            empty_routes(self.model),
            self._best,
            self._best_bookings,
            np.zeros((slots + 1, 3), np.int64),
            np.zeros_like(self.bookings.received),
        )

    def visits(self) -> dict[int, list[int]]:
        """Return the sequence of each vehicle with every visit to a facility in it."""
        return {v: self._calls(v) for v in self.sequences()}

    def calls(self) -> dict[int, list[int]]:
        """Return the same, and the visits of trucks that only put down what they set out with."""
        return {v: self._calls(v) for v in self._under_way()}

    def _calls(self, vehicle: int) -> list[int]:
        return [int(x) for x in self.routes.visits[vehicle, : self.routes.num_visits[vehicle]]]

    def recount(self) -> None:
        """Write anew which vehicle serves each task of the best routes."""
        self._best.route_of[:] = -1
        for vehicle, size in enumerate(self._best.size):
            modes = self._best.sequence[vehicle, :size]
            self._best.route_of[self.model.mode[modes[modes >= 0], TASK]] = vehicle

    def decode(self, vehicle: int, sequence: Sequence[int]) -> int:
        """Return the code of a sequence beside the bookings of all other vehicles."""
        array = np.asarray(sequence, dtype=np.int32)
        return int(
            decode_kernel(self.model, self.bookings, self.scratch, vehicle, array, len(array))
        )

    def _under_way(self) -> list[int]:
        """Return the vehicles that go out, be it only to put down what they set out with."""
        busy = (self.routes.size > 0) | (self.routes.num_visits > 0)
        return [int(v) for v in np.flatnonzero(busy)]

    def tighten(self) -> None:
        """Book each route once more, where that makes it no dearer.

        Another vehicle may have given up a bay that a route waited for.
        """
        for vehicle in self._under_way():
            before = self.cost
            kept, kept_bookings = _copy_of(self.routes), _copy_of(self.bookings)
            visits = self.routes.visits[vehicle, : self.routes.num_visits[vehicle]]
            self._write(vehicle, [int(x) for x in visits])
            if self._book(vehicle) != FEASIBLE or self.cost > before:
                _copy_into(tuple(self.routes), kept)
                _copy_into(tuple(self.bookings), kept_bookings)

    def to_routes(self) -> tuple[Route, ...]:
        """Return every used vehicle's route as it is booked, with breaks and bays made explicit."""
        routes = []
        self.scratch.state[REPLAY] = 1
        for vehicle in self._under_way():
            visits = self.routes.visits[vehicle, : self.routes.num_visits[vehicle]]
            self.scratch.state[SET_OUT] = self.routes.set_out[vehicle] + 1
            if self.decode(vehicle, visits.tolist()) != FEASIBLE:
                name = self.problem.vehicles[vehicle].vehicle_id
                raise AssertionError(f"route of {name} does not decode although it was booked")
            routes.append(self._to_route(vehicle))
        self.scratch.state[REPLAY] = self.scratch.state[SET_OUT] = 0
        return tuple(routes)

    def _to_route(self, vehicle: int) -> Route:
        result, scratch = self.scratch.result, self.scratch
        label = int(result[LAST_LABEL])
        steps = _breaks(int(result[LAST_CAME]), int(result[LAST_RESTED]), label)
        if label == 1 and result[LAST_CAME] != KEPT:
            label = 0
        for slot in range(int(result[VISITS]) - 1, -1, -1):
            came = int(scratch.log[slot, CAME + label])
            begin = int(scratch.log[slot, BEGIN + label])
            rested = int(scratch.log[slot, RESTED + label])
            change = [Step("change")] if scratch.log[slot, CHANGED] else []
            steps = [
                *change,
                *_breaks(came, rested, label),
                self._to_step(int(scratch.log[slot, VISIT]), begin),
                *steps,
            ]
            if label == 1 and came != KEPT:
                label = 0
        return Route(vehicle, int(result[START]), tuple(steps))

    def _to_step(self, visit: int, begin_s: int) -> Step:
        if visit < 0:
            return Step("facility", -visit - 1, begin_s=begin_s)
        task = int(self.model.mode[visit, TASK])
        return Step("task", task, visit - int(self.model.task[task, FIRST_MODE]))


def _breaks(came: int, rested: int, label: int) -> list[Step]:
    """Return the breaks that stand before a leg."""
    meal = [Step("meal")] if label == 1 and came == AFTER_MEAL else []
    return [*meal, *([Step("rest")] if rested else [])]


def _copy_of(arrays: tuple[NDArray[Any], ...]) -> tuple[NDArray[Any], ...]:
    return tuple(a.copy() for a in arrays)


def _copy_into(target: tuple[NDArray[Any], ...], source: tuple[NDArray[Any], ...]) -> None:
    for into, out in zip(target, source, strict=True):
        np.copyto(into, out)
