"""The arrays of the native search: what a problem fixes, and what a search changes.

Few tables with named columns: how a stop is linked lies in half a cache line, its clock in one,
and all else that is known of it in two. A *node* is a task, the start or the end of a route, or one
visit to a facility taken from a pool: nodes 0 .. n-1 are the tasks, then come r starts, r ends and
the pool.

Kernels take the tables one by one and index them in full. A row taken out as an array of its own
is counted by reference, which made the search thirty times as slow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

FAR = 1 << 28  # seconds, money or load that is out of the question; three of them fit 32 bits
NEVER = 1 << 60
NONE = -1

# A kernel is compiled anew for each plain number that it is called with, and for each width: what
# stands in the code is typed, and what a narrow table holds is handed on wide.
wide = cast(Callable[[Any], int], np.int64)
ZERO, ONE, NOTHING = wide(0), wide(1), wide(NONE)
WHOLE = wide(NONE)  # for the nodes from which a route is labelled
MOST_MODES = 8
MOST_WINDOWS = 4

# Columns of link (int32): the nodes beside a node, its own places and theirs, and the costs of the
# ways to them. A gap is priced from the row of one node.
NEXT, PREV, IN_AT, OUT_AT, NEXT_AT, PREV_AT, OUT_COST, IN_COST = range(8)
ONWARD, BACKWARD = wide(NEXT), wide(PREV)

# Columns of node (int32). What changes comes first. Departures and arrivals come in pairs: before
# the meal and after. ESTATE tells what may ever share a route, of tasks and of starts of routes. A
# task that is PINNED stays where it is, and nothing is put before it.
# TIME, EARLY and LATE with _F (or _B) are the segment from the start of the route (to its end): the
# least time that it takes, the earliest and latest begin that attain it. DRIVE_S is the way to the
# next node.
(
    ROUTE,
    EARLY_0,
    EARLY_1,
    LATE_0,
    LATE_1,
    OPENS,
    CLOSES,
    BUSY_S,
    DRIVE_S,
    NUM_WINDOWS,
    WHAT,
    UNLOADS,
    FILLS,
    KG_F,
    KG_B,
    LITRES_F,
    LITRES_B,
    WATER_F,
    WATER_B,
    RELEASE_F,
    RELEASE_B,
    TIME_F,
    EARLY_F,
    LATE_F,
    TIME_B,
    EARLY_B,
    LATE_B,
    KG,
    LITRES,
    WATER_L,
    RELEASE,
    STREAM,
    GROUP,
    ESTATE,
    PINNED,
    FIRST_MODE,
    END_MODE,
    WINDOW,
) = range(38)
NODE_COLUMNS = 48  # WINDOW begins the pairs of opening and closing

# Columns of route (int64): the truck, then what changes, then for each stream kg and litres of
# room and the number of tasks aboard. A route that is SHUT is not offered. LEFT and RIGHT are the
# nodes beside the gap of the last ruin.
(
    TYPE,
    CLASS,
    COST_LAYER,
    BACK_LAYER,
    TIME_LAYER,
    FIXED_COST,
    HAS_MEAL,
    MAX_TRIPS,
    MAX_KG,
    MAX_TASKS,
    MAX_DURATION,
    ENDS_LOADED,
    COMPARTMENTS,
    TANK_L,
    DAY,
    VEHICLE,
    COLLECTED_KG,
    COUNT,
    VISITS,
    STREAMS,
    SHUT,
    STAMP,
    LEFT,
    RIGHT,
    ROOM,
) = range(25)

# Columns of mode (int64); SERVE_COST begins one column a class of price.
TASK, ENTRY, EXIT, SERVICE, SERVE_COST = range(5)

# Columns of facility (int64); ACCEPTS begins one column a stream.
AT, REFILLS, OPEN_S, CLOSE_S, UNLOAD_S, ACCEPTS = range(6)

# Fields of tally (int64): sizes and rules, what this problem needs at all, then what changes. What
# is off costs one test of a flag, so that plain routing runs at full speed through the same code.
(
    NUM_TASKS,
    NUM_ROUTES,
    NUM_MODES,
    NUM_STREAMS,
    NUM_TYPES,
    NUM_DAYS,
    MEAL_S,
    MEAL_EARLY,
    MEAL_LATE,
    TIMED,
    RELOADS,
    LIMITS_DURATION,
    ONLY_CLOCK,
    RELEASES,
    BOOKED,
    UNIFORM,
    MANY_MODES,
    LITRES_COUNT,
    MIXED_FLEET,
    CREDIT,
    NUM_LOGGED,
    NUM_TOUCHED,
    NUM_POOL,
    NUM_ABSENT,
    NUM_PINNED,
    NUM_REMOVED,
    STEP,
    NUM_USED,
    DELTA,
    COST_NOW,
    COST_BEST,
    SURPLUS,
    ACCEPTED,
    ONLY_TYPE,
    OFFERS,
) = range(35)
"""CREDIT is what the dearest truck costs where some task is worth less than that, else 0. SURPLUS
is what raised prices add to the present cost; the best one is without. ONLY_TYPE is the type of
which alone empty routes are offered, -1 for all. OFFERS begins a row of OFFER_COLUMNS for each day:
the cheapest insertion found for a task."""

VALUE, PLACE, BY_MODE, HOW, BY_FACILITY, OFFER_COLUMNS = range(6)

# Ways of inserting: alone, or with a visit to a facility behind or before the task.
ALONE, VISIT_AFTER, VISIT_BEFORE = np.arange(3)

# Rows of work (int64). The log has a kind, a node, the node before it and what it was.
(
    TOUCHED,
    POOL,
    ABSENT,
    SLOT,
    REMOVED,
    HINT,
    PLAN,
    LOG_KIND,
    LOG_NODE,
    LOG_AFTER,
    LOG_WHAT,
    BEST,
    FIRST_ROUTE,
    GAP_PRICE,
) = (0, 1, 2, 3, 4, 5, 6, 15, 16, 17, 18, 19, 20, 21)
WORK_ROWS = 22  # PLAN has 1 + MOST_MODES rows
GONE, CAME, TURNED = np.arange(3)

# Rows of rank (int64): prices, by how much they are raised at present, working space, then the
# keys of insertion.
PRICE, RAISED, KEY, ORDER = range(4)

# Columns of group (int64): first and end pattern, then its visits or -1.
FIRST_PATTERN, END_PATTERN, VISIT = range(3)

# Fields of knob (float64). A share of the ruins removes more in longer strings, and a share of the
# steps exchanges the tails of two routes instead.
MEAN_REMOVED, LONGEST, SPLIT, SPLIT_GROWTH, BLINK = range(5)
LARGE, MEAN_LARGE, LONGEST_LARGE, TAILS = range(5, 9)


class Tables(NamedTuple):
    """All tables of one search. Money and seconds are FAR where there is no way.

    Places are numbered by `solvers.numbering`, not as the problem numbers them.
    """

    travel: NDArray[np.int32]  # (layers, places, places) money, the same transposed, seconds
    near: NDArray[np.int32]  # (tasks, k) where to insert: nearest in space and time, -1 = none
    around: NDArray[np.int32]  # (tasks, k) where to ruin: nearest in space
    visits: NDArray[np.int64]  # (tasks, 2 k) nearest facilities to unload, then to refill
    mode: NDArray[np.int64]
    facility: NDArray[np.int64]
    allowed: NDArray[np.uint8]  # (types, tasks)
    pattern: NDArray[np.int64]  # (patterns, days) the visit of each day or -1
    group: NDArray[np.int64]
    link: NDArray[np.int32]
    node: NDArray[np.int32]
    route: NDArray[np.int64]
    work: NDArray[np.int64]
    rank: NDArray[np.int64]
    tally: NDArray[np.int64]
    seed: NDArray[np.uint64]
    knob: NDArray[np.float64]
