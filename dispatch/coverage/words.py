"""Coverage in words: what the terminal prints and what ``--json`` holds."""

from __future__ import annotations

from typing import Any

from dispatch.coverage.study import CoverageStudy
from scenarios.coverage.kpis import Row
from scenarios.coverage.search import Plan, RoutedSet
from scenarios.coverage.units import Unit

FEW = 6
"""Names of units told in a line."""
WORDS = {"village": ("自然村", "natural villages"), "compound": ("居民小区", "compounds")}


def coverage_lines(study: CoverageStudy) -> list[str]:
    """Return the study for the terminal."""
    lines = [f"target {study.target:.0%}"]
    for row in study.rows:
        lines.append(row_text(row) if row.district == "" else f"  {row.district}: {_share(row)}")
    lines += ["", *plan_lines(study)]
    return [*lines, *(f"note: {note}" for note in study.notes)]


def row_text(row: Row) -> str:
    """Return the coverage of a kind in one sentence."""
    kind = WORDS[row.kind][1]
    if row.share is None:
        return f"{kind}: none"
    models = f"; model ones {row.sorting_models} of {row.models}" if row.models else ""
    more = f"; {row.missing} more reach the target" if row.missing else "; the target is reached"
    return f"{kind}: {_share(row)}{models}{more}"


def _share(row: Row) -> str:
    if row.share is None:
        return "none"
    homes = row.sorting_households / row.households if row.households else 0.0
    return f"{row.sorting} of {row.total} sort, {row.share:.1%} ({homes:.1%} of households)"


def plan_lines(study: CoverageStudy) -> list[str]:
    """Return the units chosen and how sure the choice is."""
    plan, currency = study.plan, study.city.settings.currency
    if plan is None:
        return ["no more units are needed"] if study.request.effort else []
    lines = [
        f"{len(plan.best.chosen)} units reach it at least cost: {_money(plan.best)} {currency}"
        " a day"
    ]
    for k in plan.best.chosen:
        one = study.units[k]
        lines.append(
            f"  {one.unit_id} {one.name} ({WORDS[one.kind][0]} {one.district},"
            f" {one.households} households): {plan.costs[k] / 1000:,.0f}, of which"
            f" {one.set_up / 1000:,.0f} without collection"
        )
    lines += _next_best(plan, study.units, currency)
    lines += ["", "cost a day  set up  routes  predicted  set"]
    lines += [
        f"{s.total / 1000:>10,.0f}  {s.set_up / 1000:>6,.0f}  {s.routed / 1000:>+6,.0f}"
        f"  {s.predicted / 1000:>+9,.0f}  {s.source}"
        for s in plan.sets
    ]
    ended = "the exact set was routed already" if plan.held else "the rounds were used up"
    if plan.stopped:
        ended = "stopped: this is the best set routed by then, the same command goes on from here"
    return [*lines, f"{len(plan.sets)} sets routed in {plan.rounds} rounds; {ended}"]


def _money(one: RoutedSet) -> str:
    return (
        f"{one.total / 1000:,.0f}, of which {one.set_up / 1000:,.0f} without collection and"
        f" {one.routed / 1000:+,.0f} routed"
    )


def _next_best(plan: Plan, units: tuple[Unit, ...], currency: str) -> list[str]:
    if plan.next_best is None:
        return ["no other set reaches it"]
    second, verdict = plan.sets[1], plan.next_best
    out = [units[k].unit_id for k in plan.best.chosen if k not in second.chosen]
    into = [units[k].unit_id for k in second.chosen if k not in plan.best.chosen]
    sure = {"worse": "clearly dearer", "better": "clearly cheaper"}.get(
        verdict.word, "not distinguishable"
    )
    return [
        f"next best ({_few(into)} for {_few(out)}): {verdict.mean / 1000:+,.0f}"
        f" {currency} a day ({verdict.low / 1000:+,.0f} to {verdict.high / 1000:+,.0f},"
        f" {verdict.num_pairs} pairs, p = {verdict.p:.2g}): {sure}"
    ]


def _few(names: list[str]) -> str:
    return ", ".join(names[:FEW]) + (f" and {len(names) - FEW} more" if len(names) > FEW else "")


def coverage_record(study: CoverageStudy) -> dict[str, Any]:
    """Return the study as ``--json`` prints it; money in currency units a day."""
    plan = study.plan
    return {
        "target": study.target,
        "coverage": [{**vars(row), "share": row.share} for row in study.rows],
        "plan": None if plan is None else _plan_record(plan, study.units),
        "assumptions": [vars(a) for a in study.assumptions],
        "notes": study.notes,
    }


def _plan_record(plan: Plan, units: tuple[Unit, ...]) -> dict[str, Any]:
    return {
        "units": [
            {
                "unit_id": units[k].unit_id,
                "kind": units[k].kind,
                "district": units[k].district,
                "households": units[k].households,
                "cost": plan.costs[k] / 1000,
                "set_up": units[k].set_up / 1000,
            }
            for k in plan.best.chosen
        ],
        "sets": [
            {
                "units": [units[k].unit_id for k in one.chosen],
                "source": one.source,
                "total": one.total / 1000,
                "set_up": one.set_up / 1000,
                "routed": one.routed / 1000,
                "predicted": one.predicted / 1000,
            }
            for one in plan.sets
        ],
        "next_best": None if plan.next_best is None else vars(plan.next_best),
        "scales": plan.scales,
        "rounds": plan.rounds,
        "held": plan.held,
        "stopped": plan.stopped,
    }
