"""Key figures of a planned day: in all, by stream, by truck, by district; and their CSV table.

What an activity measures (the leg driven to it, its waiting, its service, its mass) belongs to
the stream and the district of the activity. What only a whole route has is shared out within
the route so that the parts add up to it exactly: cost and overtime by time, CO2 by distance.
Legs to stations and depots belong to no district; they stand under the empty name.
"""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenarios.day import HAULER
from scenarios.files import write_whole

KPI_KEYS = (
    "stops",
    "streets",
    "length_m",
    "swept_m",
    "driving_s",
    "service_s",
    "waiting_s",
    "mass_kg",
    "cost",
    "co2_g",
    "punctuality",
    "load_factor",
    "trips",
    "trucks_used",
    "overtime_s",
    "unserved",
    "unserved_kg",
)
"""Keys of each record of figures, in the order of the tables."""

WASHES = "washes"
"""A further key, of days on which trucks wash before they enter the center."""
HAUL_KEYS = ("hauls", "hauled_kg")
"""Keys of a record of figures on days with hauls; they stand behind the others."""

WORK = ("stop", "street")
LOAD, COLLECTED = "load", ("haul", "aboard")
"""A transfer truck's loading as an activity; what is left behind after it has been collected."""

_SCOPES = (
    ("total", "total"),
    ("by_stream", "stream"),
    ("by_truck", "truck"),
    ("by_district", "district"),
)

Route = Mapping[str, Any]
Activity = Mapping[str, Any]
Grouping = Callable[[Route, Activity], str]


@dataclass
class _Figures:
    """Sums of one group while the routes are gone through."""

    sums: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    punctual: int = 0
    loads: list[float] = field(default_factory=list)
    trips: set[tuple[str, int]] = field(default_factory=set)
    trucks: set[str] = field(default_factory=set)

    def record(self, keys: Sequence[str] = KPI_KEYS) -> dict[str, Any]:
        """Return the figures under the given keys."""
        stops = self.sums["stops"]
        found: dict[str, Any] = dict(self.sums)
        found["punctuality"] = round(self.punctual / stops, 6) if stops else None
        found["load_factor"] = round(sum(self.loads) / len(self.loads), 6) if self.loads else None
        found["trips"] = len(self.trips)
        found["trucks_used"] = len(self.trucks)
        hauls = HAUL_KEYS if self.sums["hauls"] else ()
        return {key: found.get(key, 0) for key in (*keys, *hauls)}


def compute_kpis(
    routes: Sequence[Route], unserved: Sequence[Mapping[str, Any]], required: Mapping[str, int]
) -> dict[str, Any]:
    """Return ``plan["kpis"]`` from the routes and what was left out.

    Parameters
    ----------
    routes, unserved
        As in the plan record.
    required
        ``stops``, ``streets`` and ``street_m`` that were due; the total names them again with
        the share that is served.

    Returns
    -------
    dict
        ``total``, ``by_stream``, ``by_truck``, ``by_district``; ``punctuality`` and
        ``load_factor`` are null where there is no stop or no unloading. ``washes`` are counted on
        days that have any.
    """
    washes = any(a["kind"] == "wash" for route in routes for a in route["activities"])
    keys = (*KPI_KEYS, WASHES) if washes else KPI_KEYS
    total = _by(routes, unserved, lambda route, activity: "", lambda task: "")
    whole = total.get("", _Figures()).record(keys)
    due = int(required.get("stops", 0)) + int(required.get("streets", 0))
    whole["required"] = due
    whole["served_share"] = round((whole["stops"] + whole["streets"]) / due, 6) if due else None
    return {
        "total": whole,
        "by_stream": _records(_by(routes, unserved, _stream, lambda task: task["stream"]), keys),
        "by_truck": _records(
            _by(routes, (), lambda route, activity: route["truck_id"], None), keys
        ),
        "by_district": _records(
            _by(routes, unserved, _district, lambda task: task["district"]), keys
        ),
    }


def _records(groups: Mapping[str, _Figures], keys: Sequence[str]) -> dict[str, Any]:
    return {name: groups[name].record(keys) for name in sorted(groups)}


def _stream(route: Route, activity: Activity) -> str:
    """Return the stream that an activity counts for; one of several streams counts as the route."""
    stream = str(activity["stream"])
    return str(route["stream"]) if not stream or ";" in stream else stream


def _district(route: Route, activity: Activity) -> str:
    return str(activity["district"]) if activity["kind"] in WORK else ""


def _by(
    routes: Sequence[Route],
    unserved: Iterable[Mapping[str, Any]],
    group: Grouping,
    group_of_task: Callable[[Mapping[str, Any]], str] | None,
) -> dict[str, _Figures]:
    groups: dict[str, _Figures] = defaultdict(_Figures)
    for route in routes:
        _add_route(groups, route, group)
    for task in unserved:
        if group_of_task is not None and task["kind"] not in COLLECTED:
            sums = groups[group_of_task(task)].sums
            sums["unserved"] += 1
            sums["unserved_kg"] += task["mass_kg"]
    return groups


