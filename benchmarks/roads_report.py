"""What ``huanwei bench roads`` found, as Markdown with plots and as JSON."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.plots import line_chart
from benchmarks.roads import Finding, Measured

WORDS = (
    "Seconds are CPU seconds, user and system, of one thread, the best of several runs; what is"
    " compiled is compiled before. All engines get the same graph, and the times of their tables"
    " are told only beside what became of the comparison with ours. A peer is asked for a size when"
    " its work on smaller ones lets it expect to be done within its budget. The last column is the"
    " peer's time by ours (time alone) at the largest size that it reached."
)
Step = tuple[str, Callable[[Finding], float]]


def verdict(one: Measured, found: Finding) -> str:
    """Return how an engine's matrix compares with ours, in a few words."""
    if one.answers == "length":
        return _compare_lengths(one, found)
    ours = found.measured[0]
    if one is ours:
        return "the measure"
    size = len(one.matrix)
    base = ours.matrix[:size, :size]
    differs = one.matrix != base
    if not differs.any():
        return "equal"
    lost = (one.matrix < 0) != (base < 0)
    most = int(np.abs(one.matrix - base)[~lost].max(initial=0))
    text = f"{int(differs.sum()):,} of {differs.size:,} differ, by {most:,} ms at most"
    return f"{text}; {int(lost.sum()):,} have a way in one engine only" if lost.any() else text


def _compare_lengths(one: Measured, found: Finding) -> str:
    """Return quantiles of the ratio of lengths, for engines that go by a graph of their own."""
    size = len(one.matrix)
    base = found.lengths[:size, :size]
    both = (one.matrix > 0) & (base > 0)
    if not both.any():
        return "no length in common"
    low, middle, high = np.quantile(one.matrix[both] / base[both], (0.05, 0.5, 0.95))
    return f"lengths by ours: {low:.3f} (5 %), {middle:.3f} (50 %), {high:.3f} (95 %)"


def speedup(one: Measured, found: Finding) -> tuple[int, float] | None:
    """Return the largest size that an engine reached, and its time there by ours, time alone."""
    ours = found.measured[1].tables
    common = [size for size in one.tables if size in ours]
    return (max(common), one.tables[max(common)] / ours[max(common)]) if common else None


def table(found: Finding) -> list[str]:
    """Return the Markdown lines of one graph: heading, a row for each engine, notes."""
    graph, sizes = found.graph, list(found.measured[0].tables)
    lines = [
        f"### {graph.name}, {graph.kind}",
        "",
        f"{graph.num_vertices:,} vertices, {len(graph.head):,} edges.",
        "",
        "| engine | results | prepare | weigh | "
        + " | ".join(f"{n:,}" for n in sizes)
        + " | by ours |",
        "|---" * (len(sizes) + 5) + "|",
    ]
    lines += [_row(one, found, sizes) for one in found.measured]
    notes = [f"- {one.engine}: {one.note}." for one in found.measured if one.note]
    return [*lines, "", *notes]


def _row(one: Measured, found: Finding, sizes: Sequence[int]) -> str:
    name = f"{one.engine} {one.version}".strip()
    if one.fault:
        return f"| {name} | {one.fault} |" + " |" * (len(sizes) + 3)
    cells = [name, verdict(one, found), _seconds(one.prepare), _seconds(one.weigh)]
    cells += [_seconds(one.tables.get(size)) for size in sizes]
    gain = speedup(one, found)
    cells.append(f"{_round(gain[1])} at {gain[0]:,}" if gain else "")
    return f"| {' | '.join(cells)} |"


def _seconds(value: float | None) -> str:
    return "" if value is None else _round(value)


def _round(value: float) -> str:
    """Return a number with three digits that count, without an exponent."""
    return np.format_float_positional(value, precision=3, fractional=False, trim="-")


STEPS: tuple[Step, ...] = (
    ("prepare", lambda found: found.measured[0].prepare or 0.0),
    ("weigh", lambda found: found.measured[0].weigh or 0.0),
    ("table, time and length", lambda found: max(found.measured[0].tables.items())[1]),
    ("table, time alone", lambda found: max(found.measured[1].tables.items())[1]),
)


