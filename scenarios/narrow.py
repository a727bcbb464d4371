"""A city cut down to the streams that a question is about, so that its days are soon planned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pandas as pd

from routing.network import Network
from scenarios.city import City
from scenarios.edits.draft import Draft
from scenarios.findings import Findings
from scenarios.schema import STREET_TRUCKS, SWEEPINGS


def narrowed(city: City, streams: Iterable[str]) -> City:
    """Return the city with these streams and all that are joined to them.

    Streams are joined that share a truck or a facility, even by way of others. The points of other
    streams go, the trucks that are idle then, and street cleaning unless sweepings were asked for:
    bays and tonnage that sweepers share with collectors are left out of the question.
    """
    first = set(streams)
    cleaning = SWEEPINGS in first
    kept = _joined(city, first, aside=set() if cleaning else {SWEEPINGS})
    tables = dict(city.tables)
    if not cleaning:
        tables["programmes"] = tables["programmes"].iloc[:0]
    draft = Draft.of(replace(city, tables=tables), _no_streets, Findings())
    draft.drop("points", ~city.points["stream"].isin(kept))
    idle = [not kept & set(carried) for carried in city.trucks["streams"]]
    draft.drop("trucks", pd.Series(idle, index=city.trucks.index))
    return replace(city, tables=draft.tables)


def streets_alone(city: City) -> City:
    """Return the city without its points and the trucks that collect."""
    draft = Draft.of(city, _no_streets, Findings())
    draft.drop("points", pd.Series(True, index=city.points.index))
    draft.drop("trucks", ~city.trucks["kind"].isin(STREET_TRUCKS))
    return replace(city, tables=draft.tables)


def _joined(city: City, first: set[str], aside: set[str]) -> set[str]:
    """Return streams with all that trucks and facilities join to them, but those put aside."""
    kept, groups = set(first), [*city.trucks["streams"], *city.facilities["streams"]]
    while True:
        more = {s for group in groups if kept & set(group) for s in group} - kept - aside
        if not more:
            return kept
        kept |= more


def _no_streets() -> Network:
    raise AssertionError("rows are dropped without a look at the streets")
