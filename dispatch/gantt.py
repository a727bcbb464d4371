"""The day as bars on a time axis: what each truck does when, and how long stations queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_KIND_OF_BAR = {
    "stop": "stop",
    "street": "sweep",
    "load": "load",
    "unload": "unload",
    "refill": "refill",
    "wash": "wash",
    "change": "change",
    "break": "break",
}


class Bar(NamedTuple):
    """One stretch of a truck's day.

    ``kind`` is drive, wait, stop, sweep, load, unload, refill, wash, change or break;
    ``activity`` is the place in the route's list that it belongs to.
    """

    kind: str
    begin_s: int
    end_s: int
    activity: int


class QueueStrip(NamedTuple):
    """Minutes in a row with the same number of trucks waiting and being served."""

    begin_s: int
    end_s: int
    waiting: int
    busy: int


def route_bars(route: Mapping[str, Any]) -> list[Bar]:
    """Return the bars of one truck from start to end, without gaps and without empty bars.

    Time before a leg that is not driven is waiting, as is the time between arrival and
    the beginning of service.
    """
    bars: list[Bar] = []
    free_s = int(route["start_s"])
    for i, activity in enumerate(route["activities"]):
        leg = activity["leg"]
        leave_s = activity["arrive_s"] - (leg["time_s"] if leg else 0)
        marks = [
            ("wait", free_s, leave_s),
            ("drive", leave_s, activity["arrive_s"]),
            ("wait", activity["arrive_s"], activity["begin_s"]),
            (_KIND_OF_BAR.get(activity["kind"], "wait"), activity["begin_s"], activity["end_s"]),
        ]
        bars.extend(Bar(kind, begin, end, i) for kind, begin, end in marks if end > begin)
        free_s = activity["end_s"]
    return bars


def queue_strips(facility: Mapping[str, Any]) -> list[QueueStrip]:
    """Return a station's minute-by-minute queue with equal minutes in a row joined."""
    strips: list[QueueStrip] = []
    for entry in sorted(facility["queue"], key=lambda entry: entry["minute"]):
        begin, waiting, busy = 60 * entry["minute"], entry["waiting"], entry["busy"]
        last = strips[-1] if strips else None
        if last and last.end_s == begin and (last.waiting, last.busy) == (waiting, busy):
            strips[-1] = last._replace(end_s=begin + 60)
        else:
            strips.append(QueueStrip(begin, begin + 60, waiting, busy))
    return strips


def day_span(plan: Mapping[str, Any]) -> tuple[int, int]:
    """Return the first and last second of the day's work, widened to whole hours."""
    begins = [route["start_s"] for route in plan["routes"]]
    ends = [route["end_s"] for route in plan["routes"]]
    if not begins:
        return 5 * 3600, 18 * 3600
    return min(begins) // 3600 * 3600, -(-max(ends) // 3600) * 3600
