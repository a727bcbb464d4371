"""More or less waste, and how much of it residents sort."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import pandas as pd

from scenarios.cells import format_cell
from scenarios.defaults import default_number
from scenarios.edits.capacity import due_days_a_week
from scenarios.edits.draft import Draft, Told
from scenarios.edits.parameters import Parameters
from scenarios.edits.points import scale_demand
from scenarios.edits.selection import FROM, WHERE, in_words, select_points
from scenarios.schema import POINTS, Column

GROWTH = (*WHERE, FROM, Column("percent", "float", required=True, minimum=-100, maximum=1_000))
SORTING = (
    *(column for column in WHERE if column.name != "streams"),
    FROM,
    Column("stream", "choice", required=True, choices=("kitchen", "recyclable")),
    Column("participation", "float", required=True, minimum=0, maximum=1),
    Column("capture", "float", required=True, minimum=0, maximum=1),
    Column("potential", "float", minimum=0, maximum=1),  # share of the stream in all waste
    Column("frequency", "text", default="daily"),  # of points that the stream gets anew
)
SPREAD = (
    Column("demand_cv", "float", minimum=0, maximum=2),
    Column("correlation", "float", minimum=0, maximum=1),
)
POTENTIAL_KEYS = {
    "kitchen": ("waste.composition.food_share.mean",),
    "recyclable": (
        "waste.composition.paper.min",
        "waste.composition.paper.max",
        "waste.composition.plastic.min",
        "waste.composition.plastic.max",
    ),
}
COPIED = (
    *("name", "lon", "lat", "district", "kind", "side", "priority", "active_from", "active_to"),
    *("window_start", "window_end", "window2_start", "window2_end"),
)
"""What a new stream of a place takes over from the other one."""
LETTERS = {"kitchen": "K", "recyclable": "R"}


def grow_demand(draft: Draft, given: Parameters) -> Told:
    """Let the waste of points grow or shrink by a percentage."""
    chosen = select_points(draft, given)
    if chosen is None:
        return Told("", "")
    later = draft.split("points", chosen, given.date("from"))
    scale_demand(draft, later, 1 + float(given["percent"]) / 100)
    en, zh = in_words(given, int(later.sum()))
    date = given.date("from")
    when = f" from {date} on" if date else ""
    return Told(
        f"the waste of {en} changes by {given['percent']:+g} %{when}",
        f"{zh}垃圾量变化 {given['percent']:+g} %",
    )


def set_spread(draft: Draft, given: Parameters) -> Told:
    """Declare how much the waste of points varies from day to day, and how much together."""
    cv, together = draft.settings.demand_cv, draft.settings.demand_correlation
    if not given.given:
        draft.fail("expected demand_cv or correlation")
    if "demand_cv" in given.given:
        cv = float(given["demand_cv"])
    if "correlation" in given.given:
        together = float(given["correlation"])
    draft.settings = dataclasses.replace(draft.settings, demand_cv=cv, demand_correlation=together)
    return Told(
        f"the waste of points varies by {cv:g} and goes together by {together:g}",
        f"垃圾量变异系数 {cv:g}，相关系数 {together:g}",
    )


def set_sorting(draft: Draft, given: Parameters) -> Told:
    """Set how much of a stream is sorted out of the rest: participation times capture.

    At each place the stream becomes ``potential`` x ``participation`` x ``capture`` of all waste
    of the place, and what it gains is lost by ``other``, or the other way round.
    """
    chosen = select_points(draft, given)
    if chosen is None:
        return Told("", "")
    if not _is_frequency(draft, given):
        return Told("", "")
    later = draft.split("points", chosen, given.date("from"))
    potential = _potential(draft, given)
    share = potential * float(given["participation"]) * float(given["capture"])
    moved = _sort_places(draft, later, given, share)
    en, zh = in_words(given, int(later.sum()))
    date = given.date("from")
    when = f" from {date} on" if date else ""
    kinds = f"{given['stream']} becomes {100 * share:.1f} % of the waste"
    return Told(
        f"{en}: {kinds} ({100 * given['participation']:g} % take part, {100 * given['capture']:g} %"
        f" caught){when}; {moved / 1000:+.2f} t a day change their stream",
        f"{zh}：{given['stream']} 占比 {100 * share:.1f} %，每日 {moved / 1000:+.2f} 吨改变类别",
    )


def _is_frequency(draft: Draft, given: Parameters) -> bool:
    try:
        due_days_a_week(str(given["frequency"]))
    except ValueError as error:
        draft.fail(f"frequency = {given['frequency']!r}; {str(error).partition('; ')[2]}")
        return False
    return True


def _potential(draft: Draft, given: Parameters) -> float:
    if pd.notna(given["potential"]):
        return float(given["potential"])
    keys = POTENTIAL_KEYS[given["stream"]]
    draft.used.add(*keys)
    # of several materials the middle of each range, added up
    return sum(default_number(key) for key in keys) / (1 if len(keys) == 1 else 2)


def _sort_places(draft: Draft, mask: pd.Series, given: Parameters, share: float) -> float:
    """Move waste between the streams of each place; return the kilograms a day moved."""
    stream, moved_kg = given["stream"], 0.0
    factors = pd.Series(1.0, index=draft.frame("points").index)
    new: list[dict[str, Any]] = []
    for place in _places(draft.frame("points")[mask]):
        daily = place["demand_kg"] * place["frequency"].map(due_days_a_week) / 7
        own, rest = place["stream"] == stream, place["stream"] == "other"
        now_kg, rest_kg = float(daily[own].sum()), float(daily[rest].sum())
        gain_kg = min(share * float(daily.sum()) - now_kg, rest_kg)
        if not rest.any() or abs(gain_kg) < 1e-9:
            continue
        moved_kg += gain_kg
        factors[place.index[rest]] = (rest_kg - gain_kg) / rest_kg if rest_kg else 1.0
        if now_kg > 0:
            factors[place.index[own]] = (now_kg + gain_kg) / now_kg
        elif gain_kg > 0:
            new.append(_new_point(place[rest].iloc[0], given, gain_kg))
    changed = factors != 1.0
    if changed.any():
        scale_demand(draft, changed, factors[changed])
    if new:
        draft.add("points", new)
    return moved_kg


def _places(rows: pd.DataFrame) -> Iterator[pd.DataFrame]:
    for _, place in rows.groupby(["lon", "lat"], sort=True):
        yield place


def _new_point(model: pd.Series, given: Parameters, daily_kg: float) -> dict[str, Any]:
    """Return a point of a stream that a place has not had, with the hours of its other one."""
    columns = {column.name: column for column in POINTS.columns}
    cells = {name: format_cell(columns[name], model[name]) for name in COPIED}
    frequency = str(given["frequency"])
    return {
        **cells,
        "point_id": f"{model['point_id']}-{LETTERS[given['stream']]}",
        "stream": given["stream"],
        "frequency": frequency,
        "demand_kg": round(daily_kg * 7 / due_days_a_week(frequency), 3),
    }
