"""The border between a problem and the native search: every array gets its type and shape here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from solvers._kernels import ground as g
from solvers._kernels.ground import FAR, Tables
from solvers.estates import estates_of
from solvers.numbering import side_by_side
from solvers.pins import first_tasks
from solvers.problem import Problem, Task, Vehicle

NEAR, NEAR_OF_SMALL_LOADS, SMALL_LOAD = 40, 60, 6
"""Neighbors beside which a task may be inserted: more where a truck holds few stops, so that most
places beside a stop are in routes that are full, and the stops from which on it does not."""
AROUND = 200
"""Neighbors among which a ruin looks for further routes."""
SAMPLED, SAMPLED_AMONG = 8, 2000
"""Further neighbors of streets, and how far they reach."""
NEAR_FACILITIES = 3
PLAIN_KNOBS = (10.0, 10.0, 0.5, 0.01, 0.01, 0.0, 0.0, 0.0, 0.05)
TIMED_KNOBS = (10.0, 10.0, 0.5, 0.01, 0.01, 0.3, 15.0, 30.0, 0.05)
"""Mean number removed, longest string, share of split strings, their growth, rate of blinks; share
of larger ruins, with their mean and longest; share of steps that exchange tails. Windows make
single stops hard to move between long routes, so that now and then a long string must go."""
WAIT_WEIGHT, WARP_WEIGHT = 0.2, 1.0
"""Weights of waiting and lateness in how near two tasks are (Vidal et al. 2013, section 4.5)."""
MEAN_WEIGHT = 1e-3
"""Weight of the mean over all modes in how near two streets are."""
CACHE_LINE = 16  # entries of 32 bits
MOST_ROWS = 512
"""Tasks whose neighbors are ranked at a time, so that large sets need little memory."""


def needs_booking(problem: Problem) -> bool:
    """Whether the true cost is known only after decoding.

    So it is with queues, tonnage, rests, paid hours, ranges, travel that changes by the hour,
    compartments that are emptied one by one, loads aboard from the start, changes of stream, and
    prices of balance and compactness.
    """
    if problem.hours is not None or empties_in_part(problem):
        return True
    if any(v.starts_loaded or v.changes_stream for v in problem.vehicles):
        return True
    if any(v.cost_h or v.max_length_m is not None for v in problem.vehicles):
        return True
    if problem.rules.balance_h2 or problem.rules.compact_km:
        return True
    if any(
        f.capacity_kg is not None or f.booked or f.bays < len(problem.vehicles)
        for f in problem.facilities
    ):
        return True
    return problem.rules.max_driving_s < longest_shift(problem)


def empties_in_part(problem: Problem) -> bool:
    """Whether some truck may carry streams of which a facility takes some and not others.

    Links know of one load aboard: they would take such a truck home with the other streams.
    """
    streams = frozenset(problem.streams)
    carried = {streams.intersection(v.capacity_l) for v in problem.vehicles if v.compartments > 1}
    taken = {streams.intersection(f.streams) for f in problem.facilities if f.streams}
    return any(held & some and held - some for held in carried for some in taken)


def longest_shift(problem: Problem) -> int:
    """Return the seconds of the longest shift with its overtime."""
    shifts = (v.shift_end + v.max_overtime_s - v.shift_start for v in problem.vehicles)
    return max(shifts, default=0)


def _kind(vehicle: Vehicle) -> Hashable:
    fields = {k: v for k, v in vars(vehicle).items() if k not in ("vehicle_id", "capacity_l")}
    return (*fields.values(), *sorted(vehicle.capacity_l.items()))


def _price(problem: Problem, vehicle: Vehicle) -> tuple[int, int, int]:
    return (vehicle.profile, vehicle.cost_km, vehicle.cost_h)


class _Builder:
    """What several tables of a Ground share."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.streams = problem.streams or ("",)
        kinds: dict[Hashable, list[int]] = defaultdict(list)
        for idx, vehicle in enumerate(problem.vehicles):
            kinds[_kind(vehicle)].append(idx)
        # no plan uses more routes of a kind than there are tasks
        self.kinds = [members[: max(1, len(problem.tasks))] for members in kinds.values()]
        self.vehicles = [idx for members in self.kinds for idx in members]
        self.prices = sorted({_price(problem, v) for v in problem.vehicles})
        self.days = sorted({v.day for v in problem.vehicles})

    def layers(self, timed: bool) -> tuple[NDArray[np.int32], list[tuple[int, int]], list[int]]:
        """All matrices, (cost, transposed cost) layers by class, and time layers by profile.

        Layers that are equal exist once.
        """
        problem, stack = self.problem, _Stack()
        costs = []
        for profile, per_km, per_h in self.prices:
            length, time = problem.length_m[profile], problem.time_s[profile]
            if (per_km, per_h) == (1000, 0):
                money = _reachable(length)
            else:
                paid = per_km * length.astype(np.int64) // 1000
                paid += per_h * time.astype(np.int64) // 3600
                money = np.where(time < 0, FAR, np.minimum(paid, FAR)).astype(np.int32)
            costs.append((stack.add(money), stack.add(money.T)))
        times = [stack.add(_reachable(time)) if timed else 0 for time in problem.time_s]
        return stack.joined(), costs, times

    def trucks(self, costs: list[tuple[int, int]], times: list[int]) -> NDArray[np.int64]:
        """Rows of all routes, like trucks in one run."""
        problem, rows = self.problem, []
        for kind, members in enumerate(self.kinds):
            for idx in members:
                v = problem.vehicles[idx]
                price = self.prices.index(_price(problem, v))
                fixed = [
                    kind,
                    price,
                    *costs[price],
                    times[v.profile],
                    v.fixed_cost,
                    int(problem.rules.meal_applies(v)),
                    v.max_trips,
                    _or_far(v.max_day_kg),
                    _or_far(v.max_day_tasks),
                    _or_far(v.max_duration_s),
                    int(v.ends_loaded),
                    len(self.streams) if v.changes_stream else v.compartments,
                    v.tank_l,
                    self.days.index(v.day),
                    idx,
                ]
                changing = [0] * (g.ROOM - len(fixed))
                rows.append([*fixed, *changing, *self._rooms(v)])
        return np.asarray(rows, np.int64).reshape(len(rows), -1)

    def _rooms(self, v: Vehicle) -> list[int]:
        room: list[int] = []
        for stream in self.streams:
            litres = v.capacity_l.get(stream, 0)
            room += [v.capacity_kg // v.compartments, litres // v.compartments, 0]
        return room

    def modes(self) -> NDArray[np.int64]:
        """Rows of all modes of all tasks."""
        rows = [
            [
                t,
                m.entry,
                m.exit,
                m.service_s,
                *(
                    (km * m.length_m) // 1000 + (h * m.service_s) // 3600
                    for _, km, h in self.prices
                ),
            ]
            for t, task in enumerate(self.problem.tasks)
            for m in task.modes
        ]
        return _table(rows, 4 + len(self.prices))

    def allowed(self) -> NDArray[np.uint8]:
        """Whether a truck of each type may serve each task."""
        problem = self.problem
        rows = [
            [int(problem.may_serve(problem.vehicles[members[0]], t)) for t in problem.tasks]
            for members in self.kinds
        ]
        return np.asarray(rows, np.uint8).reshape(len(self.kinds), len(problem.tasks))

    def groups(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Rows of all patterns and of all groups of visits."""
        patterns: list[list[int]] = []
        rows: list[list[int]] = []
        most = max((len(group.tasks) for group in self.problem.groups), default=0)
        for group in self.problem.groups:
            first = len(patterns)
            for pattern in group.patterns:
                visits = [g.NONE] * len(self.days)
                for task, day in zip(group.tasks, pattern, strict=True):
                    visits[self.days.index(day)] = task
                patterns.append(visits)
            padding = [g.NONE] * (most - len(group.tasks))
            rows.append([first, len(patterns), *group.tasks, *padding])
        return _table(patterns, len(self.days)), _table(rows, 2 + most)


class _Stack:
    """Layers of one array; a layer that is there already is not added again."""

    def __init__(self) -> None:
        self.layers: list[NDArray[np.int32]] = []

    def add(self, layer: NDArray[np.int32]) -> int:
        for k, known in enumerate(self.layers):
            if np.array_equal(known[:64], layer[:64]) and np.array_equal(known, layer):
                return k
        self.layers.append(layer)
        return len(self.layers) - 1

    def joined(self) -> NDArray[np.int32]:
        if len(self.layers) == 1:
            return np.ascontiguousarray(self.layers[0])[None]
        return np.stack(self.layers)


def _or_far(limit: int | None) -> int:
    return FAR if limit is None else limit


def _table(rows: list[list[int]], width: int) -> NDArray[np.int64]:
    return np.asarray(rows, dtype=np.int64).reshape(len(rows), width)


def _reachable(matrix: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return a matrix in which -1 has become FAR; the same one where there is none."""
    if matrix.min(initial=0) >= 0 and matrix.max(initial=0) <= FAR:
        return np.ascontiguousarray(matrix, np.int32)
    return np.where(matrix < 0, FAR, np.minimum(matrix, FAR)).astype(np.int32)


def _hull(task: Task) -> tuple[int, int]:
    if not task.windows:
        return 0, FAR
    return task.windows[0][0], min(task.windows[-1][1], FAR)


def _neighbors(
    problem: Problem, cost: NDArray[np.int32], timed: bool
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the nearest tasks for inserting (space and time) and for ruining (space alone).

    Proximity is the lesser of both directions, by the modes that suit best. Tasks of other streams
    come last.
    """
    tasks, num = problem.tasks, len(problem.tasks)
    if num < 2:
        return np.full((num, 1), -1, np.int32), np.full((num, 1), -1, np.int32)
    ends = _mode_ends(tasks)
    early, late = np.asarray([_hull(t) for t in tasks], np.float64).T
    service = np.asarray([t.modes[0].service_s for t in tasks], np.float64)
    streams = np.asarray([problem.streams.index(t.stream) for t in tasks])
    time = problem.time_s[0]
    k_near, k_around = min(_near(problem), num - 1), min(AROUND, num - 1)
    near = np.empty((num, k_near), np.int32)
    around = np.empty((num, k_around), np.int32)
    far: list[NDArray[np.int32]] = []
    for first in range(0, num, MOST_ROWS):
        rows = slice(first, min(num, first + MOST_ROWS))
        to, fro = _ways_to(cost, ends, rows), _ways_from(cost, ends, rows)
        apart = np.minimum(to, fro)
        apart += FAR * (streams[rows][:, None] != streams[None, :])
        apart[np.arange(apart.shape[0]), np.arange(rows.start, rows.stop)] = np.inf
        around[rows] = _smallest(apart, k_around)
        if timed:
            go, come = _ways_to(time, ends, rows), _ways_from(time, ends, rows)
            scale = to.mean() / max(1.0, go.mean())
            after = to + scale * _misfit(early, late, service, go, rows, ahead=True)
            before = fro + scale * _misfit(early, late, service, come, rows, ahead=False)
            fit = np.minimum(after, before)
            fit += FAR * (streams[rows][:, None] != streams[None, :])
            fit[np.arange(fit.shape[0]), np.arange(rows.start, rows.stop)] = np.inf
            near[rows] = _smallest(fit, k_near)
        else:
            near[rows] = around[rows][:, :k_near]
        if len(ends[0]) > 1:
            far.append(_sampled(apart, k_near))
    return (np.hstack([near, np.vstack(far)]) if far else near), around


def _near(problem: Problem) -> int:
    """Return how many neighbors are looked at, by the stops that a mean truck holds at once."""
    stops = len(problem.tasks)
    kg = sum(t.mass_kg for t in problem.tasks) / stops
    held = sum(v.capacity_kg for v in problem.vehicles) / len(problem.vehicles)
    return NEAR_OF_SMALL_LOADS if held < SMALL_LOAD * kg else NEAR


def _sampled(apart: NDArray[np.float64], nearest: int) -> NDArray[np.int32]:
    """Return columns that stand ever further behind the nearest ones of each row.

    Clusters of more streets than there are neighbors would never share a route without them.
    """
    most = min(apart.shape[1] - 1, SAMPLED_AMONG)
    if most <= nearest:
        return np.empty((len(apart), 0), np.int32)
    ranks = np.unique(np.geomspace(nearest, most - 1, SAMPLED).round().astype(np.int64))
    return _smallest(apart, most)[:, ranks]


def _mode_ends(tasks: Sequence[Task]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return entry and exit of all modes, shape (modes, tasks); short rows repeat the first."""
    most = max(len(t.modes) for t in tasks)
    padded = [(*t.modes, *([t.modes[0]] * (most - len(t.modes)))) for t in tasks]
    entry = np.asarray([[m.entry for m in modes] for modes in padded]).T
    return entry, np.asarray([[m.exit for m in modes] for modes in padded]).T


def _ways_to(
    matrix: NDArray[np.int32], ends: tuple[NDArray[np.int64], NDArray[np.int64]], rows: slice
) -> NDArray[np.float64]:
    """Return the least entry of a matrix from any exit of each row to any entry of each task."""
    entry, leave = ends
    return _least([matrix[out[rows][:, None], into[None, :]] for out in leave for into in entry])


def _ways_from(
    matrix: NDArray[np.int32], ends: tuple[NDArray[np.int64], NDArray[np.int64]], rows: slice
) -> NDArray[np.float64]:
    """Return the least entry of a matrix from any exit of each task to any entry of each row."""
    entry, leave = ends
    return _least([matrix[out[None, :], into[rows][:, None]] for out in leave for into in entry])


def _least(ways: Sequence[NDArray[np.int32]]) -> NDArray[np.float64]:
    """Return the least of each entry; of streets that touch, the mean tells which lie nearer."""
    if len(ways) == 1:
        return ways[0].astype(np.float64)
    least = ways[0].astype(np.float64)
    mean = np.zeros_like(least)
    for way in ways:
        np.minimum(least, way, out=least)
        mean += way
    return least + MEAN_WEIGHT / len(ways) * mean


def _misfit(
    early: NDArray[np.float64],
    late: NDArray[np.float64],
    service: NDArray[np.float64],
    travel: NDArray[np.float64],
    rows: slice,
    *,
    ahead: bool,
) -> NDArray[np.float64]:
    """Return weighted waiting and lateness if column follows row (ahead) or precedes it."""
    opens, closes, busy = early[rows][:, None], late[rows][:, None], service[rows][:, None]
    if ahead:
        wait = early[None, :] - travel - busy - closes
        warp = opens + busy + travel - late[None, :]
    else:
        wait = opens - travel - service[None, :] - late[None, :]
        warp = early[None, :] + service[None, :] + travel - closes
    return WAIT_WEIGHT * np.maximum(wait, 0) + WARP_WEIGHT * np.maximum(warp, 0)


def _smallest(apart: NDArray[np.float64], k: int) -> NDArray[np.int32]:
    """Return the columns of the k smallest values of each row, in order, ties by column."""
    if k < apart.shape[1] // 2:
        some = np.argpartition(apart, k - 1, axis=1)[:, :k]
        some.sort(axis=1)
        order = np.argsort(np.take_along_axis(apart, some, axis=1), axis=1, kind="stable")
        return np.take_along_axis(some, order, axis=1).astype(np.int32)
    return np.argsort(apart, axis=1, kind="stable")[:, :k].astype(np.int32)


def _visits(problem: Problem, cost: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return each task's facilities, nearest first: to unload its stream, then to refill."""
    num = len(problem.tasks)
    k = max(1, min(NEAR_FACILITIES, len(problem.facilities)))
    result = np.full((num, 2 * k), g.NONE, np.int64)
    for idx, task in enumerate(problem.tasks):
        at = task.modes[0].exit
        for kind in range(2):
            useful = [
                f
                for f, facility in enumerate(problem.facilities)
                if (facility.refills if kind else task.stream in facility.streams)
            ]
            useful.sort(key=lambda f: int(cost[at, problem.facilities[f].location]))
            result[idx, kind * k : kind * k + len(useful[:k])] = useful[:k]
    return result


def _orders(problem: Problem, cost: NDArray[np.int32]) -> list[NDArray[np.int64]]:
    """Return the keys of insertion: heavy first, far, near, and narrow, early, late windows."""
    tasks = problem.tasks
    depot = problem.vehicles[0].start
    far = np.asarray([int(cost[depot, t.modes[0].entry]) for t in tasks], np.int64)
    heavy = np.asarray([t.mass_kg + t.volume_l // 5 for t in tasks], np.int64)
    keys = [-heavy, -far, far]
    if any(t.windows for t in tasks):
        early, late = np.asarray([_hull(t) for t in tasks], np.int64).T
        keys += [late - early, early, -late]
    return keys


def _knobs(problem: Problem, flags: dict[int, bool]) -> NDArray[np.float64]:
    """Return the knobs of a search; no tails are exchanged where labels do not tell all of them."""
    knobs = np.asarray(TIMED_KNOBS if flags[g.TIMED] or flags[g.RELOADS] else PLAIN_KNOBS)
    streams = {task.stream for task in problem.tasks}
    untold = flags[g.RELOADS] or flags[g.RELEASES] or flags[g.BOOKED]
    if untold or len(streams) > 1 or problem.groups or problem.pins:
        knobs[g.TAILS] = 0.0
    return knobs


def build_tables(problem: Problem, seed: int) -> Tables:
    """Return a checked problem as the tables of a native search in which nothing is served yet."""
    problem.check()
    builder = _Builder(problem)
    flags = _flags(problem)
    travel, costs, times = builder.layers(flags[g.TIMED])
    cost = travel[costs[0][0]]
    near, around = _neighbors(problem, cost, any(t.windows for t in problem.tasks))
    pattern, group = builder.groups()
    route = builder.trucks(costs, times)
    visits = _visits(problem, cost)
    tables = Tables(
        travel=travel,
        near=near,
        around=around,
        visits=visits,
        mode=builder.modes(),
        facility=_facilities(problem),
        allowed=builder.allowed(),
        pattern=pattern,
        group=group,
        link=_links(problem, len(route), flags[g.RELOADS]),
        node=_nodes(problem, len(route), flags[g.RELOADS]),
        route=route,
        work=np.zeros((0, 0), np.int64),
        rank=_ranks(problem, cost),
        tally=_tally(builder, flags, len(route)),
        seed=np.asarray([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % (1 << 64) or 1], np.uint64),
        knob=_knobs(problem, flags),
    )
    tables = tables._replace(work=_work(builder, tables))
    _write_ends(problem, tables)
    _write_estates(problem, tables)
    total = int(tables.rank[g.PRICE, : len(problem.tasks)].sum())
    tables.tally[g.COST_NOW] = tables.tally[g.COST_BEST] = total
    return side_by_side(tables)


def _facilities(problem: Problem) -> NDArray[np.int64]:
    streams = problem.streams or ("",)
    rows = [
        [
            f.location,
            int(f.refills),
            f.open_s,
            min(f.close_s, FAR),
            f.unload_s,
            *(int(s in f.streams) for s in streams),
        ]
        for f in problem.facilities
    ]
    return _table(rows, 5 + len(streams))


def _flags(problem: Problem) -> dict[int, bool]:
    tasks, vehicles = problem.tasks, problem.vehicles
    booked = needs_booking(problem)
    limits = any(v.max_duration_s is not None for v in vehicles)
    latest = any(v.shift_end + v.max_overtime_s < FAR // 4 for v in vehicles)
    windows = any(t.windows for t in tasks)
    litres = any(t.volume_l or t.water_l for t in tasks)
    timed = windows or limits or latest or booked
    reloads = bool(problem.facilities) or litres
    releases = any(t.release_s > 0 for t in tasks)
    return {
        g.TIMED: timed,
        g.RELOADS: reloads,
        g.LIMITS_DURATION: limits,
        g.RELEASES: releases,
        g.ONLY_CLOCK: timed and not (reloads or limits or releases),
        g.BOOKED: booked,
        g.MANY_MODES: any(len(t.modes) > 1 for t in tasks),
        g.LITRES_COUNT: litres,
        # trucks that unload on the way keep theirs
        g.MIXED_FLEET: not (problem.facilities or litres or booked)
        and len({_kind(v) for v in vehicles}) > 1,
    }


def _tally(builder: _Builder, flags: dict[int, bool], num_routes: int) -> NDArray[np.int64]:
    problem, rules = builder.problem, builder.problem.rules
    tally = np.zeros(g.OFFERS + g.OFFER_COLUMNS * len(builder.days), np.int64)
    tally[g.NUM_TASKS] = tally[g.NUM_ABSENT] = len(problem.tasks)
    tally[g.NUM_PINNED] = sum(len(tasks) for tasks in first_tasks(problem).values())
    tally[g.NUM_ROUTES] = num_routes
    tally[g.NUM_MODES] = sum(len(t.modes) for t in problem.tasks)
    tally[g.NUM_STREAMS] = len(builder.streams)
    tally[g.NUM_TYPES] = len(builder.kinds)
    tally[g.NUM_DAYS] = len(builder.days)
    tally[g.MEAL_S], tally[g.MEAL_EARLY], tally[g.MEAL_LATE] = (
        rules.meal_break_s,
        *rules.meal_window,
    )
    for field, on in flags.items():
        tally[field] = int(on)
    dearest = max((v.fixed_cost for v in problem.vehicles), default=0)
    cheapest = min((t.price for t in problem.tasks), default=0)
    tally[g.CREDIT] = dearest if cheapest < dearest else 0
    tally[g.ONLY_TYPE] = g.NONE
    tally[g.UNIFORM] = int(len(builder.prices) == len(builder.days) == 1)
    tally[g.NUM_POOL] = _pool(len(problem.tasks), num_routes, flags[g.RELOADS])
    return tally


def _pool(num_tasks: int, num_routes: int, reloads: bool) -> int:
    """Return how many visits to facilities a plan may hold at once."""
    return 2 * num_tasks + 3 * num_routes + 16 if reloads else 1


def _ranks(problem: Problem, cost: NDArray[np.int32]) -> NDArray[np.int64]:
    keys = _orders(problem, cost)
    rank = np.zeros((g.ORDER + len(keys), len(problem.tasks) + 2 * g.MOST_MODES + 2), np.int64)
    num = len(problem.tasks)
    rank[g.PRICE, :num] = [t.price for t in problem.tasks]
    for k, key in enumerate(keys):
        rank[g.ORDER + k, :num] = key
    return rank


def _links(problem: Problem, num_routes: int, reloads: bool) -> NDArray[np.int32]:
    """Return the links of all nodes, one cache line each."""
    num = len(problem.tasks)
    rows = num + 2 * num_routes + _pool(num, num_routes, reloads)
    link = aligned(rows, 8)
    link[:num, g.IN_AT] = [t.modes[0].entry for t in problem.tasks]
    link[:num, g.OUT_AT] = [t.modes[0].exit for t in problem.tasks]
    return link


def aligned(rows: int, columns: int) -> NDArray[np.int32]:
    """Return a table of zeros that begins with a cache line."""
    room = np.zeros(rows * columns + CACHE_LINE, np.int32)
    first = -(room.ctypes.data // room.itemsize) % CACHE_LINE
    return room[first : first + rows * columns].reshape(rows, columns)


def _nodes(problem: Problem, num_routes: int, reloads: bool) -> NDArray[np.int32]:
    num = len(problem.tasks)
    pool = _pool(num, num_routes, reloads)
    node = aligned(num + 2 * num_routes + pool, g.NODE_COLUMNS)
    node[:, g.ROUTE] = node[:, g.GROUP] = g.NONE
    group_of = {t: k for k, group in enumerate(problem.groups) for t in group.tasks}
    streams = problem.streams
    mode = 0
    for idx, task in enumerate(problem.tasks):
        row, first = node[idx], task.modes[0]
        row[g.WHAT] = row[g.FIRST_MODE] = mode
        mode += len(task.modes)
        row[g.END_MODE] = mode
        row[g.BUSY_S] = first.service_s
        row[g.KG], row[g.LITRES], row[g.WATER_L] = task.mass_kg, task.volume_l, task.water_l
        row[g.RELEASE], row[g.STREAM] = task.release_s, streams.index(task.stream)
        row[g.GROUP] = group_of.get(idx, g.NONE)
        row[g.OPENS], row[g.CLOSES] = _hull(task)
        if len(task.windows) > 1:
            row[g.NUM_WINDOWS] = len(task.windows)
            row[g.WINDOW : g.WINDOW + 2 * len(task.windows)] = np.minimum(
                np.ravel(task.windows), FAR
            )
    for tasks in first_tasks(problem).values():
        node[tasks, g.PINNED] = 1
    return node


def _work(builder: _Builder, tables: Tables) -> NDArray[np.int64]:
    num_tasks, num_nodes = int(tables.tally[g.NUM_TASKS]), len(tables.node)
    num_routes = len(tables.route)
    first_visit = num_tasks + 2 * num_routes
    work = np.zeros((g.WORK_ROWS, 6 * num_nodes + 64), np.int64)
    pool = int(tables.tally[g.NUM_POOL])
    work[g.POOL, :pool] = np.arange(first_visit, first_visit + pool)
    work[g.ABSENT, :num_tasks] = work[g.SLOT, :num_tasks] = np.arange(num_tasks)
    first = [0, *np.cumsum([len(members) for members in builder.kinds])]
    work[g.FIRST_ROUTE, : len(first)] = first
    work[g.HINT, : len(first) - 1] = first[:-1]
    work[g.BEST, 0] = 1
    return work


def _write_estates(problem: Problem, tables: Tables) -> None:
    """Write what each task and the start of each route belong to; visits that go together do."""
    if problem.groups:
        return
    num, vehicles = len(problem.tasks), tables.route[:, g.VEHICLE]
    of_vehicle = np.zeros(len(problem.vehicles), np.int32)
    for k, estate in enumerate(estates_of(problem)):
        tables.node[list(estate.tasks), g.ESTATE] = k
        of_vehicle[list(estate.vehicles)] = k
    tables.node[num : num + len(vehicles), g.ESTATE] = of_vehicle[vehicles]


def _link_ends(tables: Tables, starts: list[int], ends: list[int]) -> None:
    """Link each empty route from its start to its end."""
    num, routes = int(tables.tally[g.NUM_TASKS]), len(tables.route)
    start, end = tables.link[num : num + routes], tables.link[num + routes : num + 2 * routes]
    start[:, g.IN_AT] = start[:, g.OUT_AT] = end[:, g.PREV_AT] = starts
    end[:, g.IN_AT] = end[:, g.OUT_AT] = start[:, g.NEXT_AT] = ends
    start[:, g.NEXT] = np.arange(num + routes, num + 2 * routes)
    end[:, g.PREV] = np.arange(num, num + routes)
    cost = tables.travel[tables.route[:, g.COST_LAYER], starts, ends]
    start[:, g.OUT_COST] = end[:, g.IN_COST] = cost
    clock = tables.travel[tables.route[:, g.TIME_LAYER], starts, ends]
    tables.node[num : num + routes, g.DRIVE_S] = clock


def _write_ends(problem: Problem, tables: Tables) -> None:
    """Write the nodes at which routes start and end."""
    num, routes = len(problem.tasks), len(tables.route)
    start, end = tables.node[num : num + routes], tables.node[num + routes : num + 2 * routes]
    route, tally = tables.route, tables.tally
    vehicles = [problem.vehicles[v] for v in route[:, g.VEHICLE]]
    meal = route[:, g.HAS_MEAL] == 1
    opens = np.asarray([v.shift_start for v in vehicles])
    closes = np.asarray([min(v.shift_end + v.max_overtime_s, FAR) for v in vehicles])
    for rows in (start, end):
        rows[:, g.ROUTE] = np.arange(routes)
        rows[:, g.OPENS], rows[:, g.CLOSES] = opens, closes
    _link_ends(tables, [v.start for v in vehicles], [v.end for v in vehicles])
    start[:, g.EARLY_0] = np.where(meal, opens, FAR)
    fed = np.maximum(opens, tally[g.MEAL_EARLY]) + tally[g.MEAL_S]
    fed = np.where(opens > tally[g.MEAL_LATE], FAR, fed)
    late_start = np.maximum(opens, tally[g.MEAL_LATE])
    start[:, g.EARLY_1] = np.where(meal, np.minimum(fed, late_start), opens)
    end[:, g.LATE_0] = np.where(meal, np.minimum(closes, tally[g.MEAL_LATE]), -FAR)
    end[:, g.LATE_1] = closes
    start[:, g.EARLY_F], start[:, g.LATE_F] = opens, closes
    end[:, g.EARLY_B], end[:, g.LATE_B] = opens, closes
    if tally[g.RELOADS]:
        end[:, g.KG_B] = np.where(route[:, g.ENDS_LOADED] == 1, 0, FAR)
