"""The rules of the contract, each as an edit that puts it on a plain city."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from dispatch.ruleproof.tables import DATE, STREET_KINDS, Tables
from scenarios.schema import CONTAINER, HOOKLIFT

Switch = Callable[[Tables, np.random.Generator], None]
MOST_PROMISES = 3
MOST_STREETS = 3
"""Rows of streets.csv that are swept: a proof needs the rules, not the length."""


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 3600:02d}:{int(seconds) % 3600 // 60:02d}"


def _narrow_windows(city: Tables, rng: np.random.Generator) -> None:
    for row in np.flatnonzero(city.some("points", rng, 0.4)):
        start = rng.uniform(5, 14) * 3600
        one = pd.Series(np.arange(len(city["points"])) == row)
        city.put("points", "window_start", _clock(start), one)
        city.put("points", "window_end", _clock(start + rng.uniform(1200, 5400)), one)


def _second_windows(city: Tables, rng: np.random.Generator) -> None:
    rows = city.some("points", rng, 0.5)
    for column, value in (
        ("window_start", "06:00"),
        ("window_end", "08:30"),
        ("window2_start", "10:00"),
        ("window2_end", "15:30"),
    ):
        city.put("points", column, value, rows)


def _frequencies(city: Tables, rng: np.random.Generator) -> None:
    texts = ("daily", "2/week", "3/week", "mon", "tue,fri", "2/day", "1/month")
    city["points"]["frequency"] = rng.choice(texts, len(city["points"]))


def _priorities(city: Tables, rng: np.random.Generator) -> None:
    city["points"]["priority"] = [str(n) for n in rng.integers(1, 6, len(city["points"]))]


def _sides(city: Tables, rng: np.random.Generator) -> None:
    city.put("points", "side", "right", city.some("points", rng, 0.7))


def _dates(city: Tables, rng: np.random.Generator) -> None:
    city.put("points", "active_to", "2024-11-24", city.some("points", rng, 0.2))
    city.put("points", "active_from", "2024-11-20")


def _volume(city: Tables, rng: np.random.Generator) -> None:
    city["points"]["demand_m3"] = [f"{v:.2f}" for v in rng.uniform(0.5, 3, len(city["points"]))]
    city.put("trucks", "capacity_m3", "5")


def _queues(city: Tables, rng: np.random.Generator) -> None:
    city.put("facilities", "bays", "1")
    city.put("facilities", "unload_s", str(int(rng.integers(600, 2400))), _unloading(city))


def _tonnage(city: Tables, rng: np.random.Generator) -> None:
    rows = np.flatnonzero(_unloading(city))
    for row in rows:
        one = pd.Series(np.arange(len(city["facilities"])) == row)
        city.put("facilities", "capacity_t_day", f"{rng.uniform(0.4, 3):.2f}", one)


def _unloading(city: Tables) -> pd.Series:
    return city["facilities"]["kind"].isin(("transfer", "plant", "landfill"))


def _facility_hours(city: Tables, rng: np.random.Generator) -> None:
    for row in np.flatnonzero(_unloading(city)):
        one = pd.Series(np.arange(len(city["facilities"])) == row)
        start = rng.uniform(5, 10) * 3600
        city.put("facilities", "open", _clock(start), one)
        city.put("facilities", "close", _clock(start + rng.uniform(3, 8) * 3600), one)


def _hauls(city: Tables, rng: np.random.Generator) -> None:
    stations = city["facilities"]["kind"] == "transfer"
    city.put("facilities", "haul_to", "I1", stations)
    city.put("facilities", "storage_t", f"{rng.uniform(2, 6):.1f}", stations)
    city.put("facilities", "load_s", "900", stations)
    city.put("facilities", "clear_daily", "true" if rng.random() < 0.5 else "false", stations)
    _hire(city, "transfer")


def _hire(city: Tables, *kinds: str) -> None:
    """Take trucks of some kinds from the sample, as they are there."""
    sample = city.sample["trucks"]
    have = set(city["trucks"]["truck_id"])
    for row in sample[sample["kind"].isin(kinds)].to_dict("records"):
        if row["truck_id"] not in have:
            city.add("trucks", **{str(k): str(v) for k, v in row.items()})


def _compartments(city: Tables, rng: np.random.Generator) -> None:
    del rng
    trucks = city["trucks"]
    first = trucks["kind"].eq("collector") & ~trucks["kind"].eq("collector").shift(fill_value=False)
    city.put("trucks", "streams", "other;kitchen", first)
    city.put("trucks", "compartments", "2", first)


def _stream_changes(city: Tables, rng: np.random.Generator) -> None:
    trucks = city["trucks"]
    rows = trucks["kind"].eq("collector") & city.some("trucks", rng, 0.7)
    rows &= trucks.get("compartments", pd.Series("", trucks.index)) != "2"
    city.put("trucks", "streams", "other;recyclable", rows)
    city.put("trucks", "changes_stream", "true", rows)


def _loaded(city: Tables, rng: np.random.Generator) -> None:
    rows = city["trucks"]["kind"].eq("collector") & city.some("trucks", rng, 0.6)
    # with small trucks of two compartments it still fits
    city.put("trucks", "loaded_kg", str(int(rng.integers(100, 400))), rows)
    city.put("trucks", "loaded_stream", "other", rows)
    city.put("trucks", "loaded_on", DATE, rows)


def _small_trucks(city: Tables, rng: np.random.Generator) -> None:
    city.put("trucks", "capacity_kg", str(int(rng.integers(800, 1500))), city.of_kind("collector"))


def _one_trip(city: Tables, rng: np.random.Generator) -> None:
    city.put("trucks", "max_trips", "1", city.some("trucks", rng, 0.6))


def _overtime(city: Tables, rng: np.random.Generator) -> None:
    city.put("trucks", "max_overtime_min", str(int(rng.integers(20, 120))))
    rows = ~city.of_kind("transfer", *STREET_KINDS)
    city.put("trucks", "shift_start", "06:00", rows)
    city.put("trucks", "shift_end", "09:00", rows)


def _night(city: Tables, rng: np.random.Generator) -> None:
    rows = city.some("trucks", rng, 0.5)
    city.put("trucks", "shift_start", "21:00", rows)
    city.put("trucks", "shift_end", "29:00", rows)


def _depots(city: Tables, rng: np.random.Generator) -> None:
    city.put("trucks", "depot_id", "D2", city.some("trucks", rng, 0.5))
    city.put("trucks", "end_depot_id", "D2", city.some("trucks", rng, 0.5))


def _electric(city: Tables, rng: np.random.Generator) -> None:
    city.put("trucks", "energy", "electric", city.some("trucks", rng, 0.6))


def _few_trucks(city: Tables, rng: np.random.Generator) -> None:
    trucks = city["trucks"]
    gone = rng.choice(["kitchen", "recyclable", "hazardous"])
    city.tables["trucks"] = trucks[trucks["kind"] != gone].reset_index(drop=True)


def _meals(city: Tables, rng: np.random.Generator) -> None:
    city.settings["rules.meal_break_min"] = str(int(rng.integers(20, 60)))
    city.settings["rules.meal_window"] = '["10:30", "13:30"]'


def _rests(city: Tables, rng: np.random.Generator) -> None:
    city.settings["rules.max_driving_min"] = str(int(rng.integers(30, 120)))
    city.settings["rules.min_rest_min"] = str(int(rng.integers(10, 30)))


def _cheap_to_leave(city: Tables, rng: np.random.Generator) -> None:
    city.settings["prices.unserved_base"] = str(int(rng.integers(1, 60)))
    city.settings["prices.unserved_per_kg"] = "0.05"


def _even_days(city: Tables, rng: np.random.Generator) -> None:
    city.settings["prices.balance_h2"] = f"{rng.uniform(1, 40):.2f}"


def _compact_routes(city: Tables, rng: np.random.Generator) -> None:
    city.settings["prices.compact_km"] = f"{rng.uniform(1, 40):.2f}"


def _limits(city: Tables, rng: np.random.Generator) -> None:
    for row in city.sample["limits"].to_dict("records"):
        if row["kind"] not in ("center", "wash_corridor"):
            city.add("limits", **{str(k): str(v) for k, v in row.items()})
    city.put("trucks", "permits", "sanitation", city.some("trucks", rng, 0.5))


def _corridors(city: Tables, rng: np.random.Generator) -> None:
    del rng
    for row in city.sample["limits"].to_dict("records"):
        if row["kind"] in ("center", "wash_corridor"):
            city.add("limits", **{str(k): str(v) for k, v in row.items()})


def _closures(city: Tables, rng: np.random.Generator) -> None:
    points = city["points"]
    lon, lat = (float(points[c].iloc[int(rng.integers(len(points)))]) for c in ("lon", "lat"))
    corners = [(lon - 0.004, lat - 0.003), (lon + 0.004, lat - 0.003), (lon + 0.004, lat + 0.003)]
    corners += [(lon - 0.004, lat + 0.003), corners[0]]
    area = ", ".join(f"{x:.6f} {y:.6f}" for x, y in corners)
    hours = {"from_time": _clock(3600 * rng.uniform(6, 9)), "to_time": "11:30"}
    city.add("closures", closure_id="C-HOURS", area=f"POLYGON (({area}))", reason="x", **hours)
    for row in city.sample["closures"].to_dict("records"):
        city.add("closures", **{str(k): str(v) for k, v in row.items()})


def _speeds(city: Tables, rng: np.random.Generator) -> None:
    hours = (("0", "7"), ("7", "10"), ("10", "17"), ("17", "24"))
    for (start, end), factor in zip(hours, rng.uniform(0.5, 1.2, len(hours)), strict=True):
        row = {"road_class": "all", "hour_from": start, "hour_to": end, "profile": "all"}
        city.add("speeds", factor=f"{factor:.2f}", **row)


def _cases(city: Tables, rng: np.random.Generator) -> None:
    del rng
    city.restore("cases")


def _fill(city: Tables, rng: np.random.Generator) -> None:
    del rng
    city.restore("fill")


def _holiday(city: Tables, rng: np.random.Generator) -> None:
    del rng
    city.add("calendar", date=DATE, kind="holiday", name="x")


def _streets(city: Tables) -> None:
    """Have some streets swept, if none are yet, and hire who sweeps them."""
    if city["streets"].empty:
        city.tables["streets"] = city.sample["streets"].head(MOST_STREETS).copy()
        _hire(city, "sweeper", "flusher")


def _sweeping(city: Tables, rng: np.random.Generator) -> None:
    del rng
    _streets(city)


def _small_tanks(city: Tables, rng: np.random.Generator) -> None:
    _streets(city)
    rows = city.of_kind("sweeper", "flusher")
    city.put("trucks", "tank_l", str(int(rng.integers(1200, 3000))), rows)


def _three_in_one(city: Tables, rng: np.random.Generator) -> None:
    del rng
    _streets(city)
    city.put("programmes", "template", "three_in_one")


def _after_bins(city: Tables, rng: np.random.Generator) -> None:
    del rng
    _streets(city)
    city.put("operations", "after_bins", "true", city["operations"]["pass_no"].eq("1"))


def _street_hours(city: Tables, rng: np.random.Generator) -> None:
    _streets(city)
    rows = city.some("streets", rng, 0.6)
    city.put("streets", "window_start", "08:30", rows)
    city.put("streets", "window_end", "11:30", rows)


def _parked_sides(city: Tables, rng: np.random.Generator) -> None:
    _streets(city)
    city.put("streets", "free_right", "mon,thu", city.some("streets", rng, 0.5))
    city.put("streets", "free_left", "tue,fri", city.some("streets", rng, 0.5))


def _frost(city: Tables, rng: np.random.Generator) -> None:
    del rng
    city.add("weather", date=DATE, min_temp_c="-6", max_temp_c="1", rain_mm="0", snow_cm="0")


def _containers(city: Tables, rng: np.random.Generator) -> None:
    points = city["points"]
    rows = points["stream"].eq("other") & city.some("points", rng, 0.3)
    for column, value in (("kind", CONTAINER), ("bins", ""), ("demand_m3", ""), ("service_s", "")):
        city.put("points", column, value, rows)
    city.put("points", "demand_kg", str(int(rng.integers(1200, 3500))), rows)
    hours = {"shift_start": "05:00", "shift_end": "14:00"}
    held = str(int(rng.integers(1, 3)))
    city.add("trucks", truck_id="HOOK", kind=HOOKLIFT, depot_id="D1", capacity_kg="9000", **hours)
    city.put("trucks", "containers", held, city.of_kind(HOOKLIFT))


def _promises(city: Tables, rng: np.random.Generator) -> None:
    """Promise a few points that are due every day: served at all, by a truck, or as its first."""
    points, trucks = city["points"], city["trucks"]
    daily = points.get("frequency", pd.Series("daily", points.index)).isin(("daily", ""))
    rows = np.flatnonzero(daily & (points["kind"] != CONTAINER))
    first: set[str] = set()
    for k, row in enumerate(rng.permutation(rows)[:MOST_PROMISES]):
        stream = points["stream"].iloc[row]
        able = trucks[trucks["kind"] == ("collector" if stream == "other" else stream)]
        pin = {"date": DATE, "id": points["point_id"].iloc[row]}
        if k and len(able):
            pin["truck_id"] = able["truck_id"].iloc[0]
            if pin["truck_id"] not in first and rng.random() < 0.5:
                pin["place"] = "1"
                first.add(pin["truck_id"])
        city.add("pins", **pin)


SWITCHES: dict[str, Switch] = {
    "narrow windows": _narrow_windows,
    "second windows": _second_windows,
    "frequencies": _frequencies,
    "priorities": _priorities,
    "right side only": _sides,
    "points by date": _dates,
    "loads by volume": _volume,
    "queues at one bay": _queues,
    "daily tonnage": _tonnage,
    "hours of stations": _facility_hours,
    "small trucks": _small_trucks,
    "compartments": _compartments,
    "stream changes": _stream_changes,
    "loaded at the start": _loaded,
    "one trip": _one_trip,
    "overtime": _overtime,
    "several depots": _depots,
    "electric": _electric,
    "a kind of truck missing": _few_trucks,
    "meals": _meals,
    "driving rests": _rests,
    "cheap to leave": _cheap_to_leave,
    "even days": _even_days,
    "compact routes": _compact_routes,
    "limits and permits": _limits,
    "wash corridors": _corridors,
    "closures by the hour": _closures,
    "speeds by the hour": _speeds,
    "cases with a clock": _cases,
    "fill levels": _fill,
    "holiday": _holiday,
    "sweeping": _sweeping,
    "small tanks": _small_tanks,
    "three in one": _three_in_one,
    "after the bins": _after_bins,
    "streets by the hour": _street_hours,
    "parked sides": _parked_sides,
    "frost": _frost,
    "hauls": _hauls,
    "night shifts": _night,
    "containers": _containers,
    "promises": _promises,
}
"""By name, in the order in which they are laid over one another."""
