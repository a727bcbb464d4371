"""Gaps, primal integrals and means over the records of runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmarks.campaign.records import Record

EARLY_SECONDS = 10.0
"""When gaps are told besides the end."""
WORST_GAP = 100.0
"""Gap, in percent, of a run that has no plan yet."""


def references(records: Iterable[Record]) -> dict[tuple[str, str], float]:
    """Return the value that gaps refer to, by set and instance.

    It is the best known one, or the best found here where none is published.
    """
    found: dict[tuple[str, str], float] = {}
    for record in records:
        key = record.set, record.instance
        if record.bks is not None:
            found[key] = record.bks
        elif record.value is not None:
            found[key] = min(record.value, found.get(key, math.inf))
    return found


def percent_over(value: float, reference: float) -> float:
    """Return by how many percent a value lies above another."""
    return 100.0 * (value / reference - 1.0)


def gap_at(record: Record, seconds: float, reference: float) -> float:
    """Return the gap of the plan that a run had after some CPU seconds; 100 before its first."""
    had = [row for row in record.trace if row[0] <= seconds]
    return min(percent_over(had[-1][1], reference), WORST_GAP) if had else WORST_GAP


def final_gap(record: Record, reference: float) -> float:
    """Return the gap of the plan of a run at its end; 100 if it keeps not all rules."""
    if record.value is None:
        return WORST_GAP
    return percent_over(record.value, reference)


def primal_integral(record: Record, reference: float) -> float:
    """Return the mean gap over the time of a run, in percent.

    References
    ----------
    Berthold, T. (2013). Measuring the impact of primal heuristics. Operations Research Letters
    41(6), 611-614. https://doi.org/10.1016/j.orl.2013.08.007
    """
    total, since, gap = 0.0, 0.0, WORST_GAP
    for seconds, value, _ in record.trace:
        now = min(seconds, record.seconds)
        total += gap * (now - since)
        since, gap = now, min(percent_over(value, reference), WORST_GAP)
    return (total + gap * (record.seconds - since)) / record.seconds


@dataclass(frozen=True)
class Summary:
    """Means over the instances of a set for one engine; gaps and integral in percent."""

    engine: str
    instances: int
    runs: int
    gap_early: float
    gap: float
    gap_best: float
    gap_worst: float
    integral: float
    vehicles: float
    bks_vehicles: float | None
    steps_per_s: float
    broken: int
    refused: str


def mean(values: Iterable[float]) -> float:
    """Return the mean; NaN of nothing."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else math.nan


def by_engine(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Return the records of each engine, in the order in which engines first occur."""
    parts: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        parts[record.engine].append(record)
    return dict(parts)


def summarize(records: Sequence[Record], early: float) -> list[Summary]:
    """Return one summary for each engine; gaps are means over instances of means over seeds."""
    known = references(records)
    return [_summary(engine, part, known, early) for engine, part in by_engine(records).items()]


def _summary(
    engine: str, records: list[Record], known: dict[tuple[str, str], float], early: float
) -> Summary:
    tried = [r for r in records if not r.refused and (r.set, r.instance) in known]
    instances: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for record in tried:
        instances[record.set, record.instance].append(record)

    def over(
        measure: Callable[[Record, float], float],
        pick: Callable[[Sequence[float]], float] = mean,
    ) -> float:
        return mean(pick([measure(r, known[k]) for r in part]) for k, part in instances.items())

    bks_vehicles = [r.bks_vehicles for r in tried if r.bks_vehicles is not None]
    return Summary(
        engine,
        len(instances),
        len(tried),
        over(lambda r, reference: gap_at(r, early, reference)),
        over(final_gap),
        over(final_gap, min),
        over(final_gap, max),
        over(primal_integral),
        mean(r.vehicles for r in tried if r.value is not None),
        mean(bks_vehicles) if bks_vehicles else None,
        mean(r.steps_per_s for r in tried),
        sum(r.value is None for r in tried),
        next((r.refused for r in records if r.refused), ""),
    )
