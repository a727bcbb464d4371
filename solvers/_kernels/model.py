"""The arrays that go through all solver kernels, and the codes that they return.

Few tables with named columns instead of many arrays: each array of a tuple costs compile time and
reference counting at every call (45 arrays took 90 s to compile, these take a third of it).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

NEVER = 1 << 60

# Codes of `decode`: which rule stopped a route. REASONS in solvers/reasons.py gives them words.
FEASIBLE = 0
STREAM = 1
LOAD = 2
NO_FACILITY = 3
TONNAGE = 4
TRIPS = 5
TANK = 6
WINDOW = 7
SHIFT = 8
UNREACHABLE = 9
MEAL = 10
GATE = 11
RANGE = 12
NUM_CODES = 13

# Columns of the tables of a Model.
TASK, ENTRY, EXIT, SERVICE, WORKED = range(5)
OF_STREAM, KG, LITRES, WATER_L, PRICE, FIRST_MODE, END_MODE, FIRST_WINDOW, END_WINDOW = range(9)
(
    PROFILE,
    START_AT,
    END_AT,
    CAPACITY_KG,
    COMPARTMENTS,
    TANK_L,
    SHIFT_FROM,
    SHIFT_TO,
    LATEST_END,
    MAX_TRIPS,
    FIXED_COST,
    COST_KM,
    COST_H,
    OVERTIME_H,
    HAS_MEAL,
    LIKENESS,
    MAX_LENGTH,
    FIRST_STREAM,
    FIRST_KG,
    FIRST_LITRES,
    CHANGES,
    PINNED,
) = range(22)
AT, REFILLS, OPEN_S, CLOSE_S, BAYS, UNLOAD_S, DAILY_KG = range(7)
MEAL_S, MEAL_EARLY, MEAL_LATE, MAX_DRIVING, MIN_REST, CHANGE_S, BALANCE_H2, COMPACT_KM = range(8)

# Columns of a label: one way to have driven the route so far.
CLOCK, SINCE_REST, WAITED, SLACK, BASE, METRES, LEG_SLACK = range(7)
LABEL_COLUMNS = 7

# How a label came about: same label before it, a meal before the leg, a late start after lunch.
KEPT, AFTER_MEAL, LATE_START = range(3)

# Columns of the load by stream, and of the log of visits (one column a label from BEGIN on, then
# whether the truck is made ready for another stream before the leg).
ON_KG, ON_LITRES, ABOARD, CARRIED = range(4)
VISIT, BEGIN, CAME, RESTED, CHANGED = 0, 1, 3, 5, 7
LOG_COLUMNS = 8

# Fields of Scratch.result and Scratch.state.
COST, END, START, LENGTH, VISITS, LAST_LABEL, LAST_CAME, LAST_RESTED, FAILED_AT = range(9)
FROM, IDLE = 9, 10
PLACE, SLOT, TRIP, WATER, REPLAY, SET_OUT = range(6)

# Columns of the ranked insertions.
VALUE, VEHICLE, POSITION, MODE = range(4)


class Model(NamedTuple):
    """A problem as arrays, int64 unless said; the columns are named above.

    Travel ``time`` (s) and ``length`` (m) are int32 of shape (layers, locations, locations), -1 =
    unreachable; the first layers are the fastest of the day, one a profile. Where travel changes by
    the hour, ``border`` and ``layer`` tell which layer holds when (`solvers.hours`). A vehicle's
    LIKENESS is equal for vehicles that are alike in all but the name; its FIRST_STREAM is that of
    the load aboard when it sets out, -1 = empty; PINNED tasks stand first on its route.
    """

    time: NDArray[np.int32]
    length: NDArray[np.int32]
    mode: NDArray[np.int64]  # (modes, 5)
    task: NDArray[np.int64]  # (tasks, 9)
    window: NDArray[np.int64]  # (windows, 2) earliest and latest begin
    vehicle: NDArray[np.int64]  # (vehicles, 22)
    capacity_l: NDArray[np.int64]  # (vehicles, streams)
    allowed: NDArray[np.uint8]  # (vehicles, tasks)
    facility: NDArray[np.int64]  # (facilities, 7)
    accepts: NDArray[np.uint8]  # (facilities, streams)
    rules: NDArray[np.int64]  # (8,)
    neighbors: NDArray[np.int32]  # (tasks, k) nearest tasks, -1 = none
    border: NDArray[np.int64]  # (profiles, most)
    layer: NDArray[np.int64]  # (profiles, 2 * most + 1)
    where: NDArray[np.int64]  # (locations, 2) metres east and north; one row where none counts


class Bookings(NamedTuple):
    """Who stands in which facility when, and what each brought."""

    slot: NDArray[np.int64]  # (facilities, slots, 2) begin, vehicle
    taken: NDArray[np.int64]  # (facilities,) number of slots in use
    received: NDArray[np.int64]  # (facilities, vehicles) kg


class Scratch(NamedTuple):
    """Working space of one thread, written over by every call."""

    label: NDArray[np.int64]  # (5, 7) two labels, three candidates
    load: NDArray[np.int64]  # (streams, 4)
    own: NDArray[np.int64]  # (facilities,) kg brought on this route
    log: NDArray[np.int64]  # (slots, 8) visits: mode, or -facility - 1
    result: NDArray[np.int64]  # (16,)
    state: NDArray[np.int64]  # (8,)
    trial: NDArray[np.int32]  # (slots,) a sequence under trial
    top: NDArray[np.int64]  # (k, 4) insertions by rising value
