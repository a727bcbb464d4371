"""From the order of a route's steps to its day: unloading, refills, breaks, queues, cost.

A route is a sequence of int32: a mode index, or -f - 1 for an explicit visit to facility f.
Unloading and refilling that a sequence leaves out are put in where they become necessary, at the
facility by which the next step is reached first. Two labels are carried along, meal not yet taken
and meal taken, each the earliest departure from the step reached; the meal stands before the leg
where it delays least. Driving rests are inserted before the leg that would break the limit.
"""

from __future__ import annotations

from routing._kernels.jit import kernel
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
    FIRST_WINDOW,
    FIXED_COST,
    GATE,
    HAS_MEAL,
    KEPT,
    KG,
    LAST_CAME,
    LAST_LABEL,
    LAST_RESTED,
    LATEST_END,
    LATE_START,
    LENGTH,
    LITRES,
    LOAD,
    MAX_DRIVING,
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
    REFILLS,
    RESTED,
    SERVICE,
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
)


@kernel
def free_slot(model, bookings, facility, vehicle, earliest):
    """Return the first moment >= earliest at which a bay is free beside the others' bookings.

    O(bookings of the facility) for each slot tried. With several bays the test is a little strict:
    every booking that overlaps the slot counts as if all overlapped at once.
    """
    begin = max(earliest, model.facility[facility, OPEN_S])
    unload = model.facility[facility, UNLOAD_S]
    while True:
        inside = 0
        freed = NEVER
        for i in range(bookings.count[facility]):
            if bookings.slot[facility, i, 1] == vehicle:
                continue
            other = bookings.slot[facility, i, 0]
            if other < begin + unload and other + unload > begin:
                inside += 1
                freed = min(freed, other + unload)
        if inside < model.facility[facility, BAYS]:
            return begin
        begin = freed


@kernel
def _earliest_begin(model, bookings, vehicle, step, arrival):
    """Return (begin, latest begin) of a step reached at arrival; begin = NEVER if it is too late."""
    if step < 0:
        facility = -step - 1
        begin = free_slot(model, bookings, facility, vehicle, arrival)
        if begin + model.facility[facility, UNLOAD_S] > model.facility[facility, CLOSE_S]:
            return NEVER, NEVER
        return begin, begin  # a booked bay does not move with the start of the route
    task = model.mode[step, TASK]
    first = model.task[task, FIRST_WINDOW]
    last = model.task[task, END_WINDOW]
    if first == last:
        return arrival, NEVER
    for i in range(first, last):
        if arrival <= model.window[i, 1]:
            return max(arrival, model.window[i, 0]), model.window[i, 1]
    return NEVER, NEVER


@kernel
def _copy_row(table, target, source):
    """Copy a row element by element: assigning a slice would allocate a temporary."""
    for i in range(table.shape[1]):
        table[target, i] = table[source, i]


@kernel
def _reach(model, bookings, label, row, vehicle, step, travel, is_end):
    """Move a label over a leg and into the step; return (begin, rested).

    The label's clock becomes the begin of the step (the arrival, for the end depot).
    """
    clock = label[row, CLOCK]
    if clock >= NEVER:
        return NEVER, 0
    rested = 0
    driven = label[row, SINCE_REST] + travel
    if driven > model.rules[MAX_DRIVING]:
        if travel > model.rules[MAX_DRIVING]:
            label[row, CLOCK] = NEVER
            return NEVER, 0
        clock += model.rules[MIN_REST]
        driven = travel
        rested = 1
    label[row, SINCE_REST] = driven
    arrival = clock + travel
    if is_end:
        label[row, CLOCK] = arrival
        return arrival, rested
    begin, latest = _earliest_begin(model, bookings, vehicle, step, arrival)
    label[row, CLOCK] = begin
    if begin < NEVER:
        waited = label[row, WAITED] + begin - arrival
        label[row, WAITED] = waited
        if latest < NEVER:
            label[row, SLACK] = min(label[row, SLACK], waited + latest - begin)
    return begin, rested


@kernel
def _eat(model, label, row):
    """Put the meal break before the next leg of a label."""
    clock = label[row, CLOCK]
    if clock > model.rules[MEAL_LATE]:
        label[row, CLOCK] = NEVER
        return
    begin = max(clock, model.rules[MEAL_EARLY])
    waited = label[row, WAITED] + begin - clock
    label[row, WAITED] = waited
    label[row, SLACK] = min(label[row, SLACK], waited + model.rules[MEAL_LATE] - begin)
    label[row, CLOCK] = begin + model.rules[MEAL_S]
    if model.rules[MEAL_S] >= model.rules[MIN_REST]:
        label[row, SINCE_REST] = 0


