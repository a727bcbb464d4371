"""The report of a campaign: one Markdown page with a table and a plot for each set."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.campaign.measures import (
    EARLY_SECONDS,
    Summary,
    by_engine,
    final_gap,
    gap_at,
    mean,
    primal_integral,
    references,
    summarize,
)
from benchmarks.campaign.records import Record
from benchmarks.plots import line_chart

PLOT_POINTS = 60
FIRST_SECOND = 0.1
WORDS = (
    "Seconds are CPU seconds (user and system) of the solver's own process, from the call of the"
    " solver on; compiling is done before. Every plan was checked, and its cost computed, by the"
    " set's own checker from the numbers of the file. Gaps are percent above the best known value,"
    " or above the best found here where none is published; a run without a plan that keeps all"
    " rules counts as 100. The primal integral is the mean gap over the time of a run."
)
TABLE_HEAD = (
    "| engine | instances | runs | gap at {early:g} s | gap at {full:g} s | best seed |"
    " worst seed | primal integral | vehicles | broken | steps/s |\n"
    "|---|---|---|---|---|---|---|---|---|---|---|"
)


def write_report(records: Sequence[Record], folder: Path) -> Path:
    """Write ``report.md`` and its plots; return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    sets: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in records:
        sets[record.set, record.objective].append(record)
    parts = ["# Benchmarks", WORDS]
    for (name, objective), part in sorted(sets.items()):
        plot = f"{name}-{objective}.svg".replace(" ", "-")
        (folder / plot).write_text(gap_plot(name, part), encoding="utf-8")
        parts += [f"## {name}, {objective} first", f"Convention: {part[0].convention}."]
        parts += [table(part), f"![gap over time]({plot})", instance_table(part)]
    page = folder / "report.md"
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


def table(records: Sequence[Record]) -> str:
    """Return the table of a set: one row for each engine."""
    full = max(record.seconds for record in records)
    early = min(EARLY_SECONDS, full)
    head = TABLE_HEAD.format(early=early, full=full)
    return "\n".join([head, *(_row(summary) for summary in summarize(records, early))])


def _row(summary: Summary) -> str:
    if not summary.runs:
        return f"| {summary.engine} | 0 | 0 |" + " |" * 7 + f" cannot hold {summary.refused} |"
    vehicles = f"{summary.vehicles:.1f}"
    if summary.bks_vehicles is not None:
        vehicles += f" (best known {summary.bks_vehicles:.1f})"
    gaps = (summary.gap_early, summary.gap, summary.gap_best, summary.gap_worst, summary.integral)
    cells = [summary.engine, str(summary.instances), str(summary.runs)]
    cells += [f"{gap:.2f}" for gap in gaps]
    cells += [vehicles, str(summary.broken), f"{summary.steps_per_s:,.0f}"]
    return f"| {' | '.join(cells)} |"


def instance_table(records: Sequence[Record]) -> str:
    """Return the table of the instances of a set: mean value, gap and integral of each engine."""
    engines, known = by_engine(records), references(records)
    lines = [
        "| instance | best known | source |"
        + "".join(f" {engine} | gap | integral | vehicles |" for engine in engines),
        "|---|---|---|" + "---|---|---|---|" * len(engines),
    ]
    for name in sorted({record.instance for record in records}):
        first = next(record for record in records if record.instance == name)
        line = f"| {name} | {_best_known(first)} | {first.bks_source or 'none published'} |"
        for part in engines.values():
            line += _cells([r for r in part if r.instance == name], known)
        lines.append(line)
    return "\n".join(lines)


def _best_known(record: Record) -> str:
    if record.bks is None:
        return ""
    value = f"{record.bks:,.2f}".removesuffix(".00")
    return value if record.bks_vehicles is None else f"{record.bks_vehicles} / {value}"


def _cells(records: Sequence[Record], known: dict[tuple[str, str], float]) -> str:
    """Return four cells on one engine's runs of one instance."""
    kept = [r for r in records if r.value is not None]
    if not kept:
        return " | | | |"
    reference = known[kept[0].set, kept[0].instance]
    value = mean(r.value for r in kept if r.value is not None)
    gap = mean(final_gap(r, reference) for r in records)
    integral = mean(primal_integral(r, reference) for r in records)
    return f" {value:,.2f} | {gap:.2f} | {integral:.2f} | {mean(r.vehicles for r in kept):.1f} |"


def gap_plot(name: str, records: Sequence[Record]) -> str:
    """Return an SVG of each engine's mean gap over CPU seconds."""
    known, full = references(records), max(record.seconds for record in records)
    times = np.geomspace(min(FIRST_SECOND, full / 10), full, PLOT_POINTS)
    series = {}
    for engine, part in by_engine(records).items():
        tried = [r for r in part if not r.refused and (r.set, r.instance) in known]
        gaps = [mean(gap_at(r, float(t), known[r.set, r.instance]) for r in tried) for t in times]
        if not math.isnan(gaps[-1]):
            series[engine] = ([float(t) for t in times], [max(gap, 0.01) for gap in gaps])
    return line_chart(series, f"{name}: mean gap", "CPU seconds", "gap, %", log_x=True, log_y=True)