def growth(findings: Sequence[Finding], kind: str) -> list[str]:
    """Return how our costs grow with the map, as a Markdown table; nothing for a single graph."""
    part = _by_size(findings, kind)
    if len(part) < 2:
        return []
    size = max(part[0].measured[0].tables)
    lines = [
        f"### Costs by the size of the map, {kind}, tables of {size:,} × {size:,}",
        "",
        "| map | arcs | " + " | ".join(name for name, _ in STEPS) + " | bytes an arc |",
        "|---" * (len(STEPS) + 3) + "|",
    ]
    for found in part:
        graph = found.graph
        cells = [graph.name, f"{graph.num_arcs:,}", *(_round(work(found)) for _, work in STEPS)]
        cells.append(f"{found.measured[0].nbytes / graph.num_arcs:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    steepness = ", ".join(f"{name} {_exponent(part, work):.2f}" for name, work in STEPS)
    return [*lines, "", f"Costs grow with the number of arcs to the power of: {steepness}."]


def _by_size(findings: Sequence[Finding], kind: str) -> list[Finding]:
    part = [found for found in findings if found.graph.kind == kind]
    return sorted(part, key=lambda found: found.graph.num_arcs)


def _exponent(part: Sequence[Finding], work: Callable[[Finding], float]) -> float:
    """Return the slope of the straight line through the logarithms, 1 = linear."""
    arcs = np.log([found.graph.num_arcs for found in part])
    costs = np.log([max(work(found), 1e-9) for found in part])
    return float(np.polyfit(arcs, costs, 1)[0]) if np.ptp(arcs) else float("nan")


def growth_plot(findings: Sequence[Finding], kind: str) -> str:
    """Return an SVG of our costs over the number of arcs."""
    part = _by_size(findings, kind)
    arcs = [float(found.graph.num_arcs) for found in part]
    series = {name: (arcs, [work(found) for found in part]) for name, work in STEPS}
    title = f"Costs by the size of the map, {kind}"
    return line_chart(series, title, "arcs", "CPU seconds", log_x=True, log_y=True)


def table_plot(found: Finding) -> str:
    """Return an SVG of the times of all engines over the number of places."""
    series = {
        one.engine: ([float(size) for size in one.tables], list(one.tables.values()))
        for one in found.measured
        if one.tables
    }
    title = f"{found.graph.name}, {found.graph.kind}: tables of n × n"
    return line_chart(series, title, "places", "CPU seconds", log_x=True, log_y=True)


def write_report(findings: Sequence[Finding], folder: Path) -> Path:
    """Write ``report.md``, its plots and ``figures.json``; return the path of the page."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = ["# Road benchmarks", WORDS, _machine()]
    for found in findings:
        parts.append("\n".join(table(found)).strip())
        if any(one.tables for one in found.measured[2:]):
            name = _slug(f"{found.graph.name} {found.graph.kind}") + ".svg"
            (folder / name).write_text(table_plot(found), encoding="utf-8")
            parts.append(f"![CPU seconds over places]({name})")
    for kind in ("turns", "nodes"):
        lines = growth(findings, kind)
        if lines:
            (folder / f"growth-{kind}.svg").write_text(
                growth_plot(findings, kind), encoding="utf-8"
            )
            parts += ["\n".join(lines), f"![CPU seconds over arcs](growth-{kind}.svg)"]
    figures = json.dumps([_figures(found) for found in findings], indent=1)
    (folder / "figures.json").write_text(figures + "\n", encoding="utf-8")
    page = folder / "report.md"
    page.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return page


def _machine() -> str:
    used = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("numpy", "numba"))
    return f"Python {platform.python_version()}, {used}, {platform.system()} {platform.machine()}."


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _figures(found: Finding) -> dict[str, Any]:
    """Return what was measured on one graph as plain values."""
    graph = found.graph
    return {
        "map": graph.name,
        "kind": graph.kind,
        "vertices": graph.num_vertices,
        "edges": len(graph.head),
        "engines": [
            {
                "engine": one.engine,
                "version": one.version,
                "results": one.fault or verdict(one, found),
                "prepare_s": one.prepare,
                "weigh_s": one.weigh,
                "table_s": one.tables,
                "bytes": one.nbytes,
            }
            for one in found.measured
        ],
    }