@kernel
def _advance_eaten(model, bookings, scratch, vehicle, step, travel, service, is_end):
    """Carry the label of the meal taken over a leg and a step, by the earliest of its origins."""
    label = scratch.label
    slot = scratch.state[SLOT]
    _copy_row(label, 2, 1)
    _copy_row(label, 3, 0)
    _eat(model, label, 3)
    begin, rested = _reach(model, bookings, label, 2, vehicle, step, travel, is_end)
    after, after_rested = _reach(model, bookings, label, 3, vehicle, step, travel, is_end)
    came, pick = KEPT, 2
    if after < begin:
        begin, rested, came, pick = after, after_rested, AFTER_MEAL, 3
    if slot == 0 and not is_end:
        # a route whose first work lies after the meal window starts after it, without a break
        _copy_row(label, 4, 0)
        label[4, CLOCK] = label[4, BASE] = max(label[0, CLOCK], model.rules[MEAL_LATE])
        late, late_rested = _reach(model, bookings, label, 4, vehicle, step, travel, is_end)
        if late <= begin and late < NEVER:
            begin, rested, came, pick = late, late_rested, LATE_START, 4
    _copy_row(label, 1, pick)
    label[1, CLOCK] = begin + service if begin < NEVER else NEVER
    scratch.log[slot, BEGIN + 1] = begin
    scratch.log[slot, RESTED + 1] = rested
    scratch.log[slot, CAME + 1] = came


@kernel
def _advance(model, bookings, scratch, vehicle, step, travel, service, is_end):
    """Carry both labels over a leg and a step; return whether one of them is alive."""
    label = scratch.label
    slot = scratch.state[SLOT]
    has_meal = model.vehicle[vehicle, HAS_MEAL] == 1
    scratch.log[slot, BEGIN + 1] = NEVER
    if has_meal:
        _advance_eaten(model, bookings, scratch, vehicle, step, travel, service, is_end)
    begin, rested = _reach(model, bookings, label, 0, vehicle, step, travel, is_end)
    scratch.log[slot, BEGIN] = begin
    scratch.log[slot, RESTED] = rested
    scratch.log[slot, CAME] = KEPT
    if begin < NEVER:
        label[0, CLOCK] = begin + service
        if has_meal and label[0, CLOCK] > model.rules[MEAL_LATE]:
            label[0, CLOCK] = NEVER  # the meal can no longer begin in its window
    return label[0, CLOCK] < NEVER or label[1, CLOCK] < NEVER


@kernel
def _count(load, column):
    """Return how many streams have a column of the load set."""
    total = 0
    for s in range(load.shape[0]):
        total += load[s, column]
    return total


@kernel
def _holds(model, bookings, scratch, vehicle, facility, dropped):
    """Return whether the facility's daily tonnage holds what is dropped beside all the rest."""
    if dropped == 0 or model.facility[facility, DAILY_KG] >= NEVER:
        return True
    held = scratch.own[facility] + dropped
    for v in range(bookings.received.shape[1]):
        if v != vehicle:
            held += bookings.received[facility, v]
    return held <= model.facility[facility, DAILY_KG]


@kernel
def _choose_facility(model, bookings, scratch, vehicle, place, target, refill):
    """Return (facility, code) by which target is reached first, among those that can be used.

    Loads must be accepted in part at least, the day's tonnage must hold them, and the truck must be
    done before the gate closes. The code says what was missing if the facility is -1.
    """
    clock = min(scratch.label[0, CLOCK], scratch.label[1, CLOCK])
    time = model.time[model.vehicle[vehicle, PROFILE]]
    best, chosen, code = NEVER, -1, NO_FACILITY
    for f in range(model.facility.shape[0]):
        dropped = 0
        useful = refill and model.facility[f, REFILLS]
        for s in range(scratch.load.shape[0]):
            if scratch.load[s, ABOARD] and model.accepts[f, s]:
                dropped += scratch.load[s, ON_KG]
                if not refill:
                    useful = True
        if not useful:
            continue
        there = time[place, model.facility[f, AT]]
        onward = time[model.facility[f, AT], target]
        if there < 0 or onward < 0:
            continue
        if not _holds(model, bookings, scratch, vehicle, f, dropped):
            code = TONNAGE
            continue
        begin = free_slot(model, bookings, f, vehicle, clock + there)
        if begin + model.facility[f, UNLOAD_S] > model.facility[f, CLOSE_S]:
            code = GATE if code == NO_FACILITY else code
            continue
        done = begin + model.facility[f, UNLOAD_S] + onward
        if done < best:
            best, chosen = done, f
    return chosen, code