def _add_route(groups: dict[str, _Figures], route: Route, group: Grouping) -> None:
    seconds: dict[str, int] = defaultdict(int)
    metres: dict[str, int] = defaultdict(int)
    free_s = int(route["start_s"])
    for activity in route["activities"]:
        name = group(route, activity)
        metres[name] += _add_activity(groups[name], route, activity, free_s)
        if activity["kind"] == LOAD:
            _add_load(groups[name], route, activity)
        seconds[name] += activity["end_s"] - free_s
        free_s = activity["end_s"]
    for key, weights in (("cost", seconds), ("overtime_s", seconds), ("co2_g", metres)):
        for name, part in share_out(int(route[key]), weights).items():
            groups[name].sums[key] += part


def _add_activity(figures: _Figures, route: Route, activity: Activity, free_s: int) -> int:
    """Add one activity and return its metres; ``free_s`` is the end of the one before."""
    sums, leg, kind = figures.sums, activity["leg"], activity["kind"]
    leg_s, leg_m = (leg["time_s"], leg["length_m"]) if leg else (0, 0)
    metres = int(leg_m + activity["service_m"])
    sums["length_m"] += metres
    sums["driving_s"] += leg_s
    # whatever lies between the last activity and this one and is not driven is waited
    sums["waiting_s"] += activity["begin_s"] - free_s - leg_s
    if kind != "break":
        sums["service_s"] += activity["end_s"] - activity["begin_s"]
    if kind in WORK:
        sums["stops" if kind == "stop" else "streets"] += 1
        sums["swept_m"] += activity["service_m"]
        sums["mass_kg"] += activity["mass_kg"]
        figures.trips.add((route["truck_id"], activity["trip"]))
        figures.trucks.add(route["truck_id"])
    sums[WASHES] += kind == "wash"
    if kind == "stop":
        figures.punctual += is_punctual(activity)
    if kind == "unload" and route["capacity_kg"] > 0 and route["truck_kind"] != HAULER:
        figures.loads.append(activity["mass_kg"] / route["capacity_kg"])
    return metres


def _add_load(figures: _Figures, route: Route, activity: Activity) -> None:
    """Count what a transfer truck takes, apart from what is collected."""
    figures.sums["hauls"] += 1
    figures.sums["hauled_kg"] += activity["mass_kg"]
    figures.trips.add((route["truck_id"], activity["trip"]))
    figures.trucks.add(route["truck_id"])


def is_punctual(activity: Activity) -> bool:
    """Return whether service begins inside the window; without a window it always does."""
    window = activity["window"]
    return window is None or window[0] <= activity["begin_s"] <= window[1]


def share_out(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share a whole amount in proportion to weights, by largest remainders.

    Equal remainders go to the name that sorts first; without any weight the name that sorts
    first takes all. The parts add up to ``amount``.
    """
    if not weights:
        return {}
    whole = sum(weights.values())
    if whole <= 0:
        first = min(weights)
        return {name: amount if name == first else 0 for name in weights}
    parts = {name: amount * weight // whole for name, weight in weights.items()}
    by_rest = sorted(weights, key=lambda name: (-(amount * weights[name] % whole), name))
    for name in by_rest[: amount - sum(parts.values())]:
        parts[name] += 1
    return parts


def kpi_table(plan: Mapping[str, Any]) -> list[list[str]]:
    """Return the table of figures, heading first, in the units that people read."""
    currency = str(plan["currency"])
    more = (WASHES, *HAUL_KEYS)
    keys = [*KPI_KEYS, *(key for key in more if key in plan["kpis"]["total"])]
    head = ["date", "scope", "name"] + [_heading(key, currency) for key in keys]
    rows = [head]
    for key, scope in _SCOPES:
        groups = plan["kpis"][key]
        named = {"": groups} if key == "total" else groups
        for name, record in named.items():
            figures = [_figure(k, record.get(k)) for k in keys]
            rows.append([str(plan["date"]), scope, _safe_cell(name), *figures])
    return rows


def write_kpis(path: Path, plan: Mapping[str, Any]) -> None:
    """Write the table of figures as CSV, UTF-8 with a byte-order mark, so that Excel reads it."""
    stream = io.StringIO(newline="")
    csv.writer(stream, lineterminator="\r\n").writerows(kpi_table(plan))
    write_whole(Path(path), b"\xef\xbb\xbf" + stream.getvalue().encode())


_UNITS = {
    "length_m": ("distance_km", 1000, 3),
    "swept_m": ("swept_km", 1000, 3),
    "driving_s": ("driving_h", 3600, 3),
    "service_s": ("service_h", 3600, 3),
    "waiting_s": ("waiting_h", 3600, 3),
    "overtime_s": ("overtime_h", 3600, 3),
    "mass_kg": ("mass_t", 1000, 3),
    "unserved_kg": ("unserved_t", 1000, 3),
    "hauled_kg": ("hauled_t", 1000, 3),
    "co2_g": ("co2_kg", 1000, 3),
}


def _heading(key: str, currency: str) -> str:
    if key == "cost":
        return f"cost_{currency}"
    return _UNITS[key][0] if key in _UNITS else key


def _figure(key: str, value: float | None) -> str:
    if value is None:
        return ""
    if key == "cost":
        return f"{value / 1000:.3f}"
    if key in _UNITS:
        _, unit, digits = _UNITS[key]
        return f"{value / unit:.{digits}f}"
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def _safe_cell(text: str) -> str:
    """Return the text with a leading apostrophe where a spreadsheet would run it as a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
