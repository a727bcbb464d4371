"""The leg that arrives first from a moment on, where travel changes by the hour."""

from __future__ import annotations

from routing._kernels.jit import lean_inner_kernel
from solvers._kernels.model import NEVER, Model


@lean_inner_kernel
def find_leg(
    model: Model, profile: int, place: int, target: int, clock: int
) -> tuple[int, int, int, int]:
    """Return (departure, seconds, layer, slack) of a leg; seconds < 0 = no way.

    A leg stays inside a period, or crosses one border by a layer that suits both sides; a truck may
    wait for the next border. Of two that arrive together the later one is driven. Until ``slack``
    seconds later the same choice holds with the same seconds (a little strict).
    """
    if model.border.shape[1] == 0:
        return clock, int(model.time[profile, place, target]), profile, NEVER
    border, num = model.border, model.border.shape[1]
    best, depart, travel, slack = NEVER, clock, -1, NEVER
    layer = profile
    for period in range(num + 1):
        until = int(border[profile, period]) if period < num else NEVER
        if until <= clock:
            continue
        setout = clock if period == 0 else max(clock, int(border[profile, period - 1]))
        if setout >= best:
            slack = min(slack, setout - best - 1)
            break
        by = int(model.layer[profile, 2 * period])
        seconds = int(model.time[by, place, target])
        inside = seconds >= 0 and setout + seconds <= until
        room = until - setout - max(seconds, 1)  # at the border itself the next period begins
        if not inside:
            if until >= NEVER:  # no border: streets that are closed now stay so
                break
            beyond = int(border[profile, period + 1]) if period + 1 < num else NEVER
            by = int(model.layer[profile, 2 * period + 1])
            seconds = int(model.time[by, place, target])
            if seconds < 0 or setout + seconds > beyond:
                continue
            room = min(until - setout - 1, beyond - setout - seconds)
        if setout + seconds <= best:
            best, depart, travel, layer, slack = setout + seconds, setout, seconds, by, room
        else:
            slack = min(slack, setout + seconds - best - 1)
        if inside:
            break
    return depart, travel, layer, slack
