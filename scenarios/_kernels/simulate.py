"""Many days of planned routes under noise, with the driver's own recourse."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import kernel

TASK, FACILITY, PAUSE = 0, 1, 2


class Steps(NamedTuple):
    """Planned routes step after step; times in seconds, lengths in metres, int64 where not said.

    ``first`` has the steps of route r in ``first[r]:first[r + 1]``. ``accepts`` tells which streams
    a facility takes, bool, shape (num_steps, num_streams). ``detour_s`` and ``detour_m`` are what
    unloading between the step before and this one adds; -1 where no facility can be reached.
    ``home_s`` and ``home_m`` lead from each step straight to the depot.
    """

    first: NDArray[np.int64]
    kind: NDArray[np.int64]
    leg_s: NDArray[np.int64]
    leg_m: NDArray[np.int64]
    work_s: NDArray[np.int64]
    mass_kg: NDArray[np.int64]
    litres: NDArray[np.int64]
    stream: NDArray[np.int64]
    early_s: NDArray[np.int64]
    late_s: NDArray[np.int64]
    accepts: NDArray[np.bool_]
    detour_s: NDArray[np.int64]
    detour_m: NDArray[np.int64]
    home_s: NDArray[np.int64]
    home_m: NDArray[np.int64]
    spread: NDArray[np.float64]


class Trucks(NamedTuple):
    """The truck of each route: capacities a stream, shape (num_routes, num_streams), and times.

    ``latest_s`` is the end of shift and overtime; ``start_s`` when the route leaves. ``first_kg``
    and ``first_l`` are aboard then, of each stream.
    """

    capacity_kg: NDArray[np.int64]
    capacity_l: NDArray[np.int64]
    first_kg: NDArray[np.int64]
    first_l: NDArray[np.int64]
    start_s: NDArray[np.int64]
    latest_s: NDArray[np.int64]


class Days(NamedTuple):
    """What happens on each day to each route, shape (num_days, num_routes).

    Detours to unload, stops begun after their window, stops left because the shift would not do,
    the end of the route, metres driven, and kilograms left.
    """

    detours: NDArray[np.int64]
    late: NDArray[np.int64]
    missed: NDArray[np.int64]
    end_s: NDArray[np.int64]
    length_m: NDArray[np.int64]
    left_kg: NDArray[np.float64]


@kernel
def simulate(
    steps: Any,
    trucks: Any,
    out: Any,
    speed_spread: float,
    service_spread: float,
    correlation: float,
    seed: int,
) -> None:
    """Drive every route on every day and fill ``out``.

    Spreads are those of the normal law under a lognormal factor of mean 1: one for each stop's
    waste, one for each service, and one a route and day for all its driving. The logarithms of two
    stops' factors on one day have the correlation given, by a part that all stops share. A load
    that does not fit is unloaded before the stop; a stop from which the truck could not be home in
    time is left with all stops after it until the route goes home. Loads left aboard at the end are
    not asked about, because the route always ends by its planned facility.
    O(num_days x num_steps).
    """
    np.random.seed(seed)  # noqa: NPY002 (compiled code has no other generator of its own)
    num_days, num_routes = out.end_s.shape
    num_streams = trucks.capacity_kg.shape[1]
    load_kg, load_l = np.zeros(num_streams), np.zeros(num_streams)
    shared, own = 0.0, math.sqrt(1.0 - correlation)
    for day in range(num_days):
        if correlation > 0.0:
            drawn = np.random.normal()  # noqa: NPY002 (as above)
            shared = math.sqrt(correlation) * drawn
        for route in range(num_routes):
            load_kg[:] = trucks.first_kg[route]
            load_l[:] = trucks.first_l[route]
            slow = _factor(speed_spread)
            clock = float(trucks.start_s[route])
            metres = 0
            over = False
            last = steps.first[route + 1] - 1
            for k in range(steps.first[route], steps.first[route + 1]):
                if over and steps.kind[k] != FACILITY and k < last:
                    if steps.kind[k] == TASK:
                        out.missed[day, route] += 1
                        out.left_kg[day, route] += steps.mass_kg[k] * _waste(
                            steps.spread[k], shared, own
                        )
                    continue
                arrive = clock + steps.leg_s[k] * slow
                if steps.kind[k] == TASK:
                    factor = _waste(steps.spread[k], shared, own)
                    kg, litres = steps.mass_kg[k] * factor, steps.litres[k] * factor
                    s = steps.stream[k]
                    work = steps.work_s[k] * _factor(service_spread)
                    full = (
                        load_kg[s] + kg > trucks.capacity_kg[route, s] + 1e-6
                        or load_l[s] + litres > trucks.capacity_l[route, s] + 1e-6
                    )
                    detour = full and load_kg[s] > 0.0 and steps.detour_s[k] >= 0
                    if detour:
                        arrive += steps.detour_s[k] * slow
                    begin = max(arrive, float(steps.early_s[k]))
                    if begin + work + steps.home_s[k] * slow > trucks.latest_s[route]:
                        over = True
                        out.missed[day, route] += 1
                        out.left_kg[day, route] += kg
                        continue
                    if detour:
                        out.detours[day, route] += 1
                        metres += steps.detour_m[k]
                        load_kg[s] = 0.0
                        load_l[s] = 0.0
                    # what a truck cannot hold even when empty stays at the stop
                    kept = min(kg, max(0.0, trucks.capacity_kg[route, s] - load_kg[s]))
                    out.left_kg[day, route] += kg - kept
                    load_kg[s] += kept
                    load_l[s] += litres
                    if steps.late_s[k] >= 0 and begin > steps.late_s[k]:
                        out.late[day, route] += 1
                    clock = begin + work
                elif steps.kind[k] == FACILITY:
                    clock = max(arrive, float(steps.early_s[k])) + steps.work_s[k]
                    for s in range(num_streams):
                        if steps.accepts[k, s]:
                            load_kg[s] = 0.0
                            load_l[s] = 0.0
                else:
                    clock = max(arrive, float(steps.early_s[k])) + steps.work_s[k]
                metres += steps.leg_m[k]
            clock += steps.home_s[last] * slow
            out.end_s[day, route] = round(clock)
            out.length_m[day, route] = metres + steps.home_m[last]


@kernel
def _factor(spread: float) -> float:
    """Return a lognormal factor of mean 1."""
    if spread <= 0.0:
        return 1.0
    drawn = np.random.normal()  # noqa: NPY002 (as above)
    return float(np.exp(spread * drawn - 0.5 * spread * spread))


@kernel
def _waste(spread: float, shared: float, own: float) -> float:
    """Return a lognormal factor of mean 1, of whose logarithm a part is shared by all stops."""
    if spread <= 0.0:
        return 1.0
    drawn = np.random.normal()  # noqa: NPY002 (as above)
    return float(np.exp(spread * (shared + own * drawn) - 0.5 * spread * spread))