@kernel
def _visit(model, bookings, scratch, vehicle, facility, state):
    """Drive to a facility and put down what it accepts; return a code."""
    profile = model.vehicle[vehicle, PROFILE]
    location = model.facility[facility, AT]
    travel = model.time[profile, state[PLACE], location]
    if travel < 0:
        return UNREACHABLE
    slot = state[SLOT]
    unload = model.facility[facility, UNLOAD_S]
    alive = _advance(model, bookings, scratch, vehicle, -facility - 1, travel, unload, False)
    if not alive:
        return GATE
    scratch.log[slot, VISIT] = -facility - 1
    state[METRES] += model.length[profile, state[PLACE], location]
    state[PLACE] = location
    state[SLOT] += 1
    dropped = False
    for s in range(scratch.load.shape[0]):
        if scratch.load[s, ABOARD] and model.accepts[facility, s]:
            scratch.own[facility] += scratch.load[s, ON_KG]
            scratch.load[s, ON_KG] = 0
            scratch.load[s, ON_LITRES] = 0
            scratch.load[s, ABOARD] = 0
            dropped = True
    if dropped:
        state[TRIP] += 1
        if state[TRIP] > model.vehicle[vehicle, MAX_TRIPS]:
            return TRIPS
    if model.facility[facility, REFILLS]:
        state[WATER] = model.vehicle[vehicle, TANK_L]
    return FEASIBLE


@kernel
def _usable(model, bookings, scratch, vehicle, facility, state):
    """Return whether an explicit visit has something to do and the facility can take it."""
    dropped = 0
    useful = model.facility[facility, REFILLS] and state[WATER] < model.vehicle[vehicle, TANK_L]
    for s in range(scratch.load.shape[0]):
        if scratch.load[s, ABOARD] and model.accepts[facility, s]:
            dropped += scratch.load[s, ON_KG]
            useful = True
    there = model.time[model.vehicle[vehicle, PROFILE], state[PLACE], model.facility[facility, AT]]
    if not useful or there < 0:
        return False
    if not _holds(model, bookings, scratch, vehicle, facility, dropped):
        return False
    clock = min(scratch.label[0, CLOCK], scratch.label[1, CLOCK])
    begin = free_slot(model, bookings, facility, vehicle, clock + there)
    return begin + model.facility[facility, UNLOAD_S] <= model.facility[facility, CLOSE_S]


@kernel
def _detour(model, bookings, scratch, vehicle, facility, state):
    """Make an explicit visit if it is of use; return a code."""
    if not _usable(model, bookings, scratch, vehicle, facility, state):
        return FEASIBLE
    return _visit(model, bookings, scratch, vehicle, facility, state)


@kernel
def _make_room(model, bookings, scratch, vehicle, task, target, state):
    """Unload and refill as the next task demands; return a code."""
    stream = model.task[task, OF_STREAM]
    compartments = model.vehicle[vehicle, COMPARTMENTS]
    kg = model.task[task, KG]
    litres = model.task[task, LITRES]
    if kg * compartments > model.vehicle[vehicle, CAPACITY_KG]:
        return LOAD
    if litres * compartments > model.capacity_l[vehicle, stream]:
        return LOAD
    if model.task[task, WATER_L] > model.vehicle[vehicle, TANK_L]:
        return TANK
    while (scratch.load[stream, ON_KG] + kg) * compartments > model.vehicle[
        vehicle, CAPACITY_KG
    ] or (scratch.load[stream, ON_LITRES] + litres) * compartments > model.capacity_l[
        vehicle, stream
    ]:
        facility, code = _choose_facility(
            model, bookings, scratch, vehicle, state[PLACE], target, False
        )
        if facility < 0:
            return code
        code = _visit(model, bookings, scratch, vehicle, facility, state)
        if code != FEASIBLE:
            return code
    if state[WATER] < model.task[task, WATER_L]:
        facility, code = _choose_facility(
            model, bookings, scratch, vehicle, state[PLACE], target, True
        )
        if facility < 0:
            return TANK if code == NO_FACILITY else code
        return _visit(model, bookings, scratch, vehicle, facility, state)
    return FEASIBLE


