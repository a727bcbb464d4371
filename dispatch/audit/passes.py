"""Linked passes: every pass of a template on a run, in order, each within its lag.

A pass that follows carries the name of the lead pass and ``@`` with its own number. At the begin
and at the end of a run it must be later than the pass before by the lag that operations.csv gives;
a pass that waits for the bins begins when every stop on its street has been served.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dispatch.audit.cleaning import Cleaning
from dispatch.audit.context import Context
from dispatch.audit.record import Activity
from dispatch.audit.tables import clock
from scenarios.city import City

CASE = "case:"


@dataclass(frozen=True)
class _Rule:
    """What operations.csv says of one pass."""

    number: int
    kind: str
    min_lag_s: int
    max_lag_s: int | None
    after_bins: bool


@dataclass(frozen=True)
class _Work:
    """One pass as the plan has it."""

    number: int
    truck_id: str
    kind: str
    idx: int
    activity: Activity


def check_passes(ctx: Context, city: City, cleaning: Cleaning) -> None:
    """Check order, lag and completeness of the passes over every run that is worked."""
    templates = _templates(city, cleaning)
    emptied = _emptied(ctx)
    for name, works in _runs(ctx).items():
        number = int(cleaning.classes[(works[0].activity.service_arcs or (0,))[0]])
        choices = templates.get(number, [])
        if not any(len(rules) > 1 or rules[0].after_bins for rules in choices):
            continue
        faults = min((_faults(works, rules, emptied) for rules in choices), key=len)
        last = works[-1]
        text = f"run {name}: {'; '.join(faults)}"
        ctx.check(not faults, "passes", text, last.truck_id, last.idx)


def _templates(city: City, cleaning: Cleaning) -> dict[int, list[list[_Rule]]]:
    """Return the passes that are due of each programme, by cleaning class."""
    found: dict[int, list[list[_Rule]]] = defaultdict(list)
    programmes: list[Any] = list(city.programmes.itertuples(index=False))
    for programme in filter(cleaning.hot_enough, programmes):
        rows: list[Any] = [
            row
            for row in city.operations.itertuples(index=False)
            if row.template == programme.template and not (row.wet and cleaning.wet_off)
        ]
        rules = [_rule(row) for row in sorted(rows, key=lambda row: row.pass_no)]
        if rules:
            found[int(programme.cleaning_class)].append(rules)
    return found


def _rule(row: Any) -> _Rule:
    least = 0 if pd.isna(row.min_lag_min) else 60 * int(row.min_lag_min)
    most = None if pd.isna(row.max_lag_min) else 60 * int(row.max_lag_min)
    return _Rule(int(row.pass_no), row.vehicle_kind, least, most, bool(row.after_bins))


def _runs(ctx: Context) -> dict[str, list[_Work]]:
    """Return the passes over each run in order of their numbers; the lead has number 0."""
    runs: dict[str, list[_Work]] = defaultdict(list)
    for route in ctx.plan.routes:
        truck = ctx.world.trucks.get(route.truck_id)
        for idx, activity in enumerate(route.activities):
            arcs = activity.service_arcs or ()
            if activity.kind != "street" or not arcs or not all(map(ctx.streets.has, arcs)):
                continue
            name, _, tail = activity.id.partition("@")
            number = int(tail) if tail.isdigit() else 0
            kind = "" if truck is None else truck.kind
            runs[name].append(_Work(number, route.truck_id, kind, idx, activity))
    return {name: sorted(works, key=lambda w: w.number) for name, works in sorted(runs.items())}


def _emptied(ctx: Context) -> dict[int, int]:
    """Return when the last stop on each piece of street has been served, on either side."""
    network = ctx.streets.network
    last: dict[int, int] = {}
    for route in ctx.plan.routes:
        for activity in route.activities:
            spot = activity.position
            if activity.kind != "stop" or spot is None or activity.id.startswith(CASE):
                continue
            if not ctx.streets.has(spot.arc):
                continue
            arc = ctx.streets.base(spot.arc)
            for piece in (arc, int(network.arc_reverse[arc])):
                last[piece] = max(last.get(piece, 0), activity.end_s)
    return last


def _faults(works: Sequence[_Work], rules: Sequence[_Rule], emptied: dict[int, int]) -> list[str]:
    """Return what is wrong with the passes over a run if they are those of a template."""
    numbers = [rules[0].number, *(w.number for w in works[1:])]
    wanted = [rule.number for rule in rules]
    if works[0].number or numbers != wanted:
        done = ", ".join(str(w.number or rules[0].number) for w in works)
        return [f"passes {done} are worked; due are {', '.join(map(str, wanted))}"]
    faults = []
    for before, work, rule in zip([None, *works[:-1]], works, rules, strict=True):
        if work.kind != rule.kind:
            faults.append(f"pass {rule.number} is worked by a {work.kind}; expected {rule.kind}")
        if rule.after_bins:
            faults += _too_early(work, rule, emptied)
        if before is not None:
            faults += _lags(before.activity, work.activity, rule)
    return faults


def _too_early(work: _Work, rule: _Rule, emptied: dict[int, int]) -> Iterator[str]:
    arcs = work.activity.service_arcs or ()
    ready = max((emptied.get(arc, 0) for arc in arcs), default=0)
    if work.activity.begin_s < ready:
        yield (
            f"pass {rule.number} begins at {clock(work.activity.begin_s)}; the bins of the street "
            f"are emptied by {clock(ready)}"
        )


def _lags(before: Activity, after: Activity, rule: _Rule) -> Iterator[str]:
    if before.service_arcs != after.service_arcs:
        yield f"pass {rule.number} works other pieces than the pass before"
    for what, lag in (
        ("begins", after.begin_s - before.begin_s),
        ("ends", after.end_s - before.end_s),
    ):
        if lag < rule.min_lag_s or (rule.max_lag_s is not None and lag > rule.max_lag_s):
            most = "" if rule.max_lag_s is None else f" to {rule.max_lag_s}"
            yield (
                f"pass {rule.number} {what} {lag} s after the pass before; expected "
                f"{rule.min_lag_s}{most} s"
            )
