"""The border between the model and the kernels: every array gets its type and shape here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from solvers._kernels.booking import Incumbent
from solvers._kernels.model import (
    LABEL_COLUMNS,
    LATEST_END,
    LOG_COLUMNS,
    MAX_TRIPS,
    NEVER,
    NUM_CODES,
    SHIFT_FROM,
    Bookings,
    Model,
    Scratch,
)
from solvers.hours import Hours
from solvers.pins import first_tasks
from solvers.problem import Problem, Vehicle

NEAREST = 60
TOP_INSERTIONS = 32
OTHERS = -1
"""Vehicle of the bays that others have booked."""


def _neighbors(problem: Problem) -> NDArray[np.int32]:
    """Return the nearest tasks of each task by the time to them and back, shape (tasks, k)."""
    num = len(problem.tasks)
    places = [t.modes[0].entry for t in problem.tasks]
    leaves = [t.modes[0].exit for t in problem.tasks]
    k = min(NEAREST, max(1, num - 1))
    result = np.full((num, k), -1, dtype=np.int32)
    if num < 2:
        return result
    travel = problem.time_s[0][np.ix_(leaves, places)].astype(np.int64)
    travel[travel < 0] = NEVER >> 8
    both = travel + travel.T
    streams = np.asarray([problem.streams.index(t.stream) for t in problem.tasks])
    both[streams[:, None] != streams[None, :]] += NEVER >> 10  # other streams come last
    np.fill_diagonal(both, NEVER >> 2)
    result[:, :] = np.argsort(both, axis=1, kind="stable")[:, :k]
    return result


def likeness(vehicle: Vehicle) -> tuple[object, ...]:
    """Return what is equal for vehicles that are alike in all but the name."""
    fields = {k: v for k, v in vars(vehicle).items() if k not in ("vehicle_id", "capacity_l")}
    return (*fields.values(), *sorted(vehicle.capacity_l.items()))


def build_model(problem: Problem) -> Model:
    """Return a checked problem as arrays."""
    problem.check()
    rules, streams, hours = problem.rules, problem.streams, problem.hours or _no_hours(problem)
    modes = [(t_idx, mode) for t_idx, task in enumerate(problem.tasks) for mode in task.modes]
    allowed = [[int(problem.may_serve(v, t)) for t in problem.tasks] for v in problem.vehicles]
    capacity_l = [[v.capacity_l.get(s, 0) for s in streams] for v in problem.vehicles]
    accepts = [[int(s in f.streams) for s in streams] for f in problem.facilities]
    return Model(
        time=np.ascontiguousarray(_layers(problem.time_s, hours.time_s), dtype=np.int32),
        length=np.ascontiguousarray(_layers(problem.length_m, hours.length_m), dtype=np.int32),
        mode=_table([[t, m.entry, m.exit, m.service_s, m.length_m] for t, m in modes], 5),
        task=_task_table(problem),
        window=_table([list(w) for task in problem.tasks for w in task.windows], 2),
        vehicle=_vehicle_table(problem),
        capacity_l=_table(capacity_l, len(streams)),
        allowed=_table(allowed, len(problem.tasks)).astype(np.uint8),
        facility=_facility_table(problem),
        accepts=_table(accepts, len(streams)).astype(np.uint8),
        rules=np.asarray(
            [
                rules.meal_break_s,
                *rules.meal_window,
                rules.max_driving_s,
                rules.min_rest_s,
                rules.stream_change_s,
                rules.balance_h2,
                rules.compact_km,
            ],
            dtype=np.int64,
        ),
        neighbors=_neighbors(problem),
        border=np.ascontiguousarray(hours.borders, dtype=np.int64),
        layer=np.ascontiguousarray(hours.layer, dtype=np.int64),
        where=np.ascontiguousarray(
            np.zeros((1, 2)) if problem.where is None else problem.where, dtype=np.int64
        ),
    )


def _no_hours(problem: Problem) -> Hours:
    """Return hours in which nothing changes."""
    num_profiles, num_locations, _ = problem.time_s.shape
    none = np.zeros((0, num_locations, num_locations), np.int32)
    borders = np.zeros((num_profiles, 0), np.int64)
    return Hours(borders, np.arange(num_profiles)[:, None], none, none)


def _layers(first: NDArray[np.int32], more: NDArray[np.int32]) -> NDArray[np.int32]:
    return np.concatenate([first, more]) if len(more) else first


def _task_table(problem: Problem) -> NDArray[np.int64]:
    first_mode = list(accumulate((len(t.modes) for t in problem.tasks), initial=0))
    first_window = list(accumulate((len(t.windows) for t in problem.tasks), initial=0))
    rows = [
        [
            problem.streams.index(t.stream),
            t.mass_kg,
            t.volume_l,
            t.water_l,
            t.price,
            first_mode[i],
            first_mode[i + 1],
            first_window[i],
            first_window[i + 1],
        ]
        for i, t in enumerate(problem.tasks)
    ]
    return _table(rows, 9)


def _vehicle_table(problem: Problem) -> NDArray[np.int64]:
    rules = problem.rules
    seen: dict[tuple[object, ...], int] = {}
    first = first_tasks(problem)
    rows = [
        [
            v.profile,
            v.start,
            v.end,
            v.capacity_kg,
            v.compartments,
            v.tank_l,
            v.shift_start,
            v.shift_end,
            v.shift_end + v.max_overtime_s,
            v.max_trips,
            v.fixed_cost,
            v.cost_km,
            v.cost_h,
            round(v.cost_h * (rules.overtime_factor - 1.0)),
            int(rules.meal_applies(v)),
            seen.setdefault(likeness(v), len(seen)),
            NEVER if v.max_length_m is None else v.max_length_m,
            problem.streams.index(v.loaded_stream) if v.starts_loaded else -1,
            v.loaded_kg,
            v.loaded_l,
            int(v.changes_stream),
            len(first.get(idx, ())),
        ]
        for idx, v in enumerate(problem.vehicles)
    ]
    return _table(rows, 22)


def _facility_table(problem: Problem) -> NDArray[np.int64]:
    rows = [
        [
            f.location,
            int(f.refills),
            f.open_s,
            f.close_s,
            f.bays,
            f.unload_s,
            NEVER if f.capacity_kg is None else f.capacity_kg,
        ]
        for f in problem.facilities
    ]
    return _table(rows, 7)


def _table(rows: list[list[int]], width: int) -> NDArray[np.int64]:
    return np.asarray(rows, dtype=np.int64).reshape(len(rows), width)


def longest_sequence(model: Model) -> int:
    """Return the number of steps that a route may need room for: every task and as many visits."""
    return 2 * model.task.shape[0] + int(model.vehicle[:, MAX_TRIPS].max(initial=1)) + 8


def empty_bookings(model: Model, booked: Sequence[Sequence[int]] = ()) -> Bookings:
    """Return bookings in which every bay is free but for what others have ``booked``.

    Their begins, facility by facility, belong to no vehicle of the model.
    """
    num_facilities, num_vehicles = len(model.facility), len(model.vehicle)
    slots = model.task.shape[0] + int(model.vehicle[:, MAX_TRIPS].sum()) + num_vehicles + 8
    slots += max(map(len, booked), default=0)
    bookings = Bookings(
        slot=np.zeros((num_facilities, slots, 2), np.int64),
        taken=np.zeros(num_facilities, np.int64),
        received=np.zeros((num_facilities, num_vehicles), np.int64),
    )
    for f, begins in enumerate(booked):
        bookings.taken[f] = len(begins)
        bookings.slot[f, : len(begins), 0] = begins
        bookings.slot[f, : len(begins), 1] = OTHERS
    return bookings


def new_scratch(model: Model) -> Scratch:
    """Return the working space of one thread."""
    slots = 2 * longest_sequence(model)
    return Scratch(
        label=np.zeros((5, LABEL_COLUMNS), np.int64),
        load=np.zeros((model.capacity_l.shape[1], 4), np.int64),
        own=np.zeros(len(model.facility), np.int64),
        log=np.zeros((slots, LOG_COLUMNS), np.int64),
        result=np.zeros(16, np.int64),
        state=np.zeros(8, np.int64),
        trial=np.zeros(slots, np.int32),
        top=np.zeros((TOP_INSERTIONS, 4), np.int64),
    )


def empty_routes(model: Model) -> Incumbent:
    """Return routes that serve nothing."""
    num_vehicles = len(model.vehicle)
    return Incumbent(
        sequence=np.zeros((num_vehicles, longest_sequence(model)), np.int32),
        size=np.zeros(num_vehicles, np.int64),
        cost=np.zeros(num_vehicles, np.int64),
        visits=np.zeros((num_vehicles, 2 * longest_sequence(model)), np.int32),
        num_visits=np.zeros(num_vehicles, np.int64),
        early=np.repeat(model.vehicle[:, SHIFT_FROM, None], longest_sequence(model) + 1, axis=1),
        late=np.repeat(model.vehicle[:, LATEST_END, None], longest_sequence(model) + 1, axis=1),
        route_of=np.full(model.task.shape[0], -1, np.int64),
        set_out=model.vehicle[:, SHIFT_FROM].copy(),
    )


def count_codes() -> NDArray[np.int64]:
    """Return zeros to count refusals in, one for each code."""
    return np.zeros(NUM_CODES, np.int64)
