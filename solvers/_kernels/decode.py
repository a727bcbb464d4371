"""From the order of a route's steps to its day: unloading, refills, breaks, queues, cost.

A route is a sequence of int32: a mode index, or -f - 1 for an explicit visit to facility f.
Unloading and refilling that a sequence leaves out are put in where they become necessary, at the
facility by which the next step is reached first. Two labels are carried along, meal not yet taken
and meal taken, each the earliest departure from the step reached; the meal stands before the leg
where it delays least. Driving rests are inserted before the leg that would break the limit.

A route sets out as early as it may, and is then moved back by what it waits. Where travel changes
by the hour, a leg that is moved across a border takes another time: later starts are then tried,
and the cheapest is kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from routing._kernels.jit import lean_inner_kernel, lean_kernel
from solvers._kernels.hours import find_leg
from solvers._kernels.model import (
    ABOARD,
    AFTER_MEAL,
    AT,
    BASE,
    BAYS,
    BEGIN,
    CAME,
    CAPACITY_KG,
    CARRIED,
    CHANGE_S,
    CHANGED,
    CHANGES,
    CLOCK,
    CLOSE_S,
    COMPARTMENTS,
    COST,
    COST_H,
    COST_KM,
    DAILY_KG,
    END,
    END_AT,
    END_WINDOW,
    ENTRY,
    EXIT,
    FAILED_AT,
    FEASIBLE,
    FIRST_KG,
    FIRST_LITRES,
    FIRST_STREAM,
    FIRST_WINDOW,
    FIXED_COST,
    FROM,
    GATE,
    HAS_MEAL,
    IDLE,
    KEPT,
    KG,
    LABEL_COLUMNS,
    LAST_CAME,
    LAST_LABEL,
    LAST_RESTED,
    LATE_START,
    LATEST_END,
    LEG_SLACK,
    LENGTH,
    LITRES,
    LOAD,
    MAX_DRIVING,
    MAX_LENGTH,
    MAX_TRIPS,
    MEAL,
    MEAL_EARLY,
    MEAL_LATE,
    MEAL_S,
    METRES,
    MIN_REST,
    NEVER,
    NO_FACILITY,
    OF_STREAM,
    ON_KG,
    ON_LITRES,
    OPEN_S,
    OVERTIME_H,
    PLACE,
    PROFILE,
    RANGE,
    REFILLS,
    REPLAY,
    RESTED,
    SERVICE,
    SET_OUT,
    SHIFT,
    SHIFT_FROM,
    SHIFT_TO,
    SINCE_REST,
    SLACK,
    SLOT,
    START,
    START_AT,
    STREAM,
    TANK,
    TANK_L,
    TASK,
    TONNAGE,
    TRIP,
    TRIPS,
    UNLOAD_S,
    UNREACHABLE,
    VISIT,
    VISITS,
    WAITED,
    WATER,
    WATER_L,
    WINDOW,
    WORKED,
    Bookings,
    Model,
    Scratch,
)
from solvers._kernels.shape import shape_cost

IDLE_MATTERS_S = 60
"""A later start that saves less than this is not tried."""
MOST_STARTS = 6


@lean_inner_kernel
def free_slot(
    model: Model, bookings: Bookings, facility: int, vehicle: int, earliest: int, replay: int
) -> int:
    """Return the first moment >= earliest at which a bay is free beside the others' bookings.

    With ``replay`` it is the vehicle's own first booking >= earliest instead, NEVER if it has none.
    O(bookings of the facility) for each slot tried. With several bays the test is a little strict:
    every booking that overlaps the slot counts as if all overlapped at once.
    """
    count, slot = bookings.taken[facility], bookings.slot
    if replay:
        booked = NEVER
        for i in range(count):
            if slot[facility, i, 1] == vehicle and slot[facility, i, 0] >= earliest:
                booked = min(booked, slot[facility, i, 0])
        return booked
    begin = max(earliest, model.facility[facility, OPEN_S])
    unload = model.facility[facility, UNLOAD_S]
    bays = model.facility[facility, BAYS]
    while True:
        inside = 0
        freed = NEVER
        for i in range(count):
            other = slot[facility, i, 0]
            if slot[facility, i, 1] != vehicle and begin - unload < other < begin + unload:
                inside += 1
                freed = min(freed, other + unload)
        if inside < bays:
            return begin
        begin = freed


@lean_inner_kernel
def window_of(model: Model, task: int, arrival: int) -> tuple[int, int]:
    """Return (begin, latest begin) of a task reached at arrival; NEVER if it is too late."""
    first, last = model.task[task, FIRST_WINDOW], model.task[task, END_WINDOW]
    if first == last:
        return arrival, NEVER
    for i in range(first, last):
        if arrival <= model.window[i, 1]:
            return max(arrival, model.window[i, 0]), model.window[i, 1]
    return NEVER, NEVER


@lean_inner_kernel
def _origin(
    rules: NDArray[np.int64], label: NDArray[np.int64], row: int, shift_first: bool
) -> None:
    """Write the label from which row sets out: 2 meal taken, 3 takes it now, 4 starts late."""
    source = 1 if row == 2 else 0
    for column in range(LABEL_COLUMNS):
        label[row, column] = label[source, column]
    clock = label[row, CLOCK]
    if row == 3:
        if clock > rules[MEAL_LATE]:
            label[row, CLOCK] = NEVER
            return
        begin = max(clock, rules[MEAL_EARLY])
        label[row, WAITED] += begin - clock
        latest = label[row, WAITED] + rules[MEAL_LATE] - begin
        label[row, SLACK] = min(label[row, SLACK], latest)
        label[row, CLOCK] = begin + rules[MEAL_S]
        if rules[MEAL_S] >= rules[MIN_REST]:
            label[row, SINCE_REST] = 0
    elif row == 4:
        # a route whose first work lies after the meal window starts after it, without a break
        late = max(clock, rules[MEAL_LATE]) if shift_first else NEVER
        label[row, CLOCK] = label[row, BASE] = late


@lean_inner_kernel
def _advance(
    model: Model,
    bookings: Bookings,
    scratch: Scratch,
    vehicle: int,
    step: int,
    target: int,
    service: int,
    kind: int,
) -> bool:
    """Carry both labels over a leg to a target and a step; return whether one of them is alive.

    ``kind`` is 0 for a task, 1 for a facility, 2 for the end depot. Candidates in rows 2 to 4 are
    the origins of label 1 (meal taken); row 0 is carried in place.
    """
    label, rules, log = scratch.label, model.rules, scratch.log
    slot, place = scratch.state[SLOT], scratch.state[PLACE]
    profile = model.vehicle[vehicle, PROFILE]
    has_meal = model.vehicle[vehicle, HAS_MEAL] == 1
    log[slot, BEGIN + 1] = NEVER
    pick = -1
    for turn in range(4):
        row = 0 if turn == 3 else 4 - turn  # a late start wins ties, then a meal already taken
        if row > 0 and not has_meal:
            continue
        if row > 0:
            _origin(rules, label, row, slot == 0 and kind != 2)
        clock = label[row, CLOCK]
        if clock >= NEVER:
            if row == 0:
                log[slot, BEGIN] = NEVER
            continue
        rested = 0
        depart, travel, layer, room = find_leg(model, profile, place, target, clock)
        driven = label[row, SINCE_REST] + travel
        if driven > rules[MAX_DRIVING]:
            clock += rules[MIN_REST]
            depart, travel, layer, room = find_leg(model, profile, place, target, clock)
            driven = travel
            rested = 1
        label[row, SINCE_REST] = driven
        label[row, WAITED] += depart - clock
        if room < NEVER:
            label[row, LEG_SLACK] = min(label[row, LEG_SLACK], label[row, WAITED] + room)
        arrival = depart + travel
        begin, latest = arrival, NEVER
        if travel < 0 or driven > rules[MAX_DRIVING]:
            begin = NEVER
        elif kind == 0:
            begin, latest = window_of(model, model.mode[step, TASK], arrival)
        elif kind == 1:
            begin = free_slot(model, bookings, step, vehicle, arrival, scratch.state[REPLAY])
            latest = begin  # a booked bay does not move with the start of the route
            if begin + service > model.facility[step, CLOSE_S]:
                begin = NEVER
        label[row, CLOCK] = begin + service if begin < NEVER else NEVER
        if begin < NEVER:
            label[row, METRES] += model.length[layer, place, target]
            label[row, WAITED] += begin - arrival
            if latest < NEVER:
                slack = label[row, WAITED] + latest - begin
                label[row, SLACK] = min(label[row, SLACK], slack)
        if row == 0:
            log[slot, BEGIN] = begin
            log[slot, RESTED] = rested
            log[slot, CAME] = KEPT
            if has_meal and kind != 2 and label[0, CLOCK] > rules[MEAL_LATE]:
                label[0, CLOCK] = NEVER  # the meal can no longer begin in its window
        elif begin < log[slot, BEGIN + 1]:
            pick = row
            log[slot, BEGIN + 1] = begin
            log[slot, RESTED + 1] = rested
            log[slot, CAME + 1] = KEPT if row == 2 else AFTER_MEAL if row == 3 else LATE_START
    if has_meal:
        if pick > 0:
            for column in range(LABEL_COLUMNS):
                label[1, column] = label[pick, column]
        else:
            label[1, CLOCK] = NEVER
    return label[0, CLOCK] < NEVER or label[1, CLOCK] < NEVER


@lean_inner_kernel
def _choose_facility(
    model: Model,
    bookings: Bookings,
    scratch: Scratch,
    vehicle: int,
    target: int,
    refill: bool,
    only: int,
) -> tuple[int, int]:
    """Return (facility, code) by which target is reached first, among those that can be used.

    Loads must be accepted in part at least, the day's tonnage must hold them, and the truck must be
    done before the gate closes. The code says what was missing if the facility is -1. ``only`` >= 0
    looks at one facility alone.
    """
    facility, load = model.facility, scratch.load
    clock = min(scratch.label[0, CLOCK], scratch.label[1, CLOCK])
    profile = model.vehicle[vehicle, PROFILE]
    place = scratch.state[PLACE]
    best, chosen, code = NEVER, -1, NO_FACILITY
    for f in range(facility.shape[0]):
        if only >= 0 and f != only:
            continue
        dropped = 0
        useful = refill and facility[f, REFILLS] == 1
        for s in range(load.shape[0]):
            if load[s, ABOARD] and model.accepts[f, s]:
                dropped += load[s, ON_KG]
                useful = useful or not refill or only >= 0
        if not useful:
            continue
        depart, there, _, _ = find_leg(model, profile, place, facility[f, AT], clock)
        if there < 0 or model.time[profile, facility[f, AT], target] < 0:
            code = UNREACHABLE if code == NO_FACILITY else code
            continue
        if dropped > 0 and facility[f, DAILY_KG] < NEVER:
            held = scratch.own[f] + dropped
            for v in range(bookings.received.shape[1]):
                if v != vehicle:
                    held += bookings.received[f, v]
            if held > facility[f, DAILY_KG]:
                code = TONNAGE
                continue
        begin = free_slot(model, bookings, f, vehicle, depart + there, scratch.state[REPLAY])
        if begin + facility[f, UNLOAD_S] > facility[f, CLOSE_S]:
            code = code if code == TONNAGE else GATE
            continue
        done = begin + facility[f, UNLOAD_S]
        depart, onward, _, _ = find_leg(model, profile, facility[f, AT], target, done)
        if onward < 0:
            code = UNREACHABLE if code == NO_FACILITY else code
        elif depart + onward < best:
            best, chosen = depart + onward, f
    return chosen, code


@lean_inner_kernel
def _put_down(model: Model, scratch: Scratch, vehicle: int, facility: int) -> int:
    """Unload what the facility accepts and refill; return a code."""
    load, state = scratch.load, scratch.state
    dropped = False
    for s in range(load.shape[0]):
        if load[s, ABOARD] and model.accepts[facility, s]:
            scratch.own[facility] += load[s, ON_KG]
            load[s, ON_KG] = load[s, ON_LITRES] = load[s, ABOARD] = 0
            dropped = True
    if dropped:
        state[TRIP] += 1
    if model.facility[facility, REFILLS]:
        state[WATER] = model.vehicle[vehicle, TANK_L]
    return TRIPS if state[TRIP] > model.vehicle[vehicle, MAX_TRIPS] else FEASIBLE


@lean_inner_kernel
def _take(model: Model, scratch: Scratch, mode: int) -> None:
    """Take a task aboard."""
    load, task = scratch.load, model.mode[mode, TASK]
    stream = model.task[task, OF_STREAM]
    scratch.state[WATER] -= model.task[task, WATER_L]
    load[stream, CARRIED] = 1
    load[stream, ON_KG] += model.task[task, KG]
    load[stream, ON_LITRES] += model.task[task, LITRES]
    if model.task[task, KG] > 0 or model.task[task, LITRES] > 0:
        load[stream, ABOARD] = 1


@lean_inner_kernel
def _admit(model: Model, scratch: Scratch, vehicle: int, mode: int) -> tuple[int, int]:
    """Return the code of serving a task at all, and what must come first.

    That is 1 to unload, 2 to refill, 3 to make an empty compartment ready for its stream.
    """
    load, task = scratch.load, model.mode[mode, TASK]
    stream = model.task[task, OF_STREAM]
    if not model.allowed[vehicle, task]:
        return STREAM, 0
    carried = aboard = 0
    for s in range(load.shape[0]):
        carried += load[s, CARRIED]
        aboard += load[s, ABOARD]
    compartments = model.vehicle[vehicle, COMPARTMENTS]
    if carried >= compartments and not load[stream, CARRIED]:
        if not model.vehicle[vehicle, CHANGES]:
            return STREAM, 0
        return FEASIBLE, 1 if aboard >= compartments else 3
    kg, litres = model.task[task, KG] * compartments, model.task[task, LITRES] * compartments
    room_kg = model.vehicle[vehicle, CAPACITY_KG] - load[stream, ON_KG] * compartments
    room_l = model.capacity_l[vehicle, stream] - load[stream, ON_LITRES] * compartments
    if kg > model.vehicle[vehicle, CAPACITY_KG] or litres > model.capacity_l[vehicle, stream]:
        return LOAD, 0
    if model.task[task, WATER_L] > model.vehicle[vehicle, TANK_L]:
        return TANK, 0
    if kg > room_kg or litres > room_l:
        return FEASIBLE, 1
    return FEASIBLE, 2 if scratch.state[WATER] < model.task[task, WATER_L] else 0


@lean_inner_kernel
def _change(model: Model, scratch: Scratch) -> None:
    """Make the empty compartments ready for other streams, where the truck stands."""
    label, load = scratch.label, scratch.load
    for s in range(load.shape[0]):
        load[s, CARRIED] = load[s, ABOARD]
    for row in range(2):
        if label[row, CLOCK] < NEVER:
            label[row, CLOCK] += model.rules[CHANGE_S]
    scratch.log[scratch.state[SLOT], CHANGED] = 1


@lean_inner_kernel
def _close(model: Model, scratch: Scratch, vehicle: int) -> int:
    """Write cost, times and the final label of a route that is home; return a code."""
    label, log, result = scratch.label, scratch.log, scratch.result
    slot = scratch.state[SLOT]
    end0, end1 = log[slot, BEGIN], log[slot, BEGIN + 1]
    if model.vehicle[vehicle, HAS_MEAL] and end0 > model.rules[MEAL_LATE]:
        end0 = NEVER
    pick = 1 if end1 < end0 else 0
    end = min(end0, end1)
    if end >= NEVER:
        return MEAL
    if end > model.vehicle[vehicle, LATEST_END]:
        return SHIFT
    movable = min(label[pick, SLACK], label[pick, WAITED])
    moved = min(movable, label[pick, LEG_SLACK])
    start = label[pick, BASE] + moved
    length = label[pick, METRES]
    if length > model.vehicle[vehicle, MAX_LENGTH]:
        return RANGE
    overtime = max(0, end - model.vehicle[vehicle, SHIFT_TO])
    result[COST] = (
        model.vehicle[vehicle, FIXED_COST]
        + (model.vehicle[vehicle, COST_KM] * length + 500) // 1000
        + (model.vehicle[vehicle, COST_H] * (end - start) + 1800) // 3600
        + (model.vehicle[vehicle, OVERTIME_H] * overtime + 1800) // 3600
        + shape_cost(model, log, slot, end - start)
    )
    result[END] = end
    result[START] = start
    result[IDLE] = movable - moved
    result[LENGTH] = length
    result[VISITS] = slot
    result[LAST_LABEL] = pick
    result[LAST_CAME] = log[slot, CAME + pick]
    result[LAST_RESTED] = log[slot, RESTED + pick]
    return FEASIBLE


@lean_inner_kernel
def _reset(model: Model, scratch: Scratch, vehicle: int, start: int) -> None:
    """Put the vehicle, with what it sets out with, at its depot at a moment of its shift."""
    label, state = scratch.label, scratch.state
    for row in range(2):
        label[row, CLOCK] = label[row, BASE] = start
        label[row, SINCE_REST] = label[row, WAITED] = label[row, METRES] = 0
        label[row, SLACK] = label[row, LEG_SLACK] = NEVER
    label[1, CLOCK] = NEVER
    for s in range(scratch.load.shape[0]):
        for column in range(4):
            scratch.load[s, column] = 0
    first = model.vehicle[vehicle, FIRST_STREAM]
    if first >= 0:
        scratch.load[first, ON_KG] = model.vehicle[vehicle, FIRST_KG]
        scratch.load[first, ON_LITRES] = model.vehicle[vehicle, FIRST_LITRES]
        scratch.load[first, ABOARD] = scratch.load[first, CARRIED] = 1
    for f in range(scratch.own.shape[0]):
        scratch.own[f] = 0
    state[PLACE] = model.vehicle[vehicle, START_AT]
    state[SLOT] = state[TRIP] = 0
    state[WATER] = model.vehicle[vehicle, TANK_L]


@lean_inner_kernel
def _next_step(
    model: Model, scratch: Scratch, vehicle: int, sequence: NDArray[np.int32], size: int, i: int
) -> tuple[int, int, int, int, int]:
    """Return (code, kind, step, target, need) of what comes next in a sequence.

    kind 0 serves mode ``step``, 1 visits a facility (an explicit one, or -1 = to be chosen on the
    way to location ``target``), 2 goes home, 3 changes the stream. ``need`` = 1 unload, 2 refill.
    """
    if i == size:
        home = model.vehicle[vehicle, END_AT]
        for s in range(scratch.load.shape[0]):
            if scratch.load[s, ABOARD]:
                return FEASIBLE, 1, -1, home, 1
        return FEASIBLE, 2, 0, home, 0
    step = sequence[i]
    if step < 0:
        refill = 2 if scratch.state[WATER] < model.vehicle[vehicle, TANK_L] else 1
        return FEASIBLE, 1, -step - 1, model.facility[-step - 1, AT], refill
    code, need = _admit(model, scratch, vehicle, step)
    if need > 0:
        return code, 3 if need == 3 else 1, -1, model.mode[step, ENTRY], need
    return code, 0, step, model.mode[step, ENTRY], 0


@lean_inner_kernel
def _is_open_ended(model: Model, step: int, kind: int) -> bool:
    """Whether a step may begin at any time: the way home, and tasks without windows."""
    if kind != 0:
        return kind == 2
    task = model.mode[step, TASK]
    return bool(model.task[task, FIRST_WINDOW] == model.task[task, END_WINDOW])


@lean_kernel
def decode(
    model: Model,
    bookings: Bookings,
    scratch: Scratch,
    vehicle: int,
    sequence: NDArray[np.int32],
    size: int,
) -> int:
    """Return the code of a route and write its totals and visits into scratch.

    Parameters
    ----------
    sequence : int32 (>= size,)
        Mode indices, and -f - 1 for explicit visits to facility f. An explicit visit at which
        there is nothing to do, or which cannot be used, is skipped.

    Notes
    -----
    O(size * facilities) time. Writes ``log``, ``result``, ``load``, ``own``, ``state``. The route
    sets out at ``state[SET_OUT]`` - 1 where that is not negative; ``result[FROM]`` is the moment by
    which the log was written.
    """
    result, fixed = scratch.result, scratch.state[SET_OUT] - 1
    earliest = model.vehicle[vehicle, SHIFT_FROM]
    start = fixed if fixed >= 0 else earliest
    best, kept, after, gap, tries = NEVER, start, start, 0, 0
    while True:
        code = _drive(model, bookings, scratch, vehicle, sequence, size, start)
        result[FROM] = start
        if fixed >= 0 or model.border.shape[1] == 0 or tries > MOST_STARTS:
            return code
        if tries == 0 and code != FEASIBLE:
            return code
        if code == FEASIBLE and result[COST] < best:
            best, kept, after, gap = result[COST], start, result[START], result[IDLE]
        else:
            gap //= 2
        tries += 1
        start = after + gap
        if gap < IDLE_MATTERS_S or tries == MOST_STARTS:
            if result[FROM] == kept:
                return code
            start, tries = kept, MOST_STARTS + 1


@lean_inner_kernel
def _drive(
    model: Model,
    bookings: Bookings,
    scratch: Scratch,
    vehicle: int,
    sequence: NDArray[np.int32],
    size: int,
    start: int,
) -> int:
    """Drive a sequence from a start on; return the code.

    One pass of one loop, so that each helper is compiled in only once.
    """
    _reset(model, scratch, vehicle, start)
    state = scratch.state
    scratch.log[0, CHANGED] = 0
    profile = model.vehicle[vehicle, PROFILE]
    i = np.int64(0)
    kind = 0
    while kind != 2:
        scratch.result[FAILED_AT] = i
        code, kind, step, target, need = _next_step(model, scratch, vehicle, sequence, size, i)
        if code != FEASIBLE:
            return code
        if kind == 3:
            _change(model, scratch)
            continue
        if kind == 1:
            explicit = step >= 0
            step, code = _choose_facility(
                model, bookings, scratch, vehicle, target, need == 2, step
            )
            if explicit:
                i += 1
                if step < 0:
                    continue
            elif step < 0:
                return TANK if need == 2 and code in (NO_FACILITY, UNREACHABLE) else code
            target = model.facility[step, AT]
            service = model.facility[step, UNLOAD_S]
        elif kind == 0:
            i += 1
            service = model.mode[step, SERVICE]
        else:
            service = 0
        if model.time[profile, state[PLACE], target] < 0:
            return UNREACHABLE
        slot = state[SLOT]
        if not _advance(model, bookings, scratch, vehicle, step, target, service, kind):
            late = scratch.log[slot, BEGIN] >= NEVER and scratch.log[slot, BEGIN + 1] >= NEVER
            if late and model.border.shape[1] > 0 and _is_open_ended(model, step, kind):
                return UNREACHABLE  # its street is closed for the rest of the day
            return MEAL if not late else GATE if kind == 1 else WINDOW
        if kind == 2:
            break
        scratch.log[slot, VISIT] = step if kind == 0 else -step - 1
        state[SLOT] += 1
        scratch.log[state[SLOT], CHANGED] = 0
        if kind == 0:
            for row in range(2):
                scratch.label[row, METRES] += model.mode[step, WORKED]
            state[PLACE] = model.mode[step, EXIT]
            _take(model, scratch, step)
        else:
            state[PLACE] = target
            code = _put_down(model, scratch, vehicle, step)
            if code != FEASIBLE:
                return code
    return _close(model, scratch, vehicle)
