"""Merging scattered bins into few points (撤桶并点) within a walking limit along the streets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from scenarios.coordinates import to_wgs84
from scenarios.day import row_windows
from scenarios.edits.capacity import (
    Factors,
    bins_filled,
    bins_needed,
    due_days_a_week,
    emptying_interval_days,
)
from scenarios.edits.covering import cover
from scenarios.edits.draft import Draft, Told, Walk
from scenarios.edits.parameters import Parameters
from scenarios.edits.selection import FROM, WHERE, in_words, select_points
from scenarios.schema import CONTAINER, POINT_KINDS, POINTS, Column
from scenarios.walking import WalkingStreets, walking_table

MERGE = (
    *WHERE,
    FROM,
    Column("walk_m", "float", minimum=1, maximum=3_000, default=120.0),
    Column("across_districts", "bool", default=False),
)
MERGE_INTO = (
    *WHERE,
    FROM,
    *(column for column in POINTS.columns if column.name in ("lon", "lat")),
    Column("name", "text"),
    Column("kind", "choice", choices=POINT_KINDS),  # of the new point; empty: that of its bins
    Column("walk_m", "float", minimum=1, maximum=3_000, default=120.0),
)
SPARED = ("smart", "market", "eco_island", CONTAINER)
"""Kinds that are merged only where they are named: no bins, or with devices or staff."""
WINDOW_COLUMNS = ("window_start", "window_end", "window2_start", "window2_end")
Windows = tuple[tuple[int, int], ...]
ANY_TIME: Windows = ((0, 48 * 3600),)


def merge_points(draft: Draft, given: Parameters) -> Told:
    """Join bins into as few of their own places as the walking limit allows."""
    chosen = select_points(draft, given)
    if chosen is None:
        return Told("", "")
    if not given["kinds"] and not given["points"]:
        chosen &= ~draft.frame("points")["kind"].isin(SPARED)
    chosen = draft.split("points", chosen, given.date("from"))
    frame = draft.frame("points")
    rows = frame[chosen.reindex(frame.index, fill_value=False)]
    if rows.empty:
        draft.fail(f"kinds = '' leave no point; {', '.join(SPARED)} must be named")
        return Told("", "")
    rows = _with_targets(draft, rows, given)
    merged = _merged_rows(draft, rows, Factors.middle(draft.used))
    _replace(draft, rows.index, merged)
    places, kept = len(rows[["lon", "lat"]].drop_duplicates()), rows["target"].nunique()
    longest = rows["walk_m"].max()
    en, zh = in_words(given, len(rows))
    limit = f"{given['walk_m']:g}"
    return Told(
        f"{en} at {places} places are merged into {len(merged)} at {kept} places, at most"
        f" {limit} m along streets away (the longest walk is {longest:.0f} m)",
        f"{zh}由 {places} 处合并为 {kept} 处，沿路步行不超过 {limit} 米（最远 {longest:.0f} 米）",
    )


def merge_into(draft: Draft, given: Parameters) -> Told:
    """Join bins into one point at a place that is given, within a walking limit along streets."""
    chosen = select_points(draft, given)
    if chosen is None:
        return Told("", "")
    chosen = draft.split("points", chosen, given.date("from"))
    frame = draft.frame("points")
    rows = frame[chosen.reindex(frame.index, fill_value=False)]
    lon, lat = to_wgs84([given["lon"]], [given["lat"]], draft.system)
    streets, place = WalkingStreets(draft.streets()), (float(lon[0]), float(lat[0]))
    walk_m = walks_to(streets, rows, place, float(given["walk_m"]))
    too_far = [name for name, m in zip(rows["point_id"], walk_m, strict=True) if not np.isfinite(m)]
    if too_far:
        some = ", ".join(too_far[:4])
        draft.fail(f"points = {some}; expected points at most {given['walk_m']:g} m along streets")
        return Told("", "")
    kg_day = rows["demand_kg"] * rows["frequency"].map(due_days_a_week) / 7
    own = rows.assign(kg_day=kg_day, target=0, walk_m=walk_m)
    # a place of its own beside no curb: bins that stood there already moved nowhere
    site = {"lon": float(lon[0]), "lat": float(lat[0]), "side": None}
    site |= {name: given[name] for name in ("name", "kind") if given.get(name)}
    merged = _joined_rows(draft, own, Factors.middle(draft.used), {0: site})
    _replace(draft, rows.index, merged)
    en, zh = in_words(given, len(rows))
    longest = float(walk_m.max())
    where = given.get("name") or f"{given['lon']:.5f} {given['lat']:.5f}"
    return Told(
        f"{en} are merged into {len(merged)} at {where} (the longest walk is {longest:.0f} m)",
        f"{zh}并入{where}（最远步行 {longest:.0f} 米）",
    )


def walks_to(
    streets: WalkingStreets, rows: pd.DataFrame, place: tuple[float, float], limit_m: float
) -> NDArray[np.float64]:
    """Return the metres along streets from each row to a place, inf beyond a limit."""
    *spots, end = streets.spots([*rows["lon"], place[0]], [*rows["lat"], place[1]])
    reached = streets.reached(end, limit_m)
    walk_m = np.full(len(rows), np.inf)
    for k, spot in enumerate(spots):
        ways = [reached[node] + metres for node, metres in spot.ends if node in reached]
        if spot.arc == end.arc:
            ways.append(abs(spot.along_m - end.along_m))
        metres = min(ways, default=np.inf) + spot.access_m + end.access_m
        if metres <= limit_m:
            walk_m[k] = metres
    at_place = (rows["lon"] == place[0]) & (rows["lat"] == place[1])
    return np.where(at_place, 0.0, walk_m)


def _with_targets(draft: Draft, rows: pd.DataFrame, given: Parameters) -> pd.DataFrame:
    """Return rows with the place that each moves to, its walk there, and its kilograms a day.

    Rows of all streams at one place move together.
    """
    own = rows.assign(kg_day=rows["demand_kg"] * rows["frequency"].map(due_days_a_week) / 7)
    by_place = own.groupby(["lon", "lat"], sort=False)
    place_of = by_place.ngroup().to_numpy()
    places = by_place.agg({"kg_day": "sum", "district": "first"}).reset_index()
    streets = WalkingStreets(draft.streets())
    spots = streets.spots(places["lon"], places["lat"])
    walk_m = walking_table(streets, spots, float(given["walk_m"]))
    if not given["across_districts"]:
        district = places["district"].fillna("").to_numpy(dtype=object)
        walk_m[district[:, None] != district[None, :]] = np.inf
    target = cover(walk_m, places["kg_day"].tolist())[place_of]
    return own.assign(target=target, walk_m=walk_m[place_of, target])


def _merged_rows(draft: Draft, rows: pd.DataFrame, factors: Factors) -> list[dict[str, Any]]:
    """Return the row that stands for all rows of one stream and period at one place kept."""
    homes = rows[rows["walk_m"] == 0].drop_duplicates("target").set_index("target")
    sites = {k: {n: home[n] for n in ("lon", "lat", "side")} for k, home in homes.iterrows()}
    return _joined_rows(draft, rows, factors, sites)


def _joined_rows(
    draft: Draft, rows: pd.DataFrame, factors: Factors, sites: Mapping[Any, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return the merged rows; ``sites`` has the cells of each target's place."""
    merged = []
    keys = ["target", "stream", "active_from", "active_to"]
    for _, part in rows.groupby(keys, sort=True, dropna=False):
        # the row that stays is the one at the place kept, else the heaviest
        order = part.assign(away=part["walk_m"] > 0, light=-part["kg_day"])
        leader = part.loc[order.sort_values(["away", "light"], kind="stable").index[0]]
        cells = {str(name): value for name, value in leader.to_dict().items()}
        cells |= sites[leader["target"]]
        if len(part) > 1:
            cells |= _joined(draft, part, leader["stream"], factors)
        merged.append(cells)
        named = zip(part["point_id"], part["walk_m"], part["kg_day"], strict=True)
        draft.walks += [Walk(str(n), cells["point_id"], float(m), float(kg)) for n, m, kg in named]
    return merged


