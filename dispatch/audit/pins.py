"""What was promised of the day, held by the routes: truck, place in the order, begin."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from dispatch.audit.context import Context
from scenarios.city import City

WORK = ("stop", "street")


def check_pins(ctx: Context, city: City) -> None:
    """Check what the plan says that it keeps, and that this is all that the table asks for."""
    stated = {str(pin.get("id")): pin for pin in ctx.plan.pins or ()}
    done = {
        activity.id: (route.truck_id, place, activity.begin_s)
        for route in ctx.plan.routes
        for place, activity in enumerate((a for a in route.activities if a.kind in WORK), start=1)
    }
    for name, pin in stated.items():
        _check(ctx, name, pin, done.get(name), "pinned")
    if ctx.plan.fingerprint.get("scope"):
        return  # such days take no notice of the table
    for where, pin in _table(ctx, city):
        name = str(pin["id"])
        _check(ctx, name, pin, done.get(name), where)


def _check(
    ctx: Context,
    name: str,
    pin: Mapping[str, Any],
    done: tuple[str, int, int] | None,
    where: str,
) -> None:
    """Check one promise against who does the work, as how manieth, and when."""
    ctx.check(done is not None, "pin", f"{name} is {where}, and no route has it")
    if done is None:
        return
    truck, place, begin = done
    wanted, order, moments = pin.get("truck_id"), pin.get("place"), pin.get("begin")
    text = f"{name} is {where} to {wanted}; {truck} does it"
    ctx.check(not wanted or truck == wanted, "pin", text, truck)
    text = f"{name} is {where} as stop {order} of its truck; it is stop {place}"
    ctx.check(order is None or order == place, "pin", text, truck)
    if moments is not None:
        text = f"{name} is {where} between {moments[0]} and {moments[1]} s; it begins at {begin} s"
        ctx.check(moments[0] <= begin <= moments[1], "pin", text, truck)


def _table(ctx: Context, city: City) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in city.pins.itertuples(index=False):
        if row.date == pd.Timestamp(ctx.plan.date):
            has_place = not pd.isna(row.place) and row.place >= 1
            timed = not pd.isna(row.begin_from) and not pd.isna(row.begin_to)
            yield (
                f"pinned by pins.csv row {row.row}",
                {
                    "id": row.id,
                    "truck_id": "" if pd.isna(row.truck_id) else row.truck_id,
                    "place": int(row.place) if has_place else None,
                    "begin": (int(row.begin_from), int(row.begin_to)) if timed else None,
                },
            )