@kernel
def _serve(model, bookings, scratch, vehicle, mode, state):
    """Drive to a task and serve it; return a code."""
    task = model.mode[mode, TASK]
    stream = model.task[task, OF_STREAM]
    if not model.allowed[vehicle, task]:
        return STREAM
    if not scratch.load[stream, CARRIED]:
        scratch.load[stream, CARRIED] = 1
        if _count(scratch.load, CARRIED) > model.vehicle[vehicle, COMPARTMENTS]:
            return STREAM
    code = _make_room(model, bookings, scratch, vehicle, task, model.mode[mode, ENTRY], state)
    if code != FEASIBLE:
        return code
    profile = model.vehicle[vehicle, PROFILE]
    travel = model.time[profile, state[PLACE], model.mode[mode, ENTRY]]
    if travel < 0:
        return UNREACHABLE
    slot = state[SLOT]
    alive = _advance(
        model, bookings, scratch, vehicle, mode, travel, model.mode[mode, SERVICE], False
    )
    if not alive:
        late = scratch.log[slot, BEGIN + 0] >= NEVER and scratch.log[slot, BEGIN + 1] >= NEVER
        return WINDOW if late else MEAL
    scratch.log[slot, VISIT] = mode
    state[METRES] += (
        model.length[profile, state[PLACE], model.mode[mode, ENTRY]] + model.mode[mode, WORKED]
    )
    state[PLACE] = model.mode[mode, EXIT]
    state[SLOT] += 1
    state[WATER] -= model.task[task, WATER_L]
    scratch.load[stream, ON_KG] += model.task[task, KG]
    scratch.load[stream, ON_LITRES] += model.task[task, LITRES]
    if model.task[task, KG] > 0 or model.task[task, LITRES] > 0:
        scratch.load[stream, ABOARD] = 1
    return FEASIBLE


@kernel
def _go_home(model, bookings, scratch, vehicle, state):
    """Put down what is aboard, drive to the end depot, and write the totals; return a code."""
    while _count(scratch.load, ABOARD) > 0:
        facility, code = _choose_facility(
            model, bookings, scratch, vehicle, state[PLACE], model.vehicle[vehicle, END_AT], False
        )
        if facility < 0:
            return code
        code = _visit(model, bookings, scratch, vehicle, facility, state)
        if code != FEASIBLE:
            return code
    profile = model.vehicle[vehicle, PROFILE]
    travel = model.time[profile, state[PLACE], model.vehicle[vehicle, END_AT]]
    if travel < 0:
        return UNREACHABLE
    slot = state[SLOT]
    _advance(model, bookings, scratch, vehicle, 0, travel, 0, True)
    end0 = scratch.log[slot, BEGIN + 0]
    if model.vehicle[vehicle, HAS_MEAL] and end0 > model.rules[MEAL_LATE]:
        end0 = NEVER
    end1 = scratch.log[slot, BEGIN + 1]
    pick = 1 if end1 < end0 else 0
    end = min(end0, end1)
    if end >= NEVER:
        return MEAL
    if end > model.vehicle[vehicle, LATEST_END]:
        return SHIFT
    label = scratch.label
    start = label[pick, BASE] + min(label[pick, SLACK], label[pick, WAITED])
    length = state[METRES] + model.length[profile, state[PLACE], model.vehicle[vehicle, END_AT]]
    overtime = max(0, end - model.vehicle[vehicle, SHIFT_TO])
    scratch.result[COST] = (
        model.vehicle[vehicle, FIXED_COST]
        + (model.vehicle[vehicle, COST_KM] * length + 500) // 1000
        + (model.vehicle[vehicle, COST_H] * (end - start) + 1800) // 3600
        + (model.vehicle[vehicle, OVERTIME_H] * overtime + 1800) // 3600
    )
    scratch.result[END] = end
    scratch.result[START] = start
    scratch.result[LENGTH] = length
    scratch.result[VISITS] = slot
    scratch.result[LAST_LABEL] = pick
    scratch.result[LAST_CAME] = scratch.log[slot, CAME + pick]
    scratch.result[LAST_RESTED] = scratch.log[slot, RESTED + pick]
    return FEASIBLE


@kernel
def decode(model, bookings, scratch, vehicle, sequence, size):
    """Return the code of a route and write its totals and visits into scratch.

    Parameters
    ----------
    sequence : int32 (>= size,)
        Mode indices, and -f - 1 for explicit visits to facility f. An explicit visit at which
        there is nothing to do, or which cannot be used, is skipped.

    Notes
    -----
    O(size * facilities) time. Writes ``result``, ``visit``, ``came``, ``rested``, ``begin``.
    """
    label = scratch.label
    label[0, CLOCK] = label[0, BASE] = model.vehicle[vehicle, SHIFT_FROM]
    label[0, SINCE_REST] = label[0, WAITED] = 0
    label[0, SLACK] = NEVER
    _copy_row(label, 1, 0)
    label[1, CLOCK] = NEVER
    scratch.load[:] = 0
    scratch.own[:] = 0
    state = scratch.state
    state[:] = 0
    state[PLACE] = model.vehicle[vehicle, START_AT]
    state[WATER] = model.vehicle[vehicle, TANK_L]
    for i in range(size):
        scratch.result[FAILED_AT] = i
        step = sequence[i]
        if step >= 0:
            code = _serve(model, bookings, scratch, vehicle, step, state)
        else:
            code = _detour(model, bookings, scratch, vehicle, -step - 1, state)
        if code != FEASIBLE:
            return code
    scratch.result[FAILED_AT] = size
    return _go_home(model, bookings, scratch, vehicle, state)
