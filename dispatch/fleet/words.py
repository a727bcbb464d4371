"""A fleet study in words: what the terminal prints and what ``--json`` holds."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from typing import Any

from dispatch.comparison.words import number, spread
from dispatch.fleet.study import FleetStudy
from scenarios.fleet.replacement import Replacement
from scenarios.fleet.search import Judged, Step
from scenarios.paired import TEST, Verdict

SHOWN = 6
HEADLINES = {"cost": "cost", "overtime_h": "overtime h", "unserved_t": "unserved t"}
"""Measures that the curve tells of."""


def mix_text(study: FleetStudy, mix: tuple[int, ...]) -> str:
    """Return a mix as ``2 × E08, 1 × C12-01``."""
    pairs = zip(study.offer.types, mix, strict=True)
    return ", ".join(f"{n} × {one.type_id}" for one, n in pairs if n) or "no truck"


def verdict_text(verdict: Verdict, digits: int = 0) -> str:
    """Return a mean difference with interval and verdict."""
    if verdict.word == "same":
        return "same"
    low, mean, high = (f"{x:+,.{digits}f}" for x in (verdict.low, verdict.mean, verdict.high))
    return f"{mean} ({low} to {high}) {verdict.word}"


def fleet_lines(study: FleetStudy) -> list[str]:
    """Return the study for the terminal."""
    found, currency = study.found, study.currency
    lines = [
        f"chosen: {mix_text(study, found.chosen.mix)}",
        f"  {_figures(found.chosen, currency)}",
        f"today:  {mix_text(study, found.today.mix)}",
        f"  {_figures(found.today, currency)}{_missed(study, found.today)}",
        f"against today, {currency} a day: {verdict_text(found.against['cost'])}{_few(study)}",
        *(
            f"  {name}: {verdict_text(verdict, 1)}"
            for name, verdict in found.against.items()
            if name != "cost"
        ),
    ]
    # with more seeds it may turn out to miss the service after all
    if found.smallest.holds and found.smallest.size < found.chosen.size:
        lines.append(
            f"fewest trucks that do it: {mix_text(study, found.smallest.mix)};"
            f" {_figures(found.smallest, currency)}"
        )
    ended = "no neighbor is better" if found.held else "the rounds were used up"
    lines += [f"{len(found.tried)} mixes routed in full, {found.rounds} steps; {ended}", ""]
    lines += [*_curve_lines(study), *_ranges(study), *_replacement_lines(study)]
    lines += ["", f"test: {TEST}"]
    return [*lines, *(f"note: {note}" for note in study.notes)]


def _figures(one: Judged, currency: str) -> str:
    return (
        f"{one.size} trucks, {spread(one.values['cost'])} {currency} a day,"
        f" {one.served:.2%} served on the worst day, overtime {spread(one.values['overtime_h'])} h,"
        f" {spread(one.values['km'])} km"
    )


def _missed(study: FleetStudy, one: Judged) -> str:
    return "" if one.holds else f"; misses the {study.found.service.share:.2%} asked for"


def _few(study: FleetStudy) -> str:
    return "; fewer than 6 pairs cannot reach 5 %" if len(study.found.pairs) < 6 else ""


def _curve_lines(study: FleetStudy) -> list[str]:
    """Return a row for each truck more or less of each type."""
    rows = [["trucks", "of type", *HEADLINES.values(), "served", ""]]
    for step in study.found.curve:
        rows.append(
            [
                f"{step.change:+d} = {step.judged.mix[step.type_idx]}",
                study.offer.types[step.type_idx].type_id,
                *(verdict_text(step.verdicts[m], 0 if m == "cost" else 1) for m in HEADLINES),
                f"{step.judged.served:.2%}",
                "" if step.judged.holds else "too few",
            ]
        )
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def _ranges(study: FleetStudy) -> Iterator[str]:
    """Tell how much of their range the electric trucks of the choice use."""
    for one, count in zip(study.offer.types, study.found.chosen.mix, strict=True):
        if one.reach is None or not count:
            continue
        longest = max(run["longest_m"].get(one.type_id, 0) for run in study.found.chosen.runs)
        noon = f", {one.reach.afternoon_m / 1000:g} km after noon" if one.reach.noon_s else ""
        yield (
            f"range of {one.type_id}: longest drive {longest / 1000:.1f} km of"
            f" {one.reach.morning_m / 1000:g} km{noon}"
        )


def _replacement_lines(study: FleetStudy) -> list[str]:
    if not study.replaced:
        return []
    lines = ["", "replace first:"]
    return lines + [f"  {k}. {replacement_text(r)}" for k, r in enumerate(study.replaced, 1)]


def replacement_text(one: Replacement) -> str:
    """Return a replacement in one sentence."""
    age = "age not known" if one.age is None else f"{one.age} years"
    norm = f", {one.owned.emission_class}" if one.owned.emission_class else ""
    pays = (
        "is never paid back"
        if one.payback_years is None
        else f"is paid back in {one.payback_years:.1f} years"
    )
    less = "; fewer points are served then" if one.short else ""
    return (
        f"{one.owned.truck_id} ({age}{norm}, {one.km_year:,.0f} km a year) by {one.new_type}:"
        f" {pays}; saves {one.saved_year:,.0f} a year, of which driving {one.driven_year:,.0f}"
        f" ({one.driven_low:,.0f} to {one.driven_high:,.0f}) and upkeep {one.upkeep_year:,.0f};"
        f" {-one.co2_t_year:+.1f} t CO2; routed: {one.verdict.word}{less}"
    )


def fleet_record(study: FleetStudy) -> dict[str, Any]:
    """Return the study as ``--json`` prints it; money in currency units."""
    found = study.found
    return {
        "types": [
            {
                "type_id": one.type_id,
                "name": one.name,
                "streams": list(one.streams),
                "fixed_day": one.fixed_day / 1000,
                "today": len(one.today),
                "most": one.most,
                "price": one.price,
                "reach": None if one.reach is None else vars(one.reach),
            }
            for one in study.offer.types
        ],
        "service": vars(found.service),
        "chosen": _mix_record(study, found.chosen),
        "smallest": _mix_record(study, found.smallest),
        "today": _mix_record(study, found.today),
        "against_today": {name: vars(verdict) for name, verdict in found.against.items()},
        "curve": [_step_record(study, step) for step in found.curve],
        "drawn_from_plenty": [_counts(study, mix) for mix in found.drawn],
        "tried": [
            {"mix": _counts(study, one.mix), "cost": one.cost / 1000, "served": one.served}
            for one in found.tried
        ],
        "replacements": [
            {**vars(one), "owned": vars(one.owned), "verdict": vars(one.verdict)}
            for one in study.replaced
        ],
        "pairs": [{"date": date.isoformat(), "seed": seed} for date, seed in found.pairs],
        "iterations": study.request.effort.budget.iterations,
        "rounds": found.rounds,
        "held": found.held,
        "test": TEST,
        "assumptions": [vars(a) for a in study.assumptions],
        "notes": study.notes,
    }


def _counts(study: FleetStudy, mix: tuple[int, ...]) -> dict[str, int]:
    return {one.type_id: n for one, n in zip(study.offer.types, mix, strict=True) if n}


def _mix_record(study: FleetStudy, one: Judged) -> dict[str, Any]:
    return {
        "mix": _counts(study, one.mix),
        "trucks": one.size,
        "cost": one.cost / 1000,
        "served": one.served,
        "holds": one.holds,
        "values": one.values,
    }


def _step_record(study: FleetStudy, step: Step) -> dict[str, Any]:
    return {
        "type_id": study.offer.types[step.type_idx].type_id,
        "change": step.change,
        "trucks": step.judged.mix[step.type_idx],
        "cost": step.judged.cost / 1000,
        "served": step.judged.served,
        "holds": step.judged.holds,
        "verdicts": {name: vars(verdict) for name, verdict in step.verdicts.items()},
    }


def mean_of(one: Judged, measure: str) -> str:
    """Return the mean of a measure as text."""
    return number(statistics.fmean(one.values[measure]))
