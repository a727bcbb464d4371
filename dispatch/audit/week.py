"""The stored week of street cleaning, as far as the audit of one of its days needs it."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from dataclasses import replace

from dispatch.audit.cleaning import Assigned
from dispatch.audit.context import Context
from scenarios.city import City


def without_points(city: City) -> City:
    """Return a city by whose tables no stop is due: a plan of street work alone has none."""
    none = {name: city.tables[name].iloc[:0] for name in ("points", "fill", "cases")}
    return replace(city, tables=city.tables | none)


def assigned_days(ctx: Context, city: City) -> Assigned:
    """Return the dates of each piece in the week that the plan says it is taken from.

    Nothing for a plan that is taken from none; then frequencies decide what is due.
    """
    mark = ctx.plan.fingerprint.get("week")
    if not mark:
        return {}
    year, number, _ = ctx.plan.date.isocalendar()
    file = city.folder / "plans" / f"{year}-W{number:02d}" / "week.json"
    try:
        week = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        ctx.check(False, "week", f"the plan is taken from {file}, which cannot be read")
        return {}
    text = f"the plan is taken from another week than that of {file}"
    if not ctx.check(week.get("mark") == mark, "week", text):
        return {}
    first = dt.date.fromisoformat(week["first_day"])
    found: dict[tuple[int, str, int], set[dt.date]] = defaultdict(set)
    for run in week["runs"]:
        days = {first + dt.timedelta(days=k) for k in run["days"]}
        for arc in run["arcs"]:
            found[run["class"], run["template"], arc] |= days
    return {key: frozenset(days) for key, days in found.items()}
