"""Other ways to collect: from door to door, and the rural one pit, two bins, three visits."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from scenarios.defaults import default_number
from scenarios.edits.capacity import due_days_a_week
from scenarios.edits.draft import Draft, Told
from scenarios.edits.parameters import Parameters
from scenarios.edits.points import scale_demand
from scenarios.edits.selection import FROM, WHERE, in_words, select_points
from scenarios.schema import Column

DOORS = (
    *WHERE,
    FROM,
    Column("household_s", "int", minimum=1, maximum=600, default=20),
    Column("people_per_household", "float", minimum=1, maximum=20, default=2.7),
    Column("window_start", "time"),
    Column("window_end", "time"),
)
RURAL = (
    *(column for column in WHERE if column.name not in ("streams", "kinds")),
    FROM,
    Column("composted", "float", minimum=0, maximum=1),  # share of the waste that stays in the pit
)


def door_to_door(draft: Draft, given: Parameters) -> Told:
    """Collect at every door instead of at bins: the same waste, a stop at each household."""
    chosen = select_points(draft, given)
    if chosen is None:
        return Told("", "")
    later = draft.split("points", chosen, given.date("from"))
    rows = draft.frame("points")[later]
    daily = rows["demand_kg"] * rows["frequency"].map(due_days_a_week) / 7
    keys = rows["stream"].map(lambda stream: f"waste.collected_share.{stream}")
    draft.used.add("waste.gen.total.kg_per_cap_day", *sorted(set(keys)))
    a_head = default_number("waste.gen.total.kg_per_cap_day") * keys.map(default_number)
    people = daily / a_head
    households = (people / float(given["people_per_household"])).map(math.ceil).clip(lower=1)
    service_s = (households * int(given["household_s"])).clip(upper=14_400)
    values: dict[str, Any] = {"service_s": service_s}
    if {"window_start", "window_end"} & given.given:
        values |= {name: given[name] for name in ("window_start", "window_end")}
        values |= {"window2_start": pd.NA, "window2_end": pd.NA}
    draft.put("points", later, values)
    en, zh = in_words(given, int(later.sum()))
    doors = int(households.sum())
    return Told(
        f"{en} are collected door to door at {doors:,} households", f"{zh}上门收集 {doors} 户"
    )


def rural_mode(draft: Draft, given: Parameters) -> Told:
    """One pit, two bins, three visits: what rots stays in the village, the rest is collected."""
    given.values.update(kinds=("village",), streams=())
    chosen = select_points(draft, given)
    if chosen is None:
        return Told("", "")
    later = draft.split("points", chosen, given.date("from"))
    frame = draft.frame("points")
    kitchen = later & (frame["stream"] == "kitchen")
    other = later & (frame["stream"] == "other")
    share = _composted(draft, given)
    kept_kg = float(_daily(frame[kitchen]).sum() + share * _daily(frame[other]).sum())
    if other.any() and share < 1:
        scale_demand(draft, other, 1 - share)
    draft.drop("points", kitchen | (other & (share >= 1)))
    en, zh = in_words(given, int(later.sum()))
    return Told(
        f"{en}: one pit, two bins, three visits; {kept_kg / 1000:.2f} t a day of kitchen waste"
        " are composted in the village",
        f"{zh}推行一坑两桶三上门，每日 {kept_kg / 1000:.2f} 吨厨余就地沤肥",
    )


def _daily(rows: pd.DataFrame) -> pd.Series:
    return rows["demand_kg"] * rows["frequency"].map(due_days_a_week) / 7


def _composted(draft: Draft, given: Parameters) -> float:
    if pd.notna(given["composted"]):
        return float(given["composted"])
    key = "waste.composition.food_share.mean"
    draft.used.add(key)
    return default_number(key)
