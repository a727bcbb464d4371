"""A comparison in words: what the terminal prints and what ``--json`` holds."""

from __future__ import annotations

import statistics
from typing import Any

from scenarios.compare import MEASURES, Comparison, Measure
from scenarios.paired import TEST, Verdict
from scenarios.runs.family import Tally

VERDICTS = {
    "better": "更好",
    "worse": "更差",
    "more": "更多",
    "less": "更少",
    "same": "相同",
    "not distinguishable": "无显著差别",
}
HEADLINE = "cost"
"""The measure that gives a scenario its verdict: it holds the price of what is left out."""


def number(value: float) -> str:
    """Return a figure with as many decimals as it needs."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:,.1f}"


def spread(values: list[float]) -> str:
    """Return the mean, and the least and most where they differ."""
    low, high = min(values), max(values)
    mean = number(statistics.fmean(values))
    return mean if low == high else f"{mean} ({number(low)}–{number(high)})"


def shown_measures(found: Comparison) -> list[Measure]:
    """Return the measures of which some scenario has anything to tell."""
    return [m for m in MEASURES if any(any(v[m.key]) for v in found.values.values())]


def sentence(found: Comparison, name: str) -> str:
    """Return the verdict on a scenario in one sentence."""
    verdict = found.verdicts[name][HEADLINE]
    base = found.request.names[0]
    pairs = f"{verdict.num_pairs} pairs, p = {verdict.p:.3g}"
    if verdict.word == "same":
        return f"{name}: the same cost as {base} on every day"
    change = f"{verdict.mean:+,.0f} a day ({verdict.low:+,.0f} to {verdict.high:+,.0f}; {pairs})"
    if verdict.word == "not distinguishable":
        few = "; fewer than 6 pairs cannot reach 5 %" if verdict.num_pairs < 6 else ""
        return f"{name}: not distinguishable from {base}: {change}{few}"
    return f"{name}: {verdict.word} than {base}: cost {change}"


def comparison_lines(found: Comparison) -> list[str]:
    """Return the comparison for the terminal."""
    names = found.request.names
    rows = [["", *names]]
    for m in shown_measures(found):
        unit = f" [{m.unit}]" if m.unit else ""
        cells = [f"{m.en}{unit}", spread(found.values[names[0]][m.key])]
        for name in names[1:]:
            cells.append(
                f"{spread(found.values[name][m.key])} {_short(found.verdicts[name][m.key])}"
            )
        rows.append(cells)
    widths = [max(len(row[k]) for row in rows) for k in range(len(names) + 1)]
    lines = [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
    ]
    if found.chance_drivers is not None:
        lines.append(f"drivers affected by another seed alone: {found.chance_drivers:.1f} a day")
    lines += ["", *(sentence(found, name) for name in names[1:]), f"test: {TEST}"]
    return lines


def _short(verdict: Verdict) -> str:
    word = {"not distinguishable": "~", "same": "="}.get(verdict.word, verdict.word)
    return f"[{word}]"


def time_spent(tally: Tally) -> str:
    """Say which share of the workers' time was not solving, and where it went."""
    rest = tally.outside - tally.preparing
    return (
        f"{tally.outside:.1%} of the workers' time was not solving: {tally.preparing:.1%} making"
        f" days ready, {max(0.0, rest):.1%} starting, figures, sending and waiting"
    )


def comparison_record(found: Comparison) -> dict[str, Any]:
    """Return the comparison as ``--json`` prints it."""
    request = found.request
    return {
        "scenarios": [
            {
                "name": one.name,
                "title": one.title,
                "edits": [told._asdict() for told in one.told],
                "values": found.values[name],
                "verdicts": {k: vars(v) for k, v in found.verdicts.get(name, {}).items()},
            }
            for name, one in zip(request.names, found.edited, strict=True)
        ],
        "pairs": [{"date": date.isoformat(), "seed": seed} for date, seed in found.pairs],
        "measures": [vars(m) for m in MEASURES],
        "iterations": request.budget.iterations,
        "seconds": None if request.budget.iterations is not None else request.budget.seconds,
        "test": TEST,
        "drivers_affected_by_chance": found.chance_drivers,
    }