def _joined(draft: Draft, part: pd.DataFrame, stream: str, factors: Factors) -> dict[str, Any]:
    """Return what changes where several bins become one point."""
    settings, density = draft.settings, draft.settings.density_in_bin[stream]
    frequency = _most_served(part)
    interval = emptying_interval_days(frequency)
    to_visit = 7 / due_days_a_week(frequency)
    daily_kg = float(part["kg_day"].sum())
    m3_a_kg = (part["demand_m3"] / part["demand_kg"].where(part["demand_kg"] > 0)).fillna(0)
    bins = bins_needed(daily_kg, density, interval, factors)
    emptied_kg = daily_kg * to_visit * min(1.0, interval)
    handled = min(bins, bins_filled(emptied_kg, density, factors))
    return {
        "demand_kg": daily_kg * to_visit,
        "demand_m3": float((part["kg_day"] * m3_a_kg).sum()) * to_visit,
        "bins": bins,
        "service_s": settings.stop_s + settings.bin_s * handled,
        "frequency": frequency,
        "priority": int(part["priority"].min()),
        **_window_cells(part),
    }


def _most_served(part: pd.DataFrame) -> str:
    """Return the frequency that keeps no bin waiting longer than before; ties by mass."""
    heaviest = part.sort_values("kg_day", ascending=False, kind="stable")
    return str(min(heaviest["frequency"], key=emptying_interval_days))


def common_windows(many: Iterable[Windows]) -> Windows:
    """Return the times that lie in a window of each; no window at all means any time."""
    common = ANY_TIME
    for windows in many:
        if windows:
            overlaps = ((max(a[0], b[0]), min(a[1], b[1])) for a, b in product(common, windows))
            common = tuple(sorted((a, b) for a, b in overlaps if a < b))
    return common


def _window_cells(part: pd.DataFrame) -> dict[str, Any]:
    """Return the windows that all bins have in common, the two longest; else the heaviest bin's."""
    rows = [row_windows(row) for row in part.itertuples(index=False)]
    windows = common_windows(rows) or rows[int(np.argmax(part["kg_day"].to_numpy()))]
    if windows == ANY_TIME:
        windows = ()
    longest = sorted(sorted(windows, key=lambda w: w[0] - w[1])[:2])
    flat = [time for window in longest for time in window]
    return dict(zip(WINDOW_COLUMNS, [*flat, *[pd.NA] * (4 - len(flat))], strict=True))


def _replace(draft: Draft, index: pd.Index, merged: list[dict[str, Any]]) -> None:
    """Put merged rows in the place of those that they stand for."""
    frame = draft.frame("points")
    by_id = {row["point_id"]: row for row in merged}
    old = pd.Series(frame.index.isin(index), index=frame.index)
    stay = old & frame["point_id"].isin(by_id)
    order = [by_id[name] for name in frame.loc[stay, "point_id"]]
    columns = [c for c in frame.columns if c not in ("point_id", "row", "stream")]
    values = {c: pd.Series([row[c] for row in order], dtype=object) for c in columns}
    draft.put("points", stay, values)
    draft.drop("points", old & ~stay)
