"""What is legal in the tables but probably not meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pandas as pd

from scenarios.cells import format_time, rows_of
from scenarios.checks import UNLOADING
from scenarios.defaults import STREAM_OF_KIND
from scenarios.findings import Finding, Findings, about, at
from scenarios.frequency import parse_frequency
from scenarios.outliers import remote
from scenarios.schema import SWEEPINGS, TABLES

if TYPE_CHECKING:
    from scenarios.city import Settings

Label = Callable[[str], str]
Tables = dict[str, pd.DataFrame]

LONG_SHIFT_S = 16 * 3600


def suspicious(tables: Tables, label: Label) -> list[str]:
    """Return what is legal but probably not meant, one sentence each, from tables as read."""
    found = Findings()
    found.expect(*(label(name) for name in TABLES))
    found.add(_odd_fill(tables["fill"], label("fill")))
    found.add(_twins(tables, label))
    found.add(remote(tables, label))
    found.add(_odd_trucks(tables["trucks"], label("trucks")))
    found.add(_closed_stations(tables["facilities"], label("facilities")))
    found.add(_no_water(tables, label))
    return [*_orphan_streams(tables), *found.told()]


def _orphan_streams(tables: Tables) -> Iterator[str]:
    trucks, facilities = tables["trucks"], tables["facilities"]
    carried = {
        stream
        for given, kind in zip(trucks["streams"], trucks["kind"], strict=True)
        for stream in (given or STREAM_OF_KIND.get(kind, ()))
    }
    accepted = {
        stream
        for kind, streams in zip(facilities["kind"], facilities["streams"], strict=True)
        if kind in UNLOADING
        for stream in streams
    }
    for stream, count in tables["points"]["stream"].value_counts(sort=False).items():
        if stream not in carried:
            yield f"stream {stream}: no truck carries it; its {count} points cannot be served"
        if stream not in accepted:
            yield f"stream {stream}: no facility accepts it; its {count} points cannot be served"
    passes = tables["operations"]
    swept = len(tables["programmes"]) and (passes["sweepings_kg_km"] > 0).any()
    if swept and SWEEPINGS in carried and SWEEPINGS not in accepted:
        yield "stream sweepings: no facility accepts it; no street that yields any can be swept"


def _odd_fill(fill: pd.DataFrame, where: str) -> Iterator[Finding]:
    for value, row in zip(fill["fill"], fill["row"], strict=True):
        if not 0 <= value <= 1.2:
            text = f"fill = {value:g} is outside 0..1.2; the reading is not used"
            yield at(where, row, text)


def _twins(tables: Tables, label: Label) -> Iterator[Finding]:
    """Rows that say the same as an earlier one, identifiers aside."""
    for name, frame in tables.items():
        aside = ["row", "name"] if TABLES[name].key is None else ["row", "name", TABLES[name].key]
        if name not in ("points", "fill", "weighings", "programmes", "operations"):
            continue
        same = frame.drop(columns=[column for column in aside if column in frame.columns])
        for row in frame.loc[same.duplicated(), "row"]:
            text = "repeats an earlier row in all but its identifier"
            yield at(label(name), row, text, "rows that repeat an earlier one")


def _odd_trucks(trucks: pd.DataFrame, where: str) -> Iterator[Finding]:
    for row in rows_of(trucks):
        if row.capacity_kg >= 1000 * row.weight_t:
            yield at(
                where,
                row.row,
                f"weight_t = {row.weight_t:g} is not above what the truck loads "
                f"({row.capacity_kg:g} kg); expected its gross weight",
            )
        if row.shift_end - row.shift_start > LONG_SHIFT_S:
            begin, end = format_time(row.shift_start), format_time(row.shift_end)
            text = f"shift_end = {end!r} makes a shift of more than 16 h from {begin!r}"
            yield at(where, row.row, text)


def _closed_stations(facilities: pd.DataFrame, where: str) -> Iterator[Finding]:
    shut = facilities["kind"].isin(UNLOADING) & (facilities["capacity_t_day"] == 0)
    for row in facilities.loc[shut, "row"]:
        text = "capacity_t_day = 0: nothing can be unloaded there; leave it empty for no limit"
        yield at(where, row, text, "capacity_t_day")


def _no_water(tables: Tables, label: Label) -> Iterator[Finding]:
    passes = tables["operations"]
    wet = passes[(passes["vehicle_kind"] == "sweeper") & (passes["water_l_m2"] > 0)]
    if len(tables["programmes"]) and len(wet) and "water" not in set(tables["facilities"]["kind"]):
        text = "no facility of kind water; a sweeper can use no more water than its tank holds"
        yield about(label("facilities"), text)


def too_large(tables: Tables, settings: Settings, label: Label) -> list[str]:
    """Return warnings about points that no truck of their stream can take in one visit.

    Parameters
    ----------
    tables
        Frames with derived defaults filled in.
    settings
        Densities of the city.
    label
        Names a table's file in messages.
    """
    found = Findings()
    for stream in tables["points"]["stream"].unique():
        group = tables["points"][tables["points"]["stream"] == stream]
        carried = [stream in streams for streams in tables["trucks"]["streams"]]
        able = tables["trucks"][carried]
        if able.empty:
            continue
        loose = settings.density_in_truck[stream] / settings.density_in_bin[stream]
        for column, unit, most in (
            ("demand_kg", "kg", float(able["capacity_kg"].max())),
            ("demand_m3", "m3 as it lies in the bin", loose * float(able["capacity_m3"].max())),
        ):
            parts = zip(group["row"], group[column], group["frequency"], strict=True)
            for row, amount, frequency in parts:
                if amount / _visits(frequency) > most * (1 + 1e-9):
                    text = (
                        f"{column} = {amount:g} is more than the largest truck for {stream} holds "
                        f"({most:g} {unit}); it cannot be served whole"
                    )
                    found.add(at(label("points"), row, text, "size"))
    return found.told()


def _visits(frequency: str) -> int:
    rule = parse_frequency(frequency)
    return rule.count if rule.period == "day" else 1
