"""A planned day in a few lines for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dispatch.kpis import WASHES
from dispatch.shape import shape_lines
from dispatch.words import clock, stream_text


def summary_lines(plan: Mapping[str, Any]) -> list[str]:
    """Return what a dispatcher asks first: served, driven, spent, left out, and by stream."""
    total, currency = plan["kpis"]["total"], plan["currency"]
    required = plan["required"]
    lines = [
        f"{plan['city']}, {plan['date']}",
        f"served     {total['stops']} of {required['stops']} stops, "
        f"{total['streets']} of {required['streets']} streets"
        + (f" ({total['swept_m'] / 1000:.1f} km)" if total["swept_m"] else ""),
        f"unserved   {total['unserved']} ({total['unserved_kg'] / 1000:.2f} t)",
        f"driven     {total['length_m'] / 1000:.1f} km in {total['trips']} trips "
        f"of {total['trucks_used']} trucks{_span(plan)}",
        f"time       {total['driving_s'] / 3600:.1f} h driving, "
        f"{total['service_s'] / 3600:.1f} h service, {total['waiting_s'] / 3600:.1f} h waiting, "
        f"{total['overtime_s'] / 3600:.1f} h overtime",
        f"collected  {total['mass_kg'] / 1000:.2f} t, "
        f"trucks {_share(total['load_factor'])} full at unloading",
        f"cost       {total['cost'] / 1000:,.2f} {currency}, "
        f"{total['co2_g'] / 1000:,.1f} kg CO2, {_share(total['punctuality'])} punctual",
    ]
    if plan.get("pins"):
        lines.append(f"promised   {len(plan['pins'])} stops and streets as they were asked for")
    if WASHES in total:
        lines.append(f"washed     {total[WASHES]} times before entering the center")
    lines += shape_lines(plan)
    lines += [
        f"at home    {left['id']} with {left['mass_kg']} kg of {left['stream']} aboard: no facility"
        " takes it in the truck's hours"
        for left in plan["unserved"]
        if left["kind"] == "aboard"
    ]
    lines += _haul_lines(plan)
    lines += _bound_lines(plan)
    lines += [_stream_line(name, k) for name, k in plan["kpis"]["by_stream"].items()]
    lines += _reason_lines(plan)
    if plan["warnings"]:
        lines.append(f"warnings   {len(plan['warnings'])} (see the map page, Assumptions)")
    return lines


def _span(plan: Mapping[str, Any]) -> str:
    if not plan["routes"]:
        return ""
    first = min(route["start_s"] for route in plan["routes"])
    last = max(route["end_s"] for route in plan["routes"])
    return f", {clock(first)}–{clock(last)}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f} %"


def _haul_lines(plan: Mapping[str, Any]) -> list[str]:
    """Return what transfer trucks haul, and what that leaves at each station."""
    stocks = [(f["facility_id"], f["stock"]) for f in plan["facilities"] if "stock" in f]
    if not stocks:
        return []
    total = plan["kpis"]["total"]
    loads = f"{total.get('hauls', 0)} loads, {total.get('hauled_kg', 0) / 1000:.2f} t"
    lines = [f"hauled     {loads} from transfer stations onward"]
    for name, stock in stocks:
        left = sum(stock["left_kg"].values()) / 1000
        full = "".join(f", overflows from {clock(a)}" for a, _, _ in stock["overflows"])
        lines.append(
            f"  {name}: at most {stock['peak_kg'] / 1000:.2f} t of the "
            f"{stock['storage_kg'] / 1000:.2f} t it holds, {left:.2f} t stay overnight{full}"
        )
    return lines


def _bound_lines(plan: Mapping[str, Any]) -> list[str]:
    bound = plan["bound"]
    if not bound or bound.get("lower_bound") is None:
        return []
    text = f"bound      {bound['lower_bound'] / 1000:,.2f} {plan['currency']}"
    if plan["unserved"]:
        text += f" of {bound['cost'] / 1000:,.2f} with the prices of the unserved"
    gap = bound.get("gap")
    if gap is not None:
        text += f", gap {100 * gap:.1f} %"
    return [text + (f" ({bound['kind']})" if bound.get("kind") else "")]


def _stream_line(stream: str, figures: Mapping[str, Any]) -> str:
    name = stream_text(stream) or "no stream"
    work = f"{figures['streets']} streets" if figures["streets"] else f"{figures['stops']} stops"
    return (
        f"  {name}: {work}, {figures['mass_kg'] / 1000:.2f} t, "
        f"{figures['length_m'] / 1000:.1f} km, {figures['trips']} trips, "
        f"{figures['trucks_used']} trucks, {figures['unserved']} unserved"
    )


def _reason_lines(plan: Mapping[str, Any], limit: int = 5) -> list[str]:
    tasks = plan["unserved"]
    lines = [f"  unserved {task['id']}: {task['text']}" for task in tasks[:limit]]
    if len(tasks) > limit:
        lines.append(f"  … and {len(tasks) - limit} more unserved, each with its reason")
    return lines
